package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"dalil/internal/record"
)

// Moment is a state of the case that was: what the log held.
type Moment struct {
	Size uint64    // entries of the log
	At   time.Time // asked for, or when the newest of the entries was recorded
	Text string    // as it was asked for, to ask again
}

// timeForms are what a moment can be written as beside RFC 3339 and @SIZE, in
// the case's time zone. A day means its end.
var timeForms = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", dayForm}

const dayForm = "2006-01-02"

// Moment reads a time: RFC 3339, a date with or without a time of day in the
// case's time zone, or @ and a size of the log. Known at a time is what had been
// recorded in the log by then. ErrInvalid for what is none or has not come.
func (d *Desk) Moment(ctx context.Context, text string) (Moment, error) {
	m := Moment{Text: strings.TrimSpace(text)}
	bad := func(what string) (Moment, error) {
		return m, record.WithHint(fmt.Errorf("%w time %.40q: %s", record.ErrInvalid, text, what), "write 2020-11-18, 2020-11-18T12:00, 2020-11-18T12:00Z or, for a size of the log, @1234")
	}
	if size, ok := strings.CutPrefix(m.Text, "@"); ok {
		var err error
		if m.Size, err = strconv.ParseUint(size, 10, 64); err != nil {
			return bad("it is no size of the log")
		}
		if most := d.Case.Archive.Size(); m.Size > most {
			return bad(fmt.Sprintf("the log has %d records", most))
		}
		m.At, err = d.Case.RecordedAt(ctx, m.Size)
		return m, err
	}
	at, err := time.Parse(time.RFC3339, m.Text)
	if err != nil { // in an address, + means a space
		at, err = time.Parse(time.RFC3339, strings.Replace(m.Text, " ", "+", 1))
	}
	for _, form := range timeForms {
		if err == nil {
			break
		}
		if at, err = time.ParseInLocation(form, m.Text, d.Case.Zone); err == nil && form == dayForm {
			at = at.AddDate(0, 0, 1).Add(-time.Millisecond)
			if now := d.Case.Now(); at.After(now) && at.AddDate(0, 0, -1).Before(now) {
				at = now
			}
		}
	}
	switch {
	case err != nil:
		return bad("it cannot be read")
	case at.After(d.Case.Now()):
		return bad("it has not come yet")
	}
	m.At = at
	m.Size, err = d.Case.SizeAt(ctx, at)
	return m, err
}

// Then returns a desk that sees the case as it was known at a moment, and what
// puts it away. Nothing can be decided at it. Names that are masked now are.
func (d *Desk) Then(ctx context.Context, m Moment) (*Desk, func() error, error) {
	changed, err := d.Case.Catalog.OrderChanged(ctx)
	if err != nil {
		return nil, nil, err
	}
	size, err := d.Case.Catalog.Size(ctx) // during an import it is a little behind the log
	if err != nil {
		return nil, nil, err
	}
	m.Size = min(m.Size, size)
	c, done, err := d.Case.Then(ctx, m.Size, m.At)
	if err != nil {
		return nil, nil, err
	}
	kept := d.thens.of(m.Size, changed)
	return &Desk{Case: c, opened: d.opened, order: &kept.order, kept: &kept.sources, thens: d.thens, then: &m, now: d}, done, nil
}

// Known is the moment this desk sees; nil is now.
func (d *Desk) Known() *Moment { return d.then }

// thenCaches keep what was worked out about a few moments.
type thenCaches struct {
	mu  sync.Mutex
	all []*thenCache // the newest used last
}

type thenCache struct {
	size, changed uint64 // changed: OrderChanged of the case as it is now, which moves when somebody is protected
	order         orderCache
	sources       keptSources
}

const mostThens = 4

func (k *thenCaches) of(size, changed uint64) *thenCache {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.all, func(c *thenCache) bool { return c.size == size && c.changed == changed })
	c := &thenCache{size: size, changed: changed}
	if i >= 0 {
		c = k.all[i]
		k.all = slices.Delete(k.all, i, i+1)
	} else if len(k.all) == mostThens {
		k.all = slices.Delete(k.all, 0, 1)
	}
	k.all = append(k.all, c)
	return c
}

// orderThen gathers and judges at once: nothing changes any more, so it is done
// once, and whoever asks waits for it.
func (d *Desk) orderThen(ctx context.Context) (*order, error) {
	c := d.order
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), gatherMost)
		defer cancel()
		o, err := d.gather(ctx, 0)
		if err != nil {
			return nil, err
		}
		c.newest = d.judge(o)
	}
	return c.newest, nil
}
