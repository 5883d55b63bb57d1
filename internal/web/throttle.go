package web

import (
	"maps"
	"math"
	"net"
	"net/netip"
	"sync"
	"time"
)

// How often a password may be tried: a few times at once, because people mistype,
// then slowly. What all addresses together may try is bounded too; a browser that
// was let in before is spared that bound, so that strangers cannot lock it out.
const (
	triesEach      = 5
	triesEachEvery = 30 * time.Second
	triesAll       = 20
	triesAllEvery  = 6 * time.Second
	mostBuckets    = 4096
)

// bucket fills up by one token every so often; a try takes one out.
type bucket struct {
	left float64
	at   time.Time
}

// wait fills the bucket up to now, and says how long it takes to a whole token.
func (b *bucket) wait(now time.Time, burst int, every time.Duration) time.Duration {
	if b.at.IsZero() {
		b.left, b.at = float64(burst), now
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left, b.at = math.Min(float64(burst), b.left+float64(passed)/float64(every)), now
	}
	if b.left >= 1 {
		return 0
	}
	return time.Duration(math.Ceil((1 - b.left) * float64(every)))
}

// throttle bounds how often the door is tried.
type throttle struct {
	mu   sync.Mutex
	all  bucket
	each map[string]*bucket
}

// try takes a try for who, or says how long to wait for one. A known one does
// not count towards the bound for all.
func (t *throttle) try(now time.Time, who string, known bool) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.each == nil {
		t.each = map[string]*bucket{}
	}
	one := t.each[who]
	if one == nil {
		if len(t.each) >= mostBuckets {
			t.makeRoom(now)
		}
		one = &bucket{}
		t.each[who] = one
	}
	if w := one.wait(now, triesEach, triesEachEvery); w > 0 {
		return w
	}
	if !known {
		if w := t.all.wait(now, triesAll, triesAllEvery); w > 0 {
			return w
		}
		t.all.left--
	}
	one.left--
	return 0
}

// makeRoom forgets the full buckets, which say nothing, or else the oldest.
// Whoever has so many addresses is held by the bound for all.
func (t *throttle) makeRoom(now time.Time) {
	maps.DeleteFunc(t.each, func(_ string, b *bucket) bool {
		b.wait(now, triesEach, triesEachEvery)
		return b.left >= triesEach
	})
	for len(t.each) >= mostBuckets {
		for who := range t.each {
			delete(t.each, who)
			break
		}
	}
}

// pass forgets what who tried before it was let in.
func (t *throttle) pass(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.each, who)
}

// network is whom a try counts for: an address, or of IPv6 the 64 bits that one
// customer has.
func network(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
