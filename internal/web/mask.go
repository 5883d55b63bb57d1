package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// openFor is how long a masked name stays open in a browser's session.
const openFor = sessionIdle

// openings remembers which masked names are open in which session: for two
// hours, in memory only, so that they end with the program too. Where a password
// is asked for, the session is the door's; otherwise a cookie of its own, which
// ends with the browser.
type openings struct {
	secure bool
	name   string
	now    func() time.Time
	memory *memory // []opening as JSON, by session
}

const openPrefix = "opened/"

func newOpenings(secure bool, origin string, now func() time.Time) *openings {
	sum := sha256.Sum256([]byte(origin))
	return &openings{secure: secure, name: hex.EncodeToString(sum[:4]), now: now, memory: newMemory(now)}
}

func (o *openings) cookie(value string) *http.Cookie {
	name := "dalil-opened-" + o.name
	if o.secure {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", Secure: o.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// key is what the session of a request is kept under, "" when it has none.
func (o *openings) key(r *http.Request) string {
	if here, ok := inside(r); ok && here.key != "" {
		return openPrefix + here.key
	}
	c, err := r.Cookie(o.cookie("").Name)
	if err != nil {
		return ""
	}
	if token, err := base64.RawURLEncoding.DecodeString(c.Value); err == nil && len(token) == 32 {
		return openPrefix + digestOf(token)
	}
	return ""
}

// opening is a decision by which a name is open in a session, and until when.
type opening struct {
	Decision string    `json:"decision"`
	Until    time.Time `json:"until"`
}

// open lists what is open in a session. Each name ends by itself, whatever is
// opened or masked after it.
func (o *openings) open(r *http.Request) []opening {
	var all []opening
	if key := o.key(r); key != "" {
		if b, _ := o.memory.Get(r.Context(), key); b != nil { // a memory does not fail
			json.Unmarshal(b, &all) //nolint:errcheck // written below
		}
	}
	now := o.now()
	return slices.DeleteFunc(all, func(x opening) bool { return !now.Before(x.Until) })
}

// of lists the decisions by which names are open in a session.
func (o *openings) of(r *http.Request) []string {
	var all []string
	for _, x := range o.open(r) {
		all = append(all, x.Decision)
	}
	return all
}

// add opens one more name in the session of a request.
func (o *openings) add(w http.ResponseWriter, r *http.Request, decision string) error {
	key := o.key(r)
	if key == "" {
		var token string
		token, key = newToken(openPrefix)
		http.SetCookie(w, o.cookie(token))
	}
	return o.put(r, key, append(o.open(r), opening{decision, o.now().Add(openFor)}))
}

// keep masks everything again in the session of a request but what was opened by
// some decisions.
func (o *openings) keep(r *http.Request, decisions []string) error {
	key := o.key(r)
	if key == "" || len(decisions) == 0 {
		return o.end(r)
	}
	return o.put(r, key, slices.DeleteFunc(o.open(r), func(x opening) bool { return !slices.Contains(decisions, x.Decision) }))
}

// put remembers what is open in a session.
func (o *openings) put(r *http.Request, key string, all []opening) error {
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	var until time.Time
	for _, x := range all {
		if x.Until.After(until) {
			until = x.Until
		}
	}
	return o.memory.Put(r.Context(), key, b, until)
}

// end masks everything again that is open in the session of a request.
func (o *openings) end(r *http.Request) error {
	if key := o.key(r); key != "" {
		return o.memory.Drop(r.Context(), key)
	}
	return nil
}

// as is the server as the session of a request sees the case: with the names
// that were opened in it.
func (s *server) as(r *http.Request) (*server, error) {
	decisions := s.openings.of(r)
	if len(decisions) == 0 {
		return s, nil
	}
	d, err := s.desk.Reopened(r.Context(), decisions)
	if err != nil {
		return s, err
	}
	x := *s
	x.desk, x.opened = d, true
	return &x, nil
}

// maskRow is one unit because of which a name is masked on a page.
type maskRow struct {
	desk.Mask
	Ask   string // whom to ask
	Back  string
	Write bool
}

// maskJSON is a masked name for programs.
type maskJSON struct {
	By   string `json:"masked_by"`
	Unit string `json:"unit,omitempty"` // where it can be opened; only for who may
	Open bool   `json:"open"`
}

func masksJSON(rows []maskRow) []maskJSON {
	var all []maskJSON
	for _, m := range rows {
		all = append(all, maskJSON{m.By, m.Unit, m.Open})
	}
	return all
}

func (s *server) masks(ctx context.Context, id, back string) ([]maskRow, error) {
	all, err := s.desk.Masks(ctx, id)
	rows := make([]maskRow, len(all))
	for i, m := range all {
		who := append([]string{m.By}, s.desk.Case.Config.MayOpen...)
		slices.Sort(who)
		rows[i] = maskRow{m, strings.Join(slices.Compact(who), ", "), back, s.desk.Case.Writable()}
	}
	return rows, err
}

// openMask shows a masked name, in this session only.
func (s *server) openMask(w http.ResponseWriter, r *http.Request) (string, error) {
	if err := s.onlyShown(); err != nil {
		return "", err
	}
	o, err := s.desk.Open(r.Context(), r.PathValue("id"), r.PostForm.Get("reason"))
	if err != nil {
		return "", err
	}
	return with(back(r, "/inbox/"+r.PathValue("id")), "did", s.desk.Case.IDs.ID(record.KindDecision, o.Leaf)), s.openings.add(w, r, o.ID)
}

// maskAgain masks the names of one unit again that are open in this session, or,
// when none is named, everything.
func (s *server) maskAgain(_ http.ResponseWriter, r *http.Request) (string, error) {
	unit := r.PostForm.Get("unit")
	if unit == "" {
		return back(r, "/"), s.openings.end(r)
	}
	rest, err := s.desk.MaskAgain(r.Context(), s.openings.of(r), unit)
	if err != nil {
		return "", err
	}
	return back(r, "/"), s.openings.keep(r, rest)
}
