// Package all lists the analyses, in the order they run.
package all

import (
	"dalil/internal/analysis"
	"dalil/internal/analysis/repost"
)

// Analyses returns every analysis.
func Analyses() []analysis.Kind {
	return []analysis.Kind{repost.Kind}
}
