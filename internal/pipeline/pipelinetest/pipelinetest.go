// Package pipelinetest makes whole cases for tests and benchmarks, out of the
// parts that cmd/dalil puts together.
package pipelinetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	analyses "dalil/internal/analysis/all"
	"dalil/internal/analysis/repost"
	"dalil/internal/archive"
	"dalil/internal/archive/disk"
	"dalil/internal/catalog"
	"dalil/internal/catalog/sqlite"
	"dalil/internal/collect/folder"
	"dalil/internal/custody"
	"dalil/internal/format/all"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

// Handle is who signs in cases made here.
const Handle = "tester"

// Stores are the parts of a case on disk with SQLite.
func Stores() pipeline.Stores {
	return pipeline.Stores{
		CreateArchive: func(dir, origin string, keys *custody.Keys) (archive.Archive, error) {
			signer, vkey, err := keys.LogSigner(origin)
			if err != nil {
				return nil, err
			}
			return opened(disk.Create(dir, origin, signer, vkey))
		},
		OpenArchive: openArchive,
		Evidence:    func(dir string) (custody.Evidence, error) { return disk.Evidence(dir), nil },
		OpenCatalog: func(dir string, write bool) (catalog.Catalog, error) {
			return sqlite.Open(dir, sqlite.Options{ReadOnly: !write})
		},
		CatalogFiles: []string{sqlite.CatalogFile, sqlite.SearchFile},
		OpenState:    state.Open,
		Formats:      all.Formats(),
		Analyses:     analyses.Analyses(),
		Firsts:       repost.Firsts,
		Lags:         repost.Lags,
		Folder:       folder.Kind,
		Now:          time.Now,
		Tool:         "dalil test",
	}
}

func openArchive(dir string, write bool, keys *custody.Keys) (archive.Archive, error) {
	o := disk.Options{Write: write}
	if write {
		line, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(custody.KeyPath)))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", record.ErrAltered, err)
		}
		key, err := custody.ParseKey(line)
		if err != nil {
			return nil, err
		}
		if o.Signer, _, err = keys.LogSigner(key.Name()); err != nil {
			return nil, err
		}
	}
	return opened(disk.Open(dir, o))
}

func opened(a *disk.Archive, err error) (archive.Archive, error) {
	var locked *disk.Locked
	switch {
	case errors.As(err, &locked):
		return nil, errors.Join(pipeline.ErrLocked, err)
	case err != nil:
		return nil, err
	}
	return a, nil
}

// Maker makes and opens cases that are signed with the same keys.
type Maker struct {
	Keys   *custody.Keys
	Stores pipeline.Stores
}

// NewMaker keeps its keys in a folder, which is made if need be. The program
// finds them there when DALIL_CONFIG names the same folder.
func NewMaker(config string) (Maker, error) {
	keys, err := custody.OpenKeys(config)
	return Maker{Keys: keys, Stores: Stores()}, err
}

// Create makes a case and opens it for writing.
func (m Maker) Create(ctx context.Context, dir, zone string) (*pipeline.Case, error) {
	cfg := pipeline.DefaultConfig(filepath.Base(dir))
	cfg.Zone = zone
	return pipeline.Create(ctx, dir, Handle, cfg, m.Keys, m.Stores)
}

// Open opens a case.
func (m Maker) Open(ctx context.Context, dir string, write bool) (*pipeline.Case, error) {
	return pipeline.Open(ctx, dir, write, Handle, m.Keys, m.Stores)
}

// Verify verifies a case; since may be nil.
func (m Maker) Verify(ctx context.Context, dir string, since []byte) (*custody.Report, error) {
	return pipeline.Verify(ctx, dir, since, m.Keys, m.Stores, nil)
}

// Rebuild makes a case's catalog anew.
func (m Maker) Rebuild(ctx context.Context, dir string) (pipeline.Rebuilt, error) {
	return pipeline.Rebuild(ctx, dir, Handle, m.Keys, m.Stores, nil)
}
