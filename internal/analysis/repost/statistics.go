package repost

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// poissonBinomial returns the chances of 0, 1, … len(p) successes in
// independent trials with the chances p: exact, by convolution (METHODS 1.5).
func poissonBinomial(p []float64) []float64 {
	// Chances below this are dropped: far too small to be seen in any sum, and
	// arithmetic near the smallest floats is slow.
	const nothing = 1e-290
	mass := make([]float64, len(p)+1)
	mass[0] = 1
	low, high := 0, 0 // mass is 0 outside
	for _, q := range p {
		high++
		for k := high; k > low; k-- {
			mass[k] = mass[k]*(1-q) + mass[k-1]*q
		}
		mass[low] *= 1 - q
		for ; mass[high] < nothing; high-- {
			mass[high] = 0
		}
		for ; mass[low] < nothing; low++ {
			mass[low] = 0
		}
	}
	return mass
}

// twoSidedOf returns the exact two-sided p-value of x successes, where mass
// holds the chances of 0, 1, … successes: twice the smaller tail, at most 1.
// An x between two whole numbers lies in the tails of both, which errs to the
// side of chance.
func twoSidedOf(mass []float64, x float64) float64 {
	var atMost, atLeast float64 // each summed from its thin end, where digits would be lost
	for _, m := range mass[:int(math.Floor(x))+1] {
		atMost += m
	}
	for _, m := range slices.Backward(mass[int(math.Ceil(x)):]) {
		atLeast += m
	}
	return min(1, 2*min(atMost, atLeast))
}

// binomialAtLeast returns the chance of k or more successes in n trials with
// the chance p each.
func binomialAtLeast(n, k int, p float64) float64 {
	switch {
	case k <= 0 || p >= 1:
		return 1
	case k > n || p <= 0:
		return 0
	}
	all, _ := math.Lgamma(float64(n + 1))
	sum := 0.0
	for i := n; i >= k; i-- {
		hits, _ := math.Lgamma(float64(i + 1))
		misses, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(all - hits - misses + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(1, sum)
}

// signTestOf returns the exact two-sided p-value of a against b where both are
// equally likely each time; 1 when there is nothing to compare.
func signTestOf(a, b int) float64 {
	return min(1, 2*binomialAtLeast(a+b, max(a, b), .5))
}

// clopperPearson returns the exact 95 % interval of a chance that showed k
// successes in n trials (Clopper and Pearson, Biometrika 26, 1934); 0 to 1
// when n is 0.
func clopperPearson(n, k int) (low, high float64) {
	return clopperPearsonLow(n, k), 1 - clopperPearsonLow(n, n-k)
}

// clopperPearsonLow is the chance at which k or more successes have the
// probability .025.
func clopperPearsonLow(n, k int) float64 {
	if k == 0 {
		return 0
	}
	low, high := 0.0, 1.0
	for range 60 { // halvings: to the last digit of a float
		if mid := (low + high) / 2; binomialAtLeast(n, k, mid) < .025 {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// benjaminiHochberg returns for each p-value the smallest false discovery rate
// at which it counts as a finding, in the same order (Benjamini and Hochberg,
// J. R. Stat. Soc. B 57, 1995).
func benjaminiHochberg(p []float64) []float64 {
	byP := make([]int, len(p))
	for i := range byP {
		byP[i] = i
	}
	slices.SortFunc(byP, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	q := make([]float64, len(p))
	least := 1.0
	for i, at := range slices.Backward(byP) {
		least = min(least, p[at]*(float64(len(p))/float64(i+1)))
		q[at] = least
	}
	return q
}

// dayBootstrap returns the 95 % percentile interval of a statistic when whole
// days are drawn anew with replacement, 2,000 times (METHODS 1.5): posts of one
// day hang together, days much less. The statistic gets how often each of the
// days was drawn. The seed alone decides the draws.
func dayBootstrap(days int, seed [2]uint64, statistic func(drawn []int) float64) (low, high float64) {
	const draws = 2000
	random := rand.New(rand.NewPCG(seed[0], seed[1]))
	drawn := make([]int, days)
	values := make([]float64, draws)
	for i := range values {
		clear(drawn)
		for range days {
			drawn[random.IntN(days)]++
		}
		values[i] = statistic(drawn)
	}
	slices.Sort(values)
	const cut = draws / 40 // 2.5 % at either end
	return values[cut-1], values[draws-cut]
}
