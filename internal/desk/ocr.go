package desk

import (
	"context"
	"fmt"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

// PictureChoice says the text of which pictures is to be read.
type PictureChoice struct {
	Query string `json:"query,omitempty"` // of the statements that show them; "" is all
	Limit int    `json:"limit,omitempty"` // most pictures, or a few more: a statement's are read together; 0 is all
}

// TextReader is the program that reads the text in pictures. It is ErrNotFound,
// with a hint how to install it, when there is none.
func (d *Desk) TextReader(ctx context.Context) (pipeline.Helper, error) {
	if d.OCR == nil {
		return pipeline.Helper{}, fmt.Errorf("%w: this program reads no pictures", record.ErrNotFound)
	}
	return d.OCR(ctx)
}

// UnreadPictures finds the statements with pictures that no text was read in so
// far, and how many pictures these are.
func (d *Desk) UnreadPictures(ctx context.Context, c PictureChoice) (statements []uint64, pictures int, err error) {
	if c.Limit < 0 {
		return nil, 0, fmt.Errorf("%w limit %d", record.ErrInvalid, c.Limit)
	}
	query := strings.TrimSpace(c.Query + " has:image")
	for page := (catalog.Page{Limit: 500}); ; {
		found, err := d.Search(ctx, query, page)
		if err != nil {
			return nil, 0, err
		}
		leaves := make([]uint64, len(found.Hits))
		for i, h := range found.Hits {
			leaves[i] = h.First
		}
		all, err := d.Case.Unread(ctx, leaves)
		if err != nil {
			return nil, 0, err
		}
		if c.Limit == 0 || pictures+all <= c.Limit {
			if all > 0 {
				statements = append(statements, leaves...)
			}
			pictures += all
		} else {
			for _, leaf := range leaves { // the few that are still wanted
				n, err := d.Case.Unread(ctx, []uint64{leaf})
				if err != nil {
					return nil, 0, err
				}
				if n > 0 {
					statements = append(statements, leaf)
				}
				if pictures += n; pictures >= c.Limit {
					break
				}
			}
		}
		if page.After = found.Next; page.After == "" || c.Limit > 0 && pictures >= c.Limit {
			return statements, pictures, nil
		}
	}
}

// OCRJobs is the kind of job that reads the text in pictures with this desk's
// program. It looks for what was not read yet when it begins, so it goes on where
// it stopped.
func (d *Desk) OCRJobs() pipeline.JobKind {
	return pipeline.JobKind{Name: pipeline.JobOCR, Do: func(ctx context.Context, w *pipeline.Work) error {
		var c PictureChoice
		if err := w.Args(&c); err != nil {
			return err
		}
		h, err := d.TextReader(ctx)
		if err != nil {
			return err
		}
		if done := w.Earlier(); c.Limit > 0 {
			if c.Limit = c.Limit - int(done); c.Limit <= 0 {
				w.Finish(pipeline.Receipt{})
				return nil
			}
		}
		statements, _, err := d.UnreadPictures(ctx, c)
		if err != nil {
			return err
		}
		r, err := d.Case.ReadPictures(ctx, h, statements, w.Report)
		if err == nil {
			w.Finish(r)
		}
		return err
	}}
}

// StartOCR puts the reading of pictures on the list of jobs, if the program for it
// is there. renews says that it goes on by itself when dalil was stopped in
// between.
func (d *Desk) StartOCR(ctx context.Context, c PictureChoice, renews bool) (state.Job, error) {
	if err := d.mayOCR(ctx, c); err != nil {
		return state.Job{}, err
	}
	return d.Case.EnqueueRenewing(ctx, pipeline.JobOCR, ocrTitle(c), c, renews)
}

// OCRNow reads pictures as a job right away, in the caller's time.
func (d *Desk) OCRNow(ctx context.Context, c PictureChoice, tell func(pipeline.Progress)) (Receipt, state.Job, error) {
	if err := d.mayOCR(ctx, c); err != nil {
		return Receipt{}, state.Job{}, err
	}
	return d.Case.DoNow(ctx, d.OCRJobs(), ocrTitle(c), c, tell)
}

// mayOCR finds out before a job is made what would stop it at once.
func (d *Desk) mayOCR(ctx context.Context, c PictureChoice) error {
	if _, err := d.Parse(c.Query); err != nil {
		return err
	}
	_, err := d.TextReader(ctx)
	return err
}

func ocrTitle(c PictureChoice) string {
	if c.Query == "" {
		return "has:image"
	}
	return c.Query
}
