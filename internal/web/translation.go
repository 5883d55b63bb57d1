package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dalil/internal/desk"
	"dalil/internal/record"
)

// translations is what stands beside the original on a statement's page.
type translations struct {
	Tabs   []translationTab
	Shown  *shownTranslation // nil while there is none, or one is being added
	Form   *translationForm
	Ask    *askMachine
	Write  bool
	New    string // address of the form for another one; "" when nothing can be written
	Adding bool
}

// Pair reports whether a translation, or the form for one, stands beside the
// original.
func (b translations) Pair() bool { return b.Shown != nil || b.Form != nil }

type translationTab struct {
	desk.Translation
	URL string
	On  bool
}

type shownTranslation struct {
	desk.Translation
	Chip    chip
	Body    block
	URL     string
	Diff    *block // against the one it corrects
	Compare bool   // that is to be seen at once
	BaseURL string
	Next    string // address of the one that corrects it
	Correct string // address of the form to correct it; "" when it cannot be
	Review  string // where to post that it was reviewed; "" when there is nothing to say
}

type translationForm struct {
	To, Back   string
	Base, Lang string
	Text       string
	Rows       int
	Langs      []string
}

// askMachine is the button that asks the translation program; Why is why it is
// not asked.
type askMachine struct {
	To, Lang, Why, Host string
	Remote              bool
}

// beside gathers the translations of a statement. Which one is shown is in the
// address (tr=ID), and so is the form (tr=new, edit=1): the page needs no script.
func (s *server) beside(r *http.Request, d statementData) (translations, error) {
	st := d.Statement
	b := translations{Write: s.desk.Case.Writable() && !st.Erased}
	at := func(id string, more ...string) string {
		v := url.Values{"tr": {id}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		if id == "new" || v.Has("edit") {
			return d.URL + "?" + v.Encode() + "#tr-text" // which puts the cursor there; a browser does not honour autofocus beside a fragment
		}
		return d.URL + "?" + v.Encode() + "#translation"
	}
	ask := r.URL.Query()
	wanted := ask.Get("tr")
	byID := map[string]*desk.Translation{}
	var shown *desk.Translation
	for i := range d.Translations {
		t := &d.Translations[i]
		byID[t.ID] = t
		if t.Current() && (shown == nil || rankOf(t) >= rankOf(shown)) {
			shown = t
		}
	}
	b.Adding = b.Write && wanted == "new"
	if t := byID[wanted]; t != nil {
		shown = t
	}
	if b.Write {
		b.New = at("new")
	}
	for i := range d.Translations {
		t := d.Translations[i]
		if t.Current() || &d.Translations[i] == shown {
			b.Tabs = append(b.Tabs, translationTab{t, at(t.ID), &d.Translations[i] == shown && !b.Adding})
		}
	}
	tongue := s.tongueOf(r).Tag
	into := tongue
	if base, _, _ := strings.Cut(st.Lang, "-"); base == tongue {
		into = "en"
	}
	if b.Adding {
		b.Form = &translationForm{To: "/s/" + d.ID + "/translate", Back: d.URL, Lang: into, Rows: rowsFor(st.Text), Langs: []string{"en", "ar", "fa", "fr", "de", "es", "tr", "ckb", "ru", "uk", "he", "ur"}}
	} else if shown != nil {
		b.Shown = s.showing(shown, byID, at, d, b.Write)
		b.Shown.Compare = ask.Get("diff") == "1"
		if b.Shown.Correct != "" && ask.Get("edit") == "1" {
			b.Form = &translationForm{To: "/s/" + d.ID + "/translate", Back: b.Shown.URL, Base: shown.ID, Lang: shown.Lang, Text: shown.Text, Rows: rowsFor(shown.Text)}
		}
	}
	if c := s.desk.Case.Config.Translate; b.Write && c.Endpoint != "" && b.Form == nil {
		b.Ask = &askMachine{To: "/s/" + d.ID + "/translate", Lang: into}
		if u, err := url.Parse(c.Endpoint); err == nil {
			b.Ask.Host, b.Ask.Remote = u.Host, c.Remote
		}
		if err := s.desk.MayAskMachine(r.Context(), st, c.Remote); err != nil {
			b.Ask.Why = err.Error()
		}
	}
	return b, nil
}

// rankOf orders what to show unasked: a person's before a program's, reviewed
// before unreviewed, of the newest wording before older.
func rankOf(t *desk.Translation) int {
	n := 0
	if !t.Old {
		n += 4
	}
	if !t.Machine() {
		n += 2
	}
	if t.Reviewed != 0 {
		n++
	}
	return n
}

func (s *server) showing(t *desk.Translation, byID map[string]*desk.Translation, at func(string, ...string) string, d statementData, write bool) *shownTranslation {
	x := &shownTranslation{Translation: *t, Body: prose(t.Text, t.Lang, nil, d.Raw), URL: at(t.ID)}
	switch {
	case !t.Machine() && t.Checked != nil:
		x.Chip = chip{"human", "●", key("human, reviewed"), key("written by a person and read against the original by another")}
	case !t.Machine():
		x.Chip = chip{"human", "●", key("human"), key("written by a person, who signed it")}
	case t.Checked != nil:
		x.Chip = chip{"machine", "◐", key("machine, reviewed"), key("written by a program; a person has read it against the original")}
	default:
		x.Chip = chip{"machine", "○", key("machine, unreviewed"), key("written by a program; nobody has read it against the original")}
	}
	if base := byID[t.BaseID]; base != nil && !t.Hidden {
		diff := compare(base.Text, t.Text, t.Lang)
		x.Diff, x.BaseURL = &diff, at(base.ID)
	}
	if t.NextID != "" {
		x.Next = at(t.NextID)
	}
	if write && t.Current() && !t.Hidden {
		x.Correct = at(t.ID, "edit", "1")
		if t.Checked == nil && (t.Machine() || t.By != s.desk.Case.Handle()) {
			x.Review = "/s/" + d.ID + "/review"
		}
	}
	return x
}

// rowsFor is how high a text area has to be for a text like this one.
func rowsFor(text string) int {
	return min(30, max(6, strings.Count(text, "\n")+len([]rune(text))/50+2))
}

// translate keeps a translation that was written in the form, or has the
// program write one.
func (s *server) translate(_ http.ResponseWriter, r *http.Request) (string, error) {
	f, id := r.PostForm, r.PathValue("id")
	var t desk.Translation
	var err error
	if f.Get("machine") != "" {
		// A program on this machine is slow; the page that waits for it may be too.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 55*time.Second) // the connection is given a minute
		defer cancel()
		t, err = s.desk.MachineTranslate(ctx, id, f.Get("lang"))
	} else {
		t, err = s.desk.Translate(r.Context(), id, f.Get("lang"), f.Get("text"), f.Get("base"))
		if errors.Is(err, record.ErrConflict) && f.Get("base") != "" {
			if c, lookErr := s.corrected(r.Context(), id, sent(r)); lookErr == nil && c != nil {
				return "", c
			}
		}
	}
	if err != nil {
		return "", err
	}
	to := with("/s/"+id, "tr", t.ID)
	if !t.Machine() {
		to = with(to, "did", t.ID)
	}
	return to + "#translation", nil
}

// reviewTranslation records that a translation was read against the original.
func (s *server) reviewTranslation(_ http.ResponseWriter, r *http.Request) (string, error) {
	tr := r.PostForm.Get("translation")
	x, err := s.desk.Review(r.Context(), tr, r.PostForm.Get("reason"))
	if err != nil {
		return "", err
	}
	to := with("/s/"+r.PathValue("id"), "tr", tr)
	return with(to, "did", s.desk.Case.IDs.ID(record.KindDecision, x.Leaf)) + "#translation", nil
}
