package desk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/pipeline/pipelinetest"
	"dalil/internal/record"
	"dalil/internal/sample"
)

// country is the sample country as a case.
func country(t *testing.T) *desk.Desk {
	t.Helper()
	dir := t.TempDir()
	m, err := pipelinetest.NewMaker(filepath.Join(dir, "config"))
	must(t, err)
	ctx := context.Background()
	c, err := m.Create(ctx, filepath.Join(dir, "case"), "Etc/GMT-3")
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	in := filepath.Join(dir, "in")
	must(t, sample.Write(in))
	roots, err := os.ReadDir(filepath.Join(in, "exports"))
	must(t, err)
	for _, r := range roots { // the older export of a channel sorts first
		_, err := c.Import(ctx, []string{filepath.Join(in, "exports", r.Name())}, pipeline.ImportOptions{})
		must(t, err)
	}
	return desk.New(c)
}

func TestSources(t *testing.T) {
	d := country(t)
	ctx := context.Background()
	t.Run("lead and lag is what the pairs say", func(t *testing.T) {
		l, err := d.LeadLagNow(ctx, "", nil, 8)
		must(t, err)
		if len(l.Sources) != 8 || l.Left == 0 || l.Families == 0 {
			t.Fatalf("%d sources, %d left out, %d families", len(l.Sources), l.Left, l.Families)
		}
		for i := range l.Sources {
			if i > 0 && l.Sources[i].Lead > l.Sources[i-1].Lead {
				t.Errorf("%s leads more than the one before it", l.Sources[i].Source.Name)
			}
			for j := i + 1; j < len(l.Sources); j++ {
				rows, err := d.Lags(ctx, "", []string{l.Sources[i].ID, l.Sources[j].ID})
				must(t, err)
				p, q, want := l.Pairs[i][j], l.Pairs[j][i], rows[0]
				if p.Both != want.Both || p.Before != want.AFirst || p.Behind != want.BFirst || p.Ties != want.Ties {
					t.Errorf("%d and %d: %+v, want %+v", i, j, p, want)
				}
				if q.Both != p.Both || q.Before != p.Behind || q.Median != -p.Median || p.Both > 0 && p.Share()+q.Share() != 1 {
					t.Errorf("%d and %d are not each other's mirror: %+v, %+v", i, j, p, q)
				}
			}
		}
		two, err := d.LeadLagNow(ctx, "", []string{l.Sources[5].ID, l.Sources[2].ID}, 0)
		must(t, err)
		if len(two.Sources) != 2 || two.Pairs[0][1].Both != l.Pairs[2][5].Both {
			t.Errorf("two of them: %+v", two)
		}
		none, err := d.LeadLagNow(ctx, "xyzzy", nil, 0)
		must(t, err)
		if none.Families != 0 || len(none.Sources) != 0 {
			t.Errorf("of nothing: %+v", none)
		}
		for _, bad := range []string{"nobody", "جيران حي السلطية"} {
			if _, err := d.LeadLagNow(ctx, "", []string{bad}, 0); !errors.Is(err, record.ErrNotFound) && !errors.Is(err, record.ErrWithheld) {
				t.Errorf("%s: %v", bad, err)
			}
		}
	})
	t.Run("an issuer's own channel does not count for what it began", func(t *testing.T) {
		before, err := d.LeadLagNow(ctx, "", []string{"telegram:1400100066", "telegram:1400100011"}, 0)
		must(t, err)
		_, err = d.Issuer(ctx, "telegram:1400100066", "it signs so")
		must(t, err)
		after, err := d.LeadLagNow(ctx, "", []string{"telegram:1400100066", "telegram:1400100011"}, 0)
		must(t, err)
		if before.Families == 0 || after.Families >= before.Families {
			t.Errorf("%d families before, %d after", before.Families, after.Families)
		}
	})
	t.Run("the rows are those of firsts", func(t *testing.T) {
		must(t, d.Warm(ctx))
		want, err := d.FirstsNow(ctx, "")
		must(t, err)
		rows, ready, err := d.SourceRows(ctx)
		must(t, err)
		if !ready {
			t.Fatal("not ready after it was warmed")
		}
		compared := 0
		for _, r := range rows {
			if !r.Compared {
				continue
			}
			compared++
			i := slices.IndexFunc(want.Rows, func(f desk.FirstRow) bool { return f.ID == r.ID })
			if i < 0 || want.Rows[i].First != r.First.First {
				t.Errorf("%s: %+v", r.Stat.Name, r.First)
			}
		}
		if compared < 5 {
			t.Errorf("%d sources compared", compared)
		}
	})
	t.Run("a page", func(t *testing.T) {
		s, err := d.Source(ctx, "telegram:1400100052")
		must(t, err)
		_, err = d.Grade(ctx, s.Name, "the coast", record.Usually, "right before")
		must(t, err)
		p, err := d.SourcePage(ctx, s.Leaf)
		must(t, err)
		spread, err := d.Spread(ctx, s.Leaf)
		must(t, err)
		if !p.Ready || p.Spread.Families != spread.Families || p.Spread.Families == 0 || len(p.Grades) != 1 || !p.Grades[0].Counts {
			t.Errorf("%+v", p)
		}
		var posts int64
		for _, day := range p.Coverage.Days {
			posts += day.N
		}
		if posts != p.Stat.Statements {
			t.Errorf("%d posts on days, %d statements", posts, p.Stat.Statements)
		}
		if _, err := d.SourcePage(ctx, 3); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("no source: %v", err)
		}
	})
	t.Run("facts are there, and after a rebuild", func(t *testing.T) {
		for _, x := range sample.Truth().Renamed {
			s, err := d.Source(ctx, "telegram:"+strconv.FormatInt(x.Chat, 10))
			must(t, err)
			got, err := d.SourceFacts(ctx, s)
			must(t, err)
			var titles []string
			for _, f := range got {
				if f.Kind == record.FactTitle {
					titles = append(titles, f.Value)
				}
			}
			if !slices.Contains(titles, x.After) || len(got[0].Seen) == 0 {
				t.Errorf("%s became %s: %v", x.Before, x.After, got)
			}
		}
		s, err := d.Source(ctx, "telegram:1400100011") // created, and exported twice
		must(t, err)
		got, err := d.SourceFacts(ctx, s)
		must(t, err)
		if len(got) != 1 || len(got[0].Seen) != 3 || got[0].Value != s.Name {
			t.Errorf("two exports: %+v", got)
		}
	})
	t.Run("outages and holes are not seen", func(t *testing.T) {
		w := sample.Truth()
		s, err := d.Source(ctx, "telegram:1400100011")
		must(t, err)
		unseen := func() desk.CoverageJSON {
			p, err := d.SourcePage(ctx, s.Leaf)
			must(t, err)
			return p.Coverage.JSON()
		}
		before := unseen()
		_, err = d.Outage(ctx, "", w.Outage.From, w.Outage.To, "offline")
		must(t, err)
		after := unseen()
		if after.Unseen <= before.Unseen || after.Watched+after.Unseen != len(after.Posts) {
			t.Errorf("%d days not seen before the outage, %d after, of %d", before.Unseen, after.Unseen, len(after.Posts))
		}
		day := w.Outage.From.Format("2006-01-02")
		if !slices.ContainsFunc(after.Gaps, func(g desk.CoverGap) bool { return g.From <= day && day <= g.To }) {
			t.Errorf("%s is not among %+v", day, after.Gaps)
		}
	})
}

func TestGrades(t *testing.T) {
	d := open(t)
	ctx := context.Background()
	for _, bad := range []struct {
		source, topic string
		grade         record.Reliability
		want          error
	}{
		{"Harbour Lamp", "", record.Usually, record.ErrInvalid},
		{"Harbour Lamp", "rockets", "G", record.ErrInvalid},
		{"Nobody", "rockets", record.Usually, record.ErrNotFound},
	} {
		if _, err := d.Grade(ctx, bad.source, bad.topic, bad.grade, "why"); !errors.Is(err, bad.want) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	grade := func(topic string, g record.Reliability, why string) record.Decision {
		t.Helper()
		x, err := d.Grade(ctx, "Harbour Lamp", topic, g, why)
		must(t, err)
		return x
	}
	grade("rockets", record.Usually, "right")
	second := grade("ROCKETS", record.NotUsually, "wrong twice")
	grade("tides", record.Unjudged, "never checked")
	if _, err := d.Grade(ctx, "Harbour Lamp", "rockets", record.NotUsually, "wrong twice"); !errors.Is(err, record.ErrConflict) {
		t.Errorf("the same again: %v", err)
	}
	counts := func() (out []string) {
		all, err := d.Grades(ctx, 0)
		must(t, err)
		for _, g := range all {
			if g.Counts {
				out = append(out, g.Topic+" "+string(g.Grade))
			}
		}
		return out
	}
	if got := counts(); !slices.Equal(got, []string{"tides F", "rockets D"}) {
		t.Errorf("%v", got)
	}
	undo, err := d.Undo(ctx, d.Case.IDs.ID(record.KindDecision, second.Leaf), "a slip")
	must(t, err)
	if got := counts(); !slices.Equal(got, []string{"tides F", "rockets B"}) {
		t.Errorf("after the undo: %v", got)
	}
	_, err = d.Undo(ctx, d.Case.IDs.ID(record.KindDecision, undo.Leaf), "no slip")
	must(t, err)
	if got := counts(); !slices.Equal(got, []string{"tides F", "rockets D"}) {
		t.Errorf("after the undo of the undo: %v", got)
	}
}
