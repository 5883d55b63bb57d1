package catalogtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/query"
	"dalil/internal/record"
)

// cloth is a veil over one word.
type cloth string

func (v cloth) Hides(word string) bool         { return strings.EqualFold(word, string(v)) }
func (v cloth) Text(s string) string           { return strings.ReplaceAll(s, string(v), "█") }
func (v cloth) Covers(s record.Statement) bool { return strings.Contains(s.Text+s.Title, string(v)) }

// veiled: under a veil a query is answered as if the texts did not have what it
// covers. What is handed back is as it is: whoever shows it has to cover it.
func veiled(t *testing.T, open Open) {
	c := fresh(t, open)
	l, run, source, capture := start()
	l.say(source, capture, "a", "the miller spoke to Rowan at the mill", 1000)
	l.say(source, capture, "b", "Rowan and again Rowan", 2000)
	l.say(source, capture, "c", "the miller was alone", 3000, func(st *record.Statement) { st.Title = "Rowan" })
	l.say(source, capture, "d", "a rowing boat", 4000)
	other := l.source("telegram:108", "Rowan Post", "telegram")
	l.say(other, capture, "e", "rain", 5000)
	l.end(run)
	l.apply(t, c, 2)
	for _, x := range []struct{ text, open, veiled string }{
		{"rowan", "cba", ""},
		{"rowan*", "cba", ""},
		{"row*", "dcba", "d"},
		{"exact:Rowan", "cba", ""},
		{"-rowan", "ed", "edcba"},
		{"-exact:Rowan", "ed", "edcba"},
		{"miller rowan", "ca", ""},
		{"miller OR rowan", "cba", "ca"},
		{`"to rowan"`, "a", ""},
		{`"miller rowan"~9`, "a", ""},
		{"rowan~1", "cba", ""},
		{"from:rowan", "e", ""},
		{"from:telegram:108", "e", "e"},
		{"miller", "ca", "ca"},
		{"l*", "", ""}, // no tag is found by how it begins
	} {
		for veil, want := range map[query.Veil]string{nil: x.open, cloth("Rowan"): x.veiled} {
			q := asked(t, x.text)
			q.Veil = veil
			got := must[catalog.Result](t)(c.Search(ctx, q, catalog.Page{Total: true, Limit: 2}))
			var found []string
			for r := got; ; {
				found = append(found, ids(r)...)
				if r.Next == "" {
					break
				}
				r = must[catalog.Result](t)(c.Search(ctx, q, catalog.Page{After: r.Next, Limit: 2}))
			}
			equal(t, x.text, strings.Join(found, ""), want)
			equal(t, x.text+" total", got.Total, int64(len(want)))
			units := must[catalog.Units](t)(c.Inbox(ctx, q, catalog.Page{Total: true}))
			equal(t, x.text+" units", units.Total, int64(len(want)))
			n := 0
			if err := c.AllUnits(ctx, q, 0, func(uint64) bool { n++; return true }); err != nil {
				t.Fatal(err)
			}
			equal(t, x.text+" all units", n, len(want))
			counts := must[[]catalog.Count](t)(c.CountPosted(ctx, q, 0, []int64{0, 9000}))
			equal(t, x.text+" posted", counts[0].N, int64(len(want)))
			for _, h := range got.Hits {
				if said := fmt.Sprint(h.Why, h.Snippet); veil != nil && strings.Contains(said, "Rowan") {
					t.Errorf("%s: %s", x.text, said)
				}
			}
		}
	}
	q := asked(t, "rowan zzz")
	q.Veil = cloth("Rowan")
	r := must[catalog.Result](t)(c.Search(ctx, q, catalog.Page{}))
	equal(t, "what no text has", slices.Sorted(slices.Values(r.ZeroBecause)), []string{"rowan", "zzz"})
	q = asked(t, "miller")
	q.Veil = cloth("Rowan")
	r = must[catalog.Result](t)(c.Search(ctx, q, catalog.Page{}))
	equal(t, "the record itself", r.Hits[1].Text, "the miller spoke to Rowan at the mill")
}
