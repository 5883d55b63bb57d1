package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"dalil/internal/record"
)

// job is one applied batch on its way into the full-text index.
type job struct {
	from    uint64 // log size before it
	to      uint64 // log size after it
	entries []entry
	reread  bool        // its entries are to be read from catalog.db: there was no room for them
	changed []uint64    // versions of statements whose other rows have to be written anew
	erased  []erasedRow // rows to take out for good
	flush   chan error  // set for a request to commit: answered when that is done
}

type erasedRow struct {
	rowid int64
	terms []string // the words it held, folded
}

func (j *job) retag(version uint64) { j.changed = append(j.changed, version) }

func (j *job) erase(st *record.Statement) {
	e := entryOf(st)
	row := erasedRow{rowid: e.rowid}
	var d document
	d.fill(&e, func(term string) { row.terms = append(row.terms, strings.Clone(term)) })
	j.erased = append(j.erased, row)
}

// Bounds of the indexer's work.
const (
	queued       = 256      // batches that wait; Apply blocks beyond
	queuedRows   = 16_384   // statements that wait in large batches; Apply blocks beyond
	smallBatch   = 2048     // statements of a batch that never waits: a person's decision, or an import beside which people decide
	rowsPerTx    = 64_000   // statements of one transaction, and so of one segment of the index
	bytesPerTx   = 40 << 20 // or so much text
	catchUpBatch = 16_000   // statements read at once from catalog.db
)

// indexer writes search.db: one goroutine behind Apply, in transactions of
// several batches.
type indexer struct {
	s    *store
	path string
	db   *sql.DB
	jobs chan *job
	done chan struct{}
	room chan struct{} // holds a token when rows may have left the queue
	most int           // queuedRows

	mu      sync.Mutex
	err     error // what stopped the indexer; every later call returns it
	waiting int   // rows in the queue

	// Below: the goroutine's own.
	tx      *sql.Tx
	insert  *sql.Stmt
	remove  *sql.Stmt
	rows    int
	bytes   int
	size    uint64
	known   termSet         // words whose names are in the table or in fresh
	fresh   []nameRow       // waiting for the end of the transaction
	erased  map[string]bool // words of erased rows since the last purge
	unknown bool            // a purge is due and its words are not known: the program stopped in between
	purge   bool
	doc     document
}

func openIndexer(ctx context.Context, path string, s *store) (*indexer, error) {
	db, err := openWritable(ctx, path, wordsSchema, wordsVersion, "cache_size(-32768)")
	if err != nil {
		return nil, err
	}
	x := &indexer{s: s, path: path, db: db, jobs: make(chan *job, queued), done: make(chan struct{}), room: make(chan struct{}, 1), most: queuedRows, erased: map[string]bool{}}
	if err := x.start(ctx); err != nil {
		db.Close()
		return nil, damaged(path, err)
	}
	go x.run()
	return x, nil
}

// start brings the index up to the catalog.
func (x *indexer) start(ctx context.Context) error {
	var purge int
	if err := x.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name='size'").Scan(&x.size); err != nil {
		return err
	}
	if err := x.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name='purge'").Scan(&purge); err != nil {
		return err
	}
	x.purge, x.unknown = purge != 0, purge != 0
	size, err := x.s.Size(ctx)
	if err != nil {
		return err
	}
	switch {
	case x.size > size:
		return record.WithHint(fmt.Errorf("%w: %s is of a longer log than %s", record.ErrConflict, SearchFile, CatalogFile), remedy)
	case x.size < size:
		if err := x.catchUp(ctx, size); err != nil {
			return err
		}
		return x.settle(ctx)
	}
	return nil
}

// add hands over a batch. While too much is queued, a large one waits; a small one
// leaves its entries behind, and they are read from catalog.db when its turn comes:
// who waits for a decision to be recorded must not wait for the index.
func (x *indexer) add(ctx context.Context, j *job) error {
	rows := len(j.entries)
	for !x.admit(rows) {
		if rows <= smallBatch {
			j.entries, j.reread = nil, true
			break
		}
		select {
		case <-x.room:
		case <-x.done:
			return x.failed()
		}
	}
	select {
	case x.jobs <- j:
		return nil
	case <-x.done:
		return x.failed()
	}
}

// admit counts rows into the queue if there is room; in an empty queue there always
// is.
func (x *indexer) admit(rows int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if rows > 0 && x.waiting > 0 && x.waiting+rows > x.most {
		return false
	}
	x.waiting += rows
	return true
}

// leave counts rows out of the queue. Apply is one at a time, so one token is
// enough.
func (x *indexer) leave(rows int) {
	x.mu.Lock()
	x.waiting -= rows
	x.mu.Unlock()
	select {
	case x.room <- struct{}{}:
	default:
	}
}

// flush returns when everything handed over is committed and in good order.
func (x *indexer) flush(ctx context.Context) error {
	j := &job{flush: make(chan error, 1)}
	select {
	case x.jobs <- j:
	case <-x.done:
		return x.failed()
	}
	select {
	case err := <-j.flush:
		return err
	case <-x.done:
		return x.failed()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (x *indexer) failed() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// close commits what there is and ends the goroutine.
func (x *indexer) close() error {
	close(x.jobs)
	<-x.done
	return x.failed()
}

func (x *indexer) run() {
	defer close(x.done)
	ctx := context.Background()
	for j := range x.jobs {
		x.leave(len(j.entries))
		err := x.take(ctx, j)
		if j.flush != nil {
			j.flush <- err
		}
		if err != nil {
			x.fail(err)
			return
		}
	}
	if err := x.commit(ctx); err != nil {
		x.fail(err)
	}
}

func (x *indexer) fail(err error) {
	if x.tx != nil {
		err = errors.Join(err, x.tx.Rollback())
		x.tx = nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.err = fmt.Errorf("full-text index: %w", damaged(x.path, err))
}

func (x *indexer) take(ctx context.Context, j *job) error {
	if j.flush != nil {
		if err := x.commit(ctx); err != nil {
			return err
		}
		return x.settle(ctx)
	}
	if err := x.index(ctx, j); err != nil {
		return err
	}
	x.size = j.to
	if x.rows >= rowsPerTx || x.bytes >= bytesPerTx {
		return x.commit(ctx)
	}
	return nil
}

// begin opens a transaction unless one is open.
func (x *indexer) begin(ctx context.Context) error {
	if x.tx != nil {
		return nil
	}
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	x.tx = tx
	if x.insert, err = tx.PrepareContext(ctx, "INSERT INTO words(rowid, text, extra, tag) VALUES(?,?,?,?)"); err != nil {
		return err
	}
	x.remove, err = tx.PrepareContext(ctx, "DELETE FROM words WHERE rowid=?")
	return err
}

// commit ends the transaction, if there is one, with the log size it reached.
func (x *indexer) commit(ctx context.Context) error {
	if x.tx == nil {
		return nil
	}
	if err := x.writeTerms(ctx); err != nil {
		return err
	}
	if _, err := x.tx.ExecContext(ctx, "UPDATE meta SET value=? WHERE name='size'", x.size); err != nil {
		return err
	}
	if _, err := x.tx.ExecContext(ctx, "UPDATE meta SET value=? WHERE name='purge'", bit(x.purge)); err != nil {
		return err
	}
	err := x.tx.Commit()
	x.tx, x.rows, x.bytes = nil, 0, 0
	return err
}

// settle keeps the number of segments low, a bounded piece of work at a time,
// and takes what was erased out of the index for good.
func (x *indexer) settle(ctx context.Context) error {
	if x.purge {
		return x.forget(ctx)
	}
	_, err := x.db.ExecContext(ctx, "INSERT INTO words(words, rank) VALUES('merge', 1000)")
	return err
}

// forget writes the whole index anew: a deleted row is only marked as deleted
// until the segment it is in is merged. Then it drops the names that occur in
// no other text, and empties the write-ahead log.
func (x *indexer) forget(ctx context.Context) error {
	if _, err := x.db.ExecContext(ctx, "INSERT INTO words(words) VALUES('optimize')"); err != nil {
		return err
	}
	if err := x.dropNames(ctx); err != nil {
		return err
	}
	if err := truncateLog(ctx, x.db); err != nil {
		return fmt.Errorf("erased words are still in the write-ahead log: %w", err)
	}
	if _, err := x.db.ExecContext(ctx, "UPDATE meta SET value=0 WHERE name='purge'"); err != nil {
		return err
	}
	x.purge, x.unknown = false, false
	clear(x.erased)
	x.known = termSet{}
	return nil
}

// index writes the rows of one batch. The index keeps new rows in memory and
// writes them out whenever a rowid is lower than the one before, so rows go in
// ascending order.
func (x *indexer) index(ctx context.Context, j *job) error {
	if err := x.begin(ctx); err != nil {
		return err
	}
	if j.reread {
		err := x.s.versions(ctx, "v.leaf>=? AND v.leaf<?", []any{j.from, j.to}, func(st record.Statement) error {
			j.entries = append(j.entries, entryOf(&st))
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.SortFunc(j.entries, byRowid)
	for i := range j.entries {
		if err := x.put(ctx, &j.entries[i]); err != nil {
			return err
		}
	}
	if err := x.rewrite(ctx, j.changed, j.to); err != nil {
		return err
	}
	for _, e := range j.erased {
		if _, err := x.remove.ExecContext(ctx, e.rowid); err != nil {
			return err
		}
		for _, t := range e.terms {
			x.erased[t] = true
		}
		x.purge = true
	}
	return nil
}

func byRowid(a, b entry) int { return cmp.Compare(a.rowid, b.rowid) }

func (x *indexer) put(ctx context.Context, e *entry) error {
	if e.erased {
		return nil
	}
	text, extra := x.doc.fill(e, x.meet)
	_, err := x.insert.ExecContext(ctx, e.rowid, text, extra, e.tag)
	x.rows++
	x.bytes += len(text) + len(extra)
	return err
}

// rewrite takes out every row of the statements that changed have a version
// of, and writes them again with the tags they have now. Versions from leaf to
// on are left to the batch they came with.
func (x *indexer) rewrite(ctx context.Context, changed []uint64, to uint64) error {
	slices.Sort(changed)
	for chunk := range slices.Chunk(slices.Compact(changed), 500) {
		var all []entry
		err := x.s.versions(ctx, `v.leaf IN (SELECT b.leaf FROM json_each(?) j JOIN version a ON a.leaf=j.value
			JOIN version b ON b.source=a.source AND b.number=a.number AND b.first=a.first)`, []any{leafList(chunk)}, func(st record.Statement) error {
			if st.Leaf < to {
				all = append(all, entryOf(&st))
			}
			return nil
		})
		if err != nil {
			return err
		}
		slices.SortFunc(all, byRowid)
		for i := range all {
			if _, err := x.remove.ExecContext(ctx, all[i].rowid); err != nil {
				return err
			}
		}
		for i := range all {
			if err := x.put(ctx, &all[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// leafList is a JSON array for json_each.
func leafList(leaves []uint64) string {
	b := make([]byte, 1, 2+11*len(leaves))
	b[0] = '['
	for i, l := range leaves {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, l, 10)
	}
	return string(append(b, ']'))
}
