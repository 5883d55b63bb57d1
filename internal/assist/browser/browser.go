// Package browser makes a picture of a captured page with Chromium, out of the
// captured bytes alone.
//
// The browser is shown the page by this package and reaches nothing else: every
// connection it makes goes to a listener of ours that answers for the page and
// refuses the rest, names resolve to nothing, and the page is kept from running
// or loading anything. So the picture shows the document without the pictures
// and styles that the site would have added; it is a derivative of what was
// captured, and nobody learns that it was made.
package browser

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"dalil/internal/assist"
	"dalil/internal/record"
)

// The picture's measures in pixels, and what making it may take.
const (
	width, height = 1280, 2400
	limit         = 90 * time.Second
	maxPicture    = 32 << 20
)

// Find looks for Chromium on this machine. When it is not there, the error is
// record.ErrNotFound with a hint how to install it.
func Find(ctx context.Context) (*assist.Painter, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		file, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		out, err := exec.CommandContext(ctx, file, "--version").Output()
		if err != nil {
			return nil, record.WithHint(fmt.Errorf("%s --version: %w", file, err), "see whether it runs at all")
		}
		b := browser{file: file}
		tool := strings.Join(strings.Fields(string(out)), " ")
		if len(tool) > 100 {
			tool = tool[:100]
		}
		return &assist.Painter{Tool: fmt.Sprintf("%s, %d×%d, nothing run or loaded", tool, width, height), Type: "image/png", Paint: b.paint}, nil
	}
	return nil, record.WithHint(fmt.Errorf("%w: chromium is not installed", record.ErrNotFound), "install it (apt install chromium), or capture without --screenshot")
}

type browser struct {
	file    string
	refused func(request string) // told of every request that was refused; may be nil
}

// address is where the page stands for the browser: a name that cannot exist.
const address = "http://page.invalid/"

// policy keeps the page from running, loading and sending anything.
const policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"

func (b browser) paint(ctx context.Context, page []byte, mediaType string) ([]byte, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	srv := &http.Server{ReadHeaderTimeout: limit, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.RequestURI != address {
			if b.refused != nil {
				b.refused(r.Method + " " + r.RequestURI)
			}
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Write(page) //nolint:errcheck // the picture shows whether it came
	})}
	done := make(chan struct{})
	go func() { srv.Serve(l); close(done) }() //nolint:errcheck // ends when closed
	defer func() { srv.Close(); <-done }()

	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for try := 1; ; try++ {
		picture, err := b.shoot(ctx, l.Addr().String())
		if !crashed(err) || try == tries {
			return picture, err
		}
	}
}

// tries is how often a browser that crashes is started: Debian's does now and
// then, on one start and not on the next, whatever the page.
const tries = 4

// crashed reports whether a program was ended by a signal.
func crashed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == -1
}

// shoot starts the browser once, with an empty folder of its own.
func (b browser) shoot(ctx context.Context, proxy string) ([]byte, error) {
	dir, err := os.MkdirTemp(place(), "dalil-browser-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "page.png")
	cmd := exec.CommandContext(ctx, b.file, arguments(proxy, dir, out)...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_CACHE_HOME=" + dir, "LANG=C.UTF-8"}
	cmd.WaitDelay = 2 * time.Second
	if err := own(cmd, dir); err != nil {
		return nil, err
	}
	said, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("chromium: %w", context.Cause(ctx))
	}
	info, serr := os.Stat(out)
	switch {
	case err == nil && serr != nil:
		err = errors.New("it made no picture")
	case err == nil && info.Size() > maxPicture:
		err = fmt.Errorf("a picture of %d bytes; the most is %d", info.Size(), maxPicture)
	}
	if err != nil {
		return nil, record.WithHint(fmt.Errorf("chromium: %w (%s)", err, lastLine(said)), "see whether `chromium --headless` works on this machine; the page is kept without a picture")
	}
	return os.ReadFile(out)
}

// arguments start Chromium with one way out: our listener.
func arguments(proxy, dir, out string) []string {
	return []string{
		"--headless", "--disable-gpu", "--hide-scrollbars", "--mute-audio", "--no-first-run", "--no-default-browser-check",
		"--user-data-dir=" + dir, fmt.Sprintf("--window-size=%d,%d", width, height), "--screenshot=" + out,
		// Every connection through our listener, those to this machine too; no name
		// resolves, and nothing goes out beside it.
		"--proxy-server=http://" + proxy, "--proxy-bypass-list=<-loopback>",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"--disable-quic", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--dns-prefetch-disable",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
		"--disable-domain-reliability", "--disable-client-side-phishing-detection", "--disable-breakpad", "--no-pings", "--metrics-recording-only",
		"--disable-features=OptimizationHints,MediaRouter,Translate,InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater,AutofillServerCommunication",
		"--disable-dev-shm-usage",
		address,
	}
}

// lastLine is what a program said last, fit for a message.
func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(string(b), "")), "\n")
	s := strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, lines[len(lines)-1])
	if len(s) > 200 {
		s = s[:200]
	}
	return s
}
