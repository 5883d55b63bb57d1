package format

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"strings"

	xhtml "golang.org/x/net/html"

	"dalil/internal/record"
)

// factClasses are the elements in which Telegram's pages of a channel say what
// it calls itself: the page that offers to open it (t.me/name) and the one with
// its posts (t.me/s/name).
var factClasses = map[string]record.FactKind{
	"tgme_page_title":                record.FactTitle,
	"tgme_page_description":          record.FactDescription,
	"tgme_page_extra":                record.FactSubscribers,
	"tgme_channel_info_header_title": record.FactTitle,
	"tgme_channel_info_description":  record.FactDescription,
	"tgme_header_counter":            record.FactSubscribers,
}

// maxChannelPage is how many bytes of a page are read.
const maxChannelPage = 8 << 20

// ChannelFacts is the Facts of every format that reads pages: what Telegram's
// pages of a channel say of it. Other pages, and those of persons, say nothing:
// their counter has no subscribers. A page of another host than Telegram's, or
// than a web archive's copy of Telegram's, says nothing either: any site can
// look so.
func ChannelFacts(ctx context.Context, in Input) []record.Fact {
	address := in.URL
	if u, err := url.Parse(address); err == nil && pageHost(address) == "web.archive.org" {
		if _, copied, ok := strings.Cut(u.String(), "/http"); ok {
			address = "http" + copied
		}
	}
	if h := pageHost(address); address != "" && h != "t.me" && h != "telegram.me" {
		return nil
	}
	b, err := io.ReadAll(io.NewSectionReader(in.R, 0, min(in.Size, maxChannelPage)))
	if err != nil || ctx.Err() != nil || !bytes.Contains(b, []byte("tgme_")) {
		return nil
	}
	name, peer := channelOf(address), ""
	said := map[record.FactKind]string{}
	var (
		kind  record.FactKind // being read
		depth int             // of elements within it
		text  strings.Builder
	)
	z := xhtml.NewTokenizer(bytes.NewReader(b))
	z.SetMaxBuf(1 << 20)
	for {
		t := z.Next()
		if t == xhtml.ErrorToken {
			break
		}
		switch t {
		case xhtml.TextToken:
			if kind != "" && text.Len() < maxFact {
				text.Write(z.Text())
			}
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			tag, more := z.TagName()
			el := string(tag)
			class, property, content := "", "", ""
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				switch string(k) {
				case "class":
					class = string(v)
				case "property":
					property = string(v)
				case "content":
					content = string(v)
				case "data-peer":
					if id := peerOf(string(v)); id != "" && peer == "" {
						peer = id
					}
				}
			}
			if name == "" && property == "al:ios:url" {
				name = channelOf(content)
			}
			switch {
			case kind == "":
				for _, c := range strings.Fields(class) {
					if k, ok := factClasses[c]; ok && said[k] == "" && t == xhtml.StartTagToken {
						kind, depth = k, 1
						text.Reset()
					}
				}
			case el == "br":
				text.WriteByte('\n')
			case t == xhtml.StartTagToken && !void(el):
				depth++
			}
		case xhtml.EndTagToken:
			if kind == "" {
				continue
			}
			if depth--; depth == 0 {
				said[kind] = strings.TrimSpace(xhtml.UnescapeString(text.String()))
				kind = ""
			}
		}
	}
	count, ok := subscribers(said[record.FactSubscribers])
	if !ok || name == "" && peer == "" {
		return nil
	}
	said[record.FactSubscribers], said[record.FactUsername] = count, name
	key := "telegram:" + peer
	if peer == "" {
		key = "telegram-user:" + strings.ToLower(name)
	}
	var all []record.Fact
	for _, k := range []record.FactKind{record.FactUsername, record.FactTitle, record.FactDescription, record.FactSubscribers} {
		if said[k] != "" {
			all = append(all, record.Fact{Key: key, Kind: k, Value: said[k], At: in.Theirs.Seconds()})
		}
	}
	return all
}

// maxFact bounds what is read of one of them, in bytes.
const maxFact = 16 << 10

func void(tag string) bool {
	switch tag {
	case "img", "input", "meta", "link", "hr", "wbr", "source":
		return true
	}
	return false
}

// channelOf is the username in an address of Telegram's: t.me/name, t.me/s/name,
// tg://resolve?domain=name; "" for any other.
func channelOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	name := ""
	switch {
	case u.Scheme == "tg" && u.Host == "resolve":
		name = u.Query().Get("domain")
	case pageHost(address) == "t.me", pageHost(address) == "telegram.me":
		name, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(u.Path, "/"), "s/"), "/")
	}
	if len(name) < 4 || len(name) > 32 || strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) {
		return ""
	}
	return name
}

// peerOf is the channel's number in "c1234567890_-9876543210"; "" for any other
// peer.
func peerOf(v string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(v, "c"), "_")
	if len(v) == 0 || v[0] != 'c' || id == "" || len(id) > 19 || strings.Trim(id, "0123456789") != "" || id[0] == '0' {
		return ""
	}
	return id
}

// subscribers is the number before "subscribers" or "members", as printed.
func subscribers(s string) (string, bool) {
	for _, word := range []string{" subscriber", " member"} {
		if n, _, ok := strings.Cut(s, word); ok && n != "" && len(n) < 20 && n[0] >= '0' && n[0] <= '9' {
			return strings.TrimSpace(n), true
		}
	}
	return "", false
}

// pageHost is the lower-case host of an http address, without "www."; else "".
func pageHost(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}
