package pipeline

import (
	"context"
	"errors"
	"strings"

	"dalil/internal/archive"
	"dalil/internal/format"
	"dalil/internal/record"
)

// Bounds of what is taken of one file: a title is no text, and a page is of one
// source.
const (
	mostFacts = 64
	mostValue = 4096 // bytes
)

// facts notes what a captured file says about sources.
func (im *importer) facts(h *held) error {
	if h.kind.Facts == nil {
		return nil
	}
	b, err := h.open()
	if err != nil {
		return err
	}
	defer b.Close()
	im.commits.batch.Facts = append(im.commits.batch.Facts, capturedFacts(context.WithoutCancel(im.ctx), h.kind, im.input(h, b), h.Capture)...)
	return nil
}

// capturedFacts are what a file says about sources, the same on import and on
// rebuild.
func capturedFacts(ctx context.Context, kind format.Kind, in format.Input, c record.Capture) []record.Fact {
	all := kind.Facts(ctx, in)
	all = bounded(all[:min(len(all), mostFacts)])
	for i := range all {
		f := &all[i]
		f.Leaf = c.Leaf
		if f.At == record.NoSeconds {
			f.At = c.Theirs
		}
		// A file's own clock can be wrong; it was so no later than we had it.
		if f.At == record.NoSeconds || f.At > c.At/1000 {
			f.At = c.At / 1000
		}
	}
	return all
}

// factsOf are what a statement version says about its source.
func factsOf(x *record.Reading, leaf uint64, key string) []record.Fact {
	all := bounded(append([]record.Fact(nil), x.Facts[:min(len(x.Facts), mostFacts)]...))
	for i := range all {
		f := &all[i]
		f.Leaf, f.Key = leaf, key
		if f.At == record.NoSeconds || f.At == 0 {
			f.At = x.Posted.Seconds()
		}
	}
	return all
}

// bounded leaves out what is empty and cuts what is too long.
func bounded(all []record.Fact) []record.Fact {
	var out []record.Fact
	for _, f := range all {
		f.Value = strings.ToValidUTF8(strings.TrimSpace(f.Value), "\ufffd")
		if len(f.Value) > mostValue {
			f.Value = strings.ToValidUTF8(f.Value[:mostValue], "") + "…"
		}
		if f.Value != "" && len(f.Key) <= mostValue {
			out = append(out, f)
		}
	}
	return out
}

// facts reads again what a captured file says about sources; nothing when it was
// erased.
func (p *replayer) facts(ctx context.Context, c record.Capture) ([]record.Fact, error) {
	kind, ok := p.kind(c.Format)
	if !ok || kind.Facts == nil {
		return nil, nil
	}
	detail, err := p.detail(ctx, c.Run)
	if err != nil {
		return nil, err
	}
	var b archive.Blob
	if b, err = p.c.Archive.Open(ctx, c.Blob); err != nil {
		if errors.Is(err, record.ErrWithheld) {
			err = nil
		}
		return nil, err
	}
	defer b.Close()
	im := &importer{ctx: ctx, c: p.c, detail: detail, opt: ImportOptions{KeepOwner: detail.KeepOwner, KeepSenders: detail.KeepSenders, Source: detail.Source}}
	return capturedFacts(ctx, kind, im.input(&held{Capture: c, kind: kind}, b), c), nil
}

// source returns a source of this replay or of before it.
func (p *replayer) source(ctx context.Context, leaf uint64) (record.Source, error) {
	if s, ok := p.sources[leaf]; ok {
		return s, nil
	}
	return p.cat.Source(ctx, leaf)
}
