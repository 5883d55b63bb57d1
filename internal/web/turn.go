package web

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"time"
)

// queue bounds how many requests are worked on at once, so that many of them
// cannot take the whole machine. A few more wait for their turn; the others are
// told to come back.
type queue struct {
	working chan struct{}
	waiting chan struct{}
	most    time.Duration // that anybody waits
}

const (
	// waitingMost is how many requests may wait in one queue.
	waitingMost = 64
	// waitMost is for how long.
	waitMost = 8 * time.Second
	// comeBack is what those are told who cannot wait, in seconds.
	comeBack = "5"
)

func newQueue(working int) *queue {
	return &queue{make(chan struct{}, working), make(chan struct{}, waitingMost), waitMost}
}

// enter waits for a turn; leave must be called if it got one.
func (q *queue) enter(ctx context.Context) bool {
	select {
	case q.working <- struct{}{}:
		return true
	default:
	}
	select {
	case q.waiting <- struct{}{}:
		defer func() { <-q.waiting }()
	default:
		return false
	}
	late := time.NewTimer(q.most)
	defer late.Stop()
	select {
	case q.working <- struct{}{}:
		return true
	case <-late.C:
	case <-ctx.Done():
	}
	return false
}

func (q *queue) leave() { <-q.working }

// heavy lists the pages whose work grows with the case. They have a queue of
// their own, so that the others stay quick beside them.
func heavy() []string {
	return []string{"/firsts", "/y/{id}", "/y/{id}/{slug}", "/inbox.csv", "/statements/sheet.csv", "/apply/{id}"}
}

// queues are those of light and heavy pages. SQLite and analyses each take a
// processor; light pages mostly wait for the disk.
func queues() (light, heavy *queue) {
	n := runtime.GOMAXPROCS(0)
	return newQueue(8 * n), newQueue(n)
}

// inTurn makes a page wait for its turn.
func (s *server) inTurn(pattern string, next http.Handler) http.Handler {
	q := s.light
	if slices.Contains(heavy(), pattern) {
		q = s.heavy
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !q.enter(r.Context()) {
			w.Header().Set("Retry-After", comeBack)
			s.fail(w, r, &refusal{code: http.StatusServiceUnavailable, what: key("too much is asked for at once"), do: key("load the page again in a few seconds")})
			return
		}
		defer q.leave()
		next.ServeHTTP(w, r)
	})
}
