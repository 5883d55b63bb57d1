package sqlite

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/query"
)

// TestManyLookBack: many readers at once, some of whom give up, about more
// moments than are kept; and what nobody uses is let go.
func TestManyLookBack(t *testing.T) {
	ctx := context.Background()
	c, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := c.(*store)
	fill(t, c, vocabulary(rand.New(rand.NewPCG(1, 2)), 2_000), 3_000)
	if err := c.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for i := range 40 {
		readers.Go(func() {
			size := uint64(100 + i%8*50)
			ctx, giveUp := context.WithCancel(ctx)
			defer giveUp()
			if i%3 == 0 {
				giveUp()
			}
			past, err := c.At(ctx, size)
			if i%3 == 0 && errors.Is(err, context.Canceled) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			r, err := past.Search(context.WithoutCancel(ctx), query.Query{}, catalog.Page{Limit: 1, Total: true})
			if err != nil || r.Total != int64(size)-4 {
				t.Errorf("at %d: %d statements, %v", size, r.Total, err)
			}
			if err := errors.Join(past.Close(), past.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	readers.Wait()
	k := &s.thens
	k.work.Lock() // after the work that nobody waits for
	k.mu.Lock()
	for _, x := range k.all {
		if x.users < 0 {
			t.Errorf("%d users of one", x.users)
		}
	}
	k.mu.Unlock()
	k.work.Unlock()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if len(k.all) > 0 {
		t.Errorf("%d are left", len(k.all))
	}
}

// TestEveryTableLooksBack: a table of catalog.db without a say in thenViews would
// be read as it is today.
func TestEveryTableLooksBack(t *testing.T) {
	c, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	tables, err := list(context.Background(), c.(*store), func(row scanner) (name string, err error) { return name, row.Scan(&name) },
		"SELECT name FROM sqlite_schema WHERE type='table'")
	if err != nil || len(tables) < 20 {
		t.Fatal(tables, err)
	}
	for _, v := range thenViews {
		i := slices.Index(tables, v.table)
		if i < 0 {
			t.Errorf("there is no table %s", v.table)
			continue
		}
		tables = slices.Delete(tables, i, i+1)
	}
	if len(tables) > 0 {
		t.Errorf("looking back, %v are read as they are today: say in then.go what they were", tables)
	}
}
