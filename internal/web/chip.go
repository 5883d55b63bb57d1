package web

import (
	"dalil/internal/record"
)

// chip is a state as a filled label with a glyph and a word, so that it can be
// told without seeing its colour.
type chip struct {
	Class, Glyph, Word string
	Title              string
}

// chipsOf lists the states of a statement that its reader must know of.
func chipsOf(s record.Statement) []chip {
	var all []chip
	if s.Erased {
		all = append(all, chip{"erased", "■", "erased", "its bytes were destroyed on a decision; that it existed stays on record"})
	}
	if s.Withdrawn {
		all = append(all, chip{"withdrawn", "⊘", "withdrawn", "hidden from lists and not to be cited; nothing was destroyed"})
	}
	if s.Until != 0 {
		all = append(all, chip{"old", "↺", "earlier version", "an earlier version matched; the current one does not"})
	}
	if s.Version > 1 {
		all = append(all, chip{"edited", "✎", "version " + number(s.Version), "captured in more than one version"})
	} else if s.Edited.Known() {
		all = append(all, chip{"edited", "✎", "edited", "the source says it was edited; only this version was captured"})
	}
	if s.MissingFrom != 0 {
		all = append(all, chip{"missing", "◌", "not in the newest export", "a later export covers its place and does not have it; why, we do not know"})
	}
	if s.Forward != nil {
		all = append(all, chip{"plain", "↪", "forwarded", "the platform says it was copied from elsewhere"})
	}
	if len(s.Flags) > 0 {
		all = append(all, chip{"plain", "⚑", count(len(s.Flags), "defect", "defects") + " of the source", "said in words on its page"})
	}
	return all
}
