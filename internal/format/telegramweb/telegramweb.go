// Package telegramweb reads the posts on Telegram's public pages: one post as it
// is given to other sites (t.me/CHANNEL/ID?embed=1) and the preview of a channel
// (t.me/s/CHANNEL).
//
// Each post carries the number of its channel, so a post captured from the web
// and the same post in an export are one statement: same source, same id. Where
// the page does not give the number the source is known by its public name,
// which a case joins to a channel it has under the same title.
//
// Such a page can be faked by any site. Posts on a page of another host than
// Telegram's (or a web archive's copy of Telegram's) are not counted among the
// channel's: they are statements of the host that shows them.
package telegramweb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind reads saved and captured pages of t.me.
var Kind = format.Kind{
	Name:    "telegram-web",
	Doc:     "a public page of Telegram: a post, or the newest posts of a channel",
	Version: 1,
	Match:   match,
	Read:    read,
	Facts:   format.ChannelFacts,
}

// maxPage is how many bytes of a page are read: twenty posts are about 200 KiB.
const maxPage = 8 << 20

var frame = format.NewPattern(`<body[^>]{0,200}\bwidget_frame_base\b`)

// match is surer than any reader of ordinary pages.
func match(h format.Head) int {
	switch {
	case !bytes.Contains(h.Bytes, []byte("tgme_widget_message")):
		return 0
	case frame.Match(h.Bytes):
		return 95
	case bytes.Contains(h.Bytes, []byte(`class="tgme_widget_message`)) && bytes.Contains(h.Bytes, []byte(`data-post="`)):
		return 92
	}
	return 0
}

func read(ctx context.Context, in format.Input, out format.Sink) error {
	b, err := io.ReadAll(io.NewSectionReader(in.R, 0, min(in.Size, maxPage)))
	if err != nil {
		return fmt.Errorf("read %s: %w", in.Path, err)
	}
	p := &pageReader{ctx: ctx, out: out, page: b, theirs: telegrams(in.URL), problems: format.Problems{Out: out}}
	if err := p.read(); err != nil {
		return err
	}
	if in.Size > maxPage {
		p.problems.Tell(record.Problem{Offset: maxPage, What: fmt.Sprintf("page of %d bytes: only the first %d are read, the rest is kept in the archive", in.Size, maxPage)})
	}
	if p.posts == 0 && p.problems.Told() == 0 {
		p.problems.Tell(record.Problem{Offset: 0, What: "the page shows no post", Remedy: "open it in a browser: the channel may have no public page, or Telegram shows it only in its own program"})
	}
	p.problems.Close()
	return nil
}

// telegrams reports whether a page of this address may speak for a channel. A
// file without an address is what the importing person says it is, as an
// export is.
func telegrams(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Port() != "" {
		return false
	}
	if strings.EqualFold(u.Hostname(), "web.archive.org") {
		m := wayback.FindStringSubmatch(u.Path)
		return m != nil
	}
	return hosts[strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")]
}

var (
	hosts   = map[string]bool{"t.me": true, "telegram.me": true, "telegram.dog": true}
	wayback = format.NewPattern(`^/web/\d{4,14}(?:[a-z]{2}_)?/https?:/{1,2}(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)/`)
)
