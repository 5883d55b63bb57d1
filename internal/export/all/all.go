// Package all lists every export. A new export is one line here.
package all

import (
	"dalil/internal/export"
	"dalil/internal/export/bundle"
	"dalil/internal/export/table"
)

// Kinds returns every export, in the order help shows them.
func Kinds() []export.Kind {
	return []export.Kind{
		bundle.Kind,
		table.Kind,
	}
}
