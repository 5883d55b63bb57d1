package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// Backup writes a copy of the case as of its newest checkpoint into a new
// folder, and verifies the copy. It may run while the case is written to: what
// the checkpoint covers does not change any more. The copy has no catalog;
// opening it for writing, or `dalil rebuild`, makes one.
func (c *Case) Backup(ctx context.Context, to string, progress func(Progress)) (*custody.Report, error) {
	if list, err := os.ReadDir(to); err == nil && len(list) > 0 {
		return nil, record.WithHint(fmt.Errorf("backup to %s: %w: the folder is not empty", to, record.ErrConflict), "name a new folder")
	}
	if inside, err := within(c.Dir, to); err != nil {
		return nil, err
	} else if inside {
		return nil, record.WithHint(fmt.Errorf("backup to %s: %w: that is inside the case", to, record.ErrInvalid), "name a folder outside of it, best on another disk")
	}
	b := backup{c: c, to: to, progress: progress, dirs: map[string]bool{}}
	if err := b.run(ctx); err != nil {
		return nil, fmt.Errorf("backup to %s: %w", to, err)
	}
	ev, err := c.stores.Evidence(to)
	if err != nil {
		return nil, err
	}
	return custody.Verify(ctx, ev, custody.Options{})
}

// within reports whether a path lies in a folder, or would once it is made.
func within(dir, path string) (bool, error) {
	var err error
	if dir, err = filepath.Abs(dir); err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return false, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return false, err
	}
	for p := path; ; p = filepath.Dir(p) {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			rest, err := filepath.Rel(dir, real)
			return err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator)), nil
		}
		if p == filepath.Dir(p) {
			return false, nil
		}
	}
}

type backup struct {
	c        *Case
	to       string
	progress func(Progress)
	dirs     map[string]bool // folders to fsync
	done     int64
}

func (b *backup) run(ctx context.Context) error {
	signed := b.c.Archive.Checkpoint()
	cp, err := checkpointOf(signed)
	if err != nil {
		return err
	}
	if err := b.blobs(ctx, cp.Size); err != nil {
		return err
	}
	if err := b.entries(ctx, cp.Size); err != nil {
		return err
	}
	if err := b.tiles(ctx, cp.Size); err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(b.c.Dir, filepath.FromSlash(custody.KeyPath)))
	if err != nil {
		return err
	}
	toml, err := b.c.settingsInLog(ctx)
	if err != nil {
		return err
	}
	if err := b.write(custody.KeyPath, key); err != nil {
		return err
	}
	if err := b.write(custody.SettingsPath, []byte(toml)); err != nil {
		return err
	}
	if err := b.sync(); err != nil {
		return err
	}
	// The checkpoint comes last: without it the folder is no case.
	if err := b.write(custody.CheckpointPath, signed); err != nil {
		return err
	}
	return b.sync()
}

// blobs copies the evidence that captures of the first size entries name.
func (b *backup) blobs(ctx context.Context, size uint64) error {
	have := map[record.Digest]bool{}
	return b.c.eachLeaf(ctx, 0, func(i uint64, l *record.Leaf) error {
		if i >= size || have[l.Blob] {
			return nil
		}
		have[l.Blob] = true
		blob, err := b.c.Archive.Open(ctx, l.Blob)
		if errors.Is(err, record.ErrWithheld) {
			return nil // erased; the tombstone says so
		}
		if err != nil {
			return err
		}
		defer blob.Close()
		f, err := b.create(custody.BlobPath(l.Blob))
		if err != nil {
			return err
		}
		_, err = io.CopyBuffer(f, struct{ io.Reader }{io.NewSectionReader(blob, 0, blob.Size())}, make([]byte, 1<<20))
		if err == nil {
			err = f.Sync()
		}
		if b.done += blob.Size(); b.progress != nil {
			b.progress(Progress{Phase: "copy", File: l.Blob.String(), Done: b.done})
		}
		return errors.Join(err, f.Close(), ctx.Err())
	}, record.LeafCapture)
}

// entries writes entry bundles, salts and bodies.
func (b *backup) entries(ctx context.Context, size uint64) error {
	var bundle, bodies []byte
	i := uint64(0)
	for leaf, err := range b.c.Archive.Leaves(ctx, 0, size) {
		if err != nil {
			return err
		}
		bundle = custody.AppendEntry(bundle, leaf)
		if !isKind(leaf, []record.LeafKind{record.LeafStatement}) {
			l, err := record.ParseLeaf(leaf)
			if err != nil {
				return fmt.Errorf("log entry %d: %w", i, err)
			}
			if !l.Commit.IsZero() {
				body, err := b.body(ctx, i)
				if err != nil {
					return err
				}
				bodies = custody.AppendFrame(bodies, i, body)
			}
		}
		i++
		if i%custody.TileWidth == 0 || i == size {
			width := int((i-1)%custody.TileWidth) + 1
			if err := b.write(custody.TilePath(custody.Entries, (i-1)/custody.TileWidth, width), bundle); err != nil {
				return err
			}
			bundle = bundle[:0]
		}
		if i%custody.SideWidth == 0 || i == size {
			n := (i - 1) / custody.SideWidth
			salts, err := b.c.Archive.Salts(ctx, n*custody.SideWidth, int(i-n*custody.SideWidth))
			if err != nil {
				return err
			}
			if err := b.write(custody.SaltPath(n), salts); err != nil {
				return err
			}
			if err := b.write(custody.BodyPath(n), bodies); err != nil {
				return err
			}
			bodies = bodies[:0]
		}
	}
	return nil
}

// body returns an entry's body; of a destroyed one nothing, which verifies.
func (b *backup) body(ctx context.Context, i uint64) ([]byte, error) {
	body, err := b.c.Archive.Body(ctx, i)
	if errors.Is(err, record.ErrWithheld) {
		return nil, nil
	}
	return body, err
}

// tiles writes the Merkle tree's tiles.
func (b *backup) tiles(ctx context.Context, size uint64) error {
	for level := 0; size>>(custody.TileHeight*level) > 0; level++ {
		n := size >> (custody.TileHeight * level)
		for at := uint64(0); at < n; at += custody.TileWidth {
			width := int(min(n-at, custody.TileWidth))
			t, err := b.c.Archive.Tile(ctx, level, at/custody.TileWidth, width)
			if err != nil {
				return err
			}
			if err := b.write(custody.TilePath(level, at/custody.TileWidth, width), t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *backup) create(name string) (*os.File, error) {
	path := filepath.Join(b.to, filepath.FromSlash(name))
	dir := filepath.Dir(path)
	if !b.dirs[dir] {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		for d := dir; !b.dirs[d]; d = filepath.Dir(d) {
			b.dirs[d] = true
			if d == filepath.Clean(b.to) {
				break
			}
		}
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (b *backup) write(name string, data []byte) error {
	f, err := b.create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (b *backup) sync() error {
	for d := range b.dirs {
		if err := syncDir(d); err != nil {
			return err
		}
	}
	return nil
}
