package table_test

import (
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dalil/internal/export"
	"dalil/internal/export/table"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// item is a statement of a public channel with this text.
func item(n uint64, text string) redact.Item {
	src := record.Source{Leaf: 2, Key: "telegram:1", Name: "Harbour Lamp", Type: record.Channel, Platform: "telegram"}
	st := record.Statement{Leaf: n, First: n, Version: 1, Source: 2, Capture: 3, CapturedAt: 1740823200123}
	st.Kind, st.Text, st.Lang, st.Posted = record.Post, text, "en", record.AtUnix(1740823200)
	return redact.Item{ID: "S-" + string(rune('A'+n%26)) + string(rune('A'+n/26)), Source: src, Sensitivity: redact.Public, Versions: []redact.Version{{Statement: st}}}
}

func write(t *testing.T, a redact.Audience, o export.Options, items ...redact.Item) string {
	t.Helper()
	r, _, err := redact.Prepare(a, redact.Material{Case: "Azravan", Zone: time.FixedZone("Asia/Baghdad", 3*3600), Bare: true, Items: items})
	if err != nil {
		t.Fatal(err)
	}
	var m export.Memory
	if err := table.Kind.Write(t.Context(), &m, r, o); err != nil {
		t.Fatal(err)
	}
	return m.String()
}

// hostile are texts that a spreadsheet could take for more than text, and some
// that it could not.
func hostile() map[string]bool {
	return map[string]bool{
		"": false, "the bridge": false, "a=b": false, "أصحاب الكهف": false, "\u202eabc": false, "«نقل» = قول": false, "'tis": false, "- ": true,
		"=1+1": true, "+1": true, "-1+cmd": true, "@SUM(1)": true, "\t=1": true, "\r=1": true, "\n=1": true, "\tplain": true, " =1": true, "\u00a0=1": true, "\u3000=1": true,
		"\"=1": true, "'=1": true, "“=1": true, "'\" =1": true, "＝1": true, "＋1": true, "－1": true, "＠SUM": true, "﹦1": true, "\u200b=1": true, "\ufeff=1": true, "\u200f=1": true,
		"\u2068=1\u2069": true, "|cmd": true, "%0A": true, "−1": true, "\x00=1": true, "\ufffd=1": true, "=": true, "''=1": true,
	}
}

// TestFormulas: no cell begins as a formula, and what was written can be had back.
func TestFormulas(t *testing.T) {
	for text, guard := range hostile() {
		out := write(t, redact.ForPublic, export.Options{Columns: []string{"text"}}, item(5, text))
		got := strings.TrimSuffix(strings.TrimPrefix(out, "text\r\n"), "\r\n")
		if strings.HasPrefix(got, `"`) {
			got = strings.ReplaceAll(got[1:len(got)-1], `""`, `"`)
		}
		want := text
		if guard {
			want = "'" + text
		}
		if got != want {
			t.Errorf("%q is written %q, want %q", text, got, want)
		}
	}
}

func FuzzCells(f *testing.F) {
	for text := range hostile() {
		f.Add(text, "Harbour Lamp")
	}
	f.Add("a,b;c\td\"e\r\nf", " \u200f=x")
	f.Fuzz(func(t *testing.T, text, name string) {
		it := item(5, text)
		it.Source.Name = name
		out := write(t, redact.ForPublic, export.Options{Columns: []string{"id", "source", "text", "entry"}}, it)
		r := csv.NewReader(strings.NewReader(out))
		rows, err := r.ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 4 {
			t.Fatalf("%q: %v %q", out, err, rows)
		}
		same := func(got, want string) bool { // encoding/csv reads \r\n as \n
			norm := strings.NewReplacer("\r\n", "\n").Replace
			return norm(got) == norm(want) || norm(got) == "'"+norm(want)
		}
		if rows[1][0] != it.ID || !same(rows[1][1], name) || !same(rows[1][2], text) || rows[1][3] != "5" {
			t.Errorf("%q", rows[1])
		}
	})
}

func TestColumns(t *testing.T) {
	out := write(t, redact.ForPartner, export.Options{Mark: true}, item(5, "one"))
	head, row, _ := strings.Cut(strings.TrimPrefix(out, "\ufeff"), "\r\n")
	if !strings.HasPrefix(out, "\ufeff") || head != strings.Join(table.Usual(), ",") || !strings.HasPrefix(row, "S-FA,2025-03-01 13:00:00 +03:00,2025-03-01T10:00:00Z,Harbour Lamp,post,en,,one,") {
		t.Errorf("%q", out)
	}
	for _, c := range table.Columns() {
		if got := write(t, redact.ForPublic, export.Options{Columns: []string{c, c}}, item(5, "one")); !strings.HasPrefix(got, c+"\r\n") || strings.Count(got, "\r\n") != 2 {
			t.Errorf("%s: %q", c, got)
		}
	}
	var m export.Memory
	r, _, err := redact.Prepare(redact.ForPublic, redact.Material{Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Kind.Write(t.Context(), &m, r, export.Options{Columns: []string{"family"}}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("an unknown column: %v", err)
	}
	if err := table.Kind.Write(t.Context(), &m, redact.Release{}, export.Options{}); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("no release: %v", err)
	}
}

// TestNoInterference: what the audience must not see changes no byte.
func TestNoInterference(t *testing.T) {
	secret := func(n uint64, how func(*redact.Item)) redact.Item {
		it := item(n, "the courier comes at noon")
		it.Source.Name = "Secret Channel"
		how(&it)
		return it
	}
	all := []redact.Item{item(5, "one"), item(9, "two"), item(7, "=three")}
	hidden := []redact.Item{
		secret(11, func(it *redact.Item) { it.Sensitivity = redact.Restricted }),
		secret(12, func(it *redact.Item) { it.Sensitivity = redact.Sealed }),
		secret(13, func(it *redact.Item) { it.Sensitivity = redact.Unmarked }),
		secret(14, func(it *redact.Item) { it.Versions[0].Statement.Withdrawn = true }),
		secret(15, func(it *redact.Item) { it.Versions[0].Statement.Erased = true }),
		secret(17, func(it *redact.Item) { it.Shielded = true }),
		secret(16, func(it *redact.Item) { it.State = redact.Flagged }),
	}
	o := export.Options{Columns: table.Columns()}
	for _, a := range []redact.Audience{redact.ForPublic, redact.ForPartner} {
		want := write(t, a, o, all...)
		for i := range hidden {
			for at := range len(all) + 1 {
				if got := write(t, a, o, slices.Insert(slices.Clone(all), at, hidden[i])...); got != want {
					t.Errorf("%s: hidden item %d at %d shows:\n%s", a, i, at, got)
				}
			}
		}
		if only := write(t, a, o, hidden...); only != write(t, a, o) {
			t.Errorf("%s: only hidden ones: %q", a, only)
		}
	}
	internal := secret(20, func(it *redact.Item) { it.Sensitivity = redact.Internal })
	if write(t, redact.ForPublic, o, append(all, internal)...) != write(t, redact.ForPublic, o, all...) || !strings.Contains(write(t, redact.ForPartner, o, internal), "courier") {
		t.Error("internal statements go to partners, and to nobody else")
	}
}

// TestPersons: names of private persons and private sources are not in a table.
func TestPersons(t *testing.T) {
	it := item(5, "they saw it")
	it.Versions[0].Statement.Sender = record.Party{Name: "Dana Tulayhi", Person: true, Pseudonym: "person-7Q2"}
	it.Source.Private, it.Source.Name = true, "Neighbours"
	masked := item(6, "Dana Tulayhi saw it")
	masked.Shielded = true
	for _, a := range []redact.Audience{redact.ForPublic, redact.ForPartner} {
		out := write(t, a, export.Options{Columns: table.Columns()}, it, masked)
		if strings.Contains(out, "Dana") || strings.Contains(out, "Neighbours") || !strings.Contains(out, "person-7Q2") {
			t.Errorf("%s: %s", a, out)
		}
	}
}
