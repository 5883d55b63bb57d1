package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
)

// firstsData is the page of who breaks first.
type firstsData struct {
	Waiting  bool // it is being worked out
	Query    string
	Echo     []query.Piece
	Error    *wrong
	Rows     []firstRow
	Families int
	Issued   int
	Axis     int      // end of the drawings, percent
	Between  []string // chosen sources, ids
	Lags     []lagRow
	Pairs    bool // the pairs were asked for
	Back     string
}

// firstRow is a source, with its interval as a drawing on a line from 0 to 1.
type firstRow struct {
	desk.FirstRow
	URL     string
	TooFew  bool
	Wins    string // number of firsts
	Chance  string
	Percent string
	Range   string // its 95 % interval
	Word    string // verdict
	X, W    int    // of the interval
	Dot     int    // of the share
	Tick    int    // of what chance alone would make
	Summary string
}

type lagRow struct {
	desk.LagRow
	AURL, BURL string
	Median     string
	Range      string
	TooFew     bool
	None       bool // no family that both posted
	Winner     string
	Word       string // verdict, when there is no winner
}

const (
	axisWide = 200 // of the drawing of an interval
	mostPair = 12  // sources that are compared pair by pair
)

func (s *server) firsts(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	ask := r.URL.Query()
	d := firstsData{Query: strings.TrimSpace(ask.Get("q")), Back: "/firsts"}
	for _, id := range ask["between"] {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(d.Between, id) {
			d.Between = append(d.Between, id)
		}
	}
	if d.Query != "" {
		d.Back += "?q=" + url.QueryEscape(d.Query)
		q, err := s.desk.Parse(d.Query)
		var bad *query.Error
		if errors.As(err, &bad) {
			d.Error = s.wrong(l, bad)
			return reply{page: "firsts", title: key("The search cannot be read"), code: http.StatusBadRequest, data: d,
				json: map[string]any{"status": http.StatusBadRequest, "error": bad.What, "do": bad.Do, "offset": bad.Offset, "end": bad.End, "keys": query.Keys()}}, nil
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
	if len(d.Between) > 0 {
		return s.pairs(r, l, d)
	}
	found, err := s.desk.Firsts(ctx, d.Query)
	if err != nil {
		return reply{}, err
	}
	if found == nil {
		d.Waiting = true
		found = &desk.Firsts{}
	}
	d.Families, d.Issued = found.Families, found.Issued
	list := []desk.FirstJSON{}
	d.Axis = axisOf(found.Rows)
	for _, x := range found.Rows {
		d.Rows = append(d.Rows, s.firstRow(l, x, float64(d.Axis)/100))
		list = append(list, x.JSON())
	}
	return reply{page: "firsts", title: key("Who breaks first"), data: d, json: list}, nil
}

// axisOf is where the drawings of intervals end, in percent: shares are small
// where many sources are compared.
func axisOf(rows []desk.FirstRow) int {
	most := 0.0
	for _, x := range rows {
		if most = max(most, x.Share); x.Verdict != record.VerdictTooFew {
			most = max(most, x.High)
		}
	}
	for _, end := range []int{10, 25, 50} {
		if most <= float64(end)/100 {
			return end
		}
	}
	return 100
}

func (s *server) firstRow(l *tongue, x desk.FirstRow, end float64) firstRow {
	row := firstRow{FirstRow: x, URL: s.atSource(x.Source.Leaf), TooFew: x.Verdict == record.VerdictTooFew, Word: verdictWord(x.Verdict),
		Wins: l.places(x.First.First), Chance: l.decimal(fmt.Sprintf("%.1f", x.Expected)), Percent: l.percent(x.Share), Range: l.between(l.percent(x.Low), l.percent(x.High))}
	at := func(share float64) int { return int(min(max(share/end, 0), 1)*(axisWide-8)+.5) + 4 }
	row.X, row.Dot = at(x.Low), at(x.Share)
	row.W = max(at(x.High)-row.X, 1)
	if x.Families > 0 {
		row.Tick = at(x.Expected / float64(x.Families))
	}
	row.Summary = l.t("first of {share}, between {interval}; chance alone: {chance} of {n}", "share", row.Percent, "interval", row.Range, "chance", row.Chance, "n", l.number(x.Families))
	return row
}

// pairs compares chosen sources pair by pair.
func (s *server) pairs(r *http.Request, l *tongue, d firstsData) (reply, error) {
	if len(d.Between) > mostPair {
		return reply{}, told(record.ErrInvalid, phrase{key("{n} sources are too many to compare pair by pair"), []string{"n", l.number(len(d.Between))}}, phrase{key("choose at most {n}"), []string{"n", l.number(mostPair)}})
	}
	if len(d.Between) < 2 {
		return reply{}, told(record.ErrInvalid, phrase{Text: key("one source has no other to be compared with")}, phrase{Text: key("choose two or more on the page of who breaks first")})
	}
	d.Pairs = true
	rows, err := s.desk.Lags(r.Context(), d.Query, d.Between)
	if err != nil {
		return reply{}, err
	}
	list := []desk.LagJSON{}
	for _, x := range rows {
		row := lagRow{LagRow: x, AURL: s.atSource(x.Lag.A), BURL: s.atSource(x.Lag.B), TooFew: x.Verdict == record.VerdictTooFew, None: x.Both == 0,
			Median: l.isolated(l.stretch(int64(x.Median))), Range: l.between(l.stretch(int64(x.Low)), l.stretch(int64(x.High))), Word: verdictWord(x.Verdict)}
		switch x.Verdict {
		case record.VerdictA:
			row.Winner = x.A.Name
		case record.VerdictB:
			row.Winner = x.B.Name
		}
		d.Lags = append(d.Lags, row)
		list = append(list, x.JSON())
	}
	return reply{page: "firsts", title: key("Who of them is first"), data: d, json: list}, nil
}
