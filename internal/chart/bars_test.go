package chart

import (
	"math"
	"strconv"
	"testing"
)

func someBars() map[string]Bars {
	months := Bars{Title: "When", Summary: "214 statements, most in November 2020"}
	for i, n := range []int64{5, 12, 33, 0, 0, 7, 128, 3, 26} {
		months.Bars = append(months.Bars, Bar{N: n, About: n > 100, Label: strconv.Itoa(i+1) + ": " + strconv.FormatInt(n, 10), URL: "/statements?q=posted%3A2020-0" + strconv.Itoa(i+1), Tick: map[bool]string{true: "نوفمبر"}[i%3 == 0]})
	}
	hostile := Bars{Title: "<script>\"&\u202e", Summary: "]]>\x00", Bars: []Bar{{N: math.MaxInt64, Label: "'\"><b>", Tick: "<a>", URL: "javascript:x"}, {N: 1, URL: "//evil.example"}, {N: -3}}}
	many := Bars{}
	for i := range 400 {
		many.Bars = append(many.Bars, Bar{N: int64(i * i % 97), Tick: "x"})
	}
	return map[string]Bars{"bars": months, "bars-empty": {}, "bars-hostile": hostile, "bars-many": many}
}

func TestBars(t *testing.T) {
	for name, b := range someBars() {
		got := b.SVG()
		sound(t, got)
		if name != "bars-many" {
			golden(t, name+".svg", got)
		}
	}
}

func TestRoundUp(t *testing.T) {
	for n, want := range map[int64]int64{0: 1, 1: 1, 2: 2, 3: 4, 5: 6, 7: 8, 9: 10, 10: 10, 11: 20, 41: 60, 100: 100, 128: 200, 9999: 10000, 10001: 20000} {
		if got := roundUp(n); got != want {
			t.Errorf("roundUp(%d) = %d, want %d", n, got, want)
		}
	}
}
