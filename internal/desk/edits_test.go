package desk_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// sheet writes the inbox as a sheet and reads its cells.
func sheet(t *testing.T, d *desk.Desk, of desk.SheetOf) ([][]string, desk.Sheeted) {
	t.Helper()
	b, how, err := d.Sheet(context.Background(), of)
	must(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	must(t, err)
	if len(rows) != how.Rows+1 {
		t.Fatalf("%d rows, said to be %d", len(rows)-1, how.Rows)
	}
	return rows, how
}

// col finds a column of a sheet.
func col(t *testing.T, rows [][]string, name string) int {
	t.Helper()
	i := slices.Index(rows[0], name)
	if i < 0 {
		t.Fatalf("no column %s in %q", name, rows[0])
	}
	return i
}

// saved writes cells as a program would.
func saved(rows [][]string, part, end string, quote bool) []byte {
	var b strings.Builder
	for _, row := range rows {
		for i, c := range row {
			if i > 0 {
				b.WriteString(part)
			}
			if quote || strings.ContainsAny(c, part+"\"\n") {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(c)
		}
		b.WriteString(end)
	}
	return []byte(b.String())
}

func read(t *testing.T, d *desk.Desk, file []byte) *desk.Edits {
	t.Helper()
	e, err := d.ReadSheet(context.Background(), file)
	must(t, err)
	if n := len(e.Changes) + len(e.Conflicts) + len(e.Refused) + e.Already; n != e.Rows {
		t.Fatalf("%d rows, of which %d are told", e.Rows, n)
	}
	return e
}

// standing is what stands about each unit, as the sheet says it.
func standing(t *testing.T, d *desk.Desk) string {
	t.Helper()
	rows, _ := sheet(t, d, desk.SheetOf{})
	for i := range rows { // but for the stamp, which an undo changes
		rows[i] = rows[i][:len(rows[i])-1]
	}
	slices.SortFunc(rows[1:], slices.Compare)
	return fmt.Sprint(rows)
}

// TestSheetGoesRound: what is filled in comes back, whatever a spreadsheet makes
// of the file, as one decision that one undo takes back.
func TestSheetGoesRound(t *testing.T) {
	ctx := context.Background()
	for name, save := range map[string]func([][]string) []byte{
		"as written":  func(r [][]string) []byte { return saved(r, ",", "\r\n", false) },
		"Excel":       func(r [][]string) []byte { return append([]byte("\ufeff"), saved(r, ";", "\r\n", false)...) },
		"sep=":        func(r [][]string) []byte { return append([]byte("\ufeffsep=;\r\n"), saved(r, ";", "\r\n", false)...) },
		"LibreOffice": func(r [][]string) []byte { return saved(r, ",", "\n", true) },
		"tabs":        func(r [][]string) []byte { return saved(r, "\t", "\n", false) },
		"turned round": func(r [][]string) []byte { // columns moved, a row of nothing at the end
			var turned [][]string
			for _, row := range r {
				row = slices.Clone(row)
				slices.Reverse(row)
				turned = append(turned, row)
			}
			return saved(append(turned, make([]string, len(r[0]))), ",", "\n", false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			rows, how := sheet(t, d, desk.SheetOf{})
			if len(rows) != 5 || !how.Complete || len(how.Withheld) > 0 {
				t.Fatalf("%d rows, %+v", len(rows), how)
			}
			before := standing(t, d)
			if e := read(t, d, save(rows)); e.Already != 4 || len(e.Changes) > 0 {
				t.Fatalf("nothing was filled in: %+v", e)
			}
			state, labels, to, until, of, reason := col(t, rows, "state"), col(t, rows, "labels"), col(t, rows, "assigned"), col(t, rows, "until"), col(t, rows, "of"), col(t, rows, "reason")
			rows[1][state], rows[1][labels], rows[1][reason] = "Kept", ` to call back;"a; b", '=SUM(1)`, "it matters"
			rows[2][state], rows[2][of] = "duplicate", rows[1][0]
			rows[3][state], rows[3][until], rows[3][to] = "later", "2040-02-01 09:00", "@TESTER"
			e := read(t, d, save(rows))
			if len(e.Changes) != 3 || e.Already != 1 || len(e.Refused) > 0 {
				t.Fatalf("%+v", e)
			}
			done, err := d.Apply(ctx, e, "read on the train")
			must(t, err)
			if done.Count != 3 || done.Action != desk.ActionEdit {
				t.Fatalf("%+v", done)
			}
			if got, want := fmt.Sprint(states(t, d)), fmt.Sprint(map[string]int{"new": 1, "kept": 1, "duplicate": 1, "later": 1}); got != want {
				t.Errorf("states %s, want %s", got, want)
			}
			kept := units(t, d, "state:kept")[0]
			if want := []string{"'=SUM(1)", "a; b", "to call back"}; !slices.Equal(kept.Labels, want) && !slices.Equal(kept.Labels, []string{"=SUM(1)", "a; b", "to call back"}) {
				t.Errorf("labels %q", kept.Labels)
			}
			if u := units(t, d, "assigned:tester"); len(u) != 1 || u[0].Verdict != record.Later || u[0].Until == 0 {
				t.Errorf("%+v", u)
			}
			if u := units(t, d, "state:duplicate")[0]; u.OfID != rows[1][0] {
				t.Errorf("duplicate of %s, want %s", u.OfID, rows[1][0])
			}
			// What is written now says so, and filling in nothing changes nothing.
			after, _ := sheet(t, d, desk.SheetOf{})
			if e := read(t, d, save(after)); e.Already != 4 {
				t.Errorf("%+v", e)
			}
			if _, err := d.Apply(ctx, read(t, d, save(after)), ""); !errors.Is(err, record.ErrConflict) {
				t.Errorf("a decision about nothing: %v", err)
			}
			_, err = d.Undo(ctx, done.ID, "")
			must(t, err)
			if now := standing(t, d); now != before {
				t.Errorf("after one undo:\n%s\nwant\n%s", now, before)
			}
		})
	}
}

// TestSheetConflicts: what somebody else decided since the sheet was written is
// told and stays, and rows nobody changed are no conflict.
func TestSheetConflicts(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	rows, _ := sheet(t, d, desk.SheetOf{})
	state := col(t, rows, "state")
	for _, i := range []int{1, 2} {
		_, err := d.Triage(ctx, desk.Triage{Action: desk.ActionDismiss, Units: []string{rows[i][0]}})
		must(t, err)
	}
	rows[1][state], rows[3][state] = "kept", "kept" // and nothing was done to the second
	e := read(t, d, saved(rows, ",", "\r\n", false))
	if len(e.Conflicts) != 1 || e.Conflicts[0].Line != 2 || e.Conflicts[0].ID != rows[1][0] || len(e.Changes) != 1 || e.Already != 2 {
		t.Fatalf("%+v", e)
	}
	if n := e.Conflicts[0].Now; len(n) != 1 || n[0] != (desk.CellEdit{Column: "state", From: "dismissed", To: "kept"}) {
		t.Errorf("%+v", n)
	}
	// Somebody decides between looking and applying.
	_, err := d.Triage(ctx, desk.Triage{Action: desk.ActionLabel, Labels: []string{"x"}, Units: []string{rows[3][0]}})
	must(t, err)
	var changed *desk.Changed
	if _, err := d.Apply(ctx, e, ""); !errors.As(err, &changed) || len(changed.Since) != 1 {
		t.Fatalf("%v", err)
	}
	if got := len(units(t, d, "state:kept")); got != 0 {
		t.Errorf("%d were kept", got)
	}
}

// TestSheetRefuses: rows that cannot be taken over are told one by one, and files
// that are none are refused whole.
func TestSheetRefuses(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	head := "id,state,of,until,labels,assigned,reason,seen\n"
	rows, _ := sheet(t, d, desk.SheetOf{})
	id, seen := rows[1][0], rows[1][len(rows[1])-1]
	row := func(cells string) []byte {
		return []byte(head + strings.ReplaceAll(strings.ReplaceAll(cells, "ID", id), "SEEN", seen) + "\n")
	}
	for cells, want := range map[string]string{
		",kept,,,,,,SEEN":                                 "it has no id",
		"S-000000,kept,,,,,,SEEN":                         "is nothing in this case",
		"=HYPERLINK(1),kept,,,,,,SEEN":                    "is nothing in this case",
		"ID,maybe,,,,,,SEEN":                              "maybe is no state",
		"ID,,,,,,,SEEN":                                   "is no state",
		"ID,kept,,,,,,":                                   "column seen",
		"ID,kept,,,,,,L1-xyz":                             "column seen",
		"ID,kept,,,,stranger,,SEEN":                       "nobody in this case signs as stranger",
		"ID,later,,tomorrow,,,,SEEN":                      "tomorrow is no time",
		"ID,later,,2001-01-01,,,,SEEN":                    "is past",
		"ID,duplicate,,,,,,SEEN":                          "what it is a duplicate of",
		"ID,duplicate,ID,,,,,SEEN":                        "duplicate of itself",
		"ID,new,,," + strings.Repeat("x", 61) + ",,,SEEN": "a label has 1 to 60 letters",
		`ID,new,,,"""open",,,SEEN`:                        "a quote among its labels is not closed",
		"ID,new,,,,,,SEEN\nID,kept,,,,,,SEEN\nID,dismissed,,,,,,SEEN": "line 3 says something else",
	} {
		e := read(t, d, row(cells))
		if len(e.Refused) != 1 || !strings.Contains(e.Refused[0].What.String(), want) || e.Refused[0].Do == "" || e.Refused[0].Line < 2 {
			t.Errorf("%s: %+v, want %q", cells, e.Refused, want)
		}
	}
	for file, want := range map[string]string{
		"":                         "no first row",
		"id,state\nS-1,kept\n":     "the column seen is not there",
		"id,seen\nS-1,L1-0\n":      "no column is there",
		"id,id,state,seen\n":       "two columns called id",
		"id,state,seen\n\"a":       "a quote in line 2",
		"id,state,seen\na,b,c,d\n": "line 2 has more cells",
		"id,state,seen\na,b\n":     "line 2 has fewer cells",
		"id,state,seen\n\xff\n":    "not UTF-8",
		"sep=|\nid|state|seen\n":   "parted by",
		head + strings.Repeat("a,,,,,,,\n", desk.SheetRows+1): "more than 10000 rows",
	} {
		if _, err := d.ReadSheet(ctx, []byte(file)); !errors.Is(err, record.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", file, err, want)
		}
	}
}

// TestSheetWithholds: what is restricted or names a private person is in no sheet,
// and cannot be decided about by one.
func TestSheetWithholds(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	all, _ := sheet(t, d, desk.SheetOf{Statements: true})
	rows, _ := sheet(t, d, desk.SheetOf{})
	of := units(t, d, "")
	var alone desk.InboxRow
	for _, u := range of {
		if !u.Family {
			alone = u
		}
	}
	if alone.ID == "" {
		t.Fatal("every unit is a family")
	}
	_, err := d.Restrict(ctx, alone.FirstID, "a source is in it", false)
	must(t, err)
	for name, was := range map[string][][]string{"inbox": rows, "statements": all} {
		now, how := sheet(t, d, desk.SheetOf{Statements: name == "statements"})
		if len(now) != len(was)-1 || len(how.Withheld) != 1 || how.Withheld[0].N != 1 {
			t.Errorf("%s: %d rows of %d, %+v", name, len(now), len(was), how.Withheld)
		}
		for _, r := range now {
			if slices.Contains(r, alone.ID) || slices.Contains(r, alone.Text) {
				t.Errorf("%s: what is restricted is in it: %q", name, r)
			}
		}
		for _, r := range was {
			if r[0] == alone.ID {
				r[col(t, was, "state")] = "kept"
			}
		}
		e := read(t, d, saved(was, ",", "\n", false))
		if len(e.Refused) != 1 || !strings.Contains(e.Refused[0].What.String(), "restricted") || len(e.Changes) > 0 {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// TestSheetIsARelease: a sheet says of a text what redact lets out: no name that
// somebody masked, wherever it stands, no private source, nothing withdrawn.
func TestSheetIsARelease(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	for name, text := range map[string]string{"accusations": accusations, "edited": strings.ReplaceAll(export, "since the morning", "since the evening")} {
		p := filepath.Join(t.TempDir(), name, "result.json")
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		must(t, os.WriteFile(p, []byte(text), 0o644))
		_, err := d.Case.Import(ctx, []string{p}, pipeline.ImportOptions{})
		must(t, err)
	}
	calm, bridge := id(t, d, `"calm day"`), id(t, d, `"since the evening"`)
	before, _ := sheet(t, d, desk.SheetOf{Statements: true})
	_, err := d.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{id(t, d, `"harbour office"`)}, Names: []string{"Tamir Velasko", "تمير فيلاسكو"}, Reason: "accused by name"})
	must(t, err)
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionLabel, Units: []string{calm}, Labels: []string{"is it velasko, Tamir Velasko?"}})
	must(t, err)
	_, err = d.Withdraw(ctx, bridge, "a mistake")
	must(t, err)
	for _, of := range []desk.SheetOf{{}, {Statements: true}, {Statements: true, Query: "since the"}} {
		rows, how := sheet(t, d, of)
		all := strings.ToLower(fmt.Sprint(rows))
		for _, no := range []string{"velasko", "فيلاسكو", desk.MaskToken, "neighbours", "since the", "tilda"} {
			if strings.Contains(all, no) {
				t.Errorf("%+v: %q is in it: %s", of, no, all)
			}
		}
		if of.Query == "" && (!strings.Contains(all, "a private group") || !strings.Contains(all, "the bridge is open") || !slices.ContainsFunc(how.Withheld, func(w desk.WithheldJSON) bool {
			return w.N == 4 && strings.Contains(w.Why, "masked")
		})) {
			t.Errorf("%+v: %+v %s", of, how, all)
		}
	}
	// Nor can a sheet of before decide about them.
	for i := range before[1:] {
		before[i+1][col(t, before, "state")] = "kept"
	}
	e := read(t, d, saved(before, ",", "\n", false))
	why := map[string]int{}
	for _, r := range e.Refused {
		why[r.What.String()]++
	}
	if len(e.Refused) != 5 || why["it was withdrawn"] != 1 || why["it names a private person, and the name is masked"] != 4 {
		t.Errorf("refused: %v", why)
	}
}

// TestSheetOfWhatIsNow: a statement that is found by what it said before stands in
// a sheet once, with what it says now.
func TestSheetOfWhatIsNow(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	p := filepath.Join(t.TempDir(), "result.json")
	must(t, os.WriteFile(p, []byte(strings.ReplaceAll(export, "since the morning", "since the evening")), 0o644))
	_, err := d.Case.Import(ctx, []string{p}, pipeline.ImportOptions{})
	must(t, err)
	for _, q := range []string{"since", "morning"} {
		rows, _ := sheet(t, d, desk.SheetOf{Statements: true, Query: q})
		if len(rows) != 2 || rows[1][col(t, rows, "text")] != "since the evening" {
			t.Errorf("%s: %q", q, rows)
		}
	}
}

// TestSheetsAreForgotten: what was sent is kept without the texts beside it, for
// a day, and no more than a few.
func TestSheetsAreForgotten(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	rows, _ := sheet(t, d, desk.SheetOf{})
	var last string
	for i := range 8 {
		rows[1][col(t, rows, "reason")] = fmt.Sprint("for the reason ", i)
		f, err := desk.ParseSheet(saved(rows, ";", "\r\n", false))
		must(t, err)
		last, err = d.KeepSheet(ctx, f)
		must(t, err)
	}
	all, err := d.KeptSheets(ctx)
	must(t, err)
	if len(all) != 5 || !slices.ContainsFunc(all, func(k desk.KeptSheet) bool { return k.ID == last }) {
		t.Errorf("%d are kept", len(all))
	}
	for _, r := range all[0].Rows {
		if _, ok := r.Cells["text"]; ok {
			t.Errorf("a text is kept: %v", r)
		}
	}
	must(t, d.DropSheet(ctx, last))
	if _, err := d.KeptSheet(ctx, last); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
