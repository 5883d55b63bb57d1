package html

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// sink keeps what a format delivers.
type sink struct {
	sources  []record.Source
	readings []record.Reading
	problems []record.Problem
}

func (s *sink) Source(r record.Source) error    { s.sources = append(s.sources, r); return nil }
func (s *sink) Reading(r *record.Reading) error { s.readings = append(s.readings, *r); return nil }
func (s *sink) Problem(p record.Problem)        { s.problems = append(s.problems, p) }
func (s *sink) Skipped(string, int)             {}
func (s *sink) Covers(int64, int64)             {}

func readPage(t testing.TB, page []byte, set format.Settings) *sink {
	t.Helper()
	if set.Zone == nil {
		set.Zone = time.FixedZone("", 3*3600)
	}
	var s sink
	err := Kind.Read(context.Background(), format.Input{Path: "page.html", R: bytes.NewReader(page), Size: int64(len(page)), Settings: set}, &s)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.readings) == 0 {
		t.Fatal("no reading")
	}
	return &s
}

// prose makes paragraphs long enough to be taken for an article.
func prose(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<p>The council of Harsin said on day " + string(rune('A'+i)) +
			" that the northern bridge stays closed, because the river carried away two of its seven piers, and that ferries will run at dawn, noon and dusk until it is repaired.</p>\n")
	}
	return b.String()
}

const outlet = `<!DOCTYPE html>
<html lang="en"><head>
<meta charset="utf-8">
<title>Bridge at Harsin closed after flood - Valley Courier</title>
<link rel="canonical" href="https://www.courier.example/2031/harsin-bridge">
<meta property="og:site_name" content="Valley Courier">
<meta property="og:title" content="Bridge at Harsin closed after flood">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"Valley Courier"},
{"@type":"NewsArticle","headline":"Bridge at Harsin closed after flood","datePublished":"2031-03-04T09:15:00+03:30","dateModified":"2031-03-05T10:00:00Z",
"author":[{"@type":"Person","name":"Lena Marou"},{"@type":"Person","name":"T. Osk"}]}]}</script>
</head><body class="single has-sidebar">
<nav><ul><li><a href="/">Home</a></li><li><a href="/world">World news of the day</a></li></ul></nav>
<div class="cookie-banner"><p>We value your privacy and use cookies to improve your experience on our site.</p></div>
<article>
<h1>Bridge at Harsin closed after flood</h1>
<p class="byline">By Lena Marou and T. Osk</p>
<figure><img src="img/bridge.jpg" alt="A broken bridge" width="800" height="600"><figcaption>The bridge on Monday. Photo: Ada Venn / Courier</figcaption></figure>
PROSE
<div class="related-posts"><h3>Related</h3><p>Seven other stories about rivers that you may like to read next week.</p></div>
<h2>References</h2>
<ol><li>River Board (2031) Flood report, 2 March. Available at: https://board.example/flood (Accessed: 4 March 2031).</li>
<li><a href="https://survey.example/piers">Survey of piers</a>, 2029.</li></ol>
</article>
<section id="comments" class="comments-area"><h3>2 Comments</h3>
<ol class="comment-list">
<li id="comment-11" class="comment even"><article id="div-comment-11" class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"><b class="fn">Mirek</b> <span class="says">says:</span></div>
<div class="comment-metadata"><time datetime="2031-03-04T12:00:00+00:00">March 4, 2031 at 12:00 pm</time></div></footer>
<div class="comment-content"><p>My house stands beside it.</p><p>Nobody warned us.</p></div><div class="reply"><a>Reply</a></div></article>
<ol class="children"><li id="comment-12" class="comment odd"><article class="comment-body"><b class="fn">Sana</b> <time datetime="2031-03-04T13:00:00Z">1 pm</time><div class="comment-content"><p>Us neither.</p></div></article></li></ol>
</li></ol></section>
<footer><p>Copyright Valley Courier. All rights reserved and so on.</p></footer>
</body></html>`

func TestOutletPage(t *testing.T) {
	page := []byte(strings.Replace(outlet, "PROSE", prose(5), 1))
	s := readPage(t, page, format.Settings{})
	if len(s.problems) != 0 {
		t.Errorf("problems: %v", s.problems)
	}
	if len(s.sources) != 1 || s.sources[0].Key != "web:courier.example" || s.sources[0].Name != "Valley Courier" {
		t.Errorf("source: %+v", s.sources)
	}
	a := s.readings[0]
	check(t, "title", a.Title, "Bridge at Harsin closed after flood")
	check(t, "byline", a.Byline, "Lena Marou, T. Osk")
	check(t, "url", a.URL, "https://www.courier.example/2031/harsin-bridge")
	check(t, "external id", a.ExternalID, a.URL)
	check(t, "lang", a.Lang, "en")
	check(t, "posted", a.Posted.Time().Format(time.RFC3339), "2031-03-04T05:45:00Z")
	check(t, "edited", a.Edited.Time().Format(time.RFC3339), "2031-03-05T10:00:00Z")
	if n := strings.Count(a.Text, "\n") + 1; n != 5 {
		t.Errorf("%d paragraphs, want 5:\n%s", n, a.Text)
	}
	for _, no := range []string{"cookies", "World news", "Copyright", "rivers that you", "Nobody warned", "Available at", "Ada Venn", "Lena"} {
		if strings.Contains(a.Text, no) {
			t.Errorf("the text has %q:\n%s", no, a.Text)
		}
	}
	check(t, "credits", strings.Join(a.Credits, "|"), "The bridge on Monday. Photo: Ada Venn / Courier")
	check(t, "refs", strings.Join(a.Refs, "|"), "River Board (2031) Flood report, 2 March. Available at: https://board.example/flood (Accessed: 4 March 2031).|Survey of piers, 2029. https://survey.example/piers")
	if len(a.Media) != 1 || a.Media[0].Path != "img/bridge.jpg" || a.Media[0].Alt != "A broken bridge" || a.Media[0].Width != 800 {
		t.Errorf("media: %+v", a.Media)
	}

	if len(s.readings) != 3 {
		t.Fatalf("%d readings, want the article and two comments: %+v", len(s.readings), s.readings[1:])
	}
	first, second := s.readings[1], s.readings[2]
	check(t, "first comment", first.Text, "My house stands beside it.\nNobody warned us.")
	check(t, "first writer", first.Sender.Name, "Mirek")
	check(t, "first time", first.Posted.Time().Format(time.RFC3339), "2031-03-04T12:00:00Z")
	check(t, "first id", first.ExternalID, a.URL+"#comment-11")
	check(t, "second comment", second.Text, "Us neither.")
	check(t, "second writer", second.Sender.Name, "Sana")
	for _, c := range s.readings[1:] {
		check(t, "parent", c.Parent, a.ExternalID)
		span := string(page[c.Span.Offset : c.Span.Offset+c.Span.Length])
		if !strings.HasPrefix(span, "<li id=") || !strings.HasSuffix(span, "</li>") {
			t.Errorf("span is not the comment's element: %.60q…%q", span, span[max(0, len(span)-20):])
		}
	}
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}
