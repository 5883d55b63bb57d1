package web

import (
	"fmt"
	"strconv"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// stretch writes a length of time in its two largest units, the rest cut off.
func stretch(sec int64) string {
	if sec < 0 {
		return "−" + stretch(-sec)
	}
	units := []struct {
		name string
		sec  int64
	}{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}}
	for i, u := range units {
		if sec < u.sec && u.sec > 1 {
			continue
		}
		text := number(sec/u.sec) + " " + u.name
		if i+1 < len(units) && sec/u.sec < 100 {
			if rest := sec % u.sec / units[i+1].sec; rest > 0 {
				text += " " + strconv.FormatInt(rest, 10) + " " + units[i+1].name
			}
		}
		return text
	}
	return ""
}

// percent never rounds up to a whole that is not one.
func percent(x float64) string {
	if x < 1 && x > .99 {
		x = .99
	}
	return fmt.Sprintf("%.0f %%", 100*x)
}

// relationWords say how a member came from the text it is told from.
func relationWords(m desk.Member) string {
	switch m.Relation {
	case record.RelFirst:
		return "first that we captured"
	case record.RelForward:
		if m.Via != "" && m.Similarity < .995 {
			return "forwarded; the texts are " + percent(m.Similarity) + " alike"
		}
		return "forwarded"
	case record.RelVerbatim:
		return "the same words"
	case record.RelEdited:
		return "edited: " + percent(m.Similarity) + " alike"
	case record.RelWrapped:
		return "wrapped: holds " + percent(m.Holds) + " of it, adds words of its own"
	case record.RelTruncated:
		return "shortened: has " + percent(m.Holds) + " of it"
	case record.RelQuotedIn:
		return "quotes it: holds " + percent(m.Holds) + " of it inside a longer text"
	case record.RelImageOf:
		return "a picture of it"
	case record.RelTranslation:
		return "a translation"
	}
	return string(m.Relation)
}

// groundWords say by which test a member was found to be the same text.
func groundWords(m desk.Member) string {
	switch m.Ground {
	case record.GroundExact:
		return "same text"
	case record.GroundForward:
		return "forward header"
	case record.GroundPicture:
		if m.Similarity < 1 {
			return "pictures " + percent(m.Similarity) + " alike"
		}
		return "same picture"
	case record.GroundNear:
		return "text match " + percent(m.Similarity)
	case record.GroundContains:
		return "text match: one holds " + percent(max(m.Holds, m.Within)) + " of the other"
	case record.GroundRead:
		return "text read in the picture, match " + percent(max(m.Holds, m.Within, m.Similarity)) + "; check it by eye"
	case record.GroundPerson:
		return "a person decided"
	}
	return string(m.Ground)
}

// ordinal is a place in an order: 1st, 2nd, 23rd.
func ordinal(n int) string {
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
func pvalue(p float64) string {
	switch {
	case p < .001:
		return "< .001"
	case p >= .9995:
		return "1"
	}
	return fmt.Sprintf("%.3f", p)[1:]
}

// places writes a number of firsts: ties make halves and thirds.
func places(x float64) string {
	if x == float64(int64(x)) {
		return number(int64(x))
	}
	return fmt.Sprintf("%.1f", x)
}
