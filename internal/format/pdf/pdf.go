// Package pdf reads the text of PDF pages, one statement a page. PDF stores
// glyphs at places, not text: what comes out is derived and flagged so, and is
// to be checked against the page.
//
// The reader is this room's own. It does not use the file's table of contents
// (xref), which is the first thing to break: it looks for the objects
// themselves, so a damaged or cut file gives every page that is still in it.
// All work is bounded by counts and bytes, never by time: the same file always
// gives the same statements.
package pdf

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind reads .pdf files.
var Kind = format.Kind{
	Name:    "pdf",
	Doc:     "a PDF document, one statement a page; the text is derived",
	Version: 1,
	Match: func(h format.Head) int {
		// Up to 1 KiB of other bytes may stand before the header.
		if i := bytes.Index(h.Bytes[:min(len(h.Bytes), 1024)], []byte("%PDF-")); i == 0 {
			return 95
		} else if i > 0 {
			return 70
		}
		return 0
	},
	Read: read,
}

const (
	maxFile    = 128 << 20 // bytes of a file that are read
	maxObjects = 1 << 20
	maxPages   = 20_000
	maxStream  = 32 << 20 // bytes of one stream, unpacked
	maxOps     = 4 << 20  // drawing operators of one page
	maxGlyphs  = 1 << 19  // of one page
)

func read(ctx context.Context, in format.Input, out format.Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if in.Size > maxFile {
		out.Problem(record.Problem{Offset: -1, What: fmt.Sprintf("a PDF of %d bytes; text is read from files up to %d", in.Size, maxFile),
			Remedy: "the file is kept; split it to have its text"})
		return nil
	}
	b, err := io.ReadAll(io.NewSectionReader(in.R, 0, in.Size))
	if err != nil {
		return fmt.Errorf("read %s: %w", in.Path, err)
	}
	d, err := open(ctx, b)
	if err != nil {
		return err
	}
	if d.encrypted {
		out.Problem(record.Problem{Offset: -1, What: "the PDF is encrypted, its text cannot be read",
			Remedy: "the file is kept; print it or remove the password, and import that copy too"})
		return nil
	}
	pages := d.pages()
	if len(pages) == 0 {
		out.Problem(record.Problem{Offset: 0, What: "no page was found in the PDF; it may be cut off or damaged",
			Remedy: "the file is kept; open it in a viewer and import a copy printed from there"})
		return nil
	}
	if d.cut {
		out.Problem(record.Problem{Offset: in.Size, What: "the PDF's end is missing; the pages that are in it were read"})
	}
	info := d.info()
	for i, p := range pages {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := i + 1
		r := record.Reading{
			Kind: record.Document, ExternalID: "page-" + strconv.Itoa(n), URL: in.URL,
			Span: record.Span{Page: n}, Flags: []record.Flag{record.FlagDerivedText},
		}
		if n == 1 {
			r.Title, r.Byline = d.textOf(info["Title"]), d.textOf(info["Author"])
			r.Posted, r.Edited = d.date(info["CreationDate"], in.Settings), d.date(info["ModDate"], in.Settings)
			r.Lang = d.lang
		}
		var problems []string
		r.Text, problems = d.text(ctx, p)
		if len(problems) > 0 {
			r.Flags = append(r.Flags, record.FlagUnknownParts)
			out.Problem(record.Problem{Offset: p.at, What: fmt.Sprintf("page %d: %s", n, strings.Join(problems, "; ")),
				Remedy: "compare the text with the page", ID: r.ExternalID})
		}
		if err := out.Reading(&r); err != nil {
			return err
		}
	}
	return nil
}

// date reads "D:20310304091530+03'30'", of which everything behind the year
// may be missing.
func (d *document) date(v any, set format.Settings) record.When {
	s := strings.TrimPrefix(strings.TrimSpace(d.textOf(v)), "D:")
	s = strings.ReplaceAll(s, "'", "")
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	layout, ok := map[int]struct {
		layout string
		p      record.Precision
	}{
		4: {"2006", record.ToYear}, 6: {"200601", record.ToMonth}, 8: {"20060102", record.ToDay},
		12: {"200601021504", record.ToMinute}, 14: {"20060102150405", record.ToSecond},
	}[digits]
	if !ok {
		return record.When{}
	}
	loc := set.Zone
	if loc == nil {
		loc = time.UTC
	}
	if digits == 14 {
		if zone := s[digits:]; zone != "" {
			for _, f := range []string{"Z0700", "-0700", "Z"} {
				if t, err := time.Parse(layout.layout+f, s); err == nil {
					return record.At(t)
				}
			}
		}
	}
	t, err := time.ParseInLocation(layout.layout, s[:digits], loc)
	if err != nil || t.Year() < 1970 {
		return record.When{}
	}
	return record.When{Unix: t.Unix(), Precision: layout.p, NoZone: true}
}
