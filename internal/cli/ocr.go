package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

type ocrCmd struct {
	Query  []string `arg:"" optional:"" help:"Only pictures of the statements that this query finds. Nothing: all."`
	Limit  int      `short:"l" help:"Most pictures to read; 0 for all." default:"200"`
	Resume string   `help:"Go on with a job that was paused or interrupted." placeholder:"JOB"`
	DryRun bool     `short:"n" help:"Say how many pictures would be read; read none."`
}

// Run reads the text in pictures of statements by text recognition, where the
// program for it is installed. It is a job, as it is from the browser.
func (c *ocrCmd) Run(a *app) error {
	if c.Resume != "" && (len(c.Query) > 0 || c.DryRun) {
		return record.WithHint(usageError{errors.New("a job that is resumed keeps what it was asked to do")}, "leave the query and the other flags out")
	}
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		choice := desk.PictureChoice{Query: strings.TrimSpace(strings.Join(c.Query, " ")), Limit: c.Limit}
		if c.DryRun {
			_, waiting, err := d.UnreadPictures(a.ctx, choice)
			if err != nil {
				return err
			}
			if a.JSON {
				return a.emit("dry_run", map[string]int{"pictures": waiting})
			}
			a.printf("Would read %s, about half a second each. Nothing read.\n", count(int64(waiting), "picture"))
			return nil
		}
		h, err := d.TextReader(a.ctx)
		if err != nil {
			return err
		}
		p := a.newProgress()
		var (
			r pipeline.Receipt
			j state.Job
		)
		if c.Resume != "" {
			r, j, err = d.Case.ResumeNow(a.ctx, c.Resume, p.update, d.OCRJobs())
		} else {
			r, j, err = d.OCRNow(a.ctx, choice, p.update)
		}
		p.done()
		if err != nil {
			return err
		}
		a.partly = r.Failed > 0
		if a.JSON {
			for _, x := range r.Problems {
				if err := a.emit("problem", x); err != nil {
					return err
				}
			}
			r.Problems = nil
			run := ""
			if r.Run != 0 {
				run = d.Case.IDs.ID(record.KindRun, r.Run)
			}
			if err := a.emit("summary", map[string]any{"read": r.Read, "with_text": r.New, "failed": r.Failed, "in_families": r.InFamilies, "tool": h.Tool, "import": run, "job": j.ID}); err != nil {
				return err
			}
		} else {
			a.printf("Read %s with %s: text in %s", count(r.Read, "picture"), h.Tool, group(r.New))
			if r.Failed > 0 {
				a.printf(", %s failed", group(r.Failed))
			}
			a.printf(".\n")
			for i, x := range r.Problems {
				if i == 20 {
					a.printf("  … and %s more\n", group(int64(len(r.Problems)-i)+r.More))
					break
				}
				a.printf("  ✕ %s: %s\n      → %s\n", terminal(x.File), x.What, x.Remedy)
			}
			if r.InFamilies > 0 {
				a.printf("%s in a family with others now: dalil families\n", fmt.Sprint(r.InFamilies))
			}
			a.printf("Numbers that software reads in pictures are often wrong: check them against the picture.\n")
		}
		if r.Cancelled {
			if !a.JSON {
				a.printf("What was read is kept. To go on:  dalil ocr --resume %s\n", j.ID)
			}
			return context.Canceled
		}
		return nil
	})
}
