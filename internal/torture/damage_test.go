package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/sample"
)

// grownOnce keeps what grow made for all tests, with the keys that signed it.
var grownOnce sync.Once

// grown is a case with something of everything, to be damaged, and the same
// case in its youth. They are this lab's own copies.
func (l *lab) grown() (dir, early string) {
	l.t.Helper()
	from := filepath.Join(filepath.Dir(program), "grown")
	grownOnce.Do(func() {
		must(l.t, os.MkdirAll(from, 0o700))
		made, err := pipelinetest.NewMaker(filepath.Join(from, "config"))
		must(l.t, err)
		(&lab{t: l.t, dir: from, made: made}).grow()
		must(l.t, os.WriteFile(filepath.Join(from, "whole"), nil, 0o600))
	})
	if !exists(filepath.Join(from, "whole")) {
		l.t.Fatal("the case could not be made; see the test before")
	}
	for _, n := range []string{"config", "grown", "early"} {
		must(l.t, copyCase(filepath.Join(from, n), l.path(n)))
	}
	var err error
	l.made, err = pipelinetest.NewMaker(l.path("config"))
	must(l.t, err)
	return l.path("grown"), l.path("early")
}

// grow makes a case of two exports, media, a zip, a withdrawal, an erased
// statement, an outage, and a copy of it in its youth.
func (l *lab) grow() {
	l.t.Helper()
	ctx := context.Background()
	dir, early := l.path("grown"), l.path("early")
	first := sample.DefaultExport(400, 7)
	later := first
	later.Second = &sample.Second{Edited: .05, Missing: .05, New: .2}
	c, err := l.made.Create(ctx, dir, "UTC")
	must(l.t, err)
	take := func(paths ...string) {
		l.t.Helper()
		r, err := c.Import(ctx, paths, pipeline.ImportOptions{})
		must(l.t, err)
		if r.Failed > 0 {
			l.t.Fatalf("import %v: %v", paths, r.Problems)
		}
	}
	take(l.export(l.path("first"), first, 3, 5000))
	must(l.t, c.Close())
	must(l.t, copyCase(dir, early))
	c, err = l.made.Open(ctx, dir, true)
	must(l.t, err)
	take(l.export(l.path("later"), later, 5, 3000))
	d := desk.New(c)
	found, err := d.Search(ctx, "", catalog.Page{Limit: 2})
	must(l.t, err)
	_, err = d.Withdraw(ctx, d.StatementID(found.Hits[0].Statement), "a test")
	must(l.t, err)
	request, _, err := d.RequestErase(ctx, d.StatementID(found.Hits[1].Statement), "a test")
	must(l.t, err)
	_, err = d.ConfirmErase(ctx, c.IDs.ID('D', request.Leaf), "a test")
	must(l.t, err)
	_, err = d.Outage(ctx, "", time.Unix(1.7e9, 0), time.Time{}, "a test")
	must(l.t, err)
	must(l.t, c.Close())
}

// promised reports whether a file of a case is under the promise that a change
// of it is found. The lock is empty and says nothing.
func promised(name string) bool { return name != "lock" }

func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if name := filepath.ToSlash(rel); promised(name) {
			names = append(names, name)
		}
		return err
	}))
	return names
}

// damage is one change of a case: the new bytes of files, nil for a file that
// is gone.
type damage struct {
	what  string
	files map[string][]byte
	tail  bool // bytes after the last checkpoint in a known tail: a note, no problem
}

// tailed reports whether a crash can leave bytes after the last checkpoint in
// a file.
func tailed(name string) bool { return strings.HasPrefix(name, "side/") }

var gone = []byte(nil)

// everyDamage lists what is done to each file in turn.
func everyDamage(t *testing.T, dir, early string) []damage {
	names := files(t, dir)
	content := map[string][]byte{}
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(dir, n))
		must(t, err)
		content[n] = b
	}
	var all []damage
	for i, n := range names {
		b := content[n]
		all = append(all, damage{what: "deleted", files: map[string][]byte{n: gone}})
		for _, size := range []int{0, 1, len(b) / 2, len(b) - 1} {
			if size >= 0 && size < len(b) {
				all = append(all, damage{what: fmt.Sprintf("cut to %d of %d bytes", size, len(b)), files: map[string][]byte{n: append([]byte{}, b[:size]...)}})
			}
		}
		all = append(all,
			damage{what: "one byte longer", files: map[string][]byte{n: append(slices.Clone(b), 0)}, tail: tailed(n)},
			damage{what: "a line longer", files: map[string][]byte{n: append(slices.Clone(b), "one more\n"...)}, tail: tailed(n)})
		if i > 0 && !bytes.Equal(b, content[names[i-1]]) {
			all = append(all, damage{what: "swapped", files: map[string][]byte{n: content[names[i-1]], names[i-1]: b}})
		}
		if old, err := os.ReadFile(filepath.Join(early, n)); err == nil && !bytes.Equal(old, b) {
			all = append(all, damage{what: "its older self", files: map[string][]byte{n: old}})
		}
	}
	return all
}

// flip changes one bit of one file: each file as likely as another, or each
// byte.
func flip(rng *rand.Rand, dir string, names []string, sizes []int64) (damage, error) {
	i := rng.IntN(len(names))
	if rng.IntN(2) == 0 {
		var total int64
		for _, n := range sizes {
			total += n
		}
		at := rng.Int64N(total)
		for i = 0; at >= sizes[i]; i++ {
			at -= sizes[i]
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, names[i]))
	if err != nil || len(b) == 0 {
		return damage{}, errors.Join(err, fmt.Errorf("%s is empty", names[i]))
	}
	bit := rng.IntN(8 * len(b))
	b[bit/8] ^= 1 << (bit % 8)
	return damage{what: fmt.Sprintf("bit %d of byte %d flipped", bit%8, bit/8), files: map[string][]byte{names[i]: b}}, nil
}

// apply changes a case and returns what changes it back.
func (d damage) apply(dir string) (undo damage, err error) {
	undo.files = map[string][]byte{}
	for n, b := range d.files {
		path := filepath.Join(dir, filepath.FromSlash(n))
		old, err := os.ReadFile(path)
		if err == nil {
			undo.files[n] = old
		} else if errors.Is(err, fs.ErrNotExist) {
			undo.files[n] = gone
		} else {
			return undo, err
		}
		if b == nil {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, b, 0o600)
		}
		if err != nil {
			return undo, err
		}
	}
	return undo, nil
}

func (d damage) String() string {
	var names []string
	for n := range d.files {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, ", ") + ": " + d.what
}

// found returns an error unless a verification names the damaged file.
func (l *lab) found(dir string, d damage, since []byte) error {
	undo, err := d.apply(dir)
	if err != nil {
		return err
	}
	r, err := l.made.Verify(context.Background(), dir, since)
	if _, uerr := undo.apply(dir); uerr != nil {
		return uerr
	}
	if err != nil {
		return fmt.Errorf("%v: verify fails instead of finding it: %w", d, err)
	}
	if d.tail {
		if !r.OK || !d.named(nil, r.Notes) {
			return fmt.Errorf("%v: want a note that names it: %v, %v", d, r.Problems, r.Notes)
		}
		return nil
	}
	if r.OK || !d.named(r.Problems, nil) {
		return fmt.Errorf("%v: not found, or not named: %v", d, r.Problems)
	}
	return nil
}

// named reports whether a verification names a damaged file: as the place of a
// problem, or, where two files no longer agree, as the other one.
func (d damage) named(problems []custody.Problem, notes []string) bool {
	for n := range d.files {
		for _, p := range problems {
			if p.Where == n || strings.Contains(p.What, n) {
				return true
			}
		}
		for _, text := range notes {
			if strings.Contains(text, n) {
				return true
			}
		}
	}
	return false
}

// inParallel damages copies of a case on all cores.
func (l *lab) inParallel(dir string, all []damage) {
	l.t.Helper()
	var wg sync.WaitGroup
	work := make(chan damage)
	for w := range runtime.GOMAXPROCS(0) {
		mine := l.path(fmt.Sprintf("copy%d", w))
		must(l.t, copyCase(dir, mine))
		wg.Go(func() {
			for d := range work {
				if err := l.found(mine, d, nil); err != nil {
					l.t.Error(err)
				}
			}
			// After all was put back nothing may be left to find.
			if r, err := l.made.Verify(context.Background(), mine, nil); err != nil || !r.OK {
				l.t.Errorf("false alarm: %v %v", r, err)
			}
		})
	}
	for _, d := range all {
		work <- d
	}
	close(work)
	wg.Wait()
}

// TestDamage damages every file of a case in every simple way.
func TestDamage(t *testing.T) {
	l := newLab(t)
	dir, early := l.grown()
	for _, d := range []string{dir, early} {
		must(t, l.clean(d, ""))
	}
	all := everyDamage(t, dir, early)
	t.Logf("%d files, %d damages", len(files(t, dir)), len(all))
	l.inParallel(dir, all)
}

// TestBitFlips flips random bits.
func TestBitFlips(t *testing.T) {
	l := newLab(t)
	rng := random(t)
	dir, _ := l.grown()
	names := files(t, dir)
	var sizes []int64
	for _, n := range names {
		info, err := os.Stat(filepath.Join(dir, n))
		must(t, err)
		sizes = append(sizes, info.Size())
	}
	flips := 300
	if thorough() {
		flips = 10_000
	}
	all := make([]damage, flips)
	for i := range all {
		var err error
		all[i], err = flip(rng, dir, names, sizes)
		must(t, err)
	}
	l.inParallel(dir, all)
}

// TestDamageAtTheCommandLine sees that the program ends with 4 and names the
// file, and that files which were put into a case are found.
func TestDamageAtTheCommandLine(t *testing.T) {
	l := newLab(t)
	rng := random(t)
	dir, early := l.grown()
	all := slices.DeleteFunc(everyDamage(t, dir, early), func(d damage) bool { return d.tail })
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:12]
	for _, n := range []string{"archive/note.txt", "archive/00/" + strings.Repeat("00", 32), "log/notes", "side/salt/7", "x.db"} {
		all = append(all, damage{what: "put in", files: map[string][]byte{n: []byte("a stranger")}})
	}
	for _, d := range all {
		for n := range d.files {
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, n)), 0o700))
		}
		undo, err := d.apply(dir)
		must(t, err)
		a := l.run("verify", dir, "--json", "-q")
		if v, _ := a.find("verify"); a.code != 4 || v.OK || !d.named(v.Problems, nil) {
			t.Errorf("%v: %v", d, a)
		}
		_, err = undo.apply(dir)
		must(t, err)
	}
	must(t, l.clean(dir, ""))
}

// TestHistoryRewritten holds a log that was signed again with the real key
// against a checkpoint that was kept.
func TestHistoryRewritten(t *testing.T) {
	l := newLab(t)
	ctx := context.Background()
	dir, early := l.grown()
	kept, err := os.ReadFile(filepath.Join(dir, "log", "checkpoint"))
	must(t, err)
	forked := l.path("forked")
	must(t, copyCase(early, forked))
	youth, err := os.ReadFile(filepath.Join(early, "log", "checkpoint"))
	must(t, err)

	// A rolled-back case is sound in itself; only the kept checkpoint tells.
	rewritten := func() {
		t.Helper()
		r, err := l.made.Verify(ctx, forked, nil)
		must(t, err)
		if !r.OK {
			t.Errorf("false alarm without an earlier checkpoint: %v", r.Problems)
		}
		r, err = l.made.Verify(ctx, forked, kept)
		must(t, err)
		if r.OK {
			t.Error("a rewritten history was not found")
		}
		r, err = l.made.Verify(ctx, forked, youth)
		must(t, err)
		if !r.OK {
			t.Errorf("false alarm: the youth of the case is in both histories: %v", r.Problems)
		}
	}
	rewritten()
	// Another history of the same length and longer, signed with the real key.
	c, err := l.made.Open(ctx, forked, true)
	must(t, err)
	d := desk.New(c)
	for {
		_, err := d.Outage(ctx, "", time.Unix(1.7e9, 0), time.Time{}, "another history")
		must(t, err)
		cp, err := custody.ParseCheckpoint(strings.SplitAfterN(string(kept), "\n\n", 2)[0][:strings.Index(string(kept), "\n\n")+1])
		must(t, err)
		if c.Archive.Size() > cp.Size {
			break
		}
	}
	must(t, c.Close())
	rewritten()
	since := l.path("kept")
	must(t, os.WriteFile(since, kept, 0o600))
	if a := l.run("verify", forked, "--since", since, "--json"); a.code != 4 {
		t.Errorf("%v", a)
	}
	must(t, l.clean(dir, since))
}

// TestPythonAgrees holds doc/verify.py, which knows nothing of this program,
// against it.
func TestPythonAgrees(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 is needed for doc/verify.py: install it")
	}
	l := newLab(t)
	rng := random(t)
	dir, early := l.grown()
	names := slices.DeleteFunc(files(t, dir), func(n string) bool {
		// The catalog is no part of doc/evidence-package.md.
		return strings.HasPrefix(n, "catalog.") || strings.HasPrefix(n, "search.") || strings.HasPrefix(n, "scratch/")
	})
	sizes := make([]int64, len(names))
	for i, n := range names {
		info, err := os.Stat(filepath.Join(dir, n))
		must(t, err)
		sizes[i] = info.Size()
	}
	all := slices.DeleteFunc(everyDamage(t, dir, early), func(d damage) bool {
		for n := range d.files {
			if !slices.Contains(names, n) {
				return true
			}
		}
		return d.tail
	})
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:25]
	for range 15 {
		d, err := flip(rng, dir, names, sizes)
		must(t, err)
		all = append(all, d)
	}
	var paths []string
	want := map[string]string{} // by path: what is wrong with it
	for i, d := range all {
		p := l.path(fmt.Sprintf("bad%d", i))
		must(t, copyCase(dir, p))
		_, err := d.apply(p)
		must(t, err)
		paths, want[p] = append(paths, p), d.String()
	}
	for i := range 10 {
		p := l.path(fmt.Sprintf("good%d", i))
		must(t, copyCase([]string{dir, early}[i%2], p))
		paths = append(paths, p)
	}
	out, err := exec.Command(python, append([]string{filepath.Join("..", "..", "doc", "verify.py"), "--json"}, paths...)...).Output()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 4 {
		t.Fatalf("verify.py: %v, want exit status 4", err)
	}
	seen := 0
	for text := range strings.Lines(string(out)) {
		var r struct {
			Path     string
			OK       bool
			Problems []custody.Problem
		}
		must(t, json.Unmarshal([]byte(text), &r))
		seen++
		ours, err := l.made.Verify(context.Background(), r.Path, nil)
		must(t, err)
		if r.OK != ours.OK || r.OK != (want[r.Path] == "") {
			t.Errorf("%q: verify.py says %v %v, dalil %v %v", want[r.Path], r.OK, r.Problems, ours.OK, ours.Problems)
		}
	}
	if seen != len(paths) {
		t.Errorf("verify.py reported on %d of %d", seen, len(paths))
	}
}
