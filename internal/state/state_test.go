package state_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dalil/internal/record"
	"dalil/internal/state"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *state.Store {
	t.Helper()
	s, note, err := state.Open(dir, false)
	must(t, err)
	if note != "" {
		t.Fatalf("note %q", note)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestJobs(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, dir)
	for i, kind := range []string{"import", "preflight", "import"} {
		must(t, s.AddJob(ctx, state.Job{ID: fmt.Sprint("J-", i), Kind: kind, State: state.Queued, Created: int64(i)}))
	}
	other := open(t, dir) // as another process would
	j, ok, err := other.NextJob(ctx, 10, "import")
	must(t, err)
	if !ok || j.ID != "J-0" || j.State != state.Running || j.Started != 10 {
		t.Fatalf("next job %v %+v", ok, j)
	}
	before, err := s.Revision(ctx)
	must(t, err)
	_, err = s.ChangeJob(ctx, "J-0", func(j *state.Job) error { j.Wish = state.WishPause; return nil })
	must(t, err)
	if j, err = other.Job(ctx, "J-0"); err != nil || j.Wish != state.WishPause || j.Revision <= before {
		t.Fatalf("the wish did not arrive: %+v %v", j, err)
	}
	refused := errors.New("no")
	if _, err := s.ChangeJob(ctx, "J-0", func(j *state.Job) error { j.Wish = ""; return refused }); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if j, _ = s.Job(ctx, "J-0"); j.Wish != state.WishPause {
		t.Error("a refused change was kept")
	}
	if _, err := s.Job(ctx, "J-9"); !errors.Is(err, record.ErrNotFound) {
		t.Error(err)
	}
	must(t, s.AddProblems(ctx, "J-0", []record.Problem{{What: "one"}, {What: "two"}}))
	must(t, s.AddProblems(ctx, "J-0", []record.Problem{{What: "three"}}))
	ps, err := s.Problems(ctx, "J-0", 1, 1)
	must(t, err)
	if len(ps) != 1 || ps[0].What != "two" {
		t.Errorf("problems %v", ps)
	}
	n, err := s.Interrupt(ctx, 20)
	must(t, err)
	if j, _ = s.Job(ctx, "J-0"); n != 1 || j.State != state.Interrupted || j.Ended != 20 || j.Wish != "" {
		t.Errorf("%d interrupted, %+v", n, j)
	}
	all, err := s.Jobs(ctx, 2)
	must(t, err)
	if len(all) != 2 || all[0].ID != "J-2" {
		t.Errorf("jobs %+v", all)
	}
}

// Each queued job is taken once, whoever asks.
func TestNextJobIsTakenOnce(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	stores := []*state.Store{open(t, dir), open(t, dir), open(t, dir)}
	const n = 30
	for i := range n {
		must(t, stores[0].AddJob(ctx, state.Job{ID: fmt.Sprint(i), Kind: "import", State: state.Queued}))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := map[string]int{}
	for _, s := range stores {
		wg.Go(func() {
			for {
				j, ok, err := s.NextJob(ctx, 1, "import")
				if err != nil {
					t.Error(err)
				}
				if !ok {
					return
				}
				mu.Lock()
				taken[j.ID]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for id, k := range taken {
		if k != 1 {
			t.Errorf("job %s was taken %d times", id, k)
		}
	}
	if len(taken) != n {
		t.Errorf("%d jobs were taken, of %d", len(taken), n)
	}
}

func TestOldJobsAreForgotten(t *testing.T) {
	ctx := context.Background()
	s, err := state.Memory()
	must(t, err)
	defer s.Close()
	must(t, s.AddJob(ctx, state.Job{ID: "open", State: state.Paused}))
	for i := range 510 {
		must(t, s.AddJob(ctx, state.Job{ID: fmt.Sprint(i), State: state.Done}))
	}
	all, err := s.Jobs(ctx, 0)
	must(t, err)
	if len(all) != 501 || all[len(all)-1].ID != "open" {
		t.Errorf("%d jobs are kept, the last is %s", len(all), all[len(all)-1].ID)
	}
}

func TestValuesMarksDraftsSessions(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir())
	must(t, s.SetValue(ctx, state.KeyWorkbench, "http://127.0.0.1:1/"))
	must(t, s.SetValue(ctx, state.KeyWorkbench, "http://127.0.0.1:2/"))
	if v, err := s.Value(ctx, state.KeyWorkbench); err != nil || v != "http://127.0.0.1:2/" {
		t.Error(v, err)
	}
	must(t, s.SetValue(ctx, state.KeyWorkbench, ""))
	if v, err := s.Value(ctx, state.KeyWorkbench); err != nil || v != "" {
		t.Error(v, err)
	}
	if m, err := s.Seen(ctx, "mk", "today"); err != nil || m != (state.Mark{}) {
		t.Error(m, err)
	}
	must(t, s.SetSeen(ctx, "mk", "today", state.Mark{Leaf: 7, At: 1}))
	must(t, s.SetSeen(ctx, "mk", "today", state.Mark{Leaf: 9, At: 2}))
	if m, err := s.Seen(ctx, "mk", "today"); err != nil || m != (state.Mark{Leaf: 9, At: 2}) {
		t.Error(m, err)
	}
	must(t, s.SetDraft(ctx, state.Draft{Handle: "mk", About: "S-1", Text: "a", Expects: 3, At: 1}))
	must(t, s.SetDraft(ctx, state.Draft{Handle: "mk", About: "S-1", Text: "b", Expects: 4, At: 2}))
	if d, err := s.Draft(ctx, "mk", "S-1"); err != nil || d.Text != "b" || d.Expects != 4 {
		t.Error(d, err)
	}
	if all, err := s.Drafts(ctx, "mk"); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
	must(t, s.DropDraft(ctx, "mk", "S-1"))
	if _, err := s.Draft(ctx, "mk", "S-1"); !errors.Is(err, record.ErrNotFound) {
		t.Error(err)
	}
	one, two := record.DigestOf([]byte("one")), record.DigestOf([]byte("two"))
	must(t, s.AddSession(ctx, state.Session{Hash: one, Handle: "mk", Created: 1, Used: 1, Expires: 10}))
	must(t, s.AddSession(ctx, state.Session{Hash: two, Handle: "sa", Created: 2, Used: 2, Expires: 10}))
	if x, err := s.Session(ctx, one, 9); err != nil || x.Handle != "mk" {
		t.Error(x, err)
	}
	if _, err := s.Session(ctx, one, 10); !errors.Is(err, record.ErrNotFound) {
		t.Error(err)
	}
	must(t, s.UseSession(ctx, one, 9, 20))
	if all, err := s.Sessions(ctx, "", 10); err != nil || len(all) != 1 || all[0].Hash != one {
		t.Error(all, err)
	}
	must(t, s.EndSessions(ctx, "mk"))
	if _, err := s.Session(ctx, one, 9); !errors.Is(err, record.ErrNotFound) {
		t.Error(err)
	}
}

// A damaged file, or one of another program, is replaced by whoever holds the
// case, and by nobody else.
func TestDamagedFile(t *testing.T) {
	ctx := context.Background()
	for name, damage := range map[string]func(path string) error{
		"no database": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600)
		},
		"cut":      func(path string) error { return os.Truncate(path, 5000) },
		"a folder": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, state.File)
			s, _, err := state.Open(dir, false)
			must(t, err)
			must(t, s.AddJob(ctx, state.Job{ID: "J-1", State: state.Queued, Title: strings.Repeat("long ", 5000)}))
			must(t, s.Close())
			must(t, damage(path))
			if _, _, err := state.Open(dir, false); !errors.Is(err, record.ErrAltered) {
				t.Fatalf("opened without the case's lock: %v", err)
			}
			s, note, err := state.Open(dir, true)
			must(t, err)
			defer s.Close()
			if !strings.Contains(note, "made anew") {
				t.Errorf("note %q", note)
			}
			if all, err := s.Jobs(ctx, 0); err != nil || len(all) != 0 {
				t.Error(all, err)
			}
		})
	}
}

// The more time is left, the rounder it is told; never less than it is.
func TestAbout(t *testing.T) {
	for seconds, want := range map[int64]int64{0: 0, 3: 10, 59: 60, 61: 120, 230: 240, 1190: 1200, 1300: 1500, 4000: 4500, 30_000: 32_400} {
		if got := state.About(seconds); got != want {
			t.Errorf("%d s: about %d, want %d", seconds, got, want)
		}
	}
	j := state.Job{State: state.Running, Left: 230}
	if j.Eta() != 240 {
		t.Errorf("%d", j.Eta())
	}
	if j.State = state.Paused; j.Eta() != -1 {
		t.Error("a job that is paused has time left")
	}
}
