package warc

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"dalil/internal/format"
	"dalil/internal/record"
)

// sink collects what a container says.
type sink struct {
	problems []record.Problem
	skipped  map[string]int
}

func (*sink) Source(record.Source) error    { return nil }
func (*sink) Reading(*record.Reading) error { return nil }
func (s *sink) Problem(p record.Problem)    { s.problems = append(s.problems, p) }
func (s *sink) Covers(first, last int64)    {}
func (s *sink) Skipped(what string, n int) {
	if s.skipped == nil {
		s.skipped = map[string]int{}
	}
	s.skipped[what] += n
}

func (s *sink) said() string {
	var b strings.Builder
	for _, p := range s.problems {
		b.WriteString(p.What + "\n")
	}
	return b.String()
}

// page is a part as it was read.
type page struct {
	format.Part
	body string
	err  error
}

func input(b []byte) format.Input {
	return format.Input{Path: "test.warc", R: bytes.NewReader(b), Size: int64(len(b)), Settings: format.Settings{Zone: time.UTC}}
}

// unpack reads every part of b, each twice: what comes the second time must
// be the same.
func unpack(t testing.TB, k format.Kind, b []byte) ([]page, *sink) {
	t.Helper()
	var pages []page
	out := &sink{}
	err := k.Parts(context.Background(), input(b), out, func(p format.Part) error {
		got := page{Part: p}
		for i := range 2 {
			r, err := p.Open()
			if err != nil {
				t.Fatalf("open %s: %v", p.Path, err)
			}
			body, err := io.ReadAll(r)
			r.Close()
			if i == 0 {
				got.body, got.err = string(body), err
			} else if got.err == nil && string(body) != got.body {
				t.Errorf("%s: opened again it reads %d bytes instead of %d", p.Path, len(body), len(got.body))
			}
		}
		pages = append(pages, got)
		return nil
	})
	if err != nil {
		t.Fatalf("Parts: %v", err)
	}
	return pages, out
}

// rec makes a record; fields are lines of its head.
func rec(block string, fields ...string) string {
	return "WARC/1.1\r\nWARC-Date: 2031-05-04T10:20:30Z\r\n" + strings.Join(fields, "\r\n") + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(block), block)
}

func answer(target, head, body string) string {
	return rec("HTTP/1.1 200 OK\r\n"+head+"\r\n"+body, "WARC-Type: response", "WARC-Target-URI: "+target, "Content-Type: application/http; msgtype=response")
}

func pack(members ...string) []byte {
	var b bytes.Buffer
	for _, m := range members {
		z := gzip.NewWriter(&b)
		io.WriteString(z, m)
		z.Close()
	}
	return b.Bytes()
}

const html = "Content-Type: text/html; charset=utf-8\r\n"

func crawl() []string {
	return []string{
		rec("software: test\r\n", "WARC-Type: warcinfo"),
		answer("https://varda.example/", html, "<p>front page</p>"),
		rec("GET / HTTP/1.1\r\n\r\n", "WARC-Type: request", "WARC-Target-URI: https://varda.example/"),
		rec("HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", "WARC-Type: response", "WARC-Target-URI: https://varda.example/old"),
		answer("https://varda.example/a/b?id=5", html, "<p>story</p>"),
		rec("HTTP/1.1 200 OK\r\n\r\n", "WARC-Type: revisit", "WARC-Target-URI: https://varda.example/"),
		rec("20310504102030 dns answer", "WARC-Type: response", "WARC-Target-URI: dns:varda.example", "Content-Type: text/dns"),
		rec("bytes of a picture", "WARC-Type: resource", "WARC-Target-URI: <https://varda.example/p.jpg>", "Content-Type: image/jpeg"),
	}
}

func TestEveryPacking(t *testing.T) {
	plain := strings.Join(crawl(), "")
	for name, b := range map[string][]byte{
		"plain":      []byte(plain),
		"per record": pack(crawl()...),
		"one gzip":   pack(plain),
		"mixed":      append([]byte(crawl()[0]+crawl()[1]), pack(crawl()[2:]...)...),
		"LF only":    []byte(strings.ReplaceAll(strings.ReplaceAll(plain, "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"), "\r\nWARC", "\nWARC")),
	} {
		t.Run(name, func(t *testing.T) {
			pages, out := unpack(t, Kind, b)
			if len(out.problems) != 0 {
				t.Errorf("said %q", out.said())
			}
			want := []struct{ path, url, kind, body string }{
				{"varda.example/index.html", "https://varda.example/", "text/html; charset=utf-8", "<p>front page</p>"},
				{"varda.example/a/b_id=5", "https://varda.example/a/b?id=5", "text/html; charset=utf-8", "<p>story</p>"},
				{"varda.example/p.jpg", "https://varda.example/p.jpg", "image/jpeg", "bytes of a picture"},
			}
			if len(pages) != len(want) {
				t.Fatalf("%d pages, want %d", len(pages), len(want))
			}
			for i, w := range want {
				p := pages[i]
				if p.Path != w.path || p.URL != w.url || p.Type != w.kind || p.body != w.body || p.err != nil {
					t.Errorf("page %d is %q %q %q %q %v", i, p.Path, p.URL, p.Type, p.body, p.err)
				}
				if p.Theirs.In(time.UTC) != "2031-05-04 10:20:30" {
					t.Errorf("page %d is of %s", i, p.Theirs.In(time.UTC))
				}
			}
			total := 0
			for _, n := range out.skipped {
				total += n
			}
			if total != 5 {
				t.Errorf("skipped %v, want 5 records", out.skipped)
			}
		})
	}
}

func brotlied(s string) string {
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func deflated(s string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

func TestContentCodings(t *testing.T) {
	body := strings.Repeat("<p>text of a page</p>\n", 50)
	gz := string(pack(body))
	chunks := func(s string) string {
		return fmt.Sprintf("5\r\n%s\r\n%x;ext=1\r\n%s\r\n0\r\nTrailer: x\r\n\r\n", s[:5], len(s)-5, s[5:])
	}
	for _, c := range []struct{ name, head, sent, want, says string }{
		{"plain", "", body, body, ""},
		{"gzip", "Content-Encoding: gzip\r\n", gz, body, ""},
		{"already unpacked", "Content-Encoding: gzip\r\n", body, body, ""},
		{"raw deflate", "Content-Encoding: deflate\r\n", deflated(body), body, ""},
		{"chunked", "Transfer-Encoding: chunked\r\n", chunks(body), body, ""},
		{"chunked gzip", "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", chunks(gz), body, ""},
		{"gzip twice", "Content-Encoding: gzip, gzip\r\n", string(pack(gz)), body, ""},
		{"not chunked", "Transfer-Encoding: chunked\r\n", body, body, "is not"},
		{"chunks go wrong", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\nno mark\r\nrest", "hellono mark\r\nrest", "chunk marks"},
		{"cut chunk", "Transfer-Encoding: chunked\r\n", "ff\r\nhello", "hello", "inside a chunk"},
		{"cut gzip", "Content-Encoding: gzip\r\n", gz[:len(gz)-6], body, "damaged"},
		{"brotli", "Content-Encoding: br\r\n", brotlied(body), body, ""},
		{"cut brotli", "Content-Encoding: br\r\n", brotlied(body)[:len(brotlied(body))-3], body[:16], "damaged"},
		{"unpacked br", "Content-Encoding: br\r\n", body, body, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			pages, out := unpack(t, Kind, pack(answer("https://varda.example/x", c.head, c.sent)))
			if len(pages) != 1 || pages[0].body != c.want || pages[0].err != nil {
				t.Fatalf("%d pages, %.300v", len(pages), pages)
			}
			if said := out.said(); c.says == "" && said != "" || !strings.Contains(said, c.says) {
				t.Errorf("said %q, want %q", said, c.says)
			}
		})
	}
	pages, out := unpack(t, Kind, []byte(answer("https://varda.example/x", "Content-Encoding: zstd\r\n", "\x28\xb5\x2f\xfd\x00\x00\x9c")))
	if len(pages) != 0 || !strings.Contains(out.said(), `"zstd"`) {
		t.Errorf("zstd: %d pages, said %q", len(pages), out.said())
	}
}

func TestDigests(t *testing.T) {
	body := "<p>evidence</p>"
	block := "HTTP/1.1 200 OK\r\n\r\n" + body
	s1, s2, b1 := sha1.Sum([]byte(body)), sha256.Sum256([]byte(body)), sha1.Sum([]byte(block))
	chunkedBlock := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n" + body + "\r\n0\r\n\r\n"
	for _, c := range []struct{ name, block, field, says string }{
		{"payload, base 32", block, "WARC-Payload-Digest: sha1:" + base32.StdEncoding.EncodeToString(s1[:]), ""},
		{"payload, hex", block, "WARC-Payload-Digest: sha256:" + hex.EncodeToString(s2[:]), ""},
		{"payload without chunk marks", chunkedBlock, "WARC-Payload-Digest: sha-256:" + hex.EncodeToString(s2[:]), ""},
		{"block", block, "WARC-Block-Digest: sha1:" + base32.StdEncoding.EncodeToString(b1[:]), ""},
		{"unknown", block, "WARC-Block-Digest: whirl:xyz", ""},
		{"bad payload", block, "WARC-Payload-Digest: sha1:" + strings.Repeat("A", 32), "WARC-Payload-Digest"},
		{"bad block", block, "WARC-Block-Digest: sha1:" + base32.StdEncoding.EncodeToString(s1[:]), "WARC-Block-Digest"},
	} {
		for how, b := range map[string][]byte{
			"plain": []byte(rec(c.block, "WARC-Type: response", "WARC-Target-URI: https://varda.example/", c.field)),
			"gzip":  pack(rec(c.block, "WARC-Type: response", "WARC-Target-URI: https://varda.example/", c.field)),
		} {
			pages, out := unpack(t, Kind, b)
			if len(pages) != 1 || pages[0].body != body {
				t.Fatalf("%s, %s: %v", c.name, how, pages)
			}
			if said := out.said(); c.says == "" && said != "" || !strings.Contains(said, c.says) {
				t.Errorf("%s, %s: said %q, want %q", c.name, how, said, c.says)
			}
		}
	}
}

func TestWrongLengths(t *testing.T) {
	good := answer("https://varda.example/2", html, "second")
	for _, c := range []struct{ name, length, says string }{
		{"too short", "Content-Length: 30", "says it is 30 bytes"},
		{"too long", "Content-Length: 500", "says it is 500 bytes"},
		{"beyond the file", "Content-Length: 99999999", "says it is 99999999"},
		{"negative", "Content-Length: -1", "no usable length"},
		{"no number", "Content-Length: many", "no usable length"},
		{"missing", "X: y", "no usable length"},
	} {
		bad := "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://varda.example/1\r\n" + c.length + "\r\n\r\nHTTP/1.1 200 OK\r\n" + html + "\r\nfirst page\r\n\r\n"
		pages, out := unpack(t, Kind, []byte(bad+good))
		if len(pages) != 2 || pages[0].body != "first page" || pages[1].body != "second" {
			t.Errorf("%s: %v", c.name, pages)
		}
		if !strings.Contains(out.said(), c.says) {
			t.Errorf("%s: said %q", c.name, out.said())
		}
		// Packed record by record, the second is not touched by the first.
		pages, out = unpack(t, Kind, pack(bad, good))
		if len(pages) != 2 || pages[1].body != "second" || len(out.problems) == 0 {
			t.Errorf("%s, packed: %v, said %q", c.name, pages, out.said())
		}
	}
}

// TestEveryCut cuts an archive at every byte: what comes out must be a
// beginning of what there was, and a cut inside a record must be said.
func TestEveryCut(t *testing.T) {
	for how, b := range map[string][]byte{"plain": []byte(strings.Join(crawl(), "")), "gzip": pack(crawl()...), "one gzip": pack(strings.Join(crawl(), ""))} {
		whole, _ := unpack(t, Kind, b)
		for cut := 1; cut < len(b)-8; cut++ {
			pages, out := unpack(t, Kind, b[:cut])
			if len(pages) > len(whole) {
				t.Fatalf("%s cut at %d: %d pages of %d", how, cut, len(pages), len(whole))
			}
			for i, p := range pages {
				if p.err != nil || !strings.HasPrefix(whole[i].body, p.body) {
					t.Fatalf("%s cut at %d: page %d is %q, %v", how, cut, i, p.body, p.err)
				}
				if p.body != whole[i].body && len(out.problems) == 0 {
					t.Fatalf("%s cut at %d: page %d is cut and nothing was said", how, cut, i)
				}
			}
		}
	}
}

func TestDamagedMember(t *testing.T) {
	b := pack(crawl()...)
	first := pack(crawl()[0])
	second := len(first) + len(pack(crawl()[1]))
	b[len(first)+40] ^= 0xff
	pages, out := unpack(t, Kind, b)
	var last []string
	for _, p := range pages {
		last = append(last, p.URL)
	}
	if !slices.Contains(last, "https://varda.example/a/b?id=5") || !slices.Contains(last, "https://varda.example/p.jpg") {
		t.Errorf("pages %q: those behind the damage must be had", last)
	}
	if len(out.problems) == 0 || out.problems[0].Offset < int64(len(first)) || out.problems[0].Offset > int64(second) {
		t.Errorf("problems %v: the damage stands at %d", out.problems, len(first))
	}
}

func TestBombs(t *testing.T) {
	zeros := strings.Repeat("\x00", 100<<20)
	for name, b := range map[string][]byte{
		"gzip member":      pack(rec("GET", "WARC-Type: request"), answer("https://varda.example/bomb", "", zeros), answer("https://varda.example/", "", "good")),
		"content encoding": []byte(answer("https://varda.example/bomb", "Content-Encoding: gzip\r\n", string(pack(zeros))) + answer("https://varda.example/", "", "good")),
		"both":             pack(answer("https://varda.example/bomb", "Content-Encoding: gzip\r\n", string(pack(zeros))), answer("https://varda.example/", "", "good")),
	} {
		out := &sink{}
		bodies := map[string]int64{}
		errs := map[string]error{}
		err := Kind.Parts(context.Background(), input(b), out, func(p format.Part) error {
			r, err := p.Open()
			if err != nil {
				return err
			}
			bodies[p.URL], errs[p.URL] = io.Copy(io.Discard, r)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !errors.Is(errs["https://varda.example/bomb"], record.ErrInvalid) || bodies["https://varda.example/bomb"] > 150<<20 {
			t.Errorf("%s: %d bytes, %v", name, bodies["https://varda.example/bomb"], errs)
		}
		if bodies["https://varda.example/"] != 4 {
			t.Errorf("%s: the page behind the bomb is lost (%v), said %q", name, bodies, out.said())
		}
	}
}

func TestReadLate(t *testing.T) {
	for _, b := range [][]byte{[]byte(strings.Join(crawl(), "")), pack(crawl()...)} {
		var parts []format.Part
		if err := Kind.Parts(context.Background(), input(b), &sink{}, func(p format.Part) error { parts = append(parts, p); return nil }); err != nil {
			t.Fatal(err)
		}
		r, err := parts[1].Open()
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(r); err != nil || string(body) != "<p>story</p>" {
			t.Errorf("read later: %q, %v", body, err)
		}
	}
}

func TestTruncatedByCrawler(t *testing.T) {
	_, out := unpack(t, Kind, []byte(rec("HTTP/1.1 200 OK\r\n\r\nx", "WARC-Type: response", "WARC-Target-URI: https://varda.example/", "WARC-Truncated: length")))
	if !strings.Contains(out.said(), "cut this capture short") {
		t.Errorf("said %q", out.said())
	}
}

func TestDates(t *testing.T) {
	for s, want := range map[string]string{
		"2031-05-04T10:20:30Z": "2031-05-04 10:20:30", "2031-05-04T10:20:30.123456Z": "2031-05-04 10:20:30", "20310504102030": "2031-05-04 10:20:30",
		"2031-05-04": "2031-05-04", "2031": "2031", "yesterday": "time not stated", "": "time not stated",
	} {
		if got := (header{fields: map[string]string{"warc-date": s}}).when().In(time.UTC); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}

func FuzzWARC(f *testing.F) {
	f.Add([]byte(strings.Join(crawl(), "")))
	f.Add(pack(crawl()...))
	f.Add([]byte(answer("https://varda.example/", "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", "5\r\n\x1f\x8b\x08\x00\x00\r\n0\r\n\r\n")))
	f.Add([]byte("WARC/1.0\r\n folded\r\nContent-Length: 9223372036854775807\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		seen := map[string]bool{}
		err := Kind.Parts(context.Background(), input(b), &sink{}, func(p format.Part) error {
			if seen[p.Path] {
				t.Fatalf("two parts are called %q", p.Path)
			}
			seen[p.Path] = true
			for range 2 {
				r, err := p.Open()
				if err != nil {
					continue
				}
				io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		Kind.Match(format.Head{Bytes: b})
		WACZ.Match(format.Head{Bytes: b})
	})
}
