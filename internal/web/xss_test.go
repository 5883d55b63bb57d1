package web

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vectors are strings that run something where a page forgets to escape, in
// text, attributes, addresses, style, script, SVG, comments or templates.
func vectors() []string {
	return []string{
		`<script>alert(1)</script>`, `</title><script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><script>alert(1)</script>`,
		`<img src=x onerror=alert(1)>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `" onfocus="alert(1)" autofocus="`,
		"` onmouseover=alert(1) `", `<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`, `<svg><animate onbegin=alert(1) attributeName=x dur=1s>`,
		`<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`, `<svg><use href="data:image/svg+xml,<svg id=x onload=alert(1)>#x"/></svg>`,
		`<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`, `<iframe src=javascript:alert(1)>`, `<iframe srcdoc="<script>alert(1)</script>">`,
		`<object data=javascript:alert(1)>`, `<embed src=javascript:alert(1)>`, `<base href=//evil.example/>`, `<meta http-equiv=refresh content="0;url=//evil.example">`,
		`<link rel=stylesheet href=//evil.example/x.css>`, `<style>@import '//evil.example';</style>`, `<form action=//evil.example><input type=submit>`,
		`<input onfocus=alert(1) autofocus>`, `<details open ontoggle=alert(1)>`, `<video><source onerror=alert(1)>`, `<audio src=x onerror=alert(1)>`,
		`<body onload=alert(1)>`, `<marquee onstart=alert(1)>`, `<a href="javascript:alert(1)">x</a>`, `javascript:alert(1)`, `JaVaScRiPt:alert(1)`,
		"java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", ` javascript:alert(1)`, `&#106;avascript:alert(1)`, `javascript&colon;alert(1)`,
		`data:text/html,<script>alert(1)</script>`, `data:text/html;base64,PHNjcmlwdD4=`, `vbscript:msgbox(1)`, `//evil.example/x`, `\\evil.example\x`, `http:javascript:alert(1)`,
		`https://evil.example/" onclick="alert(1)`, `https://evil.example/'><script>alert(1)</script>`, `https://a@evil.example/`, `view-source:javascript:alert(1)`,
		`{{.}}`, `{{template "layout.tmpl"}}`, `${alert(1)}`, `<!--><script>alert(1)</script>-->`, `--><script>alert(1)</script>`, `]]><script>alert(1)</script>`,
		`</textarea><script>alert(1)</script>`, `</style><script>alert(1)</script>`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
		`<template><script>alert(1)</script></template>`, `<x contenteditable onblur=alert(1)>`, `<isindex action=javascript:alert(1)>`,
		`<scr` + "\x00" + `ipt>alert(1)</scr` + "\x00" + `ipt>`, `＜script＞alert(1)＜/script＞`, `+ADw-script+AD4-alert(1)+ADw-/script+AD4-`, "\u2028alert(1)\u2029",
		`expression(alert(1))`, `x;background:url(javascript:alert(1))`, `<p style="background:url(//evil.example)">`, "\u202e<script>alert(1)</script>", `<bdi dir=rtl onclick=alert(1)>`,
	}
}

// hostile is an export and pages with a vector in every field an import fills.
func hostile(t *testing.T) []map[string]string {
	t.Helper()
	type m map[string]any
	var messages, later []m
	for i, v := range vectors() {
		x := m{"id": i + 1, "type": "message", "date": "2025-06-01T10:00:00", "date_unixtime": fmt.Sprint(1748761200 + i*60), "edited_unixtime": fmt.Sprint(1748761200 + i*60 + 5),
			"from": v, "from_id": "user" + v, "author": v, "forwarded_from": v, "file": v, "file_name": v, "mime_type": v, "media_type": v, "photo": v,
			"text":          []any{v + " ", m{"type": "link", "text": v}, m{"type": "text_link", "text": v, "href": v}, m{"type": v, "text": v}, m{"type": "hashtag", "text": v}},
			"text_entities": []any{m{"type": "plain", "text": v + " "}, m{"type": "link", "text": v}, m{"type": "text_link", "text": v, "href": v}, m{"type": v, "text": v}, m{"type": "hashtag", "text": v}},
			"reactions":     []any{m{"type": "emoji", "count": 3, "emoji": v}}, "reply_to_message_id": i, "via_bot": v, "sticker_emoji": v}
		messages = append(messages, x)
		y := m{}
		for k, v := range x {
			y[k] = v
		}
		y["text"], y["text_entities"] = v+" anew", []any{m{"type": "plain", "text": v + " anew"}}
		later = append(later, y)
		messages = append(messages, m{"id": 1000 + 2*i, "type": "service", "date": "2025-06-01T10:00:00", "date_unixtime": fmt.Sprint(1748761200 + i), "actor": v, "actor_id": "user1", "action": "edit_group_title", "title": v})
	}
	write := func(list []m) string {
		b, err := json.Marshal(m{"name": `"><script>alert(1)</script>` + "\u202e", "type": "public_channel", "id": 77, "messages": list})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := map[string]string{"result.json": write(messages)}
	for i, v := range vectors() {
		q := html.EscapeString(v)
		first[fmt.Sprintf("pages/%d.html", i)] = fmt.Sprintf(`<!doctype html><html lang="%[1]s"><head><title>%[1]s</title><meta name="author" content="%[1]s"><meta property="og:title" content="%[1]s"><meta property="og:site_name" content="%[1]s">
<link rel="canonical" href="%[1]s"><meta property="article:published_time" content="2025-06-01T10:00:00Z"></head><body><article><h1>%[1]s</h1><p class="byline">%[1]s</p>
<p>A long enough paragraph so that a reader finds the body: the bridge, the river, the market and %[1]s stand in one line of it.</p><p>Another paragraph with more words than the first, about %[1]s and nothing else at all.</p>
<figure><img src="%[1]s" alt="%[1]s"><figcaption>%[1]s</figcaption></figure></article><section class="comments"><div class="comment"><span class="author">%[1]s</span><p>%[1]s</p></div></section></body></html>`, q)
		first[fmt.Sprintf("notes/%d <b onclick=x>'\".txt", i)] = v + "\n\n" + v
	}
	first["broken/x<script>alert(1)</script>.json"] = `{"name":"<script>alert(1)</script>","type":"public_channel","id":78,"messages":[{"id":1,"type":"message","text":"cut`
	return []map[string]string{first, {"result.json": write(later)}}
}

func TestNothingImportedRuns(t *testing.T) {
	c := newCase(t, hostile(t)...)
	if n := len(vectors()); n < 60 {
		t.Fatalf("%d vectors", n)
	}
	all := c.statements()
	if len(all) < 3*len(vectors()) {
		t.Fatalf("only %d statements of %d vectors came in", len(all), len(vectors()))
	}
	for i, s := range all {
		if i%9 == 0 {
			if _, err := c.desk.Withdraw(t.Context(), c.desk.StatementID(s), vectors()[i%len(vectors())]); err != nil {
				t.Fatal(err)
			}
		}
	}
	told := 0
	for _, a := range c.addresses() {
		w := c.get(a)
		if w.Code >= 500 {
			t.Errorf("%s: %d", a, w.Code)
		}
		if strings.Contains(textOf(inert(t, a, w.Body.String()), "class", "text"), "alert(1)") {
			told++
		}
	}
	if told < 2*len(vectors()) { // escaped is not left out
		t.Errorf("only %d pages show what was imported", told)
	}
	for next := "/statements"; next != ""; {
		w := c.get(next)
		doc := inert(t, next, w.Body.String())
		next = ""
		for n := range doc.Descendants() {
			for _, x := range n.Attr {
				if n.Data == "a" && x.Key == "rel" && x.Val == "next" {
					for _, y := range n.Attr {
						if y.Key == "href" {
							next = y.Val
						}
					}
				}
			}
		}
	}
}

func TestNothingTypedRuns(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	for _, v := range vectors() {
		e, p := url.QueryEscape(v), url.PathEscape(v)
		for _, a := range []string{"/statements?q=" + e, "/statements?q=bridge&after=" + e, "/statements?q=from:" + e, "/out?u=" + e, "/s/" + p, "/s/" + p + "/" + p, "/c/" + p, "/imports/" + p, "/s/" + p + "/media/" + p, "/" + p,
			"/families?q=" + e, "/families?min=" + e + "&limit=" + e, "/y/" + p, "/y/" + p + "/" + p, "/firsts?q=" + e, "/firsts?between=" + e + "&between=" + p} {
			w := c.once(http.MethodGet, "localhost", a)
			if w.Code >= 500 {
				t.Errorf("%s: %d", a, w.Code)
			}
			if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				inert(t, a, w.Body.String())
			}
			if l := w.Header().Get("Location"); l != "" && (!strings.HasPrefix(l, "/") || strings.HasPrefix(l, "//")) {
				t.Errorf("%s: redirected to %q", a, l)
			}
		}
	}
}

// A family's page puts texts of different posts into one drawing, one list and
// one comparison; and the drawing is markup that no template escapes.
func TestHostileFamilies(t *testing.T) {
	long := "the old bridge over the river was closed on friday morning after the heavy rain of the week and the market on the other bank stayed empty "
	export := func(id int, name string, first int) string {
		var messages []map[string]any
		for i, v := range vectors() {
			at := 1748761200 + i*7200 + first
			text := fmt.Sprintf("%s number %d of that season %s", long, i, v)
			if first > 0 && i%2 == 0 {
				text = v + "\n\n" + text + "\n\n" + v
			}
			messages = append(messages, map[string]any{"id": i + 1, "type": "message", "date": "2025-06-01T10:00:00", "date_unixtime": fmt.Sprint(at), "from": v, "from_id": "channel" + v,
				"forwarded_from": v, "text": text, "text_entities": []any{map[string]any{"type": "plain", "text": text}}})
		}
		b, err := json.Marshal(map[string]any{"name": name, "type": "public_channel", "id": id, "messages": messages})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	files := map[string]string{}
	for i, v := range []string{`"><script>alert(1)</script>` + "\u202e", `</title></svg><svg onload=alert(1)>`, `<a href="javascript:alert(1)">x</a>` + "\u2069\u2067"} {
		files[fmt.Sprintf("%d/result.json", i)] = export(90+i, v, i*120)
	}
	c := newCase(t, files)
	families, _, err := c.desk.Families(t.Context(), "", 2, -1)
	if err != nil || len(families) == 0 {
		t.Fatalf("%d families, %v", len(families), err)
	}
	var ids []string
	for _, s := range c.statements() {
		if s.Family != 0 && len(ids) < 3 {
			ids = append(ids, c.desk.StatementID(s))
		}
	}
	if _, err := c.desk.Split(t.Context(), ids[:1], vectors()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.Withdraw(t.Context(), ids[1], vectors()[0]); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i, a := range c.addresses() {
		if strings.HasPrefix(a, "/s/") && i%7 != 0 { // these are looked at elsewhere
			continue
		}
		w := c.get(a)
		if w.Code >= 500 {
			t.Errorf("%s: %d", a, w.Code)
		}
		inert(t, a, w.Body.String())
		if strings.HasPrefix(a, "/y/") && strings.Contains(w.Body.String(), "<summary>Difference") && strings.Contains(w.Body.String(), `class="strip"`) {
			compared++
		}
	}
	if compared == 0 {
		t.Error("no family's page compares texts")
	}
}

// TestOnePlaceMakesMarkup holds the rule that data reaches markup as text: Go
// code that makes markup by hand is one function, which takes a chart.
func TestOnePlaceMakesMarkup(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncDecl); ok && name == "strip.go" && fn.Name.Name == "drawn" {
				made++
				return false
			}
			x, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if p, ok := x.X.(*ast.Ident); ok && p.Name == "template" && slices.Contains([]string{"HTML", "HTMLAttr", "JS", "JSStr", "CSS", "URL", "Srcset"}, x.Sel.Name) {
				t.Errorf("%s makes template.%s", name, x.Sel.Name)
			}
			return true
		})
	}
	if made != 1 {
		t.Error("strip.go has no function drawn")
	}
}
