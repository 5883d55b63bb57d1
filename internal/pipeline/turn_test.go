package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/sample"
)

// People decide while an import runs, several at once and during both of its
// phases; what they decided is between the import's entries, the log gives the
// same catalog again, and each decision is there once.
func TestDecisionsDuringAnImport(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	first, _ := h.export("first/result.json", sample.DefaultExport(400, 1))
	h.take(c, pipeline.ImportOptions{}, first)
	d := desk.New(c)
	found, err := d.Search(ctx, "", catalog.Page{Limit: 300})
	must(t, err)
	if len(found.Hits) < 200 {
		t.Fatalf("%d statements to decide about", len(found.Hits))
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		leaves []uint64
		phases = map[string]int{}
		next   int
	)
	decide := func(s record.Statement, n int) error {
		x, err := d.Withdraw(ctx, d.StatementID(s), fmt.Sprintf("test %d", n))
		mu.Lock()
		defer mu.Unlock()
		leaves = append(leaves, x.Leaf)
		return err
	}
	progress := func(p pipeline.Progress) {
		if next >= len(found.Hits) || phases[p.Phase] >= 15 {
			return
		}
		phases[p.Phase]++
		s, n := found.Hits[next].Statement, next
		next++
		if p.Phase == "link" { // nobody has the turn: it must be possible here and now
			must(t, decide(s, n))
			return
		}
		wg.Go(func() {
			if err := decide(s, n); err != nil {
				t.Error(err)
			}
		})
	}
	opt := sample.DefaultExport(10_000, 2) // five batches while people decide beside it
	second, _ := h.export("second/result.json", opt)
	before := c.Archive.Size()
	r := h.take(c, pipeline.ImportOptions{Progress: progress, Shared: true}, second)
	wg.Wait()
	if phases["read"] == 0 || phases["link"] == 0 {
		t.Fatalf("phases %v: nothing was decided in one of them", phases)
	}
	within := 0
	for _, leaf := range leaves {
		if leaf > before && leaf < r.LeafLast {
			within++
		}
	}
	if within < 5 {
		t.Errorf("%d of %d decisions lie within the import's entries", within, len(leaves))
	}
	all, err := c.Catalog.AllDecisions(ctx)
	must(t, err)
	if len(all) != next {
		t.Errorf("%d decisions in the catalog, %d were made", len(all), next)
	}
	if got := len(h.find(c, "state:withdrawn")); got != next {
		t.Errorf("%d statements are withdrawn, want %d", got, next)
	}
	h.rebuilt(c)
}

// A merge during an import is taken into account when the import ends.
func TestMergeDuringAnImport(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	first, _ := h.export("first/result.json", sample.DefaultExport(300, 1))
	h.take(c, pipeline.ImportOptions{}, first)
	d := desk.New(c)
	found, err := d.Search(ctx, "", catalog.Page{Limit: 200})
	must(t, err)
	var pair []string
	for _, x := range found.Hits {
		if x.Family == 0 && x.Text != "" && len(pair) < 2 {
			pair = append(pair, d.StatementID(x.Statement))
		}
	}
	if len(pair) < 2 {
		t.Fatal("no two statements without a family")
	}
	merged := false
	second, _ := h.export("second/result.json", sample.DefaultExport(12_000, 2))
	h.take(c, pipeline.ImportOptions{Shared: true, Progress: func(p pipeline.Progress) {
		if p.Phase == "link" && !merged {
			merged = true
			_, err := d.Merge(ctx, pair, "", "one text")
			must(t, err)
		}
	}}, second)
	if !merged {
		t.Fatal("nothing was linked")
	}
	one, err := d.Statement(ctx, pair[0])
	must(t, err)
	other, err := d.Statement(ctx, pair[1])
	must(t, err)
	if one.Family == 0 || one.Family != other.Family {
		t.Errorf("families %d and %d after the import", one.Family, other.Family)
	}
	h.rebuilt(c)
}

// Two who decide about one statement at once: one of them is told.
func TestTwoDecideAtOnce(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	defer h.close(c)
	first, _ := h.export("first/result.json", sample.DefaultExport(300, 1))
	h.take(c, pipeline.ImportOptions{}, first)
	d := desk.New(c)
	s := h.find(c, "")[0]
	const many = 8
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() { _, errs[i] = d.Withdraw(ctx, d.StatementID(s), "at once") })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if !errors.Is(err, record.ErrConflict) {
			t.Error(err)
		}
	}
	if done != 1 {
		t.Errorf("%d of %d withdrawals were recorded", done, many)
	}
}
