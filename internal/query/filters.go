package query

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A key is what can stand before a colon.
type key struct {
	name   string
	values []string // nil: any
}

// keys lists every key of the language. sort, exact, posted and captured have
// forms of their own.
func keys() []key {
	yesno := []string{"yes", "no"}
	return []key{
		{name: "from"},
		{name: "lang"},
		{name: "posted"},
		{name: "captured"},
		{name: "has", values: []string{"image", "video", "media", "forward", "reply", "link", "flag", "translation"}},
		{name: "translation"},
		{name: "type", values: []string{"post", "service", "article", "comment", "document", "image", "record"}},
		{name: "edited", values: yesno},
		{name: "missing", values: yesno},
		{name: "source", values: []string{"telegram", "web", "file"}},
		{name: "state", values: []string{"new", "kept", "duplicate", "dismissed", "later", "withdrawn"}},
		{name: "label"},
		{name: "assigned"},
		{name: "by"},
		{name: "family"},
		{name: "is", values: []string{"first", "copy", "alone", "forward", "shielded", "mixed"}},
		{name: "lag"},
		{name: "import"},
		{name: "capture"},
		{name: "exact"},
		{name: "sort", values: []string{"posted-", "posted", "relevance"}},
	}
}

// Keys returns what can stand before a colon, and the values it takes: nil when
// they are not from a list.
func Keys() map[string][]string {
	m := map[string][]string{}
	for _, k := range keys() {
		m[k.name] = k.values
	}
	return m
}

func keyNames() string {
	var names []string
	for _, k := range keys() {
		names = append(names, k.name+":")
	}
	return strings.Join(names, " ")
}

// head returns the letters before a colon at the start of s, or "" when what
// stands there is no key: 20:41, https://…, a name in another script.
func head(s string) string {
	i := 0
	for i < len(s) && ('a' <= s[i]|0x20 && s[i]|0x20 <= 'z') {
		i++
	}
	if i == 0 || i == len(s) || s[i] != ':' || strings.HasPrefix(s[i:], "://") {
		return ""
	}
	return s[:i]
}

// filter reads key:value. ok is false, with nothing taken, when there is none.
func (p *parser) filter() (n Node, ok bool, err error) {
	start := p.at
	name := head(p.text[start:])
	if name == "" {
		return nil, false, nil
	}
	rest := p.text[start+len(name)+1:]
	empty := rest == "" || !starts(rest) || rest[0] == '('
	all := keys()
	i := slices.IndexFunc(all, func(k key) bool { return strings.EqualFold(k.name, name) })
	if i < 0 {
		if empty {
			return nil, false, nil // "Note: …"
		}
		return nil, false, p.fail(start, start+len(name)+1, said(word("{filter} is not a filter"), "filter", name+":"), said(word("use one of {filters}, or put the word in quotes"), "filters", keyNames()))
	}
	k := all[i]
	p.at = start + len(name) + 1
	if empty {
		return nil, false, p.fail(start, p.at, said(word("{filter} needs a value"), "filter", k.name+":"), said(word("write it without a space behind the colon, like {example}"), "example", example(k.name)))
	}
	if k.name == "exact" {
		return p.exact(start)
	}
	values, err := p.values(k)
	if err != nil {
		return nil, false, err
	}
	if k.values != nil {
		for i, v := range values {
			values[i] = strings.ToLower(v)
			if !slices.Contains(k.values, values[i]) {
				return nil, false, p.fail(start, p.at, said(word("{filter} is not known"), "filter", k.name+":"+v), said(word("use one of {values}"), "values", strings.Join(k.values, ", ")))
			}
		}
	}
	switch k.name {
	case "sort":
		if len(values) != 1 {
			return nil, false, p.fail(start, p.at, said(word("{filter} takes one value"), "filter", "sort:"), said(word("write {example}"), "example", "sort:relevance"))
		}
		p.sort = map[string]Sort{"posted-": Newest, "posted": Oldest, "relevance": Relevance}[values[0]]
		return nil, true, nil
	case "posted", "captured":
		n, err := p.times(k.name, values, start)
		return n, err == nil, err
	case "lag":
		n, err := p.lags(values, start)
		return n, err == nil, err
	case "lang":
		for i, v := range values {
			values[i] = strings.ToLower(v)
			if strings.ContainsFunc(v, func(r rune) bool { return !('a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9' || r == '-') }) {
				return nil, false, p.fail(start, p.at, said(word("{filter} is not a language tag"), "filter", "lang:"+v), said(word("write a tag like {a}, {b} or {c}"), "a", "lang:ar", "b", "lang:fa", "c", "lang:ckb"))
			}
		}
	}
	return Filter{Key: k.name, Values: values}, true, nil
}

func example(key string) string {
	switch key {
	case "from":
		return `from:"Valley News"`
	case "lang":
		return "lang:ar"
	case "posted", "captured":
		return key + ":2020-11-17"
	case "exact", "translation":
		return key + ":word"
	case "lag":
		return "lag:<10m"
	case "label":
		return `label:"to call back"`
	case "assigned", "by":
		return key + ":HM"
	}
	for _, k := range keys() {
		if k.name == key && len(k.values) > 0 {
			return key + ":" + k.values[0]
		}
	}
	return key + ":7K3M9QX"
}

// values reads a|b|"c d".
func (p *parser) values(k key) ([]string, error) {
	var values []string
	for {
		start := p.at
		body, ok := "", false
		if p.at < len(p.text) {
			var err error
			if body, ok, err = p.quoted(); err != nil {
				return nil, err
			}
		}
		if !ok {
			for p.at < len(p.text) {
				r, n := utf8.DecodeRuneInString(p.text[p.at:])
				if unicode.IsSpace(r) || r == '|' || r == '(' || r == ')' {
					break
				}
				p.at += n
			}
			body = p.text[start:p.at]
		}
		if body = strings.TrimSpace(body); body == "" {
			return nil, p.fail(start, min(p.at+1, len(p.text)), said(word("{filter} needs a value here"), "filter", k.name+":"), said(word("write it like {example}"), "example", example(k.name)))
		}
		values = append(values, body)
		if p.at == len(p.text) || p.text[p.at] != '|' {
			return values, nil
		}
		p.at++
	}
}

// exact reads exact:word and exact:"some words".
func (p *parser) exact(start int) (Node, bool, error) {
	w := Words{Exact: true}
	body, quoted, err := p.quoted()
	if err != nil {
		return nil, false, err
	}
	if !quoted {
		body = p.chunk()
	}
	if w.Raw, w.Terms = cut(body); len(w.Terms) == 0 {
		return nil, false, p.fail(start, p.at, said(word("{filter} needs a word"), "filter", "exact:"), said(word("write {example}"), "example", "exact:word"))
	}
	w.Phrase = len(w.Terms) > 1
	return w, true, nil
}

// MapValues returns q with every value of its filters replaced by what f makes
// of it: how ids are turned into what a catalog knows. The first error is
// returned; positions in it are f's business.
func MapValues(q Query, f func(key, value string) (string, error)) (Query, error) {
	root, err := mapNode(q.Root, f)
	q.Root = root
	return q, err
}

func mapNode(n Node, f func(key, value string) (string, error)) (Node, error) {
	switch n := n.(type) {
	case And:
		parts, err := mapNodes(n, f)
		return And(parts), err
	case Or:
		parts, err := mapNodes(n, f)
		return Or(parts), err
	case Not:
		x, err := mapNode(n.X, f)
		return Not{x}, err
	case Filter:
		values := make([]string, len(n.Values))
		for i, v := range n.Values {
			var err error
			if values[i], err = f(n.Key, v); err != nil {
				return n, err
			}
		}
		return Filter{n.Key, values}, nil
	}
	return n, nil
}

func mapNodes(nodes []Node, f func(key, value string) (string, error)) ([]Node, error) {
	all := make([]Node, len(nodes))
	for i, n := range nodes {
		var err error
		if all[i], err = mapNode(n, f); err != nil {
			return nil, err
		}
	}
	return all, nil
}
