package table

import (
	"strconv"
	"strings"
	"time"

	"dalil/internal/record"
	"dalil/internal/redact"
)

// column is a column of the table. Names are a contract: they are added to, not
// changed.
type column struct {
	name  string
	usual bool // there when nobody chooses
	ours  bool // made of numbers and words of ours: no formula can be in it
	value func(redact.Release, redact.Shown, redact.ShownVersion) string
}

func columns() []column {
	type r = redact.Release
	type s = redact.Shown
	type v = redact.ShownVersion
	return []column{
		{"id", true, true, func(_ r, s s, _ v) string { return s.ID }},
		{"posted", true, true, func(r r, _ s, v v) string { return inZone(v.Posted, r.Zone()) }},
		{"posted_utc", true, true, func(_ r, _ s, v v) string { return utc(v.Posted) }},
		{"source", true, false, func(_ r, s s, _ v) string { return s.SourceName }},
		{"source_key", false, false, func(_ r, s s, _ v) string { return s.SourceKey }},
		{"platform", false, false, func(_ r, s s, _ v) string { return s.Platform }},
		{"kind", true, true, func(_ r, _ s, v v) string { return string(v.Kind) }},
		{"lang", true, false, func(_ r, _ s, v v) string { return v.Lang }},
		{"title", true, false, func(_ r, _ s, v v) string { return v.Title }},
		{"text", true, false, func(_ r, _ s, v v) string { return v.Text }},
		{"byline", false, false, func(_ r, _ s, v v) string { return v.Byline }},
		{"sender", false, false, func(_ r, _ s, v v) string { return v.Sender }},
		{"forwarded_from", true, false, func(_ r, _ s, v v) string { return v.Forwarded }},
		{"reply_to", false, false, func(_ r, _ s, v v) string { return v.ReplyTo }},
		{"external_id", false, false, func(_ r, _ s, v v) string { return v.ExternalID }},
		{"url", true, false, func(_ r, _ s, v v) string { return v.URL }},
		{"media", false, false, func(_ r, _ s, v v) string { return media(v.Media) }},
		{"edited", false, true, func(r r, _ s, v v) string { return inZone(v.Edited, r.Zone()) }},
		{"edited_utc", false, true, func(_ r, _ s, v v) string { return utc(v.Edited) }},
		{"captured", false, true, func(r r, _ s, v v) string { return inZone(record.AtUnix(v.CapturedAt/1000), r.Zone()) }},
		{"captured_utc", false, true, func(_ r, _ s, v v) string {
			return time.UnixMilli(v.CapturedAt).UTC().Format("2006-01-02T15:04:05.000Z")
		}},
		{"version", true, true, func(_ r, _ s, v v) string { return strconv.Itoa(v.Number) }},
		{"state", true, true, func(_ r, s s, v v) string { return state(s, v) }},
		{"entry", true, true, func(_ r, _ s, v v) string { return strconv.FormatUint(v.Entry, 10) }},
	}
}

// Columns lists the names of all columns.
func Columns() []string { return names(func(column) bool { return true }) }

// Usual lists the columns of a table for which none were chosen.
func Usual() []string { return names(func(c column) bool { return c.usual }) }

func names(of func(column) bool) []string {
	var all []string
	for _, c := range columns() {
		if of(c) {
			all = append(all, c.name)
		}
	}
	return all
}

// inZone writes a time as fine as it is known, with the offset from UTC where a
// clock time is.
func inZone(w record.When, zone *time.Location) string {
	switch {
	case !w.Known():
		return ""
	case w.Precision < record.ToMinute:
		return w.In(zone)
	}
	return w.In(zone) + " " + w.Time().In(zone).Format("-07:00")
}

func utc(w record.When) string {
	b, _ := w.MarshalText() // never fails
	return string(b)
}

// media says what files a statement came with: "photo 2; video".
func media(all []redact.ShownMedia) string {
	var kinds []string
	n := map[string]int{}
	for _, m := range all {
		if n[m.Kind]++; n[m.Kind] == 1 {
			kinds = append(kinds, m.Kind)
		}
	}
	for i, k := range kinds {
		if n[k] > 1 {
			kinds[i] = k + " " + strconv.Itoa(n[k])
		}
	}
	return strings.Join(kinds, "; ")
}

// state says what a reader of a row must know.
func state(s redact.Shown, v redact.ShownVersion) string {
	var all []string
	if len(s.Versions) > 1 || v.Edited.Known() {
		all = append(all, "edited")
	}
	if v.Missing {
		all = append(all, "seen missing")
	}
	for _, f := range v.Flags {
		all = append(all, string(f))
	}
	return strings.Join(all, "; ")
}
