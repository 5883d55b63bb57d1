// Command build makes the scripts of the pages out of the islands' TypeScript.
// It runs by go generate, needs no Node, and writes the same bytes on every
// machine; what it writes is committed, so that building dalil needs neither.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: build ISLANDS ASSETS")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "islands:", err)
		os.Exit(1)
	}
}

// entries are the scripts that pages name, each with what it imports. An island
// too big for every page becomes an entry of its own.
func entries() []string { return []string{"dalil"} }

// run writes every script of the islands in dir into the folder out.
func run(dir, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, name := range entries() {
		b, err := bundle(filepath.Join(dir, name+".ts"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, name+".js"), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// bundle returns the script that a file and its imports make: one module, small,
// for browsers of 2023 and later.
func bundle(file string) ([]byte, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	res := api.Build(api.BuildOptions{
		EntryPoints:       []string{abs},
		AbsWorkingDir:     filepath.Dir(abs),
		Outfile:           filepath.Join(filepath.Dir(abs), "out.js"), // only names it; nothing is written
		Bundle:            true,
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		LegalComments:     api.LegalCommentsNone,
		TsconfigRaw:       `{}`, // nothing from the folders above
		Banner:            map[string]string{"js": "// Made by go generate from internal/web/islands; change that."},
		LogLevel:          api.LogLevelSilent,
	})
	var problems []error
	for _, m := range append(res.Errors, res.Warnings...) {
		at := ""
		if m.Location != nil {
			at = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		problems = append(problems, errors.New(at+m.Text))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if len(res.OutputFiles) != 1 || !strings.HasSuffix(res.OutputFiles[0].Path, ".js") {
		return nil, fmt.Errorf("%s became %d files", file, len(res.OutputFiles))
	}
	return res.OutputFiles[0].Contents, nil
}
