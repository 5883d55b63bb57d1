package query

import (
	"strconv"
	"strings"
	"time"

	"dalil/internal/language"
	"dalil/internal/record"
)

// times makes a node of the values of posted: or captured:.
func (p *parser) times(key string, values []string, start int) (Node, error) {
	var ranges Or
	for _, v := range values {
		r, ok := p.span(v)
		if !ok {
			return nil, p.fail(start, p.at, said(word("{filter} is not a time"), "filter", key+":"+v), said(word("write {examples} or {last}"), "examples", key+":2020-11, "+key+":2020-11-17, "+key+":2020-11-17..2020-11-18, "+key+":>2020-11, "+key+":7d", "last", key+":today"))
		}
		if r.From != record.NoSeconds && r.To != record.NoSeconds && r.From >= r.To {
			return nil, p.fail(start, p.at, said(word("{filter} ends before it begins"), "filter", key+":"+v), said(word("put the earlier time first")))
		}
		r.Key = key
		ranges = append(ranges, r)
	}
	if len(ranges) == 1 {
		return ranges[0], nil
	}
	return ranges, nil
}

// span reads one value: a day, month or year, a..b, >a, >=a, <a, <=a, 7d, today.
func (p *parser) span(v string) (r Range, ok bool) {
	v = strings.ToLower(language.FoldDigits(v))
	r = Range{From: record.NoSeconds, To: record.NoSeconds}
	for _, op := range []string{">=", "<=", ">", "<"} {
		rest, found := strings.CutPrefix(v, op)
		if !found {
			continue
		}
		from, to, ok := p.period(rest)
		switch op {
		case ">=":
			r.From = from.Unix()
		case ">":
			r.From = to.Unix()
		case "<=":
			r.To = to.Unix()
		case "<":
			r.To = from.Unix()
		}
		return r, ok
	}
	first, last, isRange := strings.Cut(v, "..")
	if !isRange {
		from, to, ok := p.period(v)
		r.From, r.To = from.Unix(), to.Unix()
		return r, ok
	}
	if first == "" && last == "" {
		return r, false
	}
	if first != "" {
		from, _, ok := p.period(first)
		if !ok {
			return r, false
		}
		r.From = from.Unix()
	}
	if last != "" {
		_, to, ok := p.period(last)
		if !ok {
			return r, false
		}
		r.To = to.Unix()
	}
	return r, true
}

// period reads a year, month, day, minute or second, today, yesterday, or 7d
// and 12h back from now, and returns its first instant and the one behind its last.
func (p *parser) period(v string) (from, to time.Time, ok bool) {
	now := p.opt.Now.In(p.opt.Zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, p.opt.Zone)
	switch v {
	case "today":
		return midnight, midnight.AddDate(0, 0, 1), true
	case "yesterday":
		return midnight.AddDate(0, 0, -1), midnight, true
	}
	if n := len(v); n >= 2 && n <= 5 && (v[n-1] == 'd' || v[n-1] == 'h') {
		if k, err := strconv.ParseUint(v[:n-1], 10, 16); err == nil && k > 0 {
			back := now.Add(-time.Duration(k) * time.Hour)
			if v[n-1] == 'd' {
				back = now.AddDate(0, 0, -int(k))
			}
			return back, now.Add(time.Second), true
		}
	}
	for _, f := range []struct {
		layout              string
		years, months, days int
		add                 time.Duration
	}{
		{"2006", 1, 0, 0, 0}, {"2006-01", 0, 1, 0, 0}, {"2006-01-02", 0, 0, 1, 0},
		{"2006-01-02t15:04", 0, 0, 0, time.Minute}, {"2006-01-02t15:04:05", 0, 0, 0, time.Second},
		{"2006-01-02t15:04z", 0, 0, 0, time.Minute}, {"2006-01-02t15:04:05z", 0, 0, 0, time.Second},
	} {
		zone := p.opt.Zone
		if strings.HasSuffix(f.layout, "z") {
			zone = time.UTC
		}
		if len(v) != len(f.layout) {
			continue
		}
		if t, err := time.ParseInLocation(f.layout, v, zone); err == nil {
			return t, t.AddDate(f.years, f.months, f.days).Add(f.add), true
		}
	}
	return from, to, false
}
