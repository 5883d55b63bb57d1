// Package page collects one page or public post of the web, as a WARC file: what
// was sent, what came back, from which address, under which certificate, and
// when by both clocks.
//
// It gets the one document and follows its redirects. Pictures, styles and
// scripts of a page are not fetched and nothing in it is run: each would be one
// more connection that tells somebody who is reading.
package page

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"dalil/internal/collect"
	"dalil/internal/collect/fetch"
	"dalil/internal/record"
)

// Kind is the collector of pages, by direct connection.
var Kind = collect.Kind{Name: name, Doc: doc, Collect: func(ctx context.Context, where string) iter.Seq2[collect.File, error] {
	return func(yield func(collect.File, error) bool) {
		p, err := With(fetch.Options{}, "dalil")
		if err != nil {
			yield(collect.File{Path: where}, err)
			return
		}
		p.Collect(ctx, where)(yield)
	}
}}

const (
	name = "page"
	doc  = "one page or public post of the web, by its address"
)

// With returns the collector that goes out as o says. tool is the name and
// version that its files are signed with. record.ErrInvalid when o cannot be.
func With(o fetch.Options, tool string) (collect.Pages, error) {
	f, err := fetch.New(o)
	if err != nil {
		return collect.Pages{}, err
	}
	c := collector{fetcher: f, tool: tool}
	return collect.Pages{Kind: collect.Kind{Name: name, Doc: doc, Collect: c.collect}, Check: c.address}, nil
}

type collector struct {
	fetcher *fetch.Fetcher
	tool    string
}

// collect yields the file of one address. An answer that is no page (404 and
// the like) is yielded and then told as an error: that it was not there is
// evidence too. What could not be got at all is only an error.
func (c collector) collect(ctx context.Context, address string) iter.Seq2[collect.File, error] {
	return func(yield func(collect.File, error) bool) {
		shown := clip(strings.TrimSpace(address))
		target, err := c.target(address)
		if err != nil {
			yield(collect.File{Path: shown}, err)
			return
		}
		v, err := c.fetcher.Get(ctx, target.String())
		defer func() { v.Close() }() // it is there with an error too
		if len(v.Exchanges) == 0 {
			yield(collect.File{Path: shown}, err)
			return
		}
		w := seen(address, target, v)
		spool, size, werr := c.write(v, w)
		if werr != nil {
			yield(collect.File{}, fmt.Errorf("keep %s: %w", shown, werr))
			return
		}
		f := collect.File{Path: fileName(target, w.Start), Size: size, URL: w.URL, Web: w,
			Open: func() (collect.ReadAtCloser, error) { return section{spool, size}.open(), nil }, Release: func() { spool.Close() }}
		if !w.Date.IsZero() {
			f.Theirs = record.At(w.Date)
		}
		if !yield(f, nil) {
			return
		}
		switch {
		case err != nil:
			yield(collect.File{Path: shown}, fmt.Errorf("%w (what was answered before it is kept)", err))
		case w.Status < 200 || w.Status > 299:
			yield(collect.File{Path: shown}, answered(w))
		}
	}
}

// answered words an answer that is no page.
func answered(w *collect.Web) error {
	sentinel, do := record.ErrInvalid, "the answer is kept; try again later"
	switch w.Status {
	case http.StatusNotFound, http.StatusGone:
		sentinel, do = record.ErrNotFound, "it is not there now; the answer is kept as evidence of that. Look for a copy in a web archive"
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusUnavailableForLegalReasons:
		sentinel, do = record.ErrWithheld, "the site does not show it to everybody; save the page in your browser and import the file"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		do = "the site wants fewer requests; try again later"
	}
	return record.WithHint(fmt.Errorf("%s answers %d %s: %w", w.Final, w.Status, http.StatusText(w.Status), sentinel), do)
}

// seen gathers what is known of a visit.
func seen(address string, target *url.URL, v *fetch.Visit) *collect.Web {
	first, last := v.Exchanges[0], v.Last()
	w := &collect.Web{
		Asked: clip(strings.TrimSpace(address)), URL: target.String(), Final: last.URL.String(), Status: last.Status, Redirects: len(v.Exchanges) - 1,
		Start: first.Start, End: last.End, Date: last.Date(), Via: v.Via, Truncated: last.TruncatedWhy,
	}
	if last.Remote.IsValid() {
		w.Remote = last.Remote.String()
	}
	if t := last.TLS; t != nil {
		w.TLS, w.BadTLS, w.Issuer = t.Version+" "+t.Cipher, t.Problem, issuer(t)
	}
	w.Original, w.Copied = original(last)
	return w
}

var (
	wayback     = regexp.MustCompile(`^/web/(\d{14})(?:[a-z]{2}_)?/(https?:/.+)$`)
	waybackHost = "web.archive.org"
	linkOf      = regexp.MustCompile(`<([^<>]+)>\s*;\s*rel="?([^",;]+)"?`)
)

// original is the page that an archive says it shows a copy of, and of when:
// by the answer's own fields (RFC 7089), or by the address.
func original(x *fetch.Exchange) (string, time.Time) {
	at, _ := http.ParseTime(x.Header.Get("Memento-Datetime")) //nolint:errcheck // the zero time then
	for _, l := range x.Header.Values("Link") {
		for _, m := range linkOf.FindAllStringSubmatch(clip(l), 20) {
			if m[2] == "original" && !at.IsZero() {
				return clip(m[1]), at.UTC()
			}
		}
	}
	return Original(x.URL)
}

// Original reads the address of an archived copy: the page it is a copy of, and
// of when; "" when u is no such address or does not say.
func Original(u *url.URL) (string, time.Time) {
	full := u.EscapedPath()
	if u.RawQuery != "" {
		full += "?" + u.RawQuery
	}
	if u.Hostname() == waybackHost {
		if m := wayback.FindStringSubmatch(full); m != nil {
			at, err := time.Parse("20060102150405", m[1])
			if err == nil {
				return twoSlashes(m[2]), at
			}
		}
	}
	if archiveToday[u.Hostname()] {
		if m := archiveTodayPath.FindStringSubmatch(full); m != nil {
			at, err := time.Parse("20060102150405", strings.NewReplacer(".", "", "-", "").Replace(m[1]))
			if err == nil {
				return twoSlashes(m[2]), at
			}
		}
	}
	return "", time.Time{}
}

var (
	archiveToday = map[string]bool{"archive.today": true, "archive.ph": true, "archive.is": true, "archive.li": true, "archive.md": true,
		"archive.vn": true, "archive.fo": true}
	archiveTodayPath = regexp.MustCompile(`^/(\d{4}\.\d\d\.\d\d-\d{6}|\d{14})/(https?:/.+)$`)
)

// twoSlashes mends "https:/host", which is how some write an address inside a
// path.
func twoSlashes(s string) string {
	scheme, rest, _ := strings.Cut(s, ":/")
	return scheme + "://" + strings.TrimLeft(rest, "/")
}

// clip bounds what goes into a record or message.
func clip(s string) string {
	if len(s) > 2000 {
		return strings.ToValidUTF8(s[:2000], "") + "…"
	}
	return s
}

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// fileName is what a capture is called: where from, and when.
func fileName(u *url.URL, at time.Time) string {
	s := unsafeName.ReplaceAllString(strings.TrimSuffix(u.Hostname()+u.Path, "/"), "_")
	if len(s) > 80 {
		s = s[:80]
	}
	return strings.Trim(s, "._-") + "-" + at.Format("20060102T150405.000Z") + ".warc.gz"
}

var errPrivate = errors.New("a private channel or an invitation has no public page")
