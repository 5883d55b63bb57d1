package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"dalil/internal/record"
	"dalil/internal/state"
)

// Kinds of jobs that this room does itself.
const (
	JobImport    = "import"    // ImportJob
	JobPreflight = "preflight" // ImportJob: what an import would do, nothing is written
	JobAnalyse   = "analyse"   // no arguments
	JobOCR       = "ocr"       // the desk's: the text in pictures
)

// ImportJob is what an import or a preflight is to do.
type ImportJob struct {
	Paths       []string `json:"paths,omitempty"`  // absolute
	Upload      string   `json:"upload,omitempty"` // or what came from a browser
	Names       []string `json:"names,omitempty"`  // what the upload's files are called, at its top
	Source      string   `json:"source,omitempty"`
	KeepSenders string   `json:"keep_senders,omitempty"`
	KeepOwner   bool     `json:"keep_owner,omitempty"`
}

// JobKind is how jobs of one kind are done.
type JobKind struct {
	Name  string
	Reads bool // it writes nothing: it does not wait for those that write
	Do    func(ctx context.Context, w *Work) error
}

// Work is a job being done.
type Work struct {
	Case   *Case
	Shared bool // people decide beside it
	store  *state.Store
	tell   func(Progress) // who watches in this process; may be nil

	mu       sync.Mutex
	job      state.Job
	last     Progress
	pace     Pace
	told     int // problems in state.db
	fresh    []record.Problem
	finished bool // the work was done to its end
	receipt  *Receipt
}

// ID is the job's id.
func (w *Work) ID() string { return w.job.ID }

// Args reads the job's arguments into v.
func (w *Work) Args(v any) error {
	if len(w.job.Args) == 0 {
		return nil
	}
	if err := json.Unmarshal(w.job.Args, v); err != nil {
		return fmt.Errorf("%w arguments of job %s: %v", record.ErrInvalid, w.job.ID, err)
	}
	return nil
}

// Earlier is how many things earlier runs of this job added, before it was stopped:
// statements of an import, pictures that were read.
func (w *Work) Earlier() int64 { return w.job.Earlier }

// Report tells how far the work is. It is cheap, and may be called often.
func (w *Work) Report(p Progress) {
	w.mu.Lock()
	if p.Rate == 0 && p.Share == 0 { // nobody else has worked it out
		p = w.pace.Add(time.Now(), p)
	}
	w.last = p
	if n := len(p.Receipt.Problems); n > w.told {
		w.fresh = append(w.fresh, p.Receipt.Problems[w.told:n]...)
		w.told = n
	}
	begun := p.Receipt.Run != 0 && !slices.Contains(w.job.Runs, p.Receipt.Run)
	if begun {
		w.job.Runs = append(w.job.Runs, p.Receipt.Run)
	}
	w.mu.Unlock()
	if begun {
		w.save(context.Background()) //nolint:errcheck // the next time, or at the end
	}
	if w.tell != nil {
		w.tell(p)
	}
}

// Finish says what came of the work. A receipt that was cut short is none.
func (w *Work) Finish(r Receipt) {
	p := w.last
	p.Receipt = r
	w.Report(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.receipt, w.finished = &r, !r.Cancelled
}

// save brings state.db up to what was reported, and returns what somebody asked
// for meanwhile.
func (w *Work) save(ctx context.Context) (state.Wish, error) {
	w.mu.Lock()
	fresh := w.fresh
	w.fresh = nil
	w.mu.Unlock()
	if err := w.store.AddProblems(ctx, w.job.ID, fresh); err != nil {
		return "", err
	}
	j, err := w.store.ChangeJob(ctx, w.job.ID, func(j *state.Job) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.fill(j)
		return nil
	})
	return j.Wish, err
}

// fill puts what was reported into a job.
func (w *Work) fill(j *state.Job) {
	p := &w.last
	j.Beat = w.Case.Now().UnixMilli()
	j.Phase, j.File, j.Done, j.Total, j.Rate = p.Phase, p.File, p.Done, p.Total, p.Rate
	j.Share, j.Left = p.Share, int64(p.Left/time.Second)
	j.Runs = w.job.Runs
	r := &p.Receipt
	j.Counts = map[string]int64{}
	for name, n := range map[string]int64{"read": r.Read, "new": r.New, "known": r.Known, "edits": r.Edits, "failed": r.Failed, "files": r.Files, "bytes": r.Bytes,
		"sources": r.Sources, "gaps": r.Gaps, "missing": r.Missing, "returned": r.Returned, "missing_media": r.MissingMedia, "omitted_media": r.OmittedMedia, "in_families": r.InFamilies} {
		if n != 0 {
			j.Counts[name] = n
		}
	}
	j.Problems = int64(len(r.Problems)) + r.More
}

// errors that stop a job's work from outside.
var (
	errPause  = errors.New("paused")
	errCancel = errors.New("cancelled")
)

// saveEvery is how often a running job writes down how far it is, and looks
// whether it is to stop.
const saveEvery = 400 * time.Millisecond

// do does a job that was marked as running, and returns it as it ended. ctx ends
// when the program does.
func (w *Work) do(ctx context.Context, kind JobKind) (state.Job, error) {
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ticked := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(ticked)
		t := time.NewTicker(saveEvery)
		defer t.Stop()
		for {
			select {
			case <-over:
				return
			case <-t.C:
			}
			switch wish, _ := w.save(context.WithoutCancel(ctx)); wish { // what could not be written now is at the end
			case state.WishPause:
				stop(errPause)
			case state.WishCancel:
				stop(errCancel)
			}
		}
	}()
	err := w.store.ClearProblems(ctx, w.job.ID)
	if err == nil {
		err = kind.Do(within, w)
	}
	close(over)
	<-ticked
	ctx = context.WithoutCancel(ctx)
	w.save(ctx) //nolint:errcheck // the change below tells of it
	j, serr := w.store.ChangeJob(ctx, w.job.ID, func(j *state.Job) error {
		w.end(j, err, context.Cause(within))
		return nil
	})
	if serr != nil {
		return j, serr
	}
	if j.State == state.Cancelled || j.State == state.Done && j.Counts["failed"] == 0 && j.Kind != JobPreflight {
		w.Case.dropUploadOf(j) //nolint:errcheck // swept later
	}
	return j, err
}

// end says how a job ended.
func (w *Work) end(j *state.Job, err, cause error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fill(j)
	j.Ended, j.Wish, j.Rate, j.Left = w.Case.Now().UnixMilli(), "", 0, 0
	stopped := err == nil && !w.finished || errors.Is(err, context.Canceled) || errors.Is(err, errPause) || errors.Is(err, errCancel)
	switch {
	case err == nil && w.finished:
		j.State, j.Share = state.Done, 1
		r := *w.receipt
		r.Problems = nil // they are in a list of their own
		j.Skipped = r.Skipped
		if b, err := json.Marshal(r); err == nil {
			j.Result = b
		}
	case stopped && errors.Is(cause, errPause):
		j.State = state.Paused
	case stopped && errors.Is(cause, errCancel):
		j.State = state.Cancelled
	case stopped:
		j.State = state.Interrupted
		if j.Renews {
			j.State, j.Ended = state.Queued, 0
		}
	default:
		j.State, j.Error = state.Failed, err.Error()
		var h *record.Hint
		if errors.As(err, &h) {
			j.Remedy = h.Do
		}
	}
}

// jobKinds are the kinds this room does itself.
func jobKinds() []JobKind {
	return []JobKind{
		{Name: JobImport, Do: func(ctx context.Context, w *Work) error { return w.importing(ctx, false) }},
		{Name: JobPreflight, Reads: true, Do: func(ctx context.Context, w *Work) error { return w.importing(ctx, true) }},
		{Name: JobAnalyse, Do: func(ctx context.Context, w *Work) error {
			err := w.Case.Analyse(ctx, w.Report)
			if err == nil {
				w.Finish(Receipt{})
			}
			return err
		}},
	}
}

func (w *Work) importing(ctx context.Context, dry bool) error {
	var args ImportJob
	if err := w.Args(&args); err != nil {
		return err
	}
	paths := args.Paths
	opt := ImportOptions{Source: args.Source, KeepSenders: args.KeepSenders, KeepOwner: args.KeepOwner, DryRun: dry, Shared: w.Shared, Progress: w.Report}
	if args.Upload != "" {
		x, err := w.Case.Upload(args.Upload)
		if err != nil {
			return err
		}
		path, err := w.Case.uploadPath(x)
		if err != nil {
			return err
		}
		paths, opt.Undated, opt.Names = []string{path}, true, x.Names
	}
	r, err := w.Case.Import(ctx, paths, opt)
	if err != nil {
		return err
	}
	w.Finish(r)
	return nil
}

// Enqueue puts a job of a kind on the list. It is done by whoever has the case
// open for writing and runs its queue.
func (c *Case) Enqueue(ctx context.Context, kind, title string, args any) (state.Job, error) {
	return c.EnqueueRenewing(ctx, kind, title, args, false)
}

// EnqueueRenewing is Enqueue for a job that, with renews set, goes on by itself
// when it was interrupted.
func (c *Case) EnqueueRenewing(ctx context.Context, kind, title string, args any, renews bool) (state.Job, error) {
	j, err := c.newJob(kind, title, args)
	if err != nil {
		return j, err
	}
	s, err := c.State()
	if err != nil {
		return j, err
	}
	j.State, j.Renews = state.Queued, renews
	return j, s.AddJob(ctx, j)
}

func (c *Case) newJob(kind, title string, args any) (state.Job, error) {
	id, err := c.randomID(record.KindJob)
	if err != nil {
		return state.Job{}, err
	}
	b, err := json.Marshal(args)
	return state.Job{ID: id, Kind: kind, Title: title, By: c.handle, Args: b, Created: c.Now().UnixMilli()}, err
}

// EnqueueImport puts an import on the list, or with dry set the preflight of one.
// renews says that it goes on by itself when it was interrupted.
func (c *Case) EnqueueImport(ctx context.Context, args ImportJob, dry, renews bool) (state.Job, error) {
	kind := JobImport
	if dry {
		kind = JobPreflight
	}
	if args.Upload != "" {
		x, err := c.Upload(args.Upload)
		if err != nil {
			return state.Job{}, err
		}
		if x.Files == 0 {
			return state.Job{}, record.WithHint(fmt.Errorf("%w: nothing was sent", record.ErrInvalid), "choose files or a folder first")
		}
		args.Upload, args.Names = x.ID, x.Names
	} else if err := absolute(args.Paths); err != nil {
		return state.Job{}, err
	}
	return c.EnqueueRenewing(ctx, kind, importTitle(args), args, renews)
}

func absolute(paths []string) (err error) {
	for i, p := range paths {
		if paths[i], err = filepath.Abs(p); err != nil {
			return err
		}
	}
	return nil
}

// importTitle names what is imported.
func importTitle(args ImportJob) string {
	names := args.Names
	if args.Upload == "" {
		for _, p := range args.Paths {
			names = append(names, filepath.Base(p))
		}
	}
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// ImportNow does an import as a job right away, as DoNow does.
func (c *Case) ImportNow(ctx context.Context, args ImportJob, tell func(Progress)) (Receipt, state.Job, error) {
	if err := absolute(args.Paths); err != nil {
		return Receipt{}, state.Job{}, err
	}
	return c.DoNow(ctx, jobKinds()[0], importTitle(args), args, tell)
}

// DoNow does a job right away, in the caller's time: the list shows it and others
// may pause it.
func (c *Case) DoNow(ctx context.Context, kind JobKind, title string, args any, tell func(Progress)) (Receipt, state.Job, error) {
	s, err := c.stateAlone(ctx)
	if err != nil {
		return Receipt{}, state.Job{}, err
	}
	j, err := c.newJob(kind.Name, title, args)
	if err != nil {
		return Receipt{}, j, err
	}
	j.State, j.Started, j.Beat = state.Running, j.Created, j.Created
	if err := s.AddJob(ctx, j); err != nil {
		return Receipt{}, j, err
	}
	return c.doNow(ctx, s, kind, j, tell)
}

// ResumeNow lets a job that stopped go on right away, if it is of one of the kinds
// given or an import.
func (c *Case) ResumeNow(ctx context.Context, id string, tell func(Progress), more ...JobKind) (Receipt, state.Job, error) {
	s, err := c.stateAlone(ctx)
	if err != nil {
		return Receipt{}, state.Job{}, err
	}
	j, kind, err := c.begin(ctx, s, id, append(more, jobKinds()[0]))
	if err != nil {
		return Receipt{}, j, err
	}
	return c.doNow(ctx, s, kind, j, tell)
}

// stateAlone opens the list of jobs for who holds the lock: jobs that say they are
// running were interrupted.
func (c *Case) stateAlone(ctx context.Context) (*state.Store, error) {
	s, err := c.State()
	if err == nil {
		_, err = s.Interrupt(ctx, c.Now().UnixMilli())
	}
	return s, err
}

func (c *Case) doNow(ctx context.Context, s *state.Store, kind JobKind, j state.Job, tell func(Progress)) (Receipt, state.Job, error) {
	w := &Work{Case: c, store: s, job: j, tell: tell}
	if err := w.earlier(ctx); err != nil {
		return Receipt{}, j, err
	}
	j, err := w.do(ctx, kind)
	r := w.last.Receipt
	if w.receipt != nil {
		r = *w.receipt
	}
	return r, j, err
}

// begin marks a job that can go on as running, if it is of one of some kinds.
func (c *Case) begin(ctx context.Context, s *state.Store, id string, kinds []JobKind) (state.Job, JobKind, error) {
	id, err := c.jobID(id)
	if err != nil {
		return state.Job{}, JobKind{}, err
	}
	n := -1
	j, err := s.ChangeJob(ctx, id, func(j *state.Job) error {
		if n = slices.IndexFunc(kinds, func(k JobKind) bool { return k.Name == j.Kind }); n < 0 {
			return record.WithHint(fmt.Errorf("%w: %s is a job of the kind %s, which `dalil serve` does", record.ErrConflict, j.ID, j.Kind), "see `dalil jobs`")
		}
		if !c.resumable(j) && j.State != state.Queued {
			return c.notNow(j, "resumed")
		}
		now := c.Now().UnixMilli()
		j.State, j.Wish, j.Started, j.Beat, j.Ended, j.Error, j.Remedy = state.Running, "", now, now, 0, "", ""
		return nil
	})
	if err != nil {
		return j, JobKind{}, unlisted(err)
	}
	return j, kinds[n], nil
}

// earlier counts what earlier runs of the job added: from each run's entry to the
// next run's, every statement is its own, since one run is at work at a time. Of
// pictures that were read, the texts count, which are captures.
func (w *Work) earlier(ctx context.Context) error {
	size := w.Case.Archive.Size()
	var runs []uint64
	var added int64
	what := record.LeafStatement
	if w.job.Kind == JobOCR {
		what = record.LeafCapture
	}
	for _, run := range w.job.Runs {
		if run >= size {
			continue // the program was stopped before the run was on stable storage
		}
		own := false
		err := w.Case.eachLeaf(ctx, run, func(i uint64, l *record.Leaf) error {
			switch {
			case i == run:
				own = l.Kind == record.LeafRun
			case l.Kind == record.LeafRun:
				return errEnough
			default:
				added++
			}
			if !own {
				return errEnough
			}
			return nil
		}, record.LeafRun, what)
		if err != nil && !errors.Is(err, errEnough) {
			return err
		}
		if own {
			runs = append(runs, run)
		}
	}
	w.job.Runs, w.job.Earlier = runs, added
	_, err := w.store.ChangeJob(ctx, w.job.ID, func(j *state.Job) error {
		j.Runs, j.Earlier = runs, added
		return nil
	})
	return err
}

func (c *Case) dropUploadOf(j state.Job) error {
	var args ImportJob
	if j.Kind != JobImport && j.Kind != JobPreflight || json.Unmarshal(j.Args, &args) != nil || args.Upload == "" {
		return nil
	}
	return c.DropUpload(args.Upload)
}

// neededUploads are those that a job may still read.
func (c *Case) neededUploads(ctx context.Context) (map[string]bool, error) {
	s, err := c.State()
	if err != nil {
		return nil, err
	}
	all, err := s.Jobs(ctx, 0)
	needed := map[string]bool{}
	for _, j := range all {
		var args ImportJob
		if j.Kind == JobImport && (j.State.Open() || j.State == state.Failed) && json.Unmarshal(j.Args, &args) == nil && args.Upload != "" {
			needed[args.Upload] = true
		}
	}
	return needed, err
}

// jobID reads an id as people type it.
func (c *Case) jobID(id string) (string, error) {
	k, n, err := c.IDs.Leaf(id)
	if err != nil {
		return "", err
	}
	if k != record.KindJob && k != 0 {
		return "", record.WithHint(fmt.Errorf("job %.40s: %w", id, record.ErrNotFound), "list them with `dalil jobs`")
	}
	return c.IDs.ID(record.KindJob, n), nil
}

// Job finds a job by its id. One that says it is running, and has not been heard
// of for a while, was interrupted.
func (c *Case) Job(ctx context.Context, id string) (state.Job, error) {
	id, err := c.jobID(id)
	if err != nil {
		return state.Job{}, err
	}
	s, err := c.State()
	if err != nil {
		return state.Job{}, err
	}
	j, err := s.Job(ctx, id)
	return c.asHeard(j), unlisted(err)
}

func unlisted(err error) error {
	if errors.Is(err, record.ErrNotFound) {
		return record.WithHint(err, "list them with `dalil jobs`; a list that was lost took no evidence with it")
	}
	return err
}

// Jobs lists jobs, the newest first; most 0 lists all.
func (c *Case) Jobs(ctx context.Context, most int) ([]state.Job, error) {
	s, err := c.State()
	if err != nil {
		return nil, err
	}
	all, err := s.Jobs(ctx, most)
	for i := range all {
		all[i] = c.asHeard(all[i])
	}
	return all, err
}

// silence is how long a running job may say nothing; it speaks every saveEvery.
const silence = 30 * time.Second

func (c *Case) asHeard(j state.Job) state.Job {
	if j.State == state.Running && c.Now().Sub(time.UnixMilli(j.Beat)) > silence {
		j.State = state.Interrupted
	}
	return j
}

// resumable reports whether a job can be put into the queue again: also one that
// is done, when some items failed.
func (c *Case) resumable(j *state.Job) bool {
	heard := c.asHeard(*j)
	return heard.State.Resumable() || Again(j)
}

// Again reports whether what failed in a job that is done can be tried again.
func Again(j *state.Job) bool {
	return j.State == state.Done && j.Counts["failed"] > 0 && (j.Kind == JobImport || j.Kind == JobOCR)
}

func (c *Case) notNow(j *state.Job, verb string) error {
	return fmt.Errorf("%w: %s is %s and cannot be %s", record.ErrConflict, j.ID, c.asHeard(*j).State, verb)
}

// PauseJob asks a job to stop at the next batch, so that it can be resumed;
// CancelJob to stop for good. What was done stays, and is told by a receipt. A
// job that is not running stops at once.
func (c *Case) PauseJob(ctx context.Context, id string) (state.Job, error) {
	return c.changeJob(ctx, id, func(j *state.Job) error {
		switch c.asHeard(*j).State {
		case state.Running:
			j.Wish = state.WishPause
		case state.Queued:
			j.State = state.Paused
		default:
			return c.notNow(j, "paused")
		}
		return nil
	})
}

// CancelJob ends a job for good.
func (c *Case) CancelJob(ctx context.Context, id string) (state.Job, error) {
	j, err := c.changeJob(ctx, id, func(j *state.Job) error {
		switch c.asHeard(*j).State {
		case state.Running:
			j.Wish = state.WishCancel
		case state.Queued, state.Paused, state.Interrupted, state.Failed:
			j.State, j.Wish, j.Ended = state.Cancelled, "", c.Now().UnixMilli()
		default:
			return c.notNow(j, "cancelled")
		}
		return nil
	})
	if err == nil && j.State == state.Cancelled {
		err = c.dropUploadOf(j)
	}
	return j, err
}

// ResumeJob puts a job that stopped, failed, or was done but for some items, into
// the queue again. What it added before is recognised.
func (c *Case) ResumeJob(ctx context.Context, id string) (state.Job, error) {
	return c.changeJob(ctx, id, func(j *state.Job) error {
		if !c.resumable(j) {
			return c.notNow(j, "resumed")
		}
		var args ImportJob
		if err := json.Unmarshal(j.Args, &args); err == nil && args.Upload != "" {
			if _, err := c.Upload(args.Upload); err != nil {
				return err
			}
		}
		j.State, j.Wish, j.Ended, j.Error, j.Remedy = state.Queued, "", 0, "", ""
		return nil
	})
}

func (c *Case) changeJob(ctx context.Context, id string, f func(*state.Job) error) (state.Job, error) {
	id, err := c.jobID(id)
	if err != nil {
		return state.Job{}, err
	}
	s, err := c.State()
	if err != nil {
		return state.Job{}, err
	}
	j, err := s.ChangeJob(ctx, id, f)
	return j, unlisted(err)
}

// JobProblems lists what went wrong in a job, after the first skip; most 0 lists
// all.
func (c *Case) JobProblems(ctx context.Context, id string, skip, most int) ([]record.Problem, error) {
	id, err := c.jobID(id)
	if err != nil {
		return nil, err
	}
	s, err := c.State()
	if err != nil {
		return nil, err
	}
	return s.Problems(ctx, id, skip, most)
}

// lookEvery is how often whoever waits for a job looks at it.
const lookEvery = 300 * time.Millisecond

// WaitJob returns a job as soon as it has changed since a revision, also when
// another process does it. It ends with ctx.
func (c *Case) WaitJob(ctx context.Context, id string, since int64) (state.Job, error) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		j, err := c.Job(ctx, id)
		if err != nil || j.Revision > since {
			return j, err
		}
		select {
		case <-ctx.Done():
			return j, ctx.Err()
		case <-t.C:
		}
	}
}
