package telegramexport

import (
	"bytes"

	"dalil/internal/format"
	"dalil/internal/record"
)

// lookAheadFactor bounds the bytes read twice for chats that name themselves
// behind their messages, in multiples of the file's size.
const lookAheadFactor = 2

// lookAhead finds what a chat says about itself behind its messages. The pos
// is behind the bracket of the messages; it does not move.
func (r *reader) lookAhead(ch *chat) {
	if r.looked > lookAheadFactor*r.w.size {
		return
	}
	from := r.w.offset()
	ahead := reader{w: newWindow(r.w.ctx, r.w.r, r.w.size, from), problems: problems{out: silent{}}}
	e := extent{depth: 1}
	e.arrays[0] = 1
	for {
		n, o := e.scan(ahead.w.buf[ahead.w.pos:])
		ahead.w.pos += n
		if o == closed {
			break
		}
		if o == broken || !ahead.w.more() {
			r.looked += ahead.w.offset() - from
			return
		}
	}
	late := *ch
	for {
		c, ok := ahead.w.next()
		if c == ',' {
			ahead.w.pos++
			continue
		}
		if !ok || c != '"' {
			break
		}
		key, ok := ahead.text()
		if !ok {
			break
		}
		if c, ok = ahead.w.next(); !ok || c != ':' {
			break
		}
		ahead.w.pos++
		if c, ok = ahead.w.next(); !ok {
			break
		}
		before := ahead.w.offset()
		switch key {
		case "id", "name", "type":
			if c == '{' || c == '[' {
				c = 0
				break
			}
			_ = ahead.about(&late, key, c) // a string or number: cannot fail
		default:
			if c == '{' || c == '[' {
				if ahead.pass(new(extent)) != closed {
					c = 0
				}
			} else {
				_ = ahead.skip(c, nil) // a string or number: cannot fail
			}
		}
		if c == 0 || ahead.w.offset() == before {
			break
		}
	}
	r.looked += ahead.w.offset() - from
	ch.id, ch.name, ch.typ = late.id, late.name, late.typ
}

// maxHeader is how much of an object is looked at to recognise it.
const maxHeader = 4096

// resync moves on to the next place where a message or a chat begins; if there
// is none, the rest of the file is lost. Inside of strings quotes are escaped,
// so the beginnings looked for cannot be text. At a chat the stack is set
// anew: which brackets were open before does not matter any more.
func (r *reader) resync() {
	w := r.w
	w.mark = -1
	for {
		i := bytes.IndexByte(w.buf[w.pos:], '{')
		if i < 0 {
			w.pos = len(w.buf)
			if !w.more() {
				r.lost = true
				return
			}
			continue
		}
		w.pos += i
		b := w.ahead(maxHeader)
		if startsMessage(b) {
			return
		}
		if startsChat(b) {
			if len(r.stack) > 0 {
				r.stack = append(r.stack[:0], frame{place: inRoot, chat: &chat{}}, frame{place: inDialogs}, frame{place: inList})
			}
			r.resumed, r.resumedAt = true, w.offset()
			return
		}
		w.pos++
	}
}

// recover is resync outside of a list of messages: a message found belongs to
// ch or, without it, to a chat that nothing is known of.
func (r *reader) recover(ch *chat) error {
	r.resync()
	if r.lost || r.resumed {
		r.resumed = false
		return nil
	}
	if ch == nil {
		ch = &chat{}
		r.push(inChat, ch)
		r.roots = max(r.roots, 1)
	}
	return r.messages(ch)
}

// findMessage returns where in b a message begins, or -1.
func findMessage(b []byte) int {
	for i := 0; ; i++ {
		j := bytes.IndexByte(b[i:], '{')
		if j < 0 {
			return -1
		}
		if i += j; startsMessage(b[i:]) {
			return i
		}
	}
}

// startsMessage reports whether b begins as Telegram Desktop's messages do:
// an object with a number as "id", then a known "type".
func startsMessage(b []byte) bool {
	i := member(b, 1, "id")
	if i < 0 {
		return false
	}
	from := i
	for i < len(b) && (b[i] >= '0' && b[i] <= '9' || b[i] == '-') {
		i++
	}
	if i == from {
		return false
	}
	if i = skipSpace(b, i); i >= len(b) || b[i] != ',' {
		return false
	}
	i = member(b, i+1, "type")
	return i >= 0 && oneOf(b[i:], "message", "service", "unsupported")
}

// startsChat reports whether b begins as chats do: with a known "type", and a
// "name" before it unless the chat has none.
func startsChat(b []byte) bool {
	at := 1
	if i := member(b, 1, "name"); i >= 0 {
		v, end := readValue(b, i)
		if v.kind != '"' && v.kind != 'n' {
			return false
		}
		if end = skipSpace(b, end); end >= len(b) || b[end] != ',' {
			return false
		}
		at = end + 1
	}
	i := member(b, at, "type")
	return i >= 0 && oneOf(b[i:], chatTypes...)
}

// member returns the index of the value of the member key, if it is the one
// that stands at i; else -1. An object must begin at b.
func member(b []byte, i int, key string) int {
	if len(b) == 0 || b[0] != '{' {
		return -1
	}
	i = skipSpace(b, i)
	if i+len(key)+2 > len(b) || b[i] != '"' || string(b[i+1:i+1+len(key)]) != key || b[i+1+len(key)] != '"' {
		return -1
	}
	if i = skipSpace(b, i+len(key)+2); i >= len(b) || b[i] != ':' {
		return -1
	}
	return skipSpace(b, i+1)
}

// oneOf reports whether b begins with one of the strings, in quotes.
func oneOf(b []byte, words ...string) bool {
	for _, w := range words {
		if n := len(w); len(b) > n+1 && b[0] == '"' && string(b[1:n+1]) == w && b[n+1] == '"' {
			return true
		}
	}
	return false
}

// silent is a sink for what is looked at only.
type silent struct{ format.Sink }

func (silent) Problem(record.Problem) {}
