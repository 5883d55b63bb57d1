package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"dalil/internal/record"
)

// allRows reads a table and checks that every row's place holds the row.
func allRows(t testing.TB, s string) (*Rows, []*Row) {
	t.Helper()
	rows, err := NewRows(strings.NewReader(s), int64(len(s)))
	if err != nil {
		t.Fatal(err)
	}
	var all []*Row
	for {
		r, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return rows, all
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Offset < 0 || r.Length <= 0 || r.Offset+r.Length > int64(len(s)) {
			t.Fatalf("row %d stands at %d+%d of %d", r.Number, r.Offset, r.Length, len(s))
		}
		all = append(all, r)
	}
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		name, table string
		want        [][]string
		defects     int
	}{
		{"plain", "a,b,c\n1,2,3\n4,5,6\n", [][]string{{"1", "2", "3"}, {"4", "5", "6"}}, 0},
		{"no last line end", "a,b,c\n1,2,", [][]string{{"1", "2", ""}}, 0},
		{"CRLF and BOM", "\ufeffa,b\r\n1,2\r\n", [][]string{{"1", "2"}}, 0},
		{"semicolons", "a;b;c\n1,0;2;3\n", [][]string{{"1,0", "2", "3"}}, 0},
		{"tabs", "a\tb\n1\t2\n", [][]string{{"1", "2"}}, 0},
		{"quoted line breaks", "a,b\n\"one\r\ntwo\",\"x\"\"y\"\n3,4\n", [][]string{{"one\r\ntwo", `x"y`}, {"3", "4"}}, 0},
		{"bare quotes", "a,b\n5\" gun,\"say \"hello\" twice\"\n", [][]string{{`5" gun`, `say "hello" twice`}}, 0},
		{"blank lines", "a,b\n\n1,2\n\n\n", [][]string{{"1", "2"}}, 0},
		{"too few, too many", "a,b,c\n1,2\n1,2,3,4\n", [][]string{{"1", "2"}, {"1", "2", "3", "4"}}, 2},
		{"stray quote", "a,b,c\n1,\"open,3\n4,5,6\n7,8,9\n", [][]string{{"1", `"open`, "3"}, {"4", "5", "6"}, {"7", "8", "9"}}, 1},
		{"cut in a quote", "a,b,c\n1,2,3\n4,5,\"the file en", [][]string{{"1", "2", "3"}, {"4", "5", "the file en"}}, 1},
		{"empty quoted", "a,b\n\"\",\"\"\n", [][]string{{"", ""}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, all := allRows(t, c.table)
			var got [][]string
			defects := 0
			for _, r := range all {
				got = append(got, r.Fields)
				if r.Defect != "" {
					defects++
				}
			}
			if !slices.EqualFunc(got, c.want, slices.Equal) || defects != c.defects {
				t.Errorf("got %q with %d defects, want %q with %d", got, defects, c.want, c.defects)
			}
		})
	}
}

func TestRowPlaces(t *testing.T) {
	s := "\ufeffid,text\n1,\"two\nlines\"\n\n2,x\r\n"
	_, all := allRows(t, s)
	for i, want := range []string{"1,\"two\nlines\"\n", "2,x\r\n"} {
		if got := s[all[i].Offset : all[i].Offset+all[i].Length]; got != want {
			t.Errorf("row %d spans %q, want %q", i, got, want)
		}
	}
}

// TestErasedRows overwrites rows with spaces as erasure does, line ends too:
// every other row must stand where it stood and read as it read.
func TestErasedRows(t *testing.T) {
	const table = "id,body\n1,alpha\r\n 2,beta\n3,\"gamma\nray\"\n4,delta\n"
	_, before := allRows(t, table)
	for gone := range 1 << 4 {
		b := []byte(table)
		var kept []*Row
		for i, r := range before[:4] {
			if gone&(1<<i) != 0 {
				copy(b[r.Offset:], strings.Repeat(" ", int(r.Length)))
			} else {
				kept = append(kept, r)
			}
		}
		_, after := allRows(t, string(b))
		if len(after) != len(kept) {
			t.Fatalf("erased %04b: %d rows, want %d", gone, len(after), len(kept))
		}
		for i, r := range after {
			// A row that begins with a space is told from the erased one before it
			// by nothing; it loses the space and its place moves by it.
			if want := kept[i]; r.Offset != want.Offset && want.Fields[0][0] != ' ' || strings.TrimLeft(r.Fields[0], " ") != strings.TrimLeft(want.Fields[0], " ") ||
				!slices.Equal(r.Fields[1:], want.Fields[1:]) {
				t.Errorf("erased %04b: row %d is %d %q, was %d %q", gone, i, r.Offset, r.Fields, want.Offset, want.Fields)
			}
		}
	}
}

func TestColumns(t *testing.T) {
	rows, all := allRows(t, "Archive  Status,upload-title,TEXT\u00a0content,text content\nok,t,first,second\n")
	if !rows.Has("archive_status") || rows.Has("Archive Status") || rows.Columns() != 4 {
		t.Error("columns are known by their folded names")
	}
	if r := all[0]; r.Get("missing", "text_content") != "first" || r.Get("missing") != "" {
		t.Errorf("got %q", r.Get("missing", "text_content"))
	}
}

func TestInvalidRows(t *testing.T) {
	_, all := allRows(t, "a,b\n1,caf\xe9\n")
	if !all[0].Invalid || all[0].Fields[1] != "caf\ufffd" {
		t.Errorf("got %q, invalid %v", all[0].Fields, all[0].Invalid)
	}
	for _, s := range []string{"\xff\xfea\x00", "\xfe\xff\x00a"} {
		if _, err := NewRows(strings.NewReader(s), int64(len(s))); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("UTF-16: %v", err)
		}
	}
	if _, err := NewRows(strings.NewReader(""), 0); !errors.Is(err, io.EOF) {
		t.Errorf("empty: %v", err)
	}
}

// TestEndlessQuote has a quote that is not closed for longer than a row may
// be: it costs its row, and the work stays linear.
func TestEndlessQuote(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("id,text,more\n1,\"open,x\n")
	lines := 0
	for b.Len() < maxRowBytes+1<<20 {
		fmt.Fprintf(&b, "%d,\"a \"b,\n", lines) // each line looks like another open quote
		lines++
	}
	_, all := allRows(t, b.String())
	if len(all) < lines/2 {
		t.Errorf("%d rows of %d lines", len(all), lines)
	}
	if all[0].Defect == "" {
		t.Error("the open quote was not said")
	}
}

func TestLongRow(t *testing.T) {
	s := "id,text\n1," + strings.Repeat("x", maxRowBytes+10) + "\n2,y\n"
	_, all := allRows(t, s)
	if len(all) != 2 || all[0].Fields != nil || all[0].Defect == "" || all[1].Fields[0] != "2" {
		t.Errorf("%d rows", len(all))
	}
}

func FuzzRows(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\n\"x\ny\";2", "\ufeffa\tb\tc\n\"", "a,b,c\n1,\"x,3\n4,5,6\n", "\"\"\"\n,\"", "a\r\n\"b\"\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := NewRows(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		end := int64(0)
		for {
			r, err := rows.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Offset < end || r.Length <= 0 || r.Offset+r.Length > int64(len(b)) {
				t.Fatalf("row at %d+%d behind %d of %d", r.Offset, r.Length, end, len(b))
			}
			end = r.Offset + r.Length
			r.Get("a")
		}
	})
}

func FuzzCleanPath(f *testing.F) {
	for _, s := range []string{"a/b", "../x", `c:\con`, "a:b", "x. .", "\u202e", "com¹.txt", strings.Repeat("ط", 300) + ".html"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean, _ := CleanPath(s)
		if again, why := CleanPath(clean); again != clean || why != "" {
			t.Fatalf("%q cleans to %q and that to %q (%s)", s, clean, again, why)
		}
		for e := range strings.SplitSeq(clean, "/") {
			if clean != "" && (e == "" || e == "." || e == "..") || strings.ContainsAny(e, "\\:\x00") {
				t.Fatalf("%q cleans to %q", s, clean)
			}
		}
	})
}
