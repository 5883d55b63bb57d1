package text

import (
	"strings"
	"unicode/utf8"

	"dalil/internal/format"
)

var (
	// refsHeading is a line that announces sources: at most a word or two
	// before the noun ("Substantive Notes", "Additional sources").
	refsHeading = format.NewPattern(`(?i)^(?:\pL+ ){0,2}(?:references|citations|sources|notes|endnotes|footnotes|bibliography|works cited|further reading|المصادر|المراجع|مراجع|الهوامش|الحواشي|مصادر|منابع|ارجاعات|پی\x{200c}نوشت(?:\x{200c}ها)?|پانوشت(?:\x{200c}ها)?|یادداشت\x{200c}ها|سەرچاوەکان|מקורות|הערות(?: שוליים)?|ביבליוגרפיה|kaynakça|kaynaklar|dipnotlar|çavkanî)\s*[:：]?$`)
	// marked is an entry that carries its own number or letter.
	marked = format.NewPattern(`^(?:\[(\d{1,4}|[a-z]{1,3}|[ivxlc]{1,7})\]|\[\^([^\]\s]{1,20})\]:|\((\d{1,3}|[a-z])\)|([0-9\x{660}-\x{669}\x{6F0}-\x{6F9}]{1,4})[.)\-]|\^\s?)\s*`)
	// cited is an entry of a list without numbers: a link, a year, an access date.
	cited = format.NewPattern(`(?i)https?://|available (?:at|from|online)\s*:|\(?accessed:?|retrieved (?:on|from)|\((?:1[3-4]|19|20)\d\d[a-z]?\)|\(n\.d\.\)|\bdoi[:.]|\bibid\b|^[“"«].{8,400}[”"»].{0,200}\b(?:1[34]|19|20)\d\d|\b(?:19|20)\d\d\.?$`)
)

// references takes the reference lists off the end of the text, one entry each,
// and returns the lines above them and those below (comments, or more text).
func (a *article) references(lines []line) (above, below []line) {
	for i, l := range lines {
		if !isRefsHeading(l.text) || next(lines, i+1) >= len(lines) {
			continue
		}
		first := lines[next(lines, i+1)].text
		if !marked.MatchString(first) && !cited.MatchString(first) {
			continue
		}
		refs, end := entries(lines, i)
		a.page.Refs = append(a.page.Refs, refs...)
		return lines[:i:i], lines[end:]
	}
	return a.looseReferences(lines)
}

func isRefsHeading(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= 60 && refsHeading.MatchString(unmark(s))
}

// entries reads reference lists from the heading at i on and returns the index
// behind the last line that belongs to one.
func entries(lines []line, i int) (refs []string, end int) {
	numbered := false
	gap := 0
	end = i
	for ; i < len(lines); i++ {
		t := lines[i].text
		switch {
		case t == "":
			gap++
		case isRefsHeading(t):
			gap, numbered = 0, false
		case commentsHeading(t) || furniture.MatchString(t):
			return refs, end
		case marked.MatchString(t):
			refs, gap, numbered = append(refs, t), 0, true
		case numbered && gap == 0 && len(refs) > 0:
			refs[len(refs)-1] += " " + t // a broken line of the entry above
		case numbered, gap >= 2, gap > 0 && !cited.MatchString(t):
			return refs, end
		case isURL(t) && len(refs) > 0 && gap == 0 && !strings.Contains(refs[len(refs)-1], "://"):
			refs[len(refs)-1] += " " + t
		default:
			refs, gap = append(refs, t), 0
		}
		if t != "" {
			end = i + 1
		}
	}
	return refs, end
}

// looseReferences finds a list without a heading at the very end: at least
// three lines in a row that each cite with a link and an access date, or a
// Markdown footnote.
func (a *article) looseReferences(lines []line) (above, below []line) {
	start, n := len(lines), 0
	for i := len(lines) - 1; i >= 0; i-- {
		t := lines[i].text
		if t == "" {
			continue
		}
		m := marked.FindString(t)
		if !strings.HasPrefix(m, "[") && !accessed.MatchString(t) {
			break
		}
		start, n = i, n+1
	}
	if n < 3 {
		return lines, nil
	}
	for _, l := range lines[start:] {
		if !l.blank() {
			a.page.Refs = append(a.page.Refs, l.text)
		}
	}
	return lines[:start:start], nil
}

var accessed = format.NewPattern(`(?i)https?://\S+\s*[.,]?\s*[(\[]?(?:accessed|retrieved|last visited|abgerufen|erişim)`)
