package catalog

import (
	"context"

	"dalil/internal/query"
	"dalil/internal/record"
)

// Triage is what the catalog knows of the inbox: its units, and what people
// decided about them. A unit is a family or a statement in none, and is named
// by the leaf of the anchor or of the statement's first version.
type Triage interface {
	// Inbox finds units by their statements: a unit matches when one of its
	// statements does. It stands at its newest statement that matches, or at the
	// oldest one with sort:posted. Page.Now says which units put off are due.
	Inbox(ctx context.Context, q query.Query, page Page) (Units, error)
	// UnitsOf returns the units that statements or families are, in the order
	// asked for and each once. ErrNotFound for a leaf that is neither.
	UnitsOf(ctx context.Context, leaves []uint64, now int64) ([]Unit, error)
	// AllUnits calls f for the leaf of every unit that matches, in the order of
	// Inbox, until f returns false.
	AllUnits(ctx context.Context, q query.Query, now int64, f func(unit uint64) bool) error
	// Statements returns the statements of units, the unit's own leaf first.
	Statements(ctx context.Context, units []uint64) ([][]uint64, error)
	// Waiting counts the units in each state, each up to 10,000.
	Waiting(ctx context.Context, now int64) (map[record.Verdict]int64, error)

	// Labels lists the labels in use and how many units have each, most first.
	Labels(ctx context.Context) ([]LabelCount, error)
	// Shields returns what stands of private persons' names.
	Shields(ctx context.Context) ([]Shield, error)
	// Touched returns the decisions about any statement of the units that came
	// after a leaf, oldest first: undone ones and undos too.
	Touched(ctx context.Context, units []uint64, after uint64) ([]record.Decision, error)
	// Since says what came after the log had a size, at the cost of what came.
	Since(ctx context.Context, size uint64) (Changes, error)
	// Decision returns one decision.
	Decision(ctx context.Context, leaf uint64) (record.Decision, error)
	// DecisionsBy returns the decisions with one of the actions, oldest first.
	DecisionsBy(ctx context.Context, actions ...string) ([]record.Decision, error)
}

// Unit is a family, or a statement in none, with what stands about it.
type Unit struct {
	Leaf   uint64
	Family bool

	First    record.Statement // its earliest posted statement that may be shown
	Newest   record.Statement // its newest; First again when there is one only
	Posts    int              // statements that may be shown
	Sources  int              // distinct, of them
	Second   int64            // seconds from First to the first post of another source; -1 when there is none
	Captured int64            // when its newest statement came to us, ms

	Verdict  record.Verdict
	Due      bool   // it was put off until a time that has come; Verdict is new
	Until    int64  // of a unit put off: seconds, 0 when it is for good
	Of       uint64 // of a duplicate: the unit that says the same
	Mixed    bool   // its statements were decided about differently: see doc/decisions/0013
	Decision uint64 // that Verdict rests on; 0 when nothing stands
	By       string // who decided
	At       int64  // when, ms
	Since    int    // statements that joined after that decision
	Labels   []string
	Assignee string
	Shielded bool
	Touched  uint64 // the newest decision about any of its statements, or undo of one; 0 for none
}

// Units is one page of the inbox.
type Units struct {
	Hits  []UnitHit
	Next  string
	Total int64 // as Result's, of units
	Exact bool
	// ZeroBecause is as Result's.
	ZeroBecause []string
}

// UnitHit is a unit that matched, and by which statement.
type UnitHit struct {
	Unit
	Hit Hit // the statement the unit stands at
}

// LabelCount is a label and how many statements have it.
type LabelCount struct {
	Label string
	N     int64
}

// Shield is that a statement names a private person.
type Shield struct {
	Statement uint64
	Names     []string
	Decision  uint64
	By        string
}

// Changes is what came into a case after its log had a size. Counts go up to
// 10,000, lists to 200.
type Changes struct {
	From, To   uint64 // log sizes
	Statements int64  // that are new
	Edits      int64  // newer wordings
	Exact      bool   // both counts are whole
	Missing    int64  // statements seen missing
	Families   int64  // with statements that are new
	Grown      []Growth
	Decisions  []record.Decision // without payload, newest first
	Gaps       []record.Gap      // newest first
	Runs       []Run             // newest first
}

// Growth is a family that statements joined.
type Growth struct {
	Family uint64
	Joined int64
	New    bool // the whole family is new
}
