package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"dalil/internal/catalog"
	"dalil/internal/language"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// What people decide about units of the inbox: families, and statements in none.
const (
	ActionKeep      = "keep"
	ActionDuplicate = "duplicate" // of another unit
	ActionDismiss   = "dismiss"   // not relevant; it stays searchable
	ActionLater     = "later"     // put off, until a time or for good
	ActionReopen    = "reopen"    // nothing is decided any more
	ActionLabel     = "label"
	ActionUnlabel   = "unlabel"
	ActionAssign    = "assign"
	ActionUnassign  = "unassign"
	ActionShield    = "shield" // it names a private person: the name is masked
	ActionUnshield  = "unshield"
)

// triageActions are the actions of this file.
func triageActions() []string {
	return []string{ActionKeep, ActionDuplicate, ActionDismiss, ActionLater, ActionReopen, ActionLabel, ActionUnlabel,
		ActionAssign, ActionUnassign, ActionShield, ActionUnshield}
}

// Bounds of what is typed.
const (
	maxLabel  = 60 // letters
	maxLabels = 20 // in one decision
	maxNames  = 20
	maxName   = 200 // bytes
)

// lightly reports whether an action, and its undo, need no reason.
func lightly(action string) bool {
	return action == ActionEdit || action != ActionShield && action != ActionUnshield && slices.Contains(triageActions(), action)
}

// Triage is a decision about units to be made.
type Triage struct {
	Action string
	// Units are ids of families Y-… or statements S-…, which stand for the unit
	// they are in. With All set, it is everything that matches Query instead.
	Units []string
	All   bool
	Query string

	Of     string    // duplicate: the unit that says the same
	Until  time.Time // later: when it is new again; zero is for good
	Labels []string  // label, unlabel
	To     string    // assign: a handle of this case
	Names  []string  // shield: how the private person is named in the text
	Reason string    // may be empty, but for shield, unshield

	// With Check set, Seen is the newest decision about the units that the person
	// saw (InboxRow.Touched, or the log size of the page less one). When there is
	// a newer one nothing is recorded, and the error is a *Changed.
	Check bool
	Seen  uint64
}

// Triaged is a decision about units that was made, or would be.
type Triaged struct {
	record.Decision
	ID         string   // "" in a dry run
	Units      []string // ids, at most the first 1,000 of them
	Count      int      // of units
	Statements int      // of all units together
	Already    int      // units of which all this was so before: they are left out
	Touched    uint64   // what Seen is from now on
}

// Changed is the error that somebody else decided since: ErrConflict with what
// happened.
type Changed struct {
	Since []record.Decision // oldest first
	words string
}

func (e *Changed) Error() string { return e.words }
func (e *Changed) Unwrap() error { return record.ErrConflict }

// mostListed bounds the ids that Triaged lists.
const mostListed = 1000

// Triage records a decision about units. However many they are, it is one
// decision, and one undo takes all of it back.
func (d *Desk) Triage(ctx context.Context, t Triage) (Triaged, error) {
	p, err := d.triagePayload(ctx, &t)
	if err != nil {
		return Triaged{}, err
	}
	units, err := d.triaged(ctx, &t)
	if err != nil {
		return Triaged{}, err
	}
	done := Triaged{Count: len(units)}
	leaves := make([]uint64, 0, len(units))
	for _, chunk := range chunks(units, 500) {
		rows, err := d.Reader().UnitsOf(ctx, chunk, 0)
		if err != nil {
			return Triaged{}, err
		}
		for i := range rows {
			u := &rows[i]
			if alreadySo(t.Action, u, &p) {
				done.Already++
				continue
			}
			if t.Action == ActionDuplicate && u.Leaf == p.Of {
				if len(units) > 1 {
					done.Already++
					continue // the one that stays
				}
				return Triaged{}, fmt.Errorf("%w: %s cannot be a duplicate of itself", record.ErrInvalid, d.unitID(u.Leaf, u.Family))
			}
			if len(done.Units) < mostListed {
				done.Units = append(done.Units, d.unitID(u.Leaf, u.Family))
			}
			leaves = append(leaves, u.Leaf)
			done.Touched = max(done.Touched, u.Touched)
		}
	}
	done.Count = len(leaves)
	if len(leaves) == 0 {
		return done, record.WithHint(fmt.Errorf("%w: nothing would change: all of this is so already", record.ErrConflict), "see `dalil inbox`")
	}
	if p.Units, err = d.Case.Catalog.Statements(ctx, leaves); err != nil {
		return Triaged{}, err
	}
	for _, u := range p.Units {
		done.Statements += len(u)
	}
	if done.Statements > record.MaxTriage {
		return Triaged{}, record.WithHint(fmt.Errorf("%w: %d statements are more than one decision can name, which is %d", record.ErrInvalid, done.Statements, record.MaxTriage),
			"decide about a part of them, by date for instance: posted:2020-11")
	}
	body := pipeline.DecisionBody{Reason: t.Reason}
	if body.Payload, err = json.Marshal(p); err != nil {
		return Triaged{}, err
	}
	done.Decision = record.Decision{By: d.Case.Handle(), Action: t.Action, Target: leaves[0], Reason: t.Reason, Payload: string(body.Payload)}
	check := func() error { return d.unchanged(ctx, leaves, t.Seen, t.Check) }
	if d.DryRun {
		return done, check()
	}
	expects := done.Touched
	if t.Check {
		expects = t.Seen
	}
	leaf, err := d.Case.RecordIf(ctx, record.Leaf{Kind: record.LeafDecision, Action: t.Action, Target: leaves[0], Expects: expects}, body, check)
	if err != nil {
		return Triaged{}, err
	}
	done.Leaf, done.Touched = leaf, leaf
	done.At, done.ID = d.Case.Now().UnixMilli(), d.Case.IDs.ID(record.KindDecision, leaf)
	return done, nil
}

// chunks cuts a list into parts of at most n.
func chunks(all []uint64, n int) [][]uint64 { return slices.Collect(slices.Chunk(all, n)) }

// unchanged reports a decision about units that is newer than what was seen.
func (d *Desk) unchanged(ctx context.Context, units []uint64, seen uint64, check bool) error {
	if !check {
		return nil
	}
	since, err := d.Reader().Touched(ctx, units, seen)
	if err != nil || len(since) == 0 {
		return err
	}
	last := since[len(since)-1]
	e := &Changed{Since: since, words: fmt.Sprintf("since you looked, %s decided %s (%s)", last.By, last.Action, d.Case.IDs.ID(record.KindDecision, last.Leaf))}
	if len(since) > 1 {
		e.words += fmt.Sprintf(", and %d more decisions were made", len(since)-1)
	}
	return record.WithHint(e, "nothing was recorded: look again, then decide")
}

// triagePayload checks what is asked for and makes the payload of it, without
// the units.
func (d *Desk) triagePayload(ctx context.Context, t *Triage) (record.Triage, error) {
	p := record.Triage{}
	t.Reason = strings.TrimSpace(t.Reason)
	if t.All {
		p.Query = t.Query
	}
	bad := func(format string, args ...any) (record.Triage, error) {
		return p, fmt.Errorf("%w: "+format, append([]any{record.ErrInvalid}, args...)...)
	}
	switch t.Action {
	case ActionKeep, ActionDismiss, ActionReopen, ActionUnassign:
	case ActionDuplicate:
		if t.Of == "" {
			return bad("say which unit it is a duplicate of")
		}
		of, err := d.unitsOf(ctx, []string{t.Of})
		if err != nil {
			return p, err
		}
		p.Of = of[0].Leaf
	case ActionLater:
		if !t.Until.IsZero() {
			if p.Until = t.Until.Unix(); p.Until <= d.Case.Now().Unix() {
				return bad("%s is past: put it off until a time to come", t.Until.Format(time.RFC3339))
			}
		}
	case ActionLabel, ActionUnlabel:
		labels, err := d.spellings(ctx, t.Labels)
		if err != nil {
			return p, err
		}
		p.Labels = labels
	case ActionAssign:
		all, err := d.Handles(ctx)
		if err != nil {
			return p, err
		}
		i := slices.IndexFunc(all, func(h string) bool { return strings.EqualFold(h, t.To) })
		if i < 0 {
			return p, record.WithHint(fmt.Errorf("%w: nobody in this case signs as %.40q", record.ErrNotFound, t.To), "known handles: "+strings.Join(all, ", "))
		}
		p.To = all[i]
	case ActionShield:
		if t.All {
			return bad("a name is masked unit by unit, not for all that matches")
		}
		for _, n := range t.Names {
			n = strings.Join(strings.Fields(n), " ")
			if n != "" && !slices.Contains(p.Names, n) {
				p.Names = append(p.Names, n)
			}
			if len(n) > maxName {
				return bad("a name has at most %d bytes", maxName)
			}
		}
		if len(p.Names) == 0 || len(p.Names) > maxNames {
			return bad("say how the person is named in the text, in 1 to %d spellings", maxNames)
		}
		fallthrough
	case ActionUnshield:
		if t.Reason == "" {
			return p, record.WithHint(fmt.Errorf("%w: masking a name, or showing it again, needs a reason", record.ErrInvalid), "give one with --reason; do not write the name in it")
		}
	default:
		return bad("%q is nothing that can be decided about the inbox", t.Action)
	}
	return p, nil
}

// spellings tidies labels and takes the spelling in use where there is one.
func (d *Desk) spellings(ctx context.Context, labels []string) ([]string, error) {
	known, err := d.Labels(ctx)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, l := range labels {
		if l, err = tidyLabel(l); err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(known, func(k catalog.LabelCount) bool { return language.Fold(k.Label) == language.Fold(l) }); i >= 0 {
			l = known[i].Label
		}
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	if len(all) == 0 || len(all) > maxLabels {
		return nil, fmt.Errorf("%w: name 1 to %d labels", record.ErrInvalid, maxLabels)
	}
	return all, nil
}

// tidyLabel takes out of a label what cannot be seen.
func tidyLabel(l string) (string, error) {
	l = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) && r != '‌' && r != '‍' {
			return -1
		}
		return r
	}, l)), " ")
	if l == "" || len([]rune(l)) > maxLabel {
		return "", fmt.Errorf("%w: a label has 1 to %d letters", record.ErrInvalid, maxLabel)
	}
	return l, nil
}

// triaged finds the units that a decision is about.
func (d *Desk) triaged(ctx context.Context, t *Triage) ([]uint64, error) {
	var units []uint64
	if t.All {
		q, err := d.Parse(t.Query)
		if err != nil {
			return nil, err
		}
		tooMany := false
		err = d.Reader().AllUnits(ctx, q, d.Case.Now().Unix(), func(u uint64) bool {
			tooMany = len(units) == record.MaxTriage
			units = append(units, u)
			return !tooMany
		})
		switch {
		case err != nil:
			return nil, err
		case tooMany:
			return nil, record.WithHint(fmt.Errorf("%w: more than %d units match, the most that one decision can be about", record.ErrInvalid, record.MaxTriage), "decide about a part of them, by date for instance: posted:2020-11")
		case len(units) == 0:
			return nil, record.WithHint(fmt.Errorf("%q: %w", t.Query, record.ErrNotFound), "see what matches with `dalil inbox`")
		}
		return units, nil
	}
	if len(t.Units) == 0 {
		return nil, fmt.Errorf("%w: name a family or a statement", record.ErrInvalid)
	}
	if len(t.Units) > record.MaxTriage {
		return nil, fmt.Errorf("%w: %d units are more than one decision can be about, which is %d", record.ErrInvalid, len(t.Units), record.MaxTriage)
	}
	found, err := d.unitsOf(ctx, t.Units)
	for _, u := range found {
		units = append(units, u.Leaf)
	}
	return units, err
}

// unitsOf finds the units that ids stand for.
func (d *Desk) unitsOf(ctx context.Context, ids []string) ([]catalog.Unit, error) {
	leaves := make([]uint64, len(ids))
	for i, id := range ids {
		k, leaf, err := d.resolve(id, record.KindFamily, record.KindStatement)
		if err != nil {
			return nil, err
		}
		if k == record.KindFamily { // it may be part of another since
			f, err := d.familyOf(ctx, id)
			if err != nil {
				return nil, err
			}
			leaf = f.Anchor
		}
		leaves[i] = leaf
	}
	units, err := d.Reader().UnitsOf(ctx, leaves, d.Case.Now().Unix())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(ids[:min(len(ids), 3)], " "), err)
	}
	return units, nil
}

// unitID is what a unit is called by: Y-… for a family, S-… for a statement.
func (d *Desk) unitID(leaf uint64, family bool) string {
	switch {
	case leaf == 0:
		return ""
	case family:
		return d.Case.IDs.ID(record.KindFamily, leaf)
	}
	return d.Case.IDs.ID(record.KindStatement, leaf)
}

// alreadySo reports whether a decision would change nothing about a unit. New
// copies of it make a difference.
func alreadySo(action string, u *catalog.Unit, p *record.Triage) bool {
	settled := u.Since == 0 && !u.Mixed
	switch action {
	case ActionKeep:
		return u.Verdict == record.Kept && settled
	case ActionDismiss:
		return u.Verdict == record.Dismissed && settled
	case ActionDuplicate:
		return u.Verdict == record.Duplicate && u.Of == p.Of && settled
	case ActionLater:
		return u.Verdict == record.Later && u.Until == p.Until && settled
	case ActionReopen:
		return u.Verdict == record.New && !u.Due
	case ActionLabel:
		return !slices.ContainsFunc(p.Labels, func(l string) bool { return !slices.Contains(u.Labels, l) })
	case ActionUnlabel:
		return !slices.ContainsFunc(p.Labels, func(l string) bool { return slices.Contains(u.Labels, l) })
	case ActionAssign:
		return u.Assignee == p.To
	case ActionUnassign:
		return u.Assignee == ""
	case ActionUnshield:
		return !u.Shielded
	}
	return false
}

// Labels lists the labels in use, most used first.
func (d *Desk) Labels(ctx context.Context) ([]catalog.LabelCount, error) {
	return d.Case.Catalog.Labels(ctx)
}

// Handles lists the names that people sign with in this case.
func (d *Desk) Handles(ctx context.Context) ([]string, error) { return d.Case.Handles(ctx) }
