package telegramweb

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"dalil/internal/format"
	"dalil/internal/language"
	"dalil/internal/record"
)

// pageReader walks a page tag by tag. It follows the elements inside of one post
// at a time; a post is one <div>, so it ends with the </div> that closes it.
type pageReader struct {
	ctx      context.Context
	out      format.Sink
	page     []byte
	theirs   bool // the page may speak for a channel
	problems format.Problems

	posts  int
	source string // key of the source that was declared last
	failed bool   // inside of Telegram's word that there is no such post
	notice strings.Builder
}

// role says what the text in an element is.
type role uint8

const (
	noRole role = iota
	ignored
	bodyText
	ownerName
	authorName
	signature
	forwardName
	views
	fileName
	pollText
	reactionText
	roles
)

type element struct {
	tag    atom.Atom
	role   role
	kind   string // of an entity
	target string
	from   int
	pre    bool
}

// post is what has been read of one post.
type post struct {
	at        int64 // byte where it begins
	channel   string
	id        string
	number    int64 // of the channel; 0 when not given
	divs      int
	open      []element
	deeper    int // elements open beyond maxOpen
	text      [roles][]byte
	entities  []record.Entity
	posted    record.When
	reply     string
	forwarded bool
	original  string // id of the post that was forwarded
	media     []record.Media
	reactions []record.Reaction
	extra     []string
	service   bool
	group     bool
	hidden    bool // shown in Telegram's own program only
	badUTF8   bool
	long      bool
}

// emoji is the kind of an element that draws one sign.
const emoji = "emoji"

const (
	maxOpen  = format.MaxDepth
	maxParts = 500
)

func (p *pageReader) read() error {
	z := html.NewTokenizer(bytes.NewReader(p.page))
	at := 0
	var m *post
	for n := 0; ; n++ {
		if n%1024 == 0 {
			if err := p.ctx.Err(); err != nil {
				return err
			}
		}
		kind := z.Next()
		from := at
		at += len(z.Raw())
		switch kind {
		case html.ErrorToken:
			if m != nil {
				p.problems.Tell(record.Problem{Offset: m.at, ID: m.id, What: "the page ends inside of post " + m.id, Remedy: "capture the page again"})
				return p.end(m, at, true)
			}
			return nil
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if m == nil {
				m = p.begin(t, int64(from))
				continue
			}
			if t.DataAtom == atom.Div {
				if attr(t, "data-post") != "" && has(t, "tgme_widget_message") { // the one before was never closed
					if err := p.end(m, from, true); err != nil {
						return err
					}
					m = p.begin(t, int64(from))
					continue
				}
				m.divs++
			}
			m.start(t)
		case html.EndTagToken:
			t := z.Token()
			p.failed = p.failed && t.DataAtom != atom.Div
			if m == nil {
				continue
			}
			m.close(t.DataAtom)
			if t.DataAtom == atom.Div {
				if m.divs--; m.divs == 0 {
					if err := p.end(m, at, false); err != nil {
						return err
					}
					m = nil
				}
			}
		case html.TextToken:
			raw := z.Text()
			if m != nil {
				m.words(raw)
			} else if p.failed && p.notice.Len() < 200 {
				p.notice.Write(raw)
			}
		}
	}
}

// begin begins a post, if a tag does.
func (p *pageReader) begin(t html.Token, at int64) *post {
	if has(t, "tgme_widget_message_error") {
		p.failed = true
		p.problems.Tell(record.Problem{Offset: at, What: "Telegram shows no such post", Remedy: "it may never have been there, be deleted, or be shown only in Telegram's own program; the page is kept"})
	}
	name := attr(t, "data-post")
	if t.DataAtom != atom.Div || name == "" || !has(t, "tgme_widget_message") {
		return nil
	}
	channel, id, ok := strings.Cut(name, "/")
	if i := strings.LastIndexByte(id, '/'); i >= 0 { // with a topic between
		id = id[i+1:]
	}
	if n, err := strconv.ParseUint(id, 10, 63); !ok || err != nil || n == 0 || !isHandle(channel) {
		p.problems.Tell(record.Problem{Offset: at, What: "a post with an id that is none: " + strconv.QuoteToASCII(clip(name)), Remedy: "look at the page yourself; it is kept"})
		return nil
	}
	return &post{at: at, channel: channel, id: id, divs: 1, number: channelNumber(t), service: has(t, "service_message")}
}

// channelNumber is the number of the channel as the tag gives it: in
// data-peer="c1234567890_…" or in the JSON behind data-view.
func channelNumber(t html.Token) int64 {
	if s, ok := strings.CutPrefix(attr(t, "data-peer"), "c"); ok {
		s, _, _ = strings.Cut(s, "_")
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
			return n
		}
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(attr(t, "data-view")), "="))
	if err != nil {
		return 0
	}
	var v struct {
		C int64 `json:"c"`
	}
	if json.Unmarshal(b, &v) != nil {
		return 0
	}
	if v.C < 0 {
		v.C = -v.C
	}
	if v.C > 1_000_000_000_000 { // with the mark of a channel in front, as bots write it
		v.C -= 1_000_000_000_000
	}
	return max(v.C, 0)
}

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(t html.Token, class string) bool {
	return slices.Contains(strings.Fields(attr(t, "class")), class)
}

func isHandle(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// parent is the role that an element inherits.
func (m *post) parent() element {
	if len(m.open) == 0 {
		return element{}
	}
	return m.open[len(m.open)-1]
}

func void(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.Img, atom.Input, atom.Hr, atom.Meta, atom.Link, atom.Source, atom.Wbr, atom.Track, atom.Area, atom.Base, atom.Col, atom.Embed:
		return true
	}
	return false
}

// start takes the beginning of an element.
func (m *post) start(t html.Token) {
	if t.DataAtom == atom.Br {
		m.add(m.parent().role, "\n")
		return
	}
	if t.DataAtom == atom.Time && !m.posted.Known() && m.parent().role != ignored {
		if at, err := time.Parse(time.RFC3339, attr(t, "datetime")); err == nil {
			m.posted = record.At(at)
		}
	}
	if void(t.DataAtom) {
		return
	}
	if len(m.open) == maxOpen {
		m.deeper++
		return
	}
	up := m.parent()
	e := element{tag: t.DataAtom, role: up.role, pre: up.pre || t.DataAtom == atom.Pre}
	is := func(class string) bool { return has(t, class) }
	switch {
	case up.role == ignored:
	case t.DataAtom == atom.Script || t.DataAtom == atom.Style || t.DataAtom == atom.Svg:
		e.role = ignored
	case up.role == bodyText:
		if e.kind, e.target = entity(t); up.kind == emoji {
			e.kind = emoji // its <b> says nothing
		}
		if t.DataAtom == atom.Blockquote || t.DataAtom == atom.Pre {
			m.lineEnd()
		}
		e.from = len(m.text[bodyText])
	case is("js-message_text"), is("tgme_widget_message_text") && !is("js-message_reply_text"):
		m.lineEnd()
		e.role = bodyText
	case is("tgme_widget_message_reply"):
		e.role = ignored
		if u, err := url.Parse(attr(t, "href")); err == nil {
			m.reply = m.own(u)
		}
	case is("tgme_widget_message_link_preview"), is("tgme_widget_message_user"):
		e.role = ignored
	case is("tgme_widget_message_owner_name"):
		e.role = ownerName
	case is("tgme_widget_message_author_name"):
		e.role, m.group = authorName, true
	case is("tgme_widget_message_from_author"):
		e.role = signature
	case is("tgme_widget_message_forwarded_from"):
		m.forwarded = true
	case is("tgme_widget_message_forwarded_from_name"):
		e.role, m.forwarded = forwardName, true
		if u, err := url.Parse(attr(t, "href")); err == nil {
			m.original = lastNumber(u)
		}
	case is("tgme_widget_message_views"):
		e.role = views
	case is("tgme_widget_message_photo_wrap"):
		m.attach("photo")
	case is("tgme_widget_message_video_player"):
		m.attach("video")
	case is("tgme_widget_message_roundvideo_player"):
		m.attach("video_message")
	case is("tgme_widget_message_voice_player"):
		m.attach("voice")
	case is("tgme_widget_message_sticker_wrap"):
		m.attach("sticker")
	case is("tgme_widget_message_document_wrap"):
		m.attach("file")
	case is("tgme_widget_message_document_title"):
		e.role = fileName
	case is("tgme_widget_message_poll_question"), is("tgme_widget_message_poll_option_text"):
		e.role = pollText
	case is("tgme_widget_message_location_wrap"):
		m.extra = append(m.extra, "location shared")
	case is("tgme_widget_message_contact_wrap"):
		m.extra = append(m.extra, "contact shared")
		e.role = ignored
	case is("tgme_reaction"):
		e.role, e.kind = reactionText, "reaction"
		m.text[reactionText] = m.text[reactionText][:0]
	case is("message_media_not_supported_wrap"):
		m.hidden, e.role = true, ignored
	}
	m.open = append(m.open, e)
}

// own is the id that a link within the channel leads to.
func (m *post) own(u *url.URL) string {
	if first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); !strings.EqualFold(first, m.channel) {
		return ""
	}
	return lastNumber(u)
}

func lastNumber(u *url.URL) string {
	i := strings.LastIndexByte(u.Path, '/')
	if n, err := strconv.ParseUint(u.Path[i+1:], 10, 63); err != nil || n == 0 {
		return ""
	}
	return u.Path[i+1:]
}

// entity tells what a tag inside of a text means, in the words of the JSON
// export.
func entity(t html.Token) (kind, target string) {
	switch t.DataAtom {
	case atom.B, atom.Strong:
		return "bold", ""
	case atom.I, atom.Em:
		if has(t, "emoji") {
			return emoji, ""
		}
		return "italic", ""
	case atom.U:
		return "underline", ""
	case atom.S, atom.Del:
		return "strikethrough", ""
	case atom.Code:
		return "code", ""
	case atom.Pre:
		return "pre", ""
	case atom.Blockquote:
		return "blockquote", ""
	case atom.A:
		return "text_link", attr(t, "href")
	}
	if t.Data == "tg-spoiler" {
		return "spoiler", ""
	}
	return "", ""
}

// close takes the end of an element and of those left open inside of it.
func (m *post) close(tag atom.Atom) {
	if void(tag) {
		return
	}
	if m.deeper > 0 {
		m.deeper--
		return
	}
	i := len(m.open) - 1
	for i >= 0 && m.open[i].tag != tag {
		i--
	}
	if i < 0 {
		return
	}
	for j := len(m.open) - 1; j >= i; j-- {
		m.closed(m.open[j])
	}
	m.open = m.open[:i]
}

func (m *post) closed(e element) {
	switch {
	case e.kind == "reaction":
		what, count := splitReaction(string(m.text[reactionText]))
		if what != "" && len(m.reactions) < maxParts {
			m.reactions = append(m.reactions, record.Reaction{What: what, Count: count})
		}
	case e.role == pollText && (e.tag == atom.Div):
		if s := strings.TrimSpace(string(m.text[pollText])); s != "" && len(m.extra) < maxParts {
			m.extra = append(m.extra, s)
		}
		m.text[pollText] = m.text[pollText][:0]
	case e.role == bodyText && e.kind != "" && e.kind != emoji:
		b := m.text[bodyText]
		if e.tag == atom.Blockquote || e.tag == atom.Pre {
			defer m.lineEnd()
		}
		if e.from >= len(b) || len(m.entities) == maxParts {
			return
		}
		text := string(b[e.from:])
		if e.kind == "text_link" {
			switch {
			case strings.HasPrefix(text, "#"):
				e.kind, e.target = "hashtag", ""
			case strings.HasPrefix(text, "@"):
				e.kind, e.target = "mention", ""
			case e.target == text || strings.TrimSuffix(e.target, "/") == strings.TrimSuffix(text, "/"):
				e.kind, e.target = "link", ""
			}
		}
		m.entities = append(m.entities, record.Entity{Kind: e.kind, Offset: e.from, Length: len(text), Target: e.target})
	}
}

// splitReaction reads "👍12": the count is what ends in digits. A rounded count
// ("1.2K") is not one.
func splitReaction(s string) (string, int64) {
	s = strings.TrimSpace(s)
	what := strings.TrimRight(s, "0123456789")
	n, _ := strconv.ParseInt(s[len(what):], 10, 64) //nolint:errcheck // 0 then
	if strings.HasSuffix(what, "K") || strings.HasSuffix(what, "M") {
		return strings.TrimSpace(strings.TrimRight(what, "KM.0123456789")), 0
	}
	return strings.TrimSpace(what), n
}

func (m *post) attach(kind string) {
	if len(m.media) < maxParts {
		m.media = append(m.media, record.Media{Kind: kind, Omitted: "shown on the page and not captured with it"})
	}
}

// lineEnd begins a new line of the text, unless one has just begun.
func (m *post) lineEnd() {
	if b := m.text[bodyText]; len(b) > 0 && b[len(b)-1] != '\n' {
		m.add(bodyText, "\n")
	}
}

func (m *post) add(r role, s string) {
	if r == noRole || r == ignored {
		return
	}
	if len(m.text[r])+len(s) > format.MaxText {
		m.long = true
		return
	}
	m.text[r] = append(m.text[r], s...)
}

// words takes text. Line ends of the page's source are white space; those of
// the post are tags.
func (m *post) words(raw []byte) {
	e := m.parent()
	if e.role == noRole || e.role == ignored {
		return
	}
	s := string(raw)
	if strings.ToValidUTF8(s, "") != s {
		m.badUTF8 = true
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if !e.pre && strings.ContainsAny(s, "\n\r\t") {
		joined := strings.Join(strings.Fields(s), " ")
		if b := m.text[e.role]; joined != "" && strings.TrimLeft(s, " \n\r\t") != s && len(b) > 0 && b[len(b)-1] != '\n' {
			joined = " " + joined
		}
		if joined != "" && strings.TrimRight(s, " \n\r\t") != s {
			joined += " "
		}
		s = joined
	}
	m.add(e.role, s)
}

func (m *post) string(r role) string { return strings.TrimSpace(string(m.text[r])) }

// end delivers a post.
func (p *pageReader) end(m *post, at int, cut bool) error {
	p.posts++
	for i := len(m.open) - 1; i >= 0; i-- {
		m.closed(m.open[i])
	}
	src := record.Source{Name: m.string(ownerName), Type: record.Channel, Platform: "telegram", Sequential: true, Key: "telegram-user:" + strings.ToLower(m.channel)}
	if m.number > 0 {
		src.Key = "telegram:" + strconv.FormatInt(m.number, 10)
	}
	if src.Name == "" {
		src.Name = m.channel
	}
	if m.group {
		src.Type = record.Group
	}
	r := record.Reading{
		Kind: record.Post, ExternalID: m.id, Span: record.Span{Offset: m.at, Length: int64(at) - m.at}, Posted: m.posted,
		ReplyTo: m.reply, Media: m.media, Reactions: m.reactions, URL: "https://t.me/" + m.channel + "/" + m.id,
	}
	if m.service {
		r.Kind = record.Service
	}
	flag := func(f record.Flag) { r.Flags = append(r.Flags, f) }

	// White space at both ends is no part of a message, so it is taken off and
	// what stands at places in the text with it.
	body := strings.TrimRight(string(m.text[bodyText]), " \n\r\t")
	text := strings.TrimLeft(body, " \n\r\t")
	lead := len(body) - len(text)
	for _, e := range m.entities {
		begin, end := max(e.Offset-lead, 0), min(e.Offset+e.Length-lead, len(text))
		if end > begin {
			e.Offset, e.Length = begin, end-begin
			r.Entities = append(r.Entities, e)
		}
	}
	r.Text = text
	for _, s := range m.extra {
		if r.Text != "" {
			r.Text += "\n"
		}
		r.Text += s
	}
	if n, err := strconv.ParseInt(m.string(views), 10, 64); err == nil { // not "12.5K"
		r.Views = n
	}
	for i := range r.Media {
		if r.Media[i].Kind == "file" {
			r.Media[i].Name = m.string(fileName)
		}
	}
	switch name, signed := m.string(authorName), m.string(signature); {
	case name != "" && name != src.Name:
		r.Sender = record.Party{Name: name, Person: true}
	case signed != "":
		r.Sender = record.Party{Name: signed, Person: true}
	}
	if m.forwarded {
		r.Forward = &record.Forward{From: record.Party{Name: m.string(forwardName)}, ID: m.original}
		flag(record.FlagForwardByName)
	}
	switch {
	case cut:
		flag(record.FlagTruncated)
	case m.hidden && r.Text == "" && len(r.Media) == 0, m.long:
		flag(record.FlagUnknownParts)
	}
	if m.badUTF8 {
		flag(record.FlagInvalidUTF8)
	}
	if language.HasBidiControls(src.Name) || language.HasBidiControls(r.Sender.Name) {
		flag(record.FlagBidiControls)
	}
	if !p.theirs {
		// Another site's page: it is that site which says so.
		r.ExternalID = "t.me/" + m.channel + "/" + m.id
		return p.out.Reading(&r)
	}
	if src.Key != p.source {
		if err := p.out.Source(src); err != nil {
			return err
		}
		p.source = src.Key
	}
	return p.out.Reading(&r)
}
