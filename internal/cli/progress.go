package cli

import (
	"fmt"
	"strings"
	"time"

	"dalil/internal/pipeline"
)

// progress draws one line on a terminal, and nothing anywhere else.
type progress struct {
	a     *app
	drawn time.Time
	start time.Time
	phase string
	width int
}

func (a *app) newProgress() *progress { return &progress{a: a, start: time.Now()} }

const barWidth = 24

func (p *progress) update(s pipeline.Progress) {
	if p.a.JSON && !p.a.Quiet {
		if now := time.Now(); now.Sub(p.drawn) > time.Second {
			p.drawn = now
			p.a.emit("status", map[string]any{"phase": s.Phase, "file": s.File, "done": s.Done, "total": s.Total, "read": s.Receipt.Read}) //nolint:errcheck // a closed pipe shows at the summary
		}
		return
	}
	if !p.a.Terminal || p.a.Quiet || p.a.JSON {
		return
	}
	now := time.Now()
	if s.Phase != p.phase {
		p.phase, p.start = s.Phase, now
	} else if now.Sub(p.drawn) < 100*time.Millisecond {
		return
	}
	p.drawn = now
	full := 0
	if s.Total > 0 {
		full = int(min(s.Done, s.Total) * barWidth / s.Total)
	}
	amount := size
	if s.Phase == "link" || s.Phase == "ocr" { // of records or pictures, not of bytes
		amount = group
	}
	line := fmt.Sprintf("%-7s %s%s %s of %s", s.Phase, strings.Repeat("█", full), strings.Repeat("░", barWidth-full), amount(s.Done), amount(s.Total))
	if d := now.Sub(p.start).Seconds(); d > 1 && s.Done > 0 {
		line += fmt.Sprintf("  %s/s", amount(int64(float64(s.Done)/d)))
		if s.Total > s.Done {
			line += fmt.Sprintf("  ETA %s", (time.Duration(float64(s.Total-s.Done)/float64(s.Done)*d) * time.Second).Round(time.Second))
		}
	}
	if r := s.Receipt; r.Read > 0 {
		line += fmt.Sprintf("  %s read, %s new", group(r.Read), group(r.New))
	}
	fmt.Fprintf(p.a.Stderr, "\r%-*s", p.width, line)
	p.width = max(p.width, len([]rune(line)))
}

func (p *progress) done() {
	if p.width > 0 {
		fmt.Fprintf(p.a.Stderr, "\r%*s\r", p.width, "")
		p.width = 0
	}
}
