package doc_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
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

// release makes a release of an invented case.
func release(t *testing.T, seed uint64, n int, audience redact.Audience, originals bool) redact.Release {
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
	return r
}

// pack writes a bundle as the program does.
func pack(t *testing.T, path string, r redact.Release) {
	t.Helper()
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

// box is a bundle in memory: thousands of small files on a disk are slow.
type box map[string][]byte

func packed(t *testing.T, r redact.Release) box {
	t.Helper()
	b := box{}
	if err := bundle.Kind.Write(context.Background(), b, r, export.Options{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b box) Put(name string, size int64, open func() (io.ReadCloser, error)) error {
	r, err := open()
	if err != nil {
		return err
	}
	b[name], err = io.ReadAll(r)
	return errors.Join(err, r.Close())
}

func (b box) Commit() error { return nil }
func (b box) Abort() error  { return nil }

func (b box) names() []string { return slices.Sorted(maps.Keys(b)) }

// store writes the bundle to path, a zip if it ends so, else a folder.
func (b box) store(t *testing.T, path string) {
	t.Helper()
	if filepath.Ext(path) != ".zip" {
		for _, name := range b.names() {
			f := filepath.Join(path, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, f, b[name])
		}
		return
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for i, name := range b.names() {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: []uint16{zip.Store, zip.Deflate}[i%2]})
		if err == nil {
			_, err = w.Write(b[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, buf.Bytes())
}

// TestVerifiersAgree holds verify.py and bundle.Verify against each other on
// good bundles, on bundles damaged at random and with intent, and on bundles
// of a log whose own holder wrote what must not be in it.
func TestVerifiersAgree(t *testing.T) {
	dir := t.TempDir()
	want := map[string]bool{} // whether it must be found good
	var paths []string
	add := func(good bool, format string, a ...any) string {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf(format, a...)))
		want[paths[len(paths)-1]] = good
		return paths[len(paths)-1]
	}
	var good []box
	var zips [][]byte
	for i := range 40 {
		r := release(t, uint64(i), 3+i, []redact.Audience{redact.ForPublic, redact.ForPartner}[i/2%2], i%5 == 0)
		good = append(good, packed(t, r))
		path := add(true, "good-%02d%s", i, []string{"", ".zip", ".zip", ".zip"}[i%4])
		if i%8 > 1 {
			good[i].store(t, path)
			continue
		}
		if pack(t, path, r); i%8 == 1 {
			zips = append(zips, read(t, path))
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 60 { // any bit of a zip: the verifiers must agree, whatever they say
		b := slices.Clone(zips[i%len(zips)])
		at := rng.IntN(len(b))
		if i%2 == 0 { // in the table of contents, where a zip is most fragile
			at = len(b) - 1 - rng.IntN(2000)
		}
		b[at] ^= 1 << rng.IntN(8)
		path := add(false, "bit-%02d.zip", i)
		write(t, path, b)
		delete(want, path)
	}
	for i := range 3 * len(damages) {
		d, b := damages[i%len(damages)], maps.Clone(good[i%len(good)])
		d.do(t, b, rng)
		if d.resealed {
			b.reseal()
		}
		b.store(t, add(false, "%03d %s%s", i, d.name, []string{".zip", ".zip", ""}[i/len(damages)]))
	}
	for i, f := range forgeries {
		b := maps.Clone(good[10]) // partner, with originals
		forge(t, b, f)
		b.store(t, add(f.good, "forged %02d %s.zip", i, f.name))
	}
	link := add(false, "link")
	good[0].store(t, link)
	if err := os.Symlink("README.txt", filepath.Join(link, "link")); err != nil {
		t.Fatal(err)
	}
	if bad := len(paths) - len(good); bad < 200 {
		t.Errorf("only %d damaged bundles", bad)
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
	do       func(t *testing.T, b box, rng *rand.Rand)
}

var damages = []damage{
	{"bit", false, func(t *testing.T, b box, rng *rand.Rand) {
		f := b.pick(rng, "")
		b[f] = slices.Clone(b[f])
		b[f][rng.IntN(len(b[f]))] ^= 1 << rng.IntN(8)
	}},
	{"delete", false, func(t *testing.T, b box, rng *rand.Rand) { delete(b, b.pick(rng, "")) }},
	{"truncate", false, func(t *testing.T, b box, rng *rand.Rand) {
		f := b.pick(rng, "")
		b[f] = b[f][:rng.IntN(len(b[f]))]
	}},
	{"add", false, func(t *testing.T, b box, rng *rand.Rand) { b["items/extra.txt"] = nil }},
	{"foreign name", true, func(t *testing.T, b box, rng *rand.Rand) { b["items/a b\u202e.txt"] = nil }},
	{"swap originals", true, func(t *testing.T, b box, rng *rand.Rand) {
		x, y := "items/S-0000001/original.json", "items/S-0000003/original.json"
		b[x], b[y] = b[y], b[x]
	}},
	{"change an original", true, func(t *testing.T, b box, rng *rand.Rand) {
		f := b.pick(rng, "/original")
		b[f] = slices.Clone(b[f])
		b[f][rng.IntN(len(b[f]))] ^= 1
	}},
	{"change a whole file", true, func(t *testing.T, b box, rng *rand.Rand) {
		f := b.pick(rng, ".html.txt")
		b[f] = slices.Clone(b[f])
		b[f][rng.IntN(len(b[f]))] ^= 1
	}},
	{"swap whole files", true, func(t *testing.T, b box, rng *rand.Rand) {
		f := slices.DeleteFunc(b.names(), func(s string) bool { return !strings.HasSuffix(s, ".html.txt") })
		b[f[0]], b[f[1]] = b[f[1]], b[f[0]]
	}},
	{"salt for a whole file", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			l[whole(l)]["salt"] = strings.Repeat("ab", 32)
			return l
		})
	}},
	{"the capture of a whole file left out", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			var e struct{ Capture float64 }
			if err := json.Unmarshal([]byte(l[whole(l)]["entry"].(string)), &e); err != nil {
				t.Fatal(err)
			}
			return slices.DeleteFunc(l, func(x map[string]any) bool { return x["index"] == e.Capture })
		})
	}},
	{"a whole file that is another", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			l[whole(l)]["file"] = "README.txt"
			return l
		})
	}},
	{"delete an original", true, func(t *testing.T, b box, rng *rand.Rand) { delete(b, b.pick(rng, "/original")) }},
	{"proof of another entry", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			l[1]["proof"], l[2]["proof"] = l[2]["proof"], l[1]["proof"]
			return l
		})
	}},
	{"proof cut", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			p := l[len(l)/2]["proof"].([]any)
			l[len(l)/2]["proof"] = p[:len(p)-1]
			return l
		})
	}},
	{"salt of another entry", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			i := slices.IndexFunc(l, func(x map[string]any) bool { return x["salt"] != nil })
			l[i]["salt"] = strings.Repeat("ab", 32)
			return l
		})
	}},
	{"salt in capitals", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			i := slices.IndexFunc(l, func(x map[string]any) bool { return x["salt"] != nil })
			l[i]["salt"] = strings.ToUpper(l[i]["salt"].(string))
			return l
		})
	}},
	{"file without salt", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			i := slices.IndexFunc(l, func(x map[string]any) bool {
				return x["file"] != nil && x["salt"] != nil
			})
			delete(l[i], "salt")
			return l
		})
	}},
	{"one file for two statements", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			var first any
			for _, x := range l {
				if x["file"] != nil && x["salt"] != nil {
					if first == nil {
						first = x["file"]
					}
					x["file"] = first
				}
			}
			return l
		})
	}},
	{"file outside", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			i := slices.IndexFunc(l, func(x map[string]any) bool { return x["file"] != nil })
			l[i]["file"] = "../README.txt"
			return l
		})
	}},
	{"entry changed", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			i := len(l) - 1
			l[i]["entry"] = strings.Replace(l[i]["entry"].(string), `"at":1`, `"at":2`, 1)
			return l
		})
	}},
	{"index changed", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			l[len(l)-1]["index"] = l[len(l)-1]["index"].(float64) + 1
			return l
		})
	}},
	{"order", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any { slices.Reverse(l); return l })
	}},
	{"line twice", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any { return append(l, l[len(l)-1]) })
	}},
	{"key entry left out", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any {
			return slices.DeleteFunc(l, func(x map[string]any) bool { return x["index"].(float64) == 1 })
		})
	}},
	{"no entries", true, func(t *testing.T, b box, rng *rand.Rand) { b["entries.ndjson"] = nil }},
	{"unknown member", true, func(t *testing.T, b box, rng *rand.Rand) {
		lines(t, b, func(l []map[string]any) []map[string]any { l[0]["note"] = "x"; return l })
	}},
	{"member twice", true, raw(func(s string) string { return strings.Replace(s, `{"index"`, `{"index":0,"index"`, 1) })},
	{"member in capitals", true, raw(func(s string) string { return strings.Replace(s, `"proof"`, `"Proof"`, 1) })},
	{"half a character", true, raw(func(s string) string { return strings.Replace(s, `"entry":"`, `"entry":"\ud800`, 1) })},
	{"no UTF-8", true, raw(func(s string) string { return strings.Replace(s, `"entry":"`, "\"entry\":\"\xff", 1) })},
	{"deep nesting", true, raw(func(s string) string { return strings.Repeat("[", 200000) + "\n" + s })},
	{"a huge number", true, raw(func(s string) string { return strings.Replace(s, `"index":`, `"index":`+strings.Repeat("9", 9000), 1) })},
	{"no number", true, raw(func(s string) string { return strings.Replace(s, `"index":0`, `"index":NaN`, 1) })},
	{"a long line", true, raw(func(s string) string { return s + strings.Repeat(" ", 16<<20+1) + "\n" })},
	{"no newline at the end", true, raw(func(s string) string { return strings.TrimSuffix(s, "\n") })},
	{"checkpoint of another case", true, func(t *testing.T, b box, rng *rand.Rand) {
		c, err := bundletest.New(999, 3)
		if err != nil {
			t.Fatal(err)
		}
		b["log/checkpoint"] = c.Checkpoint
	}},
	{"checkpoint and key of another case", true, func(t *testing.T, b box, rng *rand.Rand) {
		c, err := bundletest.New(999, 3)
		if err != nil {
			t.Fatal(err)
		}
		b["log/checkpoint"] = c.Checkpoint
		b["log/key"] = []byte(c.Key + "\n")
	}},
	{"checkpoint signature", true, func(t *testing.T, b box, rng *rand.Rand) {
		cp := b["log/checkpoint"]
		sig := bytes.LastIndexByte(cp, ' ') + 1
		s, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(cp[sig:])))
		if err != nil {
			t.Fatal(err)
		}
		s[4+rng.IntN(64)] ^= 1 << rng.IntN(8)
		b["log/checkpoint"] = []byte(string(cp[:sig]) + base64.StdEncoding.EncodeToString(s) + "\n")
	}},
	{"manifest line twice", false, func(t *testing.T, b box, rng *rand.Rand) {
		m := b["MANIFEST.sha256"]
		b["MANIFEST.sha256"] = slices.Concat(m, m[:bytes.IndexByte(m, '\n')+1])
	}},
	{"manifest lists what is not there", false, func(t *testing.T, b box, rng *rand.Rand) {
		b["MANIFEST.sha256"] = slices.Concat(b["MANIFEST.sha256"], []byte(strings.Repeat("0", 64)+"  items/none\n"))
	}},
	{"manifest empty", false, func(t *testing.T, b box, rng *rand.Rand) { b["MANIFEST.sha256"] = nil }},
}

// raw changes entries.ndjson as text.
func raw(change func(string) string) func(*testing.T, box, *rand.Rand) {
	return func(t *testing.T, b box, _ *rand.Rand) {
		before := string(b["entries.ndjson"])
		after := change(before)
		if after == before {
			t.Fatal("the damage changed nothing")
		}
		b["entries.ndjson"] = []byte(after)
	}
}

// lines changes entries.ndjson as objects.
func lines(t *testing.T, b box, change func([]map[string]any) []map[string]any) {
	t.Helper()
	var all []map[string]any
	for l := range bytes.Lines(b["entries.ndjson"]) {
		var x map[string]any
		if err := json.Unmarshal(l, &x); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	for _, x := range change(all) {
		if err := e.Encode(x); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(out.Bytes(), b["entries.ndjson"]) {
		t.Fatal("the damage changed nothing")
	}
	b["entries.ndjson"] = out.Bytes()
}

// whole finds a statement that is a whole file, which is shown.
func whole(l []map[string]any) int {
	return slices.IndexFunc(l, func(x map[string]any) bool {
		return x["file"] != nil && strings.HasPrefix(x["entry"].(string), `{"kind":"statement"`) && x["salt"] == nil
	})
}

// reseal makes the manifest match, as a forger would.
func (b box) reseal() {
	var m bytes.Buffer
	for _, name := range b.names() {
		if name != "MANIFEST.sha256" {
			fmt.Fprintf(&m, "%s  %s\n", record.DigestOf(b[name]), name)
		}
	}
	b["MANIFEST.sha256"] = m.Bytes()
}

// pick returns the name of a file that is not empty and has part in its name.
func (b box) pick(rng *rand.Rand, part string) string {
	all := slices.DeleteFunc(b.names(), func(f string) bool { return !strings.Contains(f, part) || len(b[f]) == 0 })
	return all[rng.IntN(len(all))]
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
	pack(t, src, release(t, 5, 6, redact.ForPublic, false))
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
