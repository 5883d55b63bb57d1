package web

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Sessions keeps what the door must remember: who has come in. Keys are digests,
// values are bytes of its own, so that a store in another room need not know
// this one. Its methods may be called at once from several requests; the door
// orders those about one key.
type Sessions interface {
	// Get returns nil when there is nothing, or no longer.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put keeps a value, in place of another; after until it may be forgotten.
	Put(ctx context.Context, key string, value []byte, until time.Time) error
	// Drop forgets a value; that it was not there is no error.
	Drop(ctx context.Context, key string) error
	// All returns every value whose key begins with prefix.
	All(ctx context.Context, prefix string) (map[string][]byte, error)
}

// mostSessions bounds a memory of sessions. Only who knew the password is in it.
const mostSessions = 1000

// memory keeps sessions as long as the program runs.
type memory struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]kept
}

type kept struct {
	value []byte
	until time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, all: map[string]kept{}}
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.all[key]
	if !ok || !m.now().Before(k.until) {
		return nil, nil
	}
	return k.value, nil
}

func (m *memory) Put(_ context.Context, key string, value []byte, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.all[key]; !ok && len(m.all) >= mostSessions {
		m.makeRoom()
	}
	m.all[key] = kept{value, until}
	return nil
}

// makeRoom forgets what is over, or else what would be over first.
func (m *memory) makeRoom() {
	now := m.now()
	maps.DeleteFunc(m.all, func(_ string, k kept) bool { return !now.Before(k.until) })
	if len(m.all) < mostSessions {
		return
	}
	first := ""
	for key, k := range m.all {
		if first == "" || k.until.Before(m.all[first].until) {
			first = key
		}
	}
	delete(m.all, first)
}

func (m *memory) Drop(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, key)
	return nil
}

func (m *memory) All(_ context.Context, prefix string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string][]byte{}
	now := m.now()
	for key, k := range m.all {
		if len(key) >= len(prefix) && key[:len(prefix)] == prefix && now.Before(k.until) {
			found[key] = k.value
		}
	}
	return found, nil
}
