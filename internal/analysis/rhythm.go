package analysis

import (
	"cmp"
	"slices"

	"dalil/internal/record"
)

// Rhythm answers how much sources usually post around a time: the null model of
// who breaks first. It costs a sort of all hours to make, so whoever asks often
// keeps it.
type Rhythm struct{ sources map[uint64]hourTotals }

// hourTotals answers how much a source posted at some hour of the day in a
// range of days. An hour of the day and a day make a slot, such that the slots
// of one hour of the day follow each other.
type hourTotals struct {
	slots []int64 // ascending
	until []int64 // until[i] is what was posted in slots[:i]
}

// NewRhythm makes the rhythm of sources from what they posted when.
func NewRhythm(hours []record.Hour) *Rhythm {
	bySource := map[uint64][]record.Hour{}
	for _, h := range hours {
		bySource[h.Source] = append(bySource[h.Source], h)
	}
	r := &Rhythm{make(map[uint64]hourTotals, len(bySource))}
	for source, hours := range bySource {
		slices.SortFunc(hours, func(a, b record.Hour) int { return cmp.Compare(hourSlot(a.Hour), hourSlot(b.Hour)) })
		t := hourTotals{slots: make([]int64, 0, len(hours)), until: make([]int64, 1, len(hours)+1)}
		for i, h := range hours {
			t.slots = append(t.slots, hourSlot(h.Hour))
			t.until = append(t.until, t.until[i]+h.N)
		}
		r.sources[source] = t
	}
	return r
}

// Around returns how many statements a source posted in the 28 days before a
// time, seconds since 1970, at the hours of the day that are within 6 of its own
// (METHODS 1.5). The hour of the time itself is left out, as some of it is after.
func (r *Rhythm) Around(source uint64, at int64) int64 {
	const days = 28
	t := r.sources[source]
	hour := floorQuotient(at, 60*60)
	var n int64
	for off := int64(-6); off <= 6; off++ {
		last := hour + off
		if off >= 0 {
			last -= 24
		}
		end := hourSlot(last) + 1
		n += t.before(end) - t.before(end-days)
	}
	return n
}

func (t hourTotals) before(slot int64) int64 {
	i, _ := slices.BinarySearch(t.slots, slot)
	if i == 0 {
		return 0 // also for a source that never posted, which has no totals
	}
	return t.until[i]
}

func hourSlot(hour int64) int64 {
	day := floorQuotient(hour, 24)
	return (hour-24*day)<<40 + day
}

// floorQuotient is a/b rounded down, also before 1970.
func floorQuotient(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
