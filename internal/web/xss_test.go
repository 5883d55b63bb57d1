package web

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dalil/internal/web/hostile"
)

// vectors are a third of what package hostile attacks with, of every kind; the
// browser's tests take them all.
func vectors() []string {
	var some []string
	for i, v := range hostile.Vectors() {
		if i%3 == 0 {
			some = append(some, v)
		}
	}
	return some
}

// imported are every other of them: on a page of its own each is looked at in the
// browser, so here is enough of every kind.
func imported() []string {
	var some []string
	for i, v := range vectors() {
		if i%2 == 0 {
			some = append(some, v)
		}
	}
	return some
}

// hostileExports have a vector in every field an import fills.
func hostileExports(t *testing.T) []map[string]string {
	t.Helper()
	all, err := hostile.Exports(imported())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestNothingImportedRuns(t *testing.T) {
	c := newCase(t, hostileExports(t)...)
	all := c.statements()
	if len(all) < 3*len(imported()) {
		t.Fatalf("only %d statements of %d vectors came in", len(all), len(imported()))
	}
	for i, s := range all {
		if i%9 == 0 {
			if _, err := c.desk.Withdraw(t.Context(), c.desk.StatementID(s), imported()[i%len(imported())]); err != nil {
				t.Fatal(err)
			}
		}
	}
	told, tells := 0, 0
	for _, v := range imported() {
		if strings.Contains(v, "alert(1)") {
			tells++
		}
	}
	for _, a := range c.addresses() {
		w := c.get(a)
		if w.Code >= 500 {
			t.Errorf("%s: %d", a, w.Code)
		}
		if strings.Contains(textOf(inert(t, a, w.Body.String()), "class", "text"), "alert(1)") {
			told++
		}
	}
	if told < 2*tells { // escaped is not left out
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
