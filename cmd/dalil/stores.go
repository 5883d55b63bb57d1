package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	analyses "dalil/internal/analysis/all"
	"dalil/internal/analysis/repost"
	"dalil/internal/archive"
	"dalil/internal/archive/disk"
	"dalil/internal/assist/translate"
	"dalil/internal/catalog"
	"dalil/internal/catalog/sqlite"
	"dalil/internal/collect"
	"dalil/internal/collect/fetch"
	"dalil/internal/collect/folder"
	"dalil/internal/collect/page"
	"dalil/internal/custody"
	"dalil/internal/format/all"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

// stores are the parts a case on this machine is made of: files on disk and
// SQLite.
func stores() pipeline.Stores {
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
		Pages:        pages,
		Translator:   translate.Kind.Find,
		Now:          time.Now,
		Tool:         "dalil " + version,
	}
}

// pages goes to the web, guarded: nothing here lets it be led to this machine
// or its network.
func pages(e pipeline.Egress) (collect.Pages, error) {
	return page.With(fetch.Options{Proxy: e.Proxy, Ports: e.Ports, BadTLS: e.BadTLS}, "dalil "+version)
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

// opened keeps a nil *disk.Archive from becoming a non-nil interface, and gives
// a held lock the name that the rest of the program knows.
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
