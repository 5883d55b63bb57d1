package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/language"
	"dalil/internal/pipeline"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Reader is the catalog as people at this desk may read it: the names of
// private persons are masked in every statement, snippet and decision. Pages and
// commands read the catalog through it, never beside it.
func (d *Desk) Reader() catalog.Catalog { return reader{d.Case.Catalog, d} }

// masker reads which names are to be masked now.
func (d *Desk) masker(ctx context.Context) (*masker, error) {
	all, err := d.Case.Catalog.Shields(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var names []string
	for _, s := range all {
		if !slices.Contains(d.opened, s.Statement) || !d.mayOpen(s) {
			names = append(names, s.Names...)
		}
	}
	return newMasker(names), nil
}

// everyName is a masker of all names that are masked for anybody.
func (d *Desk) everyName(ctx context.Context) (*masker, error) {
	all, err := d.Case.Catalog.Shields(ctx)
	var names []string
	for _, s := range all {
		names = append(names, s.Names...)
	}
	return newMasker(names), err
}

// shielded reports whether a name is masked in the unit of a statement.
func (d *Desk) shielded(ctx context.Context, first uint64) (bool, error) {
	units, err := d.Case.Catalog.UnitsOf(ctx, []uint64{first}, 0)
	if errors.Is(err, record.ErrNotFound) { // it was erased
		return false, nil
	}
	return err == nil && units[0].Shielded, err
}

// mayOpen: who masked a name, and whom the case's settings list.
func (d *Desk) mayOpen(s catalog.Shield) bool {
	return s.By == d.Case.Handle() || slices.Contains(d.Case.Config.MayOpen, d.Case.Handle())
}

// hides reports whether something in the newest version of a statement is masked
// for this person.
func (d *Desk) hides(ctx context.Context, first uint64) (bool, error) {
	m, err := d.masker(ctx)
	if err != nil || m.idle() {
		return false, err
	}
	versions, err := d.Case.Catalog.Versions(ctx, first)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(versions, m.finds), nil
}

// Covers implements query.Veil.
func (m *masker) Covers(s record.Statement) bool { return m.finds(s) }

// finds reports whether a name stands anywhere in a statement version.
func (m *masker) finds(s record.Statement) bool {
	return slices.ContainsFunc(append(s.Strings(), s.SourceName), func(t string) bool { return len(m.in(t)) > 0 })
}

// Mask is a unit because of which a name is masked in a statement.
type Mask struct {
	Unit string // whose names Open shows
	By   string // who masked them
	May  bool   // this person may open them
	Open bool   // they are open at this desk
}

// Masks says because of which units a name is masked in a statement, or in what
// a unit shows, and who may open it. A unit that this person may not open is not
// named: that two statements name the same person is told to nobody else.
func (d *Desk) Masks(ctx context.Context, id string) ([]Mask, error) {
	shields, err := d.Case.Catalog.Shields(ctx)
	if err != nil || len(shields) == 0 {
		return nil, err
	}
	units, err := d.unitsOf(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	about := []uint64{units[0].First.First, units[0].Newest.First}
	if k, leaf, err := d.resolve(id, record.KindFamily, record.KindStatement); err == nil && k == record.KindStatement {
		about = append(about, leaf)
	}
	slices.Sort(about)
	var texts []record.Statement
	for _, first := range slices.Compact(about) {
		versions, err := d.Case.Catalog.Versions(ctx, first)
		if err != nil {
			return nil, err
		}
		texts = append(texts, versions...)
	}
	var all []Mask
	for _, s := range shields {
		home, err := d.Case.Catalog.UnitsOf(ctx, []uint64{s.Statement}, 0)
		if errors.Is(err, record.ErrNotFound) { // it was erased
			continue
		}
		if err != nil {
			return nil, err
		}
		if home[0].Leaf != units[0].Leaf && !slices.ContainsFunc(texts, newMasker(s.Names).finds) {
			continue
		}
		m := Mask{By: s.By, May: d.mayOpen(s)}
		if m.May {
			m.Unit, m.Open = d.unitID(home[0].Leaf, home[0].Family), slices.Contains(d.opened, s.Statement)
		}
		if !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all, nil
}

// ActionOpen is that somebody looked at a masked name.
const ActionOpen = "open"

// Opened is a unit whose masked names were opened.
type Opened struct {
	record.Decision
	ID    string   // D-… of the record that it was opened
	Names []string // as they were typed when they were masked
	// Desk is this desk with the names of the unit shown: for as long as the caller
	// keeps it.
	Desk *Desk
}

// Open shows the masked names of a unit to who may see them, and records that
// it did: by whom, when and why. ErrWithheld when the person may not.
func (d *Desk) Open(ctx context.Context, id, reason string) (Opened, error) {
	units, err := d.unitsOf(ctx, []string{id})
	if err != nil {
		return Opened{}, err
	}
	statements, err := d.Case.Catalog.Statements(ctx, []uint64{units[0].Leaf})
	if err != nil {
		return Opened{}, err
	}
	shields, err := d.Case.Catalog.Shields(ctx)
	if err != nil {
		return Opened{}, err
	}
	o := Opened{Desk: &Desk{Case: d.Case, DryRun: d.DryRun, Egress: d.Egress, Painter: d.Painter, OCR: d.OCR, order: d.order, kept: d.kept, thens: d.thens, then: d.then, now: d.now, opened: slices.Clone(d.opened)}}
	found := false
	for _, s := range shields {
		if !slices.Contains(statements[0], s.Statement) {
			continue
		}
		found = true
		if !d.mayOpen(s) {
			return Opened{}, record.WithHint(fmt.Errorf("the name in %s is masked for you: %w", id, record.ErrWithheld), "ask "+s.By+", who masked it, or have may_open in the case's settings name you")
		}
		o.Desk.opened = append(o.Desk.opened, s.Statement)
		for _, n := range s.Names {
			if !slices.Contains(o.Names, n) {
				o.Names = append(o.Names, n)
			}
		}
	}
	if !found {
		return Opened{}, fmt.Errorf("no name is masked in %s: %w", id, record.ErrConflict)
	}
	// Two who look at once are on record both: there is nothing to tell either.
	if o.Decision, err = d.decideOn(ctx, ActionOpen, units[0].Leaf, reason, func() (any, error) { return nil, nil }); err != nil {
		return Opened{}, err
	}
	if !d.DryRun {
		o.ID = d.Case.IDs.ID(record.KindDecision, o.Leaf)
	}
	return o, nil
}

// Reopened is the desk with what was opened in the decisions given shown: a
// browser's session keeps their ids. A decision of somebody else, or one that
// opened nothing, shows nothing.
func (d *Desk) Reopened(ctx context.Context, decisions []string) (*Desk, error) {
	o := &Desk{Case: d.Case, DryRun: d.DryRun, Egress: d.Egress, Painter: d.Painter, OCR: d.OCR, order: d.order, kept: d.kept, thens: d.thens, then: d.then, now: d.now}
	for _, id := range decisions {
		statements, err := d.openedBy(ctx, id)
		if err != nil {
			return nil, err
		}
		o.opened = append(o.opened, statements...)
	}
	return o, nil
}

// openedBy lists the statements whose masked names this person opened in a
// decision; none for a decision that opened nothing for them.
func (d *Desk) openedBy(ctx context.Context, decision string) ([]uint64, error) {
	_, leaf, err := d.resolve(decision, record.KindDecision)
	if err != nil {
		return nil, nil
	}
	x, err := d.Case.Catalog.Decision(ctx, leaf)
	if err != nil || x.Action != ActionOpen || x.By != d.Case.Handle() || x.Undone != 0 {
		return nil, nil
	}
	statements, err := d.Case.Catalog.Statements(ctx, []uint64{x.Target})
	if err != nil {
		return nil, err
	}
	return statements[0], nil
}

// MaskAgain takes out of the decisions by which names were opened those that
// opened the names of a unit: Reopened with the rest masks these names again and
// no others.
func (d *Desk) MaskAgain(ctx context.Context, decisions []string, unit string) (rest []string, err error) {
	units, err := d.unitsOf(ctx, []string{unit})
	if err != nil {
		return nil, err
	}
	statements, err := d.Case.Catalog.Statements(ctx, []uint64{units[0].Leaf})
	if err != nil {
		return nil, err
	}
	for _, id := range decisions {
		opened, err := d.openedBy(ctx, id)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(opened, func(s uint64) bool { return slices.Contains(statements[0], s) }) {
			rest = append(rest, id)
		}
	}
	return rest, nil
}

// OpenUnits are the ids of the units whose masked names are open at this desk.
func (d *Desk) OpenUnits(ctx context.Context) ([]string, error) {
	shields, err := d.Case.Catalog.Shields(ctx)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, s := range shields {
		if !slices.Contains(d.opened, s.Statement) || !d.mayOpen(s) {
			continue
		}
		home, err := d.Case.Catalog.UnitsOf(ctx, []uint64{s.Statement}, 0)
		if errors.Is(err, record.ErrNotFound) { // it was erased
			continue
		}
		if err != nil {
			return nil, err
		}
		if id := d.unitID(home[0].Leaf, home[0].Family); !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all, nil
}

// reader masks what it reads.
type reader struct {
	catalog.Catalog
	d *Desk
}

func (r reader) Statement(ctx context.Context, first uint64) (record.Statement, error) {
	return r.one(ctx)(r.Catalog.Statement(ctx, first))
}

func (r reader) Version(ctx context.Context, leaf uint64) (record.Statement, error) {
	return r.one(ctx)(r.Catalog.Version(ctx, leaf))
}

func (r reader) one(ctx context.Context) func(record.Statement, error) (record.Statement, error) {
	return func(s record.Statement, err error) (record.Statement, error) {
		if err != nil {
			return s, err
		}
		m, err := r.d.masker(ctx)
		return m.statement(s), err
	}
}

func (r reader) Current(ctx context.Context, firsts []uint64) ([]record.Statement, error) {
	all, err := r.Catalog.Current(ctx, firsts)
	if err != nil {
		return nil, err
	}
	m, err := r.d.masker(ctx)
	for i := range all {
		all[i] = m.statement(all[i])
	}
	return all, err
}

func (r reader) Versions(ctx context.Context, first uint64) ([]record.Statement, error) {
	all, err := r.Catalog.Versions(ctx, first)
	if err != nil {
		return nil, err
	}
	m, err := r.d.masker(ctx)
	for i := range all {
		all[i] = m.statement(all[i])
	}
	return all, err
}

// veiled is a query as this person can ask it: what is masked for them finds
// nothing.
func (d *Desk) veiled(ctx context.Context, q query.Query) (query.Query, *masker, error) {
	m, err := d.masker(ctx)
	if err == nil && !m.idle() {
		q.Veil = m
	}
	return q, m, err
}

func (r reader) Search(ctx context.Context, q query.Query, page catalog.Page) (catalog.Result, error) {
	q, m, err := r.d.veiled(ctx, q)
	if err != nil {
		return catalog.Result{}, err
	}
	res, err := r.Catalog.Search(ctx, q, page)
	for i := range res.Hits {
		res.Hits[i] = m.hit(res.Hits[i])
	}
	return res, err
}

func (r reader) Inbox(ctx context.Context, q query.Query, page catalog.Page) (catalog.Units, error) {
	q, m, err := r.d.veiled(ctx, q)
	if err != nil {
		return catalog.Units{}, err
	}
	res, err := r.Catalog.Inbox(ctx, q, page)
	for i := range res.Hits {
		res.Hits[i].Hit = m.hit(res.Hits[i].Hit)
		res.Hits[i].Unit = m.unit(res.Hits[i].Unit)
	}
	return res, err
}

func (r reader) AllUnits(ctx context.Context, q query.Query, now int64, f func(unit uint64) bool) error {
	q, _, err := r.d.veiled(ctx, q)
	if err != nil {
		return err
	}
	return r.Catalog.AllUnits(ctx, q, now, f)
}

func (r reader) CountPosted(ctx context.Context, q query.Query, now int64, edges []int64) ([]catalog.Count, error) {
	q, _, err := r.d.veiled(ctx, q)
	if err != nil {
		return nil, err
	}
	return r.Catalog.CountPosted(ctx, q, now, edges)
}

func (r reader) UnitsOf(ctx context.Context, leaves []uint64, now int64) ([]catalog.Unit, error) {
	all, err := r.Catalog.UnitsOf(ctx, leaves, now)
	if err != nil {
		return nil, err
	}
	m, err := r.d.masker(ctx)
	for i := range all {
		all[i] = m.unit(all[i])
	}
	return all, err
}

// Translations hides the whole text of those whose statement names somebody who
// is masked for this person: a translation spells the name in other letters.
func (r reader) Translations(ctx context.Context, statement uint64) ([]record.Translation, error) {
	all, err := r.Catalog.Translations(ctx, statement)
	if err != nil || len(all) == 0 {
		return all, err
	}
	m, err := r.d.masker(ctx)
	if err != nil {
		return nil, err
	}
	hidden, err := r.d.hides(ctx, statement)
	for i := range all {
		if all[i].Text = m.plain(all[i].Text); hidden {
			all[i].Text = ""
		}
	}
	return all, err
}

func (r reader) Translation(ctx context.Context, leaf uint64) (record.Translation, error) {
	t, err := r.Catalog.Translation(ctx, leaf)
	if err != nil {
		return t, err
	}
	all, err := r.Translations(ctx, t.Statement)
	for _, x := range all {
		if x.Leaf == leaf {
			return x, err
		}
	}
	return record.Translation{}, err
}

func (r reader) Decisions(ctx context.Context, target uint64) ([]record.Decision, error) {
	return r.decided(ctx)(r.Catalog.Decisions(ctx, target))
}

func (r reader) AllDecisions(ctx context.Context) ([]record.Decision, error) {
	return r.decided(ctx)(r.Catalog.AllDecisions(ctx))
}

func (r reader) NewestDecisions(ctx context.Context, page catalog.DecisionPage) ([]record.Decision, error) {
	return r.decided(ctx)(r.Catalog.NewestDecisions(ctx, page))
}

func (r reader) DecisionsBy(ctx context.Context, actions ...string) ([]record.Decision, error) {
	return r.decided(ctx)(r.Catalog.DecisionsBy(ctx, actions...))
}

func (r reader) Touched(ctx context.Context, units []uint64, after uint64) ([]record.Decision, error) {
	return r.decided(ctx)(r.Catalog.Touched(ctx, units, after))
}

func (r reader) Decision(ctx context.Context, leaf uint64) (record.Decision, error) {
	x, err := r.Catalog.Decision(ctx, leaf)
	if err != nil {
		return x, err
	}
	all, err := r.decided(ctx)([]record.Decision{x}, nil)
	if err != nil {
		return x, err
	}
	return all[0], nil
}

func (r reader) Since(ctx context.Context, size uint64) (catalog.Changes, error) {
	c, err := r.Catalog.Since(ctx, size)
	if err != nil {
		return c, err
	}
	c.Decisions, err = r.decided(ctx)(c.Decisions, nil)
	return c, err
}

func (r reader) Source(ctx context.Context, leaf uint64) (record.Source, error) {
	return r.named(ctx)(r.Catalog.Source(ctx, leaf))
}

// SourceByKey is asked with the key as it is: who knows it may ask.
func (r reader) SourceByKey(ctx context.Context, key string) (record.Source, error) {
	return r.named(ctx)(r.Catalog.SourceByKey(ctx, key))
}

func (r reader) named(ctx context.Context) func(record.Source, error) (record.Source, error) {
	return func(s record.Source, err error) (record.Source, error) {
		if err != nil {
			return s, err
		}
		m, err := r.d.masker(ctx)
		return m.source(s), err
	}
}

func (r reader) Sources(ctx context.Context) ([]catalog.SourceStat, error) {
	all, err := r.Catalog.Sources(ctx)
	if err != nil {
		return nil, err
	}
	return r.d.maskedSources(ctx, all)
}

// maskedSources masks names in a list of sources, which is not touched.
func (d *Desk) maskedSources(ctx context.Context, all []catalog.SourceStat) ([]catalog.SourceStat, error) {
	m, err := d.masker(ctx)
	if err != nil || m.idle() {
		return all, err
	}
	all = slices.Clone(all)
	for i := range all {
		all[i].Source = m.source(all[i].Source)
	}
	return all, nil
}

// source masks the name of a source, and its key where a name is in it.
func (m *masker) source(s record.Source) record.Source {
	s.Name, s.Key = m.plain(s.Name), m.link(s.Key)
	return s
}

// maskedOrder is an order of sources, which all desks of a case share, with the
// names masked that are masked for this person.
func (d *Desk) maskedOrder(ctx context.Context, o *order) (*order, error) {
	m, err := d.masker(ctx)
	if err != nil || o == nil {
		return o, err
	}
	return m.order(o), nil
}

// order is an order with the names masked. The original is not touched.
func (m *masker) order(o *order) *order {
	if m.idle() {
		return o
	}
	x := *o
	x.names = make(map[uint64]record.Source, len(o.names))
	for leaf, s := range o.names {
		x.names[leaf] = m.source(s)
	}
	x.rows = slices.Clone(o.rows)
	for i := range x.rows {
		x.rows[i].Source = m.source(x.rows[i].Source)
	}
	return &x
}

// rawSources are the sources with their names, for what is worked out of them
// and masked when it is shown.
func (d *Desk) rawSources(ctx context.Context) ([]catalog.SourceStat, error) {
	return d.Case.Catalog.Sources(ctx)
}

// rawSource is a source with its key, to look things up by.
func (d *Desk) rawSource(ctx context.Context, leaf uint64) (record.Source, error) {
	return d.Case.Catalog.Source(ctx, leaf)
}

func (r reader) Shields(ctx context.Context) ([]catalog.Shield, error) {
	all, err := r.Catalog.Shields(ctx)
	for i := range all {
		all[i].Names = nil
	}
	return all, err
}

// decided masks names in reasons, and leaves the names out of what masked them.
func (r reader) decided(ctx context.Context) func([]record.Decision, error) ([]record.Decision, error) {
	return func(all []record.Decision, err error) ([]record.Decision, error) {
		if err != nil {
			return nil, err
		}
		m, err := r.d.masker(ctx)
		for i := range all {
			all[i].Reason = m.plain(all[i].Reason)
			switch all[i].Action {
			case ActionShield:
				all[i].Payload = ""
			case pipeline.ActionMerge, pipeline.ActionSplit:
			default:
				all[i].Payload = m.plain(all[i].Payload)
			}
		}
		return all, err
	}
}

func (m *masker) unit(u catalog.Unit) catalog.Unit {
	u.First, u.Newest = m.statement(u.First), m.statement(u.Newest)
	return u
}

// statement masks names in everything of a statement that came from outside and
// is shown. The original is not touched.
func (m *masker) statement(s record.Statement) record.Statement {
	if m.idle() {
		return s
	}
	text, moved := m.text(s.Text)
	s.Text = text
	kept := make([]record.Entity, 0, len(s.Entities))
	for _, e := range s.Entities {
		from, ok1 := moved(e.Offset)
		to, ok2 := moved(e.Offset + e.Length)
		if e.Target = m.link(e.Target); ok1 && ok2 {
			e.Offset, e.Length = from, to-from
			kept = append(kept, e)
		}
	}
	if s.Entities != nil {
		s.Entities = kept
	}
	s.Title, s.Byline, s.SourceName = m.plain(s.Title), m.plain(s.Byline), m.plain(s.SourceName)
	s.URL, s.Parent, s.ReplyTo = m.link(s.URL), m.link(s.Parent), m.link(s.ReplyTo)
	s.ExternalID = m.link(s.ExternalID)
	s.Sender = m.party(s.Sender)
	if s.Forward != nil {
		f := *s.Forward
		f.From = m.party(f.From)
		s.Forward = &f
	}
	s.Media = slices.Clone(s.Media)
	for i := range s.Media {
		x := &s.Media[i]
		x.Alt, x.Name, x.Path = m.plain(x.Alt), m.link(x.Name), m.link(x.Path)
	}
	s.Credits, s.Refs = m.each(s.Credits), m.each(s.Refs)
	return s
}

func (m *masker) party(p record.Party) record.Party {
	p.Name, p.ID = m.plain(p.Name), m.link(p.ID)
	return p
}

// link is an address, or nothing when a name is in it: half an address leads
// astray.
func (m *masker) link(s string) string {
	if len(m.in(s)) > 0 {
		return MaskToken
	}
	return s
}

func (m *masker) each(all []string) []string {
	all = slices.Clone(all)
	for i := range all {
		all[i] = m.plain(all[i])
	}
	return all
}

// hit masks the snippet too, and what is said about words.
func (m *masker) hit(h catalog.Hit) catalog.Hit {
	if m.idle() {
		return h
	}
	// A snippet may begin or end inside of a name, so the names are looked for in
	// the whole text.
	snippet, moved := replaced(h.Snippet, language.Apart(append(m.in(h.Snippet), within(h.Text, h.Snippet, m.in(h.Text))...)))
	var marks [][2]int
	for _, k := range h.Marks {
		from, ok1 := moved(k[0])
		to, ok2 := moved(k[1])
		if ok1 && ok2 && to > from {
			marks = append(marks, [2]int{from, to})
		}
	}
	h.Snippet, h.Marks, h.Statement = snippet, marks, m.statement(h.Statement)
	why := make([]catalog.Match, 0, len(h.Why))
	for _, w := range h.Why {
		w.Met = m.plain(w.Met)
		why = append(why, w)
	}
	if h.Why != nil {
		h.Why = why
	}
	return h
}

// within returns where the stretches of a text stand in a part of it, wherever
// in the text that part occurs.
func within(text, part string, at [][2]int) (in [][2]int) {
	for from := 0; part != "" && len(at) > 0; {
		i := strings.Index(text[from:], part)
		if i < 0 {
			break
		}
		i += from
		from = i + 1
		for _, a := range at {
			if lo, hi := max(a[0]-i, 0), min(a[1]-i, len(part)); lo < hi {
				in = append(in, [2]int{lo, hi})
			}
		}
	}
	return in
}

// unmasked reads a version with its names, to decide whether it may go anywhere;
// what it returns is not for anybody's eyes.
func (d *Desk) unmasked(ctx context.Context, leaf uint64) (record.Statement, error) {
	return d.Case.Catalog.Version(ctx, leaf)
}
