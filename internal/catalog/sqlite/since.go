package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// planPage is plan within what a page asks for.
func (s *store) planPage(ctx context.Context, q query.Query, page catalog.Page) (*plan, error) {
	p, err := s.plan(ctx, q, page.Now)
	if err != nil || page.From == 0 {
		return p, err
	}
	p.first = max(p.first, page.From)
	rows, err := list(ctx, s, func(row scanner) (at int64, err error) { return at, row.Scan(&at) },
		`SELECT DISTINCT p.at FROM version v JOIN place p ON p.statement=v.first WHERE v.leaf>=?1 AND (p.at & `+itoa(leafMask)+`)>=?1 ORDER BY v.leaf LIMIT ?2`, page.From, mostFew+1)
	if err != nil || len(rows) > mostFew {
		return p, err
	}
	slices.SortFunc(rows, func(a, b int64) int { return cmp.Compare(b, a) })
	p.few = append(p.few, append([]int64{}, rows...))
	p.none = p.none || len(rows) == 0
	return p, nil
}

// Bounds of what Since counts and lists.
const (
	mostChanges = 10_000
	mostNamed   = 200
)

func (s *store) Since(ctx context.Context, size uint64) (catalog.Changes, error) {
	c := catalog.Changes{From: size}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return c, s.rowsErr(err)
	}
	defer tx.Rollback()
	var all int64
	for _, q := range []struct {
		into  []any
		query string
		args  []any
	}{
		{[]any{&c.To}, "SELECT value FROM meta WHERE name='size'", nil},
		{[]any{&all, &c.Edits}, "SELECT count(*), coalesce(sum(version>1), 0) FROM (SELECT version FROM version WHERE leaf>=? LIMIT ?)", []any{size, mostChanges}},
		{[]any{&c.Missing}, "SELECT count(*) FROM (SELECT 1 FROM observation WHERE leaf>=? AND missing=1 LIMIT ?)", []any{size, mostChanges}},
		{[]any{&c.Families}, "SELECT count(DISTINCT family) FROM (SELECT family FROM member WHERE statement>=? AND until=0 AND relation<>'quoted_in' LIMIT ?)", []any{size, mostChanges}},
	} {
		if err := tx.QueryRowContext(ctx, q.query, q.args...).Scan(q.into...); err != nil {
			return c, s.rowsErr(err)
		}
	}
	c.Statements, c.Exact = all-c.Edits, all < mostChanges
	rows, err := tx.QueryContext(ctx, `SELECT family, count(*) n FROM (SELECT family FROM member WHERE statement>=? AND until=0 AND relation<>'quoted_in' LIMIT ?)
		GROUP BY family ORDER BY n DESC, family DESC LIMIT ?`, size, mostChanges, mostNamed)
	if err != nil {
		return c, s.rowsErr(err)
	}
	defer rows.Close()
	for rows.Next() {
		var g catalog.Growth
		if err := rows.Scan(&g.Family, &g.Joined); err != nil {
			return c, s.rowsErr(err)
		}
		g.New = g.Family >= size
		c.Grown = append(c.Grown, g)
	}
	if err := rows.Err(); err != nil {
		return c, s.rowsErr(err)
	}
	if c.Decisions, err = list(ctx, s, scanDecision, "SELECT leaf, at, by, action, target, reason, undone, '' FROM decision WHERE leaf>=? AND leaf<? ORDER BY leaf DESC LIMIT ?", size, c.To, mostNamed); err != nil {
		return c, err
	}
	if c.Gaps, err = list(ctx, s, scanGap, gapColumns+"WHERE g.leaf>=? AND g.leaf<? AND "+standingGap+" ORDER BY g.leaf DESC LIMIT ?", size, c.To, mostNamed); err != nil {
		return c, err
	}
	c.Runs, err = list(ctx, s, scanRun, runColumns+"WHERE leaf>=? AND leaf<? ORDER BY leaf DESC LIMIT ?", size, c.To, mostNamed)
	return c, err
}

func scanGap(row scanner) (g record.Gap, err error) {
	var from, to sql.NullInt64
	err = row.Scan(&g.Leaf, &g.Source, &g.First, &g.Last, &from, &to, &g.Why, &g.Note)
	g.From, g.To = orNever(from), orNever(to)
	return g, err
}

const gapColumns = `SELECT g.leaf, g.source, g.first, g.last, g."from", g."to", g.why, g.note FROM gap g `

func scanRun(row scanner) (r catalog.Run, err error) {
	return r, row.Scan(&r.Leaf, &r.At, &r.By, &r.Verb, &r.Detail, &r.End, &r.EndAt, &r.Receipt)
}

const runColumns = "SELECT leaf, at, by, verb, detail, ended, ended_at, receipt FROM run "
