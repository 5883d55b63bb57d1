package doc_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dalil/internal/custody"
	"dalil/internal/export"
	"dalil/internal/export/bundle"
	"dalil/internal/export/bundle/bundletest"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// verdict is a line of verify.py --json.
type verdict struct {
	Path     string
	OK       bool
	Problems []custody.Problem
	Notes    []string
}

// python runs verify.py once over all paths.
func python(t *testing.T, args ...string) []verdict {
	t.Helper()
	exe, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("python3 was not found: install Python 3.9 or newer (Debian: apt-get install python3; macOS: xcode-select --install)")
	}
	cmd := exec.Command(exe, append([]string{"-B", "verify.py", "--json"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if stderr.Len() > 0 {
		t.Fatalf("verify.py wrote to stderr:\n%s", stderr.String())
	}
	var all []verdict
	bad := false
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var v verdict
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatalf("verify.py wrote %q: %v", s.Bytes(), err)
		}
		bad = bad || !v.OK
		all = append(all, v)
	}
	if code := cmd.ProcessState.ExitCode(); code != map[bool]int{false: 0, true: 4}[bad] {
		t.Fatalf("verify.py ended with %d (%v)", code, err)
	}
	return all
}

// pack writes a bundle of an invented case.
func pack(t *testing.T, path string, seed uint64, n int, audience redact.Audience, originals bool) {
	t.Helper()
	c, err := bundletest.New(seed, n)
	if err != nil {
		t.Fatal(err)
	}
	if originals {
		c.Originals = redact.Originals{Include: true, Reason: "the court asked for them"}
	}
	r, _, err := redact.Prepare(audience, c.Material)
	if err != nil {
		t.Fatal(err)
	}
	out, err := export.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := bundle.Kind.Write(context.Background(), out, r, export.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestVerifiersAgree holds verify.py and bundle.Verify against each other on
// good bundles and on bundles damaged at random and with intent.
func TestVerifiersAgree(t *testing.T) {
	dir := t.TempDir()
	want := map[string]bool{} // whether it must be found good
	var paths []string
	add := func(path string, good bool) {
		paths = append(paths, path)
		want[path] = good
	}
	for i := range 40 {
		ext := []string{"", ".zip"}[i%2]
		path := filepath.Join(dir, fmt.Sprintf("good-%02d%s", i, ext))
		pack(t, path, uint64(i), 3+i, []redact.Audience{redact.ForPublic, redact.ForPartner}[i/2%2], i%5 == 0)
		add(path, true)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		path := filepath.Join(dir, fmt.Sprintf("bad-%03d", i))
		if i%4 == 3 { // any bit of a zip: the verifiers must agree, whatever they say
			path += ".zip"
			b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("good-%02d.zip", 1+2*(i/4%20))))
			if err != nil {
				t.Fatal(err)
			}
			at := rng.IntN(len(b))
			if i%8 == 7 { // in the table of contents, where a zip is most fragile
				at = len(b) - 1 - rng.IntN(2000)
			}
			b[at] ^= 1 << rng.IntN(8)
			write(t, path, b)
			paths = append(paths, path)
			continue
		}
		if err := os.CopyFS(path, os.DirFS(filepath.Join(dir, fmt.Sprintf("good-%02d", 2*(i%20))))); err != nil {
			t.Fatal(err)
		}
		d := damages[i%len(damages)]
		d.do(t, path, rng)
		if d.resealed {
			reseal(t, path)
		}
		add(path, false)
	}
	for i, v := range python(t, paths...) {
		r, err := bundle.Verify(context.Background(), paths[i])
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(paths[i])
		if r.OK != v.OK {
			t.Errorf("%s: Go says %v, Python says %v\nGo: %v\nPython: %v", name, r.OK, v.OK, r.Problems, v.Problems)
		}
		if good, known := want[paths[i]]; known && r.OK != good {
			t.Errorf("%s: found good: %v\n%v", name, r.OK, r.Problems)
		}
		if !v.OK && (len(v.Problems) == 0 || v.Problems[0].Where == "" || v.Problems[0].What == "") {
			t.Errorf("%s: a problem without a name: %v", name, v.Problems)
		}
	}
}

type damage struct {
	name     string
	resealed bool // the manifest is made to match
	do       func(t *testing.T, dir string, rng *rand.Rand)
}

var damages = []damage{
	{"bit", false, func(t *testing.T, dir string, rng *rand.Rand) {
		f := pick(t, dir, rng, "")
		b := read(t, f)
		b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		write(t, f, b)
	}},
	{"delete", false, func(t *testing.T, dir string, rng *rand.Rand) { remove(t, pick(t, dir, rng, "")) }},
	{"truncate", false, func(t *testing.T, dir string, rng *rand.Rand) {
		f := pick(t, dir, rng, "")
		b := read(t, f)
		write(t, f, b[:rng.IntN(len(b))])
	}},
	{"add", false, func(t *testing.T, dir string, rng *rand.Rand) {
		write(t, filepath.Join(dir, "items", "extra.txt"), nil)
	}},
	{"foreign name", true, func(t *testing.T, dir string, rng *rand.Rand) {
		write(t, filepath.Join(dir, "items", "a b\u202e.txt"), nil)
	}},
	{"link", true, func(t *testing.T, dir string, rng *rand.Rand) {
		if err := os.Symlink("README.txt", filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
	}},
	{"swap originals", true, func(t *testing.T, dir string, rng *rand.Rand) {
		a, b := filepath.Join(dir, "items/S-0000001/original.json"), filepath.Join(dir, "items/S-0000003/original.json")
		x, y := read(t, a), read(t, b)
		write(t, a, y)
		write(t, b, x)
	}},
	{"change an original", true, func(t *testing.T, dir string, rng *rand.Rand) {
		f := pick(t, dir, rng, "original")
		b := read(t, f)
		b[rng.IntN(len(b))] ^= 1
		write(t, f, b)
	}},
	{"delete an original", true, func(t *testing.T, dir string, rng *rand.Rand) { remove(t, pick(t, dir, rng, "original")) }},
	{"proof of another entry", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			l[1]["proof"], l[2]["proof"] = l[2]["proof"], l[1]["proof"]
			return l
		})
	}},
	{"proof cut", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			p := l[len(l)/2]["proof"].([]any)
			l[len(l)/2]["proof"] = p[:len(p)-1]
			return l
		})
	}},
	{"salt of another entry", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			i := slices.IndexFunc(l, func(x map[string]any) bool { return x["salt"] != nil })
			l[i]["salt"] = strings.Repeat("ab", 32)
			return l
		})
	}},
	{"salt in capitals", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			i := slices.IndexFunc(l, func(x map[string]any) bool { return x["salt"] != nil })
			l[i]["salt"] = strings.ToUpper(l[i]["salt"].(string))
			return l
		})
	}},
	{"file without salt", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			i := slices.IndexFunc(l, func(x map[string]any) bool {
				return x["file"] != nil && strings.Contains(x["entry"].(string), `"kind":"statement"`)
			})
			delete(l[i], "salt")
			return l
		})
	}},
	{"one file for two statements", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			var first any
			for _, x := range l {
				if x["file"] != nil && strings.Contains(x["entry"].(string), `"kind":"statement"`) {
					if first == nil {
						first = x["file"]
					}
					x["file"] = first
				}
			}
			return l
		})
	}},
	{"file outside", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			i := slices.IndexFunc(l, func(x map[string]any) bool { return x["file"] != nil })
			l[i]["file"] = "../README.txt"
			return l
		})
	}},
	{"entry changed", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			i := len(l) - 1
			l[i]["entry"] = strings.Replace(l[i]["entry"].(string), `"at":1`, `"at":2`, 1)
			return l
		})
	}},
	{"index changed", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			l[len(l)-1]["index"] = l[len(l)-1]["index"].(float64) + 1
			return l
		})
	}},
	{"order", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any { slices.Reverse(l); return l })
	}},
	{"line twice", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any { return append(l, l[len(l)-1]) })
	}},
	{"key entry left out", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any {
			return slices.DeleteFunc(l, func(x map[string]any) bool { return x["index"].(float64) == 1 })
		})
	}},
	{"no entries", true, func(t *testing.T, dir string, rng *rand.Rand) { write(t, filepath.Join(dir, "entries.ndjson"), nil) }},
	{"unknown member", true, func(t *testing.T, dir string, rng *rand.Rand) {
		lines(t, dir, func(l []map[string]any) []map[string]any { l[0]["note"] = "x"; return l })
	}},
	{"member twice", true, raw(func(s string) string { return strings.Replace(s, `{"index"`, `{"index":0,"index"`, 1) })},
	{"member in capitals", true, raw(func(s string) string { return strings.Replace(s, `"proof"`, `"Proof"`, 1) })},
	{"half a character", true, raw(func(s string) string { return strings.Replace(s, `"entry":"`, `"entry":"\ud800`, 1) })},
	{"no UTF-8", true, raw(func(s string) string { return strings.Replace(s, `"entry":"`, "\"entry\":\"\xff", 1) })},
	{"deep nesting", true, raw(func(s string) string { return strings.Repeat("[", 200000) + "\n" + s })},
	{"a huge number", true, raw(func(s string) string { return strings.Replace(s, `"index":`, `"index":`+strings.Repeat("9", 9000), 1) })},
	{"no number", true, raw(func(s string) string { return strings.Replace(s, `"index":0`, `"index":NaN`, 1) })},
	{"a long line", true, raw(func(s string) string { return s + strings.Repeat(" ", 17<<20) + "\n" })},
	{"no newline at the end", true, raw(func(s string) string { return strings.TrimSuffix(s, "\n") })},
	{"checkpoint of another case", true, func(t *testing.T, dir string, rng *rand.Rand) {
		c, err := bundletest.New(999, 3)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "log/checkpoint"), c.Checkpoint)
	}},
	{"checkpoint and key of another case", true, func(t *testing.T, dir string, rng *rand.Rand) {
		c, err := bundletest.New(999, 3)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "log/checkpoint"), c.Checkpoint)
		write(t, filepath.Join(dir, "log/key"), []byte(c.Key+"\n"))
	}},
	{"checkpoint signature", true, func(t *testing.T, dir string, rng *rand.Rand) {
		f := filepath.Join(dir, "log/checkpoint")
		b := read(t, f)
		sig := bytes.LastIndexByte(b, ' ') + 1
		s, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b[sig:])))
		if err != nil {
			t.Fatal(err)
		}
		s[4+rng.IntN(64)] ^= 1 << rng.IntN(8)
		write(t, f, []byte(string(b[:sig])+base64.StdEncoding.EncodeToString(s)+"\n"))
	}},
	{"manifest line twice", false, func(t *testing.T, dir string, rng *rand.Rand) {
		f := filepath.Join(dir, "MANIFEST.sha256")
		b := read(t, f)
		write(t, f, append(b, b[:bytes.IndexByte(b, '\n')+1]...))
	}},
	{"manifest lists what is not there", false, func(t *testing.T, dir string, rng *rand.Rand) {
		f := filepath.Join(dir, "MANIFEST.sha256")
		write(t, f, append(read(t, f), (strings.Repeat("0", 64)+"  items/none\n")...))
	}},
	{"manifest empty", false, func(t *testing.T, dir string, rng *rand.Rand) { write(t, filepath.Join(dir, "MANIFEST.sha256"), nil) }},
}

// raw changes entries.ndjson as text.
func raw(change func(string) string) func(*testing.T, string, *rand.Rand) {
	return func(t *testing.T, dir string, _ *rand.Rand) {
		f := filepath.Join(dir, "entries.ndjson")
		before := string(read(t, f))
		after := change(before)
		if after == before {
			t.Fatal("the damage changed nothing")
		}
		write(t, f, []byte(after))
	}
}

// lines changes entries.ndjson as objects.
func lines(t *testing.T, dir string, change func([]map[string]any) []map[string]any) {
	f := filepath.Join(dir, "entries.ndjson")
	var all []map[string]any
	for l := range bytes.Lines(read(t, f)) {
		var x map[string]any
		if err := json.Unmarshal(l, &x); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, x := range change(all) {
		if err := e.Encode(x); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(b.Bytes(), read(t, f)) {
		t.Fatal("the damage changed nothing")
	}
	write(t, f, b.Bytes())
}

// reseal makes the manifest match, as a forger would.
func reseal(t *testing.T, dir string) {
	var b bytes.Buffer
	for _, f := range files(t, dir) {
		name, _ := filepath.Rel(dir, f)
		if name != "MANIFEST.sha256" {
			fmt.Fprintf(&b, "%s  %s\n", record.DigestOf(read(t, f)), filepath.ToSlash(name))
		}
	}
	write(t, filepath.Join(dir, "MANIFEST.sha256"), b.Bytes())
}

func files(t *testing.T, dir string) []string {
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func pick(t *testing.T, dir string, rng *rand.Rand, part string) string {
	all := slices.DeleteFunc(files(t, dir), func(f string) bool {
		return !strings.Contains(filepath.Base(f), part) || len(read(t, f)) == 0
	})
	return all[rng.IntN(len(all))]
}

func read(t *testing.T, path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// TestRepacked: a bundle unpacked and zipped again by another program is still
// good.
func TestRepacked(t *testing.T) {
	dir := t.TempDir()
	src, dst := filepath.Join(dir, "b"), filepath.Join(dir, "b.zip")
	pack(t, src, 5, 6, redact.ForPublic, false)
	f, err := os.Create(dst)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	if err := z.AddFS(os.DirFS(src)); err != nil { // deflate, data descriptors, folders
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	r, err := bundle.Verify(context.Background(), dst)
	if err != nil || !r.OK {
		t.Errorf("Go: %v %v", err, r)
	}
	if v := python(t, dst); !v[0].OK {
		t.Errorf("Python: %v", v[0].Problems)
	}
}

// TestZipBomb: a member that unpacks to far more than it is is refused early.
func TestZipBomb(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bomb.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create("items/bomb")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, 256<<20); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	r, err := bundle.Verify(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	named := func(p custody.Problem) bool {
		return p.Where == "items/bomb" && strings.Contains(p.What, "200 times")
	}
	if !slices.ContainsFunc(r.Problems, named) {
		t.Errorf("Go: %v", r.Problems)
	}
	if v := python(t, path); !slices.ContainsFunc(v[0].Problems, named) {
		t.Errorf("Python: %v", v[0].Problems)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestUsage: called wrongly, verify.py says how, and ends with 2.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"--json"}, {"--since"}, {"--nonsense", "x"}} {
		cmd := exec.Command("python3", append([]string{"-B", "verify.py"}, args...)...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 2 || !bytes.Contains(out, []byte("verify.py [--json]")) {
			t.Errorf("verify.py %q: %v\n%s", args, cmd.ProcessState, out)
		}
	}
	if v := python(t, filepath.Join(t.TempDir(), "none")); v[0].OK {
		t.Error("a path where nothing is was found good")
	}
}

// TestVerifierIsShort: somebody has to be able to read it before they trust it.
func TestVerifierIsShort(t *testing.T) {
	if n := bytes.Count(read(t, "verify.py"), []byte("\n")); n > 400 {
		t.Errorf("verify.py has %d lines, not at most 400", n)
	}
}
