package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"dalil/internal/custody"
	"dalil/internal/record"
)

// Files from a browser are staged in a folder of their own, one for each upload,
// until they are imported. Nothing there is evidence yet, and nothing there is
// trusted: names come from outside.
const (
	MaxUploadFiles = 100_000
	MaxUploadBytes = 64 << 30
	maxUploadName  = 1024 // bytes of a path
	maxUploadDepth = 40
)

// Upload is what lies in one folder of the staging area.
type Upload struct {
	ID    string
	Files int
	Bytes int64
	Names []string // what lies at its top, at most topNames of them
	Top   int      // how many lie at its top
}

const topNames = 20

// Uploader takes in the files of one upload. Its methods may be called from
// several goroutines.
type Uploader struct {
	ID   string
	root *os.Root

	mu    sync.Mutex
	files int
	bytes int64
	taken map[string]bool
	temps int
}

// randomID draws an id of what is in no log.
func (c *Case) randomID(k record.Kind) (string, error) {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return c.IDs.ID(k, uint64(binary.BigEndian.Uint32(b[:])%record.MaxLeaves)), nil
}

func (c *Case) uploadDir(id string) (string, error) {
	k, n, err := c.IDs.Leaf(id)
	if err != nil {
		return "", err
	}
	if k != record.KindUpload && k != 0 {
		return "", fmt.Errorf("upload %.40s: %w", id, record.ErrNotFound)
	}
	return filepath.Join(c.Dir, custody.StagingFolder, c.IDs.ID(record.KindUpload, n)), nil
}

// NewUpload begins an upload. The case must be open for writing.
func (c *Case) NewUpload() (*Uploader, error) {
	if !c.write {
		return nil, fmt.Errorf("upload: %w: the case is open for reading", record.ErrConflict)
	}
	id, err := c.randomID(record.KindUpload)
	if err != nil {
		return nil, err
	}
	dir, err := c.uploadDir(id)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, full(err)
	}
	return openUploader(id, dir)
}

// OpenUpload goes on with an upload that was begun. ErrNotFound when there is
// none of that id.
func (c *Case) OpenUpload(id string) (*Uploader, error) {
	if !c.write {
		return nil, fmt.Errorf("upload: %w: the case is open for reading", record.ErrConflict)
	}
	x, err := c.Upload(id)
	if err != nil {
		return nil, err
	}
	dir, err := c.uploadDir(id)
	if err != nil {
		return nil, err
	}
	u, err := openUploader(x.ID, dir)
	if err == nil {
		u.files, u.bytes = x.Files, x.Bytes
	}
	return u, err
}

func openUploader(id, dir string) (*Uploader, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Uploader{ID: id, root: root, taken: map[string]bool{}}, nil
}

// Close ends taking in files; they stay.
func (u *Uploader) Close() error { return u.root.Close() }

// Add takes in one file under a path relative to the upload, with slashes. A
// second file of the same name gets a number; one of an earlier try is replaced.
// modified is when the file was last changed on the machine it comes from; the
// zero time when that is not known. ErrInvalid for names that cannot be and for
// more than an upload may hold, both with a hint; a full disk is ErrConflict. A
// file that breaks off is not kept.
func (u *Uploader) Add(name string, modified time.Time, r io.Reader) (n int64, err error) {
	name, err = uploadName(name)
	if err != nil {
		return 0, err
	}
	if hiddenUpload(name) {
		return 0, nil // an import would pass it over, too
	}
	u.mu.Lock()
	name = u.free(name)
	u.temps++
	tmp := path.Join(path.Dir(name), ".dalil-"+strconv.Itoa(u.temps)+custody.TempSuffix)
	u.files++
	left, files := MaxUploadBytes-u.bytes, u.files
	u.mu.Unlock()
	if files > MaxUploadFiles {
		return 0, record.WithHint(fmt.Errorf("%w: more than %d files in one upload", record.ErrInvalid, MaxUploadFiles), "pack the folder into a zip file, or import it on this machine with `dalil import FOLDER`")
	}
	if dir := path.Dir(name); dir != "." {
		if err := u.root.MkdirAll(dir, 0o700); err != nil {
			return 0, full(err)
		}
	}
	f, err := u.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, full(err)
	}
	defer func() {
		if err != nil {
			u.root.Remove(tmp) //nolint:errcheck // swept later
		}
	}()
	n, err = io.CopyBuffer(f, struct{ io.Reader }{io.LimitReader(r, left+1)}, make([]byte, 256<<10))
	u.mu.Lock()
	u.bytes += n
	u.mu.Unlock()
	if err == nil && n > left {
		err = record.WithHint(fmt.Errorf("%w: more than %d GiB in one upload", record.ErrInvalid, int64(MaxUploadBytes)>>30), "import the folder on this machine with `dalil import FOLDER`: that copies it once only")
	}
	if err == nil {
		err = f.Sync() // a job that goes on after a power cut must not find half a file
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return n, full(err)
	}
	if modified.IsZero() {
		modified = time.Unix(0, 0) // ImportOptions.Undated
	}
	if err := u.root.Chtimes(tmp, modified, modified); err != nil {
		return n, err
	}
	return n, full(u.root.Rename(tmp, name))
}

// free returns a name that no other file of this upload has taken.
func (u *Uploader) free(name string) string {
	try := name
	for i := 2; u.taken[try]; i++ {
		ext := path.Ext(name)
		try = strings.TrimSuffix(name, ext) + " (" + strconv.Itoa(i) + ")" + ext
	}
	u.taken[try] = true
	return try
}

// full gives a disk without room the words for it.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return record.WithHint(fmt.Errorf("%w: the disk is full: %v", record.ErrConflict, err), "make room, then send the files again; nothing of the case was changed")
	}
	for _, e := range []error{syscall.ENOTDIR, syscall.EISDIR, syscall.EEXIST, syscall.ENAMETOOLONG} {
		if errors.Is(err, e) {
			return record.WithHint(fmt.Errorf("%w: two of the files cannot lie beside one another: %v", record.ErrInvalid, e), "pack the folder into a zip file, or import it on this machine with `dalil import FOLDER`")
		}
	}
	return err
}

// uploadName checks a path that a browser sent.
func uploadName(name string) (string, error) {
	bad := func(why string) (string, error) {
		return "", record.WithHint(fmt.Errorf("%w file name %.80q: %s", record.ErrInvalid, name, why), "rename the file, or import it on this machine with `dalil import`")
	}
	if len(name) == 0 || len(name) > maxUploadName || !utf8.ValidString(name) {
		return bad("it is empty, too long or no text")
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return bad("it has control characters")
	}
	parts := strings.Split(name, "/")
	if len(parts) > maxUploadDepth {
		return bad("it lies too deep")
	}
	for _, p := range parts {
		if p == "" || p == "." || p == ".." || len(p) > 255 {
			return bad("it does not stay in its folder")
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return bad("it does not stay in its folder")
	}
	return name, nil
}

func hiddenUpload(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(p string) bool { return strings.HasPrefix(p, ".") })
}

// Upload says what an upload holds. ErrNotFound when there is none of that id.
func (c *Case) Upload(id string) (Upload, error) {
	dir, err := c.uploadDir(id)
	if err != nil {
		return Upload{}, err
	}
	x := Upload{ID: filepath.Base(dir)}
	top, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return x, record.WithHint(fmt.Errorf("upload %.40s: %w", id, record.ErrNotFound), "it was imported or dropped: send the files again")
	}
	if err != nil {
		return x, err
	}
	for _, e := range top {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if x.Top++; len(x.Names) < topNames {
			x.Names = append(x.Names, e.Name())
		}
	}
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		info, err := e.Info()
		if err == nil {
			x.Files++
			x.Bytes += info.Size()
		}
		return err
	})
	return x, err
}

// uploadPath is what an import of an upload reads: the one folder that was
// dropped, or everything.
func (c *Case) uploadPath(x Upload) (string, error) {
	dir, err := c.uploadDir(x.ID)
	if err != nil {
		return "", err
	}
	if x.Top == 1 {
		if only := filepath.Join(dir, x.Names[0]); isDir(only) {
			return only, nil
		}
	}
	return dir, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// DropUpload removes what was uploaded. One that is gone already is no error.
func (c *Case) DropUpload(id string) error {
	dir, err := c.uploadDir(id)
	if err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// keptUpload is how long an upload that no job waits for is kept.
const keptUpload = 7 * 24 * time.Hour

// sweepUploads removes uploads that no job needs and nobody touched for long.
func (c *Case) sweepUploads(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(c.Dir, custody.StagingFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	needed, err := c.neededUploads(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		dir, ours := c.uploadDir(e.Name())
		if err != nil || ours != nil || needed[e.Name()] || c.Now().Sub(info.ModTime()) < keptUpload {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}
