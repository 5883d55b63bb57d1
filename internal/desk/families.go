package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/pipeline"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Family is the same text travelling, as a page or the command line shows it.
type Family struct {
	record.Family
	ID        string
	Members   []Member        // by posting time, those without one last
	Attested  []Attested      // originals that forward headers prove and no capture holds
	Apart     []Apart         // what is alike and kept apart
	Unseen    []Unseen        // what could not be seen around that time, by source
	Unwatched []record.Source // sources of which nothing was captured as early or as late as this
	Decisions []record.Decision
}

// tie is how close two posts are that nobody was first of (METHODS 1.4), in
// seconds.
const tie = 60

// Member is a statement in a family.
type Member struct {
	record.Member
	Statement record.Statement
	ID        string
	Via       string // id of the statement it is told from; "" for the first
	After     int64  // seconds after the first that was captured
	Timed     bool   // After means something
	Tie       bool   // within a minute of the first
}

// Attested is an original that forward headers prove.
type Attested struct {
	record.Attested
	Name string   // of its source, or its pseudonym, or its key
	Bys  []string // ids of the statements whose headers say so
	// Unposted: no header gives the time. Before then is the earliest forward.
	Before int64
	// Hole: the id lies in a hole of the source's ids, which therefore is this
	// post.
	Hole  string // id of the gap
	Tie   bool
	After int64
}

// Apart is a statement whose words are alike and whose slots are not.
type Apart struct {
	record.Veto
	Here, There   string // ids of the statements; Here is a member
	Family        string // There's family, "" when it stands alone
	Source        string // There's
	Stated, Other string // what Here states and what There does
}

// Unseen is a time in which a source could not be seen.
type Unseen struct {
	Source   record.Source // Leaf 0: every source
	Gap      string        // id
	From, To int64         // seconds; NoSeconds when open
	Why      string        // in words

	First, Last string // of a hole: the ids that were never seen
	Note        string // of an outage: what was recorded of it
}

func (d *Desk) familyID(anchor uint64) string {
	if anchor == 0 {
		return ""
	}
	return d.Case.IDs.ID(record.KindFamily, anchor)
}

// familyOf finds the family that an id stands for: a family's, also one that
// has since become part of another, or a statement's.
func (d *Desk) familyOf(ctx context.Context, id string) (record.Family, error) {
	_, leaf, err := d.resolve(id, record.KindFamily, record.KindStatement)
	if err != nil {
		return record.Family{}, err
	}
	rows, err := d.Case.Catalog.Members(ctx, []uint64{leaf})
	if err != nil {
		return record.Family{}, err
	}
	slices.SortStableFunc(rows, func(a, b record.Member) int { // the family it is a copy in, before those it quotes
		return cmp.Compare(quoting(a), quoting(b))
	})
	if len(rows) == 0 { // its anchor may have left, or been erased, and the others be together still
		former, err := d.Case.Catalog.Former(ctx, leaf)
		if err != nil {
			return record.Family{}, err
		}
		if len(former) > 0 {
			return d.Case.Catalog.Family(ctx, former[0])
		}
	}
	if len(rows) == 0 {
		if _, err := d.Reader().Statement(ctx, leaf); err != nil {
			return record.Family{}, fmt.Errorf("%s: %w", id, err)
		}
		return record.Family{}, record.WithHint(fmt.Errorf("%s stands alone: no other statement in the case is the same text: %w", id, record.ErrNotFound),
			"say that two are the same with `dalil merge`")
	}
	return d.Case.Catalog.Family(ctx, rows[0].Family)
}

func quoting(m record.Member) int {
	if m.Relation == record.RelQuotedIn {
		return 1
	}
	return 0
}

// Family gathers everything about a family.
func (d *Desk) Family(ctx context.Context, id string) (Family, error) {
	row, err := d.familyOf(ctx, id)
	if err != nil {
		return Family{}, err
	}
	cat := d.Reader()
	f := Family{Family: row, ID: d.familyID(row.Anchor)}
	rows, err := cat.MembersOf(ctx, []uint64{row.Anchor})
	if err != nil {
		return f, err
	}
	leaves := make([]uint64, len(rows))
	for i, m := range rows {
		leaves[i] = m.Statement
	}
	current, err := cat.Current(ctx, leaves) // a family may have thousands: one question
	if err != nil {
		return f, err
	}
	if len(current) != len(rows) {
		return f, fmt.Errorf("%d of the %d members of family %s: %w", len(rows)-len(current), len(rows), f.ID, record.ErrNotFound)
	}
	for i, m := range rows {
		st, err := d.wording(ctx, current[i], m, rows)
		if err != nil {
			return f, err
		}
		f.Members = append(f.Members, Member{Member: m, Statement: st, ID: d.StatementID(st), Via: d.statementID(m.Via)})
	}
	sortMembers(f.Members)
	sources, err := cat.Sources(ctx)
	if err != nil {
		return f, err
	}
	if f.Attested, err = d.attested(ctx, f.Members, d.bearers(sources)); err != nil {
		return f, err
	}
	f.order()
	if f.Apart, err = d.apart(ctx, f.Members, leaves); err != nil {
		return f, err
	}
	if err := d.unseen(ctx, &f, sources); err != nil {
		return f, err
	}
	all, err := cat.DecisionsBy(ctx, pipeline.ActionMerge, pipeline.ActionSplit)
	for _, x := range all {
		// Also one that took somebody out, who is not here any more.
		p, err := familyPayload(x)
		if err != nil {
			return f, err
		}
		if slices.ContainsFunc(append(p.With, x.Target), func(s uint64) bool { return slices.Contains(leaves, s) }) {
			f.Decisions = append(f.Decisions, x)
		}
	}
	return f, err
}

// wording returns the version of a member that travels: of a statement that was
// changed, the one that has most of its words with the member it is told from,
// or with those that are told from it.
func (d *Desk) wording(ctx context.Context, st record.Statement, m record.Member, rows []record.Member) (record.Statement, error) {
	if st.Version < 2 && st.Until == 0 {
		return st, nil
	}
	versions, err := d.Reader().Versions(ctx, st.First)
	if err != nil || len(versions) < 2 {
		return st, err
	}
	other := m.Via
	for _, o := range rows {
		if other == 0 && o.Via == m.Statement {
			other = o.Statement
		}
	}
	if other == 0 {
		return st, nil
	}
	near, err := d.Reader().Versions(ctx, other)
	if err != nil {
		return st, err
	}
	best := -1.0
	for _, v := range slices.Backward(versions) { // of equals the newest
		for _, n := range near {
			if s := sharedWords(v.Text, n.Text); s > best && !v.Erased {
				best, st = s, v
			}
		}
	}
	return st, nil
}

// sharedWords is the Jaccard similarity of the words of two texts, 0 to 1.
func sharedWords(a, b string) float64 {
	in := map[string]int{}
	for _, w := range strings.Fields(a) {
		in[w] |= 1
	}
	for _, w := range strings.Fields(b) {
		in[w] |= 2
	}
	both := 0
	for _, k := range in {
		if k == 3 {
			both++
		}
	}
	if len(in) == 0 {
		return 0
	}
	return float64(both) / float64(len(in))
}

// Unlinked says how many statements are in the case that families were not
// looked for among yet: an import was interrupted, or is at work now.
func (d *Desk) Unlinked(ctx context.Context) (int64, error) {
	done, err := d.Case.Catalog.Analysis(ctx, "repost")
	if err != nil {
		return 0, err
	}
	return d.Case.Catalog.Unlinked(ctx, done.Saw)
}

func (d *Desk) statementID(leaf uint64) string {
	if leaf == 0 {
		return ""
	}
	return d.Case.IDs.ID(record.KindStatement, leaf)
}

func sortMembers(all []Member) {
	slices.SortStableFunc(all, func(a, b Member) int {
		x, y := a.Statement.Posted, b.Statement.Posted
		switch {
		case x.Known() != y.Known():
			if x.Known() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(x.Unix, y.Unix), cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Statement.SourceKey, b.Statement.SourceKey), cmp.Compare(a.Statement.ExternalID, b.Statement.ExternalID))
	})
}

// order works out who was how long after the first that was captured. Attested
// originals are before it as a rule, and then after by less than nothing.
func (f *Family) order() {
	first := int64(record.NoSeconds)
	for _, m := range f.Members {
		if at := m.Statement.Posted.Seconds(); at != record.NoSeconds && !m.Statement.Withdrawn && (first == record.NoSeconds || at < first) {
			first = at
		}
	}
	if first == record.NoSeconds {
		return
	}
	firsts := 0
	for i := range f.Members {
		m := &f.Members[i]
		if at := m.Statement.Posted.Seconds(); at != record.NoSeconds {
			m.After, m.Timed = at-first, true
			if m.After >= 0 && m.After <= tie {
				m.Tie = true
				firsts++
			}
		}
	}
	for i := range f.Attested {
		a := &f.Attested[i]
		if at := a.Posted.Seconds(); at != record.NoSeconds {
			if a.After = at - first; -tie <= a.After && a.After <= tie {
				a.Tie = true
				firsts++
			}
		}
	}
	if firsts < 2 {
		for i := range f.Members {
			f.Members[i].Tie = false
		}
		for i := range f.Attested {
			f.Attested[i].Tie = false
		}
	}
}

// attested finds the originals that the members' forward headers prove and that
// are no members themselves. Headers of one origin that give no id speak of one
// original: within a family the text is the same.
func (d *Desk) attested(ctx context.Context, members []Member, bearers map[string]record.Source) ([]Attested, error) {
	leaves := make([]uint64, len(members))
	byLeaf := map[uint64]*Member{}
	for i := range members {
		leaves[i] = members[i].Member.Statement
		byLeaf[leaves[i]] = &members[i]
	}
	headers, err := d.Case.Catalog.Forwards(ctx, leaves)
	if err != nil {
		return nil, err
	}
	if len(headers) == 0 {
		return nil, nil
	}
	byOrigin, names := map[string]*Attested{}, map[string]string{}
	for _, m := range members {
		if f := m.Statement.Forward; f != nil && f.From.ID != "" && f.From.Name != "" {
			names[d.Case.Pseudonym(f.From.Name)] = f.Origin() // another header may give the name alone
		}
	}
	var all []*Attested
	slices.SortStableFunc(headers, func(a, b catalog.Forwarded) int { return cmp.Compare(a.Posted, b.Posted) })
	for _, h := range headers {
		if h.Origin == "" {
			continue
		}
		src, known := bearers[h.Origin]
		// The post it names may be here.
		here := false
		for i := range members {
			m := &members[i]
			same := known && m.Statement.Source == src.Leaf && (h.Original == "" || m.Statement.ExternalID == h.Original)
			if same && (h.Posted == record.NoSeconds || !m.Statement.Posted.Known() || m.Statement.Posted.Unix <= h.Posted) && m.Member.Statement != h.Statement {
				here = true
			}
		}
		if here {
			continue
		}
		key := h.Origin
		if known {
			key = src.Key
		}
		if full := names[key]; full != "" {
			key = full
		}
		a := byOrigin[key]
		if a == nil {
			a = &Attested{Attested: record.Attested{Origin: key, Source: src.Leaf}, Name: h.Origin, Before: record.NoSeconds}
			if known {
				a.Name = src.Name
			} else if name := byLeaf[h.Statement].Statement.Forward; name != nil && name.From.Name != "" {
				a.Name = name.From.Name
			}
			byOrigin[key] = a
			all = append(all, a)
		}
		if a.ID == "" {
			a.ID = h.Original
		}
		if h.OriginalAt != record.NoSeconds && (!a.Posted.Known() || h.OriginalAt < a.Posted.Unix) {
			a.Posted = record.AtUnix(h.OriginalAt)
		}
		if h.Posted != record.NoSeconds && (a.Before == record.NoSeconds || h.Posted < a.Before) {
			a.Before = h.Posted
		}
		a.By = append(a.By, h.Statement)
		a.Bys = append(a.Bys, d.statementID(h.Statement))
	}
	out := make([]Attested, len(all))
	for i, a := range all {
		if a.Source != 0 && a.ID != "" {
			if a.Hole, err = d.holeOf(ctx, a.Source, a.ID); err != nil {
				return nil, err
			}
		}
		out[i] = *a
	}
	return out, nil
}

// bearers returns the case's sources by what a forward header can call them:
// their key, or the pseudonym of their name.
func (d *Desk) bearers(all []catalog.SourceStat) map[string]record.Source {
	m := make(map[string]record.Source, 2*len(all))
	for _, s := range all {
		m[s.Key] = s.Source
		if p := d.Case.Pseudonym(s.Name); m[p].Leaf == 0 {
			m[p] = s.Source
		}
	}
	return m
}

// holeOf finds the recorded hole that an id lies in.
func (d *Desk) holeOf(ctx context.Context, source uint64, id string) (string, error) {
	gaps, err := d.Case.Catalog.Gaps(ctx, source)
	if err != nil {
		return "", err
	}
	for _, g := range gaps {
		if g.Source == source && g.First != "" && !idLess(id, g.First) && !idLess(g.Last, id) {
			return d.Case.IDs.ID(record.KindGap, g.Leaf), nil
		}
	}
	return "", nil
}

// idLess compares message ids, which are numbers.
func idLess(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

func (d *Desk) apart(ctx context.Context, members []Member, leaves []uint64) ([]Apart, error) {
	vetoes, err := d.Case.Catalog.Vetoes(ctx, leaves)
	if err != nil {
		return nil, err
	}
	var all []Apart
	for _, v := range vetoes {
		a := Apart{Veto: v, Stated: v.Left, Other: v.Right}
		here, there := v.A, v.B
		if !slices.Contains(leaves, here) {
			here, there, a.Stated, a.Other = there, here, a.Other, a.Stated
		}
		if slices.Contains(leaves, there) { // both are in it, through others
			continue
		}
		a.Here, a.There = d.statementID(here), d.statementID(there)
		st, err := d.Reader().Statement(ctx, there)
		if err != nil {
			return nil, err
		}
		a.Family, a.Source = d.familyID(st.Family), st.SourceName
		if slices.ContainsFunc(all, func(b Apart) bool { return b.There == a.There || b.Family != "" && b.Family == a.Family }) {
			continue // the most alike of each is enough
		}
		if all = append(all, a); len(all) == maxApart {
			break
		}
	}
	return all, nil
}

const maxApart = 20

// unseen gathers what we might have missed: holes and outages of the members'
// and attested sources between a day before the first and the last post, and
// the sources that were not watched then.
func (d *Desk) unseen(ctx context.Context, f *Family, all []catalog.SourceStat) error {
	if f.From == record.NoSeconds {
		return nil
	}
	from, to := f.From-beforeFirst, f.To
	for _, a := range f.Attested {
		if at := a.Posted.Seconds(); at != record.NoSeconds {
			from = min(from, at-beforeFirst)
		}
	}
	watched := map[uint64]record.Source{}
	var order []uint64
	for _, s := range all {
		in := slices.ContainsFunc(f.Members, func(m Member) bool { return m.Statement.Source == s.Leaf }) ||
			slices.ContainsFunc(f.Attested, func(a Attested) bool { return a.Source == s.Leaf })
		if in {
			watched[s.Leaf] = s.Source
			order = append(order, s.Leaf)
		} else if s.First != record.NoSeconds && (s.First > f.From || s.Last < f.From) && !s.Private && s.Type != record.Folder {
			f.Unwatched = append(f.Unwatched, s.Source)
		}
	}
	for _, leaf := range order {
		holes, err := d.Case.Catalog.HolesWithin(ctx, leaf, from, to)
		if err != nil {
			return err
		}
		for _, h := range holes {
			n := "ids " + h.First + " to " + h.Last + " were never seen"
			if h.First == h.Last {
				n = "id " + h.First + " was never seen"
			}
			f.Unseen = append(f.Unseen, Unseen{Source: watched[leaf], Gap: d.Case.IDs.ID(record.KindGap, h.Leaf), From: h.After, To: h.Before, Why: n, First: h.First, Last: h.Last})
		}
	}
	gaps, err := d.Case.Catalog.Outages(ctx)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		_, in := watched[g.Source]
		if !in && g.Source != 0 || g.From != record.NoSeconds && g.From > to || g.To != record.NoSeconds && g.To < from {
			continue
		}
		f.Unseen = append(f.Unseen, Unseen{Source: watched[g.Source], Gap: d.Case.IDs.ID(record.KindGap, g.Leaf), From: g.From, To: g.To, Why: strings.TrimSpace(g.Why + ": " + g.Note), Note: g.Note})
	}
	return nil
}

// beforeFirst is how long before a family's first post a hole still matters, in
// seconds.
const beforeFirst = 24 * 3600

// FamilyRow is a family in a list.
type FamilyRow struct {
	record.Family
	ID    string
	First record.Statement
	Langs []string
}

// Families lists families: those that statements matching a query are in, in
// the order of the hits, or all of them, newest first. At most limit are
// returned, all for -1; least is the number of members asked for.
func (d *Desk) Families(ctx context.Context, query string, least, limit int) (rows []FamilyRow, more bool, err error) {
	var families []record.Family
	take := func(f record.Family) bool {
		if f.Members < max(least, 2) {
			return true
		}
		if more = limit >= 0 && len(families) == limit; more {
			return false
		}
		families = append(families, f)
		return true
	}
	if strings.TrimSpace(query) == "" {
		if err := d.Case.Catalog.EachFamily(ctx, take); err != nil {
			return nil, false, err
		}
	} else {
		var bad error
		err := d.familiesOf(ctx, query, func(anchor uint64) bool {
			f, err := d.Case.Catalog.Family(ctx, anchor)
			if err != nil {
				bad = err
				return false
			}
			return take(f)
		})
		if err := errors.Join(err, bad); err != nil {
			return nil, false, err
		}
	}
	firsts := make([]uint64, len(families))
	for i, f := range families {
		firsts[i] = f.First
	}
	texts, err := d.Reader().Current(ctx, firsts)
	if err != nil {
		return nil, false, err
	}
	byFirst := make(map[uint64]record.Statement, len(texts))
	for _, st := range texts {
		byFirst[st.First] = st
	}
	for _, f := range families {
		st, ok := byFirst[f.First]
		if !ok {
			return nil, false, fmt.Errorf("%w: the first of %s is not in the catalog", record.ErrAltered, d.familyID(f.Anchor))
		}
		rows = append(rows, FamilyRow{Family: f, ID: d.familyID(f.Anchor), First: st})
	}
	return rows, more, nil
}

// familiesOf calls f for the anchors of the families that statements are in
// which match a query, each once, in the order of the hits, until f returns
// false.
func (d *Desk) familiesOf(ctx context.Context, text string, f func(anchor uint64) bool) error {
	q, err := d.Parse(text)
	if err != nil {
		return err
	}
	inFamilies := query.And{query.Not{X: query.Filter{Key: "is", Values: []string{"alone"}}}}
	switch root := q.Root.(type) {
	case nil:
	case query.And:
		inFamilies = append(inFamilies, root...)
	default:
		inFamilies = append(inFamilies, root)
	}
	q.Root = inFamilies
	return d.Reader().AllUnits(ctx, q, d.Case.Now().Unix(), f)
}

// Merge says that statements are the same text: they are in one family from now
// on, whatever their words and slots. as is how the second and later came from
// the first; "" leaves it to what the texts say. Translations are families only
// by this.
func (d *Desk) Merge(ctx context.Context, ids []string, as record.Relation, reason string) (record.Decision, error) {
	if as != "" && !slices.Contains([]record.Relation{record.RelTranslation, record.RelForward, record.RelVerbatim, record.RelEdited, record.RelWrapped, record.RelTruncated, record.RelQuotedIn, record.RelImageOf}, as) {
		return record.Decision{}, record.WithHint(fmt.Errorf("%w: %q is no relation", record.ErrInvalid, as), "use translation, edited, wrapped, truncated, quoted_in or image_of")
	}
	if len(ids) < 2 {
		return record.Decision{}, fmt.Errorf("%w: name two statements or more", record.ErrInvalid)
	}
	size, err := d.Case.Catalog.Size(ctx) // before anything is looked at: see decideFamily
	if err != nil {
		return record.Decision{}, err
	}
	target, err := d.Statement(ctx, ids[0])
	if err != nil {
		return record.Decision{}, err
	}
	p := pipeline.FamilyPayload{Relation: as}
	for _, id := range ids[1:] {
		s, err := d.Statement(ctx, id)
		if err != nil {
			return record.Decision{}, err
		}
		if s.First == target.First {
			return record.Decision{}, fmt.Errorf("%w: %s is named twice", record.ErrInvalid, id)
		}
		if s.Family != 0 && s.Family == target.Family && as == "" {
			return record.Decision{}, fmt.Errorf("%s and %s are in one family already: %w", ids[0], id, record.ErrConflict)
		}
		p.With = append(p.With, s.First)
		if err := d.takenOut(ctx, target, s); err != nil {
			return record.Decision{}, err
		}
	}
	return d.decideFamily(ctx, pipeline.ActionMerge, target.First, size, reason, p)
}

// takenOut is ErrConflict when a person took one of two statements, or of what is in
// a family with it, out of the family of the other. A merge is about the two alone:
// the others would keep them apart, and nothing would come of it.
func (d *Desk) takenOut(ctx context.Context, a, b record.Statement) error {
	group := func(s record.Statement) ([]uint64, error) {
		all := []uint64{s.First}
		if s.Family == 0 {
			return all, nil
		}
		rows, err := d.Case.Catalog.MembersOf(ctx, []uint64{s.Family})
		for _, m := range rows {
			all = append(all, m.Statement)
		}
		return all, err
	}
	here, err := group(a)
	if err != nil {
		return err
	}
	there, err := group(b)
	if err != nil {
		return err
	}
	splits, err := d.Reader().DecisionsBy(ctx, pipeline.ActionSplit)
	if err != nil {
		return err
	}
	for _, x := range slices.Backward(splits) {
		if x.Undone != 0 {
			continue
		}
		p, err := familyPayload(x)
		if err != nil {
			return err
		}
		for _, one := range append([]uint64{x.Target}, p.Leave...) {
			for _, other := range p.With {
				two := one == a.First && other == b.First || one == b.First && other == a.First // these a merge overrules
				if !two && (slices.Contains(here, one) && slices.Contains(there, other) || slices.Contains(there, one) && slices.Contains(here, other)) {
					id := d.Case.IDs.ID(record.KindDecision, x.Leaf)
					return record.WithHint(fmt.Errorf("%w: %s took %s out of that family (%s)", record.ErrConflict, x.By, d.statementID(one), id), "take that back instead, with `dalil undo "+id+"` or in the log")
				}
			}
		}
	}
	return nil
}

// familyPayload reads what a merge or split is about.
func familyPayload(x record.Decision) (p pipeline.FamilyPayload, err error) {
	if err := json.Unmarshal([]byte(x.Payload), &p); err != nil {
		return p, fmt.Errorf("%w: decision at log entry %d: %v", record.ErrAltered, x.Leaf, err)
	}
	return p, nil
}

// Split says that statements are not the text of the family they are in: they
// leave it, together, and no test brings them back.
func (d *Desk) Split(ctx context.Context, ids []string, reason string) (record.Decision, error) {
	if len(ids) == 0 {
		return record.Decision{}, fmt.Errorf("%w: name a statement", record.ErrInvalid)
	}
	size, err := d.Case.Catalog.Size(ctx)
	if err != nil {
		return record.Decision{}, err
	}
	var leave []uint64
	var family uint64
	for _, id := range ids {
		s, err := d.Statement(ctx, id)
		if err != nil {
			return record.Decision{}, err
		}
		if s.Family == 0 || family != 0 && s.Family != family {
			return record.Decision{}, record.WithHint(fmt.Errorf("%s is in no family, or in another than %s: %w", id, ids[0], record.ErrConflict), "see `dalil families "+id+"`")
		}
		family = s.Family
		leave = append(leave, s.First)
	}
	rows, err := d.Case.Catalog.MembersOf(ctx, []uint64{family})
	if err != nil {
		return record.Decision{}, err
	}
	var p pipeline.FamilyPayload
	for _, m := range rows {
		if !slices.Contains(leave, m.Statement) {
			p.With = append(p.With, m.Statement)
		}
	}
	if len(p.With) == 0 {
		return record.Decision{}, fmt.Errorf("%w: nothing of the family would be left", record.ErrInvalid)
	}
	p.Leave = leave[1:]
	return d.decideFamily(ctx, pipeline.ActionSplit, leave[0], size, reason, p)
}

// decideFamily records a decision about families and has them made anew. Of two
// who merge and split the same statements at once, whichever they name first, the
// second is told: size is that of the log before they were looked at.
func (d *Desk) decideFamily(ctx context.Context, action string, target, size uint64, reason string, p pipeline.FamilyPayload) (record.Decision, error) {
	if err := needsReason(reason); err != nil {
		return record.Decision{}, err
	}
	seen := uint64(0)
	if size > 0 {
		seen = size - 1
	}
	about := slices.Concat([]uint64{target}, p.With, p.Leave)
	x, err := d.recordIf(ctx, action, target, seen, reason, p, func() error { return d.familiesDecided(ctx, about, size) })
	if err != nil || d.DryRun {
		return x, err
	}
	return x, d.Case.Analyse(ctx, nil)
}

// familiesDecided is ErrConflict when somebody merged or split one of some
// statements after the log had a size.
func (d *Desk) familiesDecided(ctx context.Context, about []uint64, size uint64) error {
	all, err := d.Reader().DecisionsBy(ctx, pipeline.ActionMerge, pipeline.ActionSplit)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Leaf < size || x.Undone != 0 {
			continue
		}
		p, err := familyPayload(x)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(slices.Concat([]uint64{x.Target}, p.With, p.Leave), func(s uint64) bool { return slices.Contains(about, s) }) {
			return record.WithHint(fmt.Errorf("%w: %s decided about these families meanwhile (%s)", record.ErrConflict, x.By, d.Case.IDs.ID(record.KindDecision, x.Leaf)), "look at them as they are now, and decide again")
		}
	}
	return nil
}

// Undo takes a decision back by another. What cannot be taken back, an erasure,
// is ErrConflict.
func (d *Desk) Undo(ctx context.Context, id, reason string) (record.Decision, error) {
	k, leaf, err := d.resolve(id, record.KindDecision, record.KindGap, record.KindCapture)
	if err != nil {
		return record.Decision{}, err
	}
	seen, err := d.Case.Catalog.Newest(ctx, leaf) // before it is looked at: see decideOn
	if err != nil {
		return record.Decision{}, err
	}
	if k == record.KindCapture { // what a program translated
		switch t, _, err := d.translation(ctx, id); {
		case err != nil:
			return record.Decision{}, err
		case t.Undone != 0:
			return record.Decision{}, fmt.Errorf("%s was taken back already, by %s: %w", id, d.Case.IDs.ID(record.KindDecision, t.Undone), record.ErrConflict)
		}
		return d.undoSeen(ctx, leaf, seen, reason)
	}
	x, err := d.Reader().Decision(ctx, leaf)
	if err == nil {
		return d.undo(ctx, id, x, seen, reason)
	}
	if !errors.Is(err, record.ErrNotFound) {
		return record.Decision{}, err
	}
	gaps, err := d.Case.Catalog.Outages(ctx)
	if err != nil {
		return record.Decision{}, err
	}
	if slices.ContainsFunc(gaps, func(g record.Gap) bool { return g.Leaf == leaf && g.Why == "outage" }) {
		return d.undoSeen(ctx, leaf, seen, reason)
	}
	return record.Decision{}, record.WithHint(fmt.Errorf("%s is no decision: %w", id, record.ErrNotFound), "list them with `dalil show decisions`")
}

// undoSeen takes a record back, with a reason, of which was seen what is known up
// to an entry.
func (d *Desk) undoSeen(ctx context.Context, leaf, seen uint64, reason string) (record.Decision, error) {
	if err := needsReason(reason); err != nil {
		return record.Decision{}, err
	}
	return d.recordSeen(ctx, "undo", leaf, seen, reason, nil)
}

func (d *Desk) undo(ctx context.Context, id string, x record.Decision, seen uint64, reason string) (record.Decision, error) {
	switch {
	case x.Undone != 0:
		return record.Decision{}, fmt.Errorf("%s was taken back already, by %s: %w", id, d.Case.IDs.ID(record.KindDecision, x.Undone), record.ErrConflict)
	case x.Action == pipeline.ActionErase:
		return record.Decision{}, fmt.Errorf("%s destroyed what it was about; that cannot be taken back: %w", id, record.ErrConflict)
	case x.Action == ActionOpen:
		return record.Decision{}, fmt.Errorf("%s says that %s looked at a masked name; that cannot be taken back: %w", id, x.By, record.ErrConflict)
	}
	if x.Action == "erase-request" {
		carried, err := d.Reader().DecisionsBy(ctx, pipeline.ActionErase)
		if err != nil {
			return record.Decision{}, err
		}
		if slices.ContainsFunc(carried, func(o record.Decision) bool { return o.Target == x.Target }) {
			return record.Decision{}, fmt.Errorf("%s was carried out: what it was about is destroyed, and that cannot be taken back: %w", id, record.ErrConflict)
		}
	}
	base, err := d.bottom(ctx, x)
	if err != nil {
		return record.Decision{}, err
	}
	// What stands about units comes and goes with a key; the reason was asked for
	// when names were masked, and is asked for again.
	if lightly(base.Action) && strings.TrimSpace(reason) == "" {
		return d.recordSeen(ctx, "undo", x.Leaf, seen, "", nil)
	}
	y, err := d.undoSeen(ctx, x.Leaf, seen, reason)
	if err != nil || d.DryRun || base.Action != pipeline.ActionMerge && base.Action != pipeline.ActionSplit {
		return y, err
	}
	return y, d.Case.Analyse(ctx, nil)
}

// bottom is the decision that an undo, or an undo of an undo, is about.
func (d *Desk) bottom(ctx context.Context, x record.Decision) (record.Decision, error) {
	for x.Action == "undo" {
		y, err := d.Reader().Decision(ctx, x.Target)
		if errors.Is(err, record.ErrNotFound) { // a gap
			return x, nil
		}
		if err != nil {
			return x, err
		}
		x = y
	}
	return x, nil
}

// Changed says which words a member has that the text it is told from has not,
// and which the other way, as stretches in order. Both are empty for the first.
func (f *Family) Changed(m Member) (added, removed string) {
	if m.Via == "" || m.Relation == record.RelTranslation || m.Relation == record.RelImageOf {
		return "", ""
	}
	for _, o := range f.Members {
		if o.Member.Statement == m.Member.Via {
			return wordsBeyond(o.Statement.Text, m.Statement.Text)
		}
	}
	return "", ""
}

// wordsBeyond lists the words of each text that are not in their longest common
// sequence of words.
func wordsBeyond(a, b string) (added, removed string) {
	x, y := strings.Fields(a), strings.Fields(b)
	// What is the same at both ends needs no table.
	start := 0
	for start < min(len(x), len(y)) && x[start] == y[start] {
		start++
	}
	x, y = x[start:], y[start:]
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	if len(x)*len(y) > mostCompared { // articles: say what is left whole
		return strings.Join(y, " "), strings.Join(x, " ")
	}
	table := make([]uint16, (len(x)+1)*(len(y)+1))
	w := len(y) + 1
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				table[i*w+j] = table[(i+1)*w+j+1] + 1
			} else {
				table[i*w+j] = max(table[(i+1)*w+j], table[i*w+j+1])
			}
		}
	}
	var plus, minus stretches
	for i, j := 0, 0; i < len(x) || j < len(y); {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			plus.gap, minus.gap = true, true
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && table[(i+1)*w+j] >= table[i*w+j+1]:
			minus.add(x[i])
			i++
		default:
			plus.add(y[j])
			j++
		}
	}
	return plus.String(), minus.String()
}

const mostCompared = 4_000_000

// stretches joins words, with … between those that do not follow one another.
type stretches struct {
	strings.Builder
	gap bool
}

func (s *stretches) add(word string) {
	switch {
	case s.Len() == 0:
	case s.gap:
		s.WriteString(" … ")
	default:
		s.WriteByte(' ')
	}
	s.gap = false
	s.WriteString(word)
}
