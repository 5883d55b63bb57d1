package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/net/netutil"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// DefaultAddr is where a case is shown when nothing else is asked for. If its
// port is taken, the next free one is.
const DefaultAddr = "127.0.0.1:7117"

// portsTried bounds the search for a free port behind DefaultAddr.
const portsTried = 20

// connectionsMost bounds the connections of a server that others reach.
const connectionsMost = 512

// Serve shows the case at addr until ctx ends, and calls ready with the address
// to open once it listens. An address that Check refuses is record.ErrInvalid, a
// taken port record.ErrConflict.
func Serve(ctx context.Context, d *desk.Desk, addr string, opt Options, ready func(url string)) error {
	opt, err := Check(addr, opt)
	if err != nil {
		return err
	}
	l, err := listen(ctx, addr)
	if err != nil {
		return err
	}
	at := address(l.Addr(), opt)
	if opt.Exposure.Expose {
		l = netutil.LimitListener(l, connectionsMost)
	}
	opt.Ended = ctx
	srv := &http.Server{
		Handler:           New(d, opt),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10, // a long query is 16 KB, three times that when escaped
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	// So that the first page about sources need not wait; a page that comes sooner
	// says that it is being worked out.
	warm := make(chan struct{})
	go func() {
		defer close(warm)
		d.Warm(ctx) //nolint:errcheck // the pages tell what they cannot read
	}()
	defer func() { <-warm }() // the case may be closed behind us
	ended := make(chan error, 1)
	if opt.Exposure.tls() {
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: (&certificate{Exposure: opt.Exposure, now: time.Now}).get}
		go func() { ended <- srv.ServeTLS(l, "", "") }()
	} else {
		go func() { ended <- srv.Serve(l) }()
	}
	ready(at)
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	// Pages are small; what takes longer than this hangs on its reader.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		srv.Close() //nolint:errcheck // it is given up already
	}
	<-ended
	return nil
}

// listen opens a port.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, record.WithHint(fmt.Errorf("%w address %.80q: %v", record.ErrInvalid, addr, err), "write it like "+DefaultAddr)
	}
	if host == "localhost" {
		host = "127.0.0.1" // whatever the machine's own list of hosts says
	}
	var conf net.ListenConfig
	for try := range portsTried {
		l, err := conf.Listen(ctx, "tcp", net.JoinHostPort(host, port))
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("serve: %w", err)
		}
		if addr != DefaultAddr || try == portsTried-1 {
			break
		}
		port = fmt.Sprint(7117 + try + 1)
	}
	return nil, record.WithHint(fmt.Errorf("serve at %s: %w: the port is in use", addr, record.ErrConflict), "end the other program, or name another port with --addr 127.0.0.1:PORT")
}
