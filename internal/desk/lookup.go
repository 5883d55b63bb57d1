package desk

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// maxMaybe is how many posts of the same number are offered.
const maxMaybe = 5

// atAddress finds what the case has of an address: statements that are it, and those
// that may be it.
func (d *Desk) atAddress(ctx context.Context, address string) (here, maybe []PasteHit, err error) {
	a, _ := d.Case.Address(address) //nolint:errcheck // what could be read of it is enough
	if a.Channel != "" {
		return d.atChannel(ctx, a)
	}
	here, err = d.atPage(ctx, cmp.Or(a.URL, address)) // it may have been imported from where no capture goes
	if err == nil && len(here) == 0 && a.Original != "" {
		here, err = d.atPage(ctx, a.Original)
	}
	return here, nil, err
}

// atChannel finds a post of Telegram. Its address has the channel's public name;
// exports have its number and its title. They are brought together by what was
// captured from the web, which has both; without that, posts of the same number
// in other channels may be it.
func (d *Desk) atChannel(ctx context.Context, a pipeline.Address) (here, maybe []PasteHit, err error) {
	key := "telegram-user:" + strings.ToLower(a.Channel)
	if a.Private {
		key = "telegram:" + a.Channel
	}
	src, err := d.Reader().SourceByKey(ctx, key)
	switch {
	case err == nil && a.Post == "":
		return []PasteHit{{ID: d.Case.IDs.ID(record.KindSource, src.Leaf), Source: src.Name}}, nil, nil
	case err == nil:
		here, err = d.knownHits(ctx, src.Leaf, a.Post)
		if err != nil || len(here) > 0 {
			return here, nil, err
		}
	case !errors.Is(err, record.ErrNotFound):
		return nil, nil, err
	}
	if a.Private || a.Post == "" {
		return nil, nil, nil
	}
	all, err := d.Reader().Sources(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range all {
		if s.Platform != "telegram" || s.Private || !strings.HasPrefix(s.Key, "telegram:") {
			continue
		}
		known, err := d.Case.Catalog.Known(ctx, s.Leaf, []string{a.Post})
		if err != nil {
			return nil, nil, err
		}
		k, ok := known[a.Post]
		if !ok || k.Erased {
			continue
		}
		st, err := d.Reader().Statement(ctx, k.First)
		if err != nil {
			return nil, nil, err
		}
		versions, err := d.Reader().Versions(ctx, k.First)
		if err != nil {
			return nil, nil, err
		}
		sure := strings.EqualFold(s.Name, a.Channel)
		other := false // it says itself that it is of another channel
		for _, v := range versions {
			if name := publicName(v.URL); name != "" {
				sure = sure || strings.EqualFold(name, a.Channel)
				other = other || !strings.EqualFold(name, a.Channel)
			}
		}
		switch {
		case sure:
			here = append(here, d.pasteHit(st))
		case !other:
			maybe = append(maybe, d.pasteHit(st))
		}
	}
	return here, maybe, nil
}

// publicName is the channel's name in a post's own address.
func publicName(address string) string {
	rest, ok := strings.CutPrefix(address, "https://t.me/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// atPage finds the statements that were read at an address, whichever of the
// usual ways it is written.
func (d *Desk) atPage(ctx context.Context, address string) ([]PasteHit, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, nil //nolint:nilerr // no address, nothing there
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if user, id, ok := tweet(host, u); ok {
		src, err := d.Reader().SourceByKey(ctx, "x:"+user)
		if err == nil {
			return d.knownHits(ctx, src.Leaf, id)
		}
		if !errors.Is(err, record.ErrNotFound) {
			return nil, err
		}
	}
	src, err := d.Reader().SourceByKey(ctx, "web:"+host)
	if errors.Is(err, record.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return d.knownHits(ctx, src.Leaf, spellings(u)...)
}

// spellings are the ways in which the same address is written: with and without
// www, its last slash, and what campaigns and readers' sites hang on it.
func spellings(u *url.URL) []string {
	var all []string
	add := func(v url.URL) {
		for _, scheme := range []string{"https", "http"} {
			v.Scheme = scheme
			for _, host := range []string{u.Host, "www." + strings.TrimPrefix(u.Host, "www."), strings.TrimPrefix(u.Host, "www.")} {
				v.Host = host
				for _, p := range []string{u.Path, strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.Path, "/") + "/"} {
					v.Path, v.RawPath = p, ""
					if s := v.String(); !slices.Contains(all, s) {
						all = append(all, s)
					}
				}
			}
		}
	}
	v := *u
	v.Fragment, v.RawFragment = "", ""
	add(v)
	q := v.Query()
	for k := range q {
		if strings.HasPrefix(k, "utm_") || slices.Contains([]string{"fbclid", "gclid", "igshid", "ref", "amp"}, k) {
			q.Del(k)
		}
	}
	if enc := q.Encode(); enc != v.RawQuery {
		v.RawQuery = enc
		add(v)
	}
	return all
}

// tweet reads an address like https://x.com/USER/status/ID.
func tweet(host string, u *url.URL) (user, id string, ok bool) {
	parts := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	switch host {
	case "x.com", "twitter.com", "mobile.twitter.com", "mobile.x.com":
		if len(parts) > 2 && parts[1] == "status" {
			return strings.ToLower(parts[0]), parts[2], true
		}
	}
	return "", "", false
}

// knownHits returns the statements of a source that have one of the ids.
func (d *Desk) knownHits(ctx context.Context, source uint64, ids ...string) ([]PasteHit, error) {
	found, err := d.Case.Catalog.Known(ctx, source, ids)
	if err != nil {
		return nil, err
	}
	var hits []PasteHit
	for _, id := range ids {
		k, ok := found[id]
		if !ok || k.Erased {
			continue
		}
		st, err := d.Reader().Statement(ctx, k.First)
		if err != nil {
			return nil, err
		}
		hits = append(hits, d.pasteHit(st))
	}
	return hits, nil
}

func (d *Desk) pasteHit(s record.Statement) PasteHit {
	words := s.Title
	if words == "" {
		words = s.Text
	}
	if line, _, ok := strings.Cut(words, "\n"); ok {
		words = line
	}
	if utf8.RuneCountInString(words) > 120 {
		words = string([]rune(words)[:119]) + "…"
	}
	return PasteHit{ID: d.StatementID(s), Source: s.SourceName, Words: words, Posted: s.Posted}
}
