package web

import (
	"net/http"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// gradeRow is a grade on a page.
type gradeRow struct {
	record.Grade
	ID    string
	Class string // of its chip
	Words string
}

// gradeOption is a grade that can be given.
type gradeOption struct{ Grade, Words string }

func (s *server) gradeRows(all []record.Grade) []gradeRow {
	rows := make([]gradeRow, len(all))
	for i, g := range all {
		rows[i] = gradeRow{g, s.desk.Case.IDs.ID(record.KindDecision, g.Decision), "grade grade-" + string(g.Grade), gradeWords(g.Grade)}
	}
	return rows
}

// gradeWords are the words of a grade, as keys of their translations.
func gradeWords(g record.Reliability) string {
	switch g {
	case record.Completely:
		return key("completely reliable")
	case record.Usually:
		return key("usually reliable")
	case record.Fairly:
		return key("fairly reliable")
	case record.NotUsually:
		return key("not usually reliable")
	case record.Unreliable:
		return key("unreliable")
	}
	return key("cannot be judged")
}

func gradeOptions() []gradeOption {
	var all []gradeOption
	for _, g := range []record.Reliability{record.Completely, record.Usually, record.Fairly, record.NotUsually, record.Unreliable, record.Unjudged} {
		all = append(all, gradeOption{string(g), gradeWords(g)})
	}
	return all
}

// grade records a grade. Whoever graded the source since the form was loaded is
// not overruled unseen.
func (s *server) grade(_ http.ResponseWriter, r *http.Request) (string, error) {
	ctx, f := r.Context(), r.PostForm
	src, err := s.desk.Source(ctx, r.PathValue("id"))
	if err != nil {
		return "", err
	}
	grade, err := record.ParseReliability(f.Get("grade"))
	if err != nil {
		return "", err
	}
	before, err := s.desk.Grades(ctx, src.Leaf)
	if err != nil {
		return "", err
	}
	if f.Has("seen") && f.Get("seen") != s.newestGrade(before) {
		if len(before) == 0 {
			return "", told(record.ErrInvalid, phrase{Text: key("the form is not of this source")}, phrase{Text: key("load the page again")})
		}
		return "", s.regraded(src, before, sent(r))
	}
	x, err := s.desk.Grade(ctx, s.desk.Case.IDs.ID(record.KindSource, src.Leaf), f.Get("topic"), grade, f.Get("reason"))
	if err != nil {
		return "", err
	}
	return with(s.atSource(src.Leaf), "did", s.desk.Case.IDs.ID(record.KindDecision, x.Leaf)) + "#grades", nil
}

// newestGrade is the id of the newest grade; "" when there is none.
func (s *server) newestGrade(all []record.Grade) string {
	if len(all) == 0 {
		return ""
	}
	return s.desk.Case.IDs.ID(record.KindDecision, all[0].Decision)
}

// topics are the topics that sources are graded on so far.
func topics(rows []desk.SourceRow) []string {
	seen := map[string]bool{}
	var all []string
	for _, r := range rows {
		for _, g := range r.Grades {
			if !seen[g.Topic] {
				seen[g.Topic] = true
				all = append(all, g.Topic)
			}
		}
	}
	return all
}
