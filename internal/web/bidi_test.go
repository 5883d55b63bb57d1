package web

import (
	"html/template"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dalil/internal/language"
	"dalil/internal/record"
)

// render writes a part the way pages do.
func render(t *testing.T, name string, data any) string {
	t.Helper()
	tmpl := template.Must(template.New("x").Funcs((&server{}).functions(tongues()[0])).ParseFS(files, "parts.tmpl"))
	var b strings.Builder
	if err := tmpl.ExecuteTemplate(&b, name, data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const ctl = `<bdi dir="ltr" lang="zxx" class="ctl" title="`

// nasty are names that reorder their neighbours, or lie about themselves, where
// they are shown as they are.
func nasty() [][2]string {
	rlo := ctl + `right-to-left override: shows what follows in another order">&lt;U&#43;202E&gt;</bdi>`
	tok := func(title, code string) string { return ctl + title + `">&lt;U&#43;` + code + `&gt;</bdi>` }
	return [][2]string{
		{"أصحاب الكهف (3) – 20:41", `<bdi lang="und-Arab" dir="auto">أصحاب الكهف (3) – 20:41</bdi>`},
		{"evil\u202efdp.exe", `<bdi lang="und-Latn" dir="auto">evil` + rlo + `fdp.exe</bdi>`},
		{"\u202e", `<bdi lang="und" dir="auto">` + rlo + `</bdi>`},
		{"photo\u202egnp.js", `<bdi lang="und-Latn" dir="auto">photo` + rlo + `gnp.js</bdi>`},
		{"a\u202db", `<bdi lang="und-Latn" dir="auto">a` + tok("left-to-right override: shows what follows in another order", "202D") + `b</bdi>`},
		{"a\u202ab\u202c", `<bdi lang="und-Latn" dir="auto">a` + tok("direction embedding", "202A") + `b` + tok("end of embedding or override", "202C") + `</bdi>`},
		{"\u2067right\u2069", `<bdi lang="und-Latn" dir="auto">` + tok("direction isolate", "2067") + `right` + tok("direction isolate", "2069") + `</bdi>`},
		{"\u2069\u2069out", `<bdi lang="und-Latn" dir="auto">` + tok("direction isolate", "2069") + tok("direction isolate", "2069") + `out</bdi>`},
		{"a\u200fb", `<bdi lang="und-Latn" dir="auto">a` + tok("right-to-left mark", "200F") + `b</bdi>`},
		{"a\u200eb", `<bdi lang="und-Latn" dir="auto">a` + tok("left-to-right mark", "200E") + `b</bdi>`},
		{"a\u061cb", `<bdi lang="und-Latn" dir="auto">a` + tok("Arabic letter mark", "061C") + `b</bdi>`},
		{"Sab\u200bereen", `<bdi lang="und-Latn" dir="auto">Sab` + tok("zero-width space", "200B") + `ereen</bdi>`},
		{"Sab\u200cereen", `<bdi lang="und-Latn" dir="auto">Sab` + tok("zero-width non-joiner", "200C") + `ereen</bdi>`},
		{"Sab\u200dereen", `<bdi lang="und-Latn" dir="auto">Sab` + tok("zero-width joiner", "200D") + `ereen</bdi>`},
		{"می\u200cخواهم", `<bdi lang="und-Arab" dir="auto">می` + "\u200c" + `خواهم</bdi>`},
		{"👨\u200d👩\u200d👧", `<bdi lang="und" dir="auto">👨` + "\u200d👩\u200d" + `👧</bdi>`},
		{"\ufefftitle", `<bdi lang="und-Latn" dir="auto">` + tok("byte order mark", "FEFF") + `title</bdi>`},
		{"soft\u00adhyphen", `<bdi lang="und-Latn" dir="auto">soft` + tok("soft hyphen", "00AD") + `hyphen</bdi>`},
		{"nul\x00byte", `<bdi lang="und-Latn" dir="auto">nul` + tok("control character", "0000") + `byte</bdi>`},
		{"esc\x1b[31m", `<bdi lang="und-Latn" dir="auto">esc` + tok("control character", "001B") + `[31m</bdi>`},
		{"bell\a", `<bdi lang="und-Latn" dir="auto">bell` + tok("control character", "0007") + `</bdi>`},
		{"c1\u0085next", `<bdi lang="und-Latn" dir="auto">c1` + tok("control character", "0085") + `next</bdi>`},
		{"two\nlines\ttab", `<bdi lang="und-Latn" dir="auto">two lines tab</bdi>`},
		{"line\u2028sep", `<bdi lang="und-Latn" dir="auto">line` + tok("a character that cannot be seen", "2028") + `sep</bdi>`},
		{"bad\xffbyte", `<bdi lang="und-Latn" dir="auto">bad` + ctl + `a byte that is no UTF-8">&lt;0xFF&gt;</bdi>byte</bdi>`},
		{"tag\U000E0041", `<bdi lang="und-Latn" dir="auto">tag` + tok("a character that cannot be seen", "E0041") + `</bdi>`},
		{"hangul\u3164", `<bdi lang="und-Latn" dir="auto">hangul` + tok("a character that cannot be seen", "3164") + `</bdi>`},
		{"braille\u2800", `<bdi lang="und-Latn" dir="auto">braille` + tok("a character that cannot be seen", "2800") + `</bdi>`},
		{"<b>bold</b>", `<bdi lang="und-Latn" dir="auto">&lt;b&gt;bold&lt;/b&gt;</bdi>`},
		{"</bdi>أ", `<bdi lang="und-Latn" dir="auto">&lt;/bdi&gt;أ</bdi>`},
		{"a & b \"c\" 'd'", `<bdi lang="und-Latn" dir="auto">a &amp; b &#34;c&#34; &#39;d&#39;</bdi>`},
		{"@sabreenS1 قناة", `<bdi lang="und-Latn" dir="auto"><bdi dir="ltr">@sabreenS1</bdi> قناة</bdi>`},
		{"קול המעגן 3", `<bdi lang="und-Hebr" dir="auto">קול המעגן 3</bdi>`},
		{"ﷺ ﴿ ﴾", `<bdi lang="und-Arab" dir="auto">ﷺ ﴿ ﴾</bdi>`},
		{"٢٬٥٧١ – ۲٬۵۷۱", `<bdi lang="und" dir="auto">٢٬٥٧١ – ۲٬۵۷۱</bdi>`},
		{"", `<bdi lang="und" dir="auto"></bdi>`},
		{"1) أولا: a) ثانيا", `<bdi lang="und-Arab" dir="auto">1) أولا: a) ثانيا</bdi>`},
		{"раураl", `<bdi lang="und-Cyrl" dir="auto">раураl</bdi>`},
		{"combining e\u0301\u034f", `<bdi lang="und-Latn" dir="auto">combining e` + "\u0301" + tok("a character that cannot be seen", "034F") + `</bdi>`},
		{"\ue000private", `<bdi lang="und-Latn" dir="auto">` + tok("a character that cannot be seen", "E000") + `private</bdi>`},
		{"عـــربي", `<bdi lang="und-Arab" dir="auto">عـــربي</bdi>`},
	}
}

func TestNastyNames(t *testing.T) {
	if n := len(nasty()); n < 40 {
		t.Fatalf("%d strings", n)
	}
	for _, x := range nasty() {
		if got := render(t, "bidi", bidi(x[0], "")); got != x[1] {
			t.Errorf("%q:\n got %s\nwant %s", x[0], got, x[1])
		}
	}
}

func TestDeclaredLanguage(t *testing.T) {
	for lang, want := range map[string]string{"ar": "ar", "fa-IR": "fa-IR", "": "und-Arab", "und": "und-Arab", `"><b`: "und-Arab", "x y": "und-Arab"} {
		if got := bidi("نص", lang).Lang; got != want {
			t.Errorf("%q: %q, want %q", lang, got, want)
		}
	}
}

func TestProse(t *testing.T) {
	at := func(text, kind, inner, target string) record.Entity {
		return record.Entity{Kind: kind, Offset: strings.Index(text, inner), Length: len(inner), Target: target}
	}
	handle := "تابعونا على @sabreenS1 اليوم"
	tag := "#متابعة\nنص"
	link := "read here now"
	plain := "انظر https://example.org/a?b=c، و @kest_news."
	for _, x := range []struct {
		name, text string
		entities   []record.Entity
		raw        bool
		want       string
	}{
		{"a handle in Arabic", handle, []record.Entity{at(handle, "mention", "@sabreenS1", "")}, false,
			`<div class="text arab" lang="und-Arab" dir="auto"><p dir="auto">تابعونا على <bdi dir="ltr">@sabreenS1</bdi> اليوم</p></div>`},
		{"a line that is a tag takes the direction of its text", tag, []record.Entity{at(tag, "hashtag", "#متابعة", "")}, false,
			`<div class="text arab" lang="und-Arab" dir="auto"><p dir="rtl"><bdi dir="rtl">#متابعة</bdi></p><p dir="auto">نص</p></div>`},
		{"a link behind words leads to the page between", link, []record.Entity{at(link, "text_link", "here", "https://example.org/?q=1&r=2")}, false,
			`<div class="text " lang="und-Latn" dir="auto"><p dir="auto">read <bdi dir="auto"><a class="away" rel="noreferrer noopener" href="/out?u=https%3A%2F%2Fexample.org%2F%3Fq%3D1%26r%3D2">here</a></bdi> now</p></div>`},
		{"a link that runs is no link", link, []record.Entity{at(link, "text_link", "here", "javascript:alert(1)")}, false,
			`<div class="text " lang="und-Latn" dir="auto"><p dir="auto">read <bdi dir="auto">here</bdi> now</p></div>`},
		{"what the source does not mark is found", plain, nil, false,
			`<div class="text arab" lang="und-Arab" dir="auto"><p dir="auto">انظر <bdi dir="ltr"><a class="away" rel="noreferrer noopener" href="/out?u=https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc">https://example.org/a?b=c</a></bdi>، و <bdi dir="ltr">@kest_news</bdi>.</p></div>`},
		{"marks stay in prose, overrides do not", "نص\u200f a\u202eb", nil, false,
			`<div class="text arab" lang="und-Arab" dir="auto"><p dir="auto">نص` + "\u200f" + ` a` + ctl + `right-to-left override: shows what follows in another order">&lt;U&#43;202E&gt;</bdi>b</p></div>`},
		{"raw shows marks and tatweel", "نـص\u200f", nil, true,
			`<div class="text arab" lang="und-Arab" dir="auto"><p dir="auto">ن` + ctl + `tatweel: stretches a word, changes nothing">&lt;U&#43;0640&gt;</bdi>ص` + ctl + `right-to-left mark">&lt;U&#43;200F&gt;</bdi></p></div>`},
		{"entities that lie about their place", "short", []record.Entity{{Kind: "bold", Offset: 2, Length: 99}, {Kind: "bold", Offset: -1, Length: 2}, {Kind: "bold", Offset: 1, Length: -1}}, false,
			`<div class="text " lang="und-Latn" dir="auto"><p dir="auto">short</p></div>`},
		{"entities that overlap", "abcdef", []record.Entity{{Kind: "bold", Offset: 0, Length: 3}, {Kind: "mention", Offset: 2, Length: 3}, {Kind: "email", Offset: 3, Length: 3}}, false,
			`<div class="text " lang="und-Latn" dir="auto"><p dir="auto"><b>ab</b><bdi dir="ltr">cde</bdi>f</p></div>`},
	} {
		if got := render(t, "block", prose(x.text, "", x.entities, x.raw)); got != x.want {
			t.Errorf("%s:\n got %s\nwant %s", x.name, got, x.want)
		}
	}
}

// FuzzProse holds that no text and no entities lose, add or reorder a
// character, and that what cannot be seen never reaches the page.
func FuzzProse(f *testing.F) {
	for _, x := range nasty() {
		f.Add(x[0], "mention", 0, 5, "bold", 2, 4)
	}
	f.Add("https://example.org/x @abc #d", "text_link", 3, 9, "hashtag", 1, 20)
	tmpl := template.Must(template.New("x").Funcs((&server{}).functions(tongues()[0])).ParseFS(files, "parts.tmpl"))
	f.Fuzz(func(t *testing.T, text, kind1 string, from1, n1 int, kind2 string, from2, n2 int) {
		text = strings.ToValidUTF8(text, "\uFFFD")
		b := prose(text, "", []record.Entity{{Kind: kind1, Offset: from1, Length: n1, Target: text}, {Kind: kind2, Offset: from2, Length: n2}}, false)
		var got []string
		for _, p := range b.Paragraphs {
			var line strings.Builder
			for _, x := range p.Parts {
				line.WriteString(x.Text)
			}
			got = append(got, line.String())
		}
		for i, want := range strings.Split(text, "\n") {
			if i >= len(got) || visibly(got[i]) != visibly(want) {
				t.Fatalf("%q became %q", text, got)
			}
		}
		var page strings.Builder
		if err := tmpl.ExecuteTemplate(&page, "block", b); err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(strings.NewReader(page.String()))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type == html.TextNode && strings.ContainsAny(n.Data, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b") {
				t.Fatalf("%q reaches the page unseen", n.Data)
			}
			if n.Type == html.ElementNode && !strings.Contains(allowed, " "+n.Data+" ") {
				t.Fatalf("<%s> from %q", n.Data, text)
			}
		}
	})
}

func visibly(s string) string {
	return strings.ReplaceAll(language.Visible(s), "\r", "<U+000D>")
}
