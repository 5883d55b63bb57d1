package web

import (
	"net/http"

	"dalil/internal/desk"
	"dalil/internal/language"
)

// checkRow is one thing the doctor looked at, said in the reader's language and
// without the names of this machine's folders.
type checkRow struct {
	Chip    chip
	Topic   string
	What    string
	Means   string
	Remedy  string
	Command bool // the remedy is something to type
}

type checkJSON struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	What   string `json:"what"`
	Means  string `json:"means,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// doctor looks for what would go wrong later, as `dalil doctor` does.
func (s *server) doctor(r *http.Request) (reply, error) {
	l := s.tongueOf(r)
	m := s.machine
	m.Now = s.now()
	rows, list := []checkRow{}, []checkJSON{}
	clean := func(text string) string { return language.Visible(m.Relative(text)) }
	for _, c := range desk.Examine(r.Context(), m, s.desk) {
		row := checkRow{Chip: stateChip(c.State), Topic: c.Topic, What: m.Relative(l.phrase(c.What.Text, c.What.Fill...)), Means: c.Means, Remedy: c.Remedy, Command: c.Command()}
		if row.Command {
			row.Remedy = clean(c.Remedy)
		}
		rows = append(rows, row)
		list = append(list, checkJSON{c.Name, c.State, clean(c.What.String()), c.Means, clean(c.Remedy)})
	}
	return reply{page: "doctor", title: key("Doctor"), data: rows, json: list}, nil
}

// stateChip is the state of a check as a chip.
func stateChip(state string) chip {
	switch state {
	case desk.Fine:
		return chip{Class: "verified", Glyph: "✓", Word: key("in order")}
	case desk.Look:
		return chip{Class: "edited", Glyph: "!", Word: key("look")}
	}
	return chip{Class: "refuted", Glyph: "✕", Word: key("wrong")}
}
