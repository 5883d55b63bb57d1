package repost

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dalil/internal/sample"
	"pgregory.net/rapid"
)

// scene invents something like a photograph: soft light, some things in it,
// and the grain of a camera.
func scene(seed uint64, w, h int) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	type thing struct{ x, y, rx, ry, red, green, blue float64 }
	things := make([]thing, 6+r.IntN(8))
	for i := range things {
		things[i] = thing{r.Float64(), r.Float64(), .04 + r.Float64()/4, .04 + r.Float64()/4, r.Float64() * 255, r.Float64() * 255, r.Float64() * 255}
	}
	a, b, base := r.Float64()*80-40, r.Float64()*80-40, 60+r.Float64()*120
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			light := base + a*fx + b*fy
			red, green, blue := light, light, light
			for _, t := range things {
				if dx, dy := (fx-t.x)/t.rx, (fy-t.y)/t.ry; dx*dx+dy*dy < 1 {
					red, green, blue = t.red, t.green, t.blue
				}
			}
			n := r.NormFloat64() * 4
			i := img.PixOffset(x, y)
			img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = level(red+n), level(green+n), level(blue+n), 255
		}
	}
	return img
}

func level(v float64) uint8 { return uint8(min(max(v, 0), 255)) }

// statements returns the sample's first pictures as they were posted: they
// are the documents that the analysis is for.
func statements(t testing.TB, n int) (list []image.Image) {
	dir := t.TempDir()
	if err := sample.Write(dir); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "exports", "*", "photos", "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds().Dx() == 480 && len(list) < n { // no copies
			list = append(list, img)
		}
	}
	return list
}

func asJPEG(quality int) func(io.Writer, image.Image) error {
	return func(w io.Writer, img image.Image) error { return jpeg.Encode(w, img, &jpeg.Options{Quality: quality}) }
}

// asGIF leaves 16 greys.
func asGIF(w io.Writer, img image.Image) error {
	var shades color.Palette
	for v := 0; v < 256; v += 17 {
		shades = append(shades, color.Gray{uint8(v)})
	}
	g := image.NewGray(img.Bounds())
	draw.Draw(g, g.Rect, img, g.Rect.Min, draw.Src)
	p := image.NewPaletted(g.Rect, shades)
	for i, v := range g.Pix {
		p.Pix[i] = uint8((int(v) + 8) / 17)
	}
	return gif.Encode(w, p, nil)
}

// asWebP writes the greys of img as lossless WebP without compression: every
// green is eight bits, the decoder adds it to red and blue.
func asWebP(out io.Writer, img image.Image) error {
	var b []byte
	n := 0
	put := func(v uint64, bits int) {
		for ; bits > 0; bits-- {
			if n%8 == 0 {
				b = append(b, 0)
			}
			b[n/8] |= byte(v&1) << (n % 8)
			n, v = n+1, v>>1
		}
	}
	r := img.Bounds()
	put(0x2f, 8)
	put(uint64(r.Dx()-1), 14)
	put(uint64(r.Dy()-1), 14)
	put(0, 4) // no alpha, version 0
	put(1|2<<1, 3)
	put(0, 3) // subtract green; no more transforms, no colour cache, no groups
	// Green: the lengths 0 and 8 have codes of one bit; 256 times 8, 24 times 0.
	put(0, 1)
	put(12-4, 4)
	for _, length := range []uint64{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1} {
		put(length, 3)
	}
	put(0, 1)
	for range 256 {
		put(1, 1)
	}
	put(0, 24)
	for _, symbol := range []uint64{0, 0, 255, 0} { // red, blue, alpha, distance: one symbol each
		put(1|1<<2, 3)
		put(symbol, 8)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			g := color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y
			put(uint64(bits.Reverse8(g)), 8)
		}
	}
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	le := func(v int) string { return string([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}) }
	_, err := io.WriteString(out, "RIFF"+le(len(b)+12)+"WEBPVP8L"+le(len(b))+string(b))
	return err
}

// resized draws img in w by h, each pixel from the nearest one: worse than
// what a platform does.
func resized(img image.Image, w, h int) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.Set(x, y, img.At(x*img.Bounds().Dx()/w, y*img.Bounds().Dy()/h))
		}
	}
	return out
}

func changed(img image.Image, f func(*image.RGBA)) image.Image {
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, out.Rect.Min, draw.Src)
	f(out)
	return out
}

func marked(img image.Image) image.Image {
	return changed(img, func(m *image.RGBA) {
		w, h := m.Rect.Dx(), m.Rect.Dy()
		at := image.Rect(w-w/9-4, h-h/18-4, w-4, h-4)
		draw.Draw(m, at, image.NewUniform(color.RGBA{90, 150, 120, 255}), image.Point{}, draw.Src)
		draw.Draw(m, at.Inset(5), image.White, image.Point{}, draw.Src)
	})
}

func brighter(img image.Image, by float64) image.Image {
	return changed(img, func(m *image.RGBA) {
		for i, v := range m.Pix {
			if i%4 < 3 {
				m.Pix[i] = level(float64(v)*.96 + by)
			}
		}
	})
}

func encoded(t testing.TB, img image.Image, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustHash(t testing.TB, data []byte) uint64 {
	t.Helper()
	h, ok := perceptual(bytes.NewReader(data))
	if !ok {
		t.Fatal("no hash")
	}
	return h
}

func TestSamePicture(t *testing.T) {
	var pictures []image.Image
	for seed := range uint64(10) {
		pictures = append(pictures, scene(seed, 320, 240))
	}
	pictures = append(pictures, statements(t, 10)...)
	half := func(img image.Image) image.Image { return resized(img, img.Bounds().Dx()/2, img.Bounds().Dy()/2) }
	twice := func(img image.Image) image.Image { return resized(img, img.Bounds().Dx()*2, img.Bounds().Dy()*2) }
	changes := map[string]func(image.Image) []byte{
		"half the size":  func(img image.Image) []byte { return encoded(t, half(img), asJPEG(80)) },
		"twice the size": func(img image.Image) []byte { return encoded(t, twice(img), asJPEG(80)) },
		"a mark":         func(img image.Image) []byte { return encoded(t, marked(img), asJPEG(75)) },
		"half, a mark":   func(img image.Image) []byte { return encoded(t, marked(half(img)), asJPEG(50)) },
		"brighter":       func(img image.Image) []byte { return encoded(t, brighter(img, 14), asJPEG(75)) },
		"darker":         func(img image.Image) []byte { return encoded(t, brighter(img, -8), asJPEG(75)) },
		"GIF":            func(img image.Image) []byte { return encoded(t, img, asGIF) },
		"WebP":           func(img image.Image) []byte { return encoded(t, img, asWebP) },
		"grey": func(img image.Image) []byte {
			g := image.NewGray(img.Bounds())
			draw.Draw(g, g.Rect, img, g.Rect.Min, draw.Src)
			return encoded(t, g, asJPEG(75))
		},
	}
	for q := 30; q <= 90; q += 30 {
		changes[fmt.Sprintf("JPEG %d", q)] = func(img image.Image) []byte { return encoded(t, img, asJPEG(q)) }
	}
	var before []uint64
	for _, img := range pictures {
		before = append(before, mustHash(t, encoded(t, img, png.Encode)))
	}
	for name, change := range changes {
		var all []int
		for i, img := range pictures {
			all = append(all, distance(before[i], mustHash(t, change(img))))
		}
		slices.Sort(all)
		near, _ := slices.BinarySearch(all, nearPicture+1)
		// A mark is another picture, a little: a few copies are lost by it.
		if lost := len(all) - near; lost > 0 && !(strings.Contains(name, "a mark") && lost*10 <= len(all)) {
			t.Errorf("%s: %d of %d are farther than %d: %v", name, lost, len(all), nearPicture, all[near:])
		}
		t.Logf("%-14s median %d, furthest %d", name, all[len(all)/2], all[len(all)-1])
	}
}

func TestOtherPictures(t *testing.T) {
	for kind, pictures := range map[string][]image.Image{
		"scenes": func() (list []image.Image) {
			for seed := range uint64(150) {
				list = append(list, scene(seed, 120, 90))
			}
			return list
		}(), "statements": statements(t, 100)} {
		var hashes []uint64
		for _, img := range pictures {
			hashes = append(hashes, mustHash(t, encoded(t, img, png.Encode)))
		}
		pairs, near, closest := 0, 0, 64
		for a := range hashes {
			for b := range a {
				d := distance(hashes[a], hashes[b])
				pairs, closest = pairs+1, min(closest, d)
				if d <= nearPicture {
					near++
				}
			}
		}
		if near*1000 > pairs {
			t.Errorf("%s: %d of %d pairs are near", kind, near, pairs)
		}
		t.Logf("%s: %d of %d pairs are near, the closest differ in %d bits", kind, near, pairs, closest)
	}
}

// TestSamplePictures compares what the sample says about its pictures with
// what their hashes do.
func TestSamplePictures(t *testing.T) {
	dir := t.TempDir()
	if err := sample.Write(dir); err != nil {
		t.Fatal(err)
	}
	w := sample.Truth()
	hashes := map[string]uint64{} // by path
	for _, f := range w.Files {
		if !strings.HasSuffix(f.Path, ".jpg") && !strings.HasSuffix(f.Path, ".png") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil {
			t.Fatal(err)
		}
		hashes[f.Path] = mustHash(t, data)
	}
	family := map[string]string{}
	for _, f := range w.Families {
		for _, m := range f.Members {
			// A photo's path has its channel and the time of the post.
			channel := slices.IndexFunc(w.Channels, func(c sample.Channel) bool { return c.ID == m.Chat })
			at := time.Unix(m.At, 0).In(w.Zone).Format("@02-01-2006_15-04-05.jpg")
			for p := range hashes {
				if p == m.Path || channel >= 0 && strings.HasPrefix(p, "exports/"+w.Channels[channel].Handle+"-") && strings.HasSuffix(p, at) {
					family[p] = f.ID
				}
			}
		}
	}
	same, other := 0, 0
	for a, x := range hashes {
		if family[a] == "" {
			t.Errorf("%s belongs to no family", a)
		}
		for b, y := range hashes {
			if a >= b {
				continue
			}
			d := distance(x, y)
			switch {
			case family[a] == family[b]:
				same++
			case d <= nearPicture:
				t.Errorf("%s and %s: %d bits", a, b, d)
			default:
				other++
			}
		}
	}
	if same < 15 || other < 500 {
		t.Errorf("%d pairs of one statement, %d of two", same, other)
	}
}

func TestPlain(t *testing.T) {
	noisy := func(base, noise float64) image.Image {
		r := rand.New(rand.NewPCG(7, 7))
		return changed(image.NewRGBA(image.Rect(0, 0, 400, 300)), func(m *image.RGBA) {
			for i := 0; i < len(m.Pix); i += 4 {
				v := level(base + r.NormFloat64()*noise)
				m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = v, v, v, 255
			}
		})
	}
	lines := changed(noisy(250, 0), func(m *image.RGBA) { // a few words on a page
		for k := range 3 {
			draw.Draw(m, image.Rect(60+40*k, 60+30*k, 260+20*k, 70+30*k), image.Black, image.Point{}, draw.Src)
		}
	})
	for _, c := range []struct {
		name string
		img  image.Image
		ok   bool
	}{{"white", noisy(255, 0), false}, {"grey", noisy(128, 0), false}, {"grain", noisy(128, 8), false}, {"a few words", lines, true}} {
		for _, q := range []int{10, 30, 90} {
			if _, ok := perceptual(bytes.NewReader(encoded(t, c.img, asJPEG(q)))); ok != c.ok {
				t.Errorf("%s, quality %d: hash is %v", c.name, q, ok)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	whole := encoded(t, scene(1, 64, 64), png.Encode)
	huge := slices.Clone(whole)
	copy(huge[16:], []byte{0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30}) // 30,000 by 30,000; the check sum is wrong, too
	scans := encoded(t, scene(1, 64, 64), asJPEG(50))
	scans = append(scans[:len(scans)-2], bytes.Repeat([]byte{0xff, 0xda}, 200)...)
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("no picture"), "half": whole[:len(whole)/2], "huge": huge,
		"small": encoded(t, scene(1, 31, 64), png.Encode), "scans": scans, "wide": encoded(t, image.NewGray(image.Rect(0, 0, maxPictureSide+1, 40)), png.Encode)} {
		if _, ok := perceptual(bytes.NewReader(data)); ok {
			t.Errorf("%s has a hash", name)
		}
	}
	if _, ok := perceptual(panics{}); ok {
		t.Error("a panic has a hash")
	}
	counted := scanCounter{r: bytes.NewReader(scans)}
	if _, err := io.Copy(io.Discard, &counted); err == nil {
		t.Error("200 scans are not too many")
	}
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("broken decoder") }

// TestShrink holds the average of areas to its definition where the cells
// divide pixels, and the cosine table to the transform's.
func TestShrink(t *testing.T) {
	img := scene(3, 75, 47)
	g := shrink(img)
	const fine = 32 // parts of a pixel
	for _, c := range [][2]int{{0, 0}, {7, 30}, {16, 3}, {31, 31}} {
		sum := 0.0
		for y := c[1] * 47; y < (c[1]+1)*47; y++ {
			for x := c[0] * 75; x < (c[0]+1)*75; x++ {
				p := img.RGBAAt(x/fine, y/fine)
				sum += math.Floor((19595*float64(p.R) + 38470*float64(p.G) + 7471*float64(p.B)) / 65536)
			}
		}
		if want := sum * 256 / (75 * 47); math.Abs(float64(g[c[1]][c[0]])-want) > 257 { // a level for rounding
			t.Errorf("cell %v: %d, want %.0f", c, g[c[1]][c[0]], want)
		}
	}
	// A picture of one frequency has that one alone above the rest.
	var wave grey
	for y := range wave {
		for x := range wave[y] {
			wave[y][x] = 128<<8 + greyCosines[2][x]*greyCosines[4][y]>>14
		}
	}
	if h, ok := hashOf(wave); ok && h>>(4*greyWaves+2)&1 == 0 {
		t.Errorf("hash %064b lacks its only wave", h)
	}
}

func TestNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		var x pictureIndex
		var all []uint64
		n := rapid.SampledFrom([]int{0, 1, 50, fewPictures, fewPictures + 1, 3 * fewPictures}).Draw(t, "n")
		query := r.Uint64()
		for i := range n {
			h := r.Uint64()
			if i%3 == 0 { // near, or nearly so
				h = flip(r, query, r.IntN(12))
			}
			all = append(all, h)
			x.add(h, uint32(2*i))
		}
		for _, q := range []uint64{query, flip(r, query, 3), r.Uint64()} {
			var want, got [][2]int
			for i, h := range all {
				if d := distance(q, h); d <= nearPicture {
					want = append(want, [2]int{2 * i, d})
				}
			}
			x.near(q, func(n uint32, d int) { got = append(got, [2]int{int(n), d}) })
			slices.SortFunc(got, func(a, b [2]int) int { return a[0] - b[0] })
			if !slices.Equal(got, want) {
				t.Fatalf("%d found, want %d", len(got), len(want))
			}
		}
	})
}

// flip changes n bits of h.
func flip(r *rand.Rand, h uint64, n int) uint64 {
	for _, k := range r.Perm(64)[:n] {
		h ^= 1 << k
	}
	return h
}

func FuzzPerceptual(f *testing.F) {
	img := scene(5, 40, 40)
	for _, encode := range []func(io.Writer, image.Image) error{png.Encode, asJPEG(60), asGIF, asWebP} {
		f.Add(encoded(f, img, encode))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// Of a file this short, a large picture is only empty pixels: slow, and
		// nothing to learn.
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<20 {
			return
		}
		h, ok := perceptual(bytes.NewReader(data))
		if again, ok2 := perceptual(slowly{bytes.NewReader(data)}); h != again || ok != ok2 || !ok && h != 0 {
			t.Errorf("%x %v, then %x %v", h, ok, again, ok2)
		}
	})
}

// slowly gives little at a time.
type slowly struct{ r io.Reader }

func (r slowly) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), 7)]) }

func BenchmarkPerceptual(b *testing.B) {
	data := encoded(b, scene(1, 1280, 960), asJPEG(80))
	b.Run("whole", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := perceptual(bytes.NewReader(data)); !ok {
				b.Fatal("no hash")
			}
		}
	})
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decoded", func(b *testing.B) {
		for b.Loop() {
			hashOf(shrink(img.(image.RGBA64Image)))
		}
	})
}

func BenchmarkNear(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var x pictureIndex
	for i := range 1_000_000 {
		x.add(r.Uint64(), uint32(i))
	}
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			x.near(r.Uint64(), func(uint32, int) {})
		}
	})
	b.Run("scan", func(b *testing.B) {
		scan := pictureIndex{hashes: x.hashes, names: x.names}
		for b.Loop() {
			scan.near(r.Uint64(), func(uint32, int) {})
		}
	})
}
