package image

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

type sink struct {
	readings []record.Reading
	problems []record.Problem
}

func (s *sink) Source(record.Source) error      { return nil }
func (s *sink) Reading(r *record.Reading) error { s.readings = append(s.readings, *r); return nil }
func (s *sink) Problem(p record.Problem)        { s.problems = append(s.problems, p) }
func (s *sink) Skipped(string, int)             {}
func (s *sink) Covers(int64, int64)             {}

func readFile(t testing.TB, b []byte) (record.Reading, []record.Problem) {
	t.Helper()
	var s sink
	set := format.Settings{Zone: time.FixedZone("", 3*3600)}
	if err := Kind.Read(context.Background(), format.Input{Path: "dir/p.bin", R: bytes.NewReader(b), Size: int64(len(b)), Settings: set}, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.readings) != 1 {
		t.Fatalf("%d readings", len(s.readings))
	}
	return s.readings[0], s.problems
}

func encode(t testing.TB, kind string) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 31, 17), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	var err error
	switch kind {
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "png":
		err = png.Encode(&b, m)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif builds a TIFF structure with the camera's clock and a GPS directory.
func exif(order binary.AppendByteOrder, date, offset string) []byte {
	var b []byte
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		b = append(b, "II*\x00"...)
	} else {
		b = append(b, "MM\x00*"...)
	}
	b = order.AppendUint32(b, 8)
	entry := func(tag, kind uint16, count, value uint32) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, kind)
		b = order.AppendUint32(b, count)
		b = order.AppendUint32(b, value)
	}
	b = order.AppendUint16(b, 4) // at 8; four entries and a next pointer: 2+48+4
	entry(0x100, typeLong, 1, 640)
	entry(0x101, typeLong, 1, 480)
	entry(tagExif, typeLong, 1, 62)
	entry(0x8825, typeLong, 1, 200)
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 2) // at 62: 2+24+4, text at 92
	entry(tagOriginal, typeASCII, 20, 92)
	entry(tagOffset, typeASCII, 7, 112)
	b = order.AppendUint32(b, 0)
	b = append(b, (date + strings.Repeat("\x00", 20))[:20]...)
	b = append(b, (offset + strings.Repeat("\x00", 7))[:7]...)
	for len(b) < 200 {
		b = append(b, 0)
	}
	return append(b, "GPS 33.3128 44.3615"...)
}

func withExif(jpg, tiff []byte) []byte {
	seg := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, jpg[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(seg)+2))
	return append(append(out, seg...), jpg[2:]...)
}

func chunk(name string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func TestMeasures(t *testing.T) {
	for kind, want := range map[string]string{"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif"} {
		r, problems := readFile(t, encode(t, kind))
		m := r.Media[0]
		if len(problems) > 0 || m.Width != 31 || m.Height != 17 || m.Type != want || m.Path != "p.bin" || r.Kind != record.Image || r.ExternalID != "" {
			t.Errorf("%s: %+v %v", kind, r, problems)
		}
	}
	r, problems := readFile(t, exif(binary.BigEndian, "", ""))
	if m := r.Media[0]; m.Width != 640 || m.Height != 480 || m.Type != "image/tiff" || len(problems) > 0 {
		t.Errorf("tiff: %+v %v", m, problems)
	}
	webp := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x1e\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	if r, problems := readFile(t, webp); r.Media[0].Width != 31 || r.Media[0].Height != 17 {
		t.Errorf("webp: %+v %v", r.Media[0], problems)
	}
}

func TestTaken(t *testing.T) {
	jpg, pic := encode(t, "jpeg"), encode(t, "png")
	local := time.Date(2031, 3, 4, 6, 15, 30, 0, time.UTC) // 09:15:30 at +03:00
	for name, c := range map[string]struct {
		file   []byte
		want   time.Time
		noZone bool
	}{
		"jpeg, little endian": {withExif(jpg, exif(binary.LittleEndian, "2031:03:04 09:15:30", "")), local, true},
		"jpeg, big endian":    {withExif(jpg, exif(binary.BigEndian, "2031:03:04 09:15:30", "")), local, true},
		"offset printed":      {withExif(jpg, exif(binary.BigEndian, "2031:03:04 09:15:30", "-04:00")), local.Add(7 * time.Hour), false},
		"png":                 {append(append(append([]byte{}, pic[:33]...), chunk("eXIf", exif(binary.BigEndian, "2031:03:04 09:15:30", ""))...), pic[33:]...), local, true},
		"clock never set":     {withExif(jpg, exif(binary.BigEndian, "0000:00:00 00:00:00", "")), time.Time{}, false},
		"not a date":          {withExif(jpg, exif(binary.BigEndian, "the day it rained", "")), time.Time{}, false},
		"no exif":             {jpg, time.Time{}, false},
		"directory outside":   {withExif(jpg, []byte("II*\x00\xff\xff\xff\x7f")), time.Time{}, false},
		"segment length zero": {append(jpg[:2:2], 0xff, 0xe2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), time.Time{}, false},
		"directory of itself": {withExif(jpg, []byte("II*\x00\x08\x00\x00\x00\xff\xff\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00")), time.Time{}, false},
	} {
		r, _ := readFile(t, c.file)
		if r.Posted.Time() != c.want || r.Posted.NoZone != c.noZone {
			t.Errorf("%s: %v, want %v", name, r.Posted, c.want)
		}
	}
}

// The place must be in no output, whatever the reading's fields become.
func TestNoPlace(t *testing.T) {
	r, _ := readFile(t, withExif(encode(t, "jpeg"), exif(binary.BigEndian, "2031:03:04 09:15:30", "")))
	if s := strings.ToLower(r.Text + r.Title + r.Media[0].Alt); strings.Contains(s, "33.3") || strings.Contains(s, "gps") {
		t.Errorf("place in %+v", r)
	}
}

// A picture bomb must cost nothing: 2^31-1 by 2^31-1 pixels in 57 bytes.
func TestPixelBomb(t *testing.T) {
	head := binary.BigEndian.AppendUint32(nil, 1<<31-1)
	head = binary.BigEndian.AppendUint32(head, 1<<31-1)
	bomb := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 6, 0, 0, 0))...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, _ := readFile(t, bomb)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated for %+v", n, r.Media)
	}
}

func TestTruncated(t *testing.T) {
	for _, kind := range []string{"jpeg", "png", "gif"} {
		b := encode(t, kind)
		for n := range len(b) {
			readFile(t, b[:n])
		}
		if _, p := readFile(t, b[:9]); len(p) != 1 {
			t.Errorf("%s cut to 9 bytes: problems %v", kind, p)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		head string
		want int
	}{{string(encode(t, "png")), 90}, {"RIFF\x00\x00\x00\x00WAVE", 0}, {"", 0}, {"%PDF-1.4", 0}, {"GIF is a format", 0}} {
		if n := Kind.Match(format.Head{Path: "a.png", Bytes: []byte(c.head)}); n != c.want {
			t.Errorf("%.10q: %d, want %d", c.head, n, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, kind := range []string{"jpeg", "png", "gif"} {
		f.Add(encode(f, kind))
	}
	f.Add(withExif(encode(f, "jpeg"), exif(binary.LittleEndian, "2031:03:04 09:15:30", "+03:00")))
	f.Add(exif(binary.BigEndian, "2031:03:04 09:15:30", ""))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x1e\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) { readFile(t, b) })
}
