package desk

import (
	"dalil/internal/catalog"
	"dalil/internal/record"
)

// UnitJSON is the `unit` object: a row of the inbox for programs, the same from
// the command line and from the browser.
type UnitJSON struct {
	ID         string          `json:"id"`
	State      record.Verdict  `json:"state"`
	Due        bool            `json:"due,omitempty"`
	First      string          `json:"first"`
	Source     string          `json:"source"`
	SourceName string          `json:"source_name"`
	PostedAt   record.When     `json:"posted_at,omitzero"`
	LastAt     record.When     `json:"last_posted,omitzero"`
	Lang       string          `json:"lang"`
	Text       string          `json:"text"` // of the first, shortened
	Posts      int             `json:"posts"`
	Sources    int             `json:"sources"`
	Second     *int64          `json:"second_source_seconds,omitempty"` // from the first post to the first of another source
	Newest     string          `json:"newest"`
	Matched    string          `json:"matched"` // the statement the unit stands at
	Why        []catalog.Match `json:"why,omitempty"`
	Import     string          `json:"import"` // that brought the newest
	Issuer     bool            `json:"issuer,omitempty"`
	Fresh      bool            `json:"fresh,omitempty"`
	Joined     int             `json:"joined_since"` // statements that joined since it was decided about
	Until      record.When     `json:"until,omitzero"`
	Of         string          `json:"of,omitempty"`
	Mixed      bool            `json:"mixed,omitempty"`
	Decision   string          `json:"decision,omitempty"`
	By         string          `json:"by,omitempty"`
	At         string          `json:"at,omitempty"`
	Labels     []string        `json:"labels"`
	Assignee   string          `json:"assigned,omitempty"`
	Shielded   bool            `json:"shielded,omitempty"`
	Seen       uint64          `json:"seen"` // what a decision about it states it has seen
}

// UnitJSON is r for programs.
func (d *Desk) UnitJSON(r InboxRow) UnitJSON {
	j := UnitJSON{ID: r.ID, State: r.Verdict, Due: r.Due, First: r.FirstID, Source: d.Case.IDs.ID(record.KindSource, r.First.Source), SourceName: r.First.SourceName,
		PostedAt: r.First.Posted, LastAt: r.Newest.Posted, Lang: r.First.Lang, Text: r.Text, Posts: r.Posts, Sources: r.Sources,
		Newest: d.StatementID(r.Newest), Matched: r.HitID, Why: r.Why.Words, Import: r.Why.Import, Issuer: r.Why.Issuer, Fresh: r.Why.Fresh, Joined: r.Why.Joined,
		Of: r.OfID, Mixed: r.Mixed, Decision: r.DecisionID, By: r.By, Labels: append([]string{}, r.Labels...), Assignee: r.Assignee, Shielded: r.Shielded, Seen: r.Touched}
	if r.Second >= 0 {
		j.Second = &r.Second
	}
	if r.Until > 0 {
		j.Until = record.AtUnix(r.Until)
	}
	if r.Decision != 0 {
		j.At = milli(r.At)
	}
	return j
}

// SavedJSON is the `saved_search` object.
type SavedJSON struct {
	ID string `json:"id"`
	SavedSearch
	By      string `json:"by"`
	At      string `json:"at"`
	Reason  string `json:"reason,omitempty"`
	Echo    string `json:"echo"`
	Problem string `json:"problem,omitempty"`
}

// JSON is s for programs.
func (s Saved) JSON() SavedJSON {
	return SavedJSON{s.ID, s.SavedSearch, s.By, milli(s.At), s.Reason, s.Echo, s.Problem}
}
