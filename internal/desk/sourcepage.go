package desk

import (
	"context"
	"fmt"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// SourcePage is everything the page of a source shows.
type SourcePage struct {
	ID       string
	Stat     catalog.SourceStat
	Coverage Coverage
	Spread   Spread
	First    FirstRow // how often it breaks first, against chance
	Compared bool     // First says something
	Ready    bool     // what it shares with others is worked out; First and Spread are complete
	Grades   []record.Grade
	Facts    []SourceFact
}

// SourcePage gathers it. It does not wait for what takes long in a large case:
// then it is not Ready, or of a moment ago.
func (d *Desk) SourcePage(ctx context.Context, source uint64) (SourcePage, error) {
	p := SourcePage{ID: d.Case.IDs.ID(record.KindSource, source)}
	stats, err := d.sources(ctx)
	if err != nil {
		return p, err
	}
	for _, s := range stats {
		if s.Leaf == source {
			p.Stat = s
		}
	}
	if p.Stat.Leaf != source {
		return p, fmt.Errorf("source %s: %w", p.ID, record.ErrNotFound)
	}
	read, err := d.read(ctx, p.Stat)
	if err != nil {
		return p, err
	}
	p.Coverage = read.coverage
	o, err := d.orderNow(ctx, patience)
	if err != nil {
		return p, err
	}
	if o != nil {
		p.First, p.Compared = o.first(source)
		p.Ready = o.judged
	}
	if p.Spread, err = d.spread(ctx, source, o); err != nil {
		return p, err
	}
	if p.Grades, err = d.Grades(ctx, source); err != nil {
		return p, err
	}
	p.Facts, err = d.SourceFacts(ctx, p.Stat.Source)
	return p, err
}

// SourceRow is a source in the list of sources.
type SourceRow struct {
	ID       string
	Stat     catalog.SourceStat
	Grades   []record.Grade // those that count, the newest first
	First    FirstRow
	Compared bool // First says something
}

// SourceRows lists the sources of the case, in log order, with what is known of
// each. ready says whether it is worked out who breaks first.
func (d *Desk) SourceRows(ctx context.Context) (rows []SourceRow, ready bool, err error) {
	stats, err := d.sources(ctx)
	if err != nil {
		return nil, false, err
	}
	grades, err := d.Grades(ctx, 0)
	if err != nil {
		return nil, false, err
	}
	bySource := map[uint64][]record.Grade{}
	for _, g := range grades {
		if g.Counts {
			bySource[g.Source] = append(bySource[g.Source], g)
		}
	}
	o, err := d.orderNow(ctx, patience)
	if err != nil {
		return nil, false, err
	}
	firsts := map[uint64]FirstRow{}
	if o != nil {
		for _, r := range o.rows {
			firsts[r.First.Source] = r
		}
	}
	for _, s := range stats {
		r := SourceRow{ID: d.Case.IDs.ID(record.KindSource, s.Leaf), Stat: s, Grades: bySource[s.Leaf]}
		r.First = firsts[s.Leaf]
		r.Compared = r.First.Families > 0
		rows = append(rows, r)
	}
	return rows, o != nil && o.judged, nil
}
