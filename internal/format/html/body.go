package html

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"

	"dalil/internal/format"
)

// maxElements bounds the pages that are given to the extractor, which is not
// linear in them. Long article pages have some thousand elements.
const maxElements = 60_000

// body returns the article's text, a paragraph a line. What the scan knows not
// to be the article is cut out before the extractor sees the page. problem
// says why the extractor was not used or failed; the text is then all that is
// visible.
func (s *scanned) body(m meta) (text, problem string) {
	rest := s.without()
	plain := s.visible()
	switch {
	case s.deepest > format.MaxDepth:
		return plain, fmt.Sprintf("elements are nested %d deep, more than the %d that are followed", s.deepest, format.MaxDepth)
	case s.elems > maxElements:
		return plain, fmt.Sprintf("the page has %d elements, more than the %d that are sorted into article and rest", s.elems, maxElements)
	}
	text, err := extract(s.page.text(rest), m.url)
	if err != nil && utf8.RuneCountInString(plain) >= 200 {
		return plain, "the article could not be told from the rest of the page: " + err.Error()
	}
	text = s.withoutHead(text, m)
	// The extractor favours one container. When it returns a small part of what
	// the page marks as its article, the mark is believed.
	if marked := s.withoutHead(plain, m); s.article && len(text)*2 < len(marked) || text == "" {
		text = marked
	}
	return text, ""
}

// extract runs the extractor. It was written for pages as they are on the web,
// not for hostile ones, and panics on some: that must not end an import.
func extract(page, link string) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			text, err = "", fmt.Errorf("the extractor failed: %v", r)
		}
	}()
	u, err := url.Parse(link)
	if err != nil || !u.IsAbs() {
		u = nil
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "", err
	}
	parser := readability.NewParser()
	parser.DisableJSONLD = true // what the page says of itself is read in meta.go
	res, err := parser.ParseAndMutate(doc, u)
	if err != nil {
		return "", err
	}
	return paragraphs(res.Node), nil
}

// paragraphs writes a tree's text, a block element a line. The tree came
// through the limits on depth, so recursion is bounded.
func paragraphs(root *html.Node) string {
	var out, line strings.Builder
	end := func() {
		if t := squeeze(line.String()); t != "" {
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(t)
		}
		line.Reset()
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.Type {
			case html.TextNode:
				line.WriteString(c.Data)
			case html.ElementNode:
				if blockTags[c.Data] {
					end()
				}
				walk(c)
				if blockTags[c.Data] {
					end()
				}
			}
		}
	}
	if root != nil {
		walk(root)
	}
	end()
	return out.String()
}

// without returns the page's bytes without the parts that are not the article.
// An unsure cut (an element called "menu") is not made when it holds most of
// the page's text: then the name was for something else.
func (s *scanned) without() []byte {
	total := 0
	for _, b := range s.blocks {
		total += len(b.text)
	}
	slices.SortFunc(s.cuts, func(a, b cut) int { return cmp.Compare(a.from, b.from) })
	var out bytes.Buffer
	at := 0
	s.gone = nil
	for _, c := range s.cuts {
		if !c.sure && c.text*10 > total*4 || c.from < at || c.to > len(s.page.bytes) {
			continue
		}
		out.Write(s.page.bytes[at:c.from])
		out.WriteByte(' ')
		at = c.to
		s.gone = append(s.gone, c)
	}
	out.Write(s.page.bytes[at:])
	return out.Bytes()
}

// visible returns the text of all blocks that no cut covers; only those of the
// marked article where there is one.
func (s *scanned) visible() string {
	var out []string
	for _, b := range s.blocks {
		if s.article && !b.main || s.covered(b) {
			continue
		}
		out = append(out, b.text)
	}
	if len(out) == 0 && s.article {
		for _, b := range s.blocks {
			if !s.covered(b) {
				out = append(out, b.text)
			}
		}
	}
	t := strings.Join(out, "\n")
	if len(t) > format.MaxText {
		t = strings.ToValidUTF8(t[:format.MaxText], "")
	}
	return t
}

// covered reports whether without cut the block.
func (s *scanned) covered(b block) bool {
	i, _ := slices.BinarySearchFunc(s.gone, b.from+1, func(c cut, at int) int { return cmp.Compare(c.from, at) })
	return i > 0 && b.from < s.gone[i-1].to
}

// withoutHead drops the lines at the top that repeat the title, the byline or
// the printed date, and captions that are kept as credits.
func (s *scanned) withoutHead(text string, m meta) string {
	lines := strings.Split(text, "\n")
	dates := map[string]bool{}
	for _, t := range s.times {
		dates[t.text] = true
	}
	var out []string
	for i, l := range lines {
		if i < 6 && l != "" && (l == m.title || l == m.byline || l == s.byline || dates[l] || bylinePrefix.ReplaceAllString(l, "") == m.byline) {
			continue
		}
		if l == "" || slices.Contains(s.credits, l) {
			continue
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}
