package chart

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// Calendar is what of a source was captured, day by day: how much it posted,
// and when it could not be seen. A row is a month and a square a day; over more
// than three years a row is a year and a square a week.
type Calendar struct {
	Title string
	First time.Time // any time of the first day, in the zone of the days
	Days  []Day     // one for each day from First on
	// URL gives the address of a month ("2006-01") or year ("2006"); "" for none.
	// Nil is none. Used only if it is a path on this site.
	URL    func(period string) string
	Tongue Tongue // nil is English
}

func (c Calendar) words() words { return words{c.Tongue} }

// Day is one day of a calendar.
type Day struct {
	N    int64  // posts
	Seen Seen   // what we know of the day beside
	Why  string // what could not be seen, for the table
}

// Seen says how far a day was watched.
type Seen uint8

const (
	Watched   Seen = iota // the captures hold all of it: no post means that none was there to be captured
	Unseen                // an outage, a hole in the ids, or a day that no capture covers
	Unwatched             // before the first capture or after the last: nothing is known
)

// Measures of a calendar, in units of its view box.
const (
	calLabel  = 50.0 // months
	calStep   = 11.4
	calTop    = 16.0
	calRow    = 13.0
	calNumber = 48.0 // sums
	calSize   = 9.5
	// mostMonths is where rows become years, mostYears how many of these are drawn.
	mostMonths = 37
	mostYears  = 30
)

// calSide is how large the square of a level is: more is larger and darker, so
// that the order is there in grey too.
var calSide = [...]float64{0, 4.4, 6.4, 8.4, 10.4}

// A calCell is a day or a week in the picture.
type calCell struct {
	row, column int
	n           int64
	seen        Seen
	partly      bool // posts, and times that could not be seen
	name        string
}

// A calLine is a month or a year.
type calLine struct {
	period       string
	n            int64
	posted, lost int // days with posts; days not seen, or seen in part
	days         int // from the first capture to the last
}

// weekly reports whether squares are weeks.
func (c Calendar) weekly() bool { return c.months() > mostMonths }

func (c Calendar) months() int {
	if len(c.Days) == 0 {
		return 0
	}
	last := c.day(len(c.Days) - 1)
	return (last.Year()-c.First.Year())*12 + int(last.Month()) - int(c.First.Month()) + 1
}

// day is noon of a day: no zone's summer time moves it to another.
func (c Calendar) day(i int) time.Time {
	y, m, d := c.First.Date()
	return time.Date(y, m, d+i, 12, 0, 0, 0, time.UTC)
}

// lay gives every day or week its place. Years before the newest mostYears are
// left out.
func (c Calendar) lay() (lines []calLine, cells []calCell, cut bool) {
	weekly := c.weekly()
	skip := 0
	if weekly {
		last := c.day(len(c.Days) - 1).Year()
		for skip < len(c.Days) && c.day(skip).Year() <= last-mostYears {
			skip, cut = skip+1, true
		}
	}
	for i := skip; i < len(c.Days); i++ {
		d, at := c.Days[i], c.day(i)
		period, column := at.Format("2006-01"), at.Day()-1
		if weekly {
			period, column = at.Format("2006"), (at.YearDay()-1)/7
		}
		if len(lines) == 0 || lines[len(lines)-1].period != period {
			lines = append(lines, calLine{period: period})
		}
		l := &lines[len(lines)-1]
		l.n += d.N
		if d.N > 0 {
			l.posted++
		}
		if d.Seen == Unseen {
			l.lost++
		}
		if d.Seen != Unwatched {
			l.days++
		}
		row := len(lines) - 1
		if n := len(cells); weekly && n > 0 && cells[n-1].row == row && cells[n-1].column == column {
			w := &cells[n-1]
			w.n += d.N
			// A week is as its days: any day not seen makes it seen in part.
			w.partly = w.partly || d.Seen != w.seen && (d.Seen == Unseen || w.seen == Unseen)
			if d.Seen < w.seen {
				w.seen = d.Seen
			}
			continue
		}
		cells = append(cells, calCell{row: row, column: column, n: d.N, seen: d.Seen, name: at.Format("2006-01-02")})
	}
	for i := range cells {
		x := &cells[i]
		x.partly = x.n > 0 && (x.partly || x.seen == Unseen)
	}
	return lines, cells, cut
}

// steps are the quantiles that part the levels: a cell with more than steps[i]
// posts is at least of level i+2. Fewer distinct numbers make fewer levels.
func steps(cells []calCell) []int64 {
	var all []int64
	for _, c := range cells {
		if c.n > 0 {
			all = append(all, c.n)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	var out []int64
	for q := 1; q < len(calSide)-1; q++ {
		v := all[q*(len(all)-1)/(len(calSide)-1)]
		if v < all[len(all)-1] && (len(out) == 0 || v > out[len(out)-1]) {
			out = append(out, v)
		}
	}
	return out
}

func level(n int64, steps []int64) int {
	if n <= 0 {
		return 0
	}
	l := len(calSide) - 1 - len(steps) // the most is always the darkest
	for _, s := range steps {
		if n > s {
			l++
		}
	}
	return l
}

// Takeaway says in one sentence what the picture shows.
func (c Calendar) Takeaway() string {
	var posts int64
	posted, watched, lost := 0, 0, 0
	for _, d := range c.Days {
		posts += d.N
		if d.N > 0 {
			posted++
		}
		switch d.Seen {
		case Watched:
			watched++
		case Unseen:
			lost++
		}
	}
	switch {
	case len(c.Days) == 0 || watched+lost == 0:
		return c.words().f("No day of this source is known.")
	case lost == 0:
		return c.words().f("{posts} on {posted} of {days}; no day is known to be missing in part or whole.", "posts", c.posts(posts), "posted", posted, "days", c.days(watched))
	}
	return c.words().f("{posts} on {posted} of {days}; {lost} could not be seen, in part or whole.", "posts", c.posts(posts), "posted", posted, "days", c.days(watched+lost), "lost", c.days(lost))
}

// SVG draws the calendar: a whole svg element and nothing else, well-formed and
// the same bytes whatever is in it, at most 60 kB.
//
// Its classes, for chart.css: plot cal (the whole), plot-quiet (small words),
// cal-sum, cal-1 to cal-4 (squares by level), cal-none (watched, no post),
// cal-lost and plot-hatch (not seen), cal-partly (posts, and not all seen).
func (c Calendar) SVG() []byte {
	sum := sha256.Sum256(c.draw("cal"))
	return c.draw("cal-" + hex.EncodeToString(sum[:6]))
}

func (c Calendar) draw(id string) []byte {
	lines, cells, cut := c.lay()
	columns, step := 31, calStep
	if c.weekly() {
		columns, step = 53, calStep*31/53
	}
	by := steps(cells)
	wide := calLabel + float64(columns)*step + calNumber
	keyTop := calTop + calRow*float64(len(lines)) + 8
	tall := keyTop + 32
	scale := min(step/calStep, 1)

	p := pen{words: c.words()}
	p.open("svg", attr{"xmlns", "http://www.w3.org/2000/svg"}, attr{"class", "plot cal"}, attr{"role", "group"},
		attr{"aria-labelledby", id + "-title " + id + "-desc"}, attr{"viewBox", "0 0 " + number(wide) + " " + number(tall)},
		attr{"fill", "currentColor"}, attr{"font-size", calSize})
	title := plain(c.Title)
	if title == "" {
		title = c.words().f("Coverage")
	}
	p.put("title", title, attr{"id", id + "-title"})
	p.put("desc", c.Takeaway(), attr{"id", id + "-desc"})
	p.hatching(id)
	for column := range columns {
		name := ""
		switch {
		case c.weekly() && column%10 == 0:
			name = c.words().f("week {n}", "n", column+1)
		case !c.weekly() && (column == 0 || column%5 == 4):
			name = p.number(int64(column + 1))
		}
		if name != "" {
			p.label(name, attr{"class", "plot-quiet"}, attr{"x", calLabel + step*(float64(column)+.5)}, attr{"y", calTop - 5}, attr{"text-anchor", "middle"})
		}
	}
	at := func(x calCell) (float64, float64) {
		return calLabel + step*(float64(x.column)+.5), calTop + calRow*(float64(x.row)+.5)
	}
	// Squares of one kind are one path: a calendar of years stays small.
	var paths [len(calSide)][]byte
	var none, partly []byte
	for i := 0; i < len(cells); i++ {
		x := cells[i]
		px, py := at(x)
		switch {
		case x.n > 0:
			a := calSide[level(x.n, by)] * scale
			paths[level(x.n, by)] = square4(paths[level(x.n, by)], px-a/2, py-a/2, a, a)
			if x.partly {
				partly = square4(partly, px-step/2+.4, py+calRow/2-2, step-.8, 1.4)
			}
		case x.seen == Watched:
			none = square4(none, px-.9, py-.9, 1.8, 1.8)
		case x.seen == Unseen:
			last := i
			for last+1 < len(cells) && cells[last+1].row == x.row && cells[last+1].seen == Unseen && cells[last+1].n == 0 {
				last++
			}
			p.empty("rect", attr{"class", "cal-lost"}, attr{"x", px - step/2 + .4}, attr{"y", py - 5}, attr{"width", step*float64(last-i+1) - .8}, attr{"height", 10}, attr{"fill", "url(#" + id + "-hatch)"})
			i = last
		}
	}
	for l, d := range paths {
		if len(d) > 0 {
			p.empty("path", attr{"class", "cal-" + strconv.Itoa(l)}, attr{"d", string(d)})
		}
	}
	if len(none) > 0 {
		p.empty("path", attr{"class", "cal-none"}, attr{"d", string(none)})
	}
	if len(partly) > 0 {
		p.empty("path", attr{"class", "cal-partly"}, attr{"d", string(partly)})
	}
	for row, l := range lines {
		y := calTop + calRow*float64(row)
		linked := c.URL != nil && p.link(c.URL(l.period))
		p.open("g")
		p.put("title", c.line(l))
		p.empty("rect", attr{"x", 0}, attr{"y", y}, attr{"width", wide}, attr{"height", calRow}, attr{"fill", "none"}, attr{"pointer-events", "all"})
		p.label(p.digits(l.period), attr{"class", "cal-period"}, attr{"x", 0}, attr{"y", y + calRow/2 + 3.2})
		p.label(p.number(l.n), attr{"class", "cal-sum"}, attr{"x", wide}, attr{"y", y + calRow/2 + 3.2}, attr{"text-anchor", "end"})
		p.close("g")
		if linked {
			p.close("a")
		}
	}
	c.key(&p, id, by, keyTop, wide, cut)
	p.close("svg")
	return p.Bytes()
}

// square4 adds a rectangle to a path.
func square4(d []byte, x, y, wide, tall float64) []byte {
	d = append(append(append(append(d, 'M'), number(x)...), ' '), number(y)...)
	d = append(append(append(append(d, 'h'), number(wide)...), 'v'), number(tall)...)
	return append(append(append(d, 'h'), number(-wide)...), 'z')
}

// line says what a month or year holds.
func (c Calendar) line(l calLine) string {
	if l.days == 0 {
		return c.words().f("{period}: before or after all that was captured", "period", l.period)
	}
	if l.lost == 0 {
		return c.words().f("{period}: {posts} on {posted} of {days}", "period", l.period, "posts", c.posts(l.n), "posted", l.posted, "days", c.days(l.days))
	}
	return c.words().f("{period}: {posts} on {posted} of {days}; {lost} not seen, in part or whole", "period", l.period, "posts", c.posts(l.n), "posted", l.posted, "days", c.days(l.days), "lost", c.days(l.lost))
}

func (c Calendar) posts(n int64) string { return c.words().count(int(n), "post", "posts") }
func (c Calendar) days(n int) string    { return c.words().count(n, "day", "days") }

// key explains the squares, in two lines below.
func (c Calendar) key(p *pen, id string, by []int64, top, wide float64, cut bool) {
	x, y := 0.0, top+6
	add := func(sign func(x float64), text string) {
		need := 13 + width(text, calSize) + 10
		if x > 0 && x+need > wide+10 {
			x, y = 0, y+14
		}
		sign(x + 6)
		p.label(text, attr{"class", "plot-quiet"}, attr{"x", x + 14}, attr{"y", y + 3.2})
		x += need
	}
	low := int64(1)
	for i, high := range append(slices.Clone(by), -1) {
		l := len(calSide) - 1 - len(by) + i
		text := p.number(low)
		switch {
		case high < 0:
			text += "+"
		case high > low:
			text += "–" + p.number(high)
		}
		add(func(x float64) {
			a := calSide[l]
			p.empty("path", attr{"class", "cal-" + strconv.Itoa(l)}, attr{"d", string(square4(nil, x-a/2, y-a/2, a, a))})
		}, text)
		low = high + 1
	}
	add(func(x float64) {
		p.empty("path", attr{"class", "cal-none"}, attr{"d", string(square4(nil, x-.9, y-.9, 1.8, 1.8))})
	}, c.words().f("watched, no post"))
	add(func(x float64) {
		p.empty("rect", attr{"class", "cal-lost"}, attr{"x", x - 5}, attr{"y", y - 5}, attr{"width", 11}, attr{"height", 10}, attr{"fill", "url(#" + id + "-hatch)"})
	}, c.words().f("not seen"))
	add(func(x float64) {
		p.empty("path", attr{"class", "cal-partly"}, attr{"d", string(square4(nil, x-5, y+3, 11, 1.4))})
	}, c.words().f("seen in part"))
	if cut {
		add(func(float64) {}, c.words().f("the newest {n} years", "n", mostYears))
	}
}

// hatching is the pattern of what could not be seen.
func (p *pen) hatching(id string) {
	p.open("defs")
	p.open("pattern", attr{"id", id + "-hatch"}, attr{"width", 4}, attr{"height", 4}, attr{"patternUnits", "userSpaceOnUse"}, attr{"patternTransform", "rotate(45)"})
	p.empty("line", attr{"class", "plot-hatch"}, attr{"x1", 0}, attr{"y1", 0}, attr{"x2", 0}, attr{"y2", 4}, attr{"stroke", "#777"}, attr{"stroke-width", 1.4})
	p.close("pattern")
	p.close("defs")
}

// Table is the data-table twin of the picture: a header and a row for every
// month, or year, as the rows are drawn.
func (c Calendar) Table() [][]string {
	lines, _, _ := c.lay()
	rows := [][]string{{c.words().f("Period"), c.words().f("Posts"), c.words().f("Days with posts"), c.words().f("Days in range"), c.words().f("Days not seen, in part or whole")}}
	w := c.words()
	for _, l := range lines {
		rows = append(rows, []string{w.digits(l.period), w.number(l.n), w.number(int64(l.posted)), w.number(int64(l.days)), w.number(int64(l.lost))})
	}
	return rows
}
