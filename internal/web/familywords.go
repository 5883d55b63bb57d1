package web

import (
	"cmp"
	"fmt"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// stretch says a length of time in its two largest units, the rest cut off.
func (l *tongue) stretch(sec int64) string {
	if sec < 0 {
		return "−" + l.stretch(-sec)
	}
	units := []struct {
		sec int64
		say func(n int64) string
	}{
		{86400, func(n int64) string { return l.count(n, "d", "d") }},
		{3600, func(n int64) string { return l.count(n, "h", "h") }},
		{60, func(n int64) string { return l.count(n, "min", "min") }},
		{1, func(n int64) string { return l.count(n, "s", "s") }},
	}
	for i, u := range units {
		if sec < u.sec && u.sec > 1 {
			continue
		}
		text := u.say(sec / u.sec)
		if i+1 < len(units) && sec/u.sec < 100 {
			if rest := sec % u.sec / units[i+1].sec; rest > 0 {
				text = l.t("{long} {short}", "long", text, "short", units[i+1].say(rest))
			}
		}
		return text
	}
	return ""
}

// after is a time after another, or before it: "+2 min 45 s", "−1 h".
func (l *tongue) after(sec int64) string {
	if sec < 0 {
		return l.isolated(l.stretch(sec))
	}
	return l.isolated("+" + l.stretch(sec))
}

// between is an interval of two values that are words already.
func (l *tongue) between(low, high string) string {
	return l.t("{from} to {to}", "from", low, "to", high)
}

// percent never rounds up to a whole that is not one.
func (l *tongue) percent(x float64) string {
	if x < 1 && x > .99 {
		x = .99
	}
	return l.t("{n} %", "n", l.digitsOf(fmt.Sprintf("%.0f", 100*x)))
}

// decimal writes a number that has a fraction.
func (l *tongue) decimal(s string) string {
	if l.digits[0] != 0 {
		s = strings.ReplaceAll(s, ".", "٫")
	}
	return l.digitsOf(s)
}

// relation says how a member came from the text it is told from.
func (l *tongue) relation(m desk.Member) string {
	switch m.Relation {
	case record.RelFirst:
		return l.t("first that we captured")
	case record.RelForward:
		if m.Via != "" && m.Similarity < .995 {
			return l.t("forwarded; the texts are {share} alike", "share", l.percent(m.Similarity))
		}
		return l.t("forwarded")
	case record.RelVerbatim:
		return l.t("the same words")
	case record.RelEdited:
		return l.t("edited: {share} alike", "share", l.percent(m.Similarity))
	case record.RelWrapped:
		return l.t("wrapped: holds {share} of it, adds words of its own", "share", l.percent(m.Holds))
	case record.RelTruncated:
		return l.t("shortened: has {share} of it", "share", l.percent(m.Holds))
	case record.RelQuotedIn:
		return l.t("quotes it: holds {share} of it inside a longer text", "share", l.percent(m.Holds))
	case record.RelImageOf:
		return l.t("a picture of it")
	case record.RelTranslation:
		return l.t("a translation")
	}
	return string(m.Relation)
}

// ground says by which test a member was found to be the same text.
func (l *tongue) ground(m desk.Member) string {
	switch m.Ground {
	case record.GroundExact:
		return l.t("same text")
	case record.GroundForward:
		return l.t("forward header")
	case record.GroundPicture:
		if m.Similarity < 1 {
			return l.t("pictures {share} alike", "share", l.percent(m.Similarity))
		}
		return l.t("same picture")
	case record.GroundNear:
		return l.t("text match {share}", "share", l.percent(m.Similarity))
	case record.GroundContains:
		return l.t("text match: one holds {share} of the other", "share", l.percent(max(m.Holds, m.Within)))
	case record.GroundRead:
		return l.t("text read in the picture, match {share}; check it by eye", "share", l.percent(max(m.Holds, m.Within, m.Similarity)))
	case record.GroundPerson:
		return l.t("a person decided")
	}
	return string(m.Ground)
}

// slotWord is what two texts that are alike differ in, as a key of its translations.
func slotWord(slot string) string {
	words := map[string]string{"time": key("time"), "date": key("date"), "count": key("count")}
	return cmp.Or(words[slot], slot)
}

// ordinal is a place in an order: 1st, 2nd, 23rd. Only English writes it otherwise
// than the number.
func (l *tongue) ordinal(n int) string {
	if l.words != nil {
		return l.number(n)
	}
	end := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return number(n) + end
}

// pvalue writes a probability as far as it means something.
func (l *tongue) pvalue(p float64) string {
	switch {
	case p < .001:
		return l.t("< {p}", "p", l.fraction(".001"))
	case p >= .9995:
		return l.number(1)
	}
	return l.fraction(fmt.Sprintf("%.3f", p)[1:])
}

// fraction writes what is behind the point; English leaves the nought before it out.
func (l *tongue) fraction(s string) string {
	if l.digits[0] != 0 {
		s = "0" + s
	}
	return l.decimal(s)
}

// places writes a number of firsts: ties make halves and thirds.
func (l *tongue) places(x float64) string {
	if x == float64(int64(x)) {
		return l.number(int(x))
	}
	return l.decimal(fmt.Sprintf("%.1f", x))
}

// size writes a number of bytes for people.
func (l *tongue) size(n int64) string {
	if n < 1024 {
		return l.count(n, "byte", "bytes")
	}
	v, unit := float64(n), 0
	for v >= 1024 && unit < 4 {
		v, unit = v/1024, unit+1
	}
	return l.decimal(fmt.Sprintf("%.1f", v)) + " " + [...]string{"", "KiB", "MiB", "GiB", "TiB"}[unit]
}
