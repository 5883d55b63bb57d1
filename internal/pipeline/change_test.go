package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/sample"
)

// TestLifeOfAMessage follows messages through four exports of one channel.
func TestLifeOfAMessage(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	export := func(name string, ms ...message) string { return h.write(name, chat("public_channel", ms...)) }
	zero := message{id: 10, text: "the harbour wakes"}
	one := message{id: 11, text: "the bridge is open"}
	two := message{id: 12, text: "the ferry sails at noon"}
	six := message{id: 16, text: "the lamps are lit"}
	seven := message{id: 17, text: "the harbour sleeps"}
	twoEdited := message{id: 12, text: "the ferry does not sail", edited: "1743500000"}

	first := export("1/result.json", zero, one, two, six)
	r := h.take(c, pipeline.ImportOptions{}, first)
	if r.New != 4 || r.Sources != 1 || r.Gaps != 1 {
		t.Errorf("first export: %+v", r)
	}
	gaps, err := c.Catalog.Gaps(context.Background(), 0)
	must(t, err)
	if len(gaps) != 1 || gaps[0].First != "13" || gaps[0].Last != "15" {
		t.Errorf("gaps: %+v", gaps)
	}

	// 11 is missing, 12 was edited, 17 is new.
	second := export("2/result.json", zero, twoEdited, six, seven)
	r = h.take(c, pipeline.ImportOptions{}, second)
	if r.New != 1 || r.Known != 2 || r.Edits != 1 || r.Missing != 1 || r.Returned != 0 || r.Gaps != 0 {
		t.Errorf("second export: %+v", r)
	}
	if s := h.one(c, lamp, "11"); s.MissingFrom == 0 || s.Withdrawn || s.Erased {
		t.Errorf("message 11 was seen missing, and is %+v", s)
	}
	s := h.one(c, lamp, "12")
	if s.Version != 2 || s.Text != twoEdited.text {
		t.Errorf("message 12: version %d %q", s.Version, s.Text)
	}
	versions, err := c.Catalog.Versions(context.Background(), s.First)
	must(t, err)
	if len(versions) != 2 || versions[0].Text != two.text {
		t.Errorf("versions: %+v", versions)
	}

	// An export that is here tells nothing about what came after it.
	for _, again := range []string{first, second} {
		size := c.Archive.Size()
		if r = h.take(c, pipeline.ImportOptions{}, again); r.New+r.Edits+r.Missing+r.Returned > 0 || c.Archive.Size() != size {
			t.Errorf("%s again: %+v", again, r)
		}
	}

	// In a third export, 11 is there again and so is one of the unseen ones.
	r = h.take(c, pipeline.ImportOptions{}, export("3/result.json", zero, one, twoEdited, message{id: 14, text: "found"}, six, seven))
	if r.New != 1 || r.Returned != 1 || r.Edits != 0 || r.Missing != 0 {
		t.Errorf("third export: %+v", r)
	}
	if s := h.one(c, lamp, "11"); s.MissingFrom != 0 {
		t.Errorf("message 11 came back, and is %+v", s)
	}
	h.rebuilt(c)
}

// TestSecondExport holds receipts and catalog against what is true about two
// exports of several chats.
func TestSecondExport(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	opt := sample.DefaultExport(450, 8)
	opt.Chats = 3
	first, truth := h.export("1/result.json", opt)
	opt.Second = &sample.Second{Edited: .08, Missing: .04, New: .1}
	second, later := h.export("2/result.json", opt)
	r := h.take(c, pipeline.ImportOptions{}, first)
	if r.New != int64(truth.Messages) || r.Sources != 3 {
		t.Errorf("%d messages in 3 chats: %+v", truth.Messages, r)
	}
	gaps, err := c.Catalog.Gaps(context.Background(), 0)
	must(t, err)
	if len(gaps) != len(truth.Holes) {
		t.Errorf("%d gaps, want %d", len(gaps), len(truth.Holes))
	}
	r = h.take(c, pipeline.ImportOptions{}, second)
	if r.New != int64(len(later.New)) || r.Edits != int64(len(later.Changed)) {
		t.Errorf("new %d edits %d: %+v", len(later.New), len(later.Changed), r)
	}
	// One that is missing at the edge of an export is outside what it covers.
	inside := 0
	for _, m := range later.Missing {
		for _, chat := range later.Chats {
			if chat.ID == m.Chat && m.ID >= chat.First && m.ID <= chat.Last {
				inside++
			}
		}
	}
	if r.Missing != int64(inside) {
		t.Errorf("%d seen missing, want %d", r.Missing, inside)
	}
	for _, m := range later.Changed {
		if s := h.one(c, fmt.Sprintf("telegram:%d", m.Chat), fmt.Sprint(m.ID)); s.Version != 2 {
			t.Errorf("%v: version %d, want 2", m, s.Version)
		}
	}
	h.rebuilt(c)
}

// TestTruncatedExport imports an export that broke off: what was there is in,
// and the receipt says where it broke.
func TestTruncatedExport(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	in, truth := h.export("in/result.json", sample.DefaultExport(400, 6))
	b, err := os.ReadFile(in)
	must(t, err)
	cut := h.write("cut/result.json", string(b[:len(b)*3/5]))
	r, err := c.Import(context.Background(), []string{cut}, pipeline.ImportOptions{})
	must(t, err)
	if r.New < int64(truth.Messages)/2 || r.Failed == 0 || len(r.Problems) == 0 {
		t.Errorf("%+v", r)
	}
	for _, p := range r.Problems {
		if p.Offset < 0 || p.Offset > int64(len(b)*3/5) || p.Remedy == "" || p.File == "" {
			t.Errorf("a problem without file, byte or remedy: %+v", p)
		}
	}
	size := c.Archive.Size()
	again, err := c.Import(context.Background(), []string{cut}, pipeline.ImportOptions{})
	must(t, err)
	if again.New != 0 || c.Archive.Size() != size {
		t.Errorf("again: %+v", again)
	}
	// The whole one then: nothing twice, nothing missing.
	whole := h.take(c, pipeline.ImportOptions{}, in)
	if whole.New+r.New != int64(truth.Messages) || whole.Missing != 0 {
		t.Errorf("%d and %d of %d", r.New, whole.New, truth.Messages)
	}
	h.rebuilt(c)
}

// TestDryRun says what an import does, exactly, and writes nothing.
func TestDryRun(t *testing.T) {
	h := newHouse(t)
	opt := sample.DefaultExport(400, 8)
	first, _ := h.export("1/result.json", opt)
	opt.Second = &sample.Second{Edited: .08, Missing: .04, New: .1}
	second, _ := h.export("2/result.json", opt)
	country := h.country()
	h.close(h.create("case"))
	for _, paths := range slices.Concat([][]string{{first}, {first}, {second}, {first}, {first, second}}, each(country), each(country)) {
		before := h.sum(h.path("case"))
		r := h.open("case", false)
		told, err := r.Import(context.Background(), paths, pipeline.ImportOptions{DryRun: true})
		must(t, err)
		h.close(r)
		if h.sum(h.path("case")) != before {
			t.Errorf("%s: a dry run wrote to the case", name(paths))
		}
		c := h.open("case", true)
		did, err := c.Import(context.Background(), paths, pipeline.ImportOptions{})
		must(t, err)
		h.close(c)
		// What only writing makes is left out of the comparison.
		did.LeafFirst, did.LeafLast, did.Run, did.Checkpoint, did.InFamilies = 0, 0, 0, "", 0
		told.LeafFirst, told.LeafLast, told.Run, told.Checkpoint = 0, 0, 0, ""
		told.Found, told.Formats = nil, nil // nor what only asking makes
		if got, want := fmt.Sprintf("%+v", told), fmt.Sprintf("%+v", did); got != want {
			t.Errorf("%s:\n told %.1000s\n did  %.1000s", name(paths), got, want)
		}
	}
}

func each(paths []string) [][]string {
	var out [][]string
	for _, p := range paths {
		out = append(out, []string{p})
	}
	return out
}

func name(paths []string) string {
	var out []string
	for _, p := range paths {
		out = append(out, filepath.Base(filepath.Dir(p))+"/"+filepath.Base(p))
	}
	return strings.Join(out, ", ")
}

// TestWithdrawn hides a statement from search, but not from those who ask.
func TestWithdrawn(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	in := h.write("in/result.json", chat("public_channel", message{id: 1, text: "the bridge is open"}, message{id: 2, text: "the bridge is shut"}))
	h.take(c, pipeline.ImportOptions{}, in)
	ctx := context.Background()
	d := desk.New(c)
	id := d.StatementID(h.one(c, lamp, "1"))
	_, err := d.Withdraw(ctx, id, "")
	if err == nil {
		t.Error("withdrawn without a reason")
	}
	_, err = d.Withdraw(ctx, id, "names a child")
	must(t, err)
	if _, err := d.Withdraw(ctx, id, "again"); err == nil {
		t.Error("withdrawn twice")
	}
	ids := func(q string) (out []string) {
		for _, s := range h.find(c, q) {
			out = append(out, s.ExternalID)
		}
		return out
	}
	check := func(q, want string) {
		t.Helper()
		if got := strings.Join(ids(q), " "); got != want {
			t.Errorf("%q finds %q, want %q", q, got, want)
		}
	}
	check("bridge", "2")
	check("", "2")
	check("bridge state:withdrawn", "1")
	if s, err := d.Statement(ctx, id); err != nil || !s.Withdrawn || s.Text == "" {
		t.Errorf("by its id: %+v %v", s, err)
	}
	if p, err := d.Proof(ctx, h.one(c, lamp, "1").Leaf); err != nil || !p.Unaltered {
		t.Errorf("its proof: %+v %v", p, err)
	}
	// Importing it again does not bring it back; a person does.
	h.take(c, pipeline.ImportOptions{}, in)
	check("bridge", "2")
	_, err = d.Restore(ctx, id, "a mistake")
	must(t, err)
	check("bridge", "2 1")
	decisions, err := c.Catalog.Decisions(ctx, h.one(c, lamp, "1").First)
	must(t, err)
	if len(decisions) != 2 || decisions[0].By == "" {
		t.Errorf("decisions: %+v", decisions)
	}
	h.rebuilt(c)
}

// TestProofOfEveryStatement checks the proof of each statement of the sample
// country as its page would.
func TestProofOfEveryStatement(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	for _, r := range h.country() {
		h.take(c, pipeline.ImportOptions{}, r)
	}
	d := desk.New(c)
	var kinds = map[record.StatementKind]int{}
	for _, s := range h.find(c, "") {
		kinds[s.Kind]++
		p, err := d.Proof(context.Background(), s.Leaf)
		must(t, err)
		if !p.Unaltered {
			t.Fatalf("%s %s: %s", s.SourceName, s.ExternalID, p.Problem)
		}
	}
	if kinds[record.Post] == 0 || kinds[record.Article] == 0 || kinds[record.Comment] == 0 || kinds[record.Image] == 0 {
		t.Errorf("not every kind of statement is here: %v", kinds)
	}
	h.close(c)
}

// TestIDTooLong imports a row whose id does not fit into a log entry: it is one
// failed statement, counted once, and the row beside it comes in.
func TestIDTooLong(t *testing.T) {
	h := newHouse(t)
	c := h.create("case")
	in := h.write("in/telegram.csv", "id,thread_id,chat,author,body,unix_timestamp,views,author_forwarded_from_name\n"+
		strings.Repeat("é", 40_000)+",1,wire,wire,The ferry did not leave.,1748761200,3,\n"+
		"7,1,wire,wire,The ferry left.,1748761260,3,\n")
	r, err := c.Import(context.Background(), []string{in}, pipeline.ImportOptions{})
	must(t, err)
	if r.Read != 2 || r.New != 1 || r.Failed != 1 || r.Edits != 0 {
		t.Errorf("read %d, new %d, known %d, edits %d, failed %d: %v", r.Read, r.New, r.Known, r.Edits, r.Failed, r.Problems)
	}
	h.rebuilt(c)
}
