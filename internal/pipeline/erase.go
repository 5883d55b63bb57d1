package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"dalil/internal/archive"
	"dalil/internal/catalog"
	"dalil/internal/format"
	"dalil/internal/language"
	"dalil/internal/record"
)

// Erasure destroys bytes on the signed decision of a person. The decision is
// on stable storage before the first byte goes, every step can be done again,
// and the tombstones are appended last, in one batch: whatever a crash
// interrupts, opening the case for writing finishes it.

// ActionErase is the decision that erasure follows from. Its target is a
// statement (its first version's entry) or a capture.
const ActionErase = "erase"

// Erase carries out every decision to erase that has not been carried out.
func (c *Case) Erase(ctx context.Context) error {
	if !c.work.try() {
		return c.busy(ctx)
	}
	err := c.eraseInTurn(ctx)
	if err == nil {
		_, err = c.analyse(ctx, nil)
	}
	return errors.Join(err, c.rest(ctx))
}

func (c *Case) eraseInTurn(ctx context.Context) error {
	if err := c.turn.take(ctx); err != nil {
		return err
	}
	defer c.turn.pass()
	return c.finishErasures(ctx)
}

func (c *Case) finishErasures(ctx context.Context) error {
	decisions, err := c.Catalog.AllDecisions(ctx)
	if err != nil {
		return err
	}
	buried := map[uint64]bool{}
	var todo []record.Decision
	for _, d := range decisions {
		if d.Action == ActionErase {
			todo = append(todo, d)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	err = c.eachLeaf(ctx, 0, func(_ uint64, l *record.Leaf) error {
		buried[l.Target] = true
		return nil
	}, record.LeafTombstone)
	if err != nil {
		return err
	}
	for _, d := range todo {
		if !buried[d.Target] {
			if err := c.erase(ctx, d.Target); err != nil {
				return fmt.Errorf("erase %s: %w", c.IDs.ID(record.KindStatement, d.Target), err)
			}
		}
	}
	return nil
}

// erase destroys a statement in every version and every file that holds it, or
// a captured file with all statements in it.
func (c *Case) erase(ctx context.Context, target uint64) error {
	b, err := c.Archive.Leaf(ctx, target)
	if err != nil {
		return err
	}
	l, err := record.ParseLeaf(b)
	if err != nil {
		return err
	}
	e := eraser{c: c, gone: map[record.Digest]bool{}}
	switch l.Kind {
	case record.LeafStatement:
		err = e.statement(ctx, target)
	case record.LeafCapture:
		err = e.file(ctx, l.Blob)
	default:
		return fmt.Errorf("%w: a %s entry cannot be erased", record.ErrInvalid, l.Kind)
	}
	if err == nil {
		err = e.names(ctx)
	}
	if err != nil {
		return err
	}
	if e.targets[target] == 0 { // the decision's own target always gets one, so that it counts as done
		e.bury(record.Leaf{Target: target})
	}
	at := c.stores.Now().UnixMilli()
	entries := make([]archive.Entry, len(e.tombs))
	for i, t := range e.tombs {
		if entries[i], err = c.entry(t, at, nil); err != nil {
			return err
		}
	}
	if _, err := c.append(ctx, entries); err != nil {
		return err
	}
	if err := c.catchUp(ctx); err != nil {
		return err
	}
	return c.Catalog.Flush(ctx)
}

// eraser collects the tombstones of one erasure.
type eraser struct {
	c       *Case
	tombs   []record.Leaf
	targets map[uint64]int
	gone    map[record.Digest]bool
}

func (e *eraser) bury(l record.Leaf) {
	if e.targets == nil {
		e.targets = map[uint64]int{}
	}
	l.Kind, l.Why = record.LeafTombstone, "erased"
	e.tombs = append(e.tombs, l)
	e.targets[l.Target]++
}

// statement destroys every version of a statement. Other exports may hold the
// same message without a version of their own (it was known when they came), so
// every file that has statements of the same source is read for it.
func (e *eraser) statement(ctx context.Context, first uint64) error {
	versions, err := e.c.Catalog.Versions(ctx, first)
	if err != nil {
		return err
	}
	done := map[spanKey]bool{}
	for _, v := range versions {
		if v.Span.Length == 0 {
			if err := e.file(ctx, v.Span.Blob); err != nil {
				return err
			}
			continue
		}
		if err := e.span(ctx, v.Leaf, v.Span, done); err != nil {
			return err
		}
		if err := e.c.Archive.DestroySecret(ctx, v.Leaf); err != nil {
			return err
		}
		if err := e.containers(ctx, v.Capture); err != nil {
			return err
		}
	}
	if err := e.translations(ctx, first, 0); err != nil {
		return err
	}
	if len(versions) == 0 {
		return nil
	}
	return e.copies(ctx, versions[0], done)
}

type spanKey struct {
	blob   record.Digest
	offset int64
}

func (e *eraser) span(ctx context.Context, target uint64, s record.Span, done map[spanKey]bool) error {
	if e.gone[s.Blob] || done[spanKey{s.Blob, s.Offset}] {
		e.bury(record.Leaf{Target: target})
		return nil
	}
	done[spanKey{s.Blob, s.Offset}] = true
	now, err := e.c.Archive.BlankSpan(ctx, s.Blob, s.Offset, s.Length)
	if errors.Is(err, record.ErrWithheld) { // the whole file went before
		e.bury(record.Leaf{Target: target})
		return nil
	}
	if err != nil {
		return err
	}
	e.bury(record.Leaf{Target: target, Blob: s.Blob, Offset: s.Offset, Length: s.Length, Now: now})
	return nil
}

// copies blanks the statement in files that hold it without a version.
func (e *eraser) copies(ctx context.Context, v record.Statement, done map[spanKey]bool) error {
	src, err := e.c.Catalog.Source(ctx, v.Source)
	if err != nil {
		return err
	}
	p := &replayer{c: e.c, cat: e.c.Catalog, sources: map[uint64]record.Source{}, captures: map[uint64]record.Capture{}, details: map[uint64]runDetail{}}
	read := map[record.Digest]bool{}
	return e.c.eachLeaf(ctx, 0, func(i uint64, l *record.Leaf) error {
		if read[l.Blob] || e.gone[l.Blob] || l.Format == "" {
			return nil
		}
		read[l.Blob] = true
		capture, err := e.c.Catalog.Capture(ctx, i)
		if err != nil {
			return err
		}
		kind, ok := p.kind(l.Format)
		if !ok || kind.Read == nil {
			return nil
		}
		spans, err := p.find(ctx, capture, kind, src, v.ExternalID)
		if err != nil {
			return err
		}
		for _, s := range spans {
			if done[spanKey{s.Blob, s.Offset}] {
				continue
			}
			if err := e.span(ctx, v.First, s, done); err != nil {
				return err
			}
			if err := e.containers(ctx, i); err != nil {
				return err
			}
		}
		return nil
	}, record.LeafCapture)
}

// containers destroys the containers a file came out of: they hold its bytes
// packed. Their other parts are in the archive as files of their own.
func (e *eraser) containers(ctx context.Context, capture uint64) error {
	c, err := e.c.Catalog.Capture(ctx, capture)
	if err != nil {
		return err
	}
	for c.Parent != 0 {
		if c, err = e.c.Catalog.Capture(ctx, c.Parent); err != nil {
			return err
		}
		if err := e.remove(ctx, c.Leaf, c.Blob); err != nil {
			return err
		}
	}
	return nil
}

func (e *eraser) remove(ctx context.Context, target uint64, blob record.Digest) error {
	if e.gone[blob] {
		return nil
	}
	e.gone[blob] = true
	if err := e.c.Archive.RemoveBlob(ctx, blob); err != nil {
		return err
	}
	e.bury(record.Leaf{Target: target, Blob: blob})
	return e.c.Archive.DestroySecret(ctx, target)
}

// file destroys a captured file, under whatever path and in whatever run it was
// captured, with every statement in it.
func (e *eraser) file(ctx context.Context, blob record.Digest) error {
	captures, err := e.c.Catalog.CapturesOf(ctx, blob)
	if err != nil {
		return err
	}
	ours := map[uint64]bool{}
	for _, c := range captures {
		ours[c.Leaf] = true
		if err := e.remove(ctx, c.Leaf, blob); err != nil {
			return err
		}
		if e.targets[c.Leaf] == 0 { // the same bytes, captured again
			e.bury(record.Leaf{Target: c.Leaf})
			if err := e.c.Archive.DestroySecret(ctx, c.Leaf); err != nil {
				return err
			}
		}
		if err := e.containers(ctx, c.Leaf); err != nil {
			return err
		}
	}
	if err := e.derived(ctx, ours); err != nil {
		return err
	}
	return e.c.eachLeaf(ctx, 0, func(i uint64, l *record.Leaf) error {
		if !ours[l.Capture] {
			return nil
		}
		e.bury(record.Leaf{Target: i})
		v, err := e.c.Catalog.Version(ctx, i)
		if err != nil {
			return err
		}
		if err := e.translations(ctx, v.First, i); err != nil {
			return err
		}
		if l.Commit.IsZero() {
			return nil
		}
		return e.c.Archive.DestroySecret(ctx, i)
	}, record.LeafStatement)
}

// derived destroys the texts that software read in pictures, which are files of
// their own. One stays when the same text was read in a picture that stays.
func (e *eraser) derived(ctx context.Context, pictures map[uint64]bool) error {
	var read []uint64
	err := e.c.eachLeaf(ctx, 0, func(i uint64, l *record.Leaf) error {
		if l.Format == catalog.FormatDerived && pictures[l.Parent] && e.targets[i] == 0 {
			read = append(read, i)
		}
		return nil
	}, record.LeafCapture)
	if err != nil {
		return err
	}
	for _, leaf := range read {
		c, err := e.c.Catalog.Capture(ctx, leaf)
		if err != nil {
			return err
		}
		same, err := e.c.Catalog.CapturesOf(ctx, c.Blob)
		if err != nil {
			return err
		}
		stays := false
		for _, o := range same {
			if o.Format != catalog.FormatDerived {
				stays = true // an imported file
			} else if !pictures[o.Parent] {
				picture, err := e.c.Catalog.Capture(ctx, o.Parent)
				if err != nil {
					return err
				}
				held, err := e.holds(ctx, picture.Blob)
				if err != nil {
					return err
				}
				stays = stays || held
			}
		}
		if !stays && !e.gone[c.Blob] {
			if err := e.remove(ctx, leaf, c.Blob); err != nil {
				return err
			}
			continue
		}
		e.bury(record.Leaf{Target: leaf})
		if err := e.c.Archive.DestroySecret(ctx, leaf); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether the archive has the bytes.
func (e *eraser) holds(ctx context.Context, d record.Digest) (bool, error) {
	if e.gone[d] {
		return false, nil
	}
	b, err := e.c.Archive.Open(ctx, d)
	if errors.Is(err, record.ErrWithheld) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, b.Close()
}

// names destroys the bodies of decisions that mask names, and of those that say
// why somebody looked at one, when nothing is left to mask by them: every
// statement that they are about is erased, and, while a decision stands, no
// other text of the case has the name. Until then the list of names is what keeps
// it from being read.
func (e *eraser) names(ctx context.Context) error {
	shields, err := e.c.Catalog.DecisionsBy(ctx, actionShield)
	if err != nil || len(shields) == 0 {
		return err
	}
	standing := map[uint64]bool{}
	now, err := e.c.Catalog.Shields(ctx)
	if err != nil {
		return err
	}
	for _, s := range now {
		standing[s.Decision] = true
	}
	opened, err := e.c.Catalog.DecisionsBy(ctx, actionOpen)
	if err != nil {
		return err
	}
	for _, d := range shields {
		if d.Payload == "" { // destroyed before
			continue
		}
		var p record.Triage
		if err := json.Unmarshal([]byte(d.Payload), &p); err != nil {
			return fmt.Errorf("%w: decision at log entry %d: %v", record.ErrAltered, d.Leaf, err)
		}
		names := language.NewMentions(p.Names)
		left, err := e.left(ctx, p.Units, names, standing[d.Leaf])
		if err != nil {
			return err
		}
		if left {
			continue
		}
		gone := []uint64{d.Leaf}
		for _, o := range opened {
			if len(names.In(o.Reason)) > 0 && e.targets[o.Leaf] == 0 {
				gone = append(gone, o.Leaf)
			}
		}
		for _, leaf := range gone {
			e.bury(record.Leaf{Target: leaf})
			if err := e.c.Archive.DestroySecret(ctx, leaf); err != nil {
				return err
			}
		}
	}
	return nil
}

// What package desk calls masking a name, and looking at it.
const (
	actionShield = "shield"
	actionOpen   = "open"
)

// left reports whether a statement of units is not erased or, with everywhere,
// a name stands in any statement that is not.
func (e *eraser) left(ctx context.Context, units [][]uint64, names *language.Mentions, everywhere bool) (bool, error) {
	for _, statements := range units {
		for _, first := range statements {
			versions, err := e.c.Catalog.Versions(ctx, first)
			if err != nil && !errors.Is(err, record.ErrNotFound) {
				return false, err
			}
			for _, v := range versions {
				if !v.Erased && e.targets[v.Leaf] == 0 {
					return true, nil
				}
			}
		}
	}
	if !everywhere {
		return false, nil
	}
	sources, err := e.c.Catalog.Sources(ctx)
	if err != nil {
		return false, err
	}
	for _, s := range sources {
		if len(names.In(s.Name)) > 0 || len(names.In(s.Key)) > 0 {
			return true, nil
		}
	}
	err = e.c.eachLeaf(ctx, 0, func(i uint64, _ *record.Leaf) error {
		if e.targets[i] > 0 {
			return nil
		}
		v, err := e.c.Catalog.Version(ctx, i)
		if err != nil {
			return err
		}
		if !v.Erased && slices.ContainsFunc(v.Strings(), func(s string) bool { return len(names.In(s)) > 0 }) {
			return errEnough
		}
		return nil
	}, record.LeafStatement)
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

// eraseAgain blanks what a file just imported holds of statements that were
// erased before: the decision stands.
func (r *reader) eraseAgain() error {
	im := r.im
	if r.file.reused {
		if err := im.capture(r.file); err != nil {
			return &storeError{err}
		}
	}
	if err := im.commits.sync(); err != nil {
		return &storeError{err}
	}
	ctx := context.WithoutCancel(im.ctx)
	e := eraser{c: im.c, gone: map[record.Digest]bool{}}
	done := map[spanKey]bool{}
	for _, x := range r.erased {
		if err := e.span(ctx, x.first, x.span, done); err != nil {
			return &storeError{err}
		}
		if err := e.containers(ctx, r.file.Leaf); err != nil {
			return &storeError{err}
		}
	}
	at := im.c.stores.Now().UnixMilli()
	for _, t := range e.tombs {
		entry, err := im.c.entry(t, at, nil)
		if err != nil {
			return &storeError{err}
		}
		index, err := im.commits.add(entry)
		if err != nil {
			return &storeError{err}
		}
		im.commits.batch.Tombstones = append(im.commits.batch.Tombstones, catalog.Tombstone{Leaf: index, Target: t.Target})
	}
	return nil
}

// find reads a file for a statement of a source and returns where it stands.
func (p *replayer) find(ctx context.Context, c record.Capture, kind format.Kind, src record.Source, id string) ([]record.Span, error) {
	detail, err := p.detail(ctx, c.Run)
	if err != nil {
		return nil, err
	}
	blob, err := p.c.Archive.Open(ctx, c.Blob)
	if errors.Is(err, record.ErrWithheld) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	im := &importer{ctx: ctx, c: p.c, detail: detail, opt: ImportOptions{KeepOwner: detail.KeepOwner, Source: detail.Source}, sources: map[string]record.Source{}}
	f := &held{Capture: c, kind: kind}
	r := &reader{im: im, file: f, blob: &reach{Blob: blob}, base: baseID(f)}
	s := &findSink{reader: r, want: src, id: id, match: defaultSource(f, detail.Source).Key == src.Key}
	if err := kind.Read(ctx, im.input(f, blob), s); err != nil && ctx.Err() != nil {
		return nil, err
	}
	return s.spans, s.err
}

// findSink looks for one statement.
type findSink struct {
	*reader
	want  record.Source
	id    string
	match bool // the readings are of the wanted source
	spans []record.Span
	err   error
}

func (s *findSink) Source(x record.Source) error {
	s.own = true
	found, err := s.im.lookupSource(x)
	s.match = err == nil && found.Leaf == s.want.Leaf
	return nil
}
func (s *findSink) Covers(int64, int64)    {}
func (s *findSink) Problem(record.Problem) {}
func (s *findSink) Skipped(string, int)    {}
func (s *findSink) Reading(x *record.Reading) error {
	if y := s.copy(x); s.match && y.ExternalID == s.id && y.Span.Length > 0 {
		y.Span.Blob = s.file.Blob
		s.spans = append(s.spans, y.Span)
	}
	return nil
}
