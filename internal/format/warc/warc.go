// Package warc opens web archives: WARC 1.0 and 1.1 (ISO 28500), plain or
// gzip-packed record by record or as a whole, and WACZ, the zip around them.
//
// Of a WARC the captured pages are parts: each response with status 200 and
// each resource record, with its URL, media type and date (the server's, where
// its answer gives it). Other records are
// counted. A record is checked against its digests; a mismatch is a Problem
// and the part is yielded all the same.
//
// A part is read while the archive streams by. Reading it in its yield call
// costs nothing extra; opening it a second time, or later, unpacks the archive
// again from the gzip member that holds it. What a limit stopped is an error
// from the part's reader, for the caller to report.
package warc

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind is the container format of WARC files.
var Kind = format.Kind{
	Name:    "warc",
	Doc:     "a web archive (WARC): every captured page or file with its address and date",
	Version: 2,
	Match:   match,
	Parts:   parts,
}

// magic begins every record.
const magic = "WARC/"

func match(h format.Head) int {
	name := strings.ToLower(h.Path)
	byName := 0
	if strings.HasSuffix(name, ".warc") || strings.HasSuffix(name, ".warc.gz") {
		byName = 40
	}
	switch {
	case bytes.HasPrefix(h.Bytes, []byte(magic)):
		return 100
	case bytes.HasPrefix(h.Bytes, gzipMagic):
		z, err := gzip.NewReader(bytes.NewReader(h.Bytes))
		if err != nil {
			return byName
		}
		var b [len(magic)]byte
		if _, err := io.ReadFull(z, b[:]); err == nil && string(b[:]) == magic {
			return 100
		}
	}
	return byName
}

func parts(ctx context.Context, in format.Input, out format.Sink, yield func(format.Part) error) error {
	w := walker{ctx: ctx, in: in, out: out, yield: yield, problems: format.Problems{Out: out}, skipped: map[string]int{}}
	if err := w.walk(); err != nil {
		return err
	}
	w.finish()
	return nil
}

// walker is the work on one WARC file.
type walker struct {
	ctx   context.Context
	in    format.Input
	out   format.Sink
	yield func(format.Part) error

	names   format.Names
	packed  format.Budget // gzip members against the file
	decoded format.Budget // payloads against the file
	seen    int64         // where in the file the last page ended

	records  int
	problems format.Problems
	quiet    bool // a part read again: its problems were told
	skipped  map[string]int
	order    []string // of skipped, as first met
}

func (w *walker) problem(at int64, what, remedy string) {
	if !w.quiet {
		w.problems.Tell(record.Problem{Offset: at, What: what, Remedy: remedy})
	}
}

func (w *walker) skip(what string) {
	if w.skipped[what] == 0 {
		w.order = append(w.order, what)
	}
	w.skipped[what]++
}

func (w *walker) finish() {
	for _, what := range w.order {
		w.out.Skipped(what, w.skipped[what])
	}
	if w.records == 0 && w.problems.Told() == 0 && w.in.Size > 0 {
		w.problem(0, "the web archive holds no records", "")
	}
	w.problems.Close()
}

// walk goes through the file, one segment after the other: a segment is one
// gzip member, or a stretch of plain records.
func (w *walker) walk() error {
	for at := int64(0); at < w.in.Size; {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		var head [2]byte
		n, err := w.in.R.ReadAt(head[:], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var next int64
		if bytes.Equal(head[:n], gzipMagic) {
			next, err = w.member(at)
		} else {
			next, err = w.plain(at)
		}
		if err != nil {
			return err
		}
		at = max(next, at+1)
	}
	return nil
}
