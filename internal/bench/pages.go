package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/record"
	"dalil/internal/sample"
)

const (
	readers    = 8                // people who ask for pages at the same time, each for the next as soon as one is there
	pageMedian = 150.0            // goals, ms
	pageP95    = 500.0            //
	pageWait   = 60 * time.Second // that a reader waits before the run fails
)

// visit is a kind of page. Its addresses differ from one visit to the next where
// there are many pages of the kind.
type visit struct {
	name    string
	address func(*rand.Rand) string
}

// pages measures how long every page of a large case takes when several people
// read at once: the program serves it, and nothing waits between two pages.
func (b *bench) pages() (err error) {
	dir, config := b.path("pages"), b.path("config")
	if b.opt.pages != "" {
		dir, config = b.opt.pages, b.opt.pages+".config"
	}
	truth, err := b.worked(dir, config)
	if err != nil {
		return err
	}
	base, pid, stop, err := b.serve(dir, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	kinds, err := b.visits(base, truth)
	if err != nil {
		return err
	}
	b.head("Pages of the workbench, %d people at once who do not pause", readers)
	if _, err := b.read(base, kinds, 1, 1); err != nil { // warms up
		return err
	}
	// What a page costs, page by page, so that the program's processor time is
	// that of the page.
	alone, cpu := make([]reading, len(kinds)), make([]float64, len(kinds))
	for i := range kinds {
		before := cpuOf(pid)
		one, err := b.read(base, kinds[i:i+1], 1, b.opt.visits)
		if err != nil {
			return err
		}
		alone[i], cpu[i] = one[0], ms(cpuOf(pid)-before)/float64(b.opt.visits)
	}
	together, err := b.read(base, kinds, readers, b.opt.visits)
	if err != nil {
		return err
	}
	var all []time.Duration
	refused := 0
	for i, kind := range kinds {
		times := together[i].times
		slices.Sort(times)
		slices.Sort(alone[i].times)
		all = append(all, times...)
		refused += together[i].refused
		median, p95 := quantile(times, .5), quantile(times, .95)
		mark := "✓"
		if median > pageMedian || p95 > pageP95 || together[i].refused > 0 {
			mark = "✕"
		}
		fmt.Fprintf(b.w, "  %s %-40s median %6.0f  p95 %6.0f  most %6.0f ms   alone %6.1f, of processors %6.1f\n", mark, kind.name, median, p95, quantile(times, 1), quantile(alone[i].times, .5), cpu[i])
	}
	slices.Sort(all)
	var shares []string
	for _, q := range []float64{.1, .25, .5, .75, .9, .95, .99, 1} {
		shares = append(shares, fmt.Sprintf("%.0f %%: %.0f", 100*q, quantile(all, q)))
	}
	b.row(fmt.Sprintf("all %s pages, ms", group(int64(len(all)))), strings.Join(shares, "  "))
	b.atMost("told to come back later", float64(refused), 0, "%.0f")
	b.atMost("all pages, median, ms", quantile(all, .5), pageMedian, "%.0f")
	b.atMost("all pages, p95, ms", quantile(all, .95), pageP95, "%.0f")
	return nil
}

// quantile is of times in order, in ms.
func quantile(times []time.Duration, q float64) float64 {
	return ms(times[min(int(q*float64(len(times))), len(times)-1)])
}

// worked makes a case in which people have worked, if there is none, and returns
// what is true of its posts.
func (b *bench) worked(dir, config string) (truth sample.ExportTruth, err error) {
	opt := sample.DefaultExport(b.opt.messages, 7)
	opt.Chats, opt.Needles = 24, min(opt.Needles, b.opt.messages/5)
	if _, err := os.Stat(dir); err == nil {
		return sample.Export(io.Discard, opt) // the same seed says the same again
	}
	f, err := os.Create(b.path("pages.json"))
	if err != nil {
		return truth, err
	}
	w := bufio.NewWriterSize(f, mega)
	truth, err = sample.Export(w, opt)
	if err := errors.Join(err, w.Flush(), f.Close()); err != nil {
		return truth, err
	}
	maker, err := pipelinetest.NewMaker(config)
	if err != nil {
		return truth, err
	}
	c, err := maker.Create(b.ctx, dir, "UTC")
	if err != nil {
		return truth, err
	}
	if _, err = c.Import(b.ctx, []string{f.Name()}, pipeline.ImportOptions{}); err == nil {
		err = b.work(desk.New(c))
	}
	return truth, errors.Join(err, c.Close(), os.Remove(f.Name()))
}

// work decides as a few people would in some weeks: about single posts, about
// many at once, with undos, labels, grades and searches to be warned of.
func (b *bench) work(d *desk.Desk) error {
	rng := rand.New(rand.NewPCG(3, 4))
	page := desk.InboxPage{Page: catalog.Page{Limit: 200}}
	for range 3 {
		in, err := d.Inbox(b.ctx, "state:new", page)
		if err != nil {
			return err
		}
		for i, row := range in.Rows {
			t := desk.Triage{Units: []string{row.ID}}
			switch i % 5 {
			case 0:
				t.Action = desk.ActionKeep
			case 1:
				t.Action = desk.ActionDismiss
			case 2:
				t.Action, t.Until = desk.ActionLater, time.Now().Add(time.Duration(1+rng.IntN(100))*time.Hour)
			case 3:
				t.Action, t.Labels = desk.ActionLabel, []string{[]string{"bridge", "claim", "for the weekly"}[rng.IntN(3)]}
			case 4:
				t.Action, t.To = desk.ActionAssign, pipelinetest.Handle
			}
			if _, err := d.Triage(b.ctx, t); err != nil {
				return err
			}
		}
		page.After = in.Next
	}
	for _, t := range []desk.Triage{
		{Action: desk.ActionDismiss, All: true, Query: "has:video posted:2021"},
		{Action: desk.ActionKeep, All: true, Query: "is:copy lag:<1h posted:2022"},
		{Action: desk.ActionLabel, All: true, Query: "lang:fa posted:2023", Labels: []string{"persian"}},
	} {
		if _, err := d.Triage(b.ctx, t); err != nil && !errors.Is(err, record.ErrNotFound) { // a small case may have none
			return fmt.Errorf("%s %s: %w", t.Action, t.Query, err)
		}
	}
	for i, q := range []string{"is:copy lag:<10m", "lang:fa has:image"} {
		if _, err := d.SaveSearch(b.ctx, desk.SavedSearch{Name: fmt.Sprintf("watch %d", i+1), Query: q, Warn: true}, "for the weekly"); err != nil {
			return err
		}
	}
	sources, err := d.Case.Catalog.Sources(b.ctx)
	if err != nil {
		return err
	}
	for i, s := range sources {
		if _, err := d.Grade(b.ctx, d.Case.IDs.ID(record.KindSource, s.Leaf), "claims", record.Reliability("ABCDEF"[i%6:i%6+1]), "from a sample of its posts"); err != nil {
			return err
		}
	}
	return nil
}

// serve starts the program on a case and returns its address.
func (b *bench) serve(dir, config string) (base string, pid int, stop func() error, err error) {
	ctx, cancel := context.WithCancel(b.ctx)
	cmd := exec.CommandContext(ctx, b.program, "--case", dir, "serve", "--addr", "127.0.0.1:0", "--json")
	cmd.Env = append(os.Environ(), "DALIL_CONFIG="+config, "DALIL_HANDLE="+handle)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return "", 0, nil, err
	}
	stop = func() error {
		cancel()
		if err := cmd.Wait(); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("serve: %w: %s", err, &stderr)
		}
		return nil
	}
	line := bufio.NewScanner(out)
	for line.Scan() {
		if at := regexp.MustCompile(`http://[0-9.:]+`).FindString(line.Text()); at != "" {
			go io.Copy(io.Discard, out) //nolint:errcheck // nobody reads what else it says
			return at, cmd.Process.Pid, stop, nil
		}
	}
	return "", 0, nil, errors.Join(fmt.Errorf("serve said no address: %s", &stderr), stop())
}

// visits lists the pages of the case, by the links on its own lists.
func (b *bench) visits(base string, truth sample.ExportTruth) ([]visit, error) {
	lists := map[string][]string{}
	for _, from := range []string{"/inbox", "/statements", "/statements?q=is:first", "/families", "/sources", "/imports", "/log", "/log/entries"} {
		page, err := b.get(base + from)
		if err != nil {
			return nil, err
		}
		for _, m := range regexp.MustCompile(`(?:href|data-preview)="(/(s|y|c|imports|log|inbox)/[^"?#]+)[^"]*"`).FindAllStringSubmatch(page, -1) {
			lists[m[2]] = append(lists[m[2]], m[1])
		}
	}
	for _, kind := range []string{"s", "y", "c", "imports", "log"} {
		if len(lists[kind]) == 0 {
			return nil, fmt.Errorf("no page of the case leads to one at /%s/", kind)
		}
	}
	same := func(at string) func(*rand.Rand) string { return func(*rand.Rand) string { return at } }
	one := func(kind, more string) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return lists[kind][r.IntN(len(lists[kind]))] + more }
	}
	ask := func(page string, q func(r *rand.Rand) string) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return page + url.QueryEscape(q(r)) }
	}
	word := func(from []string) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return from[r.IntN(len(from))] }
	}
	year := func(q string) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return fmt.Sprintf("%s posted:%d", q, 2021+r.IntN(4)) }
	}
	bare := func(at string) string { // without the words after the id
		return strings.Join(strings.SplitN(at, "/", 4)[:3], "/")
	}
	proof := func(r *rand.Rand) string { return bare(one("s", "")(r)) + "/proof" }
	preview := func(r *rand.Rand) string { return "/inbox/" + strings.TrimPrefix(bare(one("s", "")(r)), "/s/") }
	from := func(r *rand.Rand) string { return "from:" + strings.TrimPrefix(bare(one("c", "")(r)), "/c/") }
	return []visit{
		{"today", same("/")},
		{"inbox", same("/inbox")},
		{"inbox: a frequent word", ask("/inbox?q=", word(truth.Frequent))},
		{"inbox: is:copy lag:<10m", same("/inbox?q=" + url.QueryEscape("is:copy lag:<10m"))},
		{"inbox: kept", same("/inbox?q=" + url.QueryEscape("state:kept"))},
		{"inbox: by me", same("/inbox?q=" + url.QueryEscape("by:"+pipelinetest.Handle))},
		{"inbox: preview of one", preview},
		{"statements", same("/statements")},
		{"statements: a frequent word", ask("/statements?q=", word(truth.Frequent))},
		{"statements: two frequent words", ask("/statements?q=", func(r *rand.Rand) string { return word(truth.Frequent)(r) + " " + word(truth.Frequent)(r) })},
		{"statements: a rare word", ask("/statements?q=", word(truth.Rare))},
		{"statements: language, year, media", ask("/statements?q=", year("lang:ar has:image"))},
		{"statements: of a source", ask("/statements?q=", from)},
		{"statements: is:first", same("/statements?q=is:first")},
		{"statements: is:copy lag:<10m", same("/statements?q=" + url.QueryEscape("is:copy lag:<10m"))},
		{"statements: is:copy", same("/statements?q=is:copy")},
		{"statements: state:kept", same("/statements?q=state:kept")},
		{"statements: label", ask("/statements?q=", func(*rand.Rand) string { return `label:"for the weekly"` })},
		{"statements: a label on very many", same("/statements?q=label:persian")},
		{"statements: as a table", ask("/statements?view=table&q=", word(truth.Middle))},
		{"statements: on a time line", ask("/statements?view=timeline&q=", word(truth.Frequent))},
		{"statements: all on a time line", same("/statements?view=timeline")},
		{"a statement", one("s", "")},
		{"a statement's proof", proof},
		{"families", same("/families")},
		{"families: language and year", ask("/families?q=", year("lang:ar"))},
		{"a family", one("y", "")},
		{"who breaks first", same("/firsts")},
		{"who breaks first, of a year", ask("/firsts?q=", year("lang:ar"))},
		{"sources", same("/sources")},
		{"a source", one("c", "")},
		{"matrix", same("/matrix")},
		{"imports", same("/imports")},
		{"a receipt", one("imports", "")},
		{"log", same("/log")},
		{"log: entries", same("/log/entries")},
		{"log: an entry", one("log", "")},
		{"capture", same("/capture")},
		{"bring in", same("/import")},
		{"jobs", same("/jobs")},
		{"settings", same("/settings")},
		{"doctor", same("/doctor")},
		{"help", same("/help")},
		{"style", same("/style")},
	}, nil
}

// cpuOf is the processor time a process has used; 0 where nobody tells.
func cpuOf(pid int) time.Duration {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(line[bytes.LastIndexByte(line, ')')+1:])) // the third and later: proc(5)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100 // ticks
}

// reading is how long the visits of one kind took, and how many were refused.
type reading struct {
	times   []time.Duration
	refused int
}

// read lets people visit every kind of page some times each, in an order of
// their own, and returns how long each visit took, by kind.
func (b *bench) read(base string, kinds []visit, people, times int) ([]reading, error) {
	took := make([]reading, len(kinds))
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	for person := range people {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(person), uint64(people)))
			for range times {
				for _, i := range rng.Perm(len(kinds)) {
					at := kinds[i].address(rng)
					start := time.Now()
					_, err := b.get(base + at)
					spent := time.Since(start)
					mu.Lock()
					took[i].times = append(took[i].times, spent)
					if errors.Is(err, errBusy) {
						took[i].refused++
					} else if err != nil {
						failed = errors.Join(failed, fmt.Errorf("%s: %w", kinds[i].name, err))
					}
					stop := failed != nil
					mu.Unlock()
					if stop {
						return
					}
				}
			}
		})
	}
	wg.Wait()
	return took, failed
}

// errBusy is the answer to come back later.
var errBusy = errors.New(http.StatusText(http.StatusServiceUnavailable))

// get fetches a page as a browser would.
func (b *bench) get(address string) (string, error) {
	ctx, cancel := context.WithTimeout(b.ctx, pageWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode == http.StatusServiceUnavailable {
		err = fmt.Errorf("%s: %w", address, errBusy)
	} else if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", address, answer.Status)
	}
	return string(body), err
}
