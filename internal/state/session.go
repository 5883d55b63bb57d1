package state

import (
	"context"

	"dalil/internal/record"
)

// Session is a browser that somebody signed in with. Only the hash of its token
// is kept: whoever reads the file cannot use it.
type Session struct {
	Hash    record.Digest // SHA-256 of the token
	Handle  string
	Created int64 // ms; so are the next two
	Used    int64
	Expires int64
}

// AddSession keeps a new session, and forgets those that expired before its
// beginning.
func (s *Store) AddSession(ctx context.Context, x Session) error {
	if _, err := s.db.ExecContext(ctx, "DELETE FROM session WHERE expires<=?", x.Created); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, "INSERT INTO session VALUES(?,?,?,?,?)", x.Hash[:], x.Handle, x.Created, x.Used, x.Expires)
	return err
}

// Session finds a session that has not expired at a time; ErrNotFound otherwise.
func (s *Store) Session(ctx context.Context, hash record.Digest, now int64) (Session, error) {
	x := Session{Hash: hash}
	err := s.db.QueryRowContext(ctx, "SELECT handle, created, used, expires FROM session WHERE hash=? AND expires>?", hash[:], now).Scan(&x.Handle, &x.Created, &x.Used, &x.Expires)
	return x, absent(err, "session")
}

// Sessions lists the sessions that have not expired at a time, the one used last
// first; handle "" means everybody's.
func (s *Store) Sessions(ctx context.Context, handle string, now int64) ([]Session, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT hash, handle, created, used, expires FROM session WHERE expires>?1 AND (?2='' OR handle=?2) ORDER BY used DESC", now, handle)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Session
	for rows.Next() {
		var x Session
		var hash []byte
		if err := rows.Scan(&hash, &x.Handle, &x.Created, &x.Used, &x.Expires); err != nil {
			return nil, err
		}
		copy(x.Hash[:], hash)
		all = append(all, x)
	}
	return all, rows.Err()
}

// UseSession notes that a session was used, and until when it holds now.
func (s *Store) UseSession(ctx context.Context, hash record.Digest, now, expires int64) error {
	_, err := s.db.ExecContext(ctx, "UPDATE session SET used=?, expires=? WHERE hash=?", now, expires, hash[:])
	return err
}

// EndSession forgets a session; EndSessions all of a person, "" everybody's.
func (s *Store) EndSession(ctx context.Context, hash record.Digest) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM session WHERE hash=?", hash[:])
	return err
}

// EndSessions forgets all sessions of a person; "" everybody's.
func (s *Store) EndSessions(ctx context.Context, handle string) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM session WHERE ?1='' OR handle=?1", handle)
	return err
}
