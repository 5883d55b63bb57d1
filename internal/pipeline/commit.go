package pipeline

import (
	"context"
	"fmt"
	"sync"

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

// committer appends entries to the log and their meaning to the catalog, one
// batch behind the goroutine that makes them. An entry's index is known when it
// is added: there is one writer.
type committer struct {
	c    *Case
	next uint64 // index of the next entry

	entries []archive.Entry
	batch   *catalog.Batch
	weight  int

	// Statements that are added and not in the catalog yet, for an id that comes
	// by a second time.
	mu       sync.Mutex
	inflight map[statementKey]catalog.Known

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

func newCommitter(c *Case) *committer {
	k := &committer{c: c, next: c.Archive.Size(), inflight: map[statementKey]catalog.Known{}, work: make(chan commitJob, 1), done: make(chan struct{}), fail: make(chan struct{})}
	k.batch = &catalog.Batch{From: k.next}
	go k.loop()
	return k
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
	for i := range job.batch.Statements {
		st := &job.batch.Statements[i]
		if key := (statementKey{st.Source, st.ExternalID}); k.inflight[key].Leaf == st.Leaf {
			delete(k.inflight, key)
		}
	}
	return nil
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
	index := k.next
	k.entries = append(k.entries, e)
	k.next++
	k.batch.To = k.next
	k.weight += len(e.Leaf) + len(e.Body)
	return index, nil
}

// full commits if the batch is large enough. It is called between entries that
// belong together.
func (k *committer) full() error {
	if len(k.entries) < batchEntries && k.weight < batchBytes {
		return nil
	}
	return k.flush()
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
	if k.err != nil {
		return k.err
	}
	return err
}
