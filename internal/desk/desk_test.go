package desk_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/record"
	"dalil/internal/redact"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// export is a channel of four messages: an edit to come, an answer, a forward.
const export = `{"name": "Harbour Lamp", "type": "public_channel", "id": 1600000001, "messages": [
 {"id": 11, "type": "message", "date": "2025-03-01T10:00:00", "date_unixtime": "1740823200", "from": "Harbour Lamp", "from_id": "channel1600000001", "text": "the bridge is open", "text_entities": [{"type": "plain", "text": "the bridge is open"}]},
 {"id": 12, "type": "message", "date": "2025-03-02T10:00:00", "date_unixtime": "1740909600", "from": "Harbour Lamp", "from_id": "channel1600000001", "reply_to_message_id": 11, "text": "since the morning", "text_entities": [{"type": "plain", "text": "since the morning"}]},
 {"id": 13, "type": "message", "date": "2025-03-03T10:00:00", "date_unixtime": "1740996000", "from": "Harbour Lamp", "from_id": "channel1600000001", "forwarded_from": "Harbour Lamp", "text": "again: the bridge is open", "text_entities": [{"type": "plain", "text": "again: the bridge is open"}]}
]}
`

const group = `{"name": "Neighbours", "type": "private_supergroup", "id": 1600000002, "messages": [
 {"id": 1, "type": "message", "date": "2025-03-01T10:00:00", "date_unixtime": "1740823200", "from": "Tilda Morgenrot", "from_id": "user77", "text": "I saw it from the roof", "text_entities": [{"type": "plain", "text": "I saw it from the roof"}]}
]}
`

// open makes a case with the channel and the group in it.
func open(t *testing.T) *desk.Desk {
	t.Helper()
	dir := t.TempDir()
	m, err := pipelinetest.NewMaker(filepath.Join(dir, "config"))
	must(t, err)
	ctx := context.Background()
	c, err := m.Create(ctx, filepath.Join(dir, "case"), "Asia/Baghdad")
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	for name, text := range map[string]string{"channel": export, "group": group} {
		p := filepath.Join(dir, name, "result.json")
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		must(t, os.WriteFile(p, []byte(text), 0o644))
		if r, err := c.Import(ctx, []string{p}, pipeline.ImportOptions{}); err != nil || r.Failed > 0 {
			t.Fatalf("%+v %v", r, err)
		}
	}
	return desk.New(c)
}

// id finds one statement and returns what it is called by.
func id(t *testing.T, d *desk.Desk, q string) string {
	t.Helper()
	found, err := d.Search(context.Background(), q, catalog.Page{})
	must(t, err)
	if len(found.Hits) != 1 {
		t.Fatalf("%q finds %d statements", q, len(found.Hits))
	}
	return d.StatementID(found.Hits[0].Statement)
}

func TestDetail(t *testing.T) {
	d := open(t)
	ctx := context.Background()
	x, err := d.Detail(ctx, id(t, d, "morning"))
	must(t, err)
	if x.ReplyTo == nil || x.ReplyTo.Text != "the bridge is open" || x.Source.Name != "Harbour Lamp" || !x.Proof.Unaltered {
		t.Errorf("%+v", x)
	}
	raw, span, err := d.Raw(ctx, x.ID)
	must(t, err)
	if !strings.Contains(export, string(raw)) || span.SHA256 != record.DigestOf(raw) || !bytes.Contains(raw, []byte("since the morning")) {
		t.Errorf("%s", raw)
	}
	x, err = d.Detail(ctx, id(t, d, "again"))
	must(t, err)
	if !strings.HasPrefix(x.Forward, "Harbour Lamp") || x.ForwardID == "" {
		t.Errorf("forwarded from %q %q", x.Forward, x.ForwardID)
	}
}

func TestUnknownIDs(t *testing.T) {
	d := open(t)
	ctx := context.Background()
	known := id(t, d, "morning")
	for _, bad := range []string{"", "S-", "morning", known + "0", "S-0000000", "C" + known[1:]} {
		if _, err := d.Statement(ctx, bad); err == nil {
			t.Errorf("%q is an id", bad)
		}
	}
	if s, err := d.Statement(ctx, strings.ToLower(known[2:])); err != nil || s.Text != "since the morning" {
		t.Errorf("without its letter and small: %+v %v", s, err)
	}
	// An id of another case is none of this one, but for one in a million.
	if _, err := open(t).Statement(ctx, known); err == nil {
		t.Errorf("%s is an id of another case", known)
	}
}

func TestDecisionsNeedReasons(t *testing.T) {
	d := open(t)
	ctx := context.Background()
	s := id(t, d, "morning")
	size := d.Case.Archive.Size()
	for what, act := range map[string]func() error{
		"withdraw": func() error { _, err := d.Withdraw(ctx, s, "  "); return err },
		"restrict": func() error { _, err := d.Restrict(ctx, s, "", false); return err },
		"erase":    func() error { _, _, err := d.RequestErase(ctx, s, ""); return err },
		"outage":   func() error { _, err := d.Outage(ctx, "", time.Unix(1e9, 0), time.Time{}, ""); return err },
	} {
		if err := act(); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s without a reason: %v", what, err)
		}
	}
	for what, act := range map[string]func() error{
		"restore what is not withdrawn":     func() error { _, err := d.Restore(ctx, s, "x"); return err },
		"lift what is not restricted":       func() error { _, err := d.Restrict(ctx, s, "x", true); return err },
		"an outage of an unknown source":    func() error { _, err := d.Outage(ctx, "nobody", time.Unix(1e9, 0), time.Time{}, "x"); return err },
		"an outage that ends before":        func() error { _, err := d.Outage(ctx, "", time.Unix(1e9, 0), time.Unix(1e8, 0), "x"); return err },
		"confirm what nobody asked for":     func() error { _, err := d.ConfirmErase(ctx, "D-0000000", ""); return err },
		"confirm a statement for a request": func() error { _, err := d.ConfirmErase(ctx, s, ""); return err },
	} {
		if err := act(); err == nil {
			t.Errorf("%s: done", what)
		}
	}
	if d.Case.Archive.Size() != size {
		t.Errorf("what was refused left %d records", d.Case.Archive.Size()-size)
	}
}

func TestOutageOfOneSource(t *testing.T) {
	d := open(t)
	ctx := context.Background()
	g, err := d.Outage(ctx, "harbour lamp", time.Unix(1.74e9, 0), time.Unix(1.75e9, 0), "the collector was down")
	must(t, err)
	src, err := d.Source(ctx, "Harbour Lamp")
	must(t, err)
	if g.Source != src.Leaf {
		t.Errorf("outage of %d, want %d", g.Source, src.Leaf)
	}
	gaps, err := d.Case.Catalog.Gaps(ctx, src.Leaf)
	must(t, err)
	if len(gaps) != 1 || gaps[0].Note != "the collector was down" || gaps[0].From != 1.74e9 || gaps[0].To != 1.75e9 {
		t.Errorf("%+v", gaps)
	}
}

// TestReleaseWithholds sees what leaves the house and what does not.
func TestReleaseWithholds(t *testing.T) {
	d := open(t)
	ctx := context.Background()
	public, restricted, withdrawn, private := id(t, d, "morning"), id(t, d, "again"), id(t, d, "bridge -again"), id(t, d, "roof")
	_, err := d.Restrict(ctx, restricted, "endangers the source", false)
	must(t, err)
	_, err = d.Withdraw(ctx, withdrawn, "a mistake")
	must(t, err)
	r, report, err := d.Release(ctx, []string{public, restricted, withdrawn, private, public}, redact.ForPublic, "")
	must(t, err)
	if r.Len() != 1 || report.Statements != 1 {
		t.Errorf("%d statements leave the house: %+v", r.Len(), report)
	}
	withheld := map[string]bool{}
	for _, w := range report.Withheld {
		withheld[w.ID] = true
		if w.Why == "" {
			t.Errorf("%s is withheld for no reason", w.ID)
		}
	}
	for _, s := range []string{restricted, withdrawn, private} {
		if !withheld[s] {
			t.Errorf("%s is not said to be withheld: %+v", s, report.Withheld)
		}
	}
	for s := range r.Statements() {
		if s.ID != public {
			t.Errorf("%s leaves the house", s.ID)
		}
	}
	// Nothing that comes with it, opened or not, holds what is withheld.
	spans := 0
	for e := range r.Entries() {
		all := slices.Concat(e.Leaf, e.Salt, e.Body)
		if e.Open != nil {
			f, err := e.Open()
			must(t, err)
			b, err := io.ReadAll(f)
			must(t, err)
			must(t, f.Close())
			all, spans = append(all, b...), spans+1
		}
		for _, word := range []string{"again", "bridge", "roof", "Morgenrot", "endangers", "mistake"} {
			if bytes.Contains(all, []byte(word)) {
				t.Errorf("%q leaves with entry %d", word, e.Index)
			}
		}
	}
	if spans == 0 {
		t.Error("no evidence leaves with the release")
	}
	_, err = d.Restrict(ctx, restricted, "no longer", true)
	must(t, err)
	if r, _, err = d.Release(ctx, []string{public, restricted}, redact.ForPublic, ""); err != nil || r.Len() != 2 {
		t.Errorf("after the restriction was lifted: %d %v", r.Len(), err)
	}
}
