package catalog

import (
	"context"

	"dalil/internal/record"
)

// Translations is what the catalog knows of statements in other languages.
type Translations interface {
	// Translations returns those of a statement, by its first version, in the
	// order of the log: also what was taken back or corrected since.
	Translations(ctx context.Context, statement uint64) ([]record.Translation, error)
	// Translation returns the one that an entry holds.
	Translation(ctx context.Context, leaf uint64) (record.Translation, error)
}

// What is decided about translations.
const (
	ActionTranslate = "translate"          // a person's; its target is the statement's first version
	ActionReview    = "review-translation" // its target is the translation
)

// FormatTranslation is the format of a capture that is a statement as a program
// translated it.
const FormatTranslation = "translation/1"
