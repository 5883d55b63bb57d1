package repost

import (
	"cmp"
	"slices"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

// Lags compares distinct sources pairwise: which of two posts the same text
// first, and by how much (METHODS 1.5). It has a row for each pair, in the order
// given: A is the one that comes first in sources. The order of the input
// changes nothing else.
//
// A family counts for a pair of which both were watched when its text first
// appeared (METHODS 1.4): otherwise one may have had it earlier than we could
// see. Median and its interval are seconds from A to B; they are 0 without a
// family that both posted, and the interval has no width when all of them are
// of one day. P is 1 when there are only ties. Q is 1 for pairs with fewer than
// 6 families that both posted: those are not tested.
func Lags(in analysis.FirstsInput, sources []uint64) []record.Lag {
	races, cover := datedRaces(in.Families, 1), joinedCover(in.Cover)
	lanes := make([]raceLane, len(sources))
	for i, source := range sources {
		lanes[i] = laneOf(source, races, cover)
	}
	var rows []record.Lag
	for i := range lanes {
		for j := i + 1; j < len(lanes); j++ {
			rows = append(rows, lagOf(races, lanes[i], lanes[j]))
		}
	}

	var tested []int
	var p []float64
	for i := range rows {
		rows[i].Q, rows[i].Verdict = 1, record.VerdictTooFew
		if rows[i].Both >= fewestRaces {
			tested, p = append(tested, i), append(p, rows[i].P)
		}
	}
	for i, q := range benjaminiHochberg(p) {
		r := &rows[tested[i]]
		r.Q = q
		switch {
		case q >= falseFindings:
			r.Verdict = record.VerdictNone
		case r.AFirst > r.BFirst:
			r.Verdict = record.VerdictA
		default:
			r.Verdict = record.VerdictB
		}
	}
	return rows
}

// raceLane is one source's part in all races, by their index.
type raceLane struct {
	source  uint64
	at      []int64 // when it had the text; NoSeconds when it did not
	watched []bool  // when the text first appeared
}

func laneOf(source uint64, races []datedRace, cover map[uint64]analysis.Cover) raceLane {
	l := raceLane{source, make([]int64, len(races)), make([]bool, len(races))}
	for i, r := range races {
		l.at[i] = record.NoSeconds
		if k := slices.IndexFunc(r.runs, func(run analysis.Run) bool { return run.Source == source }); k >= 0 {
			l.at[i] = r.runs[k].At
		}
		l.watched[i] = watchedAt(cover, source, r.at)
	}
	return l
}

// dayLag is the time from A to B in one family.
type dayLag struct {
	seconds int64
	day     int // index of the family's UTC day among those that count
}

func lagOf(races []datedRace, a, b raceLane) record.Lag {
	row := record.Lag{A: a.source, B: b.source}
	var lags []dayLag
	var lastDay int64
	days := 0
	for i, r := range races {
		hasA, hasB := a.at[i] != record.NoSeconds, b.at[i] != record.NoSeconds
		switch {
		case !a.watched[i] || !b.watched[i]:
		case hasA && hasB:
			if day := floorQuotient(r.at, 24*60*60); days == 0 || day != lastDay {
				lastDay = day
				days++
			}
			lag := b.at[i] - a.at[i]
			lags = append(lags, dayLag{lag, days - 1})
			switch {
			case lag > raceTie:
				row.AFirst++
			case lag < -raceTie:
				row.BFirst++
			default:
				row.Ties++
			}
		case hasA:
			row.OnlyA++
		case hasB:
			row.OnlyB++
		}
	}
	row.Both = len(lags)
	row.P = signTestOf(row.AFirst, row.BFirst)
	if row.Both == 0 {
		return row
	}

	slices.SortFunc(lags, func(x, y dayLag) int {
		return cmp.Or(cmp.Compare(x.seconds, y.seconds), cmp.Compare(x.day, y.day))
	})
	once := slices.Repeat([]int{1}, days)
	row.Median = medianLag(lags, once)
	// The smaller leaf first: the pair is the same whichever is called A.
	seed := [2]uint64{min(a.source, b.source), max(a.source, b.source)}
	row.Low, row.High = dayBootstrap(days, seed, func(drawn []int) float64 { return medianLag(lags, drawn) })
	return row
}

// medianLag returns the median of lags, which are ascending, when each counts
// as often as its day was drawn: the mean of the middle two when there are two.
func medianLag(lags []dayLag, drawn []int) float64 {
	total := 0
	for _, l := range lags {
		total += drawn[l.day]
	}
	var lower int64
	passed := 0
	for _, l := range lags {
		before := passed
		passed += drawn[l.day]
		if before <= (total-1)/2 && (total-1)/2 < passed {
			lower = l.seconds
		}
		if total/2 < passed {
			return float64(lower+l.seconds) / 2
		}
	}
	return 0 // not reached: at least one day is drawn
}
