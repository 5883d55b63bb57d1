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
// over. It is a paper of the house, and yet a file that can get lost, so it is
// written from a release: what is restricted, or names a private person, is not in
// it, and private sources are not named.
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
	value func(s redact.Shown, zone *time.Location) string
}

func sheetContext() []sheetColumn {
	zoned := func(w record.When, zone *time.Location) string {
		if !w.Known() {
			return ""
		}
		return w.In(zone)
	}
	return []sheetColumn{
		{"posted_at", true, func(s redact.Shown, z *time.Location) string { return zoned(s.Standing().Posted, z) }},
		{"source_name", true, func(s redact.Shown, _ *time.Location) string { return s.SourceName }},
		{"lang", false, func(s redact.Shown, _ *time.Location) string { return s.Standing().Lang }},
		{"text", true, func(s redact.Shown, _ *time.Location) string { return oneLine(s.Standing().Title, s.Standing().Text) }},
		{"posts", true, func(s redact.Shown, _ *time.Location) string { return strconv.Itoa(s.Work.Posts) }},
		{"sources", false, func(s redact.Shown, _ *time.Location) string { return strconv.Itoa(s.Work.Sources) }},
		{"second_source_seconds", false, func(s redact.Shown, _ *time.Location) string {
			if s.Work.Second < 0 {
				return ""
			}
			return strconv.FormatInt(s.Work.Second, 10)
		}},
		{"last_posted", false, func(s redact.Shown, z *time.Location) string { return zoned(s.Work.LastPosted, z) }},
		{"by", false, func(s redact.Shown, _ *time.Location) string { return s.Work.By }},
		{"at", false, func(s redact.Shown, _ *time.Location) string {
			if s.Work.By == "" {
				return ""
			}
			return milli(s.Work.At)
		}},
	}
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

// Sheet writes a list as a sheet to fill in. What is in it is what redact lets out
// of the case for those who work on it.
func (d *Desk) Sheet(ctx context.Context, of SheetOf) ([]byte, Sheeted, error) {
	how := Sheeted{Query: of.Query}
	if d.then != nil {
		return nil, how, record.WithHint(fmt.Errorf("%w: nothing can be decided about the past", record.ErrInvalid), "leave at= out: a sheet is of now")
	}
	g, err := d.forHouse(ctx)
	if err != nil {
		return nil, how, err
	}
	if err := g.gather(ctx, of); err != nil {
		return nil, how, err
	}
	release, _, err := redact.Prepare(redact.ForHouse, redact.Material{Case: d.Case.Config.Name, Zone: d.Case.Zone, Bare: true, Items: g.items})
	if err != nil {
		return nil, how, err
	}
	b, rows := writeSheet(release, of)
	how.Entries, how.Rows, how.Complete, how.Withheld = g.Entries, rows, g.Complete && rows == release.Len(), g.left()
	return b, how, nil
}

// writeSheet writes a release as a sheet, as much of it as a sheet may have, and
// says how many rows that are.
func writeSheet(r redact.Release, of SheetOf) ([]byte, int) {
	var beside []sheetColumn
	for _, c := range sheetContext() {
		if len(of.Columns) == 0 && c.usual || slices.Contains(of.Columns, c.name) {
			beside = append(beside, c)
		}
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
	rows := 0
	for s := range r.Statements() {
		if b.Len() > SheetBytes-(64<<10) {
			break
		}
		w := s.Work
		cells := []string{s.ID, w.State, w.Of, w.Until, w.Labels, w.Assigned, ""}
		for _, c := range beside {
			cells = append(cells, c.value(s, r.Zone()))
		}
		line(append(cells, w.Stamp))
		rows++
	}
	return b.Bytes(), rows
}

// sheetRow is a row of the list that a sheet is of.
type sheetRow struct {
	id    string
	shown uint64 // the first version of the statement that it shows
	unit  uint64
}

// gather takes what a sheet is of, page by page. It is found as this person finds
// it, and then read as it stands in the catalog, for redact to judge.
func (g *house) gather(ctx context.Context, of SheetOf) error {
	for page := (catalog.Page{Limit: listPage}); ; {
		var found []sheetRow
		if of.Statements {
			res, err := g.d.Search(ctx, of.Query, page)
			if err != nil {
				return err
			}
			page.After = res.Next
			for _, h := range res.Hits {
				found = append(found, sheetRow{g.d.StatementID(h.Statement), h.First, h.First})
			}
		} else {
			in, err := g.d.Inbox(ctx, of.Query, InboxPage{Page: page})
			if err != nil {
				return err
			}
			page.After = in.Next
			for _, r := range in.Rows {
				found = append(found, sheetRow{r.ID, r.First.First, r.Leaf})
			}
		}
		if err := g.take(ctx, found); err != nil {
			return err
		}
		if page.After == "" || !g.Complete {
			return nil
		}
	}
}

// take takes rows with where the work on them stands, each once.
func (g *house) take(ctx context.Context, found []sheetRow) error {
	found = slices.DeleteFunc(found, func(r sheetRow) bool {
		was := g.listed[r.shown]
		g.listed[r.shown] = true
		return was
	})
	shown, of := make([]uint64, len(found)), make([]uint64, len(found))
	for i, r := range found {
		shown[i], of[i] = r.shown, r.unit
	}
	units, err := g.d.unitsHolding(ctx, of)
	if err != nil {
		return err
	}
	current, err := g.d.Case.Catalog.Current(ctx, shown)
	if err != nil {
		return err
	}
	if err := g.read(ctx, units); err != nil {
		return err
	}
	now := make(map[uint64]record.Statement, len(current))
	for _, s := range current {
		now[s.First] = s
	}
	for _, r := range found {
		u, ok := units[r.unit]
		s, there := now[r.shown]
		if !ok || !there {
			continue
		}
		it, err := g.row(ctx, &u, s)
		if err != nil {
			return err
		}
		if why := redact.Withholds(g.audience, it); why != "" {
			g.withheld[why]++
			continue
		}
		if len(g.items) == SheetRows {
			g.Complete = false
			return nil
		}
		it.ID = r.id
		if it.Work, err = g.d.workOn(ctx, &u); err != nil {
			return err
		}
		g.items = append(g.items, it)
	}
	return nil
}

// unitsHolding finds the units that statements are in, many at once, unmasked: their
// words are for redact only. What is in none is left out.
func (d *Desk) unitsHolding(ctx context.Context, statements []uint64) (map[uint64]catalog.Unit, error) {
	all := make(map[uint64]catalog.Unit, len(statements))
	now := d.Case.Now().Unix()
	for _, chunk := range chunks(statements, listPage) {
		units, err := d.Case.Catalog.UnitsOf(ctx, chunk, now)
		if errors.Is(err, record.ErrNotFound) { // one of them; find the others one by one
			units = nil
			for _, leaf := range chunk {
				one, err := d.Case.Catalog.UnitsOf(ctx, []uint64{leaf}, now)
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

// house gathers what goes into a file of the house.
type house struct {
	lister
	restricted map[uint64]bool // units in which a statement is; those that were read
}

func (d *Desk) forHouse(ctx context.Context) (*house, error) {
	g := &house{lister: lister{d: d, audience: redact.ForHouse, withheld: map[string]int{}, listed: map[uint64]bool{}, Listing: &Listing{Complete: true}}, restricted: map[uint64]bool{}}
	return g, g.prepare(ctx)
}

// read sees in which units something is restricted.
func (g *house) read(ctx context.Context, units map[uint64]catalog.Unit) error {
	if len(g.decisions) == 0 {
		return nil
	}
	var leaves []uint64
	for _, u := range units {
		if _, known := g.restricted[u.Leaf]; !known {
			g.restricted[u.Leaf] = false
			leaves = append(leaves, u.Leaf)
		}
	}
	for _, chunk := range chunks(leaves, listPage) {
		parts, err := g.d.Case.Catalog.Statements(ctx, chunk)
		if err != nil {
			return err
		}
		for i, all := range parts {
			g.restricted[chunk[i]] = slices.ContainsFunc(all, func(s uint64) bool {
				return sensitivityOf(g.decisions[s], record.Source{}) == redact.Restricted
			})
		}
	}
	return nil
}

// row is a unit as a row of a file of the house, which shows one of its
// statements. What holds one of them back holds back the row.
func (g *house) row(ctx context.Context, u *catalog.Unit, shown record.Statement) (redact.Item, error) {
	if u.Posts == 0 { // there is no statement to show
		return redact.Item{Sensitivity: redact.Internal, State: redact.Withdrawn}, nil
	}
	it, err := g.item(ctx, []record.Statement{shown})
	if err != nil {
		return it, err
	}
	if g.restricted[u.Leaf] {
		it.Sensitivity = redact.Restricted
	}
	it.Shielded = it.Shielded || u.Shielded || slices.ContainsFunc(u.Labels, func(l string) bool { return len(g.names.in(l)) > 0 })
	return it, nil
}

// workOn is what stands about a unit, as a release says it.
func (d *Desk) workOn(ctx context.Context, u *catalog.Unit) (redact.Work, error) {
	c, err := d.cellsOf(ctx, u)
	return redact.Work{State: c[colState], Of: c[colOf], Until: c[colUntil], Labels: c[colLabels], Assigned: c[colAssigned],
		By: u.By, At: u.At, Posts: u.Posts, Sources: u.Sources, Second: u.Second, LastPosted: u.Newest.Posted, Stamp: stamp(u, c)}, err
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
