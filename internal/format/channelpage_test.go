package format

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"dalil/internal/record"
)

const offers = `<!DOCTYPE html><html><head><meta property="al:ios:url" content="tg://resolve?domain=VardaPost"></head><body>
<div class="tgme_page"><div class="tgme_page_photo"><img src="x"></div>
<div class="tgme_page_title" dir="auto"><span dir="auto">نبض <b>الوادي</b> &amp; more</span></div>
<div class="tgme_page_extra">48 100 subscribers</div>
<div class="tgme_page_description" dir="auto">First line<br/>second &lt;line&gt;</div>
</div></body></html>`

const posts = `<html><body><header><div class="tgme_header_counter">48.1K subscribers</div></header>
<div class="tgme_channel_info_header_title"><span>Varda Post</span></div>
<div class="tgme_channel_info_description">About <a href="x">us</a></div>
<div class="tgme_widget_message js-widget_message" data-post="VardaPost/5" data-peer="c1600000001_-77">text</div>
<div class="tgme_widget_message" data-peer="c1700000009_-78">another</div></body></html>`

func TestFactsOfAChannelPage(t *testing.T) {
	at := record.AtUnix(1700000000)
	for name, c := range map[string]struct {
		page, url, want string
	}{
		"the offer to open it": {offers, "", "telegram-user:vardapost username=VardaPost title=نبض الوادي & more description=First line\nsecond <line> subscribers=48 100"},
		"its posts":            {posts, "https://t.me/s/VardaPost?before=9", "telegram:1600000001 username=VardaPost title=Varda Post description=About us subscribers=48.1K"},
		"without an address":   {posts, "", "telegram:1600000001 title=Varda Post description=About us subscribers=48.1K"},
		"a person":             {`<div class="tgme_page_title">Rana</div><div class="tgme_page_extra">@rana_example</div>`, "https://t.me/rana_example", ""},
		"no page of it":        {`<p>tgme_page_title 5 subscribers`, "https://t.me/s/VardaPost", ""},
		"a forgery":            {posts, "https://evil.example/s/VardaPost", ""},
		"an archive's copy":    {posts, "https://web.archive.org/web/2024/https://t.me/s/VardaPost", "telegram:1600000001 username=VardaPost title=Varda Post description=About us subscribers=48.1K"},
		"another site":         {strings.ReplaceAll(offers, "al:ios:url", "x"), "https://evil.example/t.me/VardaPost", ""},
		"never closed":         {`<div class="tgme_page_extra">5 subscribers</div><div class="tgme_page_title">x` + strings.Repeat("<div>", 100_000), "https://t.me/VardaPost", "telegram-user:vardapost username=VardaPost subscribers=5"},
		"a long one":           {`<div class="tgme_page_extra">5 members</div><div class="tgme_page_title">` + strings.Repeat("y", 1<<19) + `</div>`, "https://t.me/VardaPost", ""},
	} {
		all := ChannelFacts(context.Background(), Input{R: strings.NewReader(c.page), Size: int64(len(c.page)), Settings: Settings{URL: c.url, Theirs: at}})
		got := ""
		for i, f := range all {
			if i == 0 {
				got = f.Key
			}
			got += fmt.Sprintf(" %s=%s", f.Kind, f.Value)
			if f.At != at.Unix || f.Key != all[0].Key {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if name == "a long one" { // the pipeline cuts it
			if len(all) != 3 || len(all[1].Value) < 1000 {
				t.Errorf("%s: %d facts", name, len(all))
			}
			continue
		}
		if got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}
