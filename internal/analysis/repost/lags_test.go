package repost

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

func TestLags(t *testing.T) {
	in := analysis.FirstsInput{Cover: coverAll(1, 2, 3)}
	in.Cover[3] = analysis.Cover{From: raceDay0 + 7*raceDay, To: raceEver}
	for day := range int64(8) { // A first, by 2 to 9 minutes
		in.Families = append(in.Families, raceOf(day, [2]int64{1, 0}, [2]int64{2, 120 + 60*day}))
	}
	in.Families = append(in.Families,
		raceOf(8, [2]int64{1, 0}, [2]int64{2, 60}),
		raceOf(9, [2]int64{1, 0}),
		raceOf(10, [2]int64{2, 0}, [2]int64{3, 900}),
		raceOf(11, [2]int64{3, 0}),
	)
	got := Lags(in, []uint64{1, 2, 3})
	if len(got) != 3 {
		t.Fatalf("%d pairs", len(got))
	}
	ab := got[0]
	if ab.Low > 300 || ab.High < 300 || ab.Low < 60 || ab.High > 540 || ab.Low == ab.High {
		t.Errorf("median of 300 s in %v to %v", ab.Low, ab.High)
	}
	ab.Low, ab.High = 0, 0
	want := record.Lag{A: 1, B: 2, Both: 9, AFirst: 8, Ties: 1, OnlyA: 1, OnlyB: 1,
		Median: 300, P: 2. / 256, Q: 2. / 256, Verdict: record.VerdictA}
	if d := cmp.Diff(want, ab, cmp.Comparer(func(a, b float64) bool { return nearly(a, b, 1e-12) })); d != "" {
		t.Error(d)
	}
	// 3 was watched from day 7: what only 1 had before then is not counted.
	if ac := got[1]; ac.A != 1 || ac.B != 3 || ac.Both != 0 || ac.OnlyA != 3 || ac.OnlyB != 2 || ac.P != 1 || ac.Verdict != record.VerdictTooFew {
		t.Errorf("%+v", ac)
	}
}

// A source whose collection began later is not called slower for it.
func TestLagsLeftCensored(t *testing.T) {
	in := analysis.FirstsInput{Cover: coverAll(1, 2)}
	in.Cover[2] = analysis.Cover{From: raceDay0 + 100*raceDay, To: raceEver}
	for day := range int64(10) {
		in.Families = append(in.Families, raceOf(day, [2]int64{1, 0}, [2]int64{2, 101 * raceDay}))
	}
	if got := Lags(in, []uint64{1, 2})[0]; got.Both != 0 || got.OnlyA != 0 {
		t.Errorf("%+v", got)
	}
}

func TestLagsFewAndNone(t *testing.T) {
	for _, c := range []struct {
		a, b, ties int64
		verdict    string
	}{
		{5, 0, 0, record.VerdictTooFew},
		{6, 0, 0, record.VerdictA},
		{0, 6, 0, record.VerdictB},
		{5, 0, 1, record.VerdictNone},
		{0, 0, 6, record.VerdictNone},
		{5, 4, 0, record.VerdictNone},
		{1, 8, 0, record.VerdictB},
	} {
		in := analysis.FirstsInput{Cover: coverAll(1, 2)}
		for day := range c.a + c.b + c.ties {
			late := int64(61)
			if day >= c.a {
				late = -61
			}
			if day >= c.a+c.b {
				late = 0
			}
			in.Families = append(in.Families, raceOf(day, [2]int64{1, 0}, [2]int64{2, late}))
		}
		if got := Lags(in, []uint64{1, 2})[0]; got.Verdict != c.verdict || got.AFirst != int(c.a) || got.BFirst != int(c.b) || got.Ties != int(c.ties) {
			t.Errorf("%d, %d, %d: %+v", c.a, c.b, c.ties, got)
		}
	}
}

// Neither the order of the input nor which of two is called A changes anything.
func TestLagsIndependentOfOrder(t *testing.T) {
	swap := map[string]string{record.VerdictA: record.VerdictB, record.VerdictB: record.VerdictA}
	rapid.Check(t, func(t *rapid.T) {
		in := drawRaces(t)
		rows := Lags(in, []uint64{1, 2, 3})
		if d := cmp.Diff(rows, Lags(shuffleRaces(t, in), []uint64{1, 2, 3})); d != "" {
			t.Fatal(d)
		}
		back := Lags(in, []uint64{3, 2, 1})
		for i, r := range rows {
			o := back[len(back)-1-i]
			o.A, o.B, o.AFirst, o.BFirst, o.OnlyA, o.OnlyB = o.B, o.A, o.BFirst, o.AFirst, o.OnlyB, o.OnlyA
			o.Median, o.Low, o.High = -o.Median, -o.High, -o.Low
			if v, ok := swap[o.Verdict]; ok {
				o.Verdict = v
			}
			if d := cmp.Diff(r, o); d != "" {
				t.Fatal(d)
			}
			if r.AFirst+r.BFirst+r.Ties != r.Both || r.Low > r.High {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func BenchmarkLags(b *testing.B) {
	in := racesForBenchmark()
	for b.Loop() {
		Lags(in, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	}
}
