package web

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"dalil/internal/desk"
)

// The case as known then: ?at= behind the address of a page that lists or shows
// what is in the case. Such a page says so at its top, keeps at= in its links, and
// offers nothing to do: what is over cannot be changed.

// lookingBack lists the pages that can look back.
func lookingBack() []string {
	return []string{"/{$}", "/inbox", "/inbox/all", "/inbox/{id}", "/statements", "/statements.csv", "/statements/export", "/s/{id}", "/s/{id}/{slug}", "/s/{id}/proof", "/s/{id}/raw", "/s/{id}/media/{n}",
		"/families", "/y/{id}", "/y/{id}/{slug}", "/firsts", "/sources", "/c/{id}", "/matrix", "/matrix.csv", "/imports", "/imports/{id}", "/log", "/log/entries", "/log/{n}", "/palette"}
}

// picked is a time as a browser's picker sends it.
const picked = "2006-01-02T15:04"

// thenView is what a page says of the moment it shows.
type thenView struct {
	At   moment
	Size uint64
	Now  string // address of the same page as it is now
}

// lookBack returns the server as of a moment, and what puts it away.
func (s *server) lookBack(ctx context.Context, pattern, at string) (*server, func() error, error) {
	if !slices.Contains(lookingBack(), pattern) {
		return nil, nil, onlyNow(pattern)
	}
	m, err := s.desk.Moment(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	d, done, err := s.desk.Then(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	past := *s
	past.desk, past.present = d, s
	return &past, done, nil
}

// onlyNow refuses to show a page of now as if it were of the past.
func onlyNow(pattern string) error {
	if pattern == "/jobs" || strings.HasPrefix(pattern, "/jobs/") {
		return &refusal{http.StatusBadRequest, key("a job is work of now, not a record of the case: what is known of it is only how it stands"), key("take at= off the address; what a job brought in is told by its import, which can look back"), nil}
	}
	return &refusal{http.StatusBadRequest, key("this page shows the case only as it is known now"), key("take at= off the address; the first page, the inbox, statements, families, sources, imports and the log can look back"), nil}
}

// known reports whether the log had an entry at the moment that is shown.
func (s *server) known(entry uint64) bool {
	if m := s.desk.Known(); m != nil {
		return entry < m.Size
	}
	return entry < s.desk.Case.Archive.Size()
}

// nowadays is the server as of now.
func (s *server) nowadays() *server {
	if s.present != nil {
		return s.present
	}
	return s
}

// thenOf is what a page says of the moment it shows; nil for now.
func (s *server) thenOf(r *http.Request) *thenView {
	m := s.desk.Known()
	if m == nil {
		return nil
	}
	u := *r.URL
	q := u.Query()
	for _, name := range []string{"at", "after", "before"} { // a page of now begins anew
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return &thenView{s.clock(m.At.UnixMilli()), m.Size, u.RequestURI()}
}

// looksBack reports whether the page at a path can look back.
func (s *server) looksBack(path string) bool {
	_, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, Host: "localhost", URL: &url.URL{Path: path}})
	return slices.Contains(lookingBack(), strings.TrimPrefix(pattern, http.MethodGet+" "))
}

// pickView is how every page lets its reader choose a moment: a form that leads
// to the same page, or, from one that is of now only, to Today.
type pickView struct {
	Action string
	Same   bool        // it leads to this page
	Fields [][2]string // what else the address says
	At     string      // the moment that is shown, as a picker has it; "" is now
	Latest string      // that can be picked
	Near   []nearView
}

// nearView is a moment that is likely to be asked for.
type nearView struct{ Name, URL string }

// pickOf is how the page of a request lets its reader choose a moment.
func (s *server) pickOf(r *http.Request) *pickView {
	present := s.nowadays()
	now := present.desk.Case.Now().In(s.zone)
	v := &pickView{Action: "/", Latest: now.Format(picked)}
	u := url.URL{Path: "/"}
	if v.Same = s.looksBack(r.URL.Path); v.Same {
		v.Action, u.Path = r.URL.Path, r.URL.Path
		q := r.URL.Query()
		for _, name := range []string{"at", "after", "before", "upto", "did"} { // a page of another time begins anew
			q.Del(name)
		}
		for _, name := range slices.Sorted(maps.Keys(q)) {
			for _, value := range q[name] {
				v.Fields = append(v.Fields, [2]string{name, value})
			}
		}
		u.RawQuery = q.Encode()
	}
	if m := s.desk.Known(); m != nil {
		v.At = m.At.In(s.zone).Format(picked)
	}
	if size, _, err := present.looked(r.Context()); err == nil && size > 0 { // without what cannot be read, there is the picker
		v.Near = append(v.Near, nearView{key("when you looked last"), with(u.RequestURI(), "at", "@"+strconv.FormatUint(size, 10))})
	}
	began, err := present.desk.Case.RecordedAt(r.Context(), 1)
	for _, x := range []struct {
		name string
		days int
	}{{key("at the end of yesterday"), 1}, {key("a week ago"), 7}, {key("a month ago"), 30}} {
		day := now.AddDate(0, 0, -x.days).Format(time.DateOnly)
		if err == nil && began.In(s.zone).Format(time.DateOnly) <= day {
			v.Near = append(v.Near, nearView{x.name, with(u.RequestURI(), "at", day)})
		}
	}
	return v
}

// thenAt is an address as it was right after a log entry.
func thenAt(address string, entry uint64) string {
	return address + map[bool]string{true: "&", false: "?"}[strings.Contains(address, "?")] + "at=@" + strconv.FormatUint(entry+1, 10)
}

// inThePast refuses a form that was sent about a case as known then.
func inThePast(r *http.Request) error {
	if r.URL.Query().Get("at") == "" && r.PostForm.Get("at") == "" {
		return nil
	}
	return &refusal{http.StatusConflict, key("the past cannot be changed"), key("go back to now, and decide there"), nil}
}

// keep is an address of ours with the moment this page shows, if what is there
// can look back and does not say at which moment already.
func (s *server) keep(address string) string {
	m := s.desk.Known()
	if m == nil || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") {
		return address
	}
	u, err := url.Parse(address)
	if err != nil || u.Query().Has("at") {
		return address
	}
	path, _ := strings.CutSuffix(u.Path, ".json")
	if path == "/index" {
		path = "/"
	}
	if !s.looksBack(path) {
		return address
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "at=" + url.QueryEscape(m.Text)
	return u.String()
}

// keepAll makes every link, picture and search form of a finished page keep the
// moment it shows: here, so that no page can forget to. What is marked data-now
// leads out of the past.
func (s *server) keepAll(page string) string {
	var b strings.Builder
	b.Grow(len(page) + len(page)/8)
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return b.String()
		}
		raw := string(z.Raw()) // Token may change what it points to
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			b.WriteString(raw)
			continue
		}
		t := z.Token()
		changed, form := false, t.Data == "form"
		for i := range t.Attr {
			a := &t.Attr[i]
			switch {
			case a.Key == "data-now":
				changed, form = false, false
			case (a.Key == "href" || a.Key == "xlink:href" || a.Key == "src" || a.Key == "data-preview" || a.Key == "data-search") && t.Data != "link" && t.Data != "script":
				if to := s.keep(a.Val); to != a.Val && !slices.ContainsFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "data-now" }) {
					a.Val, changed = to, true
				}
			case form && a.Key == "method" && strings.EqualFold(a.Val, "post"), form && a.Key == "action" && s.keep(a.Val) == a.Val:
				form = false
			}
		}
		if changed {
			b.WriteString(t.String())
		} else {
			b.WriteString(raw)
		}
		if form {
			b.WriteString(html.Token{Type: html.SelfClosingTagToken, Data: "input", Attr: []html.Attribute{{Key: "type", Val: "hidden"}, {Key: "name", Val: "at"}, {Key: "value", Val: s.desk.Known().Text}}}.String())
		}
	}
}

// knownJSON is what programs are told of the moment.
type knownJSON struct {
	At   string `json:"as_known_at"`
	Size uint64 `json:"log_size"`
}

// dated puts the moment into the answer for programs: into the object that it
// is, or into each of those it lists.
func dated(m *desk.Moment, body []byte) ([]byte, error) {
	mark, err := json.Marshal(knownJSON{m.At.UTC().Format("2006-01-02T15:04:05.999Z"), m.Size})
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if bytes.HasPrefix(body, []byte("[")) {
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, err
		}
		for i := range list {
			list[i] = joinedTo(mark, list[i])
		}
		return json.Marshal(list)
	}
	return joinedTo(mark, body), nil
}

// joinedTo puts the members of one object before those of another.
func joinedTo(mark, object []byte) []byte {
	if !bytes.HasPrefix(object, []byte("{")) {
		return object
	}
	if bytes.Equal(object, []byte("{}")) {
		return mark
	}
	return slices.Concat(mark[:len(mark)-1], []byte(","), object[1:])
}

// say the moment in the headers of an answer, as RFC 7089 has it.
func (s *server) headThen(w http.ResponseWriter, r *http.Request) {
	if m := s.desk.Known(); m != nil {
		h := w.Header()
		h.Set("Memento-Datetime", m.At.UTC().Format(http.TimeFormat))
		h.Add("Link", "<"+s.thenOf(r).Now+`>; rel="original"`)
	}
}
