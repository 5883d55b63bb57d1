package record

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Digest is a SHA-256 value. Its text form is 64 lower-case hexadecimal
// digits, as sha256sum prints it.
type Digest [sha256.Size]byte

// DigestOf returns the SHA-256 of b.
func DigestOf(b []byte) Digest { return sha256.Sum256(b) }

// ParseDigest reads 64 hexadecimal digits; anything else is ErrInvalid.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != 2*len(d) {
		return d, fmt.Errorf("%w digest %.80q: want %d hexadecimal digits, got %d", ErrInvalid, s, 2*len(d), len(s))
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return Digest{}, fmt.Errorf("%w digest %.80q: %v", ErrInvalid, s, err)
	}
	return d, nil
}

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether d was never set. SHA-256 of nothing is not zero.
func (d Digest) IsZero() bool { return d == Digest{} }

func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

func (d *Digest) UnmarshalText(b []byte) error {
	p, err := ParseDigest(string(b))
	if err == nil {
		*d = p
	}
	return err
}

// Span points from a record to evidence bytes: Length bytes at Offset of a
// blob. Page (from 1) and Box narrow it on a paged document, From and To on a
// recording; they are zero where they do not apply.
type Span struct {
	Blob   Digest  `json:"blob"`
	Offset int64   `json:"offset"`           // bytes from the start of the blob
	Length int64   `json:"length"`           // bytes
	SHA256 Digest  `json:"sha256,omitzero"`  // of the bytes in the span
	Page   int     `json:"page,omitempty"`   // 1 is the first page
	Box    *Box    `json:"box,omitempty"`    // part of the page
	From   float64 `json:"from_s,omitempty"` // seconds into a recording
	To     float64 `json:"to_s,omitempty"`
}

// Box is a rectangle on a page in PDF points (1/72 inch), origin bottom left.
type Box struct{ X0, Y0, X1, Y1 float64 }
