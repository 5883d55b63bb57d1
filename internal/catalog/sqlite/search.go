package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Bounds of a search.
const (
	defaultPage = 50
	maxCounted  = 10_000 // hits counted for Result.Total
	maxRanked   = 20_000 // newest matches among which relevance is looked for
	firstLook   = 64     // rows asked of the index at once, doubled up to
	longLook    = 4096
	loadAtOnce  = 256 // rows read at once, once it shows that many are none
)

// place is where a page ends: the next one goes on behind it, in the state of
// the log that the first page saw. So rows that were added in between neither
// repeat a hit nor push one out.
type place struct {
	rowid int64
	score float64
	size  uint64
}

func (p place) String() string {
	return fmt.Sprintf("%x.%x.%x", p.rowid, p.size, int64(p.score*scoreUnit))
}

// scoreUnit makes whole numbers of scores, so that a place can be written down.
const scoreUnit = 1e6

func parsePlace(s string) (place, error) {
	var p place
	var score int64
	parts := strings.Split(s, ".")
	if len(parts) == 3 {
		var errs [3]error
		p.rowid, errs[0] = strconv.ParseInt(parts[0], 16, 64)
		p.size, errs[1] = strconv.ParseUint(parts[1], 16, 64)
		score, errs[2] = strconv.ParseInt(parts[2], 16, 64)
		p.score = float64(score) / scoreUnit
		if cmp.Or(errs[0], errs[1], errs[2]) == nil {
			return p, nil
		}
	}
	return p, fmt.Errorf("%w page %.40q: take the Next of the page before", record.ErrInvalid, s)
}

// Search runs a query. Relevance is looked for among the 20,000 newest matches.
func (s *store) Search(ctx context.Context, q query.Query, page catalog.Page) (catalog.Result, error) {
	res := catalog.Result{Total: -1}
	if s.find == nil {
		return res, record.WithHint(fmt.Errorf("%s: %w", SearchFile, record.ErrNotFound), remedy)
	}
	p, err := s.planPage(ctx, q, page)
	if err != nil {
		return res, err
	}
	w := &search{plan: p, sort: q.Sort, want: page.Limit}
	switch {
	case page.Limit == 0:
		w.want = defaultPage
	case page.Limit < 0:
		w.want = 1<<31 - 1
	}
	if at := cmp.Or(page.Before, page.After); at != "" {
		if w.after, err = parsePlace(at); err != nil {
			return res, err
		}
		w.paged = true
		w.turn(page.Before != "")
	} else if w.after.size, err = s.searchable(ctx); err != nil {
		return res, err
	}
	p.last = min(p.last, w.after.size)
	if !p.none {
		if w.sort == query.Relevance {
			err = w.ranked(ctx)
		} else {
			err = w.inOrder(ctx)
		}
		if err != nil {
			return res, s.wordsErr(err)
		}
	}
	w.result(&res)
	if page.Total {
		if res.Total, res.Exact, err = w.total(ctx, "statements", w.countStatements); err != nil {
			return res, err
		}
	}
	if len(res.Hits) == 0 && page.After == "" {
		res.ZeroBecause, err = p.unmet(ctx)
	}
	return res, err
}

// search is one page being gathered.
type search struct {
	*plan
	sort  query.Sort
	want  int
	after place
	paged bool // after is the end of a page, not only a size
	hits  []catalog.Hit
	end   place // of the last hit
	next  string
	back  bool  // hits are gathered from the end of the page to its beginning
	begin place // of the first hit

	units bool // gather units: each once, by the first of its statements met
	seen  map[uint64]bool
	homes []uint64               // units of hits
	each  func(unit uint64) bool // instead of hits, until it returns false

	counted map[uint64]bool // statements that count has seen
}

// rows asks the index for matching rows within the bounds of the plan.
func (w *search) rows(ctx context.Context, columns, order string, lo, hi int64, limit int) ([]place, error) {
	where := "words MATCH ?"
	args := []any{w.expr}
	if lo > 0 {
		where += " AND rowid>=?"
		args = append(args, lo)
	}
	where += " AND rowid<?"
	args = append(args, hi)
	where += " AND (rowid & " + itoa(leafMask) + ")<?"
	args = append(args, w.last)
	if w.first > 0 {
		where += " AND (rowid & " + itoa(leafMask) + ")>=?"
		args = append(args, w.first)
	}
	rows, err := w.s.find.QueryContext(ctx, "SELECT "+columns+" FROM words WHERE "+where+" ORDER BY rowid "+order+" LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []place
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.rowid, &p.score); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// inOrder gathers a page by time.
func (w *search) inOrder(ctx context.Context) error {
	lo, hi, order := w.lo, w.hi, "DESC"
	if w.sort == query.Oldest {
		order = "ASC"
	}
	if w.paged && w.sort == query.Oldest {
		lo = max(lo, w.after.rowid+1)
	} else if w.paged {
		hi = min(hi, w.after.rowid)
	}
	look := min(max(firstLook, w.want+1), longLook)
	for {
		found, err := w.window(ctx, order, lo, hi, look)
		if err != nil || len(found) == 0 {
			return err
		}
		end, more := found[len(found)-1].rowid, len(found) == look
		if found, err = w.inPlace(ctx, found); err != nil {
			return err
		}
		full, err := w.take(ctx, found)
		if err != nil || full || !more {
			return err
		}
		if w.sort == query.Oldest {
			lo = end + 1
		} else {
			hi = end
		}
		if len(found) == 0 && look == longLook { // a long stretch of another state: go where there is one
			if lo, hi, err = w.leap(ctx, lo, hi); err != nil {
				return err
			}
		}
		look = min(2*look, longLook)
	}
}

// ranked gathers a page by relevance: BM25 over the newest matches.
func (w *search) ranked(ctx context.Context) error {
	found, err := w.rows(ctx, "rowid, -rank", "DESC", w.lo, w.hi, maxRanked)
	if err != nil {
		return err
	}
	for i := range found { // as a place writes it down
		found[i].score = float64(int64(found[i].score*scoreUnit)) / scoreUnit
	}
	better := func(a, b place) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.rowid, a.rowid)) }
	slices.SortFunc(found, better)
	if w.paged {
		i, exact := slices.BinarySearchFunc(found, w.after, better)
		switch {
		case w.back:
			found = found[:i]
			slices.Reverse(found)
		case exact:
			found = found[i+1:]
		default:
			found = found[i:]
		}
	}
	for chunk := range slices.Chunk(found, firstLook) {
		if full, err := w.take(ctx, chunk); err != nil || full {
			return err
		}
	}
	return nil
}

// take makes hits of matching rows until the page is full.
func (w *search) take(ctx context.Context, found []place) (full bool, err error) {
	for size := min(w.want-len(w.hits)+1, loadAtOnce); len(found) > 0; size = loadAtOnce {
		chunk := found[:min(len(found), size)]
		found = found[len(chunk):]
		byLeaf, err := w.load(ctx, chunk)
		if err != nil {
			return false, err
		}
		for _, at := range chunk {
			c := byLeaf[leafOf(at.rowid)]
			ok, err := w.isHit(ctx, c)
			if err == nil && ok && w.units {
				ok, err = w.isNew(ctx, c, at.rowid)
			}
			if err != nil {
				return false, err
			}
			if !ok {
				continue
			}
			if w.each != nil {
				if !w.each(c.unit) {
					return true, nil
				}
				continue
			}
			if len(w.hits) == w.want { // one more: there is a next page
				w.next = w.end.String()
				return true, nil
			}
			hit := catalog.Hit{Statement: *c.Statement, Score: at.score}
			w.explain(&hit)
			w.hits = append(w.hits, hit)
			w.homes = append(w.homes, c.unit)
			at.size = w.after.size
			if w.end = at; len(w.hits) == 1 {
				w.begin = at
			}
		}
	}
	return false, nil
}

// isHit decides what the index cannot: whether the row may be shown, passes the
// tests, and is the newest version of its statement that matches.
func (w *search) isHit(ctx context.Context, c *candidate) (bool, error) {
	if c == nil || c.Erased || !w.either && c.Withdrawn != w.withdrawn {
		return false, nil
	}
	for _, t := range w.tests {
		if !t(c) {
			return false, nil
		}
	}
	if c.Until == 0 || c.Until >= w.after.size {
		return true, nil
	}
	newer := false
	err := w.s.versions(ctx, `v.leaf IN (SELECT b.leaf FROM version a JOIN version b ON b.source=a.source AND b.number=a.number AND b.first=a.first
		WHERE a.leaf=?) AND v.leaf<?`, []any{c.Leaf, w.after.size}, func(st record.Statement) error {
		if newer || st.Erased || !w.later(&st, c.Statement) {
			return nil
		}
		id := rowidOf(st.Posted, st.CapturedAt, st.Leaf)
		met, err := w.met(ctx, id)
		if err != nil || !met || id < w.lo || id >= w.hi || st.Leaf < w.first {
			return err
		}
		newer = true
		o := *c
		o.Statement, o.text = &st, nil
		for _, t := range w.tests {
			newer = newer && t(&o)
		}
		return nil
	})
	return !newer, err
}

// later reports whether a version stands after another, in the order of
// catalog.Versions: an older wording can come to us after the newest.
func (w *search) later(a, b *record.Statement) bool {
	current := a.Until == 0 || a.Until >= w.after.size
	return a.Leaf != b.Leaf && (current || cmp.Or(cmp.Compare(a.Edited.Seconds(), b.Edited.Seconds()), cmp.Compare(a.Leaf, b.Leaf)) > 0)
}

// load reads the rows behind matches.
func (w *search) load(ctx context.Context, found []place) (map[uint64]*candidate, error) {
	leaves := make([]uint64, len(found))
	for i, f := range found {
		leaves[i] = leafOf(f.rowid)
	}
	byLeaf := make(map[uint64]*candidate, len(found))
	err := w.s.versions(ctx, "v.leaf IN (SELECT value FROM json_each(?))", []any{leafList(leaves)}, func(st record.Statement) error {
		byLeaf[st.Leaf] = &candidate{Statement: &st}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := w.place(ctx, found, byLeaf); err != nil {
		return nil, err
	}
	if len(w.tests) == 0 {
		return byLeaf, nil
	}
	runs := map[uint64]uint64{}
	for _, c := range byLeaf {
		run, ok := runs[c.Capture]
		if !ok {
			err := w.s.read.QueryRowContext(ctx, "SELECT run FROM capture WHERE leaf=?", c.Capture).Scan(&run)
			if err != nil && err != sql.ErrNoRows {
				return nil, w.s.rowsErr(err)
			}
			runs[c.Capture] = run
		}
		c.run = run
	}
	return byLeaf, nil
}

// countStatements counts the hits of the whole query, up to maxCounted.
func (w *search) countStatements(ctx context.Context) (int64, bool, error) {
	if w.none {
		return 0, true, nil
	}
	if w.units {
		return w.countUnits(ctx)
	}
	if w.byPlaces() {
		return w.countIndexed(ctx, "statement")
	}
	if w.byIndex() {
		found, more, err := w.indexed(ctx, maxCounted)
		return min(int64(len(found)), maxCounted), !more, err
	}
	all := &search{plan: w.plan, want: maxCounted, after: place{size: w.after.size}}
	n, more := int64(0), false
	lo, hi := w.lo, w.hi
	for {
		found, err := all.window(ctx, "DESC", lo, hi, longLook)
		if err != nil {
			return 0, false, w.s.wordsErr(err)
		}
		if len(found) == 0 {
			return n, true, nil
		}
		end := found[len(found)-1].rowid
		more = len(found) == longLook
		if found, err = all.inPlace(ctx, found); err != nil {
			return 0, false, err
		}
		k, err := all.count(ctx, found)
		if err != nil {
			return 0, false, err
		}
		if n += k; n > maxCounted {
			return maxCounted, false, nil
		}
		if !more {
			return n, true, nil
		}
		hi = end
		if len(found) == 0 {
			if lo, hi, err = all.leap(ctx, lo, hi); err != nil {
				return 0, false, err
			}
		}
	}
}

// count says how many statements the rows add to those counted before; inPlace
// has left out what it can. Unless a test has to see them no row is read: a
// statement counts when any of its wordings matches, and most have one, whose
// leaf is the statement's.
func (w *search) count(ctx context.Context, found []place) (int64, error) {
	if len(w.tests) != w.told || w.withdrawn || w.either {
		return w.countEach(ctx, found)
	}
	ats := make([]uint64, len(found))
	for i, f := range found {
		ats[i] = uint64(f.rowid)
	}
	odd, err := list(ctx, w.s, func(row scanner) (x [2]int64, err error) { return x, row.Scan(&x[0], &x[1]) },
		`SELECT j.value, CASE WHEN p.state IS NULL OR p.state=`+itoa(stateWithdrawn)+` THEN -1 ELSE p.statement END FROM json_each(?) j LEFT JOIN place p ON p.at=j.value
		WHERE p.state IS NULL OR p.state=`+itoa(stateWithdrawn)+` OR p.statement<>(p.at & `+itoa(leafMask)+`)`, leafList(ats))
	if err != nil {
		return 0, err
	}
	if w.counted == nil {
		w.counted = map[uint64]bool{}
	}
	was := len(w.counted)
	not := make(map[int64]bool, len(odd))
	for _, x := range odd {
		if not[x[0]] = true; x[1] >= 0 {
			w.counted[uint64(x[1])] = true
		}
	}
	for _, f := range found {
		if !not[f.rowid] {
			w.counted[leafOf(f.rowid)] = true
		}
	}
	return int64(len(w.counted) - was), nil
}

func (w *search) countEach(ctx context.Context, found []place) (n int64, err error) {
	for chunk := range slices.Chunk(found, 256) {
		byLeaf, err := w.load(ctx, chunk)
		if err != nil {
			return 0, err
		}
		for _, at := range chunk {
			ok, err := w.isHit(ctx, byLeaf[leafOf(at.rowid)])
			if err != nil {
				return 0, err
			}
			if ok {
				n++
			}
		}
	}
	return n, nil
}

// unmet returns the words of the query that no text has, as far as can be seen.
func (p *plan) unmet(ctx context.Context) ([]string, error) {
	var missing []string
	for _, w := range p.words {
		met, err := p.occurs(ctx, w)
		if err != nil {
			return nil, err
		}
		if !met && !slices.Contains(missing, w.Raw) {
			missing = append(missing, w.Raw)
		}
	}
	return missing, nil
}
