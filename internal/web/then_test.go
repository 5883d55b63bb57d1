package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

const thenNews = "The engineers of the valley say that the old stone bridge over the river will be closed for two weeks from Monday morning"

func thenExport(id int, name string, texts ...string) string {
	var all []string
	for i, text := range texts {
		all = append(all, fmt.Sprintf(`{"id": %d, "type": "message", "date": "2025-03-01T10:00:00", "date_unixtime": "%d", "from": %q, "from_id": "channel%d", "text": %q, "text_entities": [{"type": "plain", "text": %q}]}`, i+11, 1740823200+id*10+i, name, id, text, text))
	}
	return fmt.Sprintf(`{"name": %q, "type": "public_channel", "id": %d, "messages": [%s]}`, name, id, strings.Join(all, ","))
}

// pastCase is a case of three imports and decisions, and the size its log had
// after the second.
func pastCase(t *testing.T) (c *testCase, size uint64) {
	t.Helper()
	c = newCase(t, map[string]string{"lamp/result.json": thenExport(101, "Harbour Lamp", thenNews, "the ferry goes at nine")},
		map[string]string{"hill/result.json": thenExport(102, "Hill Post", thenNews)})
	if _, err := c.desk.SaveSearch(t.Context(), desk.SavedSearch{Name: "the bridge in spring", Query: "bridge", Warn: true}, ""); err != nil {
		t.Fatal(err)
	}
	size = c.desk.Case.Archive.Size()
	if _, err := c.desk.SaveSearch(t.Context(), desk.SavedSearch{Name: "ferries", Query: "ferry", Warn: true}, ""); err != nil {
		t.Fatal(err)
	}
	found, err := c.desk.Search(t.Context(), "bridge", catalog.Page{})
	if err != nil || len(found.Hits) != 2 {
		t.Fatal(len(found.Hits), err)
	}
	if _, err := c.desk.Triage(t.Context(), desk.Triage{Action: "keep", Units: []string{c.desk.StatementID(found.Hits[0].Statement)}}); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(p, []byte(thenExport(103, "Valley News", thenNews)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.Case.Import(t.Context(), []string{p}, pipeline.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	return c, size
}

// eachTag calls f for every start tag of a page.
func eachTag(page string, f func(html.Token)) {
	z := html.NewTokenizer(strings.NewReader(page))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			f(z.Token())
		}
	}
}

func (c *testCase) send(address string, form url.Values) *httptest.ResponseRecorder {
	return c.post(address, "application/x-www-form-urlencoded", form.Encode())
}

// TestAsKnownThen: the pages that look back show what was known, say so, and lead
// on to pages that do; nothing can be done on them.
func TestAsKnownThen(t *testing.T) {
	c, size := pastCase(t)
	s, _ := newServer(c.desk, Options{})
	at := fmt.Sprintf("at=@%d", size)
	count := func(address string) int {
		t.Helper()
		var list []struct {
			Known string `json:"as_known_at"`
			Size  uint64 `json:"log_size"`
		}
		w := c.get(address)
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
			t.Fatalf("%s: %d %.200s", address, w.Code, w.Body)
		}
		for _, x := range list {
			if (x.Known != "") != strings.Contains(address, "at=") || x.Known != "" && x.Size != size {
				t.Errorf("%s: %+v", address, x)
			}
		}
		return len(list)
	}
	for q, want := range map[string][2]int{"bridge": {3, 2}, "from:valley": {1, 0}, "state:kept": {3, 0}, "state:new": {1, 3}, "is:copy": {2, 1}} {
		if now, then := count("/statements.json?q="+url.QueryEscape(q)), count("/statements.json?q="+url.QueryEscape(q)+"&"+at); now != want[0] || then != want[1] {
			t.Errorf("%s: now %d, then %d, not %v", q, now, then, want)
		}
	}

	// Every page that looks back, from link to link.
	st := c.statements()
	i := slices.IndexFunc(st, func(x record.Statement) bool { return x.SourceName == "Hill Post" })
	id := c.desk.StatementID(st[i])
	todo := []string{"/?" + at, "/statements?" + at, "/statements?view=table&" + at, "/statements?view=timeline&q=bridge&" + at, "/inbox?" + at, "/families?" + at, "/sources?" + at, "/log?" + at, "/log/entries?" + at, "/imports?" + at, "/s/" + id + "?" + at, "/firsts?" + at, "/matrix?" + at}
	seen := map[string]bool{}
	patterns := map[string]bool{}
	for len(todo) > 0 {
		a := todo[0]
		todo = todo[1:]
		if seen[a] || len(seen) > 400 {
			continue
		}
		seen[a] = true
		w := c.get(a)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %.300s", a, w.Code, w.Body)
			continue
		}
		if w.Header().Get("Memento-Datetime") == "" || !strings.Contains(w.Header().Get("Link"), `rel="original"`) {
			t.Errorf("%s does not say in its headers when it is of: %v", a, w.Header())
		}
		_, p := s.mux.Handler(httptest.NewRequest("GET", strings.Split(a, "?")[0], nil))
		patterns[strings.TrimPrefix(p, "GET ")] = true
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		page := w.Body.String()
		if strings.Contains(page, "Valley News") {
			t.Errorf("%s names a source that was not known", a)
		}
		for _, want := range []string{"As known at", "back to now"} {
			if strings.Count(page, want) < 1 {
				t.Errorf("%s does not say %q", a, want)
			}
		}
		eachTag(page, func(tag html.Token) {
			attr := map[string]string{}
			for _, x := range tag.Attr {
				attr[x.Key] = x.Val
			}
			if _, out := attr["data-now"]; out {
				return
			}
			switch {
			case tag.Data == "form" && strings.EqualFold(attr["method"], "post"):
				if to := attr["action"]; to != "/settings" && to != "/logout" {
					t.Errorf("%s offers to post to %s", a, to)
				}
			case tag.Data == "a" && strings.HasPrefix(attr["href"], "/"):
				u, err := url.Parse(attr["href"])
				if err != nil {
					t.Fatal(err)
				}
				path := strings.TrimSuffix(u.Path, ".json")
				if path == "/index" {
					path = "/"
				}
				_, p := s.mux.Handler(httptest.NewRequest("GET", path, nil))
				back := slices.Contains(lookingBack(), strings.TrimPrefix(p, "GET "))
				if back != u.Query().Has("at") {
					t.Errorf("%s leads to %s", a, attr["href"])
				}
				if u.Query().Get("at") == fmt.Sprint("@", size) && path == u.Path {
					todo = append(todo, attr["href"])
				}
			}
		})
	}
	for _, p := range lookingBack() {
		if !patterns[p] && p != "/palette" && p != "/inbox/all" && p != "/s/{id}/media/{n}" && p != "/matrix.csv" && p != "/statements.csv" && p != "/s/{id}/{slug}" && p != "/y/{id}/{slug}" && p != "/s/{id}" && p != "/y/{id}" {
			t.Errorf("no page leads to %s as known then", p)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d pages", len(seen))
	}

	// Today says what waited and was found then, and nothing of what anybody has
	// seen since.
	page := c.get("/?" + at).Body.String()
	for _, want := range []string{"What saved searches had found by then", `<a href="/statements?q=bridge&amp;at=%40`, "2 hits", "the bridge in spring"} {
		if !strings.Contains(page, want) {
			t.Errorf("Today does not say %q", want)
		}
	}
	for _, not := range []string{"Since you looked", "I have seen all this", "ferries"} {
		if strings.Contains(page, not) {
			t.Errorf("Today in the past says %q", not)
		}
	}
	var today map[string]any
	if err := json.Unmarshal(c.get("/index.json?"+at).Body.Bytes(), &today); err != nil || today["statements"] != 3. || today["log_size"] != float64(size) || today["waiting"].(map[string]any)["new"] != 2. {
		t.Errorf("%v %v", today, err)
	}
	for _, not := range []string{"root", "sealed", "looked"} {
		if _, ok := today[not]; ok {
			t.Errorf("Today in the past has %s", not)
		}
	}

	// An entry that came later is not there, and its page says why; the one before
	// is the last.
	for _, a := range []string{entryAt(size), entryAt(size + 1), entryAt(size) + ".json"} {
		if w := c.get(a + "?" + at); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "was recorded later than this moment") {
			t.Errorf("%s: %d %.300s", a, w.Code, w.Body)
		}
	}
	if w := c.get("/log/999999?" + at); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "later than this moment") {
		t.Errorf("an entry that never was: %d", w.Code)
	}
	if page := c.get(entryAt(size-1) + "?" + at).Body.String(); strings.Contains(page, `rel="next"`) || !strings.Contains(page, `rel="prev"`) {
		t.Error("the last entry of then leads to a later one")
	}

	// What a decision would have been about, and no way to make it.
	if page := c.get("/inbox/all?do=keep&q=bridge&" + at).Body.String(); !strings.Contains(page, "would have been about then") || !strings.Contains(page, "1</b> row of the inbox") && !strings.Contains(page, "1 row of the inbox") {
		t.Error(page)
	}

	// The palette finds what was there, and leads to it as it was.
	if body := c.get("/palette?q=valley&" + at).Body.String(); strings.Contains(body, "Valley News") || !strings.Contains(body, "at=%40") {
		t.Error(body)
	}
	if body := c.get("/palette?q=valley").Body.String(); !strings.Contains(body, "Valley News") || strings.Contains(body, "at=") {
		t.Error(body)
	}

	// The search form of every page keeps the moment; the picker sends another.
	page = c.get("/families?" + at).Body.String()
	if !strings.Contains(page, `<input type="hidden" name="at" value="@`) {
		t.Error("the search form forgets the moment")
	}
	page = c.get("/statements?" + at).Body.String()
	if !strings.Contains(page, `type="datetime-local" name="at"`) || strings.Count(page, `<input type="hidden" name="at"`) < 1 {
		t.Error("there is no picker")
	}
	for a, form := range map[string]string{"/": "/", "/inbox?q=state%3Akept&did=x": `/inbox" method="get" data-now><input type="hidden" name="q" value="state:kept">`, "/jobs": "/", "/families?q=a&after=b": `/families" method="get" data-now><input type="hidden" name="q" value="a">`} {
		page := c.get(a).Body.String()
		i := strings.Index(page, `id="at" class="at" popover`)
		if i < 0 || !strings.Contains(page[i:], `<form action="`+form) || strings.Contains(page[i:strings.Index(page[i:], "</form>")+i], `name="did"`) || strings.Contains(page[i:strings.Index(page[i:], "</form>")+i], `name="after"`) {
			t.Errorf("%s: the picker does not lead to %s", a, form)
		}
		if !strings.Contains(page, `popovertarget="at" data-key="g a"`) || !strings.Contains(page, `<li><button type="button" popovertarget="at">`) {
			t.Errorf("%s: no key or no line of the palette leads to the picker", a)
		}
	}
	if w := c.send("/seen", url.Values{"size": {fmt.Sprint(size)}}); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	if page := c.get("/statements?q=bridge").Body.String(); !strings.Contains(page, fmt.Sprintf(`<a href="/statements?at=%%40%d&amp;q=bridge">when you looked last</a>`, size)) {
		t.Error("no way to what was seen last")
	}

	if page := c.get("/statements/export?q=bridge&" + at).Body.String(); !regexp.MustCompile(`action="/statements.csv" method="get"><input type="hidden" name="at" value="@`).MatchString(page) {
		t.Error("the form for a table forgets the moment")
	}
	if page := c.get("/inbox?" + at).Body.String(); !regexp.MustCompile(`data-preview="/inbox/[^"]*at=%40`).MatchString(page) {
		t.Error("the preview forgets the moment")
	}

	// A table says it in every row, and in its name.
	w := c.get("/statements.csv?q=bridge&for=partner&" + at)
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][len(rows[0])-1] != "as_known_at" || rows[1][len(rows[1])-1] != "2026-01-02T03:04:05Z" {
		t.Errorf("%v %v", rows, err)
	}
	if name := w.Header().Get("Content-Disposition"); !strings.Contains(name, "as-known") {
		t.Error(name)
	}
	if w := c.get("/statements.csv?q=bridge"); strings.Contains(w.Body.String(), "as_known_at") || w.Header().Get("Memento-Datetime") != "" {
		t.Error("a table of now says that it is of the past")
	}
}

// TestWhatCannotLookBack: pages of now say so instead of showing now, a time that
// is none is refused, and so is whatever would change the past.
func TestWhatCannotLookBack(t *testing.T) {
	c, size := pastCase(t)
	at := fmt.Sprintf("at=@%d", size)
	s, _ := newServer(c.desk, Options{Table: testTable})
	fill := strings.NewReplacer("{$}", "", "{id}", c.desk.StatementID(c.statements()[0]), "{slug}", "x", "{n}", "1")
	wild := regexp.MustCompile(`\{[a-z]+(\.\.\.)?\}`)
	n := 0
	for _, p := range slices.Sorted(maps.Keys(s.shown())) {
		if slices.Contains(lookingBack(), p) {
			continue
		}
		n++
		a, why := wild.ReplaceAllString(fill.Replace(p), "x"), "only as it is known now"
		if strings.HasPrefix(p, "/jobs") {
			why = "a job is work of now"
		}
		if w := c.once("GET", "localhost:7117", a+"?"+at); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), why) {
			t.Errorf("%s: %d", a, w.Code)
		}
	}
	if n < 10 {
		t.Errorf("%d pages", n)
	}
	for _, bad := range []string{"yesterday", "@-1", "@99999999", "2999-01-01", "2025-02-30"} {
		for _, a := range []string{"/statements", "/statements.json", "/statements.csv", "/inbox", "/log"} {
			if w := c.get(a + "?at=" + url.QueryEscape(bad)); w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "Harbour Lamp") {
				t.Errorf("%s at %s: %d", a, bad, w.Code)
			}
		}
	}
	if w := c.get("/statements?at="); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "As known at <") {
		t.Errorf("an empty time: %d", w.Code)
	}
	for _, a := range slices.Sorted(maps.Keys(s.done())) {
		a = wild.ReplaceAllString(fill.Replace(a), "x")
		if w := c.send(a+"?"+at, url.Values{"do": {"withdraw"}, "reason": {"x"}}); w.Code != http.StatusConflict {
			t.Errorf("POST %s at a time: %d", a, w.Code)
		}
		if w := c.send(a, url.Values{"do": {"withdraw"}, "reason": {"x"}, "at": {fmt.Sprint("@", size)}}); w.Code != http.StatusConflict {
			t.Errorf("POST %s with a time: %d", a, w.Code)
		}
	}
	if w := c.send("/import?"+at, nil); w.Code != http.StatusConflict {
		t.Errorf("POST /import at a time: %d", w.Code)
	}
	// What was decided is not there then, and its log entry leads there.
	entries, err := c.desk.Reader().AllDecisions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x := entries[len(entries)-1]
	page := c.get(entryAt(x.Leaf)).Body.String()
	for _, want := range []string{fmt.Sprintf("/statements?at=@%d\"", x.Leaf), fmt.Sprintf("/statements?at=@%d\"", x.Leaf+1)} {
		if !strings.Contains(page, want) {
			t.Errorf("the entry does not lead to %s", want)
		}
	}
	if page := c.get("/log").Body.String(); !strings.Contains(page, fmt.Sprintf("at=@%d", x.Leaf+1)) {
		t.Error("the log does not lead to the case as known then")
	}
	if names, _ := fs.Glob(files, "then.css"); len(names) != 1 {
		t.Error("no style")
	}
}

// TestIsolatesAreNotSpelledOut: what our own words put round a number set from
// left to right is no invisible character of a source's.
func TestIsolatesAreNotSpelledOut(t *testing.T) {
	c, _ := pastCase(t)
	for _, a := range append(c.addresses(), "/inbox?q=") {
		for _, tag := range []string{"ar", "fa"} {
			if page := c.in(tag, a).Body.String(); strings.Contains(page, `title="direction isolate"`) {
				t.Errorf("%s in %s spells out isolates of ours", a, tag)
			}
		}
	}
}
