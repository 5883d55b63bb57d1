package text

import (
	"strings"
	"time"
	"unicode"

	"dalil/internal/language"
	"dalil/internal/record"
)

// when turns a printed date into a claim of time. A date with two readings is
// no claim: taking one would be a guess.
func when(d language.Date) record.When {
	if d.Ambiguous || d.Precision == language.NoTime {
		return record.When{}
	}
	return record.When{Unix: d.Time.Unix(), Precision: record.Precision(d.Precision), NoZone: !d.ZonePrinted}
}

// dateAt finds the first date in s and where it stands.
func dateAt(s string, h hints) (from, to int, w record.When) {
	for _, f := range language.FindDates(s, h.zone(), time.Time{}) {
		if w := when(f.Date); w.Known() {
			return f.Start, f.End, w
		}
	}
	return 0, 0, record.When{}
}

func firstDate(s string, h hints) record.When {
	if d, err := language.ParseDate(s, h.zone(), time.Time{}); err == nil {
		return when(d)
	}
	_, _, w := dateAt(s, h)
	return w
}

// onlyDate reads a line that is a date to the day and hardly anything else: a
// label ("Published on"), a weekday, a place.
func onlyDate(s string, h hints) (record.When, bool) {
	if d, err := language.ParseDate(s, h.zone(), time.Time{}); err == nil {
		w := when(d)
		return w, w.Known()
	}
	from, to, w := dateAt(s, h)
	if w.Precision < record.ToDay {
		return record.When{}, false
	}
	before, after := s[:from], s[to:]
	words := func(s string) int {
		return len(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }))
	}
	if strings.ContainsAny(after, ".?!؟۔") && words(after) > 1 || words(before) > 4 || words(after) > 3 {
		return record.When{}, false
	}
	return w, true
}

func (h hints) zone() *time.Location {
	if h.settings.Zone == nil {
		return time.UTC
	}
	return h.settings.Zone
}
