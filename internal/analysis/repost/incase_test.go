package repost_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/record"
)

// TestErasedInCase erases, in a case on disk, the first post of a family: the
// others stay a family of their own.
func TestErasedInCase(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	m, err := pipelinetest.NewMaker(filepath.Join(dir, "config"))
	ok(err)
	c, err := m.Create(ctx, filepath.Join(dir, "case"), "UTC")
	ok(err)
	defer c.Close()
	const text = "The wells of the upper village are dry again and the tank lorries come only twice a week, people told us at the market today, so that many walk down to the river."
	const export = `{"name":"Reed","type":"public_channel","id":14001,"messages":[
{"id":1,"type":"message","date":"2025-06-05T20:00:00","date_unixtime":"1749153600","from":"Reed","from_id":"channel14001","text":"` + text + `"},
{"id":2,"type":"message","date":"2025-06-05T21:00:00","date_unixtime":"1749157200","from":"Reed","from_id":"channel14001","text":"Once more: ` + text + `"},
{"id":3,"type":"message","date":"2025-06-05T22:00:00","date_unixtime":"1749160800","from":"Reed","from_id":"channel14001","text":"` + text + ` So we heard."}]}`
	in := filepath.Join(dir, "result.json")
	ok(os.WriteFile(in, []byte(export), 0o600))
	_, err = c.Import(ctx, []string{in}, pipeline.ImportOptions{})
	ok(err)
	families := func() (all []record.Family) {
		ok(c.Catalog.EachFamily(ctx, func(f record.Family) bool { all = append(all, f); return true }))
		return all
	}
	before := families()
	if len(before) != 1 || before[0].Members != 3 {
		t.Fatalf("before: %+v", before)
	}
	d := desk.New(c)
	request, _, err := d.RequestErase(ctx, c.IDs.ID(record.KindStatement, before[0].First), "endangers a person")
	ok(err)
	_, err = d.ConfirmErase(ctx, c.IDs.ID(record.KindDecision, request.Leaf), "")
	ok(err)
	after := families()
	if len(after) != 1 || after[0].Members != 2 || after[0].Anchor == before[0].Anchor {
		t.Errorf("erased: %+v, before %+v", after, before)
	}
}
