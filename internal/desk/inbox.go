package desk

import (
	"context"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Inbox is one page of units.
type Inbox struct {
	Rows  []InboxRow
	Next  string // the page after; "" on the last
	Total int64  // of units: -1 when not asked for; exact up to 10,000, then the least it is
	Exact bool
	Query query.Query
	Echo  string // the query in words
	Size  uint64 // of the log when this was read, less one: what Triage.Seen is for all rows
	// ZeroBecause is as Found's.
	ZeroBecause []string
}

// InboxRow is a family, or a statement in none.
type InboxRow struct {
	catalog.Unit
	ID      string // Y-… or S-…
	FirstID string // S-…
	// Hit is the statement that matched, with its snippet: the newest one, or the
	// oldest with sort:posted. HitID is its id.
	Hit   catalog.Hit
	HitID string
	Text  string // of First, one line, at most 280 letters
	Why   Why

	OfID       string // of a duplicate: the unit that says the same
	DecisionID string // that the verdict rests on
}

// Why is why a unit is in the inbox.
type Why struct {
	Import string          // R-…: the run that brought its newest statement
	Words  []catalog.Match // what of the query met what of the text
	Issuer bool            // its first post stands in an issuer's own channel
	Fresh  bool            // a statement of it came to us after the time asked about
	Joined int             // statements that joined since it was decided about
}

// InboxPage asks for a page of the inbox.
type InboxPage struct {
	catalog.Page
	// Since is the log size a person saw last: what came after is fresh. 0: nothing.
	Since uint64
}

// snippetLetters bounds InboxRow.Text.
const snippetLetters = 280

// Inbox finds units by the query language. Without a state: nothing is left
// out but what is withdrawn; the inbox proper is state:new.
func (d *Desk) Inbox(ctx context.Context, text string, page InboxPage) (Inbox, error) {
	q, err := d.Parse(text)
	if err != nil {
		return Inbox{}, err
	}
	typed, err := query.Parse(text, query.ParseOptions{Zone: d.Case.Zone, Now: d.Case.Now()})
	if err != nil {
		return Inbox{}, err
	}
	size, err := d.Case.Catalog.Size(ctx)
	if err != nil {
		return Inbox{}, err
	}
	page.Now = d.Case.Now().Unix()
	res, err := d.Reader().Inbox(ctx, q, page.Page)
	if err != nil {
		return Inbox{}, err
	}
	in := Inbox{Next: res.Next, Total: res.Total, Exact: res.Exact, Query: typed, Echo: query.Echo(typed), ZeroBecause: res.ZeroBecause}
	if size > 0 {
		in.Size = size - 1
	}
	own, err := d.issuers(ctx)
	if err != nil {
		return in, err
	}
	runs := map[uint64]string{}
	for _, h := range res.Hits {
		row, err := d.inboxRow(ctx, h, own, runs)
		if err != nil {
			return in, err
		}
		row.Why.Fresh = page.Since > 0 && row.Newest.Leaf >= page.Since
		in.Rows = append(in.Rows, row)
	}
	return in, nil
}

// InboxUnit is the row of one unit, found by its id or that of a statement in
// it.
func (d *Desk) InboxUnit(ctx context.Context, id string) (InboxRow, error) {
	units, err := d.unitsOf(ctx, []string{id})
	if err != nil {
		return InboxRow{}, err
	}
	own, err := d.issuers(ctx)
	if err != nil {
		return InboxRow{}, err
	}
	return d.inboxRow(ctx, catalog.UnitHit{Unit: units[0], Hit: catalog.Hit{Statement: units[0].Newest}}, own, map[uint64]string{})
}

func (d *Desk) inboxRow(ctx context.Context, h catalog.UnitHit, issuers map[uint64]bool, runs map[uint64]string) (InboxRow, error) {
	row := InboxRow{Unit: h.Unit, ID: d.unitID(h.Leaf, h.Family), FirstID: d.StatementID(h.First), Hit: h.Hit, HitID: d.StatementID(h.Hit.Statement),
		Text: oneLine(h.First.Title, h.First.Text)}
	row.Why = Why{Words: h.Hit.Why, Issuer: issuers[h.First.Source], Joined: h.Since}
	run, ok := runs[h.Newest.Capture]
	if !ok {
		c, err := d.Case.Catalog.Capture(ctx, h.Newest.Capture)
		if err != nil {
			return row, err
		}
		run = d.Case.IDs.ID(record.KindRun, c.Run)
		runs[h.Newest.Capture] = run
	}
	row.Why.Import = run
	if h.Decision != 0 {
		row.DecisionID = d.Case.IDs.ID(record.KindDecision, h.Decision)
	}
	if h.Of != 0 {
		row.OfID = d.statementID(h.Of)
		if of, err := d.Reader().UnitsOf(ctx, []uint64{h.Of}, 0); err == nil { // it may have been erased
			row.OfID = d.unitID(of[0].Leaf, of[0].Family)
		}
	}
	return row, nil
}

// oneLine is a title and text on one line, cut at a word.
func oneLine(parts ...string) string {
	words := strings.Fields(strings.Join(parts, " "))
	n := 0
	for i, w := range words {
		if n += len([]rune(w)) + 1; n > snippetLetters {
			if i == 0 {
				return string([]rune(w)[:snippetLetters]) + "…"
			}
			return strings.Join(words[:i], " ") + " …"
		}
	}
	return strings.Join(slices.Clip(words), " ")
}

// Waiting counts the units in each state, each exactly up to 10,000.
func (d *Desk) Waiting(ctx context.Context) (map[record.Verdict]int64, error) {
	return d.Case.Catalog.Waiting(ctx, d.Case.Now().Unix())
}
