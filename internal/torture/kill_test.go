package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dalil/internal/desk"
	"dalil/internal/sample"
)

// journey is a case that is made by a line of commands.
type journey struct {
	name   string
	steps  [][]string      // arguments of the commands, without --case
	took   []time.Duration // by each when nobody interferes
	result string          // contents at the end
}

// undisturbed makes the case once without killing anything.
func (l *lab) undisturbed(name string, steps ...[]string) *journey {
	l.t.Helper()
	j := &journey{name: name, steps: steps}
	dir := l.path("undisturbed-" + name)
	l.ok("init", dir, "--json")
	for _, s := range steps {
		start := time.Now()
		l.ok(append([]string{"--case", dir, "--json", "-q"}, s...)...)
		j.took = append(j.took, time.Since(start))
	}
	must(l.t, l.clean(dir, ""))
	var err error
	j.result, err = l.contents(dir)
	must(l.t, err)
	return j
}

// TestKillImport kills the program at random moments of making cases and
// importing into them.
func TestKillImport(t *testing.T) {
	l := newLab(t)
	rng := random(t)
	small, large := int64(24), int64(2)
	if thorough() {
		small, large = 340, 60
	}
	first := sample.DefaultExport(600, 3)
	later := first
	later.Second = &sample.Second{Edited: .05, Missing: .02, New: .1}
	a := l.export(l.path("first"), first, 8, 40_000)
	b := l.export(l.path("later"), later, 9, 60_000)
	c := l.export(l.path("large"), sample.DefaultExport(9_000, 4), 4, 1_000_000) // more than one batch
	for _, leg := range []struct {
		j     *journey
		kills int64
	}{
		{l.undisturbed("small", []string{"import", a}, []string{"import", b}), small},
		{l.undisturbed("large", []string{"import", c}), large},
	} {
		t.Logf("%s: %v, %s", leg.j.name, leg.j.took, leg.j.result)
		left := &atomic.Int64{}
		left.Store(leg.kills)
		var wg sync.WaitGroup
		for w := range runtime.GOMAXPROCS(0) {
			rng := rand.New(rand.NewPCG(rng.Uint64(), uint64(w)))
			wg.Go(func() {
				for n := 0; left.Load() > 0; n++ {
					dir := l.path(fmt.Sprintf("killed-%s-%d-%d", leg.j.name, w, n))
					if err := l.travel(dir, leg.j, rng, left); err != nil {
						t.Errorf("%s: %v", leg.j.name, err)
						return
					}
					must(t, os.RemoveAll(dir))
				}
			})
		}
		wg.Wait()
	}
}

// killed runs a command and kills it within a time. It reports what it said.
func (l *lab) killed(rng *rand.Rand, within time.Duration, args ...string) answer {
	ctx, stop := context.WithTimeout(context.Background(), time.Duration(rng.Int64N(int64(within))))
	defer stop()
	return l.runFor(ctx, args...)
}

// travel makes the case of a journey, killing each of its commands a few times
// before it may finish, and looks after the case each time.
func (l *lab) travel(dir string, j *journey, rng *rand.Rand, left *atomic.Int64) error {
	for n := rng.IntN(3); n > 0 && left.Add(-1) >= 0; n-- {
		if a := l.killed(rng, 60*time.Millisecond, "init", dir, "--json"); a.code > 0 {
			return fmt.Errorf("init: %v", a)
		} else if _, said := a.find("case"); said || exists(dir) {
			// Whole or not at all; when it said so, whole.
			if err := l.clean(dir, ""); err != nil {
				return fmt.Errorf("killed in init: %w", err)
			}
			break
		}
	}
	if !exists(dir) {
		if a := l.run("init", dir, "--json"); a.code != 0 {
			return fmt.Errorf("init after a kill: %v", a)
		}
	}
	since := dir + ".checkpoint"
	for i, step := range j.steps {
		args := append([]string{"--case", dir, "--json", "-q"}, step...)
		for n := 1 + rng.IntN(8); n > 0 && left.Add(-1) >= 0; n-- {
			a := l.killed(rng, j.took[i]*6/5, args...)
			if a.code > 0 {
				return fmt.Errorf("%v ended by itself: %v", args, a)
			}
			if err := l.clean(dir, existing(since)); err != nil {
				return fmt.Errorf("killed in %v: %w", step, err)
			}
			size, err := logSize(dir)
			if err != nil {
				return err
			}
			if r, said := a.find("summary"); said && size < r.LeafLast+1 {
				return fmt.Errorf("%v acknowledged entry %d, the log has %d", step, r.LeafLast, size)
			}
		}
		if a := l.run(args...); a.code != 0 {
			return fmt.Errorf("%v after a kill: %v", args, a)
		}
		// From here on all of this step is acknowledged.
		b, err := os.ReadFile(filepath.Join(dir, "log", "checkpoint"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(since, b, 0o600); err != nil {
			return err
		}
	}
	if err := l.clean(dir, since); err != nil {
		return err
	}
	got, err := l.contents(dir)
	if err != nil {
		return err
	}
	if got != j.result {
		return fmt.Errorf("the case holds %s, undisturbed %s", got, j.result)
	}
	if r, _ := l.run("--case", dir, "rebuild", "--json", "-q").find("rebuild"); !r.Identical {
		return fmt.Errorf("the catalog is not what a rebuild makes: %+v", r)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func existing(path string) string {
	if exists(path) {
		return path
	}
	return ""
}

// TestKillDecision kills the program at random moments of single decisions.
func TestKillDecision(t *testing.T) {
	l := newLab(t)
	rng := random(t)
	kills := 40
	if thorough() {
		kills = 600
	}
	var wg sync.WaitGroup
	var said atomic.Int64
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		rng := rand.New(rand.NewPCG(rng.Uint64(), uint64(w)))
		wg.Go(func() {
			n, err := l.decideAndDie(l.path(fmt.Sprintf("case%d", w)), rng, kills/workers)
			said.Add(int64(n))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	t.Logf("%d of %d decisions were acknowledged before the kill", said.Load(), kills)
	if said.Load() == 0 || said.Load() == int64(kills) {
		t.Errorf("%d of %d decisions were acknowledged: the kills all come too early or too late", said.Load(), kills)
	}
}

func (l *lab) decideAndDie(dir string, rng *rand.Rand, kills int) (acknowledged int, err error) {
	in := l.export(dir+"-in", sample.DefaultExport(200, rng.Uint64()), 1, 100)
	for _, args := range [][]string{{"init", dir, "--json"}, {"--case", dir, "import", in, "--json"}} {
		if a := l.run(args...); a.code != 0 {
			return 0, fmt.Errorf("%v: %v", args, a)
		}
	}
	var ids []string
	for _, x := range l.run("--case", dir, "search", "--json").lines {
		ids = append(ids, x.ID)
	}
	start := time.Now()
	l.run("--case", dir, "outage", "2025-01-01", "--reason", "how long it takes", "--json")
	took := time.Since(start)
	saved := map[string]bool{} // ids of the decisions that were acknowledged
	var hidden []string        // statements whose withdrawal was
	for n := range kills {
		args := []string{"--case", dir, "outage", "2025-01-08", "2025-01-09", "--reason", "a test", "--json"}
		// A statement that a killed command spoke of is not touched again:
		// nobody was told whether it is hidden.
		switch rng.IntN(4) {
		case 0:
		case 1:
			if len(hidden) > 0 {
				args = []string{"--case", dir, "restore", hidden[0], "--reason", "a test", "--json"}
				hidden = hidden[1:]
			}
		default:
			args = []string{"--case", dir, "withdraw", ids[0], "--reason", "a test", "--json"}
			ids = ids[1:]
		}
		a := l.killed(rng, took*3/2, args...)
		if a.code > 0 {
			return acknowledged, fmt.Errorf("%v: %v", args, a)
		}
		for _, x := range a.lines {
			saved[x.ID] = true
			if acknowledged++; args[2] == "withdraw" {
				hidden = append(hidden, args[3])
			}
		}
		if err := l.clean(dir, ""); err != nil {
			return acknowledged, fmt.Errorf("killed in %v: %w", args, err)
		}
		if n%10 == 9 || n == kills-1 {
			if err := l.remembered(dir, saved, hidden); err != nil {
				return acknowledged, fmt.Errorf("killed in %v: %w", args, err)
			}
		}
	}
	if r, _ := l.run("--case", dir, "rebuild", "--json", "-q").find("rebuild"); !r.Identical {
		return acknowledged, fmt.Errorf("the catalog is not what a rebuild makes: %+v", r)
	}
	return acknowledged, l.clean(dir, "")
}

// remembered lets the next writer finish what a killed one began, and looks
// for what was acknowledged.
func (l *lab) remembered(dir string, saved map[string]bool, hidden []string) error {
	if a := l.run("--case", dir, "config", "name=case", "--json"); a.code != 0 {
		return fmt.Errorf("it does not open: %v", a)
	}
	have := map[string]bool{}
	for _, args := range [][]string{{"show", "decisions"}, {"show", "gaps"}, {"search", "state:withdrawn"}} {
		a := l.run(append([]string{"--case", dir, "--json"}, args...)...)
		if a.code != 0 {
			return fmt.Errorf("%v: %v", args, a)
		}
		for _, x := range a.lines {
			have[x.ID] = true
		}
	}
	for id := range saved {
		if !have[id] {
			return fmt.Errorf("%s was acknowledged and is gone", id)
		}
	}
	for _, id := range hidden {
		if !have[id] {
			return fmt.Errorf("the withdrawal of %s was acknowledged, and it is not withdrawn", id)
		}
	}
	return nil
}

// TestWritersRace starts fifty writers at once.
func TestWritersRace(t *testing.T) {
	const writers = 50
	l := newLab(t)
	dir := l.path("case")
	l.ok("init", dir, "--json")
	race := func() (done, locked int) {
		codes := make([]answer, writers)
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				codes[i] = l.run("--case", dir, "outage", "2025-01-08", "--reason", fmt.Sprintf("writer %d", i), "--json")
			})
		}
		wg.Wait()
		for _, a := range codes {
			switch a.code {
			case 0:
				done++
			case 11:
				locked++
			default:
				t.Errorf("a writer ended with %v", a)
			}
		}
		return done, locked
	}
	ctx := context.Background()
	c, err := l.made.Open(ctx, dir, true)
	must(t, err)
	if done, locked := race(); done != 0 || locked != writers {
		t.Errorf("while the case was locked %d wrote and %d were told that it is", done, locked)
	}
	if _, err := desk.New(c).Outage(ctx, "", time.Unix(1e9, 0), time.Time{}, "the holder of the lock"); err != nil {
		t.Error(err)
	}
	must(t, c.Close())
	done, locked := race()
	t.Logf("%d wrote, %d found it locked", done, locked)
	if done == 0 {
		t.Error("nobody could write")
	}
	must(t, l.clean(dir, ""))
	c, err = l.made.Open(ctx, dir, false)
	must(t, err)
	gaps, err := c.Catalog.Gaps(ctx, 0)
	must(t, err)
	must(t, c.Close())
	if len(gaps) != done+1 {
		t.Errorf("%d outages were acknowledged, %d are there", done+1, len(gaps))
	}
	size, err := logSize(dir)
	must(t, err)
	if want := uint64(2 + done + 1); size != want { // case, key, outages
		t.Errorf("the log has %d entries, want %d", size, want)
	}
}
