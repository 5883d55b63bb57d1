package ocr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"dalil/internal/record"
)

// program is tesseract on this machine.
type program struct {
	file string
	settings
}

// maxOutput bounds what tesseract may write: a page of a book is 4 KiB.
const maxOutput = 1 << 20

var (
	errSlow    = errors.New("it took too long")
	errTooMuch = errors.New("it wrote too much")
)

// run starts tesseract in an empty folder, with nothing of ours but in on its
// standard input, and returns what it writes. Time, memory and output are
// limited, and whatever it started is killed when ctx ends.
func (p program) run(ctx context.Context, in []byte, args ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "dalil-ocr-")
	if err != nil {
		return nil, fmt.Errorf("tesseract: %w", err)
	}
	defer os.RemoveAll(dir)

	inner, timeUp := context.WithTimeoutCause(ctx, p.limit, errSlow)
	defer timeUp()
	inner, stop := context.WithCancelCause(inner)
	defer stop(nil)
	out := &bounded{max: maxOutput, full: func() { stop(errTooMuch) }}
	complaints := &bounded{max: 4 << 10, full: func() {}}
	cmd := exec.CommandContext(inner, p.file, args...)
	cmd.Dir = dir
	// One thread: pictures are read side by side, and tesseract's threads cost
	// more than they give.
	cmd.Env = []string{"PATH=" + p.path, "OMP_THREAD_LIMIT=1"}
	if p.models != "" {
		cmd.Env = append(cmd.Env, "TESSDATA_PREFIX="+p.models)
	}
	cmd.Stdout, cmd.Stderr = out, complaints
	cmd.WaitDelay = 2 * time.Second // a grandchild may hold the pipes
	own(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("tesseract: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, p.failed(ctx, inner, err, "")
	}
	// Until now it had nothing to read, so the limits come before any picture.
	confine(cmd.Process.Pid, p.memory, p.limit)
	go func() {
		stdin.Write(in) //nolint:errcheck // a program that ends without reading says why itself
		stdin.Close()
	}()
	if err := cmd.Wait(); err != nil {
		if errors.Is(err, exec.ErrWaitDelay) { // it ended, what it started did not
			cmd.Cancel() //nolint:errcheck // nothing more can be done
		}
		return nil, p.failed(ctx, inner, err, string(complaints.b))
	}
	return out.b, nil
}

// failed says why there is no text, and what can be done.
func (p program) failed(ctx, inner context.Context, err error, complaints string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("tesseract: %w", context.Cause(ctx))
	}
	switch cause := context.Cause(inner); cause {
	case errSlow:
		return record.WithHint(fmt.Errorf("tesseract: %w: more than %v", cause, p.limit), "try again when the machine has less to do, or type the text in")
	case errTooMuch:
		return record.WithHint(fmt.Errorf("tesseract: %w: more than %d KiB", cause, maxOutput>>10), "look at the picture and type the text in")
	}
	// Its words go to a terminal and a page: one short line of plain text.
	said := strings.TrimSpace(complaints)
	if i := strings.LastIndexByte(said, '\n'); i >= 0 {
		said = said[i+1:]
	}
	said = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, said), "")
	if said != "" {
		err = fmt.Errorf("%w: it says %.200q", err, said)
	}
	return record.WithHint(fmt.Errorf("tesseract: %w", err),
		fmt.Sprintf("see whether `%s --list-langs` works, and whether %d MiB of memory are free", p.file, p.memory>>20))
}

// bounded keeps the first max bytes and calls full when more come. It embeds no
// bytes.Buffer: io.Copy would use that one's ReadFrom and so pass the limit by.
type bounded struct {
	b    []byte
	max  int
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.max-len(b.b))
	b.b = append(b.b, p[:n]...)
	if n < len(p) {
		b.full()
	}
	return len(p), nil // the rest is read and dropped, or a chatty program would hang
}
