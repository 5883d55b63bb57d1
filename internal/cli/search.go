package cli

import (
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/language"
	"dalil/internal/record"
)

type searchCmd struct {
	Query []string `arg:"" optional:"" help:"Words, \"a phrase\", a OR b, -not, from:NAME, lang:ar, posted:2020-11-17..2020-11-18, has:image, type:post, edited:yes … See doc/search.md."`
	Limit int      `short:"l" help:"Most hits to print; 0 for all." default:"20"`
	Why   bool     `help:"Say which word matched what."`
	Sheet string   `help:"Write the statements as a table to fill in, for dalil apply." placeholder:"FILE" type:"path"`
	thenFlag
}

func (c *searchCmd) Run(a *app) error {
	return a.then(c.thenFlag, false, func(d *desk.Desk) error {
		if c.Sheet != "" {
			return a.writeSheet(d, c.Sheet, desk.SheetOf{Query: strings.Join(c.Query, " "), Statements: true})
		}
		page := catalog.Page{Limit: c.Limit, Total: !a.JSON}
		if a.JSON && c.Limit == 20 || c.Limit == 0 {
			page.Limit = -1 // a default limit cuts nothing from NDJSON
		}
		found, err := d.Search(a.ctx, strings.Join(c.Query, " "), page)
		if err != nil {
			return err
		}
		if a.JSON {
			for _, h := range found.Hits {
				err := a.emit("statement", struct {
					desk.View
					Why []catalog.Match `json:"why,omitempty"`
				}{d.View(h.Statement), h.Why})
				if err != nil {
					return err
				}
			}
			return nil
		}
		total := group(found.Total)
		if !found.Exact {
			total = "at least " + total
		}
		a.printf("%s: %s\n", found.Echo, total)
		for _, w := range found.ZeroBecause {
			a.printf("  no statement has a word like %s\n", language.Visible(w))
		}
		for _, h := range found.Hits {
			a.printf("\n")
			a.printStatementHead(d, h.Statement)
			if h.Title != "" {
				a.printf("  %s\n", terminal(h.Title))
			}
			a.printf("  %s\n", terminal(mark(h.Snippet, h.Marks)))
			if c.Why {
				for _, m := range h.Why {
					a.printf("    %s matched %s (%s)\n", terminal(m.Term), terminal(m.Met), m.How)
				}
			}
		}
		if found.Next != "" {
			a.printf("\nMore with --limit 0.\n")
		}
		return nil
	})
}

func (a *app) printStatementHead(d *desk.Desk, s record.Statement) {
	state := ""
	switch {
	case s.Erased:
		state = "  [erased]"
	case s.Withdrawn:
		state = "  [withdrawn]"
	}
	if s.Until != 0 {
		state += "  [an earlier wording: changed since]"
	} else if s.Version > 1 {
		state += "  [version " + group(int64(s.Version)) + "]"
	}
	if s.MissingFrom != 0 {
		state += "  [not in the newest export]"
	}
	a.printf("%s  %s  %s  %s%s\n", d.StatementID(s), s.Posted.In(d.Case.Zone), terminal(s.SourceName), s.Lang, state)
}

// mark sets the matched words of a snippet apart.
func mark(s string, marks [][2]int) string {
	var b strings.Builder
	at := 0
	for _, m := range marks {
		if m[0] < at || m[1] > len(s) {
			continue
		}
		b.WriteString(s[at:m[0]] + "«" + s[m[0]:m[1]] + "»")
		at = m[1]
	}
	return b.String() + s[at:]
}

// terminal makes text of a source safe to print: control characters could move
// the cursor or hide words, so they are shown as tokens; line ends are spaces.
func terminal(s string) string {
	return language.VisibleProse(strings.Join(strings.Fields(s), " "))
}
