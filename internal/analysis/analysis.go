// Package analysis says what an analysis is: a value with a name, a version and
// a function that sees the case through a View and returns what it proposes.
// An analysis is deterministic: the same case and the same View give the same
// Output. It writes nothing to the case; the pipeline does.
package analysis

import (
	"cmp"
	"context"
	"io"
	"iter"
	"slices"
	"time"

	"dalil/internal/record"
)

// Kind is one analysis.
type Kind struct {
	Name    string // like "repost"
	Doc     string // one sentence
	Version int    // raised when the same input gives another output
	Needs   []string
	Makes   []string
	// Run looks at what is new since the state it left and returns what
	// changes. When ctx ends it stops with ctx's error and nothing is kept.
	Run func(ctx context.Context, v View) (Output, error)
}

// ID is name and version as a log entry records them: "repost/1".
func (k Kind) ID() string { return k.Name + "/" + itoa(k.Version) }

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// Post is what an analysis sees of one version of a statement.
type Post struct {
	Leaf       uint64 // of the version; of the derivative for text read in a picture
	First      uint64 // of the statement's first version
	Source     uint64
	SourceKey  string
	ExternalID string
	Kind       record.StatementKind
	Posted     int64  // seconds since 1970; record.NoSeconds when not stated
	Text       string // title and text as written
	Derived    bool   // Text was read by software in a picture: its numbers are unverified

	Origin     string // source key or pseudonym that a forward header names; "" without one
	OriginalID string // external id that it gives, or ""
	Pictures   []record.Digest
}

// View is the case as an analysis sees it: streams of records and a scratch
// store. Methods may be called from several goroutines.
type View interface {
	// Posts yields the statement versions, and texts read in pictures, whose
	// leaves are in [from, to), ascending. Erased ones are left out.
	Posts(ctx context.Context, from, to uint64) iter.Seq2[Post, error]
	// Again returns some of them once more, by leaf. Those that are gone are
	// absent.
	Again(ctx context.Context, leaves []uint64) (map[uint64]Post, error)
	// Current returns the current version of statements, by their first. Those
	// that are gone are absent.
	Current(ctx context.Context, statements []uint64) (map[uint64]Post, error)
	Size() uint64 // log entries that this run may see
	// Erased yields the leaves of statement versions that were erased by entries
	// in [from, to).
	Erased(ctx context.Context, from, to uint64) ([]uint64, error)

	Links(ctx context.Context, statements []uint64) ([]record.Link, error)     // those with an end in statements
	Members(ctx context.Context, statements []uint64) ([]record.Member, error) // current rows of the statements
	MembersOf(ctx context.Context, families []uint64) ([]record.Member, error) // current rows of the families
	Vetoes(ctx context.Context, statements []uint64) ([]record.Veto, error)    // those with an end in statements
	Rulings(ctx context.Context) ([]record.Ruling, error)                      // standing, in log order
	About(ctx context.Context, decision uint64) ([]uint64, error)              // statements that a decision, standing or not, is about

	// Blob opens evidence bytes; record.ErrWithheld for those that were erased.
	Blob(ctx context.Context, d record.Digest) (Blob, error)

	// Key is a secret of the case for hashes that stand for words: without it
	// they tell nothing.
	Key() []byte
	Zone() *time.Location // in which dates without a zone are read
	Scratch() Scratch
}

// Blob is an open evidence file.
type Blob interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Scratch is an analysis' own storage: a small state that is kept with the
// catalog, and immutable files named by their digest. It holds nothing that
// cannot be made again.
type Scratch interface {
	// State returns what the last run left; nil at first.
	State() []byte
	// Create begins a file. It gets its name when it is committed.
	Create() (ScratchFile, error)
	// Open opens a file that a run committed.
	Open(name string) (Blob, error)
}

// ScratchFile is a file being written.
type ScratchFile interface {
	io.Writer
	Commit() (name string, err error)
	Abort()
}

// Output is what a run proposes.
type Output struct {
	State    []byte   // handed back by Scratch.State the next time
	Files    []string // scratch files in use; the others may go
	Families record.FamilyChange
}

// FirstsInput is what the question "who breaks first" is answered from.
type FirstsInput struct {
	// Families in any order; each with the earliest posting time of each source
	// that had the text. Sources that are private are not in it.
	Families []Race
	// Hours says how much each source posted when: the null model. A Rhythm that
	// was made of them takes their place.
	Hours  []record.Hour
	Rhythm *Rhythm
	// Cover says for each source from when to when it was watched, seconds since
	// 1970, and when it could not be seen within that.
	Cover map[uint64]Cover
}

// Race is one family as far as the order of its sources goes.
type Race struct {
	Family uint64
	Runs   []Run // one for each source
}

// Run is when a source had the text first. Attested: proven by forward headers
// only.
type Run struct {
	Source   uint64
	At       int64 // seconds since 1970
	Attested bool
}

// Cover is when a source was watched.
type Cover struct {
	From, To int64 // seconds since 1970, To inclusive
	Holes    [][2]int64
}

// Joined is the same with its holes in order, those that meet joined to one, so
// that a time can be looked up.
func (c Cover) Joined() Cover {
	holes := slices.Clone(c.Holes)
	slices.SortFunc(holes, func(a, b [2]int64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	c.Holes = nil
	for _, h := range holes {
		if h[1] < h[0] {
			continue
		}
		if n := len(c.Holes); n > 0 && h[0] <= c.Holes[n-1][1]+1 {
			c.Holes[n-1][1] = max(c.Holes[n-1][1], h[1])
			continue
		}
		c.Holes = append(c.Holes, h)
	}
	return c
}

// Watched reports whether the source could be seen at a time, seconds since
// 1970. The holes must be joined.
func (c Cover) Watched(at int64) bool {
	if at < c.From || at > c.To {
		return false
	}
	i, begins := slices.BinarySearchFunc(c.Holes, at, func(h [2]int64, at int64) int { return cmp.Compare(h[0], at) })
	return !begins && (i == 0 || c.Holes[i-1][1] < at)
}
