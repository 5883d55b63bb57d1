package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// window returns the next rows within bounds that can match, in order: of a
// short list, by their state, or as the full-text index finds them.
func (w *search) window(ctx context.Context, order string, lo, hi int64, limit int) ([]place, error) {
	list := w.shortest()
	switch {
	case list != nil && (w.bare || len(list) <= mostFew):
		return w.ofFew(ctx, list, order, lo, hi, limit)
	case w.bare:
		return w.byState(ctx, order, lo, hi, limit)
	}
	return w.rows(ctx, "rowid, 0", order, lo, hi, limit)
}

// shortest is the shortest of the lists of rows; nil when there is none.
func (p *plan) shortest() []int64 {
	if len(p.few) == 0 {
		return nil
	}
	return slices.MinFunc(p.few, func(a, b []int64) int { return len(a) - len(b) })
}

// ofFew goes through a list, and asks the index about each row in turn.
func (w *search) ofFew(ctx context.Context, list []int64, order string, lo, hi int64, limit int) ([]place, error) {
	from := sort.Search(len(list), func(i int) bool { return list[i] < hi })
	to := sort.Search(len(list), func(i int) bool { return list[i] < lo })
	list = list[from:max(from, to)]
	rows := slices.Values(list)
	if order == "ASC" {
		rows = func(yield func(int64) bool) {
			for _, at := range slices.Backward(list) {
				if !yield(at) {
					return
				}
			}
		}
	}
	var all []place
	for at := range rows {
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
			"SELECT at FROM place p WHERE "+where+" at>=? AND at<? AND (at & "+itoa(leafMask)+")<? AND (at & "+itoa(leafMask)+")>=? ORDER BY at "+order+" LIMIT ?", args...)
	}
	// One of the two is what the rows are found by; the other is tested of each.
	column, numbers, where := "state", w.wanted(), w.rolesOnly()
	if len(w.roles) > 0 && !slices.Contains(w.roles, roleAlone) {
		column, numbers, where = "role", w.roles, w.lagsOnly()
		if states := w.wanted(); states != nil {
			where += "+state IN " + inList(states) + " AND "
		}
	}
	var rows []int64
	var err error
	if numbers == nil {
		rows, err = ask(where)
	} else {
		for _, n := range numbers {
			// Written out: an index of some roles only serves a number it can see.
			some, e := ask(column + "=" + itoa(n) + " AND " + where)
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

// rolesOnly and lagsOnly are conditions on the places p of rows, each followed
// by AND. They are tests, not ways to find them.
func (p *plan) rolesOnly() string {
	if p.roles == nil {
		return ""
	}
	return "+p.role IN " + inList(p.roles) + " AND " + p.lagsOnly()
}

func (p *plan) lagsOnly() string {
	where := ""
	for _, r := range p.lags {
		where += "p.lag IS NOT NULL AND "
		if r.From != record.NoSeconds {
			where += "+p.lag>=" + strconv.FormatInt(r.From, 10) + " AND "
		}
		if r.To != record.NoSeconds {
			where += "+p.lag<" + strconv.FormatInt(r.To, 10) + " AND "
		}
	}
	return where
}

// placed is where a row stands in the inbox and in its family.
type placed struct {
	at    int64
	unit  uint64
	state int
	role  int
	lag   int64 // seconds after the first of the family, or noLag
}

// placesOf reads where rows stand, in their order. Rows of nothing that is there
// any more are left out, and those whose role in their family cannot match.
func (w *search) placesOf(ctx context.Context, found []place) ([]placed, error) {
	if w.roles != nil && !slices.Contains(w.roles, roleAlone) && len(found) > firstLook {
		if rows, ok, err := w.rolesAmong(ctx, found); ok || err != nil {
			return rows, err
		}
	}
	ats := make([]uint64, len(found))
	for i, f := range found {
		ats[i] = uint64(f.rowid)
	}
	return list(ctx, w.s, scanPlaced, "SELECT "+placedColumns+" FROM json_each(?) j CROSS JOIN place p ON p.at=j.value WHERE "+w.rolesOnly()+"1", leafList(ats))
}

const placedColumns = "p.at, p.unit, p.state, p.role, p.lag"

func scanPlaced(r scanner) (x placed, err error) {
	var lag sql.NullInt64
	err = r.Scan(&x.at, &x.unit, &x.state, &x.role, &lag)
	if x.lag = lag.Int64; !lag.Valid {
		x.lag = noLag
	}
	return x, err
}

// rolesAmong is placesOf where few rows are in families, so that it costs less to
// go through those between the first and the last of the found. It is not ok when
// they are many.
func (w *search) rolesAmong(ctx context.Context, found []place) (rows []placed, ok bool, err error) {
	first, last, order := found[0].rowid, found[len(found)-1].rowid, "ASC"
	if first > last {
		first, last, order = last, first, "DESC"
	}
	all, err := list(ctx, w.s, scanPlaced, "SELECT "+placedColumns+" FROM place p WHERE p.role IN "+inList(w.roles)+" AND p.role>0 AND "+w.lagsOnly()+
		"p.at>=? AND p.at<=? ORDER BY p.at "+order+" LIMIT ?", first, last, len(found)+1)
	if err != nil || len(all) > len(found) {
		return nil, false, err
	}
	for _, x := range all {
		for len(found) > 0 && found[0].rowid != x.at && (found[0].rowid < x.at) == (order == "ASC") {
			found = found[1:]
		}
		if len(found) > 0 && found[0].rowid == x.at {
			rows = append(rows, x)
		}
	}
	return rows, true, nil
}

// can reports whether a row in a place can match.
func (w *search) can(x placed) bool {
	for _, is := range w.unitTests {
		if !is(x.unit) {
			return false
		}
	}
	if x.state == stateWithdrawn {
		return w.withdrawn || w.either
	}
	return w.states == nil && !w.withdrawn || slices.Contains(w.states, w.stateNow(x.unit, x.state)) || w.states == nil && w.either
}

// inPlace leaves out rows that cannot match where they stand, before they are
// read.
func (w *search) inPlace(ctx context.Context, found []place) ([]place, error) {
	if w.states == nil && w.roles == nil && w.unitTests == nil || len(found) == 0 {
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

// place reads where candidates stand.
func (w *search) place(ctx context.Context, found []place, byLeaf map[uint64]*candidate) error {
	if w.places || w.units {
		rows, err := w.placesOf(ctx, found)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if c := byLeaf[leafOf(r.at)]; c != nil {
				c.placed = r
			}
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

// countUnits counts the units of the whole query, up to maxCounted.
func (w *search) countUnits(ctx context.Context) (int64, bool, error) {
	if w.byPlaces() {
		return w.countIndexed(ctx, "unit")
	}
	n := int64(0)
	all := &search{plan: w.plan, sort: query.Newest, want: 1 << 30, after: place{size: w.after.size}, units: true, seen: map[uint64]bool{}}
	err := all.all(ctx, func(uint64) bool { n++; return n <= maxCounted })
	return min(n, maxCounted), n <= maxCounted, err
}

// all calls f for every unit that matches, in order, until it returns false.
func (w *search) all(ctx context.Context, f func(unit uint64) bool) error {
	if len(w.tests) == w.told {
		return w.eachPlaced(ctx, f)
	}
	w.each = f
	return w.s.wordsErr(w.inOrder(ctx))
}

// byPlaces reports whether the places of rows say which match, so that one
// question counts them.
func (w *search) byPlaces() bool {
	return w.bare && len(w.tests) == w.told && len(w.unitTests) == 0 && !w.withdrawn && !w.either && (len(w.due) == 0 || w.states == nil || w.units && w.everywhere())
}

// everywhere reports whether rows of any time and role, and of the whole log, can
// match.
func (w *search) everywhere() bool {
	return w.roles == nil && w.lo == 0 && w.hi == math.MaxInt64 && w.first == 0
}

// countIndexed counts the units or statements of rows that match: each counts
// when any of its wordings does.
func (w *search) countIndexed(ctx context.Context, column string) (n int64, exact bool, err error) {
	where := w.rolesOnly() + "+state<>" + itoa(stateWithdrawn)
	switch {
	case len(w.roles) > 0 && !slices.Contains(w.roles, roleAlone):
		where = "role IN " + inList(w.roles) + " AND role>0 AND " + w.lagsOnly() + "+state<>" + itoa(stateWithdrawn)
		if w.states != nil {
			where += " AND +state IN " + inList(w.states)
		}
	case w.states != nil:
		where = w.rolesOnly() + "state IN " + inList(w.states)
	}
	err = w.s.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT DISTINCT "+column+" FROM place p WHERE "+where+" AND at>=? AND at<? AND (at & "+itoa(leafMask)+")<? AND (at & "+itoa(leafMask)+")>=? LIMIT ?)",
		w.lo, w.hi, w.last, w.first, maxCounted+1).Scan(&n)
	exact = n <= maxCounted
	// What is due counts as put off in the rows.
	switch isNew, later := slices.Contains(w.states, stateNew), slices.Contains(w.states, stateLater); {
	case isNew && !later:
		n += int64(len(w.due))
	case later && !isNew && exact:
		n -= int64(len(w.due))
	}
	return min(n, maxCounted), exact && n <= maxCounted, w.s.rowsErr(err)
}

// eachPlaced calls f for the units of rows that match, each once, in the order
// asked for, until it returns false. No row has to be read: a unit matches when
// any wording of any of its statements does.
func (w *search) eachPlaced(ctx context.Context, f func(unit uint64) bool) error {
	lo, hi, order := w.lo, w.hi, "DESC"
	if w.sort == query.Oldest {
		order = "ASC"
	}
	for {
		found, err := w.window(ctx, order, lo, hi, longLook)
		if err != nil || len(found) == 0 {
			return w.s.wordsErr(err)
		}
		rows, err := w.placesOf(ctx, found)
		if err != nil {
			return err
		}
		met := false
		for _, r := range rows {
			if !w.can(r) {
				continue
			}
			met = true
			if w.seen[r.unit] {
				continue
			}
			w.seen[r.unit] = true
			if !f(r.unit) {
				return nil
			}
		}
		if len(found) < longLook {
			return nil
		}
		if end := found[len(found)-1].rowid; w.sort == query.Oldest {
			lo = end + 1
		} else {
			hi = end
		}
		if !met {
			if lo, hi, err = w.leap(ctx, lo, hi); err != nil {
				return err
			}
		}
	}
}

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
			if res.Total, res.Exact, err = w.total(ctx, "units", w.countUnits); err != nil {
				return res, err
			}
		}
	}
	if len(res.Hits) == 0 && page.After == "" {
		res.ZeroBecause, err = w.unmet(ctx)
	}
	return res, err
}

// AllUnits is every page of Inbox at once.
func (s *store) AllUnits(ctx context.Context, q query.Query, now int64, f func(uint64) bool) error {
	w, err := s.inbox(ctx, q, catalog.Page{Limit: -1, Now: now})
	if err != nil || w.none {
		return err
	}
	asked := false
	kept, err := w.answer(ctx, "every unit", func() (units []int64, err error) {
		asked = true
		whole := true
		err = w.all(ctx, func(u uint64) bool {
			units = append(units, int64(u))
			whole = f(u)
			return whole
		})
		if err == nil && !whole {
			err = errStopped
		}
		return units, err
	})
	if asked {
		if errors.Is(err, errStopped) {
			return nil
		}
		return err
	}
	for _, u := range kept {
		if !f(uint64(u)) {
			break
		}
	}
	return err
}

// errStopped says that somebody had enough of a list, which is not kept then.
var errStopped = errors.New("the rest is not wanted")
