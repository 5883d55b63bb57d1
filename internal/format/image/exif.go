package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// EXIF is a TIFF directory put into another file. Only the date and time are
// read, by a list of three tags. The GPS directory (tag 0x8825) is not
// followed: where a picture was taken is in the archived bytes for those who
// may see them, and in no output.

const (
	typeASCII = 2
	typeShort = 3
	typeLong  = 4

	tagExif     = 0x8769 // where the Exif directory is
	tagOriginal = 0x9003 // DateTimeOriginal: "2006:01:02 15:04:05", the camera's clock
	tagOffset   = 0x9011 // OffsetTimeOriginal: "+03:00"
)

// maxTags bounds the entries read of one directory.
const maxTags = 512

// taken returns when the camera says the picture was taken; unknown when it
// does not say. Without a printed offset it is read in loc.
func taken(kind string, in format.Input, loc *time.Location) record.When {
	at, size := exifAt(kind, in)
	if size <= 0 {
		return record.When{}
	}
	t, err := openTIFF(in.R, at, size)
	if err != nil {
		return record.When{}
	}
	var date, offset string
	exif := uint32(0)
	collect := func(tag, kind uint16, count, value uint32, at int64) {
		switch {
		case tag == tagExif && kind == typeLong:
			exif = value
		case tag == tagOriginal && kind == typeASCII:
			date = t.ascii(count, value, at)
		case tag == tagOffset && kind == typeASCII:
			offset = t.ascii(count, value, at)
		}
	}
	t.each(t.first, collect)
	if exif != 0 {
		t.each(int64(exif), collect)
	}
	if w, err := time.Parse("2006:01:02 15:04:05-07:00", date+offset); err == nil && w.Year() > 1970 {
		return record.At(w)
	}
	w, err := time.ParseInLocation("2006:01:02 15:04:05", date, loc)
	if err != nil || w.Year() <= 1970 { // a camera whose clock was never set
		return record.When{}
	}
	return record.When{Unix: w.Unix(), Precision: record.ToSecond, NoZone: true}
}

func zone(s format.Settings) *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// exifAt finds the TIFF structure in a file of a kind.
func exifAt(kind string, in format.Input) (at, size int64) {
	limit := min(in.Size, maxHeader)
	read := func(at int64, n int) []byte {
		b := make([]byte, n)
		if at < 0 || at+int64(n) > limit {
			return nil
		}
		if k, err := in.R.ReadAt(b, at); k < n && err != nil {
			return nil
		}
		return b
	}
	switch kind {
	case "image/tiff":
		return 0, in.Size
	case "image/jpeg": // segments: FF, marker, two bytes of length with themselves
		for at := int64(2); ; {
			h := read(at, 10)
			if h == nil || h[0] != 0xff || h[1] == 0xda || h[1] == 0xd9 {
				return 0, 0
			}
			n := int64(binary.BigEndian.Uint16(h[2:]))
			if h[1] == 0xe1 && string(h[4:10]) == "Exif\x00\x00" {
				return at + 10, n - 8
			}
			if n < 2 {
				return 0, 0
			}
			at += 2 + n
		}
	case "image/png": // chunks: length, type, data, checksum
		for at := int64(8); ; {
			h := read(at, 8)
			if h == nil || string(h[4:]) == "IEND" {
				return 0, 0
			}
			n := int64(binary.BigEndian.Uint32(h))
			if string(h[4:]) == "eXIf" {
				return at + 8, n
			}
			at += 12 + n
		}
	case "image/webp": // RIFF chunks: type, length, data, padded to even
		limit = in.Size
		for i, at := 0, int64(12); ; i++ {
			h := read(at, 8)
			if h == nil || i > 10_000 {
				return 0, 0
			}
			n := int64(binary.LittleEndian.Uint32(h[4:]))
			if string(h[:4]) == "EXIF" {
				if b := read(at+8, 6); bytes.Equal(b, []byte("Exif\x00\x00")) {
					return at + 14, n - 6
				}
				return at + 8, n
			}
			at += 8 + n + n%2
		}
	}
	return 0, 0
}

// tiff is a TIFF structure inside a file.
type tiffFile struct {
	r     io.ReaderAt
	order binary.ByteOrder
	first int64
}

func openTIFF(r io.ReaderAt, at, size int64) (tiffFile, error) {
	t := tiffFile{r: io.NewSectionReader(r, at, size)}
	h := t.bytes(0, 8)
	switch string(h[:4]) {
	case "II*\x00":
		t.order = binary.LittleEndian
	case "MM\x00*":
		t.order = binary.BigEndian
	default:
		return t, errors.New("no TIFF header")
	}
	t.first = int64(t.order.Uint32(h[4:]))
	return t, nil
}

// bytes returns n bytes at a place; what is behind the end is zero.
func (t tiffFile) bytes(at int64, n int) []byte {
	b := make([]byte, n)
	if k, err := t.r.ReadAt(b, at); err != nil && k < n {
		clear(b[k:])
	}
	return b
}

// each calls f for the entries of the directory at a place: tag, type, count,
// the value field as a number, and where the value field is.
func (t tiffFile) each(dir int64, f func(tag, kind uint16, count, value uint32, at int64)) {
	n := int(t.order.Uint16(t.bytes(dir, 2)))
	for i := range min(n, maxTags) {
		at := dir + 2 + 12*int64(i)
		e := t.bytes(at, 12)
		f(t.order.Uint16(e), t.order.Uint16(e[2:]), t.order.Uint32(e[4:]), t.order.Uint32(e[8:]), at+8)
	}
}

// ascii returns a text value of at most 32 bytes.
func (t tiffFile) ascii(count, value uint32, at int64) string {
	if count > 32 {
		return ""
	}
	if count > 4 {
		at = int64(value)
	}
	return strings.TrimRight(string(t.bytes(at, int(count))), "\x00 ")
}
