// Package html reads an article from a saved page of a news outlet, blog or
// think tank: what it says, who signed it, when it says it appeared, and apart
// from the text its image credits, references and reader comments.
package html

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// Kind reads .html, .htm and .xhtml pages.
var Kind = format.Kind{
	Name:    "html",
	Doc:     "a saved web page: the article and the readers' comments below it",
	Version: 1,
	Match:   match,
	Read:    read,
	Facts:   format.ChannelFacts,
	Owns:    owns,
}

// maxPage is how many bytes of a page are read. The longest article pages with
// everything inlined stay below it; what is behind is kept in the archive.
const maxPage = 8 << 20

// match stays below 90, so that a format for the pages of one platform (a
// messenger's export) can be surer than this one.
func match(h format.Head) int {
	b := newPage(h.Bytes[:min(len(h.Bytes), 8192)]).bytes
	b = bytes.ToLower(bytes.TrimLeft(b, " \t\r\n"))
	ext := strings.ToLower(path.Ext(h.Path))
	named := ext == ".html" || ext == ".htm" || ext == ".xhtml"
	head := b[:min(len(b), 4096)]
	switch {
	case bytes.HasPrefix(b, []byte("<!doctype html")), bytes.HasPrefix(b, []byte("<html")),
		bytes.HasPrefix(b, []byte("<?xml")) && bytes.Contains(head, []byte("<html")),
		bytes.HasPrefix(b, []byte("<!--")) && bytes.Contains(head, []byte("<html")):
		return 85
	case bytes.HasPrefix(b, []byte("<")) && (bytes.Contains(head, []byte("<head")) || bytes.Contains(head, []byte("<body")) || bytes.Contains(head, []byte("<meta "))):
		return 75
	case named && bytes.Contains(head, []byte("</")):
		return 65
	case named && len(h.Bytes) > 0:
		return 40
	}
	return 0
}

// owns tells the files that a browser saved for a page, in "Page_files/" beside
// "Page.html". Documents in such a folder are read as statements all the same.
func owns(p string) bool {
	dir, _, ok := strings.Cut(p, "/")
	if !ok || !strings.HasSuffix(dir, "_files") && !strings.HasSuffix(dir, ".files") {
		return false
	}
	switch strings.ToLower(path.Ext(p)) {
	case ".css", ".js", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".ico", ".woff", ".woff2", ".ttf", ".map", ".download", "":
		return true
	}
	return false
}

func read(ctx context.Context, in format.Input, out format.Sink) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b, err := io.ReadAll(io.NewSectionReader(in.R, 0, min(in.Size, maxPage)))
	if err != nil {
		return fmt.Errorf("read %s: %w", in.Path, err)
	}
	p := newPage(b)
	s := scan(p)
	m := s.meta(in.Settings)

	a := record.Reading{
		Kind: record.Article, ExternalID: m.url, URL: m.url,
		Title: m.title, Byline: m.byline, Lang: m.lang,
		Posted: m.posted, Edited: m.edited,
		Media: s.media(), Credits: s.credits, Refs: s.references(),
		Flags: append(p.flags, m.flags...),
	}
	if in.Size > maxPage {
		a.Flags = append(a.Flags, record.FlagTruncated)
		out.Problem(record.Problem{Offset: maxPage, What: fmt.Sprintf(
			"page of %d bytes: only the first %d are read, the rest is kept in the archive", in.Size, maxPage)})
	}
	text, problem := s.body(m)
	a.Text = text
	if problem != "" {
		out.Problem(record.Problem{Offset: 0, What: problem, ID: a.ExternalID,
			Remedy: "all visible text was taken instead; compare it with the page"})
	}
	if host := host(m.url); host != "" {
		name := m.site
		if name == "" {
			name = host
		}
		if err := out.Source(record.Source{Key: "web:" + host, Name: name, Type: record.Outlet, Platform: "web"}); err != nil {
			return err
		}
	}
	if err := out.Reading(&a); err != nil {
		return err
	}
	for _, c := range s.comments {
		r, ok := c.reading(p, a, in.Settings)
		if !ok {
			continue
		}
		if err := errors.Join(ctx.Err(), out.Reading(&r)); err != nil {
			return err
		}
	}
	return nil
}

// host returns the lower-case host of an http URL without "www.", or "".
func host(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}
