package web

import (
	"context"
	"encoding/json"
	"fmt"
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
	return reply{page: "imports", title: "Imports", data: rows, json: list}, nil
}

// receiptData is the page of one import.
type receiptData struct {
	importRow
	Asked   detail
	Skipped []tally
	Shown   []record.Problem
	Hidden  int64 // problems beyond those shown
	Search  string

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
		return reply{}, record.WithHint(fmt.Errorf("import %.40s: %w", id, record.ErrNotFound), "find it in the list of imports")
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
	for _, what := range byCount(d.Receipt.Skipped) {
		d.Skipped = append(d.Skipped, tally{Name: strings.ReplaceAll(what, "_", " "), N: d.Receipt.Skipped[what]})
	}
	d.Shown = d.Receipt.Problems[:min(len(d.Receipt.Problems), problemsShown)]
	d.Hidden = int64(len(d.Receipt.Problems)-len(d.Shown)) + d.Receipt.More
	return reply{page: "receipt", title: "Import " + d.ID, data: d, json: j}, nil
}
