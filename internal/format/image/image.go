// Package image reads a picture on its own: its measures and, from a camera's
// file, when it says it was taken. Pictures are never decoded: a file of a few
// bytes can claim billions of pixels.
package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"path"

	"golang.org/x/image/webp"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind reads JPEG, PNG, GIF, WebP and TIFF files.
var Kind = format.Kind{
	Name:    "image",
	Doc:     "a picture on its own: measures and the camera's clock, never the place",
	Version: 1,
	Match: func(h format.Head) int {
		if typeOf(h.Bytes) != "" {
			return 90
		}
		return 0
	},
	Read: read,
}

// maxHeader is how far into a file its measures and EXIF are looked for.
const maxHeader = 4 << 20

// typeOf names the media type by the first bytes; "" when it is no picture
// that is read here.
func typeOf(b []byte) string {
	for _, m := range []struct{ magic, kind string }{
		{"\xff\xd8\xff", "image/jpeg"}, {"\x89PNG\r\n\x1a\n", "image/png"}, {"GIF87a", "image/gif"}, {"GIF89a", "image/gif"},
		{"II*\x00", "image/tiff"}, {"MM\x00*", "image/tiff"},
	} {
		if bytes.HasPrefix(b, []byte(m.magic)) {
			return m.kind
		}
	}
	if len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" {
		return "image/webp"
	}
	return ""
}

func read(ctx context.Context, in format.Input, out format.Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	head := make([]byte, 12)
	n, err := in.R.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", in.Path, err)
	}
	kind := typeOf(head[:n])
	m := record.Media{Kind: "photo", Path: path.Base(in.Path), Type: kind, Size: in.Size}
	r := record.Reading{Kind: record.Image, URL: in.URL}
	c, err := measure(kind, in)
	if err != nil {
		out.Problem(record.Problem{Offset: 0, What: "the picture's measures cannot be read: " + err.Error(),
			Remedy: "the file is kept; it may be cut off or of another type than it says"})
		r.Flags = append(r.Flags, record.FlagTruncated)
	}
	m.Width, m.Height = c.Width, c.Height
	r.Media = []record.Media{m}
	if t := taken(kind, in, zone(in.Settings)); t.Known() {
		r.Posted = t
		if t.NoZone {
			r.Flags = append(r.Flags, record.FlagNoZone)
		}
	}
	return out.Reading(&r)
}

// measure reads width and height from the file's header. The decoders are told
// to read no pixels; one that panics on a broken header must not end an import.
func measure(kind string, in format.Input) (c image.Config, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = image.Config{}, fmt.Errorf("%w header: %v", record.ErrInvalid, r)
		}
	}()
	r := io.NewSectionReader(in.R, 0, min(in.Size, maxHeader))
	switch kind {
	case "image/jpeg":
		c, err = jpeg.DecodeConfig(r)
	case "image/png":
		c, err = png.DecodeConfig(r)
	case "image/gif":
		c, err = gif.DecodeConfig(r)
	case "image/webp":
		c, err = webp.DecodeConfig(r)
	case "image/tiff":
		// A TIFF's directory is often at its end.
		c, err = tiffMeasure(in)
	default:
		err = errors.New("not a picture of a known type")
	}
	return c, err
}

// tiffMeasure reads width and height by the room's own directory reader: the
// library's reads whole tables into memory before it knows what they are for.
func tiffMeasure(in format.Input) (image.Config, error) {
	t, err := openTIFF(in.R, 0, in.Size)
	if err != nil {
		return image.Config{}, err
	}
	var c image.Config
	t.each(t.first, func(tag, kind uint16, count, value uint32, at int64) {
		v := int(value)
		switch {
		case kind == typeShort:
			v = int(t.order.Uint16(t.bytes(at, 2)))
		case kind != typeLong:
			return
		}
		switch tag {
		case 0x100:
			c.Width = v
		case 0x101:
			c.Height = v
		}
	})
	if c.Width <= 0 || c.Height <= 0 {
		return image.Config{}, errors.New("no measures in the first directory")
	}
	return c, nil
}
