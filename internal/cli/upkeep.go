package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

type rebuildCmd struct{}

func (c *rebuildCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	keys, err := a.Keys()
	if err != nil {
		return err
	}
	p := a.newProgress()
	r, err := pipeline.Rebuild(a.ctx, dir, a.Handle, keys, a.Stores, p.update)
	p.done()
	if err != nil {
		return err
	}
	if a.JSON {
		return a.emit("rebuild", r)
	}
	a.printf("Rebuilt the catalog from %s records.\n", group(int64(r.Records)))
	switch {
	case r.Identical:
		a.printf("It is row for row what it was: %s\n", r.After)
	case r.Before == "":
		a.printf("The old catalog could not be compared. New: %s\n", r.After)
	default:
		a.printf("It differs from the old one: the old was damaged, or made by another version of dalil.\n  old %s\n  new %s\n", r.Before, r.After)
	}
	if r.Settings {
		a.printf("case.toml was restored from the log.\n")
	}
	return nil
}

type backupCmd struct {
	Dir string `arg:"" help:"New folder for the copy." type:"path"`
}

func (c *backupCmd) Run(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
		p := a.newProgress()
		report, err := d.Case.Backup(a.ctx, c.Dir, p.update)
		p.done()
		if err != nil {
			return err
		}
		if err := a.printReport(report); err != nil {
			return err
		}
		if !a.JSON {
			a.printf("The copy is in %s. Your keys are not in it: back up %s too.\n", c.Dir, keysDir(a))
		}
		return nil
	})
}

func keysDir(a *app) string {
	keys, err := a.Keys()
	if err != nil {
		return "the keys folder"
	}
	return keys.Dir()
}

type verifyCmd struct {
	Path  string `arg:"" optional:"" help:"Case folder, evidence bundle (folder or zip). Default: this case." type:"path"`
	Since string `help:"File with an earlier checkpoint of this case: prove that today's log extends it." type:"path" placeholder:"FILE"`
}

func (c *verifyCmd) Run(a *app) error {
	path := c.Path
	if path == "" {
		dir, err := a.dir()
		if err != nil {
			return err
		}
		path = dir
	}
	info, err := os.Stat(path)
	if err != nil {
		return record.WithHint(fmt.Errorf("verify: %w", err), "name a case folder or a bundle")
	}
	var report *custody.Report
	p := a.newProgress()
	if !info.IsDir() || exists(filepath.Join(path, "entries.ndjson")) && !exists(filepath.Join(path, "side")) {
		if c.Since != "" {
			return usageError{fmt.Errorf("--since is for a case, not for a bundle")}
		}
		report, err = a.CheckBundle(a.ctx, path)
	} else {
		var since []byte
		if c.Since != "" {
			if since, err = os.ReadFile(c.Since); err != nil {
				return fmt.Errorf("verify: %w", err)
			}
		}
		var keys *custody.Keys
		if keys, err = a.Keys(); err != nil {
			return err
		}
		report, err = pipeline.Verify(a.ctx, path, since, keys, a.Stores, p.update)
	}
	p.done()
	if err != nil {
		return err
	}
	return a.printReport(report)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

type configCmd struct {
	Set    []string `arg:"" optional:"" name:"setting" help:"name=…, time_zone=…, languages=ar,fa, standard_of_proof=…, totals=…, publication.precision=…, publication.delay=…, translate.endpoint=http://127.0.0.1:5000, translate.allow_remote=true"`
	DryRun bool     `short:"n" help:"Check, change nothing."`
}

func (c *configCmd) Run(a *app) error {
	return a.with(len(c.Set) > 0 && !c.DryRun, func(d *desk.Desk) error {
		cfg := d.Case.Config
		for _, s := range c.Set {
			if err := cfg.Set(s); err != nil {
				return err
			}
		}
		if err := cfg.Check(); err != nil {
			return err
		}
		if len(c.Set) > 0 && !c.DryRun {
			if err := d.Case.Configure(a.ctx, cfg); err != nil {
				return err
			}
		}
		if a.JSON {
			return a.emit("config", map[string]any{"name": cfg.Name, "time_zone": cfg.Zone, "languages": cfg.Languages, "standard_of_proof": cfg.Standard, "totals": cfg.Totals, "publication_precision": cfg.Publish.Precision, "publication_delay": cfg.Publish.Delay,
				"translate_endpoint": cfg.Translate.Endpoint, "translate_allow_remote": cfg.Translate.Remote})
		}
		a.printf("%s", cfg.Text())
		return nil
	})
}

type serveCmd struct {
	Addr     string `help:"Address to listen on. One that other machines can reach needs --expose." default:"127.0.0.1:7117"`
	ReadOnly bool   `help:"Only show: nothing can be decided or imported, and other commands may write meanwhile."`
	exposing
}

func (c *serveCmd) Run(a *app) error {
	err := a.with(!c.ReadOnly && !c.DryRun, func(d *desk.Desk) error {
		how, err := c.serving(a, d, c.Addr)
		if err != nil {
			return err
		}
		if c.DryRun {
			return a.maySay(d, how)
		}
		return a.serve(d, how)
	})
	if errors.Is(err, pipeline.ErrLocked) {
		var h *record.Hint
		errors.As(err, &h)
		return record.WithHint(err, h.Do+"; or look without changing anything: dalil serve --read-only")
	}
	return err
}

// serve shows a case until the user ends it; one that is open for writing does
// its jobs meanwhile.
func (a *app) serve(d *desk.Desk, how Serving) error {
	if !d.Case.Writable() {
		return a.present(a.ctx, d, how, func(string) {})
	}
	s, err := d.Case.State()
	if err != nil {
		return err
	}
	q, err := d.Case.NewQueue(a.ctx, d.CaptureJobs(), d.OCRJobs())
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(a.ctx)
	done := make(chan error, 1)
	go func() {
		err := q.Run(ctx)
		if err != nil {
			fmt.Fprintln(a.Stderr, "dalil: jobs are not done any more:", err)
		}
		done <- err
	}()
	err = a.present(a.ctx, d, how, func(url string) {
		// For those who find the case locked. The process tells whether it is still true.
		if err := s.SetValue(ctx, state.KeyWorkbench, fmt.Sprintf("%s process %d", url, os.Getpid())); err != nil {
			fmt.Fprintln(a.Stderr, "dalil: note:", err)
		}
	})
	end()
	return errors.Join(err, <-done, s.SetValue(context.WithoutCancel(ctx), state.KeyWorkbench, ""))
}

func (a *app) present(ctx context.Context, d *desk.Desk, how Serving, open func(url string)) error {
	return a.Serve(ctx, d, how, func(url string) {
		open(url)
		if a.JSON {
			a.emit("serving", map[string]string{"url": url, "case": d.Case.Dir}) //nolint:errcheck // the server goes on without its reader
			return
		}
		a.printf("%s is open at %s    (Ctrl+C ends)\n", d.Case.Config.Name, url)
	})
}

type generateCmd struct {
	Messages int    `arg:""`
	Out      string `arg:"" type:"path"`
	Seed     uint64 `default:"1"`
}

func (c *generateCmd) Run(a *app) error {
	f, err := os.Create(c.Out)
	if err != nil {
		return err
	}
	if err := a.Generate(f, c.Messages, c.Seed); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
