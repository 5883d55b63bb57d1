package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"dalil/internal/desk"
	"dalil/internal/record"
	"dalil/internal/state"
)

// jobRow is a job in a list.
type jobRow struct {
	state.Job
	URL  string
	Kind string // in words
	Chip chip
	Part int // of all of it, in percent; -1 when that cannot be said
}

func jobURL(j state.Job) string { return "/jobs/" + j.ID }

func (s *server) jobRow(j state.Job) jobRow {
	row := jobRow{Job: j, URL: jobURL(j), Kind: jobWords(j.Kind), Chip: jobChip(j), Part: -1}
	if j.Total > 0 {
		row.Part = int(100 * min(j.Share, 1))
	}
	return row
}

// jobWords say what a job does.
func jobWords(kind string) string {
	words := map[string]string{"import": key("Import"), "preflight": key("Preflight"), "analyse": key("Linking"), "capture": key("Capture"), "ocr": key("Text in pictures")}
	if w := words[kind]; w != "" {
		return w
	}
	return kind
}

// jobChip is where a job stands.
func jobChip(j state.Job) chip {
	switch {
	case j.Wish == state.WishPause:
		return chip{"edited", "◔", key("pausing"), key("it stops at its next batch")}
	case j.Wish == state.WishCancel:
		return chip{"edited", "◔", key("ending"), key("it stops at its next batch")}
	}
	switch j.State {
	case state.Queued:
		return chip{"plain", "…", key("waits its turn"), ""}
	case state.Running:
		return chip{"old", "▶", key("at work"), ""}
	case state.Paused:
		return chip{"edited", "‖", key("paused"), key("what it did is safe; it can go on")}
	case state.Interrupted:
		return chip{"edited", "◔", key("interrupted"), key("the program ended; what it did is safe, and it can go on")}
	case state.Failed:
		return chip{"refuted", "✕", key("failed"), ""}
	case state.Cancelled:
		return chip{"withdrawn", "⊘", key("cancelled"), key("what it did before stays")}
	}
	if j.Counts["failed"] > 0 {
		return chip{"edited", "◑", key("done but for some items"), ""}
	}
	return chip{"verified", "●", key("done"), ""}
}

const jobsShown = 100

// jobsData is the list of jobs.
type jobsData struct {
	Rows  []jobRow
	Write bool
}

func (s *server) jobs(r *http.Request) (reply, error) {
	all, err := s.desk.Jobs(r.Context(), jobsShown)
	if err != nil {
		return reply{}, err
	}
	d := jobsData{Write: s.desk.Case.Writable()}
	list := make([]desk.JobJSON, len(all))
	for i, j := range all {
		d.Rows = append(d.Rows, s.jobRow(j))
		list[i] = s.desk.JobJSON(j)
	}
	return reply{page: "jobs", title: key("Jobs"), data: d, json: list}, nil
}

// jobData is the page of a job.
type jobData struct {
	jobRow
	Write    bool
	Phases   []jobPhase
	Live     bool // it changes while one looks
	Counts   []jobCount
	Skipped  []tally
	Imports  []string // ids of the runs it began
	Search   string   // what the newest of them brought in
	Problems []record.Problem
	Hidden   int64
	Pause    bool
	Resume   bool
	Cancel   bool
	Upload   string // staged files that it still has
	Fields   map[string]any
	Took     string
	Back     string
}

// jobPhase is one stretch of a job's work.
type jobPhase struct {
	Name  string // in words
	Field string // of its bar
	Value float64
	Now   bool
}

// jobCount is an outcome and how many things it had.
type jobCount struct {
	Name, Field string
	N           int64
	Size        bool // bytes
}

func phaseWords(phase string) string {
	words := map[string]string{"store": key("Taking files in"), "read": key("Reading"), "link": key("Finding copies"), "ocr": key("Reading pictures")}
	if w := words[phase]; w != "" {
		return w
	}
	return phase
}

func phasesOf(j state.Job) []string {
	switch j.Kind {
	case "import":
		return []string{"store", "read", "link"}
	case "preflight":
		return []string{"read"}
	}
	if j.Phase == "" {
		return nil
	}
	return []string{j.Phase}
}

// countsShown are the outcomes that the page of a kind of jobs tells of.
func countsShown(kind string) []jobCount {
	if kind == "ocr" {
		return []jobCount{{Name: key("pictures read"), Field: "read"}, {Name: key("with text in them"), Field: "new"}, {Name: key("failed"), Field: "failed"},
			{Name: key("in a family with others"), Field: "in_families"}}
	}
	return []jobCount{
		{Name: key("read"), Field: "read"}, {Name: key("new"), Field: "new"}, {Name: key("known, nothing added"), Field: "known"},
		{Name: key("edited: kept as new versions"), Field: "edits"}, {Name: key("failed"), Field: "failed"},
		{Name: key("known ones that were not in it"), Field: "missing"}, {Name: key("missing before, here again"), Field: "returned"},
		{Name: key("in a family with others"), Field: "in_families"}, {Name: key("files captured"), Field: "files"}, {Name: key("their size"), Field: "bytes", Size: true},
		{Name: key("new sources"), Field: "sources"}, {Name: key("new holes in ids"), Field: "gaps"},
		{Name: key("media the export left out"), Field: "omitted_media"}, {Name: key("media not beside the export"), Field: "missing_media"},
	}
}

const jobProblemsShown = 200

func (s *server) job(r *http.Request) (reply, error) {
	ctx := r.Context()
	j, err := s.desk.Job(ctx, r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	if r.URL.Path != jobURL(j) {
		return reply{moved: jobURL(j) + suffix(r)}, nil
	}
	l := s.tongueOf(r)
	d := jobData{jobRow: s.jobRow(j), Write: s.desk.Case.Writable(), Live: j.State == state.Queued || j.State == state.Running, Back: jobURL(j)}
	d.Phases = s.phases(j)
	for _, c := range countsShown(j.Kind) {
		if c.N = j.Counts[c.Field]; c.N != 0 || slices.Contains([]string{"read", "new", "known", "edits", "failed"}, c.Field) {
			d.Counts = append(d.Counts, c)
		}
	}
	d.Skipped = leftOut(j.Skipped)
	for _, run := range j.Runs {
		if run < s.desk.Case.Archive.Size() {
			d.Imports = append(d.Imports, s.desk.Case.IDs.ID(record.KindRun, run))
		}
	}
	if n := len(d.Imports); n > 0 && j.Counts["new"] > 0 && j.Kind != "ocr" {
		d.Search = search("import:" + d.Imports[n-1])
	}
	if d.Problems, err = s.desk.JobProblems(ctx, j.ID, 0, jobProblemsShown); err != nil {
		return reply{}, err
	}
	d.Hidden = max(0, j.Problems-int64(len(d.Problems)))
	if c, ok := desk.JobChoice(j); ok && c.Upload != "" {
		if _, err := s.desk.Upload(c.Upload); err == nil {
			d.Upload = c.Upload
		}
	}
	if d.Write {
		d.Pause = d.Live && j.Wish == ""
		d.Cancel = j.State.Open() && j.Wish != state.WishCancel || j.State == state.Failed
		d.Resume = j.State.Resumable() || desk.JobAgain(j)
	}
	n := s.news(l, j)
	d.Fields = n.Fields
	return reply{page: "job", title: n.Title, data: d, json: s.desk.JobJSON(j)}, nil
}

func (s *server) phases(j state.Job) []jobPhase {
	names := phasesOf(j)
	at := slices.Index(names, j.Phase)
	all := make([]jobPhase, len(names))
	for i, name := range names {
		p := jobPhase{Name: phaseWords(name), Field: "bar-" + name}
		switch {
		case j.State == state.Done || i < at:
			p.Value = 1
		case i == at && j.Total > 0:
			p.Value, p.Now = float64(min(j.Done, j.Total))/float64(j.Total), true
		}
		all[i] = p
	}
	return all
}

// news is what changed of a job, in the reader's words: the script of the page
// puts each field where the page has a place for it.
type news struct {
	Fields map[string]any `json:"fields"`
	Say    string         `json:"say,omitempty"`
	Title  string         `json:"title,omitempty"`
}

func (s *server) news(l *tongue, j state.Job) news {
	n := news{Fields: map[string]any{"state": l.t(jobChip(j).Word), "phase": l.t(phaseWords(j.Phase)), "file": j.File}}
	for _, p := range s.phases(j) {
		n.Fields[p.Field] = p.Value
	}
	for _, c := range countsShown(j.Kind) {
		if c.Size {
			n.Fields[c.Field] = l.size(j.Counts[c.Field])
		} else {
			n.Fields[c.Field] = l.number(int(j.Counts[c.Field]))
		}
	}
	unit := func(v int64) string {
		if j.Phase == "link" || j.Phase == "ocr" { // of entries or pictures, not of bytes
			return l.number(int(v))
		}
		return l.size(v)
	}
	n.Fields["amount"], n.Fields["rate"], n.Fields["eta"] = "", "", ""
	if j.Total > 0 {
		n.Fields["amount"] = l.t("{done} of {total}", "done", unit(j.Done), "total", unit(j.Total))
	}
	if j.State == state.Running && j.Rate > 0 {
		n.Fields["rate"] = l.t("{amount} a second", "amount", unit(int64(j.Rate)))
	}
	if eta := j.Eta(); eta >= 0 {
		n.Fields["eta"] = l.t("about {time} left", "time", l.stretch(eta))
	}
	n.Fields["took"] = l.stretch(int64(desk.Took(j, s.desk.Case.Now()).Round(time.Second) / time.Second))
	word := l.t(jobWords(j.Kind))
	n.Title = l.t("{state} · {job}", "state", l.t(jobChip(j).Word), "job", word)
	n.Say = n.Title
	if row := s.jobRow(j); j.State == state.Running && row.Part >= 0 {
		part := l.t("{n} %", "n", l.number(row.Part))
		n.Title = l.t("{part} · {job}", "part", part, "job", word)
		n.Say = l.t("{phase}: {part}", "phase", l.t(phaseWords(j.Phase)), "part", part)
	}
	return n
}

// Times of a stream of events: how long one may take to write, and how often a
// silent one shows that it lives.
const (
	eventTime  = 30 * time.Second
	eventPulse = 15 * time.Second
	sayEvery   = 10 * time.Second
)

// events streams a job's progress until it stops, the reader goes, or the server
// ends.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	l := s.tongueOf(r)
	j, err := s.desk.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	c := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	var spoken time.Time
	for {
		n := s.news(l, j)
		over := j.State != state.Queued && j.State != state.Running
		if now := time.Now(); over || now.Sub(spoken) >= sayEvery {
			spoken = now
		} else {
			n.Say = ""
		}
		b, err := json.Marshal(n)
		if err != nil {
			return
		}
		name := ""
		if over {
			name = "event: end\n"
		}
		if !send(c, w, fmt.Sprintf("%sid: %d\ndata: %s\n\n", name, j.Revision, b)) || over {
			return
		}
		for since := j.Revision; ; {
			ctx, cancel := context.WithTimeout(r.Context(), eventPulse)
			stop := context.AfterFunc(s.ended, cancel)
			j, err = s.desk.WaitJob(ctx, j.ID, since)
			stop()
			cancel()
			if err == nil {
				break
			}
			if r.Context().Err() != nil || s.ended.Err() != nil || !errors.Is(err, context.DeadlineExceeded) || !send(c, w, ":\n\n") {
				return
			}
		}
	}
}

func send(c *http.ResponseController, w http.ResponseWriter, text string) bool {
	if err := c.SetWriteDeadline(time.Now().Add(eventTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return false
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return false
	}
	return c.Flush() == nil
}

// problems hands out what went wrong in a job, a line each.
func (s *server) problems(w http.ResponseWriter, r *http.Request) {
	j, err := s.desk.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+j.ID+`-problems.ndjson"`)
	s.desk.WriteJobProblems(r.Context(), j.ID, w) //nolint:errcheck // the reader has gone
}

// onlyShown refuses an act in a case that is open for reading.
func (s *server) onlyShown() error {
	if s.desk.Case.Writable() {
		return nil
	}
	return told(record.ErrConflict, phrase{Text: key("this workbench only shows")}, phrase{Text: key("start it without --read-only")})
}

func tellJob(do func(*desk.Desk, context.Context, string) (state.Job, error)) func(*server, http.ResponseWriter, *http.Request) (string, error) {
	return func(s *server, _ http.ResponseWriter, r *http.Request) (string, error) {
		if err := s.onlyShown(); err != nil {
			return "", err
		}
		j, err := do(s.desk, r.Context(), r.PathValue("id"))
		return jobURL(j), err
	}
}
