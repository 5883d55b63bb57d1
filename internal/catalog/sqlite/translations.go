package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// translationColumns select what scanTranslation reads. Whether one was taken
// back or reviewed is said by the decisions about it.
const translationColumns = `SELECT x.leaf, x.statement, x.version, x.lang, x.text, x.at, x.by, x.tool, x.base,
	coalesce((SELECT max(d.leaf) FROM decision d WHERE d.target=x.leaf AND d.action='` + catalog.ActionReview + `' AND d.undone=0), 0),
	coalesce((SELECT max(d.leaf) FROM decision d WHERE d.target=x.leaf AND d.action='` + actionUndo + `' AND d.undone=0), 0) FROM translation x `

// standingTranslation leaves out those that were taken back.
const standingTranslation = "NOT EXISTS(SELECT 1 FROM decision d WHERE d.target=x.leaf AND d.action='" + actionUndo + "' AND d.undone=0)"

func scanTranslation(row scanner) (record.Translation, error) {
	var t record.Translation
	err := row.Scan(&t.Leaf, &t.Statement, &t.Version, &t.Lang, &t.Text, &t.At, &t.By, &t.Tool, &t.Base, &t.Reviewed, &t.Undone)
	return t, err
}

func (s *store) Translations(ctx context.Context, statement uint64) ([]record.Translation, error) {
	return list(ctx, s, scanTranslation, translationColumns+"WHERE x.statement=? ORDER BY x.leaf", statement)
}

func (s *store) Translation(ctx context.Context, leaf uint64) (record.Translation, error) {
	t, err := scanTranslation(s.read.QueryRowContext(ctx, translationColumns+"WHERE x.leaf=?", leaf))
	return t, s.notFound(err, "translation at log entry %d", leaf)
}

func (a *application) translations(ctx context.Context) error {
	for i := range a.b.Translations {
		t := &a.b.Translations[i]
		if err := a.exec(ctx, "INSERT INTO translation VALUES(?,?,?,?,?,?,?,?,?)", t.Leaf, t.Statement, t.Version, t.Lang, t.Text, t.At, t.By, t.Tool, t.Base); err != nil {
			return fmt.Errorf("translation %d: %w", t.Leaf, err)
		}
		if err := a.recount(ctx, t.Statement); err != nil {
			return err
		}
	}
	return nil
}

// recount works out anew how many translations of a statement stand. about is
// the statement or one of them; for any other record it does nothing.
func (a *application) recount(ctx context.Context, about uint64) error {
	var statement uint64
	err := a.tx.QueryRowContext(ctx, "SELECT statement FROM translation WHERE leaf=?1 OR statement=?1 LIMIT 1", about).Scan(&statement)
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	a.job.retag(statement)
	return a.exec(ctx, `INSERT INTO state(first, translations) SELECT ?1, count(*) FROM translation x WHERE x.statement=?1 AND `+standingTranslation+`
		ON CONFLICT(first) DO UPDATE SET translations=excluded.translations`, statement)
}

// forgetTranslation takes out a translation whose text was destroyed.
func (a *application) forgetTranslation(ctx context.Context, leaf uint64) error {
	var statement uint64
	err := a.tx.QueryRowContext(ctx, "DELETE FROM translation WHERE leaf=? RETURNING statement", leaf).Scan(&statement)
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	a.job.retag(statement)
	return a.exec(ctx, "UPDATE state SET translations=(SELECT count(*) FROM translation x WHERE x.statement=?1 AND "+standingTranslation+") WHERE first=?1", statement)
}

// translated is translation:words, which finds statements by the words of their
// translations. These are not in the index: it answers for what sources wrote.
// They are few, so their texts are read.
func (p *plan) translated(ctx context.Context, f query.Filter) (clause, error) {
	rows, err := p.s.read.QueryContext(ctx, "SELECT x.statement, x.text FROM translation x WHERE "+standingTranslation)
	if err != nil {
		return clause{}, p.s.rowsErr(err)
	}
	defer rows.Close()
	wanted := make([]string, len(f.Values))
	for i, v := range f.Values {
		wanted[i] = spaced(v)
	}
	found := map[uint64]bool{}
	for rows.Next() {
		var statement uint64
		var text string
		if err := rows.Scan(&statement, &text); err != nil {
			return clause{}, p.s.rowsErr(err)
		}
		if found[statement] {
			continue
		}
		if p.veil != nil {
			text = p.veil.Text(text)
		}
		have := spaced(text)
		found[statement] = slices.ContainsFunc(wanted, func(w string) bool { return w != "  " && strings.Contains(have, w) })
	}
	if err := rows.Err(); err != nil {
		return clause{}, p.s.rowsErr(err)
	}
	some := false
	for statement, is := range found {
		if is && p.veil != nil {
			versions, err := p.s.Versions(ctx, statement)
			if err != nil && !errors.Is(err, record.ErrNotFound) {
				return clause{}, err
			}
			is = !slices.ContainsFunc(versions, p.veil.Covers)
			found[statement] = is
		}
		some = some || is
	}
	return p.changing(clause{expr: quote(tagHas("translation")), none: !some, holds: func(c *candidate) bool { return found[c.First] }}), nil
}

// spaced is the folded words of a text with a space before and behind each run.
func spaced(s string) string { return " " + strings.Join(foldWords(s), " ") + " " }
