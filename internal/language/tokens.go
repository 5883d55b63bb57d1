package language

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tokens calls f with the byte range of every word of s, from left to right. A
// word is a run of letters, digits and the marks on them; everything else
// separates. It works on raw and on folded text; the ranges are of s as given.
func Tokens(s string, f func(start, end int)) {
	start := -1
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' {
				if start < 0 {
					start = i
				}
			} else if start >= 0 {
				f(start, i)
				start = -1
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case inWord(r):
			if start < 0 {
				start = i
			}
		case start >= 0 && unicode.IsMark(r):
		case start >= 0:
			f(start, i)
			start = -1
		}
		i += n
	}
	if start >= 0 {
		f(start, len(s))
	}
}

// inWord holds for letters and digits beyond ASCII. The ranges first are the
// ones met in almost every text.
func inWord(r rune) bool {
	if 0x0620 <= r && r <= 0x064A || 0x05D0 <= r && r <= 0x05EA || 0x0660 <= r && r <= 0x0669 || 0x0671 <= r && r <= 0x06D3 {
		return true
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// zwnj is the zero-width non-joiner: it keeps the parts of one Persian or
// Sorani word apart without a space.
const zwnj = "\u200c"

// JoinedForms returns, folded, every word of s that holds a zero-width
// non-joiner with that character taken out ("می‌رود" gives "ميرود"), in order
// and each once. Fold splits such a word ("مي رود"); an index holds both. The
// result is nil when there is none.
func JoinedForms(s string) []string {
	var forms []string
	for {
		at := strings.Index(s, zwnj)
		if at < 0 {
			return forms
		}
		start := wordStart(s, at)
		end := at + wordEnd(s[at:])
		if w := Fold(strings.ReplaceAll(s[start:end], zwnj, "")); w != "" && !contains(forms, w) {
			forms = append(forms, w)
		}
		s = s[end:]
	}
}

// wordStart returns where the word that reaches up to byte at begins.
func wordStart(s string, at int) int {
	for at > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:at])
		if !joins(r) {
			break
		}
		at -= n
	}
	return at
}

// wordEnd returns where the word at the start of s ends.
func wordEnd(s string) int {
	for i, r := range s {
		if !joins(r) {
			return i
		}
	}
	return len(s)
}

func joins(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || unicode.Is(unicode.Cf, r)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
