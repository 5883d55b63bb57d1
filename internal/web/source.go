package web

import (
	"fmt"
	"net/http"
	"strconv"

	"dalil/internal/catalog"
	"dalil/internal/chart"
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

	Calendar chart.Calendar
	Covered  string // what the calendar shows, in a sentence
	Periods  [][]string
	Cut      bool // older days are left out

	Grades  []gradeRow // that count
	Before  []gradeRow // their history
	Options []gradeOption
	Topics  []string
	Seen    string // the newest grade, so that nobody is overruled unseen
	Write   bool
	Self    string

	Ready    bool // what it shares with others is worked out
	Compared bool
	First    desk.FirstRow
	Share    string
	Range    string
	Chance   string
	Verdict  string
	Matrix   string // address

	Facts    []factRow
	Timeline chart.Timeline
	Drawn    bool // the timeline says more than one thing
	Told     string

	Spread spreadData
}

// factRow is what evidence says of it, with the evidence.
type factRow struct {
	Kind, Value string
	Seen        []sightingRow
	More        int // sightings left out
}

type sightingRow struct {
	desk.Sighting
	URL string // "" for a captured file
}

const (
	gapsShown  = 200
	seenShown  = 5
	factsShown = 60
)

func (s *server) source(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	src, err := s.desk.Source(ctx, r.PathValue("id"))
	if err != nil {
		return reply{}, told(record.ErrNotFound, phrase{key("there is no source {id}"), []string{"id", cut(r.PathValue("id"))}}, phrase{Text: key("find it in the list of sources")})
	}
	if at := s.atSource(src.Leaf); r.URL.Path != at {
		return reply{moved: at + suffix(r)}, nil
	}
	p, err := s.desk.SourcePage(ctx, src.Leaf)
	if err != nil {
		return reply{}, err
	}
	d := sourceData{sourceRow: s.sourceRow(p.Stat), Search: search(query.String(query.Query{Root: fromSource(src)})), Ready: p.Ready, Self: r.URL.RequestURI()}
	latest, err := s.desk.Reader().Search(ctx, query.Query{Root: fromSource(src)}, catalog.Page{Limit: 10})
	if err != nil {
		return reply{}, err
	}
	if d.Latest, err = s.hitRows(ctx, l, latest.Hits); err != nil {
		return reply{}, err
	}
	d.Spread = s.spread(l, p.Spread, d.sourceRow)
	gaps, err := s.desk.Reader().Gaps(ctx, src.Leaf)
	if err != nil {
		return reply{}, err
	}
	d.AllGaps = len(gaps)
	if d.Gaps, err = s.gapRows(ctx, gaps[:min(len(gaps), gapsShown)]); err != nil {
		return reply{}, err
	}
	if d.Cut = p.Coverage.Cut; len(p.Coverage.Days) > 0 {
		d.Calendar = s.coverageChart(l, src, p.Coverage)
		d.Covered, d.Periods = d.Calendar.Takeaway(), d.Calendar.Table()
	}
	if err := s.graded(r, &d, p.Grades, src); err != nil {
		return reply{}, err
	}
	if d.Compared = p.Compared; d.Compared {
		d.First, d.Verdict = p.First, verdictWord(p.First.Verdict)
		d.Share, d.Chance = l.percent(p.First.Share), l.decimal(fmt.Sprintf("%.1f", p.First.Expected))
		d.Range = l.percent(p.First.Low) + "–" + l.percent(p.First.High)
		d.Matrix = "/matrix"
	}
	d.facts(s, l, p.Facts)
	return reply{page: "source", title: l.isolated(src.Name), data: d, json: struct {
		sourceJSON
		Coverage desk.CoverageJSON     `json:"coverage"`
		Months   []desk.CoverPeriod    `json:"months"`
		Holes    []gapJSON             `json:"gap_list"`
		Spread   desk.SpreadJSON       `json:"spread"`
		Grades   []desk.GradeJSON      `json:"grades"`
		Firsts   *desk.FirstJSON       `json:"firsts,omitempty"`
		Facts    []desk.SourceFactJSON `json:"facts"`
		Ready    bool                  `json:"ready"`
	}{d.json(), p.Coverage.JSON(), p.Coverage.JSON().Months, gapsJSON(d.Gaps), p.Spread.JSON(), s.desk.GradesJSON(p.Grades, src), firstsJSON(p), desk.FactsJSON(p.Facts), p.Ready}}, nil
}

func firstsJSON(p desk.SourcePage) *desk.FirstJSON {
	if !p.Compared {
		return nil
	}
	j := p.First.JSON()
	return &j
}

// graded puts a source's grades on its page, and what the form needs.
func (s *server) graded(r *http.Request, d *sourceData, grades []record.Grade, src record.Source) error {
	for _, g := range s.gradeRows(grades) {
		if g.Counts {
			d.Grades = append(d.Grades, g)
		} else {
			d.Before = append(d.Before, g)
		}
	}
	d.Seen = s.newestGrade(grades)
	if d.Write = s.desk.Case.Writable() && src.Type != record.PrivateIM; !d.Write {
		return nil
	}
	d.Options = gradeOptions()
	rows, _, err := s.desk.SourceRows(r.Context())
	d.Topics = topics(rows)
	return err
}

// facts puts what evidence says of a source on its page.
func (d *sourceData) facts(s *server, l *tongue, facts []desk.SourceFact) {
	sightings := 0
	for _, f := range facts[:min(len(facts), factsShown)] {
		row := factRow{Kind: factWord(f.Kind), Value: f.Value}
		for _, x := range f.Seen[:min(len(f.Seen), seenShown)] {
			line := sightingRow{Sighting: x}
			if x.ID[0] == byte(record.KindStatement) {
				line.URL = "/s/" + x.ID
			}
			row.Seen = append(row.Seen, line)
		}
		row.More = len(f.Seen) - len(row.Seen)
		sightings += len(f.Seen)
		d.Facts = append(d.Facts, row)
	}
	if d.Drawn = sightings > 1; d.Drawn {
		d.Timeline = s.factsChart(l, facts)
		d.Told = d.Timeline.Takeaway()
	}
}

// fromSource is the filter for one source, by its key, which is exact.
func fromSource(src record.Source) query.Filter {
	key := src.Key
	if key == desk.MaskToken {
		key = "#" + strconv.FormatUint(src.Leaf, 10)
	}
	return query.Filter{Key: "from", Values: []string{key}}
}
