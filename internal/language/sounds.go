package language

import (
	"strings"
	"unicode/utf8"
)

// A sound is one way to read some letters: how many, and the phones they stand
// for ("" when they are silent), in the notation of phoneCost.
type sound struct {
	runes  int
	phones string
	rank   int  // 0 for the likeliest reading
	rare   bool // not worth a key of its own
}

// sounds is what the letters of one script stand for, by spelling.
type soundTable struct {
	by    map[string][]sound
	long  int  // runes of the longest spelling
	abjad bool // short vowels are not written
}

// readSounds makes a table from lines of "spelling:reading,reading,…", the
// likeliest reading first, "0" for silence. Readings after a semicolon are rare.
func readSounds(abjad bool, lines string) soundTable {
	t := soundTable{by: map[string][]sound{}, abjad: abjad}
	for _, entry := range strings.Fields(lines) {
		spelling, readings, _ := strings.Cut(entry, ":")
		n := utf8.RuneCountInString(spelling)
		t.long = max(t.long, n)
		common := len(readings)
		if at := strings.IndexByte(readings, ';'); at >= 0 {
			common = at
		}
		seen := 0
		for i, r := range strings.FieldsFunc(readings, func(r rune) bool { return r == ',' || r == ';' }) {
			rare := seen > common
			seen += len(r) + 1
			if r == "0" {
				r = ""
			}
			t.by[spelling] = append(t.by[spelling], sound{n, r, i, rare})
		}
	}
	return t
}

var (
	latinTable    = readSounds(false, latinSounds)
	arabicTable   = readSounds(true, arabicSounds)
	hebrewTable   = readSounds(true, hebrewSounds)
	cyrillicTable = readSounds(false, cyrillicSounds)
	noTable       = soundTable{}
)

// tableOf returns the table for the script a word begins in.
func tableOf(w []rune) *soundTable {
	for _, r := range w {
		switch scriptOf(r) {
		case Latn:
			return &latinTable
		case Arab:
			return &arabicTable
		case Hebr:
			return &hebrewTable
		case Cyrl:
			return &cyrillicTable
		}
	}
	return &noTable
}

// at returns the readings of the letters at position i of w, those of the
// longest spelling first. A letter of no table stands for itself.
func (t *soundTable) at(w []rune, i int) []sound {
	var out []sound
	for n := min(t.long, len(w)-i); n > 0; n-- {
		out = append(out, t.by[string(w[i:i+n])]...)
	}
	if len(out) == 0 || out[len(out)-1].runes != 1 {
		out = append(out, sound{1, string(w[i]), 0, false})
	}
	if w[i] == 'ه' && i > 0 && i == len(w)-1 {
		out = append(out, sound{1, "t", 2, false}) // ta marbuta, which Fold writes as ha
	}
	if i > 0 && w[i] == w[i-1] && class([]rune(out[len(out)-1].phones + "-")[0]) != vowelClass {
		out = append(out, sound{1, "", 0, false}) // a doubled consonant
	}
	return out
}

// keyOptions returns for every position of w the readings that go into keys:
// of the longest spelling all but the rare, of a shorter one its first. Final h
// is silent in every script (Allah, الله, a and ah and at for ta marbuta).
func keyOptions(w []rune) [][]sound {
	t := tableOf(w)
	options := make([][]sound, len(w))
	for i := range w {
		all := t.at(w, i)
		for _, s := range all {
			if s.rare || s.runes < all[0].runes && s.rank > 0 {
				continue
			}
			if strings.HasSuffix(s.phones, "h") && i > 0 && i+s.runes == len(w) {
				s.phones = strings.TrimSuffix(s.phones, "h")
			}
			options[i] = append(options[i], s)
		}
	}
	return options
}

// vowelClass is the class of vowels, glides and the sounds Latin leaves out.
const vowelClass = 'A'

// class returns the key class of a phone: what METHODS 1.1 row 4 and the habits
// of transliteration write for one another. Anything unknown is itself.
func class(p rune) byte {
	switch p {
	case 'b', 'p':
		return 'B'
	case 'f', 'v':
		return 'F'
	case 't', 'θ':
		return 'T'
	case 'd', 'ð':
		return 'D'
	case 's', 'z':
		return 'S'
	case 'š':
		return 'X'
	case 'č', 'j', 'ž':
		return 'J'
	case 'k', 'q', 'g', 'ɣ', 'x':
		return 'K'
	case 'h':
		return 'H'
	case 'l':
		return 'L'
	case 'm':
		return 'M'
	case 'n':
		return 'N'
	case 'r':
		return 'R'
	case 'a', 'e', 'i', 'o', 'u', 'w', 'y', 'ʕ':
		return vowelClass
	}
	return byte('a' + p%26) // letters of scripts without a table, digits
}

// Costs of aligning two spellings: 1 is a consonant that has no counterpart.
const (
	rankCost  = 0.1 // a reading that is not the likeliest
	wrongCost = 1.4 // two sounds that are never written for one another
)

// nearness is what it costs to take one phone for another; pairs that are not
// here cost wrongCost, phones of one class at most 0.25.
var nearness = readNearness(`aw.5 ay.4 ae.1 ai.25 ao.15 au.3 ei.1 eo.3 eu.35 ey.1 iy0 iu.35 io.35 ou.05 uw0 ow.05 oy.5 uy.5 ew.35 iw.4
	aʕ.1 eʕ.1 iʕ.2 oʕ.15 uʕ.2 wʕ.4 yʕ.4 hʕ.5 vw.15 uv.25 ov.4 fw.5 bv.3 bw.6 bp.1 fp.4 fv.1 bf.6
	td.5 tθ.05 dð.05 sθ.15 zð.1 tð.3 dz.4 dθ.4 ts.7 sz.15 sš.4 zž.2 zš.6 šč.2 šž.4 šj.5 čj.25 jž.05 gj.25 yj.3 čk.35 sč.4 tč.5 jz.4 dj.5 ij.4 kš.4
	kq0 gk.3 gq.15 gɣ0 ɣq.2 ɣk.3 xk.15 xq.2 xh.2 xɣ.2 xg.3 hg.5 hq.7 hk.6 xš.5 xj.4 hj.5 mn.5 lr.8 nl.8 ah.4 eh.3`)

func readNearness(s string) map[[2]rune]float64 {
	m := map[[2]rune]float64{}
	for _, f := range strings.Fields(s) {
		r := []rune(f)
		cost := 0.0
		for i, c := range r[2:] {
			if i > 0 {
				cost = cost*10 + float64(c-'0')
			}
		}
		for range len(r) - 3 {
			cost /= 10
		}
		m[[2]rune{r[0], r[1]}], m[[2]rune{r[1], r[0]}] = cost, cost
	}
	return m
}

// phoneAlphabet is every phone with a place in costs.
const phoneAlphabet = "abcdefghijklmnopqrstuvwxyzθðščžɣʕ"

// costs is nearness and class spread out, for speed: alignment asks it for
// every pair of letters.
var costs = spreadCosts()

func spreadCosts() (m [33][33]float64) {
	for i, p := range []rune(phoneAlphabet) {
		for j, q := range []rune(phoneAlphabet) {
			m[i][j] = wrongCost
			if cost, ok := nearness[[2]rune{p, q}]; ok {
				m[i][j] = cost
			} else if p == q {
				m[i][j] = 0
			} else if c := class(p); c == class(q) && c != vowelClass {
				m[i][j] = 0.25
			}
		}
	}
	return m
}

// place returns where a phone is in costs, -1 when it is a letter of a script
// without a table.
func place(p rune) int {
	if 'a' <= p && p <= 'z' {
		return int(p - 'a')
	}
	switch p {
	case 'θ':
		return 26
	case 'ð':
		return 27
	case 'š':
		return 28
	case 'č':
		return 29
	case 'ž':
		return 30
	case 'ɣ':
		return 31
	case 'ʕ':
		return 32
	}
	return -1
}

func phoneCost(p, q rune) float64 {
	i, j := place(p), place(q)
	switch {
	case p == q:
		return 0
	case i < 0 || j < 0:
		return wrongCost
	}
	return costs[i][j]
}

// skipCost is what it costs that a phone of one spelling has no counterpart in
// the other. In a script without short vowels a written vowel is a long one.
func skipCost(p rune, abjad, otherAbjad bool) float64 {
	switch p {
	case 'ʕ':
		return 0.05
	case 'a', 'e', 'i', 'o', 'u':
		switch {
		case abjad:
			return 0.3
		case otherAbjad:
			return 0.08
		}
		return 0.3
	case 'w', 'y':
		return 0.35
	case 'h':
		return 0.5
	}
	return 1
}

// lattice is a word with all its readings: nodes in order, edges from each. The
// readings of one letter may have several phones; each but the last gets a node
// of its own.
type lattice struct {
	edges  [][]edge
	abjad  bool
	weight float64 // what the likeliest reading weighs
}

type edge struct {
	to    int
	phone rune // 0: silent
	cost  float64
}

// stride is how many nodes one letter can take.
const stride = 4

func newLattice(w string) lattice {
	rs := []rune(w)
	if len(rs) > 60 {
		rs = rs[:60]
	}
	t := tableOf(rs)
	l := lattice{edges: make([][]edge, stride*len(rs)+1), abjad: t.abjad}
	covered := 0
	for i := range rs {
		all := t.at(rs, i)
		for k, s := range all {
			ph := []rune(s.phones)
			if len(ph) > stride {
				ph = ph[:stride]
			}
			cost := rankCost * float64(s.rank)
			from, to := stride*i, stride*(i+s.runes)
			if len(ph) == 0 {
				if i+s.runes == len(rs) {
					cost /= 2 // silence is commonest at the end
				}
				l.edges[from] = append(l.edges[from], edge{to, 0, cost})
			}
			for j, p := range ph {
				next := stride*i + j + 1
				if j == len(ph)-1 {
					next = to
				}
				l.edges[from] = append(l.edges[from], edge{next, p, cost})
				from, cost = next, 0
			}
			if k == 0 && i >= covered {
				covered = i + s.runes
				for _, p := range ph {
					l.weight += min(1, skipCost(p, true, true))
				}
			}
		}
	}
	return l
}

// alike returns 1 less the cost of the best alignment of two folded words,
// relative to what they weigh. Not below 0.
func alike(a, b string) float64 {
	if a == b {
		return 1
	}
	x, y := newLattice(a), newLattice(b)
	const far = 1e9
	n, m := len(x.edges), len(y.edges)
	cost := make([]float64, n*m)
	for i := range cost {
		cost[i] = far
	}
	cost[0] = 0
	relax := func(i, j int, c float64) {
		if c < cost[i*m+j] {
			cost[i*m+j] = c
		}
	}
	for i := range n {
		for j := range m {
			c := cost[i*m+j]
			if c >= far {
				continue
			}
			for _, e := range x.edges[i] {
				if e.phone == 0 {
					relax(e.to, j, c+e.cost)
					continue
				}
				relax(e.to, j, c+e.cost+skipCost(e.phone, x.abjad, y.abjad))
				for _, f := range y.edges[j] {
					if f.phone != 0 {
						relax(e.to, f.to, c+e.cost+f.cost+phoneCost(e.phone, f.phone))
					}
				}
			}
			for _, f := range y.edges[j] {
				skip := 0.0
				if f.phone != 0 {
					skip = skipCost(f.phone, y.abjad, x.abjad)
				}
				relax(i, f.to, c+f.cost+skip)
			}
		}
	}
	weight := max((x.weight+y.weight)/2, 1)
	return max(0, 1-cost[n*m-1]/weight)
}
