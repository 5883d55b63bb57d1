package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"dalil/internal/record"
)

// logClock is when the entries of the log were recorded, as far as it was asked
// for: of every full stretch the latest time up to its end. The log only grows.
type logClock struct {
	mu     sync.Mutex
	latest []int64 // milliseconds
}

// clockStretch is how many entries one time of a logClock stands for.
const clockStretch = 256

// SizeAt returns how large the log was at a time: as many entries as there are
// before the first that was recorded after it. Should the clock have been set
// back, that is the least that can have been in the log. The first call reads the
// whole log, later ones what came since.
func (c *Case) SizeAt(ctx context.Context, at time.Time) (uint64, error) {
	k := &c.clock
	k.mu.Lock()
	defer k.mu.Unlock()
	size, ms := c.Archive.Size(), at.UnixMilli()
	read := uint64(len(k.latest)) * clockStretch
	latest, n := int64(0), read
	if read > 0 {
		latest = k.latest[len(k.latest)-1]
	}
	if to := size - size%clockStretch; to > read {
		for b, err := range c.Archive.Leaves(ctx, read, to) {
			t, err := recordedAt(b, err)
			if err != nil {
				return 0, fmt.Errorf("log entry %d: %w", n, err)
			}
			latest = max(latest, t)
			if n++; n%clockStretch == 0 {
				k.latest = append(k.latest, latest)
			}
		}
	}
	i, _ := slices.BinarySearch(k.latest, ms+1)
	n = uint64(i) * clockStretch
	for b, err := range c.Archive.Leaves(ctx, n, size) {
		t, err := recordedAt(b, err)
		if err != nil {
			return 0, fmt.Errorf("log entry %d: %w", n, err)
		}
		if t > ms {
			return n, nil
		}
		n++
	}
	return size, nil
}

// RecordedAt is when the log's first entries were all recorded: the time of the
// newest of them.
func (c *Case) RecordedAt(ctx context.Context, size uint64) (time.Time, error) {
	if size == 0 {
		return time.Time{}, nil
	}
	t, err := recordedAt(c.Archive.Leaf(ctx, size-1))
	return time.UnixMilli(t), err
}

// recordedAt reads the time of an entry, which follows its kind.
func recordedAt(b []byte, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(b, []byte(`,"at":`))
	end := bytes.IndexAny(rest, ",}")
	if end < 0 {
		return 0, fmt.Errorf("%w: it has no time", record.ErrAltered)
	}
	return strconv.ParseInt(string(rest[:end]), 10, 64)
}

// Then returns the case as it was known when the log had a size, and what closes
// it. It is read only, and its clock stands at a time. Log and archive are
// today's: what was put there has not changed since, or is gone for everybody.
func (c *Case) Then(ctx context.Context, size uint64, at time.Time) (*Case, func() error, error) {
	cat, err := c.Catalog.At(ctx, size)
	if err != nil {
		return nil, nil, err
	}
	s := c.stores
	s.Now = func() time.Time { return at }
	s.OpenState = nil // what the case can do without is of today
	return &Case{Dir: c.Dir, Origin: c.Origin, Config: c.Config, Zone: c.Zone, IDs: c.IDs, Archive: c.Archive, Catalog: cat,
		stores: s, handle: c.handle, pseudo: c.pseudo, past: true, work: newTurn(), turn: newTurn()}, cat.Close, nil
}

// errPast refuses to change what is over.
func errPast() error {
	return record.WithHint(fmt.Errorf("%w: the past cannot be changed", record.ErrConflict), "decide about the case as it is known now")
}
