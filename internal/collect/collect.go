// Package collect declares what a collector is: something that yields captures
// and gaps. Collectors store nothing; the pipeline deposits what they yield.
package collect

import (
	"context"
	"io"
	"iter"

	"dalil/internal/record"
)

// File is one file a collector found.
type File struct {
	Path   string      // relative to what was asked for, "/" separated, cleaned
	Theirs record.When // their clock: for a file its modification time
	Size   int64       // bytes at the time of listing
	URL    string      // where it is said to come from, when known
	Open   func() (ReadAtCloser, error)
}

// ReadAtCloser is an open file that can be read at any place.
type ReadAtCloser interface {
	io.Reader
	io.ReaderAt
	io.Closer
}

// Kind describes one collector.
type Kind struct {
	Name string
	Doc  string
	// Collect yields files in a stable order. An error beside a zero File ends
	// the walk; an error beside a File with a Path is about that file alone.
	Collect func(ctx context.Context, where string) iter.Seq2[File, error]
}
