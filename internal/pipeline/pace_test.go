package pipeline

import (
	"testing"
	"time"
)

// What is left is told over all of the work, and not before enough of it was seen.
func TestPace(t *testing.T) {
	start := time.Unix(0, 0)
	parts := stretches(100<<20, 100<<20)
	var p Pace
	add := func(at time.Duration, phase string, done, total int64) Progress {
		return p.Add(start.Add(at), Progress{Phase: phase, Done: done, Total: total, parts: parts})
	}
	if x := add(0, "store", 0, 100); x.Share != 0 || x.Left != 0 || x.Rate != 0 {
		t.Errorf("at the start: %+v", x)
	}
	last := 0.0
	for s := range 10 { // taking in is quick and says nothing about reading
		x := add(time.Duration(s+1)*time.Second, "store", int64(s+1)*10, 100)
		if x.Left != 0 || x.Share < last {
			t.Errorf("stored for %d s: %+v", s+1, x)
		}
		last = x.Share
	}
	for s := range 61 { // 100 units in 100 s
		x := add(time.Duration(11+s)*time.Second, "read", int64(s), 100)
		if x.Share < last {
			t.Errorf("it went back from %.3f to %.3f", last, x.Share)
		}
		if last = x.Share; s < 4 && x.Left != 0 {
			t.Errorf("after %d s it says %v", s, x.Left)
		}
		if s == 60 {
			if want := 65 * time.Second; x.Left < want-time.Second || x.Left > want+time.Second { // 40 s, and 25 s for the copies
				t.Errorf("left %v, want %v", x.Left, want)
			}
		}
	}
	// What was known goes by fast; the speed is that of lately.
	var q Pace
	parts = nil
	for s := range 60 {
		done := int64(s) * 100
		if s > 10 {
			done = 1000 + int64(s-10)
		}
		x := q.Add(start.Add(time.Duration(s)*time.Second), Progress{Phase: "read", Done: done, Total: 10_000})
		if s == 59 && (x.Rate < .9 || x.Rate > 1.1) {
			t.Errorf("%.1f a second, lately it was 1", x.Rate)
		}
	}
	// Mostly films: then taking them in is what takes long, and tells.
	parts, p = stretches(1<<40, 1<<20), Pace{}
	add(0, "store", 0, 100)
	if x := add(10*time.Second, "store", 10, 100); x.Left < 89*time.Second || x.Left > 92*time.Second {
		t.Errorf("films: %v left", x.Left)
	}
}

// Batches shrink where committing one takes long, and grow again.
func TestFitting(t *testing.T) {
	most := batchEntries / sharedPart
	limit := most
	for range 10 {
		limit = fitting(limit, limit, time.Duration(limit)*time.Millisecond)
	}
	if limit != sharedLeast {
		t.Errorf("on a slow machine %d entries", limit)
	}
	for range 10 {
		limit = fitting(limit, limit, 10*time.Millisecond)
	}
	if limit != most {
		t.Errorf("on a fast one %d", limit)
	}
}
