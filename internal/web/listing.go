package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/query"
)

// view words of a list of statements, as they stand in addresses.
const (
	asList     = "list"
	asTable    = "table"
	asTimeline = "timeline"

	// views of the inbox, as a saved search calls them
	savedInbox      = "inbox"
	savedInboxTable = "inbox-table"
)

// listAddress is where a list of statements, or the inbox, is: everything that
// makes it stands in the address, so that it can be sent to somebody else.
type listAddress struct {
	Query         string
	View          string // asList and so on
	Columns       []string
	After, Before string

	inbox bool // of the inbox, not of statements
}

func listOf(r *http.Request) listAddress { return addressOf(r, tableColumns()) }

// addressOf reads an address of a list that can have some columns.
func addressOf(r *http.Request, known []tableColumn) listAddress {
	ask := r.URL.Query()
	a := listAddress{Query: strings.TrimSpace(ask.Get("q")), View: ask.Get("view"), After: ask.Get("after"), Before: ask.Get("before")}
	if a.View != asTable && a.View != asTimeline {
		a.View = asList
	}
	for _, list := range ask["cols"] { // a form sends one for each box that is ticked
		for name := range strings.SplitSeq(list, ",") {
			if slices.ContainsFunc(known, func(c tableColumn) bool { return c.Name == name }) && !slices.Contains(a.Columns, name) {
				a.Columns = append(a.Columns, name)
			}
		}
	}
	return a
}

// at is the address of a page of the list.
func (a listAddress) at(path string) string {
	var b strings.Builder
	add := func(name, value string) {
		if value != "" {
			b.WriteString(map[bool]string{true: "?", false: "&"}[b.Len() == 0] + name + "=" + url.QueryEscape(value))
		}
	}
	switch {
	case !a.inbox:
		add("q", a.Query)
	case a.Query == "": // everything, and not what waits
		b.WriteString("?q=")
	case a.Query != inboxQuery:
		add("q", a.Query)
	}
	if a.View != asList {
		add("view", a.View)
	}
	add("cols", strings.Join(a.Columns, ","))
	add("after", a.After)
	add("before", a.Before)
	return path + strings.ReplaceAll(b.String(), "%2C", ",")
}

// asking is the same list of another query, from its first page.
func (a listAddress) asking(q string) string {
	a.Query, a.After, a.Before = q, "", ""
	return a.at(a.home())
}

// home is the path of the list.
func (a listAddress) home() string {
	if a.inbox {
		return "/inbox"
	}
	return "/statements"
}

// follow is the page of the list behind a place.
func (a listAddress) follow(after string) string {
	a.After, a.Before = after, ""
	return a.at(a.home())
}

// sheet is the list as a sheet to fill in, for a spreadsheet to open.
func (a listAddress) sheet(path string) string {
	return with(a.shownAs(a.View).at(path), "bom", "1")
}

// SavedView is what a saved search calls the way this list is shown.
func (a listAddress) SavedView() string {
	switch {
	case a.inbox && a.View == asTable:
		return savedInboxTable
	case a.inbox:
		return savedInbox
	}
	return a.View
}

// ofSaved is where a saved search leads.
func ofSaved(x desk.SavedSearch) listAddress {
	a := listAddress{Query: x.Query, View: asList, Columns: x.Columns}
	switch x.View {
	case asTable, asTimeline:
		a.View = x.View
	case savedInbox:
		a.inbox = true
	case savedInboxTable:
		a.inbox, a.View = true, asTable
	}
	return a
}

func (a listAddress) shownAs(view string) listAddress {
	a.View, a.After, a.Before = view, "", ""
	return a
}

// tableColumn is a column that a table of statements can have.
type tableColumn struct {
	Name, Head string
	Usual      bool
	On         bool
	Leaves     []string // the columns of the table that leaves the house
}

func tableColumns() []tableColumn {
	return []tableColumn{
		{Name: "posted", Head: key("Posted"), Usual: true, Leaves: []string{"posted", "posted_utc"}},
		{Name: "source", Head: key("Source"), Usual: true, Leaves: []string{"source"}},
		{Name: "kind", Head: key("Kind"), Leaves: []string{"kind"}},
		{Name: "lang", Head: key("Language"), Usual: true, Leaves: []string{"lang"}},
		{Name: "text", Head: key("Text"), Usual: true, Leaves: []string{"title", "text"}},
		{Name: "family", Head: key("Copies"), Usual: true}, // counts what an audience may not see
		{Name: "state", Head: key("State"), Usual: true, Leaves: []string{"version", "state"}},
		{Name: "forwarded_from", Head: key("Forwarded from"), Leaves: []string{"forwarded_from"}},
		{Name: "sender", Head: key("Signed by"), Leaves: []string{"sender"}},
		{Name: "media", Head: key("Files"), Leaves: []string{"media"}},
		{Name: "edited", Head: key("Edited"), Leaves: []string{"edited", "edited_utc"}},
		{Name: "captured", Head: key("Captured"), Leaves: []string{"captured", "captured_utc"}},
		{Name: "external_id", Head: key("Id at its source"), Leaves: []string{"external_id"}},
		{Name: "url", Head: key("Address"), Leaves: []string{"url"}},
		{Name: "entry", Head: key("Log entry"), Leaves: []string{"entry"}},
	}
}

// columns lists all columns, with those marked that the list shows.
func (a listAddress) columns() (shown, all []tableColumn) { return a.among(tableColumns()) }

func (a listAddress) among(all []tableColumn) (shown, _ []tableColumn) {
	for i := range all {
		if all[i].On = len(a.Columns) == 0 && all[i].Usual || slices.Contains(a.Columns, all[i].Name); all[i].On {
			shown = append(shown, all[i])
		}
	}
	if len(a.Columns) > 0 { // in the order asked for
		slices.SortStableFunc(shown, func(x, y tableColumn) int { return slices.Index(a.Columns, x.Name) - slices.Index(a.Columns, y.Name) })
	}
	return shown, all
}

// leaving are the columns of this view in the table that leaves the house; none
// is the usual ones.
func (a listAddress) leaving() []string {
	if a.View != asTable && len(a.Columns) == 0 {
		return nil
	}
	names := []string{"id"}
	shown, _ := a.columns()
	for _, c := range shown {
		names = append(names, c.Leaves...)
	}
	return names
}

// heights are the heights that rows of a table can have; the reader's choice of
// one holds for every list.
func (s *server) heights(r *http.Request) []optionValue {
	for _, o := range s.options(choicesOf(r)) {
		if o.Name == "rows" {
			return o.Values
		}
	}
	return nil
}

// Word and Digits make a tongue one that an echo can be said in.
func (l *tongue) Word(english string) string { return l.t(english) }
func (l *tongue) Digits(s string) string     { return l.digitsOf(s) }

var _ query.Tongue = (*tongue)(nil)

// plainEcho is an echo where nothing but text can stand, as in the title of a
// window; what was typed is isolated where the text runs from the right.
func (l *tongue) plainEcho(all []query.Piece) string {
	var b strings.Builder
	for _, p := range all {
		if p.Typed && l.Dir == "rtl" {
			p.Text = "\u2068" + p.Text + "\u2069"
		}
		b.WriteString(p.Text)
	}
	return b.String()
}
