package language

import (
	"strings"
	"unicode"
)

// Script is a writing system by its ISO 15924 code, like "Arab".
type Script string

const (
	NoScript   Script = "Zyyy" // no letters, or none of a known script
	Arab       Script = "Arab"
	Hebr       Script = "Hebr"
	Latn       Script = "Latn"
	Cyrl       Script = "Cyrl"
	Grek       Script = "Grek"
	Armn       Script = "Armn"
	Geor       Script = "Geor"
	Syrc       Script = "Syrc"
	Deva       Script = "Deva"
	Hani       Script = "Hani"
	Hang       Script = "Hang"
	Kana       Script = "Kana"
	Ethi       Script = "Ethi"
	Thai       Script = "Thai"
	otherLetts Script = "Zzzz"
)

// scriptOf returns the script of one rune, NoScript when it is not a letter.
func scriptOf(r rune) Script {
	switch {
	case r < 0x80:
		if 'a' <= r|0x20 && r|0x20 <= 'z' {
			return Latn
		}
		return NoScript
	case !unicode.IsLetter(r):
		return NoScript
	case r < 0x250 || 0x1E00 <= r && r <= 0x1EFF || 0x2C60 <= r && r <= 0x2C7F:
		return Latn
	case 0x370 <= r && r <= 0x3FF || 0x1F00 <= r && r <= 0x1FFF:
		return Grek
	case 0x400 <= r && r <= 0x52F:
		return Cyrl
	case 0x530 <= r && r <= 0x58F:
		return Armn
	case 0x590 <= r && r <= 0x5FF || 0xFB1D <= r && r <= 0xFB4F:
		return Hebr
	case 0x600 <= r && r <= 0x6FF || 0x750 <= r && r <= 0x77F || 0x870 <= r && r <= 0x8FF || 0xFB50 <= r && r <= 0xFDFF || 0xFE70 <= r && r <= 0xFEFC:
		return Arab
	case 0x700 <= r && r <= 0x74F:
		return Syrc
	case 0x900 <= r && r <= 0x97F:
		return Deva
	case 0xE00 <= r && r <= 0xE7F:
		return Thai
	case 0x10A0 <= r && r <= 0x10FF:
		return Geor
	case 0x1100 <= r && r <= 0x11FF || 0xAC00 <= r && r <= 0xD7AF:
		return Hang
	case 0x1200 <= r && r <= 0x139F:
		return Ethi
	case 0x3040 <= r && r <= 0x30FF:
		return Kana
	case unicode.Is(unicode.Han, r):
		return Hani
	}
	return otherLetts
}

// ScriptOf returns the script most letters of s are in; at a tie, the one met
// first. Only the first 600 runes are looked at.
func ScriptOf(s string) Script {
	var seen []Script
	count := map[Script]int{}
	n := 0
	for _, r := range s {
		if n++; n > sampleRunes {
			break
		}
		if sc := scriptOf(r); sc != NoScript {
			if count[sc]++; count[sc] == 1 {
				seen = append(seen, sc)
			}
		}
	}
	best := NoScript
	for _, sc := range seen {
		if count[sc] > count[best] {
			best = sc
		}
	}
	if best == otherLetts {
		return NoScript
	}
	return best
}

// sampleRunes is how much of a text is looked at to tell script and language.
const sampleRunes = 600

// cutTag splits a BCP 47 tag into its language and script subtags, lower case.
func cutTag(tag string) (base, script string, ok bool) {
	parts := strings.FieldsFunc(strings.ToLower(tag), func(r rune) bool { return r == '-' || r == '_' })
	if len(parts) == 0 {
		return "", "", false
	}
	for _, p := range parts[1:] {
		if len(p) == 4 {
			script = p
		}
	}
	return parts[0], script, true
}
