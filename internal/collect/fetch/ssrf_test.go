package fetch

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// canary counts connections to any address of this machine on one port.
type canary struct {
	port  int
	count atomic.Int64
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	c := &canary{}
	l, err := net.Listen("tcp", ":0") // every address, of both kinds
	if err != nil {
		t.Fatal(err)
	}
	c.port = l.Addr().(*net.TCPAddr).Port
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "canary") }),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				c.count.Add(1)
			}
		},
	}
	done := make(chan struct{})
	go func() { srv.Serve(l); close(done) }() //nolint:errcheck // ends when closed
	t.Cleanup(func() { srv.Close(); <-done })
	return c
}

// names is a resolver whose answers are its values; of several the last one
// stands for every later question.
type names struct {
	mu    sync.Mutex
	of    map[string][][]netip.Addr
	asked map[string]int
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	host = strings.TrimSuffix(host, ".")
	all, ok := n.of[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if n.asked == nil {
		n.asked = map[string]int{}
	}
	i := min(n.asked[host], len(all)-1)
	n.asked[host]++
	return all[i], nil
}

func ips(list ...string) (all []netip.Addr) {
	for _, s := range list {
		all = append(all, netip.MustParseAddr(s))
	}
	return all
}

// The world of these tests: names that resolve to what a hostile zone could say.
func world() *names {
	n := &names{of: map[string][][]netip.Addr{}}
	for name, addrs := range map[string]string{
		"loop.example": "127.0.0.1", "loop2.example": "127.9.8.7", "six.example": "::1", "mapped.example": "::ffff:127.0.0.1",
		"zero.example": "0.0.0.0", "zero6.example": "::", "ten.example": "10.0.0.1", "meta.example": "169.254.169.254",
		"ula.example": "fd00::1", "nat64.example": "64:ff9b::7f00:1", "nat64local.example": "64:ff9b:1::7f00:1", "sixtofour.example": "2002:7f00:1::1",
		"teredo.example": "2001:0:4136:e378:8000:63bf:80ff:fffe", "compat.example": "::127.0.0.1", "link.example": "fe80::1", "site.example": "fec0::1",
		"cgnat.example": "100.64.0.1", "multi.example": "224.0.0.1", "multi6.example": "ff02::1", "doc6.example": "2001:db8::1", "bench.example": "198.18.0.1",
		"mixed.example": "93.184.215.14 127.0.0.1", "mixed6.example": "2606:2800:21f:cb07:6820:80da:af6b:8b2c ::1", "xn--loop-example.example": "127.0.0.1",
		"127.0.0.1.nip.example": "127.0.0.1", "localhost.example": "127.0.0.1", "orchid.example": "2001:20::1", "translated.example": "::ffff:0:127.0.0.1",
		"many.example": "127.0.0.2 127.0.0.3 127.0.0.4", "broadcast.example": "255.255.255.255", "discard.example": "100::1", "isatap.example": "fe80::5efe:7f00:1",
	} {
		n.of[name] = [][]netip.Addr{ips(strings.Fields(addrs)...)}
	}
	// Public when it is first asked for, this machine from then on.
	n.of["rebind.example"] = [][]netip.Addr{ips("127.0.0.1"), ips("127.0.0.1")}
	return n
}

// Every address here must lead to no connection. PORT is the canary's.
const forbidden = `
http://127.0.0.1:PORT/
http://127.0.0.2:PORT/
http://127.1.2.3:PORT/
http://127.255.255.254:PORT/
http://127.1:PORT/
http://127.0.1:PORT/
http://0.0.0.0:PORT/
http://0:PORT/
http://0.0.0.1:PORT/
http://0x7f.0.0.1:PORT/
http://0x7f.1:PORT/
http://0x7f000001:PORT/
http://0X7F000001:PORT/
http://0x7F.0X0.0X0.0X1:PORT/
http://2130706433:PORT/
http://02130706433:PORT/
http://017700000001:PORT/
http://0177.0.0.1:PORT/
http://0177.0.0.01:PORT/
http://00000177.0.0.1:PORT/
http://127.0.0.01:PORT/
http://127.000.000.001:PORT/
http://127.0.0.1.:PORT/
http://127.0.0.1%2e:PORT/
http://127%2e0%2e0%2e1:PORT/
http://%31%32%37.0.0.1:PORT/
http://127.0.0.1%00.example:PORT/
http://①②⑦.⓪.⓪.①:PORT/
http://①②⑦。⓪。⓪。①:PORT/
http://127。0。0。1:PORT/
http://127．0．0．1:PORT/
http://１２７.０.０.１:PORT/
http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:PORT/
http://127.0.0.1｡:PORT/
http://1２７.0.0.1:PORT/
http://[::1]:PORT/
http://[0:0:0:0:0:0:0:1]:PORT/
http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/
http://[::]:PORT/
http://[::ffff:127.0.0.1]:PORT/
http://[::ffff:7f00:1]:PORT/
http://[::ffff:7f00:0001]:PORT/
http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/
http://[::ffff:0:127.0.0.1]:PORT/
http://[::127.0.0.1]:PORT/
http://[::7f00:1]:PORT/
http://[64:ff9b::127.0.0.1]:PORT/
http://[64:ff9b::7f00:1]:PORT/
http://[64:ff9b:1::7f00:1]:PORT/
http://[2002:7f00:1::]:PORT/
http://[2002:7f00:0001::1]:PORT/
http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT/
http://[2001:db8::1]:PORT/
http://[2001:20::1]:PORT/
http://[2001:2::1]:PORT/
http://[3fff::1]:PORT/
http://[100::1]:PORT/
http://[5f00::1]:PORT/
http://[fd00::1]:PORT/
http://[fd00:ec2::254]:PORT/
http://[fc00::1]:PORT/
http://[fe80::1]:PORT/
http://[fe80::1%25eth0]:PORT/
http://[fe80::1%25lo]:PORT/
http://[::1%25lo]:PORT/
http://[::1%lo]:PORT/
http://[fec0::1]:PORT/
http://[ff02::1]:PORT/
http://[ff01::1]:PORT/
http://10.0.0.1:PORT/
http://10.255.255.255:PORT/
http://172.16.0.1:PORT/
http://172.31.255.255:PORT/
http://192.168.0.1:PORT/
http://192.168.1.254:PORT/
http://169.254.169.254/latest/meta-data/
http://169.254.169.254:PORT/latest/meta-data/
http://0xa9fea9fe:PORT/
http://2852039166:PORT/
http://100.64.0.1:PORT/
http://100.127.255.254:PORT/
http://192.0.0.1:PORT/
http://192.0.0.192:PORT/
http://192.0.2.1:PORT/
http://192.88.99.1:PORT/
http://198.18.0.1:PORT/
http://198.19.255.255:PORT/
http://198.51.100.1:PORT/
http://203.0.113.1:PORT/
http://224.0.0.1:PORT/
http://239.255.255.255:PORT/
http://240.0.0.1:PORT/
http://255.255.255.255:PORT/
http://localhost:PORT/
http://LOCALHOST:PORT/
http://localhost.:PORT/
http://localhost%2e:PORT/
http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/
http://ｌｏｃａｌｈｏｓｔ:PORT/
http://a.localhost:PORT/
http://a.b.localhost.:PORT/
http://localhost.localdomain:PORT/
http://router.local:PORT/
http://metadata.google.internal:PORT/
http://printer.lan:PORT/
http://intranet:PORT/
http://nas.home.arpa:PORT/
http://1.0.0.127.in-addr.arpa:PORT/
http://hidden.onion:PORT/
http://loop.example:PORT/
http://LOOP.example:PORT/
http://loop.example.:PORT/
http://loop2.example:PORT/
http://six.example:PORT/
http://mapped.example:PORT/
http://zero.example:PORT/
http://zero6.example:PORT/
http://ten.example:PORT/
http://meta.example:PORT/
http://ula.example:PORT/
http://nat64.example:PORT/
http://nat64local.example:PORT/
http://sixtofour.example:PORT/
http://teredo.example:PORT/
http://compat.example:PORT/
http://link.example:PORT/
http://site.example:PORT/
http://cgnat.example:PORT/
http://multi.example:PORT/
http://multi6.example:PORT/
http://doc6.example:PORT/
http://bench.example:PORT/
http://mixed.example:PORT/
http://mixed6.example:PORT/
http://xn--loop-example.example:PORT/
http://127.0.0.1.nip.example:PORT/
http://localhost.example:PORT/
http://orchid.example:PORT/
http://translated.example:PORT/
http://many.example:PORT/
http://broadcast.example:PORT/
http://discard.example:PORT/
http://isatap.example:PORT/
http://rebind.example:PORT/
https://127.0.0.1:PORT/
https://[::1]:PORT/
https://loop.example:PORT/
https://rebind.example:PORT/
http://user@127.0.0.1:PORT/
http://user:pass@loop.example:PORT/
http://public.example@127.0.0.1:PORT/
http://public.example:80@127.0.0.1:PORT/
http://public.example#@127.0.0.1:PORT/
http://public.example%23@127.0.0.1:PORT/
http://public.example\@127.0.0.1:PORT/
http://127.0.0.1:PORT\@public.example/
http://127.0.0.1:PORT#@public.example/
http://127.0.0.1:PORT?@public.example/
http:127.0.0.1:PORT/
http:/127.0.0.1:PORT/
http:///127.0.0.1:PORT/
http:\\127.0.0.1:PORT\
//127.0.0.1:PORT/
127.0.0.1:PORT
localhost:PORT
ftp://127.0.0.1:PORT/
gopher://127.0.0.1:PORT/_GET
dict://127.0.0.1:PORT/
ldap://127.0.0.1:PORT/
tftp://127.0.0.1:PORT/
ws://127.0.0.1:PORT/
view-source:http://127.0.0.1:PORT/
jar:http://127.0.0.1:PORT/!/
file:///etc/passwd
file://127.0.0.1/etc/passwd
data:text/html,http://127.0.0.1:PORT/
javascript:fetch('http://127.0.0.1:PORT/')
about:blank
http://
http://:PORT/
http://./
http://..:PORT/
http://-.example:PORT/
http://[::1:PORT/
http://::1:PORT/
http://127.0.0.1:PORT:80/
http://127.0.0.1:0PORT/
http://127.0.0.1:99999/
http://127.0.0.1:-1/
http://127.0.0.1:22/
http://loop.example:6379/
http://loop.example:25/
http://127.0.0.1 :PORT/
http://127.0.0.1	:PORT/
http://127.0.0.1:PORT /
`

func TestNoConnectionInside(t *testing.T) {
	c := newCanary(t)
	f, err := New(Options{Ports: []int{c.port}, Resolver: world()})
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.Trim(forbidden, "\n"), "\n")
	if len(list) < 120 {
		t.Fatalf("only %d addresses", len(list))
	}
	for _, a := range list {
		a = strings.ReplaceAll(a, "PORT", strconv.Itoa(c.port))
		v, err := f.Get(t.Context(), a)
		if err == nil || len(v.Exchanges) > 0 {
			t.Errorf("%s: got an answer", a)
		}
		v.Close()
		if n := c.count.Swap(0); n > 0 {
			t.Errorf("%s: %d connections to this machine", a, n)
		}
	}
	t.Logf("%d addresses, 0 connections", len(list))
}

// TestCanaryCounts is the control: with the guard off, the same addresses do
// reach the canary.
func TestCanaryCounts(t *testing.T) {
	c := newCanary(t)
	f, err := New(Options{Ports: []int{c.port}, Resolver: world(), Exempt: func(netip.AddrPort) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []string{"http://127.0.0.1:PORT/", "http://127.1.2.3:PORT/", "http://①②⑦.⓪.⓪.①:PORT/", "http://127.0.0.1.:PORT/", "http://loop.example:PORT/", "http://rebind.example:PORT/", "http://many.example:PORT/"} {
		a = strings.ReplaceAll(a, "PORT", strconv.Itoa(c.port))
		v, err := f.Get(t.Context(), a)
		if err != nil || v.Last().Status != 200 {
			t.Errorf("%s: %v", a, err)
		}
		v.Close()
		if n := c.count.Swap(0); n != 1 {
			t.Errorf("%s: the canary counted %d connections, want 1", a, n)
		}
	}
}

// TestRebinding: a name that was public when it was looked up and is this
// machine when it is dialled. There is no second look-up, and the socket's own
// address is checked.
func TestRebinding(t *testing.T) {
	c := newCanary(t)
	public := "127.0.0.77" // stands for a public address: exempt, and nobody listens on it but the canary
	n := &names{of: map[string][][]netip.Addr{"rebind.example": {ips(public), ips("127.0.0.1")}}}
	f, err := New(Options{Ports: []int{c.port}, Resolver: n, Exempt: func(a netip.AddrPort) bool { return a.Addr().String() == public }})
	if err != nil {
		t.Fatal(err)
	}
	a := fmt.Sprintf("http://rebind.example:%d/", c.port)
	v, err := f.Get(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Last().Remote.Addr().String(); got != public || n.asked["rebind.example"] != 1 {
		t.Errorf("connected to %s after %d look-ups", got, n.asked["rebind.example"])
	}
	v.Close()
	c.count.Store(0)
	if _, err := f.Get(t.Context(), a); err == nil || c.count.Load() != 0 {
		t.Errorf("the second answer was followed: %v, %d connections", err, c.count.Load())
	}
	// The last line of defence on its own.
	for _, addr := range []string{"127.0.0.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80", "169.254.169.254:80", "[fe80::1%lo]:80", "nonsense"} {
		if err := f.control("tcp4", addr, nil); err == nil {
			t.Errorf("a socket to %s was let through", addr)
		}
	}
	if err := f.control("tcp4", "93.184.215.14:443", nil); err != nil {
		t.Error(err)
	}
	if err := f.control("udp4", "93.184.215.14:443", nil); err == nil {
		t.Error("udp was let through")
	}
}

// TestRedirectsInside: a public page sends on to what must not be reached.
func TestRedirectsInside(t *testing.T) {
	c := newCanary(t)
	var target string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/chain/"):
			n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/chain/"))
			if n > 0 {
				w.Header().Set("Location", fmt.Sprintf("/chain/%d", n-1))
			} else {
				w.Header().Set("Location", target)
			}
		default:
			w.Header().Set("Location", target)
		}
		w.WriteHeader([]int{301, 302, 303, 307, 308}[len(r.URL.Path)%5])
	}))
	defer srv.Close()
	public := srv.Listener.Addr().(*net.TCPAddr).AddrPort()
	n := world()
	n.of["public.example"] = [][]netip.Addr{{public.Addr()}}
	f, err := New(Options{Ports: []int{c.port, int(public.Port())}, Resolver: n, Exempt: func(a netip.AddrPort) bool { return a == public }})
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range strings.Split(strings.Trim(forbidden, "\n"), "\n") {
		target = strings.ReplaceAll(to, "PORT", strconv.Itoa(c.port))
		if strings.ContainsAny(target, "\t") || !strings.Contains(target, "//") && !strings.Contains(target, ":") || strings.HasPrefix(target, "http:/127") || strings.HasPrefix(target, "http:\\") || strings.HasPrefix(target, "http:///") {
			continue // as a reference relative to the page these lead back to it
		}
		for _, from := range []string{"/a", "/bb", "/ccc", "/dddd", "/eeeee", "/chain/3"} {
			v, err := f.Get(t.Context(), fmt.Sprintf("http://public.example:%d%s", public.Port(), from))
			if err == nil {
				t.Errorf("%s → %s: no error", from, target)
			}
			v.Close()
		}
		if n := c.count.Swap(0); n > 0 {
			t.Errorf("redirect to %s: %d connections", target, n)
		}
	}
}

func TestSpecial(t *testing.T) {
	for s, public := range map[string]bool{
		"8.8.8.8": true, "93.184.215.14": true, "1.1.1.1": true, "172.15.255.255": true, "172.32.0.1": true, "100.63.255.255": true, "100.128.0.1": true,
		"169.253.1.1": true, "223.255.255.255": true, "192.0.1.1": true, "198.17.1.1": true, "198.20.0.1": true, "2606:4700::1111": true, "2a00:1450:4001::200e": true,
		"2001:200::1": true, "2001:4860:4860::8888": true, "2003::1": true, "3ffd::1": true,
		"::ffff:8.8.8.8": false, "::8.8.8.8": false, "64:ff9b::808:808": false, "2002:808:808::1": false, "2001::1": false, "2001:1ff::1": false, "4000::1": false, "1fff::1": false,
		"fe80::1%eth0": false, "0.1.2.3": false, "127.255.255.255": false,
	} {
		if why := Special(netip.MustParseAddr(s)); (why == "") != public {
			t.Errorf("%s: %q", s, why)
		}
	}
	if Special(netip.Addr{}) == "" {
		t.Error("no address at all is let through")
	}
}
