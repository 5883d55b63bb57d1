package text

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"dalil/internal/record"
)

// noteMarks finds the superscript note numbers that copying glued to the word
// or sign before them: "the bridge was hit.17 Later", "in 201118". They stay in
// the text, which is shown as written; as entities of kind "note" they can be
// drawn as notes and kept out of numbers and dates.
//
// Notes are numbered through, so mark n+1 stands behind mark n: only numbers
// that continue the sequence are taken, and only if the text has a list of
// notes at all. Lettered marks glued to words ("preparedi") cannot be told from
// spelling without a dictionary and are left.
func noteMarks(text string, notes int) []record.Entity {
	if notes == 0 {
		return nil
	}
	type digits struct{ at, end int }
	var runs []digits
	for i := 0; i < len(text); {
		if text[i] < '0' || text[i] > '9' {
			i++
			continue
		}
		j := i
		for j < len(text) && text[j] >= '0' && text[j] <= '9' {
			j++
		}
		if j-i <= 8 && markEnds(text[j:]) {
			runs = append(runs, digits{i, j})
		}
		i = j
	}
	var out []record.Entity
	want := 1
	for r := 0; r < len(runs) && want <= notes; r++ {
		d := runs[r]
		// A mark may have been lost with its paragraph: up to three are skipped.
		for n := want; n <= min(want+3, notes); n++ {
			s := strconv.Itoa(n)
			at := d.end - len(s)
			if at < d.at || text[at:d.end] != s || !gluedTo(text[:at], at == d.at) {
				continue
			}
			out = append(out, record.Entity{Kind: "note", Offset: at, Length: len(s), Target: s})
			want = n + 1
			break
		}
	}
	return out
}

// markEnds reports whether a note mark can end before rest.
func markEnds(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsSpace(r) || unicode.IsPunct(r) && r != '%' && r != '/'
}

// gluedTo reports whether a mark can be glued to the end of before: to a
// letter or a closing sign, or, inside a run of digits, to a year.
func gluedTo(before string, whole bool) bool {
	r, n := utf8.DecodeLastRuneInString(before)
	if whole {
		if r == '.' || r == ',' { // "22.22" is a mark behind a date, "3.5" is a number
			p, _ := utf8.DecodeLastRuneInString(before[:len(before)-n])
			return !unicode.IsDigit(p) || len(before) > 3 && unicode.IsDigit(rune(before[len(before)-3]))
		}
		return n > 0 && (unicode.IsLetter(r) || r == '”' || r == '"' || r == '’' || r == ')' || r == '»' || r == '؟' || r == '?' || r == '!' || r == ';' || r == ':')
	}
	// "in 2011105": four digits that are a year, and nothing before them.
	if len(before) < 4 {
		return false
	}
	year, err := strconv.Atoi(before[len(before)-4:])
	if err != nil || year < 1300 || year > 2100 {
		return false
	}
	return len(before) == 4 || !unicode.IsDigit(rune(before[len(before)-5]))
}
