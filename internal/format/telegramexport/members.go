package telegramexport

import "bytes"

// A value is one JSON value inside a message that is in memory.
type value struct {
	kind byte   // '"', '{', '[', '0' for a number, 't', 'f', 'n' for a literal; 0: absent
	raw  []byte // a string without its quotes, anything else as it stands
}

// members walks the members of an object or the elements of an array. It
// forgives a missing or doubled comma, and notes it.
type members struct {
	b    []byte // the object or array with its brackets
	i    int
	d    *defects
	key  []byte // as written, without quotes; nil in an array
	val  value
	fail bool // b could not be read to its end
}

func walk(v value, d *defects) members { return members{b: v.raw, d: d} }

// next goes to the next member and reports whether there is one.
func (m *members) next() bool {
	b, object := m.b, m.b[0] == '{'
	first := m.i == 0
	i := skipSpace(b, max(m.i, 1))
	if !first {
		if i < len(b) && b[i] == ',' {
			i = skipSpace(b, i+1)
		} else if i < len(b) && b[i] != '}' && b[i] != ']' {
			*m.d |= missingComma
		}
	}
	for i < len(b) && b[i] == ',' {
		*m.d |= missingComma
		i = skipSpace(b, i+1)
	}
	if i >= len(b)-1 {
		m.fail = i != len(b)-1
		return false
	}
	m.key = nil
	if object {
		if b[i] != '"' {
			m.fail = true
			return false
		}
		end := stringEnd(b, i+1)
		if end < 0 {
			m.fail = true
			return false
		}
		m.key = b[i+1 : end]
		if i = skipSpace(b, end+1); i >= len(b) || b[i] != ':' {
			m.fail = true
			return false
		}
		i = skipSpace(b, i+1)
	}
	m.val, m.i = readValue(b, i)
	m.fail = m.val.kind == 0
	return !m.fail
}

// stringEnd returns the index of the quote that ends the string whose first
// byte is at from, or -1. It jumps from quote to quote and looks back whether
// the quote is escaped: text has few quotes.
func stringEnd(b []byte, from int) int {
	for i := from; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		if i == from || b[i-1] != '\\' || backslashes(b[from:i])%2 == 0 {
			return i
		}
	}
}

// backslashes counts those at the end of b.
func backslashes(b []byte) int {
	i := len(b)
	for i > 0 && b[i-1] == '\\' {
		i--
	}
	return len(b) - i
}

// readValue reads the value at i and returns the index behind it. The kind is
// 0 if there is none.
func readValue(b []byte, i int) (value, int) {
	if i >= len(b) {
		return value{}, i
	}
	switch c := b[i]; c {
	case '"':
		end := stringEnd(b, i+1)
		if end < 0 {
			return value{}, i
		}
		return value{c, b[i+1 : end]}, end + 1
	case '{', '[':
		var e extent
		n, o := e.scan(b[i:])
		if o != closed {
			return value{}, i
		}
		return value{c, b[i : i+n]}, i + n
	}
	j := i
	for j < len(b) && classes[b[j]] == classSkip && b[j] > ' ' && b[j] != ',' && b[j] != ':' {
		j++
	}
	raw := b[i:j]
	switch string(raw) {
	case "":
		return value{}, i
	case "true", "false", "null":
		return value{raw[0], raw}, j
	}
	for _, c := range raw {
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return value{}, i
		}
	}
	return value{'0', raw}, j
}
