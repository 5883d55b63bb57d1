package warc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// skippedType names the records that are no captured page, in the user's words.
func skippedType(t string) string {
	switch t {
	case "request":
		return "requests of the crawler"
	case "metadata":
		return "metadata records"
	case "warcinfo":
		return "descriptions of the crawl"
	case "revisit":
		return "revisits (the page was as in an earlier capture)"
	case "conversion":
		return "conversions of captured files"
	case "continuation":
		return "continuations of split records"
	}
	return "records of unknown type"
}

// take deals with one record: a page is yielded, anything else counted. The
// whole block is read in any case, and checked.
func (w *walker) take(b *block, at, pos int64, h header) error {
	b.sum = newDigest(h.get("warc-block-digest"))
	kind := strings.ToLower(h.get("warc-type"))
	var err error
	switch kind {
	case "response", "resource":
		err = w.page(b, at, pos, h, kind == "resource")
	case "request":
		err = w.request(b, at, h)
	default:
		w.skip(skippedType(kind))
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, b); err != nil && !errors.Is(err, record.ErrInvalid) {
		return err
	}
	if b.left <= 0 && b.s.err == nil && !b.sum.fits() {
		w.problem(at, "a record does not fit its digest (WARC-Block-Digest): it was changed or damaged", "compare it with another copy")
	}
	return nil
}

// request counts a request and checks what it sent.
func (w *walker) request(b *block, at int64, h header) error {
	w.skip(skippedType("request"))
	if newDigest(h.get("warc-payload-digest")) == nil {
		return nil
	}
	m, err := readMessage(b, h, false)
	if err != nil || !m.http {
		return err
	}
	m.head.fields["content-encoding"] = "" // only its bytes are of interest
	m.body(func(string) {})
	m.drain()
	w.checkPayload(b, m, at, h)
	return nil
}

// checkPayload compares a payload that was read whole with its digest. A split
// record's digest is about all of its parts.
func (w *walker) checkPayload(b *block, m *message, at int64, h header) {
	if b.left > 0 || b.s.err != nil || h.get("warc-segment-number") != "" || m.fits() {
		return
	}
	w.problem(at, "a capture does not fit its digest (WARC-Payload-Digest): it was changed or damaged: "+shorten(h.url()), "compare it with another copy")
}

// page yields a response or resource.
func (w *walker) page(b *block, at, pos int64, h header, resource bool) error {
	m, err := readMessage(b, h, resource)
	if err != nil {
		return err
	}
	if skip := m.skip(h); skip != "" {
		w.skip(skip)
		return nil
	}
	if t := h.get("warc-truncated"); t != "" {
		w.problem(at, fmt.Sprintf("the crawler cut this capture short (%.40s): %.200s", t, h.url()), "")
	}
	if h.get("warc-segment-number") != "" {
		w.problem(at, "a capture split over several records: only its first part is read: "+shorten(h.url()), "")
	}
	body, unsupported := m.body(func(what string) { w.problem(at, what+": "+shorten(h.url()), "") })
	if unsupported != "" {
		w.problem(at, fmt.Sprintf("the page is packed with %.40q, which is not supported: %.200s", unsupported, h.url()),
			"capture the page again, or unpack it with another program")
		return nil
	}
	name, _ := w.names.Take(pathOf(h.url()))
	from := w.seen // what was consumed since the last page counts for this one
	live := &livePart{r: w.decoded.Reader(body, func() int64 { return b.s.file() - from })}
	err = w.yield(format.Part{
		Path: name, URL: h.url(), Type: m.mediaType(h), Theirs: theirs(h, m), Size: -1,
		Open: func() (io.ReadCloser, error) {
			if !live.taken && !live.over {
				live.taken = true
				return live, nil
			}
			return w.reopen(b.s.start, pos, b.s.plain)
		},
	})
	live.over = true
	if err != nil {
		return err
	}
	m.drain()
	w.seen = b.s.file()
	w.checkPayload(b, m, at, h)
	return nil
}

// theirs is the clock of whoever answered, where the answer gives it; else that
// of the crawler.
func theirs(h header, m *message) record.When {
	if m.http {
		if t, err := http.ParseTime(m.head.get("date")); err == nil && t.Year() > 1990 {
			return record.At(t)
		}
	}
	return h.when()
}

func shorten(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// pathOf makes a file name of an address: host and path, and the query in the
// last element.
func pathOf(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return strings.ReplaceAll(target, ":", "/")
	}
	p := u.Host + "/" + strings.TrimPrefix(u.Path, "/")
	if strings.HasSuffix(p, "/") {
		p += "index.html"
	}
	if u.RawQuery != "" {
		p += "_" + strings.ReplaceAll(u.RawQuery, "/", "_")
	}
	return strings.ReplaceAll(p, ":", "_")
}

// livePart is the payload as it streams by.
type livePart struct {
	r           io.Reader
	taken, over bool
}

func (p *livePart) Read(b []byte) (int, error) {
	if p.over {
		return 0, errors.New("warc: the part is read after its yield call; open it again")
	}
	return p.r.Read(b)
}

func (p *livePart) Close() error { return nil }

// reopen reads a page again from its place: the record at pos of the segment
// that starts at start.
func (w *walker) reopen(start, pos int64, plain bool) (io.ReadCloser, error) {
	again := &walker{ctx: w.ctx, in: w.in, quiet: true}
	s := &stream{w: again, start: start, plain: plain}
	raw := &source{}
	if plain {
		raw.r = io.NewSectionReader(w.in.R, start+pos, w.in.Size-start-pos)
		raw.br = bufio.NewReader(raw.count())
		s.br, s.pos = raw.br, pos
	} else {
		raw.r = io.NewSectionReader(w.in.R, start, w.in.Size-start)
		raw.br = bufio.NewReader(raw.count())
		z, err := newMember(raw.br)
		if err != nil {
			return nil, err
		}
		s.br = bufio.NewReader(again.packed.Reader(z, raw.consumed))
		if _, err := io.CopyN(io.Discard, s.br, pos); err != nil {
			return nil, err
		}
	}
	s.file = raw.consumed
	h, n, err := readHeader(s.br)
	if err != nil {
		return nil, err
	}
	s.pos += n
	b := &block{s: s, left: s.length(s.at(), h)}
	m, err := readMessage(b, h, strings.EqualFold(h.get("warc-type"), "resource"))
	if err != nil {
		return nil, err
	}
	body, _ := m.body(func(string) {})
	return io.NopCloser(again.decoded.Reader(body, s.file)), nil
}

// readMessage reads the HTTP head of a response, if it has one.
func readMessage(b *block, h header, resource bool) (*message, error) {
	m := &message{raw: bufio.NewReaderSize(b, 8<<10), sum: newDigest(h.get("warc-payload-digest")), plain: newDigest(h.get("warc-payload-digest"))}
	if resource {
		m.resource = true
		return m, nil
	}
	head, _ := m.raw.Peek(5)
	const begin = "HTTP/"
	request := strings.EqualFold(h.get("warc-type"), "request")
	if !request && !strings.EqualFold(string(head), begin[:len(head)]) {
		return m, nil // a cut beginning of it is still one
	}
	var err error
	m.head, _, err = readHeader(m.raw)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errHeader) && !errors.Is(err, record.ErrInvalid) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	m.http = true
	return m, nil
}
