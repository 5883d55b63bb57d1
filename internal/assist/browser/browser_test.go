package browser

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
)

// TestPicture paints a page that asks for everything from everywhere: the
// picture is of the page, and nothing reaches the canary.
func TestPicture(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatal("this test needs Chromium; on Debian: apt-get install chromium")
	}
	p, err := Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var hits atomic.Int64
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	srv := &http.Server{ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			hits.Add(1)
		}
	}, Handler: http.NotFoundHandler()}
	go srv.Serve(l) //nolint:errcheck // ends when closed
	defer srv.Close()
	at := fmt.Sprintf("http://127.0.0.1:%d", port)
	page := fmt.Sprintf(`<!DOCTYPE html><html><head><meta http-equiv="refresh" content="0;url=%[1]s/refresh"><link rel="stylesheet" href="%[1]s/a.css"><link rel="preconnect" href="%[1]s"><link rel="prefetch" href="%[1]s/p">
<style>body{background:#00c000} @import url(%[1]s/i.css);</style><script>fetch("%[1]s/js");document.body.style.background="#ff0000"</script></head>
<body><img src="%[1]s/1.png"><img src="http://localhost:%[2]d/2.png"><iframe src="%[1]s/f"></iframe><object data="%[1]s/o"></object><video src="%[1]s/v" autoplay></video>
<svg><image href="%[1]s/s"/></svg><p style="background:url(%[1]s/bg)">text</p><form id=f action="%[1]s/form"></form><script>f.submit()</script></body></html>`, at, port)
	var mu sync.Mutex
	var refused []string
	b := browser{file: "chromium", refused: func(s string) { mu.Lock(); refused = append(refused, s); mu.Unlock() }}
	pic, err := b.paint(t.Context(), []byte(page), "text/html; charset=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(pic))
	if err != nil {
		t.Fatal(err)
	}
	if r := img.Bounds(); r.Dx() != width || r.Dy() != height {
		t.Errorf("%v", r)
	}
	if got := color.RGBAModel.Convert(img.At(width-5, height-5)).(color.RGBA); got != (color.RGBA{0, 0xc0, 0, 255}) {
		t.Errorf("the page's own ground is %v: it was not shown, or it ran", got)
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d connections reached the canary", n)
	}
	t.Logf("%s; refused: %v", p.Tool, refused)
}
