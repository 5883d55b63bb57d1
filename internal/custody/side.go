package custody

import (
	"encoding/binary"
	"io"
)

// FrameHeader is the size of what stands before each body in a body file: the
// entry's index and the body's length.
const FrameHeader = 12

// AppendFrame appends a body and its header to b.
func AppendFrame(b []byte, index uint64, body []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, index)
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}

// Frame says where a body lies in its file.
type Frame struct {
	Index          uint64
	Offset, Length int64 // of the body; its header is before it
}

// End is where the next frame begins.
func (f Frame) End() int64 { return f.Offset + f.Length }

// FrameReader reads frame headers of a body file, in ascending order, through
// a buffer: bodies are often short.
type FrameReader struct {
	From io.ReaderAt
	Size int64 // of the file

	buf  [16 << 10]byte
	at   int64
	have int
}

// Next returns the frame whose header is at offset. It is not ok when the file
// ends before the frame does.
func (r *FrameReader) Next(offset int64) (f Frame, ok bool, err error) {
	if offset > r.Size-FrameHeader {
		return Frame{}, false, nil
	}
	if offset < r.at || offset+FrameHeader > r.at+int64(r.have) {
		n, err := r.From.ReadAt(r.buf[:min(int64(len(r.buf)), r.Size-offset)], offset)
		if n < FrameHeader {
			return Frame{}, false, err
		}
		r.at, r.have = offset, n
	}
	b := r.buf[offset-r.at:]
	f = Frame{binary.BigEndian.Uint64(b), offset + FrameHeader, int64(binary.BigEndian.Uint32(b[8:]))}
	return f, f.End() <= r.Size, nil
}

// AppendEntry appends an entry to an entry bundle.
func AppendEntry(bundle, entry []byte) []byte {
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(entry)))
	return append(bundle, entry...)
}

// CutEntry returns the first entry of a bundle and what follows. It is not ok
// when the bundle ends inside the entry.
func CutEntry(bundle []byte) (entry, rest []byte, ok bool) {
	if len(bundle) < 2 {
		return nil, bundle, false
	}
	n := 2 + int(binary.BigEndian.Uint16(bundle))
	if n > len(bundle) {
		return nil, bundle, false
	}
	return bundle[2:n:n], bundle[n:], true
}
