package cli

import (
	"fmt"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/language"
	"dalil/internal/record"
)

type inboxCmd struct {
	Query []string `arg:"" optional:"" help:"As in search. Default: state:new, what nobody decided about."`
	Limit int      `short:"l" help:"Most rows to print; 0 for all." default:"20"`
	Since uint64   `help:"Say what came in after the log had so many records." placeholder:"N"`
	Sheet string   `help:"Write it as a table to fill in, for dalil apply." placeholder:"FILE" type:"path"`
}

func (c *inboxCmd) Run(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
		text := strings.Join(c.Query, " ")
		if text == "" {
			text = "state:new"
		}
		if c.Sheet != "" {
			return a.writeSheet(d, c.Sheet, desk.SheetOf{Query: text})
		}
		page := desk.InboxPage{Page: catalog.Page{Limit: c.Limit, Total: !a.JSON}, Since: c.Since}
		if a.JSON && c.Limit == 20 || c.Limit == 0 {
			page.Limit = -1 // a default limit cuts nothing from NDJSON
		}
		if err := a.sayUnlinked(d); err != nil {
			return err
		}
		in, err := d.Inbox(a.ctx, text, page)
		if err != nil {
			return err
		}
		if a.JSON {
			for _, r := range in.Rows {
				if err := a.emit("unit", d.UnitJSON(r)); err != nil {
					return err
				}
			}
			return nil
		}
		total := group(in.Total)
		if !in.Exact {
			total = "at least " + total
		}
		a.printf("%s: %s\n", in.Echo, total)
		for _, w := range in.ZeroBecause {
			a.printf("  no statement has a word like %s\n", language.Visible(w))
		}
		for _, r := range in.Rows {
			a.printf("\n")
			a.printUnit(d, r)
		}
		if len(in.Rows) == 0 && text == "state:new" {
			a.printf("Nothing waits. Bring something in with `dalil import`, or see what was put off with `dalil inbox state:later`.\n")
		}
		if in.Next != "" {
			a.printf("\nMore with --limit 0.\n")
		}
		return nil
	})
}

// printUnit prints a row of the inbox.
func (a *app) printUnit(d *desk.Desk, r desk.InboxRow) {
	a.printf("%s  %s  %s  %s  %s\n", r.ID, stateWords(d, r), r.First.Posted.In(d.Case.Zone), terminal(r.First.SourceName), r.First.Lang)
	if r.Text != "" {
		a.printf("  %s\n", terminal(short(r.Text, 160)))
	}
	facts := []string{}
	if r.Posts > 1 {
		s := fmt.Sprintf("%d posts of %s", r.Posts, count(int64(r.Sources), "source"))
		if r.Second >= 0 {
			s += ", the second " + duration(r.Second) + " after the first"
		}
		facts = append(facts, s)
	}
	for _, w := range r.Why.Words {
		facts = append(facts, terminal(w.Term)+" met "+terminal(w.Met))
	}
	if r.Why.Issuer {
		facts = append(facts, "an issuer's own channel")
	}
	if r.Why.Fresh {
		facts = append(facts, "new since you looked")
	}
	if r.Why.Joined > 0 {
		facts = append(facts, fmt.Sprintf("+%d since it was decided about", r.Why.Joined))
	}
	if r.Mixed {
		facts = append(facts, "decided about in two ways")
	}
	if len(r.Labels) > 0 {
		facts = append(facts, "labels: "+terminal(strings.Join(r.Labels, ", ")))
	}
	if r.Assignee != "" {
		facts = append(facts, "for "+r.Assignee)
	}
	if r.Shielded {
		facts = append(facts, "names a private person: the name is masked")
	}
	facts = append(facts, "came with "+r.Why.Import)
	a.printf("  %s\n", strings.Join(facts, "; "))
}

func stateWords(d *desk.Desk, r desk.InboxRow) string {
	switch r.Verdict {
	case record.Duplicate:
		return "duplicate of " + r.OfID
	case record.Later:
		if r.Until > 0 {
			return "later, " + when(r.Until).In(d.Case.Zone)
		}
	case record.New:
		if r.Due {
			return "new: its time has come"
		}
	}
	return string(r.Verdict)
}
