package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"dalil/internal/pipeline"
)

type doctorCmd struct{}

// check is one thing the doctor looked at.
type check struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, note, bad
	What   string `json:"what"`
	Remedy string `json:"remedy,omitempty"`
}

func (c *doctorCmd) Run(a *app) error {
	checks := a.examine()
	bad := 0
	for _, k := range checks {
		if k.State == "bad" {
			bad++
		}
		if a.JSON {
			if err := a.emit("check", k); err != nil {
				return err
			}
			continue
		}
		a.printf("%s %s: %s\n", map[string]string{"ok": "✓", "note": "·", "bad": "✕"}[k.State], k.Name, k.What)
		if k.Remedy != "" {
			a.printf("    → %s\n", k.Remedy)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%s found", count(int64(bad), "problem"))
	}
	return nil
}

func (a *app) examine() []check {
	var out []check
	keys, err := a.Keys()
	if err != nil {
		return append(out, check{"keys", "bad", err.Error(), "set DALIL_CONFIG to a folder you can write to"})
	}
	out = append(out, keyFolder(keys.Dir()), handleCheck(a.Handle))
	for _, t := range []struct{ name, prog, use, remedy string }{
		{"page images", "pdftotext", "a second opinion on PDF text", "apt install poppler-utils"},
		{"text recognition", "tesseract", "text in statement images", "apt install tesseract-ocr tesseract-ocr-ara tesseract-ocr-fas"},
		{"browser", "chromium", "screenshots of captured pages", "apt install chromium"},
	} {
		if p, err := exec.LookPath(t.prog); err == nil {
			out = append(out, check{t.name, "ok", t.prog + " is at " + p, ""})
		} else {
			out = append(out, check{t.name, "note", t.prog + " is not here; it would give " + t.use, t.remedy})
		}
	}
	dir, err := a.dir()
	if errors.Is(err, pipeline.ErrNoCase) {
		return append(out, check{"case", "note", "no case here", "go to a case's folder, or make one with `dalil init`"})
	}
	if err != nil {
		return append(out, check{"case", "bad", err.Error(), ""})
	}
	return append(out, a.examineCase(dir)...)
}

func keyFolder(dir string) check {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return check{"keys", "note", "no keys yet: they are made with the first case", ""}
	case err != nil:
		return check{"keys", "bad", err.Error(), ""}
	case info.Mode().Perm()&0o077 != 0:
		return check{"keys", "bad", dir + " can be read by others", "chmod -R go= " + dir}
	}
	return check{"keys", "ok", dir + " is private; back it up", ""}
}

func handleCheck(h string) check {
	if err := pipeline.CheckHandle(h); err != nil {
		return check{"name", "bad", err.Error(), "set DALIL_HANDLE to your initials"}
	}
	return check{"name", "ok", "you sign as " + h, ""}
}

func (a *app) examineCase(dir string) []check {
	var out []check
	out = append(out, diskCheck(dir))
	d, err := a.open(false)
	if err != nil {
		return append(out, check{"case", "bad", err.Error(), "run `dalil verify`"})
	}
	defer d.Case.Close()
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o077 != 0 {
		out = append(out, check{"privacy", "note", dir + " can be read by others on this machine", "chmod go= " + dir})
	}
	size, err := d.Case.Catalog.Size(a.ctx)
	switch {
	case err != nil:
		out = append(out, check{"catalog", "bad", err.Error(), "run `dalil rebuild`"})
	case size < d.Case.Archive.Size():
		out = append(out, check{"catalog", "note", fmt.Sprintf("%d records are not in the catalog yet", d.Case.Archive.Size()-size), "the next command that writes takes them in"})
	default:
		out = append(out, check{"catalog", "ok", fmt.Sprintf("complete, %s", count(int64(size), "record")), ""})
	}
	if exists(filepath.Join(dir, "catalog.open")) {
		out = append(out, check{"closing", "note", "another dalil has the case open for writing, or one was stopped", "`dalil verify` says whether anything is wrong"})
	} else {
		out = append(out, check{"closing", "ok", "the case was closed cleanly", ""})
	}
	return append(out, check{"proof", "note", "`dalil verify` checks every byte; `dalil doctor` does not", ""})
}
