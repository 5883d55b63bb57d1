package desk

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dalil/internal/language"
)

// MaskToken stands where the name of a private person is masked. It is as long
// for every name: its length tells nothing.
const MaskToken = "█████"

// masker finds names in texts in whatever spelling the folding of the language
// package makes equal, with or without spaces and signs between their words: as
// a hashtag, a handle or part of an address too.
type masker struct {
	names []maskedName
}

type maskedName struct {
	letters string // folded letters and digits, no spaces
	short   bool   // so short that it has to stand as a word of its own
}

// shortName is the number of letters below which a name is not looked for
// inside of words.
const shortName = 6

func newMasker(names []string) *masker {
	m := &masker{}
	for _, n := range names {
		s := streamOf(n)
		if len(s.letters) == 0 {
			continue
		}
		m.names = append(m.names, maskedName{string(s.letters), utf8.RuneCountInString(string(s.letters)) < shortName})
	}
	return m
}

// stream is a text's letters and digits, folded, with where each byte of them
// comes from.
type stream struct {
	letters    []byte
	start, end []int // of the letter in the text, for each byte of letters
}

func streamOf(s string) stream {
	var x stream
	for i, r := range s {
		n := utf8.RuneLen(r)
		if n < 0 || r == utf8.RuneError {
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			continue
		}
		for _, b := range []byte(language.Fold(s[i : i+n])) {
			if b == ' ' {
				continue
			}
			x.letters, x.start, x.end = append(x.letters, b), append(x.start, i), append(x.end, i+n)
		}
	}
	return x
}

// in returns the places of names in s, in order and apart.
func (m *masker) in(s string) [][2]int {
	if m == nil || len(m.names) == 0 || s == "" {
		return nil
	}
	x := streamOf(s)
	text := string(x.letters)
	var at [][2]int
	for _, n := range m.names {
		for from := 0; ; {
			i := strings.Index(text[from:], n.letters)
			if i < 0 {
				break
			}
			i += from
			from = i + 1
			last := i + len(n.letters) - 1
			start, end := x.start[i], x.end[last]
			if i > 0 && x.start[i-1] == start || last+1 < len(x.start) && x.start[last+1] == x.start[last] {
				continue // in the middle of what one letter folds to
			}
			if n.short && !(wordStarts(s, start) && wordEnds(s, end)) {
				continue
			}
			at = append(at, [2]int{start, wholeMarks(s, end)})
		}
	}
	return apart(at)
}

// particles are written as one with the next word in Arabic script.
func particles() []string {
	return []string{"و", "ف", "ب", "ل", "ك", "وب", "ول", "فل", "ال", "وال", "بال", "لل"}
}

// wordStarts reports whether a word begins at a byte, particles aside.
func wordStarts(s string, at int) bool {
	from := at
	for from > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:from])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			break
		}
		from -= n
	}
	before := language.Fold(s[from:at])
	if before == "" {
		return true
	}
	for _, p := range particles() {
		if before == language.Fold(p) {
			return true
		}
	}
	return false
}

// wordEnds reports whether a word ends at a byte.
func wordEnds(s string, at int) bool {
	for at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		if unicode.Is(unicode.Mn, r) {
			at += n
			continue
		}
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	return true
}

// wholeMarks takes the marks on the last letter along.
func wholeMarks(s string, at int) int {
	for at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		if !unicode.Is(unicode.Mn, r) {
			break
		}
		at += n
	}
	return at
}

// apart sorts stretches and joins those that overlap.
func apart(at [][2]int) [][2]int {
	if len(at) < 2 {
		return at
	}
	slices.SortFunc(at, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
	all := at[:1]
	for _, a := range at[1:] {
		if last := &all[len(all)-1]; a[0] <= last[1] {
			last[1] = max(last[1], a[1])
		} else {
			all = append(all, a)
		}
	}
	return all
}

// text masks the names in s. moved says where a byte of s is in the result; ok
// is false for a byte of a name.
func (m *masker) text(s string) (masked string, moved func(at int) (to int, ok bool)) {
	return replaced(s, m.in(s))
}

// replaced puts the token in the place of stretches.
func replaced(s string, at [][2]int) (masked string, moved func(at int) (to int, ok bool)) {
	if len(at) == 0 {
		return s, func(i int) (int, bool) { return i, true }
	}
	var b strings.Builder
	last := 0
	for _, a := range at {
		b.WriteString(s[last:a[0]])
		b.WriteString(MaskToken)
		last = a[1]
	}
	b.WriteString(s[last:])
	return b.String(), func(i int) (int, bool) {
		shift := 0
		for _, a := range at {
			switch {
			case i <= a[0]:
				return i + shift, true
			case i < a[1]:
				return 0, false
			}
			shift += len(MaskToken) - (a[1] - a[0])
		}
		return i + shift, true
	}
}

// Text implements query.Veil.
func (m *masker) Text(s string) string { return m.plain(s) }

// Hides implements query.Veil: a word may be a part of a name, hold one, or run
// into one, since names are found across the signs between words.
func (m *masker) Hides(word string) bool {
	w := string(streamOf(word).letters)
	return slices.ContainsFunc(m.names, func(n maskedName) bool {
		if strings.Contains(n.letters, w) || strings.Contains(w, n.letters) {
			return true
		}
		for k := 1; k < min(len(w), len(n.letters)); k++ {
			if w[len(w)-k:] == n.letters[:k] || w[:k] == n.letters[len(n.letters)-k:] {
				return true
			}
		}
		return false
	})
}

// plain masks the names in s.
func (m *masker) plain(s string) string {
	masked, _ := m.text(s)
	return masked
}
