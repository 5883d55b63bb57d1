package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a case's zone must be readable on machines without a zone database

	"github.com/BurntSushi/toml"

	"dalil/internal/assist"
	"dalil/internal/record"
)

// Config is case.toml: what the people of a case have settled. Its bytes are
// bound by the log; every change is a record.
type Config struct {
	Name      string   `toml:"name"`      // of the case, for people
	Zone      string   `toml:"time_zone"` // IANA name; times without a printed zone are read in it, and all are shown in it
	Languages []string `toml:"languages"` // BCP 47, most used first
	Standard  string   `toml:"standard_of_proof"`
	Totals    string   `toml:"totals"`             // which of competing figures a total takes
	MayOpen   []string `toml:"may_open,omitempty"` // handles that may see every masked name, beside who masked it
	Publish   struct {
		Precision string `toml:"precision"` // of places: exact, vicinity, locality, area
		Delay     string `toml:"delay"`     // between an incident and its publication, like "72h"
	} `toml:"publication"`
	Translate Translate `toml:"translate,omitempty"`
}

// Translate says which translation program may be asked. The zero value is none.
type Translate struct {
	Endpoint string `toml:"endpoint"`               // address that speaks LibreTranslate's protocol, like http://127.0.0.1:5000
	Remote   bool   `toml:"allow_remote,omitempty"` // it may be another machine: what is translated leaves this one
}

// DefaultConfig is a new case's settings.
func DefaultConfig(name string) Config {
	c := Config{Name: name, Zone: "UTC", Languages: []string{"ar", "fa", "en"}, Standard: "balance of probabilities", Totals: "lowest independent"}
	c.Publish.Precision, c.Publish.Delay = "locality", "72h"
	return c
}

// Location returns the case's time zone.
func (c Config) Location() (*time.Location, error) {
	loc, err := time.LoadLocation(c.Zone)
	if err != nil || c.Zone == "" || c.Zone == "Local" {
		return nil, record.WithHint(fmt.Errorf("%w time zone %q", record.ErrInvalid, c.Zone), "give an IANA name such as Asia/Baghdad, Asia/Tehran or UTC")
	}
	return loc, nil
}

// Check reports the first setting that cannot be.
func (c Config) Check() error {
	if strings.TrimSpace(c.Name) == "" {
		return fmt.Errorf("%w case.toml: name is empty", record.ErrInvalid)
	}
	if _, err := c.Location(); err != nil {
		return fmt.Errorf("case.toml: time_zone: %w", err)
	}
	if _, err := time.ParseDuration(c.Publish.Delay); err != nil {
		return fmt.Errorf("%w case.toml: publication.delay %q: want a duration such as 72h", record.ErrInvalid, c.Publish.Delay)
	}
	for _, h := range c.MayOpen {
		if err := CheckHandle(h); err != nil {
			return fmt.Errorf("case.toml: may_open: %w", err)
		}
	}
	if c.Translate.Endpoint != "" {
		if _, err := assist.Endpoint(c.Translate.Endpoint, c.Translate.Remote); err != nil {
			return fmt.Errorf("case.toml: translate.endpoint: %w", err)
		}
	}
	return nil
}

// ParseConfig reads case.toml; a setting it does not know is an error, so that
// a misspelt one is not silently without effect.
func ParseConfig(text string) (Config, error) {
	var c Config
	meta, err := toml.Decode(text, &c)
	if err != nil {
		return c, fmt.Errorf("%w case.toml: %v", record.ErrInvalid, err)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return c, fmt.Errorf("%w case.toml: unknown setting %s", record.ErrInvalid, u[0])
	}
	return c, c.Check()
}

// Text returns case.toml.
func (c Config) Text() string {
	var b strings.Builder
	b.WriteString("# Settings of this case. Change them with `dalil config`: the log binds this file's bytes.\n")
	if err := toml.NewEncoder(&b).Encode(c); err != nil {
		panic(err) // strings in a struct always encode
	}
	return b.String()
}

// Set changes one setting, given as name=value. Lists are separated by commas.
func (c *Config) Set(assignment string) error {
	name, value, ok := strings.Cut(assignment, "=")
	if !ok {
		return record.WithHint(fmt.Errorf("%w setting %q", record.ErrInvalid, assignment), "write name=value, like time_zone=Asia/Tehran")
	}
	switch name {
	case "name":
		c.Name = value
	case "time_zone":
		c.Zone = value
	case "languages":
		c.Languages = strings.Split(value, ",")
	case "standard_of_proof":
		c.Standard = value
	case "totals":
		c.Totals = value
	case "may_open":
		c.MayOpen = slices.DeleteFunc(strings.Split(value, ","), func(h string) bool { return h == "" })
	case "publication.precision":
		c.Publish.Precision = value
	case "publication.delay":
		c.Publish.Delay = value
	case "translate.endpoint":
		c.Translate.Endpoint = value
	case "translate.allow_remote":
		if value != "true" && value != "false" {
			return record.WithHint(fmt.Errorf("%w setting %q", record.ErrInvalid, assignment), "write translate.allow_remote=true or =false")
		}
		c.Translate.Remote = value == "true"
	default:
		return record.WithHint(fmt.Errorf("%w setting %q", record.ErrInvalid, name), "see `dalil config` for the settings")
	}
	return nil
}
