package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// nouns is what internal/record exports.
type nouns struct {
	all    map[string]bool     // every exported name at package level
	types  map[string]bool     // types
	groups [][]string          // names of const and var groups that belong to no type of ours
	values map[string][]string // string constants by their type
}

func readNouns(t *testing.T) nouns {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("record", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of internal/record: %v", err)
	}
	n := nouns{all: map[string]bool{}, types: map[string]bool{}, values: map[string][]string{}}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					n.all[d.Name.Name] = true
				}
			case *ast.GenDecl:
				n.group(d)
			}
		}
	}
	return n
}

func (n *nouns) group(d *ast.GenDecl) {
	var free []string
	owner := "" // the type that iota groups carry on
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() {
				n.all[s.Name.Name], n.types[s.Name.Name] = true, true
			}
		case *ast.ValueSpec:
			if id, ok := s.Type.(*ast.Ident); ok {
				owner = id.Name
			} else if len(s.Values) > 0 {
				owner = ""
			}
			for i, name := range s.Names {
				if !name.IsExported() {
					continue
				}
				n.all[name.Name] = true
				if owner == "" {
					free = append(free, name.Name)
				} else if i < len(s.Values) {
					if lit, ok := s.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						v, _ := strconv.Unquote(lit.Value) // the parser read it
						n.values[owner] = append(n.values[owner], v)
					}
				}
			}
		}
	}
	if len(free) > 0 {
		n.groups = append(n.groups, free)
	}
}

// TestGlossary: a noun has an entry, and an entry a noun.
func TestGlossary(t *testing.T) {
	n := readNouns(t)
	b, err := os.ReadFile(filepath.Join(root, "doc", "glossary.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	quoted := map[string]bool{}
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(b), -1) {
		quoted[m[1]] = true
		if noun, ok := strings.CutPrefix(m[1], "record."); ok {
			named[noun] = true
		}
	}
	for noun := range named {
		if !n.all[noun] {
			t.Errorf("the glossary names record.%s, which is not in internal/record", noun)
		}
	}
	for name := range n.types {
		if !named[name] {
			t.Errorf("record.%s has no entry in doc/glossary.md", name)
		}
	}
	for _, g := range n.groups {
		some := false
		for _, name := range g {
			some = some || named[name]
		}
		if !some {
			t.Errorf("none of record's %v has an entry in doc/glossary.md", g)
		}
	}
	for owner, values := range n.values {
		for _, v := range values {
			if !quoted[v] {
				t.Errorf("record.%s %q is not in doc/glossary.md", owner, v)
			}
		}
	}
	if len(n.types) < 20 || len(n.values["Flag"]) < 10 || len(n.values["LeafKind"]) < 10 {
		t.Fatalf("internal/record was not read: %d types, values %v", len(n.types), n.values)
	}
}

// TestGlossaryWords: the words of the plan that the program has have an entry.
func TestGlossaryWords(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "doc", "glossary.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"Case", "Source", "Capture", "Gap", "Statement", "Bundle", "Decision", "Archive", "Log", "Checkpoint", "Catalog", "Withdraw", "Restrict", "Erase", "Release", "Handle"} {
		if !regexp.MustCompile(`(?m)^\*\*(\w+, )*` + w + `\b`).Match(b) {
			t.Errorf("doc/glossary.md has no entry that begins with %s", w)
		}
	}
}
