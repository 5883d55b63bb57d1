package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/record"
)

// SourceFact is what the evidence says of a source: one title, description,
// number of subscribers or username, with every time it was seen so.
type SourceFact struct {
	Kind  record.FactKind
	Value string
	Seen  []Sighting // by time
}

// Sighting is one piece of evidence that says so.
type Sighting struct {
	At int64  // seconds since 1970: their clock, or else ours; NoSeconds when neither says
	ID string // of the capture, K-…, or of the statement, S-…
}

// Count is the number that a printed number of subscribers stands for: "48 100"
// is 48,100 and "48.1K" about that. False when it is none.
func (f SourceFact) Count() (int64, bool) { return countOf(f.Value) }

func countOf(printed string) (int64, bool) {
	s := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", ",", "").Replace(printed)
	scale := 1.0
	switch {
	case strings.HasSuffix(s, "K"):
		scale = 1e3
	case strings.HasSuffix(s, "M"):
		scale = 1e6
	}
	v, err := strconv.ParseFloat(strings.TrimRight(s, "KM"), 64)
	if err != nil || v < 0 || v*scale > 1e12 || v != v {
		return 0, false
	}
	return int64(v*scale + .5), true
}

// SourceFacts gathers what evidence says of a source over time: what exports
// call it, what its service messages announce, what captured pages of its
// channel print. In order of the first sighting. Of pages that give no number of
// the channel it takes those under a username that other evidence says was its.
func (d *Desk) SourceFacts(ctx context.Context, s record.Source) ([]SourceFact, error) {
	s, err := d.rawSource(ctx, s.Leaf)
	if err != nil {
		return nil, err
	}
	keys := []string{s.Key}
	if s.Platform == "telegram" {
		keys = append(keys, "telegram-name:"+strings.ToLower(strings.Join(strings.Fields(s.Name), " ")))
	}
	all, err := d.Reader().SourceFacts(ctx, keys)
	if err != nil {
		return nil, err
	}
	var more []string
	for _, f := range all {
		if key := "telegram-user:" + strings.ToLower(f.Value); f.Kind == record.FactUsername && !slices.Contains(keys, key) && !slices.Contains(more, key) && len(more) < 16 {
			more = append(more, key)
		}
	}
	if len(more) > 0 {
		if all, err = d.Reader().SourceFacts(ctx, append(keys, more...)); err != nil {
			return nil, err
		}
	}
	var facts []SourceFact
	for _, f := range all {
		i := slices.IndexFunc(facts, func(x SourceFact) bool { return x.Kind == f.Kind && x.Value == f.Value })
		if i < 0 {
			i = len(facts)
			facts = append(facts, SourceFact{Kind: f.Kind, Value: f.Value})
		}
		facts[i].Seen = append(facts[i].Seen, Sighting{f.At, d.evidence(ctx, f.Leaf)})
	}
	return facts, nil
}

// evidence is the id of the capture or statement that an entry is.
func (d *Desk) evidence(ctx context.Context, leaf uint64) string {
	if v, err := d.Reader().Version(ctx, leaf); err == nil {
		return d.Case.IDs.ID(record.KindStatement, v.First)
	}
	return d.Case.IDs.ID(record.KindCapture, leaf)
}

// SourceFacts masks what evidence says of a source as everything else.
func (r reader) SourceFacts(ctx context.Context, keys []string) ([]record.Fact, error) {
	all, err := r.Catalog.SourceFacts(ctx, keys)
	if err != nil {
		return nil, err
	}
	m, err := r.d.masker(ctx)
	for i := range all {
		if m != nil {
			all[i].Value = m.plain(all[i].Value)
		}
	}
	return all, err
}

// SourceFactJSON is what evidence says of a source, for programs.
type SourceFactJSON struct {
	Kind  record.FactKind `json:"kind"`
	Value string          `json:"value"`
	Count *int64          `json:"count,omitempty"` // of subscribers
	Seen  []SightingJSON  `json:"seen"`
}

// SightingJSON is one piece of evidence.
type SightingJSON struct {
	At       record.When `json:"at,omitzero"`
	Evidence string      `json:"evidence"`
}

// FactsJSON is facts for programs.
func FactsJSON(facts []SourceFact) []SourceFactJSON {
	all := make([]SourceFactJSON, len(facts))
	for i, f := range facts {
		all[i] = SourceFactJSON{Kind: f.Kind, Value: f.Value}
		if n, ok := f.Count(); ok && f.Kind == record.FactSubscribers {
			all[i].Count = &n
		}
		for _, s := range f.Seen {
			all[i].Seen = append(all[i].Seen, SightingJSON{WhenOf(s.At), s.ID})
		}
	}
	return all
}
