package pipeline

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"dalil/internal/archive"
	"dalil/internal/catalog"
	"dalil/internal/custody"
	"dalil/internal/format"
	"dalil/internal/language"
	"dalil/internal/record"
)

// Reading one file is a line of three: the format reads on its own goroutine
// and fills chunks, a pool prepares each chunk (language, commitment, what the
// catalog knows), and this goroutine takes the chunks in order and decides
// what is new. Chunks keep the hand-over cheap; order keeps it repeatable.
const (
	chunkReadings = 512
	chunkText     = 1 << 20 // bytes of text in a chunk
	chunkSpan     = 8 << 20 // bytes of evidence read at once for a chunk's spans
)

// chunk is a run of readings of one source, or an event between two runs.
type chunk struct {
	readings []record.Reading
	prepared []prepared
	known    map[string]catalog.Known
	problems []record.Problem
	skipped  []skipped
	source   *record.Source // the readings after this chunk are of this source
	covers   *[2]int64      // ids the file holds every message between
	weight   int            // bytes of text
	err      error          // of its preparation
	done     chan struct{}  // closed when it is prepared
	from     sourceRef
}

type skipped struct {
	what string
	n    int
}

// prepared is what can be worked out about a reading without the readings
// before it.
type prepared struct {
	textDigest   record.Digest
	salt         []byte
	commit       record.Digest
	missingMedia int64
	omittedMedia int64
	known        bool // it is a version that is here, as far as was known then
}

// sourceRef is the source of a chunk as far as it is known when the chunk is
// prepared: its index, if it was in the case before this import.
type sourceRef struct {
	leaf  uint64
	known bool
}

// reader is the reading of one file.
type reader struct {
	im     *importer
	file   *held
	blob   *reach
	beside map[string]*held // files that came with this one, by path
	base   string           // external ids of a file without a source of its own hang on this
	own    bool             // the format named a source

	ctx    context.Context
	cancel context.CancelFunc
	chunks chan *chunk // in order
	todo   chan *chunk // to the pool
	fill   *chunk
	source sourceRef
	def    record.Source

	current uint64              // source of the readings, for the sequencer
	seen    map[uint64]*tracker // ids that came by in this file, by source
	older   map[uint64]bool     // sources that held statements before this file
	erased  []erasedAgain       // statements in this file that were erased before
}

// erasedAgain is another copy of a statement that was erased: its first
// version's entry, and where the copy stands.
type erasedAgain struct {
	first uint64
	span  record.Span
}

func (im *importer) input(f *held, b archive.Blob) format.Input {
	in := format.Input{Path: f.Path, R: b, Size: b.Size(), Settings: format.Settings{Zone: im.c.Zone, KeepOwner: im.opt.KeepOwner, URL: f.URL, Languages: im.c.Config.Languages}}
	if f.Theirs != record.NoSeconds {
		in.Theirs = record.AtUnix(f.Theirs)
	}
	return in
}

// readOne reads the statements of one file.
func (im *importer) readOne(f *held, beside map[string]*held) error {
	b, err := f.open()
	if err != nil {
		return err
	}
	defer b.Close()
	ctx, cancel := context.WithCancel(im.ctx)
	defer cancel()
	r := &reader{im: im, file: f, blob: &reach{Blob: b}, beside: beside, base: baseID(f), ctx: ctx, cancel: cancel,
		seen: map[uint64]*tracker{}, older: map[uint64]bool{}, chunks: make(chan *chunk, 8), todo: make(chan *chunk, 8), def: defaultSource(f, im.opt.Source)}
	if known, err := im.lookupSource(r.def); err == nil {
		r.source = sourceRef{known.Leaf, true}
	} else if !errors.Is(err, record.ErrNotFound) {
		return &storeError{err}
	}
	r.fill = r.newChunk()

	const pool = 2
	for range pool {
		go func() {
			for c := range r.todo {
				r.prepare(c)
				close(c.done)
			}
		}()
	}
	formatErr := make(chan error, 1)
	go func() {
		err := f.kind.Read(ctx, im.input(f, r.blob), r)
		if err == nil {
			err = r.emit()
		}
		close(r.chunks)
		close(r.todo)
		formatErr <- err
	}()
	err = r.sequence()
	if err != nil {
		cancel()
		for range r.chunks { // let the format see that we stopped
		}
	}
	if ferr := <-formatErr; err == nil {
		err = ferr
	}
	if err == nil && len(r.erased) > 0 && !im.opt.DryRun {
		err = r.eraseAgain()
	}
	if err != nil && im.ctx.Err() == nil && !im.broken(err) {
		// The file as a whole could not be read. It is kept; the import goes on.
		im.report.Read++
		im.report.Failed++
		im.problem(record.Problem{File: f.Path, Offset: -1, What: err.Error(), Remedy: "the file is kept as it is; get it again if you can"})
		return nil
	}
	return err
}

// broken reports whether err is about the case and not about the file.
func (im *importer) broken(err error) bool {
	var s *storeError
	return errors.As(err, &s)
}

// storeError marks an error of archive or catalog.
type storeError struct{ error }

func (e *storeError) Unwrap() error { return e.error }

// baseID is what the external ids of a file's statements hang on when the file
// names no source: where it was published, or else its bytes.
func baseID(f *held) string {
	if f.URL != "" {
		return f.URL
	}
	return "file-" + f.Blob.String()[:16]
}

func defaultSource(f *held, named string) record.Source {
	if named != "" {
		return record.Source{Key: "named:" + language.Fold(named), Name: named, Type: record.Outlet, Platform: "file"}
	}
	if u, err := url.Parse(f.URL); err == nil && u.Host != "" {
		host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
		return record.Source{Key: "web:" + host, Name: host, Type: record.Outlet, Platform: "web"}
	}
	return record.Source{Key: "files", Name: "Files of unnamed sources", Type: record.Folder, Platform: "file"}
}

// The format's side: Sink.

func (r *reader) newChunk() *chunk {
	return &chunk{done: make(chan struct{}), from: r.source}
}

func (r *reader) Source(s record.Source) error {
	if err := r.emit(); err != nil {
		return err
	}
	r.own = true
	c := r.newChunk()
	c.source = &s
	close(c.done)
	if err := r.send(c); err != nil {
		return err
	}
	// What the catalog knows of this source can be looked up ahead only if the
	// source was here before this import began.
	r.source = sourceRef{}
	if known, err := r.im.lookupSource(s); err == nil {
		r.source = sourceRef{known.Leaf, true}
	} else if !errors.Is(err, record.ErrNotFound) {
		return &storeError{err}
	}
	r.fill = r.newChunk()
	return nil
}

func (r *reader) Reading(x *record.Reading) error {
	y := r.copy(x)
	r.fill.readings = append(r.fill.readings, y)
	if r.fill.weight += len(y.Text) + 200; len(r.fill.readings) == chunkReadings || r.fill.weight > chunkText {
		return r.emit()
	}
	return nil
}

// copy takes a reading out of the format's hands and gives it an id that is
// unique in its source.
func (r *reader) copy(x *record.Reading) record.Reading {
	y := *x
	y.Entities, y.Media, y.Reactions = slices.Clone(x.Entities), slices.Clone(x.Media), slices.Clone(x.Reactions)
	y.Credits, y.Refs, y.Flags, y.Facts = slices.Clone(x.Credits), slices.Clone(x.Refs), slices.Clone(x.Flags), slices.Clone(x.Facts)
	if x.Forward != nil {
		f := *x.Forward
		y.Forward = &f
	}
	switch {
	case x.Kind == record.Comment:
		id := x.ExternalID
		if id == "" {
			// The page gives its comments no ids. Their words are what a later
			// capture of the page can be recognised by.
			d := record.DigestOf([]byte(strconv.FormatInt(x.Posted.Seconds(), 10) + "\x00" + x.Text))
			id = "comment-" + d.String()[:12]
		}
		y.ExternalID, y.Parent = r.under(id), r.under(x.Parent)
	case !r.own || x.Span.Page > 0:
		if y.ExternalID = r.under(x.ExternalID); x.Parent != "" {
			y.Parent = r.under(x.Parent)
		}
	}
	return y
}

// under makes an id that is unique within a file unique within the case.
func (r *reader) under(id string) string {
	switch {
	case id == "":
		return r.base
	case strings.Contains(id, "://"):
		return id
	}
	return r.base + "#" + id
}

func (r *reader) Covers(first, last int64) {
	if r.emit() == nil {
		c := r.newChunk()
		c.covers = &[2]int64{first, last}
		close(c.done)
		r.send(c) //nolint:errcheck // a cancelled import is seen by the next Reading
	}
}

func (r *reader) Problem(p record.Problem) {
	if p.File == "" {
		p.File = r.file.Path
	}
	// Problems are reported by the sequencer, in order with the readings.
	r.fill.problems = append(r.fill.problems, p)
}

func (r *reader) Skipped(what string, n int) {
	r.fill.skipped = append(r.fill.skipped, skipped{what, n})
}

// emit hands the filled chunk to the pool and, in order, to the sequencer.
func (r *reader) emit() error {
	c := r.fill
	r.fill = r.newChunk()
	if len(c.readings)+len(c.problems)+len(c.skipped) == 0 {
		return nil
	}
	select {
	case r.todo <- c:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	return r.send(c)
}

func (r *reader) send(c *chunk) error {
	select {
	case r.chunks <- c:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// The pool's side.

func (r *reader) prepare(c *chunk) {
	im := r.im
	if len(c.readings) == 0 {
		return
	}
	ids := make([]string, len(c.readings))
	for i := range c.readings {
		x := &c.readings[i]
		ids[i] = x.ExternalID
		r.resolveMedia(x)
	}
	if c.from.known {
		if c.known, c.err = im.c.Catalog.Known(r.ctx, c.from.leaf, ids); c.err != nil {
			return
		}
	}
	c.prepared = make([]prepared, len(c.readings))
	salts := make([]byte, 32*len(c.readings))
	if _, c.err = rand.Read(salts); c.err != nil {
		return
	}
	var (
		buf       []byte
		committer custody.Committer
	)
	lo, hi := spanRange(c.readings)
	whole := hi-lo <= chunkSpan && !im.opt.DryRun
	for i := range c.readings {
		x, p := &c.readings[i], &c.prepared[i]
		if im.detail.KeepSenders == "" {
			im.c.pseudo.reading(x)
		}
		p.textDigest = textDigest(x)
		for _, m := range x.Media {
			if m.Omitted != "" {
				p.omittedMedia++
			} else if m.Path != "" && m.Blob.IsZero() && r.local(m.Path) {
				p.missingMedia++
			}
		}
		// Of what is here already nothing more is needed: an import that goes on after
		// it was stopped reads what it did before many times as fast.
		if p.known = same(c.known[x.ExternalID], x, p); p.known {
			continue
		}
		identify(x)
		if im.opt.DryRun || x.Span.Length == 0 {
			continue
		}
		span := []byte(nil)
		if whole && buf == nil {
			buf = make([]byte, hi-lo)
			if _, c.err = r.blob.ReadAt(buf, lo); c.err != nil {
				return
			}
		}
		if whole {
			span = buf[x.Span.Offset-lo:][:x.Span.Length]
		} else {
			span = make([]byte, x.Span.Length)
			if _, c.err = r.blob.ReadAt(span, x.Span.Offset); c.err != nil {
				return
			}
		}
		p.salt = salts[32*i:][:32]
		p.commit = committer.Commit(p.salt, span)
	}
}

// complete fills in what every reading gets, on import and on rebuild alike.
func complete(x *record.Reading, keepSenders bool, ps pseudonyms) {
	if !keepSenders {
		ps.reading(x)
	}
	identify(x)
}

// identify says in what language a reading is, if its format does not.
func identify(x *record.Reading) {
	if x.Lang == "" {
		x.Lang, _ = language.Identify(x.Text)
		if x.Text == "" && x.Title != "" {
			x.Lang, _ = language.Identify(x.Title)
		}
	}
}

// textDigest is over what a reader would call the statement's content: when it
// changes, the statement has a new version. Counters such as views do not
// belong to it.
func textDigest(x *record.Reading) record.Digest {
	if x.Title == "" {
		return record.DigestOf([]byte(x.Text))
	}
	return record.DigestOf([]byte(x.Title + "\x00" + x.Text))
}

// same reports whether a reading is the version k. An edit time that only one
// of two exports gives is no difference.
func same(k catalog.Known, x *record.Reading, p *prepared) bool {
	if k.Version == 0 {
		return false
	}
	edited := x.Edited.Seconds()
	return k.TextDigest == p.textDigest && (k.Edited == edited || k.Edited == record.NoSeconds || edited == record.NoSeconds)
}

// spanRange returns the stretch of the file that the spans lie in.
func spanRange(rs []record.Reading) (lo, hi int64) {
	lo = -1
	for i := range rs {
		if s := rs[i].Span; s.Length > 0 {
			if lo < 0 || s.Offset < lo {
				lo = s.Offset
			}
			hi = max(hi, s.Offset+s.Length)
		}
	}
	return max(lo, 0), hi
}

// commitSpan makes the salt and commitment of one reading's span.
func (r *reader) commitSpan(x *record.Reading, p *prepared) error {
	span := make([]byte, x.Span.Length)
	if _, err := r.blob.ReadAt(span, x.Span.Offset); err != nil {
		return &storeError{err}
	}
	p.salt = custody.NewSalt()
	p.commit = custody.Commit(p.salt, span)
	return nil
}

// resolveMedia finds the archived files a statement names.
func (r *reader) resolveMedia(x *record.Reading) {
	for i := range x.Media {
		m := &x.Media[i]
		if m.Path == "" || !m.Blob.IsZero() {
			continue
		}
		if x.Kind == record.Image && m.Path == path.Base(r.file.Path) {
			m.Blob = r.file.Blob
		} else if f := r.neighbour(m.Path); f != nil {
			m.Blob = f.Blob
		}
	}
}

// neighbour returns the file a statement names by a path relative to its own.
func (r *reader) neighbour(p string) *held {
	return r.beside[path.Join(path.Dir(r.file.Path), p)]
}

// local reports whether a media path names a file beside the statement's, not
// something on the web.
func (r *reader) local(p string) bool {
	return !strings.Contains(p, "://") && !strings.HasPrefix(p, "//") && !strings.HasPrefix(p, "data:")
}

// reach is a blob that remembers how far it was read: the progress of a format
// that streams.
type reach struct {
	archive.Blob
	high atomic.Int64
}

func (b *reach) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.Blob.ReadAt(p, off)
	if end := off + int64(n); end > b.high.Load() {
		b.high.Store(end)
	}
	return n, err
}
