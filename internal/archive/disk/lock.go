package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dalil/internal/record"
)

// Locked says that somebody else is writing to the case. It is a
// record.ErrConflict.
type Locked struct {
	Dir string
	By  string // process, machine and since when, as the holder wrote it; may be ""
}

func (e *Locked) Error() string {
	if e.By == "" {
		return fmt.Sprintf("%s is in use by another dalil", e.Dir)
	}
	return fmt.Sprintf("%s is in use by another dalil: %s", e.Dir, e.By)
}

func (e *Locked) Unwrap() error { return record.ErrConflict }

// lock keeps others from writing. The file stays when it is released: removing
// it would let two processes lock two files of one name.
type lock struct {
	f *os.File
}

func acquire(dir string) (*lock, error) {
	path := filepath.Join(dir, "lock")
	f, err := lockFile(path)
	if err == errHeld {
		by, _ := os.ReadFile(path) // for the message only
		return nil, record.WithHint(&Locked{dir, strings.TrimSpace(string(by))}, "wait until it has finished, or stop it")
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	host, _ := os.Hostname() // for the message only
	text := fmt.Sprintf("process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	if err := f.Truncate(0); err == nil {
		f.WriteAt([]byte(text), 0) // for the message only
	}
	return &lock{f}, nil
}
