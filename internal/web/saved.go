package web

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"dalil/internal/desk"
)

// savedRow is a saved search that leads to its list.
type savedRow struct {
	desk.Saved
	URL  string
	Here bool // this list is it
}

// savedRows are the saved searches of statements or of the inbox, each where its
// view and columns are.
func (s *server) savedRows(ctx context.Context, here listAddress) ([]savedRow, error) {
	all, err := s.desk.SavedSearches(ctx)
	var rows []savedRow
	now := here.shownAs(here.View).at(here.home())
	for _, x := range all {
		if a := ofSaved(x.SavedSearch); a.inbox == here.inbox {
			rows = append(rows, savedRow{x, a.at(a.home()), a.at(a.home()) == now})
		}
	}
	return rows, err
}

// save keeps the list a reader looks at under a name.
func (s *server) save(_ http.ResponseWriter, r *http.Request) (string, error) {
	f := r.PostForm
	x := desk.SavedSearch{Name: f.Get("name"), Query: f.Get("q"), View: f.Get("view"), Warn: f.Get("warn") != ""}
	if cols := f.Get("cols"); cols != "" {
		x.Columns = strings.Split(cols, ",")
	}
	if c, err := s.nameTaken(r.Context(), x, sent(r)); err != nil || c != nil {
		return "", cmp.Or[error](err, c)
	}
	_, err := s.desk.SaveSearch(r.Context(), x, "")
	return back(r, "/statements"), err
}

// drop lets go of a saved search.
func (s *server) drop(_ http.ResponseWriter, r *http.Request) (string, error) {
	_, err := s.desk.DropSearch(r.Context(), r.PostForm.Get("name"), "")
	return back(r, "/statements"), err
}
