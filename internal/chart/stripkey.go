package chart

// A key is one sign and what it means; the picture has keys only for signs that
// are in it.
type key struct {
	text string
	x    float64
	row  int
	sign func(x, y float64)
}

const keyTall = 20.0

// keys chooses the keys and their places.
func (d *drawing) keys() []key {
	var keys []key
	x, row := 0.0, 0
	add := func(wide float64, text string, sign func(x, y float64)) {
		all := wide + 6 + width(text, smallSize)
		if x > 0 && x+all > stripWidth {
			x, row = 0, row+1
		}
		keys = append(keys, key{text, x + wide + 6, row, func(y0, y float64) { sign(y0-wide-6, y) }})
		x += all + 20
	}

	shapes, strokes := map[shape]bool{}, map[stroke]bool{}
	for _, m := range d.marks {
		shapes[shapeOf(m)] = true
	}
	for _, e := range d.edges {
		strokes[e.style] = true
	}
	for s, text := range []string{
		fullDiamond: d.f("first that we captured"), halfDiamond: d.f("within a minute of it"), diamond: d.f("the same text"), square: d.f("inside a longer text"),
		disc: d.f("a picture of it"), ghostDiamond: d.f("original, never captured"),
	} {
		if shapes[shape(s)] {
			add(14, text, func(x, y float64) { d.shape(shape(s), x+7, y) })
		}
	}
	for s, text := range []string{solid: d.f("by forward header"), dashed: d.f("by same words or picture"), dotted: d.f("by a person’s decision")} {
		if strokes[stroke(s)] {
			add(26, text, func(x, y float64) { d.edge("M"+number(x)+" "+number(y)+"h26", stroke(s)) })
		}
	}
	for _, l := range d.strip.Lanes {
		if len(l.Holes) > 0 {
			add(22, d.f("could not be seen"), func(x, y float64) {
				d.empty("rect", attr{"class", "strip-hole"}, attr{"x", x}, attr{"y", y - 6}, attr{"width", 22}, attr{"height", 12}, attr{"fill", "url(#" + d.id + "-hatch)"})
			})
			break
		}
	}
	return keys
}

func rows(keys []key) int {
	if len(keys) == 0 {
		return 0
	}
	return keys[len(keys)-1].row + 1
}

// key draws them below the lanes.
func (d *drawing) key(keys []key, top float64) {
	for _, k := range keys {
		y := top + keyTall*(float64(k.row)+.5)
		k.sign(k.x, y)
		d.label(k.text, attr{"class", "strip-quiet"}, attr{"x", k.x}, attr{"y", y + 3.6})
	}
}
