package redact

import (
	"io"
	"iter"
	"slices"
	"time"

	"dalil/internal/record"
)

// Release is what one audience may see, and nothing else. Only Prepare makes
// one; exports refuse the zero Release. What its methods
// return are copies: nobody can add to a Release.
type Release struct {
	audience   Audience
	name       string
	zone       *time.Location
	origin     string
	checkpoint []byte
	key        string
	known      time.Time
	shown      []Shown
	entries    []ShownEntry
}

// Shown is one statement as the audience may see it.
type Shown struct {
	ID         string
	SourceName string            // "a private group" and the like for private sources
	SourceKey  string            // "" for private sources
	SourceType record.SourceType // never withheld
	Platform   string
	Versions   []ShownVersion // oldest first

	Translations []ShownTranslation // oldest first
	Work         Work               // zero but for the house
}

// Standing is the version that stands now, or else the newest.
func (s Shown) Standing() ShownVersion {
	if i := slices.IndexFunc(s.Versions, func(v ShownVersion) bool { return v.Current }); i >= 0 {
		return s.Versions[i]
	}
	return s.Versions[len(s.Versions)-1]
}

// ShownVersion is one version of a statement as the audience may see it.
type ShownVersion struct {
	Number     int // 1 for the first version
	Entry      uint64
	Capture    uint64 // log index of the capture entry
	CapturedAt int64  // our clock, milliseconds since 1970
	Kind       record.StatementKind
	ExternalID string
	Posted     record.When
	Edited     record.When
	Title      string
	Byline     string // of an article only
	Text       string // derived from the original by dalil
	Lang       string // BCP 47
	Sender     string // a pseudonym for a private person; "" when not stated
	Forwarded  string // from whom the platform says it was copied; a pseudonym for a private person
	URL        string
	ReplyTo    string
	Media      []ShownMedia
	Flags      []record.Flag
	Missing    bool // it was seen missing from a later export
	Current    bool // the version that stands now

	Withheld string // why the original bytes are not here; "" when they are
}

// ShownMedia is a file that belongs to a statement.
type ShownMedia struct {
	Kind    string
	Type    string // media type
	Name    string // the sender's file name; for partners only
	Omitted string // why the source's export left it out
	Blob    record.Digest
	Size    int64 // bytes
	Alt     string
}

// ShownEntry is one log entry as the audience may see it. Salt, Body and Open
// are nil where they are withheld. A statement that is a whole file has Open
// without Salt; the entry of its capture, which binds it, is in the release too.
type ShownEntry struct {
	Index uint64
	Leaf  []byte
	Proof []record.Digest
	Salt  []byte
	Body  []byte
	Open  func() (io.ReadCloser, error) // span of a statement, file of a capture
	Size  int64                         // bytes of Open
	Type  string                        // media type of the file the bytes are from
}

// IsZero reports whether r is no release at all: Prepare did not make it.
func (r Release) IsZero() bool { return r.audience == 0 }

// IsBare reports whether r holds words only, and nothing that proves them.
func (r Release) IsBare() bool { return len(r.entries) == 0 }

func (r Release) Audience() Audience { return r.audience }
func (r Release) Case() string       { return r.name }
func (r Release) Origin() string     { return r.origin }
func (r Release) Key() string        { return r.key }

// Zone is the case's time zone, never nil.
func (r Release) Zone() *time.Location {
	if r.zone == nil {
		return time.UTC
	}
	return r.zone
}

// Known is when the case was known as the release shows it; zero is now.
func (r Release) Known() time.Time { return r.known }

// Checkpoint returns the signed checkpoint all proofs lead to.
func (r Release) Checkpoint() []byte { return slices.Clone(r.checkpoint) }

// Len is the number of statements.
func (r Release) Len() int { return len(r.shown) }

// Statements yields the statements in the order of their first log entry; those
// of a bare release in the order they were gathered in.
func (r Release) Statements() iter.Seq[Shown] {
	return func(yield func(Shown) bool) {
		for _, s := range r.shown {
			s.Versions = slices.Clone(s.Versions)
			s.Translations = slices.Clone(s.Translations)
			for i := range s.Versions {
				s.Versions[i].Media = slices.Clone(s.Versions[i].Media)
				s.Versions[i].Flags = slices.Clone(s.Versions[i].Flags)
			}
			if !yield(s) {
				return
			}
		}
	}
}

// Entries yields the log entries in the order of the log.
func (r Release) Entries() iter.Seq[ShownEntry] {
	return func(yield func(ShownEntry) bool) {
		for _, e := range r.entries {
			e.Leaf, e.Proof = slices.Clone(e.Leaf), slices.Clone(e.Proof)
			e.Salt, e.Body = slices.Clone(e.Salt), slices.Clone(e.Body)
			if !yield(e) {
				return
			}
		}
	}
}
