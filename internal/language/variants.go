package language

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// clitics are what Arabic writes onto the front of a noun: the article with and
// without a particle before it, and the particles alone.
var clitics = []string{"ال", "وال", "بال", "لل", "فال", "كال", "ولل", "وبال", "و", "ب", "ل", "ف", "ك", "ول", "وب"}

// Variants returns the forms of a folded word that a search for it should also
// find: word itself first, then, for a word in Arabic script, with the article
// and the particles Arabic writes onto it (كتاب: الكتاب, والكتاب, بالكتاب, للكتاب,
// وكتاب …). A word that has the article finds the one without. A single letter
// in front is never taken off: it is as often part of the word. The result has
// no duplicates.
func Variants(word string) []string {
	forms := []string{word}
	if r, _ := utf8.DecodeRuneInString(word); scriptOf(r) != Arab || utf8.RuneCountInString(word) < 2 {
		return forms
	}
	base := word
	for _, c := range clitics {
		if rest, ok := strings.CutPrefix(word, c); ok && strings.HasSuffix(c, "ال") && word != "الله" && utf8.RuneCountInString(rest) >= 2 {
			base = rest
			break
		}
	}
	if rest, ok := strings.CutPrefix(word, "لل"); ok && utf8.RuneCountInString(rest) >= 3 {
		base = rest
	}
	add := func(f string) {
		if !slices.Contains(forms, f) {
			forms = append(forms, f)
		}
	}
	add(base)
	for _, c := range clitics {
		add(c + base)
	}
	return forms
}
