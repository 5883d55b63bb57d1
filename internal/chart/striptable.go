package chart

import (
	"cmp"
	"slices"
	"time"

	"dalil/internal/record"
)

// Table is the data-table twin of the picture: a header, then a row for every
// mark and every hole, lanes in their order, marks by time. Times are in the
// case's zone and in UTC. Text of others has its unseen characters written out
// and is not isolated: that is done where it is shown.
func (s Strip) Table() [][]string {
	w, zone := s.words(), s.zone()
	lane, mark := s.first()
	var base int64
	if lane >= 0 {
		base = s.Lanes[lane].Marks[mark].At
	}
	rows := [][]string{{w.f("Source"), w.f("Time ({zone})", "zone", plain(zone.String())), "UTC", w.f("After first"), w.f("Relation"), w.f("How we know")}}
	for i, l := range s.Lanes {
		order := make([]int, len(l.Marks))
		for j := range order {
			order[j] = j
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(l.Marks[a].At, l.Marks[b].At) })
		for _, j := range order {
			m := l.Marks[j]
			after := ""
			switch {
			case i == lane && j == mark:
				after = w.digits("0")
			case stated(m.At):
				after = w.delta(m.At - base)
				if m.Tie {
					after = w.f("{after}, tie", "after", after)
				}
			}
			rows = append(rows, []string{plain(l.Name), w.stamp(m.At, zone), w.stamp(m.At, time.UTC), after, w.relation(m), w.ground(m)})
		}
		for _, h := range l.Holes {
			rows = append(rows, []string{plain(l.Name), w.span(h, zone), w.span(h, time.UTC), "", w.f("could not be seen"), plain(h.Why)})
		}
	}
	return rows
}

func (w words) span(h Hole, zone *time.Location) string {
	switch {
	case h.open() && !stated(h.From):
		return w.f("times not known")
	case h.open():
		return w.f("from {from}, end not known", "from", w.stamp(h.From, zone))
	case !stated(h.From):
		return w.f("until {to}", "to", w.stamp(h.To, zone))
	}
	return w.f("{from} to {to}", "from", w.stamp(h.From, zone), "to", w.stamp(h.To, zone))
}

// relation says in words what a mark is to the first.
func (w words) relation(m Mark) string {
	if m.Attested {
		return w.f("original, never captured")
	}
	switch m.Relation {
	case record.RelFirst:
		return w.f("first that we captured")
	case record.RelForward:
		return w.f("forwarded")
	case record.RelVerbatim:
		return w.f("same words")
	case record.RelEdited:
		return w.f("edited")
	case record.RelWrapped:
		return w.f("with words of its own around it")
	case record.RelTruncated:
		return w.f("a part of it")
	case record.RelQuotedIn:
		return w.f("inside a longer text")
	case record.RelImageOf:
		return w.f("a picture of it")
	case record.RelTranslation:
		return w.f("translation")
	}
	return plain(string(m.Relation))
}

// ground says in words by which test a mark was found to be the same text.
func (w words) ground(m Mark) string {
	if m.Attested {
		return w.f("forward headers name it")
	}
	switch m.Ground {
	case record.GroundExact:
		return w.f("same text")
	case record.GroundForward:
		return w.f("forward header")
	case record.GroundPicture:
		return w.f("same picture")
	case record.GroundNear:
		return w.f("nearly the same text")
	case record.GroundContains:
		return w.f("one text holds the other")
	case record.GroundRead:
		return w.f("text read in a picture")
	case record.GroundPerson:
		return w.f("a person decided")
	}
	return plain(string(m.Ground))
}
