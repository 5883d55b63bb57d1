package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/state"
)

// running puts a job on the list that says it is at work.
func (c *testCase) running(id, kind, title string, share float64) {
	c.t.Helper()
	s, err := c.desk.Case.State()
	if err == nil {
		now := time.Now().UnixMilli()
		err = s.AddJob(c.t.Context(), state.Job{ID: id, Kind: kind, Title: title, State: state.Running, Created: now, Started: now, Beat: now, Phase: "read", Done: 1, Total: 2, Share: share, Left: 200})
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// Every page tells of long work, in the reader's language; a page that is open
// asks how it goes on, and is told of the end once.
func TestPillOfLongWork(t *testing.T) {
	c := newCase(t)
	if page := c.get("/help").Body.String(); !strings.Contains(page, `<a class="working" hidden>`) {
		t.Error("a pill is shown though nothing is at work")
	}
	if got := strings.TrimSpace(c.get("/jobs/now.json").Body.String()); got != "{}" {
		t.Errorf("nothing is at work: %s", got)
	}
	id := c.desk.Case.IDs.ID(record.KindJob, 7)
	c.running(id, pipeline.JobImport, "result.json", .374)
	for _, at := range []string{"/", "/help", "/jobs/" + id} {
		if page := c.get(at).Body.String(); !strings.Contains(page, `href="/jobs/`+id+`" data-job="`+id+`"><span>Import: 37 %</span>`) {
			t.Errorf("%s does not tell of the import", at)
		}
	}
	if page := c.get("/jobs/" + id).Body.String(); !strings.Contains(page, "<title>37 % · Import") || !strings.Contains(page, "about 4 min left") {
		t.Error("the job's page does not say how far it is, or how long it takes")
	}
	ask := func(address string) (w working) {
		t.Helper()
		if err := json.Unmarshal(c.get(address).Body.Bytes(), &w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	if w := ask("/jobs/now.json"); w.ID != id || w.Part != 37 || w.Over {
		t.Errorf("%+v", w)
	}
	s, err := c.desk.Case.State()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangeJob(t.Context(), id, func(j *state.Job) error { j.State = state.Done; return nil }); err != nil {
		t.Fatal(err)
	}
	if w := ask("/jobs/now.json?of=" + id); w.Word != "Import: done" || !w.Over {
		t.Errorf("its end: %+v", w)
	}
	if w := ask("/jobs/now.json"); w.ID != "" {
		t.Errorf("afterwards: %+v", w)
	}
}

// What needs the case for itself says what is going on, and leads to where it can
// be paused.
func TestRefusalLeadsToTheJob(t *testing.T) {
	job := state.Job{ID: "J-0000000", Kind: pipeline.JobImport, Title: "result.json"}
	err := fmt.Errorf("erase: %w", &desk.Busy{Job: job})
	f := failureOf(err)
	if f.Code != http.StatusConflict || f.Job != job.ID || !strings.Contains(f.What, "result.json is being imported") || !strings.Contains(f.Do, "pause it") {
		t.Errorf("%+v", f)
	}
	if f := failureOf(&desk.Busy{}); f.Job != "" || f.Do == "" || !errors.Is(&desk.Busy{}, record.ErrConflict) {
		t.Errorf("other work: %+v", f)
	}
	c := newCase(t)
	for lang, want := range map[string]string{"en": "is being imported", "ar": "استيراد", "fa": "این کار پرونده را"} {
		s, _ := newServer(c.desk, Options{})
		var b strings.Builder
		if err := s.pages[lang]["fail"].ExecuteTemplate(&b, "main", f); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) || !strings.Contains(b.String(), `href="/jobs/J-0000000"`) {
			t.Errorf("%s: %s", lang, b.String())
		}
	}
}
