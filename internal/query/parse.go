package query

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dalil/internal/language"
)

// ParseOptions are what a query means beyond its text.
type ParseOptions struct {
	Zone *time.Location // of the days in posted: and captured:; nil is UTC
	Now  time.Time      // what "today" and "7d" count from
}

// Limits on a query: what is typed by a person never comes near them.
const (
	maxText  = 16 << 10 // bytes
	maxDepth = 40       // parentheses and minuses within each other
	maxParts = 400      // words and filters
	maxNear  = 100      // words between, in "a b"~n
	maxFuzzy = 2        // spelling distance
)

// Parse reads a query. A query that cannot be read is an *Error, which points
// at the word that is wrong.
func Parse(text string, opt ParseOptions) (Query, error) {
	if opt.Zone == nil {
		opt.Zone = time.UTC
	}
	p := parser{text: text, opt: opt}
	q := Query{Text: text, Zone: opt.Zone}
	if len(text) > maxText {
		return q, p.fail(maxText, len(text), said(word("the query is longer than a page of text")), said(word("look for fewer words at once")))
	}
	if !utf8.ValidString(text) {
		return q, p.fail(0, len(text), said(word("the query is not valid UTF-8")), said(word("type it again")))
	}
	root, err := p.all()
	if err == nil && p.at < len(text) {
		err = p.fail(p.at, p.at+1, said(word("this ) closes nothing")), said(word("take it out, or open ( before")))
	}
	if err != nil {
		return q, err
	}
	q.Root, q.Sort = root, p.sort
	return q, nil
}

type parser struct {
	text  string
	at    int
	opt   ParseOptions
	sort  Sort
	depth int
	parts int
}

func (p *parser) fail(from, to int, what, do text) error {
	return &Error{Query: p.text, Offset: from, End: to, What: what.String(), Do: do.String(), what: what, do: do}
}

func (p *parser) space() {
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !unicode.IsSpace(r) {
			return
		}
		p.at += n
	}
}

// all reads parts side by side up to the end or a closing parenthesis. A nil
// node is one that says nothing.
func (p *parser) all() (Node, error) {
	var parts And
	for {
		p.space()
		if p.at == len(p.text) || p.text[p.at] == ')' {
			break
		}
		n, err := p.either()
		if err != nil {
			return nil, err
		}
		switch n := n.(type) {
		case nil:
		case And:
			parts = append(parts, n...)
		default:
			parts = append(parts, n)
		}
	}
	switch len(parts) {
	case 0:
		return nil, nil
	case 1:
		return parts[0], nil
	}
	return parts, nil
}

// either reads parts with OR between them.
func (p *parser) either() (Node, error) {
	var parts Or
	for {
		if from, ok := p.or(); ok {
			return nil, p.fail(from, from+2, said(word("{or} has nothing before it"), "or", "OR"), said(word("put a word on both sides of {or}, or write {quoted} in quotes"), "or", "OR", "quoted", `"OR"`))
		}
		n, err := p.one()
		if err != nil {
			return nil, err
		}
		switch n := n.(type) {
		case nil:
		case Or:
			parts = append(parts, n...)
		default:
			parts = append(parts, n)
		}
		p.space()
		from, ok := p.or()
		if !ok {
			break
		}
		p.space()
		if p.at == len(p.text) || p.text[p.at] == ')' {
			return nil, p.fail(from, from+2, said(word("{or} has nothing behind it"), "or", "OR"), said(word("put a word on both sides of {or}, or write {quoted} in quotes"), "or", "OR", "quoted", `"OR"`))
		}
	}
	switch len(parts) {
	case 0:
		return nil, nil
	case 1:
		return parts[0], nil
	}
	return parts, nil
}

// or takes the word OR.
func (p *parser) or() (from int, ok bool) {
	rest, found := strings.CutPrefix(p.text[p.at:], "OR")
	r, _ := utf8.DecodeRuneInString(rest)
	if !found || rest != "" && !unicode.IsSpace(r) && !strings.ContainsRune("()", r) {
		return 0, false
	}
	p.at += 2
	return p.at - 2, true
}

// one reads a part: a minus and a part, parentheses, a phrase, a filter, a word.
func (p *parser) one() (Node, error) {
	if p.parts++; p.parts > maxParts {
		return nil, p.fail(p.at, len(p.text), said(word("the query has too many parts")), said(word("look for fewer words at once")))
	}
	start := p.at
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(start, start+1, said(word("the query is nested too deeply")), said(word("use fewer parentheses")))
	}
	defer func() { p.depth-- }()
	switch c := p.text[p.at]; {
	case c == '-' && p.at+1 < len(p.text) && starts(p.text[p.at+1:]):
		p.at++
		n, err := p.one()
		if n == nil || err != nil {
			return nil, err
		}
		return Not{n}, nil
	case c == '(':
		p.at++
		n, err := p.all()
		if err != nil {
			return nil, err
		}
		if p.at == len(p.text) {
			return nil, p.fail(start, start+1, said(word("this ( is not closed")), said(word("put ) where it ends")))
		}
		p.at++
		return n, nil
	}
	if body, ok, err := p.quoted(); ok || err != nil {
		if err != nil {
			return nil, err
		}
		return p.phrase(body, start)
	}
	if n, ok, err := p.filter(); ok || err != nil {
		return n, err
	}
	return p.words(p.chunk()), nil
}

// starts reports whether s begins with something a minus can stand before.
func starts(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return !unicode.IsSpace(r) && r != ')'
}

// closing are the quotes that close each opening one.
func closing(open rune) string {
	switch open {
	case '"':
		return `"`
	case '“', '”':
		return `”“`
	case '„':
		return `“”`
	case '«':
		return "»"
	}
	return ""
}

// quoted takes a text in quotes and returns it without them.
func (p *parser) quoted() (body string, ok bool, err error) {
	open, n := utf8.DecodeRuneInString(p.text[p.at:])
	end := closing(open)
	if end == "" {
		return "", false, nil
	}
	rest := p.text[p.at+n:]
	i := strings.IndexAny(rest, end)
	if i < 0 {
		return "", false, p.fail(p.at, p.at+n, said(word("this quote is not closed")), said(word("put {quote} where the phrase ends"), "quote", string([]rune(end)[0])))
	}
	_, m := utf8.DecodeRuneInString(rest[i:])
	p.at += n + i + m
	return rest[:i], true, nil
}

// phrase makes a node of a text in quotes, with what may follow them: ~5.
func (p *parser) phrase(body string, start int) (Node, error) {
	w := Words{Phrase: true}
	w.Raw, w.Terms = cut(body)
	if len(w.Terms) == 0 {
		return nil, p.fail(start, p.at, said(word("there is no word in these quotes")), said(word("write a word with letters or digits")))
	}
	if rest := p.text[p.at:]; strings.HasPrefix(rest, "~") {
		n, width := digits(rest[1:])
		if width == 0 || n < 1 || n > maxNear {
			return nil, p.fail(p.at, p.at+1+width, said(word("{sign} after a phrase takes a number from {from} to {to}"), "sign", "~", "from", "1", "to", strconv.Itoa(maxNear)), said(word("write {example}"), "example", `"drone base"~5`))
		}
		p.at += 1 + width
		if len(w.Terms) > 1 {
			w.Near = n
		} else if n <= maxFuzzy {
			w.Fuzzy = n
		} else {
			return nil, p.fail(start, p.at, said(word("a spelling distance is at most {n}"), "n", strconv.Itoa(maxFuzzy)), said(word("write {example}"), "example", "word~1"))
		}
		w.Phrase = false
	} else if strings.HasPrefix(rest, "*") {
		p.at++
		w.Prefix = true
	}
	return p.settle(w), nil
}

// chunk takes everything up to white space, a parenthesis or a quote.
func (p *parser) chunk() string {
	start := p.at
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if unicode.IsSpace(r) || r == '(' || r == ')' || p.at > start && closing(r) != "" && !p.inWord(n) {
			break
		}
		p.at += n
	}
	return p.text[start:p.at]
}

// inWord reports whether a quote at the place stands between letters, as in the
// Hebrew abbreviation צה"ל.
func (p *parser) inWord(n int) bool {
	before, _ := utf8.DecodeLastRuneInString(p.text[:p.at])
	after, _ := utf8.DecodeRuneInString(p.text[p.at+n:])
	return p.text[p.at] == '"' && unicode.Is(unicode.Hebrew, before) && unicode.Is(unicode.Hebrew, after)
}

// words makes a node of a word as typed, with what may end it: * or ~1.
func (p *parser) words(chunk string) Node {
	w := Words{}
	body := chunk
	if s, ok := strings.CutSuffix(body, "*"); ok {
		w.Prefix, body = true, s
	} else if i := strings.LastIndexByte(body, '~'); i > 0 {
		n, width := digits(body[i+1:])
		if i+1 == len(body) {
			n = 1
		}
		if i+1+width == len(body) && 1 <= n && n <= maxFuzzy {
			w.Fuzzy, body = n, body[:i]
		}
	}
	w.Raw, w.Terms = cut(body)
	if len(w.Terms) == 0 {
		return nil // only signs: nothing to look for
	}
	if hyphenated(w.Raw, w.Terms) {
		all := make(And, len(w.Terms))
		for i, t := range w.Terms {
			one := Words{Raw: t, Terms: []string{t}}
			if i == len(w.Terms)-1 {
				one.Prefix, one.Fuzzy = w.Prefix, w.Fuzzy
			}
			all[i] = p.settle(one)
		}
		return all
	}
	return p.settle(w)
}

// settle makes a phrase of what would be read otherwise if it were typed again
// without quotes.
func (p *parser) settle(w Words) Node {
	if w.Phrase || w.Exact || w.Near > 0 {
		return w
	}
	probe := parser{text: w.Raw, opt: p.opt}
	if _, ok := probe.or(); ok {
		w.Phrase, w.Fuzzy = true, 0
		return w
	}
	_, special, err := probe.filter()
	plain := Words{Raw: w.Raw, Terms: w.Terms}
	if special || err != nil || !sameWords(p.reread(w.Raw), plain) {
		w.Phrase, w.Fuzzy = true, 0
	}
	return w
}

// reread is what a word is read as when nothing is added to it.
func (p *parser) reread(raw string) Words {
	q := parser{text: raw, opt: p.opt}
	if q.chunk() != raw || strings.HasSuffix(raw, "*") || strings.HasPrefix(raw, "-") {
		return Words{}
	}
	if i := strings.LastIndexByte(raw, '~'); i > 0 {
		if _, width := digits(raw[i+1:]); i+1+width == len(raw) {
			return Words{}
		}
	}
	var w Words
	w.Raw, w.Terms = cut(raw)
	if hyphenated(w.Raw, w.Terms) {
		return Words{}
	}
	return w
}

func sameWords(a, b Words) bool { return a.Raw == b.Raw && len(a.Terms) == len(b.Terms) }

// cut returns s from its first to its last word, and the words.
func cut(s string) (raw string, terms []string) {
	first, last := -1, 0
	language.Tokens(s, func(start, end int) {
		if first < 0 {
			first = start
		}
		last = end
		terms = append(terms, s[start:end])
	})
	if first < 0 {
		return "", nil
	}
	return s[first:last], terms
}

// hyphenated reports whether a word is several with hyphens between ("al-Kahf"):
// they are looked for one by one, because texts write them in many ways. What
// has digits (F-16, 2020-11) stays together.
func hyphenated(raw string, terms []string) bool {
	if len(terms) < 2 || strings.ContainsFunc(raw, unicode.IsDigit) {
		return false
	}
	rest := raw
	for i, t := range terms {
		if i > 0 {
			r, n := utf8.DecodeRuneInString(rest)
			if r != '-' && r != '‐' && r != '‑' {
				return false
			}
			rest = rest[n:]
		}
		var ok bool
		if rest, ok = strings.CutPrefix(rest, t); !ok {
			return false
		}
	}
	return rest == ""
}

// digits reads a number of at most three digits, and how many bytes it takes.
func digits(s string) (n, width int) {
	for width < len(s) && width < 3 && '0' <= s[width] && s[width] <= '9' {
		n = 10*n + int(s[width]-'0')
		width++
	}
	return n, width
}
