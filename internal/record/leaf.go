package record

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// LeafKind names what a log entry records. doc/evidence-package.md section 4
// is the specification of each kind's fields.
type LeafKind string

const (
	LeafCase      LeafKind = "case"      // the first entry: this case exists
	LeafConfig    LeafKind = "config"    // case.toml was changed to the body
	LeafKey       LeafKind = "key"       // a person's signing key is introduced
	LeafRun       LeafKind = "run"       // an import or other work began
	LeafEnd       LeafKind = "end"       // that work ended; the body is its receipt
	LeafSource    LeafKind = "source"    // a channel, outlet or account is known from here on
	LeafCapture   LeafKind = "capture"   // bytes were acquired
	LeafStatement LeafKind = "statement" // one version of one statement, as a span of a capture
	LeafMissing   LeafKind = "missing"   // a known statement was not in a later export of its range
	LeafSeen      LeafKind = "seen"      // a statement seen missing was there again
	LeafGap       LeafKind = "gap"       // what we could not see
	LeafDecision  LeafKind = "decision"  // a person decided
	LeafTombstone LeafKind = "tombstone" // bytes, body or salt were destroyed on a decision
	LeafAnalysis  LeafKind = "analysis"  // an analysis ran
)

// Leaf is one entry of the case's log: small, public in form, holding no text
// of any source or person. What may have to be forgotten is in a body in the
// side store or in a span of the archive, and bound here by Commit.
//
// The zero value of an optional field means "absent" and is not written, but
// for Posted, Edited and Theirs, where 0 is 1970 and NoSeconds is absent: use
// NewLeaf.
type Leaf struct {
	Kind LeafKind
	At   int64  // our clock, milliseconds since 1970
	By   string // handle of the actor; "" for a leaf inside a signed run

	Run     uint64 // leaf index of the run this belongs to; 0 (the case leaf) means none
	Capture uint64 // leaf index of the capture the span is in
	Source  uint64 // leaf index of the source
	Target  uint64 // leaf index of the record this is about

	ID     string // the statement's id in its source (a message id, a row id)
	Posted int64  // their clock, seconds since 1970; NoSeconds when not stated
	Edited int64  // their clock, seconds since 1970; NoSeconds when not stated

	Blob   Digest // capture, tombstone: which file
	Size   int64  // capture: bytes in the file
	Type   string // capture: media type, like "application/json"
	Format string // capture: format that reads it, like "telegram-json/1"
	Parent uint64 // capture: leaf index of the container's capture
	Theirs int64  // capture: their clock (file time, HTTP Date), seconds since 1970

	Offset int64 // statement, tombstone: bytes from the start of the blob
	Length int64 // statement, tombstone: bytes
	Page   int   // statement: page of a paged document, from 1

	First, Last string // gap: ids at the edges of what is missing
	From, To    int64  // gap: seconds since 1970; NoSeconds when open

	Action  string // decision: what was decided, like "withdraw"
	Expects uint64 // decision: leaf index of the newest record about Target that the person saw
	Key     string // key: Ed25519 public key, base64
	Why     string // gap, tombstone: one word, like "ids", "outage", "erased"
	Now     Digest // tombstone: SHA-256 of the rewritten file; zero when the file is gone

	Name   string // analysis: its name and version, like "repost/1"
	Saw    uint64 // analysis: log size it read
	Digest Digest // analysis: SHA-256 of its output

	Commit Digest // HMAC-SHA-256 of the salt and the body or span; zero when there is nothing to bind
	Sig    string // Ed25519 signature by the actor's key over the leaf without this field, base64
}

// NoSeconds stands for a time that is not stated.
const NoSeconds = -1 << 63

// MaxLeaf is the largest leaf in bytes: entries of a C2SP tile log carry a
// 16-bit length.
const MaxLeaf = 65535

// NewLeaf returns a leaf of a kind with every optional time absent.
func NewLeaf(kind LeafKind, at int64) Leaf {
	return Leaf{Kind: kind, At: at, Posted: NoSeconds, Edited: NoSeconds, Theirs: NoSeconds, From: NoSeconds, To: NoSeconds}
}

// Seconds returns the leaf form of a time: its seconds, or NoSeconds.
func (w When) Seconds() int64 {
	if !w.Known() {
		return NoSeconds
	}
	return w.Unix
}

// Append appends the canonical JSON of l to b: one object, members in the
// order of this function, no white space, absent members left out. The bytes
// are what is hashed, so this order is part of the format.
func (l *Leaf) Append(b []byte) []byte {
	b = append(b, `{"kind":"`...)
	b = append(b, l.Kind...)
	b = append(b, `","at":`...)
	b = strconv.AppendInt(b, l.At, 10)
	text := func(name, v string) {
		if v != "" {
			b = append(append(append(b, `,"`...), name...), `":`...)
			q, _ := json.Marshal(v) // a string never fails
			b = append(b, q...)
		}
	}
	num := func(name string, v, absent int64) {
		if v != absent {
			b = append(append(append(b, `,"`...), name...), `":`...)
			b = strconv.AppendInt(b, v, 10)
		}
	}
	dig := func(name string, d Digest) {
		if !d.IsZero() {
			b = append(append(append(b, `,"`...), name...), `":"`...)
			b = append(hex.AppendEncode(b, d[:]), '"')
		}
	}
	text("by", l.By)
	num("run", int64(l.Run), 0)
	num("capture", int64(l.Capture), 0)
	num("source", int64(l.Source), 0)
	num("target", int64(l.Target), 0)
	text("id", l.ID)
	num("posted", l.Posted, NoSeconds)
	num("edited", l.Edited, NoSeconds)
	dig("blob", l.Blob)
	if l.Kind == LeafCapture {
		num("size", l.Size, -1)
	}
	text("type", l.Type)
	text("format", l.Format)
	num("parent", int64(l.Parent), 0)
	num("theirs", l.Theirs, NoSeconds)
	if l.Length != 0 {
		num("offset", l.Offset, -1)
		num("length", l.Length, 0)
	}
	num("page", int64(l.Page), 0)
	text("first", l.First)
	text("last", l.Last)
	num("from", l.From, NoSeconds)
	num("to", l.To, NoSeconds)
	text("action", l.Action)
	num("expects", int64(l.Expects), 0)
	text("key", l.Key)
	text("why", l.Why)
	dig("now", l.Now)
	text("name", l.Name)
	num("saw", int64(l.Saw), 0)
	dig("digest", l.Digest)
	dig("commit", l.Commit)
	text("sig", l.Sig)
	return append(b, '}')
}

// ParseLeaf reads a leaf and refuses any byte form but the canonical one, so
// that a leaf and its bytes determine each other.
func ParseLeaf(b []byte) (Leaf, error) {
	var j struct {
		Kind                          LeafKind
		At                            int64
		By                            string
		Run, Capture, Source, Target  uint64
		ID                            string
		Posted, Edited, Theirs        *int64
		From, To                      *int64
		Blob, Now, Digest, Commit     *Digest
		Size, Offset, Length          int64
		Type, Format                  string
		Parent, Expects, Saw          uint64
		Page                          int
		First, Last, Action, Key, Why string
		Name, Sig                     string
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return Leaf{}, fmt.Errorf("%w log entry: %v", ErrInvalid, err)
	}
	sec := func(p *int64) int64 {
		if p == nil {
			return NoSeconds
		}
		return *p
	}
	dig := func(p *Digest) Digest {
		if p == nil {
			return Digest{}
		}
		return *p
	}
	l := Leaf{Kind: j.Kind, At: j.At, By: j.By, Run: j.Run, Capture: j.Capture, Source: j.Source, Target: j.Target,
		ID: j.ID, Posted: sec(j.Posted), Edited: sec(j.Edited), Blob: dig(j.Blob), Size: j.Size, Type: j.Type,
		Format: j.Format, Parent: j.Parent, Theirs: sec(j.Theirs), Offset: j.Offset, Length: j.Length, Page: j.Page,
		First: j.First, Last: j.Last, From: sec(j.From), To: sec(j.To), Action: j.Action, Expects: j.Expects,
		Key: j.Key, Why: j.Why, Now: dig(j.Now), Name: j.Name, Saw: j.Saw, Digest: dig(j.Digest), Commit: dig(j.Commit), Sig: j.Sig}
	if again := l.Append(make([]byte, 0, len(b))); string(again) != string(b) {
		return Leaf{}, fmt.Errorf("%w log entry: not in canonical form", ErrInvalid)
	}
	return l, nil
}
