package zip

import (
	"cmp"
	"strings"
)

// compare orders paths so that the files of sub-folders come before the files
// of the folder, each in natural order.
func compare(a, b string) int {
	for {
		da, ra, inA := strings.Cut(a, "/")
		db, rb, inB := strings.Cut(b, "/")
		if inA != inB {
			if inA {
				return -1
			}
			return 1
		}
		if c := natural(da, db); c != 0 || !inA {
			return c
		}
		a, b = ra, rb
	}
}

// natural compares names with runs of digits as numbers: "m2" before "m10".
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		if isDigit(x[0]) && isDigit(y[0]) {
			n, m := digits(x), digits(y)
			p, q := strings.TrimLeft(x[:n], "0"), strings.TrimLeft(y[:m], "0")
			if c := cmp.Compare(len(p), len(q)); c != 0 {
				return c
			}
			if c := cmp.Compare(p, q); c != 0 {
				return c
			}
			x, y = x[n:], y[m:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	if c := cmp.Compare(len(x), len(y)); c != 0 {
		return c
	}
	return cmp.Compare(a, b) // "m02" and "m2"
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
