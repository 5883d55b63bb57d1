package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"dalil/internal/record"
)

// States of a unit, as place keeps them. A withdrawn statement is out of the
// inbox, whatever stands about its unit.
const (
	stateNew = iota
	stateKept
	stateDuplicate
	stateDismissed
	stateLater
	stateWithdrawn
)

// Roles of a statement in the family that is its unit, as place keeps them.
const (
	roleAlone = iota // in none
	roleFirst
	roleCopy
)

// stateNames are the values of state:, by their number.
var stateNames = [...]string{stateNew: string(record.New), stateKept: string(record.Kept), stateDuplicate: string(record.Duplicate),
	stateDismissed: string(record.Dismissed), stateLater: string(record.Later), stateWithdrawn: "withdrawn"}

// rank orders what was decided differently about the statements of one unit:
// what was kept must not vanish from sight because a machine linked it, nor what
// somebody means to come back to.
var rank = map[string]int{string(record.Kept): 4, string(record.Later): 3, string(record.Duplicate): 2, string(record.Dismissed): 1}

// standing is one mark that stands.
type standing struct {
	statement uint64
	value     string
	num       int64
	decision  uint64
}

// verdict folds the triage marks of a unit's statements into one. Of those with
// the winning value the newest decision counts; a unit put off comes back when
// the last of the times has come.
func verdict(marks []standing) (v standing, mixed bool) {
	for _, m := range marks {
		if m.value == "" {
			continue
		}
		switch {
		case v.value == "":
			v = m
		case m.value != v.value:
			mixed = true
			if rank[m.value] > rank[v.value] {
				v = m
			}
		default:
			num := m.num
			if v.value == string(record.Later) {
				if num = max(m.num, v.num); m.num == 0 || v.num == 0 {
					num = 0
				}
			} else if m.decision < v.decision {
				num = v.num
			}
			if m.decision > v.decision {
				v = m
			}
			v.num = num
		}
	}
	return v, mixed
}

// touch notes that the unit of statements, or its state, may be another now.
func (a *application) touch(statements ...uint64) { a.touched = append(a.touched, statements...) }

// unitOf selects the unit of each statement of a JSON array: the family it is a
// copy in, or itself. A text that only quotes others is a unit of its own.
const unitOf = `SELECT j.value, coalesce((SELECT m.family FROM member m WHERE m.statement=j.value AND m.until=0 AND m.relation<>'quoted_in' ORDER BY m.family LIMIT 1), j.value)
	FROM json_each(?) j`

// settlePlace writes the places of a statement: a row for each of its wordings,
// which may say other times.
var settlePlace = `UPDATE place SET unit=?2, state=?3, role=?4, lag=w.lag FROM
	(SELECT p.at, CASE ?4 WHEN 2 THEN (SELECT v.posted FROM version v WHERE v.leaf=p.at & ` + itoa(leafMask) + `)-?5 END AS lag FROM place p WHERE p.statement=?1) w
	WHERE place.at=w.at AND (unit<>?2 OR state<>?3 OR role<>?4 OR place.lag IS NOT w.lag)`

// settle writes the places of all units that were touched.
func (a *application) settle(ctx context.Context) error {
	if len(a.touched) == 0 {
		return nil
	}
	slices.Sort(a.touched)
	a.touched = slices.Compact(a.touched)
	var decided bool
	if err := a.tx.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM mark WHERE topic='triage')").Scan(&decided); err != nil {
		return err
	}
	write, err := a.tx.PrepareContext(ctx, settlePlace)
	if err != nil {
		return err
	}
	defer write.Close()
	done := map[uint64]bool{}
	for chunk := range slices.Chunk(a.touched, 1000) {
		pairs, err := a.pairs(ctx, unitOf, leafList(chunk))
		if err != nil {
			return err
		}
		var units []uint64
		for _, p := range pairs {
			if !done[p[1]] {
				done[p[1]] = true
				units = append(units, p[1])
			}
		}
		if err := a.settleUnits(ctx, units, decided, write); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) settleUnits(ctx context.Context, units []uint64, decided bool, write *sql.Stmt) error {
	members, err := a.pairs(ctx, `SELECT j.value, m.statement FROM json_each(?1) j CROSS JOIN member m ON m.until=0 AND m.family=j.value AND m.relation<>'quoted_in'
		UNION SELECT j.value, j.value FROM json_each(?1) j WHERE j.value=coalesce((SELECT m.family FROM member m WHERE m.statement=j.value AND m.until=0
		AND m.relation<>'quoted_in' ORDER BY m.family LIMIT 1), j.value)`, leafList(units))
	if err != nil {
		return err
	}
	statements := make([]uint64, len(members))
	home := make(map[uint64]uint64, len(members))
	for i, m := range members {
		statements[i] = m[1]
		home[m[1]] = m[0]
	}
	families, err := a.familiesOf(ctx, units)
	if err != nil {
		return err
	}
	state := map[uint64]int{}
	hidden := map[uint64]bool{}
	for chunk := range slices.Chunk(statements, 2000) {
		if decided {
			byUnit := map[uint64][]standing{}
			rows, err := a.tx.QueryContext(ctx, "SELECT statement, value, num, decision FROM mark WHERE topic='triage' AND until=0 AND statement IN (SELECT value FROM json_each(?))", leafList(chunk))
			if err != nil {
				return err
			}
			for rows.Next() {
				var m standing
				if err := rows.Scan(&m.statement, &m.value, &m.num, &m.decision); err != nil {
					rows.Close()
					return err
				}
				byUnit[home[m.statement]] = append(byUnit[home[m.statement]], m)
			}
			if err := rows.Err(); err != nil {
				return err
			}
			rows.Close()
			for u, marks := range byUnit {
				v, _ := verdict(marks)
				was := stateNames[state[u]] // of a chunk before, for a family of thousands
				if n := slices.Index(stateNames[:], v.value); n > 0 && rank[v.value] > rank[was] {
					state[u] = n
				}
			}
		}
		gone, err := a.leaves(ctx, "SELECT first FROM state WHERE withdrawn<>0 AND first IN (SELECT value FROM json_each(?))", leafList(chunk))
		if err != nil {
			return err
		}
		for _, s := range gone {
			hidden[s] = true
		}
	}
	for _, s := range statements {
		n := state[home[s]]
		if hidden[s] {
			n = stateWithdrawn
		}
		role, from := roleAlone, any(nil)
		if f, ok := families[home[s]]; ok {
			if role, from = roleCopy, seconds(f.From); f.First == s {
				role = roleFirst
			}
		}
		if _, err := write.ExecContext(ctx, s, home[s], n, role, from); err != nil {
			return err
		}
	}
	return nil
}

// familiesOf reads the families among units.
func (a *application) familiesOf(ctx context.Context, units []uint64) (map[uint64]record.Family, error) {
	rows, err := a.tx.QueryContext(ctx, familyColumns+"WHERE anchor IN (SELECT value FROM json_each(?))", leafList(units))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[uint64]record.Family{}
	for rows.Next() {
		f, err := scanFamily(rows)
		if err != nil {
			return nil, err
		}
		all[f.Anchor] = f
	}
	return all, rows.Err()
}

// pairs runs a query for two columns of leaves.
func (a *application) pairs(ctx context.Context, query string, args ...any) (all [][2]uint64, err error) {
	rows, err := a.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p [2]uint64
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}
