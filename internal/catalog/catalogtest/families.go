package catalogtest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// analyse adds what a run of an analysis over everything so far proposed.
func (l *log) analyse(name, state string, f record.FamilyChange) uint64 {
	x := catalog.Analysed{Leaf: l.next(), Name: name, Saw: l.next(), State: []byte(state), Families: f}
	leaf := l.other(record.LeafAnalysis)
	other := l.entries[leaf]
	l.entries[leaf] = func(b *catalog.Batch) {
		other(b)
		b.Analyses = append(b.Analyses, x)
	}
	return leaf
}

// derived adds a text that software read in the picture of a capture.
func (l *log) derived(run, parent uint64, format, text string) uint64 {
	c := record.Capture{Leaf: l.next(), Run: run, At: clock(l.next()), Theirs: record.NoSeconds, Blob: record.DigestOf([]byte(text)),
		Size: int64(len(text)), Type: "text/plain", Format: format, Parent: parent, Tool: "reader 1"}
	return l.add(func(b *catalog.Batch) { b.Captures = append(b.Captures, c) })
}

// undated takes a statement's time away; shows gives it pictures of captured
// files; forwarded a forward header.
func undated(st *record.Statement) { st.Posted = record.When{} }

func shows(paths ...string) func(*record.Statement) {
	return func(st *record.Statement) {
		for _, p := range paths {
			st.Media = append(st.Media, record.Media{Kind: "photo", Path: p, Blob: record.DigestOf([]byte(p))})
		}
	}
}

func forwarded(f record.Forward) func(*record.Statement) {
	return func(st *record.Statement) { st.Forward = &f }
}

var (
	nine   = record.Forward{From: record.Party{ID: "channel9", Name: "Nine"}, ID: "55", Posted: record.AtUnix(9)}
	person = record.Forward{From: record.Party{Name: "N. R.", Person: true, Pseudonym: "P-1"}}
)

// told is a member as most are: next to the family's first.
func told(statement, family uint64, how record.Relation) record.Member {
	m := record.Member{Statement: statement, Family: family, Relation: how, Ground: record.GroundNear, Via: family, Distance: 1,
		Similarity: 0.75, Within: 0.875, Holds: 0.5}
	if how == record.RelFirst {
		m = record.Member{Statement: statement, Family: family, Relation: how, Ground: record.GroundExact, Similarity: 1, Within: 1, Holds: 1}
	}
	return m
}

// family is one whose anchor is its first.
func family(anchor uint64, members, sources int, from, to int64) record.Family {
	return record.Family{Anchor: anchor, First: anchor, Members: members, Sources: sources, From: from, To: to}
}

// sorted puts a list into an order, where its own is not said.
func sorted[T any, K cmp.Ordered](all []T, keys ...func(T) K) []T {
	slices.SortStableFunc(all, func(a, b T) int {
		for _, key := range keys {
			if n := cmp.Compare(key(a), key(b)); n != 0 {
				return n
			}
		}
		return 0
	})
	return all
}

func links(t testing.TB, c catalog.Catalog, of ...uint64) []record.Link {
	t.Helper()
	return sorted(must[[]record.Link](t)(c.Links(ctx, of)), func(l record.Link) uint64 { return l.A }, func(l record.Link) uint64 { return l.B })
}

func vetoes(t testing.TB, c catalog.Catalog, of ...uint64) []record.Veto {
	t.Helper()
	return sorted(must[[]record.Veto](t)(c.Vetoes(ctx, of)), func(v record.Veto) uint64 { return v.A }, func(v record.Veto) uint64 { return v.B })
}

var memberKey = []func(record.Member) uint64{func(m record.Member) uint64 { return m.Statement }, func(m record.Member) uint64 { return m.Family }}

func members(t testing.TB, c catalog.Catalog, of ...uint64) []record.Member {
	t.Helper()
	return sorted(must[[]record.Member](t)(c.Members(ctx, of)), memberKey...)
}

func membersOf(t testing.TB, c catalog.Catalog, families ...uint64) []record.Member {
	t.Helper()
	return sorted(must[[]record.Member](t)(c.MembersOf(ctx, families)), memberKey...)
}

func allFamilies(t testing.TB, c catalog.Catalog) []record.Family {
	t.Helper()
	var all []record.Family
	if err := c.EachFamily(ctx, func(f record.Family) bool { all = append(all, f); return true }); err != nil {
		t.Fatal(err)
	}
	return all
}

func familyRuns(t testing.TB, c catalog.Catalog) []catalog.FamilyRun {
	t.Helper()
	var all []catalog.FamilyRun
	if err := c.EachRun(ctx, func(r catalog.FamilyRun) error { all = append(all, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// texts returns what a reading method calls f for.
func texts(t testing.TB, read func(func(catalog.Text) error) error) []catalog.Text {
	t.Helper()
	var all []catalog.Text
	if err := read(func(x catalog.Text) error { all = append(all, x); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func textsOf(t testing.TB, c catalog.Catalog, from, to uint64) []catalog.Text {
	t.Helper()
	return texts(t, func(f func(catalog.Text) error) error { return c.Texts(ctx, from, to, f) })
}

func byLeaf(all []catalog.Text) []catalog.Text {
	return sorted(all, func(x catalog.Text) uint64 { return x.Leaf })
}

func textsAt(t testing.TB, c catalog.Catalog, leaves ...uint64) []catalog.Text {
	t.Helper()
	return byLeaf(texts(t, func(f func(catalog.Text) error) error { return c.TextsAt(ctx, leaves, f) }))
}

func currentTexts(t testing.TB, c catalog.Catalog, statements ...uint64) []catalog.Text {
	t.Helper()
	return byLeaf(texts(t, func(f func(catalog.Text) error) error { return c.CurrentTexts(ctx, statements, f) }))
}

func forwards(t testing.TB, c catalog.Catalog, of ...uint64) []catalog.Forwarded {
	t.Helper()
	return sorted(must[[]catalog.Forwarded](t)(c.Forwards(ctx, of)), func(f catalog.Forwarded) uint64 { return f.Statement })
}

func forwardsFrom(t testing.TB, c catalog.Catalog, origins ...string) []catalog.Forwarded {
	t.Helper()
	return must[[]catalog.Forwarded](t)(c.ForwardsFrom(ctx, origins))
}

func hoursOf(t testing.TB, c catalog.Catalog, source uint64) []record.Hour {
	t.Helper()
	return sorted(must[[]record.Hour](t)(c.Hours(ctx, source)), func(h record.Hour) int64 { return int64(h.Source) }, func(h record.Hour) int64 { return h.Hour })
}

func byCapture(all []catalog.Derived) []catalog.Derived {
	return sorted(all, func(d catalog.Derived) uint64 { return d.Capture }, func(d catalog.Derived) uint64 { return d.Statement })
}

func derivedFrom(t testing.TB, c catalog.Catalog, from, to uint64) []catalog.Derived {
	t.Helper()
	return byCapture(must[[]catalog.Derived](t)(c.DerivedFrom(ctx, from, to)))
}

func derivedOf(t testing.TB, c catalog.Catalog, statements ...uint64) []catalog.Derived {
	t.Helper()
	return byCapture(must[[]catalog.Derived](t)(c.DerivedOf(ctx, statements)))
}

// unread are the paths of unread pictures, whichever capture of each is given.
func unread(t testing.TB, c catalog.Catalog, statements ...uint64) []string {
	t.Helper()
	var all []string
	for _, x := range must[[]record.Capture](t)(c.Unread(ctx, statements)) {
		equal(t, "Unread as captured", x, must[record.Capture](t)(c.Capture(ctx, x.Leaf)))
		all = append(all, x.Path)
	}
	slices.Sort(all)
	return all
}

func none[T any](t testing.TB, what string, got []T) {
	t.Helper()
	if len(got) > 0 {
		t.Errorf("%s: got %+v, want none", what, got)
	}
}

func noFamilies(t *testing.T, open Open) {
	c := fresh(t, open)
	equal(t, "Analysis", must[catalog.Analysed](t)(c.Analysis(ctx, "repost")).Name, "")
	none(t, "Texts", textsOf(t, c, 0, 9))
	none(t, "TextsAt", textsAt(t, c, 1))
	none(t, "CurrentTexts", currentTexts(t, c, 1))
	none(t, "Erased", must[[]uint64](t)(c.Erased(ctx, 0, 9)))
	none(t, "Links", links(t, c, 1))
	none(t, "Vetoes", vetoes(t, c, 1))
	none(t, "Members", members(t, c, 1))
	none(t, "MembersOf", membersOf(t, c, 1))
	isErr(t, "Family", second(c.Family(ctx, 1)), record.ErrNotFound)
	none(t, "EachFamily", allFamilies(t, c))
	none(t, "Forwards", forwards(t, c, 1))
	none(t, "ForwardsFrom", forwardsFrom(t, c, "telegram:9"))
	none(t, "Origins", must[[]catalog.OriginCount](t)(c.Origins(ctx, 1)))
	none(t, "Hours", hoursOf(t, c, 0))
	none(t, "HolesWithin", must[[]catalog.Hole](t)(c.HolesWithin(ctx, 1, 0, 9)))
	none(t, "EachRun", familyRuns(t, c))
	none(t, "DerivedFrom", derivedFrom(t, c, 0, 9))
	none(t, "DerivedOf", derivedOf(t, c, 1))
	none(t, "Unread", unread(t, c, 1))
	// Of nothing, where there is something.
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "one", 100, forwarded(nine), shows("p.jpg"))
	l.analyse("repost", "", record.FamilyChange{Links: []record.Link{{A: a, B: a + 1}}, Members: []record.Member{told(a, a, record.RelFirst)}})
	l.apply(t, c, 0)
	none(t, "TextsAt of none", textsAt(t, c))
	none(t, "CurrentTexts of none", currentTexts(t, c))
	none(t, "Links of none", links(t, c))
	none(t, "Members of none", members(t, c))
	none(t, "MembersOf none", membersOf(t, c))
	none(t, "Forwards of none", forwards(t, c))
	none(t, "ForwardsFrom none", forwardsFrom(t, c))
	none(t, "DerivedOf none", derivedOf(t, c))
}

func newestAnalysis(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, _, _ := start()
		l.apply(t, c, each)
		equal(t, "none", must[catalog.Analysed](t)(c.Analysis(ctx, "repost")), catalog.Analysed{})
		check := func(name string, leaf uint64, state string) {
			t.Helper()
			x := must[catalog.Analysed](t)(c.Analysis(ctx, name))
			equal(t, "Analysis "+name, []any{x.Leaf, x.Name, x.Saw, string(x.State)}, []any{leaf, name, leaf, state})
			equal(t, "Families", x.Families, record.FamilyChange{})
		}
		l.analyse("repost", "before", record.FamilyChange{Links: []record.Link{{A: 1, B: 2}}})
		theirs := l.analyse("other", "\x00\xff", record.FamilyChange{})
		l.other(record.LeafConfig)
		newer := l.analyse("repost", "after", record.FamilyChange{})
		l.apply(t, c, each)
		check("repost", newer, "after")
		check("other", theirs, "\x00\xff")
		empty := l.analyse("repost", "", record.FamilyChange{})
		l.apply(t, c, each)
		check("repost", empty, "")
		equal(t, "beyond it", must[catalog.Analysed](t)(c.Analysis(ctx, "")), catalog.Analysed{})
	}
}

func textsRead(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, valley, capture := start()
		hill := l.source("telegram:102", "Hill News", "telegram")
		a := l.say(valley, capture, "1", "two hurt", 100)
		b := l.say(hill, capture, "2", "The bridge is closed.", -200, forwarded(nine), func(st *record.Statement) {
			st.Title = "Closed"
			st.Media = []record.Media{
				{Kind: "photo", Path: "p.jpg", Blob: record.Digest{1}},
				{Kind: "photo", Omitted: "not exported"},
				{Kind: "video", Type: "video/mp4", Path: "v.mp4", Blob: record.Digest{2}},
				{Kind: "image", Path: "i", Blob: record.Digest{3}},
				{Kind: "file", Type: "image/png", Path: "f.png", Blob: record.Digest{4}},
				{Kind: "file", Type: "application/pdf", Path: "f.pdf", Blob: record.Digest{5}},
			}
		})
		odd := l.say(valley, capture, "x/007", "", 0, undated, forwarded(person), func(st *record.Statement) { st.Kind = record.Article })
		nobody := l.say(valley, capture, "007", `"title": "none"`, 0, forwarded(record.Forward{ID: "8"}))
		gone := l.say(valley, capture, "4", "a secret", 100, shows("s.jpg"))
		a2 := l.edit(a, 2, valley, capture, "1", "three hurt", 100)
		older := l.say(valley, capture, "1", "one hurt", 100, func(st *record.Statement) { st.First, st.Version, st.Until = a, 3, a })
		l.bury(gone)
		l.apply(t, c, each)
		text := func(leaf, first, source uint64, id string, posted int64, text string) catalog.Text {
			return catalog.Text{Leaf: leaf, First: first, Source: source, ExternalID: id, Kind: record.Post, Posted: posted, Text: text}
		}
		wantB := text(b, b, hill, "2", -200, "Closed\nThe bridge is closed.")
		wantB.Origin, wantB.Original, wantB.Pictures = "telegram:9", "55", []record.Digest{{1}, {3}, {4}}
		wantOdd := text(odd, odd, valley, "x/007", record.NoSeconds, "")
		wantOdd.Kind, wantOdd.Origin = record.Article, "P-1"
		wantNobody := text(nobody, nobody, valley, "007", 0, `"title": "none"`)
		wantNobody.Original = "8"
		want := []catalog.Text{text(a, a, valley, "1", 100, "two hurt"), wantB, wantOdd, wantNobody,
			text(a2, a, valley, "1", 100, "three hurt"), text(older, a, valley, "1", 100, "one hurt")}
		equal(t, "Texts", textsOf(t, c, 0, l.next()), want)
		equal(t, "from and to", textsOf(t, c, b, a2), want[1:4])
		equal(t, "to and with the last", textsOf(t, c, a2, older+1), want[4:])
		none(t, "between", textsOf(t, c, gone, gone+1))
		none(t, "from a leaf to itself", textsOf(t, c, a, a))
		none(t, "backwards", textsOf(t, c, b, a))
		equal(t, "beyond the end", textsOf(t, c, older, l.next()+50), want[5:])
		equal(t, "TextsAt", textsAt(t, c, older, gone, a, l.next(), capture), []catalog.Text{want[0], want[5]})
		equal(t, "CurrentTexts", currentTexts(t, c, nobody, gone, a, l.next()), []catalog.Text{want[3], want[4]})
		l.bury(a2)
		l.apply(t, c, each)
		none(t, "CurrentTexts of what is gone", currentTexts(t, c, a))
		equal(t, "what stays of it", textsAt(t, c, a, a2, older), []catalog.Text{want[0], want[5]})

		stop := errors.New("stop")
		for what, read := range map[string]func(func(catalog.Text) error) error{
			"Texts":        func(f func(catalog.Text) error) error { return c.Texts(ctx, 0, l.next(), f) },
			"TextsAt":      func(f func(catalog.Text) error) error { return c.TextsAt(ctx, []uint64{a, b}, f) },
			"CurrentTexts": func(f func(catalog.Text) error) error { return c.CurrentTexts(ctx, []uint64{b, odd}, f) },
		} {
			calls := 0
			isErr(t, what+" stopped", read(func(catalog.Text) error { calls++; return stop }), stop)
			equal(t, what+" calls", calls, 1)
		}
	}
}

func erasedTargets(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, source, capture := start()
		a := l.say(source, capture, "1", "one", 100)
		b := l.say(source, capture, "2", "two", 100)
		b2 := l.edit(b, 2, source, capture, "2", "two!", 100)
		ofB2 := l.bury(b2)
		ofA := l.bury(a)
		l.apply(t, c, each)
		check := func(what string, from, to uint64, want ...uint64) {
			t.Helper()
			got := must[[]uint64](t)(c.Erased(ctx, from, to))
			slices.Sort(got)
			equal(t, what, append([]uint64{}, got...), append([]uint64{}, want...))
		}
		check("all", 0, l.next(), a, b2)
		check("before", 0, ofB2)
		check("the first", 0, ofA, b2)
		check("the second", ofA, l.next(), a)
		check("after", ofA+1, l.next())
	}
}

func linksAndVetoes(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, source, capture := start()
		var s [5]uint64
		for i := range s {
			s[i] = l.say(source, capture, strconv.Itoa(i+1), "The ferry stopped.", 100)
		}
		ab := record.Link{A: s[0], B: s[1], Ground: record.GroundNear, Similarity: 0.5, AInB: 0.625, BInA: 0.75}
		ad := record.Link{A: s[0], B: s[3], Ground: record.GroundPicture, Similarity: 0.9375}
		bc := record.Link{A: s[1], B: s[2], Ground: record.GroundExact, Similarity: 1, AInB: 1, BInA: 1}
		vab := record.Veto{A: s[0], B: s[1], Slot: "count", Left: "two hurt", Right: "three hurt", Similarity: 0.875}
		vad := record.Veto{A: s[0], B: s[3], Slot: "time", Left: "20:41", Right: "21:10", Similarity: 0.5}
		vbc := record.Veto{A: s[1], B: s[2], Slot: "date", Left: "١٧ نوفمبر", Right: "18 November", Similarity: 0.75}
		l.analyse("repost", "", record.FamilyChange{Links: []record.Link{ab, ad, bc}, Vetoes: []record.Veto{vab, vad, vbc}})
		l.apply(t, c, each)
		equal(t, "Links of a", links(t, c, s[0]), []record.Link{ab, ad})
		equal(t, "from either end", links(t, c, s[1]), []record.Link{ab, bc})
		equal(t, "from the other end", links(t, c, s[2], s[3]), []record.Link{ad, bc})
		equal(t, "from both ends once", links(t, c, s[0], s[1], s[3]), []record.Link{ab, ad, bc})
		none(t, "of one without", links(t, c, s[4]))
		equal(t, "Vetoes of a", vetoes(t, c, s[0]), []record.Veto{vab, vad})
		equal(t, "vetoes from either end", vetoes(t, c, s[1]), []record.Veto{vab, vbc})
		equal(t, "vetoes from the other end", vetoes(t, c, s[2], s[3]), []record.Veto{vad, vbc})
		equal(t, "vetoes from both ends once", vetoes(t, c, s[0], s[1], s[3]), []record.Veto{vab, vad, vbc})
		none(t, "vetoes of one without", vetoes(t, c, s[4]))

		ab.Ground, ab.Similarity, ab.AInB, ab.BInA = record.GroundPerson, 0.25, 0.125, 0.375
		vab.Slot, vab.Left, vab.Right, vab.Similarity = "date", "Monday", "Tuesday", 0.625
		ae := record.Link{A: s[0], B: s[4], Ground: record.GroundForward}
		l.analyse("repost", "", record.FamilyChange{Links: []record.Link{ab, ae}, Unlink: [][2]uint64{{s[1], s[2]}, {s[3], s[0]}},
			Vetoes: []record.Veto{vab}, Unveto: [][2]uint64{{s[0], s[3]}, {s[1], s[0]}}})
		l.apply(t, c, each)
		equal(t, "replaced and removed", links(t, c, s[:]...), []record.Link{ab, ad, ae})
		equal(t, "vetoes replaced and removed", vetoes(t, c, s[:]...), []record.Veto{vab, vbc})
		l.analyse("repost", "", record.FamilyChange{Links: []record.Link{bc}})
		l.apply(t, c, each)
		equal(t, "made again", links(t, c, s[2]), []record.Link{bc})
	}
}

// manyAtOnce asks about more statements than any catalog will ask of its tables
// in one go, in a log that is longer than what it reads in one go.
func manyAtOnce(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	const n = 4100
	var all []uint64
	say := func(i int) {
		all = append(all, l.say(source, capture, strconv.Itoa(i+1), "post "+strconv.Itoa(i), 200, forwarded(nine), shows("p"+strconv.Itoa(i/2))))
	}
	for i := range n - 1 {
		say(i)
	}
	for l.next() < 33_000 {
		l.other(record.LeafConfig)
	}
	say(n - 1)
	var f record.FamilyChange
	for i, a := range all {
		link := func(j int) {
			f.Links = append(f.Links, record.Link{A: a, B: all[j], Ground: record.GroundNear, Similarity: 0.5})
			f.Vetoes = append(f.Vetoes, record.Veto{A: a, B: all[j], Slot: "count", Similarity: 0.5})
		}
		if i+1 < n {
			link(i + 1)
		}
		if far := n - 1 - i; far > i+1 { // from one end of the list to the other
			link(far)
		}
		f.Members = append(f.Members, told(a, all[i-i%2], [...]record.Relation{record.RelFirst, record.RelVerbatim}[i%2]))
	}
	l.analyse("repost", "", f)
	l.apply(t, c, 0)
	equal(t, "Links", links(t, c, all...), f.Links)
	equal(t, "Vetoes", vetoes(t, c, all...), f.Vetoes)
	equal(t, "Members", members(t, c, all...), f.Members)
	equal(t, "MembersOf", membersOf(t, c, all...), f.Members)
	leaves := func(all []catalog.Text) (leaves []uint64) {
		for _, x := range all {
			leaves = append(leaves, x.Leaf)
		}
		return leaves
	}
	equal(t, "Texts", leaves(textsOf(t, c, 0, l.next())), all)
	equal(t, "TextsAt", leaves(textsAt(t, c, all...)), all)
	equal(t, "CurrentTexts", leaves(currentTexts(t, c, all...)), all)
	equal(t, "Forwards", len(forwards(t, c, all...)), n)
	// Each picture is shown by two statements, which are far apart in the list.
	apart := append([]uint64{}, all...)
	slices.SortStableFunc(apart, func(a, b uint64) int { return int(a%2) - int(b%2) })
	run := l.run()
	for i := range n / 2 {
		l.capture(run, "p"+strconv.Itoa(i))
	}
	l.apply(t, c, 0)
	equal(t, "Unread, each once", len(unread(t, c, apart...)), n/2)
}

func membersSet(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, source, capture := start()
		var s [6]uint64
		for i := range s {
			s[i] = l.say(source, capture, strconv.Itoa(i+1), "The ferry stopped.", 100+int64(i))
		}
		a, b, d, e, x := s[0], s[1], s[2], s[3], s[4]
		first := []record.Member{told(a, a, record.RelFirst), told(b, a, record.RelVerbatim), told(d, a, record.RelEdited), told(d, x, record.RelQuotedIn), told(x, x, record.RelFirst)}
		fa, fx := family(a, 3, 2, 100, 102), family(x, 2, 1, 102, 104)
		l.analyse("repost", "", record.FamilyChange{Members: first, Families: []record.Family{fa, fx}})
		l.apply(t, c, each)
		equal(t, "Members", members(t, c, s[:]...), first)
		equal(t, "quoted_in beside another", members(t, c, d), first[2:4])
		none(t, "of one without", members(t, c, e))
		equal(t, "MembersOf", membersOf(t, c, a), first[:3])
		equal(t, "MembersOf two", membersOf(t, c, a, x), first)
		none(t, "MembersOf no anchor", membersOf(t, c, b))
		equal(t, "Family", must[record.Family](t)(c.Family(ctx, a)), fa)
		isErr(t, "Family of no anchor", second(c.Family(ctx, b)), record.ErrNotFound)

		// b changes, d goes from one and stays in the other, e comes, and all of
		// the rest is said again as it is.
		changed := told(b, a, record.RelTruncated)
		changed.Ground, changed.Via, changed.Distance, changed.Similarity, changed.Within, changed.Holds = record.GroundContains, d, 2, 0.25, 1, 0.125
		fa.First, fa.Members, fa.Sources, fa.From, fa.To = b, 3, 1, record.NoSeconds, record.NoSeconds
		l.analyse("repost", "", record.FamilyChange{Members: []record.Member{first[0], changed, told(e, a, record.RelForward)},
			NotMembers: [][2]uint64{{d, a}}, Families: []record.Family{fa}})
		l.apply(t, c, each)
		now := []record.Member{first[0], changed, first[3], told(e, a, record.RelForward), first[4]}
		equal(t, "changed", members(t, c, s[:]...), now)
		equal(t, "MembersOf changed", membersOf(t, c, a), []record.Member{now[0], now[1], now[3]})
		equal(t, "Family changed", must[record.Family](t)(c.Family(ctx, a)), fa)
		equal(t, "the other family", must[record.Family](t)(c.Family(ctx, x)), fx)

		l.analyse("repost", "", record.FamilyChange{NotMembers: [][2]uint64{{a, a}, {b, a}, {e, a}}, NotFamilies: []uint64{a}})
		l.apply(t, c, each)
		equal(t, "ended", members(t, c, s[:]...), []record.Member{first[3], first[4]})
		none(t, "MembersOf ended", membersOf(t, c, a))
		isErr(t, "Family ended", second(c.Family(ctx, a)), record.ErrNotFound)

		// The same again, and from one family to another in one go.
		l.analyse("repost", "", record.FamilyChange{Members: first[:3], Families: []record.Family{fa}})
		l.analyse("repost", "", record.FamilyChange{Members: []record.Member{told(b, x, record.RelWrapped)}, NotMembers: [][2]uint64{{b, a}}})
		l.apply(t, c, each)
		equal(t, "begun again", members(t, c, s[:]...), []record.Member{first[0], told(b, x, record.RelWrapped), first[2], first[3], first[4]})
	}
}

func statementsInFamilies(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, source, capture := start()
		a := l.say(source, capture, "1", "ferry alpha", 100)
		b := l.say(source, capture, "2", "ferry beta", 200)
		b2 := l.edit(b, 2, source, capture, "2", "ferry gamma", 200)
		q := l.say(source, capture, "3", "ferry delta", 300)
		alone := l.say(source, capture, "4", "ferry epsilon", 400)
		l.analyse("repost", "", record.FamilyChange{Members: []record.Member{told(a, a, record.RelFirst),
			told(b, a, record.RelEdited), told(b, alone, record.RelQuotedIn), told(b, q, record.RelQuotedIn),
			told(q, a, record.RelQuotedIn), told(q, alone, record.RelQuotedIn)}})
		l.apply(t, c, each)
		check := func(first, family uint64, relation record.Relation, leaves ...uint64) {
			t.Helper()
			want := []any{family, relation}
			var got []uint64
			for _, v := range must[[]record.Statement](t)(c.Versions(ctx, first)) {
				got = append(got, v.Leaf)
				equal(t, "Versions", []any{v.Family, v.Relation}, want)
				v = must[record.Statement](t)(c.Version(ctx, v.Leaf))
				equal(t, "Version", []any{v.Family, v.Relation}, want)
			}
			equal(t, "Versions, each once", got, leaves)
			st := must[record.Statement](t)(c.Statement(ctx, first))
			equal(t, "Statement", []any{st.Leaf, st.Family, st.Relation}, []any{leaves[len(leaves)-1], family, relation})
			r := search(t, c, "ferry", catalog.Page{})
			equal(t, "hits", ids(r), []string{"4", "3", "2", "1"})
			for _, h := range r.Hits {
				if h.First == first {
					equal(t, "Search", []any{h.Family, h.Relation}, want)
				}
			}
		}
		check(a, a, record.RelFirst, a)
		check(b, a, record.RelEdited, b, b2)
		check(q, 0, "", q)
		check(alone, 0, "", alone)
		l.analyse("repost", "", record.FamilyChange{Members: []record.Member{told(b, q, record.RelVerbatim), told(q, q, record.RelFirst)}, NotMembers: [][2]uint64{{a, a}, {b, a}}})
		l.apply(t, c, each)
		check(a, 0, "", a)
		check(b, q, record.RelVerbatim, b, b2)
		check(q, q, record.RelFirst, q)
	}
}

func everyFamily(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, _, _ := start()
	never := family(20, 2, 1, record.NoSeconds, record.NoSeconds)
	old, newer, before := family(10, 2, 2, 100, 900), family(12, 3, 1, 300, 400), family(11, 2, 1, -50, -40)
	middle := family(9, 4, 3, 200, 1000)
	l.analyse("repost", "", record.FamilyChange{Families: []record.Family{never, old, newer, before, middle}})
	l.apply(t, c, 0)
	want := []record.Family{newer, middle, old, before, never}
	equal(t, "EachFamily", allFamilies(t, c), want)
	for stop := 1; stop < len(want); stop++ {
		var got []record.Family
		err := c.EachFamily(ctx, func(f record.Family) bool {
			got = append(got, f)
			return len(got) < stop
		})
		if err != nil {
			t.Errorf("EachFamily stopped: %v", err)
		}
		equal(t, "until false", got, want[:stop])
	}
	old.From = 500 // its first is another now
	l.analyse("repost", "", record.FamilyChange{Families: []record.Family{old}, NotFamilies: []uint64{middle.Anchor}})
	l.apply(t, c, 0)
	equal(t, "EachFamily later", allFamilies(t, c), []record.Family{old, newer, before, never})
}

func forwardHeaders(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1, 3} {
		c := fresh(t, open)
		l, _, valley, capture := start()
		hill := l.source("telegram:102", "Hill News", "telegram")
		a := l.say(valley, capture, "1", "one", 100, forwarded(nine))
		b := l.say(valley, capture, "2", "two", 50, forwarded(person))
		plain := l.say(valley, capture, "3", "three", 100)
		undatedOne := l.say(hill, capture, "4", "four", 0, undated, forwarded(record.Forward{From: record.Party{ID: "channel9"}}))
		nobody := l.say(valley, capture, "5", "five", 100, forwarded(record.Forward{Posted: record.AtUnix(-3)}))
		late := l.say(valley, capture, "6", "six", -100, forwarded(nine))
		l.edit(a, 2, valley, capture, "1", "one!", 100)
		l.apply(t, c, each)
		want := []catalog.Forwarded{
			{Statement: a, Source: valley, Posted: 100, Origin: "telegram:9", Original: "55", OriginalAt: 9},
			{Statement: b, Source: valley, Posted: 50, Origin: "P-1", OriginalAt: record.NoSeconds},
			{Statement: undatedOne, Source: hill, Posted: record.NoSeconds, Origin: "telegram:9", OriginalAt: record.NoSeconds},
			{Statement: nobody, Source: valley, Posted: 100, OriginalAt: -3},
			{Statement: late, Source: valley, Posted: -100, Origin: "telegram:9", Original: "55", OriginalAt: 9},
		}
		equal(t, "Forwards", forwards(t, c, late, nobody, undatedOne, plain, b, a), want)
		equal(t, "Forwards of some", forwards(t, c, plain, b), want[1:2])
		equal(t, "ForwardsFrom", forwardsFrom(t, c, "telegram:9"), []catalog.Forwarded{want[0], want[2], want[4]})
		equal(t, "ForwardsFrom two", forwardsFrom(t, c, "P-1", "telegram:8", "telegram:9"), []catalog.Forwarded{want[0], want[1], want[2], want[4]})
		none(t, "ForwardsFrom another", forwardsFrom(t, c, "telegram:8"))
		equal(t, "Origins", must[[]catalog.OriginCount](t)(c.Origins(ctx, valley)), []catalog.OriginCount{{Origin: "telegram:9", N: 2}, {Origin: "P-1", N: 1}})
		equal(t, "Origins of the other", must[[]catalog.OriginCount](t)(c.Origins(ctx, hill)), []catalog.OriginCount{{Origin: "telegram:9", N: 1}})
	}
}

func hoursPosted(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1, 3} {
		c := fresh(t, open)
		l, _, valley, capture := start()
		hill := l.source("telegram:102", "Hill News", "telegram")
		for i, at := range []int64{3600, -1, 0, -3601, 3599, -3600, 36_000_000, 7199, 0} {
			l.say(valley, capture, strconv.Itoa(i+1), "post", at)
			if i%2 == 0 {
				l.say(hill, capture, strconv.Itoa(i+1), "post", at+3600)
			}
		}
		l.say(valley, capture, "80", "undated", 0, undated)
		a := l.say(valley, capture, "81", "edited", 20)
		l.edit(a, 2, valley, capture, "81", "edited!", 20)
		gone := l.say(valley, capture, "82", "erased", 20)
		l.bury(gone) // it was posted nevertheless
		l.apply(t, c, each)
		hour := func(source uint64, hour, n int64) record.Hour { return record.Hour{Source: source, Hour: hour, N: n} }
		ofValley := []record.Hour{hour(valley, -2, 1), hour(valley, -1, 2), hour(valley, 0, 5), hour(valley, 1, 2), hour(valley, 10_000, 1)}
		ofHill := []record.Hour{hour(hill, 1, 3), hour(hill, 2, 1), hour(hill, 10_001, 1)}
		equal(t, "Hours of one", hoursOf(t, c, valley), ofValley)
		equal(t, "Hours of the other", hoursOf(t, c, hill), ofHill)
		equal(t, "Hours of all", hoursOf(t, c, 0), slices.Concat(ofValley, ofHill))
	}
}

func holesBetween(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, valley, capture := start()
	hill := l.source("telegram:102", "Hill News", "telegram")
	for _, at := range []int64{200, 100, 300} { // the id is a tenth of the time
		id := strconv.FormatInt(at/10, 10)
		l.say(valley, capture, id, "post "+id, at)
	}
	l.say(valley, capture, "a/20", "no number", 5)
	l.say(hill, capture, "1", "one", 100)
	hole := func(source uint64, first, last string, after, before int64) catalog.Hole {
		h := catalog.Hole{After: after, Before: before}
		h.Gap = record.Gap{Source: source, First: first, Last: last, From: record.NoSeconds, To: record.NoSeconds, Why: "ids", Note: "of " + first}
		h.Leaf = l.gap(h.Gap)
		return h
	}
	end := hole(valley, "31", "35", 300, record.NoSeconds)
	one := hole(valley, "11", "19", 100, 200)
	two := hole(valley, "21", "29", 200, 300)
	begin := hole(valley, "3", "9", record.NoSeconds, 100)
	theirs := hole(hill, "2", "50", 100, record.NoSeconds)
	l.gap(record.Gap{Source: valley, From: 0, To: 500, Why: "outage"})
	l.gap(record.Gap{From: 0, To: 500, Why: "outage"})
	l.apply(t, c, 0)
	check := func(what string, source uint64, from, to int64, want ...catalog.Hole) {
		t.Helper()
		byID := func(h catalog.Hole) uint64 { return h.Leaf }
		equal(t, what, append([]catalog.Hole{}, sorted(must[[]catalog.Hole](t)(c.HolesWithin(ctx, source, from, to)), byID)...), append([]catalog.Hole{}, sorted(want, byID)...))
	}
	check("all", valley, -1000, 1000, begin, one, two, end)
	check("of the other source", hill, -1000, 1000, theirs)
	check("of no source", 999, -1000, 1000)
	check("between two posts", valley, 120, 150, one)
	check("between the next two", valley, 210, 290, two)
	check("around a post", valley, 150, 250, one, two)
	check("before all", valley, -50, 50, begin)
	check("into the beginning", valley, -50, 150, begin, one)
	check("after all", valley, 400, 500, end)
	check("into the end", valley, 250, 400, two, end)
	undo := l.decide("undo", one.Leaf, "the ids were of another channel")
	l.apply(t, c, 0)
	check("undone", valley, 120, 250, two)
	l.decide("undo", undo, "right after all")
	l.apply(t, c, 0)
	check("stands again", valley, 120, 150, one)

	// Posts without a time are no neighbours.
	l.say(valley, capture, "36", "undated", 0, undated)
	l.say(valley, capture, "40", "dated", 400)
	l.say(valley, capture, "43", "undated", 0, undated)
	end.Before = 400
	three, four := hole(valley, "37", "39", 300, 400), hole(valley, "41", "42", 400, record.NoSeconds)
	five := hole(valley, "44", "45", 400, record.NoSeconds)
	l.apply(t, c, 0)
	check("beside an undated post", valley, 350, 360, end, three)
	check("beside the last", valley, 450, 460, four, five)
}

func runsOfFamilies(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, _, valley, capture := start()
		hill := l.source("telegram:102", "Hill News", "telegram")
		x := l.say(hill, capture, "1", "one", 900)
		a := l.say(valley, capture, "2", "two", 100)
		b := l.say(hill, capture, "3", "three", -50)
		never := l.say(hill, capture, "4", "four", 0, undated)
		d := l.say(valley, capture, "5", "five", 300)
		left := l.say(hill, capture, "6", "six", 400)
		b2 := l.edit(b, 2, hill, capture, "3", "three!", 700)
		l.decide("withdraw", b2, "no consent")
		w := l.decide("withdraw", d, "slip")
		l.analyse("repost", "", record.FamilyChange{Members: []record.Member{
			told(d, x, record.RelEdited), told(left, a, record.RelVerbatim), told(never, a, record.RelVerbatim), told(b, a, record.RelForward),
			told(a, a, record.RelFirst), told(x, x, record.RelFirst), told(d, a, record.RelQuotedIn)},
			Families: []record.Family{family(a, 5, 2, -50, 400), family(x, 2, 2, 300, 900)}})
		l.decide("undo", w, "slip")
		l.analyse("repost", "", record.FamilyChange{NotMembers: [][2]uint64{{left, a}}})
		l.apply(t, c, each)
		want := []catalog.FamilyRun{
			{Family: x, Statement: x, Source: hill, Posted: 900, Relation: record.RelFirst},
			{Family: x, Statement: d, Source: valley, Posted: 300, Relation: record.RelEdited},
			{Family: a, Statement: a, Source: valley, Posted: 100, Relation: record.RelFirst},
			{Family: a, Statement: b, Source: hill, Posted: -50, Relation: record.RelForward, Withdrawn: true},
			{Family: a, Statement: d, Source: valley, Posted: 300, Relation: record.RelQuotedIn},
		}
		equal(t, "EachRun", familyRuns(t, c), want)
		// A change of a membership changes neither time nor source.
		l.analyse("repost", "", record.FamilyChange{Members: []record.Member{told(b, a, record.RelWrapped)}})
		l.decide("restore", b, "consent came")
		l.apply(t, c, each)
		want[3].Relation, want[3].Withdrawn = record.RelWrapped, false
		equal(t, "EachRun changed", familyRuns(t, c), want)
		stop := errors.New("stop")
		calls := 0
		isErr(t, "stopped", c.EachRun(ctx, func(catalog.FamilyRun) error { calls++; return stop }), stop)
		equal(t, "calls", calls, 1)
	}
}

func textsInPictures(t *testing.T, open Open) {
	for _, each := range []uint64{0, 1} {
		c := fresh(t, open)
		l, run, source, capture := start()
		l.capture(run, "p.jpg")
		q := l.capture(run, "q.jpg")
		l.capture(run, "v.mp4")
		unshown := l.capture(run, "unshown.jpg")
		a := l.say(source, capture, "1", "", 100, shows("p.jpg", "q.jpg", "p.jpg", "lost.jpg"), func(st *record.Statement) {
			st.Media = append(st.Media, record.Media{Kind: "video", Blob: record.DigestOf([]byte("v.mp4"))})
		})
		b := l.say(source, capture, "2", "", 200, shows("p.jpg"))
		plain := l.say(source, capture, "3", "words", 300)
		later := l.run()
		again := l.capture(later, "p.jpg")
		l.derived(later, q, "html/1", "not what the picture says")
		l.derived(later, unshown, catalog.FormatDerived, "nobody shows this")
		l.apply(t, c, each)
		none(t, "DerivedFrom before", derivedFrom(t, c, 0, l.next()))
		none(t, "DerivedOf before", derivedOf(t, c, a, b, plain))
		equal(t, "Unread", unread(t, c, a, b, plain), []string{"p.jpg", "q.jpg"})
		equal(t, "Unread of one", unread(t, c, b), []string{"p.jpg"})
		none(t, "Unread of one without", unread(t, c, plain))

		// Read in the capture of another run, in a third one.
		third := l.run()
		d := l.derived(third, again, catalog.FormatDerived, "the ferry stopped")
		l.apply(t, c, each)
		text := func(statement, capture uint64, picture, text string) catalog.Derived {
			return catalog.Derived{Statement: statement, Capture: capture, Blob: record.DigestOf([]byte(text)), Picture: record.DigestOf([]byte(picture)), Tool: "reader 1"}
		}
		ofA, ofB := text(a, d, "p.jpg", "the ferry stopped"), text(b, d, "p.jpg", "the ferry stopped")
		equal(t, "DerivedFrom", derivedFrom(t, c, 0, l.next()), []catalog.Derived{ofA, ofB})
		equal(t, "DerivedFrom it", derivedFrom(t, c, d, d+1), []catalog.Derived{ofA, ofB})
		none(t, "DerivedFrom before it", derivedFrom(t, c, 0, d))
		none(t, "DerivedFrom after it", derivedFrom(t, c, d+1, l.next()+9))
		equal(t, "DerivedOf", derivedOf(t, c, b, plain), []catalog.Derived{ofB})
		equal(t, "Unread now", unread(t, c, a, b), []string{"q.jpg"})

		// A statement that comes later shows what was read before; another tool
		// reads the first capture too.
		e := l.say(source, capture, "4", "", 400, shows("p.jpg"))
		f := l.derived(l.run(), capture+1, catalog.FormatDerived, "the ferry slipped")
		l.apply(t, c, each)
		equal(t, "DerivedOf the later", derivedOf(t, c, e), []catalog.Derived{text(e, d, "p.jpg", "the ferry stopped"), text(e, f, "p.jpg", "the ferry slipped")})
		none(t, "Unread of the later", unread(t, c, e))
		equal(t, "DerivedFrom the second reading", derivedFrom(t, c, f, l.next()), []catalog.Derived{
			text(a, f, "p.jpg", "the ferry slipped"), text(b, f, "p.jpg", "the ferry slipped"), text(e, f, "p.jpg", "the ferry slipped")})
	}
}

func erasedFromFamilies(t *testing.T, open Open) {
	var want record.Digest
	for _, each := range []uint64{0, 1, 4} {
		c := fresh(t, open)
		l, run, source, capture := start()
		p := l.capture(run, "p.jpg")
		l.capture(run, "q.jpg")
		a := l.say(source, capture, "1", "ferry", 100)
		b := l.say(source, capture, "2", "ferry", 200, forwarded(nine), shows("p.jpg", "q.jpg"))
		d := l.say(source, capture, "3", "ferry", 300, forwarded(nine), shows("p.jpg"))
		x := l.say(source, capture, "4", "bridge", 400)
		y := l.say(source, capture, "5", "bridge", 500)
		b2 := l.edit(b, 2, source, capture, "2", "ferry!", 200)
		l.derived(run, p, catalog.FormatDerived, "the ferry stopped")
		link := func(a, b uint64) record.Link {
			return record.Link{A: a, B: b, Ground: record.GroundExact, Similarity: 1}
		}
		veto := func(a, b uint64) record.Veto { return record.Veto{A: a, B: b, Slot: "count", Similarity: 0.5} }
		l.analyse("repost", "", record.FamilyChange{
			Links:    []record.Link{link(a, b), link(b, d), link(x, y)},
			Vetoes:   []record.Veto{veto(a, x), veto(b, y), veto(a, y)},
			Members:  []record.Member{told(a, a, record.RelFirst), told(b, a, record.RelEdited), told(d, a, record.RelVerbatim), told(x, x, record.RelFirst), told(y, x, record.RelVerbatim)},
			Families: []record.Family{family(a, 3, 1, 100, 300), family(x, 2, 1, 400, 500)}})
		l.analyse("repost", "", record.FamilyChange{Members: []record.Member{told(b, a, record.RelVerbatim)}})
		l.apply(t, c, each)
		equal(t, "before", []int{len(members(t, c, b)), len(vetoes(t, c, b)), len(forwards(t, c, b)), len(derivedOf(t, c, b)), len(unread(t, c, b)), len(familyRuns(t, c))},
			[]int{1, 1, 1, 1, 1, 5})

		l.bury(b)
		l.bury(b2) // every version, but it was one member
		l.bury(x)
		l.apply(t, c, each)
		none(t, "Members", members(t, c, b, x))
		equal(t, "MembersOf", membersOf(t, c, a, x), []record.Member{told(a, a, record.RelFirst), told(d, a, record.RelVerbatim), told(y, x, record.RelVerbatim)})
		equal(t, "a family of three", must[record.Family](t)(c.Family(ctx, a)).Members, 2)
		isErr(t, "a family of two", second(c.Family(ctx, x)), record.ErrNotFound)
		equal(t, "EachFamily", len(allFamilies(t, c)), 1)
		st := must[record.Statement](t)(c.Statement(ctx, b))
		equal(t, "Statement", []any{st.Erased, st.Family, st.Relation}, []any{true, uint64(0), record.Relation("")})
		equal(t, "EachRun", len(familyRuns(t, c)), 3)
		equal(t, "Vetoes", vetoes(t, c, a, b, x, y), []record.Veto{veto(a, y)})
		none(t, "Forwards", forwards(t, c, b))
		equal(t, "ForwardsFrom", len(forwardsFrom(t, c, "telegram:9")), 1)
		equal(t, "Origins", must[[]catalog.OriginCount](t)(c.Origins(ctx, source)), []catalog.OriginCount{{Origin: "telegram:9", N: 1}})
		none(t, "DerivedOf", derivedOf(t, c, b))
		none(t, "Unread", unread(t, c, b))
		equal(t, "the picture in another", len(derivedFrom(t, c, 0, l.next())), 1)
		none(t, "texts", textsAt(t, c, b, b2, x))
		// The analysis has to see which texts hung on the erased ones.
		equal(t, "Links", links(t, c, b, x), []record.Link{link(a, b), link(b, d), link(x, y)})

		l.analyse("repost", "", record.FamilyChange{Links: []record.Link{link(a, d)}, Unlink: [][2]uint64{{a, b}, {b, d}, {x, y}},
			NotMembers: [][2]uint64{{b, a}, {x, x}, {y, x}}, Families: []record.Family{family(a, 2, 1, 100, 300)}, NotFamilies: []uint64{x}})
		l.apply(t, c, each)
		equal(t, "Links later", links(t, c, a, b, d, x, y), []record.Link{link(a, d)})
		equal(t, "Family later", must[record.Family](t)(c.Family(ctx, a)).Members, 2)
		none(t, "MembersOf later", membersOf(t, c, x))
		got := must[record.Digest](t)(c.Digest(ctx))
		if each == 0 {
			want = got
		}
		equal(t, fmt.Sprintf("Digest of batches of %d", each), got, want)
	}
}

// oneVersionErased erases one version of several, as when the file of one
// export goes and that of another stays. A rebuild meets the version erased.
func oneVersionErased(t *testing.T, open Open) {
	var want record.Digest
	for _, rebuild := range []bool{false, true} {
		for _, each := range []uint64{0, 1, 3} {
			c := fresh(t, open)
			l, run, source, capture := start()
			l.capture(run, "p.jpg")
			l.capture(run, "q.jpg")
			eight := record.Forward{From: record.Party{ID: "channel8"}, ID: "5"}
			erased := func(st *record.Statement) { st.Erased = rebuild }
			a := l.say(source, capture, "1", "ferry", 100, forwarded(nine), shows("p.jpg"), erased)
			b := l.say(source, capture, "2", "bridge", 100, forwarded(nine), shows("p.jpg"), erased)
			second := func(first uint64, id, text string) {
				l.say(source, capture, id, text, 100, forwarded(eight), shows("q.jpg"), func(st *record.Statement) { st.First, st.Version = first, 2 })
			}
			second(a, "1", "ferry!") // before its first version goes, and after
			l.bury(a)
			l.bury(b)
			second(b, "2", "bridge!")
			l.apply(t, c, each)
			for _, first := range []uint64{a, b} {
				equal(t, "Forwards", forwards(t, c, first), []catalog.Forwarded{{Statement: first, Source: source, Posted: 100, Origin: "telegram:8", Original: "5", OriginalAt: record.NoSeconds}})
				equal(t, "Unread", unread(t, c, first), []string{"q.jpg"})
			}
			got := must[record.Digest](t)(c.Digest(ctx))
			if want.IsZero() {
				want = got
			}
			equal(t, fmt.Sprintf("Digest of batches of %d, rebuild %t", each, rebuild), got, want)
		}
	}
}

// travelling is a log in which everything happens that changes what is known of
// families; small changes of it are made by change.
func travelling(change func(state *string, first, later *record.FamilyChange, st *record.Statement)) *log {
	l, run, valley, capture := start()
	hill := l.source("telegram:102", "Hill News", "telegram")
	p := l.capture(run, "p.jpg")
	l.capture(run, "q.jpg")
	state, st := "state", record.Statement{}
	a := l.next()
	b, d, x := a+1, a+2, a+3
	st.Forward, st.Media = &record.Forward{From: nine.From, ID: nine.ID}, []record.Media{{Kind: "photo", Blob: record.DigestOf([]byte("p.jpg"))}}
	first := record.FamilyChange{
		Links:    []record.Link{{A: a, B: b, Ground: record.GroundNear, Similarity: 0.5}, {A: b, B: d, Ground: record.GroundExact, Similarity: 1}},
		Vetoes:   []record.Veto{{A: a, B: x, Slot: "count", Left: "two", Right: "three", Similarity: 0.5}, {A: b, B: x, Slot: "time"}},
		Members:  []record.Member{told(a, a, record.RelFirst), told(b, a, record.RelVerbatim), told(d, a, record.RelVerbatim), told(x, a, record.RelQuotedIn)},
		Families: []record.Family{family(a, 4, 2, 100, 300), family(x, 2, 1, 5, 6)},
	}
	later := record.FamilyChange{
		Links:       []record.Link{{A: a, B: b, Ground: record.GroundNear, Similarity: 0.75}},
		Unlink:      [][2]uint64{{b, d}},
		Unveto:      [][2]uint64{{b, x}},
		Members:     []record.Member{told(b, a, record.RelEdited)},
		NotMembers:  [][2]uint64{{d, a}},
		Families:    []record.Family{family(a, 3, 2, 100, 300)},
		NotFamilies: []uint64{x},
	}
	if change != nil {
		change(&state, &first, &later, &st)
	}
	l.say(valley, capture, "1", "ferry alpha", 100)
	l.say(hill, capture, "2", "ferry beta", 200, func(s *record.Statement) { s.Forward, s.Media = st.Forward, st.Media })
	l.say(valley, capture, "3", "ferry gamma", 300, shows("q.jpg"))
	l.say(hill, capture, "4", "ferry delta", -400)
	l.derived(run, p, catalog.FormatDerived, "the ferry stopped")
	l.gap(record.Gap{Source: hill, First: "3", Last: "3", From: record.NoSeconds, To: record.NoSeconds, Why: "ids"})
	l.analyse("repost", state, first)
	l.end(run)
	l.decide("withdraw", b, "no consent")
	l.analyse("repost", state, later)
	return l
}

func digestOfFamilies(t *testing.T, open Open) {
	of := func(each uint64, change func(state *string, first, later *record.FamilyChange, st *record.Statement)) record.Digest {
		t.Helper()
		c := fresh(t, open)
		travelling(change).apply(t, c, each)
		return must[record.Digest](t)(c.Digest(ctx))
	}
	want := of(0, nil)
	for _, each := range []uint64{1, 2, 5} {
		equal(t, fmt.Sprintf("Digest of batches of %d", each), of(each, nil), want)
	}
	type change = func(state *string, first, later *record.FamilyChange, st *record.Statement)
	for what, f := range map[string]change{
		"the state": func(state *string, _, _ *record.FamilyChange, _ *record.Statement) { *state = "another" },
		"a membership that changed since": func(_ *string, first, _ *record.FamilyChange, _ *record.Statement) {
			first.Members[1].Relation, first.Members[1].Holds = record.RelWrapped, 0.125
		},
		"a membership that did not change": func(_ *string, first, later *record.FamilyChange, _ *record.Statement) {
			first.Members[1], later.Members = later.Members[0], nil
		},
		"a membership that ended": func(_ *string, first, _ *record.FamilyChange, _ *record.Statement) {
			first.Members = slices.Delete(first.Members, 2, 3)
		},
		"a link that went": func(_ *string, first, _ *record.FamilyChange, _ *record.Statement) { first.Links = first.Links[:1] },
		"a veto that went": func(_ *string, first, _ *record.FamilyChange, _ *record.Statement) { first.Vetoes = first.Vetoes[:1] },
		"a link that stands": func(_ *string, _, later *record.FamilyChange, _ *record.Statement) {
			later.Unlink, later.Links[0].Similarity, later.Links[0].AInB = nil, 0.5, 0.5
		},
		"a veto that stands": func(_ *string, first, later *record.FamilyChange, _ *record.Statement) {
			later.Unveto, first.Vetoes[0].Left = nil, "four"
		},
		"a family that went": func(_ *string, first, _ *record.FamilyChange, _ *record.Statement) {
			first.Families = first.Families[:1]
		},
	} {
		equal(t, "Digest without regard to "+what, of(0, f), want)
	}
	later := func(f func(*record.FamilyChange)) change {
		return func(_ *string, _, later *record.FamilyChange, _ *record.Statement) { f(later) }
	}
	member := func(f func(*record.Member)) change { return later(func(c *record.FamilyChange) { f(&c.Members[0]) }) }
	seen := map[record.Digest]string{want: "nothing"}
	for what, f := range map[string]change{
		"member":            later(func(c *record.FamilyChange) { c.NotMembers = nil }),
		"member's relation": member(func(m *record.Member) { m.Relation = record.RelVerbatim }),
		"member's ground":   member(func(m *record.Member) { m.Ground = record.GroundPerson }),
		"member's via":      member(func(m *record.Member) { m.Via++ }),
		"member's distance": member(func(m *record.Member) { m.Distance++ }),
		"member's numbers":  member(func(m *record.Member) { m.Similarity, m.Within, m.Holds = 0.75, 0.5, 0.875 }),
		"quoted_in": later(func(c *record.FamilyChange) {
			c.NotMembers = append(c.NotMembers, [2]uint64{c.Links[0].A + 3, c.Links[0].A})
		}),
		"family":        later(func(c *record.FamilyChange) { c.NotFamilies = nil }),
		"family's size": later(func(c *record.FamilyChange) { c.Families[0].Members++ }),
		"family's time": later(func(c *record.FamilyChange) { c.Families[0].To = record.NoSeconds }),
		"forward": func(_ *string, _, _ *record.FamilyChange, st *record.Statement) {
			st.Forward = &record.Forward{From: nine.From, ID: "56"}
		},
		"picture": func(_ *string, _, _ *record.FamilyChange, st *record.Statement) {
			st.Media = []record.Media{{Kind: "photo", Blob: record.DigestOf([]byte("q.jpg"))}}
		},
	} {
		got := of(0, f)
		if other, ok := seen[got]; ok {
			t.Errorf("Digest after a change of %s is that of a change of %s", what, other)
		}
		seen[got] = what
	}
}

// reads is what a catalog answers about the log of travelling.
func reads(t *testing.T, c catalog.Catalog, size uint64) []any {
	t.Helper()
	all := make([]uint64, size)
	for i := range all {
		all[i] = uint64(i)
	}
	x := must[catalog.Analysed](t)(c.Analysis(ctx, "repost"))
	answers := []any{x.Leaf, x.Saw, string(x.State), textsOf(t, c, 0, size), currentTexts(t, c, all...), links(t, c, all...), vetoes(t, c, all...),
		members(t, c, all...), membersOf(t, c, all...), allFamilies(t, c), forwards(t, c, all...), forwardsFrom(t, c, "telegram:9"),
		hoursOf(t, c, 0), familyRuns(t, c), derivedFrom(t, c, 0, size), derivedOf(t, c, all...), unread(t, c, all...),
		must[[]record.Link](t)(c.Links(ctx, all)), must[[]catalog.Hole](t)(c.HolesWithin(ctx, 4, -1000, 1000)),
		must[[]catalog.OriginCount](t)(c.Origins(ctx, 4)), must[record.Digest](t)(c.Digest(ctx))}
	for _, h := range search(t, c, "ferry", catalog.Page{}).Hits {
		answers = append(answers, h.Statement)
	}
	return answers
}

func reopeningFamilies(t *testing.T, open Open) {
	place := t.TempDir()
	l := travelling(nil)
	c := open(t, place)
	l.apply(t, c, 3)
	want := reads(t, c, l.next())
	for i, x := range want {
		if fmt.Sprint(x) == "[]" {
			t.Errorf("answer %d is empty: nothing is tested by it", i)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, place)
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	equal(t, "reopened", reads(t, c, l.next()), want)
	a := allFamilies(t, c)[0].Anchor
	l.analyse("repost", "last", record.FamilyChange{Members: []record.Member{told(a+2, a, record.RelForward)}, NotMembers: [][2]uint64{{a + 1, a}}})
	l.apply(t, c, 0)
	equal(t, "goes on", membersOf(t, c, a), []record.Member{told(a, a, record.RelFirst), told(a+2, a, record.RelForward), told(a+3, a, record.RelQuotedIn)})
	equal(t, "its state", string(must[catalog.Analysed](t)(c.Analysis(ctx, "repost")).State), "last")
}
