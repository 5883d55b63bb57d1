package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"hash"
	"math"

	"dalil/internal/record"
)

// digested are the tables that Digest covers, each in the order of its key.
// What can be worked out from them (tally, activity) is not, nor is what an
// analysis keeps to work with (its state, links, vetoes); and of members only
// what stands now. These depend on texts that may have been erased since.
var digested = [...]struct{ name, query string }{
	{"meta", ""}, {"source", ""}, {"run", ""}, {"capture", ""}, {"version", ""}, {"state", "SELECT * FROM state WHERE missing<>0 OR withdrawn<>0 OR translations<>0 ORDER BY 1"}, {"observation", ""}, {"gap", ""},
	{"decision", ""}, {"translation", ""}, {"tombstone", ""}, {"entry", ""}, {"forward", ""},
	{"picture", "SELECT * FROM picture ORDER BY blob, statement"},
	{"member", "SELECT statement, family, relation, ground, via, distance, similarity, within, holds FROM member WHERE until=0 ORDER BY statement, family"},
	{"family", ""},
	{"place", ""},
	{"mark", "SELECT * FROM mark ORDER BY statement, topic, since"},
}

// Digest hashes, table by table and row by row, every column as a letter for
// its type, a length of eight bytes for text and blobs, and the value.
func (s *store) Digest(ctx context.Context) (record.Digest, error) {
	var d record.Digest
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one state of all tables
	if err != nil {
		return d, s.rowsErr(err)
	}
	defer tx.Rollback()
	h := sha256.New()
	for _, table := range digested {
		query := table.query
		if query == "" {
			query = "SELECT * FROM " + table.name + " ORDER BY 1"
		}
		if err := digestTable(ctx, tx, h, table.name, query); err != nil {
			return d, s.rowsErr(err)
		}
	}
	h.Sum(d[:0])
	return d, nil
}

func digestTable(ctx context.Context, tx *sql.Tx, h hash.Hash, table, query string) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	buf := append([]byte(nil), table...)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for _, v := range values {
			switch v := v.(type) {
			case nil:
				buf = append(buf, 'n')
			case int64:
				buf = binary.BigEndian.AppendUint64(append(buf, 'i'), uint64(v))
			case float64:
				buf = binary.BigEndian.AppendUint64(append(buf, 'f'), math.Float64bits(v))
			case string:
				buf = append(binary.BigEndian.AppendUint64(append(buf, 't'), uint64(len(v))), v...)
			case []byte:
				buf = append(binary.BigEndian.AppendUint64(append(buf, 'b'), uint64(len(v))), v...)
			}
		}
		if len(buf) > 1<<16 {
			h.Write(buf)
			buf = buf[:0]
		}
	}
	h.Write(buf)
	return rows.Err()
}
