package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

type translateCmd struct {
	ID      string `arg:"" optional:"" help:"The statement, S-…"`
	To      string `help:"Language of the translation, like en. With --corrects, that one's."`
	Text    string `help:"File with your translation; - reads it from standard input." placeholder:"FILE"`
	Base    string `name:"corrects" help:"The translation that yours corrects: D-… of a person, K-… of a program." placeholder:"ID"`
	Machine bool   `help:"Have the program set in translate.endpoint translate it; unreviewed until somebody reviews it."`
	Review  string `help:"Say that you read this translation against the original and stand by it: D-… or K-…" placeholder:"ID"`
	Reason  string `help:"With --review: what you looked at."`
	DryRun  bool   `short:"n" help:"Check, record nothing; send nothing to the program but the question what it is."`
}

// Run records a translation of a statement, or that one was reviewed.
func (c *translateCmd) Run(a *app) error {
	ways := 0
	for _, given := range []bool{c.Text != "", c.Machine, c.Review != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		return usageError{fmt.Errorf("give one of --text FILE, --machine and --review ID")}
	case (c.ID == "") != (c.Review != ""):
		return usageError{fmt.Errorf("name a statement to translate, or a translation to --review")}
	case c.Review != "":
		return a.with(!c.DryRun, func(d *desk.Desk) error { return c.review(a, d) })
	case c.To == "" && c.Base == "":
		return usageError{record.WithHint(fmt.Errorf("into which language?"), "say it with --to, like --to en")}
	case c.Machine && c.Base != "":
		return usageError{fmt.Errorf("a program corrects nobody: --corrects is for --text")}
	}
	text := ""
	if c.Text != "" {
		var err error
		if text, err = c.read(a); err != nil {
			return err
		}
	}
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		d.DryRun = c.DryRun
		var t desk.Translation
		var err error
		if c.Machine {
			if d.Case.Config.Translate.Remote && !a.JSON {
				fmt.Fprintf(a.Stderr, "dalil: the text of %s leaves this machine, to %s\n", c.ID, d.Case.Config.Translate.Endpoint)
			}
			t, err = d.MachineTranslate(a.ctx, c.ID, c.To)
		} else {
			t, err = d.Translate(a.ctx, c.ID, c.To, text, c.Base)
		}
		switch {
		case err != nil:
			return err
		case c.DryRun && a.JSON:
			return a.emit("dry_run", map[string]any{"target": c.ID, "lang": t.Lang, "tool": t.Tool, "version": t.Number})
		case c.DryRun && c.Machine:
			a.printf("Would have %s translate %s into %s. Nothing sent, nothing recorded.\n", t.Tool, c.ID, t.Lang)
			return nil
		case c.DryRun:
			a.printf("Would record version %d of a translation of %s into %s. Nothing recorded.\n", t.Number, c.ID, t.Lang)
			return nil
		case a.JSON:
			return a.emit("translation", d.TranslationJSON(t))
		}
		a.printTranslation(t)
		return nil
	})
}

func (c *translateCmd) review(a *app, d *desk.Desk) error {
	d.DryRun = c.DryRun
	x, err := d.Review(a.ctx, c.Review, c.Reason)
	switch {
	case err != nil:
		return err
	case c.DryRun && a.JSON:
		return a.emit("dry_run", map[string]string{"target": c.Review})
	case c.DryRun:
		a.printf("Would record that you reviewed %s. Nothing recorded.\n", c.Review)
		return nil
	case a.JSON:
		return a.showDecision(d, x)
	}
	a.printf("%s reviewed (decision %s)\n", c.Review, d.Case.IDs.ID(record.KindDecision, x.Leaf))
	return nil
}

// read reads the translation, of a bounded size.
func (c *translateCmd) read(a *app) (string, error) {
	r := a.Stdin
	if c.Text != "-" {
		f, err := os.Open(c.Text)
		if err != nil {
			return "", record.WithHint(err, "name a text file, or - for standard input")
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, pipeline.MaxTranslation+1))
	return string(b), err
}

// printTranslation prints one with what a reader must know of it first.
func (a *app) printTranslation(t desk.Translation) {
	a.printf("  %s  %s, version %d: %s\n", t.ID, t.Lang, t.Number, translator(t))
	if t.Hidden {
		a.printf("  ┊ hidden: the statement names a person who is masked for you\n")
		return
	}
	for _, line := range strings.Split(t.Text, "\n") {
		a.printf("  ┊ %s\n", terminal(line))
	}
}

// translator says who made a translation and how it stands.
func translator(t desk.Translation) string {
	who := "by " + t.By
	if t.Machine() {
		who = "machine, by " + terminal(t.Tool)
	}
	who += ", " + clock(t.At)
	switch {
	case t.Undone != 0:
		return who + ", taken back since"
	case t.NextID != "":
		return who + ", corrected since by " + t.NextID
	case t.Unreviewed():
		who += ", unreviewed"
	case t.Checked != nil:
		who += ", reviewed by " + t.Checked.By
	}
	if t.Old {
		who += ", of an earlier version of the statement"
	}
	return who
}
