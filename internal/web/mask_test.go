package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"dalil/internal/catalog"
	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

const accused = `{"name": "Salt Wind", "type": "public_channel", "id": 1600000009, "messages": [
 {"id": 1, "type": "message", "date_unixtime": "1743501600", "from": "Salt Wind", "from_id": "channel1600000009", "text": "The driver is Tamir Velasko, of the harbour office", "text_entities": [{"type": "plain", "text": "The driver is Tamir Velasko, of the harbour office"}]},
 {"id": 2, "type": "message", "date_unixtime": "1743588000", "from": "Salt Wind", "from_id": "channel1600000009", "text": "again this Tamir Velasko", "text_entities": [{"type": "plain", "text": "again this Tamir Velasko"}]},
 {"id": 3, "type": "message", "date_unixtime": "1743760800", "from": "Salt Wind", "from_id": "channel1600000009", "text": "a calm day", "text_entities": [{"type": "plain", "text": "a calm day"}]}
]}
`

// newAccused is a case in which a name is masked in the statement returned, and
// so in another.
func newAccused(t *testing.T, opt Options) (l *locked, target, other string) {
	t.Helper()
	c := newCase(t, map[string]string{"a/result.json": accused})
	find := func(q string) string {
		found, err := c.desk.Search(t.Context(), q, catalog.Page{})
		if err != nil || len(found.Hits) != 1 {
			t.Fatalf("%q: %d %v", q, len(found.Hits), err)
		}
		return c.desk.StatementID(found.Hits[0].Statement)
	}
	target, other = find("driver"), find("again")
	if _, err := c.desk.Triage(t.Context(), desk.Triage{Action: desk.ActionShield, Units: []string{target}, Names: []string{"Tamir Velasko"}, Reason: "accused without proof"}); err != nil {
		t.Fatal(err)
	}
	l = &locked{testCase: c}
	l.s, c.h = newServer(c.desk, opt)
	return l, target, other
}

func reveals(page string) bool {
	return strings.Contains(strings.ToLower(page), "velasko") || strings.Contains(strings.ToLower(page), "tamir")
}

// TestOpenMaskedName: who may opens a name with a reason, in one session only,
// and it is on record; masking again, another browser and the time end that.
func TestOpenMaskedName(t *testing.T) {
	now := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	l, target, other := newAccused(t, Options{Now: now.now})
	b, elsewhere := l.browser("192.0.2.7:4000"), l.browser("192.0.2.8:4000")
	page := func(b *browser, at string) string {
		t.Helper()
		for {
			w := b.do("GET", at, nil)
			if w.Code != http.StatusMovedPermanently {
				if w.Code != http.StatusOK {
					t.Fatalf("%s: %d", at, w.Code)
				}
				return w.Body.String()
			}
			at = w.Header().Get("Location")
		}
	}
	seen := []string{"/s/" + target, "/s/" + other, "/inbox/" + target, "/inbox?q=", "/statements?q=driver", "/statements", "/s/" + target + ".json", "/statements.json", "/inbox.json?q=", "/log", "/log/entries"}
	masked := func(b *browser, want bool) {
		t.Helper()
		some := false
		for _, at := range seen {
			p := page(b, at)
			if reveals(p) && want {
				t.Fatalf("%s shows the name", at)
			}
			some = some || reveals(p)
			if strings.Contains(p, "mask all again") == want && !strings.Contains(at, ".json") {
				t.Fatalf("%s: masked %v, and a button to mask again: %v", at, want, !want)
			}
		}
		if some == want {
			t.Fatalf("masked: %v", !want)
		}
	}
	masked(b, true)
	if p := page(b, "/inbox"); !strings.Contains(p, "Persons first") || strings.Contains(page(b, "/inbox?q="), "Persons first") {
		t.Fatal("the unit is not pinned above the inbox")
	}
	for _, at := range []string{"/s/" + target, "/s/" + other, "/inbox/" + target} { // the other one says where
		if p := page(b, at); !strings.Contains(p, `action="/inbox/`+target+`/open"`) {
			t.Fatalf("%s has no way to open the name", at)
		}
	}
	open := "/inbox/" + target + "/open"
	if w := b.do("POST", open, url.Values{"reason": {" "}}); w.Code != http.StatusBadRequest || len(b.jar) > 0 {
		t.Fatalf("without a reason: %d", w.Code)
	}
	if w := b.do("POST", open, url.Values{"reason": {"x"}}, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Fatalf("from elsewhere: %d", w.Code)
	}
	w := b.do("POST", open, url.Values{"reason": {"to write to the person"}, "back": {"/s/" + other}})
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/s/"+other+"?did=D-") {
		t.Fatalf("%d %s", w.Code, to)
	}
	if c := w.Result().Cookies()[0]; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.MaxAge != 0 {
		t.Fatalf("%+v", c)
	}
	masked(b, false)
	masked(elsewhere, true)
	if p := page(b, "/statements?q=velasko"); strings.Count(p, "Velasko</mark>")+strings.Count(p, ">Velasko<") == 0 {
		t.Fatal("an open name is not found")
	}
	if p := page(elsewhere, "/log"); !strings.Contains(p, "opened a masked name in") || !strings.Contains(p, "to write to the person") {
		t.Fatal("the log does not say that somebody looked")
	}
	id := to[strings.Index(to, "D-"):]
	if w := b.do("POST", "/undo", url.Values{"decision": {id}}); w.Code != http.StatusConflict {
		t.Fatalf("that somebody looked is taken back: %d", w.Code)
	}
	for _, at := range []string{"/statements.csv?for=partner", "/statements/export?for=partner"} {
		if w := b.do("GET", at, nil); reveals(w.Body.String()) {
			t.Fatalf("%s hands out the name", at)
		}
	}
	if w := b.do("POST", "/mask", url.Values{"back": {"/s/" + target}}); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	masked(b, true)
	b.do("POST", open, url.Values{"reason": {"again"}})
	masked(b, false)
	now.pass(openFor + time.Second)
	masked(b, true)
}

// TestMaskOneAgain: of two names that are open, one is masked again, everywhere,
// and the other stays, for as long as it had.
func TestMaskOneAgain(t *testing.T) {
	now := &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	l, target, other := newAccused(t, Options{Now: now.now})
	found, err := l.desk.Search(t.Context(), "calm", catalog.Page{})
	if err != nil || len(found.Hits) != 1 {
		t.Fatal(err)
	}
	calm := l.desk.StatementID(found.Hits[0].Statement)
	if _, err := l.desk.Triage(t.Context(), desk.Triage{Action: desk.ActionShield, Units: []string{calm}, Names: []string{"calm"}, Reason: "as if it were one"}); err != nil {
		t.Fatal(err)
	}
	b := l.browser("192.0.2.7:4000")
	get := func(at string) string {
		t.Helper()
		w := b.do("GET", at, nil)
		for w.Code == http.StatusMovedPermanently {
			w = b.do("GET", w.Header().Get("Location"), nil)
		}
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", at, w.Code)
		}
		return w.Body.String()
	}
	shows := func(accused, quiet bool) {
		t.Helper()
		for at, want := range map[string][2]bool{"/statements": {accused, quiet}, "/s/" + target: {accused, false}, "/s/" + other: {accused, false}, "/inbox/" + calm: {false, quiet}} {
			if p := get(at); reveals(p) != want[0] || strings.Contains(p, "calm") != want[1] {
				t.Fatalf("%s: the one %v, the other %v, not %v", at, reveals(p), strings.Contains(p, "calm"), want)
			}
		}
	}
	send := func(at string, form url.Values, want int) {
		t.Helper()
		if w := b.do("POST", at, form); w.Code != want {
			t.Fatalf("%s: %d %s", at, w.Code, w.Body)
		}
	}
	open := func(id string) {
		t.Helper()
		send("/inbox/"+id+"/open", url.Values{"reason": {"to write"}}, http.StatusSeeOther)
	}
	open(target)
	if p := get("/statements"); strings.Contains(p, "Masked names that are open") || !strings.Contains(p, "mask all again") {
		t.Fatal("of one, one is asked for")
	}
	now.pass(openFor / 2)
	open(calm)
	shows(true, true)
	if p := get("/statements"); !strings.Contains(p, `name="unit" value="`+target+`"`) || !strings.Contains(p, `name="unit" value="`+calm+`"`) || !strings.Contains(p, "mask all again") {
		t.Fatal("the frame does not name both")
	}
	if p := get("/s/" + other); !strings.Contains(p, `name="unit" value="`+target+`" data-key="Shift+m"`) {
		t.Fatal("the statement has no button for its own name")
	}
	send("/mask", url.Values{"unit": {calm}, "back": {"/"}}, http.StatusSeeOther)
	shows(true, false)
	open(calm)
	send("/mask", url.Values{"unit": {target}, "back": {"/"}}, http.StatusSeeOther)
	shows(false, true)
	open(target)
	send("/mask", url.Values{"unit": {"S-0000000"}}, http.StatusNotFound)
	send("/mask", url.Values{"unit": {other}}, http.StatusSeeOther) // it masks none of its own
	shows(true, true)
	now.pass(openFor/2 + time.Second)
	send("/mask", url.Values{"unit": {target}}, http.StatusSeeOther)
	shows(false, true)
	now.pass(openFor/2 - time.Minute)
	open(target)
	now.pass(2 * time.Minute)
	shows(true, false) // that another was opened did not prolong it
	send("/mask", url.Values{}, http.StatusSeeOther)
	shows(false, false)
	if len(l.s.openings.memory.all) != 0 {
		t.Fatal("something is left of it")
	}
}

// TestOpenEndsWithTheSession: behind a password, what was opened is open to the
// session of the door alone.
func TestOpenEndsWithTheSession(t *testing.T) {
	l, target, _ := newAccused(t, Options{Password: &word{text: "sesame"}})
	b := l.browser("192.0.2.7:4000")
	shows := func() bool {
		w := b.do("GET", "/s/"+target+".json", nil)
		for w.Code == http.StatusMovedPermanently {
			w = b.do("GET", w.Header().Get("Location"), nil)
		}
		return w.Code == http.StatusOK && reveals(w.Body.String())
	}
	b.login("sesame")
	before := len(b.jar)
	b.do("POST", "/inbox/"+target+"/open", url.Values{"reason": {"to write"}})
	if !shows() || len(b.jar) != before {
		t.Fatalf("shown %v, %d cookies", shows(), len(b.jar))
	}
	b.do("POST", "/logout", url.Values{})
	b.login("sesame")
	if !b.in() || shows() {
		t.Fatal("a new session shows what the old one opened")
	}
}

// TestMaskedForOthers: who may not open a name is told whom to ask, and nothing
// of which statements have the same.
func TestMaskedForOthers(t *testing.T) {
	l, target, other := newAccused(t, Options{})
	keys, err := custody.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c, err := pipeline.Open(t.Context(), l.desk.Case.Dir, false, "reader", keys, storesOf(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_, h := newServer(desk.New(c), Options{})
	mine := &testCase{t, desk.New(c), h}
	for _, id := range []string{target, other} {
		p := mine.get("/s/" + id).Body.String()
		if reveals(p) || !strings.Contains(p, "Only who masked it") || !strings.Contains(p, ">tester<") || strings.Contains(p, "/open\"") || id == other && strings.Contains(p, target) {
			t.Fatal(p)
		}
	}
	if _, err := desk.New(c).Open(t.Context(), target, "out of curiosity"); err == nil {
		t.Fatal("opened")
	}
}

// TestMaskedNameOnNoPage: for parts of a masked name, no page, JSON or table has
// the statements, nor a count other than that of a word nobody wrote.
func TestMaskedNameOnNoPage(t *testing.T) {
	l, target, other := newAccused(t, Options{Table: testTable})
	none := "qqqq"
	for _, q := range []string{"velasko", "Tamir", "tamir velasko", "velas*", "exact:Velasko", `"tamir velasko"`, "Velasco", "تمير", "velasko~1"} {
		for _, at := range []string{"/statements?q=", "/statements.json?q=", "/statements?view=table&q=", "/statements?view=timeline&q=", "/statements.csv?for=partner&q=", "/statements/export.json?for=partner&q=",
			"/inbox?q=", "/inbox.json?q=", "/families?q=", "/families.json?q=", "/firsts.json?q=", "/matrix?q=", "/matrix.csv?q=", "/palette?q=", "/inbox/all?do=keep&q="} {
			got, want := l.once(http.MethodGet, "localhost:7117", at+url.QueryEscape(q)), l.once(http.MethodGet, "localhost:7117", at+none)
			if got.Code != want.Code {
				t.Errorf("%s%s: %d, not %d", at, q, got.Code, want.Code)
			}
			p := got.Body.String()
			if strings.Contains(p, target) || strings.Contains(p, other) {
				t.Errorf("%s%s shows a statement", at, q)
			}
			if g, w := numbers(t, p, q), numbers(t, want.Body.String(), none); !slices.Equal(g, w) {
				t.Errorf("%s%s: numbers %v, not %v", at, q, g, w)
			}
		}
	}
}

// TestMaskedSource: the name of a source that is a masked name is on no page, in
// no JSON and no table.
func TestMaskedSource(t *testing.T) {
	c := newCase(t, map[string]string{"a/result.json": strings.ReplaceAll(strings.ReplaceAll(accused, "Salt Wind", "Tamir Velasko"), "this Tamir Velasko", "this man"), "b/result.json": strings.ReplaceAll(accused, "1600000009", "1600000010")})
	found, err := c.desk.Search(t.Context(), `from:"Salt Wind" driver`, catalog.Page{})
	if err != nil || len(found.Hits) != 1 {
		t.Fatal(len(found.Hits), err)
	}
	pages := append(c.addresses(), "/statements?view=table&cols=source,text", "/sources.json", "/statements.json", "/inbox.json?q=", "/firsts.json", "/matrix.csv", "/families.json", "/statements.csv?for=partner")
	shown := 0
	for _, at := range pages {
		if reveals(c.get(at).Body.String()) {
			shown++
		}
	}
	if shown < 10 {
		t.Fatalf("the test sees little: %d pages", shown)
	}
	if _, err := c.desk.Triage(t.Context(), desk.Triage{Action: desk.ActionShield, Units: []string{c.desk.StatementID(found.Hits[0].Statement)}, Names: []string{"Tamir Velasko"}, Reason: "accused without proof"}); err != nil {
		t.Fatal(err)
	}
	for _, at := range append(c.addresses(), pages[len(pages)-8:]...) {
		if p := c.get(at).Body.String(); reveals(p) {
			i := strings.Index(strings.ToLower(p), "velasko")
			t.Errorf("%s: %s", at, p[max(0, i-80):min(len(p), i+40)])
		}
	}
	sources, err := c.desk.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range sources {
		if x.Name == desk.MaskToken {
			if f, err := c.desk.Search(t.Context(), "from:"+c.desk.Case.IDs.ID(record.KindSource, x.Leaf), catalog.Page{}); err != nil || len(f.Hits) == 0 {
				t.Fatal("its statements are not found by its id", err)
			}
		}
	}
}

// numbers lists the numbers of a page's texts, or of other bytes, but for those
// of what was asked.
func numbers(t *testing.T, page, asked string) []string {
	t.Helper()
	text := page
	if strings.HasPrefix(page, "<!doctype") {
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for n := range doc.Descendants() {
			if n.Type == html.TextNode && n.Parent.Data != "style" {
				b.WriteString(" " + n.Data)
			}
		}
		text = b.String()
	}
	text = strings.NewReplacer(url.QueryEscape(asked), "", asked, "", "~1", "").Replace(text)
	return strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}
