package chart

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Timeline is how something that evidence tells of changed over time: a lane
// for each wording, from the first time it was seen to the last, and a line for
// a number. Between two sightings nothing is known: the lines there are dashed.
type Timeline struct {
	Title string
	Zone  *time.Location // nil is UTC
	Lanes []TimelineLane // in the order they are drawn
	// Number is drawn above the lanes; its points are in any order.
	Number string // what is counted; "" for none
	Points []TimelinePoint
	Tongue Tongue // nil is English
}

func (t Timeline) words() words { return words{t.Tongue} }

// TimelineLane is one wording.
type TimelineLane struct {
	Kind string  // what it is a wording of, in words: title, description
	Text string  // as it is: any script, any character
	At   []int64 // when it was seen, seconds since 1970, in any order
}

// TimelinePoint is a number at a time.
type TimelinePoint struct {
	At int64 // seconds since 1970
	N  int64 // not negative
}

// Measures of a timeline, in units of its view box.
const (
	lineNames = 200.0
	lineLeft  = 212.0
	lineRight = 700.0
	lineWide  = 716.0
	lineTall  = 22.0
	lineGraph = 64.0
	lineSize  = 10.5
	// mostLanes and mostPoints bound the picture; the table has all.
	mostLanes  = 40
	mostPoints = 400
)

// span is the time that is drawn; false when no time is stated.
func (t Timeline) span() (from, to int64, ok bool) {
	see := func(at int64) {
		if !stated(at) {
			return
		}
		if !ok {
			from, to, ok = at, at, true
		}
		from, to = min(from, at), max(to, at)
	}
	for _, l := range t.Lanes {
		for _, at := range l.At {
			see(at)
		}
	}
	for _, p := range t.Points {
		see(p.At)
	}
	return from, to, ok
}

func (t Timeline) zone() *time.Location {
	if t.Zone == nil {
		return time.UTC
	}
	return t.Zone
}

// Takeaway says in one sentence what the picture shows. Wordings are isolated by
// U+2068 and U+2069.
func (t Timeline) Takeaway() string {
	from, to, ok := t.span()
	if !ok {
		return t.words().f("No evidence tells of it.")
	}
	say := t.words().f("{n} wordings seen from {from} to {to}", "n", len(t.Lanes), "from", isoDay(from, t.zone()), "to", isoDay(to, t.zone()))
	if points := t.points(); len(points) > 0 {
		a, b := points[0], points[len(points)-1]
		say += t.words().f("; {what} {n} on {day}", "what", plain(t.Number), "n", a.N, "day", isoDay(a.At, t.zone()))
		if len(points) > 1 {
			say += t.words().f(", {n} on {day}", "n", b.N, "day", isoDay(b.At, t.zone()))
		}
	}
	return say + "."
}

func isoDay(sec int64, zone *time.Location) string {
	return time.Unix(sec, 0).In(zone).Format("2006-01-02")
}

// points are the numbers whose time is stated, by time.
func (t Timeline) points() []TimelinePoint {
	var all []TimelinePoint
	for _, p := range t.Points {
		if stated(p.At) && p.N >= 0 {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b TimelinePoint) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.N, b.N))
	})
	return all
}

// SVG draws the timeline: a whole svg element and nothing else, well-formed and
// the same bytes whatever is in it.
//
// Its classes, for chart.css: plot line (the whole), plot-quiet, plot-row,
// plot-grid, line-name, line-dot (a sighting), line-between (dashed: nothing is
// known there), line-step (the number).
func (t Timeline) SVG() []byte {
	sum := sha256.Sum256(t.draw("line"))
	return t.draw("line-" + hex.EncodeToString(sum[:6]))
}

func (t Timeline) draw(id string) []byte {
	from, to, ok := t.span()
	points := t.points()
	top := 20.0
	if len(points) > 0 {
		top += lineGraph + 14
	}
	lanes := t.Lanes[:min(len(t.Lanes), mostLanes)]
	tall := top + lineTall*float64(len(lanes)) + 6
	if len(lanes) < len(t.Lanes) {
		tall += 16
	}
	p := pen{words: t.words()}
	p.open("svg", attr{"xmlns", "http://www.w3.org/2000/svg"}, attr{"class", "plot line"}, attr{"role", "group"},
		attr{"aria-labelledby", id + "-title " + id + "-desc"}, attr{"viewBox", "0 0 " + number(lineWide) + " " + number(tall)},
		attr{"fill", "currentColor"}, attr{"font-size", lineSize})
	title := plain(t.Title)
	if title == "" {
		title = t.words().f("What it called itself, over time")
	}
	p.put("title", title, attr{"id", id + "-title"})
	p.put("desc", t.Takeaway(), attr{"id", id + "-desc"})
	x := func(at int64) float64 {
		if to == from {
			return lineLeft + 6
		}
		return lineLeft + 6 + (lineRight-lineLeft-6)*float64(at-from)/float64(to-from)
	}
	if ok {
		p.put("text", isoDay(from, t.zone()), attr{"class", "plot-quiet"}, attr{"x", lineLeft}, attr{"y", 11})
		if isoDay(to, t.zone()) != isoDay(from, t.zone()) {
			p.put("text", isoDay(to, t.zone()), attr{"class", "plot-quiet"}, attr{"x", lineRight + 8}, attr{"y", 11}, attr{"text-anchor", "end"})
		}
		for _, at := range t.years(from, to) {
			p.empty("line", attr{"class", "plot-grid"}, attr{"x1", x(at)}, attr{"y1", 16}, attr{"x2", x(at)}, attr{"y2", tall - 4}, attr{"stroke", "#999"}, attr{"stroke-width", .6})
		}
	}
	if len(points) > 0 {
		t.graph(&p, points, x)
	}
	for i, l := range lanes {
		t.lane(&p, l, top+lineTall*float64(i), x)
	}
	if len(lanes) < len(t.Lanes) {
		p.label(t.words().f("and {n} more, not drawn", "n", len(t.Lanes)-len(lanes)), attr{"class", "plot-quiet"}, attr{"x", 0}, attr{"y", tall - 6})
	}
	p.close("svg")
	return p.Bytes()
}

// years are the beginnings of years within a time, thinned out to twenty at
// most.
func (t Timeline) years(from, to int64) []int64 {
	first, last := time.Unix(from, 0).In(t.zone()).Year()+1, time.Unix(to, 0).In(t.zone()).Year()
	step := max(1, (last-first)/20+1)
	var all []int64
	for y := first; y <= last; y += step {
		all = append(all, time.Date(y, 1, 1, 0, 0, 0, 0, t.zone()).Unix())
	}
	return all
}

// graph draws the number as steps: what was read holds until it is read again.
func (t Timeline) graph(p *pen, points []TimelinePoint, x func(int64) float64) {
	const top = 24.0
	var most int64 = 1
	for _, q := range points {
		most = max(most, q.N)
	}
	y := func(n int64) float64 { return top + lineGraph*(1-float64(n)/float64(most)) }
	p.label(shortened(plain(t.Number), lineSize, lineNames), attr{"class", "line-name"}, attr{"x", 0}, attr{"y", top + lineGraph/2 + 3})
	p.label(p.number(most), attr{"class", "plot-quiet"}, attr{"x", lineLeft - 3}, attr{"y", top + 4}, attr{"text-anchor", "end"})
	p.label(p.number(0), attr{"class", "plot-quiet"}, attr{"x", lineLeft - 3}, attr{"y", top + lineGraph + 2}, attr{"text-anchor", "end"})
	p.empty("line", attr{"class", "plot-row"}, attr{"x1", lineLeft}, attr{"y1", top + lineGraph}, attr{"x2", lineWide}, attr{"y2", top + lineGraph}, attr{"stroke", "#999"}, attr{"stroke-width", .6})
	every := len(points)/mostPoints + 1
	path := ""
	for i, q := range points {
		if i%every != 0 && i != len(points)-1 {
			continue
		}
		if path == "" {
			path = "M" + number(x(q.At)) + " " + number(y(q.N))
			continue
		}
		path += "H" + number(x(q.At)) + "V" + number(y(q.N))
	}
	p.empty("path", attr{"class", "line-step"}, attr{"d", path}, attr{"fill", "none"}, attr{"stroke", "currentColor"}, attr{"stroke-width", 1.4})
	for i, q := range points {
		if i%every != 0 && i != len(points)-1 {
			continue
		}
		p.open("g")
		p.put("title", p.stamp(q.At, t.zone())+": "+p.number(q.N))
		p.empty("circle", attr{"class", "line-dot"}, attr{"cx", x(q.At)}, attr{"cy", y(q.N)}, attr{"r", 2.6})
		p.close("g")
	}
}

// lane draws when one wording was seen.
func (t Timeline) lane(p *pen, l TimelineLane, y float64, x func(int64) float64) {
	mid := y + lineTall/2
	p.empty("line", attr{"class", "plot-row"}, attr{"x1", 0}, attr{"y1", y}, attr{"x2", lineWide}, attr{"y2", y}, attr{"stroke", "#999"}, attr{"stroke-width", .6})
	p.open("svg", attr{"x", 0}, attr{"y", y}, attr{"width", lineNames}, attr{"height", lineTall})
	p.open("g")
	p.put("title", plain(l.Kind)+": "+isolated(l.Text))
	p.put("text", "\u2068"+shortened(plain(l.Text), lineSize, lineNames-10)+"\u2069", attr{"class", "line-name"}, attr{"x", 0}, attr{"y", lineTall/2 + 3.6})
	p.close("g")
	p.close("svg")
	var at []int64
	for _, sec := range l.At {
		if stated(sec) {
			at = append(at, sec)
		}
	}
	if len(at) == 0 {
		return
	}
	slices.Sort(at)
	if at[0] != at[len(at)-1] {
		p.empty("path", attr{"class", "line-between"}, attr{"d", "M" + number(x(at[0])) + " " + number(mid) + "H" + number(x(at[len(at)-1]))}, attr{"fill", "none"}, attr{"stroke", "currentColor"}, attr{"stroke-width", 1.4}, attr{"stroke-dasharray", "3 2.4"})
	}
	every := len(at)/mostPoints + 1
	for i, sec := range at {
		if i%every != 0 && i != len(at)-1 {
			continue
		}
		p.open("g")
		p.put("title", p.stamp(sec, t.zone()))
		p.empty("circle", attr{"class", "line-dot"}, attr{"cx", x(sec)}, attr{"cy", mid}, attr{"r", 3.2})
		p.close("g")
	}
}
