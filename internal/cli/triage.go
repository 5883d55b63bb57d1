package cli

import (
	"fmt"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// which units a decision is about, and how it is made: flags that all commands
// of this file have.
type which struct {
	IDs    []string `arg:"" optional:"" name:"id" help:"Families Y-… or statements S-…, which stand for the family they are in."`
	Query  string   `help:"Everything that matches, in one decision, instead of ids." placeholder:"QUERY"`
	Seen   *uint64  `help:"The newest decision you saw (seen in the JSON of inbox): if there is a newer one, nothing is recorded." placeholder:"N"`
	Reason string   `help:"Why; it is recorded with your name."`
	DryRun bool     `short:"n" help:"Say what would change; record nothing."`
}

func (w *which) of(action string) desk.Triage {
	t := desk.Triage{Action: action, Units: w.IDs, All: w.Query != "", Query: w.Query, Reason: w.Reason}
	if w.Seen != nil {
		t.Check, t.Seen = true, *w.Seen
	}
	return t
}

func (w *which) check() error {
	if (len(w.IDs) == 0) == (w.Query == "") {
		return usageError{fmt.Errorf("give either ids or --query")}
	}
	return nil
}

type triageCmd struct {
	Keep      keepCmd      `cmd:"" help:"It matters."`
	Duplicate duplicateCmd `cmd:"" help:"Another family or statement says the same."`
	Dismiss   dismissCmd   `cmd:"" help:"It is not relevant; it stays searchable."`
	Later     laterCmd     `cmd:"" help:"Put it off, until a time or for good."`
	Reopen    reopenCmd    `cmd:"" help:"Nothing is decided about it any more."`
}

type keepCmd struct{ which }
type dismissCmd struct{ which }
type reopenCmd struct{ which }

func (c *keepCmd) Run(a *app) error    { return a.triage(&c.which, c.of(desk.ActionKeep)) }
func (c *dismissCmd) Run(a *app) error { return a.triage(&c.which, c.of(desk.ActionDismiss)) }
func (c *reopenCmd) Run(a *app) error  { return a.triage(&c.which, c.of(desk.ActionReopen)) }

type duplicateCmd struct {
	which
	Of string `help:"What says the same: Y-… or S-…" required:"" placeholder:"ID"`
}

func (c *duplicateCmd) Run(a *app) error {
	t := c.of(desk.ActionDuplicate)
	t.Of = c.Of
	return a.triage(&c.which, t)
}

type laterCmd struct {
	which
	Until string `help:"New again at this time, like 2026-02-01 or 2026-02-01T09:00 in the case's time zone. Default: put off for good." placeholder:"TIME"`
}

func (c *laterCmd) Run(a *app) error {
	t := c.of(desk.ActionLater)
	return a.triageAt(&c.which, t, c.Until)
}

type labelCmd struct {
	Label  string `arg:"" optional:"" help:"The label. Nothing: list the labels in use."`
	Remove bool   `short:"r" help:"Take the label off."`
	which
}

func (c *labelCmd) Run(a *app) error {
	if c.Label == "" {
		return a.with(false, func(d *desk.Desk) error {
			all, err := d.Labels(a.ctx)
			for _, l := range all {
				if a.JSON {
					err = a.emit("label", map[string]any{"label": l.Label, "statements": l.N})
				} else {
					a.printf("%7s  %s\n", group(l.N), terminal(l.Label))
				}
				if err != nil {
					return err
				}
			}
			if len(all) == 0 && !a.JSON {
				a.printf("No labels yet: `dalil label \"to call back\" Y-…` makes one.\n")
			}
			return err
		})
	}
	t := c.of(desk.ActionLabel)
	if c.Remove {
		t.Action = desk.ActionUnlabel
	}
	t.Labels = []string{c.Label}
	return a.triage(&c.which, t)
}

type assignCmd struct {
	To string `arg:"" help:"A handle of this case, or nobody."`
	which
}

func (c *assignCmd) Run(a *app) error {
	t := c.of(desk.ActionAssign)
	if t.To = c.To; strings.EqualFold(c.To, "nobody") {
		t.Action = desk.ActionUnassign
	}
	return a.triage(&c.which, t)
}

type shieldCmd struct {
	ID     string   `arg:"" help:"The family Y-… or statement S-… that names a private person."`
	Names  []string `name:"name" sep:"none" help:"How the person is named in the text; once for each spelling." placeholder:"NAME"`
	Lift   bool     `help:"Show the name again, everywhere."`
	Open   bool     `help:"Show the names and the text to you, once; that you looked is recorded."`
	Reason string   `help:"Why; it is recorded with your name. Do not write the person's name in it." required:""`
	DryRun bool     `short:"n" help:"Check, record nothing."`
}

func (c *shieldCmd) Run(a *app) error {
	if n := len(c.Names); (n > 0) == (c.Lift || c.Open) || c.Lift && c.Open {
		return usageError{fmt.Errorf("give the person's names with --name, or --lift, or --open")}
	}
	if c.Open {
		return a.with(!c.DryRun, func(d *desk.Desk) error {
			d.DryRun = c.DryRun
			o, err := d.Open(a.ctx, c.ID, c.Reason)
			if err != nil || c.DryRun {
				return err
			}
			row, err := o.Desk.InboxUnit(a.ctx, c.ID)
			if err != nil {
				return err
			}
			if a.JSON {
				return a.emit("opened", map[string]any{"id": row.ID, "names": o.Names, "decision": o.ID, "text": row.First.Text})
			}
			a.printf("%s names %s (that you looked is on record as %s)\n\n%s\n", row.ID, terminal(strings.Join(o.Names, ", ")), o.ID, terminal(row.First.Text))
			return nil
		})
	}
	w := which{IDs: []string{c.ID}, Reason: c.Reason, DryRun: c.DryRun}
	t := w.of(desk.ActionShield)
	if t.Names = c.Names; c.Lift {
		t.Action = desk.ActionUnshield
	}
	return a.triage(&w, t)
}

func (a *app) triage(w *which, t desk.Triage) error { return a.triageAt(w, t, "") }

// triageAt makes a decision; until, when not empty, is read in the case's zone.
func (a *app) triageAt(w *which, t desk.Triage, until string) error {
	if err := w.check(); err != nil {
		return err
	}
	return a.with(!w.DryRun, func(d *desk.Desk) error {
		if until != "" {
			at, err := moment(until, d.Case.Zone)
			if err != nil {
				return err
			}
			t.Until = at
		}
		d.DryRun = w.DryRun
		done, err := d.Triage(a.ctx, t)
		if err != nil {
			return err
		}
		if a.JSON {
			kind := "triage"
			if w.DryRun {
				kind = "dry_run"
			}
			return a.emit(kind, struct {
				Decision   string   `json:"decision,omitempty"`
				Action     string   `json:"action"`
				Units      []string `json:"units"`
				Count      int      `json:"count"`
				Statements int      `json:"statements"`
				Already    int      `json:"already"`
				Seen       uint64   `json:"seen"`
			}{done.ID, t.Action, done.Units, done.Count, done.Statements, done.Already, done.Touched})
		}
		what := done.Units[0]
		if done.Count > 1 {
			what = group(int64(done.Count)) + " families and statements"
		}
		more := ""
		if done.Statements > done.Count {
			more = ", " + count(int64(done.Statements), "statement") + " in all"
		}
		if done.Already > 0 {
			more += fmt.Sprintf("; %s so already", group(int64(done.Already)))
		}
		if w.DryRun {
			a.printf("Would %s %s%s. Nothing recorded.\n", t.Action, what, more)
			return nil
		}
		a.printf("%s: %s%s (decision %s; take it back with `dalil undo %s`)\n", triageWords(t.Action), what, more, done.ID, done.ID)
		return nil
	})
}

func triageWords(action string) string {
	switch action {
	case desk.ActionKeep:
		return "kept"
	case desk.ActionDismiss:
		return "dismissed"
	case desk.ActionDuplicate:
		return "marked as duplicate"
	case desk.ActionLater:
		return "put off"
	case desk.ActionReopen:
		return "reopened"
	case desk.ActionLabel:
		return "labelled"
	case desk.ActionUnlabel:
		return "label taken off"
	case desk.ActionAssign:
		return "assigned"
	case desk.ActionUnassign:
		return "assigned to nobody"
	case desk.ActionShield:
		return "name masked"
	}
	return "name shown again"
}

type savedCmd struct {
	List savedListCmd `cmd:"" default:"1" help:"List saved searches."`
	Add  savedAddCmd  `cmd:"" help:"Keep a query under a name; one of that name is replaced."`
	Drop savedDropCmd `cmd:"" help:"Let go of a saved search."`
}

type savedListCmd struct {
	Since *uint64 `help:"Only those with a warning that something matches which came in after the log had so many records." placeholder:"N"`
}

func (c *savedListCmd) Run(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
		if c.Since != nil {
			fired, err := d.Fired(a.ctx, *c.Since)
			if err != nil {
				return err
			}
			for _, f := range fired {
				if a.JSON {
					err = a.emit("fired", struct {
						desk.SavedJSON
						New   int64 `json:"new"`
						Exact bool  `json:"exact"`
					}{f.JSON(), f.N, f.Exact})
				} else {
					a.printf("%s  %s: %s new\n", f.ID, terminal(f.Name), group(f.N))
				}
				if err != nil {
					return err
				}
			}
			return nil
		}
		all, err := d.SavedSearches(a.ctx)
		if err != nil {
			return err
		}
		for _, s := range all {
			if a.JSON {
				if err := a.emit("saved_search", s.JSON()); err != nil {
					return err
				}
				continue
			}
			warn := ""
			if s.Warn {
				warn = "  [warns]"
			}
			a.printf("%s  %s%s\n  %s\n", s.ID, terminal(s.Name), warn, terminal(s.Query))
			if s.Problem != "" {
				a.printf("  cannot be read any more: %s\n", terminal(s.Problem))
			} else {
				a.printf("  %s\n", terminal(s.Echo))
			}
		}
		if len(all) == 0 && !a.JSON {
			a.printf("No saved searches: `dalil saved add NAME QUERY` keeps one.\n")
		}
		return nil
	})
}

type savedAddCmd struct {
	Name    string   `arg:"" help:"What to call it."`
	Query   []string `arg:"" help:"The query, as in search."`
	Warn    bool     `help:"Tell when something new matches."`
	Columns []string `help:"Columns to show, separated by commas." placeholder:"COLUMN"`
	View    string   `help:"How to show it: list, timeline or table, or the inbox as inbox or inbox-table." default:"list" enum:"list,timeline,table,inbox,inbox-table"`
	Reason  string   `help:"Why; it is recorded with your name."`
	DryRun  bool     `short:"n" help:"Check, record nothing."`
}

func (c *savedAddCmd) Run(a *app) error {
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		d.DryRun = c.DryRun
		s := desk.SavedSearch{Name: c.Name, Query: strings.Join(c.Query, " "), View: c.View, Columns: c.Columns, Warn: c.Warn}
		x, err := d.SaveSearch(a.ctx, s, c.Reason)
		if err != nil {
			return err
		}
		if c.DryRun {
			if a.JSON {
				return a.emit("dry_run", s)
			}
			a.printf("Would save %q. Nothing recorded.\n", c.Name)
			return nil
		}
		saved, err := d.SavedSearch(a.ctx, d.Case.IDs.ID(record.KindDecision, x.Leaf))
		if err != nil {
			return err
		}
		if a.JSON {
			return a.emit("saved_search", saved.JSON())
		}
		a.printf("Saved %q: %s (decision %s)\n", saved.Name, saved.Echo, saved.ID)
		return nil
	})
}

type savedDropCmd struct {
	Name   string `arg:"" help:"Its name or id D-…"`
	Reason string `help:"Why; it is recorded with your name."`
	DryRun bool   `short:"n" help:"Check, record nothing."`
}

func (c *savedDropCmd) Run(a *app) error {
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		d.DryRun = c.DryRun
		x, err := d.DropSearch(a.ctx, c.Name, c.Reason)
		switch {
		case err != nil:
			return err
		case c.DryRun && a.JSON:
			return a.emit("dry_run", map[string]string{"name": c.Name})
		case c.DryRun:
			a.printf("Would drop %q. Nothing recorded.\n", c.Name)
			return nil
		case a.JSON:
			return a.showDecision(d, x)
		}
		a.printf("Dropped %q (decision %s)\n", c.Name, d.Case.IDs.ID(record.KindDecision, x.Leaf))
		return nil
	})
}
