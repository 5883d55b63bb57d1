package pipeline_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/redact"
	"dalil/internal/sample"
)

// TestPersonsStayPrivate imports exports in which private persons write and
// looks for their names in what a reader, a search and a bundle can see.
func TestPersonsStayPrivate(t *testing.T) {
	h := newHouse(t)
	group := sample.DefaultExport(150, 4)
	group.Persons = 12
	in, _ := h.export("group/result.json", group)
	names := writers(t, in)
	if len(names) < 5 {
		t.Fatalf("only %d persons write in the group", len(names))
	}
	forward := h.write("lamp/result.json", chat("public_channel",
		message{id: 11, text: "seen from the roof", forwarded: "Wendeltreppe Okkonen"},
		message{id: 12, text: "and again", forwarded: "Wendeltreppe Okkonen"}))
	names["Wendeltreppe Okkonen"] = true

	hidden, kept := h.create("hidden"), h.create("kept")
	for _, p := range []string{in, forward} {
		h.take(hidden, pipeline.ImportOptions{}, p)
		h.take(kept, pipeline.ImportOptions{KeepSenders: "they are officials"}, p)
	}
	a, b := h.one(hidden, lamp, "11"), h.one(hidden, lamp, "12")
	if a.Forward == nil || a.Forward.From.Pseudonym == "" || *a.Forward != *b.Forward && a.Forward.From != b.Forward.From {
		t.Errorf("the same person has the same pseudonym: %+v %+v", a.Forward, b.Forward)
	}
	seen := h.output(hidden)
	for n := range names {
		if strings.Contains(seen, n) {
			t.Errorf("%q is in what is printed", n)
		}
		if found := h.find(hidden, `"`+n+`"`); len(found) > 0 {
			t.Errorf("%q is found", n)
		}
	}
	all := h.output(kept)
	missing := 0
	for n := range names {
		if !strings.Contains(all, n) {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d names that were to be kept are not there", missing, len(names))
	}
	h.rebuilt(hidden)
	h.rebuilt(kept)
	for _, f := range []string{"catalog.db", "search.db"} {
		b, err := os.ReadFile(h.path("hidden", f))
		must(t, err)
		for n := range names {
			if strings.Contains(string(b), n) {
				t.Errorf("%q is in %s", n, f)
			}
		}
	}
}

// writers are the names of the persons who write in an export.
func writers(t *testing.T, path string) map[string]bool {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	var x struct {
		Messages []struct {
			From   string
			FromID string `json:"from_id"`
		}
	}
	must(t, json.Unmarshal(b, &x))
	names := map[string]bool{}
	for _, m := range x.Messages {
		if strings.HasPrefix(m.FromID, "user") {
			names[m.From] = true
		}
	}
	return names
}

// output is what a case tells about its statements: views, details, bundles.
func (h *house) output(c *pipeline.Case) string {
	h.Helper()
	ctx := context.Background()
	d := desk.New(c)
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	var ids []string
	for _, s := range h.find(c, "") {
		must(h.T, enc.Encode(d.View(s)))
		detail, err := d.Detail(ctx, d.StatementID(s))
		must(h.T, err)
		must(h.T, enc.Encode(detail))
		ids = append(ids, d.StatementID(s))
	}
	sources, err := c.Catalog.Sources(ctx)
	must(h.T, err)
	must(h.T, enc.Encode(sources))
	runs, err := c.Catalog.Runs(ctx)
	must(h.T, err)
	must(h.T, enc.Encode(runs))
	_, report, err := d.Release(ctx, ids[:min(len(ids), 5)], redact.ForPublic, "")
	if err == nil {
		must(h.T, enc.Encode(report))
	}
	return b.String()
}

// TestSampleKeepsItsPersons looks for the private persons of the sample
// country, whom the country's truth names, in catalog and output of its case.
// Posts that speak of a person in public are what was published, and stay.
func TestSampleKeepsItsPersons(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	for _, r := range h.country() {
		h.take(c, pipeline.ImportOptions{}, r)
	}
	world := sample.Truth()
	public := map[string]bool{} // persons whom a text names
	for _, s := range h.find(c, "") {
		for _, p := range world.Persons {
			if strings.Contains(s.Text+s.Title+s.Byline+strings.Join(s.Credits, " "), p) {
				public[p] = true
			}
		}
	}
	if len(public) == len(world.Persons) {
		t.Fatal("every person is named in a text: nothing to test")
	}
	seen := h.output(c)
	h.close(c)
	files := map[string]string{"what is printed": seen}
	for _, f := range []string{"catalog.db", "search.db"} {
		b, err := os.ReadFile(filepath.Join(c.Dir, f))
		must(t, err)
		files[f] = string(b)
	}
	for where, text := range files {
		for _, p := range world.Persons {
			if !public[p] && strings.Contains(text, p) {
				t.Errorf("%q is in %s", p, where)
			}
		}
	}
}
