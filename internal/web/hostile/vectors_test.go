package hostile

import (
	"slices"
	"testing"
)

func TestDistinct(t *testing.T) {
	all := Vectors()
	t.Logf("%d vectors", len(all))
	slices.Sort(all)
	if n := len(slices.Compact(slices.Clone(all))); n != len(all) || n < 200 {
		t.Errorf("%d vectors, %d of them distinct; at least 200 are wanted", len(all), n)
	}
}
