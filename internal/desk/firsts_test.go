package desk_test

import (
	"testing"

	"dalil/internal/desk"
)

// TestFirstsAreKeptUnderMasking: what was worked out of who breaks first is kept
// for readers for whom the same names are masked, and for no others.
func TestFirstsAreKeptUnderMasking(t *testing.T) {
	ctx := t.Context()
	d := country(t)
	must(t, d.Warm(ctx))
	ask := func(d *desk.Desk, q string) *desk.Firsts {
		t.Helper()
		f, err := d.FirstsNow(ctx, q)
		must(t, err)
		again, err := d.FirstsNow(ctx, q)
		must(t, err)
		if f != again {
			t.Errorf("%q is worked out anew", q)
		}
		return f
	}
	const word = "صاروخ"
	all := ask(d, "")
	if len(all.Rows) == 0 || ask(d, word).Families == 0 {
		t.Fatalf("%d rows, %d families", len(all.Rows), ask(d, word).Families)
	}
	name := all.Rows[0].Source.Name
	shows := func(f *desk.Firsts) bool {
		for _, r := range f.Rows {
			if r.Source.Name == name {
				return true
			}
		}
		return false
	}

	in, err := d.Inbox(ctx, "state:new", desk.InboxPage{})
	must(t, err)
	unit, other := in.Rows[0].ID, in.Rows[1].ID
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{unit}, Names: []string{name, word}, Reason: "as if they were persons"})
	must(t, err)
	opened, err := d.Open(ctx, unit, "to see")
	must(t, err)
	masked := func(d *desk.Desk) {
		t.Helper()
		if shows(ask(d, "")) || shows(ask(d, "-"+word)) || ask(d, word).Families != 0 {
			t.Error("who may not see the name does")
		}
	}
	open := func(d *desk.Desk) {
		t.Helper()
		if !shows(ask(d, "")) || ask(d, word).Families == 0 {
			t.Error("who opened the name does not see it")
		}
	}
	masked(d)
	open(opened.Desk)
	masked(d)
	before := ask(opened.Desk, word)
	masked(d)
	if ask(opened.Desk, word) != before {
		t.Error("readers with other names masked drive out what is kept")
	}

	// A second name, opened or not, is another key.
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{other}, Names: []string{all.Rows[1].Source.Name}, Reason: "as if it were one"})
	must(t, err)
	masked(d)
	open(opened.Desk)
	name = all.Rows[1].Source.Name
	if shows(ask(opened.Desk, "")) {
		t.Error("who opened one name sees another")
	}
}
