package doc_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/archive"
	"dalil/internal/archive/disk"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// aCase is a case on disk that the test can go on writing to.
type aCase struct {
	t       *testing.T
	dir     string
	archive *disk.Archive
	signer  note.Signer
	actor   ed25519.PrivateKey
	at      int64
	early   []byte // a checkpoint of its youth
}

func (c *aCase) entry(l record.Leaf, msg []byte, body any) archive.Entry {
	c.at++
	l.At = c.at
	var e archive.Entry
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		e.Body, msg = b, b
	}
	if msg != nil {
		e.Salt = custody.NewSalt()
		l.Commit = custody.Commit(e.Salt, msg)
	}
	if custody.Signed(l.Kind) {
		l.By = "desk-1"
		custody.SignLeaf(&l, c.actor)
	}
	e.Leaf = l.Append(nil)
	return e
}

func (c *aCase) append(entries ...archive.Entry) uint64 {
	first, err := c.archive.Append(context.Background(), entries)
	if err != nil {
		c.t.Fatal(err)
	}
	return first
}

// newCase makes a case of three captures and n posts, one of them erased by
// blanking its span, one file erased as a whole.
func newCase(t *testing.T, n int) *aCase {
	t.Helper()
	const origin = "dalil.case/0123456789abcdef0123456789abcdef"
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	c := &aCase{t: t, dir: filepath.Join(t.TempDir(), "case"), at: 1767225600000}
	if c.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	if _, c.actor, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if c.archive, err = disk.Create(c.dir, origin, c.signer, vkey); err != nil {
		t.Fatal(err)
	}
	const toml = "name = \"Tell Asfar\"\n"
	write(t, filepath.Join(c.dir, "case.toml"), []byte(toml))
	k := record.NewLeaf(record.LeafKey, 0)
	k.Key = custody.PublicKey(c.actor)
	c.append(c.entry(record.NewLeaf(record.LeafCase, 0), nil, map[string]string{"toml": toml, "secret": "x"}), c.entry(k, nil, map[string]string{"name": "S"}))
	run := c.append(c.entry(record.NewLeaf(record.LeafRun, 0), nil, map[string]string{"what": "<import> & more \u2028"}))
	src := c.append(c.entry(record.NewLeaf(record.LeafSource, 0), nil, record.Source{Key: "telegram:1", Name: "صوت"}))
	c.early = c.archive.Checkpoint()

	put := func(raw []byte) uint64 {
		d, size, err := c.archive.Put(context.Background(), bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		l := record.NewLeaf(record.LeafCapture, 0)
		l.Run, l.Blob, l.Size, l.Type, l.Format = run, d, size, "application/json", "telegram-json/1"
		return c.append(c.entry(l, nil, record.Capture{Path: "x"}))
	}
	var export bytes.Buffer
	var spans [][2]int
	for i := range n {
		from := export.Len()
		fmt.Fprintf(&export, `{"id":%d,"text":"خبر %d"}`, i, i)
		spans = append(spans, [2]int{from, export.Len()})
		export.WriteByte('\n')
	}
	file := put(export.Bytes())
	page := []byte("<p>a page</p>")
	pageFile := put(page)
	put([]byte("a picture"))
	gone := []byte("a file that will go")
	goneFile := put(gone)
	var batch []archive.Entry
	for i, s := range spans {
		l := record.NewLeaf(record.LeafStatement, 0)
		l.Capture, l.Source, l.ID, l.Posted = file, src, fmt.Sprint(i), 1767200000+int64(i)
		l.Offset, l.Length = int64(s[0]), int64(s[1]-s[0])
		batch = append(batch, c.entry(l, export.Bytes()[s[0]:s[1]], nil))
	}
	for _, capture := range []uint64{pageFile, goneFile} {
		l := record.NewLeaf(record.LeafStatement, 0)
		l.Capture, l.Source, l.ID = capture, src, fmt.Sprint("file ", capture)
		batch = append(batch, c.entry(l, nil, nil)) // a whole file: its capture binds it
	}
	first := c.append(batch...)

	// Erase the third post, and the file that will go.
	tomb := func(target uint64, blob record.Digest, offset, length int64, now record.Digest) {
		d := record.NewLeaf(record.LeafDecision, 0)
		d.Action, d.Target = "erase", target
		l := record.NewLeaf(record.LeafTombstone, 0)
		l.Target, l.Why, l.Blob, l.Offset, l.Length, l.Now = target, "asked", blob, offset, length, now
		c.append(c.entry(d, nil, map[string]string{"reason": "asked"}), c.entry(l, nil, nil))
		if err := c.archive.DestroySecret(context.Background(), target); err != nil {
			t.Fatal(err)
		}
	}
	d := record.DigestOf(export.Bytes())
	now, err := c.archive.BlankSpan(context.Background(), d, int64(spans[2][0]), int64(spans[2][1]-spans[2][0]))
	if err != nil {
		t.Fatal(err)
	}
	tomb(first+2, d, int64(spans[2][0]), int64(spans[2][1]-spans[2][0]), now)
	if err := c.archive.RemoveBlob(context.Background(), record.DigestOf(gone)); err != nil {
		t.Fatal(err)
	}
	tomb(first+uint64(n)+1, record.DigestOf(gone), 0, 0, record.Digest{})
	if err := c.archive.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCases holds verify.py and custody.Verify against each other on a good
// case and on copies of it with one file damaged.
func TestCases(t *testing.T) {
	c := newCase(t, 700)
	dir := t.TempDir()
	paths, name := []string{c.dir}, []string{"good"}
	rng := mathrand.New(mathrand.NewPCG(5, 6))
	for _, f := range files(t, c.dir) {
		short, _ := filepath.Rel(c.dir, f)
		if short == "lock" {
			continue
		}
		for _, how := range []string{"bit", "delete", "truncate", "append", "rename"} {
			to := filepath.Join(dir, fmt.Sprint(len(paths)))
			if err := os.CopyFS(to, os.DirFS(c.dir)); err != nil {
				t.Fatal(err)
			}
			g := filepath.Join(to, short)
			b := read(t, g)
			switch {
			case how == "delete":
				remove(t, g)
			case how == "rename":
				if err := os.Rename(g, g+"x"); err != nil {
					t.Fatal(err)
				}
			case len(b) == 0:
				continue
			case how == "bit":
				b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
				write(t, g, b)
			case how == "truncate":
				write(t, g, b[:rng.IntN(len(b))])
			case how == "append":
				write(t, g, append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'x'))
			}
			paths, name = append(paths, to), append(name, how+" "+short)
		}
	}
	for i, v := range python(t, paths...) {
		r, err := custody.Verify(context.Background(), disk.Evidence(paths[i]), custody.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.OK != v.OK {
			t.Errorf("%s: Go says %v, Python says %v\nGo: %v %q\nPython: %v %q", name[i], r.OK, v.OK, r.Problems, r.Notes, v.Problems, v.Notes)
		}
		if i == 0 && !v.OK {
			t.Errorf("a good case: %v", v.Problems)
		}
		if strings.HasPrefix(name[i], "bit") && v.OK {
			t.Errorf("%s was not found", name[i])
		}
	}
}

// TestRewrittenHistory: with an earlier checkpoint a history made anew with
// the real key is found, and an honest one is not doubted.
func TestRewrittenHistory(t *testing.T) {
	c := newCase(t, 20)
	since := filepath.Join(t.TempDir(), "early")
	write(t, since, c.early)
	if v := python(t, "--since", since, c.dir); !v[0].OK {
		t.Errorf("an honest history: %v", v[0].Problems)
	}
	cp, err := custody.ParseCheckpoint(string(c.early[:bytes.Index(c.early, []byte("\n\n"))+1]))
	if err != nil {
		t.Fatal(err)
	}
	cp.Root[0] ^= 1
	forged, err := cp.Sign(c.signer)
	if err != nil {
		t.Fatal(err)
	}
	write(t, since, forged)
	if v := python(t, "--since", since, c.dir); v[0].OK {
		t.Error("another history was not found")
	}
	cp.Size = 1 << 20
	if forged, err = cp.Sign(c.signer); err != nil {
		t.Fatal(err)
	}
	write(t, since, forged)
	if v := python(t, "--since", since, c.dir); v[0].OK {
		t.Error("a log that became shorter was not found")
	}
}
