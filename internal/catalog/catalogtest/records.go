package catalogtest

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

var ctx = context.Background()

func empty(t *testing.T, open Open) {
	c := fresh(t, open)
	equal(t, "Size", must[uint64](t)(c.Size(ctx)), uint64(0))
	for what, err := range map[string]error{
		"Source":    second(c.Source(ctx, 1)),
		"key":       second(c.SourceByKey(ctx, "telegram:101")),
		"Capture":   second(c.Capture(ctx, 1)),
		"CaptureAt": second(c.CaptureAt(ctx, 1, "a")),
		"Statement": second(c.Statement(ctx, 1)),
		"Version":   second(c.Version(ctx, 1)),
		"Versions":  second(c.Versions(ctx, 1)),
		"Entry":     second(c.Entry(ctx, 1)),
	} {
		isErr(t, what, err, record.ErrNotFound)
	}
	equal(t, "Known", must[map[string]catalog.Known](t)(c.Known(ctx, 1, []string{"1", "x"})), map[string]catalog.Known{})
	equal(t, "hits", ids(search(t, c, "", catalog.Page{Total: true})), []string{})
	st := must[catalog.Stats](t)(c.Stats(ctx))
	equal(t, "Stats", st, catalog.Stats{FirstPosted: record.NoSeconds, LastPosted: record.NoSeconds, Languages: map[string]int64{}})
	if err := c.Flush(ctx); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func applyFollows(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	l.apply(t, c, 0)
	isErr(t, "again", c.Apply(ctx, &catalog.Batch{From: 0, To: 4}), record.ErrConflict)
	isErr(t, "behind a hole", c.Apply(ctx, &catalog.Batch{From: 9, To: 10}), record.ErrConflict)
	isErr(t, "backwards", c.Apply(ctx, &catalog.Batch{From: 4, To: 2}), record.ErrConflict)
	// A batch that fails leaves nothing behind.
	st := record.Statement{Leaf: 5, First: 5, Version: 1, Source: source, Capture: 77}
	bad := &catalog.Batch{From: 4, To: 6, Sources: []record.Source{{Leaf: 4, Key: "web:example.org"}}, Statements: []record.Statement{st}}
	isErr(t, "unknown capture", c.Apply(ctx, bad), record.ErrInvalid)
	isErr(t, "source of the failed batch", second(c.SourceByKey(ctx, "web:example.org")), record.ErrNotFound)
	equal(t, "Size", must[uint64](t)(c.Size(ctx)), uint64(4))
	l.say(source, capture, "1", "The bridge is open.", 100)
	l.apply(t, c, 0)
	equal(t, "hits", ids(search(t, c, "bridge", catalog.Page{})), []string{"1"})
}

func sources(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, valley, capture := start()
	sahil := l.source("web:sahil.example", "أخبار الساحل", "web")
	l.say(valley, capture, "1", "one", 500)
	two := l.say(valley, capture, "2", "two", 300)
	l.say(valley, capture, "3", "three", 0, func(st *record.Statement) { st.Posted = record.When{} })
	l.missing(two, run)
	l.gap(record.Gap{Source: valley, First: "4", Last: "9", From: record.NoSeconds, To: record.NoSeconds, Why: "ids"})
	l.apply(t, c, 2)
	want := record.Source{Leaf: valley, Key: "telegram:101", Name: "Valley News", Type: record.Channel, Platform: "telegram", Sequential: true}
	equal(t, "Source", must[record.Source](t)(c.Source(ctx, valley)), want)
	equal(t, "SourceByKey", must[record.Source](t)(c.SourceByKey(ctx, "telegram:101")), want)
	isErr(t, "a statement is no source", second(c.Source(ctx, two)), record.ErrNotFound)
	all := must[[]catalog.SourceStat](t)(c.Sources(ctx))
	if len(all) != 2 {
		t.Fatalf("Sources: %d, want 2", len(all))
	}
	equal(t, "with statements", all[0], catalog.SourceStat{Source: want, Statements: 3, First: 300, Last: 500, Gaps: 1, Missing: 1})
	equal(t, "without", all[1], catalog.SourceStat{First: record.NoSeconds, Last: record.NoSeconds,
		Source: record.Source{Leaf: sahil, Key: "web:sahil.example", Name: "أخبار الساحل", Type: record.Channel, Platform: "web", Sequential: true}})
}

func captures(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, _, first := start()
	later := l.run()
	again := l.capture(later, "valley/result.json")
	full := record.Capture{Leaf: l.next(), Run: later, At: clock(l.next()), Theirs: -5, Blob: record.DigestOf([]byte("page")), Size: 12,
		Type: "text/html", Format: "html/1", Parent: again, Path: "pages/a b.html", URL: "https://sahil.example/a", Tool: "warc"}
	l.add(func(b *catalog.Batch) { b.Captures = append(b.Captures, full) })
	l.apply(t, c, 0)
	equal(t, "Capture", must[record.Capture](t)(c.Capture(ctx, full.Leaf)), full)
	of := must[[]record.Capture](t)(c.CapturesOf(ctx, record.DigestOf([]byte("valley/result.json"))))
	if len(of) != 2 || of[0].Leaf != first || of[1].Leaf != again {
		t.Errorf("CapturesOf: %+v, want those at %d and %d", of, first, again)
	}
	equal(t, "of an unknown blob", len(must[[]record.Capture](t)(c.CapturesOf(ctx, record.Digest{9}))), 0)
	equal(t, "CaptureAt", must[record.Capture](t)(c.CaptureAt(ctx, run, "valley/result.json")).Leaf, first)
	equal(t, "CaptureAt later", must[record.Capture](t)(c.CaptureAt(ctx, later, "pages/a b.html")), full)
	isErr(t, "CaptureAt of another run", second(c.CaptureAt(ctx, run, "pages/a b.html")), record.ErrNotFound)
}

// everything is a statement with every field of its reading set.
func everything(source, capture uint64) record.Statement {
	st := record.Statement{Version: 1, Source: source, Capture: capture}
	st.Reading = record.Reading{
		Kind: record.Article, ExternalID: "a/7?x=ü", Lang: "fa",
		Posted: record.When{Unix: -86400, Precision: record.ToDay, NoZone: true}, Edited: record.When{Unix: 0, Precision: record.ToMinute},
		Title: "پل باز شد", Byline: "Nima R.", Text: "می\u200cرود\n\n“bridge” \x00 end\U0001F309",
		Entities:  []record.Entity{{Kind: "link", Offset: 1, Length: 2, Target: "https://sahil.example"}},
		Sender:    record.Party{ID: "user1", Name: "N", Person: true, Pseudonym: "P-1"},
		Forward:   &record.Forward{From: record.Party{ID: "channel9", Name: "Nine"}, ID: "55", Posted: record.AtUnix(9)},
		ReplyTo:   "a/6",
		Media:     []record.Media{{Kind: "photo", Path: "p.jpg", Type: "image/jpeg", Size: 5, Width: 2, Height: 3, Blob: record.Digest{4}, Alt: "river"}, {Kind: "video", Omitted: "not exported"}},
		Reactions: []record.Reaction{{What: "👍", Count: 3}}, Views: 77, URL: "https://sahil.example/a/7", Parent: "a",
		Credits: []string{"photo: N"}, Refs: []string{"https://sahil.example/b"}, Flags: []record.Flag{record.FlagNoZone, record.FlagDerivedText},
		Span: record.Span{Blob: record.DigestOf([]byte("valley/result.json")), Offset: 7, Length: 9, SHA256: record.Digest{8}, Page: 3,
			Box: &record.Box{X0: 1, Y0: 2, X1: 3.5, Y1: 4}, From: 1.5, To: 2.5},
	}
	st.TextDigest = record.DigestOf([]byte(st.Text))
	return st
}

func whole(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	st := everything(source, capture)
	st.Leaf, st.First = l.next(), l.next()
	l.statement(st)
	plain := l.say(source, capture, "007", "plain", 5)
	foreign := l.say(source, capture, "8", "of another blob", 5, func(st *record.Statement) { st.Span.Blob = record.Digest{7} })
	l.apply(t, c, 0)
	st.SourceKey, st.SourceName, st.CapturedAt = "telegram:101", "Valley News", clock(capture)
	equal(t, "Version", must[record.Statement](t)(c.Version(ctx, st.Leaf)), st)
	equal(t, "Statement", must[record.Statement](t)(c.Statement(ctx, st.Leaf)), st)
	r := search(t, c, "bridge", catalog.Page{})
	if len(r.Hits) != 1 {
		t.Fatalf("%d hits, want 1", len(r.Hits))
	}
	equal(t, "Hit", r.Hits[0].Statement, st)
	got := must[record.Statement](t)(c.Version(ctx, plain))
	equal(t, "id with leading zeros", got.ExternalID, "007")
	equal(t, "blob of the capture", got.Span.Blob, record.DigestOf([]byte("valley/result.json")))
	equal(t, "blob of its own", must[record.Statement](t)(c.Version(ctx, foreign)).Span.Blob, record.Digest{7})
}

func versions(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, source, capture := start()
		a := l.say(source, capture, "1", "two hurt", 100)
		other := l.say(source, capture, "2", "other", 100)
		b := l.edit(a, 2, source, capture, "1", "three hurt", 100)
		d := l.edit(a, 3, source, capture, "1", "four hurt", 100)
		l.apply(t, c, each)
		all := must[[]record.Statement](t)(c.Versions(ctx, a))
		if len(all) != 3 {
			t.Fatalf("%d versions, want 3", len(all))
		}
		for i, want := range []struct {
			leaf, until uint64
			text        string
		}{{a, b, "two hurt"}, {b, d, "three hurt"}, {d, 0, "four hurt"}} {
			v := all[i]
			if v.Leaf != want.leaf || v.Until != want.until || v.Text != want.text || v.Version != i+1 || v.First != a {
				t.Errorf("version %d: leaf %d until %d text %q first %d, want %+v", v.Version, v.Leaf, v.Until, v.Text, v.First, want)
			}
			equal(t, "Version", must[record.Statement](t)(c.Version(ctx, v.Leaf)), v)
		}
		equal(t, "Statement", must[record.Statement](t)(c.Statement(ctx, a)), all[2])
		isErr(t, "Statement by a later version", second(c.Statement(ctx, b)), record.ErrNotFound)
		equal(t, "other", len(must[[]record.Statement](t)(c.Versions(ctx, other))), 1)
	}
}

// olderVersions takes an older wording in after a newer one, as when exports are
// imported out of order.
func olderVersions(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, source, capture := start()
		version := func(text string, first uint64, n int, edited int64, until uint64) uint64 {
			return l.say(source, capture, "1", text, 100, func(st *record.Statement) {
				if n > 1 {
					st.First, st.Version = first, n
				}
				st.Edited, st.Until = record.AtUnix(edited), until
			})
		}
		a := version("three hurt", 0, 1, 300, 0)
		b := version("two hurt", a, 2, 200, a)
		l.apply(t, c, each)
		r := search(t, c, "hurt", catalog.Page{Total: true})
		equal(t, "one hit, though the older came later", []any{len(r.Hits), r.Hits[0].Text, r.Total}, []any{1, "three hurt", int64(1)})
		r = search(t, c, "two", catalog.Page{Total: true})
		equal(t, "the older is found", []any{len(r.Hits), r.Hits[0].Leaf, r.Total}, []any{1, b, int64(1)})
		d := version("four hurt", a, 3, 400, 0)
		l.apply(t, c, each)
		var got []string
		for _, v := range must[[]record.Statement](t)(c.Versions(ctx, a)) {
			got = append(got, v.Text)
		}
		equal(t, "order", got, []string{"two hurt", "three hurt", "four hurt"})
		equal(t, "current", must[record.Statement](t)(c.Statement(ctx, a)).Leaf, d)
		equal(t, "replaced", must[record.Statement](t)(c.Version(ctx, b)).Until, a)
		k := must[map[string]catalog.Known](t)(c.Known(ctx, source, []string{"1"}))["1"]
		equal(t, "known", []any{k.Leaf, k.First, k.Version, k.Edited}, []any{d, a, 3, int64(400)})
		r = search(t, c, "hurt", catalog.Page{})
		equal(t, "one hit, the current one", []any{len(r.Hits), r.Hits[0].Text}, []any{1, "four hurt"})
	}
}

func known(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	elsewhere := l.source("telegram:102", "Hill News", "telegram")
	one := l.say(source, capture, "1", "one", 100)
	one2 := l.edit(one, 2, source, capture, "1", "one!", 100)
	two := l.say(source, capture, "2", "two", 100)
	three := l.say(source, capture, "3", "three", 100)
	four := l.say(source, capture, "4", "four", 100)
	odd := l.say(source, capture, "https://valley.example/?p=1", "odd", 100)
	l.say(elsewhere, capture, "9", "nine", 100)
	l.missing(two, run)
	l.decide("withdraw", three, "not ours")
	l.bury(four)
	l.apply(t, c, 3)
	got := must[map[string]catalog.Known](t)(c.Known(ctx, source, []string{"1", "2", "3", "4", "5", "9", "01", "", "https://valley.example/?p=1", "https://valley.example/?p=2", "99999999999999999999"}))
	want := map[string]catalog.Known{
		"1":                           {Leaf: one2, First: one, Version: 2, TextDigest: record.DigestOf([]byte("one!")), Edited: 160},
		"2":                           {Leaf: two, First: two, Version: 1, TextDigest: record.DigestOf([]byte("two")), Edited: record.NoSeconds, Missing: true},
		"3":                           {Leaf: three, First: three, Version: 1, TextDigest: record.DigestOf([]byte("three")), Edited: record.NoSeconds, Withdrawn: true},
		"4":                           {Leaf: four, First: four, Version: 1, Edited: record.NoSeconds, Erased: true},
		"https://valley.example/?p=1": {Leaf: odd, First: odd, Version: 1, TextDigest: record.DigestOf([]byte("odd")), Edited: record.NoSeconds},
	}
	equal(t, "Known", got, want)
	equal(t, "of the other source", len(must[map[string]catalog.Known](t)(c.Known(ctx, elsewhere, []string{"1", "2", "9"}))), 1)
	// Many at once.
	first := l.next()
	var many []string
	for i := range 1500 {
		id := strconv.Itoa(100 + i)
		l.say(source, capture, id, "post "+id, 200)
		many = append(many, id)
	}
	l.apply(t, c, 1000)
	all := must[map[string]catalog.Known](t)(c.Known(ctx, source, many))
	if len(all) != 1500 || all["100"].Leaf != first || all["1599"].Leaf != first+1499 {
		t.Errorf("Known of 1500 ids: %d, %+v, %+v", len(all), all["100"], all["1599"])
	}
}

func unseen(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	for _, id := range []string{"30", "4", "100", "x5", "7"} {
		l.say(source, capture, id, "text "+id, 100)
	}
	edited := l.say(source, capture, "20", "before", 100)
	l.edit(edited, 2, source, capture, "20", "after", 100)
	l.missing(edited, run)
	l.apply(t, c, 0)
	var got []int64
	err := c.Unseen(ctx, source, 5, 99, func(id int64, k catalog.Known) error {
		got = append(got, id)
		if (id == 20) != (k.Version == 2 && k.Missing) {
			t.Errorf("Unseen %d: %+v", id, k)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Unseen", got, []int64{7, 20, 30})
	stop := errors.New("stop")
	calls := 0
	isErr(t, "stopped", c.Unseen(ctx, source, 0, 999, func(int64, catalog.Known) error { calls++; return stop }), stop)
	equal(t, "calls", calls, 1)
}

func observations(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	a := l.say(source, capture, "1", "alpha", 100)
	b := l.say(source, capture, "2", "beta", 200)
	first := l.missing(a, run)
	l.missing(a, run)
	l.missing(b, run)
	l.seen(b, run)
	l.apply(t, c, 0)
	equal(t, "missing since", must[record.Statement](t)(c.Statement(ctx, a)).MissingFrom, first)
	equal(t, "seen again", must[record.Statement](t)(c.Statement(ctx, b)).MissingFrom, uint64(0))
	equal(t, "missing:yes", ids(search(t, c, "missing:yes", catalog.Page{})), []string{"1"})
	equal(t, "missing:no", ids(search(t, c, "missing:no", catalog.Page{})), []string{"2"})
	l.seen(a, run)
	again := l.missing(b, run)
	l.apply(t, c, 0)
	equal(t, "missing again", must[record.Statement](t)(c.Statement(ctx, b)).MissingFrom, again)
	equal(t, "missing:yes later", ids(search(t, c, "missing:yes", catalog.Page{})), []string{"2"})
}

func gaps(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, _ := start()
	other := l.source("telegram:102", "Hill News", "telegram")
	ofIDs := record.Gap{Source: source, First: "4", Last: "9", From: 10, To: record.NoSeconds, Why: "ids"}
	outage := record.Gap{From: -5, To: 20, Why: "outage", Note: "network down"}
	theirs := record.Gap{Source: other, First: "1", Last: "2", From: record.NoSeconds, To: record.NoSeconds, Why: "ids"}
	ofIDs.Leaf, outage.Leaf, theirs.Leaf = l.gap(ofIDs), l.gap(outage), l.gap(theirs)
	l.apply(t, c, 0)
	get := must[[]record.Gap](t)
	equal(t, "of one and all", get(c.Gaps(ctx, source)), []record.Gap{ofIDs, outage})
	equal(t, "every gap", get(c.Gaps(ctx, 0)), []record.Gap{ofIDs, outage, theirs})
	equal(t, "outages", get(c.Outages(ctx)), []record.Gap{outage})
	equal(t, "holes", get(c.NewestHoles(ctx, 3)), []record.Gap{theirs, ofIDs})
	equal(t, "newest hole", get(c.NewestHoles(ctx, 1)), []record.Gap{theirs})
	equal(t, "no holes", len(get(c.NewestHoles(ctx, 0))), 0)
	undo := l.decide("undo", outage.Leaf, "wrong day")
	l.apply(t, c, 0)
	equal(t, "undone", get(c.Gaps(ctx, 0)), []record.Gap{ofIDs, theirs})
	l.decide("undo", undo, "right after all")
	l.apply(t, c, 0)
	equal(t, "stands again", get(c.Gaps(ctx, 0)), []record.Gap{ofIDs, outage, theirs})
}

func decisions(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "alpha", 100)
	a2 := l.edit(a, 2, source, capture, "1", "alpha again", 100)
	l.say(source, capture, "2", "beta", 200)
	w := l.decide("withdraw", a, "no consent")
	l.apply(t, c, 0)
	withdrawn := func() bool { return must[record.Statement](t)(c.Statement(ctx, a)).Withdrawn }
	equal(t, "withdrawn", withdrawn(), true)
	want := record.Decision{Leaf: w, At: clock(w), By: "mira", Action: "withdraw", Target: a, Reason: "no consent", Payload: `{"n":1}`}
	get := must[[]record.Decision](t)
	equal(t, "Decisions", get(c.Decisions(ctx, a)), []record.Decision{want})
	equal(t, "of another record", len(get(c.Decisions(ctx, source))), 0)
	r := l.decide("restore", a, "consent came")
	l.apply(t, c, 0)
	equal(t, "restored", withdrawn(), false)
	w2 := l.decide("withdraw", a2, "named a version")
	l.apply(t, c, 0)
	equal(t, "withdrawn by a version", withdrawn(), true)
	l.decide("undo", w2, "slip")
	l.apply(t, c, 0)
	equal(t, "undone", withdrawn(), false)
	equal(t, "count", len(get(c.AllDecisions(ctx))), 4)
	equal(t, "order", get(c.AllDecisions(ctx))[1].Leaf, r)
	equal(t, "Undone", get(c.Decisions(ctx, a2))[0].Undone, r+2)
	newest := func(page catalog.DecisionPage) (leaves []uint64) {
		for _, d := range get(c.NewestDecisions(ctx, page)) {
			equal(t, "payload of a list", d.Payload, "")
			leaves = append(leaves, d.Leaf)
		}
		return leaves
	}
	equal(t, "newest", newest(catalog.DecisionPage{Limit: 2}), []uint64{r + 2, w2})
	equal(t, "before", newest(catalog.DecisionPage{Limit: 5, Before: w2}), []uint64{r, w})
	equal(t, "withdrawals", newest(catalog.DecisionPage{Limit: 5, Action: "withdraw", By: "mira"}), []uint64{w2, w})
	equal(t, "of somebody else", newest(catalog.DecisionPage{Limit: 5, By: "omar"}), []uint64(nil))
	counts := must[catalog.DecisionCounts](t)(c.DecisionCounts(ctx))
	equal(t, "counts", counts, catalog.DecisionCounts{By: map[string]int64{"mira": 4}, Action: map[string]int64{"withdraw": 2, "restore": 1, "undo": 1}})
	equal(t, "of one action", get(c.DecisionsBy(ctx, "withdraw")), []record.Decision{want, get(c.Decisions(ctx, a2))[0]})
	equal(t, "of no action", len(get(c.DecisionsBy(ctx, "grade"))), 0)
}

func undoOfUndo(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "alpha", 100)
	w := l.decide("withdraw", a, "1")
	u := l.decide("undo", w, "2")
	uu := l.decide("undo", u, "3")
	l.apply(t, c, 0)
	check := func(wantWithdrawn bool, wantW, wantU uint64) {
		t.Helper()
		equal(t, "withdrawn", must[record.Statement](t)(c.Statement(ctx, a)).Withdrawn, wantWithdrawn)
		equal(t, "first undone by", must[[]record.Decision](t)(c.Decisions(ctx, a))[0].Undone, wantW)
		equal(t, "undo undone by", must[[]record.Decision](t)(c.Decisions(ctx, w))[0].Undone, wantU)
	}
	check(true, 0, uu)
	l.decide("undo", uu, "4")
	l.apply(t, c, 0)
	check(false, u, 0)
}

func runs(t *testing.T, open Open) {
	c := fresh(t, open)
	l, first, _, _ := start()
	end := l.end(first)
	later := l.run()
	l.apply(t, c, 2)
	want := []catalog.Run{
		{Leaf: later, At: clock(later), By: "mira", Verb: "import", Detail: `{"paths":["export"]}`},
		{Leaf: first, At: clock(first), By: "mira", Verb: "import", Detail: `{"paths":["export"]}`, End: end, EndAt: clock(end), Receipt: `{"new":3}`},
	}
	equal(t, "Runs", must[[]catalog.Run](t)(c.Runs(ctx)), want)
}

func entries(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	a := l.say(source, capture, "1", "alpha", 100)
	missing := l.missing(a, run)
	seen := l.seen(a, run)
	gap := l.gap(record.Gap{Source: source, Why: "ids", From: record.NoSeconds, To: record.NoSeconds})
	end := l.end(run)
	decision := l.decide("withdraw", a, "x")
	grave := l.bury(a)
	key := l.other(record.LeafKey)
	l.apply(t, c, 0)
	var others []string
	for _, e := range must[[]catalog.EntryInfo](t)(c.Others(ctx)) {
		others = append(others, string(e.Kind)+" "+strconv.FormatUint(e.Leaf, 10)+" "+e.By)
	}
	equal(t, "Others", others, []string{"case 0 mira", "key " + strconv.FormatUint(key, 10) + " mira"})
	for _, want := range []struct {
		leaf   uint64
		kind   record.LeafKind
		target uint64
		by     string
	}{
		{0, record.LeafCase, 0, "mira"}, {run, record.LeafRun, 0, "mira"}, {source, record.LeafSource, 0, "mira"},
		{capture, record.LeafCapture, 0, "mira"}, {a, record.LeafStatement, a, "mira"}, {missing, record.LeafMissing, a, "mira"},
		{seen, record.LeafSeen, a, "mira"}, {gap, record.LeafGap, 0, "mira"}, {end, record.LeafEnd, run, "mira"},
		{decision, record.LeafDecision, a, "mira"}, {grave, record.LeafTombstone, a, ""}, {key, record.LeafKey, 0, "mira"},
	} {
		e := must[catalog.EntryInfo](t)(c.Entry(ctx, want.leaf))
		if e.Leaf != want.leaf || e.Kind != want.kind || e.Target != want.target || e.By != want.by {
			t.Errorf("Entry(%d) = %+v, want %+v", want.leaf, e, want)
		}
	}
	isErr(t, "beyond the end", second(c.Entry(ctx, l.next())), record.ErrNotFound)
}

func newest(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	a := l.say(source, capture, "1", "alpha", 100)
	b := l.say(source, capture, "2", "beta", 100)
	check := func(target, want uint64) {
		t.Helper()
		l.apply(t, c, 0)
		equal(t, "Newest", must[uint64](t)(c.Newest(ctx, target)), want)
	}
	check(a, a)
	check(a, l.edit(a, 2, source, capture, "1", "alpha 2", 100))
	check(a, l.missing(a, run))
	w := l.decide("withdraw", a, "x")
	check(a, w)
	check(a, l.decide("undo", w, "x"))
	check(a, l.bury(a+2))
	check(b, b)
	check(source, source)
}

func stats(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "alpha", 100)
	l.edit(a, 2, source, capture, "1", "alpha 2", 100)
	l.say(source, capture, "2", "تجربة", -50, func(st *record.Statement) { st.Lang = "ar" })
	b := l.say(source, capture, "3", "beta", 300)
	l.decide("withdraw", b, "x")
	l.gap(record.Gap{Source: source, Why: "ids"})
	again := l.run()
	l.capture(again, "valley/result.json") // the same bytes: counted once
	l.capture(again, "other.json")
	l.apply(t, c, 3)
	equal(t, "Stats", must[catalog.Stats](t)(c.Stats(ctx)), catalog.Stats{LogSize: l.next(), Statements: 3, Versions: 4, Sources: 1,
		Captures: 3, Gaps: 1, Decisions: 1, Withdrawn: 1, FirstPosted: -50, LastPosted: 300,
		Languages: map[string]int64{"en": 2, "ar": 1}, CaptureBytes: 2000})
}

func tombstones(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	st := everything(source, capture)
	st.Leaf, st.First = l.next(), l.next()
	a := l.statement(st)
	l.edit(a, 2, source, capture, st.ExternalID, "kept", -86400)
	decision := l.decide("note", a, "a reason with a name")
	gap := l.gap(record.Gap{Source: source, Why: "outage", From: 1, To: 2, Note: "a note with a name"})
	l.end(run)
	for _, target := range []uint64{a, capture, decision, gap, run} {
		l.bury(target)
	}
	l.apply(t, c, 0)
	got := must[record.Statement](t)(c.Version(ctx, a))
	want := record.Statement{Leaf: a, First: a, Version: 1, Source: source, SourceKey: "telegram:101", SourceName: "Valley News",
		Capture: capture, CapturedAt: clock(capture), Until: a + 1, Erased: true}
	want.ExternalID, want.Posted, want.Edited = st.ExternalID, record.AtUnix(-86400), record.AtUnix(0)
	want.Span = record.Span{Blob: st.Span.Blob, Offset: st.Span.Offset, Length: st.Span.Length}
	equal(t, "what the log still says", got, want)
	equal(t, "the other version", must[record.Statement](t)(c.Statement(ctx, a)).Text, "kept")
	cap := must[record.Capture](t)(c.Capture(ctx, capture))
	equal(t, "capture", []string{cap.Path, cap.URL, cap.Tool}, []string{"", "", ""})
	d := must[[]record.Decision](t)(c.AllDecisions(ctx))[0]
	equal(t, "decision", []string{d.Action, d.Reason, d.Payload}, []string{"note", "", ""})
	equal(t, "gap", must[[]record.Gap](t)(c.Gaps(ctx, 0))[0].Note, "")
	equal(t, "run", must[[]catalog.Run](t)(c.Runs(ctx))[0].Detail, "")
}
