package repost

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"dalil/internal/analysis"
)

// texts gives the features of texts and remembers those that were asked for
// lately: the copies of one statement are looked at again and again.
type texts struct {
	view analysis.View
	hash hasher
	zone *time.Location

	young, old map[textKey]*features
	weight     int // of young
}

// textKey is a version by its leaf, or a statement's current version.
type textKey struct {
	leaf    uint64
	current bool
}

const textsWeight = 16 << 20 // bytes of young; old has as many

func newTexts(v analysis.View, h hasher, zone *time.Location) *texts {
	return &texts{view: v, hash: h, zone: zone, young: map[textKey]*features{}}
}

// versions returns the features of statement versions, current those of the
// current versions of statements. What is gone is absent.
func (t *texts) versions(ctx context.Context, leaves []uint64) (map[uint64]*features, error) {
	return t.load(ctx, leaves, false, t.view.Again)
}

func (t *texts) current(ctx context.Context, statements []uint64) (map[uint64]*features, error) {
	return t.load(ctx, statements, true, t.view.Current)
}

func (t *texts) load(ctx context.Context, leaves []uint64, current bool, get func(context.Context, []uint64) (map[uint64]analysis.Post, error)) (map[uint64]*features, error) {
	have := make(map[uint64]*features, len(leaves))
	var missing []uint64
	for _, l := range leaves {
		if have[l] != nil {
			continue
		}
		k := textKey{l, current}
		if f := t.young[k]; f != nil {
			have[l] = f
		} else if f := t.old[k]; f != nil {
			have[l] = f
			t.keep(k, f)
		} else {
			missing = append(missing, l)
		}
	}
	if len(missing) == 0 {
		return have, nil
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	posts, err := get(ctx, missing)
	if err != nil {
		return nil, err
	}
	found := make([]*features, len(missing))
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for w := range n {
		wg.Go(func() {
			for i := w; i < len(missing); i += n {
				if p, ok := posts[missing[i]]; ok {
					found[i] = t.hash.features(p, t.zone)
				}
			}
		})
	}
	wg.Wait()
	for i, f := range found {
		if f != nil {
			have[missing[i]] = f
			t.keep(textKey{missing[i], current}, f)
		}
	}
	return have, nil
}

func (t *texts) keep(k textKey, f *features) {
	if t.weight > textsWeight {
		t.old, t.young, t.weight = t.young, map[textKey]*features{}, 0
	}
	t.young[k] = f
	t.weight += f.weight()
}
