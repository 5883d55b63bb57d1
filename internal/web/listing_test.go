package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dalil/internal/desk"
	"dalil/internal/export/table"
	"dalil/internal/query"
)

// TestColumnsLeave: what a view shows is called the same in the table that
// leaves the house.
func TestColumnsLeave(t *testing.T) {
	for _, c := range tableColumns() {
		for _, name := range c.Leaves {
			if !slices.Contains(table.Columns(), name) {
				t.Errorf("column %s leaves as %s, which the table does not have", c.Name, name)
			}
		}
	}
}

func TestListAddress(t *testing.T) {
	for address, want := range map[string]string{
		"/statements": "/statements", "/statements?q=a+b&view=map": "/statements?q=a+b", "/statements?view=table&cols=text&cols=posted&cols=nothing&cols=text": "/statements?view=table&cols=text,posted",
		"/statements?q=%22%3E%26&view=timeline&after=1.2.3": "/statements?q=%22%3E%26&view=timeline&after=1.2.3",
	} {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := listOf(r).at("/statements"); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
}

// TestTableLeaves: the table behind the address of a list has what it shows, but
// nothing that is restricted, and not a byte tells of that.
func TestTableLeaves(t *testing.T) {
	post := func(id int, text string) string {
		return fmt.Sprintf(`{"id":%d,"type":"message","date":"2025-06-01T10:00:00","date_unixtime":"%d","from":"Blue Horizon","from_id":"channel77","text":%q}`, id, 1748761200+id, text)
	}
	file := func(posts ...string) map[string]string {
		return map[string]string{"result.json": `{"name":"Blue Horizon","type":"public_channel","id":77,"messages":[` + strings.Join(posts, ",") + `]}`}
	}
	c := newCase(t, file(post(1, "the old bridge"), post(2, "=1+1 bridge")))
	address := "/statements.csv?q=bridge&view=table&cols=text,posted"
	before := c.get(address)
	if h := before.Header(); before.Code != 200 || h.Get("Content-Type") != "text/csv; charset=utf-8" || h.Get("Content-Disposition") != `attachment; filename="statements-partner.csv"` || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v", before.Code, h)
	}
	rows, err := csv.NewReader(before.Body).ReadAll()
	if err != nil || len(rows) != 3 || !slices.Equal(rows[0], []string{"id", "title", "text", "posted", "posted_utc"}) || rows[1][2] != "'=1+1 bridge" || rows[2][3] != "2025-06-01 10:00:01 +03:00" {
		t.Errorf("%q %v", rows, err)
	}
	d := newCase(t, file(post(1, "the old bridge"), post(2, "=1+1 bridge"), post(3, "the courier at the bridge")))
	for _, s := range d.statements() {
		if strings.Contains(s.Text, "courier") {
			if _, err := d.desk.Restrict(t.Context(), d.desk.StatementID(s), "at risk", false); err != nil {
				t.Fatal(err)
			}
		}
	}
	strip := func(b string) string { // ids belong to one case only
		var out []string
		for line := range strings.Lines(b) {
			_, rest, _ := strings.Cut(line, ",")
			out = append(out, rest)
		}
		return strings.Join(out, "")
	}
	for _, q := range []string{"bridge", "bridge sort:relevance", "", "courier", "sort:posted"} {
		for _, audience := range []string{"public", "partner"} {
			a := "/statements.csv?for=" + audience + "&q=" + url.QueryEscape(q)
			with, without := d.get(a).Body.String(), c.get(a).Body.String()
			if strip(with) != strip(without) && q != "" && !strings.HasPrefix(q, "sort") {
				t.Errorf("%s %q: a restricted statement shows:\n%s\n%s", audience, q, with, without)
			}
			if strings.Contains(with, "courier") {
				t.Errorf("%s %q: a restricted statement leaves", audience, q)
			}
		}
	}
	if page := d.get("/statements/export?q=courier").Body.String(); !strings.Contains(page, "it is restricted") {
		t.Error("the person who hands out is not told what stays behind")
	}
	for a, code := range map[string]int{"/statements.csv?for=everybody": 400, "/statements.csv?q=frmo%3Ax": 400, "/statements/export?for=x": 400} {
		if w := c.get(a); w.Code != code {
			t.Errorf("%s: %d", a, w.Code)
		}
	}
}

func TestPagesGoBack(t *testing.T) {
	files := map[string]string{}
	for i := range 120 {
		files[fmt.Sprintf("%03d.txt", i)] = fmt.Sprintf("bridge number %d", i)
	}
	c := newCase(t, files)
	link := func(page, rel string) string {
		doc := inert(t, "list", page)
		for n := range doc.Descendants() {
			at := ""
			is := false
			for _, a := range n.Attr {
				is = is || n.Data == "a" && a.Key == "rel" && a.Val == rel
				if a.Key == "href" {
					at = a.Val
				}
			}
			if is {
				return at
			}
		}
		return ""
	}
	first := c.get("/statements?q=bridge").Body.String()
	second := c.get(link(first, "next")).Body.String()
	third := c.get(link(second, "next")).Body.String()
	if link(first, "prev") != "" || link(third, "next") != "" {
		t.Error("pages before the first or behind the last")
	}
	hits := func(page string) int { return strings.Count(page, `class="hit"`) }
	again := c.get(link(third, "prev")).Body.String()
	if hits(first) != 50 || hits(third) != 20 || hits(again) != 50 || link(again, "next") != link(second, "next") {
		t.Errorf("%d, %d and, turned back, %d hits", hits(first), hits(third), hits(again))
	}
}

func TestTimelineNarrows(t *testing.T) {
	c := sampleCase(t)
	page := c.get("/statements?q=lang%3Aar&view=timeline").Body.String()
	doc := inert(t, "timeline", page)
	n := 0
	for x := range doc.Descendants() {
		for _, a := range x.Attr {
			if a.Key == "href" && strings.Contains(a.Val, "posted%3A") && strings.Contains(a.Val, "view=timeline") {
				u, err := url.Parse(a.Val)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := query.Parse(u.Query().Get("q"), query.ParseOptions{}); err != nil || !strings.HasPrefix(u.Query().Get("q"), "lang:ar posted:") {
					t.Errorf("%s: %v", a.Val, err)
				}
				n++
			}
		}
	}
	if n < 10 || !strings.Contains(page, "most in") {
		t.Errorf("%d links narrow the time", n)
	}
	if page := c.get("/statements?q=lang%3Aar+posted%3A2025-04&view=timeline").Body.String(); !strings.Contains(page, "the whole time") {
		t.Error("the way back to the whole time is not there")
	}
}

func TestSearchesAreSaved(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	if page := c.get("/statements?q=bridge&view=table&cols=text").Body.String(); !strings.Contains(page, "Save this search") {
		t.Error("a search cannot be saved")
	}
	post := func(address string, v url.Values) int {
		r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(v.Encode()))
		r.Host = "localhost:7117"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		c.h.ServeHTTP(w, r)
		return w.Code
	}
	if code := post("/saved", url.Values{"name": {"Bridges <b>"}, "q": {"bridge"}, "view": {"table"}, "cols": {"text"}, "back": {"/statements"}}); code != http.StatusSeeOther {
		t.Errorf("saving: %d", code)
	}
	page := c.get("/statements?q=bridge&view=table&cols=text").Body.String()
	if !strings.Contains(page, `href="/statements?q=bridge&amp;view=table&amp;cols=text" aria-current="true"`) || !strings.Contains(page, "Bridges &lt;b&gt;") {
		t.Error("the saved search is not where it was saved")
	}
	if code := post("/saved/drop", url.Values{"name": {"Bridges <b>"}}); code != http.StatusSeeOther || strings.Contains(c.get("/statements").Body.String(), "Bridges") {
		t.Errorf("dropping: %d", code)
	}
}

// TestEchoSpeaks: an echo is in the reader's language, what was typed is not.
func TestEchoSpeaks(t *testing.T) {
	q, err := query.Parse(`type:post lang:ar from:Sahil posted:2020-11-17..2020-11-18 bridge -has:forward`, query.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range tongues()[1:] {
		said := l.plainEcho(query.Pieces(q, l))
		if strings.ContainsAny(strings.NewReplacer("Sahil", "", "bridge", "").Replace(said), "abcdefghijklmnopqrstuvwxyz") || !strings.Contains(said, "\u2068Sahil\u2069") {
			t.Errorf("%s: %s", l.Tag, said)
		}
	}
}

// TestInboxAddress: what makes a view of the inbox stands in its address, and
// what waits is what an address without a query means.
func TestInboxAddress(t *testing.T) {
	for address, want := range map[string]string{
		"/inbox": "/inbox", "/inbox?q=state%3Anew": "/inbox", "/inbox?q=": "/inbox?q=", "/inbox?q=&view=table": "/inbox?q=&view=table",
		"/inbox?view=table&cols=text&cols=labels,text,nothing": "/inbox?view=table&cols=text,labels", "/inbox?q=label%3Aa&view=timeline&after=1.2.3": "/inbox?q=label%3Aa&after=1.2.3",
	} {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		if got := inboxAddress(r).at("/inbox"); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
}

// TestInboxTable: the table has the columns asked for, in that order, as a page
// and as JSON, and a search that is saved from it leads back to it.
func TestInboxTable(t *testing.T) {
	c := sampleCase(t)
	doc := inert(t, "/inbox", c.get("/inbox?q=&view=table&cols=labels,text,decided").Body.String())
	var heads []string
	for n := range doc.Descendants() {
		if n.Data == "th" && attrOf(n, "scope") == "col" && n.FirstChild != nil && n.FirstChild.Type == html.TextNode {
			heads = append(heads, n.FirstChild.Data)
		}
	}
	if want := []string{"Row", "Labels", "Text", "Decided by"}; !slices.Equal(heads, want) {
		t.Errorf("columns %q, want %q", heads, want)
	}
	var units []map[string]any
	if err := json.Unmarshal(c.get("/inbox.json?q=&cols=labels,text").Body.Bytes(), &units); err != nil || len(units) == 0 {
		t.Fatalf("%d units, %v", len(units), err)
	}
	for _, u := range units {
		if got, want := slices.Sorted(maps.Keys(u)), []string{"id", "labels", "seen", "text"}; !slices.Equal(got, want) {
			t.Fatalf("fields %q, want %q", got, want)
		}
	}
	if _, err := c.desk.SaveSearch(t.Context(), desk.SavedSearch{Name: "my table", Query: "lang:ar", View: "inbox-table", Columns: []string{"text", "labels"}, Warn: true}, ""); err != nil {
		t.Fatal(err)
	}
	link := `href="/inbox?q=lang%3Aar&amp;view=table&amp;cols=text,labels"`
	if page := c.get("/inbox").Body.String(); !strings.Contains(page, link) {
		t.Error("the inbox does not lead to what was saved of it")
	}
	if page := c.get("/").Body.String(); !strings.Contains(page, link) {
		t.Error("today does not lead to the view of the search that fired")
	}
	if page := c.get("/statements").Body.String(); strings.Contains(page, "my table") {
		t.Error("statements offer a search of the inbox")
	}
}

func attrOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
