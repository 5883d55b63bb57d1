package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"dalil/internal/catalog"
	"dalil/internal/collect"
	"dalil/internal/collect/fetch"
	"dalil/internal/collect/page"
	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/export"
	"dalil/internal/export/table"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// testCase is a case on disk made through the real import path, and its pages.
type testCase struct {
	t    *testing.T
	desk *desk.Desk
	h    http.Handler
}

// newCase makes a case, written to at a fixed time, and imports folders of files in turn.
func newCase(t *testing.T, imports ...map[string]string) *testCase {
	t.Helper()
	keys, err := custody.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	stores := storesOf(t)
	cfg := pipeline.DefaultConfig("Azravan")
	cfg.Zone = "Asia/Baghdad"
	c, err := pipeline.Create(t.Context(), filepath.Join(t.TempDir(), "case"), "tester", cfg, keys, stores)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, files := range imports {
		dir := filepath.Join(t.TempDir(), "in")
		for name, text := range files {
			p := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Import(t.Context(), []string{dir}, pipeline.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	d := desk.New(c)
	return &testCase{t, d, New(d, Options{Table: testTable})}
}

// storesOf are the parts of a case with a clock that stands still.
func storesOf(t *testing.T) pipeline.Stores {
	t.Helper()
	stores := pipelinetest.Stores()
	stores.Now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	stores.Pages = func(e pipeline.Egress) (collect.Pages, error) {
		return page.With(fetch.Options{Proxy: e.Proxy}, "dalil test")
	}
	return stores
}

// get asks for a page and follows redirects.
func (c *testCase) get(address string) *httptest.ResponseRecorder {
	c.t.Helper()
	for range 3 {
		w := c.once(http.MethodGet, "localhost:7117", address)
		if w.Code != http.StatusMovedPermanently {
			return w
		}
		address = w.Header().Get("Location")
	}
	c.t.Fatalf("%s: redirected without end", address)
	return nil
}

func (c *testCase) once(method, host, address string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, nil)
	r.Host = host
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	return w
}

// statements lists every statement, withdrawn ones not.
func (c *testCase) statements() []record.Statement {
	c.t.Helper()
	found, err := c.desk.Search(context.Background(), "", catalog.Page{Limit: -1})
	if err != nil {
		c.t.Fatal(err)
	}
	all := make([]record.Statement, len(found.Hits))
	for i, h := range found.Hits {
		all[i] = h.Statement
	}
	return all
}

// addresses lists a page of every sort, and all statements, sources, imports.
func (c *testCase) addresses() []string {
	list := []string{"/", "/inbox", "/inbox?q=", "/inbox?q=lang%3Aar", "/inbox?q=&view=table", "/inbox?view=table&cols=text,posted,labels,assigned,second,last,why,decided,import,lang", "/inbox?q=frmo%3Ax", "/statements", "/sources", "/sources?sort=-grade", "/matrix", "/matrix?q=lang%3Aar", "/matrix?q=frmo%3Ax", "/imports", "/import", "/capture", "/capture?text=https%3A%2F%2Ft.me%2Fnahr%2F1%0Ahttps%3A%2F%2Fexample.org%2Fa%0Abridge", "/jobs", "/log", "/log/0", "/log/entries", "/settings", "/style", "/help", "/out?u=https%3A%2F%2Fexample.org%2Fa", "/nowhere", "/families", "/families?min=3&limit=5", "/families?q=lang%3Aar", "/families?q=frmo%3Ax", "/firsts", "/firsts?q=lang%3Aar", "/firsts?q=frmo%3Ax", "/statements?q=zzz+lang%3Aar", "/statements?q=frmo%3Ax",
		"/statements?view=table", "/statements?view=table&cols=text,posted,entry&q=a", "/statements?view=timeline", "/statements/export?q=lang%3Aar", "/statements/export?q=frmo%3Ax&for=public"}
	for i, s := range c.statements() {
		if i%5 == 0 { // these differ little from one statement to the next
			list = append(list, c.at(s)+"?show=all", c.at(s)+"?open=1", "/s/"+c.desk.StatementID(s)+"/proof")
		}
		list = append(list, c.at(s), "/c/"+c.desk.Case.IDs.ID(record.KindSource, s.Source))
	}
	runs, err := c.desk.Case.Catalog.Runs(context.Background())
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range runs {
		list = append(list, "/imports/"+c.desk.Case.IDs.ID(record.KindRun, r.Leaf))
	}
	families, _, err := c.desk.Families(context.Background(), "", 2, -1)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, f := range families {
		list = append(list, "/y/"+f.ID)
	}
	sources, err := c.desk.Case.Catalog.Sources(context.Background())
	if err != nil {
		c.t.Fatal(err)
	}
	pairs := "/firsts?q="
	for _, x := range sources[:min(len(sources), 4)] {
		pairs += "&between=" + c.desk.Case.IDs.ID(record.KindSource, x.Leaf)
	}
	list = append(list, pairs)
	slices.Sort(list)
	return slices.Compact(list)
}

func (c *testCase) at(s record.Statement) string {
	return (&server{desk: c.desk, zone: c.desk.Case.Zone}).at(s)
}

// allowed are the elements our templates write.
const allowed = " html head body meta title link a header p span form label input button fieldset legend select option textarea datalist nav ul li main footer b article section aside h1 h2 h3 bdi mark ins del s code kbd i div br time dl dt dd ol table thead tbody tr th td details summary dialog progress dl-palette dl-live dl-drop dl-work figure figcaption img svg rect text line pre desc defs pattern path g circle "

// inert checks that a page holds nothing that runs, loads from elsewhere, or
// sends anything, and returns it parsed.
func inert(t *testing.T, address, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	_, ours := script()
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode {
			t.Errorf("%s: comment %q", address, n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "title" && n.Parent.Data != "head" { // in our drawing
			continue
		}
		if n.Data == "script" && n.Parent.Data == "head" && n.FirstChild == nil && len(n.Attr) == 2 && n.Attr[0].Val == "module" && n.Attr[1].Key == "src" && n.Attr[1].Val == ours {
			continue
		}
		if !strings.Contains(allowed, " "+n.Data+" ") {
			t.Errorf("%s: element <%s>", address, n.Data)
		}
		for _, a := range n.Attr {
			v := strings.TrimSpace(a.Val)
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", a.Key == "http-equiv", a.Key == "ping", a.Key == "formaction":
				t.Errorf("%s: attribute %s=%q of <%s>", address, a.Key, a.Val, n.Data)
			case a.Key == "href" && n.Data == "a" && strings.HasPrefix(address, "/out"):
				if !strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "#") && !strings.HasPrefix(v, "https://") && !strings.HasPrefix(v, "http://") {
					t.Errorf("%s: link to %q", address, a.Val)
				}
			case a.Key == "href", a.Key == "src", a.Key == "action":
				if v != "" && !strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "#") || strings.HasPrefix(v, "//") {
					t.Errorf("%s: <%s %s=%q> leads elsewhere", address, n.Data, a.Key, a.Val)
				}
			}
		}
	}
	return doc
}

// textOf returns the text of the first element with an attribute.
func textOf(doc *html.Node, key, value string) string {
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool {
			return a.Key == key && (a.Val == value || key == "class" && slices.Contains(strings.Fields(a.Val), value))
		}) {
			continue
		}
		for c := range n.Descendants() {
			if c.Type == html.TextNode {
				b.WriteString(c.Data)
			}
		}
		return b.String()
	}
	return ""
}

// testTable is the table as cmd/dalil makes it.
func testTable(ctx context.Context, r redact.Release, columns []string, mark bool) ([]byte, error) {
	var out export.Memory
	err := table.Kind.Write(ctx, &out, r, export.Options{Columns: columns, Mark: mark})
	return out.Bytes(), err
}
