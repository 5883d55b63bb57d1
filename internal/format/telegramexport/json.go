package telegramexport

import (
	"context"
	"strconv"

	"dalil/internal/format"
	"dalil/internal/record"
)

// A reader walks the skeleton of an export: the objects and arrays around the
// messages. It keeps a stack of where it is, and follows the structure only as
// far as it makes sense: a file that is broken in one place is read on at the
// next message or chat that can be recognised.
type reader struct {
	out      format.Sink
	settings format.Settings
	w        *window
	problems problems
	skipped  skips
	x        decoder

	stack     []frame
	roots     int   // top-level objects begun
	looked    int64 // bytes looked ahead for chats that name themselves late
	sourced   bool  // a source was declared
	lost      bool  // the rest of the file has been given up
	resumed   bool  // resync has just found a chat
	resumedAt int64 // where
}

// A frame is an object or array the reader is in.
type frame struct {
	place place
	chat  *chat // what the object says about itself
}

type place uint8

const (
	inRoot    place = iota // the outermost object: a chat or an account
	inDialogs              // "chats", "left_chats"
	inList                 // the array of chats
	inChat
)

// ownerData are the members of an account's export that are about the account,
// in the words of a user.
var ownerData = map[string]string{
	"personal_information": "personal information of the exporting account",
	"profile_pictures":     "profile pictures of the exporting account",
	"profile_music":        "profile music of the exporting account",
	"stories":              "stories of the exporting account",
	"contacts":             "contacts of the exporting account",
	"frequent_contacts":    "frequent contacts of the exporting account",
	"sessions":             "sessions of the exporting account",
	"web_sessions":         "web sessions of the exporting account",
	"other_data":           "other data of the exporting account",
	"ringtones":            "notification sounds of the exporting account",
}

const (
	skippedMessages = "messages of the exporting account's private chats"
	skippedChats    = "private chats of the exporting account"
)

// skips gathers what was not taken, in the order met.
type skips struct {
	what []string
	n    map[string]int
}

func (s *skips) add(what string, n int) {
	if s.n == nil {
		s.n = make(map[string]int)
	}
	if _, ok := s.n[what]; !ok {
		s.what = append(s.what, what)
	}
	s.n[what] += n
}

func (s *skips) report(out format.Sink) {
	for _, w := range s.what {
		out.Skipped(w, s.n[w])
	}
}

func readJSON(ctx context.Context, in format.Input, out format.Sink) error {
	r := reader{out: out, settings: in.Settings, w: newWindow(ctx, in.R, in.Size, 0), problems: problems{out: out}}
	r.x.zone = in.Zone
	err := r.file()
	if err == nil {
		err = r.w.err
	}
	r.problems.flush()
	r.skipped.report(out)
	return err
}

func (r *reader) file() error {
	head := r.w.ahead(4)
	if order := utf16Order(head); order != "" {
		r.problems.add(0, "", "convert it first: iconv -f UTF-16 -t UTF-8 result.json > result-utf8.json",
			"the file is %s text; Telegram Desktop writes UTF-8, so another program has rewritten it", order)
		return nil
	}
	if len(head) >= 3 && string(head[:3]) == string(utf8BOM) {
		r.w.pos += 3
	}
	for r.w.err == nil {
		c, ok := r.w.next()
		if !ok {
			break
		}
		if err := r.step(c); err != nil {
			return err
		}
	}
	if r.w.err == nil && !r.lost && (len(r.stack) > 0 || r.roots == 0) {
		r.cut("")
	}
	return nil
}

// cut reports that the file ends too early.
func (r *reader) cut(id string) {
	r.lost = true
	switch {
	case r.roots == 0 && r.w.size == 0:
		r.problems.add(0, "", askForWhole, "the file is empty")
	case id != "":
		r.problems.add(r.w.size, id, askForWhole, "the file ends inside message %s, at byte %d", id, r.w.size)
	default:
		r.problems.add(r.w.size, "", askForWhole, "the file ends before the export does, at byte %d", r.w.size)
	}
}

func (r *reader) push(p place, c *chat) { r.stack = append(r.stack, frame{p, c}) }
func (r *reader) pop()                  { r.stack = r.stack[:len(r.stack)-1] }

// step takes the next thing of the skeleton, which begins with c.
func (r *reader) step(c byte) error {
	at := r.w.offset()
	if len(r.stack) == 0 {
		switch {
		case c == '{':
			if r.roots > 0 && at != r.resumedAt {
				r.problems.add(at, "", "nothing to do: both were read", "a second export begins at byte %d of the same file", at)
			}
			r.roots++
			r.w.pos++
			r.push(inRoot, &chat{})
			return nil
		case r.roots > 0:
			r.problems.add(at, "", "nothing to do, but ask who has written to the file", "the export is complete, but more bytes follow from byte %d on", at)
		default:
			r.problems.add(at, "", "see whether this is a Telegram Desktop export at all", "the file does not begin with an export")
		}
		return r.recover(nil)
	}
	top := r.stack[len(r.stack)-1]
	switch {
	case c == ',':
		r.w.pos++
	case top.place == inList && c == '{':
		r.w.pos++
		r.push(inChat, &chat{})
	case top.place == inList && c == ']', top.place != inList && c == '}':
		r.w.pos++
		r.pop()
	case top.place == inList && r.null(c):
	case top.place != inList && c == '"':
		return r.member(top)
	default:
		r.problems.add(at, "", exportAgain, "%q at byte %d does not belong there; read on at the next message or chat", c, at)
		return r.recover(top.chat)
	}
	return nil
}

// member reads one member of an object of the skeleton.
func (r *reader) member(top frame) error {
	at := r.w.offset()
	key, ok := r.text()
	if !ok {
		return nil // the file ended
	}
	c, ok := r.w.next()
	if !ok {
		return nil
	}
	if c != ':' {
		r.problems.add(at, "", exportAgain, "the name %.40q at byte %d has no value", key, at)
		return nil
	}
	r.w.pos++
	if c, ok = r.w.next(); !ok {
		return nil
	}
	root, chat := top.place == inRoot, top.place == inRoot || top.place == inChat
	switch {
	case chat && key == "messages" && c == '[':
		r.w.pos++
		return r.messages(top.chat)
	case root && (key == "chats" || key == "left_chats") && (c == '{' || c == '['):
		r.w.pos++
		r.push(map[byte]place{'{': inDialogs, '[': inList}[c], nil)
		return nil
	case top.place == inDialogs && key == "list" && c == '[':
		r.w.pos++
		r.push(inList, nil)
		return nil
	case root && ownerData[key] != "":
		n, err := r.skipCounting(c)
		r.skipped.add(ownerData[key], n)
		return err
	case chat && (key == "id" || key == "name" || key == "type"):
		return r.about(top.chat, key, c)
	case c == '[' && startsMessage(r.element()), c == '[' && startsChat(r.element()):
		// The name of the list is damaged, what it holds is not.
		r.problems.add(at, "", exportAgain, "the list at byte %d is named %.40q but holds messages; they were read", at, key)
		r.w.pos++
		if chat && startsMessage(r.element()) {
			return r.messages(top.chat)
		}
		r.push(inList, nil)
		return nil
	}
	return r.skip(c, top.chat)
}

// about reads what a chat says about itself.
func (r *reader) about(ch *chat, key string, c byte) error {
	if c == '{' || c == '[' {
		return r.skip(c, ch)
	}
	var s string
	var ok bool
	if c == '"' {
		s, ok = r.text()
	} else {
		s, ok = r.scalar()
	}
	if !ok {
		return nil
	}
	switch {
	case key == "id":
		ch.id, _ = strconv.ParseInt(s, 10, 64)
	case s == "null" && c != '"':
	case key == "name":
		ch.name = s
	case key == "type":
		ch.typ = s
	}
	return nil
}

// maxShort is the longest name or number of the skeleton that is kept.
const maxShort = 64 << 10

// text reads the string at pos; false if the file ends in it. What is longer
// than maxShort is passed over and read as empty.
func (r *reader) text() (string, bool) {
	w := r.w
	w.pos++
	w.mark = w.pos
	defer func() { w.mark = -1 }()
	for i := w.pos; ; {
		i = special(w.buf, i)
		if i < len(w.buf) && w.buf[i] == '"' {
			w.pos = i + 1
			if w.mark < 0 {
				return "", true
			}
			var d defects
			return string(unquote(nil, w.buf[w.mark:i], &d)), true
		}
		n := 1
		if i < len(w.buf) && w.buf[i] == '\\' {
			n = 2
		}
		if i+n <= len(w.buf) && i < len(w.buf) {
			i += n
			continue
		}
		if w.mark >= 0 && i-w.mark > maxShort {
			w.mark = -1
		}
		w.pos = i
		if w.mark >= 0 {
			i -= w.mark
		} else {
			i = 0
		}
		if !w.more() {
			w.pos = len(w.buf)
			return "", false
		}
	}
}

// null takes the literal null; c is the byte at pos.
func (r *reader) null(c byte) bool {
	if b := r.w.ahead(4); c == 'n' && len(b) >= 4 && string(b[:4]) == "null" {
		r.w.pos += 4
		return true
	}
	return false
}

// element returns what is in the window of the first element of the array
// whose bracket is at or before pos.
func (r *reader) element() []byte {
	b := r.w.ahead(maxHeader)
	if len(b) > 0 && b[0] == '[' {
		b = b[1:]
	}
	return b[skipSpace(b, 0):]
}

// scalar reads a number or literal.
func (r *reader) scalar() (string, bool) {
	w := r.w
	b := w.ahead(64)
	i := 0
	for i < len(b) && classes[b[i]] == classSkip && b[i] > ' ' && b[i] != ',' && b[i] != ':' {
		i++
	}
	s := string(b[:i])
	if i == len(b) {
		w.pos = len(w.buf)
		return "", false
	}
	if i == 0 {
		at := w.offset()
		r.problems.add(at, "", exportAgain, "%q at byte %d is no value", b[0], at)
		w.pos++
	}
	w.pos += i
	return s, true
}

// skip passes over a value, however large. If it is broken, reading goes on
// with the next message, of ch, or chat.
func (r *reader) skip(c byte, ch *chat) error {
	switch c {
	case '"':
		_, _ = r.text()
		return nil
	case '{', '[':
		if r.pass(new(extent)) == broken {
			return r.recover(ch)
		}
		return nil
	}
	_, _ = r.scalar()
	return nil
}

// pass moves over a value with e, without keeping it, and tells how that
// ended. An unfinished value is one the file ends in.
func (r *reader) pass(e *extent) outcome {
	w := r.w
	for {
		n, o := e.scan(w.buf[w.pos:])
		w.pos += n
		if o == broken {
			r.problems.add(w.offset(), "", exportAgain, "byte %d cannot stand where it does; read on at the next message or chat", w.offset())
		}
		if o != unfinished || !w.more() {
			return o
		}
	}
}

// skipCounting passes over data of the exporting account and counts its
// items: the objects of an array or of an object's lists, or the one thing it
// is.
func (r *reader) skipCounting(c byte) (n int, err error) {
	if c != '{' && c != '[' {
		return 1, r.skip(c, nil)
	}
	items := 1 // depth at which they stand
	if c == '{' {
		items = 2
	}
	for depth := 0; ; {
		c, ok := r.w.next()
		if !ok {
			return n, nil
		}
		switch c {
		case '"':
			if _, ok := r.text(); !ok {
				return n, nil
			}
			continue
		case '{', '[':
			if depth == items && c == '{' {
				n++
			}
			depth++
		case '}', ']':
			depth--
		}
		r.w.pos++
		if depth == 0 {
			if items == 2 {
				n = max(n, 1)
			}
			return n, nil
		}
	}
}

// messages reads an array of messages; pos is behind its bracket.
func (r *reader) messages(ch *chat) error {
	if ch.id == 0 || ch.typ == "" {
		r.lookAhead(ch)
	}
	own := ch.own() && !r.settings.KeepOwner
	if own {
		r.skipped.add(skippedChats, 1)
		r.skipped.add(skippedMessages, 0)
	} else if src, ok := ch.source(); ok || r.sourced {
		if !ok { // not the source declared before, whoever it is
			src = record.Source{Key: nameKey(""), Name: "unknown chat", Type: record.Folder, Platform: "telegram"}
		}
		r.sourced = true
		if err := r.out.Source(src); err != nil {
			return err
		}
	}
	err := r.list(ch, own)
	if src, ok := ch.source(); ok && src.Sequential && err == nil && r.w.err == nil {
		ch.covered.report(r.out)
	}
	ch.covered = coverage{}
	return err
}

func (r *reader) list(ch *chat, own bool) error {
	for {
		c, ok := r.w.next()
		if !ok {
			return nil // the walk says so
		}
		at := r.w.offset()
		switch c {
		case ',':
			r.w.pos++
			continue
		case ']':
			r.w.pos++
			return nil
		case '{':
			if err := r.message(ch, own); err != nil {
				return err
			}
		case '}':
			r.problems.add(at, "", exportAgain, "the list of messages is closed by %q at byte %d", c, at)
			return nil
		default:
			if r.null(c) { // an erased message
				continue
			}
			r.problems.add(at, "", exportAgain, "no message begins at byte %d; read on at the next one", at)
			ch.covered.hole()
			r.resync()
		}
		if r.lost || r.resumed || r.w.err != nil {
			r.resumed = false
			return nil
		}
	}
}

// message reads the message object at pos and delivers it.
func (r *reader) message(ch *chat, own bool) error {
	w := r.w
	at := w.offset()
	e := extent{message: true}
	w.mark = w.pos
	defer func() { w.mark = -1 }()
	for {
		n, o := e.scan(w.buf[w.pos:])
		w.pos += n
		if o == unfinished && w.more() {
			continue
		}
		switch {
		case o == closed:
			return r.deliver(ch, own, at, w.buf[w.mark:w.pos], &e)
		case w.err != nil:
			return nil
		case o == broken, e.nested != 0 && !w.tooLong(): // or its end is missing, and so is the file's
			id := idAt(w.buf[w.mark:])
			r.problems.add(at, id, exportAgain, "message %s at byte %d is broken; read on at the next message", orUnknown(id), at)
			ch.covered.hole()
			w.seek(at + 1)
			r.resync()
			return nil
		case !w.tooLong():
			r.cut(orUnknown(idAt(w.buf[w.mark:])))
			return nil
		default:
			id := idAt(w.buf[w.mark:])
			r.problems.add(at, id, "look at it with another program; it stays in the archive",
				"message %s at byte %d is larger than %d MiB and was not read", orUnknown(id), at, maxMessage>>20)
			ch.covered.hole()
			w.mark = -1
			switch r.pass(&e) {
			case broken:
				r.resync()
			case unfinished:
				r.lost = true // the file ends in it
			}
			return nil
		}
	}
}

func orUnknown(id string) string {
	if id == "" {
		return "of unknown number"
	}
	return id
}

// deliver decodes the message object b and hands it on.
func (r *reader) deliver(ch *chat, own bool, at int64, b []byte, e *extent) error {
	if own {
		r.skipped.add(skippedMessages, 1)
		return nil
	}
	m, ok := r.x.decode(b, ch)
	if !ok {
		id := idAt(b)
		r.problems.add(at, id, exportAgain, "message %s at byte %d cannot be read", orUnknown(id), at)
		ch.covered.hole()
		if i := findMessage(b[1:]); i >= 0 { // its end is another's
			r.w.seek(at + 1 + int64(i))
		}
		return nil
	}
	if e.deep {
		r.x.flag(record.FlagUnknownParts)
	}
	m.Span = record.Span{Offset: at, Length: int64(len(b))}
	if id, ok := r.x.id(); ok {
		if ch.ids.add(id) {
			r.x.flag(record.FlagDuplicateID)
		}
		ch.covered.add(id)
	}
	if r.x.d&tooLong != 0 {
		r.problems.add(at, m.ExternalID, "look at it with another program; all of it stays in the archive",
			"the text of message %s at byte %d is longer than %d MiB; the beginning was taken", m.ExternalID, at, format.MaxText>>20)
	}
	return r.out.Reading(m)
}

// idAt reads the id of a message that may not be whole.
func idAt(b []byte) string {
	if !startsWithID(b) {
		return ""
	}
	i := skipSpace(b, skipSpace(b, 1)+len(`"id"`))
	if i >= len(b) || b[i] != ':' {
		return ""
	}
	i = skipSpace(b, i+1)
	j := i
	for j < len(b) && j-i < 20 && (b[j] >= '0' && b[j] <= '9' || b[j] == '-') {
		j++
	}
	if j == len(b) {
		return "" // may be cut
	}
	return string(b[i:j])
}
