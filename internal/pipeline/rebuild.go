package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// Rebuilt is the result of a rebuild.
type Rebuilt struct {
	Records   uint64 `json:"records"` // log entries read
	Before    string `json:"before"`  // digest of the old catalog's rows, "" if it could not be read
	After     string `json:"after"`
	Identical bool   `json:"identical"`
	Settings  bool   `json:"settings_restored,omitempty"` // case.toml was written anew
	// Differs are the analysis entries whose result is another today: erased
	// texts are not there any more, and another version may find other things.
	Differs []uint64 `json:"differs,omitempty"`
}

// Rebuild makes case.toml and the catalog anew from archive and log. It says
// whether the new catalog's rows are those of the old.
func Rebuild(ctx context.Context, dir, handle string, keys *custody.Keys, s Stores, progress func(Progress)) (Rebuilt, error) {
	var r Rebuilt
	if !isCase(dir) {
		return r, record.WithHint(fmt.Errorf("%w: %s", ErrNoCase, dir), "make one with `dalil init`")
	}
	a, err := s.OpenArchive(dir, true, keys)
	if err != nil {
		return r, err
	}
	c := &Case{Dir: dir, Archive: a, stores: s, handle: handle, write: true, work: newTurn(), turn: newTurn()}
	defer c.Close()
	if r.Settings, err = c.restoreSettings(ctx); err != nil {
		return r, err
	}
	if old, err := s.OpenCatalog(dir, false); err == nil {
		if size, err := old.Size(ctx); err == nil && size == a.Size() {
			if d, err := old.Digest(ctx); err == nil {
				r.Before = d.String()
			}
		}
		if err := old.Close(); err != nil {
			return r, err
		}
	}
	if err := unseal(dir); err != nil {
		return r, err
	}
	for _, name := range s.CatalogFiles {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			if err := os.Remove(filepath.Join(dir, name+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return r, err
			}
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, custody.ScratchFolder)); err != nil {
		return r, err
	}
	if err := c.openWith(ctx, keys, progress); err != nil {
		return r, err
	}
	r.Differs = c.differs
	d, err := c.Catalog.Digest(ctx)
	if err != nil {
		return r, err
	}
	r.Records, r.After = a.Size(), d.String()
	r.Identical = r.Before == r.After
	return r, nil
}

// restoreSettings writes case.toml as the log has it, if it differs.
func (c *Case) restoreSettings(ctx context.Context) (restored bool, err error) {
	text, err := c.settingsInLog(ctx)
	if err != nil {
		return false, err
	}
	path := filepath.Join(c.Dir, custody.SettingsPath)
	if b, err := os.ReadFile(path); err == nil && string(b) == text {
		return false, nil
	}
	return true, writeDurably(path, []byte(text))
}

// settingsInLog returns the text of case.toml that the newest case or config
// entry binds.
func (c *Case) settingsInLog(ctx context.Context) (string, error) {
	var text string
	err := c.eachOther(ctx, func(i uint64, _ *record.Leaf) error {
		b, err := c.Archive.Body(ctx, i)
		if err != nil {
			return fmt.Errorf("log entry %d: %w", i, err)
		}
		var s settings
		if err := json.Unmarshal(b, &s); err != nil {
			return fmt.Errorf("log entry %d: %w: %v", i, record.ErrAltered, err)
		}
		text = s.TOML
		return nil
	}, record.LeafCase, record.LeafConfig)
	return text, err
}

// Configure changes the case's settings. The new case.toml is on disk beside the
// old before its record is appended, and takes its place after: whatever a
// crash interrupts, opening for writing restores what the log says.
func (c *Case) Configure(ctx context.Context, cfg Config) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	if !c.work.try() { // it reads with the settings it began with
		return c.busy(ctx)
	}
	defer c.work.pass()
	text := cfg.Text()
	path := filepath.Join(c.Dir, custody.SettingsPath)
	tmp, err := writeBeside(path, []byte(text))
	if err != nil {
		return err
	}
	if _, err := c.Record(ctx, record.Leaf{Kind: record.LeafConfig}, settings{TOML: text}); err != nil {
		os.Remove(tmp)
		return err
	}
	if err := settle(tmp, path); err != nil {
		return err
	}
	c.Config = cfg
	zone, err := cfg.Location()
	c.Zone = zone
	return err
}
