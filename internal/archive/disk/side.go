package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"

	"dalil/internal/archive"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// maxBody is the largest body in bytes; bodies are read as a whole.
const maxBody = 64 << 20

// writeSide appends salts and bodies, a file for every 65,536 entries.
func (a *Archive) writeSide(first uint64, entries []archive.Entry) error {
	w := newWriter(a.dir)
	var none [custody.SaltSize]byte
	for len(entries) > 0 {
		n := first / custody.SideWidth
		in := int(min(uint64(len(entries)), (n+1)*custody.SideWidth-first))
		var salts, bodies []byte
		for i := range entries[:in] {
			if s := entries[i].Salt; s != nil {
				salts = append(salts, s...)
			} else {
				salts = append(salts, none[:]...)
			}
			if b := entries[i].Body; len(b) > 0 {
				bodies = custody.AppendFrame(bodies, first+uint64(i), b)
			}
		}
		if first%custody.SideWidth == 0 {
			a.bodyEnd = 0
		}
		if err := w.patch(custody.SaltPath(n), int64(first%custody.SideWidth)*custody.SaltSize, salts); err != nil {
			return err
		}
		if len(bodies) > 0 {
			if err := w.patch(custody.BodyPath(n), a.bodyEnd, bodies); err != nil {
				return err
			}
			a.bodyEnd += int64(len(bodies))
		}
		first += uint64(in)
		entries = entries[in:]
	}
	return w.commit()
}

// patch writes in place and notes when a folder has to be fsynced.
func (w *writer) patch(name string, offset int64, data []byte) error {
	path := w.path(name)
	if err := w.mkdir(filepath.Dir(path)); err != nil {
		return err
	}
	fresh, err := patch(path, offset, data)
	if fresh {
		w.dirs[filepath.Dir(path)] = true
	}
	return err
}

// Salt returns the salt of an entry.
func (a *Archive) Salt(ctx context.Context, index uint64) ([]byte, error) {
	b, err := a.Salts(ctx, index, 1)
	if err != nil {
		return nil, err
	}
	if bytes.Count(b, []byte{0}) < len(b) {
		return b, nil
	}
	return nil, a.absent(ctx, index, "salt", true)
}

// absent says why an entry has no salt or body.
func (a *Archive) absent(ctx context.Context, index uint64, what string, statements bool) error {
	leaf, err := a.Leaf(ctx, index)
	if err != nil {
		return err
	}
	l, err := record.ParseLeaf(leaf)
	if err != nil {
		return altered(fmt.Sprintf("read entry %d", index), err)
	}
	if l.Commit.IsZero() || l.Kind == record.LeafStatement && !statements {
		return fmt.Errorf("%w: entry %d has no %s", record.ErrNotFound, index, what)
	}
	return fmt.Errorf("%w: the %s of entry %d was destroyed", record.ErrWithheld, what, index)
}

// Salts returns the salts of n entries from first.
func (a *Archive) Salts(ctx context.Context, first uint64, n int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n < 0 || n > 0 && !a.covers(first+uint64(n)-1) {
		return nil, fmt.Errorf("%w: salts of entries %d to %d", record.ErrNotFound, first, first+uint64(n))
	}
	out := make([]byte, n*custody.SaltSize)
	for todo := out; len(todo) > 0; {
		at := int64(first%custody.SideWidth) * custody.SaltSize
		part := todo[:min(int64(len(todo)), custody.SideWidth*custody.SaltSize-at)]
		if err := readAt(a.path(custody.SaltPath(first/custody.SideWidth)), part, at); err != nil {
			return nil, altered(fmt.Sprintf("read the salt of entry %d", first), err)
		}
		first += uint64(len(part) / custody.SaltSize)
		todo = todo[len(part):]
	}
	return out, nil
}

func readAt(path string, b []byte, offset int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.ReadAt(b, offset)
	return err
}

// Body returns the body of an entry.
func (a *Archive) Body(ctx context.Context, index uint64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fr, err := a.frame(ctx, index)
	if err != nil {
		return nil, err
	}
	b := make([]byte, fr.Length)
	if err := readAt(a.path(custody.BodyPath(index/custody.SideWidth)), b, fr.Offset); err != nil {
		return nil, altered(fmt.Sprintf("read the body of entry %d", index), err)
	}
	if len(b) > 0 && b[0] == 0 { // JSON never begins so
		return nil, fmt.Errorf("%w: the body of entry %d was destroyed", record.ErrWithheld, index)
	}
	return b, nil
}

func (a *Archive) frame(ctx context.Context, index uint64) (custody.Frame, error) {
	if !a.covers(index) {
		return custody.Frame{}, fmt.Errorf("%w: entry %d", record.ErrNotFound, index)
	}
	fr, ok, err := a.bodies.find(a, index)
	if err != nil {
		return custody.Frame{}, altered(fmt.Sprintf("read the body of entry %d", index), err)
	}
	if ok {
		return fr, nil
	}
	err = a.absent(ctx, index, "body", false)
	if errors.Is(err, record.ErrWithheld) { // a destroyed body keeps its frame
		err = altered(fmt.Sprintf("read the body of entry %d", index), errors.New("it is not there"))
	}
	return custody.Frame{}, err
}

// bodyIndex remembers where bodies lie, for a few files at a time.
type bodyIndex struct {
	mu    sync.Mutex
	files map[uint64]*bodyFile
}

type bodyFile struct {
	frames  []custody.Frame // ascending
	scanned int64           // how far the file was read
}

const bodyFiles = 8 // files whose frames are remembered

func (x *bodyIndex) find(a *Archive, index uint64) (custody.Frame, bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := index / custody.SideWidth
	f := x.files[n]
	if f == nil {
		if len(x.files) >= bodyFiles || x.files == nil {
			x.files = make(map[uint64]*bodyFile)
		}
		f = new(bodyFile)
		x.files[n] = f
	}
	if last := len(f.frames) - 1; last < 0 || f.frames[last].Index < index {
		if err := f.scan(a.path(custody.BodyPath(n)), a.head.Load().Size); err != nil {
			return custody.Frame{}, false, err
		}
	}
	i := sort.Search(len(f.frames), func(i int) bool { return f.frames[i].Index >= index })
	if i == len(f.frames) || f.frames[i].Index != index {
		return custody.Frame{}, false, nil
	}
	return f.frames[i], true, nil
}

// scan reads the frame headers it has not read yet, up to those of a log with
// size entries.
func (f *bodyFile) scan(path string, size uint64) error {
	b, err := openBlob(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer b.Close()
	r := &custody.FrameReader{From: b, Size: b.size}
	for {
		fr, ok, err := r.Next(f.scanned)
		if err != nil {
			return err
		}
		if !ok || fr.Index >= size {
			return nil
		}
		if last := len(f.frames) - 1; last >= 0 && f.frames[last].Index >= fr.Index {
			return fmt.Errorf("%w: the frame of entry %d is out of order", record.ErrAltered, fr.Index)
		}
		f.frames = append(f.frames, fr)
		f.scanned = fr.End()
	}
}

// DestroySecret overwrites the salt and the body of an entry with zeros, in
// place. Doing it again finishes what was interrupted.
func (a *Archive) DestroySecret(ctx context.Context, index uint64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.writable(); err != nil {
		return err
	}
	if !a.covers(index) {
		return fmt.Errorf("%w: entry %d", record.ErrNotFound, index)
	}
	fr, err := a.frame(ctx, index)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return err
	}
	n := index / custody.SideWidth
	if err == nil {
		if _, err := patch(a.path(custody.BodyPath(n)), fr.Offset, make([]byte, fr.Length)); err != nil {
			return a.fail(err)
		}
	}
	if _, err := patch(a.path(custody.SaltPath(n)), int64(index%custody.SideWidth)*custody.SaltSize, make([]byte, custody.SaltSize)); err != nil {
		return a.fail(err)
	}
	return nil
}
