package desk_test

import (
	"context"
	"errors"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/record"
)

// meddler is a catalog in which somebody else decides right before it is asked
// for the newest record about something.
type meddler struct {
	catalog.Catalog
	decide func()
}

func (m *meddler) Newest(ctx context.Context, target uint64) (uint64, error) {
	if decide := m.decide; decide != nil {
		m.decide = nil
		decide()
	}
	return m.Catalog.Newest(ctx, target)
}

// TestOfTwoOneIsTold: who decides on what they looked at, while somebody else
// decides the same, is told; it does not depend on the moment.
func TestOfTwoOneIsTold(t *testing.T) {
	ctx := context.Background()
	type deed = func(*desk.Desk) error
	only := func(_ any, err error) error { return err }
	const source = "Harbour Lamp"
	for _, c := range []struct {
		name    string
		prepare func(*testing.T, *desk.Desk) (mine, theirs deed)
	}{
		{"withdraw", func(t *testing.T, d *desk.Desk) (deed, deed) {
			s := id(t, d, "morning")
			x := func(d *desk.Desk) error { return only(d.Withdraw(ctx, s, "he asked")) }
			return x, x
		}},
		{"restrict", func(t *testing.T, d *desk.Desk) (deed, deed) {
			s := id(t, d, "morning")
			x := func(d *desk.Desk) error { return only(d.Restrict(ctx, s, "for us alone", false)) }
			return x, x
		}},
		{"issuer", func(*testing.T, *desk.Desk) (deed, deed) {
			x := func(d *desk.Desk) error { return only(d.Issuer(ctx, source, "it says so")) }
			return x, x
		}},
		{"grade", func(*testing.T, *desk.Desk) (deed, deed) {
			x := func(d *desk.Desk) error { return only(d.Grade(ctx, source, "bridges", "B", "mostly right")) }
			return x, x
		}},
		{"save a search", func(*testing.T, *desk.Desk) (deed, deed) {
			x := func(d *desk.Desk) error {
				return only(d.SaveSearch(ctx, desk.SavedSearch{Name: "bridge", Query: "bridge"}, ""))
			}
			return x, x
		}},
		{"drop a search", func(t *testing.T, d *desk.Desk) (deed, deed) {
			_, err := d.SaveSearch(ctx, desk.SavedSearch{Name: "bridge", Query: "bridge"}, "")
			must(t, err)
			x := func(d *desk.Desk) error { return only(d.DropSearch(ctx, "bridge", "")) }
			return x, x
		}},
		{"correct a translation", func(t *testing.T, d *desk.Desk) (deed, deed) {
			s := id(t, d, "morning")
			base, err := d.Translate(ctx, s, "fr", "ouvert depuis ce matin", "")
			must(t, err)
			return func(d *desk.Desk) error { return only(d.Translate(ctx, s, "", "ouvert dès le matin", base.ID)) },
				func(d *desk.Desk) error { return only(d.Translate(ctx, s, "", "le pont est ouvert", base.ID)) }
		}},
		{"review a translation", func(t *testing.T, d *desk.Desk) (deed, deed) {
			made, err := d.KeepMachine(ctx, id(t, d, "morning"), "fr", "ouvert depuis ce matin", "a program 1.0")
			must(t, err)
			x := func(d *desk.Desk) error { return only(d.Review(ctx, made.ID, "read against the original")) }
			return x, x
		}},
		{"take back", func(t *testing.T, d *desk.Desk) (deed, deed) {
			x, err := d.Restrict(ctx, id(t, d, "morning"), "for us alone", false)
			must(t, err)
			undo := func(d *desk.Desk) error {
				return only(d.Undo(ctx, d.Case.IDs.ID(record.KindDecision, x.Leaf), "not so"))
			}
			return undo, undo
		}},
		{"take back an outage", func(t *testing.T, d *desk.Desk) (deed, deed) {
			g, err := d.Outage(ctx, "", d.Case.Now().Add(-1e12), d.Case.Now(), "the network was down")
			must(t, err)
			undo := func(d *desk.Desk) error {
				return only(d.Undo(ctx, d.Case.IDs.ID(record.KindGap, g.Leaf), "not so"))
			}
			return undo, undo
		}},
		{"carry out an erasure", func(t *testing.T, d *desk.Desk) (deed, deed) {
			asked, _, err := d.RequestErase(ctx, id(t, d, "morning"), "he asked")
			must(t, err)
			request := d.Case.IDs.ID(record.KindDecision, asked.Leaf)
			return func(d *desk.Desk) error { return only(d.ConfirmErase(ctx, request, "")) },
				func(d *desk.Desk) error { return only(d.Undo(ctx, request, "he asked not to")) }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			mine, theirs := c.prepare(t, d)
			m := &meddler{Catalog: d.Case.Catalog}
			d.Case.Catalog = m
			m.decide = func() { must(t, theirs(d)) }
			size := d.Case.Archive.Size()
			err := mine(d)
			if m.decide != nil {
				t.Fatal("nobody meddled")
			}
			if !errors.Is(err, record.ErrConflict) && !errors.Is(err, record.ErrNotFound) {
				t.Errorf("who came second was told %v", err)
			}
			if n := d.Case.Archive.Size(); n != size+1 {
				t.Errorf("%d records were made", n-size)
			}
		})
	}
}

// watcher is a catalog in which somebody else decides while statements are
// looked at: before a call for one.
type watcher struct {
	catalog.Catalog
	after  int // calls until then
	decide func()
}

func (w *watcher) Statement(ctx context.Context, first uint64) (record.Statement, error) {
	if w.after--; w.after < 0 && w.decide != nil {
		decide := w.decide
		w.decide = nil
		decide()
	}
	return w.Catalog.Statement(ctx, first)
}

// TestOneFamilyAtATime: of two who say of the same statements which text they
// are, the second is told, also when they name them in another order; of other
// statements, nobody is.
func TestOneFamilyAtATime(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name   string
		mine   func(d *desk.Desk, a, b, other, last string) error
		theirs func(d *desk.Desk, a, b, other, last string) error
		told   bool
	}{
		{"merged the other way round",
			func(d *desk.Desk, a, b, _, _ string) error { return merge(d, a, b) },
			func(d *desk.Desk, a, b, _, _ string) error { return merge(d, b, a) }, true},
		{"merged with a third",
			func(d *desk.Desk, a, b, _, _ string) error { return merge(d, a, b) },
			func(d *desk.Desk, _, b, other, _ string) error { return merge(d, other, b) }, true},
		{"others merged",
			func(d *desk.Desk, a, b, _, _ string) error { return merge(d, a, b) },
			func(d *desk.Desk, _, _, other, last string) error { return merge(d, other, last) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t)
			a, b, other, last := id(t, d, "morning"), id(t, d, "roof"), id(t, d, "again"), id(t, d, "bridge -again -morning")
			w := &watcher{Catalog: d.Case.Catalog, after: 1}
			d.Case.Catalog = w
			w.decide = func() { must(t, c.theirs(d, a, b, other, last)) }
			err := c.mine(d, a, b, other, last)
			if w.decide != nil {
				t.Fatal("nobody meddled")
			}
			if c.told != errors.Is(err, record.ErrConflict) || !c.told && err != nil {
				t.Errorf("who came second was told %v", err)
			}
		})
	}
	t.Run("split while another leaves", func(t *testing.T) {
		d := open(t)
		a, b, other := id(t, d, "morning"), id(t, d, "roof"), id(t, d, "again")
		_, err := d.Merge(ctx, []string{a, b, other}, "", "the same text")
		must(t, err)
		w := &watcher{Catalog: d.Case.Catalog}
		d.Case.Catalog = w
		w.decide = func() {
			_, err := d.Split(ctx, []string{other}, "another text")
			must(t, err)
		}
		if _, err := d.Split(ctx, []string{a}, "another text"); !errors.Is(err, record.ErrConflict) {
			t.Errorf("who came second was told %v", err)
		}
	})
}

func merge(d *desk.Desk, ids ...string) error {
	_, err := d.Merge(context.Background(), ids, "", "the same text")
	return err
}
