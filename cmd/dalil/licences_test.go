package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// TestLicences reads the licence of every module that is linked into the
// program. None may oblige the people who hand dalil on to more than naming
// its authors; doc/licences.md names them. DALIL_UPDATE=1 writes that file.
func TestLicences(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "dalil")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The program that is handed out counts, not this test's own dependencies.
	text, err := exec.Command("go", "version", "-m", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, mods, _ := strings.Cut(string(text), "\n")
	info, err := debug.ParseBuildInfo(strings.ReplaceAll(mods, "\n\t", "\n")[1:])
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) < 5 {
		t.Fatalf("only %d modules in the program", len(info.Deps))
	}
	var rows []string
	for _, m := range info.Deps {
		dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", m.Path).Output()
		if err != nil {
			t.Fatalf("%s: %v", m.Path, err)
		}
		names := licencesIn(t, string(bytes.TrimSpace(dir)))
		if len(names) == 0 {
			t.Errorf("%s %s: no licence found", m.Path, m.Version)
		}
		for _, n := range names {
			if strings.Contains(n, "GPL") || strings.HasPrefix(n, "unknown") {
				t.Errorf("%s %s: licence %s may not be linked in", m.Path, m.Version, n)
			}
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", m.Path, m.Version, strings.Join(names, ", ")))
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	std := licencesIn(t, string(bytes.TrimSpace(goroot)))
	if !slices.Equal(std, []string{"BSD-3-Clause"}) {
		t.Errorf("the standard library has the licences %v", std)
	}
	slices.Sort(rows)
	want := "# Licences\n\nOther people's code in the program, and its licences. Made by `make licences`; a test compares.\n\n" +
		"| module | version | licence |\n|---|---|---|\n| the Go standard library |  | BSD-3-Clause |\n" + strings.Join(rows, "\n") + "\n"
	file := filepath.Join("..", "..", "doc", "licences.md")
	if os.Getenv("DALIL_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("doc/licences.md is not of today: run make licences")
	}
}

// licencesIn names the licences of the files at the top of a module.
func licencesIn(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		if e.IsDir() || !regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)`).MatchString(e.Name()) {
			continue
		}
		// Not licences: the address of a logo; an inventory of other modules'
		// licences, which are looked at where those modules are.
		if strings.HasSuffix(e.Name(), "-LOGO") || strings.Contains(e.Name(), "3RD-PARTY") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, licenceOf(string(b), e.Name()))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// licenceOf recognises a licence by its own words.
func licenceOf(text, name string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	has := func(s string) bool { return strings.Contains(text, s) }
	switch {
	case has("mozilla public license"): // its text names the GNU licences
		return "MPL-2.0"
	case has("gnu affero general public license"):
		return "AGPL"
	case has("gnu lesser general public license"), has("gnu library general public license"):
		return "LGPL"
	case has("gnu general public license"):
		return "GPL"
	case has("apache license") && has("version 2.0"):
		return "Apache-2.0"
	case has("permission is hereby granted, free of charge"):
		return "MIT"
	case has("permission to use, copy, modify, and"), has("permission to use, copy, modify, and/or distribute"):
		return "ISC"
	case has("redistributions of source code must retain") && (has("neither the name") || has("names of its contributors") || has("name of the copyright holder")):
		return "BSD-3-Clause"
	case has("redistributions of source code must retain"):
		return "BSD-2-Clause"
	case has("in the public domain"), has("public domain and"):
		return "public domain"
	case has("cc0 1.0"):
		return "CC0-1.0"
	}
	return "unknown (" + name + ")"
}
