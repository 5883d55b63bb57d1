package chart

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
)

// Matrix is how sources stand to each other in time: a square for every two,
// whose size is how many texts both published, and whose colour is in which
// share of these the row's source was before the column's.
type Matrix struct {
	Title   string
	Sources []MatrixSource // in the order they are drawn
	Pairs   [][]MatrixPair // by row and column, len(Sources) each; the diagonal is not looked at
	Tongue  Tongue         // nil is English
}

// MatrixSource is a row and a column.
type MatrixSource struct {
	Name string // as it is: any script, any character
	URL  string // "" for none; used only if it is a path on this site
	// Behind is the median of the seconds that the source was behind another of
	// the matrix, over all they share; negative when it was ahead.
	Behind int64
	Shared int // texts it shares with any other of the matrix
}

// MatrixPair is what two sources share.
type MatrixPair struct {
	Shared int // texts that both published
	Before int // of them, the row's source was earlier by more than a tie
	Ties   int
	Median int64  // seconds from the row's post to the column's
	URL    string // of the texts; "" for none
}

// Few is how many shared texts it takes to show a share: under it a cell is a
// dot.
const Few = 5

// Share is in how much of what both published the row's source was before the
// column's, 0 to 1; a tie counts half, so that .5 is neither. It is NaN when
// they share nothing.
func (p MatrixPair) Share() float64 {
	return (float64(p.Before) + float64(p.Ties)/2) / float64(p.Shared)
}

// Measures of a matrix, in units of its view box.
const (
	matrixNames = 190.0
	matrixCell  = 22.0
	matrixTop   = 24.0
	matrixBars  = 132.0 // median lags, right of the squares
	matrixSize  = 11.5
)

// matrixBounds part the shares: at least the first is the row's source well
// ahead, at least the fourth neither, and so on down.
var matrixBounds = [...]float64{.85, .70, .55, .45, .30, .15}

// matrixClasses are the classes of the colours between the bounds.
var matrixClasses = [...]string{"lead3", "lead2", "lead1", "even", "lag1", "lag2", "lag3"}

// matrixFills are their colours where there is no style sheet.
var matrixFills = [...]string{"#0B3C6F", "#5B8BB8", "#C6D3E1", "#FFFFFF", "#EFDDB8", "#B7791F", "#7A4A00"}

func matrixClass(share float64) int {
	for i, b := range matrixBounds {
		// A bound belongs to the outer step, on both sides alike; 1 − .85 is not
		// quite .15.
		if d := share - b; d > 1e-9 || d > -1e-9 && i < 3 {
			return i
		}
	}
	return len(matrixBounds)
}

// mean is in how much of what a source shares with the others it was before
// them, and how much that is.
func (m Matrix) mean(row int) (share float64, shared int) {
	sum := 0.0
	for column, p := range m.Pairs[row] {
		if column != row && p.Shared > 0 {
			sum += p.Share() * float64(p.Shared)
			shared += p.Shared
		}
	}
	if shared == 0 {
		return math.NaN(), 0
	}
	return sum / float64(shared), shared
}

// Takeaway says in one sentence what the picture shows. Names are isolated by
// U+2068 and U+2069.
func (m Matrix) Takeaway() string {
	first, last, most, least := -1, -1, 0.0, 1.0
	for i := range m.Sources {
		share, shared := m.mean(i)
		if shared < Few {
			continue
		}
		if first < 0 || share > most {
			first, most = i, share
		}
		if last < 0 || share < least {
			last, least = i, share
		}
	}
	switch {
	case first < 0:
		return m.words().f("No two of these sources share {n} texts or more: too few to say who is before whom.", "n", Few)
	case first == last:
		return m.words().f("{source} shares texts with others and is neither before nor behind them.", "source", isolated(m.Sources[first].Name))
	}
	return m.words().f("{first} was before the others in {most} of what it shares with them, {last} in {least}.",
		"first", isolated(m.Sources[first].Name), "most", m.words().percent(most), "last", isolated(m.Sources[last].Name), "least", m.words().percent(least))
}

func (w words) percent(share float64) string {
	return w.f("{n} %", "n", int(math.Round(share*100)))
}

// SVG draws the matrix: a whole svg element and nothing else, well-formed and
// the same bytes whatever is in it.
//
// Its classes, for chart.css: plot matrix (the whole), plot-quiet (small
// words), plot-row (lines), matrix-name, matrix-lead1 to matrix-lead3 (the row
// is before), matrix-even, matrix-lag1 to matrix-lag3 (behind), matrix-slash
// (across those behind), matrix-few (dots), matrix-self, matrix-ahead and
// matrix-behind (bars).
func (m Matrix) SVG() []byte {
	sum := sha256.Sum256(m.draw("matrix"))
	return m.draw("matrix-" + hex.EncodeToString(sum[:6]))
}

func (m Matrix) draw(id string) []byte {
	n := len(m.Sources)
	grid := matrixCell * float64(n)
	bars := m.barsWide()
	wide, bottom := matrixNames+grid+bars, matrixTop+grid
	tall := bottom + 62
	if n == 0 {
		wide = matrixNames + bars
	}
	wide = max(wide, 520) // for the key
	p := pen{words: m.words()}
	p.open("svg", attr{"xmlns", "http://www.w3.org/2000/svg"}, attr{"class", "plot matrix"}, attr{"role", "group"},
		attr{"aria-labelledby", id + "-title " + id + "-desc"}, attr{"viewBox", "0 0 " + number(wide) + " " + number(tall)},
		attr{"width", number(wide)}, attr{"height", number(tall)}, attr{"fill", "currentColor"}, attr{"font-size", matrixSize})
	title := plain(m.Title)
	if title == "" {
		title = m.words().f("Who is before whom")
	}
	p.put("title", title, attr{"id", id + "-title"})
	p.put("desc", m.Takeaway(), attr{"id", id + "-desc"})
	most := 1
	for i := range m.Pairs {
		for j, x := range m.Pairs[i] {
			if i != j {
				most = max(most, x.Shared)
			}
		}
	}
	for i := range m.Sources {
		x := matrixNames + matrixCell*(float64(i)+.5)
		p.label(p.number(int64(i+1)), attr{"class", "plot-quiet"}, attr{"x", x}, attr{"y", matrixTop - 7}, attr{"text-anchor", "middle"})
	}
	if n > 0 {
		p.label(m.words().f("median behind"), attr{"class", "plot-quiet"}, attr{"x", matrixNames + grid + 14}, attr{"y", matrixTop - 7})
	}
	for i := range m.Sources {
		m.row(&p, i)
		p.open("g", attr{"stroke", "currentColor"}, attr{"stroke-width", .9}, attr{"pointer-events", "all"})
		for j := range m.Sources {
			m.cell(&p, i, j, most)
		}
		p.close("g")
	}
	m.bars(&p, grid)
	p.empty("line", attr{"class", "plot-row"}, attr{"x1", 0}, attr{"y1", bottom}, attr{"x2", matrixNames + grid}, attr{"y2", bottom}, attr{"stroke", "#999"}, attr{"stroke-width", .6})
	p.open("g", attr{"stroke", "currentColor"}, attr{"stroke-width", .9})
	m.key(&p, bottom+16, most)
	p.close("g")
	p.close("svg")
	return p.Bytes()
}

// row rules a row off and names its source, clipped like a strip's lane.
func (m Matrix) row(p *pen, i int) {
	y := matrixTop + matrixCell*float64(i)
	p.empty("line", attr{"class", "plot-row"}, attr{"x1", 0}, attr{"y1", y}, attr{"x2", matrixNames + matrixCell*float64(len(m.Sources))}, attr{"y2", y}, attr{"stroke", "#999"}, attr{"stroke-width", .6})
	p.label(p.number(int64(i+1)), attr{"class", "plot-quiet"}, attr{"x", 20}, attr{"y", y + matrixCell/2 + 4}, attr{"text-anchor", "end"})
	p.open("svg", attr{"x", 27}, attr{"y", y}, attr{"width", matrixNames - 32}, attr{"height", matrixCell})
	linked := p.link(m.Sources[i].URL)
	p.open("g")
	p.put("title", isolated(m.Sources[i].Name))
	p.put("text", "\u2068"+shortened(plain(m.Sources[i].Name), matrixSize, matrixNames-36)+"\u2069", attr{"class", "matrix-name"}, attr{"x", 0}, attr{"y", matrixCell/2 + 4})
	p.close("g")
	if linked {
		p.close("a")
	}
	p.close("svg")
}

// cell draws what two sources share.
func (m Matrix) cell(p *pen, i, j, most int) {
	cx, cy := matrixNames+matrixCell*(float64(j)+.5), matrixTop+matrixCell*(float64(i)+.5)
	if i == j {
		p.empty("path", attr{"class", "matrix-self"}, attr{"d", "M" + number(cx-3) + " " + number(cy-3) + "l6 6"})
		return
	}
	x := m.Pairs[i][j]
	if x.Shared <= 0 {
		return
	}
	end := "a"
	if !p.link(x.URL) {
		end = "g"
		p.open(end)
	}
	p.put("title", m.square(i, j))
	p.empty("path", attr{"d", string(square4(nil, cx-matrixCell/2, cy-matrixCell/2, matrixCell, matrixCell))}, attr{"fill", "none"}, attr{"stroke", "none"})
	if x.Shared < Few {
		p.empty("circle", attr{"class", "matrix-few"}, attr{"cx", cx}, attr{"cy", cy}, attr{"r", 1.9})
	} else {
		p.matrixSquare(cx, cy, matrixSide(x.Shared, most), matrixClass(x.Share()))
	}
	p.close(end)
}

// matrixSide makes the area of a square what two share, between the smallest
// that shows a colour and the cell.
func matrixSide(shared, most int) float64 {
	const small, large = 7.0, matrixCell - 4
	return small + (large-small)*math.Sqrt(float64(shared)/float64(most))
}

// matrixSquare draws a square of a class. Those behind have a slash: in grey,
// the two sides of the scale look alike.
func (p *pen) matrixSquare(cx, cy, side float64, class int) {
	p.empty("path", attr{"class", "matrix-" + matrixClasses[class]}, attr{"d", string(square4(nil, cx-side/2, cy-side/2, side, side))}, attr{"fill", matrixFills[class]})
	if class > 3 {
		a := side/2 - 1
		name := "matrix-slash"
		if class == len(matrixClasses)-1 {
			name += " matrix-on-lag3"
		}
		p.empty("path", attr{"class", name}, attr{"d", "M" + number(cx-a) + " " + number(cy+a) + "l" + number(2*a) + " " + number(-2*a)})
	}
}

func (m Matrix) words() words { return words{m.Tongue} }

// square says of two sources what the square shows.
func (m Matrix) square(i, j int) string {
	x := m.Pairs[i][j]
	a, b := brief(m.Sources[i].Name), brief(m.Sources[j].Name)
	if x.Shared < Few {
		return m.words().f("{a} and {b} share {n} texts: too few for a share", "a", a, "b", b, "n", x.Shared)
	}
	return m.words().f("{a} before {b} in {share} of {n} texts, {ties} within a minute; median {median}", "a", a, "b", b, "share", m.words().percent(x.Share()), "n", x.Shared, "ties", x.Ties, "median", m.words().delta(x.Median))
}

// brief is a name as a title of one among hundreds holds it.
func brief(name string) string {
	return "\u2068" + shortened(plain(name), 1, 18) + "\u2069"
}

// barsWide is the room that the bars and the times beside them take: a language
// may need more of it than English.
func (m Matrix) barsWide() float64 {
	const before = 67 // of the times
	room := matrixBars
	for _, s := range m.Sources {
		if s.Shared > 0 {
			room = max(room, before+width(m.words().delta(s.Behind), matrixSize))
		}
	}
	return room
}

// bars draws beside each row by how much its source is behind the others at the
// median, to the left of the line when it is ahead. The scale is of the
// logarithm: minutes and days are both seen.
func (m Matrix) bars(p *pen, grid float64) {
	const half = 24.0
	left := matrixNames + grid + 14
	zero := left + half
	longest := ofTime(60)
	for _, s := range m.Sources {
		longest = max(longest, ofTime(s.Behind))
	}
	for i, s := range m.Sources {
		y := matrixTop + matrixCell*(float64(i)+.5)
		if s.Shared == 0 {
			continue
		}
		w := half * ofTime(s.Behind) / longest
		class, x := "matrix-behind", zero
		if s.Behind < 0 {
			class, x = "matrix-ahead", zero-w
		}
		p.open("g")
		p.put("title", m.words().f("{source}: at the median {behind} against the others, over {n} texts", "source", isolated(s.Name), "behind", m.words().delta(s.Behind), "n", s.Shared))
		p.empty("rect", attr{"class", class}, attr{"x", x}, attr{"y", y - 4}, attr{"width", max(w, .6)}, attr{"height", 8})
		p.label(p.delta(s.Behind), attr{"class", "plot-quiet"}, attr{"x", zero + half + 5}, attr{"y", y + 4})
		p.close("g")
	}
	if len(m.Sources) > 0 {
		p.empty("line", attr{"class", "plot-zero"}, attr{"x1", zero}, attr{"y1", matrixTop}, attr{"x2", zero}, attr{"y2", matrixTop + grid}, attr{"stroke", "#777"}, attr{"stroke-width", .8})
	}
}

// key explains colours and sizes below.
func (m Matrix) key(p *pen, y float64, most int) {
	x := 0.0
	p.label(m.words().f("row before column"), attr{"class", "plot-quiet"}, attr{"stroke", "none"}, attr{"x", x}, attr{"y", y + 4})
	x += width(m.words().f("row before column"), matrixSize) + 10
	bounds := []string{"100–85", "", "", "50", "", "", "15–0"}
	for class := range matrixClasses {
		p.matrixSquare(x+7, y, 13, class)
		x += 18
		if bounds[class] != "" {
			bound := p.f("{n} %", "n", p.digits(bounds[class]))
			p.label(bound, attr{"class", "plot-quiet"}, attr{"stroke", "none"}, attr{"x", x}, attr{"y", y + 4})
			x += width(bound, matrixSize) + 10
		}
	}
	y += 22
	x = 0
	p.empty("circle", attr{"class", "matrix-few"}, attr{"cx", 6}, attr{"cy", y}, attr{"r", 1.9})
	few := m.words().f("fewer than {n} shared texts", "n", Few)
	p.label(few, attr{"class", "plot-quiet"}, attr{"stroke", "none"}, attr{"x", 16}, attr{"y", y + 4})
	x = 16 + width(few, matrixSize) + 16
	p.matrixSquare(x+4, y, matrixSide(min(Few, most), most), 3)
	p.matrixSquare(x+24, y, matrixSide(most, most), 3)
	p.label(m.words().f("{few} and {most} shared texts", "few", min(Few, most), "most", most), attr{"class", "plot-quiet"}, attr{"stroke", "none"}, attr{"x", x + 39}, attr{"y", y + 4})
}

// Table is the data-table twin of the picture: a header with the sources, then a
// row for each of them, with shares and how many texts they are of. Text of
// others has its unseen characters written out and is not isolated: that is done
// where it is shown.
func (m Matrix) Table() [][]string {
	head := []string{m.words().f("Before, as a share of the texts both published")}
	for _, s := range m.Sources {
		head = append(head, plain(s.Name))
	}
	rows := [][]string{append(head, m.words().f("Median against the others"))}
	for i, s := range m.Sources {
		row := []string{plain(s.Name)}
		for j := range m.Sources {
			x := m.Pairs[i][j]
			switch {
			case i == j || x.Shared == 0:
				row = append(row, "")
			case x.Shared < Few:
				row = append(row, m.words().f("of {n}", "n", x.Shared))
			default:
				row = append(row, m.words().f("{share} of {n}", "share", m.words().percent(x.Share()), "n", x.Shared))
			}
		}
		behind := ""
		if s.Shared > 0 {
			behind = m.words().delta(s.Behind)
		}
		rows = append(rows, append(row, behind))
	}
	return rows
}
