package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/record"
)

var (
	// commentsHead announces the readers' comments. A bare number with it
	// ("12 Comments") is common.
	commentsHead = format.NewPattern(`(?i)^(?:\d{1,5}\s+)?(?:comments?|reader comments|responses|replies|discussion|join the (?:discussion|conversation)|التعليقات|تعليقات(?: القراء)?|نظرات(?: کاربران)?|نظر کاربران|دیدگاه\x{200c}ها|دیدگاه|תגובות|קאמענטארן|yorumlar|کۆمێنتەکان|تبصرے)\s*(?:\(\s*\d{1,5}\s*\))?\s*[:：]?$`)
	// saysHead is "Name says:" or "March 3, 2031 at 4:05 pm, Name wrote:".
	saysHead = format.NewPattern(`(?i)^(.{1,60}?)\s+(?:says|said|wrote|writes|replied|commented|يقول|كتب|قال|می\x{200c}گوید|نوشت|گفت|כתב|כתבה|dedi ki)\s*[:：]$`)
	// addendum is a label in capitals with which a writer of comments begins anew.
	addendum = format.NewPattern(`^[A-Z][A-Z .'-]{1,24}:$`)
	// buttons are lines of a comment box that nobody wrote.
	buttons  = format.NewPattern(`(?i)^(?:reply|like|dislike|share|report|flag|edit|delete|permalink|log in to reply|leave a (?:reply|comment)|your email address will not be published.*|post comment|رد|أعجبني|إبلاغ|پاسخ|تگزارش|הגב|השב|yanıtla|beğen)(?:\s*[·|•(]?\s*\d{0,5}\)?)?$`)
	relative = format.NewPattern(`(?i)^(?:edited\s+)?(?:\d{1,3}|an?)\s+(?:second|minute|min|hour|hr|day|week|month|year)s?\s+ago$|^(?:\d{1,3})\s?(?:s|m|h|d|w|mo|y)$|^منذ\s|پیش$|^לפני\s`)
)

func commentsHeading(s string) bool {
	return s != "" && utf8.RuneCountInString(s) <= 60 && commentsHead.MatchString(unmark(s))
}

// announcedComments takes everything below a heading "Comments" as comments,
// when what is below can be: at least one line that is not a button.
func announcedComments(lines []line, h hints) (above []line, out []record.Reading) {
	tries := 0
	for i := len(lines) - 1; i > 0 && tries < 16; i-- {
		if !commentsHeading(lines[i].text) {
			continue
		}
		tries++
		if out := splitComments(lines[i+1:], h); len(out) > 0 {
			return lines[:i:i], out
		}
	}
	return lines, nil
}

// readerComments reads what stands below the reference lists. Without a
// heading it is believed to be comments when a wide gap (three blank lines or
// more, where the page had its comment box) sets it off. What is no comment is
// given back as part of the body.
func (a *article) readerComments(tail []line, h hints) []line {
	for i, l := range tail {
		if commentsHeading(l.text) {
			a.comments = splitComments(tail[i+1:], h)
			return tail[:i]
		}
	}
	i := next(tail, 0)
	if i >= 3 && i < len(tail) && !furniture.MatchString(tail[i].text) {
		if a.comments = splitComments(tail[i:], h); len(a.comments) > 0 {
			return nil
		}
	}
	return tail
}

// splitComments cuts lines into comments. A comment begins at a line that
// names its writer, at a label in capitals, and, where there is no such line
// at all, behind a blank line.
func splitComments(lines []line, h hints) []record.Reading {
	named := false
	for i := range lines {
		if n, _ := commentHead(lines, i, h); n > 0 {
			named = true
			break
		}
	}
	var out []record.Reading
	var c record.Reading
	var text []string
	var from, to int64 = -1, -1
	flush := func() {
		if len(text) > 0 {
			c.Kind, c.Text = record.Comment, strings.Join(text, "\n")
			c.Span = record.Span{Offset: from, Length: to - from}
			out = append(out, c)
		}
		c, text, from = record.Reading{}, nil, -1
	}
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if l.blank() {
			if !named {
				flush()
			}
			continue
		}
		if n, head := commentHead(lines, i, h); n > 0 {
			flush()
			c, from = head, l.start
			i += n - 1
			to = lines[i].end
			continue
		}
		if addendum.MatchString(l.text) && len(text) > 0 {
			flush()
		}
		if buttons.MatchString(l.text) || furniture.MatchString(l.text) {
			continue
		}
		if from < 0 {
			from = l.start
		}
		text, to = append(text, l.text), l.end
	}
	flush()
	return out
}

// commentHead reads the lines that name a comment's writer and time and
// returns how many there are: "Name says:", "Name · 3 March 2031", or a name
// with a date on the line below.
func commentHead(lines []line, i int, h hints) (int, record.Reading) {
	t := lines[i].text
	n := utf8.RuneCountInString(t)
	if n > 90 {
		return 0, record.Reading{}
	}
	if m := saysHead.FindStringSubmatch(t); m != nil {
		c := record.Reading{Sender: person(m[1])}
		if name, date := dateInside(m[1], h); date.Known() {
			c.Sender, c.Posted = person(name), date
		}
		if j := i + 1; j < len(lines) {
			if w, ok := onlyDate(lines[j].text, h); ok {
				c.Posted = w
				return 2, c
			}
		}
		return 1, c
	}
	if name, date := cutAny(t, "|•·,،"); date != "" && nameLike(name) {
		if w, ok := onlyDate(date, h); ok {
			return 1, record.Reading{Sender: person(name), Posted: w}
		}
		if relative.MatchString(date) {
			return 1, record.Reading{Sender: person(name)}
		}
	}
	if nameLike(t) {
		if j := next(lines, i+1); j < len(lines) && j <= i+2 {
			below := lines[j].text
			if w, ok := onlyDate(below, h); ok {
				return j - i + 1, record.Reading{Sender: person(t), Posted: w}
			}
			if relative.MatchString(below) {
				return j - i + 1, record.Reading{Sender: person(t)}
			}
		}
	}
	return 0, record.Reading{}
}

func person(name string) record.Party {
	return record.Party{Name: strings.TrimSpace(strings.Trim(name, " ,،-–—|·:")), Person: true}
}

// nameLike reports whether a line can be a person's or an account's name.
func nameLike(s string) bool {
	n := len(strings.Fields(s))
	if n == 0 || n > 6 || utf8.RuneCountInString(s) > 50 || isURL(s) || buttons.MatchString(s) {
		return false
	}
	if strings.ContainsAny(s, "?!:;“”\"") || strings.HasSuffix(s, ".") && n > 3 {
		return false
	}
	return strings.IndexFunc(s, unicode.IsLetter) >= 0
}

// dateInside splits "March 3, 2031 at 4:05 pm, Name" or "Name on 3 March 2031"
// into the name and the time.
func dateInside(s string, h hints) (name string, w record.When) {
	from, to, w := dateAt(s, h)
	if !w.Known() {
		return s, w
	}
	name = strings.TrimSpace(s[:from] + s[to:])
	name = strings.TrimSuffix(strings.TrimSuffix(name, " on"), " at")
	return name, w
}
