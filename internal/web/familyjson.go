package web

import (
	"dalil/internal/desk"
	"dalil/internal/record"
)

// familyJSON is a family with what people decided about it.
type familyJSON struct {
	desk.FamilyJSON
	Decisions []actJSON `json:"decisions,omitempty"`
}

// familyRowJSON is a family in a list, without its members: a page of them
// costs hundreds of look-ups, and each family has an address.
type familyRowJSON struct {
	ID        string      `json:"id"`
	First     string      `json:"first"`
	Size      int         `json:"size"`
	Sources   int         `json:"sources"`
	From      record.When `json:"first_posted,omitzero"`
	To        record.When `json:"last_posted,omitzero"`
	Languages []string    `json:"languages,omitempty"`
	URL       string      `json:"url"`
}
