package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
)

// hitRow is a statement in a list, and why it is there.
type hitRow struct {
	record.Statement
	ID, URL   string
	SourceURL string
	Chips     []chip
	Snippet   fragment
	Why       []why
	Pictures  int
	Family    *familyChip
}

// familyChip leads from a statement in a list to the family it is in.
type familyChip struct {
	URL            string
	Posts, Sources int
}

type why struct{ Term, Met, How string }

// statementsData is the list of statements.
type statementsData struct {
	Query  string
	Echo   string
	Total  string // "214", "at least 10,000"
	Hits   []hitRow
	Next   string // address
	First  string // address of the first page, when this is not it
	Facets []facet
	Sorts  []choice
	Error  *wrong
	Zero   *zero
	Empty  bool // there is nothing in the case
}

// facet is a filter to switch on and off.
type facet struct {
	Name    string
	Choices []choice
}

type choice struct {
	Name string
	N    int64 // in the whole case; -1 when not counted
	On   bool
	URL  string
}

// wrong is a query that cannot be read, with the word at fault.
type wrong struct {
	Before, At, After string
	What, Do          string
	Keys              []helpKey
}

// zero helps after a search that found nothing.
type zero struct {
	Words     []string // that no statement has
	Without   []choice // what is found when one part is left out
	Loosen    []choice
	Withdrawn int64
	Hidden    string // address of the withdrawn ones
}

func (s *server) statements(r *http.Request) (reply, error) {
	ctx := r.Context()
	text, after := strings.TrimSpace(r.URL.Query().Get("q")), r.URL.Query().Get("after")
	d := statementsData{Query: text}
	rep := reply{page: "statements", title: "Statements"}
	found, err := s.desk.Search(ctx, text, catalog.Page{After: after, Total: true})
	var bad *query.Error
	if errors.As(err, &bad) {
		d.Error = s.wrong(bad)
		rep.code, rep.title = http.StatusBadRequest, "The search cannot be read"
		rep.data, rep.json = &d, map[string]any{"status": rep.code, "error": bad.What, "do": bad.Do, "offset": bad.Offset, "end": bad.End, "keys": query.Keys()}
		return rep, nil
	}
	if err != nil {
		return reply{}, err
	}
	all, err := s.sourceRows(ctx)
	if err != nil {
		return reply{}, err
	}
	stats, err := s.desk.Case.Catalog.Stats(ctx)
	if err != nil {
		return reply{}, err
	}
	d.Empty = stats.Statements == 0
	d.Echo = echo(found.Query, all)
	if d.Total = number(found.Total); !found.Exact {
		d.Total = "at least " + d.Total
	}
	if d.Hits, err = s.hitRows(ctx, found.Hits); err != nil {
		return reply{}, err
	}
	if found.Next != "" {
		d.Next = search(text) + map[bool]string{true: "&", false: "?"}[text != ""] + "after=" + url.QueryEscape(found.Next)
	}
	if after != "" {
		d.First = search(text)
	}
	d.Facets, d.Sorts = facets(found.Query, stats, all), sorts(found.Query)
	if len(found.Hits) == 0 && after == "" && !d.Empty {
		if d.Zero, err = s.zeroHelp(r, found); err != nil {
			return reply{}, err
		}
	}
	if text != "" {
		rep.title = d.Echo
	}
	list := make([]hitJSON, len(found.Hits))
	for i, h := range found.Hits {
		list[i] = hitJSON{s.desk.View(h.Statement), h.Why}
	}
	rep.data, rep.json = &d, list
	if d.Next != "" {
		rep.next = strings.Replace(d.Next, "/statements", "/statements.json", 1)
	}
	return rep, nil
}

// hitJSON is a hit as `dalil search --json` prints it.
type hitJSON struct {
	desk.View
	Why []catalog.Match `json:"why,omitempty"`
}

func (s *server) hitRows(ctx context.Context, hits []catalog.Hit) ([]hitRow, error) {
	rows := make([]hitRow, len(hits))
	for i, h := range hits {
		row := hitRow{Statement: h.Statement, ID: s.desk.StatementID(h.Statement), URL: s.at(h.Statement), SourceURL: s.atSource(h.Source),
			Chips: chipsOf(h.Statement), Snippet: marked(h.Snippet, h.Lang, h.Marks)}
		if h.Snippet == "" {
			row.Snippet = marked(shortened(h.Text, 280), h.Lang, nil)
		}
		for _, m := range h.Media {
			if !m.Blob.IsZero() {
				row.Pictures++
			}
		}
		for _, m := range h.Why {
			w := why{m.Term, m.Met, whyWords(m.How)}
			if !slices.Contains(row.Why, w) {
				row.Why = append(row.Why, w)
			}
		}
		if h.Family != 0 {
			f, err := s.desk.Case.Catalog.Family(ctx, h.Family)
			if err != nil {
				return nil, err
			}
			row.Family = &familyChip{"/y/" + s.familyID(f.Anchor), f.Members, f.Sources}
		}
		rows[i] = row
	}
	return rows, nil
}

// shortened cuts a text at a whole character.
func shortened(s string, runes int) string {
	n := 0
	for i := range s {
		if n++; n > runes {
			return s[:i] + "…"
		}
	}
	return s
}

// echo says the query in words, with the names of sources for their keys.
func echo(q query.Query, all []sourceRow) string {
	named, err := query.MapValues(q, func(key, value string) (string, error) {
		if key == "from" {
			for _, x := range all {
				if strings.EqualFold(x.Key, value) {
					return x.Name, nil
				}
			}
		}
		return value, nil
	})
	if err != nil {
		return query.Echo(q)
	}
	return query.Echo(named)
}

func (s *server) wrong(e *query.Error) *wrong {
	from, to := min(max(e.Offset, 0), len(e.Query)), min(max(e.End, e.Offset, 0), len(e.Query))
	return &wrong{Before: e.Query[:from], At: e.Query[from:to], After: e.Query[to:], What: e.What, Do: e.Do, Keys: helpKeys()}
}

// parts are the top parts of a query.
func parts(q query.Query) query.And {
	switch n := q.Root.(type) {
	case nil:
		return nil
	case query.And:
		return n
	default:
		return query.And{n}
	}
}

// toggled returns the text of q with one value of a filter put in or taken out.
// What was typed stays as typed where something is only added.
func toggled(q query.Query, key, value string) (text string, on bool) {
	at := slices.IndexFunc(parts(q), func(n query.Node) bool {
		f, ok := n.(query.Filter)
		return ok && f.Key == key
	})
	if at < 0 {
		return strings.TrimSpace(q.Text + " " + query.String(query.Query{Root: query.Filter{Key: key, Values: []string{value}}})), false
	}
	rest := slices.Clone(parts(q))
	f := rest[at].(query.Filter)
	values := slices.DeleteFunc(slices.Clone(f.Values), func(v string) bool { return strings.EqualFold(v, value) })
	if on = len(values) < len(f.Values); !on {
		values = append(values, value)
	}
	if rest[at] = (query.Filter{Key: key, Values: values}); len(values) == 0 {
		rest = slices.Delete(rest, at, at+1)
	}
	return query.String(query.Query{Root: rest, Sort: q.Sort}), on
}

// facets offers filters by what is in the whole case; nothing is counted for
// them.
func facets(q query.Query, stats catalog.Stats, all []sourceRow) []facet {
	make := func(key, value, name string, n int64) choice {
		text, on := toggled(q, key, value)
		return choice{name, n, on, search(text)}
	}
	lang := facet{Name: "Language"}
	for _, l := range byCount(stats.Languages) {
		lang.Choices = append(lang.Choices, make("lang", l, languageName(l), stats.Languages[l]))
	}
	from := facet{Name: "Source"}
	most := slices.Clone(all)
	sort.SliceStable(most, func(i, j int) bool { return most[i].Statements > most[j].Statements })
	for i, x := range most {
		if c := make("from", x.Key, x.Name, x.Statements); i < sourcesShown || c.On {
			from.Choices = append(from.Choices, c)
		}
	}
	kind := facet{Name: "Kind"}
	for _, k := range query.Keys()["type"] {
		kind.Choices = append(kind.Choices, make("type", k, k, -1))
	}
	has := facet{Name: "Has"}
	for _, h := range query.Keys()["has"] {
		has.Choices = append(has.Choices, make("has", h, h, -1))
	}
	state := facet{Name: "State", Choices: []choice{make("edited", "yes", "edited", -1), make("missing", "yes", "not in the newest export", -1),
		make("state", "withdrawn", "withdrawn", stats.Withdrawn)}}
	return []facet{lang, from, kind, has, state}
}

func sorts(q query.Query) []choice {
	var all []choice
	for _, o := range []struct {
		sort query.Sort
		name string
	}{{query.Newest, "newest first"}, {query.Oldest, "oldest first"}, {query.Relevance, "most relevant first"}} {
		other := q
		other.Sort = o.sort
		all = append(all, choice{Name: o.name, On: q.Sort == o.sort, URL: search(query.String(other)), N: -1})
	}
	return all
}

// mostParts bounds how many parts of a fruitless query are left out in turn.
const mostParts = 6

// zeroHelp finds out which part of a query is to blame.
func (s *server) zeroHelp(r *http.Request, found desk.Found) (*zero, error) {
	z := &zero{Words: found.ZeroBecause}
	q := found.Query
	count := func(q query.Query) (int64, error) {
		res, err := s.desk.Search(r.Context(), query.String(q), catalog.Page{Limit: 1, Total: true})
		return res.Total, err
	}
	all := parts(q)
	if len(all) > 1 && len(all) <= mostParts {
		for i, n := range all {
			other := q
			other.Root = slices.Delete(slices.Clone(all), i, i+1)
			hits, err := count(other)
			if err != nil {
				return nil, err
			}
			if hits > 0 {
				z.Without = append(z.Without, choice{Name: query.String(query.Query{Root: n}), N: hits, URL: search(query.String(other))})
			}
		}
	}
	for _, n := range all {
		w, ok := n.(query.Words)
		if !ok || w.Prefix || w.Fuzzy > 0 || w.Phrase || w.Near > 0 {
			continue
		}
		for _, looser := range []query.Words{{Raw: w.Raw, Terms: w.Terms, Prefix: true}, {Raw: w.Raw, Terms: w.Terms, Fuzzy: 1}} {
			other := q
			other.Root = replaced(all, n, looser)
			hits, err := count(other)
			if err != nil {
				return nil, err
			}
			if hits > 0 {
				z.Loosen = append(z.Loosen, choice{Name: query.String(query.Query{Root: looser}), N: hits, URL: search(query.String(other))})
			}
		}
		if len(z.Loosen) >= mostParts {
			break
		}
	}
	hidden := q
	hidden.Root = append(slices.Clone(all), query.Filter{Key: "state", Values: []string{"withdrawn"}})
	n, err := count(hidden)
	z.Withdrawn, z.Hidden = n, search(query.String(hidden))
	return z, err
}

func replaced(all query.And, old, by query.Node) query.And {
	out := slices.Clone(all)
	for i, n := range all {
		a, ok1 := n.(query.Words)
		b, ok2 := old.(query.Words)
		if ok1 && ok2 && a.Raw == b.Raw && a.Exact == b.Exact {
			out[i] = by
			break
		}
	}
	return out
}
