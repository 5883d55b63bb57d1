package fourcat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/record"
)

// maxLine bounds a line, and with it the memory a line can cost.
const maxLine = format.MaxText

func matchNDJSON(h format.Head) int {
	line, _, whole := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(h.Bytes, []byte("\uFEFF")), " \t\r\n"), []byte{'\n'})
	if !bytes.HasPrefix(line, []byte{'{'}) {
		return 0
	}
	has := func(name string) bool { return bytes.Contains(line, []byte(`"`+name+`"`)) }
	sure := 0
	switch {
	case has("message") && has("date") && (has("peer_id") || has("_chat") || has("_chat_peer")):
		sure = 92
	case has("body") && has("thread_id") && has("unix_timestamp"):
		sure = 90
	}
	if sure > 0 && !whole && int64(len(h.Bytes)) >= h.Size && !json.Valid(line) {
		return 40 // one line, and no JSON
	}
	return sure
}

func readNDJSON(ctx context.Context, in format.Input, out format.Sink) error {
	br := bufio.NewReaderSize(io.NewSectionReader(in.R, 0, in.Size), 256<<10)
	src := sources{out: out}
	problems := format.Problems{Out: out}
	var line []byte
	for at, number := int64(0), 1; ; number++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		var n int64
		var err error
		line, n, err = nextLine(br, line[:0])
		if n == 0 && errors.Is(err, io.EOF) {
			problems.Close()
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		start := at
		at += n
		text := line
		if start == 0 {
			text = bytes.TrimPrefix(text, []byte("\uFEFF"))
		}
		if len(bytes.TrimSpace(text)) == 0 && n <= maxLine {
			continue
		}
		problem := func(what string) {
			problems.Tell(record.Problem{Offset: start, What: fmt.Sprintf("line %d %s", number, what), Remedy: "compare the line with the original data set"})
		}
		if n > maxLine {
			problem(fmt.Sprintf("is longer than %d MiB and was passed over", maxLine>>20))
			continue
		}
		m, err := readObject(text)
		if err != nil && len(m.fields) == 0 {
			problem(fmt.Sprintf("is no JSON object: %v", err))
			continue
		}
		if err != nil {
			problem(fmt.Sprintf("is broken JSON: %v; what stands before it was read", err))
		}
		c, r, ok := m.message(in.Settings)
		if !ok {
			problem("holds no message")
			continue
		}
		if err != nil {
			flag(r, record.FlagTruncated)
		}
		if m.twice {
			flag(r, record.FlagDuplicateKey)
		}
		if !utf8.Valid(text) {
			flag(r, record.FlagInvalidUTF8)
		}
		if loneSurrogate(text) {
			flag(r, record.FlagLoneSurrogate)
		}
		r.Span = record.Span{Offset: start, Length: n}
		if err := src.set(c); err != nil {
			return err
		}
		if err := out.Reading(r); err != nil {
			return err
		}
	}
}

// nextLine reads a line with its end into buf and returns how long it is. Of a
// line longer than maxLine it keeps nothing.
func nextLine(br *bufio.Reader, buf []byte) (line []byte, n int64, err error) {
	for {
		part, err := br.ReadSlice('\n')
		n += int64(len(part))
		if n <= maxLine {
			buf = append(buf, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return buf, n, err
		}
	}
}

// object is a JSON object with its known members as they stand.
type object struct {
	fields map[string]json.RawMessage
	twice  bool // a known member was there twice; the last one counts
}

// known are the members that are read; the others cost nothing.
var known = map[string]bool{
	"id": true, "message": true, "date": true, "edit_date": true, "views": true, "reactions": true, "media": true, "entities": true,
	"peer_id": true, "from_id": true, "fwd_from": true, "reply_to": true, "post_author": true, "action": true, "_chat": true, "_chat_peer": true,
	"_sender": true, "_forward": true, "_type": true, "thread_id": true, "chat": true, "body": true, "timestamp": true, "unix_timestamp": true,
	"timestamp_edited": true, "unix_timestamp_edited": true, "author": true, "author_username": true, "author_name": true,
	"author_forwarded_from_id": true, "author_forwarded_from_name": true, "author_forwarded_from_username": true,
	"timestamp_forwarded_from": true, "unix_timestamp_forwarded_from": true, "link_attached": true, "attachment_type": true, "attachment_filename": true,
}

// readObject finds the members of the object in line, up to the first fault.
// Members that are not read are passed over without being looked into.
func readObject(line []byte) (object, error) {
	o := object{fields: make(map[string]json.RawMessage, 16)}
	i := space(line, 0)
	if i == len(line) || line[i] != '{' {
		return o, errors.New("it does not begin with {")
	}
	for i = space(line, i+1); i < len(line) && line[i] != '}'; {
		if line[i] != '"' {
			return o, fmt.Errorf("no member name at byte %d", i)
		}
		from := i + 1
		i = skipString(line, i)
		if i > len(line) {
			return o, errCut
		}
		name := line[from : i-1]
		if i = space(line, i); i == len(line) {
			return o, errCut
		}
		if line[i] != ':' {
			return o, fmt.Errorf("no colon at byte %d", i)
		}
		from = space(line, i+1)
		if i = skipValue(line, from); i > len(line) {
			return o, errCut
		}
		if known[string(name)] {
			v := bytes.TrimRight(line[from:i], " \t\r\n")
			if !json.Valid(v) {
				return o, fmt.Errorf("the value of %q at byte %d is broken", name, from)
			}
			if _, twice := o.fields[string(name)]; twice {
				o.twice = true
			}
			o.fields[string(name)] = v
		}
		if i = space(line, i); i < len(line) && line[i] == ',' {
			i = space(line, i+1)
		} else if i < len(line) && line[i] != '}' {
			return o, fmt.Errorf("no comma at byte %d", i)
		}
	}
	if i >= len(line) {
		return o, errCut
	}
	if i = space(line, i+1); i < len(line) {
		return o, errors.New("something follows the object")
	}
	return o, nil
}

var errCut = errors.New("the line ends inside it")

// space returns where the white space at i ends.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// skipString returns the place behind the string that begins at i; more than
// the length of b when it does not end.
func skipString(b []byte, i int) int {
	for i++; i < len(b); {
		q := bytes.IndexByte(b[i:], '"')
		if q < 0 {
			break
		}
		back := 0
		for back < q && b[i+q-1-back] == '\\' {
			back++
		}
		if i += q + 1; back%2 == 0 {
			return i
		}
	}
	return len(b) + 1
}

// skipValue returns the place behind the value that begins at i; more than the
// length of b when it does not end.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = skipString(b, i); depth == 0 || i > len(b) {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(b) + 1
}

// loneSurrogate reports whether text has a \uD800 escape without its other
// half.
func loneSurrogate(text []byte) bool {
	for i := 0; ; {
		j := bytes.IndexByte(text[i:], '\\')
		if j < 0 || i+j+1 >= len(text) {
			return false
		}
		i += j
		if text[i+1] != 'u' {
			i += 2
			continue
		}
		switch v := unit(text[i:]); {
		case v >= 0xDC00 && v <= 0xDFFF:
			return true
		case v >= 0xD800 && v <= 0xDBFF:
			if low := unit(text[i+6:]); low < 0xDC00 || low > 0xDFFF {
				return true
			}
			i += 12
		default:
			i += 2
		}
	}
}

// unit reads the escape \uXXXX that b begins with; -1 when it is none.
func unit(b []byte) int {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	v := 0
	for _, c := range b[2:6] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			return -1
		}
		v = v<<4 | d
	}
	return v
}
