package fourcat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// sink collects what a format reads, each reading with its source.
type sink struct {
	source   record.Source
	sources  []record.Source
	readings []record.Reading
	from     []string // source key of each reading
	problems []record.Problem
}

func (s *sink) Source(x record.Source) error {
	s.source = x
	s.sources = append(s.sources, x)
	return nil
}

func (s *sink) Reading(r *record.Reading) error {
	s.readings, s.from = append(s.readings, *r), append(s.from, s.source.Key)
	return nil
}

func (s *sink) Problem(p record.Problem)   { s.problems = append(s.problems, p) }
func (s *sink) Skipped(what string, n int) {}
func (s *sink) Covers(first, last int64)   {}
func (s *sink) flags(i int) map[record.Flag]bool {
	m := map[record.Flag]bool{}
	for _, f := range s.readings[i].Flags {
		m[f] = true
	}
	return m
}

func read(t testing.TB, k format.Kind, text string) *sink {
	t.Helper()
	s := &sink{}
	zone := time.FixedZone("Varda", 3*3600)
	in := format.Input{Path: "set", R: strings.NewReader(text), Size: int64(len(text)), Settings: format.Settings{Zone: zone}}
	if err := k.Read(context.Background(), in, s); err != nil {
		t.Fatal(err)
	}
	return s
}

const head = "id,thread_id,chat,author,author_username,author_name,author_is_bot,body,reply_to,views,reactions,timestamp,unix_timestamp,timestamp_edited,unix_timestamp_edited,author_forwarded_from_name,author_forwarded_from_username,author_forwarded_from_id,unix_timestamp_forwarded_from,link_attached,attachment_type,attachment_data,attachment_filename\n"

func TestCSVRow(t *testing.T) {
	row := "VardaPost-1234,VardaPost,VardaPost,77,VardaPost,,no,\"بيان\nline, two\",1230,5021,👍👍❤️👍,2031-05-04 12:00:00,1935655200,,1935655300,Kest News,kest_news,4242,1935650000,https://kest.example/x,photo,{},VardaPost-1234.jpeg\n"
	s := read(t, CSV, head+row)
	if len(s.problems) != 0 || len(s.readings) != 1 {
		t.Fatalf("%d readings, problems %v", len(s.readings), s.problems)
	}
	want := record.Reading{
		Kind: record.Post, ExternalID: "1234", Span: record.Span{Offset: int64(len(head)), Length: int64(len(row))},
		Posted: record.AtUnix(1935655200), Edited: record.AtUnix(1935655300), Text: "بيان\nline, two", ReplyTo: "1230", Views: 5021,
		Reactions: []record.Reaction{{What: "👍", Count: 3}, {What: "❤️", Count: 1}},
		Forward:   &record.Forward{From: record.Party{ID: "channel4242", Name: "Kest News"}, Posted: record.AtUnix(1935650000)},
		Media:     []record.Media{{Kind: "photo", Name: "VardaPost-1234.jpeg", Omitted: mediaElsewhere}},
		Refs:      []string{"https://kest.example/x"}, URL: "https://t.me/VardaPost/1234",
	}
	if got := s.readings[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	src := record.Source{Key: "telegram-user:vardapost", Name: "VardaPost", Type: record.Channel, Platform: "telegram", Sequential: true}
	if s.source != src {
		t.Errorf("source %+v", s.source)
	}
}

func TestCSVSourcesAndPeople(t *testing.T) {
	s := read(t, CSV, "ID;Thread ID;Body;Unix Timestamp;Timestamp;Author;Author Name;author_is_bot;author_forwarded_from_name;author_forwarded_from_id\n"+
		"1;-1001234567890;first;1;;555;Ona Tarrel;no;;\n"+
		"2;OtherChat;second;;2031-05-04 12:00:00;;;no;Some Person;\n"+
		"3;1234567890;third;3.0;;1234567890;;no;Some Person;99\n")
	if got := strings.Join(s.from, " "); got != "telegram:1234567890 telegram-user:otherchat telegram:1234567890" {
		t.Errorf("sources %s", got)
	}
	if p := s.readings[0].Sender; !p.Person || p.ID != "user555" || p.Name != "Ona Tarrel" {
		t.Errorf("sender %+v", p)
	}
	second := s.readings[1]
	if second.Posted.In(time.UTC) != "2031-05-04 09:00:00" || !second.Posted.NoZone || !s.flags(1)[record.FlagNoZone] {
		t.Errorf("posted %+v, flags %v: only a time without a zone was there", second.Posted, second.Flags)
	}
	if f := second.Forward; f == nil || !f.From.Person || f.From.ID != "" || !s.flags(1)[record.FlagForwardByName] {
		t.Errorf("forward by name: %+v", f)
	}
	third := s.readings[2]
	if third.Posted.Unix != 3 || third.Sender != (record.Party{}) || !third.Forward.From.Person || third.Forward.From.ID != "user99" {
		t.Errorf("third %+v %+v", third, third.Forward)
	}
}

func TestCSVBroken(t *testing.T) {
	s := read(t, CSV, head+"1,c,c,,,,no,short row\n2,c,c,,,,no,caf\xe9,,,,,5\n3,c,c,,,,no,\"cut of")
	if len(s.readings) != 3 || len(s.problems) != 3 {
		t.Fatalf("%d readings, problems %v", len(s.readings), s.problems)
	}
	if p := s.problems[0]; p.Offset != int64(len(head)) || !strings.Contains(p.What, "row 2") || p.ID != "1" {
		t.Errorf("problem %+v", p)
	}
	if !s.flags(1)[record.FlagInvalidUTF8] || !s.flags(2)[record.FlagTruncated] || s.readings[2].Text != "cut of" {
		t.Errorf("readings %+v", s.readings)
	}
	for _, bad := range []string{"", "\xff\xfei\x00d\x00"} {
		if s := read(t, CSV, bad); len(s.problems) != 1 || len(s.readings) != 0 {
			t.Errorf("%q: %v", bad, s.problems)
		}
	}
}

const telethon = `{"_type":"Message","id":31,"peer_id":{"_type":"PeerChannel","channel_id":1234567},"date":1935655200.0,"message":"🔥 read @kest now","edit_date":null,"views":9,"forwards":2,` +
	`"fwd_from":{"_type":"MessageFwdHeader","date":1935650000,"from_id":{"_type":"PeerChannel","channel_id":4242},"channel_post":17,"from_name":null},` +
	`"entities":[{"_type":"MessageEntityBold","offset":0,"length":2},{"_type":"MessageEntityMention","offset":8,"length":5},{"_type":"MessageEntityTextUrl","offset":14,"length":3,"url":"https://kest.example/"},{"_type":"MessageEntityBold","offset":99,"length":5}],` +
	`"reply_to":{"reply_to_msg_id":30},"reactions":{"results":[{"reaction":{"_type":"ReactionEmoji","emoticon":"👍"},"count":4},{"reaction":"🔥","count":2},{"reaction":{"_type":"ReactionPaid"},"count":1}]},` +
	`"media":{"_type":"MessageMediaDocument","document":{"mime_type":"video/mp4","size":2048,"attributes":[{"_type":"DocumentAttributeVideo","w":640,"h":480,"duration":12.5},{"_type":"DocumentAttributeFilename","file_name":"clip.mp4"}]}},` +
	`"_chat":{"_type":"Channel","id":1234567,"username":"VardaPost","title":"Varda Post","broadcast":true},"_sender":{"_type":"Channel","id":1234567,"title":"Varda Post"},"_forward":{"_chat":{"id":4242,"title":"Kest News","username":"kest_news"}}}`

func TestTelethon(t *testing.T) {
	s := read(t, NDJSON, telethon+"\n")
	if len(s.problems) != 0 || len(s.readings) != 1 {
		t.Fatalf("%d readings, problems %v", len(s.readings), s.problems)
	}
	want := record.Reading{
		Kind: record.Post, ExternalID: "31", Span: record.Span{Length: int64(len(telethon) + 1)}, Posted: record.AtUnix(1935655200),
		Text: "🔥 read @kest now", ReplyTo: "30", Views: 9, URL: "https://t.me/VardaPost/31",
		Entities:  []record.Entity{{Kind: "bold", Offset: 0, Length: 4}, {Kind: "mention", Offset: 10, Length: 5}, {Kind: "text_link", Offset: 16, Length: 3, Target: "https://kest.example/"}},
		Forward:   &record.Forward{From: record.Party{ID: "channel4242", Name: "Kest News"}, ID: "17", Posted: record.AtUnix(1935650000)},
		Media:     []record.Media{{Kind: "video", Type: "video/mp4", Name: "clip.mp4", Omitted: mediaElsewhere, Size: 2048, Width: 640, Height: 480, Seconds: 12}},
		Reactions: []record.Reaction{{What: "👍", Count: 4}, {What: "🔥", Count: 2}, {What: "paid", Count: 1}},
		Flags:     []record.Flag{record.FlagUnknownParts}, // the entity outside the text
	}
	if got := s.readings[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v %+v\nwant %+v", got, got.Forward, want)
	}
	src := record.Source{Key: "telegram:1234567", Name: "Varda Post", Type: record.Channel, Platform: "telegram", Sequential: true}
	if s.source != src {
		t.Errorf("source %+v", s.source)
	}
}

func TestNDJSONPeople(t *testing.T) {
	s := read(t, NDJSON, `{"id":1,"date":"2031-05-04T10:00:00+00:00","message":"hi","peer_id":{"channel_id":5},"from_id":{"_type":"PeerUser","user_id":77},"_sender":{"first_name":"Ona","last_name":"Tarrel"},"_chat":{"megagroup":true,"title":"Talk"}}
{"id":2,"date":1,"message":"psst","peer_id":{"_type":"PeerUser","user_id":78}}
{"id":3,"date":1,"message":"x","peer_id":{"_type":"PeerChat","chat_id":79},"fwd_from":{"date":5,"from_name":"Hidden One"}}
{"id":4,"date":1,"message":"y","peer_id":{"channel_id":5},"fwd_from":{"date":5,"from_id":{"user_id":80}},"post_author":"Editor"}
`)
	if got := strings.Join(s.from, " "); got != "telegram:5 telegram:user78 telegram:79 telegram:5" {
		t.Errorf("sources %s", got)
	}
	if s.sources[0].Type != record.Group || !s.sources[1].Private || s.sources[2].Sequential {
		t.Errorf("sources %+v", s.sources)
	}
	r := s.readings
	if r[0].Sender != (record.Party{ID: "user77", Name: "Ona Tarrel", Person: true}) || r[0].Posted.In(time.UTC) != "2031-05-04 10:00:00" {
		t.Errorf("first %+v", r[0])
	}
	if !r[2].Forward.From.Person || !s.flags(2)[record.FlagForwardByName] || !r[3].Forward.From.Person || r[3].Forward.From.ID != "user80" {
		t.Errorf("forwards %+v %+v", r[2].Forward, r[3].Forward)
	}
	if r[3].Sender != (record.Party{Name: "Editor", Person: true}) {
		t.Errorf("signature %+v", r[3].Sender)
	}
}

func TestNDJSONFlatAndBroken(t *testing.T) {
	lines := []string{
		"\ufeff" + `{"id":"VardaPost-9","thread_id":"VardaPost","body":"flat","unix_timestamp":7,"reactions":"👍👍","views":""}`,
		`not json`,
		`{"id":10,"date":8,"message":"twice","message":"counts","peer_id":{"channel_id":5}}`,
		`{"id":11,"date":8,"message":"caf` + "\xe9" + `","peer_id":{"channel_id":5}}`,
		`{"id":12,"date":8,"message":"half \ud83d","peer_id":{"channel_id":5}}`,
		`{"something":"else"}`,
		`[1,2]`,
		`{"id":13,"date":8,"peer_id":{"channel_id":5},"message":"whole","views":4,"media":{"_ty`,
	}
	text := strings.Join(lines, "\n")
	s := read(t, NDJSON, text)
	var got []string
	for _, r := range s.readings {
		got = append(got, r.ExternalID+":"+r.Text)
		if line := text[r.Span.Offset : r.Span.Offset+r.Span.Length]; !strings.Contains(line, r.ExternalID) {
			t.Errorf("span of %s holds %q", r.ExternalID, line)
		}
	}
	if want := "9:flat 10:counts 11:caf\ufffd 12:half \ufffd 13:whole"; strings.Join(got, " ") != want {
		t.Errorf("read %q, want %q", got, want)
	}
	if len(s.problems) != 4 || s.problems[0].Offset != int64(len(lines[0])+1) || !strings.Contains(s.problems[0].What, "line 2") {
		t.Errorf("problems %v", s.problems)
	}
	for i, f := range []record.Flag{"", record.FlagDuplicateKey, record.FlagInvalidUTF8, record.FlagLoneSurrogate, record.FlagTruncated} {
		if f != "" && !s.flags(i)[f] {
			t.Errorf("reading %d has flags %v, want %s", i, s.readings[i].Flags, f)
		}
	}
}

func TestLongLine(t *testing.T) {
	s := read(t, NDJSON, `{"id":1,"x":"`+strings.Repeat("y", maxLine)+`"}`+"\n"+telethon)
	if len(s.readings) != 1 || len(s.problems) != 1 || !strings.Contains(s.problems[0].What, "passed over") {
		t.Errorf("%d readings, problems %v", len(s.readings), s.problems)
	}
}

func TestReactions(t *testing.T) {
	for s, want := range map[string]string{
		"": "[]", "👍": "[{👍 1}]", "👍👎👍": "[{👍 2} {👎 1}]", "👨‍👩‍👧👨‍👩‍👧": "[{👨‍👩‍👧 2}]", "🇮🇶🇮🇷🇮🇶": "[{🇮🇶 2} {🇮🇷 1}]",
		"👍🏽👍": "[{👍🏽 1} {👍 1}]", "❤️❤️❤": "[{❤️ 2} {❤ 1}]",
	} {
		got, ok := reactions(s)
		if fmt.Sprint(got) != want || !ok {
			t.Errorf("%q: %v %v, want %s", s, got, ok, want)
		}
	}
	if _, ok := reactions("{'reaction': 5}, "); ok {
		t.Error("a dict was taken for emoji")
	}
}

func TestBareID(t *testing.T) {
	for in, want := range map[int64]int64{5: 5, -1001234567890: 1234567890, -1234: 1234, -100123: 100123, 0: 0} {
		if got := bareID(in); got != want {
			t.Errorf("bareID(%d) is %d, want %d", in, got, want)
		}
	}
}

func TestSameTwice(t *testing.T) {
	for _, c := range []struct {
		k format.Kind
		s string
	}{{CSV, head + "1,c,c,1,a,b,no,x,,,👍,,5\n"}, {NDJSON, telethon}} {
		if a, b := read(t, c.k, c.s), read(t, c.k, c.s); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: two readings differ", c.k.Name)
		}
	}
}

func fuzz(f *testing.F, k format.Kind) {
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &sink{}
		in := format.Input{R: bytes.NewReader(b), Size: int64(len(b)), Settings: format.Settings{Zone: time.UTC}}
		if err := k.Read(context.Background(), in, s); err != nil {
			t.Fatal(err)
		}
		end := int64(0)
		for _, r := range s.readings {
			if r.Span.Offset < end || r.Span.Length <= 0 || r.Span.Offset+r.Span.Length > int64(len(b)) {
				t.Fatalf("span %+v behind %d of %d", r.Span, end, len(b))
			}
			end = r.Span.Offset + r.Span.Length
			for _, e := range r.Entities {
				if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(r.Text) {
					t.Fatalf("entity %+v outside %q", e, r.Text)
				}
			}
			if _, err := json.Marshal(r); err != nil {
				t.Fatal(err)
			}
		}
		k.Match(format.Head{Bytes: b, Size: int64(len(b))})
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(head + "1,c,c,1,a,b,no,\"x\ny\",,,👍,,5,,,n,u,7,8,l,photo,{},f\n"))
	f.Add([]byte("id;thread_id;body;timestamp;author_is_bot\n-5;-1005;x;2031-01-01;no"))
	fuzz(f, CSV)
}

func FuzzNDJSON(f *testing.F) {
	f.Add([]byte(telethon))
	f.Add([]byte(`{"id":"a-1","thread_id":"a","body":"\ud800","unix_timestamp":"5","unix_timestamp":6}` + "\n{"))
	fuzz(f, NDJSON)
}

// FuzzObject compares with encoding/json: what it accepts must be read, and
// read the same.
func FuzzObject(f *testing.F) {
	for _, s := range []string{telethon, `{}`, ` { "id" : 5 , "x" : [ { "a" : "}" } , "\\\"" ] , "date" : "\\" } `, `{"id":1,"id":2}`, `{"id":1,}`, `{"id" 1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := readObject(b)
		var want map[string]json.RawMessage
		if json.Unmarshal(b, &want) != nil || want == nil || bytes.Contains(b, []byte(`\`)) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		for name, v := range want {
			if known[name] && !bytes.Equal(o.fields[name], v) {
				t.Fatalf("%q: %s is %q, want %q", b, name, o.fields[name], v)
			}
		}
	})
}
