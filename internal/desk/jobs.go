package desk

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

// ImportChoice is what a person chose to import, and how.
type ImportChoice struct {
	Upload string   // what came from a browser: the id of an Upload
	Paths  []string // or files and folders of this machine

	Source      string // name of the source for files that do not say theirs
	KeepSenders string // reason to keep private persons' names
	KeepOwner   bool   // take the exporting account's private chats too
	Renews      bool   // go on by itself when the program was stopped in between
}

func (c ImportChoice) job() pipeline.ImportJob {
	return pipeline.ImportJob{Upload: c.Upload, Paths: c.Paths, Source: c.Source, KeepSenders: c.KeepSenders, KeepOwner: c.KeepOwner}
}

// Names for those who see the desk and not the pipeline.
type (
	Receipt     = pipeline.Receipt
	SourceFound = pipeline.Found
	Upload      = pipeline.Upload
	Uploader    = pipeline.Uploader
	Busy        = pipeline.Busy
)

// NewUpload begins to take files from a browser; GoOnUpload adds to one that was
// begun. Each file goes in by Uploader.Add.
func (d *Desk) NewUpload() (*Uploader, error) { return d.Case.NewUpload() }

// GoOnUpload adds to an upload that was begun.
func (d *Desk) GoOnUpload(id string) (*Uploader, error) { return d.Case.OpenUpload(id) }

// Upload says what an upload holds; ErrNotFound when it was imported or dropped.
func (d *Desk) Upload(id string) (Upload, error) { return d.Case.Upload(id) }

// DropUpload throws the files of an upload away.
func (d *Desk) DropUpload(id string) error { return d.Case.DropUpload(id) }

// Preflight puts a job on the list that finds out what an import would do. It
// writes nothing to the log, and does not wait for imports. When it is done, its
// numbers are PreflightResult.
func (d *Desk) Preflight(ctx context.Context, c ImportChoice) (state.Job, error) {
	return d.Case.EnqueueImport(ctx, c.job(), true, false)
}

// StartImport puts an import on the list.
func (d *Desk) StartImport(ctx context.Context, c ImportChoice) (state.Job, error) {
	return d.Case.EnqueueImport(ctx, c.job(), false, c.Renews)
}

// JobChoice is what a job's import or preflight was asked to do.
func JobChoice(j state.Job) (ImportChoice, bool) {
	var a pipeline.ImportJob
	if j.Kind != pipeline.JobImport && j.Kind != pipeline.JobPreflight || json.Unmarshal(j.Args, &a) != nil {
		return ImportChoice{}, false
	}
	return ImportChoice{Upload: a.Upload, Paths: a.Paths, Source: a.Source, KeepSenders: a.KeepSenders, KeepOwner: a.KeepOwner, Renews: j.Renews}, true
}

// JobAgain reports whether what failed in a job that is done can be tried again.
func JobAgain(j state.Job) bool { return pipeline.Again(&j) }

// JobResult is the receipt of a job that is done; of a preflight what an import
// would do. ok is false when there is none.
func JobResult(j state.Job) (r Receipt, ok bool) {
	ok = len(j.Result) > 0 && json.Unmarshal(j.Result, &r) == nil
	return r, ok
}

// Jobs lists jobs, the newest first; most 0 lists all.
func (d *Desk) Jobs(ctx context.Context, most int) ([]state.Job, error) {
	return d.Case.Jobs(ctx, most)
}

// Job finds a job.
func (d *Desk) Job(ctx context.Context, id string) (state.Job, error) { return d.Case.Job(ctx, id) }

// PauseJob asks a running job to stop at its next batch; it can be resumed.
func (d *Desk) PauseJob(ctx context.Context, id string) (state.Job, error) {
	return d.Case.PauseJob(ctx, id)
}

// ResumeJob lets a job go on that was paused or interrupted, or tries one again
// that failed or of which some items failed.
func (d *Desk) ResumeJob(ctx context.Context, id string) (state.Job, error) {
	return d.Case.ResumeJob(ctx, id)
}

// CancelJob ends a job for good; what it did stays.
func (d *Desk) CancelJob(ctx context.Context, id string) (state.Job, error) {
	return d.Case.CancelJob(ctx, id)
}

// WaitJob returns a job as soon as its Revision is beyond since, or when ctx ends
// with the context's error. It may be called in a loop to follow a job.
func (d *Desk) WaitJob(ctx context.Context, id string, since int64) (state.Job, error) {
	return d.Case.WaitJob(ctx, id, since)
}

// JobProblems lists what went wrong in a job, after the first skip; most 0 lists
// all.
func (d *Desk) JobProblems(ctx context.Context, id string, skip, most int) ([]record.Problem, error) {
	return d.Case.JobProblems(ctx, id, skip, most)
}

// WriteJobProblems writes what went wrong in a job as NDJSON: `problem` objects
// of the CLI contract.
func (d *Desk) WriteJobProblems(ctx context.Context, id string, w io.Writer) error {
	const some = 1000
	enc := json.NewEncoder(w)
	for skip := 0; ; skip += some {
		list, err := d.JobProblems(ctx, id, skip, some)
		if err != nil {
			return err
		}
		for _, p := range list {
			if err := enc.Encode(struct {
				Type string `json:"type"`
				record.Problem
			}{"problem", p}); err != nil {
				return err
			}
		}
		if len(list) < some {
			return nil
		}
	}
}

// JobJSON is the `job` object, the same from the command line and from the
// browser.
type JobJSON struct {
	ID       string           `json:"id"`
	Kind     string           `json:"kind"`
	Title    string           `json:"title"`
	By       string           `json:"by"`
	State    state.JobState   `json:"state"`
	Wish     state.Wish       `json:"asked,omitempty"`
	Renews   bool             `json:"renews,omitempty"`
	Created  string           `json:"created"`
	Started  string           `json:"started,omitempty"`
	Ended    string           `json:"ended,omitempty"`
	Phase    string           `json:"phase,omitempty"`
	File     string           `json:"file,omitempty"`
	Done     int64            `json:"done"`
	Total    int64            `json:"total"`
	Rate     float64          `json:"rate"`
	Share    float64          `json:"share"` // of all of it, 0 to 1
	Eta      *int64           `json:"eta_seconds,omitempty"`
	Counts   map[string]int64 `json:"counts"`
	Skipped  map[string]int64 `json:"skipped,omitempty"`
	Earlier  int64            `json:"earlier,omitempty"`
	Imports  []string         `json:"imports"` // ids of the runs it began, oldest first
	Problems int64            `json:"problems"`
	Error    string           `json:"error,omitempty"`
	Do       string           `json:"do,omitempty"`
	Upload   string           `json:"upload,omitempty"`
	Found    []SourceFound    `json:"found,omitempty"`
	Formats  map[string]int64 `json:"formats,omitempty"`
	Revision int64            `json:"revision"`
}

// JobJSON is j for programs.
func (d *Desk) JobJSON(j state.Job) JobJSON {
	x := JobJSON{ID: j.ID, Kind: j.Kind, Title: j.Title, By: j.By, State: j.State, Wish: j.Wish, Renews: j.Renews, Created: milli(j.Created), Phase: j.Phase, File: j.File,
		Done: j.Done, Total: j.Total, Rate: round(j.Rate), Share: round(j.Share), Counts: j.Counts, Skipped: j.Skipped, Earlier: j.Earlier, Imports: []string{}, Problems: j.Problems, Error: j.Error, Do: j.Remedy, Revision: j.Revision}
	if x.Counts == nil {
		x.Counts = map[string]int64{}
	}
	if j.Started != 0 {
		x.Started = milli(j.Started)
	}
	if j.Ended != 0 {
		x.Ended = milli(j.Ended)
	}
	if eta := j.Eta(); eta >= 0 {
		x.Eta = &eta
	}
	for _, run := range j.Runs {
		x.Imports = append(x.Imports, d.Case.IDs.ID(record.KindRun, run))
	}
	if c, ok := JobChoice(j); ok {
		x.Upload = c.Upload
	}
	if r, ok := JobResult(j); ok {
		x.Found, x.Formats = r.Found, r.Formats
	}
	return x
}

// Took is how long a job took, or has been at work.
func Took(j state.Job, now time.Time) time.Duration {
	switch {
	case j.Started == 0:
		return 0
	case j.Ended != 0:
		return time.Duration(j.Ended-j.Started) * time.Millisecond
	}
	return now.Sub(time.UnixMilli(j.Started)).Truncate(time.Second)
}
