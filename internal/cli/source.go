package cli

import (
	"fmt"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// showSource prints a source and how it takes part in what travels.
func (a *app) showSource(d *desk.Desk, s record.Source) error {
	x, err := d.Spread(a.ctx, s.Leaf)
	if err != nil {
		return err
	}
	grades, err := d.Grades(a.ctx, s.Leaf)
	if err != nil {
		return err
	}
	id := d.Case.IDs.ID(record.KindSource, s.Leaf)
	if a.JSON {
		return a.emit("source", struct {
			ID         string `json:"id"`
			Name       string `json:"source_name"`
			ExternalID string `json:"external_id"`
			Platform   string `json:"platform"`
			Kind       string `json:"kind"`
			desk.SpreadJSON
			Grades []desk.GradeJSON `json:"grades"`
		}{id, s.Name, s.Key, s.Platform, string(s.Type), x.JSON(), d.GradesJSON(grades, s)})
	}
	a.printf("%s  %s  (%s, %s)\n  key %s\n", id, terminal(s.Name), s.Platform, s.Type, terminal(s.Key))
	if x.Issuer {
		a.printf("  an issuer's own channel, as a person decided\n")
	}
	a.printGrades(d, grades)
	if x.Families == 0 {
		return nil
	}
	a.printf("  shares %s with other sources; first of them, as far as captured, in %d\n", count(int64(x.Families), "family"), x.First)
	if x.Median >= 0 {
		a.printf("  in the others %s behind the first (median)\n", duration(x.Median))
	}
	for _, part := range []struct {
		what string
		list []desk.Other
	}{{"had the text before it", x.Taken}, {"had the text after it", x.Given}} {
		for i, o := range part.list {
			if i == 5 {
				break
			}
			a.printf("  %s: %s %s, %s apart (median)\n", part.what, terminal(o.Source.Name), fmt.Sprintf("%d times", o.N), duration(o.Median))
		}
	}
	for i, o := range x.Origins {
		if i == 5 {
			break
		}
		a.printf("  forwards: %s %d times\n", terminal(o.Name), o.N)
	}
	return nil
}
