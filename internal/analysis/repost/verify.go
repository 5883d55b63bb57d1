package repost

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"dalil/internal/record"
)

// Bounds of the candidates of one text.
const (
	mostCandidates = 64
	mostVetoes     = 1
	verifyAtOnce   = 512 // texts whose candidates are looked at together
)

// candidate is a pair that met.
type candidate struct {
	newer, older      uint32
	near, finger      int // how often
	exact, name, veto bool
	like              likeness
	verdict           verdict
	slot              slotKind
	left, right       string
}

type verdict uint8

const (
	unlike verdict = iota
	alike
	same // the name of a forward's original
	kept // apart by slots
)

// verify turns meetings into links: it looks at the texts.
func (r *runner) verify(met []uint64) error {
	var block, some []candidate
	texts := 0
	for len(met) > 0 {
		newer, n := newerOf(met[0]), 1
		for n < len(met) && newerOf(met[n]) == newer {
			n++
		}
		some = r.candidates(some[:0], met[:n])
		block = append(block, some...)
		met = met[n:]
		if texts++; texts == verifyAtOnce || len(met) == 0 {
			if err := r.verifyBlock(block); err != nil {
				return err
			}
			block, texts = block[:0], 0
		}
	}
	return nil
}

// candidates gathers the meetings of one newer text: one candidate for each
// older one, the most promising if there are too many. It uses the room of all.
func (r *runner) candidates(all []candidate, met []uint64) []candidate {
	for _, m := range met {
		newer, older, how, veto := unpack(m)
		if len(all) == 0 || all[len(all)-1].older != older {
			all = append(all, candidate{newer: newer, older: older})
		}
		c := &all[len(all)-1]
		c.veto = c.veto || veto
		switch how {
		case metBand:
			c.near++
		case metFinger:
			c.finger++
		case metExact:
			c.exact = true
		case metName:
			c.name = true
		}
	}
	all = slices.DeleteFunc(all, func(c candidate) bool {
		a, b := r.index.rows.at(c.newer), r.index.rows.at(c.older)
		few := min(a.fps, b.fps)
		return !c.exact && !c.name && c.near == 0 && c.finger < max(1, (3*int(few)+9)/10)
	})
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(compareBool(b.exact, a.exact), compareBool(b.name, a.name), compareBool(a.veto, b.veto),
			cmp.Compare(2*b.near+b.finger, 2*a.near+a.finger), cmp.Compare(a.older, b.older))
	})
	vetoes := 0
	all = slices.DeleteFunc(all, func(c candidate) bool {
		if c.veto && !c.exact && !c.name {
			vetoes++
			return vetoes > mostVetoes
		}
		return false
	})
	return all[:min(len(all), mostCandidates)]
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (r *runner) verifyBlock(block []candidate) error {
	rows := &r.index.rows
	var leaves []uint64
	for i := range block {
		if c := &block[i]; !c.exact {
			leaves = append(leaves, uint64(rows.at(c.newer).leaf), uint64(rows.at(c.older).leaf))
		}
	}
	have, err := r.texts.versions(r.ctx, leaves)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for w := range n {
		wg.Go(func() {
			for i := w; i < len(block); i += n {
				if c := &block[i]; !c.exact {
					c.look(&r.index, have[uint64(rows.at(c.newer).leaf)], have[uint64(rows.at(c.older).leaf)])
				}
			}
		})
	}
	wg.Wait()
	for i := range block {
		c := &block[i]
		a, b := rows.at(c.newer), rows.at(c.older)
		if a.first == b.first {
			continue
		}
		l := record.Link{A: uint64(a.first), B: uint64(b.first), Similarity: c.like.jaccard, AInB: c.like.aInB, BInA: c.like.bInA}
		switch {
		case c.exact:
			l.Ground, l.Similarity, l.AInB, l.BInA = record.GroundExact, 1, 1, 1
		case c.verdict == same:
			l.Ground = record.GroundForward
		case c.verdict == kept:
			r.links.veto(record.Veto{A: l.A, B: l.B, Slot: c.slot.String(), Left: c.left, Right: c.right, Similarity: l.Similarity})
			continue
		case c.verdict == unlike:
			continue
		case (a.flags|b.flags)&rowDerived != 0:
			l.Ground = record.GroundRead
		case l.Similarity >= nearJaccard:
			l.Ground = record.GroundNear
		default:
			l.Ground = record.GroundContains
		}
		r.links.make(l)
	}
	return nil
}

// look compares the texts of a candidate; either may be gone.
func (c *candidate) look(x *index, a, b *features) {
	if a == nil || b == nil {
		return
	}
	c.like = compare(a, b)
	if c.name && (names(a, b) || names(b, a) || a.post.Origin == b.post.Origin && a.post.OriginalID == b.post.OriginalID && a.post.OriginalID != "") {
		c.verdict = same
		return
	}
	if !c.like.similar(a, b) || !c.like.timely(a, b) && !x.timely(c.newer, c.older) {
		return
	}
	if c.slot, c.veto = a.slots.veto(b.slots); c.veto && !a.post.Derived && !b.post.Derived {
		c.verdict, c.left, c.right = kept, a.slots.words(c.slot), b.slots.words(c.slot)
		return
	}
	c.verdict = alike
}

// names reports whether a's forward header names b.
func names(a, b *features) bool {
	return a.post.OriginalID != "" && a.post.Origin == b.post.SourceKey && a.post.OriginalID == b.post.ExternalID
}
