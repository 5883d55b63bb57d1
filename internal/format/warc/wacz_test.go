package warc

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dalil/internal/format"
	"dalil/internal/record"
)

// wrap makes a WACZ of name, content pairs with a datapackage.json over all of
// them; tamper may change that text.
func wrap(t testing.TB, tamper func(string) string, pairs ...string) []byte {
	t.Helper()
	var list []string
	for i := 0; i < len(pairs); i += 2 {
		sum := sha256.Sum256([]byte(pairs[i+1]))
		list = append(list, fmt.Sprintf(`{"path":%q,"hash":"sha256:%s","bytes":%d}`, pairs[i], hex.EncodeToString(sum[:]), len(pairs[i+1])))
	}
	pack := `{"profile":"data-package","resources":[` + strings.Join(list, ",") + `],"wacz_version":"1.1.1"}`
	sum := sha256.Sum256([]byte(pack))
	if tamper != nil {
		pack = tamper(pack)
	}
	pairs = append(pairs, "datapackage.json", pack, "datapackage-digest.json", `{"path":"datapackage.json","hash":"sha256:`+hex.EncodeToString(sum[:])+`"}`)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(pairs[i+1]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWACZ(t *testing.T) {
	one, two := string(pack(crawl()...)), strings.Join(crawl(), "")
	pages, out := unpack(t, WACZ, wrap(t, nil, "pages/pages.jsonl", "{}", "archive/b.warc", two, "archive/a.warc.gz", one, "indexes/index.cdx.gz", "x"))
	if len(out.problems) != 0 {
		t.Errorf("said %q", out.said())
	}
	var paths []string
	for _, p := range pages {
		paths = append(paths, p.Path)
	}
	if !slices.Equal(paths, []string{"archive/a.warc.gz", "archive/b.warc"}) || pages[0].body != one || pages[1].body != two {
		t.Errorf("parts %q", paths)
	}
}

func TestWACZTampered(t *testing.T) {
	w := strings.Join(crawl(), "")
	for _, c := range []struct {
		name   string
		tamper func(string) string
		says   string
	}{
		{"list", func(s string) string { return strings.Replace(s, "1.1.1", "1.1.2", 1) }, "datapackage-digest.json"},
		{"digest", func(s string) string {
			i := strings.Index(s, "sha256:") + 7
			return s[:i] + strings.Repeat("0", 64) + s[i+64:]
		}, "does not fit its digest"},
		{"bytes", func(s string) string { return strings.Replace(s, `"bytes":`, `"bytes":1`, 1) }, "datapackage.json says"},
		{"path", func(s string) string { return strings.Replace(s, "archive/a.warc", "archive/x.warc", 1) }, "not in the WACZ"},
		{"unlisted", func(s string) string { return `{"resources":[]}` }, "not listed"},
		{"no JSON", func(s string) string { return "<html>" }, "no JSON"},
	} {
		pages, out := unpack(t, WACZ, wrap(t, c.tamper, "archive/a.warc", w))
		if len(pages) != 1 || pages[0].body != w {
			t.Errorf("%s: the WARC must be yielded all the same", c.name)
		}
		if !strings.Contains(out.said(), c.says) {
			t.Errorf("%s: said %q, want %q", c.name, out.said(), c.says)
		}
	}
}

func TestWACZBroken(t *testing.T) {
	b := wrap(t, nil, "archive/a.warc", "WARC/1.0\r\n")
	for cut := range len(b) - 1 {
		pages, out := unpack(t, WACZ, b[:cut])
		if len(pages) == 0 && len(out.problems) == 0 {
			t.Fatalf("cut at %d: nothing was said", cut)
		}
	}
}

// TestWACZOverlap makes two directory entries share one file's bytes.
func TestWACZOverlap(t *testing.T) {
	b := wrap(t, nil, "archive/a.warc", strings.Repeat("x", 500), "archive/b.warc", strings.Repeat("x", 500))
	entry := []byte("PK\x01\x02")
	first := bytes.Index(b, entry)
	second := first + 4 + bytes.Index(b[first+4:], entry)
	binary.LittleEndian.PutUint32(b[second+42:], 0)
	err := WACZ.Parts(context.Background(), input(b), &sink{}, func(format.Part) error { return nil })
	if !errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), "share their bytes") {
		t.Errorf("got %v", err)
	}
}
