package bundle

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"dalil/doc"
	"dalil/internal/custody"
	"dalil/internal/record"
)

// Verify checks the bundle at path, a folder or a zip, as section 8 of
// doc/evidence-package.md demands. Whatever is wrong with it, also that it
// cannot be read, is a problem in the report; the error is only ctx's.
func Verify(ctx context.Context, path string) (*custody.Report, error) {
	v := verification{ctx: ctx, sums: map[string]record.Digest{}, used: map[string]bool{}, blobs: map[uint64]record.Digest{}, keys: map[string]string{}}
	v.report.Problems = []custody.Problem{}
	m, err := openMembers(path, v.found)
	if err != nil {
		v.found(".", "the bundle cannot be read: "+reason(err))
	} else {
		v.members = m
		v.check()
		v.found0(m.close())
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return v.finish(), nil
}

// verification is the state of one Verify.
type verification struct {
	ctx     context.Context
	members members
	report  custody.Report
	more    int // problems beyond maxProblems

	sums map[string]record.Digest // of the files as they are
	key  note.Verifier
	head *custody.Checkpoint // nil when there is no valid one

	used  map[string]bool          // files that are a statement's span
	blobs map[uint64]record.Digest // file of each capture entry so far
	keys  map[string]string        // newest key by handle, so far
	first *record.Leaf             // entry 0, until its key has come
	last  uint64                   // index of the line before
	lines int
}

// maxProblems bounds a report; what is beyond is counted.
const maxProblems = 1000

func (v *verification) found(where, what string) {
	if len(v.report.Problems) >= maxProblems {
		v.more++
		return
	}
	v.report.Problems = append(v.report.Problems, custody.Problem{What: what, Where: strings.ToValidUTF8(visible(where), "\ufffd")})
}

func (v *verification) found0(err error) {
	if err != nil {
		v.found(".", reason(err))
	}
}

func (v *verification) check() {
	v.manifest()
	v.checkpoint()
	v.entries()
	if b, err := v.members.small(verifierName, maxSmall); v.has(verifierName) && (err != nil || !bytes.Equal(b, doc.Verifier)) {
		v.report.Notes = append(v.report.Notes, "verify.py is not the one this program comes with: do not run it without reading it")
	}
}

func (v *verification) has(name string) bool {
	_, ok := slices.BinarySearch(v.members.names, name)
	return ok
}

// manifest checks that every file is listed and as listed.
func (v *verification) manifest() {
	for _, name := range []string{startName, readmeName, manifestName, keyName, checkpointName, entriesName, csvName, verifierName, specName} {
		if !v.has(name) {
			v.found(name, "it is missing")
		}
	}
	listed := map[string]record.Digest{}
	if v.has(manifestName) {
		b, err := v.members.small(manifestName, maxManifest)
		if err != nil {
			v.found(manifestName, "it cannot be read: "+reason(err))
		}
		listed = parseManifest(b, v.found)
	}
	for _, name := range v.members.names {
		if name == manifestName {
			continue
		}
		sum, err := v.members.sum(v.ctx, name, (*counter)(&v.report.Checked.Bytes))
		if v.ctx.Err() != nil {
			return
		}
		if err != nil {
			v.found(name, "it cannot be read: "+reason(err))
			continue
		}
		v.sums[name] = sum
		v.report.Checked.Files++
		if want, ok := listed[name]; !ok {
			v.found(name, "it is not listed in "+manifestName)
		} else if want != sum {
			v.found(name, "it was changed: its SHA-256 is not the one in "+manifestName)
		}
	}
	for name := range listed {
		if !v.has(name) {
			v.found(name, "it is listed in "+manifestName+" and not there")
		}
	}
}

// counter counts the bytes written to it.
type counter int64

func (n *counter) Write(b []byte) (int, error) {
	*n += counter(len(b))
	return len(b), nil
}

// checkpoint checks log/key and log/checkpoint.
func (v *verification) checkpoint() {
	if !v.has(keyName) || !v.has(checkpointName) {
		return
	}
	line, err := v.members.small(keyName, maxSmall)
	if err == nil {
		v.key, err = custody.ParseKey(line)
	}
	if err == nil {
		err = custody.CheckOrigin(v.key.Name())
	}
	if err != nil {
		v.key = nil
		v.found(keyName, "it is not the key of a log: "+reason(err))
		return
	}
	signed, err := v.members.small(checkpointName, maxSmall)
	if err != nil {
		v.found(checkpointName, "it cannot be read: "+reason(err))
		return
	}
	cp, err := custody.OpenCheckpoint(signed, v.key)
	if err != nil {
		v.found(checkpointName, "it is not a checkpoint signed with "+keyName+": "+reason(err))
		return
	}
	v.head = &cp
	v.report.Checked.Checkpoints++
	v.report.Checkpoint = string(signed)
}

// entries checks entries.ndjson line by line.
func (v *verification) entries() {
	if !v.has(entriesName) || v.head == nil {
		return
	}
	f, err := v.members.open(entriesName)
	if err != nil {
		return // said by manifest
	}
	defer f.Close()
	r := bufio.NewReaderSize(cancelled{v.ctx, f}, 64<<10)
	for n := 1; ; n++ {
		where := fmt.Sprintf("%s line %d", entriesName, n)
		b, err := readLine(r)
		if err == io.EOF && len(b) == 0 {
			break
		}
		if err != nil {
			v.found(where, "the file ends badly: "+reason(err))
			break
		}
		l, err := parseLine(b)
		if err != nil {
			v.found(where, reason(err))
			continue
		}
		if v.lines > 0 && l.Index <= v.last {
			v.found(where, "the entries are not in ascending order")
		}
		v.lines++
		v.last = l.Index
		v.entry(l)
	}
	if v.lines == 0 {
		v.found(entriesName, "it has no entries")
	}
	if v.first != nil {
		v.found("log entry 0", "the key entry of its signature, entry 1, is not in the bundle")
	}
}

// readLine returns a line without its newline; io.EOF with no bytes at the
// end, io.ErrUnexpectedEOF for a last line without a newline.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, fmt.Errorf("%w: a line is longer than %d MB", record.ErrInvalid, maxLine>>20)
		case err == nil:
			return line[:len(line)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && len(line) > 0:
			return line, io.ErrUnexpectedEOF
		default:
			return line, err
		}
	}
}

func (v *verification) entry(l line) {
	where := fmt.Sprintf("log entry %d", l.Index)
	if err := custody.CheckEntry(*v.head, l.Index, []byte(l.Entry), hashes(l.Proof)); err != nil {
		v.found(where, "its proof does not lead to the checkpoint")
		return
	}
	leaf, err := record.ParseLeaf([]byte(l.Entry))
	if err == nil && (len(l.Entry) > record.MaxLeaf || !slices.Contains(kinds, leaf.Kind)) {
		err = fmt.Errorf("%w log entry: unknown kind or too long", record.ErrInvalid)
	}
	if err == nil && leaf.Kind == record.LeafStatement && (span(leaf) == leaf.Commit.IsZero() || leaf.Offset < 0 || leaf.Length < 0) {
		err = fmt.Errorf("%w log entry: a statement commits to a span, and to nothing where there is none", record.ErrInvalid)
	}
	if err != nil {
		v.found(where, "it is not as the specification says")
		return
	}
	v.report.Checked.Entries++
	v.disclosed(where, l, leaf)
	v.signature(where, l.Index, leaf)
}

// kinds are the kinds of entry of the specification.
var kinds = []record.LeafKind{record.LeafCase, record.LeafConfig, record.LeafKey, record.LeafRun, record.LeafEnd, record.LeafSource,
	record.LeafCapture, record.LeafStatement, record.LeafMissing, record.LeafSeen, record.LeafGap, record.LeafDecision,
	record.LeafTombstone, record.LeafAnalysis}

// disclosed checks the bytes that are shown for an entry.
func (v *verification) disclosed(where string, l line, leaf record.Leaf) {
	statement, capture := leaf.Kind == record.LeafStatement, leaf.Kind == record.LeafCapture
	if capture {
		v.blobs[l.Index] = leaf.Blob
	}
	committed := l.Body != nil || span(leaf) && l.File != ""
	if l.File != "" && !statement && !capture || l.Body != nil && statement || committed != (l.Salt != nil) || committed && leaf.Commit.IsZero() {
		v.found(where, "salt, body and file do not go together")
		return
	}
	if l.Body != nil {
		if custody.Commit(l.Salt, []byte(*l.Body)) != leaf.Commit {
			v.found(where, "its body is not the one the entry was made for")
		}
		v.report.Checked.Bodies++
	}
	if l.File == "" {
		return
	}
	sum, ok := v.sums[l.File]
	switch {
	case !ok:
		v.found(where, "its file is not in the bundle or cannot be read")
	case v.used[l.File]:
		v.found(where, "its file belongs to another entry already")
	case capture:
		if sum != leaf.Blob {
			v.found(l.File, "it is not the file that "+where+" was made for")
		}
		v.report.Checked.Evidence++
	case !span(leaf):
		if blob, ok := v.blobs[leaf.Capture]; !ok {
			v.found(where, fmt.Sprintf("its capture, log entry %d, which binds its file, is not in the bundle", leaf.Capture))
		} else if sum != blob {
			v.found(l.File, "it is not the file that "+where+" was made for")
		}
		v.report.Checked.Statements++
	default:
		v.used[l.File] = true
		mac := hmac.New(sha256.New, l.Salt)
		if _, err := v.members.sum(v.ctx, l.File, mac); err != nil {
			v.found(l.File, "it cannot be read: "+reason(err))
		} else if !hmac.Equal(mac.Sum(nil), leaf.Commit[:]) {
			v.found(l.File, "it is not the bytes that "+where+" was made for")
		}
		v.report.Checked.Statements++
	}
}

// signature checks a person's signature under the newest key entry of the
// same handle before it; entry 0 waits for the key of entry 1. An entry that
// names a person must be signed.
func (v *verification) signature(where string, index uint64, leaf record.Leaf) {
	if leaf.Sig == "" && leaf.By == "" && !custody.Signed(leaf.Kind) {
		return
	}
	if index == 0 && leaf.Kind != record.LeafKey {
		v.first = &leaf
		return
	}
	if leaf.Kind == record.LeafKey {
		v.keys[leaf.By] = leaf.Key
	}
	key, ok := v.keys[leaf.By]
	if !ok {
		v.found(where, "the key entry of its signature is not in the bundle")
		return
	}
	v.signed(where, leaf, key)
	if index == 1 && v.first != nil {
		if leaf.Kind == record.LeafKey {
			v.signed("log entry 0", *v.first, leaf.Key)
			v.first = nil
		}
	}
}

func (v *verification) signed(where string, leaf record.Leaf, key string) {
	if custody.VerifyLeaf(leaf, key) != nil {
		v.found(where, "the signature does not verify")
	}
	v.report.Checked.Signatures++
}

func (v *verification) finish() *custody.Report {
	r := &v.report
	slices.SortStableFunc(r.Problems, func(a, b custody.Problem) int { return strings.Compare(a.Where, b.Where) })
	if v.more > 0 {
		r.Problems = append(r.Problems, custody.Problem{What: fmt.Sprintf("%d more problems", v.more), Where: "."})
	}
	r.OK = len(r.Problems) == 0
	r.Proves, r.DoesNotProve = []string{}, doesNotProve
	if r.OK {
		r.Proves = proves
		r.Notes = append(r.Notes,
			fmt.Sprintf("the original bytes of %d statements and files are bound to the log; texts, items.csv and START-HERE.html are the sender's reading of them", v.report.Checked.Statements+v.report.Checked.Evidence),
			"ask the holder of the log, by another way, whether this is their key: "+v.key.Name()+fmt.Sprintf("+%08x", v.key.KeyHash()))
	}
	return r
}
