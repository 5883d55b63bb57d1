package page

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"dalil/internal/collect"
	"dalil/internal/record"
)

// address reads an address without going anywhere.
func (c collector) address(address string) (a collect.Address, err error) {
	u, err := c.fetcher.Check(address)
	if err != nil {
		return a, err
	}
	a.URL = u.String()
	if p, ok := Telegram(u); ok {
		a.Channel, a.Post, a.Private = p.Channel, p.Post, p.Private
	}
	a.Original, a.OriginalAt = Original(u)
	to, err := c.target(address)
	if err != nil {
		return a, err
	}
	a.Goes = to.String()
	return a, nil
}

// target is what is gone to for an address. For most it is the address itself.
//
// The page behind https://t.me/CHANNEL/ID holds no post: a script would load it.
// The same post as Telegram gives it to other sites, at ?embed=1&mode=tme, holds
// it whole, with the channel's number, and nothing of other posts; so that is
// what is captured. For a channel without a post it is the preview page,
// t.me/s/CHANNEL, with its newest twenty posts.
func (c collector) target(address string) (*url.URL, error) {
	u, err := c.fetcher.Check(address)
	if err != nil {
		return nil, err
	}
	p, ok := Telegram(u)
	switch {
	case !ok:
		return u, nil
	case p.Private:
		return nil, record.WithHint(fmt.Errorf("%w address %s: %w", record.ErrInvalid, u, errPrivate),
			"export the chat with Telegram Desktop and import the export")
	case p.Post == "":
		u.Host, u.Path, u.RawPath, u.RawQuery = "t.me", "/s/"+p.Channel, "", ""
	case p.Preview:
		u.Host = "t.me"
	default:
		u.Host, u.Path, u.RawPath, u.RawQuery = "t.me", "/"+p.Channel+"/"+p.Post, "", "embed=1&mode=tme"
	}
	return u, nil
}

// TelegramPost is what a link to Telegram names.
type TelegramPost struct {
	Channel string // its public name; for a private one its number
	Post    string // the post's number; "" for the channel as a whole
	Preview bool   // the preview page around the post was meant
	Private bool   // a private channel or an invitation: there is no public page
}

// Telegram reads a link like https://t.me/CHANNEL/ID; false when it is none to
// a channel or post.
func Telegram(u *url.URL) (p TelegramPost, ok bool) {
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if host != "t.me" && host != "telegram.me" && host != "telegram.dog" || u.Port() != "" {
		return p, false
	}
	parts := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if len(parts) > 1 && parts[0] == "s" {
		p.Preview, parts = true, parts[1:]
	}
	switch {
	case len(parts) == 0:
		return p, false
	case parts[0] == "c" && len(parts) > 1 && number(parts[1]):
		p.Private, p.Channel = true, parts[1]
		parts = parts[1:]
	case parts[0] == "joinchat" || strings.HasPrefix(parts[0], "+") || strings.HasPrefix(parts[0], " "):
		p.Private = true
		return p, true
	case !handle(parts[0]):
		return p, false
	default:
		p.Channel = parts[0]
	}
	// With two numbers the first is a topic of a group.
	if last := parts[len(parts)-1]; len(parts) > 1 && len(parts) < 4 && number(last) {
		p.Post = last
	} else if len(parts) > 1 {
		return p, false
	}
	return p, true
}

func number(s string) bool {
	n, err := strconv.ParseUint(s, 10, 63)
	return err == nil && n > 0
}

// handle reports whether s can be a channel's public name. Words of Telegram's
// own (share, proxy, addstickers) are not told apart: their pages hold no post.
func handle(s string) bool {
	if len(s) < 4 || len(s) > 32 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
