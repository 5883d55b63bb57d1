package record

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIDsAreABijection(t *testing.T) {
	ids := NewIDs([]byte("a case's key, 32 bytes long, ok?"))
	seen := map[string]uint64{}
	for leaf := uint64(0); leaf < 20_000; leaf++ {
		id := ids.ID(KindStatement, leaf)
		if other, twice := seen[id]; twice {
			t.Fatalf("entries %d and %d are both called %s", other, leaf, id)
		}
		seen[id] = leaf
		k, back, err := ids.Leaf(id)
		if err != nil || k != KindStatement || back != leaf {
			t.Fatalf("%s reads back as %c, %d, %v; want %d", id, k, back, err, leaf)
		}
	}
}

func TestIDsOfTwoCasesDiffer(t *testing.T) {
	a, b := NewIDs([]byte("one")), NewIDs([]byte("two"))
	same := 0
	for leaf := range uint64(1000) {
		if a.ID(KindStatement, leaf) == b.ID(KindStatement, leaf) {
			same++
		}
	}
	if same > 2 {
		t.Errorf("%d of 1000 ids are the same in two cases", same)
	}
}

// An id read over a telephone: one character misheard, or two swapped, is
// noticed.
func TestIDCheckCharacter(t *testing.T) {
	ids := NewIDs([]byte("key"))
	rapid.Check(t, func(t *rapid.T) {
		id := ids.ID(KindSource, uint64(rapid.IntRange(0, MaxLeaves-1).Draw(t, "leaf")))
		at := rapid.IntRange(2, 8).Draw(t, "at")
		b := []byte(id)
		if rapid.Bool().Draw(t, "swap") {
			if at == 8 || b[at] == b[at+1] {
				return
			}
			b[at], b[at+1] = b[at+1], b[at]
		} else {
			c := crockford[rapid.IntRange(0, 31).Draw(t, "other")]
			if c == b[at] {
				return
			}
			b[at] = c
		}
		if _, _, err := ids.Leaf(string(b)); !errors.Is(err, ErrInvalid) {
			t.Fatalf("%s was taken for %s: %v", b, id, err)
		}
	})
}

func TestIDForms(t *testing.T) {
	ids := NewIDs([]byte("key"))
	id := ids.ID(KindStatement, 42)
	for _, form := range []string{id, strings.ToLower(id), strings.Replace(id, "-", "", 1), " " + id + "\n"} {
		if k, leaf, err := ids.Leaf(form); err != nil || k != KindStatement || leaf != 42 {
			t.Errorf("%q reads as %c, %d, %v", form, k, leaf, err)
		}
	}
	if k, leaf, err := ids.Leaf(id[2:]); err != nil || k != 0 || leaf != 42 {
		t.Errorf("%q without its letter reads as %q, %d, %v", id[2:], k, leaf, err)
	}
	for _, bad := range []string{"", "S-", "S-UUUUUUU", "S-7K3M9QXX", "نص", "S-0000000\x00"} {
		if _, _, err := ids.Leaf(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v, want ErrInvalid", bad, err)
		}
	}
}

func FuzzIDsLeaf(f *testing.F) {
	ids := NewIDs([]byte("key"))
	f.Add(ids.ID(KindGap, 7))
	f.Add("S-7K3M9QX")
	f.Add("S-ſſſſſſſ")
	f.Fuzz(func(t *testing.T, s string) {
		k, leaf, err := ids.Leaf(s)
		if err != nil {
			return
		}
		if leaf >= MaxLeaves {
			t.Fatalf("%q is entry %d", s, leaf)
		}
		if k == 0 {
			k = KindStatement
		}
		if _, again, err := ids.Leaf(ids.ID(k, leaf)); err != nil || again != leaf {
			t.Fatalf("%q: entry %d, then %d, %v", s, leaf, again, err)
		}
	})
}
