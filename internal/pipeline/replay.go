package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"dalil/internal/archive"
	"dalil/internal/catalog"
	"dalil/internal/format"
	"dalil/internal/record"
)

// catchUp brings a catalog up to the log: after a crash a few entries, on a
// rebuild all of them. The same log, archive and program version give the same
// catalog, whatever the batches were.
//
// It does not wait for the full-text index: Flush does.
func (c *Case) catchUp(ctx context.Context) error {
	_, err := c.catchUpTo(ctx, c.Catalog, c.Dir, c.Archive.Size(), nil)
	return err
}

// catchUpTo brings a catalog, whose analyses keep their files in dir, up to a
// log size. It returns the analysis entries whose result is another today.
func (c *Case) catchUpTo(ctx context.Context, cat catalog.Catalog, dir string, size uint64, progress func(Progress)) (differs []uint64, err error) {
	at, err := cat.Size(ctx)
	if err != nil {
		return nil, err
	}
	if at > size {
		return nil, record.WithHint(fmt.Errorf("%w: the catalog knows %d records, the log has %d", record.ErrAltered, at, size), "run `dalil verify`, then `dalil rebuild`")
	}
	if at == size {
		return nil, nil
	}
	p := &replayer{c: c, cat: cat, dir: dir, sources: map[uint64]record.Source{}, captures: map[uint64]record.Capture{}, details: map[uint64]runDetail{}}
	defer p.stop()
	err = p.replay(ctx, at, size, progress)
	return p.differs, err
}

// replayer turns log entries back into catalog batches. Statements are read
// again from their files; entries of one file follow one another in the log,
// so one pass over each file is enough.
type replayer struct {
	c   *Case
	cat catalog.Catalog
	dir string // for the files of analyses

	differs  []uint64 // analysis entries whose result is another today
	sources  map[uint64]record.Source
	captures map[uint64]record.Capture
	details  map[uint64]runDetail

	batch   *catalog.Batch
	weight  int
	pending []pending // statements of the batch whose versions are not settled

	stream *stream
	media  map[uint64]map[string]*held // files captured so far in the newest run, by path
}

// pending is a statement whose place among its versions is settled when the
// batch is complete and the catalog has been asked once.
type pending struct {
	at   int // in batch.Statements
	leaf *record.Leaf
}

func (p *replayer) replay(ctx context.Context, from, to uint64, progress func(Progress)) error {
	p.batch = &catalog.Batch{From: from, To: from}
	p.media = map[uint64]map[string]*held{}
	i := from
	for b, err := range p.c.Archive.Leaves(ctx, from, to) {
		if err != nil {
			return fmt.Errorf("log entry %d: %w", i, err)
		}
		l, err := record.ParseLeaf(b)
		if err != nil {
			return fmt.Errorf("log entry %d: %w", i, err)
		}
		if err := p.entry(ctx, i, &l); err != nil {
			return fmt.Errorf("log entry %d (%s): %w", i, l.Kind, err)
		}
		i++
		p.batch.To = i
		if i-p.batch.From >= batchEntries || p.weight > batchBytes {
			if err := p.apply(ctx); err != nil {
				return err
			}
			if progress != nil {
				progress(Progress{Phase: "rebuild", Done: int64(i), Total: int64(to)})
			}
		}
	}
	return p.apply(ctx)
}

// apply settles which version of which statement each statement entry is, and
// hands the batch to the catalog.
func (p *replayer) apply(ctx context.Context) error {
	if p.batch.From == p.batch.To {
		return nil
	}
	bySource := map[uint64][]string{}
	for _, s := range p.pending {
		bySource[s.leaf.Source] = append(bySource[s.leaf.Source], s.leaf.ID)
	}
	known := map[uint64]map[string]catalog.Known{}
	for src, ids := range bySource {
		m, err := p.cat.Known(ctx, src, ids)
		if err != nil {
			return err
		}
		if m == nil {
			m = map[string]catalog.Known{}
		}
		known[src] = m
	}
	settled := map[uint64]uint64{} // first version -> its newest in this batch
	for _, s := range p.pending {
		st := &p.batch.Statements[s.at]
		k := known[s.leaf.Source][s.leaf.ID]
		if k.Version > 0 {
			if first := settled[k.First]; first == 0 { // its versions are all in the catalog still
				versions, err := p.cat.Versions(ctx, k.First)
				if err != nil {
					return err
				}
				k.Version = len(versions)
			}
			follow(st, k)
		}
		settled[st.First] = st.Leaf
		if st.Until == 0 {
			k.Leaf, k.Edited = st.Leaf, st.Edited.Seconds()
		}
		k.First, k.Version = st.First, st.Version
		known[s.leaf.Source][s.leaf.ID] = k
	}
	if err := p.cat.Apply(ctx, p.batch); err != nil {
		return err
	}
	p.batch = &catalog.Batch{From: p.batch.To, To: p.batch.To}
	p.pending, p.weight = nil, 0
	return nil
}

func (p *replayer) entry(ctx context.Context, i uint64, l *record.Leaf) error {
	b := p.batch
	switch l.Kind {
	case record.LeafSource:
		var s record.Source
		if err := p.body(ctx, i, &s); err != nil {
			return err
		}
		s.Leaf = i
		b.Sources = append(b.Sources, s)
		p.sources[i] = s
	case record.LeafRun:
		var d json.RawMessage
		if err := p.body(ctx, i, &d); err != nil {
			return err
		}
		var detail runDetail
		if err := json.Unmarshal(d, &detail); err != nil {
			return fmt.Errorf("%w: %v", record.ErrAltered, err)
		}
		p.details[i] = detail
		b.Runs = append(b.Runs, catalog.Run{Leaf: i, At: l.At, By: l.By, Verb: detail.Verb, Detail: string(d)})
	case record.LeafEnd:
		var d json.RawMessage
		if err := p.body(ctx, i, &d); err != nil {
			return err
		}
		b.Ends = append(b.Ends, catalog.Run{Leaf: l.Run, End: i, EndAt: l.At, Receipt: string(d)})
	case record.LeafCapture:
		c, err := p.captureOf(ctx, i, l)
		if err != nil {
			return err
		}
		b.Captures = append(b.Captures, c)
		facts, err := p.facts(ctx, c)
		if err != nil {
			return err
		}
		b.Facts = append(b.Facts, facts...)
		p.captures[i] = c
		if l.Format == catalog.FormatTranslation {
			return p.translated(ctx, i, l) // no attachment of anything
		}
		if p.media[l.Run] == nil {
			// Attachments are looked up within a run; an older run's are not needed any more.
			p.media = map[uint64]map[string]*held{l.Run: {}}
		}
		p.media[l.Run][c.Path] = &held{Capture: c}
	case record.LeafStatement:
		return p.statement(ctx, i, l)
	case record.LeafMissing:
		b.Missing = append(b.Missing, catalog.Observation{Leaf: i, Target: l.Target, Run: l.Run})
	case record.LeafSeen:
		b.Seen = append(b.Seen, catalog.Observation{Leaf: i, Target: l.Target, Run: l.Run})
	case record.LeafGap:
		var n GapBody
		if !l.Commit.IsZero() {
			if err := p.body(ctx, i, &n); err != nil {
				return err
			}
		}
		b.Gaps = append(b.Gaps, gapOf(i, l, n.Note))
	case record.LeafDecision:
		var d DecisionBody
		if err := p.body(ctx, i, &d); err != nil {
			return err
		}
		if err := p.decided(i, l, &d); err != nil {
			return err
		}
		b.Decisions = append(b.Decisions, record.Decision{Leaf: i, At: l.At, By: l.By, Action: l.Action, Target: l.Target, Reason: d.Reason, Payload: string(d.Payload)})
	case record.LeafTombstone:
		b.Tombstones = append(b.Tombstones, catalog.Tombstone{Leaf: i, Target: l.Target})
	case record.LeafAnalysis:
		return p.analysis(ctx, i, l)
	default:
		b.Others = append(b.Others, catalog.EntryInfo{Leaf: i, Kind: l.Kind, At: l.At, By: l.By, Target: l.Target})
	}
	return nil
}

// body reads an entry's body; one that was destroyed leaves out empty.
func (p *replayer) body(ctx context.Context, i uint64, out any) error {
	b, err := p.c.Archive.Body(ctx, i)
	if errors.Is(err, record.ErrWithheld) {
		b, err = []byte("{}"), nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%w: body: %v", record.ErrAltered, err)
	}
	return nil
}

func (p *replayer) captureOf(ctx context.Context, i uint64, l *record.Leaf) (record.Capture, error) {
	var c record.Capture
	if err := p.body(ctx, i, &c); err != nil {
		return c, err
	}
	c.Leaf, c.Run, c.At, c.Theirs, c.Blob, c.Size, c.Type, c.Format, c.Parent = i, l.Run, l.At, l.Theirs, l.Blob, l.Size, l.Type, l.Format, l.Parent
	return c, nil
}

// capture returns a capture of this replay or of before it.
func (p *replayer) capture(ctx context.Context, leaf uint64) (record.Capture, error) {
	if c, ok := p.captures[leaf]; ok {
		return c, nil
	}
	return p.cat.Capture(ctx, leaf)
}

func (p *replayer) statement(ctx context.Context, i uint64, l *record.Leaf) error {
	c, err := p.capture(ctx, l.Capture)
	if err != nil {
		return err
	}
	x, err := p.read(ctx, c, i, l)
	if err != nil {
		return err
	}
	if len(x.Facts) > 0 {
		src, err := p.source(ctx, l.Source)
		if err != nil {
			return err
		}
		p.batch.Facts = append(p.batch.Facts, factsOf(&x, i, src.Key)...)
	}
	st := statement(&x, i, l, catalog.Known{}, c)
	st.TextDigest = textDigest(&x)
	if x.Kind == "" { // the bytes are gone, or are read differently today
		st.ExternalID, st.Posted, st.Edited = l.ID, whenOf(l.Posted), whenOf(l.Edited)
		st.Kind, st.Span = record.Post, record.Span{Blob: c.Blob, Offset: l.Offset, Length: l.Length, Page: l.Page}
		if _, err := p.c.Archive.Salt(ctx, i); p.stream.gone || errors.Is(err, record.ErrWithheld) {
			st.Erased = true
		} else {
			st.Flags = append(st.Flags, record.FlagNotReadAgain)
		}
	}
	p.batch.Statements = append(p.batch.Statements, st)
	p.pending = append(p.pending, pending{len(p.batch.Statements) - 1, l})
	p.weight += len(x.Text) + 200
	return nil
}

func whenOf(sec int64) record.When {
	if sec == record.NoSeconds {
		return record.When{}
	}
	return record.AtUnix(sec)
}

// read finds the reading a statement entry was made of.
func (p *replayer) read(ctx context.Context, c record.Capture, i uint64, l *record.Leaf) (record.Reading, error) {
	if p.stream == nil || p.stream.capture.Leaf != c.Leaf || p.stream.run != c.Run {
		p.stop()
		s, err := p.open(ctx, c, i)
		if err != nil {
			return record.Reading{}, err
		}
		p.stream = s
	}
	for again := false; ; again = true {
		for {
			x, ok := p.stream.next()
			if !ok {
				break
			}
			if x.ExternalID == l.ID && x.Span.Offset == l.Offset && x.Span.Length == l.Length && x.Span.Page == l.Page {
				return x, nil
			}
		}
		if again || p.stream.err != nil {
			return record.Reading{}, p.stream.err
		}
		// A resumed import's entries begin again where an earlier import of
		// the same file stopped; start over once before giving up.
		p.stop()
		s, err := p.open(ctx, c, i)
		if err != nil {
			return record.Reading{}, err
		}
		p.stream = s
	}
}

func (p *replayer) stop() {
	if p.stream != nil {
		p.stream.stop()
		p.stream = nil
	}
}

// stream is the readings of one file, one after the other.
type stream struct {
	capture record.Capture
	run     uint64
	next    func() (record.Reading, bool)
	stop    func()
	gone    bool // the file was erased
	err     error
}

// open reads a file as the import did, with the settings of its run.
func (p *replayer) open(ctx context.Context, c record.Capture, before uint64) (*stream, error) {
	s := &stream{capture: c, run: c.Run}
	kind, ok := p.kind(c.Format)
	if !ok {
		return nil, record.WithHint(fmt.Errorf("%w: this dalil has no format %q, which %s was read with", record.ErrInvalid, c.Format, c.Path), "use the version of dalil that made the case")
	}
	detail, err := p.detail(ctx, c.Run)
	if err != nil {
		return nil, err
	}
	blob, err := p.c.Archive.Open(ctx, c.Blob)
	if errors.Is(err, record.ErrWithheld) { // erased: nothing to read
		s.gone = true
		s.next, s.stop = func() (record.Reading, bool) { return record.Reading{}, false }, func() {}
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	beside, err := p.besideOf(ctx, c, before)
	if err != nil {
		blob.Close()
		return nil, err
	}
	next, stop := iter.Pull(p.readings(ctx, c, kind, detail, blob, beside, s))
	s.next, s.stop = next, func() { stop(); blob.Close() }
	return s, nil
}

func (p *replayer) readings(ctx context.Context, c record.Capture, kind format.Kind, detail runDetail, blob archive.Blob, beside map[string]*held, s *stream) iter.Seq[record.Reading] {
	return func(yield func(record.Reading) bool) {
		im := &importer{ctx: ctx, c: p.c, detail: detail, opt: ImportOptions{KeepOwner: detail.KeepOwner, KeepSenders: detail.KeepSenders, Source: detail.Source}}
		f := &held{Capture: c, kind: kind}
		r := &reader{im: im, file: f, blob: &reach{Blob: blob}, beside: beside, base: baseID(f)}
		sink := &replaySink{reader: r, yield: yield}
		if err := kind.Read(ctx, im.input(f, blob), sink); err != nil && !errors.Is(err, errEnough) {
			s.err = err
			if ctx.Err() == nil && !errors.Is(err, record.ErrAltered) {
				s.err = nil // the import, too, took what could be read of this file and went on
			}
		}
	}
}

// replaySink hands over readings as the import completed them.
type replaySink struct {
	*reader
	yield func(record.Reading) bool
}

func (s *replaySink) Source(record.Source) error { s.own = true; return nil }
func (s *replaySink) Covers(int64, int64)        {}
func (s *replaySink) Problem(record.Problem)     {}
func (s *replaySink) Skipped(string, int)        {}
func (s *replaySink) Reading(x *record.Reading) error {
	y := s.copy(x)
	s.resolveMedia(&y)
	complete(&y, s.im.detail.KeepSenders != "", s.im.c.pseudo)
	if !s.yield(y) {
		return errEnough
	}
	return nil
}

// kind finds a format by what a capture recorded. A newer version of the same
// format may read differently; the catalog's digest then shows it.
func (p *replayer) kind(id string) (format.Kind, bool) {
	name, _, _ := strings.Cut(id, "/")
	for _, k := range p.c.stores.Formats {
		if k.Name == name {
			return k, true
		}
	}
	return format.Kind{}, false
}

func (p *replayer) detail(ctx context.Context, run uint64) (runDetail, error) {
	if d, ok := p.details[run]; ok {
		return d, nil
	}
	var d runDetail
	err := p.body(ctx, run, &d)
	p.details[run] = d
	return d, err
}

// besideOf returns the files captured in the run of c before a log entry, by
// path. Replaying from the run's start has them already.
func (p *replayer) besideOf(ctx context.Context, c record.Capture, before uint64) (map[string]*held, error) {
	if m, ok := p.media[c.Run]; ok {
		return m, nil
	}
	m := map[string]*held{}
	err := p.c.eachLeaf(ctx, c.Run, func(i uint64, l *record.Leaf) error {
		if l.Run != c.Run || i >= before {
			return nil
		}
		o, err := p.captureOf(ctx, i, l)
		if err != nil {
			return err
		}
		m[o.Path] = &held{Capture: o}
		return nil
	}, record.LeafCapture)
	p.media = map[uint64]map[string]*held{c.Run: m}
	return m, err
}

// GapBody is the body of a gap that a person recorded.
type GapBody struct {
	Note string `json:"note"`
}

// DecisionBody is the body of a decision.
type DecisionBody struct {
	Reason  string          `json:"reason"`
	Payload json.RawMessage `json:"payload,omitempty"`
}
