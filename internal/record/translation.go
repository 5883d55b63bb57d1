package record

// Translation is a version of a statement put into another language, by a person
// or by a program. It stands beside the original and never in its place.
type Translation struct {
	Leaf      uint64 // leaf index of the decision that holds it, or of the capture of what a program wrote
	Statement uint64 // leaf index of the statement's first version
	Version   uint64 // leaf index of the version that was translated
	Lang      string // BCP 47
	Text      string // valid UTF-8
	At        int64  // our clock, milliseconds since 1970
	By        string // handle: who wrote it, or who had a program make it
	Tool      string // the program's name, version and place; "" when a person wrote it
	Base      uint64 // leaf index of the translation that it corrects and takes the place of; 0 when none

	Reviewed uint64 // leaf index of the decision that somebody checked it; 0 while nobody has
	Undone   uint64 // leaf index of the decision that took it back; 0 while it stands
}

// Machine reports whether a program wrote it.
func (t *Translation) Machine() bool { return t.Tool != "" }
