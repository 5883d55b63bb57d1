package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// writer is the one connection that changes catalog.db.
type writer struct {
	path  string
	db    *sql.DB
	mu    sync.Mutex // held for the whole of Apply: batches go in one after the other
	purge bool       // something was erased since the write-ahead log was last emptied
}

func openWriter(ctx context.Context, path string) (*writer, error) {
	db, err := openWritable(ctx, path, rowsSchema, rowsVersion, "cache_size(-32768)")
	if err != nil {
		return nil, err
	}
	return &writer{path: path, db: db}, nil
}

// flush empties the write-ahead log after an erasure: until then it holds the
// pages as they were.
func (w *writer) flush(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.purge {
		return nil
	}
	if err := truncateLog(ctx, w.db); err != nil {
		return fmt.Errorf("catalog: erased text is still in the write-ahead log: %w", err)
	}
	w.purge = false
	return nil
}

func (w *writer) close() error {
	return closeWritable(w.db)
}

// closeWritable closes a database that was written to, with an empty
// write-ahead log if no other process is reading just now; one that is keeps
// the log, and the next to close moves it.
func closeWritable(db *sql.DB) error {
	ctx := context.Background()
	_, err := db.ExecContext(ctx, "PRAGMA busy_timeout=1000")
	if err == nil {
		err = truncateLog(ctx, db)
	}
	if errors.Is(err, record.ErrConflict) {
		err = nil
	}
	return errors.Join(err, db.Close())
}

// truncateLog moves the write-ahead log into the database and cuts it to
// nothing. It fails while a reader still needs the log.
func truncateLog(ctx context.Context, db *sql.DB) error {
	var busy, pages, moved int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return record.WithHint(fmt.Errorf("%w: another program is reading the catalog", record.ErrConflict), "close the other program and run `dalil doctor`")
	}
	return nil
}

// Apply takes in one batch. Of the batch only strings are kept.
func (s *store) Apply(ctx context.Context, b *catalog.Batch) error {
	if s.rows == nil {
		return fmt.Errorf("%w: the catalog was opened read-only", record.ErrConflict)
	}
	s.rows.mu.Lock()
	defer s.rows.mu.Unlock()
	if err := s.index.failed(); err != nil {
		return err
	}
	job, err := s.rows.apply(ctx, b)
	s.memo.forget()
	if err != nil {
		return s.rowsErr(err)
	}
	return s.index.add(ctx, job)
}

func (w *writer) apply(ctx context.Context, b *catalog.Batch) (*job, error) {
	if b.To > record.MaxLeaves {
		return nil, fmt.Errorf("%w: log index %d is beyond what a case can hold", record.ErrInvalid, b.To)
	}
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	var size uint64
	if err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name='size'").Scan(&size); err != nil {
		return nil, err
	}
	if size != b.From || b.To < b.From {
		return nil, fmt.Errorf("%w: the catalog is complete to log entry %d, the batch is of [%d, %d)", record.ErrConflict, size, b.From, b.To)
	}
	a := application{tx: tx, b: b, job: &job{from: b.From, to: b.To, entries: make([]entry, 0, len(b.Statements))}}
	for _, step := range []func(context.Context) error{a.sources, a.runs, a.captures, a.versions, a.observations, a.gaps, a.decisions, a.translations, a.others, a.analyses, a.facts, a.tombstones, a.settle} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE meta SET value=? WHERE name='size'", b.To); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	w.purge = w.purge || len(b.Tombstones) > 0
	return a.job, nil
}

// application is one batch on its way into the tables.
type application struct {
	tx  *sql.Tx
	b   *catalog.Batch
	job *job

	touched []uint64 // statements whose unit or its state may be another now
}

func (a *application) exec(ctx context.Context, query string, args ...any) error {
	_, err := a.tx.ExecContext(ctx, query, args...)
	return err
}

func (a *application) sources(ctx context.Context) error {
	for i := range a.b.Sources {
		s := &a.b.Sources[i]
		if err := a.exec(ctx, "INSERT INTO source VALUES(?,?,?,?,?,?,?)", s.Leaf, s.Key, s.Name, string(s.Type), s.Platform, bit(s.Private), bit(s.Sequential)); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) runs(ctx context.Context) error {
	for i := range a.b.Runs {
		r := &a.b.Runs[i]
		if err := a.exec(ctx, "INSERT INTO run VALUES(?,?,?,?,?,?,?,?)", r.Leaf, r.At, r.By, r.Verb, r.Detail, r.End, r.EndAt, r.Receipt); err != nil {
			return err
		}
	}
	for i := range a.b.Ends {
		r := &a.b.Ends[i]
		if err := a.exec(ctx, "UPDATE run SET ended=?, ended_at=?, receipt=? WHERE leaf=?", r.End, r.EndAt, r.Receipt, r.Leaf); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) captures(ctx context.Context) error {
	in := newBulk(a.tx, "INSERT INTO capture VALUES", 12, 40)
	for i := range a.b.Captures {
		c := &a.b.Captures[i]
		if err := in.add(ctx, c.Leaf, c.Run, c.At, seconds(c.Theirs), c.Blob[:], c.Size, c.Type, c.Format, c.Parent, c.Path, c.URL, c.Tool); err != nil {
			return err
		}
	}
	return in.end(ctx)
}

func (a *application) observations(ctx context.Context) error {
	in := newBulk(a.tx, "INSERT INTO observation VALUES", 4, 100)
	// Both lists ascend; they are taken in together, in log order.
	missing, seen := a.b.Missing, a.b.Seen
	for len(missing)+len(seen) > 0 {
		gone := len(seen) == 0 || len(missing) > 0 && missing[0].Leaf < seen[0].Leaf
		from := &seen
		if gone {
			from = &missing
		}
		o := (*from)[0]
		*from = (*from)[1:]
		if err := in.add(ctx, o.Leaf, o.Target, o.Run, bit(gone)); err != nil {
			return err
		}
		set := "UPDATE state SET missing=0 WHERE first=(SELECT first FROM version WHERE leaf=?1)"
		if gone { // the earliest of several in a row says from when it is missing
			set = `INSERT INTO state(first, missing) SELECT first, ?2 FROM version WHERE leaf=?1
				ON CONFLICT(first) DO UPDATE SET missing=excluded.missing WHERE missing=0`
		}
		if err := a.exec(ctx, set, o.Target, o.Leaf); err != nil {
			return err
		}
		a.job.retag(o.Target)
	}
	return in.end(ctx)
}

func (a *application) gaps(ctx context.Context) error {
	in := newBulk(a.tx, "INSERT INTO gap VALUES", 8, 40)
	for i := range a.b.Gaps {
		g := &a.b.Gaps[i]
		if err := in.add(ctx, g.Leaf, g.Source, g.First, g.Last, seconds(g.From), seconds(g.To), g.Why, g.Note); err != nil {
			return err
		}
	}
	return in.end(ctx)
}

func (a *application) others(ctx context.Context) error {
	for _, e := range a.b.Others {
		if err := a.exec(ctx, "INSERT INTO entry VALUES(?,?,?,?,?)", e.Leaf, string(e.Kind), e.At, e.By, e.Target); err != nil {
			return err
		}
	}
	return nil
}

// bulk inserts rows many at a time: SQLite's cost for a statement is then
// shared by all of them.
type bulk struct {
	tx    *sql.Tx
	head  string
	width int
	rows  int
	full  *sql.Stmt
	args  []any
}

func newBulk(tx *sql.Tx, head string, width, rows int) *bulk {
	return &bulk{tx: tx, head: head, width: width, rows: rows}
}

// add takes the values of one row.
func (i *bulk) add(ctx context.Context, values ...any) error {
	i.args = append(i.args, values...)
	if len(i.args) < i.width*i.rows {
		return nil
	}
	if i.full == nil {
		var err error
		if i.full, err = i.tx.PrepareContext(ctx, i.head+tuples(i.width, i.rows)); err != nil {
			return err
		}
	}
	_, err := i.full.ExecContext(ctx, i.args...)
	i.args = i.args[:0]
	return err
}

// end writes the rest.
func (i *bulk) end(ctx context.Context) error {
	if i.full != nil {
		defer i.full.Close()
	}
	if len(i.args) == 0 {
		return nil
	}
	_, err := i.tx.ExecContext(ctx, i.head+tuples(i.width, len(i.args)/i.width), i.args...)
	i.args = i.args[:0]
	return err
}

// tuples returns "(?,?),(?,?)" for width 2 and 2 rows.
func tuples(width, rows int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", width), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(one+",", rows), ",")
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// seconds is the column form of a time that may be absent: NULL then.
func seconds(s int64) any {
	if s == record.NoSeconds {
		return nil
	}
	return s
}
