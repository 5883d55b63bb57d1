package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// conflict is the error that somebody else saved what a reader was writing: its
// page shows all three texts, and nothing that was written is lost.
type conflict struct {
	What   phrase
	By     string
	At     int64  // of what the other saved, ms
	ID     string // of it
	Seen   string // where it can be read
	Texts  []threeWay
	To     string            // where the form goes
	Fields map[string]string // of the form, as they were sent, but for what is seen now
	Inputs []conflictInput
	Leave  string // back, with what the other saved
}

func (e *conflict) Error() string { return e.What.english() }
func (e *conflict) Unwrap() error { return record.ErrConflict }

// threeWay is a text in three states.
type threeWay struct {
	Name               string
	Base, Theirs, Mine string
	Lang               string
	Same               bool   // the other left it as it was, or wrote the same
	Their              *block // what the other changed; nil without a beginning
	My                 *block
}

// conflictInput is what can be changed before it is saved after all.
type conflictInput struct {
	Name, Label, Value, Lang string
	Rows                     int // of a text area; 0 is one line
	Most                     int
}

// three sets two texts against the one both began from.
func three(name, base, theirs, mine, lang string) threeWay {
	x := threeWay{Name: name, Base: base, Theirs: theirs, Mine: mine, Lang: lang, Same: theirs == base || theirs == mine}
	if base != "" {
		their, my := compare(base, theirs, lang), compare(base, mine, lang)
		x.Their, x.My = &their, &my
	}
	return x
}

// conflictPage is what the page says, for people and for programs.
func (s *server) conflictPage(e *conflict) reply {
	texts := make([]map[string]string, len(e.Texts))
	for i, x := range e.Texts {
		texts[i] = map[string]string{"name": x.Name, "began_from": x.Base, "saved": x.Theirs, "yours": x.Mine}
	}
	return reply{page: "conflict", title: key("Somebody else saved it first"), data: e, code: http.StatusConflict,
		json: map[string]any{"status": http.StatusConflict, "error": e.What.english(), "by": e.By, "decision": e.ID, "texts": texts, "do": "send it again, made from what was saved", "fields": e.Fields}}
}

// corrected tells that a translation was corrected while somebody wrote another
// correction of it; nil when that is not what went wrong.
func (s *server) corrected(ctx context.Context, id string, f map[string]string) (*conflict, error) {
	all, err := s.desk.Translations(ctx, id)
	if err != nil {
		return nil, err
	}
	byID := map[string]*desk.Translation{}
	for i := range all {
		byID[all[i].ID] = &all[i]
	}
	base := byID[f["base"]]
	if base == nil || base.NextID == "" {
		return nil, nil
	}
	last := byID[base.NextID]
	for last != nil && last.NextID != "" {
		last = byID[last.NextID]
	}
	if last == nil || last.Hidden || base.Hidden { // it must not be shown
		return nil, nil
	}
	to := "/s/" + id
	read := with(to, "tr", last.ID) + "#translation"
	return &conflict{What: phrase{key("{who} corrected {id} while you wrote"), []string{"who", last.By, "id", base.ID}}, By: last.By, At: last.At, ID: last.ID, Seen: read,
		Texts: []threeWay{three(key("Translation"), base.Text, last.Text, f["text"], base.Lang)},
		To:    to + "/translate", Fields: map[string]string{"base": last.ID, "lang": f["lang"], "back": read},
		Inputs: []conflictInput{{Name: "text", Label: key("Your translation"), Value: f["text"], Lang: base.Lang, Rows: rowsFor(f["text"])}}, Leave: read}, nil
}

// regraded tells that a source was graded while somebody wrote a grade. What it
// began from is what counted on its topic then.
func (s *server) regraded(src record.Source, before []record.Grade, f map[string]string) *conflict {
	newest := record.Grade{}
	if i := slices.IndexFunc(before, func(g record.Grade) bool { return g.Undone == 0 }); i >= 0 {
		newest = before[i]
	} else if len(before) > 0 {
		newest = before[0]
	}
	var began record.Grade
	seen := false
	for _, g := range before { // newest first
		if seen = seen || s.desk.Case.IDs.ID(record.KindDecision, g.Decision) == f["seen"]; seen && strings.EqualFold(strings.TrimSpace(g.Topic), strings.TrimSpace(f["topic"])) {
			began = g
			break
		}
	}
	to := s.atSource(src.Leaf)
	return &conflict{What: phrase{key("{who} graded {source} while you wrote"), []string{"who", newest.By, "source", src.Name}}, By: newest.By, At: newest.At,
		ID: s.desk.Case.IDs.ID(record.KindDecision, newest.Decision), Seen: to + "#grades",
		Texts: []threeWay{three(key("Grade"), string(began.Grade), string(newest.Grade), f["grade"], ""), three(key("Topic"), began.Topic, newest.Topic, f["topic"], ""),
			three(key("Reason"), began.Reason, newest.Reason, f["reason"], "")},
		To: "/c/" + s.desk.Case.IDs.ID(record.KindSource, src.Leaf) + "/grade", Fields: map[string]string{"seen": s.newestGrade(before)},
		Inputs: []conflictInput{{Name: "grade", Label: key("Grade"), Value: f["grade"], Most: 1}, {Name: "topic", Label: key("Topic"), Value: f["topic"], Most: 120},
			{Name: "reason", Label: key("Reason"), Value: f["reason"], Rows: rowsFor(f["reason"])}}, Leave: to + "#grades"}
}

// nameTaken tells that a search of this name is saved, unless the reader has seen
// that very one. What it began from is the search that was seen before.
func (s *server) nameTaken(ctx context.Context, x desk.SavedSearch, f map[string]string) (*conflict, error) {
	old, err := s.desk.SavedSearch(ctx, strings.Join(strings.Fields(x.Name), " "))
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return nil, err
	}
	if err != nil || old.ID == f["seen"] || old.SavedSearch.Query == x.Query && old.View == x.View && old.Warn == x.Warn && strings.Join(old.Columns, ",") == strings.Join(x.Columns, ",") {
		return nil, nil
	}
	warns := map[bool]string{true: "warn"}
	a := ofSaved(old.SavedSearch)
	c := &conflict{What: phrase{key("{who} saved a search called {name}"), []string{"who", old.By, "name", old.Name}}, By: old.By, At: old.At, ID: old.ID, Seen: a.at(a.home()),
		Texts: []threeWay{three(key("Query"), f["began"], old.Query, x.Query, "")}, To: "/saved",
		Fields: map[string]string{"view": f["view"], "cols": f["cols"], "warn": warns[x.Warn], "back": f["back"], "seen": old.ID, "began": old.Query},
		Inputs: []conflictInput{{Name: "name", Label: key("Name"), Value: x.Name, Most: 80}, {Name: "q", Label: key("Query"), Value: x.Query, Rows: 2}}, Leave: a.at(a.home())}
	if was, is := strings.Join(old.Columns, ", "), strings.Join(x.Columns, ", "); was != is {
		c.Texts = append(c.Texts, three(key("Columns"), "", was, is, ""))
	}
	if old.View != x.View {
		c.Texts = append(c.Texts, three(key("How it is shown"), "", old.View, x.View, ""))
	}
	return c, nil
}

// sent are the fields of a form, the first of each.
func sent(r *http.Request) map[string]string {
	all := map[string]string{}
	for name := range r.PostForm {
		all[name] = r.PostForm.Get(name)
	}
	return all
}
