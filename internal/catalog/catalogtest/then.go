package catalogtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// answers is everything that a catalog says, by what was asked, as JSON: what is
// asked depends on the size given alone. What doc/decisions/0015 says is of today
// is left out: links, vetoes, the state of an analysis, the weight of a hit.
func answers(t testing.TB, c catalog.Catalog, size uint64) map[string]string {
	t.Helper()
	all := map[string]string{}
	put := func(what string, v any, err error) {
		t.Helper()
		b, bad := json.Marshal([]any{v, fmt.Sprint(err)})
		if bad != nil {
			t.Fatal(bad)
		}
		all[what] = string(b)
	}
	leaves := make([]uint64, size)
	for i := range leaves {
		leaves[i] = uint64(i)
	}
	const now = 2_000
	have, err := c.Size(ctx)
	put("size", have, err)

	put("sources", must[[]catalog.SourceStat](t)(c.Sources(ctx)), nil)
	var firsts []uint64
	for _, n := range leaves {
		what := func(s string) string { return s + " " + strconv.FormatUint(n, 10) }
		st, err := c.Statement(ctx, n)
		put(what("statement"), st, err)
		if err == nil {
			firsts = append(firsts, n)
		}
		vs, err := c.Versions(ctx, n)
		put(what("versions"), vs, err)
		v, err := c.Version(ctx, n)
		put(what("version"), v, err)
		x, err := c.Capture(ctx, n)
		put(what("capture"), x, err)
		src, err := c.Source(ctx, n)
		put(what("source"), src, err)
		e, err := c.Entry(ctx, n)
		put(what("entry"), e, err)
		d, err := c.Decision(ctx, n)
		put(what("decision"), d, err)
		ds, err := c.Decisions(ctx, n)
		put(what("decisions"), ds, err)
		if _, err := c.Entry(ctx, n); err == nil { // of what is not there, nothing is newest
			u, err := c.Newest(ctx, n)
			put(what("newest"), u, err)
		}
		tr, err := c.Translations(ctx, n)
		put(what("translations"), tr, err)
		one, err := c.Translation(ctx, n)
		put(what("translation"), one, err)
		f, err := c.Family(ctx, n)
		put(what("family"), f, err)
		former, err := c.Former(ctx, n)
		put(what("former"), former, err)
	}
	captures, err := c.CapturesOf(ctx, record.DigestOf([]byte("valley/result.json")))
	put("captures", captures, err)
	at, err := c.CaptureAt(ctx, 1, "valley/result.json")
	put("capture at", at, err)
	gaps, err := c.Gaps(ctx, 0)
	put("gaps", gaps, err)
	decisions, err := c.AllDecisions(ctx)
	put("all decisions", decisions, err)
	decisions, err = c.DecisionsBy(ctx, "keep", "undo")
	put("decisions by action", decisions, err)
	gaps, err = c.Outages(ctx)
	put("outages", gaps, err)
	gaps, err = c.NewestHoles(ctx, 3)
	put("holes of all", gaps, err)
	decisions, err = c.NewestDecisions(ctx, catalog.DecisionPage{Limit: 3, By: "mira"})
	put("newest decisions", decisions, err)
	counts, err := c.DecisionCounts(ctx)
	put("decision counts", counts, err)
	runs, err := c.Runs(ctx)
	put("runs", runs, err)
	others, err := c.Others(ctx)
	put("others", others, err)
	stats, err := c.Stats(ctx)
	put("stats", stats, err)
	done, err := c.Analysis(ctx, "repost")
	done.State = nil
	put("analysis", done, err)
	unlinked, err := c.Unlinked(ctx, done.Saw)
	put("unlinked", unlinked, err)
	put("texts", textsOf(t, c, 0, size), nil)
	put("current texts", byLeaf(currentTexts(t, c, leaves...)), nil)
	put("texts at", textsAt(t, c, leaves...), nil)
	put("members", members(t, c, leaves...), nil)
	put("members of", membersOf(t, c, leaves...), nil)
	put("families", allFamilies(t, c), nil)
	put("forwards", forwards(t, c, leaves...), nil)
	put("forwards from", forwardsFrom(t, c, "telegram:9", "channel9"), nil)
	put("hours", hoursOf(t, c, 0), nil)
	put("family runs", familyRuns(t, c), nil)
	changed, err := c.OrderChanged(ctx)
	put("order changed", changed, err)
	put("derived from", derivedFrom(t, c, 0, size), nil)
	put("derived of", derivedOf(t, c, leaves...), nil)
	put("unread", unread(t, c, leaves...), nil)
	for _, source := range []uint64{2, 4} {
		origins, err := c.Origins(ctx, source)
		put(fmt.Sprint("origins ", source), origins, err)
		holes, err := c.HolesWithin(ctx, source, -1000, 4000)
		put(fmt.Sprint("holes ", source), holes, err)
		known, err := c.Known(ctx, source, []string{"1", "2", "3", "20", "40"})
		put(fmt.Sprint("known ", source), known, err)
	}
	facts, err := c.SourceFacts(ctx, []string{"telegram:101"})
	put("facts", facts, err)

	shields, err := c.Shields(ctx)
	put("shields", shields, err)
	labels, err := c.Labels(ctx)
	slices.SortFunc(labels, func(a, b catalog.LabelCount) int { return int(b.N - a.N) })
	put("labels", labels, err)
	waiting, err := c.Waiting(ctx, now)
	put("waiting", waiting, err)
	if len(firsts) > 0 {
		units, err := c.UnitsOf(ctx, firsts, now)
		put("units", units, err)
		of, err := c.Statements(ctx, firsts)
		put("statements of units", of, err)
		touched, err := c.Touched(ctx, firsts, size/2)
		put("touched", touched, err)
	}
	since, err := c.Since(ctx, size/2)
	put("since", since, err)

	for i, q := range []string{"", "bread", "-bread", "bridge sort:posted", "fell OR dear", "nowhere bread", "edited:yes", "edited:no", "missing:yes", "missing:no bread", "has:translation", "-has:translation",
		"has:forward", "has:image", "translation:pont", "from:hill", "-from:hill bread", "state:new", "state:kept", "-state:kept", "state:later", "state:dismissed|duplicate bread", "state:withdrawn", "state:kept|withdrawn",
		"is:first", "is:copy", "is:alone", "-is:alone lag:>1m", "bread is:copy", "-by:mira", "bridge by:mira is:first|copy", "is:mixed", "is:shielded", "lag:<5m", "label:bridge", "assigned:omar", "assigned:nobody", "by:mira", "import:1 bread", "capture:3", "family:5", "posted:<1970-01-01T00:20Z"} {
		for _, limit := range []int{3, -1}[i%2 : i%2+1] {
			name := fmt.Sprintf("%q in pages of %d", q, limit)
			for page := (catalog.Page{Limit: limit, Total: true, Now: now}); ; {
				r, err := c.Search(ctx, asked(t, q), page)
				for i := range r.Hits {
					r.Hits[i].Score = 0
				}
				next := r.Next
				r.Next, r.Prev = "", ""
				put(name+" search from "+page.After, r, err)
				if page.After = next; next == "" {
					break
				}
			}
			for page := (catalog.Page{Limit: limit, Total: true, Now: now}); ; {
				r, err := c.Inbox(ctx, asked(t, q), page)
				next := r.Next
				r.Next = ""
				put(name+" inbox from "+page.After, r, err)
				if page.After = next; next == "" {
					break
				}
			}
		}
		counts, err := c.CountPosted(ctx, asked(t, q), now, []int64{900, 1100, 1300, 5000})
		put(fmt.Sprintf("%q by time", q), counts, err)
		var units []uint64
		err = c.AllUnits(ctx, asked(t, q), now, func(u uint64) bool { units = append(units, u); return true })
		put(fmt.Sprintf("%q units", q), units, err)
	}
	r, err := c.Search(ctx, asked(t, "bread"), catalog.Page{From: size / 2, Total: true})
	put("new only", r, err)
	return all
}

func same(t testing.TB, when string, got, want map[string]string) {
	t.Helper()
	shown := 0
	for what := range want {
		if got[what] != want[what] && shown < 5 {
			shown++
			t.Errorf("%s: %s:\n got %.1500s\nwant %.1500s", when, what, got[what], want[what])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d answers, then %d", when, len(got), len(want))
	}
}

// asKnownThen: whatever happens to a case, what it answered at a log size is
// what it answers when asked about that size.
func asKnownThen(t *testing.T, open Open) {
	if testing.Short() {
		t.Skip("takes a minute and more with the race detector, which has nothing to see in it")
	}
	for seed := range uint64(2) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { knownThen(t, open, seed) })
	}
}

func knownThen(t *testing.T, open Open, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 15))
	place := t.TempDir()
	c := open(t, place)
	l, run, source, capture := start()
	other := l.source("telegram:102", "Hill Post", "telegram")
	picture := l.capture(run, "a.jpg")
	fact := l.entries[capture]
	l.entries[capture] = func(b *catalog.Batch) {
		fact(b)
		b.Facts = append(b.Facts, record.Fact{Leaf: capture, Key: "telegram:101", Kind: record.FactTitle, Value: "Valley News", At: 5})
	}
	type said struct {
		leaf, current, source uint64
		id                    string
		version               int
		posted                int64
		missing, hidden       bool
	}
	var all []*said
	families := map[uint64][]*said{} // by anchor
	home := map[uint64]uint64{}
	var undoable, translated []uint64
	shielded := map[uint64]bool{}
	one := func() *said { return all[r.IntN(len(all))] }
	words := func() string { return []string{"bread is dear", "the bridge fell", "bread, and the bridge"}[r.IntN(3)] }
	say := func() {
		x := &said{leaf: l.next(), current: l.next(), source: []uint64{source, other}[r.IntN(2)], version: 1, posted: int64(1000 + r.IntN(500)), id: strconv.Itoa(len(all) + 1)}
		if r.IntN(6) == 0 {
			x.id = "x" + x.id
		}
		l.say(x.source, capture, x.id, words(), x.posted, func(st *record.Statement) {
			switch r.IntN(6) {
			case 0:
				forwarded(nine)(st)
			case 1:
				shows("a.jpg")(st)
			case 2:
				st.Lang = "ar"
			case 3:
				st.Edited = record.AtUnix(x.posted + 30)
			}
		})
		all = append(all, x)
	}
	edit := func() {
		x := one()
		x.version++
		leaf := l.next()
		older := r.IntN(3) == 0
		l.say(x.source, capture, x.id, words(), x.posted, func(st *record.Statement) {
			st.First, st.Version, st.Edited = x.leaf, x.version, record.AtUnix(x.posted+60*int64(x.version))
			if older { // than the wording we have
				st.Edited, st.Until = record.AtUnix(x.posted+1), x.current
			}
			switch r.IntN(3) {
			case 0:
				forwarded(nine)(st)
			case 1:
				shows("a.jpg")(st)
			}
		})
		if !older {
			x.current = leaf
		}
	}
	link := func() {
		x, y := one(), one()
		fx, fy := home[x.leaf], home[y.leaf]
		if x == y || fx != 0 && fx == fy {
			return
		}
		var group []*said
		var change record.FamilyChange
		for _, m := range []*said{x, y} {
			f := home[m.leaf]
			if f == 0 {
				group = append(group, m)
				continue
			}
			group = append(group, families[f]...)
			change.NotFamilies = append(change.NotFamilies, f)
			for _, o := range families[f] {
				change.NotMembers = append(change.NotMembers, [2]uint64{o.leaf, f})
			}
			delete(families, f)
		}
		if r.IntN(3) == 0 && len(group) > 2 { // one leaves
			delete(home, group[0].leaf)
			group = group[1:]
		}
		slices.SortFunc(group, func(a, b *said) int { return int(a.posted-b.posted)<<20 + int(a.leaf) - int(b.leaf) })
		f := record.Family{Anchor: group[0].leaf, First: group[0].leaf, Members: len(group), From: group[0].posted, To: group[len(group)-1].posted}
		sources := map[uint64]bool{}
		for _, m := range group {
			f.Anchor = min(f.Anchor, m.leaf)
			sources[m.source] = true
		}
		f.Sources = len(sources)
		for i, m := range group {
			row := told(m.leaf, f.Anchor, record.RelVerbatim)
			if row.Via = f.First; i == 0 {
				row = told(m.leaf, f.Anchor, record.RelFirst)
			}
			change.Members = append(change.Members, row)
			home[m.leaf] = f.Anchor
		}
		families[f.Anchor] = group
		change.NotFamilies = slices.DeleteFunc(change.NotFamilies, func(a uint64) bool { return a == f.Anchor })
		change.NotMembers = slices.DeleteFunc(change.NotMembers, func(k [2]uint64) bool { return k[1] == f.Anchor && home[k[0]] == f.Anchor })
		change.Families = []record.Family{f}
		l.analyse("repost", fmt.Sprint(l.next()), change)
	}
	decide := func() {
		var p record.Triage
		for range 1 + r.IntN(3) {
			x := one()
			list := []uint64{x.leaf}
			for _, m := range families[home[x.leaf]] {
				if m != x {
					list = append(list, m.leaf)
				}
			}
			p.Units = append(p.Units, list)
		}
		action := []string{"keep", "dismiss", "later", "reopen", "duplicate", "label", "unlabel", "assign", "unassign"}[r.IntN(9)]
		switch action {
		case "later":
			p.Until = int64(1500 + r.IntN(1000))
		case "label", "unlabel":
			p.Labels = []string{[]string{"bridge", "market"}[r.IntN(2)]}
		case "assign":
			p.To = []string{"omar", "mira"}[r.IntN(2)]
		}
		undoable = append(undoable, l.triage(action, p))
	}
	undo := func() {
		if len(undoable) > 0 {
			i := r.IntN(len(undoable))
			undoable[i] = l.decide("undo", undoable[i], "")
		}
	}
	observe := func() {
		x := one()
		if x.missing = !x.missing; x.missing {
			l.missing(x.current, run)
			if r.IntN(2) == 0 {
				l.missing(x.leaf, run)
			}
		} else {
			l.seen(x.leaf, run)
		}
	}
	withdraw := func() {
		x := one()
		if x.hidden = !x.hidden; x.hidden {
			l.decide("withdraw", x.current, "x")
		} else {
			l.decide("restore", x.leaf, "x")
		}
	}
	shield := func() {
		x := one()
		action := "shield"
		if shielded[x.leaf] {
			action = "unshield"
		}
		shielded[x.leaf] = !shielded[x.leaf]
		l.triage(action, record.Triage{Units: [][]uint64{{x.leaf}}, Names: []string{"Samir"}})
	}
	translate := func() {
		if x := one(); r.IntN(3) > 0 || len(translated) == 0 {
			translated = append(translated, l.translate(x.leaf, x.current, "fr", "le pont est tombé", 0, []string{"", "Tarjuman"}[r.IntN(2)]))
		} else if leaf := translated[r.IntN(len(translated))]; r.IntN(2) == 0 {
			l.decide(catalog.ActionReview, leaf, "good")
		} else {
			undoable = append(undoable, l.decide("undo", leaf, "bad"))
		}
	}
	for range 12 {
		say()
	}
	then := map[uint64]map[string]string{}
	keep := func() {
		l.apply(t, c, uint64(r.IntN(4)))
		then[l.next()] = answers(t, c, l.next()+2)
	}
	keep()
	for range 10 {
		for range 4 + r.IntN(12) {
			switch r.IntN(16) {
			case 0:
				say()
			case 1, 14, 15:
				edit()
			case 2, 3:
				link()
			case 4, 5:
				decide()
			case 6, 7:
				undo()
			case 8:
				observe()
			case 9:
				withdraw()
			case 10:
				shield()
			case 11:
				translate()
			case 12:
				g := l.gap(record.Gap{Source: source, First: "20", Last: "30", From: 100, To: 200, Why: "ids"})
				undoable = append(undoable, l.decide("undo", g, "none after all"))
			case 13:
				l.end(run)
				run = l.run()
				capture = l.capture(run, fmt.Sprint("more/", l.next(), ".json"))
				l.derived(run, picture, catalog.FormatDerived, fmt.Sprint("bread ", l.next()))
			}
		}
		keep()
	}
	// What protects is as it is now: with nothing withdrawn and no name masked now,
	// it is as it was.
	for _, x := range all {
		if x.hidden {
			withdraw := l.decide("restore", x.leaf, "x")
			undoable = append(undoable, withdraw)
		}
		if shielded[x.leaf] {
			l.triage("unshield", record.Triage{Units: [][]uint64{{x.leaf}}})
		}
	}
	keep()
	check := func(c catalog.Catalog) {
		t.Helper()
		for size, want := range then {
			past, err := c.At(ctx, size)
			if err != nil {
				t.Fatalf("At(%d): %v", size, err)
			}
			same(t, fmt.Sprint("at ", size), answers(t, past, size+2), want)
			if err := past.Close(); err != nil {
				t.Error(err)
			}
			if t.Failed() {
				return
			}
		}
	}
	check(c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, place)
	defer again.Close()
	if !t.Failed() && seed == 0 {
		check(again)
	}
}

// protectionStays: what was withdrawn, erased or masked since is so looking back
// too, also in answers that were asked for before.
func protectionStays(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	plain := l.say(source, capture, "1", "bread is dear", 1000)
	gone := l.say(source, capture, "2", "bread of Samir", 1100)
	hidden := l.say(source, capture, "3", "bread of Basma", 1200)
	back := l.say(source, capture, "4", "bread of Hani", 1300)
	l.decide("withdraw", back, "for now")
	l.apply(t, c, 0)
	size := l.next()
	find := func(q string, want ...string) {
		t.Helper()
		past := must[catalog.Catalog](t)(c.At(ctx, size))
		defer past.Close()
		equal(t, q, ids(search(t, past, q, catalog.Page{})), append([]string{}, want...))
	}
	find("bread", "3", "2", "1")
	find("state:withdrawn", "4")
	l.decide("restore", back, "enough")
	l.decide("withdraw", hidden, "he asked")
	l.bury(gone)
	shield := l.triage("shield", record.Triage{Units: [][]uint64{{plain}}, Names: []string{"Samir"}})
	l.apply(t, c, 0)
	find("bread", "1")
	find("samir")
	find("state:withdrawn", "4", "3")
	find("is:shielded", "1")
	past := must[catalog.Catalog](t)(c.At(ctx, size))
	defer past.Close()
	st := must[record.Statement](t)(past.Statement(ctx, gone))
	equal(t, "erased", []any{st.Erased, st.Text}, []any{true, ""})
	equal(t, "withdrawn", must[record.Statement](t)(past.Statement(ctx, hidden)).Withdrawn, true)
	equal(t, "was withdrawn", must[record.Statement](t)(past.Statement(ctx, back)).Withdrawn, true)
	equal(t, "masked", must[[]catalog.Shield](t)(past.Shields(ctx)), []catalog.Shield{{Statement: plain, Names: []string{"Samir"}, Decision: shield, By: "mira"}})
	isErr(t, "the decision was not there", second(past.Decision(ctx, shield)), record.ErrNotFound)
}

// lookingBackAtNothing: the edges, and what cannot be done.
func lookingBackAtNothing(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	l.say(source, capture, "1", "bread is dear", 1000)
	l.apply(t, c, 0)
	none := must[catalog.Catalog](t)(c.At(ctx, 0))
	defer none.Close()
	equal(t, "before anything", ids(search(t, none, "bread", catalog.Page{Total: true})), []string{})
	equal(t, "no source", len(must[[]catalog.SourceStat](t)(none.Sources(ctx))), 0)
	isErr(t, "no entry", second(none.Entry(ctx, 0)), record.ErrNotFound)
	now := must[catalog.Catalog](t)(c.At(ctx, l.next()))
	defer now.Close()
	equal(t, "now", ids(search(t, now, "bread", catalog.Page{})), []string{"1"})
	isErr(t, "beyond the log", second(c.At(ctx, l.next()+1)), record.ErrInvalid)
	isErr(t, "the past is not changed", now.Apply(ctx, &catalog.Batch{From: l.next(), To: l.next() + 1}), record.ErrConflict)
	isErr(t, "nor digested", second(now.Digest(ctx)), record.ErrConflict)
	l.say(source, capture, "2", "bread is dear", 2000)
	l.say(source, capture, "3", "bread is dear", 3000)
	l.apply(t, c, 0)
	r := search(t, c, "bread", catalog.Page{Limit: 2})
	r = search(t, now, "bread", catalog.Page{After: r.Next, Total: true})
	equal(t, "behind a page of today", []any{ids(r), r.Total}, []any{[]string{"1"}, int64(1)})
	earlier := must[catalog.Catalog](t)(now.At(ctx, 4))
	defer earlier.Close()
	equal(t, "earlier than then", ids(search(t, earlier, "bread", catalog.Page{})), []string{})
	var many []catalog.Catalog // more than are kept, all in use
	for size := range l.next() {
		many = append(many, must[catalog.Catalog](t)(c.At(ctx, size)))
	}
	for size, past := range many {
		equal(t, "size", must[uint64](t)(past.Size(ctx)), uint64(size))
		equal(t, "closed", past.Close(), error(nil))
	}
}
