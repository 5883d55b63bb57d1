package web

import (
	"context"
	"errors"
	"net/http"
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
	listAddress
	Echo    []query.Piece
	Total   int64
	AtLeast bool // Total is the least it is
	Views   []choice
	Hits    []hitRow
	Shown   []tableColumn // of the table
	All     []tableColumn
	Time    *timeline
	Next    string // addresses
	Prev    string
	First   string // of the first page, when this is not it
	Facets  []facet
	Sorts   []choice
	CSV     string
	Export  string
	Sheet   string // to fill in
	Saved   []savedRow
	Keeps   bool // searches can be saved
	Cols    string
	Here    string // this list's address, from its first page
	Heights []optionValue
	Self    string // this very page
	Error   *wrong
	Zero    *zero
	Empty   bool // there is nothing in the case
}

// facet is a filter to switch on and off.
type facet struct {
	Name    string
	Choices []choice
}

type choice struct {
	Name string
	Data bool  // the name is nobody's word of ours: a source's, a part of a query
	N    int64 // in the whole case; -1 when not counted
	On   bool
	URL  string
}

// wrong is a query that cannot be read, with the word at fault.
type wrong struct {
	Before, At, After string
	What, Do          []query.Piece
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

// hitsShown is how many statements a page has, by view.
func hitsShown(view string) int {
	return map[string]int{asList: 50, asTable: 100, asTimeline: 25}[view]
}

func (s *server) statements(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	d := statementsData{listAddress: listOf(r), Keeps: s.desk.Case.Writable(), Heights: s.heights(r), Self: r.URL.RequestURI()}
	rep := reply{page: "statements", title: key("Statements")}
	page := catalog.Page{After: d.After, Before: d.Before, Total: true}
	if !wantsJSON(r) {
		page.Limit = hitsShown(d.View)
	}
	found, err := s.desk.Search(ctx, d.Query, page)
	var bad *query.Error
	if errors.As(err, &bad) {
		d.Error = s.wrong(l, bad)
		rep.code, rep.title = http.StatusBadRequest, key("The search cannot be read")
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
	d.Empty = stats.Statements == 0 && s.present == nil
	d.Echo = query.Pieces(named(found.Query, all), l)
	d.Total, d.AtLeast = found.Total, !found.Exact
	if d.Hits, err = s.hitRows(ctx, l, found.Hits); err != nil {
		return reply{}, err
	}
	d.turnPages(found)
	d.Facets, d.Sorts = facets(found.Query, stats, all, d.asking), sorts(found.Query, d.asking)
	d.Shown, d.All = d.columns()
	d.Cols, d.Here = strings.Join(d.listAddress.Columns, ","), d.shownAs(d.View).at("/statements")
	for _, v := range []choice{{Name: key("List"), URL: asList}, {Name: key("Table"), URL: asTable}, {Name: key("Timeline"), URL: asTimeline}} {
		v.On, v.URL, v.N = v.URL == d.View, d.shownAs(v.URL).at("/statements"), -1
		d.Views = append(d.Views, v)
	}
	if s.table != nil {
		d.CSV, d.Export = d.shownAs(d.View).at("/statements.csv"), d.shownAs(d.View).at("/statements/export")
	}
	d.Sheet = d.sheet("/statements/sheet.csv")
	if d.View == asTimeline && !wantsJSON(r) {
		if d.Time, err = s.timeline(ctx, l, d.listAddress, found.Query); err != nil {
			return reply{}, err
		}
	}
	if len(found.Hits) == 0 && d.After == "" && d.Before == "" && !d.Empty {
		if d.Zero, err = s.zeroHelp(r, found, d.asking); err != nil {
			return reply{}, err
		}
	}
	if d.Saved, err = s.savedRows(ctx, d.listAddress); err != nil {
		return reply{}, err
	}
	if d.Query != "" {
		rep.title = l.plainEcho(d.Echo)
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

// turnPages says where the pages before and behind this one are.
func (d *statementsData) turnPages(found desk.Found) {
	to := func(after, before string) string {
		a := d.listAddress
		a.After, a.Before = after, before
		return a.at("/statements")
	}
	if found.Next != "" {
		d.Next = to(found.Next, "")
	}
	if found.Prev != "" {
		d.Prev = to("", found.Prev)
	}
	if d.After != "" || d.Before != "" {
		d.First = to("", "")
	}
}

// hitJSON is a hit as `dalil search --json` prints it.
type hitJSON struct {
	desk.View
	Why []catalog.Match `json:"why,omitempty"`
}

func (s *server) hitRows(ctx context.Context, l *tongue, hits []catalog.Hit) ([]hitRow, error) {
	rows := make([]hitRow, len(hits))
	for i, h := range hits {
		row := hitRow{Statement: h.Statement, ID: s.desk.StatementID(h.Statement), URL: s.at(h.Statement), SourceURL: s.atSource(h.Source),
			Chips: l.chips(h.Statement), Snippet: marked(h.Snippet, h.Lang, h.Marks)}
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

// named puts the names of sources for their keys.
func named(q query.Query, all []sourceRow) query.Query {
	with, err := query.MapValues(q, func(key, value string) (string, error) {
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
		return q
	}
	return with
}

func (s *server) wrong(l *tongue, e *query.Error) *wrong {
	from, to := min(max(e.Offset, 0), len(e.Query)), min(max(e.End, e.Offset, 0), len(e.Query))
	what, do := e.Say(l)
	return &wrong{Before: e.Query[:from], At: e.Query[from:to], After: e.Query[to:], What: what, Do: do, Keys: helpKeys()}
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
// them. at is where the list of a query is.
func facets(q query.Query, stats catalog.Stats, all []sourceRow, at func(string) string) []facet {
	make := func(key, value, name string, n int64) choice {
		text, on := toggled(q, key, value)
		return choice{Name: name, N: n, On: on, URL: at(text)}
	}
	each := func(name, filter string, words map[string]string) facet {
		f := facet{Name: name}
		for _, v := range query.Keys()[filter] {
			w := words[v]
			if w == "" {
				w = v
			}
			f.Choices = append(f.Choices, make(filter, v, w, -1))
		}
		return f
	}
	lang := facet{Name: key("Language")}
	for i, l := range byCount(stats.Languages) {
		if c := make("lang", l, languageName(l), stats.Languages[l]); i < languagesShown || c.On {
			lang.Choices = append(lang.Choices, c)
		}
	}
	from := facet{Name: key("Source")}
	most := slices.Clone(all)
	sort.SliceStable(most, func(i, j int) bool { return most[i].Statements > most[j].Statements })
	for i, x := range most {
		if c := make("from", fromSource(x.Source).Values[0], x.Name, x.Statements); i < sourcesShown || c.On {
			c.Data = true
			from.Choices = append(from.Choices, c)
		}
	}
	state := each(key("State"), "state", map[string]string{"new": key("not decided about"), "kept": key("kept"), "duplicate": key("duplicates"), "dismissed": key("dismissed"),
		"later": key("put off"), "withdrawn": key("withdrawn")})
	for i := range state.Choices {
		if state.Choices[i].Name == "withdrawn" {
			state.Choices[i].N = stats.Withdrawn
		}
	}
	state.Choices = append(state.Choices, make("edited", "yes", key("edited"), -1), make("missing", "yes", key("not in the newest export"), -1))
	return []facet{lang, from, each(key("Kind"), "type", kindWords()), each(key("Has"), "has", map[string]string{"image": key("image"), "video": key("video"), "media": key("media"),
		"forward": key("forward header"), "reply": key("reply"), "link": key("link"), "flag": key("defect of its source"), "translation": key("translation")}),
		each(key("Place in a family"), "is", map[string]string{"first": key("the first of a family"), "copy": key("copies"), "alone": key("in no family"), "forward": key("forwarded"),
			"shielded": key("naming a private person"), "mixed": key("decided about in two ways")}), state}
}

// languagesShown bounds the facet of languages.
const languagesShown = 12

func sorts(q query.Query, at func(string) string) []choice {
	var all []choice
	for _, o := range []struct {
		sort query.Sort
		name string
	}{{query.Newest, key("newest first")}, {query.Oldest, key("oldest first")}, {query.Relevance, key("most relevant first")}} {
		other := q
		other.Sort = o.sort
		all = append(all, choice{Name: o.name, On: q.Sort == o.sort, URL: at(query.String(other)), N: -1})
	}
	return all
}

// mostParts bounds how many parts of a fruitless query are left out in turn.
const mostParts = 6

// zeroHelp finds out which part of a query is to blame.
func (s *server) zeroHelp(r *http.Request, found desk.Found, at func(string) string) (*zero, error) {
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
				z.Without = append(z.Without, choice{Data: true, Name: query.String(query.Query{Root: n}), N: hits, URL: at(query.String(other))})
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
				z.Loosen = append(z.Loosen, choice{Data: true, Name: query.String(query.Query{Root: looser}), N: hits, URL: at(query.String(other))})
			}
		}
		if len(z.Loosen) >= mostParts {
			break
		}
	}
	hidden := q
	hidden.Root = append(slices.Clone(all), query.Filter{Key: "state", Values: []string{"withdrawn"}})
	n, err := count(hidden)
	z.Withdrawn, z.Hidden = n, at(query.String(hidden))
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
