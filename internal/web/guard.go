package web

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"dalil/internal/record"
)

// pagePolicy lets a page load our script, style sheet, fonts and evidence
// pictures from here, ask only here for more, and nothing else from anywhere.
// No string becomes markup or code: Trusted Types are required, and there are none.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// guard sets the headers of every answer and turns away what no page of ours
// would ask.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Cache-Control", "no-store") // evidence does not belong into a browser's cache
		if !s.knownHost(r.Host) {
			s.fail(w, r, &refusal{http.StatusMisdirectedRequest, fmt.Sprintf("this server is not %.80q", r.Host), "open it as http://localhost with its port"})
			return
		}
		next.ServeHTTP(w, r)
	})
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
}

func (e *refusal) Error() string { return e.what }
func (e *refusal) Unwrap() error { return record.ErrInvalid }
