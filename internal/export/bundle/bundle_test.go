package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dalil/internal/export"
	"dalil/internal/export/bundle/bundletest"
	"dalil/internal/record"
	"dalil/internal/redact"
)

func release(t testing.TB) redact.Release {
	t.Helper()
	c, err := bundletest.New(1, 5)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := redact.Prepare(redact.ForPublic, c.Material)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func writeTo(t testing.TB, path string, r redact.Release) {
	t.Helper()
	out, err := export.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Kind.Write(context.Background(), out, r, export.Options{Note: "<b>read</b> me"}); err != nil {
		t.Fatal(err)
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSameReleaseSameBytes(t *testing.T) {
	dir := t.TempDir()
	writeTo(t, filepath.Join(dir, "a.zip"), release(t))
	writeTo(t, filepath.Join(dir, "b.zip"), release(t))
	if !bytes.Equal(read(t, filepath.Join(dir, "a.zip")), read(t, filepath.Join(dir, "b.zip"))) {
		t.Error("the same release gave two bundles")
	}
}

// TestStartPage: no scripts, nothing loaded, direction given for every
// fragment, hostile text inert.
func TestStartPage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	writeTo(t, dir, release(t))
	page := string(read(t, filepath.Join(dir, startName)))
	for _, bad := range []string{"<script", "<img", "<link", "<iframe", "http://", "https://", "javascript:", "<b>شهود", "\u202e", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	policy := regexp.MustCompile(`style-src 'sha256-([^']*)'`).FindStringSubmatch(html.UnescapeString(page))
	if style == nil || policy == nil {
		t.Fatal("no style or no policy")
	}
	sum := sha256.Sum256([]byte(style[1]))
	if want := base64.StdEncoding.EncodeToString(sum[:]); policy[1] != want {
		t.Errorf("the policy allows %s, the style is %s", policy[1], want)
	}
	for _, good := range []string{`<p dir="auto">بيان رقم 0: &lt;b&gt;شهود`, `<bdi>صوت تل أصفر</bdi>`, `lang="ar"`, ">RLO</span>", "&lt;b&gt;read", "person-7Q2"} {
		if !strings.Contains(page, good) {
			t.Errorf("the page lacks %q", good)
		}
	}
	for _, m := range regexp.MustCompile(`href="([^"#]+)"`).FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(m[1]))); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
}

func TestTable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	writeTo(t, dir, release(t))
	b := read(t, filepath.Join(dir, csvName))
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for i, c := range row {
			if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r") {
				t.Errorf("column %s: %q is a formula", columns[i], c)
			}
			if strings.HasSuffix(columns[i], "_file") && c != "" {
				if _, err := os.Stat(filepath.Join(dir, c)); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "  +x": "'  +x", "-1": "'-1", "@x": "'@x", "＝x": "'＝x", "\u00a0=x": "'\u00a0=x", "\t=x": "' =x", "|cmd": "'|cmd",
		"a=b": "a=b", "": "", "صوت": "صوت", "a\nb": "a b", "x\u202ey": "x[RLO]y", "\u2067=1": "[RLI]=1",
	} {
		if got := cell(in); got != want {
			t.Errorf("cell(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestRefusesWhatWouldNotVerify: material whose bytes are not the logged ones
// is not packed, and nothing is left behind.
func TestRefusesWhatWouldNotVerify(t *testing.T) {
	for name, spoil := range map[string]func(*redact.Material){
		"original": func(m *redact.Material) {
			e := &m.Items[0].Versions[0].Entry
			e.Open = func() (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(make([]byte, e.Size))), nil
			}
		},
		"shorter":    func(m *redact.Material) { m.Items[0].Versions[0].Entry.Size++ },
		"salt":       func(m *redact.Material) { m.Items[0].Versions[0].Entry.Salt[3] ^= 1 },
		"proof":      func(m *redact.Material) { m.Entries[0].Proof[0][0] ^= 1 },
		"checkpoint": func(m *redact.Material) { m.Checkpoint[len(m.Checkpoint)/2] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := bundletest.New(1, 5)
			if err != nil {
				t.Fatal(err)
			}
			spoil(&c.Material)
			r, _, err := redact.Prepare(redact.ForPublic, c.Material)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			out, err := export.Create(filepath.Join(dir, "b"))
			if err != nil {
				t.Fatal(err)
			}
			if err := Kind.Write(context.Background(), out, r, export.Options{}); !errors.Is(err, record.ErrAltered) {
				t.Errorf("got %v, want ErrAltered", err)
			}
			if err := out.Abort(); err != nil {
				t.Fatal(err)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.zip")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := export.Create(path); !errors.Is(err, record.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
}

func TestEmptyReleaseIsRefused(t *testing.T) {
	if err := Kind.Write(context.Background(), nil, redact.Release{}, export.Options{}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestVerifyStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	writeTo(t, dir, release(t))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Verify(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzVerifyZip: a zip from a stranger never makes Verify panic, and a bundle
// found good says what it proves.
func FuzzVerifyZip(f *testing.F) {
	path := filepath.Join(f.TempDir(), "b.zip")
	writeTo(f, path, release(f))
	good := read(f, path)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := filepath.Join(t.TempDir(), "f.zip")
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Verify(context.Background(), p)
		if err != nil || r.OK != (len(r.Problems) == 0) || r.OK != (len(r.Proves) > 0) {
			t.Errorf("%v %+v", err, r)
		}
	})
}

// FuzzParseLine: what is read is written again as it was.
func FuzzParseLine(f *testing.F) {
	f.Add([]byte(`{"index":3,"entry":"{}","proof":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}`))
	f.Add([]byte(`{"index":0,"entry":"\u003c","proof":[],"salt":"` + strings.Repeat("0f", 32) + `","body":"","file":"items/x"}`))
	f.Add([]byte(`{"index":1,"index":2,"entry":"\ud800","proof":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseLine(b)
		if err != nil {
			if !errors.Is(err, record.ErrInvalid) {
				t.Errorf("%v is not ErrInvalid", err)
			}
			return
		}
		out, err := l.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseLine(bytes.TrimSuffix(out, []byte("\n")))
		if err != nil || again.Index != l.Index || again.Entry != l.Entry || again.File != l.File || len(again.Proof) != len(l.Proof) {
			t.Errorf("%s became %s (%v)", b, out, err)
		}
	})
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(strings.Repeat("0", 64) + "  a/b\n"))
	f.Add([]byte(strings.Repeat("0", 64) + "  ../b\nx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for name := range parseManifest(b, func(string, string) {}) {
			if !export.ValidName(name) {
				t.Errorf("the name %q was let through", name)
			}
		}
	})
}
