package assist

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"dalil/internal/record"
)

// Translation is one sort of translation program, which answers at an address
// that the user configured. It asks that address and nothing else.
type Translation struct {
	Name string // part of a derivative's record, never changed
	Doc  string // one sentence for help and manual

	// Find asks the program at an address what it is. remote allows addresses
	// that are not this machine; see Endpoint. record.ErrNotFound with a hint when
	// nothing answers there.
	Find func(ctx context.Context, address string, remote bool) (Translator, error)
}

// Translator is a translation program that answered. What it writes is not
// deterministic between versions: it is archived with Tool and never made again
// silently.
type Translator struct {
	Tool    string // name, version and place, like "LibreTranslate 1.6.1 (this machine)": recorded with every output
	Address string // scheme, host and port
	Remote  bool   // texts leave this machine

	// Translate puts a text into another language. from is "" when it is not
	// known. The answer is plain text: valid UTF-8 without control characters
	// but line breaks and tabs. record.ErrInvalid when this text can never be
	// translated into that language there, the context's error when that ended,
	// and anything else when another try may do.
	Translate func(ctx context.Context, text, from, to string) (string, error)
}

// Endpoint reads the address of a translation program: http on this machine,
// named by a loopback address or localhost; with remote, https anywhere too.
// Anything else is record.ErrInvalid.
func Endpoint(address string, remote bool) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return nil, record.WithHint(fmt.Errorf("%w address of a translation program %.80q", record.ErrInvalid, address), "write it like http://127.0.0.1:5000")
	}
	switch {
	case loopback(u.Hostname()):
	case !remote:
		return nil, record.WithHint(fmt.Errorf("%w: the translation program at %.80s is not on this machine: every text to translate would leave it", record.ErrInvalid, u.Host),
			"run one on this machine, or set translate.allow_remote=true, knowing who reads along")
	case u.Scheme != "https":
		return nil, record.WithHint(fmt.Errorf("%w: texts for %.80s would travel unencrypted", record.ErrInvalid, u.Host), "use its https address")
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), ""
	return u, nil
}

// OnThisMachine reports whether an address that Endpoint read is this machine.
func OnThisMachine(u *url.URL) bool { return loopback(u.Hostname()) }

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.Unmap().IsLoopback()
}
