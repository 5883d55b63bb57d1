package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/record"
)

// act is something a person did that is on record.
type act struct {
	Leaf   uint64
	At     int64
	By     string
	What   string // verb
	Target string // id of what it was done to
	URL    string
	Reason string
	Undone bool
	ID     string
}

const actsShown = 200

// acts lists the newest decisions and imports, newest first.
func (s *server) acts(ctx context.Context, most int) ([]act, error) {
	cat := s.desk.Case.Catalog
	decisions, err := cat.AllDecisions(ctx)
	if err != nil {
		return nil, err
	}
	runs, err := cat.Runs(ctx)
	if err != nil {
		return nil, err
	}
	slices.Reverse(decisions)
	var all []act
	for _, x := range decisions[:min(len(decisions), most)] {
		a, err := s.actOf(ctx, x)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	for _, x := range runs[:min(len(runs), most)] {
		row := s.importRow(x)
		all = append(all, act{Leaf: x.Leaf, At: x.At, By: x.By, What: "imported", Target: row.ID, URL: row.URL, ID: row.ID,
			Reason: fmt.Sprintf("%s new, %s known, %s edited", number(row.Receipt.New), number(row.Receipt.Known), number(row.Receipt.Edits))})
	}
	slices.SortFunc(all, func(a, b act) int { return int(b.Leaf) - int(a.Leaf) })
	return all[:min(len(all), most)], nil
}

func (s *server) actOf(ctx context.Context, x record.Decision) (act, error) {
	a := act{Leaf: x.Leaf, At: x.At, By: x.By, What: actionWords(x.Action), Reason: x.Reason, Undone: x.Undone != 0,
		ID: s.desk.Case.IDs.ID(record.KindDecision, x.Leaf)}
	e, err := s.desk.Case.Catalog.Entry(ctx, x.Target)
	if err != nil {
		return a, err
	}
	ids := s.desk.Case.IDs
	switch e.Kind {
	case record.LeafStatement:
		a.Target = ids.ID(record.KindStatement, x.Target)
		a.URL = "/s/" + a.Target
	case record.LeafCapture:
		a.Target = ids.ID(record.KindCapture, x.Target)
	case record.LeafSource:
		a.Target = ids.ID(record.KindSource, x.Target)
		a.URL = "/c/" + a.Target
	case record.LeafDecision:
		a.Target = ids.ID(record.KindDecision, x.Target)
	case record.LeafGap:
		a.Target = ids.ID(record.KindGap, x.Target)
	default:
		a.Target = ids.ID(record.KindLeaf, x.Target)
	}
	return a, nil
}

type actJSON struct {
	ID     string `json:"id"`
	At     string `json:"at"`
	By     string `json:"by"`
	Action string `json:"action"`
	Target string `json:"target"`
	Reason string `json:"reason"`
	Undone bool   `json:"undone,omitempty"`
	Entry  uint64 `json:"log_entry"`
}

func (s *server) actsJSON(acts []act) []actJSON {
	list := make([]actJSON, len(acts))
	for i, a := range acts {
		list[i] = actJSON{a.ID, s.clock(a.At).Machine, a.By, a.What, a.Target, a.Reason, a.Undone, a.Leaf}
	}
	return list
}

// logData is the log's page.
type logData struct {
	Stand desk.Standing
	Stats catalog.Stats
	Acts  []act
	Gaps  []gapRow // that a person recorded
	Most  int
}

func (s *server) log(r *http.Request) (reply, error) {
	ctx := r.Context()
	d := logData{Most: actsShown}
	var err error
	if d.Stand, err = s.desk.Standing(ctx); err != nil {
		return reply{}, err
	}
	if d.Stats, err = s.desk.Case.Catalog.Stats(ctx); err != nil {
		return reply{}, err
	}
	if d.Acts, err = s.acts(ctx, actsShown); err != nil {
		return reply{}, err
	}
	gaps, err := s.desk.Case.Catalog.Gaps(ctx, 0)
	if err != nil {
		return reply{}, err
	}
	gaps = slices.DeleteFunc(gaps, func(g record.Gap) bool { return g.Why == "ids" })
	slices.Reverse(gaps)
	if d.Gaps, err = s.gapRows(ctx, gaps[:min(len(gaps), actsShown)]); err != nil {
		return reply{}, err
	}
	return reply{page: "log", title: "Log", data: d, json: s.actsJSON(d.Acts)}, nil
}
