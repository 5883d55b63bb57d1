package warc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"dalil/internal/record"
)

// stream is a run of records: a gzip member, or the plain part of a file.
type stream struct {
	w     *walker
	start int64 // of the segment in the file
	plain bool  // bytes here are the file's own
	br    *bufio.Reader
	pos   int64        // bytes taken from br
	file  func() int64 // bytes of the file consumed so far
	err   error        // what ended the stream
	next  int64        // plain: where to go on in the file
}

// at is where a message about the next byte points to.
func (s *stream) at() int64 {
	if s.plain {
		return s.start + s.pos
	}
	return s.start
}

// records reads records until the stream ends and leaves the reason in s.err.
// Its own error is the caller's: cancelled, or refused by the sink.
func (s *stream) records() error {
	for {
		if err := s.w.ctx.Err(); err != nil {
			return err
		}
		s.blank()
		head, err := s.br.Peek(len(magic))
		s.next = s.at()
		switch {
		case len(head) == 0:
			s.err = err
			return nil
		case s.plain && bytes.HasPrefix(head, gzipMagic):
			return nil // packed records follow
		case string(head) != magic:
			s.w.problem(s.at(), "bytes that belong to no record were passed over", getComplete)
			if !s.resync() {
				s.next = s.at()
				return nil
			}
			continue
		}
		if err := s.record(); err != nil || s.err != nil {
			s.next = s.at()
			return err
		}
	}
}

// blank passes over line ends between records.
func (s *stream) blank() {
	for {
		b, err := s.br.ReadByte()
		if err != nil {
			return
		}
		if b != '\r' && b != '\n' {
			s.br.UnreadByte()
			return
		}
		s.pos++
	}
}

// resync goes to the next line that begins like a record and reports whether
// there is one.
func (s *stream) resync() bool {
	for {
		line, err := s.br.ReadSlice('\n')
		s.pos += int64(len(line))
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			s.err = err
			return false
		}
		head, _ := s.br.Peek(len(magic))
		if err == nil && (string(head) == magic || s.plain && bytes.HasPrefix(head, gzipMagic)) {
			return true
		}
	}
}

// record reads one record. It leaves the stream behind its block.
func (s *stream) record() error {
	at, pos := s.at(), s.pos
	h, n, err := readHeader(s.br)
	s.pos += n
	switch {
	case errors.Is(err, errHeader):
		s.w.problem(at, fmt.Sprintf("a record's head is longer than %d bytes and was passed over", maxHeader), getComplete)
		s.resync()
		return nil
	case err != nil:
		s.err = err
		if s.plain && errors.Is(err, io.ErrUnexpectedEOF) {
			s.w.problem(at, "the file ends inside the head of a record", getComplete)
			s.err = io.EOF
		}
		return nil
	}
	s.w.records++
	length := s.length(at, h)
	b := &block{s: s, left: length}
	if err := s.w.take(b, at, pos, h); err != nil {
		return err
	}
	if b.left > 0 && length >= 0 && (s.err == nil || errors.Is(s.err, io.EOF)) {
		s.w.problem(at, fmt.Sprintf("the record is cut off after %d of %d bytes", b.n, length), getComplete)
	}
	return nil
}

// length returns how long the block of the record at offset at is: what the
// record says if that can be true, what the file shows if not; -1 for all that
// is left of the stream.
func (s *stream) length(at int64, h header) int64 {
	said, ok := h.length()
	if !s.plain {
		if !ok {
			s.w.problem(at, fmt.Sprintf("a record with no usable length (%.40q): it is read to the end of its pack", h.get("content-length")), getComplete)
			return -1
		}
		return said
	}
	begin, size := s.at(), s.w.in.Size
	if ok && said <= size-begin && s.recordOrEnd(begin+said) {
		return said
	}
	next := find(s.w.in, begin-1, size, []byte("\n"+magic))
	if next == size && ok && said > size-begin {
		return said // the last record, cut off: the reader will say so
	}
	real := s.trimmed(begin, min(next+1, size)) - begin
	if !ok {
		s.w.problem(at, fmt.Sprintf("a record with no usable length (%.40q): it is taken to be %d bytes", h.get("content-length"), real), getComplete)
	} else if real != said {
		s.w.problem(at, fmt.Sprintf("a record says it is %d bytes long; the next begins after %d", said, real), getComplete)
	}
	return real
}

// trimmed returns end less the two line ends that close a record.
func (s *stream) trimmed(begin, end int64) int64 {
	var c [4]byte
	from := max(begin, end-int64(len(c)))
	n, _ := s.w.in.R.ReadAt(c[:end-from], from)
	return from + int64(len(bytes.TrimRight(c[:n], "\r\n")))
}

// recordOrEnd reports whether a record, or nothing but line ends, stands at
// offset at of the file.
func (s *stream) recordOrEnd(at int64) bool {
	var b [64]byte
	n, _ := s.w.in.R.ReadAt(b[:], at)
	rest := bytes.TrimLeft(b[:n], "\r\n")
	return len(rest) == 0 || bytes.HasPrefix(rest, []byte(magic)) || bytes.HasPrefix(rest, gzipMagic) ||
		len(rest) < len(magic) && bytes.HasPrefix([]byte(magic), rest)
}

// block reads one record's block off its stream.
type block struct {
	s    *stream
	left int64 // -1: to the end of the stream
	n    int64
	sum  *digest
}

func (b *block) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.s.br.Read(p)
	b.n += int64(n)
	b.s.pos += int64(n)
	if b.left > 0 {
		b.left -= int64(n)
	}
	b.sum.write(p[:n])
	if err != nil {
		b.s.err = err
		if !errors.Is(err, record.ErrInvalid) && isDamage(err) {
			err = io.EOF // the stream reports it; what was read is kept
		}
	}
	return n, err
}

func isDamage(err error) bool {
	return isCorrupt(err) || errors.Is(err, io.ErrUnexpectedEOF)
}
