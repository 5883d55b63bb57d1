package desk_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/record"
)

func units(t *testing.T, d *desk.Desk, q string) []desk.InboxRow {
	t.Helper()
	in, err := d.Inbox(context.Background(), q, desk.InboxPage{Page: catalog.Page{Total: true}})
	must(t, err)
	if in.Total != int64(len(in.Rows)) || !in.Exact {
		t.Fatalf("%q: %d rows, total %d", q, len(in.Rows), in.Total)
	}
	return in.Rows
}

func states(t *testing.T, d *desk.Desk) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, s := range []string{"new", "kept", "duplicate", "dismissed", "later"} {
		if n := len(units(t, d, "state:"+s)); n > 0 {
			all[s] = n
		}
	}
	return all
}

func TestTriage(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	rows := units(t, d, "state:new")
	if len(rows) != 4 {
		t.Fatalf("%d units wait: %+v", len(rows), rows)
	}
	kept, err := d.Triage(ctx, desk.Triage{Action: desk.ActionKeep, Units: []string{rows[0].ID}, Check: true, Seen: rows[0].Touched})
	must(t, err)
	// A second tab that has not seen it.
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionDismiss, Units: []string{rows[0].ID}, Check: true, Seen: rows[0].Touched})
	var changed *desk.Changed
	if !errors.Is(err, record.ErrConflict) || !errors.As(err, &changed) || len(changed.Since) != 1 || changed.Since[0].Leaf != kept.Leaf {
		t.Fatalf("%v %+v", err, changed)
	}
	all, err := d.Triage(ctx, desk.Triage{Action: desk.ActionDismiss, All: true, Query: "state:new", Reason: "old"})
	must(t, err)
	if got := states(t, d); got["kept"] != 1 || got["dismissed"] != 3 || all.Count != 3 {
		t.Fatalf("%v %+v", got, all)
	}
	undo, err := d.Undo(ctx, all.ID, "")
	must(t, err)
	if got := states(t, d); got["kept"] != 1 || got["new"] != 3 {
		t.Fatal(got)
	}
	_, err = d.Undo(ctx, d.Case.IDs.ID(record.KindDecision, undo.Leaf), "")
	must(t, err)
	if got := states(t, d); got["kept"] != 1 || got["dismissed"] != 3 {
		t.Fatal(got)
	}
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionLater, Units: []string{rows[1].ID}, Until: d.Case.Now().Add(time.Hour)})
	must(t, err)
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionLabel, Units: []string{rows[1].ID, rows[2].ID}, Labels: []string{" to  call "}})
	must(t, err)
	if got := units(t, d, `label:"to call" state:later`); len(got) != 1 || got[0].ID != rows[1].ID || got[0].Labels[0] != "to call" {
		t.Fatalf("%+v", got)
	}
}
