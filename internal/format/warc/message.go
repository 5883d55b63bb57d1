package warc

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/brotli"

	"dalil/internal/record"
)

// message is the content of a page's block: an HTTP answer or bare bytes.
type message struct {
	head     header
	http     bool
	resource bool
	raw      *bufio.Reader // the payload as it was sent
	sent     *bufio.Reader // raw on its way into sum
	content  io.Reader     // sent without its chunk marks
	sum      *digest       // of the payload as it was sent
	plain    *digest       // of the payload without its chunk marks: tools differ
}

// skip says why the record is no page, in the user's words; "" when it is one.
func (m *message) skip(h header) string {
	switch {
	case m.resource:
		return ""
	case !m.http && !strings.HasPrefix(h.url(), "http"):
		return "answers of other protocols (DNS and the like)"
	case m.http && m.head.status() != 200:
		return "answers with another status than 200 (redirects, errors)"
	}
	return ""
}

// mediaType is the declared type of the decoded payload.
func (m *message) mediaType(h header) string {
	if m.http {
		return m.head.get("content-type")
	}
	if m.resource {
		return h.get("content-type")
	}
	return ""
}

func (m *message) fits() bool { return m.sum.fits() || m.plain.fits() }

// drain reads what the caller left of the payload, so that it can be checked.
func (m *message) drain() {
	io.Copy(io.Discard, m.content)
	io.Copy(io.Discard, m.sent)
}

// body returns the payload as the browser saw it. What was wrong with it goes
// to say, while it is read. unsupported names a packing that cannot be undone.
func (m *message) body(say func(string)) (r io.Reader, unsupported string) {
	m.sent = bufio.NewReader(io.TeeReader(m.raw, m.sum))
	m.content = m.sent
	if strings.Contains(strings.ToLower(m.head.get("transfer-encoding")), "chunked") {
		m.content = io.TeeReader(&chunked{br: m.sent, say: say}, m.plain)
	} else {
		m.plain = m.sum
	}
	r = m.content
	codings := strings.Split(strings.ToLower(m.head.get("content-encoding")), ",")
	if len(codings) > 4 {
		return nil, m.head.get("content-encoding")
	}
	for i := len(codings) - 1; i >= 0; i-- {
		br := bufio.NewReader(r)
		r = br
		coding := strings.TrimSpace(codings[i])
		if coding == "" || coding == "identity" || coding == "none" {
			continue
		}
		head, _ := br.Peek(512)
		switch {
		case len(head) == 0:
		case coding == "gzip" || coding == "x-gzip":
			if bytes.HasPrefix(head, gzipMagic) { // else the crawler unpacked it and kept the field
				r = &lazy{br: br, say: say, open: func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }}
			}
		case coding == "deflate":
			if len(head) > 1 && head[0]&15 == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
				r = &lazy{br: br, say: say, open: func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }}
			} else if !readable(head) {
				r = &lazy{br: br, say: say, open: func(r io.Reader) (io.Reader, error) { return flate.NewReader(r), nil }}
			}
		case readable(head): // the crawler unpacked it and kept the field
		case coding == "br":
			// Whatever brotli says went wrong is damage: it names no errors.
			r = &lazy{br: br, say: say, open: func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }, damage: func(error) bool { return true }}
		default:
			return nil, coding
		}
	}
	return r, ""
}

// readable reports whether b is text: then it is not packed, whatever the head
// says.
func readable(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 && len(b) >= utf8.UTFMax || r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return false
		}
		b = b[n:]
	}
	return true
}

// lazy unpacks; damage is said and ends the payload where it stands.
type lazy struct {
	br   *bufio.Reader
	open func(io.Reader) (io.Reader, error)
	say  func(string)

	damage func(error) bool // of this packing, besides what isDamage knows; may be nil

	r    io.Reader
	n    int64
	done bool
}

func (l *lazy) Read(p []byte) (int, error) {
	if l.done {
		return 0, io.EOF
	}
	var n int
	var err error
	if l.r == nil {
		l.r, err = l.open(l.br)
	}
	if err == nil {
		n, err = l.r.Read(p)
		l.n += int64(n)
	}
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, record.ErrInvalid) {
		return n, err
	}
	if isDamage(err) || l.damage != nil && l.damage(err) || errors.Is(err, zlib.ErrHeader) || errors.Is(err, zlib.ErrChecksum) || errors.Is(err, zlib.ErrDictionary) {
		l.done = true
		l.say(fmt.Sprintf("the packed content of a page is damaged after %d unpacked bytes", l.n))
		return n, io.EOF
	}
	return n, err
}

// chunked takes the chunk marks (RFC 9112, 7.1) out of a payload. Where marks
// fail, the rest is passed on as it stands.
type chunked struct {
	br    *bufio.Reader
	say   func(string)
	left  int64 // of this chunk; -1 once marks are given up
	begun bool
	done  bool
}

func (c *chunked) Read(p []byte) (int, error) {
	for c.left == 0 && !c.done {
		if c.begun {
			c.lineEnd()
		}
		c.mark()
	}
	if c.done {
		return 0, io.EOF
	}
	if c.left > 0 && int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.br.Read(p)
	if c.left > 0 {
		c.left -= int64(n)
		if errors.Is(err, io.EOF) && c.left > 0 {
			c.say("the content of a page ends inside a chunk")
		}
	}
	return n, err
}

// mark reads a chunk's size line.
func (c *chunked) mark() {
	line, err := c.br.Peek(1)
	if err != nil || len(line) == 0 {
		c.done = true
		return
	}
	window := min(c.br.Size(), 256)
	line, _ = c.br.Peek(window)
	end := bytes.IndexByte(line, '\n')
	size := int64(-1)
	if end >= 0 {
		digits, _, _ := strings.Cut(strings.TrimSpace(string(line[:end])), ";")
		if n, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 62); err == nil {
			size = int64(n)
		}
	}
	switch {
	case size < 0:
		if c.begun {
			c.say("the chunk marks of a page are wrong; the rest is taken as it stands")
		} else {
			c.say("a page says it is sent in chunks and is not; it is taken as it stands")
		}
		c.left = -1
	case size == 0:
		c.done = true // what follows are trailer fields
	default:
		c.br.Discard(end + 1)
		c.left = size
	}
	c.begun = true
}

// lineEnd passes over the line end behind a chunk.
func (c *chunked) lineEnd() {
	b, _ := c.br.Peek(2)
	switch {
	case len(b) == 2 && b[0] == '\r' && b[1] == '\n':
		c.br.Discard(2)
	case len(b) > 0 && b[0] == '\n':
		c.br.Discard(1)
	}
}
