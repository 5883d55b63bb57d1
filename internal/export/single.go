package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"dalil/internal/record"
)

// CreateFile begins an output that is one file at path, whatever the export
// calls it. Nothing may be there yet (record.ErrConflict).
func CreateFile(path string) (Output, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = record.WithHint(fmt.Errorf("write %s: %w: something is there already", path, record.ErrConflict), "choose another name; nothing is overwritten")
		}
		return nil, err
	}
	base := place{final: path, partial: path + ".partial"}
	f, err := os.OpenFile(base.partial, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, leftOver(err)
	}
	return &single{place: base, f: f}, nil
}

// single is an output of one file.
type single struct {
	place
	f    *os.File
	full bool
}

func (d *single) Put(name string, size int64, open func() (io.ReadCloser, error)) error {
	if d.full {
		return fmt.Errorf("%w: %s is one file, and the export has more", record.ErrInvalid, d.final)
	}
	d.full = true
	return copyExactly(d.f, name, size, open)
}

func (d *single) Commit() error {
	if err := errors.Join(d.f.Sync(), d.f.Close()); err != nil {
		return err
	}
	return d.commit()
}

func (d *single) Abort() error {
	if d.done {
		return nil
	}
	d.f.Close()
	return os.Remove(d.partial)
}

// Memory is an output of one file that is handed on, not kept.
type Memory struct{ bytes.Buffer }

// Put takes the one file.
func (m *Memory) Put(name string, size int64, open func() (io.ReadCloser, error)) error {
	if m.Len() > 0 {
		return fmt.Errorf("%w: one file was asked for, and the export has more", record.ErrInvalid)
	}
	return copyExactly(&m.Buffer, name, size, open)
}

func (m *Memory) Commit() error { return nil }
func (m *Memory) Abort() error  { return nil }
