package query

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"dalil/internal/record"
)

// String writes q in its own language: Parse of it gives the same tree and
// order.
func String(q Query) string {
	s := write(q.Root, true)
	switch q.Sort {
	case Oldest:
		s += " sort:posted"
	case Relevance:
		s += " sort:relevance"
	}
	return strings.TrimSpace(s)
}

// write writes a node; one that has to hold together gets parentheses unless
// it is the top.
func write(n Node, top bool) string {
	switch n := n.(type) {
	case And:
		parts := make([]string, len(n))
		for i, x := range n {
			_, or := x.(Or) // OR binds tighter than standing side by side
			parts[i] = write(x, or)
		}
		return enclose(strings.Join(parts, " "), !top)
	case Or:
		parts := make([]string, len(n))
		for i, x := range n {
			parts[i] = write(x, false)
		}
		return enclose(strings.Join(parts, " OR "), !top)
	case Not:
		return "-" + write(n.X, false)
	case Words:
		return writeWords(n)
	case Filter:
		values := make([]string, len(n.Values))
		for i, v := range n.Values {
			values[i] = v
			if strings.ContainsAny(v, " |()\"“”„«»") || strings.ContainsFunc(v, unicode.IsSpace) {
				values[i] = inQuotes(v)
			}
		}
		return n.Key + ":" + strings.Join(values, "|")
	case Range:
		if n.Key == "lag" {
			return "lag:" + writeLag(n)
		}
		return n.Key + ":" + writeRange(n)
	}
	return ""
}

func enclose(s string, yes bool) string {
	if yes {
		return "(" + s + ")"
	}
	return s
}

func writeWords(w Words) string {
	s := w.Raw
	if w.Phrase || w.Near > 0 || w.Exact && len(w.Terms) > 1 {
		s = inQuotes(s)
	}
	switch {
	case w.Exact:
		return "exact:" + s
	case w.Near > 0:
		return s + "~" + strconv.Itoa(w.Near)
	case w.Fuzzy > 0:
		return s + "~" + strconv.Itoa(w.Fuzzy)
	case w.Prefix:
		return s + "*"
	}
	return s
}

// inQuotes puts s in the first kind of quotes that it does not hold itself. It
// came out of one of them, so there is one.
func inQuotes(s string) string {
	switch {
	case !strings.Contains(s, `"`):
		return `"` + s + `"`
	case !strings.ContainsAny(s, "”“"):
		return "“" + s + "”"
	}
	return "«" + s + "»"
}

func writeRange(r Range) string {
	at := func(s int64) string { return time.Unix(s, 0).UTC().Format("2006-01-02T15:04:05Z") }
	switch {
	case r.To == record.NoSeconds:
		return ">=" + at(r.From)
	case r.From == record.NoSeconds:
		return "<" + at(r.To)
	}
	return at(r.From) + ".." + at(r.To-1)
}
