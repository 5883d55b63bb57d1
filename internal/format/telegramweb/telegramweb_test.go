package telegramweb

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dalil/internal/format"
	"dalil/internal/record"
)

type sink struct {
	sources  []record.Source
	readings []record.Reading
	problems []record.Problem
}

func (s *sink) Source(x record.Source) error    { s.sources = append(s.sources, x); return nil }
func (s *sink) Reading(x *record.Reading) error { s.readings = append(s.readings, *x); return nil }
func (s *sink) Problem(p record.Problem)        { s.problems = append(s.problems, p) }
func (*sink) Covers(int64, int64)               {}
func (*sink) Skipped(string, int)               {}

func reads(t testing.TB, address, page string) *sink {
	t.Helper()
	s := &sink{}
	in := format.Input{Path: "p.html", R: strings.NewReader(page), Size: int64(len(page)), Settings: format.Settings{Zone: time.UTC, URL: address}}
	if err := read(context.Background(), in, s); err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	embedHead = `<!DOCTYPE html><html><head><title>Telegram Widget</title></head><body class="widget_frame_base tgme_widget body_widget_post emoji_image nodark">`
	peer      = ` data-peer="c1600000001_-5555555555" data-peer-hash="00" `
)

func view(c int64, p int) string {
	return ` data-view="` + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"c":%d,"p":%d,"t":1740899700,"h":"x"}`, c, p)) + `" `
}

// message is a post as Telegram writes one.
func message(channel string, id int, attrs, head, body, foot string) string {
	return fmt.Sprintf(`<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="%[1]s/%[2]d"%[3]s>
<div class="tgme_widget_message_user"><a href="https://t.me/%[1]s"><i class="tgme_widget_message_user_photo bgcolor2" data-content="H"><img src="https://cdn.example/u.jpg"></i></a></div>
<div class="tgme_widget_message_bubble">
<i class="tgme_widget_message_bubble_tail"><svg class="bubble_icon"><g><path d="M8,1"></path></g></svg></i>
%[4]s
%[5]s
<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info short js-message_info">
%[6]s<span class="tgme_widget_message_meta"><a class="tgme_widget_message_date" href="https://t.me/%[1]s/%[2]d"><time datetime="2025-03-02T07:15:00+00:00" class="time">07:15</time></a></span>
</div></div></div></div></div>
`, channel, id, attrs, head, body, foot)
}

func owner(channel, title string) string {
	return `<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name" href="https://t.me/` + channel + `"><span dir="auto">` + title + `</span></a></div>`
}

func text(s string) string {
	return `<div class="tgme_widget_message_text js-message_text" dir="auto">` + s + `</div>`
}

func TestPost(t *testing.T) {
	page := embedHead + message("harbour_lamp", 4, peer+view(-1600000001, 4), owner("harbour_lamp", "Harbour Lamp"),
		`<a class="tgme_widget_message_reply" href="https://t.me/harbour_lamp/3"><div class="tgme_widget_message_author accent_color"><span class="tgme_widget_message_author_name">Other</span></div><div class="tgme_widget_message_text js-message_reply_text">quoted words</div></a>`+
			`<a class="tgme_widget_message_photo_wrap" href="https://t.me/harbour_lamp/4" style="background-image:url('https://cdn.example/1.jpg')"></a>`+
			text(`<b>Breaking</b> <i class="emoji" style="background-image:url('//x/e.png')"><b>🔥</b></i><br/><br/>The bridge &amp; the <a href="https://news.example/a" target="_blank">ferry</a> ﷺ.<br/><a href="?q=%23harbour">#harbour</a> <a href="https://t.me/x_y_z">@x_y_z</a> <a href="https://news.example/b">https://news.example/b</a>`)+
			`<a class="tgme_widget_message_link_preview" href="https://news.example/a"><div class="link_preview_title">Not the post</div></a>`,
		`<span class="tgme_widget_message_views">812</span>`) + `</body></html>`
	if got := match(format.Head{Bytes: []byte(page)}); got < 90 {
		t.Errorf("match %d", got)
	}
	s := reads(t, "https://t.me/harbour_lamp/4?embed=1&mode=tme", page)
	if len(s.problems) != 0 || len(s.readings) != 1 {
		t.Fatalf("%+v", s)
	}
	if diff := cmp.Diff(s.sources, []record.Source{{Key: "telegram:1600000001", Name: "Harbour Lamp", Type: record.Channel, Platform: "telegram", Sequential: true}}); diff != "" {
		t.Error(diff)
	}
	r := s.readings[0]
	want := "Breaking 🔥\n\nThe bridge & the ferry ﷺ.\n#harbour @x_y_z https://news.example/b"
	at := func(part string) int { return strings.Index(want, part) }
	wantReading := record.Reading{
		Kind: record.Post, ExternalID: "4", Span: r.Span, Posted: record.AtUnix(1740899700), Text: want, Views: 812, ReplyTo: "3", URL: "https://t.me/harbour_lamp/4",
		Media: []record.Media{{Kind: "photo", Omitted: "shown on the page and not captured with it"}},
		Entities: []record.Entity{{Kind: "bold", Offset: 0, Length: 8}, {Kind: "bold", Offset: at("🔥"), Length: 4}, {Kind: "text_link", Offset: at("ferry"), Length: 5, Target: "https://news.example/a"},
			{Kind: "hashtag", Offset: at("#"), Length: 8}, {Kind: "mention", Offset: at("@"), Length: 6}, {Kind: "link", Offset: at("https"), Length: 22}},
	}
	wantReading.Entities = append(wantReading.Entities[:1], wantReading.Entities[2:]...) // <b> inside of an emoji is no bold
	if diff := cmp.Diff(wantReading, r); diff != "" {
		t.Error(diff)
	}
	span := page[r.Span.Offset:][:r.Span.Length]
	if !strings.HasPrefix(span, `<div class="tgme_widget_message text`) || !strings.HasSuffix(span, "</div>") || strings.Count(span, "<div") != strings.Count(span, "</div>") {
		t.Errorf("span %q", span)
	}
}

func TestPreview(t *testing.T) {
	page := `<!DOCTYPE html><html><body class="widget_frame_base tgme_webpreview"><section>` +
		message("valley_pulse", 7, view(1600000002, 7), owner("valley_pulse", "Valley Pulse"), `<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/night_watch/55"><span dir="auto">Night Watch</span></a></div>`+text(`one`), `<span class="tgme_widget_message_views">12.5K</span>`) +
		message("valley_pulse", 8, view(-1600000002, 8), owner("valley_pulse", "Valley Pulse"), `<div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">Ferry?</div><a><div class="tgme_widget_message_poll_option"><div class="tgme_widget_message_poll_option_text">Yes</div></div></a></div>`,
			`<span class="tgme_reaction"><i class="emoji"><b>👍</b></i>12</span><span class="tgme_reaction"><i class="emoji"><b>🔥</b></i>1.2K</span>`) +
		message("valley_pulse", 9, view(-1001600000002, 9), owner("valley_pulse", "Valley Pulse"), `<div class="message_media_not_supported_wrap"><div class="message_media_not_supported_label">Please open Telegram to view this post</div></div>`, "") +
		message("valley_pulse", 10, "", `<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name" href="https://t.me/valley_pulse"><span dir="auto">Valley Pulse</span></a></div>`, text(`<div class="tgme_widget_message_text js-message_text">nested<blockquote>quoted</blockquote>after <pre>a
 b</pre></div>`), `<span class="tgme_widget_message_from_author" dir="auto">Dana</span>`) +
		`</section></body></html>`
	s := reads(t, "https://t.me/s/valley_pulse", page)
	if len(s.problems) != 0 || len(s.readings) != 4 {
		t.Fatalf("%d readings, %v", len(s.readings), s.problems)
	}
	keys := ""
	for _, src := range s.sources {
		keys += src.Key + " "
	}
	// The fourth does not give the channel's number.
	if keys != "telegram:1600000002 telegram-user:valley_pulse " {
		t.Errorf("sources %s", keys)
	}
	a, b, c, d := s.readings[0], s.readings[1], s.readings[2], s.readings[3]
	if a.Text != "one" || a.Forward == nil || a.Forward.From.Name != "Night Watch" || a.Forward.ID != "55" || a.Views != 0 {
		t.Errorf("%+v %+v", a, a.Forward)
	}
	if b.Text != "Ferry?\nYes" || len(b.Reactions) != 2 || b.Reactions[0] != (record.Reaction{What: "👍", Count: 12}) || b.Reactions[1] != (record.Reaction{What: "🔥"}) {
		t.Errorf("%+v", b)
	}
	if c.Text != "" || len(c.Flags) != 1 || c.Flags[0] != record.FlagUnknownParts {
		t.Errorf("%+v", c)
	}
	if d.Text != "nested\nquoted\nafter\na\n b" && d.Text != "nested\nquoted\nafter \na\n b" || d.Sender.Name != "Dana" || !d.Sender.Person {
		t.Errorf("%q %+v", d.Text, d.Sender)
	}
}

func TestGroup(t *testing.T) {
	head := `<div class="tgme_widget_message_author accent_color"><span class="tgme_widget_message_author_name"><span dir="auto">Dana Tulayhi</span></span>&nbsp;in&nbsp;<a class="tgme_widget_message_owner_name" href="https://t.me/our_street"><span dir="auto">Our street</span></a></div>`
	s := reads(t, "https://t.me/our_street/9?embed=1&mode=tme", embedHead+message("our_street", 9, peer, head, text("hello"), ""))
	if len(s.sources) != 1 || s.sources[0].Type != record.Group || s.sources[0].Name != "Our street" || !s.readings[0].Sender.Person || s.readings[0].Sender.Name != "Dana Tulayhi" {
		t.Errorf("%+v %+v", s.sources, s.readings)
	}
}

// TestForeignPage: a page of anybody's that looks like Telegram's does not speak
// for a channel.
func TestForeignPage(t *testing.T) {
	page := embedHead + message("harbour_lamp", 4, peer, owner("harbour_lamp", "Harbour Lamp"), text("we never said this"), "")
	for address, theirs := range map[string]bool{
		"": true, "https://t.me/harbour_lamp/4?embed=1": true, "http://telegram.me/s/harbour_lamp": true, "https://www.t.me/s/harbour_lamp": true,
		"https://web.archive.org/web/20250302080000/https://t.me/s/harbour_lamp": true, "https://web.archive.org/web/20250302080000id_/https:/t.me/s/harbour_lamp": true,
		"https://evil.example/t.me/": false, "https://t.me.evil.example/harbour_lamp/4": false, "https://evilt.me/x": false, "https://t.me:8443/harbour_lamp/4": false,
		"https://web.archive.org/web/20250302080000/https://evil.example/https://t.me/s/x": false, "https://web.archive.org/x/https://t.me/s/x": false,
		"ftp://t.me/harbour_lamp": false, "://": false,
	} {
		s := reads(t, address, page)
		if (len(s.sources) == 1) != theirs || (s.readings[0].ExternalID == "4") != theirs {
			t.Errorf("%q: %v %q", address, s.sources, s.readings[0].ExternalID)
		}
	}
}

func TestNotThere(t *testing.T) {
	s := reads(t, "https://t.me/harbour_lamp/99?embed=1&mode=tme", embedHead+`<div class="tgme_widget_message_wrap"><div class="tgme_widget_message_error">Post not found</div></div></body>`)
	if len(s.readings) != 0 || len(s.problems) != 1 || !strings.Contains(s.problems[0].What, "no such post") {
		t.Errorf("%+v", s)
	}
	if s := reads(t, "", embedHead+`</body>`); len(s.problems) != 1 {
		t.Errorf("an empty page: %+v", s)
	}
}

// TestEveryCut: of a page cut anywhere every whole post is read, and nothing
// panics.
func TestEveryCut(t *testing.T) {
	page := embedHead + message("harbour_lamp", 4, peer, owner("harbour_lamp", "Harbour Lamp"), text("first"), "") + message("harbour_lamp", 5, peer, owner("harbour_lamp", "Harbour Lamp"), text("second"), "")
	for cut := range len(page) {
		s := reads(t, "", page[:cut])
		for _, r := range s.readings {
			if r.Span.Offset+r.Span.Length > int64(cut) {
				t.Fatalf("cut at %d: span %+v", cut, r.Span)
			}
		}
	}
	// A post that is never closed does not swallow the next.
	s := reads(t, "", strings.ReplaceAll(page, "</div>", ""))
	if len(s.readings) != 2 {
		t.Errorf("%+v", s.readings)
	}
}

func TestBombs(t *testing.T) {
	deep := embedHead + `<div class="tgme_widget_message" data-post="harbour_lamp/4">` + strings.Repeat("<div><b>", 200_000) + "x"
	if s := reads(t, "", deep); len(s.readings) != 1 {
		t.Errorf("%d readings", len(s.readings))
	}
	wide := embedHead + strings.Repeat(`<div class="tgme_widget_message" data-post="harbour_lamp/x">`, 50_000)
	if s := reads(t, "", wide); len(s.problems) > format.MaxProblems+1 {
		t.Errorf("%d problems", len(s.problems))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(embedHead + message("harbour_lamp", 4, peer, owner("harbour_lamp", "Harbour Lamp"), text("<b>a<br>b</b><blockquote>q</blockquote>"), "")))
	f.Add([]byte(`<div class="tgme_widget_message_error">x</div><div class=tgme_widget_message data-post=abcd/1></div></div></b>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &sink{}
		in := format.Input{Path: "p.html", R: bytes.NewReader(b), Size: int64(len(b)), Settings: format.Settings{Zone: time.UTC}}
		if err := read(context.Background(), in, s); err != nil {
			t.Fatal(err)
		}
		for _, r := range s.readings {
			if r.Span.Offset < 0 || r.Span.Length <= 0 || r.Span.Offset+r.Span.Length > int64(len(b)) || r.ExternalID == "" {
				t.Fatalf("%+v", r.Span)
			}
			for _, e := range r.Entities {
				if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > len(r.Text) {
					t.Fatalf("%+v of %q", e, r.Text)
				}
			}
		}
		match(format.Head{Bytes: b})
	})
}
