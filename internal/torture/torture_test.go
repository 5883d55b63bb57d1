package torture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/custody"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/query"
	"dalil/internal/sample"
)

// program is the binary under test, built once by TestMain.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "dalil-torture-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "dalil")
	build := exec.Command("go", "build", "-o", program, "dalil/cmd/dalil")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		os.RemoveAll(dir)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// thorough says that all of it is to be done, not a sample.
func thorough() bool { return os.Getenv("DALIL_TORTURE") != "" }

// random returns a generator whose seed a failing test prints.
func random(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("DALIL_TORTURE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("DALIL_TORTURE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lab is a folder with keys, for one test.
type lab struct {
	t    *testing.T
	dir  string
	made pipelinetest.Maker
}

func newLab(t *testing.T) *lab {
	dir := t.TempDir()
	made, err := pipelinetest.NewMaker(filepath.Join(dir, "config"))
	must(t, err)
	return &lab{t: t, dir: dir, made: made}
}

func (l *lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

// answer is what one run of the program said before it ended or was ended.
type answer struct {
	code   int // -1 when a signal ended it
	lines  []line
	stderr string
}

// line is one whole NDJSON object of its output: an acknowledgement, if it is
// a receipt or a decision.
type line struct {
	Type       string
	ID         string
	OK         bool
	Identical  bool
	New        int64
	LeafLast   uint64 `json:"leaf_last"`
	Checkpoint string
	Problems   []custody.Problem
}

func (a answer) find(typ string) (line, bool) {
	for _, l := range a.lines {
		if l.Type == typ {
			return l, true
		}
	}
	return line{}, false
}

func (a answer) String() string { return fmt.Sprintf("exit %d, %v %s", a.code, a.lines, a.stderr) }

// run runs the program to its end.
func (l *lab) run(args ...string) answer { return l.runFor(context.Background(), args...) }

// runFor runs the program and kills it (SIGKILL) when ctx ends.
func (l *lab) runFor(ctx context.Context, args ...string) answer {
	return l.start(exec.CommandContext(ctx, program, args...))
}

func (l *lab) start(cmd *exec.Cmd) answer {
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	cmd.Env = append(os.Environ(), "DALIL_CONFIG="+l.path("config"), "DALIL_HANDLE="+pipelinetest.Handle)
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && cmd.ProcessState == nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return answer{code: -1} // killed before it began
		}
		l.t.Error(err)
		return answer{code: -1, stderr: err.Error()}
	}
	a := answer{code: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
	for text := out.Bytes(); ; {
		b, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return a // a line that was cut off acknowledges nothing
		}
		var x line
		if err := json.Unmarshal(b, &x); err != nil {
			l.t.Errorf("%v printed %q: %v", cmd.Args, b, err)
		}
		a.lines = append(a.lines, x)
		text = rest
	}
}

// ok runs the program and fails the test unless it ends with 0.
func (l *lab) ok(args ...string) answer {
	l.t.Helper()
	a := l.run(args...)
	if a.code != 0 {
		l.t.Fatalf("dalil %v: %v", args, a)
	}
	return a
}

// clean returns an error unless verify finds nothing wrong.
func (l *lab) clean(dir string, since string) error {
	args := []string{"verify", dir, "--json", "-q"}
	if since != "" {
		args = append(args, "--since", since)
	}
	if a := l.run(args...); a.code != 0 {
		return fmt.Errorf("verify: %v", a)
	}
	return nil
}

// logSize reads the size of a case's log off its checkpoint.
func logSize(dir string) (uint64, error) {
	b, err := os.ReadFile(filepath.Join(dir, "log", "checkpoint"))
	if err != nil {
		return 0, err
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 3 {
		return 0, fmt.Errorf("checkpoint %q", b)
	}
	return strconv.ParseUint(lines[1], 10, 64)
}

// contents is a digest over what a reader finds in a case: every statement in
// its newest version, whatever runs and entries it came by.
func (l *lab) contents(dir string) (digest string, err error) {
	ctx := context.Background()
	c, err := l.made.Open(ctx, dir, false)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	found, err := c.Catalog.Search(ctx, query.Query{}, catalog.Page{Limit: -1})
	if err != nil {
		return "", err
	}
	rows := make([]string, 0, len(found.Hits))
	for _, h := range found.Hits {
		rows = append(rows, fmt.Sprintf("%s %s v%d %d %d missing=%t %q", h.SourceName, h.ExternalID, h.Version, h.Posted.Seconds(), h.Edited.Seconds(), h.MissingFrom != 0, h.Text))
	}
	slices.Sort(rows)
	stats, err := c.Catalog.Stats(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join(rows, "\n")))
	return fmt.Sprintf("%d statements, %d versions, %d sources, %d gaps, %s", stats.Statements, stats.Versions, stats.Sources, stats.Gaps, hex.EncodeToString(sum[:8])), nil
}

// export writes a Telegram export with a folder of media beside it.
func (l *lab) export(dir string, opt sample.ExportOptions, files, fileSize int) string {
	l.t.Helper()
	must(l.t, os.MkdirAll(filepath.Join(dir, "photos"), 0o755))
	f, err := os.Create(filepath.Join(dir, "result.json"))
	must(l.t, err)
	_, err = sample.Export(f, opt)
	must(l.t, err)
	must(l.t, f.Close())
	rng := rand.NewChaCha8([32]byte{byte(opt.Seed), byte(opt.Messages)})
	for i := range files {
		b := make([]byte, fileSize)
		_, err := rng.Read(b)
		must(l.t, err)
		must(l.t, os.WriteFile(filepath.Join(dir, "photos", fmt.Sprintf("photo_%d.jpg", i)), b, 0o644))
	}
	return dir
}

// copyCase copies a folder.
func copyCase(from, to string) error {
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o600)
	})
}
