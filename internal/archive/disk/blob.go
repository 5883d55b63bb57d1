package disk

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"dalil/internal/archive"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// copyBuffer is how much of an evidence file is in memory at a time.
const copyBuffer = 1 << 20

// Put stages the bytes of r. They are hashed as they come from r, before any
// buffer of ours could spoil them unnoticed. Bytes that are here already are
// not stored again; bytes that were erased on a person's decision are not
// taken back in: ErrWithheld.
func (a *Archive) Put(ctx context.Context, r io.Reader) (record.Digest, int64, error) {
	fail := func(err error) (record.Digest, int64, error) { return record.Digest{}, 0, err }
	if err := a.writable(); err != nil {
		return fail(err)
	}
	var (
		h    = sha256.New()
		buf  = make([]byte, copyBuffer)
		size int64
		tmp  *os.File
	)
	discard := func() {
		if tmp != nil {
			tmp.Close()
			os.Remove(tmp.Name()) // what is left is cleared away at the next opening
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			discard()
			return fail(err)
		}
		n, err := io.ReadFull(r, buf)
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			discard()
			return fail(fmt.Errorf("read what is to be kept: %w", err))
		}
		h.Write(buf[:n])
		size += int64(n)
		if tmp == nil && !last {
			if tmp, err = a.stageFile(); err != nil {
				return fail(a.fail(err))
			}
		}
		if tmp != nil && n > 0 {
			if _, err := tmp.Write(buf[:n]); err != nil {
				discard()
				return fail(a.fail(err))
			}
		}
		if last {
			buf = buf[:n]
			break
		}
	}
	d := record.Digest(h.Sum(nil))
	known, err := a.known(d, size)
	if err != nil || known {
		discard()
		return d, size, err
	}
	if tmp == nil { // small enough to have waited for its digest
		if tmp, err = a.stageFile(); err != nil {
			return fail(a.fail(err))
		}
		if _, err := tmp.Write(buf); err != nil {
			discard()
			return fail(a.fail(err))
		}
	}
	if err := tmp.Close(); err != nil {
		return fail(a.fail(err))
	}
	a.stageMu.Lock()
	defer a.stageMu.Unlock()
	if a.broken != nil {
		return fail(a.broken)
	}
	if _, ok := a.staged[d]; ok { // two goroutines had the same file
		os.Remove(tmp.Name())
	} else {
		a.staged[d] = tmp.Name()
	}
	return d, size, nil
}

func (a *Archive) stageFile() (*os.File, error) {
	var b [8]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return os.OpenFile(a.path("archive/"+hex.EncodeToString(b[:])+custody.TempSuffix), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func hashOf(path string) (record.Digest, error) {
	f, err := os.Open(path)
	if err != nil {
		return record.Digest{}, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		return record.Digest{}, err
	}
	return record.Digest(h.Sum(nil)), nil
}

// known reports whether a blob is here or staged.
func (a *Archive) known(d record.Digest, size int64) (bool, error) {
	a.stageMu.Lock()
	_, staged := a.staged[d]
	a.stageMu.Unlock()
	if staged {
		return true, nil
	}
	gone, err := a.erased.has(a, d)
	if err != nil {
		return false, err
	}
	if gone {
		return false, fmt.Errorf("%w: the file %s was erased on a person's decision", record.ErrWithheld, d)
	}
	info, err := os.Lstat(a.path(custody.BlobPath(d)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", d, err)
	}
	if !info.Mode().IsRegular() || info.Size() != size {
		return false, altered("keep "+d.String(), fmt.Errorf("the file of that name has %d bytes, not %d", info.Size(), size))
	}
	// Whoever gets this blob reads it from the archive, so what lies there has
	// to be what was just read, not only have its name.
	here, err := hashOf(a.path(custody.BlobPath(d)))
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", d, err)
	}
	if here != d {
		return false, record.WithHint(altered("keep "+d.String(), errors.New("the file of that name holds other bytes")), "run `dalil verify`; then put the file you have in the place of "+custody.BlobPath(d))
	}
	// It may be here from a write that never finished: then its name is not
	// durable yet.
	a.stageMu.Lock()
	defer a.stageMu.Unlock()
	if _, ok := a.staged[d]; !ok {
		a.staged[d] = ""
	}
	return true, nil
}

// commitBlobs makes every staged blob durable.
func (a *Archive) commitBlobs() error {
	a.stageMu.Lock()
	staged := maps.Clone(a.staged)
	a.stageMu.Unlock()
	if len(staged) == 0 {
		return nil
	}
	w := newWriter(a.dir)
	for d, tmp := range staged {
		name := custody.BlobPath(d)
		if tmp == "" {
			w.dirs[filepath.Dir(w.path(name))] = true
			w.dirs[w.path("archive")] = true
		} else {
			w.move(tmp, name)
		}
	}
	if err := w.commit(); err != nil {
		return err
	}
	a.stageMu.Lock()
	defer a.stageMu.Unlock()
	for d := range staged {
		delete(a.staged, d)
	}
	return nil
}

// Open opens an evidence file.
func (a *Archive) Open(ctx context.Context, d record.Digest) (archive.Blob, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a.stageMu.Lock()
	tmp := a.staged[d]
	a.stageMu.Unlock()
	for _, path := range []string{tmp, a.path(custody.BlobPath(d))} { // an Append may rename in between
		if path == "" {
			continue
		}
		b, err := openBlob(path)
		if err == nil {
			return b, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open evidence %s: %w", d, err)
		}
	}
	return nil, a.missing(d)
}

// missing says why a blob is not here.
func (a *Archive) missing(d record.Digest) error {
	gone, err := a.erased.has(a, d)
	if err != nil {
		return err
	}
	if gone {
		return fmt.Errorf("%w: evidence %s was erased on a person's decision", record.ErrWithheld, d)
	}
	return fmt.Errorf("%w: evidence %s", record.ErrNotFound, d)
}

// BlankSpan overwrites a span of a blob with spaces by writing the file anew.
// Doing it again changes nothing and returns the same digest.
func (a *Archive) BlankSpan(ctx context.Context, d record.Digest, offset, length int64) (record.Digest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.writable(); err != nil {
		return record.Digest{}, err
	}
	name := custody.BlobPath(d)
	b, err := openBlob(a.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return record.Digest{}, a.missing(d)
	}
	if err != nil {
		return record.Digest{}, fmt.Errorf("erase in %s: %w", d, err)
	}
	defer b.Close()
	if offset < 0 || length <= 0 || offset > b.size-length {
		return record.Digest{}, fmt.Errorf("%w span: %d bytes at %d of a file with %d", record.ErrInvalid, length, offset, b.size)
	}
	h := sha256.New()
	blanked := io.MultiReader(io.NewSectionReader(b, 0, offset), io.LimitReader(spaces{}, length),
		io.NewSectionReader(b, offset+length, b.size-offset-length))
	tmp, err := os.OpenFile(a.path(name)+custody.TempSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return record.Digest{}, a.fail(err)
	}
	buf := make([]byte, copyBuffer)
	for {
		n, err := io.ReadFull(blanked, buf)
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err == nil || last {
			err = ctx.Err()
		}
		if err != nil { // the file as it was is not touched yet
			return record.Digest{}, errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
		h.Write(buf[:n])
		if _, err := tmp.Write(buf[:n]); err != nil {
			tmp.Close()
			return record.Digest{}, a.fail(err)
		}
		if last {
			break
		}
	}
	if err := tmp.Close(); err != nil {
		return record.Digest{}, a.fail(err)
	}
	w := newWriter(a.dir)
	w.move(tmp.Name(), name)
	if err := w.commit(); err != nil {
		return record.Digest{}, a.fail(err)
	}
	return record.Digest(h.Sum(nil)), nil
}

// spaces reads as U+0020 without end.
type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	copy(b, bytes.Repeat([]byte{' '}, len(b)))
	return len(b), nil
}

// RemoveBlob destroys a blob. Removing one that is not here is no error: a
// first attempt may have been interrupted.
func (a *Archive) RemoveBlob(ctx context.Context, d record.Digest) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.writable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	path := a.path(custody.BlobPath(d))
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return a.fail(err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return a.fail(err)
	}
	return nil
}
