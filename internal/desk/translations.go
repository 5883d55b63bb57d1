package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"dalil/internal/catalog"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// Translation is a translation with where it stands among the others.
type Translation struct {
	record.Translation
	ID      string // D-… of a person's, K-… of a program's
	Number  int    // 1, or one more than that of the translation it corrects
	BaseID  string // of the one it corrects; "" when none
	NextID  string // of the standing one that corrects it; "" while it is the newest
	Old     bool   // the statement has a newer version than the one translated
	Checked *record.Decision
	Hidden  bool // its statement names a person whose name is masked for the reader: it may spell the name in other letters, so none of it is shown
}

// Current reports whether t is what to read: it stands and nothing corrects it.
func (t *Translation) Current() bool { return t.Undone == 0 && t.NextID == "" }

// Unreviewed reports whether a program wrote it and no person has checked it.
func (t *Translation) Unreviewed() bool { return t.Machine() && t.Reviewed == 0 }

func (d *Desk) translationID(t *record.Translation) string {
	if t.Machine() {
		return d.Case.IDs.ID(record.KindCapture, t.Leaf)
	}
	return d.Case.IDs.ID(record.KindDecision, t.Leaf)
}

// Translations returns those of a statement, oldest first: also what was
// corrected or taken back since.
func (d *Desk) Translations(ctx context.Context, id string) ([]Translation, error) {
	s, err := d.Statement(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.translations(ctx, s)
}

func (d *Desk) translations(ctx context.Context, s record.Statement) ([]Translation, error) {
	plain, err := d.Reader().Translations(ctx, s.First)
	if err != nil {
		return nil, err
	}
	return d.chained(ctx, s, plain)
}

// chained works out which translation corrects which.
func (d *Desk) chained(ctx context.Context, s record.Statement, plain []record.Translation) ([]Translation, error) {
	all := make([]Translation, len(plain))
	at := map[uint64]int{}
	for i, t := range plain {
		x := Translation{Translation: t, ID: d.translationID(&t), Number: 1, Old: t.Version != s.Leaf, Hidden: t.Text == ""}
		if b, ok := at[t.Base]; ok && t.Base != 0 { // what it corrects stands before it
			x.Number, x.BaseID = all[b].Number+1, all[b].ID
			if t.Undone == 0 {
				all[b].NextID = x.ID
			}
		}
		if t.Reviewed != 0 {
			about, err := d.Reader().Decisions(ctx, t.Leaf)
			if err != nil {
				return nil, err
			}
			if k := slices.IndexFunc(about, func(o record.Decision) bool { return o.Leaf == t.Reviewed }); k >= 0 {
				x.Checked = &about[k]
			}
		}
		all[i], at[t.Leaf] = x, i
	}
	return all, nil
}

// translation finds one by its id, with the statement it is of.
func (d *Desk) translation(ctx context.Context, id string) (Translation, record.Statement, error) {
	_, leaf, err := d.resolve(id, record.KindDecision, record.KindCapture)
	if err != nil {
		return Translation{}, record.Statement{}, err
	}
	t, err := d.Case.Catalog.Translation(ctx, leaf)
	if err != nil {
		return Translation{}, record.Statement{}, record.WithHint(fmt.Errorf("%s is no translation: %w", id, record.ErrNotFound), "see the translations of a statement with `dalil show S-…`")
	}
	s, err := d.Reader().Statement(ctx, t.Statement)
	if err != nil {
		return Translation{}, s, err
	}
	all, err := d.translations(ctx, s)
	if err != nil {
		return Translation{}, s, err
	}
	i := slices.IndexFunc(all, func(x Translation) bool { return x.Leaf == leaf })
	if i < 0 {
		return Translation{}, s, fmt.Errorf("%s: %w", id, record.ErrNotFound)
	}
	return all[i], s, nil
}

// Translate records a person's translation of a statement's newest version.
// base, when not "", is the id of the translation that it corrects: a program's
// or a person's, which stays and is shown as its earlier version. It is
// record.ErrConflict when that was corrected already, so that nobody's
// correction is lost unseen.
func (d *Desk) Translate(ctx context.Context, id, lang, text, base string) (Translation, error) {
	var t Translation
	if err := d.mayWrite(); err != nil {
		return t, err
	}
	s, err := d.Statement(ctx, id)
	if err != nil {
		return t, err
	}
	seen, err := d.Case.Catalog.Newest(ctx, s.First) // before it is looked at: see decideOn
	if err != nil {
		return t, err
	}
	if s, err = d.Statement(ctx, id); err != nil {
		return t, err
	}
	if s.Erased {
		return t, fmt.Errorf("%s was erased: %w", id, record.ErrWithheld)
	}
	if t.Text, err = plainText(text); err != nil {
		return t, err
	}
	reason := ""
	t.Number = 1
	if base != "" {
		b, of, err := d.translation(ctx, base)
		switch {
		case err != nil:
			return t, err
		case of.First != s.First:
			return t, record.WithHint(fmt.Errorf("%w: %s is a translation of %s", record.ErrInvalid, base, d.StatementID(of)), "name one of the same statement")
		case b.Undone != 0:
			return t, fmt.Errorf("%s was taken back: %w", base, record.ErrConflict)
		case b.Hidden:
			return t, record.WithHint(fmt.Errorf("%s is hidden: its statement names a person who is masked: %w", base, record.ErrWithheld), "open the name first")
		case b.NextID != "":
			return t, record.WithHint(fmt.Errorf("%s was corrected already, by %s: %w", base, b.NextID, record.ErrConflict), "read that one, and correct it if need be")
		case b.Text == t.Text && b.Version == s.Leaf:
			return t, record.WithHint(fmt.Errorf("nothing differs from %s: %w", base, record.ErrConflict), "to say that it is right, review it")
		}
		if lang == "" {
			lang = b.Lang
		}
		if t.Lang, err = languageTag(lang); err != nil {
			return t, err
		}
		if t.Lang != b.Lang {
			return t, fmt.Errorf("%w: %s is in %s, not in %s", record.ErrInvalid, base, b.Lang, t.Lang)
		}
		t.Base, t.BaseID, t.Number = b.Leaf, b.ID, b.Number+1
		reason = "corrects " + b.ID
	} else if t.Lang, err = languageTag(lang); err != nil {
		return t, err
	} else {
		reason = "translated into " + t.Lang
	}
	t.Statement, t.Version = s.First, s.Leaf
	x, err := d.recordSeen(ctx, catalog.ActionTranslate, s.First, seen, reason, pipeline.TranslationPayload{Version: s.Leaf, Lang: t.Lang, Text: t.Text, Base: t.Base})
	if err != nil {
		return t, err
	}
	t.Leaf, t.At, t.By = x.Leaf, x.At, x.By
	if !d.DryRun {
		t.ID = d.translationID(&t.Translation)
	}
	return t, nil
}

// MayAskMachine says why a statement is not given to the case's translation
// program, or nil. A program is never given what is restricted, of a private
// source, withdrawn or erased; one on another machine only what is public.
func (d *Desk) MayAskMachine(ctx context.Context, s record.Statement, remote bool) error {
	id := d.StatementID(s)
	by := "translate it yourself with `dalil translate " + id + " --to … --text FILE`"
	src, err := d.Reader().Source(ctx, s.Source)
	if err != nil {
		return err
	}
	now, err := d.sensitivity(ctx, s)
	if err != nil {
		return err
	}
	names, err := d.everyName(ctx)
	if err != nil {
		return err
	}
	whole, err := d.unmasked(ctx, s.Leaf)
	if err != nil {
		return err
	}
	switch {
	case s.Erased:
		return fmt.Errorf("%s was erased: %w", id, record.ErrWithheld)
	case s.Withdrawn:
		return record.WithHint(fmt.Errorf("%s is withdrawn: %w", id, record.ErrWithheld), "restore it first")
	case now != redact.Public && now != redact.Internal:
		return record.WithHint(fmt.Errorf("%s is restricted: %w from translation programs", id, record.ErrWithheld), by)
	case src.Private || src.Type == record.Group || src.Type == record.PrivateIM:
		return record.WithHint(fmt.Errorf("%s is of a private source: %w from translation programs", id, record.ErrWithheld), by)
	case remote && now != redact.Public:
		return record.WithHint(fmt.Errorf("%s is internal: %w from a program on another machine", id, record.ErrWithheld), "run a program on this machine, or "+by)
	case remote && names.finds(whole):
		return record.WithHint(fmt.Errorf("%s names a private person who is shielded: %w from a program on another machine", id, record.ErrWithheld), "run a program on this machine, or "+by)
	case strings.TrimSpace(s.Text) == "":
		return fmt.Errorf("%w: %s has no text", record.ErrInvalid, id)
	}
	return nil
}

// MachineTranslate has the case's translation program translate a statement's
// newest version. What it writes is archived with its name and version, and is
// unreviewed. It is never made again: record.ErrConflict when the same program
// did it before.
func (d *Desk) MachineTranslate(ctx context.Context, id, lang string) (Translation, error) {
	var t Translation
	if err := d.mayWrite(); err != nil {
		return t, err
	}
	s, err := d.Statement(ctx, id)
	if err != nil {
		return t, err
	}
	if t.Lang, err = languageTag(lang); err != nil {
		return t, err
	}
	if err := d.MayAskMachine(ctx, s, d.Case.Config.Translate.Remote); err != nil {
		return t, err
	}
	m, err := d.Case.Translator(ctx)
	if err != nil {
		return t, err
	}
	t.Statement, t.Version, t.Tool, t.Number = s.First, s.Leaf, m.Tool, 1
	if err := d.notMade(ctx, s, t); err != nil || d.DryRun {
		return t, err
	}
	text := s.Text
	if s.Title != "" {
		text = s.Title + "\n\n" + text
	}
	if t.Text, err = m.Translate(ctx, text, baseLanguage(s.Lang), baseLanguage(t.Lang)); err != nil {
		return t, err
	}
	t.Translation, err = d.Case.Translated(ctx, t.Translation, m.Address)
	if err == nil {
		t.ID = d.translationID(&t.Translation)
	}
	return t, err
}

// KeepMachine records what a program outside translated, as MachineTranslate
// would: for texts that came with their program's name and version.
func (d *Desk) KeepMachine(ctx context.Context, id, lang, text, tool string) (Translation, error) {
	var t Translation
	if err := d.mayWrite(); err != nil {
		return t, err
	}
	s, err := d.Statement(ctx, id)
	if err != nil {
		return t, err
	}
	if err := d.MayAskMachine(ctx, s, false); err != nil {
		return t, err
	}
	if t.Lang, err = languageTag(lang); err != nil {
		return t, err
	}
	if t.Text, err = plainText(text); err != nil {
		return t, err
	}
	t.Statement, t.Version, t.Tool, t.Number = s.First, s.Leaf, strings.TrimSpace(tool), 1
	if err := d.notMade(ctx, s, t); err != nil || d.DryRun {
		return t, err
	}
	t.Translation, err = d.Case.Translated(ctx, t.Translation, "")
	if err == nil {
		t.ID = d.translationID(&t.Translation)
	}
	return t, err
}

// notMade is ErrConflict when a program has translated this version already.
func (d *Desk) notMade(ctx context.Context, s record.Statement, t Translation) error {
	all, err := d.translations(ctx, s)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.Tool == t.Tool && o.Version == t.Version && o.Lang == t.Lang {
			return record.WithHint(fmt.Errorf("%s is what %s made of it: %w", o.ID, o.Tool, record.ErrConflict), "read it, correct it or review it; the same program is not asked twice")
		}
	}
	return nil
}

// Review records that a person has read a translation against the original and
// stands by it: reason says what was looked at. Nobody reviews their own.
func (d *Desk) Review(ctx context.Context, id, reason string) (record.Decision, error) {
	if err := d.mayWrite(); err != nil {
		return record.Decision{}, err
	}
	t, _, err := d.translation(ctx, id)
	if err != nil {
		return record.Decision{}, err
	}
	return d.decideOn(ctx, catalog.ActionReview, t.Leaf, reason, func() (any, error) {
		t, s, err := d.translation(ctx, id)
		switch {
		case err != nil:
		case s.Erased:
			err = fmt.Errorf("%s was erased: %w", d.StatementID(s), record.ErrWithheld)
		case t.Undone != 0:
			err = fmt.Errorf("%s was taken back: %w", id, record.ErrConflict)
		case t.Reviewed != 0:
			err = fmt.Errorf("%s is reviewed already, by %s: %w", id, t.Checked.By, record.ErrConflict)
		case !t.Machine() && t.By == d.Case.Handle():
			err = record.WithHint(fmt.Errorf("%s is your own: %w", id, record.ErrConflict), "have somebody else read it")
		}
		return nil, err
	})
}

// mayWrite is ErrConflict on a case that is open for reading.
func (d *Desk) mayWrite() error {
	if d.DryRun || d.Case.Writable() {
		return nil
	}
	return record.WithHint(fmt.Errorf("the case is open for reading only: %w", record.ErrConflict), "use the command line, or open the case for writing")
}

// plainText is a text as a person handed it over, without control characters
// but line breaks and tabs.
func plainText(s string) (string, error) {
	if len(s) > pipeline.MaxTranslation {
		return "", fmt.Errorf("%w: a translation of %d bytes; the most is %d", record.ErrInvalid, len(s), pipeline.MaxTranslation)
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.Is(unicode.Cc, r) {
			return -1
		}
		return r
	}, s))
	if s == "" {
		return "", record.WithHint(fmt.Errorf("%w: a translation needs a text", record.ErrInvalid), "write it, or give it with --text FILE")
	}
	return s, nil
}

func languageTag(lang string) (string, error) {
	tag, err := language.Parse(strings.TrimSpace(lang))
	if err != nil || tag == language.Und || len(lang) > 35 {
		return "", record.WithHint(fmt.Errorf("%w language %.40q", record.ErrInvalid, lang), "give a tag such as en, fr, ar or fa")
	}
	return tag.String(), nil
}

// baseLanguage is a tag as translation programs take it; "" when not known.
func baseLanguage(lang string) string {
	base, _, _ := strings.Cut(lang, "-")
	if base == "und" {
		return ""
	}
	return base
}

// TranslationJSON is the `translation` object.
type TranslationJSON struct {
	ID         string `json:"id"`
	Statement  string `json:"statement"`
	Lang       string `json:"lang"`
	Text       string `json:"text"`
	Machine    bool   `json:"machine"`
	Tool       string `json:"tool,omitempty"`
	By         string `json:"by"`
	At         string `json:"at"`
	Version    int    `json:"version"`
	Base       string `json:"base,omitempty"`
	Corrected  string `json:"corrected_by,omitempty"` // id of the translation that corrects it
	Unreviewed bool   `json:"unreviewed,omitempty"`
	Reviewed   string `json:"reviewed_by,omitempty"`
	Undone     bool   `json:"undone,omitempty"`
	Old        bool   `json:"of_earlier_version,omitempty"`
}

// TranslationJSON is t for programs.
func (d *Desk) TranslationJSON(t Translation) TranslationJSON {
	j := TranslationJSON{t.ID, d.Case.IDs.ID(record.KindStatement, t.Statement), t.Lang, t.Text, t.Machine(), t.Tool, t.By, milli(t.At), t.Number, t.BaseID, t.NextID,
		t.Unreviewed(), "", t.Undone != 0, t.Old}
	if t.Checked != nil {
		j.Reviewed = t.Checked.By
	}
	return j
}
