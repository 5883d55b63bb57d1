package custody

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"dalil/internal/record"
)

func TestPassword(t *testing.T) {
	keys, err := OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	origin := "dalil.case/" + strings.Repeat("ab", 16)
	p, err := keys.Password(origin)
	if err != nil {
		t.Fatal(err)
	}
	check := func(password string, want bool) {
		t.Helper()
		if ok, err := p.Check(t.Context(), password); ok != want || err != nil {
			t.Errorf("%q: %v %v, want %v", password, ok, err, want)
		}
	}
	if p.Mark() != "" {
		t.Error("there is a mark of no password")
	}
	check("", false)
	check("a lamp at the harbour", false)
	if err := p.Remove(); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("removed what is not there: %v", err)
	}
	for _, bad := range []string{"", "short", "fourteen chars", "\xff\xfe and some more words", "two lines\nof a password", strings.Repeat("x", 2000)} {
		if err := p.Set(bad); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%.40q may be set: %v", bad, err)
		}
	}
	if err := p.Set("چراغ بندر در شب é"); err != nil {
		t.Fatal(err)
	}
	first := p.Mark()
	check("چراغ بندر در شب é", true)
	check("چراغ بندر در شب e\u0301", true) // typed in two
	check("چراغ بندر در شب e", false)
	check("", false)
	check(strings.Repeat("x", 1<<20), false)
	if err := p.Set("four words of a lamp"); err != nil {
		t.Fatal(err)
	}
	check("four words of a lamp", true)
	check("چراغ بندر در شب é", false)
	if p.Mark() == first || p.Mark() == "" {
		t.Error("the mark does not change with the password")
	}
	info, err := os.Stat(p.path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if b, _ := os.ReadFile(p.path()); strings.Contains(string(b), "lamp") || !strings.HasPrefix(string(b), "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("stored as %q", b)
	}
	if err := os.WriteFile(p.path(), []byte("$argon2id$v=19$m=99999999,t=3,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ok, err := p.Check(t.Context(), "x"); ok || !errors.Is(err, record.ErrAltered) {
		t.Errorf("a cost of 95 GiB: %v %v", ok, err)
	}
	if err := p.Remove(); err != nil || p.Mark() != "" {
		t.Errorf("removed: %v, mark %q", err, p.Mark())
	}
	if _, err := keys.Password("../../elsewhere"); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("a password for no case: %v", err)
	}
}

// One check runs at a time, and waiting for it ends with the request.
func TestPasswordChecksWait(t *testing.T) {
	keys, err := OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p, err := keys.Password("dalil.case/" + strings.Repeat("cd", 16))
	if err != nil {
		t.Fatal(err)
	}
	p.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := p.Check(ctx, "x"); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("%v %v", ok, err)
	}
}

func FuzzParsePassword(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=-1,t=0,p=300$$")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := parsePassword(s); err == nil && (v.m > 1<<20 || v.t > 64 || len(v.hash) < 16) {
			t.Errorf("%q: %+v", s, v)
		}
	})
}
