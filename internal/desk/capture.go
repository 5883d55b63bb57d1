package desk

import (
	"context"
	"fmt"
	"time"

	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

// CaptureChoices are a person's choices for a capture.
type CaptureChoices struct {
	Picture     bool   // make a picture of each page, where there is a program for it
	KeepSenders string // reason to keep private persons' names; "" replaces them by pseudonyms
	Progress    func(pipeline.Progress)
}

// CaptureResult is what came of a capture.
type CaptureResult struct {
	Runs    []string         // ids of the runs, one for a handful of pages
	Receipt pipeline.Receipt // of all runs together
	Pages   []Captured       // in the order they were asked for; fewer when cancelled
}

// Captured is the `capture` object: what came of one address.
type Captured struct {
	ID    string `json:"id,omitempty"` // of the kept file; "" when nothing is kept
	Asked string `json:"asked"`
	*pipeline.Web
	File       string           `json:"file,omitempty"`
	SHA256     string           `json:"sha256,omitempty"`
	Size       int64            `json:"size,omitempty"`
	Statements []string         `json:"statements"` // ids of what was read in it
	New        int64            `json:"new"`
	Known      int64            `json:"known"`
	Edits      int64            `json:"edits"`
	SameBytes  string           `json:"same_bytes_at,omitempty"` // when the page was captured before with the same bytes, our clock
	Picture    string           `json:"picture,omitempty"`       // id of the picture made of it
	Here       []PasteHit       `json:"here,omitempty"`          // of a dry run: what the case has of it
	Problems   []record.Problem `json:"problems"`
}

// Failed reports whether something of a page could not be had.
func (c Captured) Failed() bool { return len(c.Problems) > 0 }

// captureBatch is how many pages one run takes: their files wait for one
// another.
const captureBatch = 20

// Capture gets pages of the web and brings them into the case. What could not
// be had is told in the result, not by an error: the error is for the capture
// as a whole. With DryRun nothing is gone to; the result says what would be, and
// what the case has already.
func (d *Desk) Capture(ctx context.Context, addresses []string, choices CaptureChoices) (CaptureResult, error) {
	var out CaptureResult
	if len(addresses) == 0 {
		return out, record.WithHint(fmt.Errorf("%w: no address", record.ErrInvalid), "name at least one, like https://t.me/CHANNEL/ID")
	}
	opt := pipeline.CaptureOptions{Egress: d.Egress, KeepSenders: choices.KeepSenders, DryRun: d.DryRun, Progress: choices.Progress}
	if choices.Picture && !d.DryRun {
		if d.Painter == nil {
			return out, fmt.Errorf("%w: this program makes no pictures of pages", record.ErrNotFound)
		}
		var err error
		if opt.Picture, err = d.Painter(ctx); err != nil {
			return out, err
		}
	}
	for len(addresses) > 0 && !out.Receipt.Cancelled {
		n := min(len(addresses), captureBatch)
		r, all, err := d.Case.Capture(ctx, addresses[:n], opt)
		if err != nil {
			return out, err
		}
		addresses = addresses[n:]
		if r.Run != 0 {
			out.Runs = append(out.Runs, d.Case.IDs.ID(record.KindRun, r.Run))
		}
		out.Receipt = together(out.Receipt, r)
		for _, c := range all {
			x := d.captured(c)
			if d.DryRun && c.Web != nil {
				if x.Here, _, err = d.atAddress(ctx, c.Asked); err != nil {
					return out, err
				}
			}
			out.Pages = append(out.Pages, x)
		}
	}
	return out, nil
}

func (d *Desk) captured(c pipeline.Captured) Captured {
	x := Captured{Asked: c.Asked, Web: c.Web, File: c.File, Size: c.Size, Statements: make([]string, len(c.Statements)),
		New: c.New, Known: c.Known, Edits: c.Edits, Problems: c.Problems}
	for i, s := range c.Statements {
		x.Statements[i] = d.statementID(s)
	}
	if x.Problems == nil {
		x.Problems = []record.Problem{}
	}
	if c.Capture != 0 {
		x.ID, x.SHA256 = d.Case.IDs.ID(record.KindCapture, c.Capture), c.Blob.String()
	}
	if c.Picture != 0 {
		x.Picture = d.Case.IDs.ID(record.KindCapture, c.Picture)
	}
	if c.Before != 0 {
		x.SameBytes = time.UnixMilli(c.Before).UTC().Format(time.RFC3339)
	}
	return x
}

// together adds up the receipts of two runs, one after the other.
func together(a, b pipeline.Receipt) pipeline.Receipt {
	if a.Checkpoint == "" && a.Run == 0 && a.Read == 0 {
		return b
	}
	c := b
	c.Read, c.New, c.Known, c.Edits, c.Failed = a.Read+b.Read, a.New+b.New, a.Known+b.Known, a.Edits+b.Edits, a.Failed+b.Failed
	c.MissingMedia, c.OmittedMedia = a.MissingMedia+b.MissingMedia, a.OmittedMedia+b.OmittedMedia
	c.Files, c.Bytes, c.Sources, c.Gaps = a.Files+b.Files, a.Bytes+b.Bytes, a.Sources+b.Sources, a.Gaps+b.Gaps
	c.Missing, c.Returned, c.InFamilies, c.More = a.Missing+b.Missing, a.Returned+b.Returned, a.InFamilies+b.InFamilies, a.More+b.More
	c.Problems = append(append([]record.Problem(nil), a.Problems...), b.Problems...)
	c.Skipped = map[string]int64{}
	for _, m := range []map[string]int64{a.Skipped, b.Skipped} {
		for k, n := range m {
			c.Skipped[k] += n
		}
	}
	if a.LeafFirst != 0 {
		c.LeafFirst = a.LeafFirst
		c.LeafLast = max(a.LeafLast, b.LeafLast)
	}
	return c
}

// captureJob is what a capture on the list of jobs is asked to do.
type captureJob struct {
	Addresses []string `json:"addresses"`
	Picture   bool     `json:"picture,omitempty"`
}

// CaptureJobs is the kind of job that captures pages of the web with this desk's
// way to the world.
func (d *Desk) CaptureJobs() pipeline.JobKind {
	return pipeline.JobKind{Name: "capture", Do: func(ctx context.Context, w *pipeline.Work) error {
		var args captureJob
		if err := w.Args(&args); err != nil {
			return err
		}
		r, err := d.Capture(ctx, args.Addresses, CaptureChoices{Picture: args.Picture, Progress: w.Report})
		if err == nil {
			w.Finish(r.Receipt)
		}
		return err
	}}
}

// StartCapture puts a capture of pages on the list of jobs, after checking that
// each is an address that may be gone to.
func (d *Desk) StartCapture(ctx context.Context, addresses []string, picture bool) (state.Job, error) {
	if len(addresses) == 0 {
		return state.Job{}, fmt.Errorf("capture: %w: no address", record.ErrInvalid)
	}
	if len(addresses) > pipeline.MaxCapture {
		return state.Job{}, record.WithHint(fmt.Errorf("capture: %w: %d addresses; the most at once is %d", record.ErrInvalid, len(addresses), pipeline.MaxCapture), "capture them in parts")
	}
	for _, a := range addresses {
		if _, err := d.Case.Address(a); err != nil {
			return state.Job{}, err
		}
	}
	title := addresses[0]
	if len(addresses) > 1 {
		title += fmt.Sprintf(" +%d", len(addresses)-1)
	}
	return d.Case.Enqueue(ctx, "capture", title, captureJob{addresses, picture})
}
