// Package folder collects the files of a folder, or one file.
//
// It yields attachments before the files that speak of them: the files of
// sub-folders come first, then those of the folder itself, each in natural
// order (messages2 before messages10). Nothing outside the folder is read, whatever
// symbolic links say: they are reported and not followed.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"dalil/internal/collect"
	"dalil/internal/record"
)

// Kind is the collector of files and folders.
var Kind = collect.Kind{
	Name:    "folder",
	Doc:     "a file, or every file of a folder and its sub-folders",
	Collect: files,
}

func files(ctx context.Context, where string) iter.Seq2[collect.File, error] {
	return func(yield func(collect.File, error) bool) {
		info, err := os.Stat(where)
		if err != nil {
			yield(collect.File{}, missing(where, err))
			return
		}
		dir, only := where, ""
		if !info.IsDir() {
			// The file may be named by a link; its folder is the link's.
			dir, only = filepath.Split(filepath.Clean(where))
			if dir == "" {
				dir = "."
			}
		}
		w := walker{ctx: ctx, dir: dir, yield: yield}
		if only != "" {
			if !info.Mode().IsRegular() {
				yield(collect.File{}, record.WithHint(fmt.Errorf("%w: %s is %s", record.ErrInvalid, where, special(info.Mode())), "name a file or a folder"))
				return
			}
			yield(w.file(only, info, true), nil)
			return
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			yield(collect.File{}, missing(where, err))
			return
		}
		defer root.Close()
		w.root = root
		w.folder(".")
	}
}

// missing words the error of a path that the user named.
func missing(where string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return record.WithHint(fmt.Errorf("%w: %s", record.ErrNotFound, where), "check the spelling of the path")
	}
	return record.WithHint(fmt.Errorf("open %s: %w", where, err), "check who may read it")
}

// walker is one walk through a folder.
type walker struct {
	ctx   context.Context
	root  *os.Root
	dir   string // the folder walked, to open files again when the walk is over
	yield func(collect.File, error) bool
}

// folder yields the files below name and reports whether to go on. It holds
// the names of the folders it is in, never more.
func (w *walker) folder(name string) bool {
	entries, err := w.list(name)
	if err != nil && !w.fail(name, err) {
		return false
	}
	for _, e := range entries {
		if e.IsDir() && !w.folder(path.Join(name, e.Name())) {
			return false
		}
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if w.ctx.Err() != nil {
			w.yield(collect.File{}, w.ctx.Err())
			return false
		}
		if !w.entry(path.Join(name, e.Name()), e) {
			return false
		}
	}
	return true
}

// list reads a folder in natural order, without what is hidden.
func (w *walker) list(name string) ([]fs.DirEntry, error) {
	if err := w.ctx.Err(); err != nil {
		return nil, err
	}
	d, err := w.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(-1) // with an error: what could be read so far
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return hidden(e.Name()) })
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return natural(a.Name(), b.Name()) })
	return entries, err
}

// hidden reports whether a name is one that users do not see, or that an
// operating system put there.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || name == "__MACOSX" ||
		strings.EqualFold(name, "Thumbs.db") || strings.EqualFold(name, "desktop.ini")
}

// entry yields one file, or says why not.
func (w *walker) entry(name string, e fs.DirEntry) bool {
	if e.Type()&^fs.ModePerm != 0 {
		return w.refuse(name, e.Type())
	}
	info, err := w.root.Lstat(name)
	if err != nil {
		return w.fail(name, err)
	}
	if !info.Mode().IsRegular() {
		return w.refuse(name, info.Mode())
	}
	return w.yield(w.file(name, info, false), nil)
}

// refuse reports a file that is none. Opening a pipe would wait for ever.
func (w *walker) refuse(name string, mode fs.FileMode) bool {
	err := fmt.Errorf("%w: %s is %s and was not read", record.ErrInvalid, name, special(mode))
	if mode&fs.ModeSymlink != 0 {
		err = record.WithHint(err, "import what it points to if it belongs to the evidence")
	}
	return w.yield(collect.File{Path: name}, err)
}

// special names what a file is that holds no bytes of its own.
func special(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&(fs.ModeDevice|fs.ModeCharDevice) != 0:
		return "a device"
	}
	return "no ordinary file"
}

// fail reports a file or folder that could not be read; cancelling ends the
// walk.
func (w *walker) fail(name string, err error) bool {
	if w.ctx.Err() != nil {
		w.yield(collect.File{}, w.ctx.Err())
		return false
	}
	return w.yield(collect.File{Path: name}, record.WithHint(fmt.Errorf("read %s: %w", name, err), "check who may read it, and the disk"))
}

// file describes a regular file. linked says that the user named it, and so
// may have named it by a link.
func (w *walker) file(name string, info fs.FileInfo, linked bool) collect.File {
	dir := w.dir
	return collect.File{
		Path:   filepath.ToSlash(name),
		Theirs: record.At(info.ModTime()),
		Size:   info.Size(),
		Open: func() (collect.ReadAtCloser, error) {
			f, err := open(dir, name, linked)
			if err != nil {
				return nil, record.WithHint(fmt.Errorf("open %s: %w", name, err), "check who may read it")
			}
			now, err := f.Stat()
			if err == nil && (!now.Mode().IsRegular() || !os.SameFile(now, info)) {
				err = record.WithHint(fmt.Errorf("%w: %s was replaced by another file meanwhile", record.ErrConflict, name), "import it again")
			}
			if err != nil {
				f.Close()
				return nil, err
			}
			return f, nil
		},
	}
}

// open opens a file below dir without leaving it.
func open(dir, name string, linked bool) (*os.File, error) {
	if linked {
		return os.Open(filepath.Join(dir, name))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: it is %s now", record.ErrConflict, special(info.Mode()))
	}
	return root.Open(name)
}

var _ collect.ReadAtCloser = (*os.File)(nil)
