package chart

import (
	"strings"
	"unicode"
)

// width estimates how wide a text is set. No font is at hand here: it errs on
// the wide side for Latin and for digits, and what is wider still is clipped.
func width(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		w += advance(r)
	}
	return w * size
}

// advance is the width of a character, in parts of the font's size.
func advance(r rune) float64 {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case strings.ContainsRune(" .,:;'|!ijl()[]", r):
		return .31
	case '0' <= r && r <= '9', r == '+', r == '−':
		return .63
	case r == 'm' || r == 'w' || r == 'M' || r == 'W' || r == '@':
		return .92
	case unicode.IsUpper(r):
		return .72
	case 0x1100 <= r && r <= 0x115F, 0x2E80 <= r && r <= 0xA4CF, 0xAC00 <= r && r <= 0xD7A3, 0xF900 <= r && r <= 0xFAFF,
		0xFE30 <= r && r <= 0xFE6F, 0xFF00 <= r && r <= 0xFF60, 0x1F000 <= r && r <= 0x1FAFF, 0x20000 <= r && r <= 0x3FFFD:
		return 1.08
	}
	return .56
}

// shortened cuts a text to a width, with "…" where something was cut off. It
// also stops a heap of marks that have no width.
func shortened(s string, size, most float64) string {
	if width(s, size) <= most && len(s) <= 256 {
		return s
	}
	most -= advance('…') * size
	w, n := 0.0, 0
	for i, r := range s {
		w += advance(r) * size
		if w > most || n == 64 {
			return strings.TrimRight(s[:i], " ") + "…"
		}
		n++
	}
	return s
}
