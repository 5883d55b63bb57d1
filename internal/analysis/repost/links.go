package repost

import (
	"cmp"
	"context"
	"slices"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

// mostLinks is how many links of a statement are kept, the strongest: enough to
// find its family, and few where a thousand texts are nearly the same.
const mostLinks = 32

// links are the links of the case: those of the catalog, and over them what
// this run changed.
type links struct {
	ctx     context.Context
	view    analysis.View
	made    map[[2]uint64]record.Link
	by      map[uint64][][2]uint64   // keys of made, by end
	stored  map[uint64][]record.Link // the catalog's, by end; of the statements that were asked for
	dropped map[[2]uint64]bool       // of these
	vetoes  map[[2]uint64]record.Veto
	touched map[uint64]bool // statements whose families have to be made anew
}

func newLinks(ctx context.Context, v analysis.View) *links {
	return &links{ctx: ctx, view: v, made: map[[2]uint64]record.Link{}, by: map[uint64][][2]uint64{}, stored: map[uint64][]record.Link{}, dropped: map[[2]uint64]bool{},
		vetoes: map[[2]uint64]record.Veto{}, touched: map[uint64]bool{}}
}

func pairKey(a, b uint64) [2]uint64 { return [2]uint64{min(a, b), max(a, b)} }

func (x *links) touch(statement uint64) { x.touched[statement] = true }

// stronger orders links: a person's word first, then by how much of one text
// the other has, then by likeness. Two truncated claims of one template are more
// alike than either is to the claim that it is the whole of a part of.
func stronger(a, b record.Link) int {
	return cmp.Or(cmp.Compare(groundRank(a.Ground), groundRank(b.Ground)), cmp.Compare(max(b.AInB, b.BInA), max(a.AInB, a.BInA)),
		cmp.Compare(b.Similarity, a.Similarity))
}

func groundRank(g record.Ground) int {
	switch g {
	case record.GroundPerson:
		return 0
	case record.GroundForward:
		return 1
	case record.GroundPicture: // says nothing of words, but nothing against them either
		return 3
	case record.GroundRead:
		return 4
	}
	return 2
}

// make adds a link, unless a stronger one of the same pair was made.
func (x *links) make(l record.Link) {
	if l.A > l.B {
		l.A, l.B, l.AInB, l.BInA = l.B, l.A, l.BInA, l.AInB
	}
	k := pairKey(l.A, l.B)
	old, ok := x.made[k]
	if ok && stronger(old, l) <= 0 {
		return
	}
	x.made[k] = l
	if !ok {
		x.by[l.A] = append(x.by[l.A], k)
		x.by[l.B] = append(x.by[l.B], k)
	}
	x.touch(l.A)
	x.touch(l.B)
}

// of returns the links of a statement.
func (x *links) of(statement uint64) ([]record.Link, error) {
	all, err := x.ofAll([]uint64{statement})
	return all[statement], err
}

// ofAll returns the links of statements, by statement.
func (x *links) ofAll(statements []uint64) (map[uint64][]record.Link, error) {
	if err := x.load(statements); err != nil {
		return nil, err
	}
	all := make(map[uint64][]record.Link, len(statements))
	for _, s := range statements {
		var list []record.Link
		for _, l := range x.stored[s] {
			k := pairKey(l.A, l.B)
			if m, again := x.made[k]; !x.dropped[k] && (!again || stronger(l, m) < 0) {
				list = append(list, l)
			}
		}
		for _, k := range x.by[s] {
			if l, ok := x.made[k]; ok && !slices.ContainsFunc(list, func(o record.Link) bool { return pairKey(o.A, o.B) == k }) {
				list = append(list, l)
			}
		}
		if list != nil {
			all[s] = list
		}
	}
	return all, nil
}

// load asks the catalog for the links of statements it was not asked for.
func (x *links) load(statements []uint64) error {
	var missing []uint64
	for _, s := range statements {
		if _, ok := x.stored[s]; !ok {
			x.stored[s] = nil
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := x.view.Links(x.ctx, missing)
	if err != nil {
		return err
	}
	slices.Sort(missing)
	for _, l := range found {
		for _, end := range [2]uint64{l.A, l.B} {
			if _, is := slices.BinarySearch(missing, end); is {
				x.stored[end] = append(x.stored[end], l)
			}
		}
	}
	return nil
}

// cut takes away every link of a statement.
func (x *links) cut(statement uint64) error {
	near, err := x.of(statement)
	if err != nil {
		return err
	}
	for _, l := range near {
		k := pairKey(l.A, l.B)
		delete(x.made, k)
		x.dropped[k] = true
		x.touch(l.A)
		x.touch(l.B)
	}
	return nil
}

// veto notes what keeps two statements apart.
func (x *links) veto(v record.Veto) {
	if v.A > v.B {
		v.A, v.B, v.Left, v.Right = v.B, v.A, v.Right, v.Left
	}
	x.vetoes[pairKey(v.A, v.B)] = v
}
