package sqlite

import (
	"context"
	"fmt"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// A small batch does not wait for a full queue: what it brought is read from the
// catalog when its turn comes, and found like everything else.
func TestSmallBatchesNeverWait(t *testing.T) {
	ctx := context.Background()
	c, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := c.(*store)
	s.index.most = 1 // whatever waits is too much
	leaf := uint64(4)
	b := &catalog.Batch{To: leaf,
		Sources:  []record.Source{{Leaf: 2, Key: "telegram:1", Name: "Sahil", Type: record.Channel, Platform: "telegram"}},
		Captures: []record.Capture{{Leaf: 3, At: 1_700_000_000_000, Path: "result.json", Theirs: record.NoSeconds}},
	}
	const batches, rows = 40, 100
	for i := 0; ; i++ {
		if err := c.Apply(ctx, b); err != nil {
			t.Fatal(err)
		}
		if i == batches {
			break
		}
		b = &catalog.Batch{From: leaf}
		for range rows {
			st := record.Statement{Leaf: leaf, First: leaf, Version: 1, Source: 2, Capture: 3}
			st.ExternalID = fmt.Sprint(leaf)
			st.Text, st.Posted, st.CapturedAt = "the bridge of the harbour", record.AtUnix(1_600_000_000+int64(leaf)), 1_700_000_000_000
			b.Statements = append(b.Statements, st)
			leaf++
		}
		b.To = leaf
	}
	s.index.mu.Lock()
	s.index.waiting++ // as while something is in hand
	s.index.mu.Unlock()
	if s.index.admit(rows) {
		t.Error("there was room in a queue that is full")
	}
	s.index.leave(1)
	if err := c.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	q, err := query.Parse("bridge", query.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	for page := (catalog.Page{Limit: 200}); ; {
		found, err := c.Search(ctx, q, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range found.Hits {
			seen[h.First] = true
		}
		if page.After = found.Next; page.After == "" {
			break
		}
	}
	if len(seen) != batches*rows {
		t.Errorf("%d of %d found", len(seen), batches*rows)
	}
}
