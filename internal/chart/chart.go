// Package chart draws charts as SVG, in Go: the same picture on screen, in
// print and in a published site. A chart is a value that holds what it shows;
// it knows no clock, no page and no address of its own.
//
// A chart carries no style, no script and no address outside the site, so it
// may stand in a page whose policy is "default-src 'none'; style-src 'self'".
// Its look is in chart.css; without that it still reads, black on white. What
// is drawn has a data table as its twin, since a picture can be neither sorted
// nor read aloud.
package chart

import _ "embed" // the style sheet

// CSS is the style sheet of every chart: chart.css, to be served with the page.
//
//go:embed chart.css
var CSS string
