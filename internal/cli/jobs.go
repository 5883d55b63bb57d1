package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/language"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

type jobsCmd struct {
	Do string `arg:"" optional:"" help:"list, watch, pause, resume or cancel." default:"list" enum:"list,watch,pause,resume,cancel"`
	ID string `arg:"" optional:"" help:"Which job: J-…"`
}

func (c *jobsCmd) Run(a *app) error {
	if (c.Do == "list") != (c.ID == "") {
		return record.WithHint(usageError{fmt.Errorf("name one job to %s", c.Do)}, "list them with `dalil jobs`")
	}
	return a.with(false, func(d *desk.Desk) error {
		switch c.Do {
		case "watch":
			return a.watchJob(d, c.ID)
		case "pause":
			return a.tellJob(d, "asked to pause", d.PauseJob, c.ID)
		case "resume":
			return a.tellJob(d, "in the queue again", d.ResumeJob, c.ID)
		case "cancel":
			return a.tellJob(d, "asked to end", d.CancelJob, c.ID)
		}
		if err := a.listJobs(d); err != nil {
			return err
		}
		runs, err := d.Case.Catalog.Runs(a.ctx)
		if err != nil {
			return err
		}
		for _, r := range runs {
			if err := a.printRun(d, r, false); err != nil {
				return err
			}
		}
		return nil
	})
}

// listJobs prints the jobs that are not done; with --json every one. A finished
// one is told by its receipt.
func (a *app) listJobs(d *desk.Desk) error {
	if !exists(filepath.Join(d.Case.Dir, state.File)) {
		return nil // reading leaves nothing behind
	}
	all, err := d.Jobs(a.ctx, 0)
	if err != nil {
		return err
	}
	for i := range all {
		j := &all[i]
		switch {
		case a.JSON:
			err = a.emit("job", d.JobJSON(*j))
		case j.State.Open() || j.State == state.Failed:
			a.printJob(j)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printJob(j *state.Job) {
	a.printf("%s  %s  %s of %s by %s: %s", j.ID, clock(j.Created), j.Kind, terminal(j.Title), j.By, j.State)
	if j.Wish != "" {
		a.printf(" (asked to %s)", j.Wish)
	}
	if j.Total > 0 && j.State == state.Running {
		a.printf(", %s, %.0f %%", j.Phase, 100*j.Share)
		if left := about(time.Duration(j.Left) * time.Second); left != "" {
			a.printf(", %s", left)
		}
	}
	if n := j.Counts["read"]; n > 0 {
		a.printf(", %s read, %s new, %s failed", group(n), group(j.Counts["new"]+j.Earlier), group(j.Counts["failed"]))
	}
	if j.Error != "" {
		a.printf(": %s", language.Visible(j.Error))
	}
	a.printf("\n")
	if j.Remedy != "" {
		a.printf("      → %s\n", j.Remedy)
	}
}

// tellJob does something to a job and says what became of it.
func (a *app) tellJob(d *desk.Desk, done string, do func(context.Context, string) (state.Job, error), id string) error {
	j, err := do(a.ctx, id)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.emit("job", d.JobJSON(j))
	}
	switch {
	case j.State == state.Running:
		a.printf("%s is %s; it stops at its next batch.\n", j.ID, done)
	case j.State == state.Queued:
		a.printf("%s is %s: `dalil serve` does it, or right now `dalil import --resume %s`.\n", j.ID, done, j.ID)
	default:
		a.printf("%s is %s.\n", j.ID, j.State)
	}
	return nil
}

// watchJob follows a job until it stops, whoever does it.
func (a *app) watchJob(d *desk.Desk, id string) error {
	p := a.newProgress()
	defer p.done()
	for since := int64(0); ; {
		j, err := d.WaitJob(a.ctx, id, since)
		if err != nil {
			return err
		}
		since = j.Revision
		if a.JSON {
			if err := a.emit("job", d.JobJSON(j)); err != nil {
				return err
			}
		} else if j.State == state.Running {
			p.update(pipeline.Progress{Phase: j.Phase, File: j.File, Done: j.Done, Total: j.Total, Rate: j.Rate, Share: j.Share, Left: time.Duration(j.Left) * time.Second,
				Receipt: pipeline.Receipt{Read: j.Counts["read"], New: j.Counts["new"]}})
		}
		if j.State == state.Running || j.State == state.Queued {
			continue
		}
		p.done()
		if !a.JSON {
			a.printJob(&j)
		}
		a.partly = j.Counts["failed"] > 0
		if j.State == state.Failed {
			return record.WithHint(fmt.Errorf("job %s failed: %s", j.ID, j.Error), j.Remedy)
		}
		return nil
	}
}

func (a *app) showRun(d *desk.Desk, leaf uint64) error {
	runs, err := d.Case.Catalog.Runs(a.ctx)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Leaf == leaf {
			return a.printRun(d, r, true)
		}
	}
	return fmt.Errorf("%s: %w", d.Case.IDs.ID(record.KindRun, leaf), record.ErrNotFound)
}

func (a *app) printRun(d *desk.Desk, r catalog.Run, whole bool) error {
	id := d.Case.IDs.ID(record.KindRun, r.Leaf)
	if a.JSON {
		end := ""
		if r.End != 0 {
			end = rfc3339(r.EndAt)
		}
		return a.emit("run", struct {
			ID      string          `json:"id"`
			Verb    string          `json:"verb"`
			At      string          `json:"at"`
			By      string          `json:"by"`
			Ended   string          `json:"ended,omitempty"`
			Detail  json.RawMessage `json:"detail,omitempty"`
			Receipt json.RawMessage `json:"receipt,omitempty"`
		}{id, r.Verb, rfc3339(r.At), r.By, end, json.RawMessage(r.Detail), json.RawMessage(r.Receipt)})
	}
	if r.End == 0 {
		a.printf("%s  %s  %s by %s: did not finish; what it added is safe\n", id, clock(r.At), r.Verb, r.By)
		return nil
	}
	var rec pipeline.Receipt
	if err := json.Unmarshal([]byte(r.Receipt), &rec); err != nil {
		return fmt.Errorf("receipt of %s: %w", id, err)
	}
	a.printf("%s  %s  %s by %s: %s new, %s known, %s edits, %s failed\n", id, clock(r.At), r.Verb, r.By, group(rec.New), group(rec.Known), group(rec.Edits), group(rec.Failed))
	if whole {
		for _, p := range rec.Problems {
			a.printf("  ✕ %s, byte %d: %s\n", p.File, p.Offset, p.What)
		}
	}
	return nil
}
