package desk

import (
	"context"
	"fmt"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// Coverage is what of a source was captured, day by day in the case's zone.
type Coverage struct {
	First time.Time // midnight of the first day; zero when no post states a time
	Days  []CoverDay
	Cut   bool // older days than the newest mostDays are left out
}

// CoverDay is one day. A day without posts was watched when the captures hold
// every message of the source around it; otherwise nothing is known of it.
type CoverDay struct {
	N    int64
	Seen Seen
	Why  string // what could not be seen: "outage", "ids", "not captured"
}

// Seen says how far a day was watched.
type Seen uint8

const (
	DayWatched Seen = iota
	DayUnseen       // in part or whole: an outage, a hole in the ids, no capture
)

// mostDays bounds a coverage: an invented date must not make millions of days.
const mostDays = 30 * 366

// Coverage gathers it.
func (d *Desk) Coverage(ctx context.Context, s catalog.SourceStat) (Coverage, error) {
	var c Coverage
	if s.First == record.NoSeconds || s.Last == record.NoSeconds {
		return c, nil
	}
	zone := d.Case.Zone
	from, to := day(s.First, zone), day(s.Last, zone)
	if n := dayNumber(to) - dayNumber(from); n >= mostDays {
		from, c.Cut = to.AddDate(0, 0, -mostDays+1), true
	}
	c.First, c.Days = from, make([]CoverDay, dayNumber(to)-dayNumber(from)+1)
	at := func(sec int64) int { return dayNumber(day(sec, zone)) - dayNumber(from) }
	hours, err := d.Case.Catalog.Hours(ctx, s.Leaf)
	if err != nil {
		return c, err
	}
	for _, h := range hours {
		if i := at(h.Hour * 3600); i >= 0 && i < len(c.Days) {
			c.Days[i].N += h.N
		}
	}
	unseen := func(from, to int64, why string) {
		a, b := 0, len(c.Days)-1
		if from > c.First.Unix() {
			a = at(from)
		}
		if to < s.Last {
			b = min(b, at(to))
		}
		for i := max(a, 0); i <= b; i++ {
			c.Days[i].Seen = DayUnseen
			if c.Days[i].Why == "" {
				c.Days[i].Why = why
			}
		}
	}
	if !s.Sequential {
		// Its posts have no numbers: a day without one may be a day without a
		// capture.
		for i := range c.Days {
			if c.Days[i].N == 0 {
				c.Days[i].Seen, c.Days[i].Why = DayUnseen, "not captured"
			}
		}
	}
	gaps, err := d.Case.Catalog.Gaps(ctx, s.Leaf)
	if err != nil {
		return c, err
	}
	holes := false
	for _, g := range gaps {
		if g.First != "" {
			holes = true
			continue
		}
		from, to := g.From, g.To
		if from == record.NoSeconds {
			from = s.First
		}
		if to == record.NoSeconds {
			to = s.Last
		}
		if to >= c.First.Unix() && from <= s.Last {
			unseen(from, to, g.Why)
		}
	}
	if !holes || len(gaps) > mostHoles {
		return c, nil
	}
	all, err := d.Case.Catalog.HolesWithin(ctx, s.Leaf, s.First, s.Last)
	for _, h := range all {
		if h.After != record.NoSeconds && h.Before != record.NoSeconds && h.After <= h.Before {
			unseen(h.After, h.Before, h.Why)
		}
	}
	return c, err
}

// day is midnight of a time's day in a zone.
func day(sec int64, zone *time.Location) time.Time {
	y, m, d := time.Unix(sec, 0).In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// dayNumber numbers days so that neighbours differ by one, whatever the clocks did.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Unix() / 86400)
}

// CoverageJSON is a source's coverage for programs.
type CoverageJSON struct {
	From    string        `json:"from,omitempty"` // date, in the case's zone
	To      string        `json:"to,omitempty"`
	Posts   []int64       `json:"posts"` // of each day
	Posted  int           `json:"days_posted"`
	Watched int           `json:"days_watched"`
	Unseen  int           `json:"days_not_seen"` // in part or whole
	Gaps    []CoverGap    `json:"not_seen"`
	Months  []CoverPeriod `json:"months"`
}

// CoverGap is days in a row that could not be seen, in part or whole.
type CoverGap struct {
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why"`
}

// CoverPeriod is a month.
type CoverPeriod struct {
	Month string `json:"month"`
	N     int64  `json:"statements"`
}

// JSON is c for programs.
func (c Coverage) JSON() CoverageJSON {
	j := CoverageJSON{Posts: make([]int64, len(c.Days)), Gaps: []CoverGap{}, Months: []CoverPeriod{}}
	for i, d := range c.Days {
		date := c.date(i).Format("2006-01-02")
		if i == 0 {
			j.From = date
		}
		j.To, j.Posts[i] = date, d.N
		if d.N > 0 {
			j.Posted++
		}
		if n := len(j.Months); n == 0 || j.Months[n-1].Month != date[:len(date)-3] {
			j.Months = append(j.Months, CoverPeriod{Month: date[:len(date)-3]})
		}
		j.Months[len(j.Months)-1].N += d.N
		if d.Seen == DayWatched {
			j.Watched++
			continue
		}
		j.Unseen++
		if n := len(j.Gaps); i > 0 && n > 0 && c.Days[i-1].Seen == DayUnseen && j.Gaps[n-1].Why == d.Why {
			j.Gaps[n-1].To = date
			continue
		}
		j.Gaps = append(j.Gaps, CoverGap{date, date, d.Why})
	}
	return j
}

// date is the date of a day.
func (c Coverage) date(i int) time.Time { return c.First.AddDate(0, 0, i) }

// Words says in one line how much was seen.
func (c Coverage) Words() string {
	j := c.JSON()
	if len(c.Days) == 0 {
		return "no post states a time"
	}
	return fmt.Sprintf("posts on %d of %d days, %d days not seen in part or whole", j.Posted, len(c.Days), j.Unseen)
}
