package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"dalil/internal/assist"
	"dalil/internal/catalog"
	"dalil/internal/record"
)

// Translator is a translation program, under a name for those who do not see
// the room.
type Translator = assist.Translator

// TranslationPayload is what a person's decision to translate holds beside its
// reason. It is in the body: a translation goes with its statement when that is
// erased.
type TranslationPayload struct {
	Version uint64 `json:"version"` // leaf index of the version that was translated
	Lang    string `json:"lang"`
	Text    string `json:"text"`
	Base    uint64 `json:"base,omitempty"` // leaf index of the translation that it corrects
}

// translationBody is the body of the capture of what a program translated.
type translationBody struct {
	record.Capture
	Statement uint64 `json:"statement"`
	Version   uint64 `json:"version"`
	Lang      string `json:"lang"`
}

// MaxTranslation is the longest translation in bytes.
const MaxTranslation = 256 << 10

// Translator asks the translation program of the case's settings what it is.
// record.ErrNotFound with a hint when none is set or nothing answers.
func (c *Case) Translator(ctx context.Context) (Translator, error) {
	s := c.Config.Translate
	if s.Endpoint == "" || c.stores.Translator == nil {
		return Translator{}, record.WithHint(fmt.Errorf("no translation program is set: %w", record.ErrNotFound),
			"run one that speaks LibreTranslate's protocol on this machine, and set `dalil config translate.endpoint=http://127.0.0.1:5000`")
	}
	return c.stores.Translator(ctx, s.Endpoint, s.Remote)
}

// Translated archives what a program made of a statement's version as a file of
// its own, and records it. t has its Statement, Version, Lang, Text, Tool; address
// is where the program answered. The entry's index is returned when everything
// is on stable storage and in the catalog.
func (c *Case) Translated(ctx context.Context, t record.Translation, address string) (record.Translation, error) {
	if len(t.Text) > MaxTranslation || t.Tool == "" || strings.TrimSpace(t.Text) == "" {
		return t, fmt.Errorf("%w: a machine translation of %d bytes by %q", record.ErrInvalid, len(t.Text), t.Tool)
	}
	if !c.write {
		return t, fmt.Errorf("translate: %w: the case is open for reading", record.ErrConflict)
	}
	if !c.work.try() { // runs do not lie inside one another
		return t, c.busy(ctx)
	}
	im := newImporter(ctx, c, ImportOptions{}, runDetail{Verb: "translate", Zone: c.Config.Zone, Tool: c.stores.Tool + "; " + t.Tool})
	t, err := im.translation(t, address)
	if err != nil {
		err = &storeError{err}
	}
	r, err := im.finish(err)
	if err == nil && r.Cancelled {
		err = context.Canceled
	}
	return t, errors.Join(err, c.rest(ctx))
}

func (im *importer) translation(t record.Translation, address string) (record.Translation, error) {
	blob, n, err := im.c.Archive.Put(im.ctx, strings.NewReader(t.Text+"\n"))
	if err != nil {
		return t, fmt.Errorf("store the translation: %w", err)
	}
	if err := im.begin(); err != nil {
		return t, err
	}
	t.At, t.By = im.c.stores.Now().UnixMilli(), im.c.handle
	cp := record.Capture{Run: im.run, At: t.At, Theirs: record.NoSeconds, Blob: blob, Size: n, Type: "text/plain; charset=utf-8", Format: catalog.FormatTranslation,
		Path: im.c.IDs.ID(record.KindStatement, t.Statement) + "." + t.Lang + ".txt", URL: address, Tool: t.Tool}
	l := record.NewLeaf(record.LeafCapture, t.At)
	l.Run, l.Blob, l.Size, l.Type, l.Format = im.run, blob, n, cp.Type, cp.Format
	if cp.Leaf, err = im.bodied(l, translationBody{cp, t.Statement, t.Version, t.Lang}); err != nil {
		return t, err
	}
	t.Leaf = cp.Leaf
	im.report.Read, im.report.New = 1, 1
	im.report.Files++
	im.report.Bytes += n
	im.commits.batch.Captures = append(im.commits.batch.Captures, cp)
	im.commits.batch.Translations = append(im.commits.batch.Translations, t)
	return t, im.commits.full()
}

// translated reads the translation behind a capture again; none when it was
// erased.
func (p *replayer) translated(ctx context.Context, i uint64, l *record.Leaf) error {
	var b translationBody
	if err := p.body(ctx, i, &b); err != nil || b.Lang == "" {
		return err
	}
	blob, err := p.c.Archive.Open(ctx, l.Blob)
	if errors.Is(err, record.ErrWithheld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer blob.Close()
	text, err := io.ReadAll(io.NewSectionReader(blob, 0, min(blob.Size(), MaxTranslation+1)))
	if err != nil {
		return err
	}
	by, err := p.by(ctx, l.Run)
	if err != nil {
		return err
	}
	p.batch.Translations = append(p.batch.Translations, record.Translation{Leaf: i, Statement: b.Statement, Version: b.Version, Lang: b.Lang,
		Text: strings.TrimSuffix(string(text), "\n"), At: l.At, By: by, Tool: b.Tool})
	p.weight += len(text)
	return nil
}

// by is who began a run.
func (p *replayer) by(ctx context.Context, run uint64) (string, error) {
	b, err := p.c.Archive.Leaf(ctx, run)
	if err != nil {
		return "", err
	}
	l, err := record.ParseLeaf(b)
	return l.By, err
}

// decided takes the text out of a decision to translate: it is kept once, as the
// translation it is.
func (p *replayer) decided(i uint64, l *record.Leaf, d *DecisionBody) error {
	if l.Action != catalog.ActionTranslate || len(d.Payload) == 0 {
		return nil
	}
	var t TranslationPayload
	if err := json.Unmarshal(d.Payload, &t); err != nil {
		return fmt.Errorf("%w: translation: %v", record.ErrAltered, err)
	}
	d.Payload = nil
	p.batch.Translations = append(p.batch.Translations, record.Translation{Leaf: i, Statement: l.Target, Version: t.Version, Lang: t.Lang, Text: t.Text, At: l.At, By: l.By, Base: t.Base})
	p.weight += len(t.Text)
	return nil
}

// translations destroys those of a statement, or, with a version, those of that
// one. What a program wrote is a file: it goes unless another statement's
// translation has the same bytes.
func (e *eraser) translations(ctx context.Context, statement, version uint64) error {
	all, err := e.c.Catalog.Translations(ctx, statement)
	if err != nil {
		return err
	}
	for i := range all {
		t := &all[i]
		if version != 0 && t.Version != version || e.targets[t.Leaf] > 0 {
			continue
		}
		l := record.Leaf{Target: t.Leaf}
		if t.Machine() {
			c, err := e.c.Catalog.Capture(ctx, t.Leaf)
			if err != nil {
				return err
			}
			shared, err := e.shared(ctx, c, t.Statement)
			if err != nil {
				return err
			}
			if !shared && !e.gone[c.Blob] {
				e.gone[c.Blob] = true
				if err := e.c.Archive.RemoveBlob(ctx, c.Blob); err != nil {
					return err
				}
				l.Blob = c.Blob
			}
		}
		e.bury(l)
		if err := e.c.Archive.DestroySecret(ctx, t.Leaf); err != nil {
			return err
		}
	}
	return nil
}

// shared reports whether the bytes of a translation are also something else that
// stays: of another statement, or a file that was imported.
func (e *eraser) shared(ctx context.Context, c record.Capture, statement uint64) (bool, error) {
	captures, err := e.c.Catalog.CapturesOf(ctx, c.Blob)
	if err != nil {
		return false, err
	}
	for _, o := range captures {
		if o.Leaf == c.Leaf || e.targets[o.Leaf] > 0 {
			continue
		}
		t, err := e.c.Catalog.Translation(ctx, o.Leaf)
		if err == nil && t.Statement == statement {
			continue // it goes with this one
		}
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return false, err
		}
		if err != nil && o.Format == catalog.FormatTranslation {
			continue // erased before
		}
		return true, nil
	}
	return false, nil
}
