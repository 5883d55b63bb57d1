package web

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"dalil/internal/record"
)

// Exposure says how others than this machine's own user may reach the pages. Its
// zero value lets nobody.
type Exposure struct {
	// Expose allows it. Without, an address that others can reach is refused.
	Expose bool
	// CertFile and KeyFile hold the certificate for TLS, in PEM. They are read
	// again when they change.
	CertFile, KeyFile string
	// BehindProxy says that a proxy on the way terminates TLS. What it says of who
	// asks (X-Forwarded-For and the like) is not believed.
	BehindProxy bool
}

// public reports whether others can reach an address.
func (e Exposure) public(host string) bool { return !loopback(host) || e.BehindProxy || e.Expose }

func (e Exposure) tls() bool { return e.CertFile != "" || e.KeyFile != "" }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Check says whether a case may be shown at an address, without showing it, and
// returns the options that hold there. What may not be is record.ErrInvalid.
func Check(addr string, opt Options) (Options, error) {
	no := func(what, do string) (Options, error) {
		return opt, record.WithHint(fmt.Errorf("%w address %.80q: %s", record.ErrInvalid, addr, what), do)
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return no(err.Error(), "write it like "+DefaultAddr)
	}
	if host != "" && host != "localhost" && net.ParseIP(host) == nil {
		return no("it is no IP address", "write it like "+DefaultAddr)
	}
	for _, h := range opt.Hosts {
		if h == "" || strings.ContainsAny(h, "/*@ ") || strings.Contains(h, ":") && net.ParseIP(h) == nil {
			return no(fmt.Sprintf("%.80q is no name of a host", h), "write it without https:// and port, like desk.example.org")
		}
	}
	e := opt.Exposure
	if e.tls() {
		if e.CertFile == "" || e.KeyFile == "" {
			return no("a certificate needs its key, and a key its certificate", "give both --tls-cert and --tls-key")
		}
		if err := checkCertificate(e, opt.Hosts); err != nil {
			return opt, err
		}
	}
	if opt.Password != nil && opt.Password.Mark() == "" {
		return no("no password is set for this case", "set one with `dalil password`")
	}
	opt.Secure = e.tls() || e.BehindProxy
	if !e.public(host) {
		return opt, nil
	}
	switch {
	case !e.Expose:
		return no("others could reach the case there", "use "+DefaultAddr+", and from another machine a tunnel to it: ssh -L 7117:"+DefaultAddr+" HOST. To let others in, read doc/expose.md and give --expose")
	case opt.Password == nil:
		return no("others could reach the case there, and no password is asked", "set one with `dalil password`")
	case !loopback(host) && !opt.Secure:
		return no("the password and the evidence would go over the network in the clear", "give --tls-cert and --tls-key, or --behind-proxy when a proxy before it speaks TLS; read doc/expose.md")
	}
	if len(opt.Hosts) == 0 && opt.Secure {
		ip, err := netip.ParseAddr(host)
		if err != nil || ip.IsUnspecified() || ip.IsLoopback() {
			return no("by which name it is called is not said", "name it with --host, like --host desk.example.org: every other name is refused")
		}
		opt.Hosts = []string{ip.String()}
	}
	return opt, nil
}

// checkCertificate reads a certificate and holds it against the names that the
// server is called by.
func checkCertificate(e Exposure, hosts []string) error {
	pair, err := tls.LoadX509KeyPair(e.CertFile, e.KeyFile)
	if err != nil {
		return record.WithHint(fmt.Errorf("%w certificate: %v", record.ErrInvalid, err), "give a certificate and its key in PEM, readable by you")
	}
	for _, h := range hosts {
		if err := pair.Leaf.VerifyHostname(h); err != nil {
			return record.WithHint(fmt.Errorf("%w certificate: %v", record.ErrInvalid, err), "name with --host what the certificate is made for")
		}
	}
	return nil
}

// certificate is a pair of files that others renew while the server runs.
type certificate struct {
	Exposure
	now func() time.Time

	mu      sync.Mutex
	pair    *tls.Certificate
	changed [2]time.Time
	looked  time.Time
}

// lookEvery bounds how often the files are looked at.
const lookEvery = time.Minute

// get returns the newest certificate that could be read.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.pair != nil && now.Sub(c.looked) < lookEvery {
		return c.pair, nil
	}
	c.looked = now
	var changed [2]time.Time
	for i, name := range []string{c.CertFile, c.KeyFile} {
		if info, err := os.Stat(name); err == nil {
			changed[i] = info.ModTime()
		}
	}
	if c.pair != nil && changed == c.changed {
		return c.pair, nil
	}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		if c.pair != nil { // half renewed: the old one does until the next look
			return c.pair, nil
		}
		return nil, err
	}
	c.pair, c.changed = &pair, changed
	return c.pair, nil
}

// address is what to open: by the name it is called by when that is known.
func address(l net.Addr, opt Options) string {
	if opt.Exposure.tls() {
		host, port, _ := net.SplitHostPort(l.String())
		if i := slices.IndexFunc(opt.Hosts, func(h string) bool { return h != "" }); i >= 0 {
			host = opt.Hosts[i]
		}
		return "https://" + net.JoinHostPort(host, port) + "/"
	}
	return "http://" + l.String() + "/"
}
