package record

// FactKind is what a fact about a source is of.
type FactKind string

const (
	FactTitle       FactKind = "title"
	FactDescription FactKind = "description"
	FactSubscribers FactKind = "subscribers" // as printed: "48 100", "48.1K"
	FactUsername    FactKind = "username"    // without "@"
)

// Fact is what one piece of evidence says about a source at one time: an
// observation like any other, and derived, so that a rebuild makes it again.
// Evidence of other times may say something else; neither takes the other's
// place.
type Fact struct {
	Leaf  uint64 // of the capture that says so, or of the statement version
	Key   string // of the source, as the evidence names it
	Kind  FactKind
	Value string
	At    int64 // when it was so, seconds since 1970: their clock, or else ours
}
