package fetch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"dalil/internal/record"
)

// served is a site on this machine under a public name.
func served(t *testing.T, h http.Handler, o Options) (*Fetcher, string) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return reaching(t, srv.Listener.Addr(), o), fmt.Sprintf("http://news.example:%d", srv.Listener.Addr().(*net.TCPAddr).Port)
}

// reaching is a fetcher for which news.example is a listener of this test.
func reaching(t *testing.T, a net.Addr, o Options) *Fetcher {
	t.Helper()
	addr := a.(*net.TCPAddr).AddrPort()
	o.Ports = append(o.Ports, int(addr.Port()))
	o.Resolver = &names{of: map[string][][]netip.Addr{"news.example": {{addr.Addr()}}}}
	o.Exempt = func(a netip.AddrPort) bool { return a == addr }
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// raw answers every connection with what answer does.
func raw(t *testing.T, o Options, answer func(net.Conn)) (*Fetcher, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			head := make([]byte, 0, 4096)
			for !bytes.Contains(head, []byte("\r\n\r\n")) {
				b := make([]byte, 4096)
				n, err := c.Read(b)
				if err != nil {
					break
				}
				head = append(head, b[:n]...)
			}
			answer(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return reaching(t, l.Addr(), o), fmt.Sprintf("http://news.example:%d/", l.Addr().(*net.TCPAddr).Port)
}

func all(t *testing.T, x *Exchange) string {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(x.Response, 0, x.Size))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBytesAsTheyPassed(t *testing.T) {
	const answer = "HTTP/1.1 200 Fine  by me\r\ndate: Mon, 03 Mar 2031 10:00:00 GMT\r\nX-Odd:   kept as it is \r\nx-odd: twice\r\nContent-Length: 5\r\n\r\nhello"
	var got string
	f, at := raw(t, Options{}, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"+answer+"what belongs to no answer")
	})
	v, err := f.Get(t.Context(), at+"a%20b?q=1#part")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	x := v.Last()
	if got = all(t, x); got != answer {
		t.Errorf("kept %q", got)
	}
	if body, _ := io.ReadAll(x.Body()); string(body) != "hello" || x.PayloadSize != 5 || x.Payload != sha256.Sum256([]byte("hello")) {
		t.Errorf("body %q", body)
	}
	if x.Status != 200 || !x.Date().Equal(time.Date(2031, 3, 3, 10, 0, 0, 0, time.UTC)) || x.Truncated != "" {
		t.Errorf("%d %v %q", x.Status, x.Date(), x.Truncated)
	}
	req := string(x.Request)
	if !strings.HasPrefix(req, "GET /a%20b?q=1 HTTP/1.1\r\nHost: news.example:") || !strings.HasSuffix(req, "\r\n\r\n") {
		t.Errorf("sent %q", req)
	}
	for _, never := range []string{"dalil", "Cookie", "Referer", "#part", "From:"} {
		if strings.Contains(req, never) {
			t.Errorf("sent %q in %q", never, req)
		}
	}
	if x.Remote.Addr().String() != "127.0.0.1" || len(x.Names) != 1 || x.TLS != nil || x.End.Before(x.Start) {
		t.Errorf("%+v", x)
	}
}

func TestChunkedAndPacked(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, strings.Repeat("text of a page ", 100))
	z.Close()
	f, at := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed.Bytes()[:10])
		w.(http.Flusher).Flush()
		w.Write(packed.Bytes()[10:])
	}), Options{})
	v, err := f.Get(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	x := v.Last()
	if body, _ := io.ReadAll(x.Body()); !bytes.HasPrefix(body, []byte("a\r\n\x1f\x8b")) || !bytes.HasSuffix(body, []byte("0\r\n\r\n")) {
		t.Errorf("the body is not as it was sent: %q", body[:20])
	}
	if x.Payload != sha256.Sum256(packed.Bytes()) {
		t.Error("the digest is not of the body without its chunk marks")
	}
}

func TestRedirectsAreKept(t *testing.T) {
	f, at := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" || r.Referer() != "" {
			t.Error("a cookie or referer was sent")
		}
		http.SetCookie(w, &http.Cookie{Name: "who", Value: "me"})
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "/two", http.StatusFound)
		case "/two":
			http.Redirect(w, r, "/three", http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/three":
			w.WriteHeader(404)
		}
	}), Options{})
	v, err := f.Get(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Exchanges) != 3 || v.Last().Status != 404 || v.Last().URL.Path != "/three" {
		t.Errorf("%d exchanges, last %+v", len(v.Exchanges), v.Last())
	}
	v.Close()
	v, err = f.Get(t.Context(), at+"/loop")
	if !errors.Is(err, record.ErrInvalid) || len(v.Exchanges) != DefaultLimits().Redirects+1 {
		t.Errorf("a loop: %d exchanges, %v", len(v.Exchanges), err)
	}
	v.Close()
}

func TestHostileAnswers(t *testing.T) {
	small := Limits{Head: 8 << 10, Body: 64 << 10}
	endless := func(head string) func(net.Conn) {
		return func(c net.Conn) {
			io.WriteString(c, head)
			for line := []byte("X-Filler: " + strings.Repeat("a", 1000) + "\r\n"); ; {
				if _, err := c.Write(line); err != nil {
					return
				}
			}
		}
	}
	for _, c := range []struct {
		name, says, truncated string
		answer                func(net.Conn)
	}{
		{"endless fields", "fields are longer", "", endless("HTTP/1.1 200 OK\r\n")},
		{"endless status line", "fields are longer", "", endless("HTTP/1.1 200 ")},
		{"endless interim answers", "interim answers", "", func(c net.Conn) {
			io.WriteString(c, strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 50))
		}},
		{"huge length", "says it is 99999999999", "", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx") }},
		{"two lengths", "multiple Content-Length", "", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx")
		}},
		{"no answer", "without an answer", "", func(net.Conn) {}},
		{"no HTTP", "malformed HTTP", "", func(c net.Conn) { io.WriteString(c, "220 mail.example ESMTP\r\n") }},
		{"endless body", "", "length", endless("HTTP/1.1 200 OK\r\n\r\n")},
		{"endless chunks", "", "length", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for {
				if _, err := io.WriteString(c, "400\r\n"+strings.Repeat("b", 1024)+"\r\n"); err != nil {
					return
				}
			}
		}},
		{"short body", "", "disconnect", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nonly this") }},
		{"broken chunk", "", "disconnect", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, at := raw(t, Options{Limits: small}, c.answer)
			v, err := f.Get(t.Context(), at)
			t.Cleanup(func() { v.Close() })
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v, want %q", err, c.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if x := v.Last(); x.Truncated != c.truncated || x.Size > small.Head+small.Body {
				t.Errorf("%d bytes, truncated %q", x.Size, x.Truncated)
			}
		})
	}
}

// TestTime: whoever answers slowly or never is given up. What ends the visit
// here is a limit that is over at once, or the user.
func TestTime(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	f, at := raw(t, Options{Limits: Limits{Total: 1}}, func(net.Conn) { <-hang })
	if _, err := f.Get(t.Context(), at); err == nil || !errors.Is(err, errSlow) {
		t.Errorf("total: %v", err)
	}
	f, at = raw(t, Options{Limits: Limits{Idle: 1}}, func(net.Conn) {})
	if _, err := f.Get(t.Context(), at); err == nil {
		t.Error("idle: no error")
	}
	// A slow loris: each time the user's patience is asked, it has sent one more
	// byte of its head. The end of patience ends it.
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	f, at = raw(t, Options{}, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nX: ")
		for i := 0; ; i++ {
			if _, err := c.Write([]byte{'a'}); err != nil {
				return
			}
			if i == 100 {
				cancel(enough)
				<-ctx.Done()
			}
			if i > 1<<22 {
				return
			}
		}
	})
	if _, err := f.Get(ctx, at); !errors.Is(err, enough) {
		t.Errorf("slow loris: %v", err)
	}
}

func TestCertificates(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "secret ", r.TLS.ServerName) }))
	defer srv.Close()
	at := fmt.Sprintf("https://example.com:%d/", srv.Listener.Addr().(*net.TCPAddr).Port) // the certificate's name
	o := func() Options { return Options{} }
	with := func(o Options) *Fetcher {
		f := reaching(t, srv.Listener.Addr(), o)
		f.Resolver.(*names).of["example.com"] = f.Resolver.(*names).of["news.example"]
		return f
	}
	_, err := with(o()).Get(t.Context(), at)
	var hint *record.Hint
	if err == nil || !strings.Contains(err.Error(), "certificate does not verify") || !errors.As(err, &hint) || !strings.Contains(hint.Do, "--bad-certificate") {
		t.Errorf("a certificate of nobody's: %v", err)
	}
	v, err := with(Options{BadTLS: true}).Get(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if x := v.Last().TLS; x == nil || x.Problem == "" || len(x.Chain) != 1 || !bytes.Equal(x.Chain[0], srv.Certificate().Raw) {
		t.Errorf("%+v", x)
	}
	v.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	v, err = with(Options{Roots: pool}).Get(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if x := v.Last().TLS; x.Problem != "" || x.Version != "TLS 1.3" || x.Cipher == "" || x.Server != "example.com" {
		t.Errorf("%+v", x)
	}
	if got := all(t, v.Last()); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(got, "secret example.com") {
		t.Errorf("kept %q", got)
	}
}

// TestProxy: an HTTP proxy is asked for the host by its name, and never for a
// host inside; its password is in no record.
func TestProxy(t *testing.T) {
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprint(w, "through")
	}))
	defer srv.Close()
	f, err := New(Options{Proxy: "http://me:secret@" + srv.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	if f.Via() != srv.URL {
		t.Errorf("via %q", f.Via())
	}
	v, err := f.Get(t.Context(), "http://news.example/a")
	if err != nil {
		t.Fatal(err)
	}
	x := v.Last()
	if !strings.HasSuffix(all(t, x), "through") || x.Remote.IsValid() || strings.Contains(string(x.Request), "Proxy-Auth") || v.Via != srv.URL {
		t.Errorf("%q via %q", x.Request, v.Via)
	}
	v.Close()
	if _, err := f.Get(t.Context(), "https://news.example/b"); err == nil || !strings.Contains(err.Error(), "through the proxy") {
		t.Errorf("refused tunnel: %v", err)
	}
	if _, err := f.Get(t.Context(), "http://192.168.1.1/"); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("inside, through the proxy: %v", err)
	}
	if _, err := f.Get(t.Context(), "http://localhost/"); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("inside, through the proxy: %v", err)
	}
	want := "[GET http://news.example/a Basic bWU6c2VjcmV0 CONNECT news.example:443 Basic bWU6c2VjcmV0]"
	if fmt.Sprint(asked) != want {
		t.Errorf("asked %v", asked)
	}
	for _, bad := range []string{"socks4://127.0.0.1:1", "http://noport", "nonsense", "https://h:1", "://"} {
		if _, err := New(Options{Proxy: bad}); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("proxy %q: %v", bad, err)
		}
	}
}

// TestSocks: the name goes to the proxy unresolved.
func TestSocks(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	asked := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 3)
		io.ReadFull(c, b) // version, one method, none
		c.Write([]byte{5, 0})
		b = make([]byte, 5)
		io.ReadFull(c, b) // version, connect, reserved, name, its length
		name := make([]byte, int(b[4])+2)
		io.ReadFull(c, name)
		asked <- fmt.Sprintf("%d %s:%d", b[3], name[:len(name)-2], int(name[len(name)-2])<<8|int(name[len(name)-1]))
		c.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 80})
		http.ReadRequest(bufReader(c))
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	}()
	f, err := New(Options{Proxy: "socks5://" + l.Addr().String(), Resolver: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := f.Get(t.Context(), "http://hidden.onion/")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if got := <-asked; got != "3 hidden.onion:80" {
		t.Errorf("the proxy was asked for %q", got)
	}
}

func FuzzCheck(f *testing.F) {
	for _, a := range strings.Split(forbidden, "\n") {
		f.Add(strings.ReplaceAll(a, "PORT", "80"))
	}
	f.Add("https://t.me/harbour_lamp/5")
	f.Add("https://خبر.example/صفحة?x=ص")
	fetcher, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, address string) {
		u, err := fetcher.Check(address)
		if err != nil {
			return
		}
		// What was let through is stable, and says the same host to everyone.
		again, err := fetcher.Check(u.String())
		if err != nil || again.String() != u.String() {
			t.Errorf("%q: %q, then %v %v", address, u, again, err)
		}
		other, err := url.Parse(u.String())
		if err != nil || other.Host != u.Host || u.User != nil || strings.ContainsAny(u.Host+u.RequestURI(), " \r\n\t") {
			t.Errorf("%q: %q", address, u)
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && Special(ip) != "" {
			t.Errorf("%q: %s was let through", address, ip)
		}
	})
}

func bufReader(r io.Reader) *bufio.Reader { return bufio.NewReader(r) }
