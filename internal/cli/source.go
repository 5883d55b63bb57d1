package cli

import (
	"fmt"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// otherJSON is another source and how often two were in one family.
type otherJSON struct {
	Source   string `json:"source"`
	Name     string `json:"source_name"`
	Families int    `json:"families"`
	Median   int64  `json:"median_seconds"`
}

type originJSON struct {
	Source string `json:"source,omitempty"`
	Name   string `json:"source_name"`
	N      int64  `json:"posts"`
}

// showSource prints a source and how it takes part in what travels.
func (a *app) showSource(d *desk.Desk, s record.Source) error {
	x, err := d.Spread(a.ctx, s.Leaf)
	if err != nil {
		return err
	}
	id := d.Case.IDs.ID(record.KindSource, s.Leaf)
	if a.JSON {
		others := func(list []desk.Other) []otherJSON {
			all := []otherJSON{}
			for _, o := range list {
				all = append(all, otherJSON{o.ID, o.Source.Name, o.N, o.Median})
			}
			return all
		}
		named := []originJSON{}
		for _, o := range x.Origins {
			named = append(named, originJSON{o.ID, o.Name, o.N})
		}
		var median *int64
		if x.Median >= 0 {
			median = &x.Median
		}
		return a.emit("source", struct {
			ID         string       `json:"id"`
			Name       string       `json:"source_name"`
			ExternalID string       `json:"external_id"`
			Platform   string       `json:"platform"`
			Kind       string       `json:"kind"`
			Issuer     bool         `json:"issuer,omitempty"`
			Families   int          `json:"families"`
			First      int          `json:"first"`
			Median     *int64       `json:"median_seconds,omitempty"`
			Taken      []otherJSON  `json:"taken"`
			Given      []otherJSON  `json:"given"`
			Forwards   []originJSON `json:"forwards_named"`
			Rhythm     [7][24]int64 `json:"rhythm"` // posts by weekday, Sunday first, and hour in the case's zone
		}{id, s.Name, s.Key, s.Platform, string(s.Type), x.Issuer, x.Families, x.First, median, others(x.Taken), others(x.Given), named, x.Week})
	}
	a.printf("%s  %s  (%s, %s)\n  key %s\n", id, terminal(s.Name), s.Platform, s.Type, terminal(s.Key))
	if x.Issuer {
		a.printf("  an issuer's own channel, as a person decided\n")
	}
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
