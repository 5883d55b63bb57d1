package html

import (
	"strings"
	"unicode/utf8"

	"dalil/internal/format"
)

var refsHeading = format.NewPattern(`(?i)^(?:\pL+ ){0,2}(?:references|citations|sources|notes|endnotes|footnotes|bibliography|works cited|further reading|المصادر|المراجع|مراجع|الهوامش|الحواشي|مصادر|منابع|ارجاعات|پی\x{200c}نوشت(?:\x{200c}ها)?|پانوشت(?:\x{200c}ها)?|سەرچاوەکان|מקורות|הערות(?: שוליים)?|kaynakça|kaynaklar|dipnotlar)\s*[:：]?$`)

// refEntry is an entry of a list that has no heading and no markup of its own.
var refEntry = format.NewPattern(`(?i)available (?:at|from)\s*:.{0,400}https?://|https?://\S+\s*[.,]?\s*[(\[](?:accessed|retrieved|last visited)`)

// references collects the entries of reference lists and notes: what stands in
// elements marked so, below a heading "References", or cites with a link and an
// access date. Each is cut from the article's text.
func (s *scanned) references() []string {
	var refs []string
	section := false
	for i, b := range s.blocks {
		heading := len(b.tag) == 2 && b.tag[0] == 'h' && b.tag[1] >= '1' && b.tag[1] <= '6'
		named := utf8.RuneCountInString(b.text) <= 60 && refsHeading.MatchString(strings.TrimSpace(b.text))
		switch {
		case heading || named && (b.note || s.citesBelow(i)):
			section = named && (b.note || s.citesBelow(i))
		case b.skip && !b.note:
			continue
		case b.note || section || refEntry.MatchString(b.text):
			refs = append(refs, withLinks(b))
		default:
			continue
		}
		if section || b.note || refEntry.MatchString(b.text) {
			s.cuts = append(s.cuts, cut{b.from, b.to, len(b.text), true})
		}
	}
	return refs
}

// citesBelow reports whether the block after i looks like a source: it links
// somewhere, is a list item, or carries a year.
func (s *scanned) citesBelow(i int) bool {
	if i+1 >= len(s.blocks) {
		return false
	}
	b := s.blocks[i+1]
	return b.tag == "li" || len(b.links) > 0 || strings.Contains(b.text, "http") || year.MatchString(b.text)
}

var year = format.NewPattern(`\b(?:1[34]|19|20)\d\d\b`)

// withLinks appends where an entry links to, unless it is printed in it.
func withLinks(b block) string {
	t := b.text
	for _, l := range b.links {
		if !strings.Contains(t, l) {
			t += " " + l
		}
	}
	return t
}
