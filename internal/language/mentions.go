package language

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mentions finds names in texts in whatever spelling folding makes equal, with
// or without spaces and signs between their words: as a hashtag, a handle or
// part of an address too. Other scripts are other names.
type Mentions struct {
	names []mentioned
}

type mentioned struct {
	letters string // folded letters and digits, no spaces
	short   bool   // so short that it has to stand as a word of its own
}

// shortName is the number of letters below which a name is not looked for
// inside of words.
const shortName = 6

// NewMentions returns a finder of names; those without letters are left out.
func NewMentions(names []string) *Mentions {
	m := &Mentions{}
	for _, n := range names {
		s := streamOf(n)
		if len(s.letters) == 0 {
			continue
		}
		m.names = append(m.names, mentioned{string(s.letters), utf8.RuneCountInString(string(s.letters)) < shortName})
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
		for _, b := range []byte(Fold(s[i : i+n])) {
			if b == ' ' {
				continue
			}
			x.letters, x.start, x.end = append(x.letters, b), append(x.start, i), append(x.end, i+n)
		}
	}
	return x
}

// Empty reports whether there is no name to find.
func (m *Mentions) Empty() bool { return len(m.names) == 0 }

// In returns the places of names in s, in order and apart.
func (m *Mentions) In(s string) [][2]int {
	if len(m.names) == 0 || s == "" {
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
	return Apart(at)
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
	before := Fold(s[from:at])
	if before == "" {
		return true
	}
	for _, p := range particles() {
		if before == Fold(p) {
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

// Apart sorts stretches and joins those that overlap.
func Apart(at [][2]int) [][2]int {
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

// Touches reports whether a word can be a part of a name where it is found, hold
// one, or run into one. False is certain, true is a guess.
func (m *Mentions) Touches(word string) bool {
	w := string(streamOf(word).letters)
	return slices.ContainsFunc(m.names, func(n mentioned) bool {
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
