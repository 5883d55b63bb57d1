// Package language reads any script: it brings spellings to a comparison form,
// finds words, digits and calendar dates, tells languages apart and matches one
// name written in many alphabets.
//
// It knows letters and calendars only: no case, no network, no clock. What one
// language brings (its letters, telling words, month names) is in the file
// named after it.
package language

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNotUnderstood is returned for text that is not a date, number or time this
// package can read. Callers wrap it into their own error.
var ErrNotUnderstood = errors.New("not understood")

// ErrAmbiguous is returned for a date with two readings, like 03/04/2021. It
// wraps ErrNotUnderstood: a caller that does not ask gets no date at all.
var ErrAmbiguous = fmt.Errorf("two readings are possible: %w", ErrNotUnderstood)

// Undetermined is the BCP 47 tag of text whose language cannot be told.
const Undetermined = "und"

// A tongue is what one language brings to this package.
type tongue struct {
	tag    string // BCP 47
	script Script
	letter string                 // letters that speak for the language among those of its script
	never  string                 // letters that speak against it
	words  []string               // frequent words, as they are written
	shape  func(word string) bool // words only this language builds so; nil when there is no such rule
	months []string               // Gregorian months: January first; variants separated by "|"
	hijri  []string               // Hijri months, Muharram first
	solar  []string               // Solar Hijri months, Farvardin first

	affixes  [2]string      // what is written onto a month name: before it, after it
	relative map[string]int // words for days, as days from today
	weekdays []string       // in any order; variants are entries of their own
	am, pm   []string       // words that put a clock time before or after noon
	night    []string       // words for both ends of the night: "10 at night", "2 at night"
	hour     []string       // words that introduce a clock time
	glue     []string       // words that may stand between the parts of a date

	numbers    map[int]string // number words by value; "?" after one that is also an everyday word of these letters
	before     []string       // what is written onto number words, "and" first
	notNumbers []string       // what that makes of them and means something else
	and        string         // the word between the parts of a number
}

// tongues lists every language with rules of its own. Order decides ties.
func tongues() []*tongue {
	return []*tongue{&arabic, &persian, &sorani, &urdu, &pashto, &azeri, &uyghur, &hebrew, &yiddish,
		&english, &german, &french, &spanish, &turkish, &kurmanji, &italian, &portuguese, &dutch, &indonesian, &swedish,
		&russian, &ukrainian}
}

// Direction returns "rtl" for a language written from right to left and "ltr"
// for any other. A script subtag decides when there is one ("az-Arab", "ku-Arab").
func Direction(lang string) string {
	base, rest, _ := cutTag(lang)
	switch {
	case rest == "arab" || rest == "hebr" || rest == "syrc" || rest == "thaa" || rest == "nkoo":
		return "rtl"
	case rest == "latn" || rest == "cyrl":
		return "ltr"
	}
	if slices.Contains([]string{"ar", "arz", "apc", "acm", "fa", "prs", "ckb", "sdh", "lki", "ur", "ps", "sd", "ug", "azb", "he", "yi", "syr", "arc", "dv", "ks", "bal", "glk", "mzn", "pnb"}, base) {
		return "rtl"
	}
	return "ltr"
}
