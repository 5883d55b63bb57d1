package repost

import "math/bits"

// Locality-sensitive hashing of METHODS 1.2: 42 bands of 3 rows. Two texts meet
// in a band with probability 1 − (1 − J³)⁴²: .996 at a Jaccard of .5.
const (
	bands    = 42
	bandRows = 3
	bins     = bands * bandRows
)

// sketcher computes sketches: 126 values of which two texts share, in
// expectation, their Jaccard similarity. It is the "fast similarity sketch" of
// Dahlgaard, Knudsen and Thorup (FOCS 2017): every round throws each shingle
// into one bin and a bin keeps the least; a bin that is filled in an earlier
// round keeps that round's. It estimates as well as 126 permutations do and
// needs two or three passes over a claim's shingles instead of 126.
type sketcher struct {
	value [bins]uint32
	round [bins]uint16 // +1; 0 is an empty bin
}

// sketch fills s from the hashes of a text's shingles; there is at least one.
func (s *sketcher) sketch(shingles []uint64) {
	clear(s.round[:])
	left := bins
	for round := uint16(1); left > 0; round++ {
		salt := uint64(round) * mul1
		for _, x := range shingles {
			h := x
			if round > 1 {
				h = mix(x ^ salt)
			}
			bin := int(h >> 32 * bins >> 32)
			if round > bins { // by now at most a few bins are empty: fill them in turn
				bin = int(round) % bins
			}
			v := uint32(h)
			switch {
			case s.round[bin] == 0:
				s.round[bin], s.value[bin] = round, v
				left--
			case s.round[bin] == round && v < s.value[bin]:
				s.value[bin] = v
			}
		}
	}
}

// band returns the hash of band i.
func (s *sketcher) band(i int) uint64 {
	x := uint64(i+1) * mul1
	for j := range bandRows {
		x = mix(x ^ uint64(s.value[bandRows*i+j]))
	}
	return x
}

// digest2 is two bits of each bin: enough to tell texts that are alike from
// texts that only met in a band by chance.
type digest2 [4]uint64

func (s *sketcher) digest() (d digest2) {
	for i, v := range s.value {
		d[i/32] |= uint64(mix(uint64(v))&3) << (2 * (i % 32))
	}
	return d
}

// same counts the bins in which two digests agree: 126 for the same text, about
// 79 at a Jaccard of .5, 32 for texts with nothing in common.
func (d *digest2) same(e *digest2) int {
	n := 0
	for i := range d {
		x := d[i] ^ e[i]
		n += 32 - bits.OnesCount64((x|x>>1)&0x5555555555555555)
	}
	return n - (128 - bins) // the two places beyond the last bin agree always
}

// maybeAlike is the least agreement that is looked at: a Jaccard of .5 falls
// below it once in 5,000 times (79 ± 5.4).
const maybeAlike = 60
