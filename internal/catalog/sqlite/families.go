package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// around keeps what stands beside the batch's statements: forward headers,
// pictures, and how much each source posted when.
func (a *application) around(ctx context.Context) error {
	type key struct {
		source uint64
		hour   int64
	}
	hours := map[key]int64{}
	for i := range a.b.Statements {
		st := &a.b.Statements[i]
		if st.Version <= 1 && st.Posted.Known() {
			hours[key{st.Source, floorDiv(st.Posted.Unix, 3600)}]++
		}
	}
	for k, n := range hours {
		if err := a.exec(ctx, "INSERT INTO activity VALUES(?,?,?) ON CONFLICT(source, hour) DO UPDATE SET n=n+excluded.n", k.source, k.hour, n); err != nil {
			return err
		}
	}
	return a.shown(ctx, a.b.Statements)
}

// shown keeps the forward headers and pictures of statement versions that were
// not erased. The first header of a statement counts.
func (a *application) shown(ctx context.Context, versions []record.Statement) error {
	forwards := newBulk(a.tx, "INSERT OR IGNORE INTO forward VALUES", 6, 40)
	pictures := newBulk(a.tx, "INSERT OR IGNORE INTO picture VALUES", 2, 40)
	for i := range versions {
		st := &versions[i]
		if st.Erased {
			continue
		}
		if f := st.Forward; f != nil {
			if err := forwards.add(ctx, st.First, st.Source, seconds(st.Posted.Seconds()), f.Origin(), f.ID, seconds(f.Posted.Seconds())); err != nil {
				return err
			}
		}
		for k := range st.Media {
			if m := &st.Media[k]; !m.Blob.IsZero() && m.Picture() {
				if err := pictures.add(ctx, slices.Clone(m.Blob[:]), st.First); err != nil {
					return err
				}
			}
		}
	}
	if err := forwards.end(ctx); err != nil {
		return err
	}
	return pictures.end(ctx)
}

// analyses takes in what analyses proposed.
func (a *application) analyses(ctx context.Context) error {
	for i := range a.b.Analyses {
		if err := a.analysis(ctx, &a.b.Analyses[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) analysis(ctx context.Context, x *catalog.Analysed) error {
	state := x.State
	if state == nil {
		state = []byte{}
	}
	if err := a.exec(ctx, "INSERT OR REPLACE INTO analysis VALUES(?,?,?,?)", x.Name, x.Leaf, x.Saw, state); err != nil {
		return err
	}
	if err := a.exec(ctx, "INSERT INTO analysed VALUES(?,?,?)", x.Leaf, x.Name, x.Saw); err != nil {
		return err
	}
	f := &x.Families
	for _, k := range f.Unlink {
		if err := a.exec(ctx, "DELETE FROM link WHERE a=? AND b=?", k[0], k[1]); err != nil {
			return err
		}
	}
	for _, k := range f.Unveto {
		if err := a.exec(ctx, "DELETE FROM veto WHERE a=? AND b=?", k[0], k[1]); err != nil {
			return err
		}
	}
	in := newBulk(a.tx, "INSERT OR REPLACE INTO link VALUES", 6, 100)
	for _, l := range f.Links {
		if err := in.add(ctx, l.A, l.B, string(l.Ground), l.Similarity, l.AInB, l.BInA); err != nil {
			return err
		}
	}
	if err := in.end(ctx); err != nil {
		return err
	}
	in = newBulk(a.tx, "INSERT OR REPLACE INTO veto VALUES", 6, 100)
	for _, v := range f.Vetoes {
		if err := in.add(ctx, v.A, v.B, v.Slot, v.Left, v.Right, v.Similarity); err != nil {
			return err
		}
	}
	if err := in.end(ctx); err != nil {
		return err
	}
	return a.members(ctx, x.Leaf, f)
}

// members ends rows that do not hold any more and begins those that do from
// here on. A row that stays as it is, stays.
func (a *application) members(ctx context.Context, leaf uint64, f *record.FamilyChange) error {
	for _, k := range f.NotMembers {
		a.touch(k[0], k[1])
		if err := a.exec(ctx, "UPDATE member SET until=?3 WHERE statement=?1 AND until=0 AND family=?2", k[0], k[1], leaf); err != nil {
			return err
		}
	}
	in := newBulk(a.tx, "INSERT OR REPLACE INTO member(statement, family, relation, ground, via, distance, similarity, within, holds, since, until) VALUES", 11, 40)
	for chunk := range slices.Chunk(f.Members, 500) {
		ids := make([]uint64, len(chunk))
		for i, m := range chunk {
			ids[i] = m.Statement
		}
		have := map[[2]uint64]record.Member{}
		rows, err := a.tx.QueryContext(ctx, memberColumns+"WHERE until=0 AND statement IN (SELECT value FROM json_each(?))", leafList(ids))
		if err != nil {
			return err
		}
		for rows.Next() {
			m, err := scanMember(rows)
			if err != nil {
				rows.Close()
				return err
			}
			have[[2]uint64{m.Statement, m.Family}] = m
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		for _, m := range chunk {
			old, ok := have[[2]uint64{m.Statement, m.Family}]
			if ok && old == m {
				continue
			}
			a.touch(m.Statement)
			if ok {
				if err := a.exec(ctx, "UPDATE member SET until=?3 WHERE statement=?1 AND until=0 AND family=?2", m.Statement, m.Family, leaf); err != nil {
					return err
				}
			}
			if err := in.add(ctx, m.Statement, m.Family, string(m.Relation), string(m.Ground), m.Via, m.Distance, m.Similarity, m.Within, m.Holds, leaf, 0); err != nil {
				return err
			}
		}
	}
	if err := in.end(ctx); err != nil {
		return err
	}
	// Neither changes: they are those of the statement's first version. What that
	// said is attested from its edit on only, if it was edited before we captured it:
	// who edits an old post to say what others said before is not the first.
	if err := a.exec(ctx, "UPDATE member SET (source, posted)=(SELECT v.source, max(v.posted, coalesce(v.edited, v.posted)) FROM version v WHERE v.leaf=member.statement) WHERE source IS NULL"); err != nil {
		return err
	}
	a.touch(f.NotFamilies...)
	for _, anchor := range f.NotFamilies {
		if err := a.exec(ctx, "DELETE FROM family WHERE anchor=?", anchor); err != nil {
			return err
		}
	}
	in = newBulk(a.tx, "INSERT OR REPLACE INTO family VALUES", 6, 100)
	for _, x := range f.Families {
		a.touch(x.Anchor) // its first can be another
		if err := in.add(ctx, x.Anchor, x.First, x.Members, x.Sources, seconds(x.From), seconds(x.To)); err != nil {
			return err
		}
	}
	return in.end(ctx)
}

// forgetFamily takes away what was worked out from the text of a statement of
// which a version was erased; what other versions show, stays. Its links stay until the next run of the analysis, which needs
// them to know what to make anew, and then takes them away.
func (a *application) forgetFamily(ctx context.Context, first uint64) error {
	beside, err := a.leaves(ctx, "SELECT o.statement FROM member m JOIN member o ON o.until=0 AND o.family=m.family WHERE m.statement=? AND m.until=0", first)
	if err != nil {
		return err
	}
	a.touch(append(beside, first)...)
	for _, q := range []string{
		"DELETE FROM veto WHERE a=?1 OR b=?1",
		"DELETE FROM family WHERE anchor IN (SELECT family FROM member WHERE statement=?1 AND until=0) AND members<=2",
		"UPDATE family SET members=members-1 WHERE anchor IN (SELECT family FROM member WHERE statement=?1 AND until=0)",
		"DELETE FROM member WHERE statement=?1",
		"DELETE FROM forward WHERE statement=?1",
		"DELETE FROM picture WHERE statement=?1",
	} {
		if err := a.exec(ctx, q, first); err != nil {
			return err
		}
	}
	rows, err := a.tx.QueryContext(ctx, "SELECT "+versionColumns+versionTables+` WHERE v.leaf IN (SELECT b.leaf FROM version a JOIN version b
		ON b.source=a.source AND b.number=a.number AND b.first=a.leaf WHERE a.leaf=?) AND v.erased=0 AND v.more IS NOT NULL
		AND NOT EXISTS(SELECT 1 FROM tombstone t WHERE t.target=v.leaf) ORDER BY v.leaf`, first)
	if err != nil {
		return err
	}
	defer rows.Close()
	var rest []record.Statement
	for rows.Next() {
		st, err := scanVersion(rows)
		if err != nil {
			return err
		}
		rest = append(rest, st)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return a.shown(ctx, rest)
}

func (s *store) Analysis(ctx context.Context, name string) (catalog.Analysed, error) {
	x := catalog.Analysed{Name: name}
	err := s.read.QueryRowContext(ctx, "SELECT leaf, saw, state FROM analysis WHERE name=?", name).Scan(&x.Leaf, &x.Saw, &x.State)
	if err == sql.ErrNoRows {
		return catalog.Analysed{}, nil
	}
	return x, s.rowsErr(err)
}

// textsAtOnce is how many leaves one query for texts spans: a short transaction
// does not keep the write-ahead log from being emptied.
const textsAtOnce = 16_384

const textColumns = `SELECT v.leaf, v.first, v.source, v.number, v.external, v.kind, v.posted, v.more, v.text FROM version v `

func (s *store) Texts(ctx context.Context, from, to uint64, f func(catalog.Text) error) error {
	for ; from < to; from += textsAtOnce {
		if err := s.texts(ctx, textColumns+"WHERE v.leaf>=? AND v.leaf<? AND v.erased=0 ORDER BY v.leaf", []any{from, min(to, from+textsAtOnce)}, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) TextsAt(ctx context.Context, leaves []uint64, f func(catalog.Text) error) error {
	for chunk := range slices.Chunk(leaves, 1000) {
		if err := s.texts(ctx, textColumns+"WHERE v.leaf IN (SELECT value FROM json_each(?)) AND v.erased=0", []any{leafList(chunk)}, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) CurrentTexts(ctx context.Context, statements []uint64, f func(catalog.Text) error) error {
	for chunk := range slices.Chunk(statements, 1000) {
		err := s.texts(ctx, textColumns+`JOIN version a ON a.source=v.source AND a.number=v.number AND a.first=v.first
			WHERE a.leaf IN (SELECT value FROM json_each(?)) AND v.until=0 AND v.erased=0`, []any{leafList(chunk)}, f)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *store) texts(ctx context.Context, query string, args []any, f func(catalog.Text) error) error {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return s.rowsErr(err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			t              catalog.Text
			n              int64
			external, rest sql.NullString
			posted         sql.NullInt64
		)
		if err := rows.Scan(&t.Leaf, &t.First, &t.Source, &n, &external, &t.Kind, &posted, &rest, &t.Text); err != nil {
			return s.rowsErr(err)
		}
		if t.ExternalID = external.String; !external.Valid {
			t.ExternalID = strconv.FormatInt(n, 10)
		}
		t.Posted = orNever(posted)
		// Few statements have what is needed of the rest, and parsing it takes
		// longer than reading the row.
		if strings.Contains(rest.String, `"title":`) || strings.Contains(rest.String, `"forward":`) || strings.Contains(rest.String, `"blob":`) {
			var m more
			if err := json.Unmarshal([]byte(rest.String), &m); err != nil {
				return fmt.Errorf("%w: statement %d in the catalog cannot be read: %v", record.ErrAltered, t.Leaf, err)
			}
			if m.Title != "" {
				t.Text = m.Title + "\n" + t.Text
			}
			if m.Forward != nil {
				t.Origin, t.Original = m.Forward.Origin(), m.Forward.ID
			}
			for i := range m.Media {
				if x := &m.Media[i]; !x.Blob.IsZero() && x.Picture() {
					t.Pictures = append(t.Pictures, x.Blob)
				}
			}
		}
		if err := f(t); err != nil {
			return err
		}
	}
	return s.rowsErr(rows.Err())
}

func (s *store) Erased(ctx context.Context, from, to uint64) ([]uint64, error) {
	return list(ctx, s, func(row scanner) (leaf uint64, err error) { return leaf, row.Scan(&leaf) },
		"SELECT t.target FROM tombstone t JOIN version v ON v.leaf=t.target WHERE t.leaf>=? AND t.leaf<? ORDER BY 1", from, to)
}

// inChunks runs a query for parts of a list of leaves, which it takes as a JSON
// array.
func inChunks[T any](ctx context.Context, s *store, scan func(scanner) (T, error), query string, leaves []uint64) ([]T, error) {
	var all []T
	for chunk := range slices.Chunk(leaves, 2000) {
		some, err := list(ctx, s, scan, query, leafList(chunk))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func (s *store) Links(ctx context.Context, statements []uint64) ([]record.Link, error) {
	all, err := inChunks(ctx, s, func(row scanner) (l record.Link, err error) {
		return l, row.Scan(&l.A, &l.B, &l.Ground, &l.Similarity, &l.AInB, &l.BInA)
	}, `SELECT l.* FROM json_each(?1) j JOIN link l ON l.a=j.value UNION SELECT l.* FROM json_each(?1) j JOIN link l ON l.b=j.value`, statements)
	return once(all, func(l record.Link) [2]uint64 { return [2]uint64{l.A, l.B} }), err
}

func (s *store) Vetoes(ctx context.Context, statements []uint64) ([]record.Veto, error) {
	all, err := inChunks(ctx, s, func(row scanner) (v record.Veto, err error) {
		return v, row.Scan(&v.A, &v.B, &v.Slot, &v.Left, &v.Right, &v.Similarity)
	}, `SELECT v.* FROM json_each(?1) j JOIN veto v ON v.a=j.value UNION SELECT v.* FROM json_each(?1) j JOIN veto v ON v.b=j.value ORDER BY 6 DESC, 1, 2`, statements)
	return once(all, func(v record.Veto) [2]uint64 { return [2]uint64{v.A, v.B} }), err
}

// once leaves out what was met from both of its ends: they can lie in two
// chunks.
func once[T any](all []T, ends func(T) [2]uint64) []T {
	seen := make(map[[2]uint64]bool, len(all))
	return slices.DeleteFunc(all, func(x T) bool {
		k := ends(x)
		again := seen[k]
		seen[k] = true
		return again
	})
}

const memberColumns = "SELECT statement, family, relation, ground, via, distance, similarity, within, holds FROM member "

func scanMember(row scanner) (m record.Member, err error) {
	return m, row.Scan(&m.Statement, &m.Family, &m.Relation, &m.Ground, &m.Via, &m.Distance, &m.Similarity, &m.Within, &m.Holds)
}

func (s *store) Members(ctx context.Context, statements []uint64) ([]record.Member, error) {
	return inChunks(ctx, s, scanMember, memberColumns+"WHERE until=0 AND statement IN (SELECT value FROM json_each(?)) ORDER BY statement, family", statements)
}

func (s *store) MembersOf(ctx context.Context, families []uint64) ([]record.Member, error) {
	return inChunks(ctx, s, scanMember, memberColumns+"WHERE until=0 AND family IN (SELECT value FROM json_each(?)) ORDER BY family, statement", families)
}

// Former finds where the statements that once were in a family are now.
func (s *store) Former(ctx context.Context, anchor uint64) ([]uint64, error) {
	return list(ctx, s, func(row scanner) (leaf uint64, err error) { return leaf, row.Scan(&leaf) },
		`SELECT m.family FROM member h JOIN member m ON m.statement=h.statement AND m.until=0 WHERE h.family=? AND h.until<>0
		AND m.relation<>'quoted_in' GROUP BY m.family ORDER BY count(*) DESC, m.family`, anchor)
}

// Unlinked counts the statement versions from a log entry on.
func (s *store) Unlinked(ctx context.Context, from uint64) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM version WHERE leaf>=? AND erased=0", from).Scan(&n)
	return n, s.rowsErr(err)
}

const familyColumns = `SELECT anchor, first, members, sources, "from", "to" FROM family `

func scanFamily(row scanner) (f record.Family, err error) {
	var from, to sql.NullInt64
	err = row.Scan(&f.Anchor, &f.First, &f.Members, &f.Sources, &from, &to)
	f.From, f.To = orNever(from), orNever(to)
	return f, err
}

func (s *store) Family(ctx context.Context, anchor uint64) (record.Family, error) {
	f, err := scanFamily(s.read.QueryRowContext(ctx, familyColumns+"WHERE anchor=?", anchor))
	return f, s.notFound(err, "family of the statement at log entry %d", anchor)
}

func (s *store) EachFamily(ctx context.Context, f func(record.Family) bool) error {
	rows, err := s.read.QueryContext(ctx, familyColumns+`ORDER BY "from" DESC, anchor DESC`)
	if err != nil {
		return s.rowsErr(err)
	}
	defer rows.Close()
	for rows.Next() {
		x, err := scanFamily(rows)
		if err != nil {
			return s.rowsErr(err)
		}
		if !f(x) {
			break
		}
	}
	return s.rowsErr(rows.Err())
}

const forwardColumns = "SELECT statement, source, posted, origin, original, original_at FROM forward "

func scanForward(row scanner) (f catalog.Forwarded, err error) {
	var posted, at sql.NullInt64
	err = row.Scan(&f.Statement, &f.Source, &posted, &f.Origin, &f.Original, &at)
	f.Posted, f.OriginalAt = orNever(posted), orNever(at)
	return f, err
}

func (s *store) Forwards(ctx context.Context, statements []uint64) ([]catalog.Forwarded, error) {
	return inChunks(ctx, s, scanForward, forwardColumns+"WHERE statement IN (SELECT value FROM json_each(?)) ORDER BY statement", statements)
}

func (s *store) ForwardsFrom(ctx context.Context, origins []string) ([]catalog.Forwarded, error) {
	b, err := json.Marshal(origins)
	if err != nil {
		return nil, err
	}
	return list(ctx, s, scanForward, forwardColumns+"WHERE origin IN (SELECT value FROM json_each(?)) ORDER BY statement", string(b))
}

func (s *store) Origins(ctx context.Context, source uint64) ([]catalog.OriginCount, error) {
	return list(ctx, s, func(row scanner) (o catalog.OriginCount, err error) { return o, row.Scan(&o.Origin, &o.N) },
		"SELECT origin, count(*) FROM forward WHERE source=? AND origin<>'' GROUP BY origin ORDER BY 2 DESC, 1", source)
}

func (s *store) Hours(ctx context.Context, source uint64) ([]record.Hour, error) {
	where, args := "", []any{}
	if source != 0 {
		where, args = " WHERE source=?", []any{source}
	}
	return list(ctx, s, func(row scanner) (h record.Hour, err error) { return h, row.Scan(&h.Source, &h.Hour, &h.N) },
		"SELECT source, hour, n FROM activity"+where+" ORDER BY source, hour", args...)
}

// HolesWithin finds the ids around the two times by halving: a channel's ids
// count up with time.
func (s *store) HolesWithin(ctx context.Context, source uint64, from, to int64) ([]catalog.Hole, error) {
	var top sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT max(top) FROM tally WHERE source=?", source).Scan(&top); err != nil {
		return nil, s.rowsErr(err)
	}
	if !top.Valid || top.Int64 < 0 {
		return nil, nil
	}
	last, _, err := s.idsAround(ctx, source, from, top.Int64)
	if err != nil {
		return nil, err
	}
	_, next, err := s.idsAround(ctx, source, to+1, top.Int64)
	if err != nil {
		return nil, err
	}
	return list(ctx, s, func(row scanner) (h catalog.Hole, err error) {
		var after, before sql.NullInt64
		err = row.Scan(&h.Leaf, &h.Source, &h.First, &h.Last, &h.Why, &h.Note, &after, &before)
		h.From, h.To, h.After, h.Before = record.NoSeconds, record.NoSeconds, orNever(after), orNever(before)
		return h, err
	}, `SELECT g.leaf, g.source, g.first, g.last, g.why, g.note,
		(SELECT posted FROM version v WHERE v.source=g.source AND v.number<CAST(g.first AS INTEGER) AND v.number>=0 AND v.posted IS NOT NULL ORDER BY v.number DESC LIMIT 1),
		(SELECT posted FROM version v WHERE v.source=g.source AND v.number>CAST(g.last AS INTEGER) AND v.posted IS NOT NULL ORDER BY v.number LIMIT 1)
		FROM gap g WHERE g.source=?1 AND g.first<>'' AND `+standingGap+`
		AND CAST(g.last AS INTEGER)>?2 AND CAST(g.first AS INTEGER)<?3 ORDER BY CAST(g.first AS INTEGER)`, source, last, next)
}

// idsAround returns the numeric ids of a source between which a time lies: the
// last that was posted before it, -1 when there is none, and the first that was
// not, the highest number when there is none. Between them are only statements
// without a time.
func (s *store) idsAround(ctx context.Context, source uint64, at, top int64) (last, next int64, err error) {
	next = math.MaxInt64
	lo, hi := int64(0), top+1
	for lo < hi {
		m := (lo + hi) / 2
		var id, posted int64
		err := s.read.QueryRowContext(ctx, "SELECT number, posted FROM version WHERE source=? AND number>=? AND posted IS NOT NULL ORDER BY number LIMIT 1", source, m).Scan(&id, &posted)
		switch {
		case err == sql.ErrNoRows:
			hi = m
		case err != nil:
			return 0, 0, s.rowsErr(err)
		case posted >= at:
			hi, next = m, id
		default:
			lo = id + 1
		}
	}
	return lo - 1, next, nil
}

func (s *store) EachRun(ctx context.Context, f func(catalog.FamilyRun) error) error {
	rows, err := s.read.QueryContext(ctx, `SELECT m.family, m.statement, m.source, m.posted, m.relation, coalesce(t.withdrawn, 0)
		FROM member m LEFT JOIN state t ON t.first=m.statement WHERE m.until=0 AND m.posted IS NOT NULL ORDER BY m.family, m.statement`)
	if err != nil {
		return s.rowsErr(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r catalog.FamilyRun
		var withdrawn uint64
		if err := rows.Scan(&r.Family, &r.Statement, &r.Source, &r.Posted, &r.Relation, &withdrawn); err != nil {
			return s.rowsErr(err)
		}
		r.Withdrawn = withdrawn != 0
		if err := f(r); err != nil {
			return err
		}
	}
	return s.rowsErr(rows.Err())
}

func (s *store) OrderChanged(ctx context.Context) (uint64, error) {
	var leaf uint64
	err := s.read.QueryRowContext(ctx, `SELECT max(
		(SELECT coalesce(max(leaf), 0) FROM analysis), (SELECT coalesce(max(leaf), 0) FROM run), (SELECT coalesce(max(ended), 0) FROM run),
		(SELECT coalesce(max(leaf), 0) FROM gap), (SELECT coalesce(max(leaf), 0) FROM tombstone),
		(SELECT coalesce(max(leaf), 0) FROM decision WHERE action='withdraw'), (SELECT coalesce(max(leaf), 0) FROM decision WHERE action='restore'),
		(SELECT coalesce(max(leaf), 0) FROM decision WHERE action='issuer'), (SELECT coalesce(max(leaf), 0) FROM decision WHERE action='undo'))`).Scan(&leaf)
	return leaf, s.rowsErr(err)
}

func scanDerived(row scanner) (d catalog.Derived, err error) {
	var blob, picture []byte
	err = row.Scan(&d.Statement, &d.Capture, &blob, &picture, &d.Tool)
	copy(d.Blob[:], blob)
	copy(d.Picture[:], picture)
	return d, err
}

const derivedColumns = `SELECT x.statement, c.leaf, c.blob, p.blob, c.tool FROM capture c JOIN capture p ON p.leaf=c.parent JOIN picture x ON x.blob=p.blob
	WHERE c.format='` + catalog.FormatDerived + `' AND `

func (s *store) DerivedFrom(ctx context.Context, from, to uint64) ([]catalog.Derived, error) {
	return list(ctx, s, scanDerived, derivedColumns+"c.leaf>=? AND c.leaf<? ORDER BY c.leaf, x.statement", from, to)
}

func (s *store) DerivedOf(ctx context.Context, statements []uint64) ([]catalog.Derived, error) {
	return inChunks(ctx, s, scanDerived, derivedColumns+"x.statement IN (SELECT value FROM json_each(?)) ORDER BY c.leaf, x.statement", statements)
}

func (s *store) Unread(ctx context.Context, statements []uint64) ([]record.Capture, error) {
	all, err := inChunks(ctx, s, scanCapture, captureColumns+`WHERE leaf IN (SELECT min(p.leaf) FROM json_each(?) j JOIN picture x ON x.statement=j.value
		JOIN capture p ON p.blob=x.blob WHERE NOT EXISTS(SELECT 1 FROM capture q JOIN capture c ON c.parent=q.leaf
		WHERE q.blob=x.blob AND c.format='`+catalog.FormatDerived+`') GROUP BY x.blob) ORDER BY leaf`, statements)
	slices.SortFunc(all, func(a, b record.Capture) int { return int(a.Leaf) - int(b.Leaf) })
	return slices.CompactFunc(all, func(a, b record.Capture) bool { return a.Leaf == b.Leaf }), err
}
