// Package catalog declares where the records of a case are found again. A
// catalog is an index: everything in it can be made anew from the archive and
// the log, and is by `dalil rebuild`. Implementations are folders that pass
// catalogtest.
package catalog

import (
	"context"
	"io"

	"dalil/internal/query"
	"dalil/internal/record"
)

// Catalog finds records. Reading methods may be called from several
// goroutines, also while another goroutine or process applies batches; each
// sees whole batches only.
type Catalog interface {
	// Apply takes in the records of the log entries [Size, b.To), as one
	// transaction. ErrConflict when b.From is not Size. It keeps nothing of b
	// but strings.
	Apply(ctx context.Context, b *Batch) error
	// Flush returns when everything applied can be searched and is on stable
	// storage as far as an index needs to be.
	Flush(ctx context.Context) error
	// Size is the log size up to which the catalog is complete.
	Size(ctx context.Context) (uint64, error)

	// Known looks up statements of a source by external id: the newest version
	// of each that is here. Ids that are not here are absent from the result.
	Known(ctx context.Context, source uint64, ids []string) (map[string]Known, error)
	// Unseen calls f for the current statements of a source whose numeric
	// external id lies in [first, last], in ascending order of id.
	Unseen(ctx context.Context, source uint64, first, last int64, f func(id int64, k Known) error) error

	Source(ctx context.Context, leaf uint64) (record.Source, error)
	SourceByKey(ctx context.Context, key string) (record.Source, error)
	Sources(ctx context.Context) ([]SourceStat, error)

	Capture(ctx context.Context, leaf uint64) (record.Capture, error)
	CapturesOf(ctx context.Context, blob record.Digest) ([]record.Capture, error) // oldest first
	// CaptureAt finds the newest capture of a path within a run.
	CaptureAt(ctx context.Context, run uint64, path string) (record.Capture, error)

	// Statement returns the current version of the statement whose first
	// version is the leaf; Version the version that is the leaf itself.
	Statement(ctx context.Context, first uint64) (record.Statement, error)
	Version(ctx context.Context, leaf uint64) (record.Statement, error)
	// Current is Statement for many, in the order asked for. Those that are not
	// there are left out.
	Current(ctx context.Context, firsts []uint64) ([]record.Statement, error)
	// Versions returns all of them in the order they were published: by edit
	// time, then as they came to us. The last is the current one.
	Versions(ctx context.Context, first uint64) ([]record.Statement, error)
	// Search finds statements, newest first unless q says otherwise.
	Search(ctx context.Context, q query.Query, page Page) (Result, error)
	// CountPosted counts the hits of q that were posted between neighbouring
	// edges: seconds since 1970, ascending, 2 to 500 of them. The work is bounded:
	// where very many match, a count is an estimate. now is as Page.Now.
	CountPosted(ctx context.Context, q query.Query, now int64, edges []int64) ([]Count, error)

	Gaps(ctx context.Context, source uint64) ([]record.Gap, error)    // of one source and of all; 0: every gap
	Outages(ctx context.Context) ([]record.Gap, error)                // the gaps that are times, not message ids: few
	NewestHoles(ctx context.Context, limit int) ([]record.Gap, error) // the gaps that are message ids, newest first
	Decisions(ctx context.Context, target uint64) ([]record.Decision, error)
	AllDecisions(ctx context.Context) ([]record.Decision, error)
	// NewestDecisions are without their payloads, which can name many thousands.
	NewestDecisions(ctx context.Context, page DecisionPage) ([]record.Decision, error)
	DecisionCounts(ctx context.Context) (DecisionCounts, error)
	Runs(ctx context.Context) ([]Run, error) // newest first
	Entry(ctx context.Context, leaf uint64) (EntryInfo, error)
	// Others returns the entries that are kept for the log's page only, oldest
	// first: case, config, key, analysis.
	Others(ctx context.Context) ([]EntryInfo, error)
	Stats(ctx context.Context) (Stats, error)
	// Newest returns the index of the newest entry about a record: what a
	// decision states it has seen.
	Newest(ctx context.Context, target uint64) (uint64, error)

	Families
	Triage
	Translations

	// At returns the catalog as it was when the log had a size: what reading methods
	// would have answered then, with what protects somebody as it is now.
	// doc/decisions/0015 says what that is. The size is at most Size, otherwise
	// ErrInvalid; Apply and Digest are ErrConflict. The caller closes it, and before
	// this catalog.
	At(ctx context.Context, size uint64) (Catalog, error)

	// SourceFacts returns what evidence says of sources by these keys, by time and
	// then in log order.
	SourceFacts(ctx context.Context, keys []string) ([]record.Fact, error)

	// Digest is a SHA-256 over all rows in a fixed order: two catalogs of the
	// same log and program version have the same digest.
	Digest(ctx context.Context) (record.Digest, error)

	io.Closer
}

// Batch is what a run of log entries means, in log order. The pipeline builds
// it both on import and on rebuild.
type Batch struct {
	From, To uint64 // log indexes, To exclusive

	Sources    []record.Source
	Runs       []Run
	Ends       []Run // finished runs: Leaf is the run's leaf, with End and Receipt set
	Captures   []record.Capture
	Statements []record.Statement // versions, ascending Leaf; First and Version are set
	Missing    []Observation
	Seen       []Observation
	Gaps       []record.Gap
	Decisions  []record.Decision
	Tombstones []Tombstone
	// Translations are the texts behind decisions to translate, whose Payload
	// leaves them out, and behind captures of what a program translated.
	Translations []record.Translation
	Others       []EntryInfo // case, config, key, analysis: for the log's page only
	Analyses     []Analysed  // what the analysis entries among Others proposed
	Facts        []record.Fact
}

// Observation is that a statement was missing from, or seen again in, an export.
type Observation struct{ Leaf, Target, Run uint64 }

// Tombstone is that a statement version's, or another record's, bytes, body
// or salt were destroyed. The catalog forgets everything it derived from them.
type Tombstone struct{ Leaf, Target uint64 }

// Known is what an import has to know of a statement that is here already.
type Known struct {
	Leaf, First uint64
	Version     int
	TextDigest  record.Digest
	Edited      int64 // seconds, record.NoSeconds when never
	Missing     bool  // was seen missing, not seen since
	Withdrawn   bool
	Erased      bool
}

// Run is an import or other piece of work.
type Run struct {
	Leaf    uint64
	At      int64 // ms
	By      string
	Verb    string
	Detail  string // JSON: paths, options, tool
	End     uint64 // leaf of its end; 0 while it has none
	EndAt   int64
	Receipt string // JSON
}

// EntryInfo is a log entry in one line.
type EntryInfo struct {
	Leaf   uint64
	Kind   record.LeafKind
	At     int64
	By     string
	Target uint64
}

// SourceStat is a source and what is here of it.
type SourceStat struct {
	record.Source
	Statements  int64
	First, Last int64 // posted, seconds; NoSeconds when none has a time
	Gaps        int64
	Missing     int64
}

// Stats counts what is in the catalog.
type Stats struct {
	LogSize                                                             uint64
	Statements, Versions, Sources, Captures, Gaps, Decisions, Withdrawn int64
	FirstPosted, LastPosted                                             int64
	Languages                                                           map[string]int64
	CaptureBytes                                                        int64
}

// Count is a number of hits.
type Count struct {
	N     int64
	Exact bool // otherwise it is an estimate, from parts of the time
}

// Page asks for a part of a result.
type Page struct {
	Limit  int    // 0 means 50; -1 every hit
	After  string // the Next of the page before; "" for the first
	Before string // instead: the Prev of the page behind
	Total  bool   // count all hits too (bounded: see Result.Total)
	From   uint64 // only versions that entered the log at this index or later
	Now    int64  // seconds: what was put off until a time before this is new again; 0: nothing is
}

// DecisionPage asks for decisions, newest first.
type DecisionPage struct {
	Before     uint64 // only those before this log entry; 0: all
	Limit      int
	By, Action string // only those; "" is any
}

// DecisionCounts says how many decisions each person made, and of which action.
type DecisionCounts struct{ By, Action map[string]int64 }

// Result is one page of hits.
type Result struct {
	Hits  []Hit
	Next  string // "" on the last page
	Prev  string // "" on the first page, and on one without hits
	Total int64  // -1 when not asked for; exact up to 10,000, then the least it is
	Exact bool
	// ZeroBecause is, when nothing was found, the words of the query that no
	// statement has at all, as typed. It may be empty: then each word occurs,
	// but not together, or not under these filters.
	ZeroBecause []string
}

// Hit is a statement that matched, and why. Its Until says that an earlier
// version matched and the current one does not.
type Hit struct {
	record.Statement
	Why     []Match
	Snippet string   // the part of Text around the first match
	Marks   [][2]int // byte ranges of Snippet that matched
	Score   float64  // relevance, higher is better; 0 when sorted by time
}

// Match is why a hit matched: which word of the query met which word of the
// text, and by which rule.
type Match struct {
	Term string `json:"term"` // of the query
	Met  string `json:"met"`  // of the text, as written
	// "word", "phrase", "spelling" (folded), "article" (with ال …), "name"
	// (another script), "near", "start" (word*), "fuzzy" (word~1)
	How string `json:"how"`
}
