package web

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// maxForm bounds a posted form, in bytes; files are sent elsewhere.
const maxForm = 1 << 20

// act makes a handler of something a person does: it is done once, recorded, and
// answered with the address to go on at, so that loading that page again does
// nothing again.
func (s *server) act(do func(*server, http.ResponseWriter, *http.Request) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.wait)
		defer cancel()
		r = r.WithContext(ctx)
		if err := inThePast(r); err != nil {
			s.fail(w, r, err)
			return
		}
		most := int64(maxForm)
		if r.URL.Path == "/apply" {
			most = maxSheetForm
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if err := readForm(r, most); err != nil {
			s.fail(w, r, err)
			return
		}
		if err := inThePast(r); err != nil {
			s.fail(w, r, err)
			return
		}
		s, err := s.as(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		to, err := do(s, w, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if to == "" { // it has answered already
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
}

// readForm reads a posted form. What a page of ours would not send is refused:
// other types are how a foreign page posts without being asked who it is.
//
// All of it is held in memory: nothing of it may lie about in a folder for
// passing files.
func readForm(r *http.Request, most int64) error {
	bad := &refusal{code: http.StatusBadRequest, what: key("the form could not be read"), do: key("go back and send it again; the most is 1 MiB, and 8 MiB for a sheet")}
	typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case typ == "multipart/form-data" && err == nil:
		if r.ParseMultipartForm(most) != nil {
			return bad
		}
		return nil
	case typ == "application/x-www-form-urlencoded" && err == nil:
	case r.Header.Get("Content-Type") == "" && r.ContentLength == 0: // a button without fields
	default:
		return &refusal{code: http.StatusUnsupportedMediaType, what: key("this is not a form"), do: key("send it as application/x-www-form-urlencoded, as the page’s own buttons do")}
	}
	if r.ParseForm() != nil {
		return bad
	}
	return nil
}

// back is where a form said to go on, if that is a page of ours.
func back(r *http.Request, otherwise string) string { return local(r.PostForm.Get("back"), otherwise) }

// local returns an address if it is one of a page of ours.
func local(to, otherwise string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || len(to) > 4096 || strings.ContainsAny(to, "\\\r\n") {
		return otherwise
	}
	return to
}

// did is a decision made just now, as the next page says it.
type did struct {
	ID     string
	Entry  uint64
	What   string
	N      int // of units it was about; 0 where that says nothing
	Undo   bool
	Undone bool   // it took another back
	Back   string // this page, without saying it again
}

// didOf finds the decision that an address says was made. It is only told to
// whoever made it.
func (s *server) didOf(r *http.Request, l *tongue) *did {
	id := r.URL.Query().Get("did")
	if id == "" {
		return nil
	}
	k, leaf, err := s.desk.Case.IDs.Leaf(id)
	if err != nil || k != record.KindDecision {
		return nil
	}
	x, err := s.desk.Reader().Decision(r.Context(), leaf)
	if err != nil || x.By != s.desk.Case.Handle() {
		return nil
	}
	u := *r.URL
	q := u.Query()
	q.Del("did")
	u.RawQuery = q.Encode()
	d := &did{ID: id, Entry: leaf, What: doneWords(x.Action), Undo: s.desk.Case.Writable() && x.Undone == 0 && x.Action != desk.ActionOpen, Undone: x.Action == "undo", Back: u.RequestURI()}
	var t record.Triage
	if json.Unmarshal([]byte(x.Payload), &t) == nil {
		d.N = len(t.Units)
	}
	return d
}

// doneWords say in one word what was just done.
func doneWords(action string) string {
	words := map[string]string{"keep": key("Kept"), "dismiss": key("Not relevant"), "duplicate": key("Duplicate"), "later": key("Put off"), "reopen": key("New again"),
		"label": key("Labelled"), "unlabel": key("Label taken off"), "assign": key("Assigned"), "unassign": key("Assigned to nobody"), "shield": key("Name masked"), "unshield": key("Name shown again"), "open": key("Name opened, for this session"),
		"withdraw": key("Withdrawn"), "restore": key("Restored"), "restrict": key("Restricted"), "lift-restriction": key("Restriction lifted"), "mark-public": key("Marked as public"), "undo": key("Taken back"),
		"merge": key("Put into one family"), "split": key("Taken out of the family"), "edit": key("Sheet taken over"), "translate": key("Translated"), "review-translation": key("Reviewed")}
	if w := words[action]; w != "" {
		return w
	}
	return key("Recorded")
}
