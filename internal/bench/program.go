package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// handle is who signs in the cases made here.
const handle = "bench"

// prepare builds the program and measures the machine.
func (b *bench) prepare() error {
	b.program = b.path("dalil")
	build := exec.CommandContext(b.ctx, "go", "build", "-o", b.program, "dalil/cmd/dalil")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

// cost is what a run of a program cost.
type cost struct {
	wall time.Duration
	cpu  time.Duration
	rss  int64 // peak, bytes
}

func (c cost) String() string {
	text := fmt.Sprintf("%.2f s, %.2f s of processor time", c.wall.Seconds(), c.cpu.Seconds())
	if c.rss > 0 { // while a program runs it is not known
		text += fmt.Sprintf(", %d MB at most", c.rss/mega)
	}
	return text
}

// dalil runs the program. With a profile it writes a CPU profile there.
func (b *bench) dalil(profile string, args ...string) (cost, error) {
	cmd := exec.CommandContext(b.ctx, b.program, args...)
	cmd.Env = append(os.Environ(), "DALIL_CONFIG="+b.path("config"), "DALIL_HANDLE="+handle)
	if profile != "" {
		cmd.Env = append(cmd.Env, "DALIL_CPUPROFILE="+profile)
	}
	return measure(cmd)
}

func measure(cmd *exec.Cmd) (cost, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, stderr.String())
	}
	return costOf(cmd, start), nil
}

// costOf is what a program that has ended cost.
func costOf(cmd *exec.Cmd, start time.Time) cost {
	c := cost{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.rss = int64(u.Maxrss) << 10 // kilobytes on Linux
	}
	return c
}

// sha256Rate is what one core needs to hash files with Go's crypto/sha256,
// in bytes a second. The files are read once before, so that both this and
// what is held against it read from memory.
func sha256Rate(files []string) (float64, error) {
	var rate float64
	for range 2 {
		start, total := time.Now(), int64(0)
		buf := make([]byte, mega)
		for _, name := range files {
			f, err := os.Open(name)
			if err != nil {
				return 0, err
			}
			n, err := io.CopyBuffer(sha256.New(), struct{ io.Reader }{f}, buf)
			if err := errors.Join(err, f.Close()); err != nil {
				return 0, err
			}
			total += n
		}
		rate = float64(total) / time.Since(start).Seconds()
	}
	return rate, nil
}
