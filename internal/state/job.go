package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"dalil/internal/record"
)

// JobState is where a job stands.
type JobState string

const (
	Queued      JobState = "queued"
	Running     JobState = "running"
	Paused      JobState = "paused"      // somebody asked for it; can be resumed
	Interrupted JobState = "interrupted" // the program ended; can be resumed
	Done        JobState = "done"
	Failed      JobState = "failed"    // it could not go on; can be tried again
	Cancelled   JobState = "cancelled" // what it had done stays
)

// Open reports whether a job may still do something.
func (s JobState) Open() bool {
	return s == Queued || s == Running || s == Paused || s == Interrupted
}

// Resumable reports whether a job can be put into the queue again.
func (s JobState) Resumable() bool {
	return s == Paused || s == Interrupted || s == Failed || s == Cancelled
}

// Wish is what somebody asked a running job to do.
type Wish string

const (
	WishPause  Wish = "pause"
	WishCancel Wish = "cancel"
)

// Job is a piece of long work.
type Job struct {
	ID    string          `json:"id"`
	Kind  string          `json:"kind"` // import, preflight, …
	Title string          `json:"title"`
	By    string          `json:"by"`
	Args  json.RawMessage `json:"args,omitempty"` // for whoever does the work

	State   JobState `json:"state"`
	Wish    Wish     `json:"wish,omitempty"`
	Renews  bool     `json:"renews,omitempty"` // goes on by itself when the case is opened again after an interruption
	Created int64    `json:"created"`          // ms; so are the next two, 0 when not yet
	Started int64    `json:"started,omitempty"`
	Ended   int64    `json:"ended,omitempty"`

	Beat    int64            `json:"beat,omitempty"` // ms: when it last said how far it is
	Phase   string           `json:"phase,omitempty"`
	File    string           `json:"file,omitempty"`
	Done    int64            `json:"done"`
	Total   int64            `json:"total"`
	Rate    float64          `json:"rate"`            // units of Done a second, lately
	Share   float64          `json:"share,omitempty"` // of all of the work, 0 to 1; 0 while that cannot be said
	Left    int64            `json:"left,omitempty"`  // seconds until all of it is done; 0 while that cannot be said
	Counts  map[string]int64 `json:"counts,omitempty"`
	Skipped map[string]int64 `json:"skipped,omitempty"` // deliberately not taken
	// Of the runs before a pause or an interruption.
	Earlier int64 `json:"earlier,omitempty"` // statements they added

	Runs     []uint64        `json:"runs,omitempty"` // log entries of the runs it began
	Problems int64           `json:"problems"`       // how many, those beyond the list too
	Error    string          `json:"error,omitempty"`
	Remedy   string          `json:"remedy,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"` // the receipt, when it has one

	Revision int64 `json:"-"` // grows with every change of any job
}

// Eta is how many seconds the rest will take, as people tell each other: the more
// there are, the rounder. It is -1 when that cannot be said.
func (j *Job) Eta() int64 {
	if j.State != Running || j.Left <= 0 {
		return -1
	}
	return About(j.Left)
}

// About rounds a time that is left, in seconds, up to what can honestly be said of
// it.
func About(seconds int64) int64 {
	to := int64(3600)
	switch {
	case seconds <= 60:
		to = 10
	case seconds <= 20*60:
		to = 60
	case seconds <= 3600:
		to = 5 * 60
	case seconds <= 6*3600:
		to = 15 * 60
	}
	return (seconds + to - 1) / to * to
}

// keptJobs is how many jobs that have ended are remembered.
const keptJobs = 500

// AddJob puts a job on the list.
func (s *Store) AddJob(ctx context.Context, j Job) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		if err := put(ctx, tx, &j, "INSERT INTO job(state, revision, body, id) VALUES(?,?,?,?)"); err != nil {
			return err
		}
		const old = `SELECT id FROM job WHERE state IN ('done','failed','cancelled') ORDER BY n DESC LIMIT -1 OFFSET ?`
		if _, err := tx.ExecContext(ctx, "DELETE FROM problem WHERE job IN ("+old+")", keptJobs); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM job WHERE id IN ("+old+")", keptJobs)
		return err
	})
}

// put writes a job with the next revision.
func put(ctx context.Context, tx *sql.Tx, j *Job, query string) error {
	n, err := revision(ctx, tx)
	if err != nil {
		return err
	}
	j.Revision = n + 1
	if _, err := tx.ExecContext(ctx, "UPDATE meta SET value=? WHERE name='revision'", j.Revision); err != nil {
		return err
	}
	b, err := json.Marshal(j)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, query, string(j.State), j.Revision, string(b), j.ID)
	return err
}

// Job finds a job. ErrNotFound when it is not on the list.
func (s *Store) Job(ctx context.Context, id string) (Job, error) {
	j, err := scan(s.db.QueryRowContext(ctx, "SELECT body, revision FROM job WHERE id=?", id))
	return j, absent(err, "job "+id)
}

func scan(row interface{ Scan(...any) error }) (Job, error) {
	var j Job
	var body string
	if err := row.Scan(&body, &j.Revision); err != nil {
		return j, err
	}
	if err := json.Unmarshal([]byte(body), &j); err != nil {
		return j, fmt.Errorf("%w: a job in %s: %v", record.ErrAltered, File, err)
	}
	return j, nil
}

// Jobs lists jobs, the newest first; most 0 lists all.
func (s *Store) Jobs(ctx context.Context, most int) ([]Job, error) {
	if most <= 0 {
		most = -1
	}
	rows, err := s.db.QueryContext(ctx, "SELECT body, revision FROM job ORDER BY n DESC LIMIT ?", most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Job
	for rows.Next() {
		j, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	return all, rows.Err()
}

// Revision grows with every change of any job.
func (s *Store) Revision(ctx context.Context) (n int64, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE name='revision'").Scan(&n)
	return n, err
}

// ChangeJob lets f change a job, with nobody coming in between, and returns it as
// it then is. An error of f changes nothing and is returned.
func (s *Store) ChangeJob(ctx context.Context, id string, f func(*Job) error) (Job, error) {
	var j Job
	err := s.change(ctx, func(tx *sql.Tx) error {
		var err error
		if j, err = scan(tx.QueryRowContext(ctx, "SELECT body, revision FROM job WHERE id=?", id)); err != nil {
			return absent(err, "job "+id)
		}
		if err := f(&j); err != nil {
			return err
		}
		j.ID = id
		return put(ctx, tx, &j, "UPDATE job SET state=?, revision=?, body=? WHERE id=?")
	})
	return j, err
}

// NextJob takes the oldest queued job of some kinds and marks it as running since
// a time; ok is false when there is none.
func (s *Store) NextJob(ctx context.Context, now int64, kinds ...string) (j Job, ok bool, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT body, revision FROM job WHERE state='queued' ORDER BY n")
		if err != nil {
			return err
		}
		for !ok && err == nil && rows.Next() {
			if j, err = scan(rows); err == nil {
				ok = slices.Contains(kinds, j.Kind)
			}
		}
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
		if err != nil || !ok {
			return err
		}
		j.State, j.Wish, j.Started, j.Beat, j.Ended, j.Error, j.Remedy = Running, "", now, now, 0, "", ""
		return put(ctx, tx, &j, "UPDATE job SET state=?, revision=?, body=? WHERE id=?")
	})
	return j, ok && err == nil, err
}

// Interrupt marks every running job as interrupted: whoever did them is gone. The
// caller holds the case's lock. Jobs that renew themselves are queued again.
func (s *Store) Interrupt(ctx context.Context, now int64) (n int, err error) {
	all, err := s.Jobs(ctx, 0)
	if err != nil {
		return 0, err
	}
	for _, j := range all {
		if j.State != Running {
			continue
		}
		_, err := s.ChangeJob(ctx, j.ID, func(j *Job) error {
			if j.State == Running {
				n++
				j.State, j.Ended, j.Wish = Interrupted, now, ""
				if j.Renews {
					j.State, j.Ended = Queued, 0
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// AddProblems adds to what went wrong in a job; ClearProblems forgets it, when
// the job begins again.
func (s *Store) AddProblems(ctx context.Context, id string, problems []record.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		var n int64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(n), 0) FROM problem WHERE job=?", id).Scan(&n); err != nil {
			return err
		}
		for _, p := range problems {
			b, err := json.Marshal(p)
			if err != nil {
				return err
			}
			n++
			if _, err := tx.ExecContext(ctx, "INSERT INTO problem VALUES(?,?,?)", id, n, string(b)); err != nil {
				return err
			}
		}
		return nil
	})
}

// ClearProblems forgets what went wrong in a job.
func (s *Store) ClearProblems(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM problem WHERE job=?", id)
	return err
}

// Problems lists what went wrong in a job, in order, after the first skip; most 0
// lists all.
func (s *Store) Problems(ctx context.Context, id string, skip, most int) ([]record.Problem, error) {
	if most <= 0 {
		most = -1
	}
	rows, err := s.db.QueryContext(ctx, "SELECT body FROM problem WHERE job=? ORDER BY n LIMIT ? OFFSET ?", id, most, skip)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []record.Problem
	for rows.Next() {
		var body string
		var p record.Problem
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return nil, fmt.Errorf("%w: a problem in %s: %v", record.ErrAltered, File, err)
		}
		all = append(all, p)
	}
	return all, rows.Err()
}
