package chart

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"dalil/internal/record"
)

// posted is a calendar of so many days with a rhythm, an outage and a hole.
func posted(days int) Calendar {
	c := Calendar{Title: "Coverage of “نبض الوادي”", First: time.Date(2023, 11, 20, 0, 0, 0, 0, baghdad), URL: func(period string) string { return "/statements?q=posted:" + period }}
	for i := range days {
		d := Day{N: int64(i*i%7) * int64(i%13) / 3}
		switch {
		case i < 4, i >= days-2:
			d = Day{Seen: Unwatched}
		case i >= 60 && i < 66:
			d = Day{Seen: Unseen, Why: "the country was offline"}
		case i == 90:
			d = Day{N: 3, Seen: Unseen, Why: "ids 411 to 418"}
		}
		c.Days = append(c.Days, d)
	}
	return c
}

func leads(n int) Matrix {
	m := Matrix{Title: "Who is before whom"}
	for i := range n {
		name := []string{"سرايا الوادي (3)", "Harbour News", "خبرگزاری دره", "A channel whose name is longer than the gutter is wide", "מבט לעמק"}[i%5]
		m.Sources = append(m.Sources, MatrixSource{Name: name, URL: "/c/C-" + strconv.Itoa(i), Behind: int64(i-n/2) * 1200, Shared: 40})
		row := make([]MatrixPair, n)
		for j := range row {
			shared := (i + 1) * (j + 1) * 7 % 41
			ties := shared / 9
			before := (shared - ties) * (n - i + j) / (2 * n)
			row[j] = MatrixPair{Shared: shared, Before: before, Ties: ties, Median: int64(j-i) * 900, URL: "/families?q=x"}
		}
		m.Pairs = append(m.Pairs, row)
	}
	return m
}

func names() Timeline {
	day := int64(86400)
	return Timeline{Title: "Titles and subscribers", Zone: baghdad, Number: "subscribers", Lanes: []TimelineLane{
		{Kind: "title", Text: "بيانات الظل", At: []int64{t0, t0 + 40*day}},
		{Kind: "title", Text: "الظل الطويل", At: []int64{t0 + 220*day, t0 + 400*day}},
		{Kind: "description", Text: "Statements, first here. " + strings.Repeat("Write to us. ", 20), At: []int64{t0 + 40*day, record.NoSeconds}},
	}, Points: []TimelinePoint{{t0 + 220*day, 48_100}, {t0 + 40*day, 31_020}, {t0 + 400*day, 47_900}}}
}

func TestPlots(t *testing.T) {
	bad := posted(20)
	bad.Title, bad.URL = evil, func(string) string { return "//evil.example" }
	bad.Days[9].Why = evil
	worse := leads(3)
	worse.Title = evil
	for i := range worse.Sources {
		worse.Sources[i].Name, worse.Sources[i].URL, worse.Sources[i].Behind = evil+strings.Repeat("\u0301", 500), "javascript:alert(1)", math.MinInt64+1
	}
	old := names()
	old.Title, old.Number = evil, evil
	old.Lanes = append(old.Lanes, TimelineLane{Kind: evil, Text: evil, At: []int64{math.MinInt64, math.MaxInt64}})
	for name, svg := range map[string]func() []byte{
		"calendar":         posted(390).SVG,
		"calendar-years":   posted(8 * 366).SVG,
		"calendar-hostile": bad.SVG,
		"calendar-empty":   Calendar{}.SVG,
		"matrix":           leads(7).SVG,
		"matrix-hostile":   worse.SVG,
		"matrix-empty":     Matrix{}.SVG,
		"timeline":         names().SVG,
		"timeline-hostile": old.SVG,
		"timeline-empty":   Timeline{}.SVG,
	} {
		got := svg()
		sound(t, got)
		if !bytes.Equal(got, svg()) {
			t.Errorf("%s: drawn twice, it differs", name)
		}
		golden(t, name+".svg", got)
	}
}

// A calendar stays small whatever it spans, and a matrix of the most sources a
// page shows stays within a page's budget.
func TestPlotsStaySmall(t *testing.T) {
	for _, days := range []int{31, 400, 3 * 366, 3*366 + 60, 20 * 366, 300 * 366} {
		c := posted(days)
		got := c.SVG()
		sound(t, got)
		if len(got) > 60_000 {
			t.Errorf("%d days: %d bytes", days, len(got))
		}
	}
	if got := leads(20).SVG(); len(got) > 150_000 {
		t.Errorf("a matrix of 20 has %d bytes", len(got))
	}
	long := names()
	for i := range 100_000 {
		long.Points = append(long.Points, TimelinePoint{t0 + int64(i)*3600, int64(i)})
		long.Lanes = append(long.Lanes, TimelineLane{Kind: "title", Text: strconv.Itoa(i), At: []int64{t0}})
	}
	if got := long.SVG(); len(got) > 150_000 {
		t.Errorf("a timeline has %d bytes", len(got))
	}
}

func TestCalendarSays(t *testing.T) {
	c := posted(390)
	for _, want := range []string{"posts on ", " of 384 days; 7 days could not be seen, in part or whole."} {
		if !strings.Contains(c.Takeaway(), want) {
			t.Errorf("%q has no %q", c.Takeaway(), want)
		}
	}
	rows := c.Table()
	if len(rows) != 1+14 || rows[1][0] != "2023-11" || rows[3][0] != "2024-01" || rows[3][4] != "6" {
		t.Errorf("%v", rows)
	}
	var sum int64
	for _, r := range rows[1:] {
		n, _ := strconv.ParseInt(r[1], 10, 64)
		sum += n
	}
	var all int64
	for _, d := range c.Days {
		all += d.N
	}
	if sum != all {
		t.Errorf("the table has %d posts, the days %d", sum, all)
	}
	if w := posted(8 * 366).Table(); len(w) != 1+9 || w[2][0] != "2024" {
		t.Errorf("by year: %v", w)
	}
}

// Days of a zone with summer time are neither doubled nor lost.
func TestCalendarSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c := Calendar{First: time.Date(2024, 3, 30, 0, 0, 0, 0, berlin), Days: make([]Day, 220)}
	for i := range c.Days {
		c.Days[i].N = 1
	}
	for i, want := range map[int]string{0: "2024-03-30", 1: "2024-03-31", 2: "2024-04-01", 211: "2024-10-27", 212: "2024-10-28"} {
		if got := c.day(i).Format("2006-01-02"); got != want {
			t.Errorf("day %d is %s, want %s", i, got, want)
		}
	}
}

func TestCalendarLevels(t *testing.T) {
	cells := func(n ...int64) []calCell {
		var all []calCell
		for _, x := range n {
			all = append(all, calCell{n: x})
		}
		return all
	}
	for _, c := range []struct {
		of   []calCell
		want string // levels of the smallest to the largest
	}{
		{cells(1), "4"},
		{cells(1, 1, 1, 9), "3 4"},
		{cells(1, 2, 3, 4, 5, 6, 7, 8), "1 1 2 2 3 3 4 4"},
		{cells(0, 0, 5), "4"},
	} {
		by := steps(c.of)
		var got []string
		for _, x := range c.of {
			if l := strconv.Itoa(level(x.n, by)); x.n > 0 && (len(c.of) == 8 || len(got) == 0 || got[len(got)-1] != l) {
				got = append(got, l)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v by %v: %v, want %s", c.of, by, got, c.want)
		}
	}
}

func TestMatrixSays(t *testing.T) {
	m := leads(2)
	m.Pairs[0][1], m.Pairs[1][0] = MatrixPair{Shared: 10, Before: 7, Ties: 1}, MatrixPair{Shared: 10, Before: 2, Ties: 1}
	if got, want := m.Takeaway(), "\u2068سرايا الوادي (3)\u2069 was before the others in 75 % of what it shares with them, \u2068Harbour News\u2069 in 25 %."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	rows := m.Table()
	if rows[1][2] != "75 % of 10" || rows[2][1] != "25 % of 10" || rows[1][1] != "" {
		t.Errorf("%v", rows)
	}
	m.Pairs[0][1].Shared = Few - 1
	m.Pairs[1][0].Shared = Few - 1
	if got := m.Takeaway(); !strings.Contains(got, "too few") {
		t.Errorf("%q", got)
	}
	// The scale is even to both sides.
	for i := range 101 {
		a, b := matrixClass(float64(i)/100), matrixClass(1-float64(i)/100)
		if a+b != 6 {
			t.Errorf("%d %%: %d and %d", i, a, b)
		}
	}
}

func TestSay(t *testing.T) {
	c := posted(40)
	c.Tongue = loud{}
	if got := c.Takeaway(); !strings.HasPrefix(got, "{POSTS} ON") || !bytes.Contains(c.SVG(), []byte("\u2068WATCHED, NO POST0\u2069")) {
		t.Errorf("%q", got)
	}
}

// loud is a tongue that shouts.
type loud struct{}

func (loud) Phrase(english string, fill ...any) string {
	return fmt.Sprint(strings.ToUpper(english), len(fill))
}
func (loud) Isolated(s string) string             { return "\u2068" + s + "\u2069" }
func (loud) Count(n any, one, many string) string { return fmt.Sprint("#", n, strings.ToUpper(many)) }
func (loud) Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '1' {
			return '¹'
		}
		return r
	}, s)
}
