// Command dalil is open-source-investigation software for people who document
// armed groups and abuses. This file puts the parts together; it is the only
// place that names an archive, a catalog, a collector or an export.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"dalil/internal/archive"
	"dalil/internal/archive/disk"
	"dalil/internal/catalog"
	"dalil/internal/catalog/sqlite"
	"dalil/internal/cli"
	"dalil/internal/collect/folder"
	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/export"
	"dalil/internal/export/bundle"
	"dalil/internal/format/all"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/redact"
	"dalil/internal/sample"
	//WEB "dalil/internal/web"
)

// version is set by the release build.
var version = "0.1.0"

func main() {
	// An import holds a few large batches and little else; collecting a little
	// later costs memory it has and saves time it does not.
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(230 << 20)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	profiled := profile()
	code := cli.Run(ctx, os.Args[1:], environment())
	profiled()
	stop()
	os.Exit(code)
}

// environment is what the commands stand on.
func environment() cli.Env {
	info, err := os.Stderr.Stat()
	return cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal:    err == nil && info.Mode()&os.ModeCharDevice != 0,
		Handle:      handle(),
		Version:     "dalil " + version,
		Stores:      stores(),
		Keys:        func() (*custody.Keys, error) { return custody.OpenKeys(os.Getenv("DALIL_CONFIG")) },
		Serve:       serve,
		Sample:      writeSample,
		Generate:    generate,
		Bundle:      writeBundle,
		CheckBundle: bundle.Verify,
	}
}

// handle is the name this person signs with: DALIL_HANDLE, or the login name.
func handle() string {
	if h := os.Getenv("DALIL_HANDLE"); h != "" {
		return h
	}
	if u, err := user.Current(); err == nil {
		name := u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
		if pipeline.CheckHandle(name) == nil {
			return name
		}
	}
	return "analyst"
}

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
		OpenCatalog: func(dir string, write bool, languages []string) (catalog.Catalog, error) {
			return sqlite.Open(dir, sqlite.Options{ReadOnly: !write, Languages: languages})
		},
		CatalogFiles: []string{sqlite.CatalogFile, sqlite.SearchFile},
		Formats:      all.Formats(),
		Folder:       folder.Kind,
		Now:          time.Now,
		Tool:         "dalil " + version,
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

func serve(ctx context.Context, d *desk.Desk, addr string, ready func(string)) error {
	return errors.New("web is being written")//WEB
}

func generate(w io.Writer, n int, seed uint64) error {
	_, err := sample.Export(w, sample.DefaultExport(n, seed))
	return err
}

func writeBundle(ctx context.Context, path string, r redact.Release, note string) error {
	out, err := export.Create(path)
	if err != nil {
		return err
	}
	defer out.Abort() //nolint:errcheck // does nothing after Commit
	if err := bundle.Kind.Write(ctx, out, r, export.Options{Made: time.Now(), Note: note}); err != nil {
		return err
	}
	return out.Commit()
}

// writeSample writes the invented country's files and says how an analyst
// would have brought them in.
func writeSample(dir string) (cli.SampleCase, error) {
	if err := sample.Write(dir); err != nil {
		return cli.SampleCase{}, err
	}
	return sampleCase(filepath.Clean(dir)), nil
}
