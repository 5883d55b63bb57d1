package disk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"dalil/internal/archive"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// Append makes staged evidence and then the entries durable, in this order:
// evidence, salts and bodies, tiles and bundles, checkpoint. Each step is on
// stable storage before the next begins, so that what a checkpoint covers is
// always whole.
func (a *Archive) Append(ctx context.Context, entries []archive.Entry) (uint64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.writable(); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for i := range entries {
		if err := checkEntry(&entries[i]); err != nil {
			return 0, fmt.Errorf("append entry %d of %d: %w", i, len(entries), err)
		}
	}
	first := a.edge.Size()
	if err := a.commitBlobs(); err != nil {
		return 0, a.fail(err)
	}
	if len(entries) == 0 {
		return first, nil
	}
	if err := a.writeSide(first, entries); err != nil {
		return 0, a.fail(err)
	}
	if err := a.writeTiles(entries); err != nil {
		return 0, a.fail(err)
	}
	if err := a.writeCheckpoint(); err != nil {
		return 0, a.fail(err)
	}
	a.removeSuperseded(first)
	return first, nil
}

// checkEntry refuses what a verifier would find fault with, as far as that can
// be told without parsing the leaf.
func checkEntry(e *archive.Entry) error {
	commits, statement := glance(e.Leaf)
	switch {
	case len(e.Leaf) == 0 || len(e.Leaf) > record.MaxLeaf:
		return fmt.Errorf("%w leaf: %d bytes, want 1 to %d", record.ErrInvalid, len(e.Leaf), record.MaxLeaf)
	case e.Salt != nil && len(e.Salt) != custody.SaltSize:
		return fmt.Errorf("%w salt: %d bytes, want %d", record.ErrInvalid, len(e.Salt), custody.SaltSize)
	case commits != (e.Salt != nil):
		return fmt.Errorf("%w entry: a leaf with a commitment needs its salt, one without must not have any", record.ErrInvalid)
	case statement && len(e.Body) > 0:
		return fmt.Errorf("%w entry: a statement's body is a span of its capture", record.ErrInvalid)
	case !statement && commits != (len(e.Body) > 0):
		return fmt.Errorf("%w entry: a leaf with a commitment needs its body, one without must not have any", record.ErrInvalid)
	case len(e.Body) > maxBody:
		return fmt.Errorf("%w body: %d bytes, at most %d", record.ErrInvalid, len(e.Body), maxBody)
	}
	return nil
}

// writeTiles adds the entries to the tree and writes the tiles and bundles
// that changed. They lie beyond the checkpoint and mean nothing until it is
// written, so they may become durable in any order.
func (a *Archive) writeTiles(entries []archive.Entry) error {
	w := newWriter(a.dir)
	before := a.edge.Size()
	full := func(level int, index uint64, hashes []tlog.Hash) {
		w.add(custody.TilePath(level, index, custody.TileWidth), packHashes(hashes))
	}
	for i := range entries {
		a.bundle = custody.AppendEntry(a.bundle, entries[i].Leaf)
		a.edge.Add(custody.EntryHash(entries[i].Leaf), full)
		if size := a.edge.Size(); size%custody.TileWidth == 0 {
			w.add(custody.TilePath(custody.Entries, size/custody.TileWidth-1, custody.TileWidth), a.bundle)
			a.bundle = make([]byte, 0, len(a.bundle)+len(a.bundle)/8)
		}
	}
	for t := range partials(a.edge.Size(), before) {
		if t.level == custody.Entries {
			w.add(t.name(), a.bundle)
		} else {
			w.add(t.name(), packHashes(a.edge.Partial(t.level)))
		}
	}
	return w.commit()
}

func packHashes(h []tlog.Hash) []byte {
	b := make([]byte, 0, len(h)*tlog.HashSize)
	for i := range h {
		b = append(b, h[i][:]...)
	}
	return b
}

// tile names a tile or bundle.
type tile struct {
	level int
	index uint64
	width int
}

func (t tile) name() string { return custody.TilePath(t.level, t.index, t.width) }

// partials yields the partial tiles and the partial bundle of a log with size
// entries that one with other entries does not have.
func partials(size, other uint64) func(func(tile) bool) {
	return func(yield func(tile) bool) {
		for level := 0; size>>(custody.TileHeight*level) > 0; level++ {
			n, o := size>>(custody.TileHeight*level), other>>(custody.TileHeight*level)
			if n%custody.TileWidth == 0 || n == o {
				continue
			}
			t := tile{level, n / custody.TileWidth, int(n % custody.TileWidth)}
			if !yield(t) {
				return
			}
			if level == 0 {
				t.level = custody.Entries
				if !yield(t) {
					return
				}
			}
		}
	}
}

func (a *Archive) writeCheckpoint() error {
	root, err := a.edge.Root()
	if err != nil {
		return err
	}
	cp := custody.Checkpoint{Origin: a.verifier.Name(), Size: a.edge.Size(), Root: root}
	signed, err := cp.Sign(a.signer)
	if err != nil {
		return err
	}
	w := newWriter(a.dir)
	w.add(custody.CheckpointPath, signed)
	if err := w.commit(); err != nil {
		return err
	}
	a.head.Store(&head{signed, cp})
	return nil
}

// removeSuperseded deletes the partial tiles of the log when it had before
// entries. What cannot be deleted now is at the next opening.
func (a *Archive) removeSuperseded(before uint64) {
	for t := range partials(before, a.edge.Size()) {
		path := a.path(t.name())
		os.Remove(path)
		os.Remove(filepath.Dir(path)) // fails while a wider one is in it
	}
}
