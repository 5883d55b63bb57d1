package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/export"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// A sheet is a list as a table to fill in: what is decided about each row stands
// in columns that a person changes in a spreadsheet, and ReadSheet takes them
// over. It is a paper of the house, and yet a file that can get lost: what is
// restricted, or names a private person, is not in it, and private sources are not
// named.
const (
	// SheetRows and SheetBytes bound a sheet, written or read.
	SheetRows  = 10_000
	SheetBytes = 8 << 20
)

// Columns of a sheet that are read. Names are a contract: they are added to, not
// changed.
const (
	colID       = "id"       // Y-… or S-…, which stands for the family it is in
	colState    = "state"    // a record.Verdict
	colOf       = "of"       // of a duplicate: what says the same
	colUntil    = "until"    // of what is put off: when it is new again, in the case's zone
	colLabels   = "labels"   // all of them, with semicolons between
	colAssigned = "assigned" // a handle
	colReason   = "reason"   // why, for the record; never written out
	colSeen     = "seen"     // what the row was when it was written: see stamp
)

// edited are the columns that a person can change something by.
func edited() []string { return []string{colState, colOf, colUntil, colLabels, colAssigned} }

// sheetColumn is a column that is there to be read by people.
type sheetColumn struct {
	name  string
	usual bool
	value func(d *Desk, r *sheetRow) string
}

func sheetContext() []sheetColumn {
	zoned := func(d *Desk, w record.When) string {
		if !w.Known() {
			return ""
		}
		return w.In(d.Case.Zone)
	}
	return []sheetColumn{
		{"posted_at", true, func(d *Desk, r *sheetRow) string { return zoned(d, r.shown.Posted) }},
		{"source_name", true, func(_ *Desk, r *sheetRow) string { return r.source }},
		{"lang", false, func(_ *Desk, r *sheetRow) string { return r.shown.Lang }},
		{"text", true, func(_ *Desk, r *sheetRow) string { return oneLine(r.shown.Title, r.shown.Text) }},
		{"posts", true, func(_ *Desk, r *sheetRow) string { return strconv.Itoa(r.unit.Posts) }},
		{"sources", false, func(_ *Desk, r *sheetRow) string { return strconv.Itoa(r.unit.Sources) }},
		{"second_source_seconds", false, func(_ *Desk, r *sheetRow) string {
			if r.unit.Second < 0 {
				return ""
			}
			return strconv.FormatInt(r.unit.Second, 10)
		}},
		{"last_posted", false, func(d *Desk, r *sheetRow) string { return zoned(d, r.unit.Newest.Posted) }},
		{"by", false, func(_ *Desk, r *sheetRow) string { return r.unit.By }},
		{"at", false, func(_ *Desk, r *sheetRow) string {
			if r.unit.Decision == 0 {
				return ""
			}
			return milli(r.unit.At)
		}},
	}
}

// sheetRow is a row of a sheet being written.
type sheetRow struct {
	id     string
	unit   catalog.Unit
	shown  record.Statement
	source string
}

// Sheeted says how a sheet was made.
type Sheeted struct {
	Query    string         `json:"query"`
	Rows     int            `json:"rows"`
	Complete bool           `json:"complete"` // false: more match than one sheet may have
	Entries  uint64         `json:"log_entries"`
	Withheld []WithheldJSON `json:"withheld"`
}

// SheetOf says what a sheet is of.
type SheetOf struct {
	Query      string
	Statements bool     // one row a statement; otherwise a row of the inbox
	Columns    []string // that people read beside; none: the usual ones
	Mark       bool     // begin with a byte order mark
}

// Sheet writes a list as a sheet to fill in.
func (d *Desk) Sheet(ctx context.Context, of SheetOf) ([]byte, Sheeted, error) {
	how := Sheeted{Query: of.Query, Complete: true, Withheld: []WithheldJSON{}}
	if d.then != nil {
		return nil, how, record.WithHint(fmt.Errorf("%w: nothing can be decided about the past", record.ErrInvalid), "leave at= out: a sheet is of now")
	}
	var beside []sheetColumn
	for _, c := range sheetContext() {
		if len(of.Columns) == 0 && c.usual || slices.Contains(of.Columns, c.name) {
			beside = append(beside, c)
		}
	}
	size, err := d.Case.Catalog.Size(ctx)
	if err != nil {
		return nil, how, err
	}
	how.Entries = size
	rows, err := d.sheetRows(ctx, of, &how)
	if err != nil {
		return nil, how, err
	}
	var b bytes.Buffer
	if of.Mark {
		b.WriteString("\ufeff")
	}
	head := []string{colID, colState, colOf, colUntil, colLabels, colAssigned, colReason}
	for _, c := range beside {
		head = append(head, c.name)
	}
	line := func(cells []string) {
		for i, c := range cells {
			export.WriteCell(&b, i, export.Guarded(c))
		}
		b.WriteString("\r\n")
	}
	line(append(head, colSeen))
	for i := range rows {
		r := &rows[i]
		c, err := d.cellsOf(ctx, &r.unit)
		if err != nil {
			return nil, how, err
		}
		cells := []string{r.id, c[colState], c[colOf], c[colUntil], c[colLabels], c[colAssigned], ""}
		for _, x := range beside {
			cells = append(cells, x.value(d, r))
		}
		line(append(cells, stamp(&r.unit, c)))
		if b.Len() > SheetBytes-(64<<10) {
			how.Complete, how.Rows = false, i+1
			return b.Bytes(), how, nil
		}
	}
	how.Rows = len(rows)
	return b.Bytes(), how, nil
}

// sheetRows finds what a sheet is of, page by page, and leaves out what must not
// be in it.
func (d *Desk) sheetRows(ctx context.Context, of SheetOf, how *Sheeted) ([]sheetRow, error) {
	house, err := d.ofHouse(ctx)
	if err != nil {
		return nil, err
	}
	var rows []sheetRow
	withheld := map[string]int{}
	page := catalog.Page{Limit: listPage}
	for {
		var found []sheetRow
		if of.Statements {
			res, err := d.Search(ctx, of.Query, page)
			if err != nil {
				return nil, err
			}
			page.After = res.Next
			leaves := make([]uint64, len(res.Hits))
			for i, h := range res.Hits {
				leaves[i] = h.First
			}
			units, err := d.unitsHolding(ctx, leaves)
			if err != nil {
				return nil, err
			}
			for _, h := range res.Hits {
				if u, ok := units[h.First]; ok {
					found = append(found, sheetRow{id: d.StatementID(h.Statement), unit: u, shown: h.Statement})
				}
			}
		} else {
			in, err := d.Inbox(ctx, of.Query, InboxPage{Page: page})
			if err != nil {
				return nil, err
			}
			page.After = in.Next
			for _, r := range in.Rows {
				found = append(found, sheetRow{id: r.ID, unit: r.Unit, shown: r.First})
			}
		}
		if err := house.read(ctx, found); err != nil {
			return nil, err
		}
		for _, r := range found {
			if why := house.withholds(&r.unit, r.shown); why.Text != "" {
				withheld[why.Text]++
				continue
			}
			if len(rows) == SheetRows {
				how.Complete = false
				page.After = ""
				break
			}
			if src := house.sources[r.shown.Source]; !src.Private {
				r.source = r.shown.SourceName
			}
			rows = append(rows, r)
		}
		if page.After == "" {
			break
		}
	}
	for why, n := range withheld {
		how.Withheld = append(how.Withheld, WithheldJSON{n, why})
	}
	slices.SortFunc(how.Withheld, func(a, b WithheldJSON) int { return strings.Compare(a.Why, b.Why) })
	return rows, nil
}

// unitsHolding finds the units that statements are in, many at once. What is in
// none is left out.
func (d *Desk) unitsHolding(ctx context.Context, statements []uint64) (map[uint64]catalog.Unit, error) {
	all := make(map[uint64]catalog.Unit, len(statements))
	now := d.Case.Now().Unix()
	for _, chunk := range chunks(statements, listPage) {
		units, err := d.Reader().UnitsOf(ctx, chunk, now)
		if errors.Is(err, record.ErrNotFound) { // one of them; find the others one by one
			units = nil
			for _, leaf := range chunk {
				one, err := d.Reader().UnitsOf(ctx, []uint64{leaf}, now)
				if errors.Is(err, record.ErrNotFound) {
					continue
				} else if err != nil {
					return nil, err
				}
				units = append(units, one...)
			}
		} else if err != nil {
			return nil, err
		}
		leaves := make([]uint64, len(units))
		for i, u := range units {
			leaves[i] = u.Leaf
		}
		parts, err := d.Case.Catalog.Statements(ctx, leaves)
		if err != nil {
			return nil, err
		}
		for i, u := range units {
			for _, s := range parts[i] {
				all[s] = u
			}
		}
	}
	return all, nil
}

// house knows what must not leave it.
type house struct {
	d          *Desk
	sources    map[uint64]record.Source
	names      *masker
	restricted map[uint64]bool // statements
	units      map[uint64]bool // units in which one is; those that were read
}

func (d *Desk) ofHouse(ctx context.Context) (*house, error) {
	h := &house{d: d, sources: map[uint64]record.Source{}, restricted: map[uint64]bool{}, units: map[uint64]bool{}}
	sources, err := d.Reader().Sources(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		h.sources[s.Leaf] = s.Source
	}
	decisions, err := d.Reader().DecisionsBy(ctx, "restrict", "lift-restriction", "mark-public")
	if err != nil {
		return nil, err
	}
	about := map[uint64][]record.Decision{}
	for _, x := range decisions {
		about[x.Target] = append(about[x.Target], x)
	}
	for leaf, all := range about {
		if sensitivityOf(all, record.Source{}) == redact.Restricted {
			h.restricted[leaf] = true
		}
	}
	h.names, err = d.everyName(ctx)
	return h, err
}

// read sees in which units something is restricted.
func (h *house) read(ctx context.Context, rows []sheetRow) error {
	if len(h.restricted) == 0 {
		return nil
	}
	leaves := make([]uint64, len(rows))
	for i, r := range rows {
		leaves[i] = r.unit.Leaf
	}
	parts, err := h.d.Case.Catalog.Statements(ctx, leaves)
	if err != nil {
		return err
	}
	for i, all := range parts {
		h.units[leaves[i]] = slices.ContainsFunc(all, func(s uint64) bool { return h.restricted[s] })
	}
	return nil
}

// withholds says why a unit must not be in a sheet; no words when it may.
func (h *house) withholds(u *catalog.Unit, shown record.Statement) Words {
	switch {
	case h.units[u.Leaf]:
		return words(key("it, or a copy of it, is restricted"))
	case u.Shielded || h.names.finds(u.First) || h.names.finds(shown):
		return words(key("it names a private person, and the name is masked"))
	case u.Posts == 0:
		return words(key("it was withdrawn"))
	}
	return Words{}
}

// cellsOf is what stands about a unit as the columns of a sheet say it.
func (d *Desk) cellsOf(ctx context.Context, u *catalog.Unit) (map[string]string, error) {
	c := map[string]string{colState: string(u.Verdict), colLabels: joinLabels(u.Labels), colAssigned: u.Assignee}
	if u.Verdict == record.Duplicate && u.Of != 0 {
		c[colOf] = d.statementID(u.Of)
		if of, err := d.Reader().UnitsOf(ctx, []uint64{u.Of}, 0); err == nil { // it may have been erased
			c[colOf] = d.unitID(of[0].Leaf, of[0].Family)
		} else if !errors.Is(err, record.ErrNotFound) {
			return nil, err
		}
	}
	if u.Verdict == record.Later && u.Until > 0 {
		c[colUntil] = time.Unix(u.Until, 0).In(d.Case.Zone).Format(untilForm)
	}
	return c, nil
}

const untilForm = "2006-01-02T15:04"

// stamp says what a row was when it was written: the newest decision about its
// unit, and a digest of the cells. By the first it is known whether somebody
// decided since, by the second whether the row was changed at all. It begins with
// a letter and has no sign that a spreadsheet makes something of.
func stamp(u *catalog.Unit, cells map[string]string) string {
	h := sha256.New()
	for _, name := range edited() {
		fmt.Fprintf(h, "%s=%q\n", name, cells[name])
	}
	return fmt.Sprintf("L%d-%x", u.Touched, h.Sum(nil)[:4])
}

// joinLabels writes labels into one cell; one with a sign in it that would part
// it stands in quotes.
func joinLabels(labels []string) string {
	all := slices.Sorted(slices.Values(labels))
	for i, l := range all {
		if strings.ContainsAny(l, labelParts+`"`) {
			all[i] = `"` + strings.ReplaceAll(l, `"`, `""`) + `"`
		}
	}
	return strings.Join(all, "; ")
}

// labelParts are the signs that part labels.
const labelParts = ",،؛;|\n\r\t"

// splitLabels reads a cell of labels; false when a quote is not closed.
func splitLabels(cell string) (all []string, ok bool) {
	var b strings.Builder
	quoted, was := false, false
	end := func() {
		if l := strings.TrimSpace(b.String()); l != "" && !slices.Contains(all, l) {
			all = append(all, l)
		}
		b.Reset()
		was = false
	}
	letters := []rune(cell)
	for i := 0; i < len(letters); i++ {
		switch r := letters[i]; {
		case r == '"' && quoted && i+1 < len(letters) && letters[i+1] == '"':
			b.WriteRune(r)
			i++
		case r == '"' && (quoted || !was && strings.TrimSpace(b.String()) == ""):
			quoted, was = !quoted, true
		case !quoted && strings.ContainsRune(labelParts, r):
			end()
		default:
			b.WriteRune(r)
		}
	}
	end()
	return all, !quoted
}
