package sqlite

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/language"
	"dalil/internal/query"
	"dalil/internal/record"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A clause is a part of a query as the index can answer it: an expression that
// finds at least every row the part holds for and, when it may find more, a
// test of the row itself.
type clause struct {
	expr  string // FTS5 expression; "" is every row
	not   bool   // the rows that expr does not find, instead
	none  bool   // no row at all
	exact bool   // expr finds no other rows: holds need not be asked
	holds func(*candidate) bool
	few   []int64                // the only rows it can find, descending; nil when not known
	home  func(unit uint64) bool // when set, holds asks no more than this
}

// candidate is a row under test.
type candidate struct {
	*record.Statement
	run    uint64            // of its capture
	text   *record.Statement // what can be seen of it, once it was looked at for words
	tokens []token           // of text

	placed // its place, when the plan asks for it
}

// has reports whether a wording meets what can be seen of the row.
func (c *candidate) has(p *wording, v query.Veil) bool {
	if c.text == nil {
		c.text = seen(v, c.Statement)
		c.tokens = displayTokens(c.text.Text)
	}
	if len(p.in(c.text.Text, c.tokens)) > 0 {
		return true
	}
	return slices.ContainsFunc(beside(c.text), func(s string) bool { return len(p.in(s, displayTokens(s))) > 0 })
}

// everything is the expression that finds every row.
func everything() string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = quote(tagType(k))
	}
	return "(" + strings.Join(all, " OR ") + ")"
}

// plan is a query ready to run.
type plan struct {
	s      *store
	text   string // of the query
	expr   string
	none   bool
	lo, hi int64 // rowids, hi exclusive
	// leaves of the log that can matter, last exclusive
	first, last uint64
	tests       []func(*candidate) bool
	words       []*wording // those a hit must, or may, have
	withdrawn   bool       // the query asks for withdrawn statements
	either      bool       // and for others too

	bare   bool            // the expression finds every row
	places bool            // candidates need their place
	due    map[uint64]bool // units put off until a time that has come
	now    int64
	veil   query.Veil // over what a person may not see

	// At the top of the query:
	states    []int         // no other state can match; nil when any can
	roles     []int         // no other role can match; nil when any can
	lags      []query.Range // lags that match
	unitTests []func(uint64) bool
	few       [][]int64 // no other rows can match than each of these lists, which descend
	told      int       // tests that inPlace makes too, by these
}

// noLag is the lag of a first, and without a family or times.
const noLag = -1 << 63

func (s *store) plan(ctx context.Context, q query.Query, now int64) (*plan, error) {
	p := &plan{s: s, text: query.String(q), hi: math.MaxInt64, last: s.reach(), now: now, veil: q.Veil}
	parts := []query.Node{}
	switch n := q.Root.(type) {
	case nil:
	case query.And:
		parts = n
	default:
		parts = append(parts, n)
	}
	c, err := p.and(ctx, parts, true, true)
	if err != nil {
		return nil, err
	}
	p.none = p.none || c.none
	p.expr, p.bare = c.alone(), c.expr == ""
	return p, nil
}

// alone returns the clause as an expression of its own.
func (c clause) alone() string {
	switch {
	case c.expr == "":
		return everything()
	case c.not:
		return "(" + everything() + " NOT " + c.expr + ")"
	}
	return c.expr
}

// compile makes a clause of a node. positive: below no minus, so that its words
// explain a hit.
func (p *plan) compile(ctx context.Context, n query.Node, positive bool) (clause, error) {
	switch n := n.(type) {
	case query.And:
		return p.and(ctx, n, positive, false)
	case query.Or:
		return p.or(ctx, n, positive)
	case query.Not:
		c, err := p.compile(ctx, n.X, !positive)
		return c.negated(), err
	case query.Words:
		w, err := p.s.word(ctx, n, !positive)
		if err != nil {
			return clause{}, p.s.wordsErr(err)
		}
		if positive {
			p.words = append(p.words, w)
		}
		return clause{expr: w.expr, none: w.expr == "", exact: !n.Exact && !w.under(p.veil), holds: func(c *candidate) bool { return c.has(w, p.veil) }}, nil
	case query.Filter:
		return p.filter(ctx, n, positive)
	case query.Range:
		c := clause{holds: func(c *candidate) bool { return inRange(c, n) }}
		if n.Key != "lag" {
			return c, nil
		}
		p.places = true
		var err error
		c.few, err = p.late(ctx, n)
		return c, err
	}
	return clause{}, fmt.Errorf("%w query: %T is not known to this catalog", record.ErrInvalid, n)
}

func (c clause) negated() clause {
	holds := c.holds
	c.few = nil
	if home := c.home; home != nil {
		c.home = func(unit uint64) bool { return !home(unit) }
	}
	c.holds = func(x *candidate) bool { return !holds(x) }
	switch {
	case c.none:
		c.none, c.expr, c.exact = false, "", true
	case !c.exact:
		c.expr, c.not = "", false
	case c.expr == "":
		c.none = true
	default:
		c.not = !c.not
	}
	return c
}

// and joins parts. At the top of a query, ranges bound the rows looked at, and
// what the expression cannot decide is tested part by part.
func (p *plan) and(ctx context.Context, parts []query.Node, positive, top bool) (clause, error) {
	var yes, no []string
	all := clause{exact: true}
	var tests []func(*candidate) bool
	for _, n := range dropArticles(parts) {
		if top {
			if err := p.bound(ctx, n); err != nil {
				return all, err
			}
			p.narrow(n)
		}
		c, err := p.compile(ctx, n, positive)
		if err != nil {
			return all, err
		}
		if r, ok := n.(query.Range); ok && top && r.Key == "posted" { // bound has seen to it
			c = clause{exact: true, holds: c.holds}
		}
		all.none = all.none || c.none
		all.exact = all.exact && c.exact
		tests = append(tests, c.holds)
		if top && !c.exact {
			p.tests = append(p.tests, c.holds)
			if c.home != nil {
				p.unitTests = append(p.unitTests, c.home)
			}
			if c.home != nil || p.byPlace(n) {
				p.told++
			}
		}
		if top && c.few != nil {
			p.few = append(p.few, c.few)
		}
		switch {
		case c.expr == "":
		case c.not:
			no = append(no, c.expr)
		default:
			yes = append(yes, c.expr)
		}
	}
	all.holds = func(c *candidate) bool {
		for _, t := range tests {
			if !t(c) {
				return false
			}
		}
		return true
	}
	switch {
	case len(yes) == 0 && len(no) == 0:
		return all, nil
	case len(yes) == 0 && len(no) == 1:
		all.expr, all.not = no[0], true
		return all, nil
	case len(yes) == 0:
		all.expr, all.not = "("+strings.Join(no, " OR ")+")", true
		return all, nil
	case len(yes) > 1:
		all.expr = "(" + strings.Join(yes, " AND ") + ")"
	default:
		all.expr = yes[0]
	}
	if len(no) > 0 {
		all.expr = "(" + all.expr + " NOT (" + strings.Join(no, " OR ") + "))"
	}
	return all, nil
}

func (p *plan) or(ctx context.Context, parts []query.Node, positive bool) (clause, error) {
	some := clause{exact: true}
	var exprs []string
	var tests []func(*candidate) bool
	every := false
	for _, n := range parts {
		c, err := p.compile(ctx, n, positive)
		if err != nil {
			return some, err
		}
		if c.none {
			continue
		}
		some.exact = some.exact && c.exact
		tests = append(tests, c.holds)
		every = every || c.expr == ""
		exprs = append(exprs, c.alone())
	}
	some.holds = func(c *candidate) bool {
		return slices.ContainsFunc(tests, func(t func(*candidate) bool) bool { return t(c) })
	}
	some.none = len(exprs) == 0
	if !every && !some.none {
		some.expr = "(" + strings.Join(exprs, " OR ") + ")"
	}
	return some, nil
}

// dropArticles leaves out articles written as words of their own ("Ashab al
// Kahf") when other words remain: texts write them as a part of the next word.
func dropArticles(parts []query.Node) []query.Node {
	article := func(n query.Node) bool {
		w, ok := n.(query.Words)
		return ok && len(w.Terms) == 1 && !w.Exact && !w.Prefix && !w.Phrase && w.Fuzzy == 0 && language.IsArticle(w.Raw)
	}
	words := slices.ContainsFunc(parts, func(n query.Node) bool {
		_, ok := n.(query.Words)
		return ok && !article(n)
	})
	if !words {
		return parts
	}
	return slices.DeleteFunc(slices.Clone(parts), article)
}

func inRange(c *candidate, r query.Range) bool {
	at := floorDiv(c.CapturedAt, 1000)
	switch r.Key {
	case "lag":
		return c.late(r)
	case "posted":
		if !c.Posted.Known() {
			return false
		}
		at = c.Posted.Unix
	}
	return inside(at, r)
}

// late reports whether a row came so long after the first of its family.
func (x *placed) late(r query.Range) bool { return x.lag != noLag && inside(x.lag, r) }

func inside(n int64, r query.Range) bool {
	return (r.From == record.NoSeconds || n >= r.From) && (r.To == record.NoSeconds || n < r.To)
}

// bound narrows the rows to look at by what a part at the top of the query says
// about time or place in the log.
func (p *plan) bound(ctx context.Context, n query.Node) error {
	switch n := n.(type) {
	case query.Range:
		switch n.Key {
		case "captured":
			return p.boundCaptured(ctx, n)
		case "lag":
			return nil
		}
		p.lo = max(p.lo, datedRows)
		if n.From != record.NoSeconds {
			p.lo = max(p.lo, moment(n.From)<<leafBits)
		}
		if n.To != record.NoSeconds && n.To-epoch1850+firstDated <= maxMoment {
			p.hi = min(p.hi, moment(n.To)<<leafBits)
		}
	case query.Filter:
		if (n.Key != "import" && n.Key != "capture") || len(n.Values) != 1 {
			return nil
		}
		leaf, err := strconv.ParseUint(n.Values[0], 10, 64)
		if err != nil {
			return nil // filter says so
		}
		return p.boundRun(ctx, leaf, leaf)
	}
	return nil
}

// boundRun keeps the leaves from first to the end of the run that last is in.
func (p *plan) boundRun(ctx context.Context, first, last uint64) error {
	var next uint64
	err := p.s.read.QueryRowContext(ctx, "SELECT coalesce(min(leaf), ?) FROM run WHERE leaf>?", uint64(record.MaxLeaves), last).Scan(&next)
	p.first, p.last = max(p.first, first), min(p.last, next)
	return p.s.rowsErr(err)
}

// boundCaptured keeps the leaves from the first capture in the range to the end
// of the run of the last.
func (p *plan) boundCaptured(ctx context.Context, r query.Range) error {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if r.From != record.NoSeconds {
		from = r.From * 1000
	}
	if r.To != record.NoSeconds {
		to = r.To * 1000
	}
	var n, first, last uint64
	err := p.s.read.QueryRowContext(ctx, "SELECT count(*), coalesce(min(leaf), 0), coalesce(max(leaf), 0) FROM capture WHERE at>=? AND at<?", from, to).Scan(&n, &first, &last)
	if err != nil {
		return p.s.rowsErr(err)
	}
	p.none = p.none || n == 0
	return p.boundRun(ctx, first, last)
}
