package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

type demoCmd struct {
	Name    string `arg:"" optional:"" help:"Which sample case." default:"sample" enum:"sample"`
	Dir     string `help:"Folder for the case. Default: a new one in the temporary folder." type:"path"`
	Addr    string `help:"Address to listen on." default:"127.0.0.1:7117"`
	NoServe bool   `help:"Build the case and stop."`
}

func (c *demoCmd) Run(a *app) error {
	dir := c.Dir
	if dir == "" {
		tmp, err := os.MkdirTemp("", "dalil-demo-")
		if err != nil {
			return err
		}
		dir = filepath.Join(tmp, "sample")
	}
	if exists(filepath.Join(dir, "log")) {
		return record.WithHint(fmt.Errorf("demo: %w: %s holds a case already", record.ErrConflict, dir), "open it with `dalil serve --case "+dir+"`, or name another folder")
	}
	d, err := a.buildSample(dir)
	if err != nil {
		return err
	}
	stats, err := d.Case.Catalog.Stats(a.ctx)
	if err != nil {
		return err
	}
	if a.JSON {
		err = a.emit("case", map[string]any{"name": d.Case.Config.Name, "dir": dir, "statements": stats.Statements, "sources": stats.Sources, "records": stats.LogSize})
	} else {
		a.printf("Built %q in %s: %s from %s, %s in the log.\n", d.Case.Config.Name, dir, count(stats.Statements, "statement"), count(stats.Sources, "source"), count(int64(stats.LogSize), "record"))
		a.printf("Everything in it is invented: country, groups, channels, names.\n")
	}
	if err != nil {
		return err
	}
	if c.NoServe {
		if err := d.Case.Close(); err != nil {
			return err
		}
		if !a.JSON {
			a.printf("Try:  dalil --case %s search rocket     dalil --case %s verify     dalil --case %s serve\n", dir, dir, dir)
		}
		return nil
	}
	return errors.Join(a.serve(d, Serving{Addr: c.Addr}), d.Case.Close())
}

// buildSample makes the sample case the way an analyst would: through import
// and decisions, nothing else.
func (a *app) buildSample(dir string) (*desk.Desk, error) {
	exports, err := os.MkdirTemp("", "dalil-sample-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(exports)
	made, err := a.Sample(exports)
	if err != nil {
		return nil, err
	}
	cfg := pipeline.DefaultConfig(made.Name)
	cfg.Zone = made.Zone
	keys, err := a.Keys()
	if err != nil {
		return nil, err
	}
	c, err := pipeline.Create(a.ctx, dir, a.Handle, cfg, keys, a.Stores)
	if err != nil {
		return nil, err
	}
	d := desk.New(c)
	p := a.newProgress()
	for _, im := range made.Imports {
		_, err := c.Import(a.ctx, []string{im.Path}, pipeline.ImportOptions{Source: im.Source, Progress: p.update})
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("sample: %w", err)
		}
	}
	p.done()
	err = a.sampleDecisions(d, made.Imports)
	if err == nil {
		err = a.sampleTriage(d, made)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return d, nil
}

// sampleDecisions does what a person would have done at the desk.
func (a *app) sampleDecisions(d *desk.Desk, imports []SampleImport) error {
	for _, im := range imports {
		for _, o := range im.Outages {
			if _, err := d.Outage(a.ctx, o.Source, o.From, o.To, o.Why); err != nil {
				return err
			}
		}
		for _, x := range im.Issuers {
			if _, err := d.Issuer(a.ctx, x.Source, x.Reason); err != nil {
				return err
			}
		}
		for _, x := range im.Grades {
			if _, err := d.Grade(a.ctx, x.Source, x.Topic, x.Grade, x.Reason); err != nil {
				return fmt.Errorf("sample: %w", err)
			}
		}
		for _, m := range im.Merges {
			one, err := d.StatementAt(a.ctx, m.Of.Source, m.Of.ID)
			if err != nil {
				return fmt.Errorf("sample: %w", err)
			}
			other, err := d.StatementAt(a.ctx, m.Other.Source, m.Other.ID)
			if err != nil {
				return fmt.Errorf("sample: %w", err)
			}
			if _, err := d.Merge(a.ctx, []string{d.StatementID(one), d.StatementID(other)}, m.As, m.Reason); err != nil {
				return fmt.Errorf("sample: %w", err)
			}
		}
		for _, x := range im.Says {
			if err := a.sampleTranslation(d, x); err != nil {
				return fmt.Errorf("sample: %w", err)
			}
		}
		for _, w := range im.Withdraw {
			found, err := d.Search(a.ctx, w.Query, catalog.Page{Limit: 1})
			if err != nil {
				return err
			}
			if len(found.Hits) == 0 {
				return fmt.Errorf("sample: nothing matches %q: %w", w.Query, record.ErrNotFound)
			}
			if _, err := d.Withdraw(a.ctx, d.StatementID(found.Hits[0].Statement), w.Reason); err != nil {
				return err
			}
		}
	}
	return nil
}

// sampleTriage does some of the work on the inbox, and leaves the most of it.
func (a *app) sampleTriage(d *desk.Desk, made SampleCase) error {
	for _, x := range made.Triage {
		t := desk.Triage{Action: x.Action, Labels: x.Labels, Names: x.Names, Reason: x.Reason, To: a.Handle}
		page := desk.InboxPage{Page: catalog.Page{Limit: x.Most}}
		if x.Action == desk.ActionLater {
			t.Until = d.Case.Now().Add(x.For)
		}
		in, err := d.Inbox(a.ctx, x.Query, page)
		if err != nil {
			return fmt.Errorf("sample: %q: %w", x.Query, err)
		}
		for _, r := range in.Rows {
			t.Units = append(t.Units, r.ID)
		}
		if x.Of != "" {
			of, err := d.Inbox(a.ctx, x.Of, desk.InboxPage{Page: catalog.Page{Limit: 1}})
			if err != nil || len(of.Rows) == 0 {
				return fmt.Errorf("sample: nothing matches %q: %w", x.Of, errors.Join(err, record.ErrNotFound))
			}
			t.Of = of.Rows[0].ID
		}
		if _, err := d.Triage(a.ctx, t); err != nil {
			return fmt.Errorf("sample: %s of %q: %w", x.Action, x.Query, err)
		}
	}
	for _, s := range made.Saved {
		if _, err := d.SaveSearch(a.ctx, desk.SavedSearch{Name: s.Name, Query: s.Query, View: cmp.Or(s.View, "list"), Columns: s.Columns, Warn: s.Warn}, s.Reason); err != nil {
			return fmt.Errorf("sample: %w", err)
		}
	}
	return nil
}

// SampleTriage is what the sample's analyst decided about the first units that
// match, at most Most.
type SampleTriage struct {
	Action, Query string
	Of            string // of a duplicate: finds what says the same
	Most          int
	Labels, Names []string
	For           time.Duration // of later
	Reason        string
}

// SampleSearch is a search the sample's analyst saved.
type SampleSearch struct {
	Name, Query, Reason string
	View                string // "" is a list
	Columns             []string
	Warn                bool
}

func (a *app) sampleTranslation(d *desk.Desk, x SampleTranslation) error {
	s, err := d.StatementAt(a.ctx, x.Of.Source, x.Of.ID)
	if err != nil {
		return err
	}
	id := d.StatementID(s)
	if x.Tool != "" {
		_, err = d.KeepMachine(a.ctx, id, x.Lang, x.Text, x.Tool)
		return err
	}
	t, err := d.Translate(a.ctx, id, x.Lang, x.Text, "")
	if err == nil && x.Then != "" {
		_, err = d.Translate(a.ctx, id, x.Lang, x.Then, t.ID)
	}
	return err
}

// SampleTranslation is a statement that the sample's analyst, or with a Tool an
// invented program, translated. Then is the analyst's correction, if any.
type SampleTranslation struct {
	Of               SampleRef
	Lang, Text, Then string
	Tool             string
}

// SampleOutage is a time the sample's analyst could not see.
type SampleOutage struct {
	Source   string
	From, To time.Time
	Why      string
}

// SampleIssuer is a source that the sample's analyst marked as an issuer's own
// channel.
type SampleIssuer struct{ Source, Reason string }

// SampleGrade is how reliable the sample's analyst found a source on a topic.
type SampleGrade struct {
	Source, Topic string
	Grade         record.Reliability
	Reason        string
}

// SampleMerge is two statements that the sample's analyst knew to be one.
type SampleMerge struct {
	Of, Other SampleRef
	As        record.Relation
	Reason    string
}

// SampleRef names a statement by its source's key and its id there.
type SampleRef struct{ Source, ID string }

// SampleWithdrawal is a statement the sample's analyst withdrew.
type SampleWithdrawal struct{ Query, Reason string }
