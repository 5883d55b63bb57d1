package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"dalil/internal/language"
)

// Password is what the door asks for.
type Password interface {
	// Check reports whether a password is right. It takes as long for every
	// answer.
	Check(ctx context.Context, password string) (bool, error)
	// Mark changes when the password does; "" when there is none.
	Mark() string
}

// A session ends when nothing was asked for so long, and after a shift in any
// case.
const (
	sessionIdle = 2 * time.Hour
	sessionMost = 12 * time.Hour
	// seenEvery is how exact the time is at which a session was last used.
	seenEvery = time.Minute
	// knownFor is how long a browser that was let in is spared the bound for all.
	knownFor = 180 * 24 * time.Hour
)

// door lets in who knows the password.
type door struct {
	password Password
	store    Sessions
	secure   bool   // browsers reach it through TLS
	name     string // of this case, in cookies: several cases can be open on one machine
	now      func() time.Time
	tries    throttle

	mu sync.Mutex // held while a session is read and written, so that one that was ended stays so
}

// session is what the store keeps. Its token is only in the browser.
type session struct {
	Mark  string    `json:"mark"` // of the password it was begun with
	Begun time.Time `json:"begun"`
	Seen  time.Time `json:"seen"`
	From  string    `json:"from"`  // address it was begun at
	Agent string    `json:"agent"` // what the browser calls itself
	Here  bool      `json:"-"`     // the one that asks
	key   string
}

const sessionPrefix, knownPrefix = "session/", "known/"

func newDoor(opt Options, origin string) *door {
	sum := sha256.Sum256([]byte(origin))
	d := &door{password: opt.Password, store: opt.Sessions, secure: opt.Secure, name: hex.EncodeToString(sum[:4]), now: opt.Now}
	if d.now == nil {
		d.now = time.Now
	}
	if d.store == nil {
		d.store = newMemory(d.now)
	}
	return d
}

// cookie makes one of the door's cookies. With TLS its name binds it to this very
// host: no neighbour can have set it.
func (d *door) cookie(what, value string, age time.Duration) *http.Cookie {
	name := "dalil-" + what + "-" + d.name
	if d.secure {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second), Secure: d.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// keyOf returns the key under which the store keeps what a request's cookie is
// for, "" when it has none.
func (d *door) keyOf(r *http.Request, what, prefix string) string {
	c, err := r.Cookie(d.cookie(what, "", 0).Name)
	if err != nil {
		return ""
	}
	token, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(token) != 32 {
		return ""
	}
	return prefix + digestOf(token)
}

func digestOf(token []byte) string {
	sum := sha256.Sum256(token)
	return hex.EncodeToString(sum[:])
}

// admitted returns the session of a request, nil when it has none that counts.
func (d *door) admitted(r *http.Request) (*session, error) {
	key := d.keyOf(r, "session", sessionPrefix)
	if key == "" {
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.read(r.Context(), key)
	if s == nil || err != nil {
		return nil, err
	}
	if now := d.now(); now.Sub(s.Seen) >= seenEvery && r.URL.Path != atNow { // a page that is open asks that by itself
		s.Seen = now
		if err := d.write(r.Context(), s); err != nil {
			return nil, err
		}
	}
	s.Here = true
	return s, nil
}

// read returns a session that still counts. The lock is held.
func (d *door) read(ctx context.Context, key string) (*session, error) {
	b, err := d.store.Get(ctx, key)
	if b == nil || err != nil {
		return nil, err
	}
	s := d.parse(key, b)
	if s == nil {
		return nil, d.store.Drop(ctx, key)
	}
	return s, nil
}

func (d *door) parse(key string, b []byte) *session {
	s := session{key: key}
	now := d.now()
	if json.Unmarshal(b, &s) != nil || s.Mark == "" || s.Mark != d.password.Mark() ||
		!now.Before(s.Begun.Add(sessionMost)) || !now.Before(s.Seen.Add(sessionIdle)) {
		return nil
	}
	return &s
}

func (d *door) write(ctx context.Context, s *session) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	until := s.Begun.Add(sessionMost)
	if idle := s.Seen.Add(sessionIdle); idle.Before(until) {
		until = idle
	}
	return d.store.Put(ctx, s.key, b, until)
}

// begin begins a session with a token that nobody knew before, and ends the one
// that the browser brought along.
func (d *door) begin(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.keyOf(r, "session", sessionPrefix); old != "" {
		if err := d.store.Drop(ctx, old); err != nil {
			return err
		}
	}
	now := d.now()
	token, key := newToken(sessionPrefix)
	s := &session{Mark: d.password.Mark(), Begun: now, Seen: now, From: network(r.RemoteAddr), Agent: agentOf(r), key: key}
	if err := d.write(ctx, s); err != nil {
		return err
	}
	http.SetCookie(w, d.cookie("session", token, 0)) // until the browser is closed
	if d.known(r) != "" {
		return nil
	}
	token, key = newToken(knownPrefix)
	if err := d.store.Put(ctx, key, []byte("1"), now.Add(knownFor)); err != nil {
		return err
	}
	http.SetCookie(w, d.cookie("known", token, knownFor))
	return nil
}

func newToken(prefix string) (token, key string) {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // never fails
	return base64.RawURLEncoding.EncodeToString(b), prefix + digestOf(b)
}

// known returns the key of a browser that was let in before, "" of another.
func (d *door) known(r *http.Request) string {
	key := d.keyOf(r, "known", knownPrefix)
	if key == "" {
		return ""
	}
	if b, err := d.store.Get(r.Context(), key); b == nil || err != nil {
		return ""
	}
	return key
}

// end ends sessions: those for which f holds.
func (d *door) end(ctx context.Context, f func(*session) bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	all, err := d.store.All(ctx, sessionPrefix)
	if err != nil {
		return err
	}
	for key, b := range all {
		if s := d.parse(key, b); s == nil || f(s) {
			if err := d.store.Drop(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// agentOf is what a browser calls itself, shortened.
func agentOf(r *http.Request) string {
	s := language.Visible(strings.ToValidUTF8(r.UserAgent(), "�"))
	for len(s) > 200 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

type insideKey struct{}

// inside returns the session of a request that was let in; the zero session when
// no password is asked. ok is false outside of the door, where nothing of the
// case may be said.
func inside(r *http.Request) (s *session, ok bool) {
	s, ok = r.Context().Value(insideKey{}).(*session)
	return s, ok
}

// ask lets a request through to next if it may see the case.
func (s *server) ask(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := &session{}
		if s.door != nil {
			var err error
			if who, err = s.door.admitted(r); err != nil {
				s.fail(w, r, err)
				return
			}
		}
		switch {
		case who != nil:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), insideKey{}, who)))
		case open(r.URL.Path):
			next.ServeHTTP(w, r)
		default:
			s.turnAway(w, r)
		}
	})
}

// open reports whether a path may be asked for without the password: the door
// itself and what its page is drawn with.
func open(p string) bool {
	return path.Clean(p) == p && (p == "/login" || strings.HasPrefix(p, "/static/"))
}

// turnAway sends a person to the door, and tells a program that it is closed.
func (s *server) turnAway(w http.ResponseWriter, r *http.Request) {
	mode := r.Header.Get("Sec-Fetch-Mode")
	if wantsJSON(r) || mode != "" && mode != "navigate" || strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		w.Header().Set("WWW-Authenticate", `Cookie realm="dalil", form-action="/login"`)
		s.fail(w, r, &refusal{code: http.StatusUnauthorized, what: key("this needs the password"), do: key("log in at /login, and send the cookie that comes from there")})
		return
	}
	http.Redirect(w, r, loginAddress(r), http.StatusSeeOther)
}
