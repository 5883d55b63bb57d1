package language

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// HasBidiControls reports whether s holds a character that changes the order
// in which text is shown: marks, embeddings, overrides and isolates.
func HasBidiControls(s string) bool {
	return strings.IndexFunc(s, isBidiControl) >= 0
}

func isBidiControl(r rune) bool {
	return r == 0x061C || r == 0x200E || r == 0x200F || 0x202A <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069
}

// Visible returns s with every character that cannot be seen written out, like
// "<U+202E>": bidi controls, zero-width characters, tags, other format and
// control characters, and line separators. Tab, line feed and carriage return
// stay; bytes that are not UTF-8 become <0xNN>.
func Visible(s string) string { return visible(s, false) }

// VisibleProse is Visible for running text: a zero-width joiner or non-joiner
// inside a word is its spelling in Persian, Kurdish or Urdu, and stays.
func VisibleProse(s string) string { return visible(s, true) }

func visible(s string, prose bool) string {
	var b strings.Builder
	before := ' '
	for i, r := range s {
		last := before
		before = r
		switch {
		case prose && (r == 0x200C || r == 0x200D) && between(last, s[i+3:]):
			b.WriteRune(r)
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteRune(r)
		case r == unicode.ReplacementChar && !strings.HasPrefix(s[i:], string(unicode.ReplacementChar)):
			fmt.Fprintf(&b, "<0x%02X>", s[i])
		case unseen(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// between reports whether a joiner stands between two visible characters.
func between(before rune, rest string) bool {
	after, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && !unicode.IsSpace(before) && !unicode.IsSpace(after) && !unseen(before) && !unseen(after)
}

// unseen holds for characters that leave no ink of their own: category Cc, Cf,
// Co, Zl and Zp, and the fillers and joiners that Unicode classes elsewhere.
func unseen(r rune) bool {
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0:
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}
