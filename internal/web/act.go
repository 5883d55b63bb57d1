package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// maxForm bounds a posted form, in bytes; files are sent elsewhere.
const maxForm = 1 << 20

// act makes a handler of something a person does: it is done once, recorded, and
// answered with the address to go on at, so that loading that page again does
// nothing again.
func (s *server) act(do func(http.ResponseWriter, *http.Request) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.wait)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			s.fail(w, r, &refusal{http.StatusBadRequest, "the form could not be read", "go back and send it again; the most is 1 MiB"})
			return
		}
		to, err := do(w, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
}

// back is where a form said to go on, if that is a page of ours.
func back(r *http.Request, otherwise string) string {
	to := r.PostForm.Get("back")
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		return otherwise
	}
	return to
}
