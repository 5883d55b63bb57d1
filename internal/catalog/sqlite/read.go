package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// Size is the log size up to which catalog.db is complete.
func (s *store) Size(ctx context.Context) (uint64, error) {
	var size uint64
	err := s.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE name='size'").Scan(&size)
	return size, s.rowsErr(err)
}

// notFound names what was asked for when there is no such row.
func (s *store) notFound(err error, what string, args ...any) error {
	if err == sql.ErrNoRows {
		return fmt.Errorf(what+": %w", append(args, record.ErrNotFound)...)
	}
	return s.rowsErr(err)
}

type scanner interface{ Scan(...any) error }

// list runs a query and returns its rows.
func list[T any](ctx context.Context, s *store, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.rowsErr(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, s.rowsErr(err)
		}
		all = append(all, one)
	}
	return all, s.rowsErr(rows.Err())
}

// idsPerQuery is how many external ids one query asks for.
const idsPerQuery = 400

// Known asks nothing about ids above the highest the source has.
func (s *store) Known(ctx context.Context, source uint64, ids []string) (map[string]catalog.Known, error) {
	known := map[string]catalog.Known{}
	var top sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT max(top) FROM tally WHERE source=?", source).Scan(&top); err != nil {
		return nil, s.rowsErr(err)
	}
	if !top.Valid { // nothing of this source is here
		return known, nil
	}
	asked := map[int64]string{}
	args := make([]any, 0, idsPerQuery+1)
	ask := func() error {
		if len(asked) == 0 {
			return nil
		}
		args = append(args[:0], source)
		for n := range asked {
			args = append(args, n)
		}
		err := s.known(ctx, " AND v.number IN "+tuples(len(asked), 1), args, func(n int64, external sql.NullString, k catalog.Known) error {
			if id := asked[n]; !external.Valid || external.String == id {
				known[id] = k
			}
			return nil
		})
		clear(asked)
		return err
	}
	for _, id := range ids {
		n, plain := number(id)
		if plain && n > top.Int64 {
			continue
		}
		asked[n] = id
		if len(asked) == idsPerQuery {
			if err := ask(); err != nil {
				return nil, err
			}
		}
	}
	return known, ask()
}

// Unseen calls f in ascending order of id.
func (s *store) Unseen(ctx context.Context, source uint64, first, last int64, f func(id int64, k catalog.Known) error) error {
	return s.known(ctx, " AND v.number BETWEEN ? AND ? ORDER BY v.number", []any{source, max(first, 0), last},
		func(n int64, _ sql.NullString, k catalog.Known) error { return f(n, k) })
}

// known reads the newest versions of a source's statements.
func (s *store) known(ctx context.Context, where string, args []any, f func(number int64, external sql.NullString, k catalog.Known) error) error {
	rows, err := s.read.QueryContext(ctx, `SELECT v.number, v.external, v.leaf, v.first, v.version, v.digest, v.edited, v.erased,
		coalesce(t.missing, 0), coalesce(t.withdrawn, 0) FROM version v LEFT JOIN state t ON t.first=v.first
		WHERE v.source=? AND v.until=0`+where, args...)
	if err != nil {
		return s.rowsErr(err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			n                          int64
			external                   sql.NullString
			digest                     []byte
			edited                     sql.NullInt64
			erased, missing, withdrawn uint64
			k                          = catalog.Known{Edited: record.NoSeconds}
		)
		if err := rows.Scan(&n, &external, &k.Leaf, &k.First, &k.Version, &digest, &edited, &erased, &missing, &withdrawn); err != nil {
			return s.rowsErr(err)
		}
		copy(k.TextDigest[:], digest)
		if edited.Valid {
			k.Edited = edited.Int64
		}
		k.Missing, k.Withdrawn, k.Erased = missing != 0, withdrawn != 0, erased != 0
		if err := f(n, external, k); err != nil {
			return err
		}
	}
	return s.rowsErr(rows.Err())
}

const sourceColumns = "s.leaf, s.key, s.name, s.type, s.platform, s.private, s.sequential"

func sourceFields(src *record.Source) []any {
	return []any{&src.Leaf, &src.Key, &src.Name, &src.Type, &src.Platform, &src.Private, &src.Sequential}
}

func (s *store) Source(ctx context.Context, leaf uint64) (record.Source, error) {
	var src record.Source
	err := s.read.QueryRowContext(ctx, "SELECT "+sourceColumns+" FROM source s WHERE leaf=?", leaf).Scan(sourceFields(&src)...)
	return src, s.notFound(err, "source at log entry %d", leaf)
}

// SourceByKey finds the first source that was introduced under the key.
func (s *store) SourceByKey(ctx context.Context, key string) (record.Source, error) {
	var src record.Source
	err := s.read.QueryRowContext(ctx, "SELECT "+sourceColumns+" FROM source s WHERE key=? ORDER BY leaf LIMIT 1", key).Scan(sourceFields(&src)...)
	return src, s.notFound(err, "source %q", key)
}

func (s *store) Sources(ctx context.Context) ([]catalog.SourceStat, error) {
	return list(ctx, s, func(row scanner) (catalog.SourceStat, error) {
		st := catalog.SourceStat{First: record.NoSeconds, Last: record.NoSeconds}
		var first, last sql.NullInt64
		err := row.Scan(append(sourceFields(&st.Source), &st.Statements, &first, &last, &st.Gaps, &st.Missing)...)
		if first.Valid {
			st.First, st.Last = first.Int64, last.Int64
		}
		return st, err
	}, `SELECT `+sourceColumns+`, coalesce(sum(n.statements), 0), min(n.first), max(n.last),
		(SELECT count(*) FROM gap g WHERE g.source=s.leaf AND `+standingGap+`), coalesce(m.missing, 0)
		FROM source s LEFT JOIN tally n ON n.source=s.leaf
		LEFT JOIN (SELECT v.source, count(*) missing FROM state t CROSS JOIN version v ON v.leaf=t.first WHERE t.missing<>0 GROUP BY v.source) m ON m.source=s.leaf
		GROUP BY s.leaf ORDER BY s.leaf`)
}

const captureColumns = "SELECT leaf, run, at, theirs, blob, size, type, format, parent, path, url, tool FROM capture "

func scanCapture(row scanner) (record.Capture, error) {
	var c record.Capture
	var theirs sql.NullInt64
	var blob []byte
	err := row.Scan(&c.Leaf, &c.Run, &c.At, &theirs, &blob, &c.Size, &c.Type, &c.Format, &c.Parent, &c.Path, &c.URL, &c.Tool)
	copy(c.Blob[:], blob)
	c.Theirs = orNever(theirs)
	return c, err
}

func orNever(t sql.NullInt64) int64 {
	if !t.Valid {
		return record.NoSeconds
	}
	return t.Int64
}

func (s *store) Capture(ctx context.Context, leaf uint64) (record.Capture, error) {
	c, err := scanCapture(s.read.QueryRowContext(ctx, captureColumns+"WHERE leaf=?", leaf))
	return c, s.notFound(err, "capture at log entry %d", leaf)
}

func (s *store) CapturesOf(ctx context.Context, blob record.Digest) ([]record.Capture, error) {
	return list(ctx, s, scanCapture, captureColumns+"WHERE blob=? ORDER BY leaf", blob[:])
}

func (s *store) CaptureAt(ctx context.Context, run uint64, path string) (record.Capture, error) {
	c, err := scanCapture(s.read.QueryRowContext(ctx, captureColumns+"WHERE run=? AND path=? ORDER BY leaf DESC LIMIT 1", run, path))
	return c, s.notFound(err, "capture of %q in the run at log entry %d", path, run)
}

// versions calls f for every statement version that the condition selects.
func (s *store) versions(ctx context.Context, where string, args []any, f func(record.Statement) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT "+versionColumns+versionTables+" WHERE "+where, args...)
	if err != nil {
		return s.rowsErr(err)
	}
	defer rows.Close()
	for rows.Next() {
		st, err := scanVersion(rows)
		if err != nil {
			return s.rowsErr(err)
		}
		if err := f(st); err != nil {
			return err
		}
	}
	return s.rowsErr(rows.Err())
}

func (s *store) Version(ctx context.Context, leaf uint64) (record.Statement, error) {
	st, err := scanVersion(s.read.QueryRowContext(ctx, "SELECT "+versionColumns+versionTables+" WHERE v.leaf=?", leaf))
	return st, s.notFound(err, "statement version at log entry %d", leaf)
}

func (s *store) Statement(ctx context.Context, first uint64) (record.Statement, error) {
	all, err := s.Versions(ctx, first)
	if err != nil {
		return record.Statement{}, err
	}
	return all[len(all)-1], nil
}

func (s *store) Versions(ctx context.Context, first uint64) ([]record.Statement, error) {
	var all []record.Statement
	err := s.versions(ctx, `v.leaf IN (SELECT b.leaf FROM version a JOIN version b ON b.source=a.source AND b.number=a.number AND b.first=a.leaf
		WHERE a.leaf=?) ORDER BY v.until=0, v.edited, v.leaf`, []any{first}, func(st record.Statement) error {
		all = append(all, st)
		return nil
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("statement at log entry %d: %w", first, record.ErrNotFound)
	}
	return all, err
}

// standingGap leaves out the gaps that a decision undid.
const standingGap = "g.leaf NOT IN (SELECT d.target FROM decision d WHERE d.action='undo' AND d.undone=0)"

func (s *store) Gaps(ctx context.Context, source uint64) ([]record.Gap, error) {
	return list(ctx, s, scanGap, gapColumns+"WHERE (?1=0 OR g.source IN (0, ?1)) AND "+standingGap+" ORDER BY g.leaf", source)
}

func (s *store) Outages(ctx context.Context) ([]record.Gap, error) {
	return list(ctx, s, scanGap, gapColumns+"WHERE g.first='' AND "+standingGap+" ORDER BY g.leaf")
}

func (s *store) NewestHoles(ctx context.Context, limit int) ([]record.Gap, error) {
	return list(ctx, s, scanGap, gapColumns+"WHERE g.first<>'' AND "+standingGap+" ORDER BY g.leaf DESC LIMIT ?", limit)
}

const decisionColumns = "SELECT leaf, at, by, action, target, reason, undone, payload FROM decision "

func scanDecision(row scanner) (record.Decision, error) {
	var d record.Decision
	err := row.Scan(&d.Leaf, &d.At, &d.By, &d.Action, &d.Target, &d.Reason, &d.Undone, &d.Payload)
	return d, err
}

// Decisions are those about the record and, for a statement, those about units
// that named it.
func (s *store) Decisions(ctx context.Context, target uint64) ([]record.Decision, error) {
	return list(ctx, s, scanDecision, decisionColumns+"WHERE target=?1 OR leaf IN (SELECT decision FROM mark WHERE statement=?1) ORDER BY leaf", target)
}

func (s *store) AllDecisions(ctx context.Context) ([]record.Decision, error) {
	return list(ctx, s, scanDecision, decisionColumns+"ORDER BY leaf")
}

func (s *store) NewestDecisions(ctx context.Context, page catalog.DecisionPage) ([]record.Decision, error) {
	where, args := "", []any{}
	for _, f := range []struct {
		test  string
		value any
		on    bool
	}{{"leaf<?", page.Before, page.Before != 0}, {"by=?", page.By, page.By != ""}, {"action=?", page.Action, page.Action != ""}} {
		if f.on {
			where += " AND " + f.test
			args = append(args, f.value)
		}
	}
	return list(ctx, s, scanDecision, "SELECT leaf, at, by, action, target, reason, undone, '' FROM decision WHERE 1"+where+" ORDER BY leaf DESC LIMIT ?", append(args, page.Limit)...)
}

func (s *store) DecisionCounts(ctx context.Context) (catalog.DecisionCounts, error) {
	n := catalog.DecisionCounts{By: map[string]int64{}, Action: map[string]int64{}}
	rows, err := s.read.QueryContext(ctx, "SELECT by, action, count(*) FROM decision GROUP BY by, action")
	if err != nil {
		return n, s.rowsErr(err)
	}
	defer rows.Close()
	for rows.Next() {
		var by, action string
		var k int64
		if err := rows.Scan(&by, &action, &k); err != nil {
			return n, s.rowsErr(err)
		}
		n.By[by] += k
		n.Action[action] += k
	}
	return n, s.rowsErr(rows.Err())
}

func (s *store) Runs(ctx context.Context) ([]catalog.Run, error) {
	return list(ctx, s, scanRun, runColumns+"ORDER BY leaf DESC")
}

// entryQueries find what a leaf is, by the table it made a row in. Where the
// row has no clock or name of its own, those of the run around it count.
var entryQueries = [...]struct {
	kind  record.LeafKind
	query string
}{
	{"", "SELECT at, by, target, kind FROM entry WHERE leaf=?1"},
	{record.LeafStatement, "SELECT c.at, '', v.first, '' FROM version v JOIN capture c ON c.leaf=v.capture WHERE v.leaf=?1"},
	{record.LeafCapture, "SELECT at, '', 0, '' FROM capture WHERE leaf=?1"},
	{record.LeafSource, "SELECT 0, '', 0, '' FROM source WHERE leaf=?1"},
	{record.LeafRun, "SELECT at, by, 0, '' FROM run WHERE leaf=?1"},
	{record.LeafEnd, "SELECT ended_at, by, leaf, '' FROM run WHERE ended=?1 AND ended<>0"},
	{record.LeafMissing, "SELECT 0, '', target, '' FROM observation WHERE leaf=?1 AND missing=1"},
	{record.LeafSeen, "SELECT 0, '', target, '' FROM observation WHERE leaf=?1 AND missing=0"},
	{record.LeafGap, "SELECT 0, '', 0, '' FROM gap WHERE leaf=?1"},
	{record.LeafDecision, "SELECT at, by, target, '' FROM decision WHERE leaf=?1"},
	{record.LeafTombstone, "SELECT 0, '', target, '' FROM tombstone WHERE leaf=?1"},
}

func (s *store) Others(ctx context.Context) ([]catalog.EntryInfo, error) {
	return list(ctx, s, func(row scanner) (e catalog.EntryInfo, err error) {
		return e, row.Scan(&e.Leaf, &e.Kind, &e.At, &e.By, &e.Target)
	}, "SELECT leaf, kind, at, by, target FROM entry ORDER BY leaf")
}

func (s *store) Entry(ctx context.Context, leaf uint64) (catalog.EntryInfo, error) {
	for _, q := range entryQueries {
		e := catalog.EntryInfo{Leaf: leaf}
		err := s.read.QueryRowContext(ctx, q.query, leaf).Scan(&e.At, &e.By, &e.Target, &e.Kind)
		if err == sql.ErrNoRows {
			continue
		}
		if err != nil {
			return e, s.rowsErr(err)
		}
		if q.kind != "" {
			e.Kind = q.kind
		}
		if e.At == 0 || e.By == "" {
			var at int64
			var by string
			err := s.read.QueryRowContext(ctx, "SELECT at, by FROM run WHERE leaf=(SELECT max(leaf) FROM run WHERE leaf<?1) AND (ended=0 OR ended>?1)", leaf).Scan(&at, &by)
			if err != nil && err != sql.ErrNoRows {
				return e, s.rowsErr(err)
			}
			if e.At == 0 {
				e.At = at
			}
			if e.By == "" {
				e.By = by
			}
		}
		return e, nil
	}
	return catalog.EntryInfo{}, fmt.Errorf("log entry %d: %w", leaf, record.ErrNotFound)
}

func (s *store) Stats(ctx context.Context) (catalog.Stats, error) {
	st := catalog.Stats{Languages: map[string]int64{}, FirstPosted: record.NoSeconds, LastPosted: record.NoSeconds}
	var first, last sql.NullInt64
	err := s.read.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE name='size'),
		(SELECT coalesce(sum(statements), 0) FROM tally), (SELECT coalesce(sum(versions), 0) FROM tally),
		(SELECT count(*) FROM source), (SELECT count(*) FROM capture), (SELECT count(*) FROM gap g WHERE `+standingGap+`),
		(SELECT count(*) FROM decision), (SELECT count(*) FROM state WHERE withdrawn<>0),
		(SELECT min(first) FROM tally), (SELECT max(last) FROM tally),
		(SELECT coalesce(sum(size), 0) FROM (SELECT max(size) size FROM capture GROUP BY blob))`).Scan(
		&st.LogSize, &st.Statements, &st.Versions, &st.Sources, &st.Captures, &st.Gaps, &st.Decisions, &st.Withdrawn, &first, &last, &st.CaptureBytes)
	if err != nil {
		return st, s.rowsErr(err)
	}
	st.FirstPosted, st.LastPosted = orNever(first), orNever(last)
	type count struct {
		lang string
		n    int64
	}
	langs, err := list(ctx, s, func(row scanner) (c count, err error) {
		return c, row.Scan(&c.lang, &c.n)
	}, "SELECT lang, sum(statements) FROM tally WHERE lang<>'' GROUP BY lang HAVING sum(statements)>0")
	for _, c := range langs {
		st.Languages[c.lang] = c.n
	}
	return st, err
}

// Newest looks at everything that names the record, or a version of it, or a
// decision about it.
func (s *store) Newest(ctx context.Context, target uint64) (uint64, error) {
	leaves, err := list(ctx, s, func(row scanner) (n sql.NullInt64, err error) { return n, row.Scan(&n) }, `
		WITH RECURSIVE about(leaf) AS (
			SELECT ?1
			UNION SELECT b.leaf FROM version a JOIN version b ON b.source=a.source AND b.number=a.number AND b.first=a.first WHERE a.leaf=?1
			UNION SELECT leaf FROM translation WHERE statement=?1
			UNION SELECT d.leaf FROM about JOIN decision d ON d.target=about.leaf)
		SELECT max(leaf) FROM about
		UNION ALL SELECT max(o.leaf) FROM about JOIN observation o ON o.target=about.leaf
		UNION ALL SELECT max(t.leaf) FROM about JOIN tombstone t ON t.target=about.leaf
		UNION ALL SELECT max(ended) FROM run WHERE leaf=?1`, target)
	if err != nil {
		return 0, err
	}
	newest := slices.MaxFunc(leaves, func(a, b sql.NullInt64) int { return int(a.Int64 - b.Int64) })
	return uint64(newest.Int64), nil
}
