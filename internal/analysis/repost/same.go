package repost

import (
	"time"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

// Text is a post as it is held against others.
type Text struct{ f *features }

// ReadText reads a post; dates without a zone are read in zone.
func ReadText(p analysis.Post, zone *time.Location) Text { return Text{hasher{}.features(p, zone)} }

// Dup returns the dup text, Words how many words it has.
func (t Text) Dup() string { return t.f.dup }
func (t Text) Words() int  { return t.f.words }

// Grams returns the distinct character 5-grams of the dup text as hashes,
// ascending. They must not be changed.
func (t Text) Grams() []uint32 { return t.f.set }

// Same holds two posts against each other by the tests of METHODS 1.2, without
// any index: it is what the analysis finds when it misses nothing. Pictures and
// ids of forward headers are left aside. A and B of the link are not filled in.
func (t Text) Same(o Text) (record.Link, bool) { return sameText(t.f, o.f) }

// sameText says whether two texts are the same by themselves.
func sameText(a, b *features) (record.Link, bool) {
	l := record.Link{Ground: record.GroundExact, Similarity: 1, AInB: 1, BInA: 1}
	if a.dup == b.dup && a.words >= leastWords {
		return l, a.words >= fewWords || nearInTime(seconds(a), seconds(b))
	}
	like := compare(a, b)
	if !like.alike(a, b) {
		return l, false
	}
	if _, apart := a.slots.veto(b.slots); apart {
		return l, false
	}
	l.Ground, l.Similarity, l.AInB, l.BInA = record.GroundNear, like.jaccard, like.aInB, like.bInA
	if like.jaccard < nearJaccard {
		l.Ground = record.GroundContains
	}
	return l, true
}
