package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestRun runs every measurement once, small: a benchmark that is never run
// rots.
func TestRun(t *testing.T) {
	const messages = 2000
	var out strings.Builder
	err := run(context.Background(), &out, options{messages: messages, media: 20 << 20, queries: 5, families: messages / 10, visits: 1, long: messages, dir: t.TempDir()})
	t.Logf("\n%s", &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"× json.load", "peak memory, MB", "two frequent words, median", "dalil rebuild", "× cores × Go's SHA-256", "all of it known",
		"× json.load, without families", "of the exact join", "MinHash with 126 permutations", "all pages, p95, ms",
		"killed in the middle", "decisions"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no line %q", want)
		}
	}
}

func TestSumRooms(t *testing.T) {
	const traces = `File: dalil
Type: cpu
-----------+-------------------------------------------------------
     120ms   crypto/sha256.block
             crypto/sha256.(*digest).Write
             dalil/internal/custody.(*Committer).Commit
             dalil/internal/pipeline.(*reader).prepare
-----------+-------------------------------------------------------
      1.5s   modernc.org/sqlite/lib._sqlite3VdbeExec
             dalil/internal/catalog/sqlite.(*writer).apply
-----------+-------------------------------------------------------
      30ms   runtime.gcDrain
             runtime.gcBgMarkWorker
-----------+-------------------------------------------------------
      50ms   dalil/internal/language.Fold
             dalil/internal/catalog/sqlite.document
-----------+-------------------------------------------------------
`
	got, total := sumRooms(traces)
	want := map[string]time.Duration{"custody": 120 * time.Millisecond, "catalog/sqlite": 1500 * time.Millisecond,
		"Go's runtime: memory and scheduling": 30 * time.Millisecond, "language": 50 * time.Millisecond}
	for room, d := range want {
		if got[room] != d {
			t.Errorf("%s: %v, want %v", room, got[room], d)
		}
	}
	if total != 1700*time.Millisecond {
		t.Errorf("%v in all", total)
	}
}
