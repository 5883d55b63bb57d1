package desk

import (
	"context"
	"slices"
	"sync"
	"time"

	"dalil/internal/catalog"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

// order is who had which text when, for all families and sources at once: what
// the pages about sources are worked out from. In a case of a million posts it
// takes seconds to gather and some tens of megabytes to keep.
type order struct {
	upTo   uint64 // the catalog's OrderChanged when it was gathered
	posts  []at   // of families of two sources or more, family by family
	names  map[uint64]record.Source
	cover  map[uint64]pipeline.Cover // holes sorted and joined
	races  []pipeline.Race           // with originals that only forward headers prove; the earliest first
	own    map[uint64]bool           // issuers' own channels
	rhythm *pipeline.Rhythm
	// rows is how often each breaks first. It takes longest: until it is there,
	// judged is false.
	rows   []FirstRow
	judged bool
}

// at is the earliest post of a source in a family.
type at struct {
	family, source uint64
	posted         int64
}

// orderCache keeps the newest order, and gathers the next while the old one is
// shown.
type orderCache struct {
	mu     sync.Mutex
	newest *order
	work   *gathering
	firsts map[askedFirsts]*Firsts // answers about the newest
}

type gathering struct {
	upTo   uint64
	done   chan struct{} // closed when it is gathered
	judged chan struct{} // closed when it is judged too
	err    error
}

// patience is how long a page waits for what is gathered before it shows what
// was known before.
const patience = 100 * time.Millisecond

// gatherMost bounds the gathering, which no reader waits for any more.
const gatherMost = 5 * time.Minute

// Warm gathers what the pages about sources are worked out from, so that the
// first of them need not wait.
func (d *Desk) Warm(ctx context.Context) error {
	for {
		o, err := d.orderNow(ctx, -1)
		if err != nil || o.judged {
			return err
		}
		c := d.order
		c.mu.Lock()
		w := c.work
		c.mu.Unlock()
		if w == nil {
			continue // it has just ended
		}
		select {
		case <-w.judged:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// orderNow returns the newest order. With patience it waits that long at most,
// and then returns an older one, or nil when there was none so far; a negative
// one waits until it is there.
func (d *Desk) orderNow(ctx context.Context, patience time.Duration) (*order, error) {
	o, err := d.sharedOrder(ctx, patience)
	if err != nil {
		return nil, err
	}
	return d.maskedOrder(ctx, o)
}

// sharedOrder is orderNow with every name.
func (d *Desk) sharedOrder(ctx context.Context, patience time.Duration) (*order, error) {
	if d.then != nil {
		return d.orderThen(ctx)
	}
	upTo, err := d.Case.Catalog.OrderChanged(ctx)
	if err != nil {
		return nil, err
	}
	c := d.order
	c.mu.Lock()
	if c.newest != nil && c.newest.upTo == upTo {
		defer c.mu.Unlock()
		return c.newest, nil
	}
	if c.work == nil {
		w := &gathering{upTo: upTo, done: make(chan struct{}), judged: make(chan struct{})}
		c.work = w
		go func() {
			// It outlives the page that asked first: the next one finds it.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), gatherMost)
			defer cancel()
			o, err := d.gather(ctx, w.upTo)
			c.mu.Lock()
			if w.err = err; err == nil {
				if c.newest != nil { // the judgement of before is better than none
					o.rows = c.newest.rows
				}
				c.newest = o
			} else {
				c.work = nil
			}
			c.mu.Unlock()
			close(w.done)
			if err == nil {
				o = d.judge(o)
				c.mu.Lock()
				c.newest, c.work = o, nil
				c.mu.Unlock()
			}
			close(w.judged)
		}()
	}
	w := c.work
	c.mu.Unlock()
	var late <-chan time.Time
	if patience >= 0 {
		t := time.NewTimer(patience)
		defer t.Stop()
		late = t.C
	}
	ready := w.done
	if w.upTo != upTo { // somebody asked for an older one: the next begins when it has ended
		ready = w.judged
	}
	select {
	case <-ready:
		switch {
		case w.upTo != upTo && patience < 0:
			return d.sharedOrder(ctx, patience)
		case w.upTo == upTo && w.err != nil:
			return nil, w.err
		}
	case <-late:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newest, nil
}

func (d *Desk) gather(ctx context.Context, upTo uint64) (*order, error) {
	o := &order{upTo: upTo}
	var err error
	if o.own, err = d.issuers(ctx); err != nil {
		return nil, err
	}
	in, names, err := d.races(ctx)
	if err != nil {
		return nil, err
	}
	o.names, o.cover, o.races = names, map[uint64]pipeline.Cover{}, in.Families
	for leaf, c := range in.Cover {
		o.cover[leaf] = c.Joined()
	}
	if o.posts, err = d.posts(ctx); err != nil {
		return nil, err
	}
	o.rhythm = pipeline.NewRhythm(in.Hours)
	return o, nil
}

// judge works out how often each source breaks first. It returns a copy: the
// order is in use.
func (d *Desk) judge(o *order) *order {
	x := *o
	in, _ := o.among(nil, func(uint64) bool { return true })
	x.rows, x.judged = d.firstRows(o, in), true
	return &x
}

func (d *Desk) firstRows(o *order, in pipeline.FirstsInput) []FirstRow {
	var rows []FirstRow
	for _, f := range d.Case.Firsts(in) {
		rows = append(rows, FirstRow{First: f, ID: d.Case.IDs.ID(record.KindSource, f.Source), Source: o.names[f.Source]})
	}
	return rows
}

// among is what the order of sources is worked out from: of some families, nil
// for all, those that no issuer's own channel began which counts. It says how
// many it leaves out for that.
func (o *order) among(only map[uint64]bool, counts func(issuer uint64) bool) (in pipeline.FirstsInput, issued int) {
	in = pipeline.FirstsInput{Rhythm: o.rhythm, Cover: o.cover}
	for _, r := range o.races {
		switch first := r.Runs[0].Source; {
		case only != nil && !only[r.Family]:
		case o.own[first] && counts(first):
			issued++
		default:
			in.Families = append(in.Families, r)
		}
	}
	return in, issued
}

// posts are the earliest posts of each source in each family that two had.
func (d *Desk) posts(ctx context.Context) ([]at, error) {
	var all []at
	from := 0 // where the family begins
	closeFamily := func() {
		if len(all)-from < 2 {
			all = all[:from]
		}
		from = len(all)
	}
	err := d.Case.Catalog.EachRun(ctx, func(r catalog.FamilyRun) error {
		if r.Withdrawn || r.Relation == record.RelQuotedIn {
			return nil
		}
		if len(all) > from && all[from].family != r.Family {
			closeFamily()
		}
		for i := from; i < len(all); i++ {
			if all[i].source == r.Source {
				all[i].posted = min(all[i].posted, r.Posted)
				return nil
			}
		}
		all = append(all, at{r.Family, r.Source, r.Posted})
		return nil
	})
	closeFamily()
	return slices.Clip(all), err
}

// watched reports whether a source could be seen at a time.
func (o *order) watched(source uint64, sec int64) bool {
	c, ok := o.cover[source]
	return ok && c.Watched(sec)
}

// first is how often a source breaks first, false when nothing is known of it.
func (o *order) first(source uint64) (FirstRow, bool) {
	for _, r := range o.rows {
		if r.First.Source == source && r.Families > 0 {
			return r, true
		}
	}
	return FirstRow{}, false
}
