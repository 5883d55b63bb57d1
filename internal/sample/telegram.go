package sample

import (
	"strconv"
	"time"
)

// notIncluded is what Telegram Desktop writes in place of a path when the user
// left this kind of file out.
const notIncluded = "(File not included. Change data exporting settings to download.)"

// message is one entry of "messages". Strings in parts are already escaped
// for JSON, all others are not.
type message struct {
	id           int64
	date, edited int64 // seconds since 1970; edited 0 is never

	action   string // service message when set
	title    string // edit_group_title, create_channel
	pinned   int64  // pin_message
	members  []string
	from     string // also the actor of a service message
	fromID   string
	author   string
	fwdFrom  string
	fwdID    string
	replyTo  int64
	photo    string // path or the sentence for a missing file
	photoLen int64
	w, h     int
	file     string
	fileName string
	fileLen  int64
	fileType string // media_type
	mime     string
	seconds  int
	poll     *poll

	parts     []part
	reactions []reaction
}

type part struct {
	kind string // "plain" or an entity type
	text []byte // escaped
	href string
}

type poll struct {
	question string
	closed   bool
	answers  []answer
}

type answer struct {
	text   string
	voters int
}

type reaction struct {
	emoji string
	count int
}

// spaces is longer than any indentation of an export.
const spaces = "                "

// layout writes JSON exactly as Telegram Desktop does: an object's members in
// the order of its source, ": " after a name, one blank of indentation for
// each level.
type layout struct {
	b    []byte
	deep int
	zone *time.Location
	// Offset of zone and until when it holds: looking it up costs more than
	// writing a date.
	offset int64
	from   int64
	until  int64
}

func (l *layout) line() {
	l.b = append(l.b, '\n')
	l.b = append(l.b, spaces[:l.deep]...)
}

func (l *layout) open(c byte) {
	l.b = append(l.b, c)
	l.deep++
}

func (l *layout) close(c byte) {
	l.deep--
	l.line()
	l.b = append(l.b, c)
}

// name begins a member. first leaves out the comma.
func (l *layout) name(name string, first bool) {
	if !first {
		l.b = append(l.b, ',')
	}
	l.line()
	l.b = append(l.b, '"')
	l.b = append(l.b, name...)
	l.b = append(l.b, '"', ':', ' ')
}

func (l *layout) num(name string, v int64) {
	l.name(name, false)
	l.b = strconv.AppendInt(l.b, v, 10)
}

func (l *layout) str(name, v string) {
	if v == "" {
		return
	}
	l.name(name, false)
	l.quote(v)
}

func (l *layout) quote(v string) {
	l.b = append(l.b, '"')
	l.b = appendEscaped(l.b, v)
	l.b = append(l.b, '"')
}

func (l *layout) date(name string, sec int64) {
	l.name(name, false)
	if sec < l.from || sec >= l.until {
		t := time.Unix(sec, 0).In(l.zone)
		_, off := t.Zone()
		l.offset, l.from, l.until = int64(off), sec, sec+1
		// The offset holds for the whole hour around sec in every zone
		// whose rules change on quarter hours.
		if q := sec - sec%900; sec >= 0 {
			l.from, l.until = q, q+900
		}
	}
	l.b = append(l.b, '"')
	l.b = time.Unix(sec+l.offset, 0).UTC().AppendFormat(l.b, "2006-01-02T15:04:05")
	l.b = append(l.b, '"')
}

func (l *layout) unix(name string, sec int64) {
	l.name(name, false)
	l.b = append(l.b, '"')
	l.b = strconv.AppendInt(l.b, sec, 10)
	l.b = append(l.b, '"')
}

// message writes m as an array element.
func (l *layout) message(m *message) {
	l.line()
	l.open('{')
	l.name("id", true)
	l.b = strconv.AppendInt(l.b, m.id, 10)
	if m.action != "" {
		l.str("type", "service")
	} else {
		l.str("type", "message")
	}
	l.date("date", m.date)
	l.unix("date_unixtime", m.date)
	if m.edited != 0 {
		l.date("edited", m.edited)
		l.unix("edited_unixtime", m.edited)
	}
	if m.action != "" {
		l.str("actor", m.from)
		l.str("actor_id", m.fromID)
		l.str("action", m.action)
		if m.pinned != 0 {
			l.num("message_id", m.pinned)
		}
		l.str("title", m.title)
		if m.members != nil {
			l.name("members", false)
			l.open('[')
			for i, s := range m.members {
				if i > 0 {
					l.b = append(l.b, ',')
				}
				l.line()
				l.quote(s)
			}
			l.close(']')
		}
	} else {
		l.str("from", m.from)
		l.str("from_id", m.fromID)
		l.str("author", m.author)
		l.str("forwarded_from", m.fwdFrom)
		l.str("forwarded_from_id", m.fwdID)
		if m.replyTo != 0 {
			l.num("reply_to_message_id", m.replyTo)
		}
	}
	l.media(m)
	l.text(m.parts)
	l.reactions(m.reactions)
	l.close('}')
}

func (l *layout) media(m *message) {
	if m.photo != "" {
		l.str("photo", m.photo)
		l.num("photo_file_size", m.photoLen)
		l.num("width", int64(m.w))
		l.num("height", int64(m.h))
	}
	if m.file != "" {
		l.str("file", m.file)
		l.str("file_name", m.fileName)
		l.num("file_size", m.fileLen)
		l.str("media_type", m.fileType)
		l.str("mime_type", m.mime)
		if m.seconds != 0 {
			l.num("duration_seconds", int64(m.seconds))
		}
		if m.w != 0 {
			l.num("width", int64(m.w))
			l.num("height", int64(m.h))
		}
	}
	if m.poll == nil {
		return
	}
	total := 0
	for _, a := range m.poll.answers {
		total += a.voters
	}
	l.name("poll", false)
	l.open('{')
	l.name("question", true)
	l.quote(m.poll.question)
	l.name("closed", false)
	l.b = strconv.AppendBool(l.b, m.poll.closed)
	l.num("total_voters", int64(total))
	l.name("answers", false)
	l.open('[')
	for i, a := range m.poll.answers {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.line()
		l.open('{')
		l.name("text", true)
		l.quote(a.text)
		l.num("voters", int64(a.voters))
		l.name("chosen", false)
		l.b = append(l.b, "false"...)
		l.close('}')
	}
	l.close(']')
	l.close('}')
}

// text writes "text", a string unless it has entities, and "text_entities",
// which repeats it.
func (l *layout) text(parts []part) {
	l.name("text", false)
	switch {
	case len(parts) == 0:
		l.b = append(l.b, `""`...)
	case len(parts) == 1 && parts[0].kind == "plain":
		l.raw(parts[0].text)
	default:
		l.open('[')
		for i := range parts {
			if i > 0 {
				l.b = append(l.b, ',')
			}
			l.line()
			if parts[i].kind == "plain" {
				l.raw(parts[i].text)
			} else {
				l.entity(&parts[i])
			}
		}
		l.close(']')
	}
	l.name("text_entities", false)
	if len(parts) == 0 {
		l.b = append(l.b, `[]`...)
		return
	}
	l.open('[')
	for i := range parts {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.line()
		l.entity(&parts[i])
	}
	l.close(']')
}

func (l *layout) raw(text []byte) {
	l.b = append(l.b, '"')
	l.b = append(l.b, text...)
	l.b = append(l.b, '"')
}

func (l *layout) entity(p *part) {
	l.open('{')
	l.name("type", true)
	l.quote(p.kind)
	l.name("text", false)
	l.raw(p.text)
	l.str("href", p.href)
	l.close('}')
}

func (l *layout) reactions(list []reaction) {
	if len(list) == 0 {
		return
	}
	l.name("reactions", false)
	l.open('[')
	for i, r := range list {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		l.line()
		l.open('{')
		l.name("type", true)
		l.quote("emoji")
		l.num("count", int64(r.count))
		l.str("emoji", r.emoji)
		l.close('}')
	}
	l.close(']')
}

// chat opens a chat: its members up to the messages.
func (l *layout) chat(name, kind string, id int64) {
	l.open('{')
	l.name("name", true)
	l.quote(name)
	l.str("type", kind)
	l.num("id", id)
	l.name("messages", false)
	l.open('[')
}

func (l *layout) endChat() {
	l.close(']')
	l.close('}')
}

// appendEscaped escapes as Telegram Desktop does, but for other control
// characters, which it writes as invalid "\x0N"; here they are left out.
func appendEscaped[T string | []byte](b []byte, s T) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c >= ' ':
			b = append(b, c)
		}
	}
	return b
}
