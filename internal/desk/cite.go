package desk

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// Citation is a statement as a text refers to it. Times are in the case's zone.
type Citation struct {
	ID       string `json:"id"`
	Key      string `json:"key"`      // for Pandoc and its kin: @channel-20201010-1609
	House    string `json:"house"`    // as notes of terrorism studies have it: "… at 16.09 hours (Baghdad time) on October 10, 2020"
	Chicago  string `json:"chicago"`  // Chicago Manual of Style, 17th edition, a note (14.191, 14.209)
	Harvard  string `json:"harvard"`  // a list's entry, with when it was accessed: when we captured it
	Plain    string `json:"plain"`    // everything needed to find it again, with its fingerprint
	Withheld bool   `json:"withheld"` // the source is not named: it did not speak to the public
	NoZone   bool   `json:"no_zone"`  // the source printed no zone; the case's was taken
}

// Styles lists the ways to cite, as fields of Citation.
func Styles() []string { return []string{"house", "chicago", "harvard", "plain"} }

// In returns one of the styles.
func (c Citation) In(style string) string {
	return map[string]string{"house": c.House, "chicago": c.Chicago, "harvard": c.Harvard, "plain": c.Plain}[style]
}

// Cite says how a statement is cited. What was withdrawn, erased or restricted
// must not be cited: ErrWithheld. A source that did not speak to the public is
// not named.
func (d *Desk) Cite(ctx context.Context, id string) (Citation, error) {
	s, err := d.Statement(ctx, id)
	if err != nil {
		return Citation{}, err
	}
	sens, err := d.sensitivity(ctx, s)
	if err != nil {
		return Citation{}, err
	}
	switch {
	case s.Erased, s.Withdrawn:
		return Citation{}, record.WithHint(fmt.Errorf("%s must not be cited: %w", id, record.ErrWithheld), "see its history for who decided so, and why")
	case sens == redact.Restricted:
		return Citation{}, record.WithHint(fmt.Errorf("%s stays in the house: %w", id, record.ErrWithheld), "lift the restriction first, if it may be lifted")
	}
	src, err := d.Reader().Source(ctx, s.Source)
	if err != nil {
		return Citation{}, err
	}
	c := Citation{ID: d.StatementID(s), NoZone: s.Posted.NoZone, Withheld: src.Private}
	r := reference{s: s, zone: d.Case.Zone, medium: medium(src), name: strings.Join(strings.Fields(src.Name), " "), public: !src.Private}
	if src.Private {
		r.name = "name withheld"
	}
	if c.Key, err = d.citationKey(ctx, s, src); err != nil {
		return c, err
	}
	p, err := d.Proof(ctx, s.Leaf)
	if err != nil {
		return c, err
	}
	c.House, c.Chicago, c.Harvard = r.house(), r.chicago(), r.harvard()
	c.Plain = r.plain(c.ID, p.Span.SHA256)
	return c, nil
}

// citationKey is the key a text cites a statement by. It tells nothing of a
// source that did not speak to the public.
func (d *Desk) citationKey(ctx context.Context, s record.Statement, src record.Source) (string, error) {
	name := keyName(src.Name)
	if src.Private || name == "" {
		name = strings.ToLower(d.StatementID(s))
	}
	if !s.Posted.Known() {
		return "@" + name + "-nd", nil
	}
	at := time.Unix(s.Posted.Unix, 0).In(d.Case.Zone)
	layout := map[record.Precision]string{record.ToYear: "2006", record.ToMonth: "200601", record.ToDay: "20060102"}[s.Posted.Precision]
	if layout == "" {
		layout = "20060102-1504"
	}
	key := "@" + name + "-" + at.Format(layout)
	if s.Posted.Precision < record.ToMinute {
		return key, nil
	}
	// Others of the same minute, in the order of their entries: the first has the
	// bare key, the others a number.
	minute := at.Truncate(time.Minute).Unix()
	found, err := d.Reader().Search(ctx, query.Query{Root: query.And{
		query.Filter{Key: "from", Values: []string{"#" + strconv.FormatUint(s.Source, 10)}},
		query.Range{Key: "posted", From: minute, To: minute + 60}}}, catalog.Page{Limit: 200})
	if err != nil {
		return key, err
	}
	before := 1
	for _, h := range found.Hits {
		if h.First < s.First {
			before++
		}
	}
	if before > 1 {
		key += "-" + strconv.Itoa(before)
	}
	return key, nil
}

// keyName makes a citation key of a source's name: its Latin words where it has
// any, since those are typed on any keyboard, and its own letters otherwise.
func keyName(name string) string {
	cut := func(keep func(rune) bool) string {
		words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !keep(r) })
		if len(words) > 5 {
			words = words[:5]
		}
		return strings.Join(words, "-")
	}
	if latin := cut(func(r rune) bool { return unicode.In(r, unicode.Latin) || '0' <= r && r <= '9' }); strings.ContainsFunc(latin, unicode.IsLetter) {
		return latin
	}
	return cut(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) })
}

// medium is what a source is, for people who were not there.
func medium(src record.Source) string {
	if src.Platform == "telegram" {
		if src.Private {
			return map[record.SourceType]string{record.Group: "private Telegram group", record.PrivateIM: "private Telegram chat"}[src.Type]
		}
		return "Telegram"
	}
	return ""
}

// reference is what every style is made of.
type reference struct {
	s      record.Statement
	zone   *time.Location
	medium string
	name   string
	public bool
}

func (r *reference) at() time.Time { return time.Unix(r.s.Posted.Unix, 0).In(r.zone) }

// date writes the day in a layout, as far as it is known.
func (r *reference) date(day, month string) string {
	switch r.s.Posted.Precision {
	case record.NoTime:
		return "undated"
	case record.ToYear:
		return r.at().Format("2006")
	case record.ToMonth:
		return r.at().Format(month)
	}
	return r.at().Format(day)
}

func (r *reference) timed() bool { return r.s.Posted.Precision >= record.ToMinute }

func (r *reference) who() string {
	if r.medium == "" {
		return r.name
	}
	return r.name + " (" + r.medium + ")"
}

// article tells a text with a title of its own from a post.
func (r *reference) article() bool { return r.s.Title != "" }

func (r *reference) house() string {
	if r.article() {
		return r.byline() + "“" + r.title() + ",” " + r.name + ", " + r.date("January 2, 2006", "January 2006") + "."
	}
	switch {
	case !r.s.Posted.Known():
		return r.who() + ", undated; captured on " + r.accessed("January 2, 2006") + "."
	case r.timed():
		return r.who() + " at " + r.at().Format("15.04") + " hours (" + cityTime(r.at()) + ") on " + r.date("January 2, 2006", "") + "."
	}
	return r.who() + " on " + r.date("January 2, 2006", "January 2006") + "."
}

func (r *reference) chicago() string {
	var b strings.Builder
	b.WriteString(r.byline())
	if r.article() {
		b.WriteString("“" + r.title() + ",” " + r.name + ", ")
	} else {
		b.WriteString(r.name + ", ")
		if q := r.opening(160); q != "" && r.public {
			b.WriteString("“" + q + ",” ")
		}
		if r.medium != "" {
			b.WriteString(r.medium + ", ")
		}
	}
	b.WriteString(r.date("January 2, 2006", "January 2006"))
	if r.timed() && !r.article() {
		b.WriteString(r.at().Format(", 3:04 ") + strings.NewReplacer("AM", "a.m.", "PM", "p.m.").Replace(r.at().Format("PM")) + " (" + cityTime(r.at()) + ")")
	}
	if r.public && r.s.URL != "" {
		b.WriteString(", " + r.s.URL)
	}
	return b.String() + "."
}

func (r *reference) harvard() string {
	var b strings.Builder
	year := "n.d."
	if r.s.Posted.Known() {
		year = r.at().Format("2006")
	}
	who := r.name
	if r.s.Byline != "" && r.public {
		who = strings.Join(strings.Fields(r.s.Byline), " ")
	}
	b.WriteString(who + " (" + year + ") ")
	switch {
	case r.article():
		b.WriteString("‘" + r.title() + "’, " + r.name)
	case r.public && r.opening(60) != "":
		b.WriteString("‘" + r.opening(60) + "’")
	default:
		b.WriteString("post")
	}
	if r.medium != "" {
		b.WriteString(" [" + r.medium + "]")
	}
	if r.s.Posted.Precision >= record.ToMonth {
		b.WriteString(", " + r.date("2 January", "January"))
	}
	if r.timed() && !r.article() {
		b.WriteString(", " + r.at().Format("15:04") + " (" + cityTime(r.at()) + ")")
	}
	b.WriteString(".")
	if r.public && r.s.URL != "" {
		b.WriteString(" Available at: " + r.s.URL + " (Accessed: " + r.accessed("2 January 2006") + ").")
	} else {
		b.WriteString(" Captured " + r.accessed("2 January 2006") + ".")
	}
	return b.String()
}

// plain says everything that finds a statement again and proves it.
func (r *reference) plain(id string, sum record.Digest) string {
	when := "time not stated"
	if r.s.Posted.Known() {
		when = r.s.Posted.In(r.zone)
		if r.timed() {
			when += " UTC" + offset(r.at())
		}
	}
	text := r.who() + ", " + when
	if r.public && r.s.ExternalID != "" && r.medium != "" {
		text += ", message " + r.s.ExternalID
	}
	if r.public && r.s.URL != "" {
		text += ", " + r.s.URL
	}
	text += "; captured " + time.UnixMilli(r.s.CapturedAt).UTC().Format("2006-01-02 15:04") + " UTC; dalil:" + id
	if !sum.IsZero() {
		text += ", SHA-256 " + sum.String()[:16] + "…"
	}
	return text + "."
}

func (r *reference) accessed(layout string) string {
	return time.UnixMilli(r.s.CapturedAt).In(r.zone).Format(layout)
}

func (r *reference) byline() string {
	if r.s.Byline == "" || !r.public {
		return ""
	}
	return strings.Join(strings.Fields(r.s.Byline), " ") + ", "
}

func (r *reference) title() string {
	return strings.TrimRight(strings.Join(strings.Fields(r.s.Title), " "), ",.")
}

// opening is the beginning of the text, cut between words.
func (r *reference) opening(most int) string {
	text := strings.Join(strings.Fields(r.s.Text), " ")
	n := 0
	cut := 0
	for i, c := range text {
		if c == ' ' {
			cut = i
		}
		if n++; n > most {
			if cut == 0 {
				cut = i
			}
			return strings.TrimRight(text[:cut], " ,.;:،؛") + " …"
		}
	}
	return strings.TrimRight(text, ",.")
}

// cityTime names a zone as readers do: "Baghdad time", or by its offset where
// it is not called after a city.
func cityTime(t time.Time) string {
	area, city, ok := strings.Cut(t.Location().String(), "/")
	if i := strings.LastIndexByte(city, '/'); i >= 0 {
		city = city[i+1:]
	}
	if !ok || area == "Etc" {
		return "UTC" + offset(t)
	}
	return strings.ReplaceAll(city, "_", " ") + " time"
}

// offset is the difference from UTC, "" for none: "+3", "−3:30".
func offset(t time.Time) string {
	_, sec := t.Zone()
	if sec == 0 {
		return ""
	}
	sign := "+"
	if sec < 0 {
		sign, sec = "−", -sec
	}
	text := sign + strconv.Itoa(sec/3600)
	if m := sec / 60 % 60; m != 0 {
		text += fmt.Sprintf(":%02d", m)
	}
	return text
}
