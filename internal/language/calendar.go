package language

import (
	"time"

	"github.com/hablullah/go-hijri"
	"github.com/jalaali/go-jalaali"
)

// Calendar names the calendar a date was printed in.
type Calendar string

const (
	Gregorian  Calendar = "gregorian"
	Hijri      Calendar = "hijri"       // Umm al-Qura where its tables reach (1356-1500), else the arithmetic calendar
	SolarHijri Calendar = "solar-hijri" // Iran and Afghanistan
)

// gregorian converts a day of c; ok is false when c has no such day.
func (c Calendar) gregorian(year, month, day int) (y, m, d int, ok bool) {
	if year < 1 || month < 1 || month > 12 || day < 1 {
		return 0, 0, 0, false
	}
	switch c {
	case Hijri:
		if year > 1700 || day > 30 {
			return 0, 0, 0, false
		}
		if 1356 <= year && year <= 1500 {
			t := hijri.UmmAlQuraDate{Year: int64(year), Month: int64(month), Day: int64(day)}.ToGregorian()
			if back, err := hijri.CreateUmmAlQuraDate(t); err == nil && day == 30 && back.Month != int64(month) {
				// This month had 29 days by the tables. Whoever printed the
				// 30th saw the moon a day later.
				t = hijri.UmmAlQuraDate{Year: int64(year), Month: int64(month), Day: 29}.ToGregorian().AddDate(0, 0, 1)
			}
			return t.Year(), int(t.Month()), t.Day(), true
		}
		t := hijri.HijriDate{Year: int64(year), Month: int64(month), Day: int64(day)}.ToGregorian()
		return t.Year(), int(t.Month()), t.Day(), true
	case SolarHijri:
		if year > 1700 || !jalaali.IsValidDate(year, month, day) {
			return 0, 0, 0, false
		}
		gy, gm, gd, err := jalaali.ToGregorian(year, jalaali.Month(month), day)
		return gy, int(gm), gd, err == nil
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return year, month, day, t.Month() == time.Month(month) && year < 10000
}

// nearestYear returns the year of c that brings a day closest to near.
func (c Calendar) nearestYear(month, day int, near time.Time) (year int, ok bool) {
	guess := near.Year()
	switch c {
	case Hijri:
		guess = int(float64(guess-622)*33/32) + 1 // 33 lunar years are 32 solar ones, within days
	case SolarHijri:
		guess -= 621
	}
	best := time.Duration(1<<63 - 1)
	for y := guess - 2; y <= guess+2; y++ {
		gy, gm, gd, valid := c.gregorian(y, month, day)
		if !valid {
			continue
		}
		if off := near.Sub(time.Date(gy, time.Month(gm), gd, 12, 0, 0, 0, time.UTC)).Abs(); off < best {
			best, year, ok = off, y, true
		}
	}
	return year, ok
}
