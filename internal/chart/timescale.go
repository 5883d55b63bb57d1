package chart

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A scale gives times their places: the logarithm of minutes since the first,
// so that the first minutes of a wave and its last weeks are both seen. What
// came before the first has the same scale to the left, and at most a quarter
// of the width.
type scale struct {
	base              int64
	left, zero, right float64
	before, after     float64 // logarithms of the longest times to both sides
}

func ofTime(sec int64) float64 { return math.Log1p(math.Abs(float64(sec)) / 60) }

// newScale fits a scale to what is drawn between two places.
func newScale(base, from, to int64, left, right float64) scale {
	const room = 28 // left of the first: for its mark and for edges
	c := scale{base: base, left: left, zero: left + room, right: right, after: ofTime(max(to-base, 120))}
	if from < base {
		c.before = ofTime(from - base)
		share := min(max(c.before/(c.before+c.after), .1), .25)
		c.zero = left + share*(right-left)
	}
	return c
}

// x is the place of a time, at the edge for one beyond it.
func (c scale) x(sec int64) float64 {
	v := ofTime(sec - c.base)
	if sec >= c.base {
		return c.zero + (c.right-c.zero)*min(v/c.after, 1)
	}
	if c.before == 0 {
		return c.left
	}
	const room = 8 // a mark at the far left stays inside
	return c.zero - (c.zero-c.left-room)*min(v/c.before, 1)
}

// beyond reports whether a time is after all that is drawn.
func (c scale) beyond(sec int64) bool { return sec > c.base && ofTime(sec-c.base) > c.after }

// A tick is a time that is written above the lanes.
type tick struct {
	x     float64
	above string // clock or date
	below string // after the first
	zero  bool   // it is the first itself
}

// ticks chooses round times after and before the first that do not crowd each
// other, the roundest first, and returns them from left to right.
func (c scale) ticks(w words, zone *time.Location, size float64) []tick {
	const (
		minute = 60
		hour   = 60 * minute
		day    = 24 * hour
		year   = 365 * day
		gap    = 14
	)
	round := []int64{
		hour, day, 5 * minute, 30 * day, year, 10 * year, 100 * year, minute, 7 * day,
		15 * minute, 6 * hour, 2 * day, 30 * minute, 2 * hour, 12 * hour, 90 * day, 3 * year, 30 * year, 300 * year, 1000 * year, 3000 * year,
		2 * minute, 30, 10,
	}
	half := func(t tick) float64 { return max(width(t.above, size), width(t.below, size)) / 2 }
	chosen := []tick{{x: c.zero, above: w.clock(c.base, zone), below: w.f("first"), zero: true}}
	for _, sign := range []int64{1, -1} {
		reach := c.after
		if sign < 0 {
			reach = c.before
		}
		for _, d := range round {
			at := c.base + sign*d
			if ofTime(d) > reach || !stated(at) {
				continue
			}
			t := tick{x: c.x(at), above: c.dial(w, at, zone), below: w.delta(sign * d)}
			if !slices.ContainsFunc(chosen, func(o tick) bool { return math.Abs(t.x-o.x) < half(t)+half(o)+gap }) {
				chosen = append(chosen, t)
			}
		}
	}
	slices.SortFunc(chosen, func(a, b tick) int { return cmp.Compare(a.x, b.x) })
	return chosen
}

// dial is what a clock and a calendar say, as fine as it matters at this
// distance from the first.
func (c scale) dial(w words, at int64, zone *time.Location) string {
	t, first := time.Unix(at, 0).In(zone), time.Unix(c.base, 0).In(zone)
	far := at-c.base >= 2*86400 || c.base-at >= 2*86400
	switch {
	case t.Year() != first.Year() && far:
		return w.day(at, zone)
	case far:
		return w.monthDay(t)
	case t.YearDay() != first.YearDay():
		return w.monthDay(t) + w.digits(t.Format(" 15:04"))
	case at-c.base < 120 && c.base-at < 120:
		return w.clock(at, zone)
	}
	return w.digits(t.Format("15:04"))
}
