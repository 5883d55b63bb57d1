// Package assist declares what an assistant is: help from a program outside the
// process, such as one that reads the text in a picture. Each assistant is a
// folder with one exported Kind and one line in all/all.go.
//
// What an assistant gives is not ours to repeat: another version of the program
// gives another output for the same bytes. So every output is archived as a
// derivative that names its tool, and never made again silently. An assistant
// stores nothing itself, asks nothing of a network, and hands hostile bytes to
// the program only in a form it made itself.
package assist

import (
	"context"
	"io"
)

// Kind is one helper outside the process.
type Kind struct {
	Name string // like "ocr": part of a derivative's record, never changed
	Doc  string // one sentence for help and manual

	// Takes says by the media type, like "image/png", whether files can be read.
	Takes func(mediaType string) bool

	// Find looks for the program on this machine. When it, or a part it cannot
	// work without, is not there, the error is record.ErrNotFound with a hint
	// how to install it.
	Find func(ctx context.Context) (Helper, error)
}

// Helper is a helper that is there. Its output is not deterministic between
// versions: it is archived with Tool and never made again silently.
type Helper struct {
	Tool string // name, version and models, like "tesseract 5.3.0 ara+fas+eng": recorded with every output

	// Read returns the text of a file: valid UTF-8, "" when it holds none. It is
	// record.ErrInvalid when this file can never be read, the context's error
	// when that ended, and anything else when another try may do. It does not
	// keep r, and may be called from several goroutines.
	Read func(ctx context.Context, r io.Reader) (string, error)
}

// Painter makes pictures of captured pages. Another version of the program makes
// another picture, so what it gives is archived with Tool and never made again
// silently.
type Painter struct {
	Tool string // name and version of the program
	Type string // media type of what it gives

	// Paint returns a picture of a page: its bytes as captured, and the media type
	// it was sent with. Nothing in the page is run, and nothing it asks for is
	// fetched: it goes to no network. The context's error when that ended.
	Paint func(ctx context.Context, page []byte, mediaType string) ([]byte, error)
}
