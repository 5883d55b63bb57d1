package sqlite

import (
	"context"
	"slices"
	"testing"
)

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
