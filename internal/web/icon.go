package web

import (
	_ "embed"
	"net/http"
	"strings"
	"time"
)

// icon is what a browser asks for by itself, for every window.
//
//go:embed icon.svg
var icon string

func serveIcon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "max-age=604800")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(icon))
}
