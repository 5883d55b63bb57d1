package chart

import (
	"math"
	"slices"

	"dalil/internal/record"
)

// A stroke is how a line is drawn: what we know by.
type stroke int

const (
	solid  stroke = iota // a forward header
	dashed               // the same words, the same picture
	dotted               // a person's decision
)

func strokeOf(g record.Ground) stroke {
	switch g {
	case record.GroundForward:
		return solid
	case record.GroundPerson:
		return dotted
	}
	return dashed
}

// An edge leads from the mark that another is told from to that.
type edge struct {
	path  string
	style stroke
}

// route finds the way of every edge: down from the one, then right to the
// other, so that what one post set off hangs below it like a tree. Where there
// is no room to turn between them, it goes down left of both. Ways of different
// strokes, or from different marks, lie beside each other and not on each other:
// two dashed lines on one another look like a solid one.
func (d *drawing) route() {
	const (
		turn = 5.0  // radius of a corner
		room = 22.0 // that a mark and a piece of line before it need
	)
	type way struct {
		from   placed
		stroke stroke
	}
	ways := make([][]way, len(d.strip.Lanes)) // that come into a lane
	beside := func(lane int, w way) float64 {
		i := slices.Index(ways[lane], w)
		if i < 0 {
			i = len(ways[lane])
			ways[lane] = append(ways[lane], w)
		}
		return []float64{0, 3.2, -3.2}[i%3] // still within the mark
	}
	for _, m := range d.marks {
		from, ok := d.teller(m)
		if !ok {
			continue
		}
		e := edge{style: strokeOf(m.Ground)}
		y := m.y + beside(m.lane, way{from, e.style})
		if from.lane == m.lane {
			if math.Abs(m.x-from.x) < room {
				continue // one beside the other says it
			}
			e.path = "M" + number(from.x) + " " + number(y) + "H" + number(m.x)
			d.edges = append(d.edges, e)
			d.line(m.lane, min(from.x, m.x), y, max(from.x, m.x), y)
			continue
		}
		down := turn
		if m.lane < from.lane {
			down = -turn
		}
		x := from.x + map[stroke]float64{solid: 0, dashed: 3.2, dotted: -3.2}[e.style]
		e.path = "M" + number(x) + " " + number(from.y)
		if math.Abs(m.x-x) < room {
			start := x
			x = min(m.x, x) - room + 2
			e.path += "H" + number(x+turn) + "Q" + number(x) + " " + number(from.y) + " " + number(x) + " " + number(from.y+down)
			d.line(from.lane, x, from.y, start, from.y)
		}
		right := turn
		if m.x < x {
			right = -turn
		}
		e.path += "V" + number(y-down) + "Q" + number(x) + " " + number(y) + " " + number(x+right) + " " + number(y) + "H" + number(m.x)
		d.edges = append(d.edges, e)
		for i := min(from.lane, m.lane); i <= max(from.lane, m.lane); i++ {
			d.line(i, x, max(min(from.y, y), middle(i)-laneTall/2), x, min(max(from.y, y), middle(i)+laneTall/2))
		}
		d.line(m.lane, min(x, m.x), y, max(x, m.x), y)
	}
}

// line keeps a lane's labels away from an edge.
func (d *drawing) line(lane int, x0, y0, x1, y1 float64) {
	d.lines[lane] = append(d.lines[lane], box{x0 - 1.5, y0 - 1.5, x1 + 1.5, y1 + 1.5})
}

func (d *drawing) edge(path string, s stroke) {
	attrs := []attr{{"class", "strip-edge"}, {"d", path}, {"fill", "none"}, {"stroke", "currentColor"}}
	switch s {
	case solid:
		attrs = append(attrs, attr{"stroke-width", 1.3})
	case dashed:
		attrs = append(attrs, attr{"stroke-width", 1.3}, attr{"stroke-dasharray", "5 3"})
	case dotted:
		attrs = append(attrs, attr{"stroke-width", 2.2}, attr{"stroke-dasharray", "0 4.4"}, attr{"stroke-linecap", "round"})
	}
	d.empty("path", attrs...)
}
