package sqlite

import (
	"context"
	"fmt"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Bounds of CountPosted. A stretch that has more matches than its share is
// estimated from the beginning of each of its parts.
const (
	mostEdges   = 500
	rowsCounted = 24_000 // matches looked at in the index
	rowsRead    = 12_000 // matches read from the catalog, where a test needs that
	strata      = 4      // parts of a stretch
	leastShare  = 24     // matches looked at in a part
)

// CountPosted counts hits by when they were posted.
func (s *store) CountPosted(ctx context.Context, q query.Query, now int64, edges []int64) ([]catalog.Count, error) {
	if len(edges) < 2 || len(edges) > mostEdges {
		return nil, fmt.Errorf("%w: %d edges", record.ErrInvalid, len(edges))
	}
	if s.find == nil {
		return nil, record.WithHint(fmt.Errorf("%s: %w", SearchFile, record.ErrNotFound), remedy)
	}
	dated := query.Range{Key: "posted", From: edges[0], To: edges[len(edges)-1]}
	switch n := q.Root.(type) {
	case nil:
		q.Root = dated
	case query.And:
		q.Root = append(append(query.And{}, n...), dated)
	default:
		q.Root = query.And{n, dated}
	}
	p, err := s.plan(ctx, q, now)
	if err != nil {
		return nil, err
	}
	counts := make([]catalog.Count, len(edges)-1)
	w := &search{plan: p, sort: query.Oldest}
	if w.after.size, err = s.searchable(ctx); err != nil {
		return nil, err
	}
	p.last = min(p.last, w.after.size)
	share := rowsCounted / (len(counts) * strata)
	if len(p.tests) > p.told || p.withdrawn || p.either {
		share = rowsRead / (len(counts) * strata)
	}
	share = min(max(share, leastShare), longLook)
	for i := range counts {
		if edges[i] >= edges[i+1] {
			return nil, fmt.Errorf("%w: edges do not ascend", record.ErrInvalid)
		}
		counts[i].Exact = true
		if p.none {
			continue
		}
		from, to := edges[i], edges[i+1]
		for part := range int64(strata) {
			c, err := w.countPart(ctx, from+(to-from)*part/strata, from+(to-from)*(part+1)/strata, share)
			if err != nil {
				return nil, s.wordsErr(err)
			}
			counts[i].N += c.N
			counts[i].Exact = counts[i].Exact && c.Exact
		}
	}
	return counts, nil
}

// countPart counts the hits posted in [from, to), looking at so many matches at
// most.
func (w *search) countPart(ctx context.Context, from, to int64, most int) (catalog.Count, error) {
	lo, hi := max(w.lo, moment(from)<<leafBits), min(w.hi, moment(to)<<leafBits)
	c := catalog.Count{Exact: true}
	if lo >= hi {
		return c, nil
	}
	found, err := w.window(ctx, "ASC", lo, hi, most+1)
	if err != nil || len(found) == 0 {
		return c, err
	}
	reached := to
	if len(found) > most {
		// The last is left out: what was seen ends before its second, or with the
		// part's beginning when all are of one second.
		reached = secondOf(found[most].rowid >> leafBits)
		found, c.Exact = found[:most], false
	}
	if found, err = w.inPlace(ctx, found); err != nil {
		return c, err
	}
	if c.N, err = w.count(ctx, found); err != nil || c.Exact {
		return c, err
	}
	c.N = c.N * (to - from) / max(reached-from, 1)
	return c, nil
}
