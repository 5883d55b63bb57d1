package zip

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Signatures and lengths of APPNOTE 6.3.10, sections 4.3.7 to 4.3.16.
const (
	sigLocal   = "PK\x03\x04"
	sigEntry   = "PK\x01\x02"
	sigEnd     = "PK\x05\x06"
	sigEnd64   = "PK\x06\x06"
	sigFind64  = "PK\x06\x07"
	sigData    = "PK\x07\x08"
	localLen   = 30
	entryLen   = 46
	endLen     = 22
	end64Len   = 56
	find64Len  = 20
	maxComment = 65535
)

// maxNames bounds the memory that member names may take together.
const maxNames = 64 << 20

// errNoDirectory means that the members must be found without a directory.
var errNoDirectory = errors.New("zip: no central directory")

// member is one file of the zip, as its directory describes it.
type member struct {
	path   string // as given, decoded, not yet cleaned
	header int64  // where its local header begins
	packed int64
	size   int64 // as declared; -1 unknown
	sum    uint32
	method uint16
	flags  uint16
	mode   uint16 // Unix mode, 0 when not given
	folder bool
	guess  bool // path was decoded by a guess
	extra  bool // path is from an extra field, not from the name itself
	time   int64
	zoned  bool // time is UTC, not a wall clock
	known  bool // time was given
}

// Unix file types.
const modeType, modeFile, modeFolder, modeLink = 0o170000, 0o100000, 0o040000, 0o120000

// directory reads the central directory. It returns errNoDirectory when there
// is none to go by.
func (o *opener) directory() ([]member, error) {
	start, length, declared, base, err := o.findDirectory()
	if err != nil {
		return nil, err
	}
	refuse := func(what string) ([]member, error) {
		o.problem(start, "", "the zip lists "+what+": it was refused, nothing of it was taken", unpackIt)
		return nil, nil
	}
	tooMany := fmt.Sprintf("more than %d files", format.MaxParts)
	if declared > format.MaxParts {
		return refuse(tooMany)
	}
	r := bufio.NewReaderSize(io.NewSectionReader(o.in.R, start, length), 64<<10)
	members := make([]member, 0, min(declared, uint64(length/entryLen)))
	var buf []byte
	names := 0
	for at := start; at < start+length; {
		if len(members) == format.MaxParts {
			return refuse(tooMany)
		}
		if names > maxNames {
			return refuse(fmt.Sprintf("names of more than %d MiB", maxNames>>20))
		}
		m, n, err := readEntry(r, &buf)
		if err != nil {
			if len(members) == 0 {
				return nil, errNoDirectory
			}
			o.problem(at, "", fmt.Sprintf("the zip's list of its files is damaged after %d of %d; the rest was left", len(members), declared), getComplete)
			return members, nil
		}
		m.header += base
		at += n
		names += len(m.path)
		members = append(members, m)
		if len(members)%4096 == 0 && o.ctx.Err() != nil {
			return nil, o.ctx.Err()
		}
	}
	return members, nil
}

// findDirectory finds the central directory by its end record. base is the
// length of what stands before the zip proper, like a self-extractor.
func (o *opener) findDirectory() (start, length int64, count uint64, base int64, err error) {
	tail := make([]byte, min(o.in.Size, maxComment+endLen))
	from := o.in.Size - int64(len(tail))
	if _, err := o.in.R.ReadAt(tail, from); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, 0, 0, err
	}
	for i := bytes.LastIndex(tail, []byte(sigEnd)); i >= 0; i = bytes.LastIndex(tail[:i], []byte(sigEnd)) {
		if len(tail)-i < endLen {
			continue
		}
		e := tail[i : i+endLen]
		count = uint64(binary.LittleEndian.Uint16(e[10:]))
		size, offset := int64(binary.LittleEndian.Uint32(e[12:])), int64(binary.LittleEndian.Uint32(e[16:]))
		end := from + int64(i)
		if c, s, f, at, ok := o.end64(end); ok && (count == math.MaxUint16 || size == math.MaxUint32 || offset == math.MaxUint32) {
			count, size, offset, end = c, s, f, at
		}
		if size < 0 || offset < 0 || size > end || offset > end-size {
			continue
		}
		start = end - size
		if size == 0 && count == 0 {
			return start, 0, 0, 0, nil
		}
		var sig [4]byte
		if _, err := o.in.R.ReadAt(sig[:], start); err == nil && string(sig[:]) == sigEntry {
			return start, size, count, start - offset, nil
		}
	}
	return 0, 0, 0, 0, errNoDirectory
}

// end64 reads the zip64 end record that belongs to the end record at end.
func (o *opener) end64(end int64) (count uint64, size, offset, at int64, ok bool) {
	var f [find64Len]byte
	if end < find64Len {
		return
	}
	if _, err := o.in.R.ReadAt(f[:], end-find64Len); err != nil || string(f[:4]) != sigFind64 {
		return
	}
	at = int64(binary.LittleEndian.Uint64(f[8:]))
	var e [end64Len]byte
	for _, at := range []int64{at, end - find64Len - end64Len} { // the second where something stands before the zip
		if at < 0 || at > end {
			continue
		}
		if _, err := o.in.R.ReadAt(e[:], at); err == nil && string(e[:4]) == sigEnd64 {
			return binary.LittleEndian.Uint64(e[32:]), int64(binary.LittleEndian.Uint64(e[40:])),
				int64(binary.LittleEndian.Uint64(e[48:])), at, true
		}
	}
	return 0, 0, 0, 0, false
}

// readEntry reads one directory entry and returns its length too. buf is kept
// between calls, because there may be a million of them.
func readEntry(r *bufio.Reader, buf *[]byte) (member, int64, error) {
	var b [entryLen]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return member{}, 0, err
	}
	if string(b[:4]) != sigEntry {
		return member{}, 0, errNoDirectory
	}
	u16 := func(i int) uint16 { return binary.LittleEndian.Uint16(b[i:]) }
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
	m := member{flags: u16(8), method: u16(10), sum: u32(16), packed: int64(u32(20)), size: int64(u32(24)), header: int64(u32(42))}
	nameLen, extraLen, commentLen := int(u16(28)), int(u16(30)), int(u16(32))
	*buf = slices.Grow((*buf)[:0], nameLen+extraLen)
	rest := (*buf)[:nameLen+extraLen]
	if _, err := io.ReadFull(r, rest); err != nil {
		return member{}, 0, err
	}
	if _, err := r.Discard(commentLen); err != nil {
		return member{}, 0, err
	}
	name, extra := rest[:nameLen], rest[nameLen:]
	if system := u16(4) >> 8; system == 3 || system == 19 { // Unix, macOS
		m.mode = uint16(u32(38) >> 16)
	}
	m.setTime(u16(12), u16(14))
	m.readExtra(name, extra)
	m.setName(name)
	if m.packed < 0 || m.size < 0 || m.header < 0 {
		return member{}, 0, errNoDirectory
	}
	return m, int64(entryLen + nameLen + extraLen + commentLen), nil
}

// setName decodes the raw name unless an extra field gave a better one.
func (m *member) setName(raw []byte) {
	if m.path == "" {
		m.path, m.guess = decodeName(raw)
	}
	m.folder = len(m.path) > 0 && (m.path[len(m.path)-1] == '/' || m.path[len(m.path)-1] == '\\') && m.size == 0
}

// setTime takes the DOS date and time: a wall clock of an unknown zone.
func (m *member) setTime(t, d uint16) {
	month, day := int(d>>5&15), int(d&31)
	if month < 1 || month > 12 || day < 1 {
		return
	}
	m.time = time.Date(int(d>>9)+1980, time.Month(month), day, int(t>>11), int(t>>5&63), int(t&31)*2, 0, time.UTC).Unix()
	m.known = true
}

// readExtra reads the extra fields that matter: zip64 sizes (APPNOTE 4.5.3),
// Info-ZIP's Unicode path (4.6.9) and UTC time stamp.
func (m *member) readExtra(name, extra []byte) {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return
		}
		f := extra[:n]
		extra = extra[n:]
		switch id {
		case 0x0001:
			for _, v := range []*int64{&m.size, &m.packed, &m.header} {
				if *v == math.MaxUint32 && len(f) >= 8 {
					*v = int64(binary.LittleEndian.Uint64(f))
					f = f[8:]
				}
			}
		case 0x7075:
			if len(f) > 5 && f[0] == 1 && binary.LittleEndian.Uint32(f[1:]) == crc32.ChecksumIEEE(name) && utf8.Valid(f[5:]) {
				m.path, m.extra = string(f[5:]), true
			}
		case 0x5455:
			if len(f) >= 5 && f[0]&1 != 0 {
				m.time, m.zoned, m.known = int64(int32(binary.LittleEndian.Uint32(f[1:]))), true, true
			}
		}
	}
}

// decodeName decodes a name. Names that are no UTF-8 come from old packers
// that wrote the code page of their computer without saying which: Windows
// Arabic when all of it reads as Arabic letters, otherwise IBM PC.
func decodeName(raw []byte) (name string, guessed bool) {
	if utf8.Valid(raw) {
		return string(raw), false
	}
	arabic, high := 0, 0
	for _, c := range raw {
		if c < 0x80 {
			continue
		}
		high++
		if r := charmap.Windows1256.DecodeByte(c); r >= 0x0620 && r <= 0x06FF {
			arabic++
		}
	}
	page := charmap.CodePage437
	if high > 1 && arabic == high {
		page = charmap.Windows1256
	}
	out := make([]rune, len(raw))
	for i, c := range raw {
		out[i] = page.DecodeByte(c)
	}
	return string(out), true
}

// when is the member's modification time in the settings' zone.
func (m *member) when(zone *time.Location) record.When {
	switch {
	case !m.known:
		return record.When{}
	case m.zoned || zone == nil:
		return record.AtUnix(m.time)
	}
	t := time.Unix(m.time, 0).UTC()
	w := record.At(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone))
	w.NoZone = true
	return w
}
