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
			if x.Withhold, err = d.shieldedIn(ctx, s); err != nil {
				return nil, err
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// shieldedIn says why a translation must not leave because of whom it names, or
// "". A translation spells names in other letters than the shield does, so that
// no search for the shielded words can clear it: that its statement names a
// private person keeps it in the house until a person has seen to it.
func (d *Desk) shieldedIn(ctx context.Context, s record.Statement) (string, error) {
	shields, err := d.Case.Catalog.Shields(ctx)
	if err != nil {
		return "", err
	}
	for _, x := range shields {
		if x.Statement == s.First {
			return "its statement names a private person who is shielded, and a translation may spell the name in other letters", nil
		}
	}
	return "", nil
}
