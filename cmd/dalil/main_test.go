package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"dalil/internal/custody"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"dalil": main})
}

// TestScripts runs every command as its users do: testdata/script has a file
// for each. Beside testscript's own commands these know:
//
//	exits CODE dalil …    run, and end with this very exit code
//	object TYPE [k=v …]   standard output has a JSON object of this type with these members; k alone: it is there
//	let VAR TYPE KEY      put a member of the first such object into a variable
//	count N TYPE          standard output has so many objects of this type
//	start TYPE dalil …    run in the background until it prints an object of this type; $URL is its url
//	fill FILE LINE COL X  write a cell of a sheet, and save it with semicolons
//	interrupt CODE        press Ctrl+C in what was started, which ends with this exit code
//	site DIR              answer as every web site, through the proxy $PROXY, with DIR/HOST/PATH
//	get URL               fetch a page; its status and body are the standard output
//	post URL [k=v …]      send a form and follow where it leads, with the cookies that came before
//	lock DIR              hold the lock of a case until the script ends
//	flip FILE OFFSET      change one bit of the byte there; negative counts from the end
//	damage GLOB           change one bit in the middle of the first file that fits
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("DALIL_CONFIG", filepath.Join(e.WorkDir, "keys"))
			e.Setenv("DALIL_HANDLE", "mk")
			e.Values[background{}] = new(started)
			jar, err := cookiejar.New(nil)
			e.Values[reader{}] = &http.Client{Jar: jar}
			if err != nil {
				return err
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "object": object, "let": let, "count": countObjects, "start": start,
			"interrupt": interrupt, "site": site, "get": get, "post": post, "lock": lock, "flip": flip, "damage": damage, "translator": translator, "fill": fillIn,
		},
	})
}

// TestEveryCommandHasAScript asks the program for its commands.
func TestEveryCommandHasAScript(t *testing.T) {
	verbs := commandsAndFlags(t)
	if len(verbs) < 19 {
		t.Fatalf("only %d commands", len(verbs))
	}
	for verb := range verbs {
		if _, err := os.Stat(filepath.Join("testdata", "script", verb+".txtar")); err != nil {
			t.Errorf("no script for %s: %v", verb, err)
		}
	}
}

// commandsAndFlags reads the commands and their flags out of the completion
// script, which is made of the same declarations as the command line itself.
func commandsAndFlags(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("dalil", "completion", "fish").Output()
	if err != nil {
		t.Fatal(err)
	}
	verbs := map[string][]string{}
	for _, line := range strings.Split(string(out), "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) > 6 && f[4] == "__fish_use_subcommand":
			verbs[f[6]] = nil
		case len(f) == 8 && f[6] == "-l":
			verb := strings.TrimSuffix(f[5], "'")
			verbs[verb] = append(verbs[verb], f[7])
		}
	}
	return verbs
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// objects reads the NDJSON on standard output. A line that is no object breaks
// the contract.
func objects(ts *testscript.TestScript, typ string) []map[string]any {
	var all []map[string]any
	for _, line := range strings.Split(ts.ReadFile("stdout"), "\n") {
		if line == "" {
			continue
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			ts.Fatalf("standard output has a line that is no JSON object: %q", line)
		}
		if m["type"] == typ {
			all = append(all, m)
		}
	}
	return all
}

// member returns the member of m at a path like "receipt.read".
func member(m map[string]any, path string) (string, bool) {
	var v any = m
	for _, key := range strings.Split(path, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return "", false
		}
		if v, ok = object[key]; !ok {
			return "", false
		}
	}
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	b, err := json.Marshal(v)
	return string(b), err == nil
}

func object(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: object TYPE [member[=value] …]")
	}
	all := objects(ts, args[0])
	found := slices.ContainsFunc(all, func(m map[string]any) bool {
		for _, a := range args[1:] {
			key, want, compare := strings.Cut(a, "=")
			if got, ok := member(m, key); !ok || compare && got != want {
				return false
			}
		}
		return true
	})
	if found == neg {
		ts.Fatalf("%d objects of type %s on standard output; one with %q: %v", len(all), args[0], args[1:], found)
	}
}

func countObjects(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: count N TYPE")
	}
	if got := strconv.Itoa(len(objects(ts, args[1]))); got != args[0] {
		ts.Fatalf("%s objects of type %s, want %s", got, args[1], args[0])
	}
}

func let(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: let VAR TYPE MEMBER")
	}
	for _, m := range objects(ts, args[1]) {
		if v, ok := member(m, args[2]); ok {
			ts.Setenv(args[0], v)
			return
		}
	}
	ts.Fatalf("no object of type %s with a member %s", args[1], args[2])
}

// started is the command a script has in the background: one at a time.
type started struct {
	cmd  *exec.Cmd
	rest chan struct{} // closed when its standard output ended
}

// background is the key of a script's *started.
type background struct{}

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start TYPE dalil …")
	}
	program, err := exec.LookPath(args[1])
	ts.Check(err)
	cmd := exec.Command(program, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, v := range []string{"PATH", "HOME", "TMPDIR", "DALIL_CONFIG", "DALIL_HANDLE", "WORK"} {
		cmd.Env = append(cmd.Env, v+"="+ts.Getenv(v))
	}
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		cmd.Wait()         //nolint:errcheck // killed
	})
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m map[string]any
		if json.Unmarshal(lines.Bytes(), &m) != nil || m["type"] != args[0] {
			continue
		}
		if url, ok := m["url"].(string); ok {
			ts.Setenv("URL", strings.TrimSuffix(url, "/"))
		}
		s := ts.Value(background{}).(*started)
		*s = started{cmd: cmd, rest: make(chan struct{})}
		go func() {
			io.Copy(io.Discard, out) //nolint:errcheck // so that it never waits for a reader
			close(s.rest)
		}()
		return
	}
	ts.Fatalf("%s ended without an object of type %s: %s", strings.Join(args[1:], " "), args[0], complaints.String())
}

func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: interrupt CODE")
	}
	s := ts.Value(background{}).(*started)
	if s.cmd == nil {
		ts.Fatalf("nothing was started")
	}
	ts.Check(s.cmd.Process.Signal(os.Interrupt))
	<-s.rest
	code := 0
	var exit *exec.ExitError
	if err := s.cmd.Wait(); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d after an interrupt, want %s", code, args[0])
	}
}

// site is an HTTP proxy that goes nowhere: it answers itself, for any host, with
// files. So a script can capture pages and make no connection but to this
// machine, through nothing but what users have too.
func site(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: site DIR")
	}
	dir := os.DirFS(ts.MkAbs(args[0]))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "Mon, 03 Mar 2025 10:00:00 GMT")
		b, err := fs.ReadFile(dir, strings.TrimSuffix(r.URL.Host+r.URL.Path, "/"))
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Write(b) //nolint:errcheck // the script sees what came
	}))
	ts.Defer(srv.Close)
	ts.Setenv("PROXY", srv.URL)
}

func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: get URL")
	}
	res, err := ts.Value(reader{}).(*http.Client).Get(args[0])
	ts.Check(err)
	tell(ts, res)
}

func post(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: post URL [key=value …]")
	}
	form := url.Values{}
	for _, a := range args[1:] {
		k, v, _ := strings.Cut(a, "=")
		form.Add(k, v)
	}
	res, err := ts.Value(reader{}).(*http.Client).PostForm(args[0], form)
	ts.Check(err)
	tell(ts, res)
}

// reader is the key of a script's client, which keeps cookies.
type reader struct{}

func tell(ts *testscript.TestScript, res *http.Response) {
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", res.Status)
	for _, h := range []string{"Content-Security-Policy", "Content-Type"} {
		fmt.Fprintf(ts.Stdout(), "%s: %s\n", h, res.Header.Get(h))
	}
	fmt.Fprintf(ts.Stdout(), "\n%s", body)
}

// translator starts a translation program on this machine, which knows one word
// of Arabic, and puts its address into $TRANSLATOR.
func translator(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: translator")
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/spec" {
			io.WriteString(w, `{"info":{"title":"Tarjuman","version":"2.1"}}`) //nolint:errcheck // the asker has gone
			return
		}
		var q struct{ Q, Source, Target string }
		json.NewDecoder(r.Body).Decode(&q) //nolint:errcheck // then it is empty
		answer := map[string]string{"translatedText": "[" + q.Source + ">" + q.Target + "] " + strings.ReplaceAll(q.Q, "الكهف", "the cave\x1b[2J<b>")}
		if q.Target == "tlh" {
			w.WriteHeader(http.StatusBadRequest)
			answer = map[string]string{"error": "tlh is not supported"}
		}
		json.NewEncoder(w).Encode(answer) //nolint:errcheck // the asker has gone
	}))
	ts.Defer(s.Close)
	ts.Setenv("TRANSLATOR", s.URL)
}

func lock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lock DIR")
	}
	keys, err := custody.OpenKeys(ts.Getenv("DALIL_CONFIG"))
	ts.Check(err)
	a, err := openArchive(ts.MkAbs(args[0]), true, keys)
	ts.Check(err)
	ts.Defer(func() { a.Close() })
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE OFFSET")
	}
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	flipBit(ts, ts.MkAbs(args[0]), func(n int) int {
		if at < 0 {
			return n + at
		}
		return at
	})
}

// fillIn writes a cell of a sheet as somebody would with a spreadsheet that saves
// with semicolons: fill FILE LINE COLUMN TEXT.
func fillIn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: fill FILE LINE COLUMN TEXT")
	}
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	text := strings.TrimPrefix(string(b), "\ufeff")
	r := csv.NewReader(strings.NewReader(text))
	if head, _, _ := strings.Cut(text, "\n"); strings.Contains(head, ";") {
		r.Comma = ';'
	}
	rows, err := r.ReadAll()
	ts.Check(err)
	line, err := strconv.Atoi(args[1])
	ts.Check(err)
	column := slices.Index(rows[0], args[2])
	if column < 0 || line > len(rows) {
		ts.Fatalf("no column %s in line %d", args[2], line)
	}
	rows[line-1][column] = args[3]
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	w.Comma, w.UseCRLF = ';', true
	ts.Check(w.WriteAll(rows))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}

func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage GLOB")
	}
	files, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("no file fits %s", args[0])
	}
	flipBit(ts, files[0], func(n int) int { return n / 2 })
}

func flipBit(ts *testscript.TestScript, file string, where func(size int) int) {
	b, err := os.ReadFile(file)
	ts.Check(err)
	b[where(len(b))] ^= 1
	ts.Check(os.Chmod(file, 0o600))
	ts.Check(os.WriteFile(file, b, 0o600))
}
