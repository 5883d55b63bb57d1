package desk_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
)

// A channel that was renamed, in two exports and a page of it; all of it comes
// back after a rebuild.
func TestSourceFacts(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	m, err := pipelinetest.NewMaker(filepath.Join(dir, "config"))
	must(t, err)
	c, err := m.Create(ctx, filepath.Join(dir, "case"), "Asia/Baghdad")
	must(t, err)
	write := func(name, text string) {
		t.Helper()
		p := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		must(t, os.WriteFile(p, []byte(text), 0o644))
		_, err := c.Import(ctx, []string{p}, pipeline.ImportOptions{})
		must(t, err)
	}
	message := `{"id": 11, "type": "message", "date": "2025-03-01T10:00:00", "date_unixtime": "1740823200", "from": "x", "from_id": "channel1600000001", "text": "the bridge is open"}`
	write("a/result.json", `{"name": "Harbour Lamp", "type": "public_channel", "id": 1600000001, "messages": [`+message+`]}`)
	write("b/result.json", `{"name": "Harbour Light", "type": "public_channel", "id": 1600000001, "messages": [`+message+`,
		{"id": 12, "type": "service", "date": "2025-03-05T10:00:00", "date_unixtime": "1741168800", "actor": "Harbour Lamp", "actor_id": "channel1600000001", "action": "edit_group_title", "title": "Harbour Light", "text": ""}]}`)
	write("c/result.json", `{"name": "Harbour Beam", "type": "public_channel", "id": 1600000001, "messages": [`+message+`]}`) // no new statement
	write("d/page.html", `<!doctype html><html><head><title>x</title><meta property="al:ios:url" content="tg://resolve?domain=harbour_lamp"></head><body><div class="tgme_header_counter">1.2K subscribers</div>
		<div class="tgme_channel_info_header_title">Harbour Beam</div><div data-peer="c1600000001_-5">some words of a post</div></body></html>`)
	write("e/page.html", `<!doctype html><html><head><title>x</title><meta property="al:ios:url" content="tg://resolve?domain=Harbour_Lamp"></head><body>
		<div class="tgme_page_title">Harbour Beam</div><div class="tgme_page_extra">1 204 subscribers</div><div class="tgme_page_description">News of the coast</div></body></html>`)
	read := func(d *desk.Desk) []desk.SourceFact {
		t.Helper()
		s, err := d.Source(ctx, "telegram:1600000001")
		must(t, err)
		all, err := d.SourceFacts(ctx, s)
		must(t, err)
		return all
	}
	first := read(desk.New(c))
	want := map[string]int{"title Harbour Lamp": 1, "title Harbour Light": 2, "title Harbour Beam": 3, "username harbour_lamp": 1, "username Harbour_Lamp": 1,
		"subscribers 1.2K": 1, "subscribers 1 204": 1, "description News of the coast": 1}
	for _, f := range first {
		key := string(f.Kind) + " " + f.Value
		if want[key] != len(f.Seen) {
			t.Errorf("%s was seen %d times, want %d", key, len(f.Seen), want[key])
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("nothing says %v", want)
	}
	must(t, c.Close())
	rebuilt, err := m.Rebuild(ctx, filepath.Join(dir, "case"))
	must(t, err)
	_ = rebuilt
	c, err = m.Open(ctx, filepath.Join(dir, "case"), false)
	must(t, err)
	defer c.Close()
	if again := read(desk.New(c)); !reflect.DeepEqual(again, first) {
		t.Errorf("after a rebuild\n%+v\nbefore\n%+v", again, first)
	}
}

func TestSubscribersCount(t *testing.T) {
	for printed, want := range map[string]int64{"48 100": 48100, "1.2K": 1200, "10.4M": 10400000, "7": 7, "": -1, "many": -1, "-5": -1, "1e99": -1, "NaN": -1, "1,204": 1204} {
		got, ok := desk.SourceFact{Value: printed}.Count()
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d, want %d", printed, got, want)
		}
	}
}
