package record

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func leaves() []Leaf {
	st := NewLeaf(LeafStatement, 1_763_800_000_000)
	st.Capture, st.Source, st.ID, st.Posted, st.Offset, st.Length, st.Commit = 7, 3, "4711", 1_605_637_267, 123_456, 1432, DigestOf([]byte("c"))
	old := NewLeaf(LeafStatement, 1)
	old.Capture, old.Source, old.ID, old.Posted, old.Edited, old.Page = 7, 3, `a "quoted" <id> `+"\u2028", 0, -1, 12
	capture := NewLeaf(LeafCapture, 2)
	capture.Run, capture.Blob, capture.Type, capture.Format, capture.Theirs = 4, DigestOf(nil), "text/plain", "text/1", 0
	gap := NewLeaf(LeafGap, 3)
	gap.By, gap.From, gap.To, gap.Why, gap.Sig = "hm", -5, 5, "outage", "c2ln"
	tomb := NewLeaf(LeafTombstone, 4)
	tomb.Target, tomb.Blob, tomb.Offset, tomb.Length, tomb.Now, tomb.Why = 9, DigestOf([]byte("b")), 0, 10, DigestOf([]byte("n")), "erased"
	return []Leaf{st, old, capture, gap, tomb, NewLeaf(LeafRun, 0)}
}

func TestLeafReadsBack(t *testing.T) {
	for _, l := range leaves() {
		b := l.Append(nil)
		if !json.Valid(b) {
			t.Errorf("%s is no JSON", b)
		}
		got, err := ParseLeaf(b)
		if err != nil {
			t.Errorf("%s: %v", b, err)
		} else if d := cmp.Diff(l, got); d != "" {
			t.Errorf("%s\n%s", b, d)
		}
	}
}

// The members' order and spelling are what is hashed, so they never change.
func TestLeafBytes(t *testing.T) {
	want := `{"kind":"statement","at":1763800000000,"capture":7,"source":3,"id":"4711","posted":1605637267,"offset":123456,"length":1432,"commit":"2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6"}`
	l := leaves()[0]
	if got := string(l.Append(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseLeafRefusesOtherForms(t *testing.T) {
	for _, s := range []string{
		``, `{}`, `null`, `{"at":1,"kind":"run"}`, `{"kind":"run", "at":1}`, `{"kind":"run","at":1}` + "\n",
		`{"kind":"run","at":1,"at":1}`, `{"kind":"run","at":1,"extra":2}`, `{"Kind":"run","at":1}`, `{"kind":"run","at":1.0}`,
		`{"kind":"run","at":1,"run":0}`, `{"kind":"capture","at":1,"blob":"AB"}`,
	} {
		if l, err := ParseLeaf([]byte(s)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s was read as %+v, %v", s, l, err)
		}
	}
}

func FuzzParseLeaf(f *testing.F) {
	for _, l := range leaves() {
		f.Add(l.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLeaf(b)
		if err == nil && string(l.Append(nil)) != string(b) {
			t.Fatalf("%q is read and written as %q", b, l.Append(nil))
		}
	})
}
