package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
	"dalil/internal/state"
)

// todayData is the first page: what waits, what changed since the reader looked
// last, and what is in the case.
type todayData struct {
	Stats   catalog.Stats
	Waiting []waits
	Looked  moment // when the reader looked last; Machine "" for never
	Since   *since // nil when nothing changed
	Fired   []firedRow
	Saved   int // searches that warn

	Languages []tally
	Sources   []sourceRow // with most statements
	More      int         // sources beyond those
	Imports   []importRow
	Gaps      []gapRow // newest
	Acts      []act
	Write     bool
	Size      uint64 // of the log, as of this page
	Then      bool   // it is as known at a moment: nothing is since anybody looked
}

// waits is a number of things that somebody has to look at.
type waits struct {
	N         int64
	One, Many string
	URL       string
	Key       string
}

// since is what changed since the reader looked.
type since struct {
	Statements, Edits, Missing, Families int64
	Exact                                bool
	Grown                                []grownRow
	Acts                                 []act
	Gaps                                 []gapRow
	Imports                              []importRow
}

type grownRow struct {
	ID, URL string
	Joined  int64
	New     bool
	Text    fragment
}

type firedRow struct {
	desk.Fired
	URL  string
	Hits []hitRow
	Said []query.Piece // the query in words
}

// tally is a number of statements of one sort, with the list of them.
type tally struct {
	Name, URL string
	N         int64
	Width     int // of its bar, in percent of the longest
}

const (
	sourcesShown = 8
	newestShown  = 5
)

func (s *server) today(r *http.Request) (reply, error) {
	ctx, cat, l := r.Context(), s.desk.Reader(), s.tongueOf(r)
	d := todayData{Write: s.desk.Case.Writable(), Then: s.desk.Known() != nil}
	var err error
	if d.Stats, err = cat.Stats(ctx); err != nil {
		return reply{}, err
	}
	if d.Size, err = cat.Size(ctx); err != nil {
		return reply{}, err
	}
	if d.Waiting, err = s.waiting(ctx); err != nil {
		return reply{}, err
	}
	looked, at, err := s.looked(ctx)
	if err != nil {
		return reply{}, err
	}
	changes := desk.Changes{}
	if looked > 0 {
		d.Looked = s.clock(at)
		if changes, err = s.desk.Since(ctx, looked); err != nil {
			return reply{}, err
		}
		if d.Since, err = s.sinceOf(ctx, changes); err != nil {
			return reply{}, err
		}
	} else if changes.Fired, err = s.desk.Fired(ctx, 0); err != nil {
		return reply{}, err
	}
	for _, f := range changes.Fired {
		a := ofSaved(f.SavedSearch)
		row := firedRow{Fired: f, URL: a.at(a.home())}
		if q, err := s.desk.Typed(f.Query); err == nil {
			row.Said = query.Pieces(q, l)
		}
		if row.Hits, err = s.hitRows(ctx, l, f.Hits[:min(len(f.Hits), 2)]); err != nil {
			return reply{}, err
		}
		d.Fired = append(d.Fired, row)
	}
	saved, err := s.desk.SavedSearches(ctx)
	if err != nil {
		return reply{}, err
	}
	for _, x := range saved {
		if x.Warn {
			d.Saved++
		}
	}
	most := int64(1)
	for _, tag := range byCount(d.Stats.Languages) {
		n := d.Stats.Languages[tag]
		most = max(most, n)
		d.Languages = append(d.Languages, tally{languageName(tag), search("lang:" + tag), n, int(max(1, 100*n/most))})
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
	// An outage says more than a hole of a few messages, so those come first.
	gaps, err := cat.Outages(ctx)
	if err != nil {
		return reply{}, err
	}
	slices.Reverse(gaps)
	holes, err := cat.NewestHoles(ctx, newestShown)
	if err != nil {
		return reply{}, err
	}
	gaps = append(gaps, holes...)
	if d.Gaps, err = s.gapRows(ctx, gaps[:min(len(gaps), newestShown)]); err != nil {
		return reply{}, err
	}
	runs, err := cat.Runs(ctx)
	if err != nil {
		return reply{}, err
	}
	if d.Acts, _, err = s.acts(ctx, l, catalog.DecisionPage{Limit: newestShown}, runs); err != nil {
		return reply{}, err
	}
	stand, err := s.desk.Standing(ctx)
	if err != nil {
		return reply{}, err
	}
	fields := map[string]any{
		"case": s.desk.Case.Config.Name, "time_zone": s.zone.String(), "statements": d.Stats.Statements, "versions": d.Stats.Versions,
		"sources": d.Stats.Sources, "captures": d.Stats.Captures, "capture_bytes": d.Stats.CaptureBytes, "gaps": d.Stats.Gaps,
		"decisions": d.Stats.Decisions, "withdrawn": d.Stats.Withdrawn, "languages": d.Stats.Languages,
		"waiting": waitingJSON(d.Waiting),
	}
	// The seal is of now, and so is what its reader has seen.
	if !d.Then {
		fields["log_size"], fields["root"], fields["sealed"], fields["looked"] = stand.Size, stand.Root, stand.Problem == "", looked
	}
	return reply{page: "today", title: key("Today"), data: d, json: fields}, nil
}

func waitingJSON(all []waits) map[string]int64 {
	m := map[string]int64{}
	for _, w := range all {
		m[w.Key] = w.N
	}
	return m
}

// waiting counts what somebody has to look at.
func (s *server) waiting(ctx context.Context) ([]waits, error) {
	states, err := s.desk.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	all := []waits{{states[record.New], key("row is new in the inbox"), key("rows are new in the inbox"), "/inbox", "new"}}
	mine := "assigned:" + s.desk.Case.Handle() + " state:new|later"
	if s.nowadays().desk.Case.Writable() { // somebody is here, whatever the moment
		in, err := s.desk.Inbox(ctx, mine, desk.InboxPage{Page: catalog.Page{Limit: 1, Total: true}})
		if err != nil {
			return nil, err
		}
		all = append(all, waits{in.Total, key("row is assigned to you"), key("rows are assigned to you"), inboxOf(mine), "mine"})
	}
	return append(all, waits{states[record.Later], key("row is put off"), key("rows are put off"), inboxOf("state:later"), "later"}), nil
}

func (s *server) sinceOf(ctx context.Context, c desk.Changes) (*since, error) {
	x := since{Statements: c.Statements, Edits: c.Edits, Missing: c.Missing, Families: c.Families, Exact: c.Exact}
	for _, g := range c.Grown[:min(len(c.Grown), newestShown)] {
		row := grownRow{ID: s.familyID(g.Family), URL: "/y/" + s.familyID(g.Family), Joined: g.Joined, New: g.New}
		f, err := s.desk.Case.Catalog.Family(ctx, g.Family)
		if err != nil {
			return nil, err
		}
		st, err := s.desk.Reader().Statement(ctx, f.First)
		if err != nil {
			return nil, err
		}
		row.Text = marked(shortened(st.Text, 120), st.Lang, nil)
		x.Grown = append(x.Grown, row)
	}
	for _, o := range c.Others[:min(len(c.Others), newestShown)] {
		a, err := s.actOf(ctx, o)
		if err != nil {
			return nil, err
		}
		x.Acts = append(x.Acts, a)
	}
	var err error
	if x.Gaps, err = s.gapRows(ctx, c.Gaps[:min(len(c.Gaps), newestShown)]); err != nil {
		return nil, err
	}
	for _, run := range c.Runs[:min(len(c.Runs), newestShown)] {
		x.Imports = append(x.Imports, s.importRow(run))
	}
	if x.Statements+x.Edits+x.Missing+int64(len(x.Acts)+len(x.Gaps)+len(x.Imports)) == 0 {
		return nil, nil
	}
	return &x, nil
}

// todayPlace is the place of a mark: how far somebody has read what is new.
const todayPlace = "today"

// looked is the log size that this person saw last, and when.
func (s *server) looked(ctx context.Context) (size uint64, at int64, err error) {
	if !s.desk.Case.Writable() {
		return 0, 0, nil
	}
	store, err := s.desk.Case.State()
	if err != nil {
		return 0, 0, err
	}
	m, err := store.Seen(ctx, s.desk.Case.Handle(), todayPlace)
	return m.Leaf, m.At, err
}

// seen notes that this person has seen what there was up to a log size. It is
// theirs alone and no record of the case.
func (s *server) seen(_ http.ResponseWriter, r *http.Request) (string, error) {
	size, err := strconv.ParseUint(r.PostForm.Get("size"), 10, 64)
	if err != nil || size > s.desk.Case.Archive.Size() {
		return "", fmt.Errorf("%w: size=%.20q", record.ErrInvalid, r.PostForm.Get("size"))
	}
	store, err := s.desk.Case.State()
	if err != nil {
		return "", err
	}
	return back(r, "/"), store.SetSeen(r.Context(), s.desk.Case.Handle(), todayPlace, state.Mark{Leaf: size, At: s.desk.Case.Now().UnixMilli()})
}
