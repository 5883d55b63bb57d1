// Package web is the desk in a browser: plain pages that need no script and load
// nothing from elsewhere.
//
// The rules of these pages, each held by a test:
//
//   - Data reaches markup only as text of a template. No template.HTML, but for
//     the one function that puts a chart into a page (strip.go).
//   - Whatever a source wrote is a fragment or a block with lang and dir
//     (bidi.go), so that no text can reorder its neighbours; characters that
//     cannot be seen are spelled out.
//   - Nothing is loaded that was not asked for: pictures wait for a click, links
//     out lead to a page that says what opening them would tell.
//   - A page is three files side by side: page.go, page.tmpl, page.css. Every
//     page answers .json with the same content.
//   - Showing changes nothing. What changes something is a form that is posted,
//     answered with 303, and leaves a record with a name under it.
//   - Words of ours are said in the reader's language (tongue.go); what a source
//     wrote is never translated in place.
package web

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"dalil/internal/chart"
	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/record"
	"dalil/internal/redact"
)

//go:embed *.tmpl *.css fonts/*.woff2 words/*.po
var files embed.FS

// Options are the choices of whoever serves.
type Options struct {
	// Hosts are names under which this server may be called, beside localhost
	// and the loopback addresses. Every other Host is refused with 421, so that
	// a page from elsewhere cannot reach the case through a name of its own.
	Hosts []string
	// Ended ends when the server does, so that streams of events do not hold it
	// up; nil is never.
	Ended context.Context
	// Patience bounds the work on one page; 0 means 20 seconds.
	Patience time.Duration
	// Password is asked before anything of the case is shown; nil asks for none.
	Password Password
	// Sessions remembers who has come in; nil is a memory that ends with the
	// program.
	Sessions Sessions
	// Exposure is who can reach this server.
	Exposure Exposure
	// Secure says that browsers reach this server through TLS only; Check knows.
	Secure bool
	// Keys are the doctor's to look at; nil shows none.
	Keys *custody.Keys
	// Now is the clock of the door and the doctor; nil is the machine's.
	Now func() time.Time
	// Table makes a table of a release, for a reader to save: its columns by name
	// (none: the usual ones), with a byte order mark if so asked. Without it no
	// page hands out a table.
	Table func(ctx context.Context, r redact.Release, columns []string, mark bool) ([]byte, error)
}

// server is the case being shown.
type server struct {
	desk    *desk.Desk
	present *server // the server as of now, where this one looks back; else nil

	zone   *time.Location
	hosts  []string
	wait   time.Duration
	ended  context.Context // of the whole server
	table  func(ctx context.Context, r redact.Release, columns []string, mark bool) ([]byte, error)
	pages  map[string]map[string]*template.Template // by language of the interface, and name
	sheet  []byte
	static string // address of the style sheet
	script []byte
	island string                   // address of the script
	small  map[record.Digest][]byte // of sheet and script, compressed

	tongues  []*tongue
	door     *door // nil: no password is asked
	secure   bool
	openings *openings // of masked names
	opened   bool      // this copy shows some: see as
	machine  desk.Machine
	now      func() time.Time
	mux      *http.ServeMux
	light    *queue
	heavy    *queue
}

// New returns the pages of the case that d works on.
func New(d *desk.Desk, opt Options) http.Handler {
	_, h := newServer(d, opt)
	return h
}

func newServer(d *desk.Desk, opt Options) (*server, http.Handler) {
	s := &server{desk: d, zone: d.Case.Zone, hosts: opt.Hosts, wait: opt.Patience, table: opt.Table}
	if s.ended = opt.Ended; s.ended == nil {
		s.ended = context.Background()
	}
	if s.wait == 0 {
		s.wait = 20 * time.Second
	}
	if s.secure, s.now = opt.Secure, opt.Now; s.now == nil {
		s.now = time.Now
	}
	s.machine = desk.Machine{Keys: opt.Keys, Handle: d.Case.Handle(), Dir: d.Case.Dir,
		Served: &desk.Served{Public: opt.Exposure.Expose, Password: opt.Password != nil, TLS: opt.Secure}}
	if opt.Password != nil {
		s.door = newDoor(opt, d.Case.Origin)
	}
	s.openings = newOpenings(opt.Secure, d.Case.Origin, s.now)
	s.light, s.heavy = queues()
	s.tongues = tongues()
	s.pages = s.parsePages()
	s.sheet = styleSheet()
	s.static = "/static/dalil-" + record.DigestOf(s.sheet).String()[:12] + ".css"
	s.script, s.island = script()
	s.small = compressed(s.sheet, s.script)

	m := http.NewServeMux()
	s.mux = m
	for pattern, make := range s.shown() {
		m.Handle("GET "+pattern, s.inTurn(pattern, s.page(pattern, make)))
	}
	for pattern, do := range s.done() {
		m.Handle("POST "+pattern, s.inTurn(pattern, s.act(do)))
	}
	m.HandleFunc("GET "+atNow, s.workNow)
	m.HandleFunc("GET /jobs/{id}/events", s.events)
	m.HandleFunc("GET /jobs/{id}/problems.ndjson", s.problems)
	m.HandleFunc("POST /import", s.take) // as large as it is
	m.HandleFunc("GET "+s.static, s.serveSheet)
	m.HandleFunc("GET "+s.island, s.serveScript)
	m.HandleFunc("GET /favicon.ico", serveIcon)
	m.HandleFunc("GET /static/fonts/{name}", s.serveFont)
	m.HandleFunc("/", s.nowhere)
	return s, jsonSuffix(s.guard(s.ask(m)))
}

// shown lists the pages.
func (*server) shown() map[string]func(*server, *http.Request) (reply, error) {
	return map[string]func(*server, *http.Request) (reply, error){
		"/{$}":              (*server).today,
		"/inbox":            (*server).inbox,
		"/inbox/all":        (*server).all,
		"/inbox/{id}":       (*server).unit,
		"/statements":       (*server).statements,
		"/s/{id}":           (*server).statement,
		"/s/{id}/{slug}":    (*server).statement,
		"/s/{id}/proof":     (*server).proof,
		"/families":         (*server).families,
		"/y/{id}":           (*server).family,
		"/y/{id}/{slug}":    (*server).family,
		"/firsts":           (*server).firsts,
		"/sources":          (*server).sources,
		"/c/{id}":           (*server).source,
		"/capture":          (*server).capture,
		"/import":           (*server).importNew,
		"/import/{upload}":  (*server).preflight,
		"/jobs":             (*server).jobs,
		"/jobs/{id}":        (*server).job,
		"/ocr":              (*server).ocr,
		"/matrix":           (*server).matrix,
		"/matrix.csv":       (*server).matrix,
		"/imports":          (*server).imports,
		"/imports/{id}":     (*server).receipt,
		"/log":              (*server).log,
		"/log/entries":      (*server).entries,
		"/log/{n}":          (*server).entry,
		"/settings":         (*server).settings,
		"/settings/access":  (*server).sessions,
		"/doctor":           (*server).doctor,
		"/login":            (*server).login,
		"/help":             (*server).help,
		"/style":            (*server).style,
		"/out":              (*server).out,
		"/palette":          (*server).palette,
		"/s/{id}/raw":       (*server).raw,
		"/s/{id}/media/{n}": (*server).media,

		"/apply":      (*server).apply,
		"/apply/{id}": (*server).sheetSent,

		"/inbox.csv":            (*server).inboxSheet,
		"/statements/sheet.csv": (*server).statementsSheet,

		"/statements.csv":    (*server).csv,
		"/statements/export": (*server).export,
	}
}

// done lists what can be posted: each does one thing and says where to go on.
func (*server) done() map[string]func(*server, http.ResponseWriter, *http.Request) (string, error) {
	return map[string]func(*server, http.ResponseWriter, *http.Request) (string, error){
		"/settings": (*server).choose,
		"/capture":  (*server).startCapture,
		"/ocr":      (*server).startOCR,
		"/seen":     (*server).seen,
		"/s/{id}":   (*server).decideStatement,
		"/y/{id}":   (*server).decideFamily,
		"/inbox":    (*server).triage,

		"/inbox/{id}/open": (*server).openMask,
		"/mask":            (*server).maskAgain,

		"/jobs/{id}/pause":      tellJob((*desk.Desk).PauseJob),
		"/jobs/{id}/resume":     tellJob((*desk.Desk).ResumeJob),
		"/jobs/{id}/cancel":     tellJob((*desk.Desk).CancelJob),
		"/import/{upload}":      (*server).bring,
		"/import/{upload}/drop": (*server).dropUpload,

		"/apply":           (*server).takeSheet,
		"/apply/{id}":      (*server).applySheet,
		"/apply/{id}/drop": (*server).dropSheet,

		"/undo": (*server).undo,

		"/c/{id}/grade": (*server).grade,

		"/s/{id}/translate": (*server).translate,
		"/s/{id}/review":    (*server).reviewTranslation,
		"/settings/access":  (*server).endSessions,
		"/login":            (*server).enter,
		"/logout":           (*server).leave,

		"/saved":      (*server).save,
		"/saved/drop": (*server).drop,
	}
}

func (s *server) nowhere(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", strings.Join(s.methods(r), ", "))
		s.fail(w, r, &refusal{code: http.StatusMethodNotAllowed, what: key("nothing can be sent to this address"), do: key("go back, and use the page’s own buttons")})
		return
	}
	s.fail(w, r, told(record.ErrNotFound, phrase{key("there is no page {page}"), []string{"page", cut(r.URL.Path)}}, phrase{Text: key("go to the first page, or search")}))
}

// reply is what a page has to say.
type reply struct {
	page  string // name of its template
	title string
	data  any
	json  any // the same for programs
	next  string
	moved string // instead: where it is now
	bytes *download
	code  int // status; 0 is 200

	cookie *http.Cookie // that the browser keeps
}

// download is bytes handed out as they are.
type download struct {
	data        []byte
	contentType string
	filename    string // offered for saving; "" shows the bytes in place
}

// view is what every template gets: its data and what the frame around it says.
type view struct {
	Title   string
	Case    string
	Zone    string
	Sheet   string
	Scripts []string
	Query   string // in the search box
	Here    string // path, to mark where one is
	Self    string // address of this page, to come back to
	JSON    string // address of the same page for programs; "" when there is none
	Tongue  *tongue
	Choices choices
	Rail    []railPart
	Who     string    // who acts here; "" when nobody can
	Did     *did      // what was decided just now
	Then    *thenView // the moment the page shows; nil is now
	Pick    *pickView // how another is chosen
	Work    *working  // the long work that goes on now; nil is none
	Bare    bool      // outside of the door: nothing of the case is said
	Door    bool      // the reader came in with the password, and can go
	Opened  bool      // names are shown that are masked for others
	Open    []string  // units they are masked in
	Stand   desk.Standing
	Data    any
}

// page makes a handler of a page.
func (s *server) page(pattern string, make func(*server, *http.Request) (reply, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.wait)
		defer cancel()
		r = r.WithContext(ctx)
		s, err := s.as(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if at := r.URL.Query().Get("at"); at != "" {
			past, done, err := s.lookBack(ctx, pattern, at)
			if err != nil {
				s.fail(w, r, err)
				return
			}
			defer done() //nolint:errcheck // nothing was written
			s = past
		}
		rep, err := make(s, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if rep.cookie != nil {
			http.SetCookie(w, rep.cookie)
		}
		switch {
		case rep.moved != "":
			http.Redirect(w, r, s.keep(rep.moved), http.StatusMovedPermanently)
		case rep.bytes != nil:
			s.headThen(w, r)
			s.hand(w, r, rep.bytes)
		case wantsJSON(r), rep.page == "":
			if rep.json == nil {
				s.fail(w, r, told(record.ErrNotFound, phrase{Text: key("this page has no .json")}, phrase{Text: key("take .json off the address")}))
				return
			}
			s.writeJSON(w, r, rep)
		default:
			s.write(w, r, rep)
		}
	})
}

// write sends a page. It is rendered whole before the first byte goes out, so
// that a page is never half a page.
func (s *server) write(w http.ResponseWriter, r *http.Request, rep reply) {
	l := s.tongueOf(r)
	v := view{Title: rep.title, Sheet: s.static, Here: r.URL.Path, Self: r.URL.RequestURI(), Data: rep.data, Tongue: l, Choices: choicesOf(r), Bare: true}
	if _, ok := inside(r); ok && rep.page != "login" {
		v.Bare, v.Door = false, s.door != nil
		v.Case, v.Zone = s.desk.Case.Config.Name, zoneName(s.zone, s.desk.Case.Now())
		v.Query, v.Rail = r.URL.Query().Get("q"), s.rail(r)
		if s.desk.Case.Writable() {
			v.Who = s.desk.Case.Handle()
		}
		if rep.json != nil {
			v.JSON = jsonAddress(r)
		}
		v.Scripts, v.Did = []string{s.island}, s.didOf(r, l)
		v.Opened, v.Work = s.opened, s.workingOn(r, l, "")
		if s.opened {
			v.Open, _ = s.nowadays().desk.OpenUnits(r.Context()) // without them, all can be masked
		}
		v.Stand, _ = s.nowadays().desk.Standing(r.Context()) // the footer does without what cannot be read
		v.Then, v.Pick = s.thenOf(r), s.pickOf(r)
	}
	var b strings.Builder
	if err := s.pages[l.Tag][rep.page].ExecuteTemplate(&b, "layout.tmpl", v); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	page := b.String()
	if v.Then != nil {
		page = s.keepAll(page)
		s.headThen(w, r)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(max(rep.code, http.StatusOK))
	w.Write([]byte(page)) //nolint:errcheck // the reader has gone
}

func (s *server) writeJSON(w http.ResponseWriter, r *http.Request, rep reply) {
	b, err := json.Marshal(rep.json)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if m := s.desk.Known(); m != nil {
		if b, err = dated(m, b); err != nil {
			s.fail(w, r, err)
			return
		}
		s.headThen(w, r)
	}
	if rep.next != "" {
		w.Header().Add("Link", "<"+s.keep(rep.next)+`>; rel="next"`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(max(rep.code, http.StatusOK))
	w.Write(append(b, '\n')) //nolint:errcheck // the reader has gone
}

// hand sends bytes that came from outside: never as a document of ours.
func (s *server) hand(w http.ResponseWriter, r *http.Request, d *download) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Content-Type", d.contentType)
	if d.filename != "" {
		h.Set("Content-Disposition", `attachment; filename="`+d.filename+`"`)
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(d.data)))
}

func (s *server) serveSheet(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=31536000, immutable") // its address is its hash
	s.serveSmall(w, r, s.sheet)
}

func (s *server) serveFont(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	b, err := files.ReadFile("fonts/" + name)
	if err != nil || path.Ext(name) != ".woff2" {
		s.fail(w, r, fmt.Errorf("font: %w", record.ErrNotFound))
		return
	}
	w.Header().Set("Content-Type", "font/woff2")
	w.Header().Set("Cache-Control", "max-age=604800")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(b)))
}

// parsePages parses every page with the frame and the parts they share, once for
// each language of the interface. The templates are embedded: that they parse is
// known when the tests have run.
func (s *server) parsePages() map[string]map[string]*template.Template {
	names, _ := fs.Glob(files, "*.tmpl")
	shared := []string{"layout.tmpl", "parts.tmpl", "statementacts.tmpl"}
	pages := map[string]map[string]*template.Template{}
	for i, l := range s.tongues {
		pages[l.Tag] = map[string]*template.Template{}
		for _, n := range names {
			page := strings.TrimSuffix(n, ".tmpl")
			switch {
			case slices.Contains(shared, n):
			case i == 0:
				t := template.New(n).Funcs(s.functions(l))
				pages[l.Tag][page] = template.Must(t.ParseFS(files, append(shared, n)...))
			default: // the English one, before it was ever executed
				pages[l.Tag][page] = template.Must(pages[s.tongues[0].Tag][page].Clone()).Funcs(s.functions(l))
			}
		}
	}
	return pages
}

// styleSheet joins the sheets: of charts, the frame's, then the pages' by name.
func styleSheet() []byte {
	names, _ := fs.Glob(files, "*.css")
	slices.SortFunc(names, func(a, b string) int {
		if (a == "layout.css") != (b == "layout.css") {
			return map[bool]int{true: -1, false: 1}[a == "layout.css"]
		}
		return strings.Compare(a, b)
	})
	all := []byte(chart.CSS)
	for _, n := range names {
		b, _ := files.ReadFile(n)
		all = append(all, b...)
	}
	return all
}

type jsonKey struct{}

// jsonSuffix takes .json off the end of a path and remembers it. The first page
// is /index.json.
func jsonSuffix(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := strings.CutSuffix(r.URL.Path, ".json")
		if !ok || strings.HasPrefix(p, "/static/") {
			next.ServeHTTP(w, r)
			return
		}
		if p == "/index" {
			p = "/"
		}
		r = r.Clone(context.WithValue(r.Context(), jsonKey{}, true))
		r.URL.Path, r.URL.RawPath = p, ""
		next.ServeHTTP(w, r)
	})
}

func wantsJSON(r *http.Request) bool { return r.Context().Value(jsonKey{}) != nil }

// jsonAddress is the address of the same page for programs.
func jsonAddress(r *http.Request) string {
	u := *r.URL
	if u.Path == "/" {
		u.Path = "/index"
	}
	u.Path, u.RawPath = u.Path+".json", ""
	return u.RequestURI()
}

// suffix returns ".json" when the page was asked for as JSON, for redirects.
func suffix(r *http.Request) string {
	if wantsJSON(r) {
		return ".json"
	}
	return ""
}
