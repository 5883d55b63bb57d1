package query

import (
	"strings"
	"time"
)

// Piece is a stretch of an echo: words of ours, or what somebody typed or a
// source is called, which may be in any language.
type Piece struct {
	Text  string
	Typed bool
}

// Tongue is a language that an echo is said in.
type Tongue interface {
	// Word returns an English text in this language, its {places} kept.
	Word(english string) string
	// Digits writes a text's European digits in this language's.
	Digits(s string) string
}

// Echo says in words what a query asks for: "posts in Arabic, from Valley News,
// posted 17–18 Nov 2020, with “bridge”, not forwarded".
func Echo(q Query) string {
	return plain(Pieces(q, nil))
}

func plain(all []Piece) string {
	var b strings.Builder
	for _, p := range all {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Pieces is Echo in a language; nil is English.
func Pieces(q Query, in Tongue) []Piece {
	e := echo{in: in, zone: q.Zone}
	if e.zone == nil {
		e.zone = time.UTC
	}
	var what []Piece
	var rest, tests [][]Piece
	parts := And{}
	switch n := q.Root.(type) {
	case nil:
	case And:
		parts = n
	default:
		parts = And{n}
	}
	var lang *Filter // the first
	for _, n := range parts {
		f, isFilter := n.(Filter)
		switch {
		case isFilter && f.Key == "type" && what == nil:
			what = e.plurals(f.Values)
		case isFilter && f.Key == "lang" && lang == nil:
			lang = &f
		default:
			if _, ok := n.(Words); ok {
				tests = append(tests, e.node(n))
			} else {
				rest = append(rest, e.node(n))
			}
		}
	}
	if what == nil {
		what = e.say("statements")
		if len(parts) == 0 {
			what = e.say("all statements")
		}
	}
	if lang != nil {
		what = e.say("{what} in {languages}", "what", what, "languages", e.languages(lang.Values))
	}
	all := append([][]Piece{what}, rest...)
	if len(tests) > 0 {
		all = append(all, e.say("with {words}", "words", e.join(tests, word(" and "))))
	}
	switch q.Sort {
	case Oldest:
		all = append(all, e.say("oldest first"))
	case Relevance:
		all = append(all, e.say("most relevant first"))
	}
	return e.join(all, word(", "))
}
