package sqlite

import (
	"context"
	"fmt"
	"slices"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Bounds of CountPosted. A stretch that has more matches than its share is
// estimated from the beginning of each of its parts.
const (
	mostEdges   = 500
	rowsIndexed = 150_000 // matches counted one by one where the index alone tells
	rowsCounted = 24_000  // matches looked at in the index
	rowsRead    = 12_000  // matches read from the catalog, where a test needs that
	strata      = 4       // parts of a stretch
	leastShare  = 24      // matches looked at in a part
)

// CountPosted counts hits by when they were posted.
func (s *store) CountPosted(ctx context.Context, q query.Query, now int64, edges []int64) ([]catalog.Count, error) {
	if len(edges) < 2 || len(edges) > mostEdges {
		return nil, fmt.Errorf("%w: %d edges", record.ErrInvalid, len(edges))
	}
	for i, e := range edges[1:] {
		if edges[i] >= e {
			return nil, fmt.Errorf("%w: edges do not ascend", record.ErrInvalid)
		}
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
	w := &search{plan: p, sort: query.Oldest}
	if w.after.size, err = s.searchable(ctx); err != nil {
		return nil, err
	}
	p.last = min(p.last, w.after.size)
	kept, err := w.answer(ctx, fmt.Sprint("by time ", edges), func() ([]int64, error) {
		counts, err := w.byTime(ctx, edges)
		pairs := make([]int64, 0, 2*len(counts))
		for _, c := range counts {
			pairs = append(pairs, c.N, asInt(c.Exact))
		}
		return pairs, err
	})
	if err != nil {
		return nil, s.wordsErr(err)
	}
	counts := make([]catalog.Count, len(edges)-1)
	for i := range counts {
		counts[i] = catalog.Count{N: kept[2*i], Exact: kept[2*i+1] != 0}
	}
	return counts, nil
}

func (w *search) byTime(ctx context.Context, edges []int64) ([]catalog.Count, error) {
	counts := make([]catalog.Count, len(edges)-1)
	for i := range counts {
		counts[i].Exact = true
	}
	if w.none {
		return counts, nil
	}
	if w.byIndex() {
		found, more, err := w.indexed(ctx, rowsIndexed)
		if err != nil {
			return nil, err
		}
		if !more {
			i := 0
			for _, at := range found {
				for at >= moment(edges[i+1])<<leafBits {
					i++
				}
				counts[i].N++
			}
			return counts, nil
		}
	}
	share := rowsCounted / (len(counts) * strata)
	if len(w.tests) > w.told || w.withdrawn || w.either {
		share = rowsRead / (len(counts) * strata)
	}
	share = min(max(share, leastShare), longLook)
	for i := range counts {
		from, to := edges[i], edges[i+1]
		for part := range int64(strata) {
			c, err := w.countPart(ctx, from+(to-from)*part/strata, from+(to-from)*(part+1)/strata, share)
			if err != nil {
				return nil, err
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

// byIndex reports whether the index alone says which rows match, but for what is
// withdrawn.
func (w *search) byIndex() bool {
	return !w.bare && len(w.tests) == 0 && len(w.few) == 0 && !w.withdrawn && !w.either
}

// indexed are the rows of the statements that match, ascending, each by its newest
// wording that does. Where there are more than most it returns some of them.
func (w *search) indexed(ctx context.Context, most int) (rows []int64, more bool, err error) {
	hidden, err := remembered(ctx, w.s, "withdrawn", func() ([]int64, error) {
		return list(ctx, w.s, func(row scanner) (at int64, err error) { return at, row.Scan(&at) },
			"SELECT at FROM place WHERE state="+itoa(stateWithdrawn)+" ORDER BY at")
	})
	if err != nil {
		return nil, false, err
	}
	for look := most + 1; ; look *= 2 {
		found, err := w.rows(ctx, "rowid, 0", "ASC", w.lo, w.hi, look)
		if err != nil {
			return nil, false, err
		}
		repeated, err := w.repeated(ctx, found)
		if err != nil {
			return nil, false, err
		}
		rows = make([]int64, 0, len(found))
		for _, f := range found {
			if _, gone := slices.BinarySearch(hidden, f.rowid); !gone && !repeated[f.rowid] {
				rows = append(rows, f.rowid)
			}
		}
		if len(rows) > most || len(found) < look {
			return rows, len(rows) > most, nil
		}
	}
}

// repeated are those of the rows found, ascending, that are of a statement another
// of them is a newer wording of.
func (w *search) repeated(ctx context.Context, found []place) (map[int64]bool, error) {
	if len(found) == 0 {
		return nil, nil
	}
	old := *w
	old.plan = new(plan)
	*old.plan = *w.plan
	old.expr = "(" + w.expr + " AND " + quote(tagOld) + ")"
	replaced, err := old.rows(ctx, "rowid, 0", "ASC", found[0].rowid, found[len(found)-1].rowid+1, len(found))
	if err != nil || len(replaced) == 0 {
		return nil, err
	}
	isOld := map[int64]bool{}
	ats := make([]uint64, len(replaced))
	for i, r := range replaced {
		isOld[r.rowid], ats[i] = true, uint64(r.rowid)
	}
	wordings, err := inChunks(ctx, w.s, func(row scanner) (x [2]int64, err error) { return x, row.Scan(&x[0], &x[1]) },
		"SELECT DISTINCT o.statement, o.at FROM json_each(?) j CROSS JOIN place p ON p.at=j.value JOIN place o ON o.statement=p.statement", ats)
	if err != nil {
		return nil, err
	}
	newest := map[int64]int64{} // of a statement, of those found
	again := map[int64]bool{}
	for _, x := range wordings {
		statement, at := x[0], x[1]
		if _, met := slices.BinarySearchFunc(found, at, func(p place, at int64) int { return int(min(max(p.rowid-at, -1), 1)) }); !met {
			continue
		}
		was, ok := newest[statement]
		switch {
		case ok && was == at: // a chunk before said so
		case !ok:
			newest[statement] = at
		case isOld[was] != isOld[at] && isOld[at], isOld[was] == isOld[at] && leafOf(was) > leafOf(at):
			again[at] = true
		default:
			again[was], newest[statement] = true, at
		}
	}
	return again, nil
}

// answer keeps what was counted for a question until the log grows. Under a veil
// each answer is made anew: it depends on who asks.
func (w *search) answer(ctx context.Context, of string, count func() ([]int64, error)) ([]int64, error) {
	if w.veil != nil {
		return count()
	}
	// What is due grows with the time of day only, so its number says what it is.
	return remembered(ctx, w.s, fmt.Sprint(of, " of ", w.text, " below ", w.last, " from ", w.first, " due ", len(w.due)), count)
}

// total is answer for a number that may be a bound.
func (w *search) total(ctx context.Context, of string, count func(context.Context) (int64, bool, error)) (int64, bool, error) {
	kept, err := w.answer(ctx, of, func() ([]int64, error) {
		n, exact, err := count(ctx)
		return []int64{n, asInt(exact)}, err
	})
	if err != nil {
		return 0, false, err
	}
	return kept[0], kept[1] != 0, nil
}

func asInt(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
