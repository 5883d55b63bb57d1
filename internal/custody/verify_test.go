package custody_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"dalil/internal/archive/disk"
	"dalil/internal/custody"
	"dalil/internal/record"
)

func complain(t testing.TB, r *custody.Report) {
	t.Helper()
	for _, p := range r.Problems {
		t.Logf("  %s: %s", p.Where, p.What)
	}
	for _, n := range r.Notes {
		t.Logf("  note: %s", n)
	}
}

func TestVerifyCleanCase(t *testing.T) {
	b, older := sampleCase(t)
	for i, ev := range append([]memory{load(t, b.dir)}, older...) {
		if r := verify(t, ev, custody.Options{}); !r.OK || len(r.Notes) > 0 {
			complain(t, r)
			t.Errorf("state %d is not clean", i)
		}
	}
	_, vkey, err := b.keys.LogSigner(origin)
	must(t, err)
	var done, total int64
	r := verify(t, disk.Evidence(b.dir), custody.Options{Key: vkey, Since: older[2]["log/checkpoint"], Progress: func(d, n int64) { done, total = d, n }})
	if !r.OK || r.Checked.Entries != int64(b.next) || r.Checked.Statements != 230+150+120+1+40-2 || r.Checked.Tombstones != 3 || r.Checkpoint == "" {
		complain(t, r)
		t.Errorf("checked %+v", r.Checked)
	}
	if done != total || total == 0 {
		t.Errorf("progress ended at %d of %d", done, total)
	}
}

// TestVerifyFindsFlips flips bits all over a case, at least one in every file.
func TestVerifyFindsFlips(t *testing.T) {
	b, _ := sampleCase(t)
	ev := load(t, b.dir)
	n := 800
	if os.Getenv("DALIL_TORTURE") != "" {
		n = 10000
	}
	type flip struct {
		name string
		bit  int
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var flips []flip
	var files []string
	for _, name := range ev.names() {
		if !noEvidence(name) && len(ev[name]) > 0 {
			files = append(files, name)
			flips = append(flips, flip{name, rng.IntN(8 * len(ev[name]))})
		}
	}
	for len(flips) < n {
		name := files[rng.IntN(len(files))]
		flips = append(flips, flip{name, rng.IntN(8 * len(ev[name]))})
	}
	var wg sync.WaitGroup
	work := make(chan flip)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for f := range work {
				m := maps.Clone(ev)
				m[f.name] = slices.Clone(m[f.name])
				m[f.name][f.bit/8] ^= 1 << (f.bit % 8)
				r := verify(t, m, custody.Options{Workers: 1})
				if found, _ := names(r, f.name); !found || r.OK {
					complain(t, r)
					t.Errorf("bit %d of byte %d of %s was flipped and not found", f.bit%8, f.bit/8, f.name)
				}
			}
		})
	}
	for _, f := range flips {
		work <- f
	}
	close(work)
	wg.Wait()
}

// TestVerifyFindsTampering deletes, cuts, extends, swaps and sets back every
// file in turn.
func TestVerifyFindsTampering(t *testing.T) {
	b, older := sampleCase(t)
	ev := load(t, b.dir)
	tail := map[string]bool{} // files with a tail where bytes beyond the checkpoint are no damage
	for _, n := range []string{"side/salt/000000", "side/body/000000"} {
		tail[n] = true
	}
	count := 0
	check := func(what, name string, m memory, other ...string) {
		t.Helper()
		count++
		r := verify(t, m, custody.Options{Workers: 1})
		found, noted := names(r, name)
		if noted && !found && strings.HasPrefix(what, "extended") && tail[name] {
			return
		}
		for _, o := range other {
			f, _ := names(r, o)
			found = found && f
		}
		if !found || r.OK {
			complain(t, r)
			t.Errorf("%s %s was not found", what, name)
		}
	}
	with := func(name string, data []byte) memory {
		m := maps.Clone(ev)
		if m[name] = data; data == nil {
			delete(m, name)
		}
		return m
	}
	files := slices.DeleteFunc(ev.names(), noEvidence)
	for _, name := range files {
		data := ev[name]
		check("deleted", name, with(name, nil))
		for _, n := range []int{0, 1, len(data) / 2, len(data) - 1} {
			if n >= 0 && n < len(data) {
				check(fmt.Sprintf("cut to %d bytes", n), name, with(name, data[:n:n]))
			}
		}
		check("extended by a zero byte", name, with(name, append(slices.Clone(data), 0)))
		check("extended by more", name, with(name, append(slices.Clone(data), "some more bytes that nobody logged"...)))
		for _, other := range files {
			if other > name && dirOf(other) == dirOf(name) && string(ev[other]) != string(data) {
				m := with(name, ev[other])
				m[other] = data
				check("swapped", name, m, other)
			}
		}
		for i, old := range older {
			if was, ok := old[name]; ok && string(was) != string(data) {
				check(fmt.Sprintf("set back to state %d", i), name, with(name, was))
			}
		}
	}
	for _, name := range []string{"notes.txt", "archive/readme", "archive/ab/" + strings.Repeat("0", 64), "log/tile/0/x000/000", "log/tile/9/junk", "side/salt/1", "side/body/000000.bak", "log/checkpoint~", "catalog.db2", ".hidden", "sub/folder/file"} {
		check("added", name, with(name, []byte("x")))
	}
	t.Logf("%d ways of tampering found", count)
}

func dirOf(name string) string { return name[:strings.LastIndexByte(name, '/')+1] }

// TestVerifyFindsRewrittenHistory has the real key and leaves an entry out: all
// agrees, but for one earlier checkpoint.
func TestVerifyFindsRewrittenHistory(t *testing.T) {
	// history appends nine batches of gaps, one of them not as it was.
	history := func(b *builder, forged int) (signed [][]byte) {
		for i := range 9 {
			l := leaf(record.LeafGap)
			l.Why, l.First = "ids", fmt.Sprint(i)
			if i == forged {
				l.First = "forged"
			}
			for range 75 {
				b.add(l, nil)
			}
			b.flush()
			signed = append(signed, b.a.Checkpoint())
		}
		must(t, b.a.Close())
		return signed
	}
	b := newBuilder(t)
	early := copyCase(t, b.dir)
	signed := history(b, -1)
	ev := load(t, b.dir)
	for i, cp := range signed {
		if r := verify(t, ev, custody.Options{Since: cp}); !r.OK {
			complain(t, r)
			t.Errorf("checkpoint %d does not agree with its own log", i)
		}
	}
	for _, skip := range []int{0, 4, 8} {
		// The same key signs another history of the same case.
		forged := b.reopen(copyCase(t, early))
		history(forged, skip)
		ev := load(t, forged.dir)
		if r := verify(t, ev, custody.Options{}); !r.OK {
			complain(t, r)
			t.Fatal("the forgery should agree with itself")
		}
		for i, cp := range signed {
			r := verify(t, ev, custody.Options{Since: cp})
			if r.OK != (i < skip) {
				complain(t, r)
				t.Errorf("rewritten at %d, earlier checkpoint %d: OK is %v", skip, i, r.OK)
			}
		}
	}
	// Set back to an earlier state as a whole: found by a later checkpoint.
	if r := verify(t, load(t, early), custody.Options{Since: signed[0]}); r.OK {
		t.Error("a log that was set back passed")
	}
	if r := verify(t, ev, custody.Options{Since: []byte("no checkpoint")}); r.OK {
		t.Error("an earlier checkpoint that is none passed")
	}
	other := newBuilder(t)
	if r := verify(t, ev, custody.Options{Since: other.a.Checkpoint()}); r.OK {
		t.Error("an earlier checkpoint of another key passed")
	}
	_, vkey, err := other.keys.LogSigner(origin)
	must(t, err)
	if r := verify(t, ev, custody.Options{Key: vkey}); r.OK {
		t.Error("another key passed")
	}
}

// TestVerifyUnfinishedErasure looks at a case between the steps of an erasure:
// with the decision before it that is no damage, without it it is.
func TestVerifyUnfinishedErasure(t *testing.T) {
	for _, decided := range []bool{true, false} {
		b := newBuilder(t)
		ctx := context.Background()
		run := b.add(leaf(record.LeafRun), []byte(`{}`))
		_, first, blob := b.read(run, "harbour", 20)
		note, _ := b.capture(run, []byte("a letter"))
		b.flush()
		raw, err := b.a.Leaf(ctx, first+3)
		must(t, err)
		l, err := record.ParseLeaf(raw)
		must(t, err)
		if decided {
			b.decide("ana", "erase", first+3)
			b.decide("ana", "erase", note)
		}
		look := func(step, file string) {
			t.Helper()
			r := verify(t, disk.Evidence(b.dir), custody.Options{})
			problem, noted := names(r, file)
			if r.OK != decided || problem == decided || noted != decided {
				complain(t, r)
				t.Errorf("decided %v, after %s: OK is %v", decided, step, r.OK)
			}
		}
		_, err = b.a.BlankSpan(ctx, blob, l.Offset, l.Length)
		must(t, err)
		look("blanking", custody.BlobPath(blob))
		must(t, b.a.DestroySecret(ctx, first+3))
		look("destroying the salt", "side/salt/000000")
		must(t, b.a.DestroySecret(ctx, note))
		look("destroying the body", "side/salt/000000")
		must(t, b.a.RemoveBlob(ctx, record.DigestOf([]byte("a letter"))))
		look("removing a file", custody.BlobPath(record.DigestOf([]byte("a letter"))))
		if decided {
			b.blank(first+3, blob)
			b.remove(note, record.DigestOf([]byte("a letter")))
			if r := verify(t, disk.Evidence(b.dir), custody.Options{}); !r.OK || len(r.Notes) > 0 {
				complain(t, r)
				t.Error("a finished erasure is not clean")
			}
			// What was erased must not come back.
			must(t, os.WriteFile(filepath.Join(b.dir, filepath.FromSlash(custody.BlobPath(record.DigestOf([]byte("a letter"))))), []byte("a letter"), 0o600))
			if r := verify(t, disk.Evidence(b.dir), custody.Options{}); r.OK {
				t.Error("an erased file came back unnoticed")
			}
		}
	}
}

// TestVerifyUnfinishedSettings changes case.toml and stops before the rename.
func TestVerifyUnfinishedSettings(t *testing.T) {
	b := newBuilder(t)
	old, err := os.ReadFile(filepath.Join(b.dir, "case.toml"))
	must(t, err)
	b.settings(record.LeafConfig, "name = \"Qamaria, again\"\n")
	b.flush()
	must(t, os.WriteFile(filepath.Join(b.dir, "case.toml"), old, 0o600))
	if r := verify(t, disk.Evidence(b.dir), custody.Options{}); r.OK {
		t.Error("old settings passed")
	}
	must(t, os.WriteFile(filepath.Join(b.dir, ".dalil-tmp-123"), []byte(b.toml), 0o600))
	if r := verify(t, disk.Evidence(b.dir), custody.Options{}); !r.OK {
		complain(t, r)
		t.Error("a change that was about to be finished was taken for damage")
	}
}

// TestVerifyUnreadable takes rights away and puts links and devices in the way:
// each is a finding, none stops the verification.
func TestVerifyUnreadable(t *testing.T) {
	b, _ := sampleCase(t)
	blob := filepath.Join(b.dir, "archive")
	must(t, os.Symlink("/dev/zero", filepath.Join(blob, "link")))
	must(t, os.Remove(filepath.Join(b.dir, "log", "key")))
	must(t, os.Mkdir(filepath.Join(b.dir, "log", "key"), 0o700))
	must(t, os.Remove(filepath.Join(b.dir, "side", "body", "000000")))
	must(t, os.Symlink("../salt/000000", filepath.Join(b.dir, "side", "body", "000000")))
	r := verify(t, disk.Evidence(b.dir), custody.Options{})
	for _, name := range []string{"archive/link", "log/key", "side/body/000000"} {
		if found, _ := names(r, name); !found {
			complain(t, r)
			t.Errorf("%s was not named", name)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := custody.Verify(ctx, disk.Evidence(b.dir), custody.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
