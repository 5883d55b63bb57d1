// Package redact decides what an audience may see. It is the only maker of a
// Release, and a Release is the only thing an export is given: what is withheld
// cannot leak, because it is not there.
//
// Everything in a Release was put there by an allow-list, field by field. A new
// field of record.Statement is withheld until somebody adds it here.
package redact

import (
	"io"
	"time"

	"dalil/internal/record"
)

// Audience is for whom something leaves the house. The zero Audience is
// nobody: Prepare refuses it.
type Audience uint8

const (
	ForPublic  Audience = iota + 1 // anybody, for ever: assume the worst reader
	ForPartner                     // a court, an editor, a partner organisation: under an agreement
	ForHouse                       // who works on the case, in a file that can get lost: words and where the work stands, no proofs
)

func (a Audience) String() string {
	switch a {
	case ForPublic:
		return "public"
	case ForPartner:
		return "partner"
	case ForHouse:
		return "house"
	}
	return "nobody"
}

// Sensitivity says who may see a record at most. The zero value means that
// nobody has said, and is treated as Sealed.
type Sensitivity uint8

const (
	Unmarked   Sensitivity = iota
	Public                 // may be shown to anybody
	Internal               // may be shown to a partner
	Restricted             // stays in the case: in no file, not even for the house
	Sealed                 // stays with the persons it was sealed for
)

// State is where a record stands between "in use" and "gone".
type State uint8

const (
	Standing  State = iota
	Flagged         // a person asked for its removal or doubts it; no decision yet
	Withdrawn       // hidden and not citable, with a reason
	Erased          // destroyed; a tombstone stays
)

// Material is what the desk gathered for an export. It may hold anything;
// Prepare takes from it what the audience may see.
type Material struct {
	Case       string         // name of the case
	Zone       *time.Location // in which times are printed beside UTC; nil is UTC
	Origin     string         // of the log
	Checkpoint []byte         // newest signed checkpoint, a C2SP signed note
	Key        string         // verifier key of the log, one line

	Items []Item
	// Entries are log entries the items refer to: their captures, sources,
	// runs, gaps, decisions, tombstones, and every key entry. What no released
	// statement refers to is left out, so giving too many does no harm.
	Entries []Entry

	Originals Originals

	// Bare says that only words go out, as the rows of a table: no entry was
	// gathered, nothing is proven, no original is there. Then Versions need no
	// Entry, the order of Items is kept, and a release may hold no statement.
	Bare bool

	Known time.Time // it shows the case as it was known then; zero is now
}

// Originals lets a named person decide that the bytes of statements go out
// although they hold the names of private persons. Without a Reason it is
// refused.
type Originals struct {
	Include bool
	Reason  string
}

// Item is one statement in all the versions that were gathered, oldest first.
type Item struct {
	ID          string // speakable, like "S-7K3M9QX"
	Source      record.Source
	Sensitivity Sensitivity
	State       State // besides what the versions say of themselves
	Shielded    bool  // it names a private person, and somebody masked the name
	Versions    []Version

	Translations []Translation // oldest first
	Work         Work          // where the house's work on it stands: for the house only
}

// Work is where a house's work on a statement, or on the unit it opens, stands,
// as its columns in a sheet to fill in say it. It never leaves for anybody else.
type Work struct {
	State, Of, Until, Labels, Assigned string

	By         string // who decided; "" when nobody did
	At         int64  // when, milliseconds since 1970
	Posts      int    // statements of the unit
	Sources    int    // distinct, of them
	Second     int64  // seconds until another source had it; -1 when none has
	LastPosted record.When
	Stamp      string // what the row was when it was written
}

// Version is one version of a statement and its log entry.
type Version struct {
	Statement record.Statement
	Entry     Entry
}

// Entry is one log entry with everything that proves it.
type Entry struct {
	Index uint64
	Leaf  []byte          // the exact bytes in the log
	Proof []record.Digest // RFC 6962 inclusion proof in the checkpoint's tree, lowest first
	Salt  []byte          // 32 bytes; nil when not gathered or destroyed, and for a statement that is a whole file
	Body  []byte          // nil for statements and when there is none

	// Open opens what the entry stands for: the span's bytes of a statement,
	// the whole file of a capture. Nil when it was not asked for. It may be
	// called several times, and must give Size bytes each time.
	Open func() (io.ReadCloser, error)
	Size int64

	// Shared says that the bytes of Open also hold other statements, as a page
	// holds its readers' comments.
	Shared bool

	Sensitivity Sensitivity // of Body; Unmarked means as the kind of entry demands
}
