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

// chips lists the states of a statement that its reader must know of: what
// depends on a number is said in this language already, the rest is for a
// template to say.
func (l *tongue) chips(s record.Statement) []chip {
	var all []chip
	if s.Erased {
		all = append(all, chip{"erased", "■", key("erased"), key("its bytes were destroyed on a decision; that it existed stays on record")})
	}
	if s.Withdrawn {
		all = append(all, chip{"withdrawn", "⊘", key("withdrawn"), key("hidden from lists and not to be cited; nothing was destroyed")})
	}
	if s.Until != 0 {
		all = append(all, chip{"old", "↺", key("earlier version"), key("an earlier version matched; the current one does not")})
	}
	if s.Version > 1 {
		all = append(all, chip{"edited", "✎", l.t("version {n}", "n", l.number(s.Version)), key("captured in more than one version")})
	} else if s.Edited.Known() {
		all = append(all, chip{"edited", "✎", key("edited"), key("the source says it was edited; only this version was captured")})
	}
	if s.MissingFrom != 0 {
		all = append(all, chip{"missing", "◌", key("not in the newest export"), key("a later export covers its place and does not have it; why, we do not know")})
	}
	if s.Forward != nil {
		all = append(all, chip{"plain", "↪", key("forwarded"), key("the platform says it was copied from elsewhere")})
	}
	if len(s.Flags) > 0 {
		all = append(all, chip{"plain", "⚑", l.t("{n} of the source", "n", l.count(len(s.Flags), "defect", "defects")), key("said in words on its page")})
	}
	return all
}
