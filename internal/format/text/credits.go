package text

import (
	"strings"
	"unicode/utf8"

	"dalil/internal/format"
)

var (
	// imageLabel is what a copied page leaves of a picture itself.
	imageLabel = format.NewPattern(`(?i)^(?:imported image|image|photo|picture|featured image|file photo|illustration|image description|صورة|الصورة|صورة أرشيفية|عکس|تصویر|تصویر آرشیوی|תמונה|צילום|בילד|fotoğraf|wêne)\s*[:：]?$`)
	// creditFor is a line that begins by naming the picture's maker.
	creditFor = format.NewPattern(`(?i)^(?:[(\[]\s*)?(?:(?:photos?|images?|pictures?|photograph|photo credit|image credit|picture credit|credits?|screenshot|screengrab|illustration|graphic|video|footage|map|fotoğraf)(?:\s+(?:by|on|from|via|courtesy(?: of)?|source|credit)\b[:：]?|\s*[:：/©])|(?:تصوير|المصور|الصورة|مصدر الصورة|صورة|عکس|عکاس|تصویر|منبع عکس|צילום|קרדיט)\s*[:：/])\s*\S`)
	// placeOf is "Somebody – Flickr" and "X – somebody": a site on one side of a dash.
	placeOf = format.NewPattern(`(?i)^(?:(?:x|twitter|flickr|facebook|instagram|telegram|youtube|tiktok|wikimedia(?: commons)?|getty(?: images)?|reuters|afp|ap|epa|shutterstock|unsplash|pixabay|pexels|screenshot|canva|linkedin|reddit)\s+[–—|/-]\s+\S.{0,70}|\S.{0,70}\s[–—|/-]\s+(?:x|twitter|flickr|facebook|instagram|telegram|youtube|tiktok|wikimedia(?: commons)?|getty(?: images)?|reuters|afp|ap|epa|shutterstock|unsplash|pixabay|pexels|canva))$`)
	// creditAtEnd is a caption with the maker in brackets behind it.
	creditAtEnd = format.NewPattern(`(?i)[(\[](?:(?:photo|image|picture|credit|source|file photo|صورة|تصوير|عکس|צילום)[^()\[\]]{0,20}[:：/][^()\[\]]{1,140}|[^()\[\]]{1,120}(?:/\s?(?:ap|afp|reuters|epa|getty|anadolu)\b|via (?:getty|ap|afp|reuters|flickr|wikimedia)|ap photo|getty images|file photo|wikimedia commons)[^()\[\]]{0,60})[)\]]\s*\.?$`)
	// drawnBy is a caption that begins with what was made and by whom.
	drawnBy = format.NewPattern(`(?i)^(?:\S+ ){0,4}(?:graphic|map|chart|diagram|image|photo|figure|infographic)s? \((?:created|made|drawn|taken|courtesy|source)\b[^)]{1,120}\)`)
)

const maxCaption = 600 // runes; anything longer is a paragraph that ends with brackets

// creditLike reports whether a whole line is about a picture.
func creditLike(s string) bool {
	n := utf8.RuneCountInString(s)
	switch {
	case n == 0 || n > maxCaption:
		return false
	case n <= 40 && imageLabel.MatchString(s):
		return true
	case n <= 120 && placeOf.MatchString(s) && !sentence(s):
		return true
	case n <= 200 && creditFor.MatchString(s) && !sentence(strings.TrimSuffix(s, ".")):
		return true
	}
	return creditAtEnd.MatchString(s) || drawnBy.MatchString(s)
}

// sentence reports whether s has a sentence's end inside or at its end.
func sentence(s string) bool {
	return strings.HasSuffix(s, ".") && strings.Count(s, " ") > 8 || strings.Contains(s, ". ") && strings.Count(s, " ") > 12
}

// credits takes lines about pictures out of the body. Beside the credit itself
// these are a description standing directly above it, as an image's alternative
// text does when it is copied, and a caption printed a second time without its
// credit.
func (a *article) credits(lines []line) []line {
	drop := make([]bool, len(lines))
	for i, l := range lines {
		if !creditLike(l.text) {
			continue
		}
		drop[i] = true
		if i == 0 || drop[i-1] || lines[i-1].blank() {
			continue
		}
		above := lines[i-1].text
		n := utf8.RuneCountInString(above)
		again := n >= 30 && strings.HasPrefix(l.text, above)
		// A description without a sentence's end, alone above its credit.
		alone := n <= 300 && (i < 2 || lines[i-2].blank()) && (i+1 >= len(lines) || lines[i+1].blank()) &&
			!strings.ContainsAny(above[len(above)-1:], ".!?:;") && !strings.HasSuffix(above, "۔") && !strings.HasSuffix(above, "؟") &&
			(creditFor.MatchString(l.text) || placeOf.MatchString(l.text))
		if again || alone {
			drop[i-1] = true
		}
	}
	seen := map[string]bool{}
	kept := lines[:0:0]
	for i, l := range lines {
		if !drop[i] {
			kept = append(kept, l)
			continue
		}
		if imageLabel.MatchString(l.text) || seen[l.text] || i+1 < len(lines) && drop[i+1] && strings.HasPrefix(lines[i+1].text, l.text) {
			continue
		}
		seen[l.text] = true
		a.page.Credits = append(a.page.Credits, l.text)
	}
	return kept
}
