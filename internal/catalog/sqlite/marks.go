package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"dalil/internal/record"
)

// Decisions about units of the inbox. Each makes marks on the statements it
// names, in one topic or, for labels, in one for each label. Of a statement and
// a topic the newest decision stands that is not undone.
const (
	actionKeep      = "keep"
	actionDuplicate = "duplicate"
	actionDismiss   = "dismiss"
	actionLater     = "later"
	actionReopen    = "reopen"
	actionLabel     = "label"
	actionUnlabel   = "unlabel"
	actionAssign    = "assign"
	actionUnassign  = "unassign"
	actionShield    = "shield"
	actionUnshield  = "unshield"
	actionEdit      = "edit" // several of these at once, as a sheet says

	topicTriage = "triage"
	topicAssign = "assign"
	topicShield = "shield"
	topicLabel  = "label:" // and the label
)

// said is what a decision says of every statement it names. An empty value says
// that nothing is so any more.
type said struct {
	topic string
	value string
	num   int64
}

// saying is a part of a decision: what it says, and of which statements.
type saying struct {
	said
	statements []uint64
}

// sayings reads a decision about units; nil for any other. No two parts say
// something of one statement in one topic.
func sayings(action, payload string) ([]saying, error) {
	if payload == "" { // its body was destroyed
		return nil, nil
	}
	if action == actionEdit {
		return edits(payload)
	}
	if saidBy(action, &record.Triage{Labels: []string{""}}) == nil {
		return nil, nil
	}
	var p record.Triage
	if err := json.Unmarshal([]byte(payload), &p); err != nil {
		return nil, fmt.Errorf("%w: payload of %s: %v", record.ErrAltered, action, err)
	}
	var statements []uint64
	for _, u := range p.Units {
		statements = append(statements, u...)
	}
	slices.Sort(statements)
	statements = slices.Compact(statements)
	var all []saying
	for _, x := range saidBy(action, &p) {
		all = append(all, saying{x, statements})
	}
	return all, nil
}

// saidBy is what an action says of each of its statements; nil when it is none of
// this file's.
func saidBy(action string, p *record.Triage) (all []said) {
	switch action {
	case actionKeep:
		return []said{{topicTriage, string(record.Kept), 0}}
	case actionDuplicate:
		return []said{{topicTriage, string(record.Duplicate), int64(p.Of)}}
	case actionDismiss:
		return []said{{topicTriage, string(record.Dismissed), 0}}
	case actionLater:
		return []said{{topicTriage, string(record.Later), p.Until}}
	case actionReopen:
		return []said{{topicTriage, "", 0}}
	case actionAssign:
		return []said{{topicAssign, p.To, 0}}
	case actionUnassign:
		return []said{{topicAssign, "", 0}}
	case actionShield:
		return []said{{topicShield, "1", 0}}
	case actionUnshield:
		return []said{{topicShield, "", 0}}
	case actionLabel, actionUnlabel:
		value := map[string]string{actionLabel: "1"}[action]
		for _, l := range p.Labels {
			all = append(all, said{topicLabel + l, value, 0})
		}
	}
	return all
}

// edits reads the decisions that are one: of two about a statement in one topic
// the later stands.
func edits(payload string) ([]saying, error) {
	var p record.Edits
	if err := json.Unmarshal([]byte(payload), &p); err != nil {
		return nil, fmt.Errorf("%w: payload of %s: %v", record.ErrAltered, actionEdit, err)
	}
	type about struct {
		topic     string
		statement uint64
	}
	taken := map[about]bool{}
	var all []saying
	for _, e := range slices.Backward(p.Edits) {
		if e.Action == actionShield || e.Action == actionUnshield { // masks are not set by the sheet
			continue
		}
		for _, x := range saidBy(e.Action, &record.Triage{Of: e.Of, Until: e.Until, Labels: e.Labels, To: e.To}) {
			part := saying{said: x}
			for _, i := range e.Units {
				if i < 0 || i >= len(p.Units) {
					return nil, fmt.Errorf("%w: payload of %s: there is no unit %d", record.ErrAltered, actionEdit, i)
				}
				for _, s := range p.Units[i] {
					if !taken[about{x.topic, s}] {
						taken[about{x.topic, s}] = true
						part.statements = append(part.statements, s)
					}
				}
			}
			slices.Sort(part.statements)
			all = append(all, part)
		}
	}
	slices.Reverse(all)
	return all, nil
}

// mark writes down what a new decision says. It is the newest, so it stands.
func (a *application) mark(ctx context.Context, d *record.Decision) error {
	all, err := sayings(d.Action, d.Payload)
	if err != nil {
		return err
	}
	for _, x := range all {
		for chunk := range slices.Chunk(x.statements, 2000) {
			if err := a.exec(ctx, "UPDATE mark SET until=?1 WHERE topic=?2 AND until=0 AND statement IN (SELECT value FROM json_each(?3))", d.Leaf, x.topic, leafList(chunk)); err != nil {
				return err
			}
		}
		in := newBulk(a.tx, "INSERT INTO mark VALUES", 7, 100)
		for _, s := range x.statements {
			if err := in.add(ctx, s, x.topic, x.value, x.num, d.Leaf, d.Leaf, 0); err != nil {
				return err
			}
		}
		if err := in.end(ctx); err != nil {
			return err
		}
		if x.topic == topicTriage {
			a.touch(x.statements...)
		}
	}
	return nil
}

// unmark works out anew what stands of what the decision base is about, now
// that the undo at leaf took it back or gave it back.
func (a *application) unmark(ctx context.Context, leaf, base uint64) error {
	var action, payload string
	if err := a.tx.QueryRowContext(ctx, "SELECT action, payload FROM decision WHERE leaf=?", base).Scan(&action, &payload); err != nil {
		return err
	}
	all, err := sayings(action, payload)
	if err != nil {
		return err
	}
	for _, x := range all {
		for chunk := range slices.Chunk(x.statements, 2000) {
			if err := a.restand(ctx, leaf, x.topic, chunk); err != nil {
				return err
			}
		}
		if x.topic == topicTriage {
			a.touch(x.statements...)
		}
	}
	return nil
}

// restand ends the marks that do not stand any more from leaf on and begins
// those that do.
func (a *application) restand(ctx context.Context, leaf uint64, topic string, statements []uint64) error {
	type row struct {
		said
		decision uint64
	}
	read := func(query string) (map[uint64]row, error) {
		rows, err := a.tx.QueryContext(ctx, query, topic, leafList(statements))
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		found := map[uint64]row{}
		for rows.Next() {
			var s uint64
			r := row{said: said{topic: topic}}
			if err := rows.Scan(&s, &r.value, &r.num, &r.decision); err != nil {
				return nil, err
			}
			found[s] = r
		}
		return found, rows.Err()
	}
	now, err := read("SELECT statement, value, num, decision FROM mark WHERE topic=?1 AND until=0 AND statement IN (SELECT value FROM json_each(?2))")
	if err != nil {
		return err
	}
	then, err := read(`SELECT k.statement, k.value, k.num, max(k.decision) FROM mark k JOIN decision d ON d.leaf=k.decision
		WHERE k.topic=?1 AND k.since=k.decision AND d.undone=0 AND k.statement IN (SELECT value FROM json_each(?2)) GROUP BY k.statement`)
	if err != nil {
		return err
	}
	var end []uint64
	in := newBulk(a.tx, "INSERT INTO mark VALUES", 7, 100)
	for _, s := range statements {
		was, had := now[s]
		is, has := then[s]
		if had == has && was == is {
			continue
		}
		if had {
			end = append(end, s)
		}
		if has {
			if err := in.add(ctx, s, topic, is.value, is.num, is.decision, leaf, 0); err != nil {
				return err
			}
		}
	}
	if err := a.exec(ctx, "UPDATE mark SET until=?1 WHERE topic=?2 AND until=0 AND statement IN (SELECT value FROM json_each(?3))", leaf, topic, leafList(end)); err != nil {
		return err
	}
	return in.end(ctx)
}

// forgetMarks takes out what a decision said of statements, now that its body
// was destroyed: the marks are then those of a log in which it says nothing, as
// when everything is read again.
func (a *application) forgetMarks(ctx context.Context, decision uint64) error {
	type key struct {
		statement uint64
		topic     string
	}
	rows, err := a.tx.QueryContext(ctx, "SELECT DISTINCT statement, topic FROM mark WHERE decision=? AND topic<>?", decision, topicTriage)
	if err != nil {
		return err
	}
	var keys []key
	for rows.Next() {
		var k key
		if err := rows.Scan(&k.statement, &k.topic); err != nil {
			return errors.Join(err, rows.Close())
		}
		keys = append(keys, k)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, k := range keys {
		if err := a.without(ctx, decision, k.statement, k.topic); err != nil {
			return err
		}
	}
	return nil
}

// without takes the marks of one decision out of those of a statement in a topic.
// What it ended goes on until something else did.
func (a *application) without(ctx context.Context, decision, statement uint64, topic string) error {
	type row struct{ since, until, decision, undone uint64 }
	rows, err := a.tx.QueryContext(ctx, `SELECT k.since, k.until, k.decision, d.undone FROM mark k JOIN decision d ON d.leaf=k.decision
		WHERE k.statement=? AND k.topic=? ORDER BY k.since`, statement, topic)
	if err != nil {
		return err
	}
	var all []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.since, &r.until, &r.decision, &r.undone); err != nil {
			return errors.Join(err, rows.Close())
		}
		all = append(all, r)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	var kept []row
	for _, r := range all {
		var last *row
		if len(kept) > 0 && kept[len(kept)-1].until == r.since {
			last = &kept[len(kept)-1]
		}
		switch {
		case r.decision == decision && last != nil:
			if last.until = r.until; last.undone > r.since && (r.until == 0 || last.undone < r.until) {
				last.until = last.undone // taken back while the other stood
			}
		case r.decision == decision:
		case last != nil && last.decision == r.decision: // it never went
			last.until = r.until
		default:
			kept = append(kept, r)
			continue
		}
		if err := a.exec(ctx, "DELETE FROM mark WHERE statement=? AND topic=? AND since=?", statement, topic, r.since); err != nil {
			return err
		}
	}
	for _, r := range kept {
		if err := a.exec(ctx, "UPDATE mark SET until=? WHERE statement=? AND topic=? AND since=?", r.until, statement, topic, r.since); err != nil {
			return err
		}
	}
	return nil
}

// leaves runs a query for one column of leaves.
func (a *application) leaves(ctx context.Context, query string, args ...any) (all []uint64, err error) {
	rows, err := a.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var leaf uint64
		if err := rows.Scan(&leaf); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		all = append(all, leaf)
	}
	return all, errors.Join(rows.Err(), rows.Close())
}

// namesOf reads the names that a shield masks.
func namesOf(payload string) ([]string, error) {
	if payload == "" {
		return nil, nil
	}
	var p record.Triage
	if err := json.Unmarshal([]byte(payload), &p); err != nil {
		return nil, fmt.Errorf("%w: payload of a shield: %v", record.ErrAltered, err)
	}
	return p.Names, nil
}
