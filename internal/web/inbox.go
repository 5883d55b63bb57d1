package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/query"
	"dalil/internal/record"
)

// inboxRow is a unit of the inbox in a list.
type inboxRow struct {
	desk.InboxRow
	URL       string // of its page in the inbox
	Open      string // of the family or statement itself
	SourceURL string
	Text      fragment
	Gap       string // between the first post and the first of another source
	Verdict   chip
	Why       []phrase
}

// phrase is a sentence of ours with what fills its places.
type phrase struct {
	Text string
	Fill []string
}

// inboxData is the list of what waits.
type inboxData struct {
	listAddress
	Views   []choice
	Shown   []tableColumn // of the table
	All     []tableColumn
	Heights []optionValue
	Saved   []savedRow
	Keeps   bool // searches can be saved
	Cols    string
	Here    string // this list's address, from its first page
	Sheet   string // the same list as a sheet to fill in

	Echo   []query.Piece
	Total  string
	Rows   []inboxRow
	Next   string
	First  string
	States []choice
	Labels []choice
	Seen   uint64
	Self   string
	Error  *wrong
	Empty  bool  // nothing is in the case
	Left   int64 // units elsewhere, when this list is empty
	Write  bool
	People []string
	Only   string // the one state that is shown; "" for several

	// Pinned are units with a masked name that nobody decided about: somebody may
	// be in danger, and their place in the order of time says nothing of that.
	Pinned    []inboxRow
	PinnedN   string // how many there are
	PinnedURL string // of all of them
}

// inboxQuery is what the inbox shows when nothing else is asked for.
const inboxQuery = "state:new"

func (s *server) inbox(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	at := inboxAddress(r)
	text, after := at.Query, at.After
	write := s.desk.Case.Writable()
	d := inboxData{listAddress: at, Self: r.URL.RequestURI(), Write: write, Keeps: write, Heights: s.heights(r), Cols: strings.Join(at.Columns, ","), Here: at.follow(""), Sheet: at.sheet("/inbox.csv")}
	d.Shown, d.All = at.among(inboxColumns())
	for _, v := range []choice{{Name: key("List"), URL: asList}, {Name: key("Table"), URL: asTable}} {
		v.On, v.URL, v.N = v.URL == at.View, at.shownAs(v.URL).at("/inbox"), -1
		d.Views = append(d.Views, v)
	}
	rep := reply{page: "inbox", title: key("Inbox"), data: &d}
	in, err := s.desk.Inbox(ctx, text, desk.InboxPage{Page: catalog.Page{After: after, Total: true}})
	var bad *query.Error
	if errors.As(err, &bad) {
		d.Error = s.wrong(l, bad)
		rep.code, rep.json = http.StatusBadRequest, map[string]any{"status": http.StatusBadRequest, "error": bad.What, "do": bad.Do, "offset": bad.Offset, "end": bad.End}
		return rep, nil
	}
	if err != nil {
		return reply{}, err
	}
	d.Seen = in.Size
	all, err := s.sourceRows(ctx)
	if err != nil {
		return reply{}, err
	}
	d.Echo = query.Pieces(named(in.Query, all), l)
	if d.Total = l.number(int(in.Total)); !in.Exact {
		d.Total = l.t("at least {n}", "n", d.Total)
	}
	for _, row := range in.Rows {
		d.Rows = append(d.Rows, s.inboxRow(row, l, d.Self))
	}
	if in.Next != "" {
		d.Next = at.follow(in.Next)
	}
	if after != "" {
		d.First = at.follow("")
	}
	if d.Saved, err = s.savedRows(ctx, at); err != nil {
		return reply{}, err
	}
	if text == inboxQuery && after == "" {
		if err := s.pin(ctx, l, &d); err != nil {
			return reply{}, err
		}
	}
	waiting, err := s.desk.Waiting(ctx)
	if err != nil {
		return reply{}, err
	}
	for _, v := range verdicts() {
		q, _ := toggled(without(in.Query, "state"), "state", string(v))
		on := hasFilter(in.Query, "state", string(v))
		if on {
			d.Only += string(v)
		}
		d.States = append(d.States, choice{Name: verdictWords(v), N: waiting[v], On: on, URL: at.asking(q)})
	}
	q := query.String(without(in.Query, "state"))
	d.States = append(d.States, choice{Name: key("everything"), N: -1, On: !hasFilter(in.Query, "state", ""), URL: at.asking(q)})
	labels, err := s.desk.Labels(ctx)
	if err != nil {
		return reply{}, err
	}
	for _, x := range labels[:min(len(labels), labelsShown)] {
		text, on := toggled(in.Query, "label", x.Label)
		d.Labels = append(d.Labels, choice{Name: x.Label, N: x.N, On: on, URL: at.asking(text)})
	}
	if d.People, err = s.desk.Handles(ctx); err != nil {
		return reply{}, err
	}
	if len(d.Rows) == 0 {
		stats, err := s.desk.Case.Catalog.Stats(ctx)
		if err != nil {
			return reply{}, err
		}
		d.Empty = stats.Statements == 0
		for _, n := range waiting {
			d.Left += n
		}
	}
	list := make([]any, len(in.Rows))
	for i, row := range in.Rows {
		if list[i] = s.desk.UnitJSON(row); len(at.Columns) > 0 {
			if list[i], err = unitFields(s.desk.UnitJSON(row), d.Shown); err != nil {
				return reply{}, err
			}
		}
	}
	rep.json = list
	if d.Next != "" {
		rep.next = strings.Replace(d.Next, "/inbox", "/inbox.json", 1)
	}
	return rep, nil
}

// pinnedShown is how many units stand above the list.
const pinnedShown = 3

func (s *server) pin(ctx context.Context, l *tongue, d *inboxData) error {
	q := inboxQuery + " is:shielded"
	in, err := s.desk.Inbox(ctx, q, desk.InboxPage{Page: catalog.Page{Limit: pinnedShown, Total: true}})
	if err != nil {
		return err
	}
	for _, row := range in.Rows {
		d.Pinned = append(d.Pinned, s.inboxRow(row, l, d.Self))
	}
	if d.PinnedN = l.number(int(in.Total)); !in.Exact {
		d.PinnedN = l.t("at least {n}", "n", d.PinnedN)
	}
	d.PinnedURL = d.asking(q)
	return nil
}

const labelsShown = 20

// inboxOf is the address of the inbox of a query.
func inboxOf(q string) string { return listAddress{View: asList, inbox: true}.asking(q) }

// inboxAddress reads where a reader is in the inbox.
func inboxAddress(r *http.Request) listAddress {
	a := addressOf(r, inboxColumns())
	if a.inbox = true; a.View != asTable {
		a.View = asList
	}
	if a.Before = ""; !r.URL.Query().Has("q") {
		a.Query = inboxQuery
	}
	return a
}

// inboxColumns are the columns that a table of the inbox can have. They leave as
// the columns of a sheet, which are called like the fields of a unit.
func inboxColumns() []tableColumn {
	return []tableColumn{
		{Name: "posted", Head: key("Posted"), Usual: true, Leaves: []string{"posted_at"}},
		{Name: "source", Head: key("Source"), Usual: true, Leaves: []string{"source_name"}},
		{Name: "text", Head: key("Text"), Usual: true, Leaves: []string{"text"}},
		{Name: "posts", Head: key("Copies"), Usual: true, Leaves: []string{"posts", "sources"}},
		{Name: "state", Head: key("State"), Usual: true, Leaves: []string{"state", "of", "until"}},
		{Name: "labels", Head: key("Labels"), Usual: true, Leaves: []string{"labels"}},
		{Name: "assigned", Head: key("Assigned to"), Usual: true, Leaves: []string{"assigned"}},
		{Name: "lang", Head: key("Language"), Leaves: []string{"lang"}},
		{Name: "second", Head: key("Until another source had it"), Leaves: []string{"second_source_seconds"}},
		{Name: "last", Head: key("Last posted"), Leaves: []string{"last_posted"}},
		{Name: "why", Head: key("Why here")},
		{Name: "decided", Head: key("Decided by"), Leaves: []string{"by", "at"}},
		{Name: "import", Head: key("Import"), Leaves: []string{"import"}},
	}
}

// unitFields are the fields of a unit that its columns show, and those by which
// it can be decided about.
func unitFields(u desk.UnitJSON, shown []tableColumn) (map[string]any, error) {
	b, err := json.Marshal(u)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		return nil, err
	}
	keep := []string{"id", "seen"}
	for _, c := range shown {
		if keep = append(keep, c.Leaves...); c.Name == "why" {
			keep = append(keep, "why", "issuer", "joined_since")
		}
	}
	maps.DeleteFunc(all, func(name string, _ any) bool { return !slices.Contains(keep, name) })
	return all, nil
}

// without leaves a filter out of the top of a query.
func without(q query.Query, key string) query.Query {
	rest := slices.DeleteFunc(slices.Clone(parts(q)), func(n query.Node) bool {
		f, ok := n.(query.Filter)
		return ok && f.Key == key
	})
	q.Root, q.Text = rest, query.String(query.Query{Root: rest, Sort: q.Sort})
	return q
}

// hasFilter reports whether the top of a query has a filter with a value, or,
// for "", at all.
func hasFilter(q query.Query, key, value string) bool {
	return slices.ContainsFunc(parts(q), func(n query.Node) bool {
		f, ok := n.(query.Filter)
		return ok && f.Key == key && (value == "" || slices.Contains(f.Values, value))
	})
}

func verdicts() []record.Verdict {
	return []record.Verdict{record.New, record.Later, record.Kept, record.Duplicate, record.Dismissed}
}

func verdictWords(v record.Verdict) string {
	return map[record.Verdict]string{record.New: key("new"), record.Later: key("later"), record.Kept: key("kept"), record.Duplicate: key("duplicate"), record.Dismissed: key("not relevant")}[v]
}

func verdictChip(u catalog.Unit) chip {
	switch u.Verdict {
	case record.Kept:
		return chip{"kept", "◆", key("kept"), ""}
	case record.Duplicate:
		return chip{"plain", "=", key("duplicate"), ""}
	case record.Dismissed:
		return chip{"plain", "–", key("not relevant"), ""}
	case record.Later:
		return chip{"later", "◷", key("later"), ""}
	}
	if u.Due {
		return chip{"later", "◷", key("put off until now"), ""}
	}
	return chip{"new", "○", key("new"), ""}
}

func (s *server) inboxRow(row desk.InboxRow, l *tongue, self string) inboxRow {
	x := inboxRow{InboxRow: row, URL: "/inbox/" + row.ID + "?back=" + url.QueryEscape(self), SourceURL: s.atSource(row.First.Source), Verdict: verdictChip(row.Unit)}
	if x.Open = s.at(row.First); row.Family {
		x.Open = "/y/" + row.ID
	}
	if len(row.Hit.Marks) > 0 {
		x.Text = marked(row.Hit.Snippet, row.Hit.Lang, row.Hit.Marks)
	} else {
		x.Text = marked(row.Text, row.First.Lang, nil)
	}
	if row.Second >= 0 {
		x.Gap = l.after(row.Second)
	}
	x.Why = whyHere(row, l)
	return x
}

// whyHere says why a unit is in the inbox.
func whyHere(row desk.InboxRow, l *tongue) []phrase {
	var all []phrase
	seen := map[string]bool{}
	for _, m := range row.Why.Words {
		if p := (phrase{key("“{word}” met “{text}”"), []string{"word", m.Term, "text", m.Met}}); !seen[m.Term+"\x00"+m.Met] && len(all) < 3 {
			seen[m.Term+"\x00"+m.Met] = true
			all = append(all, p)
		}
	}
	if row.Why.Issuer {
		all = append(all, phrase{Text: key("an issuer’s own channel posted it first")})
	}
	if row.Why.Joined > 0 {
		all = append(all, phrase{key("{n} joined since it was decided about"), []string{"n", l.number(row.Why.Joined)}})
	}
	if row.Why.Import != "" {
		all = append(all, phrase{key("brought by {import}"), []string{"import", row.Why.Import}})
	}
	return all
}

// unitData is one unit laid out, to decide about.
type unitData struct {
	inboxRow
	Seen    uint64
	Back    string
	Body    block
	Chips   []chip
	Posts   []stripRow
	Strip   bool
	Acts    []act
	Ask     string // what the reader is about to say: label, assign, duplicate, shield
	Alike   []inboxRow
	People  []string
	Labels  []catalog.LabelCount
	Write   bool
	Family  *familyPlace
	Picture int // files its first post came with
	Masks   []maskRow
}

func (s *server) unit(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	row, err := s.desk.InboxUnit(ctx, r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	ask := r.URL.Query()
	if id := r.PathValue("id"); id != row.ID {
		return reply{moved: "/inbox/" + row.ID + suffix(r) + map[bool]string{true: "?" + r.URL.RawQuery}[r.URL.RawQuery != ""]}, nil
	}
	d := unitData{Back: local(ask.Get("back"), "/inbox"), Write: s.desk.Case.Writable(), Ask: ask.Get("ask")}
	d.inboxRow = s.inboxRow(row, l, d.Back)
	d.Chips = l.chips(row.First)
	if size, err := s.desk.Case.Catalog.Size(ctx); err != nil {
		return reply{}, err
	} else if size > 0 {
		d.Seen = size - 1
	}
	d.Body = prose(row.First.Text, row.First.Lang, row.First.Entities, false)
	for _, m := range row.First.Media {
		if !m.Blob.IsZero() {
			d.Picture++
		}
	}
	if row.Family {
		f, err := s.desk.Family(ctx, row.ID)
		if err != nil {
			return reply{}, err
		}
		d.Posts = stripTable(s.stripOf(l, f, 0, lanesFew))
		if len(d.Posts) > postsFew {
			d.Posts = d.Posts[:postsFew]
		}
	}
	about := []uint64{row.Leaf}
	if row.First.First != row.Leaf {
		about = append(about, row.First.First)
	}
	decided, err := s.desk.Reader().Touched(ctx, about, 0)
	if err != nil {
		return reply{}, err
	}
	slices.Reverse(decided)
	for _, x := range decided[:min(len(decided), actsFew)] {
		a, err := s.actOf(ctx, x)
		if err != nil {
			return reply{}, err
		}
		d.Acts = append(d.Acts, a)
	}
	if d.Masks, err = s.masks(ctx, row.ID, "/inbox/"+row.ID+"?back="+url.QueryEscape(d.Back)); err != nil {
		return reply{}, err
	}
	if d.Ask == "duplicate" {
		if d.Alike, err = s.alike(ctx, row, l, d.Back); err != nil {
			return reply{}, err
		}
	}
	if d.People, err = s.desk.Handles(ctx); err != nil {
		return reply{}, err
	}
	if d.Labels, err = s.desk.Labels(ctx); err != nil {
		return reply{}, err
	}
	return reply{page: "unit", title: row.ID, data: &d, json: s.desk.UnitJSON(row)}, nil
}

const (
	postsFew = 12
	actsFew  = 20
)

// alike finds units that say something like it: by its longest words, most
// relevant first.
func (s *server) alike(ctx context.Context, row desk.InboxRow, l *tongue, back string) ([]inboxRow, error) {
	words := strings.FieldsFunc(row.First.Title+" "+row.First.Text, func(c rune) bool {
		return c < 'A' || c == '«' || c == '»' || c == '،' || c == '؛' || c == '“' || c == '”'
	})
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(len([]rune(b)), len([]rune(a))) })
	var any query.Or
	for _, w := range words {
		if n := len([]rune(w)); n >= 4 && n <= 24 && len(any) < 8 {
			any = append(any, query.Words{Raw: w, Terms: []string{w}})
		}
	}
	if len(any) == 0 {
		return nil, nil
	}
	in, err := s.desk.Inbox(ctx, query.String(query.Query{Root: any, Sort: query.Relevance}), desk.InboxPage{Page: catalog.Page{Limit: 9}})
	var bad *query.Error
	if errors.As(err, &bad) {
		return nil, nil // its words are no query; the id can still be typed
	}
	if err != nil {
		return nil, err
	}
	var all []inboxRow
	for _, x := range in.Rows {
		if x.Leaf != row.Leaf {
			all = append(all, s.inboxRow(x, l, back))
		}
	}
	return all, nil
}

// triage records a decision about units: those ticked, the one whose own button
// was pressed, or everything that matches.
func (s *server) triage(_ http.ResponseWriter, r *http.Request) (string, error) {
	f := r.PostForm
	t := desk.Triage{Action: f.Get("do"), Units: f["unit"], Reason: f.Get("reason"), Of: strings.TrimSpace(f.Get("of")), To: f.Get("to"), Check: f.Has("seen")}
	if verb, id, ok := strings.Cut(f.Get("one"), " "); ok { // a row's own button
		t.Action, t.Units = verb, []string{id}
	} else if f.Get("all") != "" {
		t.All, t.Query, t.Units = true, f.Get("q"), nil
	}
	var err error
	if t.Check {
		if t.Seen, err = strconv.ParseUint(f.Get("seen"), 10, 64); err != nil {
			return "", fmt.Errorf("%w: seen=%.20q", record.ErrInvalid, f.Get("seen"))
		}
	}
	for _, x := range strings.FieldsFunc(f.Get("label"), func(c rune) bool { return c == ',' || c == '،' || c == '؛' || c == ';' }) {
		if x = strings.TrimSpace(x); x != "" {
			t.Labels = append(t.Labels, x)
		}
	}
	for line := range strings.Lines(f.Get("names")) {
		if line = strings.TrimSpace(line); line != "" {
			t.Names = append(t.Names, line)
		}
	}
	if days := f.Get("days"); days != "" {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 3650 {
			return "", fmt.Errorf("%w: days=%.20q", record.ErrInvalid, days)
		}
		if n > 0 {
			t.Until = s.desk.Case.Now().In(s.zone).AddDate(0, 0, n)
		}
	}
	to := back(r, "/inbox")
	if len(t.Units) == 0 && !t.All {
		return "", record.WithHint(fmt.Errorf("%w: nothing is ticked", record.ErrInvalid), "tick what you mean, or use the button of its row")
	}
	if t.Action == desk.ActionDuplicate && t.Of == "" && len(t.Units) == 1 {
		return "/inbox/" + url.PathEscape(t.Units[0]) + "?ask=duplicate&back=" + url.QueryEscape(to), nil
	}
	if t.All && f.Get("sure") == "" {
		v := url.Values{}
		for _, name := range []string{"do", "q", "reason", "label", "to", "days", "of", "seen"} {
			if x := f.Get(name); x != "" {
				v.Set(name, x)
			}
		}
		v.Set("back", to)
		return "/inbox/all?" + v.Encode(), nil
	}
	done, err := s.desk.Triage(r.Context(), t)
	if err != nil {
		return "", err
	}
	return with(to, "did", done.ID), nil
}

// allData is what a decision about everything that matches would change.
type allData struct {
	Done   desk.Triaged
	Action string
	Query  string
	Echo   []query.Piece
	Fields map[string]string // to send again
	Back   string
	Detail string // labels, a handle
	Then   bool   // it is of the past, where nothing is decided
}

// all says what a decision about everything that matches would change, before
// it is made.
func (s *server) all(r *http.Request) (reply, error) {
	ask := r.URL.Query()
	t := desk.Triage{Action: ask.Get("do"), All: true, Query: ask.Get("q"), Reason: ask.Get("reason"), Of: ask.Get("of"), To: ask.Get("to")}
	d := allData{Action: t.Action, Query: t.Query, Fields: map[string]string{"all": "1", "sure": "1"}, Back: local(ask.Get("back"), "/inbox"), Detail: cmp.Or(ask.Get("label"), ask.Get("to"), ask.Get("of")), Then: s.desk.Known() != nil}
	for _, name := range []string{"do", "q", "reason", "label", "to", "days", "of", "seen"} {
		if x := ask.Get(name); x != "" {
			d.Fields[name] = x
		}
	}
	for _, x := range strings.Split(ask.Get("label"), ",") {
		if x = strings.TrimSpace(x); x != "" {
			t.Labels = append(t.Labels, x)
		}
	}
	dry := *s.desk // with the names that are open
	dry.DryRun = true
	done, err := dry.Triage(r.Context(), t)
	if err != nil {
		return reply{}, err
	}
	d.Done = done
	q, err := s.desk.Typed(t.Query)
	if err != nil {
		return reply{}, err
	}
	d.Echo = query.Pieces(q, s.tongueOf(r))
	return reply{page: "all", title: key("Everything that matches"), data: d, json: map[string]any{"action": t.Action, "units": done.Count, "statements": done.Statements, "already": done.Already}}, nil
}

// with adds something to say to an address.
func with(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	v := u.Query()
	v.Set(name, value)
	u.RawQuery = v.Encode()
	return u.String()
}

// undo takes a decision back, and, since that is a decision too, brings it back.
func (s *server) undo(_ http.ResponseWriter, r *http.Request) (string, error) {
	x, err := s.desk.Undo(r.Context(), r.PostForm.Get("decision"), cmp.Or(strings.TrimSpace(r.PostForm.Get("reason")), "taken back at once"))
	if err != nil {
		return "", err
	}
	return with(back(r, "/log"), "did", s.desk.Case.IDs.ID(record.KindDecision, x.Leaf)), nil
}
