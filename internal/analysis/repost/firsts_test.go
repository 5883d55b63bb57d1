package repost

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

var raceDay0 = time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC).Unix()

const (
	raceHour = int64(3600)
	raceDay  = 24 * raceHour
	raceEver = int64(1) << 40
)

// raceOf makes a family on a day; runs are pairs of source and seconds after noon.
func raceOf(day int64, runs ...[2]int64) analysis.Race {
	r := analysis.Race{Family: uint64(1000 + day)}
	for _, run := range runs {
		r.Runs = append(r.Runs, analysis.Run{Source: uint64(run[0]), At: raceDay0 + day*raceDay + run[1]})
	}
	return r
}

func coverAll(sources ...uint64) map[uint64]analysis.Cover {
	c := map[uint64]analysis.Cover{}
	for _, s := range sources {
		c[s] = analysis.Cover{From: 0, To: raceEver}
	}
	return c
}

func firstOf(t *testing.T, in analysis.FirstsInput, source uint64) record.First {
	t.Helper()
	for _, r := range Firsts(in) {
		if r.Source == source {
			return r
		}
	}
	t.Fatalf("no row for %d", source)
	return record.First{}
}

// The figures that METHODS 1.5 prints, of two sources that posted nothing else.
func TestFirstsWorkedFigures(t *testing.T) {
	for _, c := range []struct {
		wins, of                 int
		p, low, high             float64
		verdict, verdictOfOthers string
	}{
		{8, 9, 20. / 512, .5175, .9972, record.VerdictMore, record.VerdictLess},
		{4, 4, 1. / 8, .3976, 1, record.VerdictTooFew, record.VerdictTooFew},
		{5, 5, 1. / 16, .4782, 1, record.VerdictTooFew, record.VerdictTooFew},
		{6, 6, 1. / 32, .5407, 1, record.VerdictMore, record.VerdictLess},
		{4, 8, 1, .1570, .8430, record.VerdictNone, record.VerdictNone},
	} {
		in := analysis.FirstsInput{Cover: coverAll(1, 2)}
		for i := range c.of {
			late := int64(600)
			if i >= c.wins {
				late = -600
			}
			in.Families = append(in.Families, raceOf(int64(i), [2]int64{1, 0}, [2]int64{2, late}))
		}
		got := firstOf(t, in, 1)
		want := record.First{Source: 1, Families: c.of, First: float64(c.wins), Expected: float64(c.of) / 2,
			Share: float64(c.wins) / float64(c.of), Verdict: c.verdict}
		if !nearly(got.P, c.p, 1e-12) || !nearly(got.Low, c.low, 5e-5) || !nearly(got.High, c.high, 5e-5) {
			t.Errorf("%d of %d: P %v, %v to %v", c.wins, c.of, got.P, got.Low, got.High)
		}
		got.P, got.Q, got.Low, got.High = 0, 0, 0, 0
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d of %d: %s", c.wins, c.of, d)
		}
		if other := firstOf(t, in, 2); other.Verdict != c.verdictOfOthers {
			t.Errorf("%d of %d: the other is %q", c.wins, c.of, other.Verdict)
		}
	}
}

func TestFirstsWhatCounts(t *testing.T) {
	at := raceDay0
	for _, c := range []struct {
		name     string
		race     analysis.Race
		cover    map[uint64]analysis.Cover
		source   uint64
		families int
		first    float64
	}{
		{"first alone", raceOf(0, [2]int64{1, 0}, [2]int64{2, 61}), coverAll(1, 2), 1, 1, 1},
		{"second", raceOf(0, [2]int64{1, 0}, [2]int64{2, 61}), coverAll(1, 2), 2, 1, 0},
		{"a minute is a tie", raceOf(0, [2]int64{1, 0}, [2]int64{2, 60}), coverAll(1, 2), 2, 1, .5},
		{"ties are from the first time, no chain", raceOf(0, [2]int64{1, 0}, [2]int64{2, 50}, [2]int64{3, 100}), coverAll(1, 2, 3), 3, 1, 0},
		{"began after the text", raceOf(0, [2]int64{1, 0}, [2]int64{2, 600}, [2]int64{3, 700}),
			map[uint64]analysis.Cover{1: {To: raceEver}, 2: {From: at + 1, To: raceEver}, 3: {To: raceEver}}, 2, 0, 0},
		{"began with the text", raceOf(0, [2]int64{1, 0}, [2]int64{2, 600}),
			map[uint64]analysis.Cover{1: {From: at, To: at}, 2: {To: raceEver}}, 1, 1, 1},
		{"ended before the text", raceOf(0, [2]int64{1, 0}, [2]int64{2, 600}, [2]int64{3, 700}),
			map[uint64]analysis.Cover{1: {To: at - 1}, 2: {To: raceEver}, 3: {To: raceEver}}, 1, 0, 0},
		{"in a hole", raceOf(0, [2]int64{1, 0}, [2]int64{2, 600}, [2]int64{3, 700}),
			map[uint64]analysis.Cover{1: {To: raceEver}, 2: {To: raceEver, Holes: [][2]int64{{at - 9, at}}}, 3: {To: raceEver}}, 2, 0, 0},
		{"beside a hole", raceOf(0, [2]int64{1, 0}, [2]int64{2, 600}),
			map[uint64]analysis.Cover{1: {To: raceEver}, 2: {To: raceEver, Holes: [][2]int64{{at + 1, at + 9}}}}, 2, 1, 0},
		{"an original elsewhere", raceOf(0, [2]int64{9, -3600}, [2]int64{1, 0}, [2]int64{2, 600}), coverAll(1, 2), 1, 1, 0},
		{"a tie with one elsewhere", raceOf(0, [2]int64{9, -30}, [2]int64{1, 0}, [2]int64{2, 600}), coverAll(1, 2), 1, 1, .5},
		{"nobody else was watched", raceOf(0, [2]int64{1, 0}, [2]int64{9, 600}), coverAll(1), 1, 0, 0},
	} {
		in := analysis.FirstsInput{Families: []analysis.Race{c.race}, Cover: c.cover}
		if got := firstOf(t, in, c.source); got.Families != c.families || got.First != c.first {
			t.Errorf("%s: %v of %d, want %v of %d", c.name, got.First, got.Families, c.first, c.families)
		}
	}

	alone := analysis.FirstsInput{Families: []analysis.Race{raceOf(0, [2]int64{1, 0})}, Cover: coverAll(1, 2)}
	undated := analysis.FirstsInput{Families: []analysis.Race{{Runs: []analysis.Run{{Source: 1, At: raceDay0}, {Source: 2, At: record.NoSeconds}}}}, Cover: coverAll(1, 2)}
	for _, in := range []analysis.FirstsInput{{}, alone, undated} {
		if got := Firsts(in); len(got) != 0 {
			t.Errorf("%+v of a race of one", got)
		}
	}
	attested := raceOf(0, [2]int64{1, 0}, [2]int64{2, 600})
	attested.Runs[0].Attested = true
	if got := firstOf(t, analysis.FirstsInput{Families: []analysis.Race{attested}, Cover: coverAll(1, 2)}, 1); got.First != 1 {
		t.Errorf("an attested original: %+v", got)
	}
}

// Three thirds are one, and nothing less.
func TestFirstsTiesAddUp(t *testing.T) {
	in := analysis.FirstsInput{Cover: coverAll(1, 2, 3, 4, 5, 6, 7)}
	for day := range int64(49) {
		var runs [][2]int64
		for s := range int64(7) {
			runs = append(runs, [2]int64{s + 1, s})
		}
		in.Families = append(in.Families, raceOf(day, runs...))
	}
	got := firstOf(t, in, 3)
	low, high := clopperPearson(49, 7)
	if got.First != 7 || got.P != 1 || got.Low != low || got.High != high {
		t.Errorf("%+v", got)
	}
}

// Where drawing days anew can only give what is there already, the interval is
// still one.
func TestFirstsIntervalOfAll(t *testing.T) {
	in := analysis.FirstsInput{Cover: coverAll(1, 2)}
	for day := range int64(4) {
		in.Families = append(in.Families, raceOf(day, [2]int64{1, 0}, [2]int64{2, 600}))
		in.Hours = append(in.Hours, record.Hour{Source: 2, Hour: raceDay0/raceHour + 24*day - 24, N: 5})
	}
	if got := firstOf(t, in, 1); !nearly(got.Low, .3976, 5e-5) || got.High != 1 {
		t.Errorf("%+v", got)
	}
}

func TestFirstsOrderOfRows(t *testing.T) {
	in := analysis.FirstsInput{Cover: coverAll(1, 2, 3, 4)}
	in.Cover[4] = analysis.Cover{From: raceDay0 + 18*raceDay, To: raceEver}
	for day := range int64(20) {
		in.Families = append(in.Families, raceOf(day, [2]int64{4, 0}, [2]int64{2, 600 + day%2*600}, [2]int64{3, 900}, [2]int64{1, 1000}))
	}
	var order []uint64
	for _, r := range Firsts(in) {
		order = append(order, r.Source)
	}
	// 4 was always the first, of 2 that count: too few.
	if want := []uint64{1, 2, 3, 4}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
}

func TestFirstsExpected(t *testing.T) {
	in := analysis.FirstsInput{
		Families: []analysis.Race{raceOf(0, [2]int64{1, 0}, [2]int64{2, 600})},
		Hours:    []record.Hour{{Source: 1, Hour: raceDay0/raceHour - 24, N: 30}, {Source: 2, Hour: raceDay0/raceHour - 3, N: 9}},
		Cover:    coverAll(1, 2, 3), // 3 is silent, and counts as if it had posted once
	}
	if got := firstOf(t, in, 1).Expected; !nearly(got, 30./40, 1e-12) {
		t.Errorf("%v", got)
	}
	if got := firstOf(t, in, 2).Expected; !nearly(got, 9./40, 1e-12) {
		t.Errorf("%v", got)
	}
}

// drawRaces draws a small case.
func drawRaces(t *rapid.T) analysis.FirstsInput {
	in := analysis.FirstsInput{Cover: map[uint64]analysis.Cover{}}
	for s := range uint64(5) { // 0 is never watched
		if s > 0 {
			c := analysis.Cover{From: raceDay0 - rapid.Int64Range(-10, 5).Draw(t, "from")*raceDay, To: raceEver}
			if rapid.Bool().Draw(t, "hole") {
				c.Holes = [][2]int64{{raceDay0 + 12*raceDay, raceDay0 + 14*raceDay}}
			}
			in.Cover[s] = c
		}
		for range rapid.IntRange(0, 9).Draw(t, "hours") {
			in.Hours = append(in.Hours, record.Hour{Source: s, Hour: raceDay0/raceHour + rapid.Int64Range(-700, 500).Draw(t, "hour"), N: rapid.Int64Range(1, 20).Draw(t, "n")})
		}
	}
	for i := range rapid.IntRange(0, 20).Draw(t, "families") {
		var runs [][2]int64
		for _, s := range rapid.Permutation([]int64{0, 1, 2, 3, 4}).Draw(t, "who")[:rapid.IntRange(1, 5).Draw(t, "sources")] {
			runs = append(runs, [2]int64{s, rapid.Int64Range(0, 300).Draw(t, "after")})
		}
		r := raceOf(rapid.Int64Range(0, 20).Draw(t, "day"), runs...)
		r.Family = uint64(i)
		in.Families = append(in.Families, r)
	}
	return in
}

// shuffleRaces returns the same case in another order.
func shuffleRaces(t *rapid.T, in analysis.FirstsInput) analysis.FirstsInput {
	out := analysis.FirstsInput{Cover: in.Cover}
	for _, f := range in.Families {
		if len(f.Runs) > 0 {
			f.Runs = rapid.Permutation(f.Runs).Draw(t, "runs")
		}
		out.Families = append(out.Families, f)
	}
	if len(out.Families) > 0 {
		out.Families = rapid.Permutation(out.Families).Draw(t, "races")
	}
	if len(in.Hours) > 0 {
		out.Hours = rapid.Permutation(in.Hours).Draw(t, "hours again")
	}
	return out
}

func TestFirstsIndependentOfOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawRaces(t)
		rows := Firsts(in)
		if d := cmp.Diff(rows, Firsts(shuffleRaces(t, in))); d != "" {
			t.Fatal(d)
		}
		for _, r := range rows {
			if r.Low > r.High || r.Low < 0 || r.High > 1 || r.P < 0 || r.P > 1 || r.Q < r.P {
				t.Fatalf("%+v", r)
			}
			if (r.Families < fewestRaces) != (r.Verdict == record.VerdictTooFew) {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// When firsts fall by posting rate alone, a source is called something in no
// more than a few of a hundred cases.
func TestFirstsUnderNull(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 9))
	rates := []int64{40, 20, 10, 5}
	const cases = 150
	found, low := 0, 0
	for range cases {
		in := analysis.FirstsInput{Cover: coverAll(1, 2, 3, 4)}
		for s, rate := range rates {
			for day := int64(-28); day < 40; day++ {
				in.Hours = append(in.Hours, record.Hour{Source: uint64(s + 1), Hour: raceDay0/raceHour + 24*day, N: rate})
			}
		}
		for day := range int64(40) {
			runs := [][2]int64{{1, 600}, {2, 700}, {3, 800}, {4, 900}}
			at := random.Int64N(75)
			for s, rate := range rates {
				if at -= rate; at < 0 {
					runs[s][1] = 0
					break
				}
			}
			in.Families = append(in.Families, raceOf(day, runs...))
		}
		rows := Firsts(in)
		if slices.ContainsFunc(rows, func(r record.First) bool { return r.Verdict != record.VerdictNone }) {
			found++
		}
		for _, r := range rows {
			if r.P <= .2 {
				low++
			}
		}
	}
	if found > 12 { // .05 of 150 and twice its standard deviation
		t.Errorf("%d of %d cases with a finding", found, cases)
	}
	if share := float64(low) / (cases * 4); share < .08 || share > .22 {
		t.Errorf("P at most .2 in %.3f of the rows", share)
	}
}

func BenchmarkFirsts(b *testing.B) {
	in := racesForBenchmark()
	for b.Loop() {
		Firsts(in)
	}
}

// racesForBenchmark is 10,000 families of 40 sources in three years.
func racesForBenchmark() analysis.FirstsInput {
	random := rand.New(rand.NewPCG(3, 3))
	in := analysis.FirstsInput{Cover: map[uint64]analysis.Cover{}}
	for s := range uint64(40) {
		in.Cover[s] = analysis.Cover{To: raceEver}
		for h := range int64(3 * 365 * 24) {
			if random.IntN(4) == 0 {
				in.Hours = append(in.Hours, record.Hour{Source: s, Hour: raceDay0/raceHour + h, N: 1 + random.Int64N(5)})
			}
		}
	}
	for i := range uint64(10_000) {
		r := analysis.Race{Family: i}
		at := raceDay0 + random.Int64N(3*365*raceDay)
		for _, s := range random.Perm(40)[:2+random.IntN(10)] {
			r.Runs = append(r.Runs, analysis.Run{Source: uint64(s), At: at + random.Int64N(7200)})
		}
		in.Families = append(in.Families, r)
	}
	return in
}
