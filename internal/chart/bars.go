package chart

import (
	"math"
	"strconv"
)

// Bars is a number for each stretch of time, from left to right: how many when.
// Its words are the caller's, in the language of the page.
type Bars struct {
	Title   string
	Summary string // what the picture shows, in a sentence
	Bars    []Bar
	// Number writes a number of the scale; nil writes plain digits.
	Number func(n int64) string
}

// Bar is one stretch.
type Bar struct {
	N     int64
	About bool   // N is an estimate: drawn hatched
	Label string // for the title element
	Tick  string // written below; "" for none
	URL   string // "" for none; used only if it is a path on this site
}

// Measures of the drawing, in units of the view box.
const (
	barsWidth  = 880
	barsPlot   = 120 // height of the longest bar
	barsTop    = 10
	barsGutter = 54 // left of the bars, for numbers
	barsFoot   = 24 // below, for ticks
)

// SVG draws the bars. The same bars give the same bytes.
func (b Bars) SVG() []byte {
	var p pen
	height := barsTop + barsPlot + barsFoot
	p.open("svg", attr{"xmlns", "http://www.w3.org/2000/svg"}, attr{"class", "bars"}, attr{"viewBox", "0 0 " + strconv.Itoa(barsWidth) + " " + strconv.Itoa(height)},
		attr{"width", barsWidth}, attr{"height", height}, attr{"role", "group"}, attr{"aria-label", b.Title}, attr{"font-family", "system-ui, sans-serif"}, attr{"font-size", 12})
	p.put("title", b.Title)
	p.put("desc", b.Summary)
	p.open("defs")
	p.open("pattern", attr{"id", "bars-hatch"}, attr{"width", 6}, attr{"height", 6}, attr{"patternUnits", "userSpaceOnUse"}, attr{"patternTransform", "rotate(45)"})
	p.empty("rect", attr{"class", "bars-under"}, attr{"width", 6}, attr{"height", 6}, attr{"fill-opacity", ".25"})
	p.empty("line", attr{"class", "bars-hatch"}, attr{"y2", 6}, attr{"stroke", "#000"}, attr{"stroke-width", 3})
	p.close("pattern")
	p.close("defs")
	most := int64(0)
	for _, x := range b.Bars {
		most = max(most, x.N)
	}
	top := roundUp(most)
	number := b.Number
	if number == nil {
		number = func(n int64) string { return strconv.FormatInt(n, 10) }
	}
	ground := float64(barsTop + barsPlot)
	tall := func(n int64) float64 { return float64(n) / float64(max(top, 1)) * barsPlot }
	marks := []int64{top}
	if top >= 2 && top%2 == 0 {
		marks = append(marks, top/2)
	}
	for _, n := range marks {
		y := ground - tall(n)
		p.empty("line", attr{"class", "bars-grid"}, attr{"x1", barsGutter}, attr{"x2", barsWidth}, attr{"y1", y}, attr{"y2", y}, attr{"stroke", "#ccc"})
		p.put("text", number(n), attr{"class", "bars-quiet"}, attr{"x", barsGutter - 8}, attr{"y", y + 4}, attr{"text-anchor", "end"})
	}
	step := float64(barsWidth-barsGutter) / float64(max(len(b.Bars), 1))
	wide := max(min(step-max(1.5, step*.12), 56), 1)
	for i, x := range b.Bars {
		left := barsGutter + float64(i)*step + (step-wide)/2
		linked := p.link(x.URL)
		p.open("g")
		p.put("title", x.Label)
		// The whole height can be pointed at: a short bar is a small target.
		p.empty("rect", attr{"class", "bars-field"}, attr{"x", barsGutter + float64(i)*step}, attr{"y", barsTop}, attr{"width", step}, attr{"height", barsPlot}, attr{"fill-opacity", "0"})
		if x.N > 0 {
			h := max(tall(x.N), 1.5)
			bar := []attr{{"class", "bars-bar"}, {"x", left}, {"y", ground - h}, {"width", wide}, {"height", h}}
			if x.About {
				bar = append(bar, attr{"fill", "url(#bars-hatch)"})
				bar[0].value = "bars-about"
			}
			p.empty("rect", bar...)
		}
		p.close("g")
		if linked {
			p.close("a")
		}
		if x.Tick != "" {
			p.empty("line", attr{"class", "bars-tick"}, attr{"x1", left + wide/2}, attr{"x2", left + wide/2}, attr{"y1", ground}, attr{"y2", ground + 4}, attr{"stroke", "#888"})
			at, anchor := left+wide/2, "middle"
			if half := width(x.Tick, 12) / 2; at+half > barsWidth {
				at, anchor = barsWidth, "end"
			} else if at-half < 0 {
				at, anchor = 0, "start"
			}
			p.put("text", x.Tick, attr{"class", "bars-quiet"}, attr{"x", at}, attr{"y", ground + 18}, attr{"text-anchor", anchor})
		}
	}
	p.empty("line", attr{"class", "bars-ground"}, attr{"x1", barsGutter}, attr{"x2", barsWidth}, attr{"y1", ground}, attr{"y2", ground}, attr{"stroke", "#888"})
	p.close("svg")
	return p.Bytes()
}

// TickWidth is how wide a tick is set, in bars of so many: to leave ticks out
// that would crowd each other.
func TickWidth(tick string, bars int) float64 {
	return (width(tick, 12) + 14) / (float64(barsWidth-barsGutter) / float64(max(bars, 1)))
}

// roundUp is the smallest of 1, 2, 4, 6, 8 and 10 times a power of ten that is
// not below n.
func roundUp(n int64) int64 {
	switch {
	case n <= 1:
		return 1
	case n > 1e15: // nobody counts that far, and it must not overflow
		return n
	}
	unit := int64(math.Pow10(int(math.Log10(float64(n)))))
	for _, k := range []int64{1, 2, 4, 6, 8, 10} {
		if k*unit >= n {
			return k * unit
		}
	}
	return 10 * unit
}
