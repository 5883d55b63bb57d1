package text

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"dalil/internal/record"
)

// line is one line of the source, without its end and without white space
// around it. start and end are bytes of the file, so that a comment can be
// cited exactly whatever the encoding.
type line struct {
	start, end int64
	text       string
}

func (l line) blank() bool { return l.text == "" }

// source is a decoded text.
type source struct {
	lines []line
	flags []record.Flag
}

// isText reports whether b can be text: no NUL and hardly any control bytes,
// unless the NULs are the high halves of UTF-16.
func isText(b []byte) bool {
	if order, _ := utf16Order(b); order != nil {
		return true
	}
	control := 0
	for _, c := range b {
		switch {
		case c == 0:
			return false
		case c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b, c == 0x7f:
			control++
		}
	}
	return control*200 <= len(b)
}

// utf16Order returns the byte order of UTF-16 text and the length of its byte
// order mark; nil when b is not UTF-16. Without a mark it is believed when one
// half of the pairs is nearly always 0 (ASCII) or a single block like 06
// (Arabic), and the text decodes to letters.
func utf16Order(b []byte) (binary.ByteOrder, int) {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return binary.LittleEndian, 2
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return binary.BigEndian, 2
	}
	n := min(len(b)&^1, 4096)
	if n < 8 || bytes.IndexByte(b[:n], 0) < 0 {
		return nil, 0
	}
	for i, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		good := 0
		for j := 0; j < n; j += 2 {
			high := b[j+1-i]
			switch r := rune(order.Uint16(b[j:])); {
			case high == 0 && (r >= 0x20 && r < 0x7f || r == '\n' || r == '\r' || r == '\t'),
				high >= 5 && high <= 7 && unicode.IsPrint(r), high == 0x20 && unicode.IsPrint(r):
				good++
			}
		}
		if good*2*100 >= 95*n {
			return order, 0
		}
	}
	return nil, 0
}

// decode splits b into lines and decodes each. Bytes that fit no encoding
// become U+FFFD; a guessed or damaged encoding is flagged.
func decode(b []byte) source {
	if order, mark := utf16Order(b); order != nil {
		return decodeUTF16(b, order, mark)
	}
	from := 0
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		from = 3
	}
	toText := func(p []byte) string { return string(p) }
	var flags []record.Flag
	if !utf8.Valid(b[from:]) {
		flags = []record.Flag{record.FlagInvalidUTF8}
		toText = func(p []byte) string { return strings.ToValidUTF8(string(p), "\uFFFD") }
		if cm := guess(b[from:]); cm != nil {
			toText = func(p []byte) string {
				s, err := cm.NewDecoder().Bytes(p)
				if err != nil { // a charmap decodes every byte; this is for the compiler
					return strings.ToValidUTF8(string(p), "\uFFFD")
				}
				return string(s)
			}
		}
	}
	var lines []line
	for at := from; at < len(b); {
		n := bytes.IndexAny(b[at:], "\r\n")
		end, next := len(b), len(b)
		if n >= 0 {
			end, next = at+n, at+n+1
			if b[end] == '\r' && next < len(b) && b[next] == '\n' {
				next++
			}
		}
		lines = append(lines, line{int64(at), int64(end), clean(toText(b[at:end]))})
		at = next
	}
	return source{lines, flags}
}

func decodeUTF16(b []byte, order binary.ByteOrder, from int) source {
	var s source
	units := make([]uint16, 0, 256)
	start := from
	flush := func(end int) {
		s.lines = append(s.lines, line{int64(start), int64(end), clean(string(utf16.Decode(units)))})
		units = units[:0]
	}
	for i := from; i+1 < len(b); i += 2 {
		switch u := order.Uint16(b[i:]); u {
		case '\n':
			flush(i)
			start = i + 2
		case '\r':
		default:
			units = append(units, u)
		}
	}
	if len(units) > 0 {
		flush(len(b) &^ 1)
	}
	if len(b)%2 == 1 {
		s.flags = append(s.flags, record.FlagTruncated)
	}
	return s
}

// clean cuts white space and stray NULs from a line's ends. What a reader sees
// inside stays as written.
func clean(s string) string {
	return strings.TrimFunc(strings.ReplaceAll(s, "\x00", ""), func(r rune) bool {
		return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B'
	})
}

// guess names the 8-bit code page of text that is not UTF-8, or nil when the
// text is UTF-8 with some broken bytes. The pages differ in what they make of
// the bytes above 0x7F: in the right one, they are letters standing in words
// of one script.
func guess(b []byte) *charmap.Charmap {
	b = b[:min(len(b), 1<<16)]
	good, bad := 0, 0
	for p := b; len(p) > 0; {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		p = p[n:]
	}
	if good >= bad {
		return nil
	}
	var best *charmap.Charmap
	top := 0
	for _, c := range []struct {
		cm     *charmap.Charmap
		script *unicode.RangeTable
	}{
		{charmap.Windows1256, unicode.Arabic},
		{charmap.Windows1255, unicode.Hebrew},
		{charmap.Windows1254, unicode.Latin},
		{charmap.Windows1252, unicode.Latin},
		{charmap.Windows1251, unicode.Cyrillic},
	} {
		score, prev := 0, rune(' ')
		for _, x := range b {
			r := c.cm.DecodeByte(x)
			switch {
			case x < 0x80: // the same in all of them
			case r == utf8.RuneError:
				score -= 8
			case unicode.Is(c.script, r) && unicode.Is(c.script, prev):
				score += 2
				if unicode.IsUpper(r) && unicode.IsLower(prev) {
					score -= 5 // "وزير" read as Latin is "æÒíÑ": capitals inside words
				}
			case unicode.Is(c.script, r):
				score++
			case unicode.IsLetter(r):
				score -= 2
			}
			prev = r
		}
		if score > top {
			best, top = c.cm, score
		}
	}
	if best == nil {
		return charmap.Windows1252
	}
	return best
}
