package query

import (
	"strconv"
	"strings"
	"time"

	"dalil/internal/record"
)

// echo says the parts of a query. What it says stands in say, word and words as
// whole English texts, which are the keys of their translations: a test of the
// pages reads them there.
type echo struct {
	in   Tongue // nil: English
	zone *time.Location
}

// word marks a text that say will say.
func word(english string) string { return english }

// said is a text to say, with what stands behind its {places}.
func said(english string, fill ...any) text { return text{english, fill} }

// say says a text, its {places} filled with what stands behind their names: a
// string that somebody typed, or pieces.
func (e echo) say(english string, fill ...any) []Piece {
	rest := english
	if e.in != nil {
		rest = e.in.Word(english)
	}
	var all []Piece
	for rest != "" {
		from, to := strings.IndexByte(rest, '{'), strings.IndexByte(rest, '}')
		if from < 0 || to < from {
			return append(all, Piece{Text: rest})
		}
		if from > 0 {
			all = append(all, Piece{Text: rest[:from]})
		}
		for i := 0; i+1 < len(fill); i += 2 {
			if fill[i] == rest[from+1:to] {
				switch v := fill[i+1].(type) {
				case string:
					all = append(all, Piece{v, true})
				case []Piece:
					all = append(all, v...)
				}
			}
		}
		rest = rest[to+1:]
	}
	return all
}

// ours is a text that needs no translation: a number, a date.
func (e echo) ours(s string) []Piece {
	if e.in != nil {
		s = e.in.Digits(s)
	}
	return []Piece{{Text: s}}
}

func (e echo) join(all [][]Piece, between string) []Piece {
	var joined []Piece
	for i, p := range all {
		if i > 0 {
			joined = append(joined, e.say(between)...)
		}
		joined = append(joined, p...)
	}
	return joined
}

// or joins what say makes of each value.
func (e echo) or(values []string, say func(string) []Piece) []Piece {
	all := make([][]Piece, len(values))
	for i, v := range values {
		all[i] = say(v)
	}
	return e.join(all, word(" or "))
}

// known says values by their words; one that has none, as it is.
func (e echo) known(values []string, words map[string]string) []Piece {
	return e.or(values, func(v string) []Piece {
		if w := words[v]; w != "" {
			return e.say(w)
		}
		return e.say(v)
	})
}

// typed are values as somebody typed them.
func (e echo) typed(values []string) []Piece {
	return e.or(values, func(v string) []Piece { return []Piece{{v, true}} })
}

func (e echo) plurals(kinds []string) []Piece {
	return e.known(kinds, map[string]string{"post": word("posts"), "service": word("service messages"), "article": word("articles"),
		"comment": word("comments"), "document": word("documents"), "image": word("images"), "record": word("records of a table")})
}

// languages says the names of the languages the software knows best; for
// another, its tag.
func (e echo) languages(tags []string) []Piece {
	return e.known(tags, map[string]string{"ar": word("Arabic"), "fa": word("Persian"), "ckb": word("Sorani"), "kmr": word("Kurmanji"), "ku": word("Kurdish"),
		"ur": word("Urdu"), "he": word("Hebrew"), "yi": word("Yiddish"), "en": word("English"), "tr": word("Turkish"), "ps": word("Pashto"), "fr": word("French"),
		"de": word("German"), "ru": word("Russian"), "uk": word("Ukrainian"), "es": word("Spanish"), "az": word("Azerbaijani")})
}

// node puts one node into words.
func (e echo) node(n Node) []Piece {
	switch n := n.(type) {
	case And:
		return e.say("({parts})", "parts", e.nodes(n, word(" and ")))
	case Or:
		return e.nodes(n, word(" or "))
	case Not:
		x := e.node(n.X)
		if _, ok := n.X.(Or); ok {
			x = e.say("({parts})", "parts", x)
		}
		return e.say("not {what}", "what", x)
	case Words:
		return e.words(n)
	case Filter:
		return e.filter(n)
	case Range:
		return e.span(n)
	}
	return nil
}

func (e echo) nodes(nodes []Node, between string) []Piece {
	all := make([][]Piece, len(nodes))
	for i, n := range nodes {
		all[i] = e.node(n)
	}
	return e.join(all, between)
}

func (e echo) words(w Words) []Piece {
	s := e.say("“{words}”", "words", w.Raw)
	switch {
	case w.Exact:
		return e.say("{words} exactly as written", "words", s)
	case w.Near > 0:
		return e.say("{words} within {n} words", "words", s, "n", e.ours(strconv.Itoa(w.Near)))
	case w.Fuzzy > 0:
		return e.say("{words} or a spelling near it", "words", s)
	case w.Prefix:
		return e.say("words that begin with {words}", "words", s)
	}
	return s
}

func (e echo) filter(f Filter) []Piece {
	no := len(f.Values) == 1 && f.Values[0] == "no"
	switch f.Key {
	case "from":
		return e.say("from {source}", "source", e.typed(f.Values))
	case "lang":
		return e.say("in {languages}", "languages", e.languages(f.Values))
	case "has":
		return e.known(f.Values, map[string]string{"forward": word("forwarded"), "translation": word("translated"), "reply": word("answering another"), "flag": word("with a defect of its source"),
			"image": word("with image"), "video": word("with video"), "media": word("with media"), "link": word("with link")})
	case "type":
		return e.plurals(f.Values)
	case "edited":
		if no {
			return e.say("never edited")
		}
		return e.say("edited")
	case "missing":
		if no {
			return e.say("not seen missing")
		}
		return e.say("seen missing")
	case "source":
		return e.say("on {platform}", "platform", e.known(f.Values, map[string]string{"telegram": word("telegram"), "web": word("web"), "file": word("file")}))
	case "state":
		return e.known(f.Values, map[string]string{"later": word("put off"), "duplicate": word("duplicates"), "new": word("not decided about"),
			"kept": word("kept"), "dismissed": word("dismissed"), "withdrawn": word("withdrawn")})
	case "label":
		return e.say("labelled {labels}", "labels", e.or(f.Values, func(v string) []Piece { return e.say("“{words}”", "words", v) }))
	case "assigned":
		if len(f.Values) == 1 && f.Values[0] == "nobody" {
			return e.say("assigned to nobody")
		}
		return e.say("assigned to {who}", "who", e.typed(f.Values))
	case "by":
		return e.say("decided about by {who}", "who", e.typed(f.Values))
	case "family":
		return e.say("of family {id}", "id", e.typed(f.Values))
	case "is":
		return e.known(f.Values, map[string]string{"first": word("the first of a family"), "copy": word("copies"), "alone": word("in no family"),
			"forward": word("forwarded"), "shielded": word("naming a private person"), "mixed": word("decided about in two ways")})
	case "translation":
		return e.say("with {words} in a translation", "words", e.or(f.Values, func(v string) []Piece { return e.say("“{words}”", "words", v) }))
	case "import":
		return e.say("of import {id}", "id", e.typed(f.Values))
	case "capture":
		return e.say("of capture {id}", "id", e.typed(f.Values))
	}
	return e.say("of {key} {value}", "key", f.Key, "value", e.typed(f.Values))
}

// span says when, or how long after the first.
func (e echo) span(r Range) []Piece {
	switch r.Key {
	case "posted":
		return e.say("posted {when}", "when", e.times(r))
	case "captured":
		return e.say("captured {when}", "when", e.times(r))
	}
	switch {
	case r.To == record.NoSeconds:
		return e.say("{delay} or more after the first", "delay", writeDelay(r.From))
	case r.From == record.NoSeconds:
		return e.say("less than {delay} after the first", "delay", writeDelay(r.To))
	}
	return e.say("{from} to {to} after the first", "from", writeDelay(r.From), "to", writeDelay(r.To-1))
}

// times writes a range of times no finer than it needs: a year, a month, a day,
// days, or instants.
func (e echo) times(r Range) []Piece {
	from, to := time.Unix(r.From, 0).In(e.zone), time.Unix(r.To, 0).In(e.zone)
	midnight := func(t time.Time) bool { return t.Format("15:04:05") == "00:00:00" }
	instant := func(t time.Time) []Piece {
		if midnight(t) {
			return e.date(t, true, true)
		}
		return append(e.date(t, true, true), e.ours(" "+t.Format("15:04"))...)
	}
	both := func(a, b []Piece) []Piece { return e.say("{from}–{to}", "from", a, "to", b) }
	switch {
	case r.To == record.NoSeconds:
		return e.say("from {time}", "time", instant(from))
	case r.From == record.NoSeconds:
		return e.say("before {time}", "time", instant(to))
	case !midnight(from) || !midnight(to):
		return both(instant(from), instant(to))
	case from.YearDay() == 1 && from.AddDate(1, 0, 0).Equal(to):
		return e.ours(from.Format("2006"))
	case from.Day() == 1 && from.AddDate(0, 1, 0).Equal(to):
		return e.date(from, false, true)
	}
	last := to.AddDate(0, 0, -1)
	switch {
	case last.Equal(from):
		return e.date(from, true, true)
	case last.Year() != from.Year():
		return both(e.date(from, true, true), e.date(last, true, true))
	case last.Month() != from.Month():
		return both(e.date(from, true, false), e.date(last, true, true))
	}
	return both(e.ours(from.Format("2")), e.date(last, true, true))
}

// date writes a month, with the day before it and the year behind it.
func (e echo) date(t time.Time, day, year bool) []Piece {
	months := [...]string{word("Jan"), word("Feb"), word("Mar"), word("Apr"), word("May"), word("Jun"), word("Jul"), word("Aug"), word("Sep"), word("Oct"), word("Nov"), word("Dec")}
	var all []Piece
	if day {
		all = e.ours(t.Format("2 "))
	}
	all = append(all, e.say(months[t.Month()-1])...)
	if year {
		all = append(all, e.ours(t.Format(" 2006"))...)
	}
	return all
}
