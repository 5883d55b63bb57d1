package cli

import (
	"path/filepath"
	"strings"

	"dalil/internal/pipeline"
)

type initCmd struct {
	Dir    string   `arg:"" help:"Folder to make; it becomes the case." type:"path"`
	Name   string   `help:"Name of the case. Default: the folder's name."`
	Zone   string   `name:"tz" help:"Time zone of the case, an IANA name: times without a zone are read in it and all are shown in it." default:"UTC"`
	Langs  []string `help:"Languages of the case, most used first." default:"ar,fa,en"`
	DryRun bool     `short:"n" help:"Check the settings, make nothing."`
}

func (c *initCmd) Run(a *app) error {
	name := c.Name
	if name == "" {
		name = filepath.Base(c.Dir)
	}
	cfg := pipeline.DefaultConfig(name)
	cfg.Zone, cfg.Languages = c.Zone, c.Langs
	if err := cfg.Check(); err != nil {
		return err
	}
	keys, err := a.Keys()
	if err != nil {
		return err
	}
	out := struct {
		Name      string `json:"name"`
		Dir       string `json:"dir"`
		TimeZone  string `json:"time_zone"`
		Languages string `json:"languages"`
		Keys      string `json:"keys"`
		DryRun    bool   `json:"dry_run,omitempty"`
	}{name, c.Dir, cfg.Zone, strings.Join(cfg.Languages, ","), keys.Dir(), c.DryRun}
	if !c.DryRun {
		made, err := pipeline.Create(a.ctx, c.Dir, a.Handle, cfg, keys, a.Stores)
		if err != nil {
			return err
		}
		if err := made.Close(); err != nil {
			return err
		}
	}
	if a.JSON {
		return a.emit("case", out)
	}
	if c.DryRun {
		a.printf("Would make case %q in %s. Nothing written.\n", name, c.Dir)
		return nil
	}
	a.printf("Made case %q in %s\n", name, c.Dir)
	a.printf("  times are read and shown in %s; you sign as %q\n", cfg.Zone, a.Handle)
	a.printf("  keys are in %s: back this folder up, without it nobody can add to the case\n", keys.Dir())
	a.printf("Next:  cd %s   then   dalil import FILE-OR-FOLDER   and   dalil serve\n", c.Dir)
	return nil
}
