package all

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"dalil/internal/format"
)

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Formats() {
		if k.Name == "" || seen[k.Name] {
			t.Errorf("%q: every format needs a name of its own", k.Name)
		}
		seen[k.Name] = true
		if k.Version < 1 {
			t.Errorf("%s: version %d", k.Name, k.Version)
		}
		if len(k.Doc) < 20 || strings.HasSuffix(k.Doc, ".") || strings.Contains(k.Doc, "\n") {
			t.Errorf("%s: the doc must be one sentence without a full stop: %q", k.Name, k.Doc)
		}
		if k.Match == nil || (k.Read == nil) == (k.Parts == nil) {
			t.Errorf("%s: needs Match and exactly one of Read and Parts", k.Name)
		}
	}
}

// TestAnyHead asks every format about heads of any shape; the answer must be a
// number from 0 to 100.
func TestAnyHead(t *testing.T) {
	heads := []format.Head{{}, {Path: "a"}, {Path: "x/y.json", Size: 1}}
	for b := range 256 {
		heads = append(heads, format.Head{Path: "f", Size: 1, Bytes: []byte{byte(b)}})
	}
	r := rand.New(rand.NewPCG(1, 2))
	starts := []string{"", "{", "PK\x03\x04", "\x1f\x8b\x08", "WARC/", "%PDF-", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "<html", "GIF8", "II*\x00", "RIFF", "\ufeff", "\xff\xfe", "From: <", "id,body,chat\n"}
	names := []string{"", "a.zip", "a.warc.gz", "result.json", "messages.html", "x.csv", "x.ndjson", "x.pdf", "x.jpg", "x.mhtml", "x.md", "x.wacz", "../x", "\x00"}
	for range 3000 {
		b := make([]byte, r.IntN(300))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		b = append([]byte(starts[r.IntN(len(starts))]), b...)
		heads = append(heads, format.Head{Path: names[r.IntN(len(names))], Size: r.Int64N(1 << 40), Bytes: b})
	}
	for _, h := range heads {
		for _, k := range Formats() {
			if n := k.Match(h); n < 0 || n > 100 {
				t.Fatalf("%s says %d of %q", k.Name, n, h.Bytes)
			}
		}
		Pick(h)
	}
}

func TestPick(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	if _, err := z.Create("letter.txt"); err != nil {
		t.Fatal(err)
	}
	z.Close()
	var wacz bytes.Buffer
	z = zip.NewWriter(&wacz)
	if _, err := z.Create("archive/data.warc.gz"); err != nil {
		t.Fatal(err)
	}
	z.Close()
	var gz bytes.Buffer
	g := gzip.NewWriter(&gz)
	io.WriteString(g, "WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n")
	g.Close()
	for _, c := range []struct{ path, bytes, want string }{
		{"a.zip", packed.String(), "zip"},
		{"crawl.wacz", wacz.String(), "wacz"},
		{"unnamed", wacz.String(), "wacz"},
		{"crawl.warc", "WARC/1.0\r\n", "warc"},
		{"crawl.warc.gz", gz.String(), "warc"},
		{"renamed.bin", gz.String(), "warc"},
		{"set.csv", "id,thread_id,chat,author,author_is_bot,body,unix_timestamp\nc-1,c,c,,no,text,1\n", "4cat-csv"},
		{"set.csv", "\ufeffid;chat;body;unix_timestamp;author_forwarded_from_id\n1;c;x;1;\n", "4cat-csv"},
		{"set.ndjson", `{"id":1,"peer_id":{"channel_id":5},"date":1,"message":"x"}` + "\n", "4cat-ndjson"},
		{"set.ndjson", `{"id":"c-1","thread_id":"c","body":"x","unix_timestamp":1}` + "\n", "4cat-ndjson"},
		{"sheet.csv", "Link,Archive Status,Archive Location,Upload Title\nhttps://t.me/x/1,telethon: success,a,b\n", "auto-archiver-csv"},
		{"db.csv", "status,metadata,media\nx: success,{},[]\n", "auto-archiver-csv"},
		{"result.json", `{"name":"Varda Post","type":"public_channel","id":77,"messages":[`, "telegram-json"},
		{"page.html", "<!DOCTYPE html><html><head><title>x</title></head>", "html"},
		{"a.pdf", "%PDF-1.7\n", "pdf"},
	} {
		k, ok := Pick(format.Head{Path: c.path, Size: int64(len(c.bytes)), Bytes: []byte(c.bytes)})
		if !ok || k.Name != c.want {
			t.Errorf("%s %.30q: picked %q, want %q", c.path, c.bytes, k.Name, c.want)
		}
	}
	if k, ok := Pick(format.Head{Path: "x.exe", Size: 4, Bytes: []byte("MZ\x90\x00")}); ok {
		t.Errorf("a program was picked for %s", k.Name)
	}
}
