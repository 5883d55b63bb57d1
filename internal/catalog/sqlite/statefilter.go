package sqlite

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"dalil/internal/language"
	"dalil/internal/query"
	"dalil/internal/record"
)

// state is state:. Which states can match at all is noted at the top of a query
// by narrow.
func (p *plan) state(ctx context.Context, f query.Filter, positive bool) (clause, error) {
	withdrawn := slices.Contains(f.Values, "withdrawn")
	if withdrawn && len(f.Values) == 1 {
		p.withdrawn = p.withdrawn || positive
		return p.changing(tagged(f.Values, func(v string) string { return "state=" + tagValue(v) },
			func(c *candidate, v string) bool { return c.Withdrawn })), nil
	}
	if err := p.loadDue(ctx); err != nil {
		return clause{}, err
	}
	p.places = true
	p.either = p.either || positive && withdrawn
	states := statesOf(f)
	return clause{holds: func(c *candidate) bool {
		if c.Withdrawn {
			return withdrawn
		}
		return slices.Contains(states, p.stateNow(c.unit, c.state))
	}}, nil
}

// statesOf are the numbers of the states a filter names.
func statesOf(f query.Filter) []int {
	var all []int
	for _, v := range f.Values {
		if n := slices.Index(stateNames[:], v); n >= 0 {
			all = append(all, n)
		}
	}
	return all
}

// stateNow is a unit's state: what was put off is new when its time has come.
func (p *plan) stateNow(unit uint64, state int) int {
	if state == stateLater && p.due[unit] {
		return stateNew
	}
	return state
}

// loadDue reads which units were put off until a time that has come: as many as
// people put off, so few.
func (p *plan) loadDue(ctx context.Context) error {
	if p.due != nil || p.now <= 0 {
		return nil
	}
	later, err := remembered(ctx, p.s, "put off", func() ([]int64, error) { // unit, time, unit, time …
		var all []int64
		_, err := list(ctx, p.s, func(row scanner) (x [2]int64, err error) {
			err = row.Scan(&x[0], &x[1])
			all = append(all, x[:]...)
			return x, err
		}, `SELECT p.unit, max(k.num) FROM mark k JOIN place p ON p.statement=k.statement WHERE k.topic='triage' AND k.value='later' AND k.until=0 AND p.state=4
			GROUP BY p.unit HAVING min(k.num)>0`)
		return all, err
	})
	if err != nil {
		return err
	}
	p.due = map[uint64]bool{}
	for x := range slices.Chunk(later, 2) {
		if x[1] <= p.now {
			p.due[uint64(x[0])] = true
		}
	}
	return nil
}

// Bounds of a list of rows that takes the place of an index. Beyond mostFew, rows
// are found by what else the query says and tested; beyond mostLate, for lag:, and
// mostMany, for units, also where it says nothing else.
const (
	mostFew  = 2_000
	mostLate = 20_000
	mostMany = 200_000
)

// narrow notes what a part at the top of a query says about the units that can
// match at all.
func (p *plan) narrow(n query.Node) {
	if !p.byPlace(n) {
		return
	}
	not := false
	if x, ok := n.(query.Not); ok {
		n, not = x.X, true
	}
	if r, ok := n.(query.Range); ok && !not {
		p.lags = append(p.lags, r)
		p.keep(&p.roles, roleAlone, roleCopy, func(role int) bool { return role == roleCopy })
		return
	}
	f := n.(query.Filter)
	if f.Key == "is" {
		p.keep(&p.roles, roleAlone, roleCopy, func(role int) bool { return slices.Contains(f.Values, roleNames[role]) != not })
		return
	}
	states := statesOf(f)
	p.keep(&p.states, stateNew, stateLater, func(s int) bool { return slices.Contains(states, s) != not })
}

// late lists the rows that came so long after the first of their family, unless
// they are many: then they are met soon enough in the order of time.
func (p *plan) late(ctx context.Context, r query.Range) ([]int64, error) {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if r.From != record.NoSeconds {
		from = r.From
	}
	if r.To != record.NoSeconds {
		to = r.To
	}
	rows, err := remembered(ctx, p.s, fmt.Sprintf("late %d to %d", from, to), func() ([]int64, error) {
		rows, err := list(ctx, p.s, func(row scanner) (at int64, err error) { return at, row.Scan(&at) },
			"SELECT at FROM place WHERE lag>=? AND lag<? LIMIT ?", from, to, mostLate+1)
		slices.Sort(rows)
		slices.Reverse(rows)
		return rows, err
	})
	if err != nil || len(rows) > mostLate {
		return nil, err
	}
	return rows, nil
}

// keep notes which of the numbers from first to last can match: those that can
// by now, and may by this.
func (p *plan) keep(can *[]int, first, last int, may func(int) bool) {
	left := []int{}
	for n := first; n <= last; n++ {
		if may(n) && (*can == nil || slices.Contains(*can, n)) {
			left = append(left, n)
		}
	}
	*can = left
	p.none = p.none || len(left) == 0
}

// roleNames are the values of is: that ask for a role, by its number.
var roleNames = [...]string{roleAlone: "alone", roleFirst: "first", roleCopy: "copy"}

// byPlace reports whether a part at the top of a query is a test of the state,
// the role, or the lag alone.
func (p *plan) byPlace(n query.Node) bool {
	switch x := n.(type) {
	case query.Not:
		_, range_ := x.X.(query.Range)
		return !range_ && p.byPlace(x.X)
	case query.Range:
		return x.Key == "lag"
	case query.Filter:
		return x.Key == "state" && !slices.Contains(x.Values, "withdrawn") ||
			x.Key == "is" && !slices.ContainsFunc(x.Values, func(v string) bool { return !slices.Contains(roleNames[:], v) })
	}
	return false
}

// among makes a clause of a set of units, and notes it when it is small.
func (p *plan) among(units []uint64) clause {
	p.places = true
	if !slices.IsSorted(units) { // of several lists
		units = slices.Sorted(slices.Values(units))
	}
	in := func(u uint64) bool {
		_, ok := slices.BinarySearch(units, u)
		return ok
	}
	return clause{none: len(units) == 0, holds: func(c *candidate) bool { return in(c.unit) }, home: in}
}

const unitsMarked = `SELECT DISTINCT p.unit FROM mark k JOIN place p ON p.statement=k.statement WHERE k.until=0 AND `

// unitList is a list of units, ascending.
func (p *plan) unitList(ctx context.Context, query string, args ...any) ([]uint64, error) {
	return remembered(ctx, p.s, fmt.Sprintf("%s %q", query, args), func() ([]uint64, error) {
		units, err := list(ctx, p.s, func(row scanner) (u uint64, err error) { return u, row.Scan(&u) }, query, args...)
		slices.Sort(units)
		return units, err
	})
}

// units is label:, assigned: and by:.
func (p *plan) units(ctx context.Context, f query.Filter) (clause, error) {
	var all []uint64
	for _, v := range f.Values {
		var some []uint64
		var err error
		switch f.Key {
		case "label":
			var labels []string
			if labels, err = p.s.labels(ctx); err != nil {
				return clause{}, err
			}
			for _, l := range labels {
				if language.Fold(l) != language.Fold(v) || err != nil {
					continue
				}
				var more []uint64
				more, err = p.unitList(ctx, unitsMarked+"k.topic=? AND k.value='1'", topicLabel+l)
				some = append(some, more...)
			}
		case "assigned":
			if v == "nobody" {
				if some, err = p.unitList(ctx, unitsMarked+"k.topic='assign' AND k.value<>''"); err != nil {
					return clause{}, err
				}
				if len(some) == 0 {
					return clause{exact: true, holds: func(*candidate) bool { return true }}, nil
				}
				return p.among(some).negated(), nil
			}
			some, err = p.unitList(ctx, unitsMarked+"k.topic='assign' AND lower(k.value)=lower(?)", v)
		case "by":
			some, err = p.unitList(ctx, `SELECT DISTINCT p.unit FROM (SELECT k.statement FROM decision d CROSS JOIN mark k ON k.decision=d.leaf AND k.until=0
				WHERE d.undone=0 AND lower(d.by)=lower(?1) UNION ALL SELECT d.target FROM decision d WHERE d.undone=0 AND lower(d.by)=lower(?1)) x
				CROSS JOIN place p ON p.statement=x.statement`, v)
		}
		if err != nil {
			return clause{}, err
		}
		all = append(all, some...)
	}
	return p.fewUnits(ctx, fmt.Sprintf("%s %q", f.Key, f.Values), all)
}

// fewUnits is among, with the rows of the units when they are not too many. The
// key says which units these are.
func (p *plan) fewUnits(ctx context.Context, key string, units []uint64) (clause, error) {
	c := p.among(units)
	if len(units) > mostMany {
		return c, nil
	}
	rows, err := remembered(ctx, p.s, "rows of "+key, func() ([]int64, error) {
		rows, err := list(ctx, p.s, func(row scanner) (at int64, err error) { return at, row.Scan(&at) },
			"SELECT p.at FROM json_each(?) j CROSS JOIN place p ON p.unit=j.value LIMIT ?", leafList(units), mostMany+1)
		slices.Sort(rows)
		rows = slices.Compact(rows) // the same unit may be named twice
		slices.Reverse(rows)
		return rows, err
	})
	if err == nil && len(rows) <= mostMany {
		c.few = rows
	}
	return c, err
}

// family is family:, by log index: also texts that quote it.
func (p *plan) family(ctx context.Context, f query.Filter) (clause, error) {
	in := map[uint64]bool{}
	var all []uint64
	for _, v := range f.Values {
		anchor, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			return clause{}, err
		}
		members, err := p.unitList(ctx, "SELECT statement FROM member WHERE until=0 AND family=?", anchor)
		if err != nil {
			return clause{}, err
		}
		for _, m := range members {
			in[m] = true
		}
		all = append(all, members...)
	}
	c := clause{none: len(in) == 0, holds: func(c *candidate) bool { return in[c.First] }}
	if len(all) <= mostFew {
		rows, err := list(ctx, p.s, func(row scanner) (at int64, err error) { return at, row.Scan(&at) },
			"SELECT at FROM place WHERE statement IN (SELECT value FROM json_each(?)) ORDER BY at DESC", leafList(all))
		if err != nil {
			return c, err
		}
		c.few = append([]int64{}, rows...)
	}
	return c, nil
}

// is is is:.
func (p *plan) is(ctx context.Context, f query.Filter) (clause, error) {
	var parts []clause
	for _, v := range f.Values {
		var c clause
		var err error
		switch v {
		case "first", "copy", "alone":
			p.places = true
			role := slices.Index(roleNames[:], v)
			c = clause{holds: func(c *candidate) bool { return c.role == role }}
		case "forward":
			c = tagged([]string{"forward"}, tagHas, func(c *candidate, _ string) bool { return c.Forward != nil })
		case "shielded", "mixed":
			q := unitsMarked + "k.topic='shield' AND k.value='1'"
			if v == "mixed" {
				q = `SELECT p.unit FROM mark k JOIN place p ON p.statement=k.statement WHERE k.topic='triage' AND k.until=0 AND k.value<>''
					GROUP BY p.unit HAVING count(DISTINCT k.value)>1`
			}
			var units []uint64
			if units, err = p.unitList(ctx, q); err == nil {
				c, err = p.fewUnits(ctx, "is:"+v, units)
			}
		}
		if err != nil {
			return clause{}, err
		}
		parts = append(parts, c)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return clause{holds: func(x *candidate) bool {
		return slices.ContainsFunc(parts, func(c clause) bool { return c.holds(x) })
	}}, nil
}
