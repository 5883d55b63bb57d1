package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// recover clears away what interrupted writes left and loads the right edge of
// the tree. It removes nothing the checkpoint covers.
func (a *Archive) recover() error {
	if err := a.loadEdge(); err != nil {
		return err
	}
	stale, have, err := a.survey()
	if err != nil {
		return err
	}
	size := a.head.Load().Size
	if want := tileCount(size); have != want {
		return altered("open "+a.dir, fmt.Errorf("%d of the log's %d tiles and bundles are missing", want-have, want))
	}
	if err := a.trimSide(size); err != nil {
		return err
	}
	for _, name := range stale {
		path := a.path(name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clear away an unfinished write: %w", err)
		}
		if custody.ParsePath(name).Role == custody.Tile {
			os.Remove(filepath.Dir(path)) // fails unless the folder is empty now
		}
	}
	return nil
}

func (a *Archive) loadEdge() error {
	cp := a.head.Load().Checkpoint
	e, err := custody.NewEdge(cp.Size, func(level int, index uint64, width int) ([]byte, error) {
		return os.ReadFile(a.path(custody.TilePath(level, index, width)))
	})
	if err != nil {
		return altered("open "+a.dir, err)
	}
	root, err := e.Root()
	if err != nil || root != cp.Root {
		return altered("open "+a.dir, fmt.Errorf("%w log: the tiles of the newest entries do not have the checkpoint's root", record.ErrAltered))
	}
	a.edge, a.bundle = e, nil
	if w := int(cp.Size % custody.TileWidth); w > 0 {
		name := custody.TilePath(custody.Entries, cp.Size/custody.TileWidth, w)
		b, err := os.ReadFile(a.path(name))
		if err != nil {
			return altered("open "+a.dir, err)
		}
		if _, err := cutTile(name, b, custody.Entries, w, w); err != nil {
			return err
		}
		rest := b
		for i := range w {
			var entry []byte
			entry, rest, _ = custody.CutEntry(rest) // cutTile has checked it
			if custody.EntryHash(entry) != e.Partial(0)[i] {
				return altered("open "+a.dir, fmt.Errorf("%s: entry %d is not the one in the log", name, cp.Size/custody.TileWidth*custody.TileWidth+uint64(i)))
			}
		}
		a.bundle = b
	}
	return nil
}

// tileCount returns how many tiles and bundles a log of a size has.
func tileCount(size uint64) (n uint64) {
	for level := 0; size>>(custody.TileHeight*level) > 0; level++ {
		tiles := (size>>(custody.TileHeight*level) + custody.TileWidth - 1) / custody.TileWidth
		n += tiles
		if level == 0 {
			n += tiles
		}
	}
	return n
}

// Covered reports whether a tile belongs to a log of a size. Others are
// unfinished or superseded.
func covered(p custody.Path, size uint64) bool {
	n := size >> (custody.TileHeight * max(p.Level, 0))
	if p.Width == custody.TileWidth {
		return p.Index < n/custody.TileWidth
	}
	return p.Index == n/custody.TileWidth && uint64(p.Width) == n%custody.TileWidth
}

// survey lists what interrupted writes left in the folders of the archive and
// counts the tiles and bundles that belong to the log.
func (a *Archive) survey() (stale []string, tiles uint64, err error) {
	size := a.head.Load().Size
	for _, dir := range []string{"archive", "log", "side"} {
		for f, err := range (Folder{a.path(dir)}).Files() {
			name := dir + "/" + f.Name
			if err != nil {
				if errors.Is(err, fs.ErrNotExist) {
					continue // recreated when something is written to it
				}
				return nil, 0, altered("open "+a.dir, err)
			}
			p := custody.ParsePath(name)
			switch {
			case p.Role == custody.Foreign:
				// not ours to touch; verify names it
			case p.Temp,
				p.Role == custody.Tile && !covered(p, size),
				(p.Role == custody.Salts || p.Role == custody.Bodies) && p.Index*custody.SideWidth >= size:
				stale = append(stale, name)
			case p.Role == custody.Tile:
				tiles++
			}
		}
	}
	return stale, tiles, nil
}

// trimSide cuts salts and bodies beyond the checkpoint off.
func (a *Archive) trimSide(size uint64) error {
	if size == 0 {
		return nil
	}
	n := (size - 1) / custody.SideWidth
	want := int64(size-n*custody.SideWidth) * custody.SaltSize
	if err := trim(a.path(custody.SaltPath(n)), want); err != nil {
		return err
	}
	last, ok, err := a.lastBody(size, n*custody.SideWidth)
	if err != nil {
		return err
	}
	a.bodyEnd = 0
	path := a.path(custody.BodyPath(n))
	if ok {
		fr, found, err := a.bodies.find(a, last)
		if err != nil || !found {
			return altered("open "+a.dir, errors.Join(fmt.Errorf("%s: the body of entry %d is missing", custody.BodyPath(n), last), err))
		}
		a.bodyEnd = fr.End()
	} else if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return trim(path, a.bodyEnd)
}

// trim shortens a file that has at least want bytes.
func trim(path string, want int64) error {
	info, err := os.Lstat(path)
	if err != nil {
		return altered("open", err)
	}
	switch {
	case info.Size() < want:
		return altered("open", fmt.Errorf("%s has %d bytes, not %d", path, info.Size(), want))
	case info.Size() == want:
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err = f.Truncate(want); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// lastBody returns the last entry below size and not below from that has a
// body.
func (a *Archive) lastBody(size, from uint64) (index uint64, ok bool, err error) {
	for n := int64(size-1) / custody.TileWidth; n >= int64(from/custody.TileWidth); n-- {
		entries, err := a.readBundle(uint64(n))
		if err != nil {
			return 0, false, err
		}
		for i := len(entries) - 1; i >= 0; i-- {
			if commits, statement := glance(entries[i]); commits && !statement {
				return uint64(n)*custody.TileWidth + uint64(i), true, nil
			}
		}
	}
	return 0, false, nil
}

// glance tells from the bytes of a leaf whether it has a commitment and
// whether it is a statement, whose commitment is to a span and not to a body.
func glance(leaf []byte) (commits, statement bool) {
	// A quote inside a JSON string is escaped, so this is the member.
	return bytes.Contains(leaf, []byte(`,"commit":"`)),
		bytes.HasPrefix(leaf, []byte(`{"kind":"`+string(record.LeafStatement)+`"`))
}
