// Package catalogtest holds what every catalog must do, whatever it is kept in.
// An implementation's test is one call:
//
//	catalogtest.Run(t, func(t testing.TB, place string) catalog.Catalog { … })
package catalogtest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// Open opens the catalog kept at a place for writing. Places are paths of
// folders that exist and belong to one test; an implementation that is not kept
// in files takes one as a name. A place that was opened, filled and closed
// before has what was put there.
type Open func(t testing.TB, place string) catalog.Catalog

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"empty", empty},
		{"apply refuses what does not follow", applyFollows},
		{"sources", sources},
		{"captures", captures},
		{"statements come back whole", whole},
		{"versions", versions},
		{"versions out of order", olderVersions},
		{"known", known},
		{"unseen", unseen},
		{"observations", observations},
		{"gaps", gaps},
		{"decisions", decisions},
		{"undo of an undo", undoOfUndo},
		{"runs", runs},
		{"entries", entries},
		{"newest", newest},
		{"stats", stats},
		{"facts", facts},
		{"tombstones", tombstones},
		{"digest", digest},
		{"reopening", reopening},
		{"searches", searches},
		{"why and where", whyAndWhere},
		{"nothing found", nothingFound},
		{"under a veil", veiled},
		{"labels with spaces", labelsWithSpaces},
		{"without a time", withoutATime},
		{"earlier versions are found", earlierVersions},
		{"withdrawn and erased are not found", withdrawnAndErased},
		{"pages", pages},
		{"pages while rows are added", pagesWhileAdding},
		{"many are counted", manyCounted},
		{"counts by time", counted},
		{"relevance", relevance},
		{"readers beside a writer", readersBesideWriter},
		{"translations", translations},
		{"translations taken back", translationsTakenBack},
		{"translations erased", translationsErased},
		{"translations found", translationsFound},
		{"no families", noFamilies},
		{"the newest analysis", newestAnalysis},
		{"texts", textsRead},
		{"erased targets", erasedTargets},
		{"links and vetoes", linksAndVetoes},
		{"many at once", manyAtOnce},
		{"members", membersSet},
		{"statements in families", statementsInFamilies},
		{"every family", everyFamily},
		{"forward headers", forwardHeaders},
		{"hours", hoursPosted},
		{"holes", holesBetween},
		{"runs of families", runsOfFamilies},
		{"texts in pictures", textsInPictures},
		{"erased from families", erasedFromFamilies},
		{"one version erased", oneVersionErased},
		{"digest of families", digestOfFamilies},
		{"units", units},
		{"units by a model", triageModel},
		{"many edits in one", manyEdits},
		{"what is new only", newOnly},
		{"reopening with families", reopeningFamilies},
		{"as known then", asKnownThen},
		{"protection does not travel back", protectionStays},
		{"looking back at nothing", lookingBackAtNothing},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

// log builds the log of an invented case, entry by entry.
type log struct {
	entries []func(*catalog.Batch)
}

func (l *log) add(f func(*catalog.Batch)) uint64 {
	l.entries = append(l.entries, f)
	return uint64(len(l.entries) - 1)
}

func (l *log) next() uint64 { return uint64(len(l.entries)) }

// other adds an entry that only the log's page shows.
func (l *log) other(kind record.LeafKind) uint64 {
	e := catalog.EntryInfo{Leaf: l.next(), Kind: kind, At: clock(l.next()), By: "mira"}
	return l.add(func(b *catalog.Batch) { b.Others = append(b.Others, e) })
}

// clock is our clock at an entry, in milliseconds.
func clock(leaf uint64) int64 { return 1_650_000_000_000 + int64(leaf)*1000 }

func (l *log) run() uint64 {
	r := catalog.Run{Leaf: l.next(), At: clock(l.next()), By: "mira", Verb: "import", Detail: `{"paths":["export"]}`}
	return l.add(func(b *catalog.Batch) { b.Runs = append(b.Runs, r) })
}

func (l *log) end(run uint64) uint64 {
	r := catalog.Run{Leaf: run, End: l.next(), EndAt: clock(l.next()), Receipt: `{"new":3}`}
	return l.add(func(b *catalog.Batch) { b.Ends = append(b.Ends, r) })
}

func (l *log) source(key, name, platform string) uint64 {
	s := record.Source{Leaf: l.next(), Key: key, Name: name, Type: record.Channel, Platform: platform, Sequential: true}
	return l.add(func(b *catalog.Batch) { b.Sources = append(b.Sources, s) })
}

func (l *log) capture(run uint64, path string) uint64 {
	c := record.Capture{Leaf: l.next(), Run: run, At: clock(l.next()), Theirs: record.NoSeconds, Blob: record.DigestOf([]byte(path)),
		Size: 1000, Type: "application/json", Format: "telegram-json/1", Path: path, Tool: "folder"}
	return l.add(func(b *catalog.Batch) { b.Captures = append(b.Captures, c) })
}

// say adds the first version of a statement.
func (l *log) say(source, capture uint64, id, text string, posted int64, change ...func(*record.Statement)) uint64 {
	st := record.Statement{Leaf: l.next(), First: l.next(), Version: 1, Source: source, Capture: capture}
	st.Kind, st.ExternalID, st.Text, st.Lang = record.Post, id, text, "en"
	st.Posted = record.AtUnix(posted)
	st.Span = record.Span{Offset: int64(st.Leaf) * 100, Length: 99, SHA256: record.DigestOf([]byte("span" + text))}
	st.TextDigest = record.DigestOf([]byte(text))
	for _, f := range change {
		f(&st)
	}
	return l.statement(st)
}

func (l *log) statement(st record.Statement) uint64 {
	return l.add(func(b *catalog.Batch) { b.Statements = append(b.Statements, st) })
}

// edit adds a further version.
func (l *log) edit(first uint64, version int, source, capture uint64, id, text string, posted int64) uint64 {
	return l.say(source, capture, id, text, posted, func(st *record.Statement) {
		st.First, st.Version, st.Edited = first, version, record.AtUnix(posted+60)
	})
}

func (l *log) missing(target, run uint64) uint64 {
	o := catalog.Observation{Leaf: l.next(), Target: target, Run: run}
	return l.add(func(b *catalog.Batch) { b.Missing = append(b.Missing, o) })
}

func (l *log) seen(target, run uint64) uint64 {
	o := catalog.Observation{Leaf: l.next(), Target: target, Run: run}
	return l.add(func(b *catalog.Batch) { b.Seen = append(b.Seen, o) })
}

func (l *log) gap(g record.Gap) uint64 {
	g.Leaf = l.next()
	return l.add(func(b *catalog.Batch) { b.Gaps = append(b.Gaps, g) })
}

func (l *log) decide(action string, target uint64, reason string) uint64 {
	d := record.Decision{Leaf: l.next(), At: clock(l.next()), By: "mira", Action: action, Target: target, Reason: reason, Payload: `{"n":1}`}
	return l.add(func(b *catalog.Batch) { b.Decisions = append(b.Decisions, d) })
}

func (l *log) bury(target uint64) uint64 {
	t := catalog.Tombstone{Leaf: l.next(), Target: target}
	return l.add(func(b *catalog.Batch) { b.Tombstones = append(b.Tombstones, t) })
}

// apply applies the entries the catalog does not have yet, so many at a time
// (0: all at once), and flushes.
func (l *log) apply(t testing.TB, c catalog.Catalog, each uint64) {
	t.Helper()
	ctx := context.Background()
	from, err := c.Size(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for from < l.next() {
		b := &catalog.Batch{From: from, To: l.next()}
		if each > 0 {
			b.To = min(from+each, b.To)
		}
		for _, f := range l.entries[b.From:b.To] {
			f(b)
		}
		if err := c.Apply(ctx, b); err != nil {
			t.Fatalf("Apply [%d, %d): %v", b.From, b.To, err)
		}
		from = b.To
	}
	if err := c.Flush(ctx); err != nil {
		t.Fatalf("Flush: %v", err)
	}
}

// start returns a log with its case, a run, a source and a capture.
func start() (l *log, run, source, capture uint64) {
	l = &log{}
	l.other(record.LeafCase)
	run = l.run()
	source = l.source("telegram:101", "Valley News", "telegram")
	capture = l.capture(run, "valley/result.json")
	return l, run, source, capture
}

// fresh opens an empty catalog that is closed with the test.
func fresh(t *testing.T, open Open) catalog.Catalog {
	t.Helper()
	c := open(t, t.TempDir())
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

// must returns a value or ends the test.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func isErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// search parses and runs a query.
func search(t testing.TB, c catalog.Catalog, text string, page catalog.Page) catalog.Result {
	t.Helper()
	q, err := query.Parse(text, query.ParseOptions{Now: time.UnixMilli(clock(1000))})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Search(context.Background(), q, page)
	if err != nil {
		t.Fatalf("Search(%q): %v", text, err)
	}
	return r
}

// ids are the external ids of hits, in order.
func ids(r catalog.Result) []string {
	all := []string{}
	for _, h := range r.Hits {
		all = append(all, h.ExternalID)
	}
	return all
}
