package cli

import (
	"fmt"
	"strings"
	"time"

	"dalil/internal/pipeline"
	"dalil/internal/state"
)

// progress draws one line on a terminal, and nothing anywhere else.
type progress struct {
	a     *app
	drawn time.Time
	phase string
	width int
}

func (a *app) newProgress() *progress { return &progress{a: a} }

const barWidth = 24

func (p *progress) update(s pipeline.Progress) {
	if p.a.JSON && !p.a.Quiet {
		if now := time.Now(); now.Sub(p.drawn) > time.Second {
			p.drawn = now
			status := map[string]any{"phase": s.Phase, "file": s.File, "done": s.Done, "total": s.Total, "read": s.Receipt.Read, "new": s.Receipt.New}
			if left := int64(s.Left / time.Second); left > 0 {
				status["eta_seconds"] = state.About(left)
			}
			p.a.emit("status", status) //nolint:errcheck // a closed pipe shows at the summary
		}
		return
	}
	if !p.a.Terminal || p.a.Quiet || p.a.JSON {
		return
	}
	now := time.Now()
	if s.Phase != p.phase {
		p.phase = s.Phase
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
	if s.Rate >= 1 {
		line += fmt.Sprintf("  %s/s", amount(int64(s.Rate)))
	}
	if left := about(s.Left); left != "" {
		line += "  " + left
	}
	if r := s.Receipt; r.Read > 0 {
		line += fmt.Sprintf("  %s read, %s new", group(r.Read), group(r.New))
	}
	fmt.Fprintf(p.a.Stderr, "\r%-*s", p.width, line)
	p.width = max(p.width, len([]rune(line)))
}

// about says how much time is left, as the workbench does; "" while that cannot be
// said.
func about(left time.Duration) string {
	s := state.About(int64(left / time.Second))
	if s <= 0 {
		return ""
	}
	var text string
	switch h, m := s/3600, s/60%60; {
	case h > 0 && m > 0:
		text = fmt.Sprintf("%d h %d min", h, m)
	case h > 0:
		text = fmt.Sprintf("%d h", h)
	case m > 0:
		text = fmt.Sprintf("%d min", m)
	default:
		text = fmt.Sprintf("%d s", s)
	}
	return "about " + text + " left"
}

func (p *progress) done() {
	if p.width > 0 {
		fmt.Fprintf(p.a.Stderr, "\r%*s\r", p.width, "")
		p.width = 0
	}
}
