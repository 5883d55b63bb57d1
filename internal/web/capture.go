package web

import (
	"net/http"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// captureData is the paste box and what is known of what was pasted.
type captureData struct {
	Text    string
	Pasted  *pastedRow
	Write   bool
	Painter bool
}

// pastedRow is a thing pasted: an address, an id, words.
type pastedRow struct {
	desk.Pasted
	Here, Maybe []pasteHit
	IDURL       string // of a record of the case
	Search      string
	Lines       []pastedRow
	Missing     []string // addresses of lines that the case has nothing of
}

type pasteHit struct {
	desk.PasteHit
	URL string
}

func (s *server) capture(r *http.Request) (reply, error) {
	d := captureData{Text: strings.TrimSpace(r.URL.Query().Get("text")), Write: s.desk.Case.Writable(), Painter: s.desk.Painter != nil}
	rep := reply{page: "capture", title: key("Capture"), data: &d, json: map[string]any{"pasted": nil}}
	if d.Text == "" {
		return rep, nil
	}
	p, err := s.desk.Paste(r.Context(), d.Text)
	if err != nil {
		return reply{}, err
	}
	row := s.pasted(p)
	for _, line := range p.Lines {
		x := s.pasted(line)
		if line.Capture != "" && len(line.Here) == 0 {
			row.Missing = append(row.Missing, line.Capture)
		}
		row.Lines = append(row.Lines, x)
	}
	d.Pasted = &row
	rep.json = map[string]any{"pasted": p}
	return rep, nil
}

func (s *server) pasted(p desk.Pasted) pastedRow {
	row := pastedRow{Pasted: p}
	for _, h := range p.Here {
		row.Here = append(row.Here, pasteHit{h, s.byID(h.ID)})
	}
	for _, h := range p.Maybe {
		row.Maybe = append(row.Maybe, pasteHit{h, s.byID(h.ID)})
	}
	if p.ID != "" {
		row.IDURL = s.byID(p.ID)
	}
	if p.Query != "" {
		row.Search = search(p.Query)
	}
	return row
}

// byID is the address of the page of a record, by its id.
func (s *server) byID(id string) string {
	k, leaf, err := s.desk.Case.IDs.Leaf(id)
	if err != nil {
		return ""
	}
	switch k {
	case record.KindStatement:
		return "/s/" + id
	case record.KindSource:
		return "/c/" + id
	case record.KindFamily:
		return "/y/" + id
	case record.KindRun:
		return "/imports/" + id
	}
	return entryAt(leaf)
}

// startCapture puts a capture on the list of jobs.
func (s *server) startCapture(_ http.ResponseWriter, r *http.Request) (string, error) {
	var addresses []string
	for _, a := range r.PostForm["address"] {
		if a = strings.TrimSpace(a); a != "" {
			addresses = append(addresses, a)
		}
	}
	job, err := s.desk.StartCapture(r.Context(), addresses, r.PostForm.Get("picture") != "")
	if err != nil {
		return "", err
	}
	return "/jobs/" + job.ID, nil
}
