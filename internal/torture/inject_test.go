package torture

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"dalil/internal/sample"
)

// injectable are the system calls that are made to fail.
var injectable = []string{"openat", "write", "pwrite64", "fsync", "fdatasync", "renameat", "unlinkat", "ftruncate", "mkdirat"}

// victim is a command whose system calls fail.
type victim struct {
	name   string
	args   []string       // without --case
	before string         // the case it starts from
	again  []int          // exit codes the same command may have when it is run again
	want   string         // what the case holds in the end
	calls  map[string]int // how many of each call a thread makes at most
}

// shot is one injected failure.
type shot struct {
	v          *victim
	call, what string
	when       int
}

func (s shot) String() string {
	return fmt.Sprintf("%s, inject=%s:%s:when=%d", s.v.name, s.call, s.what, s.when)
}

// TestInject makes system calls fail, or kills the program in them.
func TestInject(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil || runtime.GOOS != "linux" {
		t.Fatal("strace on Linux is needed to make system calls fail: install it (apt-get install strace, dnf install strace)")
	}
	l := newLab(t)
	rng := random(t)
	in := l.export(l.path("in"), sample.DefaultExport(120, 5), 3, 2000)
	empty, full, hidden := l.path("empty"), l.path("full"), l.path("hidden")
	l.ok("init", empty, "--json")
	must(t, copyCase(empty, full))
	l.ok("--case", full, "import", in, "--json")
	id := l.ok("--case", full, "search", "--json").lines[0].ID
	must(t, copyCase(full, hidden))
	l.ok("--case", hidden, "withdraw", id, "--reason", "a test", "--json")

	victims := []*victim{
		{name: "import", args: []string{"import", in, "--json", "-q"}, before: empty, again: []int{0}},
		// A second withdrawal of the same statement is refused with 1.
		{name: "withdraw", args: []string{"withdraw", id, "--reason", "a test", "--json"}, before: full, again: []int{0, 1}},
	}
	for i, after := range []string{full, hidden} {
		v, err := victims[i], error(nil)
		v.want, err = l.contents(after)
		must(t, err)
		v.calls = l.callsOf(v)
		t.Logf("%s makes %v", v.name, v.calls)
	}
	shots := aim(rng, victims)
	t.Logf("%d possible injections", len(shots))
	if !thorough() {
		// Each call of each command, each kind of failure several times.
		shots = shots[:min(24, len(shots))]
	}
	var hit atomic.Int64
	work := make(chan int)
	var wg sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range work {
				dir := l.path(fmt.Sprintf("shot%d", i))
				stopped, err := l.survive(dir, shots[i])
				if err != nil {
					t.Errorf("%v: %v", shots[i], err)
				}
				if stopped {
					hit.Add(1)
				}
				os.RemoveAll(dir)
			}
		})
	}
	for i := range shots {
		work <- i
	}
	close(work)
	wg.Wait()
	t.Logf("%d of %d stopped the program", hit.Load(), len(shots))
	if hit.Load() == 0 {
		t.Error("no injected failure had an effect")
	}
}

// callsOf counts the calls a command makes. strace counts when= in each thread
// by itself, so the most that any thread made is how far counting leads.
func (l *lab) callsOf(v *victim) map[string]int {
	l.t.Helper()
	dir, trace := l.path("count-"+v.name), l.path("trace-"+v.name)
	must(l.t, copyCase(v.before, dir))
	args := append([]string{"-f", "-o", trace, "-e", "trace=" + join(injectable), program, "--case", dir}, v.args...)
	if a := l.start(exec.Command("strace", args...)); a.code != 0 {
		l.t.Fatalf("count calls of %s: %v", v.name, a)
	}
	text, err := os.ReadFile(trace)
	must(l.t, err)
	calls, threads := map[string]int{}, map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^(\d+) +(\w+)\(`).FindAllStringSubmatch(string(text), -1) {
		threads[m[1]+m[2]]++
		calls[m[2]] = max(calls[m[2]], threads[m[1]+m[2]])
	}
	return calls
}

func join(calls []string) string {
	s := calls[0]
	for _, c := range calls[1:] {
		s += "," + c
	}
	return s
}

// aim lists every injection in a random order, such that each call and each kind
// of failure comes up as often as another in the beginning, however rarely a call
// is made.
func aim(rng *rand.Rand, victims []*victim) []shot {
	var lists [][]shot
	for _, v := range victims {
		for _, call := range slices.Sorted(maps.Keys(v.calls)) {
			list := make([]shot, 3*v.calls[call])
			for kind, what := range []string{"error=EIO", "signal=KILL", "error=ENOSPC"} {
				for i, when := range rng.Perm(v.calls[call]) {
					list[3*i+(kind+len(lists))%3] = shot{v, call, what, when + 1}
				}
			}
			lists = append(lists, list)
		}
	}
	var shots []shot
	for more := true; more; {
		more = false
		for i, list := range lists {
			if len(list) > 0 {
				shots, lists[i], more = append(shots, list[0]), list[1:], true
			}
		}
	}
	return shots
}

// survive runs a command with an injected failure and looks after the case.
func (l *lab) survive(dir string, s shot) (stopped bool, err error) {
	if err := copyCase(s.v.before, dir); err != nil {
		return false, err
	}
	cmd := append([]string{"--case", dir}, s.v.args...)
	args := append([]string{"-f", "-o", os.DevNull, "-e", "trace=" + s.call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", s.call, s.what, s.when), program}, cmd...)
	a := l.start(exec.Command("strace", args...))
	if err := l.clean(dir, ""); err != nil {
		return true, fmt.Errorf("ended with %v; then %w", a, err)
	}
	_, receipt := a.find("summary")
	decision, decided := a.find("decision")
	if a.code == 0 && !receipt && !decided {
		return true, fmt.Errorf("ended with 0 and acknowledged nothing: %v", a)
	}
	if a.code == 0 {
		if got, err := l.contents(dir); err != nil || got != s.v.want {
			return true, fmt.Errorf("ended with 0, and the case holds %s, not %s (%v)", got, s.v.want, err)
		}
	}
	if decided {
		have := false
		for _, x := range l.run("--case", dir, "show", "decisions", "--json").lines {
			have = have || x.ID == decision.ID
		}
		if !have {
			return true, fmt.Errorf("%s was acknowledged (exit %d) and is gone", decision.ID, a.code)
		}
	}
	// The same command again, on sound storage.
	if b := l.run(cmd...); !slices.Contains(s.v.again, b.code) {
		return true, fmt.Errorf("ended with %v; again: %v", a, b)
	}
	if err := l.clean(dir, ""); err != nil {
		return true, fmt.Errorf("ended with %v; done again, %w", a, err)
	}
	if got, err := l.contents(dir); err != nil || got != s.v.want {
		return true, fmt.Errorf("ended with %v; done again the case holds %s, not %s (%v)", a, got, s.v.want, err)
	}
	return a.code != 0, nil
}
