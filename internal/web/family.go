package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"dalil/internal/chart"
	"dalil/internal/desk"
	"dalil/internal/record"
)

// familyData is the page of one text that travels.
type familyData struct {
	ID, URL   string
	Posts     int
	Sources   int
	Span      string // from the first to the last
	Langs     []string
	First     *memberRow // first that we captured
	Early     int        // other sources within ten minutes of it
	base      int64      // when it was posted: delays are counted from there, as in the drawing
	Ties      int        // other posts within a minute of the first
	Ghosts    []ghostRow
	Whole     block // the text of the first
	Strip     chart.Strip
	Table     []stripRow
	Rows      []familyLine // members and originals in the order of time
	More      int          // members not shown
	MoreURL   string
	Unseen    []unseenRow
	Unwatched []namedSource
	Others    int // more sources that were not watched
	Apart     []apartRow
	Acts      []act
	Write     bool
}

// familyLine is one row: a member, or an original that was not captured.
type familyLine struct {
	Member *memberRow
	Ghost  *ghostRow
	at     int64
}

type memberRow struct {
	desk.Member
	URL, SourceURL  string
	Chips           []chip
	First           bool
	Delay           string // after the first
	Relation, Known string
	By, Why         string // of a person who decided
	ViaName, ViaURL string // whom it is told from, when that is not the first
	Original        bool   // that is an original that is not here
	Compare         bool   // there is something to compare
	Same            bool   // letter by letter
	Diff            *block
	New, Gone       int // words
	Snippet         fragment
	Splits          bool // a person can take it out
}

type ghostRow struct {
	desk.Attested
	SourceURL string
	Bys       []idLink
	More      int
	Delay     string
	Around    moment // the earliest forward, when no header gives the time
}

type idLink struct{ ID, URL string }

type namedSource struct{ Name, URL string }

type unseenRow struct {
	Name, URL, Gap string
	Words          phrase
	Note           string // of whoever recorded it
	From, To       moment
}

type apartRow struct {
	desk.Apart
	HereURL, ThereURL string
	Alike             string
}

const (
	membersShown   = 60 // each with its comparison
	membersAll     = 2000
	unwatchedShown = 12
	bysShown       = 6
	soon           = 600 // seconds
)

// atFamily returns the address of a family's page: who was first, and when,
// decorate it.
func (s *server) atFamily(id string, first record.Statement) string {
	return "/y/" + id + "/" + url.PathEscape(s.slug(first))
}

func (s *server) family(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	f, err := s.desk.Family(ctx, r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	first, err := s.firstOf(ctx, f)
	if err != nil {
		return reply{}, err
	}
	d := familyData{ID: f.ID, URL: s.atFamily(f.ID, first), Write: s.desk.Case.Writable()}
	if r.URL.EscapedPath() != d.URL && r.URL.Path != unescaped(d.URL) {
		to := d.URL + suffix(r)
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		return reply{moved: to}, nil
	}
	if d.Acts, err = s.actsOf(ctx, f.Decisions); err != nil {
		return reply{}, err
	}
	rep := reply{page: "family", title: l.t("Family of {source}, {time}", "source", first.SourceName, "time", l.t(s.when(first.Posted).Local)), json: familyJSON{s.desk.FamilyJSON(f), s.actsJSON(d.Acts)}}
	if !wantsJSON(r) { // comparing texts is most of the work
		most := membersShown
		if r.URL.Query().Get("members") == "all" {
			most = membersAll
		}
		s.fillFamily(l, &d, f, most)
	}
	rep.data = d
	return rep, nil
}

// firstOf is the first post of a family that we captured.
func (s *server) firstOf(ctx context.Context, f desk.Family) (record.Statement, error) {
	for _, m := range f.Members {
		if m.Member.Statement == f.First {
			return m.Statement, nil
		}
	}
	return s.desk.Reader().Statement(ctx, f.First)
}

// fillFamily puts in words and links what the desk found.
func (s *server) fillFamily(l *tongue, d *familyData, f desk.Family, most int) {
	d.Posts, d.Sources = len(f.Members), f.Sources
	if f.From != record.NoSeconds && f.To > f.From {
		d.Span = l.stretch(f.To - f.From)
	}
	d.Strip = s.stripOf(l, f, 0, lanesShown)
	d.Table = stripTable(d.Strip)
	texts := map[string]*desk.Member{}
	for i := range f.Members {
		m := &f.Members[i]
		texts[m.ID] = m
		if name := languageName(m.Statement.Lang); m.Statement.Text != "" && !slices.Contains(d.Langs, name) {
			d.Langs = append(d.Langs, name)
		}
	}
	d.Langs = known(d.Langs)
	d.count(f)
	header := map[uint64]*desk.Attested{} // of members whose headers name an original that is not here
	for i := range f.Attested {
		for _, by := range f.Attested[i].By {
			header[by] = &f.Attested[i]
		}
	}
	for i, m := range f.Members {
		if i >= most && m.Member.Statement != f.First {
			d.More++
			continue
		}
		row := s.memberRow(l, f, m, texts[m.Via])
		row.Delay = d.delay(l, m.Statement.Posted.Seconds())
		if a := header[m.Member.Statement]; a != nil && m.Ground == record.GroundForward {
			row.Original, row.ViaName, row.ViaURL = true, a.Name, ""
			if a.Source != 0 {
				row.ViaURL = s.atSource(a.Source)
			}
		}
		if row.First {
			d.First = &row
			d.Whole = prose(m.Statement.Text, m.Statement.Lang, m.Statement.Entities, false)
		}
		row.Splits = d.Write && len(f.Members) > 1 && m.Relation != record.RelQuotedIn
		d.Rows = append(d.Rows, familyLine{Member: &row, at: m.Statement.Posted.Seconds()})
	}
	if d.More > 0 {
		d.MoreURL = d.URL + "?members=all"
	}
	for _, a := range f.Attested {
		g := s.ghostRow(a, texts)
		g.Delay = d.delay(l, a.Posted.Seconds())
		d.Ghosts = append(d.Ghosts, g)
		at := a.Posted.Seconds()
		if at == record.NoSeconds && a.Before != record.NoSeconds {
			at = a.Before - 1 // it was there before that was forwarded
		}
		d.Rows = append(d.Rows, familyLine{Ghost: &g, at: at})
	}
	slices.SortStableFunc(d.Rows, func(a, b familyLine) int { return cmp.Compare(unknownLast(a.at), unknownLast(b.at)) })
	for _, u := range f.Unseen {
		row := unseenRow{Name: u.Source.Name, Gap: u.Gap, Words: unseenWords(u), Note: u.Note, From: s.instant(u.From), To: s.instant(u.To)}
		if u.Source.Leaf != 0 {
			row.URL = s.atSource(u.Source.Leaf)
		}
		d.Unseen = append(d.Unseen, row)
	}
	for _, x := range f.Unwatched[:min(len(f.Unwatched), unwatchedShown)] {
		d.Unwatched = append(d.Unwatched, namedSource{x.Name, s.atSource(x.Leaf)})
	}
	d.Others = len(f.Unwatched) - len(d.Unwatched)
	for _, a := range f.Apart {
		row := apartRow{a, "/s/" + a.Here, "/s/" + a.There, l.percent(a.Similarity)}
		if a.Family != "" {
			row.ThereURL = "/y/" + a.Family
		}
		d.Apart = append(d.Apart, row)
	}
}

// count says how fast a text spread: in other posts within a minute of the first,
// and other sources within ten.
func (d *familyData) count(f desk.Family) {
	d.base = record.NoSeconds
	own := uint64(0)
	for _, m := range f.Members {
		if m.Member.Statement == f.First {
			d.base, own = m.Statement.Posted.Seconds(), m.Statement.Source
		}
	}
	var early []uint64
	for _, m := range f.Members {
		at, src := m.Statement.Posted.Seconds(), m.Statement.Source
		if m.Tie && m.Member.Statement != f.First {
			d.Ties++
		}
		if d.base != record.NoSeconds && at != record.NoSeconds && at >= d.base && at-d.base <= soon && src != own && !m.Statement.Withdrawn && !slices.Contains(early, src) {
			early = append(early, src)
		}
	}
	d.Early = len(early)
}

// delay says how long after the first that we captured a time is.
func (d *familyData) delay(l *tongue, sec int64) string {
	switch {
	case sec == record.NoSeconds || d.base == record.NoSeconds || sec == d.base:
		return ""
	}
	return l.after(sec - d.base)
}

// known leaves "language not known" out where others are.
func known(names []string) []string {
	some := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == languageName("") })
	if len(some) == 0 {
		return names
	}
	return some
}

// memberRow makes a row of a member that is told from another; via is nil when
// it is told from none.
func (s *server) memberRow(l *tongue, f desk.Family, m desk.Member, via *desk.Member) memberRow {
	st := m.Statement
	row := memberRow{Member: m, URL: s.at(st), SourceURL: s.atSource(st.Source), Chips: l.chips(st), First: m.Member.Statement == f.First,
		Relation: l.relation(m), Known: l.ground(m), Snippet: marked(shortened(st.Text, 160), st.Lang, nil)}
	row.Chips = slices.DeleteFunc(row.Chips, func(c chip) bool { return c.Word == "forwarded" }) // said in words already
	if row.First && m.Relation == record.RelFirst {
		row.Relation = "" // said already
	}
	if m.Ground == record.GroundPerson {
		row.By, row.Why = ruling(f.Decisions, m)
	}
	if via == nil || st.Erased || via.Statement.Erased {
		return row
	}
	if via.Member.Statement != f.First {
		row.ViaName, row.ViaURL = via.Statement.SourceName, s.at(via.Statement)
	}
	if row.Compare = st.Text != "" && via.Statement.Text != ""; !row.Compare || m.Relation == record.RelTranslation {
		row.Compare = false // words of two languages have nothing to compare
		return row
	}
	if row.Same = st.Text == via.Statement.Text; row.Same {
		return row
	}
	b, came, went := difference(via.Statement.Text, st.Text, st.Lang)
	row.Diff, row.New, row.Gone = &b, came, went
	return row
}

// ruling finds who decided that a member is the same text, and why.
func ruling(all []record.Decision, m desk.Member) (by, why string) {
	for _, x := range slices.Backward(all) {
		var p struct {
			With []uint64 `json:"with"`
		}
		if x.Undone != 0 || x.Action != "merge" || json.Unmarshal([]byte(x.Payload), &p) != nil {
			continue
		}
		if in := append(p.With, x.Target); slices.Contains(in, m.Member.Statement) {
			return x.By, x.Reason
		}
	}
	return "", ""
}

func (s *server) ghostRow(a desk.Attested, members map[string]*desk.Member) ghostRow {
	g := ghostRow{Attested: a, Around: s.instant(a.Before)}
	if a.Source != 0 {
		g.SourceURL = s.atSource(a.Source)
	}
	for _, id := range a.Bys[:min(len(a.Bys), bysShown)] {
		l := idLink{id, "/s/" + id}
		if m := members[id]; m != nil {
			l.URL = s.at(m.Statement)
		}
		g.Bys = append(g.Bys, l)
	}
	g.More = len(a.Bys) - len(g.Bys)
	return g
}

// instant is a catalog's time to the second.
func (s *server) instant(sec int64) moment {
	if sec == record.NoSeconds {
		return moment{}
	}
	return s.when(record.AtUnix(sec))
}

func (s *server) actsOf(ctx context.Context, all []record.Decision) ([]act, error) {
	var acts []act
	for _, x := range all {
		a, err := s.actOf(ctx, x)
		if err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	return acts, nil
}
