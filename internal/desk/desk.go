// Package desk is the people's work on a case: find, read, withdraw, erase,
// note what could not be seen, hand out. Each act is named and dated, and is a
// record in the log.
package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/pipeline"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Desk is a case with a person at it.
type Desk struct {
	Case *pipeline.Case

	// DryRun makes every act check whether it could be done, and record nothing.
	DryRun bool

	opened []uint64 // statements whose masked names this person looked at: see Open
	// Egress is how this machine goes to the world for a capture. The person who
	// started the program says so; nothing of the case and no page does.
	Egress pipeline.Egress
	// Painter finds what makes pictures of captured pages; nil, or a nil Painter,
	// when there is nothing.
	Painter func(context.Context) (*pipeline.Painter, error)
	// OCR finds the program that reads the text in pictures: see TextReader. nil
	// when there is nothing.
	OCR func(context.Context) (pipeline.Helper, error)

	order *orderCache
	kept  *keptSources
	thens *thenCaches
	then  *Moment // what this desk sees; nil is now
	now   *Desk   // the desk this one looks back from
}

// New returns the desk of an open case.
func New(c *pipeline.Case) *Desk {
	return &Desk{Case: c, order: new(orderCache), kept: new(keptSources), thens: new(thenCaches)}
}

// Found is a page of search results with the query in readable words.
type Found struct {
	catalog.Result
	Query query.Query
	Echo  string
}

// Search finds statements by the query language of package query.
func (d *Desk) Search(ctx context.Context, text string, page catalog.Page) (Found, error) {
	q, err := d.Parse(text)
	if err != nil {
		return Found{}, err
	}
	typed, err := query.Parse(text, query.ParseOptions{Zone: d.Case.Zone, Now: d.Case.Now()})
	if err != nil {
		return Found{}, err
	}
	page.Now = d.Case.Now().Unix()
	res, err := d.Reader().Search(ctx, q, page)
	return Found{Result: res, Query: typed, Echo: query.Echo(typed)}, err
}

// Parse reads a query as this case means it: dates in its time zone, and ids as
// the catalog knows them.
func (d *Desk) Parse(text string) (query.Query, error) {
	q, err := query.Parse(text, query.ParseOptions{Zone: d.Case.Zone, Now: d.Case.Now()})
	if err != nil {
		return q, err
	}
	return query.MapValues(q, func(key, value string) (string, error) {
		kind := map[string]record.Kind{"import": record.KindRun, "capture": record.KindCapture, "from": record.KindSource, "family": record.KindFamily}[key]
		if kind == 0 {
			return value, nil
		}
		k, leaf, err := d.Case.IDs.Leaf(value)
		if key == "from" {
			if err == nil && k == kind {
				return "#" + strconv.FormatUint(leaf, 10), nil
			}
			return value, nil // a name or key
		}
		if err != nil || k != kind && k != 0 {
			at := max(0, strings.Index(text, value))
			return "", &query.Error{Query: text, Offset: at, End: at + len(value), What: fmt.Sprintf("%s is no id of an %s", value, key),
				Do: fmt.Sprintf("write %s:%c-… as `dalil jobs` or `dalil show` print it", key, kind)}
		}
		return strconv.FormatUint(leaf, 10), nil
	})
}

// Typed reads a query as it was typed: dates in the case's time zone, values as
// they are.
func (d *Desk) Typed(text string) (query.Query, error) {
	return query.Parse(text, query.ParseOptions{Zone: d.Case.Zone, Now: d.Case.Now()})
}

// StatementID returns the id a statement is called by.
func (d *Desk) StatementID(s record.Statement) string {
	return d.Case.IDs.ID(record.KindStatement, s.First)
}

// resolve reads an id of one of the kinds given and returns its entry.
func (d *Desk) resolve(id string, kinds ...record.Kind) (record.Kind, uint64, error) {
	k, leaf, err := d.Case.IDs.Leaf(id)
	if err != nil {
		return 0, 0, err
	}
	unknown := record.WithHint(fmt.Errorf("%s: %w", id, record.ErrNotFound), "find ids with `dalil search`; an id belongs to one case only")
	if leaf >= d.Case.Archive.Size() {
		return 0, 0, unknown
	}
	if k == 0 { // typed without its letter
		k = kinds[0]
	}
	for _, want := range kinds {
		if k == want {
			return k, leaf, nil
		}
	}
	return 0, 0, unknown
}

// Statement finds a statement by its id, in its newest version.
func (d *Desk) Statement(ctx context.Context, id string) (record.Statement, error) {
	_, leaf, err := d.resolve(id, record.KindStatement)
	if err != nil {
		return record.Statement{}, err
	}
	s, err := d.Reader().Statement(ctx, leaf)
	if err != nil {
		return s, fmt.Errorf("%s: %w", id, err)
	}
	return s, nil
}

// StatementAt finds a statement by its source's id, key or name and its id in
// that source.
func (d *Desk) StatementAt(ctx context.Context, source, external string) (record.Statement, error) {
	src, err := d.Source(ctx, source)
	if err != nil {
		return record.Statement{}, err
	}
	known, err := d.Case.Catalog.Known(ctx, src.Leaf, []string{external})
	if err != nil {
		return record.Statement{}, err
	}
	k, ok := known[external]
	if !ok {
		return record.Statement{}, fmt.Errorf("%s of %s: %w", external, src.Name, record.ErrNotFound)
	}
	return d.Reader().Statement(ctx, k.First)
}

// Withdraw hides a statement from lists and bars it from being cited. Nothing
// is destroyed; Restore brings it back.
func (d *Desk) Withdraw(ctx context.Context, id, reason string) (record.Decision, error) {
	return d.aboutStatement(ctx, id, "withdraw", reason, func(s record.Statement) error {
		if s.Withdrawn {
			return fmt.Errorf("%s is withdrawn already: %w", id, record.ErrConflict)
		}
		return nil
	})
}

// Restore takes a withdrawal back.
func (d *Desk) Restore(ctx context.Context, id, reason string) (record.Decision, error) {
	return d.aboutStatement(ctx, id, "restore", reason, func(s record.Statement) error {
		if !s.Withdrawn {
			return fmt.Errorf("%s is not withdrawn: %w", id, record.ErrConflict)
		}
		return nil
	})
}

func (d *Desk) aboutStatement(ctx context.Context, id, action, reason string, may func(record.Statement) error) (record.Decision, error) {
	s, err := d.Statement(ctx, id)
	if err != nil {
		return record.Decision{}, err
	}
	return d.decideOn(ctx, action, s.First, reason, func() (any, error) {
		s, err := d.Statement(ctx, id)
		if err != nil {
			return nil, err
		}
		if s.Erased {
			return nil, fmt.Errorf("%s was erased: %w", id, record.ErrWithheld)
		}
		return nil, may(s)
	})
}

// decideOn records a decision on what look finds, which returns the payload. Every
// decision states its reason and the newest record about its target that the
// person can have seen. That is noted before it is looked at: of two who decide at
// once, the second has not seen the first, and is told.
func (d *Desk) decideOn(ctx context.Context, action string, target uint64, reason string, look func() (payload any, err error)) (record.Decision, error) {
	return d.recordOn(ctx, action, target, reason, func() (any, error) {
		payload, err := look()
		if err == nil {
			err = needsReason(reason)
		}
		return payload, err
	})
}

// recordOn is decideOn for what needs no reason.
func (d *Desk) recordOn(ctx context.Context, action string, target uint64, reason string, look func() (payload any, err error)) (record.Decision, error) {
	seen, err := d.Case.Catalog.Newest(ctx, target)
	if err != nil {
		return record.Decision{}, err
	}
	payload, err := look()
	if err != nil {
		return record.Decision{}, err
	}
	return d.recordSeen(ctx, action, target, seen, reason, payload)
}

func needsReason(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return record.WithHint(fmt.Errorf("%w: a decision needs a reason", record.ErrInvalid), "give one with --reason")
	}
	return nil
}

// recordSeen records a decision of a person who has seen what is on record about
// the target up to an entry.
func (d *Desk) recordSeen(ctx context.Context, action string, target, seen uint64, reason string, payload any) (record.Decision, error) {
	return d.recordIf(ctx, action, target, seen, reason, payload, nil)
}

// recordIf is recordSeen with a check in place of the one whether anything about
// the target is newer than what was seen; nil is that one. Nothing is recorded
// between the check and the decision.
func (d *Desk) recordIf(ctx context.Context, action string, target, seen uint64, reason string, payload any, check func() error) (record.Decision, error) {
	if d.DryRun {
		return record.Decision{By: d.Case.Handle(), Action: action, Target: target, Reason: reason}, nil
	}
	var err error
	body := pipeline.DecisionBody{Reason: reason}
	if payload != nil {
		if body.Payload, err = json.Marshal(payload); err != nil {
			return record.Decision{}, err
		}
	}
	leaf, err := d.Case.RecordIf(ctx, record.Leaf{Kind: record.LeafDecision, Action: action, Target: target, Expects: seen}, body, check)
	if err != nil {
		return record.Decision{}, err
	}
	return record.Decision{Leaf: leaf, At: d.Case.Now().UnixMilli(), By: d.Case.Handle(), Action: action, Target: target, Reason: reason}, nil
}

// EraseTarget is what an erasure would destroy.
type EraseTarget struct {
	ID   string
	What string // in words
	leaf uint64
}

// EraseTarget says what an erasure would destroy.
func (d *Desk) EraseTarget(ctx context.Context, id string) (EraseTarget, error) {
	k, leaf, err := d.resolve(id, record.KindStatement, record.KindCapture)
	if err != nil {
		return EraseTarget{}, err
	}
	t := EraseTarget{ID: d.Case.IDs.ID(k, leaf), leaf: leaf}
	if k == record.KindCapture {
		c, err := d.Case.Catalog.Capture(ctx, leaf)
		if err != nil {
			return t, fmt.Errorf("%s: %w", id, err)
		}
		t.What = fmt.Sprintf("the whole file %s (%d bytes) with every statement in it", c.Path, c.Size)
		return t, nil
	}
	s, err := d.Statement(ctx, id)
	if err != nil {
		return t, err
	}
	if s.Erased {
		return t, fmt.Errorf("%s is erased already: %w", id, record.ErrConflict)
	}
	versions, err := d.Reader().Versions(ctx, leaf)
	if err != nil {
		return t, err
	}
	t.What = fmt.Sprintf("the statement of %s, posted %s, in all its versions (%d) and in every imported file that holds it", s.SourceName, s.Posted.In(d.Case.Zone), len(versions))
	if s.Span.Length == 0 {
		t.What += "; it fills the whole of its file, which goes with everything in it"
	}
	return t, nil
}

// RequestErase is the first of two steps: it records who wants what destroyed
// and why. The decision's id is what ConfirmErase asks for. Nothing is
// destroyed yet.
func (d *Desk) RequestErase(ctx context.Context, id, reason string) (record.Decision, EraseTarget, error) {
	t, err := d.EraseTarget(ctx, id)
	if err != nil {
		return record.Decision{}, t, err
	}
	dec, err := d.decideOn(ctx, "erase-request", t.leaf, reason, func() (_ any, err error) {
		t, err = d.EraseTarget(ctx, id)
		return nil, err
	})
	return dec, t, err
}

// ConfirmErase is the second step: it decides that a request is carried out,
// and carries it out. There is no way back.
func (d *Desk) ConfirmErase(ctx context.Context, request, reason string) (record.Decision, error) {
	_, leaf, err := d.resolve(request, record.KindDecision)
	if err != nil {
		return record.Decision{}, err
	}
	req, err := d.openRequest(ctx, request, leaf)
	if err != nil {
		return record.Decision{}, err
	}
	if reason == "" {
		reason = req.Reason
	}
	dec, err := d.decideOn(ctx, pipeline.ActionErase, req.Target, reason, func() (any, error) {
		_, err := d.openRequest(ctx, request, leaf)
		return struct {
			Request uint64 `json:"request"`
		}{leaf}, err
	})
	if err != nil || d.DryRun {
		return dec, err
	}
	return dec, d.Case.Erase(ctx)
}

// openRequest finds a request to erase that was neither carried out nor taken
// back.
func (d *Desk) openRequest(ctx context.Context, id string, leaf uint64) (record.Decision, error) {
	all, err := d.Reader().AllDecisions(ctx)
	if err != nil {
		return record.Decision{}, err
	}
	var req *record.Decision
	for i := range all {
		if all[i].Leaf == leaf && all[i].Action == "erase-request" {
			req = &all[i]
		}
		if all[i].Action == pipeline.ActionErase && req != nil && all[i].Target == req.Target {
			return record.Decision{}, fmt.Errorf("%s was carried out before: %w", id, record.ErrConflict)
		}
	}
	if req == nil || req.Undone != 0 {
		return record.Decision{}, record.WithHint(fmt.Errorf("%s is no open request to erase: %w", id, record.ErrNotFound), "make one with `dalil erase ID --reason …`")
	}
	return *req, nil
}

// Outage records a time in which something could not be seen: a country
// offline, a collector down. source is a source's name, key or id; "" means
// every source. A zero end leaves it open.
func (d *Desk) Outage(ctx context.Context, source string, from, to time.Time, why string) (record.Gap, error) {
	g := record.Gap{From: from.Unix(), To: record.NoSeconds, Why: "outage", Note: why}
	if strings.TrimSpace(why) == "" {
		return g, record.WithHint(fmt.Errorf("%w: an outage needs a reason", record.ErrInvalid), "say what was down with --reason")
	}
	if !to.IsZero() {
		if g.To = to.Unix(); g.To <= g.From {
			return g, fmt.Errorf("%w: the outage ends before it begins", record.ErrInvalid)
		}
	}
	if source != "" {
		s, err := d.Source(ctx, source)
		if err != nil {
			return g, err
		}
		g.Source = s.Leaf
	}
	if d.DryRun {
		return g, nil
	}
	leaf, err := d.Case.Record(ctx, record.Leaf{Kind: record.LeafGap, Source: g.Source, From: g.From, To: g.To, Why: g.Why}, pipeline.GapBody{Note: why})
	g.Leaf = leaf
	return g, err
}

// Source finds a source by id, key or name.
func (d *Desk) Source(ctx context.Context, name string) (record.Source, error) {
	if k, leaf, err := d.Case.IDs.Leaf(name); err == nil && k == record.KindSource {
		return d.Reader().Source(ctx, leaf)
	}
	if s, err := d.Reader().SourceByKey(ctx, name); err == nil || !errors.Is(err, record.ErrNotFound) {
		return s, err
	}
	all, err := d.Reader().Sources(ctx)
	if err != nil {
		return record.Source{}, err
	}
	var hits []record.Source
	for _, s := range all {
		if strings.EqualFold(s.Name, name) {
			hits = append(hits, s.Source)
		}
	}
	switch len(hits) {
	case 1:
		return hits[0], nil
	case 0:
		return record.Source{}, record.WithHint(fmt.Errorf("source %q: %w", name, record.ErrNotFound), "list sources with `dalil show sources`")
	}
	return record.Source{}, record.WithHint(fmt.Errorf("%w: %d sources are called %q", record.ErrConflict, len(hits), name), "use the source's id")
}

// milli formats our clock's milliseconds as RFC 3339 in UTC.
func milli(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }
