package web

import (
	"net/http"
	"strings"

	"dalil/internal/record"
	"dalil/internal/state"
)

// railPart is a group of places in the rail.
type railPart struct {
	Label  string
	Places []railPlace
}

// railPlace is one of the places that are always at hand.
type railPlace struct {
	Name, URL string
	Key       string // typed behind g
	Here      bool
	N         int64  // what waits there; 0 shows nothing
	NWord     string // what N counts
}

// rail lists the places, with the one the reader is in marked.
func (s *server) rail(r *http.Request) []railPart {
	var waiting int64
	if all, err := s.desk.Waiting(r.Context()); err == nil { // the rail does without
		waiting = all[record.New]
	}
	parts := []railPart{
		{Label: key("Work"), Places: []railPlace{
			{Name: key("Today"), URL: "/", Key: "t"},
			{Name: key("Inbox"), URL: "/inbox", Key: "i", N: waiting, NWord: key("wait")},
			{Name: key("Statements"), URL: "/statements", Key: "s"},
			{Name: key("Families"), URL: "/families", Key: "y"},
			{Name: key("Who breaks first"), URL: "/firsts", Key: "b"},
		}},
		{Label: key("Case"), Places: []railPlace{
			{Name: key("Sources"), URL: "/sources", Key: "r"},
			{Name: key("Bring in"), URL: "/import", Key: "n"},
			{Name: key("Capture"), URL: "/capture", Key: "p"},
			{Name: key("Imports"), URL: "/imports", Key: "m"},
			{Name: key("Jobs"), URL: "/jobs", Key: "j", N: s.atWork(r), NWord: key("at work")},
			{Name: key("Log"), URL: "/log", Key: "l"},
			{Name: key("Doctor"), URL: "/doctor", Key: "d"},
			{Name: key("Settings"), URL: "/settings", Key: ","},
			{Name: key("Help"), URL: "/help", Key: "h"},
		}},
	}
	for i := range parts {
		for j := range parts[i].Places {
			p := &parts[i].Places[j]
			p.Here = within(r.URL.Path, p.URL)
		}
	}
	return parts
}

// atWork counts the jobs that are not over.
func (s *server) atWork(r *http.Request) int64 {
	all, err := s.desk.Jobs(r.Context(), 20)
	if err != nil {
		return 0
	}
	n := int64(0)
	for _, j := range all {
		if j.State == state.Queued || j.State == state.Running {
			n++
		}
	}
	return n
}

// within reports whether a page belongs to a place of the rail.
func within(path, place string) bool {
	if place == "/" {
		return path == "/"
	}
	for _, at := range append([]string{place}, map[string][]string{"/statements": {"/s"}, "/sources": {"/c", "/matrix"}, "/families": {"/y"}}[place]...) {
		if path == at || strings.HasPrefix(path, at+"/") {
			return true
		}
	}
	return false
}

// everywhereKeys are the keys that every page has, for the key sheet.
func everywhereKeys() [][2]string {
	return [][2]string{
		{"j  k", key("next and previous row")}, {"o", key("open")}, {"u", key("back")}, {"g g  G", key("first and last row")},
		{"x", key("tick the row")}, {"⇧j  ⇧k", key("tick rows one after another")}, {"*", key("everything that matches")},
		{"z  ⇧z", key("take back, do it again")}, {"/", key("search")}, {"Ctrl K", key("go anywhere")}, {"?", key("this sheet")}, {"g t, g i …", key("go to a place of the rail")},
		{"g a  g z", key("the case as known at a time, and back to now")},
		{"Esc Esc Esc", key("blank the screen, and bring it back")},
	}
}
