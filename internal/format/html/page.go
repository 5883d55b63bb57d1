package html

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"

	"dalil/internal/record"
)

// page is the bytes of a page in a form whose tags can be found as ASCII: the
// file's own bytes, or for UTF-16 their UTF-8 form.
type page struct {
	bytes []byte
	enc   encoding.Encoding // nil when bytes is UTF-8
	utf16 int64             // bytes before the first UTF-16 unit, or -1
	marks []mark
	flags []record.Flag
}

func newPage(b []byte) page {
	p := page{bytes: b, utf16: -1}
	if order, mark := utf16Order(b); order != nil {
		units := make([]uint16, 0, len(b)/2)
		for i := mark; i+1 < len(b); i += 2 {
			units = append(units, order.Uint16(b[i:]))
		}
		p.bytes, p.utf16 = []byte(string(utf16.Decode(units))), int64(mark)
		p.marks = newMarks(p.bytes, p.utf16)
		return p
	}
	if utf8.Valid(b) || utf8.Valid(b[:max(0, len(b)-3)]) {
		return p // whatever it declares: other encodings hardly ever make valid UTF-8
	}
	enc, name, _ := charset.DetermineEncoding(b[:min(len(b), 1024)], "")
	if name == "utf-8" || strings.HasPrefix(name, "utf-16") {
		p.flags = append(p.flags, record.FlagInvalidUTF8)
		return p
	}
	p.enc = enc
	return p
}

// utf16Order returns the byte order of a UTF-16 page and the length of its
// mark. Without a mark, "<" beside a zero byte at the start tells it.
func utf16Order(b []byte) (binary.ByteOrder, int) {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return binary.LittleEndian, 2
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return binary.BigEndian, 2
	case bytes.HasPrefix(b, []byte{'<', 0}):
		return binary.LittleEndian, 0
	case bytes.HasPrefix(b, []byte{0, '<'}):
		return binary.BigEndian, 0
	}
	return nil, 0
}

// text decodes a stretch of p.bytes. Broken bytes become U+FFFD.
func (p page) text(b []byte) string {
	if p.enc != nil {
		if d, err := p.enc.NewDecoder().Bytes(b); err == nil {
			b = d
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// offset returns the byte of the file that i of p.bytes came from.
func (p page) offset(i int) int64 {
	if p.utf16 < 0 {
		return int64(i)
	}
	k := min(i/markEvery, len(p.marks)-1)
	n := p.marks[k].file
	for _, r := range string(p.bytes[p.marks[k].text:max(i, p.marks[k].text)]) {
		n += wide(r)
	}
	return n
}

// mark ties a byte of p.bytes to the byte of the file it came from.
type mark struct {
	text int
	file int64
}

// markEvery is how many bytes of text apart marks are.
const markEvery = 4096

// newMarks sets marks[k] to the first character at or before k*markEvery.
func newMarks(text []byte, from int64) []mark {
	marks := []mark{{0, from}}
	for i, r := range string(text) {
		if (i+utf8.RuneLen(r))/markEvery >= len(marks) {
			marks = append(marks, mark{i, from})
		}
		from += wide(r)
	}
	return marks
}

// wide returns the bytes of a character in UTF-16.
func wide(r rune) int64 {
	if r > 0xffff {
		return 4
	}
	return 2
}
