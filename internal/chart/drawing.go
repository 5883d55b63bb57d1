package chart

// Drawing is a chart of this package and nothing else: what may stand in a page
// as markup.
type Drawing interface {
	SVG() []byte
	ofChart()
}

func (Bars) ofChart()     {}
func (Strip) ofChart()    {}
func (Calendar) ofChart() {}
func (Matrix) ofChart()   {}
func (Timeline) ofChart() {}
