package warc

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
)

// digest compares bytes with a labelled digest like "sha1:3I42H3S6…". Nil is a
// digest that anything fits.
type digest struct {
	sum  hash.Hash
	want string
}

// newDigest returns nil for no digest and for an algorithm that is not known.
func newDigest(field string) *digest {
	name, want, ok := strings.Cut(field, ":")
	if !ok || want == "" {
		return nil
	}
	var sum hash.Hash
	switch strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "-", "") {
	case "sha1":
		sum = sha1.New()
	case "sha224":
		sum = sha256.New224()
	case "sha256":
		sum = sha256.New()
	case "sha512":
		sum = sha512.New()
	case "md5":
		sum = md5.New()
	default:
		return nil
	}
	return &digest{sum: sum, want: strings.TrimSpace(want)}
}

func (d *digest) write(b []byte) {
	if d != nil {
		d.sum.Write(b)
	}
}

// Write makes a digest the end of a TeeReader; it never fails.
func (d *digest) Write(b []byte) (int, error) {
	d.write(b)
	return len(b), nil
}

// fits reports whether the bytes written have the digest, in any of the ways
// tools write one: base 32, base 16, base 64.
func (d *digest) fits() bool {
	if d == nil {
		return true
	}
	sum := d.sum.Sum(nil)
	return strings.EqualFold(d.want, hex.EncodeToString(sum)) ||
		strings.EqualFold(strings.TrimRight(d.want, "="), strings.TrimRight(base32.StdEncoding.EncodeToString(sum), "=")) ||
		d.want == base64.StdEncoding.EncodeToString(sum) || d.want == base64.URLEncoding.EncodeToString(sum)
}
