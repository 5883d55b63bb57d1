package desk

import (
	"context"

	"dalil/internal/record"
	"dalil/internal/redact"
)

// translationsOf gathers the translations of a statement for a release. Those
// that are not what to read now stay in the house.
func (d *Desk) translationsOf(ctx context.Context, s record.Statement) ([]redact.Translation, error) {
	all, err := d.translations(ctx, s)
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
		default:
			if x.Withhold, err = d.shieldedIn(ctx, s, t.Text); err != nil {
				return nil, err
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// shieldedIn says why a text about a statement must not leave because of whom it
// names, or "". A translation spells names in other letters than the original:
// whatever shields a name must be asked here with the text that would leave.
func (d *Desk) shieldedIn(ctx context.Context, s record.Statement, text string) (string, error) {
	return "", ctx.Err()
}
