// Package all lists the collectors.
package all

import (
	"dalil/internal/collect"
	"dalil/internal/collect/folder"
	"dalil/internal/collect/page"
)

// Collectors returns every collector, in the order of the manual.
func Collectors() []collect.Kind {
	return []collect.Kind{
		folder.Kind,
		page.Kind,
	}
}
