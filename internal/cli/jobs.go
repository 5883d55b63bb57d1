package cli

import (
	"encoding/json"
	"fmt"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

type jobsCmd struct{}

func (c *jobsCmd) Run(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
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
