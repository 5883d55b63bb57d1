package web

import (
	"cmp"
	"html/template"
	"math"
	"slices"

	"dalil/internal/chart"
	"dalil/internal/desk"
	"dalil/internal/record"
)

// drawn is the one place where markup is made outside of the templates. It takes
// a chart and nothing else: chart escapes every text, writes no style, no script
// and no address outside this site, and its own tests hold that. It has to stand
// inside the page, not behind an address, to take the page's colours and to
// carry links. A test holds that there is no second such place.
func drawn(c chart.Drawing) template.HTML { return template.HTML(c.SVG()) }

// stripRow is a row of the strip's data table.
type stripRow struct {
	Source, SourceURL  string
	Local, UTC, After  string
	Relation, How, URL string
}

// stripTable is the twin of the picture, with links.
func stripTable(s chart.Strip) []stripRow {
	table := s.Table()
	var rows []stripRow
	at := 1 // under the header
	for _, l := range s.Lanes {
		marks := slices.Clone(l.Marks) // Table has them by time
		slices.SortStableFunc(marks, func(a, b chart.Mark) int { return cmp.Compare(a.At, b.At) })
		for i := range len(l.Marks) + len(l.Holes) {
			c := table[at]
			r := stripRow{l.Name, l.URL, c[1], c[2], c[3], c[4], c[5], ""}
			if i < len(marks) {
				r.URL = marks[i].URL
			}
			rows = append(rows, r)
			at++
		}
	}
	return rows
}

// Lanes drawn: on a family's page, and on the page of one statement.
const (
	lanesShown = 30
	lanesFew   = 8
)

// lane is a source in a strip while it is put together.
type lane struct {
	chart.Lane
	source uint64   // 0 when it is not in the case
	origin string   // of an original that was not captured
	from   []string // of each mark: id of the statement it is told from
	ghost  []int    // of each mark: number of the original its header names, from 1
	at     int64
}

// stripOf draws who posted a text when. Of many sources the earliest are drawn,
// and that of the statement here, if it is one of them.
func (s *server) stripOf(in *tongue, f desk.Family, here uint64, most int) chart.Strip {
	var lanes []*lane
	find := func(source uint64, origin, name string) *lane {
		for _, l := range lanes {
			if source != 0 && l.source == source || source == 0 && l.source == 0 && l.origin == origin {
				return l
			}
		}
		l := &lane{source: source, origin: origin, at: record.NoSeconds}
		if l.Name = name; source != 0 {
			l.URL = s.atSource(source)
		}
		lanes = append(lanes, l)
		return l
	}
	header := map[uint64]int{} // statement → number of the original that its header names
	for i, a := range f.Attested {
		for _, by := range a.By {
			header[by] = i + 1
		}
		l := find(a.Source, a.Origin, a.Name)
		l.add(chart.Mark{At: a.Posted.Seconds(), Attested: true, Tie: a.Tie, From: -1, Label: in.t("not in any capture; forward headers prove it")}, "", 0)
		if l.at == record.NoSeconds {
			l.at = a.Before
		}
	}
	mine := uint64(0)
	for _, m := range f.Members {
		l := find(m.Statement.Source, "", m.Statement.SourceName)
		label := shortened(m.Statement.Text, 80)
		if m.Statement.Withdrawn {
			label = in.t("withdrawn")
		} else if m.Member.Statement == here {
			label = in.t("this statement")
		}
		ghost := 0
		if m.Ground == record.GroundForward {
			ghost = header[m.Member.Statement]
		}
		l.add(chart.Mark{At: m.Statement.Posted.Seconds(), Relation: m.Relation, Ground: m.Ground, Tie: m.Tie, From: -1, URL: s.at(m.Statement), Label: label}, m.Via, ghost)
		if m.Member.Statement == here {
			mine = l.source
		}
	}
	slices.SortStableFunc(lanes, func(a, b *lane) int { return cmp.Compare(unknownLast(a.at), unknownLast(b.at)) })
	kept := lanes[:min(len(lanes), most)]
	if i := slices.IndexFunc(lanes, func(l *lane) bool { return l.source == mine }); mine != 0 && i >= most {
		kept = append(slices.Clone(lanes[:most-1]), lanes[i])
	}
	teller := map[string]int{} // statement → lane
	ghosts := map[int]int{}    // original → lane
	for i, l := range kept {
		for j, a := range f.Attested {
			if a.Source != 0 && a.Source == l.source || a.Source == 0 && l.source == 0 && a.Origin == l.origin {
				ghosts[j+1] = i
			}
		}
		for _, m := range f.Members {
			if m.Statement.Source == l.source {
				teller[m.ID] = i
			}
		}
	}
	out := chart.Strip{Title: in.t("Who posted first"), Tongue: in.ofChart(), Zone: s.zone, More: len(lanes) - len(kept)}
	for _, l := range kept {
		for i := range l.Marks {
			if from, ok := ghosts[l.ghost[i]]; ok {
				l.Marks[i].From = from
			} else if from, ok := teller[l.from[i]]; ok {
				l.Marks[i].From = from
			}
		}
		for _, u := range f.Unseen {
			if l.source != 0 && (u.Source.Leaf == l.source || u.Source.Leaf == 0) {
				why := in.t(unseenWords(u).Text, unseenWords(u).Fill...)
				if u.Note != "" {
					why += ": " + u.Note
				}
				l.Holes = append(l.Holes, chart.Hole{From: u.From, To: u.To, Open: u.To == record.NoSeconds, Why: why})
			}
		}
		out.Lanes = append(out.Lanes, l.Lane)
	}
	return out
}

// unknownLast is for sorting by time what may have none.
func unknownLast(sec int64) int64 {
	if sec == record.NoSeconds {
		return math.MaxInt64
	}
	return sec
}

func (l *lane) add(m chart.Mark, from string, ghost int) {
	l.Marks, l.from, l.ghost = append(l.Marks, m), append(l.from, from), append(l.ghost, ghost)
	if m.At != record.NoSeconds && (l.at == record.NoSeconds || m.At < l.at) {
		l.at = m.At
	}
}
