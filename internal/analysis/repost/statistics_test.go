package repost

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func nearly(a, b, by float64) bool { return math.Abs(a-b) <= by }

// The figures that METHODS 1.5 prints.
func TestStatisticsWorkedFigures(t *testing.T) {
	for _, c := range []struct {
		what          string
		got, want, by float64
	}{
		{"8 of 9 against ½, one-sided", binomialAtLeast(9, 8, .5), 10. / 512, 1e-12},
		{"8 of 9 against ½, two-sided", signTestOf(1, 8), 20. / 512, 1e-12},
		{"8 of 9 against .3, one-sided", binomialAtLeast(9, 8, .3), .0004, 5e-5},
		{"4 of 4 against ½, one-sided", binomialAtLeast(4, 4, .5), 1. / 16, 1e-12},
		{"5 of 5 against ½, one-sided", binomialAtLeast(5, 5, .5), 1. / 32, 1e-12},
		{"5 of 5 against ½, two-sided", signTestOf(5, 0), 1. / 16, 1e-12},
		{"6 of 6 against ½, two-sided", signTestOf(6, 0), 1. / 32, 1e-12},
	} {
		if !nearly(c.got, c.want, c.by) {
			t.Errorf("%s: %.6f, want %.6f", c.what, c.got, c.want)
		}
	}
	for _, c := range []struct {
		n, k      int
		low, high float64
	}{
		{9, 8, .5175, .9972},
		{4, 4, .3976, 1},
		{4, 0, 0, .6024},
		{0, 0, 0, 1},
		{20, 10, .2720, .7280},
	} {
		if low, high := clopperPearson(c.n, c.k); !nearly(low, c.low, 5e-5) || !nearly(high, c.high, 5e-5) {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

func TestStatisticsPoissonBinomial(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 80).Draw(t, "p")
		sum, mean, want := 0.0, 0.0, 0.0
		for k, m := range poissonBinomial(p) {
			sum += m
			mean += float64(k) * m
		}
		for _, q := range p {
			want += q
		}
		if !nearly(sum, 1, 1e-12) || !nearly(mean, want, 1e-9) {
			t.Fatalf("sum %v, mean %v, want 1 and %v", sum, mean, want)
		}
	})
}

// By enumeration of all outcomes.
func TestStatisticsPoissonBinomialEnumerated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 9).Draw(t, "p")
		want := make([]float64, len(p)+1)
		for set := range 1 << len(p) {
			k, m := 0, 1.0
			for i, q := range p {
				if set>>i&1 == 1 {
					k++
					m *= q
				} else {
					m *= 1 - q
				}
			}
			want[k] += m
		}
		for k, m := range poissonBinomial(p) {
			if !nearly(m, want[k], 1e-12) {
				t.Fatalf("%d: %v, want %v", k, m, want[k])
			}
		}
	})
}

func TestStatisticsPoissonBinomialOfEqualsIsBinomial(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		mass := poissonBinomial(slices.Repeat([]float64{p}, n))
		atLeast := 0.0
		for k, m := range slices.Backward(mass) {
			atLeast += m
			if want := binomialAtLeast(n, k, p); !nearly(atLeast, want, 1e-10) {
				t.Fatalf("%d or more of %d: %v, want %v", k, n, atLeast, want)
			}
		}
	})
}

// Under the null an exact p-value is below a level about as often as the level
// says, and no more often, as counts are whole.
func TestStatisticsTwoSidedUnderNull(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 5))
	const runs, families = 3000, 400
	p := make([]float64, families)
	for i := range p {
		p[i] = .02 + .9*random.Float64()
	}
	mass := poissonBinomial(p)
	var values []float64
	for range runs {
		x := 0.0
		for _, q := range p {
			if random.Float64() < q {
				x++
			}
		}
		values = append(values, twoSidedOf(mass, x))
	}
	for _, level := range []float64{.01, .05, .1, .25, .5, .75} {
		below := 0.0
		for _, v := range values {
			if v <= level {
				below++
			}
		}
		// Whole counts cost at most about one step of the distribution, .04 here.
		spread := 3 * math.Sqrt(level*(1-level)/runs)
		if got := below / runs; got > level+spread || got < level*.85-spread-.04 {
			t.Errorf("below %.2f: %.3f", level, got)
		}
	}
}

func TestStatisticsTwoSidedOfFractions(t *testing.T) {
	mass := poissonBinomial(slices.Repeat([]float64{.5}, 6))
	if got, want := twoSidedOf(mass, 5.5), twoSidedOf(mass, 5)/7; !nearly(got, want, 1e-12) {
		// P(X ≥ 6) = 1/64 and P(X ≥ 5) = 7/64
		t.Errorf("5.5 of 6: %v, want %v", got, want)
	}
	if got := twoSidedOf(mass, 3); got != 1 {
		t.Errorf("3 of 6: %v, want 1", got)
	}
}

func TestStatisticsBenjaminiHochberg(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{.01, .02, .5, 1})), 0, 30).Draw(t, "p")
		q := benjaminiHochberg(p)
		// The definition: the largest k with p(k) ≤ level·k/n, and all below it.
		level := rapid.Float64Range(.001, 1).Draw(t, "level")
		sorted := slices.Sorted(slices.Values(p))
		cut := -1.0
		for i, v := range sorted {
			if v*(float64(len(p))/float64(i+1)) <= level {
				cut = v
			}
		}
		for i := range p {
			if (p[i] <= cut) != (q[i] <= level) {
				t.Fatalf("p %v: q %v at level %v, cut %v", p[i], q[i], level, cut)
			}
			if q[i] < p[i] || q[i] > 1 {
				t.Fatalf("p %v: q %v", p[i], q[i])
			}
		}
	})
}

func TestStatisticsDayBootstrap(t *testing.T) {
	// The mean of 100 days, half of them 1: .5 ± 1.96·.05.
	mean := func(drawn []int) float64 {
		sum := 0
		for day, times := range drawn {
			sum += day % 2 * times
		}
		return float64(sum) / 100
	}
	low, high := dayBootstrap(100, [2]uint64{7, 7}, mean)
	if !nearly(low, .402, .012) || !nearly(high, .598, .012) {
		t.Errorf("%v to %v", low, high)
	}
	if l, h := dayBootstrap(100, [2]uint64{7, 7}, mean); l != low || h != high {
		t.Error("another result with the same seed")
	}
}
