package html

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"dalil/internal/format"
	"dalil/internal/record"
)

// scanned is what one pass over a page's tags found. The pass keeps a stack of
// its own and no tree: it is linear in the page whatever the nesting, and knows
// the byte where everything stands.
type scanned struct {
	page     page
	blocks   []block
	comments []*comment
	credits  []string
	cuts     []cut // what is not the article: comments, menus, captions
	gone     []cut // those that were made, in order, none inside another

	metas   map[string]string // by lower-case name or property; the first wins
	links   map[string]string // by rel
	title   string            // of the window
	lang    string
	ld      []string // JSON-LD
	times   []stamp  // dates printed in the page, in order
	byline  string   // the first element that names an author
	images  []image
	elems   int
	deepest int
	article bool // the page marks its article
}

// block is a stretch of text between two block elements.
type block struct {
	tag      string // element it stands in: p, li, h2, …
	from, to int
	text     string
	links    []string
	main     bool // inside <article> or <main>
	skip     bool // inside something that is not the article
	note     bool // inside an element marked as footnotes or references
}

type cut struct {
	from, to int
	text     int // bytes of visible text inside
	sure     bool
}

type stamp struct {
	machine string // datetime attribute
	text    string
	main    bool
}

type image struct {
	src, alt      string
	width, height int
	main, figure  bool
}

// role is what an element is, by its tag and attributes.
type role uint8

const (
	plain      role = iota
	chrome          // menu, cookie banner, related links: cut unless it holds the article
	discussion      // the box around the comments
	caption
	notes
	timeOf
	author
	button
)

type element struct {
	tag     string
	names   []string // class names, inside a comment only
	from    int
	role    role
	comment *comment // the comment this element begins
	text    int      // s.seen when it began
	stamp   string   // datetime of a time, "ld" of a JSON-LD script
}

// maxOpen is how many open elements are followed; deeper ones are read as if
// they stood side by side.
const maxOpen = 2 * format.MaxDepth

type scanner struct {
	scanned
	open   []element
	words  strings.Builder // the block being read
	begin  int             // where it began
	links  []string
	seen   int // bytes of visible text so far
	hidden int // open elements whose text nobody sees
	depth  int
	figcap strings.Builder
	tstamp strings.Builder
	signed strings.Builder // an element that names the author
}

func scan(p page) *scanned {
	s := &scanner{scanned: scanned{page: p, metas: map[string]string{}, links: map[string]string{}}}
	z := html.NewTokenizer(bytes.NewReader(p.bytes))
	at := 0
	for {
		kind := z.Next()
		raw := len(z.Raw())
		from, to := at, at+raw
		at = to
		switch kind {
		case html.ErrorToken:
			s.flush(to)
			for len(s.open) > 0 {
				s.pop(len(p.bytes))
			}
			return &s.scanned
		case html.StartTagToken, html.SelfClosingTagToken:
			s.start(z, from, to, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			s.end(string(name), from, to)
		case html.TextToken:
			s.text(z.Text(), from)
		}
	}
}

var blockTags = map[string]bool{"p": true, "div": true, "section": true, "article": true, "main": true, "header": true, "footer": true,
	"aside": true, "nav": true, "ul": true, "ol": true, "li": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true,
	"blockquote": true, "figure": true, "figcaption": true, "table": true, "tr": true, "td": true, "th": true, "br": true, "hr": true,
	"form": true, "pre": true, "dl": true, "dt": true, "dd": true, "body": true, "title": true, "button": true, "select": true, "option": true, "address": true}

var voidTags = map[string]bool{"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true,
	"link": true, "meta": true, "param": true, "source": true, "track": true, "wbr": true}

var hiddenTags = map[string]bool{"script": true, "style": true, "template": true, "noscript": true, "svg": true, "head": true, "iframe": true, "textarea": true, "select": true}

func (s *scanner) start(z *html.Tokenizer, from, to int, closed bool) {
	s.elems++
	name, more := z.TagName()
	tag := string(name)
	attrs := map[string]string{}
	for n := 0; more && n < 64; n++ {
		var k, v []byte
		k, v, more = z.TagAttr()
		if _, dup := attrs[string(k)]; !dup && len(v) <= 1<<16 {
			attrs[string(k)] = s.page.text(v)
		}
	}
	switch tag {
	case "meta":
		s.addMeta(attrs)
	case "link":
		for rel := range strings.FieldsSeq(strings.ToLower(attrs["rel"])) {
			if _, ok := s.scanned.links[rel]; !ok {
				s.scanned.links[rel] = attrs["href"]
			}
		}
	case "html":
		s.lang = attrs["lang"]
	case "img":
		s.addImage(attrs)
	case "a":
		if h := attrs["href"]; strings.HasPrefix(h, "http") && len(s.links) < 16 {
			s.links = append(s.links, h)
		}
	}
	if blockTags[tag] {
		s.flush(from)
		s.begin = to
	}
	if voidTags[tag] || closed && tag != "p" && tag != "div" {
		return
	}
	s.implied(tag, from)
	e := element{tag: tag, from: from, text: s.seen}
	if tag == "article" || tag == "main" {
		s.article = true
	}
	e.role = roleOf(tag, attrs)
	if tag == "script" && strings.Contains(strings.ToLower(attrs["type"]), "ld+json") {
		e.stamp = "ld"
	}
	if e.role == timeOf {
		e.stamp = attrs["datetime"]
		if e.stamp == "" {
			e.stamp = attrs["content"]
		}
		s.tstamp.Reset()
	}
	switch e.role {
	case caption:
		s.figcap.Reset()
	case author:
		s.signed.Reset()
	}
	if c := s.commentStart(tag, attrs, from); c != nil {
		e.comment = c
	}
	if len(s.comments) > 0 && len(attrs["class"]) <= 500 {
		e.names = strings.Fields(attrs["class"])
	}
	if len(s.open) >= maxOpen {
		s.depth++
		s.deepest = max(s.deepest, len(s.open)+s.depth)
		return
	}
	if hiddenTags[tag] && tag != "head" {
		s.hidden++
	}
	s.open = append(s.open, e)
	s.deepest = max(s.deepest, len(s.open))
}

// implied closes elements whose end tags HTML lets one leave out.
func (s *scanner) implied(tag string, at int) {
	n := len(s.open)
	if n == 0 {
		return
	}
	top := s.open[n-1].tag
	if blockTags[tag] && top == "p" || tag == "li" && top == "li" || (tag == "dt" || tag == "dd") && (top == "dt" || top == "dd") ||
		tag == "tr" && top == "tr" || tag == "td" && top == "td" || tag == "option" && top == "option" || tag == "body" && top == "head" {
		s.pop(at)
	}
}

func (s *scanner) end(tag string, from, to int) {
	if blockTags[tag] {
		s.flush(from)
		s.begin = to
	}
	// An end tag that closes nothing near by is somebody's mistake.
	for i := len(s.open) - 1; i >= 0 && i >= len(s.open)-64; i-- {
		if s.open[i].tag == tag {
			for len(s.open) > i {
				s.pop(to)
			}
			return
		}
	}
	if s.depth > 0 {
		s.depth--
	}
}

// pop closes the innermost element at byte to.
func (s *scanner) pop(to int) {
	e := s.open[len(s.open)-1]
	if blockTags[e.tag] || e.role != plain || e.comment != nil {
		s.flush(to)
	}
	s.open = s.open[:len(s.open)-1]
	if hiddenTags[e.tag] && e.tag != "head" {
		s.hidden--
	}
	if e.comment != nil {
		e.comment.to = to
		s.cuts = append(s.cuts, cut{e.from, to, s.seen - e.text, true})
	}
	switch e.role {
	case chrome:
		s.cuts = append(s.cuts, cut{e.from, to, s.seen - e.text, false})
	case discussion:
		s.cuts = append(s.cuts, cut{e.from, to, s.seen - e.text, len(s.comments) > 0})
	case caption:
		s.cuts = append(s.cuts, cut{e.from, to, s.seen - e.text, true})
		if c := squeeze(s.figcap.String()); c != "" && len(c) <= 2000 && len(s.credits) < 500 && s.current() == nil && !slices.Contains(s.credits, c) {
			s.credits = append(s.credits, c)
		}
		s.figcap.Reset()
	case author:
		if n := squeeze(s.signed.String()); s.byline == "" && s.current() == nil && utf8.RuneCountInString(n) <= 120 {
			s.byline = n
		}
	case timeOf:
		if s.current() == nil && s.hidden == 0 && len(s.times) < 64 {
			s.times = append(s.times, stamp{e.stamp, squeeze(s.tstamp.String()), s.inside("article", "main")})
		} else if c := s.current(); c != nil && c.machine == "" {
			c.machine = e.stamp
		}
	}
}

func (s *scanner) inside(tags ...string) bool {
	for _, e := range s.open {
		if slices.Contains(tags, e.tag) {
			return true
		}
	}
	return false
}

func (s *scanner) text(b []byte, from int) {
	if n := len(s.open); n > 0 {
		switch e := s.open[n-1]; {
		case e.tag == "title" && s.title == "" && !s.inside("svg", "body"):
			s.title = squeeze(s.page.text(b))
			return
		case e.stamp == "ld" && e.tag == "script" && len(b) <= 1<<20 && len(s.ld) < 32:
			s.ld = append(s.ld, s.page.text(b))
			return
		}
	}
	if s.hidden > 0 || s.inside("head") {
		return
	}
	t := s.page.text(b)
	if strings.TrimFunc(t, unicode.IsSpace) == "" {
		if s.words.Len() > 0 {
			s.words.WriteByte(' ')
		}
		return
	}
	s.seen += len(t)
	for i := len(s.open) - 1; i >= 0; i-- {
		switch s.open[i].role {
		case caption:
			s.figcap.WriteString(t)
		case timeOf:
			s.tstamp.WriteString(t)
		case author:
			s.signed.WriteString(t)
		}
		if s.open[i].comment != nil {
			break
		}
	}
	if c := s.current(); c != nil {
		s.commentText(c, t)
		return
	}
	if s.words.Len() == 0 {
		s.begin = from
	}
	s.words.WriteString(t)
}

// flush ends the block being read at byte to.
func (s *scanner) flush(to int) {
	if c := s.current(); c != nil {
		c.brk = true
	}
	if s.words.Len() == 0 {
		s.links = nil
		return
	}
	b := block{from: s.begin, to: to, text: squeeze(s.words.String()), links: s.links}
	s.words.Reset()
	s.links = nil
	if b.text == "" {
		return
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		e := s.open[i]
		if b.tag == "" && blockTags[e.tag] {
			b.tag = e.tag
		}
		switch e.role {
		case notes:
			b.note = true
		case chrome, caption, discussion:
			b.skip = true
		}
		if e.tag == "article" || e.tag == "main" {
			b.main = true
		}
	}
	s.blocks = append(s.blocks, b)
}

// current returns the innermost comment that is open, or nil.
func (s *scanner) current() *comment {
	for i := len(s.open) - 1; i >= 0; i-- {
		if s.open[i].comment != nil {
			return s.open[i].comment
		}
	}
	return nil
}

// squeeze makes one line of text with single spaces.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

var (
	chromeName = format.NewPattern(`(?i)^(?:nav|navbar|navigation|menu|main-menu|site-menu|breadcrumbs?|cookies?|cookie-(?:banner|notice|consent|bar)|consent|gdpr(?:-.*)?|cc-window|related(?:-.*)?|.*-related|recommended(?:-.*)?|more-(?:stories|news|articles)|read-?more|share(?:-.*)?|sharing|sharedaddy|social(?:-.*)?|newsletter(?:-.*)?|subscribe(?:-.*)?|subscription(?:-.*)?|sidebar|widget(?:-area)?|promo(?:-.*)?|advert(?:isement)?|ads?|ad-.*|banner|popup|modal|tags?(?:-list)?|site-footer|site-header|footer|pagination|skip-link|trending|most-read|author-bio|login(?:-.*)?)$`)
	talkName   = format.NewPattern(`(?i)^(?:comments|comments-area|comment-list|commentlist|comment-respond|comments-section|comment-section|respond|disqus_thread|responses|reader-comments|fb-comments)$`)
	capName    = format.NewPattern(`(?i)^(?:wp-caption-text|.*-?caption|image-credit|photo-credit|img-credit|credits?|media-credit|image-source|photographer|figure-credit)$`)
	noteName   = format.NewPattern(`(?i)^(?:footnotes?|endnotes?|references|reflist|bibliography|citations|notes-list|sources|wp-block-footnotes|doc-endnotes)$`)
	timeName   = format.NewPattern(`(?i)^(?:date|time|timestamp|pub-?date|publish(?:ed|-date|ed-date|edon)?|post(?:ed)?-(?:date|on|time)|entry-date|article-date|article__date|date-published|datepublished|byline-date|story-date|created|news-date)$`)
)

var authorName = format.NewPattern(`(?i)^(?:author|authors|byline|by-line|author-name|article-author|article__author|entry-author|post-author|writer|reporter)$`)

// roleOf tells what an element is from the names page makers give.
func roleOf(tag string, attrs map[string]string) role {
	switch tag {
	case "nav", "aside":
		return chrome
	case "footer", "form", "dialog", "menu":
		return chrome
	case "figcaption":
		return caption
	case "time":
		return timeOf
	case "button":
		return button
	case "html", "body", "main", "article":
		return plain
	}
	switch attrs["role"] {
	case "navigation", "complementary", "contentinfo", "dialog", "alertdialog", "search":
		return chrome
	case "doc-endnotes", "doc-bibliography":
		return notes
	}
	switch attrs["itemprop"] {
	case "datePublished":
		return timeOf
	case "author", "creator":
		return author
	}
	r := plain
	for _, list := range []string{attrs["id"], attrs["class"]} {
		for name := range strings.FieldsSeq(list) {
			if utf8.RuneCountInString(name) > 60 {
				continue
			}
			switch {
			case talkName.MatchString(name):
				return discussion
			case chromeName.MatchString(name):
				return chrome
			case capName.MatchString(name):
				return caption
			case noteName.MatchString(name):
				r = notes
			case timeName.MatchString(name) && r == plain:
				r = timeOf
			case authorName.MatchString(name) && r == plain:
				r = author
			}
		}
	}
	return r
}

func (s *scanner) addMeta(attrs map[string]string) {
	v := strings.TrimSpace(attrs["content"])
	if v == "" {
		return
	}
	for _, k := range []string{attrs["property"], attrs["name"], attrs["itemprop"]} {
		k = strings.ToLower(k)
		if _, ok := s.metas[k]; k != "" && !ok && len(s.metas) < 512 {
			s.metas[k] = v
		}
	}
}

func (s *scanner) addImage(attrs map[string]string) {
	src := attrs["src"]
	for _, k := range []string{"data-src", "data-original", "data-lazy-src"} {
		if v := attrs[k]; v != "" && (src == "" || strings.HasPrefix(src, "data:")) {
			src = v
		}
	}
	if src == "" || strings.HasPrefix(src, "data:") || len(s.images) >= 500 || s.current() != nil {
		return
	}
	for _, e := range s.open {
		if e.role == chrome || e.role == discussion {
			return
		}
	}
	im := image{src: strings.TrimSpace(src), alt: squeeze(attrs["alt"]), width: small(attrs["width"]), height: small(attrs["height"]),
		main: s.inside("article", "main"), figure: s.inside("figure")}
	if im.width > 0 && im.width <= 3 || im.height > 0 && im.height <= 3 {
		return // a counting pixel
	}
	s.images = append(s.images, im)
}

// small reads a number of pixels; 0 for anything else.
func small(s string) int {
	n := 0
	for _, c := range strings.TrimSuffix(s, "px") {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// media lists the article's images: those inside the marked article, or in
// figures where the page marks none.
func (s *scanned) media() []record.Media {
	var out []record.Media
	seen := map[string]bool{}
	for _, im := range s.images {
		if s.article && !im.main || !s.article && !im.figure || seen[im.src] {
			continue
		}
		seen[im.src] = true
		out = append(out, record.Media{Kind: "photo", Path: im.src, Alt: im.alt, Width: im.width, Height: im.height})
	}
	if v := s.metas["og:image"]; v != "" && len(out) == 0 {
		out = append(out, record.Media{Kind: "photo", Path: v, Alt: s.metas["og:image:alt"]})
	}
	return out
}
