package cli

import (
	"context"
	"fmt"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/record"
)

type ocrCmd struct {
	Query  []string `arg:"" optional:"" help:"Only pictures of the statements that this query finds. Nothing: all."`
	Limit  int      `short:"l" help:"Most pictures to read; 0 for all." default:"200"`
	DryRun bool     `short:"n" help:"Say how many pictures would be read; read none."`
}

// Run reads the text in pictures of statements by text recognition, where the
// program for it is installed.
func (c *ocrCmd) Run(a *app) error {
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		query := strings.TrimSpace(strings.Join(c.Query, " ") + " has:image")
		var leaves []uint64
		waiting := 0
		for page := (catalog.Page{Limit: 500}); ; {
			found, err := d.Search(a.ctx, query, page)
			if err != nil {
				return err
			}
			for _, h := range found.Hits {
				n, err := d.Case.Unread(a.ctx, []uint64{h.First})
				if err != nil {
					return err
				}
				if n > 0 {
					leaves = append(leaves, h.First)
				}
				if waiting += n; c.Limit > 0 && waiting >= c.Limit {
					break
				}
			}
			if page.After = found.Next; page.After == "" || c.Limit > 0 && waiting >= c.Limit {
				break
			}
		}
		if c.DryRun {
			if a.JSON {
				return a.emit("dry_run", map[string]int{"pictures": waiting})
			}
			a.printf("Would read %s, about half a second each. Nothing read.\n", count(int64(waiting), "picture"))
			return nil
		}
		h, err := a.Reader(a.ctx)
		if err != nil {
			return err
		}
		p := a.newProgress()
		r, err := d.Case.ReadPictures(a.ctx, h, leaves, false, p.update)
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
			if err := a.emit("summary", map[string]any{"read": r.Read, "with_text": r.New, "failed": r.Failed, "in_families": r.InFamilies, "tool": h.Tool, "import": run}); err != nil {
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
			return context.Canceled
		}
		return nil
	})
}
