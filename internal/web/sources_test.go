package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"dalil/internal/record"
)

// oneChannel writes a message of a channel, after an older one, as Telegram Desktop does.
func oneChannel(id, name, unix, text string) string {
	return `{"name": "` + name + `", "type": "public_channel", "id": ` + id + `, "messages": [{"id": 2, "type": "message", "date": "2025-02-20T10:00:00", "date_unixtime": "1740040000", "from": "` + name + `", "from_id": "channel` + id + `", "text": "` + name + ` is open."}, {"id": 3, "type": "message", "date": "2025-03-01T10:00:00", "date_unixtime": "` + unix + `", "from": "` + name + `", "from_id": "channel` + id + `", "text": "` + text + `"}]}`
}

func TestSourcePages(t *testing.T) {
	const claim = "The Harbour Committee announces that its men struck the fuel depot near Tal Shuqara with four rockets, and that all of them came home."
	c := newCase(t, map[string]string{"a/result.json": oneChannel("1600000001", "Harbour Lamp", "1740899700", claim)},
		map[string]string{"b/result.json": oneChannel("1600000002", "=نبض الوادي", "1740900700", claim)})
	if err := c.desk.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := func(address string) string {
		t.Helper()
		w := c.get(address)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", address, w.Code)
		}
		return w.Body.String()
	}
	holds := func(address string, want ...string) {
		t.Helper()
		got := body(address)
		for _, x := range want {
			if !strings.Contains(got, x) {
				t.Errorf("%s has no %q", address, x)
			}
		}
	}
	lamp, err := c.desk.Source(t.Context(), "Harbour Lamp")
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.desk.Source(t.Context(), "telegram:1600000002")
	if err != nil {
		t.Fatal(err)
	}
	id, second := c.desk.Case.IDs.ID(record.KindSource, lamp.Leaf), c.desk.Case.IDs.ID(record.KindSource, other.Leaf)
	page := "/c/" + id
	holds(page, `class="plot cal"`, "Nobody has graded it yet", "too few", "Harbour Lamp")
	holds("/sources?sort=-posts", `aria-sort="descending"`, "too few")
	holds("/matrix", `class="plot matrix"`, "/matrix?between=")
	pair := "/matrix?between=" + id + "&between=" + second
	holds(pair, "Texts that both posted", "/y/Y-")
	if csv := body("/matrix.csv"); !strings.Contains(csv, "'=نبض") || !strings.Contains(csv, ",1000\n") || strings.Count(csv, "\n") != 3 {
		t.Errorf("%q", csv)
	}
	if w := c.get("/matrix?between=nobody"); w.Code != http.StatusNotFound {
		t.Errorf("nobody: %d", w.Code)
	}
	if w := c.get("/matrix?q=frmo%3Ax"); w.Code != http.StatusBadRequest {
		t.Errorf("a wrong query: %d", w.Code)
	}

	post := func(form url.Values) (int, string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "http://localhost"+page+"/grade", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		c.h.ServeHTTP(w, r)
		return w.Code, w.Header().Get("Location")
	}
	form := url.Values{"topic": {"rockets"}, "grade": {"B"}, "reason": {"right in nine of ten"}, "seen": {""}}
	if code, to := post(form); code != http.StatusSeeOther || !strings.HasPrefix(to, page) {
		t.Fatalf("%d to %q", code, to)
	}
	holds(page, "usually reliable", "right in nine of ten", `value="D-`)
	holds("/sources?sort=grade", "grade-B", "rockets")
	form.Set("grade", "D")
	if code, _ := post(form); code != http.StatusConflict {
		t.Errorf("the form of before: %d", code)
	}
	form.Del("seen")
	for name, bad := range map[string]url.Values{"no reason": {"topic": {"x"}, "grade": {"B"}}, "no grade": {"topic": {"x"}, "reason": {"y"}, "grade": {"Z"}}, "no topic": {"grade": {"B"}, "reason": {"y"}}} {
		if code, _ := post(bad); code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code, _ := post(form); code != http.StatusSeeOther {
		t.Errorf("without seen: %d", code)
	}
	holds(page, "What was said before", "not usually reliable")
}
