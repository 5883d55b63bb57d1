package query

import (
	"strconv"
	"strings"

	"dalil/internal/language"
	"dalil/internal/record"
)

// lags makes a node of the values of lag:, delays after the first of a family.
func (p *parser) lags(values []string, start int) (Node, error) {
	var ranges Or
	for _, v := range values {
		r, ok := lag(strings.ToLower(language.FoldDigits(v)))
		if !ok {
			return nil, p.fail(start, p.at, said(word("{filter} is not a delay"), "filter", "lag:"+v), said(word("write {examples}: {s}, {m}, {h} and {d} are seconds, minutes, hours and days"), "examples", "lag:<10m, lag:>=2h, lag:1h..1d", "s", "s", "m", "m", "h", "h", "d", "d"))
		}
		if r.From != record.NoSeconds && r.To != record.NoSeconds && r.From >= r.To {
			return nil, p.fail(start, p.at, said(word("{filter} ends before it begins"), "filter", "lag:"+v), said(word("put the shorter delay first")))
		}
		ranges = append(ranges, r)
	}
	if len(ranges) == 1 {
		return ranges[0], nil
	}
	return ranges, nil
}

func lag(v string) (r Range, ok bool) {
	r = Range{Key: "lag", From: record.NoSeconds, To: record.NoSeconds}
	if from, to, both := strings.Cut(v, ".."); both {
		var ok1, ok2 bool
		r.From, ok1 = delay(from)
		r.To, ok2 = delay(to)
		r.To++
		return r, ok1 && ok2
	}
	for _, op := range []string{">=", "<=", ">", "<"} {
		rest, found := strings.CutPrefix(v, op)
		if !found {
			continue
		}
		n, ok := delay(rest)
		switch op {
		case ">=":
			r.From = n
		case ">":
			r.From = n + 1
		case "<":
			r.To = n
		case "<=":
			r.To = n + 1
		}
		return r, ok
	}
	return r, false
}

// units of a delay, the longest first.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// delay reads 90s, 10m, 2h, 1d: seconds.
func delay(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	unit := map[byte]int64{'s': 1, 'm': minute, 'h': hour, 'd': day}[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 31)
	return int64(n) * unit, err == nil && unit > 0
}

// writeDelay is a delay in its largest whole unit.
func writeDelay(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{day, "d"}, {hour, "h"}, {minute, "m"}} {
		if n != 0 && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "s"
}

func writeLag(r Range) string {
	switch {
	case r.To == record.NoSeconds:
		return ">=" + writeDelay(r.From)
	case r.From == record.NoSeconds:
		return "<" + writeDelay(r.To)
	}
	return writeDelay(r.From) + ".." + writeDelay(r.To-1)
}
