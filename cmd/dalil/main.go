// Command dalil is open-source-investigation software for people who document
// armed groups and abuses. This file puts the parts together; it is the only
// place that names an archive, a catalog, a collector or an export.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"os/user"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"dalil/internal/assist/browser"
	"dalil/internal/assist/ocr"
	"dalil/internal/cli"
	"dalil/internal/custody"
	"dalil/internal/export"
	"dalil/internal/export/bundle"
	"dalil/internal/export/table"
	"dalil/internal/pipeline"
	"dalil/internal/redact"
	"dalil/internal/sample"
)

// version is set by the release build.
var version = "0.1.0"

func main() {
	// An import holds a few large batches and little else; collecting a little
	// later costs memory it has and saves time it does not.
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(270 << 20)
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
		Secret:      askSecret,
		Sample:      writeSample,
		Generate:    generate,
		Bundle:      writeBundle,
		Table:       writeTable,
		CheckBundle: bundle.Verify,
		Reader:      ocr.Kind.Find,
		Painter:     browser.Find,
		Proxy:       os.Getenv("DALIL_PROXY"),
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

// writeTable writes a release as a table to a file.
func writeTable(ctx context.Context, to cli.TableFile, r redact.Release) error {
	var out export.Output = &export.Memory{}
	if !to.DryRun {
		var err error
		if out, err = export.CreateFile(to.Path); err != nil {
			return err
		}
	}
	defer out.Abort() //nolint:errcheck // does nothing after Commit
	if err := table.Kind.Write(ctx, out, r, export.Options{Columns: to.Columns, Mark: to.Mark}); err != nil {
		return err
	}
	return out.Commit()
}

// showTable makes the same table for a browser to save.
func showTable(ctx context.Context, r redact.Release, columns []string, mark bool) ([]byte, error) {
	var out export.Memory
	err := table.Kind.Write(ctx, &out, r, export.Options{Columns: columns, Mark: mark})
	return out.Bytes(), err
}
