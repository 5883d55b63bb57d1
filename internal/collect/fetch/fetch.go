// Package fetch is the only room of dalil that opens connections to the world.
// It gets one address by plain HTTP and records what passed over the wire,
// byte for byte: request, answer, remote address, names resolved, certificates.
//
// An address comes from a post, a paste or a redirect, so it is hostile. A
// connection is made only to a public unicast address: the name is resolved
// once, every address it has is checked, and the address of the socket is
// checked again when it is dialled, so that a name that changes its mind, a
// redirect, or an address in disguise reaches nothing inside the house.
// Nothing is retried, no cookie is kept, no Referer sent, no proxy of the
// environment used, and no second connection made for what a page contains.
package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"dalil/internal/record"
)

// UserAgent is sent with every request. It names neither the user nor this
// program: who is watched must not learn by whom.
const UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// Limits bound one visit.
type Limits struct {
	Total     time.Duration // the whole visit, redirects included
	Idle      time.Duration // without a byte
	Head      int64         // bytes of status line and fields
	Body      int64         // bytes of a body as sent
	Redirects int
}

// DefaultLimits are for a page or a document on a slow line.
func DefaultLimits() Limits {
	return Limits{Total: 2 * time.Minute, Idle: 30 * time.Second, Head: 256 << 10, Body: 64 << 20, Redirects: 8}
}

// Resolver finds the addresses of a host; net.DefaultResolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options are set by the person at this machine: none of them comes from a
// case, a page or the browser, because each would let a stranger choose where
// this machine connects to.
type Options struct {
	// Proxy is "", or where everything goes through: http://host:port or
	// socks5://host:port. The proxy then resolves the names, and it alone can
	// tell what they resolve to.
	Proxy string
	// Ports are allowed beside 80 and 443.
	Ports []int
	// BadTLS takes pages whose certificate does not verify; the record says so.
	BadTLS bool
	Limits Limits // a zero one is the default

	Resolver Resolver       // nil: this machine's
	Roots    *x509.CertPool // nil: this machine's
	// Exempt names addresses that may be dialled although they are special: a
	// test's own server. Nothing outside of tests sets it.
	Exempt func(netip.AddrPort) bool
	Now    func() time.Time // nil: time.Now
}

// Fetcher gets addresses under one set of options. It keeps nothing from one
// address to the next.
type Fetcher struct {
	Options
	proxy *url.URL
}

// New checks the options: record.ErrInvalid for a proxy that cannot be one.
func New(o Options) (*Fetcher, error) {
	f := &Fetcher{Options: o}
	d := DefaultLimits()
	for _, l := range []struct{ have, want *time.Duration }{{&f.Limits.Total, &d.Total}, {&f.Limits.Idle, &d.Idle}} {
		if *l.have == 0 {
			*l.have = *l.want
		}
	}
	for _, l := range []struct{ have, want *int64 }{{&f.Limits.Head, &d.Head}, {&f.Limits.Body, &d.Body}} {
		if *l.have == 0 {
			*l.have = *l.want
		}
	}
	if f.Limits.Redirects == 0 {
		f.Limits.Redirects = d.Redirects
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	if o.Proxy != "" {
		u, err := url.Parse(o.Proxy)
		if err != nil || u.Host == "" || u.Port() == "" || u.Scheme != "http" && u.Scheme != "socks5" {
			return nil, record.WithHint(fmt.Errorf("%w proxy %q", record.ErrInvalid, withoutPassword(o.Proxy)), "write it like socks5://127.0.0.1:9050 or http://host:3128")
		}
		f.proxy = u
	}
	return f, nil
}

// withoutPassword is a proxy's address without what is secret in it.
func withoutPassword(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "…"
	}
	u.User = nil
	return u.String()
}

// Via says for the record how connections leave: "" directly, else the proxy
// without its password.
func (f *Fetcher) Via() string {
	if f.proxy == nil {
		return ""
	}
	return withoutPassword(f.proxy.String())
}

// Visit is what came of going to an address: the exchanges in order, each but
// the last a redirect. The caller closes it.
type Visit struct {
	Exchanges []*Exchange
	Via       string // the proxy, "" when there was none
}

// Last is the exchange that answered.
func (v *Visit) Last() *Exchange { return v.Exchanges[len(v.Exchanges)-1] }

// Close removes the spooled answers.
func (v *Visit) Close() error {
	var errs []error
	for _, x := range v.Exchanges {
		errs = append(errs, x.close())
	}
	return errors.Join(errs...)
}

// Get goes to an address and follows its redirects. With an error, the visit
// holds the exchanges that were completed before it, maybe none; it is never
// nil. An address that may not be gone to is record.ErrInvalid, a name that
// does not exist record.ErrNotFound. An answer with an error status is an
// answer, no error.
func (f *Fetcher) Get(ctx context.Context, address string) (*Visit, error) {
	v := &Visit{Via: f.Via()}
	ctx, cancel := context.WithTimeoutCause(ctx, f.Limits.Total, errSlow)
	defer cancel()
	u, err := f.Check(address)
	if err != nil {
		return v, err
	}
	for hop := 0; ; hop++ {
		x, err := f.exchange(ctx, u)
		if err != nil {
			return v, fmt.Errorf("%s: %w", u, f.reason(ctx, err))
		}
		v.Exchanges = append(v.Exchanges, x)
		next, ok := x.redirect()
		if !ok {
			return v, nil
		}
		if hop == f.Limits.Redirects {
			return v, record.WithHint(fmt.Errorf("%w: %s redirects more than %d times", record.ErrInvalid, address, f.Limits.Redirects), "look at where it leads, and capture that")
		}
		from := u
		if u, err = f.checkFrom(from, next); err != nil {
			return v, fmt.Errorf("%s redirects: %w", from, err)
		}
	}
}

var (
	errSlow = errors.New("it took too long")
	errIdle = errors.New("nothing came for too long")
)

// reason puts the cause of an ended context in the place of the i/o error it
// led to.
func (f *Fetcher) reason(ctx context.Context, err error) error {
	var hint *record.Hint
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errSlow):
		return record.WithHint(fmt.Errorf("%w: more than %v", errSlow, f.Limits.Total), "try again later; the site may be slow or may hold us up on purpose")
	case cause != nil:
		return cause
	case errors.As(err, &hint):
		return err
	case errors.Is(err, errIdle):
		return record.WithHint(fmt.Errorf("%w: %v", errIdle, f.Limits.Idle), "try again later")
	}
	return record.WithHint(err, "look whether the site can be reached at all, and try again later")
}
