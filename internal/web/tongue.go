package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/leonelquinteros/gotext"
	"golang.org/x/text/language"

	"dalil/internal/chart"
	"dalil/internal/query"
)

// tongue is a language the interface can speak. The English text is the key of
// its own translations, which are ordinary gettext files (words/*.po) that any
// translator's tool opens. What has no translation is said in English.
type tongue struct {
	Tag  string // BCP 47
	Dir  string // "ltr" or "rtl"
	Name string // in itself

	digits [10]rune // zero value: as in English
	group  string   // between thousands
	words  map[string]string
	po     *gotext.Po // for what depends on a number
}

// tongues lists the languages of the interface, English first.
func tongues() []*tongue {
	all := []*tongue{
		{Tag: "en", Dir: "ltr", Name: "English", group: ","},
		{Tag: "ar", Dir: "rtl", Name: "العربية", digits: [10]rune{'٠', '١', '٢', '٣', '٤', '٥', '٦', '٧', '٨', '٩'}, group: "٬"},
		{Tag: "fa", Dir: "rtl", Name: "فارسی", digits: [10]rune{'۰', '۱', '۲', '۳', '۴', '۵', '۶', '۷', '۸', '۹'}, group: "٬"},
	}
	for _, l := range all[1:] {
		b, err := files.ReadFile("words/" + l.Tag + ".po")
		if err != nil {
			continue // embedded: a test holds that it is there
		}
		l.po = gotext.NewPo()
		l.po.Parse(b)
		l.words = map[string]string{}
		for english, said := range l.po.GetDomain().GetTranslations() {
			if !said.IsTranslated() || english == "" { // that is the head of the file
				continue
			}
			l.words[english] = said.Get()
			if said.PluralID != "" { // the noun alone
				l.words[english] = strings.TrimSpace(strings.ReplaceAll(l.po.GetN(english, said.PluralID, 1), "{n}", ""))
			}
		}
	}
	return all
}

// tongueOf is the language a reader asked for: in the settings, or else as the
// browser says.
func (s *server) tongueOf(r *http.Request) *tongue {
	if l := s.tongueNamed(choicesOf(r).Language); l != nil {
		return l
	}
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err == nil {
		for _, w := range wanted {
			base, _ := w.Base()
			if l := s.tongueNamed(base.String()); l != nil {
				return l
			}
		}
	}
	return s.tongues[0]
}

func (s *server) tongueNamed(tag string) *tongue {
	if i := slices.IndexFunc(s.tongues, func(l *tongue) bool { return l.Tag == tag }); i >= 0 {
		return s.tongues[i]
	}
	return nil
}

// t says an English text in this language. Behind it come names and values: each
// {name} in the text is replaced by its value, isolated, so that it cannot move
// the words around it.
func (l *tongue) t(english string, fill ...string) string {
	text := english
	if said := l.words[english]; said != "" {
		text = said
	}
	return l.filled(text, fill)
}

// count says a number of things. one and many are the English nouns.
func (l *tongue) count(v any, one, many string) string {
	n, ok := whole(v)
	if !ok {
		return ""
	}
	if l.po == nil || !l.po.IsTranslatedN(one, n) {
		if n == 1 {
			return l.number(1) + " " + one
		}
		return l.number(n) + " " + many
	}
	return strings.ReplaceAll(l.po.GetN(one, many, n), "{n}", l.number(n))
}

// figure is count with the number apart, to be set large: "1,023", "rows wait".
func (l *tongue) figure(v any, one, many string) []slot {
	n, _ := whole(v)
	noun := many
	if n == 1 {
		noun = one
	}
	return []slot{{Slot: l.number(n)}, {Text: l.t(noun)}}
}

// number writes a whole number in this language's digits.
func (l *tongue) number(n int) string {
	return l.digitsOf(strings.ReplaceAll(number(n), ",", l.group))
}

// digitsOf writes a text's European digits in this language's.
func (l *tongue) digitsOf(s string) string {
	if l.digits[0] == 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return l.digits[r-'0']
		}
		return r
	}, s)
}

func (l *tongue) filled(text string, fill []string) string {
	if len(fill) < 2 {
		return text
	}
	places := make([]string, len(fill)&^1)
	for i := range places {
		if places[i] = fill[i]; i%2 == 0 {
			places[i] = "{" + places[i] + "}"
		} else if places[i] != "" {
			places[i] = l.isolated(places[i])
		}
	}
	return strings.NewReplacer(places...).Replace(text) // at once: a name may look like a place
}

// pieces is a phrase for a template, which keeps what stands in its places apart
// from the words. A text that has no translation is kept apart whole.
func (l *tongue) pieces(p phrase) []query.Piece {
	if l.words[p.Text] == "" && (l.words != nil || len(p.Fill) == 0) {
		return []query.Piece{{Text: p.english(), Typed: true}}
	}
	var all []query.Piece
	for _, x := range l.say(p.Text) {
		if x.Slot == "" {
			all = append(all, query.Piece{Text: x.Text})
			continue
		}
		for i := 0; i+1 < len(p.Fill); i += 2 {
			if p.Fill[i] == x.Slot {
				all = append(all, query.Piece{Text: p.Fill[i+1], Typed: true})
			}
		}
	}
	return all
}

// english is a phrase as programs get it.
func (p phrase) english() string { return (&tongue{group: ","}).t(p.Text, p.Fill...) }

// charting makes a tongue one that a chart can be said in.
type charting struct{ *tongue }

func (a charting) Phrase(english string, fill ...any) string { return a.phrase(english, fill...) }
func (a charting) Count(n any, one, many string) string      { return a.count(n, one, many) }
func (a charting) Isolated(s string) string                  { return a.isolated(s) }

func (l *tongue) ofChart() chart.Tongue { return charting{l} }

// slot is a stretch of a sentence: words, or a place where a template puts
// something.
type slot struct {
	Text string
	Slot string // its name; "" for words
}

// say cuts a sentence at its {places}, in the order that this language has them
// in, for a template to fill with more than words:
//
//	{{range say "Posted by {who}."}}{{.Text}}{{if eq .Slot "who"}}<a …>…</a>{{end}}{{end}}
func (l *tongue) say(english string) []slot {
	rest := l.t(english)
	var all []slot
	for {
		from := strings.IndexByte(rest, '{')
		to := strings.IndexByte(rest, '}')
		if from < 0 || to < from {
			return append(all, slot{Text: rest})
		}
		if from > 0 {
			all = append(all, slot{Text: rest[:from]})
		}
		all = append(all, slot{Slot: rest[from+1 : to]})
		rest = rest[to+1:]
	}
}

// whole reads any whole number a template may hold.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case int64:
		return int(v), true
	case uint64:
		return int(v), true
	}
	return 0, false
}

// key marks a text that a template will say, so that the test of translations
// finds it.
func key(english string) string { return english }

// phrase is t for templates, which hand over values of any kind.
func (l *tongue) phrase(english string, fill ...any) string {
	texts := make([]string, len(fill))
	for i, v := range fill {
		if n, ok := whole(v); ok && i%2 == 1 {
			texts[i] = l.number(n)
		} else {
			texts[i] = fmt.Sprint(v)
		}
	}
	return l.t(english, texts...)
}
