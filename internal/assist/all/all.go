// Package all lists every assistant. A new one is one line here.
package all

import (
	"dalil/internal/assist"
	"dalil/internal/assist/ocr"
	"dalil/internal/assist/translate"
)

// Kinds returns every assistant that reads files, in the order help shows them.
func Kinds() []assist.Kind {
	return []assist.Kind{
		ocr.Kind,
	}
}

// Translations returns every sort of translation program.
func Translations() []assist.Translation {
	return []assist.Translation{
		translate.Kind,
	}
}
