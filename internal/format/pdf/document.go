package pdf

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"dalil/internal/format"
)

// document is a PDF file taken apart into objects.
type document struct {
	b         []byte
	where     map[ref]place
	parsed    map[ref]any
	trailers  []dict
	spent     int64 // bytes unpacked so far
	budget    int64
	encrypted bool
	cut       bool // no end mark
	lang      string
	fonts     map[ref]*font
	fontsRead int
}

// place is where an object's value begins: in the file, or in an unpacked
// object stream.
type place struct {
	in []byte
	at int
}

// page is a page's dictionary with what it inherits, and the byte of its
// object.
type page struct {
	dict
	resources dict
	at        int64
}

// open finds all objects. A later definition of the same number replaces an
// earlier one: that is how a PDF is changed.
func open(ctx context.Context, b []byte) (*document, error) {
	d := &document{b: b, where: map[ref]place{}, parsed: map[ref]any{}, fonts: map[ref]*font{},
		budget: format.MaxSlack + format.MaxRatio*int64(len(b))}
	d.budget = min(d.budget, 1<<30)
	d.cut = !bytes.Contains(b[max(0, len(b)-2048):], []byte("%%EOF"))
	m := marks{b: b, obj: -1, trailer: -1}
	for at := 0; len(d.where) < maxObjects; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		i := m.next(at)
		if i < 0 {
			break
		}
		if b[i] == 't' { // trailer
			l := lexer{b: b, pos: i + len("trailer")}
			if t, ok := l.value(0).(dict); ok {
				d.trailers = append(d.trailers, t)
			}
			at = i + len("trailer")
			continue
		}
		at = i + len("obj")
		n, ok := numberBefore(b, i)
		if !ok {
			continue
		}
		d.where[n] = place{b, at}
		delete(d.parsed, n)
		l := lexer{b: b, pos: at}
		v := l.value(0)
		if hdr, ok := v.(dict); ok {
			if s := streamAt(hdr, l); s != nil {
				at = l.pos + len(s.raw)
				switch hdr["Type"] {
				case name("ObjStm"):
					d.unpackObjects(s)
				case name("XRef"):
					d.trailers = append(d.trailers, hdr)
				}
				continue
			}
		}
		at = max(at, l.pos-len("obj")) // the value may have ended at the next "obj"
	}
	for _, t := range d.trailers {
		if t["Encrypt"] != nil {
			d.encrypted = true
		}
	}
	return d, nil
}

// marks finds "obj" and "trailer", each byte of the file looked at once.
type marks struct {
	b            []byte
	obj, trailer int // where the next of each stands; len(b) when there is none
}

// next returns where the first of both stands at or after a place; -1 when
// there is none.
func (m *marks) next(at int) int {
	find := func(old int, word string) int {
		if old >= at {
			return old
		}
		if i := bytes.Index(m.b[at:], []byte(word)); i >= 0 {
			return at + i
		}
		return len(m.b)
	}
	m.obj, m.trailer = find(m.obj, "obj"), find(m.trailer, "trailer")
	if i := min(m.obj, m.trailer); i < len(m.b) {
		return i
	}
	return -1
}

// numberBefore reads the "12 0 " that stands before "obj".
func numberBefore(b []byte, i int) (ref, bool) {
	back := func(ok func(byte) bool) string {
		end := i
		for i > 0 && ok(b[i-1]) && end-i < 12 {
			i--
		}
		return string(b[i:end])
	}
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	back(space)
	gen := back(digit)
	gap := back(space)
	num := back(digit)
	if gen == "" || gap == "" || num == "" || len(num) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range num {
		n = n*10 + int(c-'0')
	}
	return ref(n), true
}

// streamAt returns the stream that follows a dictionary, or nil. The declared
// length is believed only when "endstream" stands behind it.
func streamAt(hdr dict, l lexer) *stream {
	l.skip()
	if !bytes.HasPrefix(l.b[l.pos:], []byte("stream")) {
		return nil
	}
	at := l.pos + len("stream")
	if at < len(l.b) && l.b[at] == '\r' {
		at++
	}
	if at < len(l.b) && l.b[at] == '\n' {
		at++
	}
	if n, ok := hdr["Length"].(float64); ok && n >= 0 && int64(at)+int64(n) <= int64(len(l.b)) {
		end := at + int(n)
		if bytes.HasPrefix(bytes.TrimLeft(l.b[end:min(len(l.b), end+32)], "\r\n \t"), []byte("endstream")) {
			return &stream{hdr, l.b[at:end]}
		}
	}
	end := bytes.Index(l.b[at:], []byte("endstream"))
	if end < 0 {
		return &stream{hdr, l.b[at:]}
	}
	return &stream{hdr, l.b[at : at+end]}
}

// unpackObjects registers the objects inside an object stream.
func (d *document) unpackObjects(s *stream) {
	if n, ok := s.dict["Length"].(ref); ok && d.where[n].in == nil && len(s.raw) == 0 {
		return
	}
	data, _ := d.unpack(s) // what could be unpacked of a damaged stream is used
	first, _ := d.resolve(s.dict["First"]).(float64)
	if first <= 0 || int(first) > len(data) {
		return
	}
	l := lexer{b: data[:int(first)]}
	for len(d.where) < maxObjects {
		n, ok1 := l.token(0).(float64)
		off, ok2 := l.token(0).(float64)
		if !ok1 || !ok2 {
			return
		}
		if at := first + off; n >= 0 && n < 1<<31 && off >= 0 && int(at) < len(data) {
			d.where[ref(n)] = place{data, int(at)}
			delete(d.parsed, ref(n))
		}
	}
}

// resolve follows references to a value; nil when there is none.
func (d *document) resolve(v any) any {
	for hop := 0; hop < 32; hop++ {
		n, ok := v.(ref)
		if !ok {
			return v
		}
		v = d.object(n)
	}
	return nil
}

// object reads the value of an object.
func (d *document) object(n ref) any {
	if v, ok := d.parsed[n]; ok {
		return v
	}
	p, ok := d.where[n]
	if !ok || d.spent > d.budget {
		return nil
	}
	l := lexer{b: p.in, pos: p.at}
	v := l.value(0)
	d.spent += int64(l.pos - p.at)
	switch x := v.(type) {
	case dict:
		if d.offset(n) < 0 {
			break // there are no streams in object streams
		}
		if s := streamAt(x, l); s != nil {
			v = s
		}
	case keyword:
		v = nil
	}
	d.parsed[n] = v
	return v
}

func (d *document) dict(v any) dict {
	switch x := d.resolve(v).(type) {
	case dict:
		return x
	case *stream:
		return x.dict
	}
	return nil
}

func (d *document) array(v any) array { a, _ := d.resolve(v).(array); return a }

func (d *document) number(v any) float64 { n, _ := d.resolve(v).(float64); return n }

func (d *document) nameOf(v any) name { n, _ := d.resolve(v).(name); return n }

// pages returns the document's pages in order: by the newest page tree that
// has any, else every page object in the file.
func (d *document) pages() []page {
	for i := len(d.trailers) - 1; i >= 0; i-- {
		root := d.dict(d.trailers[i]["Root"])
		if root == nil {
			continue
		}
		if p := d.tree(root["Pages"]); len(p) > 0 {
			d.lang = strings.TrimSpace(d.textOf(root["Lang"]))
			return p
		}
	}
	var catalogs, loose []ref
	for n := range d.where {
		switch d.nameOf(d.dict(n)["Type"]) {
		case "Catalog":
			catalogs = append(catalogs, n)
		case "Page":
			loose = append(loose, n)
		}
	}
	sortByPlace(catalogs, d)
	for i := len(catalogs) - 1; i >= 0; i-- {
		if p := d.tree(d.dict(catalogs[i])["Pages"]); len(p) > 0 {
			return p
		}
	}
	sortByPlace(loose, d)
	var out []page
	for _, n := range loose[:min(len(loose), maxPages)] {
		p := d.dict(n)
		out = append(out, page{p, d.dict(p["Resources"]), d.offset(n)})
	}
	return out
}

// tree walks a page tree without recursion; a node is visited once.
func (d *document) tree(root any) []page {
	type node struct {
		v         any
		resources dict
	}
	var out []page
	seen := map[ref]bool{}
	stack := []node{{root, nil}}
	for visits := 0; len(stack) > 0 && len(out) < maxPages && visits < maxObjects; visits++ {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		at := int64(-1)
		if r, ok := n.v.(ref); ok {
			if seen[r] {
				continue
			}
			seen[r] = true
			at = d.offset(r)
		}
		p := d.dict(n.v)
		if p == nil {
			continue
		}
		if r := d.dict(p["Resources"]); r != nil {
			n.resources = r
		}
		kids, ok := d.resolve(p["Kids"]).(array)
		if !ok {
			if t := d.nameOf(p["Type"]); t == "Page" || t == "" && p["Contents"] != nil {
				out = append(out, page{p, n.resources, at})
			}
			continue
		}
		for i := len(kids) - 1; i >= 0; i-- {
			stack = append(stack, node{kids[i], n.resources})
		}
	}
	return out
}

// offset returns where in the file an object is; -1 inside an object stream.
func (d *document) offset(n ref) int64 {
	p := d.where[n]
	if len(p.in) == 0 || &p.in[0] != &d.b[0] {
		return -1
	}
	return int64(p.at)
}

func (d *document) info() dict {
	for i := len(d.trailers) - 1; i >= 0; i-- {
		if info := d.dict(d.trailers[i]["Info"]); info != nil {
			return info
		}
	}
	return nil
}

// textOf decodes a text string: UTF-16 or UTF-8 with a mark, else Latin.
func (d *document) textOf(v any) string {
	s, _ := d.resolve(v).(str)
	switch {
	case strings.HasPrefix(string(s), "\xfe\xff"):
		return clean(utf16BE(string(s[2:])))
	case strings.HasPrefix(string(s), "\xff\xfe"):
		var units []uint16
		for i := 2; i+1 < len(s); i += 2 {
			units = append(units, uint16(s[i])|uint16(s[i+1])<<8)
		}
		return clean(string(utf16.Decode(units)))
	case strings.HasPrefix(string(s), "\xef\xbb\xbf"):
		return clean(string(s[3:]))
	}
	t, err := charmap.Windows1252.NewDecoder().String(string(s))
	if err != nil {
		return ""
	}
	return clean(t)
}

func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, "\x00", "")), " ")
	if len(s) > 4096 {
		s = strings.ToValidUTF8(s[:4096], "")
	}
	return s
}

func utf16BE(s string) string {
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return string(utf16.Decode(units))
}

// sortByPlace orders objects as they stand in the file, those of object streams
// first and by number.
func sortByPlace(list []ref, d *document) {
	slices.SortFunc(list, func(a, b ref) int {
		return cmp.Or(cmp.Compare(d.offset(a), d.offset(b)), cmp.Compare(a, b))
	})
}
