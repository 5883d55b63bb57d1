package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dalil/internal/desk"
	"dalil/internal/pipeline"
	"dalil/internal/record"
)

type doctorCmd struct{}

// checkJSON is one thing the doctor looked at.
type checkJSON struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, note, bad
	What   string `json:"what"`
	Means  string `json:"means,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

func (c *doctorCmd) Run(a *app) error {
	checks, folders, err := a.examine()
	if err != nil {
		return err
	}
	bad := 0
	for _, k := range checks {
		if k.State == desk.Bad {
			bad++
		}
		remedy := folders.Replace(k.Remedy)
		if a.JSON {
			if err := a.emit("check", checkJSON{k.Name, k.State, k.What.String(), k.Means, remedy}); err != nil {
				return err
			}
			continue
		}
		a.printf("%s %s: %s\n", map[string]string{desk.Fine: "✓", desk.Look: "·", desk.Bad: "✕"}[k.State], k.Name, k.What)
		if remedy != "" {
			a.printf("    → %s\n", remedy)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%s found", count(int64(bad), "problem"))
	}
	return nil
}

// examine looks at the machine and, if there is one, at the case. It also says
// where the folders are that remedies speak of.
func (a *app) examine() ([]desk.Check, *strings.Replacer, error) {
	m := desk.Machine{Handle: a.Handle, Now: time.Now()}
	keys, err := a.Keys()
	if err != nil {
		return []desk.Check{{Name: "keys", State: desk.Bad, What: desk.Words{Text: err.Error()}, Remedy: "set DALIL_CONFIG to a folder you can write to"}}, strings.NewReplacer(), nil
	}
	m.Keys = keys
	folders := func() *strings.Replacer { return strings.NewReplacer("{keys}", keys.Dir(), "{case}", m.Dir) }
	dir, err := a.dir()
	if errors.Is(err, pipeline.ErrNoCase) {
		return append(desk.Examine(a.ctx, m, nil), desk.Check{Name: "case", State: desk.Look, What: desk.Words{Text: "no case here"}, Remedy: "go to a case's folder, or make one with `dalil init`"}), folders(), nil
	}
	if err != nil {
		return nil, nil, err
	}
	m.Dir = dir
	d, err := a.open(false)
	if err != nil {
		c := desk.Check{Name: "case", State: desk.Bad, What: desk.Words{Text: err.Error()}, Remedy: "dalil verify"}
		var hint *record.Hint
		if errors.As(err, &hint) {
			c.Remedy = hint.Do
		}
		return append(desk.Examine(a.ctx, m, nil), c), folders(), nil
	}
	defer d.Case.Close()
	return desk.Examine(a.ctx, m, d), folders(), nil
}
