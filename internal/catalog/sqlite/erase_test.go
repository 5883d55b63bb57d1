package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

func open(t *testing.T, dir string, opt Options) catalog.Catalog {
	t.Helper()
	c, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// small applies two statements, one of which holds words no other has.
func small(t *testing.T, c catalog.Catalog) {
	t.Helper()
	b := &catalog.Batch{To: 4,
		Sources:  []record.Source{{Leaf: 0, Key: "telegram:1", Name: "Sahil", Platform: "telegram"}},
		Captures: []record.Capture{{Leaf: 1, At: 1_650_000_000_000, Path: "result.json", Theirs: record.NoSeconds}},
	}
	for i, text := range []string{"The mill by Zephyrin Quuxworth stood.", "The mill turned."} {
		st := record.Statement{Leaf: uint64(2 + i), First: uint64(2 + i), Version: 1, Source: 0, Capture: 1}
		st.Kind, st.ExternalID, st.Text, st.Title, st.Posted = record.Post, fmt.Sprint(i), text, "Plinthwick", record.AtUnix(int64(i))
		if i == 1 {
			st.Title = ""
		}
		b.Statements = append(b.Statements, st)
	}
	apply(t, c, b)
}

func apply(t *testing.T, c catalog.Catalog, b *catalog.Batch) {
	t.Helper()
	if err := c.Apply(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, c catalog.Catalog, word string) int {
	t.Helper()
	r, err := c.Search(context.Background(), query.Query{Root: query.Words{Raw: word, Terms: []string{word}}}, catalog.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return len(r.Hits)
}

// holds reports which files of the folder hold the word in any case.
func holds(t *testing.T, dir, word string) (files []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(data), []byte(word)) {
			files = append(files, filepath.Base(name))
		}
	}
	return files
}

func TestErasedWordsAreInNoFile(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, Options{})
	small(t, c)
	secrets := []string{"quuxworth", "zephyrin", "plinthwick"}
	for _, s := range secrets {
		if files := holds(t, dir, s); len(files) == 0 {
			t.Fatalf("%q is in no file before it is erased: the test would prove nothing", s)
		}
	}
	apply(t, c, &catalog.Batch{From: 4, To: 5, Tombstones: []catalog.Tombstone{{Leaf: 4, Target: 2}}})
	for _, s := range secrets {
		if files := holds(t, dir, s); len(files) > 0 {
			t.Errorf("%q is still in %v", s, files)
		}
		if n := count(t, c, s); n != 0 {
			t.Errorf("%q is still found", s)
		}
	}
	if n := count(t, c, "mill"); n != 1 {
		t.Errorf("%d hits for a word that another statement has, want 1", n)
	}
	if files := holds(t, dir, "turned"); len(files) == 0 {
		t.Error("the other statement is gone too")
	}
}

// When the index lags behind at an erasure, catching up forgets just the same.
func TestErasedWhileTheIndexLagged(t *testing.T) {
	dir, kept := t.TempDir(), filepath.Join(t.TempDir(), SearchFile)
	c := open(t, dir, Options{})
	small(t, c)
	c.Close()
	copyFile(t, filepath.Join(dir, SearchFile), kept)
	c = open(t, dir, Options{})
	apply(t, c, &catalog.Batch{From: 4, To: 5, Tombstones: []catalog.Tombstone{{Leaf: 4, Target: 2}}})
	c.Close()
	copyFile(t, kept, filepath.Join(dir, SearchFile))
	c = open(t, dir, Options{})
	if files := holds(t, dir, "quuxworth"); len(files) > 0 {
		t.Errorf("the word is still in %v", files)
	}
	if count(t, c, "quuxworth") != 0 || count(t, c, "mill") != 1 {
		t.Error("wrong hits after catching up")
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestIndexIsRebuiltFromTheRows(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir, Options{})
	small(t, c)
	c.Close()
	if err := os.Remove(filepath.Join(dir, SearchFile)); err != nil {
		t.Fatal(err)
	}
	ro := open(t, dir, Options{ReadOnly: true})
	_, err := ro.Search(context.Background(), query.Query{}, catalog.Page{})
	wantHint(t, "search without an index", err, record.ErrNotFound)
	if st, err := ro.Version(context.Background(), 3); err != nil || st.Text != "The mill turned." {
		t.Errorf("Version without an index: %q, %v", st.Text, err)
	}
	ro.Close()
	c = open(t, dir, Options{})
	if n := count(t, c, "mill"); n != 2 {
		t.Errorf("%d hits after the index was rebuilt, want 2", n)
	}
}

func wantHint(t *testing.T, what string, err, want error) {
	t.Helper()
	var h *record.Hint
	if !errors.Is(err, want) || !errors.As(err, &h) {
		t.Errorf("%s: %v, want %v with a hint", what, err, want)
	}
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir, Options{ReadOnly: true})
	wantHint(t, "nothing there", err, record.ErrNotFound)
	if all, _ := os.ReadDir(dir); len(all) > 0 {
		t.Errorf("reading made %v", all)
	}
	w := open(t, dir, Options{})
	small(t, w)
	r := open(t, dir, Options{ReadOnly: true}) // beside the writer
	if n := count(t, r, "mill"); n != 2 {
		t.Errorf("%d hits, want 2", n)
	}
	if err := r.Apply(context.Background(), &catalog.Batch{From: 4, To: 4}); !errors.Is(err, record.ErrConflict) {
		t.Errorf("Apply: %v, want ErrConflict", err)
	}
	if err := r.Flush(context.Background()); err != nil {
		t.Errorf("Flush: %v", err)
	}
	apply(t, w, &catalog.Batch{From: 4, To: 5, Decisions: []record.Decision{{Leaf: 4, Action: "withdraw", Target: 2}}})
	if n := count(t, r, "mill"); n != 1 {
		t.Errorf("%d hits after a withdrawal, want 1", n)
	}
}

func TestOtherSchemaIsAConflict(t *testing.T) {
	for _, name := range []string{CatalogFile, SearchFile} {
		dir := t.TempDir()
		c := open(t, dir, Options{})
		small(t, c)
		c.Close()
		db, err := openWritable(context.Background(), filepath.Join(dir, name), "", map[string]int{CatalogFile: rowsVersion, SearchFile: wordsVersion}[name])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("PRAGMA user_version=77"); err != nil {
			t.Fatal(err)
		}
		db.Close()
		for _, ro := range []bool{true, false} {
			_, err := Open(dir, Options{ReadOnly: ro})
			wantHint(t, name, err, record.ErrConflict)
		}
	}
}

// Damage anywhere is an error that names the remedy, never a panic. Some of it
// goes unseen by these calls: finding every flipped bit is for verify.
func TestDamage(t *testing.T) {
	for _, name := range []string{CatalogFile, SearchFile} {
		good := t.TempDir()
		c := open(t, good, Options{})
		small(t, c)
		c.Close()
		data, err := os.ReadFile(filepath.Join(good, name))
		if err != nil {
			t.Fatal(err)
		}
		damage := map[string][]byte{
			"no database": bytes.Repeat([]byte("not a database. "), 2000),
			"cut short":   data[:len(data)/3],
			"cut to half": data[:9000],
		}
		for i := range 24 {
			bad := bytes.Clone(data)
			at := 100 + i*(len(bad)-600)/24
			for k := range 400 {
				bad[at+k] ^= byte(0x5A + k)
			}
			damage[fmt.Sprintf("scrambled at %d", at)] = bad
		}
		found := 0
		for what, bad := range damage {
			dir := t.TempDir()
			for _, n := range []string{CatalogFile, SearchFile} {
				copyFile(t, filepath.Join(good, n), filepath.Join(dir, n))
			}
			if err := os.WriteFile(filepath.Join(dir, name), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, ro := range []bool{true, false} {
				for _, err := range use(dir, ro) {
					var h *record.Hint
					known := errors.Is(err, record.ErrAltered) || errors.Is(err, record.ErrConflict)
					if known != errors.As(err, &h) || !known && !errors.Is(err, record.ErrNotFound) {
						t.Errorf("%s %s, read-only %v: %v", name, what, ro, err)
					}
					if errors.Is(err, record.ErrAltered) {
						found++
					}
				}
			}
		}
		if found < 10 {
			t.Errorf("%s: only %d times did damage show", name, found)
		}
	}
}

// use does a little of everything and returns what failed.
func use(dir string, readOnly bool) (errs []error) {
	ctx := context.Background()
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	c, err := Open(dir, Options{ReadOnly: readOnly})
	if err != nil {
		return []error{err}
	}
	_, err = c.Versions(ctx, 2)
	note(err)
	_, err = c.Digest(ctx)
	note(err)
	_, err = c.Search(ctx, query.Query{Root: query.Words{Raw: "mill", Terms: []string{"mill"}}}, catalog.Page{Total: true})
	note(err)
	_, err = c.Sources(ctx)
	note(err)
	if !readOnly {
		c.Apply(ctx, &catalog.Batch{From: 4, To: 5, Tombstones: []catalog.Tombstone{{Leaf: 4, Target: 2}}})
		note(c.Flush(ctx))
	}
	c.Close()
	return errs
}
