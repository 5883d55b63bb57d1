package desk

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"dalil/internal/catalog"
	"dalil/internal/custody"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// Restrict keeps a statement in the house: no release contains it. lift takes
// that back, and nothing more: what was internal before is internal again.
func (d *Desk) Restrict(ctx context.Context, id, reason string, lift bool) (record.Decision, error) {
	action := "restrict"
	if lift {
		action = "lift-restriction"
	}
	return d.aboutStatement(ctx, id, action, reason, func(s record.Statement) error {
		now, err := d.sensitivity(ctx, s)
		if err != nil {
			return err
		}
		if lift == (now != redact.Restricted) {
			return fmt.Errorf("%s is %s already: %w", id, map[bool]string{true: "unrestricted", false: "restricted"}[lift], record.ErrConflict)
		}
		return nil
	})
}

// MarkPublic says that an internal statement may be shown to everybody though its
// source did not speak to the public. The person who says so answers for it.
func (d *Desk) MarkPublic(ctx context.Context, id, reason string) (record.Decision, error) {
	return d.aboutStatement(ctx, id, "mark-public", reason, func(s record.Statement) error {
		now, err := d.sensitivity(ctx, s)
		if err == nil && now != redact.Internal {
			err = fmt.Errorf("%s is %s: %w", id, map[bool]string{true: "restricted; lift that first", false: "public already"}[now == redact.Restricted], record.ErrConflict)
		}
		return err
	})
}

// sensitivity says who may see a statement at most: what a person decided, or
// else whether its source speaks to the public.
func (d *Desk) sensitivity(ctx context.Context, s record.Statement) (redact.Sensitivity, error) {
	decisions, err := d.today().Decisions(ctx, s.First)
	if err != nil {
		return redact.Unmarked, err
	}
	decisions = slices.DeleteFunc(decisions, func(x record.Decision) bool { return x.Target != s.First })
	src, err := d.Case.Catalog.Source(ctx, s.Source)
	if err != nil {
		return redact.Unmarked, err
	}
	return sensitivityOf(decisions, src), nil
}

// today is the catalog as it is now: what may leave is decided by what stands
// now, also where the desk looks back.
func (d *Desk) today() catalog.Catalog {
	if d.now != nil {
		return d.now.Case.Catalog
	}
	return d.Case.Catalog
}

// sensitivityOf is sensitivity of a statement with these decisions about it, in
// the order of the log.
func sensitivityOf(decisions []record.Decision, src record.Source) redact.Sensitivity {
	restricted, public := false, false
	for _, x := range decisions {
		if x.Undone == 0 {
			switch x.Action {
			case "restrict":
				restricted = true
			case "lift-restriction":
				restricted = false
			case "mark-public":
				public = true
			}
		}
	}
	switch {
	case restricted:
		return redact.Restricted
	case public:
		return redact.Public
	}
	if src.Private || src.Platform == "file" { // nobody said that files on a desk were public
		return redact.Internal
	}
	return redact.Public
}

// Release gathers statements with everything that proves them and has redact
// make what the audience may see. originals, when not empty, is the reason to
// let out bytes that name private persons.
func (d *Desk) Release(ctx context.Context, ids []string, audience redact.Audience, originals string) (redact.Release, redact.Report, error) {
	signed := d.Case.Archive.Checkpoint()
	cp, err := d.Case.Checkpoint()
	if err != nil {
		return redact.Release{}, redact.Report{}, err
	}
	key, err := os.ReadFile(filepath.Join(d.Case.Dir, filepath.FromSlash(custody.KeyPath)))
	if err != nil {
		return redact.Release{}, redact.Report{}, err
	}
	g := gatherer{d: d, cp: cp, seen: map[uint64]bool{}}
	if g.names, err = d.everyName(ctx); err != nil {
		return redact.Release{}, redact.Report{}, err
	}
	m := redact.Material{Case: d.Case.Config.Name, Zone: d.Case.Zone, Origin: cp.Origin, Checkpoint: signed, Key: string(bytes.TrimSpace(key)),
		Originals: redact.Originals{Include: originals != "", Reason: originals}}
	asked := map[uint64]bool{}
	for _, id := range ids {
		s, err := d.Statement(ctx, id)
		if err != nil {
			return redact.Release{}, redact.Report{}, err
		}
		if asked[s.First] {
			continue
		}
		asked[s.First] = true
		it, err := g.item(ctx, s)
		if err != nil {
			return redact.Release{}, redact.Report{}, fmt.Errorf("%s: %w", id, err)
		}
		m.Items = append(m.Items, it)
	}
	if err := g.keys(ctx); err != nil {
		return redact.Release{}, redact.Report{}, err
	}
	m.Entries = g.entries
	return redact.Prepare(audience, m)
}

// gatherer collects log entries, each once.
type gatherer struct {
	d       *Desk
	cp      custody.Checkpoint
	names   *masker // of private persons, whoever may see them here
	seen    map[uint64]bool
	entries []redact.Entry
}

func (g *gatherer) item(ctx context.Context, s record.Statement) (redact.Item, error) {
	cat := g.d.Case.Catalog
	src, err := cat.Source(ctx, s.Source)
	if err != nil {
		return redact.Item{}, err
	}
	it := redact.Item{ID: g.d.StatementID(s), Source: src}
	if it.Sensitivity, err = g.d.sensitivity(ctx, s); err != nil {
		return it, err
	}
	switch {
	case s.Erased:
		it.State = redact.Erased
	case s.Withdrawn:
		it.State = redact.Withdrawn
	}
	versions, err := cat.Versions(ctx, s.First)
	if err != nil {
		return it, err
	}
	slices.SortFunc(versions, func(a, b record.Statement) int { return cmp.Compare(a.Leaf, b.Leaf) }) // as in the log
	if it.Shielded, err = g.d.shielded(ctx, s.First); err != nil {
		return it, err
	}
	for _, v := range versions {
		it.Shielded = it.Shielded || g.names.finds(v)
		shared, err := g.shared(ctx, v)
		if err != nil {
			return it, err
		}
		e, err := g.entry(ctx, v.Leaf)
		if err != nil {
			return it, err
		}
		if !v.Erased {
			e.Open, e.Size, err = g.opener(ctx, v.Span)
			if err != nil {
				return it, err
			}
			e.Shared = shared
		}
		it.Versions = append(it.Versions, redact.Version{Statement: v, Entry: e})
		if err := g.support(ctx, v); err != nil {
			return it, err
		}
	}
	if it.Translations, err = g.translations(ctx, s); err != nil {
		return it, err
	}
	if err := g.support1(ctx, s.Source, record.Span{}); err != nil {
		return it, err
	}
	decisions, err := cat.Decisions(ctx, s.First)
	if err != nil {
		return it, err
	}
	for _, x := range decisions {
		if redact.InHouse(x.Action) {
			continue
		}
		if err := g.support1(ctx, x.Leaf, record.Span{}); err != nil {
			return it, err
		}
	}
	return it, nil
}

// shared reports whether a statement that fills its file shares it with others,
// as an article shares its page with the readers' comments.
func (g *gatherer) shared(ctx context.Context, s record.Statement) (bool, error) {
	if s.Span.Length > 0 {
		return false, nil
	}
	n := 0
	err := g.d.Case.EachStatementOf(ctx, s.Capture, func(uint64) bool { n++; return n < 2 })
	return n > 1, err
}

// support gathers the capture of a version, the container it came out of, and
// the runs they belong to.
func (g *gatherer) support(ctx context.Context, v record.Statement) error {
	for leaf := v.Capture; leaf != 0; {
		c, err := g.d.Case.Catalog.Capture(ctx, leaf)
		if err != nil {
			return err
		}
		span := record.Span{}
		if v.Span.Length == 0 && leaf == v.Capture {
			span.Blob = c.Blob
		}
		if err := g.support1(ctx, leaf, span); err != nil {
			return err
		}
		if err := g.support1(ctx, c.Run, record.Span{}); err != nil {
			return err
		}
		leaf = c.Parent
	}
	for _, m := range v.Media {
		if m.Blob.IsZero() {
			continue
		}
		captures, err := g.d.Case.Catalog.CapturesOf(ctx, m.Blob)
		if err != nil {
			return err
		}
		for _, c := range captures {
			if c.Run == 0 {
				continue
			}
			if err := g.support1(ctx, c.Leaf, record.Span{Blob: c.Blob}); err != nil {
				return err
			}
		}
	}
	return nil
}

// support1 gathers one entry; with a span, its bytes too.
func (g *gatherer) support1(ctx context.Context, leaf uint64, span record.Span) error {
	if g.seen[leaf] {
		return nil
	}
	g.seen[leaf] = true
	e, err := g.entry(ctx, leaf)
	if err != nil {
		return err
	}
	if !span.Blob.IsZero() {
		if e.Open, e.Size, err = g.opener(ctx, span); err != nil {
			return err
		}
	}
	g.entries = append(g.entries, e)
	return nil
}

// keys gathers every key entry: signatures cannot be checked without.
func (g *gatherer) keys(ctx context.Context) error {
	var leaves []uint64
	if err := g.d.Case.EachKey(ctx, func(leaf uint64) { leaves = append(leaves, leaf) }); err != nil {
		return err
	}
	for _, l := range leaves {
		if err := g.support1(ctx, l, record.Span{}); err != nil {
			return err
		}
	}
	return nil
}

// entry reads a log entry with its proof, salt and body.
func (g *gatherer) entry(ctx context.Context, leaf uint64) (redact.Entry, error) {
	a := g.d.Case.Archive
	b, err := a.Leaf(ctx, leaf)
	if err != nil {
		return redact.Entry{}, err
	}
	e := redact.Entry{Index: leaf, Leaf: bytes.Clone(b)}
	hashes, err := custody.ProveEntry(ctx, a, g.cp, leaf)
	if err != nil {
		return e, err
	}
	for _, h := range hashes {
		e.Proof = append(e.Proof, record.Digest(h))
	}
	l, err := record.ParseLeaf(b)
	if err != nil || l.Commit.IsZero() {
		return e, err
	}
	if e.Salt, err = a.Salt(ctx, leaf); err != nil && !errors.Is(err, record.ErrWithheld) {
		return e, err
	}
	if l.Kind != record.LeafStatement {
		if e.Body, err = a.Body(ctx, leaf); err != nil && !errors.Is(err, record.ErrWithheld) {
			return e, err
		}
	}
	return e, nil
}

// opener returns how to read a span, and its size in bytes.
func (g *gatherer) opener(ctx context.Context, s record.Span) (func() (io.ReadCloser, error), int64, error) {
	blob, err := g.d.Case.Archive.Open(ctx, s.Blob)
	if errors.Is(err, record.ErrWithheld) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer blob.Close()
	n := s.Length
	if n == 0 {
		n = blob.Size()
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(blob, 0, n)); err != nil {
			return nil, 0, err
		}
		if record.Digest(h.Sum(nil)) != s.Blob {
			return nil, 0, nil // something in the file was erased: it is no original any more
		}
	}
	return func() (io.ReadCloser, error) {
		b, err := g.d.Case.Archive.Open(ctx, s.Blob)
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{io.NewSectionReader(b, s.Offset, n), b}, nil
	}, n, nil
}
