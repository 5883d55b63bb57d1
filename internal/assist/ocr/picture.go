package ocr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"dalil/internal/record"
)

// Limits against pictures that are bombs (SECURITY T23).
const (
	maxFile   = 64 << 20      // bytes of a file
	maxPixels = 40_000_000    // as the file's header claims them
	maxMemory = 4 * maxPixels // bytes a decoder may need
	maxSide   = 4096          // pixels of the picture tesseract is given; larger ones are shrunk
)

// kind is a type of picture that Go code reads. The list is our own because
// image.Decode knows whatever any package of the program has registered. TIFF is
// left out: its reader allocates what the file's tables ask for.
type kind struct {
	media, magic string
	at           int // where the magic stands
	config       func(io.Reader) (image.Config, error)
	decode       func(io.Reader) (image.Image, error)
}

var kinds = []kind{
	{"image/jpeg", "\xff\xd8\xff", 0, jpeg.DecodeConfig, jpeg.Decode},
	{"image/png", "\x89PNG\r\n\x1a\n", 0, png.DecodeConfig, png.Decode},
	{"image/gif", "GIF8", 0, gif.DecodeConfig, gif.Decode}, // the first picture
	{"image/webp", "WEBP", 8, webp.DecodeConfig, webp.Decode},
}

// prepare reads a picture of any origin and writes it anew, as a grey PNG of
// bounded size: no byte of a source reaches tesseract's image libraries.
func prepare(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the picture: %w", err)
	}
	if len(data) > maxFile {
		return nil, tooLarge(fmt.Sprintf("more than %d MiB", maxFile>>20))
	}
	g, err := decode(data)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed} // it lives for one pipe
	if err := enc.Encode(&out, fit(g)); err != nil {
		return nil, fmt.Errorf("write the picture for tesseract: %w", err)
	}
	return out.Bytes(), nil
}

func decode(data []byte) (g *image.Gray, err error) {
	// A decoder that panics on a broken file must not end an import.
	defer func() {
		if p := recover(); p != nil {
			g, err = nil, broken(fmt.Errorf("%v", p))
		}
	}()
	for _, k := range kinds {
		if len(data) < k.at || !bytes.HasPrefix(data[k.at:], []byte(k.magic)) {
			continue
		}
		c, err := k.config(bytes.NewReader(data))
		if err != nil {
			return nil, broken(err)
		}
		if c.Width < 1 || c.Height < 1 {
			return nil, broken(errors.New("it has no pixels"))
		}
		area := int64(c.Width) * int64(c.Height)
		if c.Width > maxPixels || c.Height > maxPixels || area > maxPixels || area*pixelBytes(c.ColorModel, k.media == "image/jpeg" && !sequential(data)) > maxMemory {
			return nil, tooLarge(fmt.Sprintf("%d × %d pixels", c.Width, c.Height))
		}
		m, err := k.decode(bytes.NewReader(data))
		if err != nil {
			return nil, broken(err)
		}
		return gray(m), nil
	}
	return nil, record.WithHint(fmt.Errorf("read the picture: %w: not JPEG, PNG, GIF or WebP", record.ErrInvalid),
		"convert it to PNG and import that beside the original")
}

func tooLarge(what string) error {
	return record.WithHint(fmt.Errorf("read the picture: %w: it is too large: %s", record.ErrInvalid, what),
		fmt.Sprintf("cut the part with the text out as a PNG of at most %d million pixels and import that beside the original", maxPixels/1_000_000))
}

func broken(err error) error {
	return record.WithHint(fmt.Errorf("read the picture: %w: %w", record.ErrInvalid, err),
		"the file is broken or cut off; look for a complete copy")
}

// pixelBytes says how much memory a decoder takes for a pixel, at most. All
// coefficients of a progressive JPEG are held until its last pass.
func pixelBytes(m color.Model, progressive bool) int64 {
	n := int64(4)
	switch m {
	case color.RGBA64Model, color.NRGBA64Model:
		n = 8
	case color.YCbCrModel:
		n = 3
	case color.GrayModel:
		n = 1
	}
	if progressive {
		n += 4 * n
	}
	return n
}

// sequential reports whether a JPEG surely is one that is decoded in a single
// pass. The decoder forgives dirt between segments, this does not: a file that
// is not as the standard has it counts as the dearer sort.
func sequential(data []byte) bool {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		switch data[at+1] {
		case 0xc0, 0xc1:
			return true
		case 0xc2, 0xd9, 0xda:
			return false
		}
		at += 2 + int(data[at+2])<<8 + int(data[at+3])
	}
	return false
}

// gray returns the brightness of m, on white where m is transparent.
func gray(m image.Image) *image.Gray {
	b := m.Bounds()
	g := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	if y, ok := m.(*image.YCbCr); ok { // a JPEG holds its brightness as such
		for i := range b.Dy() {
			copy(g.Pix[i*g.Stride:(i+1)*g.Stride], y.Y[y.YOffset(b.Min.X, b.Min.Y+i):])
		}
		return g
	}
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1)) // row by row, so that no second copy in colour is held
	for i := range b.Dy() {
		draw.Draw(row, row.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(row, row.Rect, m, image.Pt(b.Min.X, b.Min.Y+i), draw.Over)
		for x := range b.Dx() {
			p := row.Pix[4*x : 4*x+3]
			g.Pix[i*g.Stride+x] = uint8((299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])) / 1000)
		}
	}
	return g
}

// fit shrinks what is too large for the time and memory there is: a pixel
// becomes the mean of k × k. Small pictures stay as they are: enlarging them,
// measured on testdata, gained 9 points of text on one and lost 22 on another.
func fit(g *image.Gray) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	k := (max(w, h) + maxSide - 1) / maxSide
	if k <= 1 {
		return g
	}
	d := image.NewGray(image.Rect(0, 0, (w+k-1)/k, (h+k-1)/k))
	for y := range d.Rect.Dy() {
		for x := range d.Rect.Dx() {
			sum, n := 0, 0
			for j := y * k; j < min(h, y*k+k); j++ {
				for _, p := range g.Pix[j*g.Stride+x*k : j*g.Stride+min(w, x*k+k)] {
					sum += int(p)
					n++
				}
			}
			d.Pix[y*d.Stride+x] = uint8(sum / n)
		}
	}
	return d
}
