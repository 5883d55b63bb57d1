package desk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dalil/internal/collect"
	"dalil/internal/collect/fetch"
	"dalil/internal/collect/page"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/record"
)

// pasting is a desk on a case with an exported channel, a post captured from the
// web, an article and an archived tweet.
func pasting(t *testing.T) *desk.Desk {
	t.Helper()
	dir := t.TempDir()
	m, err := pipelinetest.NewMaker(filepath.Join(dir, "config"))
	if err != nil {
		t.Fatal(err)
	}
	m.Stores.Pages = func(e pipeline.Egress) (collect.Pages, error) {
		return page.With(fetch.Options{Proxy: e.Proxy}, "dalil test")
	}
	c, err := m.Create(t.Context(), filepath.Join(dir, "case"), "UTC")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	for name, content := range map[string]string{
		"a/result.json": `{"name":"Harbour Lamp","type":"public_channel","id":1600000001,"messages":[{"id":4,"type":"message","date":"2025-03-02T07:15:00","date_unixtime":"1740899700","from":"Harbour Lamp","from_id":"channel1600000001","text":"The ferry does not run this week.","text_entities":[]}]}`,
		"b/result.json": `{"name":"Valley Pulse","type":"private_channel","id":1600000002,"messages":[{"id":4,"type":"message","date":"2025-03-02T07:15:00","date_unixtime":"1740899700","from":"Valley Pulse","from_id":"channel1600000002","text":"Road works near Nahr Zubaym.","text_entities":[]}]}`,
		"c/post.html": `<!DOCTYPE html><html><body class="widget_frame_base"><div class="tgme_widget_message" data-post="night_watch/7" data-peer="c1600000003_-1"><div class="tgme_widget_message_author"><a class="tgme_widget_message_owner_name">Night Watch</a></div>` +
			`<div class="tgme_widget_message_text js-message_text">All quiet on the coast road tonight.</div><time datetime="2025-03-02T07:15:00+00:00"></time></div></body></html>`,
		"d/a.html": `<!DOCTYPE html><html><head><title>Bridge closed</title><link rel="canonical" href="https://www.news.example/bridge/"><meta property="og:url" content="https://www.news.example/bridge/"></head><body><article><p>The bridge at Nahr Zubaym was closed on Sunday morning after a rocket struck its northern pier.</p></article></body></html>`,
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		r, err := c.Import(t.Context(), []string{filepath.Dir(p)}, pipeline.ImportOptions{})
		if err != nil || r.New != 1 {
			t.Fatalf("%s: %v %+v", name, err, r)
		}
	}
	return desk.New(c)
}

func TestPaste(t *testing.T) {
	d := pasting(t)
	for _, c := range []struct {
		text string
		kind desk.PasteKind
		goes string // where a capture would go
		here string // source of what the case has
		may  string
		says string // problem or note
	}{
		{text: "https://t.me/night_watch/7", kind: desk.PastePost, goes: "https://t.me/night_watch/7?embed=1&mode=tme", here: "Night Watch"},
		{text: "t.me/NIGHT_WATCH/7?single", kind: desk.PastePost, goes: "https://t.me/NIGHT_WATCH/7?embed=1&mode=tme", here: "Night Watch"},
		{text: "tg://resolve?domain=night_watch&post=7", kind: desk.PastePost, goes: "https://t.me/night_watch/7?embed=1&mode=tme", here: "Night Watch"},
		// The export has no public name: what is offered is only a possibility, and
		// a private channel's post is none.
		{text: "https://t.me/harbour_lamp/4", kind: desk.PastePost, goes: "https://t.me/harbour_lamp/4?embed=1&mode=tme", may: "Harbour Lamp"},
		{text: "https://t.me/night_watch/8", kind: desk.PastePost, goes: "https://t.me/night_watch/8?embed=1&mode=tme"},
		{text: "https://t.me/c/1600000002/4", kind: desk.PastePost, here: "Valley Pulse", says: "private channel"},
		{text: "https://t.me/+AbCdEf", kind: desk.PastePost, says: "private channel"},
		{text: "https://news.example/bridge?utm_source=x#top", kind: desk.PastePage, goes: "https://news.example/bridge?utm_source=x", here: "news.example"},
		{text: "www.news.example/bridge", kind: desk.PastePage, goes: "https://www.news.example/bridge", here: "news.example"},
		{text: "https://news.example/other", kind: desk.PastePage, goes: "https://news.example/other"},
		{text: "https://web.archive.org/web/20250302090000/https://www.news.example/bridge/", kind: desk.PasteArchive, goes: "https://web.archive.org/web/20250302090000/https://www.news.example/bridge/", here: "news.example", says: "original is noted"},
		{text: "https://archive.ph/AbCdE", kind: desk.PasteArchive, goes: "https://archive.ph/AbCdE", says: "as the archive shows it"},
		{text: "https://x.com/somebody/status/12345", kind: desk.PastePage, goes: "https://x.com/somebody/status/12345", says: "runs none"},
		{text: "https://www.youtube.com/watch?v=abc", kind: desk.PastePage, goes: "https://www.youtube.com/watch?v=abc", says: "runs none"},
		{text: "http://127.0.0.1/", kind: desk.PastePage, says: "this machine itself"},
		{text: "file:///etc/passwd", kind: desk.PastePage, says: "not http"},
		{text: strings.Repeat("ab", 32), kind: desk.PasteDigest, says: "no file of this case"},
		{text: "ferry lang:en", kind: desk.PasteQuery},
		{text: "الجسر", kind: desk.PasteQuery},
		{text: "33.31, 44.36", kind: desk.PasteQuery},
		{text: "  \n ", kind: desk.PasteNothing},
	} {
		p, err := d.Paste(t.Context(), c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if p.Kind != c.kind || p.Capture != c.goes || c.says != "" && !strings.Contains(p.Problem+p.Note, c.says) || c.kind == desk.PasteQuery && p.Query != c.text {
			t.Errorf("%s: %+v", c.text, p)
		}
		source := func(hits []desk.PasteHit) string {
			if len(hits) == 0 {
				return ""
			}
			if hits[0].ID == "" || hits[0].Words == "" {
				t.Errorf("%s: %+v", c.text, hits)
			}
			return hits[0].Source
		}
		if got := source(p.Here); got != c.here {
			t.Errorf("%s: here %q, want %q", c.text, got, c.here)
		}
		if got := source(p.Maybe); got != c.may {
			t.Errorf("%s: maybe %q, want %q", c.text, got, c.may)
		}
	}
}

func TestPasteFinds(t *testing.T) {
	d := pasting(t)
	ctx := context.Background()
	p, err := d.Paste(ctx, "https://t.me/night_watch/7")
	if err != nil {
		t.Fatal(err)
	}
	id := p.Here[0].ID
	st, err := d.Statement(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.Paste(ctx, "SHA256: "+strings.ToUpper(st.Span.Blob.String())+"\n\n"+strings.ToLower(id)+"\nhttps://news.example/other\nhttps://t.me/night_watch/7\nbridge")
	if err != nil {
		t.Fatal(err)
	}
	if list.Kind != desk.PasteList || len(list.Lines) != 5 || list.Known != 3 || list.Lines[1].ID != id || list.Lines[0].Here[0].ID[0] != 'K' {
		t.Errorf("%+v", list)
	}
	many := strings.Repeat("bridge\n", 1500)
	if list, err := d.Paste(ctx, many); err != nil || len(list.Lines) != 1000 || list.Problem == "" {
		t.Errorf("%d lines, %v %q", len(list.Lines), err, list.Problem)
	}
}

func TestCaptureAtTheDesk(t *testing.T) {
	d := pasting(t)
	ctx := context.Background()
	if _, err := d.Capture(ctx, nil, desk.CaptureChoices{}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("nothing to capture: %v", err)
	}
	if _, err := d.Capture(ctx, []string{"https://news.example/"}, desk.CaptureChoices{Picture: true}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("no painter: %v", err)
	}
	// More than one run takes, all refused: nobody is gone to.
	var list []string
	for i := range 45 {
		list = append(list, fmt.Sprintf("http://10.0.0.%d/", i))
	}
	r, err := d.Capture(ctx, list, desk.CaptureChoices{})
	if err != nil || len(r.Pages) != 45 || len(r.Runs) != 3 || r.Receipt.Failed != 45 || len(r.Receipt.Problems) != 45 || r.Pages[44].Asked != "http://10.0.0.44/" || !r.Pages[44].Failed() {
		t.Errorf("%v %d pages, %v, %+v", err, len(r.Pages), r.Runs, r.Receipt)
	}
	d.DryRun = true
	r, err = d.Capture(ctx, []string{"https://t.me/night_watch/7", "http://[::1]/"}, desk.CaptureChoices{})
	if err != nil || len(r.Runs) != 0 || len(r.Pages[0].Here) != 1 || r.Pages[0].Failed() || !r.Pages[1].Failed() || r.Receipt.Failed != 1 {
		t.Errorf("%v %+v", err, r)
	}
}
