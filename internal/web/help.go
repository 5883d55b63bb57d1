package web

import (
	"net/http"
	"slices"
	"strings"

	"dalil/internal/query"
)

// helpKey is a filter of the query language.
type helpKey struct {
	Name    string
	Values  []string
	Means   string
	Example string
	URL     string
}

// helpKeys lists the filters as the parser has them; a test holds that each is
// explained here.
func helpKeys() []helpKey {
	means := map[string][2]string{
		"from":        {"of this source: its name, some words of it in any spelling or script, its key or its id", "from:telegram:1234"},
		"lang":        {"in this language, by its tag", "lang:ar|fa"},
		"posted":      {"posted then, in the time zone of the case: a year, month, day, a range, before, after, the last days", "posted:2025-06-01..2025-06-07"},
		"captured":    {"captured then", "captured:today"},
		"has":         {"comes with this", "has:image"},
		"type":        {"is of this kind", "type:article"},
		"translation": {"with these words, next to each other, in one of its translations; other filters and words look at the original only", "translation:word"},
		"edited":      {"was edited, as far as was captured or the source says", "edited:yes"},
		"missing":     {"was not in a later export that covers its place; why, nobody can tell from that", "missing:yes"},
		"source":      {"from this kind of place", "source:telegram"},
		"state":       {"what was decided about it in the inbox; withdrawn statements are left out of lists", "state:new"},
		"label":       {"a word people put on it", `label:"to call back"`},
		"assigned":    {"who is to look at it, by handle; or nobody", "assigned:nobody"},
		"by":          {"who decided something about it, by handle", "by:HM"},
		"family":      {"the id of a family", "family:Y-7K3M9QX"},
		"is":          {"its place in a family, and what stands about it", "is:first"},
		"lag":         {"how long after the first of its family", "lag:<10m"},
		"import":      {"brought in by this import, by its id", "import:R-7K3M9QX"},
		"capture":     {"from this captured file, by its id", "capture:K-7K3M9QX"},
		"exact":       {"exactly as written: no other spellings, no names in other scripts", "exact:word"},
		"sort":        {"the order of the list: newest first, oldest first, most relevant first", "sort:relevance"},
	}
	var all []helpKey
	for name, values := range query.Keys() {
		m := means[name]
		all = append(all, helpKey{name, values, m[0], m[1], search(m[1])})
	}
	order := []string{"from", "lang", "posted", "type", "has", "translation", "edited", "missing", "source", "state", "label", "assigned", "by", "family", "is", "lag", "captured", "import", "capture", "exact", "sort"}
	slices.SortFunc(all, func(a, b helpKey) int {
		if d := slices.Index(order, a.Name) - slices.Index(order, b.Name); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

type helpLine struct{ Query, Means, URL string }

// helpData is the page that explains searching.
type helpData struct {
	Words []helpLine
	Keys  []helpKey
}

// helpWords are ways to write words.
func helpWords() []helpLine {
	var all []helpLine
	for _, x := range [][2]string{
		{`rocket bridge`, "both words, anywhere in the statement, its title or its captions"},
		{`"the old bridge"`, "these words next to each other, in this order"},
		{`rocket OR drone`, "either word; OR binds tighter than standing side by side"},
		{`-forwarded`, "without this word; a minus before anything means not"},
		{`(rocket OR drone) -test`, "parentheses hold together"},
		{`rock*`, "words that begin so"},
		{`rocket~1`, "words spelt nearly so: one letter off"},
		{`"rocket bridge"~5`, "these words with at most five others between"},
	} {
		all = append(all, helpLine{x[0], x[1], search(x[0])})
	}
	return all
}

func (s *server) help(*http.Request) (reply, error) {
	return reply{page: "help", title: key("How to search"), data: helpData{Words: helpWords(), Keys: helpKeys()}, json: query.Keys()}, nil
}
