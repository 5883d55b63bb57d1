package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// Bounds of one list that leaves the house.
const (
	ListRows = 20_000   // statements
	listText = 64 << 20 // bytes of their texts
	listPage = 500
)

// Listing says how a list was made. It tells what was withheld, so it is for
// whoever made the list and not for the audience.
type Listing struct {
	Query    string         `json:"query"`
	Words    string         `json:"query_in_words"`
	Order    string         `json:"order"`
	Entries  uint64         `json:"log_entries"` // the state of the log it was made of
	Known    time.Time      `json:"as_known_at,omitzero"`
	TimeZone string         `json:"time_zone"`
	For      string         `json:"for"`
	Rows     int            `json:"statements"`
	Complete bool           `json:"complete"` // false: more match than one list may have
	Most     int            `json:"most_statements"`
	Earlier  int            `json:"matched_in_an_earlier_version"` // listed as they are now
	Withheld []WithheldJSON `json:"withheld"`
	Notes    []string       `json:"notes"`
}

// WithheldJSON is how many statements stayed behind for one reason.
type WithheldJSON struct {
	N   int    `json:"statements"`
	Why string `json:"why"`
}

// List finds statements and has redact make what the audience may see of them:
// the words only, without proofs and originals. They come in the order of the
// search; an order by relevance would tell of words that were withheld, so that
// list is newest first. Of an edited statement all versions are in the release.
func (d *Desk) List(ctx context.Context, text string, audience redact.Audience) (redact.Release, Listing, error) {
	l := Listing{For: audience.String(), TimeZone: d.Case.Zone.String(), Most: ListRows, Complete: true, Withheld: []WithheldJSON{}}
	if d.then != nil {
		l.Known = d.then.At.UTC()
	}
	q, err := d.Parse(text)
	if err != nil {
		return redact.Release{}, l, err
	}
	typed, err := query.Parse(text, query.ParseOptions{Zone: d.Case.Zone, Now: d.Case.Now()})
	if err != nil {
		return redact.Release{}, l, err
	}
	if q, _, err = d.veiled(ctx, q); err != nil { // how many are withheld must not tell of a name
		return redact.Release{}, l, err
	}
	if q.Sort == query.Relevance {
		q.Sort, typed.Sort = query.Newest, query.Newest
		l.Notes = append(l.Notes, key("the list is newest first: an order by relevance would tell of words that were withheld"))
	}
	l.Query, l.Words = text, query.Echo(typed)
	l.Order = map[query.Sort]string{query.Newest: "newest first", query.Oldest: "oldest first"}[q.Sort]
	g := lister{d: d, audience: audience, withheld: map[string]int{}, listed: map[uint64]bool{}, Listing: &l}
	if err := g.prepare(ctx); err != nil {
		return redact.Release{}, l, err
	}
	for page := (catalog.Page{Limit: listPage, Now: d.Case.Now().Unix()}); ; {
		res, err := d.Case.Catalog.Search(ctx, q, page) // with what the release withholds
		if err != nil {
			return redact.Release{}, l, err
		}
		for _, h := range res.Hits {
			if err := g.add(ctx, h.Statement); err != nil {
				return redact.Release{}, l, err
			}
			if !l.Complete {
				break
			}
		}
		if page.After = res.Next; page.After == "" || !l.Complete {
			break
		}
	}
	release, report, err := redact.Prepare(audience, redact.Material{Case: d.Case.Config.Name, Zone: d.Case.Zone, Bare: true, Known: l.Known, Items: g.items})
	if err != nil {
		return redact.Release{}, l, err
	}
	l.Withheld = g.left()
	l.Rows = report.Statements
	l.Notes = append(l.Notes, report.Notes...)
	if !l.Complete {
		l.Notes = append(l.Notes, fmt.Sprintf("more statements match: a list has at most %d statements, and %d MiB of text; narrow the search, by posted: for one", ListRows, listText>>20))
	}
	return release, l, nil
}

// lister gathers the statements of a list.
type lister struct {
	*Listing
	d         *Desk
	audience  redact.Audience
	sources   map[uint64]record.Source
	decisions map[uint64][]record.Decision // that say who may see a statement
	names     *masker                      // of private persons, whoever may see them here
	shielded  map[uint64]bool              // statements and families in which a name is masked
	listed    map[uint64]bool
	items     []redact.Item
	withheld  map[string]int
	text      int
}

// prepare reads once what would be asked for each statement.
func (g *lister) prepare(ctx context.Context) error {
	cat := g.d.Case.Catalog
	var err error
	if g.Entries, err = cat.Size(ctx); err != nil {
		return err
	}
	sources, err := cat.Sources(ctx)
	if err != nil {
		return err
	}
	g.sources = make(map[uint64]record.Source, len(sources))
	for _, s := range sources {
		g.sources[s.Leaf] = s.Source
	}
	decisions, err := g.d.today().DecisionsBy(ctx, "restrict", "lift-restriction", "mark-public")
	if err != nil {
		return err
	}
	g.decisions = map[uint64][]record.Decision{}
	for _, x := range decisions {
		g.decisions[x.Target] = append(g.decisions[x.Target], x)
	}
	if g.names, err = g.d.everyName(ctx); err != nil {
		return err
	}
	shields, err := cat.Shields(ctx)
	if err != nil {
		return err
	}
	g.shielded = map[uint64]bool{}
	for _, x := range shields { // a name is masked in the whole unit
		g.shielded[x.Statement] = true
		for _, c := range []catalog.Catalog{cat, g.d.today()} {
			if s, err := c.Statement(ctx, x.Statement); err == nil && s.Family != 0 {
				g.shielded[s.Family] = true
			}
		}
	}
	return nil
}

// add takes a statement that was found, once and as it is now. What may not go
// out takes no room in the list: how long it is must not tell of that.
func (g *lister) add(ctx context.Context, s record.Statement) error {
	if g.listed[s.First] {
		return nil
	}
	versions := []record.Statement{s}
	if s.Until != 0 || s.Version > 1 {
		var err error
		if versions, err = g.d.Case.Catalog.Versions(ctx, s.First); err != nil {
			return err
		}
	}
	it, err := g.item(ctx, versions)
	if err != nil {
		return err
	}
	g.listed[s.First] = true
	if why := redact.Withholds(g.audience, it); why != "" {
		g.withheld[why]++
		return nil
	}
	size := 0
	for _, v := range it.Versions {
		size += len(v.Statement.Text) + len(v.Statement.Title)
	}
	if len(g.items) == ListRows || g.text+size > listText && len(g.items) > 0 {
		g.Complete = false
		return nil
	}
	if s.Until != 0 {
		g.Earlier++
	}
	g.text += size
	g.items = append(g.items, it)
	return nil
}

// item is a statement, in those of its versions that are given, with what says who
// may see it.
func (g *lister) item(ctx context.Context, versions []record.Statement) (redact.Item, error) {
	s := versions[0]
	src, ok := g.sources[s.Source]
	if !ok {
		return redact.Item{}, fmt.Errorf("%w: the source of %s is not in the catalog", record.ErrAltered, g.d.StatementID(s))
	}
	it := redact.Item{ID: g.d.StatementID(s), Source: src, Sensitivity: sensitivityOf(g.decisions[s.First], src),
		Shielded: g.shielded[s.First] || s.Family != 0 && g.shielded[s.Family]}
	if g.d.now != nil && len(g.shielded) > 0 { // it may have come into a family since
		now, err := g.d.today().Statement(ctx, s.First)
		if err != nil {
			return it, err
		}
		it.Shielded = it.Shielded || now.Family != 0 && g.shielded[now.Family]
	}
	for _, v := range versions {
		it.Shielded = it.Shielded || g.names.finds(v)
		it.Versions = append(it.Versions, redact.Version{Statement: v})
	}
	return it, nil
}

// left says what stayed behind, the commonest reason first.
func (g *lister) left() []WithheldJSON {
	all := []WithheldJSON{}
	for why, n := range g.withheld {
		all = append(all, WithheldJSON{n, why})
	}
	slices.SortFunc(all, func(a, b WithheldJSON) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Why, b.Why)) })
	return all
}
