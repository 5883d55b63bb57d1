package sample

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"slices"
	"strconv"
	"strings"
)

// picture is a statement as a picture: the brand's colours, layout and emblem,
// rows of strokes where the text would be, a seal, and in digits what can be
// read of it: its number, date, time and count. Pictures of the same slots and
// seed show the same document; the other fields are what a channel made of it.
type picture struct {
	slots   slots
	seed    uint64
	width   int
	quality int   // of the JPEG
	mark    int64 // the channel that put its mark in a corner; 0: none
}

const pictureWidth, pictureHeight = 480, 320

// original is the document as its first post shows it.
func original(sl slots, at int64) *picture {
	return &picture{slots: sl, seed: uint64(at), width: pictureWidth, quality: 70}
}

// picture gives a post of channel c the picture of the statement that was
// first posted as first, and returns its path in the channel's export. Others
// than the first post show what a download and an upload leave of it.
func (s *story) picture(c *timeline, p, first *post, sl slots) string {
	n := 1
	for path := range s.pictures {
		if strings.HasPrefix(path, c.Handle+"/") {
			n++
		}
	}
	path := "photos/photo_" + strconv.Itoa(n) + "@" + p.at.In(zone).Format("02-01-2006_15-04-05") + ".jpg"
	pic := original(sl, first.at.Unix())
	if p != first {
		r := newRNG(49, uint64(c.ID), pic.seed)
		pic.width, pic.quality = pick(&r, []int{320, 400, 560, 640}), 35+r.n(50)
		if r.n(3) == 0 {
			pic.mark = c.ID
		}
	}
	s.pictures[c.Handle+"/"+path] = pic
	return path
}

// height is in proportion, rounded.
func (p *picture) height() int { return (p.width*pictureHeight + pictureWidth/2) / pictureWidth }

// sheet is how a brand lays out its statements.
type sheet struct {
	bands  []image.Rectangle // in the brand's colour
	text   image.Rectangle
	emblem image.Point
	foot   image.Point // of number, date and count
}

// sheets are the layouts of brands, in their order.
var sheets = []sheet{
	{[]image.Rectangle{image.Rect(0, 0, 480, 56), image.Rect(0, 302, 480, 320)}, image.Rect(30, 76, 450, 236), image.Pt(240, 28), image.Pt(30, 246)},
	{[]image.Rectangle{image.Rect(404, 0, 480, 320)}, image.Rect(24, 24, 384, 230), image.Pt(442, 44), image.Pt(24, 246)},
	{[]image.Rectangle{image.Rect(0, 0, 480, 12), image.Rect(0, 12, 76, 320)}, image.Rect(100, 32, 456, 230), image.Pt(38, 150), image.Pt(100, 246)},
	{[]image.Rectangle{image.Rect(0, 272, 480, 320)}, image.Rect(30, 72, 450, 262), image.Pt(420, 296), image.Pt(30, 18)},
	{[]image.Rectangle{image.Rect(0, 0, 480, 8), image.Rect(0, 312, 480, 320), image.Rect(0, 8, 8, 312), image.Rect(472, 8, 480, 312), image.Rect(214, 8, 266, 52)},
		image.Rect(26, 62, 454, 240), image.Pt(240, 29), image.Pt(26, 250)},
	{[]image.Rectangle{image.Rect(0, 0, 400, 6), image.Rect(400, 0, 480, 52)}, image.Rect(30, 66, 450, 240), image.Pt(440, 26), image.Pt(30, 250)},
}

func (p *picture) image() image.Image {
	hue := slices.IndexFunc(brands, func(b Brand) bool { return b.ID == p.slots.Brand.ID })
	band := []color.RGBA{{58, 74, 60, 255}, {120, 62, 40, 255}, {44, 70, 110, 255}, {92, 92, 96, 255}, {24, 104, 128, 255}, {112, 50, 90, 255}}[hue]
	paper, ink := color.RGBA{244, 239, 226, 255}, color.RGBA{46, 42, 38, 255}
	l := sheets[hue]
	img := image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	box(img, img.Rect, paper)
	for _, b := range l.bands {
		box(img, b, band)
	}
	// The emblem: a diamond with as many bars as the brand's place in the list.
	for d := range 20 {
		box(img, image.Rect(-d, d-20, d, d-19).Add(l.emblem), paper)
		box(img, image.Rect(-d, 19-d, d, 20-d).Add(l.emblem), paper)
	}
	for k := range hue + 1 {
		box(img, image.Rect(k*5-12, -6, k*5-10, 6).Add(l.emblem), band)
	}
	r := newRNG(p.seed)
	strokes(img, &r, l.text, ink)
	seal(img, &r, l.text, band)
	number(img, l.foot.X, l.foot.Y, 3, strconv.Itoa(p.slots.Series), band)
	number(img, l.foot.X+90, l.foot.Y, 3, p.slots.At.Format("2006-01-02 15:04"), ink)
	number(img, l.foot.X, l.foot.Y+30, 3, strconv.Itoa(p.slots.Count), ink)
	if p.width != pictureWidth {
		img = scale(img, p.width, p.height())
	}
	if p.mark != 0 {
		mark(img, p.mark)
	}
	return img
}

func box(img draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// strokes writes a text of some paragraphs from right to left: statements
// differ in how much they say, how large, and where the paragraphs end.
func strokes(img draw.Image, r *rng, area image.Rectangle, ink color.Color) {
	pitch := 14 + r.n(7)
	area.Min.X += r.n(60)
	area.Max.X -= r.n(60)
	for y := area.Min.Y; y+pitch < area.Max.Y; y += pitch / 2 * (1 + r.n(5)) {
		for lines := 1 + r.n(4); lines > 0 && y+pitch < area.Max.Y; lines-- {
			from, to := area.Min.X, area.Max.X
			if lines == 1 { // the last
				from += area.Dx() * r.n(85) / 100
			}
			for x := to; x > from; {
				w := min(8+r.n(38), x-from)
				box(img, image.Rect(x-w, y, x, y+pitch/2), ink)
				x -= w + 5
			}
			y += pitch
		}
	}
}

// seal stamps a round seal somewhere on the text, as a hand does.
func seal(img draw.Image, r *rng, area image.Rectangle, c color.Color) {
	radius := 28 + r.n(22)
	area = area.Inset(radius)
	mid := image.Pt(area.Min.X+r.n(area.Dx()), area.Min.Y+r.n(area.Dy()))
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			if d := x*x + y*y; d <= radius*radius && (d*10 > radius*radius*7 || d*10 < radius*radius*4) {
				img.Set(mid.X+x, mid.Y+y, c)
			}
		}
	}
}

// mark puts the small mark of a channel into one of the lower corners.
func mark(img *image.RGBA, channel int64) {
	r := newRNG(50, uint64(channel))
	w, h := img.Rect.Dx()/9, img.Rect.Dy()/18
	at := image.Rect(0, 0, w, h).Add(image.Pt(4, img.Rect.Dy()-h-4))
	if r.n(2) == 0 {
		at = at.Add(image.Pt(img.Rect.Dx()-w-8, 0))
	}
	box(img, at, color.RGBA{uint8(60 + r.n(120)), uint8(60 + r.n(120)), uint8(60 + r.n(120)), 255})
	for k := range 3 {
		box(img, image.Rect(at.Min.X+3+k*w/3, at.Min.Y+h/3, at.Min.X+k*w/3+w/4, at.Max.Y-h/3), color.White)
	}
}

// scale draws img in another size: each pixel is the mean of the area it
// covers. In whole numbers, so that every machine writes the same bytes.
func scale(img *image.RGBA, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	sw, sh := img.Rect.Dx(), img.Rect.Dy()
	// A pixel of img is w wide and h high, one of out sw and sh.
	for y := range h {
		for x := range w {
			var sum [4]int
			for j := y * sh / h; j*h < (y+1)*sh; j++ {
				dy := min((j+1)*h, (y+1)*sh) - max(j*h, y*sh)
				for i := x * sw / w; i*w < (x+1)*sw; i++ {
					dx := min((i+1)*w, (x+1)*sw) - max(i*w, x*sw)
					for k, v := range img.Pix[img.PixOffset(i, j):][:4] {
						sum[k] += int(v) * dx * dy
					}
				}
			}
			for k, v := range sum {
				out.Pix[out.PixOffset(x, y)+k] = uint8((v + sw*sh/2) / (sw * sh))
			}
		}
	}
	return out
}

func (p *picture) jpeg() ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, p.image(), &jpeg.Options{Quality: p.quality})
	return b.Bytes(), err
}

func (p *picture) png() ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, p.image())
	return b.Bytes(), err
}

// glyphs are digits of three by five dots, a row of three bits after another.
var glyphs = map[rune]uint16{'0': 0b111101101101111, '1': 0b010110010010111, '2': 0b111001111100111, '3': 0b111001111001111,
	'4': 0b101101111001001, '5': 0b111100111001111, '6': 0b111100111101111, '7': 0b111001001010010, '8': 0b111101111101111,
	'9': 0b111101111001111, '-': 0b000000111000000, ':': 0b000010000010000}

func number(img draw.Image, x, y, dot int, text string, c color.Color) {
	for _, g := range text {
		for k := range 15 {
			if glyphs[g]>>(14-k)&1 == 1 {
				px, py := x+k%3*dot, y+k/3*dot
				box(img, image.Rect(px, py, px+dot, py+dot), c)
			}
		}
		x += 4 * dot
	}
}
