package chart

import (
	"cmp"
	"fmt"
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
	lane, mark := s.first()
	if lane < 0 {
		return "No post of this text with a stated time is known."
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
	when := fmt.Sprintf("at %s on %s (%s)", clock(base.At, zone), day(base.At, zone), zoneName(zone, base.At))
	name := isolated(s.Lanes[lane].Name)
	span := length(last - base.At)
	if base.Attested {
		return fmt.Sprintf("The original in %s, %s, is proven by forward headers only: no post of this text with a stated time was captured.", name, when)
	}
	var say string
	switch {
	case ties > 0:
		say = fmt.Sprintf("%s and %s are the first that we captured, within a minute, %s", name, count(ties, "other source", "other sources"), when)
	case captured+s.More == 1:
		say = fmt.Sprintf("%s is the only source of this text that we captured, %s", name, when)
	default:
		say = fmt.Sprintf("%s is the first that we captured, %s", name, when)
	}
	switch {
	case s.More > 0:
		say += fmt.Sprintf("; %s posted this text, the %d shown within %s", count(captured+s.More, "source", "sources"), captured, span)
	case captured > 1:
		say += fmt.Sprintf("; %d sources posted this text within %s", captured, span)
	}
	if origin >= 0 {
		an := "an"
		if early {
			an = "an earlier"
		}
		say += fmt.Sprintf("; forward headers prove %s original in %s that was never captured", an, isolated(s.Lanes[origin].Name))
	}
	if blind > 0 {
		say += fmt.Sprintf("; %s could not be seen for some of the time", count(blind, "source", "sources"))
	}
	return say + "."
}
