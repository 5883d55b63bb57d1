// Package archivetest checks that an archive keeps the promises of package
// archive. An implementation's test hands Run a way to make one.
package archivetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"dalil/internal/archive"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// Subject is an archive under test. Each Subject is a case of its own.
type Subject interface {
	// Open opens it for writing, the first time empty. It is called again
	// after the archive was closed.
	Open(t *testing.T) archive.Archive
}

// Run runs the suite. subject makes a new, empty archive.
func Run(t *testing.T, subject func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		f    func(*testing.T, Subject)
	}{
		{"Empty", empty},
		{"AppendAndRead", appendAndRead},
		{"Sizes", sizes},
		{"Blobs", blobs},
		{"Refusals", refusals},
		{"Erasure", erasure},
		{"Concurrency", concurrency},
		{"Cancel", cancel},
		{"Closed", closed},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(t, subject(t)) })
	}
}

// Statement returns an entry like a statement's, which commits to text.
func Statement(n int, text []byte) archive.Entry {
	salt := custody.NewSalt()
	l := record.NewLeaf(record.LeafStatement, int64(n))
	l.ID, l.Length, l.Commit = fmt.Sprint(n), int64(len(text)), custody.Commit(salt, text)
	return archive.Entry{Leaf: l.Append(nil), Salt: salt}
}

// Note returns an entry with a body.
func Note(n int, body string) archive.Entry {
	salt := custody.NewSalt()
	l := record.NewLeaf(record.LeafSource, int64(n))
	l.Commit = custody.Commit(salt, []byte(body))
	return archive.Entry{Leaf: l.Append(nil), Salt: salt, Body: []byte(body)}
}

// Bare returns an entry that commits to nothing.
func Bare(n int) archive.Entry {
	l := record.NewLeaf(record.LeafMissing, int64(n))
	return archive.Entry{Leaf: l.Append(nil)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got error %v, want %v", err, kind)
	}
}

func empty(t *testing.T, s Subject) {
	ctx := context.Background()
	a := s.Open(t)
	for range 2 {
		if a.Size() != 0 {
			t.Errorf("a new archive has %d entries", a.Size())
		}
		for leaf, err := range a.Leaves(ctx, 0, 0) {
			t.Errorf("it yields %s, %v", leaf, err)
		}
		_, err := a.Leaf(ctx, 0)
		want(t, err, record.ErrNotFound)
		_, err = a.Salt(ctx, 0)
		want(t, err, record.ErrNotFound)
		_, err = a.Body(ctx, 0)
		want(t, err, record.ErrNotFound)
		_, err = a.Open(ctx, record.DigestOf(nil))
		want(t, err, record.ErrNotFound)
		if cp, err := custody.ParseCheckpoint(string(a.Checkpoint())); err != nil || cp.Size != 0 || cp.Root != custody.EmptyRoot() {
			t.Errorf("checkpoint %+v, %v", cp, err)
		}
		first, err := a.Append(ctx, nil)
		if err != nil || first != 0 {
			t.Errorf("appending nothing: %d, %v", first, err)
		}
		must(t, a.Close())
		a = s.Open(t)
	}
	must(t, a.Close())
}

func appendAndRead(t *testing.T, s Subject) {
	ctx := context.Background()
	a := s.Open(t)
	var all []archive.Entry
	for round := range 5 {
		batch := []archive.Entry{
			Bare(len(all)),
			Statement(len(all)+1, []byte("a statement of round "+fmt.Sprint(round))),
			Note(len(all)+2, fmt.Sprintf(`{"round":%d}`, round)),
		}
		first, err := a.Append(ctx, batch)
		must(t, err)
		if first != uint64(len(all)) {
			t.Fatalf("appended at %d, want %d", first, len(all))
		}
		all = append(all, batch...)
		check(t, a, all)
		if round%2 == 1 { // and what was acknowledged is there after reopening
			must(t, a.Close())
			a = s.Open(t)
			check(t, a, all)
		}
	}
	must(t, a.Close())
}

// check compares everything an archive says about its entries.
func check(t *testing.T, a archive.Archive, all []archive.Entry) {
	t.Helper()
	ctx := context.Background()
	if a.Size() != uint64(len(all)) {
		t.Fatalf("size %d, want %d", a.Size(), len(all))
	}
	cp, err := custody.ParseCheckpoint(string(a.Checkpoint()))
	must(t, err)
	if cp.Size != a.Size() || cp.Root != root(t, all) {
		t.Errorf("the checkpoint is over %d entries with root %s, want %d with %s", cp.Size, cp.Root, len(all), root(t, all))
	}
	i := 0
	for leaf, err := range a.Leaves(ctx, 0, a.Size()) {
		must(t, err)
		if !bytes.Equal(leaf, all[i].Leaf) {
			t.Fatalf("entry %d is %s, want %s", i, leaf, all[i].Leaf)
		}
		i++
	}
	if i != len(all) {
		t.Fatalf("%d entries, want %d", i, len(all))
	}
	if n := len(all); n > 2 {
		i := n / 3
		for leaf, err := range a.Leaves(ctx, uint64(i), uint64(n-1)) {
			must(t, err)
			if !bytes.Equal(leaf, all[i].Leaf) {
				t.Fatalf("entry %d is %s, want %s", i, leaf, all[i].Leaf)
			}
			i++
		}
		if i != n-1 {
			t.Errorf("the range ended at %d, want %d", i, n-1)
		}
	}
	salts, err := a.Salts(ctx, 0, len(all))
	must(t, err)
	step := max(1, len(all)/500)
	for i := 0; i < len(all); i += step {
		e, n := all[i], uint64(i)
		leaf, err := a.Leaf(ctx, n)
		must(t, err)
		if !bytes.Equal(leaf, e.Leaf) {
			t.Fatalf("entry %d is %s, want %s", i, leaf, e.Leaf)
		}
		stored := salts[i*custody.SaltSize : (i+1)*custody.SaltSize]
		salt, err := a.Salt(ctx, n)
		if e.Salt == nil {
			want(t, err, record.ErrNotFound)
			if !bytes.Equal(stored, make([]byte, custody.SaltSize)) {
				t.Errorf("entry %d has no salt, and it is %x", i, stored)
			}
		} else if must(t, err); !bytes.Equal(salt, e.Salt) || !bytes.Equal(stored, e.Salt) {
			t.Errorf("the salt of entry %d is %x and %x, want %x", i, salt, stored, e.Salt)
		}
		body, err := a.Body(ctx, n)
		if e.Body == nil {
			want(t, err, record.ErrNotFound)
		} else if must(t, err); !bytes.Equal(body, e.Body) {
			t.Errorf("the body of entry %d is %s, want %s", i, body, e.Body)
		}
	}
	_, err = a.Leaf(ctx, uint64(len(all)))
	want(t, err, record.ErrNotFound)
	_, err = a.Salts(ctx, uint64(len(all)), 1)
	want(t, err, record.ErrNotFound)
	_, err = a.Body(ctx, uint64(len(all)))
	want(t, err, record.ErrNotFound)
	var last error
	for _, err := range a.Leaves(ctx, uint64(len(all)), uint64(len(all))+1) {
		last = err
	}
	want(t, last, record.ErrNotFound)
}

func root(t *testing.T, all []archive.Entry) record.Digest {
	t.Helper()
	var e custody.Edge
	for i := range all {
		e.AddEntry(all[i].Leaf)
	}
	d, err := e.Root()
	must(t, err)
	return d
}

// sizes appends batches that end at, before and after the edges of tiles and
// side files.
func sizes(t *testing.T, s Subject) {
	ctx := context.Background()
	a := s.Open(t)
	rng := rand.New(rand.NewPCG(3, 4))
	var all []archive.Entry
	for _, to := range []int{1, 2, 255, 256, 257, 511, 512, 700, 700 + 256, 16384, 65535, 65536, 65537, 66000} {
		batch := make([]archive.Entry, 0, to-len(all))
		for i := len(all); i < to; i++ {
			switch rng.IntN(8) {
			case 0:
				batch = append(batch, Note(i, fmt.Sprintf(`{"n":%d,"x":%q}`, i, make([]byte, rng.IntN(30)))))
			case 1:
				batch = append(batch, Bare(i))
			default:
				batch = append(batch, Statement(i, []byte("x")))
			}
		}
		_, err := a.Append(ctx, batch)
		must(t, err)
		all = append(all, batch...)
		if rng.IntN(2) == 0 {
			must(t, a.Close())
			a = s.Open(t)
		}
		check(t, a, all)
	}
	must(t, a.Close())
}

func put(t *testing.T, a archive.Archive, data []byte) record.Digest {
	t.Helper()
	d, n, err := a.Put(context.Background(), bytes.NewReader(data))
	must(t, err)
	if n != int64(len(data)) || d != record.DigestOf(data) {
		t.Fatalf("put %d bytes: %d, %s", len(data), n, d)
	}
	return d
}

func get(t *testing.T, a archive.Archive, d record.Digest) []byte {
	t.Helper()
	b, err := a.Open(context.Background(), d)
	must(t, err)
	defer b.Close()
	data := make([]byte, b.Size())
	if n, err := b.ReadAt(data, 0); n != len(data) || err != nil && err != io.EOF {
		t.Fatalf("read %d of %d bytes: %v", n, len(data), err)
	}
	return data
}

func blobs(t *testing.T, s Subject) {
	ctx := context.Background()
	a := s.Open(t)
	rng := rand.NewChaCha8([32]byte{5})
	var kept [][]byte
	for _, n := range []int{0, 1, 100, 1 << 20, 1<<20 + 1, 5<<20 - 7} {
		data := make([]byte, n)
		rng.Read(data)
		kept = append(kept, data)
		d := put(t, a, data)
		if put(t, a, data) != d {
			t.Error("the same bytes twice have two digests")
		}
		if !bytes.Equal(get(t, a, d), data) {
			t.Errorf("%d staged bytes read back differently", n)
		}
	}
	must2 := func(_ uint64, err error) { t.Helper(); must(t, err) }
	must2(a.Append(ctx, []archive.Entry{Bare(0)}))
	for round := range 2 {
		for _, data := range kept {
			d := put(t, a, data) // here already
			if !bytes.Equal(get(t, a, d), data) {
				t.Errorf("round %d: %d bytes read back differently", round, len(data))
			}
		}
		must2(a.Append(ctx, nil))
		must(t, a.Close())
		a = s.Open(t)
	}
	_, _, err := a.Put(ctx, io.MultiReader(bytes.NewReader(make([]byte, 3<<20)), failing{}))
	want(t, err, errBroken)
	must2(a.Append(ctx, []archive.Entry{Bare(1)})) // a reader that fails is no fault of the archive
	must(t, a.Close())
}

var errBroken = errors.New("the cable was pulled")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

func refusals(t *testing.T, s Subject) {
	ctx := context.Background()
	a := s.Open(t)
	bad := map[string]archive.Entry{
		"no leaf":                {},
		"a leaf that is too big": {Leaf: make([]byte, record.MaxLeaf+1)},
		"a short salt":           func() archive.Entry { e := Statement(0, nil); e.Salt = e.Salt[:31]; return e }(),
		"no salt":                func() archive.Entry { e := Statement(0, nil); e.Salt = nil; return e }(),
		"a salt for nothing":     func() archive.Entry { e := Bare(0); e.Salt = custody.NewSalt(); return e }(),
		"no body":                func() archive.Entry { e := Note(0, "{}"); e.Body = nil; return e }(),
		"a statement's body":     func() archive.Entry { e := Statement(0, nil); e.Body = []byte("{}"); return e }(),
		"a body for nothing":     func() archive.Entry { e := Bare(0); e.Body = []byte("{}"); return e }(),
	}
	for name, e := range bad {
		if _, err := a.Append(ctx, []archive.Entry{Bare(0), e}); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	good := []archive.Entry{Note(0, "{}")}
	_, err := a.Append(ctx, good)
	must(t, err)
	check(t, a, good)
	must(t, a.Close())
}

func erasure(t *testing.T, s Subject) {
	ctx := context.Background()
	a := s.Open(t)
	data := bytes.Repeat([]byte("abcdefgh"), 300<<10)
	d, gone := put(t, a, data), put(t, a, []byte("a file that has to go"))
	all := []archive.Entry{Statement(0, data[8:24]), Note(1, `{"who":"a source"}`), Note(2, `{"who":"another"}`), Bare(3)}
	_, err := a.Append(ctx, all)
	must(t, err)

	blanked := bytes.Clone(data)
	for i := 8; i < 24; i++ {
		blanked[i] = ' '
	}
	for range 2 { // the second time after what looks like a crash
		now, err := a.BlankSpan(ctx, d, 8, 16)
		must(t, err)
		if now != record.DigestOf(blanked) || !bytes.Equal(get(t, a, d), blanked) {
			t.Error("the span was not blanked")
		}
		must(t, a.DestroySecret(ctx, 0))
		must(t, a.DestroySecret(ctx, 1))
		must(t, a.RemoveBlob(ctx, gone))
		_, err = a.Salt(ctx, 0)
		want(t, err, record.ErrWithheld)
		_, err = a.Salt(ctx, 1)
		want(t, err, record.ErrWithheld)
		_, err = a.Body(ctx, 1)
		want(t, err, record.ErrWithheld)
		_, err = a.Body(ctx, 0)
		want(t, err, record.ErrNotFound)
		if b, err := a.Body(ctx, 2); err != nil || string(b) != `{"who":"another"}` {
			t.Errorf("the neighbour's body is %s, %v", b, err)
		}
		must(t, a.Close())
		a = s.Open(t)
	}
	for _, span := range [][2]int64{{-1, 2}, {0, 0}, {0, -1}, {int64(len(data)), 1}, {1, int64(len(data))}, {1 << 62, 1 << 62}} {
		_, err := a.BlankSpan(ctx, d, span[0], span[1])
		want(t, err, record.ErrInvalid)
	}
	_, err = a.BlankSpan(ctx, record.DigestOf([]byte("nothing")), 0, 1)
	want(t, err, record.ErrNotFound)
	want(t, a.DestroySecret(ctx, 99), record.ErrNotFound)
	_, err = a.Open(ctx, gone)
	want(t, err, record.ErrNotFound) // no tombstone yet

	tomb := func(l record.Leaf) archive.Entry {
		l.Kind, l.At = record.LeafTombstone, 9
		return archive.Entry{Leaf: l.Append(nil)}
	}
	whole, part := record.NewLeaf(record.LeafTombstone, 9), record.NewLeaf(record.LeafTombstone, 9)
	whole.Target, whole.Blob = 3, gone
	part.Target, part.Blob, part.Offset, part.Length, part.Now = 1, d, 8, 16, record.DigestOf(blanked)
	_, err = a.Append(ctx, []archive.Entry{tomb(whole), tomb(part)})
	must(t, err)
	for range 2 {
		_, err = a.Open(ctx, gone)
		want(t, err, record.ErrWithheld)
		if !bytes.Equal(get(t, a, d), blanked) {
			t.Error("the blanked file cannot be read")
		}
		for _, data := range [][]byte{data, []byte("a file that has to go")} {
			got, n, err := a.Put(ctx, bytes.NewReader(data)) // erased is not taken back in
			want(t, err, record.ErrWithheld)
			if got != record.DigestOf(data) || n != int64(len(data)) {
				t.Errorf("put of an erased file: %s, %d", got, n)
			}
		}
		must(t, a.Close())
		a = s.Open(t)
	}
	must(t, a.Close())
}

func concurrency(t *testing.T, s Subject) {
	ctx := context.Background()
	a := s.Open(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	at := map[uint64]string{}
	for g := range 8 {
		wg.Go(func() {
			for i := range 25 {
				same := bytes.Repeat([]byte{byte(i)}, 1000)
				d, _, err := a.Put(ctx, bytes.NewReader(same))
				if err != nil {
					t.Error(err)
					return
				}
				body := fmt.Sprintf(`{"g":%d,"i":%d}`, g, i)
				first, err := a.Append(ctx, []archive.Entry{Note(g, body), Statement(i, same)})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				at[first] = body
				mu.Unlock()
				b, err := a.Open(ctx, d)
				if err != nil {
					t.Error(err)
					return
				}
				b.Close()
				if got, err := a.Body(ctx, first); err != nil || string(got) != body {
					t.Errorf("the body of %d is %s, %v", first, got, err)
				}
				for range a.Leaves(ctx, first/2, first+2) {
				}
			}
		})
	}
	wg.Wait()
	if a.Size() != 8*25*2 || len(at) != 8*25 {
		t.Errorf("%d entries after %d appends", a.Size(), len(at))
	}
	for i, body := range at {
		if got, err := a.Body(ctx, i); err != nil || string(got) != body {
			t.Errorf("the body of %d is %s, %v", i, got, err)
		}
	}
	must(t, a.Close())
}

func cancel(t *testing.T, s Subject) {
	a := s.Open(t)
	ctx, stop := context.WithCancel(context.Background())
	_, err := a.Append(ctx, []archive.Entry{Bare(0), Bare(1)})
	must(t, err)
	stop()
	_, _, err = a.Put(ctx, bytes.NewReader(make([]byte, 100)))
	want(t, err, context.Canceled)
	_, err = a.Append(ctx, []archive.Entry{Bare(2)})
	want(t, err, context.Canceled)
	var last error
	for _, err := range a.Leaves(ctx, 0, 2) {
		last = err
	}
	want(t, last, context.Canceled)
	must(t, a.Close())
	a = s.Open(t)
	if a.Size() != 2 {
		t.Errorf("%d entries, want 2", a.Size())
	}
	must(t, a.Close())
}

func closed(t *testing.T, s Subject) {
	a := s.Open(t)
	put(t, a, []byte("staged and never appended"))
	must(t, a.Close())
	if _, err := a.Append(context.Background(), []archive.Entry{Bare(0)}); err == nil {
		t.Error("appended to a closed archive")
	}
	if _, _, err := a.Put(context.Background(), bytes.NewReader(nil)); err == nil {
		t.Error("put into a closed archive")
	}
	must(t, a.Close())
	a = s.Open(t)
	_, err := a.Open(context.Background(), record.DigestOf([]byte("staged and never appended")))
	want(t, err, record.ErrNotFound)
	must(t, a.Close())
}
