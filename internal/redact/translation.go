package redact

import (
	"strconv"

	"dalil/internal/record"
)

// actionTranslate is the decision that holds a person's translation in its body.
const actionTranslate = "translate"

// Translation is one translation of an item as the desk gathered it.
type Translation struct {
	record.Translation
	ID     string // speakable
	Number int    // its version, from 1
	// Withhold says why it stays in the house whatever its statement does: it
	// was taken back, it was corrected since, it names somebody.
	// "" lets it share its statement's fate.
	Withhold string
}

// ShownTranslation is a translation as the audience may see it.
type ShownTranslation struct {
	Lang     string
	Text     string
	Number   int    // its version, from 1
	Of       uint64 // log index of the version that it translates
	At       int64  // our clock, milliseconds since 1970
	By       string // handle of the translator; for partners only
	Tool     string // the program that wrote it; "" when a person did
	Reviewed bool   // a person has read a program's text against the original
	Entry    uint64 // log index of the decision whose body it is; 0 when that is not in the release
}

// translations takes over those of an item that is shown. A translation leaves
// only with the version that it is of. To the public goes no entry of one: it is
// signed with its translator's handle.
func (p *preparation) translations(it Item, s *Shown) {
	versions := map[uint64]bool{}
	for _, v := range s.Versions {
		versions[v.Entry] = true
	}
	for _, t := range it.Translations {
		why := t.Withhold
		switch {
		case why != "":
		case it.Shielded:
			why = "its statement names a private person who is shielded, and a translation may spell the name in other letters"
		case !versions[t.Version]:
			why = "the version that it translates is not shown"
		case p.audience == ForPublic && t.Machine() && t.Reviewed == 0:
			why = "a program wrote it and nobody has reviewed it"
		}
		if why != "" {
			p.report.Withheld = append(p.report.Withheld, Withheld{it.ID, "version " + strconv.Itoa(t.Number) + " of its translation into " + t.Lang, why})
			continue
		}
		x := ShownTranslation{Lang: t.Lang, Text: t.Text, Number: t.Number, Of: t.Version, At: t.At, Tool: t.Tool, Reviewed: t.Reviewed != 0}
		if p.audience == ForPartner {
			x.By = t.By
			if !t.Machine() {
				x.Entry = t.Leaf
				p.translated[t.Leaf] = true
			}
		}
		s.Translations = append(s.Translations, x)
	}
}
