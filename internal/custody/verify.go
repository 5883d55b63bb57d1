package custody

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"dalil/internal/record"
)

// Evidence is a case as Verify reads it: files by name, nothing remembered and
// nothing believed.
type Evidence interface {
	// Files yields every file of the case, in any order, names with slashes
	// and relative to the case; and, with an error, what cannot be looked at.
	Files() iter.Seq2[File, error]
	// OpenFile opens a file. A name that does not exist is fs.ErrNotExist.
	OpenFile(name string) (EvidenceReader, error)
}

// File is a file of a case.
type File struct {
	Name    string
	Size    int64 // bytes
	Regular bool  // neither a link nor a device
}

// EvidenceReader is an open file of a case.
type EvidenceReader interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Options of a verification. The zero value is fine.
type Options struct {
	// Since is an earlier signed checkpoint of the same log: has history been
	// rewritten since?
	Since []byte
	// Key is the log's verifier key as it is known from elsewhere, one line.
	// Without it the key is taken from the case itself.
	Key string
	// Workers is how many goroutines check, by default one for each core.
	Workers int
	// Progress is told how many of the bytes to be read have been checked. It
	// is called from one goroutine at a time.
	Progress func(done, total int64)
}

// Problem is something that is not as the log says.
type Problem struct {
	What    string   `json:"what"`              // a sentence without a full stop
	Where   string   `json:"where"`             // the file, relative to the case
	Entries []uint64 `json:"entries,omitempty"` // the log entries it touches, at most 100 of them
	Records []string `json:"records,omitempty"` // what these are, as far as it can still be read
	Remedy  string   `json:"remedy,omitempty"`
}

// Checked counts what was looked at.
type Checked struct {
	Files       int64 `json:"files"`
	Bytes       int64 `json:"bytes"` // read and hashed
	Entries     int64 `json:"entries"`
	Evidence    int64 `json:"evidence_files"`
	Statements  int64 `json:"statements"` // whose span was held against its commitment
	Bodies      int64 `json:"bodies"`
	Signatures  int64 `json:"signatures"`
	Tombstones  int64 `json:"tombstones"`
	Checkpoints int64 `json:"checkpoints"`
}

// Report is the result of a verification.
type Report struct {
	OK           bool      `json:"ok"`
	Checked      Checked   `json:"checked"`
	Problems     []Problem `json:"problems"`
	Notes        []string  `json:"notes,omitempty"` // no damage, but good to know
	Proves       []string  `json:"proves"`
	DoesNotProve []string  `json:"does_not_prove"`
	Checkpoint   string    `json:"checkpoint,omitempty"` // signed: keep it, and give it to Since next time
}

// Verify checks everything doc/evidence-package.md says a verifier must check,
// reading every file of the case once or twice. What is wrong is in the report;
// the error is only that of ctx.
func Verify(ctx context.Context, ev Evidence, o Options) (*Report, error) {
	v := &verification{
		ctx: ctx, ev: ev, opt: o,
		tiles: make(map[tileID]int), side: make(map[string]int64), small: make(map[string]int64),
		blobOf: make(map[record.Digest]int), badEntry: make(map[uint64]bool),
	}
	if v.opt.Workers <= 0 {
		v.opt.Workers = runtime.GOMAXPROCS(0)
	}
	v.readKeyAndCheckpoint()
	v.listFiles()
	v.settleSize()
	v.readLog()
	v.checkRoot()
	v.checkSince()
	v.locateBodies()
	v.checkContents()
	v.checkSettings()
	v.checkIndex()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return v.report(), nil
}

// verification is the state of one Verify. Until checkContents everything but
// findings is written by one goroutine or into places of its own.
type verification struct {
	ctx context.Context
	ev  Evidence
	opt Options

	key    note.Verifier
	keyErr error      // why log/key was not read
	signed []byte     // the newest checkpoint as it is in the case
	cp     Checkpoint // what it says
	cpOK   bool       // its signature verifies
	size   uint64     // entries to check

	tiles  map[tileID]int   // tiles and bundles beyond the checkpoint: the widest
	side   map[string]int64 // sizes of salt and body files
	small  map[string]int64 // sizes of other files of interest
	blobs  []blobState
	blobOf map[record.Digest]int
	total  int64

	log logState

	badEntry map[uint64]bool // entries whose bytes are not the logged ones
	unburied bool            // an erasure was decided and has no tombstone yet
	faults   [faults]map[uint64][]uint64

	mu       sync.Mutex
	done     int64
	checked  Checked
	problems []Problem
	notes    []string
}

type tileID struct {
	level int
	index uint64
}

const restore = "restore the file from a backup"

// problem adds a finding.
func (v *verification) problem(p Problem) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.problems = append(v.problems, p)
}

func (v *verification) problemf(where, remedy, format string, args ...any) {
	v.problem(Problem{Where: where, What: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (v *verification) notef(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.notes = append(v.notes, fmt.Sprintf(format, args...))
}

// count adds to what was checked and reports progress.
func (v *verification) count(c Checked) {
	v.mu.Lock()
	defer v.mu.Unlock()
	t := &v.checked
	t.Files += c.Files
	t.Bytes += c.Bytes
	t.Entries += c.Entries
	t.Evidence += c.Evidence
	t.Statements += c.Statements
	t.Bodies += c.Bodies
	t.Signatures += c.Signatures
	t.Tombstones += c.Tombstones
	t.Checkpoints += c.Checkpoints
	if c.Bytes > 0 && v.opt.Progress != nil {
		v.done = min(v.done+c.Bytes, v.total)
		v.opt.Progress(v.done, v.total)
	}
}

// each runs f for 0 to n-1 on all workers.
func (v *verification) each(n int, f func(i int)) {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		next int
	)
	for range min(v.opt.Workers, n) {
		wg.Go(func() {
			for v.ctx.Err() == nil {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return
				}
				f(i)
			}
		})
	}
	wg.Wait()
}

// read returns a whole file and counts it as checked.
func (v *verification) read(name string) ([]byte, error) {
	b, err := v.readQuietly(name)
	if err == nil {
		v.count(Checked{Files: 1, Bytes: int64(len(b))})
	}
	return b, err
}

func (v *verification) readQuietly(name string) ([]byte, error) {
	f, err := v.ev.OpenFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, f.Size())
	if err := readFull(f, b, 0); err != nil {
		return nil, err
	}
	return b, nil
}

// readFull fills b from an offset of a file.
func readFull(f io.ReaderAt, b []byte, offset int64) error {
	n, err := f.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

const entriesShown = 100

// touching names entries in a problem.
func (v *verification) touching(p Problem, entries []uint64) Problem {
	slices.Sort(entries)
	entries = slices.Compact(entries)
	var names []string
	for _, i := range entries[:min(len(entries), 5)] {
		names = append(names, fmt.Sprint(i))
		if s := v.describe(i); s != "" {
			p.Records = append(p.Records, s)
		}
	}
	switch n := len(entries); {
	case n == 0:
	case n == 1:
		p.What += ": entry " + names[0]
	case n <= 5:
		p.What += ": entries " + strings.Join(names, ", ")
	default:
		p.What += fmt.Sprintf(": entries %s and %d more", strings.Join(names, ", "), n-5)
	}
	p.Entries = entries[:min(len(entries), entriesShown)]
	return p
}

// describe says what an entry is, or nothing if its bytes are not the logged
// ones.
func (v *verification) describe(index uint64) string {
	if v.badEntry[index] {
		return ""
	}
	l, err := v.leaf(index)
	if err != nil {
		return ""
	}
	s := fmt.Sprintf("entry %d: %s", index, l.Kind)
	switch {
	case l.ID != "":
		s += fmt.Sprintf(" %q of source entry %d", l.ID, l.Source)
	case l.Kind == record.LeafCapture:
		s += " of " + BlobPath(l.Blob)
	case l.Action != "":
		s += fmt.Sprintf(" %q on entry %d", l.Action, l.Target)
	case l.Target != 0:
		s += fmt.Sprintf(" on entry %d", l.Target)
	}
	return s
}

// leaf reads one entry again, for messages.
func (v *verification) leaf(index uint64) (record.Leaf, error) {
	b, err := v.unit(Entries, index/TileWidth, v.width(0, index/TileWidth))
	if err != nil {
		return record.Leaf{}, err
	}
	for range index % TileWidth {
		_, b, _ = CutEntry(b)
	}
	entry, _, ok := CutEntry(b)
	if !ok {
		return record.Leaf{}, fmt.Errorf("%w log entry %d", record.ErrAltered, index)
	}
	return record.ParseLeaf(entry)
}

func (v *verification) report() *Report {
	slices.SortStableFunc(v.problems, func(a, b Problem) int { return strings.Compare(a.Where, b.Where) })
	slices.Sort(v.notes)
	r := &Report{OK: len(v.problems) == 0, Checked: v.checked, Problems: v.problems, Notes: v.notes, DoesNotProve: doesNotProve()}
	if r.Problems == nil {
		r.Problems = []Problem{}
	}
	if v.cpOK {
		r.Checkpoint = string(v.signed)
	}
	r.Proves = v.proves(r.OK)
	return r
}

func (v *verification) proves(ok bool) []string {
	if !ok {
		return []string{"Not everything is as it was signed: see the problems. What they do not name was checked and agrees with the log."}
	}
	if v.size == 0 {
		return []string{"The case is empty: there is nothing to prove yet."}
	}
	held := "the key kept in the case itself"
	if v.opt.Key != "" {
		held = "the key you trust"
	}
	out := []string{
		fmt.Sprintf("The holder of %s held exactly these bytes when the checkpoint over %d entries was signed.", held, v.size),
		"Within this history no entry was changed, removed, inserted or moved, and every statement, file and body is the one its entry was made for.",
		"The named persons' keys signed their decisions.",
	}
	if len(v.opt.Since) > 0 {
		out = append(out, "This history begins with the one of the earlier checkpoint, entry for entry: nothing up to there was rewritten.")
	} else {
		out = append(out, "Whether the whole history was exchanged by someone who has the key can only be told with an earlier checkpoint (--since): keep the one below.")
	}
	return out
}

func doesNotProve() []string {
	return []string{
		"that a statement is true, or who wrote it",
		"that the platform really sent these bytes, or that nothing else was published",
		"the time: times of capture are the case's own clock",
	}
}
