package text

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"dalil/internal/format"
	"dalil/internal/record"
)

type sink struct {
	readings []record.Reading
	problems []record.Problem
}

func (s *sink) Source(record.Source) error      { return nil }
func (s *sink) Reading(r *record.Reading) error { s.readings = append(s.readings, *r); return nil }
func (s *sink) Problem(p record.Problem)        { s.problems = append(s.problems, p) }
func (s *sink) Skipped(string, int)             {}
func (s *sink) Covers(int64, int64)             {}

func readFile(t testing.TB, path string, b []byte) *sink {
	t.Helper()
	var s sink
	set := format.Settings{Zone: time.FixedZone("", 3*3600)}
	if err := Kind.Read(context.Background(), format.Input{Path: path, R: bytes.NewReader(b), Size: int64(len(b)), Settings: set}, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

const long = "The council of Harsin said that the northern bridge stays closed, because the river carried away two of its seven piers, and that ferries will run at dawn, noon and dusk until it is repaired."

// What a page leaves when it is copied: a window title, credits between
// paragraphs, a list of sources, then the comment box.
const pasted = "` Ferries replace bridge at Harsin - Valley Courier\n\n" +
	"Ferries replace bridge at Harsin\n\nBy Lena Marou\n\nA. Venn – Flickr\n\n" + long + "\n\nA River Rises\n\nImported image\nPhoto on courier.example\n\n" +
	long + "\n\nImported image\nX – River Board\n\nbridge river water flood sky cloud\nPhoto by venn on Pixabay\n\n" +
	"Soldiers on the bank in the village of Orsat on Monday before noon\nSoldiers on the bank in the village of Orsat on Monday before noon (credit: T. OSK/Valley Pictures via Getty Images)\n\n" +
	"The board denies it.\n\nSources:\n“The flood of the year.” Valley Courier, 14 Jan 2031.\n“Two piers lost: report.” River Board, 19 Jan 2031.\n"

func TestPastedPage(t *testing.T) {
	s := readFile(t, "a.txt", []byte(pasted))
	if len(s.readings) != 1 || len(s.problems) != 0 {
		t.Fatalf("%d readings, problems %v", len(s.readings), s.problems)
	}
	a := s.readings[0]
	check(t, "title", a.Title, "Ferries replace bridge at Harsin")
	check(t, "byline", a.Byline, "Lena Marou")
	check(t, "text", a.Text, long+"\nA River Rises\n"+long+"\nThe board denies it.")
	check(t, "credits", strings.Join(a.Credits, "|"), "A. Venn – Flickr|Photo on courier.example|X – River Board|bridge river water flood sky cloud|Photo by venn on Pixabay|Soldiers on the bank in the village of Orsat on Monday before noon (credit: T. OSK/Valley Pictures via Getty Images)")
	check(t, "refs", strings.Join(a.Refs, "|"), "“The flood of the year.” Valley Courier, 14 Jan 2031.|“Two piers lost: report.” River Board, 19 Jan 2031.")
	if a.Kind != record.Article || a.Span.Length != 0 {
		t.Errorf("kind %s, span %+v", a.Kind, a.Span)
	}
}

func TestNotesAndMarks(t *testing.T) {
	text := "Abstract: " + long + "\n\n" + long + "1 A second sentence.2 In 20313 the tax was 3.5 per cent, and 44 people left Harsin.4\n\n" + long +
		"\n\nSubstantive Notes\n[a] The first note.\n\n[b] The second note,\nbroken over two lines.\n\nCitations\n[1] Marou, “Flood,” Valley Courier, 2031.\n\n[2] Ibid.\n\n[3] See note a.\n\n[4] Osk.\n\nStay Informed\n\nSign up\n"
	a := readFile(t, "a.txt", []byte(text)).readings[0]
	check(t, "title", a.Title, "")
	check(t, "refs", strings.Join(a.Refs, "|"), "[a] The first note.|[b] The second note, broken over two lines.|[1] Marou, “Flood,” Valley Courier, 2031.|[2] Ibid.|[3] See note a.|[4] Osk.")
	var marks []string
	for _, e := range a.Entities {
		marks = append(marks, a.Text[e.Offset-5:e.Offset+e.Length])
	}
	check(t, "marks", strings.Join(marks, "|"), "ired.1|ence.2| 20313|rsin.4")
	if strings.Contains(a.Text, "Sign up") || strings.Contains(a.Text, "Informed") {
		t.Errorf("furniture in the text: %q", a.Text)
	}
}

func TestComments(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string // writer: text of each comment
	}{
		"set off by a gap, no names": {
			"References\nBoard (2031) Report. Available at: https://board.example/a (Accessed: 4 March 2031).\n\n\n\n\n" + "Well put, thank you.\nADD:\nOne more thing.\nSee below:\nhttps://x.example/1",
			": Well put, thank you.|: ADD:\nOne more thing.\nSee below:\nhttps://x.example/1"},
		"names that say": {
			"3 Comments\n\nMirek says:\nMy house stands beside it.\nReply\n\nSana says:\nUs neither.\n\nLeave a reply\n",
			"Mirek: My house stands beside it.|Sana: Us neither."},
		"names and ages": {
			"Comments (2)\nMirek · 3 days ago\nMy house stands beside it.\nLike\nSana\n2 hours ago\nUs neither.\n",
			"Mirek: My house stands beside it.|Sana: Us neither."},
		"Arabic heading, no names": {
			"التعليقات\n\nبيتي بجانب الجسر.\n\nونحن أيضا.\n",
			": بيتي بجانب الجسر.|: ونحن أيضا."},
	} {
		t.Run(name, func(t *testing.T) {
			for _, crlf := range []bool{false, true} {
				text := "Bridge closed\n\n" + long + "\n\n" + c.text
				if crlf {
					text = "\xef\xbb\xbf" + strings.ReplaceAll(text, "\n", "\r\n")
				}
				s := readFile(t, "a.txt", []byte(text))
				var got []string
				for _, r := range s.readings[1:] {
					got = append(got, r.Sender.Name+": "+r.Text)
					span := text[r.Span.Offset : r.Span.Offset+r.Span.Length]
					first, _, _ := strings.Cut(r.Text, "\n")
					last := r.Text[strings.LastIndexByte(r.Text, '\n')+1:]
					if !strings.HasSuffix(span, last) || !strings.Contains(span, first) || !strings.HasPrefix(span, r.Sender.Name) || r.Kind != record.Comment {
						t.Errorf("span %q of %q", span, r.Text)
					}
				}
				check(t, "comments", strings.Join(got, "|"), c.want)
				check(t, "text", s.readings[0].Text, long)
			}
		})
	}
}

func TestTitles(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"other script, full stop": {"די בריק אין הארסין איז צו.\n" + long + "\n" + long, "די בריק אין הארסין איז צו."},
		"a sentence is no title":  {long + "\n\n" + long, ""},
		"question":                {"Who closed the bridge?\n\n" + long, "Who closed the bridge?"},
		"label":                   {"Summary: a bridge\n\n" + long, ""},
		"dash that stays":         {"Harsin - a town without a bridge\n\n" + long, "Harsin - a town without a bridge"},
		"a link is no title":      {"https://courier.example/a\n" + long, ""},
		"nothing below":           {"Only one line", ""},
		"bracket prose":           {"[Updated] Bridge closed\n\n" + long, "[Updated] Bridge closed"},
	} {
		t.Run(name, func(t *testing.T) {
			a := readFile(t, "a.txt", []byte(c.text)).readings[0]
			check(t, "title", a.Title, c.want)
			if joined := a.Title + a.Text; !strings.Contains(joined, strings.Fields(c.text)[0]) {
				t.Errorf("the first word is lost: %q", joined)
			}
		})
	}
}

func TestDates(t *testing.T) {
	for name, c := range map[string]struct{ text, want, by string }{
		"own line":         {"Bridge closed\n\nBy Lena Marou\n4 March 2031\n\n" + long, "2031-03-03", "Lena Marou"},
		"byline and date":  {"Bridge closed\nBy Lena Marou | March 4, 2031\n" + long, "2031-03-03", "Lena Marou"},
		"label":            {"Bridge closed\nPublished: 2031-03-04 09:15\n\n" + long, "2031-03-04T06:15Z", ""},
		"dateline":         {"Bridge closed\n\nHARSIN, March 4, 2031 (Courier) — " + long, "2031-03-03", ""},
		"Arabic":           {"إغلاق الجسر\nبقلم: لينا مارو\n٤ مارس ٢٠٣١\n\n" + long, "2031-03-03", "لينا مارو"},
		"only in the text": {"Bridge closed\n\nThe council met on March 4, 2031. " + long, "", ""},
		"by is no byline":  {"Bridge closed\nBy the river\n\n" + long, "", ""},
	} {
		a := readFile(t, "a.txt", []byte(c.text)).readings[0]
		b, err := a.Posted.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		check(t, name, string(b), c.want)
		check(t, name+" byline", a.Byline, c.by)
		if !strings.HasSuffix(a.Text, long) || c.want != "" && name != "dateline" && strings.Contains(a.Text, "2031") {
			t.Errorf("%s: text %q", name, a.Text)
		}
	}
}

func TestMarkdown(t *testing.T) {
	a := readFile(t, "a.md", []byte("---\ntitle: \"Bridge closed\"\nauthor: Lena Marou\ndate: 2031-03-04\nurl: https://courier.example/b\n---\n\n# Bridge closed\n\nThe **bridge** at\n[Harsin](https://h.example) is closed.\n\n![a bridge](b.jpg)\n\n## Why\n\n- the river\n- the rain\n")).readings[0]
	check(t, "title", a.Title, "Bridge closed")
	check(t, "byline", a.Byline, "Lena Marou")
	check(t, "url", a.URL, "https://courier.example/b")
	if !strings.Contains(a.Text, "The bridge at Harsin is closed.\nWhy\n- the river\n- the rain") {
		t.Errorf("text %q", a.Text)
	}
}

func TestEncodings(t *testing.T) {
	arabic := "أغلق مجلس هرسين الجسر الشمالي يوم الاثنين، لأن النهر جرف اثنين من أعمدته السبعة."
	hebrew := "המועצה סגרה את הגשר הצפוני ביום שני כי הנהר סחף שניים מעמודיו."
	french := "Le conseil a fermé le pont à cause de la rivière, très haute cet été."
	enc := func(cm *charmap.Charmap, s string) []byte {
		b, err := cm.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	wide := func(order binary.AppendByteOrder, mark bool, s string) []byte {
		var b []byte
		if mark {
			b = order.AppendUint16(b, 0xfeff)
		}
		for _, u := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, u)
		}
		return b
	}
	for name, c := range map[string]struct {
		file []byte
		want string
		flag bool
	}{
		"windows-1256":        {enc(charmap.Windows1256, arabic), arabic, true},
		"windows-1255":        {enc(charmap.Windows1255, hebrew), hebrew, true},
		"windows-1252":        {enc(charmap.Windows1252, french), french, true},
		"UTF-8 mark":          {[]byte("\xef\xbb\xbf" + arabic), arabic, false},
		"UTF-16 little":       {wide(binary.LittleEndian, true, arabic), arabic, false},
		"UTF-16 big":          {wide(binary.BigEndian, true, arabic), arabic, false},
		"UTF-16, no mark":     {wide(binary.LittleEndian, false, long+arabic), long + arabic, false},
		"UTF-8, one bad byte": {[]byte(arabic + "\xff"), arabic + "\uFFFD", true},
	} {
		r := readFile(t, "a.txt", c.file).readings[0]
		check(t, name, r.Text, c.want)
		if slices.Contains(r.Flags, record.FlagInvalidUTF8) != c.flag {
			t.Errorf("%s: flags %v", name, r.Flags)
		}
	}
}

func TestWideComment(t *testing.T) {
	text := "Bridge closed\n\n" + long + "\n\nComments\n\nMirek says:\nMine too.\n"
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	c := readFile(t, "a.txt", b).readings[1]
	var units []uint16
	for i := c.Span.Offset; i < c.Span.Offset+c.Span.Length; i += 2 {
		units = append(units, binary.LittleEndian.Uint16(b[i:]))
	}
	check(t, "span", string(utf16.Decode(units)), "Mirek says:\nMine too.")
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		path, head string
		min, max   int
	}{
		{"a.txt", long, 80, 80},
		{"a.md", "# x", 80, 80},
		{"README", long, 50, 60},
		{"a.csv", "a,b\n1,2\n", 1, 10},
		{"a.json", `{"a":1}`, 1, 10},
		{"a.txt", `{"a":1}`, 1, 10},
		{"a.txt", `[{"a":1}]`, 1, 10},
		{"a.txt", "[1] A note\n", 80, 80},
		{"a.txt", "<!DOCTYPE html><html>", 1, 10},
		{"a.txt", "\x89PNG\r\n\x1a\n\x00\x00", 0, 0},
		{"a.bin", "MZ\x00\x01", 0, 0},
		{"a.warc", "WARC/1.1\r\n", 1, 10},
		{"a.txt", "", 0, 0},
	} {
		if n := Kind.Match(format.Head{Path: c.path, Bytes: []byte(c.head)}); n < c.min || n > c.max {
			t.Errorf("%s %.20q: %d, want %d to %d", c.path, c.head, n, c.min, c.max)
		}
	}
}

func TestHostile(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":         {},
		"blank lines":     bytes.Repeat([]byte("\n"), 2<<20),
		"one long line":   bytes.Repeat([]byte("a"), format.MaxText+100),
		"long characters": bytes.Repeat([]byte("ب"), format.MaxText/2+100),
		"headings":        bytes.Repeat([]byte("References\n[1] x\n"), 200_000),
		"comment heads":   bytes.Repeat([]byte("Comments\n"), 100_000),
		"empty comments":  bytes.Repeat([]byte("Comments\nReply\n"), 100_000),
		"captions":        bytes.Repeat([]byte("(credit: a/AP)\n"), 200_000),
		"short lines":     bytes.Repeat([]byte("Mirek says:\nx\n"), 100_000),
		"digits":          append(bytes.Repeat([]byte("a1 "), 1<<20), "\nNotes\n[1] x\n"...),
	} {
		t.Run(name, func(t *testing.T) {
			s := readFile(t, "a.txt", b)
			for _, r := range s.readings {
				if !utf8.ValidString(r.Text) {
					t.Error("text is not UTF-8")
				}
			}
			if len(b) > format.MaxText && (len(s.problems) != 1 || !slices.Contains(s.readings[0].Flags, record.FlagTruncated)) {
				t.Errorf("problems %v", s.problems)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(pasted), true)
	f.Add([]byte("Comments\n\nMirek says:\nx\n"), false)
	f.Add([]byte("\xff\xfea\x00\n\x00b"), false)
	f.Add([]byte("---\ntitle: x\n---\n![a](b)\n[^1]: c"), true)
	f.Add([]byte("a1 b2\n\nNotes\n1. x\n2. y\n\n\n\nz"), false)
	f.Add([]byte("\xc7\xe1\xdf\xca\xc7\xc8"), false)
	f.Fuzz(func(t *testing.T, b []byte, md bool) {
		path := "a.txt"
		if md {
			path = "a.md"
		}
		s := readFile(t, path, b)
		for i, r := range s.readings {
			if !utf8.ValidString(r.Text) || !utf8.ValidString(r.Title) {
				t.Fatal("not UTF-8")
			}
			if o := r.Span; o.Offset < 0 || o.Length < 0 || o.Offset+o.Length > int64(len(b)) || i > 0 && o.Length == 0 {
				t.Fatalf("span %+v of %d bytes", o, len(b))
			}
			for _, e := range r.Entities {
				if e.Offset < 0 || e.Offset+e.Length > len(r.Text) {
					t.Fatalf("entity %+v", e)
				}
			}
		}
		again := readFile(t, path, b)
		if len(again.readings) != len(s.readings) {
			t.Fatal("read differently the second time")
		}
	})
}
