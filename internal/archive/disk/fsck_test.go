package disk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/transparency-dev/tessera/fsck"

	"dalil/internal/archive"
	"dalil/internal/archive/archivetest"
	"dalil/internal/custody"
)

// files lets tessera's fsck read a log directory.
type files string

func (f files) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(name)))
}

func (f files) ReadCheckpoint(context.Context) ([]byte, error) { return f.read(custody.CheckpointPath) }

func (f files) ReadTile(_ context.Context, l, i uint64, p uint8) ([]byte, error) {
	return f.read(custody.TilePath(int(l), i, width(p)))
}

func (f files) ReadEntryBundle(_ context.Context, i uint64, p uint8) ([]byte, error) {
	return f.read(custody.TilePath(custody.Entries, i, width(p)))
}

func width(p uint8) int {
	if p == 0 {
		return custody.TileWidth
	}
	return int(p)
}

func check(t *testing.T, dir string) error {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(dir, "log", "key"))
	must(t, err)
	v, err := custody.ParseKey(key)
	must(t, err)
	hash := func(bundle []byte) (hashes [][]byte, err error) {
		for len(bundle) > 0 {
			entry, rest, ok := custody.CutEntry(bundle)
			if !ok {
				return nil, fmt.Errorf("the bundle ends inside an entry")
			}
			h := custody.EntryHash(entry)
			hashes, bundle = append(hashes, h[:]), rest
		}
		return hashes, nil
	}
	// A worker of fsck ends at the first resource that is wrong, and Check waits
	// forever once all have: one bad entry spoils a resource on each level.
	return fsck.New(origin, v, files(dir), hash, fsck.Opts{N: 16}).Check(context.Background())
}

// TestTesseraFsck has an independent implementation check our logs, at sizes
// around the edges of tiles, and reject damaged ones.
func TestTesseraFsck(t *testing.T) {
	dir := newDir(t)
	a := openForWriting(t, dir)
	for _, to := range []int{1, 2, 255, 256, 257, 700, 65536, 65537, 70001} {
		var batch []archive.Entry
		for n := int(a.Size()); n < to; n++ {
			batch = append(batch, archivetest.Bare(n))
		}
		_, err := a.Append(context.Background(), batch)
		must(t, err)
		if err := check(t, dir); err != nil {
			t.Errorf("fsck of %d entries: %v", to, err)
		}
	}
	for _, name := range []string{"log/tile/entries/000", "log/tile/0/100", "log/tile/1/000", "log/tile/2/000.p/1", "log/tile/entries/273.p/113"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		b, err := os.ReadFile(path)
		must(t, err)
		b[len(b)/2] ^= 1
		must(t, os.WriteFile(path, b, 0o600))
		if err := check(t, dir); err == nil {
			t.Errorf("fsck did not notice a change of %s", name)
		}
		b[len(b)/2] ^= 1
		must(t, os.WriteFile(path, b, 0o600))
	}
	if err := check(t, dir); err != nil {
		t.Error(err)
	}
}
