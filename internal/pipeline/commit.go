package pipeline

import (
	"context"
	"fmt"
	"sync"
	"time"

	"dalil/internal/archive"
	"dalil/internal/catalog"
	"dalil/internal/record"
)

// A batch is committed when it holds this many entries or bytes of text: large
// enough that an fsync is shared by thousands, small enough to stay in memory
// a few times over.
const (
	batchEntries = 8_192
	batchBytes   = 12 << 20
)

// While people decide beside the import, who waits for the turn waits for the
// batches that are under way. So they are smaller then, and on a slow or busy
// machine, where a small batch takes long too, bounded by time: by that in which
// one is gathered, and that which the last ones took to be committed.
const (
	sharedPart  = 4
	sharedLeast = 512
	sharedTime  = 150 * time.Millisecond
)

// committer appends entries to the log and their meaning to the catalog, one
// batch behind the goroutine that makes them. An entry's index is known when it
// is added: there is one writer, who has the turn from the first entry of a batch
// until everything is committed and somebody else wants it.
type committer struct {
	c       *Case
	shared  bool // people decide beside us
	since   time.Time
	holding bool   // we have the turn
	next    uint64 // index of the next entry, while we have the turn

	entries []archive.Entry
	batch   *catalog.Batch
	weight  int

	// Statements that are added and not in the catalog yet, for an id that comes
	// by a second time.
	mu       sync.Mutex
	inflight map[statementKey]catalog.Known
	limit    int // entries of a batch, while people decide beside us

	work chan commitJob
	done chan struct{}
	err  error // of the committing goroutine; read after done
	fail chan struct{}
}

type statementKey struct {
	source uint64
	id     string
}

type commitJob struct {
	entries []archive.Entry
	batch   *catalog.Batch
	synced  chan struct{} // closed when everything before is in the catalog
}

func newCommitter(c *Case, shared bool) *committer {
	k := &committer{c: c, shared: shared, inflight: map[statementKey]catalog.Known{}, work: make(chan commitJob, 1), done: make(chan struct{}), fail: make(chan struct{})}
	if shared {
		k.work, k.limit = make(chan commitJob), batchEntries/sharedPart
	}
	go k.loop()
	return k
}

// hold takes the turn, if we do not have it. What others recorded since we had
// it is in log and catalog, and changes neither the sources nor the statements
// that the import knows of.
func (k *committer) hold() error {
	if k.holding {
		return nil
	}
	ctx := context.Background() // nobody has it for long, and what was read is worth keeping
	if err := k.c.turn.take(ctx); err != nil {
		return err
	}
	if err := k.c.catchUp(ctx); err != nil {
		k.c.turn.pass()
		return err
	}
	k.holding, k.next = true, k.c.Archive.Size()
	k.batch = &catalog.Batch{From: k.next, To: k.next}
	return nil
}

// giveWay commits everything and passes the turn on. It is called between entries
// that belong together, and before what takes long.
func (k *committer) giveWay() error {
	if k == nil || !k.holding { // a dry run has no committer
		return nil
	}
	err := k.sync()
	k.holding = false
	k.c.turn.pass()
	return err
}

// yield gives way if somebody waits.
func (k *committer) yield() error {
	if k == nil || !k.holding || !k.c.turn.wanted() {
		return nil
	}
	return k.giveWay()
}

// loop commits on its own goroutine. What was read is worth keeping even when
// the user cancels, so it runs on a context of its own.
func (k *committer) loop() {
	defer close(k.done)
	ctx := context.Background()
	for job := range k.work {
		if job.synced != nil {
			close(job.synced)
			continue
		}
		if k.err != nil {
			continue // drain: the maker may not have seen the failure yet
		}
		if k.err = k.commit(ctx, job); k.err != nil {
			close(k.fail)
		}
	}
}

func (k *committer) commit(ctx context.Context, job commitJob) error {
	began := time.Now()
	first, err := k.c.append(ctx, job.entries)
	if err != nil {
		return err
	}
	if first != job.batch.From {
		k.c.unsound = true
		return fmt.Errorf("the log grew to %d entries while we counted %d: another writer is at work", first, job.batch.From)
	}
	if err := k.c.Catalog.Apply(ctx, job.batch); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(job.entries); k.shared && n >= sharedLeast {
		k.limit = fitting(k.limit, n, time.Since(began))
	}
	for i := range job.batch.Statements {
		st := &job.batch.Statements[i]
		if key := (statementKey{st.Source, st.ExternalID}); k.inflight[key].Leaf == st.Leaf {
			delete(k.inflight, key)
		}
	}
	return nil
}

// fitting is how many entries the next batches may have so that committing one takes
// about sharedTime, when the last of n entries took so long: half way there from
// what it was, since a single one tells little.
func fitting(limit, n int, took time.Duration) int {
	want := int(float64(n) * float64(sharedTime) / float64(max(took, time.Millisecond)))
	return min(max((limit+want)/2, sharedLeast), batchEntries/sharedPart)
}

// statement adds what the catalog keeps of a statement entry added last.
func (k *committer) statement(st record.Statement) {
	k.batch.Statements = append(k.batch.Statements, st)
	k.weight += len(st.Text)
	k.mu.Lock()
	defer k.mu.Unlock()
	key := statementKey{st.Source, st.ExternalID}
	if st.Until == 0 {
		k.inflight[key] = catalog.Known{Leaf: st.Leaf, First: st.First, Version: st.Version, TextDigest: st.TextDigest, Edited: st.Edited.Seconds()}
	}
}

// pending returns a statement that is added and not in the catalog yet.
func (k *committer) pending(source uint64, id string) (catalog.Known, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.inflight[statementKey{source, id}]
	return s, ok
}

func (k *committer) has(source uint64, id string) bool {
	_, ok := k.pending(source, id)
	return ok
}

// add queues an entry and returns the index it gets.
func (k *committer) add(e archive.Entry) (uint64, error) {
	if err := k.hold(); err != nil {
		return 0, err
	}
	if len(k.entries) == 0 {
		k.since = time.Now()
	}
	index := k.next
	k.entries = append(k.entries, e)
	k.next++
	k.batch.To = k.next
	k.weight += len(e.Leaf) + len(e.Body)
	return index, nil
}

// full commits if the batch is large enough, and lets others go first if they
// wait. It is called between entries that belong together.
func (k *committer) full() error {
	entries, bytes := batchEntries, batchBytes
	if k.shared {
		k.mu.Lock()
		entries, bytes = k.limit, batchBytes/sharedPart
		k.mu.Unlock()
	}
	if len(k.entries) >= entries || k.weight >= bytes || k.shared && len(k.entries) > 0 && time.Since(k.since) > sharedTime {
		if err := k.flush(); err != nil {
			return err
		}
	}
	return k.yield()
}

func (k *committer) flush() error {
	if len(k.entries) == 0 {
		return nil
	}
	job := commitJob{entries: k.entries, batch: k.batch}
	k.entries, k.batch, k.weight = make([]archive.Entry, 0, batchEntries), &catalog.Batch{From: k.next}, 0
	select {
	case k.work <- job:
		return nil
	case <-k.fail:
		return k.err
	}
}

// sync commits and waits until everything added is in the catalog.
func (k *committer) sync() error {
	if err := k.flush(); err != nil {
		return err
	}
	synced := make(chan struct{})
	select {
	case k.work <- commitJob{synced: synced}:
		<-synced
	case <-k.fail:
	}
	select {
	case <-k.fail:
		return k.err
	default:
		return nil
	}
}

// close commits what is left and ends the goroutine.
func (k *committer) close() error {
	err := k.flush()
	close(k.work)
	<-k.done
	if k.holding {
		k.holding = false
		k.c.turn.pass()
	}
	if k.err != nil {
		return k.err
	}
	return err
}
