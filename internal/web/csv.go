package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// exportData is what would leave with a list, before it does.
type exportData struct {
	Address listAddress
	How     desk.Listing
	Echo    []query.Piece
	For     []choice
	All     []tableColumn
	Back    string
	Cols    string
	Error   *wrong
}

// audienceOf is for whom a list is asked for: a partner, unless it says public.
// Anything else is refused, not guessed at.
func audienceOf(r *http.Request) (redact.Audience, error) {
	switch a := r.URL.Query().Get("for"); a {
	case "", "partner":
		return redact.ForPartner, nil
	case "public":
		return redact.ForPublic, nil
	default:
		return 0, record.WithHint(fmt.Errorf("%w audience %.20q", record.ErrInvalid, a), "write for=public or for=partner")
	}
}

// export says what a table of a list would hold and what stays behind.
func (s *server) export(r *http.Request) (reply, error) {
	l := s.tongueOf(r)
	a := listOf(r)
	audience, err := audienceOf(r)
	if err != nil {
		return reply{}, err
	}
	d := exportData{Address: a, Back: a.shownAs(a.View).at("/statements"), Cols: strings.Join(a.Columns, ",")}
	rep := reply{page: "export", title: key("Hand out a list"), data: &d}
	_, how, err := s.desk.List(r.Context(), a.Query, audience)
	var bad *query.Error
	if errors.As(err, &bad) {
		d.Error, rep.code = s.wrong(l, bad), http.StatusBadRequest
		rep.json = map[string]any{"status": rep.code, "error": bad.What, "do": bad.Do, "offset": bad.Offset, "end": bad.End}
		return rep, nil
	}
	if err != nil {
		return reply{}, err
	}
	d.How = how
	all, err := s.sourceRows(r.Context())
	if err != nil {
		return reply{}, err
	}
	typed, err := s.desk.Typed(a.Query)
	if err != nil {
		return reply{}, err
	}
	d.Echo = query.Pieces(named(typed, all), l)
	_, d.All = a.columns()
	for _, c := range []choice{{Name: key("a partner: a court, an editor, an organisation, under an agreement"), URL: "partner"}, {Name: key("the public"), URL: "public"}} {
		c.On = c.URL == how.For
		d.For = append(d.For, c)
	}
	rep.json = how
	return rep, nil
}

// csv is the list as a table for a spreadsheet. It leaves through a release and
// in no other way.
func (s *server) csv(r *http.Request) (reply, error) {
	if s.table == nil {
		return reply{}, told(record.ErrNotFound, phrase{Text: key("tables are not handed out here")}, phrase{Text: key("use `dalil export csv`")})
	}
	audience, err := audienceOf(r)
	if err != nil {
		return reply{}, err
	}
	a := listOf(r)
	release, _, err := s.desk.List(r.Context(), a.Query, audience)
	if err != nil {
		return reply{}, err
	}
	name := "statements-" + audience.String()
	if m := s.desk.Known(); m != nil {
		name += "-as-known-" + m.At.UTC().Format("20060102T150405Z")
	}
	b, err := s.table(r.Context(), release, a.leaving(), r.URL.Query().Get("bom") != "")
	return reply{bytes: &download{data: b, contentType: "text/csv; charset=utf-8", filename: name + ".csv"}}, err
}
