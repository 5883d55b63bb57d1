// Package mhtml opens web archives as browsers save them (MHTML, RFC 2557): one
// file with the page and the pictures, styles and frames it was made of.
package mhtml

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"path"
	"strings"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind opens .mhtml and .mht files.
var Kind = format.Kind{
	Name:    "mhtml",
	Doc:     "a web page saved as one file (MHTML), with its pictures",
	Version: 1,
	Match:   match,
	Parts:   parts,
}

func match(h format.Head) int {
	b := bytes.ToLower(h.Bytes[:min(len(h.Bytes), 8192)])
	header, _, _ := bytes.Cut(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	mimeHead := bytes.HasPrefix(b, []byte("from:")) || bytes.HasPrefix(b, []byte("mime-version:")) ||
		bytes.HasPrefix(b, []byte("content-type:")) || bytes.HasPrefix(b, []byte("snapshot-content-location:")) || bytes.HasPrefix(b, []byte("subject:")) || bytes.HasPrefix(b, []byte("date:"))
	ext := strings.ToLower(path.Ext(h.Path))
	named := ext == ".mhtml" || ext == ".mht"
	switch {
	case mimeHead && bytes.Contains(header, []byte("multipart/related")) && (named || bytes.Contains(header, []byte("snapshot-content-location"))):
		return 95
	case mimeHead && bytes.Contains(header, []byte("multipart/related")):
		return 85
	case named && mimeHead:
		return 80
	case named:
		return 30
	}
	return 0
}

const (
	maxHeader = 64 << 10 // bytes of one part's header
	maxLine   = 1 << 20  // bytes of one line that may be a boundary
)

// stretch is where a part's content lies in the file.
type stretch struct {
	header   mail.Header
	from, to int64
	broken   bool // the file ends before the part does
}

// parts yields the page first and then what belongs to it, in the file's order.
// The boundaries are looked for here and not by mime/multipart, which gives up
// at the first thing it does not expect: an archive cut off in the middle still
// yields every part that is complete, and the beginning of the one that is not.
func parts(ctx context.Context, in format.Input, out format.Sink, yield func(format.Part) error) error {
	found, top, err := find(ctx, in)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		out.Problem(record.Problem{Offset: 0, What: "no part of a web archive was found",
			Remedy: "save the page again, or import it as HTML"})
		return nil
	}
	theirs := date(top)
	link := strings.TrimSpace(top.Get("Snapshot-Content-Location"))
	root := rootOf(found, top, link)
	order := append([]int{root}, others(len(found), root)...)
	used := map[string]int{}
	for n, i := range order {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := found[i]
		if n >= format.MaxParts {
			out.Problem(record.Problem{Offset: s.from, What: fmt.Sprintf("more than %d parts; the rest is kept in the archive only", format.MaxParts)})
			return nil
		}
		if s.broken {
			out.Problem(record.Problem{Offset: s.to, What: "the file ends inside this part; what is there was read",
				Remedy: "save the page again if it is still there", ID: s.header.Get("Content-Location")})
		}
		kind, _, _ := mime.ParseMediaType(s.header.Get("Content-Type"))
		p := format.Part{Type: kind, URL: location(s.header), Theirs: theirs, Size: -1}
		if i == root && p.URL == "" {
			p.URL = link
		}
		p.Path = unique(used, name(p.URL, kind, i == root, n))
		section := io.NewSectionReader(in.R, s.from, s.to-s.from)
		coding := strings.ToLower(strings.TrimSpace(s.header.Get("Content-Transfer-Encoding")))
		p.Open = func() (io.ReadCloser, error) {
			if _, err := section.Seek(0, io.SeekStart); err != nil {
				return nil, err
			}
			return io.NopCloser(decoder(section, coding)), nil
		}
		if err := yield(p); err != nil {
			return err
		}
	}
	return nil
}

// find walks the file once and returns the leaf parts and the file's header.
// Boundaries of multiparts inside are recognised as they are declared.
func find(ctx context.Context, in format.Input) ([]stretch, mail.Header, error) {
	r := &lines{r: bufio.NewReaderSize(io.NewSectionReader(in.R, 0, in.Size), 64<<10)}
	top, err := r.header()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("read %s: %w", in.Path, err)
	}
	boundaries := map[string]bool{}
	declare := func(h mail.Header) bool {
		kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
		if err == nil && strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" && len(boundaries) < 64 {
			boundaries["--"+params["boundary"]] = true
			return true
		}
		return strings.HasPrefix(kind, "multipart/")
	}
	var found []stretch
	if !declare(top) && top.Get("Content-Type") != "" {
		return []stretch{{header: top, from: r.at, to: in.Size}}, top, nil // one page, no parts
	}
	var open *stretch
	end := func(at int64, broken bool) {
		if open != nil && at >= open.from {
			open.to, open.broken = at, broken
			found = append(found, *open)
		}
		open = nil
	}
	for n := 0; ; n++ {
		if n%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
		}
		at, lead := r.at, r.lead
		line, err := r.next()
		if t := strings.TrimRight(string(line), " \t\r\n"); strings.HasPrefix(t, "--") {
			last := !boundaries[t] && boundaries[strings.TrimSuffix(t, "--")] && strings.HasSuffix(t, "--")
			if boundaries[t] || last {
				end(at-lead, false) // the line end before a boundary belongs to it
				if last {
					continue
				}
				h, herr := r.header()
				if herr != nil && !errors.Is(herr, io.EOF) {
					return nil, nil, fmt.Errorf("read %s: %w", in.Path, herr)
				}
				if !declare(h) && len(found) <= format.MaxParts {
					open = &stretch{header: h, from: r.at}
				}
				continue
			}
		}
		if errors.Is(err, io.EOF) {
			end(in.Size, true)
			return found, top, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %s at byte %d: %w", in.Path, at, err)
		}
	}
}

// lines reads a file line by line and knows where it stands.
type lines struct {
	r    *bufio.Reader
	at   int64 // bytes read
	lead int64 // length of the line end just read
}

// next returns the next line with its end, of which at most maxLine bytes are
// kept: a longer line is no boundary and no header.
func (l *lines) next() ([]byte, error) {
	var line []byte
	for {
		b, err := l.r.ReadSlice('\n')
		l.at += int64(len(b))
		if len(line) < maxLine {
			line = append(line, b[:min(len(b), maxLine-len(line))]...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.lead = 0
		if bytes.HasSuffix(b, []byte("\r\n")) {
			l.lead = 2
		} else if bytes.HasSuffix(b, []byte("\n")) {
			l.lead = 1
		}
		return line, err
	}
}

// header reads header fields up to the empty line. Lines that are no field are
// passed over.
func (l *lines) header() (mail.Header, error) {
	h := mail.Header{}
	key, size := "", 0
	for {
		line, err := l.next()
		size += len(line)
		t := strings.TrimRight(string(line), "\r\n")
		switch k, v, ok := strings.Cut(t, ":"); {
		case t == "":
			return h, err
		case (t[0] == ' ' || t[0] == '\t') && key != "":
			h[key][len(h[key])-1] += " " + strings.TrimSpace(t)
		case ok && size <= maxHeader:
			key = textKey(k)
			h[key] = append(h[key], strings.TrimSpace(v))
		}
		if err != nil || size > maxHeader {
			return h, err
		}
	}
}

// textKey writes a field's name as mail.Header.Get looks for it.
func textKey(k string) string {
	parts := strings.Split(strings.ToLower(strings.TrimSpace(k)), "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}

func decoder(r io.Reader, coding string) io.Reader {
	switch coding {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, &alphabet{r: r})
	}
	return r
}

// alphabet lets only the characters of base64 through: mail gateways and
// editors put spaces and signs between them.
type alphabet struct{ r io.Reader }

func (a *alphabet) Read(p []byte) (int, error) {
	for {
		n, err := a.r.Read(p)
		kept := p[:0]
		for _, c := range p[:n] {
			if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' {
				kept = append(kept, c)
			}
		}
		if len(kept) > 0 || err != nil || len(p) == 0 {
			return len(kept), err
		}
	}
}

// rootOf finds the page: what the header's "start" names, what has the
// snapshot's address, else the first HTML part.
func rootOf(found []stretch, top mail.Header, link string) int {
	_, params, _ := mime.ParseMediaType(top.Get("Content-Type"))
	html := -1
	for i, s := range found {
		kind, _, _ := mime.ParseMediaType(s.header.Get("Content-Type"))
		isHTML := kind == "text/html" || kind == "application/xhtml+xml"
		switch {
		case params["start"] != "" && s.header.Get("Content-Id") == params["start"]:
			return i
		case isHTML && link != "" && strings.TrimSpace(s.header.Get("Content-Location")) == link:
			return i
		case isHTML && html < 0:
			html = i
		}
	}
	return max(html, 0)
}

func others(n, root int) []int {
	var out []int
	for i := range n {
		if i != root {
			out = append(out, i)
		}
	}
	return out
}

// location returns where a part is said to come from; browser-made names like
// "cid:" are none.
func location(h mail.Header) string {
	l := strings.TrimSpace(h.Get("Content-Location"))
	if strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://") {
		return l
	}
	return ""
}

// date reads the archive's Date field: when the page was saved, by the
// browser's clock.
func date(h mail.Header) record.When {
	t, err := mail.ParseDate(h.Get("Date"))
	if err != nil || t.Before(time.Unix(0, 0)) {
		return record.When{}
	}
	return record.At(t)
}

// name makes a safe path for a part: the last element of its address, or a
// number. The page itself is always "index.html", so that the media of the
// page are found beside it.
func name(link, kind string, root bool, n int) string {
	if root {
		return "index.html"
	}
	base := ""
	if u, err := url.Parse(link); err == nil {
		base = path.Base(path.Clean("/" + u.Path))
	}
	base = strings.Map(func(r rune) rune {
		if r < 0x20 || strings.ContainsRune(`/\:*?"<>|`, r) || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfffd {
			return '_'
		}
		return r
	}, base)
	if strings.Trim(base, "._ ") == "" {
		base = fmt.Sprintf("part-%d", n)
	}
	if len(base) > 120 {
		base = strings.ToValidUTF8(base[len(base)-120:], "")
	}
	if path.Ext(base) == "" {
		switch kind {
		case "text/html", "application/xhtml+xml":
			base += ".html"
		case "text/css":
			base += ".css"
		case "image/jpeg":
			base += ".jpg"
		case "image/png", "image/gif", "image/webp":
			base += "." + strings.TrimPrefix(kind, "image/")
		}
	}
	return base
}

// unique numbers the second and later parts of the same name.
func unique(used map[string]int, p string) string {
	used[p]++
	if n := used[p]; n > 1 {
		ext := path.Ext(p)
		return unique(used, fmt.Sprintf("%s-%d%s", strings.TrimSuffix(p, ext), n, ext))
	}
	return p
}
