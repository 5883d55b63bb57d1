package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

type captureCmd struct {
	URLs           []string `arg:"" optional:"" name:"url" help:"Address of a page or public post, like https://t.me/CHANNEL/ID."`
	From           string   `short:"a" name:"from" help:"Read more addresses from this file, one a line; - for standard input. Lines that begin with # are passed over." placeholder:"LIST"`
	Screenshot     bool     `help:"Make a picture of each captured page with Chromium, out of the captured bytes and without a connection."`
	Proxy          string   `help:"Go through this proxy, like socks5://127.0.0.1:9050; it resolves the names. Default: DALIL_PROXY, or directly." placeholder:"URL"`
	Port           []int    `help:"Allow this port beside 80 and 443." placeholder:"N"`
	BadCertificate bool     `help:"Capture also when the site's certificate does not verify; the record says so."`
	KeepSenders    string   `help:"Keep the names of private persons, for this reason. Without it they appear as pseudonyms." placeholder:"REASON"`
	DryRun         bool     `short:"n" help:"Say what would be gone to and what the case has of it; go nowhere."`
}

// Run captures pages and public posts.
func (c *captureCmd) Run(a *app) error {
	addresses := c.URLs
	if c.From != "" {
		more, err := a.list(c.From)
		if err != nil {
			return err
		}
		addresses = append(addresses, more...)
	}
	return a.with(!c.DryRun, func(d *desk.Desk) error {
		d.DryRun = c.DryRun
		if c.Proxy != "" {
			d.Egress.Proxy = c.Proxy
		}
		d.Egress.Ports, d.Egress.BadTLS = c.Port, c.BadCertificate
		p := a.newProgress()
		r, err := d.Capture(a.ctx, addresses, desk.CaptureChoices{Picture: c.Screenshot, KeepSenders: c.KeepSenders, Progress: p.update})
		p.done()
		if err != nil {
			return err
		}
		a.partly = r.Receipt.Failed > 0
		if a.JSON {
			err = a.captureJSON(r, c.DryRun)
		} else {
			a.printCapture(r, c.DryRun)
		}
		if err == nil && r.Receipt.Cancelled {
			err = context.Canceled
		}
		return err
	})
}

// maxList bounds a list of addresses, in lines.
const maxList = 10_000

// list reads addresses from a file, one a line.
func (a *app) list(name string) ([]string, error) {
	in := a.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, record.WithHint(fmt.Errorf("%w: %s", record.ErrNotFound, name), "check the spelling of the path")
		}
		defer f.Close()
		in = f
	}
	var all []string
	lines := bufio.NewScanner(io.LimitReader(in, 16<<20))
	for lines.Scan() {
		l := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if len(all) == maxList {
			return nil, fmt.Errorf("%w: %s has more than %d addresses", record.ErrInvalid, name, maxList)
		}
		all = append(all, l)
	}
	return all, lines.Err()
}

func (a *app) captureJSON(r desk.CaptureResult, dry bool) error {
	for _, c := range r.Pages {
		if err := a.emit("capture", c); err != nil {
			return err
		}
	}
	receipt := r.Receipt
	receipt.Problems = nil // each stands with its capture
	runs := r.Runs
	if runs == nil {
		runs = []string{}
	}
	return a.emit("summary", struct {
		pipeline.Receipt
		Addresses int      `json:"addresses"`
		Imports   []string `json:"imports"`
		DryRun    bool     `json:"dry_run,omitempty"`
	}{receipt, len(r.Pages), runs, dry})
}

func (a *app) printCapture(r desk.CaptureResult, dry bool) {
	for _, c := range r.Pages {
		mark := "●"
		if c.Failed() {
			mark = "✕"
		}
		a.printf("%s %s\n", mark, terminal(c.Asked))
		if c.Web != nil && dry && c.URL != c.Asked {
			a.printf("    would go to %s\n", terminal(c.URL))
		}
		for _, h := range c.Here {
			a.printf("    in the case: %s  %s  %s\n", h.ID, terminal(h.Source), terminal(h.Words))
		}
		if c.ID != "" {
			a.printCaptured(c)
		}
		for _, p := range c.Problems {
			a.printf("    ✕ %s\n", terminal(p.What))
			if p.Remedy != "" {
				a.printf("      → %s\n", terminal(p.Remedy))
			}
		}
	}
	rec := r.Receipt
	switch {
	case dry:
		a.printf("Nothing was gone to, nothing written. Run again without --dry-run.\n")
	case len(r.Runs) == 0:
		a.printf("Nothing captured.\n")
	default:
		a.printf("%s kept: %s new, %s known already, %s changed, %s failed\n", count(rec.Files, "file"), group(rec.New), group(rec.Known), group(rec.Edits), group(rec.Failed))
		a.printf("Receipt %s: records %s to %s, log root %s\n", strings.Join(r.Runs, " "), group(int64(rec.LeafFirst)), group(int64(rec.LeafLast)), rec.Checkpoint)
	}
	if rec.Cancelled {
		a.printf("Interrupted. What is told above is safe.\n")
	}
}

func (a *app) printCaptured(c desk.Captured) {
	how := "without TLS"
	if c.TLS != "" {
		how, _, _ = strings.Cut(c.TLS, " TLS_")
	}
	from := c.Remote
	if c.Via != "" {
		from = "through " + c.Via
	}
	a.printf("    %s  %d  %s  from %s, %s\n", c.ID, c.Status, size(c.Size), from, how)
	a.printf("    our clock %s", c.End.Format("2006-01-02 15:04:05Z"))
	if !c.Date.IsZero() {
		a.printf(", their clock %s", c.Date.Format("2006-01-02 15:04:05Z"))
	}
	a.printf("\n")
	if c.Redirects > 0 {
		a.printf("    redirected to %s\n", terminal(c.Final))
	}
	if c.Original != "" {
		a.printf("    a copy of %s of %s\n", terminal(c.Original), c.Copied.Format("2006-01-02 15:04:05Z"))
	}
	if c.BadTLS != "" {
		a.printf("    ! the certificate does not verify: %s\n", terminal(c.BadTLS))
	}
	if c.Truncated != "" {
		a.printf("    ! not whole: %s\n", c.Truncated)
	}
	if c.SameBytes != "" {
		a.printf("    the same bytes as captured at %s\n", c.SameBytes)
	}
	if c.Picture != "" {
		a.printf("    a picture of it: %s\n", c.Picture)
	}
	switch n := len(c.Statements); {
	case n > 0:
		shown := c.Statements[:min(n, 5)]
		more := ""
		if n > len(shown) {
			more = fmt.Sprintf(" and %d more", n-len(shown))
		}
		a.printf("    %s: %s%s\n", count(int64(n), "statement"), strings.Join(shown, " "), more)
	case !c.Failed():
		a.printf("    kept; no statement could be read in it\n")
	}
}
