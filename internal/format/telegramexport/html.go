package telegramexport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"dalil/internal/format"
	"dalil/internal/record"
)

// A pageReader walks one page of an HTML export, tag by tag. It keeps the
// elements open inside of the message it is in and nothing else, so that a
// page of any size and nesting costs the same.
type pageReader struct {
	ctx      context.Context
	in       format.Input
	out      format.Sink
	problems problems

	z  *html.Tokenizer
	at int64 // byte at which the current token begins

	header   string // the name of the chat, or of the list
	list     bool   // a list of contacts, sessions and the like, not a chat
	personal bool   // the summary page with the account's own data
	entries  int    // of such a list
	whole    bool   // the page was closed
	declared bool   // the source was

	open []element // inside of the header or of a message
	deep int       // elements open beyond those kept
	m    page
	ids  idSet
	day  record.When // of the last date line

	sender  record.Party // of the last message, for those joined to it
	forward record.Party
}

// An element is an open element; its text goes to a role.
type element struct {
	tag  atom.Atom
	role role
	from int    // entities: where in the text it begins
	kind string // entities: what it is
	link string
}

// role says what the text in an element is.
type role uint8

const (
	noRole role = iota
	headerText
	serviceText
	fromName
	forwardName
	bodyText
	replyTo
	mediaTitle
	mediaDescription
	mediaStatus
	pollText
	signature
	reactionEmoji
	reactionCount
	roles
)

// maxOpen is how deep elements are followed inside of a message.
const maxOpen = format.MaxDepth

func readHTML(ctx context.Context, in format.Input, out format.Sink) error {
	p := pageReader{ctx: ctx, in: in, out: out, problems: problems{out: out}}
	head := make([]byte, min(in.Size, 4))
	if n, _ := in.R.ReadAt(head, 0); utf16Order(head[:n]) != "" {
		p.problems.add(0, "", "convert it first: iconv -f UTF-16 -t UTF-8", "the page is %s text; Telegram Desktop writes UTF-8, so another program has rewritten it", utf16Order(head))
		return nil
	}
	err := p.page()
	p.problems.flush()
	return err
}

func (p *pageReader) page() error {
	p.start(0)
	for n := 0; ; n++ {
		if n%1024 == 0 {
			if err := p.ctx.Err(); err != nil {
				return err
			}
		}
		t := p.z.Next()
		raw := int64(len(p.z.Raw()))
		if t == html.ErrorToken {
			again, err := p.stopped(raw)
			if again {
				continue
			}
			return err
		}
		var err error
		switch t {
		case html.StartTagToken, html.SelfClosingTagToken:
			err = p.startTag(t == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := p.z.TagName()
			err = p.endTag(atom.Lookup(name), p.at+raw)
		case html.TextToken:
			p.text(p.z.Text())
		}
		if err != nil {
			return err
		}
		p.at += raw
	}
}

// start sets the tokenizer on byte at.
func (p *pageReader) start(at int64) {
	p.at = at
	p.z = html.NewTokenizer(bufio.NewReaderSize(io.NewSectionReader(p.in.R, at, p.in.Size-at), int(min(p.in.Size-at, 256<<10))))
	p.z.SetMaxBuf(maxMessage)
}

// stopped is called when there is no further token. It reports whether to go
// on: behind a tag too large to be held, at the next message.
func (p *pageReader) stopped(raw int64) (again bool, err error) {
	switch err := p.z.Err(); {
	case errors.Is(err, html.ErrBufferExceeded):
		p.problems.add(p.at, p.m.id, "look at it with another program; it stays in the archive",
			"at byte %d stands a piece of more than %d MiB; read on at the next message", p.at, maxMessage>>20)
		p.open, p.deep, p.m = p.open[:0], 0, page{}
		w := newWindow(p.ctx, p.in.R, p.in.Size, p.at+1)
		for {
			b := w.ahead(windowSize / 2)
			if i := bytes.Index(b, []byte(`<div class="message`)); i >= 0 {
				p.start(w.offset() + int64(i))
				return true, nil
			}
			w.pos += max(len(b)-len(`<div class="message`), 1)
			if w.pos >= len(w.buf) {
				w.pos = len(w.buf)
				if !w.more() {
					return false, w.err
				}
			}
		}
	case !errors.Is(err, io.EOF):
		return false, record.WithHint(fmt.Errorf("read at byte %d: %w", p.at, err), "check the disk or copy the file again")
	}
	p.ended(p.at + raw)
	return false, nil
}

// ended closes the books at the end of the file.
func (p *pageReader) ended(at int64) {
	switch {
	case p.list:
		p.notTaken()
	case p.personal:
		p.out.Skipped(ownerData["personal_information"], 1)
	}
	switch {
	case p.whole:
	case p.in.Size == 0:
		p.problems.add(0, "", askForWhole, "the file is empty")
	case p.m.id != "":
		p.problems.add(p.in.Size, p.m.id, askForWhole, "the page ends inside message %s, at byte %d", p.m.id, p.in.Size)
	default:
		p.problems.add(p.in.Size, "", askForWhole, "the page ends before it is complete, at byte %d", p.in.Size)
	}
}

// listNames are the headers of the lists of a whole account's export.
var listNames = map[string]string{
	"Contacts":          "contacts",
	"Frequent contacts": "frequent_contacts",
	"Sessions":          "sessions",
	"Web sessions":      "web_sessions",
	"Profile pictures":  "profile_pictures",
	"Stories archive":   "stories",
}

func (p *pageReader) notTaken() {
	if name := listNames[strings.TrimSpace(p.header)]; name != "" {
		p.out.Skipped(ownerData[name], p.entries)
	}
}

// attrs reads the attributes that matter.
func (p *pageReader) attrs() (class, id, href, title, onclick string) {
	for {
		k, v, more := p.z.TagAttr()
		dst := (*string)(nil)
		switch string(k) {
		case "class":
			dst = &class
		case "id":
			dst = &id
		case "href":
			dst = &href
		case "title":
			dst = &title
		case "onclick":
			dst = &onclick
		}
		if dst != nil && len(v) <= maxShort {
			*dst = string(appendValid(nil, v, &p.m.d))
		}
		if !more {
			return
		}
	}
}

// unclosed delivers the message that is open, if any, although its end was not
// seen.
func (p *pageReader) unclosed() error {
	if p.m.id == "" {
		return nil
	}
	p.problems.add(p.m.at, p.m.id, exportAgain, "message %s at byte %d is not closed; it was read up to where the next thing begins", p.m.id, p.m.at)
	p.m.unknown = true
	p.open, p.deep = p.open[:0], 0
	return p.deliver(p.at)
}

func (p *pageReader) startTag(empty bool) error {
	name, _ := p.z.TagName()
	tag := atom.Lookup(name)
	class, id, href, title, onclick := p.attrs()
	classes := strings.Fields(class)
	is := func(c string) bool { return slices.Contains(classes, c) }

	if tag == atom.Div && is("message") && strings.HasPrefix(id, "message") {
		if err := p.unclosed(); err != nil {
			return err
		}
		p.open, p.deep = p.open[:0], 0
		p.m.begin(strings.TrimPrefix(id, "message"), p.at, is("service"), is("joined"))
		p.open = append(p.open, element{tag: tag})
		return nil
	}
	switch tag {
	case atom.Img, atom.Br, atom.Meta, atom.Link, atom.Hr, atom.Input:
		if tag == atom.Br && p.m.id != "" {
			p.text([]byte("\n"))
		}
		return nil
	}
	if empty {
		return nil
	}
	if p.m.id == "" {
		p.outside(tag, is)
		return nil
	}
	if len(p.open) == maxOpen {
		p.deep++
		p.m.unknown = true
		return nil
	}
	e := element{tag: tag, role: p.role()}
	p.inside(&e, is, href, title, onclick)
	p.open = append(p.open, e)
	return nil
}

// role is that of the innermost open element.
func (p *pageReader) role() role {
	if len(p.open) == 0 {
		return noRole
	}
	return p.open[len(p.open)-1].role
}

// outside takes a tag outside of messages.
func (p *pageReader) outside(tag atom.Atom, is func(string) bool) {
	switch {
	case is("page_header"):
		p.open = append(p.open[:0], element{tag: tag})
	case len(p.open) > 0 && len(p.open) < maxOpen:
		e := element{tag: tag, role: p.role()}
		if is("text") {
			e.role = headerText
		}
		p.open = append(p.open, e)
	case is("list_page"):
		p.list = true
	case is("personal_info"):
		p.personal = true
	case p.list && is("entry"):
		p.entries++
	}
}

func (p *pageReader) endTag(tag atom.Atom, end int64) error {
	if tag == atom.Html {
		p.whole = true
	}
	if tag == atom.Html || tag == atom.Body {
		if err := p.unclosed(); err != nil {
			return err
		}
	}
	if p.deep > 0 {
		p.deep--
		return nil
	}
	i := len(p.open) - 1
	for i >= 0 && p.open[i].tag != tag {
		i--
	}
	if i < 0 {
		return nil // closes nothing that is open
	}
	for j := len(p.open) - 1; j >= i; j-- {
		p.closeElement(p.open[j])
	}
	p.open = p.open[:i]
	if i == 0 && p.m.id != "" {
		return p.deliver(end)
	}
	return nil
}

// text takes the text of the innermost element.
func (p *pageReader) text(b []byte) {
	r := p.role()
	switch {
	case r == noRole:
	case r == headerText:
		if len(p.header) < maxShort {
			p.header = strings.TrimLeft(p.header+string(appendValid(nil, b, &p.m.d)), " \n\t\r")
		}
	default:
		p.m.add(r, b)
	}
}

// deliver hands on the message that ends before byte end.
func (p *pageReader) deliver(end int64) error {
	m := &p.m
	defer func() { m.id = "" }()
	if day, ok := m.dateLine(p.in.Zone); ok {
		p.day = day
		return nil
	}
	r := p.reading()
	if r == nil {
		return nil
	}
	r.Span = record.Span{Offset: m.at, Length: end - m.at}
	if !p.declared {
		p.declared = true
		if name := strings.TrimSpace(p.header); name != "" {
			s := record.Source{Key: nameKey(name), Name: name, Type: record.Group, Platform: "telegram"}
			if r.Sender == (record.Party{}) && r.Kind == record.Post || strings.HasPrefix(r.Text, "Channel ") && r.Kind == record.Service {
				s.Type = record.Channel
			}
			if err := p.out.Source(s); err != nil {
				return err
			}
		}
	}
	return p.out.Reading(r)
}
