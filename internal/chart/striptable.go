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
	zone := s.zone()
	lane, mark := s.first()
	var base int64
	if lane >= 0 {
		base = s.Lanes[lane].Marks[mark].At
	}
	rows := [][]string{{"Source", "Time (" + plain(zone.String()) + ")", "UTC", "After first", "Relation", "How we know"}}
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
				after = "0"
			case stated(m.At):
				after = delta(m.At - base)
				if m.Tie {
					after += ", tie"
				}
			}
			rows = append(rows, []string{plain(l.Name), stamp(m.At, zone), stamp(m.At, time.UTC), after, relation(m), ground(m)})
		}
		for _, h := range l.Holes {
			rows = append(rows, []string{plain(l.Name), h.span(zone), h.span(time.UTC), "", "could not be seen", plain(h.Why)})
		}
	}
	return rows
}

func (h Hole) span(zone *time.Location) string {
	switch {
	case h.open() && !stated(h.From):
		return "times not known"
	case h.open():
		return "from " + stamp(h.From, zone) + ", end not known"
	case !stated(h.From):
		return "until " + stamp(h.To, zone)
	}
	return stamp(h.From, zone) + " to " + stamp(h.To, zone)
}

// relation says in words what a mark is to the first.
func relation(m Mark) string {
	if m.Attested {
		return "original, never captured"
	}
	switch m.Relation {
	case record.RelFirst:
		return "first that we captured"
	case record.RelForward:
		return "forwarded"
	case record.RelVerbatim:
		return "same words"
	case record.RelEdited:
		return "edited"
	case record.RelWrapped:
		return "with words of its own around it"
	case record.RelTruncated:
		return "a part of it"
	case record.RelQuotedIn:
		return "inside a longer text"
	case record.RelImageOf:
		return "a picture of it"
	case record.RelTranslation:
		return "translation"
	}
	return plain(string(m.Relation))
}

// ground says in words by which test a mark was found to be the same text.
func ground(m Mark) string {
	if m.Attested {
		return "forward headers name it"
	}
	switch m.Ground {
	case record.GroundExact:
		return "same text"
	case record.GroundForward:
		return "forward header"
	case record.GroundPicture:
		return "same picture"
	case record.GroundNear:
		return "nearly the same text"
	case record.GroundContains:
		return "one text holds the other"
	case record.GroundRead:
		return "text read in a picture"
	case record.GroundPerson:
		return "a person decided"
	}
	return plain(string(m.Ground))
}
