package repost

import (
	"runtime"
	"slices"
	"sync"

	"dalil/internal/analysis"
)

// Bounds of the work of one batch and of one key.
const (
	batchTexts    = 128_000
	batchPostings = 7_000_000 // 56 MB
	crowdBand     = 256       // texts under one key of a band beyond which only those near in time meet
	crowdFinger   = 16
	crowdMet      = 8    // texts of before that one meets under a crowded key, and as many of late
	crowdSeen     = 2048 // texts that are looked at for each
	fewVetoed     = 32   // texts under one key up to which those that slots keep apart are noted
	mostSegments  = 16
	mostDays      = 3 // dates under which a text is filed; one that states more is filed under none
)

// index is everything that the index holds, and the batch that is being added.
type index struct {
	scratch  analysis.Scratch
	rows     rows // of all texts, by number
	segments []*segment

	copies copies

	base  uint32 // number of the batch's first text
	fresh [parts][]uint64
	count int
}

// add takes the postings of a chunk.
func (x *index) add(postings *[parts][]uint64) {
	for p, list := range postings {
		x.fresh[p] = append(x.fresh[p], list...)
		x.count += len(list)
	}
}

func (x *index) full() bool {
	return x.rows.len()-int(x.base) >= batchTexts || x.count >= batchPostings
}

// Day codes: a text that states dates is filed under each of them, one that
// states none under the day it was posted. 127 days on, codes repeat.
const codeCycle = 127

func dated(day int32) byte   { return byte(1 + 2*(uint32(day)%codeCycle)) }
func undated(day int32) byte { return byte(2 + 2*(uint32(day)%codeCycle)) }

// epochDay is 1970-01-01 in the days that slots count.
const epochDay = 719_162

func postedDay(posted uint32) int32 { return epochDay + int32(posted/86400) }

// filed returns the codes that a text is filed under.
func filed(r *row, days []int32) (codes [mostDays]byte, n int) {
	switch {
	case len(days) > 0 && len(days) <= mostDays:
		for i, d := range days {
			codes[i] = dated(d)
		}
		return codes, len(days)
	case r.posted != 0:
		codes[0] = undated(postedDay(r.posted))
	}
	return codes, 1
}

// nearCodes are the codes that a text filed under a code meets where a key is
// crowded: copies are posted within days of what they tell of. Its own code,
// which comes first in any case, is not among them.
var nearCodes = makeNear()

func makeNear() (near [256][]byte) {
	for c := range 256 {
		var has [256]bool
		add := func(code byte) {
			if int(code) != c && !has[code] {
				has[code] = true
				near[c] = append(near[c], code)
			}
		}
		if c == 0 { // no day at all: it could be near anything
			for o := range 256 {
				add(byte(o))
			}
			continue
		}
		add(0)
		day := int32((c-1)/2) + codeCycle
		if c%2 == 1 { // states the date
			for d := int32(-1); d <= 4; d++ {
				add(undated(day + d))
			}
			continue
		}
		for d := int32(-7); d <= 7; d++ {
			add(undated(day + d))
		}
		for d := int32(-4); d <= 1; d++ {
			add(dated(day + d))
		}
	}
	return near
}

// A meeting of two texts: the newer, the older, and how, in 64 bits. Sorted, the
// meetings of one text stand together.
const (
	metBand = iota
	metFinger
	metExact
	metName
	metKinds = 4
	vetoed   = metKinds // their slots are disjoint
)

func meeting(newer, older uint32, how uint64) uint64 {
	return uint64(newer)<<(textBits+4) | uint64(older)<<4 | how
}

func newerOf(m uint64) uint32 { return uint32(m >> (textBits + 4)) }

func unpack(m uint64) (newer, older uint32, how uint64, veto bool) {
	return newerOf(m), uint32(m >> 4 & textMask), m % metKinds, m&vetoed != 0
}

// disjoint reports whether two texts certainly state different times, dates or
// counts.
func disjoint(a, b *row) bool {
	if (a.flags|b.flags)&rowDerived != 0 {
		return false
	}
	for k := range a.mask {
		if a.mask[k] != 0 && b.mask[k] != 0 && a.mask[k]&b.mask[k] == 0 {
			return true
		}
	}
	return false
}

// meet lets the batch meet itself and everything before it, and returns the
// meetings in order of the newer text, then of the older.
func (x *index) meet() ([]uint64, error) {
	var met []uint64
	exact, err := x.meetPart(partExact)
	if err != nil {
		return nil, err
	}
	x.setCopies(exact)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		next = make(chan int, parts)
	)
	for p := range parts {
		if p != partExact {
			next <- p
		}
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for p := range next {
				found, ferr := x.meetPart(p)
				mu.Lock()
				met = append(met, found...)
				if err == nil {
					err = ferr
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err != nil {
		return nil, err
	}
	met = append(met, exact...)
	slices.Sort(met)
	return met, nil
}

// setCopies marks the texts of the batch that an older text of the index says
// already: these do not go into the index. Short texts stay in, since they
// count only near in time.
func (x *index) setCopies(exact []uint64) {
	for _, m := range exact {
		newer, older, _, _ := unpack(m)
		a, b := x.rows.at(newer), x.rows.at(older)
		if a.flags&(rowFew|rowDerived) == 0 && b.flags&(rowCopy|rowDerived) == 0 {
			a.flags |= rowCopy
			x.copies.add(&x.rows, newer, older)
		}
	}
}

// meetPart lets the batch's postings of one partition meet.
func (x *index) meetPart(p int) ([]uint64, error) {
	mine := x.fresh[p]
	if len(mine) == 0 {
		return nil, nil
	}
	mine, _ = sortPostings(mine, nil)
	x.fresh[p] = mine
	j := joiner{x: x, part: p}
	cursors := make([]*cursor, len(x.segments))
	for i, g := range x.segments {
		cursors[i] = g.cursor(p)
	}
	others := make([][]uint64, 0, len(cursors))
	for len(mine) > 0 {
		key, n := keyOf(mine[0]), 1
		for n < len(mine) && keyOf(mine[n]) == key {
			n++
		}
		others, total := others[:0], n
		for _, c := range cursors {
			list, err := c.seek(key)
			if err != nil {
				return nil, err
			}
			if len(list) > 0 {
				others = append(others, list)
				total += len(list)
			}
		}
		if total > 1 {
			j.meet(mine[:n], others, total)
		}
		mine = mine[n:]
	}
	return j.met, nil
}

// joiner finds the meetings of one partition.
type joiner struct {
	x       *index
	part    int
	few     bool // under the key being looked at
	met     []uint64
	offsets [257]uint32
	left    []room
}

func (j *joiner) meet(mine []uint64, others [][]uint64, total int) {
	crowd := crowdBand
	switch {
	case j.part == partExact:
		j.meetExact(mine, others)
		return
	case j.part == partName:
		j.meetNames(mine, others)
		return
	case j.part >= partFingers:
		crowd = crowdFinger
	}
	j.few = total <= fewVetoed
	if total <= crowd {
		for i, a := range mine {
			for _, b := range mine[:i] {
				j.pair(textOf(a), textOf(b))
			}
			for _, list := range others {
				for _, b := range list {
					j.pair(textOf(a), textOf(b))
				}
			}
		}
		return
	}
	// Of what is near in time, each meets those that entered first - what others
	// quote is among them - and those that entered last. What is under its own code
	// comes before the rest: the same date.
	all := append(others, mine)
	for _, up := range []bool{true, false} {
		j.left = slices.Grow(j.left[:0], len(mine))[:len(mine)]
		for i := range j.left {
			j.left[i] = room{crowdMet, crowdSeen}
		}
		for k := range all {
			list := all[k]
			if !up {
				list = all[len(all)-1-k]
			}
			j.meetList(mine, list, up)
		}
	}
}

// room is how much a text may still meet under a crowded key.
type room struct{ met, seen int16 }

func (j *joiner) meetList(mine, list []uint64, up bool) {
	// Where the postings of each day begin.
	clear(j.offsets[:])
	for _, b := range list {
		j.offsets[int(codeOf(b))+1]++
	}
	for c := range 256 {
		j.offsets[c+1] += j.offsets[c]
	}
	for i, a := range mine {
		own, left := int(codeOf(a)), &j.left[i]
		j.meetCode(a, list, own, up, left)
		for _, c := range nearCodes[own] {
			if left.met <= 0 || left.seen <= 0 {
				break
			}
			j.meetCode(a, list, int(c), up, left)
		}
	}
}

// meetCode lets a text meet those of a list under one code.
func (j *joiner) meetCode(a uint64, list []uint64, code int, up bool, left *room) {
	list = list[j.offsets[code]:j.offsets[code+1]]
	for k := 0; k < len(list) && left.met > 0 && left.seen > 0; k++ {
		b := list[k]
		if !up {
			b = list[len(list)-1-k]
		}
		if textOf(b) >= textOf(a) {
			if up {
				return
			}
			continue
		}
		left.seen--
		if j.pair(textOf(a), textOf(b)) {
			left.met--
		}
	}
}

// pair looks at two texts that share a key and reports whether they meet.
func (j *joiner) pair(a, b uint32) bool {
	if a < b {
		a, b = b, a
	}
	r, s := j.x.rows.at(a), j.x.rows.at(b)
	if r.first == s.first || (r.flags|s.flags)&rowGone != 0 {
		return false
	}
	how := uint64(metFinger)
	switch {
	case s.flags&rowCopy != 0:
		return false
	case disjoint(r, s):
		if !j.few {
			return false
		}
		how |= vetoed
	}
	if j.part < partFingers {
		how &^= metFinger
		if r.sketch.same(&s.sketch) < maybeAlike {
			return false
		}
	}
	if r.flags&rowCopy != 0 && !j.x.news(a, b) {
		return false
	}
	j.met = append(j.met, meeting(a, b, how))
	return true
}

// Codes of the partition of names.
const (
	codeIs    = 1 // the text is this post
	codeNames = 2 // its forward header names this post
)

// meetNames finds posts and those whose forward headers name them, or name the
// same one.
func (j *joiner) meetNames(mine []uint64, others [][]uint64) {
	for _, list := range append(others, mine) {
		for _, a := range mine {
			for _, b := range list {
				if textOf(b) < textOf(a) && codeOf(a)|codeOf(b) != codeIs {
					j.met = append(j.met, meeting(textOf(a), textOf(b), metName))
				}
			}
		}
	}
}

// mostShort is how many copies of a short text one of them is linked to.
const mostShort = 16

// meetExact finds the same dup text. A long text is linked to the first of the
// index that says it, whenever that was; a short one to those near in time.
func (j *joiner) meetExact(mine []uint64, others [][]uint64) {
	lists := append(others, mine)
	for _, p := range mine {
		a := textOf(p)
		r := j.x.rows.at(a)
		same := func(b uint32) bool {
			s := j.x.rows.at(b)
			return b < a && s.dup == r.dup && s.flags&(rowGone|rowDerived) == 0
		}
		switch {
		case r.flags&rowDerived != 0:
		case r.flags&rowFew == 0:
			first := a
			for _, list := range lists {
				for _, q := range list {
					if b := textOf(q); b < first && same(b) {
						first = b
					}
				}
			}
			if first != a {
				j.met = append(j.met, meeting(a, first, metExact))
			}
		default:
			found := 0
			for _, list := range lists {
				for _, q := range slices.Backward(list) {
					if b := textOf(q); found < mostShort && same(b) && nearInTime(r.posted, j.x.rows.at(b).posted) {
						j.met = append(j.met, meeting(a, b, metExact))
						found++
					}
				}
			}
		}
	}
}

// shortSpan is how far apart short texts can be posted and still be the same.
const shortSpan = 3 * 86400 // seconds

func nearInTime(a, b uint32) bool {
	return a == 0 || b == 0 || max(a, b)-min(a, b) <= shortSpan
}

// store writes the batch as a segment, and merges segments when there are many.
func (x *index) store() error {
	var counts [parts]int64
	for p := range x.fresh {
		x.fresh[p] = slices.DeleteFunc(x.fresh[p], func(q uint64) bool {
			return p != partName && x.rows.at(textOf(q)).flags&rowCopy != 0
		})
		counts[p] = int64(len(x.fresh[p]))
	}
	w, err := newSegmentWriter(x.scratch, x.base, &x.rows, uint32(x.rows.len()), counts)
	if err != nil {
		return err
	}
	for p, list := range x.fresh {
		if err := w.add(p, list); err != nil {
			return err
		}
		x.fresh[p] = list[:0]
	}
	name, err := w.commit()
	if err != nil {
		return err
	}
	if err := x.take(name); err != nil {
		return err
	}
	x.base, x.count = uint32(x.rows.len()), 0
	if len(x.segments) >= mostSegments {
		return x.compact(0)
	}
	return nil
}

// take opens a segment whose rows are known.
func (x *index) take(name string) error {
	g, err := openSegment(x.scratch, name, nil)
	if err == nil {
		x.segments = append(x.segments, g)
	}
	return err
}

// compact merges the segments from number i on into one.
func (x *index) compact(i int) error {
	name, err := merge(x.scratch, x.segments[i:], &x.rows)
	if err != nil {
		return err
	}
	for _, g := range x.segments[i:] {
		g.file.Close() // read only
	}
	x.segments = x.segments[:i]
	return x.take(name)
}

// tidy merges small segments, so that each is at least twice as large as the
// one after it: there are never many, and each posting is rewritten seldom.
func (x *index) tidy() error {
	i := len(x.segments)
	sum := uint32(0)
	for k := len(x.segments) - 1; k >= 0; k-- {
		if k < len(x.segments)-1 && x.segments[k].texts < 2*sum {
			i = k
		}
		sum += x.segments[k].texts
	}
	if i >= len(x.segments)-1 {
		return nil
	}
	return x.compact(i)
}

func (x *index) close() {
	for _, g := range x.segments {
		g.file.Close() // read only
	}
}
