// Package sample invents: a country with its groups, channels and articles as
// a folder of files to import (Write, Truth), and Telegram exports of any size
// for benchmarks (Export). Both come with what is true about them, so that a
// test or a demonstration can say how much of it was found.
//
// Everything in it is made up: no place, group, outlet or person exists, and
// the coordinates lie in the open South Atlantic. The same call writes the
// same bytes on every machine: random choices come from a generator of its
// own and weights are computed without operations that processors round
// differently.
package sample

// Ref names one message: the platform's id of its chat and its id in the chat.
type Ref struct {
	Chat int64 `json:"chat"`
	ID   int64 `json:"id"`
}

// Relation says how a message came from the first of its family (METHODS 1.2
// and 1.3).
type Relation string

const (
	Original    Relation = "original"    // the first: everything else is made from it
	Verbatim    Relation = "verbatim"    // the same characters
	Forwarded   Relation = "forward"     // the platform's forward header names the original
	Orthography Relation = "orthography" // other letter forms, digits, diacritics, invisible characters
	Wrapped     Relation = "wrapped"     // with the channel's own headline and footer
	Stripped    Relation = "stripped"    // without the opening verse and the sign-off
	Truncated   Relation = "truncated"   // the first 60 % or so
	Scanned     Relation = "scanned"     // with the errors of text recognition
	Quoted      Relation = "quoted"      // inside a longer comment or article
	Pictured    Relation = "image"       // as a picture of the statement
	Translated  Relation = "translation" // in another language, with the same slots
)
