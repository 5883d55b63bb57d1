package sqlite

import "testing"

// TestMemoKeepsTheSmall: a list of very many numbers does not keep the others out.
func TestMemoKeepsTheSmall(t *testing.T) {
	m := memo{lists: map[string]kept{}}
	for key, n := range map[string]int{"a": memoMost / 2, "b": memoMost / 2} {
		m.keep(key, kept{n: n})
	}
	if m.keep("more than all", kept{n: memoMost + 1}); len(m.lists) != 2 || m.kept != memoMost {
		t.Errorf("%v, %d", m.lists, m.kept)
	}
	m.keep("small", kept{n: 7})
	if _, ok := m.lists["small"]; !ok || len(m.lists) != 2 || m.kept != memoMost/2+7 {
		t.Errorf("%v, %d", m.lists, m.kept)
	}
}
