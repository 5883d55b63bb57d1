package fetch

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"dalil/internal/record"
)

// maxAddress bounds an address, in bytes.
const maxAddress = 8 << 10

// Check reads an address as it will be gone to: scheme http or https, a host
// that is a public name or address in its plain form, an allowed port, nothing
// else. Everything else is record.ErrInvalid, and says why. No name is
// resolved.
func (f *Fetcher) Check(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if len(address) > maxAddress {
		return nil, refuse(address[:40]+"…", fmt.Sprintf("it is longer than %d bytes", maxAddress), "")
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, refuse(strconv.QuoteToASCII(address), "it is no address", "copy it from the browser's address line")
	}
	return f.check(u)
}

// checkFrom reads where a redirect leads to.
func (f *Fetcher) checkFrom(from *url.URL, location string) (*url.URL, error) {
	if len(location) > maxAddress {
		return nil, refuse(location[:40]+"…", fmt.Sprintf("it is longer than %d bytes", maxAddress), "")
	}
	u, err := from.Parse(location)
	if err != nil {
		return nil, refuse(strconv.QuoteToASCII(location), "it is no address", "")
	}
	return f.check(u)
}

func refuse(address, why, do string) error {
	err := fmt.Errorf("%w address %s: %s", record.ErrInvalid, address, why)
	if do == "" {
		do = "dalil goes to public web addresses only, so that nobody can make it ask inside your network"
	}
	return record.WithHint(err, do)
}

func (f *Fetcher) check(u *url.URL) (*url.URL, error) {
	shown := u.Redacted()
	scheme := strings.ToLower(u.Scheme)
	switch {
	case scheme == "":
		return nil, refuse(shown, "it has no scheme", "write it with https:// in front")
	case scheme != "http" && scheme != "https":
		return nil, refuse(shown, "its scheme is "+strconv.QuoteToASCII(scheme)+", not http or https", "")
	case u.Opaque != "" || u.Host == "":
		return nil, refuse(shown, "it names no host", "")
	case u.User != nil:
		return nil, refuse(shown, "it holds a user name or password", "take what stands before the @ away")
	case strings.ContainsAny(u.Host, `%\@?#`):
		return nil, refuse(shown, "its host holds a sign that no host has", "")
	}
	port, err := f.port(u, scheme)
	if err != nil {
		return nil, refuse(shown, err.Error(), "")
	}
	host, err := f.host(u.Hostname(), uint16(port))
	if err != nil {
		return nil, refuse(shown, err.Error(), "")
	}
	clean := *u
	clean.Scheme, clean.User, clean.Fragment, clean.RawFragment = scheme, nil, "", ""
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	clean.Host = host
	if port != defaultPort(scheme) {
		clean.Host += ":" + strconv.Itoa(port)
	}
	if clean.Path == "" {
		clean.Path = "/"
	}
	return &clean, nil
}

func defaultPort(scheme string) int {
	if scheme == "https" {
		return 443
	}
	return 80
}

func (f *Fetcher) port(u *url.URL, scheme string) (int, error) {
	s := u.Port()
	if s == "" {
		if strings.HasSuffix(u.Host, ":") || strings.Count(u.Host, ":") > 0 && !strings.HasPrefix(u.Host, "[") {
			return 0, fmt.Errorf("its port is none")
		}
		return defaultPort(scheme), nil
	}
	port, err := strconv.ParseUint(s, 10, 16)
	if err != nil || port != 80 && port != 443 && !slices.Contains(f.Ports, int(port)) {
		return 0, fmt.Errorf("port %s is not allowed, only 80 and 443", strconv.QuoteToASCII(s))
	}
	return int(port), nil
}

// Names that lead inside the house or nowhere: RFC 6761, RFC 6762, RFC 8375,
// RFC 9476, and what routers and clouds use.
var insideNames = []string{"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "localdomain",
	"test", "invalid", "arpa", "alt", "onion", "i2p"}

// host returns a host in its plain form: an address without disguise, or a name
// of letters, digits and hyphens with at least one dot.
func (f *Fetcher) host(host string, port uint16) (string, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", fmt.Errorf("its address has a zone")
		}
		if why := Special(ip); why != "" && !f.exempt(ip, port) {
			return "", fmt.Errorf("%s is %s", ip, why)
		}
		return ip.String(), nil
	}
	if strings.Contains(host, ":") {
		return "", fmt.Errorf("its host is neither a name nor an address")
	}
	// What browsers take for the same name must be the same name here: signs
	// like ① and 。 become 1 and the dot before anything is compared.
	name, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return "", fmt.Errorf("its host is no name (%v)", err)
	}
	if again, err := idna.Lookup.ToASCII(name); err != nil || again != name {
		return "", fmt.Errorf("its host is no name")
	}
	if name = strings.ToLower(strings.TrimSuffix(name, ".")); name == "" {
		return "", fmt.Errorf("it names no host")
	}
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	if ip, err := netip.ParseAddr(name); err == nil {
		if why := Special(ip); why != "" && !f.exempt(ip, port) {
			return "", fmt.Errorf("%s is %s", ip, why)
		}
		return ip.String(), nil
	}
	// Systems disagree about 0x7f.1, 017700000001 and 2130706433: some connect.
	// No name of the public web ends in a label that begins with a digit.
	if last != "" && last[0] >= '0' && last[0] <= '9' {
		return "", fmt.Errorf("its host is an address in an unusual form")
	}
	if len(name) > 253 {
		return "", fmt.Errorf("its host is longer than 253 signs")
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", fmt.Errorf("its host is no name")
		}
	}
	if slices.Contains(insideNames, last) && !(last == "onion" && f.proxy != nil) {
		return "", fmt.Errorf("names under .%s are not of the public web", last)
	}
	if len(labels) < 2 {
		return "", fmt.Errorf("its host has no dot, so it is a name inside a network")
	}
	return name, nil
}

func (f *Fetcher) exempt(ip netip.Addr, port uint16) bool {
	return f.Exempt != nil && f.Exempt(netip.AddrPortFrom(ip, port))
}
