package record

import "strings"

// StatementKind says what sort of thing a source published.
type StatementKind string

const (
	Post     StatementKind = "post"     // a message of a channel or group
	Service  StatementKind = "service"  // a platform's own note: "channel renamed", "message pinned"
	Article  StatementKind = "article"  // a page of an outlet
	Comment  StatementKind = "comment"  // a reader's comment under an article
	Document StatementKind = "document" // a text, a PDF page
	Image    StatementKind = "image"    // a picture on its own
	Record   StatementKind = "record"   // a row of somebody's table
)

// Reading is what a format read in a span: the content of one version of one
// statement. It is derived, and made anew by every rebuild; the span's bytes
// are the evidence.
type Reading struct {
	Kind       StatementKind
	ExternalID string // id in its source; "" lets the pipeline derive one from the bytes
	Span       Span   // Blob and SHA256 are filled in by the pipeline

	Posted When // their clock; for an article the published date it prints, a claim
	Edited When

	Title  string
	Byline string
	Text   string // display text as written, valid UTF-8, paragraphs separated by "\n"
	Lang   string // BCP 47 if the source declares it; the pipeline identifies it otherwise

	Entities  []Entity
	Sender    Party    // who signed inside the source (group member, author_signature)
	Forward   *Forward // the platform says: copied from there
	ReplyTo   string   // external id of the statement answered, in the same source
	Media     []Media
	Reactions []Reaction
	Views     int64 // 0 when not stated
	URL       string
	Parent    string   // external id of the statement this belongs under (a comment's article)
	Credits   []string // image credits, kept out of Text
	Refs      []string // reference list and link list entries, kept out of Text
	Flags     []Flag
	Facts     []Fact // what it says about its source; Leaf and Key are filled in by the pipeline
}

// Entity is a stretch of Reading.Text with a meaning: Offset and Length count
// bytes of Text.
type Entity struct {
	Kind   string `json:"kind"` // mention, hashtag, link, text_link, bold, …: the platform's word
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	Target string `json:"target,omitempty"` // URL or id behind the text
}

// Strings returns everything of a version that its source wrote: where a name
// can stand.
func (s *Statement) Strings() []string {
	all := []string{s.Text, s.Title, s.Byline, s.URL, s.Parent, s.ReplyTo, s.ExternalID, s.Sender.Name, s.Sender.ID}
	if s.Forward != nil {
		all = append(all, s.Forward.From.Name, s.Forward.From.ID)
	}
	for i := range s.Entities {
		all = append(all, s.Entities[i].Target)
	}
	for i := range s.Media {
		all = append(all, s.Media[i].Alt, s.Media[i].Name, s.Media[i].Path)
	}
	return append(append(all, s.Credits...), s.Refs...)
}

// Party is somebody named by a platform: a channel or a person. Persons appear
// outside the archive only as Pseudonym unless an analyst gave a reason.
type Party struct {
	ID        string `json:"id,omitempty"`   // platform id like "user123", "channel456"
	Name      string `json:"name,omitempty"` // display name
	Person    bool   `json:"person,omitempty"`
	Pseudonym string `json:"pseudonym,omitempty"`
}

// Forward is a platform's forward header: proof by assertion of the platform
// that the original existed, where and when (METHODS 1.4).
type Forward struct {
	From   Party  `json:"from"`
	ID     string `json:"id,omitempty"` // external id of the original in its source
	Posted When   `json:"posted,omitzero"`
}

// Origin is the key of the source that the header names, like
// "telegram:1234567890"; for a name without an id, its pseudonym; "" when the
// header names nobody.
func (f *Forward) Origin() string {
	if id := strings.TrimLeftFunc(f.From.ID, func(r rune) bool { return r != '-' && (r < '0' || r > '9') }); id != "" {
		return "telegram:" + id
	}
	return f.From.Pseudonym
}

// Media is a file that belongs to a statement. An export that left it out says
// why in Omitted, and Path is then empty: that is no failure.
type Media struct {
	Kind    string `json:"kind"`           // photo, video, voice, file, sticker, …
	Path    string `json:"path,omitempty"` // as written in the source, relative to it
	Type    string `json:"type,omitempty"` // media type
	Name    string `json:"name,omitempty"` // the sender's file name
	Omitted string `json:"omitted,omitempty"`
	Size    int64  `json:"size,omitempty"` // bytes as declared
	Width   int    `json:"width,omitempty"`
	Height  int    `json:"height,omitempty"`
	Seconds int    `json:"seconds,omitempty"`
	Blob    Digest `json:"blob,omitzero"` // filled in by the pipeline once the file is in the archive
	Alt     string `json:"alt,omitempty"`
}

// Picture reports whether m is a still picture.
func (m *Media) Picture() bool {
	return m.Kind == "photo" || m.Kind == "image" || strings.HasPrefix(m.Type, "image/")
}

// Reaction is how often one reaction was given.
type Reaction struct {
	What  string `json:"what"` // an emoji or the platform's name for it
	Count int64  `json:"count"`
}

// Flag names a defect of the source bytes that a careful reader must know of.
type Flag string

const (
	FlagInvalidUTF8   Flag = "invalid-utf8"      // bytes that are no UTF-8; shown as U+FFFD, kept in the archive
	FlagDuplicateKey  Flag = "duplicate-key"     // a JSON member twice: readers disagree which counts
	FlagControlEscape Flag = "control-escape"    // Telegram Desktop's invalid "\x0N"
	FlagNoZone        Flag = "no-zone"           // local time without a zone
	FlagClockConflict Flag = "clock-conflict"    // two fields give different times
	FlagTextConflict  Flag = "text-conflict"     // two fields give different texts
	FlagDerivedText   Flag = "derived-text"      // text extracted by software (PDF, OCR): check against the page
	FlagDuplicateID   Flag = "duplicate-id"      // two messages of one export share an id
	FlagTruncated     Flag = "truncated"         // the source ends inside this statement
	FlagLoneSurrogate Flag = "lone-surrogate"    // "\uD800" without its other half
	FlagUnknownParts  Flag = "unknown-parts"     // the source has parts this version cannot read
	FlagBidiControls  Flag = "bidi-controls"     // invisible direction controls in a name or title
	FlagNotReadAgain  Flag = "not-read-again"    // today's reader does not find in the file what an earlier one read there
	FlagForwardByName Flag = "forward-name-only" // forwarded from a display name, not from an id
)

// Statement is one version of a statement as the catalog keeps it: the reading
// and where in the case it stands.
type Statement struct {
	Reading

	Leaf       uint64 // leaf index of this version
	First      uint64 // leaf index of its first version; the statement's id is made of it
	Version    int    // in the order they came to us, from 1
	Source     uint64 // leaf index of the source
	SourceKey  string // like "telegram:1234567890"
	SourceName string
	Capture    uint64 // leaf index of the capture
	CapturedAt int64  // our clock, milliseconds since 1970
	TextDigest Digest // SHA-256 of Text: decides whether a later export changed it
	Until      uint64 // leaf index of the version shown instead of this one; 0 while current

	Withdrawn   bool
	Erased      bool
	MissingFrom uint64 // leaf index of the observation that it was not there any more; 0 when none

	Translations int // that stand, of all its versions

	Family   uint64   // leaf of its family's anchor; 0 when it stands alone
	Relation Relation // its place there
}

// SourceType says what sort of publisher a source is.
type SourceType string

const (
	Channel   SourceType = "channel"
	Group     SourceType = "group"
	PrivateIM SourceType = "private-chat"
	Outlet    SourceType = "outlet" // a website
	Folder    SourceType = "folder" // files of unknown origin, kept together
	Table     SourceType = "table"
)

// Source is who publishes.
type Source struct {
	Leaf     uint64     `json:"-"`
	Key      string     `json:"key"` // stable across exports, like "telegram:1234567890", "web:example.org"
	Name     string     `json:"name"`
	Type     SourceType `json:"type"`
	Platform string     `json:"platform"` // telegram, web, file
	Private  bool       `json:"private,omitempty"`
	// Sequential: message ids of this source count up by one for each message,
	// so a hole in them is something we did not see.
	Sequential bool `json:"sequential,omitempty"`
}

// Capture is one act of acquiring bytes.
type Capture struct {
	Leaf   uint64 `json:"-"`
	Run    uint64 `json:"-"`
	At     int64  `json:"-"` // our clock, milliseconds since 1970
	Theirs int64  `json:"-"` // their clock, seconds since 1970; NoSeconds when not stated
	Blob   Digest `json:"-"`
	Size   int64  `json:"-"`
	Type   string `json:"-"`
	Format string `json:"-"`
	Parent uint64 `json:"-"` // container's capture leaf, 0 when none

	Path string `json:"path"`          // where it was found, relative to what was imported, "/" separated
	URL  string `json:"url,omitempty"` // where it is said to come from
	Tool string `json:"tool,omitempty"`
}

// Gap is what we could not see: a hole in a source's ids, or a time when the
// source, a country or our collector was down. Gaps are never deletion claims.
type Gap struct {
	Leaf        uint64 `json:"-"`
	Source      uint64 `json:"-"` // 0: every source
	First, Last string // edges of a hole in ids, inclusive
	From, To    int64  // seconds since 1970; NoSeconds when open
	Why         string // "ids", "outage"
	Note        string `json:"note,omitempty"`
}

// Decision is what a person decided, with the time and the reason.
type Decision struct {
	Leaf    uint64
	At      int64
	By      string
	Action  string // withdraw, restore, erase-request, erase, outage, undo, …
	Target  uint64
	Reason  string
	Undone  uint64 // leaf of the decision that undid it; 0 while it stands
	Payload string // JSON, by action
}

// Problem is something that could not be read: which file, where in it, what,
// and what the user can do. The rest of the import goes on.
type Problem struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // byte of the file; -1 when it has no place
	What   string `json:"what"`
	Remedy string `json:"remedy,omitempty"`
	ID     string `json:"external_id,omitempty"` // the item it hit, when known
}
