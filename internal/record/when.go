package record

import (
	"fmt"
	"time"
)

// Precision says how exactly a time is known.
type Precision uint8

const (
	NoTime Precision = iota // not stated: the zero When
	ToYear
	ToMonth
	ToDay
	ToMinute
	ToSecond
)

func (p Precision) String() string {
	return [...]string{"not stated", "year", "month", "day", "minute", "second"}[p]
}

// When is a point in time as a source gave it: an instant in UTC, how exactly
// it is known, and whether the source printed the zone. Without a printed zone
// the instant was read in the case's time zone (METHODS 0.6).
type When struct {
	Unix      int64     `json:"unix"` // seconds since 1970-01-01T00:00:00Z, negative before
	Precision Precision `json:"precision"`
	NoZone    bool      `json:"no_zone,omitempty"` // the zone was not printed
}

// At returns a When that is exact to the second.
func At(t time.Time) When { return When{Unix: t.Unix(), Precision: ToSecond} }

// AtUnix returns a When exact to the second from seconds since 1970.
func AtUnix(sec int64) When { return When{Unix: sec, Precision: ToSecond} }

// Known reports whether a time was stated at all.
func (w When) Known() bool { return w.Precision != NoTime }

// Time returns the instant in UTC; for an unknown time, the zero time.
func (w When) Time() time.Time {
	if !w.Known() {
		return time.Time{}
	}
	return time.Unix(w.Unix, 0).UTC()
}

// In formats w for reading in zone loc, no finer than it is known.
func (w When) In(loc *time.Location) string {
	layout := map[Precision]string{ToYear: "2006", ToMonth: "2006-01", ToDay: "2006-01-02",
		ToMinute: "2006-01-02 15:04", ToSecond: "2006-01-02 15:04:05"}[w.Precision]
	if layout == "" {
		return "time not stated"
	}
	return w.Time().In(loc).Format(layout)
}

// MarshalText writes RFC 3339 in UTC, cut to the precision; "" when unknown.
func (w When) MarshalText() ([]byte, error) {
	if !w.Known() {
		return nil, nil
	}
	layout := map[Precision]string{ToYear: "2006", ToMonth: "2006-01", ToDay: "2006-01-02",
		ToMinute: "2006-01-02T15:04Z", ToSecond: time.RFC3339}[w.Precision]
	return w.Time().AppendFormat(nil, layout), nil
}

// UnmarshalText reads what MarshalText writes. NoZone does not survive: it is
// stored beside the text where it matters.
func (w *When) UnmarshalText(b []byte) error {
	s := string(b)
	if s == "" {
		*w = When{}
		return nil
	}
	for _, f := range []struct {
		layout string
		p      Precision
	}{{time.RFC3339, ToSecond}, {"2006-01-02T15:04Z", ToMinute}, {"2006-01-02", ToDay}, {"2006-01", ToMonth}, {"2006", ToYear}} {
		if t, err := time.Parse(f.layout, s); err == nil {
			*w = When{Unix: t.Unix(), Precision: f.p}
			return nil
		}
	}
	return fmt.Errorf("%w time %.40q", ErrInvalid, s)
}
