package desk

import "dalil/internal/record"

// What programs read about families, the same from the command line and from
// the browser (the CLI contract). Ratios and numbers of firsts have three
// places: more would be false precision.

// FamilyJSON is the `family` object.
type FamilyJSON struct {
	ID        string         `json:"id"`
	First     string         `json:"first"`
	Size      int            `json:"size"`
	Sources   int            `json:"sources"`
	From      record.When    `json:"first_posted,omitzero"`
	To        record.When    `json:"last_posted,omitzero"`
	Members   []MemberJSON   `json:"members"`
	Attested  []AttestedJSON `json:"attested"`
	Apart     []ApartJSON    `json:"kept_apart"`
	Unseen    []UnseenJSON   `json:"unseen"`
	Unwatched []string       `json:"unwatched"` // names of sources
}

// MemberJSON is a statement in a family.
type MemberJSON struct {
	Statement  string          `json:"statement"`
	Source     string          `json:"source"`
	SourceName string          `json:"source_name"`
	ExternalID string          `json:"external_id"`
	PostedAt   record.When     `json:"posted_at,omitzero"`
	EditedAt   record.When     `json:"edited_at,omitzero"` // its wording is attested from then on only
	Relation   record.Relation `json:"relation"`
	Ground     record.Ground   `json:"ground,omitempty"`
	Similarity float64         `json:"similarity"`
	Within     float64         `json:"within"`
	Holds      float64         `json:"holds"`
	Via        string          `json:"via,omitempty"`
	Distance   int             `json:"distance"`
	After      *int64          `json:"after_seconds,omitempty"`
	Tie        bool            `json:"tie,omitempty"`
	Lang       string          `json:"lang"`
	Withdrawn  bool            `json:"withdrawn,omitempty"`
	Added      string          `json:"added,omitempty"`   // words this text has and the other not
	Removed    string          `json:"removed,omitempty"` // and the other way
}

// AttestedJSON is an original that no capture holds.
type AttestedJSON struct {
	Source     string      `json:"source,omitempty"`
	SourceName string      `json:"source_name"`
	ExternalID string      `json:"external_id,omitempty"`
	PostedAt   record.When `json:"posted_at,omitzero"`
	Before     record.When `json:"before,omitzero"` // it was there by then, when no header gives the time
	By         []string    `json:"by"`
	Gap        string      `json:"gap,omitempty"`
}

// ApartJSON is a statement that is alike and kept apart.
type ApartJSON struct {
	Statement  string  `json:"statement"`
	Other      string  `json:"other"`
	Family     string  `json:"family,omitempty"`
	SourceName string  `json:"source_name"`
	Slot       string  `json:"slot"`
	States     string  `json:"states"`
	OtherSays  string  `json:"other_states"`
	Similarity float64 `json:"similarity"`
}

// UnseenJSON is a gap around the time of a family.
type UnseenJSON struct {
	Gap        string      `json:"gap"`
	SourceName string      `json:"source_name,omitempty"`
	From       record.When `json:"from,omitzero"`
	To         record.When `json:"to,omitzero"`
	Why        string      `json:"why"`
}

// FirstJSON is the `first` object.
type FirstJSON struct {
	Who        string  `json:"who"`
	SourceName string  `json:"source_name"`
	ExternalID string  `json:"external_id"`
	Families   int     `json:"families"`
	First      float64 `json:"first"`
	Expected   float64 `json:"expected"`
	Share      float64 `json:"share"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	P          float64 `json:"p"`
	Q          float64 `json:"q"`
	Verdict    string  `json:"verdict"`
}

// LagJSON is the `lag` object.
type LagJSON struct {
	Left       string  `json:"left"`
	LeftName   string  `json:"left_name"`
	Right      string  `json:"right"`
	RightName  string  `json:"right_name"`
	Both       int     `json:"both"`
	LeftFirst  int     `json:"left_first"`
	RightFirst int     `json:"right_first"`
	Ties       int     `json:"ties"`
	OnlyLeft   int     `json:"only_left"`
	OnlyRight  int     `json:"only_right"`
	Median     float64 `json:"median_seconds"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	P          float64 `json:"p"`
	Q          float64 `json:"q"`
	Verdict    string  `json:"verdict"`
}

// SpreadJSON is how a source takes part in what travels, in a `source` object.
type SpreadJSON struct {
	Issuer   bool         `json:"issuer,omitempty"`
	Families int          `json:"families"`
	First    int          `json:"first"`
	Median   *int64       `json:"median_seconds,omitempty"`
	Taken    []OtherJSON  `json:"taken"`
	Given    []OtherJSON  `json:"given"`
	Forwards []OriginJSON `json:"forwards_named"`
	Rhythm   [7][24]int64 `json:"rhythm"` // posts by weekday, Sunday first, and hour in the case's zone
}

// OtherJSON is another source and how often two were in one family.
type OtherJSON struct {
	Source     string `json:"source"`
	SourceName string `json:"source_name"`
	Families   int    `json:"families"`
	Median     int64  `json:"median_seconds"`
}

// OriginJSON is whom a source's forward headers name.
type OriginJSON struct {
	Source     string `json:"source,omitempty"`
	SourceName string `json:"source_name"`
	N          int64  `json:"posts"`
}

func round(x float64) float64 { return float64(int64(x*1000+.5)) / 1000 }

// WhenOf is a catalog's time as record.When; unknown for NoSeconds.
func WhenOf(sec int64) record.When {
	if sec == record.NoSeconds {
		return record.When{}
	}
	return record.AtUnix(sec)
}

// FamilyJSON is f for programs.
func (d *Desk) FamilyJSON(f Family) FamilyJSON {
	ids := d.Case.IDs
	j := FamilyJSON{
		ID: f.ID, First: ids.ID(record.KindStatement, f.First), Size: len(f.Members), Sources: f.Sources, From: WhenOf(f.From), To: WhenOf(f.To),
		Members: make([]MemberJSON, len(f.Members)), Attested: []AttestedJSON{}, Apart: []ApartJSON{}, Unseen: []UnseenJSON{}, Unwatched: []string{},
	}
	for i, m := range f.Members {
		s := m.Statement
		x := MemberJSON{m.ID, ids.ID(record.KindSource, s.Source), s.SourceName, s.ExternalID, s.Posted, s.Edited, m.Relation, m.Ground,
			round(m.Similarity), round(m.Within), round(m.Holds), m.Via, m.Distance, nil, m.Tie, s.Lang, s.Withdrawn, "", ""}
		if m.Timed {
			x.After = &m.After
		}
		x.Added, x.Removed = f.Changed(m)
		j.Members[i] = x
	}
	for _, a := range f.Attested {
		x := AttestedJSON{"", a.Name, a.ID, a.Posted, record.When{}, a.Bys, a.Hole}
		if a.Source != 0 {
			x.Source = ids.ID(record.KindSource, a.Source)
		}
		if !a.Posted.Known() {
			x.Before = WhenOf(a.Before)
		}
		j.Attested = append(j.Attested, x)
	}
	for _, a := range f.Apart {
		j.Apart = append(j.Apart, ApartJSON{a.Here, a.There, a.Family, a.Source, a.Slot, a.Stated, a.Other, round(a.Similarity)})
	}
	for _, u := range f.Unseen {
		j.Unseen = append(j.Unseen, UnseenJSON{u.Gap, u.Source.Name, WhenOf(u.From), WhenOf(u.To), u.Why})
	}
	for _, s := range f.Unwatched {
		j.Unwatched = append(j.Unwatched, s.Name)
	}
	return j
}

// JSON is r for programs.
func (r FirstRow) JSON() FirstJSON {
	return FirstJSON{r.ID, r.Source.Name, r.Source.Key, r.Families, round(r.First.First), round(r.Expected), round(r.Share), round(r.Low), round(r.High), r.P, r.Q, r.Verdict}
}

// JSON is r for programs.
func (r LagRow) JSON() LagJSON {
	return LagJSON{r.AID, r.A.Name, r.BID, r.B.Name, r.Both, r.AFirst, r.BFirst, r.Ties, r.OnlyA, r.OnlyB, r.Median, r.Low, r.High, r.P, r.Q, r.Verdict}
}

// JSON is s for programs.
func (s Spread) JSON() SpreadJSON {
	others := func(list []Other) []OtherJSON {
		all := make([]OtherJSON, len(list))
		for i, o := range list {
			all[i] = OtherJSON{o.ID, o.Source.Name, o.N, o.Median}
		}
		return all
	}
	j := SpreadJSON{s.Issuer, s.Families, s.First, nil, others(s.Taken), others(s.Given), make([]OriginJSON, len(s.Origins)), s.Week}
	if s.Median >= 0 {
		j.Median = &s.Median
	}
	for i, o := range s.Origins {
		j.Forwards[i] = OriginJSON{o.ID, o.Name, o.N}
	}
	return j
}
