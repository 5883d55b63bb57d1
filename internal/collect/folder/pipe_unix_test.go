//go:build unix

package folder

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestPipesAndSockets(t *testing.T) {
	dir := tree(t, "good.txt")
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	paths, _, failed := walk(t, dir)
	if !slices.Equal(paths, []string{"good.txt"}) {
		t.Errorf("paths %q", paths)
	}
	for name, what := range map[string]string{"pipe": "a named pipe", "socket": "a socket"} {
		if err := failed[name]; err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v, want it named as %s", name, err, what)
		}
	}
	if _, _, failed := walk(t, filepath.Join(dir, "pipe")); failed[""] == nil {
		t.Error("a pipe named by the user was accepted")
	}
}
