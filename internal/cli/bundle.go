package cli

import (
	"fmt"

	"dalil/internal/desk"
	"dalil/internal/record"
	"dalil/internal/redact"
)

type bundleCmd struct {
	IDs       []string `arg:"" name:"id" help:"Statements, S-…"`
	Out       string   `short:"o" help:"New folder, or a file ending in .zip." default:"evidence.zip" type:"path"`
	For       string   `help:"Who will see it: public, or partner (a court, an editor; under an agreement)." enum:"public,partner" default:"public"`
	Originals string   `help:"Let out originals that name private persons, for this reason." placeholder:"REASON"`
	Note      string   `help:"A word to the reader."`
	DryRun    bool     `short:"n" help:"Say what would leave and what stays; write nothing."`
}

func (c *bundleCmd) Run(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
		audience := redact.ForPublic
		if c.For == "partner" {
			audience = redact.ForPartner
		}
		release, report, err := d.Release(a.ctx, c.IDs, audience, c.Originals)
		for _, w := range report.Withheld {
			if err != nil && !a.JSON {
				fmt.Fprintf(a.Stderr, "  withheld: %s %s: %s\n", w.ID, w.What, w.Why)
			}
		}
		if err != nil {
			return err
		}
		if !c.DryRun {
			if err := a.Bundle(a.ctx, c.Out, release, c.Note); err != nil {
				return err
			}
		}
		for _, w := range report.Withheld {
			a.partly = a.partly || w.ID != "" && w.What == "the statement"
		}
		if a.JSON {
			if report.Withheld == nil {
				report.Withheld = []redact.Withheld{}
			}
			return a.emit("bundle", struct {
				Path       string            `json:"path"`
				Statements int               `json:"statements"`
				Entries    int               `json:"entries"`
				Originals  int               `json:"originals"`
				Withheld   []redact.Withheld `json:"withheld"`
				Notes      []string          `json:"notes"`
				DryRun     bool              `json:"dry_run,omitempty"`
			}{c.Out, report.Statements, report.Entries, report.Originals, report.Withheld, report.Notes, c.DryRun})
		}
		verb := "Packed"
		if c.DryRun {
			verb = "Would pack"
		}
		a.printf("%s %s for %s: %s with proofs, %s.\n", verb, count(int64(report.Statements), "statement"), audience, count(int64(report.Entries), "log entry"), count(int64(report.Originals), "original"))
		for _, w := range report.Withheld {
			a.printf("  stays here: %s %s: %s\n", w.ID, w.What, w.Why)
		}
		for _, n := range report.Notes {
			a.printf("  · %s\n", n)
		}
		if !c.DryRun {
			a.printf("%s\nThe reader checks it with `sha256sum -c MANIFEST.sha256`, `python3 verify.py .` or `dalil verify`.\n", c.Out)
		}
		return nil
	})
}

type restrictCmd struct {
	ID     string `arg:"" help:"The statement, S-…"`
	Reason string `help:"Why; it is recorded with your name." required:""`
	Lift   bool   `help:"Take a restriction back." xor:"what"`
	Public bool   `help:"Say that an internal statement may be shown to everybody." xor:"what"`
	DryRun bool   `short:"n" help:"Check, record nothing."`
}

func (c *restrictCmd) Run(a *app) error {
	done := "restricted: it stays in the house, no bundle or export contains it"
	if c.Lift {
		done = "no longer restricted"
	}
	if c.Public {
		return a.decide(c.ID, c.DryRun, "marked as public: it may be in bundles for everybody", func(d *desk.Desk) (record.Decision, error) {
			return d.MarkPublic(a.ctx, c.ID, c.Reason)
		})
	}
	return a.decide(c.ID, c.DryRun, done, func(d *desk.Desk) (record.Decision, error) {
		return d.Restrict(a.ctx, c.ID, c.Reason, c.Lift)
	})
}
