package language

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// FoldDigits returns s with the digits of every script written 0-9, the Arabic
// percent sign as % and the Arabic decimal separator as a full stop. Nothing
// else changes.
func FoldDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x660:
			return r
		case r == 0x66A:
			return '%'
		case r == 0x66B:
			return '.'
		}
		if d := digit(r); d >= 0 {
			return rune('0' + d)
		}
		return r
	}, s)
}

// digit returns the value of a decimal digit of any script, -1 for anything
// else. Unicode keeps each script's ten digits together and in order.
func digit(r rune) int {
	switch {
	case '0' <= r && r <= '9':
		return int(r - '0')
	case r < 0x660:
		return -1
	case r <= 0x669:
		return int(r - 0x660)
	case 0x6F0 <= r && r <= 0x6F9:
		return int(r - 0x6F0)
	case !unicode.Is(unicode.Nd, r):
		return -1
	}
	for _, rg := range unicode.Nd.R16 {
		if rune(rg.Lo) <= r && r <= rune(rg.Hi) {
			return int(r-rune(rg.Lo)) % 10
		}
	}
	for _, rg := range unicode.Nd.R32 {
		if rune(rg.Lo) <= r && r <= rune(rg.Hi) {
			return int(r-rune(rg.Lo)) % 10
		}
	}
	return -1
}

// ParseNumber reads one number in the digits of any script: "٢٬٥٧١", "2,571",
// "2 571", "٣٫٥", "-12". The comma, the Arabic comma and thousands separator,
// the apostrophe, the full stop and the thin and no-break space group digits by
// three. A single group ("2.571", "2,571") is read as thousands, as figures of
// people in reports are; "2.5" and "2,57" are decimals. Anything left over is
// ErrNotUnderstood.
func ParseNumber(s string) (float64, error) {
	t := []rune(strings.TrimSpace(s))
	sign := 1.0
	if len(t) > 0 && (t[0] == '-' || t[0] == '−' || t[0] == '+') {
		if t[0] != '+' {
			sign = -1
		}
		t = t[1:]
	}
	groups, seps := []string{""}, []rune{}
	for i, r := range t {
		if d := digit(r); d >= 0 {
			groups[len(groups)-1] += strconv.Itoa(d)
			continue
		}
		if i == 0 || i == len(t)-1 || !separates(r) || groups[len(groups)-1] == "" {
			return 0, fmt.Errorf("number %.40q: %w", s, ErrNotUnderstood)
		}
		groups, seps = append(groups, ""), append(seps, r)
	}
	decimal := ""
	if n := len(seps); n > 0 {
		last := groups[n]
		mixed := n > 1 && seps[n-1] != seps[n-2]
		if point(seps[n-1]) && (seps[n-1] == 0x66B || len(last) != 3 || mixed || n == 1 && groups[0] == "0") {
			decimal, groups, seps = last, groups[:n], seps[:n-1]
		}
	}
	for i, g := range groups {
		if i > 0 && (len(g) != 3 || seps[i-1] != seps[0]) || g == "" || i == 0 && len(groups) > 1 && len(g) > 3 {
			return 0, fmt.Errorf("number %.40q: groups of digits do not fit: %w", s, ErrNotUnderstood)
		}
	}
	v, err := strconv.ParseFloat(strings.Join(groups, "")+"."+decimal+"0", 64)
	if err != nil {
		return 0, fmt.Errorf("number %.40q: %w", s, ErrNotUnderstood)
	}
	return sign * v, nil
}

// separates holds for what may stand between groups of digits.
func separates(r rune) bool {
	return point(r) || strings.ContainsRune("٬،'’ \u00a0\u2009\u202f", r)
}

// point holds for what may stand before decimals.
func point(r rune) bool { return r == '.' || r == ',' || r == 0x66B }
