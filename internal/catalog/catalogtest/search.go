package catalogtest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

func at(s string) int64 {
	var w record.When
	if err := w.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return w.Unix
}

// library is a log whose statements the searches know: ids are letters.
func library() (l *log, run, source, capture uint64) {
	l, run, source, capture = start()
	sahil := l.source("web:sahil.example", "أخبار الساحل", "web")
	lang := func(tag string) func(*record.Statement) { return func(st *record.Statement) { st.Lang = tag } }
	l.say(source, capture, "a", "The bridge over the river was closed at 20:41.", at("2020-11-17T18:00:00Z"))
	l.say(source, capture, "b", "A rocket fell near the bridge, a drone circled over the old base.", at("2020-11-18T09:00:00Z"),
		func(st *record.Statement) { st.Media = []record.Media{{Kind: "photo", Path: "x.jpg"}} })
	l.say(source, capture, "c", "Rockets, again.", at("2020-12-01T00:00:00Z"), func(st *record.Statement) {
		st.Forward = &record.Forward{From: record.Party{Name: "Hill"}}
		st.ReplyTo = "b"
	})
	l.say(sahil, capture, "d", "بيان صادر عن أصحاب الكهف حول السفارة", at("2021-01-05T12:00:00Z"), lang("ar"))
	l.say(sahil, capture, "e", "نفت أصحابُ الكهـف ذلك، ولم تذكر السفارةَ ٢٥ مرة", at("2021-01-06T12:00:00Z"), lang("ar"))
	l.say(sahil, capture, "f", "او می\u200cرود به كتابخانه", at("2021-02-01T12:00:00Z"), lang("fa"))
	l.say(sahil, capture, "g", "הגשר נסגר אתמול, אמר דובר צה״ל", at("2021-02-02T12:00:00Z"), lang("he"))
	l.say(sahil, capture, "h", "Ashab al-Kahf denied it; the Qur'an school stayed open.", at("2021-02-03T12:00:00Z"), func(st *record.Statement) {
		st.Kind, st.Title, st.Lang = record.Article, "Denial from the valley", "en-GB"
		st.Entities = []record.Entity{{Kind: "link", Offset: 0, Length: 5}}
	})
	l.say(sahil, capture, "i", "Undated notice about the ferry.", 0, func(st *record.Statement) {
		st.Posted = record.When{}
		st.Kind = record.Document
		st.Flags = []record.Flag{record.FlagTruncated}
	})
	return l, run, source, capture
}

func searches(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, _, _ := library()
	l.end(run)
	second := l.run()
	capture := l.capture(second, "second.json")
	l.say(l.source("file:notes", "Field notes", "file"), capture, "j", "A later find, unlike the rest.", at("2019-05-01T00:00:00Z"))
	l.apply(t, c, 4)
	for _, s := range []struct{ text, want string }{
		{"", "hgfedcbaji"}, // i has no time: the newest first, it is last
		{"sort:posted", "ijabcdefgh"},
		{"bridge", "ba"},
		{"BRIDGE river", "a"},
		{"bridge -rocket", "a"},
		{"-bridge -lang:ar sort:posted", "ijcfgh"},
		{"river OR drone", "ba"},
		{"-drawn bridge", "ba"},             // what excludes is not spread to other spellings
		{"Kohf -Kahf", "ed"}, {"drawn", ""}, // drone has the same consonants, and is another word
		{"(river OR drone) rocket", "b"},
		{"river OR (drone base)", "ba"},
		{"-(river OR drone) bridge", ""},
		{`"the bridge"`, "ba"},
		{`"bridge the"`, ""},
		{`"drone base"~5`, "b"},
		{`"base drone"~5`, "b"},
		{`"drone base"~2`, ""},
		{"rocket", "b"},
		{"rocket*", "cb"},
		{"roket~1", "b"},
		{"rokcet~1", "b"},
		{"exact:Rockets", "c"},
		{"exact:rockets", ""},
		{"20:41", "a"},
		{"41:20", ""},
		// Arabic, Persian and Hebrew: spelling, digits, vowel signs, affixes, joiners.
		{"اصحاب", "hed"},
		{"أصحاب الكهف", "hed"},
		{`"أصحاب الكهف"`, "ed"},
		{`"اصحاب الكهف"`, "ed"},
		{"exact:أصحاب", "d"},
		{"25", "e"},
		{"سفارة", "ed"},
		{"كتابخانه", "f"},
		{"کتابخانه", "f"},
		{"می\u200cرود", "f"},
		{"میرود", "f"},
		{"می رود", "f"},
		{"הגשר", "g"},
		{"quran", "h"},
		// Names in another script, articles of their own.
		{"Ashab al Kahf", "hed"},
		{"Ashab al-Kahf", "hed"},
		{"Ashab al Kahf lang:ar", "ed"},
		{"denial", "h"}, // in the title
		// Filters.
		{"lang:ar", "ed"},
		{"lang:ar|fa", "fed"},
		{"lang:en", "hcbaji"},
		{"lang:en-gb", "h"},
		{"type:article|document", "hi"},
		{"has:image", "b"},
		{"has:media -rocket", ""},
		{"has:forward", "c"},
		{"has:reply", "c"},
		{"has:link|flag", "hi"},
		{"from:telegram:101 bridge", "ba"},
		{"from:101 bridge", "ba"},
		{`from:"valley news" has:image`, "b"},
		{"from:الساحل lang:fa", "f"},
		{"from:nobody", ""},
		{"-from:nobody bridge", "ba"},
		{"source:web lang:he", "g"},
		{"source:file", "j"},
		{"edited:no bridge", "ba"},
		{"state:withdrawn", ""},
		{"import:1 rocket*", "cb"},
		{"import:" + strconv.FormatUint(second, 10), "j"},
		{"import:1 -lang:ar|en", "gf"},
		{"capture:" + strconv.FormatUint(capture, 10), "j"},
		// Times.
		{"posted:2020-11-17", "a"},
		{"posted:2020-11-17..2020-11-18", "ba"},
		{"posted:2020", "cba"},
		{"posted:>2020 lang:ar", "ed"},
		{"posted:<2020-11-18", "aj"},
		{"posted:2020-11-17T18:00:00Z", "a"},
		{"posted:..2022", "hgfedcbaj"}, // whatever is asked of the time, i is not in it
		{"posted:1800..", "hgfedcbaj"},
		{"-posted:2020", "hgfedji"},
		{"posted:2020-11-17 OR lang:he", "ga"},
		{"posted:2020 posted:2020-12", "c"},
		{"captured:2022 lang:ar", "ed"},
		{"captured:2021", ""},
		{"captured:<2023 rocket", "b"},
		{"-captured:2022", ""},
	} {
		r := search(t, c, s.text, catalog.Page{Total: true})
		if got := strings.Join(ids(r), ""); got != s.want {
			t.Errorf("Search(%q) = %q, want %q", s.text, got, s.want)
		}
		if r.Total != int64(len(s.want)) || !r.Exact || r.Next != "" {
			t.Errorf("Search(%q): total %d exact %v next %q, want %d true", s.text, r.Total, r.Exact, r.Next, len(s.want))
		}
	}
	if _, err := c.Search(ctx, query.Query{Root: query.Filter{Key: "colour", Values: []string{"red"}}}, catalog.Page{}); err == nil {
		t.Error("a filter that does not exist was taken")
	}
	_, err := c.Search(ctx, query.Query{}, catalog.Page{After: "nonsense"})
	isErr(t, "nonsense page", err, record.ErrInvalid)
}

func whyAndWhere(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := library()
	long := strings.Repeat("One sentence of many about nothing much. ", 40) + "Then the ferryman spoke. " + strings.Repeat("And so on and on. ", 40)
	l.say(source, capture, "k", long, at("2018-01-01T00:00:00Z"))
	l.apply(t, c, 0)
	for _, s := range []struct {
		text, id string
		why      []catalog.Match
		marked   []string
	}{
		{"bridge", "a", []catalog.Match{{Term: "bridge", Met: "bridge", How: "word"}}, []string{"bridge"}},
		{`"the bridge" rocket`, "b", []catalog.Match{{Term: "the bridge", Met: "the bridge", How: "phrase"}, {Term: "rocket", Met: "rocket", How: "word"}}, []string{"rocket", "the bridge"}},
		{`"drone base"~5`, "b", []catalog.Match{{Term: "drone base", Met: "drone circled over the old base", How: "near"}}, []string{"drone circled over the old base"}},
		{"rock*", "b", []catalog.Match{{Term: "rock", Met: "rocket", How: "start"}}, []string{"rocket"}},
		{"roket~1", "b", []catalog.Match{{Term: "roket", Met: "rocket", How: "fuzzy"}}, []string{"rocket"}},
		{"اصحاب", "e", []catalog.Match{{Term: "اصحاب", Met: "أصحابُ", How: "spelling"}}, []string{"أصحابُ"}},
		{"سفارة", "d", []catalog.Match{{Term: "سفارة", Met: "السفارة", How: "article"}}, []string{"السفارة"}},
		{"Kahf", "e", []catalog.Match{{Term: "Kahf", Met: "الكهـف", How: "name"}}, []string{"الكهـف"}},
		{"میرود", "f", []catalog.Match{{Term: "میرود", Met: "می\u200cرود", How: "spelling"}}, []string{"می\u200cرود"}},
		{"quran", "h", []catalog.Match{{Term: "quran", Met: "Qur'an", How: "spelling"}}, []string{"Qur'an"}},
		{"denial -bridge", "h", []catalog.Match{{Term: "denial", Met: "Denial", How: "word"}}, nil},
		{"ferryman", "k", []catalog.Match{{Term: "ferryman", Met: "ferryman", How: "word"}}, []string{"ferryman"}},
		{"lang:he", "g", nil, nil},
	} {
		r := search(t, c, s.text, catalog.Page{})
		i := slices.Index(ids(r), s.id)
		if i < 0 {
			t.Errorf("Search(%q): %s is not among %v", s.text, s.id, ids(r))
			continue
		}
		h := r.Hits[i]
		equal(t, "Why of "+s.text, h.Why, s.why)
		var marked []string
		for _, m := range h.Marks {
			if m[0] < 0 || m[1] > len(h.Snippet) || m[0] >= m[1] {
				t.Fatalf("Search(%q): mark %v of a snippet of %d bytes", s.text, m, len(h.Snippet))
			}
			marked = append(marked, h.Snippet[m[0]:m[1]])
		}
		equal(t, "marked by "+s.text, marked, s.marked)
		if !strings.Contains(h.Text, h.Snippet) {
			t.Errorf("Search(%q): snippet %q is no part of the text", s.text, h.Snippet)
		}
		if s.id == "k" && len(h.Snippet) > 600 {
			t.Errorf("a snippet of %d bytes", len(h.Snippet))
		}
	}
}

func nothingFound(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, _, _ := library()
	l.apply(t, c, 0)
	for text, want := range map[string][]string{
		"bridge zeppelin":       {"zeppelin"},
		`zeppelin "bridge the"`: {"zeppelin", "bridge the"},
		"bridge ferry":          nil,
		"bridge lang:he":        nil,
		"bridge -bridge":        nil,
		"zeppelin -balloon":     {"zeppelin"},
		"balloon OR zeppelin":   {"balloon", "zeppelin"},
		"bridge":                nil,
	} {
		equal(t, "ZeroBecause of "+text, search(t, c, text, catalog.Page{}).ZeroBecause, want)
	}
}

func earlierVersions(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "seven were hurt at the mill", 100)
	l.say(source, capture, "2", "the mill again", 50)
	l.apply(t, c, 0)
	l.edit(a, 2, source, capture, "1", "three were hurt at the mill", 100)
	l.apply(t, c, 0)
	r := search(t, c, "seven", catalog.Page{Total: true})
	if len(r.Hits) != 1 || r.Hits[0].Version != 1 || r.Hits[0].Until == 0 || r.Total != 1 {
		t.Errorf("old wording: %+v", r)
	}
	for text, want := range map[string][]string{"mill": {"1", "2"}, "mill sort:posted": {"2", "1"}, "mill sort:relevance": {"2", "1"},
		"edited:yes": {"1"}, "seven edited:yes": {"1"}, "edited:no": {"2"}, "hurt posted:1970": {"1"}, "mill captured:2022": {"1", "2"}} {
		r := search(t, c, text, catalog.Page{Total: true})
		equal(t, text, ids(r), want)
		equal(t, "total of "+text, r.Total, int64(len(want)))
		for _, h := range r.Hits {
			if h.ExternalID == "1" && text != "seven edited:yes" && h.Version != 2 {
				t.Errorf("%s: version %d, want the current one", text, h.Version)
			}
		}
	}
}

func withdrawnAndErased(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "the mill burned", 100)
	b := l.say(source, capture, "2", "the mill stood", 200)
	l.say(source, capture, "3", "the mill turned", 300)
	b2 := l.edit(b, 2, source, capture, "2", "the mill stood firm", 200)
	l.apply(t, c, 0)
	equal(t, "before", ids(search(t, c, "mill", catalog.Page{})), []string{"3", "2", "1"})
	l.decide("withdraw", a, "x")
	l.bury(b2)
	l.apply(t, c, 0)
	for text, want := range map[string][]string{"mill": {"3", "2"}, "": {"3", "2"}, "firm": {}, "stood": {"2"}, "burned": {}, "sort:posted": {"2", "3"},
		"mill sort:relevance": {"3", "2"}, "state:withdrawn": {"1"}, "mill state:withdrawn": {"1"}} {
		r := search(t, c, text, catalog.Page{Total: true})
		equal(t, "Search "+text, ids(r), want)
		equal(t, "total of "+text, r.Total, int64(len(want)))
	}
	l.decide("restore", a, "y")
	l.bury(b)
	l.apply(t, c, 0)
	equal(t, "after", ids(search(t, c, "mill", catalog.Page{Total: true})), []string{"3", "1"})
	equal(t, "state:withdrawn", ids(search(t, c, "state:withdrawn", catalog.Page{})), []string{})
	equal(t, "stood", ids(search(t, c, "stood", catalog.Page{})), []string{})
}

func pages(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	var want []string
	for i := range 137 {
		id := strconv.Itoa(i)
		// Several share a second; every third is edited later.
		leaf := l.say(source, capture, id, "common word "+strings.Repeat("more ", i%7), int64(1000+i/4))
		want = append(want, id)
		if i%3 == 0 {
			l.edit(leaf, 2, source, capture, id, "common word, edited", int64(1000+i/4))
		}
	}
	l.apply(t, c, 50)
	for _, order := range []string{"", " sort:posted", " sort:relevance"} {
		for _, limit := range []int{1, 10, 50, 136, 137, 138, 0, -1} {
			var got []string
			after, n := "", 0
			for {
				r := search(t, c, "common"+order, catalog.Page{Limit: limit, After: after})
				got = append(got, ids(r)...)
				if n++; r.Next == "" {
					break
				}
				if size := max(limit, 0) + 50*(1-min(limit*limit, 1)); len(r.Hits) != size {
					t.Fatalf("limit %d: a page of %d with another behind it", limit, len(r.Hits))
				}
				if n > 200 {
					t.Fatal("pages without end")
				}
				after = r.Next
			}
			if limit == -1 && n != 1 {
				t.Errorf("every hit, in %d pages", n)
			}
			back(t, c, "common"+order, limit, got)
			slices.Sort(got)
			sorted := slices.Sorted(slices.Values(want))
			equal(t, fmt.Sprintf("all pages of %d%s", limit, order), got, sorted)
		}
	}
	r := search(t, c, "common", catalog.Page{Limit: 5})
	equal(t, "no total", r.Total, int64(-1))
	for i := 1; i < len(r.Hits); i++ {
		if r.Hits[i].Posted.Unix > r.Hits[i-1].Posted.Unix {
			t.Error("not newest first")
		}
	}
}

// back goes to the last page and from there to the first.
func back(t *testing.T, c catalog.Catalog, text string, limit int, want []string) {
	t.Helper()
	r := search(t, c, text, catalog.Page{Limit: limit})
	equal(t, "before the first page", r.Prev, "")
	for r.Next != "" {
		r = search(t, c, text, catalog.Page{Limit: limit, After: r.Next})
	}
	got := ids(r)
	for n := 0; r.Prev != ""; n++ {
		if n > 200 {
			t.Fatal("pages without end")
		}
		here := r.Hits[0].ExternalID
		r = search(t, c, text, catalog.Page{Limit: limit, Before: r.Prev})
		if again := search(t, c, text, catalog.Page{Limit: 1, After: r.Next}); len(again.Hits) != 1 || again.Hits[0].ExternalID != here {
			t.Fatalf("%s, %d a page: behind a page reached from behind is not where it came from", text, limit)
		}
		got = append(ids(r), got...)
	}
	equal(t, fmt.Sprintf("all pages of %d from behind, %s", limit, text), got, want)
}

// counted counts by time, exactly where few match and nearly where many do.
func counted(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	const n = 30_000
	var first uint64
	for i := range n {
		leaf := l.say(source, capture, strconv.Itoa(i), "common word", int64(1_000_000+i/3)) // three a second
		if i == 10 {
			first = leaf
		}
	}
	l.edit(first, 2, source, capture, "10", "rare word", 1_000_003)
	for i := range 5 {
		l.say(source, capture, "rare"+strconv.Itoa(i), "rare word", int64(1_000_500+2000*i))
	}
	l.apply(t, c, 10_000)
	count := func(text string, edges ...int64) []catalog.Count {
		t.Helper()
		q, err := query.Parse(text, query.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.CountPosted(t.Context(), q, 0, edges)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	equal(t, "few", count("rare", 1_000_000, 1_002_000, 1_004_000, 1_100_000, 1_200_000),
		[]catalog.Count{{N: 2, Exact: true}, {N: 1, Exact: true}, {N: 3, Exact: true}, {N: 0, Exact: true}})
	equal(t, "none", count("nowhere", 1_000_000, 1_002_000), []catalog.Count{{N: 0, Exact: true}})
	equal(t, "within a range", count("rare posted:1970-01-12T13:46:40z..1970-01-12T14:20:00z", 1_000_000, 1_100_000), []catalog.Count{{N: 2, Exact: true}})
	for _, x := range count("common", 1_000_000, 1_005_000, 1_010_000) {
		if x.N < 14_000 || x.N > 16_000 {
			t.Errorf("15,000 hits are counted as %d", x.N)
		}
	}
	if x := count("common", 1_000_000, 1_010_000)[0]; x.N < 29_000 || x.N > 31_000 {
		t.Errorf("30,000 hits in one stretch are counted as %d", x.N)
	}
	if _, err := c.CountPosted(t.Context(), query.Query{}, 0, []int64{5}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("one edge: %v", err)
	}
	if _, err := c.CountPosted(t.Context(), query.Query{}, 0, []int64{5, 5}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("no time between edges: %v", err)
	}
}

func pagesWhileAdding(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	var want []string
	var leaves []uint64
	for i := range 40 {
		leaves = append(leaves, l.say(source, capture, strconv.Itoa(i), "common word", int64(1000+10*i)))
		want = append(want, strconv.Itoa(39-i))
	}
	l.apply(t, c, 0)
	var got []string
	for after, n := "", 0; ; n++ {
		r := search(t, c, "common", catalog.Page{Limit: 7, After: after})
		got = append(got, ids(r)...)
		if after = r.Next; after == "" {
			break
		}
		// New ones before, on and behind the page; new versions of old ones.
		for _, posted := range []int64{5000, 1000 + 10*int64(40-7*n), 900} {
			l.say(source, capture, "new"+strconv.Itoa(int(l.next())), "common word", posted)
		}
		i := (n * 11) % 40
		l.edit(leaves[i], 2, source, capture, strconv.Itoa(i), "common word again", int64(1000+10*i))
		l.apply(t, c, 0)
	}
	equal(t, "pages", got, want)
}

// manyCounted counts more hits than an implementation is likely to look at in
// one go, and more than it has to count exactly.
func manyCounted(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	for i := range 9_000 {
		l.say(source, capture, strconv.Itoa(i), "common word", int64(1000+i))
	}
	l.apply(t, c, 3_000)
	r := search(t, c, "common", catalog.Page{Limit: 5, Total: true})
	equal(t, "total below 10,000", []any{r.Total, r.Exact}, []any{int64(9_000), true})
	for i := range 2_000 {
		l.say(source, capture, "more"+strconv.Itoa(i), "common word", int64(20_000+i))
	}
	l.apply(t, c, 0)
	r = search(t, c, "common", catalog.Page{Limit: 5, Total: true})
	equal(t, "total above 10,000", []any{r.Total, r.Exact}, []any{int64(10_000), false})
}

func relevance(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	l.say(source, capture, "much", "ferry ferry ferry", 100)
	l.say(source, capture, "some", "the ferry crossed the river again and the people on the bank waved at it for a long time", 300)
	for i := range 20 {
		l.say(source, capture, "none"+strconv.Itoa(i), "nothing of the kind", 200)
	}
	l.apply(t, c, 0)
	r := search(t, c, "ferry sort:relevance", catalog.Page{})
	equal(t, "order", ids(r), []string{"much", "some"})
	if r.Hits[0].Score <= r.Hits[1].Score || r.Hits[1].Score <= 0 {
		t.Errorf("scores %v, %v", r.Hits[0].Score, r.Hits[1].Score)
	}
	if r := search(t, c, "ferry", catalog.Page{}); r.Hits[0].Score != 0 {
		t.Errorf("a score of %v in order of time", r.Hits[0].Score)
	}
}

func readersBesideWriter(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	l.apply(t, c, 0)
	const batches, each = 30, 20
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			last := uint64(0)
			for {
				size, err := c.Size(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				if size < last || (size-4)%each != 0 {
					t.Errorf("size %d after %d: not whole batches", size, last)
					return
				}
				last = size
				r, err := c.Search(ctx, query.Query{Root: query.Words{Raw: "common", Terms: []string{"common"}}}, catalog.Page{Limit: 7})
				if err != nil {
					t.Error(err)
					return
				}
				for _, h := range r.Hits {
					if h.Text != "common word" {
						t.Errorf("hit %+v", h)
					}
				}
				if _, err := c.Stats(ctx); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range batches {
		for j := range each {
			l.say(source, capture, strconv.Itoa(i*each+j), "common word", int64(i))
		}
		l.apply(t, c, each)
	}
	close(done)
	wg.Wait()
	equal(t, "total", search(t, c, "common", catalog.Page{Total: true}).Total, int64(batches*each))
}

// history is a log in which everything happens that changes a row.
func history() *log {
	l, run, source, capture := library()
	st := everything(source, capture)
	st.Leaf, st.First = l.next(), l.next()
	whole := l.statement(st)
	l.edit(whole, 2, source, capture, st.ExternalID, "second wording", -86400)
	l.missing(whole, run)
	l.end(run)
	run = l.run()
	again := l.capture(run, "again.json")
	a := l.say(source, again, "z", "zeta", 5)
	l.seen(whole, run)
	l.missing(a, run)
	w := l.decide("withdraw", a, "x")
	l.edit(whole, 3, source, again, st.ExternalID, "third wording", -86400)
	l.decide("undo", w, "y")
	l.decide("withdraw", whole, "z")
	l.gap(record.Gap{Source: source, First: "1", Last: "3", From: record.NoSeconds, To: 7, Why: "ids"})
	b := l.say(source, again, "y", "secretive zephyr", 6)
	l.bury(b)
	l.end(run)
	l.other(record.LeafConfig)
	return l
}

func digest(t *testing.T, open Open) {
	var want record.Digest
	for _, each := range []uint64{0, 1, 3, 7, 16} {
		c := fresh(t, open)
		history().apply(t, c, each)
		got := must[record.Digest](t)(c.Digest(ctx))
		if each == 0 {
			want = got
		}
		equal(t, fmt.Sprintf("Digest of batches of %d", each), got, want)
		equal(t, "search", ids(search(t, c, "", catalog.Page{})), []string{"h", "g", "f", "e", "d", "c", "b", "a", "z", "i"})
	}
	l := history()
	l.other(record.LeafConfig)
	c := fresh(t, open)
	l.apply(t, c, 0)
	if must[record.Digest](t)(c.Digest(ctx)) == want {
		t.Error("one entry more, and the same digest")
	}
}

func reopening(t *testing.T, open Open) {
	place := t.TempDir()
	l := history()
	c := open(t, place)
	l.apply(t, c, 5)
	want := must[record.Digest](t)(c.Digest(ctx))
	hits := ids(search(t, c, "the", catalog.Page{}))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	c = open(t, place)
	equal(t, "Size", must[uint64](t)(c.Size(ctx)), l.next())
	equal(t, "Digest", must[record.Digest](t)(c.Digest(ctx)), want)
	equal(t, "hits", ids(search(t, c, "the", catalog.Page{})), hits)
	l.say(2, 3, "later", "a later word", 900)
	l.apply(t, c, 0)
	equal(t, "later", ids(search(t, c, "later", catalog.Page{})), []string{"later"})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// withoutATime: what states no time comes last where the newest comes first, in
// lists of statements and of units, page by page; of several the newest capture is
// the first. No range of times holds it.
func withoutATime(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	notes := l.source("file:notes", "Field notes", "file")
	old := l.say(source, capture, "1", "the ferry left", at("1850-01-01T00:00:00Z"))
	var bare []uint64
	for i := range 3 {
		bare = append(bare, l.say(notes, capture, fmt.Sprint("u", i), "the ferry, on a day nobody wrote down", 0, undated, func(st *record.Statement) { st.CapturedAt += int64(i) * 3_600_000 }))
	}
	young := l.say(source, capture, "2", "the ferry came back", at("2021-03-01T08:00:00Z"))
	l.end(run)
	l.apply(t, c, 0)
	want := []uint64{young, old, bare[2], bare[1], bare[0]}
	for _, text := range []string{"", "ferry", "state:new", "state:new ferry"} {
		for limit := 1; limit <= len(want); limit++ {
			equal(t, fmt.Sprintf("Inbox(%q) by %d", text, limit), inbox(t, c, text, 0, limit), want)
			equal(t, fmt.Sprintf("Search(%q) by %d", text, limit), ids(search(t, c, text, catalog.Page{Limit: limit})), []string{"2", "1", "u2", "u1", "u0"}[:limit])
		}
	}
	for _, text := range []string{"posted:..2030", "posted:1700..", "posted:1850..2021 ferry"} {
		equal(t, text, inbox(t, c, text, 0, 2), []uint64{young, old})
	}
}
