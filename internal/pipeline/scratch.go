package pipeline

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"dalil/internal/analysis"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// scratch is an analysis' storage: files in a folder of their own, each named
// by its SHA-256, and a state that the catalog keeps. Files are on stable
// storage before the catalog names them; those it does not name may go.
type scratch struct {
	dir   string // of the case, or of a catalog that is made for comparison
	name  string // of the analysis
	state []byte
}

func (s *scratch) State() []byte { return s.state }

func (s *scratch) path(name string) string {
	return filepath.Join(s.dir, filepath.FromSlash(custody.ScratchPath(s.name, name)))
}

func (s *scratch) Create() (analysis.ScratchFile, error) {
	dir := filepath.Dir(s.path("x"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "*"+custody.TempSuffix)
	if err != nil {
		return nil, err
	}
	return &scratchFile{s: s, f: f, h: sha256.New()}, nil
}

func (s *scratch) Open(name string) (analysis.Blob, error) {
	f, err := os.Open(s.path(name))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = record.WithHint(errors.Join(record.ErrAltered, err), "run `dalil rebuild`")
		}
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return sized{f, info.Size()}, nil
}

// clean removes the files that are not among those in use.
func (s *scratch) clean(used []string) error {
	entries, err := os.ReadDir(filepath.Dir(s.path("x")))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var errs []error
	for _, e := range entries {
		if !slices.Contains(used, e.Name()) {
			errs = append(errs, os.Remove(s.path(e.Name())))
		}
	}
	return errors.Join(append(errs, err)...)
}

type scratchFile struct {
	s *scratch
	f *os.File
	h hash.Hash
}

func (x *scratchFile) Write(p []byte) (int, error) {
	x.h.Write(p)
	return x.f.Write(p)
}

func (x *scratchFile) Commit() (string, error) {
	name := record.Digest(x.h.Sum(nil)).String()
	if err := errors.Join(x.f.Sync(), x.f.Close()); err != nil {
		os.Remove(x.f.Name())
		return "", err
	}
	return name, settle(x.f.Name(), x.s.path(name))
}

func (x *scratchFile) Abort() {
	x.f.Close()
	os.Remove(x.f.Name())
}

// scratchFiles lists the scratch files of a case, as names in the case.
func scratchFiles(dir string) ([]string, error) {
	var names []string
	root := filepath.Join(dir, custody.ScratchFolder)
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return names, err
}

// digestOfName returns the digest that a scratch file's name states.
func digestOfName(name string) (string, bool) {
	base := path.Base(name)
	_, err := record.ParseDigest(base)
	return base, err == nil
}
