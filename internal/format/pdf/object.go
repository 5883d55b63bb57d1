package pdf

import (
	"bytes"
	"strconv"
)

// The values of PDF in Go: nil, bool, float64, str, name, array, dict, ref,
// *stream and, in a content stream, keyword.
type (
	str     string
	name    string
	keyword string
	array   []any
	dict    map[name]any
	ref     int // object number; generations are not told apart
	stream  struct {
		dict
		raw []byte
	}
)

// maxNest is how deep arrays and dictionaries may be nested.
const maxNest = 64

// lexer reads values from bytes. It always goes forward and ends: what is no
// value is read as a keyword.
type lexer struct {
	b     []byte
	pos   int
	count int // values read, against arrays that fill the memory
}

const (
	maxValues = 2 << 20 // values of one object
	maxString = 1 << 20 // bytes of one string: one that was never closed ends here
)

func space(c byte) bool {
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' '
}

func delim(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func (l *lexer) skip() {
	for l.pos < len(l.b) {
		switch c := l.b[l.pos]; {
		case space(c):
			l.pos++
		case c == '%':
			for l.pos < len(l.b) && l.b[l.pos] != '\n' && l.b[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

// eof is the keyword at the end of the bytes. It cannot be written in a file.
const eof = keyword("\x00eof")

// value reads the next value, with references ("12 0 R") put together.
func (l *lexer) value(depth int) any {
	v := l.token(depth)
	n, ok := v.(float64)
	if !ok || n < 0 || n != float64(int(n)) || n > 1<<31 {
		return v
	}
	back := l.pos
	if g, ok := l.token(depth).(float64); ok && g >= 0 {
		if k, ok := l.token(depth).(keyword); ok && k == "R" {
			return ref(n)
		}
	}
	l.pos = back
	return v
}

// token reads the next value as it stands.
func (l *lexer) token(depth int) any {
	l.skip()
	if l.count++; l.pos >= len(l.b) || l.count > maxValues {
		return eof
	}
	c := l.b[l.pos]
	switch c {
	case '/':
		l.pos++
		return l.name()
	case '(':
		l.pos++
		return l.literal()
	case '[':
		l.pos++
		return l.array(depth + 1)
	case '<':
		if l.pos+1 < len(l.b) && l.b[l.pos+1] == '<' {
			l.pos += 2
			return l.dict(depth + 1)
		}
		l.pos++
		return l.hex()
	case '>':
		if l.pos+1 < len(l.b) && l.b[l.pos+1] == '>' {
			l.pos += 2
			return keyword(">>")
		}
		fallthrough
	case ']', ')', '{', '}':
		l.pos++
		return keyword(c)
	}
	from := l.pos
	for l.pos < len(l.b) && !space(l.b[l.pos]) && !delim(l.b[l.pos]) {
		l.pos++
	}
	word := l.b[from:l.pos]
	if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if n, err := strconv.ParseFloat(string(word), 64); err == nil && n == n && n < 1e18 && n > -1e18 {
			return n
		}
	}
	switch string(word) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	return keyword(word)
}

func (l *lexer) name() name {
	var out []byte
	for l.pos < len(l.b) && !space(l.b[l.pos]) && !delim(l.b[l.pos]) {
		c := l.b[l.pos]
		l.pos++
		if c == '#' && l.pos+1 < len(l.b) {
			if n, err := strconv.ParseUint(string(l.b[l.pos:l.pos+2]), 16, 8); err == nil {
				c = byte(n)
				l.pos += 2
			}
		}
		out = append(out, c)
	}
	return name(out)
}

func (l *lexer) literal() str {
	var out []byte
	depth := 1
	for l.pos < len(l.b) && len(out) < maxString {
		c := l.b[l.pos]
		l.pos++
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return str(out)
			}
		case '\\':
			if l.pos >= len(l.b) {
				return str(out)
			}
			c = l.b[l.pos]
			l.pos++
			switch c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case '\r':
				if l.pos < len(l.b) && l.b[l.pos] == '\n' {
					l.pos++
				}
				continue
			case '\n':
				continue
			default:
				if c >= '0' && c <= '7' {
					n := int(c - '0')
					for i := 0; i < 2 && l.pos < len(l.b) && l.b[l.pos] >= '0' && l.b[l.pos] <= '7'; i++ {
						n = n*8 + int(l.b[l.pos]-'0')
						l.pos++
					}
					c = byte(n)
				}
			}
		}
		out = append(out, c)
	}
	return str(out)
}

func (l *lexer) hex() str {
	var out []byte
	half, n := 0, byte(0)
	for l.pos < len(l.b) && len(out) < maxStream {
		c := l.b[l.pos]
		l.pos++
		switch {
		case c == '>':
			if half == 1 {
				out = append(out, n<<4)
			}
			return str(out)
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			continue
		}
		if n = n<<4 | c; half == 1 {
			out = append(out, n)
			n = 0
		}
		half ^= 1
	}
	return str(out)
}

func (l *lexer) array(depth int) any {
	var out array
	for {
		v := any(keyword("]"))
		if depth <= maxNest {
			v = l.value(depth)
		}
		switch k, _ := v.(keyword); k {
		case keyword("]"), eof, keyword("obj"), keyword("endobj"), keyword(">>"):
			return out
		}
		out = append(out, v)
	}
}

func (l *lexer) dict(depth int) any {
	out := dict{}
	for depth <= maxNest {
		k := l.token(depth)
		switch w, _ := k.(keyword); w {
		case keyword(">>"), eof, keyword("obj"), keyword("endobj"), keyword("stream"):
			return out
		}
		key, ok := k.(name)
		if !ok {
			continue
		}
		v := l.value(depth)
		if w, ok := v.(keyword); ok && (w == ">>" || w == eof) {
			return out
		}
		if _, twice := out[key]; !twice {
			out[key] = v
		}
	}
	return out
}
