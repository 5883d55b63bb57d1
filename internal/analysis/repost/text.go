package repost

import (
	"slices"
	"time"
	"unicode/utf8"

	"dalil/internal/analysis"
	"dalil/internal/language"
)

// Sizes of METHODS 1.2.
const (
	gram       = 5  // characters of a shingle
	fewWords   = 12 // below this many words only the same text or a forward header counts
	leastWords = 4  // below this many not even the same text: everybody says good morning

	fingerGram   = 12 // characters of a fingerprint
	fingerWindow = 9  // fingerprints among which the least is kept: every shared run of 20 characters is found
	fingerShare  = 2  // of these, one in so many is in the index: those whose value is a multiple of it
	mostFingers  = 8192
)

// hasher turns pieces of text into numbers with a key of the case, so that an
// index of them tells nothing to whoever does not have the key.
type hasher struct{ key uint64 }

const (
	mul1 = 0x9E3779B97F4A7C15
	mul2 = 0xD6E8FEB86659FD93
)

// mix is a bijection of 64 bits in which every bit of x moves every bit.
func mix(x uint64) uint64 {
	x ^= x >> 32
	x *= mul2
	x ^= x >> 29
	x *= mul2
	x ^= x >> 32
	return x
}

// whole is the hash of a string.
func (h hasher) whole(parts ...string) uint64 {
	x := h.key
	for _, s := range parts {
		for i := 0; i < len(s); i++ {
			x = (x ^ uint64(s[i])) * mul1
			x ^= x >> 31
		}
		x = mix(x ^ uint64(len(s)))
	}
	return x
}

// powers of the rolling hashes: the weight of the character that leaves.
var gramPower, fingerPower = power(gram), power(fingerGram)

func power(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= mul1
	}
	return p
}

// words counts the words of a dup text.
func words(dup string) int {
	n, in := 0, false
	for i := 0; i < len(dup); i++ {
		if dup[i] == ' ' {
			in = false
		} else if !in {
			in = true
			n++
		}
	}
	return n
}

// shingles appends the hashes of the character 5-grams of a dup text, in order
// and with repetitions.
func (h hasher) shingles(dst []uint64, dup string) []uint64 {
	var ring [gram]rune
	x, n := uint64(0), 0
	for _, r := range dup {
		old := ring[n%gram]
		ring[n%gram] = r
		n++
		x = x*mul1 + uint64(r) - uint64(old)*gramPower
		if n >= gram {
			dst = append(dst, mix(x^h.key))
		}
	}
	return dst
}

// fingerprints appends the fingerprints of a dup text that the index keeps,
// ascending, none twice. They are made by winnowing (Schleimer, Wilkerson and
// Aiken 2003, by the definition: of each window of hashes the least, the
// rightmost of equals); what is kept are pairs of neighbours, since one
// fingerprint of twelve characters is often a common phrase. A shared run of 30
// characters has such a pair for certain.
func (h hasher) fingerprints(dst []uint64, dup string) []uint64 {
	var (
		ring   [fingerGram]rune
		window [fingerWindow]uint64
		x      uint64
		n      int    // runes so far
		seen   int    // hashes so far
		least  = -1   // number of the least hash of the window
		before uint64 // the fingerprint before; 0 at first
		from   = len(dst)
	)
	keep := func(i int) {
		v := window[i%fingerWindow]
		if pair := mix(before*mul1 ^ v); before != 0 && pair%fingerShare == 0 {
			dst = append(dst, pair)
		}
		before = v
	}
	for _, r := range dup {
		old := ring[n%fingerGram]
		ring[n%fingerGram] = r
		n++
		x = x*mul1 + uint64(r) - uint64(old)*fingerPower
		if n < fingerGram {
			continue
		}
		v := mix(x ^ ^h.key)
		window[seen%fingerWindow] = v
		seen++
		switch {
		case seen < fingerWindow:
		case least >= seen-fingerWindow && v > window[least%fingerWindow]:
		default:
			// The new hash is the least, or the old one has left the window.
			was := least
			if least >= seen-fingerWindow {
				least = seen - 1
			} else {
				least = seen - fingerWindow
				for i := least + 1; i < seen; i++ {
					if window[i%fingerWindow] <= window[least%fingerWindow] {
						least = i
					}
				}
			}
			if least != was {
				keep(least)
			}
		}
	}
	found := dst[from:]
	slices.Sort(found)
	found = slices.Compact(found)
	return dst[:from+min(len(found), mostFingers)]
}

// features are what a verification needs of one text.
type features struct {
	post  analysis.Post
	dup   string
	words int
	set   []uint32 // distinct 5-grams, by hash, ascending
	slots slots
}

func (h hasher) features(p analysis.Post, zone *time.Location) *features {
	f := &features{post: p, dup: language.Dup(p.Text)}
	f.words = words(f.dup)
	all := h.shingles(make([]uint64, 0, utf8.RuneCountInString(f.dup)), f.dup)
	f.set = make([]uint32, len(all))
	for i, v := range all {
		f.set[i] = uint32(v >> 32)
	}
	slices.Sort(f.set)
	f.set = slices.Clip(slices.Compact(f.set))
	if !p.Derived { // numbers that software read in a picture are unverified
		f.slots = findSlots(p.Text, p.Posted, zone)
	}
	return f
}

// weight is about how many bytes f takes.
func (f *features) weight() int {
	return 200 + len(f.dup) + len(f.post.Text) + 4*len(f.set) + 16*len(f.slots)
}

// likeness is how much two texts share.
type likeness struct {
	jaccard float64
	aInB    float64 // share of a's 5-grams that b has
	bInA    float64
}

// Thresholds of METHODS 1.2.
const (
	nearJaccard  = .50
	nearContains = .70
)

func compare(a, b *features) likeness {
	if len(a.set) == 0 || len(b.set) == 0 {
		return likeness{}
	}
	n, i, j := 0, 0, 0
	for i < len(a.set) && j < len(b.set) {
		x, y := a.set[i], b.set[j]
		if x == y {
			n++
		}
		if x <= y {
			i++
		}
		if y <= x {
			j++
		}
	}
	f := float64(n)
	return likeness{f / float64(len(a.set)+len(b.set)-n), f / float64(len(a.set)), f / float64(len(b.set))}
}

// alike reports whether two texts pass the test of METHODS 1.2, slots aside.
// What is contained must be long enough to mean something.
//
// Texts posted more than a week apart, or by one source on different days, are
// of one template more often than one is a copy of the other, and their slots
// can agree by chance or be absent. So they must be nearly the same, or state
// the same date or time (doc/decisions/0011).
func (l likeness) alike(a, b *features) bool { return l.similar(a, b) && l.timely(a, b) }

// similar is the first half of it: what the words say.
func (l likeness) similar(a, b *features) bool {
	return a.words >= fewWords && b.words >= fewWords && (l.jaccard >= nearJaccard || max(l.aInB, l.bInA) >= nearContains)
}

// timely is the second half: what follows from when, and by whom, they were
// posted.
func (l likeness) timely(a, b *features) bool {
	s, t := seconds(a), seconds(b)
	far := uint32(farSpan)
	if a.post.Source == b.post.Source {
		far = farOwn
	}
	if s == 0 || t == 0 || max(s, t)-min(s, t) <= far || l.jaccard >= farJaccard {
		return true
	}
	return a.slots.share(b.slots, slotDate) || a.slots.share(b.slots, slotTime)
}

const (
	farSpan    = 7 * 86400 // seconds
	farOwn     = 12 * 3600
	farJaccard = .85
)
