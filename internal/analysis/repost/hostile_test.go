package repost

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dalil/internal/analysis"
	"dalil/internal/analysis/analysistest"
	"dalil/internal/language"
	"dalil/internal/record"
)

// inventedWords are n words, the same every time.
func inventedWords(n int) []string {
	syllables := strings.Fields("ka mi tor bel nu sha wen dri lo pa ghu zer ti mo fal ris")
	list := make([]string, n)
	for i := range list {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		for range 2 + r.IntN(3) {
			list[i] += syllables[r.IntN(len(syllables))]
		}
	}
	return list
}

// prose returns n invented words in a row.
func prose(r *rand.Rand, words []string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = words[r.IntN(len(words))]
	}
	return list
}

// noon is when most posts of the tests are from.
func noon(day int) int64 { return time.Date(2025, 6, 1+day, 12, 0, 0, 0, time.UTC).Unix() }

// TestErasedFromScratch searches the files for what they held of an erased text.
func TestErasedFromScratch(t *testing.T) {
	posts := generated(t, 600, 3, 5)
	c := analysistest.New()
	leaves := c.Add(posts)
	must(t, c)
	h := hasher{key: hasher{}.whole(string(c.Key()))}
	for n, i := range []int{0, 17, 18, 99, 400, 401, len(posts) - 1} {
		text := posts[i].Text
		dup := language.Dup(text)
		if words(dup) < fewWords {
			continue
		}
		var s sketcher
		s.sketch(h.shingles(nil, dup))
		sketch := s.digest()
		// Other posts that say the same have the same sketch, by right.
		others := 0
		for k, p := range posts {
			if k != i && language.Dup(p.Text) == dup && c.At(leaves[k]).Leaf != 0 {
				others++
			}
		}
		held := func() (n int) {
			le := binary.LittleEndian
			for _, b := range c.Files() {
				n += bytes.Count(b, le.AppendUint64(le.AppendUint64(nil, sketch[0]), sketch[1]))
				n += bytes.Count(b, le.AppendUint64(nil, h.whole(dup)))
			}
			return n
		}
		before := held()
		if before == 0 {
			t.Fatalf("post %d: its sketch is not in the files to begin with", i)
		}
		c.Erase(leaves[i])
		must(t, c)
		if after := held(); after > 2*others {
			t.Errorf("erasure %d: the files hold the sketch or the hash of an erased text %d times, for %d others that say the same", n, after, others)
		}
	}
	// The postings of a text that is gone are gone as well.
	var st state
	mustDecode(t, c, &st)
	gone := map[uint32]bool{}
	var all rows
	for _, name := range st.Segments {
		g, err := openSegment(c.Scratch(), name, &all)
		if err != nil {
			t.Fatal(err)
		}
		for n := range uint32(all.len()) {
			if x := all.at(n); x.flags&rowGone != 0 {
				gone[n] = true
				if *x != (row{leaf: x.leaf, first: x.first, flags: rowGone}) {
					t.Errorf("row %d of an erased text is %+v", n, *x)
				}
			}
		}
		for p := range parts {
			for _, x := range postings(t, g, p) {
				if gone[textOf(x)] {
					t.Fatalf("a posting of erased text %d", textOf(x))
				}
			}
		}
	}
	if len(gone) < 5 {
		t.Errorf("%d rows are gone", len(gone))
	}
}

// postings reads a partition of a segment.
func postings(t testing.TB, g *segment, p int) (all []uint64) {
	t.Helper()
	c := g.cursor(p)
	for r := range len(g.parts[p].dir) - 1 {
		if err := c.load(r); err != nil {
			t.Fatal(err)
		}
		all = append(all, c.buf...)
	}
	return all
}

func mustDecode(t testing.TB, c *analysistest.Case, st *state) {
	t.Helper()
	r := runner{ctx: context.Background(), view: c, index: index{scratch: c.Scratch()}}
	if err := r.open(); err != nil {
		t.Fatal(err)
	}
	*st = r.state
	r.index.close()
}

func TestSegments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	scratch := analysistest.New().Scratch()
	var all rows
	var lists [parts][]uint64
	var segments []*segment
	base := uint32(0)
	for range 4 {
		var counts [parts]int64
		var mine [parts][]uint64
		n := 1000 + r.IntN(30_000)
		for range n {
			at := uint32(all.len())
			x := row{leaf: at + 5, first: at + 5, posted: r.Uint32(), source: 3, dup: r.Uint64(), fps: uint16(r.Uint32()), flags: uint16(r.IntN(8)) &^ rowGone}
			x.sketch[2], x.mask[1] = r.Uint64(), r.Uint32()
			all.add(x)
			for _, p := range []int{0, 1, bands - 1, partFingers, partExact, partName} {
				if r.IntN(3) > 0 {
					mine[p] = append(mine[p], posting(r.Uint64()>>uint(r.IntN(2)*40), byte(r.IntN(255)), at))
				}
			}
		}
		for p := range mine {
			mine[p], _ = sortPostings(mine[p], nil)
			if !slices.IsSortedFunc(mine[p], func(a, b uint64) int { return int(int64(a>>codeAt) - int64(b>>codeAt)) }) {
				t.Fatal("not sorted")
			}
			lists[p] = append(lists[p], mine[p]...)
			counts[p] = int64(len(mine[p]))
		}
		w, err := newSegmentWriter(scratch, base, &all, uint32(all.len()), counts)
		if err != nil {
			t.Fatal(err)
		}
		for p := range mine {
			half := len(mine[p]) / 2
			if err := errors.Join(w.add(p, mine[p][:half]), w.add(p, mine[p][half:])); err != nil {
				t.Fatal(err)
			}
		}
		name, err := w.commit()
		if err != nil {
			t.Fatal(err)
		}
		g, err := openSegment(scratch, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		segments = append(segments, g)
		base = uint32(all.len())
	}
	for round := range 2 {
		name, err := merge(scratch, segments, &all)
		if err != nil {
			t.Fatal(err)
		}
		var read rows
		g, err := openSegment(scratch, name, &read)
		if err != nil {
			t.Fatal(err)
		}
		if read.len() != all.len() || int(g.texts) != all.len() {
			t.Fatalf("%d rows, want %d", read.len(), all.len())
		}
		for n := range uint32(all.len()) {
			if *read.at(n) != *all.at(n) {
				t.Fatalf("row %d: %+v, want %+v", n, *read.at(n), *all.at(n))
			}
		}
		for p := range parts {
			want, _ := sortPostings(slices.Clone(lists[p]), nil)
			want = slices.DeleteFunc(want, func(q uint64) bool { return all.at(textOf(q)).flags&rowGone != 0 })
			if got := postings(t, g, p); !slices.Equal(got, want) {
				t.Fatalf("round %d, partition %d: %d postings, want %d", round, p, len(got), len(want))
			}
			// Every key is found, in ascending order, and none that is not there.
			c := g.cursor(p)
			for i := 0; i < len(want); {
				key, n := keyOf(want[i]), 1
				for i+n < len(want) && keyOf(want[i+n]) == key {
					n++
				}
				got, err := c.seek(key)
				if err != nil || !slices.Equal(got, want[i:i+n]) {
					t.Fatalf("key %d: %v, want %v (%v)", key, got, want[i:i+n], err)
				}
				if i+n < len(want) && keyOf(want[i+n]) > key+1 {
					if got, err := c.seek(key + 1); err != nil || len(got) > 0 {
						t.Fatalf("key %d is not there: %v (%v)", key+1, got, err)
					}
				}
				i += n
			}
		}
		for n := 0; n < all.len(); n += 97 { // gone before the second merge
			x := all.at(uint32(n))
			*x = row{leaf: x.leaf, first: x.first, flags: rowGone}
		}
		segments = []*segment{g}
	}
}

// TestDamage changes the files of a run: the next either does not notice, or
// says that they were altered. It never panics.
func TestDamage(t *testing.T) {
	posts := generated(t, 400, 3, 8)
	r := rand.New(rand.NewPCG(3, 3))
	c := analysistest.New()
	c.Add(posts[:200])
	d := c.Picture([]byte("no picture"))
	c.Post(analysis.Post{SourceKey: "reed", Text: "shows a picture", Pictures: []record.Digest{d}, Posted: noon(1)})
	must(t, c)
	c.Add(posts[200:])
	files := c.Files()
	if len(files) < 2 {
		t.Fatalf("%d files", len(files))
	}
	run := func(what string, must bool) {
		t.Helper()
		_, err := Kind.Run(context.Background(), c)
		if err != nil && !errors.Is(err, record.ErrAltered) {
			t.Errorf("%s: %v", what, err)
		}
		if must && err == nil {
			t.Errorf("%s: not noticed", what)
		}
	}
	for name, whole := range files {
		segment := bytes.HasPrefix(whole, []byte(segmentMagic))
		for _, n := range []int{0, 1, 20, headSize - 1, headSize, headSize + 100, len(whole) / 2, len(whole) - 1} {
			if n < len(whole) {
				c.SetFile(name, whole[:n])
				run(fmt.Sprintf("cut to %d of %d", n, len(whole)), segment)
			}
		}
		c.SetFile(name, append(bytes.Clone(whole), 0))
		run("a byte more", true)
		c.SetFile(name, nil)
		run("no file", true)
		for range 60 {
			b := bytes.Clone(whole)
			at := r.IntN(len(b))
			if r.IntN(2) == 0 && segment {
				at = r.IntN(headSize)
			}
			b[at] ^= byte(1 + r.IntN(255))
			c.SetFile(name, b)
			run(fmt.Sprintf("byte %d of %d", at, len(b)), false)
		}
		c.SetFile(name, whole)
	}
	state := bytes.Clone(c.Scratch().State())
	c.SetState([]byte("{"))
	run("state", true)
	c.SetState(state)
	must(t, c)
}

// TestCrowds has thousands of posts that are nearly the same and say no date:
// the keys of the index are crowded.
func TestCrowds(t *testing.T) {
	n := 2000
	if torture() {
		n = 60_000
	}
	vocabulary := inventedWords(3000)
	r := rand.New(rand.NewPCG(5, 5))
	template := prose(r, vocabulary, 60)
	for _, x := range []struct {
		name string
		post func(i int) analysis.Post
	}{
		{"nearly the same, undated", func(i int) analysis.Post {
			w := slices.Clone(template)
			w[r.IntN(60)], w[r.IntN(60)] = vocabulary[r.IntN(3000)], vocabulary[r.IntN(3000)]
			return analysis.Post{SourceKey: fmt.Sprint("crowd", i%40), Posted: record.NoSeconds, Text: strings.Join(w, " ")}
		}},
		{"the same template every minute", func(i int) analysis.Post {
			w := slices.Clone(template)
			copy(w[50:], prose(r, vocabulary, 10))
			return analysis.Post{SourceKey: fmt.Sprint("crowd", i%40), Posted: noon(0) + int64(60*i), Text: strings.Join(w, " ")}
		}},
		{"the same text", func(i int) analysis.Post {
			return analysis.Post{SourceKey: fmt.Sprint("crowd", i%40), Posted: noon(0) + int64(600*i), Text: strings.Join(template, " ")}
		}},
		{"the same short text", func(i int) analysis.Post {
			return analysis.Post{SourceKey: fmt.Sprint("crowd", i%40), Posted: noon(0) + int64(60*i), Text: strings.Join(template[:6], " ")}
		}},
		{"a text and its quotations", func(i int) analysis.Post {
			w := template
			if i > 0 {
				w = slices.Concat(prose(r, vocabulary, 70), template, prose(r, vocabulary, 70))
			}
			return analysis.Post{SourceKey: fmt.Sprint("crowd", i%40), Posted: noon(0) + int64(60*i), Text: strings.Join(w, " ")}
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := analysistest.New()
			for i := range n {
				c.Post(x.post(i))
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			out := must(t, c)
			spent := time.Since(start)
			runtime.ReadMemStats(&after)
			t.Logf("%.1f s, %d MB allocated, %d links, %d families, %d members", spent.Seconds(), (after.TotalAlloc-before.TotalAlloc)>>20, len(out.Families.Links), len(out.Families.Families), len(out.Families.Members))
			if limit := time.Duration(n) * 5 * time.Millisecond; spent > limit {
				t.Errorf("it took %v", spent)
			}
			if len(out.Families.Links) > 64*n {
				t.Errorf("%d links", len(out.Families.Links))
			}
			if len(out.Families.Members) < n/4 {
				t.Errorf("only %d of %d are in a family", len(out.Families.Members), n)
			}
		})
	}
}

// hostile are texts that nobody writes by hand.
func hostile() []string {
	mb := 1 << 20
	list := []string{
		"", " ", "\x00", "\uFFFD", strings.Repeat("a", mb), strings.Repeat("a ", mb/2), strings.Repeat("😀", 50_000), strings.Repeat("👩‍👩‍👧‍👦 ", 5000),
		"ا" + strings.Repeat("\u064B", 100_000), "a" + strings.Repeat("\u0301", 100_000), strings.ToValidUTF8(strings.Repeat("\xff\xc3\x28", 50_000), "\uFFFD"),
		strings.Repeat("\u202E\u200F", 50_000), strings.Repeat("1", mb), strings.Repeat("1 ", 100_000), strings.Repeat("20:41 5/6/2025 ", 20_000), strings.Repeat("﴾", 50_000),
		strings.Repeat("@a", 500), strings.Repeat("#a_", 50_000), strings.Repeat("http://a.b/", 20_000), strings.Repeat("\uFDFA", 20_000), strings.Repeat("\n", 100_000),
		strings.Repeat("one two three four five six seven eight nine ten eleven twelve ", 3000),
	}
	r := rand.New(rand.NewPCG(9, 9))
	var noise strings.Builder
	for range 100_000 {
		noise.WriteRune(rune(r.IntN(0x2FFFF)))
	}
	return append(list, strings.ToValidUTF8(noise.String(), "\uFFFD"))
}

func TestHostile(t *testing.T) {
	c := analysistest.New()
	for round := range 3 {
		for i, text := range hostile() {
			if !utf8.ValidString(text) {
				t.Fatal(i, "is not valid")
			}
			for _, at := range []int64{record.NoSeconds, 0, -5, 1 << 40, noon(round)} {
				if len(text) > 300_000 && at != noon(round) {
					continue
				}
				c.Post(analysis.Post{SourceKey: fmt.Sprint("hostile", i%5), Posted: at, Text: text, Origin: text[:min(5, len(text))], OriginalID: fmt.Sprint(i)})
			}
		}
		must(t, c)
	}
}

// TestStopped ends runs at many points: the error is told and nothing is kept.
func TestStopped(t *testing.T) {
	posts := generated(t, 800, 3, 6)
	c := analysistest.New()
	c.Add(posts)
	broken := errors.New("broken")
	for _, method := range []string{"Posts", "Again", "Current", "Erased", "Links", "Members", "Rulings"} {
		c.Fail = map[string]error{method: broken}
		if _, err := c.Run(context.Background(), Kind); !errors.Is(err, broken) {
			t.Errorf("%s fails: %v", method, err)
		}
	}
	c.Fail = nil
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Run(ctx, Kind); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, d := range []time.Duration{1, 1e5, 1e6, 3e6, 1e7, 3e7, 6e7} {
		ctx, cancel := context.WithTimeout(context.Background(), d)
		if _, err := Kind.Run(ctx, c); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(d, err)
		}
		cancel()
	}
	if len(c.Families()) > 0 || c.Scratch().State() != nil {
		t.Error("something was kept")
	}
	must(t, c)
	if len(c.Families()) < 50 {
		t.Errorf("%d families", len(c.Families()))
	}
}

// TestStoppedBetween ends runs while a chunk of posts is handed on: nobody is left
// waiting for it.
func TestStoppedBetween(t *testing.T) {
	c := analysistest.New()
	c.Add(generated(t, 4*chunkPosts, 3, 6))
	for range 60 { // which of two ways a select goes is a matter of luck
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			_, err := Kind.Run(ctx, endsAt{c, cancel})
			ended <- err
		}()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("a run that was stopped goes on for ever")
		}
		cancel()
	}
}

// endsAt stops the run that reads it just before a chunk is full, and goes on
// reading, as a query does whose rows are in memory already.
type endsAt struct {
	*analysistest.Case
	stop func()
}

func (e endsAt) Posts(ctx context.Context, from, to uint64) iter.Seq2[analysis.Post, error] {
	return func(yield func(analysis.Post, error) bool) {
		n := 0
		for p, err := range e.Case.Posts(context.WithoutCancel(ctx), from, to) {
			if n++; n == 2*chunkPosts {
				time.Sleep(10 * time.Millisecond) // the chunks before are done by then
				e.stop()
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

// TestAgain runs twice over the same: the same bytes, and a run without anything
// new changes nothing.
func TestAgain(t *testing.T) {
	posts := generated(t, 1000, 3, 12)
	var states [2]string
	for i := range states {
		c := analysistest.New()
		c.Add(posts)
		out := must(t, c)
		states[i] = fmt.Sprintf("%s %v %+v", out.State, out.Files, out.Families)
		if out = must(t, c); len(out.Families.Members)+len(out.Families.NotMembers)+len(out.Families.Links)+len(out.Families.Unlink) > 0 {
			t.Errorf("nothing was new and it changed %+v", out.Families)
		}
	}
	if states[0] != states[1] {
		t.Error("two runs over the same are not the same")
	}
}

// TestPictures joins posts by what they show.
func TestPictures(t *testing.T) {
	pictures := statements(t, 3)
	jpeg := func(i, quality int) []byte { return encoded(t, pictures[i], asJPEG(quality)) }
	c := analysistest.New()
	post := func(source string, at int64, text string, b []byte) uint64 {
		p := analysis.Post{SourceKey: source, Posted: at, Text: text}
		if b != nil {
			p.Pictures = []record.Digest{c.Picture(b)}
		}
		return c.Post(p)
	}
	a := post("reed", noon(0), "", jpeg(0, 90))
	b := post("gull", noon(0)+600, "", jpeg(0, 90))                   // the same file
	d := post("mill", noon(1), "From our inbox", jpeg(0, 60))         // the same picture
	late := post("lantern", noon(30), "", jpeg(0, 90))                // long after
	other := post("reed", noon(2), "", jpeg(1, 90))                   // another picture
	broken := post("gull", noon(2), "", []byte("this is no picture")) // none
	must(t, c)
	same := together(c)
	for _, x := range []struct {
		name string
		a, b uint64
		want bool
	}{{"the same file", a, b, true}, {"the same picture", a, d, true}, {"long after", a, late, false}, {"another picture", a, other, false}, {"no picture", b, broken, false}} {
		if same(x.a, x.b) != x.want {
			t.Errorf("%s: together is %v", x.name, !x.want)
		}
	}

	// What was read in a picture is held against texts.
	text := strings.Join(prose(rand.New(rand.NewPCG(1, 2)), inventedWords(500), 40), " ")
	e := post("harbour", noon(2), text, nil)
	pic := c.Picture(jpeg(2, 80))
	f := c.Post(analysis.Post{SourceKey: "relay", Posted: noon(2) + 300, Text: "", Pictures: []record.Digest{pic}})
	must(t, c)
	if together(c)(e, f) {
		t.Error("a picture nobody has read is in a family")
	}
	c.Read(pic, strings.Replace(text, "a", "o", 9))
	must(t, c)
	if !together(c)(e, f) {
		t.Errorf("the text read in a picture is not found: %v", families(c))
	}
	for _, m := range c.AllMembers() {
		if m.Statement == f && (m.Relation != record.RelImageOf || m.Ground != record.GroundRead) {
			t.Errorf("%+v", m)
		}
	}
	c.Erase(f)
	must(t, c)
	if len(c.AllLinks()) > 0 && together(c)(e, f) {
		t.Error("it was erased")
	}
	// A channel that shows one picture beside all its news uses it as decoration.
	deco := jpeg(1, 70)
	var news []uint64
	for i := range 8 {
		news = append(news, post("herald", noon(3)+int64(600*i), fmt.Sprintf("Short news number %d", i), deco))
	}
	must(t, c)
	if same := together(c); same(news[0], news[5]) || same(news[6], news[7]) {
		t.Error("decoration joins posts")
	}
}

func FuzzRun(f *testing.F) {
	f.Add([]byte("abcdefghij0123456789"), uint8(3))
	f.Add([]byte{0, 255, 3, 3, 3, 7, 8, 9, 1, 1, 2, 200, 100, 50, 25, 12, 6, 3}, uint8(1))
	f.Add(bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, 30), uint8(9))
	vocabulary := inventedWords(40)
	f.Fuzz(func(t *testing.T, b []byte, portions uint8) {
		b = b[:min(len(b), 400)]
		c := analysistest.New()
		next := func() int {
			if len(b) == 0 {
				return 0
			}
			x := b[0]
			b = b[1:]
			return int(x)
		}
		var leaves, decisions []uint64
		for i := 0; len(b) > 0; i++ {
			switch kind := next(); {
			case kind < 8 && len(leaves) > 2:
				c.Erase(leaves[next()%len(leaves)])
			case kind < 14 && len(leaves) > 2:
				x, y := leaves[next()%len(leaves)], leaves[next()%len(leaves)]
				if c.At(x).Leaf == 0 || c.At(y).Leaf == 0 || x == y {
					continue
				}
				if kind%2 == 0 {
					decisions = append(decisions, c.Join("", x, y))
				} else {
					decisions = append(decisions, c.Part(x, y))
				}
			case kind < 16 && len(decisions) > 0:
				c.Undo(decisions[next()%len(decisions)])
			default:
				from, n := next(), 3+next()%60
				var w []string
				for k := range n {
					w = append(w, vocabulary[(from/8+k*(1+from%3))%len(vocabulary)])
				}
				if kind%5 == 0 {
					w = append(w, fmt.Sprintf("at %d:%02d", kind%24, kind%60))
				}
				p := analysis.Post{SourceKey: fmt.Sprint("s", kind%4), Posted: noon(0) + int64(next())*7200, Text: strings.Join(w, " ")}
				switch kind % 7 {
				case 0:
					p.Posted = record.NoSeconds
				case 1:
					p.ExternalID = fmt.Sprint(next() % 4) // a new version, now and then
				case 2:
					p.Origin, p.OriginalID = fmt.Sprint("s", next()%4), fmt.Sprint(next()%4)
				}
				if leaf := c.Post(p); c.At(leaf).First == leaf {
					leaves = append(leaves, leaf)
				}
			}
			if portions > 0 && i%int(portions) == 0 {
				must(t, c)
			}
		}
		must(t, c)
		for _, m := range c.AllMembers() {
			if m.Via != 0 && m.Ground != record.GroundPerson && m.Ground != record.GroundForward && m.Similarity == 0 {
				t.Errorf("%+v: nothing in common", m)
			}
		}
	})
}
