package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"dalil/internal/custody"
)

// Folder is the folder of a case as evidence to be verified: it may be damaged
// in any way. It implements custody.Evidence.
type Folder struct{ dir string }

// Evidence returns the case in dir for custody.Verify. It reads nothing yet.
func Evidence(dir string) Folder { return Folder{dir} }

func (f Folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// Files yields everything that is no folder, and folders that cannot be read
// with the error.
func (f Folder) Files() iter.Seq2[custody.File, error] {
	return func(yield func(custody.File, error) bool) {
		err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
			name, _ := filepath.Rel(f.dir, path) // path begins with f.dir
			file := custody.File{Name: filepath.ToSlash(name)}
			if err != nil {
				if errors.Is(err, fs.ErrNotExist) && path != f.dir {
					return nil // removed since its folder was read
				}
				if !yield(file, err) {
					return fs.SkipAll
				}
				return nil
			}
			if d.IsDir() {
				return nil
			}
			info, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				file.Size, file.Regular = info.Size(), info.Mode().IsRegular()
			}
			if !yield(file, err) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(custody.File{Name: "."}, err)
		}
	}
}

// OpenFile opens a file by the name Files gave it.
func (f Folder) OpenFile(name string) (custody.EvidenceReader, error) {
	b, err := openBlob(f.path(name))
	if err != nil {
		return nil, err
	}
	return b, nil
}

// blob is an open file of known size.
type blob struct {
	*os.File
	size int64
}

func (b blob) Size() int64 { return b.size }

func openBlob(path string) (blob, error) {
	f, err := os.Open(path)
	if err != nil {
		return blob{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return blob{}, errors.Join(err, f.Close())
	}
	return blob{f, info.Size()}, nil
}

// readTile returns the first width hashes of a tile, or the first width
// entries of a bundle. When the log grows, a partial tile is deleted once a
// wider one exists; that one begins with the same hashes.
func readTile(f Folder, level int, index uint64, width int) ([]byte, error) {
	widths := []int{width}
	if width < custody.TileWidth {
		widths = append(widths, custody.TileWidth)
	}
	var first error
	for i := 0; i < len(widths); i++ {
		name := custody.TilePath(level, index, widths[i])
		b, err := os.ReadFile(f.path(name))
		if err == nil {
			return cutTile(name, b, level, width, widths[i])
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if first == nil {
			first = err
		}
		if i == 1 {
			widths = append(widths, widerTiles(f, level, index, width)...)
		}
	}
	return nil, altered("read the log", first)
}

// widerTiles returns the widths of partial tiles that are wider than width.
func widerTiles(f Folder, level int, index uint64, width int) []int {
	list, err := os.ReadDir(filepath.Dir(f.path(custody.TilePath(level, index, 1))))
	if err != nil {
		return nil // the caller reports the missing tile
	}
	var out []int
	for _, e := range list {
		if w, err := strconv.Atoi(e.Name()); err == nil && w > width {
			out = append(out, w)
		}
	}
	sort.Ints(out)
	return out
}

// cutTile shortens what was read from a file with have hashes or entries.
func cutTile(name string, b []byte, level, width, have int) ([]byte, error) {
	if level != custody.Entries {
		if len(b) != have*tlog.HashSize {
			return nil, altered("read the log", fmt.Errorf("%s has %d bytes, not %d", name, len(b), have*tlog.HashSize))
		}
		return b[:width*tlog.HashSize], nil
	}
	rest := b
	for i := range have {
		if i == width {
			return b[:len(b)-len(rest)], nil
		}
		var ok bool
		if _, rest, ok = custody.CutEntry(rest); !ok {
			return nil, altered("read the log", fmt.Errorf("%s ends inside an entry", name))
		}
	}
	if len(rest) > 0 {
		return nil, altered("read the log", fmt.Errorf("%s has %d bytes too many", name, len(rest)))
	}
	return b, nil
}
