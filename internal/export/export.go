// Package export declares what an export is: something that writes a Release
// into files. It can be handed nothing else, so it cannot publish what was
// withheld. Each export is a folder with one exported Kind and one line in
// all/all.go.
package export

import (
	"context"
	"io"
	"time"

	"dalil/internal/redact"
)

// Kind describes one export.
type Kind struct {
	Name string // as in `dalil export NAME`
	Doc  string // one sentence for help and manual

	// Write writes the release into out. The same release and options give the
	// same bytes, always. Whoever calls Write commits or aborts out.
	Write func(ctx context.Context, out Output, r redact.Release, o Options) error
}

// Options are what a person adds to a release.
type Options struct {
	Made time.Time // when it was made; left out when zero, exports read no clock
	Note string    // a word to the reader, plain text

	// Columns are the columns of a table, in order; none are the usual ones. One
	// that the export does not know is record.ErrInvalid.
	Columns []string
	Mark    bool // begin a table with a byte order mark, without which some spreadsheets garble Arabic and Persian
}

// Output takes the files of an export.
type Output interface {
	// Put writes one file. name is relative, "/" separated and of plain
	// characters (ValidName). open may be called more than once and must give
	// exactly size bytes each time; anything else is record.ErrAltered.
	Put(name string, size int64, open func() (io.ReadCloser, error)) error
	// Commit makes what was put stand under its final name; until then nothing
	// is there. It fails with record.ErrConflict if the name is taken.
	Commit() error
	// Abort removes everything. After Commit it does nothing.
	Abort() error
}
