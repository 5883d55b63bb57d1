package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"dalil/internal/custody"
)

// The catalog's files are an index and no evidence, but what a reader sees
// comes from them. At a clean close their SHA-256 are written to catalog.sum;
// while catalog.open exists they may differ from it.
type sums struct {
	LogSize uint64            `json:"log_size"`
	Files   map[string]string `json:"files"`
}

// unseal says that the catalog's files are about to change.
func unseal(dir string) error {
	path := filepath.Join(dir, custody.CatalogOpen)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return writeDurably(path, []byte("the catalog is being written, or was when dalil was stopped\n"))
}

// seal writes the sums of the catalog's files.
//
// A write-ahead log that is still there is in use by another process that reads
// the catalog, such as `dalil serve`. Then the catalog stays marked open, and the
// next writer to close seals it.
func seal(dir string, files []string, logSize uint64) error {
	for _, name := range files {
		if info, err := os.Stat(filepath.Join(dir, name+"-wal")); err == nil && info.Size() > 0 {
			return nil
		}
	}
	s, err := sumsOf(dir, files)
	if err != nil {
		return err
	}
	s.LogSize = logSize
	// The files of analyses are named by their sums.
	scratch, err := scratchFiles(dir)
	if err != nil {
		return err
	}
	for _, name := range scratch {
		if sum, ok := digestOfName(name); ok {
			s.Files[name] = sum
		}
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := writeDurably(filepath.Join(dir, custody.CatalogSumPath), append(b, '\n')); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, custody.CatalogOpen)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(dir)
}

func sumsOf(dir string, files []string) (sums, error) {
	s := sums{Files: map[string]string{}}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for _, name := range files {
		wg.Go(func() {
			h, err := hashFile(filepath.Join(dir, name))
			mu.Lock()
			defer mu.Unlock()
			s.Files[name] = h
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return s, errors.Join(errs...)
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	// The wrapper hides File.WriteTo, which would ignore the large buffer.
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// writeDurably replaces a small file so that after a crash it holds either the
// old or the new bytes.
func writeDurably(path string, b []byte) error {
	tmp, err := writeBeside(path, b)
	if err != nil {
		return err
	}
	return settle(tmp, path)
}

// writeBeside puts b on stable storage under a temporary name in the folder of
// path, for settle to move into place.
func writeBeside(path string, b []byte) (tmp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".dalil-tmp-")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

func settle(tmp, path string) error {
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
