package web

import (
	"net/http"
)

// styleData is the page that shows every part that pages are made of, in every
// state: for whoever designs, and for the tests that look.
type styleData struct {
	States    []styleState // how far something was checked
	Standards []styleState // of proof, weakest first
	Groups    []styleState
	Chips     []chip
	Texts     []styleText
	Names     []string // that try to move what stands beside them
	Swatches  []string
}

type styleState struct{ Class, Glyph, Word string }

type styleText struct {
	Name string
	Body block
}

func (s *server) style(*http.Request) (reply, error) {
	d := styleData{States: checkStates(), Standards: standards(),
		Groups: []styleState{{"group-1", "▉", "1"}, {"group-2", "▲", "2"}, {"group-3", "●", "3"}, {"group-4", "◆", "4"}, {"group-5", "✚", "5"}, {"group-6", "★", "6"}, {"group-0", "○", "0"}},
		Chips: []chip{{"new", "○", key("new"), ""}, {"kept", "◆", key("kept"), ""}, {"later", "◷", key("later"), ""}, {"label", "", "nahr", ""}, {"shield", "⚠", key("names a person"), ""},
			{"edited", "✎", key("edited"), ""}, {"missing", "◌", key("not in the newest export"), ""}, {"withdrawn", "⊘", key("withdrawn"), ""}, {"erased", "■", key("erased"), ""},
			{"verified", "●", key("sealed"), ""}, {"refuted", "✕", key("not sealed"), ""}, {"plain", "", key("source"), ""}},
		Names:    []string{"أصحاب الجسر", "evil\u202egnp.exe", "@nahr_1 (3)", "\u200f(٣) نهر", "a\u200bb", "<b>&amp;", "שומרי הגשר", "ʿAṣāʾib al-Ǧisr"},
		Swatches: []string{"ink", "muted", "link", "paper", "raised", "wash", "line", "mark", "ins", "del"},
	}
	for _, x := range []struct{ name, lang, text string }{
		{key("Arabic"), "ar", "﴿ بسم الله ﴾\nأُعيد فتح الجسر القديم في الساعة 20:41 بعد أعمال صيانة دامت ٣ أيام، وقالت @nahr_news إن الطريق سالك https://nahr.example/1"},
		{key("Persian"), "fa", "پل قدیمی ساعت ۲۰:۴۱ پس از ۳ روز تعمیر بازگشایی شد؛ رانندگان می\u200cتوانند از آن بگذرند."},
		{key("Sorani"), "ckb", "پردە کۆنەکە کاتژمێر ٢٠:٤١ دوای سێ ڕۆژ چاککردنەوە کرایەوە."},
		{key("Hebrew"), "he", "הגשר הישן נפתח מחדש בשעה 20:41 לאחר שלושה ימי תיקונים."},
		{key("English"), "en", "The old bridge was opened again at 20:41, after three days of repairs (#bridge)."},
	} {
		d.Texts = append(d.Texts, styleText{x.name, prose(x.text, x.lang, nil, false)})
	}
	return reply{page: "style", title: key("Style"), data: d}, nil
}

// checkStates are how far something was checked (UX c.3): a fill, a glyph and a
// word each, so that none is told by its colour alone.
func checkStates() []styleState {
	return []styleState{{"unreviewed", "○", key("unreviewed")}, {"review", "◔", key("in review")}, {"corroborated", "◐", key("corroborated")},
		{"verified", "●", key("verified")}, {"disputed", "◇", key("disputed")}, {"refuted", "✕", key("refuted")}}
}

// standards are the standards of proof, weakest first.
func standards() []styleState {
	return []styleState{{"proof-0", "○", key("insufficient")}, {"proof-1", "◔", key("reasonable grounds to suspect")}, {"proof-2", "◑", key("balance of probabilities")},
		{"proof-3", "◕", key("clear and convincing")}, {"proof-4", "●", key("beyond reasonable doubt")}}
}
