package warc

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"dalil/internal/format"
	"dalil/internal/record"
)

var gzipMagic = []byte{0x1f, 0x8b}

// member reads the records of the gzip member at offset at and returns where
// it ends. Of a damaged member everything up to the damage is read, and the
// next member is looked for behind it.
func (w *walker) member(at int64) (int64, error) {
	raw := &source{r: io.NewSectionReader(w.in.R, at, w.in.Size-at)}
	raw.br = bufio.NewReaderSize(raw.count(), 32<<10)
	z, err := newMember(raw.br)
	if err != nil {
		next := findGzip(w.in, at+1)
		w.problem(at, "a packed record has a damaged head and was passed over", getComplete)
		return next, nil
	}
	s := &stream{w: w, start: at, br: bufio.NewReaderSize(w.packed.Reader(z, raw.consumed), 64<<10), file: func() int64 { return at + raw.consumed() }}
	if err := s.records(); err != nil {
		return 0, err
	}
	switch err := s.err; {
	case err == nil || errors.Is(err, io.EOF):
		return at + raw.consumed(), nil
	case errors.Is(err, record.ErrInvalid):
		w.problem(at, "the packed record was given up: "+err.Error(), unpackIt)
	case errors.Is(err, io.ErrUnexpectedEOF):
		w.problem(at, "the file ends inside a packed record", getComplete)
	case isCorrupt(err):
		w.problem(at, fmt.Sprintf("a packed record is damaged (%v)", err), getComplete)
	default:
		return 0, err
	}
	return findGzip(w.in, at+max(1, raw.consumed()-1)), nil
}

// newMember unpacks the one gzip member that begins at br and takes not a byte
// more off it.
func newMember(br *bufio.Reader) (*gzip.Reader, error) {
	z, err := gzip.NewReader(br)
	if err == nil {
		z.Multistream(false)
	}
	return z, err
}

// What a user can do.
const (
	getComplete = "get the complete file if you can"
	unpackIt    = "if you trust it, unpack the file yourself and import the result"
)

// isCorrupt reports whether err says that the bytes are wrong, rather than
// that they could not be read.
func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader)
}

// plain reads records that are not packed, from offset at to the first byte
// that is none, and returns where to go on.
func (w *walker) plain(at int64) (int64, error) {
	raw := &source{r: io.NewSectionReader(w.in.R, at, w.in.Size-at)}
	s := &stream{w: w, start: at, plain: true}
	s.br = bufio.NewReaderSize(raw.count(), 64<<10)
	raw.br = s.br
	s.file = func() int64 { return at + raw.consumed() }
	if err := s.records(); err != nil {
		return 0, err
	}
	if s.err != nil && !errors.Is(s.err, io.EOF) {
		return 0, s.err
	}
	return s.next, nil
}

// source counts what was taken from a section of the file through br.
type source struct {
	r  io.Reader
	n  int64
	br *bufio.Reader
}

func (s *source) count() io.Reader { return (*sourceCounter)(s) }

func (s *source) consumed() int64 { return s.n - int64(s.br.Buffered()) }

type sourceCounter source

func (s *sourceCounter) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	return n, err
}

// findGzip returns where the next gzip member may begin, at or behind at; the
// size of the file when there is none.
func findGzip(in format.Input, at int64) int64 {
	return find(in, at, in.Size, []byte{0x1f, 0x8b, 8})
}

// find returns where sig next stands in the file from offset at up to end; end
// when it does not.
func find(in format.Input, at, end int64, sig []byte) int64 {
	buf := make([]byte, 1<<10) // mostly it stands close by
	for at < end {
		n, err := in.R.ReadAt(buf[:min(int64(len(buf)), end-at)], at)
		if i := bytes.Index(buf[:n], sig); i >= 0 {
			return at + int64(i)
		}
		if err != nil || n < len(sig) {
			return end
		}
		at += int64(n - len(sig) + 1)
		if len(buf) < 64<<10 {
			buf = make([]byte, 8*len(buf))
		}
	}
	return end
}
