package export

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dalil/internal/record"
)

// Create begins an output at path: a zip file when path ends in ".zip", a
// folder otherwise. Nothing may be there yet (record.ErrConflict).
func Create(path string) (Output, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = record.WithHint(fmt.Errorf("write %s: %w: something is there already", path, record.ErrConflict), "choose another name; nothing is overwritten")
		}
		return nil, err
	}
	base := place{final: path, partial: path + ".partial"}
	if strings.EqualFold(filepath.Ext(path), ".zip") {
		f, err := os.OpenFile(base.partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, leftOver(err)
		}
		return &zipFile{place: base, f: f, z: zip.NewWriter(f)}, nil
	}
	if err := os.Mkdir(base.partial, 0o755); err != nil {
		return nil, leftOver(err)
	}
	root, err := os.OpenRoot(base.partial)
	if err != nil {
		return nil, err
	}
	return &folder{place: base, root: root}, nil
}

func leftOver(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return record.WithHint(fmt.Errorf("%w: %w", record.ErrConflict, err), "an earlier attempt was broken off, or another one runs: remove it when none runs")
	}
	return err
}

// ValidName reports whether name can be a file of an export on every system:
// relative, "/" separated, of letters A-Z and digits and ". _ -", no part empty
// or beginning with a dot, at most 200 bytes.
func ValidName(name string) bool {
	if name == "" || len(name) > 200 {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' {
			return false
		}
		for _, c := range []byte(part) {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
				return false
			}
		}
	}
	return true
}

// place is where an output is and will be.
type place struct {
	final, partial string
	done           bool
}

func (p *place) commit() error {
	if _, err := os.Lstat(p.final); err == nil {
		return fmt.Errorf("write %s: %w: something is there already", p.final, record.ErrConflict)
	}
	if err := os.Rename(p.partial, p.final); err != nil {
		return err
	}
	p.done = true
	return syncFolder(filepath.Dir(p.final))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// copyExactly copies size bytes of what open opens.
func copyExactly(w io.Writer, name string, size int64, open func() (io.ReadCloser, error)) error {
	r, err := open()
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	n, err := io.Copy(w, io.LimitReader(r, size+1))
	err = errors.Join(err, r.Close())
	if err == nil && n != size {
		err = fmt.Errorf("%w: it has not the %d bytes it should have", record.ErrAltered, size)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

type folder struct {
	place
	root *os.Root
}

func (d *folder) Put(name string, size int64, open func() (io.ReadCloser, error)) error {
	if !ValidName(name) {
		return fmt.Errorf("%w file name %q", record.ErrInvalid, name)
	}
	local := filepath.FromSlash(name)
	if err := d.root.MkdirAll(filepath.Dir(local), 0o755); err != nil {
		return err
	}
	f, err := d.root.OpenFile(local, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	// Not synced: an export can be made again, and a file at a time is slow.
	return errors.Join(copyExactly(f, name, size, open), f.Close())
}

func (d *folder) Commit() error {
	if err := d.root.Close(); err != nil {
		return err
	}
	return d.commit()
}

func (d *folder) Abort() error {
	if d.done {
		return nil
	}
	d.root.Close()
	return os.RemoveAll(d.partial)
}

// zipFile writes a zip whose bytes depend on nothing but the files: stored,
// not compressed (a compressor's output changes with its version), one fixed
// time, no owner, no data descriptors.
type zipFile struct {
	place
	f *os.File
	z *zip.Writer
}

func (d *zipFile) Put(name string, size int64, open func() (io.ReadCloser, error)) error {
	if !ValidName(name) {
		return fmt.Errorf("%w file name %q", record.ErrInvalid, name)
	}
	sum := crc32.NewIEEE()
	if err := copyExactly(sum, name, size, open); err != nil {
		return err
	}
	h := &zip.FileHeader{Name: name, Method: zip.Store, CRC32: sum.Sum32(),
		CompressedSize64: uint64(size), UncompressedSize64: uint64(size)}
	h.SetMode(0o644)
	//lint:ignore SA1019 CreateRaw writes these and does not look at Modified
	h.ModifiedDate, h.ModifiedTime = dosEpoch()
	w, err := d.z.CreateRaw(h)
	if err != nil {
		return err
	}
	return copyExactly(w, name, size, open)
}

// dosEpoch is 1980-01-01 00:00:00, the earliest time a zip can hold.
func dosEpoch() (date, clock uint16) {
	t := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	return uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9), 0
}

func (d *zipFile) Commit() error {
	if err := errors.Join(d.z.Close(), d.f.Sync(), d.f.Close()); err != nil {
		return err
	}
	return d.commit()
}

func (d *zipFile) Abort() error {
	if d.done {
		return nil
	}
	d.f.Close()
	return os.Remove(d.partial)
}
