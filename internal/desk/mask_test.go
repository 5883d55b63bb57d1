package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// accusations name an invented person in several spellings, a hashtag and an
// address.
const accusations = `{"name": "Salt Wind", "type": "public_channel", "id": 1600000009, "messages": [
 {"id": 1, "type": "message", "date": "2025-04-01T10:00:00", "date_unixtime": "1743501600", "from": "Salt Wind", "from_id": "channel1600000009", "text": "The driver is Tamir Velasko, of the harbour office", "text_entities": [{"type": "plain", "text": "The driver is Tamir Velasko, of the harbour office"}]},
 {"id": 2, "type": "message", "date": "2025-04-02T10:00:00", "date_unixtime": "1743588000", "from": "Salt Wind", "from_id": "channel1600000009", "text": ["Ask ", {"type": "hashtag", "text": "#tamir_velasko"}, " about it"], "text_entities": [{"type": "plain", "text": "Ask "}, {"type": "hashtag", "text": "#tamir_velasko"}, {"type": "plain", "text": " about it"}]},
 {"id": 3, "type": "message", "date": "2025-04-03T10:00:00", "date_unixtime": "1743674400", "from": "Salt Wind", "from_id": "channel1600000009", "text": "قال تَمِير فيلاسكو إنه بريء", "text_entities": [{"type": "plain", "text": "قال تَمِير فيلاسكو إنه بريء"}]},
 {"id": 4, "type": "message", "date": "2025-04-04T10:00:00", "date_unixtime": "1743760800", "from": "Salt Wind", "from_id": "channel1600000009", "text": "a calm day at the harbour", "text_entities": [{"type": "plain", "text": "a calm day at the harbour"}]}
]}
`

// TestShield: whatever a person at the desk reads, the name is not in it; who
// opens it leaves a record; and no release holds it.
func TestShield(t *testing.T) {
	ctx := context.Background()
	d := open(t)
	p := filepath.Join(t.TempDir(), "result.json")
	must(t, os.WriteFile(p, []byte(accusations), 0o644))
	_, err := d.Case.Import(ctx, []string{p}, pipeline.ImportOptions{})
	must(t, err)
	target := id(t, d, `"harbour office"`)
	calm := id(t, d, `"calm day"`)
	names := []string{"Tamir Velasko", "تمير فيلاسكو"}
	if _, err := d.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{target}, Names: names}); !errors.Is(err, record.ErrInvalid) {
		t.Fatalf("without a reason: %v", err)
	}
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{target}, Names: names, Reason: "accused by name without proof"})
	must(t, err)

	// Everything the desk shows, as programs see it.
	read := func(d *desk.Desk) string {
		var all bytes.Buffer
		show := func(v any, err error) {
			t.Helper()
			must(t, err)
			b, err := json.Marshal(v)
			must(t, err)
			all.Write(append(b, '\n'))
		}
		for _, q := range []string{"", "velasko", "driver", `"tamir velasko"`, "فيلاسكو", "is:shielded", "ask about"} {
			found, err := d.Search(ctx, q, catalog.Page{Total: true})
			show(found.Hits, err)
			in, err := d.Inbox(ctx, q, desk.InboxPage{})
			show(in.Rows, err)
			for _, h := range found.Hits {
				v := d.View(h.Statement)
				show(v, nil)
				detail, err := d.Detail(ctx, v.ID)
				show(detail, err)
				row, err := d.InboxUnit(ctx, v.ID)
				show(row, err)
			}
		}
		decisions, err := d.Reader().AllDecisions(ctx)
		show(decisions, err)
		changes, err := d.Since(ctx, 0)
		show(changes, err)
		return all.String()
	}
	reveals := func(s string) string {
		low := strings.ToLower(s)
		for _, part := range []string{"velasko", "tamir", "فيلاسكو", "تَمِير"} {
			if i := strings.Index(low, part); i >= 0 {
				return s[max(0, i-60):min(len(s), i+60)]
			}
		}
		return ""
	}
	shown := strings.ReplaceAll(read(d), `"Term":"velasko"`, "") // what a person typed is told back
	shown = strings.NewReplacer(`"term":"velasko"`, "", `"term":"tamir velasko"`, "", `"term":"فيلاسكو"`, "").Replace(shown)
	if r := reveals(shown); r != "" {
		t.Fatalf("shown: %s", r)
	}
	if !strings.Contains(shown, desk.MaskToken) {
		t.Fatal("nothing is masked")
	}
	if _, _, err := d.Raw(ctx, target); !errors.Is(err, record.ErrWithheld) {
		t.Fatalf("the bytes: %v", err)
	}

	// The log's page shows bodies of entries, the one with the names among them.
	for i := range d.Case.Archive.Size() {
		e, err := d.Entry(ctx, i)
		must(t, err)
		if r := reveals(e.Body); r != "" || len(e.Problems) > 0 {
			t.Fatalf("entry %d: %s %q", i, r, e.Problems)
		}
	}

	// Releases: the statement stays behind, and so do others that hold the name.
	hashtag := id(t, d, "ask about")
	if _, _, err := d.Release(ctx, []string{target, hashtag}, redact.ForPartner, "a court asked"); !errors.Is(err, record.ErrWithheld) {
		t.Fatalf("release: %v", err)
	}
	_, rep, err := d.Release(ctx, []string{target, calm}, redact.ForPartner, "")
	must(t, err)
	if rep.Statements != 1 {
		t.Fatalf("%+v", rep)
	}

	// Opening is for some, has a reason, and is on record.
	if _, err := d.Open(ctx, target, ""); !errors.Is(err, record.ErrInvalid) {
		t.Fatalf("without a reason: %v", err)
	}
	o, err := d.Open(ctx, target, "to write to the person")
	must(t, err)
	s, err := o.Desk.Statement(ctx, target)
	must(t, err)
	if !strings.Contains(s.Text, "Tamir Velasko") || o.ID == "" || len(o.Names) != 2 {
		t.Fatalf("%q %+v", s.Text, o)
	}
	again, err := d.Reopened(ctx, []string{o.ID})
	must(t, err)
	if s, err = again.Statement(ctx, target); err != nil || !strings.Contains(s.Text, "Tamir Velasko") {
		t.Fatalf("%q %v", s.Text, err)
	}
	if s, err = d.Statement(ctx, target); err != nil || strings.Contains(s.Text, "Tamir") {
		t.Fatalf("%q %v", s.Text, err)
	}
	_, err = d.Triage(ctx, desk.Triage{Action: desk.ActionUnshield, Units: []string{target}, Reason: "agreed with the person"})
	must(t, err)
	if s, err = d.Statement(ctx, target); err != nil || !strings.Contains(s.Text, "Tamir Velasko") {
		t.Fatalf("%q %v", s.Text, err)
	}
}

// TestReadMasked: nothing that people see reads texts beside Desk.Reader. The
// files that may are the masking itself and the makers of releases, which
// withhold instead; saved searches are people's own words.
func TestReadMasked(t *testing.T) {
	beside := regexp.MustCompile(`Case\.Catalog(?:$|,|\.(?:Statement|Current|Version|Versions|Search|Inbox|UnitsOf|Decision|Decisions|AllDecisions|NewestDecisions|DecisionsBy|Touched|Since|Shields|AllUnits|Source|Sources|SourceByKey|CountPosted|Texts|TextsAt|CurrentTexts)\()`) // nor under another name
	may := map[string]bool{"masked.go": true, "release.go": true, "list.go": true, "saved.go": true, "sheet.go": true}
	n := 0
	for _, room := range []string{".", "../web", "../cli"} {
		files, err := filepath.Glob(filepath.Join(room, "*.go"))
		must(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || room == "." && may[filepath.Base(name)] {
				continue
			}
			n++
			b, err := os.ReadFile(name)
			must(t, err)
			for i, line := range strings.Split(string(b), "\n") {
				if beside.MatchString(line) {
					t.Errorf("%s:%d reads beside Desk.Reader: %s", name, i+1, strings.TrimSpace(line))
				}
			}
		}
	}
	if n < 30 {
		t.Fatalf("only %d files read", n)
	}
}
