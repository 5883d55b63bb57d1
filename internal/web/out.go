package web

import (
	"net/http"
	"net/url"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// outData is the page between a statement and the world.
type outData struct {
	Before, Host, After string // of the address
	URL                 string
	Plain               bool // http: readable on the way
	Odd                 string

	Kept   []pasteHit // what the case has of it: the better place to look
	LookUp string     // the paste box with it, where it can be captured; "" when this case takes nothing in
}

// keptShown is how many of them are shown.
const keptShown = 5

// out says what opening a link would tell. It opens nothing itself.
func (s *server) out(r *http.Request) (reply, error) {
	link := r.URL.Query().Get("u")
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return reply{}, told(record.ErrInvalid, phrase{key("this is no web address: {address}"), []string{"address", cut(link)}}, phrase{Text: key("go back to the statement; its address is shown there as text")})
	}
	d := outData{Before: u.Scheme + "://", Host: u.Host, URL: u.String(), Plain: u.Scheme == "http"}
	if u.User != nil {
		d.Before += u.User.String() + "@"
		d.Odd = key("The part before the @ is not the place this leads to; it is often put there to deceive.")
	}
	if u.Opaque == "" {
		d.After = u.EscapedPath()
		if u.RawQuery != "" {
			d.After += "?" + u.RawQuery
		}
		if u.Fragment != "" {
			d.After += "#" + u.EscapedFragment()
		}
	}
	for _, c := range u.Host {
		if c > 0x7F {
			d.Odd = key("The name of the place has letters that can look like others. Read it letter by letter.")
		}
	}
	p, err := s.desk.Paste(r.Context(), d.URL)
	if err != nil {
		return reply{}, err
	}
	if d.Kept = s.pasted(p).Here; len(d.Kept) > keptShown {
		d.Kept = d.Kept[:keptShown]
	}
	if s.desk.Case.Writable() {
		d.LookUp = "/capture?text=" + url.QueryEscape(d.URL)
	}
	return reply{page: "out", title: key("Before you open this"), data: d, json: map[string]any{"url": d.URL, "host": d.Host, "here": append([]desk.PasteHit{}, p.Here...)}}, nil
}
