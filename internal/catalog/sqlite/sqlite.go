// Package sqlite keeps a case's catalog in two SQLite files: catalog.db holds
// the rows, search.db a full-text index over the folded words of every
// statement version. Both can be made anew from archive and log; search.db
// also from catalog.db alone, and is, when it lags behind or is gone.
//
// One goroutine applies batches; an indexer goroutine of its own follows it
// with the full-text index, so that two cores share the work of an import.
// Readers, in this process and in others, see whole batches only.
package sqlite

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
	"strings"
	"sync"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// Names of the files in the case's folder.
const (
	CatalogFile = "catalog.db"
	SearchFile  = "search.db"
)

// Options say how a catalog is opened.
type Options struct {
	ReadOnly bool // neither creates nor changes anything
}

const remedy = "run `dalil rebuild`"

// store is the catalog of one case.
type store struct {
	dir   string
	opt   Options
	read  *sql.DB // catalog.db, for queries only
	find  *sql.DB // search.db, for queries only; nil when it is missing
	rows  *writer // nil when read-only
	index *indexer
	memo  memo

	thens thens
	then  *then  // set when this looks back
	now   *store // from then

	once   sync.Once
	closed error
}

// Open opens the catalog in a case's folder, or makes an empty one. Errors:
// ErrConflict for files of another version of this program, ErrAltered for
// files that are damaged, both with a hint; ErrNotFound for a read-only
// catalog that is not there.
func Open(dir string, opt Options) (catalog.Catalog, error) {
	s := &store{dir: dir, opt: opt}
	if err := s.open(context.Background()); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *store) open(ctx context.Context) error {
	rows, words := filepath.Join(s.dir, CatalogFile), filepath.Join(s.dir, SearchFile)
	if s.opt.ReadOnly {
		if _, err := os.Stat(rows); errors.Is(err, fs.ErrNotExist) {
			return record.WithHint(fmt.Errorf("catalog %s: %w", rows, record.ErrNotFound), remedy)
		}
	} else {
		var err error
		if s.rows, err = openWriter(ctx, rows); err != nil {
			return err
		}
	}
	var err error
	if s.read, err = openReader(ctx, rows, rowsVersion); err != nil {
		return err
	}
	if s.opt.ReadOnly {
		if _, err := os.Stat(words); errors.Is(err, fs.ErrNotExist) {
			return nil // everything but search works
		}
	} else if s.index, err = openIndexer(ctx, words, s); err != nil {
		return err
	}
	s.find, err = openReader(ctx, words, wordsVersion)
	return err
}

// Close waits for the index, moves the write-ahead logs into the databases and
// closes them. The first error of the indexer comes out here if no Flush asked.
func (s *store) Close() error {
	s.once.Do(func() {
		var errs []error
		if s.index != nil {
			errs = append(errs, s.index.close())
		}
		errs = append(errs, s.thens.close())
		for _, db := range []*sql.DB{s.find, s.read} {
			if db != nil {
				errs = append(errs, db.Close())
			}
		}
		if s.index != nil {
			errs = append(errs, closeWritable(s.index.db))
		}
		if s.rows != nil {
			errs = append(errs, s.rows.close())
		}
		s.closed = errors.Join(errs...)
	})
	return s.closed
}

// Flush waits until everything applied is in the index and committed.
func (s *store) Flush(ctx context.Context) error {
	if s.rows == nil {
		return nil
	}
	if err := s.index.flush(ctx); err != nil {
		return err
	}
	if err := s.rows.flush(ctx); err != nil {
		return err
	}
	// What the writers kept in memory for the next batch is better used by
	// whoever works on the catalog now.
	for _, db := range []*sql.DB{s.index.db, s.rows.db} {
		if _, err := db.ExecContext(ctx, "PRAGMA shrink_memory"); err != nil {
			return err
		}
	}
	return nil
}

// pragmas of every connection. Without temp_store=memory SQLite would put
// texts into files outside the case.
func dsn(path string, more ...string) string {
	v := url.Values{}
	v.Set("_busy_timeout", "10000")
	for _, p := range append([]string{"temp_store(memory)", "trusted_schema(off)", "cell_size_check(on)"}, more...) {
		v.Add("_pragma", p)
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}
	return u.String()
}

// openReader opens a pool of connections that cannot write.
func openReader(ctx context.Context, path string, version int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "query_only(on)", "cache_size(-8192)", "mmap_size(16777216)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	var have int
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have)
	if err == nil && have != version {
		err = wrongVersion(path, have, version)
	}
	if err != nil {
		db.Close()
		return nil, damaged(path, err)
	}
	return db, nil
}

// openWritable opens or makes a database for its one writing connection.
func openWritable(ctx context.Context, path, schema string, version int, pragmas ...string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, append([]string{"page_size(8192)", "journal_mode(wal)", "synchronous(normal)", "secure_delete(on)"}, pragmas...)...))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := prepareSchema(ctx, db, path, schema, version); err != nil {
		db.Close()
		return nil, damaged(path, err)
	}
	return db, nil
}

func prepareSchema(ctx context.Context, db *sql.DB, path, schema string, version int) error {
	var have, tables int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if tables > 0 {
		if have != version {
			return wrongVersion(path, have, version)
		}
		return nil
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, schema+";PRAGMA user_version="+strconv.Itoa(version)); err != nil {
		return err
	}
	return tx.Commit()
}

func wrongVersion(path string, have, want int) error {
	return record.WithHint(fmt.Errorf("%w: %s has schema %d, this program uses %d", record.ErrConflict, path, have, want), remedy)
}

// damaged turns what SQLite says about a broken file into ErrAltered.
func damaged(path string, err error) error {
	if err == nil || errors.Is(err, record.ErrAltered) || errors.Is(err, record.ErrConflict) {
		return err
	}
	var e *driver.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xFF {
		case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_FORMAT:
			return record.WithHint(fmt.Errorf("%w: %s is damaged: %v", record.ErrAltered, path, err), remedy)
		case lib.SQLITE_ERROR:
			if strings.Contains(e.Error(), "no such table") || strings.Contains(e.Error(), "no such column") {
				return record.WithHint(fmt.Errorf("%w: %s is not a whole catalog: %v", record.ErrAltered, path, err), remedy)
			}
		case lib.SQLITE_IOERR:
			if e.Code() == lib.SQLITE_IOERR_SHORT_READ || e.Code() == lib.SQLITE_IOERR_IN_PAGE {
				return record.WithHint(fmt.Errorf("%w: %s is cut short: %v", record.ErrAltered, path, err), remedy)
			}
		}
	}
	return fmt.Errorf("%s: %w", filepath.Base(path), err)
}

// rowsErr and wordsErr name the file an error came from.
func (s *store) rowsErr(err error) error  { return damaged(filepath.Join(s.dir, CatalogFile), err) }
func (s *store) wordsErr(err error) error { return damaged(filepath.Join(s.dir, SearchFile), err) }
