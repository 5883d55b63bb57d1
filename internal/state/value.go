package state

import (
	"context"
	"database/sql"
	"errors"
)

// Keys of values that more than one room knows.
const (
	KeyWorkbench = "workbench" // address at which the case is open for writing
)

// Value returns what was kept under a key; "" when nothing is.
func (s *Store) Value(ctx context.Context, key string) (string, error) {
	var v string
	err := s.db.QueryRowContext(ctx, "SELECT value FROM value WHERE key=?", key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return v, err
}

// SetValue keeps a small text under a key; "" forgets it.
func (s *Store) SetValue(ctx context.Context, key, value string) error {
	if value == "" {
		_, err := s.db.ExecContext(ctx, "DELETE FROM value WHERE key=?", key)
		return err
	}
	_, err := s.db.ExecContext(ctx, "INSERT INTO value VALUES(?1,?2) ON CONFLICT(key) DO UPDATE SET value=?2", key, value)
	return err
}

// Mark is how far somebody has seen something: up to which log entry, and when.
type Mark struct {
	Leaf uint64
	At   int64 // ms; 0 when never
}

// Seen returns how far a person has seen a place; a zero Mark when never.
func (s *Store) Seen(ctx context.Context, handle, place string) (Mark, error) {
	var m Mark
	err := s.db.QueryRowContext(ctx, "SELECT leaf, at FROM mark WHERE handle=? AND place=?", handle, place).Scan(&m.Leaf, &m.At)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return m, err
}

// SetSeen notes how far a person has seen a place.
func (s *Store) SetSeen(ctx context.Context, handle, place string, m Mark) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO mark VALUES(?1,?2,?3,?4) ON CONFLICT(handle, place) DO UPDATE SET leaf=?3, at=?4", handle, place, m.Leaf, m.At)
	return err
}

// Draft is what somebody has begun to write about something.
type Draft struct {
	Handle  string
	About   string // an id or a page
	Text    string
	Expects uint64 // the newest entry about it when the writing began
	At      int64  // ms, of the last change
}

// Draft returns a person's draft about something; ErrNotFound when there is none.
func (s *Store) Draft(ctx context.Context, handle, about string) (Draft, error) {
	d := Draft{Handle: handle, About: about}
	err := s.db.QueryRowContext(ctx, "SELECT text, expects, at FROM draft WHERE handle=? AND about=?", handle, about).Scan(&d.Text, &d.Expects, &d.At)
	return d, absent(err, "draft about "+about)
}

// Drafts lists a person's drafts, the one changed last first.
func (s *Store) Drafts(ctx context.Context, handle string) ([]Draft, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT about, text, expects, at FROM draft WHERE handle=? ORDER BY at DESC, about", handle)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Draft
	for rows.Next() {
		d := Draft{Handle: handle}
		if err := rows.Scan(&d.About, &d.Text, &d.Expects, &d.At); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

// SetDraft keeps a draft in place of the one before.
func (s *Store) SetDraft(ctx context.Context, d Draft) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO draft VALUES(?1,?2,?3,?4,?5) ON CONFLICT(handle, about) DO UPDATE SET text=?3, expects=?4, at=?5", d.Handle, d.About, d.Text, d.Expects, d.At)
	return err
}

// DropDraft forgets a draft.
func (s *Store) DropDraft(ctx context.Context, handle, about string) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM draft WHERE handle=? AND about=?", handle, about)
	return err
}
