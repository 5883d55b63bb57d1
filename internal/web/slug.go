package web

import (
	"net/url"
	"strings"
	"time"
	"unicode"

	"dalil/internal/record"
)

// slug is the readable end of a statement's address: who, and when in the
// case's zone. It decorates; the id decides.
func (s *server) slug(st record.Statement) string {
	var b strings.Builder
	dash := false
	n := 0
	source := st.SourceName
	if s.opened { // the history of a browser outlasts its session
		source = ""
	}
	for _, r := range strings.ToLower(source) {
		switch {
		case (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) && n < 40:
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
			n++
		default:
			dash = true
		}
	}
	name := b.String()
	if name == "" {
		name = "statement"
	}
	if !st.Posted.Known() {
		return name + "-no-time"
	}
	layout := map[record.Precision]string{record.ToYear: "2006", record.ToMonth: "2006-01", record.ToDay: "2006-01-02"}[st.Posted.Precision]
	if layout == "" {
		layout = "2006-01-02-1504"
	}
	return name + "-" + time.Unix(st.Posted.Unix, 0).In(s.zone).Format(layout)
}

// at returns the address of a statement's page.
func (s *server) at(st record.Statement) string {
	return "/s/" + s.desk.StatementID(st) + "/" + url.PathEscape(s.slug(st))
}

// atSource returns the address of a source's page.
func (s *server) atSource(leaf uint64) string {
	return "/c/" + s.desk.Case.IDs.ID(record.KindSource, leaf)
}

func (s *server) familyID(anchor uint64) string {
	return s.desk.Case.IDs.ID(record.KindFamily, anchor)
}

// search returns the address of a list of statements.
func search(q string) string {
	if q == "" {
		return "/statements"
	}
	return "/statements?q=" + url.QueryEscape(q)
}
