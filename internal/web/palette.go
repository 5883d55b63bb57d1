package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/language"
	"dalil/internal/query"
	"dalil/internal/record"
)

// foundJSON is a line of the palette.
type foundJSON struct {
	Title string `json:"title"`
	URL   string `json:"url"`
	Kind  string `json:"kind"`
}

const (
	paletteSources    = 6
	paletteStatements = 8
)

// palette answers what the palette asks while somebody types: the record with
// this id, sources of this name, statements with these words.
func (s *server) palette(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	found := []foundJSON{}
	if text == "" {
		return reply{json: found}, nil
	}
	if k, leaf, err := s.desk.Case.IDs.Leaf(text); err == nil && s.known(leaf) {
		if k == record.KindFamily {
			found = append(found, foundJSON{s.familyID(leaf), "/y/" + s.familyID(leaf), l.t("family of a text")})
		} else if e, err := s.desk.Case.Catalog.Entry(ctx, leaf); err == nil {
			id, at := s.named(e.Kind, leaf)
			found = append(found, foundJSON{id, at, l.t(leafWords(e.Kind))})
		}
	}
	sources, err := s.sourceRows(ctx)
	if err != nil {
		return reply{}, err
	}
	type scored struct {
		sourceRow
		score float64
	}
	var near []scored
	folded := language.Fold(text)
	for _, x := range sources {
		score := language.SameName(text, x.Name)
		if strings.Contains(language.Fold(x.Name), folded) || strings.Contains(strings.ToLower(x.Key), strings.ToLower(text)) {
			score = 1
		}
		if score >= language.NameThreshold {
			near = append(near, scored{x, score})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	for _, x := range near[:min(len(near), paletteSources)] {
		found = append(found, foundJSON{language.Visible(x.Name), x.URL, l.t("source")})
	}
	hits, err := s.desk.Search(ctx, text, catalog.Page{Limit: paletteStatements})
	var bad *query.Error
	if err != nil && !errors.As(err, &bad) { // half a query is typed on the way to a whole one
		return reply{}, err
	}
	for _, h := range hits.Hits {
		found = append(found, foundJSON{language.Visible(shortened(cmp.Or(h.Title, h.Snippet, h.Text), 90)), s.at(h.Statement), language.Visible(h.SourceName)})
	}
	for i := range found {
		found[i].URL = s.keep(found[i].URL)
	}
	return reply{json: found}, nil
}
