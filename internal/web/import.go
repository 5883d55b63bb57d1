package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dalil/internal/desk"
	"dalil/internal/record"
	"dalil/internal/state"
)

// importData is the page with the drop zone.
type importData struct {
	Write bool
	Dir   string // of the case, for the command line
}

// importNew is the page with the drop zone.
func (s *server) importNew(r *http.Request) (reply, error) {
	d := importData{s.desk.Case.Writable(), s.desk.Case.Dir}
	return reply{page: "import", title: key("Bring something in"), data: d, json: map[string]any{"writable": d.Write, "fields": []string{"path", "modified", "file"}}}, nil
}

// Bounds of an upload: what a file's name and a field may have, and how long the
// sender may be silent.
const (
	maxField     = 4 << 10
	maxFields    = 1_000_000
	uploadPause  = time.Minute
	preflightFor = 1500 * time.Millisecond
)

// take receives files from a form and stages them; then what an import would do
// is looked into. The form is read as it comes: nothing of it is held in memory.
//
// Before a file may come the fields path, its place below what was dropped, and
// modified, when it was last changed, in milliseconds since 1970. With ?upload= in
// the address the files are added to an upload that was begun, and with ?more=1
// the sender says that others follow.
func (s *server) take(w http.ResponseWriter, r *http.Request) {
	if err := inThePast(r); err != nil {
		s.fail(w, r, err)
		return
	}
	to, what, err := s.takeFiles(w, r)
	if err != nil {
		w.Header().Set("Connection", "close") // the rest of the form is not wanted
		s.fail(w, r, err)
		return
	}
	if wantsJSON(r) {
		s.writeJSON(w, r, reply{json: what, code: http.StatusCreated})
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// staged is the answer for programs.
type staged struct {
	Upload string `json:"upload"`
	Files  int    `json:"files"`
	Bytes  int64  `json:"bytes"`
	Job    string `json:"preflight,omitempty"`
	URL    string `json:"url"`
}

func (s *server) takeFiles(w http.ResponseWriter, r *http.Request) (string, staged, error) {
	if err := s.onlyShown(); err != nil {
		return "", staged{}, err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return "", staged{}, &refusal{code: http.StatusUnsupportedMediaType, what: key("this takes a form with files"), do: key("use the page’s own form")}
	}
	var u *desk.Uploader
	begun := r.URL.Query().Get("upload")
	if begun != "" {
		u, err = s.desk.GoOnUpload(begun)
	} else {
		u, err = s.desk.NewUpload()
	}
	if err != nil {
		return "", staged{}, err
	}
	err = errors.Join(s.takeParts(w, form.NextRawPart, u), u.Close())
	if err != nil {
		if begun == "" {
			s.desk.DropUpload(u.ID) //nolint:errcheck // swept later
		}
		return "", staged{}, err
	}
	x, err := s.desk.Upload(u.ID)
	if err != nil {
		return "", staged{}, err
	}
	url := "/import/" + x.ID
	done := staged{Upload: x.ID, Files: x.Files, Bytes: x.Bytes, URL: url}
	if r.URL.Query().Get("more") != "" {
		return url, done, nil
	}
	j, err := s.desk.Preflight(r.Context(), desk.ImportChoice{Upload: x.ID})
	if err != nil {
		if begun == "" {
			s.desk.DropUpload(x.ID) //nolint:errcheck // swept later
		}
		return "", staged{}, err
	}
	done.Job = j.ID
	s.settled(r.Context(), j)
	return url, done, nil
}

// settled waits a moment for a small preflight, so that its numbers are there
// when the page comes.
func (s *server) settled(ctx context.Context, j state.Job) {
	ctx, cancel := context.WithTimeout(ctx, preflightFor)
	defer cancel()
	for err := error(nil); err == nil && j.State.Open(); {
		j, err = s.desk.WaitJob(ctx, j.ID, j.Revision)
	}
}

func (s *server) takeParts(w http.ResponseWriter, next func() (*multipart.Part, error), u *desk.Uploader) error {
	c := http.NewResponseController(w)
	alive := func() {
		c.SetReadDeadline(time.Now().Add(uploadPause))                //nolint:errcheck // not supported in tests
		c.SetWriteDeadline(time.Now().Add(uploadPause + time.Minute)) //nolint:errcheck // likewise
	}
	var path string
	var modified time.Time
	for range maxFields {
		alive()
		p, err := next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return brokenOff(err)
		}
		_, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
		if err != nil {
			return brokenOff(err)
		}
		name, isFile := params["filename"]
		if !isFile {
			b, err := io.ReadAll(io.LimitReader(p, maxField))
			if err != nil {
				return brokenOff(err)
			}
			switch params["name"] {
			case "path":
				path = string(b)
			case "modified":
				if ms, err := strconv.ParseInt(string(b), 10, 64); err == nil && ms > 0 && ms < 1<<45 {
					modified = time.UnixMilli(ms)
				}
			}
			continue
		}
		if name == "" { // a field that was left empty
			continue
		}
		if path == "" {
			path = strings.NewReplacer("%22", `"`, "%0D", "", "%0A", "").Replace(name) // as browsers write them
		}
		if _, err := u.Add(path, modified, &watched{p, alive}); err != nil {
			return brokenOff(err)
		}
		path, modified = "", time.Time{}
	}
	return told(record.ErrInvalid, phrase{Text: key("too many fields in one form")}, phrase{Text: key("send the files in parts")})
}

// watched lets a slow sender go on as long as something comes.
type watched struct {
	r     io.Reader
	alive func()
}

func (x *watched) Read(p []byte) (int, error) {
	n, err := x.r.Read(p)
	x.alive()
	return n, err
}

// brokenOff gives an error of the connection words.
func brokenOff(err error) error {
	for _, known := range []error{record.ErrInvalid, record.ErrConflict, record.ErrNotFound} {
		if errors.Is(err, known) {
			return err
		}
	}
	return &refusal{http.StatusBadRequest, key("the files did not come through whole: {why}"), key("send them again; nothing of the case was changed"), []string{"why", err.Error()}}
}

// preflightData is the page between sending and importing.
type preflightData struct {
	Upload desk.Upload
	Job    jobRow
	Live   bool
	Fields map[string]any
	Choice desk.ImportChoice
	Write  bool

	Done     bool
	R        desk.Receipt
	Adds     int64 // statements and versions
	Found    []desk.SourceFound
	Untimed  int64
	Zoneless int64
	Nameless int64
	Skipped  []tally
	Formats  []tally
	Unread   int64 // files that no format reads
	Problems []record.Problem
	Hidden   int64
}

// preflightOf finds the newest job that looked into an upload, and the import
// that followed, if one did.
func (s *server) preflightOf(ctx context.Context, upload string) (look, took state.Job, err error) {
	all, err := s.desk.Jobs(ctx, 0)
	for i := len(all) - 1; i >= 0; i-- {
		if c, ok := desk.JobChoice(all[i]); ok && c.Upload == upload {
			if all[i].Kind == "preflight" {
				look = all[i]
			} else {
				took = all[i]
			}
		}
	}
	return look, took, err
}

func (s *server) preflight(r *http.Request) (reply, error) {
	ctx := r.Context()
	id := strings.ToUpper(r.PathValue("upload"))
	look, took, err := s.preflightOf(ctx, id)
	if err != nil {
		return reply{}, err
	}
	if took.ID != "" && took.State != state.Cancelled {
		return reply{moved: jobURL(took) + suffix(r)}, nil
	}
	x, err := s.desk.Upload(id)
	if err != nil {
		return reply{}, err
	}
	d := preflightData{Upload: x, Write: s.desk.Case.Writable()}
	l := s.tongueOf(r)
	if look.ID == "" {
		return reply{page: "preflight", title: key("Preflight"), data: d, json: staged{Upload: x.ID, Files: x.Files, Bytes: x.Bytes, URL: "/import/" + x.ID}}, nil
	}
	d.Job, d.Fields = s.jobRow(look), s.news(l, look).Fields
	d.Live = look.State == state.Queued || look.State == state.Running
	d.Choice, _ = desk.JobChoice(look)
	if d.Problems, err = s.desk.JobProblems(ctx, look.ID, 0, jobProblemsShown); err != nil {
		return reply{}, err
	}
	d.Hidden = max(0, look.Problems-int64(len(d.Problems)))
	if d.R, d.Done = desk.JobResult(look); d.Done {
		d.Adds, d.Found = d.R.New+d.R.Edits, d.R.Found
		for _, f := range d.Found {
			d.Untimed += f.Untimed
			d.Zoneless += f.Zoneless
			d.Nameless += f.Nameless
		}
		d.Skipped = leftOut(d.R.Skipped)
		for _, name := range byCount(d.R.Formats) {
			if name == "" {
				d.Unread = d.R.Formats[name]
				continue
			}
			d.Formats = append(d.Formats, tally{Name: name, N: d.R.Formats[name]})
		}
	}
	return reply{page: "preflight", title: key("Preflight"), data: d, json: s.desk.JobJSON(look)}, nil
}

// choiceOf reads the choices of the preflight's form.
func (s *server) choiceOf(r *http.Request) (desk.ImportChoice, error) {
	if err := s.onlyShown(); err != nil {
		return desk.ImportChoice{}, err
	}
	x, err := s.desk.Upload(r.PathValue("upload"))
	f := r.PostForm
	return desk.ImportChoice{Upload: x.ID, Source: strings.TrimSpace(f.Get("source")), KeepSenders: strings.TrimSpace(f.Get("keep")),
		KeepOwner: f.Get("owner") != "", Renews: f.Get("renews") != ""}, err
}

// look looks into an upload again, with other choices.
func (s *server) look(_ http.ResponseWriter, r *http.Request) (string, error) {
	c, err := s.choiceOf(r)
	if err != nil {
		return "", err
	}
	j, err := s.desk.Preflight(r.Context(), c)
	if err != nil {
		return "", err
	}
	s.settled(r.Context(), j)
	return "/import/" + c.Upload, nil
}

// bring begins the import of an upload.
func (s *server) bring(w http.ResponseWriter, r *http.Request) (string, error) {
	if r.PostForm.Get("do") == "look" {
		return s.look(w, r)
	}
	c, err := s.choiceOf(r)
	if err != nil {
		return "", err
	}
	// Sent twice, it is one import: the second press leads to the first's page.
	if _, took, err := s.preflightOf(r.Context(), c.Upload); err == nil && took.ID != "" && took.State.Open() {
		return jobURL(took), nil
	}
	j, err := s.desk.StartImport(r.Context(), c)
	return jobURL(j), err
}

// dropUpload throws sent files away.
func (s *server) dropUpload(_ http.ResponseWriter, r *http.Request) (string, error) {
	if err := s.onlyShown(); err != nil {
		return "", err
	}
	id := strings.ToUpper(r.PathValue("upload"))
	look, took, err := s.preflightOf(r.Context(), id)
	if err != nil {
		return "", err
	}
	if took.State.Open() {
		return "", told(record.ErrConflict, phrase{key("job {id} still needs these files"), []string{"id", took.ID}}, phrase{Text: key("end the job first")})
	}
	if look.State.Open() {
		if _, err := s.desk.CancelJob(r.Context(), look.ID); err != nil {
			return "", err
		}
	}
	return "/import", s.desk.DropUpload(id)
}
