package sqlite

import (
	"slices"

	"dalil/internal/catalog"
	"dalil/internal/query"
)

// turn makes a search gather the page before a place: by time, that is the
// other order from the same place on.
func (w *search) turn(back bool) {
	if w.back = back; !back {
		return
	}
	switch w.sort {
	case query.Newest:
		w.sort = query.Oldest
	case query.Oldest:
		w.sort = query.Newest
	}
}

// result hands the page over, in the order asked for.
func (w *search) result(res *catalog.Result) {
	res.Hits, res.Next = w.hits, w.next
	if len(w.hits) == 0 {
		return
	}
	if w.paged {
		res.Prev = w.begin.String()
	}
	if w.back {
		slices.Reverse(res.Hits)
		res.Prev, res.Next = w.next, w.begin.String()
	}
}
