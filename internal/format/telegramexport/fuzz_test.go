package telegramexport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dalil/internal/format"
)

// FuzzLexer holds the scanner against another one: on JSON that is valid, both
// must see the same names, strings and numbers.
func FuzzLexer(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, `{"a":1}`, `{"a":[1,-2.5e+7,true,false,null,"x"]}`, `["\u00e9\ud83d\ude00\n\"\\\/"]`, `{"":{"":[[[]]]}}`,
		`{"a\\":"\\\\"}`, `{ "id" : 1 ,"type": "message", "text" : [ { "type":"bold" , "text":"x" } ] }`, "[\"\u2028é\x7f\"]", `{"a":1,"a":2}`,
		`["\\\"{[", "]}"]`, `{"id":1,"x":{"id":2,"type":"message"}}`,
	} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		b = bytes.TrimSpace(b)
		want, ok := jsontextTokens(b)
		if !ok {
			return
		}
		if n, o := new(extent).scan(b); n != len(b) || o != closed {
			t.Fatalf("%q: ends at %d of %d, outcome %d", b, n, len(b), o)
		}
		// In pieces, the end must be the same.
		var e extent
		for at := 0; ; {
			size := max(1, min(piece&63+1, len(b)-at))
			n, o := e.scan(b[at : at+size])
			at += n
			if o == closed {
				if at != len(b) {
					t.Fatalf("%q: in pieces it ends at %d of %d", b, at, len(b))
				}
				break
			}
			if o == broken || at == len(b) {
				t.Fatalf("%q: in pieces: outcome %d at %d", b, o, at)
			}
		}
		var d defects
		var got []string
		ourTokens(value{b[0], b}, &d, &got)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q:\ngot  %q\nwant %q", b, got, want)
		}
		if d&^loneSurrogate != 0 {
			t.Fatalf("%q: defects %b in valid JSON", b, d)
		}
	})
}

// jsontextTokens is the tokens of an object or array as jsontext sees them.
func jsontextTokens(b []byte) (tokens []string, ok bool) {
	if len(b) == 0 || b[0] != '{' && b[0] != '[' {
		return nil, false
	}
	dec := jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true))
	for {
		tok, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return tokens, true
		}
		if err != nil || dec.StackDepth() > format.MaxDepth/2 {
			return nil, false
		}
		switch tok.Kind() {
		case '"':
			tokens = append(tokens, "s"+tok.String())
		case '0':
			tokens = append(tokens, "n"+tok.String())
		default:
			tokens = append(tokens, tok.String())
		}
		if dec.StackDepth() == 0 && dec.InputOffset() < int64(len(b)) {
			return nil, false // more than one value
		}
	}
}

func ourTokens(v value, d *defects, to *[]string) {
	switch v.kind {
	case '"':
		*to = append(*to, "s"+string(unquote(nil, v.raw, d)))
	case '0':
		*to = append(*to, "n"+string(v.raw))
	case '{', '[':
		*to = append(*to, string(v.kind))
		m := walk(v, d)
		for m.next() {
			if m.key != nil {
				*to = append(*to, "s"+string(unquote(nil, m.key, d)))
			}
			ourTokens(m.val, d, to)
		}
		if m.fail {
			*to = append(*to, "failed")
		}
		*to = append(*to, string(v.kind+2))
	default:
		*to = append(*to, string(v.raw))
	}
}

// FuzzJSON reads anything: it must not fail, must give the same calls again,
// and every span must hold the message it is said to hold.
func FuzzJSON(f *testing.F) {
	good := channel(post(1, `a\n\x0B`) + "," + post(2, "\xff\\ud800"))
	f.Add([]byte(good))
	f.Add([]byte(good[:len(good)/2]))
	f.Add([]byte(good + good))
	f.Add([]byte(`{"chats":{"list":[{"name":"N","type":"private_group","id":9,"messages":[{"id":1,"type":"service","action":"create_group","title":"x","members":["a"]}]}]},"contacts":{"list":[{}]}}`))
	f.Add([]byte(`{"messages":[{"id":1,"type":"message","date":"2021-02-26T14:03:11","text":[{"type":"link","text":"x"},"y"],"poll":{"question":"q","answers":[{"text":"a"}]},"reactions":[{"emoji":"x","count":1}],"photo":"(File not included.)"}],"id":4}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		out := read(t, JSON, string(b), true)
		if again := read(t, JSON, string(b), true); !reflect.DeepEqual(out, again) {
			t.Fatal("read twice, it is not the same")
		}
		last := int64(0)
		for _, r := range out.readings {
			if r.Span.Offset < last {
				t.Fatalf("message %s overlaps the one before", r.ExternalID)
			}
			last = r.Span.Offset + r.Span.Length
			span := b[r.Span.Offset:last]
			if span[0] != '{' || span[len(span)-1] != '}' {
				t.Fatalf("message %s: span %q", r.ExternalID, span)
			}
		}
		if len(out.problems) > maxProblems+1 {
			t.Fatalf("%d problems", len(out.problems))
		}
	})
}

func FuzzHTML(f *testing.F) {
	f.Add([]byte(chatPage(webPost(1, "Blue Horizon", `<div class="text">a<br><b>x</b></div>`) + webPost(2, "", `<div class="reply_to"><a href="#go_to_message1">x</a></div>`))))
	f.Add([]byte(`<div class="message service" id="message-1"><div class="body">26 February 2021</div></div><div class="message" id="message2"><span class="reaction"><span class="emoji">x</span></span>`))
	f.Add([]byte(`<div class="message" id="message2"><div class="media media_file"><div class="title">x</div></div><textarea><div class="forwarded body"><div class="from_name">`))
	f.Fuzz(func(t *testing.T, b []byte) {
		out := read(t, HTML, string(b), false)
		if again := read(t, HTML, string(b), false); !reflect.DeepEqual(out, again) {
			t.Fatal("read twice, it is not the same")
		}
		last := int64(0)
		for _, r := range out.readings {
			if r.Span.Offset < last {
				t.Fatalf("message %s overlaps the one before", r.ExternalID)
			}
			last = r.Span.Offset + r.Span.Length
		}
		if len(out.problems) > maxProblems+1 {
			t.Fatalf("%d problems", len(out.problems))
		}
	})
}

// TestMutations changes one thing of an export at a time, as somebody might
// who wants to mislead. Each is either seen by this reader, or listed as not
// to be seen in one file: that is found by comparing exports and captures.
func TestMutations(t *testing.T) {
	message := func(id int, text string) string {
		return fmt.Sprintf(`{"id": %d, "type": "message", "date": "2021-02-26T14:03:%02d", "date_unixtime": "%d", "from": "Blue Horizon", "from_id": "channel77",`+
			` "text": "%s", "text_entities": [{"type": "plain", "text": "%s"}]}`, id, 10+id, 1614337390+id, text, text)
	}
	list := []string{message(1, "one"), message(2, "two"), message(3, "three"), message(4, "four")}
	for _, test := range []struct {
		name   string
		mutate func(l []string) []string
		seen   bool
	}{
		{"change the date", func(l []string) []string { l[1] = strings.Replace(l[1], "T14:03:12", "T14:02:12", 1); return l }, true},
		{"change the seconds", func(l []string) []string { l[1] = strings.Replace(l[1], "1614337392", "1614337332", 1); return l }, true},
		{"change the text", func(l []string) []string { l[1] = strings.Replace(l[1], "two", "six", 1); return l }, true},
		{"change the entities", func(l []string) []string {
			l[1] = strings.Replace(l[1], `"plain", "text": "two"`, `"plain", "text": "six"`, 1)
			return l
		}, true},
		{"delete a message", func(l []string) []string { return append(l[:1], l[2:]...) }, true},
		{"delete and renumber", func(l []string) []string {
			return append(l[:1], strings.Replace(l[2], `"id": 3`, `"id": 2`, 1), strings.Replace(l[3], `"id": 4`, `"id": 3`, 1))
		}, false},
		{"repeat a message", func(l []string) []string { return append(l, l[1]) }, true},
		{"swap two messages", func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, true},
		{"add a member", func(l []string) []string {
			l[1] = strings.Replace(l[1], `"text":`, `"text": "six", "text":`, 1)
			return l
		}, true},
		{"add an older member", func(l []string) []string { l[1] = strings.Replace(l[1], `"id": 2`, `"id": 9, "id": 2`, 1); return l }, true},
		{"change the id", func(l []string) []string { l[1] = strings.Replace(l[1], `"id": 2`, `"id": 3`, 1); return l }, true},
		{"invent an author", func(l []string) []string {
			l[1] = strings.Replace(l[1], `"text":`, `"forwarded_from": "Green Valley", "text":`, 1)
			return l
		}, true},
		{"change text and entities", func(l []string) []string { l[1] = strings.ReplaceAll(l[1], "two", "six"); return l }, false},
		{"change both times alike", func(l []string) []string {
			l[1] = strings.Replace(strings.Replace(l[1], "T14:03:12", "T14:02:12", 1), "1614337392", "1614337332", 1)
			return l
		}, false},
		{"move a time by a whole zone", func(l []string) []string { l[1] = strings.Replace(l[1], "T14:03:12", "T15:03:12", 1); return l }, false},
		{"flip a quote", func(l []string) []string { l[1] = strings.Replace(l[1], `"two"`, `"two`, 1); return l }, true},
		{"drop a brace", func(l []string) []string { l[1] = strings.TrimSuffix(l[1], "}"); return l }, true},
		{"break UTF-8", func(l []string) []string { l[1] = strings.Replace(l[1], "two", "t\xc3", 1); return l }, true},
		{"hide direction controls in a name", func(l []string) []string {
			l[1] = strings.Replace(l[1], "Blue Horizon", "Blue\u202eHorizon", 1)
			l[1] = strings.Replace(l[1], "channel77", "channel78", 1)
			return l
		}, true},
		{"erase with spaces", func(l []string) []string { l[1] = strings.Repeat(" ", len(l[1])); return l }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := read(t, JSON, channel(strings.Join(test.mutate(append([]string(nil), list...)), ",")), false)
			seen := len(out.problems) > 0 || len(out.covers) == 0
			for i, r := range out.readings {
				seen = seen || len(r.Flags) > 0 || r.ExternalID != strconv.Itoa(i+1) // a hole in the ids
			}
			if seen != test.seen {
				t.Errorf("seen: %v, want %v (ids %s, problems %v, covers %v)", seen, test.seen, out.ids(), out.problems, out.covers)
			}
		})
	}
}
