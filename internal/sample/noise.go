package sample

import (
	"strings"
	"unicode"
)

// The functions of this file make of a statement what becomes of statements:
// METHODS 1.2 measures repost finding on these kinds.

// derive returns text as it looks in a repost of kind rel. noise is the share
// of letters that text recognition gets wrong, in 1/1000. Forwarded and
// Verbatim leave it alone, as every relation does that is not about text.
func derive(r *rng, rel Relation, text string, c wrapper, noise int) string {
	switch rel {
	case Orthography:
		return respell(r, text)
	case Wrapped:
		return c.header + "\n\n" + text + "\n\n" + c.footer
	case Stripped:
		return strip(text)
	case Truncated:
		return truncate(text)
	case Scanned:
		return scan(r, text, noise)
	case Quoted:
		return c.before + "\n\n" + text + "\n\n" + c.after
	}
	return text
}

// wrapper is what a channel writes around what it takes from others.
type wrapper struct {
	header, footer string // above and below a repost
	before, after  string // around a quotation
}

// respell writes the same words in another orthography: the choices for each
// letter are made once for the text, as a keyboard makes them.
func respell(r *rng, text string) string {
	habit := r.next() | 1 // never nothing at all
	has := func(bit int) bool { return habit>>bit&1 == 1 }
	zero := pick(r, []rune{'0', '٠', '۰'})
	var b strings.Builder
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			c += zero - '0'
		case strings.ContainsRune("أإآ", c) && has(0):
			c = 'ا'
		case c == 'ة' && has(1):
			c = 'ه'
		case c == 'ى' && has(2):
			c = 'ي'
		case c == 'ي' && has(3):
			c = 'ی'
		case c == 'ك' && has(3):
			c = 'ک'
		case c == 'ی' && has(4):
			c = 'ي'
		case c == 'ک' && has(4):
			c = 'ك'
		case c == '\u200c' && has(5):
			c = ' '
		case c >= '\u064b' && c <= '\u0652' && has(6):
			continue
		}
		b.WriteRune(c)
		if c == 'ل' || c == 'م' || c == 'ر' {
			switch {
			case c != 'ر' && has(7) && r.n(12) == 0:
				b.WriteRune('ـ')
			case has(8) && r.n(8) == 0:
				b.WriteRune(pick(r, []rune{'\u064e', '\u0650', '\u064f', '\u0651'}))
			}
		}
	}
	if has(9) {
		return "\u200f" + b.String()
	}
	return b.String()
}

// strip leaves out the first and the last paragraph: verse and sign-off.
func strip(text string) string {
	p := strings.Split(text, "\n\n")
	if len(p) < 3 {
		return text
	}
	return strings.Join(p[1:len(p)-1], "\n\n")
}

// truncate keeps the first 60 % of the letters, up to a word's end.
func truncate(text string) string {
	runes := []rune(text)
	n := len(runes) * 6 / 10
	for n > 0 && n < len(runes) && !unicode.IsSpace(runes[n]) {
		n--
	}
	return strings.TrimSpace(string(runes[:n])) + " …"
}

// lookalikes are letters that differ in dots only.
var lookalikes = [...]string{"بتثن", "جحخ", "دذ", "رز", "سش", "صض", "طظ", "عغ", "فق", "يى", "كگ", "هة", "وؤ", "اأإ"}

// scan makes the errors of text recognition on letters: lookalikes, lost
// letters, blanks inside words. Digits stay, so that what the statement
// claims stays.
func scan(r *rng, text string, permille int) string {
	var b strings.Builder
	for _, c := range text {
		if !unicode.IsLetter(c) || r.n(1000) >= permille {
			b.WriteRune(c)
			continue
		}
		switch r.n(10) {
		case 0: // lost
		case 1:
			b.WriteRune(c)
			b.WriteByte(' ')
		default:
			b.WriteRune(lookalike(r, c))
		}
	}
	return b.String()
}

func lookalike(r *rng, c rune) rune {
	for _, set := range lookalikes {
		if strings.ContainsRune(set, c) {
			other := []rune(strings.ReplaceAll(set, string(c), ""))
			return pick(r, other)
		}
	}
	return c
}
