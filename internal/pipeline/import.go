package pipeline

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"dalil/internal/archive"
	"dalil/internal/catalog"
	"dalil/internal/custody"
	"dalil/internal/format"
	"dalil/internal/record"
)

// ImportOptions are the user's choices for one import.
type ImportOptions struct {
	Source      string   // name of the source for files that do not say theirs
	KeepSenders string   // reason to keep private persons' names; "" replaces them by pseudonyms
	KeepOwner   bool     // take the exporting account's own private chats too
	DryRun      bool     // find out what would happen, write nothing
	Undated     bool     // a file dated 1970-01-01T00:00:00Z has no known date: it came from a browser, which does not tell
	Names       []string // what the record of the import calls its paths; nil takes their last parts
	Shared      bool     // people decide beside it: smaller batches, so that they wait less
	Progress    func(Progress)
}

// Progress is how far a long piece of work is.
type Progress struct {
	Phase       string // "store", "read", "link", "ocr"
	File        string
	Done, Total int64 // of this phase, over all files: bytes, entries or pictures
	Receipt     Receipt

	// By Pace; zero while it cannot be said.
	Rate  float64       // of Done a second, lately
	Share float64       // of all of the work, from 0 to 1
	Left  time.Duration // until all of it is done
	parts []stretch     // of the work this is a phase of, when it has several
}

// Receipt is what an import did. Read = New + Known + Edits + Failed, over
// statements.
type Receipt struct {
	Read         int64 `json:"read"`
	New          int64 `json:"new"`
	Known        int64 `json:"known"`
	Edits        int64 `json:"edits"`
	Failed       int64 `json:"failed"`
	MissingMedia int64 `json:"missing_media"` // named by a statement and not beside it
	OmittedMedia int64 `json:"omitted_media"` // left out by the export, as it says itself

	Files    int64 `json:"files"` // captured
	Bytes    int64 `json:"bytes"`
	Sources  int64 `json:"sources"`
	Gaps     int64 `json:"gaps"`     // new holes in message ids
	Missing  int64 `json:"missing"`  // statements not in this export though it covers them
	Returned int64 `json:"returned"` // statements that had been missing and are here again

	// InFamilies is how many statements were found to be the same text as others,
	// or have another place among them now. It is worked out after the import's
	// own receipt was recorded.
	InFamilies int64 `json:"in_families,omitempty"`

	Skipped map[string]int64 `json:"skipped,omitempty"` // deliberately not taken
	// Of a dry run: whose statements these are, and how many files are read by
	// which format, "" by none.
	Found    []Found          `json:"found,omitempty"`
	Formats  map[string]int64 `json:"formats,omitempty"`
	Problems []record.Problem `json:"problems,omitempty"`
	More     int64            `json:"more_problems,omitempty"` // beyond the first maxProblems

	// First and last log entry of this import; 0, 0 when it added nothing. What
	// people recorded meanwhile lies between them.
	LeafFirst  uint64 `json:"leaf_first"`
	LeafLast   uint64 `json:"leaf_last"`
	Checkpoint string `json:"checkpoint"` // root hash after the import, base64
	Run        uint64 `json:"-"`
	Cancelled  bool   `json:"cancelled,omitempty"`
}

// maxProblems bounds the list a hostile file can make us keep.
const maxProblems = 10_000

// runDetail is the body of a run entry: what a rebuild must know to read the
// same bytes the same way.
type runDetail struct {
	Verb        string   `json:"verb"`
	Paths       []string `json:"paths"` // base names only: the rest of a path tells about the analyst's machine
	Source      string   `json:"source,omitempty"`
	KeepSenders string   `json:"keep_senders,omitempty"`
	KeepOwner   bool     `json:"keep_owner,omitempty"`
	Egress      string   `json:"egress,omitempty"` // of a capture: "direct", or the proxy everything went through
	Zone        string   `json:"zone"`
	Tool        string   `json:"tool"`
}

// Import brings files into the case. It can be stopped at any moment and run
// again: what is here already is recognised and adds nothing. A broken file
// costs what could not be read of it, and is told in Receipt.Problems; the
// error is for the import as a whole. When ctx is cancelled, what was read so
// far is committed and the receipt says Cancelled. One import runs at a time; a
// second waits. Records may be made meanwhile, and go between its batches.
func (c *Case) Import(ctx context.Context, paths []string, opt ImportOptions) (Receipt, error) {
	if !c.write && !opt.DryRun {
		return Receipt{}, fmt.Errorf("import: %w: the case is open for reading", record.ErrConflict)
	}
	if !opt.DryRun {
		if err := c.work.take(ctx); err != nil {
			return Receipt{}, err
		}
	}
	detail := runDetail{Verb: "import", Source: opt.Source, KeepSenders: opt.KeepSenders, KeepOwner: opt.KeepOwner, Zone: c.Config.Zone, Tool: c.stores.Tool}
	detail.Paths = opt.Names
	for _, p := range paths {
		if opt.Names != nil {
			break
		}
		detail.Paths = append(detail.Paths, filepath.Base(p))
	}
	im := newImporter(ctx, c, opt, detail)
	r, err := im.finish(im.all(paths))
	if !opt.DryRun {
		err = errors.Join(err, c.rest(ctx))
	}
	return r, err
}

// importer is one import at work. Its methods run on one goroutine, but for
// read (the format), prepare (pool) and commit.
type importer struct {
	ctx    context.Context // cancelled by the user: stop taking in, commit what is here
	c      *Case
	opt    ImportOptions
	detail runDetail
	report Receipt

	commits *committer
	run     uint64 // index of the run entry, 0 until something is added

	mu       sync.Mutex               // guards sources
	sources  map[string]record.Source // recorded by this import, by key
	trackers map[uint64]*tracker      // ids that came by in this import, by source
	spool    spool
	found    map[uint64]*Found // of a dry run, by source
	witness  *witness          // of what becomes of one file; nil when nobody asks
	whole    whole
	stages   []stretch // of work that is no import of files
}

// Found is what a dry run found of one source.
type Found struct {
	Name       string      `json:"name"`
	Key        string      `json:"key"`
	Here       bool        `json:"here"` // the case has statements of it already
	Statements int64       `json:"statements"`
	First      record.When `json:"first_posted,omitzero"`
	Last       record.When `json:"last_posted,omitzero"`
	Untimed    int64       `json:"untimed"`  // that do not say when they were posted
	Zoneless   int64       `json:"zoneless"` // whose time has no zone: it is read in the case's
	Forwards   int64       `json:"forwards"` // copied from elsewhere, as the platform says
	Nameless   int64       `json:"nameless"` // of these, with a name only: the origin may stay unresolved
}

// mostFound bounds the list a hostile file can make us keep.
const mostFound = 200

// note counts a reading of a dry run.
func (im *importer) note(source uint64, key string, x *record.Reading) {
	f := im.found[source]
	if f == nil {
		if len(im.found) >= mostFound {
			return
		}
		f = &Found{Key: key, Here: im.isOld(source)}
		if s, err := im.sourceOf(source); err == nil {
			f.Name, f.Key = s.Name, s.Key
		}
		im.found[source] = f
	}
	f.Statements++
	switch t := x.Posted; {
	case !t.Known():
		f.Untimed++
	default:
		if !f.First.Known() || t.Unix < f.First.Unix {
			f.First = t
		}
		if !f.Last.Known() || t.Unix > f.Last.Unix {
			f.Last = t
		}
		if t.NoZone {
			f.Zoneless++
		}
	}
	if x.Forward != nil {
		f.Forwards++
		if x.Forward.From.ID == "" {
			f.Nameless++
		}
	}
}

// tellFound puts what a dry run found into the receipt, the largest first.
func (im *importer) tellFound() {
	for _, f := range im.found {
		im.report.Found = append(im.report.Found, *f)
	}
	slices.SortFunc(im.report.Found, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.Statements, a.Statements), cmp.Compare(a.Key, b.Key))
	})
}

// witness is told what becomes of a file and its parts.
type witness struct {
	part      func(*held)        // a part was stored
	statement func(first uint64) // a reading is, or is a version of, this statement
}

func newImporter(ctx context.Context, c *Case, opt ImportOptions, detail runDetail) *importer {
	if opt.Progress != nil {
		opt.Progress = Paced(opt.Progress)
	}
	im := &importer{ctx: ctx, c: c, opt: opt, detail: detail, sources: map[string]record.Source{}, trackers: map[uint64]*tracker{}}
	im.report.Skipped = map[string]int64{}
	if !opt.DryRun {
		im.commits = newCommitter(c, opt.Shared)
	} else {
		im.found, im.report.Formats = map[uint64]*Found{}, map[string]int64{}
	}
	return im
}

func (im *importer) all(paths []string) error {
	if err := im.survey(paths); err != nil {
		return err
	}
	w, taken, behind := &im.whole, int64(0), 0.0
	for i, p := range paths {
		files, err := im.deposit(p)
		if err != nil {
			return err
		}
		taken += w.sizes[i]
		w.stored, w.read[i] = taken, sizeOf(readable(files))
		if err := im.readAll(files, 0, share{behind, float64(w.read[i])}); err != nil {
			return err
		}
		behind += float64(w.read[i])
	}
	return nil
}

// finish ends the run: the end entry with the receipt, everything on stable
// storage and searchable.
func (im *importer) finish(err error) (Receipt, error) {
	defer im.spool.close()
	cancelled := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if cancelled {
		im.report.Cancelled, err = true, nil
	}
	if im.commits == nil {
		im.tellFound()
		return im.report, err
	}
	if im.run != 0 && err == nil {
		err = im.end()
	}
	// The user's cancelling must not keep us from making durable what we tell
	// of, so the rest runs on a context of its own.
	if cerr := im.commits.close(); err == nil {
		err = cerr
	}
	if err != nil {
		return im.report, fmt.Errorf("import: %w", err)
	}
	if err := im.c.Catalog.Flush(context.WithoutCancel(im.ctx)); err != nil {
		return im.report, fmt.Errorf("import: %w", err)
	}
	if !cancelled {
		im.report.InFamilies, err = im.c.analyse(im.ctx, func(p Progress) {
			if im.opt.Progress != nil {
				p.Receipt, p.parts = im.report, im.parts()
				im.opt.Progress(p)
			}
		})
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			im.report.Cancelled, err = true, nil // what was imported is; the next import links it
		}
	}
	if ferr := im.c.Catalog.Flush(context.WithoutCancel(im.ctx)); err == nil {
		err = ferr
	}
	if err != nil {
		return im.report, fmt.Errorf("import: %w", err)
	}
	cp, err := im.c.Checkpoint()
	if err != nil {
		return im.report, err
	}
	im.report.Checkpoint = base64.StdEncoding.EncodeToString(cp.Root[:]) // as the checkpoint prints it
	return im.report, nil
}

// begin writes the run entry before the first thing this import adds, so that
// an import that adds nothing leaves the log as it was.
func (im *importer) begin() error {
	if im.run != 0 {
		return nil
	}
	at := im.c.stores.Now().UnixMilli()
	e, err := im.c.entry(record.Leaf{Kind: record.LeafRun}, at, im.detail)
	if err != nil {
		return err
	}
	index, err := im.commits.add(e)
	if err != nil {
		return err
	}
	im.run, im.report.Run, im.report.LeafFirst = index, index, index
	im.commits.batch.Runs = append(im.commits.batch.Runs, catalog.Run{Leaf: index, At: at, By: im.c.handle, Verb: im.detail.Verb, Detail: string(e.Body)})
	return nil
}

func (im *importer) end() error {
	at := im.c.stores.Now().UnixMilli()
	if err := im.commits.hold(); err != nil {
		return err
	}
	im.report.LeafLast = im.commits.next
	e, err := im.c.entry(record.Leaf{Kind: record.LeafEnd, Run: im.run}, at, im.report)
	if err != nil {
		return err
	}
	index, err := im.commits.add(e)
	if err != nil {
		return err
	}
	im.commits.batch.Ends = append(im.commits.batch.Ends, catalog.Run{Leaf: im.run, End: index, EndAt: at, Receipt: string(e.Body)})
	return nil
}

// bodied appends an unsigned entry of this run, bound to body by a salted
// commitment.
func (im *importer) bodied(l record.Leaf, body any) (uint64, error) {
	if err := im.begin(); err != nil {
		return 0, err
	}
	e := archive.Entry{}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		e.Salt = custody.NewSalt()
		e.Body, l.Commit = b, custody.Commit(e.Salt, b)
	}
	e.Leaf = l.Append(nil)
	return im.commits.add(e)
}

// progress tells how far we are.
func (im *importer) progress(phase, file string, done, total int64) {
	if im.opt.Progress != nil {
		im.opt.Progress(Progress{Phase: phase, File: file, Done: done, Total: total, Receipt: im.report, parts: im.parts()})
	}
}

// parts are the phases of the work; nil for one that has only one, as a dry run
// only reads.
func (im *importer) parts() []stretch {
	if im.whole.sizes == nil || im.opt.DryRun {
		return im.stages
	}
	return stretches(im.whole.store, im.whole.toRead())
}

// storing tells that so much of a file was taken in.
func (im *importer) storing(h *held, done int64) {
	w := &im.whole
	if h.Parent != 0 { // a part of what is being read
		im.reading(h.Path, 0)
		return
	}
	im.progress("store", h.Path, min(w.stored+done, max(w.store, w.stored+h.Size)), max(w.store, w.stored+h.Size))
	if done == h.Size {
		w.stored += done
	}
}

// reading tells how much of the file in hand was read, from 0 to 1.
func (im *importer) reading(file string, part float64) {
	at := im.whole.at
	im.progress("read", file, int64(at.from+at.length*part), im.whole.toRead())
}

func (im *importer) problem(p record.Problem) {
	if len(im.report.Problems) < maxProblems {
		im.report.Problems = append(im.report.Problems, p)
	} else {
		im.report.More++
	}
}

// held is a file that can be read: in the archive, or for a dry run where it
// lies.
type held struct {
	record.Capture
	kind format.Kind // what reads it; Name is empty when nothing does
	open func() (archive.Blob, error)
	// reused: the Capture is an earlier run's. It is recorded again in this
	// run when a new statement rests on it, so that a statement and the files
	// it names always stand in one run, read with one set of choices.
	reused bool
}

// readAll reads the statements out of files that belong together: one folder,
// or the parts of one container. depth counts containers in containers; at is
// what they are of all that is to be read.
func (im *importer) readAll(files []*held, depth int, at share) error {
	beside := make(map[string]*held, len(files))
	for _, f := range files {
		beside[f.Path] = f
	}
	all := readable(files)
	scale := at.length / float64(max(sizeOf(all), 1))
	for _, f := range all {
		if err := im.ctx.Err(); err != nil {
			return err
		}
		own := share{at.from, float64(f.Size) * scale}
		at.from += own.length
		im.whole.at = own
		var err error
		if f.kind.Parts != nil {
			err = im.unpack(f, depth, own)
		} else {
			err = im.readOne(f, beside)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readable are those of some files, which belong together, that a format reads
// by themselves. Left out are attachments: the statement that names one speaks
// for it.
func readable(files []*held) []*held {
	var owners, all []*held
	for _, f := range files {
		if f.kind.Owns != nil {
			owners = append(owners, f)
		}
	}
	for _, f := range files {
		if f.kind.Name != "" && !attached(f, owners) {
			all = append(all, f)
		}
	}
	return all
}

// attached reports whether the format of one of owners owns f, as an export owns
// the photographs beside it.
func attached(f *held, owners []*held) bool {
	if f.kind.Owns != nil {
		return false
	}
	for _, o := range owners {
		if rel, inside := relative(path.Dir(o.Path), f.Path); inside && o.kind.Owns(rel) {
			return true
		}
	}
	return false
}

// relative returns p relative to dir, if it is inside.
func relative(dir, p string) (string, bool) {
	if dir == "." || dir == "" {
		return p, true
	}
	if len(p) > len(dir) && p[:len(dir)] == dir && p[len(dir)] == '/' {
		return p[len(dir)+1:], true
	}
	return "", false
}
