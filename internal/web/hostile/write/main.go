// Command write puts the hostile exports into folders 0, 1, … of a folder, to
// be imported in this order, and the vectors as vectors.json beside them.
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
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: write FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	exports, err := hostile.Exports(hostile.Vectors())
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
	list, err := json.MarshalIndent(hostile.Vectors(), "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "vectors.json"), list, 0o644)
}
