package pipeline

import (
	"math/bits"
	"slices"
	"strconv"
)

// tracker remembers which ids of a source came by, in one file or one import: a
// bit for each numeric id, in pages so that a hostile id of 10^15 costs one page.
type tracker struct {
	pages map[int64]*[pageWords]uint64
	names map[string]struct{} // ids that are no numbers
}

const (
	pageWords = 64
	pageBits  = 64 * pageWords
)

func newTracker() *tracker {
	return &tracker{pages: map[int64]*[pageWords]uint64{}, names: map[string]struct{}{}}
}

// see notes an id and reports whether it came by before.
func (t *tracker) see(id string) (twice bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 0 {
		_, twice = t.names[id]
		t.names[id] = struct{}{}
		return twice
	}
	p := t.pages[n/pageBits]
	if p == nil {
		p = new([pageWords]uint64)
		t.pages[n/pageBits] = p
	}
	w, b := n%pageBits/64, uint64(1)<<(n%64)
	twice = p[w]&b != 0
	p[w] |= b
	return twice
}

func (t *tracker) has(n int64) bool {
	p := t.pages[n/pageBits]
	return n >= 0 && p != nil && p[n%pageBits/64]&(1<<(n%64)) != 0
}

// unwritten and above are the indexes a dry run gives to sources it would record.
const unwritten = 1 << 40

// hole is a run of ids nobody has seen, both ends inclusive.
type hole struct{ first, last int64 }

// holes lists the runs of unseen ids between first and last.
func (t *tracker) holes(first, last int64) []hole {
	var pages []int64
	for n := range t.pages {
		if n >= first/pageBits && n <= last/pageBits {
			pages = append(pages, n)
		}
	}
	slices.Sort(pages)
	var out []hole
	next := first // the first id not yet accounted for
	for _, n := range pages {
		for w, word := range t.pages[n] {
			for ; word != 0; word &= word - 1 {
				id := n*pageBits + int64(w)*64 + int64(bits.TrailingZeros64(word))
				if id < first || id > last {
					continue
				}
				if id > next {
					out = append(out, hole{next, id - 1})
				}
				next = id + 1
			}
		}
	}
	if next <= last {
		out = append(out, hole{next, last})
	}
	return out
}
