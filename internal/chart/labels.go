package chart

// A box is a part of the picture that is taken.
type box struct{ x0, y0, x1, y1 float64 }

func (a box) meets(b box) bool { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1 }

func free(b box, taken []box) bool {
	for _, t := range taken {
		if b.meets(t) {
			return false
		}
	}
	return true
}

// spot finds a place for a label beside a mark: where nothing is, else where
// only lines are. It reports false when every place is taken; the label is then
// left to the mark's title.
func spot(x, y, wide, edge float64, marks, lines []box) (box, bool) {
	const (
		side = 10 // from the middle of the mark
		tall = 10
		off  = 6.5 // above and below
	)
	at := func(x0, y0 float64) box { return box{x0, y0, x0 + wide, y0 + tall} }
	places := []box{
		at(x+side, y-tall/2),
		at(x-wide/2, y-off-tall), at(x-2, y-off-tall), at(x-wide+2, y-off-tall),
		at(x-wide/2, y+off), at(x-2, y+off), at(x-wide+2, y+off),
	}
	for _, strict := range []bool{true, false} {
		for _, b := range places {
			if b.x1 <= edge && free(b, marks) && (!strict || free(b, lines)) {
				return b, true
			}
		}
	}
	return box{}, false
}
