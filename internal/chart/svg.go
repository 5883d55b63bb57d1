package chart

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// A pen writes SVG. Everything that goes through it is escaped, and characters
// that XML does not have become U+FFFD.
type pen struct {
	bytes.Buffer
	words
}

// An attr is a name and a value of an element: a string, or a number of units.
type attr struct {
	name  string
	value any
}

func (p *pen) tag(name, end string, attrs []attr) {
	p.WriteString("<" + name)
	for _, a := range attrs {
		p.WriteString(" " + a.name + `="`)
		switch v := a.value.(type) {
		case string:
			p.escape(v)
		case float64:
			p.WriteString(number(v))
		case int:
			p.WriteString(strconv.Itoa(v))
		}
		p.WriteString(`"`)
	}
	p.WriteString(end)
}

func (p *pen) open(name string, attrs ...attr)  { p.tag(name, ">\n", attrs) }
func (p *pen) empty(name string, attrs ...attr) { p.tag(name, "/>\n", attrs) }
func (p *pen) close(name string)                { p.WriteString("</" + name + ">\n") }

// label writes words of ours into the picture.
func (p *pen) label(text string, attrs ...attr) { p.put("text", p.own(text), attrs...) }

// put writes an element that holds text.
func (p *pen) put(name, text string, attrs ...attr) {
	p.tag(name, ">", attrs)
	p.escape(text)
	p.close(name)
}

func (p *pen) escape(s string) {
	_ = xml.EscapeText(&p.Buffer, []byte(s)) // a buffer does not fail
}

// number is a length with one decimal: finer is not seen, and would make the
// bytes depend on how a machine rounds.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64) // + 0 makes −0 a 0
}

// link opens a link if the address is a path on this site, and reports whether
// it did. A browser reads "//host" and "/\host" as another site, and drops tabs
// and line ends before it looks.
func (p *pen) link(url string) bool {
	if len(url) == 0 || url[0] != '/' || strings.HasPrefix(url, "//") || strings.ContainsFunc(url, func(r rune) bool {
		return r == '\\' || unicode.IsSpace(r) || unicode.IsControl(r)
	}) {
		return false
	}
	p.open("a", attr{"href", url})
	return true
}
