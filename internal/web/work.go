package web

import (
	"net/http"

	"dalil/internal/state"
)

// atNow is where the pill of the frame asks how the work goes on.
const atNow = "/jobs/now"

// working is the long work that the frame of every page tells of.
type working struct {
	ID   string `json:"id"`
	URL  string `json:"url"`
	Word string `json:"word"` // in the reader's language
	Part int    `json:"part"` // of it, in percent; -1 when that cannot be said
	Over bool   `json:"over,omitempty"`
}

// workingOn finds the work that goes on: what runs before what waits, the oldest
// first. Of is a job that the reader was told of, and is told of once more when it
// has ended. It is nil when there is nothing to tell; the frame does without what
// cannot be read.
func (s *server) workingOn(r *http.Request, l *tongue, of string) *working {
	all, err := s.nowadays().desk.Jobs(r.Context(), jobsShown)
	if err != nil {
		return nil
	}
	var found, last *state.Job
	more := 0
	for i := range all {
		j := &all[i]
		if j.ID == of {
			last = j
		}
		if j.State != state.Running && j.State != state.Queued {
			continue
		}
		more++
		if found == nil || j.State == state.Running || found.State == state.Queued {
			found = j
		}
	}
	if last != nil && last.State != state.Running && last.State != state.Queued {
		return &working{ID: last.ID, URL: jobURL(*last), Part: -1, Over: true, Word: l.t("{job}: {state}", "job", l.t(jobWords(last.Kind)), "state", l.t(jobChip(*last).Word))}
	}
	if found == nil {
		return nil
	}
	row := s.jobRow(*found)
	w := &working{ID: found.ID, URL: row.URL, Part: row.Part}
	if found.State == state.Queued {
		w.Part = -1
	}
	where := l.t(row.Chip.Word)
	if w.Part >= 0 && found.Wish == "" {
		where = l.t("{n} %", "n", l.number(w.Part))
	}
	w.Word = l.t("{job}: {state}", "job", l.t(row.Kind), "state", where)
	if more > 1 {
		w.Word += " " + l.t("(and {n} more)", "n", l.number(more-1))
	}
	return w
}

// workNow is what the pill shows from now on; {} is nothing. Asking for it does not
// count as using a session: a page that was left open would never let it end.
func (s *server) workNow(w http.ResponseWriter, r *http.Request) {
	of := r.URL.Query().Get("of")
	if x := s.workingOn(r, s.tongueOf(r), of); x != nil {
		s.writeJSON(w, r, reply{json: x})
		return
	}
	s.writeJSON(w, r, reply{json: struct{}{}})
}
