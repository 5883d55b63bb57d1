package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// sourceRow is a source in a list.
type sourceRow struct {
	catalog.SourceStat
	ID, URL, Kind string
}

func (s *server) sourceRows(ctx context.Context) ([]sourceRow, error) {
	all, err := s.desk.Case.Catalog.Sources(ctx)
	rows := make([]sourceRow, len(all))
	for i, x := range all {
		rows[i] = sourceRow{x, s.desk.Case.IDs.ID(record.KindSource, x.Leaf), s.atSource(x.Leaf), sourceKind(x.Source)}
	}
	slices.SortStableFunc(rows, func(a, b sourceRow) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return rows, err
}

// sourceJSON is the `source` object of the CLI contract.
type sourceJSON struct {
	ID         string      `json:"id"`
	Name       string      `json:"source_name"`
	ExternalID string      `json:"external_id"`
	Platform   string      `json:"platform"`
	Kind       string      `json:"kind"`
	Statements int64       `json:"statements"`
	First      record.When `json:"first_posted,omitzero"`
	Last       record.When `json:"last_posted,omitzero"`
	Gaps       int64       `json:"gaps"`
	Missing    int64       `json:"seen_missing"`
}

func (x sourceRow) json() sourceJSON {
	at := func(sec int64) record.When {
		if sec == record.NoSeconds {
			return record.When{}
		}
		return record.AtUnix(sec)
	}
	return sourceJSON{x.ID, x.Name, x.Key, x.Platform, string(x.Type), x.Statements, at(x.First), at(x.Last), x.Gaps, x.Missing}
}

func (s *server) sources(r *http.Request) (reply, error) {
	rows, err := s.sourceRows(r.Context())
	if err != nil {
		return reply{}, err
	}
	list := make([]sourceJSON, len(rows))
	for i, x := range rows {
		list[i] = x.json()
	}
	return reply{page: "sources", title: "Sources", data: rows, json: list}, nil
}
