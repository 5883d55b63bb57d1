package telegramexport

import (
	"context"
	"errors"
	"fmt"
	"io"

	"dalil/internal/record"
)

const (
	windowSize = 1 << 20  // bytes read at a time
	maxMessage = 64 << 20 // bytes of one message that are held in memory
)

// A window is the part of a file that is in memory: buf holds the file from
// byte base on, and pos is the next byte of buf to look at. Everything from
// mark on is kept while the window moves; without a mark, everything from pos.
type window struct {
	ctx  context.Context
	r    io.ReaderAt
	size int64
	base int64
	buf  []byte
	pos  int
	mark int // -1: none
	err  error
}

func newWindow(ctx context.Context, r io.ReaderAt, size, at int64) *window {
	return &window{ctx: ctx, r: r, size: size, base: at, buf: make([]byte, 0, max(min(windowSize, size-at), 1)), mark: -1}
}

// offset is the place of pos in the file.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// more reads on. It returns false at the end of the file, when reading fails
// (err says why), and when what is marked has grown beyond maxMessage.
func (w *window) more() bool {
	if w.err != nil || w.base+int64(len(w.buf)) >= w.size {
		return false
	}
	if w.err = w.ctx.Err(); w.err != nil {
		return false
	}
	keep := w.pos
	if w.mark >= 0 {
		keep = w.mark
	}
	n := len(w.buf) - keep
	switch {
	case n+windowSize/4 > maxMessage:
		return false
	case n+windowSize/4 > cap(w.buf) && int64(cap(w.buf)) < w.size-w.base-int64(keep): // a giant: grow
		grown := make([]byte, n, min(max(2*cap(w.buf), windowSize), maxMessage))
		copy(grown, w.buf[keep:])
		w.buf = grown
	case cap(w.buf) > windowSize && n < windowSize/2: // the giant is gone: shrink
		small := make([]byte, n, windowSize)
		copy(small, w.buf[keep:])
		w.buf = small
	default:
		w.buf = w.buf[:copy(w.buf, w.buf[keep:])]
	}
	w.base += int64(keep)
	w.pos -= keep
	if w.mark >= 0 {
		w.mark = 0
	}
	at := w.base + int64(n)
	room := int64(cap(w.buf) - n)
	got, err := w.r.ReadAt(w.buf[n:n+int(min(room, w.size-at))], at)
	w.buf = w.buf[:n+got]
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = record.WithHint(fmt.Errorf("read at byte %d: %w", at+int64(got), err), "check the disk or copy the file again")
		return false
	}
	if got == 0 {
		w.size = at // shorter than announced
	}
	return got > 0
}

// tooLong reports whether more failed because of maxMessage.
func (w *window) tooLong() bool {
	return w.err == nil && w.base+int64(len(w.buf)) < w.size
}

// ahead sees to it that n bytes from pos on are in the window, if the file has
// them, and returns what is there.
func (w *window) ahead(n int) []byte {
	for len(w.buf)-w.pos < n && w.more() {
	}
	return w.buf[w.pos:]
}

// next skips white space and returns the byte at pos without taking it; false
// at the end of the file.
func (w *window) next() (byte, bool) {
	for {
		for ; w.pos < len(w.buf); w.pos++ {
			if c := w.buf[w.pos]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
				return c, true
			}
		}
		if !w.more() {
			return 0, false
		}
	}
}

// seek moves to a place in the file.
func (w *window) seek(at int64) {
	w.mark = -1
	if at >= w.base && at <= w.base+int64(len(w.buf)) {
		w.pos = int(at - w.base)
		return
	}
	w.base, w.pos, w.buf = at, 0, w.buf[:0]
}
