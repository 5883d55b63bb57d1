package folder

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dalil/internal/collect"
	"dalil/internal/record"
)

// tree makes a folder with files at the given paths, each holding its path.
func tree(t *testing.T, paths ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range paths {
		p = filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(filepath.Base(p)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// walk collects where: paths of files, and errors by path ("" for the walk's).
func walk(t *testing.T, where string) (paths []string, found []collect.File, failed map[string]error) {
	t.Helper()
	failed = map[string]error{}
	for f, err := range Kind.Collect(context.Background(), where) {
		if err != nil {
			failed[f.Path] = err
			continue
		}
		paths, found = append(paths, f.Path), append(found, f)
	}
	return paths, found, failed
}

func TestOrder(t *testing.T) {
	dir := tree(t, "result.json", "messages10.html", "messages2.html", "messages.html", "photos/p10.jpg", "photos/p9.jpg",
		"photos/small/x.jpg", ".hidden", "photos/.DS_Store", "Thumbs.db", "Desktop.ini", ".git/config", "__MACOSX/x")
	paths, found, failed := walk(t, dir)
	want := []string{"photos/small/x.jpg", "photos/p9.jpg", "photos/p10.jpg", "messages.html", "messages2.html", "messages10.html", "result.json"}
	if !slices.Equal(paths, want) || len(failed) != 0 {
		t.Fatalf("paths %q, want %q; failed %v", paths, want, failed)
	}
	// Files can be opened when the walk is over.
	r, err := found[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil || string(b) != "x.jpg" || found[0].Size != 5 || !found[0].Theirs.Known() {
		t.Errorf("read %q, %v, size %d, theirs %v", b, err, found[0].Size, found[0].Theirs)
	}
}

func TestOneFile(t *testing.T) {
	dir := tree(t, "a/.note.txt", "a/other.txt")
	paths, found, failed := walk(t, filepath.Join(dir, "a", ".note.txt"))
	if !slices.Equal(paths, []string{".note.txt"}) || len(failed) != 0 {
		t.Fatalf("paths %q, failed %v", paths, failed)
	}
	r, err := found[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

func TestMissing(t *testing.T) {
	_, _, failed := walk(t, filepath.Join(t.TempDir(), "nowhere"))
	var hint *record.Hint
	if err := failed[""]; !errors.Is(err, record.ErrNotFound) || !errors.As(err, &hint) {
		t.Errorf("got %v, want not found with a hint", err)
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	outside := tree(t, "secret.txt")
	dir := tree(t, "good.txt")
	for name, to := range map[string]string{"abs": filepath.Join(outside, "secret.txt"), "rel": "../secret.txt", "in": "good.txt", "dir": outside, "loop": "."} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	paths, _, failed := walk(t, dir)
	if !slices.Equal(paths, []string{"good.txt"}) {
		t.Errorf("paths %q, want only the file", paths)
	}
	for _, name := range []string{"abs", "rel", "in", "dir", "loop"} {
		if err := failed[name]; !errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), "symbolic link") {
			t.Errorf("%s: %v, want it reported as a link", name, err)
		}
	}
	// A link that the user names is what he means.
	if paths, _, failed := walk(t, filepath.Join(dir, "abs")); len(paths) != 1 || len(failed) != 0 {
		t.Errorf("named link: %q %v", paths, failed)
	}
}

// TestSwapped replaces a file by a link between the walk and the opening.
func TestSwapped(t *testing.T) {
	outside := tree(t, "secret.txt")
	dir := tree(t, "a.txt", "b.txt")
	_, found, _ := walk(t, dir)
	if err := os.Remove(filepath.Join(dir, "a.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret.txt"), filepath.Join(dir, "a.txt")); err != nil {
		t.Fatal(err)
	}
	if r, err := found[0].Open(); err == nil {
		r.Close()
		t.Error("a link out of the folder was opened")
	}
	if err := os.Rename(filepath.Join(outside, "secret.txt"), filepath.Join(dir, "b.txt")); err != nil {
		t.Fatal(err)
	}
	if r, err := found[1].Open(); !errors.Is(err, record.ErrConflict) {
		if err == nil {
			r.Close()
		}
		t.Errorf("another file under the name: %v, want a conflict", err)
	}
}

func TestUnreadable(t *testing.T) {
	dir := tree(t, "locked/x.txt", "good.txt")
	locked := filepath.Join(dir, "locked")
	if err := os.RemoveAll(locked); err != nil {
		t.Fatal(err)
	}
	// A folder that vanishes between listing and walking stands for every
	// reason a folder cannot be read; permissions do not stop root.
	found := 0
	for f, err := range Kind.Collect(context.Background(), dir) {
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
		found++
	}
	if found != 1 {
		t.Errorf("%d files, want 1", found)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var failed []string
	w := walker{ctx: context.Background(), root: root, dir: dir, yield: func(f collect.File, err error) bool {
		if err != nil {
			failed = append(failed, f.Path)
		}
		return true
	}}
	if !w.folder("locked") || !slices.Equal(failed, []string{"locked"}) {
		t.Errorf("failed %q, want the folder named and the walk to go on", failed)
	}
}

func TestCancelled(t *testing.T) {
	dir := tree(t, "a", "b", "c")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	var last error
	for _, err := range Kind.Collect(ctx, dir) {
		n++
		last = err
		cancel()
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d steps, last %v", n, last)
	}
}

func TestNatural(t *testing.T) {
	names := []string{"a", "m", "m1", "m02", "m2", "m10", "m10a", "m100", "n", "ن1", "ن12"}
	for i, a := range names {
		for j, b := range names {
			if got := natural(a, b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("natural(%q, %q) is %d", a, b, got)
			}
		}
	}
}
