package redact_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dalil/internal/export"
	"dalil/internal/export/bundle"
	"dalil/internal/export/bundle/bundletest"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// TestOnlyPrepareMakesARelease: no exported field, no exported method with a
// pointer receiver, and no exported function but Prepare that returns one.
func TestOnlyPrepareMakesARelease(t *testing.T) {
	typ := reflect.TypeFor[redact.Release]()
	for f := range fields(typ) {
		if f.IsExported() {
			t.Errorf("Release has the exported field %s", f.Name)
		}
	}
	if p := reflect.PointerTo(typ); p.NumMethod() != typ.NumMethod() {
		t.Error("Release has methods that can change it")
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var makers []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Type.Results != nil && mentions(d.Type.Results) {
					makers = append(makers, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && mentions(v) {
						t.Errorf("%s: a package variable holds a Release", name)
					}
				}
			}
		}
	}
	if !slices.Equal(makers, []string{"Prepare"}) {
		t.Errorf("Releases are made by %v", makers)
	}
}

func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func mentions(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == "Release"
		return true
	})
	return found
}

func material(t *testing.T) redact.Material {
	t.Helper()
	c, err := bundletest.New(7, 6)
	if err != nil {
		t.Fatal(err)
	}
	return c.Material
}

// pack writes the bundle of a material and returns all its bytes.
func pack(t *testing.T, a redact.Audience, m redact.Material) []byte {
	t.Helper()
	r, _, err := redact.Prepare(a, m)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "b.zip")
	out, err := export.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := bundle.Kind.Write(context.Background(), out, r, export.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNonInterference: whatever withheld items say, and whether they are there
// at all, the bundle has the same bytes. So has the order of the material.
func TestNonInterference(t *testing.T) {
	for _, a := range []redact.Audience{redact.ForPublic, redact.ForPartner} {
		t.Run(a.String(), func(t *testing.T) {
			want := pack(t, a, material(t))
			withheld := func(it redact.Item) bool {
				return it.Sensitivity == redact.Sealed || it.Sensitivity == redact.Restricted || it.Sensitivity == redact.Unmarked || it.Versions[0].Statement.Withdrawn
			}
			changed := material(t)
			for i := range changed.Items {
				it := &changed.Items[i]
				if !withheld(*it) {
					continue
				}
				v := &it.Versions[0]
				v.Statement.Text, v.Statement.Title, v.Statement.URL = "other words", "another title", "https://other.example"
				v.Statement.Sender = record.Party{Name: "Somebody Else", Person: true}
				v.Entry.Salt, v.Entry.Leaf, v.Entry.Proof = nil, []byte("not even an entry"), nil
				v.Entry.Open = func() (io.ReadCloser, error) { return nil, errors.New("opened what is withheld") }
				it.Source.Name = "another source"
			}
			if !bytes.Equal(pack(t, a, changed), want) {
				t.Error("the values of withheld items change the bundle")
			}
			without := material(t)
			without.Items = slices.DeleteFunc(without.Items, withheld)
			if !bytes.Equal(pack(t, a, without), want) {
				t.Error("the presence of withheld items changes the bundle")
			}
			shuffled := material(t)
			rand.New(rand.NewPCG(3, 4)).Shuffle(len(shuffled.Items), func(i, j int) {
				shuffled.Items[i], shuffled.Items[j] = shuffled.Items[j], shuffled.Items[i]
			})
			slices.Reverse(shuffled.Entries)
			if !bytes.Equal(pack(t, a, shuffled), want) {
				t.Error("the order of the material changes the bundle")
			}
		})
	}
}

// TestWorkStaysInTheHouse: where the work on a statement stands is for nobody else,
// and what is for the house holds nothing that proves.
func TestWorkStaysInTheHouse(t *testing.T) {
	m := material(t)
	if _, _, err := redact.Prepare(redact.ForHouse, m); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("proofs for the house: %v", err)
	}
	for i := range m.Items {
		m.Items[i].Work = redact.Work{State: "kept", Assigned: "mk"}
	}
	m.Bare = true
	for a, want := range map[redact.Audience]string{redact.ForPublic: "", redact.ForPartner: "", redact.ForHouse: "mk"} {
		r, _, err := redact.Prepare(a, m)
		if err != nil || r.Len() == 0 {
			t.Fatalf("%s: %d, %v", a, r.Len(), err)
		}
		for s := range r.Statements() {
			if s.Work.Assigned != want {
				t.Errorf("%s: %+v", a, s.Work)
			}
			if it := m.Items[slices.IndexFunc(m.Items, func(it redact.Item) bool { return it.ID == s.ID })]; it.Sensitivity != redact.Public && it.Sensitivity != redact.Internal {
				t.Errorf("%s: %s is in it", a, s.ID)
			}
		}
	}
}

// TestShieldedNonInterference: two cases that differ only in the name of a
// private person that is masked have the same bundle, byte for byte, and so has
// one in which the decision to mask it was gathered.
func TestShieldedNonInterference(t *testing.T) {
	for _, a := range []redact.Audience{redact.ForPublic, redact.ForPartner} {
		t.Run(a.String(), func(t *testing.T) {
			named := func(name string) redact.Material {
				m := material(t)
				it := &m.Items[slices.IndexFunc(m.Items, func(it redact.Item) bool {
					return it.Sensitivity == redact.Public && it.State == redact.Standing && !it.Versions[0].Statement.Withdrawn
				})]
				it.Shielded = true
				v := &it.Versions[0]
				v.Statement.Text = "the driver is " + name
				v.Statement.TextDigest = record.DigestOf([]byte(v.Statement.Text))
				v.Entry.Open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(v.Statement.Text)), nil }
				v.Entry.Salt = bytes.Repeat([]byte{byte(len(name))}, 32)
				leaf := record.NewLeaf(record.LeafDecision, 1700000000000)
				leaf.Action, leaf.Target, leaf.By = "shield", v.Statement.First, "tester"
				m.Entries = append(m.Entries, redact.Entry{Index: 1 << 20, Leaf: leaf.Append(nil), Body: []byte(`{"reason":"","payload":{"names":["` + name + `"]}}`), Salt: v.Entry.Salt})
				return m
			}
			want := pack(t, a, named("Tamir Velasko"))
			if !bytes.Equal(pack(t, a, named("Somebody Else Altogether")), want) {
				t.Error("the name changes the bundle")
			}
			if bytes.Contains(want, []byte("Velasko")) {
				t.Error("the bundle holds the name")
			}
		})
	}
}

// TestNoSecretLeaves looks for words that must not leave in every byte of a
// public bundle, which is stored uncompressed.
func TestNoSecretLeaves(t *testing.T) {
	c, err := bundletest.New(7, 6)
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.ToLower(pack(t, redact.ForPublic, c.Material))
	for _, s := range c.Secrets {
		if bytes.Contains(b, []byte(strings.ToLower(s))) {
			t.Errorf("%q is in the public bundle", s)
		}
	}
	partner := pack(t, redact.ForPartner, c.Material)
	for _, s := range []string{bundletest.SealedText, bundletest.RestrictedText, bundletest.WithdrawnText, "unmarked-qasr", bundletest.CaseSecret, bundletest.GroupName} {
		if bytes.Contains(partner, []byte(s)) {
			t.Errorf("%q is in the partner's bundle", s)
		}
	}
	if !bytes.Contains(partner, []byte(bundletest.CapturePath)) {
		t.Error("a partner does not see where a file was found")
	}
}

// TestNoCapturedFileWithWithheldParts: a file that holds a withheld statement
// does not go out as a whole, whoever asks.
func TestNoCapturedFileWithWithheldParts(t *testing.T) {
	m := material(t)
	m.Originals = redact.Originals{Include: true, Reason: "the court asked"}
	for i := range m.Entries {
		if leaf, err := record.ParseLeaf(m.Entries[i].Leaf); err == nil && leaf.Format == "telegram-json/1" {
			m.Entries[i].Open = func() (io.ReadCloser, error) { return nil, fs.ErrPermission }
		}
	}
	r, rep, err := redact.Prepare(redact.ForPartner, m)
	if err != nil {
		t.Fatal(err)
	}
	for e := range r.Entries() {
		leaf, _ := record.ParseLeaf(e.Leaf)
		if leaf.Format == "telegram-json/1" && e.Open != nil {
			t.Error("the whole export goes out with a sealed message in it")
		}
	}
	if !slices.ContainsFunc(rep.Withheld, func(w redact.Withheld) bool { return strings.Contains(w.Why, "other statements") }) {
		t.Errorf("the report does not say so: %v", rep.Withheld)
	}
}

func TestPersons(t *testing.T) {
	m := material(t)
	originals := func(m redact.Material, a redact.Audience) (with, without int) {
		r, _, err := redact.Prepare(a, m)
		if err != nil {
			t.Fatal(err)
		}
		for s := range r.Statements() {
			for _, v := range s.Versions {
				if v.Sender+v.Forwarded == "" {
					continue
				}
				if v.Sender != "person-7Q2" && v.Forwarded != "person-7Q2" {
					t.Errorf("%s: sender %q, forwarded from %q", s.ID, v.Sender, v.Forwarded)
				}
				if v.Withheld == "" {
					with++
				} else {
					without++
				}
			}
		}
		return with, without
	}
	if with, without := originals(m, redact.ForPublic); with != 0 || without != 2 {
		t.Errorf("public: %d originals with names, %d withheld", with, without)
	}
	if with, without := originals(m, redact.ForPartner); with != 0 || without != 2 {
		t.Errorf("partner: %d originals with names, %d withheld", with, without)
	}
	m.Originals = redact.Originals{Include: true, Reason: "both agreed in writing"}
	if with, _ := originals(m, redact.ForPublic); with != 2 {
		t.Errorf("public with a reason: %d originals with names", with)
	}
}

func TestPrepareRefuses(t *testing.T) {
	only := func(m redact.Material, s redact.Sensitivity) redact.Material {
		m.Items = slices.DeleteFunc(m.Items, func(it redact.Item) bool { return it.Sensitivity != s })
		return m
	}
	for _, c := range []struct {
		name string
		a    redact.Audience
		m    redact.Material
		want error
	}{
		{"nobody", 0, material(t), record.ErrInvalid},
		{"an unknown audience", 9, material(t), record.ErrInvalid},
		{"no reason", redact.ForPublic, func() redact.Material { m := material(t); m.Originals.Include = true; return m }(), record.ErrInvalid},
		{"only sealed", redact.ForPartner, only(material(t), redact.Sealed), record.ErrWithheld},
		{"only internal, to the public", redact.ForPublic, only(material(t), redact.Internal), record.ErrWithheld},
		{"an item twice", redact.ForPublic, func() redact.Material { m := material(t); m.Items = append(m.Items, m.Items[0]); return m }(), record.ErrInvalid},
		{"another statement's entry", redact.ForPublic, func() redact.Material {
			m := material(t)
			m.Items[0].Versions[0].Entry = m.Items[2].Versions[0].Entry
			return m
		}(), record.ErrInvalid},
		{"no key entry", redact.ForPublic, func() redact.Material {
			m := material(t)
			m.Entries = slices.DeleteFunc(m.Entries, func(e redact.Entry) bool { return e.Index == 1 })
			return m
		}(), record.ErrInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _, err := redact.Prepare(c.a, c.m)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if !r.IsZero() {
				t.Error("a release came with the error")
			}
		})
	}
}

// TestReleaseCannotBeChanged: what its methods return are copies.
func TestReleaseCannotBeChanged(t *testing.T) {
	r, _, err := redact.Prepare(redact.ForPublic, material(t))
	if err != nil {
		t.Fatal(err)
	}
	dump := func() string {
		var b strings.Builder
		for s := range r.Statements() {
			fmt.Fprintf(&b, "%+v\n", s)
		}
		for e := range r.Entries() {
			e.Open = nil
			fmt.Fprintf(&b, "%+v\n", e)
		}
		return b.String() + string(r.Checkpoint())
	}
	before := dump()
	for s := range r.Statements() {
		s.Versions[0].Text = "changed"
	}
	for e := range r.Entries() {
		e.Leaf[0] ^= 1
		if len(e.Proof) > 0 {
			e.Proof[0][0] ^= 1
		}
	}
	clear(r.Checkpoint())
	if dump() != before {
		t.Error("a caller changed the release")
	}
}
