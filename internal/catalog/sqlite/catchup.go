package sqlite

import (
	"context"

	"dalil/internal/record"
)

// catchUp brings the index from the log size it has to that of catalog.db: all
// of it when search.db is new, the last batches after a crash.
func (x *indexer) catchUp(ctx context.Context, size uint64) error {
	had := x.size
	if had > 0 {
		if err := x.catchUpChanges(ctx, had); err != nil {
			return err
		}
	}
	for from := had; from < size; {
		j, last := &job{}, uint64(0)
		err := x.s.versions(ctx, "v.leaf>=? AND v.leaf<? ORDER BY v.leaf LIMIT ?", []any{from, size, catchUpBatch}, func(st record.Statement) error {
			j.entries, last = append(j.entries, entryOf(&st)), st.Leaf
			return nil
		})
		if err != nil {
			return err
		}
		j.to = size
		if len(j.entries) == catchUpBatch {
			j.to = last + 1
		}
		if err := x.take(ctx, j); err != nil {
			return err
		}
		from = j.to
	}
	return x.commit(ctx)
}

// catchUpChanges writes anew the rows that were in the index already and have
// since become old, missing, withdrawn or erased.
func (x *indexer) catchUpChanges(ctx context.Context, had uint64) error {
	leaves, err := list(ctx, x.s, func(row scanner) (leaf uint64, err error) { return leaf, row.Scan(&leaf) }, `
		SELECT first FROM version WHERE leaf>=?1 AND version>1
		UNION SELECT target FROM observation WHERE leaf>=?1
		UNION SELECT target FROM tombstone WHERE leaf>=?1
		UNION SELECT statement FROM translation WHERE leaf>=?1
		UNION SELECT * FROM (WITH RECURSIVE about(leaf) AS (
			SELECT target FROM decision WHERE leaf>=?1
			UNION SELECT d.target FROM about JOIN decision d ON d.leaf=about.leaf) SELECT leaf FROM about)`, had)
	if err != nil {
		return err
	}
	gone, err := list(ctx, x.s, func(row scanner) (leaf uint64, err error) { return leaf, row.Scan(&leaf) },
		"SELECT v.leaf FROM tombstone t JOIN version v ON v.leaf=t.target WHERE t.leaf>=? AND v.leaf<?", had, had)
	if err != nil {
		return err
	}
	if len(gone) > 0 { // which words they held is not known any more
		x.purge, x.unknown = true, true
	}
	return x.take(ctx, &job{to: had, changed: leaves})
}
