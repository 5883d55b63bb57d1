package disk

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dalil/internal/archive"
	"dalil/internal/archive/archivetest"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// The tests of this file run themselves as a process that appends batches and
// prints what was acknowledged, and stop it at any moment.

const (
	appenderDir     = "DALIL_TEST_APPENDER"
	appenderBatches = "DALIL_TEST_BATCHES"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(appenderDir); dir != "" {
		batches, err := strconv.Atoi(os.Getenv(appenderBatches))
		if err == nil {
			err = appender(dir, batches)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// batchOf returns the entries that follow the first size ones, and a file. All
// of it is a function of size, so that what was acknowledged can be compared.
func batchOf(size uint64) (entries []archive.Entry, file []byte) {
	rng := rand.New(rand.NewPCG(size, 7))
	file = bytes.Repeat([]byte{byte(size)}, 1+rng.IntN(3000))
	file = append(file, strconv.FormatUint(size, 10)...)
	capture := record.NewLeaf(record.LeafCapture, 1)
	capture.Blob, capture.Size = record.DigestOf(file), int64(len(file))
	entries = append(entries, seal(capture, size, []byte(`{"path":"a"}`)))
	for i := range 1 + rng.IntN(150) {
		l := record.NewLeaf(record.LeafStatement, 1)
		l.ID, l.Capture, l.Length = strconv.Itoa(i), size, int64(len(file))
		entries = append(entries, seal(l, size, file))
	}
	return entries, file
}

// seal commits an entry to a message under a salt made from size.
func seal(l record.Leaf, size uint64, message []byte) archive.Entry {
	salt := record.DigestOf(strconv.AppendUint(nil, size, 10))
	l.Commit = custody.Commit(salt[:], message)
	e := archive.Entry{Salt: salt[:]}
	if l.Kind != record.LeafStatement {
		e.Body = message
	}
	e.Leaf = l.Append(nil)
	return e
}

// appender appends batches and prints the size of the log when each has been
// acknowledged.
func appender(dir string, batches int) error {
	s, vkey, err := testSigner()
	if err != nil {
		return err
	}
	a, err := Open(dir, Options{Write: true, Signer: s})
	if errors.Is(err, record.ErrNotFound) || errors.Is(err, record.ErrAltered) && unborn(dir) {
		a, err = Create(dir, origin, s, vkey)
	}
	if err != nil {
		return err
	}
	for range batches {
		entries, file := batchOf(a.Size())
		if _, _, err := a.Put(context.Background(), bytes.NewReader(file)); err != nil {
			return err
		}
		if _, err := a.Append(context.Background(), entries); err != nil {
			return err
		}
		fmt.Println(a.Size())
	}
	return a.Close()
}

// unborn reports whether the making of an archive was interrupted.
func unborn(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "log", "checkpoint"))
	return errors.Is(err, os.ErrNotExist)
}

// run starts an appender and returns the last size it acknowledged.
func run(cmd *exec.Cmd, dir string, batches int) (acked uint64, err error) {
	cmd.Env = append(os.Environ(), appenderDir+"="+dir, appenderBatches+"="+strconv.Itoa(batches))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if acked, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			return 0, fmt.Errorf("appender printed %q", lines.Text())
		}
	}
	if err := cmd.Wait(); err != nil {
		return acked, fmt.Errorf("%w: %s", err, stderr.Bytes())
	}
	return acked, nil
}

// survived checks what an interrupted appender left: verify finds no damage,
// everything acknowledged is there, and the archive opens.
func survived(dir string, acked uint64) error {
	ctx := context.Background()
	if err := harmless(dir); err != nil {
		return fmt.Errorf("before opening: %w", err)
	}
	s, vkey, err := testSigner()
	if err != nil {
		return err
	}
	a, err := Open(dir, Options{Write: true, Signer: s})
	if acked == 0 && unborn(dir) {
		a, err = Create(dir, origin, s, vkey)
	}
	if err != nil {
		return fmt.Errorf("it does not open: %w", err)
	}
	defer a.Close()
	if a.Size() < acked {
		return fmt.Errorf("%d entries were acknowledged, %d are there", acked, a.Size())
	}
	for at := uint64(0); at < a.Size(); {
		entries, file := batchOf(at)
		i := at
		for leaf, err := range a.Leaves(ctx, at, at+uint64(len(entries))) {
			if err != nil || !bytes.Equal(leaf, entries[i-at].Leaf) {
				return fmt.Errorf("entry %d is not the one that was appended: %v", i, err)
			}
			i++
		}
		b, err := a.Open(ctx, record.DigestOf(file))
		if err != nil {
			return err
		}
		data := make([]byte, b.Size())
		if _, err := b.ReadAt(data, 0); err != nil || !bytes.Equal(data, file) {
			return fmt.Errorf("the file of entry %d is not the one that was put: %v", at, err)
		}
		if err := b.Close(); err != nil {
			return err
		}
		at += uint64(len(entries))
	}
	if err := harmless(dir); err != nil {
		return fmt.Errorf("after opening: %w", err)
	}
	return a.Close()
}

// harmless verifies an archive. Its entries are no whole case's: that the
// person's entries are missing is not looked at.
func harmless(dir string) error {
	r, err := custody.Verify(context.Background(), Evidence(dir), custody.Options{Workers: 1})
	if err != nil {
		return err
	}
	for _, p := range r.Problems {
		return fmt.Errorf("verify: %s: %s", p.Where, p.What)
	}
	return nil
}

// TestKill stops appenders with SIGKILL at random moments.
func TestKill(t *testing.T) {
	kills := 100
	switch {
	case os.Getenv("DALIL_TORTURE") != "":
		kills = 1000
	case testing.Short(): // under the race detector
		kills = 30
	}
	exe, err := os.Executable()
	must(t, err)
	var next atomic.Int64
	var total atomic.Uint64
	var wg sync.WaitGroup
	for w := range 2 * runtime.GOMAXPROCS(0) {
		rng := rand.New(rand.NewPCG(uint64(w), 11))
		dir := filepath.Join(t.TempDir(), "case")
		wg.Go(func() {
			var acked uint64
			window := 60_000 // microseconds in which the appender is killed
			for n := 0; next.Add(1) <= int64(kills); n++ {
				if n%10 == 9 { // begin anew, so that making an archive is interrupted, too
					if err := os.RemoveAll(dir); err != nil {
						t.Error(err)
						return
					}
					acked = 0
				}
				ctx, stop := context.WithTimeout(context.Background(), time.Duration(rng.IntN(window))*time.Microsecond)
				got, err := run(exec.CommandContext(ctx, exe), dir, 1000)
				stop()
				if err != nil && ctx.Err() == nil {
					t.Errorf("the appender failed on its own: %v", err)
					return
				}
				acked = max(acked, got)
				if total.Add(got); got == 0 && window < 4_000_000 {
					window *= 2 // a slow machine needs longer to come to anything
				} else if got > 0 {
					window = max(60_000, window/2)
				}
				if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) && acked == 0 {
					continue // killed before it made anything
				}
				if err := survived(dir, acked); err != nil {
					t.Errorf("killed, %d entries acknowledged: %v", acked, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if total.Load() == 0 {
		t.Error("no appender came to acknowledge anything")
	}
}

// injectable are the system calls that are made to fail.
const injectable = "openat,mkdirat,renameat,fsync,ftruncate,write,pwrite64,unlinkat,close,flock"

// TestInject makes file system calls fail, or kills the appender in them.
func TestInject(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is needed to make system calls fail: install it (apt-get install strace, dnf install strace)")
	}
	if runtime.GOOS != "linux" {
		t.Fatal("strace works on Linux only: run this test there")
	}
	exe, err := os.Executable()
	must(t, err)
	const batches = 3
	count := func() map[string]int {
		dir := filepath.Join(t.TempDir(), "case")
		out := filepath.Join(t.TempDir(), "trace")
		_, err := run(exec.Command(strace, "-f", "-o", out, "-e", "trace="+injectable, exe), dir, batches)
		must(t, err)
		text, err := os.ReadFile(out)
		must(t, err)
		// strace counts the calls of each thread by itself, so the most any
		// thread made is how far counting leads.
		calls, threads := map[string]int{}, map[string]int{}
		for _, m := range regexp.MustCompile(`(?m)^(\d+) +(\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			threads[m[1]+m[2]]++
			calls[m[2]] = max(calls[m[2]], threads[m[1]+m[2]])
		}
		return calls
	}()
	type shot struct {
		call, what string
		when       int
	}
	var shots []shot
	for call, n := range count {
		for when := 1; when <= n; when++ {
			for _, what := range []string{"error=EIO", "error=ENOSPC", "signal=KILL"} {
				shots = append(shots, shot{call, what, when})
			}
		}
	}
	rng := rand.New(rand.NewPCG(uint64(os.Getpid()), 13))
	rng.Shuffle(len(shots), func(i, j int) { shots[i], shots[j] = shots[j], shots[i] })
	t.Logf("%d possible injections: %v", len(shots), count)
	if os.Getenv("DALIL_TORTURE") == "" {
		shots = shots[:min(40, len(shots))]
	}
	var hit atomic.Int64
	var wg sync.WaitGroup
	work := make(chan shot)
	for range 2 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for s := range work {
				dir := filepath.Join(t.TempDir(), "case")
				inject := fmt.Sprintf("inject=%s:%s:when=%d", s.call, s.what, s.when)
				cmd := exec.Command(strace, "-f", "-o", os.DevNull, "-e", "trace="+s.call, "-e", inject, exe)
				acked, err := run(cmd, dir, batches)
				if err != nil {
					hit.Add(1)
				}
				if _, serr := os.Stat(dir); errors.Is(serr, os.ErrNotExist) && acked == 0 {
					continue
				}
				if serr := survived(dir, acked); serr != nil {
					t.Errorf("%s (%v), %d entries acknowledged: %v", inject, err, acked, serr)
				}
			}
		})
	}
	for _, s := range shots {
		work <- s
	}
	close(work)
	wg.Wait()
	t.Logf("%d of %d stopped the appender", hit.Load(), len(shots))
	if hit.Load() == 0 {
		t.Error("no injected failure had an effect")
	}
}

// TestStorageFailureIsFinal sees that nothing is written or acknowledged after
// storage failed once, and that the archive opens again.
func TestStorageFailureIsFinal(t *testing.T) {
	dir := newDir(t)
	a := openForWriting(t, dir)
	ctx := context.Background()
	_, err := a.Append(ctx, []archive.Entry{archivetest.Bare(0)})
	must(t, err)
	// A folder where the checkpoint's temporary file should be.
	blocker := filepath.Join(dir, "log", "checkpoint.tmp")
	must(t, os.MkdirAll(filepath.Join(blocker, "x"), 0o700))
	if _, err := a.Append(ctx, []archive.Entry{archivetest.Bare(1)}); err == nil {
		t.Fatal("acknowledged without a checkpoint")
	}
	must(t, os.RemoveAll(blocker))
	if _, err := a.Append(ctx, []archive.Entry{archivetest.Bare(1)}); err == nil || !strings.Contains(err.Error(), "storage") {
		t.Fatalf("storage that failed was trusted again: %v", err)
	}
	if _, _, err := a.Put(ctx, strings.NewReader("x")); err == nil {
		t.Error("storage that failed takes evidence")
	}
	if a.Size() != 1 {
		t.Errorf("%d entries, want 1", a.Size())
	}
	must(t, a.Close())
	a = openForWriting(t, dir)
	if a.Size() != 1 {
		t.Errorf("%d entries, want 1", a.Size())
	}
	_, err = a.Append(ctx, []archive.Entry{archivetest.Bare(1)})
	must(t, err)
}
