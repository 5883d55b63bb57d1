package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dalil/internal/record"
)

// pagePolicy lets a page load our script, style sheet, fonts and evidence
// pictures from here, ask only here for more, and nothing else from anywhere.
// No string becomes markup or code: Trusted Types are required, and there are none.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// powers are what a page could ask a browser for. Ours ask for nothing.
const powers = "accelerometer=(), attribution-reporting=(), autoplay=(), browsing-topics=(), camera=(), compute-pressure=(), " +
	"display-capture=(), encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), interest-cohort=(), " +
	"join-ad-interest-group=(), keyboard-map=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), picture-in-picture=(), " +
	"publickey-credentials-create=(), publickey-credentials-get=(), run-ad-auction=(), screen-wake-lock=(), serial=(), storage-access=(), " +
	"sync-xhr=(), usb=(), window-management=(), xr-spatial-tracking=()"

// guard sets the headers of every answer and turns away what no page of ours
// would ask.
func (s *server) guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	foreign := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, &refusal{code: http.StatusForbidden, what: key("a page of another site asked for this"), do: key("open the case in this browser yourself, and do it there; if you did, write to whoever runs this server")})
	})
	origins.SetDenyHandler(foreign)
	next = origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Origin-Agent-Cluster", "?1")
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		h.Set("X-Permitted-Cross-Domain-Policies", "none")
		if !strings.HasPrefix(r.URL.Path, "/static/") { // a font has no powers to give up, and they are long
			h.Set("Permissions-Policy", powers)
		}
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Cache-Control", "no-store") // evidence does not belong into a browser's cache
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		switch {
		case !s.knownHost(r.Host):
			s.fail(w, r, &refusal{http.StatusMisdirectedRequest, key("this server is not {host}"), key("open it as http://localhost with its port; whoever runs it can allow another name with `dalil serve --host`"), []string{"host", cut(r.Host)}})
		case !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost}, r.Method):
			h.Set("Allow", strings.Join(s.methods(r), ", "))
			s.fail(w, r, &refusal{code: http.StatusMethodNotAllowed, what: key("pages here are read and posted to, nothing else"), do: key("go back, and use the page’s own buttons")})
		case foreignRead(r):
			foreign.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// foreignRead reports whether another page reads from here: with a script, a
// picture, a frame, a stream or a socket. It may lead a reader here by a link;
// that is all it has to do with us. What it posts is caught elsewhere.
//
// Another port of this machine is another page: programs of other people may
// listen there.
func foreignRead(r *http.Request) bool {
	h := r.Header
	switch site := h.Get("Sec-Fetch-Site"); {
	case site == "cross-site" || site == "same-site":
		dest := h.Get("Sec-Fetch-Dest")
		return h.Get("Sec-Fetch-Mode") != "navigate" || dest != "" && dest != "document"
	case site != "": // "same-origin", "none"
		return false
	}
	// A browser without these headers, or a socket: then the origin tells.
	origin := h.Get("Origin")
	if origin == "" || r.Method == http.MethodPost {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}

// methods lists what can be done at an address.
func (s *server) methods(r *http.Request) []string {
	all := []string{http.MethodGet, http.MethodHead}
	probe := &http.Request{Method: http.MethodPost, Host: r.Host, URL: &url.URL{Path: r.URL.Path}}
	if _, pattern := s.mux.Handler(probe); strings.HasPrefix(pattern, http.MethodPost+" ") {
		all = append(all, http.MethodPost)
	}
	return all
}

// knownHost holds for this machine's own names and those that were allowed.
func (s *server) knownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(host, "]"), "["), "."))
	return host == "localhost" || host == "127.0.0.1" || host == "::1" ||
		slices.ContainsFunc(s.hosts, func(a string) bool { return strings.EqualFold(a, host) })
}

// refusal is a request that is turned away before any page looks at it.
type refusal struct {
	code int
	what string
	do   string
	fill []string // of what
}

func (e *refusal) Error() string { return phrase{e.what, e.fill}.english() }
func (e *refusal) Unwrap() error { return record.ErrInvalid }
