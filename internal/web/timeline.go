package web

import (
	"context"
	"strings"
	"time"
	"unicode"

	"dalil/internal/catalog"
	"dalil/internal/chart"
	"dalil/internal/query"
	"dalil/internal/record"
)

// timeline is when the hits of a query were posted.
type timeline struct {
	Bars    chart.Bars
	Rows    []timelineRow // its twin as a table: stretches with hits
	Sum     int64
	Sampled bool   // some counts are estimates
	Wider   string // address without a range of time; "" when there is none
	Outside bool   // the first or last hit lies beyond what is drawn
}

type timelineRow struct {
	When, URL string
	N         int64
	About     bool
}

// barsWanted is how many stretches a timeline has at most, but for years.
const barsWanted = 72

// step is a length of stretches.
type step struct {
	about    time.Duration // to choose by
	start    func(time.Time) time.Time
	next     func(time.Time) time.Time
	ask      func(from, last time.Time) string // behind posted:
	say      func(l *tongue, t time.Time) string
	tick     func(l *tongue, t time.Time) string
	strong   func(time.Time) bool // where a tick says more
	strongly func(l *tongue, t time.Time) string
}

func steps() []step {
	const day = 24 * time.Hour
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location()) }
	month := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location()) }
	year := func(t time.Time) time.Time { return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, t.Location()) }
	dayWords := func(l *tongue, t time.Time) string { return l.date(t, true, false) }
	fullDay := func(l *tongue, t time.Time) string { return l.date(t, true, true) }
	clock := func(l *tongue, t time.Time) string { return l.digitsOf(t.Format("15:04")) }
	monthWords := func(l *tongue, t time.Time) string { return l.date(t, false, true) }
	yearWords := func(l *tongue, t time.Time) string { return l.digitsOf(t.Format("2006")) }
	years := func(n int) step {
		return step{about: time.Duration(n) * 365 * day,
			start: func(t time.Time) time.Time { return time.Date(t.Year()/n*n, 1, 1, 0, 0, 0, 0, t.Location()) },
			next:  func(t time.Time) time.Time { return t.AddDate(n, 0, 0) },
			ask: func(from, last time.Time) string {
				if n == 1 {
					return from.Format("2006")
				}
				return from.Format("2006") + ".." + last.Format("2006")
			}, say: yearWords, tick: yearWords, strong: func(time.Time) bool { return true }, strongly: yearWords}
	}
	return []step{
		{time.Hour, func(t time.Time) time.Time { return t.Truncate(time.Hour) }, func(t time.Time) time.Time { return t.Add(time.Hour) },
			func(from, last time.Time) string {
				return from.Format("2006-01-02T15:04") + ".." + last.Format("2006-01-02T15:04")
			},
			func(l *tongue, t time.Time) string { return l.date(t, true, true) + " " + clock(l, t) }, clock,
			func(t time.Time) bool { return t.Hour() == 0 }, dayWords},
		{day, midnight, func(t time.Time) time.Time { return midnight(t.AddDate(0, 0, 1)) },
			func(from, _ time.Time) string { return from.Format("2006-01-02") }, fullDay, dayWords, func(t time.Time) bool { return t.Day() == 1 }, dayWords},
		{7 * day, func(t time.Time) time.Time { return midnight(t.AddDate(0, 0, -(int(t.Weekday())+6)%7)) }, func(t time.Time) time.Time { return midnight(t.AddDate(0, 0, 7)) },
			func(from, last time.Time) string { return from.Format("2006-01-02") + ".." + last.Format("2006-01-02") },
			func(l *tongue, t time.Time) string { return l.t("week of {day}", "day", l.date(t, true, true)) }, dayWords,
			func(t time.Time) bool { return t.Day() <= 7 && t.Month() == 1 }, func(l *tongue, t time.Time) string { return fullDay(l, t) }},
		{30 * day, month, func(t time.Time) time.Time { return month(t.AddDate(0, 1, 0)) },
			func(from, _ time.Time) string { return from.Format("2006-01") }, monthWords,
			func(l *tongue, t time.Time) string { return l.month(t) }, func(t time.Time) bool { return t.Month() == 1 }, yearWords},
		{365 * day, year, func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }, years(1).ask, yearWords, yearWords, func(time.Time) bool { return true }, yearWords},
		years(10), years(100), years(1000),
	}
}

// isolated keeps a text in its own direction where what stands around it, as a
// drawing, runs from left to right. Numbers in the digits of this language have
// none of their own and take the language's; others run from left to right.
func (l *tongue) isolated(s string) string {
	switch {
	case l.Dir != "rtl":
		return s
	case !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || '0' <= r && r <= '9' }):
		return "\u2067" + s + "\u2069"
	}
	return "\u2068" + s + "\u2069"
}

// month is the short name of a month.
func (l *tongue) month(t time.Time) string { return l.t(t.Format("Jan")) }

// date is a month in words, with the day before it and the year behind it.
func (l *tongue) date(t time.Time, day, year bool) string {
	s := l.month(t)
	if day {
		s = l.digitsOf(t.Format("2 ")) + s
	}
	if year {
		s += l.digitsOf(t.Format(" 2006"))
	}
	return s
}

// timeline counts the hits of a query by time. It is nil when none has a time.
func (s *server) timeline(ctx context.Context, l *tongue, a listAddress, typed query.Query) (*timeline, error) {
	q, err := s.desk.Parse(a.Query)
	if err != nil {
		return nil, err
	}
	dated := q
	dated.Root = append(append(query.And{}, parts(q)...), query.Range{Key: "posted", From: record.NoSeconds, To: record.NoSeconds})
	now := s.desk.Case.Now()
	edge := func(sort query.Sort) (int64, bool, error) {
		dated.Sort = sort
		res, err := s.desk.Reader().Search(ctx, dated, catalog.Page{Limit: 1, Now: now.Unix()})
		if err != nil || len(res.Hits) == 0 {
			return 0, false, err
		}
		return res.Hits[0].Posted.Unix, true, nil
	}
	first, ok, err := edge(query.Oldest)
	if err != nil || !ok {
		return nil, err
	}
	last, _, err := edge(query.Newest)
	if err != nil {
		return nil, err
	}
	c := &timeline{}
	// A source can state any time. One far from all others would leave nothing
	// to be seen, so what is drawn ends a year from now and begins with 1850.
	if most := now.AddDate(1, 0, 0).Unix(); last > most {
		last, c.Outside = max(most, first), true
	}
	if least := time.Date(1850, 1, 2, 0, 0, 0, 0, time.UTC).Unix(); first < least {
		first, c.Outside = min(least, last), true
	}
	var by step
	var edges []time.Time
	for _, by = range steps() {
		if time.Duration(last-first)*time.Second/by.about > barsWanted*2 {
			continue
		}
		edges = edges[:0]
		for t := by.start(time.Unix(first, 0).In(s.zone)); ; t = by.next(t) {
			if edges = append(edges, t); t.Unix() > last {
				break
			}
		}
		if len(edges)-1 <= barsWanted {
			break
		}
	}
	seconds := make([]int64, len(edges))
	for i, t := range edges {
		seconds[i] = t.Unix()
	}
	counts, err := s.desk.Reader().CountPosted(ctx, q, now.Unix(), seconds)
	if err != nil {
		return nil, err
	}
	rest := withoutTime(typed)
	if hasTime(typed) {
		c.Wider = a.asking(rest)
	}
	most := 0
	room := 0.0 // in bars, until the next tick has some
	c.Bars = chart.Bars{Title: l.t("When they were posted"), Number: func(n int64) string { return l.number(int(n)) }}
	for i, n := range counts {
		from := edges[i]
		x := chart.Bar{N: n.N, About: !n.Exact, URL: a.asking(strings.TrimSpace(rest + " posted:" + by.ask(from, edges[i+1].Add(-time.Second))))}
		said := by.say(l, from)
		number := l.count(n.N, "statement", "statements")
		if x.About {
			number = l.t("about {n}", "n", number)
			c.Sampled = true
		}
		x.Label = said + ": " + number
		text := by.tick(l, from)
		if by.strong(from) {
			text = by.strongly(l, from)
		}
		if room--; room <= 0 {
			x.Tick, room = l.isolated(text), chart.TickWidth(text, len(counts))
		}
		c.Bars.Bars = append(c.Bars.Bars, x)
		c.Sum += n.N
		if n.N > counts[most].N {
			most = i
		}
		if n.N > 0 {
			c.Rows = append(c.Rows, timelineRow{said, x.URL, n.N, x.About})
		}
	}
	number := l.count(c.Sum, "statement", "statements")
	if c.Sampled {
		number = l.t("about {n}", "n", number)
	}
	c.Bars.Summary = l.t("{n} between {from} and {to}, most in: {when}", "n", number, "from", l.date(time.Unix(first, 0).In(s.zone), true, true),
		"to", l.date(time.Unix(last, 0).In(s.zone), true, true), "when", by.say(l, edges[most]))
	return c, nil
}

func isTime(n query.Node) bool {
	r, ok := n.(query.Range)
	return ok && r.Key == "posted"
}

func hasTime(q query.Query) bool {
	for _, n := range parts(q) {
		if isTime(n) {
			return true
		}
	}
	return false
}

// withoutTime is the text of a query without what it says of posting times at
// its top.
func withoutTime(q query.Query) string {
	if !hasTime(q) {
		return query.String(q)
	}
	var rest query.And
	for _, n := range parts(q) {
		if !isTime(n) {
			rest = append(rest, n)
		}
	}
	return query.String(query.Query{Root: rest, Sort: q.Sort})
}
