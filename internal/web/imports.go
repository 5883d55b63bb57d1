package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// importRow is an import in a list.
type importRow struct {
	catalog.Run
	ID, URL string
	What    []string // base names of what was imported
	Receipt receipt
	Done    bool
	State   chip
}

// receipt is what an import says it did: pipeline.Receipt as the log keeps it.
type receipt struct {
	Read         int64            `json:"read"`
	New          int64            `json:"new"`
	Known        int64            `json:"known"`
	Edits        int64            `json:"edits"`
	Failed       int64            `json:"failed"`
	MissingMedia int64            `json:"missing_media"`
	OmittedMedia int64            `json:"omitted_media"`
	Files        int64            `json:"files"`
	Bytes        int64            `json:"bytes"`
	Sources      int64            `json:"sources"`
	Gaps         int64            `json:"gaps"`
	Missing      int64            `json:"missing"`
	Returned     int64            `json:"returned"`
	Skipped      map[string]int64 `json:"skipped,omitempty"`
	Problems     []record.Problem `json:"problems,omitempty"`
	More         int64            `json:"more_problems,omitempty"`
	LeafFirst    uint64           `json:"leaf_first"`
	LeafLast     uint64           `json:"leaf_last"`
	Cancelled    bool             `json:"cancelled,omitempty"`
}

// detail is what an import was asked to do.
type detail struct {
	Paths       []string `json:"paths"`
	Source      string   `json:"source,omitempty"`
	KeepSenders string   `json:"keep_senders,omitempty"`
	KeepOwner   bool     `json:"keep_owner,omitempty"`
	Zone        string   `json:"zone"`
	Tool        string   `json:"tool"`
}

// importRows lists the newest imports; most 0 lists all.
func (s *server) importRows(ctx context.Context, most int) ([]importRow, error) {
	runs, err := s.desk.Case.Catalog.Runs(ctx)
	if err != nil {
		return nil, err
	}
	if most > 0 {
		runs = runs[:min(len(runs), most)]
	}
	rows := make([]importRow, len(runs))
	for i, x := range runs {
		rows[i] = s.importRow(x)
	}
	return rows, nil
}

func (s *server) importRow(x catalog.Run) importRow {
	id := s.desk.Case.IDs.ID(record.KindRun, x.Leaf)
	row := importRow{Run: x, ID: id, URL: "/imports/" + id, Done: x.End != 0}
	var d detail
	// Both are bodies the log binds; one that was destroyed reads as empty.
	_ = json.Unmarshal([]byte(x.Detail), &d)
	_ = json.Unmarshal([]byte(x.Receipt), &row.Receipt)
	row.What = d.Paths
	switch {
	case !row.Done:
		row.State = chip{"edited", "◔", key("no end on record"), ""}
	case row.Receipt.Cancelled:
		row.State = chip{"edited", "◔", key("stopped early"), ""}
	default:
		row.State = chip{"verified", "●", key("complete"), ""}
	}
	return row
}

type importJSON struct {
	ID      string  `json:"id"`
	At      string  `json:"at"`
	By      string  `json:"by"`
	Detail  detail  `json:"asked"`
	Done    bool    `json:"done"`
	Receipt receipt `json:"receipt"`
}

func (s *server) importJSON(row importRow) importJSON {
	j := importJSON{ID: row.ID, At: s.clock(row.At).Machine, By: row.By, Done: row.Done, Receipt: row.Receipt}
	_ = json.Unmarshal([]byte(row.Detail), &j.Detail)
	return j
}

func (s *server) imports(r *http.Request) (reply, error) {
	rows, err := s.importRows(r.Context(), 0)
	if err != nil {
		return reply{}, err
	}
	list := make([]importJSON, len(rows))
	for i, x := range rows {
		x.Receipt.Problems = nil // they are on the receipt's own page
		list[i] = s.importJSON(x)
	}
	return reply{page: "imports", title: key("Imports"), data: rows, json: list}, nil
}

// receiptData is the page of one import.
type receiptData struct {
	importRow
	Asked    detail
	Skipped  []tally
	Problems []record.Problem
	Hidden   int64 // problems beyond those shown
	Search   string

	Until, With string // the case as known before it, and when it had ended
}

const problemsShown = 500

func (s *server) receipt(r *http.Request) (reply, error) {
	id := r.PathValue("id")
	k, leaf, err := s.desk.Case.IDs.Leaf(id)
	if err != nil {
		return reply{}, err
	}
	runs, err := s.desk.Case.Catalog.Runs(r.Context())
	if err != nil {
		return reply{}, err
	}
	i := slices.IndexFunc(runs, func(x catalog.Run) bool { return x.Leaf == leaf })
	if i < 0 || k != record.KindRun && k != 0 {
		return reply{}, told(record.ErrNotFound, phrase{key("there is no import {id}"), []string{"id", cut(id)}}, phrase{Text: key("find it in the list of imports")})
	}
	d := receiptData{importRow: s.importRow(runs[i])}
	d.Search = search("import:" + d.ID)
	d.Until = "/statements?at=@" + strconv.FormatUint(leaf, 10)
	if d.Done {
		d.With = thenAt("/statements", runs[i].End)
	}
	if r.URL.Path != d.URL {
		return reply{moved: d.URL + suffix(r)}, nil
	}
	j := s.importJSON(d.importRow)
	d.Asked = j.Detail
	d.Skipped = leftOut(d.Receipt.Skipped)
	d.Problems = d.Receipt.Problems[:min(len(d.Receipt.Problems), problemsShown)]
	d.Hidden = int64(len(d.Receipt.Problems)-len(d.Problems)) + d.Receipt.More
	return reply{page: "receipt", title: s.tongueOf(r).t("Import {id}", "id", d.ID), data: d, json: j}, nil
}

// leftOut lists what an import deliberately did not take. Formats name it in
// English; what they usually leave out has its translations here.
func leftOut(skipped map[string]int64) []tally {
	known := []string{
		key("personal information of the exporting account"),
		key("profile pictures of the exporting account"),
		key("profile music of the exporting account"),
		key("stories of the exporting account"),
		key("contacts of the exporting account"),
		key("frequent contacts of the exporting account"),
		key("sessions of the exporting account"),
		key("web sessions of the exporting account"),
		key("other data of the exporting account"),
		key("notification sounds of the exporting account"),
		key("files of the operating system (.DS_Store, __MACOSX, Thumbs.db)"),
		key("rows not archived"),
		key("files erased earlier on a person's decision, in whole or part"),
		key("statements erased earlier on a person's decision"),
		key("requests of the crawler"),
		key("metadata records"),
		key("descriptions of the crawl"),
		key("revisits (the page was as in an earlier capture)"),
		key("conversions of captured files"),
		key("continuations of split records"),
		key("records of unknown type"),
		key("indexes and lists of the WACZ"),
	}
	var all []tally
	for _, what := range byCount(skipped) {
		name := what
		if !slices.Contains(known, what) {
			name = strings.ReplaceAll(what, "_", " ")
		}
		all = append(all, tally{Name: name, N: skipped[what]})
	}
	return all
}
