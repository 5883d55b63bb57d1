package custody

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"dalil/internal/record"
)

// MinPassword is the least number of characters of a password: what NIST SP
// 800-63B-4 asks of one that stands alone. What they are is nobody's business.
const MinPassword = 15

// maxPassword bounds a password, in bytes; a page-long one is a mistake.
const maxPassword = 1024

// The cost of one guess: RFC 9106, section 4, second recommendation, with one
// lane instead of four, since a guess should not take the whole machine.
const (
	guessMemory = 64 << 10 // KiB
	guessTime   = 3
	guessLanes  = 1
	guessSalt   = 16 // bytes
	guessHash   = 32 // bytes
)

// Password asks for the password of one case on this machine. It lies with the
// keys, outside the case, so that whoever is handed a case is not handed it.
type Password struct {
	keys   *Keys
	origin string
	turn   chan struct{} // a guess takes 64 MiB: one at a time
}

// Password returns the password of a case, set or not.
func (k *Keys) Password(origin string) (*Password, error) {
	if err := CheckOrigin(origin); err != nil {
		return nil, err
	}
	return &Password{k, origin, make(chan struct{}, 1)}, nil
}

func (p *Password) path() string { return filepath.Join(p.keys.caseDir(p.origin), "password") }

// CheckPassword says whether a password may be set. It is ErrInvalid if not.
func CheckPassword(password string) error {
	switch n := utf8.RuneCountInString(norm.NFC.String(password)); {
	case !utf8.ValidString(password):
		return record.WithHint(fmt.Errorf("%w password: it is no text in UTF-8", record.ErrInvalid), "type it on a keyboard")
	case n < MinPassword:
		return record.WithHint(fmt.Errorf("%w password: %d characters; the least is %d", record.ErrInvalid, n, MinPassword),
			"take four or five words that have nothing to do with each other, in any script")
	case len(password) > maxPassword:
		return record.WithHint(fmt.Errorf("%w password: the most is %d bytes", record.ErrInvalid, maxPassword), "take a shorter one")
	case strings.ContainsAny(password, "\x00\r\n"):
		return record.WithHint(fmt.Errorf("%w password: it has more than one line", record.ErrInvalid), "take one line")
	}
	return nil
}

// Set makes a password the case's, in place of another. It is on stable storage
// when Set returns. Sessions begun with the old one end.
func (p *Password) Set(password string) error {
	if err := CheckPassword(password); err != nil {
		return err
	}
	salt := make([]byte, guessSalt)
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	hash := argon2.IDKey(secret(password), salt, guessTime, guessMemory, guessLanes, guessHash)
	b64 := base64.RawStdEncoding.EncodeToString
	return p.keys.replace(p.path(), fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s\n", argon2.Version, guessMemory, guessTime, guessLanes, b64(salt), b64(hash)))
}

// Remove takes the password away. It is ErrNotFound when there is none.
func (p *Password) Remove() error {
	err := os.Remove(p.path())
	if errors.Is(err, fs.ErrNotExist) {
		return record.WithHint(fmt.Errorf("%w: this case has no password here", record.ErrNotFound), "set one with `dalil password`")
	}
	return errors.Join(err, syncDir(filepath.Dir(p.path())))
}

// Mark is a text that changes when the password does, and says nothing about
// it; "" when there is none or it cannot be read.
func (p *Password) Mark() string {
	text, err := p.keys.read(p.path(), "the password")
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte("dalil password\n" + text))
	return hex.EncodeToString(sum[:16])
}

// Check reports whether a password is the case's. It takes as long when there
// is none. Only one check runs at a time; the others wait, until ctx ends.
// A password that is stored wrongly is ErrAltered.
func (p *Password) Check(ctx context.Context, password string) (bool, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	text, err := p.keys.read(p.path(), "a password for the case "+p.origin)
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return false, err
	}
	stored := storedPassword{m: guessMemory, t: guessTime, p: guessLanes, salt: make([]byte, guessSalt), hash: make([]byte, guessHash)}
	if err == nil {
		if stored, err = parsePassword(strings.TrimSuffix(text, "\n")); err != nil {
			return false, record.WithHint(fmt.Errorf("%w password file: %v", record.ErrAltered, err), "set the password anew with `dalil password`")
		}
	}
	if len(password) > maxPassword {
		password = "" // never one that was set
	}
	hash := argon2.IDKey(secret(password), stored.salt, stored.t, stored.m, stored.p, uint32(len(stored.hash)))
	return subtle.ConstantTimeCompare(hash, stored.hash) == 1 && err == nil, nil
}

// secret is what is hashed: the same for a letter typed whole or with its marks
// apart, as keyboards for Arabic differ.
func secret(password string) []byte { return []byte(norm.NFC.String(password)) }

type storedPassword struct {
	m, t uint32
	p    uint8
	salt []byte
	hash []byte
}

// parsePassword reads a PHC string, and bounds what it may cost.
func parsePassword(s string) (storedPassword, error) {
	var v storedPassword
	f := strings.Split(s, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return v, errors.New("want $argon2id$v=19$…")
	}
	if n, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &v.m, &v.t, &v.p); err != nil || n != 3 {
		return v, errors.New("its cost cannot be read")
	}
	if v.m < 8 || v.m > 1<<20 || v.t < 1 || v.t > 64 || v.p < 1 {
		return v, errors.New("its cost is out of bounds")
	}
	var err1, err2 error
	v.salt, err1 = base64.RawStdEncoding.DecodeString(f[4])
	v.hash, err2 = base64.RawStdEncoding.DecodeString(f[5])
	if err1 != nil || err2 != nil || len(v.salt) < 8 || len(v.salt) > 64 || len(v.hash) < 16 || len(v.hash) > 64 {
		return v, errors.New("salt or hash cannot be read")
	}
	return v, nil
}
