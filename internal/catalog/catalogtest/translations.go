package catalogtest

import (
	"strings"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// translate adds a person's translation of a statement's version, or, with a
// tool, a program's.
func (l *log) translate(statement, version uint64, lang, text string, base uint64, tool string) uint64 {
	t := record.Translation{Leaf: l.next(), Statement: statement, Version: version, Lang: lang, Text: text, At: clock(l.next()), By: "mira", Tool: tool, Base: base}
	return l.add(func(b *catalog.Batch) {
		b.Translations = append(b.Translations, t)
		if tool == "" {
			b.Decisions = append(b.Decisions, record.Decision{Leaf: t.Leaf, At: t.At, By: t.By, Action: catalog.ActionTranslate, Target: statement, Reason: "translated", Payload: `{}`})
			return
		}
		b.Captures = append(b.Captures, record.Capture{Leaf: t.Leaf, Run: 1, At: t.At, Theirs: record.NoSeconds, Blob: record.DigestOf([]byte(text)),
			Size: int64(len(text)), Type: "text/plain; charset=utf-8", Format: catalog.FormatTranslation, Path: "translation.en.txt", Tool: tool})
	})
}

func translations(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "قصف الجسر", 100)
	b := l.say(source, capture, "2", "لا جديد", 200)
	newer := l.edit(a, 2, source, capture, "1", "قصف الجسر ليلا", 100)
	machine := l.translate(a, a, "en", "Bombing of the bridge", 0, "Tarjuman 2.1 (this machine)")
	own := l.translate(a, newer, "en", "The bridge was shelled at night", machine, "")
	french := l.translate(a, newer, "fr", "Le pont a été bombardé", 0, "")
	review := l.decide(catalog.ActionReview, machine, "read against the original")
	l.apply(t, c, 2)

	all := must[[]record.Translation](t)(c.Translations(ctx, a))
	want := []record.Translation{
		{Leaf: machine, Statement: a, Version: a, Lang: "en", Text: "Bombing of the bridge", At: clock(machine), By: "mira", Tool: "Tarjuman 2.1 (this machine)", Reviewed: review},
		{Leaf: own, Statement: a, Version: newer, Lang: "en", Text: "The bridge was shelled at night", At: clock(own), By: "mira", Base: machine},
		{Leaf: french, Statement: a, Version: newer, Lang: "fr", Text: "Le pont a été bombardé", At: clock(french), By: "mira"},
	}
	equal(t, "Translations", all, want)
	equal(t, "Translation", must[record.Translation](t)(c.Translation(ctx, own)), want[1])
	isErr(t, "a statement is no translation", second(c.Translation(ctx, a)), record.ErrNotFound)
	equal(t, "of the other", len(must[[]record.Translation](t)(c.Translations(ctx, b))), 0)
	st := must[record.Statement](t)(c.Statement(ctx, a))
	equal(t, "count and text", []any{st.Translations, st.Text}, []any{3, "قصف الجسر ليلا"})
	equal(t, "count of the other", must[record.Statement](t)(c.Statement(ctx, b)).Translations, 0)
	equal(t, "newest about the statement", must[uint64](t)(c.Newest(ctx, a)), review)
}

func translationsTakenBack(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "قصف الجسر", 100)
	machine := l.translate(a, a, "en", "Bombing", 0, "Tarjuman 2.1")
	own := l.translate(a, a, "en", "Shelling", 0, "")
	review := l.decide(catalog.ActionReview, machine, "good")
	undoOwn := l.decide("undo", own, "the wrong statement")
	undoMachine := l.decide("undo", machine, "nonsense")
	undoReview := l.decide("undo", review, "read again")
	l.apply(t, c, 1)
	all := must[[]record.Translation](t)(c.Translations(ctx, a))
	equal(t, "taken back", []uint64{all[0].Undone, all[0].Reviewed, all[1].Undone}, []uint64{undoMachine, 0, undoOwn})
	equal(t, "count", must[record.Statement](t)(c.Statement(ctx, a)).Translations, 0)
	equal(t, "found", ids(search(t, c, "has:translation", catalog.Page{})), []string{})
	l.decide("undo", undoMachine, "it was right")
	l.decide("undo", undoReview, "it was right")
	l.apply(t, c, 1)
	all = must[[]record.Translation](t)(c.Translations(ctx, a))
	equal(t, "standing again", []uint64{all[0].Undone, all[0].Reviewed, all[1].Undone}, []uint64{0, review, undoOwn})
	equal(t, "count", must[record.Statement](t)(c.Statement(ctx, a)).Translations, 1)
	equal(t, "found", ids(search(t, c, "has:translation", catalog.Page{})), []string{"1"})
}

// translationsErased: a catalog that forgot a text has the digest of one that
// never met it.
func translationsErased(t *testing.T, open Open) {
	c := fresh(t, open)
	l, _, source, capture := start()
	a := l.say(source, capture, "1", "قصف الجسر", 100)
	machine := l.translate(a, a, "en", "Bombing of the bridge", 0, "Tarjuman 2.1")
	own := l.translate(a, a, "en", "Shelling of the bridge", machine, "")
	l.bury(machine)
	l.bury(own)
	l.apply(t, c, 1)
	equal(t, "Translations", len(must[[]record.Translation](t)(c.Translations(ctx, a))), 0)
	equal(t, "count", must[record.Statement](t)(c.Statement(ctx, a)).Translations, 0)
	equal(t, "found", ids(search(t, c, "translation:bridge", catalog.Page{})), []string{})
	d := must[[]record.Decision](t)(c.AllDecisions(ctx))[0]
	equal(t, "decision", []string{d.Action, d.Reason, d.Payload}, []string{catalog.ActionTranslate, "", ""})

	again := fresh(t, open)
	gone := &log{}
	for i, f := range l.entries {
		gone.add(func(b *catalog.Batch) {
			f(b)
			if uint64(i) == machine || uint64(i) == own { // their bodies cannot be read any more
				b.Translations = nil
			}
			for k := range b.Decisions {
				b.Decisions[k].Reason, b.Decisions[k].Payload = "", ""
			}
			for k := range b.Captures {
				if b.Captures[k].Leaf == machine {
					b.Captures[k].Path, b.Captures[k].Tool = "", ""
				}
			}
		})
	}
	gone.apply(t, again, 0)
	equal(t, "digest", must[record.Digest](t)(again.Digest(ctx)), must[record.Digest](t)(c.Digest(ctx)))
}

func translationsFound(t *testing.T, open Open) {
	place := t.TempDir()
	c := open(t, place)
	l, _, source, capture := start()
	a := l.say(source, capture, "a", "قصف الجسر", 100)
	b := l.say(source, capture, "b", "The fuel depot burned", 200)
	l.say(source, capture, "c", "قصف المستودع", 300)
	l.apply(t, c, 0)
	l.translate(a, a, "en", "The Bridge, shelled; a fuel depot beside it.", 0, "")
	l.translate(b, b, "ar", "احترق مستودع الوقود", 0, "Tarjuman 2.1")
	l.apply(t, c, 0)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, place)
	defer c.Close()
	for _, s := range []struct{ text, want string }{
		{"has:translation", "ba"}, {"-has:translation", "c"},
		{"translation:bridge", "a"}, {`translation:"fuel depot"`, "a"}, {`translation:"depot fuel"`, ""},
		{"translation:الوقود|shelled", "ba"}, {"translation:مستودع lang:en", "b"}, {"-translation:bridge", "cb"}, {"translation:...", ""},
		{"fuel", "b"}, {"bridge", ""}, {"الوقود", ""}, // words of a translation are no words of the source
		{"fuel OR translation:fuel", "ba"}, {"translation:bridge translation:depot", "a"},
	} {
		if got := strings.Join(ids(search(t, c, s.text, catalog.Page{})), ""); got != s.want {
			t.Errorf("Search(%q) = %q, want %q", s.text, got, s.want)
		}
	}
}
