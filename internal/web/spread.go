package web

import (
	"fmt"
	"net/url"
	"slices"

	"dalil/internal/desk"
	"dalil/internal/query"
)

// spreadData is how a source takes part in what travels, for its page.
type spreadData struct {
	desk.Spread
	Week         week
	Share        string // first of the families
	Delay        string // median behind the first
	Taken, Given []otherRow
	TakenAll     int
	GivenAll     int
	Origins      []originRow
	OriginsAll   int
	Firsts       string // address: how it stands to those it shares most with
	Search       string // its families
}

type otherRow struct {
	desk.Other
	URL, Delay string
}

type originRow struct {
	desk.Origin
	URL string
}

// week is when a source posts: weekdays and hours in the case's zone.
type week struct {
	Days    []weekday
	Hours   []weekHour // of the axis
	Clocks  []string   // of all hours, for the table
	Most    int64
	Total   int64
	Width   int
	Height  int
	Summary string
}

type weekday struct {
	Name  string
	Short string
	Y, At int // of the row, of its label
	Cells []weekCell
	Total int64
}

type weekCell struct {
	X, Hour, Level int    // 0 none to 5 the most
	Clock          string // of the hour
	N              int64
}

type weekHour struct {
	X    int
	Name string
}

const (
	cellStep   = 25
	weekLeft   = 44
	weekTop    = 18
	othersMost = 20
)

func newWeek(l *tongue, posts [7][24]int64) week {
	w := week{Width: weekLeft + 24*cellStep, Height: weekTop + 7*cellStep}
	busy := [2]int{}
	for d := range posts {
		for h, n := range posts[d] {
			w.Total += n
			if n > w.Most {
				w.Most, busy = n, [2]int{d, h}
			}
		}
	}
	names := [7]string{l.t("Sunday"), l.t("Monday"), l.t("Tuesday"), l.t("Wednesday"), l.t("Thursday"), l.t("Friday"), l.t("Saturday")}
	short := [7]string{l.t("Sun"), l.t("Mon"), l.t("Tue"), l.t("Wed"), l.t("Thu"), l.t("Fri"), l.t("Sat")}
	hour := func(h int) string { return l.digitsOf(fmt.Sprintf("%02d", h)) }
	clock := func(h int) string { return l.digitsOf(fmt.Sprintf("%02d:00", h)) }
	for d := range posts {
		row := weekday{Name: names[d], Short: short[d], Y: weekTop + d*cellStep, At: weekTop + d*cellStep + 16}
		for h, n := range posts[d] {
			c := weekCell{X: weekLeft + h*cellStep, Hour: h, Clock: clock(h), N: n}
			if n > 0 {
				c.Level = 1 + int(4*n/w.Most)
			}
			row.Cells = append(row.Cells, c)
			row.Total += n
		}
		w.Days = append(w.Days, row)
	}
	for h := range 24 {
		if w.Clocks = append(w.Clocks, hour(h)); h%3 == 0 {
			w.Hours = append(w.Hours, weekHour{weekLeft + h*cellStep, hour(h)})
		}
	}
	if w.Most > 0 {
		w.Summary = l.t("Posts by weekday and hour. Most: {n} on {day} from {from} to {to}", "n", l.number(int(w.Most)), "day", names[busy[0]], "from", clock(busy[1]), "to", clock(busy[1]+1))
	}
	return w
}

func (s *server) spread(l *tongue, found desk.Spread, src sourceRow) spreadData {
	d := spreadData{Spread: found, Week: newWeek(l, found.Week), TakenAll: len(found.Taken), GivenAll: len(found.Given), OriginsAll: len(found.Origins)}
	if found.Families > 0 {
		d.Share = l.percent(float64(found.First) / float64(found.Families))
	}
	if found.Median >= 0 {
		d.Delay = l.stretch(found.Median)
	}
	d.Taken, d.Given = s.otherRows(l, found.Taken), s.otherRows(l, found.Given)
	for _, o := range found.Origins[:min(len(found.Origins), othersMost)] {
		row := originRow{Origin: o}
		if o.ID != "" {
			row.URL = "/c/" + o.ID
		}
		d.Origins = append(d.Origins, row)
	}
	v := url.Values{"between": {src.ID}}
	for _, o := range append(d.Taken[:min(len(d.Taken), 3):min(len(d.Taken), 3)], d.Given[:min(len(d.Given), 3)]...) {
		if len(v["between"]) < 4 && !slices.Contains(v["between"], o.ID) && !o.Source.Private {
			v.Add("between", o.ID)
		}
	}
	if len(v["between"]) > 1 && !src.Private {
		d.Firsts = "/firsts?" + v.Encode()
	}
	d.Search = familiesAt(query.String(query.Query{Root: fromSource(src.Source)}), 2, familiesShown)
	return d
}

func (s *server) otherRows(l *tongue, all []desk.Other) []otherRow {
	var rows []otherRow
	for _, o := range all[:min(len(all), othersMost)] {
		rows = append(rows, otherRow{o, "/c/" + o.ID, l.stretch(o.Median)})
	}
	return rows
}
