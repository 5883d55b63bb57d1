// Package all lists the formats and picks the one that reads a file.
package all

import (
	"dalil/internal/format"
	"dalil/internal/format/autoarchiver"
	"dalil/internal/format/fourcat"
	"dalil/internal/format/html"
	"dalil/internal/format/image"
	"dalil/internal/format/mhtml"
	"dalil/internal/format/pdf"
	"dalil/internal/format/telegramexport"
	"dalil/internal/format/telegramweb"
	"dalil/internal/format/text"
	"dalil/internal/format/warc"
	"dalil/internal/format/zip"
)

// Formats returns every format, in the order of the manual.
func Formats() []format.Kind {
	return []format.Kind{
		telegramexport.JSON,
		telegramexport.HTML,
		telegramweb.Kind,
		fourcat.CSV,
		fourcat.NDJSON,
		autoarchiver.Kind,
		html.Kind,
		mhtml.Kind,
		text.Kind,
		pdf.Kind,
		image.Kind,
		warc.Kind,
		warc.WACZ,
		zip.Kind,
	}
}

// Pick returns the format that is surest of a file; of two that are as sure,
// the one listed first. It returns false when none can read it.
func Pick(head format.Head) (format.Kind, bool) {
	var best format.Kind
	sure := 0
	for _, k := range Formats() {
		if n := k.Match(head); n > sure {
			best, sure = k, n
		}
	}
	return best, sure > 0
}
