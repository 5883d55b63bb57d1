package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// window returns the next rows within bounds that can match, in order: of a
// short list, by their state, or as the full-text index finds them.
func (w *search) window(ctx context.Context, order string, lo, hi int64, limit int) ([]place, error) {
	switch {
	case len(w.few) > 0:
		return w.ofFew(ctx, order, lo, hi, limit)
	case w.bare:
		return w.byState(ctx, order, lo, hi, limit)
	}
	return w.rows(ctx, "rowid, 0", order, lo, hi, limit)
}

// ofFew goes through the shortest of the lists, and asks the index about each
// row in turn.
func (w *search) ofFew(ctx context.Context, order string, lo, hi int64, limit int) ([]place, error) {
	list := slices.MinFunc(w.few, func(a, b []int64) int { return len(a) - len(b) })
	from := sort.Search(len(list), func(i int) bool { return list[i] < hi })
	to := sort.Search(len(list), func(i int) bool { return list[i] < lo })
	part := slices.Clone(list[from:max(from, to)])
	if order == "ASC" {
		slices.Reverse(part)
	}
	var all []place
	for _, at := range part {
		if leaf := leafOf(at); leaf < w.first || leaf >= w.last {
			continue
		}
		if met, err := w.met(ctx, at); err != nil {
			return nil, err
		} else if !met {
			continue
		}
		if all = append(all, place{rowid: at}); len(all) == limit {
			break
		}
	}
	return all, nil
}

// met reports whether the index finds a row.
func (w *search) met(ctx context.Context, at int64) (met bool, err error) {
	if w.bare {
		return true, nil
	}
	err = w.s.find.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM words WHERE words MATCH ? AND rowid=?)", w.expr, at).Scan(&met)
	return met, err
}

// wanted are the states to look under; later stands in for new when something
// put off is due.
func (p *plan) wanted() []int {
	if slices.Contains(p.states, stateNew) && len(p.due) > 0 && !slices.Contains(p.states, stateLater) {
		return append(slices.Clone(p.states), stateLater)
	}
	return p.states
}

// byState merges the rows of each state.
func (w *search) byState(ctx context.Context, order string, lo, hi int64, limit int) ([]place, error) {
	ask := func(where string, args ...any) ([]int64, error) {
		args = append(args, lo, hi, w.last, w.first, limit)
		return list(ctx, w.s, func(row scanner) (at int64, err error) { return at, row.Scan(&at) },
			"SELECT at FROM place WHERE "+where+" at>=? AND at<? AND (at & "+itoa(leafMask)+")<? AND (at & "+itoa(leafMask)+")>=? ORDER BY at "+order+" LIMIT ?", args...)
	}
	var rows []int64
	var err error
	if w.states == nil {
		rows, err = ask("")
	} else {
		for _, state := range w.wanted() {
			some, e := ask("state=? AND", state)
			if e != nil {
				return nil, e
			}
			rows = append(rows, some...)
		}
		slices.Sort(rows)
		if order == "DESC" {
			slices.Reverse(rows)
		}
		rows = rows[:min(len(rows), limit)]
	}
	all := make([]place, len(rows))
	for i, at := range rows {
		all[i].rowid = at
	}
	return all, err
}

// placed is where a row stands in the inbox.
type placed struct {
	at    int64
	unit  uint64
	state int
}

// placesOf reads where rows stand, in their order. Rows of nothing that is there
// any more are left out, and where only families count those that are in none.
func (w *search) placesOf(ctx context.Context, found []place) ([]placed, error) {
	ats := make([]uint64, len(found))
	for i, f := range found {
		ats[i] = uint64(f.rowid)
	}
	where := ""
	if w.inFamily {
		where = " WHERE p.unit<>p.statement OR EXISTS(SELECT 1 FROM family f WHERE f.anchor=p.unit)"
	}
	return list(ctx, w.s, func(r scanner) (x placed, err error) { return x, r.Scan(&x.at, &x.unit, &x.state) },
		"SELECT p.at, p.unit, p.state FROM json_each(?) j CROSS JOIN place p ON p.at=j.value"+where, leafList(ats))
}

// can reports whether a row in a place can match.
func (w *search) can(x placed) bool {
	if x.state == stateWithdrawn {
		return w.withdrawn || w.either
	}
	return w.states == nil && !w.withdrawn || slices.Contains(w.states, w.stateNow(x.unit, x.state)) || w.states == nil && w.either
}

// inPlace leaves out rows whose unit is in a state that cannot match, before
// they are read.
func (w *search) inPlace(ctx context.Context, found []place) ([]place, error) {
	if w.states == nil && !w.inFamily || len(found) == 0 {
		return found, nil
	}
	rows, err := w.placesOf(ctx, found)
	if err != nil {
		return nil, err
	}
	can := make(map[int64]bool, len(rows))
	for _, r := range rows {
		if w.can(r) {
			can[r.at] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(found), func(p place) bool { return !can[p.rowid] }), nil
}

// leap moves the bounds to where the next unit of a state that can match is.
func (w *search) leap(ctx context.Context, lo, hi int64) (int64, int64, error) {
	if w.states == nil || w.bare || w.withdrawn || w.either {
		return lo, hi, nil
	}
	next := sql.NullInt64{}
	for _, state := range w.wanted() {
		var at sql.NullInt64
		q, args := "SELECT max(at) FROM place WHERE state=? AND at<?", []any{state, hi}
		if w.sort == query.Oldest {
			q, args = "SELECT min(at) FROM place WHERE state=? AND at>=?", []any{state, lo}
		}
		if err := w.s.read.QueryRowContext(ctx, q, args...).Scan(&at); err != nil {
			return lo, hi, w.s.rowsErr(err)
		}
		if at.Valid && (!next.Valid || (w.sort == query.Oldest) == (at.Int64 < next.Int64)) {
			next = at
		}
	}
	switch {
	case !next.Valid:
		return hi, hi, nil // nothing more
	case w.sort == query.Oldest:
		return max(lo, next.Int64), hi, nil
	}
	return lo, min(hi, next.Int64+1), nil
}

// place reads where candidates stand in the inbox and in their family.
func (w *search) place(ctx context.Context, found []place, byLeaf map[uint64]*candidate) error {
	if w.places || w.units {
		rows, err := w.placesOf(ctx, found)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if c := byLeaf[leafOf(r.at)]; c != nil {
				c.unit, c.state = r.unit, r.state
			}
		}
	}
	if !w.families {
		return nil
	}
	var anchors []uint64
	for _, c := range byLeaf {
		if c.Family != 0 {
			anchors = append(anchors, c.Family)
		}
	}
	all, err := inChunks(ctx, w.s, scanFamily, familyColumns+"WHERE anchor IN (SELECT value FROM json_each(?))", anchors)
	if err != nil {
		return err
	}
	byAnchor := make(map[uint64]record.Family, len(all))
	for _, f := range all {
		byAnchor[f.Anchor] = f
	}
	for _, c := range byLeaf {
		f := byAnchor[c.Family]
		c.first = f.First == c.First && c.Family != 0
		if c.lag = noLag; c.Family != 0 && !c.first && c.Posted.Known() && f.From != record.NoSeconds {
			c.lag = c.Posted.Unix - f.From
		}
	}
	return nil
}

// isNew reports whether a hit is the first of its unit, on this page and on
// those before.
func (w *search) isNew(ctx context.Context, c *candidate, at int64) (bool, error) {
	if c.unit == 0 || w.seen[c.unit] {
		return false, nil
	}
	w.seen[c.unit] = true
	if !w.paged {
		return true, nil
	}
	// Where the scan of the pages before has been: of the unit's other rows there,
	// none may be a hit.
	q, bound := "SELECT at FROM place WHERE unit=? AND at>=? ORDER BY at DESC", w.after.rowid
	if w.sort == query.Oldest {
		q, bound = "SELECT at FROM place WHERE unit=? AND at<=? ORDER BY at", w.after.rowid
	}
	rows, err := list(ctx, w.s, func(row scanner) (at int64, err error) { return at, row.Scan(&at) }, q, c.unit, bound)
	if err != nil {
		return false, err
	}
	for _, other := range rows {
		if other < w.lo || other >= w.hi || leafOf(other) < w.first || leafOf(other) >= w.last {
			continue
		}
		met, err := w.met(ctx, other)
		if err != nil || !met {
			if err != nil {
				return false, err
			}
			continue
		}
		byLeaf, err := w.load(ctx, []place{{rowid: other}})
		if err != nil {
			return false, err
		}
		hit, err := w.isHit(ctx, byLeaf[leafOf(other)])
		if err != nil || hit {
			return false, err
		}
	}
	return true, nil
}

// totalUnits counts the units of the whole query, up to maxCounted.
func (w *search) totalUnits(ctx context.Context) (int64, bool, error) {
	if w.bare && len(w.tests) <= 1 && len(w.few) == 0 && w.states != nil && !w.either && w.lo == 0 && w.hi > maxPlace && w.first == 0 && len(w.due) == 0 && w.stateOnly {
		var n int64
		err := w.s.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT DISTINCT unit FROM place WHERE state IN "+inList(w.states)+" AND (at & "+itoa(leafMask)+")<? LIMIT ?)", w.last, maxCounted+1).Scan(&n)
		if err != nil {
			return 0, false, w.s.rowsErr(err)
		}
		return min(n, maxCounted), n <= maxCounted, nil
	}
	all := &search{plan: w.plan, sort: query.Newest, want: 1 << 30, after: place{size: w.after.size}, units: true, seen: map[uint64]bool{}}
	if len(w.tests) == w.placed {
		return all.countPlaces(ctx)
	}
	n := int64(0)
	all.each = func(uint64) bool { n++; return n <= maxCounted }
	if err := all.inOrder(ctx); err != nil {
		return 0, false, w.s.wordsErr(err)
	}
	return min(n, maxCounted), n <= maxCounted, nil
}

// countPlaces counts units where no row has to be read: one matches when any
// wording of any of its statements does.
func (w *search) countPlaces(ctx context.Context) (int64, bool, error) {
	lo, hi := w.lo, w.hi
	for {
		found, err := w.window(ctx, "DESC", lo, hi, longLook)
		if err != nil {
			return 0, false, w.s.wordsErr(err)
		}
		if len(found) == 0 {
			break
		}
		rows, err := w.placesOf(ctx, found)
		if err != nil {
			return 0, false, err
		}
		met := 0
		for _, r := range rows {
			if w.can(r) {
				w.seen[r.unit] = true
				met++
			}
		}
		if len(w.seen) > maxCounted {
			return maxCounted, false, nil
		}
		hi = found[len(found)-1].rowid
		if len(found) < longLook {
			break
		}
		if met == 0 {
			if lo, hi, err = w.leap(ctx, lo, hi); err != nil {
				return 0, false, err
			}
		}
	}
	return int64(len(w.seen)), true, nil
}

const maxPlace = maxMoment << leafBits

func inList(all []int) string {
	s := make([]string, len(all))
	for i, n := range all {
		s[i] = itoa(n)
	}
	return "(" + strings.Join(s, ",") + ")"
}

// inbox makes a search for units.
func (s *store) inbox(ctx context.Context, q query.Query, page catalog.Page) (*search, error) {
	if s.find == nil {
		return nil, record.WithHint(fmt.Errorf("%s: %w", SearchFile, record.ErrNotFound), remedy)
	}
	p, err := s.planPage(ctx, q, page)
	if err != nil {
		return nil, err
	}
	w := &search{plan: p, sort: q.Sort, want: page.Limit, units: true, seen: map[uint64]bool{}}
	if w.sort == query.Relevance {
		w.sort = query.Newest
	}
	switch f := q.Root.(type) {
	case query.Filter:
		w.stateOnly = f.Key == "state"
	case query.Not:
		g, ok := f.X.(query.Filter)
		w.stateOnly = ok && g.Key == "state"
	}
	switch {
	case page.Limit == 0:
		w.want = defaultPage
	case page.Limit < 0:
		w.want = 1<<31 - 1
	}
	if page.After != "" {
		if w.after, err = parsePlace(page.After); err != nil {
			return nil, err
		}
		w.paged = true
	} else if w.after.size, err = s.searchable(ctx); err != nil {
		return nil, err
	}
	p.last = min(p.last, w.after.size)
	return w, nil
}

// Inbox goes through statements in the order of time and gathers their units.
func (s *store) Inbox(ctx context.Context, q query.Query, page catalog.Page) (catalog.Units, error) {
	res := catalog.Units{Total: -1}
	w, err := s.inbox(ctx, q, page)
	if err != nil {
		return res, err
	}
	if !w.none {
		if err := w.inOrder(ctx); err != nil {
			return res, s.wordsErr(err)
		}
	}
	units, err := s.UnitsOf(ctx, w.homes, page.Now)
	if err != nil {
		return res, err
	}
	for i, u := range units {
		res.Hits = append(res.Hits, catalog.UnitHit{Unit: u, Hit: w.hits[i]})
	}
	res.Next = w.next
	if page.Total {
		res.Total, res.Exact = 0, true
		if !w.none {
			if res.Total, res.Exact, err = w.totalUnits(ctx); err != nil {
				return res, err
			}
		}
	}
	if len(res.Hits) == 0 && page.After == "" {
		res.ZeroBecause, err = s.unmet(ctx, w.plan)
	}
	return res, err
}

// AllUnits is every page of Inbox at once.
func (s *store) AllUnits(ctx context.Context, q query.Query, now int64, f func(uint64) bool) error {
	w, err := s.inbox(ctx, q, catalog.Page{Limit: -1, Now: now})
	if err != nil || w.none {
		return err
	}
	w.each = f
	return s.wordsErr(w.inOrder(ctx))
}
