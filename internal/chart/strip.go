package chart

import (
	"cmp"
	"slices"
	"time"

	"dalil/internal/record"
)

// Strip is who posted a text when: a lane for each source, from the first post
// we know of.
//
// Times are seconds since 1970. One that is record.NoSeconds, or outside of the
// years 1 to 9999, counts as not stated: its mark is named beside its lane and
// takes no place in time.
type Strip struct {
	Title string
	Zone  *time.Location // for clock times; nil is UTC
	Lanes []Lane         // in the order they are drawn
	More  int            // lanes left out by the caller

	Tongue Tongue // nil is English
}

func (s Strip) words() words { return words{s.Tongue} }

// Dated reports whether any post has a time: without one there is nothing to draw.
func (s Strip) Dated() bool {
	return slices.ContainsFunc(s.Lanes, func(l Lane) bool {
		return slices.ContainsFunc(l.Marks, func(m Mark) bool { return stated(m.At) })
	})
}

// Lane is one source.
type Lane struct {
	Name  string // of the source, as it is: any script, any character
	URL   string // "" for none; used only if it is a path on this site
	Marks []Mark // in any order
	Holes []Hole // when nothing could be seen in this lane
}

// Mark is one post.
type Mark struct {
	At       int64 // seconds since 1970
	Relation record.Relation
	Ground   record.Ground
	Attested bool   // the original that forward headers prove: never captured
	Tie      bool   // within 60 s of the first
	From     int    // index of the lane it is told from, -1 none
	URL      string // "" for none; used only if it is a path on this site
	Label    string // for the title element, plain text
}

// Hole is a time in which nothing could be seen. One that begins after the last
// post is in the table and not in the picture, which ends there.
type Hole struct {
	From, To int64 // seconds since 1970
	Open     bool  // To is not known
	Why      string
}

func (h Hole) open() bool { return h.Open || !stated(h.To) }

func (s Strip) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// first finds the mark that times are counted from: the earliest that is said
// to be first, else the earliest that was captured, else the earliest. It is
// -1, -1 when no mark states a time.
func (s Strip) first() (lane, mark int) {
	lane, mark = -1, -1
	rank := func(m Mark) int {
		switch {
		case m.Attested:
			return 2
		case m.Relation != record.RelFirst:
			return 1
		}
		return 0
	}
	for i, l := range s.Lanes {
		for j, m := range l.Marks {
			if !stated(m.At) {
				continue
			}
			if lane >= 0 {
				best := s.Lanes[lane].Marks[mark]
				if cmp.Or(cmp.Compare(rank(m), rank(best)), cmp.Compare(m.At, best.At)) >= 0 {
					continue
				}
			}
			lane, mark = i, j
		}
	}
	return lane, mark
}

// Takeaway says in one sentence what the picture shows: who was first, and how
// many sources within what time. Names are isolated by U+2068 and U+2069.
func (s Strip) Takeaway() string {
	w := s.words()
	lane, mark := s.first()
	if lane < 0 {
		return w.f("No post of this text with a stated time is known.")
	}
	base := s.Lanes[lane].Marks[mark]
	captured, ties, blind := 0, 0, 0
	last := base.At
	origin, early := -1, false // an original that was never captured, and whether it is known to be earlier
	for i, l := range s.Lanes {
		seen, tied := false, false
		for _, m := range l.Marks {
			switch {
			case m.Attested:
				if origin < 0 || !early && stated(m.At) && m.At < base.At {
					origin, early = i, stated(m.At) && m.At < base.At
				}
				continue
			case stated(m.At):
				last = max(last, m.At)
			}
			seen, tied = true, tied || m.Tie
		}
		if seen {
			captured++
		}
		if tied && i != lane {
			ties++
		}
		if len(l.Holes) > 0 {
			blind++
		}
	}
	zone := s.zone()
	when := w.f("at {clock} on {day} ({zone})", "clock", w.clock(base.At, zone), "day", w.day(base.At, zone), "zone", zoneName(zone, base.At))
	name := isolated(s.Lanes[lane].Name)
	span := w.length(last - base.At)
	if base.Attested {
		return w.f("The original in {source}, {when}, is proven by forward headers only: no post of this text with a stated time was captured.", "source", name, "when", when)
	}
	var say string
	switch {
	case ties > 0:
		say = w.f("{source} and {others} are the first that we captured, within a minute, {when}", "source", name, "others", w.count(ties, "other source", "other sources"), "when", when)
	case captured+s.More == 1:
		say = w.f("{source} is the only source of this text that we captured, {when}", "source", name, "when", when)
	default:
		say = w.f("{source} is the first that we captured, {when}", "source", name, "when", when)
	}
	switch {
	case s.More > 0:
		say += w.f("; {sources} posted this text, the {n} shown within {span}", "sources", w.count(captured+s.More, "source", "sources"), "n", captured, "span", span)
	case captured > 1:
		say += w.f("; {sources} posted this text within {span}", "sources", w.count(captured, "source", "sources"), "span", span)
	}
	switch {
	case origin >= 0 && early:
		say += w.f("; forward headers prove an earlier original in {source} that was never captured", "source", isolated(s.Lanes[origin].Name))
	case origin >= 0:
		say += w.f("; forward headers prove an original in {source} that was never captured", "source", isolated(s.Lanes[origin].Name))
	}
	if blind > 0 {
		say += w.f("; {sources} could not be seen for some of the time", "sources", w.count(blind, "source", "sources"))
	}
	return say + "."
}
