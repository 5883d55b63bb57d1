package pipeline_test

import (
	"cmp"
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// splitting is a catalog that takes every batch in small pieces: the rows may
// not depend on how the log was cut into batches.
type splitting struct {
	catalog.Catalog
	step uint64
}

func (s splitting) Apply(ctx context.Context, b *catalog.Batch) error {
	for from := b.From; from < b.To; from += s.step {
		to := min(from+s.step, b.To)
		piece := &catalog.Batch{From: from, To: to,
			Sources:    between(b.Sources, from, to, func(x record.Source) uint64 { return x.Leaf }),
			Runs:       between(b.Runs, from, to, func(x catalog.Run) uint64 { return x.Leaf }),
			Ends:       between(b.Ends, from, to, func(x catalog.Run) uint64 { return x.End }),
			Captures:   between(b.Captures, from, to, func(x record.Capture) uint64 { return x.Leaf }),
			Statements: between(b.Statements, from, to, func(x record.Statement) uint64 { return x.Leaf }),
			Missing:    between(b.Missing, from, to, func(x catalog.Observation) uint64 { return x.Leaf }),
			Seen:       between(b.Seen, from, to, func(x catalog.Observation) uint64 { return x.Leaf }),
			Gaps:       between(b.Gaps, from, to, func(x record.Gap) uint64 { return x.Leaf }),
			Decisions:  between(b.Decisions, from, to, func(x record.Decision) uint64 { return x.Leaf }),
			Tombstones: between(b.Tombstones, from, to, func(x catalog.Tombstone) uint64 { return x.Leaf }),
			Others:     between(b.Others, from, to, func(x catalog.EntryInfo) uint64 { return x.Leaf }),
			Analyses:   between(b.Analyses, from, to, func(x catalog.Analysed) uint64 { return x.Leaf }),
		}
		if err := s.Catalog.Apply(ctx, piece); err != nil {
			return err
		}
	}
	return nil
}

// between returns the records of the entries from up to but not including to.
func between[T any](all []T, from, to uint64, leaf func(T) uint64) []T {
	find := func(at uint64) int {
		i, _ := slices.BinarySearchFunc(all, at, func(x T, at uint64) int { return cmp.Compare(leaf(x), at) })
		return i
	}
	return all[find(from):find(to)]
}

// TestRebuildSample rebuilds the case of the whole sample country, with
// decisions and an erasure in it, also in other batches.
func TestRebuildSample(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	for _, r := range h.country() {
		h.take(c, pipeline.ImportOptions{}, r)
	}
	d := desk.New(c)
	all := h.find(c, "")
	_, err := d.Withdraw(ctx, d.StatementID(all[3]), "a test")
	must(t, err)
	_, err = d.Restore(ctx, d.StatementID(all[3]), "a test")
	must(t, err)
	_, err = d.Withdraw(ctx, d.StatementID(all[5]), "a test")
	must(t, err)
	_, err = d.Outage(ctx, "", time.Unix(1.74e9, 0), time.Time{}, "a test")
	must(t, err)
	for _, i := range []int{7, len(all) - 1} {
		request, _, err := d.RequestErase(ctx, d.StatementID(all[i]), "a test")
		must(t, err)
		_, err = d.ConfirmErase(ctx, c.IDs.ID(record.KindDecision, request.Leaf), "")
		must(t, err)
	}
	// Members from which others are told, and by which their families are called.
	var anchors []uint64
	must(t, c.Catalog.EachFamily(ctx, func(f record.Family) bool {
		if f.Members > 3 {
			anchors = append(anchors, f.Anchor, f.First)
		}
		return len(anchors) < 8
	}))
	slices.Sort(anchors)
	for _, leaf := range slices.Compact(anchors) {
		st, err := c.Catalog.Statement(ctx, leaf)
		must(t, err)
		if st.Erased || st.Span.Length == 0 {
			continue
		}
		request, _, err := d.RequestErase(ctx, d.StatementID(st), "a test")
		must(t, err)
		_, err = d.ConfirmErase(ctx, c.IDs.ID(record.KindDecision, request.Leaf), "")
		must(t, err)
	}
	want := h.statements(c)
	h.rebuilt(c)
	plain := h.made.Stores.OpenCatalog
	steps := []uint64{1, 7, 300}
	if testing.Short() {
		steps = steps[1:2] // under the race detector
	}
	for _, step := range steps {
		h.made.Stores.OpenCatalog = func(dir string, write bool) (catalog.Catalog, error) {
			cat, err := plain(dir, write)
			if err != nil || !write {
				return cat, err
			}
			return splitting{cat, step}, nil
		}
		r, err := h.made.Rebuild(ctx, c.Dir)
		must(t, err)
		if !r.Identical {
			t.Errorf("in batches of %d: %+v", step, r)
		}
	}
	h.made.Stores.OpenCatalog = plain
	r := h.open("case", false)
	h.equal("rebuilt", h.statements(r), want)
	h.close(r)
}

// TestLostCatalog loses catalog and settings: both are made anew.
func TestLostCatalog(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	in := h.write("in/result.json", chat("public_channel", message{id: 11, text: "the bridge is open"}))
	h.take(c, pipeline.ImportOptions{}, in)
	cfg := c.Config
	cfg.Name = "another name"
	must(t, c.Configure(context.Background(), cfg))
	want := h.statements(c)
	h.close(c)
	for _, f := range []string{"catalog.db", "search.db", "catalog.sum", "case.toml"} {
		must(t, os.Remove(h.path("case", f)))
	}
	r, err := h.made.Rebuild(context.Background(), h.path("case"))
	must(t, err)
	if !r.Settings || r.Before != "" {
		t.Errorf("%+v", r)
	}
	h.verified("case")
	c = h.open("case", false)
	h.equal("after the loss", h.statements(c), want)
	if c.Config.Name != "another name" {
		t.Errorf("the case is called %q", c.Config.Name)
	}
	h.close(c)
}
