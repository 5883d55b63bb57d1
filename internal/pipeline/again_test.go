package pipeline_test

import (
	"archive/zip"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"dalil/internal/pipeline"
	"dalil/internal/sample"
)

// country writes the sample country's files and lists what to import, in an
// order in which names of channels are known before they are needed.
func (h *house) country() []string {
	h.Helper()
	dir := h.path("country")
	must(h.T, sample.Write(dir))
	roots, err := filepath.Glob(filepath.Join(dir, "exports", "*"))
	must(h.T, err)
	if testing.Short() {
		roots = roots[:4] // under the race detector
	}
	// Exports that print only a channel's name come after those with its id.
	slices.SortStableFunc(roots, func(a, b string) int { return rank(a) - rank(b) })
	list, err := os.ReadDir(dir)
	must(h.T, err)
	for _, e := range list {
		if e.Name() != "exports" {
			roots = append(roots, filepath.Join(dir, e.Name()))
		}
	}
	return roots
}

func rank(root string) int {
	b, err := filepath.Glob(filepath.Join(root, "*.html"))
	if err == nil && len(b) > 0 {
		return 1
	}
	return 0
}

func TestImportTwiceAddsNothing(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	roots := h.country()
	for _, r := range roots {
		h.take(c, pipeline.ImportOptions{}, r)
	}
	size, root := c.Archive.Size(), string(c.Archive.Checkpoint())
	want := h.statements(c)
	for _, r := range roots {
		got := h.take(c, pipeline.ImportOptions{}, r)
		if got.New+got.Edits+got.Gaps+got.Missing+got.Returned+got.Sources > 0 || got.LeafLast != 0 {
			t.Errorf("%s again: %+v", filepath.Base(r), got)
		}
	}
	if c.Archive.Size() != size || string(c.Archive.Checkpoint()) != root {
		t.Errorf("the log has %d entries, had %d", c.Archive.Size(), size)
	}
	h.equal("after the second import", h.statements(c), want)
	h.rebuilt(c)
}

// TestZipEqualsFolder imports a folder, and the same folder packed.
func TestZipEqualsFolder(t *testing.T) {
	h := newHouse(t)
	a, b := h.create("folder"), h.create("zip")
	dir := h.path("export")
	h.export("export/result.json", sample.DefaultExport(300, 2))
	h.write("export/notes/a.txt", "A note of some length about the harbour and its lamps, written down at noon.")
	packed := h.path("export.zip")
	f, err := os.Create(packed)
	must(t, err)
	z := zip.NewWriter(f)
	must(t, z.AddFS(os.DirFS(dir)))
	must(t, z.Close())
	must(t, f.Close())
	ra, rb := h.take(a, pipeline.ImportOptions{}, dir), h.take(b, pipeline.ImportOptions{}, packed)
	if ra.New != rb.New || ra.Gaps != rb.Gaps || rb.Files != ra.Files+1 {
		t.Errorf("folder %+v\nzip %+v", ra, rb)
	}
	h.equal("the zip", h.statements(b), h.statements(a))
	// And one after the other: the second adds no statement.
	if r := h.take(b, pipeline.ImportOptions{}, dir); r.New+r.Edits+r.Gaps+r.Missing > 0 {
		t.Errorf("the folder after the zip: %+v", r)
	}
	h.rebuilt(a)
	h.rebuilt(b)
}

// TestOrderDoesNotMatter imports the exports of different chats in any order.
func TestOrderDoesNotMatter(t *testing.T) {
	h := newHouse(t)
	var paths []string
	chats := 5
	if testing.Short() {
		chats = 3 // under the race detector
	}
	for seed := range chats {
		p, _ := h.export(filepath.Join("in", string(rune('a'+seed)), "result.json"), sample.DefaultExport(120, uint64(seed+1)))
		paths = append(paths, p)
	}
	var want []string
	for i := range 4 {
		c := h.create("case" + string(rune('0'+i)))
		for _, p := range paths {
			h.take(c, pipeline.ImportOptions{}, p)
		}
		got := h.statements(c)
		if want == nil {
			want = got
		}
		h.equal("another order", got, want)
		h.close(c)
		rand.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	}
}

// TestResume cancels imports at random points and runs them again.
func TestResume(t *testing.T) {
	h := newHouse(t)
	messages := 9_000 // more than one batch
	if testing.Short() {
		messages = 1200 // under the race detector
	}
	first := sample.DefaultExport(messages, 9)
	later := first
	later.Second = &sample.Second{Edited: .03, Missing: .01, New: .02}
	a, _ := h.export("a/result.json", first)
	b, _ := h.export("b/result.json", later)
	whole := h.create("whole")
	h.take(whole, pipeline.ImportOptions{}, a)
	h.take(whole, pipeline.ImportOptions{}, b)
	want := h.statements(whole)
	h.close(whole)

	c := h.create("cut")
	cancelled := 0
	for _, in := range []string{a, b} {
		for range 3 {
			ctx, cancel := context.WithCancel(context.Background())
			at := rand.Int64N(int64(messages))
			r, err := c.Import(ctx, []string{in}, pipeline.ImportOptions{Progress: func(p pipeline.Progress) {
				if p.Receipt.Read >= at && p.Phase == "read" {
					cancel()
				}
			}})
			cancel()
			must(t, err)
			if r.Cancelled {
				cancelled++
			}
		}
		h.take(c, pipeline.ImportOptions{}, in)
	}
	if cancelled == 0 {
		t.Error("no import was cancelled")
	}
	h.equal("resumed", h.statements(c), want)
	h.rebuilt(c)
}

// TestReadersWhileImporting reads the case while it is written to.
func TestReadersWhileImporting(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	messages := 6000
	if testing.Short() {
		messages = 1500 // under the race detector
	}
	in, _ := h.export("in/result.json", sample.DefaultExport(messages, 5))
	done := make(chan error, 1)
	go func() {
		_, err := c.Import(context.Background(), []string{in}, pipeline.ImportOptions{})
		done <- err
	}()
	backups := 0
	for {
		select {
		case err := <-done:
			must(t, err)
			if backups == 0 {
				t.Error("no backup was made while the import ran")
			}
			h.close(c)
			return
		default:
		}
		r := h.open("case", false)
		to := h.path("backup", string(rune('a'+backups%26))+string(rune('a'+backups/26)))
		report, err := r.Backup(context.Background(), to, nil)
		must(t, err)
		if !report.OK {
			t.Fatalf("backup: %+v", report.Problems)
		}
		backups++
		// The copy is a case: it verifies as one, and opens when rebuilt.
		v, err := h.made.Verify(context.Background(), to, nil)
		must(t, err)
		if !v.OK {
			t.Fatalf("the copy: %+v", v.Problems)
		}
		if backups == 1 {
			if _, err := h.made.Rebuild(context.Background(), to); err != nil {
				t.Fatal(err)
			}
		}
		h.close(r)
	}
}

// TestBackupIsWhole makes a backup at rest: the copy holds what the case holds.
func TestBackupIsWhole(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	in, _ := h.export("in/result.json", sample.DefaultExport(500, 5))
	h.take(c, pipeline.ImportOptions{}, in)
	want := h.statements(c)
	_, err := c.Backup(context.Background(), h.path("copy"), nil)
	must(t, err)
	if _, err := c.Backup(context.Background(), h.path("copy"), nil); err == nil {
		t.Error("a backup overwrote another")
	}
	h.close(c)
	if _, err := h.made.Rebuild(context.Background(), h.path("copy")); err != nil {
		t.Fatal(err)
	}
	r := h.open("copy", false)
	h.equal("the copy", h.statements(r), want)
	h.close(r)
	h.verified("copy")
}

// TestSecondWriter opens a case for writing twice.
func TestSecondWriter(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	if _, err := h.made.Open(context.Background(), h.path("case"), true); !errors.Is(err, pipeline.ErrLocked) {
		t.Errorf("a second writer: %v", err)
	}
	h.close(c)
	h.close(h.open("case", true))
}
