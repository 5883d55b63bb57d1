package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"dalil/internal/language"
	"dalil/internal/record"
)

// ActionGrade is the decision how reliable a source is on a topic.
const ActionGrade = "grade"

// mostTopic bounds a topic, in characters: it is a heading, not a text.
const mostTopic = 80

// gradePayload is the payload of a grade decision. Why is the decision's reason.
type gradePayload struct {
	Topic string             `json:"topic"`
	Grade record.Reliability `json:"grade"`
}

// Grade records how reliable a source is on a topic; source is a name, key or
// id. Earlier grades stay as history. ErrConflict when the grade that counts
// says the same for the same reason, ErrWithheld for a private chat.
func (d *Desk) Grade(ctx context.Context, source, topic string, grade record.Reliability, reason string) (record.Decision, error) {
	s, err := d.Source(ctx, source)
	if err != nil {
		return record.Decision{}, err
	}
	if s.Type == record.PrivateIM {
		return record.Decision{}, record.WithHint(fmt.Errorf("%s is a private chat: %w", s.Name, record.ErrWithheld), "grades are for publishers; persons are never scored")
	}
	if topic, err = cleanTopic(topic); err != nil {
		return record.Decision{}, err
	}
	if grade.Words() == "" {
		_, err := record.ParseReliability(string(grade))
		return record.Decision{}, err
	}
	return d.decideOn(ctx, ActionGrade, s.Leaf, reason, func() (any, error) {
		old, err := d.Grades(ctx, s.Leaf)
		if err != nil {
			return nil, err
		}
		for _, g := range old {
			if !g.Counts || language.Fold(g.Topic) != language.Fold(topic) {
				continue
			}
			topic = g.Topic // one spelling of one topic
			if g.Grade == grade && g.Reason == reason {
				return nil, fmt.Errorf("%s is graded %s on %s for this reason already: %w", s.Name, grade, topic, record.ErrConflict)
			}
		}
		return gradePayload{topic, grade}, nil
	})
}

// cleanTopic is a topic on one line without what cannot be seen.
func cleanTopic(topic string) (string, error) {
	topic = strings.Join(strings.Fields(language.Visible(topic)), " ")
	switch {
	case topic == "":
		return "", record.WithHint(fmt.Errorf("%w: a grade needs a topic", record.ErrInvalid), "name what the source is graded on with --topic, like \"rocket attacks\"")
	case utf8.RuneCountInString(topic) > mostTopic:
		return "", fmt.Errorf("%w: a topic has at most %d characters", record.ErrInvalid, mostTopic)
	}
	return topic, nil
}

// Grades returns every grade of a source, or of all sources for 0, the newest
// first, and says of each whether it counts.
func (d *Desk) Grades(ctx context.Context, source uint64) ([]record.Grade, error) {
	all, err := d.Reader().DecisionsBy(ctx, ActionGrade)
	if err != nil {
		return nil, err
	}
	type on struct {
		source uint64
		topic  string
	}
	taken := map[on]bool{}
	var grades []record.Grade
	for _, x := range slices.Backward(all) {
		var p gradePayload
		// The reason and payload of a decision can be erased; what is left of it
		// grades nothing.
		if source != 0 && x.Target != source || json.Unmarshal([]byte(x.Payload), &p) != nil || p.Grade.Words() == "" {
			continue
		}
		g := record.Grade{Decision: x.Leaf, Source: x.Target, Topic: p.Topic, Grade: p.Grade, At: x.At, By: x.By, Reason: x.Reason, Undone: x.Undone}
		if key := (on{x.Target, language.Fold(p.Topic)}); g.Undone == 0 && !taken[key] {
			taken[key], g.Counts = true, true
		}
		grades = append(grades, g)
	}
	return grades, nil
}

// GradeJSON is the `grade` object.
type GradeJSON struct {
	ID         string             `json:"id"`
	Source     string             `json:"source"`
	SourceName string             `json:"source_name"`
	Topic      string             `json:"topic"`
	Grade      record.Reliability `json:"grade"`
	Words      string             `json:"words"`
	At         string             `json:"at"`
	By         string             `json:"by"`
	Reason     string             `json:"reason"`
	Counts     bool               `json:"counts"`
	Undone     bool               `json:"undone,omitempty"`
}

// GradeJSON is g of a source for programs.
func (d *Desk) GradeJSON(g record.Grade, s record.Source) GradeJSON {
	ids := d.Case.IDs
	return GradeJSON{ids.ID(record.KindDecision, g.Decision), ids.ID(record.KindSource, g.Source), s.Name, g.Topic, g.Grade, g.Grade.Words(), milli(g.At), g.By, g.Reason, g.Counts, g.Undone != 0}
}

// GradesJSON is grades of one source for programs.
func (d *Desk) GradesJSON(grades []record.Grade, s record.Source) []GradeJSON {
	all := make([]GradeJSON, len(grades))
	for i, g := range grades {
		all[i] = d.GradeJSON(g, s)
	}
	return all
}
