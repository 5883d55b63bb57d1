package analysis

import (
	"testing"

	"pgregory.net/rapid"

	"dalil/internal/record"
)

func TestRhythm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(-40*86400, 40*86400).Draw(t, "at")
		hours := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record.Hour {
			return record.Hour{Source: 1, Hour: rapid.Int64Range(-2000, 2000).Draw(t, "hour"), N: rapid.Int64Range(1, 9).Draw(t, "n")}
		}), 0, 400).Draw(t, "hours")
		hour := floorQuotient(at, 3600)
		var want int64
		for _, h := range hours {
			ago := hour - h.Hour
			if ago >= 1 && ago <= 28*24 && (ago%24 <= 6 || ago%24 >= 18) {
				want += h.N
			}
		}
		if got := NewRhythm(hours).Around(1, at); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	})
}

func TestCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near := rapid.Int64Range(-20, 20)
		c := Cover{From: near.Draw(t, "from"), To: near.Draw(t, "to"), Holes: rapid.SliceOf(rapid.Custom(func(t *rapid.T) [2]int64 {
			return [2]int64{near.Draw(t, "after"), near.Draw(t, "before")}
		})).Draw(t, "holes")}
		joined := c.Joined()
		for at := int64(-22); at <= 22; at++ {
			want := c.From <= at && at <= c.To
			for _, h := range c.Holes {
				want = want && (at < h[0] || at > h[1])
			}
			if joined.Watched(at) != want {
				t.Fatalf("%d watched: %t, want %t", at, !want, want)
			}
		}
	})
}
