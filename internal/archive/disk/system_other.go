//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package disk

import (
	"errors"
	"io/fs"
	"os"
)

var errHeld = errors.New("held by another process, or left by one that was killed: remove the file lock if none runs")

// lockFile makes a file that must not exist. Here a killed process leaves it.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, errHeld
	}
	return f, err
}

func (l *lock) release() error { return errors.Join(l.f.Close(), os.Remove(l.f.Name())) }

// syncDir does nothing: folders cannot be fsynced here.
func syncDir(string) error { return nil }
