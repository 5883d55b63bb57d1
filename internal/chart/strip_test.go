package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"dalil/internal/record"
)

var baghdad = time.FixedZone("Asia/Baghdad", 3*3600)

const t0 = 1605634865 // 17 Nov 2020, 20:41:05 in Baghdad

// wave is the usual picture: one post, forwarded, copied, quoted, and what could
// not be seen of it. The names are invented.
func wave() Strip {
	post := func(after int64, r record.Relation, g record.Ground, from int) Mark {
		return Mark{At: t0 + after, Relation: r, Ground: g, From: from, URL: "/s/S-7K3M9AB"}
	}
	tie := post(40, record.RelVerbatim, record.GroundExact, 0)
	tie.Tie = true
	return Strip{Title: "Who posted first: “seven rockets”", Zone: baghdad, More: 4, Lanes: []Lane{
		{Name: "سرايا الوادي (3)", URL: "/c/C-11", Marks: []Mark{{At: t0 - 130, Relation: record.RelForward, Attested: true, From: -1}},
			Holes: []Hole{{From: t0 - 9700, To: t0 - 600, Why: "export begins at 20:30"}}},
		{Name: "أصحاب التل", URL: "/c/C-12", Marks: []Mark{post(0, record.RelFirst, "", -1)}},
		{Name: "Harbour News", URL: "/c/C-13", Marks: []Mark{tie, post(5400, record.RelEdited, record.GroundNear, 1)}},
		{Name: "خبرگزاری دره", Marks: []Mark{post(165, record.RelForward, record.GroundForward, 1)}},
		{Name: "NJ Media", Marks: []Mark{post(540, record.RelVerbatim, record.GroundExact, 3), post(600, record.RelImageOf, record.GroundRead, 3)}},
		{Name: "A channel whose name is longer than the gutter is wide", Marks: []Mark{post(1860, record.RelWrapped, record.GroundContains, 1)},
			Holes: []Hole{{From: t0 + 60, To: t0 + 1200, Why: "messages 411 to 418 are missing"}}},
		{Name: "Valley TV", Marks: []Mark{post(5200, record.RelQuotedIn, record.GroundContains, 3)}, Holes: []Hole{{From: t0 + 7000, Open: true, Why: "closed to us"}}},
		{Name: "Türkçe Haber", Marks: []Mark{post(40000, record.RelTranslation, record.GroundPerson, 1)}},
		{Name: "מבט לעמק", Marks: []Mark{post(3*86400+7200, record.RelTruncated, record.GroundContains, 1)}},
		{Name: "No time given", Marks: []Mark{{At: record.NoSeconds, Relation: record.RelVerbatim, Ground: record.GroundExact, From: 1}}},
	}}
}

func crowd(lanes int) Strip {
	s := Strip{Title: "A crowd", Zone: time.UTC}
	for i := range lanes {
		l := Lane{Name: "channel " + strconv.Itoa(i)}
		for j := range i%3 + 1 {
			m := Mark{At: t0 + int64(i*i*7+j*90), Relation: record.RelForward, Ground: record.GroundForward, From: i / 4}
			if i%5 == 0 {
				m.Relation, m.Ground = record.RelVerbatim, record.GroundExact
			}
			if i == 0 && j == 0 {
				m = Mark{At: t0, Relation: record.RelFirst, From: -1}
			}
			l.Marks = append(l.Marks, m)
		}
		s.Lanes = append(s.Lanes, l)
	}
	return s
}

const evil = "evil\u202efdp.exe\u2069</title><script>alert(1)</script>\x00\x1b\ufffe\xff \"'&]]> \ufdfd"

func hostile() Strip {
	s := Strip{Title: evil, Zone: time.FixedZone(evil, -12345)}
	for i, u := range []string{"javascript:alert(1)", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "/s/\"><script>", ""} {
		s.Lanes = append(s.Lanes, Lane{Name: evil + strings.Repeat("\u0301", 500), URL: u,
			Marks: []Mark{{At: t0 + int64(i)*1000, Relation: record.Relation(evil), Ground: record.Ground(evil), From: i * 5, URL: u, Label: evil}},
			Holes: []Hole{{From: math.MinInt64, To: math.MaxInt64, Why: evil}}})
	}
	return s
}

func TestGolden(t *testing.T) {
	day := int64(86400)
	for name, s := range map[string]Strip{
		"wave":    wave(),
		"hostile": hostile(),
		"empty":   {},
		"one":     {Title: "One post", Zone: baghdad, Lanes: []Lane{{Name: "Harbour News", Marks: []Mark{{At: t0, Relation: record.RelFirst, From: -1}}}}},
		"crowd":   crowd(24),
		"years": {Title: "Old words", Zone: baghdad, Lanes: []Lane{
			{Name: "Almanac", Marks: []Mark{{At: -40 * 365 * day, Relation: record.RelFirst, From: -1}}},
			{Name: "Reprint", Marks: []Mark{{At: -3 * 365 * day, Relation: record.RelVerbatim, Ground: record.GroundExact}}},
			{Name: "Today", Marks: []Mark{{At: t0, Relation: record.RelEdited, Ground: record.GroundNear}}}}},
		"same": {Title: "At once", Zone: baghdad, Lanes: []Lane{
			{Name: "A", Marks: []Mark{{At: t0, Relation: record.RelFirst, From: -1, Tie: true}}},
			{Name: "B", Marks: []Mark{{At: t0, Relation: record.RelVerbatim, Ground: record.GroundExact, Tie: true}}},
			{Name: "C", Marks: []Mark{{At: t0, Relation: record.RelForward, Ground: record.GroundForward, Tie: true, From: 1}}}}},
	} {
		got := s.SVG()
		sound(t, got)
		if !bytes.Equal(got, s.SVG()) {
			t.Errorf("%s: drawn twice, it differs", name)
		}
		golden(t, name+".svg", got)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("DALIL_UPDATE") == "1" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is drawn; look at it, then DALIL_UPDATE=1 go test ./internal/chart", file)
	}
}

// sound checks that a picture is XML with one svg at its root, that it holds
// nothing that styles, runs or leads elsewhere, and that its references and
// numbers are good.
func sound(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	depth, roots := 0, 0
	ids, refs := map[string]bool{}, []string{}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
			}
			if !strings.Contains(" svg title desc defs pattern line rect path text g a circle ", " "+e.Name.Local+" ") || e.Name.Space != "http://www.w3.org/2000/svg" {
				t.Errorf("element %v", e.Name)
			}
			seen := map[string]bool{}
			for _, a := range e.Attr {
				if k := a.Name.Local; seen[k] || k == "style" || strings.HasPrefix(k, "on") {
					t.Errorf("<%s> has %s=%q", e.Name.Local, k, a.Value)
				}
				seen[a.Name.Local] = true
				switch a.Name.Local {
				case "id":
					if ids[a.Value] {
						t.Errorf("id %q twice", a.Value)
					}
					ids[a.Value] = true
				case "href":
					if !regexp.MustCompile(`^/([^/\\]|$)`).MatchString(a.Value) {
						t.Errorf("link to %q", a.Value)
					}
				case "fill":
					if id, ok := strings.CutPrefix(a.Value, "url(#"); ok {
						refs = append(refs, strings.TrimSuffix(id, ")"))
					}
				case "aria-labelledby":
					refs = append(refs, strings.Fields(a.Value)...)
				case "x", "y", "x1", "x2", "y1", "y2", "width", "height":
					if v, err := strconv.ParseFloat(a.Value, 64); err != nil || math.IsNaN(v) || v < 0 || v > 1e7 || strings.HasPrefix(a.Name.Local, "x") && v > max(stripWidth, 1200) {
						t.Errorf("<%s> has %s=%q", e.Name.Local, a.Name.Local, a.Value)
					}
				case "d":
					if strings.Contains(a.Value, "N") || strings.Contains(a.Value, "I") {
						t.Errorf("path %q", a.Value)
					}
				}
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && strings.TrimSpace(string(e)) != "" {
				t.Errorf("text outside: %q", e)
			}
		default:
			t.Errorf("%T", tok)
		}
	}
	if roots != 1 {
		t.Errorf("%d roots", roots)
	}
	for _, r := range refs {
		if !ids[r] {
			t.Errorf("nothing has id %q", r)
		}
	}
	if n := strings.Count(string(svg), "\u2068") - strings.Count(string(svg), "\u2069"); n != 0 {
		t.Errorf("isolates are not balanced: %d", n)
	}
}

func TestHostile(t *testing.T) {
	svg := string(hostile().SVG())
	for _, bad := range []string{"\u202e", "<script", "\x00", "\x1b", "\ufffe", "evil.example\""} {
		if strings.Contains(svg, bad) {
			t.Errorf("%q comes through", bad)
		}
	}
	for _, good := range []string{"evil&lt;U+202E&gt;fdp.exe", "&lt;U+2069&gt;", "&lt;0xFF&gt;"} {
		if !strings.Contains(svg, good) {
			t.Errorf("%q is not there", good)
		}
	}
	if n := strings.Count(svg, "<a "); n != 2 { // the one lane and mark whose address is a path
		t.Errorf("%d links", n)
	}
	for _, row := range hostile().Table() {
		if s := strings.Join(row, ""); strings.ContainsAny(s, "\u202e\x00\n\u2069") {
			t.Errorf("table: %q", s)
		}
	}
}

// TestTwoStrips: what two pictures on one page refer to does not clash.
func TestTwoStrips(t *testing.T) {
	id := regexp.MustCompile(` id="([^"]+)"`)
	a, b := wave(), wave()
	b.Lanes[1].Marks[0].At++
	seen := map[string]bool{}
	for _, s := range []Strip{a, b} {
		for _, m := range id.FindAllStringSubmatch(string(s.SVG()), -1) {
			if seen[m[1]] {
				t.Errorf("id %s in both", m[1])
			}
			seen[m[1]] = true
		}
	}
}

// TestLabelsApart: no two labels of a lane lie on each other.
func TestLabelsApart(t *testing.T) {
	for _, s := range []Strip{wave(), crowd(200)} {
		d := drawing{strip: s, zone: s.zone(), taken: make([][]box, len(s.Lanes)), lines: make([][]box, len(s.Lanes))}
		d.place()
		d.route()
		d.labels()
		for lane, boxes := range d.taken {
			labels := boxes[min(len(s.Lanes[lane].Marks), len(boxes)):]
			for i, b := range labels {
				if !free(b, labels[:i]) {
					t.Errorf("lane %d: a label lies on another", lane)
				}
			}
		}
	}
}

func TestSpread(t *testing.T) {
	for _, n := range []int{0, 1, 2, 200} {
		sound(t, crowd(n).SVG())
	}
	for _, at := range []int64{0, -1, 1, earliest, latest, earliest - 1, latest + 1, math.MinInt64, math.MaxInt64, record.NoSeconds} {
		s := wave()
		s.Lanes[3].Marks[0].At = at
		s.Lanes[5].Holes[0].From = at
		sound(t, s.SVG())
		s.Lanes[1].Marks[0].At = at
		sound(t, s.SVG())
		s.Table()
	}
}

func TestTable(t *testing.T) {
	s := wave()
	var got strings.Builder
	for _, row := range s.Table() {
		if len(row) != 6 {
			t.Errorf("row %q", row)
		}
		got.WriteString(strings.Join(row, " | ") + "\n")
	}
	golden(t, "wave.table.txt", []byte(got.String()))
}

func TestTakeaway(t *testing.T) {
	one := Strip{Lanes: []Lane{{Name: "A", Marks: []Mark{{At: t0, Relation: record.RelFirst}}}}}
	two := Strip{More: 3, Lanes: []Lane{one.Lanes[0], {Name: "B", Marks: []Mark{{At: t0 + 5340, Relation: record.RelEdited}}}}}
	for _, c := range []struct {
		s    Strip
		want string
	}{
		{Strip{}, "No post of this text with a stated time is known."},
		{one, "\u2068A\u2069 is the only source of this text that we captured, at 17:41:05 on 17 Nov 2020 (UTC)."},
		{two, "\u2068A\u2069 is the first that we captured, at 17:41:05 on 17 Nov 2020 (UTC); 5 sources posted this text, the 2 shown within 1 h 29 m."},
		{wave(), "\u2068أصحاب التل\u2069 and 1 other source are the first that we captured, within a minute, at 20:41:05 on 17 Nov 2020 (Asia/Baghdad, UTC+3); 13 sources posted this text, the 9 shown within 3 d 2 h; forward headers prove an earlier original in \u2068سرايا الوادي (3)\u2069 that was never captured; 3 sources could not be seen for some of the time."},
		{Strip{Lanes: wave().Lanes[:1]}, "The original in \u2068سرايا الوادي (3)\u2069, at 17:38:55 on 17 Nov 2020 (UTC), is proven by forward headers only: no post of this text with a stated time was captured."},
	} {
		if got := c.s.Takeaway(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestDelta(t *testing.T) {
	for sec, want := range map[int64]string{0: "+0 s", 45: "+45 s", 60: "+1 m", 165: "+2 m 45 s", 540: "+9 m", 5340: "+1 h 29 m", 3600: "+1 h", 3605: "+1 h",
		86400: "+1 d", 266400: "+3 d 2 h", 365 * 86400: "+1 y", -130: "−2 m 10 s"} {
		if got := (words{}).delta(sec); got != want {
			t.Errorf("%d: %s, want %s", sec, got, want)
		}
	}
}

// FuzzStrip makes strips of bytes: whatever is in them, the picture is sound.
func FuzzStrip(f *testing.F) {
	f.Add("name", "/s/1", int64(t0), int64(5), int64(-700), uint64(0))
	f.Add(evil, "/\\x", int64(math.MinInt64), int64(math.MaxInt64), int64(-1), uint64(math.MaxUint64))
	f.Add("", "//", int64(latest), int64(earliest), int64(1), uint64(0x123456789abcdef))
	f.Fuzz(func(t *testing.T, text, url string, at, step, hole int64, bits uint64) {
		relations := []record.Relation{record.RelFirst, record.RelForward, record.RelQuotedIn, record.RelImageOf, record.RelVerbatim, record.Relation(text)}
		grounds := []record.Ground{record.GroundForward, record.GroundPerson, record.GroundNear, record.Ground(text)}
		s := Strip{Title: text, Zone: time.FixedZone(text, int(bits%80000)-40000), More: int(bits % 3)}
		for i := range int(bits % 7) {
			l := Lane{Name: fmt.Sprint(text, i), URL: url}
			for j := range int(bits>>3%4) + i%2 {
				k := int(bits>>(i*3+j)) & 0xffff
				l.Marks = append(l.Marks, Mark{At: at + step*int64(i+j), Relation: relations[k%len(relations)], Ground: grounds[k%len(grounds)],
					Attested: k&8 > 0, Tie: k&16 > 0, From: k%9 - 2, URL: url, Label: text})
			}
			l.Holes = append(l.Holes, Hole{From: at + hole, To: at - hole*int64(i), Open: bits>>i&1 > 0, Why: text})
			s.Lanes = append(s.Lanes, l)
		}
		svg := s.SVG()
		sound(t, svg)
		if !bytes.Equal(svg, s.SVG()) {
			t.Error("drawn twice, it differs")
		}
		s.Table()
	})
}
