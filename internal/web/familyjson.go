package web

import (
	"dalil/internal/desk"
	"dalil/internal/record"
)

// familyJSON is the `family` object of the CLI contract. In lists it has no
// members: a page of them costs hundreds of look-ups, and each family has an
// address.
type familyJSON struct {
	ID        string         `json:"id"`
	First     string         `json:"first"`
	Size      int            `json:"size"`
	Sources   int            `json:"sources"`
	From      record.When    `json:"first_posted,omitzero"`
	To        record.When    `json:"last_posted,omitzero"`
	Languages []string       `json:"languages,omitempty"`
	URL       string         `json:"url,omitempty"` // the whole family, in lists
	Members   []memberJSON   `json:"members,omitempty"`
	Attested  []attestedJSON `json:"attested,omitempty"`
	Apart     []apartJSON    `json:"kept_apart,omitempty"`
	Unseen    []unseenJSON   `json:"unseen,omitempty"`
	Unwatched []string       `json:"unwatched,omitempty"`
	Decisions []actJSON      `json:"decisions,omitempty"`
}

type memberJSON struct {
	Statement  string          `json:"statement"`
	Source     string          `json:"source"`
	SourceName string          `json:"source_name"`
	ExternalID string          `json:"external_id"`
	PostedAt   record.When     `json:"posted_at,omitzero"`
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
}

type attestedJSON struct {
	Source     string      `json:"source,omitempty"`
	SourceName string      `json:"source_name"`
	ExternalID string      `json:"external_id,omitempty"`
	PostedAt   record.When `json:"posted_at,omitzero"`
	Before     record.When `json:"before,omitzero"` // it was there by then, when no header gives the time
	By         []string    `json:"by"`
	Gap        string      `json:"gap,omitempty"`
}

type apartJSON struct {
	Statement  string  `json:"statement"`
	Other      string  `json:"other"`
	Family     string  `json:"family,omitempty"`
	SourceName string  `json:"source_name"`
	Slot       string  `json:"slot"`
	States     string  `json:"states"`
	OtherSays  string  `json:"other_states"`
	Similarity float64 `json:"similarity"`
}

type unseenJSON struct {
	Gap        string      `json:"gap"`
	SourceName string      `json:"source_name,omitempty"`
	From       record.When `json:"from,omitzero"`
	To         record.When `json:"to,omitzero"`
	Why        string      `json:"why"`
}

// whenOf is a catalog's time for programs.
func whenOf(sec int64) record.When {
	if sec == record.NoSeconds {
		return record.When{}
	}
	return record.AtUnix(sec)
}

// round keeps three places: more would be false precision.
func round(x float64) float64 { return float64(int64(x*1000+.5)) / 1000 }

func (s *server) familyJSON(f desk.Family, acts []act) familyJSON {
	ids := s.desk.Case.IDs
	j := familyJSON{ID: f.ID, First: ids.ID(record.KindStatement, f.First), Size: len(f.Members), Sources: f.Sources,
		From: whenOf(f.From), To: whenOf(f.To), Decisions: s.actsJSON(acts)}
	for _, m := range f.Members {
		st := m.Statement
		x := memberJSON{m.ID, ids.ID(record.KindSource, st.Source), st.SourceName, st.ExternalID, st.Posted, m.Relation, m.Ground,
			round(m.Similarity), round(m.Within), round(m.Holds), m.Via, m.Distance, nil, m.Tie, st.Lang, st.Withdrawn}
		if m.Timed {
			x.After = &m.After
		}
		j.Members = append(j.Members, x)
	}
	for _, a := range f.Attested {
		x := attestedJSON{"", a.Name, a.ID, a.Posted, record.When{}, a.Bys, a.Hole}
		if a.Source != 0 {
			x.Source = ids.ID(record.KindSource, a.Source)
		}
		if !a.Posted.Known() {
			x.Before = whenOf(a.Before)
		}
		j.Attested = append(j.Attested, x)
	}
	for _, a := range f.Apart {
		j.Apart = append(j.Apart, apartJSON{a.Here, a.There, a.Family, a.Source, a.Slot, a.Stated, a.Other, round(a.Similarity)})
	}
	for _, u := range f.Unseen {
		j.Unseen = append(j.Unseen, unseenJSON{u.Gap, u.Source.Name, whenOf(u.From), whenOf(u.To), u.Why})
	}
	for _, x := range f.Unwatched {
		j.Unwatched = append(j.Unwatched, x.Name)
	}
	return j
}
