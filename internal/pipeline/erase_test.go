package pipeline_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"dalil/internal/assist"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// secret is what is erased: words in two scripts that occur nowhere else.
const secret = "the witness Tumbrelwick زنبورستان saw it"

// needles are the ways a word of the secret can lie in a file.
func needles() [][]byte {
	var out [][]byte
	for _, word := range strings.Fields(secret)[2:4] {
		var escaped, upper strings.Builder
		var little, big []byte
		for _, u := range utf16.Encode([]rune(word)) {
			fmt.Fprintf(&escaped, `\u%04x`, u)
			fmt.Fprintf(&upper, `\u%04X`, u)
			little = append(little, byte(u), byte(u>>8))
			big = append(big, byte(u>>8), byte(u))
		}
		out = append(out, []byte(word), []byte(strings.ToLower(word)), []byte(escaped.String()), []byte(upper.String()), little, big)
	}
	return out
}

// traces looks for the secret in every file below a folder, and inside zips.
func traces(t *testing.T, dir string) (found []string) {
	t.Helper()
	look := func(where string, b []byte) {
		for _, n := range needles() {
			if bytes.Contains(b, n) {
				found = append(found, fmt.Sprintf("%s: %q", where, n))
			}
		}
	}
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		look(rel, b)
		if z, err := zip.NewReader(bytes.NewReader(b), int64(len(b))); err == nil {
			for _, f := range z.File {
				r, err := f.Open()
				if err != nil {
					return err
				}
				inner, err := io.ReadAll(r)
				if err != nil {
					return err
				}
				look(rel+"/"+f.Name, inner)
			}
		}
		return nil
	}))
	return found
}

func ascii(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if u < 128 {
			b.WriteByte(byte(u))
		} else {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
	}
	return b.String()
}

// TestErase erases a statement that stands in two exports, in a zip of a
// third and in one that escapes every letter, and looks for its words in every
// byte of the case.
func TestErase(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	before := message{id: 11, text: "the bridge is open"}
	it := message{id: 12, text: secret}
	edited := message{id: 12, text: secret + " twice", edited: "1743500000"}
	after := message{id: 13, text: "the lamps are lit"}
	plain := chat("public_channel", before, it, after)
	h.take(c, pipeline.ImportOptions{}, h.write("1/result.json", plain))
	h.take(c, pipeline.ImportOptions{}, h.write("2/result.json", chat("public_channel", before, edited, after, message{id: 14, text: "good night"})))
	h.take(c, pipeline.ImportOptions{}, h.write("3/result.json", ascii(chat("public_channel", before, it, after, message{id: 15, text: "good morning"}))))
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("export/result.json")
	must(t, err)
	_, err = io.WriteString(w, chat("public_channel", before, it, after, message{id: 16, text: "noon"}))
	must(t, err)
	must(t, z.Close())
	h.take(c, pipeline.ImportOptions{}, h.write("4/export.zip", packed.String()))
	if got := traces(t, c.Dir); len(got) < 4 {
		t.Fatalf("the search for traces is blind: %v", got)
	}

	ctx := context.Background()
	d := desk.New(c)
	s := h.one(c, lamp, "12")
	id := d.StatementID(s)
	request, what, err := d.RequestErase(ctx, id, "endangers a person")
	must(t, err)
	if !strings.Contains(what.What, "2") || len(traces(t, c.Dir)) < 4 {
		t.Errorf("a request destroys nothing and says what would go: %q", what.What)
	}
	_, err = d.ConfirmErase(ctx, c.IDs.ID(record.KindDecision, request.Leaf), "")
	must(t, err)
	if _, err := d.ConfirmErase(ctx, c.IDs.ID(record.KindDecision, request.Leaf), ""); err == nil {
		t.Error("erased twice")
	}
	if got := traces(t, c.Dir); len(got) > 0 {
		t.Errorf("while the case is open: %v", got)
	}
	gone, err := d.Statement(ctx, id)
	must(t, err)
	if !gone.Erased || gone.Text != "" || gone.ExternalID != "12" {
		t.Errorf("what is left of it: %+v", gone)
	}
	if found := h.find(c, "tumbrelwick"); len(found) > 0 {
		t.Errorf("search finds it: %v", found)
	}
	for _, other := range []string{"11", "13", "14", "15", "16"} {
		if p, err := d.Proof(ctx, h.one(c, lamp, other).Leaf); err != nil || !p.Unaltered {
			t.Errorf("message %s beside it: %+v %v", other, p, err)
		}
	}
	h.close(c)
	if got := traces(t, h.path("case")); len(got) > 0 {
		t.Errorf("after closing: %v", got)
	}
	h.verified("case")

	// Old copies do not bring it back, under whatever name.
	c = h.open("case", true)
	for i, text := range []string{plain, plain + " ", chat("public_channel", before, it, after, message{id: 17, text: "evening"})} {
		h.take(c, pipeline.ImportOptions{}, h.write(fmt.Sprintf("again%d/result.json", i), text))
		if got := traces(t, c.Dir); len(got) > 0 {
			t.Errorf("copy %d brings it back: %v", i, got)
		}
	}
	if s := h.one(c, lamp, "17"); s.Text != "evening" {
		t.Errorf("beside it: %+v", s)
	}
	h.rebuilt(c)
	if got := traces(t, h.path("case")); len(got) > 0 {
		t.Errorf("after the rebuild: %v", got)
	}
	r := h.open("case", false)
	_, err = r.Backup(ctx, h.path("copy"), nil)
	must(t, err)
	h.close(r)
	if got := traces(t, h.path("copy")); len(got) > 0 {
		t.Errorf("in a backup: %v", got)
	}
}

// TestEraseFile erases a captured file with everything in it.
func TestEraseFile(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	note := h.write("note.txt", "First line of a longer note.\n\n"+strings.Repeat(secret+". ", 20))
	h.take(c, pipeline.ImportOptions{}, note)
	h.take(c, pipeline.ImportOptions{}, h.write("1/result.json", chat("public_channel", message{id: 11, text: "the bridge is open"})))
	ctx := context.Background()
	d := desk.New(c)
	found := h.find(c, "tumbrelwick")
	if len(found) != 1 {
		t.Fatalf("found %d", len(found))
	}
	request, _, err := d.RequestErase(ctx, c.IDs.ID(record.KindCapture, found[0].Capture), "endangers a person")
	must(t, err)
	_, err = d.ConfirmErase(ctx, c.IDs.ID(record.KindDecision, request.Leaf), "")
	must(t, err)
	h.take(c, pipeline.ImportOptions{}, note)
	if got := traces(t, c.Dir); len(got) > 0 {
		t.Errorf("%v", got)
	}
	h.rebuilt(c)
	if got := traces(t, h.path("case")); len(got) > 0 {
		t.Errorf("after the rebuild: %v", got)
	}
}

// TestEraseNames: with a statement goes the list of names that were masked in it,
// and why somebody looked, as soon as nothing of the case has them any more.
func TestEraseNames(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	h.take(c, pipeline.ImportOptions{}, h.write("1/result.json", chat("public_channel", message{id: 11, text: "the bridge is open"}, message{id: 12, text: secret},
		message{id: 13, text: "and Tumbrelwick again"})))
	ctx := context.Background()
	d := desk.New(c)
	id := d.StatementID(h.one(c, lamp, "12"))
	_, err := d.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{id}, Names: []string{"Tumbrelwick"}, Reason: "accused without proof"})
	must(t, err)
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{id}, Names: []string{"Tumbrelwick", "زنبورستان"}, Reason: "another spelling"})
	must(t, err)
	_, err = d.Open(ctx, id, "to warn Tumbrelwick")
	must(t, err)
	erase := func(n string) {
		t.Helper()
		request, _, err := d.RequestErase(ctx, d.StatementID(h.one(c, lamp, n)), "endangers a person")
		must(t, err)
		_, err = d.ConfirmErase(ctx, c.IDs.ID(record.KindDecision, request.Leaf), "")
		must(t, err)
	}
	erase("12")
	// Another statement has the name: what masks it stays.
	s, err := d.Statement(ctx, d.StatementID(h.one(c, lamp, "13")))
	must(t, err)
	if strings.Contains(s.Text, "Tumbrelwick") || len(traces(t, c.Dir)) == 0 {
		t.Fatalf("%q", s.Text)
	}
	shields, err := c.Catalog.Shields(ctx)
	must(t, err)
	if len(shields) != 1 {
		t.Fatalf("%+v", shields)
	}
	h.rebuilt(c)
	c = h.open("case", true)
	d = desk.New(c)
	erase("13")
	if got := traces(t, c.Dir); len(got) > 0 {
		t.Fatalf("while the case is open: %v", got)
	}
	if shields, err = c.Catalog.Shields(ctx); err != nil || len(shields) > 0 {
		t.Fatalf("%+v %v", shields, err)
	}
	decisions, err := c.Catalog.DecisionsBy(ctx, desk.ActionShield, desk.ActionOpen)
	must(t, err)
	for _, x := range decisions {
		if x.By == "" || x.Target == 0 || x.Payload != "" || x.Reason != "" {
			t.Errorf("what is left of it: %+v", x)
		}
		if e, err := d.Entry(ctx, x.Leaf); err != nil || !e.Gone || len(e.Problems) > 0 {
			t.Errorf("entry %d: %+v %v", x.Leaf, e, err)
		}
	}
	h.close(c)
	h.verified("case")
	c = h.open("case", true)
	h.rebuilt(c)
	if got := traces(t, h.path("case")); len(got) > 0 {
		t.Fatalf("after the rebuild: %v", got)
	}
}

// TestErasePicture: the text that software read in a picture goes with it, unless
// it was read in another one too.
func TestErasePicture(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	for name, bytes := range map[string]string{"1": "one", "2": "two", "3": "three"} {
		h.write("in/photos/"+name+".jpg", "\xff\xd8\xff"+bytes)
	}
	h.take(c, pipeline.ImportOptions{}, filepath.Dir(h.write("in/result.json", chat("public_channel", message{id: 11, text: "see", photo: "photos/1.jpg"},
		message{id: 12, text: "see", photo: "photos/2.jpg"}, message{id: 13, text: "see", photo: "photos/3.jpg"}))))
	ctx := context.Background()
	var statements []uint64
	for _, n := range []string{"11", "12", "13"} {
		statements = append(statements, h.one(c, lamp, n).First)
	}
	r, err := c.ReadPictures(ctx, assist.Helper{Tool: "reader 1", Read: func(_ context.Context, r io.Reader) (string, error) {
		b, err := io.ReadAll(r)
		if strings.HasSuffix(string(b), "three") {
			return "", err
		}
		return secret, err
	}}, statements, nil)
	if err != nil || r.Read != 3 || len(traces(t, c.Dir)) == 0 {
		t.Fatalf("%+v %v", r, err)
	}
	d := desk.New(c)
	erase := func(n string) {
		t.Helper()
		captures, err := c.Catalog.CapturesOf(ctx, h.one(c, lamp, n).Media[0].Blob)
		must(t, err)
		request, _, err := d.RequestErase(ctx, c.IDs.ID(record.KindCapture, captures[0].Leaf), "endangers a person")
		must(t, err)
		_, err = d.ConfirmErase(ctx, c.IDs.ID(record.KindDecision, request.Leaf), "")
		must(t, err)
	}
	erase("11")
	if len(traces(t, c.Dir)) == 0 {
		t.Fatal("the text of another picture is gone")
	}
	erase("12")
	if got := traces(t, c.Dir); len(got) > 0 {
		t.Fatalf("%v", got)
	}
	if s := h.one(c, lamp, "12"); s.Text != "see" {
		t.Fatalf("beside it: %+v", s)
	}
	h.close(c)
	h.verified("case")
	c = h.open("case", true)
	h.rebuilt(c)
	if got := traces(t, h.path("case")); len(got) > 0 {
		t.Errorf("after the rebuild: %v", got)
	}
}
