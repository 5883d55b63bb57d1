package web

import (
	"net/http"
	"slices"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// overviewData is the first page: what is in the case, and what happened last.
type overviewData struct {
	Stats     catalog.Stats
	Languages []tally
	Sources   []sourceRow // with most statements
	More      int         // sources beyond those
	Imports   []importRow
	Gaps      []gapRow // newest
	AllGaps   int
	Acts      []act
}

// tally is a number of statements of one sort, with the list of them.
type tally struct {
	Name, URL string
	N         int64
	Width     int // of its bar, in percent of the longest
}

const (
	sourcesShown = 12
	newestShown  = 5
)

func (s *server) overview(r *http.Request) (reply, error) {
	ctx, cat := r.Context(), s.desk.Case.Catalog
	var d overviewData
	var err error
	if d.Stats, err = cat.Stats(ctx); err != nil {
		return reply{}, err
	}
	most := int64(1)
	for _, l := range byCount(d.Stats.Languages) {
		n := d.Stats.Languages[l]
		most = max(most, n)
		d.Languages = append(d.Languages, tally{languageName(l), search("lang:" + l), n, int(max(1, 100*n/most))})
	}
	sources, err := s.sourceRows(ctx)
	if err != nil {
		return reply{}, err
	}
	slices.SortStableFunc(sources, func(a, b sourceRow) int { return int(b.Statements - a.Statements) })
	d.More = max(0, len(sources)-sourcesShown)
	d.Sources = sources[:min(len(sources), sourcesShown)]
	if d.Imports, err = s.importRows(ctx, newestShown); err != nil {
		return reply{}, err
	}
	gaps, err := cat.Gaps(ctx, 0)
	if err != nil {
		return reply{}, err
	}
	d.AllGaps = len(gaps)
	// An outage says more than a hole of a few messages, so those come first.
	slices.SortStableFunc(gaps, func(a, b record.Gap) int {
		if (a.First == "") != (b.First == "") {
			return map[bool]int{true: -1, false: 1}[a.First == ""]
		}
		return int(b.Leaf) - int(a.Leaf)
	})
	if d.Gaps, err = s.gapRows(ctx, gaps[:min(len(gaps), newestShown)]); err != nil {
		return reply{}, err
	}
	if d.Acts, _, err = s.acts(ctx, s.tongueOf(r), newestShown, 0, anybody); err != nil {
		return reply{}, err
	}
	stand, err := s.desk.Standing(ctx)
	if err != nil {
		return reply{}, err
	}
	return reply{page: "overview", title: "Overview", data: d, json: map[string]any{
		"case": s.desk.Case.Config.Name, "time_zone": s.zone.String(), "statements": d.Stats.Statements, "versions": d.Stats.Versions,
		"sources": d.Stats.Sources, "captures": d.Stats.Captures, "capture_bytes": d.Stats.CaptureBytes, "gaps": d.Stats.Gaps,
		"decisions": d.Stats.Decisions, "withdrawn": d.Stats.Withdrawn, "languages": d.Stats.Languages,
		"log_size": stand.Size, "root": stand.Root, "sealed": stand.Problem == "",
	}}, nil
}
