// Package text reads plain text and Markdown: articles copied from a web page
// without their markup, notes, transcripts. It finds again what the markup said:
// title, byline, date, image credits, reference lists, reader comments.
package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind reads .txt and .md files, and any other file that is text and nothing
// more specific.
var Kind = format.Kind{
	Name:    "text",
	Doc:     "plain text and Markdown: pasted articles, notes; any encoding",
	Version: 1,
	Match:   match,
	Read:    read,
}

// match leaves files that have a stricter format of their own to it: text can
// read nearly everything, and reads most of it badly.
func match(h format.Head) int {
	if len(h.Bytes) == 0 || !isText(h.Bytes) {
		return 0
	}
	b := bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\xef\xbb\xbf")), " \t\r\n")
	for _, magic := range []string{"%PDF-", "WARC/", "From ", "MIME-Version:", "{\\rtf"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return 2
		}
	}
	if len(b) > 0 && (b[0] == '{' || b[0] == '[' && !bytes.HasPrefix(b, []byte("[["))) && looksJSON(b) {
		return 2
	}
	low := bytes.ToLower(b[:min(len(b), 1024)])
	if bytes.HasPrefix(low, []byte("<!doctype")) || bytes.HasPrefix(low, []byte("<html")) || bytes.HasPrefix(low, []byte("<?xml")) {
		return 5
	}
	switch strings.ToLower(path.Ext(h.Path)) {
	case ".txt", ".text", ".md", ".markdown":
		return 80
	case ".json", ".ndjson", ".jsonl", ".csv", ".tsv", ".xml", ".html", ".htm", ".mhtml", ".mht", ".eml",
		".js", ".css", ".svg", ".toml", ".yaml", ".yml", ".sql", ".log":
		return 5
	case "":
		return 55
	}
	return 30
}

// looksJSON tells a JSON value from prose that happens to begin with a bracket.
func looksJSON(b []byte) bool {
	b = bytes.TrimLeft(b[1:], " \t\r\n")
	return len(b) == 0 || bytes.IndexByte([]byte(`"{[]}-0123456789tfn`), b[0]) >= 0 && !bytes.ContainsAny(b[:min(len(b), 4)], "]")
}

func read(ctx context.Context, in format.Input, out format.Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b, err := io.ReadAll(io.NewSectionReader(in.R, 0, min(in.Size, format.MaxText)))
	if err != nil {
		return fmt.Errorf("read %s: %w", in.Path, err)
	}
	if in.Size > format.MaxText {
		out.Problem(record.Problem{Offset: format.MaxText, What: fmt.Sprintf(
			"text of %d bytes: only the first %d are read, the rest is kept in the archive", in.Size, format.MaxText),
			Remedy: "split the file to search all of it"})
		b = cutRune(b)
	}
	if !isText(b) {
		out.Problem(record.Problem{Offset: 0, What: "the bytes are not text in any encoding known here",
			Remedy: "the file is kept; import it again when a format for it exists"})
		return nil
	}
	src := decode(b)
	a := parse(src, hints{markdown: isMarkdown(in.Path), settings: in.Settings})
	if in.Size > format.MaxText {
		a.page.Flags = append(a.page.Flags, record.FlagTruncated)
	}
	if err := out.Reading(&a.page); err != nil {
		return err
	}
	for i := range a.comments {
		if err := errors.Join(ctx.Err(), out.Reading(&a.comments[i])); err != nil {
			return err
		}
	}
	return nil
}

func isMarkdown(p string) bool {
	e := strings.ToLower(path.Ext(p))
	return e == ".md" || e == ".markdown"
}

// cutRune drops a character that the size limit cut in two.
func cutRune(b []byte) []byte {
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			return b
		}
	}
	return b
}
