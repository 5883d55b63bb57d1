package pipeline_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/sample"
	"dalil/internal/state"
)

// queue runs the jobs of a case until the test stops it.
func queue(t *testing.T, c *pipeline.Case, more ...pipeline.JobKind) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	q, err := c.NewQueue(ctx, more...)
	must(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := q.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// until follows a job until it is in one of some states.
func until(t *testing.T, c *pipeline.Case, id string, states ...state.JobState) state.Job {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for since := int64(0); ; {
		j, err := c.WaitJob(ctx, id, since)
		must(t, err)
		for _, s := range states {
			if j.State == s {
				return j
			}
		}
		if !j.State.Open() {
			t.Fatalf("job is %s: %s", j.State, j.Error)
		}
		since = j.Revision
	}
}

// What comes from a browser is staged, looked at without a trace, and imported;
// then the staged files are gone.
func TestUploadPreflightImport(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	stop := queue(t, c)
	d := desk.New(c)
	path, truth := h.export("export/result.json", sample.DefaultExport(300, 1))
	u, err := d.NewUpload()
	must(t, err)
	for _, bad := range []string{"", "..", "../x", "/etc/passwd", "a/../../b", "a//b", "a/./b", "x\x00y", "a\nb", strings.Repeat("a/", 50) + "b", strings.Repeat("x", 2000), "\xff"} {
		if _, err := u.Add(bad, time.Time{}, strings.NewReader("x")); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("the name %q: %v", bad, err)
		}
	}
	f, err := os.Open(path)
	must(t, err)
	_, err = u.Add("ChatExport/result.json", time.Time{}, f)
	must(t, err)
	must(t, f.Close())
	broken := errors.New("the line broke off")
	if _, err := u.Add("ChatExport/broken.html", time.Time{}, &failing{broken}); !errors.Is(err, broken) {
		t.Error(err)
	}
	must(t, u.Close())
	x, err := d.Upload(u.ID)
	must(t, err)
	if x.Files != 1 || x.Bytes != truth.Bytes || len(x.Names) != 1 || x.Names[0] != "ChatExport" {
		t.Errorf("upload %+v, want one file of %d bytes", x, truth.Bytes)
	}
	before := c.Archive.Size()
	j, err := d.Preflight(ctx, desk.ImportChoice{Upload: u.ID})
	must(t, err)
	j = until(t, c, j.ID, state.Done)
	r, ok := desk.JobResult(j)
	if !ok || r.New == 0 || r.Known != 0 || len(r.Found) == 0 || r.Formats["telegram-json"] != 1 {
		t.Errorf("preflight %+v", r)
	}
	sum := int64(0)
	for _, s := range r.Found {
		sum += s.Statements
	}
	if sum != r.Read {
		t.Errorf("%d statements of sources, %d were read", sum, r.Read)
	}
	if c.Archive.Size() != before {
		t.Error("the preflight wrote to the log")
	}
	h.verified("case") // with staged files in it
	j, err = d.StartImport(ctx, desk.ImportChoice{Upload: u.ID})
	must(t, err)
	j = until(t, c, j.ID, state.Done)
	if j.Counts["new"] != r.New || len(j.Runs) != 1 {
		t.Errorf("import %+v", j)
	}
	if _, err := d.Upload(u.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("the staged files are still there: %v", err)
	}
	capture, err := c.Catalog.CaptureAt(ctx, j.Runs[0], "result.json")
	must(t, err)
	if capture.Theirs != record.NoSeconds {
		t.Error("a browser's file got a date that nobody knows")
	}
	stop()
	h.rebuilt(c)
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// An import that is paused, interrupted and resumed adds what one in a single
// stretch would, and the job knows how much of it each time.
func TestPauseInterruptResume(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	d := desk.New(c)
	opt := sample.DefaultExport(9_000, 3) // more than one batch
	path, _ := h.export("export/result.json", opt)
	args := desk.ImportChoice{Paths: []string{filepath.Dir(path)}}
	pre, err := d.Preflight(ctx, args)
	must(t, err)
	stop := queue(t, c)
	want, _ := desk.JobResult(until(t, c, pre.ID, state.Done))
	stop()

	// Stopped from within at given points, so that no clock is involved.
	j, err := d.StartImport(ctx, args)
	must(t, err)
	_, err = d.PauseJob(ctx, j.ID)
	must(t, err)
	if j, err = d.Job(ctx, j.ID); err != nil || j.State != state.Paused {
		t.Fatalf("a queued job was paused: %+v %v", j, err)
	}
	added := int64(0)
	for _, at := range []int64{1, 2} {
		within, cancel := context.WithCancel(ctx)
		r, j, err := c.ResumeNow(within, j.ID, func(p pipeline.Progress) {
			if p.Receipt.New >= at {
				cancel()
			}
		})
		cancel()
		must(t, err)
		if j.State != state.Interrupted || !r.Cancelled {
			t.Fatalf("stopped at %d: %s, %v", at, j.State, j.Counts)
		}
		if j.Earlier != added {
			t.Errorf("at %d: %d statements of earlier runs, want %d", at, j.Earlier, added)
		}
		added += r.New
	}
	if _, err := d.ResumeJob(ctx, j.ID); err != nil {
		t.Fatal(err)
	}
	stop = queue(t, c)
	j = until(t, c, j.ID, state.Done)
	stop()
	if j.Earlier != added || added+j.Counts["new"] != want.New || len(j.Runs) != 3 {
		t.Errorf("%d earlier (want %d) and %d new in %d runs, want %d together", j.Earlier, added, j.Counts["new"], len(j.Runs), want.New)
	}
	if _, err := d.ResumeJob(ctx, j.ID); !errors.Is(err, record.ErrConflict) {
		t.Errorf("a job that is done was resumed: %v", err)
	}
	h.rebuilt(c)
}

// A job that was running when the program was killed is interrupted, or goes on
// if it was to; a wish reaches it from outside, through the file alone.
func TestJobsOutliveTheProgram(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	s, err := c.State()
	must(t, err)
	for _, j := range []state.Job{
		{ID: "J-0000000", Kind: pipeline.JobImport, State: state.Running},
		{ID: "J-1111111", Kind: "wait", State: state.Running, Renews: true},
	} {
		must(t, s.AddJob(ctx, j))
	}
	h.close(c)
	c = h.open("case", true)
	started := make(chan struct{})
	stop := queue(t, c, pipeline.JobKind{Name: "wait", Do: func(ctx context.Context, w *pipeline.Work) error {
		close(started)
		<-ctx.Done()
		return ctx.Err()
	}})
	<-started
	if s, err = c.State(); err != nil {
		t.Fatal(err)
	}
	j, err := s.Job(ctx, "J-0000000")
	must(t, err)
	if j.State != state.Interrupted {
		t.Errorf("it is %s", j.State)
	}
	other, _, err := state.Open(c.Dir, false)
	must(t, err)
	_, err = other.ChangeJob(ctx, "J-1111111", func(j *state.Job) error { j.Wish = state.WishPause; return nil })
	must(t, err)
	for j.State != state.Paused {
		j, err = other.Job(ctx, "J-1111111")
		must(t, err)
	}
	must(t, other.Close())
	stop()
	h.close(c)
	must(t, os.WriteFile(filepath.Join(c.Dir, state.File), []byte("no database"), 0o600))
	must(t, os.RemoveAll(filepath.Join(c.Dir, custody.StagingFolder)))
	c = h.open("case", true)
	if _, err := c.State(); err != nil || !strings.Contains(c.StateNote(), "made anew") {
		t.Errorf("%v, note %q", err, c.StateNote())
	}
	h.rebuilt(c)
}
