package web

import (
	"errors"
	"fmt"
	"net/http"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// citing is how a statement's page offers its citation.
type citing struct {
	Rows     []citeRow
	Key      string
	Refused  string // why it must not be cited; "" when it may be
	Withheld bool
	NoZone   bool
}

type citeRow struct{ Style, Text string }

func styleWords(style string) string {
	return map[string]string{"house": key("house style"), "chicago": key("Chicago, note"), "harvard": key("Harvard"), "plain": key("plain, with proof")}[style]
}

func (s *server) citing(r *http.Request, id string) (citing, error) {
	c, err := s.desk.Cite(r.Context(), id)
	if errors.Is(err, record.ErrWithheld) {
		return citing{Refused: err.Error()}, nil
	}
	if err != nil {
		return citing{}, err
	}
	out := citing{Key: c.Key, Withheld: c.Withheld, NoZone: c.NoZone}
	for _, style := range desk.Styles() {
		out.Rows = append(out.Rows, citeRow{styleWords(style), c.In(style)})
	}
	return out, nil
}

// decideStatement records what a person says about one statement.
func (s *server) decideStatement(_ http.ResponseWriter, r *http.Request) (string, error) {
	ctx, id, reason := r.Context(), r.PathValue("id"), r.PostForm.Get("reason")
	var x record.Decision
	var err error
	switch do := r.PostForm.Get("do"); do {
	case "withdraw":
		x, err = s.desk.Withdraw(ctx, id, reason)
	case "restore":
		x, err = s.desk.Restore(ctx, id, reason)
	case "restrict", "lift-restriction":
		x, err = s.desk.Restrict(ctx, id, reason, do == "lift-restriction")
	case "merge":
		return s.sameText(r, id)
	case "mark-public":
		x, err = s.desk.MarkPublic(ctx, id, reason)
	default:
		err = fmt.Errorf("%w: %.40q is nothing that can be done here", record.ErrInvalid, do)
	}
	if err != nil {
		return "", err
	}
	return with(back(r, "/s/"+id), "did", s.desk.Case.IDs.ID(record.KindDecision, x.Leaf)), nil
}
