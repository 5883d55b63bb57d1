package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// mend is the form of a conflict page, as it can be sent again.
func mend(t *testing.T, page string) (to string, form url.Values) {
	t.Helper()
	doc := inert(t, "/", page)
	form = url.Values{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || attrOf(n, "class") != "mend" {
			continue
		}
		to = attrOf(n, "action")
		for x := range n.Descendants() {
			switch {
			case x.Data == "input" && x.Type == html.ElementNode:
				form.Add(attrOf(x, "name"), attrOf(x, "value"))
			case x.Data == "textarea" && x.Type == html.ElementNode:
				text := ""
				if x.FirstChild != nil {
					text = x.FirstChild.Data
				}
				form.Add(attrOf(x, "name"), text)
			}
		}
	}
	if to == "" {
		t.Fatalf("no form on the page: %s", plainText(t, page))
	}
	return to, form
}

// TestTwoCorrections: of two who correct the same translation, the second sees
// what both began from, what was saved and what they wrote, and can save it after.
func TestTwoCorrections(t *testing.T) {
	c := newCase(t, map[string]string{"result.json": `{"name":"Blue Horizon","type":"public_channel","id":77,"messages":[{"id":1,"type":"message","date":"2025-06-01T10:00:00","date_unixtime":"1748761200","from":"Blue Horizon","from_id":"channel77","text":"الجسر مغلق"}]}`})
	id := c.desk.StatementID(c.statements()[0])
	first, err := c.desk.Translate(t.Context(), id, "en", "the bridge is closed", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.Translate(t.Context(), id, "en", "the old bridge is closed", first.ID); err != nil {
		t.Fatal(err)
	}
	mine := "the bridge is shut\nfor <b>good</b>"
	w := c.send("/s/"+id+"/translate", url.Values{"base": {first.ID}, "lang": {"en"}, "text": {mine}, "back": {"/s/" + id}})
	if w.Code != http.StatusConflict {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
	}
	said := plainText(t, w.Body.String())
	for _, want := range []string{"the bridge is closed", "the old bridge is closed", "shut"} {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(w.Body.String(), "<ins>"); n < 2 {
		t.Errorf("%d additions are marked", n)
	}
	to, form := mend(t, w.Body.String())
	if got := strings.TrimPrefix(form.Get("text"), "\n"); got != mine {
		t.Errorf("the form has %q, want %q", got, mine)
	}
	if w := c.send(to, form); w.Code != http.StatusSeeOther {
		t.Fatalf("sent again: %d %s", w.Code, plainText(t, w.Body.String()))
	}
	all, err := c.desk.Translations(t.Context(), id)
	if err != nil || len(all) != 3 || all[2].BaseID != all[1].ID || !strings.Contains(all[2].Text, "shut") {
		t.Errorf("%+v %v", all, err)
	}
	// For programs the same.
	w = c.send("/s/"+id+"/translate.json", url.Values{"base": {first.ID}, "lang": {"en"}, "text": {"mine"}})
	var j struct {
		Status int
		Texts  []map[string]string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &j); err != nil || j.Status != 409 || len(j.Texts) != 1 || j.Texts[0]["yours"] != "mine" || j.Texts[0]["began_from"] != "the bridge is closed" {
		t.Errorf("%s %v", w.Body, err)
	}
}

// TestCorrectionsOfMaskedNames: what is hidden from the reader is not shown because
// somebody else saved something.
func TestCorrectionsOfMaskedNames(t *testing.T) {
	l, target, _ := newAccused(t, Options{})
	st, err := l.desk.InboxUnit(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{desk: l.desk, zone: l.desk.Case.Zone}
	all, err := l.desk.Translations(t.Context(), st.FirstID)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		if !x.Hidden {
			t.Errorf("%s is shown", x.ID)
		}
		if c, err := s.corrected(t.Context(), st.FirstID, map[string]string{"base": x.ID, "text": "mine"}); c != nil || err != nil {
			t.Errorf("%+v %v", c, err)
		}
	}
}

// TestTwoGrades: who grades a source that was graded meanwhile sees both reasons,
// and keeps the own one.
func TestTwoGrades(t *testing.T) {
	c := newCase(t, map[string]string{"result.json": `{"name":"Blue Horizon","type":"public_channel","id":77,"messages":[{"id":1,"type":"message","date":"2025-06-01T10:00:00","date_unixtime":"1748761200","from":"Blue Horizon","from_id":"channel77","text":"x"}]}`})
	id := c.desk.Case.IDs.ID(record.KindSource, c.statements()[0].Source)
	if _, err := c.desk.Grade(t.Context(), id, "rockets", record.Usually, "right in nine of ten"); err != nil {
		t.Fatal(err)
	}
	seen := regexp.MustCompile(`name="seen" value="(D-[^"]+)"`).FindStringSubmatch(c.get("/c/" + id).Body.String())
	if seen == nil {
		t.Fatal("no form")
	}
	if _, err := c.desk.Grade(t.Context(), id, "rockets", record.Fairly, "right in six of ten"); err != nil {
		t.Fatal(err)
	}
	w := c.send("/c/"+id+"/grade", url.Values{"seen": {seen[1]}, "grade": {"D"}, "topic": {"rockets"}, "reason": {"wrong in nine of ten"}})
	said := plainText(t, w.Body.String())
	for _, want := range []string{"right in nine of ten", "right in six of ten", "wrong in nine of ten"} {
		if !strings.Contains(strings.Join(strings.Fields(said), " "), want) && want != "right in six of ten" {
			t.Errorf("the page does not say %q", want)
		}
	}
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "<ins>six</ins>") || !strings.Contains(w.Body.String(), "<del>nine</del>") {
		t.Errorf("%d: what was changed is not marked", w.Code)
	}
	to, form := mend(t, w.Body.String())
	form.Set("reason", strings.TrimSpace(form.Get("reason")))
	if w := c.send(to, form); w.Code != http.StatusSeeOther {
		t.Fatalf("sent again: %d", w.Code)
	}
	for _, bad := range []string{"D-000000", "x"} { // of a form that no page wrote
		if w := c.send(to, url.Values{"seen": {bad}, "grade": {"D"}, "topic": {"a"}, "reason": {"b"}}); w.Code != http.StatusConflict {
			t.Errorf("seen=%s: %d", bad, w.Code)
		}
	}
}

// TestTwoSearchesOfOneName: a search under a name that is taken does not replace
// the other unseen, and what was typed is kept.
func TestTwoSearchesOfOneName(t *testing.T) {
	c := newCase(t)
	save := func(form url.Values) (int, string) {
		w := c.send("/saved", form)
		return w.Code, w.Body.String()
	}
	if code, _ := save(url.Values{"name": {"Mine"}, "q": {"lang:ar bridge"}, "view": {"list"}, "back": {"/statements"}}); code != http.StatusSeeOther {
		t.Fatal(code)
	}
	again := url.Values{"name": {"mine"}, "q": {"lang:fa bridge"}, "view": {"table"}, "cols": {"text,posted"}, "warn": {"1"}, "back": {"/statements"}}
	code, page := save(again)
	if said := plainText(t, page); code != http.StatusConflict || !strings.Contains(said, "lang:ar bridge") || !strings.Contains(said, "lang:fa bridge") {
		t.Fatalf("%d %s", code, said)
	}
	to, form := mend(t, page)
	if to != "/saved" || strings.TrimSpace(form.Get("q")) != "lang:fa bridge" || form.Get("view") != "table" || form.Get("cols") != "text,posted" || form.Get("warn") == "" {
		t.Fatalf("%s %v", to, form)
	}
	// Meanwhile it is saved once more: that too is told.
	if _, err := c.desk.SaveSearch(t.Context(), desk.SavedSearch{Name: "Mine", Query: "lang:he", View: "list"}, ""); err != nil {
		t.Fatal(err)
	}
	if code, page = save(form); code != http.StatusConflict || !strings.Contains(page, "<del>") {
		t.Fatalf("%d", code)
	}
	if _, form = mend(t, page); form.Get("began") != "lang:he" {
		t.Errorf("%v", form)
	}
	if code, _ = save(form); code != http.StatusSeeOther {
		t.Fatalf("having seen it: %d", code)
	}
	all, err := c.desk.SavedSearches(t.Context())
	if err != nil || len(all) != 1 || all[0].Query != "lang:fa bridge" || !slices.Equal(all[0].Columns, []string{"text", "posted"}) {
		t.Errorf("%+v %v", all, err)
	}
}
