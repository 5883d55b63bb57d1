package pdf

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// glyph is a drawn character: where its left end stands on the page, how far
// it reaches, and what it means.
type glyph struct {
	x, y, end float64
	size      float64
	text      string
}

// matrix is a transformation as PDF writes it: a b c d e f.
type matrix [6]float64

var unit = matrix{1, 0, 0, 1, 0, 0}

func (m matrix) mul(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// drawing interprets the operators that place text.
type drawing struct {
	d        *document
	ctx      context.Context
	glyphs   []glyph
	ops      int
	problems []string

	ctm    matrix
	saved  []matrix
	text   matrix // where the next glyph goes
	line   matrix // where the line began
	font   *font
	size   float64
	letter float64 // extra space between letters
	word   float64 // extra space for a blank
	scale  float64
	lead   float64
	rise   float64
}

// text draws a page without ink and puts its glyphs in reading order.
func (d *document) text(ctx context.Context, p page) (string, []string) {
	g := &drawing{d: d, ctx: ctx, ctm: unit, scale: 1}
	var content []byte
	for _, v := range d.list(p.dict, "Contents", "Contents") {
		s, ok := d.resolve(v).(*stream)
		if !ok {
			continue
		}
		data, err := d.unpack(s)
		if err != nil {
			g.problem("a part of its content is damaged: " + err.Error())
		}
		if len(content)+len(data) > maxStream {
			g.problem(fmt.Sprintf("its content is larger than the %d bytes that are read", maxStream))
			break
		}
		content = append(append(content, data...), '\n') // a token ends with its stream
	}
	g.run(content, p.resources, 0)
	return layout(g.glyphs), g.problems
}

func (g *drawing) problem(s string) {
	if len(g.problems) < 8 && !slices.Contains(g.problems, s) {
		g.problems = append(g.problems, s)
	}
}

// run interprets a content stream. Forms within forms are followed eight deep.
func (g *drawing) run(b []byte, resources dict, depth int) {
	l := lexer{b: b}
	g.ops += len(b) / 256 // bytes without operators are work too
	var args []any
	arg := func(i int) float64 {
		if i < len(args) {
			n, _ := args[i].(float64)
			return n
		}
		return 0
	}
	for {
		l.count = 0
		v := l.token(0)
		op, ok := v.(keyword)
		if !ok {
			if len(args) < 64 {
				args = append(args, v)
			}
			continue
		}
		if g.ops++; op == eof || g.ops > maxOps || g.ops%4096 == 0 && g.ctx.Err() != nil {
			if g.ops > maxOps {
				g.problem(fmt.Sprintf("more than %d drawing operators; the rest was not read", maxOps))
			}
			return
		}
		switch op {
		case "q":
			if len(g.saved) < 256 {
				g.saved = append(g.saved, g.ctm)
			}
		case "Q":
			if n := len(g.saved); n > 0 {
				g.ctm, g.saved = g.saved[n-1], g.saved[:n-1]
			}
		case "cm":
			g.ctm = matrix{arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)}.mul(g.ctm)
		case "BT":
			g.text, g.line = unit, unit
		case "Tf":
			if len(args) >= 2 {
				if n, ok := args[0].(name); ok {
					g.font = g.d.fontOf(g.d.dict(resources["Font"])[n])
				}
				g.size = arg(1)
			}
		case "Tc":
			g.letter = arg(0)
		case "Tw":
			g.word = arg(0)
		case "Tz":
			g.scale = arg(0) / 100
		case "TL":
			g.lead = arg(0)
		case "Ts":
			g.rise = arg(0)
		case "Td":
			g.move(arg(0), arg(1))
		case "TD":
			g.lead = -arg(1)
			g.move(arg(0), arg(1))
		case "Tm":
			g.text = matrix{arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)}
			g.line = g.text
		case "T*":
			g.move(0, -g.lead)
		case "Tj":
			g.showAll(args)
		case "'":
			g.move(0, -g.lead)
			g.showAll(args)
		case "\"":
			g.word, g.letter = arg(0), arg(1)
			g.move(0, -g.lead)
			g.showAll(args[min(2, len(args)):])
		case "TJ":
			g.showAll(args)
		case "Do":
			if len(args) > 0 && depth < 8 {
				if n, ok := args[0].(name); ok {
					g.form(g.d.dict(resources["XObject"])[n], resources, depth)
				}
			}
		case "BI":
			l.skipImage()
		}
		args = args[:0]
	}
}

// skipImage passes over the bytes of an inline image.
func (l *lexer) skipImage() {
	for l.pos+4 < len(l.b) {
		l.pos++
		if space(l.b[l.pos]) && l.b[l.pos+1] == 'E' && l.b[l.pos+2] == 'I' && space(l.b[l.pos+3]) {
			l.pos += 3
			return
		}
	}
	l.pos = len(l.b)
}

func (g *drawing) form(v any, outer dict, depth int) {
	s, ok := g.d.resolve(v).(*stream)
	if !ok || g.d.nameOf(s.dict["Subtype"]) != "Form" {
		return
	}
	data, err := g.d.unpack(s)
	if err != nil {
		g.problem("a part of its content is damaged: " + err.Error())
	}
	resources := g.d.dict(s.dict["Resources"])
	if resources == nil {
		resources = outer
	}
	ctm, saved := g.ctm, g.saved
	if m := g.d.array(s.dict["Matrix"]); len(m) == 6 {
		var k matrix
		for i := range k {
			k[i] = g.d.number(m[i])
		}
		g.ctm = k.mul(g.ctm)
	}
	g.saved = nil
	g.run(data, resources, depth+1)
	g.ctm, g.saved = ctm, saved
}

func (g *drawing) move(x, y float64) {
	g.line = matrix{1, 0, 0, 1, x, y}.mul(g.line)
	g.text = g.line
}

// showAll draws strings, and arrays of strings and the moves between them.
func (g *drawing) showAll(args []any) {
	for _, v := range args {
		switch v := v.(type) {
		case str:
			g.show(string(v))
		case array:
			for _, x := range v {
				switch x := x.(type) {
				case str:
					g.show(string(x))
				case float64:
					g.advance(-x / 1000 * g.size * g.scale)
				}
			}
		}
	}
}

func (g *drawing) advance(x float64) { g.text = matrix{1, 0, 0, 1, x, 0}.mul(g.text) }

func (g *drawing) show(s string) {
	if g.font == nil {
		g.font = g.d.readFont(nil)
	}
	if g.font.vague && s != "" {
		g.problem("a font does not say which letters its glyphs are; its text is missing here")
	}
	for s != "" {
		text, width, blank, rest := g.font.next(s)
		s = rest
		at := matrix{g.size * g.scale, 0, 0, g.size, 0, g.rise}.mul(g.text).mul(g.ctm)
		step := width / 1000 * g.size * g.scale
		move := step + g.letter*g.scale
		if blank {
			move += g.word * g.scale
		}
		g.advance(move)
		end := g.text.mul(g.ctm)
		size := math.Hypot(at[2], at[3])
		if text == "" || !finite(at[4]) || !finite(at[5]) || !finite(size) || size == 0 {
			continue
		}
		if len(g.glyphs) >= maxGlyphs {
			g.problem(fmt.Sprintf("more than %d glyphs; the rest was not read", maxGlyphs))
			return
		}
		g.glyphs = append(g.glyphs, glyph{x: at[4], y: at[5], end: end[4] - g.letter*g.scale*g.ctm[0], size: size, text: text})
	}
}

func finite(x float64) bool { return math.Abs(x) < 1e9 }
