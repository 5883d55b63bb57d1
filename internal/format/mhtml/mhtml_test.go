package mhtml

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

type sink struct{ problems []record.Problem }

func (s *sink) Source(record.Source) error    { return nil }
func (s *sink) Reading(*record.Reading) error { return nil }
func (s *sink) Problem(p record.Problem)      { s.problems = append(s.problems, p) }
func (s *sink) Skipped(string, int)           {}
func (s *sink) Covers(int64, int64)           {}

type got struct {
	format.Part
	body string
}

func open(t testing.TB, b []byte) ([]got, *sink) {
	t.Helper()
	var s sink
	var out []got
	err := Kind.Parts(context.Background(), format.Input{Path: "a.mhtml", R: bytes.NewReader(b), Size: int64(len(b))}, &s, func(p format.Part) error {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r) // a damaged coding still gives its beginning
		out = append(out, got{p, string(body)})
		return r.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, &s
}

const archive = `From: <Saved by a browser>
Snapshot-Content-Location: https://courier.example/flood
Subject: =?utf-8?Q?Flood?=
Date: Tue, 4 Mar 2031 09:15:00 +0300
MIME-Version: 1.0
Content-Type: multipart/related;
	type="text/html";
	boundary="----Edge--x1"


------Edge--x1
Content-Type: text/css
Content-Transfer-Encoding: quoted-printable
Content-Location: https://courier.example/a/style.css

p { color: =23fff }
------Edge--x1
Content-Type: text/html
Content-ID: <frame-1@mhtml.blink>
Content-Transfer-Encoding: quoted-printable
Content-Location: https://courier.example/flood

<html><p>caf=C3=A9 =
closed</p></html>
------Edge--x1
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-Location: https://courier.example/../../etc/bridge.png?x=1

aGVs
bG8=
------Edge--x1
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-Location: https://cdn.example/bridge.png

aGVsbG8=
------Edge--x1--
`

func TestArchive(t *testing.T) {
	for _, crlf := range []bool{false, true} {
		text := archive
		if crlf {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		ps, s := open(t, []byte(text))
		if len(s.problems) > 0 || len(ps) != 4 {
			t.Fatalf("crlf %v: %d parts, problems %v", crlf, len(ps), s.problems)
		}
		root := ps[0]
		if root.Path != "index.html" || root.URL != "https://courier.example/flood" || root.Type != "text/html" ||
			root.body != "<html><p>café closed</p></html>" {
			t.Errorf("root: %+v", root)
		}
		if want := time.Date(2031, 3, 4, 6, 15, 0, 0, time.UTC); root.Theirs.Time() != want {
			t.Errorf("their clock %v, want %v", root.Theirs.Time(), want)
		}
		var paths []string
		for _, p := range ps {
			paths = append(paths, p.Path)
		}
		if want := []string{"index.html", "style.css", "bridge.png", "bridge-2.png"}; !slices.Equal(paths, want) {
			t.Errorf("paths %q, want %q", paths, want)
		}
		if ps[1].body != "p { color: #fff }" || ps[2].body != "hello" || ps[3].body != "hello" {
			t.Errorf("bodies %q %q %q", ps[1].body, ps[2].body, ps[3].body)
		}
		again, err := ps[2].Open()
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(again); string(b) != "hello" {
			t.Errorf("opened twice, second time %q", b)
		}
	}
}

func TestTruncated(t *testing.T) {
	for cut := range len(archive) {
		ps, s := open(t, []byte(archive[:cut]))
		for _, p := range ps {
			if strings.Contains(p.Path, "/") || strings.HasPrefix(p.Path, ".") {
				t.Fatalf("cut at %d: path %q", cut, p.Path)
			}
		}
		if len(ps) == 0 && len(s.problems) == 0 {
			t.Fatalf("cut at %d: nothing read and nothing said", cut)
		}
	}
	at := strings.Index(archive, "bG8=")
	ps, s := open(t, []byte(archive[:at]))
	if len(ps) != 3 || ps[2].body != "hel" || len(s.problems) != 1 || s.problems[0].Offset != int64(at) {
		t.Errorf("%d parts, problems %+v", len(ps), s.problems)
	}
}

func TestOtherShapes(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		parts    int
		problems int
	}{
		"a page without parts":   {"MIME-Version: 1.0\nContent-Type: text/html\n\n<p>x</p>", 1, 0},
		"nested multiparts":      {"Content-Type: multipart/related; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: text/html\n\ny\n--b--\n--a--\n", 2, 0},
		"no boundary declared":   {"Content-Type: multipart/related\n\n--a\nx\n", 0, 1},
		"boundary never appears": {"Content-Type: multipart/related; boundary=zz\n\n--a\nx\n", 0, 1},
		"no header at all":       {strings.Repeat("x", 200_000), 0, 1},
		"no closing boundary":    {"Content-Type: multipart/related; boundary=a\n\n--a\nContent-Type: text/html\n\ny", 1, 1},
		"line of two megabytes":  {"Content-Type: multipart/related; boundary=a\n\n--a\nContent-Type: text/html\n\n" + strings.Repeat("-", 2<<20) + "\n--a--", 1, 0},
	} {
		ps, s := open(t, []byte(c.text))
		if len(ps) != c.parts || len(s.problems) != c.problems {
			t.Errorf("%s: %d parts, want %d; problems %v", name, len(ps), c.parts, s.problems)
		}
	}
}

func TestManyParts(t *testing.T) {
	var b strings.Builder
	b.WriteString("Content-Type: multipart/related; boundary=a\n\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "--a\nContent-Type: image/png\nContent-Location: https://x.example/p.png\n\n%d\n", i)
	}
	b.WriteString("--a--\n")
	ps, _ := open(t, []byte(b.String()))
	seen := map[string]bool{}
	for _, p := range ps {
		if seen[p.Path] {
			t.Fatalf("path %q twice", p.Path)
		}
		seen[p.Path] = true
	}
	if len(ps) != 5000 {
		t.Errorf("%d parts", len(ps))
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		path, head string
		min, max   int
	}{
		{"a.mhtml", archive, 95, 95},
		{"a", archive, 95, 95},
		{"a.eml", "Subject: x\nContent-Type: multipart/related; boundary=a\n\n", 85, 85},
		{"a.mht", "nothing", 30, 30},
		{"a.html", "<html>multipart/related</html>", 0, 0},
		{"a.txt", "From: me to you, with multipart/related love", 0, 89},
	} {
		if n := Kind.Match(format.Head{Path: c.path, Bytes: []byte(c.head)}); n < c.min || n > c.max {
			t.Errorf("%s %.20q: %d, want %d to %d", c.path, c.head, n, c.min, c.max)
		}
	}
}

func FuzzParts(f *testing.F) {
	f.Add([]byte(archive))
	f.Add([]byte(strings.ReplaceAll(archive, "\n", "\r\n")))
	f.Add([]byte("Content-Type: multipart/related; boundary=a\n\n--a\n\n--a--"))
	f.Add([]byte("Content-Type: multipart/related; boundary=\"\"\n\n--\n\n--"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ps, _ := open(t, b)
		for _, p := range ps {
			if p.Path == "" || strings.ContainsAny(p.Path, "/\\\x00") || p.Path == ".." {
				t.Fatalf("path %q", p.Path)
			}
		}
	})
}
