package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// benchPosts is how many invented posts the benchmarks work on.
const benchPosts = 300_000

// vocabulary returns n invented words with Arabic letters, the most frequent first.
func vocabulary(rng *rand.Rand, n int) []string {
	letters := []rune("ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
	words := make([]string, n)
	for i := range words {
		w := make([]rune, 3+rng.IntN(5))
		for j := range w {
			w[j] = letters[rng.IntN(len(letters))]
		}
		words[i] = string(w)
	}
	return words
}

// fill applies n invented posts of about 400 bytes in batches of 16,000.
func fill(tb testing.TB, c catalog.Catalog, words []string, n int) {
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(3, 4))
	zipf := rand.NewZipf(rng, 1.1, 3, uint64(len(words)-1))
	b := &catalog.Batch{To: 4,
		Sources:  []record.Source{{Leaf: 2, Key: "telegram:1", Name: "Sahil", Type: record.Channel, Platform: "telegram"}},
		Captures: []record.Capture{{Leaf: 3, At: 1_700_000_000_000, Path: "result.json", Theirs: record.NoSeconds}},
	}
	leaf := uint64(4)
	for done := 0; ; {
		if err := c.Apply(ctx, b); err != nil {
			tb.Fatal(err)
		}
		if done == n {
			return
		}
		b = &catalog.Batch{From: leaf}
		for ; done < n && len(b.Statements) < 16_000; done++ {
			var text strings.Builder
			for range 36 {
				text.WriteString(words[zipf.Uint64()])
				text.WriteByte(' ')
			}
			st := record.Statement{Leaf: leaf, First: leaf, Version: 1, Source: 2, Capture: 3}
			st.ExternalID, st.Kind, st.Lang, st.Text = fmt.Sprint(done+1), record.Post, "ar", text.String()
			st.Posted = record.AtUnix(1_600_000_000 + int64(done)*40 + rng.Int64N(40))
			st.Span = record.Span{Offset: int64(done) * 1400, Length: 1399, SHA256: record.Digest{1}}
			st.TextDigest = record.Digest{2}
			b.Statements = append(b.Statements, st)
			leaf++
		}
		b.To = leaf
	}
}

// BenchmarkImport says what a post costs, from Apply to a flushed index.
func BenchmarkImport(b *testing.B) {
	words := vocabulary(rand.New(rand.NewPCG(1, 2)), 200_000)
	for b.Loop() {
		dir := b.TempDir()
		c, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		fill(b, c, words, benchPosts)
		applied := time.Since(start)
		if err := c.Flush(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(applied.Microseconds())/benchPosts, "µs-applied/post")
		b.ReportMetric(float64(time.Since(start).Microseconds())/benchPosts, "µs/post")
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		for _, name := range []string{CatalogFile, SearchFile} {
			if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
				b.ReportMetric(float64(info.Size())/benchPosts, name+"-B/post")
			}
		}
	}
}

// BenchmarkSearch says how long pages of two frequent words take, newest first.
func BenchmarkSearch(b *testing.B) {
	ctx := context.Background()
	words := vocabulary(rand.New(rand.NewPCG(1, 2)), 200_000)
	c, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	fill(b, c, words, benchPosts)
	if err := c.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{"words": "%s %s", "filtered": "%s %s lang:ar -edited:yes", "or": "%s OR %s", "phrase": `"%s %s"`, "relevance": "%s %s sort:relevance"} {
		b.Run(name, func(b *testing.B) {
			rng := rand.New(rand.NewPCG(5, 6))
			var took []time.Duration
			for b.Loop() {
				q, err := query.Parse(fmt.Sprintf(text, words[rng.IntN(100)], words[rng.IntN(100)]), query.ParseOptions{})
				if err != nil {
					b.Fatal(err)
				}
				start := time.Now()
				if _, err := c.Search(ctx, q, catalog.Page{}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-median")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "µs-p95")
		})
	}
}

// BenchmarkLookingBack says how long the first question about a log size takes,
// a further one, and the same one about now; and what is kept in memory for it.
func BenchmarkLookingBack(b *testing.B) {
	ctx := context.Background()
	words := vocabulary(rand.New(rand.NewPCG(1, 2)), 200_000)
	c, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	fill(b, c, words, benchPosts)
	if err := c.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	q := query.Query{Root: query.Words{Raw: words[40], Terms: []string{words[40]}}}
	ask := func(c catalog.Catalog) time.Duration {
		begun := time.Now()
		if _, err := c.Search(ctx, q, catalog.Page{Total: true}); err != nil {
			b.Fatal(err)
		}
		return time.Since(begun)
	}
	var first, further, now []time.Duration
	for i := 0; b.Loop(); i++ {
		begun := time.Now()
		past, err := c.At(ctx, uint64(benchPosts-i))
		if err != nil {
			b.Fatal(err)
		}
		ask(past)
		first = append(first, time.Since(begun))
		further = append(further, ask(past))
		now = append(now, ask(c))
		if i == 0 {
			var pages, size int64
			db := past.(*thenStore).then.keeper
			if err := db.QueryRow("SELECT page_count, page_size FROM pragma_page_count('was'), pragma_page_size('was')").Scan(&pages, &size); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(pages*size)/benchPosts, "memory-B/post")
		}
		if err := past.Close(); err != nil {
			b.Fatal(err)
		}
	}
	for unit, all := range map[string][]time.Duration{"ms-first": first, "ms-further": further, "ms-now": now} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, unit)
	}
}
