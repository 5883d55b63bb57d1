package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

type familiesCmd struct {
	Query []string `arg:"" optional:"" help:"A family Y-… or a statement S-… for all about one family; else a query: families of the statements it finds. Nothing: all, newest first."`
	Limit int      `short:"l" help:"Most families to print; 0 for all." default:"20"`
	Least int      `help:"Only families with at least so many members." default:"2" placeholder:"N"`
	Diff  bool     `help:"Of one family: how each text differs from the one it is told from."`
}

func (c *familiesCmd) Run(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
		text := strings.Join(c.Query, " ")
		if likeID.MatchString(text) {
			f, err := d.Family(a.ctx, text)
			if err != nil {
				return err
			}
			if a.JSON {
				return a.emit("family", d.FamilyJSON(f))
			}
			a.printFamily(d, f, c.Diff)
			return nil
		}
		if err := a.sayUnlinked(d); err != nil {
			return err
		}
		limit := c.Limit
		if a.JSON && limit == 20 || limit == 0 {
			limit = -1 // a default limit cuts nothing from NDJSON
		}
		rows, more, err := d.Families(a.ctx, text, c.Least, limit)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if a.JSON {
				f, err := d.Family(a.ctx, r.ID)
				if err == nil {
					err = a.emit("family", d.FamilyJSON(f))
				}
				if err != nil {
					return err
				}
				continue
			}
			st := r.First
			a.printf("%s  %3d in %2d  %s  %s  %s\n", r.ID, r.Members, r.Sources, st.Posted.In(d.Case.Zone), terminal(st.SourceName), st.Lang)
			a.printf("  %s\n", terminal(short(textOf(st), 100)))
		}
		switch {
		case a.JSON:
		case len(rows) == 0:
			a.printf("No family: no text here was published twice, or none that you asked for.\n")
		case more:
			a.printf("\nMore with --limit 0.\n")
		}
		return nil
	})
}

// sayUnlinked warns where an answer about families would be wrong because an
// import was interrupted.
func (a *app) sayUnlinked(d *desk.Desk) error {
	n, err := d.Unlinked(a.ctx)
	if err != nil || n == 0 {
		return err
	}
	_, err = fmt.Fprintf(a.Stderr, "dalil: %s not linked to others yet: an import is at work or was interrupted\n      → import again, anything or the same\n", count(n, "statement"))
	return err
}

// likeID is what somebody types who means one family or statement: then a
// mistyped character is an error, not a word to search for.
var likeID = regexp.MustCompile(`^[SsYy]-\S*$`)

func textOf(s record.Statement) string {
	if s.Title != "" {
		return s.Title
	}
	return s.Text
}

// short cuts a text at a whole character.
func short(s string, runes int) string {
	n := 0
	for i := range s {
		if n++; n > runes {
			return s[:i] + "…"
		}
	}
	return s
}

func (a *app) printFamily(d *desk.Desk, f desk.Family, diff bool) {
	a.printf("%s  the same text %s, from %s\n", f.ID, times(len(f.Members)), count(int64(f.Sources), "source"))
	a.printf("First means: first that we captured.\n\n")
	for _, x := range f.Attested {
		at := "before " + when(x.Before).In(d.Case.Zone)
		if x.Posted.Known() {
			at = x.Posted.In(d.Case.Zone)
		}
		a.printf("◇ %s  %s", at, terminal(x.Name))
		if x.ID != "" {
			a.printf("  id %s", terminal(x.ID))
		}
		a.printf("\n    not captured; proven by the forward headers of %s%s\n", strings.Join(x.Bys[:min(3, len(x.Bys))], ", "), more(len(x.Bys)-3))
		if x.Hole != "" {
			a.printf("    its id lies in a hole of the ids we have: %s\n", x.Hole)
		}
	}
	for i, m := range f.Members {
		s := m.Statement
		mark := "◆"
		if i > 0 {
			mark = "·"
		}
		state := ""
		if s.Withdrawn {
			state = "  [withdrawn]"
		}
		a.printf("%s %s  %s  %s  %s%s\n", mark, s.Posted.In(d.Case.Zone), m.ID, terminal(s.SourceName), s.Lang, state)
		line := "    " + relationWords(m)
		if m.Timed && m.After > 0 {
			line += ", " + duration(m.After) + " after the first"
		}
		if m.Tie {
			line += ": a tie"
		}
		a.printf("%s\n", line)
		if s.Edited.Known() && s.Until == 0 {
			a.printf("    edited %s: that it said this before is not shown\n", s.Edited.In(d.Case.Zone))
		} else if s.Until != 0 {
			a.printf("    this is its earlier wording; it was changed since\n")
		}
		if diff {
			added, removed := f.Changed(m)
			if removed != "" {
				a.printf("    − %s\n", terminal(short(removed, 400)))
			}
			if added != "" {
				a.printf("    + %s\n", terminal(short(added, 400)))
			}
		}
	}
	if len(f.Apart) > 0 {
		a.printf("\nAlike, and kept apart:\n")
		for _, x := range f.Apart {
			where := x.There
			if x.Family != "" {
				where = x.Family
			}
			a.printf("  %s  %s  %.0f %% the same words; %s %s there, %s here\n", where, terminal(x.Source), 100*x.Similarity, x.Slot, x.Other, x.Stated)
		}
	}
	if len(f.Unseen)+len(f.Unwatched) > 0 {
		a.printf("\nWhat may be missing:\n")
		for _, x := range f.Unseen {
			a.printf("  %s  %s: %s%s\n", x.Gap, terminal(or(x.Source.Name, "every source")), terminal(x.Why), span(d, x.From, x.To))
		}
		for _, s := range f.Unwatched {
			a.printf("  %s: nothing of it was captured for that time\n", terminal(s.Name))
		}
	}
	for _, x := range f.Decisions {
		state := ""
		if x.Undone != 0 {
			state = " (taken back)"
		}
		a.printf("\n%s by %s, %s: %s%s\n", x.Action, x.By, clock(x.At), terminal(x.Reason), state)
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return group(int64(n)) + " times"
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// span says between which posts something could not be seen.
func span(d *desk.Desk, from, to int64) string {
	at := func(sec int64) string { return when(sec).In(d.Case.Zone) }
	switch {
	case from == record.NoSeconds && to == record.NoSeconds:
		return ""
	case to == record.NoSeconds:
		return ", from " + at(from)
	case from == record.NoSeconds:
		return ", until " + at(to)
	}
	return ", between " + at(from) + " and " + at(to)
}

// relationWords say how a member came from the text it is told from, and how
// we know.
func relationWords(m desk.Member) string {
	percent := func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }
	of := ""
	if m.Via != "" && m.Distance > 1 {
		of = " of " + m.Via
	}
	switch m.Relation {
	case record.RelFirst:
		return "the first"
	case record.RelForward:
		s := "forward: its header says so"
		if m.Via != "" && m.Similarity < .995 {
			s += "; " + percent(m.Similarity) + " the same text"
		}
		return s
	case record.RelVerbatim:
		return "verbatim" + of + ": the same words"
	case record.RelWrapped:
		return "wrapped" + of + ": holds " + percent(m.Holds) + " of it and adds words of its own"
	case record.RelTruncated:
		return "truncated" + of + ": " + percent(m.Holds) + " of it is here"
	case record.RelQuotedIn:
		return "quotes it" + of + ": holds " + percent(m.Holds) + " of it in a longer text"
	case record.RelImageOf:
		if m.Ground == record.GroundRead {
			return "image" + of + ": text recognition reads " + percent(max(m.Holds, m.Within)) + " of it; numbers unverified"
		}
		return "image" + of + ": the same picture"
	case record.RelTranslation:
		return "translation" + of + ", as a person decided"
	}
	s := "edited" + of + ": " + percent(m.Similarity) + " the same text"
	if m.Ground == record.GroundPerson {
		s += "; joined by a person"
	}
	return s
}

// duration writes seconds for people.
func duration(sec int64) string {
	switch {
	case sec < 0:
		return "−" + duration(-sec)
	case sec < 60:
		return fmt.Sprintf("%d s", sec)
	case sec < 3600:
		return fmt.Sprintf("%d min", sec/60)
	case sec < 2*86400:
		return fmt.Sprintf("%d h %02d min", sec/3600, sec%3600/60)
	}
	return fmt.Sprintf("%d d", sec/86400)
}

type mergeCmd struct {
	IDs    []string        `arg:"" name:"id" help:"Two statements or more, S-…: the first is what the others are told from."`
	As     record.Relation `help:"How the others came from it: translation, edited, wrapped, truncated, quoted_in or image_of. Default: what the texts say." placeholder:"RELATION"`
	Reason string          `help:"Why; it is recorded with your name." required:""`
	DryRun bool            `short:"n" help:"Check, record nothing."`
}

func (c *mergeCmd) Run(a *app) error {
	return a.decide(c.IDs[0], c.DryRun, "merged: they are one family", func(d *desk.Desk) (record.Decision, error) {
		return d.Merge(a.ctx, c.IDs, c.As, c.Reason)
	})
}

type splitCmd struct {
	IDs    []string `arg:"" name:"id" help:"Statements of one family, S-…: they leave it, together."`
	Reason string   `help:"Why; it is recorded with your name." required:""`
	DryRun bool     `short:"n" help:"Check, record nothing."`
}

func (c *splitCmd) Run(a *app) error {
	return a.decide(c.IDs[0], c.DryRun, "split off: it is another text", func(d *desk.Desk) (record.Decision, error) {
		return d.Split(a.ctx, c.IDs, c.Reason)
	})
}

type undoCmd struct {
	ID     string `arg:"" help:"The decision, D-…, or a recorded outage, G-…"`
	Reason string `help:"Why; it is recorded with your name. Needed, but for triage, labels and assignments."`
	DryRun bool   `short:"n" help:"Check, record nothing."`
}

func (c *undoCmd) Run(a *app) error {
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		d.DryRun = c.DryRun
		x, err := d.Undo(a.ctx, c.ID, c.Reason)
		if c.Reason == "" && errors.Is(err, record.ErrInvalid) {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		switch {
		case c.DryRun && a.JSON:
			return a.emit("dry_run", map[string]string{"target": c.ID})
		case c.DryRun:
			a.printf("Would take back %s. Nothing recorded.\n", c.ID)
			return nil
		case a.JSON:
			return a.showDecision(d, x)
		}
		a.printf("%s taken back (decision %s)\n", c.ID, d.Case.IDs.ID(record.KindDecision, x.Leaf))
		return nil
	})
}
