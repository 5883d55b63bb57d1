package sqlite

import (
	"context"
	"sync"
)

// memo keeps lists that many pages ask for and that are dear to make again: the
// units of a label, say, after a decision about a hundred thousand. They are
// those of one log size; what the catalog takes in ends them.
type memo struct {
	mu    sync.Mutex
	size  uint64 // another program may write the rows
	takes int    // how often this one did
	lists map[string]kept
	kept  int // numbers in all lists
}

type kept struct {
	list any // []uint64 or []int64
	n    int
}

// forget ends the lists: the rows are others now.
func (m *memo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takes++
	m.lists, m.kept = nil, 0
}

// keep takes a list in, if need be in the place of larger ones: those are fewer,
// and many small ones serve more pages.
func (m *memo) keep(key string, x kept) {
	for m.kept+x.n > memoMost {
		largest := ""
		for k, l := range m.lists {
			if l.n > x.n && (largest == "" || l.n > m.lists[largest].n) {
				largest = k
			}
		}
		if largest == "" {
			return
		}
		m.kept -= m.lists[largest].n
		delete(m.lists, largest)
	}
	m.lists[key] = x
	m.kept += x.n
}

// memoMost bounds the numbers kept, of 8 bytes each.
const memoMost = 2_000_000

// remembered is a list of numbers that is made once for a log size. It is shared:
// nobody may change it.
func remembered[N int64 | uint64](ctx context.Context, s *store, key string, make func() ([]N, error)) ([]N, error) {
	m := &s.memo
	m.mu.Lock()
	takes := m.takes
	m.mu.Unlock()
	// Before the rows are read: they may be newer, never older.
	size, err := s.Size(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	if m.size != size || m.lists == nil {
		m.size, m.lists, m.kept = size, map[string]kept{}, 0
	}
	all, ok := m.lists[key].list.([]N)
	m.mu.Unlock()
	if ok {
		return all, nil
	}
	if all, err = make(); err != nil {
		return nil, err
	}
	all = append([]N{}, all...) // never nil, and no longer than it is
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.lists[key]; !there && m.size == size && m.takes == takes {
		m.keep(key, kept{all, len(all)})
	}
	return all, nil
}
