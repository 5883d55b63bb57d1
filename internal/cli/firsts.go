package cli

import (
	"fmt"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

type firstsCmd struct {
	Query   []string `arg:"" optional:"" help:"Only the families of the statements that this query finds."`
	By      string   `help:"By source; by actor once a case has actors." default:"source" enum:"source"`
	Between []string `help:"Instead: how these sources stand to each other, pair by pair. Name two or more." placeholder:"SOURCE"`
	Issuer  string   `help:"Instead: record that this source is an issuer's own channel. Families it starts do not count." placeholder:"SOURCE"`
	Reason  string   `help:"With --issuer: why; it is recorded with your name."`
	DryRun  bool     `short:"n" help:"With --issuer: check, record nothing."`
}

func (c *firstsCmd) Run(a *app) error {
	query := strings.Join(c.Query, " ")
	switch {
	case c.Issuer != "":
		return c.mark(a)
	case len(c.Between) > 0:
		return c.between(a, query)
	}
	return a.with(false, func(d *desk.Desk) error {
		if err := a.sayUnlinked(d); err != nil {
			return err
		}
		f, err := d.FirstsNow(a.ctx, query)
		if err != nil {
			return err
		}
		if !a.JSON {
			a.printf("%s of two sources or more, watched at the time.", count(int64(f.Families), "family"))
			if f.Issued > 0 {
				a.printf(" %s more left out: an issuer's own channel began them.", group(int64(f.Issued)))
			}
			a.printf("\nExpected: what each source would be first of if chance went by how much it posts at that hour.\n\n")
		}
		for _, r := range f.Rows {
			if a.JSON {
				err := a.emit("first", r.JSON())
				if err != nil {
					return err
				}
				continue
			}
			if r.Families == 0 { // never watched when it could have been first
				continue
			}
			a.printf("%s  %5s of %3d first, expected %5.1f  %3.0f %% (%.0f to %.0f)  p %s  %-23s %s\n", r.ID, places(r.First.First), r.Families, r.Expected,
				100*r.Share, 100*r.Low, 100*r.High, pvalue(r.P), r.Verdict, terminal(r.Source.Name))
		}
		if len(f.Rows) == 0 && !a.JSON {
			a.printf("Nothing to compare: no text that you asked for was published by two sources.\n")
		}
		return nil
	})
}

// places writes a number of firsts: ties make halves and thirds.
func places(x float64) string {
	if x == float64(int64(x)) {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.1f", x)
}

func pvalue(p float64) string {
	if p < .001 {
		return "<.001"
	}
	return strings.TrimPrefix(fmt.Sprintf("%.3f", p), "0")
}

func (c *firstsCmd) between(a *app, query string) error {
	return a.with(false, func(d *desk.Desk) error {
		rows, err := d.Lags(a.ctx, query, c.Between)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if a.JSON {
				err := a.emit("lag", r.JSON())
				if err != nil {
					return err
				}
				continue
			}
			a.printf("A %s  B %s\n", terminal(r.A.Name), terminal(r.B.Name))
			a.printf("  both had %s: A first of %d, B of %d, %d within a minute; only A had %d, only B %d\n", count(int64(r.Both), "family"), r.AFirst, r.BFirst, r.Ties, r.OnlyA, r.OnlyB)
			if r.Both > 0 {
				a.printf("  median from A to B %s (%s to %s), p %s\n", duration(int64(r.Median)), duration(int64(r.Low)), duration(int64(r.High)), pvalue(r.P))
			}
			a.printf("  %s\n", r.Verdict)
		}
		return nil
	})
}

func (c *firstsCmd) mark(a *app) error {
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		d.DryRun = c.DryRun
		x, err := d.Issuer(a.ctx, c.Issuer, c.Reason)
		if err != nil {
			return err
		}
		switch {
		case c.DryRun && a.JSON:
			return a.emit("dry_run", map[string]string{"target": c.Issuer})
		case c.DryRun:
			a.printf("Would record that %s is an issuer's own channel. Nothing recorded.\n", terminal(c.Issuer))
			return nil
		case a.JSON:
			return a.showDecision(d, x)
		}
		a.printf("%s is an issuer's own channel (decision %s)\n", terminal(c.Issuer), d.Case.IDs.ID(record.KindDecision, x.Leaf))
		return nil
	})
}
