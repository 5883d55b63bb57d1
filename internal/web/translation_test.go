package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// post sends a form and returns the answer.
func (c *testCase) sendForm(address string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Host = "localhost:7117"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	return w
}

func TestTranslationsBesideTheOriginal(t *testing.T) {
	c := newCase(t, map[string]string{"one/result.json": `{"name":"Liwa al-Marsa","type":"public_channel","id":1500000001,"messages":[
		{"id":2,"type":"message","date":"2025-03-02T10:15:00","date_unixtime":"1740899700","from":"Liwa al-Marsa","from_id":"channel1500000001","text":"استهدفوا القاعدة بطائرة مسيرة","text_entities":[]}]}`})
	st := c.statements()[0]
	id := c.desk.StatementID(st)
	page := func(query string) string {
		w := c.get("/s/" + id + query)
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", query, w.Code, w.Body)
		}
		return w.Body.String()
	}
	has := func(what, body string, wanted ...string) {
		t.Helper()
		for _, x := range wanted {
			if !strings.Contains(body, x) {
				t.Errorf("%s: no %q", what, x)
			}
		}
	}
	has("no translation yet", page(""), "Add a translation", "tr=new")
	has("the form", page("?tr=new"), `<textarea id="tr-text" name="text"`, `dir="auto"`, `name="lang"`, "استهدفوا")

	w := c.sendForm("/s/"+id+"/translate", url.Values{"lang": {"en"}, "text": {"They hit the <base> with a drone\r\n"}})
	if w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "tr=D-") {
		t.Fatalf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	all, err := c.desk.Translations(t.Context(), id)
	if err != nil || len(all) != 1 || all[0].Text != "They hit the <base> with a drone" {
		t.Fatalf("%+v, %v", all, err)
	}
	first := all[0].ID
	has("a person's", page(""), "They hit the &lt;base&gt; with a drone", "●</span> human", "Original", "استهدفوا", "Correct it")
	if strings.Contains(page(""), "/review") {
		t.Error("a person is asked to review their own")
	}
	has("the form to correct", page("?tr="+first+"&edit=1"), `name="base" value="`+first+`"`, "They hit the &lt;base&gt; with a drone</textarea>")
	if w := c.sendForm("/s/"+id+"/translate", url.Values{"base": {first}, "lang": {"en"}, "text": {"They struck the base with a drone"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("correcting: %d %s", w.Code, w.Body)
	}
	has("the corrected one", page(""), "They struck the base", "v2", "<del>hit", "<ins>struck", first)
	has("the old one", page("?tr="+first), "A newer version corrects it")
	if w := c.sendForm("/s/"+id+"/translate", url.Values{"base": {first}, "lang": {"en"}, "text": {"Others"}}); w.Code != http.StatusConflict {
		t.Errorf("correcting what was corrected: %d", w.Code)
	}

	m, err := c.desk.KeepMachine(t.Context(), id, "fr", "Ils ont visé la base\u202E", "Tarjuman 2.1")
	if err != nil {
		t.Fatal(err)
	}
	has("a program's", page("?tr="+m.ID), "machine, unreviewed", "Tarjuman 2.1", "Nobody has read it", `lang="fr"`, "202E", "/s/"+id+"/review")
	if w := c.sendForm("/s/"+id+"/review", url.Values{"translation": {m.ID}, "reason": {"word by word"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("reviewing: %d %s", w.Code, w.Body)
	}
	has("reviewed", page("?tr="+m.ID), "machine, reviewed", "word by word")
	if w := c.sendForm("/s/"+id+"/translate", url.Values{"machine": {"1"}, "lang": {"fr"}}); w.Code != http.StatusNotFound {
		t.Errorf("asking a program that is not set: %d", w.Code)
	}

	var j struct {
		Text         string
		Translations []desk.TranslationJSON
	}
	if err := json.Unmarshal(c.get("/s/"+id+".json").Body.Bytes(), &j); err != nil || len(j.Translations) != 3 || j.Text != st.Text {
		t.Errorf("as JSON: %+v, %v", j, err)
	}
	for _, tag := range []string{"ar", "fa"} {
		r := httptest.NewRequest(http.MethodGet, w.Header().Get("Location"), nil)
		r.Host = "localhost"
		r.Header.Set("Accept-Language", tag)
		r.URL.Path = c.at(st)
		out := httptest.NewRecorder()
		c.h.ServeHTTP(out, r)
		has(tag, out.Body.String(), map[string]string{"ar": "بشرية", "fa": "انسانی"}[tag], `dir="rtl"`)
		if strings.Contains(out.Body.String(), ">Translation ") {
			t.Errorf("%s: English words", tag)
		}
	}
	if w := c.sendForm("/undo", url.Values{"decision": {m.ID}, "back": {"/s/" + id}}); w.Code != http.StatusSeeOther {
		t.Errorf("taking a program's back: %d %s", w.Code, w.Body)
	}
	if all, _ = c.desk.Translations(t.Context(), id); all[2].Undone == 0 {
		t.Error("it was not taken back")
	}
	if n := must(c.desk.Statement(t.Context(), id)).Translations; n != 2 {
		t.Errorf("%d stand, want 2", n)
	}
}

func must(s record.Statement, err error) record.Statement {
	if err != nil {
		panic(err)
	}
	return s
}
