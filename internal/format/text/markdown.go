package text

import (
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// frontMatter takes the block between two "---" lines that site generators put
// above a text. Unknown keys are left in the archive.
func (a *article) frontMatter(lines []line, h hints) []line {
	i := next(lines, 0)
	if i >= len(lines) || lines[i].text != "---" {
		return lines
	}
	end := -1
	for j := i + 1; j < len(lines) && j < i+200; j++ {
		if lines[j].text == "---" || lines[j].text == "..." {
			end = j
			break
		}
	}
	if end < 0 {
		return lines
	}
	for _, l := range lines[i+1 : end] {
		key, v, ok := strings.Cut(l.text, ":")
		v = strings.Trim(strings.TrimSpace(v), `"'`)
		if !ok || v == "" {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "title":
			a.page.Title = v
		case "author", "authors", "by":
			a.page.Byline = strings.Trim(v, "[]")
		case "date", "published", "pubdate", "date_published":
			a.page.Posted = firstDate(v, h)
			a.zone(a.page.Posted)
		case "updated", "modified", "lastmod", "date_modified":
			a.page.Edited = firstDate(v, h)
		case "url", "link", "canonical", "source", "original_url":
			if isURL(v) && a.page.URL == "" {
				a.page.URL, a.page.ExternalID = v, v
			}
		case "lang", "language":
			a.page.Lang = v
		case "image", "cover":
			a.page.Media = append(a.page.Media, record.Media{Kind: "photo", Path: v})
		}
	}
	return lines[end+1:]
}

var (
	mdImage = format.NewPattern(`!\[([^\]\n]{0,500})\]\(\s*<?([^)\s>]+)>?[^)\n]*\)`)
	mdLink  = format.NewPattern(`\[([^\]\n]{1,500})\]\(\s*<?([^)\s>]+)>?[^)\n]*\)`)
	mdBold  = format.NewPattern(`(\*\*|__)([^*_\n]+)(\*\*|__)`)
)

// plainMarkdown takes the signs off one line: headings, emphasis, link targets.
func plainMarkdown(s string) string {
	s = mdImage.ReplaceAllString(s, "")
	s = mdLink.ReplaceAllString(s, "$1")
	s = mdBold.ReplaceAllString(s, "$2")
	t := strings.TrimLeft(s, "#> ")
	if strings.Trim(t, "-=*_ ") == "" {
		return ""
	}
	return strings.TrimSpace(t)
}
