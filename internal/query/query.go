// Package query reads dalil's one query language: the same text in the search
// box, saved views, warnings and on the command line (UX b.3).
//
// Words side by side must all occur; OR binds tighter than that, so "rocket OR
// drone lang:ar" is (rocket OR drone) and Arabic. A minus before anything is
// not. Text in any script is first class: it is read as it is typed, and so are
// the quotes “ ”, „ “ and « ».
package query

import (
	"time"

	"dalil/internal/record"
)

// Query is a parsed query. The zero Query matches everything that is not
// withdrawn, newest first.
type Query struct {
	Text string // as typed
	Root Node   // nil matches everything
	Sort Sort
	Zone *time.Location // in which its days were read; nil is UTC
	Veil Veil           // what whoever asks may not see, and so cannot find; nil is nothing
}

// Veil covers words of texts. A query under a veil is answered as if the texts
// read as they do for who asks: a covered word neither finds a text nor, behind
// a minus, keeps one away.
type Veil interface {
	// Hides reports whether a word, folded or not, can be a part of something
	// covered, or have a part of it in it. False is certain, true may be a guess.
	Hides(word string) bool
	// Text is a text as it reads under the veil.
	Text(s string) string
	// Covers reports whether anything of a statement version is covered.
	Covers(s record.Statement) bool
}

// Sort is the order of hits.
type Sort uint8

const (
	Newest    Sort = iota // sort:posted- (default)
	Oldest                // sort:posted
	Relevance             // sort:relevance
)

// Node is one of And, Or, Not, Words, Filter, Range.
type Node interface{ node() }

type (
	And []Node
	Or  []Node
	Not struct{ X Node }

	// Words is a word, a phrase, or words near each other, already split as
	// language.Tokens does but not folded.
	Words struct {
		Raw    string   // as typed, without quotes and operators
		Terms  []string // one for a word
		Near   int      // "a b"~5: at most this many other words between; 0 for a phrase
		Fuzzy  int      // word~1: spelling distance
		Prefix bool     // word*
		Exact  bool     // exact:word, no folding
		Phrase bool     // in quotes: words next to each other, no other forms of them
	}

	// Filter is key:value with a set of values (key:a|b).
	Filter struct {
		Key    string // from, lang, has, type, edited, source, state, import, missing, capture, label, assigned, by, family, is
		Values []string
	}

	// Range is posted: or captured:, instants in seconds since 1970, or lag:,
	// seconds after the first of the family, all with To exclusive and
	// record.NoSeconds for an open end.
	Range struct {
		Key      string
		From, To int64
	}
)

func (And) node()    {}
func (Or) node()     {}
func (Not) node()    {}
func (Words) node()  {}
func (Filter) node() {}
func (Range) node()  {}

// Error is a query that cannot be read: where in the text, what, what to do.
type Error struct {
	Query       string
	Offset, End int // bytes of Query
	What, Do    string
	what, do    text
}

func (e *Error) Error() string { return e.What }
func (e *Error) Unwrap() error { return record.ErrInvalid }

// Say is What and Do in a language; nil is English.
func (e *Error) Say(in Tongue) (what, do []Piece) {
	say := echo{in: in}
	one := func(t text, english string) []Piece {
		if t.english == "" { // made elsewhere
			return say.say(english)
		}
		return say.say(t.english, t.fill...)
	}
	return one(e.what, e.What), one(e.do, e.Do)
}

// text is an English text with the values of its {places}.
type text struct {
	english string
	fill    []any
}

func (t text) String() string { return plain(echo{}.say(t.english, t.fill...)) }
