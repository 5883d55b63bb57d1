package pdf

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"dalil/internal/format"
)

// layout puts glyphs together to lines and lines to paragraphs, in the order
// in which the page draws them, which is the reading order of nearly every
// producer: sorting by place would mix columns.
func layout(glyphs []glyph) string {
	var out strings.Builder
	var prev row
	for len(glyphs) > 0 && out.Len() < format.MaxText {
		n := sameLine(glyphs)
		r := newRow(glyphs[:n])
		glyphs = glyphs[n:]
		if r.text == "" {
			continue
		}
		switch {
		case out.Len() == 0:
		case prev.continues(r):
			out.WriteByte(' ')
		default:
			out.WriteByte('\n')
		}
		out.WriteString(r.text)
		prev = r
	}
	return out.String()
}

// sameLine returns how many glyphs from the first on stand on one line: at the
// same height, and not so far to the left again that a new column begins.
func sameLine(g []glyph) int {
	rtl := 0
	for i := range g {
		if i > 0 {
			a, b := g[i-1], g[i]
			if math.Abs(a.y-b.y) > 0.45*math.Max(a.size, b.size) {
				return i
			}
			if b.x < a.x-4*a.size && rtl*2 < i {
				return i
			}
			if b.x-a.end > 12*a.size { // a gutter
				return i
			}
		}
		if rightToLeft(g[i].text) {
			rtl++
		}
	}
	return len(g)
}

// row is a line of text on the page.
type row struct {
	text    string
	x, end  float64
	y, size float64
	rtl     bool
}

func newRow(g []glyph) row {
	r := row{x: g[0].x, end: g[0].end, y: g[0].y, size: g[0].size}
	rtl, ltr := 0, 0
	for _, c := range g {
		r.x, r.end, r.size = math.Min(r.x, c.x), math.Max(r.end, c.end), math.Max(r.size, c.size)
		switch {
		case rightToLeft(c.text):
			rtl++
		case strings.IndexFunc(c.text, unicode.IsLetter) >= 0:
			ltr++
		}
	}
	if rtl > 0 {
		// Glyphs are drawn from left to right whatever their script; some
		// producers place each by itself in reading order. Their place decides.
		g = slices.Clone(g)
		slices.SortStableFunc(g, func(a, b glyph) int {
			switch {
			case a.x < b.x:
				return -1
			case a.x > b.x:
				return 1
			}
			return 0
		})
	}
	words := spaced(g)
	if rtl > 0 {
		words = logical(words, rtl >= ltr)
	}
	text := strings.Join(strings.Fields(strings.Join(words, "")), " ")
	r.text, r.rtl = norm.NFC.String(letters(text)), rtl > ltr
	return r
}

// spaced returns the glyphs' texts with blanks where the page leaves room.
func spaced(g []glyph) []string {
	out := make([]string, 0, len(g)+len(g)/4)
	for i, c := range g {
		if i > 0 {
			if gap := c.x - g[i-1].end; gap > 0.18*c.size || gap < -2*c.size {
				out = append(out, " ")
			}
		}
		out = append(out, c.text)
	}
	return out
}

func rightToLeft(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac)
}

// logical turns glyphs in the order of their place into reading order: for a
// right-to-left line everything is turned around, and what is written from
// left to right inside it (numbers, Latin words) is turned back.
func logical(g []string, rtlLine bool) []string {
	// class: 1 right-to-left, 2 left-to-right, 0 neutral
	class := func(s string) int {
		r, _ := utf8.DecodeRuneInString(s)
		switch {
		case unicode.IsDigit(r):
			return 2
		case rightToLeft(s):
			return 1
		case unicode.IsLetter(r):
			return 2
		}
		return 0
	}
	inner := 2
	if rtlLine {
		slices.Reverse(g)
	} else {
		inner = 1
	}
	for i := 0; i < len(g); {
		if class(g[i]) != inner {
			i++
			continue
		}
		end := i + 1
		for j := end; j < len(g) && class(g[j]) != 3-inner; j++ {
			if class(g[j]) == inner {
				end = j + 1
			}
		}
		slices.Reverse(g[i:end])
		i = end
	}
	if rtlLine {
		for i, s := range g {
			if m, ok := mirrored[s]; ok {
				g[i] = m
			}
		}
	}
	return g
}

// mirrored are brackets that are drawn the other way round in right-to-left
// text.
var mirrored = map[string]string{"(": ")", ")": "(", "[": "]", "]": "[", "«": "»", "»": "«", "{": "}", "}": "{"}

// letters replaces the presentation forms of Arabic and Hebrew and the Latin
// ligatures, which are shapes, by the letters they stand for.
func letters(s string) string {
	if strings.IndexFunc(s, shape) < 0 {
		return strings.ReplaceAll(s, "\u00ad", "")
	}
	var b strings.Builder
	for _, r := range s {
		if shape(r) {
			b.WriteString(norm.NFKC.String(string(r)))
		} else if r != 0xad {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func shape(r rune) bool {
	return r >= 0xFB00 && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFC
}

// continues reports whether the line next belongs to the same paragraph: it is
// of the same size, right below, and this line was not left short.
func (r row) continues(next row) bool {
	down := r.y - next.y
	if r.text == "" || math.Abs(r.size-next.size) > 0.1*r.size || down < 0.5*r.size || down > 1.6*r.size {
		return false
	}
	if r.rtl {
		return next.rtl && r.x <= next.x+2*r.size && math.Abs(r.end-next.end) < 3*r.size
	}
	return r.end >= next.end-6*r.size && math.Abs(r.x-next.x) < 3*r.size
}
