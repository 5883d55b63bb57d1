package html

import (
	"slices"
	"strings"

	"dalil/internal/format"
	"dalil/internal/record"
)

// comment is one reader comment: the bytes of its element and what stands in
// it, without the answers nested in it, which are comments of their own.
type comment struct {
	from, to int
	id       string
	name     strings.Builder
	machine  string // datetime attribute
	date     strings.Builder
	words    strings.Builder
	brk      bool // a paragraph ended since the last word
}

var (
	commentID   = format.NewPattern(`(?i)^(?:li-|div-)?comments?[-_]?(\d+)$`)
	commentName = format.NewPattern(`(?i)^(?:comment|comment-item|comment_item|comment-entry|single-comment|reader-comment|usercomment|user-comment)$`)
	commentBy   = format.NewPattern(`(?i)^(?:.*-?author(?:-.*)?|fn|user(?:-?name)?|name|nick(?:-?name)?)$`)
	commentDate = format.NewPattern(`(?i)^(?:.*-?date|.*-?time|time-?ago|.*metadata|posted(?:-on)?)$`)
	commentTool = format.NewPattern(`(?i)^(?:reply|comment-reply(?:-.*)?|actions?|comment-actions?|tools?|likes?|votes?|avatar|edit-link|says|screen-reader-text|report)$`)
)

// commentStart begins a comment when an element is one. An element around the
// text of the same comment ("comment-body" in "comment") is none of its own:
// an answer is told by the list it stands in or by text before it.
func (s *scanner) commentStart(tag string, attrs map[string]string, from int) *comment {
	switch tag {
	case "li", "div", "article", "section", "dd", "tr":
	default:
		return nil
	}
	id := attrs["id"]
	is := strings.HasSuffix(attrs["itemtype"], "/Comment") || attrs["itemprop"] == "comment" || attrs["data-comment-id"] != "" || commentID.MatchString(id)
	for name := range strings.FieldsSeq(attrs["class"]) {
		is = is || len(name) <= 60 && commentName.MatchString(name)
	}
	if !is || len(s.comments) >= 100_000 {
		return nil
	}
	if c := s.current(); c != nil {
		answers := false
		for i := len(s.open) - 1; i >= 0 && s.open[i].comment == nil; i-- {
			answers = answers || s.open[i].tag == "ul" || s.open[i].tag == "ol"
		}
		if !answers && c.words.Len() == 0 {
			return nil
		}
	}
	if id == "" {
		id = attrs["data-comment-id"]
	}
	c := &comment{from: from, id: id}
	s.comments = append(s.comments, c)
	return c
}

// commentText sorts a stretch of text into the writer's name, the date, the
// buttons or the comment itself, by the innermost element that says so.
func (s *scanner) commentText(c *comment, t string) {
	var into *strings.Builder
	for i := len(s.open) - 1; i >= 0 && into == nil; i-- {
		e := s.open[i]
		switch e.role {
		case button, chrome:
			return
		case author:
			into = &c.name
		case timeOf:
			into = &c.date
		}
		for _, name := range e.names {
			switch {
			case into != nil:
			case commentTool.MatchString(name):
				return
			case commentBy.MatchString(name):
				into = &c.name
			case commentDate.MatchString(name):
				into = &c.date
			}
		}
		if e.comment != nil {
			break
		}
	}
	if into == nil {
		into = &c.words
		if c.brk && into.Len() > 0 {
			into.WriteByte('\n')
		}
	}
	c.brk = false
	if into.Len() < format.MaxText {
		into.WriteString(t)
	}
}

// reading makes the statement of a comment; false when nothing was said in it.
func (c *comment) reading(p page, article record.Reading, set format.Settings) (record.Reading, bool) {
	var lines []string
	for l := range strings.SplitSeq(c.words.String(), "\n") {
		if l = squeeze(l); l != "" && !slices.Contains([]string{"says:", "says", "Reply", "رد", "پاسخ"}, l) {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return record.Reading{}, false
	}
	from, to := p.offset(c.from), p.offset(c.to)
	r := record.Reading{
		Kind: record.Comment, Parent: article.ExternalID, URL: article.URL,
		Span:   record.Span{Offset: from, Length: to - from},
		Text:   strings.Join(lines, "\n"),
		Posted: machineDate(c.machine, set),
		Flags:  p.flags,
	}
	if !r.Posted.Known() {
		r.Posted = printedDate(squeeze(c.date.String()), set)
	}
	if r.Posted.NoZone && r.Posted.Precision >= record.ToMinute {
		r.Flags = append(slices.Clone(r.Flags), record.FlagNoZone)
	}
	if n := strings.TrimSuffix(squeeze(c.name.String()), " says:"); n != "" && len(n) <= 200 {
		r.Sender = record.Party{Name: n, Person: true}
	}
	if c.id != "" && article.ExternalID != "" {
		r.ExternalID = article.ExternalID + "#" + c.id
	}
	return r, true
}
