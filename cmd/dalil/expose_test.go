package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExposeCommands runs what doc/expose.md has a service manager run, so far as
// it can be run here: the program must take these flags, and refuse them without
// a password.
func TestExposeCommands(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "doc", "expose.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^ExecStart(Pre)?=/usr/local/bin/dalil (.*)$`).FindAllStringSubmatch(string(b), -1)
	if len(lines) != 2 {
		t.Fatalf("%d commands in the unit", len(lines))
	}
	dir := t.TempDir()
	run := func(stdin, line string) (string, error) {
		cmd := exec.Command("dalil", strings.Fields(line)...)
		cmd.Dir = dir
		cmd.Stdin = strings.NewReader(stdin)
		cmd.Env = append(os.Environ(), "DALIL_CONFIG="+filepath.Join(dir, "config"), "DALIL_CASE="+filepath.Join(dir, "case"), "DALIL_HANDLE=desk")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("", "init "+filepath.Join(dir, "case")); err != nil {
		t.Fatal(out, err)
	}
	serve := lines[1][2] + " --dry-run"
	if out, err := run("", serve); err == nil || !strings.Contains(out, "no password is set") {
		t.Errorf("without a password: %v %s", err, out)
	}
	if out, err := run("four words of a lamp\n", "password --stdin"); err != nil {
		t.Fatal(out, err)
	}
	for _, line := range []string{lines[0][2], serve} {
		if out, err := run("", line); err != nil {
			t.Errorf("%s: %v %s", line, err, out)
		}
	}
}
