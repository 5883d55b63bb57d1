package repost

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"dalil/internal/analysis"
	"dalil/internal/analysis/analysistest"
	"dalil/internal/record"
	"dalil/internal/sample"
)

// torture reports whether the heavy tests run as well.
func torture() bool { return os.Getenv("DALIL_TORTURE") == "1" }

// must runs the analysis and checks what holds for whatever it found.
func must(t testing.TB, c *analysistest.Case) analysis.Output {
	t.Helper()
	out, err := c.Run(context.Background(), Kind)
	if err != nil {
		t.Fatal(err)
	}
	sane(t, c)
	return out
}

// sane checks what holds for all families: every member is told from one of its
// own family, in steps that count up, and the rows agree with each other.
func sane(t testing.TB, c *analysistest.Case) {
	t.Helper()
	members := map[uint64]map[uint64]record.Member{}
	for _, m := range c.AllMembers() {
		if members[m.Family] == nil {
			members[m.Family] = map[uint64]record.Member{}
		}
		members[m.Family][m.Statement] = m
		if c.At(m.Statement).Leaf == 0 {
			t.Errorf("%+v: the statement is gone", m)
		}
	}
	var ids []uint64
	for _, m := range c.AllMembers() {
		ids = append(ids, m.Statement)
	}
	current, err := c.Current(context.Background(), ids)
	if err != nil {
		t.Fatal(err)
	}
	families := c.Families()
	if len(members) != len(families) {
		t.Errorf("%d families have members, %d have a row", len(members), len(families))
	}
	for _, f := range families {
		in := members[f.Anchor]
		sources, from, to := map[uint64]bool{}, int64(record.NoSeconds), int64(record.NoSeconds)
		first := 0
		for s, m := range in {
			p := current[s]
			sources[p.Source] = true
			if at := p.Posted; at != record.NoSeconds {
				if from == record.NoSeconds || at < from {
					from = at
				}
				to = max(to, at)
			}
			for _, share := range []float64{m.Similarity, m.Within, m.Holds} {
				if !(share >= 0 && share <= 1) {
					t.Errorf("%+v: a share is not between 0 and 1", m)
				}
			}
			switch via, ok := in[m.Via]; {
			case m.Via == 0:
				first++
				if m.Statement != f.First || m.Distance != 0 {
					t.Errorf("%+v is told from nobody and is not the first of %+v", m, f)
				}
			case !ok:
				t.Errorf("%+v is told from one that is not in the family", m)
			case m.Via == m.Statement:
				t.Errorf("%+v is told from itself", m)
			case m.Distance < 1 || m.Distance > 2 || m.Distance != via.Distance+1:
				t.Errorf("%+v is told from %+v: the distance is wrong", m, via)
			}
		}
		if first != 1 || len(in) < 2 || len(in) != f.Members || len(sources) != f.Sources || in[f.Anchor].Statement == 0 {
			t.Errorf("%+v has %d firsts, %d members, %d sources", f, first, len(in), len(sources))
		}
		if from != f.From || to != f.To {
			t.Errorf("%+v lasts from %d to %d", f, from, to)
		}
	}
	for _, l := range c.AllLinks() {
		if c.At(l.A).Leaf == 0 || c.At(l.B).Leaf == 0 {
			t.Errorf("%+v: an end is gone", l)
		}
	}
}

// told is a member as it does not depend on the order of import.
func told(c *analysistest.Case, m record.Member) string {
	name := func(s uint64) string {
		if s == 0 {
			return "-"
		}
		p := c.At(s)
		return p.SourceKey + "/" + p.ExternalID
	}
	return fmt.Sprintf("%s %s %s via %s, %d steps, %.3f %.3f %.3f", name(m.Statement), m.Relation, m.Ground, name(m.Via), m.Distance, m.Similarity, m.Within, m.Holds)
}

// families lists all families with their members, in an order that does not
// depend on the order of import.
func families(c *analysistest.Case) []string {
	by := map[uint64][]string{}
	for _, m := range c.AllMembers() {
		by[m.Family] = append(by[m.Family], told(c, m))
	}
	var all []string
	for _, list := range by {
		slices.Sort(list)
		all = append(all, strings.Join(list, "\n"))
	}
	slices.Sort(all)
	return all
}

// together says which statements share a family.
func together(c *analysistest.Case) func(a, b uint64) bool {
	in := map[uint64][]uint64{}
	for _, m := range c.AllMembers() {
		in[m.Statement] = append(in[m.Statement], m.Family)
	}
	return func(a, b uint64) bool {
		return slices.ContainsFunc(in[a], func(f uint64) bool { return slices.Contains(in[b], f) })
	}
}

// generated returns posts of an export that is half claims and their reposts.
func generated(t testing.TB, messages, chats int, seed uint64) []analysistest.Known {
	t.Helper()
	opt := sample.DefaultExport(messages, seed)
	opt.FamilyShare, opt.Chats, opt.ControlShare, opt.HoleShare = .5, chats, 0, 0
	posts, err := analysistest.Export(opt)
	if err != nil {
		t.Fatal(err)
	}
	return posts
}

// TestNoise is METHODS 1.10 (a).
func TestNoise(t *testing.T) {
	messages := 12_000
	if torture() {
		messages = 100_000
	}
	posts := generated(t, messages, 7, 3)
	c := analysistest.New()
	leaves := c.Add(posts)
	must(t, c)

	first := map[int]uint64{}
	family := map[uint64]int{}
	for i, p := range posts {
		family[leaves[i]] = p.Family
		if p.Relation == sample.Original {
			first[p.Family] = leaves[i]
		}
	}
	same := together(c)
	found, all := map[sample.Relation]int{}, map[sample.Relation]int{}
	for i, p := range posts {
		if p.Family < 0 || p.Relation == sample.Original {
			continue
		}
		all[p.Relation]++
		if same(leaves[i], first[p.Family]) {
			found[p.Relation]++
		}
	}
	for _, r := range slices.Sorted(maps.Keys(all)) {
		recall := float64(found[r]) / float64(all[r])
		t.Logf("%-12s %d of %d", r, found[r], all[r])
		if recall < .95 {
			t.Errorf("%s: recall %.3f", r, recall)
		}
	}
	if len(all) != 8 {
		t.Errorf("the kinds are %v", slices.Sorted(maps.Keys(all)))
	}
	of := map[uint64][]record.Member{}
	for _, m := range c.AllMembers() {
		of[m.Family] = append(of[m.Family], m)
	}
	wrong := 0
	for _, list := range of {
		events := map[int]bool{}
		for _, m := range list {
			events[family[m.Statement]] = true
		}
		if len(events) > 1 {
			if wrong++; wrong <= 3 {
				for _, m := range list {
					t.Errorf("event %d %s\n%s", family[m.Statement], told(c, m), c.At(m.Statement).Text)
				}
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d families join what states different things", wrong, len(of))
	}
}

// TestOrder imports the same posts in many orders and portions.
func TestOrder(t *testing.T) {
	posts := generated(t, 1500, 5, 11)
	var want []string
	for round := range 20 {
		r := rand.New(rand.NewPCG(uint64(round), 1))
		mixed := slices.Clone(posts)
		if round > 0 {
			r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		}
		portions := []int{1, 2, 7, 50}[round%4]
		c := analysistest.New()
		for i := range portions {
			c.Add(mixed[i*len(mixed)/portions : (i+1)*len(mixed)/portions])
			must(t, c)
		}
		got := families(c)
		if round == 0 {
			want = got
			continue
		}
		differ(t, fmt.Sprintf("order %d in %d portions", round, portions), want, got)
	}
	t.Logf("%d families", len(want))
}

// differ reports the families that are not the same.
func differ(t testing.TB, what string, want, got []string) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	count := 0
	for _, x := range []struct {
		sign    string
		in, not []string
	}{{"missing", want, got}, {"new", got, want}} {
		for _, f := range x.in {
			if !slices.Contains(x.not, f) {
				if count++; count <= 4 {
					t.Errorf("%s: %s:\n%s", what, x.sign, f)
				}
			}
		}
	}
	t.Errorf("%s: %d families differ of %d", what, count, len(want))
}
