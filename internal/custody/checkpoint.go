package custody

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/record"
)

// Checkpoint says how many entries a log has and what their Merkle root is.
// Signed, it is a line of text anybody can keep, and later hold against the
// log.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   record.Digest
}

// Text returns the three lines that are signed (C2SP tlog-checkpoint).
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// Sign returns the checkpoint as a signed note.
func (c Checkpoint) Sign(s ...note.Signer) ([]byte, error) {
	b, err := note.Sign(&note.Note{Text: c.Text()}, s...)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint of %s: %w", c.Origin, err)
	}
	return b, nil
}

// ParseCheckpoint reads a checkpoint, signed or only its text, and refuses any
// form but the one Text writes. It checks no signature: that is
// OpenCheckpoint's work.
func ParseCheckpoint(text string) (Checkpoint, error) {
	if i := strings.Index(text, "\n\n"); i >= 0 {
		text = text[:i+1] // signatures follow the empty line
	}
	bad := func(what string) (Checkpoint, error) {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: %s", record.ErrInvalid, what)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return bad("want three lines: origin, size, root")
	}
	c := Checkpoint{Origin: lines[0]}
	if c.Origin == "" {
		return bad("no origin")
	}
	n, err := strconv.ParseUint(lines[1], 10, 62)
	if err != nil {
		return bad("size is no number below 2^62")
	}
	c.Size = n
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return bad("root is not 32 bytes in base64")
	}
	c.Root = record.Digest(root)
	if c.Text() != text {
		return bad("not in canonical form")
	}
	return c, nil
}

// OpenCheckpoint checks the signature of a signed checkpoint and that it is
// about the log the key belongs to. A signature that does not verify is
// ErrAltered, anything that is no checkpoint ErrInvalid. Lines of other
// signers are allowed and not looked at.
func OpenCheckpoint(signed []byte, v note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: %w", record.ErrAltered, err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != v.Name() {
		return Checkpoint{}, fmt.Errorf("%w checkpoint: it is about %.80q, the key about %.80q", record.ErrInvalid, c.Origin, v.Name())
	}
	// A base64 signature has two bits nobody reads; nothing in a case may
	// change unseen, so they have to be zero.
	for line := range bytes.Lines(signed[len(n.Text)+1:]) {
		i := bytes.LastIndexByte(line, ' ')
		if _, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(string(line[i+1:]), "\n")); err != nil {
			return Checkpoint{}, fmt.Errorf("%w checkpoint: signature line: %w", record.ErrAltered, err)
		}
	}
	return c, nil
}

// ParseKey reads the verifier key line of a log (log/key) and refuses any form
// but the canonical one.
func ParseKey(line []byte) (note.Verifier, error) {
	text, ok := strings.CutSuffix(string(line), "\n")
	v, err := note.NewVerifier(text)
	if !ok || err != nil {
		return nil, fmt.Errorf("%w key: one line NAME+ID+KEY was expected, got %.200q", record.ErrAltered, line)
	}
	// note reads the id in either case; the file has one form.
	if want := fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash()); !strings.HasPrefix(text, want) {
		return nil, fmt.Errorf("%w key: not in canonical form", record.ErrAltered)
	}
	return v, nil
}

// CheckOrigin refuses a name that no case's log has: it is "dalil.case/" and
// 32 lower-case hexadecimal digits.
func CheckOrigin(origin string) error {
	hex, ok := strings.CutPrefix(origin, "dalil.case/")
	if !ok || len(hex) != 32 || strings.Trim(hex, "0123456789abcdef") != "" {
		return fmt.Errorf(`%w origin %.80q: want "dalil.case/" and 32 hexadecimal digits`, record.ErrInvalid, origin)
	}
	return nil
}
