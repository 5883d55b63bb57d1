package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
)

// sourceData is a source's page.
type sourceData struct {
	sourceRow
	Search  string // address of all its statements
	Latest  []hitRow
	Gaps    []gapRow
	AllGaps int
	Months  monthChart
	Spread  spreadData
}

const gapsShown = 200

func (s *server) source(r *http.Request) (reply, error) {
	ctx := r.Context()
	src, err := s.desk.Source(ctx, r.PathValue("id"))
	if err != nil {
		return reply{}, record.WithHint(fmt.Errorf("source %.40s: %w", r.PathValue("id"), record.ErrNotFound), "find it in the list of sources")
	}
	if at := s.atSource(src.Leaf); r.URL.Path != at {
		return reply{moved: at + suffix(r)}, nil
	}
	rows, err := s.sourceRows(ctx)
	if err != nil {
		return reply{}, err
	}
	d := sourceData{Search: search(query.String(query.Query{Root: fromSource(src)}))}
	for _, x := range rows {
		if x.Leaf == src.Leaf {
			d.sourceRow = x
		}
	}
	latest, err := s.desk.Reader().Search(ctx, query.Query{Root: fromSource(src)}, catalog.Page{Limit: 10})
	if err != nil {
		return reply{}, err
	}
	if d.Latest, err = s.hitRows(ctx, latest.Hits); err != nil {
		return reply{}, err
	}
	if d.Spread, err = s.spread(ctx, d.sourceRow); err != nil {
		return reply{}, err
	}
	gaps, err := s.desk.Case.Catalog.Gaps(ctx, src.Leaf)
	if err != nil {
		return reply{}, err
	}
	d.AllGaps = len(gaps)
	if d.Gaps, err = s.gapRows(ctx, gaps[:min(len(gaps), gapsShown)]); err != nil {
		return reply{}, err
	}
	if d.Months, err = s.months(ctx, d.sourceRow); err != nil {
		return reply{}, err
	}
	return reply{page: "source", title: src.Name, data: d, json: struct {
		sourceJSON
		Months []bar           `json:"months"`
		Holes  []gapJSON       `json:"gap_list"`
		Spread desk.SpreadJSON `json:"spread"`
	}{d.json(), d.Months.Bars, gapsJSON(d.Gaps), d.Spread.Spread.JSON()}}, nil
}

// fromSource is the filter for one source, by its key, which is exact.
func fromSource(src record.Source) query.Filter {
	return query.Filter{Key: "from", Values: []string{src.Key}}
}

// monthChart is the number of statements by month, as bars.
type monthChart struct {
	Bars          []bar
	Width, Height int
	Most          int64
	Cut           bool // older months are left out
	Summary       string
}

type bar struct {
	Month      string `json:"month"` // 2006-01
	N          int64  `json:"statements"`
	AtLeast    bool   `json:"at_least,omitempty"`
	Name       string `json:"-"` // Jan 2006
	URL        string `json:"-"`
	X, Y, W, H int    `json:"-"`
	Label      bool   `json:"-"` // of the axis
}

const (
	monthsShown = 36
	barStep     = 20
	barHeight   = 90
)

type monthKey struct {
	source uint64
	month  string
	size   uint64
}

type monthCount struct {
	n     int64
	exact bool
}

// months counts a source's statements month by month in the case's zone. A
// count is kept until the log grows.
func (s *server) months(ctx context.Context, src sourceRow) (monthChart, error) {
	var c monthChart
	if src.First == record.NoSeconds || src.Last == record.NoSeconds {
		return c, nil
	}
	first := firstOfMonth(time.Unix(src.First, 0).In(s.zone))
	last := firstOfMonth(time.Unix(src.Last, 0).In(s.zone))
	if cut := last.AddDate(0, 1-monthsShown, 0); first.Before(cut) {
		first, c.Cut = cut, true
	}
	size, err := s.desk.Case.Catalog.Size(ctx)
	if err != nil {
		return c, err
	}
	for m := first; !m.After(last); m = m.AddDate(0, 1, 0) {
		n, err := s.month(ctx, src.Source, m, size)
		if err != nil {
			return c, err
		}
		c.Most = max(c.Most, n.n)
		c.Bars = append(c.Bars, bar{Month: m.Format("2006-01"), Name: m.Format("Jan 2006"), N: n.n, AtLeast: !n.exact,
			URL: search(query.String(query.Query{Root: fromSource(src.Source)}) + " posted:" + m.Format("2006-01"))})
	}
	for i := range c.Bars {
		b := &c.Bars[i]
		b.X, b.W = i*barStep+2, barStep-4
		if c.Most > 0 {
			b.H = int(b.N * barHeight / c.Most)
		}
		if b.N > 0 {
			b.H = max(b.H, 1)
		}
		b.Y = barHeight + 14 - b.H
		b.Label = i == 0 || b.Month[5:] == "01"
	}
	c.Width, c.Height = max(len(c.Bars)*barStep, 160), barHeight+34
	c.Summary = fmt.Sprintf("%s of %s in %d months; most in one month: %s", count(src.Statements, "statement", "statements"), src.Name, len(c.Bars), number(c.Most))
	return c, nil
}

func (s *server) month(ctx context.Context, src record.Source, m time.Time, size uint64) (monthCount, error) {
	key := monthKey{src.Leaf, m.Format("2006-01"), size}
	s.mu.Lock()
	n, ok := s.counts[key]
	s.mu.Unlock()
	if ok {
		return n, nil
	}
	q := query.Query{Root: query.And{fromSource(src), query.Range{Key: "posted", From: m.Unix(), To: m.AddDate(0, 1, 0).Unix()}}}
	res, err := s.desk.Reader().Search(ctx, q, catalog.Page{Limit: 1, Total: true})
	if err != nil {
		return n, err
	}
	n = monthCount{res.Total, res.Exact}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.counts {
		if k.size != size || len(s.counts) > 10_000 {
			delete(s.counts, k)
		}
	}
	s.counts[key] = n
	return n, nil
}

func firstOfMonth(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
}
