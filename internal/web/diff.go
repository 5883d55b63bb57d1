package web

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostSteps bounds the work of a comparison: texts that differ in more words
// than this are shown one after the other instead.
const mostSteps = 800

// compare shows what changed from one text to another: words that went and
// words that came, in one block in the order they are read.
func compare(was, is, lang string) block {
	return changes(edits(words(was), words(is)), was, is, lang)
}

// difference is compare for two posts: long runs that only one of them has, or
// both, are cut short in their middle, and the words that came and went are
// counted.
func difference(was, is, lang string) (b block, came, went int) {
	all := edits(words(was), words(is))
	for i := range all {
		e := &all[i]
		tokens := words(e.text)
		n := 0
		for _, w := range tokens {
			if r, _ := utf8.DecodeRuneInString(w); unicode.IsLetter(r) || unicode.IsDigit(r) {
				n++
			}
		}
		if e.ins {
			came += n
		} else if e.del {
			went += n
		}
		if len(tokens) > longRun {
			e.text = strings.Join(tokens[:longRun/3], "") + " […] " + strings.Join(tokens[len(tokens)-longRun/3:], "")
		}
	}
	return changes(all, was, is, lang), came, went
}

// longRun is how many words and gaps between them a run may have before its
// middle is left out.
const longRun = 150

func changes(all []edit, was, is, lang string) block {
	b1 := block{Lang: langOf(is, lang), Script: typeOf(is + was)}
	var line []part
	add := func(text string, del, ins bool) {
		from := 0
		for i, r := range text {
			if r != '\n' {
				continue
			}
			line = append(line, spellChange(text[from:i], del, ins)...)
			b1.add(line)
			line = nil
			from = i + 1
		}
		line = append(line, spellChange(text[from:], del, ins)...)
	}
	for _, e := range all {
		add(e.text, e.del, e.ins)
	}
	b1.add(line)
	return b1
}

func spellChange(s string, del, ins bool) []part {
	if s == "" {
		return nil
	}
	return spell(part{Text: s, Del: del, Ins: ins}, !del && !ins) // a changed mark is a change to be seen
}

// words cuts a text into words and the single characters between them. Marks
// belong to the letter before: a changed vowel sign is a changed word.
func words(s string) []string {
	var all []string
	from := 0
	inWord := false
	for i, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == 0x200C
		if !inWord || !letter {
			if from < i {
				all = append(all, s[from:i])
			}
			from = i
		}
		inWord = letter
	}
	if from < len(s) {
		all = append(all, s[from:])
	}
	return all
}

type edit struct {
	text     string
	del, ins bool
}

// edits is Myers' greedy comparison (An O(ND) Difference Algorithm, 1986),
// neighbours of one sort joined.
func edits(a, b []string) []edit {
	var out []edit
	put := func(t string, del, ins bool) {
		if n := len(out); n > 0 && out[n-1].del == del && out[n-1].ins == ins {
			out[n-1].text += t
			return
		}
		out = append(out, edit{t, del, ins})
	}
	var tail []string
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		put(a[0], false, false)
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, a[len(a)-1])
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	for _, s := range shortest(a, b) {
		put(s.text, s.del, s.ins)
	}
	for i := len(tail) - 1; i >= 0; i-- {
		put(tail[i], false, false)
	}
	return out
}

// shortest returns the steps from a to b, one per word.
func shortest(a, b []string) []edit {
	most := min(len(a)+len(b), mostSteps)
	v := make([]int, 2*most+2)
	var trace [][]int
	done := false
steps:
	for d := 0; d <= most; d++ {
		trace = append(trace, append([]int(nil), v[most-d:most+d+1]...))
		for k := -d; k <= d; k += 2 {
			x := 0
			if d > 0 {
				if k == -d || k != d && v[most+k-1] < v[most+k+1] {
					x = v[most+k+1]
				} else {
					x = v[most+k-1] + 1
				}
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			v[most+k] = x
			if x >= len(a) && x-k >= len(b) {
				done = true
				break steps
			}
		}
	}
	var back []edit
	if !done {
		for _, s := range a {
			back = append(back, edit{s, true, false})
		}
		for _, s := range b {
			back = append(back, edit{s, false, true})
		}
		return back
	}
	x, y := len(a), len(b)
	for d := len(trace) - 1; d > 0; d-- {
		was := trace[d] // of the step before, diagonals -d … d
		k := x - y
		before := k - 1
		if k == -d || k != d && was[d+k-1] < was[d+k+1] {
			before = k + 1
		}
		px := was[d+before]
		py := px - before
		moved := edit{ins: true}
		sx, sy := px, py+1 // where the run of equal words began
		if before == k-1 {
			moved, sx, sy = edit{del: true}, px+1, py
		}
		for ; x > sx && y > sy; x, y = x-1, y-1 {
			back = append(back, edit{text: a[x-1]})
		}
		if moved.del {
			moved.text = a[px]
		} else {
			moved.text = b[py]
		}
		back = append(back, moved)
		x, y = px, py
	}
	for ; x > 0 && y > 0; x, y = x-1, y-1 {
		back = append(back, edit{text: a[x-1]})
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	return back
}
