// Command bench measures dalil on this machine, in one run, against what the
// same machine needs for something known: Python's json.load of the same
// export, Go's SHA-256 of the same files. It prints ratios beside the goals;
// it fails only when something does not work, never for a time.
//
//	go run ./internal/bench [-messages 1000000] [-only families|import|jobs|pages] [-dir DIR]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

type options struct {
	messages int   // of the export
	small    int   // of the export that shows whether memory is flat
	media    int64 // bytes of the media-heavy case
	queries  int   // of each kind
	families int   // posts in which reposts are looked for; five times as many for speed
	visits   int   // of each page, by each reader
	long     int   // posts of the import beside which people decide, and which is killed
	only     string
	dir      string
	pages    string // case whose pages are read; made there if it is not there, and kept
}

func main() {
	var o options
	flag.IntVar(&o.messages, "messages", 1_000_000, "messages of the Telegram export")
	flag.IntVar(&o.small, "small", 0, "messages of a smaller export, to see whether memory is flat (default a tenth)")
	flag.Int64Var(&o.media, "media", 3<<30, "bytes of the media-heavy case")
	flag.IntVar(&o.queries, "queries", 300, "queries of each kind")
	flag.IntVar(&o.families, "families", 20_000, "posts in which reposts are looked for")
	flag.IntVar(&o.visits, "visits", 20, "how often each reader asks for each page")
	flag.IntVar(&o.long, "long", 200_000, "posts of the import beside which people decide, and of the one that is killed")
	flag.StringVar(&o.only, "only", "", "measure only: import, families, jobs, pages")
	flag.StringVar(&o.dir, "dir", "", "folder to work in; needs about five times the export and twice the media (default a temporary one)")
	flag.StringVar(&o.pages, "pages", "", "case whose pages are read: made there when there is none, and kept for the next run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, o options) error {
	if o.messages < 1 || o.queries < 1 || o.media < 1 || o.families < 1 || o.visits < 1 || o.long < 1 {
		return errors.New("-messages, -media, -queries, -families, -visits and -long must be above 0")
	}
	if o.small == 0 {
		o.small = max(o.messages/10, 1)
	}
	dir, err := os.MkdirTemp(o.dir, "dalil-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{ctx: ctx, opt: o, dir: dir, table: table{w: w}}
	parts := []func() error{b.prepare, b.importing, b.finding, b.verifyingText, b.rebuilding, b.verifyingMedia, b.families, b.longWork, b.pages}
	switch o.only {
	case "":
	case "families":
		parts = []func() error{b.families}
	case "import":
		parts = []func() error{b.prepare, b.importing}
	case "jobs":
		parts = []func() error{b.prepare, b.longWork}
	case "pages":
		parts = []func() error{b.prepare, b.pages}
	default:
		return fmt.Errorf("-only %s: it is families, import, jobs or pages", o.only)
	}
	fmt.Fprintf(w, "%d cores, %s, %s, %s messages\n\n", runtime.GOMAXPROCS(0), runtime.Version(), time.Now().UTC().Format("2006-01-02"), group(int64(o.messages)))
	for _, part := range parts {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// bench is one run of all measurements.
type bench struct {
	ctx     context.Context
	opt     options
	dir     string
	program string
	table
}

// table prints measured figures beside goals.
type table struct{ w io.Writer }

func (t table) head(format string, args ...any) {
	fmt.Fprintf(t.w, "%s\n", fmt.Sprintf(format, args...))
}

// row prints a figure that has no goal.
func (t table) row(what, value string) { fmt.Fprintf(t.w, "    %-58s %s\n", what, value) }

// atMost and atLeast print a figure with its goal.
func (t table) atMost(what string, value, goal float64, format string) {
	t.goal(what, value, "≤", goal, format, value <= goal)
}

func (t table) atLeast(what string, value, goal float64, format string) {
	t.goal(what, value, "≥", goal, format, value >= goal)
}

func (t table) goal(what string, value float64, sign string, goal float64, format string, met bool) {
	mark := "✕"
	if met {
		mark = "✓"
	}
	fmt.Fprintf(t.w, "  %s %-58s %s   (goal %s %s)\n", mark, what, fmt.Sprintf(format, value), sign, fmt.Sprintf(format, goal))
}

// group writes a number with thousands apart.
func group(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return group(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

const mega = 1 << 20
