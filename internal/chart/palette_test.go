package chart

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// luminance and contrast are those of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	l := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		c := float64(v>>(16-8*i)&255) / 255
		if c <= .03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// What a chart says by a mark alone has 3:1 against the paper; words have 4.5:1.
// The pale steps of the matrix are told by their outline, which has 3:1 against
// the paper, and by the slash of those behind.
func TestPalette(t *testing.T) {
	colours := map[string][2]string{} // light, dark
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+):(?:var\(--[a-z]+,)?light-dark\((#[0-9A-Fa-f]{6}),(#[0-9A-Fa-f]{6})\)`).FindAllStringSubmatch(CSS, -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	for theme := range 2 {
		of := func(name string) string {
			c, ok := colours[name]
			if !ok {
				t.Fatalf("chart.css has no colour %s", name)
			}
			return c[theme]
		}
		paper := of("plot-paper")
		for name, least := range map[string]float64{
			"plot-ink": 4.5, "plot-muted": 4.5,
			"plot-1": 3, "plot-2": 3, "plot-3": 3, "plot-4": 3,
			"lead-2": 3, "lead-3": 3, "lag-2": 3, "lag-3": 3,
		} {
			if got := contrast(t, of(name), paper); got < least {
				t.Errorf("theme %d: %s has %.2f against the paper, needs %.1f", theme, name, got, least)
			}
		}
		for _, pair := range [][2]string{{"plot-1", "plot-2"}, {"plot-2", "plot-3"}, {"plot-3", "plot-4"}, {"lead-1", "lead-2"}, {"lead-2", "lead-3"}, {"lag-1", "lag-2"}, {"lag-2", "lag-3"}} {
			if got := contrast(t, of(pair[0]), of(pair[1])); got < 1.25 {
				t.Errorf("theme %d: %s and %s differ by %.2f", theme, pair[0], pair[1], got)
			}
		}
		if got := contrast(t, of("lag-on-3"), of("lag-3")); got < 3 {
			t.Errorf("theme %d: the slash on the darkest has %.2f", theme, got)
		}
		ink := of("plot-ink")
		for _, name := range []string{"lag-1", "lag-2"} {
			if got := contrast(t, ink, of(name)); got < 3 {
				t.Errorf("theme %d: the slash on %s has %.2f", theme, name, got)
			}
		}
	}
}
