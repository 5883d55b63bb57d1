package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
	"dalil/internal/redact"
)

type exportCmd struct {
	Format  string   `arg:"" help:"csv: a table for a spreadsheet or a program." enum:"csv"`
	Query   []string `arg:"" optional:"" help:"Which statements, as for search; all when left out."`
	Out     string   `short:"o" help:"New file. How it was made is written beside it, to FILE.how.json: keep that." required:"" placeholder:"FILE" type:"path"`
	For     string   `help:"Who will see it: public, or partner (a court, an editor; under an agreement)." enum:"public,partner" default:"public"`
	Columns []string `help:"Columns, in this order." placeholder:"NAME,…"`
	Bom     bool     `help:"Begin with a byte order mark, for spreadsheets that garble Arabic and Persian without."`
	DryRun  bool     `short:"n" help:"Say what would leave and what stays; write nothing."`
}

func (c *exportCmd) Run(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
		audience := redact.ForPublic
		if c.For == "partner" {
			audience = redact.ForPartner
		}
		if rel, err := filepath.Rel(d.Case.Dir, c.Out); err == nil && filepath.IsLocal(rel) {
			return record.WithHint(fmt.Errorf("%w: %s is in the case folder, where every file is accounted for", record.ErrInvalid, c.Out), "name a file outside of it, like -o ../statements.csv")
		}
		release, how, err := d.List(a.ctx, strings.Join(c.Query, " "), audience)
		if err != nil {
			return err
		}
		beside := c.Out + ".how.json"
		if _, err := os.Lstat(beside); err == nil && !c.DryRun {
			return thereAlready(beside)
		}
		if err := a.Table(a.ctx, TableFile{Path: c.Out, Columns: c.Columns, Mark: c.Bom, DryRun: c.DryRun}, release); err != nil {
			return err
		}
		if !c.DryRun {
			if err := writeHow(beside, how); err != nil {
				return err
			}
		}
		a.partly = len(how.Withheld) > 0
		if a.JSON {
			return a.emit("export", struct {
				Path   string `json:"path"`
				How    string `json:"how"`
				Format string `json:"format"`
				desk.Listing
				DryRun bool `json:"dry_run,omitempty"`
			}{c.Out, beside, c.Format, how, c.DryRun})
		}
		verb := "Listed"
		if c.DryRun {
			verb = "Would list"
		}
		a.printf("%s %s for %s, %s: %s.\n", verb, count(int64(how.Rows), "statement"), audience, how.Order, how.Words)
		for _, w := range how.Withheld {
			a.printf("  stays here: %s: %s\n", count(int64(w.N), "statement"), w.Why)
		}
		for _, n := range how.Notes {
			a.printf("  · %s\n", n)
		}
		if !c.DryRun {
			a.printf("%s\n%s says how it was made and what was withheld: keep it, and do not hand it on.\n", c.Out, beside)
		}
		return nil
	})
}

// writeHow writes how a list was made. Nothing is overwritten.
func writeHow(path string, how desk.Listing) error {
	b, err := json.MarshalIndent(how, "", "  ")
	if err != nil {
		return err
	}
	return writeNew(path, append(b, '\n'))
}

// writeNew writes a file that is not there yet, for its owner to read.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return thereAlready(path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func thereAlready(path string) error {
	return record.WithHint(fmt.Errorf("write %s: %w: something is there already", path, record.ErrConflict), "choose another name; nothing is overwritten")
}
