package web

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dalil/internal/language"
	"dalil/internal/record"
)

// fragment is a piece of text of somebody else's that stands in a line of ours:
// a name, a title, a file name. It is shown isolated, so that it cannot move
// what stands beside it.
type fragment struct {
	Lang, Dir string
	Parts     []part
}

// part is a stretch of text of one look.
type part struct {
	Text     string
	Unseen   bool   // stands for a character that cannot be seen
	Mark     bool   // matched a search
	Del, Ins bool   // gone from, new in a version
	Isolated string // direction of an isolate around it: a handle, an address
	Out      string // where the link behind it leads
	Bold     bool
	Strike   bool
	Code     bool
}

// block is a text of paragraphs, each with a direction of its own.
type block struct {
	Lang       string
	Script     string // "arab", "hebr" or "": which type to set it in
	Paragraphs []paragraph
}

// paragraph has a direction of its own: "auto" where it has letters outside its
// isolates to tell; that of its words where all of them are new or gone, which
// are isolates too; and that of the whole text where it has none, like a line
// that is one tag or one number.
type paragraph struct {
	Dir   string
	Parts []part
}

// add appends a paragraph.
func (b *block) add(parts []part) {
	p := paragraph{Dir: "auto", Parts: parts}
	changed := "" // the first letter that is new or gone
	own := false
	for _, x := range parts {
		switch {
		case x.Isolated != "" || x.Unseen || !strings.ContainsFunc(x.Text, unicode.IsLetter):
		case !x.Del && !x.Ins:
			own = true
		case changed == "":
			changed = string([]rune(x.Text[strings.IndexFunc(x.Text, unicode.IsLetter):])[:1])
		}
	}
	if !own {
		if p.Dir = "ltr"; changed == "" && b.Script != "" || typeOf(changed) != "" {
			p.Dir = "rtl"
		}
	}
	b.Paragraphs = append(b.Paragraphs, p)
}

// bidi is the one way for names and other short data to reach a page. lang may
// be "", then only the script is told.
func bidi(s, lang string) fragment {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " ")
	f := fragment{Lang: langOf(s, lang), Dir: "auto"}
	for _, p := range dress(s, nil) { // a handle in a name stays whole too
		p.Out = ""
		f.Parts = append(f.Parts, spell(p, false)...)
	}
	return f
}

// machine is a fragment that is nobody's language and reads from left to right:
// a hash, an id, a path, an address.
func machine(s string) fragment {
	return fragment{Lang: "zxx", Dir: "ltr", Parts: spell(part{Text: s}, false)}
}

// langOf returns a BCP 47 tag: lang when it says something, and otherwise what
// the script tells.
func langOf(s, lang string) string {
	if lang != "" && lang != language.Undetermined && tagShape.MatchString(lang) {
		return lang
	}
	if sc := language.ScriptOf(s); sc != language.NoScript {
		return "und-" + string(sc)
	}
	return "und"
}

// tagShape is what a language tag looks like. A declared one is a source's word
// and may be anything.
var tagShape = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,5}$`)

// spell cuts a part where characters cannot be seen and writes those out. In
// running text (prose) those that spelling needs stay as they are: joiners
// between letters that join, direction marks, soft hyphens.
func spell(p part, prose bool) []part {
	plain := true
	for i := 0; i < len(p.Text); i++ {
		if c := p.Text[i]; c < ' ' && c != '\n' && c != '\t' || c >= 0x7F {
			plain = false
			break
		}
	}
	if plain {
		return []part{p}
	}
	var all []part
	from := 0
	cut := func(end int) {
		if from < end {
			q := p
			q.Text = p.Text[from:end]
			all = append(all, q)
		}
	}
	for i := 0; i < len(p.Text); {
		r, n := utf8.DecodeRuneInString(p.Text[i:])
		c := p.Text[i : i+n]
		if shown := language.Visible(c); shown != c && !needed(p.Text, i, n, r, prose) || c == "\r" {
			cut(i)
			q := p
			if q.Text, q.Unseen = shown, true; c == "\r" {
				q.Text = "<U+000D>"
			}
			all = append(all, q)
			from = i + n
		}
		i += n
	}
	cut(len(p.Text))
	return all
}

// needed holds for unseen characters that spelling needs where they stand.
func needed(s string, at, n int, r rune, prose bool) bool {
	switch r {
	case 0x200C, 0x200D: // joiners: in Persian, in Indic scripts, in emoji
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		after, _ := utf8.DecodeRuneInString(s[at+n:])
		return joins(before) && joins(after)
	case 0x200E, 0x200F, 0x061C, 0x00AD:
		return prose
	}
	return false
}

func joins(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Devanagari, unicode.Bengali, unicode.Malayalam, unicode.Sinhala, unicode.Mongolian, unicode.Nko) ||
		unicode.In(r, unicode.Mn, unicode.So, unicode.Sk)
}

// prose makes a block of a statement's text. With raw, every character that
// cannot be seen is spelled out, tatweel too.
func prose(text, lang string, entities []record.Entity, raw bool) block {
	parts := dress(text, entities)
	own := ownWords(parts)
	b := block{Lang: langOf(own, lang), Script: typeOf(own)}
	var line []part
	flush := func() {
		b.add(line)
		line = nil
	}
	for _, p := range parts {
		for i, s := range strings.Split(p.Text, "\n") {
			if i > 0 {
				flush()
			}
			if s == "" {
				continue
			}
			q := p
			q.Text = s
			q.Unseen = false
			if raw {
				line = append(line, spellAll(q)...)
			} else {
				line = append(line, spell(q, true)...)
			}
		}
	}
	flush()
	return b
}

// ownWords is a text without its handles and addresses, which are Latin in any
// language; the text itself when it has nothing else.
func ownWords(parts []part) string {
	var own, all strings.Builder
	for _, p := range parts {
		all.WriteString(p.Text)
		if p.Isolated == "" {
			own.WriteString(p.Text)
		}
	}
	if language.ScriptOf(own.String()) == language.NoScript {
		return all.String()
	}
	return own.String()
}

// spellAll spells out every unseen character and the tatweel, which is seen but
// says nothing.
func spellAll(p part) []part {
	var all []part
	for _, q := range spell(p, false) {
		for i, s := range strings.Split(q.Text, "\u0640") {
			if i > 0 {
				t := q
				t.Text, t.Unseen = "<U+0640>", true
				all = append(all, t)
			}
			if s != "" {
				t := q
				t.Text = s
				all = append(all, t)
			}
		}
	}
	return all
}

// typeOf says in which type a text is set.
func typeOf(s string) string {
	switch language.ScriptOf(s) {
	case language.Arab, language.Syrc:
		return "arab"
	case language.Hebr:
		return "hebr"
	}
	return ""
}

// linkOrHandle finds handles and addresses in texts whose source does not mark them.
var linkOrHandle = regexp.MustCompile(`https?://[^\s<>"“”«»،؛]+|(?:^|[^\pL\pN_@./])(@[A-Za-z0-9_]{3,64})\b`)

// dress cuts text where its entities begin and end. Handles, addresses and the
// like become isolates of their own; what overlaps one of them yields to it.
func dress(text string, entities []record.Entity) []part {
	type span struct {
		from, to int
		part
	}
	var isolates, looks []span
	marked := false
	for _, e := range entities {
		x := span{from: e.Offset, to: e.Offset + e.Length}
		if e.Offset < 0 || e.Length <= 0 || x.to > len(text) || x.to < x.from || !boundary(text, x.from) || !boundary(text, x.to) {
			continue // a defect of the source must not break the page
		}
		inner := text[x.from:x.to]
		switch e.Kind {
		case "mention", "mention_name", "bot_command", "phone", "email", "cashtag", "bank_card":
			x.Isolated, marked = "ltr", true
		case "hashtag":
			// A tag in a script that runs to the left keeps its # on the right.
			x.Isolated, marked = "ltr", true
			if typeOf(inner) != "" {
				x.Isolated = "rtl"
			}
		case "link", "url":
			x.Isolated, x.Out, marked = "ltr", outTo(inner), true
		case "text_link":
			x.Isolated, x.Out = "auto", outTo(e.Target)
		case "bold":
			x.Bold = true
		case "strikethrough":
			x.Strike = true
		case "code", "pre":
			x.Code = true
		default:
			continue
		}
		if x.Isolated != "" {
			isolates = append(isolates, x)
		} else {
			looks = append(looks, x)
		}
	}
	if !marked {
		for _, m := range linkOrHandle.FindAllStringSubmatchIndex(text, -1) {
			x := span{from: m[0], to: m[1]}
			if x.Isolated = "ltr"; m[2] >= 0 {
				x.from, x.to = m[2], m[3]
			} else {
				x.to = x.from + len(strings.TrimRight(text[m[0]:m[1]], ".,;:!?)]}'"))
				x.Out = outTo(text[x.from:x.to])
			}
			isolates = append(isolates, x)
		}
	}
	slices.SortStableFunc(isolates, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	cuts := []int{0, len(text)}
	kept := isolates[:0]
	end := 0
	for _, x := range isolates {
		if x.from >= end {
			kept, end = append(kept, x), x.to
			cuts = append(cuts, x.from, x.to)
		}
	}
	for _, x := range looks {
		cuts = append(cuts, x.from, x.to)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var all []part
	next := 0 // of kept
	for i := 0; i+1 < len(cuts); i++ {
		from, to := cuts[i], cuts[i+1]
		for next < len(kept) && kept[next].to <= from {
			next++
		}
		p := part{}
		if next < len(kept) && kept[next].from <= from {
			if kept[next].from < from {
				continue // its beginning took all of it
			}
			p, to = kept[next].part, kept[next].to
		}
		for _, x := range looks {
			if x.from <= from && from < x.to {
				p.Bold, p.Strike, p.Code = p.Bold || x.Bold, p.Strike || x.Strike, p.Code || x.Code
			}
		}
		p.Text = text[from:to]
		all = append(all, p)
	}
	return all
}

func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// marked makes a fragment of a snippet with the ranges of it that matched.
func marked(s, lang string, marks [][2]int) fragment {
	f := fragment{Lang: langOf(s, lang), Dir: "auto"}
	at := 0
	add := func(to int, mark bool) {
		if at < to {
			text := strings.NewReplacer("\n", " ", "\r", " ").Replace(s[at:to])
			f.Parts = append(f.Parts, spell(part{Text: text, Mark: mark}, true)...)
			at = to
		}
	}
	for _, m := range marks {
		if m[0] < at || m[1] > len(s) || m[1] <= m[0] {
			continue
		}
		add(m[0], false)
		add(m[1], true)
	}
	add(len(s), false)
	return f
}

// outTo returns the address of the page that says what opening a link would
// tell; "" for what is no web address.
func outTo(link string) string {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return "/out?u=" + url.QueryEscape(u.String())
}

// runeName says which character a token stands for.
func runeName(token string) string {
	var r rune
	if _, err := fmt.Sscanf(token, "<U+%X>", &r); err != nil {
		return "a byte that is no UTF-8"
	}
	switch r {
	case 0x0640:
		return "tatweel: stretches a word, changes nothing"
	case 0x200B:
		return "zero-width space"
	case 0x200C:
		return "zero-width non-joiner"
	case 0x200D:
		return "zero-width joiner"
	case 0x200E:
		return "left-to-right mark"
	case 0x200F:
		return "right-to-left mark"
	case 0x061C:
		return "Arabic letter mark"
	case 0x202A, 0x202B:
		return "direction embedding"
	case 0x202D:
		return "left-to-right override: shows what follows in another order"
	case 0x202E:
		return "right-to-left override: shows what follows in another order"
	case 0x202C:
		return "end of embedding or override"
	case 0x2066, 0x2067, 0x2068, 0x2069:
		return "direction isolate"
	case 0x00AD:
		return "soft hyphen"
	case 0xFEFF:
		return "byte order mark"
	}
	if unicode.Is(unicode.Cc, r) {
		return "control character"
	}
	return "a character that cannot be seen"
}
