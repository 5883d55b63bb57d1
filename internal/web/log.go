package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/record"
)

// act is something a person did that is on record.
type act struct {
	Leaf   uint64
	At     int64
	By     string
	Action string // as the log has it
	What   string // verb
	Target string // id of what it was done to
	URL    string
	Reason string
	Counts phrase // what an import brought, in its place
	Undone bool
	ID     string
	Then   string // address of the case as it was known with it
}

const actsShown = 100

// acts lists decisions and imports, newest first, and whether there are more.
func (s *server) acts(ctx context.Context, l *tongue, page catalog.DecisionPage, runs []catalog.Run) (all []act, more bool, err error) {
	most := page.Limit
	page.Limit++
	decisions, err := s.desk.Reader().NewestDecisions(ctx, page)
	if err != nil {
		return nil, false, err
	}
	for len(all) <= most && len(decisions)+len(runs) > 0 {
		if len(runs) == 0 || len(decisions) > 0 && decisions[0].Leaf > runs[0].Leaf {
			x := decisions[0]
			decisions = decisions[1:]
			a, err := s.actOf(ctx, x)
			if err != nil {
				return nil, false, err
			}
			all = append(all, a)
			continue
		}
		x := runs[0]
		runs = runs[1:]
		if page.Before != 0 && x.Leaf >= page.Before || page.By != "" && x.By != page.By || page.Action != "" && x.Verb != page.Action {
			continue
		}
		row := s.importRow(x)
		a := act{Leaf: x.Leaf, At: x.At, By: x.By, Action: x.Verb, What: actionWords(x.Verb), Target: row.ID, URL: row.URL, ID: row.ID, Counts: phrase{Text: row.State.Word}}
		if row.Done {
			a.Counts = phrase{key("{new} new, {known} known, {edited} edited"), []string{"new", l.number(int(row.Receipt.New)), "known", l.number(int(row.Receipt.Known)), "edited", l.number(int(row.Receipt.Edits))}}
		}
		all = append(all, a)
	}
	for i := range all {
		all[i].Then = thenAt("/statements", all[i].Leaf)
		if x := all[i].URL; strings.HasPrefix(x, "/s/") || strings.HasPrefix(x, "/c/") {
			all[i].Then = thenAt(x, all[i].Leaf)
		}
	}
	if len(all) > most {
		return all[:most], true, nil
	}
	return all, false, nil
}

func (s *server) actOf(ctx context.Context, x record.Decision) (act, error) {
	a := act{Leaf: x.Leaf, At: x.At, By: x.By, Action: x.Action, What: actionWords(x.Action), Reason: x.Reason, Undone: x.Undone != 0,
		ID: s.desk.Case.IDs.ID(record.KindDecision, x.Leaf)}
	if x.Target == 0 { // about the case as a whole
		return a, nil
	}
	e, err := s.desk.Case.Catalog.Entry(ctx, x.Target)
	if err != nil {
		return a, err
	}
	a.Target, a.URL = s.named(e.Kind, x.Target)
	return a, nil
}

// named is the id of a record and the address of its page.
func (s *server) named(kind record.LeafKind, leaf uint64) (id, at string) {
	ids := s.desk.Case.IDs
	switch kind {
	case record.LeafStatement:
		id = ids.ID(record.KindStatement, leaf)
		return id, "/s/" + id
	case record.LeafCapture:
		return ids.ID(record.KindCapture, leaf), entryAt(leaf)
	case record.LeafSource:
		id = ids.ID(record.KindSource, leaf)
		return id, "/c/" + id
	case record.LeafRun:
		id = ids.ID(record.KindRun, leaf)
		return id, "/imports/" + id
	case record.LeafDecision:
		return ids.ID(record.KindDecision, leaf), entryAt(leaf)
	case record.LeafGap:
		return ids.ID(record.KindGap, leaf), entryAt(leaf)
	}
	return ids.ID(record.KindLeaf, leaf), entryAt(leaf)
}

func entryAt(leaf uint64) string { return "/log/" + strconv.FormatUint(leaf, 10) }

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
		list[i] = actJSON{a.ID, s.clock(a.At).Machine, a.By, a.Action, a.Target, cmp.Or(a.Reason, a.Counts.english()), a.Undone, a.Leaf}
	}
	return list
}

// logData is the log's page.
type logData struct {
	Stand desk.Standing
	Stats catalog.Stats
	Acts  []act
	More  string   // address of older ones
	First string   // address of the newest, when this is not it
	Gaps  []gapRow // that a person recorded
	By    []choice // whose acts are shown
	Do    []choice // which acts
}

func (s *server) log(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	var d logData
	var err error
	if d.Stand, err = s.desk.Standing(ctx); err != nil {
		return reply{}, err
	}
	if d.Stats, err = s.desk.Case.Catalog.Stats(ctx); err != nil {
		return reply{}, err
	}
	ask := r.URL.Query()
	before, _ := strconv.ParseUint(ask.Get("before"), 10, 64) // anything else is the newest
	by, do := ask.Get("by"), ask.Get("do")
	cat := s.desk.Reader()
	runs, err := cat.Runs(ctx)
	if err != nil {
		return reply{}, err
	}
	n, err := cat.DecisionCounts(ctx)
	if err != nil {
		return reply{}, err
	}
	for _, x := range runs {
		n.By[x.By]++
		n.Action[x.Verb]++
	}
	more := false
	if d.Acts, more, err = s.acts(ctx, l, catalog.DecisionPage{Before: before, Limit: actsShown, By: by, Action: do}, runs); err != nil {
		return reply{}, err
	}
	at := func(by, do string, before uint64) string {
		v := url.Values{}
		for name, value := range map[string]string{"by": by, "do": do} {
			if value != "" {
				v.Set(name, value)
			}
		}
		if before != 0 {
			v.Set("before", strconv.FormatUint(before, 10))
		}
		return strings.TrimSuffix("/log?"+v.Encode(), "?")
	}
	if more {
		d.More = at(by, do, d.Acts[len(d.Acts)-1].Leaf)
	}
	if before != 0 {
		d.First = at(by, do, 0)
	}
	for _, b := range byCount(n.By) {
		d.By = append(d.By, choice{Name: b, N: -1, On: b == by, URL: at(map[bool]string{false: b}[b == by], do, 0)})
	}
	for _, a := range byCount(n.Action) {
		d.Do = append(d.Do, choice{Name: actionWords(a), N: -1, On: a == do, URL: at(by, map[bool]string{false: a}[a == do], 0)})
	}
	if before == 0 && by == "" && do == "" {
		gaps, err := cat.Outages(ctx)
		if err != nil {
			return reply{}, err
		}
		slices.Reverse(gaps)
		if d.Gaps, err = s.gapRows(ctx, gaps[:min(len(gaps), actsShown)]); err != nil {
			return reply{}, err
		}
	}
	rep := reply{page: "log", title: key("Log"), data: d, json: s.actsJSON(d.Acts)}
	if d.More != "" {
		rep.next = strings.Replace(d.More, "/log", "/log.json", 1)
	}
	return rep, nil
}
