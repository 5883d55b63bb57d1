package ocr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"dalil/internal/record"
)

// header returns a PNG that claims a size and colour type and holds no pixels.
func header(w, h uint32, depth, kind byte) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
		body := append([]byte(name), data...)
		b = binary.BigEndian.AppendUint32(append(b, body...), crc32.ChecksumIEEE(body))
	}
	dims := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	chunk("IHDR", append(dims, depth, kind, 0, 0, 0))
	chunk("IDAT", nil)
	chunk("IEND", nil)
	return b
}

// jpegHeader returns the start of a JPEG in colour.
func jpegHeader(frame byte, w, h uint16) []byte {
	b := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff"), frame, 0, 17, 8)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, h), w)
	return append(b, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1)
}

func TestHostile(t *testing.T) {
	whole := load(t, "testdata/claim-fa.png")
	for _, c := range []struct {
		name, says string
		data       []byte
	}{
		{"empty", "not JPEG", nil},
		{"text", "not JPEG", []byte("بيان رقم 47")},
		{"SVG", "not JPEG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>`)},
		{"file list", "not JPEG", []byte("/etc/passwd\n/etc/hosts\n")}, // tesseract reads pictures named in a text
		{"PDF", "not JPEG", []byte("%PDF-1.7\n")},
		{"TIFF", "not JPEG", []byte("II*\x00\xff\xff\xff\xff")},
		{"bomb", "too large", header(65_535, 65_535, 8, 2)},
		{"bomb whose area overflows", "", header(1<<31-1, 1<<31-1, 8, 2)},
		{"just too large", "too large", header(8001, 5000, 8, 0)},
		{"16 bits a sample", "too large", header(6000, 5000, 16, 2)},
		{"no pixels", "", header(0, 10, 8, 2)},
		{"header only", "", header(100, 100, 8, 2)},
		{"cut off", "", whole[:len(whole)/2]},
		{"magic only", "", whole[:8]},
		{"JPEG bomb", "too large", jpegHeader(0xc0, 65_535, 65_535)},
		{"progressive JPEG", "too large", jpegHeader(0xc2, 4000, 4000)}, // 16 million pixels, 240 MB of coefficients
		{"GIF bomb", "too large", []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00")},
		{"WebP", "", []byte("RIFF\x10\x00\x00\x00WEBPVP8L\x04\x00\x00\x00\x2f\xff\xff\xff")},
		{"too many bytes", "more than 64 MiB", append(bytes.Clone(whole), make([]byte, maxFile)...)},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := prepare(bytes.NewReader(c.data))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want record.ErrInvalid with %q", c.name, err, c.says)
		}
		hinted(t, err)
		if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 && len(c.data) < maxFile {
			t.Errorf("%s: %d MiB allocated", c.name, n>>20)
		}
	}
	broke := errors.New("disk")
	if _, err := prepare(iotest.ErrReader(broke)); !errors.Is(err, broke) || errors.Is(err, record.ErrInvalid) {
		t.Errorf("a file that cannot be read: %v", err)
	}
}

// TestFlipped: a picture with broken bytes is an error or a picture, never more.
func TestFlipped(t *testing.T) {
	whole := load(t, "testdata/claim-fa.png")
	var jpg, gf bytes.Buffer
	m, err := png.Decode(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(jpeg.Encode(&jpg, m, nil), gif.Encode(&gf, m, nil)); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, data := range [][]byte{whole, jpg.Bytes(), gf.Bytes()} {
		if _, err := decode(data); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			b := bytes.Clone(data)
			for range 1 + r.IntN(4) {
				b[r.IntN(min(len(b), 2000))] = byte(r.Uint32())
			}
			if _, err := decode(b); err != nil && !errors.Is(err, record.ErrInvalid) {
				t.Fatalf("%v", err)
			}
		}
	}
}

func FuzzPrepare(f *testing.F) {
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02L\x01\x00;"))
	f.Add(header(3, 3, 8, 6))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := prepare(bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, record.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		c, err := png.DecodeConfig(bytes.NewReader(out))
		if err != nil || c.ColorModel != color.GrayModel || max(c.Width, c.Height) > maxSide {
			t.Fatalf("%v, %v", c, err)
		}
	})
}

func TestSequential(t *testing.T) {
	for want, frame := range map[bool]byte{true: 0xc0, false: 0xc2} {
		if b := jpegHeader(frame, 10, 10); sequential(b) != want {
			t.Errorf("%x: %v", frame, !want)
		}
	}
	dirty := append([]byte("\xff\xd8 "), jpegHeader(0xc0, 10, 10)[2:]...)
	for _, b := range [][]byte{dirty, dirty[:2], []byte("\xff\xd8\xff\xe0\x00"), []byte("\xff\xd8\xff\xe0\xff\xff")} {
		if sequential(b) {
			t.Errorf("%x", b)
		}
	}
}

func TestGray(t *testing.T) {
	see := image.NewNRGBA(image.Rect(5, 5, 8, 6)) // away from the origin, as a GIF's frame can be
	see.SetNRGBA(5, 5, color.NRGBA{0, 0, 0, 0})   // transparent: paper
	see.SetNRGBA(6, 5, color.NRGBA{0, 0, 0, 255})
	see.SetNRGBA(7, 5, color.NRGBA{255, 255, 255, 255})
	if g := gray(see); !bytes.Equal(g.Pix, []byte{255, 0, 255}) {
		t.Errorf("%v", g.Pix)
	}
	y := image.NewYCbCr(image.Rect(0, 0, 3, 2), image.YCbCrSubsampleRatio420)
	copy(y.Y, []byte{1, 2, 3, 4, 5, 6})
	if g := gray(y); !bytes.Equal(g.Pix, []byte{1, 2, 3, 4, 5, 6}) {
		t.Errorf("%v", g.Pix)
	}
}

func TestFit(t *testing.T) {
	g := image.NewGray(image.Rect(0, 0, 2*maxSide+1, 3))
	for i := range g.Pix {
		g.Pix[i] = uint8(i % g.Stride % 3 * 30) // 0 30 60 0 30 60 …
	}
	d := fit(g)
	if d.Rect.Dx() != (2*maxSide+3)/3 || d.Rect.Dy() != 1 || d.Pix[0] != 30 || d.Pix[100] != 30 {
		t.Errorf("%v %v", d.Rect, d.Pix[:3])
	}
	if small := image.NewGray(image.Rect(0, 0, 10, 10)); fit(small) != small {
		t.Error("a small picture was changed")
	}
}
