package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/sample"
)

// finding measures searches over the large case, in this process, as the
// workbench asks them: one page, newest first.
func (b *bench) finding() (err error) {
	b.head("Search, newest first, a page of 50")
	maker, err := pipelinetest.NewMaker(b.path("config"))
	if err != nil {
		return err
	}
	c, err := maker.Open(b.ctx, b.path("large"), false)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := c.Close(); err == nil {
			err = cerr
		}
	}()
	d := desk.New(c)
	_, truth, err := b.export("small.json", b.opt.small) // the same words and phrases as the large one's
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	one := func(from []string) string { return from[rng.IntN(len(from))] }
	world := sample.Truth()
	for _, kind := range []struct {
		name        string
		median, p95 float64 // goals in ms, 0 for none
		make        func() string
	}{
		{"two frequent words", 5, 30, func() string { return one(truth.Frequent) + " " + one(truth.Frequent) }},
		{"one frequent word", 0, 0, func() string { return one(truth.Frequent) }},
		{"one middling word", 0, 0, func() string { return one(truth.Middle) }},
		{"a frequent and a rare word", 0, 0, func() string { return one(truth.Frequent) + " " + one(truth.Rare) }},
		{"a phrase of two frequent words", 0, 0, func() string { return `"` + one(truth.Frequent) + " " + one(truth.Frequent) + `"` }},
		{"a name in Latin letters", 0, 0, func() string {
			latin, _, _ := strings.Cut(world.Brands[rng.IntN(len(world.Brands))].Latin, " (") // then a translation
			return latin
		}},
		{"two frequent words, filtered by language and date", 0, 0, func() string {
			return fmt.Sprintf("%s %s lang:ar posted:%d", one(truth.Frequent), one(truth.Frequent), 2021+rng.IntN(4))
		}},
		{"a frequent word, filtered by media", 0, 0, func() string { return one(truth.Frequent) + " has:image" }},
	} {
		queries := make([]string, b.opt.queries)
		for i := range queries {
			queries[i] = kind.make()
		}
		var times []time.Duration
		hits := 0
		for round := range 2 { // the first warms up
			for _, q := range queries {
				start := time.Now()
				found, err := d.Search(b.ctx, q, catalog.Page{})
				if err != nil {
					return fmt.Errorf("search %s: %w", q, err)
				}
				if round == 1 {
					times, hits = append(times, time.Since(start)), hits+len(found.Hits)
				}
			}
		}
		slices.Sort(times)
		median, p95 := ms(times[len(times)/2]), ms(times[len(times)*95/100])
		found := fmt.Sprintf("%.0f hits on a page", float64(hits)/float64(len(times)))
		if kind.median == 0 {
			b.row(kind.name+", median and p95, ms", fmt.Sprintf("%.2f, %.2f (%s)", median, p95, found))
			continue
		}
		b.atMost(kind.name+", median, ms ("+found+")", median, kind.median, "%.2f")
		b.atMost(kind.name+", p95, ms", p95, kind.p95, "%.2f")
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
