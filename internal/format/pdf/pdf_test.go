package pdf

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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

func readFile(t testing.TB, b []byte) *sink {
	t.Helper()
	var s sink
	set := format.Settings{Zone: time.FixedZone("", 3*3600)}
	if err := Kind.Read(context.Background(), format.Input{Path: "a.pdf", R: bytes.NewReader(b), Size: int64(len(b)), Settings: set}, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.readings) == 0 && len(s.problems) == 0 {
		t.Fatal("nothing read and nothing said")
	}
	return &s
}

func obj(n int, body string) string { return fmt.Sprintf("%d 0 obj\n%s\nendobj\n", n, body) }

func streamObj(n int, dict, data string) string {
	return obj(n, fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data))
}

func packed(n int, dict, data string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(data))
	w.Close()
	return streamObj(n, dict+" /Filter /FlateDecode", b.String())
}

const latinFont = `<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>`

// paper is a PDF of two pages without any xref table.
func paper() string {
	return "%PDF-1.7\n" +
		obj(1, "<</Type /Catalog /Pages 2 0 R /Lang (en)>>") +
		obj(2, "<</Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /Resources <</Font <</F1 5 0 R>>>>>>") +
		obj(3, "<</Type /Page /Parent 2 0 R /Contents 6 0 R>>") +
		obj(4, "<</Type /Page /Parent 2 0 R /Contents [7 0 R 8 0 R]>>") +
		obj(5, latinFont) +
		packed(6, "", "BT /F1 12 Tf 72 700 Td (The bridge at Harsin) Tj 0 -14 Td [(was clo) 20 (sed on) -600 (Monday.)] TJ 0 -40 Td (A new paragraph \\(caf\\351\\).) Tj ET") +
		streamObj(7, "", "BT /F1 12 Tf 72 700 Td (Second") +
		streamObj(8, "", ") Tj ET") +
		obj(9, "<</Title (Flood report) /Author <FEFF004C0065006E0061> /CreationDate (D:20310304091530+03'30')>>") +
		"trailer\n<</Root 1 0 R /Info 9 0 R>>\n%%EOF\n"
}

func TestPages(t *testing.T) {
	s := readFile(t, []byte(paper()))
	if len(s.problems) > 0 || len(s.readings) != 2 {
		t.Fatalf("%d pages, problems %v", len(s.readings), s.problems)
	}
	a, b := s.readings[0], s.readings[1]
	if want := "The bridge at Harsin was closed on Monday.\nA new paragraph (café)."; a.Text != want {
		t.Errorf("text %q, want %q", a.Text, want)
	}
	if a.Title != "Flood report" || a.Byline != "Lena" || a.Lang != "en" || a.Span.Page != 1 || a.ExternalID != "page-1" || a.Kind != record.Document {
		t.Errorf("first page %+v", a)
	}
	if want := time.Date(2031, 3, 4, 5, 45, 30, 0, time.UTC); a.Posted.Time() != want || a.Posted.NoZone {
		t.Errorf("posted %v, want %v", a.Posted, want)
	}
	if !slices.Contains(a.Flags, record.FlagDerivedText) {
		t.Errorf("flags %v", a.Flags)
	}
	if b.Text != "Second" && !strings.HasPrefix(b.Text, "Second") || b.ExternalID != "page-2" || b.Title != "" {
		t.Errorf("second page %+v", b)
	}
}

// An object stream, an incremental update and a page without text.
func TestShapes(t *testing.T) {
	inside := "3 0 5 "
	page := "<</Type /Page /Parent 2 0 R /Contents 6 0 R /Resources <</Font <</F1 5 0 R>>>>>>"
	inside += fmt.Sprint(len(page)+1) + " "
	file := "%PDF-1.5\n" +
		obj(1, "<</Type /Catalog /Pages 2 0 R>>") +
		obj(2, "<</Type /Pages /Kids [3 0 R 4 0 R 2 0 R 77 0 R] /Count 1>>") +
		packed(10, fmt.Sprintf("/Type /ObjStm /N 2 /First %d", len(inside)), inside+page+" "+latinFont) +
		obj(4, "<</Type /Page /Parent 2 0 R>>") +
		streamObj(6, "", "BT /F1 10 Tf (old) Tj ET") +
		streamObj(11, "/Type /XRef /Root 1 0 R", "") +
		streamObj(6, "", "BT /F1 10 Tf (new) Tj ET") +
		"%%EOF"
	s := readFile(t, []byte(file))
	if len(s.readings) != 2 || s.readings[0].Text != "new" || s.readings[1].Text != "" || len(s.problems) != 0 {
		t.Errorf("%+v %v", s.readings, s.problems)
	}
}

// Arabic is drawn from left to right, in shapes: what is read is in reading
// order, in letters, with numbers the right way round.
func TestArabic(t *testing.T) {
	// Codes 1 to 9 stand for the glyphs of "جسر 25 (هرسين)" as placed on paper.
	cmap := "1 begincodespacerange <00> <FF> endcodespacerange 12 beginbfchar <01> <FEE6> <02> <FEF4> <03> <FEB3> <04> <FEAE> <05> <FEEB> <06> <0032> <07> <0035> <08> <FEAE> <09> <FEB4> <0A> <FE9F> <0B> <0029> <0C> <0028> endbfchar"
	visual := "<0C0102030405" + "0B> Tj 10 0 0 10 140 700 Tm <0607> Tj 10 0 0 10 160 700 Tm <08090A>"
	file := "%PDF-1.4\n" + obj(1, "<</Type /Catalog /Pages 2 0 R>>") +
		obj(2, "<</Type /Pages /Kids [3 0 R]>>") +
		obj(3, "<</Type /Page /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>") +
		streamObj(4, "", "BT /F 1 Tf 10 0 0 10 100 700 Tm "+visual+" Tj ET") +
		obj(5, "<</Type /Font /Subtype /TrueType /ToUnicode 6 0 R>>") + packed(6, "", cmap) + "%%EOF"
	s := readFile(t, []byte(file))
	if got, want := s.readings[0].Text, "جسر 25 (هرسين)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDamaged(t *testing.T) {
	whole := paper()
	for cut := range len(whole) {
		readFile(t, []byte(whole[:cut]))
	}
	cut := strings.Index(whole, "9 0 obj")
	s := readFile(t, []byte(whole[:cut]))
	if len(s.readings) != 2 || !strings.Contains(s.readings[0].Text, "Harsin") || len(s.problems) != 1 {
		t.Errorf("cut before the trailer: %d pages, %v", len(s.readings), s.problems)
	}
	s = readFile(t, []byte(strings.Replace(whole, "/Root 1 0 R", "/Root 1 0 R /Encrypt 12 0 R", 1)))
	if len(s.readings) != 0 || len(s.problems) != 1 || s.problems[0].Remedy == "" {
		t.Errorf("encrypted: %+v", s)
	}
}

func TestHostile(t *testing.T) {
	page := func(font, content string) string {
		return "%PDF-1.4\n" + obj(1, "<</Type /Catalog /Pages 2 0 R>>") + obj(2, "<</Type /Pages /Kids [3 0 R]>>") +
			obj(3, "<</Type /Page /Contents 4 0 R /Resources <</Font <</F 5 0 R>> /XObject <</X 6 0 R>>>>>>") + obj(5, font) + content + "%%EOF"
	}
	many := strings.Repeat
	for name, file := range map[string]string{
		"nested arrays":             "%PDF-1.4\n1 0 obj\n" + many("[", 1_000_000),
		"nested dictionaries":       "%PDF-1.4\n1 0 obj\n" + many("<</A ", 1_000_000),
		"nested objects":            "%PDF-1.4\n" + many("1 0 obj ", 500_000),
		"objects of open arrays":    "%PDF-1.4\n" + many("1 0 obj [ ", 300_000),
		"objects of open strings":   "%PDF-1.4\n" + many("1 0 obj ( ", 300_000),
		"many trailers":             "%PDF-1.4\n" + many("trailer ", 500_000),
		"nested arrays in content":  page(latinFont, packed(4, "", many("[", 2_000_000))),
		"content bomb":              page(latinFont, packed(4, "", "BT /F 1 Tf "+many("(aaaaaaaaaaaaaaaa) Tj ", 3_000_000))),
		"form of itself":            page(latinFont, streamObj(4, "", "/X Do")+streamObj(6, "/Subtype /Form /Resources <</XObject <</X 6 0 R>>>>", many("/X Do ", 50))),
		"stream in its own stream":  "%PDF-1.5\n" + streamObj(7, "/Type /ObjStm /N 1 /First 4 /Length 8 0 R", "8 0 1 ") + obj(1, "<</Type /Catalog /Pages 2 0 R>>"),
		"reference to itself":       "%PDF-1.4\n" + obj(1, "1 0 R") + "trailer <</Root 1 0 R>>",
		"pages of itself":           "%PDF-1.4\n" + obj(1, "<</Pages 1 0 R /Kids [1 0 R 1 0 R]>>") + "trailer <</Root 1 0 R>>",
		"huge counts":               page("<</Widths [1] /FirstChar 9e17>>", streamObj(4, "/Length 99999999999999", "BT /F 1e30 Tf 1e300 0 0 1e300 0 0 Tm (x) Tj ET")),
		"huge predictor":            page(latinFont, packed(4, "/DecodeParms <</Predictor 15 /Columns 99999999999>>", "BT ET")),
		"ranges over ranges":        page("<</Subtype /Type0 /ToUnicode 7 0 R /DescendantFonts [<</W ["+many("0 65535 5 ", 20_000)+"]>>]>>", packed(7, "", many("<0000> <ffff> <0020> endbfrange ", 50_000))+streamObj(4, "", "BT /F 1 Tf <0001> Tj ET")),
		"a filter that is not read": page(latinFont, streamObj(4, "/Filter /JBIG2Decode", "x")),
	} {
		t.Run(name, func(t *testing.T) {
			s := readFile(t, []byte(file))
			for _, r := range s.readings {
				if len(r.Text) > format.MaxText+1024 {
					t.Errorf("%d bytes of text", len(r.Text))
				}
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b := []byte(paper())
	if err := Kind.Read(ctx, format.Input{R: bytes.NewReader(b), Size: int64(len(b))}, &sink{}); err == nil {
		t.Error("a cancelled read returned no error")
	}
}

func TestMatch(t *testing.T) {
	for head, want := range map[string]int{"%PDF-1.7\n": 95, "\xef\xbb\xbf\n%PDF-1.4": 70, "about %PDF": 0, "": 0} {
		if n := Kind.Match(format.Head{Path: "a.pdf", Bytes: []byte(head)}); n != want {
			t.Errorf("%q: %d, want %d", head, n, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(paper()))
	f.Add([]byte("%PDF-1.5\n" + streamObj(7, "/Type /ObjStm /N 1 /First 4", "8 0 1 ") + obj(1, "<</Type /Catalog /Pages 2 0 R>>")))
	f.Add([]byte("%PDF-1.4\n1 0 obj <</Type/Page/Contents 2 0 R>> endobj 2 0 obj <</Length 9/Filter[/A85/LZW/RL/AHx]>>stream\nabc~>\nendstream"))
	f.Add([]byte("%PDF-1.4\n1 0 obj <</Type/Page/Contents 2 0 R/Resources<</Font<</F<</Subtype/Type0/ToUnicode 3 0 R>>>>>>>> 2 0 obj<<>>stream\nBT/F 9 Tf<00410042>Tj ET\nendstream 3 0 obj<<>>stream\n<0041><0042><0627>endbfrange\nendstream"))
	f.Fuzz(func(t *testing.T, b []byte) { readFile(t, b) })
}
