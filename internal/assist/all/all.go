// Package all lists every assistant. A new one is one line here.
package all

import (
	"dalil/internal/assist"
	"dalil/internal/assist/ocr"
)

// Kinds returns every assistant, in the order help shows them.
func Kinds() []assist.Kind {
	return []assist.Kind{
		ocr.Kind,
	}
}
