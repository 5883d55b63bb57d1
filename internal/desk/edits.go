package desk

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dalil/internal/catalog"
	"dalil/internal/export"
	"dalil/internal/language"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// ActionEdit takes over a sheet that somebody filled in: what changes is many
// decisions of triage, recorded as one.
const ActionEdit = "edit"

// Edits is what a filled-in sheet would do. Every row is in one of its lists or
// counted as being so already.
type Edits struct {
	Rows      int
	Changes   []RowEdit
	Already   int          // rows nobody changed, or which say what is so
	Conflicts []RowProblem // somebody else decided since; left as they are
	Refused   []RowProblem
	Ignored   []string // columns that are not read
	Digest    record.Digest
	Size      uint64 // of the log when it was looked at
}

// RowEdit is a row that changes something.
type RowEdit struct {
	Line    int
	ID      string
	Changes []CellEdit
	Reason  string

	leaf  uint64
	edits []record.Edit
}

// CellEdit is a cell that changes: what stands now, and what is to stand.
type CellEdit struct {
	Column string `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// RowProblem is a row that is not taken over, and what can be done about it.
type RowProblem struct {
	Line int
	ID   string
	What Words
	Do   string
	Now  []CellEdit // of a conflict: what stands, and what the row says
}

// Filled is a sheet as it was read: the cells that can change something, and no
// others, so that no text of a statement is kept with it.
type Filled struct {
	Name    string        `json:"name,omitempty"` // of the file, as a browser said
	Digest  record.Digest `json:"digest"`
	Ignored []string      `json:"ignored,omitempty"`
	Rows    []FilledRow   `json:"rows"`
}

// FilledRow is a row of it: cells by the names of their columns.
type FilledRow struct {
	Line  int               `json:"line"`
	Cells map[string]string `json:"cells"`
}

// ReadSheet reads a filled-in sheet and says what it would do; nothing is
// recorded. A file that is no such sheet is ErrInvalid as a whole, a row that
// cannot be taken over is told with its line.
func (d *Desk) ReadSheet(ctx context.Context, file []byte) (*Edits, error) {
	f, err := ParseSheet(file)
	if err != nil {
		return nil, err
	}
	return d.Look(ctx, f)
}

// Look says what a sheet that was read would do now.
func (d *Desk) Look(ctx context.Context, f *Filled) (*Edits, error) {
	if d.then != nil {
		return nil, record.WithHint(fmt.Errorf("%w: nothing can be decided about the past", record.ErrInvalid), "leave at= out: a sheet is of now")
	}
	size, err := d.Case.Catalog.Size(ctx)
	if err != nil {
		return nil, err
	}
	e := &Edits{Rows: len(f.Rows), Ignored: f.Ignored, Digest: f.Digest, Size: size}
	r := sheetReader{d: d, e: e, taken: map[uint64]takenRow{}}
	if err := r.prepare(ctx, f.Rows); err != nil {
		return nil, err
	}
	for i := range f.Rows {
		if err := r.row(ctx, &f.Rows[i]); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Apply records what a sheet changes, as one decision which one undo takes back.
// When somebody decided about one of its units since it was read, nothing is
// recorded, and the error is a *Changed.
func (d *Desk) Apply(ctx context.Context, e *Edits, reason string) (Triaged, error) {
	done := Triaged{Already: e.Already, Count: len(e.Changes)}
	if len(e.Changes) == 0 {
		return done, record.WithHint(fmt.Errorf("%w: nothing would change: no row says anything that is not so already", record.ErrConflict), "change a cell of the sheet, and read it again")
	}
	reason = strings.TrimSpace(reason)
	leaves := make([]uint64, len(e.Changes))
	for i, c := range e.Changes {
		leaves[i] = c.leaf
		if len(done.Units) < mostListed {
			done.Units = append(done.Units, c.ID)
		}
	}
	p := record.Edits{Sheet: e.Digest, Edits: gathered(e.Changes)}
	for _, chunk := range chunks(leaves, listPage) {
		parts, err := d.Case.Catalog.Statements(ctx, chunk)
		if err != nil {
			return Triaged{}, err
		}
		p.Units = append(p.Units, parts...)
	}
	for _, u := range p.Units {
		done.Statements += len(u)
	}
	if done.Statements > record.MaxTriage {
		return Triaged{}, record.WithHint(fmt.Errorf("%w: %d statements are more than one decision can name, which is %d", record.ErrInvalid, done.Statements, record.MaxTriage),
			"take over a part of the sheet at a time")
	}
	body := pipeline.DecisionBody{Reason: reason}
	var err error
	if body.Payload, err = json.Marshal(p); err != nil {
		return Triaged{}, err
	}
	done.Decision = record.Decision{By: d.Case.Handle(), Action: ActionEdit, Target: leaves[0], Reason: reason, Payload: string(body.Payload)}
	seen := max(e.Size, 1) - 1
	check := func() error { return d.unchanged(ctx, leaves, seen, true) }
	if d.DryRun {
		return done, check()
	}
	leaf, err := d.Case.RecordIf(ctx, record.Leaf{Kind: record.LeafDecision, Action: ActionEdit, Target: leaves[0], Expects: seen}, body, check)
	if err != nil {
		return Triaged{}, err
	}
	done.Leaf, done.Touched = leaf, leaf
	done.At, done.ID = d.Case.Now().UnixMilli(), d.Case.IDs.ID(record.KindDecision, leaf)
	return done, nil
}

// gathered joins what rows say alike into one edit, in the order of the rows.
func gathered(rows []RowEdit) []record.Edit {
	var all []record.Edit
	at := map[string]int{}
	for i, row := range rows {
		for _, e := range row.edits {
			k := fmt.Sprintf("%s\x00%d\x00%d\x00%q\x00%s\x00%s", e.Action, e.Of, e.Until, e.Labels, e.To, e.Reason)
			j, ok := at[k]
			if !ok {
				j = len(all)
				at[k], all = j, append(all, e)
			}
			all[j].Units = append(all[j].Units, i)
		}
	}
	return all
}

// BadSheet is the error of a file that is no sheet: ErrInvalid.
type BadSheet struct {
	What Words
	Do   string
}

func (e *BadSheet) Error() string { return "the sheet cannot be read: " + e.What.String() }
func (e *BadSheet) Unwrap() error { return record.ErrInvalid }

// ParseSheet reads the cells of a sheet. It takes what Excel and LibreOffice make
// of one: a byte order mark, commas, semicolons or tabs, any line ends, quotes.
// Whatever is no sheet is ErrInvalid.
func ParseSheet(file []byte) (*Filled, error) {
	bad := func(do string, what Words) (*Filled, error) { return nil, record.WithHint(&BadSheet{what, do}, do) }
	if len(file) > SheetBytes {
		return bad(key("take over a part of it at a time"), words(key("it has more than {n} MiB"), "n", SheetBytes>>20))
	}
	if !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0 {
		return bad(key("save it as “CSV UTF-8”; in LibreOffice choose the character set UTF-8"), words(key("its letters are not UTF-8")))
	}
	text := bytes.TrimPrefix(file, []byte("\ufeff"))
	skipped := 0
	var part rune
	if line, rest, ok := bytes.Cut(text, []byte("\n")); ok { // a note of Excel's own
		if sep, ok := bytes.CutPrefix(bytes.ToLower(bytes.TrimSpace(line)), []byte("sep=")); ok && len(sep) == 1 {
			part, text, skipped = rune(sep[0]), rest, 1
		}
	}
	head, _, _ := bytes.Cut(text, []byte("\n"))
	if part == 0 {
		part = ','
		for _, r := range ";\t" {
			if bytes.Count(head, []byte(string(r))) > bytes.Count(head, []byte(string(part))) {
				part = r
			}
		}
	}
	if !strings.ContainsRune(",;\t", part) {
		return bad(key("save it with commas, semicolons or tabs between cells"), words(key("its cells are parted by “{sign}”"), "sign", string(part)))
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = part
	r.FieldsPerRecord = -1
	names, err := r.Read()
	if err != nil {
		return bad(key("write one with `dalil inbox --sheet FILE`, or with “Sheet to fill in” beside a list, and keep its columns id and seen"), words(key("it has no first row of column names")))
	}
	f := &Filled{Digest: record.DigestOf(file)}
	known := append(edited(), colID, colReason, colSeen)
	for i, n := range names {
		names[i] = strings.ToLower(strings.TrimSpace(n))
		switch {
		case names[i] == "":
		case slices.Contains(names[:i], names[i]):
			return bad(key("keep one of the two"), words(key("there are two columns called {name}"), "name", cutID(n)))
		case !slices.Contains(known, names[i]):
			f.Ignored = append(f.Ignored, names[i])
		}
	}
	for _, n := range []string{colID, colSeen} {
		if !slices.Contains(names, n) {
			return bad(key("write one with `dalil inbox --sheet FILE`, or with “Sheet to fill in” beside a list, and keep its columns id and seen"), words(key("the column {name} is not there"), "name", n))
		}
	}
	if !slices.ContainsFunc(edited(), func(n string) bool { return slices.Contains(names, n) }) {
		return bad(key("keep one of the columns state, of, until, labels, assigned"), words(key("no column is there by which something could change")))
	}
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return f, nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return bad(key("open it in a spreadsheet and save it again as CSV"), words(key("a quote in line {line} is not closed, or stands inside of a cell"), "line", broken.Line+skipped))
		} else if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		row := FilledRow{line + skipped, map[string]string{}}
		empty := true
		for i, c := range cells {
			if c = export.Unguarded(strings.TrimSpace(c)); c == "" {
				continue
			}
			if empty = false; i >= len(names) || names[i] == "" {
				return bad(key("take the cell out, or put quotes round what has a comma in it"), words(key("line {line} has more cells than there are columns"), "line", row.Line))
			}
			if slices.Contains(known, names[i]) {
				row.Cells[names[i]] = c
			}
		}
		if empty {
			continue
		}
		if len(cells) < len(names) && slices.ContainsFunc(names[len(cells):], func(n string) bool { return slices.Contains(known, n) }) {
			return bad(key("open it in a spreadsheet and save it again as CSV"), words(key("line {line} has fewer cells than there are columns"), "line", row.Line))
		}
		for _, n := range known {
			if _, ok := row.Cells[n]; !ok && slices.Contains(names, n) {
				row.Cells[n] = ""
			}
		}
		if f.Rows = append(f.Rows, row); len(f.Rows) > SheetRows {
			return bad(key("take over a part of it at a time"), words(key("it has more than {n} rows"), "n", SheetRows))
		}
	}
}

// sheetReader finds out what rows would do.
type sheetReader struct {
	d      *Desk
	e      *Edits
	house  *house
	units  map[uint64]catalog.Unit // by statement
	people []string
	labels []catalog.LabelCount
	taken  map[uint64]takenRow // units that a row spoke of
}

type takenRow struct {
	line int
	says string
}

// prepare reads once what rows are about.
func (r *sheetReader) prepare(ctx context.Context, rows []FilledRow) (err error) {
	var leaves []uint64
	for _, row := range rows {
		if leaf, err := r.d.unitLeaf(ctx, row.Cells[colID]); err == nil {
			leaves = append(leaves, leaf)
		} else if !expected(err) {
			return err
		}
	}
	if r.units, err = r.d.unitsHolding(ctx, leaves); err != nil {
		return err
	}
	if r.house, err = r.d.forHouse(ctx); err != nil {
		return err
	}
	if err := r.house.read(ctx, r.units); err != nil {
		return err
	}
	if r.people, err = r.d.Handles(ctx); err != nil {
		return err
	}
	r.labels, err = r.d.Labels(ctx)
	return err
}

// expected reports an error that is about what somebody typed.
func expected(err error) bool {
	return errors.Is(err, record.ErrNotFound) || errors.Is(err, record.ErrInvalid) || errors.Is(err, record.ErrConflict)
}

// unitLeaf finds the entry that an id of a unit, or of a statement in one, is of.
func (d *Desk) unitLeaf(ctx context.Context, id string) (uint64, error) {
	k, leaf, err := d.resolve(id, record.KindFamily, record.KindStatement)
	if err != nil || k != record.KindFamily {
		return leaf, err
	}
	f, err := d.familyOf(ctx, id) // it may be part of another since
	return f.Anchor, err
}

func (r *sheetReader) refuse(row *FilledRow, what Words, do string) {
	r.e.Refused = append(r.e.Refused, RowProblem{Line: row.Line, ID: cutID(row.Cells[colID]), What: what, Do: do})
}

// cutID bounds what stands where an id should.
func cutID(s string) string {
	if n := []rune(s); len(n) > 40 {
		return string(n[:40]) + "…"
	}
	return s
}

// row finds out what one row would do.
func (r *sheetReader) row(ctx context.Context, row *FilledRow) error {
	id := row.Cells[colID]
	if id == "" {
		r.refuse(row, words(key("it has no id")), key("take the id from the sheet as it was written"))
		return nil
	}
	leaf, err := r.d.unitLeaf(ctx, id)
	u, ok := r.units[leaf]
	if expected(err) || err == nil && !ok {
		r.refuse(row, words(key("{id} is nothing in this case"), "id", cutID(id)), key("an id belongs to one case only: take it from the sheet as it was written"))
		return nil
	} else if err != nil {
		return err
	}
	touched, digest, ok := readStamp(row.Cells[colSeen])
	if !ok {
		r.refuse(row, words(key("what stands in the column seen is not what was written there")), key("write the sheet anew; the column seen is not for filling in"))
		return nil
	}
	it, err := r.house.row(ctx, &u, u.First)
	if err != nil {
		return err
	}
	if why := redact.Withholds(redact.ForHouse, it); why != "" {
		r.refuse(row, words(why), key("decide about it on its own page"))
		return nil
	}
	now, err := r.d.cellsOf(ctx, &u)
	if err != nil {
		return err
	}
	said := map[string]string{}
	for _, name := range edited() {
		c, there := row.Cells[name]
		if !there {
			c = now[name]
		}
		said[name] = c
	}
	what, do, known := r.tidy(said)
	if !known {
		r.refuse(row, what, do)
		return nil
	}
	// Whether anything was changed is told by the cells that there are: a sheet
	// without a column says nothing about it.
	if r.whole(row) && stamp(&catalog.Unit{Touched: touched}, said) == fmt.Sprintf("L%d-%s", touched, digest) {
		r.e.Already++
		return nil
	}
	var changes []CellEdit
	for _, name := range edited() {
		if said[name] != now[name] {
			changes = append(changes, CellEdit{name, now[name], said[name]})
		}
	}
	if len(changes) == 0 {
		r.e.Already++
		return nil
	}
	says := fmt.Sprint(changes)
	if before, twice := r.taken[u.Leaf]; twice {
		if before.says == says {
			r.e.Already++
		} else {
			r.refuse(row, words(key("line {line} says something else about the same family"), "line", before.line), key("say it in one of the two rows"))
		}
		return nil
	}
	r.taken[u.Leaf] = takenRow{row.Line, says}
	if u.Touched > touched {
		last, err := r.d.Reader().Decision(ctx, u.Touched)
		if err != nil {
			return err
		}
		r.e.Conflicts = append(r.e.Conflicts, RowProblem{Line: row.Line, ID: id, Now: changes,
			What: words(key("since the sheet was written, {who} decided about it ({decision})"), "who", last.By, "decision", r.d.Case.IDs.ID(record.KindDecision, last.Leaf)),
			Do:   key("look at what stands now; if your cells are still right, write the sheet anew and fill them in again")})
		return nil
	}
	edit := RowEdit{Line: row.Line, ID: r.d.unitID(u.Leaf, u.Family), Changes: changes, Reason: row.Cells[colReason], leaf: u.Leaf}
	if len(edit.Reason) > maxReason {
		r.refuse(row, words(key("its reason is too long")), key("say it shorter"))
		return nil
	}
	if what, do, err = r.decisions(ctx, &edit, &u, said, now); err != nil {
		return err
	} else if what.Text != "" {
		r.refuse(row, what, do)
		return nil
	}
	r.e.Changes = append(r.e.Changes, edit)
	return nil
}

// maxReason bounds the reason of a row, in bytes.
const maxReason = 4 << 10

// whole reports whether a row has every cell that its stamp is of.
func (r *sheetReader) whole(row *FilledRow) bool {
	return !slices.ContainsFunc(edited(), func(n string) bool { _, ok := row.Cells[n]; return !ok })
}

func readStamp(s string) (touched uint64, digest string, ok bool) {
	s, ok = strings.CutPrefix(s, "L")
	n, digest, cut := strings.Cut(s, "-")
	touched, err := strconv.ParseUint(n, 10, 64)
	return touched, digest, ok && cut && err == nil && len(digest) == 8 && strings.Trim(digest, "0123456789abcdef") == ""
}

// tidy brings the cells of a row into the form in which they are written, and
// says what is wrong with one; known is false then.
func (r *sheetReader) tidy(said map[string]string) (what Words, do string, known bool) {
	said[colState] = strings.ToLower(said[colState])
	switch record.Verdict(said[colState]) {
	case record.New, record.Kept, record.Dismissed:
		said[colOf], said[colUntil] = "", ""
	case record.Duplicate:
		said[colUntil] = ""
	case record.Later:
		said[colOf] = ""
	default:
		return words(key("{state} is no state"), "state", cutID(said[colState])), key("write new, kept, duplicate, dismissed or later"), false
	}
	if u := said[colUntil]; u != "" {
		at, ok := time.Time{}, false
		for _, form := range []string{untilForm, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"} {
			if t, err := time.ParseInLocation(form, u, r.d.Case.Zone); err == nil {
				at, ok = t, true
				break
			}
		}
		if !ok {
			return words(key("{time} is no time"), "time", cutID(u)), key("write it like 2026-02-01T09:00, in the case’s time zone"), false
		}
		said[colUntil] = at.Format(untilForm)
	}
	labels, ok := splitLabels(said[colLabels])
	if !ok {
		return words(key("a quote among its labels is not closed")), key("part labels with semicolons"), false
	}
	for i, l := range labels {
		tidied, err := tidyLabel(l)
		if err != nil {
			return words(key("a label has 1 to {n} letters"), "n", maxLabel), key("write a shorter label; part labels with semicolons"), false
		}
		if j := slices.IndexFunc(r.labels, func(k catalog.LabelCount) bool { return language.Fold(k.Label) == language.Fold(tidied) }); j >= 0 {
			tidied = r.labels[j].Label
		}
		labels[i] = tidied
	}
	if len(labels) > maxLabels {
		return words(key("it has more than {n} labels"), "n", maxLabels), key("take some out"), false
	}
	slices.Sort(labels)
	said[colLabels] = joinLabels(slices.Compact(labels))
	if to := strings.TrimPrefix(said[colAssigned], "@"); to != "" {
		i := slices.IndexFunc(r.people, func(h string) bool { return strings.EqualFold(h, to) })
		if i < 0 {
			return words(key("nobody in this case signs as {name}; there are {people}"), "name", cutID(to), "people", strings.Join(r.people, ", ")), key("write one of them, or leave the cell empty"), false
		}
		said[colAssigned] = r.people[i]
	} else {
		said[colAssigned] = ""
	}
	return Words{}, "", true
}

// decisions makes of what a row changes what is recorded.
func (r *sheetReader) decisions(ctx context.Context, row *RowEdit, u *catalog.Unit, said, now map[string]string) (what Words, do string, err error) {
	add := func(e record.Edit) {
		e.Reason = row.Reason
		row.edits = append(row.edits, e)
	}
	if said[colState] != now[colState] || said[colOf] != now[colOf] || said[colUntil] != now[colUntil] {
		e := record.Edit{Action: map[string]string{string(record.New): ActionReopen, string(record.Kept): ActionKeep, string(record.Dismissed): ActionDismiss, string(record.Duplicate): ActionDuplicate, string(record.Later): ActionLater}[said[colState]]}
		if e.Action == ActionDuplicate {
			if said[colOf] == "" {
				return words(key("it does not say what it is a duplicate of")), key("write the id of what says the same in the column of"), nil
			}
			of, err := r.d.unitsOf(ctx, []string{said[colOf]})
			switch {
			case err != nil && expected(err):
				return words(key("{id} is nothing in this case"), "id", cutID(said[colOf])), key("write the id of what says the same in the column of"), nil
			case err != nil:
				return what, "", err
			case of[0].Leaf == u.Leaf:
				return words(key("it cannot be a duplicate of itself")), key("write the id of what says the same in the column of"), nil
			}
			e.Of = of[0].Leaf
		}
		if e.Action == ActionLater && said[colUntil] != "" {
			at, err := time.ParseInLocation(untilForm, said[colUntil], r.d.Case.Zone)
			if err != nil {
				return what, "", err
			}
			if e.Until = at.Unix(); e.Until <= r.d.Case.Now().Unix() {
				return words(key("{time} is past"), "time", said[colUntil]), key("put it off until a time to come, or leave until empty"), nil
			}
		}
		add(e)
	}
	is, _ := splitLabels(said[colLabels])
	was := u.Labels
	not := func(of []string) func(string) bool { return func(l string) bool { return !slices.Contains(of, l) } }
	if more := filtered(is, not(was)); len(more) > 0 {
		add(record.Edit{Action: ActionLabel, Labels: more})
	}
	if gone := filtered(was, not(is)); len(gone) > 0 {
		add(record.Edit{Action: ActionUnlabel, Labels: gone})
	}
	switch {
	case said[colAssigned] == now[colAssigned]:
	case said[colAssigned] == "":
		add(record.Edit{Action: ActionUnassign})
	default:
		add(record.Edit{Action: ActionAssign, To: said[colAssigned]})
	}
	return what, "", nil
}

func filtered(all []string, is func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return !is(s) })
}

// Plan is a digest of what would change: another plan means that somebody decided
// meanwhile, or that the sheet is another.
func (e *Edits) Plan() string {
	var b strings.Builder
	for _, r := range e.Changes {
		fmt.Fprintf(&b, "%q\n", []any{r.ID, r.Changes, r.Reason})
	}
	return record.DigestOf([]byte(b.String())).String()
}

// EditsJSON is the `apply` object: what a sheet does, the same from the command
// line and from the browser.
type EditsJSON struct {
	Rows      int              `json:"rows"`
	Change    int              `json:"change"`
	Already   int              `json:"already"`
	Refusals  int              `json:"refused"`
	Conflicts int              `json:"changed_by_others"`
	Ignored   []string         `json:"columns_not_read"`
	Changes   []RowEditJSON    `json:"changes"`
	Others    []RowProblemJSON `json:"conflicts"`
	Problems  []RowProblemJSON `json:"problems"`
}

// RowEditJSON is a row that changes something.
type RowEditJSON struct {
	Line   int        `json:"line"`
	ID     string     `json:"id"`
	Cells  []CellEdit `json:"cells"`
	Reason string     `json:"reason,omitempty"`
}

// RowProblemJSON is a row that is not taken over.
type RowProblemJSON struct {
	Line  int        `json:"line"`
	ID    string     `json:"id"`
	What  string     `json:"what"`
	Do    string     `json:"do"`
	Cells []CellEdit `json:"cells,omitempty"`
}

// JSON is e for programs.
func (e *Edits) JSON() EditsJSON {
	j := EditsJSON{Rows: e.Rows, Change: len(e.Changes), Already: e.Already, Refusals: len(e.Refused), Conflicts: len(e.Conflicts),
		Ignored: append([]string{}, e.Ignored...), Changes: []RowEditJSON{}, Others: problemsJSON(e.Conflicts), Problems: problemsJSON(e.Refused)}
	for _, r := range e.Changes {
		j.Changes = append(j.Changes, RowEditJSON{r.Line, r.ID, r.Changes, r.Reason})
	}
	return j
}

func problemsJSON(all []RowProblem) []RowProblemJSON {
	list := make([]RowProblemJSON, len(all))
	for i, r := range all {
		list[i] = RowProblemJSON{r.Line, r.ID, r.What.String(), r.Do, r.Now}
	}
	return list
}
