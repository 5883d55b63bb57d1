package html

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/language"
	"dalil/internal/record"
)

// meta is what a page says about itself.
type meta struct {
	title, byline, site, url, lang string
	posted, edited                 record.When
	flags                          []record.Flag
}

// article is the part of JSON-LD that is used. A page may give any value as a
// string, an object with a name, or a list of either.
type article struct {
	Type      any `json:"@type"`
	Graph     any `json:"@graph"`
	Headline  any `json:"headline"`
	Published any `json:"datePublished"`
	Modified  any `json:"dateModified"`
	Author    any `json:"author"`
	Publisher any `json:"publisher"`
	URL       any `json:"url"`
	Language  any `json:"inLanguage"`
}

// meta weighs what a page says about itself in several places: JSON-LD before
// <meta>, both before what is printed.
func (s *scanned) meta(set format.Settings) meta {
	var m meta
	var ld article
	for _, raw := range s.ld {
		if a, ok := findArticle([]byte(raw), 0); ok {
			ld = a
			break
		}
	}
	m.url = firstOf(set.URL, s.absolute(s.links["canonical"]), s.absolute(s.metas["og:url"]), s.absolute(value(ld.URL)))
	m.site = firstOf(s.metas["og:site_name"], value(ld.Publisher), s.metas["application-name"])
	m.title = s.headline(value(ld.Headline), m.site)
	m.lang = tag(firstOf(s.lang, value(ld.Language), s.metas["og:locale"], s.metas["content-language"]))

	for _, by := range []string{value(ld.Author), s.metas["author"], s.metas["article:author"], s.metas["dc.creator"], s.metas["parsely-author"], s.byline} {
		if by = bylinePrefix.ReplaceAllString(squeeze(by), ""); by != "" && !strings.HasPrefix(by, "http") && utf8.RuneCountInString(by) <= 200 {
			m.byline = by
			break
		}
	}

	var claims []record.When
	for _, d := range []string{value(ld.Published), s.metas["article:published_time"], s.metas["datepublished"], s.metas["og:published_time"],
		s.metas["parsely-pub-date"], s.metas["dc.date.issued"], s.metas["dc.date"], s.metas["date"], s.metas["pubdate"], s.metas["publishdate"], s.metas["sailthru.date"], s.metas["citation_publication_date"]} {
		if w := machineDate(d, set); w.Known() {
			claims = append(claims, w)
		}
	}
	m.edited = machineDate(firstOf(value(ld.Modified), s.metas["article:modified_time"], s.metas["datemodified"], s.metas["og:updated_time"], s.metas["last-modified"]), set)
	if len(claims) > 0 {
		m.posted = claims[0]
	} else {
		m.posted = s.printedDate(set)
	}
	for _, w := range claims {
		if d := w.Unix - m.posted.Unix; d > 36*3600 || d < -36*3600 {
			m.flags = append(m.flags, record.FlagClockConflict)
			break
		}
	}
	if m.posted.NoZone && m.posted.Precision >= record.ToMinute {
		m.flags = append(m.flags, record.FlagNoZone)
	}
	if language.HasBidiControls(m.title) || language.HasBidiControls(m.byline) {
		m.flags = append(m.flags, record.FlagBidiControls)
	}
	return m
}

var bylinePrefix = format.NewPattern(`(?i)^(?:by|written by|author|بقلم|كتب|نویسنده|به قلم|מאת)\s*[:：]?\s+`)

// printedDate takes the date a reader sees: elements made for dates, those in
// the article first, then a short line near the top that is a date.
func (s *scanned) printedDate(set format.Settings) record.When {
	for _, main := range []bool{true, false} {
		for _, t := range s.times {
			if t.main != main {
				continue
			}
			for _, w := range []record.When{machineDate(t.machine, set), printedDate(t.text, set)} {
				if w.Known() {
					return w
				}
			}
		}
	}
	for i, b := range s.blocks {
		if i > 60 || utf8.RuneCountInString(b.text) > 400 && b.main {
			break
		}
		if b.skip || utf8.RuneCountInString(b.text) > 100 {
			continue
		}
		if w := printedDate(b.text, set); w.Known() {
			return w
		}
	}
	return record.When{}
}

// headline picks the article's title. The window's title carries the outlet's
// name behind a dash; it is cut off only where the page names the outlet.
func (s *scanned) headline(ld, site string) string {
	h1 := ""
	for _, b := range s.blocks {
		if b.tag == "h1" && !b.skip && (h1 == "" || b.main) {
			h1 = b.text
			if b.main {
				break
			}
		}
	}
	title := firstOf(ld, s.metas["og:title"], s.metas["twitter:title"], h1, s.title)
	title = squeeze(title)
	if site != "" && h1 != title {
		if cut, ok := strings.CutSuffix(title, site); ok {
			if t := strings.TrimRight(cut, " "); t != strings.TrimRight(t, "-–—|·:»") {
				title = strings.TrimRight(t, " -–—|·:»")
			}
		}
	}
	return title
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

// absolute returns s when it is an http URL, completed by the page's base when
// it is only a path; else "".
func (s *scanned) absolute(ref string) string {
	if ref == "" || len(ref) > 4096 {
		return ""
	}
	u, err := url.Parse(strings.TrimSpace(ref))
	if err != nil {
		return ""
	}
	if !u.IsAbs() {
		base, err := url.Parse(s.metas["og:url"])
		if err != nil || !base.IsAbs() {
			return ""
		}
		u = base.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}

// tag makes a BCP 47 tag of what a page gives; "" when it is none.
func tag(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-")
	if !bcp47.MatchString(s) {
		return ""
	}
	return s
}

var bcp47 = format.NewPattern(`^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$`)

// findArticle looks for an article in JSON-LD: the value itself, a list, or a
// @graph, nested at most a few levels.
func findArticle(raw []byte, level int) (article, bool) {
	if level > 3 {
		return article{}, false
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		for i, r := range list {
			if a, ok := findArticle(r, level+1); ok || i > 200 {
				return a, ok
			}
		}
		return article{}, false
	}
	var a article
	if json.Unmarshal(raw, &a) != nil {
		return article{}, false
	}
	kinds, _ := json.Marshal(a.Type)
	if strings.Contains(string(kinds), "Article") || strings.Contains(string(kinds), "Posting") || strings.Contains(string(kinds), `"Report"`) ||
		a.Published != nil && a.Headline != nil {
		return a, true
	}
	var g struct {
		Graph json.RawMessage `json:"@graph"`
		Main  json.RawMessage `json:"mainEntity"`
	}
	if json.Unmarshal(raw, &g) != nil {
		return article{}, false
	}
	for _, r := range []json.RawMessage{g.Graph, g.Main} {
		if len(r) > 0 {
			if a, ok := findArticle(r, level+1); ok {
				return a, true
			}
		}
	}
	return article{}, false
}

// value makes text of a JSON-LD value: a string, an object's name or id, or a
// list of them.
func value(v any) string {
	switch v := v.(type) {
	case string:
		return squeeze(v)
	case map[string]any:
		for _, k := range []string{"name", "@value", "@id", "url"} {
			if s, ok := v[k].(string); ok {
				return squeeze(s)
			}
		}
	case []any:
		var names []string
		for _, x := range v {
			if _, deep := x.([]any); deep {
				continue
			}
			if s := value(x); s != "" && len(names) < 20 {
				names = append(names, s)
			}
		}
		return strings.Join(names, ", ")
	}
	return ""
}
