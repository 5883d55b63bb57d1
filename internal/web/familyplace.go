package web

import (
	"cmp"
	"context"
	"slices"

	"dalil/internal/chart"
	"dalil/internal/record"
)

// familyPlace is where a statement stands in a family.
type familyPlace struct {
	ID, URL        string
	Posts, Sources int
	Place          int    // by time, from 1; 0 when it states none or was withdrawn
	First, Tie     bool   // of those we captured
	Delay          string // after the first that we captured
	Relation       string
	Quoting        bool // only a part of it is the family's text
	Ghosts         int  // originals that were not captured
}

// familyPlaces finds the families of a statement, the one it is a copy in first,
// and draws that.
func (s *server) familyPlaces(ctx context.Context, l *tongue, st record.Statement) (all []familyPlace, strip chart.Strip, err error) {
	rows, err := s.desk.Case.Catalog.Members(ctx, []uint64{st.First})
	if err != nil {
		return nil, strip, err
	}
	quoting := func(m record.Member) int {
		if m.Relation == record.RelQuotedIn {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(rows, func(a, b record.Member) int { return cmp.Compare(quoting(a), quoting(b)) })
	for i, row := range rows[:min(len(rows), placesShown)] {
		f, err := s.desk.Family(ctx, s.familyID(row.Family))
		if err != nil {
			return nil, strip, err
		}
		first, err := s.firstOf(ctx, f)
		if err != nil {
			return nil, strip, err
		}
		p := familyPlace{ID: f.ID, URL: s.atFamily(f.ID, first), Posts: len(f.Members), Sources: f.Sources, Quoting: quoting(row) == 1, Ghosts: len(f.Attested)}
		n := 0
		for _, m := range f.Members {
			if m.Statement.Withdrawn || !m.Statement.Posted.Known() {
				continue
			}
			if n++; m.Member.Statement == st.First {
				p.Place, p.First, p.Tie = n, m.Member.Statement == f.First, m.Tie
				if at, base := m.Statement.Posted.Seconds(), first.Posted.Seconds(); base != record.NoSeconds && at > base {
					p.Delay = l.stretch(at - base)
				}
				if !p.First {
					p.Relation = l.relation(m)
				}
			}
		}
		all = append(all, p)
		if i == 0 {
			strip = s.stripOf(l, f, st.First, lanesFew)
		}
	}
	return all, strip, nil
}

// placesShown bounds the families of one statement that are shown: an article
// may quote many.
const placesShown = 8
