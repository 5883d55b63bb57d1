// Package record holds the nouns of dalil: what was captured, who said what,
// what could not be seen, what a person decided. It does no I/O and reads no
// clock; everything else speaks in these types.
package record

import "errors"

// The sentinels every room wraps and every edge (exit code, HTTP status) maps.
// "We could not see" is never an error: it is a Gap.
var (
	ErrNotFound = errors.New("not found")
	ErrInvalid  = errors.New("invalid")
	ErrConflict = errors.New("conflict")
	ErrWithheld = errors.New("withheld")
	ErrAltered  = errors.New("altered")
)

// Hint is an error that also says what to do about it. Edges print the hint on
// a line of its own.
type Hint struct {
	Err error
	Do  string // what the user can do, an imperative sentence without a full stop
}

func (h *Hint) Error() string { return h.Err.Error() }
func (h *Hint) Unwrap() error { return h.Err }

// WithHint attaches a remedy to err. It returns nil for a nil err.
func WithHint(err error, do string) error {
	if err == nil {
		return nil
	}
	return &Hint{Err: err, Do: do}
}
