package record

// Relation says how a member of a family came from the text it was joined by
// (METHODS 1.3).
type Relation string

const (
	RelFirst       Relation = "first"       // the earliest member that we captured; the others are told from it
	RelForward     Relation = "forward"     // the platform's forward header says so
	RelVerbatim    Relation = "verbatim"    // the same words, spelling and invisible characters aside
	RelEdited      Relation = "edited"      // changed here and there
	RelWrapped     Relation = "wrapped"     // with words of its own around it
	RelTruncated   Relation = "truncated"   // a part of it
	RelQuotedIn    Relation = "quoted_in"   // inside a text at least twice as long
	RelImageOf     Relation = "image_of"    // a picture of it
	RelTranslation Relation = "translation" // in another language; only a person says so
)

// Ground says by which test two statements were found to be the same text.
type Ground string

const (
	GroundExact    Ground = "exact"    // the same dup text (METHODS 1.1)
	GroundForward  Ground = "forward"  // a forward header names the other, or both name the same original
	GroundPicture  Ground = "picture"  // the same picture, by SHA-256 or by perceptual hash
	GroundNear     Ground = "near"     // Jaccard of character 5-grams at least .50
	GroundContains Ground = "contains" // one holds at least .70 of the other's 5-grams
	GroundRead     Ground = "read"     // near or contains, of text that software read in a picture
	GroundPerson   Ground = "person"   // a person decided
)

// Member is a statement's place in a family: a proposal of the repost
// analysis, derived and made again by every rebuild.
type Member struct {
	Statement  uint64 // leaf of its first version
	Family     uint64 // leaf of the family's anchor: the member that entered the log first
	Relation   Relation
	Ground     Ground
	Via        uint64  // the statement it is told from: the family's first, or a member next to that; 0 for the first
	Distance   int     // steps from the first: 0, 1 or 2 (METHODS 1.3)
	Similarity float64 // of both, 0 to 1: see Link
	Within     float64 // share of this text's 5-grams that Via has, 0 to 1
	Holds      float64 // share of Via's 5-grams that this text has, 0 to 1
}

// Family is statements that are the same text travelling. Its id is made of
// its anchor's leaf, which stays; which member is first is worked out from
// posting times and does not depend on the order of import.
type Family struct {
	Anchor  uint64
	First   uint64 // earliest posted member that we captured
	Members int
	Sources int   // distinct
	From    int64 // posting times, seconds since 1970; NoSeconds when no member states one
	To      int64
}

// Link is what makes two statements the same text, found by a test and
// verified. A < B; both are leaves of first versions.
type Link struct {
	A, B   uint64
	Ground Ground
	// Similarity is the Jaccard similarity of the character 5-grams of both
	// texts; for pictures, the share of bits of the perceptual hashes that agree.
	Similarity float64
	AInB       float64 // share of A's 5-grams that B has
	BInA       float64
}

// Veto is what keeps two statements apart though their words are alike: they
// state different times, dates or counts (METHODS 1.2). A person can overrule
// it by joining them.
type Veto struct {
	A, B       uint64 // leaves of first versions, A < B
	Slot       string // time, date, count
	Left       string // what A states, in words
	Right      string // what B states
	Similarity float64
}

// FamilyChange is what one run of the repost analysis changed. Set rows take
// the place of rows with the same key.
type FamilyChange struct {
	Links       []Link
	Unlink      [][2]uint64 // A, B
	Vetoes      []Veto
	Unveto      [][2]uint64
	Members     []Member
	NotMembers  [][2]uint64 // statement, family
	Families    []Family
	NotFamilies []uint64 // anchors
}

// Ruling is a person's standing decision about families.
type Ruling struct {
	Decision uint64 // its leaf
	Join     bool   // the statements are the same text; otherwise they are not
	A, B     uint64 // leaves of first versions
	Relation Relation
}

// Attested is an original that forward headers prove and no capture holds: the
// platform states that it existed, where, and sometimes when and under which
// id (METHODS 1.4).
type Attested struct {
	Origin string   // key of the source it was in, like "telegram:1234567890", or a pseudonym
	Source uint64   // leaf of that source when it is in the case; 0 when not
	ID     string   // external id, "" when no header gives it
	Posted When     // unknown when no header gives it
	By     []uint64 // the statements whose headers attest it, earliest first
}

// First is how often one source was the first with a text (METHODS 1.5).
type First struct {
	Source   uint64
	Families int     // that could be compared
	First    float64 // of them first; a tie of k sources counts 1/k for each
	Expected float64 // under the null model: first by posting rate alone
	Share    float64 // First / Families
	Low      float64 // 95 % interval of Share
	High     float64
	P        float64 // two-sided, exact
	Q        float64 // Benjamini-Hochberg over all sources with enough families
	Verdict  string  // "too few", "more often than chance", "less often than chance", "no difference shown"
}

// Lag is how two sources stand to each other: who posts the same text first.
type Lag struct {
	A, B    uint64 // leaves of sources
	Both    int    // families that both posted
	AFirst  int
	BFirst  int
	Ties    int // within a minute
	OnlyA   int // families that only A posted
	OnlyB   int
	Median  float64 // seconds from A to B; negative when B is earlier
	Low     float64 // 95 % interval of Median, bootstrap over days
	High    float64
	P       float64 // sign test, two-sided, exact
	Q       float64
	Verdict string // "too few", "A first", "B first", "no difference shown"
}

// Word verdicts of First and Lag.
const (
	VerdictTooFew = "too few"
	VerdictMore   = "more often than chance"
	VerdictLess   = "less often than chance"
	VerdictNone   = "no difference shown"
	VerdictA      = "A first"
	VerdictB      = "B first"
)

// Hour is how many statements a source posted in one hour: a count of hours
// since 1970 in UTC.
type Hour struct {
	Source uint64
	Hour   int64
	N      int64
}
