package repost

// A text that several posts say is in the index once. What the others state of
// their own, when and by whom they were posted, matters where texts are alike but
// far apart in time: then a copy of one can be near the other.

// copies are the texts that say the same as another of the index, by dup text,
// behind that other one.
type copies map[uint64][]uint32

// mostCopies bounds how many copies of a text are looked at.
const mostCopies = 64

// add notes that a text is a copy of an older one.
func (c copies) add(x *rows, copy, original uint32) {
	dup := x.at(copy).dup
	if len(c[dup]) == 0 {
		c[dup] = append(c[dup], original)
	}
	c[dup] = append(c[dup], copy)
}

// findCopies gathers the copies among all texts.
func findCopies(x *rows) copies {
	c := copies{}
	for n := range uint32(x.len()) {
		if r := x.at(n); r.flags&rowCopy != 0 {
			c[r.dup] = append(c[r.dup], n)
		}
	}
	for n := range uint32(x.len()) {
		if r := x.at(n); r.flags&(rowCopy|rowFew|rowDerived|rowGone) == 0 {
			if list, ok := c[r.dup]; ok {
				c[r.dup] = append([]uint32{n}, list...)
			}
		}
	}
	return c
}

// all returns the texts that say what row n says, the one in the index first.
func (c copies) all(n uint32, r *row) []uint32 {
	if r.flags&(rowFew|rowDerived) != 0 || len(c[r.dup]) == 0 {
		return []uint32{n}
	}
	return c[r.dup][:min(len(c[r.dup]), mostCopies)]
}

// timely is likeness.timely as far as rows tell.
func (r *row) timely(s *row) bool {
	far := uint32(farSpan)
	if r.source == s.source {
		far = farOwn
	}
	return r.posted == 0 || s.posted == 0 || max(r.posted, s.posted)-min(r.posted, s.posted) <= far
}

// timely reports whether any copies of two texts are near in time.
func (x *index) timely(a, b uint32) bool {
	r, s := x.rows.at(a), x.rows.at(b)
	for _, m := range x.copies.all(a, r) {
		for _, n := range x.copies.all(b, s) {
			if x.rows.at(m).timely(x.rows.at(n)) {
				return true
			}
		}
	}
	return false
}

// news reports whether a copy is near an older text in time that what it is a
// copy of is not near to.
func (x *index) news(copy, older uint32) bool {
	r := x.rows.at(copy)
	original := x.rows.at(x.copies.all(copy, r)[0])
	for _, n := range x.copies.all(older, x.rows.at(older)) {
		if s := x.rows.at(n); r.timely(s) && !original.timely(s) {
			return true
		}
	}
	return false
}
