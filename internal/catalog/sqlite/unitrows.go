package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// part is a statement of a unit.
type part struct {
	statement, source uint64
	posted            int64
	withdrawn         bool
}

// parts reads the statements of units: those of a family in one go, from the
// index alone.
func (s *store) parts(ctx context.Context, units []uint64) (map[uint64][]part, error) {
	all := make(map[uint64][]part, len(units))
	type row struct {
		unit uint64
		part
	}
	scan := func(r scanner) (x row, err error) {
		var posted, source sql.NullInt64
		err = r.Scan(&x.unit, &x.statement, &source, &posted, &x.withdrawn)
		x.source, x.posted = uint64(source.Int64), orNever(posted)
		return x, err
	}
	rows, err := inChunks(ctx, s, scan, `SELECT j.value, m.statement, m.source, m.posted, coalesce(t.withdrawn, 0)<>0 FROM json_each(?) j CROSS JOIN member m ON m.until=0 AND m.family=j.value AND m.relation<>'quoted_in' LEFT JOIN state t ON t.first=m.statement`, units)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		all[r.unit] = append(all[r.unit], r.part)
	}
	var alone []uint64
	for _, u := range units {
		if !slices.ContainsFunc(all[u], func(p part) bool { return p.statement == u }) {
			alone = append(alone, u)
		}
	}
	rows, err = inChunks(ctx, s, scan, `SELECT v.leaf, v.leaf, v.source, v.posted, coalesce(t.withdrawn, 0)<>0 FROM json_each(?) j CROSS JOIN version v ON v.leaf=j.value AND v.first=v.leaf LEFT JOIN state t ON t.first=v.leaf
		WHERE EXISTS(SELECT 1 FROM place p WHERE p.statement=v.leaf AND p.unit=v.leaf)`, alone)
	for _, r := range rows {
		all[r.unit] = append(all[r.unit], r.part)
	}
	return all, err
}

// UnitsOf finds the units first, then everything about them in a few queries
// for all.
func (s *store) UnitsOf(ctx context.Context, leaves []uint64, now int64) ([]catalog.Unit, error) {
	type home struct{ leaf, unit uint64 }
	homes, err := inChunks(ctx, s, func(r scanner) (h home, err error) { return h, r.Scan(&h.leaf, &h.unit) },
		"SELECT j.value, p.unit FROM json_each(?) j CROSS JOIN place p ON p.statement=j.value", leaves)
	if err != nil {
		return nil, err
	}
	unitOf := make(map[uint64]uint64, len(homes))
	for _, h := range homes {
		unitOf[h.leaf] = h.unit
	}
	var units []uint64
	for _, l := range leaves {
		u, ok := unitOf[l]
		if !ok {
			return nil, fmt.Errorf("statement or family at log entry %d: %w", l, record.ErrNotFound)
		}
		if !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	parts, err := s.parts(ctx, units)
	if err != nil {
		return nil, err
	}
	all := make([]catalog.Unit, len(units))
	byLeaf := make(map[uint64]*catalog.Unit, len(units))
	homeOf := map[uint64]uint64{}
	var statements, shown []uint64
	for i, u := range units {
		unit := &all[i]
		*unit = catalog.Unit{Leaf: u, Verdict: record.New}
		byLeaf[u] = unit
		first, newest := order(unit, parts[u])
		unit.First.First, unit.Newest.First = first.statement, newest.statement
		shown = append(shown, first.statement, newest.statement)
		for _, p := range parts[u] {
			homeOf[p.statement] = u
			statements = append(statements, p.statement)
		}
	}
	if err := s.showUnits(ctx, all, shown); err != nil {
		return nil, err
	}
	return all, s.marksOf(ctx, byLeaf, homeOf, statements, now)
}

// order works out from a unit's statements what its row says of them. Withdrawn
// ones count only when there are no others.
func order(u *catalog.Unit, parts []part) (first, newest part) {
	seen := slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.withdrawn })
	if len(seen) == 0 {
		seen = parts
	}
	slices.SortFunc(seen, func(a, b part) int {
		if (a.posted == record.NoSeconds) != (b.posted == record.NoSeconds) {
			return cmp.Compare(b.posted, a.posted) // those without a time last
		}
		return cmp.Or(cmp.Compare(a.posted, b.posted), cmp.Compare(a.statement, b.statement))
	})
	u.Posts, u.Second = len(seen), -1
	if len(seen) == 0 {
		return part{statement: u.Leaf}, part{statement: u.Leaf}
	}
	first, newest = seen[0], seen[0]
	sources := map[uint64]bool{}
	for _, p := range seen {
		if p.source != first.source && len(sources) == 1 && p.posted != record.NoSeconds && first.posted != record.NoSeconds {
			u.Second = p.posted - first.posted
		}
		sources[p.source] = true
		if p.posted != record.NoSeconds {
			newest = p
		}
	}
	u.Sources = len(sources)
	return first, newest
}

// showUnits fills in the statements that units show.
func (s *store) showUnits(ctx context.Context, all []catalog.Unit, firsts []uint64) error {
	slices.Sort(firsts)
	byFirst := map[uint64]record.Statement{}
	found, err := s.Current(ctx, slices.Compact(firsts))
	for _, st := range found {
		byFirst[st.First] = st
	}
	for i := range all {
		u := &all[i]
		u.First, u.Newest = byFirst[u.First.First], byFirst[u.Newest.First]
		u.Family = u.First.Family == u.Leaf || u.Posts > 1
		u.Captured = u.Newest.CapturedAt
	}
	return err
}

// marksOf fills in what people said of units.
func (s *store) marksOf(ctx context.Context, units map[uint64]*catalog.Unit, homeOf map[uint64]uint64, statements []uint64, now int64) error {
	type row struct {
		standing
		topic        string
		since, until uint64
	}
	rows, err := inChunks(ctx, s, func(r scanner) (m row, err error) {
		return m, r.Scan(&m.statement, &m.topic, &m.value, &m.num, &m.decision, &m.since, &m.until)
	}, "SELECT k.statement, k.topic, k.value, k.num, k.decision, k.since, k.until FROM json_each(?) j CROSS JOIN mark k ON k.statement=j.value", statements)
	if err != nil || len(rows) == 0 {
		return err
	}
	triage, assigned := map[uint64][]standing{}, map[uint64]standing{}
	decided := map[uint64]int{} // statements of a unit that a verdict is about
	for _, m := range rows {
		u := homeOf[m.statement]
		unit := units[u]
		unit.Touched = max(unit.Touched, m.since, m.until)
		if m.until != 0 {
			continue
		}
		label, isLabel := strings.CutPrefix(m.topic, topicLabel)
		switch {
		case m.topic == topicTriage:
			triage[u] = append(triage[u], m.standing)
			if m.value != "" {
				decided[u]++
			}
		case m.value == "":
		case m.topic == topicAssign:
			if m.decision > assigned[u].decision {
				assigned[u] = m.standing
			}
		case m.topic == topicShield:
			unit.Shielded = true
		case isLabel && !slices.Contains(unit.Labels, label):
			unit.Labels = append(unit.Labels, label)
		}
	}
	var decisions []uint64
	for u, unit := range units {
		slices.Sort(unit.Labels)
		unit.Assignee = assigned[u].value
		v, mixed := verdict(triage[u])
		if v.value == "" {
			continue
		}
		unit.Verdict, unit.Decision, unit.Mixed = record.Verdict(v.value), v.decision, mixed
		unit.Since = max(0, unit.Posts-decided[u])
		switch unit.Verdict {
		case record.Duplicate:
			unit.Of = uint64(v.num)
		case record.Later:
			unit.Until = v.num
			if unit.Due = now > 0 && v.num > 0 && v.num <= now; unit.Due {
				unit.Verdict = record.New
			}
		}
		decisions = append(decisions, v.decision)
	}
	found, err := inChunks(ctx, s, scanDecision, "SELECT leaf, at, by, action, target, '', undone, '' FROM decision WHERE leaf IN (SELECT value FROM json_each(?))", decisions)
	if err != nil {
		return err
	}
	byLeaf := map[uint64]record.Decision{}
	for _, d := range found {
		byLeaf[d.Leaf] = d
	}
	for _, unit := range units {
		d := byLeaf[unit.Decision]
		unit.By, unit.At = d.By, d.At
	}
	return nil
}

func (s *store) Statements(ctx context.Context, units []uint64) ([][]uint64, error) {
	parts, err := s.parts(ctx, units)
	if err != nil {
		return nil, err
	}
	all := make([][]uint64, len(units))
	for i, u := range units {
		all[i] = []uint64{u}
		for _, p := range parts[u] {
			if p.statement != u {
				all[i] = append(all[i], p.statement)
			}
		}
		slices.Sort(all[i][1:])
	}
	return all, nil
}

// mostWaiting bounds the count of units in one state.
const mostWaiting = 10_000

func (s *store) Waiting(ctx context.Context, now int64) (map[record.Verdict]int64, error) {
	p := &plan{s: s, now: now}
	if err := p.loadDue(ctx); err != nil {
		return nil, err
	}
	counts, err := remembered(ctx, s, "waiting", func() ([]int64, error) { // on every page
		counts := make([]int64, stateWithdrawn)
		for state := range counts {
			if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT DISTINCT unit FROM place WHERE state=? LIMIT ?)", state, mostWaiting).Scan(&counts[state]); err != nil {
				return nil, s.rowsErr(err)
			}
		}
		return counts, nil
	})
	if err != nil {
		return nil, err
	}
	all := map[record.Verdict]int64{}
	for state, n := range counts {
		all[record.Verdict(stateNames[state])] = n
	}
	all[record.New] = min(all[record.New]+int64(len(p.due)), mostWaiting)
	all[record.Later] = max(0, all[record.Later]-int64(len(p.due)))
	return all, nil
}

// labels lists the labels in use, jumping from one to the next in the index.
func (s *store) labels(ctx context.Context) ([]string, error) {
	topics, err := list(ctx, s, func(row scanner) (t sql.NullString, err error) { return t, row.Scan(&t) },
		`WITH RECURSIVE t(x) AS (SELECT min(topic) FROM mark WHERE topic>'label:' AND topic<'label;'
		UNION ALL SELECT (SELECT min(topic) FROM mark WHERE topic>x AND topic<'label;') FROM t WHERE x IS NOT NULL) SELECT x FROM t WHERE x IS NOT NULL`)
	labels := make([]string, len(topics))
	for i, t := range topics {
		labels[i] = strings.TrimPrefix(t.String, topicLabel)
	}
	return labels, err
}

func (s *store) Labels(ctx context.Context) ([]catalog.LabelCount, error) {
	labels, err := s.labels(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := remembered(ctx, s, fmt.Sprintf("labels %q", labels), func() ([]int64, error) { // on every page of the inbox
		counts := make([]int64, len(labels))
		for i, l := range labels {
			err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM mark WHERE topic=? AND value='1' AND until=0", topicLabel+l).Scan(&counts[i])
			if err != nil {
				return nil, s.rowsErr(err)
			}
		}
		return counts, nil
	})
	if err != nil {
		return nil, err
	}
	var all []catalog.LabelCount
	for i, l := range labels {
		if counts[i] > 0 {
			all = append(all, catalog.LabelCount{Label: l, N: counts[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b catalog.LabelCount) int { return cmp.Compare(b.N, a.N) })
	return all, nil
}

func (s *store) Shields(ctx context.Context) ([]catalog.Shield, error) {
	type row struct {
		catalog.Shield
		payload string
	}
	rows, err := list(ctx, s, func(r scanner) (x row, err error) {
		return x, r.Scan(&x.Statement, &x.Decision, &x.By, &x.payload)
	}, `SELECT k.statement, k.decision, d.by, d.payload FROM mark k JOIN decision d ON d.leaf=k.decision
		WHERE k.topic='shield' AND k.value='1' AND k.until=0 ORDER BY k.statement`)
	if err != nil {
		return nil, err
	}
	all := make([]catalog.Shield, len(rows))
	for i, r := range rows {
		all[i] = r.Shield
		if all[i].Names, err = namesOf(r.payload); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s *store) Touched(ctx context.Context, units []uint64, after uint64) ([]record.Decision, error) {
	parts, err := s.parts(ctx, units)
	if err != nil {
		return nil, err
	}
	var statements []uint64
	for _, list := range parts {
		for _, p := range list {
			statements = append(statements, p.statement)
		}
	}
	leaves, err := inChunks(ctx, s, func(r scanner) (x [2]uint64, err error) { return x, r.Scan(&x[0], &x[1]) },
		`SELECT DISTINCT k.since, k.until FROM json_each(?1) j CROSS JOIN mark k ON k.statement=j.value`, statements)
	if err != nil {
		return nil, err
	}
	var since []uint64
	for _, l := range leaves {
		for _, n := range l {
			if n > after {
				since = append(since, n)
			}
		}
	}
	slices.Sort(since)
	found, err := inChunks(ctx, s, scanDecision, decisionColumns+"WHERE leaf IN (SELECT value FROM json_each(?)) ORDER BY leaf", slices.Compact(since))
	return found, err
}

func (s *store) DecisionsBy(ctx context.Context, actions ...string) ([]record.Decision, error) {
	marks := strings.TrimSuffix(strings.Repeat("?,", len(actions)), ",")
	args := make([]any, len(actions))
	for i, a := range actions {
		args[i] = a
	}
	return list(ctx, s, scanDecision, decisionColumns+"WHERE action IN ("+marks+") ORDER BY leaf", args...)
}

func (s *store) Decision(ctx context.Context, leaf uint64) (record.Decision, error) {
	d, err := scanDecision(s.read.QueryRowContext(ctx, decisionColumns+"WHERE leaf=?", leaf))
	return d, s.notFound(err, "decision at log entry %d", leaf)
}
