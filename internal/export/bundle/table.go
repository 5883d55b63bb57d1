package bundle

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"dalil/internal/record"
	"dalil/internal/redact"
)

// columns of items.csv; their names and order are part of the format.
var columns = []string{"id", "version", "source", "source_key", "platform", "kind", "external_id",
	"posted_utc", "posted_case_zone", "edited_utc", "captured_utc", "lang", "sender", "forwarded_from",
	"title", "url", "text_file", "original_file", "original_withheld", "entry"}

// itemsCSV writes one row for each version of each statement. It begins with a
// byte order mark, without which spreadsheets garble Arabic and Persian.
func itemsCSV(r redact.Release, p *packing) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.Write(columns); err != nil {
		return nil, err
	}
	for s := range r.Statements() {
		for _, v := range s.Versions {
			row := []string{s.ID, strconv.Itoa(v.Number), s.SourceName, s.SourceKey, s.Platform, string(v.Kind), v.ExternalID,
				utc(v.Posted), inZone(v.Posted, r.Zone()), utc(v.Edited), utcMillis(v.CapturedAt), v.Lang, v.Sender, v.Forwarded,
				v.Title, v.URL, p.texts[v.Entry], p.files[v.Entry], v.Withheld, strconv.FormatUint(v.Entry, 10)}
			for i := range row {
				row[i] = cell(row[i])
			}
			if err := w.Write(row); err != nil {
				return nil, err
			}
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// cell makes a value harmless in a spreadsheet: what would be taken for a
// formula gets an apostrophe before it, invisible direction controls become
// visible, and line ends spaces.
func cell(s string) string {
	s = visible(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ", "\x00", "\ufffd").Replace(s))
	if first := strings.TrimLeft(s, " \u00a0"); first != "" && strings.ContainsRune("=+-@|%＝＋－＠", firstRune(first)) {
		return "'" + s
	}
	return s
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// controls are the invisible characters that turn or hide the direction of
// what follows, with the names Unicode gives them. The marks LRM, RLM and ALM
// turn nothing around and are needed in honest text.
var controls = strings.NewReplacer("\u202a", "[LRE]", "\u202b", "[RLE]", "\u202c", "[PDF]", "\u202d", "[LRO]", "\u202e", "[RLO]",
	"\u2066", "[LRI]", "\u2067", "[RLI]", "\u2068", "[FSI]", "\u2069", "[PDI]")

// visible writes direction controls out by name.
func visible(s string) string { return controls.Replace(s) }

func utc(w record.When) string {
	b, _ := w.MarshalText() // never fails
	return string(b)
}

func inZone(w record.When, zone *time.Location) string {
	if !w.Known() {
		return ""
	}
	return w.In(zone)
}

func utcMillis(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}
