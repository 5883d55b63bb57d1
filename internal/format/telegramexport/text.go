package telegramexport

import (
	"bytes"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/record"
)

// maxParts bounds the formatted stretches, reactions and answers taken from
// one message; Telegram allows some hundreds.
const maxParts = 1 << 16

// A part is a stretch of text with one formatting, as written.
type part struct {
	text []byte
	kind []byte // nil: plain
	link []byte // URL or document id behind it
}

// body reads the text. Newer exports write it twice, as "text" and as
// "text_entities"; the entities are taken from the second if both say the same.
func (x *decoder) body() {
	text, ok := x.get(fText)
	if ok {
		x.parts = x.stretches(x.parts[:0], text)
	} else {
		x.parts = x.parts[:0]
	}
	entities, both := x.get(fTextEntities)
	if both {
		x.entities = x.stretches(x.entities[:0], entities)
		if !ok || sameRaw(x.parts, x.entities) || rawLen(x.parts) > format.MaxText || x.sameText(x.parts, x.entities) {
			x.compose(x.entities)
			return
		}
		x.flag(record.FlagTextConflict)
	}
	x.compose(x.parts)
}

// stretches reads a text in either of its forms: a string, or an array of strings
// and objects.
func (x *decoder) stretches(to []part, v value) []part {
	switch v.kind {
	case '"':
		return append(to, part{text: v.raw})
	case '[':
	default:
		x.unknown = true
		return to
	}
	m := walk(v, &x.d)
	for m.next() {
		if len(to) == maxParts {
			x.unknown = true
			break
		}
		switch m.val.kind {
		case '"':
			to = append(to, part{text: m.val.raw})
		case '{':
			to = append(to, x.part(m.val))
		default:
			x.unknown = true
		}
	}
	return to
}

func (x *decoder) part(v value) (p part) {
	var seen uint8
	m := walk(v, &x.d)
	for m.next() {
		if m.val.kind != '"' {
			continue // user_id, a number: a person's, not taken
		}
		switch string(m.key) {
		case "type":
			p.kind = m.val.raw
			x.once(&seen, 1)
		case "text":
			p.text = m.val.raw
			x.once(&seen, 2)
		case "href", "document_id":
			p.link = m.val.raw
			x.once(&seen, 4)
		}
	}
	if m.fail || seen&2 == 0 {
		x.unknown = true
	}
	if string(p.kind) == "plain" {
		p.kind = nil
	}
	return p
}

// sameRaw reports whether two texts are the same, stretch by stretch, as
// written. It is the usual case and saves decoding the text twice.
func sameRaw(a, b []part) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i].text, b[i].text) {
			return false
		}
	}
	return true
}

func rawLen(parts []part) (n int) {
	for _, p := range parts {
		n += len(p.text)
	}
	return n
}

// fitting cuts raw to what may still be taken into the text, before it is
// decoded: a bomb should not be unfolded to be thrown away.
func (x *decoder) fitting(raw []byte) []byte {
	room := max(format.MaxText-len(x.text), 0)
	if len(raw) <= room {
		return raw
	}
	x.d |= tooLong
	for room > 0 && !utf8.RuneStart(raw[room]) {
		room--
	}
	return raw[:room-backslashes(raw[:room])%2]
}

func (x *decoder) sameText(a, b []part) bool {
	if rawLen(b) > format.MaxText { // and a is not
		return false
	}
	x.text, x.scratch = x.text[:0], x.scratch[:0]
	for _, p := range a {
		x.text = unquote(x.text, p.text, &x.d)
	}
	for _, p := range b {
		x.scratch = unquote(x.scratch, p.text, &x.d)
	}
	same := bytes.Equal(x.text, x.scratch)
	x.text = x.text[:0]
	return same
}

// compose makes the text and its entities of parts.
func (x *decoder) compose(parts []part) {
	for _, p := range parts {
		from := len(x.text)
		x.text = unquote(x.text, x.fitting(p.text), &x.d)
		if p.kind == nil || len(x.text) == from {
			continue
		}
		e := record.Entity{Kind: entityKind(p.kind), Offset: from, Length: len(x.text) - from}
		if p.link != nil {
			x.scratch = unquote(x.scratch[:0], p.link, &x.d)
			e.Target = string(x.scratch)
		}
		if e.Kind == "" {
			x.scratch = unquote(x.scratch[:0], p.kind, &x.d)
			e.Kind = x.names.get(x.scratch).text
		}
		x.r.Entities = append(x.r.Entities, e)
	}
}

// entityKind returns the usual kinds without making a string.
func entityKind(b []byte) string {
	switch string(b) {
	case "link":
		return "link"
	case "text_link":
		return "text_link"
	case "mention":
		return "mention"
	case "hashtag":
		return "hashtag"
	case "bold":
		return "bold"
	case "italic":
		return "italic"
	}
	return ""
}

// paragraph appends a line that is no part of the message's own text, like a
// poll's question.
func (x *decoder) paragraph(line ...[]byte) {
	if len(x.text) > 0 {
		x.text = append(x.text, '\n')
	}
	for _, b := range line {
		x.text = append(x.text, b...)
	}
}

// plain decodes a text in either form, without entities. The bytes are valid
// until the next call.
func (x *decoder) plain(v value) []byte {
	x.entities = x.stretches(x.entities[:0], v)
	x.scratch = x.scratch[:0]
	for _, p := range x.entities {
		x.scratch = unquote(x.scratch, x.fitting(p.text), &x.d)
	}
	return x.scratch
}
