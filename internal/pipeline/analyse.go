package pipeline

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"dalil/internal/analysis"
	"dalil/internal/archive"
	"dalil/internal/catalog"
	"dalil/internal/record"
	"dalil/internal/state"
)

// Decisions about families. The target is a statement, the payload names the
// others.
const (
	ActionMerge = "merge" // they are the same text
	ActionSplit = "split" // they are not
)

// FamilyPayload is the payload of a merge or split.
type FamilyPayload struct {
	With     []uint64        `json:"with"`            // leaves of first versions
	Leave    []uint64        `json:"leave,omitempty"` // of a split: who else leaves, beside the target
	Relation record.Relation `json:"relation,omitempty"`
}

// What the question "who breaks first" is answered from, under names for those
// who do not see the analyses.
type (
	FirstsInput = analysis.FirstsInput
	Race        = analysis.Race
	RaceRun     = analysis.Run
	Cover       = analysis.Cover
	Rhythm      = analysis.Rhythm
)

// NewRhythm makes what sources post when ready to be asked.
func NewRhythm(hours []record.Hour) *Rhythm { return analysis.NewRhythm(hours) }

// Firsts answers who breaks first.
func (c *Case) Firsts(in FirstsInput) []record.First { return c.stores.Firsts(in) }

// Lags compares sources pairwise.
func (c *Case) Lags(in FirstsInput, sources []uint64) []record.Lag { return c.stores.Lags(in, sources) }

// Analyse lets every analysis look at what is new. Each that finds something to
// do leaves one entry in the log: what it is, how much of the log it saw, and
// the digest of what it proposes.
//
// While other work is going on, it is left to the end of that.
func (c *Case) Analyse(ctx context.Context, progress func(Progress)) error {
	c.late.Store(true)
	if !c.work.try() {
		return nil
	}
	c.late.Store(false)
	_, err := c.analyse(ctx, progress)
	return errors.Join(err, c.rest(ctx))
}

// rest ends a piece of long work. What should have been analysed meanwhile is
// analysed now, unless ctx has ended: then the next to work does it.
func (c *Case) rest(ctx context.Context) error {
	for {
		if ctx.Err() == nil && c.late.Swap(false) {
			if _, err := c.analyse(ctx, nil); err != nil {
				c.late.Store(true)
				c.work.pass()
				return err
			}
		}
		c.work.pass()
		if ctx.Err() != nil || !c.late.Load() || !c.work.try() {
			return nil
		}
	}
}

// Busy refuses what needs the case for itself, while other work is going on. It is
// record.ErrConflict.
type Busy struct {
	Job state.Job // what is going on; zero when it is no job
}

func (e *Busy) Error() string {
	if e.Job.ID == "" {
		return fmt.Sprintf("%v: other work is going on", record.ErrConflict)
	}
	return fmt.Sprintf("%v: %s is going on, %s of %s", record.ErrConflict, e.Job.ID, e.Job.Kind, e.Job.Title)
}

func (e *Busy) Unwrap() error { return record.ErrConflict }

// busy is the refusal, with what is going on and how to pause it.
func (c *Case) busy(ctx context.Context) error {
	all, err := c.Jobs(ctx, 0)
	if err == nil {
		for _, j := range all {
			if j.State == state.Running && j.Kind != JobPreflight { // that needs nothing
				return record.WithHint(&Busy{j}, "wait until it has ended, or pause it: `dalil jobs pause "+j.ID+"`")
			}
		}
	}
	return record.WithHint(&Busy{}, "try again in a moment")
}

// analyse returns how many statements have a place in a family that they had
// not before.
func (c *Case) analyse(ctx context.Context, progress func(Progress)) (placed int64, err error) {
	for _, k := range c.stores.Analyses {
		n, err := c.analyseOne(ctx, k, progress)
		if err != nil {
			return placed, fmt.Errorf("analysis %s: %w", k.Name, err)
		}
		placed += n
	}
	return placed, nil
}

// The turn is not held while the analysis looks: what is recorded meanwhile comes
// after the log it saw, and is left to the next run.
func (c *Case) analyseOne(ctx context.Context, k analysis.Kind, progress func(Progress)) (placed int64, err error) {
	if err := c.turn.take(ctx); err != nil {
		return 0, err
	}
	err = c.catchUp(ctx)
	size := c.Archive.Size()
	c.turn.pass()
	if err != nil {
		return 0, err
	}
	before, err := c.Catalog.Analysis(ctx, k.Name)
	if err != nil {
		return 0, err
	}
	if news, err := c.news(ctx, before.Saw); err != nil || !news {
		return 0, err
	}
	a, err := c.proposals(ctx, c.Catalog, c.Dir, k, size, progress)
	if err != nil {
		return 0, err
	}
	if err := c.turn.take(ctx); err != nil {
		return 0, err
	}
	defer c.turn.pass()
	ctx = context.WithoutCancel(ctx) // the catalog must not be left behind the log
	e, err := c.entry(record.Leaf{Kind: record.LeafAnalysis, Name: k.ID(), Saw: size, Digest: a.digest}, c.stores.Now().UnixMilli(), nil)
	if err != nil {
		return 0, err
	}
	leaf, err := c.append(ctx, []archive.Entry{e})
	if err != nil {
		return 0, err
	}
	l, err := record.ParseLeaf(e.Leaf)
	if err != nil {
		return 0, err
	}
	return int64(len(a.out.Families.Members)), a.apply(ctx, c.Catalog, leaf, &l)
}

// news reports whether anything since a log size could change a family.
func (c *Case) news(ctx context.Context, since uint64) (bool, error) {
	err := c.eachLeaf(ctx, since, func(_ uint64, l *record.Leaf) error {
		if l.Kind == record.LeafCapture && l.Format != catalog.FormatDerived {
			return nil
		}
		return errEnough
	}, record.LeafStatement, record.LeafTombstone, record.LeafDecision, record.LeafCapture)
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

// forgetErased lets the analyses forget what was erased, if a crash came between
// the tombstones and their run.
func (c *Case) forgetErased(ctx context.Context) error {
	for _, k := range c.stores.Analyses {
		before, err := c.Catalog.Analysis(ctx, k.Name)
		if err != nil {
			return err
		}
		gone, err := c.Catalog.Erased(ctx, before.Saw, c.Archive.Size())
		if err != nil {
			return err
		}
		if before.Name != "" && len(gone) > 0 {
			if _, err := c.analyseOne(ctx, k, nil); err != nil {
				return fmt.Errorf("analysis %s: %w", k.Name, err)
			}
		}
	}
	return nil
}

// analysed is what an analysis proposed, not applied yet.
type analysed struct {
	out     analysis.Output
	digest  record.Digest
	scratch *scratch
}

// proposals runs an analysis over a catalog as if the log had size entries.
func (c *Case) proposals(ctx context.Context, cat catalog.Catalog, dir string, k analysis.Kind, size uint64, progress func(Progress)) (analysed, error) {
	before, err := cat.Analysis(ctx, k.Name)
	if err != nil {
		return analysed{}, err
	}
	s := &scratch{dir: dir, name: k.Name, state: before.State}
	v, err := c.newView(ctx, cat, s, size)
	if err != nil {
		return analysed{}, err
	}
	v.progress = progress
	v.saw = before.Saw
	a := analysed{scratch: s}
	if a.out, err = k.Run(ctx, v); err != nil {
		return a, err
	}
	// Rows are sorted, and JSON writes numbers the same on every machine.
	b, err := json.Marshal([]any{a.out.Families.Members, a.out.Families.NotMembers, a.out.Families.Families, a.out.Families.NotFamilies})
	a.digest = record.DigestOf(b)
	return a, err
}

// apply brings the proposals into the catalog under the entry at leaf.
func (a *analysed) apply(ctx context.Context, cat catalog.Catalog, leaf uint64, l *record.Leaf) error {
	from, err := cat.Size(ctx)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(l.Name, "/")
	b := &catalog.Batch{From: from, To: leaf + 1,
		Others:   []catalog.EntryInfo{{Leaf: leaf, Kind: l.Kind, At: l.At, By: l.By}},
		Analyses: []catalog.Analysed{{Leaf: leaf, Name: name, Saw: l.Saw, State: a.out.State, Families: a.out.Families}}}
	if err := cat.Apply(ctx, b); err != nil {
		return err
	}
	return a.scratch.clean(a.out.Files)
}

// analysis does again what an analysis entry records. It reports whether the
// result is the same.
func (p *replayer) analysis(ctx context.Context, i uint64, l *record.Leaf) error {
	if err := p.apply(ctx); err != nil {
		return err
	}
	name, _, _ := strings.Cut(l.Name, "/")
	n := slices.IndexFunc(p.c.stores.Analyses, func(k analysis.Kind) bool { return k.Name == name })
	if n < 0 {
		p.differs = append(p.differs, i)
		p.batch.Others = append(p.batch.Others, catalog.EntryInfo{Leaf: i, Kind: l.Kind, At: l.At, By: l.By})
		return nil
	}
	a, err := p.c.proposals(ctx, p.cat, p.dir, p.c.stores.Analyses[n], l.Saw, nil)
	if err != nil {
		return err
	}
	if a.digest != l.Digest {
		p.differs = append(p.differs, i)
	}
	if err := a.apply(ctx, p.cat, i, l); err != nil {
		return err
	}
	p.batch = &catalog.Batch{From: i + 1, To: i + 1}
	return nil
}

// view is a case as an analysis sees it.
type view struct {
	c        *Case
	cat      catalog.Catalog
	scratch  *scratch
	size     uint64
	saw      uint64
	sources  map[uint64]string // keys
	bearers  map[string]string // keys of sources by the pseudonym of their name
	progress func(Progress)
}

func (c *Case) newView(ctx context.Context, cat catalog.Catalog, s *scratch, size uint64) (*view, error) {
	v := &view{c: c, cat: cat, scratch: s, size: size, sources: map[uint64]string{}, bearers: map[string]string{}}
	all, err := cat.Sources(ctx)
	for _, src := range all {
		v.sources[src.Leaf] = src.Key
		if p := c.Pseudonym(src.Name); v.bearers[p] == "" {
			v.bearers[p] = src.Key
		}
	}
	return v, err
}

func (v *view) Size() uint64              { return v.size }
func (v *view) Scratch() analysis.Scratch { return v.scratch }
func (v *view) Zone() *time.Location      { return v.c.Zone }

// Key is made of the key of pseudonyms, which leaves with no export.
func (v *view) Key() []byte {
	m := hmac.New(sha256.New, v.c.pseudo.key)
	m.Write([]byte("analysis"))
	return m.Sum(nil)
}

func (v *view) post(t *catalog.Text) analysis.Post {
	p := analysis.Post{Leaf: t.Leaf, First: t.First, Source: t.Source, SourceKey: v.sources[t.Source], ExternalID: t.ExternalID, Kind: t.Kind,
		Posted: t.Posted, Text: t.Text, Origin: t.Origin, OriginalID: t.Original, Pictures: t.Pictures}
	if key := v.bearers[t.Origin]; key != "" {
		p.Origin = key
	}
	return p
}

// Posts merges the statement versions with the texts read in pictures: those
// read since, and those of pictures that new statements show.
func (v *view) Posts(ctx context.Context, from, to uint64) iter.Seq2[analysis.Post, error] {
	return func(yield func(analysis.Post, error) bool) {
		derived, err := v.cat.DerivedFrom(ctx, from, to)
		if err != nil {
			yield(analysis.Post{}, err)
			return
		}
		stop := errors.New("stop")
		var shown []uint64 // new statements with pictures
		n := uint64(0)
		err = v.cat.Texts(ctx, from, to, func(t catalog.Text) error {
			if len(t.Pictures) > 0 {
				shown = append(shown, t.First)
			}
			if n++; n%4096 == 0 && v.progress != nil {
				v.progress(Progress{Phase: "link", Done: int64(t.Leaf - v.saw), Total: int64(v.size - v.saw)})
			}
			if !yield(v.post(&t), nil) {
				return stop
			}
			return nil
		})
		if err == nil && len(shown) > 0 {
			var more []catalog.Derived
			more, err = v.cat.DerivedOf(ctx, shown)
			for _, d := range more { // those read since are in the list already
				if d.Capture < from {
					derived = append(derived, d)
				}
			}
		}
		for _, d := range derived {
			if err != nil {
				break
			}
			var p analysis.Post
			if p, err = v.derived(ctx, d); err == nil && p.Text != "" && !yield(p, nil) {
				err = stop
			}
		}
		if err != nil && err != stop {
			yield(analysis.Post{}, err)
		}
	}
}

// derived is a text read in a picture, as a post of the statement that shows
// the picture. Its text is empty when one of them is gone.
func (v *view) derived(ctx context.Context, d catalog.Derived) (analysis.Post, error) {
	var p analysis.Post
	err := v.cat.CurrentTexts(ctx, []uint64{d.Statement}, func(t catalog.Text) error { p = v.post(&t); return nil })
	if err != nil || p.First == 0 {
		return p, err
	}
	p.Leaf, p.Derived, p.Pictures, p.Origin, p.OriginalID = d.Capture, true, nil, "", ""
	p.Text, err = v.c.text(ctx, d.Blob)
	return p, err
}

// mostDerived bounds a text read in a picture, in bytes.
const mostDerived = 1 << 20

// text reads a small text file of the archive; "" when it was erased.
func (c *Case) text(ctx context.Context, d record.Digest) (string, error) {
	b, err := c.Archive.Open(ctx, d)
	if errors.Is(err, record.ErrWithheld) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer b.Close()
	text, err := io.ReadAll(io.NewSectionReader(b, 0, min(b.Size(), mostDerived)))
	return string(bytes.ToValidUTF8(text, []byte("\uFFFD"))), err
}

// Again finds versions in the catalog, and the rest among captures of derived
// texts.
func (v *view) Again(ctx context.Context, leaves []uint64) (map[uint64]analysis.Post, error) {
	found := make(map[uint64]analysis.Post, len(leaves))
	err := v.cat.TextsAt(ctx, leaves, func(t catalog.Text) error {
		found[t.Leaf] = v.post(&t)
		return nil
	})
	if err != nil || len(found) == len(leaves) {
		return found, err
	}
	for _, leaf := range leaves {
		if _, ok := found[leaf]; ok {
			continue
		}
		texts, err := v.cat.DerivedFrom(ctx, leaf, leaf+1)
		if err != nil {
			return nil, err
		}
		if len(texts) > 0 {
			p, err := v.derived(ctx, texts[0])
			if err != nil {
				return nil, err
			}
			if p.Text != "" {
				found[leaf] = p
			}
		}
	}
	return found, nil
}

func (v *view) Current(ctx context.Context, statements []uint64) (map[uint64]analysis.Post, error) {
	found := make(map[uint64]analysis.Post, len(statements))
	err := v.cat.CurrentTexts(ctx, statements, func(t catalog.Text) error {
		found[t.First] = v.post(&t)
		return nil
	})
	return found, err
}

func (v *view) Erased(ctx context.Context, from, to uint64) ([]uint64, error) {
	return v.cat.Erased(ctx, from, to)
}

func (v *view) Links(ctx context.Context, statements []uint64) ([]record.Link, error) {
	return v.cat.Links(ctx, statements)
}

func (v *view) Vetoes(ctx context.Context, statements []uint64) ([]record.Veto, error) {
	return v.cat.Vetoes(ctx, statements)
}

func (v *view) Members(ctx context.Context, statements []uint64) ([]record.Member, error) {
	return v.cat.Members(ctx, statements)
}

func (v *view) MembersOf(ctx context.Context, families []uint64) ([]record.Member, error) {
	return v.cat.MembersOf(ctx, families)
}

func (v *view) Blob(ctx context.Context, d record.Digest) (analysis.Blob, error) {
	return v.c.Archive.Open(ctx, d)
}

func (v *view) Rulings(ctx context.Context) ([]record.Ruling, error) {
	all, err := v.cat.AllDecisions(ctx)
	if err != nil {
		return nil, err
	}
	var rulings []record.Ruling
	for _, d := range all {
		// A decision that this run may not see yet does not count, nor does an
		// undo of it.
		if d.Leaf < v.size && (d.Undone == 0 || d.Undone >= v.size) {
			more, err := ruling(d)
			if err != nil {
				return nil, err
			}
			rulings = append(rulings, more...)
		}
	}
	return rulings, nil
}

// ruling is a decision about families as pairs of statements.
func ruling(d record.Decision) ([]record.Ruling, error) {
	if d.Action != ActionMerge && d.Action != ActionSplit || d.Payload == "" {
		return nil, nil
	}
	var p FamilyPayload
	if err := json.Unmarshal([]byte(d.Payload), &p); err != nil {
		return nil, fmt.Errorf("%w: decision at log entry %d: %v", record.ErrAltered, d.Leaf, err)
	}
	var pairs []record.Ruling
	for _, who := range append([]uint64{d.Target}, p.Leave...) {
		for _, o := range p.With {
			pairs = append(pairs, record.Ruling{Decision: d.Leaf, Join: d.Action == ActionMerge, A: who, B: o, Relation: p.Relation})
		}
	}
	return pairs, nil
}

func (v *view) About(ctx context.Context, decision uint64) ([]uint64, error) {
	all, err := v.cat.AllDecisions(ctx)
	if err != nil {
		return nil, err
	}
	var about []uint64
	for _, d := range all {
		if d.Leaf == decision {
			pairs, err := ruling(d)
			if err != nil {
				return nil, err
			}
			for _, r := range pairs {
				about = append(about, r.A, r.B)
			}
		}
	}
	return about, nil
}
