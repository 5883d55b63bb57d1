package html

import (
	"strings"
	"time"

	"dalil/internal/format"
	"dalil/internal/language"
	"dalil/internal/record"
)

// machineDate reads the date formats that pages give to machines: ISO 8601 in
// all its shapes, and RFC 1123. Anything else is read as a printed date.
func machineDate(s string, set format.Settings) record.When {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 80 {
		return record.When{}
	}
	for _, f := range []struct {
		layout string
		p      record.Precision
		zone   bool
	}{
		{time.RFC3339, record.ToSecond, true},
		{"2006-01-02T15:04:05-0700", record.ToSecond, true},
		{"2006-01-02T15:04:05", record.ToSecond, false},
		{"2006-01-02 15:04:05", record.ToSecond, false},
		{"2006-01-02 15:04:05 -0700", record.ToSecond, true},
		{"2006-01-02 15:04:05-07:00", record.ToSecond, true},
		{"2006-01-02T15:04Z07:00", record.ToMinute, true},
		{"2006-01-02T15:04-0700", record.ToMinute, true},
		{"2006-01-02T15:04", record.ToMinute, false},
		{"2006-01-02 15:04", record.ToMinute, false},
		{time.RFC1123Z, record.ToSecond, true},
		{time.RFC1123, record.ToSecond, true},
		{"2006-01-02", record.ToDay, false},
		{"2006-01", record.ToMonth, false},
		{"20060102", record.ToDay, false},
	} {
		// A year like 1446 or 1403 in such a form is of another calendar.
		if t, err := time.ParseInLocation(f.layout, s, zone(set)); err == nil && t.Year() >= 1900 {
			return record.When{Unix: t.Unix(), Precision: f.p, NoZone: !f.zone}
		}
	}
	return printedDate(s, set)
}

// printedDate reads the first date in a short line made for people, in any
// calendar. A date with two readings is no claim.
func printedDate(s string, set format.Settings) record.When {
	if s == "" || len(s) > 400 {
		return record.When{}
	}
	if d, err := language.ParseDate(s, zone(set), time.Time{}); err == nil {
		return claim(d)
	}
	for _, f := range language.FindDates(s, zone(set), time.Time{}) {
		if w := claim(f.Date); w.Precision >= record.ToDay {
			return w
		}
	}
	return record.When{}
}

func claim(d language.Date) record.When {
	if d.Ambiguous || d.Precision == language.NoTime {
		return record.When{}
	}
	return record.When{Unix: d.Time.Unix(), Precision: record.Precision(d.Precision), NoZone: !d.ZonePrinted}
}

func zone(set format.Settings) *time.Location {
	if set.Zone == nil {
		return time.UTC
	}
	return set.Zone
}
