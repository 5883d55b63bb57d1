package cli

import (
	"errors"

	"dalil/internal/desk"
)

// thenFlag is --at of the commands that can look back.
type thenFlag struct {
	At string `help:"The case as it was known then: 2020-11-18 (its end), 2020-11-18T12:00 in the case's time zone, 2020-11-18T12:00Z, or @N: when the log had N records." placeholder:"TIME"`
}

// then is with for reading, at the moment asked for. What is printed says so, but
// for bare bytes.
func (a *app) then(at thenFlag, bare bool, f func(d *desk.Desk) error) error {
	return a.with(false, func(d *desk.Desk) error {
		if at.At == "" {
			return f(d)
		}
		m, err := d.Moment(a.ctx, at.At)
		if err != nil {
			return err
		}
		then, done, err := d.Then(a.ctx, m)
		if err != nil {
			return err
		}
		if a.known = &m; !a.JSON && !bare {
			a.printf("As known at %s, when the log had %s records.\n", clock(m.At.UnixMilli()), group(int64(m.Size)))
		}
		return errors.Join(f(then), done())
	})
}

// knownJSON is what every object says of the moment it is of.
type knownJSON struct {
	Type string `json:"type"`
	At   string `json:"as_known_at,omitempty"`
	Size uint64 `json:"log_size,omitempty"`
}
