// Package autoarchiver reads the tables that Bellingcat's auto-archiver keeps:
// its sheet (a row for each link, with status, archive and what the post said)
// and the CSV file of its csv_db, whose cells are Python values.
//
// Each archived row is one statement and its span is exactly the row. Rows
// that were not archived hold nothing that a source said; they are counted.
package autoarchiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind is the format of auto-archiver tables.
var Kind = format.Kind{
	Name:    "auto-archiver-csv",
	Doc:     "a table of Bellingcat's auto-archiver: a sheet saved as CSV or the output of its csv_db",
	Version: 1,
	Match:   match,
	Read:    read,
}

func match(h format.Head) int {
	rows, err := format.NewRows(bytes.NewReader(h.Bytes), int64(len(h.Bytes)))
	if err != nil {
		return 0
	}
	has := func(names ...string) bool {
		for _, n := range names {
			if rows.Has(n) {
				return true
			}
		}
		return false
	}
	switch {
	case has(linkColumns...) && has("archive_status") && has("archive_location", "archive_date", "upload_timestamp", "upload_title"):
		return 95
	case has("status") && has("metadata") && has("media") && rows.Columns() <= 4:
		return 90
	case has(linkColumns...) && has("archive_location", "replaywebpage") && has("upload_title", "upload_timestamp", "text_content", "perceptual_hashes"):
		return 80
	}
	return 0
}

// Columns as format.ColumnName gives them. People rename them: the first that
// a table has counts.
var (
	linkColumns       = []string{"link", "url", "source_url", "post_url"}
	statusColumns     = []string{"archive_status", "status"}
	placeColumns      = []string{"archive_location", "archive", "location"}
	timeColumns       = []string{"upload_timestamp", "timestamp"}
	titleColumns      = []string{"upload_title", "title"}
	textColumns       = []string{"text_content", "textual_content", "content", "text"}
	screenshotColumns = []string{"screenshot"}
)

func read(ctx context.Context, in format.Input, out format.Sink) error {
	rows, err := format.NewRows(in.R, in.Size)
	switch {
	case errors.Is(err, io.EOF):
		out.Problem(record.Problem{What: "the table is empty"})
		return nil
	case errors.Is(err, record.ErrInvalid):
		out.Problem(record.Problem{What: err.Error(), Remedy: "save it again as CSV in UTF-8"})
		return nil
	case err != nil:
		return err
	}
	python := rows.Has("metadata") && rows.Has("media")
	notArchived, last := 0, ""
	problems := format.Problems{Out: out}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		problem := func(what, remedy string) {
			problems.Tell(record.Problem{Offset: row.Offset, What: fmt.Sprintf("row %d: %s", row.Number, what), Remedy: remedy})
		}
		if row.Defect != "" {
			problem(row.Defect, "compare the row with the original sheet")
		}
		if !archived(row.Get(statusColumns...)) {
			if len(row.Fields) > 0 {
				notArchived++
			}
			continue
		}
		r := &record.Reading{Kind: record.Post, Span: record.Span{Offset: row.Offset, Length: row.Length}}
		if python {
			err = pythonRow(row, r, in.Settings)
		} else {
			sheetRow(row, r, in.Settings)
		}
		if err != nil {
			problem(err.Error(), "compare the row with the original table")
			r.Flags = append(r.Flags, record.FlagUnknownParts)
		}
		if row.Invalid {
			r.Flags = append(r.Flags, record.FlagInvalidUTF8)
		}
		if row.Cut {
			r.Flags = append(r.Flags, record.FlagTruncated)
		}
		if r.URL == "" && r.Text == "" {
			problem("it says neither an address nor a text", "compare the row with the original sheet")
			continue
		}
		if len(r.Text) > format.MaxText {
			r.Text = strings.ToValidUTF8(r.Text[:format.MaxText], "")
			r.Flags = append(r.Flags, record.FlagTruncated)
		}
		src, id := source(r.URL)
		r.ExternalID = id
		if src.Key != last {
			last = src.Key
			if err := out.Source(src); err != nil {
				return err
			}
		}
		if err := out.Reading(r); err != nil {
			return err
		}
	}
	problems.Close()
	if notArchived > 0 {
		out.Skipped("rows not archived", notArchived)
	}
	return nil
}

// archived reports whether a status says that the archiver succeeded: its
// words are "telethon: success", "[cached] wayback: success", or "DONE" in
// old sheets.
func archived(status string) bool {
	s := strings.ToLower(status)
	return strings.Contains(s, "success") && !strings.Contains(s, "unsuccess") || strings.TrimSpace(s) == "done" || strings.HasPrefix(strings.TrimSpace(s), "archived")
}

// sheetRow reads a row of a sheet.
func sheetRow(row *format.Row, r *record.Reading, set format.Settings) {
	r.URL = strings.TrimSpace(row.Get(linkColumns...))
	r.Title = strings.TrimSpace(row.Get(titleColumns...))
	r.Text = join(r.Title, row.Get(textColumns...))
	setTime(r, row.Get(timeColumns...), set.Zone)
	addMedia(r, "file", row.Get(placeColumns...))
	addMedia(r, "photo", row.Get(screenshotColumns...))
}

// pythonRow reads a row of csv_db: status, metadata (a dict), media (a list).
func pythonRow(row *format.Row, r *record.Reading, set format.Settings) error {
	v, err := parsePython(row.Get("metadata"))
	if err != nil {
		err = fmt.Errorf("its metadata are no Python value that can be read: %w", err)
	}
	meta, _ := v.(dict)
	r.URL = strings.TrimSpace(str(meta.get("url")))
	r.Title = strings.TrimSpace(str(meta.get("title")))
	r.Text = join(r.Title, str(meta.get("content")))
	if t, ok := meta.get("timestamp").(instant); ok {
		r.Posted = t.when(set.Zone)
		if r.Posted.NoZone {
			r.Flags = append(r.Flags, record.FlagNoZone)
		}
	} else {
		setTime(r, str(meta.get("timestamp")), set.Zone)
	}
	media, mediaErr := parsePython(row.Get("media"))
	if mediaErr != nil && err == nil {
		err = fmt.Errorf("its media are no Python value that can be read: %w", mediaErr)
	}
	files, _ := media.(list)
	for _, f := range files {
		m, ok := f.(dict)
		if !ok {
			continue
		}
		name := str(m.get("key"))
		if name == "" {
			name = str(m.get("filename"))
		}
		addMedia(r, "file", name)
	}
	return err
}

// join puts title and content together, unless the content has the title
// already.
func join(title, content string) string {
	content = strings.TrimSpace(content)
	if title == "" || strings.HasPrefix(content, title) {
		return content
	}
	if content == "" {
		return title
	}
	return title + "\n" + content
}

// setTime takes the time of posting.
func setTime(r *record.Reading, s string, zone *time.Location) {
	s = strings.TrimSpace(s)
	if s == "" {
		return
	}
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05.999999Z07:00", "2006-01-02 15:04:05 MST"} {
		if t, err := time.Parse(layout, s); err == nil && (layout != "2006-01-02 15:04:05 MST" || strings.HasSuffix(s, " UTC")) {
			r.Posted = record.At(t)
			return
		}
	}
	for _, f := range []struct {
		layout    string
		precision record.Precision
	}{
		{"2006-01-02T15:04:05", record.ToSecond}, {"2006-01-02 15:04:05", record.ToSecond}, {"2006-01-02 15:04", record.ToMinute}, {"2006-01-02", record.ToDay},
	} {
		if t, err := time.ParseInLocation(f.layout, s, zone); err == nil {
			r.Posted = record.When{Unix: t.Unix(), Precision: f.precision, NoZone: true}
			r.Flags = append(r.Flags, record.FlagNoZone)
			return
		}
	}
}

// addMedia adds the files named in a cell, one a line. A file on somebody's
// server is not here; a relative path may be.
func addMedia(r *record.Reading, kind, cell string) {
	for place := range strings.SplitSeq(cell, "\n") {
		if place = strings.TrimSpace(place); place == "" || len(r.Media) >= 1000 {
			continue
		}
		m := record.Media{Kind: kind}
		u, err := url.Parse(place)
		switch {
		case err == nil && (u.Scheme != "" || u.Host != ""):
			m.Name, m.Omitted = path.Base(u.Path), "it is kept at "+place
		default:
			p, _ := format.CleanPath(place)
			if p == "" {
				continue
			}
			if m.Name = path.Base(p); p == strings.TrimPrefix(strings.ReplaceAll(place, `\`, "/"), "./") {
				m.Path = p
			} else {
				m.Omitted = "it is kept outside the table's folder"
			}
		}
		r.Media = append(r.Media, m)
	}
}

// source tells from a post's address who published it, and its id there.
func source(address string) (record.Source, string) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return record.Source{Key: "web:unknown", Name: "unknown", Type: record.Outlet, Platform: "web"}, ""
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	parts := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	switch host {
	case "t.me", "telegram.me":
		if len(parts) > 0 && parts[0] == "s" {
			parts = parts[1:]
		}
		if len(parts) > 2 && parts[0] == "c" { // a private channel, by its id
			return record.Source{Key: "telegram:" + parts[1], Name: parts[1], Type: record.Channel, Platform: "telegram", Private: true, Sequential: true}, digits(parts[len(parts)-1])
		}
		if len(parts) > 0 && isHandle(parts[0]) {
			src := record.Source{Key: "telegram-user:" + strings.ToLower(parts[0]), Name: parts[0], Type: record.Channel, Platform: "telegram", Sequential: true}
			if len(parts) > 1 {
				return src, digits(parts[len(parts)-1])
			}
			return src, ""
		}
	case "x.com", "twitter.com", "mobile.twitter.com", "mobile.x.com":
		if len(parts) > 0 && isHandle(parts[0]) && parts[0] != "i" {
			src := record.Source{Key: "x:" + strings.ToLower(parts[0]), Name: parts[0], Type: record.Channel, Platform: "web"}
			if len(parts) > 2 && parts[1] == "status" {
				return src, digits(parts[2])
			}
			return src, ""
		}
	}
	return record.Source{Key: "web:" + host, Name: host, Type: record.Outlet, Platform: "web"}, ""
}

// digits returns s if it is a number, "" otherwise.
func digits(s string) string {
	if n, err := strconv.ParseUint(s, 10, 63); err != nil || n == 0 {
		return ""
	}
	return s
}

// isHandle reports whether s could be an account's name.
func isHandle(s string) bool {
	for _, r := range s {
		if r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') {
			return false
		}
	}
	return s != ""
}
