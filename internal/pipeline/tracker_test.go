package pipeline

import (
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestTrackerHoles(t *testing.T) {
	for _, c := range []struct {
		ids         []int64
		first, last int64
		want        []hole
	}{
		{[]int64{1, 2, 3}, 1, 3, nil},
		{[]int64{1, 3}, 1, 3, []hole{{2, 2}}},
		{[]int64{1, 1 << 50}, 1, 1 << 50, []hole{{2, 1<<50 - 1}}},
		{[]int64{5, 4095, 4096, 4097, 9000}, 4, 9001, []hole{{4, 4}, {6, 4094}, {4098, 8999}, {9001, 9001}}},
		{nil, 7, 9, []hole{{7, 9}}},
		{[]int64{1, 100}, 10, 20, []hole{{10, 20}}},
	} {
		tr := newTracker()
		for _, id := range c.ids {
			if tr.see(strconv.FormatInt(id, 10)) {
				t.Errorf("%d was seen before", id)
			}
			if !tr.see(strconv.FormatInt(id, 10)) || !tr.has(id) {
				t.Errorf("%d was forgotten", id)
			}
		}
		if got := tr.holes(c.first, c.last); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v in %d..%d: %v, want %v", c.ids, c.first, c.last, got, c.want)
		}
	}
	tr := newTracker()
	for _, id := range []string{"", "post-1", "-5", "99999999999999999999"} {
		if tr.see(id) || !tr.see(id) {
			t.Errorf("%q: seen once and not twice", id)
		}
	}
}

// Every id is in a hole or was seen, and in no two holes.
func TestTrackerHolesAreWhatIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOf(rapid.Int64Range(0, 10_000)).Draw(t, "ids")
		tr := newTracker()
		for _, id := range ids {
			tr.see(strconv.FormatInt(id, 10))
		}
		missing := map[int64]bool{}
		for _, h := range tr.holes(0, 10_000) {
			for id := h.first; id <= h.last; id++ {
				if missing[id] {
					t.Fatalf("%d is in two holes", id)
				}
				missing[id] = true
			}
		}
		for id := range int64(10_001) {
			if missing[id] == tr.has(id) {
				t.Fatalf("%d: missing %v, seen %v", id, missing[id], tr.has(id))
			}
		}
	})
}

func TestOutside(t *testing.T) {
	for _, c := range []struct{ holes, recorded, want []hole }{
		{[]hole{{1, 2}, {5, 9}}, nil, []hole{{1, 2}, {5, 9}}},
		{[]hole{{13, 13}, {15, 15}}, []hole{{13, 15}}, nil},
		{[]hole{{13, 16}}, []hole{{13, 15}}, []hole{{13, 16}}},
		{[]hole{{20, 21}, {3, 4}}, []hole{{19, 30}, {1, 2}}, []hole{{3, 4}}},
		{[]hole{{5, 6}}, []hole{{1, 10}, {4, 4}}, nil},
	} {
		if got := outside(c.holes, c.recorded); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v outside %v: %v, want %v", c.holes, c.recorded, got, c.want)
		}
	}
}
