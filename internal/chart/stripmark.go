package chart

import (
	"strings"

	"dalil/internal/record"
)

// A shape is what stands for a post: what it is, and whether we have it.
type shape int

const (
	fullDiamond  shape = iota // the first that we captured
	halfDiamond               // within a minute of it: a tie
	diamond                   // the same text
	square                    // inside a longer text
	disc                      // a picture of it
	ghostDiamond              // proven by forward headers, never captured
)

func shapeOf(m placed) shape {
	switch {
	case m.Attested:
		return ghostDiamond
	case m.first, m.Relation == record.RelFirst:
		return fullDiamond
	case m.Relation == record.RelQuotedIn:
		return square
	case m.Relation == record.RelImageOf:
		return disc
	case m.Tie:
		return halfDiamond
	}
	return diamond
}

// outline is a path around a place.
func outline(s shape, x, y float64) string {
	at := func(letter string, dx, dy float64) string { return letter + number(x+dx) + " " + number(y+dy) }
	var b strings.Builder
	switch s {
	case square:
		const a = 5.2
		b.WriteString(at("M", -a, -a) + at("L", a, -a) + at("L", a, a) + at("L", -a, a))
	case disc:
		const r = 5.7
		arc := "A" + number(r) + " " + number(r) + " 0 1 1 "
		b.WriteString(at("M", -r, 0) + at(arc, r, 0) + at(arc, -r, 0))
	default:
		const a = 6.8
		b.WriteString(at("M", 0, -a) + at("L", a, 0) + at("L", 0, a) + at("L", -a, 0))
	}
	return b.String() + "Z"
}

// shape draws one. Hollow ones are filled with the paper's colour: they lie on
// lines.
func (d *drawing) shape(s shape, x, y float64) {
	attrs := []attr{{"class", "strip-mark"}, {"d", outline(s, x, y)}, {"fill", "#fff"}, {"stroke", "currentColor"}, {"stroke-width", 1.5}}
	switch s {
	case fullDiamond:
		attrs[0].value, attrs[2].value = "strip-mark strip-full", "currentColor"
	case ghostDiamond:
		attrs[0].value = "strip-mark strip-ghost"
		attrs = append(attrs, attr{"stroke-dasharray", "2.6 2.2"})
	}
	d.empty("path", attrs...)
	if s == halfDiamond {
		const a = 6.8
		d.empty("path", attr{"class", "strip-mark strip-full"}, attr{"d", "M" + number(x) + " " + number(y-a) + "V" + number(y+a) + "L" + number(x-a) + " " + number(y) + "Z"}, attr{"fill", "currentColor"})
	}
}
