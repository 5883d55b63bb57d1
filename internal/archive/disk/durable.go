package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"dalil/internal/custody"
)

// syncers is how many files are brought to stable storage at a time. Waiting
// for the device is most of the work, so this is not the number of cores.
const syncers = 8

// writer brings many files to stable storage at once: each is written under a
// temporary name, fsynced and renamed; then the folders are fsynced.
type writer struct {
	root  string
	files []pending
	dirs  map[string]bool // folders with new names
}

// pending is a file to be written: its bytes, or a temporary file that has
// them but is not fsynced.
type pending struct {
	path string
	data []byte
	tmp  string
}

func newWriter(root string) *writer { return &writer{root: root, dirs: make(map[string]bool)} }

func (w *writer) path(name string) string { return filepath.Join(w.root, filepath.FromSlash(name)) }

// add puts a file with these bytes on the list.
func (w *writer) add(name string, data []byte) {
	w.files = append(w.files, pending{path: w.path(name), data: data})
}

// move puts a temporary file that is to become name on the list.
func (w *writer) move(tmp, name string) {
	w.files = append(w.files, pending{path: w.path(name), tmp: tmp})
}

// folder makes a folder and those above it.
func (w *writer) folder(name string) error { return w.mkdir(w.path(name)) }

func (w *writer) mkdir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrNotExist) {
		if err := w.mkdir(filepath.Dir(dir)); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	w.dirs[filepath.Dir(dir)] = true
	return err
}

// commit does the work. When it returns nil, all files are on stable storage
// under their names; otherwise some may be.
func (w *writer) commit() error {
	for _, p := range w.files {
		dir := filepath.Dir(p.path)
		if !w.dirs[dir] {
			if err := w.mkdir(dir); err != nil {
				return err
			}
			w.dirs[dir] = true
		}
	}
	var g errgroup.Group
	g.SetLimit(syncers)
	for _, p := range w.files {
		g.Go(p.write)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	g = errgroup.Group{}
	g.SetLimit(syncers)
	for d := range w.dirs {
		g.Go(func() error { return syncDir(d) })
	}
	w.files = w.files[:0]
	clear(w.dirs)
	return g.Wait()
}

func (p pending) write() error {
	tmp := p.tmp
	var f *os.File
	var err error
	if tmp == "" {
		tmp = p.path + custody.TempSuffix
		f, err = os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	} else {
		f, err = os.OpenFile(tmp, os.O_WRONLY, 0)
	}
	if err != nil {
		return err
	}
	if _, err = f.Write(p.data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, p.path)
}

// patch writes in place at an offset of a file, making it if need be, and
// fsyncs it. fresh is true when the name is new and its folder has to be
// fsynced, too.
func patch(path string, offset int64, data []byte) (fresh bool, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		fresh = true
		f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	}
	if err != nil {
		return fresh, err
	}
	if _, err = f.WriteAt(data, offset); err == nil {
		err = f.Sync()
	}
	return fresh, errors.Join(err, f.Close())
}
