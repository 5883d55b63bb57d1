package cli

import (
	"dalil/internal/custody"
	"dalil/internal/desk"
)

// Serving is how a case is served: where, to whom, and what is asked of them.
type Serving struct {
	Addr              string
	Hosts             []string // names it is called by
	Expose            bool     // to other machines
	BehindProxy       bool     // which speaks TLS
	CertFile, KeyFile string
	Password          *custody.Password // nil: none is asked
	Keys              *custody.Keys     // for the doctor's page
	Check             bool              // say whether this may be served, and do not
}

// exposing are the flags of whoever lets others in.
type exposing struct {
	Expose      bool     `help:"Let other machines reach the case. It needs a password and TLS: doc/expose.md."`
	Password    bool     `help:"Ask for the password also on this machine."`
	Host        []string `help:"Name or address by which browsers call this server. Every other is refused." placeholder:"NAME"`
	TLSCert     string   `help:"Certificate for TLS, in PEM." name:"tls-cert" type:"path" placeholder:"FILE"`
	TLSKey      string   `help:"Its key, in PEM." name:"tls-key" type:"path" placeholder:"FILE"`
	BehindProxy bool     `help:"A proxy before this server speaks TLS for it."`
	DryRun      bool     `short:"n" help:"Say whether it may be served so, and do not."`
}

// serving is what the flags ask for of a case.
func (e exposing) serving(a *app, d *desk.Desk, addr string) (Serving, error) {
	s := Serving{Addr: addr, Hosts: e.Host, Expose: e.Expose, BehindProxy: e.BehindProxy, CertFile: e.TLSCert, KeyFile: e.TLSKey, Check: e.DryRun}
	keys, err := a.Keys()
	if err != nil {
		return s, err
	}
	s.Keys = keys
	if e.Expose || e.Password {
		s.Password, err = keys.Password(d.Case.Origin)
	}
	return s, err
}

// maySay says whether a case may be served so, without serving it.
func (a *app) maySay(d *desk.Desk, how Serving) error {
	if err := a.Serve(a.ctx, d, how, nil); err != nil {
		return err
	}
	if a.JSON {
		return a.emit("serving", map[string]any{"case": d.Case.Dir, "address": how.Addr, "expose": how.Expose, "password": how.Password != nil, "dry_run": true})
	}
	who := "this machine"
	if how.Expose {
		who = "other machines"
	}
	asks := "without a password"
	if how.Password != nil {
		asks = "with the password"
	}
	a.printf("%q may be served at %s to %s, %s. Nothing was started.\n", d.Case.Config.Name, how.Addr, who, asks)
	return nil
}
