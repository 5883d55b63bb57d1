package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"dalil/internal/record"
)

// LeadLag is how sources stand to each other in time, every two of them: for
// each pair, in which share of the texts both had the one was before the other.
// It is a description; whether it is more than chance, Lags says.
type LeadLag struct {
	Sources  []Leader     // the one most before the others first
	Pairs    [][]LeadPair // by row and column; the diagonal is empty
	Families int          // that count for any pair
	Left     int          // sources that share texts with others and are not among Sources
	AsOf     uint64       // log entry up to which it was worked out
}

// Leader is one source of it.
type Leader struct {
	ID     string
	Source record.Source
	Shared int     // families it shares with any other of them
	Lead   float64 // mean share in which it was before them, weighted by what they share; .5 is neither
	Behind int64   // median of the seconds it was behind another, negative when ahead
}

// LeadPair is what two sources share. A family counts when both were watched as
// its text first appeared, and neither began it as an issuer in its own channel.
type LeadPair struct {
	Both   int
	Before int   // the row's source was earlier by more than a minute
	Behind int   // later by more than a minute
	Ties   int   // the rest
	Median int64 // seconds from the row's post to the column's
}

// Share is in how much of it the row's source was before the column's, 0 to 1; a
// tie counts half. 0 when they share nothing.
func (p LeadPair) Share() float64 {
	if p.Both == 0 {
		return 0
	}
	return (float64(p.Before) + float64(p.Ties)/2) / float64(p.Both)
}

// LeadMost bounds the sources of a LeadLag.
const LeadMost = 30

// LeadLag works it out for chosen sources (names, keys or ids), or for the most
// that share most with others, at most LeadMost; over the families of the
// statements that match a query, or all for "". It may be of a moment ago; nil
// says that it is being worked out for the first time.
func (d *Desk) LeadLag(ctx context.Context, query string, sources []string, most int) (*LeadLag, error) {
	return d.leadLag(ctx, query, sources, most, false)
}

// LeadLagNow is LeadLag that waits until it is worked out.
func (d *Desk) LeadLagNow(ctx context.Context, query string, sources []string, most int) (*LeadLag, error) {
	return d.leadLag(ctx, query, sources, most, true)
}

func (d *Desk) leadLag(ctx context.Context, query string, sources []string, most int, wait bool) (*LeadLag, error) {
	if most <= 0 || most > LeadMost {
		most = LeadMost
	}
	chosen, err := d.publishers(ctx, sources)
	if err != nil {
		return nil, err
	}
	only, err := d.only(ctx, query)
	if err != nil {
		return nil, err
	}
	pat := patience
	if wait {
		pat = -1
	}
	o, err := d.orderNow(ctx, pat)
	if o == nil || err != nil {
		return nil, err
	}
	l := &LeadLag{AsOf: o.upTo}
	linked := o.linked(only)
	if len(chosen) == 0 {
		for s := range linked {
			chosen = append(chosen, s)
		}
		slices.SortFunc(chosen, func(a, b uint64) int {
			return cmp.Or(cmp.Compare(linked[b], linked[a]), cmp.Compare(a, b))
		})
		chosen = chosen[:min(len(chosen), most)]
	}
	l.Left = len(linked)
	for _, s := range chosen {
		if linked[s] > 0 {
			l.Left--
		}
	}
	o.pairs(l, chosen, only)
	for i := range l.Sources {
		s := &l.Sources[i]
		s.ID = d.Case.IDs.ID(record.KindSource, s.Source.Leaf)
	}
	return l, nil
}

// publishers finds sources that may be compared.
func (d *Desk) publishers(ctx context.Context, names []string) ([]uint64, error) {
	var leaves []uint64
	for _, name := range names {
		s, err := d.Source(ctx, name)
		if err != nil {
			return nil, err
		}
		if private(s) {
			return nil, record.WithHint(fmt.Errorf("%s is private: %w", s.Name, record.ErrWithheld), "who breaks first is asked of publishers, never of persons")
		}
		if !slices.Contains(leaves, s.Leaf) {
			leaves = append(leaves, s.Leaf)
		}
	}
	if len(leaves) > LeadMost {
		return nil, record.WithHint(fmt.Errorf("%w: %d sources are more than the %d that can be shown", record.ErrInvalid, len(leaves), LeadMost), "choose fewer")
	}
	return leaves, nil
}

// linked counts for each source of the case the families it had a part in.
func (o *order) linked(only map[uint64]bool) map[uint64]int {
	m := map[uint64]int{}
	for _, r := range o.races {
		if only != nil && !only[r.Family] {
			continue
		}
		for _, run := range r.Runs {
			if run.Source < elsewhere {
				m[run.Source]++
			}
		}
	}
	return m
}

// pairs counts, for the chosen sources, who was before whom.
func (o *order) pairs(l *LeadLag, chosen []uint64, only map[uint64]bool) {
	place := map[uint64]int{}
	for i, s := range chosen {
		place[s] = i
	}
	n := len(chosen)
	type pair struct {
		before, behind, ties int
		lags                 []int64
	}
	pairs := make([]pair, n*n) // i < j
	shared := make([]int, n)
	behind := make([][]int64, n)
	type had struct {
		place int
		at    int64
	}
	var here []had
	counted := make([]bool, n)
	for _, r := range o.races {
		if only != nil && !only[r.Family] {
			continue
		}
		here = here[:0]
		begun := r.Runs[0]
		for _, run := range r.Runs {
			if p, ok := place[run.Source]; ok && o.watched(run.Source, begun.At) {
				here = append(here, had{p, run.At})
			}
		}
		if len(here) < 2 {
			continue
		}
		clear(counted)
		any := false
		for x := range here {
			for y := x + 1; y < len(here); y++ {
				a, b := here[x], here[y]
				if o.own[begun.Source] && (chosen[a.place] == begun.Source || chosen[b.place] == begun.Source) {
					continue
				}
				if a.place > b.place {
					a, b = b, a
				}
				p, lag := &pairs[a.place*n+b.place], b.at-a.at
				switch {
				case lag > tie:
					p.before++
				case lag < -tie:
					p.behind++
				default:
					p.ties++
				}
				p.lags = append(p.lags, lag)
				behind[a.place], behind[b.place] = append(behind[a.place], -lag), append(behind[b.place], lag)
				counted[a.place], counted[b.place], any = true, true, true
			}
		}
		for i, yes := range counted {
			if yes {
				shared[i]++
			}
		}
		if any {
			l.Families++
		}
	}
	get := func(i, j int) LeadPair {
		p := pairs[min(i, j)*n+max(i, j)]
		x := LeadPair{Both: len(p.lags), Before: p.before, Behind: p.behind, Ties: p.ties}
		if len(p.lags) > 0 {
			x.Median = median(p.lags)
		}
		if i > j {
			x.Before, x.Behind, x.Median = x.Behind, x.Before, -x.Median
		}
		return x
	}
	order := make([]int, n)
	lead := make([]float64, n)
	for i := range chosen {
		order[i], lead[i] = i, .5
		sum, all := 0.0, 0
		for j := range chosen {
			if x := get(i, j); i != j && x.Both > 0 {
				sum += x.Share() * float64(x.Both)
				all += x.Both
			}
		}
		if all > 0 {
			lead[i] = sum / float64(all)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(lead[b], lead[a]), cmp.Compare(shared[b], shared[a]), cmp.Compare(chosen[a], chosen[b]))
	})
	l.Pairs = make([][]LeadPair, n)
	for row, i := range order {
		s := Leader{Source: o.names[chosen[i]], Shared: shared[i], Lead: lead[i]}
		s.Source.Leaf = chosen[i]
		if len(behind[i]) > 0 {
			s.Behind = median(behind[i])
		}
		l.Sources = append(l.Sources, s)
		l.Pairs[row] = make([]LeadPair, n)
		for column, j := range order {
			if i != j {
				l.Pairs[row][column] = get(i, j)
			}
		}
	}
}

// LeadLagJSON is the `matrix` object.
type LeadLagJSON struct {
	Families int            `json:"families"`
	Left     int            `json:"sources_left_out"`
	Sources  []LeaderJSON   `json:"sources"`
	Pairs    []LeadPairJSON `json:"pairs"` // each two that share anything, once
}

// LeaderJSON is a source of it.
type LeaderJSON struct {
	Source     string  `json:"source"`
	SourceName string  `json:"source_name"`
	Families   int     `json:"families"`
	Lead       float64 `json:"mean_lead"`
	Median     int64   `json:"median_seconds"`
}

// LeadPairJSON is two of its sources.
type LeadPairJSON struct {
	Left       string  `json:"left"`
	Right      string  `json:"right"`
	Both       int     `json:"both"`
	LeftFirst  int     `json:"left_first"`
	RightFirst int     `json:"right_first"`
	Ties       int     `json:"ties"`
	Share      float64 `json:"share"`
	Median     int64   `json:"median_seconds"`
}

// JSON is l for programs.
func (l *LeadLag) JSON() LeadLagJSON {
	j := LeadLagJSON{l.Families, l.Left, make([]LeaderJSON, len(l.Sources)), []LeadPairJSON{}}
	for i, s := range l.Sources {
		j.Sources[i] = LeaderJSON{s.ID, s.Source.Name, s.Shared, round(s.Lead), s.Behind}
		for k := i + 1; k < len(l.Sources); k++ {
			if p := l.Pairs[i][k]; p.Both > 0 {
				j.Pairs = append(j.Pairs, LeadPairJSON{s.ID, l.Sources[k].ID, p.Both, p.Before, p.Behind, p.Ties, round(p.Share()), p.Median})
			}
		}
	}
	return j
}

// Shared is a family that two sources had.
type Shared struct {
	Family string // its id
	A, B   int64  // when each had it, seconds since 1970
	Lag    int64  // seconds from A to B
}

// Shared lists the families that count for two sources (names, keys or ids), the
// newest first, most of them, and says how many there are. It waits until they
// are worked out.
func (d *Desk) Shared(ctx context.Context, query, a, b string, most int) (all []Shared, n int, err error) {
	two, err := d.publishers(ctx, []string{a, b})
	if err != nil {
		return nil, 0, err
	}
	if len(two) != 2 {
		return nil, 0, fmt.Errorf("%w: name two sources", record.ErrInvalid)
	}
	only, err := d.only(ctx, query)
	if err != nil {
		return nil, 0, err
	}
	o, err := d.orderNow(ctx, -1)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range o.races {
		if only != nil && !only[r.Family] {
			continue
		}
		x, begun := Shared{A: record.NoSeconds, B: record.NoSeconds}, r.Runs[0]
		if o.own[begun.Source] && slices.Contains(two, begun.Source) || !o.watched(two[0], begun.At) || !o.watched(two[1], begun.At) {
			continue
		}
		for _, run := range r.Runs {
			switch run.Source {
			case two[0]:
				x.A = run.At
			case two[1]:
				x.B = run.At
			}
		}
		if x.A == record.NoSeconds || x.B == record.NoSeconds {
			continue
		}
		x.Lag, x.Family = x.B-x.A, d.Case.IDs.ID(record.KindFamily, r.Family)
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b Shared) int { return cmp.Compare(max(b.A, b.B), max(a.A, a.B)) })
	return all[:min(len(all), most)], len(all), nil
}
