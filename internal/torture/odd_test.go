package torture

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// TestUnreadable puts a folder, and a link to the very bytes, where each file
// of a case was: what cannot be read is found, and named, and no failure.
func TestUnreadable(t *testing.T) {
	l := newLab(t)
	dir, _ := l.grown()
	ctx := context.Background()
	aside := l.path("aside")
	for _, n := range files(t, dir) {
		path := filepath.Join(dir, filepath.FromSlash(n))
		for what, put := range map[string]func() error{
			"a folder": func() error { return os.MkdirAll(filepath.Join(path, "x"), 0o700) },
			"a link":   func() error { return os.Symlink(aside, path) },
		} {
			must(t, os.Rename(path, aside))
			must(t, put())
			r, err := l.made.Verify(ctx, dir, nil)
			if err != nil {
				t.Errorf("%s in the place of %s: %v", what, n, err)
			} else {
				named := false
				for _, p := range r.Problems {
					named = named || strings.HasPrefix(p.Where, n)
				}
				if r.OK || !named {
					t.Errorf("%s in the place of %s: %v", what, n, r.Problems)
				}
			}
			must(t, os.RemoveAll(path))
			must(t, os.Rename(aside, path))
		}
	}
	must(t, l.clean(dir, ""))
}

// TestTamperedWhileOpen changes the catalog of a case that was not closed
// cleanly, so that no sum of its files is known: its rows are held against the
// log.
func TestTamperedWhileOpen(t *testing.T) {
	l := newLab(t)
	dir, _ := l.grown()
	must(t, os.WriteFile(filepath.Join(dir, "catalog.open"), nil, 0o600))
	must(t, l.clean(dir, "")) // nothing is wrong yet
	db, err := sql.Open("sqlite", filepath.Join(dir, "catalog.db"))
	must(t, err)
	tables, err := db.Query("SELECT name FROM sqlite_schema WHERE type='table' AND sql LIKE '%text%' ORDER BY name")
	must(t, err)
	var names []string
	for tables.Next() {
		var n string
		must(t, tables.Scan(&n))
		names = append(names, n)
	}
	must(t, tables.Close())
	t.Logf("tables: %v", names)
	changed := false
	for _, n := range names {
		res, err := db.Exec(`UPDATE "` + n + `" SET text = text || ' not' WHERE rowid IN (SELECT max(rowid) FROM "` + n + `")`)
		if err == nil {
			rows, err := res.RowsAffected()
			must(t, err)
			changed = changed || rows > 0
		}
	}
	must(t, db.Close())
	if !changed {
		t.Fatal("no table holds a text to change")
	}
	r, err := l.made.Verify(context.Background(), dir, nil)
	must(t, err)
	if r.OK || len(r.Problems) != 1 || r.Problems[0].Where != "catalog.db" {
		t.Errorf("%+v", r.Problems)
	}
	if a := l.run("verify", dir, "--json", "-q"); a.code != 4 {
		t.Errorf("%v", a)
	}
	// And it is healed from the log.
	if a := l.run("--case", dir, "rebuild", "--json", "-q"); a.code != 0 {
		t.Errorf("%v", a)
	}
	must(t, l.clean(dir, ""))
}
