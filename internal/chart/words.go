package chart

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"dalil/internal/language"
)

// The first second of the year 1 and the last of 9999. What lies outside is no
// time that a post can have, and package time does not print it.
const (
	earliest = -62135596800
	latest   = 253402300799
)

func stated(sec int64) bool { return sec >= earliest && sec <= latest }

// stamp is a time in full.
func stamp(sec int64, zone *time.Location) string {
	if !stated(sec) {
		return "time not stated"
	}
	return time.Unix(sec, 0).In(zone).Format("2006-01-02 15:04:05")
}

// clock is a time of day, with seconds where there are any.
func clock(sec int64, zone *time.Location) string {
	t := time.Unix(sec, 0).In(zone)
	if t.Second() == 0 {
		return t.Format("15:04")
	}
	return t.Format("15:04:05")
}

func day(sec int64, zone *time.Location) string {
	return time.Unix(sec, 0).In(zone).Format("2 Jan 2006")
}

// zoneName says which zone times are in: "Asia/Baghdad, UTC+3".
func zoneName(zone *time.Location, sec int64) string {
	name := plain(zone.String())
	if name == "UTC" {
		return name
	}
	offset := time.Unix(sec, 0).In(zone).Format("-07:00")
	offset = strings.TrimSuffix(strings.Replace(offset, "-", "−", 1), ":00")
	offset = strings.Replace(strings.Replace(offset, "+0", "+", 1), "−0", "−", 1)
	return name + ", UTC" + offset
}

// delta is a time after the first, or before it: "+2 m 45 s", "−1 h".
func delta(sec int64) string {
	if sec < 0 {
		return "−" + length(-sec)
	}
	return "+" + length(sec)
}

// length is a stretch of time in its two largest units, the rest cut off. A year
// is 365 days.
func length(sec int64) string {
	units := []struct {
		name string
		sec  int64
	}{{"y", 365 * 86400}, {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
	for i, u := range units {
		if sec < u.sec && u.sec > 1 {
			continue
		}
		text := strconv.FormatInt(sec/u.sec, 10) + " " + u.name
		if i+1 < len(units) {
			if rest := sec % u.sec / units[i+1].sec; rest > 0 {
				text += " " + strconv.FormatInt(rest, 10) + " " + units[i+1].name
			}
		}
		return text
	}
	return ""
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// plain is text of somebody else's on one line of ours: what cannot be seen is
// written out.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, language.Visible(s))
}

// isolated is plain between U+2068 and U+2069, so that it moves nothing beside
// it. No text of others can close the isolate: Visible leaves no controls in it.
func isolated(s string) string { return "\u2068" + plain(s) + "\u2069" }
