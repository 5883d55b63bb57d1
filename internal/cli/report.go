package cli

import (
	"dalil/internal/custody"
	"dalil/internal/language"
)

// printReport prints the result of a verification; a bad one ends in exit
// code 4.
func (a *app) printReport(r *custody.Report) error {
	if a.JSON {
		if err := a.emit("verify", r); err != nil {
			return err
		}
	} else {
		for _, p := range r.Problems {
			a.printf("✕ %s: %s\n", language.Visible(p.Where), language.Visible(p.What))
			for _, x := range p.Records {
				a.printf("    touches %s\n", language.Visible(x))
			}
			if p.Remedy != "" {
				a.printf("    → %s\n", p.Remedy)
			}
		}
		for _, n := range r.Notes {
			a.printf("· %s\n", n)
		}
		c := r.Checked
		if r.OK {
			a.printf("✓ Nothing was changed, removed, inserted or moved.\n")
		} else {
			a.printf("✕ %s.\n", count(int64(len(r.Problems)), "problem"))
		}
		a.printf("  checked %s, %s, %s, %s, %s\n", count(c.Files, "file"), size(c.Bytes), count(c.Entries, "log entry"), count(c.Statements, "statement"), count(c.Signatures, "signature"))
		a.printf("What this proves:\n")
		for _, s := range r.Proves {
			a.printf("  + %s\n", s)
		}
		a.printf("What it does not prove:\n")
		for _, s := range r.DoesNotProve {
			a.printf("  - %s\n", s)
		}
		if r.OK && r.Checkpoint != "" {
			a.printf("Keep this checkpoint somewhere else; with --since it proves later that nothing before it was rewritten:\n\n%s", r.Checkpoint)
		}
	}
	if !r.OK {
		return errAltered
	}
	return nil
}
