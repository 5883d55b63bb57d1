package record

// Verdict is what stands about a unit of the inbox: a family, or a statement
// in none.
type Verdict string

const (
	New       Verdict = "new"       // nobody decided anything, or it was reopened
	Kept      Verdict = "kept"      // it matters
	Duplicate Verdict = "duplicate" // another unit says the same
	Dismissed Verdict = "dismissed" // not relevant; it stays searchable
	Later     Verdict = "later"     // put off, until a time or for good
)

// Triage is the payload of a decision about units of the inbox. It names the
// statements of each unit as they were: a copy that joins a family later is not
// decided about.
type Triage struct {
	// Units are the units, each the leaf it is named by and then its other
	// statements: leaves of first versions.
	Units [][]uint64 `json:"units"`
	// Query is, for all that matched a query, the query as typed.
	Query  string   `json:"query,omitempty"`
	Of     uint64   `json:"of,omitempty"`     // duplicate: the unit that says the same
	Until  int64    `json:"until,omitempty"`  // later: seconds since 1970; 0 is no time
	Labels []string `json:"labels,omitempty"` // label, unlabel
	To     string   `json:"to,omitempty"`     // assign: a handle
	Names  []string `json:"names,omitempty"`  // shield: how the private person is named in the text
}

// MaxTriage bounds the statements that one decision about units may name.
const MaxTriage = 100_000
