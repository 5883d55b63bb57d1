package telegramexport

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dalil/internal/format"
	"dalil/internal/record"
)

// A keeper is a sink that keeps everything.
type keeper struct {
	sources  []record.Source
	readings []record.Reading
	problems []record.Problem
	skipped  []string
	covers   []string
	calls    []string // every call in order
}

func (k *keeper) Source(s record.Source) error {
	k.sources = append(k.sources, s)
	k.calls = append(k.calls, "source "+s.Key)
	return nil
}

func (k *keeper) Reading(r *record.Reading) error {
	c := *r
	c.Entities, c.Media = slices.Clone(r.Entities), slices.Clone(r.Media)
	c.Reactions, c.Flags = slices.Clone(r.Reactions), slices.Clone(r.Flags)
	if r.Forward != nil {
		f := *r.Forward
		c.Forward = &f
	}
	k.readings = append(k.readings, c)
	k.calls = append(k.calls, "reading "+r.ExternalID)
	return nil
}

func (k *keeper) Problem(p record.Problem) {
	k.problems = append(k.problems, p)
	k.calls = append(k.calls, "problem "+p.What)
}

func (k *keeper) Skipped(what string, n int) {
	k.skipped = append(k.skipped, fmt.Sprintf("%s: %d", what, n))
}

func (k *keeper) Covers(first, last int64) {
	k.covers = append(k.covers, fmt.Sprintf("%d-%d", first, last))
}

func (k *keeper) ids() string {
	var ids []string
	for _, r := range k.readings {
		ids = append(ids, r.ExternalID)
	}
	return strings.Join(ids, " ")
}

var baghdadLike = time.FixedZone("UTC+3", 3*3600)

// read runs a format over a file and checks what holds for every input: no
// error, and spans inside the file.
func read(t testing.TB, k format.Kind, file string, owner bool) *keeper {
	t.Helper()
	out := &keeper{}
	err := k.Read(context.Background(), format.Input{Path: "result.json", R: strings.NewReader(file), Size: int64(len(file)),
		Settings: format.Settings{Zone: baghdadLike, KeepOwner: owner}}, out)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	for _, r := range out.readings {
		if s := r.Span; s.Offset < 0 || s.Length <= 0 || s.Offset+s.Length > int64(len(file)) {
			t.Fatalf("message %s: span %d+%d of %d bytes", r.ExternalID, s.Offset, s.Length, len(file))
		}
		for _, e := range r.Entities {
			if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > len(r.Text) {
				t.Fatalf("message %s: entity %+v of a text of %d bytes", r.ExternalID, e, len(r.Text))
			}
		}
		if !utf8.ValidString(r.Text) {
			t.Fatalf("message %s: text is no UTF-8", r.ExternalID)
		}
	}
	return out
}
