package fourcat

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/record"
)

// The parts of a Telethon message that are read. 4CAT leaves out what it
// cannot serialise and changes types between versions, so that everything that
// may be more than one thing is kept raw.
type (
	peer struct {
		Type    string          `json:"_type"`
		Channel json.RawMessage `json:"channel_id"`
		Chat    json.RawMessage `json:"chat_id"`
		User    json.RawMessage `json:"user_id"`
		Chats   []account       `json:"chats"` // 4CAT's "resolve references"
		Users   []account       `json:"users"`
	}
	account struct {
		Type      string          `json:"_type"`
		ID        json.RawMessage `json:"id"`
		Username  string          `json:"username"`
		Title     string          `json:"title"`
		First     string          `json:"first_name"`
		Last      string          `json:"last_name"`
		Broadcast *bool           `json:"broadcast"`
		Megagroup *bool           `json:"megagroup"`
	}
	forward struct {
		From       json.RawMessage `json:"from_id"`
		Name       string          `json:"from_name"`
		Date       json.RawMessage `json:"date"`
		Post       json.RawMessage `json:"channel_post"`
		PostAuthor string          `json:"post_author"`
	}
	media struct {
		Type    string `json:"_type"`
		Webpage struct {
			URL string `json:"url"`
		} `json:"webpage"`
		Document struct {
			Mime       string          `json:"mime_type"`
			Size       json.RawMessage `json:"size"`
			Attributes []struct {
				Type     string          `json:"_type"`
				Name     string          `json:"file_name"`
				Width    json.RawMessage `json:"w"`
				Height   json.RawMessage `json:"h"`
				Duration json.RawMessage `json:"duration"`
				Voice    bool            `json:"voice"`
				Round    bool            `json:"round_message"`
			} `json:"attributes"`
		} `json:"document"`
	}
	entity struct {
		Type   string          `json:"_type"`
		Offset int             `json:"offset"`
		Length int             `json:"length"`
		URL    string          `json:"url"`
		User   json.RawMessage `json:"user_id"`
	}
)

// message reads the object, raw or flat; false when it is none.
func (o object) message(set format.Settings) (chat, *record.Reading, bool) {
	if _, raw := o.fields["message"]; !raw && o.fields["action"] == nil {
		if o.fields["body"] == nil && o.fields["thread_id"] == nil {
			return chat{}, nil, false
		}
		c, r := flat(func(names ...string) string {
			for _, n := range names {
				if s := text(o.fields[n]); s != "" {
					return s
				}
			}
			return ""
		}, set)
		return c, r, true
	}
	if o.fields["id"] == nil && o.fields["date"] == nil {
		return chat{}, nil, false
	}
	c, r := o.raw(set)
	return c, r, true
}

// raw reads a Telethon message.
func (o object) raw(set format.Settings) (chat, *record.Reading) {
	r := &record.Reading{Kind: record.Post, ExternalID: messageID(text(o.fields["id"]))}
	if text(o.fields["_type"]) == "MessageService" || o.fields["action"] != nil && string(o.fields["action"]) != "null" {
		r.Kind = record.Service
		var action struct {
			Type string `json:"_type"`
		}
		o.read(r, "action", &action)
		r.Title = words(strings.TrimPrefix(action.Type, "MessageAction"))
	}
	c := o.chat(r)
	r.Text = clip(r, text(o.fields["message"]))
	r.Posted, r.Edited = o.when(r, "date", set), o.when(r, "edit_date", set)
	r.Views = max(0, number(o.fields["views"]))
	r.Reactions = o.reactions(r)
	r.Entities = o.entities(r)
	var reply struct {
		ID json.RawMessage `json:"reply_to_msg_id"`
	}
	o.read(r, "reply_to", &reply)
	if n := number(reply.ID); n != 0 {
		r.ReplyTo = strconv.FormatInt(n, 10)
	}
	r.Sender = o.sender(r, c)
	r.Forward = o.forward(r, set)
	o.media(r)
	if isUsername(c.username) && r.ExternalID != "" {
		r.URL = "https://t.me/" + c.username + "/" + r.ExternalID
	}
	return c, r
}

// maxMember bounds a member that is no text: decoded, it may take thirty times
// the memory.
const maxMember = 1 << 20

// read decodes a member; a part of another type than expected is flagged and
// the others are kept.
func (o object) read(r *record.Reading, name string, v any) {
	if raw := o.fields[name]; raw != nil {
		if len(raw) > maxMember {
			flag(r, record.FlagUnknownParts)
			return
		}
		if err := json.Unmarshal(raw, v); err != nil {
			flag(r, record.FlagUnknownParts)
		}
	}
}

func (o object) chat(r *record.Reading) chat {
	var p, full peer
	var a account
	o.read(r, "peer_id", &p)
	o.read(r, "_chat", &a)
	o.read(r, "_chat_peer", &full)
	c := chat{id: number(p.Channel), username: a.Username, name: a.Title}
	switch {
	case c.id != 0:
	case number(p.Chat) != 0:
		c.id, c.basic = number(p.Chat), true
	case number(p.User) != 0:
		c.id, c.private = number(p.User), true
	default:
		if c.id = number(full.Channel); c.id == 0 {
			c.id = number(a.ID)
		}
	}
	c.id = bareID(c.id)
	for _, b := range full.Chats {
		if c.username == "" && (bareID(number(b.ID)) == c.id || len(full.Chats) == 1) {
			c.username, c.name = b.Username, b.Title
		}
	}
	if c.private && c.name == "" {
		c.name = strings.TrimSpace(a.First + " " + a.Last)
	}
	c.group = a.Megagroup != nil && *a.Megagroup || a.Broadcast != nil && !*a.Broadcast && a.Megagroup == nil && !c.private
	bidi(r, c.name)
	return c
}

func (o object) when(r *record.Reading, name string, set format.Settings) record.When {
	return when(r, o.fields[name], set)
}

// when reads seconds since 1970 or a readable time.
func when(r *record.Reading, raw json.RawMessage, set format.Settings) record.When {
	s := text(raw)
	w := whenUnix(s)
	if !w.Known() {
		if w = whenText(s, set.Zone); w.NoZone {
			flag(r, record.FlagNoZone)
		}
	}
	return w
}

// sender reads who wrote: in a channel the channel itself, which is no news.
func (o object) sender(r *record.Reading, c chat) record.Party {
	var from peer
	var a account
	o.read(r, "from_id", &from)
	o.read(r, "_sender", &a)
	name := strings.TrimSpace(a.First + " " + a.Last)
	for _, s := range []string{a.Title, a.Username} {
		if name == "" {
			name = s
		}
	}
	bidi(r, name)
	user, channel := number(from.User), number(from.Channel)
	if user == 0 && channel == 0 {
		switch id := number(a.ID); {
		case a.Type == "User" || a.First != "" || a.Last != "":
			user = id
		case id != 0 && (a.Title != "" || a.Type == "Channel" || a.Type == "Chat"):
			channel = bareID(id)
		case bareID(id) != c.id:
			user = id
		}
	}
	switch {
	case user != 0:
		return record.Party{ID: "user" + strconv.FormatInt(user, 10), Name: name, Person: true}
	case channel != 0 && channel != c.id:
		return record.Party{ID: "channel" + strconv.FormatInt(channel, 10), Name: name}
	}
	if signed := text(o.fields["post_author"]); signed != "" {
		return record.Party{Name: signed, Person: true}
	}
	return record.Party{}
}

// forward reads the forward header: whom, which message, when.
func (o object) forward(r *record.Reading, set format.Settings) *record.Forward {
	raw := o.fields["fwd_from"]
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var h forward
	var from peer
	var named struct {
		Chat account `json:"_chat"`
	}
	o.read(r, "fwd_from", &h)
	o.read(r, "_forward", &named)
	if len(h.From) > 0 && h.From[0] == '{' && len(h.From) <= maxMember {
		if err := json.Unmarshal(h.From, &from); err != nil {
			flag(r, record.FlagUnknownParts)
		}
	}
	f := &record.Forward{Posted: when(r, h.Date, set), From: record.Party{Name: h.Name}}
	switch channel, user, group := number(from.Channel), number(from.User), number(from.Chat); {
	case channel != 0:
		f.From.ID = "channel" + strconv.FormatInt(bareID(channel), 10)
		for _, a := range append(from.Chats, named.Chat) {
			if f.From.Name == "" && (number(a.ID) == 0 || bareID(number(a.ID)) == bareID(channel)) {
				if f.From.Name = a.Title; f.From.Name == "" {
					f.From.Name = a.Username
				}
			}
		}
		if post := number(h.Post); post != 0 {
			f.ID = strconv.FormatInt(post, 10)
		}
	case group != 0:
		f.From.ID = "chat" + strconv.FormatInt(bareID(group), 10)
	case user != 0:
		f.From.ID, f.From.Person = "user"+strconv.FormatInt(user, 10), true
		for _, a := range from.Users {
			if f.From.Name == "" && number(a.ID) == user {
				f.From.Name = strings.TrimSpace(a.First + " " + a.Last)
			}
		}
	case f.From.Name != "":
		f.From.Person = true // hidden accounts are forwarded by name
		flag(r, record.FlagForwardByName)
	}
	bidi(r, f.From.Name)
	return f
}

func (o object) reactions(r *record.Reading) []record.Reaction {
	raw := o.fields["reactions"]
	if len(raw) > 0 && raw[0] == '"' {
		out, ok := reactions(text(raw))
		if !ok {
			flag(r, record.FlagUnknownParts)
		}
		return out
	}
	var all struct {
		Results []struct {
			Reaction json.RawMessage `json:"reaction"`
			Count    json.RawMessage `json:"count"`
		} `json:"results"`
	}
	o.read(r, "reactions", &all)
	var out []record.Reaction
	for _, x := range all.Results {
		var what struct {
			Emoticon string          `json:"emoticon"`
			Document json.RawMessage `json:"document_id"`
			Type     string          `json:"_type"`
		}
		name := text(x.Reaction)
		if len(x.Reaction) > 0 && x.Reaction[0] == '{' && json.Unmarshal(x.Reaction, &what) == nil {
			switch {
			case what.Emoticon != "":
				name = what.Emoticon
			case what.Document != nil:
				name = "custom emoji " + text(what.Document)
			default:
				name = words(strings.TrimPrefix(what.Type, "Reaction"))
			}
		}
		if n := number(x.Count); name != "" && n > 0 {
			out = append(out, record.Reaction{What: name, Count: n})
		}
	}
	return out
}

// entities turns offsets in UTF-16 units into bytes of the text. What lies
// outside it is dropped and flagged.
func (o object) entities(r *record.Reading) []record.Entity {
	var all []entity
	o.read(r, "entities", &all)
	if len(all) == 0 {
		return nil
	}
	place := offsets(r.Text)
	var out []record.Entity
	for _, e := range all {
		if e.Offset < 0 || e.Length <= 0 || e.Length > len(place) || e.Offset >= len(place) || e.Offset+e.Length >= len(place) {
			flag(r, record.FlagUnknownParts)
			continue
		}
		from, to := place[e.Offset], place[e.Offset+e.Length]
		x := record.Entity{Kind: entityKind(e.Type), Offset: int(from), Length: int(to - from), Target: e.URL}
		if n := number(e.User); n != 0 {
			x.Target = "user" + strconv.FormatInt(n, 10)
		}
		out = append(out, x)
	}
	return out
}

// offsets gives the byte offset of every UTF-16 unit of s, and of its end.
func offsets(s string) []int32 {
	out := make([]int32, 0, len(s)+1)
	for i, c := range s {
		for range max(1, utf16.RuneLen(c)) {
			out = append(out, int32(i))
		}
	}
	return append(out, int32(len(s)))
}

// entityKind turns Telethon's class name into the word Telegram Desktop's
// exports use, so that both read alike.
func entityKind(class string) string {
	kind := strings.TrimPrefix(class, "MessageEntity")
	switch kind {
	case "Url":
		return "link"
	case "TextUrl":
		return "text_link"
	case "Strike":
		return "strikethrough"
	}
	return strings.ReplaceAll(words(kind), " ", "_")
}

// words splits a class name: "ChatEditTitle" is "chat edit title".
func words(class string) string {
	var b strings.Builder
	for i, c := range class {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b.WriteByte(' ')
			}
			c |= 0x20
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (o object) media(r *record.Reading) {
	raw := o.fields["media"]
	if len(raw) == 0 || raw[0] != '{' {
		return
	}
	var m media
	o.read(r, "media", &m)
	out := record.Media{Omitted: mediaElsewhere}
	switch m.Type {
	case "MessageMediaEmpty", "":
		return
	case "MessageMediaWebPage":
		if m.Webpage.URL != "" {
			r.Refs = append(r.Refs, m.Webpage.URL)
		}
		return
	case "MessageMediaDocument":
		out.Kind, out.Type, out.Size = "file", m.Document.Mime, max(0, number(m.Document.Size))
		for _, a := range m.Document.Attributes {
			if a.Name != "" {
				out.Name = a.Name
			}
			if n := number(a.Width); n > 0 && n < 1<<20 {
				out.Width = int(n)
			}
			if n := number(a.Height); n > 0 && n < 1<<20 {
				out.Height = int(n)
			}
			if n := number(a.Duration); n > 0 && n < 1<<31 {
				out.Seconds = int(n)
			}
			switch strings.TrimPrefix(a.Type, "DocumentAttribute") {
			case "Video":
				out.Kind = "video"
			case "Audio":
				out.Kind = "audio"
				if a.Voice {
					out.Kind = "voice"
				}
			case "Sticker":
				out.Kind = "sticker"
			case "Animated":
				out.Kind = "animation"
			}
		}
		bidi(r, out.Name)
	default:
		out.Kind = strings.ReplaceAll(words(strings.TrimPrefix(m.Type, "MessageMedia")), " ", "_")
	}
	r.Media = append(r.Media, out)
}

// text reads a string, or a number as it is written; "" for anything else.
func text(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		if !utf8.ValidString(s) {
			s = strings.ToValidUTF8(s, "\uFFFD")
		}
		return s
	case c == '-' || c >= '0' && c <= '9':
		return string(raw)
	}
	return ""
}

// number reads a whole number, also from a string or a float; 0 when there is
// none.
func number(raw json.RawMessage) int64 {
	s := text(raw)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f < -1<<53 || f > 1<<53 {
			return 0
		}
		n = int64(f)
	}
	return n
}
