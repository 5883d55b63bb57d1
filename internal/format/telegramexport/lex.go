package telegramexport

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"dalil/internal/format"
)

// What a byte means outside of strings.
const (
	classBad   = iota // cannot stand there in any JSON
	classSkip         // white space, comma, colon, part of a number or literal
	classQuote        // "
	classOpen         // { [
	classClose        // } ]
)

// classes tells the class of each byte. Letters are only those of true, false,
// null and exponents: in a message whose quotes have gone wrong, the text that
// then stands outside of strings is found out at its first word.
var classes = func() (t [256]uint8) {
	for _, c := range " \t\r\n,:0123456789+-.eEtrufalsn" {
		t[c] = classSkip
	}
	t['"'], t['{'], t['['], t['}'], t[']'] = classQuote, classOpen, classOpen, classClose, classClose
	return t
}()

// special returns the index of the first quote, backslash or control
// character of b at or after i, or len(b). It looks at eight bytes at a time;
// the lowest marked byte is exact, see "Hacker's Delight" section 6-1.
func special(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		quote, slash := x^ones*'"', x^ones*'\\'
		if m := ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*' ')&^x) & tops; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return len(b)
}

// An extent finds where a JSON object or array ends. It sees the bytes in
// pieces of any size, in order, and needs memory for the nesting only.
type extent struct {
	depth   int
	arrays  [format.MaxDepth / 64]uint64 // bit set: the container at this depth is an array
	seen    int64                        // bytes scanned before the current piece
	quoted  bool                         // the piece before ended inside a string
	slash   bool                         // … after a backslash
	message bool                         // the value is a message, and holds no other
	nested  int64                        // where an object inside of a message looks like another; 0: nowhere
	deep    bool                         // nested more than format.MaxDepth
}

type outcome uint8

const (
	unfinished outcome = iota // the value goes on in the next piece
	closed                    // the value ends before n
	broken                    // the byte at n cannot stand there
)

// maxRunOn is how far an object is followed beyond the place where another
// message seems to begin inside of it. Beyond that, its end is missing.
const maxRunOn = 64 << 10

// scan goes on with b and returns how many bytes of it were taken.
func (e *extent) scan(b []byte) (n int, o outcome) {
	for i := 0; i < len(b); {
		if !e.quoted {
			switch classes[b[i]] {
			case classSkip:
				i++
				continue
			case classQuote:
				e.quoted = true
				i++
			case classOpen:
				e.open(b[i:], e.seen+int64(i))
				i++
				continue
			case classClose:
				if !e.close(b[i]) || e.nested != 0 && e.seen+int64(i)-e.nested > maxRunOn {
					return i, broken
				}
				i++
				if e.depth == 0 {
					return i, closed
				}
				continue
			default:
				return i, broken
			}
		}
		if e.slash && i < len(b) {
			e.slash = false
			i++
		}
		end := stringEnd(b, i)
		if end < 0 {
			e.slash = backslashes(b[i:])%2 == 1
			break
		}
		e.quoted = false
		i = end + 1
	}
	e.seen += int64(len(b))
	return len(b), unfinished
}

// open takes an opening bracket, the first byte of b, at byte at of the value.
func (e *extent) open(b []byte, at int64) {
	d := e.depth
	e.depth++
	switch {
	case d >= format.MaxDepth:
		e.deep = true
	case b[0] == '[':
		e.arrays[d/64] |= 1 << (d % 64)
	default:
		e.arrays[d/64] &^= 1 << (d % 64)
	}
	if e.message && d > 0 && e.nested == 0 && b[0] == '{' && startsWithID(b) {
		e.nested = at
	}
}

// close takes a closing bracket; false if it does not fit the opening one.
func (e *extent) close(c byte) bool {
	e.depth--
	d := e.depth
	return d >= 0 && (d >= format.MaxDepth || (e.arrays[d/64]>>(d%64)&1 == 1) == (c == ']'))
}

// startsWithID reports whether the object at b begins with the member "id", as
// only messages do.
func startsWithID(b []byte) bool {
	i := skipSpace(b, 1)
	return len(b) >= i+4 && string(b[i:i+4]) == `"id"`
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// defects are what was wrong with a piece of text, one bit each.
type defects uint16

const (
	badUTF8 defects = 1 << iota
	badEscape
	controlEscape
	loneSurrogate
	duplicateKey
	missingComma
	tooLong
)

// unquote appends the text of a JSON string, given without its quotes, to dst.
// The result is valid UTF-8 whatever raw holds.
func unquote(dst, raw []byte, d *defects) []byte {
	for i := 0; ; {
		j := i
		for { // control characters stand for themselves
			if j = special(raw, j); j == len(raw) || raw[j] == '\\' {
				break
			}
			j++
		}
		dst = appendValid(dst, raw[i:j], d)
		if j == len(raw) {
			return dst
		}
		i = j + 1
		if i == len(raw) {
			*d |= badEscape
			return append(dst, '\\')
		}
		c := raw[i]
		i++
		switch c {
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'x':
			// Telegram Desktop's own: a control character in two digits.
			v, ok := hex(raw, i, 2)
			if !ok {
				*d |= badEscape
				dst = append(dst, '\\', 'x')
				continue
			}
			*d |= controlEscape
			dst = utf8.AppendRune(dst, v)
			i += 2
		case 'u':
			v, ok := hex(raw, i, 4)
			if !ok {
				*d |= badEscape
				dst = append(dst, '\\', 'u')
				continue
			}
			i += 4
			if v >= 0xd800 && v < 0xe000 {
				low, ok := rune(0), false
				if v < 0xdc00 && i+1 < len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
					low, ok = hex(raw, i+2, 4)
				}
				if ok && low >= 0xdc00 && low < 0xe000 {
					v = (v-0xd800)<<10 | (low - 0xdc00) + 0x10000
					i += 6
				} else {
					*d |= loneSurrogate
					v = utf8.RuneError
				}
			}
			dst = utf8.AppendRune(dst, v)
		default:
			*d |= badEscape
			dst = append(dst, '\\')
			i-- // the byte after it may begin a longer character
		}
	}
}

// appendValid appends b with every byte that is no UTF-8 replaced by U+FFFD.
func appendValid(dst, b []byte, d *defects) []byte {
	if utf8.Valid(b) {
		return append(dst, b...)
	}
	*d |= badUTF8
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		dst = utf8.AppendRune(dst, r)
		b = b[n:]
	}
	return dst
}

// hex reads n hexadecimal digits at i.
func hex(b []byte, i, n int) (rune, bool) {
	if i+n > len(b) {
		return 0, false
	}
	var v rune
	for _, c := range b[i : i+n] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}
