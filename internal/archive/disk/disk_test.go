package disk

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/archive"
	"dalil/internal/archive/archivetest"
	"dalil/internal/custody"
	"dalil/internal/record"
)

const origin = "dalil.case/00112233445566778899aabbccddeeff"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// testSigner returns a log key that is the same in every process.
func testSigner() (note.Signer, string, error) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	vkey, err := note.NewEd25519VerifierKey(origin, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, "", err
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(vkey, origin+"+"), "+")
	s, err := note.NewSigner("PRIVATE+KEY+" + origin + "+" + id + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...)))
	return s, vkey, err
}

func signer(t testing.TB) (note.Signer, string) {
	t.Helper()
	s, vkey, err := testSigner()
	must(t, err)
	return s, vkey
}

// create makes an empty archive and closes it.
func newDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	s, vkey := signer(t)
	a, err := Create(dir, origin, s, vkey)
	must(t, err)
	must(t, a.Close())
	return dir
}

func openForWriting(t testing.TB, dir string) *Archive {
	t.Helper()
	s, _ := signer(t)
	a, err := Open(dir, Options{Write: true, Signer: s})
	must(t, err)
	t.Cleanup(func() { a.Close() })
	return a
}

type subject struct{ dir string }

func (s subject) Open(t *testing.T) archive.Archive { return openForWriting(t, s.dir) }

func TestArchive(t *testing.T) {
	archivetest.Run(t, func(t *testing.T) archivetest.Subject { return subject{newDir(t)} })
}

func TestCreateRefuses(t *testing.T) {
	dir := newDir(t)
	s, vkey := signer(t)
	if _, err := Create(dir, origin, s, vkey); !errors.Is(err, record.ErrConflict) {
		t.Errorf("made a case over another: %v", err)
	}
	if _, err := Create(filepath.Join(t.TempDir(), "x"), "elsewhere", s, vkey); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("made a case with a strange origin: %v", err)
	}
	if _, err := Create(filepath.Join(t.TempDir(), "x"), strings.Replace(origin, "00", "ff", 1), s, vkey); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("made a case with the key of another: %v", err)
	}
	for _, write := range []bool{false, true} {
		if _, err := Open(t.TempDir(), Options{Write: write, Signer: s}); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("opened an empty folder: %v", err)
		}
	}
	if _, err := Open(dir, Options{Write: true}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("opened for writing without a key: %v", err)
	}
}

func TestLock(t *testing.T) {
	dir := newDir(t)
	a := openForWriting(t, dir)
	s, _ := signer(t)
	_, err := Open(dir, Options{Write: true, Signer: s})
	var locked *Locked
	if !errors.As(err, &locked) || !errors.Is(err, record.ErrConflict) || !strings.Contains(err.Error(), "process") {
		t.Fatalf("a second writer got in: %v", err)
	}
	// A reader needs no lock, sees what is acknowledged, and cannot write.
	r, err := Open(dir, Options{})
	must(t, err)
	for n := 0; n < 600; n += 100 {
		var batch []archive.Entry
		for i := range 100 {
			batch = append(batch, archivetest.Note(n+i, "{}"))
		}
		_, err := a.Append(context.Background(), batch)
		must(t, err)
		if r.Size() != uint64(n+100) {
			t.Fatalf("the reader sees %d entries, want %d", r.Size(), n+100)
		}
		if b, err := r.Body(context.Background(), uint64(n)); err != nil || string(b) != "{}" {
			t.Fatalf("the reader reads %s, %v", b, err)
		}
	}
	if _, err := r.Append(context.Background(), nil); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a reader appended: %v", err)
	}
	if err := r.RemoveBlob(context.Background(), record.Digest{}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a reader erased: %v", err)
	}
	must(t, r.Close())
	must(t, a.Close())
	openForWriting(t, dir)
}

// TestReaderWhileGrowing reads at a checkpoint whose partial tiles have since
// been replaced.
func TestReaderWhileGrowing(t *testing.T) {
	dir := newDir(t)
	a := openForWriting(t, dir)
	ctx := context.Background()
	grow := func(n int) {
		for range 3 {
			_, err := a.Append(ctx, slices.Repeat([]archive.Entry{archivetest.Bare(1)}, n))
			must(t, err)
		}
	}
	grow(4)
	r, err := Open(dir, Options{})
	must(t, err)
	cp, err := custody.OpenCheckpoint(r.Checkpoint(), r.Verifier())
	must(t, err)
	for _, n := range []int{3, 100} {
		grow(n)
		proof, err := custody.ProveEntry(ctx, r, cp, 4)
		must(t, err)
		must(t, custody.CheckEntry(cp, 4, archivetest.Bare(1).Leaf, proof))
		count := 0
		for _, err := range r.Leaves(ctx, 0, 12) {
			must(t, err)
			count++
		}
		if count != 12 {
			t.Errorf("%d entries, want 12", count)
		}
	}
	now, err := custody.OpenCheckpoint(a.Checkpoint(), a.Verifier())
	must(t, err)
	proof, err := custody.ProveGrowth(ctx, a, now, cp.Size)
	must(t, err)
	must(t, custody.CheckGrowth(cp, now, proof))
}

// TestOpenFindsDamage opens archives that lost something acknowledged: never
// quietly, and without removing what is left.
func TestOpenFindsDamage(t *testing.T) {
	whole := newDir(t)
	a := openForWriting(t, whole)
	var batch []archive.Entry
	for i := range 300 {
		batch = append(batch, archivetest.Note(i, "{}"))
	}
	for range 2 {
		_, err := a.Append(context.Background(), batch)
		must(t, err)
	}
	must(t, a.Close())
	for _, name := range []string{"log/checkpoint", "log/key", "log/tile/0/000", "log/tile/0/002.p/88", "log/tile/1/000.p/2", "log/tile/entries/001",
		"log/tile/entries/002.p/88", "side/salt/000000", "side/body/000000"} {
		for what, damage := range map[string]func(string) error{
			"removed":   os.Remove,
			"shortened": func(path string) error { return os.Truncate(path, 40) },
		} {
			if what == "shortened" && (strings.HasSuffix(name, "/000") || strings.HasSuffix(name, "/001")) {
				continue // full tiles are not read at opening: verify finds them
			}
			dir := filepath.Join(t.TempDir(), "case")
			must(t, os.CopyFS(dir, os.DirFS(whole)))
			must(t, damage(filepath.Join(dir, name)))
			s, _ := signer(t)
			_, err := Open(dir, Options{Write: true, Signer: s})
			if name == "log/key" && what == "removed" {
				if !errors.Is(err, record.ErrNotFound) {
					t.Errorf("%s %s: %v", name, what, err)
				}
			} else if !errors.Is(err, record.ErrAltered) {
				t.Errorf("%s %s: opened, or %v", name, what, err)
			}
			r, err := custody.Verify(context.Background(), Evidence(dir), custody.Options{})
			must(t, err)
			found := false
			for _, p := range r.Problems {
				found = found || strings.Contains(p.Where, name)
			}
			if !found {
				t.Errorf("%s %s: verify does not name it: %+v", name, what, r.Problems)
			}
		}
	}
}

// TestRecovery plants what a crash can leave and opens.
func TestRecovery(t *testing.T) {
	dir := newDir(t)
	a := openForWriting(t, dir)
	ctx := context.Background()
	_, _, err := a.Put(ctx, strings.NewReader("evidence"))
	must(t, err)
	var batch []archive.Entry
	for n := range 300 {
		batch = append(batch, archivetest.Note(n, `{"n":1}`))
	}
	_, err = a.Append(ctx, batch)
	must(t, err)
	must(t, a.Close())
	before := tree(t, dir)
	plant := map[string]string{
		"archive/0123456789abcdef.tmp":  "half a file",
		"archive/00.tmp":                "",
		"log/checkpoint.tmp":            "half a checkp",
		"log/tile/0/001.p/99":           "x",
		"log/tile/0/001":                "x",
		"log/tile/0/x001/002.p/3":       "x",
		"log/tile/entries/001.p/45":     "x",
		"log/tile/entries/001.p/44.tmp": "x",
		"log/tile/2/000":                "x",
		"side/salt/000001":              "x",
		"side/body/000001":              "x",
		"side/body/000002.tmp":          "x",
	}
	delete(plant, "archive/00.tmp")
	for name, data := range plant {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(data), 0o600))
	}
	for _, name := range []string{"side/salt/000000", "side/body/000000"} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString("\x00\x00\x00\x00\x00\x00\x01\x2c\x00\x00\x00\x05torn")
		must(t, err)
		must(t, f.Close())
	}
	r, err := custody.Verify(ctx, Evidence(dir), custody.Options{})
	must(t, err)
	for _, p := range r.Problems {
		if !strings.Contains(p.What, "is in") && p.Where != "log/tile/entries/000" && !strings.HasPrefix(p.Where, "case.toml") {
			t.Errorf("a crash was taken for damage: %s: %s", p.Where, p.What)
		}
	}
	if len(r.Notes) < len(plant)+2 {
		t.Errorf("%d notes about %d leftovers: %q", len(r.Notes), len(plant)+2, r.Notes)
	}
	a = openForWriting(t, dir)
	if after := tree(t, dir); after != before {
		t.Errorf("after opening:\n%s\nwant:\n%s", after, before)
	}
	_, err = a.Append(ctx, batch)
	must(t, err)
	if b, err := a.Body(ctx, 301); err != nil || string(b) != `{"n":1}` {
		t.Errorf("the body is %s, %v", b, err)
	}
}

// tree lists the files of a case with their contents' digests, but the lock's.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	for f, err := range Evidence(dir).Files() {
		must(t, err)
		if f.Name != "lock" {
			data, err := os.ReadFile(filepath.Join(dir, f.Name))
			must(t, err)
			b.WriteString(f.Name + " " + record.DigestOf(data).String() + "\n")
		}
	}
	return b.String()
}

// A file that lies under the right name and holds other bytes must not be taken
// for what was put there: what is read out of it next would be signed.
func TestPutFindsAlteredFile(t *testing.T) {
	ctx := context.Background()
	a := openForWriting(t, newDir(t))
	good := []byte("the harbour was quiet")
	d, _, err := a.Put(ctx, bytes.NewReader(good))
	must(t, err)
	_, err = a.Append(ctx, []archive.Entry{{Leaf: []byte(`{"kind":"run","at":1}`)}})
	must(t, err)
	path := a.path(custody.BlobPath(d))
	must(t, os.WriteFile(path, []byte("the harbour was LOUD!"), 0o600))
	if _, _, err := a.Put(ctx, bytes.NewReader(good)); !errors.Is(err, record.ErrAltered) {
		t.Errorf("taken for the file it replaced: %v", err)
	}
	must(t, os.WriteFile(path, good, 0o600))
	if _, _, err := a.Put(ctx, bytes.NewReader(good)); err != nil {
		t.Errorf("put back: %v", err)
	}
}
