package chart

import (
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
