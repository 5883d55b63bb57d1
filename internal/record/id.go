package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"
)

// Kind is the letter a speakable id starts with.
type Kind byte

const (
	KindStatement Kind = 'S'
	KindSource    Kind = 'C' // a channel, outlet, account
	KindCapture   Kind = 'K' // a captured file
	KindGap       Kind = 'G'
	KindDecision  Kind = 'D'
	KindRun       Kind = 'R' // an import or analysis
	KindFamily    Kind = 'Y' // the same text travelling: with the rest of its anchor's id
	KindLeaf      Kind = 'L' // any other record in the log

	// Of what is in no log: the rest of these ids is drawn at random.
	KindJob    Kind = 'J' // a piece of long work
	KindUpload Kind = 'U' // files that came from a browser
)

// crockford is Crockford's base-32 alphabet: no I, L, O, U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// idBits is the size of the id space: 6 characters of 5 bits.
const idBits = 30

// MaxLeaves is how many records a case can hold ids for.
const MaxLeaves = 1 << idBits

// IDs turns leaf indexes into ids that can be read over a telephone and do not
// tell how many records there are, and back. The permutation is keyed: without
// the case's key an id can be neither guessed nor counted.
type IDs struct{ macs *sync.Pool } // of hash.Hash under the key: setting one up costs as much as using it

// NewIDs returns the id permutation of a case. key is 32 random bytes kept with
// the case.
func NewIDs(key []byte) IDs {
	key = slices.Clone(key)
	return IDs{macs: &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// ID returns the id of the record at leaf, like "S-7K3M9QX": the kind letter,
// six characters from a keyed permutation of the index, one check character.
func (x IDs) ID(k Kind, leaf uint64) string {
	v := x.permute(uint32(leaf), false)
	b := []byte{byte(k), '-', 0, 0, 0, 0, 0, 0, 0}
	for i := range 6 {
		b[2+i] = crockford[v>>(25-5*i)&31]
	}
	b[8] = crockford[check(v)]
	return string(b)
}

// Leaf reads an id back. Case does not matter, I and L are read as 1 and O as
// 0; "S-7K3M9QX", "s7k3m9qx" and "7K3M9QX" are the same. A wrong check
// character is ErrInvalid: a digit was misheard.
func (x IDs) Leaf(id string) (Kind, uint64, error) {
	s := strings.ToUpper(strings.TrimSpace(id))
	var k Kind
	if len(s) == 9 && s[1] == '-' {
		k, s = Kind(s[0]), s[2:]
	} else if len(s) == 8 {
		k, s = Kind(s[0]), s[1:]
	}
	if len(s) != 7 {
		return 0, 0, fmt.Errorf("%w id %.40q: an id looks like S-7K3M9QX", ErrInvalid, id)
	}
	var v, c uint32
	for i := range 7 {
		d := strings.IndexByte(crockford, strings.NewReplacer("I", "1", "L", "1", "O", "0").Replace(s[i : i+1])[0])
		if d < 0 {
			return 0, 0, fmt.Errorf("%w id %.40q: %q is not used in ids", ErrInvalid, id, s[i])
		}
		if i < 6 {
			v = v<<5 | uint32(d)
		} else {
			c = uint32(d)
		}
	}
	if check(v) != c {
		return 0, 0, fmt.Errorf("%w id %.40q: the last character does not fit the others; was one misread?", ErrInvalid, id)
	}
	return k, uint64(x.permute(v, true)), nil
}

// permute is an eight-round balanced Feistel network on 30 bits with
// HMAC-SHA-256 as the round function: a bijection, not an encryption of
// anything secret.
func (x IDs) permute(v uint32, back bool) uint32 {
	const rounds, half, mask = 8, idBits / 2, 1<<(idBits/2) - 1
	l, r := v>>half&mask, v&mask
	m := x.macs.Get().(hash.Hash)
	defer x.macs.Put(m)
	var sum [sha256.Size]byte
	round := func(i int, h uint32) uint32 {
		m.Reset()
		m.Write([]byte{byte(i), byte(h >> 8), byte(h)})
		return binary.BigEndian.Uint32(m.Sum(sum[:0])) & mask
	}
	for i := range rounds {
		if back {
			l, r = r^round(rounds-1-i, l), l
		} else {
			l, r = r, l^round(i, r)
		}
	}
	return l<<half | r
}

// check is a Damm-style check digit over GF(32) (x^5+x^2+1): it changes under
// every single wrong character and every swap of two neighbours.
func check(v uint32) uint32 {
	var c uint32
	for i := range 6 {
		c ^= v >> (25 - 5*i) & 31
		c <<= 1
		if c&32 != 0 {
			c ^= 0b100101
		}
	}
	return c
}
