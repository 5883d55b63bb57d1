package web

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dalil/internal/record"
)

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	for _, a := range append(c.addresses(), "/statements.json", "/index.json", "/nowhere.json") {
		w := c.get(a)
		for k, want := range map[string]string{
			"Content-Security-Policy":      pagePolicy,
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control":                "no-store",
		} {
			if got := w.Header().Get(k); got != want {
				t.Errorf("%s: %s is %q, not %q", a, k, got, want)
			}
		}
		if strings.Contains(a, ".json") {
			if ct := w.Header().Get("Content-Type"); !strings.HasPrefix(ct, "application/json") {
				t.Errorf("%s: %s", a, ct)
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: no JSON: %.80s", a, w.Body)
			}
		}
	}
}

func TestOnlyThisMachinesNamesAreAnswered(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:7117": 200, "LOCALHOST.": 200, "127.0.0.1:9": 200, "[::1]:7117": 200, "[::1]": 200,
		"evil.example": 421, "evil.example:7117": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "": 421, "0.0.0.0:7117": 421, "10.0.0.1": 421, "[::]:1": 421,
	} {
		for _, a := range []string{"/", "/statements.json", "/nowhere"} {
			w := c.once(http.MethodGet, host, a)
			if got := w.Code; (got == 421) != (want == 421) {
				t.Errorf("%s from host %q: %d", a, host, got)
			}
			if want == 421 && strings.Contains(w.Body.String(), "the old bridge") {
				t.Errorf("%s from host %q: shows evidence", a, host)
			}
		}
	}
	if h := New(c.desk, Options{Hosts: []string{"Desk.example"}}); h != nil {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "desk.example:80"
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 200 {
			t.Errorf("an allowed host: %d", w.Code)
		}
	}
}

func TestNothingCanBeSent(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	for _, m := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"} {
		for _, a := range []string{"/", "/statements", "/log", "/nowhere"} {
			if w := c.once(m, "localhost", a); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow %q", m, a, w.Code, w.Header().Get("Allow"))
			}
		}
	}
	if w := c.once("HEAD", "localhost", "/"); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	id := c.desk.StatementID(c.statements()[0])
	bad := id[:8] + map[bool]string{true: "1", false: "0"}[id[8] == '0']
	for a, want := range map[string]int{
		"/nowhere": 404, "/s/" + bad: 400, "/s/S-0000000": 404, "/s/x": 400, "/c/C-0000000": 404, "/imports/" + id: 404, "/s/" + id + "/media/1": 404,
		"/s/" + id + "/media/x": 404, "/s/" + id + "/raw.json": 200, "/statements?q=frmo:x": 400, "/statements?after=zz": 400, "/out?u=javascript:alert(1)": 400,
		"/out?u=//evil.example": 400, "/out?u=file:///etc/passwd": 400, "/static/fonts/..%2fweb.go": 404, "/static/fonts/inter.LICENSE.txt": 404, "/static/layout.css": 404,
	} {
		w := c.get(a)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", a, w.Code, want)
		}
		if w.Code >= 400 && !strings.Contains(w.Body.String(), "What to do") {
			t.Errorf("%s: does not say what to do", a)
		}
		if strings.Contains(w.Body.String(), c.desk.Case.Dir) {
			t.Errorf("%s: names a folder of this machine", a)
		}
	}
}

func TestTroubles(t *testing.T) {
	secret := errors.New("open /home/analyst/secret: no such file")
	for _, x := range []struct {
		err  error
		code int
		told bool
	}{
		{errors.Join(record.ErrNotFound, secret), 404, true},
		{errors.Join(record.ErrAltered, secret), 500, false},
		{context.DeadlineExceeded, 503, false},
		{errors.Join(record.ErrWithheld), 410, true},
		{errors.Join(record.ErrConflict), 409, true},
		{secret, 500, false},
	} {
		f := failureOf(x.err)
		if f.Code != x.code || f.Do == "" || f.Title == "" || (f.What != "") != x.told {
			t.Errorf("%v: %+v", x.err, f)
		}
	}
	if f := failureOf(record.WithHint(record.ErrInvalid, "write it otherwise")); f.Do != "write it otherwise" {
		t.Errorf("the hint is lost: %+v", f)
	}
}

func TestServeRefusesOtherAddresses(t *testing.T) {
	for _, a := range []string{"0.0.0.0:7117", ":7117", "[::]:7117", "192.0.2.1:80", "example.org:80", "7117", ""} {
		err := Serve(t.Context(), nil, a, Options{}, func(string) { t.Errorf("%q is served", a) })
		var hint *record.Hint
		if !errors.Is(err, record.ErrInvalid) || !errors.As(err, &hint) {
			t.Errorf("%q: %v", a, err)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := Serve(t.Context(), nil, taken.Addr().String(), Options{}, func(string) {}); !errors.Is(err, record.ErrConflict) {
		t.Errorf("a taken port: %v", err)
	}
}

func TestServeUntilTheEnd(t *testing.T) {
	c := newCase(t, map[string]string{"a.txt": "the old bridge"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	url := make(chan string, 1)
	go func() { ended <- Serve(ctx, c.desk, "localhost:0", Options{}, func(u string) { url <- u }) }()
	select {
	case err := <-ended:
		t.Fatal(err)
	case u := <-url:
		res, err := http.Get(u + "statements")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("%d", res.StatusCode)
		}
		http.DefaultClient.CloseIdleConnections()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("an ordered end is an error: %v", err)
	}
}
