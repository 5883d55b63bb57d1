package language

import (
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// A token is a number, a word or one character of punctuation.
type token struct {
	start, end int
	kind       tokenKind
	num        int    // a number's value
	digits     int    // how many digits it has
	word       string // a word, folded
	r          rune   // punctuation
	apart      bool   // white space stands before it
	capital    bool   // a word that begins with a capital letter
}

type tokenKind uint8

const (
	_ tokenKind = iota
	number
	word
	mark
)

// lex splits a text. A word stops at a digit and at a zero-width non-joiner, so
// "10T16" and "ربیع‌الاول" come apart. Invisible characters are passed over.
func lex(s string) []token {
	var toks []token
	apart := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r) || r == '\u200c':
			apart = true
			i += n
			continue
		case isBidiControl(r) || r == '\u200b' || r == '\u200d' || r == '\ufeff':
			i += n
			continue
		}
		t := token{start: i, apart: apart, r: r, kind: mark}
		apart = false
		switch {
		case digit(r) >= 0:
			t.kind = number
			for i < len(s) {
				r, n = utf8.DecodeRuneInString(s[i:])
				d := digit(r)
				if d < 0 {
					break
				}
				if t.digits++; t.digits <= 9 {
					t.num = t.num*10 + d
				}
				i += n
			}
		case wordRune(r):
			t.kind, t.capital = word, unicode.IsUpper(r)
			for i < len(s) {
				r, n = utf8.DecodeRuneInString(s[i:])
				if !(wordRune(r) || apostrophe(r) && i > t.start) || r == '\u200c' {
					break
				}
				i += n
			}
			t.word = Fold(strings.TrimRightFunc(s[t.start:i], apostrophe))
			if t.word == "" {
				continue // marks alone
			}
		default:
			i += n
		}
		t.end = i
		toks = append(toks, t)
	}
	return toks
}

func apostrophe(r rune) bool {
	return r == '\'' || r == '’' || r == '‘' || r == 'ʿ' || r == 'ʾ' || r == '׳'
}

// dateWords is what every tongue says about dates, folded.
type dateWords struct {
	months   map[string][]phrase // by first word, longest first
	relative map[string][]phrase
	weekday  map[string]bool
	glue     map[string]bool
	hour     map[string]bool
	part     map[string][]phrase // am, pm, night
	era      map[string]Calendar
	zone     map[string]*time.Location
}

// A phrase is a name of one or more words and what it stands for.
type phrase struct {
	words []string
	cal   Calendar
	value int  // month, days from today, part of the day
	weak  bool // also an everyday word
}

const (
	beforeNoon = iota
	afterNoon
	atNight
)

// weakMonths are month names that are also everyday words, folded: taken only
// with a year, or with a capital letter where the script has them.
var weakMonths = map[string]bool{"may": true, "march": true, "mar": true, "mars": true, "mai": true, "mart": true, "ekim": true, "ocak": true, "adar": true, "dec": true, "jan": true, "sep": true, "oct": true, "aug": true, "ago": true, "set": true, "ene": true,
	"مه": true, "مي": true, "ماي": true, "اب": true, "دي": true, "تير": true, "مهر": true, "اذر": true, "ابان": true, "حمل": true, "ثور": true, "جوزا": true, "سرطان": true, "اسد": true, "سنبله": true, "ميزان": true, "عقرب": true, "قوس": true, "جدي": true, "دلو": true, "حوت": true, "صفر": true,
	"تله": true, "كب": true, "وري": true, "مي'": true, "tir": true, "mehr": true, "aban": true, "azar": true, "dey": true, "duh": true, "gulan": true, "cile": true, "מאי": true, "מיי": true}

// calendarWords is made when the first date is looked for.
var calendarWords = sync.OnceValue(gatherDateWords)

func gatherDateWords() *dateWords {
	w := dateWords{months: map[string][]phrase{}, relative: map[string][]phrase{}, weekday: map[string]bool{}, glue: map[string]bool{}, hour: map[string]bool{}, part: map[string][]phrase{}}
	for _, t := range tongues() {
		for cal, names := range map[Calendar][]string{Gregorian: t.months, Hijri: t.hijri, SolarHijri: t.solar} {
			for i, variants := range names {
				for v := range strings.SplitSeq(variants, "|") {
					addPhrase(w.months, phrase{cal: cal, value: i + 1}, v)
					if t.affixes[0] != "" || t.affixes[1] != "" {
						addPhrase(w.months, phrase{cal: cal, value: i + 1}, t.affixes[0]+v+t.affixes[1])
					}
				}
			}
		}
		for v, n := range t.relative {
			addPhrase(w.relative, phrase{value: n}, v)
		}
		for part, names := range [][]string{beforeNoon: t.am, afterNoon: t.pm, atNight: t.night} {
			for _, v := range names {
				addPhrase(w.part, phrase{value: part}, v)
			}
		}
		for _, v := range t.weekdays {
			for _, tok := range lex(v) {
				w.weekday[tok.word] = true
			}
		}
		for _, v := range t.glue {
			w.glue[Fold(v)] = true
		}
		for _, v := range t.hour {
			w.hour[Fold(v)] = true
		}
	}
	delete(w.weekday, "")
	w.era = map[string]Calendar{"ه": Hijri, "هجري": Hijri, "هجريه": Hijri, "قمري": Hijri, "ah": Hijri, "hijri": Hijri, "hicri": Hijri,
		"ش": SolarHijri, "شمسي": SolarHijri, "خورشيدي": SolarHijri, "solar": SolarHijri, "sh": SolarHijri,
		"م": Gregorian, "ميلادي": Gregorian, "ميلاديه": Gregorian, "ce": Gregorian, "ad": Gregorian, "miladi": Gregorian}
	hours := func(name string, h float64) *time.Location { return time.FixedZone(name, int(h*3600)) }
	w.zone = map[string]*time.Location{"z": time.UTC, "utc": time.UTC, "gmt": time.UTC, "ut": time.UTC, "غرينتش": time.UTC, "جرينتش": time.UTC, "گرينويچ": time.UTC, "greenwich": time.UTC,
		"est": hours("EST", -5), "edt": hours("EDT", -4), "cst": hours("CST", -6), "cdt": hours("CDT", -5), "mst": hours("MST", -7), "mdt": hours("MDT", -6), "pst": hours("PST", -8), "pdt": hours("PDT", -7),
		"cet": hours("CET", 1), "cest": hours("CEST", 2), "eet": hours("EET", 2), "eest": hours("EEST", 3), "msk": hours("MSK", 3), "irst": hours("IRST", 3.5), "irdt": hours("IRDT", 4.5),
		"trt": hours("TRT", 3), "بغداد": hours("Baghdad", 3), "baghdad": hours("Baghdad", 3), "مكه": hours("Mecca", 3)}
	return &w
}

// addPhrase files p under the first word of name, longer phrases before
// shorter ones.
func addPhrase(m map[string][]phrase, p phrase, name string) {
	for _, t := range lex(name) {
		if t.kind == word {
			p.words = append(p.words, t.word)
		}
	}
	if len(p.words) == 0 {
		return
	}
	key := p.words[0]
	p.weak = len(p.words) == 1 && weakMonths[key]
	at := 0
	for at < len(m[key]) && len(m[key][at].words) >= len(p.words) {
		at++
	}
	m[key] = append(m[key][:at:at], append([]phrase{p}, m[key][at:]...)...)
}
