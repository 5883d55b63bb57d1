package disk

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"sync"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// Leaf returns the bytes of an entry.
func (a *Archive) Leaf(ctx context.Context, index uint64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !a.covers(index) {
		return nil, fmt.Errorf("%w: entry %d", record.ErrNotFound, index)
	}
	entries, err := a.bundles.get(a, index/custody.TileWidth)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(entries[index%custody.TileWidth]), nil
}

// Leaves yields the bytes of entries. Asking for more than there are is
// ErrNotFound after the last one.
func (a *Archive) Leaves(ctx context.Context, from, to uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for index := from; index < to; {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if !a.covers(index) {
				yield(nil, fmt.Errorf("%w: entry %d", record.ErrNotFound, index))
				return
			}
			n := index / custody.TileWidth
			entries, err := a.readBundle(n)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range entries[index%custody.TileWidth:] {
				if index == to {
					return
				}
				if !yield(e, nil) {
					return
				}
				index++
			}
		}
	}
}

// readBundle reads the entries of a bundle that the known checkpoint covers.
func (a *Archive) readBundle(n uint64) ([][]byte, error) {
	width := int(min(a.head.Load().Size-n*custody.TileWidth, custody.TileWidth))
	b, err := readTile(a.Folder, custody.Entries, n, width)
	if err != nil {
		return nil, err
	}
	entries := make([][]byte, width)
	for i := range entries {
		entries[i], b, _ = custody.CutEntry(b) // readTile has checked it
	}
	return entries, nil
}

// bundleCache keeps the entries of bundles for Leaf, which is asked for
// neighbours more often than not.
type bundleCache struct {
	mu   sync.Mutex
	keep map[uint64][][]byte
}

const bundlesKept = 32 // of about 70 kB each

func (c *bundleCache) get(a *Archive, n uint64) ([][]byte, error) {
	c.mu.Lock()
	entries := c.keep[n]
	c.mu.Unlock()
	size := a.head.Load().Size
	if want := min(size-n*custody.TileWidth, custody.TileWidth); uint64(len(entries)) >= want {
		return entries, nil
	}
	entries, err := a.readBundle(n)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.keep) >= bundlesKept || c.keep == nil {
		c.keep = make(map[uint64][][]byte)
	}
	c.keep[n] = entries
	return entries, nil
}

// erasures knows which evidence files were erased, from the tombstones of the
// log. It reads the log when it is first asked, and what was added later.
type erasures struct {
	mu   sync.Mutex
	read uint64
	gone map[record.Digest]bool
}

var tombstonePrefix = []byte(`{"kind":"` + string(record.LeafTombstone) + `"`)

func (e *erasures) has(a *Archive, d record.Digest) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	size := a.Size()
	for leaf, err := range a.Leaves(context.Background(), e.read, size) {
		if err != nil {
			return false, err
		}
		e.read++
		if !bytes.HasPrefix(leaf, tombstonePrefix) {
			continue
		}
		l, err := record.ParseLeaf(leaf)
		if err != nil {
			return false, altered(fmt.Sprintf("read entry %d", e.read-1), err)
		}
		if !l.Blob.IsZero() {
			if e.gone == nil {
				e.gone = make(map[record.Digest]bool)
			}
			e.gone[l.Blob] = true
		}
	}
	return e.gone[d], nil
}
