// Package table writes statements as a table for spreadsheets and programs: a
// CSV file (RFC 4180, UTF-8), one row a statement in the version that stands
// now, in the order of the release.
//
// A cell is what the source wrote, character for character, but for one thing:
// one that a spreadsheet would take for a formula gets an apostrophe before it.
// Taking that apostrophe off again, where what follows would need one, gives
// back exactly what was written.
package table

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"dalil/internal/export"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// Kind is the export of tables.
var Kind = export.Kind{
	Name:  "csv",
	Doc:   "a table of statements, for a spreadsheet or a program",
	Write: write,
}

// Name is the one file of the export.
const Name = "statements.csv"

// asKnownAt is the last column of a release of a case as it was known then.
const asKnownAt = "as_known_at"

func write(ctx context.Context, out export.Output, r redact.Release, o export.Options) error {
	if r.IsZero() {
		return fmt.Errorf("csv: %w: there is no release", record.ErrInvalid)
	}
	chosen, err := choose(o.Columns)
	if err != nil {
		return err
	}
	if !r.Known().IsZero() { // a list of the past says so in every row
		chosen = append(chosen, column{asKnownAt, true, true, func(r redact.Release, _ redact.Shown, _ redact.ShownVersion) string {
			return r.Known().UTC().Format(time.RFC3339)
		}})
	}
	var b bytes.Buffer
	if o.Mark {
		b.WriteString("\ufeff")
	}
	for i, c := range chosen {
		export.WriteCell(&b, i, c.name)
	}
	b.WriteString("\r\n")
	for s := range r.Statements() {
		if err := ctx.Err(); err != nil {
			return err
		}
		v := s.Standing()
		for i, c := range chosen {
			value := c.value(r, s, v)
			if !c.ours {
				value = export.Guarded(value)
			}
			export.WriteCell(&b, i, value)
		}
		b.WriteString("\r\n")
	}
	whole := b.Bytes()
	return out.Put(Name, int64(len(whole)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(whole)), nil })
}

func choose(names []string) ([]column, error) {
	all := columns()
	if len(names) == 0 {
		names = Usual()
	}
	var chosen []column
	for _, n := range names {
		i := slices.IndexFunc(all, func(c column) bool { return c.name == n })
		if i < 0 {
			return nil, record.WithHint(fmt.Errorf("%w: there is no column %.40q", record.ErrInvalid, n), "choose from "+strings.Join(Columns(), ", "))
		}
		if !slices.ContainsFunc(chosen, func(c column) bool { return c.name == n }) {
			chosen = append(chosen, all[i])
		}
	}
	return chosen, nil
}
