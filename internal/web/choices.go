package web

import (
	"net/http"
	"net/url"
	"slices"
)

// choices is how a reader wants pages to look. A cookie keeps them, so that the
// page comes as chosen and nothing flashes; they say nothing about the case.
type choices struct {
	Language string // "" is as the browser says
	Theme    string // "", "light", "dark"
	Rows     string // height of rows: "", "28", "44"; "" is 36 pixels
	Keys     string // "off" turns single-letter keys off
	Discreet string // "on": the window's title does not name the case
	Pictures string // before a break is suggested: "", "10", "40", "off"
}

// choice is one of them: the values it can have, with the words for them.
type option struct {
	Name, Label, Note string
	Values            []optionValue
}

type optionValue struct {
	Value, Word string
	Own         string // the word is in this language, not in the interface's
	Number      int    // instead of a word
	On          bool
}

func (s *server) options(c choices) []option {
	lang := option{Name: "lang", Label: key("Language"), Values: []optionValue{{Value: "", Word: key("as the browser says")}}}
	for _, l := range s.tongues {
		lang.Values = append(lang.Values, optionValue{Value: l.Tag, Word: l.Name, Own: l.Tag})
	}
	all := []option{lang,
		{Name: "theme", Label: key("Colours"), Values: []optionValue{{Value: "", Word: key("as the system says")}, {Value: "light", Word: key("light")}, {Value: "dark", Word: key("dark")}}},
		{Name: "rows", Label: key("Rows"), Values: []optionValue{{Value: "28", Word: key("close")}, {Value: "", Word: key("middle")}, {Value: "44", Word: key("wide")}}},
		{Name: "keys", Label: key("Single-letter keys"), Note: key("With them off, a letter never does anything; every act has its button."), Values: []optionValue{{Value: "", Word: key("on")}, {Value: "off", Word: key("off")}}},
		{Name: "discreet", Label: key("Name of the case in the window’s title"), Values: []optionValue{{Value: "", Word: key("shown")}, {Value: "on", Word: key("hidden")}}},
		{Name: "pictures", Label: key("Pictures shown before a break is suggested"), Note: key("A break is a quarter of an hour without a picture: then the count begins anew. This browser counts, until its window is closed; nobody else sees it."), Values: []optionValue{{Value: "10", Number: 10}, {Value: "", Number: lookedUsual}, {Value: "40", Number: 40}, {Value: "off", Word: key("no count")}}},
	}
	for i := range all {
		for j := range all[i].Values {
			v := &all[i].Values[j]
			v.On = v.Value == c.get(all[i].Name)
		}
	}
	return all
}

func (c *choices) field(name string) *string {
	return map[string]*string{"lang": &c.Language, "theme": &c.Theme, "rows": &c.Rows, "keys": &c.Keys, "discreet": &c.Discreet, "pictures": &c.Pictures}[name]
}

func (c choices) get(name string) string { return *c.field(name) }

const choicesCookie = "dalil-choices"

// choicesOf reads the cookie. Whatever is not a value on offer counts as not
// chosen.
func choicesOf(r *http.Request) choices {
	var c choices
	v := cookieValues(r, choicesCookie)
	for name, allowed := range onOffer() {
		if x := v.Get(name); slices.Contains(allowed, x) {
			*c.field(name) = x
		}
	}
	return c
}

// onOffer lists what can be chosen, besides nothing, by the names of choices.
func onOffer() map[string][]string {
	return map[string][]string{"lang": {"en", "ar", "fa"}, "theme": {"light", "dark"}, "rows": {"28", "44"}, "keys": {"off"}, "discreet": {"on"}, "pictures": {"10", "40", "off"}}
}

// cookieValues reads what a cookie keeps, by names; nothing when there is none, or
// it cannot be read.
func cookieValues(r *http.Request, cookie string) url.Values {
	k, err := r.Cookie(cookie)
	if err != nil {
		return nil
	}
	v, err := url.ParseQuery(k.Value)
	if err != nil {
		return nil
	}
	return v
}

// settings shows the choices and, under them, what is set for the case.
func (s *server) settings(r *http.Request) (reply, error) {
	c := choicesOf(r)
	return reply{page: "settings", title: key("Settings"), data: settingsData{s.options(c), s.desk.Case.Config.Text()}, json: map[string]string{
		"lang": c.Language, "theme": c.Theme, "rows": c.Rows, "keys": c.Keys, "discreet": c.Discreet, "pictures": c.Pictures, "case": s.desk.Case.Config.Text()}}, nil
}

type settingsData struct {
	Options []option
	Case    string // case.toml
}

// choose keeps choices. It is no act on the case: nothing is recorded.
func (s *server) choose(w http.ResponseWriter, r *http.Request) (string, error) {
	c := choicesOf(r)
	v := url.Values{}
	for name := range onOffer() {
		if r.PostForm.Has(name) {
			*c.field(name) = r.PostForm.Get(name)
		}
		if x := c.get(name); x != "" {
			v.Set(name, x)
		}
	}
	http.SetCookie(w, &http.Cookie{Name: choicesCookie, Value: v.Encode(), Path: "/", MaxAge: 400 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	return back(r, "/settings"), nil
}
