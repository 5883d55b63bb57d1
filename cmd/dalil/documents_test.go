package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocuments runs every command in README.md, CONTRIBUTING.md and doc/ as a
// reader would: each document in a shell of its own, in a folder that looks
// like the repository, its commands one after the other.
//
// In a ```console block, "$ " begins a command and the lines below are what it
// prints. Ids, digests, times and sizes differ from run to run and are not
// compared; a line that is "…" stands for any number of lines. An id that a
// command mentions is the one that was printed in its place before. In a ```sh
// block every line is a command whose output is not shown.
//
// DALIL_UPDATE=1 writes what was printed into the documents.
func TestDocuments(t *testing.T) {
	repo, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(repo, "doc", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob(filepath.Join(repo, "doc", "decisions", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(append(files, decisions...), filepath.Join(repo, "README.md"), filepath.Join(repo, "CONTRIBUTING.md"))
	ran := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc := splitDocument(string(b))
		if !doc.commands() {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			ran += doc.run(t, repo)
			if now := doc.String(); os.Getenv("DALIL_UPDATE") != "" && now != string(b) {
				if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if ran < 20 {
		t.Errorf("only %d commands found in the documents", ran)
	}
}

// A document is text with blocks of commands in it.
type document []*piece

type piece struct {
	text     string   // of what is not a command: lines with their ends
	kind     string   // "console", "sh": a command
	command  string   // as written, without "$ "
	expected []string // lines
}

func splitDocument(s string) document {
	var d document
	kind := ""
	plain := func(line string) {
		if n := len(d); n == 0 || d[n-1].kind != "" {
			d = append(d, &piece{})
		}
		d[len(d)-1].text += line + "\n"
	}
	for _, line := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
		switch {
		case line == "```console" || line == "```sh":
			plain(line)
			kind = line[3:]
		case line == "```":
			plain(line)
			kind = ""
		case kind == "console" && strings.HasPrefix(line, "$ "):
			d = append(d, &piece{kind: kind, command: line[2:]})
		case kind == "console" && len(d) > 0 && d[len(d)-1].kind == kind:
			d[len(d)-1].expected = append(d[len(d)-1].expected, line)
		case kind == "sh" && line != "":
			d = append(d, &piece{kind: kind, command: line})
		default:
			plain(line)
		}
	}
	return d
}

func (d document) commands() bool {
	for _, p := range d {
		if p.kind != "" {
			return true
		}
	}
	return false
}

func (d document) String() string {
	var b strings.Builder
	for _, p := range d {
		switch p.kind {
		case "console":
			b.WriteString("$ " + p.command + "\n")
			for _, l := range p.expected {
				b.WriteString(l + "\n")
			}
		case "sh":
			b.WriteString(p.command + "\n")
		default:
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// stands replaces what cannot be run inside of a test, or would never end, by
// the nearest thing that can.
func stands(command, repo string) string {
	command, _, _ = strings.Cut(command, "  #")
	command = strings.TrimSpace(command)
	switch {
	case strings.HasPrefix(command, "make "): // this very test is part of it; the target must be there
		return "make -n -C '" + repo + "' " + strings.TrimPrefix(command, "make ") + " >/dev/null"
	case strings.HasPrefix(command, "go run ./cmd/dalil demo"): // demo.txtar runs it with its pages
		return "dalil demo --no-serve >/dev/null"
	case strings.HasPrefix(command, "go test "), strings.HasPrefix(command, "go run "): // the packages must be there
		return "cd '" + repo + "' && go vet " + regexp.MustCompile(`\./\S+`).FindString(command)
	case regexp.MustCompile(`^dalil (--case \S+ )?serve$`).MatchString(command): // serve.txtar runs it
		return command + " --help >/dev/null"
	}
	return command
}

var (
	anID     = regexp.MustCompile(`\b[SCKGDRLYJU]-[0-9A-HJKMNP-TV-Z]{7}\b`)
	variable = []struct {
		what *regexp.Regexp
		as   string
	}{
		{anID, "ID"},
		{regexp.MustCompile(`person-[0-9A-HJKMNP-TV-Z]{7}`), "PERSON"},
		{regexp.MustCompile(`\b[0-9a-f]{16,64}\b`), "HEX"},
		{regexp.MustCompile(`\+[0-9a-f]{8}\b`), "+HEX"},
		{regexp.MustCompile(`[A-Za-z0-9+/]{40,}={0,2}`), "BASE64"},
		{regexp.MustCompile(`20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?`), "TIME"},
		{regexp.MustCompile(`\b\d+(\.\d)? ([KMG]i)?(B|bytes)\b`), "SIZE"},
	}
)

// settled is a line without what differs from run to run.
func settled(line string) string {
	for _, v := range variable {
		line = v.what.ReplaceAllString(line, v.as)
	}
	return strings.TrimRight(line, " ")
}

func (d document) run(t *testing.T, repo string) int {
	home := t.TempDir()
	if err := os.CopyFS(filepath.Join(home, "doc"), os.DirFS(filepath.Join(repo, "doc"))); err != nil {
		t.Fatal(err)
	}
	sh := newShell(t, home)
	update := os.Getenv("DALIL_UPDATE") != ""
	ids := map[string]string{}    // printed in the document → printed now
	newest := map[string]string{} // kind → id printed last
	n := 0
	for _, p := range d {
		if p.kind == "" {
			continue
		}
		n++
		actual := anID.ReplaceAllStringFunc(p.command, func(id string) string {
			if now, ok := ids[id]; ok {
				return now
			}
			if now, ok := newest[id[:1]]; ok && update {
				return now
			}
			return id
		})
		out, code := sh.run(t, stands(actual, repo))
		out = strings.ReplaceAll(out, home, "/home/mk")
		if code != 0 && !strings.Contains(p.command, "# exit code") {
			t.Fatalf("$ %s\nexit code %d\n%s", p.command, code, out)
		}
		if p.kind == "sh" {
			continue
		}
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if out == "" {
			lines = nil
		}
		for _, l := range lines {
			for _, id := range anID.FindAllString(l, -1) {
				newest[id[:1]] = id
			}
		}
		now, diff := compareLines(p.expected, lines, ids)
		switch {
		case update && diff != "":
			p.command, p.expected = actual, lines
		case update:
			p.command, p.expected = actual, now
		case diff != "":
			t.Errorf("$ %s\n%s\nall of it:\n%s", p.command, diff, out)
		}
	}
	return n
}

// compareLines holds printed lines against expected ones and learns which id
// stands for which. It returns the expected lines as they were printed now.
func compareLines(expected, printed []string, ids map[string]string) (now []string, diff string) {
	i := 0
	for k := 0; k < len(expected); k++ {
		if strings.TrimSpace(expected[k]) == "…" {
			now = append(now, expected[k])
			if k+1 == len(expected) {
				return now, ""
			}
			for i < len(printed) && settled(printed[i]) != settled(expected[k+1]) {
				i++
			}
			continue
		}
		if i == len(printed) {
			return nil, fmt.Sprintf("not printed: %s", expected[k])
		}
		if settled(expected[k]) != settled(printed[i]) {
			return nil, fmt.Sprintf("document: %s\nprinted:  %s", expected[k], printed[i])
		}
		printedIDs := anID.FindAllString(printed[i], -1)
		for j, id := range anID.FindAllString(expected[k], -1) {
			ids[id] = printedIDs[j]
		}
		now = append(now, printed[i])
		i++
	}
	if i < len(printed) {
		return nil, fmt.Sprintf("printed beyond what the document shows: %s", printed[i])
	}
	return now, ""
}

// A shell runs one command after the other in one place.
type shell struct {
	in  io.Writer
	out *bufio.Reader
}

func newShell(t *testing.T, home string) *shell {
	t.Helper()
	cmd := exec.Command("sh")
	cmd.Dir = home
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DALIL_") && !strings.HasPrefix(v, "HOME=") && !strings.HasPrefix(v, "XDG_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "HOME="+home, "DALIL_HANDLE=mk", "LC_ALL=C.UTF-8", "GOCACHE="+goenv(t, "GOCACHE"), "GOMODCACHE="+goenv(t, "GOMODCACHE"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() //nolint:errcheck // the shell's own exit code is its last command's
	})
	return &shell{in: in, out: bufio.NewReader(out)}
}

func goenv(t *testing.T, name string) string {
	t.Helper()
	b, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(b))
}

const marker = "\x1e" // no command prints it

// run runs a command and returns what it printed, errors included, and its
// exit code.
func (s *shell) run(t *testing.T, command string) (string, int) {
	t.Helper()
	fmt.Fprintf(s.in, "{ %s\n} </dev/null 2>&1; printf '\\036%%d\\036' $?\n", command)
	out, err := s.out.ReadString(marker[0])
	if err != nil {
		t.Fatalf("%s: the shell ended: %v", command, err)
	}
	status, err := s.out.ReadString(marker[0])
	if err != nil {
		t.Fatalf("%s: the shell ended: %v", command, err)
	}
	code := 0
	fmt.Sscanf(status, "%d", &code)
	return strings.TrimSuffix(out, marker), code
}
