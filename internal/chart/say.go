package chart

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Tongue is the language of a page, asked for the words of a chart in it. The
// English text is the key of its translations. A chart without one is English.
type Tongue interface {
	// Phrase says an English text. Behind it come the names and values of its
	// {places}; whole numbers are written in the digits of the language.
	Phrase(english string, fill ...any) string
	// Count says a number of things, of which one and many are the English nouns.
	Count(n any, one, many string) string
	// Digits writes a text's European digits in this language's.
	Digits(s string) string
	// Isolated keeps a text of this language together in a drawing that runs from
	// left to right.
	Isolated(s string) string
}

// words says what a chart has to say: in its tongue, or in English.
type words struct{ in Tongue }

func (w words) f(english string, fill ...any) string {
	if w.in != nil {
		return w.in.Phrase(english, fill...)
	}
	places := make([]string, len(fill))
	for i, v := range fill {
		if places[i] = fmt.Sprint(v); i%2 == 0 {
			places[i] = "{" + places[i] + "}"
		}
	}
	return strings.NewReplacer(places...).Replace(english) // at once: a name may look like a place
}

func (w words) count(n int, one, many string) string {
	if w.in != nil {
		return w.in.Count(n, one, many)
	}
	if n == 1 {
		many = one
	}
	return strconv.Itoa(n) + " " + many
}

func (w words) digits(s string) string {
	if w.in != nil {
		return w.in.Digits(s)
	}
	return s
}

func (w words) number(n int64) string { return w.digits(strconv.FormatInt(n, 10)) }

// own keeps a text of ours together in the drawing.
func (w words) own(s string) string {
	if w.in != nil && s != "" {
		return w.in.Isolated(s)
	}
	return s
}

// stamp is a time in full.
func (w words) stamp(sec int64, zone *time.Location) string {
	if !stated(sec) {
		return w.f("time not stated")
	}
	return time.Unix(sec, 0).In(zone).Format("2006-01-02 15:04:05")
}

// clock is a time of day, with seconds where there are any.
func (w words) clock(sec int64, zone *time.Location) string {
	t := time.Unix(sec, 0).In(zone)
	if t.Second() == 0 {
		return w.digits(t.Format("15:04"))
	}
	return w.digits(t.Format("15:04:05"))
}

func (w words) day(sec int64, zone *time.Location) string {
	t := time.Unix(sec, 0).In(zone)
	return w.monthDay(t) + w.digits(t.Format(" 2006"))
}

func (w words) monthDay(t time.Time) string {
	return w.digits(t.Format("2 ")) + w.f(t.Format("Jan"))
}

// delta is a time after the first, or before it: "+2 m 45 s", "−1 h".
func (w words) delta(sec int64) string {
	if sec < 0 {
		return "−" + w.length(-sec)
	}
	return "+" + w.length(sec)
}

// length is a stretch of time in its two largest units, the rest cut off. A year
// is 365 days.
func (w words) length(sec int64) string {
	units := []struct {
		sec int64
		say func(n int) string
	}{
		{365 * 86400, func(n int) string { return w.count(n, "y", "y") }},
		{86400, func(n int) string { return w.count(n, "d", "d") }},
		{3600, func(n int) string { return w.count(n, "h", "h") }},
		{60, func(n int) string { return w.count(n, "m", "m") }},
		{1, func(n int) string { return w.count(n, "s", "s") }},
	}
	for i, u := range units {
		if sec < u.sec && u.sec > 1 {
			continue
		}
		text := u.say(int(sec / u.sec))
		if i+1 < len(units) {
			if rest := sec % u.sec / units[i+1].sec; rest > 0 {
				text = w.f("{long} {short}", "long", text, "short", units[i+1].say(int(rest)))
			}
		}
		return text
	}
	return ""
}
