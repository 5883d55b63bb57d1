package zip

import (
	stdzip "archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

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

// unpack reads every part of b: paths in order, contents by path, and errors
// of parts.
func unpack(t testing.TB, b []byte) (paths []string, contents map[string]string, out *sink, failed map[string]error) {
	t.Helper()
	contents, failed, out = map[string]string{}, map[string]error{}, &sink{}
	in := format.Input{Path: "test.zip", R: bytes.NewReader(b), Size: int64(len(b)), Settings: format.Settings{Zone: time.UTC}}
	err := Kind.Parts(context.Background(), in, out, func(p format.Part) error {
		paths = append(paths, p.Path)
		r, err := p.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		var kept bytes.Buffer
		if _, err := io.Copy(&kept, io.LimitReader(r, 1<<20)); err == nil {
			_, err = io.Copy(io.Discard, r)
			failed[p.Path] = err
		} else {
			failed[p.Path] = err
		}
		contents[p.Path] = kept.String()
		return nil
	})
	if err != nil {
		t.Fatalf("Parts: %v", err)
	}
	return paths, contents, out, failed
}

// pack makes an ordinary zip of name, content pairs.
func pack(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := w.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, pairs[i+1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entry is a member of a zip written by hand, to say what no packer says.
type entry struct {
	name, own string // own: name in the local header, name when ""
	data      []byte // packed
	size      uint32
	sum       uint32
	method    uint16
	flags     uint16
	mode      uint32
	at        int // offset of its local header; -1 writes one
}

func forge(entries ...entry) []byte {
	var b, dir bytes.Buffer
	le := binary.LittleEndian
	for _, e := range entries {
		at := e.at
		if at < 0 {
			at = b.Len()
			own := e.own
			if own == "" {
				own = e.name
			}
			h := []byte(sigLocal)
			h = le.AppendUint16(h, 20)
			h = le.AppendUint16(h, e.flags)
			h = le.AppendUint16(h, e.method)
			h = le.AppendUint32(h, 0)
			h = le.AppendUint32(h, e.sum)
			h = le.AppendUint32(h, uint32(len(e.data)))
			h = le.AppendUint32(h, e.size)
			h = le.AppendUint16(h, uint16(len(own)))
			h = le.AppendUint16(h, 0)
			b.Write(h)
			b.WriteString(own)
			b.Write(e.data)
		}
		h := []byte(sigEntry)
		h = le.AppendUint16(h, 3<<8|20)
		h = le.AppendUint16(h, 20)
		h = le.AppendUint16(h, e.flags)
		h = le.AppendUint16(h, e.method)
		h = le.AppendUint32(h, 0)
		h = le.AppendUint32(h, e.sum)
		h = le.AppendUint32(h, uint32(len(e.data)))
		h = le.AppendUint32(h, e.size)
		h = le.AppendUint16(h, uint16(len(e.name)))
		h = le.AppendUint16(h, 0)
		h = le.AppendUint16(h, 0)
		h = le.AppendUint32(h, 0)
		h = le.AppendUint32(h, e.mode<<16)
		h = le.AppendUint32(h, uint32(at))
		dir.Write(h)
		dir.WriteString(e.name)
	}
	start := b.Len()
	b.Write(dir.Bytes())
	h := []byte(sigEnd)
	h = le.AppendUint32(h, 0)
	h = le.AppendUint16(h, uint16(len(entries)))
	h = le.AppendUint16(h, uint16(len(entries)))
	h = le.AppendUint32(h, uint32(dir.Len()))
	h = le.AppendUint32(h, uint32(start))
	b.Write(le.AppendUint16(h, 0))
	return b.Bytes()
}

func plain(name, content string) entry {
	return entry{name: name, data: []byte(content), size: uint32(len(content)), sum: crc32.ChecksumIEEE([]byte(content)), at: -1}
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func TestOrder(t *testing.T) {
	b := pack(t, "messages10.html", "c", "messages2.html", "b", "photos/p10.jpg", "2", "photos/p9.jpg", "1", "photos/small/x", "0", "a.txt", "a", "photos/", "", ".DS_Store", "x", "__MACOSX/._a", "x")
	paths, contents, out, _ := unpack(t, b)
	want := []string{"photos/small/x", "photos/p9.jpg", "photos/p10.jpg", "a.txt", "messages2.html", "messages10.html"}
	if !slices.Equal(paths, want) {
		t.Errorf("order %q, want %q", paths, want)
	}
	if contents["messages10.html"] != "c" || len(out.problems) != 0 {
		t.Errorf("contents %q, problems %q", contents, out.said())
	}
	if len(out.skipped) != 1 {
		t.Errorf("skipped %v, want the system files counted", out.skipped)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ name, want, says string }{
		{"plain/نص.txt", "plain/نص.txt", ""},
		{"../../etc/passwd", "etc/passwd", "leads out"},
		{"a/../../b", "a/b", "leads out"},
		{"/etc/passwd", "etc/passwd", "absolute"},
		{`..\..\windows\win.ini`, "windows/win.ini", "leads out"},
		{`C:\boot.ini`, "boot.ini", "drive letter"},
		{"c:relative", "relative", "drive letter"},
		{"file.txt:hidden", "file.txt_hidden", "alternate data stream"},
		{"CON", "_CON", "device name"},
		{"a/nul.txt", "a/_nul.txt", "device name"},
		{"COM1", "_COM1", "device name"},
		{"LPT9.log", "_LPT9.log", "device name"},
		{"COMMON.txt", "COMMON.txt", ""},
		{"trailing. . ", "trailing", "ends in a dot"},
		{"a/.../b", "a/_/b", "ends in a dot"},
		{"bell\x07.txt", "bell_.txt", "control characters"},
		{"new\nline", "new_line", "control characters"},
		{"cod\u202egpj.exe", "codgpj.exe", "direction characters"},
		{"می\u200cروم.txt", "می\u200cروم.txt", ""},
		{"", "unnamed", "empty"},
		{"..", "unnamed", "empty"},
		{strings.Repeat("x", 300) + ".html", strings.Repeat("x", 235) + ".html", "too long"},
	} {
		paths, contents, out, _ := unpack(t, forge(plain(c.name, "content")))
		if len(paths) != 1 || paths[0] != c.want || contents[c.want] != "content" {
			t.Errorf("%q: paths %q, want %q with its content", c.name, paths, c.want)
		}
		if said := out.said(); c.says == "" && said != "" || !strings.Contains(said, c.says) {
			t.Errorf("%q: said %q, want %q", c.name, said, c.says)
		}
	}
}

func TestSameNames(t *testing.T) {
	paths, contents, out, _ := unpack(t, forge(plain("caf\u00e9.txt", "1"), plain("cafe\u0301.txt", "2"), plain("caf\u00e9.txt", "3"), plain("CAF\u00c9.txt", "4")))
	if len(paths) != 4 || len(contents) != 4 {
		t.Fatalf("paths %q: four files must keep four names", paths)
	}
	if n := strings.Count(out.said(), "there twice"); n != 2 {
		t.Errorf("said %q, want two doubles", out.said())
	}
}

func TestSameLongNames(t *testing.T) {
	long := strings.Repeat("ن", 200) + ".jpg"
	paths, _, _, _ := unpack(t, forge(plain(long, "1"), plain(long, "2"), plain(long, "3")))
	slices.Sort(paths)
	if len(slices.Compact(paths)) != 3 {
		t.Fatalf("paths %q", paths)
	}
	for _, p := range paths {
		if clean, why := format.CleanPath(p); clean != p || why != "" || !strings.HasSuffix(p, ".jpg") {
			t.Errorf("%q is not clean: %s", p, why)
		}
	}
}

func TestNamesOfOldPackers(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"\xca\xde\xd1\xed\xd1.txt", "تقرير.txt"}, // Windows-1256
		{"Gr\x94\xe1e.txt", "Größe.txt"},          // IBM PC 437
	} {
		paths, _, out, _ := unpack(t, forge(plain(c.raw, "x")))
		if len(paths) != 1 || paths[0] != c.want {
			t.Errorf("%q read as %q, want %q", c.raw, paths, c.want)
		}
		if !strings.Contains(out.said(), "guessed") {
			t.Errorf("%q: said %q, want it called a guess", c.raw, out.said())
		}
	}
}

func TestRefused(t *testing.T) {
	link := plain("link", "/etc/passwd")
	link.mode = 0o120777
	fifo := plain("pipe", "")
	fifo.mode = 0o010644
	secret := plain("secret", "x")
	secret.flags = 1
	lzma := plain("lzma", "x")
	lzma.method = 14
	declared := plain("huge", "x")
	declared.method, declared.size = deflated, 1<<32-2
	for _, c := range []struct {
		e    entry
		says string
	}{
		{link, "symbolic link"}, {fifo, "device or pipe"}, {secret, "encrypted"}, {lzma, "LZMA"}, {declared, "decompression bomb"},
	} {
		paths, _, out, _ := unpack(t, forge(c.e, plain("good.txt", "good")))
		if !slices.Equal(paths, []string{"good.txt"}) {
			t.Errorf("%s: paths %q, want only the good one", c.e.name, paths)
		}
		if said := out.said(); !strings.Contains(said, c.says) || !strings.Contains(said, c.e.name) {
			t.Errorf("%s: said %q, want %q", c.e.name, said, c.says)
		}
	}
}

func TestDamage(t *testing.T) {
	sum := plain("sum", "content")
	sum.sum++
	short := plain("short", "content")
	short.size = 5
	long := plain("long", "content")
	long.size = 50
	cut := plain("cut", "")
	cut.data, cut.method, cut.size = deflate([]byte(strings.Repeat("words ", 1000)))[:20], deflated, 6000
	other := plain("other", "content")
	other.own = "evil.exe"
	for _, c := range []struct {
		e    entry
		says string
	}{
		{sum, "checksum"}, {short, "7 bytes long where the zip says 5"}, {long, "7 bytes long where the zip says 50"},
		{cut, "damaged"}, {other, `"evil.exe" in its own header`},
	} {
		paths, contents, out, failed := unpack(t, forge(c.e))
		if len(paths) != 1 || failed[c.e.name] != nil {
			t.Fatalf("%s: paths %q, error %v; want the part kept", c.e.name, paths, failed[c.e.name])
		}
		if c.e.name != "cut" && contents[c.e.name] != "content" {
			t.Errorf("%s: content %q", c.e.name, contents[c.e.name])
		}
		if said := out.said(); !strings.Contains(said, c.says) {
			t.Errorf("%s: said %q, want %q", c.e.name, said, c.says)
		}
	}
}

// TestLyingBomb declares a small size and unpacks to a gigabyte.
func TestLyingBomb(t *testing.T) {
	bomb := entry{name: "bomb", data: deflate(make([]byte, 256<<20)), size: 100, method: deflated, at: -1}
	_, contents, out, failed := unpack(t, forge(bomb, plain("good.txt", "good")))
	if !errors.Is(failed["bomb"], record.ErrInvalid) || !strings.Contains(failed["bomb"].Error(), "bomb") {
		t.Errorf("bomb ended with %v", failed["bomb"])
	}
	if contents["good.txt"] != "good" || failed["good.txt"] != nil {
		t.Errorf("good.txt: %q %v; a bomb must not take its neighbours with it", contents["good.txt"], failed["good.txt"])
	}
	if len(out.problems) != 0 {
		t.Errorf("said %q: the reader's error says it already", out.said())
	}
}

// TestManySmallBombs: each member stays under the slack, all together do not.
func TestManySmallBombs(t *testing.T) {
	data := deflate(make([]byte, 32<<20))
	var es []entry
	for i := range 10 {
		es = append(es, entry{name: fmt.Sprint("bomb", i), data: data, size: 32 << 20, sum: crc32.ChecksumIEEE(make([]byte, 32<<20)), method: deflated, at: -1})
	}
	_, _, _, failed := unpack(t, forge(es...))
	stopped := 0
	for _, err := range failed {
		if errors.Is(err, record.ErrInvalid) {
			stopped++
		}
	}
	if stopped < 6 {
		t.Errorf("%d of 10 bombs were stopped", stopped)
	}
}

// TestOverlap is the shape of Fifield's bomb: many entries, one kernel.
func TestOverlap(t *testing.T) {
	es := []entry{plain("kernel", strings.Repeat("x", 5000))}
	for i := range format.MaxProblems + 100 {
		es = append(es, plain(fmt.Sprint("copy", i), strings.Repeat("x", 5000)))
		es[len(es)-1].at = 0
	}
	paths, _, out, _ := unpack(t, forge(es...))
	if !slices.Equal(paths, []string{"kernel"}) {
		t.Errorf("%d paths, want only the first", len(paths))
	}
	if said := out.said(); !strings.Contains(said, "shares its bytes") || !strings.Contains(said, "100 more problems") {
		t.Errorf("said %.200q … and %d problems", said, len(out.problems))
	}
}

func TestTruncated(t *testing.T) {
	b := pack(t, "one.txt", strings.Repeat("first line\n", 500), "two.txt", strings.Repeat("second line\n", 500), "three.txt", strings.Repeat("0123456789", 500))
	_, whole, _, _ := unpack(t, b)
	for cut := range len(b) - 1 {
		_, contents, out, failed := unpack(t, b[:cut])
		if len(out.problems) == 0 {
			t.Fatalf("cut at %d: nothing was said", cut)
		}
		for name, err := range failed {
			if err != nil {
				t.Fatalf("cut at %d: %s: %v", cut, name, err)
			}
			if !strings.HasPrefix(whole[name], contents[name]) && name != "_" && whole[name] != "" {
				t.Fatalf("cut at %d: %s is not a beginning of the original", cut, name)
			}
		}
	}
	// Without its directory every member is still had, in full.
	_, contents, _, _ := unpack(t, b[:bytes.Index(b, []byte(sigEntry))])
	for name, want := range whole {
		if contents[name] != want {
			t.Errorf("%s: %d of %d bytes recovered", name, len(contents[name]), len(want))
		}
	}
}

func TestTooManyMembers(t *testing.T) {
	var dir bytes.Buffer
	head := []byte(sigEntry + strings.Repeat("\x00", entryLen-4))
	head[28] = 1
	for range format.MaxParts + 10 {
		dir.Write(head)
		dir.WriteByte('x')
	}
	le := binary.LittleEndian
	h := []byte(sigEnd64)
	h = le.AppendUint64(h, 44)
	h = append(h, make([]byte, 12)...)
	h = le.AppendUint64(h, format.MaxParts+10)
	h = le.AppendUint64(h, format.MaxParts+10)
	h = le.AppendUint64(h, uint64(dir.Len()))
	h = le.AppendUint64(h, 0)
	h = append(h, sigFind64...)
	h = le.AppendUint32(h, 0)
	h = le.AppendUint64(h, uint64(dir.Len()))
	h = le.AppendUint32(h, 1)
	h = append(h, sigEnd...)
	h = append(h, "\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
	dir.Write(h)
	paths, _, out, _ := unpack(t, dir.Bytes())
	if len(paths) != 0 {
		t.Errorf("%d parts of a zip without any", len(paths))
	}
	if said := out.said(); !strings.Contains(said, "more than 1048576 files") {
		t.Errorf("said %.300q", said)
	}
	if len(out.problems) != 1 {
		t.Errorf("%d problems, want the refusal alone", len(out.problems))
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	b := pack(t, "a", "1", "b", "2")
	n := 0
	err := Kind.Parts(ctx, format.Input{R: bytes.NewReader(b), Size: int64(len(b))}, &sink{}, func(format.Part) error { n++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("%v after %d parts, want context.Canceled after 1", err, n)
	}
}

func TestMatch(t *testing.T) {
	b := pack(t, "a", "1")
	for _, c := range []struct {
		path string
		head []byte
		want bool
	}{{"a.zip", b, true}, {"a.bin", b, true}, {"a.txt", []byte("text"), false}, {"a.txt", nil, false}} {
		if got := Kind.Match(format.Head{Path: c.path, Bytes: c.head}) >= 50; got != c.want {
			t.Errorf("Match(%s) is %v", c.path, got)
		}
	}
}

func FuzzZip(f *testing.F) {
	f.Add(pack(f, "a.txt", "hello", "b/c", strings.Repeat("x", 100)))
	f.Add(forge(plain("../x", "y"), plain("../x", "z")))
	f.Add(forge(entry{name: "bomb", data: deflate(make([]byte, 1<<20)), size: 100, method: deflated, at: -1}))
	f.Add([]byte(sigLocal + strings.Repeat("\x00", 40)))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := format.Input{R: bytes.NewReader(b), Size: int64(len(b)), Settings: format.Settings{Zone: time.UTC}}
		seen := map[string]bool{}
		err := Kind.Parts(context.Background(), in, &sink{}, func(p format.Part) error {
			if seen[p.Path] {
				t.Fatalf("two parts are called %q", p.Path)
			}
			seen[p.Path] = true
			if clean, why := format.CleanPath(p.Path); clean != p.Path || why != "" {
				t.Fatalf("part %q is not clean: %q, %s", p.Path, clean, why)
			}
			r, err := p.Open()
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			return r.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
