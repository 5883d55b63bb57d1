package zip

import (
	"bufio"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Compression methods (APPNOTE 4.4.5) that are unpacked.
const stored, deflated, bzipped = 0, 8, 12

// methodName names the others, for messages.
func methodName(m uint16) string {
	name, ok := map[uint16]string{1: "shrink", 6: "implode", 9: "Deflate64", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES"}[m]
	if !ok {
		return fmt.Sprintf("method %d", m)
	}
	return name
}

// open checks one member and yields it as a part.
func (o *opener) open(m *member, yield func(format.Part) error) error {
	if m.folder {
		return nil
	}
	if isSystem(m.path) {
		o.system++
		return nil
	}
	if what, remedy := unfit(m); what != "" {
		o.problem(m.header, m.path, what, remedy)
		return nil
	}
	data, own, err := o.local(m)
	if err != nil {
		o.problem(m.header, m.path, "has no header where the zip says", getComplete)
		return nil
	}
	if name, _ := decodeName(own); name != m.path && !m.extra {
		o.problem(m.header, m.path, fmt.Sprintf("is called %.200q in its own header: programs disagree which file this is", name), "look at it with care")
	}
	if have := o.in.Size - data; m.packed > have {
		o.problem(m.header, m.path, fmt.Sprintf("ends after %d of %d packed bytes: the zip is cut off", have, m.packed), getComplete)
		m.packed, m.size = have, -1
	}
	return o.yield(m, data, yield)
}

// unfit says why a member cannot be taken, from what the zip says of it alone;
// "" when it can.
func unfit(m *member) (what, remedy string) {
	kind := m.mode & modeType
	switch {
	case kind == modeLink:
		return "is a symbolic link and was not followed", ""
	case kind != 0 && kind != modeFile && kind != modeFolder:
		return "is a device or pipe and was not taken", ""
	case m.flags&1 != 0:
		return "is encrypted and cannot be read", "unpack the zip with its password and import the folder"
	case m.method != stored && m.method != deflated && m.method != bzipped:
		return "is packed with " + methodName(m.method) + ", which is not supported", unpackIt
	case m.size > format.MaxPartBytes || m.size > format.MaxSlack && m.size-format.MaxSlack > m.packed*format.MaxRatio:
		return fmt.Sprintf("would unpack %d bytes to %d, like a decompression bomb, and was refused", m.packed, m.size), "if you trust it, " + unpackIt
	}
	return "", ""
}

// yield names the member and hands it on.
func (o *opener) yield(m *member, data int64, yield func(format.Part) error) error {
	name, why := o.names.Take(m.path)
	if m.guess {
		guess := fmt.Sprintf("has a name in an unknown code page, guessed as %q", name)
		o.problem(m.header, m.path, guess, "compare the name with the original")
	}
	if why != "" {
		o.problem(m.header, m.path, "has a name that "+why+fmt.Sprintf("; it is kept as %q", name), "")
	}
	return yield(format.Part{
		Path:   name,
		Theirs: m.when(o.in.Zone),
		Size:   m.size,
		Open:   func() (io.ReadCloser, error) { return o.reader(m, data), nil },
	})
}

// local reads the member's own header and returns where its data begin and
// the name given there.
func (o *opener) local(m *member) (data int64, name []byte, err error) {
	var b [localLen]byte
	if _, err := o.in.R.ReadAt(b[:], m.header); err != nil {
		return 0, nil, err
	}
	if string(b[:4]) != sigLocal {
		return 0, nil, errNoDirectory
	}
	name = make([]byte, binary.LittleEndian.Uint16(b[26:]))
	if _, err := o.in.R.ReadAt(name, m.header+localLen); err != nil {
		return 0, nil, err
	}
	data = m.header + localLen + int64(len(name)) + int64(binary.LittleEndian.Uint16(b[28:]))
	if data > o.in.Size {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return data, name, nil
}

// reader unpacks the member's data.
func (o *opener) reader(m *member, data int64) io.ReadCloser {
	packed := &counter{r: io.NewSectionReader(o.in.R, data, m.packed)}
	p := &part{o: o, m: m, sum: crc32.NewIEEE()}
	switch m.method {
	case stored:
		p.r = packed
	case bzipped:
		p.r = bzip2.NewReader(bufio.NewReader(packed))
	default:
		p.r = flate.NewReader(bufio.NewReader(packed))
	}
	p.r = o.budget.Reader(p.r, func() int64 { return packed.n })
	return p
}

// part is a member being read: it compares what comes out with what the zip
// declared.
type part struct {
	o    *opener
	m    *member
	r    io.Reader
	sum  hash.Hash32
	n    int64
	done error
}

func (p *part) Read(b []byte) (int, error) {
	if p.done != nil {
		return 0, p.done
	}
	n, err := p.r.Read(b)
	p.n += int64(n)
	p.sum.Write(b[:n])
	if err == nil {
		return n, nil
	}
	p.done = p.end(err)
	return n, p.done
}

// end says how the part ended: damage is reported and becomes a normal end.
func (p *part) end(err error) error {
	if errors.Is(err, record.ErrInvalid) {
		return fmt.Errorf("member %.200q: %w", p.m.path, err)
	}
	var what string
	var bad flate.CorruptInputError
	var badBzip bzip2.StructuralError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &bad), errors.As(err, &badBzip):
		what = fmt.Sprintf("is damaged: %d bytes could be unpacked", p.n)
	case !errors.Is(err, io.EOF):
		return err
	case p.m.size >= 0 && p.n != p.m.size:
		what = fmt.Sprintf("is %d bytes long where the zip says %d", p.n, p.m.size)
	case p.m.size >= 0 && p.sum.Sum32() != p.m.sum:
		what = "does not fit its checksum: bytes of it were changed or damaged"
	default:
		return io.EOF
	}
	p.o.problem(p.m.header, p.m.path, what, getComplete)
	return io.EOF
}

func (p *part) Close() error { p.done = errors.New("zip: part is closed"); return nil }

// counter counts the bytes read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
