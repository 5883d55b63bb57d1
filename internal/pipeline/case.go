// Package pipeline is the machine's work on a case: collect, deposit, read,
// catalog, and make the catalog anew. It writes what happened to the log and
// decides nothing; decisions are the desk's.
package pipeline

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dalil/internal/analysis"
	"dalil/internal/archive"
	"dalil/internal/assist"
	"dalil/internal/catalog"
	"dalil/internal/collect"
	"dalil/internal/custody"
	"dalil/internal/format"
	"dalil/internal/record"
	"dalil/internal/state"
)

// ErrNoCase says that there is no case where one was looked for.
var ErrNoCase = errors.New("no case here")

// ErrLocked says that another process is writing to the case.
var ErrLocked = errors.New("the case is locked")

// Stores says how the parts of a case are opened. cmd/dalil fills it in; it is
// the only place that names an implementation.
type Stores struct {
	CreateArchive func(dir, origin string, keys *custody.Keys) (archive.Archive, error)
	OpenArchive   func(dir string, write bool, keys *custody.Keys) (archive.Archive, error)
	Evidence      func(dir string) (custody.Evidence, error)
	OpenCatalog   func(dir string, write bool) (catalog.Catalog, error)
	CatalogFiles  []string // names of the catalog's files in the case folder
	// OpenState opens what the case can do without; renew is for who holds the
	// lock. note says what became of an unusable file.
	OpenState func(dir string, renew bool) (s *state.Store, note string, err error)
	Formats   []format.Kind
	Analyses  []analysis.Kind // in the order they run
	Firsts    func(analysis.FirstsInput) []record.First
	Lags      func(in analysis.FirstsInput, sources []uint64) []record.Lag
	Folder    collect.Kind
	Pages     func(Egress) (collect.Pages, error) // goes to the world as the person at this machine says
	// Translator finds the translation program at an address; remote allows
	// addresses that are not this machine.
	Translator func(ctx context.Context, address string, remote bool) (assist.Translator, error)
	Now        func() time.Time
	Tool       string // name and version, recorded with every run
}

// Case is an open case.
type Case struct {
	Dir     string
	Origin  string
	Config  Config
	Zone    *time.Location
	IDs     record.IDs
	Archive archive.Archive
	Catalog catalog.Catalog

	stores  Stores
	handle  string
	key     ed25519.PrivateKey
	pseudo  pseudonyms
	write   bool
	work    *turn // of what takes long: imports, analyses, erasures, one at a time
	turn    *turn // held while records are appended; long work passes it on between batches
	state   stateFile
	late    atomic.Bool // an analysis was asked for while other work was going on
	unsound bool        // an append failed: nothing more is written
	past    bool        // as it was known then: see Then
	clock   logClock
	soon    soon     // brings the full-text index up to what was decided during long work
	differs []uint64 // analysis entries whose result was another when they were done again on opening
}

// secrets is the body of the case entry: what must not be derivable from the
// public log. It stays in the side store and leaves with no export.
type secrets struct {
	TOML         string `json:"toml"`
	IDKey        string `json:"id_key"`        // of the id permutation, hexadecimal
	PseudonymKey string `json:"pseudonym_key"` // of private persons' pseudonyms, hexadecimal
}

// settings is the body of a config entry.
type settings struct {
	TOML string `json:"toml"`
}

const originPrefix = "dalil.case/"

// Create makes a new case in dir, which must not exist or be empty, and opens
// it for writing. handle is the name the creating person signs with.
func Create(ctx context.Context, dir, handle string, cfg Config, keys *custody.Keys, s Stores) (*Case, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if err := CheckHandle(handle); err != nil {
		return nil, err
	}
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return nil, record.WithHint(fmt.Errorf("create case in %s: %w: the folder is not empty", dir, record.ErrConflict), "name a new folder")
	}
	random := make([]byte, 16+32+32)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	origin := originPrefix + hex.EncodeToString(random[:16])
	sec := secrets{TOML: cfg.Text(), IDKey: hex.EncodeToString(random[16:48]), PseudonymKey: hex.EncodeToString(random[48:])}

	// The folder is built beside its name and renamed into place when it is
	// complete, so that a crash leaves no half a case to stumble over.
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".dalil-new-")
	if err != nil {
		return nil, fmt.Errorf("create case in %s: %w", dir, err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o700); err != nil {
		return nil, err
	}
	if _, _, err := keys.CreateLogKey(origin); err != nil {
		return nil, err
	}
	key, err := keys.CreateActorKey(origin, handle)
	if err != nil {
		return nil, err
	}
	a, err := s.CreateArchive(tmp, origin, keys)
	if err != nil {
		return nil, err
	}
	c := &Case{Dir: tmp, Origin: origin, Archive: a, stores: s, handle: handle, key: key, write: true, work: newTurn(), turn: newTurn()}
	now := s.Now().UnixMilli()
	first, err := c.entry(record.Leaf{Kind: record.LeafCase}, now, sec)
	if err != nil {
		return nil, err
	}
	second, err := c.entry(record.Leaf{Kind: record.LeafKey, Key: custody.PublicKey(key)}, now, struct {
		Tool string `json:"tool"`
	}{s.Tool})
	if err != nil {
		return nil, err
	}
	if err := writeDurably(filepath.Join(tmp, custody.SettingsPath), []byte(sec.TOML)); err != nil {
		return nil, err
	}
	if _, err := a.Append(ctx, []archive.Entry{first, second}); err != nil {
		return nil, err
	}
	if err := a.Close(); err != nil {
		return nil, err
	}
	cat, err := s.OpenCatalog(tmp, true)
	if err != nil {
		return nil, err
	}
	if err := cat.Close(); err != nil {
		return nil, err
	}
	if err := seal(tmp, s.CatalogFiles, 2); err != nil {
		return nil, err
	}
	os.Remove(dir) // an empty folder the user made; a full one was refused above
	if err := os.Rename(tmp, dir); err != nil {
		return nil, fmt.Errorf("create case in %s: %w", dir, err)
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return nil, err
	}
	return Open(ctx, dir, true, handle, keys, s)
}

// Find looks for a case in dir and the folders above it.
func Find(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for d := abs; ; d = filepath.Dir(d) {
		if isCase(d) {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", record.WithHint(fmt.Errorf("%w: no case in %s or above it", ErrNoCase, abs), "go to a case's folder, name it with --case, or make one with `dalil init`")
		}
	}
}

// isCase asks for either of two files, so that a case that lost one of them is
// still found, and its loss then named.
func isCase(dir string) bool {
	for _, f := range []string{"log/checkpoint", "case.toml"} {
		if _, err := os.Stat(filepath.Join(dir, f)); err == nil {
			if _, err := os.Stat(filepath.Join(dir, "log")); err == nil {
				return true
			}
		}
	}
	return false
}

// Open opens a case. For writing it takes the case's lock (a held one is
// record.ErrConflict), finishes what a crash left, and brings the catalog up to
// the log. keys and handle may be zero for reading.
func Open(ctx context.Context, dir string, write bool, handle string, keys *custody.Keys, s Stores) (*Case, error) {
	if !isCase(dir) {
		return nil, record.WithHint(fmt.Errorf("%w: %s", ErrNoCase, dir), "make one with `dalil init`")
	}
	a, err := s.OpenArchive(dir, write, keys)
	if err != nil {
		return nil, err
	}
	c := &Case{Dir: dir, Archive: a, stores: s, handle: handle, write: write, work: newTurn(), turn: newTurn()}
	if err := c.openWith(ctx, keys, nil); err != nil {
		if c.Catalog != nil {
			c.Catalog.Close()
		}
		a.Close()
		return nil, err
	}
	return c, nil
}

// openWith opens the catalog on the open archive. progress may be nil.
func (c *Case) openWith(ctx context.Context, keys *custody.Keys, progress func(Progress)) error {
	cp, err := c.Checkpoint()
	if err != nil {
		return err
	}
	c.Origin = cp.Origin
	body, err := c.Archive.Body(ctx, 0)
	if err != nil {
		return fmt.Errorf("read the case entry: %w", err)
	}
	var sec secrets
	if err := json.Unmarshal(body, &sec); err != nil {
		return fmt.Errorf("%w case entry: %v", record.ErrAltered, err)
	}
	idKey, err1 := hex.DecodeString(sec.IDKey)
	psKey, err2 := hex.DecodeString(sec.PseudonymKey)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("%w case entry: %v", record.ErrAltered, err)
	}
	c.IDs, c.pseudo = record.NewIDs(idKey), pseudonyms{key: psKey}

	if c.write {
		if err := CheckHandle(c.handle); err != nil {
			return err
		}
		// A person who is new to this machine gets a key, which the log then
		// introduces; the log's own key must be here already.
		if c.key, err = keys.ActorKey(c.Origin, c.handle); errors.Is(err, record.ErrNotFound) {
			c.key, err = keys.CreateActorKey(c.Origin, c.handle)
		}
		if err != nil {
			return err
		}
		if err := unseal(c.Dir); err != nil {
			return err
		}
	}
	if c.Catalog, err = c.stores.OpenCatalog(c.Dir, c.write); err != nil {
		return err
	}
	if c.write {
		// A crash may have come between a change of the settings' record and
		// the file.
		if _, err := c.restoreSettings(ctx); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(filepath.Join(c.Dir, custody.SettingsPath))
	if err != nil {
		return record.WithHint(fmt.Errorf("%w: %v", record.ErrAltered, err), "run `dalil rebuild`, which writes case.toml from the log")
	}
	if c.Config, err = ParseConfig(string(text)); err != nil {
		return record.WithHint(err, "run `dalil rebuild`, which writes case.toml from the log")
	}
	if c.Zone, err = c.Config.Location(); err != nil {
		return err
	}
	if !c.write {
		return nil
	}
	if err := c.introduce(ctx); err != nil {
		return err
	}
	if c.differs, err = c.catchUpTo(ctx, c.Catalog, c.Dir, c.Archive.Size(), progress); err != nil {
		return err
	}
	if err := c.Catalog.Flush(ctx); err != nil {
		return err
	}
	if err := c.finishErasures(ctx); err != nil {
		return err
	}
	return c.forgetErased(ctx)
}

// Checkpoint returns the newest checkpoint of the log.
func (c *Case) Checkpoint() (custody.Checkpoint, error) {
	return checkpointOf(c.Archive.Checkpoint())
}

func checkpointOf(signed []byte) (custody.Checkpoint, error) {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return custody.ParseCheckpoint(text + "\n")
}

// introduce records this person's key on this machine if the log does not know
// it yet.
func (c *Case) introduce(ctx context.Context) error {
	pub := custody.PublicKey(c.key)
	known := false
	err := c.eachOther(ctx, func(_ uint64, l *record.Leaf) error {
		if l.By == c.handle {
			known = l.Key == pub // the newest key of a handle counts
		}
		return nil
	}, record.LeafKey)
	if err != nil || known {
		return err
	}
	e, err := c.entry(record.Leaf{Kind: record.LeafKey, Key: pub}, c.stores.Now().UnixMilli(), struct {
		Tool string `json:"tool"`
	}{c.stores.Tool})
	if err != nil {
		return err
	}
	_, err = c.append(ctx, []archive.Entry{e})
	return err
}

// Close closes the case; after writing it seals the catalog's files, so that a
// later change of them is found.
func (c *Case) Close() error {
	var errs []error
	c.soon.end() // closing the catalog does as much
	size := c.Archive.Size()
	if c.Catalog != nil {
		errs = append(errs, c.Catalog.Close())
	}
	errs = append(errs, c.state.close())
	if c.write && !c.unsound && errors.Join(errs...) == nil {
		errs = append(errs, seal(c.Dir, c.stores.CatalogFiles, size))
	}
	return errors.Join(append(errs, c.Archive.Close())...)
}

// Now returns our clock.
func (c *Case) Now() time.Time { return c.stores.Now() }

// Writable reports whether the case was opened for writing.
func (c *Case) Writable() bool { return c.write }

// Handle is the name the person at work signs with.
func (c *Case) Handle() string { return c.handle }

// entry makes a log entry signed by the person at work: l with its time, its
// body's commitment and its signature.
func (c *Case) entry(l record.Leaf, at int64, body any) (archive.Entry, error) {
	fresh := record.NewLeaf(l.Kind, at)
	l.At, l.By = at, c.handle
	for p, absent := range map[*int64]int64{&l.Posted: fresh.Posted, &l.Edited: fresh.Edited, &l.Theirs: fresh.Theirs, &l.From: fresh.From, &l.To: fresh.To} {
		if *p == 0 { // a signed entry that means 1970 does not occur
			*p = absent
		}
	}
	e := archive.Entry{}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return e, err
		}
		e.Body = b
		e.Salt = custody.NewSalt()
		l.Commit = custody.Commit(e.Salt, b)
	}
	custody.SignLeaf(&l, c.key)
	e.Leaf = l.Append(nil)
	if len(e.Leaf) > record.MaxLeaf {
		return e, fmt.Errorf("%w: a record of %d bytes; the most is %d", record.ErrInvalid, len(e.Leaf), record.MaxLeaf)
	}
	return e, nil
}

// append puts entries into the log and brings the catalog up to it.
func (c *Case) append(ctx context.Context, entries []archive.Entry) (uint64, error) {
	first, err := c.Archive.Append(ctx, entries)
	if err != nil {
		c.unsound = true
		return 0, err
	}
	return first, nil
}

// Record appends one signed record with its body, and returns its index once
// it is on stable storage and in the catalog. Several goroutines may record at
// once, also while an import is going on: then the record goes between two of its
// batches, and full-text search may know of it a little later than the rest.
//
// A decision whose Expects is not the newest entry about its target any more is
// ErrConflict: somebody else was faster, and nothing is recorded.
func (c *Case) Record(ctx context.Context, l record.Leaf, body any) (uint64, error) {
	return c.RecordIf(ctx, l, body, nil)
}

// RecordIf is Record with a check of the caller's own in place of the one for
// Expects: unless it fails, the record is made, and nothing is recorded between
// the two.
func (c *Case) RecordIf(ctx context.Context, l record.Leaf, body any, check func() error) (uint64, error) {
	if !c.write {
		return 0, fmt.Errorf("record: %w: the case is open for reading", record.ErrConflict)
	}
	i, err := c.recordInTurn(ctx, l, body, check)
	if err != nil {
		return 0, err
	}
	return i, c.settle(ctx)
}

func (c *Case) recordInTurn(ctx context.Context, l record.Leaf, body any, check func() error) (uint64, error) {
	if c.past {
		return 0, errPast()
	}
	if err := c.turn.take(ctx); err != nil {
		return 0, err
	}
	defer c.turn.pass()
	// From here on the caller's giving up must not leave the catalog behind the
	// log: an import may be waiting to go on.
	ctx = context.WithoutCancel(ctx)
	if check == nil && l.Kind == record.LeafDecision {
		check = func() error { return c.stillNewest(ctx, &l) }
	}
	if check != nil {
		if err := check(); err != nil {
			return 0, err
		}
	}
	e, err := c.entry(l, c.stores.Now().UnixMilli(), body)
	if err != nil {
		return 0, err
	}
	i, err := c.append(ctx, []archive.Entry{e})
	if err != nil {
		return 0, err
	}
	return i, c.catchUp(ctx)
}

// stillNewest fails when something was recorded about a decision's target that
// whoever decided cannot have seen.
func (c *Case) stillNewest(ctx context.Context, l *record.Leaf) error {
	newest, err := c.Catalog.Newest(ctx, l.Target)
	if err == nil && newest != l.Expects {
		err = record.WithHint(fmt.Errorf("%w: something else was recorded about this meanwhile", record.ErrConflict), "look at it as it is now, and decide again")
	}
	return err
}

// settle waits for the full-text index, so that what was decided is found at once.
// While an import is going on the index has a large piece of work in hand, and
// nobody waits for it: it follows soon.
func (c *Case) settle(ctx context.Context) error {
	if !c.Working() {
		return c.Catalog.Flush(ctx)
	}
	c.soon.ask(func() {
		c.Catalog.Flush(context.WithoutCancel(ctx)) //nolint:errcheck // what stops the index stops the import, which tells of it
	})
	return nil
}

// soon does something once, a moment after it was asked for, however often it was
// asked for meanwhile. The zero value is ready.
type soon struct {
	mu    sync.Mutex
	timer *time.Timer
	wg    sync.WaitGroup
	ended bool
}

// moment is how long it lets others ask.
const moment = 3 * time.Second

func (s *soon) ask(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil || s.ended {
		return
	}
	s.wg.Add(1)
	s.timer = time.AfterFunc(moment, func() {
		defer s.wg.Done()
		s.mu.Lock()
		s.timer = nil
		s.mu.Unlock()
		do()
	})
}

// end waits for what is being done; what was asked for and not begun is dropped.
func (s *soon) end() {
	s.mu.Lock()
	if s.ended = true; s.timer != nil && s.timer.Stop() {
		s.wg.Done()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Working reports whether an import or other long work is going on.
func (c *Case) Working() bool { return c.work.busy() }

// eachLeaf calls f for the entries from index on whose kind is one of kinds
// (every entry when none is given).
func (c *Case) eachLeaf(ctx context.Context, from uint64, f func(uint64, *record.Leaf) error, kinds ...record.LeafKind) error {
	i := from
	for b, err := range c.Archive.Leaves(ctx, from, c.Archive.Size()) {
		if err != nil {
			return err
		}
		if len(kinds) == 0 || isKind(b, kinds) {
			l, err := record.ParseLeaf(b)
			if err != nil {
				return fmt.Errorf("log entry %d: %w", i, err)
			}
			if err := f(i, &l); err != nil {
				return err
			}
		}
		i++
	}
	return nil
}

// eachOther is eachLeaf for kinds that the catalog lists as Others: it reads a
// handful of entries where the log holds millions.
func (c *Case) eachOther(ctx context.Context, f func(uint64, *record.Leaf) error, kinds ...record.LeafKind) error {
	if c.Catalog == nil {
		return c.eachLeaf(ctx, 0, f, kinds...)
	}
	size, err := c.Catalog.Size(ctx)
	if err != nil {
		return err
	}
	others, err := c.Catalog.Others(ctx)
	if err != nil {
		return err
	}
	for _, o := range others {
		if !slices.Contains(kinds, o.Kind) {
			continue
		}
		b, err := c.Archive.Leaf(ctx, o.Leaf)
		if err != nil {
			return err
		}
		l, err := record.ParseLeaf(b)
		if err != nil {
			return fmt.Errorf("log entry %d: %w", o.Leaf, err)
		}
		if err := f(o.Leaf, &l); err != nil {
			return err
		}
	}
	return c.eachLeaf(ctx, size, f, kinds...)
}

// EachKey calls f for every entry that introduces a person's key.
func (c *Case) EachKey(ctx context.Context, f func(leaf uint64)) error {
	return c.eachOther(ctx, func(i uint64, _ *record.Leaf) error { f(i); return nil }, record.LeafKey)
}

// Handles returns the names that keys were introduced for, in that order.
func (c *Case) Handles(ctx context.Context) ([]string, error) {
	var all []string
	err := c.eachOther(ctx, func(_ uint64, l *record.Leaf) error {
		if !slices.Contains(all, l.By) {
			all = append(all, l.By)
		}
		return nil
	}, record.LeafKey)
	return all, err
}

// EachStatementOf calls f for every statement entry of a capture until f
// returns false. They follow one another soon after the capture's run began.
func (c *Case) EachStatementOf(ctx context.Context, capture uint64, f func(leaf uint64) bool) error {
	err := c.eachLeaf(ctx, capture, func(i uint64, l *record.Leaf) error {
		if l.Capture == capture && !f(i) {
			return errEnough
		}
		return nil
	}, record.LeafStatement)
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

var errEnough = errors.New("enough")

// isKind looks at the entry's first member, which is its kind, without parsing
// the rest: a log of a million statements holds a handful of keys.
func isKind(leaf []byte, kinds []record.LeafKind) bool {
	for _, k := range kinds {
		if p := `{"kind":"` + string(k) + `"`; len(leaf) > len(p) && string(leaf[:len(p)]) == p {
			return true
		}
	}
	return false
}

// CheckHandle reports whether a name can be a handle: 1 to 32 letters, digits,
// dots, dashes of ASCII, so that it reads the same everywhere.
func CheckHandle(h string) error {
	ok := len(h) >= 1 && len(h) <= 32
	for _, r := range h {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_')
	}
	if !ok {
		return record.WithHint(fmt.Errorf("%w handle %.40q", record.ErrInvalid, h), "set DALIL_HANDLE to a short name such as your initials: letters, digits, dot, dash")
	}
	return nil
}
