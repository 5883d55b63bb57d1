package pipeline_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"dalil/internal/assist"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

// Reading pictures is a job: it is paused between two of them, goes on with those
// that were not read, tells which could not be, and tries these again.
func TestPicturesAreAJob(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	var messages []message
	for i, name := range []string{"a", "b", "c", "d"} {
		h.write("in/photos/"+name+".jpg", "\xff\xd8\xff"+name)
		messages = append(messages, message{id: 11 + i, text: "see", photo: "photos/" + name + ".jpg"})
	}
	h.take(c, pipeline.ImportOptions{}, filepath.Dir(h.write("in/result.json", chat("public_channel", messages...))))

	d := desk.New(c)
	if _, err := d.StartOCR(ctx, desk.PictureChoice{}, true); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("with nothing that reads pictures: %v", err)
	}
	var broken atomic.Bool
	broken.Store(true)
	read := make(chan string)
	d.OCR = func(context.Context) (pipeline.Helper, error) {
		return assist.Helper{Tool: "reader 1", Read: func(ctx context.Context, r io.Reader) (string, error) {
			b, err := io.ReadAll(r)
			if err != nil {
				return "", err
			}
			name := strings.TrimPrefix(string(b), "\xff\xd8\xff")
			select {
			case read <- name:
			case <-ctx.Done():
				return "", ctx.Err()
			}
			if name == "d" && broken.Load() {
				return "", errors.New("out of memory")
			}
			return "the bridge of " + name, nil
		}}, nil
	}
	if _, n, err := d.UnreadPictures(ctx, desk.PictureChoice{}); n != 4 || err != nil {
		t.Fatalf("%d unread, %v", n, err)
	}
	if _, n, err := d.UnreadPictures(ctx, desk.PictureChoice{Limit: 2}); n != 2 || err != nil {
		t.Fatalf("%d of two unread, %v", n, err)
	}
	if _, err := d.StartOCR(ctx, desk.PictureChoice{Query: "lang:("}, true); err == nil {
		t.Error("a query that cannot be read made a job")
	}
	stop := queue(t, c, d.OCRJobs())
	j, err := d.StartOCR(ctx, desk.PictureChoice{}, true)
	must(t, err)
	<-read
	_, err = d.PauseJob(ctx, j.ID) // while the second is read, which is given up
	must(t, err)
	j = until(t, c, j.ID, state.Paused)
	if j.Counts["new"] != 1 || len(j.Runs) != 1 {
		t.Errorf("paused: %+v", j)
	}
	if _, n, err := d.UnreadPictures(ctx, desk.PictureChoice{}); n != 3 || err != nil {
		t.Fatalf("%d unread after one, %v", n, err)
	}
	// The program ends and is opened again: the job is where it was.
	stop()
	h.close(c)
	c = h.open("case", true)
	ocr := d.OCR
	d = desk.New(c)
	d.OCR = ocr
	stop = queue(t, c, d.OCRJobs())
	_, err = d.ResumeJob(ctx, j.ID)
	must(t, err)
	for range 3 {
		<-read
	}
	j = until(t, c, j.ID, state.Done)
	if j.Earlier != 1 || j.Counts["read"] != 3 || j.Counts["new"] != 2 || j.Counts["failed"] != 1 || j.Share != 1 {
		t.Errorf("gone on: %+v", j)
	}
	problems, err := d.JobProblems(ctx, j.ID, 0, 0)
	must(t, err)
	if len(problems) != 1 || !strings.Contains(problems[0].File, "d") || problems[0].What != "out of memory" {
		t.Errorf("problems %+v", problems)
	}
	broken.Store(false)
	_, err = d.ResumeJob(ctx, j.ID)
	must(t, err)
	if got := <-read; got != "d" {
		t.Errorf("tried again: %s", got)
	}
	j = until(t, c, j.ID, state.Done)
	if r, ok := desk.JobResult(j); !ok || r.New != 1 || r.Failed != 0 || r.Checkpoint == "" {
		t.Errorf("receipt %+v", r)
	}
	if j, err = d.StartOCR(ctx, desk.PictureChoice{}, true); err != nil {
		t.Fatal(err)
	}
	if j = until(t, c, j.ID, state.Done); j.Counts["read"] != 0 {
		t.Errorf("read twice: %+v", j)
	}
	stop()
	h.rebuilt(c)
}

// What needs the case for itself says which job stands in its way.
func TestBusySaysWhatIsGoingOn(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	c := h.create("case")
	h.write("in/photos/1.jpg", "\xff\xd8\xffone")
	h.take(c, pipeline.ImportOptions{}, filepath.Dir(h.write("in/result.json", chat("public_channel", message{id: 11, text: "see", photo: "photos/1.jpg"}))))
	d := desk.New(c)
	at, on := make(chan struct{}), make(chan struct{})
	d.OCR = func(context.Context) (pipeline.Helper, error) {
		return assist.Helper{Tool: "reader 1", Read: func(context.Context, io.Reader) (string, error) {
			close(at)
			<-on
			return "", nil
		}}, nil
	}
	stop := queue(t, c, d.OCRJobs())
	j, err := d.StartOCR(ctx, desk.PictureChoice{Query: "see"}, false)
	must(t, err)
	<-at
	err = c.Configure(ctx, c.Config)
	var busy *pipeline.Busy
	var hint *record.Hint
	if !errors.As(err, &busy) || busy.Job.ID != j.ID || !errors.Is(err, record.ErrConflict) || !errors.As(err, &hint) || !strings.Contains(hint.Do, "dalil jobs pause "+j.ID) {
		t.Errorf("%v", err)
	}
	close(on)
	until(t, c, j.ID, state.Done)
	stop()
}
