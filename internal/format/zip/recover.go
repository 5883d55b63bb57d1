package zip

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"dalil/internal/format"
	"dalil/internal/record"
)

// recover walks a zip without a directory from one local header to the next.
func (o *opener) recover(yield func(format.Part) error) error {
	members := 0
	for at := int64(0); ; {
		if err := o.ctx.Err(); err != nil {
			return err
		}
		at = o.nextHeader(at)
		if at < 0 {
			break
		}
		if members++; members > format.MaxParts {
			o.problem(at, "", fmt.Sprintf("the zip has more than the %d files that are taken; the rest was left", format.MaxParts), unpackIt)
			return nil
		}
		m, data, err := o.readLocal(at)
		if err != nil {
			at += int64(len(sigLocal))
			continue
		}
		if m.flags&8 != 0 && m.packed == 0 { // sizes stand behind the data
			if err := o.measure(&m, data); err != nil {
				if !errors.Is(err, record.ErrInvalid) {
					return err
				}
				o.problem(m.header, m.path, err.Error(), unpackIt)
				at = data
				continue
			}
		}
		if err := o.open(&m, yield); err != nil {
			return err
		}
		at = max(data, min(data+m.packed, o.in.Size))
	}
	if members == 0 {
		o.problem(0, "", "nothing in it could be read as a zip", "")
	}
	return nil
}

// nextHeader finds the next local header at or behind at; -1 when there is
// none.
func (o *opener) nextHeader(at int64) int64 { return find(o.in, at, sigLocal) }

// find returns where sig next stands in the input; -1 when it does not.
func find(in format.Input, at int64, sig string) int64 {
	buf := make([]byte, 1<<10) // mostly it stands close by
	for at < in.Size {
		n, err := in.R.ReadAt(buf, at)
		if i := bytes.Index(buf[:n], []byte(sig)); i >= 0 {
			return at + int64(i)
		}
		if err != nil || n < len(sig) {
			return -1
		}
		at += int64(n - len(sig) + 1)
		if len(buf) < 64<<10 {
			buf = make([]byte, 8*len(buf))
		}
	}
	return -1
}

// readLocal makes a member of a local header.
func (o *opener) readLocal(at int64) (member, int64, error) {
	m := member{header: at}
	data, name, err := o.local(&m)
	if err != nil {
		return m, 0, err
	}
	var b [localLen]byte
	if _, err := o.in.R.ReadAt(b[:], at); err != nil {
		return m, 0, err
	}
	extra := make([]byte, data-at-localLen-int64(len(name)))
	if _, err := o.in.R.ReadAt(extra, data-int64(len(extra))); err != nil {
		return m, 0, err
	}
	m.flags, m.method = binary.LittleEndian.Uint16(b[6:]), binary.LittleEndian.Uint16(b[8:])
	m.setTime(binary.LittleEndian.Uint16(b[10:]), binary.LittleEndian.Uint16(b[12:]))
	m.sum = binary.LittleEndian.Uint32(b[14:])
	m.packed, m.size = int64(binary.LittleEndian.Uint32(b[18:])), int64(binary.LittleEndian.Uint32(b[22:]))
	m.readExtra(name, extra)
	m.setName(name)
	if m.packed < 0 || m.size < 0 || m.size == math.MaxUint32 || m.packed == math.MaxUint32 {
		return m, 0, errNoDirectory
	}
	return m, data, nil
}

// measure finds the end of a member whose sizes were not known when it was
// written: a deflate stream ends by itself, stored bytes end before the next
// header.
func (o *opener) measure(m *member, data int64) error {
	m.size = -1
	if m.method != deflated {
		end := o.nextHeader(data)
		if d := find(o.in, data, sigData); d >= 0 && (end < 0 || d < end) {
			end = d
		}
		if end < 0 {
			end = o.in.Size
		}
		m.packed = end - data
		return nil
	}
	packed := &counter{r: io.NewSectionReader(o.in.R, data, o.in.Size-data)}
	br := bufio.NewReader(packed)
	consumed := func() int64 { return packed.n - int64(br.Buffered()) }
	var budget format.Budget // measuring must not spend what reading needs
	_, err := io.Copy(io.Discard, budget.Reader(flate.NewReader(br), consumed))
	if errors.Is(err, record.ErrInvalid) {
		return err
	}
	m.packed = consumed() // after damage: as far as it could be followed
	return nil
}
