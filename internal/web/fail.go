package web

import (
	"context"
	"errors"
	"net/http"

	"dalil/internal/language"
	"dalil/internal/query"
	"dalil/internal/record"
)

// trouble is how one sort of error is told.
type trouble struct {
	err   error
	code  int
	title string
	do    string // when the error brings no advice of its own
	tell  bool   // the error's own words may be shown
}

// troubles is the one table from errors to answers. What is not in it is told
// as 500 without its words: they may name files of this machine.
func troubles() []trouble {
	return []trouble{
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "This took too long", "ask for less at once: a narrower time, a rarer word", false},
		{context.Canceled, 499, "The request was given up", "load the page again", false},
		{record.ErrNotFound, http.StatusNotFound, "Not found", "check the id: it belongs to one case only, and its last character tells when another was misread", true},
		{record.ErrWithheld, http.StatusGone, "Withheld", "the statement's page and the log say on whose decision", true},
		{record.ErrConflict, http.StatusConflict, "This does not fit what is recorded", "load the page again", true},
		{record.ErrAltered, http.StatusInternalServerError, "Something in this case was altered", "stop working with it, keep the folder as it is, and run `dalil verify`: it names what is wrong and where", false},
		{record.ErrInvalid, http.StatusBadRequest, "This cannot be read", "check what was typed", true},
	}
}

// failure is the error page.
type failure struct {
	Code  int    `json:"status"`
	Title string `json:"error"`
	What  string `json:"what,omitempty"`
	Do    string `json:"do"`
}

func failureOf(err error) failure {
	f := failure{Code: http.StatusInternalServerError, Title: "Something went wrong here", Do: "run `dalil doctor` and `dalil verify` on this case; nothing of it was changed"}
	for _, t := range troubles() {
		if errors.Is(err, t.err) {
			f.Code, f.Title, f.Do = t.code, t.title, t.do
			if t.tell {
				f.What = language.Visible(err.Error())
			}
			var hint *record.Hint
			if t.tell && errors.As(err, &hint) {
				f.Do = language.Visible(hint.Do)
			}
			break
		}
	}
	var no *refusal
	if errors.As(err, &no) {
		f = failure{no.code, http.StatusText(no.code), no.what, no.do}
	}
	var syntax *query.Error
	if errors.As(err, &syntax) {
		f.Do = syntax.Do
	}
	return f
}

// fail tells an error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(err)
	if wantsJSON(r) {
		s.writeJSON(w, r, reply{json: f, code: f.Code})
		return
	}
	s.write(w, r, reply{page: "fail", title: f.Title, data: f, code: f.Code})
}
