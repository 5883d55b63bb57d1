package custody_test

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// The entries and roots that certificate-transparency implementations have
// tested RFC 6962 with since 2013.
var (
	rfcEntries = []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	rfcRoots   = []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
)

func TestRFC6962Roots(t *testing.T) {
	var e custody.Edge
	if root, err := e.Root(); err != nil || root.String() != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("the empty root is %s, %v", root, err)
	}
	for i, entry := range rfcEntries {
		e.AddEntry(unhex(t, entry))
		if root, err := e.Root(); err != nil || root.String() != rfcRoots[i] {
			t.Errorf("the root over %d entries is %s, %v, want %s", i+1, root, err, rfcRoots[i])
		}
	}
}

// tiles is a log in memory, with its tiles.
type tiles struct {
	edge   custody.Edge
	full   map[string][]tlog.Hash
	hashes []tlog.Hash
}

func (l *tiles) add(entry []byte) {
	l.hashes = append(l.hashes, custody.EntryHash(entry))
	l.edge.Add(custody.EntryHash(entry), func(level int, index uint64, h []tlog.Hash) {
		if l.full == nil {
			l.full = map[string][]tlog.Hash{}
		}
		l.full[custody.TilePath(level, index, custody.TileWidth)] = append([]tlog.Hash(nil), h...)
	})
}

func (l *tiles) Tile(_ context.Context, level int, index uint64, width int) ([]byte, error) {
	h, ok := l.full[custody.TilePath(level, index, custody.TileWidth)]
	if !ok {
		h = l.edge.Partial(level)
	}
	if len(h) < width {
		return nil, record.ErrNotFound
	}
	var b []byte
	for _, x := range h[:width] {
		b = append(b, x[:]...)
	}
	return b, nil
}

// TestProofs proves entries and growth in trees around the edges of tiles, and
// checks that nothing else is proved by it.
func TestProofs(t *testing.T) {
	ctx := context.Background()
	var l tiles
	checkpoints := map[uint64]custody.Checkpoint{}
	sizes := []uint64{0, 1, 2, 3, 255, 256, 257, 600, 65535, 65536, 65537, 65800}
	for n := uint64(0); n <= 65800; n++ {
		for _, s := range sizes {
			if s == n {
				root, err := l.edge.Root()
				must(t, err)
				checkpoints[n] = custody.Checkpoint{Origin: origin, Size: n, Root: root}
			}
		}
		l.add(fmt.Append(nil, n))
	}
	for _, size := range sizes {
		cp := checkpoints[size]
		for _, old := range sizes[1:] {
			p, err := custody.ProveGrowth(ctx, &l, cp, old)
			if old > size {
				if !errors.Is(err, record.ErrNotFound) {
					t.Errorf("growth from %d to %d: %v", old, size, err)
				}
				continue
			}
			must(t, err)
			if err := custody.CheckGrowth(checkpoints[old], cp, p); err != nil {
				t.Errorf("growth from %d to %d: %v", old, size, err)
			}
			wrong := checkpoints[old]
			wrong.Root[3] ^= 1
			if err := custody.CheckGrowth(wrong, cp, p); !errors.Is(err, record.ErrAltered) {
				t.Errorf("growth from another root %d to %d: %v", old, size, err)
			}
		}
		for _, index := range []uint64{0, 1, 2, 254, 255, 256, 599, 65535, 65536, 65799} {
			p, err := custody.ProveEntry(ctx, &l, cp, index)
			if index >= size {
				if !errors.Is(err, record.ErrNotFound) {
					t.Errorf("entry %d of %d: %v", index, size, err)
				}
				continue
			}
			must(t, err)
			must(t, custody.CheckEntry(cp, index, fmt.Append(nil, index), p))
			if err := custody.CheckEntry(cp, index, []byte("another"), p); !errors.Is(err, record.ErrAltered) {
				t.Errorf("another entry %d of %d: %v", index, size, err)
			}
			if err := custody.CheckEntry(cp, index+1, fmt.Append(nil, index), p); !errors.Is(err, record.ErrAltered) && size > 1 {
				t.Errorf("entry %d of %d proved elsewhere: %v", index, size, err)
			}
		}
	}
}

// TestMerkleVectors runs the proofs of the transparency-dev test vectors where
// they are at hand beside the repository; they are not part of it.
func TestMerkleVectors(t *testing.T) {
	f := openVectors(t)
	if f == nil {
		t.Log("no vectors beside the repository: the inline ones were used alone")
		return
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	r := tar.NewReader(z)
	counts := map[string]int{}
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		_, kind, ok := strings.Cut(h.Name, "tlog/merkle/testdata/")
		if !ok || !strings.HasSuffix(kind, ".json") {
			continue
		}
		kind, _, _ = strings.Cut(kind, "/")
		b, err := io.ReadAll(r)
		must(t, err)
		var v struct {
			LeafIdx, TreeSize, Size1, Size2     uint64
			Root, Root1, Root2, LeafHash, Proof any
			WantErr                             bool
		}
		must(t, json.Unmarshal(b, &v))
		proof, okP := hashesOf(v.Proof)
		var got error
		switch kind {
		case "inclusion":
			root, ok1 := hashOf(v.Root)
			leaf, ok2 := hashOf(v.LeafHash)
			if got = record.ErrInvalid; okP && ok1 && ok2 {
				got = custody.CheckHash(custody.Checkpoint{Size: v.TreeSize, Root: record.Digest(root)}, v.LeafIdx, leaf, proof)
			}
		case "consistency":
			// Some roots are arbitrary bytes, to be equal or not.
			root1, ok := hashOf(v.Root1)
			if !ok {
				root1 = tlog.Hash(record.DigestOf(fmt.Append(nil, v.Root1)))
			}
			root2, ok := hashOf(v.Root2)
			if !ok {
				root2 = tlog.Hash(record.DigestOf(fmt.Append(nil, v.Root2)))
			}
			if got = record.ErrInvalid; okP {
				got = custody.CheckGrowth(custody.Checkpoint{Size: v.Size1, Root: record.Digest(root1)}, custody.Checkpoint{Size: v.Size2, Root: record.Digest(root2)}, proof)
			}
		default:
			continue // proofs of subtrees, which no case has
		}
		counts[kind]++
		if (got != nil) != v.WantErr {
			t.Errorf("%s: got %v, want an error: %v", h.Name, got, v.WantErr)
		}
	}
	t.Logf("vectors: %v", counts)
	if counts["inclusion"] == 0 || counts["consistency"] == 0 {
		t.Errorf("vectors read: %v", counts)
	}
}

func hashOf(x any) (tlog.Hash, bool) {
	s, _ := x.(string)
	b, err := base64Decode(s)
	if err != nil || len(b) != tlog.HashSize {
		return tlog.Hash{}, false
	}
	return tlog.Hash(b), true
}

func hashesOf(x any) (out []tlog.Hash, ok bool) {
	list, _ := x.([]any)
	for _, e := range list {
		h, ok := hashOf(e)
		if !ok {
			return nil, false
		}
		out = append(out, h)
	}
	return out, true
}

// openVectors looks for the shared data upwards of the repository's root.
func openVectors(t *testing.T) *os.File {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	for dir != filepath.Dir(dir) {
		f, err := os.Open(filepath.Join(dir, "..", "shared", "data", "archive-conformance.tar.gz"))
		if err == nil {
			return f
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

func TestParsePath(t *testing.T) {
	d := record.DigestOf([]byte("x"))
	good := map[string]custody.Path{
		"case.toml":                               {Role: custody.Settings},
		"log/key":                                 {Role: custody.LogKey},
		"log/checkpoint":                          {Role: custody.LogNote},
		"log/checkpoint.tmp":                      {Role: custody.LogNote, Temp: true},
		"log/tile/0/000":                          {Role: custody.Tile, Width: 256},
		"log/tile/1/x001/x234/067.p/7":            {Role: custody.Tile, Level: 1, Index: 1234067, Width: 7},
		"log/tile/entries/x001/000":               {Role: custody.Tile, Level: custody.Entries, Index: 1000, Width: 256},
		"log/tile/entries/000.p/255.tmp":          {Role: custody.Tile, Level: custody.Entries, Width: 255, Temp: true},
		"side/salt/000012":                        {Role: custody.Salts, Index: 12},
		"side/body/1234567":                       {Role: custody.Bodies, Index: 1234567},
		custody.BlobPath(d):                       {Role: custody.EvidenceFile, Digest: d},
		custody.BlobPath(d) + ".tmp":              {Role: custody.EvidenceFile, Digest: d, Temp: true},
		"archive/0123456789abcdef.tmp":            {Role: custody.Staged, Temp: true},
		"catalog.db-wal":                          {Role: custody.Index},
		"search.db.tmp":                           {Role: custody.Index, Temp: true},
		"lock":                                    {Role: custody.Working},
		".dalil-tmp-12345":                        {Role: custody.Working, Temp: true},
		"log/tile/0/x000/000":                     {},
		"log/tile/0/000.p/256":                    {},
		"log/tile/0/000.p/0":                      {},
		"log/tile/8/0/000":                        {},
		"log/tile/-1/000":                         {},
		"log/tile/data/000":                       {},
		"log/tile/99/000":                         {},
		"side/salt/12":                            {},
		"side/salt/-00001":                        {},
		"side/body/000001x":                       {},
		"archive/00/" + d.String():                {},
		"archive/" + d.String():                   {},
		"archive/2d/" + strings.ToUpper("abcdef"): {},
		"archive/":                                {},
		"":                                        {},
		".tmp":                                    {Temp: true},
		"case.toml/x":                             {},
	}
	for name, want := range good {
		if got := custody.ParsePath(name); got != want {
			t.Errorf("ParsePath(%q) = %+v, want %+v", name, got, want)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"log/tile/0/x001/067.p/9", "archive/ab/" + hex.EncodeToString(make([]byte, 32)), "side/salt/000000", "archive/", "log/tile/entries/000.tmp", "catalog.db.tmp-wal"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p := custody.ParsePath(name)
		if p.Temp && p.Role == custody.Working {
			return
		}
		bare := strings.TrimSuffix(name, custody.TempSuffix)
		switch p.Role {
		case custody.Tile:
			if custody.TilePath(p.Level, p.Index, p.Width) != bare {
				t.Errorf("%q has a second name", name)
			}
		case custody.EvidenceFile:
			if custody.BlobPath(p.Digest) != bare {
				t.Errorf("%q has a second name", name)
			}
		case custody.Salts:
			if custody.SaltPath(p.Index) != bare {
				t.Errorf("%q has a second name", name)
			}
		}
	})
}
