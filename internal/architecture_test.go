// Package internal_test holds the house to its plan: who may import whom
// (doc/architecture.md), no state in globals, and one word for one thing
// (doc/glossary.md). It reads the source files themselves; asking the go
// command would be answered out of a cache.
package internal_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = ".."

// A house is every package of the module by the name the table calls it: the
// path in the module without "internal/".
type house map[string]*room

type room struct {
	dir   string
	files []*ast.File // without tests
}

func readHouse(t *testing.T) (house, *token.FileSet) {
	t.Helper()
	fset := token.NewFileSet()
	h := house{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); p != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(p))
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(rel), "internal/")
		if h[name] == nil {
			h[name] = &room{dir: filepath.Dir(p)}
		}
		h[name].files = append(h[name].files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h) < 20 {
		t.Fatalf("only %d packages found below %s: the walk is broken", len(h), root)
	}
	return h, fset
}

// A row of the table: these rooms may import those.
type row struct {
	line     string
	rooms    []string // patterns: name, name(/*), name/*, */all
	everyone bool
	family   bool     // the members of its own family
	allowed  []string // names
	within   []string // in parentheses: names of the family that its members may see
}

// matches reports how well a pattern fits a room: 0 not, more is closer.
func matches(pattern, name string) int {
	base := strings.TrimSuffix(strings.TrimSuffix(pattern, "(/*)"), "/*")
	switch {
	case pattern == name:
		return 4
	case pattern == "*/all":
		if strings.HasSuffix(name, "/all") {
			return 3
		}
	case strings.HasSuffix(pattern, "(/*)"):
		if name == base || strings.HasPrefix(name, base+"/") {
			return 2
		}
	case strings.HasSuffix(pattern, "/*"):
		if strings.HasPrefix(name, base+"/") {
			return 2
		}
	}
	return 0
}

// readTable parses the imports blocks of doc/architecture.md and the line that
// lists rooms which are planned and not built.
func readTable(t *testing.T) (rows []row, planned []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "doc", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for _, line := range strings.Split(string(b), "\n") {
		switch {
		case line == "```imports":
			inside = true
		case line == "```":
			inside = false
		case strings.HasPrefix(line, "planned:"):
			planned = append(planned, strings.Fields(strings.TrimPrefix(line, "planned:"))...)
		case inside:
			left, right, ok := strings.Cut(line, "->")
			if !ok {
				t.Fatalf("doc/architecture.md: %q is no row", line)
			}
			r := row{line: line, rooms: strings.Fields(left)}
			switch right = strings.TrimSpace(right); right {
			case "everything":
				r.everyone = true
			case "nothing of ours":
			case "the members of its own family":
				r.family = true
			default:
				out, in, _ := strings.Cut(right, "(")
				r.allowed, r.within = strings.Fields(out), strings.Fields(strings.TrimSuffix(in, ")"))
			}
			rows = append(rows, r)
		}
	}
	if len(rows) < 10 {
		t.Fatalf("doc/architecture.md: only %d rows in its imports blocks", len(rows))
	}
	return rows, planned
}

// rowOf finds the row that fits a room most closely.
func rowOf(rows []row, name string) (best row, ok bool) {
	score := 0
	for _, r := range rows {
		for _, p := range r.rooms {
			if n := matches(p, name); n > score {
				best, score = r, n
			}
		}
	}
	return best, score > 0
}

// may reports whether the table lets a room import another.
func (r row) may(from, to string) bool {
	family := strings.SplitN(from, "/", 2)[0]
	switch {
	case r.everyone, slices.Contains(r.allowed, to), slices.Contains(r.within, to) && from != to:
		return true
	case r.family:
		return to == family || strings.HasPrefix(to, family+"/")
	}
	return false
}

func modulePath(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^module (\S+)$`).FindSubmatch(b)
	if m == nil {
		t.Fatal("go.mod names no module")
	}
	return string(m[1])
}

func TestImports(t *testing.T) {
	module := modulePath(t)
	h, fset := readHouse(t)
	rows, planned := readTable(t)

	arrows := 0
	for name, rm := range h {
		r, ok := rowOf(rows, name)
		if !ok {
			t.Errorf("%s has no row in doc/architecture.md", name)
			continue
		}
		for _, f := range rm.files {
			for _, im := range f.Imports {
				p, err := strconv.Unquote(im.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if p != module && !strings.HasPrefix(p, module+"/") {
					continue
				}
				arrows++
				to := strings.TrimPrefix(strings.TrimPrefix(p, module+"/"), "internal/")
				if h[to] == nil {
					t.Errorf("%s: imports %s, which is not there", fset.Position(im.Pos()), p)
				}
				if !r.may(name, to) {
					t.Errorf("%s: %s may not import %s\n\trow: %s", fset.Position(im.Pos()), name, to, r.line)
				}
				if a, b := path.Dir(name), path.Dir(to); a == b && a != "." && a != "cmd" && path.Base(name) != "all" && !slices.Contains(r.within, to) {
					t.Errorf("%s: %s and %s are siblings of one family; they meet only through records", fset.Position(im.Pos()), name, to)
				}
			}
		}
	}
	if arrows < 50 {
		t.Fatalf("only %d imports of our own seen: the test is blind", arrows)
	}

	// The table must not speak of rooms that are gone.
	known := func(name string) bool {
		if h[name] != nil {
			return true
		}
		for _, p := range planned {
			if p == name || strings.HasPrefix(name, p+"/") {
				return true
			}
		}
		return false
	}
	for _, r := range rows {
		for _, p := range r.rooms {
			base := strings.TrimSuffix(strings.TrimSuffix(p, "(/*)"), "/*")
			if base != "*/all" && !known(base) {
				t.Errorf("row %q speaks of %s, which is neither here nor planned", r.line, base)
			}
		}
		for _, a := range slices.Concat(r.allowed, r.within) {
			if !known(a) {
				t.Errorf("row %q allows %s, which is neither here nor planned", r.line, a)
			}
		}
	}
	for _, p := range planned {
		if h[p] != nil {
			t.Errorf("%s is listed as planned and is here: strike it from the line", p)
		}
	}
}

// TestTable asks the table about imports whose answer is known, so that a row
// that is read wrongly does not pass for a house in order.
func TestTable(t *testing.T) {
	rows, _ := readTable(t)
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"cmd/dalil", "catalog/sqlite", true},
		{"record", "language", false},
		{"language", "record", false},
		{"archive/disk", "archive", true},
		{"archive/disk", "custody", true},
		{"archive/disk", "archive/s3", false},
		{"archive/disk", "catalog", false},
		{"catalog/sqlite", "query", true},
		{"catalog/sqlite", "catalog/postgres", false},
		{"collect/page", "collect/fetch", true},
		{"collect/page", "collect/folder", false},
		{"collect/page", "archive", false},
		{"format/pdf", "format", true},
		{"format/pdf", "format/text", false},
		{"format/pdf", "archive", false},
		{"format/all", "format/pdf", true},
		{"format/all", "export/bundle", false},
		{"format", "format/pdf", false},
		{"export/bundle", "redact", true},
		{"export/bundle", "catalog", false},
		{"export/bundle", "archive", false},
		{"pipeline", "archive", true},
		{"pipeline", "archive/disk", false},
		{"pipeline", "desk", false},
		{"web", "archive", false},
		{"web", "pipeline", false},
		{"analysis/repost", "analysis", true},
		{"analysis/repost", "analysis/tally", false},
		{"redact", "catalog", false},
		{"doc", "record", false},
	} {
		r, ok := rowOf(rows, c.from)
		if !ok {
			t.Errorf("%s has no row", c.from)
			continue
		}
		if got := r.may(c.from, c.to); got != c.want {
			t.Errorf("may %s import %s? %v, want %v (row %q)", c.from, c.to, got, c.want, r.line)
		}
	}
}

// TestPackageSentences: each folder opens with a sentence saying what it is.
func TestPackageSentences(t *testing.T) {
	h, _ := readHouse(t)
	for name, rm := range h {
		said := false
		for _, f := range rm.files {
			want := "Package " + f.Name.Name + " "
			if f.Name.Name == "main" {
				want = "Command "
			}
			said = said || f.Doc != nil && strings.HasPrefix(f.Doc.Text(), want)
		}
		if !said {
			t.Errorf("%s: no file begins with a sentence about the package", rm.dir)
		}
		switch path.Base(name) {
		case "util", "utils", "common", "helper", "helpers", "misc", "tools":
			t.Errorf("%s is a drawer, not a room", name)
		}
	}
}

// TestNoState: no package does anything when it is loaded, and none keeps
// anything between two calls.
func TestNoState(t *testing.T) {
	h, fset := readHouse(t)
	globals := 0
	for name, rm := range h {
		if name != "doc" && !strings.HasPrefix(rm.dir, filepath.Join(root, "internal")) && !strings.HasPrefix(name, "cmd/") {
			continue
		}
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
		// Other packages are not loaded: only this one's own names matter, and
		// the errors that follow from that do not.
		conf := types.Config{Importer: noImports{}, Error: func(error) {}}
		pkg, _ := conf.Check(name, fset, rm.files, info) //nolint:errcheck // see above
		if pkg == nil {
			t.Fatalf("%s: could not be looked at", name)
		}
		global := func(e ast.Expr) *types.Var {
			id := rootIdent(e)
			if id == nil {
				return nil
			}
			v, ok := info.Uses[id].(*types.Var)
			if !ok || v.Parent() != pkg.Scope() {
				return nil
			}
			return v
		}
		for _, f := range rm.files {
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Recv == nil && d.Name.Name == "init" {
						t.Errorf("%s: func init(): nothing happens when a package is loaded", fset.Position(d.Pos()))
					}
				case *ast.GenDecl:
					for _, s := range d.Specs {
						v, ok := s.(*ast.ValueSpec)
						if !ok || d.Tok != token.VAR {
							continue
						}
						globals++
						if w := stateful(v.Type); w != "" {
							t.Errorf("%s: a global %s is state", fset.Position(v.Pos()), w)
						}
						for _, x := range v.Values {
							if c, ok := x.(*ast.CompositeLit); ok {
								if w := stateful(c.Type); w != "" {
									t.Errorf("%s: a global %s is state", fset.Position(v.Pos()), w)
								}
							}
						}
					}
				}
			}
			ast.Inspect(f, func(n ast.Node) bool {
				var targets []ast.Expr
				switch n := n.(type) {
				case *ast.AssignStmt:
					if n.Tok != token.DEFINE {
						targets = n.Lhs
					}
				case *ast.IncDecStmt:
					targets = []ast.Expr{n.X}
				case *ast.RangeStmt:
					if n.Tok == token.ASSIGN {
						targets = []ast.Expr{n.Key, n.Value}
					}
				case *ast.CallExpr:
					if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") {
						targets = n.Args[:1]
					}
				}
				for _, x := range targets {
					if v := global(x); v != nil && f.Name.Name != "main" {
						t.Errorf("%s: the global %s of %s is written to", fset.Position(n.Pos()), v.Name(), name)
					}
				}
				return true
			})
		}
	}
	if globals < 30 {
		t.Fatalf("only %d package variables seen: the test is blind", globals)
	}
}

// rootIdent returns x of x.f, x[i], *x, (x).
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// stateful names a type that only makes sense to change: a lock, a pool, an
// atomic value. sync.OnceValue, a table made when it is first asked for, is a
// function and no state that anyone can change.
func stateful(e ast.Expr) string {
	if p, ok := e.(*ast.StarExpr); ok {
		e = p.X
	}
	if i, ok := e.(*ast.IndexExpr); ok {
		e = i.X
	}
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		if c, ok := e.(*ast.ChanType); ok {
			return fmt.Sprintf("channel of %v", c.Value)
		}
		return ""
	}
	if id, ok := s.X.(*ast.Ident); ok && (id.Name == "sync" || id.Name == "atomic") {
		return id.Name + "." + s.Sel.Name
	}
	return ""
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not loaded") }

// TestMainIsSmall: main puts parts together and does nothing else.
func TestMainIsSmall(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "cmd", "dalil", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "\n"); n >= 150 {
		t.Errorf("cmd/dalil/main.go has %d lines; it stays under 150: move what is not putting parts together to its room", n)
	}
}
