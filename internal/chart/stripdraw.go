package chart

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Measures of a strip, in units of its view box.
const (
	stripWidth = 900.0
	gutter     = 196.0 // names
	plotLeft   = 204.0
	plotRight  = 824.0 // right of it, labels of the last marks
	axisTall   = 40.0
	laneTall   = 33.0
	nameSize   = 12.5
	smallSize  = 10.5
)

// SVG draws the strip: a whole svg element and nothing else, well-formed and
// the same bytes whatever is in it. Ids in it are made of its content, so that
// two strips can stand on one page.
//
// Its classes, for chart.css: strip (the whole), strip-day, strip-tick,
// strip-grid, strip-zero (the axis), strip-row, strip-name, strip-lead (the
// first's name), strip-hole, strip-hatch (times not seen), strip-edge,
// strip-mark with strip-full or strip-ghost, strip-delta (beside a mark), and
// strip-quiet (words below and beside the lanes).
func (s Strip) SVG() []byte {
	sum := sha256.Sum256(s.draw("strip"))
	return s.draw("strip-" + hex.EncodeToString(sum[:6]))
}

// A drawing is a strip while it is drawn.
type drawing struct {
	pen
	strip Strip
	id    string
	zone  *time.Location
	scale scale
	marks []placed // those whose time is stated, by time
	edges []edge
	taken [][]box // by lane: marks and labels
	lines [][]box // by lane: edges
}

// placed is a mark that has its place in the picture.
type placed struct {
	Mark
	lane  int
	first bool // times are counted from it
	x, y  float64
}

func (s Strip) draw(id string) []byte {
	d := drawing{pen: pen{words: s.words()}, strip: s, id: id, zone: s.zone(), taken: make([][]box, len(s.Lanes)), lines: make([][]box, len(s.Lanes))}
	d.place()
	d.route()
	keys := d.keys()
	bottom := middle(len(s.Lanes)) - laneTall/2
	tall := bottom + 8 + keyTall*float64(rows(keys))
	if s.More > 0 {
		tall += keyTall
	}

	d.open("svg", attr{"xmlns", "http://www.w3.org/2000/svg"}, attr{"class", "strip"}, attr{"role", "group"},
		attr{"aria-labelledby", id + "-title " + id + "-desc"}, attr{"viewBox", "0 0 " + number(stripWidth) + " " + number(tall)},
		attr{"fill", "currentColor"}, attr{"font-size", smallSize})
	d.put("title", cmp.Or(plain(s.Title), d.f("Who posted first")), attr{"id", id + "-title"})
	d.put("desc", s.Takeaway(), attr{"id", id + "-desc"})
	d.hatch()
	for i := range s.Lanes {
		d.row(i)
		d.holes(i)
	}
	d.axis(bottom)
	for _, e := range d.edges {
		d.edge(e.path, e.style)
	}
	for _, m := range d.marks {
		d.mark(m)
	}
	d.labels()
	if s.More > 0 {
		d.label(d.f("and {sources}, not drawn", "sources", d.count(s.More, "more source", "more sources")), attr{"class", "strip-quiet"}, attr{"x", 0}, attr{"y", bottom + 17})
		bottom += keyTall
	}
	d.key(keys, bottom+8)
	d.close("svg")
	return d.Bytes()
}

// middle is where the marks of a lane are.
func middle(lane int) float64 { return axisTall + laneTall*(float64(lane)+.5) }

// place finds the scale and every mark's place in it.
func (d *drawing) place() {
	lane, mark := d.strip.first()
	if lane < 0 {
		d.scale = newScale(0, 0, 0, plotLeft, plotRight) // for holes of lanes without posts
		return
	}
	base := d.strip.Lanes[lane].Marks[mark].At
	from, to := base, base
	for _, l := range d.strip.Lanes {
		for _, m := range l.Marks {
			if stated(m.At) {
				from, to = min(from, m.At), max(to, m.At)
			}
		}
		// A hole before the first is why it is only the first that we captured.
		for _, h := range l.Holes {
			if stated(h.From) {
				from = min(from, h.From)
			}
			if !h.open() {
				from = min(from, h.To)
			}
		}
	}
	d.scale = newScale(base, from, to, plotLeft, plotRight)
	for i, l := range d.strip.Lanes {
		for j, m := range l.Marks {
			if !stated(m.At) {
				continue
			}
			p := placed{Mark: m, lane: i, first: i == lane && j == mark, x: d.scale.x(m.At), y: middle(i)}
			d.marks = append(d.marks, p)
			d.taken[i] = append(d.taken[i], box{p.x - 7, p.y - 6, p.x + 7, p.y + 6})
		}
	}
	slices.SortStableFunc(d.marks, func(a, b placed) int { return cmp.Compare(a.At, b.At) })
}

func (d *drawing) hatch() {
	d.open("defs")
	d.open("pattern", attr{"id", d.id + "-hatch"}, attr{"width", 5}, attr{"height", 5}, attr{"patternUnits", "userSpaceOnUse"}, attr{"patternTransform", "rotate(45)"})
	d.empty("line", attr{"class", "strip-hatch"}, attr{"x1", 0}, attr{"y1", 0}, attr{"x2", 0}, attr{"y2", 5}, attr{"stroke", "#999"}, attr{"stroke-width", 2})
	d.close("pattern")
	d.close("defs")
}

// axis writes the times above the lanes: clocks, and how long after the first.
func (d *drawing) axis(bottom float64) {
	if len(d.marks) == 0 {
		return
	}
	d.label(d.day(d.scale.base, d.zone), attr{"class", "strip-day"}, attr{"x", 0}, attr{"y", 14}, attr{"font-weight", 600})
	d.put("text", shortened(zoneName(d.zone, d.scale.base), smallSize, gutter-8), attr{"class", "strip-quiet"}, attr{"x", 0}, attr{"y", 28})
	for _, t := range d.scale.ticks(d.words, d.zone, smallSize) {
		class := "strip-grid"
		if t.zero {
			class = "strip-grid strip-zero"
		}
		d.empty("line", attr{"class", class}, attr{"x1", t.x}, attr{"y1", axisTall - 6}, attr{"x2", t.x}, attr{"y2", bottom}, attr{"stroke", "#999"}, attr{"stroke-width", .6})
		d.label(t.above, attr{"class", "strip-tick"}, attr{"x", t.x}, attr{"y", 14}, attr{"text-anchor", "middle"})
		d.label(t.below, attr{"class", "strip-quiet"}, attr{"x", t.x}, attr{"y", 28}, attr{"text-anchor", "middle"})
	}
}

// row rules off a lane and writes its name. The name has a small picture of its
// own, which clips what no estimate of width foresees: a ligature as long as a
// sentence, a tower of accents.
func (d *drawing) row(i int) {
	l := d.strip.Lanes[i]
	top := middle(i) - laneTall/2
	d.empty("line", attr{"class", "strip-row"}, attr{"x1", 0}, attr{"y1", top}, attr{"x2", stripWidth}, attr{"y2", top}, attr{"stroke", "#999"}, attr{"stroke-width", .6})
	name := plain(l.Name)
	class := "strip-name"
	if first, _ := d.strip.first(); first == i {
		class = "strip-name strip-lead"
	}
	d.open("svg", attr{"x", 0}, attr{"y", top + 1}, attr{"width", gutter}, attr{"height", laneTall - 2})
	linked := d.link(l.URL)
	d.open("g")
	d.put("title", isolated(l.Name))
	d.put("text", "\u2068"+shortened(name, nameSize, gutter-8)+"\u2069", attr{"class", class}, attr{"x", 0}, attr{"y", laneTall/2 + 3.3}, attr{"font-size", nameSize})
	d.close("g")
	if linked {
		d.close("a")
	}
	d.close("svg")
}

// holes hatches what could not be seen.
func (d *drawing) holes(i int) {
	for _, h := range d.strip.Lanes[i].Holes {
		x0, x1 := plotLeft, stripWidth // where an end is not known, or beyond the edge
		if len(d.marks) > 0 && stated(h.From) {
			if d.scale.beyond(h.From) {
				continue
			}
			x0 = d.scale.x(h.From)
		}
		if len(d.marks) > 0 && !h.open() && !d.scale.beyond(h.To) {
			x1 = d.scale.x(h.To)
		}
		x0, x1 = min(x0, x1), max(x0, x1, x0+3)
		d.open("g", attr{"class", "strip-hole"})
		d.put("title", d.f("could not be seen, {times}: {why}", "times", d.span(h, d.zone), "why", plain(h.Why)))
		d.empty("rect", attr{"x", x0}, attr{"y", middle(i) - laneTall/2 + 4}, attr{"width", x1 - x0}, attr{"height", laneTall - 8}, attr{"fill", "url(#" + d.id + "-hatch)"})
		d.close("g")
	}
}

// mark draws a post, with all that is known of it as its title.
func (d *drawing) mark(m placed) {
	linked := d.link(m.URL)
	d.open("g")
	say := d.f("{source}, {time}", "source", isolated(d.strip.Lanes[m.lane].Name), "time", d.stamp(m.At, d.zone))
	if !m.first {
		say += d.f(", {after}", "after", d.delta(m.At-d.scale.base))
	}
	for _, what := range []string{d.relation(m.Mark), d.ground(m.Mark)} {
		if what != "" {
			say += d.f("; {what}", "what", what)
		}
	}
	if m.Tie {
		say += d.f("; within a minute of the first")
	}
	if from, ok := d.teller(m); ok {
		say += d.f("; from {source}", "source", isolated(d.strip.Lanes[from.lane].Name))
	}
	if m.Label != "" {
		say += "\n" + isolated(m.Label)
	}
	d.put("title", say)
	// What can be pointed at is larger than what is seen.
	d.empty("rect", attr{"x", m.x - 12}, attr{"y", m.y - 12}, attr{"width", 24}, attr{"height", 24}, attr{"fill", "none"}, attr{"pointer-events", "all"})
	d.shape(shapeOf(m), m.x, m.y)
	d.close("g")
	if linked {
		d.close("a")
	}
}

// labels writes beside each mark how long after the first it is, and beside the
// first its time; and names the marks that have no place.
func (d *drawing) labels() {
	const edge = stripWidth - 2
	for _, m := range d.marks {
		text := d.delta(m.At - d.scale.base)
		switch {
		case m.first:
			text = d.clock(m.At, d.zone)
		case m.Tie && !m.Attested:
			text = d.f("{after}, tie", "after", text)
		}
		b, ok := spot(m.x, m.y, width(text, smallSize), edge, d.taken[m.lane], d.lines[m.lane])
		if !ok {
			continue
		}
		d.taken[m.lane] = append(d.taken[m.lane], b)
		d.label(text, attr{"class", "strip-delta"}, attr{"x", b.x0}, attr{"y", b.y1 - 1.4})
	}
	for i, l := range d.strip.Lanes {
		without := 0
		for _, m := range l.Marks {
			if !stated(m.At) {
				without++
			}
		}
		if without == 0 {
			continue
		}
		text := d.f("{posts} without a stated time", "posts", d.count(without, "post", "posts"))
		wide := width(text, smallSize)
		b, ok := spot(edge-wide-10, middle(i), wide, edge, d.taken[i], nil)
		if !ok {
			continue
		}
		d.label(text, attr{"class", "strip-delta strip-quiet"}, attr{"x", b.x0}, attr{"y", b.y1 - 1.4})
	}
}

// teller is the mark that another is told from: in the lane it names, the latest
// before it, else the earliest.
func (d *drawing) teller(m placed) (placed, bool) {
	var best placed
	found := false
	for _, o := range d.marks { // by time
		if o.lane != m.From || o.Mark == m.Mark && o.lane == m.lane {
			continue
		}
		if found && o.At > m.At {
			break
		}
		best, found = o, true
	}
	return best, found
}
