package repost

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

// The index of texts is partitions of postings: one for each band, some for
// fingerprints, one for whole texts and one for names of posts. It lies on disk
// in a few immutable segments, each sorted, so that texts of a new batch meet
// those of before by merging, in memory that does not grow with the index.
const (
	partFingers = bands               // fingerprints, spread over partitions by their low bits
	fingerParts = 16                  //
	partExact   = bands + fingerParts // whole dup texts
	partName    = partExact + 1       // which post it is, and which one it says it was forwarded from
	parts       = partName + 1
)

// A posting is a key, a day code and the number of a text in 64 bits; sorted,
// the texts of one key stand together, by day.
const (
	keyBits  = 26
	codeBits = 8
	textBits = 30
	codeAt   = textBits
	keyAt    = textBits + codeBits
	textMask = 1<<textBits - 1
)

func posting(hash uint64, code byte, text uint32) uint64 {
	return hash>>(64-keyBits)<<keyAt | uint64(code)<<codeAt | uint64(text)
}

func keyOf(p uint64) uint32  { return uint32(p >> keyAt) }
func codeOf(p uint64) byte   { return byte(p >> codeAt) }
func textOf(p uint64) uint32 { return uint32(p & textMask) }

// row is what is kept in memory of every text.
type row struct {
	leaf   uint32 // of the version, or of the derivative
	first  uint32 // of the statement
	posted uint32 // seconds since 1970; 0 when not stated
	source uint32
	dup    uint64 // hash of the dup text
	sketch digest2
	mask   [slotKinds]uint32
	fps    uint16 // fingerprints in the index
	flags  uint16
}

const (
	rowFew     = 1 << iota // under twelve words
	rowNothing             // under four: not in the index
	rowCopy                // another text of the index is the same: not in the index
	rowDerived             // read by software in a picture
	rowGone                // erased
)

const rowSize = 72

// rows are kept in blocks, so that they can grow without being moved.
type rows [][]row

const rowBlock = 1 << 14

func (x rows) len() int {
	if len(x) == 0 {
		return 0
	}
	return (len(x)-1)*rowBlock + len(x[len(x)-1])
}

func (x rows) at(n uint32) *row { return &x[n/rowBlock][n%rowBlock] }

func (x *rows) add(r row) {
	if n := len(*x); n == 0 || len((*x)[n-1]) == rowBlock {
		*x = append(*x, make([]row, 0, rowBlock))
	}
	last := &(*x)[len(*x)-1]
	*last = append(*last, r)
}

func (r *row) append(b []byte) []byte {
	le := binary.LittleEndian
	for _, v := range []uint32{r.leaf, r.first, r.posted, r.source} {
		b = le.AppendUint32(b, v)
	}
	b = le.AppendUint64(b, r.dup)
	for _, v := range r.sketch {
		b = le.AppendUint64(b, v)
	}
	for _, v := range r.mask {
		b = le.AppendUint32(b, v)
	}
	return le.AppendUint16(le.AppendUint16(b, r.fps), r.flags)
}

func (r *row) read(b []byte) {
	le := binary.LittleEndian
	for i, p := range []*uint32{&r.leaf, &r.first, &r.posted, &r.source} {
		*p = le.Uint32(b[4*i:])
	}
	r.dup = le.Uint64(b[16:])
	for i := range r.sketch {
		r.sketch[i] = le.Uint64(b[24+8*i:])
	}
	for i := range r.mask {
		r.mask[i] = le.Uint32(b[56+4*i:])
	}
	r.fps, r.flags = le.Uint16(b[68:]), le.Uint16(b[70:])
}

// segment is an immutable part of the index: consecutive texts with all their
// postings. In the file: a head, the rows, the postings by partition, and for
// each partition a directory that says where each run of keys begins.
type segment struct {
	name  string
	file  analysis.Blob
	base  uint32 // number of its first text
	texts uint32
	parts [parts]struct {
		at   int64 // in the file
		n    int64 // postings
		bits int   // of the key in the directory
		dir  []uint32
	}
}

const (
	segmentMagic = "dalil repost segment 1\n\x00"
	headSize     = len(segmentMagic) + 8 + parts*12
	perRun       = 8192 // postings of one run of the directory, about
)

// segmentWriter writes one segment, partition by partition.
type segmentWriter struct {
	f    analysis.ScratchFile
	w    *bufio.Writer
	dirs [parts][]uint32
	buf  []byte
}

func dirBits(n int64) int { return min(keyBits, bits.Len64(uint64(n/perRun))) }

// newSegmentWriter begins a segment of the texts from base to end.
func newSegmentWriter(s analysis.Scratch, base uint32, x *rows, end uint32, counts [parts]int64) (*segmentWriter, error) {
	f, err := s.Create()
	if err != nil {
		return nil, err
	}
	w := &segmentWriter{f: f, w: bufio.NewWriterSize(f, 1<<18)}
	b := binary.LittleEndian.AppendUint32([]byte(segmentMagic), base)
	b = binary.LittleEndian.AppendUint32(b, end-base)
	for _, n := range counts {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
		b = binary.LittleEndian.AppendUint32(b, uint32(dirBits(n)))
	}
	if _, err := w.w.Write(b); err != nil {
		return nil, w.fail(err)
	}
	for n := base; n < end; n++ {
		w.buf = x.at(n).append(w.buf[:0])
		if _, err := w.w.Write(w.buf); err != nil {
			return nil, w.fail(err)
		}
	}
	for p, n := range counts {
		w.dirs[p] = make([]uint32, 1<<dirBits(n)+1)
	}
	return w, nil
}

func (w *segmentWriter) fail(err error) error {
	w.f.Abort()
	return err
}

// add writes sorted postings of a partition. Partitions come in order, and may
// come in several pieces.
func (w *segmentWriter) add(p int, postings []uint64) error {
	dir := w.dirs[p]
	shift := keyBits - bits.Len(uint(len(dir)-2))
	for len(postings) > 0 {
		n := min(len(postings), 4096)
		w.buf = w.buf[:0]
		for _, x := range postings[:n] {
			w.buf = binary.LittleEndian.AppendUint64(w.buf, x)
			dir[keyOf(x)>>shift+1]++
		}
		if _, err := w.w.Write(w.buf); err != nil {
			return w.fail(err)
		}
		postings = postings[n:]
	}
	return nil
}

func (w *segmentWriter) commit() (string, error) {
	for _, dir := range w.dirs {
		w.buf = w.buf[:0]
		sum := uint32(0)
		for _, n := range dir {
			sum += n
			w.buf = binary.LittleEndian.AppendUint32(w.buf, sum)
		}
		if _, err := w.w.Write(w.buf); err != nil {
			return "", w.fail(err)
		}
	}
	if err := w.w.Flush(); err != nil {
		return "", w.fail(err)
	}
	return w.f.Commit()
}

// openSegment opens a segment and appends its rows to x, unless that is nil.
func openSegment(s analysis.Scratch, name string, x *rows) (*segment, error) {
	f, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	g := &segment{name: name, file: f}
	if err := g.read(x); err != nil {
		f.Close() // read only
		return nil, record.WithHint(fmt.Errorf("%w: index of reposts, %s: %v", record.ErrAltered, name, err), "run `dalil rebuild`")
	}
	return g, nil
}

func (g *segment) read(into *rows) error {
	head := make([]byte, headSize)
	if _, err := g.file.ReadAt(head, 0); err != nil {
		return err
	}
	if string(head[:len(segmentMagic)]) != segmentMagic {
		return fmt.Errorf("it is no segment")
	}
	b := head[len(segmentMagic):]
	g.base, g.texts = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	b = b[8:]
	at := int64(headSize) + rowSize*int64(g.texts)
	for p := range g.parts {
		x := &g.parts[p]
		x.at, x.n, x.bits = at, int64(binary.LittleEndian.Uint64(b)), int(binary.LittleEndian.Uint32(b[8:]))
		b = b[12:]
		if x.n < 0 || x.n > g.file.Size()/8 || x.bits != dirBits(x.n) {
			return fmt.Errorf("its head is damaged")
		}
		at += 8 * x.n
	}
	for p := range g.parts {
		x := &g.parts[p]
		x.dir = make([]uint32, 1<<x.bits+1)
		raw := make([]byte, 4*len(x.dir))
		if _, err := g.file.ReadAt(raw, at); err != nil && err != io.EOF {
			return err
		}
		for i := range x.dir {
			x.dir[i] = binary.LittleEndian.Uint32(raw[4*i:])
			if int64(x.dir[i]) > x.n || i > 0 && x.dir[i] < x.dir[i-1] {
				return fmt.Errorf("a directory is damaged")
			}
		}
		at += int64(len(raw))
	}
	if at != g.file.Size() {
		return fmt.Errorf("it has %d bytes, not %d", g.file.Size(), at)
	}
	if into == nil {
		return nil
	}
	if int64(g.base) != int64(into.len()) {
		return fmt.Errorf("it begins with text %d, not %d", g.base, into.len())
	}
	in := bufio.NewReaderSize(io.NewSectionReader(g.file, int64(headSize), rowSize*int64(g.texts)), 1<<18)
	raw := make([]byte, rowSize)
	for range g.texts {
		if _, err := io.ReadFull(in, raw); err != nil {
			return err
		}
		var r row
		r.read(raw)
		into.add(r)
	}
	return nil
}

// cursor walks over one partition of a segment in ascending order of keys.
type cursor struct {
	g    *segment
	part int
	run  int // of the directory that is in buf; -1 none
	buf  []uint64
	at   int // in buf: nothing before it is needed any more
	raw  []byte
}

func (g *segment) cursor(part int) *cursor { return &cursor{g: g, part: part, run: -1} }

// load reads run number r of the directory.
func (c *cursor) load(r int) error {
	x := &c.g.parts[c.part]
	from, to := x.dir[r], x.dir[r+1]
	c.run, c.at = r, 0
	c.raw = slices.Grow(c.raw[:0], 8*int(to-from))[:8*int(to-from)]
	if _, err := c.g.file.ReadAt(c.raw, x.at+8*int64(from)); err != nil && !(err == io.EOF && len(c.raw) == 0) {
		return fmt.Errorf("index of reposts, %s: %w", c.g.name, err)
	}
	c.buf = slices.Grow(c.buf[:0], int(to-from))[:to-from]
	last := uint64(0)
	for i := range c.buf {
		v := binary.LittleEndian.Uint64(c.raw[8*i:])
		if v>>codeAt < last>>codeAt || textOf(v)-c.g.base >= c.g.texts || int(keyOf(v)>>(keyBits-x.bits)) != r {
			return record.WithHint(fmt.Errorf("%w: index of reposts, %s: a posting is damaged", record.ErrAltered, c.g.name), "run `dalil rebuild`")
		}
		c.buf[i], last = v, v
	}
	return nil
}

// seek returns the postings of a key, valid until the next call. Keys must
// ascend.
func (c *cursor) seek(key uint32) ([]uint64, error) {
	x := &c.g.parts[c.part]
	if x.n == 0 {
		return nil, nil
	}
	if r := int(key >> (keyBits - x.bits)); r != c.run {
		if err := c.load(r); err != nil {
			return nil, err
		}
	}
	// The next key is mostly near: look in doubling steps, then in the last one.
	lo, step := c.at, 1
	for lo+step < len(c.buf) && keyOf(c.buf[lo+step]) < key {
		lo, step = lo+step, 2*step
	}
	hi := min(lo+step, len(c.buf))
	for lo < hi {
		if m := (lo + hi) / 2; keyOf(c.buf[m]) < key {
			lo = m + 1
		} else {
			hi = m
		}
	}
	end := lo
	for end < len(c.buf) && keyOf(c.buf[end]) == key {
		end++
	}
	c.at = lo
	return c.buf[lo:end], nil
}

// merge writes one segment that holds the texts of several, which follow one
// another, with rows as they stand now. Postings of texts that are gone
// are left out.
func merge(s analysis.Scratch, from []*segment, x *rows) (string, error) {
	keep := func(p uint64) bool { return x.at(textOf(p)).flags&rowGone == 0 }
	var counts [parts]int64
	last := from[len(from)-1]
	end := last.base + last.texts
	dropped := false
	for n := from[0].base; n < end && !dropped; n++ {
		dropped = x.at(n).flags&rowGone != 0
	}
	for p := range counts {
		for _, g := range from {
			counts[p] += g.parts[p].n
		}
	}
	each := func(p int, f func([]uint64) error) error { return mergePart(from, p, counts[p], dropped, keep, f) }
	if dropped { // the head states how many are left
		var left [parts]int64
		for p := range counts {
			if err := each(p, func(x []uint64) error { left[p] += int64(len(x)); return nil }); err != nil {
				return "", err
			}
		}
		counts = left
	}
	w, err := newSegmentWriter(s, from[0].base, x, end, counts)
	if err != nil {
		return "", err
	}
	for p := range counts {
		if err := each(p, func(x []uint64) error { return w.add(p, x) }); err != nil {
			w.f.Abort()
			return "", err
		}
	}
	return w.commit()
}

// mergePart hands over the postings of one partition of several segments in
// order, a piece of the key space at a time.
func mergePart(from []*segment, p int, n int64, dropped bool, keep func(uint64) bool, f func([]uint64) error) error {
	var all, spare []uint64
	pieces := min(keyBits, bits.Len64(uint64(n/(8*perRun))))
	for _, g := range from { // not finer than the coarsest directory
		if g.parts[p].n > 0 {
			pieces = min(pieces, g.parts[p].bits)
		}
	}
	cursors := make([]*cursor, len(from))
	for i, g := range from {
		cursors[i] = g.cursor(p)
	}
	for piece := range 1 << pieces {
		all = all[:0]
		for i, g := range from {
			x := &g.parts[p]
			if x.n == 0 {
				continue
			}
			for r := piece << (x.bits - pieces); r < (piece+1)<<(x.bits-pieces); r++ {
				if err := cursors[i].load(r); err != nil {
					return err
				}
				all = append(all, cursors[i].buf...)
			}
		}
		if dropped {
			all = slices.DeleteFunc(all, func(p uint64) bool { return !keep(p) })
		}
		if len(from) > 1 {
			all, spare = sortPostings(all, spare)
		}
		if err := f(all); err != nil {
			return err
		}
	}
	return nil
}

// sortPostings sorts by key and day code and returns the sorted slice and the
// other one, for the next time. Texts are added in ascending order and the sort
// is stable, so they stay so.
func sortPostings(a, spare []uint64) (sorted, other []uint64) {
	if len(a) < 256 {
		slices.Sort(a)
		return a, spare
	}
	const digit = 12
	spare = slices.Grow(spare[:0], len(a))[:len(a)]
	for shift := codeAt; shift < 64; shift += digit {
		var count [1<<digit + 1]int
		for _, x := range a {
			count[x>>shift&(1<<digit-1)+1]++
		}
		if count[a[0]>>shift&(1<<digit-1)+1] == len(a) {
			continue
		}
		for i := 1; i < len(count); i++ {
			count[i] += count[i-1]
		}
		for _, x := range a {
			d := x >> shift & (1<<digit - 1)
			spare[count[d]] = x
			count[d]++
		}
		a, spare = spare, a
	}
	return a, spare
}
