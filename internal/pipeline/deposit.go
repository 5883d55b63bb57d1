package pipeline

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"dalil/internal/archive"
	"dalil/internal/collect"
	"dalil/internal/format"
	"dalil/internal/record"
)

// deposit puts a file or every file of a folder into the archive, byte for
// byte, and records its capture.
func (im *importer) deposit(where string) ([]*held, error) {
	var files []*held
	for f, err := range im.c.stores.Folder.Collect(im.ctx, where) {
		if err != nil {
			if f.Path == "" {
				return files, fmt.Errorf("%s: %w", where, err)
			}
			im.report.Failed++ // a file is an item: it was read of and could not be had
			im.report.Read++
			im.problem(record.Problem{File: f.Path, Offset: -1, What: err.Error(), Remedy: "make the file readable and import again"})
			continue
		}
		if err := im.ctx.Err(); err != nil {
			return files, err
		}
		h, err := im.depositFile(f, im.c.stores.Folder.Name)
		if err != nil {
			return files, err
		}
		if h != nil {
			files = append(files, h)
		}
	}
	return files, nil
}

// depositFile deposits one file that the collector named tool found.
func (im *importer) depositFile(f collect.File, tool string) (*held, error) {
	r, err := f.Open()
	if err != nil {
		im.report.Failed++
		im.report.Read++
		im.problem(record.Problem{File: f.Path, Offset: -1, What: err.Error(), Remedy: "make the file readable and import again"})
		return nil, nil
	}
	defer r.Close()
	head, err := readHead(r, f.Path, f.Size)
	if err != nil {
		im.report.Failed++
		im.report.Read++
		im.problem(record.Problem{File: f.Path, Offset: 0, What: err.Error(), Remedy: "check the disk the file is on, and import again"})
		return nil, nil
	}
	h := &held{kind: im.pick(head), Capture: record.Capture{Theirs: f.Theirs.Seconds(), Size: f.Size, Type: mediaType(head), Path: f.Path, URL: f.URL, Tool: tool}}
	if im.opt.Undated && f.Theirs.Known() && f.Theirs.Unix == 0 {
		h.Theirs = record.NoSeconds
	}
	if im.opt.DryRun {
		h.open = func() (archive.Blob, error) {
			r, err := f.Open()
			return sized{r, f.Size}, err
		}
		return im.look(h, io.NewSectionReader(r, 0, f.Size))
	}
	return im.store(h, r)
}

// look finds out for a dry run what store would do with the bytes of r.
func (im *importer) look(h *held, r io.Reader) (*held, error) {
	sum := sha256.New()
	// The wrapper hides WriteTo, which would ignore the large buffer.
	n, err := io.CopyBuffer(sum, struct{ io.Reader }{r}, make([]byte, 1<<20))
	if err != nil {
		return h, fmt.Errorf("read %s: %w", h.Path, err)
	}
	h.Blob, h.Size = record.Digest(sum.Sum(nil)), n
	b, err := im.c.Archive.Open(im.ctx, h.Blob)
	switch {
	case errors.Is(err, record.ErrWithheld):
		im.report.Skipped[skippedErased]++
		return nil, nil
	case err == nil:
		b.Close() // read only
	case !errors.Is(err, record.ErrNotFound):
		return h, err
	}
	im.report.Files++
	im.report.Bytes += n
	im.report.Formats[h.kind.Name]++
	return h, im.recall(h)
}

// recall looks for an earlier capture of the same bytes under the same path.
func (im *importer) recall(h *held) error {
	before, err := im.c.Catalog.CapturesOf(im.ctx, h.Blob)
	if err != nil {
		return err
	}
	for _, c := range before {
		if c.Path == h.Path && c.Parent == h.Parent {
			h.Capture, h.reused = c, true
			return nil
		}
	}
	return nil
}

// skippedErased is what a receipt says of files that were erased: an old copy
// does not bring them back.
const skippedErased = "files erased earlier on a person's decision, in whole or part"

// store archives the bytes of r as the file h speaks of, and records the
// capture unless the same bytes were captured under the same path before.
func (im *importer) store(h *held, r io.Reader) (*held, error) {
	im.storing(h, 0)
	if err := im.makeWay(h.Size); err != nil {
		return h, err
	}
	blob, n, err := im.c.Archive.Put(im.ctx, r)
	if errors.Is(err, record.ErrWithheld) {
		im.report.Skipped[skippedErased]++
		return nil, nil
	}
	if err != nil {
		return h, fmt.Errorf("store %s: %w", h.Path, err)
	}
	h.Blob, h.Size = blob, n
	h.open = func() (archive.Blob, error) { return im.c.Archive.Open(context.WithoutCancel(im.ctx), blob) }
	im.report.Files++
	im.report.Bytes += n
	im.storing(h, n)

	if err := im.recall(h); err != nil || h.reused {
		return h, err
	}
	return h, im.capture(h)
}

// longFile is a size, in bytes, whose copying takes a moment. A part of a
// container may not say its size.
const longFile = 4 << 20

// makeWay lets others record before a file is copied: always before a large one.
func (im *importer) makeWay(size int64) error {
	err := error(nil)
	if size < 0 || size >= longFile {
		err = im.commits.giveWay()
	} else {
		err = im.commits.yield()
	}
	if err != nil {
		return &storeError{err}
	}
	return nil
}

// capture records that h was acquired in this run.
func (im *importer) capture(h *held) error {
	if err := im.begin(); err != nil {
		return err
	}
	h.At, h.Run = im.c.stores.Now().UnixMilli(), im.run
	l := record.NewLeaf(record.LeafCapture, h.At)
	l.Run, l.Blob, l.Size, l.Type, l.Parent, l.Theirs = im.run, h.Blob, h.Size, h.Type, h.Parent, h.Theirs
	if h.kind.Name != "" {
		l.Format = h.kind.ID()
		h.Format = l.Format
	}
	var err error
	if h.Leaf, err = im.bodied(l, h.Capture); err != nil {
		return err
	}
	h.reused = false
	im.commits.batch.Captures = append(im.commits.batch.Captures, h.Capture)
	if err := im.facts(h); err != nil {
		return err
	}
	return im.commits.full()
}

// unpack deposits the parts of a container and reads them; at is what it is of
// all that is to be read.
func (im *importer) unpack(f *held, depth int, at share) error {
	if depth >= format.MaxNested {
		im.problem(record.Problem{File: f.Path, Offset: -1, What: fmt.Sprintf("containers inside containers deeper than %d are not opened", format.MaxNested), Remedy: "unpack it by hand and import the folder"})
		im.report.Failed++
		im.report.Read++
		return nil
	}
	b, err := f.open()
	if err != nil {
		return err
	}
	defer b.Close()
	var parts []*held
	sink := &partSink{im: im, file: f.Path}
	err = f.kind.Parts(im.ctx, im.input(f, b), sink, func(p format.Part) error {
		r, err := p.Open()
		if err != nil {
			sink.Problem(record.Problem{Offset: -1, What: fmt.Sprintf("%s: %v", p.Path, err)})
			return nil
		}
		defer r.Close()
		h, err := im.storePart(f, p, r)
		if err == nil && h != nil {
			parts = append(parts, h)
		}
		return err
	})
	if err != nil {
		return err
	}
	return im.readAll(parts, depth+1, at)
}

// storePart deposits one part. A part that breaks off is a problem of that
// part: what came of it is kept.
func (im *importer) storePart(container *held, p format.Part, r io.Reader) (*held, error) {
	keep := &cutReader{r: r}
	h := &held{Capture: record.Capture{Theirs: p.Theirs.Seconds(), Size: p.Size, Path: container.Path + "/" + p.Path, URL: p.URL, Parent: container.Leaf, Tool: container.kind.Name}}
	if h.Theirs == record.NoSeconds {
		h.Theirs = container.Theirs
	}
	// The head decides the format, and the format is part of the capture's
	// record, so the bytes pass through a spool before they are stored.
	if err := im.makeWay(p.Size); err != nil {
		return h, err
	}
	open, n, err := im.spool.add(keep)
	if err != nil {
		return h, err
	}
	if errors.Is(keep.cut, record.ErrInvalid) { // a bomb: what came out of it is no evidence
		im.spool.drop()
		im.report.Read++
		im.report.Failed++
		im.problem(record.Problem{File: h.Path, Offset: -1, What: keep.cut.Error(), Remedy: "the container is kept as it is; this part of it is not opened"})
		return nil, nil
	}
	b, err := open()
	if err != nil {
		return h, err
	}
	head, err := readHead(b, h.Path, n)
	if err != nil {
		return h, err
	}
	h.Size, h.kind, h.Type = n, im.pick(head), mediaType(head)
	if im.opt.DryRun {
		h.open = open
		h, err = im.look(h, io.NewSectionReader(b, 0, n))
	} else {
		h, err = im.store(h, io.NewSectionReader(b, 0, n))
		im.spool.drop()
	}
	if err != nil || h == nil {
		return nil, err
	}
	if keep.cut != nil {
		im.cutPart(h, keep.cut)
	}
	if im.witness != nil {
		im.witness.part(h)
	}
	return h, nil
}

func (im *importer) cutPart(h *held, err error) {
	im.report.Failed++
	im.report.Read++
	im.problem(record.Problem{File: h.Path, Offset: h.Size, What: fmt.Sprintf("could be unpacked only up to here: %v", err), Remedy: "get the container again; what could be unpacked is kept"})
}

// cutReader turns a read error into the end of the data and remembers it.
type cutReader struct {
	r   io.Reader
	cut error
}

func (c *cutReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		c.cut, err = err, io.EOF
	}
	return n, err
}

// pick chooses the format that reads a file; one without a name when none does.
func (im *importer) pick(head format.Head) format.Kind {
	best, score := format.Kind{}, 0
	for _, k := range im.c.stores.Formats {
		if s := k.Match(head); s > score {
			best, score = k, s
		}
	}
	return best
}

func readHead(r io.ReaderAt, path string, size int64) (format.Head, error) {
	h := format.Head{Path: path, Size: size, Bytes: make([]byte, min(size, 64<<10))}
	n, err := r.ReadAt(h.Bytes, 0)
	if n < len(h.Bytes) && !errors.Is(err, io.EOF) {
		return h, err
	}
	h.Bytes = h.Bytes[:n]
	return h, nil
}

// mediaType guesses from the bytes, and for text from the name.
func mediaType(h format.Head) string {
	t := http.DetectContentType(h.Bytes)
	if byName := map[string]string{".json": "application/json", ".ndjson": "application/x-ndjson", ".csv": "text/csv", ".md": "text/markdown",
		".html": "text/html", ".htm": "text/html", ".warc": "application/warc", ".mhtml": "multipart/related", ".webp": "image/webp", ".mp4": "video/mp4", ".ogg": "audio/ogg"}[strings.ToLower(filepath.Ext(h.Path))]; byName != "" && (strings.HasPrefix(t, "text/plain") || t == "application/octet-stream") {
		return byName
	}
	return t
}

// sized gives an open file the size it had when it was listed.
type sized struct {
	collect.ReadAtCloser
	size int64
}

func (s sized) Size() int64 { return s.size }

// spool keeps parts of containers in temporary files outside the case, gone
// when the import ends.
type spool struct{ files []*os.File }

func (s *spool) add(r io.Reader) (open func() (archive.Blob, error), size int64, err error) {
	f, err := os.CreateTemp("", "dalil-part-")
	if err != nil {
		return nil, 0, err
	}
	os.Remove(f.Name()) // the open file is enough; nothing is left behind by a crash
	s.files = append(s.files, f)
	if size, err = io.Copy(f, r); err != nil {
		return nil, 0, err
	}
	return func() (archive.Blob, error) { return spooled{f, size}, nil }, size, nil
}

// drop forgets the file added last.
func (s *spool) drop() {
	last := len(s.files) - 1
	s.files[last].Close()
	s.files = s.files[:last]
}

func (s *spool) close() {
	for _, f := range s.files {
		f.Close()
	}
	s.files = nil
}

// spooled is a spooled file as a blob; the spool closes it.
type spooled struct {
	*os.File
	size int64
}

func (s spooled) Size() int64  { return s.size }
func (s spooled) Close() error { return nil }

// partSink takes what a container reports while it is opened.
type partSink struct {
	im   *importer
	file string
}

func (s *partSink) Source(record.Source) error    { return nil }
func (s *partSink) Reading(*record.Reading) error { return nil }
func (s *partSink) Covers(int64, int64)           {}
func (s *partSink) Skipped(what string, n int)    { s.im.report.Skipped[what] += int64(n) }
func (s *partSink) Problem(p record.Problem) {
	if p.File == "" {
		p.File = s.file
	}
	s.im.report.Failed++
	s.im.report.Read++
	s.im.problem(p)
}
