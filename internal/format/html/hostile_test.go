package html

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"dalil/internal/format"
	"dalil/internal/record"
)

func TestPrintedDates(t *testing.T) {
	for name, c := range map[string]struct{ head, body, want string }{
		"meta":             {`<meta property="article:published_time" content="2031-03-04T09:15:00+0330">`, "", "2031-03-04T05:45:00Z"},
		"meta, no zone":    {`<meta name="date" content="2031-03-04 09:15">`, "", "2031-03-04T06:15Z"},
		"time element":     {"", `<time datetime="2031-03-04">yesterday</time>`, "2031-03-03"},
		"printed":          {"", `<span class="date">4 March 2031</span>`, "2031-03-03"},
		"Arabic":           {"", `<div class="post-date">٤ مارس ٢٠٣١</div>`, "2031-03-03"},
		"Levantine":        {"", `<p class="published">4 آذار 2031</p>`, "2031-03-03"},
		"Solar Hijri":      {"", `<span class="date">۱۳ اسفند ۱۴۰۹</span>`, "2031-03-03"},
		"none":             {"", "", ""},
		"garbage":          {`<meta name="date" content="soon">`, "", ""},
		"the first counts": {`<meta property="article:published_time" content="2031-03-04"><meta name="date" content="2030-01-01">`, "", "2031-03-03"},
	} {
		page := "<!DOCTYPE html><html><head>" + c.head + "</head><body><article><h1>Bridge</h1>" + c.body + prose(3) + "</article></body></html>"
		a := readPage(t, []byte(page), format.Settings{}).readings[0]
		b, err := a.Posted.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		check(t, name, string(b), c.want)
	}
}

func TestEncodings(t *testing.T) {
	body := strings.Repeat("<p>أغلق مجلس هرسين الجسر الشمالي يوم الاثنين، لأن النهر جرف اثنين من أعمدته السبعة، وستعمل العبارات حتى إصلاحه.</p>", 4)
	comment := `<div id="comments"><ol><li class="comment"><b class="fn">ميرك</b><p>بيتي بجانبه.</p></li></ol></div>`
	page := func(cs string) string {
		return `<html><head><meta charset="` + cs + `"><title>جسر هرسين</title></head><body><article>` + body + "</article>" + comment + "</body></html>"
	}
	narrow, err := charmap.Windows1256.NewEncoder().String(page("windows-1256"))
	if err != nil {
		t.Fatal(err)
	}
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(page("utf-16"))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, b := range map[string][]byte{"utf-8": []byte(page("utf-8")), "utf-8 that claims otherwise": []byte(page("iso-8859-1")), "windows-1256": []byte(narrow), "utf-16": wide} {
		s := readPage(t, b, format.Settings{})
		check(t, name+" title", s.readings[0].Title, "جسر هرسين")
		if !strings.Contains(s.readings[0].Text, "العبارات حتى إصلاحه.") || strings.Contains(s.readings[0].Text, "بجانبه") {
			t.Errorf("%s: text %q", name, s.readings[0].Text)
		}
		if len(s.readings) != 2 {
			t.Fatalf("%s: %d readings", name, len(s.readings))
		}
		c := s.readings[1]
		check(t, name+" comment", c.Sender.Name+": "+c.Text, "ميرك: بيتي بجانبه.")
		span := b[c.Span.Offset : c.Span.Offset+c.Span.Length]
		want := "<li"
		if name == "utf-16" {
			want = "<\x00l\x00i\x00"
		}
		if !bytes.HasPrefix(span, []byte(want)) {
			t.Errorf("%s: span begins %q", name, span[:6])
		}
	}
}

// Offsets in a UTF-16 page are counted from marks on the way.
func TestWideOffsets(t *testing.T) {
	text := strings.Repeat("aج😀", 3000)
	var file []byte
	for _, u := range utf16.Encode([]rune(text)) {
		file = append(file, byte(u), byte(u>>8))
	}
	p := newPage(append([]byte{0xff, 0xfe}, file...))
	want := int64(2)
	for i, r := range text {
		if got := p.offset(i); got != want {
			t.Fatalf("byte %d: offset %d, want %d", i, got, want)
		}
		want += wide(r)
	}
	if got := p.offset(len(text)); got != want {
		t.Errorf("end: offset %d, want %d", got, want)
	}
}

// A page without a marked article, and one whose names mislead.
func TestPlainPages(t *testing.T) {
	for name, page := range map[string]string{
		"no article element":     "<html><body><div id=top><a href=/>Home</a> <a href=/n>News</a></div><div class=story>" + prose(4) + "</div></body></html>",
		"article in a 'sidebar'": "<html><body><div class=sidebar><h1>Bridge</h1>" + prose(4) + "</div></body></html>",
		"no markup but p":        prose(4),
		"closing tags missing":   "<html><body><article>" + strings.ReplaceAll(prose(4), "</p>", ""),
	} {
		a := readPage(t, []byte(page), format.Settings{URL: "https://courier.example/x"}).readings[0]
		if n := strings.Count(a.Text, "until it is repaired."); n != 4 {
			t.Errorf("%s: %d of 4 paragraphs: %q", name, n, a.Text)
		}
		check(t, name, a.URL, "https://courier.example/x")
	}
}

func TestNoSourceWithoutURL(t *testing.T) {
	if s := readPage(t, []byte("<html><body>"+prose(3)), format.Settings{}); len(s.sources) != 0 {
		t.Errorf("sources %+v", s.sources)
	}
	for _, link := range []string{"javascript:alert(1)", "file:///etc/passwd", "//", "http://", "\x00"} {
		page := `<html><head><link rel=canonical href="` + link + `"></head><body>` + prose(3)
		if s := readPage(t, []byte(page), format.Settings{}); len(s.sources) != 0 || s.readings[0].URL != "" {
			t.Errorf("%q: %+v", link, s.readings[0].URL)
		}
	}
}

func TestHostile(t *testing.T) {
	many := strings.Repeat
	for name, page := range map[string]string{
		"deep":               "<html><body>" + many("<div>", 1_000_000) + "x",
		"deep inline":        "<html><body>" + many("<b>", 1_000_000) + "x",
		"deep lists":         "<html><body>" + many("<ul><li>", 100_000) + "x",
		"deep comments":      "<html><body>" + many(`<li class="comment"><ul>`, 100_000) + "x",
		"end tags":           "<html><body>" + many("</div>", 1_000_000) + "x",
		"long attribute":     `<html><body><p title="` + many("a", 100<<20) + `">x`,
		"many attributes":    "<html><body><p " + many("a=b ", 1_000_000) + ">x",
		"many paragraphs":    "<html><body>" + many("<p>word", 500_000),
		"many cuts":          "<html><body>" + many("<nav>a</nav>b<nav>", 40_000),
		"many references":    "<html><body><h2>References</h2>" + many("<li>http://x.example", 200_000),
		"deep JSON-LD":       `<script type="application/ld+json">` + many("[", 900_000) + "</script>x",
		"deep @graph":        `<script type="application/ld+json">` + many(`{"@graph":`, 90_000) + "</script>x",
		"unclosed script":    "<html><body><p>x<script>" + many("a", 1<<20),
		"unclosed comment":   "<html><body><p>x<!--" + many("-", 1<<20),
		"nothing":            "",
		"zero bytes":         many("\x00", 1<<20),
		"tables in tables":   "<html><body>" + many("<table><tr><td>", 100_000) + "x",
		"templates and svgs": "<html><body>" + many("<template><svg><desc>", 200_000) + "x",
	} {
		t.Run(name, func(t *testing.T) {
			s := readPage(t, []byte(page), format.Settings{})
			a := s.readings[0]
			if !utf8.ValidString(a.Text) || len(a.Text) > format.MaxText {
				t.Errorf("%d bytes of text", len(a.Text))
			}
			if strings.HasPrefix(name, "deep") && !strings.Contains(name, " ") && len(s.problems) == 0 {
				t.Error("no problem was told")
			}
		})
	}
}

func TestTruncatedPage(t *testing.T) {
	page := strings.Replace(outlet, "PROSE", prose(2), 1)
	for cut := 0; cut < len(page); cut += 7 {
		readPage(t, []byte(page[:cut]), format.Settings{})
	}
}

// The same bytes must give the same readings, whatever maps the extractor uses.
func TestSameTwice(t *testing.T) {
	page := []byte(strings.Replace(outlet, "PROSE", prose(6), 1))
	first := readPage(t, page, format.Settings{})
	for range 20 {
		again := readPage(t, page, format.Settings{})
		if len(again.readings) != len(first.readings) || again.readings[0].Text != first.readings[0].Text {
			t.Fatalf("read differently:\n%q\n%q", first.readings[0].Text, again.readings[0].Text)
		}
	}
}

func TestMatchAndOwns(t *testing.T) {
	for _, c := range []struct {
		path, head string
		min, max   int
	}{
		{"a.html", "<!DOCTYPE html><html>", 80, 89},
		{"messages.html", "<!DOCTYPE html>\n<html><body onload=\"CheckLocation();\"><div class=\"page_wrap\"><div class=\"history\">", 50, 89},
		{"a", "\n <HTML><head>", 80, 89},
		{"a.htm", "<p>x</p>", 50, 89},
		{"a.htm", "words", 1, 49},
		{"a.txt", "a < b and <head> of state", 0, 0},
		{"a.json", `{"a":"<html>"}`, 0, 0},
		{"a.xml", "<?xml version=\"1.0\"?><rss>", 0, 0},
		{"a.warc", "WARC/1.0\r\n", 0, 0},
	} {
		if n := Kind.Match(format.Head{Path: c.path, Bytes: []byte(c.head)}); n < c.min || n > c.max {
			t.Errorf("%s %.20q: %d, want %d to %d", c.path, c.head, n, c.min, c.max)
		}
	}
	for p, want := range map[string]bool{"Page_files/a.css": true, "Page_files/b.JPG": true, "Page_files/report.pdf": false, "photos/a.jpg": false, "a_files": false} {
		if Kind.Owns(p) != want {
			t.Errorf("owns %s: %v", p, !want)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Kind.Read(ctx, format.Input{R: strings.NewReader(outlet), Size: int64(len(outlet))}, &sink{}); err == nil {
		t.Error("a cancelled read returned no error")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(strings.Replace(outlet, "PROSE", prose(2), 1)))
	f.Add([]byte("<li class=comment><li class=comment>a<p>b</li></ol>"))
	f.Add([]byte("\xff\xfe<\x00p\x00>\x00a\x00"))
	f.Add([]byte(`<meta charset=windows-1256><p>` + "\xc7\xe1</p><nav>x<figcaption>y"))
	f.Add([]byte(`<script type=application/ld+json>{"@type":["Article"],"author":[[1]],"datePublished":5}</script><time datetime=2031>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := readPage(t, b, format.Settings{})
		for i, r := range s.readings {
			if !utf8.ValidString(r.Text + r.Title + r.Byline + strings.Join(r.Refs, "") + strings.Join(r.Credits, "")) {
				t.Fatal("not UTF-8")
			}
			if o := r.Span; o.Offset < 0 || o.Length < 0 || o.Offset+o.Length > int64(len(b)) || (r.Kind == record.Comment) != (i > 0) {
				t.Fatalf("span %+v of %d bytes", o, len(b))
			}
		}
	})
}
