package catalog

import (
	"context"

	"dalil/internal/record"
)

// Families is what the catalog knows of texts that travel. Reading methods
// return current rows; statements and families are named by leaves of first
// versions and of anchors.
type Families interface {
	// Analysis returns what the newest applied run of an analysis left. Its Name
	// is "" when there was none.
	Analysis(ctx context.Context, name string) (Analysed, error)

	// Texts calls f for the versions whose leaves are in [from, to) and that were
	// not erased, ascending.
	Texts(ctx context.Context, from, to uint64, f func(Text) error) error
	// TextsAt calls f for some versions, CurrentTexts for the current versions of
	// some statements; in no order, without those that are gone.
	TextsAt(ctx context.Context, leaves []uint64, f func(Text) error) error
	CurrentTexts(ctx context.Context, statements []uint64, f func(Text) error) error
	// Erased returns the targets of the tombstones in [from, to).
	Erased(ctx context.Context, from, to uint64) ([]uint64, error)

	Links(ctx context.Context, statements []uint64) ([]record.Link, error)     // with an end in statements
	Vetoes(ctx context.Context, statements []uint64) ([]record.Veto, error)    // with an end in statements
	Members(ctx context.Context, statements []uint64) ([]record.Member, error) // rows of the statements
	MembersOf(ctx context.Context, families []uint64) ([]record.Member, error) // rows of the families
	Family(ctx context.Context, anchor uint64) (record.Family, error)
	// Former returns the families that statements once in a family are in now, the
	// one with most of them first.
	Former(ctx context.Context, anchor uint64) ([]uint64, error)
	// Unlinked counts the statement versions from a log entry on: those that an
	// analysis which saw the log up to there does not know.
	Unlinked(ctx context.Context, from uint64) (int64, error)
	// EachFamily calls f for every family, the one with the newest first post
	// first, until f returns false.
	EachFamily(ctx context.Context, f func(record.Family) bool) error

	// Forwards returns what forward headers say, of statements; ForwardsFrom of
	// all statements that name one of some origins, newest leaf last.
	Forwards(ctx context.Context, statements []uint64) ([]Forwarded, error)
	ForwardsFrom(ctx context.Context, origins []string) ([]Forwarded, error)
	// Origins counts the origins that a source's posts name, most first.
	Origins(ctx context.Context, source uint64) ([]OriginCount, error)

	// Hours returns how much each source posted in each hour; of one source, or
	// of all for 0.
	Hours(ctx context.Context, source uint64) ([]record.Hour, error)
	// HolesWithin returns the holes in a source's message ids that lie between
	// two times, by the times of their neighbours.
	HolesWithin(ctx context.Context, source uint64, from, to int64) ([]Hole, error)
	// EachRun calls f for every current membership, with source and with the time
	// from which its wording is attested: when it was posted, or edited before we
	// captured it. It is what the order of sources is worked out from.
	EachRun(ctx context.Context, f func(FamilyRun) error) error

	// OrderChanged returns the newest log entry that can have changed what EachRun,
	// Hours or the gaps say: what is worked out from them holds until it is
	// another. 0 when there is none.
	OrderChanged(ctx context.Context) (uint64, error)

	// DerivedFrom returns the texts read in pictures whose captures are in
	// [from, to), once for each statement that shows the picture; DerivedOf those
	// that were read in the pictures of some statements.
	DerivedFrom(ctx context.Context, from, to uint64) ([]Derived, error)
	DerivedOf(ctx context.Context, statements []uint64) ([]Derived, error)
	// Unread returns the pictures of a statement's posts that no text was read in
	// so far, with a capture of each.
	Unread(ctx context.Context, statements []uint64) ([]record.Capture, error)
}

// Analysed is what one run of an analysis left.
type Analysed struct {
	Leaf     uint64 // its entry
	Name     string // without its version
	Saw      uint64 // log size
	State    []byte
	Families record.FamilyChange // empty when read
}

// Text is what an analysis reads of a statement version.
type Text struct {
	Leaf, First, Source uint64
	ExternalID          string
	Kind                record.StatementKind
	Posted              int64  // seconds; NoSeconds when not stated
	Text                string // title and text
	Origin, Original    string // what a forward header names: source key or pseudonym, external id
	Pictures            []record.Digest
}

// Forwarded is what a statement's forward header says.
type Forwarded struct {
	Statement, Source uint64
	Posted            int64 // of the statement
	Origin, Original  string
	OriginalAt        int64 // seconds; NoSeconds when the header does not say
}

// OriginCount is how often an origin was named.
type OriginCount struct {
	Origin string
	N      int64
}

// Hole is a hole in message ids with the times around it.
type Hole struct {
	record.Gap
	After, Before int64 // when the neighbours were posted, seconds; NoSeconds when there is none
}

// FamilyRun is one member as far as the order of sources goes.
type FamilyRun struct {
	Family, Statement, Source uint64
	Posted                    int64
	Relation                  record.Relation
	Withdrawn                 bool
}

// Derived is a text that software read in a picture.
type Derived struct {
	Statement uint64        // that shows the picture
	Capture   uint64        // of the text
	Blob      record.Digest // of the text
	Picture   record.Digest
	Tool      string
}

// FormatDerived is the format of a capture that is a text read in its parent.
const FormatDerived = "derived-text/1"
