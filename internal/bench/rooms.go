package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// rooms prints in which rooms of the house a CPU profile's time was spent: of
// each sample the innermost function of ours counts, so the time of SQLite is
// the catalog's and that of SHA-256 its caller's.
func (b *bench) rooms(profile string) error {
	out, err := exec.CommandContext(b.ctx, "go", "tool", "pprof", "-traces", b.program, profile).Output()
	if err != nil {
		return fmt.Errorf("go tool pprof: %w", err)
	}
	byRoom, total := sumRooms(string(out))
	if total == 0 {
		b.row("where the time goes", "too short to tell")
		return nil
	}
	type share struct {
		room string
		time time.Duration
	}
	var shares []share
	for room, d := range byRoom {
		shares = append(shares, share{room, d})
	}
	slices.SortFunc(shares, func(x, y share) int { return int(y.time - x.time) })
	for i, s := range shares {
		what := ""
		if i == 0 {
			what = "where the processor time goes"
		}
		b.row(what, fmt.Sprintf("%5.1f %%  %s", 100*float64(s.time)/float64(total), s.room))
		if i == 9 {
			break
		}
	}
	return nil
}

var (
	firstFrame = regexp.MustCompile(`^\s*([0-9.]+(?:ns|us|ms|s|mins|hrs))\s+(\S.*)$`)
	ourRoom    = regexp.MustCompile(`^dalil/internal/([a-z0-9/]+)\.`)
)

// sumRooms adds up the samples that `go tool pprof -traces` prints: blocks of a
// line with a time and the innermost function, and a line for each caller.
func sumRooms(traces string) (byRoom map[string]time.Duration, total time.Duration) {
	byRoom = map[string]time.Duration{}
	for block := range strings.SplitSeq(traces, "-----------+") {
		var spent time.Duration
		room := "Go's runtime: memory and scheduling"
		for line := range strings.Lines(block) {
			line = strings.TrimRight(line, "\n")
			frame := strings.TrimSpace(line)
			if m := firstFrame.FindStringSubmatch(line); m != nil && spent == 0 {
				d, err := time.ParseDuration(strings.NewReplacer("us", "µs", "mins", "m", "hrs", "h").Replace(m[1]))
				if err != nil {
					continue
				}
				spent, frame = d, m[2]
			}
			if m := ourRoom.FindStringSubmatch(frame); m != nil && spent > 0 {
				room = m[1]
				break
			}
		}
		if spent > 0 {
			byRoom[room] += spent
			total += spent
		}
	}
	return byRoom, total
}
