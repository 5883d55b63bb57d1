package web

import (
	"embed"
	"net/http"
	"strings"
	"time"

	"dalil/internal/record"
)

// The script of the pages is made of islands/*.ts, one island a file. It is
// committed, so that building needs nothing beside Go. Every page works without.
//
//go:generate go run ./islands/build islands assets
//go:embed assets/dalil.js
var assets embed.FS

// script returns the script of every page and its address, which is its hash.
func script() (body []byte, address string) {
	body, _ = assets.ReadFile("assets/dalil.js")
	return body, "/static/dalil-" + record.DigestOf(body).String()[:12] + ".js"
}

func (s *server) serveScript(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=31536000, immutable") // its address is its hash
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(s.script)))
}
