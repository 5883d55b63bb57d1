package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCrashes: a browser that crashes is started again, so often and no more.
func TestCrashes(t *testing.T) {
	dir, err := os.MkdirTemp(place(), "dalil-crash-") // nobody, as whom it may run, has no way into TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, body, want, fails string
		starts                  int
	}{
		{"crashes twice", `[ $(wc -l <COUNT) -gt 2 ] || kill -SEGV $$; for a in "$@"; do case $a in --screenshot=*) printf picture >"${a#--screenshot=}";; esac; done`, "picture", "", 3},
		{"always crashes", `kill -SEGV $$`, "", "segmentation fault", tries},
		{"refuses", `exit 3`, "", "exit status 3", 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			count := filepath.Join(dir, x.name)
			if err := os.WriteFile(count, nil, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(count, 0o666); err != nil {
				t.Fatal(err)
			}
			program := filepath.Join(dir, x.name+".sh")
			quoted := "'" + count + "'"
			script := "#!/bin/sh\necho >>" + quoted + "\n" + strings.ReplaceAll(x.body, "COUNT", quoted) + "\n"
			if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			got, err := browser{file: program}.paint(t.Context(), nil, "text/html")
			if x.fails == "" && err != nil || x.fails != "" && (err == nil || !strings.Contains(err.Error(), x.fails)) || string(got) != x.want {
				t.Errorf("%q, %v", got, err)
			}
			b, err := os.ReadFile(count)
			if n := strings.Count(string(b), "\n"); err != nil || n != x.starts {
				t.Errorf("started %d times, want %d (%v)", n, x.starts, err)
			}
		})
	}
}
