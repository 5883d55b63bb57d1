package pipeline

import (
	"context"
	"slices"
	"sync"
)

// turn decides who may append to the log: one at a time, in the order of asking.
// Whoever works for long lets the others go first between two batches, when it
// sees that they wait. A plain mutex would let it take the lock again before the
// others woke up.
type turn struct {
	mu    sync.Mutex
	taken bool
	queue []chan struct{}
	asked chan struct{} // holds one token when somebody began to wait
}

func newTurn() *turn { return &turn{asked: make(chan struct{}, 1)} }

// try takes the turn if it is free.
func (t *turn) try() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken {
		return false
	}
	t.taken = true
	return true
}

// take waits for the turn, or for the end of ctx.
func (t *turn) take(ctx context.Context) error {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	t.queue = append(t.queue, mine)
	t.mu.Unlock()
	select {
	case t.asked <- struct{}{}:
	default:
	}
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.queue, mine); i >= 0 {
		t.queue = slices.Delete(t.queue, i, i+1)
		return ctx.Err()
	}
	return nil // it came at the same moment
}

// pass gives the turn to who has waited longest.
func (t *turn) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) == 0 {
		t.taken = false
		return
	}
	close(t.queue[0])
	t.queue = t.queue[1:]
}

// busy reports whether somebody has the turn.
func (t *turn) busy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken
}

// wanted reports whether somebody waits.
func (t *turn) wanted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.queue) > 0
}
