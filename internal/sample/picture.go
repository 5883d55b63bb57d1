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

// picture is a statement as a picture: the brand's colours and emblem, rows of
// strokes where the text would be, and in digits what can be read of it: its
// number, date, time and count.
type picture struct {
	slots slots
	seed  uint64
}

const pictureWidth, pictureHeight = 480, 320

// picture gives a post of channel c a picture and returns its path in the
// channel's export.
func (s *story) picture(c *timeline, p *post, sl slots) string {
	n := 1
	for path := range s.pictures {
		if strings.HasPrefix(path, c.Handle+"/") {
			n++
		}
	}
	path := "photos/photo_" + strconv.Itoa(n) + "@" + p.at.In(zone).Format("02-01-2006_15-04-05") + ".jpg"
	s.pictures[c.Handle+"/"+path] = &picture{sl, uint64(p.at.Unix())}
	return path
}

func (p *picture) image() image.Image {
	hue := slices.IndexFunc(brands, func(b Brand) bool { return b.ID == p.slots.Brand.ID })
	band := []color.RGBA{{58, 74, 60, 255}, {120, 62, 40, 255}, {44, 70, 110, 255}, {92, 92, 96, 255}, {24, 104, 128, 255}, {112, 50, 90, 255}}[hue]
	paper, ink := color.RGBA{244, 239, 226, 255}, color.RGBA{46, 42, 38, 255}
	img := image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	fill := func(x0, y0, x1, y1 int, c color.RGBA) {
		draw.Draw(img, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
	}
	fill(0, 0, pictureWidth, pictureHeight, paper)
	fill(0, 0, pictureWidth, 56, band)
	fill(0, pictureHeight-18, pictureWidth, pictureHeight, band)
	for d := range 20 { // the emblem: a diamond with as many bars as the brand's place in the list
		fill(240-d, 8+d, 240+d, 9+d, paper)
		fill(240-d, 47-d, 240+d, 48-d, paper)
	}
	for k := range hue + 1 {
		fill(228+k*5, 22, 230+k*5, 34, band)
	}
	r := newRNG(p.seed)
	for y := 76; y < 230; y += 17 {
		for x := pictureWidth - 30; x > 60+r.n(120); {
			w := 10 + r.n(34)
			fill(max(30, x-w), y, x, y+6, ink)
			x -= w + 6
		}
	}
	number(img, 30, 246, 3, strconv.Itoa(p.slots.Series), band)
	number(img, 120, 246, 3, p.slots.At.Format("2006-01-02 15:04"), ink)
	number(img, 30, 276, 3, strconv.Itoa(p.slots.Count), ink)
	return img
}

func (p *picture) jpeg() ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, p.image(), &jpeg.Options{Quality: 70})
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
				draw.Draw(img, image.Rect(px, py, px+dot, py+dot), image.NewUniform(c), image.Point{}, draw.Src)
			}
		}
		x += 4 * dot
	}
}
