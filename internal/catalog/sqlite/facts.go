package sqlite

import (
	"context"
	"database/sql"
	"strings"

	"dalil/internal/record"
)

// facts are not in the digest: a file that was erased in part may say other
// things to a rebuild than it said before.
func (a *application) facts(ctx context.Context) error {
	last, n := uint64(0), 0
	for _, f := range a.b.Facts {
		if f.Leaf != last {
			last, n = f.Leaf, 0
		}
		if err := a.exec(ctx, "INSERT OR REPLACE INTO fact VALUES(?,?,?,?,?,?)", f.Leaf, n, f.Key, string(f.Kind), f.Value, seconds(f.At)); err != nil {
			return err
		}
		n++
	}
	return nil
}

// forgetFacts forgets what an erased version said, and, when it filled the
// whole of its file, what the file did.
func (a *application) forgetFacts(ctx context.Context, st *record.Statement) error {
	if err := a.exec(ctx, "DELETE FROM fact WHERE leaf=?", st.Leaf); err != nil || st.Span.Length > 0 {
		return err
	}
	return a.exec(ctx, "DELETE FROM fact WHERE leaf IN (SELECT leaf FROM capture WHERE blob=(SELECT blob FROM capture WHERE leaf=?))", st.Capture)
}

func (s *store) SourceFacts(ctx context.Context, keys []string) ([]record.Fact, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	args := make([]any, len(keys))
	for i, k := range keys {
		args[i] = k
	}
	return list(ctx, s, func(row scanner) (f record.Fact, err error) {
		var at sql.NullInt64
		err = row.Scan(&f.Leaf, &f.Key, &f.Kind, &f.Value, &at)
		f.At = orNever(at)
		return f, err
	}, "SELECT leaf, key, kind, value, at FROM fact WHERE key IN (?"+strings.Repeat(",?", len(keys)-1)+") ORDER BY at, leaf, n", args...)
}
