package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

const news = "The engineers of the valley say that the old stone bridge over the river will be closed for two weeks from Monday morning"

func channelOf(id int, name string, messages ...string) string {
	for i, m := range messages {
		when, text, _ := strings.Cut(m, "|")
		edited := ""
		if w, e, ok := strings.Cut(when, "/"); ok {
			when, edited = w, fmt.Sprintf(`"edited": "2025-03-01T10:00:00", "edited_unixtime": "%s", `, e)
		}
		messages[i] = fmt.Sprintf(`{"id": %d, "type": "message", "date": "2025-03-01T10:00:00", "date_unixtime": "%s", %s"from": "x", "from_id": "channel%d", "text": %q, "text_entities": [{"type": "plain", "text": %q}]}`, i+11, when, edited, id, text, text)
	}
	return fmt.Sprintf(`{"name": %q, "type": "public_channel", "id": %d, "messages": [%s]}`, name, id, strings.Join(messages, ","))
}

// TestKnownThen: a desk at a moment says what the desk said at that moment, with
// imports, a family that grows and gets an earlier first, an edit, decisions and
// undos in between; and it does what protects people now.
func TestKnownThen(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	now := time.Date(2025, 4, 1, 12, 0, 0, 0, time.UTC)
	m, err := pipelinetest.NewMaker(filepath.Join(dir, "config"))
	must(t, err)
	m.Stores.Now = func() time.Time { return now }
	c, err := m.Create(ctx, filepath.Join(dir, "case"), "Asia/Baghdad")
	must(t, err)
	defer func() { must(t, c.Close()) }()
	d := desk.New(c)
	bring := func(name, text string) {
		t.Helper()
		p := filepath.Join(dir, name, "result.json")
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		must(t, os.WriteFile(p, []byte(text), 0o644))
		if r, err := c.Import(ctx, []string{p}, pipeline.ImportOptions{}); err != nil || r.Failed > 0 {
			t.Fatalf("%+v %v", r, err)
		}
	}
	// says is what a desk says about everything.
	says := func(d *desk.Desk) string {
		t.Helper()
		var all []any
		put := func(v any, err error) {
			t.Helper()
			must(t, err)
			all = append(all, v)
		}
		for _, q := range []string{"", "bridge", "state:kept", "is:first", "edited:yes", "ferry"} {
			found, err := d.Search(ctx, q, catalog.Page{Total: true})
			found.Next = ""
			put(found, err)
			for _, h := range found.Hits {
				put(d.View(h.Statement), nil)
				detail, err := d.Detail(ctx, d.StatementID(h.Statement))
				must(t, err)
				put(detail.Versions, nil)
			}
			in, err := d.Inbox(ctx, q, desk.InboxPage{Page: catalog.Page{Total: true}})
			put(in, err)
		}
		var families []any
		must(t, d.Reader().EachFamily(ctx, func(f record.Family) bool {
			x, err := d.Family(ctx, c.IDs.ID(record.KindFamily, f.Anchor))
			must(t, err)
			families = append(families, f, d.FamilyJSON(x))
			return true
		}))
		put(families, nil)
		sources, err := d.Sources(ctx)
		put(sources, err)
		waiting, err := d.Waiting(ctx)
		put(waiting, err)
		decisions, err := d.Reader().AllDecisions(ctx)
		put(decisions, err)
		b, err := json.MarshalIndent(all, "", " ")
		must(t, err)
		return string(b)
	}
	type state struct {
		at   time.Time
		size uint64
		said string
	}
	var states []state
	keep := func() {
		t.Helper()
		states = append(states, state{now, c.Archive.Size(), says(d)})
		now = now.Add(time.Hour)
	}
	id := func(q string) string {
		t.Helper()
		found, err := d.Search(ctx, q, catalog.Page{})
		must(t, err)
		return d.StatementID(found.Hits[0].Statement)
	}
	decide := func(action, q string) string {
		t.Helper()
		done, err := d.Triage(ctx, desk.Triage{Action: action, Units: []string{id(q)}, Reason: "seen"})
		must(t, err)
		return c.IDs.ID(record.KindDecision, done.Leaf)
	}
	undo := func(decision string) string {
		t.Helper()
		x, err := d.Undo(ctx, decision, "not so")
		must(t, err)
		return c.IDs.ID(record.KindDecision, x.Leaf)
	}

	keep()
	bring("lamp", channelOf(101, "Harbour Lamp", "1740823200|"+news, "1740909600|the ferry goes at nine"))
	keep()
	bring("hill", channelOf(102, "Hill Post", "1740826800|"+news))
	keep()
	kept := decide("keep", "bridge")
	keep()
	bring("valley", channelOf(103, "Valley News", "1740819600|"+news)) // earlier than both
	keep()
	again := undo(kept)
	keep()
	undo(again)
	keep()
	bring("lamp2", channelOf(101, "Harbour Lamp", "1740823200/1740900000|"+news+", and not from Tuesday", "1740909600|the ferry goes at nine"))
	keep()
	for i, s := range states {
		if i > 0 && s.said == states[i-1].said {
			t.Errorf("nothing happened in step %d", i)
		}
	}
	look := func(text string) (*desk.Desk, desk.Moment) {
		t.Helper()
		m, err := d.Moment(ctx, text)
		must(t, err)
		then, done, err := d.Then(ctx, m)
		must(t, err)
		t.Cleanup(func() { must(t, done()) })
		return then, m
	}
	for i, s := range states {
		for _, text := range []string{s.at.Format(time.RFC3339), s.at.Add(59 * time.Minute).Format(time.RFC3339), fmt.Sprint("@", s.size), s.at.In(c.Zone).Format("2006-01-02T15:04"), s.at.In(c.Zone).Format("2006-01-02 15:04:05")} {
			then, m := look(text)
			if m.Size != s.size {
				t.Fatalf("step %d: %s: the log had %d, not %d", i, text, s.size, m.Size)
			}
			got := says(then)
			if got != s.said {
				a, b := strings.Split(got, "\n"), strings.Split(s.said, "\n")
				for k := range a {
					if k >= len(b) || a[k] != b[k] {
						t.Fatalf("step %d: %s: line %d:\n got %s\nwant %s", i, text, k, strings.Join(a[max(0, k-8):min(len(a), k+5)], "\n"), strings.Join(b[max(0, k-8):min(len(b), k+5)], "\n"))
					}
				}
			}
		}
	}

	// A day means its end; a time before the case, nothing; what has not come, is
	// refused.
	if _, m := look("2025-04-01"); m.Size != c.Archive.Size() {
		t.Errorf("at the end of the day the log had %d", m.Size)
	}
	if _, m := look("2025-03-31"); m.Size != 0 {
		t.Errorf("before the case the log had %d", m.Size)
	}
	for _, bad := range []string{"", "yesterday", "@", "@-1", "@999999", "2999-01-01", "2025-04-01T25:00"} {
		if _, err := d.Moment(ctx, bad); !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}

	// The past is not changed.
	then, _ := look("@4")
	size := c.Archive.Size()
	if _, err := then.Outage(ctx, "", now, time.Time{}, "x"); !errors.Is(err, record.ErrConflict) {
		t.Errorf("an outage in the past: %v", err)
	}
	if then, _ := look(states[6].at.Format(time.RFC3339)); then.Case.Writable() {
		t.Error("the past is open for writing")
	} else if _, err := then.Withdraw(ctx, id("ferry"), "x"); !errors.Is(err, record.ErrConflict) {
		t.Errorf("a withdrawal in the past: %v", err)
	}
	if c.Archive.Size() != size {
		t.Fatal("something was recorded")
	}

	// What protects is of today.
	before := states[1].at.Format(time.RFC3339)
	if _, err := d.Triage(ctx, desk.Triage{Action: desk.ActionShield, Units: []string{id("bridge")}, Names: []string{"stone bridge"}, Reason: "a person"}); err != nil {
		t.Fatal(err)
	}
	then, _ = look(before)
	found, err := then.Search(ctx, "engineers", catalog.Page{})
	must(t, err)
	if len(found.Hits) != 1 || strings.Contains(found.Hits[0].Text+found.Hits[0].Snippet, "stone bridge") || !strings.Contains(found.Hits[0].Text, desk.MaskToken) {
		t.Errorf("looking back shows a masked name: %+v", found.Hits)
	}
	_, err = d.Withdraw(ctx, id("ferry"), "he asked")
	must(t, err)
	then, _ = look(before)
	if found, err := then.Search(ctx, "ferry", catalog.Page{}); err != nil || len(found.Hits) != 0 {
		t.Errorf("looking back shows what was withdrawn: %+v %v", found.Hits, err)
	}
	release, how, err := then.List(ctx, "engineers", redact.ForPublic)
	must(t, err)
	if release.Len() != 0 || len(how.Withheld) != 1 || how.Known.IsZero() || release.Known().IsZero() {
		t.Errorf("a list of the past holds a text with a masked name: %+v", how)
	}
	bring("mill", channelOf(104, "Mill Post", "1740999600|the mill is for sale"))
	before = now.Format(time.RFC3339)
	now = now.Add(time.Hour)
	_, err = d.Restrict(ctx, id("mill"), "for us alone", false)
	must(t, err)
	then, _ = look(before)
	if release, _, err := then.List(ctx, "mill", redact.ForPartner); err != nil || release.Len() != 0 {
		t.Errorf("a list of the past holds what is restricted now: %v", err)
	}
	if _, err := then.Cite(ctx, id("mill")); !errors.Is(err, record.ErrWithheld) {
		t.Errorf("what is restricted now can be cited in the past: %v", err)
	}
}
