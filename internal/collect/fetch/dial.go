package fetch

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"

	"golang.org/x/net/proxy"

	"dalil/internal/record"
)

// line is an open connection and how it came about.
type line struct {
	net.Conn
	remote netip.AddrPort // invalid through a proxy: what it connected to is not known
	names  []netip.Addr   // what the host's name resolved to; nil for an address and through a proxy
	tls    *TLS           // nil for http
}

// TLS is what a connection said of who answers and how it was kept from others.
type TLS struct {
	Version, Cipher string
	Server          string   // the name asked for
	Chain           [][]byte // certificates as sent, DER, the server's own first
	Problem         string   // why the chain does not verify; "" when it does
}

// open connects to where u leads: directly, or through the proxy.
func (f *Fetcher) open(ctx context.Context, u *url.URL) (*line, error) {
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = strconv.Itoa(defaultPort(u.Scheme))
	}
	var l *line
	var err error
	if f.proxy != nil {
		l, err = f.throughProxy(ctx, u.Scheme, net.JoinHostPort(host, port))
	} else {
		l, err = f.direct(ctx, host, port)
	}
	if err != nil || u.Scheme != "https" {
		return l, err
	}
	if err := f.secure(ctx, l, host); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// direct resolves once, checks every address, and dials them in turn.
func (f *Fetcher) direct(ctx context.Context, host, port string) (*line, error) {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	l := &line{}
	var all []netip.Addr
	if ip, err := netip.ParseAddr(host); err == nil {
		all = []netip.Addr{ip}
	} else if l.names, err = f.resolve(ctx, host); err != nil {
		return nil, err
	} else {
		all = l.names
	}
	for _, ip := range all {
		if why := Special(ip); why != "" && !f.exempt(ip, uint16(number)) {
			// One such address among public ones is enough: a name that has
			// both is made to get past a check.
			return nil, refuse(host, fmt.Sprintf("it resolves to %s, %s", ip, why), "")
		}
	}
	// The address of the socket itself is checked, whatever was checked before.
	d := net.Dialer{Timeout: f.Limits.Idle, FallbackDelay: -1, Control: f.control}
	var errs []error
	for i, ip := range all {
		if i == 4 {
			break
		}
		addr := netip.AddrPortFrom(ip, uint16(number))
		if l.Conn, err = d.DialContext(ctx, "tcp", addr.String()); err == nil {
			l.remote = addr
			return l, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// control refuses a socket that is about to connect to a special address.
func (f *Fetcher) control(network, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return refuse(address, "it is no address to connect to", "")
	}
	if why := Special(addr.Addr()); why != "" && !f.exempt(addr.Addr(), addr.Port()) {
		return refuse(address, "it is "+why, "")
	}
	return nil
}

// resolve looks a name up as it stands: the final dot keeps the machine's
// search list out.
func (f *Fetcher) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	r := f.Resolver
	if r == nil {
		r = net.DefaultResolver
	}
	all, err := r.LookupNetIP(ctx, "ip", host+".")
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound || err == nil && len(all) == 0 {
		return nil, record.WithHint(fmt.Errorf("%w: there is no host %s", record.ErrNotFound, host), "check the spelling; the site may be gone, or blocked where you are")
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	for i, ip := range all {
		if ip.Is4In6() && ip.Zone() == "" {
			all[i] = ip.Unmap() // how the system's resolver may hand over an A record
		}
	}
	return all, nil
}

// throughProxy asks the proxy for a connection. The proxy's own address is the
// user's choice and may be this machine: Tor's is.
func (f *Fetcher) throughProxy(ctx context.Context, scheme, target string) (*line, error) {
	d := &net.Dialer{Timeout: f.Limits.Idle}
	if f.proxy.Scheme == "socks5" {
		var auth *proxy.Auth
		if u := f.proxy.User; u != nil {
			auth = &proxy.Auth{User: u.Username()}
			auth.Password, _ = u.Password()
		}
		s, err := proxy.SOCKS5("tcp", f.proxy.Host, auth, d)
		if err != nil {
			return nil, err
		}
		c, err := s.(proxy.ContextDialer).DialContext(ctx, "tcp", target)
		if err != nil {
			return nil, viaProxy(err)
		}
		return &line{Conn: c}, nil
	}
	c, err := d.DialContext(ctx, "tcp", f.proxy.Host)
	if err != nil {
		return nil, viaProxy(err)
	}
	if scheme == "http" {
		return &line{Conn: c}, nil // the request itself names the host
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if err := f.connect(c, target); err != nil {
		c.Close()
		return nil, viaProxy(err)
	}
	return &line{Conn: c}, nil
}

func viaProxy(err error) error {
	return record.WithHint(fmt.Errorf("through the proxy: %w", err), "see whether the proxy runs and may reach the site")
}

// connect opens a tunnel (RFC 9110, 9.3.6). The answer is read byte by byte, so
// that none of what comes through the tunnel is lost in a buffer.
func (f *Fetcher) connect(c net.Conn, target string) error {
	req := "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n" + f.proxyAuthorization() + "\r\n"
	if _, err := c.Write([]byte(req)); err != nil {
		return err
	}
	m := &meter{conn: c, idle: f.Limits.Idle, left: 16 << 10}
	res, err := http.ReadResponse(bufio.NewReaderSize(oneByte{m}, 16), &http.Request{Method: "CONNECT"})
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %q", res.Status)
	}
	return nil
}

func (f *Fetcher) proxyAuthorization() string {
	if f.proxy == nil || f.proxy.User == nil {
		return ""
	}
	pass, _ := f.proxy.User.Password()
	return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(f.proxy.User.Username()+":"+pass)) + "\r\n"
}

// oneByte hands over one byte a read.
type oneByte struct{ r *meter }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }

// secure makes l a TLS connection. The chain is verified here and not by the
// handshake, so that a chain that does not verify can be recorded with why.
func (f *Fetcher) secure(ctx context.Context, l *line, host string) error {
	rec := &TLS{Server: host}
	cfg := &tls.Config{
		ServerName: host, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify:     true, // VerifyConnection verifies
		SessionTicketsDisabled: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			rec.Version, rec.Cipher = tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite)
			for _, c := range s.PeerCertificates {
				rec.Chain = append(rec.Chain, c.Raw)
			}
			err := f.verify(s.PeerCertificates, host)
			if err == nil {
				return nil
			}
			rec.Problem = err.Error()
			if f.BadTLS {
				return nil
			}
			return record.WithHint(fmt.Errorf("its certificate does not verify: %w", err), "somebody may be in between; if you want the page all the same, capture it with --bad-certificate, and the record says so")
		},
	}
	c := tls.Client(l.Conn, cfg)
	ctx, cancel := context.WithTimeoutCause(ctx, f.Limits.Idle, errIdle)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS with %s: %w", host, err)
	}
	l.Conn, l.tls = c, rec
	return nil
}

func (f *Fetcher) verify(chain []*x509.Certificate, host string) error {
	if len(chain) == 0 {
		return errors.New("no certificate")
	}
	o := x509.VerifyOptions{Roots: f.Roots, DNSName: host, Intermediates: x509.NewCertPool(), CurrentTime: f.Now()}
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(o)
	return err
}
