package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"dalil/internal/custody"
	"dalil/internal/desk"
	"dalil/internal/record"
)

type passwordCmd struct {
	Stdin  bool `help:"Read the password from standard input, one line."`
	Remove bool `help:"Take the password away; a server that asks for it lets nobody in."`
	DryRun bool `short:"n" help:"Check, change nothing."`
}

func (c *passwordCmd) Run(a *app) error {
	if c.Stdin && c.Remove {
		return usageError{errors.New("--stdin and --remove do not go together")}
	}
	return a.with(false, func(d *desk.Desk) error {
		keys, err := a.Keys()
		if err != nil {
			return err
		}
		p, err := keys.Password(d.Case.Origin)
		if err != nil {
			return err
		}
		if c.Remove {
			if !c.DryRun {
				if err := p.Remove(); err != nil {
					return err
				}
			}
			return c.say(a, d, false)
		}
		password, err := c.ask(a)
		if err != nil {
			return err
		}
		if c.DryRun {
			err = custody.CheckPassword(password)
		} else {
			err = p.Set(password)
		}
		if err != nil {
			return err
		}
		return c.say(a, d, true)
	})
}

func (c *passwordCmd) say(a *app, d *desk.Desk, set bool) error {
	switch {
	case a.JSON:
		return a.emit("password", map[string]any{"case": d.Case.Config.Name, "set": set, "dry_run": c.DryRun})
	case c.DryRun:
		a.printf("Nothing was changed.\n")
	case set:
		a.printf("The password of %q is set on this machine. Sessions begun with another have ended.\n", d.Case.Config.Name)
	default:
		a.printf("%q has no password on this machine any more. All sessions have ended.\n", d.Case.Config.Name)
	}
	return nil
}

// ask reads the password: twice from a person, once from a program.
func (c *passwordCmd) ask(a *app) (string, error) {
	if c.Stdin {
		line, err := bufio.NewReader(io.LimitReader(a.Stdin, 64<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	first, err := a.Secret(a.ctx, fmt.Sprintf("New password (%d characters or more): ", custody.MinPassword))
	if err != nil {
		return "", err
	}
	if err := custody.CheckPassword(first); err != nil {
		return "", err
	}
	again, err := a.Secret(a.ctx, "Once more: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", record.WithHint(fmt.Errorf("%w: the two are not the same", record.ErrInvalid), "try again")
	}
	return first, nil
}
