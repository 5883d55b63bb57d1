package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/record"
)

// sourceRow is a source in a list.
type sourceRow struct {
	catalog.SourceStat
	ID, URL, Kind string
}

func (s *server) sourceRow(x catalog.SourceStat) sourceRow {
	return sourceRow{x, s.desk.Case.IDs.ID(record.KindSource, x.Leaf), s.atSource(x.Leaf), sourceKind(x.Source)}
}

func (s *server) sourceRows(ctx context.Context) ([]sourceRow, error) {
	all, err := s.desk.Sources(ctx)
	rows := make([]sourceRow, len(all))
	for i, x := range all {
		rows[i] = s.sourceRow(x)
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
	return sourceJSON{x.ID, x.Name, x.Key, x.Platform, string(x.Type), x.Statements, desk.WhenOf(x.First), desk.WhenOf(x.Last), x.Gaps, x.Missing}
}

// sourcesData is the list of sources.
type sourcesData struct {
	Rows    []sourceLine
	Columns []sourceColumn
	Ready   bool // it is worked out who breaks first
	Linked  bool // two of them share a text
}

// sourceLine is a source in it.
type sourceLine struct {
	sourceRow
	Grades   []gradeRow
	First    desk.FirstRow
	Compared bool
	Share    string
	TooFew   bool
	Verdict  string
}

// sourceColumn is a column that the list can be sorted by.
type sourceColumn struct {
	Name, URL string
	Sorted    string // "", "ascending", "descending"
	Number    bool
}

// sourceOrders are the columns: their names in the address, their words, and how
// rows compare.
func sourceOrders() []struct {
	name, word string
	number     bool
	compare    func(a, b sourceLine) int
} {
	type orders = []struct {
		name, word string
		number     bool
		compare    func(a, b sourceLine) int
	}
	best := func(x sourceLine) record.Reliability {
		if len(x.Grades) == 0 {
			return "G" // behind all letters
		}
		return x.Grades[0].Grade.Grade
	}
	return orders{
		{"name", key("Source"), false, func(a, b sourceLine) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) }},
		{"kind", key("Kind"), false, func(a, b sourceLine) int { return cmp.Compare(a.Kind, b.Kind) }},
		{"posts", key("Statements"), true, func(a, b sourceLine) int { return cmp.Compare(a.Statements, b.Statements) }},
		{"first", key("First"), false, func(a, b sourceLine) int { return cmp.Compare(a.SourceStat.First, b.SourceStat.First) }},
		{"last", key("Last"), false, func(a, b sourceLine) int { return cmp.Compare(a.Last, b.Last) }},
		{"gaps", key("Gaps"), true, func(a, b sourceLine) int { return cmp.Compare(a.Gaps, b.Gaps) }},
		{"grade", key("Grades"), false, func(a, b sourceLine) int { return cmp.Compare(best(a), best(b)) }},
		{"share", key("Breaks first"), true, func(a, b sourceLine) int { return cmp.Compare(a.First.Share, b.First.Share) }},
	}
}

func (s *server) sources(r *http.Request) (reply, error) {
	l := s.tongueOf(r)
	found, ready, err := s.desk.SourceRows(r.Context())
	if err != nil {
		return reply{}, err
	}
	d := sourcesData{Ready: ready}
	for _, x := range found {
		line := sourceLine{sourceRow: s.sourceRow(x.Stat), Grades: s.gradeRows(x.Grades), First: x.First, Compared: x.Compared}
		if x.Compared {
			d.Linked = true
			line.Share, line.TooFew, line.Verdict = l.percent(x.First.Share), x.First.Verdict == record.VerdictTooFew, verdictWord(x.First.Verdict)
		}
		d.Rows = append(d.Rows, line)
	}
	by := r.URL.Query().Get("sort")
	name, down := strings.CutPrefix(by, "-")
	orders := sourceOrders()
	at := slices.IndexFunc(orders, func(o struct {
		name, word string
		number     bool
		compare    func(a, b sourceLine) int
	}) bool {
		return o.name == name
	})
	if at < 0 {
		at, down = 0, false
	}
	slices.SortStableFunc(d.Rows, func(a, b sourceLine) int { return orders[0].compare(a, b) })
	slices.SortStableFunc(d.Rows, func(a, b sourceLine) int {
		if down {
			a, b = b, a
		}
		return orders[at].compare(a, b)
	})
	for i, o := range orders {
		c := sourceColumn{Name: o.word, URL: "/sources?sort=" + o.name, Number: o.number}
		if o.number || o.name == "last" {
			c.URL = "/sources?sort=-" + o.name // the most first
		}
		if i == at {
			c.Sorted, c.URL = "ascending", "/sources?sort=-"+o.name
			if down {
				c.Sorted, c.URL = "descending", "/sources?sort="+o.name
			}
		}
		d.Columns = append(d.Columns, c)
	}
	type listed struct {
		sourceJSON
		Grades []desk.GradeJSON `json:"grades"`
		Firsts *desk.FirstJSON  `json:"firsts,omitempty"`
	}
	list := make([]listed, len(d.Rows))
	for i, x := range d.Rows {
		list[i].sourceJSON = x.json()
		list[i].Grades = []desk.GradeJSON{}
		for _, g := range x.Grades {
			list[i].Grades = append(list[i].Grades, s.desk.GradeJSON(g.Grade, x.Source))
		}
		if x.Compared {
			j := x.First.JSON()
			list[i].Firsts = &j
		}
	}
	return reply{page: "sources", title: key("Sources"), data: d, json: list}, nil
}

// verdictWord is a verdict as a key of its translations.
func verdictWord(v string) string {
	switch v {
	case record.VerdictTooFew:
		return key("too few")
	case record.VerdictMore:
		return key("more often than chance")
	case record.VerdictLess:
		return key("less often than chance")
	case record.VerdictNone:
		return key("no difference shown")
	}
	return v
}
