package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// section returns what stands under "## name" of a document.
func section(doc, name string) (string, bool) {
	_, rest, ok := strings.Cut(doc, "\n## "+name+"\n")
	text, _, _ := strings.Cut(rest, "\n## ")
	return text, ok
}

func readContract(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "doc", "cli.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestContractCommands: doc/cli.md tells of every command and flag, and of no
// other.
func TestContractCommands(t *testing.T) {
	doc := readContract(t)
	verbs := commandsAndFlags(t)
	everywhere := []string{"help", "case", "json", "quiet", "version"}
	head, _, _ := strings.Cut(doc, "\n## ")
	for _, f := range everywhere {
		if !strings.Contains(head, "`--"+f) {
			t.Errorf("doc/cli.md does not tell of --%s before its first section", f)
		}
	}
	flag := regexp.MustCompile("--([a-z][a-z-]+)")
	sessions := regexp.MustCompile("(?s)```.*?```") // other commands may stand there
	for verb, flags := range verbs {
		text, ok := section(doc, verb)
		if !ok {
			t.Errorf("doc/cli.md has no section %s", verb)
			continue
		}
		told := map[string]bool{}
		for _, m := range flag.FindAllStringSubmatch(sessions.ReplaceAllString(text, ""), -1) {
			told[m[1]] = true
		}
		for _, f := range flags {
			if !told[f] && !slices.Contains(everywhere, f) {
				t.Errorf("doc/cli.md, %s: does not tell of --%s", verb, f)
			}
			delete(told, f)
		}
		for f := range told {
			if !slices.Contains(everywhere, f) {
				t.Errorf("doc/cli.md, %s: tells of --%s, which is not there", verb, f)
			}
		}
	}
	for _, m := range regexp.MustCompile("(?m)^## ([a-z]+)$").FindAllStringSubmatch(doc, -1) {
		if _, ok := verbs[m[1]]; !ok {
			t.Errorf("doc/cli.md has a section %s, which is no command", m[1])
		}
	}
	for _, code := range []string{"0", "1", "2", "3", "4", "10", "11", "130"} {
		if !strings.Contains(doc, "\n| "+code+" | ") {
			t.Errorf("doc/cli.md does not tell of exit code %s", code)
		}
	}
}

// TestContractJSON: the members of the large objects are told.
func TestContractJSON(t *testing.T) {
	doc := readContract(t)
	for _, c := range []struct {
		verb string
		of   any
	}{
		{"import", pipeline.Receipt{}}, {"import", record.Problem{}}, {"search", desk.View{}},
		{"capture", desk.Captured{}}, {"capture", pipeline.Web{}},
		{"verify", custody.Report{}}, {"verify", custody.Problem{}},
	} {
		text, _ := section(doc, c.verb)
		typ := reflect.TypeOf(c.of)
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name == "-" || name == "" || name == "problems" && c.verb == "import" { // each is an object of its own
				continue
			}
			if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("doc/cli.md, %s: does not tell of the member %s of %s", c.verb, name, typ)
			}
		}
	}
}
