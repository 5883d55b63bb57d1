// Package state keeps what a case can do without, in state.db: the queue of
// jobs, who is signed in, what somebody has begun to write, what somebody saw
// last. It is outside of every promise: no evidence and no decision is in it, and
// a file that is missing or damaged is made anew, empty.
//
// Several processes may have it open at once, also beside the one that holds the
// case's lock: that is how `dalil jobs pause` reaches a running import. The room
// reads no clock; times are handed in, in milliseconds since 1970.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"dalil/internal/record"
)

// File is the name of the file in the case's folder.
const File = "state.db"

// version of the tables. A file of another version is made anew.
const version = 1

const schema = `
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('revision', 0);
CREATE TABLE job(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX job_state ON job(state, n);
CREATE TABLE problem(job TEXT NOT NULL, n INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(job, n)) STRICT, WITHOUT ROWID;
CREATE TABLE value(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE mark(handle TEXT NOT NULL, place TEXT NOT NULL, leaf INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(handle, place)) STRICT, WITHOUT ROWID;
CREATE TABLE draft(handle TEXT NOT NULL, about TEXT NOT NULL, text TEXT NOT NULL, expects INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(handle, about)) STRICT, WITHOUT ROWID;
CREATE TABLE session(hash BLOB PRIMARY KEY, handle TEXT NOT NULL, created INTEGER NOT NULL, used INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

// Store is an open state.db. Its methods may be called from several goroutines.
type Store struct {
	db *sql.DB
}

// Open opens state.db in a case's folder, or makes an empty one. renew says that
// the caller holds the case's lock and may replace a file that is damaged or of
// another version; without it such a file is ErrAltered. note says in words what
// was replaced, or that the folder cannot be written to and everything is kept in
// memory; it is "" as a rule.
func Open(dir string, renew bool) (s *Store, note string, err error) {
	ctx := context.Background()
	path := filepath.Join(dir, File)
	_, statErr := os.Stat(path)
	missing := errors.Is(statErr, fs.ErrNotExist)
	if missing && !writable(dir) {
		s, err = memory(ctx)
		return s, "the case's folder cannot be written to: jobs, drafts and sessions last as long as this program runs", err
	}
	s, err = open(ctx, path)
	if err == nil {
		return s, "", nil
	}
	if !renew {
		return nil, "", record.WithHint(fmt.Errorf("%w: %s cannot be used: %v", record.ErrAltered, File, err), "delete "+path+" while nothing has the case open: no evidence is in it")
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if rerr := os.Remove(path + suffix); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			return nil, "", fmt.Errorf("replace %s: %w", File, rerr)
		}
	}
	if s, err = open(ctx, path); err != nil {
		return nil, "", fmt.Errorf("make %s: %w", File, err)
	}
	return s, File + " could not be read and was made anew: the list of jobs, drafts and sessions is empty; no evidence was in it", nil
}

// Memory returns a store that is gone when it is closed.
func Memory() (*Store, error) { return memory(context.Background()) }

func memory(ctx context.Context) (*Store, error) {
	db, err := sql.Open("sqlite", "file::memory:?_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would be a store of its own
	s := &Store{db}
	if err := s.prepare(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".dalil-tmp-")
	if err != nil {
		return false
	}
	f.Close()
	return os.Remove(f.Name()) == nil
}

func open(ctx context.Context, path string) (*Store, error) {
	v := url.Values{}
	v.Set("_txlock", "immediate")
	v.Set("_busy_timeout", "10000")
	for _, p := range []string{"journal_mode(wal)", "synchronous(normal)", "secure_delete(on)", "temp_store(memory)", "trusted_schema(off)", "cell_size_check(on)", "cache_size(-1024)"} {
		v.Add("_pragma", p)
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	s := &Store{db}
	if err := s.prepare(ctx); err != nil {
		db.Close()
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil { // a draft may say what is not for others
		db.Close()
		return nil, err
	}
	return s, nil
}

// prepare makes the tables of a new file, and looks through an old one.
func (s *Store) prepare(ctx context.Context) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		var have, tables int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return err
		}
		if tables == 0 {
			_, err := tx.ExecContext(ctx, schema+";PRAGMA user_version="+strconv.Itoa(version))
			return err
		}
		if have != version {
			return fmt.Errorf("it is of version %d, this program uses %d", have, version)
		}
		var found string
		if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
			return err
		}
		if found != "ok" {
			return errors.New(found)
		}
		_, err := revision(ctx, tx)
		return err
	})
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// change runs f in a transaction that no other can come in between.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after Commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func revision(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name='revision'").Scan(&n)
	return n, err
}

// absent gives a missing row the name the rest of the program knows.
func absent(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", what, record.ErrNotFound)
	}
	return err
}
