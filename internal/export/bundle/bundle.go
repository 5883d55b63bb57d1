// Package bundle packs evidence for a stranger: statements, their bytes, the
// proofs that they stand in the case's log, and all that is needed to check
// them without us (doc/evidence-package.md, section 8). It also checks such a
// bundle.
package bundle

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"dalil/doc"
	"dalil/internal/custody"
	"dalil/internal/export"
	"dalil/internal/record"
	"dalil/internal/redact"
)

// Kind is the bundle export.
var Kind = export.Kind{
	Name:  "bundle",
	Doc:   "statements with their bytes and proofs, for a stranger to verify",
	Write: write,
}

// The members of a bundle that are not items.
const (
	startName      = "START-HERE.html"
	readmeName     = "README.txt"
	manifestName   = "MANIFEST.sha256"
	keyName        = "log/key"
	checkpointName = "log/checkpoint"
	entriesName    = "entries.ndjson"
	csvName        = "items.csv"
	verifierName   = "verify.py"
	specName       = "evidence-package.md"
)

// member is one file to be written.
type member struct {
	name string
	size int64
	sum  record.Digest
	open func() (io.ReadCloser, error)
}

func inMemory(name string, b []byte) member {
	return member{name, int64(len(b)), record.DigestOf(b), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// write checks every proof and commitment of the release first, and writes
// nothing of a release that would not verify: record.ErrAltered.
func write(ctx context.Context, out export.Output, r redact.Release, o export.Options) error {
	if r.IsZero() || r.IsBare() {
		return fmt.Errorf("bundle: %w: the release holds no proofs", record.ErrInvalid)
	}
	key, err := custody.ParseKey([]byte(keyLine(r)))
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	head, err := custody.OpenCheckpoint(r.Checkpoint(), key)
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	p := packing{head: head, files: map[uint64]string{}, blobs: map[uint64]record.Digest{}, sums: map[uint64]record.Digest{}, sizes: map[uint64]int64{}}
	if err := p.name(r); err != nil {
		return err
	}
	for e := range r.Entries() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.entry(e); err != nil {
			return fmt.Errorf("bundle: log entry %d: %w", e.Index, err)
		}
	}
	table, err := itemsCSV(r, &p)
	if err != nil {
		return err
	}
	page, err := startPage(r, o, &p)
	if err != nil {
		return err
	}
	p.members = append(p.members,
		inMemory(startName, page),
		inMemory(readmeName, []byte(readme)),
		inMemory(keyName, []byte(keyLine(r))),
		inMemory(checkpointName, r.Checkpoint()),
		inMemory(entriesName, p.lines.Bytes()),
		inMemory(csvName, table),
		inMemory(verifierName, doc.Verifier),
		inMemory(specName, doc.Specification))
	byName := func(a, b member) int { return cmp.Compare(a.name, b.name) }
	slices.SortFunc(p.members, byName)
	var manifest bytes.Buffer
	for _, m := range p.members {
		fmt.Fprintf(&manifest, "%s  %s\n", m.sum, m.name)
	}
	p.members = append(p.members, inMemory(manifestName, manifest.Bytes()))
	slices.SortFunc(p.members, byName)
	for _, m := range p.members {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := out.Put(m.name, m.size, m.opened); err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
	}
	return nil
}

// packing is the state of one write.
type packing struct {
	head    custody.Checkpoint
	members []member
	lines   bytes.Buffer
	files   map[uint64]string        // where the bytes of an entry go
	texts   map[uint64]string        // where the text of a statement entry goes
	blobs   map[uint64]record.Digest // file of each capture entry so far
	sums    map[uint64]record.Digest
	sizes   map[uint64]int64
}

// name decides where everything goes, and adds the texts.
func (p *packing) name(r redact.Release) error {
	p.texts = map[uint64]string{}
	folders := map[uint64]string{}
	for s := range r.Statements() {
		for _, v := range s.Versions {
			folders[v.Entry] = "items/" + s.ID + "/"
			p.texts[v.Entry] = folders[v.Entry] + "text" + ordinal(v.Number) + ".txt"
			if !export.ValidName(p.texts[v.Entry]) {
				return fmt.Errorf("bundle: %w item id %.40q", record.ErrInvalid, s.ID)
			}
			p.files[v.Entry] = folders[v.Entry] + "original" + ordinal(v.Number)
			p.members = append(p.members, inMemory(p.texts[v.Entry], []byte(plainText(v))))
		}
	}
	return nil
}

// keyLine is the file log/key.
func keyLine(r redact.Release) string { return strings.TrimRight(r.Key(), "\n") + "\n" }

func hashes(proof []record.Digest) []tlog.Hash {
	h := make([]tlog.Hash, len(proof))
	for i := range proof {
		h[i] = tlog.Hash(proof[i])
	}
	return h
}

// ordinal tells the later versions of a statement apart.
func ordinal(version int) string {
	if version <= 1 {
		return ""
	}
	return "-v" + strconv.Itoa(version)
}

func plainText(v redact.ShownVersion) string {
	if v.Title == "" {
		return v.Text + "\n"
	}
	return v.Title + "\n\n" + v.Text + "\n"
}

// entry checks one log entry, adds its line, and its bytes if they go out.
func (p *packing) entry(e redact.ShownEntry) error {
	leaf, err := record.ParseLeaf(e.Leaf)
	if err != nil {
		return err
	}
	if err := custody.CheckEntry(p.head, e.Index, e.Leaf, hashes(e.Proof)); err != nil {
		return err
	}
	if leaf.Kind == record.LeafCapture {
		p.blobs[e.Index] = leaf.Blob
	}
	l := line{Index: e.Index, Entry: string(e.Leaf), Proof: e.Proof}
	if e.Open != nil {
		if l.File, err = p.bytes(e, leaf); err != nil {
			return err
		}
	} else {
		delete(p.files, e.Index)
	}
	if e.Body != nil {
		if custody.Commit(e.Salt, e.Body) != leaf.Commit {
			return fmt.Errorf("%w: the body is not the one the entry was made for", record.ErrAltered)
		}
		body := string(e.Body)
		l.Body = &body
	}
	if l.Body != nil || l.File != "" && span(leaf) {
		l.Salt = e.Salt
	}
	b, err := l.encode()
	p.lines.Write(b)
	return err
}

// span reports whether an entry is a statement that is part of a file, and so
// commits to its bytes; those of a whole file are bound by its capture entry.
func span(leaf record.Leaf) bool { return leaf.Kind == record.LeafStatement && leaf.Length > 0 }

// bytes adds the bytes of an entry, if they are those it was made for, and
// returns where they go.
func (p *packing) bytes(e redact.ShownEntry, leaf record.Leaf) (string, error) {
	blob := leaf.Blob // that the whole file must be
	name := "items/files/" + blob.String()
	switch {
	case span(leaf):
		name = p.files[e.Index]
	case leaf.Kind == record.LeafStatement:
		var ok bool
		if blob, ok = p.blobs[leaf.Capture]; !ok {
			return "", fmt.Errorf("%w: its capture, log entry %d, is not in the release", record.ErrInvalid, leaf.Capture)
		}
		name = "items/files/" + blob.String()
	case leaf.Kind != record.LeafCapture:
		return "", fmt.Errorf("%w: a %s entry has no bytes of a file", record.ErrInvalid, leaf.Kind)
	}
	m := member{name: name + extension(e.Type), size: e.Size, open: e.Open}
	mac := hmac.New(sha256.New, e.Salt)
	var err error
	if m.sum, err = m.digest(mac); err != nil {
		return "", err
	}
	if span(leaf) && !hmac.Equal(mac.Sum(nil), leaf.Commit[:]) || !span(leaf) && m.sum != blob {
		return "", fmt.Errorf("%w: the bytes are not those the entry was made for", record.ErrAltered)
	}
	// A file can be several entries' evidence: a page captured twice, a
	// document that is a statement for each of its pages.
	if span(leaf) || !slices.ContainsFunc(p.members, func(x member) bool { return x.name == m.name }) {
		p.members = append(p.members, m)
	}
	p.files[e.Index], p.sums[e.Index], p.sizes[e.Index] = m.name, m.sum, m.size
	return m.name, nil
}

// digest reads the member once, into mac as well.
func (m member) digest(mac io.Writer) (record.Digest, error) {
	sum := sha256.New()
	r, err := m.open()
	if err != nil {
		return record.Digest{}, err
	}
	n, err := io.Copy(io.MultiWriter(sum, mac), io.LimitReader(r, m.size+1))
	if err = errors.Join(err, r.Close()); err == nil && n != m.size {
		err = fmt.Errorf("%w: the bytes are not %d long", record.ErrAltered, m.size)
	}
	return record.Digest(sum.Sum(nil)), err
}

// opened opens the member so that reading it to the end fails if its bytes are
// no longer those in the manifest.
func (m member) opened() (io.ReadCloser, error) {
	r, err := m.open()
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	return &checked{Reader: io.TeeReader(r, sum), c: r, done: func() error {
		if record.Digest(sum.Sum(nil)) != m.sum {
			return fmt.Errorf("%w: %s changed while it was written", record.ErrAltered, m.name)
		}
		return nil
	}}, nil
}

type checked struct {
	io.Reader
	c    io.Closer
	done func() error
}

func (r *checked) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err == io.EOF {
		if bad := r.done(); bad != nil {
			return n, bad
		}
	}
	return n, err
}

func (r *checked) Close() error { return r.c.Close() }

// extension gives a file an ending for its media type. What a browser would
// run on a double click gets ".txt": evidence can be hostile.
func extension(mediaType string) string {
	base, _, _ := strings.Cut(mediaType, ";")
	switch strings.ToLower(strings.TrimSpace(base)) {
	case "application/json":
		return ".json"
	case "application/x-ndjson":
		return ".ndjson"
	case "text/csv":
		return ".csv.txt"
	case "text/plain", "text/markdown":
		return ".txt"
	case "text/html", "application/xhtml+xml", "multipart/related":
		return ".html.txt"
	case "image/svg+xml", "application/xml", "text/xml":
		return ".xml.txt"
	case "application/pdf":
		return ".pdf"
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "image/gif":
		return ".gif"
	case "image/webp":
		return ".webp"
	case "video/mp4":
		return ".mp4"
	case "audio/ogg":
		return ".ogg"
	case "audio/mpeg":
		return ".mp3"
	case "application/warc":
		return ".warc"
	}
	return ".bin"
}
