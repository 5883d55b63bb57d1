package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"dalil/internal/catalog"
	"dalil/internal/language"
	"dalil/internal/query"
)

// Bounds of what one word of a query may turn into.
const (
	maxForms  = 40   // other spellings of one word
	maxLooked = 1000 // words of the table of names looked at for it
)

// nameScripts are those in which other spellings of a name are looked for.
var nameScripts = [...]language.Script{language.Arab, language.Hebr, language.Latn, language.Cyrl}

// wording is a query.Words made ready: what to ask the index for, and how to
// recognise it in a text.
type wording struct {
	query.Words
	excludes bool // it stands behind a minus

	forms  map[string]string // folded word that counts as this one -> Match.How; for a single word
	folded []string          // the words of a phrase, folded; for a single word, that word
	joined []string          // the same typed with zero-width non-joiners, as one word
	expr   string            // FTS5 expression; "" when nothing can match
}

// quote makes an FTS5 string of folded words.
func quote(words ...string) string {
	return `"` + strings.ReplaceAll(strings.Join(words, " "), `"`, `""`) + `"`
}

// begin keeps the beginnings of words to texts: tags have beginnings too.
const begin = "{text extra} : "

// word makes w ready.
//
// A word that excludes stands for itself only: a name's other spellings are a
// guess, and a guess must not make statements disappear.
func (s *store) word(ctx context.Context, w query.Words, excludes bool) (*wording, error) {
	p := &wording{Words: w, excludes: excludes, forms: map[string]string{}, folded: foldWords(w.Raw)}
	if len(p.folded) == 0 {
		return p, nil
	}
	switch {
	case w.Near > 0 && len(p.folded) > 1:
		quoted := make([]string, len(p.folded))
		for i, f := range p.folded {
			quoted[i] = quote(f)
		}
		p.expr = "NEAR(" + strings.Join(quoted, " ") + ", " + itoa(w.Near) + ")"
	case len(p.folded) > 1 || w.Exact || w.Phrase:
		p.expr = quote(p.folded...)
		if w.Prefix {
			p.expr = begin + p.expr + " *"
		}
		if p.joined = language.JoinedForms(w.Raw); len(p.joined) == 1 && !w.Exact && !w.Prefix && !w.Phrase {
			p.expr = "(" + p.expr + " OR " + quote(p.joined...) + ")"
		} else {
			p.joined = nil
		}
	case w.Prefix:
		p.expr = begin + quote(p.folded[0]) + " *"
	default:
		if err := s.spread(ctx, p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// spread finds the other forms of a single word: with an article or
// preposition, in another script, or within the spelling distance asked for.
func (s *store) spread(ctx context.Context, p *wording) error {
	own := p.folded[0]
	p.forms[own] = "word"
	if p.Fuzzy > 0 {
		if err := s.near(ctx, p, own); err != nil {
			return err
		}
	} else {
		if err := s.affixed(ctx, p, own); err != nil {
			return err
		}
		if !p.excludes {
			if err := s.names(ctx, p, own); err != nil {
				return err
			}
		}
	}
	all := make([]string, 0, len(p.forms))
	for f := range p.forms {
		all = append(all, quote(f))
	}
	slices.Sort(all)
	p.expr = strings.Join(all, " OR ")
	if len(all) > 1 {
		p.expr = "(" + p.expr + ")"
	}
	return nil
}

// affixed adds the forms of a word with and without an article or a particle
// written onto it, those that occur.
func (s *store) affixed(ctx context.Context, p *wording, own string) error {
	var args []any
	for _, v := range language.Variants(own) {
		script := language.ScriptOf(v)
		if v == own {
			continue
		}
		if keys := language.NameKeys(v); len(keys) > 0 {
			args = append(args, nameKey(keys[0], script), v)
		} else {
			p.forms[v] = "article" // not in the table: it may occur
		}
	}
	if len(args) == 0 {
		return nil
	}
	return s.terms(ctx, "(key, term) IN (VALUES "+tuples(2, len(args)/2)+")", args, func(term string) {
		if len(p.forms) < maxForms {
			p.forms[term] = "article"
		}
	})
}

// names adds the words of other scripts that spell the same name, and of the
// same script where spellings of names vary: in Latin letters.
func (s *store) names(ctx context.Context, p *wording, own string) error {
	if utf8.RuneCountInString(own) < 3 {
		return nil
	}
	keys := language.NameKeys(own)
	if len(keys) == 0 {
		return nil
	}
	script := language.ScriptOf(own)
	var args []any
	for _, other := range nameScripts {
		if other == script && script != language.Latn {
			continue
		}
		for _, k := range keys {
			args = append(args, nameKey(k, other))
		}
	}
	type candidate struct {
		term string
		same float64
	}
	var found []candidate
	err := s.terms(ctx, "key IN "+tuples(len(args), 1), args, func(term string) {
		if term == god && !strings.HasPrefix(own, "all") {
			return
		}
		if script == language.Latn && language.ScriptOf(term) == script && !within([]rune(own), []rune(term), len(own)/4) {
			return // drone and drawn have the same consonants; Ashab and Ashaab are one name
		}
		if same := language.SameName(own, term); same >= alike(own) && term != own {
			found = append(found, candidate{term, same})
		}
	})
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.same, a.same), cmp.Compare(a.term, b.term))
	})
	for _, c := range found[:min(len(found), maxForms)] {
		if _, ok := p.forms[c.term]; !ok {
			p.forms[c.term] = "name"
		}
	}
	return err
}

// god stands in a great many statements and is nobody's name by itself: only
// who writes "Allah" looks for it.
const god = "الله"

// shortName is the score from which a word of up to four letters is taken for
// another spelling of a name: with one consonant to go by, أهل and إلا are both
// near "ahl" (1 and .76), علي and إلا near "ali" (.93 and .84).
const shortName = 0.9

// alike is the score of language.SameName that a word has to reach.
func alike(own string) float64 {
	if utf8.RuneCountInString(own) <= 4 {
		return shortName
	}
	return language.NameThreshold
}

// near adds the words within the spelling distance. All known words are looked
// at: asked for rarely, and a scan of the words is quick beside one of the texts.
func (s *store) near(ctx context.Context, p *wording, own string) error {
	r := []rune(own)
	var found []string
	rows, err := s.find.QueryContext(ctx, "SELECT term FROM name WHERE length(term) BETWEEN ? AND ?", len(r)-p.Fuzzy, len(r)+p.Fuzzy)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var term string
		if err := rows.Scan(&term); err != nil {
			return err
		}
		if within(r, []rune(term), p.Fuzzy) && term != own {
			found = append(found, term)
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	for _, f := range found[:min(len(found), maxForms)] {
		p.forms[f] = "fuzzy"
	}
	return rows.Err()
}

// terms calls f for each word of the table of names that the condition selects.
func (s *store) terms(ctx context.Context, where string, args []any, f func(term string)) error {
	rows, err := s.find.QueryContext(ctx, "SELECT DISTINCT term FROM name WHERE "+where+" LIMIT "+itoa(maxLooked), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var term string
		if err := rows.Scan(&term); err != nil {
			return err
		}
		f(term)
	}
	return rows.Err()
}

// within reports whether a and b are at most d insertions, deletions,
// replacements or swaps of neighbours apart (Damerau-Levenshtein distance in
// its restricted form: no letter is changed twice).
func within(a, b []rune, d int) bool {
	if len(a)-len(b) > d || len(b)-len(a) > d {
		return false
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if best > d {
			return false
		}
		before, last, row = last, row, before
	}
	return last[len(b)] <= d
}

// found is one place where a wording meets a text.
type found struct {
	start, end int
	how        string
}

// in finds the wording in a text whose words are given.
func (p *wording) in(text string, tokens []token) []found {
	if p.expr == "" {
		return nil
	}
	switch {
	case p.Exact:
		return p.asWritten(text)
	case p.Near > 0 && len(p.folded) > 1:
		return p.together(tokens)
	case len(p.folded) > 1 || p.Phrase:
		all := p.inARow(tokens)
		for _, t := range tokens {
			if slices.Contains(p.joined, t.folded) {
				all = append(all, found{t.start, t.end, "spelling"})
			}
		}
		slices.SortFunc(all, func(a, b found) int { return a.start - b.start })
		return all
	}
	var all []found
	for _, list := range [][]token{tokens, joined(text, tokens)} {
		for _, t := range list {
			how, ok := p.forms[t.folded]
			if !ok && p.Prefix && strings.HasPrefix(t.folded, p.folded[0]) {
				how, ok = "start", true
			}
			if ok {
				if how == "word" && !strings.EqualFold(text[t.start:t.end], p.Raw) {
					how = "spelling"
				}
				all = append(all, found{t.start, t.end, how})
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return a.start - b.start })
	return all
}

// inARow finds the words of a phrase next to each other.
func (p *wording) inARow(tokens []token) []found {
	var all []found
	n := len(p.folded)
next:
	for i := 0; i+n <= len(tokens); i++ {
		for k, f := range p.folded {
			t := tokens[i+k].folded
			if t != f && !(p.Prefix && k == n-1 && strings.HasPrefix(t, f)) {
				continue next
			}
		}
		all = append(all, found{tokens[i].start, tokens[i+n-1].end, "phrase"})
		i += n - 1
	}
	return all
}

// together finds the words in any order with at most Near others among them.
func (p *wording) together(tokens []token) []found {
	var all []found
	last := make([]int, len(p.folded))
	for i := range last {
		last[i] = -1
	}
	for i, t := range tokens {
		hit := false
		for k, f := range p.folded {
			if t.folded == f {
				last[k], hit = i, true
			}
		}
		if !hit {
			continue
		}
		first := slices.Min(last)
		if first >= 0 && i-first-1 <= p.Near+len(p.folded)-2 {
			all = append(all, found{tokens[first].start, t.end, "near"})
			for k := range last {
				last[k] = -1
			}
		}
	}
	return all
}

// asWritten finds the words without folding.
func (p *wording) asWritten(text string) []found {
	var at [][2]int
	language.Tokens(text, func(start, end int) { at = append(at, [2]int{start, end}) })
	var all []found
	n := len(p.Terms)
next:
	for i := 0; n > 0 && i+n <= len(at); i++ {
		for k, w := range p.Terms {
			if text[at[i+k][0]:at[i+k][1]] != w {
				continue next
			}
		}
		all = append(all, found{at[i][0], at[i+n-1][1], "word"})
	}
	return all
}

// explain finds every wording in a statement and returns why it matched, the
// snippet and its marks.
func explain(hit *catalog.Hit, words []*wording) {
	tokens := displayTokens(hit.Text)
	var marks [][2]int
	for _, p := range words {
		at := p.in(hit.Text, tokens)
		for _, f := range at {
			marks = append(marks, [2]int{f.start, f.end})
		}
		if len(at) > 0 {
			hit.Why = append(hit.Why, catalog.Match{Term: p.Raw, Met: hit.Text[at[0].start:at[0].end], How: at[0].how})
			continue
		}
		for _, s := range beside(&hit.Statement) {
			if at := p.in(s, displayTokens(s)); len(at) > 0 {
				hit.Why = append(hit.Why, catalog.Match{Term: p.Raw, Met: s[at[0].start:at[0].end], How: at[0].how})
				break
			}
		}
	}
	slices.SortFunc(marks, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], b[1]-a[1]) })
	apart := marks[:0]
	for _, m := range marks {
		if len(apart) == 0 || m[0] >= apart[len(apart)-1][1] {
			apart = append(apart, m)
		}
	}
	hit.Snippet, hit.Marks = snippet(hit.Text, apart)
}
