package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/term"

	"dalil/internal/record"
)

// askSecret reads a line from the terminal without showing it. Without a
// terminal it is record.ErrInvalid.
func askSecret(ctx context.Context, prompt string) (string, error) {
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return "", record.WithHint(fmt.Errorf("%w: there is no terminal to type a password at", record.ErrInvalid), "write it to standard input, with --stdin")
	}
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(os.Stderr, prompt)
	defer fmt.Fprintln(os.Stderr)
	type answer struct {
		text []byte
		err  error
	}
	said := make(chan answer, 1)
	go func() {
		b, err := term.ReadPassword(fd)
		said <- answer{b, err}
	}()
	select {
	case a := <-said:
		return string(a.text), a.err
	case <-ctx.Done(): // Ctrl+C: the terminal must show again what is typed
		term.Restore(fd, before) //nolint:errcheck // nothing more can be done
		return "", ctx.Err()
	}
}
