package web

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/state"
)

const chatExport = `{"name":"Liwa al-Marsa","type":"public_channel","id":1500000001,"messages":[
{"id":2,"type":"message","date":"2025-03-02T10:15:00","date_unixtime":"1740899700","from":"Liwa al-Marsa","from_id":"channel1500000001","text":"أصحاب الكهف استهدفوا القاعدة","text_entities":[{"type":"plain","text":"أصحاب الكهف استهدفوا القاعدة"}]},
{"id":3,"type":"message","date":"2025-03-02T11:00:00","date_unixtime":"1740902400","from":"Liwa al-Marsa","from_id":"channel1500000001","text":"The bridge at Nahr Zubaym was hit","text_entities":[{"type":"plain","text":"The bridge at Nahr Zubaym was hit"}]}]}`

// at work: the queue of the case runs until the test ends.
func (c *testCase) atWork() {
	ctx, cancel := context.WithCancel(context.Background())
	q, err := c.desk.Case.NewQueue(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := q.Run(ctx); err != nil {
			c.t.Error(err)
		}
	})
	c.t.Cleanup(func() { cancel(); wg.Wait() })
}

// form is a form with files: pairs of a name and contents; a name of "" is a
// field that was left empty.
func form(pairs ...string) (body *bytes.Buffer, contentType string) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for i := 0; i+1 < len(pairs); i += 2 {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", `form-data; name="folder"; filename="`+pairs[i]+`"`) // as browsers write it
		part, _ := w.CreatePart(h)
		part.Write([]byte(pairs[i+1]))
	}
	w.Close()
	return body, w.FormDataContentType()
}

func (c *testCase) post(address, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(body))
	r.Host = "localhost:7117"
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	return w
}

const urlencoded = "application/x-www-form-urlencoded"

// wait follows a job to its end.
func (c *testCase) wait(id string) state.Job {
	c.t.Helper()
	j, err := c.desk.Job(c.t.Context(), id)
	for err == nil && j.State.Open() {
		j, err = c.desk.WaitJob(c.t.Context(), id, j.Revision)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return j
}

// Without any script: files are sent, looked into, imported, and a receipt is
// there.
func TestImportInTheBrowser(t *testing.T) {
	c := newCase(t)
	c.atWork()
	for _, a := range []string{"/import", "/jobs"} {
		inert(t, a, c.get(a).Body.String())
	}
	body, ct := form("", "", "ChatExport_صور/result.json", chatExport, "ChatExport_صور/broken.pdf", "%PDF-1.4 nothing")
	w := c.post("/import", ct, body.String())
	at := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/import/U-") {
		t.Fatalf("sent: %d to %q: %s", w.Code, at, w.Body)
	}
	look, _, err := (&server{desk: c.desk}).preflightOf(t.Context(), strings.TrimPrefix(at, "/import/"))
	if err != nil {
		t.Fatal(err)
	}
	c.wait(look.ID)
	page := c.get(at).Body.String()
	inert(t, at, page)
	for _, want := range []string{"ChatExport_صور", "<b>2</b> new", "Liwa al-Marsa", "Import 2"} {
		if !strings.Contains(page, want) {
			t.Errorf("the preflight does not say %q", want)
		}
	}
	if n := c.desk.Case.Archive.Size(); n != 2 {
		t.Errorf("the preflight wrote to the log: %d entries", n)
	}
	inert(t, "job", c.get("/jobs/"+look.ID).Body.String())
	w = c.post(at, urlencoded, "do=look&source=Marsa")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != at {
		t.Fatalf("look again: %d %s", w.Code, w.Body)
	}
	w = c.post(at, urlencoded, "do=import&renews=1")
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/jobs/J-") {
		t.Fatalf("import: %d %s", w.Code, w.Body)
	}
	j := c.wait(strings.TrimPrefix(to, "/jobs/"))
	if j.State != state.Done || j.Counts["new"] != 2 || !j.Renews {
		t.Fatalf("job %+v", j)
	}
	page = c.get(to).Body.String()
	inert(t, to, page)
	for _, want := range []string{"/imports/R-", "done but for some items", "broken.pdf", "Try again what failed", to + "/problems.ndjson", "Throw the sent files away"} {
		if !strings.Contains(page, want) {
			t.Errorf("the job's page does not say %q", want)
		}
	}
	w = c.get(to + "/problems.ndjson")
	line, _, _ := strings.Cut(w.Body.String(), "\n")
	if !json.Valid([]byte(line)) || !strings.Contains(line, `"type":"problem"`) || !strings.Contains(line, "broken.pdf") {
		t.Errorf("problems: %q", w.Body)
	}
	w = c.get(to + "/events")
	if !strings.Contains(w.Body.String(), "event: end\n") || !strings.Contains(w.Body.String(), `"new":"2"`) {
		t.Errorf("events: %q", w.Body)
	}
	var x desk.JobJSON
	if err := json.Unmarshal(c.get(to+".json").Body.Bytes(), &x); err != nil || x.ID != j.ID || x.Counts["new"] != 2 {
		t.Errorf("%+v %v", x, err)
	}
	upload := strings.TrimPrefix(at, "/import/")
	if w := c.post("/import/"+upload+"/drop", urlencoded, ""); w.Code != http.StatusSeeOther {
		t.Errorf("throw away: %d %s", w.Code, w.Body)
	}
	if w := c.post("/jobs/"+j.ID+"/resume", urlencoded, ""); w.Code != http.StatusNotFound {
		t.Errorf("a job whose files are gone was tried again: %d", w.Code)
	}
	if w := c.post("/jobs/"+j.ID+"/pause", urlencoded, ""); w.Code != http.StatusConflict {
		t.Errorf("a job that is done was paused: %d", w.Code)
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	c := newCase(t)
	count := func() int {
		jobs, err := c.desk.Jobs(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return len(jobs)
	}
	for _, name := range []string{"../../evil.html", "/etc/cron.d/evil", "a/../../evil"} {
		body, ct := form(name, "x")
		if w := c.post("/import", ct, body.String()); w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", name, w.Code)
		}
	}
	body, ct := form("a.txt", strings.Repeat("x", 1000))
	cut := body.String()[:600]
	if w := c.post("/import", ct, cut); w.Code != http.StatusBadRequest {
		t.Errorf("a form that broke off: %d", w.Code)
	}
	if w := c.post("/import", urlencoded, "file=x"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a form without files: %d", w.Code)
	}
	if body, ct := form("", ""); c.post("/import", ct, body.String()).Code != http.StatusBadRequest {
		t.Error("an empty form was taken")
	}
	r := httptest.NewRequest(http.MethodPost, "/import", strings.NewReader(body.String()))
	r.Host = "localhost:7117"
	r.Header.Set("Content-Type", ct)
	r.Header.Set("Origin", "https://evil.example")
	w := httptest.NewRecorder()
	if c.h.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("a form of another site: %d", w.Code)
	}
	if n := count(); n != 0 {
		t.Errorf("%d jobs came of it", n)
	}
	// In parts, and with dates, as a script sends them.
	body, ct = form("a.txt", "the old bridge")
	w = c.post("/import.json?more=1", ct, body.String())
	var x staged
	if err := json.Unmarshal(w.Body.Bytes(), &x); err != nil || w.Code != http.StatusCreated || x.Job != "" {
		t.Fatalf("%d %+v %v", w.Code, x, err)
	}
	body, ct = form("b.txt", "the new bridge")
	w = c.post("/import.json?upload="+x.Upload, ct, body.String())
	if err := json.Unmarshal(w.Body.Bytes(), &x); err != nil || x.Job == "" || x.Files != 2 {
		t.Errorf("%d %+v %v", w.Code, x, err)
	}
}

// A workbench that only shows takes nothing and stops nothing.
func TestReadOnlyWorkbench(t *testing.T) {
	c := newCase(t)
	j, err := c.desk.StartImport(t.Context(), desk.ImportChoice{Paths: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	only, err := pipeline.Open(t.Context(), c.desk.Case.Dir, false, "", nil, storesOf(t))
	if err != nil {
		t.Fatal(err)
	}
	defer only.Close()
	shown := &testCase{t, desk.New(only), New(desk.New(only), Options{})}
	body, ct := form("a.txt", "x")
	for address, send := range map[string][2]string{
		"/import": {ct, body.String()}, "/jobs/" + j.ID + "/pause": {urlencoded, ""}, "/jobs/" + j.ID + "/cancel": {urlencoded, ""}, "/import/U-0000000": {urlencoded, "do=import"},
	} {
		if w := shown.post(address, send[0], send[1]); w.Code != http.StatusConflict {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	page := shown.get("/jobs/" + j.ID).Body.String()
	if strings.Contains(page, "/pause") || !strings.Contains(page, "waits its turn") {
		t.Error("a workbench that only shows offers to pause")
	}
	if !strings.Contains(shown.get("/import").Body.String(), "only shows") {
		t.Error("it does not say why nothing can be sent")
	}
}

// The stream says how a job goes on, in the reader's language, and ends with it.
func TestEvents(t *testing.T) {
	c := newCase(t)
	step := make(chan int64)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	q, err := c.desk.Case.NewQueue(ctx, pipeline.JobKind{Name: "steps", Do: func(ctx context.Context, w *pipeline.Work) error {
		for n := range step {
			w.Report(pipeline.Progress{Phase: "read", Done: n, Total: 4096})
		}
		w.Finish(pipeline.Receipt{})
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	go q.Run(ctx) //nolint:errcheck // the job tells
	j, err := c.desk.Case.Enqueue(t.Context(), "steps", "steps", nil)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(c.h)
	defer srv.Close()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/jobs/"+j.ID+"/events", nil)
	req.Header.Set("Accept-Language", "fa")
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if ct := res.Header.Get("Content-Type"); !strings.HasPrefix(ct, "text/event-stream") {
		t.Fatal(ct)
	}
	step <- 1024
	var got strings.Builder
	b := make([]byte, 4096)
	for closed := false; ; {
		n, err := res.Body.Read(b)
		got.Write(b[:n])
		if !closed && strings.Contains(got.String(), `"bar-read":0.25`) {
			closed = true
			close(step)
		}
		if err != nil {
			break
		}
	}
	if !strings.Contains(got.String(), "event: end") || !strings.Contains(got.String(), `"took":"۰ ثانیه"`) {
		t.Errorf("%s", got.String())
	}
}
