package redact_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"dalil/internal/record"
	"dalil/internal/redact"
)

// TestTranslations: a translation shares its statement's fate, at best.
func TestTranslations(t *testing.T) {
	const secret = "Maryam of the upper mill"
	with := func(change func(*redact.Item, *redact.Translation)) redact.Material {
		m := material(t)
		for i := range m.Items {
			it := &m.Items[i]
			x := redact.Translation{ID: "D-1", Number: 1, Translation: record.Translation{Leaf: 900, Version: it.Versions[0].Entry.Index, Lang: "en", Text: secret, By: "nima"}}
			change(it, &x)
			it.Translations = []redact.Translation{x}
		}
		return m
	}
	for _, c := range []struct {
		name            string
		change          func(*redact.Item, *redact.Translation)
		public, partner bool
	}{
		{"a person's", func(*redact.Item, *redact.Translation) {}, true, true},
		{"a program's", func(_ *redact.Item, x *redact.Translation) { x.Tool = "Tarjuman 2.1" }, false, true},
		{"a program's, reviewed", func(_ *redact.Item, x *redact.Translation) { x.Tool, x.Reviewed = "Tarjuman 2.1", 901 }, true, true},
		{"taken back", func(_ *redact.Item, x *redact.Translation) { x.Withhold = "it was taken back" }, false, false},
		{"of a version that is not there", func(_ *redact.Item, x *redact.Translation) { x.Version = 77 }, false, false},
		{"of a statement that names a shielded person", func(it *redact.Item, _ *redact.Translation) { it.Shielded = true }, false, false},
		{"of a restricted statement", func(it *redact.Item, x *redact.Translation) {
			if it.Sensitivity != redact.Restricted {
				x.Withhold = "not asked"
			}
		}, false, false},
	} {
		for _, a := range []redact.Audience{redact.ForPublic, redact.ForPartner} {
			m := with(c.change)
			r, rep, err := redact.Prepare(a, m)
			if errors.Is(err, record.ErrWithheld) && !c.public && !c.partner {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			want := a == redact.ForPublic && c.public || a == redact.ForPartner && c.partner
			found := false
			for s := range r.Statements() {
				for _, x := range s.Translations {
					found = true
					if (x.By != "") != (a == redact.ForPartner) {
						t.Errorf("%s, %s: by %q", c.name, a, x.By)
					}
				}
			}
			if found != want || bytes.Contains(pack(t, a, m), []byte(secret)) != want {
				t.Errorf("%s, %s: it leaves: %v, want %v", c.name, a, found, want)
			}
			if !want && !slices.ContainsFunc(rep.Withheld, func(w redact.Withheld) bool {
				return strings.Contains(w.What, "translation") || w.What == "the statement"
			}) {
				t.Errorf("%s, %s: the report does not say so", c.name, a)
			}
		}
	}
}
