// Package format declares what a format is: something that turns bytes into
// statements with positions (a reader) or into further files (a container).
// Each format is a folder with one exported Kind and one line in all/all.go.
//
// A format reads hostile input. It streams, never panics, keeps memory bounded
// whatever the input claims about itself, and loses nothing that could be
// read: what it cannot read it reports as a Problem with the byte where it
// stands, and goes on behind it.
package format

import (
	"context"
	"io"
	"strconv"
	"time"

	"dalil/internal/record"
)

// Kind describes one format. Exactly one of Read and Parts is set.
type Kind struct {
	Name    string // like "telegram-json": part of a capture's record, never changed
	Doc     string // one sentence for help and manual
	Version int    // raised when the same bytes would be read differently

	// Match says how sure the format is that it can read a file: 0 not at all,
	// 1-49 by name only, 50-89 by content, 90-100 certain. The highest wins.
	Match func(Head) int

	// Read reads statements. It returns an error only when it was cancelled,
	// the sink refused, or the input could not be read at all; a broken file
	// is a Problem to the sink and a nil error. The same bytes and settings
	// give the same calls in the same order, always.
	Read func(ctx context.Context, in Input, out Sink) error

	// Parts opens a container: yield is called for each file in it, in order.
	// A part that cannot be had is a Problem to the sink.
	Parts func(ctx context.Context, in Input, out Sink, yield func(Part) error) error

	// Facts reads what a file says about whole sources, like the title of the
	// channel it is an export of: from its beginning or in one pass over a page,
	// never more than that. Of each fact it gives Key, Kind and Value, and At
	// (NoSeconds when the file does not say). A file that says nothing, or is
	// broken, gives none. Nil: files of this format never do.
	Facts func(ctx context.Context, in Input) []record.Fact

	// Owns reports whether a sibling file is an attachment of files of this
	// format, and so not a statement of its own. path is relative to the
	// folder of the format's file, "/" separated. Nil means none is.
	Owns func(path string) bool
}

// ID is the name and version as a capture records it, like "telegram-json/1".
func (k Kind) ID() string { return k.Name + "/" + strconv.Itoa(k.Version) }

// Head is what Match sees of a file.
type Head struct {
	Path  string // "/" separated, relative to the import
	Size  int64
	Bytes []byte // the first 64 KiB, or all of a smaller file
}

// Input is one file to read.
type Input struct {
	Path string // "/" separated, relative to the import; for messages only
	R    io.ReaderAt
	Size int64
	Settings
}

// Settings are the user's choices that change what is read.
type Settings struct {
	Zone      *time.Location // for times without a printed zone; never nil
	KeepOwner bool           // take the exporting account's own data too
	URL       string         // where the bytes are said to come from, when known
	Theirs    record.When    // their clock for the whole file, when known
	Languages []string       // the case's languages, most used first
}

// Part is a file inside a container.
type Part struct {
	Path   string      // name in the container, cleaned: relative, "/" separated, no ".."
	URL    string      // where it is said to come from, when the container says so
	Type   string      // declared media type, "" when none
	Theirs record.When // their clock
	Open   func() (io.ReadCloser, error)
	Size   int64 // as declared; -1 when unknown. Never trusted
}

// Sink takes what a format reads. A non-nil error means stop and return it.
type Sink interface {
	// Source says who published the readings that follow. A format that knows
	// no better source does not call it; the pipeline then takes one from the
	// file's origin.
	Source(record.Source) error
	// Reading delivers one statement version. The pointer is valid only during
	// the call; strings in it may be kept. Its Span gives offset and length in
	// this input (and page): a span of length 0 means the whole input.
	Reading(*record.Reading) error
	// Problem reports what could not be read. File may be left empty.
	Problem(record.Problem)
	// Skipped counts what was deliberately not taken, in the user's words:
	// Skipped("contacts of the exporting account", 212).
	Skipped(what string, n int)
	// Covers says that the input holds every message of the current source
	// from id first to id last inclusive, as its platform gave them at the
	// time of export. Called after the source's last reading.
	Covers(first, last int64)
}

// Limits that every format keeps, against bombs (SECURITY T23).
const (
	MaxText      = 16 << 20 // bytes of text taken from one statement; the rest stays in the archive
	MaxRatio     = 200      // unpacked bytes per packed byte, beyond the first MaxSlack
	MaxSlack     = 64 << 20
	MaxPartBytes = 16 << 30
	MaxParts     = 1 << 20
	MaxDepth     = 256 // nesting of JSON values, HTML elements, containers in containers count separately: 4
	MaxNested    = 4
)
