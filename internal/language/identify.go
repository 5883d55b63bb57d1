package language

import (
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

// Weights of the evidence for a language. A telling word says more than a
// telling letter; a letter the language does not have says more against it than
// one that it has says for it.
const (
	wordWeight   = 4
	shapeWeight  = 2 // a word built as only this language does
	letterWeight = 1
	soleWeight   = 3 // a letter no other language of the script has
	neverWeight  = -3
	preferWeight = 3 // the caller expects this language
	enoughWeight = 6 // evidence from which on nothing is taken off the confidence
)

// Identify returns the language of s as a BCP 47 tag and a confidence from 0 to
// 1. prefer names languages to expect, say those the source usually writes in:
// they win when the evidence is even, and stand alone when there is none. It
// returns "und" and 0 when it cannot tell.
//
// Script comes first. Among Arabic, Hebrew and the better-known Latin and
// Cyrillic languages letters and frequent words decide; other languages in
// Latin and Cyrillic letters are left to trigrams (whatlanggo). The first 600
// runes are read.
func Identify(s string, prefer ...string) (lang string, confidence float64) {
	sc, words, ends := survey(s)
	s = s[:ends]
	switch sc {
	case NoScript:
		return Undetermined, 0
	case Arab, Hebr, Latn, Cyrl:
	default:
		if lang := soleLanguage[sc]; lang != "" {
			return lang, 0.95
		}
		return Undetermined, 0
	}
	e := telling[sc]
	score := e.weigh(s)
	for i, t := range e.tongues {
		if at := slices.Index(prefer, t.tag); at >= 0 && score[i] > -enoughWeight/2 {
			score[i] += max(preferWeight-at, 1)
		}
	}
	best, second := 0, -1
	for i := 1; i < len(e.tongues); i++ {
		switch {
		case score[i] > score[best]:
			best, second = i, best
		case second < 0 || score[i] > score[second]:
			second = i
		}
	}
	top, next := float64(score[best]), float64(max(score[second], 0))
	if top > 0 {
		lang = e.tongues[best].tag
		confidence = (top - next) / top * min(1, top/enoughWeight)
	}
	if sc == Hebr || sc == Arab {
		if lang == "" || confidence < 0.1 {
			return Undetermined, 0
		}
		return lang, confidence
	}
	// A word in eight of a text in a known language is a frequent one.
	if lang != "" && confidence >= 0.4 && score[best]*8 >= words*wordWeight {
		return lang, confidence
	}
	return trigrams(s, sc, words, prefer)
}

// soleLanguage is what a script says by itself.
var soleLanguage = map[Script]string{Grek: "el", Armn: "hy", Geor: "ka", Syrc: "syr", Deva: "hi", Hani: "zh", Hang: "ko", Kana: "ja", Ethi: "am", Thai: "th"}

// survey returns the script most letters are in, how many words there are, and
// where the first sampleRunes runes end.
func survey(s string) (sc Script, words, end int) {
	var arab, hebr, latn, cyrl, other, n int
	inside := false
	for end = 0; end < len(s) && n < sampleRunes; n++ {
		c := s[end]
		if c < utf8.RuneSelf {
			l := 'a' <= c|0x20 && c|0x20 <= 'z'
			if l {
				latn++
				if !inside {
					words++
				}
			}
			inside = l
			end++
			continue
		}
		r, size := rune(0), 2
		if c < 0xE0 && end+1 < len(s) {
			r = rune(c&0x1F)<<6 | rune(s[end+1]&0x3F)
		} else {
			r, size = utf8.DecodeRuneInString(s[end:])
		}
		end += size
		switch {
		case 0x620 <= r && r <= 0x6D3 && !(0x64B <= r && r <= 0x670):
			arab++
		case 0x5D0 <= r && r <= 0x5F2:
			hebr++
		case unicode.IsMark(r) || r == '\u200c':
			continue
		default:
			switch scriptOf(r) {
			case NoScript:
				inside = false
				continue
			case Arab:
				arab++
			case Hebr:
				hebr++
			case Latn:
				latn++
			case Cyrl:
				cyrl++
			default:
				other++
			}
		}
		if !inside {
			words++
			inside = true
		}
	}
	end = min(end, len(s))
	most := max(arab, hebr, latn, cyrl, other)
	switch most {
	case 0:
		return NoScript, 0, end
	case arab:
		return Arab, words, end
	case hebr:
		return Hebr, words, end
	case latn:
		return Latn, words, end
	case cyrl:
		return Cyrl, words, end
	}
	return ScriptOf(s[:end]), words, end
}

// evidence is what tells the languages of one script apart. Bit i of a set
// stands for tongues[i].
type evidence struct {
	script  Script
	tongues []*tongue
	speaks  [0x800]uint32 // letters for: low half; letters against: high half
	letters []rune        // those with anything to say
	shaped  []int         // tongues with a shape
	words   map[string]uint32
}

var telling = map[Script]*evidence{Arab: gather(Arab), Hebr: gather(Hebr), Latn: gather(Latn), Cyrl: gather(Cyrl)}

func gather(sc Script) *evidence {
	e := &evidence{script: sc, words: map[string]uint32{}}
	for _, t := range tongues() {
		if t.script != sc {
			continue
		}
		bit := uint32(1) << len(e.tongues)
		e.tongues = append(e.tongues, t)
		for _, r := range t.letter {
			e.speaks[r] |= bit
		}
		for _, r := range t.never {
			e.speaks[r] |= bit << 16
		}
		for _, w := range t.words {
			e.words[w] |= bit
		}
		if t.shape != nil {
			e.shaped = append(e.shaped, len(e.tongues)-1)
		}
	}
	for r, set := range e.speaks {
		if set != 0 {
			e.letters = append(e.letters, rune(r))
		}
	}
	return e
}

// maxTongues is how many languages of one script have rules.
const maxTongues = 16

// weigh scores every language of e on s.
func (e *evidence) weigh(s string) (score [maxTongues]int) {
	var seen [0x800]uint16 // how often each telling letter was met
	var lower [24]byte
	cased := e.script == Latn || e.script == Cyrl
	letters := 0
	start := -1
	for i := 0; i <= len(s); {
		r, n := rune(' '), 1
		if i < len(s) {
			if c := s[i]; c < utf8.RuneSelf {
				r = rune(c)
			} else if c < 0xE0 && i+1 < len(s) {
				r, n = rune(c&0x1F)<<6|rune(s[i+1]&0x3F), 2
			} else {
				r, n = utf8.DecodeRuneInString(s[i:])
			}
		}
		if wordRune(r) {
			if start < 0 {
				start = i
			}
			letters++
			if r < 0x800 {
				if cased && r >= 0x80 {
					r = unicode.ToLower(r)
				}
				seen[r&0x7FF]++
			}
		} else if start >= 0 {
			e.weighWord(s[start:i], cased, lower[:0], &score)
			start = -1
		}
		i += n
	}
	for _, r := range e.letters {
		count := int(seen[r])
		if count == 0 {
			continue
		}
		speaks, against := e.speaks[r]&0xFFFF, e.speaks[r]>>16
		weight := letterWeight
		if bits.OnesCount32(speaks) == 1 {
			weight = soleWeight
		}
		for k := range e.tongues {
			score[k] += weight*count*int(speaks>>k&1) + neverWeight*count*int(against>>k&1)
		}
	}
	if ayin := int(seen['ע']); e.script == Hebr && ayin > 2 && ayin*12 >= letters {
		// Ayin is a consonant in Hebrew (3-4 % of letters) and the vowel e in
		// Yiddish (9-12 %).
		score[1] += 2 * ayin
	}
	return score
}

// weighWord adds what one word says. buf is room for its lower-case form.
func (e *evidence) weighWord(w string, cased bool, buf []byte, score *[maxTongues]int) {
	var set uint32
	switch {
	case len(w) > cap(buf):
	case cased:
		for _, r := range w {
			buf = utf8.AppendRune(buf, unicode.ToLower(r))
		}
		set = e.words[string(buf)]
	default:
		set = e.words[w]
	}
	for i := 0; set != 0; i, set = i+1, set>>1 {
		if set&1 != 0 {
			score[i] += wordWeight
		}
	}
	for _, i := range e.shaped {
		if e.tongues[i].shape(w) {
			score[i] += shapeWeight
		}
	}
}

// wordRune holds for what makes up a word here: letters and the marks on them.
func wordRune(r rune) bool {
	switch {
	case r < 0x80:
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	case 0x620 <= r && r <= 0x65F || 0x671 <= r && r <= 0x6D3 || 0x5B0 <= r && r <= 0x5F2:
		return true
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || r == '\u200c'
}

// trigrams asks whatlanggo, for the scripts it tells apart. What it says of
// short texts is worth little and is marked down.
func trigrams(s string, sc Script, words int, prefer []string) (string, float64) {
	if words < 3 {
		return Undetermined, 0
	}
	info := whatlanggo.Detect(s)
	tag := info.Lang.Iso6391()
	if tag == "ku" {
		tag = kurmanji.tag // not the "ku" that stands for all Kurdish
	}
	if info.Lang < 0 || tag == "" {
		return Undetermined, 0
	}
	confidence := min(info.Confidence, 1) * min(1, float64(words)/12) * 0.9
	if slices.Contains(prefer, tag) {
		confidence = min(1, confidence+0.1)
	}
	if confidence < 0.2 {
		return Undetermined, 0
	}
	return tag, confidence
}

// list splits a line of words. It keeps the language files readable.
func list(s string) []string { return strings.Fields(s) }
