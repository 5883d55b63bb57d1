package pipeline

import (
	"fmt"
	"sync"

	"dalil/internal/record"
	"dalil/internal/state"
)

// stateFile is state.db, opened when it is first asked for: what only reads
// statements does without.
type stateFile struct {
	mu   sync.Mutex
	open *state.Store
	note string
}

func (f *stateFile) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		return nil
	}
	s := f.open
	f.open = nil
	return s.Close()
}

// State returns what the case can do without: jobs, sessions, drafts. It is
// closed with the case. A file that cannot be used is ErrAltered, unless the case
// is open for writing: then it is made anew, and StateNote says so.
func (c *Case) State() (*state.Store, error) {
	f := &c.state
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open != nil {
		return f.open, nil
	}
	if c.stores.OpenState == nil {
		return nil, fmt.Errorf("%w: this program keeps no jobs", record.ErrConflict)
	}
	var err error
	f.open, f.note, err = c.stores.OpenState(c.Dir, c.write)
	return f.open, err
}

// StateNote says in words what became of a state.db that could not be used; "" as
// a rule.
func (c *Case) StateNote() string {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	return c.state.note
}
