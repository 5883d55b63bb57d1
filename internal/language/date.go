package language

import (
	"fmt"
	"strings"
	"time"
)

// Precision says how exactly a date is stated. The values are those of
// record.Precision.
type Precision uint8

const (
	NoTime   Precision = iota // not stated
	ToYear                    // a year
	ToMonth                   // a month
	ToDay                     // a day
	ToMinute                  // a minute
	ToSecond                  // a second
)

// Date is a date as it was printed.
type Date struct {
	Time        time.Time // UTC; the beginning of the year, month, day … that was stated
	Precision   Precision
	ZonePrinted bool // false: Time was read in the zone the caller gave
	Calendar    Calendar
	Uncertain   int         // days the true date may lie to either side: 1 for Hijri, where the month begins when the moon is seen
	Ambiguous   bool        // there is another reading; Time is the earliest
	Readings    []time.Time // every reading of an ambiguous date, earliest first
}

// FoundDate is a date in running text: bytes Start to End of it.
type FoundDate struct {
	Date
	Start, End int
}

// ParseDate reads s, which is a date and nothing else: in digits of any script
// (2026-01-10, ١٠/٠١/٢٠٢٦, ۱۴۰۴/۱۰/۲۰), with month names of the languages in
// tongues, in the Gregorian, Hijri or Solar Hijri calendar, as ISO 8601 or RFC
// 822 write it, or as a day or hour relative to near ("yesterday at 16.09",
// "الساعة ٤:٠٩ مساءً").
//
// A date without a zone is read in loc (nil is UTC). near, the time the text
// was written, gives what is left out: the year of "10 January" is the one that
// brings it closest. Without near such dates are not understood. A date with
// two readings (03/04/2021) comes with Ambiguous set and ErrAmbiguous; anything
// else is ErrNotUnderstood.
func ParseDate(s string, loc *time.Location, near time.Time) (Date, error) {
	r := newReader(s, loc, near)
	from := r.skipFiller(0)
	if d, end, ok := r.dateAt(from); ok && r.skipFiller(end) == len(r.toks) {
		if d.Ambiguous {
			return d, fmt.Errorf("date %.60q: %w", s, ErrAmbiguous)
		}
		return d, nil
	}
	if d, ok := r.bareYear(from); ok {
		return d, nil
	}
	if d, ok := r.compact(s); ok {
		return d, nil
	}
	return Date{}, fmt.Errorf("date %.60q: %w", s, ErrNotUnderstood)
}

// FindDates returns the dates in running text, in order, none overlapping. It
// reads what ParseDate reads but for bare years, and takes month names that are
// everyday words (May, مه, دي) only with a year or a capital letter. Ambiguous
// dates are returned with their readings.
func FindDates(text string, loc *time.Location, near time.Time) []FoundDate {
	r := newReader(text, loc, near)
	r.prose = true
	var found []FoundDate
	for i := 0; i < len(r.toks); {
		d, end, ok := r.dateAt(i)
		if !ok {
			i++
			continue
		}
		found = append(found, FoundDate{d, r.toks[i].start, r.toks[end-1].end})
		i = end
	}
	return found
}

// A printed is a date as its parts were printed, before a calendar gives it an
// instant.
type printed struct {
	cal              Calendar
	year, month, day int // 0: not printed
	hour, min, sec   int
	hasTime, hasSec  bool
	zone             *time.Location
	relative         bool // day is counted from near
	offset           int
	other            *printed // the other reading
}

// reader walks over the tokens of one text.
type reader struct {
	text  string
	toks  []token
	words *dateWords
	loc   *time.Location
	near  time.Time
	prose bool
}

func newReader(text string, loc *time.Location, near time.Time) *reader {
	if loc == nil {
		loc = time.UTC
	}
	return &reader{text: text, toks: lex(text), words: calendarWords(), loc: loc, near: near}
}

// tok returns token i; past the end, a token that fits nothing.
func (r *reader) tok(i int) token {
	if i < 0 || i >= len(r.toks) {
		return token{}
	}
	return r.toks[i]
}

// dateAt reads a date or a clock time that begins at token i and returns the
// token after it.
func (r *reader) dateAt(i int) (Date, int, bool) {
	if p, end, ok := r.clock(i, !r.prose || !r.near.IsZero()); ok {
		if d, next, ok := r.day(r.skipGlue(end, 3)); ok {
			d.hour, d.min, d.sec, d.hasTime, d.hasSec = p.hour, p.min, p.sec, true, p.hasSec
			if p.zone != nil {
				d.zone = p.zone
			}
			return r.settle(d, next)
		}
		p.relative = true
		return r.settle(p, end)
	}
	d, end, ok := r.day(i)
	if !ok {
		return Date{}, 0, false
	}
	if d.day != 0 || d.relative {
		if p, next, ok := r.clock(r.skipGlue(end, 3), true); ok && !d.hasTime {
			d.hour, d.min, d.sec, d.hasTime, d.hasSec, d.zone = p.hour, p.min, p.sec, true, p.hasSec, p.zone
			end = next
		}
	}
	return r.settle(d, end)
}

// settle turns what was printed into an instant.
func (r *reader) settle(p printed, end int) (Date, int, bool) {
	d, ok := r.instant(p)
	if !ok {
		return Date{}, 0, false
	}
	if p.other != nil {
		if o, ok := r.instant(*p.other); ok && !o.Time.Equal(d.Time) {
			first, second := d, o
			if o.Time.Before(d.Time) {
				first, second = o, d
			}
			first.Ambiguous, first.Readings = true, []time.Time{first.Time, second.Time}
			d = first
		}
	}
	return d, end, true
}

func (r *reader) instant(p printed) (Date, bool) {
	loc := r.loc
	d := Date{Calendar: p.cal, Precision: ToDay, ZonePrinted: p.zone != nil}
	if p.zone != nil {
		loc = p.zone
	}
	var y, m, day int
	if p.relative {
		if r.near.IsZero() {
			return d, false
		}
		n := r.near.In(loc)
		t := time.Date(n.Year(), n.Month(), n.Day()+p.offset, 0, 0, 0, 0, time.UTC)
		y, m, day = t.Year(), int(t.Month()), t.Day()
		d.Calendar = Gregorian
	} else {
		year := p.year
		if year == 0 {
			if r.near.IsZero() || p.day == 0 {
				return d, false
			}
			var ok bool
			if year, ok = p.cal.nearestYear(p.month, p.day, r.near); !ok {
				return d, false
			}
		}
		var ok bool
		if y, m, day, ok = p.cal.gregorian(year, max(p.month, 1), max(p.day, 1)); !ok {
			return d, false
		}
		switch {
		case p.month == 0:
			d.Precision = ToYear
		case p.day == 0:
			d.Precision = ToMonth
		}
		if p.cal == Hijri {
			d.Uncertain = 1
		}
	}
	if p.hasTime {
		if d.Precision != ToDay {
			return d, false
		}
		d.Precision = ToMinute
		if p.hasSec {
			d.Precision = ToSecond
		}
	}
	d.Time = time.Date(y, time.Month(m), day, p.hour, p.min, p.sec, 0, loc).UTC()
	return d, true
}

// bareYear reads "2026" or "1447 هـ", alone.
func (r *reader) bareYear(i int) (Date, bool) {
	p := printed{cal: Gregorian}
	end, ok := r.year(i, &p)
	if !ok || r.skipFiller(end) != len(r.toks) || r.tok(i).digits != 4 || p.cal == Gregorian && p.year < 1500 {
		return Date{}, false
	}
	d, ok := r.instant(p)
	return d, ok
}

// compact reads the ISO 8601 basic format, 20260110 and 20260110T160900Z.
func (r *reader) compact(s string) (Date, bool) {
	s = strings.TrimSpace(FoldDigits(s))
	for _, f := range []struct {
		layout string
		d      Date
	}{{"20060102T150405Z0700", Date{Precision: ToSecond, ZonePrinted: true}}, {"20060102T150405", Date{Precision: ToSecond}}, {"20060102T1504Z0700", Date{Precision: ToMinute, ZonePrinted: true}}, {"20060102T1504", Date{Precision: ToMinute}}, {"20060102", Date{Precision: ToDay}}} {
		if t, err := time.ParseInLocation(f.layout, s, r.loc); err == nil {
			f.d.Time, f.d.Calendar = t.UTC(), Gregorian
			return f.d, true
		}
	}
	return Date{}, false
}
