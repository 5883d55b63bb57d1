package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"dalil/internal/desk"
	"dalil/internal/language"
	"dalil/internal/query"
	"dalil/internal/record"
	"dalil/internal/state"
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
		{context.DeadlineExceeded, http.StatusServiceUnavailable, key("This took too long"), key("ask for less at once: a narrower time, a rarer word"), false},
		{context.Canceled, 499, key("The request was given up"), key("load the page again"), false},
		{record.ErrNotFound, http.StatusNotFound, key("Not found"), key("check the id: it belongs to one case only, and its last character tells when another was misread"), true},
		{record.ErrWithheld, http.StatusGone, key("Withheld"), key("the statement’s page and the log say on whose decision"), true},
		{record.ErrConflict, http.StatusConflict, key("This does not fit what is recorded"), key("load the page again"), true},
		{record.ErrAltered, http.StatusInternalServerError, key("Something in this case was altered"), key("stop working with it, keep the folder as it is, and run `dalil verify`: it names what is wrong and where"), false},
		{record.ErrInvalid, http.StatusBadRequest, key("This cannot be read"), key("check what was typed"), true},
	}
}

// tellable is an error whose words a page can say in the reader's language.
type tellable struct {
	err      error // one of record's sentinels
	what, do phrase
}

func (e *tellable) Error() string { return e.what.english() + ": " + e.err.Error() }
func (e *tellable) Unwrap() error { return e.err }

// told makes an error of words of ours. What stands in the places of what may be
// anybody's.
func told(err error, what, do phrase) error { return &tellable{err, what, do} }

// cut bounds what somebody typed, to be told again.
func cut(s string) string { return language.Visible(shortened(s, 200)) }

// failure is the error page. For programs it is English.
type failure struct {
	Code   int    `json:"status"`
	Title  string `json:"error"`
	What   string `json:"what,omitempty"`
	Do     string `json:"do"`
	Said   phrase `json:"-"`             // what, where it is words of ours
	Advice phrase `json:"-"`             // do, in the same way
	Job    string `json:"job,omitempty"` // that stands in the way
}

func failureOf(err error) failure {
	f := failure{Code: http.StatusInternalServerError, Title: key("Something went wrong here"), Do: key("run `dalil doctor` and `dalil verify` on this case; nothing of it was changed")}
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
		f = failure{Code: no.code, Title: statusTitle(no.code), What: no.what, Do: no.do, Said: phrase{no.what, no.fill}}
		f.What = f.Said.english()
	}
	var own *tellable
	if errors.As(err, &own) {
		f.Said, f.Advice, f.Do = own.what, own.do, own.do.english()
	}
	var sheet *desk.BadSheet
	if errors.As(err, &sheet) {
		f.Title, f.Do = key("The sheet cannot be read"), sheet.Do
		f.Said = phrase{Text: sheet.What.Text}
		for _, x := range sheet.What.Fill {
			f.Said.Fill = append(f.Said.Fill, fmt.Sprint(x))
		}
		f.What = f.Said.english()
	}
	var busy *desk.Busy
	if errors.As(err, &busy) {
		f.tellBusy(busy.Job)
	}
	var syntax *query.Error
	if errors.As(err, &syntax) {
		f.Do = syntax.Do
	}
	if f.Advice.Text == "" {
		f.Advice.Text = f.Do
	}
	return f
}

// tellBusy says what work stands in the way, and where it can be paused.
func (f *failure) tellBusy(j state.Job) {
	f.Title, f.Advice = key("Other work is going on"), phrase{Text: key("try again in a moment")}
	f.Said = phrase{Text: key("this needs the case for itself, and something is being worked out")}
	if j.ID != "" {
		f.Job = j.ID
		f.Advice = phrase{Text: key("wait until it has ended, or pause it on its page, do this, and let it go on")}
		words := map[string]string{"import": key("this needs the case for itself, and {title} is being imported"), "ocr": key("this needs the case for itself, and the text in pictures is being read"),
			"capture": key("this needs the case for itself, and {title} is being captured")}
		if w := words[j.Kind]; w != "" {
			f.Said = phrase{w, []string{"title", cut(j.Title)}}
		}
	}
	f.What, f.Do = f.Said.english(), f.Advice.english()
}

// statusTitle is what the standard calls a refusal.
func statusTitle(code int) string {
	titles := map[int]string{http.StatusBadRequest: key("Bad Request"), http.StatusUnauthorized: key("Unauthorized"), http.StatusForbidden: key("Forbidden"),
		http.StatusMethodNotAllowed: key("Method Not Allowed"), http.StatusUnsupportedMediaType: key("Unsupported Media Type"),
		http.StatusTooManyRequests: key("Too Many Requests"), http.StatusMisdirectedRequest: key("Misdirected Request"), http.StatusServiceUnavailable: key("Service Unavailable")}
	return cmp.Or(titles[code], http.StatusText(code))
}

// fail tells an error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var mine *conflict
	if errors.As(err, &mine) {
		if rep := s.conflictPage(mine); wantsJSON(r) {
			s.writeJSON(w, r, rep)
		} else {
			s.write(w, r, rep)
		}
		return
	}
	f := failureOf(err)
	if wantsJSON(r) {
		s.writeJSON(w, r, reply{json: f, code: f.Code})
		return
	}
	s.write(w, r, reply{page: "fail", title: f.Title, data: f, code: f.Code})
}
