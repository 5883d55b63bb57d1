package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"dalil/internal/record"
)

// loginData is the page at the door. It says nothing of the case.
type loginData struct {
	Asked bool   // there is a password
	Back  string // where to go on
	Wrong bool   // the last try was
	Wait  int    // seconds until the next try counts; 0 is now
	Sent  bool   // a form was sent without a session
	Away  bool   // the reader came by a link from elsewhere, which browsers follow without the session
}

func loginAddress(r *http.Request) string {
	v := url.Values{}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		v.Set("sent", "1")
	case r.URL.RequestURI() != "/":
		v.Set("back", r.URL.RequestURI())
	}
	if len(v) == 0 {
		return "/login"
	}
	return "/login?" + v.Encode()
}

// login shows the door.
func (s *server) login(r *http.Request) (reply, error) {
	d := loginData{Asked: s.door != nil, Back: local(r.URL.Query().Get("back"), "/"), Sent: r.URL.Query().Has("sent"),
		Away: slices.Contains([]string{"cross-site", "same-site"}, r.Header.Get("Sec-Fetch-Site"))}
	return reply{page: "login", title: key("Log in"), data: d, json: map[string]bool{"password": d.Asked}}, nil
}

// enter is a try at the door.
func (s *server) enter(w http.ResponseWriter, r *http.Request) (string, error) {
	to := local(r.PostForm.Get("back"), "/")
	if r.PostForm.Has("lang") {
		if _, err := s.choose(w, r); err != nil {
			return "", err
		}
		return "/login?" + url.Values{"back": {to}}.Encode(), nil
	}
	if s.door == nil {
		return to, nil
	}
	d := loginData{Asked: true, Back: to}
	who := network(r.RemoteAddr)
	known := s.door.known(r)
	if known != "" {
		who = known
	}
	if wait := s.door.tries.try(s.door.now(), who, known != ""); wait > 0 {
		d.Wait = int((wait + time.Second - 1) / time.Second)
		s.refuse(w, r, http.StatusTooManyRequests, d)
		return "", nil
	}
	ok, err := s.door.password.Check(r.Context(), r.PostForm.Get("password"))
	if err != nil {
		return "", err
	}
	if !ok {
		d.Wrong = true
		s.refuse(w, r, http.StatusForbidden, d)
		return "", nil
	}
	s.door.tries.pass(who)
	return to, s.door.begin(w, r)
}

// refuse answers a try that failed, with the page it was made on.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, code int, d loginData) {
	f := failure{Code: code, Title: http.StatusText(code), What: key("that is not the password"), Do: key("try again")}
	if d.Wait > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(d.Wait))
		f.What, f.Do = key("the password was tried too often"), s.tongues[0].t("wait {time}", "time", s.tongues[0].count(d.Wait, "second", "seconds"))
	}
	rep := reply{page: "login", title: key("Log in"), data: d, json: f, code: code}
	if wantsJSON(r) {
		s.writeJSON(w, r, rep)
		return
	}
	s.write(w, r, rep)
}

// leave ends the session that asks.
func (s *server) leave(w http.ResponseWriter, r *http.Request) (string, error) {
	here, _ := inside(r)
	if s.door == nil || here == nil {
		return "/", nil
	}
	if err := s.openings.end(r); err != nil {
		return "", err
	}
	if err := s.door.end(r.Context(), func(x *session) bool { return x.key == here.key }); err != nil {
		return "", err
	}
	http.SetCookie(w, s.door.cookie("session", "", -time.Second))
	w.Header().Set("Clear-Site-Data", `"cache"`)
	return "/login", nil
}

// sessionsData is the page of sessions.
type sessionsData struct {
	Asked bool
	All   []sessionRow
	Idle  int // hours after which one ends that is not used
	Most  int // hours after which each ends
}

type sessionRow struct {
	ID    string `json:"id"`
	Begun int64  `json:"begun"` // Unix milliseconds
	Seen  int64  `json:"seen"`
	From  string `json:"from"`
	Agent string `json:"agent"`
	Here  bool   `json:"here"`
}

// sessions lists who is in, newest first.
func (s *server) sessions(r *http.Request) (reply, error) {
	d := sessionsData{Asked: s.door != nil, All: []sessionRow{}, Idle: int(sessionIdle / time.Hour), Most: int(sessionMost / time.Hour)}
	if s.door != nil {
		all, err := s.door.store.All(r.Context(), sessionPrefix)
		if err != nil {
			return reply{}, err
		}
		here, _ := inside(r)
		for key, b := range all {
			if x := s.door.parse(key, b); x != nil {
				d.All = append(d.All, sessionRow{sessionID(x), x.Begun.UnixMilli(), x.Seen.UnixMilli(), x.From, x.Agent, here != nil && here.key == key})
			}
		}
		slices.SortFunc(d.All, func(a, b sessionRow) int {
			if a.Begun != b.Begun {
				return int(b.Begun - a.Begun)
			}
			return strings.Compare(a.ID, b.ID)
		})
	}
	return reply{page: "sessions", title: key("Sessions"), data: d, json: d.All}, nil
}

// sessionID names a session on its page. It is the beginning of a digest and
// opens nothing.
func sessionID(x *session) string { return strings.TrimPrefix(x.key, sessionPrefix)[:16] }

// endSessions ends one session, or all but the one that asks.
func (s *server) endSessions(_ http.ResponseWriter, r *http.Request) (string, error) {
	here, _ := inside(r)
	if s.door == nil || here == nil {
		return "/settings/access", nil
	}
	which := r.PostForm.Get("end")
	found := which == "others"
	err := s.door.end(r.Context(), func(x *session) bool {
		hit := sessionID(x) == which || which == "others" && x.key != here.key
		found = found || hit
		return hit
	})
	if err == nil && !found {
		err = record.WithHint(fmt.Errorf("there is no session %.20q: %w", which, record.ErrNotFound), "it has ended already; load the page of sessions again")
	}
	return "/settings/access", err
}
