package ocr

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dalil/internal/assist"
	"dalil/internal/language"
	"dalil/internal/record"
)

// real returns the installed tesseract.
func real(t *testing.T) assist.Helper {
	t.Helper()
	h, err := Kind.Find(t.Context())
	if err != nil {
		const say = "this test needs tesseract; on Debian: apt-get install tesseract-ocr tesseract-ocr-ara tesseract-ocr-fas"
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s (%v)", say, err)
		}
		t.Skipf("%s (%v)", say, err)
	}
	return h
}

// grams counts the 5-character pieces of s as families compare them.
func grams(s string) map[string]int {
	r := []rune(language.Dup(s))
	m := map[string]int{}
	for i := 0; i+5 <= len(r); i++ {
		m[string(r[i:i+5])]++
	}
	return m
}

// overlap returns which part of the truth was read, and the Jaccard similarity.
func overlap(truth, got string) (recall, jaccard float64) {
	a, b := grams(truth), grams(got)
	both, all, mine := 0, 0, 0
	for g, n := range a {
		both += min(n, b[g])
		all += max(n, b[g])
		mine += n
	}
	for g, n := range b {
		if a[g] == 0 {
			all += n
		}
	}
	return float64(both) / float64(mine), float64(both) / float64(all)
}

// digits returns which part of the truth's digits was read, in their order
// (longest common subsequence).
func digits(truth, got string) (found, all int) {
	only := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, language.FoldDigits(s))
	}
	a, b := only(truth), only(got)
	row := make([]int, len(b)+1)
	for i := range len(a) {
		diag := 0
		for j := range len(b) {
			up := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diag + 1
			} else {
				row[j+1] = max(row[j], up)
			}
			diag = up
		}
	}
	return row[len(b)], len(a)
}

// TestReads: the pictures of testdata are pages of invented claims, photographed
// by chromium --headless --allow-file-access-from-files --screenshot and cut to
// 256 colours.
func TestReads(t *testing.T) {
	h := real(t)
	if !strings.Contains(h.Tool, " ara+fas") {
		t.Fatalf("%s: the models for Arabic and Persian are missing; %s", h.Tool, install)
	}
	names, err := filepath.Glob("testdata/*.png")
	if err != nil || len(names) < 3 {
		t.Fatalf("%d pictures, %v", len(names), err)
	}
	for _, name := range names {
		picture, truth := load(t, name), string(load(t, strings.TrimSuffix(name, "png")+"txt"))
		start := time.Now()
		got, err := h.Read(t.Context(), bytes.NewReader(picture))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		recall, jaccard := overlap(truth, got)
		found, all := digits(truth, got)
		t.Logf("%s: %s: recall %.2f, Jaccard %.2f, digits %d of %d, %v", h.Tool, name, recall, jaccard, found, all, time.Since(start).Round(10*time.Millisecond))
		if recall < .6 || jaccard < .6 {
			t.Errorf("%s: recall %.2f, Jaccard %.2f, want .6 at least:\n%s", name, recall, jaccard, got)
		}
		if !utf8.ValidString(got) || language.HasBidiControls(got) {
			t.Errorf("%s: not plain text: %q", name, got)
		}
	}
}

func load(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNothingToRead: pictures without text are no error and give none.
func TestNothingToRead(t *testing.T) {
	h := real(t)
	for _, size := range []image.Point{{1, 1}, {3, 1}, {16, 16}, {1, 5000}, {30_000, 20}, {600, 400}} {
		got, err := h.Read(t.Context(), bytes.NewReader(blank(t, size.X, size.Y)))
		if err != nil || got != "" {
			t.Errorf("%v: %q, %v", size, got, err)
		}
	}
}

func blank(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fake returns a helper whose tesseract is a shell script: body is what it does
// when asked for text. Its first words are what Find asks for.
func fake(t *testing.T, limit time.Duration, body string) assist.Helper {
	t.Helper()
	dir := t.TempDir()
	script := `#!/bin/sh
case $1 in
--version) echo "tesseract 9.9-fake"; exit;;
--list-langs) printf 'List of available languages in "/x" (4):\neng\nosd\nara\nscript/Arabic\n'; exit;;
esac
` + body
	if err := os.WriteFile(filepath.Join(dir, "tesseract"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	h, err := find(t.Context(), settings{path: dir + string(os.PathListSeparator) + "/usr/bin:/bin", models: "/models", limit: limit, memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if want := "tesseract 9.9-fake ara+eng"; h.Tool != want {
		t.Errorf("tool %q, want %q", h.Tool, want)
	}
	return h
}

func TestFake(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the fake tesseract is a shell script")
	}
	picture := blank(t, 20, 20)
	t.Setenv("DALIL_SECRET", "hunter2")
	long := 20 * time.Second
	for _, c := range []struct {
		name, body string
		limit      time.Duration
		want       string // text
		fails      string // part of the error
	}{
		{"text", `cat >/dev/null; echo " one  "; printf '\n\n| ~ _\n\ntwo\f'`, long, "one\n\ntwo", ""},
		{"arguments", `echo "$*"`, long, "stdin stdout -l ara+eng --psm 3", ""},
		{"png on standard input", `head -c 4 | tail -c 3`, long, "PNG", ""},
		{"environment", `env | grep -v -e ^PWD -e ^_ -e ^PATH -e ^SHLVL | sort`, long, "OMP_THREAD_LIMIT=1\nTESSDATA_PREFIX=/models", ""},
		{"empty folder", `ls | wc -l`, long, "0", ""},
		{"complaints are no text", `echo "Estimating resolution as 252" >&2`, long, "", ""},
		{"garbage", `printf 'a\377\376b\000\033[31mc\n\342\200\256d\342\200\214e\n'`, long, "a\uFFFDb[31mc\nd\u200ce", ""},
		{"non-zero exit", `printf 'x\nbad \033[1mmodel\n' >&2; exit 3`, long, "", `exit status 3: it says "bad [1mmodel"`},
		{"much to say and non-zero exit", `head -c 1000000 /dev/zero >&2; exit 1`, long, "", "exit status 1"},
		{"slow", `sleep 60`, 500 * time.Millisecond, "", "it took too long: more than 500ms"},
		{"slow child", `sleep 60 & sleep 60`, 500 * time.Millisecond, "", "it took too long"},
		{"deaf", `trap '' TERM INT PIPE HUP; while :; do sleep 1; done`, 500 * time.Millisecond, "", "it took too long"},
		{"child holds the pipe", `sleep 60 & echo text`, long, "", "WaitDelay"},
		{"huge output", `yes`, long, "", "it wrote too much: more than 1024 KiB"},
		{"huge output, deaf", `trap '' PIPE; while :; do head -c 65536 /dev/zero; done`, long, "", "it wrote too much"},
		// The limit is set on the process that runs already: wait for it.
		{"writes a file", `while [ "$(ulimit -f)" = unlimited ]; do :; done; head -c 100000 /dev/zero >file && echo written; rm -f file`, long, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "writes a file" && runtime.GOOS != "linux" {
				t.Skip("only Linux limits a process that runs")
			}
			h := fake(t, c.limit, c.body)
			start := time.Now()
			got, err := h.Read(t.Context(), bytes.NewReader(picture))
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("took %v", d)
			}
			if c.fails == "" {
				if err != nil || got != c.want {
					t.Errorf("%q, %v, want %q", got, err, c.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.fails) || got != "" {
				t.Errorf("%q, %v, want an error with %q", got, err, c.fails)
			}
			hinted(t, err)
			if errors.Is(err, record.ErrInvalid) {
				t.Errorf("%v: the picture is not at fault", err)
			}
		})
	}
}

// hinted fails when err does not say what to do.
func hinted(t *testing.T, err error) {
	t.Helper()
	var h *record.Hint
	if !errors.As(err, &h) || h.Do == "" {
		t.Errorf("%v: no remedy", err)
	}
}

// TestCancelled: when the caller gives up, the whole group is gone and the error
// is the caller's.
func TestCancelled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the fake tesseract is a shell script")
	}
	mark := filepath.Join(t.TempDir(), "pid")
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// The pid goes out as the name of a folder: files cannot be written.
	h := fake(t, time.Minute, `sleep 300 & mkdir `+mark+`-$!; wait`)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := h.Read(ctx, bytes.NewReader(blank(t, 20, 20)))
		done <- err
	}()
	var grandchild int
	for grandchild == 0 {
		time.Sleep(10 * time.Millisecond)
		if found, _ := filepath.Glob(mark + "-*"); found != nil {
			grandchild, _ = strconv.Atoi(found[0][len(mark)+1:])
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
	if runtime.GOOS == "linux" {
		for range 100 { // init may take a moment to collect it
			stat, err := os.ReadFile("/proc/" + strconv.Itoa(grandchild) + "/stat")
			if err != nil || strings.Contains(string(stat), ") Z ") {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("process %d still runs", grandchild)
	}
	if _, err := h.Read(ctx, bytes.NewReader(blank(t, 20, 20))); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
}

// TestMemory: a program that wants more than its limit ends with an error.
func TestMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux limits a process that runs")
	}
	real(t)
	file, err := exec.LookPath("tesseract")
	if err != nil {
		t.Fatal(err)
	}
	p := program{file, settings{os.Getenv("PATH"), os.Getenv("TESSDATA_PREFIX"), 30 * time.Second, 64 << 20}}
	out, err := p.run(t.Context(), load(t, "testdata/claim-ar.png"), "stdin", "stdout", "-l", "ara", "--psm", "3")
	if err == nil || len(out) > 0 {
		t.Errorf("%q, %v, want an error", out, err)
	}
	hinted(t, err)
}

func TestFind(t *testing.T) {
	script := func(body string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "tesseract"), []byte("#!/bin/sh\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Chdir(script(`echo tesseract 1`))
	for _, c := range []struct {
		name, path string
		notFound   bool
	}{
		{"nothing", t.TempDir(), true},
		{"empty path", "", true},
		{"working folder", ".", true},
		{"no version", script(`echo hello`), false},
		{"broken", script(`echo no libpng >&2; exit 127`), false},
		{"no models", script(`case $1 in --version) echo tesseract 5.3.0;; *) echo osd;; esac`), true},
	} {
		if runtime.GOOS == "windows" && !c.notFound {
			continue
		}
		h, err := find(t.Context(), settings{path: c.path, limit: 10 * time.Second, memory: 1 << 30})
		if err == nil || errors.Is(err, record.ErrNotFound) != c.notFound {
			t.Errorf("%s: %q, %v", c.name, h.Tool, err)
		}
		hinted(t, err)
	}
}

func TestTakes(t *testing.T) {
	for media, want := range map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true,
		"image/svg+xml": false, "image/tiff": false, "text/plain": false, "": false} {
		if got := Kind.Takes(media); got != want {
			t.Errorf("%q: %v", media, got)
		}
	}
}
