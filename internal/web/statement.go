package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dalil/internal/chart"
	"dalil/internal/desk"
	"dalil/internal/record"
)

// statementData is a statement's page.
type statementData struct {
	desk.Detail
	URL       string
	SourceURL string
	Chips     []chip
	Body      block
	Raw       bool   // every unseen character is spelled out
	RawURL    string // address of the other view of the text
	Versions  []versionRow
	Media     []mediaRow
	Looked    lookedRow
	Comments  []commentRow
	More      bool // there are more comments
	Near      []gapRow
	Holes     int // gaps of this source not shown
	Flags     []string
	Refs      []refRow
	Acts      []act
	Signed    string // who signed inside the source
	Citing    citing
	Write     bool
	ReplyURL  string
	UnderURL  string
	ForwardTo string
	Out       string // of its own address
	Families  []familyPlace
	Strip     chart.Strip // of the first of these
	Export    string      // Path of the capture, and of the container

	Beside translations
	Masks  []maskRow
}

type versionRow struct {
	record.Statement
	Diff  *block // against the version before
	Title bool   // the title changed
}

type mediaRow struct {
	record.Media
	N         int
	Have      bool
	Open      bool // shown now
	Enough    bool // asked for, and a break is suggested first
	Colour    bool
	URL       string // to see it on this page
	Anyway    string // the same, without a break
	ColourURL string
	File      string // its bytes
}

type commentRow struct {
	record.Statement
	ID, URL string
	Who     string
	Body    block
	Chips   []chip
}

type refRow struct{ Text, Out string }

func (s *server) statement(r *http.Request) (reply, error) {
	ctx, l := r.Context(), s.tongueOf(r)
	t, err := s.desk.Detail(ctx, r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	st := t.Statement
	d := statementData{Detail: t, URL: s.at(st), SourceURL: s.atSource(st.Source), Chips: l.chips(st)}
	if r.URL.EscapedPath() != d.URL && r.URL.Path != unescaped(d.URL) {
		to := d.URL + suffix(r)
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		return reply{moved: to}, nil
	}
	ask := r.URL.Query()
	d.Raw = ask.Get("show") == "all"
	if d.RawURL = d.URL + "?show=all"; d.Raw {
		d.RawURL = d.URL
	}
	d.Body = prose(st.Text, st.Lang, st.Entities, d.Raw)
	for i, v := range t.Versions {
		row := versionRow{Statement: v}
		if i > 0 && !v.Erased && !t.Versions[i-1].Erased {
			was := t.Versions[i-1]
			row.Title = was.Title != v.Title
			b := compare(was.Text, v.Text, v.Lang)
			row.Diff = &b
		}
		d.Versions = append(d.Versions, row)
	}
	slices.Reverse(d.Versions)
	open, _ := strconv.Atoi(ask.Get("open"))
	for i, m := range st.Media {
		n := strconv.Itoa(i + 1)
		row := mediaRow{Media: m, N: i + 1, Have: !m.Blob.IsZero(), Open: open == i+1, Colour: ask.Get("colour") == "1",
			URL: d.URL + "?open=" + n + "#file-" + n, Anyway: d.URL + "?open=" + n + "&anyway=1#file-" + n, ColourURL: d.URL + "?open=" + n + "&colour=1#file-" + n, File: "/s/" + t.ID + "/media/" + n}
		row.Open = row.Open && row.Have && picture(m)
		d.Media = append(d.Media, row)
	}
	looked := s.showPictures(r, &d)
	if st.Kind == record.Article {
		comments, more, err := s.desk.Comments(ctx, st)
		if err != nil {
			return reply{}, err
		}
		d.More = more
		for _, c := range comments {
			d.Comments = append(d.Comments, commentRow{c, s.desk.StatementID(c), s.at(c), party(c.Sender), prose(c.Text, c.Lang, c.Entities, d.Raw), l.chips(c)})
		}
	}
	if d.Families, d.Strip, err = s.familyPlaces(ctx, l, st); err != nil {
		return reply{}, err
	}
	near := nearby(t.Gaps, st)
	d.Holes = len(t.Gaps) - len(near)
	if d.Near, err = s.gapRows(ctx, near); err != nil {
		return reply{}, err
	}
	for _, f := range st.Flags {
		d.Flags = append(d.Flags, flagWords(f))
	}
	for _, x := range st.Refs {
		d.Refs = append(d.Refs, refRow{x, outTo(linkOrHandle.FindString(x))})
	}
	for _, x := range t.Decisions {
		a, err := s.actOf(ctx, x)
		if err != nil {
			return reply{}, err
		}
		d.Acts = append(d.Acts, a)
	}
	d.Signed, d.Write = party(st.Sender), s.desk.Case.Writable()
	if d.Citing, err = s.citing(r, d.ID); err != nil {
		return reply{}, err
	}
	if t.ReplyTo != nil {
		d.ReplyURL = s.at(*t.ReplyTo)
	}
	if t.Under != nil {
		d.UnderURL = s.at(*t.Under)
	}
	if t.ForwardID != "" {
		d.ForwardTo = "/c/" + t.ForwardID
	}
	d.Out = outTo(st.URL)
	d.Export = t.Capture.Path
	if t.Container.Leaf != 0 {
		d.Export = t.Container.Path + " ▸ " + t.Capture.Path
	}
	if d.Beside, err = s.beside(r, d); err != nil {
		return reply{}, err
	}
	if d.Masks, err = s.masks(ctx, d.ID, d.URL); err != nil {
		return reply{}, err
	}
	title := l.isolated(st.Title)
	if st.Title == "" {
		title = l.t("{source}, {time}", "source", t.Source.Name, "time", l.t(s.when(st.Posted).Local))
	}
	return reply{page: "statement", title: title, data: d, json: s.statementJSON(d), cookie: looked}, nil
}

// statementJSON is the statement as `dalil show --json` prints it, with its
// versions, its surroundings and its proof.
func (s *server) statementJSON(d statementData) any {
	var versions []desk.View
	for _, v := range d.Detail.Versions {
		versions = append(versions, s.desk.View(v))
	}
	comments := make([]desk.View, len(d.Comments))
	for i, c := range d.Comments {
		comments[i] = s.desk.View(c.Statement)
	}
	said := make([]desk.TranslationJSON, len(d.Translations))
	for i, t := range d.Translations {
		said[i] = s.desk.TranslationJSON(t)
	}
	return struct {
		desk.View
		Versions []desk.View `json:"versions"`

		Translations []desk.TranslationJSON `json:"translations,omitempty"`

		Comments  []desk.View `json:"comments,omitempty"`
		Gaps      []gapJSON   `json:"gaps_near,omitempty"`
		Decisions []actJSON   `json:"decisions,omitempty"`
		Masked    []maskJSON  `json:"masked_names,omitempty"`
		Proof     proofJSON   `json:"proof"`
	}{s.desk.View(d.Statement), versions, said, comments, gapsJSON(d.Near), s.actsJSON(d.Acts), masksJSON(d.Masks), proofOf(d.Proof)}
}

type proofJSON struct {
	Unaltered bool        `json:"unaltered"`
	Problem   string      `json:"problem,omitempty"`
	Span      record.Span `json:"span"`
	LogEntry  uint64      `json:"log_entry"`
	LogSize   uint64      `json:"log_size"`
	Root      string      `json:"root"`
}

func proofOf(p desk.Proof) proofJSON {
	return proofJSON{p.Unaltered, p.Problem, p.Span, p.Index, p.Size, p.Root}
}

func party(p record.Party) string {
	if p.Pseudonym != "" {
		return p.Pseudonym
	}
	return p.Name
}

func unescaped(p string) string {
	u, err := url.PathUnescape(p)
	if err != nil {
		return p
	}
	return u
}

// picture reports whether a file says of itself that it is a picture that can
// be shown. What its bytes are is found out when they are asked for.
func picture(m record.Media) bool {
	return m.Kind == "photo" || strings.HasPrefix(m.Type, "image/") || m.Kind == "image" || m.Kind == "sticker"
}
