package telegramexport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"dalil/internal/format"
	"dalil/internal/record"
)

// channel wraps messages into the export of one channel.
func channel(messages string) string {
	return "{\n \"name\": \"Blue Horizon\",\n \"type\": \"public_channel\",\n \"id\": 77,\n \"messages\": [" + messages + "\n ]\n}\n"
}

// post is the smallest message.
func post(id int, text string) string {
	return fmt.Sprintf("\n  {\n   \"id\": %d,\n   \"type\": \"message\",\n   \"date\": \"2021-02-26T14:03:11\",\n   \"date_unixtime\": \"1614337391\",\n"+
		"   \"from\": \"Blue Horizon\",\n   \"from_id\": \"channel77\",\n   \"text\": \"%s\"\n  }", id, text)
}

func TestGoldenReadings(t *testing.T) {
	const posted = 1614337391
	for _, test := range []struct {
		name, message, typ string
		want               record.Reading
	}{
		{"plain", post(5, `first \u0641 line\nsecond`), "public_channel", record.Reading{Text: "first ف line\nsecond"}},
		{"formatted", `{"id":5,"type":"message","date":"2021-02-26T14:03:11","date_unixtime":"1614337391","edited":"2021-02-26T15:03:11","edited_unixtime":"1614340991",
		  "from":"Blue Horizon","from_id":"channel77",
		  "text":["بيان ",{"type":"hashtag","text":"#أفق"}," ",{"type":"text_link","text":"here","href":"https://example.org/a?b=c"},{"type":"mention_name","text":"N","user_id":9}],
		  "text_entities":[{"type":"plain","text":"بيان "},{"type":"hashtag","text":"#أفق"},{"type":"plain","text":" "},{"type":"text_link","text":"here","href":"https://example.org/a?b=c"},{"type":"mention_name","text":"N","user_id":9}]}`,
			"public_channel", record.Reading{Text: "بيان #أفق hereN", Edited: record.AtUnix(1614340991), Entities: []record.Entity{
				{Kind: "hashtag", Offset: 9, Length: 7}, {Kind: "text_link", Offset: 17, Length: 4, Target: "https://example.org/a?b=c"},
				{Kind: "mention_name", Offset: 21, Length: 1}}}},
		{"group member answers", `{"id":5,"type":"message","date_unixtime":1614337391,"from":"Nadim","from_id":"user123","reply_to_message_id":4,"text":"yes"}`,
			"private_supergroup", record.Reading{Text: "yes", ReplyTo: "4", Sender: record.Party{ID: "user123", Name: "Nadim", Person: true}}},
		{"deleted account", `{"id":5,"type":"message","date_unixtime":1614337391,"from":null,"from_id":"user123","text":"yes"}`,
			"private_supergroup", record.Reading{Text: "yes", Sender: record.Party{ID: "user123", Person: true}}},
		{"answer to another chat", `{"id":5,"type":"message","date_unixtime":1614337391,"from_id":"channel77","reply_to_message_id":4,"reply_to_peer_id":"channel9","text":""}`,
			"public_channel", record.Reading{}},
		{"signed", `{"id":5,"type":"message","date_unixtime":"1614337391","from":"Blue Horizon","from_id":"channel77","author":"Rana","text":"x"}`,
			"public_channel", record.Reading{Text: "x", Sender: record.Party{Name: "Rana", Person: true}}},
		{"forward by name", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","forwarded_from":"Green Valley","text":"x"}`,
			"public_channel", record.Reading{Text: "x", Forward: &record.Forward{From: record.Party{Name: "Green Valley"}}, Flags: []record.Flag{record.FlagForwardByName}}},
		{"forward by id", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","forwarded_from":null,"forwarded_from_id":"user8","text":"x"}`,
			"public_channel", record.Reading{Text: "x", Forward: &record.Forward{From: record.Party{ID: "user8", Person: true}}}},
		{"photo", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","photo":"photos/photo_1.jpg","photo_file_size":99,"width":640,"height":480,"text":""}`,
			"public_channel", record.Reading{Media: []record.Media{{Kind: "photo", Type: "image/jpeg", Path: "photos/photo_1.jpg", Size: 99, Width: 640, Height: 480}}}},
		{"left out", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","file":"(File not included. Change data exporting settings to download.)","file_name":"a.mp4","file_size":7,"thumbnail":"(File not included. Change data exporting settings to download.)","media_type":"video_file","mime_type":"video/mp4","duration_seconds":12,"width":1,"height":2,"text":""}`,
			"public_channel", record.Reading{Media: []record.Media{{Kind: "video", Type: "video/mp4", Name: "a.mp4", Omitted: "(File not included. Change data exporting settings to download.)", Size: 7, Width: 1, Height: 2, Seconds: 12}}}},
		{"too large, named in the sentence", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","file":"b.zip (File exceeds maximum size. Change data exporting settings to download.)","mime_type":"application/zip","text":""}`,
			"public_channel", record.Reading{Media: []record.Media{{Kind: "file", Type: "application/zip", Name: "b.zip", Omitted: "(File exceeds maximum size. Change data exporting settings to download.)"}}}},
		{"reactions", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","text":"x","views":41,"reactions":[{"type":"emoji","count":3,"emoji":"👍","recent":[{"from":"N","from_id":"user1"}]},{"type":"custom_emoji","count":2,"document_id":"77"},{"type":"paid","count":1}]}`,
			"public_channel", record.Reading{Text: "x", Views: 41, Reactions: []record.Reaction{{What: "👍", Count: 3}, {What: "77", Count: 2}, {What: "paid", Count: 1}}}},
		{"poll", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","poll":{"question":["Who ",{"type":"bold","text":"first"},"?"],"closed":true,"total_voters":5,"answers":[{"text":"we","voters":4,"chosen":false},{"text":"they","voters":1,"chosen":true}]},"text":"vote"}`,
			"public_channel", record.Reading{Text: "vote\nWho first?\n- we\n- they"}},
		{"contact", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"user1","contact_information":{"first_name":"N","last_name":"","phone_number":"+999 00"},"contact_vcard":"contacts/contact_1.vcard","text":""}`,
			"private_group", record.Reading{Text: "contact shared", Sender: record.Party{ID: "user1", Person: true}}},
		{"place in a group", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"user1","place_name":"Hotel","address":"Road 1","location_information":{"latitude":1.5,"longitude":2.5},"text":""}`,
			"private_group", record.Reading{Text: "location shared", Sender: record.Party{ID: "user1", Person: true}}},
		{"place in a channel", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","place_name":"Old Fort","address":"Road 1","location_information":{"latitude":1.5,"longitude":2.5},"text":""}`,
			"public_channel", record.Reading{Text: "location shared: Old Fort"}},
		{"paid", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","paid_stars_amount":10,"text":"x"}`,
			"public_channel", record.Reading{Text: "x", Media: []record.Media{{Kind: "paid", Omitted: "Telegram Desktop does not export paid media"}}}},
		{"title", `{"id":5,"type":"service","date_unixtime":"1614337391","actor":"Blue Horizon","actor_id":"channel77","action":"edit_group_title","title":"Red Dawn","text":""}`,
			"public_channel", record.Reading{Kind: record.Service, Text: "changed the title to “Red Dawn” (edit_group_title)", Facts: []record.Fact{{Kind: record.FactTitle, Value: "Red Dawn", At: record.NoSeconds}}}},
		{"members are not named", `{"id":5,"type":"service","date_unixtime":"1614337391","actor":"Nadim","actor_id":"user1","action":"invite_members","members":["Rana",null],"text":""}`,
			"private_group", record.Reading{Kind: record.Service, Text: "invited 2 members (invite_members)", Sender: record.Party{ID: "user1", Name: "Nadim", Person: true}}},
		{"pin", `{"id":5,"type":"service","date_unixtime":"1614337391","actor_id":"channel77","action":"pin_message","message_id":3,"text":""}`,
			"public_channel", record.Reading{Kind: record.Service, Text: "pinned a message: 3 (pin_message)"}},
		{"call", `{"id":5,"type":"service","date_unixtime":"1614337391","actor_id":"channel77","action":"group_call","text":""}`,
			"public_channel", record.Reading{Kind: record.Service, Text: "group call (group_call)"}},
		{"action of the future", `{"id":5,"type":"service","date_unixtime":"1614337391","actor_id":"channel77","action":"sing_song","text":""}`,
			"public_channel", record.Reading{Kind: record.Service, Text: "sing song (sing_song)", Flags: []record.Flag{record.FlagUnknownParts}}},
		{"unsupported", `{"id":5,"type":"unsupported","date_unixtime":"1614337391"}`,
			"public_channel", record.Reading{Flags: []record.Flag{record.FlagUnknownParts}}},
		{"old peer ids", `{"id":5,"type":"message","date_unixtime":"1614337391","from":"N","from_id":4294967417,"text":"x"}`,
			"private_supergroup", record.Reading{Text: "x", Sender: record.Party{ID: "user121", Name: "N", Person: true}}},
		{"invoice in a string", `{"id":5,"type":"message","date_unixtime":"1614337391","from_id":"channel77","invoice_information":"{\n \"title\": \"Give\",\n \"description\": \"to us\",\n \"amount\": 5\n}","text":""}`,
			"public_channel", record.Reading{Text: "Give\nto us"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := strings.Replace(channel(test.message), "public_channel", test.typ, 1)
			out := read(t, JSON, file, false)
			if len(out.problems) > 0 || len(out.readings) != 1 {
				t.Fatalf("%d readings, problems %v", len(out.readings), out.problems)
			}
			got := out.readings[0]
			if b := file[got.Span.Offset : got.Span.Offset+got.Span.Length]; b != strings.TrimSpace(test.message) {
				t.Errorf("the span is %q", b)
			}
			got.Span = record.Span{}
			want := test.want
			want.ExternalID = "5"
			want.Posted = record.AtUnix(posted)
			if want.Kind == "" {
				want.Kind = record.Post
			}
			if g, w := fmt.Sprintf("%+v", clean(got)), fmt.Sprintf("%+v", clean(want)); g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
			if (got.Forward == nil) != (want.Forward == nil) || got.Forward != nil && *got.Forward != *want.Forward {
				t.Errorf("forward %+v, want %+v", got.Forward, want.Forward)
			}
		})
	}
}

// clean drops what compares by address.
func clean(r record.Reading) record.Reading {
	r.Forward = nil
	return r
}

func TestDefects(t *testing.T) {
	good := post(1, "one") + "," + post(2, "two") + "," + post(3, "three")
	for _, test := range []struct {
		name, file string
		ids        string
		problems   int
		flag       record.Flag // of the last reading
		covers     string
	}{
		{"none", channel(good), "1 2 3", 0, "", "1-3"},
		{"byte order mark", "\ufeff" + channel(good), "1 2 3", 0, "", "1-3"},
		{"control escape", channel(post(1, `a\x0Bb`)), "1", 0, record.FlagControlEscape, "1-1"},
		{"raw newline in a string", channel(post(1, "a\nb\x01")), "1", 0, "", "1-1"},
		{"carriage returns", strings.ReplaceAll(channel(good), "\n", "\r\n"), "1 2 3", 0, "", "1-3"},
		{"invalid UTF-8", channel(post(1, "a\xff\xc3b")), "1", 0, record.FlagInvalidUTF8, "1-1"},
		{"lone surrogate", channel(post(1, `a\ud83db`)), "1", 0, record.FlagLoneSurrogate, "1-1"},
		{"surrogates in the wrong order", channel(post(1, `\ude00\ud83d`)), "1", 0, record.FlagLoneSurrogate, "1-1"},
		{"surrogate pair", channel(post(1, `\ud83d\ude00`)), "1", 0, "", "1-1"},
		{"unknown escape", channel(post(1, `a\qb`)), "1", 0, record.FlagUnknownParts, "1-1"},
		{"duplicate key", channel(strings.Replace(post(1, "a"), `"text"`, `"text": "b", "text"`, 1)), "1", 0, record.FlagDuplicateKey, "1-1"},
		{"duplicate unknown key", channel(strings.Replace(post(1, "a"), `"text"`, `"q": 1, "q": 2, "text"`, 1)), "1", 0, record.FlagDuplicateKey, "1-1"},
		{"duplicate key in another spelling", channel(strings.Replace(post(1, "a"), `"text"`, `"t\u0065xt": "b", "text"`, 1)), "1", 0, record.FlagDuplicateKey, "1-1"},
		{"duplicate id", channel(post(1, "a") + "," + post(2, "b") + "," + post(1, "c")), "1 2 1", 0, record.FlagDuplicateID, ""},
		{"clock conflict", channel(strings.Replace(post(1, "a"), "14:03:11", "14:04:11", 1)), "1", 0, record.FlagClockConflict, "1-1"},
		{"clock of another zone", channel(strings.Replace(post(1, "a"), "14:03:11", "16:48:11", 1)), "1", 0, "", "1-1"},
		{"clock of no zone on earth", channel(strings.Replace(post(1, "a"), "26T14", "27T14", 1)), "1", 0, record.FlagClockConflict, "1-1"},
		{"no zone", channel(strings.Replace(post(1, "a"), `"date_unixtime": "1614337391",`, "", 1)), "1", 0, record.FlagNoZone, "1-1"},
		{"two texts", channel(strings.Replace(post(1, "a"), "\n  }", `, "text_entities": [{"type":"plain","text":"b"}]}`, 1)), "1", 0, record.FlagTextConflict, "1-1"},
		{"missing comma", channel(strings.Replace(post(1, "a"), "\",\n   \"date\"", "\"\n   \"date\"", 1)), "1", 0, record.FlagUnknownParts, "1-1"},
		{"missing comma between messages", channel(post(1, "a") + post(2, "b")), "1 2", 0, "", "1-2"},
		{"erased span", channel(post(1, "a") + ",      \n     ," + post(3, "c")), "1 3", 0, "", "1-3"},
		{"null for a message", channel(post(1, "a") + ", null ," + post(3, "c")), "1 3", 0, "", "1-3"},
		{"direction controls in a name", strings.Replace(channel(post(1, "a")), "\"from\": \"Blue Horizon\",\n   \"from_id\": \"channel77\"", "\"from\": \"gpj\u202egnp\", \"from_id\": \"user1\"", 1), "1", 0, record.FlagBidiControls, "1-1"},
		{"text of another kind", channel(strings.Replace(post(1, "a"), `"a"`, `17`, 1)), "1", 0, record.FlagUnknownParts, "1-1"},

		{"unclosed message", channel(post(1, "a") + "," + strings.TrimSuffix(post(2, "b"), "}") + "," + post(3, "c") + "," + post(4, "d")), "1 3 4", 1, "", "1-1 3-4"},
		{"lost quote", channel(post(1, "a") + "," + strings.Replace(post(2, "b"), `"b"`, `"b`, 1) + "," + post(3, "c") + "," + post(4, "d")), "1 3 4", 1, "", "1-1 3-4"},
		{"lost quote of a key", channel(post(1, "a") + "," + strings.Replace(post(2, "b"), `"date"`, `"date`, 1) + "," + post(3, "c")), "1 3", 1, "", "1-1 3-3"},
		{"wrong bracket", channel(post(1, "a") + "," + strings.Replace(post(2, "b"), "\n  }", "\n  ]", 1) + "," + post(3, "c")), "1 3", 1, "", "1-1 3-3"},
		{"garbage between messages", channel(post(1, "a") + ", ### \x00 {x ," + post(3, "c")), "1 3", 1, "", "1-1 3-3"},
		{"number for a message", channel(post(1, "a") + ", 17, " + post(3, "c")), "1 3", 1, "", "1-1 3-3"},
		{"no message", channel(post(1, "a") + `, {"x": 1}, ` + post(3, "c")), "1 3", 1, "", "1-1 3-3"},
		{"wrong closing", strings.Replace(channel(good), "\n ]\n}", "\n }\n}", 1), "1 2 3", 2, "", "1-3"},
		{"two exports", channel(good) + strings.ReplaceAll(channel(post(9, "x")), "77", "78"), "1 2 3 9", 1, "", "1-3 9-9"},
		{"two exports, garbage between", channel(good) + "--" + strings.ReplaceAll(channel(post(9, "x")), "77", "78"), "1 2 3 9", 1, "", "1-3 9-9"},
		{"trailing garbage", channel(good) + "\x00\x00 end", "1 2 3", 1, "", "1-3"},
		{"head missing", channel(good)[90:], "2 3", 1, "", ""},
		{"damaged name of the list", strings.Replace(channel(good), "messages", "messuges", 1), "1 2 3", 1, "", "1-3"},
		{"chat names itself late", `{"messages": [` + good + `], "about": {"x": [1]}, "type": "public_channel", "name": "Blue Horizon", "id": 77}`, "1 2 3", 0, "", "1-3"},
		{"empty", "", "", 1, "", ""},
		{"no export", "hello", "", 1, "", ""},
		{"empty channel", channel(""), "", 0, "", ""},
		{"UTF-16", "\xff\xfe{\x00\"\x00n\x00", "", 1, "", ""},
		{"UTF-16 without a mark", "\x00{\x00\"\x00n\x00a", "", 1, "", ""},
		{"migrated group", channel(post(-999999990, "old") + "," + post(1, "a")), "-999999990 1", 0, "", "1-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := read(t, JSON, test.file, false)
			if out.ids() != test.ids {
				t.Errorf("read %q, want %q", out.ids(), test.ids)
			}
			if len(out.problems) != test.problems {
				t.Errorf("%d problems %+v, want %d", len(out.problems), out.problems, test.problems)
			}
			for _, p := range out.problems {
				if p.What == "" || p.Remedy == "" {
					t.Errorf("problem says too little: %+v", p)
				}
			}
			if got := strings.Join(out.covers, " "); got != test.covers {
				t.Errorf("covers %q, want %q", got, test.covers)
			}
			if n := len(out.readings); n > 0 {
				var want []record.Flag
				if test.flag != "" {
					want = []record.Flag{test.flag}
				}
				if got := out.readings[n-1].Flags; len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
					t.Errorf("flags %v, want %v", got, want)
				}
			}
		})
	}
}

func TestAccountExport(t *testing.T) {
	file := `{
 "about": "Here is the data you requested.",
 "personal_information": {"user_id": 1, "first_name": "A", "phone_number": "+999 00", "bio": "} ] \" {"},
 "profile_pictures": [{"date": "x", "photo": "(Photo not included)"}, {"photo": "b"}],
 "stories": [],
 "contacts": {"about": "x", "list": [{"first_name": "B"}, {"first_name": "C"}, {"first_name": "D"}]},
 "frequent_contacts": {"about": "x", "list": [{"id": 1}]},
 "sessions": {"about": "x", "list": [{"last_ip": "192.0.2.1"}, {"last_ip": "192.0.2.2"}]},
 "other_data": {"changes_log": "x"},
 "chats": {"about": "x", "list": [
  {"type": "saved_messages", "id": 1, "messages": [` + post(1, "mine") + `]},
  {"name": "N", "type": "personal_chat", "id": 5, "messages": [` + post(1, "private") + "," + post(2, "private") + `]},
  {"name": "Blue Horizon", "type": "public_channel", "id": 77, "messages": [` + post(1, "a") + `]},
  {"name": "Lamp", "type": "private_supergroup", "id": 8589934670, "messages": [` + post(4, "b") + `]}
 ]},
 "left_chats": {"about": "x", "list": [
  {"name": "Old", "type": "private_channel", "id": 79, "messages": [` + post(7, "c") + `]}
 ]}
}`
	out := read(t, JSON, file, false)
	if len(out.problems) > 0 {
		t.Fatal(out.problems)
	}
	if got, want := strings.Join(out.calls, ", "), "source telegram:77, reading 1, source telegram:78, reading 4, source telegram:79, reading 7"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want := []string{
		"personal information of the exporting account: 1", "profile pictures of the exporting account: 2", "stories of the exporting account: 0",
		"contacts of the exporting account: 3", "frequent contacts of the exporting account: 1", "sessions of the exporting account: 2",
		"other data of the exporting account: 1", "private chats of the exporting account: 2", "messages of the exporting account's private chats: 3",
	}
	if !reflect.DeepEqual(out.skipped, want) {
		t.Errorf("skipped %q", out.skipped)
	}
	if s := out.sources[1]; s != (record.Source{Key: "telegram:78", Name: "Lamp", Type: record.Group, Platform: "telegram", Private: true, Sequential: true}) {
		t.Errorf("source %+v", s)
	}

	out = read(t, JSON, file, true)
	if got, want := len(out.readings), 6; got != want {
		t.Errorf("with the owner's data: %d readings, want %d", got, want)
	}
	if s := out.sources[0]; s != (record.Source{Key: "telegram:user1", Name: "saved messages", Type: record.PrivateIM, Platform: "telegram", Private: true}) {
		t.Errorf("source %+v", s)
	}
}

// A broken message at the end of one chat must not push the next chat's
// messages into it.
func TestBrokenChatDoesNotSpill(t *testing.T) {
	file := `{"chats": {"about": "x", "list": [
  {"name": "One", "type": "public_channel", "id": 1, "messages": [` + post(1, "a") + "," + strings.TrimSuffix(post(2, "b"), "}") + `]},
  {"name": "Two", "type": "public_channel", "id": 2, "messages": [` + post(1, "c") + `]}
 ]}}`
	out := read(t, JSON, file, false)
	want := fmt.Sprintf("source telegram:1, reading 1, problem message 2 at byte %d is broken; read on at the next message, source telegram:2, reading 1",
		strings.Index(file, "{\n   \"id\": 2"))
	if got := strings.Join(out.calls, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTruncationAtEveryByte(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := 1; b.Len() < 64<<10; i++ {
		if i > 1 {
			b.WriteString(",")
		}
		b.WriteString(post(i, `\"x\" \\ {[ \n`+strings.Repeat(`بيان `, 10+i*37%500)))
	}
	file := channel(b.String())
	whole := read(t, JSON, file, false)
	if len(whole.problems) > 0 || len(whole.readings) < 20 {
		t.Fatalf("%d readings, %v", len(whole.readings), whole.problems)
	}
	end := len(strings.TrimRight(file, "\n"))
	n := 0
	for cut := range file {
		for n < len(whole.readings) && whole.readings[n].Span.Offset+whole.readings[n].Span.Length <= int64(cut) {
			n++
		}
		out := read(t, JSON, file[:cut], false)
		if len(out.readings) != n {
			t.Fatalf("cut at %d: %d readings, want %d", cut, len(out.readings), n)
		}
		problems := 1
		if cut >= end {
			problems = 0
		}
		if len(out.problems) != problems || problems == 1 && out.problems[0].Offset != int64(cut) {
			t.Fatalf("cut at %d: problems %+v", cut, out.problems)
		}
		if n > 0 && out.readings[n-1].Text != whole.readings[n-1].Text {
			t.Fatalf("cut at %d: another text", cut)
		}
	}
}

func TestBombs(t *testing.T) {
	for _, test := range []struct {
		name, bomb string
		ids        string
		problems   int
	}{
		{"depth", strings.Replace(post(2, ""), `""`, strings.Repeat("[", 1e6)+strings.Repeat("]", 1e6), 1), "1 2 3", 0},
		{"depth unclosed", strings.Replace(post(2, ""), `""`, strings.Repeat(`{"a":`, 1e6), 1), "1 3", 1},
		{"keys", strings.Replace(post(2, ""), `""`, `""`+strings.Repeat(`,"k":0`, 1e6), 1), "1 2 3", 0},
		{"string", post(2, strings.Repeat("a", 20<<20)), "1 2 3", 1},
		{"string beyond memory", post(2, strings.Repeat("a", 70<<20)), "1 3", 1},
		{"backslashes", post(2, strings.Repeat(`\\`, 5e6)), "1 2 3", 0},
		{"nothing but quotes", strings.Repeat(`"`, 1e6), "1 3", 1},
		{"entities", strings.Replace(post(2, ""), `""`, "["+strings.Repeat(`{"type":"bold","text":"x"},`, 3e5)+`""]`, 1), "1 2 3", 0},
		{"problems", strings.Repeat(`{"x":0},`, 1000) + `{"x":0}`, "1 3", maxProblems + 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := read(t, JSON, channel(post(1, "a")+","+test.bomb+","+post(3, "c")), false)
			if out.ids() != test.ids {
				t.Errorf("read %q, want %q", out.ids(), test.ids)
			}
			if len(out.problems) != test.problems {
				t.Errorf("%d problems, want %d: %+v", len(out.problems), test.problems, out.problems[:min(3, len(out.problems))])
			}
			for _, r := range out.readings {
				if len(r.Text) > format.MaxText {
					t.Errorf("a text of %d bytes", len(r.Text))
				}
			}
		})
	}
}

// A trickle gives a few bytes at a time, as a slow disk may.
type trickle struct{ s string }

func (r trickle) ReadAt(p []byte, at int64) (int, error) {
	if at >= int64(len(r.s)) {
		return 0, io.EOF
	}
	return copy(p[:min(len(p), 3)], r.s[at:]), nil
}

func TestAnySplitReadsTheSame(t *testing.T) {
	file := channel(post(1, `a\\\"`) + "," + post(2, `\ud83d\ude00 \\\\`) + ", 17," + post(3, "c"))
	want := read(t, JSON, file, false)
	out := &keeper{}
	if err := JSON.Read(context.Background(), format.Input{R: trickle{file}, Size: int64(len(file)), Settings: format.Settings{Zone: baghdadLike}}, out); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(out, want) {
		t.Errorf("got  %+v\nwant %+v", out, want)
	}
}

type stopper struct {
	keeper
	err error
}

func (s *stopper) Reading(*record.Reading) error { return s.err }

type brokenDisk struct{}

var errDisk = errors.New("input/output error")

func (brokenDisk) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestErrorsStop(t *testing.T) {
	file := channel(post(1, "a"))
	in := format.Input{R: strings.NewReader(file), Size: int64(len(file)), Settings: format.Settings{Zone: baghdadLike}}
	refused := errors.New("refused")
	if err := JSON.Read(context.Background(), in, &stopper{err: refused}); !errors.Is(err, refused) {
		t.Errorf("sink refused: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := JSON.Read(ctx, in, &keeper{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	in.R = brokenDisk{}
	if err := JSON.Read(context.Background(), in, &keeper{}); !errors.Is(err, errDisk) {
		t.Errorf("broken disk: %v", err)
	}
}
