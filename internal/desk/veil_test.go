package desk_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/redact"
)

// harbour is an export of a channel with these messages, by id.
func harbour(texts map[int]string) string {
	ids := make([]int, 0, len(texts))
	for n := range texts {
		ids = append(ids, n)
	}
	slices.Sort(ids)
	var all []string
	for _, n := range ids {
		at := 1743501600 + n*86400
		all = append(all, fmt.Sprintf(`{"id": %d, "type": "message", "date_unixtime": "%d", "from": "Salt Wind", "from_id": "channel1600000009", "text": %[3]q, "text_entities": [{"type": "plain", "text": %[3]q}]}`, n, at, texts[n]))
	}
	return `{"name": "Salt Wind", "type": "public_channel", "id": 1600000009, "messages": [` + strings.Join(all, ",\n") + `]}`
}

// found is what a person learns from asking one thing in every way.
type found struct {
	Search, Inbox, Bulk, Families, Posted int64
	Unmet                                 []string
	Hits                                  []string // texts, as shown
	Met                                   string
}

func ask(t *testing.T, d *desk.Desk, q string) found {
	t.Helper()
	ctx := t.Context()
	var f found
	res, err := d.Search(ctx, q, catalog.Page{Total: true, Limit: 100})
	must(t, err)
	f.Search, f.Unmet = res.Total, res.ZeroBecause
	for _, h := range res.Hits {
		f.Hits = append(f.Hits, h.Text)
		for _, m := range h.Marks {
			f.Met += h.Snippet[m[0]:m[1]] + " "
		}
		for _, w := range h.Why {
			f.Met += w.Met + " "
		}
	}
	slices.Sort(f.Hits) // some were posted at one time
	met := strings.Fields(f.Met)
	slices.Sort(met)
	f.Met = strings.Join(met, " ")
	if int(res.Total) != len(res.Hits) {
		t.Errorf("%s: %d of %d", q, len(res.Hits), res.Total)
	}
	in, err := d.Inbox(ctx, q, desk.InboxPage{Page: catalog.Page{Total: true, Limit: 100}})
	must(t, err)
	f.Inbox = in.Total
	dry := desk.New(d.Case)
	dry.DryRun = true
	if all, err := dry.Triage(ctx, desk.Triage{Action: desk.ActionKeep, All: true, Query: q}); err == nil {
		f.Bulk = int64(all.Count)
	}
	families, _, err := d.Families(ctx, q, 0, -1)
	must(t, err)
	f.Families = int64(len(families))
	_, l, err := d.List(ctx, q, redact.ForPublic)
	must(t, err)
	n := l.Rows
	for _, w := range l.Withheld {
		n += w.N
	}
	if int64(n) != f.Search {
		t.Errorf("%s: a list is of %d, %d match", q, n, f.Search)
	}
	parsed, err := d.Parse(q)
	must(t, err)
	counts, err := d.Reader().CountPosted(ctx, parsed, 0, []int64{0, 1 << 31})
	must(t, err)
	f.Posted = counts[0].N
	return f
}

// TestMaskedIsNotFound: whatever part of a masked name somebody asks for, in any
// form the query language has, the answer is that of a case in which the texts never
// held the name. Other words find the statement, and what is of a like name and
// not masked is found.
func TestMaskedIsNotFound(t *testing.T) {
	ctx := context.Background()
	others := map[int]string{1: "a calm day at the harbour", 2: "Velasko street is flooded", 3: "the driver was late"}
	named := map[int]string{4: "The driver is Tamir Velasko, of the harbour office; he was seen there on the morning of the second of April with two other men who carried boxes to the northern quay", 5: "Ask #tamir_velasko about it", 6: "قال تَمِير فيلاسكو إنه بريء",
		7: "وتمير فيلاسكو هناك", 8: "see https://example.org/TamirVelasko/page", 9: "Tamir\u200c Velasko again", 10: "The driver is Tamir Velasko, of the harbour office; he was seen there on the morning of the second of April with two other men who carried boxes to the northern quay"}
	both, masked := map[int]string{}, map[int]string{}
	for n, s := range named {
		both[n] = s
		masked[n] = strings.NewReplacer("Tamir Velasko", desk.MaskToken, "tamir_velasko", desk.MaskToken, "تَمِير فيلاسكو", desk.MaskToken, "تمير فيلاسكو", desk.MaskToken,
			"TamirVelasko", desk.MaskToken, "Tamir\u200c Velasko", desk.MaskToken).Replace(s)
	}
	for n, s := range others {
		both[n], masked[n] = s, s
	}
	with, without := open(t), open(t)
	for d, texts := range map[*desk.Desk]map[int]string{with: both, without: masked} {
		p := filepath.Join(t.TempDir(), "result.json")
		must(t, os.WriteFile(p, []byte(harbour(texts)), 0o644))
		_, err := d.Case.Import(ctx, []string{p}, pipeline.ImportOptions{})
		must(t, err)
	}
	res, err := with.Search(ctx, `"harbour office"`, catalog.Page{})
	must(t, err)
	target := with.StatementID(res.Hits[0].Statement)
	_, err = with.Translate(ctx, target, "tr", "Sürücü Tamir Velasko imiş", "")
	must(t, err)
	before := ask(t, with, "velasko")
	if before.Search < 4 || before.Families == 0 {
		t.Fatalf("before masking: %+v", before)
	}
	_, err = with.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{target}, Names: []string{"Tamir Velasko", "تمير فيلاسكو"}, Reason: "accused by name without proof"})
	must(t, err)

	asked := []string{"Velasco", "Tameer", "velasco~1", "velazko~2", "tamor~1", `"tamir velasko"`, `"is tamir"`, `"driver is tamir"`, `"velasko of the"`, "TamirVelasko", "وتمير", "ولتمير", "تَمِيرُ",
		`"tamir velasko"~4`, `"driver velasko"~5`, `"tamir vel"*`, "#tamir_velasko", "tamir_velasko", "tamir velasko", "tamir OR zzz", "driver tamir", "driver velasko", "harbour (tamir OR calm)", "-(driver OR tamir)",
		"velasko sort:relevance", "velasko sort:posted", "tamir lang:en", "velasko state:new", "-driver velasko", "exact:Velasko", "exact:Tamir", "exact:فيلاسكو", "וולסקו", "Темир", "Велазко"}
	for _, name := range []string{"tamir", "velasko", "تمير", "فيلاسكو"} {
		r := []rune(name)
		for i := range r {
			for j := i + 1; j <= len(r); j++ {
				if w := string(r[i:j]); w != "و" { // it would be found before "تمير": less is found than could be seen
					asked = append(asked, w, w+"*")
				}
			}
		}
		asked = append(asked, "-"+name, "-"+name+"*", "-exact:"+name, `-"`+name+`"`, "driver -"+name)
	}
	slices.Sort(asked)
	for _, q := range slices.Compact(asked) {
		got, want := ask(t, with, q), ask(t, without, q)
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s:\n got %+v\nwant %+v", q, got, want)
		}
		if low := strings.ToLower(got.Met); strings.Contains(low, "tamir") || strings.Contains(got.Met, desk.MaskToken) {
			t.Errorf("%s: met %q", q, got.Met)
		}
	}
	for _, q := range []string{"translation:velasko", `translation:"tamir velasko"`, "translation:imiş", "tamir is:shielded", "has:translation velasko"} {
		if f := ask(t, with, q); f.Search+f.Inbox+f.Bulk+f.Families != 0 {
			t.Errorf("%s: %+v", q, f)
		}
	}
	if t.Failed() {
		return
	}
	// What else a text says still finds it.
	if f := ask(t, with, `"harbour office"`); f.Search != 2 || f.Families != 1 || !strings.Contains(f.Hits[0], desk.MaskToken) {
		t.Fatalf("by its other words: %+v", f)
	}
	// A warning of a saved search is one more way to ask.
	for d, n := range map[*desk.Desk]int64{with: 1, without: 1} {
		_, err := d.SaveSearch(ctx, desk.SavedSearch{Name: "v", Query: "velasko", Warn: true}, "")
		must(t, err)
		fired, err := d.Fired(ctx, 1)
		must(t, err)
		if len(fired) != 1 || fired[0].N != n {
			t.Fatalf("%+v", fired)
		}
	}
	// Who opened the names finds them.
	o, err := with.Open(ctx, target, "to write to the person")
	must(t, err)
	if f := ask(t, o.Desk, "velasko"); f.Search != before.Search || !strings.Contains(f.Met, "Velasko") {
		t.Fatalf("opened: %+v, before %+v", f, before)
	}
}
