package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dalil/internal/desk"
)

// sheetRows saves a list as a sheet, as a reader would.
func (c *testCase) sheetRows(address string) [][]string {
	c.t.Helper()
	w := c.get(address)
	if h := w.Header(); w.Code != 200 || h.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
		c.t.Fatalf("%s: %d %v %s", address, w.Code, h, w.Body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
	if err != nil {
		c.t.Fatal(err)
	}
	return rows
}

// send posts a file, with what a browser says beside it.
func (c *testCase) sendSheet(file []byte, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	p, err := m.CreateFormFile("sheet", "my edits.csv")
	if err == nil {
		_, err = p.Write(file)
	}
	if err != nil || m.Close() != nil {
		c.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/apply", &b)
	r.Host = "localhost:7117"
	r.Header.Set("Content-Type", m.FormDataContentType())
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	return w
}

func written(t *testing.T, rows [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = ';'
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSheetInTheBrowser: a list is saved, filled in and sent; what it changes is
// looked at and recorded, without script, and one button takes it back.
func TestSheetInTheBrowser(t *testing.T) {
	c := sampleCase(t)
	rows := c.sheetRows("/inbox.csv?q=state%3Anew&bom=1&view=table&cols=lang,text")
	if want := []string{"id", "state", "of", "until", "labels", "assigned", "reason", "lang", "text", "seen"}; !slices.Equal(rows[0], want) {
		t.Fatalf("columns %q, want %q", rows[0], want)
	}
	if of := c.sheetRows("/statements/sheet.csv?q=lang%3Afa"); len(of) < 2 || !strings.HasPrefix(of[1][0], "S-") {
		t.Errorf("statements: %q", of[:min(len(of), 2)])
	}
	rows[1][1], rows[1][4], rows[1][6] = "kept", "to call back", `<b onclick="x">why</b>`
	rows[2][1] = "perhaps"
	rows[3][1] = "kept"
	if _, err := c.desk.Triage(t.Context(), desk.Triage{Action: desk.ActionDismiss, Units: []string{rows[3][0]}}); err != nil {
		t.Fatal(err)
	}
	file := written(t, rows)
	for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		if w := c.sendSheet(file, h...); w.Code != http.StatusForbidden {
			t.Errorf("a foreign page sent a sheet: %d", w.Code)
		}
	}
	w := c.sendSheet(file)
	at := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/apply/") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if kept := len(c.sheetRows("/inbox.csv?q=state%3Akept")); kept != c.waiting("kept")+1 {
		t.Errorf("looking changed something: %d", kept)
	}
	page := c.get(at).Body.String()
	inert(t, at, page)
	for _, want := range []string{"to call back", "perhaps is no state", "my edits.csv", "/inbox/" + rows[3][0]} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	var e desk.EditsJSON
	if err := json.Unmarshal(c.get(at+".json").Body.Bytes(), &e); err != nil || e.Rows != len(rows)-1 || e.Change != 1 || e.Refusals != 1 || e.Conflicts != 1 || e.Already != e.Rows-3 {
		t.Fatalf("%+v %v", e, err)
	}
	if list := c.get("/apply").Body.String(); !strings.Contains(list, at) {
		t.Error("what was sent is not to be found again")
	}
	plan := regexp.MustCompile(`name="plan" value="([0-9a-f]+)"`).FindStringSubmatch(page)
	if plan == nil {
		t.Fatal("there is nothing to press")
	}
	// What was not looked at is not recorded.
	if w := c.send(at, url.Values{"plan": {strings.Repeat("0", 64)}}); w.Header().Get("Location") != at+"?changed=1" {
		t.Errorf("another plan: %d %s", w.Code, w.Header().Get("Location"))
	}
	before := c.waiting("kept")
	w = c.send(at, url.Values{"plan": {plan[1]}, "reason": {"on the train"}})
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || c.waiting("kept") != before+1 {
		t.Fatalf("%d %s; %d kept, before %d", w.Code, w.Body, c.waiting("kept"), before)
	}
	said := c.get(to).Body.String()
	undo := regexp.MustCompile(`name="decision" value="(D-[0-9A-Z]+)"`).FindStringSubmatch(said)
	if !strings.Contains(said, "Sheet taken over") || undo == nil {
		t.Fatalf("%s does not say what was done", to)
	}
	if w := c.get(at); w.Code != http.StatusNotFound {
		t.Errorf("the sheet is still there: %d", w.Code)
	}
	if w := c.send("/undo", url.Values{"decision": {undo[1]}}); w.Code != http.StatusSeeOther || c.waiting("kept") != before {
		t.Errorf("undo: %d, %d kept", w.Code, c.waiting("kept"))
	}
	// The same sheet now meets somebody's decision, and can be forgotten.
	at = c.sendSheet(file).Header().Get("Location")
	if err := json.Unmarshal(c.get(at+".json").Body.Bytes(), &e); err != nil || e.Change != 0 || e.Conflicts != 2 {
		t.Errorf("%+v %v", e, err)
	}
	if w := c.send(at+"/drop", nil); w.Code != http.StatusSeeOther || c.get(at).Code != http.StatusNotFound {
		t.Errorf("drop: %d", w.Code)
	}
}

func (c *testCase) waiting(state string) int {
	c.t.Helper()
	all, err := c.desk.Waiting(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	for v, n := range all {
		if string(v) == state {
			return int(n)
		}
	}
	return 0
}

// plainText is what a page says, without its marks.
func plainText(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// TestWhatIsNoSheet: files that are none are told so, in the reader's language,
// and nothing is kept of them.
func TestWhatIsNoSheet(t *testing.T) {
	c := newCase(t)
	for file, want := range map[string]string{
		"\x00\x01": "not UTF-8", "id,state\n": "the column seen is not there", "a,b\n": "the column id is not there", `{"a":1}`: "no first row of column names",
		strings.Repeat("x", desk.SheetBytes+1): "more than 8 MiB",
	} {
		w := c.sendSheet([]byte(file))
		if w.Code != http.StatusBadRequest || !strings.Contains(plainText(t, w.Body.String()), want) || !strings.Contains(w.Body.String(), "What to do") {
			t.Errorf("%.10q: %d, want %q", file, w.Code, want)
		}
	}
	if w := c.sendSheet(bytes.Repeat([]byte("x"), maxSheetForm+1)); w.Code != http.StatusBadRequest {
		t.Errorf("a form that is too large: %d", w.Code)
	}
	if w := c.send("/apply", url.Values{"sheet": {"id,state,seen"}}); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "no file was sent") {
		t.Errorf("no file: %d", w.Code)
	}
	if all, err := c.desk.KeptSheets(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%d are kept, %v", len(all), err)
	}
}
