package fetch

import "net/netip"

// special are the blocks of IANA's special-purpose address registries (RFC 6890
// and what was added since), multicast, and everything else of IPv4 that is no
// public host. Of IPv6 only 2000::/3 is public unicast, so only what is special
// inside of it need be listed; the others are listed to be named.
var special = []struct {
	block netip.Prefix
	what  string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "of this host or network"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), "a provider's inner address"},
	{netip.MustParsePrefix("127.0.0.0/8"), "this machine itself"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address"},
	{netip.MustParsePrefix("192.0.0.0/24"), "a protocol's own address"},
	{netip.MustParsePrefix("192.0.2.0/24"), "an address for documents"},
	{netip.MustParsePrefix("192.31.196.0/24"), "a name service's own address"},
	{netip.MustParsePrefix("192.52.193.0/24"), "a relay's own address"},
	{netip.MustParsePrefix("192.88.99.0/24"), "a 6to4 relay"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address"},
	{netip.MustParsePrefix("192.175.48.0/24"), "a name service's own address"},
	{netip.MustParsePrefix("198.18.0.0/15"), "an address for benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "an address for documents"},
	{netip.MustParsePrefix("203.0.113.0/24"), "an address for documents"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address"},

	{netip.MustParsePrefix("::/128"), "the unspecified address"},
	{netip.MustParsePrefix("::1/128"), "this machine itself"},
	{netip.MustParsePrefix("::/96"), "an IPv4 address in IPv6 form"},
	{netip.MustParsePrefix("64:ff9b::/96"), "a NAT64 address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a NAT64 address"},
	{netip.MustParsePrefix("100::/32"), "an address that leads nowhere"},
	{netip.MustParsePrefix("2001::/32"), "a Teredo address"},
	{netip.MustParsePrefix("2001::/23"), "a protocol's own address"}, // ORCHID, benchmarks, AMT, DRIP
	{netip.MustParsePrefix("2001:db8::/32"), "an address for documents"},
	{netip.MustParsePrefix("2002::/16"), "a 6to4 address"},
	{netip.MustParsePrefix("2620:4f:8000::/48"), "a name service's own address"},
	{netip.MustParsePrefix("3ffe::/16"), "an address of the former test network"},
	{netip.MustParsePrefix("3fff::/20"), "an address for documents"},
	{netip.MustParsePrefix("5f00::/16"), "a segment identifier"},
	{netip.MustParsePrefix("fc00::/7"), "a private address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("fec0::/10"), "a site-local address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
}

var public6 = netip.MustParsePrefix("2000::/3")

// Special says what an address is that is no public unicast address, in words;
// "" for one that may be connected to. An IPv4 address inside of an IPv6 one is
// special whatever it is: nobody needs it to reach a public page.
func Special(ip netip.Addr) string {
	if !ip.IsValid() {
		return "no address"
	}
	if ip.Zone() != "" {
		return "an address with a zone"
	}
	if ip.Is4In6() { // ::ffff:0:0/96
		return "an IPv4 address in IPv6 form"
	}
	for _, s := range special {
		if s.block.Contains(ip) {
			return s.what
		}
	}
	if ip.Is6() && !public6.Contains(ip) {
		return "no public address"
	}
	return ""
}
