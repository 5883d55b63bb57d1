package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/language"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

type importCmd struct {
	Paths        []string `arg:"" optional:"" name:"path" help:"Telegram export, 4CAT or auto-archiver table, WARC/WACZ, HTML, PDF, text, images; a folder or zip of them." type:"path"`
	Source       string   `help:"Name of the source, for files that do not say theirs."`
	KeepSenders  string   `help:"Keep the names of private persons, for this reason. Without it they appear as pseudonyms." placeholder:"REASON"`
	IncludeOwner bool     `help:"Take the exporting account's private chats too."`
	Resume       string   `help:"Go on with an import that was paused or interrupted." placeholder:"JOB"`
	DryRun       bool     `short:"n" help:"Say what would happen; write nothing."`
}

func (c *importCmd) Run(a *app) error {
	switch {
	case (len(c.Paths) == 0) == (c.Resume == ""):
		return record.WithHint(usageError{errors.New("name files or folders to import, or a job to go on with by --resume")}, "see `dalil import --help`")
	case c.Resume != "" && (c.DryRun || c.Source != "" || c.KeepSenders != "" || c.IncludeOwner):
		return record.WithHint(usageError{errors.New("an import that is resumed keeps what it was asked to do")}, "leave the other flags out")
	}
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		p := a.newProgress()
		var (
			r   pipeline.Receipt
			j   state.Job
			err error
		)
		switch {
		case c.Resume != "":
			r, j, err = d.Case.ResumeNow(a.ctx, c.Resume, p.update)
		case c.DryRun:
			r, err = d.Case.Import(a.ctx, c.Paths, pipeline.ImportOptions{Source: c.Source, KeepSenders: c.KeepSenders, KeepOwner: c.IncludeOwner, DryRun: true, Progress: p.update})
		default:
			r, j, err = d.Case.ImportNow(a.ctx, pipeline.ImportJob{Paths: c.Paths, Source: c.Source, KeepSenders: c.KeepSenders, KeepOwner: c.IncludeOwner}, p.update)
		}
		p.done()
		if err != nil {
			return err
		}
		if err := a.printReceipt(d, r, j, c.DryRun); err != nil {
			return err
		}
		a.partly = r.Failed > 0
		if r.Cancelled {
			return context.Canceled
		}
		return nil
	})
}

func (a *app) printReceipt(d *desk.Desk, r pipeline.Receipt, j state.Job, dry bool) error {
	run := ""
	if r.Run != 0 {
		run = d.Case.IDs.ID(record.KindRun, r.Run)
	}
	if a.JSON {
		problems := r.Problems
		r.Problems = nil
		for _, p := range problems {
			if err := a.emit("problem", p); err != nil {
				return err
			}
		}
		return a.emit("summary", struct {
			pipeline.Receipt
			Import  string `json:"import,omitempty"`
			Job     string `json:"job,omitempty"`
			Earlier int64  `json:"earlier,omitempty"`
			DryRun  bool   `json:"dry_run,omitempty"`
		}{r, run, j.ID, j.Earlier, dry})
	}
	verb := "Imported"
	if dry {
		verb = "Would import"
	}
	a.printf("%s %s: %s\n", verb, count(r.Files, "file"), size(r.Bytes))
	row := func(n int64, what, note string) { // what: "one|many" where they differ
		one, many, differ := strings.Cut(what, "|")
		if differ && n != 1 {
			one = many
		}
		if n > 0 {
			a.printf("  %12s  %s%s\n", group(n), one, note)
		}
	}
	if r.Read == 0 {
		a.printf("  %12s  statements read\n", "no")
	}
	row(r.Read, "statement read|statements read", "")
	row(r.New, "new", "")
	row(j.Earlier, "added by earlier runs of this job", " (known now)")
	row(r.Known, "known already", "")
	row(r.Edits, "changed since: kept as a new version|changed since: kept as new versions", "")
	row(r.Failed, "failed", ": see below")
	row(r.Sources, "new source|new sources", "")
	row(r.Missing, "not in this export any more", " (noted as seen missing; that is no proof of deletion)")
	row(r.Returned, "was missing and is here again|were missing and are here again", "")
	row(r.Gaps, "hole in the message ids|holes in the message ids", " (recorded)")
	row(r.InFamilies, "in a family with others now: dalil families", "")
	row(r.OmittedMedia, "media left out by the export itself", "")
	row(r.MissingMedia, "media file named but not beside the export|media files named but not beside the export", "")
	for _, what := range slices.Sorted(maps.Keys(r.Skipped)) {
		row(r.Skipped[what], "not taken: "+what, "")
	}
	for i, p := range r.Problems {
		if i == 20 {
			a.printf("  … and %s more: dalil show %s\n", group(int64(len(r.Problems)-i)+r.More), run)
			break
		}
		where := p.File
		if p.Offset >= 0 {
			where = fmt.Sprintf("%s, byte %d", p.File, p.Offset)
		}
		a.printf("  ✕ %s: %s\n", where, p.What)
		if p.Remedy != "" {
			a.printf("      → %s\n", p.Remedy)
		}
	}
	if dry {
		a.printFound(d, r)
	}
	switch {
	case dry:
		a.printf("Nothing written. Run again without --dry-run.\n")
	case run == "":
		a.printf("Nothing new: the log stays at %s records.\n", group(int64(d.Case.Archive.Size())))
	default:
		a.printf("Receipt %s: records %s to %s, log root %s\n", run, group(int64(r.LeafFirst)), group(int64(r.LeafLast)), r.Checkpoint)
	}
	if r.Cancelled {
		how := "Interrupted"
		switch j.State {
		case state.Paused:
			how = "Paused"
		case state.Cancelled:
			how = "Cancelled"
		}
		a.printf("%s. What is told above is safe. To go on:  dalil import --resume %s\n", how, j.ID)
	}
	return nil
}

// printFound says whose statements a dry run found, and what is odd about their
// clocks.
func (a *app) printFound(d *desk.Desk, r pipeline.Receipt) {
	for i, f := range r.Found {
		if i == 20 {
			a.printf("  … and %s\n", count(int64(len(r.Found)-i), "more source"))
			break
		}
		a.printf("  %s  %s", language.Visible(f.Name), count(f.Statements, "statement"))
		if f.First.Known() {
			a.printf("  %s → %s", f.First.In(d.Case.Zone), f.Last.In(d.Case.Zone))
		}
		if !f.Here {
			a.printf("  new source")
		}
		a.printf("\n")
		for _, x := range []struct {
			n    int64
			what string
		}{
			{f.Untimed, "do not say when they were posted"},
			{f.Zoneless, "give a time without a zone: it is read in the case's, " + d.Case.Zone.String()},
			{f.Nameless, "name where they are copied from without an id: the origin is found by its name, or stays unresolved"},
		} {
			if x.n > 0 {
				a.printf("  %12s  %s\n", group(x.n), x.what)
			}
		}
	}
}

// count writes "1 file", "2 files", "3 entries".
func count(n int64, what string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(what, "y"):
		what = what[:len(what)-1] + "ies"
	default:
		what += "s"
	}
	return group(n) + " " + what
}

// group writes a number with thousands apart.
func group(n int64) string {
	s := fmt.Sprint(n)
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// size writes bytes for people.
func size(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, u := float64(n), 0
	for f >= unit && u < 4 {
		f, u = f/unit, u+1
	}
	return fmt.Sprintf("%.1f %ciB", f, " KMGT"[u])
}
