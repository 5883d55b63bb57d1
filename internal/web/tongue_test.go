package web

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/leonelquinteros/gotext"
)

// said is an English text that the interface says: with Many it depends on a number.
type said struct{ One, Many string }

// everySaid lists what templates and Go files hand to the translator.
func everySaid(t *testing.T) []said {
	t.Helper()
	found := map[said]bool{}
	names, _ := fs.Glob(files, "*.tmpl")
	for _, name := range names {
		b, _ := files.ReadFile(name)
		trees, err := parse.Parse(name, string(b), "", "", (&server{}).functions(tongues()[0]), map[string]any{"eq": 1, "or": 1, "and": 1, "not": 1, "len": 1, "gt": 1, "ge": 1, "lt": 1, "le": 1, "ne": 1, "print": 1, "printf": 1, "slice": 1, "index": 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, tree := range trees {
			inTemplate(tree.Root, found)
		}
	}
	for _, k := range helpKeys() {
		found[said{One: k.Means}] = true
	}
	for _, w := range helpWords() {
		found[said{One: w.Means}] = true
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	charts, err := fs.Glob(os.DirFS("../chart"), "*.go") // which speak through the page's language
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range charts {
		sources = append(sources, "../chart/"+name)
	}
	echo, err := filepath.Glob("../query/*.go") // says its echo and its errors through a tongue of ours
	if err != nil || len(echo) == 0 {
		t.Fatal(err, echo)
	}
	sources = append(sources, echo...)
	advice, err := filepath.Glob("../desk/*.go")
	if err != nil || len(advice) == 0 {
		t.Fatal(err, advice)
	}
	sources = append(sources, advice...)
	sources = append(sources, "../pipeline/job.go", "../pipeline/staging.go", "../pipeline/capture.go", "../pipeline/translate.go", "../redact/prepare.go")
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Base(name)
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			text := func(i int) string {
				if i < len(call.Args) {
					if lit, ok := call.Args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						s, _ := strconv.Unquote(lit.Value)
						return s
					}
				}
				return ""
			}
			switch name {
			case "key", "t", "say", "f", "word":
				if s := text(0); s != "" {
					found[said{One: s}] = true
				}
			case "count":
				if one, many := text(1), text(2); many != "" {
					found[said{one, many}] = true
				}
			case "WithHint": // advice, which an error page gives
				if s := text(1); s != "" && file != "serve.go" && file != "expose.go" { // those speak on the command line
					found[said{One: s}] = true
				}
			}
			return true
		})
	}
	counted := map[string]bool{}
	for s := range found {
		counted[s.One] = counted[s.One] || s.Many != ""
	}
	var all []said
	for s := range found {
		if s.Many != "" || !counted[s.One] { // a noun that is counted has its entry there
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b said) int { return strings.Compare(a.One+"\x00"+a.Many, b.One+"\x00"+b.Many) })
	return all
}

func inTemplate(n parse.Node, found map[said]bool) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, x := range n.Nodes {
				inTemplate(x, found)
			}
		}
	case *parse.ActionNode:
		inTemplate(n.Pipe, found)
	case *parse.IfNode:
		inBranch(&n.BranchNode, found)
	case *parse.RangeNode:
		inBranch(&n.BranchNode, found)
	case *parse.WithNode:
		inBranch(&n.BranchNode, found)
	case *parse.TemplateNode:
		inTemplate(n.Pipe, found)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				inTemplate(c, found)
			}
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			inTemplate(a, found)
		}
		if f, ok := n.Args[0].(*parse.IdentifierNode); ok {
			text := func(i int) string {
				if i < len(n.Args) {
					if s, ok := n.Args[i].(*parse.StringNode); ok {
						return s.Text
					}
				}
				return ""
			}
			switch f.Ident {
			case "t", "say":
				if s := text(1); s != "" {
					found[said{One: s}] = true
				}
			case "count":
				if many := text(3); many != "" {
					found[said{text(2), many}] = true
				}
			}
		}
	}
}

func inBranch(n *parse.BranchNode, found map[said]bool) {
	inTemplate(n.Pipe, found)
	inTemplate(n.List, found)
	inTemplate(n.ElseList, found)
}

// TestTongues holds the translations to what is said: everything is there, with
// the same places to fill. DALIL_UPDATE=1 adds what is missing, for a translator
// to fill in, and takes out what nobody says any more.
func TestTongues(t *testing.T) {
	all := everySaid(t)
	for _, l := range tongues()[1:] {
		name := "words/" + l.Tag + ".po"
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if os.Getenv("DALIL_UPDATE") != "" {
			b = writePO(b, all)
			if err := os.WriteFile(name, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		po := gotext.NewPo()
		po.Parse(b)
		have := po.GetDomain().GetTranslations()
		empty := 0
		for _, s := range all {
			x := have[s.One]
			if x == nil || s.Many != "" && x.PluralID != s.Many {
				t.Errorf("%s lacks %q: run DALIL_UPDATE=1 go test -run TestTongues ./internal/web, and translate it", name, s.One)
				continue
			}
			blank := len(x.Trs) == 0
			for _, text := range x.Trs {
				blank = blank || text == ""
			}
			if blank {
				empty++
				continue
			}
			for _, text := range x.Trs {
				for _, place := range placesIn(s.One) {
					if text != "" && !strings.Contains(text, place) {
						t.Errorf("%s: the translation of %q has no %s", name, s.One, place)
					}
				}
			}
		}
		if empty > 0 {
			t.Errorf("%s: %d of %d texts have no translation yet", name, empty, len(all))
		}
	}
}

func placesIn(s string) []string {
	var all []string
	for {
		from, to := strings.IndexByte(s, '{'), strings.IndexByte(s, '}')
		if from < 0 || to < from {
			return all
		}
		all = append(all, s[from:to+1])
		s = s[to+1:]
	}
}

// writePO writes the file anew: its head, then every text said, with the
// translations there are.
func writePO(old []byte, all []said) []byte {
	po := gotext.NewPo()
	po.Parse(old)
	have := po.GetDomain().GetTranslations()
	head, _, _ := strings.Cut(string(old), "\n\n")
	var b strings.Builder
	b.WriteString(head + "\n")
	n := 1
	fmt.Sscanf(po.GetDomain().PluralForms, "nplurals=%d", &n) //nolint:errcheck // 1 will do
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
	}
	for _, s := range all {
		x := have[s.One]
		text := func(i int) string {
			if x == nil {
				return ""
			}
			return x.Trs[i]
		}
		fmt.Fprintf(&b, "\nmsgid %s\n", quote(s.One))
		if s.Many == "" {
			fmt.Fprintf(&b, "msgstr %s\n", quote(text(0)))
			continue
		}
		fmt.Fprintf(&b, "msgid_plural %s\n", quote(s.Many))
		for i := range n {
			fmt.Fprintf(&b, "msgstr[%d] %s\n", i, quote(text(i)))
		}
	}
	return []byte(b.String())
}

func TestTonguesCount(t *testing.T) {
	for _, x := range []struct {
		tag  string
		n    int
		want string
	}{{"en", 1234567, "1,234,567"}, {"ar", 1234567, "١٬٢٣٤٬٥٦٧"}, {"fa", -40, "-۴۰"}} {
		for _, l := range tongues() {
			if l.Tag == x.tag && l.number(x.n) != x.want {
				t.Errorf("%s: %d is written %s, want %s", x.tag, x.n, l.number(x.n), x.want)
			}
		}
	}
}
