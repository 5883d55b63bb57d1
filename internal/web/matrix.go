package web

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dalil/internal/chart"
	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
)

// matrixData is the page of who is before whom.
type matrixData struct {
	Query    string
	Echo     []query.Piece
	Error    *wrong
	Ready    bool
	Families int
	Left     int
	Chart    chart.Matrix
	Say      string // what the picture shows, in a sentence
	Rows     []matrixRow
	CSV      string
	All      string // address of all sources
	Test     string // address where chance is asked, for the chosen sources
	Pair     *matrixPair
}

// matrixRow is a row of the table beside the picture.
type matrixRow struct {
	desk.Leader
	N      int
	URL    string
	Median string
	Cells  []matrixCell
}

type matrixCell struct {
	Self, Few bool
	Share     string
	Both      int
	URL       string
}

// matrixPair is what two sources share, when these two are asked for.
type matrixPair struct {
	A, B   sourceRow
	Rows   []sharedRow
	All    int
	Before int // the first of both was before, of all
	Median string
}

type sharedRow struct {
	desk.Shared
	URL, Delay string
	First      string // name of the one that had it first; "" for a tie
}

const (
	matrixShown = 20 // sources, unless the address asks for others
	sharedShown = 200
)

func (s *server) matrix(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	ask := r.URL.Query()
	d := matrixData{Query: strings.TrimSpace(ask.Get("q"))}
	rep := reply{page: "matrix", title: key("Who is before whom"), data: &d}
	base := url.Values{}
	if d.Query != "" {
		base.Set("q", d.Query)
		q, err := s.desk.Parse(d.Query)
		var bad *query.Error
		if errors.As(err, &bad) {
			d.Error = s.wrong(l, bad)
			rep.code, rep.json = http.StatusBadRequest, map[string]any{"status": http.StatusBadRequest, "error": bad.What, "do": bad.Do, "offset": bad.Offset, "end": bad.End}
			return rep, nil
		}
		if err != nil {
			return reply{}, err
		}
		all, err := s.sourceRows(ctx)
		if err != nil {
			return reply{}, err
		}
		d.Echo = query.Pieces(named(q, all), l)
	}
	address := func(path string, between ...string) string {
		v := url.Values{}
		if d.Query != "" {
			v.Set("q", d.Query)
		}
		for _, b := range between {
			v.Add("between", b)
		}
		if len(v) == 0 {
			return path
		}
		return path + "?" + v.Encode()
	}
	most := matrixShown
	if n, err := strconv.Atoi(ask.Get("n")); err == nil && n > 1 {
		most = min(n, desk.LeadMost)
	}
	var between []string
	for _, id := range ask["between"] {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(between, id) {
			between = append(between, id)
		}
	}
	d.All = address("/matrix")
	found, err := s.desk.LeadLag(ctx, d.Query, between, most)
	if err != nil {
		return reply{}, err
	}
	if found == nil {
		rep.json = map[string]any{"ready": false}
		return rep, nil
	}
	d.Ready, d.Families, d.Left = true, found.Families, found.Left
	if len(between) == 0 {
		d.All = ""
	}
	d.CSV = address("/matrix.csv", between...)
	d.Chart = chart.Matrix{Title: l.t("Who is before whom"), Tongue: l.ofChart()}
	var ids []string
	for i, x := range found.Sources {
		ids = append(ids, x.ID)
		at := s.atSource(x.Source.Leaf)
		d.Chart.Sources = append(d.Chart.Sources, chart.MatrixSource{Name: x.Source.Name, URL: at, Behind: x.Behind, Shared: x.Shared})
		row := matrixRow{Leader: x, N: i + 1, URL: at}
		if x.Shared > 0 {
			row.Median = l.stretch(x.Behind)
		}
		pairs := make([]chart.MatrixPair, len(found.Sources))
		for j, p := range found.Pairs[i] {
			pairs[j] = chart.MatrixPair{Shared: p.Both, Before: p.Before, Ties: p.Ties, Median: p.Median}
			cell := matrixCell{Self: i == j, Few: p.Both < chart.Few, Both: p.Both}
			if p.Both > 0 {
				pairs[j].URL = address("/matrix", x.ID, found.Sources[j].ID)
				cell.URL, cell.Share = pairs[j].URL, l.percent(p.Share())
			}
			row.Cells = append(row.Cells, cell)
		}
		d.Chart.Pairs = append(d.Chart.Pairs, pairs)
		d.Rows = append(d.Rows, row)
	}
	d.Say = d.Chart.Takeaway()
	if len(ids) > 1 {
		d.Test = address("/firsts", ids[:min(len(ids), mostPair)]...)
	}
	rep.json = found.JSON()
	if r.URL.Path == "/matrix.csv" {
		return reply{bytes: &download{data: matrixCSV(found), contentType: "text/csv; charset=utf-8", filename: "matrix.csv"}}, nil
	}
	if len(between) == 2 {
		if d.Pair, err = s.matrixPair(r, l, d.Query, between); err != nil {
			return reply{}, err
		}
	}
	return rep, nil
}

// matrixPair lists what two sources share.
func (s *server) matrixPair(r *http.Request, l *tongue, q string, between []string) (*matrixPair, error) {
	ctx := r.Context()
	all, n, err := s.desk.Shared(ctx, q, between[0], between[1], sharedShown)
	if err != nil {
		return nil, err
	}
	p := &matrixPair{All: n}
	rows, err := s.sourceRows(ctx)
	if err != nil {
		return nil, err
	}
	for i, name := range between {
		src, err := s.desk.Source(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, x := range rows {
			if x.Leaf == src.Leaf && i == 0 {
				p.A = x
			} else if x.Leaf == src.Leaf {
				p.B = x
			}
		}
	}
	for _, x := range all {
		row := sharedRow{Shared: x, URL: "/y/" + x.Family, Delay: l.stretch(max(x.Lag, -x.Lag))}
		switch {
		case x.Lag > 60:
			row.First = p.A.Name
		case x.Lag < -60:
			row.First = p.B.Name
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}

// matrixCSV is a line for each ordered pair that shares anything.
func matrixCSV(l *desk.LeadLag) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	write := func(cells ...string) {
		for i, c := range cells { // a spreadsheet would run what begins so
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				if _, err := strconv.ParseFloat(c, 64); err != nil {
					cells[i] = "'" + c
				}
			}
		}
		w.Write(cells) //nolint:errcheck // a buffer does not fail
	}
	write("row", "row_name", "column", "column_name", "shared", "row_before", "row_behind", "ties", "share_before", "median_seconds")
	for i, a := range l.Sources {
		for j, c := range l.Sources {
			if p := l.Pairs[i][j]; i != j && p.Both > 0 {
				write(a.ID, a.Source.Name, c.ID, c.Source.Name, strconv.Itoa(p.Both), strconv.Itoa(p.Before), strconv.Itoa(p.Behind), strconv.Itoa(p.Ties), fmt.Sprintf("%.3f", p.Share()), strconv.FormatInt(p.Median, 10))
			}
		}
	}
	w.Flush()
	return b.Bytes()
}

// coverageChart is a source's coverage as a calendar.
func (s *server) coverageChart(l *tongue, src record.Source, c desk.Coverage) chart.Calendar {
	cal := chart.Calendar{Title: l.t("What of it was captured, day by day"), First: c.First, Tongue: l.ofChart(), URL: func(period string) string {
		return search(query.String(query.Query{Root: fromSource(src)}) + " posted:" + period)
	}}
	if len(c.Days) == 0 {
		return cal
	}
	// The picture begins and ends with whole months: the days around are of
	// before and after all that was captured.
	lead := c.First.Day() - 1
	cal.First = c.First.AddDate(0, 0, -lead)
	end := c.First.AddDate(0, 0, len(c.Days)-1)
	rest := time.Date(end.Year(), end.Month()+1, 0, 12, 0, 0, 0, end.Location()).Day() - end.Day()
	for range lead {
		cal.Days = append(cal.Days, chart.Day{Seen: chart.Unwatched})
	}
	for _, d := range c.Days {
		x := chart.Day{N: d.N, Why: d.Why}
		if d.Seen == desk.DayUnseen {
			x.Seen = chart.Unseen
		}
		cal.Days = append(cal.Days, x)
	}
	for range rest {
		cal.Days = append(cal.Days, chart.Day{Seen: chart.Unwatched})
	}
	return cal
}

// factsChart is what evidence says of a source over time.
func (s *server) factsChart(l *tongue, facts []desk.SourceFact) chart.Timeline {
	t := chart.Timeline{Title: l.t("What it called itself, over time"), Zone: s.zone, Tongue: l.ofChart()}
	for _, f := range facts {
		var at []int64
		for _, x := range f.Seen {
			at = append(at, x.At)
		}
		if n, ok := f.Count(); ok && f.Kind == record.FactSubscribers {
			t.Number = l.t("subscribers")
			for _, x := range at {
				t.Points = append(t.Points, chart.TimelinePoint{At: x, N: n})
			}
			continue
		}
		t.Lanes = append(t.Lanes, chart.TimelineLane{Kind: l.t(factWord(f.Kind)), Text: f.Value, At: at})
	}
	return t
}

// factWord is what a fact is of, as a key of its translations.
func factWord(k record.FactKind) string {
	switch k {
	case record.FactTitle:
		return key("title")
	case record.FactDescription:
		return key("description")
	case record.FactSubscribers:
		return key("subscribers")
	case record.FactUsername:
		return key("username")
	}
	return string(k)
}
