package sqlite

import (
	"context"
	"math"
	"slices"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// seen is the searchable texts of a version as they read under a veil. The
// version itself is not touched; nothing else in it is covered.
func seen(v query.Veil, st *record.Statement) *record.Statement {
	if v == nil {
		return st
	}
	x := *st
	x.Text, x.Title, x.Byline = v.Text(st.Text), v.Text(st.Title), v.Text(st.Byline)
	x.Media = slices.Clone(st.Media)
	for i := range x.Media {
		x.Media[i].Alt = v.Text(x.Media[i].Alt)
	}
	return &x
}

// under reports whether the index may find the wording by a word that a veil
// covers, so that each text has to be asked. What a prefix stands for is not
// known before.
func (p *wording) under(v query.Veil) bool {
	if v == nil || p.expr == "" {
		return false
	}
	if p.Prefix {
		return true
	}
	for f := range p.forms {
		if v.Hides(f) {
			return true
		}
	}
	return slices.ContainsFunc(p.folded, v.Hides) || slices.ContainsFunc(p.joined, v.Hides)
}

// explain says why a hit matched, by what can be seen of it.
func (p *plan) explain(hit *catalog.Hit) {
	if p.veil == nil {
		explain(hit, p.words)
		return
	}
	x := catalog.Hit{Statement: *seen(p.veil, &hit.Statement)}
	explain(&x, p.words)
	hit.Why, hit.Snippet, hit.Marks = x.Why, x.Snippet, x.Marks
}

// occurs reports whether any text has a wording where it can be seen.
func (p *plan) occurs(ctx context.Context, w *wording) (met bool, err error) {
	if w.expr == "" {
		return false, nil
	}
	if !w.under(p.veil) {
		err = p.s.find.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM words WHERE words MATCH ? AND (rowid & "+itoa(leafMask)+")<?)", w.expr, p.s.reach()).Scan(&met)
		return met, p.s.wordsErr(err)
	}
	some := &search{plan: &plan{s: p.s, expr: w.expr, hi: math.MaxInt64, last: p.s.reach(), veil: p.veil}}
	for hi := some.hi; ; {
		found, err := some.rows(ctx, "rowid, 0", "DESC", 0, hi, loadAtOnce)
		if err != nil || len(found) == 0 {
			return false, p.s.wordsErr(err)
		}
		byLeaf, err := some.load(ctx, found)
		if err != nil {
			return false, err
		}
		for _, c := range byLeaf {
			if c.has(w, p.veil) {
				return true, nil
			}
		}
		hi = found[len(found)-1].rowid
	}
}
