package pipeline_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/query"
	"dalil/internal/record"
	"dalil/internal/sample"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a folder with keys and cases, for one test.
type house struct {
	*testing.T
	dir  string
	made pipelinetest.Maker
}

func newHouse(t *testing.T) *house {
	dir := t.TempDir()
	m, err := pipelinetest.NewMaker(filepath.Join(dir, "config"))
	must(t, err)
	return &house{T: t, dir: dir, made: m}
}

func (h *house) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// create makes a case and leaves it open for writing until the test ends.
func (h *house) create(name string) *pipeline.Case {
	h.Helper()
	c, err := h.made.Create(context.Background(), h.path(name), "UTC")
	must(h.T, err)
	return c
}

func (h *house) close(c *pipeline.Case) {
	h.Helper()
	must(h.T, c.Close())
}

func (h *house) open(name string, write bool) *pipeline.Case {
	h.Helper()
	c, err := h.made.Open(context.Background(), h.path(name), write)
	must(h.T, err)
	return c
}

// take imports and fails the test if anything is wrong with what is imported.
func (h *house) take(c *pipeline.Case, opt pipeline.ImportOptions, paths ...string) pipeline.Receipt {
	h.Helper()
	r, err := c.Import(context.Background(), paths, opt)
	must(h.T, err)
	if r.Failed > 0 || r.Read != r.New+r.Known+r.Edits {
		h.Fatalf("import %v: %+v", paths, r)
	}
	return r
}

// export writes a Telegram export to a file and returns the file's name and
// what is true about it.
func (h *house) export(name string, opt sample.ExportOptions) (string, sample.ExportTruth) {
	h.Helper()
	path := h.path(filepath.FromSlash(name))
	must(h.T, os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	must(h.T, err)
	truth, err := sample.Export(f, opt)
	must(h.T, err)
	must(h.T, f.Close())
	return path, truth
}

func (h *house) write(name, text string) string {
	h.Helper()
	path := h.path(filepath.FromSlash(name))
	must(h.T, os.MkdirAll(filepath.Dir(path), 0o755))
	must(h.T, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// verified fails the test unless a case of the house verifies.
func (h *house) verified(name string) *custody.Report {
	h.Helper()
	r, err := h.made.Verify(context.Background(), h.path(name), nil)
	must(h.T, err)
	for _, p := range r.Problems {
		h.Errorf("verify: %s: %s", p.Where, p.What)
	}
	return r
}

// rebuilt closes a case, fails the test unless a rebuild makes the same
// catalog, and verifies it.
func (h *house) rebuilt(c *pipeline.Case) {
	h.Helper()
	h.close(c)
	r, err := h.made.Rebuild(context.Background(), c.Dir)
	must(h.T, err)
	if !r.Identical {
		h.Errorf("rebuild of %s: %+v", filepath.Base(c.Dir), r)
	}
	h.verified(filepath.Base(c.Dir))
}

// find searches and returns every hit.
func (h *house) find(c *pipeline.Case, q string) []record.Statement {
	h.Helper()
	found, err := desk.New(c).Search(context.Background(), q, catalog.Page{Limit: -1})
	must(h.T, err)
	var out []record.Statement
	for _, x := range found.Hits {
		out = append(out, x.Statement)
	}
	return out
}

// one returns the newest version of the message of a channel.
func (h *house) one(c *pipeline.Case, key, id string) record.Statement {
	h.Helper()
	ctx := context.Background()
	src, err := c.Catalog.SourceByKey(ctx, key)
	must(h.T, err)
	known, err := c.Catalog.Known(ctx, src.Leaf, []string{id})
	must(h.T, err)
	k, ok := known[id]
	if !ok {
		h.Fatalf("message %s of %s is not here", id, key)
	}
	s, err := c.Catalog.Statement(ctx, k.First)
	must(h.T, err)
	return s
}

// statements is what a reader finds in a case, a line a statement version,
// sorted: the same for the same files, whatever way they came in. Where a
// file's path is part of an id there is nothing to compare, so exports are.
func (h *house) statements(c *pipeline.Case) []string {
	h.Helper()
	ctx := context.Background()
	found, err := c.Catalog.Search(ctx, query.Query{}, catalog.Page{Limit: -1})
	must(h.T, err)
	var rows []string
	for _, x := range found.Hits {
		versions, err := c.Catalog.Versions(ctx, x.First)
		must(h.T, err)
		for _, v := range versions {
			rows = append(rows, fmt.Sprintf("%s/%s %d %s %d %d media=%v %q", v.SourceName, v.ExternalID, v.Version, v.Kind, v.Posted.Seconds(), v.Edited.Seconds(), v.Media, v.Text))
		}
	}
	slices.Sort(rows)
	return rows
}

func (h *house) equal(what string, got, want []string) {
	h.Helper()
	if slices.Equal(got, want) {
		return
	}
	h.Errorf("%s: %d statement versions, want %d", what, len(got), len(want))
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			h.Errorf("the first difference:\n got %.200s\nwant %.200s", got[i], want[i])
			return
		}
	}
}

// sum is a digest over every byte and name of a folder.
func (h *house) sum(dir string) string {
	h.Helper()
	s := sha256.New()
	must(h.T, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(s, p, d.IsDir())
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(p)
		s.Write(b)
		return err
	}))
	return hex.EncodeToString(s.Sum(nil))
}

// message is one message of a small export.
type message struct {
	id         int
	from, text string
	fromID     string
	edited     string
	photo      string
	forwarded  string
}

// chat writes a Telegram Desktop export of one chat by hand, for tests that
// need to know every byte of it.
func chat(typ string, ms ...message) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"name": "Harbour Lamp", "type": %q, "id": 1600000001, "messages": [`, typ)
	for i, m := range ms {
		if i > 0 {
			b.WriteString(",")
		}
		from, fromID := m.from, m.fromID
		if from == "" {
			from, fromID = "Harbour Lamp", "channel1600000001"
		}
		fmt.Fprintf(&b, "\n {\"id\": %d, \"type\": \"message\", \"date\": \"2025-03-%02dT10:00:00\", \"date_unixtime\": \"%d\"", m.id, 1+m.id%28, 1740823200+86400*(m.id%28))
		if m.edited != "" {
			fmt.Fprintf(&b, `, "edited": "2025-04-01T00:00:00", "edited_unixtime": %q`, m.edited)
		}
		fmt.Fprintf(&b, ", \"from\": %q, \"from_id\": %q", from, fromID)
		if m.forwarded != "" {
			fmt.Fprintf(&b, ", \"forwarded_from\": %q", m.forwarded)
		}
		if m.photo != "" {
			fmt.Fprintf(&b, ", \"photo\": %q, \"width\": 1, \"height\": 1", m.photo)
		}
		fmt.Fprintf(&b, ", \"text\": %s, \"text_entities\": [{\"type\": \"plain\", \"text\": %s}]}", quote(m.text), quote(m.text))
	}
	b.WriteString("\n]}\n")
	return b.String()
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

const lamp = "telegram:1600000001"
