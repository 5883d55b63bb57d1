package custody_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/custody"
	"dalil/internal/record"
)

func base64Decode(s string) ([]byte, error) { return base64.StdEncoding.DecodeString(s) }

func TestCommitIsHMAC(t *testing.T) {
	var c custody.Committer
	for n := range 300 {
		salt, msg := custody.NewSalt(), bytes.Repeat([]byte{byte(n)}, n)
		m := hmac.New(sha256.New, salt)
		m.Write(msg)
		want := record.Digest(m.Sum(nil))
		if got := custody.Commit(salt, msg); got != want {
			t.Fatalf("%d bytes: %s, want %s", n, got, want)
		}
		c.Begin(salt)
		c.Write(msg[:n/2])
		c.Write(msg[n/2:])
		if got := c.Sum(); got != want {
			t.Fatalf("%d bytes in two parts: %s, want %s", n, got, want)
		}
	}
	salt, msg := custody.NewSalt(), make([]byte, 1400)
	if n := testing.AllocsPerRun(100, func() { c.Commit(salt, msg) }); n != 0 {
		t.Errorf("a commitment allocates %v times", n)
	}
}

func BenchmarkCommit(b *testing.B) {
	var c custody.Committer
	salt, msg := custody.NewSalt(), make([]byte, 1400)
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		c.Commit(salt, msg)
	}
}

func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config")
	k, err := custody.OpenKeys(dir)
	must(t, err)
	if _, _, err := k.LogSigner(origin); !errors.Is(err, record.ErrNotFound) || !strings.Contains(err.Error(), origin) {
		t.Errorf("a missing key: %v", err)
	}
	var hint *record.Hint
	if _, _, err := k.LogSigner(origin); !errors.As(err, &hint) || !strings.Contains(hint.Do, "copy the keys folder") {
		t.Errorf("a missing key has no hint: %v", err)
	}
	s, vkey, err := k.CreateLogKey(origin)
	must(t, err)
	if _, _, err := k.CreateLogKey(origin); !errors.Is(err, record.ErrConflict) {
		t.Errorf("a second key for a case: %v", err)
	}
	again, vkey2, err := k.LogSigner(origin)
	must(t, err)
	if vkey != vkey2 || s.KeyHash() != again.KeyHash() {
		t.Error("the key is another one when read again")
	}
	for _, bad := range []string{"", "x", "dalil.case/../../etc", "dalil.case/" + strings.Repeat("A", 32)} {
		if _, _, err := k.CreateLogKey(bad); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("origin %q: %v", bad, err)
		}
	}
	handles := []string{"ana", "Ana", "a/b", "..", "دليل", "a%2fb"}
	seen := map[string]bool{}
	for _, h := range handles {
		if _, err := k.ActorKey(origin, h); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%q has a key: %v", h, err)
		}
		key, err := k.CreateActorKey(origin, h)
		must(t, err)
		again, err := k.ActorKey(origin, h)
		must(t, err)
		if !key.Equal(again) || seen[string(key)] {
			t.Errorf("the key of %q is another's", h)
		}
		seen[string(key)] = true
	}
	if _, err := k.CreateActorKey(origin, "ana"); !errors.Is(err, record.ErrConflict) {
		t.Errorf("a second key for a person: %v", err)
	}
	for _, h := range []string{"", strings.Repeat("x", 65)} {
		if _, err := k.CreateActorKey(origin, h); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("handle %q: %v", h, err)
		}
	}
	// All within the folder, for its owner only; lower case, so that names
	// stay apart everywhere.
	n := 0
	must(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		must(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", path, info.Mode())
		}
		if base := filepath.Base(path); path != dir && base != strings.ToLower(base) {
			t.Errorf("%s depends on case", base)
		}
		if !info.IsDir() {
			n++
			must(t, os.WriteFile(path, []byte("garbage\n"), 0o600))
		}
		return nil
	}))
	if n != 1+len(handles) {
		t.Errorf("%d key files, want %d", n, 1+len(handles))
	}
	if _, _, err := k.LogSigner(origin); !errors.Is(err, record.ErrAltered) {
		t.Errorf("a damaged key: %v", err)
	}
	if _, err := k.ActorKey(origin, "ana"); !errors.Is(err, record.ErrAltered) {
		t.Errorf("a damaged key: %v", err)
	}
}

func TestKeysFolder(t *testing.T) {
	t.Setenv("DALIL_CONFIG", "/somewhere")
	k, err := custody.OpenKeys("")
	must(t, err)
	if k.Dir() != filepath.Join("/somewhere", "keys") {
		t.Errorf("keys are in %s", k.Dir())
	}
	t.Setenv("DALIL_CONFIG", "")
	t.Setenv("XDG_CONFIG_HOME", "/home/ana/.config")
	t.Setenv("HOME", "/home/ana")
	if k, err = custody.OpenKeys(""); err != nil || !strings.HasSuffix(k.Dir(), filepath.Join("dalil", "keys")) {
		t.Errorf("keys are in %s, %v", k.Dir(), err)
	}
}

func TestSignLeaf(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	must(t, err)
	l := leaf(record.LeafDecision)
	l.By, l.Action, l.Target = "ana", "withdraw", 7
	custody.SignLeaf(&l, key)
	pub := custody.PublicKey(key)
	must(t, custody.VerifyLeaf(l, pub))
	// What is signed is the entry without the member, as the spec says.
	raw := string(l.Append(nil))
	cut := strings.Replace(raw, `,"sig":"`+l.Sig+`"`, "", 1)
	sig, err := base64Decode(l.Sig)
	must(t, err)
	if !ed25519.Verify(key.Public().(ed25519.PublicKey), []byte(cut), sig) {
		t.Error("the signature is over other bytes")
	}
	other := l
	other.Target = 8
	unsigned := l
	unsigned.Sig = ""
	_, key2, err := ed25519.GenerateKey(nil)
	must(t, err)
	for what, err := range map[string]error{
		"another target": custody.VerifyLeaf(other, pub), "no signature": custody.VerifyLeaf(unsigned, pub),
		"another key": custody.VerifyLeaf(l, custody.PublicKey(key2)), "no key": custody.VerifyLeaf(l, "x"),
	} {
		if !errors.Is(err, record.ErrAltered) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestParseCheckpoint(t *testing.T) {
	cp := custody.Checkpoint{Origin: origin, Size: 12, Root: record.DigestOf([]byte("x"))}
	for _, text := range []string{cp.Text(), cp.Text() + "\n— x y\n"} {
		if got, err := custody.ParseCheckpoint(text); err != nil || got != cp {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	root := base64.StdEncoding.EncodeToString(cp.Root[:])
	for _, bad := range []string{"", "\n", origin, origin + "\n12\n" + root, origin + "\n012\n" + root + "\n", origin + "\n+12\n" + root + "\n",
		origin + "\n-1\n" + root + "\n", origin + "\n99999999999999999999\n" + root + "\n", origin + "\n12\n" + root[:20] + "\n", origin + "\n12\n" + root + "\nmore\n",
		"\n12\n" + root + "\n", strings.ReplaceAll(cp.Text(), "\n", "\r\n")} {
		if _, err := custody.ParseCheckpoint(bad); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(custody.Checkpoint{Origin: origin, Size: 12}.Text())
	f.Add("a\n1\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		cp, err := custody.ParseCheckpoint(s)
		if err == nil && !strings.HasPrefix(s, cp.Text()) {
			t.Errorf("%q was read as %q", s, cp.Text())
		}
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add([]byte("dalil.case/00112233445566778899aabbccddeeff+00000000+AA==\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := custody.ParseKey(b); err == nil && !bytes.HasPrefix(b, []byte(v.Name()+"+")) {
			t.Errorf("%q was read as the key of %q", b, v.Name())
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add(custody.AppendFrame(custody.AppendFrame(nil, 3, []byte("{}")), 4, []byte("{}")))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := custody.FrameReader{From: bytes.NewReader(b), Size: int64(len(b))}
		var again []byte
		for at := int64(0); ; {
			fr, ok, err := r.Next(at)
			must(t, err)
			if !ok {
				break
			}
			again = custody.AppendFrame(again, fr.Index, b[fr.Offset:fr.End()])
			at = fr.End()
		}
		if !bytes.HasPrefix(b, again) {
			t.Errorf("%x was read as %x", b, again)
		}
	})
}

func FuzzCutEntry(f *testing.F) {
	f.Add(custody.AppendEntry(custody.AppendEntry(nil, []byte("one")), nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		for rest := b; ; {
			entry, r, ok := custody.CutEntry(rest)
			if !ok {
				break
			}
			again, rest = custody.AppendEntry(again, entry), r
		}
		if !bytes.HasPrefix(b, again) {
			t.Errorf("%x was read as %x", b, again)
		}
	})
}

// vectors makes the worked example of doc/evidence-package.md section 10.
func vectors(t *testing.T) map[string]string {
	seed := sha256.Sum256([]byte("dalil test vector: key"))
	key := ed25519.NewKeyFromSeed(seed[:])
	vkey, err := note.NewEd25519VerifierKey(origin, key.Public().(ed25519.PublicKey))
	must(t, err)
	id, _, _ := strings.Cut(strings.TrimPrefix(vkey, origin+"+"), "+")
	s, err := note.NewSigner("PRIVATE+KEY+" + origin + "+" + id + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...)))
	must(t, err)

	out := map[string]string{"seed": fmt.Sprintf("%x", seed), "log/key": vkey}
	var edge custody.Edge
	add := func(n int, l record.Leaf, message string) {
		salt := sha256.Sum256([]byte("dalil test vector: salt " + fmt.Sprint(n)))
		l.At = int64(1767225600000 + n)
		l.Commit = custody.Commit(salt[:], []byte(message))
		if l.By != "" {
			custody.SignLeaf(&l, key)
		}
		entry := l.Append(nil)
		edge.AddEntry(entry)
		h := custody.EntryHash(entry)
		out[fmt.Sprintf("salt %d", n)] = fmt.Sprintf("%x", salt)
		out[fmt.Sprintf("message %d", n)] = message
		out[fmt.Sprintf("commit %d", n)] = l.Commit.String()
		out[fmt.Sprintf("entry %d", n)] = string(entry)
		out[fmt.Sprintf("hash %d", n)] = fmt.Sprintf("%x", h[:])
	}
	first := leaf(record.LeafCase)
	first.By = "ana"
	add(0, first, `{"toml":"name = \"Qamaria\"\n"}`)
	intro := leaf(record.LeafKey)
	intro.By, intro.Key = "ana", custody.PublicKey(key)
	add(1, intro, `{"tool":"dalil"}`)
	source := leaf(record.LeafSource)
	add(2, source, `{"key":"telegram:1000000001","name":"Tel Samar Harbour"}`)
	root, err := edge.Root()
	must(t, err)
	out["root"] = root.String()
	cp := custody.Checkpoint{Origin: origin, Size: 3, Root: root}
	signed, err := cp.Sign(s)
	must(t, err)
	out["log/checkpoint"] = string(signed)
	v, err := note.NewVerifier(vkey)
	must(t, err)
	if _, err := custody.OpenCheckpoint(signed, v); err != nil {
		t.Error(err)
	}
	return out
}

// TestVectorsInTheSpec holds the worked example in the specification against
// the code.
func TestVectorsInTheSpec(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "doc", "evidence-package.md"))
	must(t, err)
	_, section, ok := strings.Cut(string(doc), "\n## 10. Test vectors\n")
	if !ok {
		t.Fatal("the specification has no section 10")
	}
	if i := strings.Index(section, "\n## "); i >= 0 {
		section = section[:i]
	}
	have := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^`([^`]+)`\n```\n((?s:.*?))\n```$").FindAllStringSubmatch(section, -1) {
		have[m[1]] = m[2]
	}
	want := vectors(t)
	for name, v := range want {
		if have[name] != strings.TrimSuffix(v, "\n") {
			t.Errorf("%s is\n%s\nand the specification says\n%s", name, v, have[name])
		}
	}
	if len(have) != len(want) {
		t.Errorf("the specification has %d vectors, want %d", len(have), len(want))
	}
}

// TestLeafVectorsParse reads the vectors' entries as any reader would.
func TestLeafVectorsParse(t *testing.T) {
	for name, v := range vectors(t) {
		if strings.HasPrefix(name, "entry ") {
			if _, err := record.ParseLeaf([]byte(v)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !json.Valid([]byte(v)) {
				t.Errorf("%s is no JSON", name)
			}
		}
	}
}
