package cli

import (
	"fmt"

	"dalil/internal/desk"
	"dalil/internal/record"
)

type gradeCmd struct {
	Source string `arg:"" help:"The source: its id C-…, name or key."`
	Grade  string `arg:"" optional:"" help:"A completely reliable, B usually, C fairly, D not usually, E unreliable, F cannot be judged. Left out: list the grades so far."`
	Topic  string `help:"What the source is graded on, like 'rocket attacks'." placeholder:"TOPIC"`
	Reason string `help:"Why; it is recorded with your name."`
	DryRun bool   `short:"n" help:"Check, record nothing."`
}

func (c *gradeCmd) Run(a *app) error {
	if c.Grade == "" {
		if c.Topic != "" || c.Reason != "" {
			return usageError{fmt.Errorf("name a grade, A to F")}
		}
		return c.list(a)
	}
	grade, err := record.ParseReliability(c.Grade)
	if err != nil {
		return err
	}
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		d.DryRun = c.DryRun
		x, err := d.Grade(a.ctx, c.Source, c.Topic, grade, c.Reason)
		if err != nil {
			return err
		}
		s, err := d.Source(a.ctx, c.Source)
		if err != nil {
			return err
		}
		id := d.Case.IDs.ID(record.KindSource, s.Leaf)
		switch {
		case c.DryRun && a.JSON:
			return a.emit("dry_run", map[string]string{"target": id})
		case c.DryRun:
			a.printf("Would grade %s  %s: %s, %s, on %s. Nothing recorded.\n", id, terminal(s.Name), grade, grade.Words(), terminal(c.Topic))
			return nil
		case a.JSON:
			return a.showDecision(d, x)
		}
		a.printf("%s  %s: graded %s, %s, on %s (decision %s)\n", id, terminal(s.Name), grade, grade.Words(), terminal(c.Topic), d.Case.IDs.ID(record.KindDecision, x.Leaf))
		return nil
	})
}

// list prints a source's grades with their history.
func (c *gradeCmd) list(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
		s, err := d.Source(a.ctx, c.Source)
		if err != nil {
			return err
		}
		grades, err := d.Grades(a.ctx, s.Leaf)
		if err != nil {
			return err
		}
		if a.JSON {
			for _, g := range d.GradesJSON(grades, s) {
				if err := a.emit("grade", g); err != nil {
					return err
				}
			}
			return nil
		}
		if len(grades) == 0 {
			a.printf("%s has no grade yet: dalil grade %s B --topic … --reason …\n", terminal(s.Name), d.Case.IDs.ID(record.KindSource, s.Leaf))
		}
		a.printGrades(d, grades)
		return nil
	})
}

// printGrades prints what counts first, then what was said before.
func (a *app) printGrades(d *desk.Desk, grades []record.Grade) {
	for _, old := range []bool{false, true} {
		for _, g := range grades {
			if g.Counts == old {
				continue
			}
			state := ""
			switch {
			case g.Undone != 0:
				state = "taken back: "
			case old:
				state = "before: "
			}
			a.printf("  %sgrade %s, %s, on %s: %s (%s, %s, %s)\n", state, g.Grade, g.Grade.Words(), terminal(g.Topic), terminal(g.Reason), g.By, clock(g.At), d.Case.IDs.ID(record.KindDecision, g.Decision))
		}
	}
}
