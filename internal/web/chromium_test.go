package web

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// browse opens a page in a real Chromium and returns the document as it is
// after loading and what the browser said on its console. Every host but this
// machine resolves to canary.
func browse(t *testing.T, program, address, canary string) (dom, console string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--host-resolver-rules=MAP * "+canary+", EXCLUDE 127.0.0.1",
		"--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom", address)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", address, err, said.String())
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "CONSOLE") {
			console += line
		}
	}
	return out.String(), console
}

// TestInChromium shows pages full of hostile text to a real browser: nothing in
// them may run, ask for anything elsewhere, or trip the content security
// policy. A page without protection shows that the test would notice.
func TestInChromium(t *testing.T) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("this test needs Chromium; on Debian: apt-get install chromium")
	}
	c := newCase(t, hostileExports(t)...)
	var strangers, beacons atomic.Int32
	canary, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer canary.Close()
	go func() {
		for {
			conn, err := canary.Accept()
			if err != nil {
				return
			}
			// Chromium looks up its maker's hosts by itself; what pages ask
			// for is at evil.example, in the clear also in a TLS greeting.
			go func() {
				defer conn.Close()
				hello := make([]byte, 4096)
				n, _ := conn.Read(hello)
				if bytes.Contains(hello[:n], []byte("evil.example")) {
					strangers.Add(1)
				}
			}()
		}
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("/unprotected", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<script>fetch('/beacon')</script><img src=x onerror="fetch('/beacon');console.log('ran')"><img src="http://evil.example/x.png">`)
	})
	mux.HandleFunc("/beacon", func(http.ResponseWriter, *http.Request) { beacons.Add(1) })
	mux.Handle("/", c.h)
	s := httptest.NewServer(mux)
	defer s.Close()

	_, console := browse(t, program, s.URL+"/unprotected", canary.Addr().String())
	if beacons.Load() < 2 || strangers.Load() == 0 || console == "" {
		t.Fatalf("the page without protection: %d beacons, %d requests elsewhere, console %q: the test would notice nothing", beacons.Load(), strangers.Load(), console)
	}
	beacons.Store(0)
	strangers.Store(0)

	all := c.statements()
	addresses := []string{"/", "/statements", "/statements?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "/sources", "/imports", "/help"}
	for i := range 6 {
		st := all[i*len(all)/6]
		addresses = append(addresses, c.at(st)+"?show=all")
	}
	for _, a := range addresses {
		dom, console := browse(t, program, s.URL+a, canary.Addr().String())
		if console != "" {
			t.Errorf("%s: the browser said\n%s", a, console)
		}
		if !strings.Contains(dom, "</main>") || strings.Count(dom, "<script") != 1 {
			t.Errorf("%s: not the page that was written:\n%.400s", a, dom)
		}
	}
	if b, n := beacons.Load(), strangers.Load(); b != 0 || n != 0 {
		t.Errorf("%d beacons fired, %d requests went elsewhere", b, n)
	}
}
