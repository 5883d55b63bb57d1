package telegramexport

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// chatPage wraps messages into a page of a chat.
func chatPage(messages string) string {
	return `<!DOCTYPE html>
<html>
 <head>
  <meta charset="utf-8"/>
<title>Exported Data</title>
  <script src="js/script.js" type="text/javascript">
  </script>
 </head>
 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header">
    <div class="content">
     <div class="text bold">
Blue Horizon 
     </div>
    </div>
   </div>
   <div class="page_body chat_page">
    <div class="history">
` + messages + `
    </div>
   </div>
  </div>
 </body>
</html>
`
}

// webPost is a message as Telegram Desktop lays it out; inner stands between
// the sender's name and the end.
func webPost(id int, from, inner string) string {
	class, name := "message default clearfix joined", ""
	if from != "" {
		class = "message default clearfix"
		name = `<div class="pull_left userpic_wrap"><div class="userpic userpic1" style="width: 42px; height: 42px"><div class="initials" style="line-height: 42px">
B
       </div></div></div>`
	}
	s := fmt.Sprintf(`     <div class="%s" id="message%d">
      %s
      <div class="body">
       <div class="pull_right date details" title="26.02.2021 14:03:11 UTC+03:00">
14:03
       </div>
`, class, id, name)
	if from != "" {
		s += "       <div class=\"from_name\">\n" + from + " \n       </div>\n"
	}
	return s + inner + "\n      </div>\n     </div>"
}

func TestPageGolden(t *testing.T) {
	dateLine := `<div class="message service" id="message-1"><div class="body details">
26 February 2021
      </div></div>`
	text := func(s string) string { return "<div class=\"text\">\n" + s + "\n       </div>" }
	for _, test := range []struct {
		name, message string
		want          record.Reading
	}{
		{"plain", webPost(5, "Blue Horizon", text(`a &lt;b&gt;<br>بيان &apos;x&apos;`)), record.Reading{Text: "a <b>\nبيان 'x'"}},
		{"formatted", webPost(5, "Blue Horizon", text(`<a href="" onclick="return ShowHashtag(&quot;x&quot;)">#x</a> <strong>b</strong> <a href="https://example.org/">https://example.org/</a> <a href="https://example.org/q">q</a> <a href="https://t.me/lamp">@lamp</a> <span class="spoiler hidden" onclick="ShowSpoiler(this)"><span aria-hidden="true">s</span></span>`)),
			record.Reading{Text: "#x b https://example.org/ q @lamp s", Entities: []record.Entity{
				{Kind: "hashtag", Offset: 0, Length: 2}, {Kind: "bold", Offset: 3, Length: 1}, {Kind: "link", Offset: 5, Length: 20},
				{Kind: "text_link", Offset: 26, Length: 1, Target: "https://example.org/q"}, {Kind: "mention", Offset: 28, Length: 5}, {Kind: "spoiler", Offset: 34, Length: 1}}}},
		{"member answers", webPost(5, "Nadim", `<div class="reply_to details">In reply to <a href="#go_to_message4" onclick="return GoToMessage(4)">this message</a></div>`+text("yes")),
			record.Reading{Text: "yes", ReplyTo: "4", Sender: record.Party{Name: "Nadim", Person: true}}},
		{"forwarded", webPost(5, "Blue Horizon", `<div class="pull_left forwarded userpic_wrap"></div><div class="forwarded body"><div class="from_name">
Green Valley via @bot <span class="date details" title="25.02.2021 10:00:00 UTC+03:00"> 25.02.2021 10:00:00</span>
        </div>`+text("x")+`</div>`), record.Reading{Text: "x", Flags: []record.Flag{record.FlagForwardByName},
			Forward: &record.Forward{From: record.Party{Name: "Green Valley"}, Posted: record.AtUnix(1614236400)}}},
		{"photo", webPost(5, "Blue Horizon", `<div class="media_wrap clearfix"><a class="photo_wrap clearfix pull_left" href="photos/photo_1.jpg"><img class="photo" src="photos/photo_1_thumb.jpg" style="x"/></a></div>`),
			record.Reading{Media: []record.Media{{Kind: "photo", Path: "photos/photo_1.jpg"}}}},
		{"left out", webPost(5, "Blue Horizon", `<div class="media_wrap clearfix"><div class="media clearfix pull_left media_video"><div class="fill pull_left"></div><div class="body"><div class="title bold">
Video file
</div><div class="description">Not included, change data exporting settings to download.</div><div class="status details">01:02, 3.4 MB</div></div></div></div>`+text("t")),
			record.Reading{Text: "t", Media: []record.Media{{Kind: "video", Omitted: "Not included, change data exporting settings to download.", Seconds: 62}}}},
		{"document", webPost(5, "Blue Horizon", `<div class="media_wrap clearfix"><a class="media clearfix pull_left block_link media_file" href="files/a.pdf"><div class="body"><div class="title bold">a.pdf</div><div class="status details">3.4 MB</div></div></a></div>`),
			record.Reading{Media: []record.Media{{Kind: "file", Path: "files/a.pdf", Name: "a.pdf"}}}},
		{"contact", webPost(5, "Nadim", `<div class="media_wrap clearfix"><div class="media clearfix pull_left media_contact"><div class="body"><div class="title bold">R S</div><div class="status details">+999 00</div></div></div></div>`),
			record.Reading{Text: "contact shared", Sender: record.Party{Name: "Nadim", Person: true}}},
		{"place", webPost(5, "Nadim", `<div class="media_wrap clearfix"><a class="media clearfix pull_left block_link media_location" href="https://maps.example/?q=1,2"><div class="body"><div class="title bold">Location</div><div class="status details">1.5, 2.5</div></div></a></div>`),
			record.Reading{Text: "location shared", Sender: record.Party{Name: "Nadim", Person: true}}},
		{"poll", webPost(5, "Blue Horizon", `<div class="media_wrap clearfix"><div class="media_poll"><div class="question bold">
Who first?
</div><div class="details">Final results</div><div class="answer">
- we <span class="details">4 votes</span>
</div><div class="answer">- they</div><div class="total details	">5 votes</div></div></div>`),
			record.Reading{Text: "Who first?\n- we\n- they"}},
		{"reactions", webPost(5, "Blue Horizon", text("x")+`<span class="reactions"><span class="reaction active"><span class="emoji">
👍
</span><span class="count">
7
</span></span><span class="reaction"><span class="emoji">🔥</span><span class="userpics"><div class="userpic userpic3"><div class="initials">A</div></div><div class="userpic userpic4"></div></span></span></span>`),
			record.Reading{Text: "x", Reactions: []record.Reaction{{What: "👍", Count: 7}, {What: "🔥", Count: 2}}}},
		{"signed", webPost(5, "Blue Horizon", text("x")+`<div class="signature details">
Rana
</div>`), record.Reading{Text: "x", Sender: record.Party{Name: "Rana", Person: true}}},
		{"no zone", strings.Replace(webPost(5, "Blue Horizon", text("x")), " UTC+03:00", "", 1),
			record.Reading{Text: "x", Posted: record.When{Unix: 1614337391, Precision: record.ToSecond, NoZone: true}, Flags: []record.Flag{record.FlagNoZone}}},
		{"invalid UTF-8", webPost(5, "Blue Horizon", text("a\xffb")), record.Reading{Text: "a\ufffdb", Flags: []record.Flag{record.FlagInvalidUTF8}}},
		{"title", dateLine + `<div class="message service" id="message5"><div class="body details">
Channel title changed to &laquo;Red Dawn&raquo;
      </div></div>`, record.Reading{Kind: record.Service, Text: "Channel title changed to «Red Dawn»", Facts: []record.Fact{{Kind: record.FactTitle, Value: "Red Dawn", At: record.NoSeconds}},
			Posted: record.When{Unix: 1614286800, Precision: record.ToDay, NoZone: true}, Flags: []record.Flag{record.FlagNoZone}}},
		{"members are not named", dateLine + `<div class="message service" id="message5"><div class="body details">
Nadim invited Rana and Sami
      </div></div>`, record.Reading{Kind: record.Service, Text: "invited members", Sender: record.Party{Name: "Nadim", Person: true},
			Posted: record.When{Unix: 1614286800, Precision: record.ToDay, NoZone: true}, Flags: []record.Flag{record.FlagNoZone}}},
		{"pinned", dateLine + `<div class="message service" id="message5"><div class="body details">
Blue Horizon pinned <a href="messages.html#go_to_message3">this message</a>
      </div></div>`, record.Reading{Kind: record.Service, Text: "pinned a message", ReplyTo: "3",
			Posted: record.When{Unix: 1614286800, Precision: record.ToDay, NoZone: true}, Flags: []record.Flag{record.FlagNoZone}}},
		{"service of the future", `<div class="message service" id="message5"><div class="body details">Nadim sang for Rana</div></div>`,
			record.Reading{Kind: record.Service, Text: "service message of a kind not known", Flags: []record.Flag{record.FlagUnknownParts}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := chatPage(test.message)
			out := read(t, HTML, file, false)
			if len(out.problems) > 0 || len(out.readings) != 1 {
				t.Fatalf("%d readings, problems %v", len(out.readings), out.problems)
			}
			got := out.readings[0]
			b := file[got.Span.Offset : got.Span.Offset+got.Span.Length]
			if !strings.HasPrefix(b, `<div class="message`) || !strings.HasSuffix(b, "</div>") || !strings.HasSuffix(strings.TrimSpace(test.message), b[len(b)-40:]) {
				t.Errorf("the span is %q", b)
			}
			got.Span = record.Span{}
			want := test.want
			want.ExternalID = "5"
			if want.Kind == "" {
				want.Kind = record.Post
			}
			if !want.Posted.Known() && want.Kind == record.Post {
				want.Posted = record.AtUnix(1614337391)
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

func TestPageSequence(t *testing.T) {
	text := func(s string) string { return "<div class=\"text\">" + s + "</div>" }
	out := read(t, HTML, chatPage(webPost(1, "Nadim", text("a"))+webPost(2, "", text("b"))+webPost(3, "Blue Horizon", text("c"))+webPost(4, "", text("d"))), false)
	var senders []string
	for _, r := range out.readings {
		senders = append(senders, r.Sender.Name)
	}
	if got, want := senders, []string{"Nadim", "Nadim", "", ""}; !reflect.DeepEqual(got, want) {
		t.Errorf("senders %q, want %q", got, want)
	}
	if got, want := out.sources, []record.Source{{Key: "telegram-name:blue horizon", Name: "Blue Horizon", Type: record.Group, Platform: "telegram"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("sources %+v, want %+v", got, want)
	}
}

func TestPageDefects(t *testing.T) {
	text := func(s string) string { return "<div class=\"text\">" + s + "</div>" }
	good := webPost(1, "Blue Horizon", text("a")) + webPost(2, "Blue Horizon", text("b")) + webPost(3, "Blue Horizon", text("c"))
	for _, test := range []struct {
		name, file string
		ids        string
		problems   int
	}{
		{"none", chatPage(good), "1 2 3", 0},
		{"byte order mark", "\ufeff" + chatPage(good), "1 2 3", 0},
		{"carriage returns", strings.ReplaceAll(chatPage(good), "\n", "\r\n"), "1 2 3", 0},
		{"unclosed message", chatPage(webPost(1, "Blue Horizon", text("a")+"<div><div>") + good[strings.Index(good, `     <div class="message default clearfix" id="message2"`):]), "1 2 3", 1},
		{"unclosed last message", chatPage(good + webPost(4, "Blue Horizon", "<div><div><div><div><div><div><div>")), "1 2 3 4", 1},
		{"closed too often", chatPage(good + "</div></div></div></a></span>" + webPost(4, "Blue Horizon", text("d"))), "1 2 3 4", 0},
		{"nested too deep", chatPage(webPost(1, "Blue Horizon", text(strings.Repeat("<b>", 1e6)+"x"+strings.Repeat("</b>", 1e6))) + webPost(2, "Blue Horizon", text("b"))), "1 2", 0},
		{"huge attribute", chatPage(good + webPost(4, "Blue Horizon", `<div class="text" title="`+strings.Repeat("x", 8<<20)+`">d</div>`)), "1 2 3 4", 0},
		{"attribute beyond memory", chatPage(webPost(1, "Blue Horizon", text("a")) + `<p x="` + strings.Repeat("x", 70<<20) + `">` + webPost(2, "Blue Horizon", text("b"))), "1 2", 1},
		{"huge text", chatPage(webPost(1, "Blue Horizon", text(strings.Repeat("x", 20<<20))) + webPost(2, "Blue Horizon", text("b"))), "1 2", 1},
		{"same id twice", chatPage(good + webPost(3, "Blue Horizon", text("c"))), "1 2 3 3", 0},
		{"empty", "", "", 1},
		{"UTF-16", "\xff\xfe<\x00h\x00", "", 1},
		{"cut in a message", chatPage(good)[:strings.Index(chatPage(good), `id="message3"`)+40], "1 2", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := read(t, HTML, test.file, false)
			if out.ids() != test.ids {
				t.Errorf("read %q, want %q", out.ids(), test.ids)
			}
			if len(out.problems) != test.problems {
				t.Errorf("%d problems, want %d: %+v", len(out.problems), test.problems, out.problems)
			}
			for _, r := range out.readings {
				if len(r.Text) > format.MaxText {
					t.Errorf("a text of %d bytes", len(r.Text))
				}
			}
		})
	}
}

func TestPageTruncationAtEveryByte(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := 1; b.Len() < 12<<10; i++ {
		b.WriteString(webPost(i, []string{"Blue Horizon", "", "Nadim"}[i%3], `<div class="text">بيان <br>&quot;x&quot; <a href="https://example.org/?a=1&amp;b=2">here</a></div>`))
	}
	file := chatPage(b.String())
	whole := read(t, HTML, file, false)
	if len(whole.problems) > 0 {
		t.Fatal(whole.problems)
	}
	end := strings.LastIndex(file, "</html>") + len("</html>")
	n := 0
	for cut := range file {
		for n < len(whole.readings) && whole.readings[n].Span.Offset+whole.readings[n].Span.Length <= int64(cut) {
			n++
		}
		out := read(t, HTML, file[:cut], false)
		problems := 1
		if cut >= end {
			problems = 0
		}
		if len(out.readings) != n || len(out.problems) != problems {
			t.Fatalf("cut at %d: %d readings, want %d; problems %+v", cut, len(out.readings), n, out.problems)
		}
	}
}

func TestPagesOfAccount(t *testing.T) {
	list := strings.Replace(chatPage(`<div class="entry_list"><div class="entry clearfix"><div class="body"><div class="name bold">N</div><div class="details_entry details">+999 00</div></div></div><a class="entry block_link clearfix" href="x"></a></div>`), "chat_page", "list_page", 1)
	list = strings.Replace(list, "Blue Horizon", "Contacts", 1)
	out := read(t, HTML, list, false)
	if len(out.readings)+len(out.problems) > 0 || !reflect.DeepEqual(out.skipped, []string{"contacts of the exporting account: 2"}) {
		t.Errorf("%d readings, problems %v, skipped %q", len(out.readings), out.problems, out.skipped)
	}
}

func TestMatch(t *testing.T) {
	page := chatPage(webPost(1, "Blue Horizon", "x"))
	for _, test := range []struct {
		path, file string
		json, html int
	}{
		{"result.json", channel(post(1, "a")), 98, 0},
		{"x/result.json", "\ufeff \n" + channel(""), 98, 0},
		{"other.json", channel(post(1, "a")), 95, 0},
		{"result.json", `{"name": "a package"}`, 20, 0},
		{"a.json", `{"messages": [{"role": "user", "content": "x"}]}`, 0, 0},
		{"a.json", `{"about": "x", "personal_information": {}, "contacts": {"list": []}}`, 95, 0},
		{"a.json", `{"about": "x", "chats": {"list": [{"name": "n", "type": "personal_chat"`, 95, 0},
		{"result.json", "", 20, 0},
		{"result.json", "\xff\xfe" + strings.Join(strings.Split(channel(""), ""), "\x00") + "\x00", 60, 0},
		{"messages.html", page, 0, 95},
		{"article.html", "<html><body><div class=\"message\">x</div></body></html>", 0, 0},
	} {
		h := format.Head{Path: test.path, Size: int64(len(test.file)), Bytes: []byte(test.file)}
		if got := JSON.Match(h); got != test.json {
			t.Errorf("%s %.30q: JSON says %d, want %d", test.path, test.file, got, test.json)
		}
		if got := HTML.Match(h); got != test.html {
			t.Errorf("%s %.30q: HTML says %d, want %d", test.path, test.file, got, test.html)
		}
	}
}

func TestOwns(t *testing.T) {
	for path, want := range map[string]bool{
		"photos/photo_1.jpg": true, "video_files/a.mp4": true, "css/style.css": true, "chats/chat_001/photos/a.jpg": true,
		"chats/chat_001/messages.html": false, "messages2.html": false, "result.json": false, "notes/a.txt": false,
		"lists/contacts.html": false, "profile_pictures/p.jpg": true, "photos": false,
	} {
		if got := JSON.Owns(path); got != want {
			t.Errorf("owns %s: %v, want %v", path, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	for _, test := range []struct {
		in    string
		zoned bool
		ok    bool
	}{
		{"2021-02-26T14:03:11", false, true}, {"2024-02-29T00:00:00", false, true}, {"1970-01-01T00:00:00", false, true},
		{"2021-02-26T14:03:11Z", true, true}, {"2021-02-26T14:03:11+03:30", true, true},
		{"2021-02-26", false, false}, {"2021-13-26T14:03:11", false, false}, {"2021-02-2xT14:03:11", false, false}, {"", false, false},
	} {
		sec, zoned, ok := parseClock([]byte(test.in))
		if zoned != test.zoned || ok != test.ok {
			t.Errorf("%q: zoned %v ok %v", test.in, zoned, ok)
		}
		if !ok {
			continue
		}
		layout := "2006-01-02T15:04:05"
		if zoned {
			layout = time.RFC3339
		}
		want, err := time.Parse(layout, test.in)
		if err != nil || want.Unix() != sec {
			t.Errorf("%q: %d, want %d (%v)", test.in, sec, want.Unix(), err)
		}
	}
}
