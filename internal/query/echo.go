package query

import (
	"strconv"
	"strings"
	"time"

	"dalil/internal/record"
)

// Echo says in words what a query asks for: "posts in Arabic, from Valley News,
// posted 17–18 Nov 2020, with “bridge”, not forwarded".
func Echo(q Query) string {
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	var what string
	var rest, tests []string
	parts := And{}
	switch n := q.Root.(type) {
	case nil:
	case And:
		parts = n
	default:
		parts = And{n}
	}
	for _, n := range parts {
		if f, ok := n.(Filter); ok && f.Key == "type" && what == "" {
			what = plurals(f.Values)
		} else if _, ok := n.(Words); ok {
			tests = append(tests, say(n, zone))
		} else {
			rest = append(rest, say(n, zone))
		}
	}
	if what == "" {
		what = "statements"
		if len(parts) == 0 {
			what = "all statements"
		}
	}
	all := []string{what}
	lang := ""
	for _, r := range rest {
		if strings.HasPrefix(r, "in ") && lang == "" {
			lang = r
			all[0] += " " + r
		} else {
			all = append(all, r)
		}
	}
	if len(tests) > 0 {
		all = append(all, "with "+strings.Join(tests, " and "))
	}
	switch q.Sort {
	case Oldest:
		all = append(all, "oldest first")
	case Relevance:
		all = append(all, "most relevant first")
	}
	return strings.Join(all, ", ")
}

func plurals(kinds []string) string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = k + "s"
		if k == "service" {
			all[i] = "service messages"
		}
	}
	return orList(all)
}

// say puts one node into words.
func say(n Node, zone *time.Location) string {
	switch n := n.(type) {
	case And:
		return "(" + sayAll(n, " and ", zone) + ")"
	case Or:
		return sayAll(n, " or ", zone)
	case Not:
		if or, ok := n.X.(Or); ok {
			return "not (" + say(or, zone) + ")"
		}
		return "not " + say(n.X, zone)
	case Words:
		return sayWords(n)
	case Filter:
		return sayFilter(n)
	case Range:
		if n.Key == "lag" {
			return sayLag(n)
		}
		return n.Key + " " + sayRange(n, zone)
	}
	return ""
}

func sayAll(nodes []Node, between string, zone *time.Location) string {
	all := make([]string, len(nodes))
	for i, n := range nodes {
		all[i] = say(n, zone)
	}
	return strings.Join(all, between)
}

func sayWords(w Words) string {
	s := "“" + w.Raw + "”"
	switch {
	case w.Exact:
		return s + " exactly as written"
	case w.Near > 0:
		return s + " within " + strconv.Itoa(w.Near) + " words"
	case w.Fuzzy > 0:
		return s + " or a spelling near it"
	case w.Prefix:
		return "words that begin with " + s
	}
	return s
}

func sayFilter(f Filter) string {
	v := orList(f.Values)
	no := len(f.Values) == 1 && f.Values[0] == "no"
	switch f.Key {
	case "from":
		return "from " + v
	case "lang":
		names := make([]string, len(f.Values))
		for i, t := range f.Values {
			names[i] = languageName(t)
		}
		return "in " + orList(names)
	case "has":
		words := map[string]string{"forward": "forwarded", "translation": "translated", "reply": "answering another", "flag": "with a defect of its source"}
		all := make([]string, len(f.Values))
		for i, h := range f.Values {
			if all[i] = words[h]; all[i] == "" {
				all[i] = "with " + h
			}
		}
		return orList(all)
	case "type":
		return plurals(f.Values)
	case "edited":
		if no {
			return "never edited"
		}
		return "edited"
	case "missing":
		if no {
			return "not seen missing"
		}
		return "seen missing"
	case "source":
		return "on " + v
	case "state":
		words := map[string]string{"later": "put off", "duplicate": "duplicates", "new": "not decided about"}
		all := make([]string, len(f.Values))
		for i, s := range f.Values {
			if all[i] = words[s]; all[i] == "" {
				all[i] = s
			}
		}
		return orList(all)
	case "label":
		return "labelled “" + strings.Join(f.Values, "” or “") + "”"
	case "assigned":
		if len(f.Values) == 1 && f.Values[0] == "nobody" {
			return "assigned to nobody"
		}
		return "assigned to " + v
	case "by":
		return "decided about by " + v
	case "family":
		return "of family " + v
	case "is":
		words := map[string]string{"first": "the first of a family", "copy": "copies", "alone": "in no family", "forward": "forwarded",
			"shielded": "naming a private person", "mixed": "decided about in two ways"}
		all := make([]string, len(f.Values))
		for i, h := range f.Values {
			all[i] = words[h]
		}
		return orList(all)
	case "import":
		return "of import " + v
	case "translation":
		quoted := make([]string, len(f.Values))
		for i, w := range f.Values {
			quoted[i] = "“" + w + "”"
		}
		return "with " + orList(quoted) + " in a translation"
	}
	return "of " + f.Key + " " + v
}

func orList(all []string) string { return strings.Join(all, " or ") }

// languageName is the English name of the languages the software knows best;
// for another, its tag.
func languageName(tag string) string {
	names := map[string]string{"ar": "Arabic", "fa": "Persian", "ckb": "Sorani", "kmr": "Kurmanji", "ku": "Kurdish", "ur": "Urdu",
		"he": "Hebrew", "yi": "Yiddish", "en": "English", "tr": "Turkish", "ps": "Pashto", "fr": "French", "de": "German",
		"ru": "Russian", "uk": "Ukrainian", "es": "Spanish", "az": "Azerbaijani"}
	if n := names[tag]; n != "" {
		return n
	}
	return tag
}

// sayRange writes a range of times no finer than it needs: a year, a month, a
// day, days, or instants.
func sayRange(r Range, zone *time.Location) string {
	const day = "2 Jan 2006"
	write := func(s int64, layout string) string { return time.Unix(s, 0).In(zone).Format(layout) }
	midnight := func(s int64) bool { return write(s, "15:04:05") == "00:00:00" }
	instant := func(s int64) string {
		if midnight(s) {
			return write(s, day)
		}
		return write(s, "2 Jan 2006 15:04")
	}
	switch {
	case r.To == record.NoSeconds:
		return "from " + instant(r.From)
	case r.From == record.NoSeconds:
		return "before " + instant(r.To)
	case !midnight(r.From) || !midnight(r.To):
		return instant(r.From) + "–" + instant(r.To)
	}
	from, to := time.Unix(r.From, 0).In(zone), time.Unix(r.To, 0).In(zone)
	switch {
	case from.YearDay() == 1 && from.AddDate(1, 0, 0).Equal(to):
		return from.Format("2006")
	case from.Day() == 1 && from.AddDate(0, 1, 0).Equal(to):
		return from.Format("Jan 2006")
	}
	last := to.AddDate(0, 0, -1)
	switch {
	case last.Equal(from):
		return from.Format(day)
	case last.Year() != from.Year():
		return from.Format(day) + "–" + last.Format(day)
	case last.Month() != from.Month():
		return from.Format("2 Jan") + "–" + last.Format(day)
	}
	return from.Format("2") + "–" + last.Format(day)
}
