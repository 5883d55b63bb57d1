package translate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dalil/internal/record"
)

var most = limits{5 * time.Second, 1000, 4000}

// fake is a translation program; answer handles POST /translate.
func fake(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	m := http.NewServeMux()
	m.HandleFunc("GET /spec", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"info":{"title":"Tarjuman\u0007","version":"2.1"},"paths":{}}`)
	})
	m.HandleFunc("POST /translate", answer)
	s := httptest.NewServer(m)
	t.Cleanup(s.Close)
	return s
}

func says(v any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		json.NewEncoder(w).Encode(v)
	}
}

func TestTranslate(t *testing.T) {
	var asked map[string]string
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		json.NewDecoder(r.Body).Decode(&asked)
		says(map[string]any{"translatedText": "The bridge\r\nwas shelled.\n"})(w, r)
	})
	tr, err := find(context.Background(), s.URL+"/", false, most)
	if err != nil {
		t.Fatal(err)
	}
	if tr.Tool != "Tarjuman 2.1 (this machine)" || tr.Remote || tr.Address != s.URL {
		t.Errorf("it is %+v", tr)
	}
	got, err := tr.Translate(context.Background(), "قصف الجسر", "ar", "en")
	if err != nil || got != "The bridge\nwas shelled." {
		t.Errorf("%q, %v", got, err)
	}
	want := map[string]string{"q": "قصف الجسر", "source": "ar", "target": "en", "format": "text"}
	if fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("asked %v, want %v", asked, want)
	}
	if _, err := tr.Translate(context.Background(), "x", "", "en"); err != nil || asked["source"] != "auto" {
		t.Errorf("without a language it asks for %q, %v", asked["source"], err)
	}
	if _, err := tr.Translate(context.Background(), strings.Repeat("x", 1001), "ar", "en"); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a long text: %v", err)
	}
}

// Whatever answers, it is plain text of a bounded size, or an error.
func TestHostileAnswers(t *testing.T) {
	raw := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   string // "" is an error
		wrong  string // a part of it
	}{
		{"markup", says(map[string]string{"translatedText": "<script>alert(1)</script>&amp;"}), "<script>alert(1)</script>&amp;", ""},
		{"control characters", says(map[string]string{"translatedText": "a\x00b\x1b[31mc\u0085d\u202Ee\u2067f\rg\u2028h"}), "ab[31mcdef\ng\nh", ""},
		{"joiners stay", says(map[string]string{"translatedText": "می\u200cرود"}), "می\u200cرود", ""},
		{"no UTF-8", raw(200, "application/json", "{\"translatedText\":\"a\xff\xfeb\"}"), "a\uFFFD\uFFFDb", ""},
		{"huge", says(map[string]string{"translatedText": strings.Repeat("x", 5000)}), "", "more than 4000 bytes"},
		{"deep", raw(200, "application/json", strings.Repeat("[", 3900)), "", "no LibreTranslate"},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.Copy(io.Discard, r.Body) //nolint:errcheck // as above
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
					return
				}
			}
		}, "", "more than 4000 bytes"},
		{"nothing", says(map[string]string{"translatedText": " \n\u202E"}), "", "no text"},
		{"another shape", says(map[string]any{"translatedText": []string{"a"}}), "", "no LibreTranslate"},
		{"not there", says(map[string]string{}), "", "no LibreTranslate"},
		{"a page", raw(200, "text/html", "<p>hello"), "", "no LibreTranslate"},
		{"refused", raw(400, "application/json", `{"error":"xx is not\nsupported\u0007"}`), "", "refuses (400): xx is not supported"},
		{"failed", raw(500, "application/json", `{"error":"out of memory"}`), "", "failed (500): out of memory"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "400")
			io.WriteString(w, `{"translatedText":"half`)
		}, "", "unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, err := find(context.Background(), fake(t, c.answer).URL, false, most)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tr.Translate(context.Background(), "text", "ar", "en")
			if got != c.want || (err == nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%.200q, %v", got, err)
			}
		})
	}
}

// TestNowhereElse: no redirect is followed and no proxy asked, so that no text
// goes anywhere but to the address the user wrote down.
func TestNowhereElse(t *testing.T) {
	var strayed atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer other.Close()
	t.Setenv("HTTP_PROXY", other.URL)
	t.Setenv("http_proxy", other.URL)
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := fake(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, code) })
		tr, err := find(context.Background(), s.URL, false, most)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Translate(context.Background(), "text", "ar", "en"); err == nil || !strings.Contains(err.Error(), "elsewhere") {
			t.Errorf("%d: %v", code, err)
		}
	}
	if n := strayed.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "127.0.0.1:5000", "ftp://127.0.0.1", "file:///etc/passwd", "http://", "http://mk:secret@127.0.0.1:5000",
		"http://192.0.2.7:5000", "https://translate.example", "http://0.0.0.0:5000", "http://localhost.example:5000", "http://127.0.0.1.example", "http://2130706433",
		"http://0x7f.1", "http://[::]:5000", "http://[fe80::1%25lo]:5000", "http://127.0.0.1:5000/?q=", "http://127.0.0.1#x", "http://127。0。0。1", "http://169.254.169.254"} {
		_, err := find(context.Background(), bad, false, most)
		var h *record.Hint
		if !errors.Is(err, record.ErrInvalid) || !errors.As(err, &h) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := find(context.Background(), "http://translate.example", true, most); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("unencrypted to elsewhere: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + l.Addr().String()
	l.Close()
	if _, err := find(context.Background(), gone, false, most); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := fake(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // only then does the server notice that the asker has gone
		cancel()
		<-r.Context().Done()
	})
	tr, err := find(context.Background(), s.URL, false, most)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Translate(ctx, "text", "ar", "en"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestVersionNotStated: what does not say what it is can be used, and is
// recorded as that.
func TestVersionNotStated(t *testing.T) {
	s := httptest.NewServer(says(map[string]string{"translatedText": "ok"}))
	defer s.Close()
	tr, err := find(context.Background(), s.URL, false, most)
	if err != nil || !strings.Contains(tr.Tool, "does not state its version") {
		t.Errorf("%q, %v", tr.Tool, err)
	}
}
