package repost

import (
	"bytes"
	"errors"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"math"
	"math/bits"
	"slices"

	_ "golang.org/x/image/webp"
)

// nearPicture is how many bits of two hashes may differ for the pictures to
// count as one (METHODS 1.2).
const nearPicture = 8

const (
	greyCells = 32 // a side of the grey picture
	greyWaves = 8  // frequencies of a side

	// What is decoded at most. The worst of 40 million pixels, a progressive
	// JPEG in four colours, takes about one gigabyte.
	maxPicturePixels = 40_000_000
	maxPictureSide   = 20_000
	// A progressive JPEG can ask for another pass over all its pixels with a
	// hundred bytes; real ones make about ten.
	maxPictureScans = 100
	maxPictureHead  = 4 << 20 // bytes before the measures

	// Below this many grey levels between the quartiles of the frequencies, the
	// compression of an even picture makes them (TestPlain).
	plainPicture = 1.5
)

// perceptual returns the 64-bit perceptual hash of a JPEG, PNG, WebP or the
// first frame of a GIF: the picture in 32 by 32 greys, of their cosine
// transform the 8 by 8 lowest frequencies that vary in both directions, a bit
// for each that is above the median (C. Zauner, Implementation and
// Benchmarking of Perceptual Image Hash Functions, 2010, section 3.2.1). All in
// whole numbers: every machine gets the same bits. ok is false for what cannot
// be decoded, is too large, or is too small or too plain to tell anything.
func perceptual(r io.Reader) (hash uint64, ok bool) {
	// The decoders are others' code on a stranger's bytes: one that panics costs
	// this picture its hash, not the run its end.
	defer func() {
		if recover() != nil {
			hash, ok = 0, false
		}
	}()
	var head bytes.Buffer
	c, kind, err := image.DecodeConfig(io.TeeReader(io.LimitReader(r, maxPictureHead), &head))
	if err != nil || min(c.Width, c.Height) < greyCells || max(c.Width, c.Height) > maxPictureSide || c.Width*c.Height > maxPicturePixels {
		return 0, false
	}
	all := io.MultiReader(&head, r)
	switch kind {
	case "jpeg":
		all = &scanCounter{r: all}
	case "png", "gif", "webp":
	default: // another package of the program made more formats known
		return 0, false
	}
	img, _, err := image.Decode(all)
	if err != nil {
		return 0, false
	}
	src, ok := img.(image.RGBA64Image)
	// A GIF's frame can be smaller than the GIF.
	if !ok || min(img.Bounds().Dx(), img.Bounds().Dy()) < greyCells {
		return 0, false
	}
	return hashOf(shrink(src))
}

// scanCounter fails when a JPEG has too many scans.
type scanCounter struct {
	r    io.Reader
	last byte
	n    int
}

func (s *scanCounter) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for _, b := range p[:n] {
		if s.last == 0xff && b == 0xda { // start of scan, also of a thumbnail's; other data never holds it
			s.n++
		}
		s.last = b
	}
	if s.n > maxPictureScans {
		return 0, errors.New("too many scans")
	}
	return n, err
}

// grey is a picture of 32 by 32, in 1/256 grey levels.
type grey [greyCells][greyCells]int64

// shrink averages areas; a pixel on the border of two counts for each by its
// share. Measured in 1/32 pixels, the picture is 32·w wide and an area w.
func shrink(img image.RGBA64Image) (g grey) {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	buf := make([]uint8, w)
	for y := range h {
		pix := greyRow(img, y, buf)
		var row [greyCells]int64
		for i := range row {
			from, to := i*w, (i+1)*w
			sum := int64(0)
			for _, v := range pix[from/greyCells : to/greyCells] {
				sum += int64(v)
			}
			sum = sum*greyCells - int64(pix[from/greyCells])*int64(from%greyCells)
			if part := to % greyCells; part > 0 {
				sum += int64(pix[to/greyCells]) * int64(part)
			}
			row[i] = sum
		}
		top, bottom := y*greyCells, (y+1)*greyCells
		for j := top / h; j < greyCells && j*h < bottom; j++ {
			part := int64(min(bottom, (j+1)*h) - max(top, j*h))
			for i, v := range row {
				g[j][i] += v * part
			}
		}
	}
	for j := range g {
		for i := range g[j] {
			g[j][i] = g[j][i] * 256 / int64(w*h)
		}
	}
	return g
}

// greyRow returns row y of img: what JPEG keeps as brightness as it is, the
// rest by the same weights, on white paper where it is transparent.
func greyRow(img image.RGBA64Image, y int, buf []uint8) []uint8 {
	b := img.Bounds()
	y += b.Min.Y
	switch m := img.(type) {
	case *image.YCbCr:
		return m.Y[m.YOffset(b.Min.X, y):][:len(buf)]
	case *image.Gray:
		return m.Pix[m.PixOffset(b.Min.X, y):][:len(buf)]
	}
	for x := range buf {
		c := img.RGBA64At(b.Min.X+x, y)
		buf[x] = uint8(((19595*uint32(c.R)+38470*uint32(c.G)+7471*uint32(c.B))>>16 + 0xffff - uint32(c.A)) >> 8)
	}
	return buf
}

// greyCosines holds cos((2x+1)uπ/64) for u from 1 to 8, times 2^14.
var greyCosines = func() (t [greyWaves][greyCells]int64) {
	for u := range t {
		for x := range t[u] {
			t[u][x] = int64(math.Round(math.Cos(float64((2*x+1)*(u+1))*math.Pi/(2*greyCells)) * (1 << 14)))
		}
	}
	return t
}()

func hashOf(g grey) (hash uint64, ok bool) {
	var across [greyCells][greyWaves]int64
	for y := range g {
		for u := range greyWaves {
			for x, v := range g[y] {
				across[y][u] += v * greyCosines[u][x]
			}
		}
	}
	var f [greyWaves * greyWaves]int64
	for v := range greyWaves {
		for u := range greyWaves {
			for y := range across {
				f[v*greyWaves+u] += across[y][u] * greyCosines[v][y]
			}
		}
	}
	sorted := f
	slices.Sort(sorted[:])
	// A grey level is 2^8 in g and 2^28 by the greyCosines; the transform that keeps
	// lengths would have divided by 16.
	if sorted[48]-sorted[16] < int64(plainPicture*(1<<40)) {
		return 0, false
	}
	median := (sorted[31] + sorted[32]) / 2
	for k, c := range f {
		if c > median {
			hash |= 1 << k
		}
	}
	return hash, true
}

// distance counts the bits in which two hashes differ.
func distance(a, b uint64) int { return bits.OnesCount64(a ^ b) }

// pictureIndex finds hashes near another. A hash is four blocks of 16 bits: of
// two hashes that differ in at most 8 bits, the first blocks differ in at most
// 2 or some other block in at most 1, or else it were 3+2+2+2 = 9. So the
// hashes under 137 + 3·17 keys are all that need a look.
type pictureIndex struct {
	hashes []uint64
	names  []uint32
	tables *[hashBlocks][1 << 16][]uint32 // by a block's bits: places in hashes
}

const (
	hashBlocks = 4
	// Up to here all hashes are looked at: that is as quick, and saves the 6 MB
	// of the tables.
	fewPictures = 4096
)

// blockSlack is how many bits of a block may differ.
func blockSlack(block int) int {
	if block == 0 {
		return 2
	}
	return 1
}

func hashBlock(hash uint64, b int) uint16 { return uint16(hash >> (16 * b)) }

// add puts hash into the index under the name n. The same hash may be added
// under several names.
func (x *pictureIndex) add(hash uint64, n uint32) {
	x.hashes, x.names = append(x.hashes, hash), append(x.names, n)
	switch {
	case x.tables != nil:
		x.file(len(x.hashes) - 1)
	case len(x.hashes) > fewPictures:
		x.tables = new([hashBlocks][1 << 16][]uint32)
		for i := range x.hashes {
			x.file(i)
		}
	}
}

func (x *pictureIndex) file(i int) {
	for b := range x.tables {
		list := &x.tables[b][hashBlock(x.hashes[i], b)]
		*list = append(*list, uint32(i))
	}
}

// near calls f for each hash that differs in at most nearPicture bits, in no
// order that means anything.
func (x *pictureIndex) near(hash uint64, f func(n uint32, distance int)) {
	if x.tables == nil {
		for i, h := range x.hashes {
			if d := distance(hash, h); d <= nearPicture {
				f(x.names[i], d)
			}
		}
		return
	}
	for b := range x.tables {
		look := func(key uint16) {
			for _, i := range x.tables[b][key] {
				if d := distance(hash, x.hashes[i]); d <= nearPicture && !foundInBlockBefore(hash^x.hashes[i], b) {
					f(x.names[i], d)
				}
			}
		}
		key := hashBlock(hash, b)
		look(key)
		for i := range 16 {
			look(key ^ 1<<i)
			if blockSlack(b) < 2 {
				continue
			}
			for j := range i {
				look(key ^ 1<<i ^ 1<<j)
			}
		}
	}
}

// foundInBlockBefore reports whether a block before b leads to a hash that differs in
// the bits of diff.
func foundInBlockBefore(diff uint64, b int) bool {
	for a := range b {
		if bits.OnesCount16(hashBlock(diff, a)) <= blockSlack(a) {
			return true
		}
	}
	return false
}
