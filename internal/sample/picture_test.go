package sample

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"math/bits"
	"slices"
	"testing"
)

// hash is the perceptual hash of METHODS 1.2 by its definition, apart from the
// program's own: 32 by 32 greys, the 8 by 8 lowest frequencies of their cosine
// transform, a bit for each above the median.
func hash(t *testing.T, data []byte) (h uint64) {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	const n = 32
	var grey, count [n][n]float64
	b := img.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			i, j := x*n/b.Dx(), y*n/b.Dy()
			grey[j][i] += float64(color.GrayModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.Gray).Y)
			count[j][i]++
		}
	}
	var f [64]float64
	for k := range f {
		u, v := float64(k%8+1), float64(k/8+1)
		for y := range n {
			for x := range n {
				f[k] += grey[y][x] / count[y][x] * math.Cos((2*float64(x)+1)*u*math.Pi/64) * math.Cos((2*float64(y)+1)*v*math.Pi/64)
			}
		}
	}
	sorted := f
	slices.Sort(sorted[:])
	for k, c := range f {
		if c > (sorted[31]+sorted[32])/2 {
			h |= 1 << k
		}
	}
	return h
}

// TestPictures: copies of a statement's picture are no copies byte for byte,
// but of one document; different statements can be told apart.
func TestPictures(t *testing.T) {
	s := newStory()
	originals := make([]uint64, len(s.slots))
	for f, sl := range s.slots {
		data, err := original(sl, s.world.Families[f].FirstAt).png()
		if err != nil {
			t.Fatal(err)
		}
		originals[f] = hash(t, data)
	}
	closest := 64
	for a := range originals {
		for b := range a {
			closest = min(closest, bits.OnesCount64(originals[a]^originals[b]))
		}
	}
	if closest <= 8 {
		t.Errorf("two statements' pictures differ in %d bits", closest)
	}
	copies, marked, sizes, furthest := 0, 0, map[int]bool{}, 0
	for _, c := range s.channels {
		for _, p := range c.posts {
			if p.photo == "" {
				continue
			}
			pic := s.pictures[c.Handle+"/"+p.photo]
			data, err := pic.jpeg()
			if err != nil {
				t.Fatal(err)
			}
			h := hash(t, data)
			for f, o := range originals {
				switch d := bits.OnesCount64(h ^ o); {
				case f == p.family && d > 8:
					t.Errorf("%s of %s differs from its original in %d bits: %+v", p.photo, c.Handle, d, pic)
				case f != p.family && d <= 8:
					t.Errorf("%s of %s differs from another statement's in %d bits", p.photo, c.Handle, d)
				case f == p.family:
					furthest = max(furthest, d)
				}
			}
			if p.relation != Pictured {
				continue
			}
			copies++
			sizes[pic.width] = true
			if pic.mark != 0 {
				marked++
			}
			// What was copied is there to be seen.
			for _, home := range s.channels {
				for _, first := range home.posts {
					if first.family == p.family && first.relation == Original && first.photo == "" && !first.deleted {
						t.Errorf("%s of %s shows a picture that its original lacks", p.photo, c.Handle)
					}
				}
			}
		}
	}
	if copies < 10 || marked < 2 || marked == copies || len(sizes) < 3 {
		t.Errorf("%d copies, %d with a mark, in %d sizes", copies, marked, len(sizes))
	}
	t.Logf("%d statements, the closest two %d bits apart; %d copies, %d with a mark, at most %d bits from the original",
		len(originals), closest, copies, marked, furthest)
}
