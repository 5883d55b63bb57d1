package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"dalil/internal/state"
)

// Queue does the jobs of a case that is open for writing: those that write one
// after the other, those that only read beside them.
type Queue struct {
	c     *Case
	store *state.Store
	kinds []JobKind
}

// askEvery is how often the queue looks for jobs: others put them there, also
// from other processes.
const askEvery = 300 * time.Millisecond

// NewQueue makes the queue of a case. Jobs that were running when the last one
// ended are interrupted from now on, or go on by themselves if they were to.
// more are kinds beside those of this room.
func (c *Case) NewQueue(ctx context.Context, more ...JobKind) (*Queue, error) {
	s, err := c.State()
	if err != nil {
		return nil, err
	}
	q := &Queue{c: c, store: s, kinds: append(jobKinds(), more...)}
	if _, err := s.Interrupt(ctx, c.Now().UnixMilli()); err != nil { // we hold the lock: nobody is at them
		return nil, err
	}
	return q, c.sweepUploads(ctx)
}

// Run does jobs until ctx ends, and then until those at work have come to a
// stop: what they did by then is safe, and they are interrupted. It returns the
// first error of the queue itself; what a job ran into is told by the job.
func (q *Queue) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, reads := range []bool{false, true} {
		wg.Go(func() { errs[i] = q.lane(ctx, reads) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (q *Queue) lane(ctx context.Context, reads bool) error {
	var names []string
	for _, k := range q.kinds {
		if k.Reads == reads {
			names = append(names, k.Name)
		}
	}
	t := time.NewTicker(askEvery)
	defer t.Stop()
	for ctx.Err() == nil {
		j, ok, err := q.store.NextJob(ctx, q.c.Now().UnixMilli(), names...)
		if err == nil && ok {
			err = q.do(ctx, j)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
		if ok {
			continue
		}
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
	return nil
}

// do does one job. Its own error is in the job; an error of state.db is ours.
func (q *Queue) do(ctx context.Context, j state.Job) error {
	w := &Work{Case: q.c, Shared: true, store: q.store, job: j}
	i := slices.IndexFunc(q.kinds, func(k JobKind) bool { return k.Name == j.Kind })
	if err := w.earlier(ctx); err != nil {
		_, serr := q.store.ChangeJob(context.WithoutCancel(ctx), j.ID, func(j *state.Job) error {
			w.end(j, err, nil)
			return nil
		})
		return serr
	}
	j, err := w.do(ctx, q.kinds[i])
	if j.State == state.Running { // it could not be written down how it ended
		return err
	}
	if q.c.late.Load() && ctx.Err() == nil { // decided about while it ran, and it stopped before its analysis
		return q.c.Analyse(ctx, nil)
	}
	return nil
}
