package desk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"dalil/internal/custody"
	"dalil/internal/language"
	"dalil/internal/record"
)

// Detail is everything a statement's page shows.
type Detail struct {
	ID        string
	Statement record.Statement // newest version
	Versions  []record.Statement
	Source    record.Source
	Capture   record.Capture
	Container record.Capture // what the file came out of; Leaf 0 when nothing
	Gaps      []record.Gap   // of its source
	Decisions []record.Decision
	ReplyTo   *record.Statement // the statement it answers, if it is here
	Under     *record.Statement // the article a comment stands under, if it is here
	Forward   string            // whom it was forwarded from, in words
	ForwardID string            // id of that source, if it is in the case
	Proof     Proof

	Translations []Translation
}

// Proof is how one version of a statement is proven.
type Proof struct {
	Index      uint64 // of the log entry
	Entry      string // its exact bytes
	Span       record.Span
	Size       uint64 // of the log, at the checkpoint
	Root       string // base64
	Inclusion  int    // hashes in the inclusion proof
	Unaltered  bool   // bytes, commitment, inclusion all checked just now
	Problem    string // why not
	Checkpoint string // the signed note
}

// Detail gathers what a statement's page shows, and checks the proof.
func (d *Desk) Detail(ctx context.Context, id string) (Detail, error) {
	s, err := d.Statement(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	cat := d.Reader()
	t := Detail{ID: d.StatementID(s), Statement: s}
	if t.Versions, err = cat.Versions(ctx, s.First); err != nil {
		return t, err
	}
	if t.Source, err = cat.Source(ctx, s.Source); err != nil {
		return t, err
	}
	if t.Capture, err = cat.Capture(ctx, s.Capture); err != nil {
		return t, err
	}
	if t.Capture.Parent != 0 {
		if t.Container, err = cat.Capture(ctx, t.Capture.Parent); err != nil {
			return t, err
		}
	}
	if t.Gaps, err = cat.Gaps(ctx, s.Source); err != nil {
		return t, err
	}
	if t.Decisions, err = cat.Decisions(ctx, s.First); err != nil {
		return t, err
	}
	if t.ReplyTo, err = d.sibling(ctx, s, s.ReplyTo); err != nil {
		return t, err
	}
	if t.Under, err = d.sibling(ctx, s, s.Parent); err != nil {
		return t, err
	}
	if t.Forward, t.ForwardID, err = d.forward(ctx, s); err != nil {
		return t, err
	}
	if t.Translations, err = d.translations(ctx, s); err != nil {
		return t, err
	}
	t.Proof, err = d.Proof(ctx, s.Leaf)
	return t, err
}

// sibling finds another statement of the same source by external id.
func (d *Desk) sibling(ctx context.Context, s record.Statement, id string) (*record.Statement, error) {
	if id == "" {
		return nil, nil
	}
	known, err := d.Case.Catalog.Known(ctx, s.Source, []string{id})
	if err != nil || known[id].Version == 0 {
		return nil, err
	}
	o, err := d.Reader().Statement(ctx, known[id].First)
	return &o, err
}

// forward says whom a statement was forwarded from. A name that is one of our
// sources' is recognised by its pseudonym, since an export that gives no id
// does not tell channels from persons.
func (d *Desk) forward(ctx context.Context, s record.Statement) (words, id string, err error) {
	f := s.Forward
	if f == nil {
		return "", "", nil
	}
	sources, err := d.rawSources(ctx)
	if err != nil {
		return "", "", err
	}
	for _, src := range sources {
		byID := f.From.ID != "" && src.Key == "telegram:"+trimKind(f.From.ID)
		byName := f.From.Pseudonym != "" && f.From.Pseudonym == d.Case.Pseudonym(src.Name)
		if byID || byName {
			seen, err := d.Reader().Source(ctx, src.Leaf)
			if err != nil {
				return "", "", err
			}
			words = seen.Name
			if byName {
				words += " (by name: the export gives no id)"
			}
			return words, d.Case.IDs.ID(record.KindSource, src.Leaf), nil
		}
	}
	if f.From.Pseudonym != "" {
		return f.From.Pseudonym, "", nil
	}
	if f.From.Name != "" {
		return f.From.Name, "", nil
	}
	return "an account the export does not name", "", nil
}

// trimKind turns a platform's "channel123" into "123".
func trimKind(id string) string {
	for i := range len(id) {
		if id[i] >= '0' && id[i] <= '9' || id[i] == '-' {
			return id[i:]
		}
	}
	return id
}

// Proof checks one statement version here and now: its bytes against the
// commitment in its log entry, the entry against the signed checkpoint.
func (d *Desk) Proof(ctx context.Context, leaf uint64) (Proof, error) {
	a := d.Case.Archive
	b, err := a.Leaf(ctx, leaf)
	if err != nil {
		return Proof{}, err
	}
	l, err := record.ParseLeaf(b)
	if err != nil {
		return Proof{}, err
	}
	p := Proof{Index: leaf, Entry: string(b), Checkpoint: string(a.Checkpoint())}
	cp, err := d.Case.Checkpoint()
	if err != nil {
		return p, err
	}
	p.Size, p.Root = cp.Size, base64.StdEncoding.EncodeToString(cp.Root[:])
	check := func() error {
		hashes, err := custody.ProveEntry(ctx, a, cp, leaf)
		if err != nil {
			return err
		}
		p.Inclusion = len(hashes)
		if err := custody.CheckEntry(cp, leaf, b, hashes); err != nil {
			return err
		}
		p.Span, err = d.checkBytes(ctx, leaf, &l)
		return err
	}
	if err := check(); err != nil {
		p.Problem = err.Error()
		if errors.Is(err, record.ErrWithheld) {
			p.Problem = "the bytes were erased on a person's decision; a tombstone stays"
		}
		return p, nil
	}
	p.Unaltered = true
	return p, nil
}

// checkBytes compares what a statement entry stands for with what it binds: its
// span with the commitment, or the whole file with its digest.
func (d *Desk) checkBytes(ctx context.Context, leaf uint64, l *record.Leaf) (record.Span, error) {
	bytes, span, err := d.bytes(ctx, l)
	if err != nil {
		return span, err
	}
	if l.Commit.IsZero() {
		if span.SHA256 != span.Blob {
			return span, fmt.Errorf("%w: the file does not have the SHA-256 it is recorded with", record.ErrAltered)
		}
		return span, nil
	}
	salt, err := d.Case.Archive.Salt(ctx, leaf)
	if err != nil {
		return span, err
	}
	if custody.Commit(salt, bytes) != l.Commit {
		return span, fmt.Errorf("%w: the bytes are not those that were recorded", record.ErrAltered)
	}
	return span, nil
}

// maxShown bounds what is read into memory for a page or a proof.
const maxShown = 256 << 20

// bytes reads the evidence bytes of a statement's entry.
func (d *Desk) bytes(ctx context.Context, l *record.Leaf) ([]byte, record.Span, error) {
	c, err := d.Case.Catalog.Capture(ctx, l.Capture)
	if err != nil {
		return nil, record.Span{}, err
	}
	span := record.Span{Blob: c.Blob, Offset: l.Offset, Length: l.Length, Page: l.Page}
	blob, err := d.Case.Archive.Open(ctx, c.Blob)
	if err != nil {
		return nil, span, err
	}
	defer blob.Close()
	if span.Length == 0 {
		span.Length = blob.Size()
	}
	if span.Length > maxShown {
		return nil, span, fmt.Errorf("%w: %d bytes are too many to show; use `dalil verify`", record.ErrInvalid, span.Length)
	}
	b := make([]byte, span.Length)
	if n, err := blob.ReadAt(b, span.Offset); n < len(b) && err != nil && err != io.EOF {
		return nil, span, err
	}
	span.SHA256 = record.DigestOf(b)
	return b, span, nil
}

// Raw returns the evidence bytes of a statement's newest version, and their
// span.
func (d *Desk) Raw(ctx context.Context, id string) ([]byte, record.Span, error) {
	s, err := d.Statement(ctx, id)
	if err != nil {
		return nil, record.Span{}, err
	}
	if hidden, err := d.hides(ctx, s.First); err != nil || hidden {
		if hidden {
			err = record.WithHint(fmt.Errorf("%s names a private person: its captured bytes are %w", id, record.ErrWithheld), "open it first, with a reason, if you may")
		}
		return nil, record.Span{}, err
	}
	b, err := d.Case.Archive.Leaf(ctx, s.Leaf)
	if err != nil {
		return nil, record.Span{}, err
	}
	l, err := record.ParseLeaf(b)
	if err != nil {
		return nil, record.Span{}, err
	}
	return d.bytes(ctx, &l)
}

// View is a statement as commands and pages print it; its JSON is the
// `statement` object of the CLI contract.
type View struct {
	ID          string            `json:"id"`
	Source      string            `json:"source"`
	SourceName  string            `json:"source_name"`
	ExternalID  string            `json:"external_id"`
	Kind        string            `json:"kind"`
	PostedAt    record.When       `json:"posted_at"`
	EditedAt    record.When       `json:"edited_at,omitzero"`
	NoZone      bool              `json:"zone_not_printed,omitempty"`
	CapturedAt  string            `json:"captured_at"`
	Title       string            `json:"title,omitempty"`
	TitleLang   string            `json:"title_lang,omitempty"` // where it is not that of the text
	Byline      string            `json:"byline,omitempty"`
	Text        string            `json:"text"`
	Lang        string            `json:"lang"`
	Family      string            `json:"family,omitempty"`
	Relation    record.Relation   `json:"relation,omitempty"` // its place in the family
	Version     int               `json:"version"`
	Sender      string            `json:"sender,omitempty"`
	Forward     *record.Forward   `json:"forward,omitempty"`
	ReplyTo     string            `json:"reply_to,omitempty"`
	URL         string            `json:"url,omitempty"`
	Parent      string            `json:"parent,omitempty"`
	Media       []record.Media    `json:"media,omitempty"`
	Reactions   []record.Reaction `json:"reactions,omitempty"`
	Views       int64             `json:"views,omitempty"`
	Credits     []string          `json:"credits,omitempty"`
	References  []string          `json:"references,omitempty"`
	Flags       []record.Flag     `json:"flags,omitempty"`
	Withdrawn   bool              `json:"withdrawn,omitempty"`
	Erased      bool              `json:"erased,omitempty"`
	SeenMissing bool              `json:"seen_missing,omitempty"`
	Capture     string            `json:"capture"`
	Page        int               `json:"page,omitempty"`
	LogEntry    uint64            `json:"log_entry"`
}

// View returns s as it is printed.
func (d *Desk) View(s record.Statement) View {
	v := View{ID: d.StatementID(s), Source: d.Case.IDs.ID(record.KindSource, s.Source), SourceName: s.SourceName, ExternalID: s.ExternalID,
		Kind: string(s.Kind), PostedAt: s.Posted, EditedAt: s.Edited, NoZone: s.Posted.NoZone,
		CapturedAt: milli(s.CapturedAt), Title: s.Title, Byline: s.Byline, Text: strings.ToValidUTF8(s.Text, "\uFFFD"), Lang: s.Lang, Version: s.Version,
		Family: d.familyID(s.Family), Relation: s.Relation,
		Sender: party(s.Sender), Forward: s.Forward, ReplyTo: s.ReplyTo, URL: s.URL, Parent: s.Parent, Media: s.Media,
		Reactions: s.Reactions, Views: s.Views, Credits: s.Credits, References: s.Refs, Flags: s.Flags,
		Withdrawn: s.Withdrawn, Erased: s.Erased, SeenMissing: s.MissingFrom != 0,
		Capture: d.Case.IDs.ID(record.KindCapture, s.Capture), Page: s.Span.Page, LogEntry: s.Leaf}
	if lang, _ := language.Identify(s.Title); s.Title != "" && lang != language.Undetermined && lang != s.Lang {
		v.TitleLang = lang
	}
	return v
}

func party(p record.Party) string {
	if p.Pseudonym != "" {
		return p.Pseudonym
	}
	return p.Name
}
