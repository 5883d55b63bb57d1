package custody

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/record"
)

// Keys is the folder of private signing keys of this person on this machine.
// It lies outside every case, so that a copied case cannot be signed for.
type Keys struct{ dir string }

// OpenKeys returns the keys below a configuration folder; "" means
// $DALIL_CONFIG or else "dalil" in the user's configuration folder. Nothing is
// written before a key is made.
func OpenKeys(config string) (*Keys, error) {
	if config == "" {
		config = os.Getenv("DALIL_CONFIG")
	}
	if config == "" {
		d, err := os.UserConfigDir()
		if err != nil {
			return nil, record.WithHint(fmt.Errorf("%w: no folder for signing keys: %w", record.ErrNotFound, err), "set DALIL_CONFIG to a folder that only you can read")
		}
		config = filepath.Join(d, "dalil")
	}
	return &Keys{dir: filepath.Join(config, "keys")}, nil
}

// Dir returns the folder the keys are in.
func (k *Keys) Dir() string { return k.dir }

// CreateLogKey makes the key that signs a case's checkpoints and returns it
// with its public line. It is ErrConflict if there is one.
func (k *Keys) CreateLogKey(origin string) (note.Signer, string, error) {
	if err := CheckOrigin(origin); err != nil {
		return nil, "", err
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, "", fmt.Errorf("make a key for %s: %w", origin, err)
	}
	if err := k.write(k.logPath(origin), skey+"\n"+vkey+"\n"); err != nil {
		return nil, "", err
	}
	return k.LogSigner(origin)
}

// LogSigner returns the key that signs a case's checkpoints and its public
// line. It is ErrNotFound if this machine does not hold it.
func (k *Keys) LogSigner(origin string) (note.Signer, string, error) {
	if err := CheckOrigin(origin); err != nil {
		return nil, "", err
	}
	text, err := k.read(k.logPath(origin), "the key for the case "+origin)
	if err != nil {
		return nil, "", err
	}
	skey, vkey, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\n")
	s, err := note.NewSigner(skey)
	if err != nil {
		return nil, "", damaged(k.logPath(origin), err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil || v.Name() != s.Name() || v.KeyHash() != s.KeyHash() || s.Name() != origin {
		return nil, "", damaged(k.logPath(origin), errors.New("private and public key do not belong together"))
	}
	return s, vkey, nil
}

// CreateActorKey makes the key a person signs with in a case on this machine.
// It counts once a key entry in the log introduced it. It is ErrConflict if
// there is one.
func (k *Keys) CreateActorKey(origin, handle string) (ed25519.PrivateKey, error) {
	p, err := k.actorPath(origin, handle)
	if err != nil {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for %s: %w", handle, err)
	}
	if err := k.write(p, base64.StdEncoding.EncodeToString(key.Seed())+"\n"); err != nil {
		return nil, err
	}
	return k.ActorKey(origin, handle)
}

// ActorKey returns the key a person signs with in a case on this machine. It
// is ErrNotFound if there is none.
func (k *Keys) ActorKey(origin, handle string) (ed25519.PrivateKey, error) {
	p, err := k.actorPath(origin, handle)
	if err != nil {
		return nil, err
	}
	text, err := k.read(p, fmt.Sprintf("the key of %q for the case %s", handle, origin))
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, "\n"))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, damaged(p, errors.New("want 32 bytes in base64"))
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// PublicKey returns a person's public key as a key entry states it.
func PublicKey(key ed25519.PrivateKey) string {
	return base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// SignLeaf sets l.Sig: a signature over the canonical bytes of l without it.
func SignLeaf(l *record.Leaf, key ed25519.PrivateKey) {
	l.Sig = ""
	l.Sig = base64.StdEncoding.EncodeToString(ed25519.Sign(key, l.Append(nil)))
}

// VerifyLeaf checks l.Sig under a public key as a key entry states it. A
// signature that is not there or does not verify is ErrAltered.
func VerifyLeaf(l record.Leaf, publicKey string) error {
	pub, err := base64.StdEncoding.DecodeString(publicKey)
	if err != nil || len(pub) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: the key of %q is no Ed25519 key", record.ErrAltered, l.By)
	}
	sig, err := base64.StdEncoding.DecodeString(l.Sig)
	l.Sig = ""
	if err != nil || !ed25519.Verify(pub, l.Append(nil), sig) {
		return fmt.Errorf("%w: the signature of %q does not verify", record.ErrAltered, l.By)
	}
	return nil
}

// Signed reports whether entries of a kind carry a person's signature.
func Signed(kind record.LeafKind) bool {
	switch kind {
	case record.LeafCase, record.LeafConfig, record.LeafKey, record.LeafRun, record.LeafEnd, record.LeafDecision, record.LeafTombstone:
		return true
	}
	return false
}

func damaged(path string, err error) error {
	return record.WithHint(fmt.Errorf("%w key file %s: %w", record.ErrAltered, path, err), "put the keys folder back from a backup or from the machine the case was made on")
}

// caseDir is the folder of a case's keys: the hexadecimal part of its origin.
func (k *Keys) caseDir(origin string) string {
	return filepath.Join(k.dir, strings.TrimPrefix(origin, "dalil.case/"))
}

func (k *Keys) logPath(origin string) string { return filepath.Join(k.caseDir(origin), "log") }

// actorPath spells a handle so that two never meet in one file, also where
// file names do not know case.
func (k *Keys) actorPath(origin, handle string) (string, error) {
	if err := CheckOrigin(origin); err != nil {
		return "", err
	}
	if handle == "" || len(handle) > 64 {
		return "", fmt.Errorf("%w handle %.80q: want 1 to 64 bytes", record.ErrInvalid, handle)
	}
	var b strings.Builder
	for _, c := range []byte(handle) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return filepath.Join(k.caseDir(origin), "actor-"+b.String()), nil
}

func (k *Keys) read(path, what string) (string, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", record.WithHint(fmt.Errorf("%w: this machine does not hold %s", record.ErrNotFound, what),
			fmt.Sprintf("copy the keys folder from the machine that does to %s", k.dir))
	}
	if err != nil {
		return "", record.WithHint(fmt.Errorf("read %s: %w", what, err), "make the keys folder readable for you")
	}
	return string(b), nil
}

// write puts a new key on stable storage before it is used: what it signed
// would otherwise be lost with it.
func (k *Keys) write(path, text string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%w: there is a key already: %s", record.ErrConflict, path)
	}
	return k.replace(path, text)
}

// replace puts a file with a secret into the folder, in place of what was there.
func (k *Keys) replace(path, text string) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the keys folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = record.WithHint(fmt.Errorf("store a key: %w", err), "free space or set DALIL_CONFIG to a folder that can be written")
		}
	}()
	f, err := os.CreateTemp(dir, "key-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	for _, d := range []string{dir, k.dir} {
		if err := syncDir(d); err != nil {
			return err
		}
	}
	return nil
}

// syncDir makes names in a folder durable. Systems that cannot open a folder
// keep names themselves.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}
