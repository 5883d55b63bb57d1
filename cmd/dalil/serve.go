package main

import (
	"context"

	"dalil/internal/cli"
	"dalil/internal/desk"
	"dalil/internal/web"
)

// serve shows a case in browsers as the command line asks for.
func serve(ctx context.Context, d *desk.Desk, how cli.Serving, ready func(string)) error {
	opt := web.Options{Table: showTable, Hosts: how.Hosts, Keys: how.Keys, Exposure: web.Exposure{Expose: how.Expose, BehindProxy: how.BehindProxy, CertFile: how.CertFile, KeyFile: how.KeyFile}}
	if how.Password != nil { // not a nil pointer in an interface that is not nil
		opt.Password = how.Password
	}
	if how.Check {
		_, err := web.Check(how.Addr, opt)
		return err
	}
	return web.Serve(ctx, d, how.Addr, opt, ready)
}
