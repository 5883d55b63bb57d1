package main

import (
	"fmt"
	"maps"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"dalil/internal/analysis/analysistest"
	"dalil/internal/analysis/repost"
	"dalil/internal/language"
	"dalil/internal/sample"
)

// families measures how much of what there is to find the repost analysis
// finds, and how fast, against two ways of doing it: the exact join of all
// pairs, and MinHash as it is usually written.
func (b *bench) families() error {
	few := b.opt.families
	posts, err := claims(few, .5, 5)
	if err != nil {
		return err
	}
	b.head("Families: %s posts, half of them claims of a dozen templates and their reposts", group(int64(few)))
	found, rate, err := b.repost(posts)
	if err != nil {
		return err
	}
	start := time.Now()
	texts := make([]repost.Text, len(posts))
	parallel(len(posts), func(i int) { texts[i] = repost.ReadText(posts[i].Post, time.UTC) })
	pairs := join(texts)
	b.row("the exact join of all pairs, the reference", fmt.Sprintf("%s pairs in %.1f s", group(int64(len(pairs))), time.Since(start).Seconds()))
	b.judge(posts, texts, pairs, found)
	b.minhash(posts, rate)

	many := 5 * few
	if posts, err = claims(many, .05, 6); err != nil {
		return err
	}
	b.head("Families: %s posts, one in twenty of them a claim or its repost", group(int64(many)))
	if _, rate, err = b.repost(posts); err != nil {
		return err
	}
	b.minhash(posts, rate)
	return nil
}

// claims generates posts of twelve channels with twenty posts a day each, a
// share of them in families.
func claims(n int, share float64, seed uint64) ([]analysistest.Known, error) {
	opt := sample.DefaultExport(n, seed)
	opt.Chats, opt.FamilyShare, opt.Needles = 12, share, min(opt.Needles, n/5)
	opt.Span = time.Duration(n) * 24 * time.Hour / (12 * 20)
	posts, err := analysistest.Export(opt)
	analysistest.ByTime(posts)
	return posts, err
}

// found is what the analysis found, posts by their number.
type found struct {
	links    map[[2]int]bool
	families [][]int
	homes    map[int][]int // families of a post
}

func (f *found) together(i, j int) bool {
	return slices.ContainsFunc(f.homes[i], func(x int) bool { return slices.Contains(f.homes[j], x) })
}

// repost runs the analysis in memory.
func (b *bench) repost(posts []analysistest.Known) (*found, float64, error) {
	c := analysistest.New()
	leaves := c.Add(posts)
	number := make(map[uint64]int, len(leaves))
	for i, leaf := range leaves {
		number[leaf] = i
	}
	runtime.GC()
	start := time.Now()
	out, err := repost.Kind.Run(b.ctx, c)
	spent := time.Since(start)
	if err != nil {
		return nil, 0, err
	}
	rate := float64(len(posts)) / spent.Seconds()
	b.row("dalil's analysis, in memory", fmt.Sprintf("%s posts/s", group(int64(rate))))
	f := &found{links: map[[2]int]bool{}, homes: map[int][]int{}}
	for _, l := range out.Families.Links {
		x, y := number[l.A], number[l.B]
		f.links[[2]int{min(x, y), max(x, y)}] = true
	}
	at := map[uint64]int{}
	for _, m := range out.Families.Members {
		if _, ok := at[m.Family]; !ok {
			at[m.Family] = len(f.families)
			f.families = append(f.families, nil)
		}
		n := at[m.Family]
		f.families[n] = append(f.families[n], number[m.Statement])
		f.homes[number[m.Statement]] = append(f.homes[number[m.Statement]], n)
	}
	return f, rate, nil
}

// judge holds what was found against the exact join, and against what is true.
func (b *bench) judge(posts []analysistest.Known, texts []repost.Text, pairs [][2]int, f *found) {
	// The analysis holds one of several posts of the same long text against
	// others, for all of them.
	text := make([]int, len(posts)) // number of the first post with the same text
	seen := map[string]int{}
	for i, t := range texts {
		n, ok := seen[t.Dup()]
		if !ok || t.Words() < 12 {
			n = i
			seen[t.Dup()] = i
		}
		text[i] = n
	}
	linked := map[[2]int]bool{}
	for k := range f.links {
		x, y := text[k[0]], text[k[1]]
		linked[[2]int{min(x, y), max(x, y)}] = true
	}
	var all, ofOne, met, metOfOne, joined, joinedOfOne int
	for _, k := range pairs {
		x, y := text[k[0]], text[k[1]]
		one := posts[k[0]].Family >= 0 && posts[k[0]].Family == posts[k[1]].Family
		hit := x == y || linked[[2]int{min(x, y), max(x, y)}]
		in := f.together(k[0], k[1])
		all++
		met += count(hit)
		joined += count(in)
		if one {
			ofOne++
			metOfOne += count(hit)
			joinedOfOne += count(in)
		}
	}
	part := func(n, of int) float64 { return float64(n) / float64(max(1, of)) }
	b.atLeast(fmt.Sprintf("linked, of the %s pairs of the exact join", group(int64(all))), part(met, all), .99, "%.4f")
	b.atLeast(fmt.Sprintf("linked, of those %s that tell of one event", group(int64(ofOne))), part(metOfOne, ofOne), .99, "%.4f")
	b.row("in one family, of these", fmt.Sprintf("%.4f and %.4f", part(joined, all), part(joinedOfOne, ofOne)))

	first := map[int]int{}
	for i, p := range posts {
		if p.Relation == sample.Original {
			first[p.Family] = i
		}
	}
	hits, kinds := map[sample.Relation]int{}, map[sample.Relation]int{}
	for i, p := range posts {
		o, ok := first[p.Family]
		if p.Family < 0 || !ok || o == i {
			continue
		}
		kinds[p.Relation]++
		hits[p.Relation] += count(f.together(i, o))
	}
	for _, r := range slices.Sorted(maps.Keys(kinds)) {
		b.atLeast(fmt.Sprintf("in one family with the original: %s, of %s", r, group(int64(kinds[r]))), part(hits[r], kinds[r]), .95, "%.4f")
	}
	wrong, across, families := 0, 0, 0
	for _, list := range f.families {
		n := 0
		for i, x := range list {
			for _, y := range list[:i] {
				p, q := &posts[x], &posts[y]
				n += count(p.Family != q.Family || p.Family < 0)
				across += count(p.Family != q.Family && (p.At != q.At || p.Count != q.Count))
			}
		}
		wrong += n
		families += count(n > 0)
	}
	b.atMost("pairs in one family that tell of other times or counts", float64(across), 0, "%.0f")
	b.row("pairs in one family that tell of other events", fmt.Sprintf("%d, in %d of %s families", wrong, families, group(int64(len(f.families)))))
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// parallel calls f for every number below n on all cores.
func parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// join finds all pairs of texts that are the same by the tests of the analysis:
// it counts for every pair exactly how many 5-grams they share.
func join(texts []repost.Text) [][2]int {
	type list []int32
	number := map[uint32]int{}
	var lists []list
	grams := make([][]int32, len(texts))
	for i, t := range texts {
		for _, g := range t.Grams() {
			n, ok := number[g]
			if !ok {
				n = len(lists)
				number[g] = n
				lists = append(lists, nil)
			}
			lists[n] = append(lists[n], int32(i))
			grams[i] = append(grams[i], int32(n))
		}
	}
	pairs := make([][][2]int, len(texts))
	counters := sync.Pool{New: func() any { c := make([]uint16, len(texts)); return &c }}
	parallel(len(texts), func(i int) {
		p := counters.Get().(*[]uint16)
		defer counters.Put(p)
		shared := (*p)[:i]
		clear(shared)
		for _, g := range grams[i] {
			for _, j := range lists[g] {
				if int(j) >= i {
					break
				}
				shared[j]++
			}
		}
		a := len(grams[i])
		for j, n := range shared {
			// Short texts can be the same with few 5-grams or none in common lists;
			// they have all of them in common.
			if b := len(grams[j]); 10*int(n) < 7*min(a, b) && 2*int(n) < a+b-int(n) {
				continue
			}
			if _, ok := texts[i].Same(texts[j]); ok {
				pairs[i] = append(pairs[i], [2]int{j, i})
			}
		}
	})
	return slices.Concat(pairs...)
}

// minhash is near-duplicate finding as textbooks and libraries have it: the
// same 5-grams of the same text, 126 permutations computed one by one, 42 bands
// of 3 rows in hash tables, candidates verified exactly. It knows nothing of
// slots, times and contained texts.
func (b *bench) minhash(posts []analysistest.Known, ours float64) {
	runtime.GC()
	start := time.Now()
	const perms, bands, rows = 126, 42, 3
	const prime = 1<<61 - 1
	r := rand.New(rand.NewPCG(1, 2))
	var coefficients [perms][2]uint64
	for i := range coefficients {
		coefficients[i] = [2]uint64{1 + r.Uint64N(prime-1), r.Uint64N(prime)}
	}
	sets := make([][]uint32, len(posts))
	sketches := make([][perms]uint64, len(posts))
	parallel(len(posts), func(i int) {
		sets[i] = shingles(language.Dup(posts[i].Text))
		s := &sketches[i]
		for k, c := range coefficients {
			least := uint64(prime)
			for _, x := range sets[i] {
				hi, lo := bits.Mul64(c[0], uint64(x))
				v := lo&prime + lo>>61 + hi<<3 + c[1]
				v = v&prime + v>>61
				if v >= prime {
					v -= prime
				}
				least = min(least, v)
			}
			s[k] = least
		}
	})
	var tables [bands]map[[rows]uint64][]int32
	for k := range tables {
		tables[k] = map[[rows]uint64][]int32{}
	}
	meets := make([][]int32, len(posts))
	for i := range posts {
		if len(sets[i]) == 0 {
			continue
		}
		for k := range tables {
			key := [rows]uint64(sketches[i][k*rows:])
			meets[i] = append(meets[i], tables[k][key]...)
			tables[k][key] = append(tables[k][key], int32(i))
		}
	}
	found := make([]int, len(posts))
	parallel(len(posts), func(i int) {
		slices.Sort(meets[i])
		for _, j := range slices.Compact(meets[i]) {
			n := common(sets[i], sets[j])
			x, y := len(sets[i]), len(sets[j])
			if 2*n >= x+y-n || 10*n >= 7*min(x, y) {
				found[i]++
			}
		}
	})
	pairs := 0
	for _, n := range found {
		pairs += n
	}
	rate := float64(len(posts)) / time.Since(start).Seconds()
	b.row("MinHash with 126 permutations, Go maps, no slots", fmt.Sprintf("%s posts/s, %s pairs", group(int64(rate)), group(int64(pairs))))
	b.row("dalil's analysis is faster by", fmt.Sprintf("%.1f ×", ours/rate))
}

// shingles returns the distinct hashes of the 5-grams of a text, ascending.
func shingles(text string) []uint32 {
	runes := []rune(text)
	var set []uint32
	for i := 0; i+5 <= len(runes); i++ {
		h := uint64(14695981039346656037) // FNV-1a, by rune
		for _, r := range runes[i : i+5] {
			h = (h ^ uint64(r)) * 1099511628211
		}
		set = append(set, uint32(h^h>>32))
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// common counts what two ascending lists share.
func common(a, b []uint32) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			n++
			i++
			j++
		}
	}
	return n
}
