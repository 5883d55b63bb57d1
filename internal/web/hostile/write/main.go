// Command write puts the hostile exports into folders 0, 1, … of a folder, to
// be imported in this order, and the vectors as vectors.json beside them. With
// -some it takes three of every five vectors: some of every kind.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"dalil/internal/web/hostile"
)

func main() {
	args, vectors := os.Args[1:], hostile.Vectors()
	if len(args) > 0 && args[0] == "-some" {
		var some []string
		for i, v := range vectors {
			if i%5 < 3 {
				some = append(some, v)
			}
		}
		args, vectors = args[1:], some
	}
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, "usage: write [-some] FOLDER")
		os.Exit(2)
	}
	if err := run(args[0], vectors); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

func run(dir string, vectors []string) error {
	exports, err := hostile.Exports(vectors)
	if err != nil {
		return err
	}
	for i, files := range exports {
		for name, text := range files {
			p := filepath.Join(dir, strconv.Itoa(i), filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	list, err := json.MarshalIndent(vectors, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "vectors.json"), list, 0o644)
}
