package redact

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/record"
)

// Report tells the person who releases what stayed behind and why. It names
// what is withheld and so is not for the audience.
type Report struct {
	Statements int // in the release
	Entries    int
	Originals  int // statements and files whose bytes are in the release
	Withheld   []Withheld
	Notes      []string // what to think of before handing the release on
}

// Withheld is one thing that stayed behind.
type Withheld struct {
	ID   string // of the item; "" when it concerns several
	What string
	Why  string
}

// Prepare makes the release of material for an audience. Restricted, sealed
// and unmarked items, withdrawn, flagged, shielded and erased statements never
// enter, nor do decisions by which a house only sorts its work (InHouse), nor do
// the bodies of case, config, key, run, end and analysis entries; private persons
// appear under their pseudonyms; the names of private sources stay. Where the work
// on an item stands enters for the house alone, which gets words and nothing that
// proves them.
//
// It fails with record.ErrInvalid when the material is not consistent, or not bare
// and for the house, and with record.ErrWithheld when nothing of it may be shown.
func Prepare(audience Audience, m Material) (Release, Report, error) {
	var rep Report
	if audience < ForPublic || audience > ForHouse {
		return Release{}, rep, fmt.Errorf("%w audience %d", record.ErrInvalid, audience)
	}
	if audience == ForHouse && !m.Bare {
		return Release{}, rep, fmt.Errorf("%w release: proofs and originals go to partners and to the public; the house has them", record.ErrInvalid)
	}
	if m.Originals.Include && strings.TrimSpace(m.Originals.Reason) == "" {
		return Release{}, rep, record.WithHint(fmt.Errorf("%w release: originals that name private persons need a reason", record.ErrInvalid),
			"say why these originals must go out, or leave them out")
	}
	p := preparation{audience: audience, originals: m.Originals.Include, bare: m.Bare, report: &rep,
		entries: map[uint64]ShownEntry{}, targets: map[uint64]bool{}, translated: map[uint64]bool{}, whole: map[uint64]bool{}, sources: map[uint64]record.Source{}, blobs: map[record.Digest]bool{}, protected: map[place][]protectedSpan{}}
	if err := p.readSupport(m.Entries); err != nil {
		return Release{}, rep, err
	}

	var shown []Item
	for _, it := range m.Items {
		if why := Withholds(audience, it); why != "" {
			rep.Withheld = append(rep.Withheld, Withheld{it.ID, "the statement", why})
			p.protect(it)
			continue
		}
		shown = append(shown, it)
	}
	if len(shown) == 0 && !m.Bare {
		return Release{}, rep, record.WithHint(fmt.Errorf("release: everything asked for is %w", record.ErrWithheld),
			"look at the reasons; `dalil restrict ID --public` says that an internal statement may be shown to everybody")
	}
	r := Release{audience: audience, name: m.Case, zone: m.Zone, known: m.Known, origin: m.Origin,
		checkpoint: slices.Clone(m.Checkpoint), key: m.Key}
	ids := map[string]bool{}
	for _, it := range shown {
		if ids[it.ID] || it.ID == "" || len(it.Versions) == 0 {
			return Release{}, rep, fmt.Errorf("%w release: item %q is there twice, has no id or no versions", record.ErrInvalid, it.ID)
		}
		ids[it.ID] = true
		s, err := p.statement(it)
		if err != nil {
			return Release{}, rep, err
		}
		r.shown = append(r.shown, s)
	}
	if m.Bare {
		rep.Statements = len(r.shown)
		rep.Notes = append(rep.Notes, readTexts())
		return r, rep, nil
	}
	if err := p.support(); err != nil {
		return Release{}, rep, err
	}
	slices.SortFunc(r.shown, func(a, b Shown) int { return cmp.Compare(a.Versions[0].Entry, b.Versions[0].Entry) })
	for _, e := range p.entries {
		r.entries = append(r.entries, e)
		if e.Open != nil {
			rep.Originals++
		}
	}
	slices.SortFunc(r.entries, func(a, b ShownEntry) int { return cmp.Compare(a.Index, b.Index) })
	rep.Statements, rep.Entries = len(r.shown), len(r.entries)
	rep.Notes = append(rep.Notes, readTexts())
	if rep.Originals > 0 {
		rep.Notes = append(rep.Notes, key("originals go out exactly as captured: pictures and documents can carry hidden data such as the place and device"))
	}
	if m.Originals.Include {
		rep.Notes = append(rep.Notes, "originals with the names of private persons are included, because: "+m.Originals.Reason)
	} else if p.named > 0 {
		rep.Notes = append(rep.Notes, fmt.Sprintf("the originals of %d statements are from private conversations", p.named))
	}
	return r, rep, nil
}

func readTexts() string {
	return key("read the texts before you hand them on: a text can name private persons in its own words")
}

// key marks a text that a page says in its reader's language: a test of the pages
// finds it by that.
func key(english string) string { return english }

// preparation is the state of one Prepare.
type preparation struct {
	audience  Audience
	originals bool
	bare      bool
	report    *Report

	gathered   []gathered                // support, in the order of the log
	entries    map[uint64]ShownEntry     // chosen so far
	targets    map[uint64]bool           // first versions of the chosen statements
	translated map[uint64]bool           // decisions whose translation is shown with its entry
	whole      map[uint64]bool           // captures that a chosen statement is the whole file of
	sources    map[uint64]record.Source  // of the chosen statements
	blobs      map[record.Digest]bool    // media of chosen statements whose originals go out
	protected  map[place][]protectedSpan // bytes of withheld statements
	named      int                       // originals that go out with names of private persons
}

type gathered struct {
	Entry
	leaf record.Leaf
}

// place is a file, by its capture or by its bytes: the same file may have been
// captured twice.
type place struct {
	capture uint64
	blob    record.Digest
}

type protectedSpan struct{ from, to int64 }

// Withholds says why an item stays behind as a whole, or "".
func Withholds(audience Audience, it Item) string {
	switch it.Sensitivity {
	case Public:
	case Internal:
		if audience != ForPartner && audience != ForHouse {
			return key("it is internal: it may go to partners only")
		}
	case Restricted:
		return key("it is restricted")
	case Sealed:
		return key("it is sealed")
	default:
		return key("nobody has said how sensitive it is")
	}
	switch it.State {
	case Standing:
	case Flagged:
		return key("somebody asked for its removal or doubts it, and nobody has decided yet")
	case Withdrawn:
		return key("it was withdrawn")
	default:
		return key("it was erased")
	}
	if it.Shielded {
		return key("it names a private person, and the name is masked")
	}
	for _, v := range it.Versions {
		if v.Statement.Erased {
			return key("it was erased")
		}
		if v.Statement.Withdrawn {
			return key("it was withdrawn")
		}
	}
	return ""
}

// protect remembers where the bytes of a withheld item lie, so that no
// original that contains them goes out under another name. The containers of
// its file are protected as a whole.
func (p *preparation) protect(it Item) {
	for _, v := range it.Versions {
		st := &v.Statement
		p.protectBytes(st.Capture, st.Span.Blob, spanOf(st.Span))
		for c := p.capture(st.Capture).Parent; c != 0; c = p.capture(c).Parent {
			if p.overlapsWithheld(c, record.Digest{}, protectedSpan{0, math.MaxInt64}) {
				break // known already, and so are its containers
			}
			p.protectBytes(c, p.capture(c).Blob, protectedSpan{0, math.MaxInt64})
		}
	}
}

func (p *preparation) protectBytes(capture uint64, blob record.Digest, s protectedSpan) {
	for _, at := range places(capture, blob) {
		p.protected[at] = append(p.protected[at], s)
	}
}

func places(capture uint64, blob record.Digest) []place {
	at := []place{{capture: capture}}
	if !blob.IsZero() {
		at = append(at, place{blob: blob})
	}
	return at
}

func spanOf(s record.Span) protectedSpan {
	if s.Length == 0 {
		return protectedSpan{0, math.MaxInt64}
	}
	return protectedSpan{s.Offset, s.Offset + s.Length}
}

func (p *preparation) overlapsWithheld(capture uint64, blob record.Digest, s protectedSpan) bool {
	return slices.ContainsFunc(places(capture, blob), func(at place) bool {
		return slices.ContainsFunc(p.protected[at], func(w protectedSpan) bool { return s.from < w.to && w.from < s.to })
	})
}

// statement takes over an item that may be shown.
func (p *preparation) statement(it Item) (Shown, error) {
	private := it.Source.Private || it.Source.Type == record.Group || it.Source.Type == record.PrivateIM
	s := Shown{ID: it.ID, SourceName: it.Source.Name, SourceKey: it.Source.Key, SourceType: it.Source.Type, Platform: it.Source.Platform}
	if private {
		s.SourceName, s.SourceKey = privateName(it.Source.Type), ""
	}
	if p.audience == ForHouse {
		s.Work = it.Work
	}
	for i, v := range it.Versions {
		st := &v.Statement
		if p.bare {
			v.Entry = Entry{Index: st.Leaf}
		} else if err := p.consistent(st, v.Entry); err != nil {
			return s, fmt.Errorf("release %s, log entry %d: %w", it.ID, v.Entry.Index, err)
		}
		sv := ShownVersion{Number: st.Version, Entry: v.Entry.Index, Capture: st.Capture, CapturedAt: st.CapturedAt,
			Kind: st.Kind, ExternalID: st.ExternalID, Posted: st.Posted, Edited: st.Edited,
			Title: st.Title, Text: st.Text, Lang: st.Lang, ReplyTo: st.ReplyTo, Sender: party(st.Sender),
			Flags: slices.Clone(st.Flags), Missing: st.MissingFrom != 0, Current: st.Until == 0}
		if st.Kind == record.Article {
			sv.Byline = st.Byline
		}
		if !private {
			sv.URL = st.URL
		}
		if st.Forward != nil {
			sv.Forwarded = party(st.Forward.From)
		}
		if p.bare {
			sv.Withheld = "the original was not asked for"
			sv.Media = shownMedia(st, p.audience)
			s.Versions = append(s.Versions, sv)
			continue
		}
		e := ShownEntry{Index: v.Entry.Index, Leaf: slices.Clone(v.Entry.Leaf), Proof: slices.Clone(v.Entry.Proof)}
		sv.Withheld = p.original(st, v.Entry, private)
		if sv.Withheld == "" {
			e.Salt, e.Open, e.Size = slices.Clone(v.Entry.Salt), v.Entry.Open, v.Entry.Size
			if st.Span.Length == 0 {
				e.Salt = nil
			}
		} else {
			p.report.Withheld = append(p.report.Withheld, Withheld{it.ID, "the original bytes of version " + strconv.Itoa(st.Version), sv.Withheld})
		}
		sv.Media = shownMedia(st, p.audience)
		for _, md := range st.Media {
			if sv.Withheld == "" && !md.Blob.IsZero() {
				p.blobs[md.Blob] = true
			}
		}
		p.entries[e.Index] = e
		p.sources[st.Source] = it.Source
		if i == 0 {
			p.targets[st.First] = true
		}
		p.targets[e.Index] = true
		if st.Span.Length == 0 {
			p.whole[st.Capture] = true
		}
		s.Versions = append(s.Versions, sv)
	}
	slices.SortFunc(s.Versions, func(a, b ShownVersion) int { return cmp.Compare(a.Entry, b.Entry) })
	p.translations(it, &s)
	return s, nil
}

func shownMedia(st *record.Statement, audience Audience) []ShownMedia {
	var all []ShownMedia
	for _, md := range st.Media {
		sm := ShownMedia{Kind: md.Kind, Type: md.Type, Omitted: md.Omitted, Blob: md.Blob, Size: md.Size, Alt: md.Alt}
		if audience == ForPartner {
			sm.Name = md.Name
		}
		all = append(all, sm)
	}
	return all
}

// consistent reports what is wrong with the entry of a statement, or that its
// capture entry is not there: without it a whole file proves nothing.
func (p *preparation) consistent(st *record.Statement, e Entry) error {
	leaf, err := record.ParseLeaf(e.Leaf)
	if err != nil {
		return err
	}
	if leaf.Kind != record.LeafStatement || e.Index != st.Leaf || leaf.Capture != st.Capture || leaf.Source != st.Source || leaf.Length != st.Span.Length {
		return fmt.Errorf("%w: the entry is not that of the statement", record.ErrInvalid)
	}
	if (leaf.Length > 0) == leaf.Commit.IsZero() {
		return fmt.Errorf("%w: an entry commits to a span, and to nothing where there is none", record.ErrInvalid)
	}
	if blob := p.capture(leaf.Capture).Blob; blob.IsZero() || blob != st.Span.Blob {
		return fmt.Errorf("%w: the capture entry of the statement's file, %d, was not gathered", record.ErrInvalid, leaf.Capture)
	}
	return nil
}

// original says why the bytes of a statement stay behind, or "". The words go
// to the audience too: they speak of the statement that is shown, never of one
// that is not.
func (p *preparation) original(st *record.Statement, e Entry, private bool) string {
	person := st.Sender.Person || st.Forward != nil && st.Forward.From.Person
	switch {
	case e.Open == nil || st.Span.Length > 0 && len(e.Salt) == 0: // the file of a capture needs no salt
		return key("the original was not asked for")
	case p.overlapsWithheld(st.Capture, st.Span.Blob, spanOf(st.Span)):
		return sharedBytes
	case p.originals:
		return ""
	case e.Shared:
		return sharedBytes
	case person:
		return key("the original bytes show the name of a private person")
	case p.audience == ForPublic && private:
		return key("the original bytes are from a private conversation")
	}
	if private {
		p.named++
	}
	return ""
}

const sharedBytes = "the original file holds other statements too"

// party names a channel, and a private person by pseudonym only.
func party(x record.Party) string {
	switch {
	case !x.Person:
		return cmp.Or(x.Name, x.ID)
	case x.Pseudonym != "":
		return x.Pseudonym
	}
	return "a private person"
}

func privateName(t record.SourceType) string {
	switch t {
	case record.Group:
		return "a private group"
	case record.PrivateIM:
		return "a private conversation"
	}
	return "a private source"
}
