package sample

import "math/bits"

// rng is wyrand: small, fast, and the same everywhere. It is not for secrets.
// math/rand/v2 does not promise that its helpers never change; a sample whose
// bytes are compared by hash needs that promise.
type rng struct{ s uint64 }

// newRNG returns a generator for one purpose: parts are mixed so that
// neighbouring messages get unrelated streams.
func newRNG(seed uint64, parts ...uint64) rng {
	for _, p := range parts {
		seed = mix(seed ^ mix(p+0x9e3779b97f4a7c15))
	}
	return rng{seed}
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (r *rng) next() uint64 {
	r.s += 0xa0761d6478bd642f
	hi, lo := bits.Mul64(r.s, r.s^0xe7037ed1a0b428db)
	return hi ^ lo
}

// n returns a number in [0, n); n must be positive.
func (r *rng) n(n int) int {
	return int(r.below(int64(n)))
}

// below returns a number in [0, n); n must be positive.
func (r *rng) below(n int64) int64 {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int64(hi)
}

// odds is a probability as a threshold on 64 random bits.
type odds uint64

func share(p float64) odds {
	switch {
	case p <= 0:
		return 0
	case p >= 1:
		return 1<<64 - 1
	}
	return odds(p * (1 << 63) * 2)
}

func (r *rng) hit(o odds) bool { return r.next() < uint64(o) }

// pick returns one of the elements; the list must not be empty.
func pick[T any](r *rng, list []T) T { return list[r.n(len(list))] }
