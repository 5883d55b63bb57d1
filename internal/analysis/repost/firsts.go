package repost

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

const (
	raceTie       = 60  // seconds; closer than that is a tie (METHODS 1.4)
	fewestRaces   = 6   // with fewer no two-sided test at even chances can reach .05 (METHODS 1.5)
	falseFindings = .05 // the share of findings that may be false, Benjamini-Hochberg
)

// Firsts answers how often each source was the first with a text, against what
// its posting rate alone would make of it (METHODS 1.5). It has a row for
// every covered source that had a text which another source had too: those
// with enough families for a verdict come first, then by Share, the highest
// first. Neither the order of the input nor the other rows change a row, except
// for its Q.
//
// A family counts for a source that was watched when the text first appeared
// (METHODS 1.4), when at least one more was watched then: a race that nobody
// else could win says nothing. When that first time is known from a source that
// was not watched, none of the others was first, save for a tie: the null model
// knows nothing of such sources, so where they often lead, everybody comes out
// below Expected.
//
// First is 0 to Families, and so is Expected; the others are 0 to 1. Share is
// 0, the interval 0 to 1 and P 1 without families. Q is 1 below 6 families:
// those are not tested.
func Firsts(in analysis.FirstsInput) []record.First {
	races := datedRaces(in.Families, 2)
	in.Cover = joinedCover(in.Cover)
	rhythm := in.Rhythm
	if rhythm == nil {
		rhythm = analysis.NewRhythm(in.Hours)
	}

	tallies := map[uint64]*firstTally{}
	for _, r := range races {
		for _, run := range r.runs {
			if _, ok := in.Cover[run.Source]; ok && tallies[run.Source] == nil {
				tallies[run.Source] = &firstTally{source: run.Source}
			}
		}
	}

	covered := slices.Sorted(maps.Keys(in.Cover))
	var watched []uint64
	var rates []int64
	for _, r := range races {
		watched, rates = watched[:0], rates[:0]
		var total int64
		for _, source := range covered {
			if watchedAt(in.Cover, source, r.at) {
				// At least 1, as a source that was silent can still be the first.
				rate := max(1, rhythm.Around(source, r.at))
				watched, rates, total = append(watched, source), append(rates, rate), total+rate
			}
		}
		if len(watched) < 2 {
			continue
		}
		for i, source := range watched {
			if t := tallies[source]; t != nil {
				t.day = append(t.day, floorQuotient(r.at, 24*60*60))
				t.won = append(t.won, r.share(source))
				t.chance = append(t.chance, float64(rates[i])/float64(total))
			}
		}
	}

	var rows []record.First
	for _, source := range slices.Sorted(maps.Keys(tallies)) {
		rows = append(rows, tallies[source].row())
	}
	judgeFirsts(rows)
	group := func(r record.First) int {
		if r.Verdict == record.VerdictTooFew {
			return 1
		}
		return 0
	}
	slices.SortFunc(rows, func(a, b record.First) int {
		return cmp.Or(
			cmp.Compare(group(a), group(b)),
			cmp.Compare(b.Share, a.Share),
			cmp.Compare(b.Families, a.Families),
			cmp.Compare(a.Source, b.Source),
		)
	})
	return rows
}

// judgeFirsts fills in Q and Verdict.
func judgeFirsts(rows []record.First) {
	var tested []int
	var p []float64
	for i := range rows {
		rows[i].Q, rows[i].Verdict = 1, record.VerdictTooFew
		if rows[i].Families >= fewestRaces {
			tested, p = append(tested, i), append(p, rows[i].P)
		}
	}
	for i, q := range benjaminiHochberg(p) {
		r := &rows[tested[i]]
		r.Q = q
		switch {
		case q >= falseFindings:
			r.Verdict = record.VerdictNone
		case r.First > r.Expected:
			r.Verdict = record.VerdictMore
		default:
			r.Verdict = record.VerdictLess
		}
	}
}

// firstTally is what one source did in the races that count for it, oldest
// race first.
type firstTally struct {
	source uint64
	day    []int64   // UTC day of the race, since 1970
	won    []float64 // 1 alone, 1/k with k sources tied, 0 otherwise
	chance []float64 // to win by posting rate alone
}

func (t *firstTally) row() record.First {
	r := record.First{Source: t.source, Families: len(t.won), High: 1, P: 1}
	if r.Families == 0 {
		return r
	}
	for i := range t.won {
		r.First += t.won[i]
		r.Expected += t.chance[i]
	}
	// Three thirds are one: without this, a sum that rounding left just below a
	// whole number would count as one less.
	if whole := math.Round(r.First); math.Abs(r.First-whole) < 1e-9 {
		r.First = whole
	}
	r.Share = r.First / float64(r.Families)
	r.P = twoSidedOf(poissonBinomial(t.chance), r.First)
	r.Low, r.High = t.interval(r.First)
	return r
}

// interval returns the 95 % interval of the share that was first.
func (t *firstTally) interval(first float64) (low, high float64) {
	equal := slices.Max(t.chance)-slices.Min(t.chance) < 1e-9
	if !equal || first != math.Floor(first) {
		if low, high = t.resample(); low < high {
			return low, high
		}
		// Drawn days cannot show what none of them has: they would make 4 of 4 an
		// interval of 1 to 1.
	}
	low, _ = clopperPearson(len(t.won), int(math.Floor(first)))
	_, high = clopperPearson(len(t.won), int(math.Ceil(first)))
	return low, high
}

func (t *firstTally) resample() (low, high float64) {
	var won, races []float64 // of each day
	for i := range t.day {
		if i == 0 || t.day[i] != t.day[i-1] {
			won, races = append(won, 0), append(races, 0)
		}
		won[len(won)-1] += t.won[i]
		races[len(races)-1]++
	}
	return dayBootstrap(len(won), [2]uint64{t.source, t.source}, func(drawn []int) float64 {
		var w, n float64
		for day, times := range drawn {
			w += float64(times) * won[day]
			n += float64(times) * races[day]
		}
		return w / n
	})
}

// datedRace is a family whose sources are in the order of their times.
type datedRace struct {
	family uint64
	at     int64 // when the text is first known, seconds since 1970
	runs   []analysis.Run
}

// datedRaces returns the families that at least so many sources are known to
// have had at some time, the oldest first, so that everything that is worked
// out from them is independent of the order of the input.
func datedRaces(families []analysis.Race, sources int) []datedRace {
	var races []datedRace
	for _, f := range families {
		runs := slices.DeleteFunc(slices.Clone(f.Runs), func(r analysis.Run) bool { return r.At == record.NoSeconds })
		slices.SortFunc(runs, func(a, b analysis.Run) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Source, b.Source))
		})
		if len(runs) >= sources && len(runs) > 0 {
			races = append(races, datedRace{family: f.Family, at: runs[0].At, runs: runs})
		}
	}
	slices.SortFunc(races, func(a, b datedRace) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.family, b.family))
	})
	return races
}

// share returns what the source gets of being first: a tie of k gives 1/k to
// each.
func (r datedRace) share(source uint64) float64 {
	tied, among := 0, false
	for _, run := range r.runs {
		if run.At-r.at > raceTie {
			break
		}
		tied++
		among = among || run.Source == source
	}
	if !among {
		return 0
	}
	return 1 / float64(tied)
}

// joinedCover is cover with its holes joined.
func joinedCover(all map[uint64]analysis.Cover) map[uint64]analysis.Cover {
	joined := make(map[uint64]analysis.Cover, len(all))
	for source, c := range all {
		joined[source] = c.Joined()
	}
	return joined
}

// watchedAt reports whether a source that is known was watched at a time.
func watchedAt(all map[uint64]analysis.Cover, source uint64, at int64) bool {
	c, ok := all[source]
	return ok && c.Watched(at)
}

// floorQuotient is a/b rounded down, also before 1970.
func floorQuotient(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
