package desk

import (
	"context"

	"dalil/internal/record"
	"dalil/internal/redact"
)

// translations gathers the translations of a statement for a release. Those
// that are not what to read now stay in the house. What redact makes of an item
// that names a shielded person holds for them too: a translation spells the name
// in other letters, where no mask finds it.
func (g *gatherer) translations(ctx context.Context, s record.Statement) ([]redact.Translation, error) {
	plain, err := g.d.Case.Catalog.Translations(ctx, s.First)
	if err != nil {
		return nil, err
	}
	all, err := g.d.chained(ctx, s, plain)
	if err != nil {
		return nil, err
	}
	var out []redact.Translation
	for _, t := range all {
		x := redact.Translation{Translation: t.Translation, ID: t.ID, Number: t.Number}
		switch {
		case t.Undone != 0:
			x.Withhold = "it was taken back"
		case t.NextID != "":
			x.Withhold = "it was corrected since"
		case g.names.plain(t.Text) != t.Text:
			x.Withhold = "it names a private person who is shielded"
		}
		out = append(out, x)
	}
	return out, nil
}
