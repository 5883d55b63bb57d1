package autoarchiver

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Python values as their repr gives them: string, float64, bool, nil, list,
// dict, instant and call.
type (
	dict    []pair
	pair    struct{ key, value any }
	list    []any
	instant struct { // datetime.datetime(…)
		t    time.Time
		zone bool
	}
	call struct { // any other Name(arguments)
		name string
		args dict // positional ones have a nil key
	}
)

// get returns the value of the last pair with that key, as Python would.
func (d dict) get(key string) any {
	for i := len(d) - 1; i >= 0; i-- {
		if d[i].key == key {
			return d[i].value
		}
	}
	return nil
}

// str returns v if it is a string, "" otherwise.
func str(v any) string { s, _ := v.(string); return s }

// when is the instant; a datetime without tzinfo is taken in zone.
func (i instant) when(zone *time.Location) record.When {
	if i.zone {
		return record.At(i.t)
	}
	if zone == nil {
		zone = time.UTC
	}
	t := i.t
	w := record.At(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone))
	w.NoZone = true
	return w
}

// parsePython reads the repr of a value. On a fault it returns what could be
// read before it: a dict keeps its pairs.
func parsePython(s string) (any, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	p := python{s: s}
	v, err := p.value(0)
	if err == nil {
		if p.space(); p.i < len(p.s) {
			err = p.fault("something follows the value")
		}
	}
	return v, err
}

// python is a reader of one repr.
type python struct {
	s      string
	i      int
	values int // read so far
}

// maxValues bounds the memory that a cell can cost. An archived post has some
// hundreds.
const maxValues = 1 << 17

var errPython = errors.New("python value")

func (p *python) fault(what string) error {
	return fmt.Errorf("%w: %s at character %d", errPython, what, p.i)
}

func (p *python) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// eat takes c if it comes next.
func (p *python) eat(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *python) value(depth int) (any, error) {
	if depth > format.MaxDepth {
		return nil, p.fault("nested too deep")
	}
	if p.values++; p.values > maxValues {
		return nil, p.fault("too many values")
	}
	p.space()
	if p.i >= len(p.s) {
		return nil, p.fault("the value ends")
	}
	switch c := p.s[p.i]; {
	case c == '{':
		p.i++
		return p.dict(depth)
	case c == '[':
		p.i++
		return p.list(']', depth)
	case c == '(':
		p.i++
		return p.list(')', depth)
	case c == '\'' || c == '"':
		return p.text(false)
	case c == '<':
		return p.opaque()
	case c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9':
		return p.number()
	default:
		return p.name(depth)
	}
}

// dict reads a dict or a set behind its brace; a set is a list.
func (p *python) dict(depth int) (any, error) {
	d := dict{}
	var set list
	for {
		if p.eat('}') {
			if set != nil {
				return set, nil
			}
			return d, nil
		}
		k, err := p.value(depth + 1)
		if err != nil {
			return d, err
		}
		if !p.eat(':') {
			set = append(set, k)
		} else {
			v, err := p.value(depth + 1)
			d = append(d, pair{k, v})
			if err != nil {
				return d, err
			}
		}
		if !p.eat(',') && !p.ahead('}') {
			return d, p.fault("no comma in a dict")
		}
	}
}

func (p *python) list(end byte, depth int) (any, error) {
	l := list{}
	for {
		if p.eat(end) {
			return l, nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return l, err
		}
		l = append(l, v)
		if !p.eat(',') && !p.ahead(end) {
			return l, p.fault("no comma in a list")
		}
	}
}

// ahead reports whether c comes next.
func (p *python) ahead(c byte) bool {
	p.space()
	return p.i < len(p.s) && p.s[p.i] == c
}

// number reads an int or float; what is too large for one stays a string.
func (p *python) number() (any, error) {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte("+-.0123456789eExXabcdefABCDEF_jJ", p.s[p.i]) >= 0 {
		p.i++
	}
	s := p.s[start:p.i]
	if f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64); err == nil {
		return f, nil
	}
	return s, nil
}

// opaque reads <something like this>, the repr of what has none.
func (p *python) opaque() (any, error) {
	start, open := p.i, 0
	for ; p.i < len(p.s); p.i++ {
		switch p.s[p.i] {
		case '<':
			open++
		case '>':
			if open--; open == 0 {
				p.i++
				return p.s[start:p.i], nil
			}
		}
	}
	return p.s[start:], p.fault("a < without its >")
}

// name reads a constant, a prefixed string, or a call like
// datetime.datetime(2031, 5, 4, tzinfo=datetime.timezone.utc).
func (p *python) name(depth int) (any, error) {
	start := p.i
	for p.i < len(p.s) {
		c, n := utf8.DecodeRuneInString(p.s[p.i:])
		if c != '.' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		p.i += n
	}
	name := p.s[start:p.i]
	if name == "" {
		return nil, p.fault(fmt.Sprintf("unexpected %.4q", p.s[p.i:]))
	}
	if p.i < len(p.s) && (p.s[p.i] == '\'' || p.s[p.i] == '"') && len(name) <= 2 {
		return p.text(strings.ContainsAny(name, "rR"))
	}
	switch name {
	case "None":
		return nil, nil
	case "True":
		return true, nil
	case "False":
		return false, nil
	}
	if p.i >= len(p.s) || p.s[p.i] != '(' {
		return call{name: name}, nil // datetime.timezone.utc and the like
	}
	p.i++
	c := call{name: name}
	for !p.eat(')') {
		var key any
		p.space()
		mark := p.i
		for p.i < len(p.s) && (p.s[p.i] == '_' || p.s[p.i]|0x20 >= 'a' && p.s[p.i]|0x20 <= 'z') {
			p.i++
		}
		if p.i > mark && p.i < len(p.s) && p.s[p.i] == '=' {
			key = p.s[mark:p.i]
			p.i++
		} else {
			p.i = mark
		}
		v, err := p.value(depth + 1)
		c.args = append(c.args, pair{key, v})
		if err != nil {
			return c, err
		}
		if !p.eat(',') && !p.ahead(')') {
			return c, p.fault("no comma between arguments")
		}
	}
	return c.value(), nil
}

// value turns the calls that are known into values: a datetime into an
// instant, a dataclass into the dict of its fields.
func (c call) value() any {
	switch c.name {
	case "datetime.datetime", "datetime", "datetime.date":
		var n [6]int
		n[1], n[2] = 1, 1
		i := 0
		for _, a := range c.args {
			if f, ok := a.value.(float64); ok && a.key == nil && i < len(n) && f >= 0 && f <= 9999 {
				n[i] = int(f)
				i++
			}
		}
		at := instant{zone: c.args.get("tzinfo") != nil}
		zone := time.UTC
		if z, ok := c.args.get("tzinfo").(call); ok {
			zone = z.zone()
		}
		at.t = time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, zone)
		return at
	}
	for _, a := range c.args {
		if a.key != nil {
			return c.args
		}
	}
	return c
}

// zone reads datetime.timezone(datetime.timedelta(seconds=10800)) and its
// kin; UTC for what it does not know.
func (c call) zone() *time.Location {
	for _, a := range c.args {
		fields, ok := a.value.(dict)
		if !ok {
			continue
		}
		seconds := 0.0
		for unit, size := range map[string]float64{"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400} {
			if f, ok := fields.get(unit).(float64); ok {
				seconds += f * size
			}
		}
		if seconds > -86400 && seconds < 86400 {
			return time.FixedZone("", int(seconds))
		}
	}
	return time.UTC
}

// text reads a string literal; raw ones keep their backslashes.
func (p *python) text(raw bool) (any, error) {
	quote := p.s[p.i]
	p.i++
	var b strings.Builder
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch {
		case c == quote:
			return strings.ToValidUTF8(b.String(), "\uFFFD"), nil
		case c != '\\' || raw || p.i >= len(p.s):
			b.WriteByte(c)
		default:
			p.escape(&b)
		}
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD"), p.fault("a string that does not end")
}

// escape reads what follows a backslash; what it does not know it keeps.
func (p *python) escape(b *strings.Builder) {
	c := p.s[p.i]
	p.i++
	hex := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case c == 'n':
		b.WriteByte('\n')
	case c == 't':
		b.WriteByte('\t')
	case c == 'r':
		b.WriteByte('\r')
	case c == '\\' || c == '\'' || c == '"':
		b.WriteByte(c)
	case c == '\n':
	case hex > 0 && p.i+hex <= len(p.s):
		n, err := strconv.ParseUint(p.s[p.i:p.i+hex], 16, 32)
		if err != nil {
			b.WriteByte('\\')
			b.WriteByte(c)
			return
		}
		p.i += hex
		if n > utf8.MaxRune || n >= 0xD800 && n <= 0xDFFF {
			n = utf8.RuneError
		}
		b.WriteRune(rune(n))
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
}
