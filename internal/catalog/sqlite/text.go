package sqlite

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dalil/internal/language"
)

// token is a word of a display text: its bytes and its folded form.
type token struct {
	start, end int
	folded     string
}

// zwnj joins the parts of one Persian or Sorani word.
const zwnj = "\u200c"

// displayTokens returns the words of s as written with the folded words the
// index has for them. Folding may join what stands apart (qur'an) or drop signs
// inside a word; where the words do not pair up one to one, those of a whole
// stretch without white space stand for each other.
func displayTokens(s string) []token {
	var all []token
	for start := 0; start < len(s); {
		r, n := utf8.DecodeRuneInString(s[start:])
		if unicode.IsSpace(r) {
			start += n
			continue
		}
		end := start
		for end < len(s) {
			r, n := utf8.DecodeRuneInString(s[end:])
			if unicode.IsSpace(r) {
				break
			}
			end += n
		}
		all = appendStretch(all, s, start, end)
		start = end
	}
	return all
}

func appendStretch(all []token, s string, start, end int) []token {
	var few [4][2]int
	raw := few[:0]
	language.Tokens(s[start:end], func(a, b int) { raw = append(raw, [2]int{start + a, start + b}) })
	folded := foldWords(s[start:end])
	switch {
	case len(folded) == 0:
	case len(raw) == len(folded):
		for i, r := range raw {
			all = append(all, token{r[0], r[1], folded[i]})
		}
	default:
		a, b := start, end
		if len(raw) > 0 {
			a, b = raw[0][0], raw[len(raw)-1][1]
		}
		for _, f := range folded {
			all = append(all, token{a, b, f})
		}
	}
	return all
}

// joined returns a token for every word of s that holds a zero-width non-joiner.
func joined(s string, tokens []token) []token {
	if !strings.Contains(s, zwnj) {
		return nil
	}
	var all []token
	for i := 0; i < len(tokens); i++ {
		j := i
		for j+1 < len(tokens) && tokens[j].end <= tokens[j+1].start && s[tokens[j].end:tokens[j+1].start] == zwnj {
			j++
		}
		if j > i {
			all = append(all, token{tokens[i].start, tokens[j].end,
				strings.Join(foldWords(strings.ReplaceAll(s[tokens[i].start:tokens[j].end], zwnj, "")), " ")})
			i = j
		}
	}
	return all
}

// Sizes of a snippet in bytes of the text: before the first match, and in all.
const (
	snippetBefore = 90
	snippetSize   = 300
)

// snippet cuts the part of s around the first mark, between words, and returns
// the marks that lie in it, relative to it.
func snippet(s string, marks [][2]int) (string, [][2]int) {
	from, to := 0, 0
	if len(marks) > 0 {
		from = marks[0][0] - snippetBefore
	}
	if from <= 0 {
		from = 0
	} else {
		from = nextWord(s, from, marks[0][0])
	}
	to = len(s)
	if to-from > snippetSize {
		to = from + snippetSize
		if len(marks) > 0 {
			to = max(to, marks[0][1])
		}
		to = lastWord(s, to, from)
		if len(marks) > 0 {
			to = max(to, marks[0][1])
		}
	}
	var in [][2]int
	for _, m := range marks {
		if m[0] >= from && m[1] <= to {
			in = append(in, [2]int{m[0] - from, m[1] - from})
		}
	}
	return s[from:to], in
}

// nextWord returns the start of the first word from i on, at most limit.
func nextWord(s string, i, limit int) int {
	for j := i; j < limit; j++ {
		if s[j] == ' ' || s[j] == '\n' {
			return j + 1
		}
	}
	for i < limit && !utf8.RuneStart(s[i]) {
		i++
	}
	return i
}

// lastWord returns the end of the last word before i, at least the half of it.
func lastWord(s string, i, from int) int {
	for j := i; j > from+snippetSize/2; j-- {
		if j < len(s) && (s[j] == ' ' || s[j] == '\n') {
			return j
		}
	}
	for i > from && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}
