package page

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"dalil/internal/collect"
	"dalil/internal/collect/fetch"
	"dalil/internal/format"
	"dalil/internal/format/warc"
	"dalil/internal/record"
)

type everything struct{ addr netip.Addr }

func (e everything) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{e.addr}, nil
}

// site is a server that every host name leads to, and the collector for it.
func site(t *testing.T, h http.HandlerFunc, o fetch.Options) (collect.Pages, string) {
	t.Helper()
	var srv *httptest.Server
	if o.BadTLS {
		srv = httptest.NewTLSServer(h)
	} else {
		srv = httptest.NewServer(h)
	}
	t.Cleanup(srv.Close)
	addr := netip.MustParseAddrPort(srv.Listener.Addr().String())
	o.Ports, o.Resolver = []int{int(addr.Port())}, everything{addr.Addr()}
	o.Exempt = func(a netip.AddrPort) bool { return a == addr }
	p, err := With(o, "dalil test")
	if err != nil {
		t.Fatal(err)
	}
	return p, fmt.Sprint(":", addr.Port())
}

type got struct {
	file collect.File
	warc []byte
	errs []error
}

func get(t *testing.T, p collect.Pages, address string) (g got) {
	t.Helper()
	for f, err := range p.Collect(t.Context(), address) {
		if err != nil {
			g.errs = append(g.errs, err)
			continue
		}
		g.file = f
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if g.warc, err = io.ReadAll(r); err != nil || int64(len(g.warc)) != f.Size {
			t.Fatal(err, len(g.warc), f.Size)
		}
		r.Close()
		f.Release()
	}
	return g
}

type sink struct {
	problems []record.Problem
	skipped  map[string]int
}

func (*sink) Source(record.Source) error    { return nil }
func (*sink) Reading(*record.Reading) error { return nil }
func (s *sink) Problem(p record.Problem)    { s.problems = append(s.problems, p) }
func (*sink) Covers(int64, int64)           {}
func (s *sink) Skipped(w string, n int)     { s.skipped[w] += n }

// TestReadAgain: what is written is read by dalil's own reader, every digest
// compared. DALIL_WARC_OUT names a file to write it to, for other tools.
func TestReadAgain(t *testing.T) {
	p, port := site(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "Mon, 03 Mar 2031 10:00:00 GMT")
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new?x=1", http.StatusMovedPermanently)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<title>Bridge</title>")
		w.(http.Flusher).Flush() // in chunks
		io.WriteString(w, "<p>The bridge at Nahr Zubaym is open.</p>")
	}, fetch.Options{BadTLS: true})
	g := get(t, p, "https://news.example"+port+"/old")
	if len(g.errs) != 0 {
		t.Fatal(g.errs)
	}
	w := g.file.Web
	if w.Status != 200 || w.Redirects != 1 || !strings.HasSuffix(w.Final, "/new?x=1") || !strings.HasPrefix(w.TLS, "TLS 1.3 ") || w.BadTLS == "" || w.Remote != "127.0.0.1"+port || w.Issuer == "" {
		t.Errorf("%+v", w)
	}
	date := time.Date(2031, 3, 3, 10, 0, 0, 0, time.UTC)
	if g.file.Theirs.Unix != date.Unix() || !w.Date.Equal(date) {
		t.Errorf("their clock is %v", g.file.Theirs)
	}
	out := &sink{skipped: map[string]int{}}
	var parts int
	in := format.Input{Path: g.file.Path, R: bytes.NewReader(g.warc), Size: int64(len(g.warc)), Settings: format.Settings{Zone: time.UTC}}
	err := warc.Kind.Parts(t.Context(), in, out, func(part format.Part) error {
		parts++
		r, err := part.Open()
		if err != nil {
			return err
		}
		b, err := io.ReadAll(r)
		if string(b) != "<title>Bridge</title><p>The bridge at Nahr Zubaym is open.</p>" || part.URL != w.Final || part.Theirs.Unix != date.Unix() {
			t.Errorf("%s: %q of %v", part.URL, b, part.Theirs)
		}
		return err
	})
	if err != nil || parts != 1 || len(out.problems) != 0 || out.skipped["requests of the crawler"] != 2 || out.skipped["metadata records"] != 2 {
		t.Errorf("%d parts, %v, %+v", parts, err, out)
	}
	if file := os.Getenv("DALIL_WARC_OUT"); file != "" {
		if err := os.WriteFile(file, g.warc, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Every record is a gzip member; the facts are JSON.
	plain := unpack(t, g.warc)
	for _, want := range []string{"WARC-Type: warcinfo", "software: dalil test", "WARC-IP-Address: 127.0.0.1\r\n", "WARC-Protocol: tls/1.3\r\n", "WARC-Cipher-Suite: TLS_", "GET /old HTTP/1.1\r\n", "BEGIN CERTIFICATE"} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	var f facts
	_, rest, _ := strings.Cut(plain, "application/json")
	_, body, _ := strings.Cut(rest, "\r\n\r\n")
	if err := json.NewDecoder(strings.NewReader(body)).Decode(&f); err != nil || f.TLS == nil || f.TLS.Verified || f.Resolved[0] != "127.0.0.1" || f.ServerDate != "2031-03-03T10:00:00Z" {
		t.Errorf("%v %+v", err, f)
	}
}

func TestFailures(t *testing.T) {
	p, port := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusNotFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "http://192.168.1.1/", http.StatusFound)
		case "/short":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "only this")
		}
	}, fetch.Options{})
	g := get(t, p, "http://news.example"+port+"/gone")
	if g.warc == nil || len(g.errs) != 1 || !errors.Is(g.errs[0], record.ErrNotFound) || g.file.Web.Status != 404 {
		t.Errorf("gone: %v, %d bytes", g.errs, len(g.warc))
	}
	for _, path := range []string{"/loop", "/inside"} {
		g := get(t, p, "http://news.example"+port+path)
		if g.warc == nil || len(g.errs) != 1 || !errors.Is(g.errs[0], record.ErrInvalid) {
			t.Errorf("%s: %v, %d bytes", path, g.errs, len(g.warc))
		}
	}
	if g := get(t, p, "http://news.example"+port+"/short"); len(g.errs) != 0 || g.file.Web.Truncated == "" || !strings.Contains(unpack(t, g.warc), "WARC-Truncated: disconnect") {
		t.Errorf("short: %v %+v", g.errs, g.file.Web)
	}
	for _, a := range []string{"http://127.0.0.1/", "nonsense", "", "https://t.me/c/1234567890/5", "https://t.me/+AbCdEfGh", "https://t.me/joinchat/AbCd"} {
		if g := get(t, p, a); g.warc != nil || len(g.errs) != 1 || !errors.Is(g.errs[0], record.ErrInvalid) {
			t.Errorf("%s: %v", a, g.errs)
		}
		if _, err := p.Check(a); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("check %s: %v", a, err)
		}
	}
}

func TestTelegramTargets(t *testing.T) {
	p, err := With(fetch.Options{}, "dalil test")
	if err != nil {
		t.Fatal(err)
	}
	for a, want := range map[string]string{
		"https://t.me/harbour_lamp/5":                      "https://t.me/harbour_lamp/5?embed=1&mode=tme",
		"https://t.me/harbour_lamp/5?single&comment=7#x":   "https://t.me/harbour_lamp/5?embed=1&mode=tme",
		"http://www.telegram.me/harbour_lamp/5/":           "http://t.me/harbour_lamp/5?embed=1&mode=tme",
		"https://telegram.dog/harbour_lamp/3/77":           "https://t.me/harbour_lamp/77?embed=1&mode=tme",
		"https://t.me/s/harbour_lamp/5":                    "https://t.me/s/harbour_lamp/5",
		"https://t.me/s/harbour_lamp?before=99":            "https://t.me/s/harbour_lamp",
		"https://t.me/harbour_lamp":                        "https://t.me/s/harbour_lamp",
		"https://t.me/":                                    "https://t.me/",
		"https://t.me/x":                                   "https://t.me/x",
		"https://t.me/harbour_lamp/five":                   "https://t.me/harbour_lamp/five",
		"https://t.me.example/harbour_lamp/5":              "https://t.me.example/harbour_lamp/5",
		"https://خبر.example/صفحة":                         "https://xn--ngblk.example/%D8%B5%D9%81%D8%AD%D8%A9",
		"HTTPS://News.Example:443/a/../b?q=%D8%A7#comment": "https://news.example/a/../b?q=%D8%A7",
	} {
		got, err := p.Check(a)
		if err != nil || got.Goes != want {
			t.Errorf("%s: %+v, %v; want %q", a, got, err, want)
		}
	}
}

func TestAddress(t *testing.T) {
	p, err := With(fetch.Options{}, "dalil test")
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Check("https://t.me/harbour_lamp/5?single")
	if err != nil || a.Channel != "harbour_lamp" || a.Post != "5" || a.Private || a.URL != "https://t.me/harbour_lamp/5?single" {
		t.Errorf("%+v %v", a, err)
	}
	a, err = p.Check("https://t.me/c/1600000001/5")
	if !errors.Is(err, record.ErrInvalid) || a.Channel != "1600000001" || a.Post != "5" || !a.Private || a.Goes != "" {
		t.Errorf("%+v %v", a, err)
	}
	a, err = p.Check("https://web.archive.org/web/20300102030405/https://news.example/a")
	if err != nil || a.Original != "https://news.example/a" || a.OriginalAt.Year() != 2030 || a.Channel != "" {
		t.Errorf("%+v %v", a, err)
	}
}

func TestOriginals(t *testing.T) {
	for a, want := range map[string]string{
		"https://web.archive.org/web/20300102030405/https://news.example/a?b=1": "https://news.example/a?b=1 2030-01-02 03:04:05",
		"https://web.archive.org/web/20300102030405if_/http:/news.example/":     "http://news.example/ 2030-01-02 03:04:05",
		"https://archive.ph/2030.01.02-030405/https://news.example/a":           "https://news.example/a 2030-01-02 03:04:05",
		"https://archive.today/20300102030405/https://news.example/a":           "https://news.example/a 2030-01-02 03:04:05",
		"https://archive.today/AbCdE":                                           " 0001-01-01 00:00:00",
		"https://web.archive.org/web/2030*/https://news.example/a":              " 0001-01-01 00:00:00",
		"https://news.example/web/20300102030405/https://other.example/":        " 0001-01-01 00:00:00",
	} {
		u, err := url.Parse(a)
		if err != nil {
			t.Fatal(err)
		}
		if o, at := Original(u); o+" "+at.Format(time.DateTime) != want {
			t.Errorf("%s: %s %v", a, o, at)
		}
	}
	p, port := site(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Memento-Datetime", "Wed, 02 Jan 2030 03:04:05 GMT")
		w.Header().Set("Link", `<https://news.example/a>; rel="original", <https://archive.example/tm>; rel="timemap"`)
	}, fetch.Options{})
	if w := get(t, p, "http://archive.example"+port+"/AbCdE").file.Web; w.Original != "https://news.example/a" || w.Copied.IsZero() {
		t.Errorf("%+v", w)
	}
}
