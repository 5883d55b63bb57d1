package cli

import (
	"fmt"
	"time"

	"dalil/internal/desk"
	"dalil/internal/record"
)

type withdrawCmd struct {
	ID     string `arg:"" help:"The statement, S-…"`
	Reason string `help:"Why; it is recorded with your name." required:""`
	DryRun bool   `short:"n" help:"Check, record nothing."`
}

func (c *withdrawCmd) Run(a *app) error {
	return a.decide(c.ID, c.DryRun, "withdrawn: hidden from lists, not citable; its bytes and proof stay", func(d *desk.Desk) (record.Decision, error) {
		return d.Withdraw(a.ctx, c.ID, c.Reason)
	})
}

type restoreCmd struct {
	ID     string `arg:"" help:"The statement, S-…"`
	Reason string `help:"Why; it is recorded with your name." required:""`
	DryRun bool   `short:"n" help:"Check, record nothing."`
}

func (c *restoreCmd) Run(a *app) error {
	return a.decide(c.ID, c.DryRun, "restored", func(d *desk.Desk) (record.Decision, error) {
		return d.Restore(a.ctx, c.ID, c.Reason)
	})
}

func (a *app) decide(id string, dry bool, done string, act func(*desk.Desk) (record.Decision, error)) error {
	return a.with(!dry, func(d *desk.Desk) error {
		d.DryRun = dry
		x, err := act(d)
		if err != nil {
			return err
		}
		if dry {
			s, err := d.Statement(a.ctx, id)
			if err != nil {
				return err
			}
			if a.JSON {
				return a.emit("dry_run", map[string]string{"target": id})
			}
			a.printStatementHead(d, s)
			a.printf("Nothing recorded. Run again without --dry-run.\n")
			return nil
		}
		if a.JSON {
			return a.showDecision(d, x)
		}
		a.printf("%s %s (decision %s)\n", id, done, d.Case.IDs.ID(record.KindDecision, x.Leaf))
		return nil
	})
}

type eraseCmd struct {
	ID      string `arg:"" optional:"" help:"What to erase: a statement S-… or a captured file K-…"`
	Reason  string `help:"Why; it is recorded with your name and stays after the erasure."`
	Confirm string `help:"Second step: carry out this request, D-…" placeholder:"D-…"`
	DryRun  bool   `short:"n" help:"Say what would go; record nothing."`
}

func (c *eraseCmd) Run(a *app) error {
	if (c.ID == "") == (c.Confirm == "") {
		return usageError{fmt.Errorf("give either an id with --reason (first step) or --confirm D-… (second step)")}
	}
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		if c.Confirm != "" {
			d.DryRun = c.DryRun
			x, err := d.ConfirmErase(a.ctx, c.Confirm, c.Reason)
			if err != nil {
				return err
			}
			if c.DryRun {
				if a.JSON {
					return a.emit("dry_run", map[string]string{"target": c.Confirm})
				}
				a.printf("Would carry out %s. Nothing done.\n", c.Confirm)
				return nil
			}
			if a.JSON {
				return a.showDecision(d, x)
			}
			a.printf("Erased. A signed tombstone stays in the log; every other proof still verifies.\n")
			a.printf("Backups and bundles made before still hold the bytes, and a disk may keep copies of overwritten blocks.\n")
			return nil
		}
		if c.DryRun {
			t, err := d.EraseTarget(a.ctx, c.ID)
			if err != nil {
				return err
			}
			if a.JSON {
				return a.emit("dry_run", map[string]string{"target": t.ID, "what": t.What})
			}
			a.printf("Would erase %s. Nothing recorded.\n", t.What)
			return nil
		}
		x, t, err := d.RequestErase(a.ctx, c.ID, c.Reason)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.showDecision(d, x)
		}
		request := d.Case.IDs.ID(record.KindDecision, x.Leaf)
		a.printf("This would destroy for good: %s.\n", t.What)
		a.printf("Nothing is destroyed yet. To carry it out:  dalil erase --confirm %s\n", request)
		return nil
	})
}

type outageCmd struct {
	From   string `arg:"" help:"When it began, like 2026-01-08 or 2026-01-08T20:30 in the case's time zone."`
	To     string `arg:"" optional:"" help:"When it ended; leave out while it lasts."`
	Source string `help:"The source that was down: its name, key or id. Default: all of them."`
	Reason string `help:"What was down: a country offline, a collector stopped." required:""`
	DryRun bool   `short:"n" help:"Check, record nothing."`
}

func (c *outageCmd) Run(a *app) error {
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		from, err := moment(c.From, d.Case.Zone)
		if err != nil {
			return err
		}
		var to time.Time
		if c.To != "" {
			if to, err = moment(c.To, d.Case.Zone); err != nil {
				return err
			}
		}
		d.DryRun = c.DryRun
		g, err := d.Outage(a.ctx, c.Source, from, to, c.Reason)
		if err != nil {
			return err
		}
		if c.DryRun {
			if a.JSON {
				return a.emit("dry_run", map[string]string{"from": from.UTC().Format(time.RFC3339)})
			}
			a.printf("Would record an outage from %s. Nothing recorded.\n", from.Format("2006-01-02 15:04 MST"))
			return nil
		}
		return a.showGap(d, g)
	})
}

func moment(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, usageError{fmt.Errorf("%w time %q: write 2026-01-08 or 2026-01-08T20:30", record.ErrInvalid, s)}
}
