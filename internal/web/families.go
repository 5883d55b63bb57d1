package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
)

// familiesData is the list of texts that travel.
type familiesData struct {
	Query  string
	Least  int
	Limit  int
	Echo   []query.Piece
	Rows   []familyRow
	More   string // address of a longer list
	Error  *wrong
	Empty  bool // there is nothing in the case
	Single bool // there are statements, and no family of them

	Unlinked int64 // statements that were not looked at yet
}

// familyRow is a family in a list.
type familyRow struct {
	desk.FamilyRow
	URL, SourceURL string
	Span           string
	Names          []string // of languages
	Tags           []string // of the same
	Chips          []chip
	Snippet        fragment
}

const (
	familiesShown = 100
	familiesMost  = 1000
)

// asked reads a number of an address: what lies outside is taken to the nearest
// that may be, and nonsense is the default.
func asked(r *http.Request, name string, usual, least, most int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return usual
	}
	return min(max(n, least), most)
}

func (s *server) families(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	d := familiesData{Query: strings.TrimSpace(r.URL.Query().Get("q")), Least: asked(r, "min", 2, 2, 1_000_000), Limit: asked(r, "limit", familiesShown, 1, familiesMost)}
	rep := reply{page: "families", title: key("Families")}
	found, more, err := s.desk.Families(ctx, d.Query, d.Least, d.Limit)
	var bad *query.Error
	if errors.As(err, &bad) {
		d.Error = s.wrong(l, bad)
		rep.code, rep.title = http.StatusBadRequest, key("The search cannot be read")
		rep.data, rep.json = &d, map[string]any{"status": rep.code, "error": bad.What, "do": bad.Do, "offset": bad.Offset, "end": bad.End, "keys": query.Keys()}
		return rep, nil
	}
	if err != nil {
		return reply{}, err
	}
	if d.Unlinked, err = s.desk.Unlinked(ctx); err != nil {
		return reply{}, err
	}
	if d.Rows, err = s.familyRows(ctx, l, found); err != nil {
		return reply{}, err
	}
	if d.Query != "" {
		q, err := s.desk.Parse(d.Query)
		if err != nil {
			return reply{}, err
		}
		all, err := s.sourceRows(ctx)
		if err != nil {
			return reply{}, err
		}
		d.Echo = query.Pieces(named(q, all), l)
		rep.title = l.t("Families: {what}", "what", l.plainEcho(d.Echo))
	}
	if more && d.Limit < familiesMost {
		d.More = familiesAt(d.Query, d.Least, min(d.Limit*5, familiesMost))
	}
	if len(d.Rows) == 0 && d.Query == "" && d.Least == 2 {
		stats, err := s.desk.Case.Catalog.Stats(ctx)
		if err != nil {
			return reply{}, err
		}
		d.Empty, d.Single = stats.Statements == 0, stats.Statements > 0
	}
	list := make([]familyRowJSON, len(d.Rows))
	for i, x := range d.Rows {
		list[i] = familyRowJSON{ID: x.ID, First: s.desk.StatementID(x.First), Size: x.Members, Sources: x.Sources, From: desk.WhenOf(x.From), To: desk.WhenOf(x.To),
			Languages: x.Tags, URL: x.URL + ".json"}
	}
	rep.data, rep.json = &d, list
	if d.More != "" {
		rep.next = strings.Replace(d.More, "/families", "/families.json", 1)
	}
	return rep, nil
}

// familiesAt is the address of a list of families.
func familiesAt(q string, least, limit int) string {
	v := url.Values{}
	if q != "" {
		v.Set("q", q)
	}
	if least > 2 {
		v.Set("min", strconv.Itoa(least))
	}
	if limit != familiesShown {
		v.Set("limit", strconv.Itoa(limit))
	}
	if len(v) == 0 {
		return "/families"
	}
	return "/families?" + v.Encode()
}

func (s *server) familyRows(ctx context.Context, l *tongue, found []desk.FamilyRow) ([]familyRow, error) {
	langs, err := s.languagesOf(ctx, found)
	if err != nil {
		return nil, err
	}
	rows := make([]familyRow, len(found))
	for i, f := range found {
		text := f.First.Text
		if f.First.Title != "" {
			text = f.First.Title
		}
		row := familyRow{FamilyRow: f, URL: s.atFamily(f.ID, f.First), SourceURL: s.atSource(f.First.Source), Tags: langs[f.Anchor],
			Chips: l.chips(f.First), Snippet: marked(shortened(text, 220), f.First.Lang, nil)}
		if f.From != record.NoSeconds && f.To > f.From {
			row.Span = l.stretch(f.To - f.From)
		}
		for _, tag := range row.Tags {
			if name := languageName(tag); !slices.Contains(row.Names, name) {
				row.Names = append(row.Names, name)
			}
		}
		row.Names = known(row.Names)
		rows[i] = row
	}
	return rows, nil
}

// languagesOf lists the languages of each family's members, that of the first
// before the others.
func (s *server) languagesOf(ctx context.Context, found []desk.FamilyRow) (map[uint64][]string, error) {
	langs := map[uint64][]string{}
	add := func(family uint64, lang string) {
		if lang != "" && !slices.Contains(langs[family], lang) {
			langs[family] = append(langs[family], lang)
		}
	}
	anchors := make([]uint64, len(found))
	for i, f := range found {
		anchors[i] = f.Anchor
		add(f.Anchor, f.First.Lang)
		for _, l := range f.Langs {
			add(f.Anchor, l)
		}
	}
	if len(found) == 0 || slices.ContainsFunc(found, func(f desk.FamilyRow) bool { return f.Langs != nil }) {
		return langs, nil // the desk knows them
	}
	members, err := s.desk.Case.Catalog.MembersOf(ctx, anchors)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Relation == record.RelVerbatim || m.Relation == record.RelFirst {
			continue // the same words are of the same language
		}
		st, err := s.desk.Reader().Statement(ctx, m.Statement)
		if err != nil {
			return nil, err
		}
		add(m.Family, st.Lang)
	}
	return langs, nil
}
