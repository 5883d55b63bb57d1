package record

import "fmt"

// Reliability is how far a source can be relied on, in the words of the
// Admiralty code (METHODS 4): A to F, judged apart from what it says.
type Reliability string

const (
	Completely Reliability = "A"
	Usually    Reliability = "B"
	Fairly     Reliability = "C"
	NotUsually Reliability = "D"
	Unreliable Reliability = "E"
	Unjudged   Reliability = "F" // cannot be judged: no low grade
)

// ParseReliability reads a grade in either case; anything else is ErrInvalid.
func ParseReliability(s string) (Reliability, error) {
	if len(s) == 1 {
		if r := Reliability(s[0] &^ 0x20); r.Words() != "" {
			return r, nil
		}
	}
	return "", WithHint(fmt.Errorf("%w grade %.20q", ErrInvalid, s), "write A completely, B usually, C fairly, D not usually reliable, E unreliable, or F cannot be judged")
}

// Words are what a grade means; "" for what is none.
func (r Reliability) Words() string {
	switch r {
	case Completely:
		return "completely reliable"
	case Usually:
		return "usually reliable"
	case Fairly:
		return "fairly reliable"
	case NotUsually:
		return "not usually reliable"
	case Unreliable:
		return "unreliable"
	case Unjudged:
		return "cannot be judged"
	}
	return ""
}

// Grade is a person's judgement of a source's reliability on one topic: a
// decision, so it is dated, signed and can be undone. The newest that stands
// on a topic counts; the older ones are its history.
type Grade struct {
	Decision uint64 // its leaf
	Source   uint64
	Topic    string
	Grade    Reliability
	At       int64 // our clock, milliseconds since 1970
	By       string
	Reason   string
	Undone   uint64 // leaf of the decision that undid it; 0 while it stands
	Counts   bool   // the newest standing one on its topic
}
