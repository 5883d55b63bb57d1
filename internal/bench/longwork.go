package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"dalil/internal/desk"
	"dalil/internal/sample"
	"dalil/internal/state"
)

const (
	decisionP95  = 1000.0 // goal, ms: what a person waits for a decision while an import runs
	decisionEach = 250 * time.Millisecond
	resumeMost   = 20.0 // goal, %: what going on with an import that was killed in the middle may cost of one that was left alone
)

// longWork measures what long work does to those who work beside it, and what
// it costs to break it off.
func (b *bench) longWork() error {
	export, _, err := b.export("long.json", b.opt.long)
	if err != nil {
		return err
	}
	b.head("Deciding in a browser while %s posts are imported", group(int64(b.opt.long)))
	if err := b.deciding(export); err != nil {
		return err
	}
	b.head("An import of %s posts, killed in the middle", group(int64(b.opt.long)))
	if err := b.resuming(export); err != nil {
		return err
	}
	return os.Remove(export)
}

// beside makes a case with a few posts to decide about, from other channels than
// those of the export that is imported meanwhile.
func (b *bench) beside(dir string) error {
	f, err := os.Create(b.path("beside.json"))
	if err != nil {
		return err
	}
	_, err = sample.Export(f, sample.DefaultExport(2000, 99))
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if _, err := b.dalil("", "init", dir); err != nil {
		return err
	}
	_, err = b.dalil("", "--case", dir, "import", f.Name(), "--json", "-q")
	return err
}

// deciding decides from a browser, a person's pace and no faster, as long as an
// import runs in the same program.
func (b *bench) deciding(export string) (err error) {
	dir := b.path("deciding")
	if err := b.beside(dir); err != nil {
		return err
	}
	base, _, stop, err := b.serve(dir, b.path("config"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop(), os.RemoveAll(dir)) }()
	page, err := b.get(base + "/inbox")
	if err != nil {
		return err
	}
	var units []string
	for _, m := range regexp.MustCompile(`data-row="([SY]-[^"]+)"`).FindAllStringSubmatch(page, -1) {
		units = append(units, m[1])
	}
	if len(units) == 0 {
		return errors.New("the inbox has nothing to decide about")
	}
	var calm []time.Duration
	for i := range min(len(units), 20) { // the same with nothing beside it, on this machine as busy as it is now
		began := time.Now()
		if _, err := b.post(base+"/inbox", url.Values{"do": {"later"}, "unit": {units[i]}}); err != nil {
			return err
		}
		calm = append(calm, time.Since(began))
	}
	slices.Sort(calm)
	start := time.Now()
	job, err := b.upload(base, export)
	if err != nil {
		return err
	}
	sent := time.Since(start)
	start = time.Now()
	var answers, pages []time.Duration
	verbs := []string{"keep", "dismiss", "label", "reopen"}
	var j desk.JobJSON
	for i := 0; ; i++ {
		if j, err = b.jobAt(base + job); err != nil {
			return err
		}
		if j.State != state.Running && j.State != state.Queued {
			break
		}
		began := time.Now()
		to, err := b.post(base+"/inbox", url.Values{"do": {verbs[i/len(units)%len(verbs)]}, "unit": {units[i%len(units)]}, "label": {fmt.Sprintf("bench %d", i)}})
		if err != nil {
			return err
		}
		answered := time.Since(began)
		if _, err := b.get(base + to); err != nil {
			return err
		}
		if j.State == state.Running { // before and after, nothing is beside it
			answers, pages = append(answers, answered), append(pages, time.Since(began)-answered)
		}
		select {
		case <-time.After(decisionEach):
		case <-b.ctx.Done():
			return b.ctx.Err()
		}
	}
	if j.State != state.Done || j.Counts["new"] < int64(b.opt.long)*9/10 {
		return fmt.Errorf("the import ended as %s with %d new: %s", j.State, j.Counts["new"], j.Error)
	}
	if len(answers) == 0 {
		b.row("decisions", "none: the import was too short")
		return nil
	}
	slices.Sort(answers)
	slices.Sort(pages)
	b.row("decisions with nothing beside them", fmt.Sprintf("%d: median %.0f ms, p95 %.0f ms, most %.0f ms", len(calm), quantile(calm, .5), quantile(calm, .95), quantile(calm, 1)))
	b.row("sent, and looked into", fmt.Sprintf("%.1f s", sent.Seconds()))
	b.row("imported, with decisions beside it", fmt.Sprintf("%.1f s", time.Since(start).Seconds()))
	b.row("decisions meanwhile", fmt.Sprintf("%d: median %.0f ms, p95 %.0f ms, most %.0f ms", len(answers), quantile(answers, .5), quantile(answers, .95), quantile(answers, 1)))
	b.row("the inbox after each", fmt.Sprintf("median %.0f ms, p95 %.0f ms, most %.0f ms", quantile(pages, .5), quantile(pages, .95), quantile(pages, 1)))
	b.atMost("a decision answered, p95, ms", quantile(answers, .95), decisionP95, "%.0f")
	return nil
}

// upload sends a file as the browser does, and begins its import. It returns the
// address of the job.
func (b *bench) upload(base, file string) (string, error) {
	in, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer in.Close()
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		part, err := form.CreateFormFile("file", "result.json")
		if err == nil {
			_, err = io.Copy(part, in)
		}
		w.CloseWithError(errors.Join(err, form.Close())) //nolint:errcheck // never fails
	}()
	at, err := b.send(base+"/import", form.FormDataContentType(), r)
	if err != nil {
		return "", err
	}
	return b.post(base+at, url.Values{"do": {"import"}})
}

// post sends a form and returns where the answer leads to.
func (b *bench) post(address string, form url.Values) (string, error) {
	return b.send(address, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (b *bench) send(address, contentType string, body io.Reader) (string, error) {
	r, err := http.NewRequestWithContext(b.ctx, http.MethodPost, address, body)
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Origin", address[:strings.Index(address, "/")+2]+r.URL.Host)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("POST %s: %s: %.2000s", address, answer.Status, text)
	}
	return answer.Header.Get("Location"), err
}

func (b *bench) jobAt(address string) (j desk.JobJSON, err error) {
	text, err := b.get(address + ".json")
	if err == nil {
		err = json.Unmarshal([]byte(text), &j)
	}
	return j, err
}

// resuming kills an import when it is half done, lets it go on, and compares both
// with one that was left alone.
func (b *bench) resuming(export string) error {
	for _, name := range []string{"whole", "killed"} {
		if _, err := b.dalil("", "init", b.path(name)); err != nil {
			return err
		}
	}
	whole, err := b.watched(b.path("whole"), func(watch) bool { return false }, "import", export)
	if err != nil {
		return err
	}
	half := int64(b.opt.long) / 2
	killed, err := b.watched(b.path("killed"), func(w watch) bool { return w.News >= half }, "import", export)
	if err != nil {
		return err
	}
	job, err := b.newestJob(b.path("killed"))
	if err != nil {
		return err
	}
	if !killed.killed || job.State == state.Done { // a small one may be through before the blow falls
		b.row("killed", "no: the import was too short")
		return errors.Join(os.RemoveAll(b.path("whole")), os.RemoveAll(b.path("killed")))
	}
	rest, err := b.watched(b.path("killed"), func(watch) bool { return false }, "import", "--resume", job.ID)
	if err != nil {
		return err
	}
	if rest.sum+rest.earlier != whole.sum {
		return fmt.Errorf("killed and resumed it has %d + %d posts, left alone %d", rest.earlier, rest.sum, whole.sum)
	}
	b.row("left alone", whole.String())
	b.row(fmt.Sprintf("killed with %s new posts", group(killed.News)), killed.String()+"; "+group(rest.earlier)+" were safe")
	b.row("gone on with, until a new post came in", rest.first.String())
	b.row("gone on with, until the end", rest.String())
	b.row("posts a second read again", group(int64(float64(rest.earlier)/max(rest.first.wall.Seconds(), .001))))
	// Of processor time, since the three runs are not at the same time and other
	// work on the machine would be counted.
	again := 100 * rest.first.cpu.Seconds() / whole.cpu.Seconds()
	b.atMost("% of the whole import, until a new post came in", again, resumeMost, "%.0f")
	b.row("% longer than left alone, the work that was lost too", fmt.Sprintf("%.0f", 100*((killed.cpu+rest.cpu).Seconds()/whole.cpu.Seconds()-1)))
	return errors.Join(os.RemoveAll(b.path("whole")), os.RemoveAll(b.path("killed")))
}

// watch is what a running import says of itself, and what came of it.
type watch struct {
	Type string `json:"type"`
	News int64  `json:"new"` // posts so far

	cost          // until it ended or was killed
	first   cost  // until a new post was told of
	sum     int64 // new posts at the end
	earlier int64 // that runs before had added
	killed  bool
}

// newestJob is the newest job of a case.
func (b *bench) newestJob(dir string) (j desk.JobJSON, err error) {
	cmd := exec.CommandContext(b.ctx, b.program, "--case", dir, "--json", "jobs")
	cmd.Env = append(os.Environ(), "DALIL_CONFIG="+b.path("config"), "DALIL_HANDLE="+handle)
	out, err := cmd.Output()
	if err != nil {
		return j, fmt.Errorf("dalil jobs: %w", err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	err = json.Unmarshal([]byte(line), &j)
	return j, err
}

// watched runs the program and follows what it says, and kills it when kill says
// so.
func (b *bench) watched(dir string, kill func(watch) bool, args ...string) (watch, error) {
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.program, append([]string{"--case", dir, "--json"}, args...)...) // killed: it has no time to put anything in order
	cmd.Env = append(os.Environ(), "DALIL_CONFIG="+b.path("config"), "DALIL_HANDLE="+handle)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return watch{}, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return watch{}, err
	}
	var w watch
	for line := bufio.NewScanner(out); line.Scan(); {
		var x struct {
			watch
			Earlier int64 `json:"earlier"`
		}
		if json.Unmarshal(line.Bytes(), &x) != nil {
			continue
		}
		switch x.Type {
		case "status":
			if w.News = x.News; w.News > 0 && w.first.wall == 0 {
				w.first = cost{wall: time.Since(start), cpu: cpuOf(cmd.Process.Pid)}
			}
			if !w.killed && kill(w) {
				w.killed = true
				cancel()
			}
		case "summary":
			w.sum, w.earlier = x.News, x.Earlier
		}
	}
	err = cmd.Wait()
	w.cost = costOf(cmd, start)
	if w.killed {
		return w, b.ctx.Err()
	}
	if err != nil {
		return w, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, &stderr)
	}
	if w.first.wall == 0 {
		w.first = w.cost
	}
	return w, nil
}
