package language

import (
	"iter"
	"maps"
	"strings"
	"sync"
)

// A Number is what a number word says.
type Number struct {
	Value   uint32
	Tongues uint32 // a bit for each language that has the word
	Weak    bool   // also an everyday word (one, Persian نه): a number only as a part of a larger one
	And     bool   // "and" is written onto it: وعشرون
}

// NumberWord returns the value of a folded word in Arabic, Persian, Sorani,
// Hebrew, English or Turkish: cardinals up to twenty, tens, hundreds and powers
// of a thousand, with the prefixes of the language. Ordinals, fractions and the
// Arabic dual of nouns are no number words.
func NumberWord(folded string) (Number, bool) {
	n, ok := numberWords()[folded]
	return n, ok
}

// NumberWords returns every word that NumberWord knows, in no order.
func NumberWords() iter.Seq2[string, Number] { return maps.All(numberWords()) }

// NumberLinks returns, folded, the words that stand between the parts of a
// number ("and").
func NumberLinks() []string {
	var links []string
	for _, t := range tongues() {
		if t.and != "" {
			links = append(links, Fold(t.and))
		}
	}
	return links
}

// HourWords returns, folded, the words that introduce a clock time ("الساعة").
func HourWords() iter.Seq[string] { return maps.Keys(calendarWords().hour) }

// MonthWords returns, folded, the words with which the name of a month begins
// in any language and calendar.
func MonthWords() iter.Seq[string] { return maps.Keys(calendarWords().months) }

var numberWords = sync.OnceValue(func() map[string]Number {
	all := map[string]Number{}
	for i, t := range tongues() {
		not := map[string]bool{}
		for _, w := range t.notNumbers {
			not[Fold(w)] = true
		}
		for value, words := range t.numbers {
			for w := range strings.FieldsSeq(words) {
				w, weak := strings.CutSuffix(w, "?")
				for _, prefix := range append([]string{""}, t.before...) {
					n := Number{Value: uint32(value), Tongues: 1 << i, Weak: weak, And: prefix != "" && strings.HasPrefix(prefix, t.before[0])}
					key := Fold(prefix + w)
					if not[key] {
						continue
					}
					if old, ok := all[key]; ok { // Persian and Sorani share some; no two differ in value
						n.Tongues |= old.Tongues
						n.Weak = n.Weak || old.Weak
					}
					all[key] = n
				}
			}
		}
	}
	return all
})
