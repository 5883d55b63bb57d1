package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// relationOptions are the ways in which a statement can be the same text as
// another that a person may say. The first leaves it to what the texts say.
func relationOptions() []optionValue {
	return []optionValue{
		{Value: "", Word: key("as the texts say")}, {Value: string(record.RelTranslation), Word: key("a translation of it")}, {Value: string(record.RelEdited), Word: key("it, edited")},
		{Value: string(record.RelWrapped), Word: key("it, with words of its own")}, {Value: string(record.RelTruncated), Word: key("a part of it")},
		{Value: string(record.RelQuotedIn), Word: key("a longer text that quotes it")}, {Value: string(record.RelImageOf), Word: key("a picture of it")},
	}
}

// decideFamily records what a person says about a text that travels: that a
// statement is not it, or that one kept apart is.
func (s *server) decideFamily(_ http.ResponseWriter, r *http.Request) (string, error) {
	ctx, id, form := r.Context(), r.PathValue("id"), r.PostForm
	statement, reason := form.Get("statement"), form.Get("reason")
	switch do := form.Get("do"); do {
	case "merge":
		return s.sameText(r, statement)
	case "split":
		f, err := s.desk.Family(ctx, id)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(f.Members, func(m desk.Member) bool { return m.ID == statement }) {
			return "", told(record.ErrConflict, phrase{key("{id} is not in this family any more"), []string{"id", cut(statement)}}, phrase{Text: key("look at where it is now")})
		}
		x, err := s.desk.Split(ctx, []string{statement}, reason)
		if err != nil {
			return "", err
		}
		to := "/y/" + id // unless nothing of it is left
		if _, err := s.desk.Family(ctx, id); errors.Is(err, record.ErrNotFound) {
			to = "/s/" + statement
		} else if err != nil {
			return "", err
		}
		return with(to, "did", s.desk.Case.IDs.ID(record.KindDecision, x.Leaf)), nil
	default:
		return "", fmt.Errorf("%w: %.40q is nothing that can be done here", record.ErrInvalid, do)
	}
}

// sameText records that the statement a form names is the text of another, and
// goes to the family they are in.
func (s *server) sameText(r *http.Request, statement string) (string, error) {
	form := r.PostForm
	x, err := s.desk.Merge(r.Context(), []string{statement, strings.TrimSpace(form.Get("with"))}, record.Relation(form.Get("as")), form.Get("reason"))
	if err != nil {
		return "", err
	}
	st, err := s.desk.Statement(r.Context(), statement)
	if err != nil {
		return "", err
	}
	to := "/s/" + statement // one that only quotes is in no family
	if st.Family != 0 {
		to = "/y/" + s.desk.Case.IDs.ID(record.KindFamily, st.Family)
	}
	return with(to, "did", s.desk.Case.IDs.ID(record.KindDecision, x.Leaf)), nil
}
