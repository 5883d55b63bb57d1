package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// ActionIssuer is the decision that a source is the issuer's own channel: its
// statements appear there first by nature, so families it starts tell nothing
// about who breaks first (METHODS 1.5).
const ActionIssuer = "issuer"

// Issuer marks a source as an issuer's own channel. An undo of the decision
// takes that back.
func (d *Desk) Issuer(ctx context.Context, source, reason string) (record.Decision, error) {
	s, err := d.Source(ctx, source)
	if err != nil {
		return record.Decision{}, err
	}
	return d.decideOn(ctx, ActionIssuer, s.Leaf, reason, func() (any, error) {
		own, err := d.issuers(ctx)
		if err == nil && own[s.Leaf] {
			err = fmt.Errorf("%s is marked as an issuer's own channel already: %w", s.Name, record.ErrConflict)
		}
		return nil, err
	})
}

func (d *Desk) issuers(ctx context.Context) (map[uint64]bool, error) {
	all, err := d.Reader().DecisionsBy(ctx, ActionIssuer)
	own := map[uint64]bool{}
	for _, x := range all {
		if x.Undone == 0 {
			own[x.Target] = true
		}
	}
	return own, err
}

// Firsts is the answer to "who breaks first".
type Firsts struct {
	Rows     []FirstRow
	Families int // that two or more watched sources had
	Issued   int // left out of these: the issuer's own channel is watched
}

// FirstRow is one source.
type FirstRow struct {
	record.First
	ID     string
	Source record.Source
}

// LagRow is a pair of sources.
type LagRow struct {
	record.Lag
	AID, BID string
	A, B     record.Source
}

// Firsts says for each source how often it was first, over the families of the
// statements that match a query, or all for "". Private chats are never in it.
// It is nil while nothing is worked out yet.
func (d *Desk) Firsts(ctx context.Context, query string) (*Firsts, error) {
	return d.firsts(ctx, query, patience)
}

// FirstsNow is Firsts that waits until it is worked out.
func (d *Desk) FirstsNow(ctx context.Context, query string) (*Firsts, error) {
	return d.firsts(ctx, query, -1)
}

func (d *Desk) firsts(ctx context.Context, query string, patience time.Duration) (*Firsts, error) {
	size, err := d.Case.Catalog.Size(ctx)
	if err != nil {
		return nil, err
	}
	shared, err := d.sharedOrder(ctx, patience)
	if shared == nil || err != nil {
		return nil, err
	}
	m, err := d.masker(ctx)
	if err != nil {
		return nil, err
	}
	asked := askedFirsts{order: shared, masked: m.same(), size: size, query: query}
	if f := d.order.answer(asked); f != nil {
		return f, nil
	}
	o := m.order(shared)
	only, err := d.only(ctx, query)
	if err != nil {
		return nil, err
	}
	in, issued := o.among(only, func(uint64) bool { return true })
	f := &Firsts{Rows: o.rows, Families: len(in.Families), Issued: issued}
	if only != nil || !o.judged {
		f.Rows = d.firstRows(o, in)
	}
	// The query was asked with the names that are masked by now.
	if m, err = d.masker(ctx); err == nil && m.same() == asked.masked {
		d.order.answered(asked, f)
	}
	return f, err
}

// askedFirsts is a question about an order, in a case of a size, by readers for
// whom the same names are masked.
type askedFirsts struct {
	order  *order // as all desks share it
	masked record.Digest
	size   uint64
	query  string
}

// answersKept bounds the answers that are kept of one order and size.
const answersKept = 16

// answer is what was answered before; nobody may change it.
func (c *orderCache) answer(q askedFirsts) *Firsts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.firsts[q]
}

func (c *orderCache) answered(q askedFirsts, f *Firsts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old := range c.firsts {
		if old.order != q.order || old.size != q.size || len(c.firsts) >= answersKept {
			delete(c.firsts, old)
		}
	}
	if c.firsts == nil {
		c.firsts = map[askedFirsts]*Firsts{}
	}
	c.firsts[q] = f
}

// Lags says how chosen sources stand to each other, pair by pair; sources are
// names, keys or ids. It waits until that is worked out.
func (d *Desk) Lags(ctx context.Context, query string, sources []string) ([]LagRow, error) {
	var leaves []uint64
	for _, name := range sources {
		s, err := d.Source(ctx, name)
		if err != nil {
			return nil, err
		}
		if private(s) {
			return nil, record.WithHint(fmt.Errorf("%s is private: %w", s.Name, record.ErrWithheld), "who breaks first is asked of publishers, never of persons")
		}
		if slices.Contains(leaves, s.Leaf) {
			return nil, fmt.Errorf("%w: %s is named twice", record.ErrInvalid, s.Name)
		}
		leaves = append(leaves, s.Leaf)
	}
	if len(leaves) < 2 {
		return nil, fmt.Errorf("%w: name two sources or more", record.ErrInvalid)
	}
	only, err := d.only(ctx, query)
	if err != nil {
		return nil, err
	}
	o, err := d.orderNow(ctx, -1)
	if err != nil {
		return nil, err
	}
	// Between two, only what one of them began as an issuer is no question.
	in, _ := o.among(only, func(issuer uint64) bool { return slices.Contains(leaves, issuer) })
	var rows []LagRow
	for _, l := range d.Case.Lags(in, leaves) {
		rows = append(rows, LagRow{Lag: l, AID: d.Case.IDs.ID(record.KindSource, l.A), BID: d.Case.IDs.ID(record.KindSource, l.B), A: o.names[l.A], B: o.names[l.B]})
	}
	return rows, nil
}

// private reports whether a source is persons among themselves.
func private(s record.Source) bool { return s.Private || s.Type == record.PrivateIM }

// elsewhere numbers origins that are no sources of the case.
const elsewhere = 1 << 62

// races gathers what the order of sources is worked out from.
func (d *Desk) races(ctx context.Context) (in pipeline.FirstsInput, names map[uint64]record.Source, err error) {
	cat := d.Reader()
	stats, err := d.rawSources(ctx)
	if err != nil {
		return in, nil, err
	}
	names = map[uint64]record.Source{}
	in.Cover = map[uint64]pipeline.Cover{}
	for _, s := range stats {
		names[s.Leaf] = s.Source
		if s.First != record.NoSeconds && !private(s.Source) && s.Type != record.Folder {
			in.Cover[s.Leaf] = pipeline.Cover{From: s.First, To: s.Last + coverAfter}
		}
	}
	if err := d.coverHoles(ctx, in.Cover); err != nil {
		return in, nil, err
	}
	if in.Hours, err = cat.Hours(ctx, 0); err != nil {
		return in, nil, err
	}
	g := grid{bearers: d.bearers(stats), origins: map[string]uint64{}}
	flush := func(runs []catalog.FamilyRun) error {
		leaves := make([]uint64, len(runs))
		for i, r := range runs {
			leaves[i] = r.Statement
		}
		headers, err := cat.Forwards(ctx, leaves)
		if err != nil {
			return err
		}
		g.headers = map[uint64]catalog.Forwarded{}
		for _, h := range headers {
			g.headers[h.Statement] = h
		}
		for len(runs) > 0 {
			n := 1
			for n < len(runs) && runs[n].Family == runs[0].Family {
				n++
			}
			if race := g.race(runs[:n]); len(race.Runs) > 1 {
				in.Families = append(in.Families, race)
			}
			runs = runs[n:]
		}
		return nil
	}
	var runs []catalog.FamilyRun // of whole families
	err = cat.EachRun(ctx, func(r catalog.FamilyRun) error {
		if r.Withdrawn || r.Relation == record.RelQuotedIn || private(names[r.Source]) || names[r.Source].Type == record.Folder {
			return nil
		}
		if len(runs) >= runsAtOnce && runs[len(runs)-1].Family != r.Family {
			if err := flush(runs); err != nil {
				return err
			}
			runs = runs[:0]
		}
		runs = append(runs, r)
		return nil
	})
	if err == nil && len(runs) > 0 {
		err = flush(runs)
	}
	return in, names, err
}

// coverAfter is how long after its last captured post a source counts as still
// watched, in seconds: an export ends between two posts.
const coverAfter = 2 * 86400

// runsAtOnce is of how many statements forward headers are asked for together.
const runsAtOnce = 2000

// grid is what it takes to line families up.
type grid struct {
	bearers map[string]record.Source
	origins map[string]uint64 // numbers of origins that are no sources of the case
	headers map[uint64]catalog.Forwarded
}

// race is one family as a race between sources, the earliest first. Originals
// that are known from forward headers only take part in it.
func (g *grid) race(runs []catalog.FamilyRun) pipeline.Race {
	race := pipeline.Race{Family: runs[0].Family}
	at := map[uint64]pipeline.RaceRun{}
	for _, r := range runs {
		if old, ok := at[r.Source]; !ok || r.Posted < old.At {
			at[r.Source] = pipeline.RaceRun{Source: r.Source, At: r.Posted}
		}
	}
	for _, r := range runs {
		h, ok := g.headers[r.Statement]
		if !ok || h.Origin == "" {
			continue
		}
		who := g.bearers[h.Origin].Leaf
		if who == 0 {
			if g.origins[h.Origin] == 0 {
				g.origins[h.Origin] = elsewhere + uint64(len(g.origins)) + 1
			}
			who = g.origins[h.Origin]
		}
		if who == r.Source {
			continue
		}
		if old, ok := at[who]; ok && !old.Attested && old.At <= r.Posted {
			continue // the original is here
		}
		x := pipeline.RaceRun{Source: who, At: h.OriginalAt, Attested: true}
		if x.At == record.NoSeconds {
			// It was there before the forward: more than a tie before, and by how
			// much nobody says.
			x.At = r.Posted - tie - 1
		}
		if old, ok := at[who]; !ok || x.At < old.At {
			at[who] = x
		}
	}
	for _, r := range at {
		race.Runs = append(race.Runs, r)
	}
	slices.SortFunc(race.Runs, func(a, b pipeline.RaceRun) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Source, b.Source))
	})
	return race
}

// only returns the families that a query asks for; nil for every one.
func (d *Desk) only(ctx context.Context, query string) (map[uint64]bool, error) {
	if strings.TrimSpace(query) == "" {
		return nil, nil
	}
	m := map[uint64]bool{}
	err := d.familiesOf(ctx, query, func(anchor uint64) bool { m[anchor] = true; return true })
	return m, err
}

// mostHoles bounds the holes whose times are looked up: each costs two
// questions.
const mostHoles = 20_000

// coverHoles notes the times in which sources could not be seen: outages, and
// holes in message ids by the posts around them.
func (d *Desk) coverHoles(ctx context.Context, cover map[uint64]pipeline.Cover) error {
	gaps, err := d.Case.Catalog.Gaps(ctx, 0)
	if err != nil {
		return err
	}
	holes := map[uint64]bool{}
	for _, g := range gaps {
		if g.First != "" {
			holes[g.Source] = true
			continue
		}
		from, to := g.From, g.To
		if from == record.NoSeconds {
			from = -1 << 62
		}
		if to == record.NoSeconds {
			to = 1 << 62
		}
		for leaf, c := range cover {
			if g.Source == 0 || g.Source == leaf {
				c.Holes = append(c.Holes, [2]int64{from, to})
				cover[leaf] = c
			}
		}
	}
	if len(gaps) > mostHoles {
		return nil
	}
	for leaf := range holes {
		c, ok := cover[leaf]
		if !ok {
			continue
		}
		all, err := d.Case.Catalog.HolesWithin(ctx, leaf, c.From, c.To)
		if err != nil {
			return err
		}
		for _, h := range all {
			if h.After != record.NoSeconds && h.Before != record.NoSeconds {
				c.Holes = append(c.Holes, [2]int64{h.After + 1, h.Before - 1})
			}
		}
		cover[leaf] = c
	}
	return nil
}

// Spread is how a source takes part in what travels: the data of its page.
type Spread struct {
	Week     [7][24]int64 // posts by weekday (Sunday 0) and hour in the case's zone
	Families int          // it has a text of
	First    int          // of them first of those we captured
	Taken    []Other      // sources it reposts: whose posts in one family are before its own
	Given    []Other      // sources that repost it
	Median   int64        // seconds behind the first, over the families it was not first of; -1 when none
	Origins  []Origin     // whom its forward headers name, most first
	Issuer   bool
}

// Other is another source and how often.
type Other struct {
	ID     string
	Source record.Source
	N      int
	Median int64 // seconds between the two, over these families
}

// Origin is whom forward headers name.
type Origin struct {
	ID   string // of the source when it is in the case
	Name string
	N    int64
}

// Spread gathers how a source takes part in what travels.
func (d *Desk) Spread(ctx context.Context, source uint64) (Spread, error) {
	o, err := d.orderNow(ctx, -1)
	if err != nil {
		return Spread{Median: -1}, err
	}
	return d.spread(ctx, source, o)
}

// spread is Spread by an order; without one it says nothing of others.
func (d *Desk) spread(ctx context.Context, source uint64, o *order) (Spread, error) {
	s := Spread{Median: -1}
	stats, err := d.sources(ctx)
	if err != nil {
		return s, err
	}
	names := map[uint64]record.Source{}
	var stat catalog.SourceStat
	for _, x := range stats {
		names[x.Leaf] = x.Source
		if x.Leaf == source {
			stat = x
		}
	}
	read, err := d.read(ctx, stat)
	if err != nil {
		return s, err
	}
	for _, h := range read.hours {
		t := record.AtUnix(h.Hour * 3600).Time().In(d.Case.Zone)
		s.Week[t.Weekday()][t.Hour()] += h.N
	}
	own, err := d.issuers(ctx)
	if err != nil {
		return s, err
	}
	s.Issuer = own[source]
	if o != nil {
		d.spreadPosts(&s, source, o.posts, names)
	}
	bearers := d.bearers(stats)
	for _, o := range read.origins {
		x := Origin{Name: o.Origin, N: o.N}
		if src, ok := bearers[o.Origin]; ok {
			x.ID, x.Name = d.Case.IDs.ID(record.KindSource, src.Leaf), src.Name
		}
		s.Origins = append(s.Origins, x)
	}
	return s, nil
}

// spreadPosts counts a source's part in the families that two sources had.
func (d *Desk) spreadPosts(s *Spread, source uint64, posts []at, names map[uint64]record.Source) {
	taken, given := map[uint64][]int64{}, map[uint64][]int64{}
	var behind []int64
	for len(posts) > 0 {
		n, mine, first := 0, -1, posts[0].posted
		for ; n < len(posts) && posts[n].family == posts[0].family; n++ {
			if posts[n].source == source {
				mine = n
			}
			first = min(first, posts[n].posted)
		}
		family := posts[:n]
		posts = posts[n:]
		if mine < 0 {
			continue
		}
		at := family[mine].posted
		s.Families++
		if at-first <= tie {
			s.First++
		} else {
			behind = append(behind, at-first)
		}
		for _, o := range family {
			switch {
			case o.source == source:
			case o.posted < at-tie:
				taken[o.source] = append(taken[o.source], at-o.posted)
			case o.posted > at+tie:
				given[o.source] = append(given[o.source], o.posted-at)
			}
		}
	}
	s.Taken, s.Given = d.others(taken, names), d.others(given, names)
	if len(behind) > 0 {
		s.Median = median(behind)
	}
}

func (d *Desk) others(m map[uint64][]int64, names map[uint64]record.Source) []Other {
	var all []Other
	for leaf, lags := range m {
		all = append(all, Other{ID: d.Case.IDs.ID(record.KindSource, leaf), Source: names[leaf], N: len(lags), Median: median(lags)})
	}
	slices.SortFunc(all, func(a, b Other) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Source.Leaf, b.Source.Leaf)) })
	return all
}

func median(all []int64) int64 {
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}
