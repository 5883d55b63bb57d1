package telegramexport

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/atom"

	"dalil/internal/format"
	"dalil/internal/record"
)

// A page holds what has been read of one message of an HTML page.
type page struct {
	id      string // "" outside of messages
	at      int64
	service bool
	joined  bool // shown under the sender of the message before

	texts     [roles][]byte
	entities  []record.Entity
	posted    string
	forwarded bool
	original  string // time of the original
	reply     string
	media     []record.Media
	class     string // of the media being read
	reactions []record.Reaction
	userpics  int64 // people shown for one reaction
	extra     []string
	d         defects
	unknown   bool

	r   record.Reading
	fwd record.Forward
}

func (m *page) begin(id string, at int64, service, joined bool) {
	texts, r := m.texts, m.r
	for i := range texts {
		texts[i] = texts[i][:0]
	}
	*m = page{id: id, at: at, service: service, joined: joined, texts: texts, r: r,
		entities: m.entities[:0], media: m.media[:0], reactions: m.reactions[:0], extra: m.extra[:0]}
	if id == "" {
		m.id, m.unknown = "?", true
	}
}

// add appends text to a role. The pretty-printing around it is taken off at
// the end; a line break of the text itself is a <br>.
func (m *page) add(r role, b []byte) {
	if r == bodyText && len(m.texts[r]) == 0 {
		b = bytes.TrimLeft(b, " \n\r\t")
	}
	if len(m.texts[r])+len(b) > format.MaxText {
		m.d |= tooLong
		return
	}
	m.texts[r] = appendValid(m.texts[r], b, &m.d)
}

func (m *page) text(r role) string { return string(bytes.TrimSpace(m.texts[r])) }

// inside takes a tag inside of a message and sets what its text is.
func (p *pageReader) inside(e *element, is func(string) bool, href, title, onclick string) {
	m := &p.m
	if e.role == bodyText || e.role == serviceText {
		e.from = len(m.texts[e.role])
		e.kind, e.link = entityOf(e.tag, is, href, onclick)
		if e.role == serviceText && e.tag == atom.A && m.reply == "" {
			m.reply = answered(href)
		}
		return
	}
	switch {
	case m.service && is("body"):
		e.role = serviceText
	case is("forwarded") && is("body"):
		m.forwarded = true
	case is("date") && is("details"):
		e.role = noRole
		if m.forwarded {
			m.original = title
		} else {
			m.posted = title
		}
	case is("from_name"):
		e.role = fromName
		if m.forwarded {
			e.role = forwardName
		}
	case is("text") && !is("bold"):
		e.role = bodyText
		if len(m.texts[bodyText]) > 0 { // two texts in a message: as two paragraphs
			m.texts[bodyText] = append(bytes.TrimRight(m.texts[bodyText], " \n\r\t"), '\n')
		}
	case is("reply_to"):
		e.role = replyTo
	case e.role == replyTo && e.tag == atom.A:
		m.reply = answered(href)
	case is("photo_wrap"):
		m.attach("photo", href)
	case is("video_file_wrap"):
		m.attach("video", href)
	case is("animated_wrap"):
		m.attach("animation", href)
	case is("sticker_wrap"):
		m.attach("sticker", href)
	case is("video_duration"):
		e.role = mediaStatus
	case is("media_poll"):
		e.role = noRole
	case is("question"), is("answer"):
		e.role = pollText
	case e.role == pollText && is("details"):
		e.role = noRole
	case is("media"):
		m.generic(is, href)
	case m.class != "" && is("title"):
		e.role = mediaTitle
	case m.class != "" && is("description"):
		e.role = mediaDescription
	case m.class != "" && is("status"):
		e.role = mediaStatus
	case is("signature"):
		e.role = signature
	case is("reaction"):
		m.texts[reactionEmoji], m.texts[reactionCount], m.userpics = m.texts[reactionEmoji][:0], m.texts[reactionCount][:0], 0
		e.kind = "reaction"
	case is("emoji"):
		e.role = reactionEmoji
	case is("count"):
		e.role = reactionCount
	case is("userpic"):
		m.userpics++
		e.role = noRole
	}
}

// answered reads the message number of a link like
// "messages2.html#go_to_message17".
func answered(href string) string {
	_, id, ok := strings.Cut(href, "#go_to_message")
	if _, err := strconv.ParseInt(id, 10, 64); !ok || err != nil {
		return ""
	}
	return id
}

// entityOf tells what a tag inside of a text means, in the words of the JSON
// export, and what is behind it.
func entityOf(tag atom.Atom, is func(string) bool, href, onclick string) (kind, link string) {
	switch tag {
	case atom.Strong, atom.B:
		return "bold", ""
	case atom.Em, atom.I:
		return "italic", ""
	case atom.Code:
		return "code", ""
	case atom.Pre:
		return "pre", ""
	case atom.U:
		return "underline", ""
	case atom.S, atom.Del:
		return "strikethrough", ""
	case atom.Blockquote:
		return "blockquote", ""
	case atom.Span:
		if is("spoiler") {
			return "spoiler", ""
		}
	case atom.A:
		for _, k := range [...][2]string{{"ShowHashtag", "hashtag"}, {"ShowBotCommand", "bot_command"}, {"ShowMentionName", "mention_name"},
			{"ShowCashtag", "cashtag"}, {"ShowNotLoadedEmoji", "custom_emoji"}, {"ShowNotAvailableEmoji", "custom_emoji"}} {
			if strings.Contains(onclick, k[0]) {
				return k[1], ""
			}
		}
		switch {
		case strings.HasPrefix(href, "mailto:"):
			return "email", ""
		case strings.HasPrefix(href, "tel:"):
			return "phone", ""
		case href != "":
			return "text_link", href
		}
	}
	return "", ""
}

// closeElement takes the end of an element inside of a message.
func (p *pageReader) closeElement(e element) {
	m := &p.m
	switch {
	case e.kind == "reaction":
		one := record.Reaction{What: m.text(reactionEmoji), Count: m.userpics}
		if n, err := strconv.ParseInt(m.text(reactionCount), 10, 64); err == nil {
			one.Count = n
		}
		if one.What != "" && len(m.reactions) < maxParts {
			m.reactions = append(m.reactions, one)
		}
	case e.role == pollText && (e.tag == atom.Div):
		if s := m.text(pollText); s != "" && len(m.extra) < maxParts {
			m.extra = append(m.extra, s)
		}
		m.texts[pollText] = m.texts[pollText][:0]
	case e.role == bodyText && e.kind != "":
		b := m.texts[bodyText]
		if e.from >= len(b) || len(m.entities) == maxParts {
			return
		}
		text := string(b[e.from:])
		if e.kind == "text_link" {
			switch {
			case e.link == text:
				e.kind, e.link = "link", ""
			case strings.HasPrefix(text, "@") && strings.HasSuffix(e.link, "/"+text[1:]):
				e.kind, e.link = "mention", ""
			case !strings.Contains(e.link, ":"):
				e.kind = "custom_emoji"
			}
		}
		m.entities = append(m.entities, record.Entity{Kind: e.kind, Offset: e.from, Length: len(text), Target: e.link})
	}
}

// attach notes a file that is in the export.
func (m *page) attach(kind, href string) {
	if len(m.media) < maxParts {
		m.media = append(m.media, record.Media{Kind: kind, Path: href})
		m.class = kind
	}
}

// generic notes what is shown with a title and a line below it: a file left
// out of the export, a document, a card.
func (m *page) generic(is func(string) bool, href string) {
	for _, c := range [...]string{"media_photo", "media_video", "media_voice_message", "media_audio_file", "media_file", "media_contact",
		"media_location", "media_live_location", "media_venue", "media_game", "media_invoice", "media_call"} {
		if is(c) {
			m.class = c
		}
	}
	if len(m.media) == maxParts {
		m.unknown = true
		return
	}
	switch m.class {
	case "media_photo":
		m.media = append(m.media, record.Media{Kind: "photo", Path: href})
	case "media_video":
		m.media = append(m.media, record.Media{Kind: "video", Path: href})
	case "media_voice_message":
		m.media = append(m.media, record.Media{Kind: "voice", Path: href})
	case "media_audio_file":
		m.media = append(m.media, record.Media{Kind: "audio", Path: href})
	case "media_file":
		m.media = append(m.media, record.Media{Kind: "file", Path: href})
	case "":
		m.class, m.unknown = "media", true
	}
}

// describe completes the media with its title, duration and the reason for
// its absence. Cards become text as in the JSON export: not their telephone
// numbers and coordinates.
func (m *page) describe() {
	title, description, status := m.text(mediaTitle), m.text(mediaDescription), m.text(mediaStatus)
	switch m.class {
	case "media_contact":
		m.extra = append(m.extra, "contact shared")
	case "media_location", "media_live_location", "media_venue":
		m.extra = append(m.extra, "location shared")
	case "media_game", "media_invoice":
		for _, s := range []string{title, description} {
			if s != "" {
				m.extra = append(m.extra, s)
			}
		}
	case "media_call":
		m.extra = append(m.extra, strings.TrimSpace("call "+strings.ToLower(status)))
	}
	if len(m.media) == 0 {
		return
	}
	f := &m.media[len(m.media)-1]
	switch title {
	case "Animation":
		f.Kind = "animation"
	case "Sticker":
		f.Kind = "sticker"
	case "Video message":
		f.Kind = "video_message"
	}
	if m.class == "media_file" && title != "File" {
		f.Name = title
	}
	f.Seconds = duration(status)
	if f.Path == "" {
		if f.Omitted = description; description == "" {
			f.Omitted = strings.TrimSpace(title + " " + status) // "Self-destructing photo Expired"
		}
	}
}

// duration reads "1:02:03" or "02:03", with or without a size behind it.
func duration(status string) (seconds int) {
	status, _, _ = strings.Cut(status, ",")
	if !strings.Contains(status, ":") {
		return 0
	}
	for _, part := range strings.Split(status, ":") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > 999 || seconds > 1<<20 {
			return 0
		}
		seconds = 60*seconds + n
	}
	return seconds
}

// dateLine reads "26 February 2021", the line above the messages of a day. It
// has a negative number of its own.
func (m *page) dateLine(zone *time.Location) (record.When, bool) {
	if !m.service || !strings.HasPrefix(m.id, "-") {
		return record.When{}, false
	}
	s := m.text(serviceText)
	if s == "No exported messages" {
		return record.When{}, true
	}
	t, err := time.ParseInLocation("2 January 2006", s, zone)
	return record.When{Unix: t.Unix(), Precision: record.ToDay, NoZone: true}, err == nil
}

// reading makes the reading of the message; nil if it says nothing.
func (p *pageReader) reading() *record.Reading {
	m := &p.m
	r := &m.r
	*r = record.Reading{Kind: record.Post, Flags: r.Flags[:0], Reactions: m.reactions}
	flag := func(f record.Flag) { r.Flags = append(r.Flags, f) }
	if _, err := strconv.ParseInt(m.id, 10, 64); err == nil {
		r.ExternalID = m.id
		if n, _ := strconv.ParseInt(m.id, 10, 64); p.ids.add(n) {
			flag(record.FlagDuplicateID)
		}
	} else {
		m.unknown = true
	}
	r.ReplyTo = m.reply
	m.describe()
	r.Media = m.media

	text := bytes.TrimRight(m.texts[bodyText], " \n\r\t")
	for _, e := range m.entities {
		e.Length = min(e.Length, len(text)-e.Offset)
		if e.Length > 0 {
			r.Entities = append(r.Entities, e)
		}
	}
	r.Text = string(text)
	for _, s := range m.extra {
		if r.Text != "" {
			r.Text += "\n"
		}
		r.Text += s
	}

	if m.service {
		r.Kind = record.Service
		r.Posted = p.day
		if r.Posted.Known() {
			flag(record.FlagNoZone)
		}
		var known bool
		if r.Text, r.Sender.Name, known = serviceLine(m.text(serviceText), strings.TrimSpace(p.header)); !known {
			m.unknown = true
		}
		r.Sender.Person = r.Sender.Name != ""
		if title := renamedLine(m.text(serviceText)); title != "" {
			r.Facts = append(r.Facts, record.Fact{Kind: record.FactTitle, Value: title, At: record.NoSeconds})
		}
	} else {
		r.Posted = p.when(m.posted, flag)
		p.parties(r, flag)
	}
	if len(r.Text)+len(r.Media) == 0 && len(r.Reactions) == 0 && m.posted == "" && !m.service {
		p.problems.add(m.at, m.id, exportAgain, "message %s at byte %d has neither text nor time", m.id, m.at)
		return nil
	}
	if hasBidiControls(r.Sender.Name) || len(r.Media) > 0 && (hasBidiControls(r.Media[0].Name) || hasBidiControls(r.Media[0].Path)) {
		flag(record.FlagBidiControls)
	}
	if m.d&badUTF8 != 0 {
		flag(record.FlagInvalidUTF8)
	}
	if m.d&tooLong != 0 {
		p.problems.add(m.at, m.id, "look at it with another program; all of it stays in the archive",
			"the text of message %s at byte %d is longer than %d MiB; the beginning was taken", m.id, m.at, format.MaxText>>20)
	}
	if m.unknown || m.d&tooLong != 0 {
		flag(record.FlagUnknownParts)
	}
	return r
}

// parties says who sent the message and where it was forwarded from.
func (p *pageReader) parties(r *record.Reading, flag func(record.Flag)) {
	m := &p.m
	if name := withoutBot(m.text(fromName)); name != "" {
		p.sender = record.Party{Name: name, Person: true}
		if name == strings.TrimSpace(p.header) {
			p.sender = record.Party{} // the chat itself
		}
	} else if !m.joined {
		p.sender = record.Party{}
	}
	r.Sender = p.sender
	if s := m.text(signature); s != "" && r.Sender == (record.Party{}) {
		r.Sender = record.Party{Name: s, Person: true}
	}
	if !m.forwarded {
		return
	}
	if name := withoutBot(m.text(forwardName)); name != "" {
		p.forward = record.Party{Name: name}
	}
	m.fwd = record.Forward{From: p.forward}
	if m.original != "" {
		m.fwd.Posted = p.when(m.original, func(record.Flag) {})
	}
	r.Forward = &m.fwd
	flag(record.FlagForwardByName)
}

// withoutBot takes " via @bot" off a name.
func withoutBot(name string) string {
	name, _, _ = strings.Cut(name, " via @")
	return strings.TrimSpace(name)
}

// when reads "26.02.2021 14:03:11 UTC+03:00"; versions before 2022 did not
// write the zone.
func (p *pageReader) when(s string, flag func(record.Flag)) record.When {
	const layout = "02.01.2006 15:04:05"
	if s == "" {
		return record.When{}
	}
	if t, err := time.Parse(layout+" UTC-07:00", s); err == nil {
		return record.At(t)
	}
	t, err := time.ParseInLocation(layout, s, p.in.Zone)
	if err != nil {
		p.m.unknown = true
		return record.When{}
	}
	flag(record.FlagNoZone)
	w := record.At(t)
	w.NoZone = true
	return w
}
