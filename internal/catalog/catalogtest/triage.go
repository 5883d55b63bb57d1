package catalogtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// triage adds a decision about units.
func (l *log) triage(action string, p record.Triage) uint64 {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	d := record.Decision{Leaf: l.next(), At: clock(l.next()), By: "mira", Action: action, Target: p.Units[0][0], Payload: string(b)}
	return l.add(func(b *catalog.Batch) { b.Decisions = append(b.Decisions, d) })
}

func asked(t testing.TB, text string) query.Query {
	t.Helper()
	q, err := query.Parse(text, query.ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// inbox returns the leaves of all units that match, gathered in pages.
func inbox(t testing.TB, c catalog.Catalog, text string, now int64, limit int) []uint64 {
	t.Helper()
	all := []uint64{}
	for page := (catalog.Page{Limit: limit, Now: now, Total: true}); ; {
		r, err := c.Inbox(ctx, asked(t, text), page)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, h := range r.Hits {
			all = append(all, h.Leaf)
		}
		if page.After == "" && limit > 0 && r.Next == "" && r.Total != int64(len(all)) {
			t.Errorf("%s: total %d of %d", text, r.Total, len(all))
		}
		if page.After = r.Next; page.After == "" {
			return all
		}
	}
}

// labelsWithSpaces: one label of two words is not two labels, whichever was asked
// for before.
func labelsWithSpaces(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	a := l.say(source, capture, "1", "the bridge fell", 1000)
	b := l.say(source, capture, "2", "bread is dear", 2000)
	l.end(run)
	l.triage("label", record.Triage{Units: [][]uint64{{a}}, Labels: []string{"to call"}})
	l.triage("label", record.Triage{Units: [][]uint64{{b}}, Labels: []string{"to"}})
	l.apply(t, c, 0)
	for range 2 {
		equal(t, "one of two words", inbox(t, c, `label:"to call"`, 0, 2), []uint64{a})
		equal(t, "either of two", inbox(t, c, "label:to|call", 0, 2), []uint64{b})
	}
}

// units: what stands about families and statements in none.
func units(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	other := l.source("telegram:102", "Hill Post", "telegram")
	a := l.say(source, capture, "1", "the bridge fell", 1000)
	b := l.say(other, capture, "1", "the bridge fell", 1300)
	alone := l.say(source, capture, "2", "bread is dear", 2000)
	late := l.say(other, capture, "2", "the bridge fell", 5000)
	l.end(run)
	l.analyse("repost/1", "", record.FamilyChange{Members: []record.Member{told(a, a, record.RelFirst), told(b, a, record.RelVerbatim)}, Families: []record.Family{family(a, 2, 2, 1000, 1300)}})
	l.apply(t, c, 3)
	find := func(q string, want ...uint64) {
		t.Helper()
		equal(t, q, inbox(t, c, q, 0, 2), append([]uint64{}, want...))
		rev := append([]uint64{}, want...)
		if len(want) == 1 { // the order by the oldest statement is another in general
			equal(t, q+" oldest", inbox(t, c, q+" sort:posted", 0, 1), rev)
		}
	}
	unit := func(leaf uint64) catalog.Unit {
		t.Helper()
		u, err := c.UnitsOf(ctx, []uint64{leaf}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return u[0]
	}
	find("", late, alone, a)
	find("state:new", late, alone, a)
	find("bridge", late, a)
	find("from:hill", late, a)
	find("is:alone", late, alone)
	find("is:copy", a)
	find("is:first", a)
	find("lag:<10m", a)
	find("lag:<5m")
	find("lag:300s..400s", a)
	find("is:first|alone", late, alone, a)
	find("-is:copy", late, alone, a)
	find("-is:alone", a)
	find("-is:first", late, alone, a) // its copy is none
	find("is:first lag:<10m")
	find("is:copy -lag:<5m", a)
	find("bridge is:copy", a)
	find("bridge -is:alone lag:>=5m", a)
	find("bread is:copy")
	find("is:first OR bread", alone, a)
	find("family:"+strconv.FormatUint(a, 10), a)
	u := unit(b)
	equal(t, "unit", []any{u.Leaf, u.Family, u.First.First, u.Newest.First, u.Posts, u.Sources, u.Second, u.Verdict, u.Touched}, []any{a, true, a, b, 2, 2, int64(300), record.New, uint64(0)})

	kept := l.triage("keep", record.Triage{Units: [][]uint64{{a, b}}})
	bread := l.triage("dismiss", record.Triage{Units: [][]uint64{{alone}}})
	l.triage("label", record.Triage{Units: [][]uint64{{a, b}}, Labels: []string{"To Call"}})
	l.triage("assign", record.Triage{Units: [][]uint64{{alone}}, To: "mira"})
	l.apply(t, c, 0)
	find("state:new", late)
	find("state:kept", a)
	find("state:kept|dismissed", alone, a)
	find("-state:kept", late, alone)
	find("state:kept OR bread", alone, a)
	find(`label:"to call"`, a)
	find("assigned:MIRA", alone)
	find("assigned:nobody", late, a)
	find("by:mira", alone, a)
	find("by:nobody")
	find("by:mira state:kept", a)
	find("-by:mira", late)
	find("bridge -by:mira", late)
	find("bread by:mira is:alone", alone)
	find(`is:copy by:mira label:"to call"`, a)
	u = unit(a)
	equal(t, "kept", []any{u.Verdict, u.Decision, u.By, u.At, u.Since, u.Labels, u.Touched}, []any{record.Kept, kept, "mira", clock(kept), 0, []string{"To Call"}, kept + 2})
	equal(t, "labels", must[[]catalog.LabelCount](t)(c.Labels(ctx)), []catalog.LabelCount{{Label: "To Call", N: 2}})

	// A copy that joins does not reopen it; one that was decided about otherwise
	// makes it mixed, and what was kept stays in sight.
	l.analyse("repost/1", "", record.FamilyChange{Members: []record.Member{told(late, a, record.RelVerbatim)}, Families: []record.Family{family(a, 3, 2, 1000, 5000)}})
	l.apply(t, c, 0)
	find("state:new")
	find("lag:>1h", a)
	find("lag:>1h lag:<2h", a)
	find("-is:alone -is:first lag:<4000s", a)
	find("is:alone", alone)
	u = unit(late)
	equal(t, "joined", []any{u.Leaf, u.Verdict, u.Since, u.Mixed, u.Posts, u.Newest.First}, []any{a, record.Kept, 1, false, 3, late})
	dismissed := l.triage("dismiss", record.Triage{Units: [][]uint64{{late}}})
	l.apply(t, c, 0)
	u = unit(a)
	equal(t, "mixed", []any{u.Verdict, u.Decision, u.Mixed, u.Since}, []any{record.Kept, kept, true, 0})
	find("is:mixed", a)
	undo := l.decide("undo", dismissed, "")
	l.apply(t, c, 0)
	find("is:mixed")
	equal(t, "touched by the undo", unit(a).Touched, undo)
	equal(t, "since", len(must[[]record.Decision](t)(c.Touched(ctx, []uint64{a}, kept))), 3)
	redo := l.decide("undo", undo, "")
	l.apply(t, c, 0)
	find("is:mixed", a)
	_ = redo

	// Put off until a time, and a withdrawn statement.
	l.decide("undo", bread, "")
	l.triage("later", record.Triage{Units: [][]uint64{{alone}}, Until: 9000})
	l.apply(t, c, 0)
	find("state:later", alone)
	equal(t, "not due", inbox(t, c, "state:new", 8999, 5), []uint64{})
	equal(t, "due", inbox(t, c, "state:new", 9000, 5), []uint64{alone})
	equal(t, "due, not later", inbox(t, c, "state:later", 9000, 5), []uint64{})
	equal(t, "due among others", inbox(t, c, "state:new bread", 9000, 5), []uint64{alone})
	l.decide("withdraw", alone, "x")
	l.apply(t, c, 0)
	find("state:later")
	find("state:withdrawn", alone)
	find("bread")
	equal(t, "waiting", must[map[record.Verdict]int64](t)(c.Waiting(ctx, 9000))[record.Kept], int64(1))
	ch := must[catalog.Changes](t)(c.Since(ctx, kept))
	equal(t, "since", []any{ch.Statements, ch.Edits, len(ch.Decisions), len(ch.Runs)}, []any{int64(0), int64(0), int(l.next()-kept) - 1, 0})
}

// triageModel: whatever is decided, undone, linked and withdrawn in whatever
// order, the inbox is what a simple model says, in pages of any size, and a
// catalog made anew in batches of another size has the same digest.
func triageModel(t *testing.T, open Open) {
	for seed := range uint64(2) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { triageSeed(t, open, seed) })
	}
}

func triageSeed(t *testing.T, open Open, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	c := fresh(t, open)
	l, _, source, capture := start()
	type said struct {
		leaf  uint64
		value string
	}
	var statements []uint64
	posted := map[uint64]int64{}
	words := map[uint64]string{}
	hidden := map[uint64]bool{}
	home := map[uint64]uint64{}
	members := map[uint64][]uint64{}
	marks := map[uint64][]said{} // by statement, ascending
	undone := map[uint64]bool{}
	base := map[uint64]uint64{} // of an undo: what it took back, in the end
	var undoable []uint64
	say := func() {
		id := len(statements) + 1
		word := []string{"bread", "bridge"}[r.IntN(2)]
		leaf := l.say(source, capture, strconv.Itoa(id), word, int64(1000+r.IntN(500)))
		leafPosted := int64(0)
		l.entries[leaf](&catalog.Batch{})
		b := &catalog.Batch{}
		l.entries[leaf](b)
		leafPosted = b.Statements[0].Posted.Unix
		statements = append(statements, leaf)
		posted[leaf], words[leaf], home[leaf] = leafPosted, word, leaf
		members[leaf] = []uint64{leaf}
		if r.IntN(5) == 0 {
			l.edit(leaf, 2, source, capture, strconv.Itoa(id), word+" again", leafPosted)
		}
	}
	for range 40 {
		say()
	}
	link := func() {
		var units []uint64
		for u := range members {
			units = append(units, u)
		}
		slices.Sort(units)
		x, y := units[r.IntN(len(units))], units[r.IntN(len(units))]
		if x == y {
			return
		}
		anchor := min(x, y)
		all := append(slices.Clone(members[x]), members[y]...)
		change := record.FamilyChange{Families: []record.Family{family(anchor, len(all), 1, 0, 0)}}
		for _, u := range []uint64{x, y} {
			if u != anchor && len(members[u]) > 1 {
				change.NotFamilies = append(change.NotFamilies, u)
				for _, m := range members[u] {
					change.NotMembers = append(change.NotMembers, [2]uint64{m, u})
				}
			}
			delete(members, u)
		}
		slices.Sort(all)
		for _, m := range all {
			how := record.RelVerbatim
			if m == anchor {
				how = record.RelFirst
			}
			change.Members = append(change.Members, told(m, anchor, how))
			home[m] = anchor
		}
		members[anchor] = all
		l.analyse("repost/1", "", change)
	}
	decide := func() {
		var units []uint64
		for u := range members {
			units = append(units, u)
		}
		slices.Sort(units)
		r.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
		var p record.Triage
		for _, u := range units[:1+r.IntN(4)] {
			list := []uint64{u}
			for _, m := range members[u] {
				if m != u {
					list = append(list, m)
				}
			}
			p.Units = append(p.Units, list)
		}
		action := []string{"keep", "dismiss", "later", "reopen", "duplicate"}[r.IntN(5)]
		value := map[string]string{"keep": "kept", "dismiss": "dismissed", "later": "later", "duplicate": "duplicate"}[action]
		leaf := l.triage(action, p)
		for _, u := range p.Units {
			for _, s := range u {
				marks[s] = append(marks[s], said{leaf: leaf, value: value})
			}
		}
		base[leaf] = leaf
		undoable = append(undoable, leaf)
	}
	undo := func() {
		if len(undoable) == 0 {
			return
		}
		i := r.IntN(len(undoable))
		target := undoable[i]
		leaf := l.decide("undo", target, "")
		undone[base[target]] = !undone[base[target]]
		base[leaf] = base[target]
		undoable[i] = leaf // only the newest link of a chain can be taken back
	}
	rank := map[string]int{"": 0, "dismissed": 1, "duplicate": 2, "later": 3, "kept": 4}
	check := func() {
		t.Helper()
		want := map[string][]uint64{}
		at := func(u uint64, word string) int64 {
			best := int64(-1)
			for _, m := range members[u] {
				if !hidden[m] && (word == "" || words[m] == word) {
					best = max(best, posted[m]<<32|int64(m))
				}
			}
			return best
		}
		for u, list := range members {
			state := ""
			for _, s := range list {
				stands := ""
				for _, m := range marks[s] {
					if !undone[m.leaf] {
						stands = m.value
					}
				}
				if rank[stands] > rank[state] {
					state = stands
				}
			}
			if state == "" {
				state = "new"
			}
			for _, word := range []string{"", " bread"} {
				if at(u, strings.TrimSpace(word)) >= 0 {
					want["state:"+state+word] = append(want["state:"+state+word], u)
					if word != "" {
						want["bread"] = append(want["bread"], u)
					}
				}
			}
		}
		for _, q := range []string{"state:new", "state:kept", "state:dismissed", "state:later", "state:duplicate", "state:new bread", "state:kept bread", "state:later bread", "bread"} {
			list := append([]uint64{}, want[q]...)
			slices.Sort(list)
			for _, limit := range []int{1, 3, -1} {
				got := inbox(t, c, q, 0, limit)
				slices.Sort(got)
				if !slices.Equal(got, list) {
					t.Fatalf("%s in pages of %d:\n got %v\nwant %v", q, limit, got, list)
				}
			}
		}
		n := 0
		err := c.AllUnits(ctx, asked(t, "bread"), 0, func(uint64) bool { n++; return true })
		equal(t, "all units", []any{n, err}, []any{len(want["bread"]), error(nil)})
	}
	l.apply(t, c, 7)
	check()
	for step := range 60 {
		switch r.IntN(6) {
		case 0:
			say()
		case 1:
			link()
		case 2, 3:
			decide()
		case 4:
			undo()
		case 5:
			s := statements[r.IntN(len(statements))]
			if hidden[s] = !hidden[s]; hidden[s] {
				l.decide("withdraw", s, "x")
			} else {
				l.decide("restore", s, "x")
			}
		}
		if step%6 == 5 {
			l.apply(t, c, uint64(step%3))
			check()
		}
	}
	again := fresh(t, open)
	l.apply(t, again, 1)
	equal(t, "digest", fmt.Sprint(must[record.Digest](t)(again.Digest(ctx))), fmt.Sprint(must[record.Digest](t)(c.Digest(ctx))))
}

// newOnly: what came in since, and units among many that are decided about.
func newOnly(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	for i := range 300 {
		l.say(source, capture, strconv.Itoa(i), "common word", int64(1000+i))
	}
	from := l.next()
	x := l.say(source, capture, "1000", "common word", 500)
	l.apply(t, c, 0)
	r := must[catalog.Result](t)(c.Search(ctx, asked(t, "common"), catalog.Page{From: from, Total: true}))
	equal(t, "new hits", []any{len(r.Hits), r.Hits[0].First, r.Total}, []any{1, x, int64(1)})
	var all [][]uint64
	for leaf := from - 300; leaf < from-10; leaf++ {
		all = append(all, []uint64{leaf})
	}
	l.triage("dismiss", record.Triage{Units: all})
	l.apply(t, c, 0)
	equal(t, "few are new", len(inbox(t, c, "state:new common", 0, 4)), 11)
	equal(t, "many are not", len(inbox(t, c, "state:dismissed common", 0, 50)), 290)
}

// manyEdits: a decision of many says of each unit what its own part says, the
// later where two speak of one thing, and one undo takes all of it back.
func manyEdits(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	one := l.say(source, capture, "1", "one", 100)
	two := l.say(source, capture, "2", "two", 200)
	three := l.say(source, capture, "3", "three", 300)
	l.triage("label", record.Triage{Units: [][]uint64{{two}}, Labels: []string{"old"}})
	l.triage("keep", record.Triage{Units: [][]uint64{{three}}})
	b, err := json.Marshal(record.Edits{Units: [][]uint64{{one}, {two}, {three}}, Edits: []record.Edit{
		{Action: "dismiss", Units: []int{0}}, {Action: "keep", Units: []int{0, 1}, Reason: "both"}, {Action: "label", Units: []int{0, 1, 1}, Labels: []string{"new", "new"}},
		{Action: "unlabel", Units: []int{1}, Labels: []string{"old"}}, {Action: "duplicate", Units: []int{2}, Of: one}, {Action: "assign", Units: []int{2}, To: "mira"},
		{Action: "shield", Units: []int{0}}, {Action: "nonsense", Units: []int{0}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	d := record.Decision{Leaf: l.next(), At: clock(l.next()), By: "noor", Action: "edit", Target: one, Payload: string(b)}
	leaf := l.add(func(b *catalog.Batch) { b.Decisions = append(b.Decisions, d) })
	l.apply(t, c, 0)
	type standing struct {
		verdict  record.Verdict
		of       uint64
		labels   string
		assignee string
		shielded bool
		by       string
		touched  uint64
	}
	look := func() (all []standing) {
		for _, u := range must[[]catalog.Unit](t)(c.UnitsOf(ctx, []uint64{one, two, three}, 0)) {
			all = append(all, standing{u.Verdict, u.Of, strings.Join(u.Labels, ","), u.Assignee, u.Shielded, u.By, u.Touched})
		}
		return all
	}
	equal(t, "after the edits", look(), []standing{{record.Kept, 0, "new", "", false, "noor", leaf}, {record.Kept, 0, "new", "", false, "noor", leaf}, {record.Duplicate, one, "", "mira", false, "noor", leaf}})
	equal(t, "kept", inbox(t, c, "state:kept sort:posted", 0, 5), []uint64{one, two})
	equal(t, "by", inbox(t, c, "by:noor sort:posted", 0, 5), []uint64{one, two, three})
	undo := l.decide("undo", leaf, "")
	l.apply(t, c, 0)
	equal(t, "after the undo", look(), []standing{{record.New, 0, "", "", false, "", undo}, {record.New, 0, "old", "", false, "", undo}, {record.Kept, 0, "", "", false, "mira", undo}})
	again := l.decide("undo", undo, "")
	l.apply(t, c, 0)
	equal(t, "after that was undone", look()[1], standing{record.Kept, 0, "new", "", false, "noor", again})
}
