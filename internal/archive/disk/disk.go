// Package disk is the archive of a case as plain files in its folder: evidence
// under its SHA-256, the log as C2SP tiles, salts and bodies at its side
// (doc/evidence-package.md).
//
// What is acknowledged was on stable storage before: every file is written
// under a temporary name, fsynced and renamed, its folder fsynced; the signed
// checkpoint comes last. A crash leaves files beyond the checkpoint, which
// opening for writing removes; nothing the checkpoint covers is touched.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/archive"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// Options say how to open an archive.
type Options struct {
	Write  bool
	Signer note.Signer // signs checkpoints; needed for Write

	// AllowNetwork permits writing on a network file system, where locks and
	// fsync may not mean what they say.
	AllowNetwork bool
}

// Archive is the archive of one case. It implements archive.Archive,
// custody.Evidence and custody.Tiled.
type Archive struct {
	Folder
	verifier note.Verifier
	head     atomic.Pointer[head]
	bundles  bundleCache
	bodies   bodyIndex
	erased   erasures

	// The rest is for writing only. mu is held for the whole of an Append or
	// an erasure and guards edge, bundle and bodyEnd; stageMu guards staged
	// and broken and is never held while waiting for the disk.
	writing bool
	mu      sync.Mutex
	lock    *lock
	signer  note.Signer
	edge    *custody.Edge
	bundle  []byte // the last entry bundle, as long as it is not full
	bodyEnd int64  // where the last body file ends

	stageMu sync.Mutex
	staged  map[record.Digest]string // evidence that the next Append makes durable: its temporary file, "" if it has its name already
	broken  error                    // why nothing can be written any more
}

var (
	_ archive.Archive  = (*Archive)(nil)
	_ custody.Tiled    = (*Archive)(nil)
	_ custody.Evidence = (*Archive)(nil)
)

// head is a checkpoint: signed, and taken apart.
type head struct {
	signed []byte
	custody.Checkpoint
}

// Create makes an empty archive in dir, which is made if need be, and opens it
// for writing. It is ErrConflict if there is one already.
func Create(dir, origin string, signer note.Signer, vkey string) (*Archive, error) {
	if err := custody.CheckOrigin(origin); err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(vkey)
	if err != nil || v.Name() != origin || signer.Name() != origin || v.KeyHash() != signer.KeyHash() {
		return nil, fmt.Errorf("%w key: create %s: key and origin %s do not belong together", record.ErrInvalid, dir, origin)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create %s: %w", dir, err)
	}
	l, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	err = create(dir, origin, signer, vkey)
	if err == nil {
		var a *Archive
		if a, err = open(dir, Options{Write: true, Signer: signer}, l); err == nil {
			return a, nil
		}
	}
	return nil, errors.Join(err, l.release())
}

func create(dir, origin string, signer note.Signer, vkey string) error {
	if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(custody.CheckpointPath))); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s holds a case already", record.ErrConflict, dir)
	}
	for f := range (Folder{dir}).Files() {
		if r := custody.ParsePath(f.Name).Role; r == custody.Tile || r == custody.Salts || r == custody.Bodies || r == custody.EvidenceFile {
			return record.WithHint(fmt.Errorf("%w: %s holds a case whose checkpoint is missing", record.ErrAltered, dir), "run `dalil verify`")
		}
	}
	signed, err := custody.Checkpoint{Origin: origin, Root: custody.EmptyRoot()}.Sign(signer)
	if err != nil {
		return err
	}
	w := newWriter(dir)
	w.add(custody.KeyPath, []byte(vkey+"\n"))
	if err := w.commit(); err != nil {
		return err
	}
	w.add(custody.CheckpointPath, signed)
	for _, d := range []string{"archive", "log/tile/entries", "side/salt", "side/body"} {
		if err := w.folder(d); err != nil {
			return err
		}
	}
	w.dirs[filepath.Dir(dir)] = true
	return w.commit()
}

// Open opens the archive of the case in dir. Reading needs no lock and sees
// what the newest checkpoint covers. Opening for writing takes the lock — a
// *Locked error says who has it — and clears away what an interrupted write
// left. It is ErrNotFound if there is no archive, ErrAltered if what the
// checkpoint covers is not all there.
func Open(dir string, o Options) (*Archive, error) {
	if !o.Write {
		return open(dir, o, nil)
	}
	if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(custody.KeyPath))); err != nil {
		return nil, notHere(dir, err)
	}
	if kind := networkFS(dir); kind != "" && !o.AllowNetwork {
		return nil, record.WithHint(fmt.Errorf("%w: %s is on a network file system (%s), where a crash may lose what was saved", record.ErrInvalid, dir, kind),
			"move the case to a local disk")
	}
	l, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	a, err := open(dir, o, l)
	if err != nil {
		return nil, errors.Join(err, l.release())
	}
	return a, nil
}

func notHere(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: no case in %s", record.ErrNotFound, dir)
	}
	return fmt.Errorf("open %s: %w", dir, err)
}

func open(dir string, o Options, l *lock) (*Archive, error) {
	a := &Archive{Folder: Folder{dir}, writing: o.Write, lock: l, signer: o.Signer, staged: make(map[record.Digest]string)}
	key, err := os.ReadFile(a.path(custody.KeyPath))
	if err != nil {
		return nil, notHere(dir, err)
	}
	if a.verifier, err = custody.ParseKey(key); err != nil {
		return nil, altered("open "+dir, err)
	}
	h, err := a.readHead()
	if err != nil {
		return nil, err
	}
	a.head.Store(h)
	if o.Write {
		if o.Signer == nil || o.Signer.Name() != a.verifier.Name() || o.Signer.KeyHash() != a.verifier.KeyHash() {
			return nil, record.WithHint(fmt.Errorf("%w key: %s was not made with the key of this machine", record.ErrInvalid, dir),
				"copy the keys folder from the machine the case was made on")
		}
		if err := a.recover(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func altered(doing string, err error) error {
	if !errors.Is(err, record.ErrAltered) {
		err = fmt.Errorf("%w: %w", record.ErrAltered, err)
	}
	return record.WithHint(fmt.Errorf("%s: %w", doing, err), "run `dalil verify` to see what is wrong, and restore it from a backup")
}

// readHead reads the newest checkpoint.
func (a *Archive) readHead() (*head, error) {
	signed, err := os.ReadFile(a.path(custody.CheckpointPath))
	if err != nil {
		return nil, altered("open "+a.dir, fmt.Errorf("checkpoint: %w", err))
	}
	cp, err := custody.OpenCheckpoint(signed, a.verifier)
	if err != nil {
		return nil, altered("open "+a.dir, err)
	}
	return &head{signed, cp}, nil
}

// newest returns the newest checkpoint; the last one known when the file
// cannot be read or has become invalid.
func (a *Archive) newest() *head {
	old := a.head.Load()
	if a.writing {
		return old // nobody else does
	}
	h, err := a.readHead()
	if err != nil || h.Size <= old.Size {
		return old
	}
	a.head.CompareAndSwap(old, h)
	return h
}

// covers reports whether the log has entry index, looking for a newer
// checkpoint only if the known one is too old.
func (a *Archive) covers(index uint64) bool {
	return index < a.head.Load().Size || index < a.newest().Size
}

// Size returns the number of entries in the log, as of the newest checkpoint.
func (a *Archive) Size() uint64 { return a.newest().Size }

// Checkpoint returns the newest signed checkpoint.
func (a *Archive) Checkpoint() []byte { return append([]byte(nil), a.newest().signed...) }

// Verifier returns the public key of the log.
func (a *Archive) Verifier() note.Verifier { return a.verifier }

// Tile returns the first width hashes of a tile, as custody.Tiled asks for.
func (a *Archive) Tile(ctx context.Context, level int, index uint64, width int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return readTile(a.Folder, level, index, width)
}

// Close gives the lock back and forgets staged evidence.
func (a *Archive) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lock == nil {
		return nil
	}
	a.stageMu.Lock()
	defer a.stageMu.Unlock()
	if a.broken == nil {
		a.broken = fmt.Errorf("%w: %s was closed", record.ErrInvalid, a.dir)
	}
	for _, tmp := range a.staged {
		if tmp != "" {
			os.Remove(tmp) // what is left is cleared away at the next opening
		}
	}
	clear(a.staged)
	l := a.lock
	a.lock = nil
	return l.release()
}

// writable returns why a cannot be written to.
func (a *Archive) writable() error {
	if !a.writing {
		return fmt.Errorf("%w: %s is open for reading", record.ErrInvalid, a.dir)
	}
	a.stageMu.Lock()
	defer a.stageMu.Unlock()
	return a.broken
}

// fail makes a unusable: storage that failed once is not trusted again, since
// after a failed fsync nobody knows what is on disk.
func (a *Archive) fail(err error) error {
	a.stageMu.Lock()
	defer a.stageMu.Unlock()
	if a.broken == nil {
		a.broken = record.WithHint(fmt.Errorf("storage of %s failed, nothing more is written: %w", a.dir, err),
			"look after the disk, then start again; everything acknowledged before is kept")
	}
	return a.broken
}
