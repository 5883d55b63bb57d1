package repost

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"dalil/internal/analysis"
	"dalil/internal/analysis/analysistest"
	"dalil/internal/record"
)

// TestCases plays the cases in testdata. In each, what happened stands in
// order, one file for one thing:
//
//	-- post channel/id 2025-06-05T20:41Z --     a post, or the next version of it; the text follows.
//	                                            "undated" for no time; then, where wanted,
//	                                            forward=channel or forward=channel/id
//	-- read channel/id --                       a text read in a picture that the post shows
//	-- join channel/id channel/id [relation] -- a person says they are the same text
//	-- part channel/id channel/id --            or that they are not
//	-- undo 1 --                                takes back the first of these decisions
//	-- erase channel/id --
//	-- families --                              the analysis runs; this is what it finds
//
// DALIL_UPDATE=1 writes the findings into the files: read them before you keep
// them.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(b)
			play(t, a)
			switch now := txtar.Format(a); {
			case bytes.Equal(now, b):
			case os.Getenv("DALIL_UPDATE") == "1":
				if err := os.WriteFile(file, now, 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("%s is not what is found; DALIL_UPDATE=1 writes it there:\n%s", file, diff(string(b), string(now)))
			}
		})
	}
}

// diff lists the lines that only one text has.
func diff(want, got string) string {
	var b strings.Builder
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for _, l := range w {
		if !slices.Contains(g, l) {
			fmt.Fprintln(&b, "- "+l)
		}
	}
	for _, l := range g {
		if !slices.Contains(w, l) {
			fmt.Fprintln(&b, "+ "+l)
		}
	}
	if b.Len() == 0 {
		return got
	}
	return b.String()
}

// play plays a case and fills in what is found.
func play(t *testing.T, a *txtar.Archive) {
	c := analysistest.New()
	statements := map[string]uint64{}
	at := func(name string) uint64 {
		t.Helper()
		if statements[name] == 0 {
			t.Fatalf("there is no post %s", name)
		}
		return statements[name]
	}
	var decisions []uint64
	for i := range a.Files {
		f := &a.Files[i]
		words := strings.Fields(f.Name)
		text := strings.TrimSuffix(string(f.Data), "\n")
		switch words[0] {
		case "post":
			channel, id, _ := strings.Cut(words[1], "/")
			p := analysis.Post{SourceKey: channel, ExternalID: id, Kind: record.Post, Posted: record.NoSeconds, Text: text}
			if words[2] != "undated" {
				when, err := time.Parse("2006-01-02T15:04Z", words[2])
				if err != nil {
					t.Fatal(err)
				}
				p.Posted = when.Unix()
			}
			for _, w := range words[3:] {
				switch name, value, _ := strings.Cut(w, "="); name {
				case "forward":
					p.Origin, p.OriginalID, _ = strings.Cut(value, "/")
				case "shows":
					p.Pictures = append(p.Pictures, c.Picture([]byte(value)))
				default:
					t.Fatalf("%s: what is %s?", f.Name, w)
				}
			}
			leaf := c.Post(p)
			if statements[words[1]] == 0 {
				statements[words[1]] = leaf
			}
		case "read":
			c.Read(c.At(at(words[1])).Pictures[0], text)
		case "join":
			var relation record.Relation
			if len(words) > 3 {
				relation = record.Relation(words[3])
			}
			decisions = append(decisions, c.Join(relation, at(words[1]), at(words[2])))
		case "part":
			decisions = append(decisions, c.Part(at(words[1]), at(words[2])))
		case "undo":
			n, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			c.Undo(decisions[n-1])
		case "erase":
			c.Erase(at(words[1]))
		case "families":
			must(t, c)
			f.Data = []byte(findings(c))
		default:
			t.Fatalf("%s: what is %s?", f.Name, words[0])
		}
	}
}

// findings tells families and vetoes in words.
func findings(c *analysistest.Case) string {
	var b strings.Builder
	name := func(s uint64) string { return c.At(s).SourceKey + "/" + c.At(s).ExternalID }
	members := c.AllMembers()
	families := c.Families()
	slices.SortFunc(families, func(x, y record.Family) int { return strings.Compare(name(x.First), name(y.First)) })
	for _, f := range families {
		fmt.Fprintf(&b, "%s", name(f.First))
		if f.Anchor != f.First {
			fmt.Fprintf(&b, ", anchored at %s", name(f.Anchor))
		}
		fmt.Fprintln(&b)
		var lines []string
		for _, m := range members {
			if m.Family != f.Anchor || m.Statement == f.First {
				continue
			}
			steps := ""
			if m.Distance > 1 {
				steps = fmt.Sprintf(", %d steps from the first", m.Distance)
			}
			lines = append(lines, fmt.Sprintf("  %s  %s of %s (%s: alike %.2f, within %.2f, holds %.2f)%s\n", name(m.Statement), m.Relation, name(m.Via), m.Ground, m.Similarity, m.Within, m.Holds, steps))
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, ""))
	}
	var lines []string
	for _, v := range c.AllVetoes() {
		l, r, x, y := name(v.A), name(v.B), v.Left, v.Right
		if l > r {
			l, r, x, y = r, l, y, x
		}
		lines = append(lines, fmt.Sprintf("apart: %s and %s by %s (%s against %s)\n", l, r, v.Slot, x, y))
	}
	slices.Sort(lines)
	b.WriteString(strings.Join(lines, ""))
	if b.Len() == 0 {
		return "none\n"
	}
	return b.String()
}
