package desk

import (
	"context"
	"sync"

	"dalil/internal/catalog"
	"dalil/internal/record"
)

// mostKept bounds the sources of which something is kept in memory.
const mostKept = 256

// keptSources is what was read of single sources, until something changed it.
type keptSources struct {
	mu    sync.Mutex
	size  uint64 // of the log, for stats
	stats []catalog.SourceStat
	upTo  uint64 // the catalog's OrderChanged, for one
	one   map[uint64]keptSource
}

// keptSource is what takes long to read of one source.
type keptSource struct {
	coverage Coverage
	hours    []record.Hour
	origins  []catalog.OriginCount
}

// sources are those of the catalog as this person may read them. Nobody may
// change what is returned.
func (d *Desk) sources(ctx context.Context) ([]catalog.SourceStat, error) {
	all, err := d.keptSources(ctx)
	if err != nil {
		return nil, err
	}
	return d.maskedSources(ctx, all)
}

func (d *Desk) keptSources(ctx context.Context) ([]catalog.SourceStat, error) {
	size, err := d.Case.Catalog.Size(ctx)
	if err != nil {
		return nil, err
	}
	k := d.kept
	k.mu.Lock()
	stats := k.stats
	if k.size != size {
		stats = nil
	}
	k.mu.Unlock()
	if stats != nil {
		return stats, nil
	}
	if stats, err = d.rawSources(ctx); err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.size, k.stats = size, stats
	k.mu.Unlock()
	return stats, nil
}

// read is what takes long to read of a source. Nobody may change what is
// returned.
func (d *Desk) read(ctx context.Context, s catalog.SourceStat) (keptSource, error) {
	upTo, err := d.Case.Catalog.OrderChanged(ctx)
	if err != nil {
		return keptSource{}, err
	}
	k := d.kept
	k.mu.Lock()
	x, ok := k.one[s.Leaf]
	if k.upTo != upTo {
		ok = false
	}
	k.mu.Unlock()
	if ok {
		return x, nil
	}
	if x.coverage, err = d.Coverage(ctx, s); err != nil {
		return x, err
	}
	if x.hours, err = d.Case.Catalog.Hours(ctx, s.Leaf); err != nil {
		return x, err
	}
	if x.origins, err = d.Case.Catalog.Origins(ctx, s.Leaf); err != nil {
		return x, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.upTo != upTo || len(k.one) >= mostKept {
		k.upTo, k.one = upTo, map[uint64]keptSource{}
	}
	k.one[s.Leaf] = x
	return x, nil
}

// Sources lists the sources of the case with what is here of each, in log order.
// Nobody may change what is returned.
func (d *Desk) Sources(ctx context.Context) ([]catalog.SourceStat, error) { return d.sources(ctx) }
