package web

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/language"
	"dalil/internal/record"
)

// maxSheetForm bounds the form with a sheet in it, in bytes.
const maxSheetForm = desk.SheetBytes + 64<<10

// applyData is the page where a filled-in sheet is sent.
type applyData struct {
	Write  bool
	Kept   []keptRow
	Rows   int // bounds of a sheet
	MiB    int
	States []string
}

type keptRow struct {
	URL, Name string
	At        int64
	Rows      int
}

// apply is the page where a filled-in sheet is sent.
func (s *server) apply(r *http.Request) (reply, error) {
	d := applyData{Write: s.desk.Case.Writable(), Rows: desk.SheetRows, MiB: desk.SheetBytes >> 20}
	for _, v := range verdicts() {
		d.States = append(d.States, string(v))
	}
	list := []map[string]any{}
	if d.Write {
		all, err := s.desk.KeptSheets(r.Context())
		if err != nil {
			return reply{}, err
		}
		for _, k := range all {
			row := keptRow{"/apply/" + k.ID, k.Name, k.At, len(k.Rows)}
			d.Kept = append(d.Kept, row)
			list = append(list, map[string]any{"url": row.URL, "name": row.Name, "rows": row.Rows})
		}
	}
	return reply{page: "apply", title: key("Take over a sheet"), data: d, json: map[string]any{"writable": d.Write, "field": "sheet", "most_rows": d.Rows, "most_bytes": desk.SheetBytes, "waiting": list}}, nil
}

// takeSheet keeps a sheet that was sent; what it would do is on the page it leads
// to.
func (s *server) takeSheet(_ http.ResponseWriter, r *http.Request) (string, error) {
	if err := s.onlyShown(); err != nil {
		return "", err
	}
	f, head, err := r.FormFile("sheet")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return "", told(record.ErrInvalid, phrase{Text: key("no file was sent")}, phrase{Text: key("choose the sheet that you filled in")})
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, desk.SheetBytes+1))
	if err != nil {
		return "", err
	}
	sheet, err := desk.ParseSheet(b)
	if err != nil {
		return "", err
	}
	sheet.Name = shortened(language.Visible(head.Filename), 80)
	id, err := s.desk.KeepSheet(r.Context(), sheet)
	return "/apply/" + id, err
}

// sheetData is what a sheet would do.
type sheetData struct {
	ID      string
	Name    string
	At      int64
	Rows    int
	Already int
	Change  []editRow
	N       int // rows that change; more than are shown
	Others  []rowProblem
	NOthers int
	Refused []rowProblem
	NRefuse int
	Ignored string
	Plan    string // what would be done, to see that it is still that
	Changed bool   // it is not
}

// editsShown bounds each list of rows on the page.
const editsShown = 200

type editRow struct {
	desk.RowEdit
	URL   string
	Cells []cellRow
}

type cellRow struct{ Column, From, To string }

type rowProblem struct {
	Line  int
	ID    string
	URL   string // where the row can be looked at; "" when it is nothing
	What  string
	Do    string
	Cells []cellRow
}

// columnWords are the columns of a sheet as a reader knows them.
func columnWords(name string) string {
	return map[string]string{"state": key("State"), "of": key("Duplicate of"), "until": key("Until"), "labels": key("Labels"), "assigned": key("Assigned to")}[name]
}

// cellRows are cells as a reader knows them: states in the reader's language, all
// else as it stands in the sheet.
func (l *tongue) cellRows(all []desk.CellEdit) []cellRow {
	rows := make([]cellRow, len(all))
	for i, c := range all {
		rows[i] = cellRow{columnWords(c.Column), c.From, c.To}
		if c.Column == "state" {
			rows[i].From, rows[i].To = l.t(verdictWords(record.Verdict(c.From))), l.t(verdictWords(record.Verdict(c.To)))
		}
	}
	return rows
}

// ofSheet says a sentence with what a sheet had in its places.
func (l *tongue) ofSheet(w desk.Words) string {
	var seen []any
	for _, x := range w.Fill {
		if s, ok := x.(string); ok {
			x = language.Visible(s)
		}
		seen = append(seen, x)
	}
	return l.phrase(w.Text, seen...)
}

// sheetSent says what a sheet that was sent would do.
func (s *server) sheetSent(r *http.Request) (reply, error) {
	if err := s.onlyShown(); err != nil {
		return reply{}, err
	}
	l := s.tongueOf(r)
	k, err := s.desk.KeptSheet(r.Context(), r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	e, err := s.desk.Look(r.Context(), &k.Filled)
	if err != nil {
		return reply{}, err
	}
	d := sheetData{ID: k.ID, Name: k.Name, At: k.At, Rows: e.Rows, Already: e.Already, N: len(e.Changes), NOthers: len(e.Conflicts), NRefuse: len(e.Refused),
		Ignored: strings.Join(e.Ignored, ", "), Plan: e.Plan(), Changed: r.URL.Query().Has("changed")}
	for _, x := range e.Changes[:min(len(e.Changes), editsShown)] {
		d.Change = append(d.Change, editRow{x, "/inbox/" + x.ID, l.cellRows(x.Changes)})
	}
	problems := func(all []desk.RowProblem, lead bool) (rows []rowProblem) {
		for _, x := range all[:min(len(all), editsShown)] {
			p := rowProblem{Line: x.Line, ID: language.Visible(x.ID), What: l.ofSheet(x.What), Do: x.Do, Cells: l.cellRows(x.Now)}
			if lead {
				p.URL = "/inbox/" + x.ID
			}
			rows = append(rows, p)
		}
		return rows
	}
	d.Others, d.Refused = problems(e.Conflicts, true), problems(e.Refused, false)
	return reply{page: "sheet", title: key("What the sheet changes"), data: d, json: e.JSON()}, nil
}

// applySheet records what a sheet changes, if that is still what was looked at.
func (s *server) applySheet(_ http.ResponseWriter, r *http.Request) (string, error) {
	if err := s.onlyShown(); err != nil {
		return "", err
	}
	id := r.PathValue("id")
	k, err := s.desk.KeptSheet(r.Context(), id)
	if err != nil {
		return "", err
	}
	e, err := s.desk.Look(r.Context(), &k.Filled)
	if err != nil {
		return "", err
	}
	var since *desk.Changed
	done := desk.Triaged{}
	if e.Plan() == r.PostForm.Get("plan") {
		done, err = s.desk.Apply(r.Context(), e, r.PostForm.Get("reason"))
	}
	if done.ID == "" && err == nil || errors.As(err, &since) { // somebody decided meanwhile: look again
		return "/apply/" + k.ID + "?changed=1", nil
	}
	if err != nil {
		return "", err
	}
	if err := s.desk.DropSheet(r.Context(), k.ID); err != nil {
		return "", err
	}
	return with("/inbox?q=", "did", done.ID), nil
}

// dropSheet forgets a sheet that was sent.
func (s *server) dropSheet(_ http.ResponseWriter, r *http.Request) (string, error) {
	return "/apply", s.desk.DropSheet(r.Context(), r.PathValue("id"))
}

// inboxSheet and statementsSheet are a list as a sheet to fill in.
func (s *server) inboxSheet(r *http.Request) (reply, error) {
	a := inboxAddress(r)
	var columns []string
	if shown, _ := a.among(inboxColumns()); a.View == asTable || len(a.Columns) > 0 {
		columns = []string{"id"} // which every sheet has, so that none are the usual ones only when none was asked for
		for _, c := range shown {
			columns = append(columns, c.Leaves...)
		}
	}
	return s.sheetOf(r, desk.SheetOf{Query: a.Query, Columns: columns}, "inbox")
}

func (s *server) statementsSheet(r *http.Request) (reply, error) {
	return s.sheetOf(r, desk.SheetOf{Query: listOf(r).Query, Statements: true}, "statements")
}

func (s *server) sheetOf(r *http.Request, of desk.SheetOf, name string) (reply, error) {
	of.Mark = r.URL.Query().Get("bom") != ""
	b, how, err := s.desk.Sheet(r.Context(), of)
	if err != nil {
		return reply{}, err
	}
	if wantsJSON(r) {
		return reply{json: how}, nil
	}
	return reply{bytes: &download{data: b, contentType: "text/csv; charset=utf-8", filename: name + "-to-fill-in.csv"}}, nil
}
