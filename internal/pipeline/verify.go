package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// Verify checks a case: archive, log and side store against the specification,
// and the catalog's files against what they were at the last clean close. After
// an unclean close the catalog's contents are held against the log instead.
// since is an earlier signed checkpoint, or nil. The key this machine holds, if
// it does, is the one the checkpoint must be signed with.
func Verify(ctx context.Context, dir string, since []byte, keys *custody.Keys, s Stores, progress func(Progress)) (*custody.Report, error) {
	if !isCase(dir) {
		return nil, record.WithHint(fmt.Errorf("%w: %s", ErrNoCase, dir), "name a case folder")
	}
	ev, err := s.Evidence(dir)
	if err != nil {
		return nil, err
	}
	opt := custody.Options{Since: since, Key: keyFor(dir, keys)}
	if progress != nil {
		opt.Progress = func(done, total int64) { progress(Progress{Phase: "verify", Done: done, Total: total}) }
	}
	report, err := custody.Verify(ctx, ev, opt)
	if err != nil {
		return report, err
	}
	if err := verifyCatalog(ctx, dir, s, report); err != nil {
		return report, err
	}
	report.OK = len(report.Problems) == 0
	return report, nil
}

// keyFor returns the verifier key that this machine has on record for a case.
func keyFor(dir string, keys *custody.Keys) string {
	signed, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(custody.CheckpointPath)))
	if err != nil || keys == nil {
		return ""
	}
	cp, err := checkpointOf(signed)
	if err != nil {
		return ""
	}
	_, key, err := keys.LogSigner(cp.Origin)
	if err != nil {
		return ""
	}
	return key
}

// verifyCatalog adds to a report what is wrong with an open catalog. The files
// of a closed one were held against catalog.sum by custody.
func verifyCatalog(ctx context.Context, dir string, s Stores, report *custody.Report) error {
	if _, err := os.Stat(filepath.Join(dir, custody.CatalogOpen)); err != nil {
		if !slices.ContainsFunc(s.CatalogFiles, func(name string) bool { return exists(filepath.Join(dir, name)) }) {
			report.Notes = append(report.Notes, "the case has no catalog, as a backup has none: `dalil rebuild` makes it")
		}
		return nil
	}
	return verifyRows(ctx, dir, s, report, func(where, what string) {
		report.Problems = append(report.Problems, custody.Problem{Where: where, What: what, Remedy: "run `dalil rebuild`: the catalog is made anew from archive and log"})
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// verifyRows holds the catalog's rows against those that a fresh one gets from
// the same log.
func verifyRows(ctx context.Context, dir string, s Stores, report *custody.Report, found func(where, what string)) error {
	if len(report.Problems) > 0 {
		report.Notes = append(report.Notes, "the case was not closed cleanly; its catalog was not checked, since the log it comes from has problems")
		return nil
	}
	c, err := Open(ctx, dir, false, "", nil, s)
	if err != nil {
		found(s.CatalogFiles[0], fmt.Sprintf("the case was not closed cleanly, and its catalog cannot be opened: %v", err))
		return nil
	}
	defer c.Close()
	size, err := c.Catalog.Size(ctx)
	if err != nil {
		found(s.CatalogFiles[0], fmt.Sprintf("the catalog cannot be read: %v", err))
		return nil
	}
	have, err := c.Catalog.Digest(ctx)
	if err != nil {
		found(s.CatalogFiles[0], fmt.Sprintf("the catalog cannot be read: %v", err))
		return nil
	}
	tmp, err := os.MkdirTemp("", "dalil-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	fresh, err := s.OpenCatalog(tmp, true)
	if err != nil {
		return err
	}
	defer fresh.Close()
	if _, err := c.catchUpTo(ctx, fresh, tmp, min(size, c.Archive.Size()), nil); err != nil {
		found(s.CatalogFiles[0], fmt.Sprintf("the catalog could not be made anew for comparison: %v", err))
		return nil
	}
	want, err := fresh.Digest(ctx)
	if err != nil {
		return err
	}
	if have != want || size > c.Archive.Size() {
		found(s.CatalogFiles[0], "the case was not closed cleanly, and its catalog is not what the log says")
		return nil
	}
	report.Notes = append(report.Notes, fmt.Sprintf("the case is open or was not closed cleanly; its catalog was held against the first %d log entries row by row and agrees", size))
	return nil
}
