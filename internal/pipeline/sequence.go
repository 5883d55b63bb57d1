package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/archive"
	"dalil/internal/catalog"
	"dalil/internal/language"
	"dalil/internal/record"
)

// sequence takes the chunks of a file in order and decides about each reading:
// new, known, or a new version of what is known.
func (r *reader) sequence() error {
	im := r.im
	for {
		c, ok, err := r.nextChunk()
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		<-c.done
		if c.err != nil {
			return &storeError{c.err}
		}
		if len(c.readings) > 0 && r.current == 0 {
			if err := r.use(r.def); err != nil {
				return err
			}
		}
		for i := range c.readings {
			if err := r.take(c, i); err != nil {
				return err
			}
		}
		for _, p := range c.problems {
			im.report.Read++
			im.report.Failed++
			im.problem(p)
		}
		for _, s := range c.skipped {
			im.report.Skipped[s.what] += int64(s.n)
		}
		if c.source != nil {
			if err := r.use(*c.source); err != nil {
				return err
			}
		}
		if c.covers != nil {
			if err := r.covered(c.covers[0], c.covers[1]); err != nil {
				return err
			}
		}
		if im.commits != nil {
			if err := im.commits.full(); err != nil {
				return &storeError{err}
			}
		}
		im.reading(r.file.Path, float64(r.blob.high.Load())/float64(max(r.blob.Size(), 1)))
	}
}

// nextChunk waits for the format, and meanwhile gives way to those who ask: a
// large document can take seconds.
func (r *reader) nextChunk() (*chunk, bool, error) {
	var asked chan struct{}
	if r.im.commits != nil {
		asked = r.im.c.turn.asked
	}
	for {
		select {
		case c, ok := <-r.chunks:
			return c, ok, nil
		case <-asked:
			if err := r.im.commits.yield(); err != nil {
				return nil, false, &storeError{err}
			}
		}
	}
}

// use makes s the source of the readings that follow, recording it if it is new.
func (r *reader) use(s record.Source) error {
	im := r.im
	found, err := im.lookupSource(s)
	switch {
	case err == nil:
		r.current = found.Leaf
	case !errors.Is(err, record.ErrNotFound):
		return &storeError{err}
	case im.opt.DryRun:
		im.report.Sources++
		s.Leaf = unwritten + uint64(len(im.trackers))
		r.current = s.Leaf
		im.remember(s)
	default:
		l := record.NewLeaf(record.LeafSource, im.c.stores.Now().UnixMilli())
		if s.Leaf, err = im.bodied(l, s); err != nil {
			return &storeError{err}
		}
		im.commits.batch.Sources = append(im.commits.batch.Sources, s)
		im.report.Sources++
		r.current = s.Leaf
		im.remember(s)
	}
	if r.seen[r.current] == nil {
		r.seen[r.current] = newTracker()
		r.older[r.current] = im.trackers[r.current] != nil || im.isOld(r.current)
	}
	if im.trackers[r.current] == nil {
		im.trackers[r.current] = newTracker()
	}
	return nil
}

// lookupSource finds a source by its key, or, for an export that names its
// channel without an id, by the name of exactly one source of the platform.
// It is called from the format's goroutine and the sequencer's.
func (im *importer) lookupSource(s record.Source) (record.Source, error) {
	im.mu.Lock()
	found, ok := im.sources[s.Key]
	im.mu.Unlock()
	if ok {
		return found, nil
	}
	found, err := im.c.Catalog.SourceByKey(im.ctx, s.Key)
	if err == nil || !errors.Is(err, record.ErrNotFound) || !nameKeyed(s.Key) {
		return found, err
	}
	stats, err := im.c.Catalog.Sources(im.ctx)
	if err != nil {
		return found, err
	}
	var all []record.Source
	for _, st := range stats {
		all = append(all, st.Source)
	}
	im.mu.Lock()
	for _, x := range im.sources {
		all = append(all, x)
	}
	im.mu.Unlock()
	matches := map[uint64]record.Source{}
	for _, x := range all {
		if x.Platform == s.Platform && language.Fold(x.Name) == language.Fold(s.Name) {
			matches[x.Leaf] = x
		}
	}
	if len(matches) == 1 {
		for _, x := range matches {
			return x, nil
		}
	}
	return record.Source{}, fmt.Errorf("source %s: %w", s.Key, record.ErrNotFound)
}

// nameKeyed reports whether a source's key is made of its name because the
// export gave no id.
func nameKeyed(key string) bool {
	const a, b = "telegram-name:", "telegram-user:"
	return len(key) > len(a) && (key[:len(a)] == a || key[:len(b)] == b)
}

func (im *importer) remember(s record.Source) {
	im.mu.Lock()
	im.sources[s.Key] = s
	im.mu.Unlock()
}

// take decides about one reading.
func (r *reader) take(c *chunk, i int) error {
	im, x, p := r.im, &c.readings[i], &c.prepared[i]
	im.report.Read++
	if im.opt.DryRun {
		im.note(r.current, r.def.Key, x)
	}
	im.report.MissingMedia += p.missingMedia
	im.report.OmittedMedia += p.omittedMedia
	r.seen[r.current].see(x.ExternalID)
	known, here := c.known[x.ExternalID]
	if twice := im.trackers[r.current].see(x.ExternalID); twice || !c.from.known && im.isOld(r.current) {
		// Not foreseen when the chunk was prepared: the id came before in this
		// import, or the source turned out to be an old one under another key.
		var err error
		if known, err = im.known(r.current, x.ExternalID); err != nil {
			return &storeError{err}
		}
		here = known.Version > 0
		if twice && im.opt.DryRun && !here {
			im.report.Known++ // nothing is written that could tell a second version
			return nil
		}
	}
	count := &im.report.Edits
	switch {
	case here && known.Erased:
		// Erased on a person's decision: another copy does not bring it back.
		im.report.Known++
		im.report.Skipped["statements erased earlier on a person's decision"]++
		if x.Span.Length > 0 {
			r.erased = append(r.erased, erasedAgain{known.First, record.Span{Blob: r.file.Blob, Offset: x.Span.Offset, Length: x.Span.Length}})
		}
		return nil
	case here && same(known, x, p):
		im.report.Known++
		im.met(known.First)
		return r.returned(known)
	case here:
		old, err := r.oldVersion(&known, x, p)
		if err != nil {
			return err
		}
		if old {
			im.report.Known++
			im.met(known.First)
			return nil
		}
		if err := r.returned(known); err != nil {
			return err
		}
	default:
		count = &im.report.New
		known = catalog.Known{}
	}
	*count++
	if im.opt.DryRun {
		return nil
	}
	written, err := r.version(x, p, known)
	if !written {
		*count-- // interrupted, perhaps: the receipt tells of what is in the log
	}
	return err
}

// isOld reports whether a source was in the case before this import.
func (im *importer) isOld(source uint64) bool {
	return source < unwritten && (im.run == 0 || source < im.run)
}

// known looks one statement up among those this import added and has not
// committed yet, and then in the catalog.
func (im *importer) known(source uint64, id string) (catalog.Known, error) {
	if im.commits != nil {
		if k, ok := im.commits.pending(source, id); ok {
			return k, nil
		}
	}
	m, err := im.c.Catalog.Known(im.ctx, source, []string{id})
	return m[id], err
}

// oldVersion reports whether a reading equals any version that is here: an
// older export imported again must add nothing. It sets k.Version to the number
// of versions.
func (r *reader) oldVersion(k *catalog.Known, x *record.Reading, p *prepared) (bool, error) {
	im := r.im
	if im.commits != nil && im.commits.has(r.current, x.ExternalID) {
		// Its versions are told by the catalog, which does not have them yet.
		if err := im.commits.sync(); err != nil {
			return false, &storeError{err}
		}
	}
	versions, err := im.c.Catalog.Versions(im.ctx, k.First)
	if err != nil {
		return false, &storeError{err}
	}
	k.Version = len(versions)
	for _, v := range versions {
		if same(catalog.Known{Version: v.Version, TextDigest: v.TextDigest, Edited: v.Edited.Seconds()}, x, p) {
			return true, nil
		}
	}
	return false, nil
}

// version records one version of a statement, and reports whether it did: not
// with an error, and not when the statement's id is too long to record.
func (r *reader) version(x *record.Reading, p *prepared, k catalog.Known) (written bool, err error) {
	im := r.im
	if err := im.begin(); err != nil {
		return false, &storeError{err}
	}
	if p.known { // prepared as such, and found not to be
		identify(x)
	}
	if x.Span.Length > 0 && p.salt == nil {
		// Likewise: commit to the span now.
		if err := r.commitSpan(x, p); err != nil {
			return false, err
		}
	}
	if err := r.here(x); err != nil {
		return false, &storeError{err}
	}
	l := record.NewLeaf(record.LeafStatement, im.c.stores.Now().UnixMilli())
	l.Capture, l.Source, l.ID = r.file.Leaf, r.current, x.ExternalID
	l.Posted, l.Edited = x.Posted.Seconds(), x.Edited.Seconds()
	l.Offset, l.Length, l.Page, l.Commit = x.Span.Offset, x.Span.Length, x.Span.Page, p.commit
	leaf := l.Append(make([]byte, 0, 288))
	if len(leaf) > record.MaxLeaf {
		im.report.Failed++
		im.problem(record.Problem{File: r.file.Path, Offset: x.Span.Offset, ID: strings.ToValidUTF8(x.ExternalID[:80], "") + "…", What: "the statement's id in its source is too long to record", Remedy: "the file is kept; report this export"})
		return false, nil
	}
	var src record.Source
	if len(x.Facts) > 0 {
		if src, err = im.sourceOf(r.current); err != nil {
			return false, &storeError{err}
		}
	}
	// From the entry on nothing may fail: log and catalog say the same.
	index, err := im.commits.add(archive.Entry{Leaf: leaf, Salt: p.salt})
	if err != nil {
		return false, &storeError{err}
	}
	st := statement(x, index, &l, k, r.file.Capture)
	st.TextDigest = p.textDigest
	im.commits.batch.Facts = append(im.commits.batch.Facts, factsOf(x, index, src.Key)...)
	im.commits.statement(st)
	im.met(st.First)
	return true, nil
}

// met tells the witness of a statement that came by.
func (im *importer) met(first uint64) {
	if im.witness != nil {
		im.witness.statement(first)
	}
}

// here records again in this run the captures that a new statement rests on, if
// they are of an earlier one.
func (r *reader) here(x *record.Reading) error {
	if r.file.reused {
		if err := r.im.capture(r.file); err != nil {
			return err
		}
	}
	for _, m := range x.Media {
		if m.Path == "" || m.Blob.IsZero() {
			continue
		}
		if f := r.neighbour(m.Path); f != nil && f.reused {
			if err := r.im.capture(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// statement is what the catalog keeps of a reading: the same on import and on
// rebuild.
func statement(x *record.Reading, index uint64, l *record.Leaf, k catalog.Known, c record.Capture) record.Statement {
	st := record.Statement{Reading: *x, Leaf: index, First: index, Version: 1, Source: l.Source, Capture: l.Capture, CapturedAt: c.At}
	st.Span.Blob = c.Blob
	follow(&st, k)
	return st
}

// follow makes st a version of the statement that k is the current version of.
// Exports come in any order: a wording with an earlier edit time does not take
// the place of the current one.
func follow(st *record.Statement, k catalog.Known) {
	if k.Version == 0 {
		return
	}
	st.First, st.Version = k.First, k.Version+1
	if st.Edited.Seconds() < k.Edited {
		st.Until = k.Leaf
	}
}

// returned records that a statement seen missing is there again.
func (r *reader) returned(k catalog.Known) error {
	im := r.im
	if !k.Missing || r.file.reused {
		return nil // the same file again tells nothing about what came after it
	}
	im.report.Returned++
	if im.opt.DryRun {
		return nil
	}
	return r.observe(record.LeafSeen, k.First)
}

func (r *reader) observe(kind record.LeafKind, target uint64) error {
	im := r.im
	if err := im.begin(); err != nil {
		return &storeError{err}
	}
	l := record.NewLeaf(kind, im.c.stores.Now().UnixMilli())
	l.Run, l.Capture, l.Target = im.run, r.file.Leaf, target
	index, err := im.bodied(l, nil)
	if err != nil {
		return &storeError{err}
	}
	o := catalog.Observation{Leaf: index, Target: target, Run: im.run}
	if kind == record.LeafMissing {
		im.commits.batch.Missing = append(im.commits.batch.Missing, o)
	} else {
		im.commits.batch.Seen = append(im.commits.batch.Seen, o)
	}
	return nil
}

// covered notes what the file, which holds every message of the current source
// between two ids, does not hold: statements that are here already were missing
// from it, and ids that nobody has seen are holes.
func (r *reader) covered(first, last int64) error {
	im := r.im
	t := r.seen[r.current]
	if t == nil {
		return nil
	}
	src, err := im.sourceOf(r.current)
	if err != nil {
		return &storeError{err}
	}
	var missing []catalog.Known
	if r.older[r.current] {
		// What an earlier file of this import added must be in the catalog for
		// the comparison; what this file added is in its tracker.
		if im.commits != nil && !im.isOld(r.current) {
			if err := im.commits.sync(); err != nil {
				return &storeError{err}
			}
		}
		err = im.c.Catalog.Unseen(im.ctx, r.current, first, last, func(id int64, k catalog.Known) error {
			if !t.has(id) {
				if !k.Missing && !k.Erased {
					missing = append(missing, k)
				}
				t.see(strconv.FormatInt(id, 10)) // known to have been: no hole
			}
			return im.commits.yield()
		})
		if err != nil {
			return &storeError{err}
		}
	}
	im.report.Missing += int64(len(missing))
	var holes []hole
	if src.Sequential {
		if holes, err = im.newHoles(r.current, t.holes(first, last)); err != nil {
			return &storeError{err}
		}
	}
	im.report.Gaps += int64(len(holes))
	if im.opt.DryRun {
		return nil
	}
	for _, k := range missing {
		if err := r.observe(record.LeafMissing, k.First); err != nil {
			return err
		}
	}
	for _, h := range holes {
		if err := im.begin(); err != nil {
			return &storeError{err}
		}
		l := record.NewLeaf(record.LeafGap, im.c.stores.Now().UnixMilli())
		l.Run, l.Source, l.First, l.Last, l.Why = im.run, r.current, strconv.FormatInt(h.first, 10), strconv.FormatInt(h.last, 10), "ids"
		index, err := im.bodied(l, nil)
		if err != nil {
			return &storeError{err}
		}
		im.commits.batch.Gaps = append(im.commits.batch.Gaps, gapOf(index, &l, ""))
		if err := im.commits.full(); err != nil {
			return &storeError{err}
		}
	}
	return nil
}

func gapOf(index uint64, l *record.Leaf, note string) record.Gap {
	return record.Gap{Leaf: index, Source: l.Source, First: l.First, Last: l.Last, From: l.From, To: l.To, Why: l.Why, Note: note}
}

// newHoles leaves out the holes that lie within a recorded gap. A message that
// turns up inside one does not make its two halves new.
func (im *importer) newHoles(source uint64, holes []hole) ([]hole, error) {
	if len(holes) == 0 {
		return nil, nil
	}
	gaps, err := im.c.Catalog.Gaps(im.ctx, source)
	if err != nil {
		return nil, err
	}
	var recorded []hole
	for _, g := range gaps {
		a, err1 := strconv.ParseInt(g.First, 10, 64)
		b, err2 := strconv.ParseInt(g.Last, 10, 64)
		if err1 == nil && err2 == nil && g.Source == source {
			recorded = append(recorded, hole{a, b})
		}
	}
	return outside(holes, recorded), nil
}

// outside returns the holes that no recorded one contains. Both lists are
// walked once, in order of where they begin.
func outside(holes, recorded []hole) []hole {
	byFirst := func(a, b hole) int { return cmp.Compare(a.first, b.first) }
	slices.SortFunc(holes, byFirst)
	slices.SortFunc(recorded, byFirst)
	var out []hole
	reach := int64(-1) // the furthest end of a recorded hole that begins here or before
	for _, h := range holes {
		for len(recorded) > 0 && recorded[0].first <= h.first {
			reach = max(reach, recorded[0].last)
			recorded = recorded[1:]
		}
		if reach < h.last {
			out = append(out, h)
		}
	}
	return out
}

func (im *importer) sourceOf(leaf uint64) (record.Source, error) {
	im.mu.Lock()
	for _, s := range im.sources {
		if s.Leaf == leaf {
			im.mu.Unlock()
			return s, nil
		}
	}
	im.mu.Unlock()
	return im.c.Catalog.Source(im.ctx, leaf)
}
