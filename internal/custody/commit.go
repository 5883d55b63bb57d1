package custody

import (
	"crypto/rand"
	"crypto/sha256"
	"hash"

	"dalil/internal/record"
)

// NewSalt returns 32 random bytes.
func NewSalt() []byte {
	b := make([]byte, SaltSize)
	rand.Read(b) // never fails (crypto/rand)
	return b
}

// Commit returns HMAC-SHA-256 of msg under salt: it binds an entry to bytes
// without saying what they are, until salt and bytes are shown. For many
// messages keep a Committer.
func Commit(salt, msg []byte) record.Digest {
	var c Committer
	return c.Commit(salt, msg)
}

// Committer makes commitments without allocating. The zero value is ready; one
// goroutine at a time.
//
// It is crypto/hmac for keys of 32 bytes, with the state kept: every
// message has a key of its own here, and crypto/hmac builds two hashes anew
// for each.
type Committer struct {
	h    hash.Hash
	salt [SaltSize]byte
	pad  [sha256.BlockSize]byte
	sum  [sha256.Size]byte
}

// Commit returns HMAC-SHA-256 of msg under salt, which has 32 bytes.
func (c *Committer) Commit(salt, msg []byte) record.Digest {
	c.Begin(salt)
	c.Write(msg)
	return c.Sum()
}

// Begin starts a commitment to a message that comes in parts.
func (c *Committer) Begin(salt []byte) {
	if c.h == nil {
		c.h = sha256.New()
	}
	c.salt = [SaltSize]byte(salt)
	c.start(0x36)
}

// Write adds a part of the message. It never fails.
func (c *Committer) Write(part []byte) (int, error) { return c.h.Write(part) }

// Sum ends the message and returns the commitment.
func (c *Committer) Sum() record.Digest {
	inner := c.h.Sum(c.sum[:0])
	c.start(0x5c)
	c.h.Write(inner)
	return record.Digest(c.h.Sum(c.sum[:0]))
}

func (c *Committer) start(x byte) {
	for i := range c.pad {
		c.pad[i] = x
	}
	for i, s := range c.salt {
		c.pad[i] ^= s
	}
	c.h.Reset()
	c.h.Write(c.pad[:])
}
