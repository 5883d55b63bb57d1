package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	sqlite "modernc.org/sqlite"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// Looking back: the catalog as it was when the log had a size. doc/decisions/0015
// says what that means. Every question is asked with the same SQL as today's, on
// connections where each table's name stands for the table as it was then: a
// temporary view, which SQLite finds before the table. What can be told row by
// row is such a view; what has to be worked out (which unit a statement was in,
// what stood about it, sums) is worked out once and kept in memory.

// thenViews say for each table of catalog.db what it was when the log had {N}
// entries. Those that name was are worked out by thenRows.
//
// What protects somebody is as it is now: texts that were erased since are gone
// from version and what was read from it, what is withdrawn now is withdrawn in
// was.state, and a name that is masked now is masked.
var thenViews = [...]struct{ table, as string }{
	{"meta", "SELECT name, CASE name WHEN 'size' THEN {N} ELSE value END AS value FROM main.meta"},
	{"source", "SELECT * FROM main.source WHERE leaf<{N}"},
	{"run", `SELECT leaf, at, by, verb, detail, CASE WHEN ended<{N} THEN ended ELSE 0 END AS ended,
		CASE WHEN ended<{N} THEN ended_at ELSE 0 END AS ended_at, CASE WHEN ended<{N} THEN receipt ELSE '' END AS receipt FROM main.run WHERE leaf<{N}`},
	{"capture", "SELECT * FROM main.capture WHERE leaf<{N}"},
	{"version", `SELECT leaf, first, version, source, number, external, posted, posted_how, edited, edited_how, capture, offset, length, span, digest,
		CASE WHEN until<{N} THEN until ELSE 0 END AS until, erased, kind, lang, more, text FROM main.version WHERE leaf<{N}`},
	{"state", "SELECT * FROM was.state"},
	{"translation", "SELECT * FROM main.translation WHERE leaf<{N}"},
	{"observation", "SELECT * FROM main.observation WHERE leaf<{N}"},
	{"gap", "SELECT * FROM main.gap WHERE leaf<{N}"},
	{"decision", `SELECT d.leaf, d.at, d.by, d.action, d.target, d.reason, coalesce((SELECT u.undone FROM was.undone u WHERE u.leaf=d.leaf), 0) AS undone,
		d.payload FROM main.decision d WHERE d.leaf<{N}`},
	{"tombstone", "SELECT * FROM main.tombstone WHERE leaf<{N}"},
	{"entry", "SELECT * FROM main.entry WHERE leaf<{N}"},
	{"tally", "SELECT * FROM was.tally"},
	{"activity", "SELECT * FROM was.activity"},
	{"forward", "SELECT * FROM main.forward f WHERE f.statement<{N} AND EXISTS(" + wordings + "f.statement AND json_extract(b.more, '$.forward') IS NOT NULL)"},
	{"picture", "SELECT * FROM main.picture p WHERE p.statement<{N} AND EXISTS(" + wordings + "p.statement AND instr(b.more, '\"' || lower(hex(p.blob)) || '\"')>0)"},
	{"fact", "SELECT * FROM main.fact WHERE leaf<{N}"},
	{"analysed", "SELECT * FROM main.analysed WHERE leaf<{N}"},
	// What an analysis kept to work with was overwritten since.
	{"analysis", "SELECT name, max(leaf) AS leaf, saw, x'' AS state FROM main.analysed WHERE leaf<{N} GROUP BY name"},
	{"link", "SELECT * FROM main.link WHERE a<{N} AND b<{N}"},
	{"veto", "SELECT * FROM main.veto WHERE a<{N} AND b<{N}"},
	{"member", "SELECT * FROM was.member"},
	{"family", "SELECT * FROM was.family"},
	{"place", "SELECT * FROM was.place"},
	{"mark", `SELECT statement, topic, value, num, decision, CASE WHEN since<{N} THEN since ELSE 0 END AS since, CASE WHEN until<{N} THEN until ELSE 0 END AS until
		FROM main.mark WHERE since<{N} OR topic='shield' AND value='1' AND until=0`},
}

// wordings selects the versions of a statement that were there, but for the
// statement itself.
const wordings = `SELECT 1 FROM main.version a JOIN main.version b ON b.source=a.source AND b.number=a.number AND b.first=a.leaf AND b.leaf<{N} WHERE a.leaf=`

// thenTables are made in memory with the columns and indexes they have in catalog.db.
var thenTables = []string{"state", "member", "family", "place", "tally", "activity"}

// thenRows fill them, in this order. The views of tables that are not worked out
// are there already.
var thenRows = [...]string{
	// Of several observations in a row that something is missing the earliest counts.
	`INSERT INTO was.state(first, missing) SELECT first, min(leaf) FROM (SELECT v.first, o.leaf, o.missing,
		max(CASE WHEN o.missing=0 THEN o.leaf ELSE -1 END) OVER (PARTITION BY v.first) AS seen
		FROM main.observation o JOIN main.version v ON v.leaf=o.target WHERE o.leaf<{N}) WHERE missing=1 AND leaf>seen GROUP BY first`,
	`INSERT INTO was.state(first, translations) SELECT x.statement, count(*) FROM translation x WHERE ` + standingTranslation + ` GROUP BY x.statement
		ON CONFLICT(first) DO UPDATE SET translations=excluded.translations`,
	`INSERT INTO was.state(first, withdrawn) SELECT first, leaf FROM (SELECT v.first, d.leaf, d.action, row_number() OVER (PARTITION BY v.first ORDER BY d.leaf DESC) AS n
		FROM decision d JOIN main.version v ON v.leaf=d.target WHERE d.undone=0 AND d.action IN ('` + actionWithdraw + `', '` + actionRestore + `'))
		WHERE n=1 AND action='` + actionWithdraw + `' ON CONFLICT(first) DO UPDATE SET withdrawn=excluded.withdrawn`,
	`INSERT INTO was.state(first, withdrawn) SELECT first, withdrawn FROM main.state WHERE withdrawn<>0 AND first<{N}
		ON CONFLICT(first) DO UPDATE SET withdrawn=excluded.withdrawn WHERE withdrawn=0`,

	`INSERT INTO was.member SELECT statement, family, relation, ground, via, distance, similarity, within, holds, since,
		CASE WHEN until<{N} THEN until ELSE 0 END, source, posted FROM main.member WHERE since<{N}`,
	// A family that nothing happened to since is as it is; any other is summed up
	// from its members, as the analysis does.
	`CREATE TABLE was.changed(anchor INTEGER PRIMARY KEY)`,
	`INSERT OR IGNORE INTO was.changed SELECT family FROM main.member WHERE since>={N} OR until>={N}`,
	`INSERT INTO was.family SELECT * FROM main.family f WHERE f.anchor NOT IN (SELECT anchor FROM was.changed)`,
	`INSERT INTO was.family SELECT m.family, coalesce(min(CASE WHEN m.via=0 THEN m.statement END), min(m.statement)), count(*), count(DISTINCT v.source), min(v.posted), max(v.posted)
		FROM was.changed c CROSS JOIN was.member m ON m.until=0 AND m.family=c.anchor JOIN main.version v ON v.leaf=m.statement GROUP BY m.family HAVING count(*)>1`,

	`INSERT INTO was.place(at, statement, unit, state, role) SELECT p.at, p.statement, coalesce((SELECT m.family FROM was.member m WHERE m.statement=p.statement AND m.until=0
		AND m.relation<>'quoted_in' ORDER BY m.family LIMIT 1), p.statement), {NEW}, {ALONE} FROM main.place p WHERE (p.at & {LEAF})<{N}`,
	`UPDATE was.place SET role=CASE WHEN f.first=place.statement THEN {FIRST} ELSE {COPY} END, lag=CASE WHEN f.first<>place.statement
		THEN (SELECT v.posted FROM main.version v WHERE v.leaf=place.at & {LEAF})-f."from" END FROM was.family f WHERE f.anchor=place.unit`,
	`CREATE TABLE was.verdict(unit INTEGER PRIMARY KEY, rank INTEGER NOT NULL)`,
	`INSERT INTO was.verdict SELECT p.unit, max({RANK}) FROM mark k CROSS JOIN was.place p ON p.statement=k.statement
		WHERE k.topic='` + topicTriage + `' AND k.until=0 AND k.value<>'' GROUP BY p.unit`,
	`UPDATE was.place SET state={STATE} FROM was.verdict v WHERE v.unit=place.unit`,
	`UPDATE was.place SET state={WITHDRAWN} WHERE statement IN (SELECT first FROM was.state WHERE withdrawn<>0)`,

	`CREATE TABLE was.sums(source INTEGER, lang TEXT, hour INTEGER, statements INTEGER, versions INTEGER, n INTEGER, first INTEGER, last INTEGER, top INTEGER)`,
	`INSERT INTO was.sums SELECT source, lang, (posted - (posted % 3600 + 3600) % 3600) / 3600 AS hour, sum(first=leaf), count(*), sum(version<=1 AND posted IS NOT NULL),
		min(posted), max(posted), max(CASE WHEN external IS NULL THEN number ELSE {NOTOP} END) FROM main.version WHERE leaf<{N} GROUP BY source, lang, hour`,
	`INSERT INTO was.tally SELECT source, lang, sum(statements), sum(versions), min(first), max(last), max(top) FROM was.sums GROUP BY source, lang`,
	`INSERT INTO was.activity SELECT source, hour, sum(n) FROM was.sums WHERE hour IS NOT NULL GROUP BY source, hour HAVING sum(n)>0`,
	`DROP TABLE was.sums`,
}

// earlyIndexes are made before the rows are put in, the others when all are there.
var earlyIndexes = []string{"member_family", "place_statement", "place_unit"}

// fillIn puts numbers of this program into SQL about a log size.
func fillIn(sql string, size uint64) string {
	value, state := "CASE k.value", "CASE v.rank"
	for _, name := range stateNames[stateKept:stateWithdrawn] {
		value += fmt.Sprintf(" WHEN '%s' THEN %d", name, rank[name])
		state += fmt.Sprintf(" WHEN %d THEN %d", rank[name], slices.Index(stateNames[:], name))
	}
	return strings.NewReplacer("{N}", fmt.Sprint(size), "{LEAF}", itoa(leafMask), "{WITHDRAWN}", itoa(stateWithdrawn), "{NEW}", itoa(stateNew),
		"{ALONE}", itoa(roleAlone), "{FIRST}", itoa(roleFirst), "{COPY}", itoa(roleCopy), "{NOTOP}", itoa(noTop),
		"{RANK}", value+" END", "{STATE}", state+" END").Replace(sql)
}

// then is the catalog as of one log size, worked out for whoever asks.
type then struct {
	size      uint64
	protected uint64        // the newest log entry about protection that it keeps to
	done      chan struct{} // closed when it is worked out, or err says why not
	err       error
	db        *sql.DB // for queries only
	keeper    *sql.DB // keeps what is in memory there
	users     int
}

// thens are those in use and a few that were. mu is held for moments only.
type thens struct {
	mu   sync.Mutex
	all  []*then    // the newest used last
	work sync.Mutex // held while one is worked out: each takes a processor, and memory
}

// thensKept is how many are kept that nobody uses just now: of a case of a
// million posts one takes some 100 MB.
const thensKept = 2

// At works out what has to be, once for a log size, or takes what was worked out
// before. One is worked out at a time; who gives up waiting does not end the work once
// it has begun.
func (s *store) At(ctx context.Context, size uint64) (catalog.Catalog, error) {
	have, err := s.Size(ctx)
	if err != nil {
		return nil, err
	}
	if size > have {
		return nil, record.WithHint(fmt.Errorf("%w: the log has %d entries, not %d", record.ErrInvalid, have, size), "take a size up to that")
	}
	if s.then != nil {
		return s.now.At(ctx, size)
	}
	protected, err := s.protected(ctx)
	if err != nil {
		return nil, err
	}
	k := &s.thens
	k.mu.Lock()
	i := slices.IndexFunc(k.all, func(t *then) bool { return t.size == size && t.protected == protected })
	var t *then
	if i >= 0 {
		t = k.all[i]
		k.all = append(slices.Delete(k.all, i, i+1), t)
	} else {
		t = &then{size: size, protected: protected, done: make(chan struct{})}
		k.all = append(k.all, t)
		t.users++ // the work
		go func() {
			defer k.release(t)
			defer close(t.done)
			k.work.Lock()
			defer k.work.Unlock()
			if k.unwanted(t) {
				t.err = context.Canceled
				return
			}
			t.err = s.workOut(context.WithoutCancel(ctx), t)
		}()
	}
	t.users++
	k.mu.Unlock()
	select {
	case <-t.done:
	case <-ctx.Done():
		k.release(t)
		return nil, ctx.Err()
	}
	if t.err != nil {
		k.release(t)
		return nil, s.rowsErr(t.err)
	}
	return &thenStore{store: &store{dir: s.dir, opt: Options{ReadOnly: true}, read: t.db, find: s.find, then: t, now: s}, release: sync.OnceFunc(func() { k.release(t) })}, nil
}

// protected is the newest log entry that can have changed what is withheld.
func (s *store) protected(ctx context.Context) (leaf uint64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT max((SELECT coalesce(max(leaf), 0) FROM tombstone),
		(SELECT coalesce(max(leaf), 0) FROM decision WHERE action IN ('`+strings.Join([]string{actionWithdraw, actionRestore, actionShield, actionUnshield, actionUndo}, "', '")+`')))`).Scan(&leaf)
	return leaf, s.rowsErr(err)
}

// unwanted takes one that nobody waits for any more off the list.
func (k *thens) unwanted(t *then) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t.users > 1 { // the work is one
		return false
	}
	k.all = slices.DeleteFunc(k.all, func(x *then) bool { return x == t })
	return true
}

// release gives up one use, and lets go of what nobody uses beyond a few.
func (k *thens) release(t *then) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t.users--
	idle := 0
	for i := len(k.all) - 1; i >= 0; i-- {
		x := k.all[i]
		if x.users > 0 {
			continue
		}
		if idle++; idle > thensKept || x.err != nil {
			x.close() //nolint:errcheck // nothing is written to it
			k.all = slices.Delete(k.all, i, i+1)
		}
	}
}

// close lets go of all of them.
func (k *thens) close() error {
	k.mu.Lock()
	all := k.all
	k.all = nil
	k.mu.Unlock()
	var errs []error
	for _, t := range all {
		<-t.done
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}

func (t *then) close() error {
	var errs []error
	for _, db := range []*sql.DB{t.db, t.keeper} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// workOut makes the tables in memory and opens the connections that look back.
func (s *store) workOut(ctx context.Context, t *then) error {
	memory := "ATTACH 'file:/dalil-" + rand.Text() + "?vfs=memdb' AS was"
	rows := filepath.Join(s.dir, CatalogFile)
	open := func(setUp []string) (*sql.DB, error) {
		c, err := sqlite.NewConnector(dsn(rows, "cache_size(-8192)", "mmap_size(16777216)"))
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(lookingBack{c, setUp}), nil
	}
	var views []string
	for _, v := range thenViews {
		views = append(views, "CREATE TEMP VIEW "+v.table+" AS "+fillIn(v.as, t.size))
	}
	var err error
	if t.keeper, err = open([]string{memory}); err != nil {
		return err
	}
	t.keeper.SetMaxOpenConns(1)
	late, err := s.tablesOf(ctx, t.keeper)
	if err != nil {
		return err
	}
	if err := s.undoneThen(ctx, t); err != nil {
		return err
	}
	steps := slices.Clone(views)
	for _, r := range thenRows {
		steps = append(steps, fillIn(r, t.size))
	}
	for _, q := range append(steps, late...) {
		if _, err := t.keeper.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%.60s: %w", q, err)
		}
	}
	t.db, err = open(append(append([]string{memory}, views...), "PRAGMA query_only=on"))
	if err != nil {
		return err
	}
	t.db.SetMaxOpenConns(8)
	t.db.SetMaxIdleConns(2)
	return nil
}

// lookingBack sets a connection up before anybody uses it.
type lookingBack struct {
	driver.Connector
	setUp []string
}

func (c lookingBack) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, q := range c.setUp {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, q, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("%.60s: %w", q, err), conn.Close())
		}
	}
	return conn, nil
}

// tablesOf makes the tables that are worked out, as they are in catalog.db, and
// returns what makes the indexes that are quicker made afterwards.
func (s *store) tablesOf(ctx context.Context, keeper *sql.DB) (late []string, err error) {
	for _, table := range thenTables {
		made, err := list(ctx, s, func(row scanner) (x [2]string, err error) { return x, row.Scan(&x[0], &x[1]) },
			"SELECT name, sql FROM sqlite_schema WHERE tbl_name=? AND sql IS NOT NULL ORDER BY type DESC", table)
		if err != nil {
			return nil, err
		}
		for _, m := range made {
			q := strings.Replace(m[1], " "+m[0], " was."+m[0], 1)
			if m[0] != table && !slices.Contains(earlyIndexes, m[0]) {
				late = append(late, q)
			} else if _, err := keeper.ExecContext(ctx, q); err != nil {
				return nil, fmt.Errorf("%.60s: %w", q, err)
			}
		}
	}
	_, err = keeper.ExecContext(ctx, "CREATE TABLE was.undone(leaf INTEGER PRIMARY KEY, undone INTEGER NOT NULL)")
	return late, err
}

// undoneThen folds the undos that were there, in the order of the log, as they
// were folded when they came (decisions.go).
func (s *store) undoneThen(ctx context.Context, t *then) error {
	undos, err := list(ctx, s, func(row scanner) (x [2]uint64, err error) { return x, row.Scan(&x[0], &x[1]) },
		"SELECT leaf, target FROM decision WHERE action='"+actionUndo+"' AND leaf<? ORDER BY leaf", t.size)
	if err != nil {
		return err
	}
	about, undone := map[uint64]uint64{}, map[uint64]uint64{}
	for _, u := range undos {
		about[u[0]] = u[1]
		by, target := u[0], u[1]
		for {
			undone[target] = by
			next, undo := about[target]
			if !undo {
				break
			}
			if by == 0 {
				by = target
			} else {
				by = 0
			}
			target = next
		}
	}
	for leaf, by := range undone {
		if by == 0 {
			continue
		}
		if _, err := t.keeper.ExecContext(ctx, "INSERT INTO was.undone VALUES(?,?)", leaf, by); err != nil {
			return err
		}
	}
	return nil
}

// thenStore answers as the catalog would have.
type thenStore struct {
	*store
	release func()
}

func (s *thenStore) Close() error {
	s.release()
	return nil
}

// Shields are those that stood then and those that stand now.
func (s *thenStore) Shields(ctx context.Context) ([]catalog.Shield, error) {
	all, err := s.store.Shields(ctx)
	if err != nil {
		return nil, err
	}
	now, err := s.now.Shields(ctx)
	for _, x := range now {
		if !slices.ContainsFunc(all, func(y catalog.Shield) bool { return x.Statement == y.Statement && x.Decision == y.Decision }) {
			all = append(all, x)
		}
	}
	slices.SortStableFunc(all, func(a, b catalog.Shield) int { return int(a.Statement) - int(b.Statement) })
	return all, err
}

// Digest is of whole tables, not of what they were.
func (s *thenStore) Digest(context.Context) (record.Digest, error) {
	return record.Digest{}, fmt.Errorf("%w: a catalog as it was has no digest", record.ErrConflict)
}

// changing is a part of a query that the index answers from how a version stands
// today. Looking back, the rows are asked instead.
func (p *plan) changing(c clause) clause {
	if p.s.then != nil {
		c.expr, c.not, c.exact = "", false, false
	}
	return c
}

// reach is the log index that all this knows of lies below.
func (s *store) reach() uint64 {
	if s.then != nil {
		return s.then.size
	}
	return record.MaxLeaves
}

// searchable is the log size up to which statements are found.
func (s *store) searchable(ctx context.Context) (size uint64, err error) {
	err = s.find.QueryRowContext(ctx, "SELECT value FROM meta WHERE name='size'").Scan(&size)
	if s.then != nil {
		size = min(size, s.then.size)
	}
	return size, s.wordsErr(err)
}
