package fetch

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"dalil/internal/record"
)

// Exchange is one request and its answer, as they passed over the wire.
type Exchange struct {
	URL          *url.URL
	Start, End   time.Time      // our clock: before the name was resolved, and after the last byte
	Remote       netip.AddrPort // invalid through a proxy
	Names        []netip.Addr   // what the host resolved to
	TLS          *TLS           // nil for http
	Request      []byte         // as sent, but for a proxy's password
	Status       int
	Header       http.Header // of the answer
	Response     *os.File    // the answer as received: status line, fields, body with its transfer coding
	Size         int64       // bytes of Response
	HeadSize     int64       // of these, status line and fields with the empty line
	Payload      [32]byte    // SHA-256 of the body without its transfer coding
	PayloadSize  int64
	Truncated    string // why the body is not whole, as WARC says it: length, time, disconnect; "" when it is
	TruncatedWhy string // the same in words
}

func (x *Exchange) close() error {
	if x.Response == nil {
		return nil
	}
	return x.Response.Close()
}

// Date is the server's clock as it says itself; the zero time when it does not.
func (x *Exchange) Date() time.Time {
	t, err := http.ParseTime(x.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// redirect returns where an answer sends on to.
func (x *Exchange) redirect() (string, bool) {
	switch x.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		to := x.Header.Get("Location")
		return to, to != ""
	}
	return "", false
}

// request is what is sent to u.
func (f *Fetcher) request(u *url.URL) (sent, recorded []byte) {
	target, secret := u.RequestURI(), ""
	if f.proxy != nil && f.proxy.Scheme == "http" && u.Scheme == "http" {
		target, secret = u.String(), f.proxyAuthorization()
	}
	head := "GET " + target + " HTTP/1.1\r\nHost: " + u.Host + "\r\n"
	rest := "User-Agent: " + UserAgent + "\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n" +
		"Accept-Language: en\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
	return []byte(head + secret + rest), []byte(head + rest)
}

// maxInterim bounds the 1xx answers before the real one.
const maxInterim = 5

var errLong = errors.New("too long")

// exchange gets one address, without following anything. An error means that
// there is no answer; one that broke off is Truncated.
func (f *Fetcher) exchange(ctx context.Context, u *url.URL) (x *Exchange, err error) {
	x = &Exchange{URL: u, Start: f.Now().UTC()}
	l, err := f.open(ctx, u)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	x.Remote, x.Names, x.TLS = l.remote, l.names, l.tls

	var sent []byte
	sent, x.Request = f.request(u)
	if err := l.SetWriteDeadline(time.Now().Add(f.Limits.Idle)); err != nil {
		return nil, err
	}
	if _, err := l.Write(sent); err != nil {
		return nil, err
	}
	spool, err := os.CreateTemp("", "dalil-fetch-")
	if err != nil {
		return nil, err
	}
	os.Remove(spool.Name()) // the open file is enough; nothing is left behind by a crash
	defer func() {
		if err != nil {
			spool.Close()
		}
	}()
	x.Response = spool
	m := &meter{conn: l, idle: f.Limits.Idle, left: f.Limits.Head, copy: spool}
	br := bufio.NewReaderSize(m, 16<<10)
	taken := func() int64 { return m.n - int64(br.Buffered()) }

	var res *http.Response
	var begin int64 // of the answer, behind interim ones
	for i := 0; ; i++ {
		begin = taken()
		res, err = http.ReadResponse(br, &http.Request{Method: http.MethodGet})
		switch {
		case errors.Is(err, errLong):
			return nil, record.WithHint(fmt.Errorf("%w answer: its fields are longer than %d bytes", record.ErrInvalid, f.Limits.Head), "a page that answers so is broken, or made to break programs")
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("the connection was closed without an answer")
		case err != nil && m.err != nil:
			return nil, m.err
		case err != nil:
			return nil, record.WithHint(fmt.Errorf("%w answer: %.200q", record.ErrInvalid, err.Error()), "what answers there speaks no HTTP")
		}
		if res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols {
			break
		}
		if i == maxInterim {
			return nil, fmt.Errorf("%w answer: more than %d interim answers", record.ErrInvalid, maxInterim)
		}
	}
	x.Status, x.Header, x.HeadSize = res.StatusCode, res.Header, taken()-begin
	if res.ContentLength > f.Limits.Body {
		return nil, record.WithHint(fmt.Errorf("%w answer: it says it is %d bytes long; the most is %d", record.ErrInvalid, res.ContentLength, f.Limits.Body), "download it with another program and import the file")
	}
	m.left = f.Limits.Body - int64(br.Buffered())
	sum := sha256.New()
	x.PayloadSize, err = io.Copy(sum, res.Body)
	x.Payload = [32]byte(sum.Sum(nil))
	x.End = f.Now().UTC()
	if err != nil && m.full != nil {
		return nil, m.full
	}
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, errSlow) {
		return nil, cause // the user ended it
	}
	x.truncated(ctx, err, f.Limits)
	return x, x.cut(begin, taken())
}

// truncated says why a body ended before its end.
func (x *Exchange) truncated(ctx context.Context, err error, l Limits) {
	switch {
	case err == nil:
	case errors.Is(err, errLong):
		x.Truncated, x.TruncatedWhy = "length", fmt.Sprintf("it is longer than %d bytes", l.Body)
	case ctx.Err() != nil || errors.Is(err, errIdle):
		x.Truncated, x.TruncatedWhy = "time", "it took too long"
	default:
		x.Truncated, x.TruncatedWhy = "disconnect", "the connection broke off"
	}
}

// cut leaves the bytes [begin, end) of what came in the spool.
func (x *Exchange) cut(begin, end int64) error {
	x.Size = end - begin
	if begin > 0 {
		b := make([]byte, 64<<10)
		for at := int64(0); at < x.Size; {
			n, err := x.Response.ReadAt(b[:min(int64(len(b)), x.Size-at)], begin+at)
			if n == 0 {
				return err
			}
			if _, err := x.Response.WriteAt(b[:n], at); err != nil {
				return err
			}
			at += int64(n)
		}
	}
	return x.Response.Truncate(x.Size)
}

// meter reads from a connection, copies what came, and stops at a limit.
type meter struct {
	conn net.Conn
	idle time.Duration
	left int64 // bytes that may still come
	n    int64 // bytes that came
	copy io.Writer
	err  error // of the connection, but for its end
	full error // of the copy: our disk
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errLong
	}
	if int64(len(p)) > m.left {
		p = p[:m.left]
	}
	if err := m.conn.SetReadDeadline(time.Now().Add(m.idle)); err != nil {
		m.err = err
		return 0, err
	}
	n, err := m.conn.Read(p)
	m.n += int64(n)
	m.left -= int64(n)
	if n > 0 && m.copy != nil {
		if _, werr := m.copy.Write(p[:n]); werr != nil {
			m.full = fmt.Errorf("keep the answer: %w", werr)
			return 0, m.full
		}
	}
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		err = errIdle
		m.err = err
	case err != nil && !errors.Is(err, io.EOF):
		m.err = err
	}
	return n, err
}

// Body returns the answer's body as sent, with its transfer coding.
func (x *Exchange) Body() *io.SectionReader {
	return io.NewSectionReader(x.Response, x.HeadSize, x.Size-x.HeadSize)
}

// MediaType is what the answer says its body is, without parameters.
func (x *Exchange) MediaType() string {
	t, _, _ := strings.Cut(x.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}
