package web

import (
	"bytes"
	"compress/gzip"
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
	s.serveSmall(w, r, s.script)
}

// serveSmall serves a text of ours, compressed where the browser reads that. No
// page is: what a page holds beside what a reader typed must not show in its
// length.
func (s *server) serveSmall(w http.ResponseWriter, r *http.Request, text []byte) {
	w.Header().Set("Vary", "Accept-Encoding")
	if small, ok := s.small[record.DigestOf(text)]; ok && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		text = small
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
}

// compressed makes the small forms of texts, by their digests.
func compressed(texts ...[]byte) map[record.Digest][]byte {
	all := map[record.Digest][]byte{}
	for _, t := range texts {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level there is
		if _, err := z.Write(t); err == nil && z.Close() == nil {
			all[record.DigestOf(t)] = b.Bytes()
		}
	}
	return all
}
