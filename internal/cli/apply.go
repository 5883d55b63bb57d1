package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

type applyCmd struct {
	File   string `arg:"" help:"A sheet that inbox --sheet or search --sheet wrote, filled in; - reads it from standard input."`
	Reason string `help:"Why; it is recorded with your name, beside the reasons in the sheet."`
	DryRun bool   `short:"n" help:"Say what would change; record nothing."`
}

func (c *applyCmd) Run(a *app) error {
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		file, err := readBounded(a, c.File, desk.SheetBytes)
		if err != nil {
			return err
		}
		d.DryRun = c.DryRun
		e, err := d.ReadSheet(a.ctx, file)
		if err != nil {
			return err
		}
		var done desk.Triaged
		if len(e.Changes) > 0 {
			if done, err = d.Apply(a.ctx, e, c.Reason); err != nil {
				return err
			}
		}
		a.partly = len(e.Refused)+len(e.Conflicts) > 0
		if a.JSON {
			kind := "apply"
			if c.DryRun {
				kind = "dry_run"
			}
			return a.emit(kind, struct {
				Decision string `json:"decision,omitempty"`
				Action   string `json:"action"`
				desk.EditsJSON
				Statements int    `json:"statements"`
				Seen       uint64 `json:"seen,omitempty"`
			}{done.ID, desk.ActionEdit, e.JSON(), done.Statements, done.Touched})
		}
		a.printEdits(e)
		switch {
		case len(e.Changes) == 0:
			a.printf("Nothing to record.\n")
		case c.DryRun:
			a.printf("Nothing recorded: this was a dry run.\n")
		default:
			a.printf("Changed %s, %s in all (decision %s; take it back with `dalil undo %s`)\n", count(int64(done.Count), "row"), count(int64(done.Statements), "statement"), done.ID, done.ID)
		}
		return nil
	})
}

// readBounded reads a whole file of at most so many bytes, or standard input.
func readBounded(a *app, path string, most int64) ([]byte, error) {
	var from io.Reader = a.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil, record.WithHint(fmt.Errorf("%s: %w", path, record.ErrNotFound), "name a file that is there")
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	return io.ReadAll(io.LimitReader(from, most+1)) // the sheet's reader says that it is too long
}

// printEdits says what a sheet would do, row by row.
func (a *app) printEdits(e *desk.Edits) {
	told := 0
	more := func() bool { told++; return told <= editsTold }
	for _, r := range e.Changes {
		if !more() {
			break
		}
		a.printf("line %d  %s  %s\n", r.Line, r.ID, cellsWords(r.Changes))
	}
	if n := len(e.Changes) - editsTold; n > 0 {
		a.printf("… and %s more that change; --json names all\n", group(int64(n)))
	}
	for _, r := range e.Conflicts {
		a.printf("line %d  %s  not changed: %s\n      there and in your row: %s\n      → %s\n", r.Line, terminal(r.ID), terminal(r.What.String()), cellsWords(r.Now), r.Do)
	}
	for _, r := range e.Refused {
		a.printf("line %d  %s  refused: %s\n      → %s\n", r.Line, terminal(r.ID), terminal(r.What.String()), terminal(r.Do))
	}
	if len(e.Ignored) > 0 {
		a.printf("Columns that are only there to be read: %s\n", terminal(strings.Join(e.Ignored, ", ")))
	}
	a.printf("%s: %s, %s so already, %s by others since, %s\n", count(int64(e.Rows), "row"), changeWords(len(e.Changes)), group(int64(e.Already)), changedWords(len(e.Conflicts)), refusedWords(len(e.Refused)))
}

// editsTold is how many changes are printed one by one.
const editsTold = 200

func changeWords(n int) string {
	if n == 1 {
		return "1 changes"
	}
	return group(int64(n)) + " change"
}

func changedWords(n int) string { return group(int64(n)) + " changed" }
func refusedWords(n int) string { return group(int64(n)) + " not found or refused" }

// cellsWords says what changes in a row.
func cellsWords(all []desk.CellEdit) string {
	parts := make([]string, len(all))
	for i, c := range all {
		from, to := c.From, c.To
		if from == "" {
			from = "nothing"
		}
		if to == "" {
			to = "nothing"
		}
		parts[i] = c.Column + ": " + terminal(from) + " → " + terminal(to)
	}
	return strings.Join(parts, ", ")
}

// writeSheet writes a list as a sheet to fill in.
func (a *app) writeSheet(d *desk.Desk, path string, of desk.SheetOf) error {
	if rel, err := filepath.Rel(d.Case.Dir, path); err == nil && filepath.IsLocal(rel) {
		return record.WithHint(fmt.Errorf("%w: %s is in the case folder, where every file is accounted for", record.ErrInvalid, path), "name a file outside of it, like --sheet ../edits.csv")
	}
	of.Mark = true
	b, how, err := d.Sheet(a.ctx, of)
	if err != nil {
		return err
	}
	if err := writeNew(path, b); err != nil {
		return err
	}
	a.partly = len(how.Withheld) > 0 || !how.Complete
	if a.JSON {
		return a.emit("sheet", struct {
			Path string `json:"path"`
			desk.Sheeted
		}{path, how})
	}
	a.printf("%s to fill in: %s\n", count(int64(how.Rows), "row"), path)
	for _, w := range how.Withheld {
		a.printf("  stays here: %s: %s\n", count(int64(w.N), "row"), w.Why)
	}
	if !how.Complete {
		a.printf("  more match: a sheet has at most %s rows; narrow the search, by posted: for one\n", group(desk.SheetRows))
	}
	a.printf("Change state, of, until, labels, assigned, give a reason; leave id and seen. Then `dalil apply FILE --dry-run`.\n")
	return nil
}
