package custody

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sort"

	"dalil/internal/record"
)

// locateBodies finds the body of every entry that has one. Which these are is
// known from the log, so anything else in a body file is noticed.
func (v *verification) locateBodies() {
	files := int((v.size + SideWidth - 1) / SideWidth)
	v.log.frames = make([][]Frame, files)
	v.each(files, func(n int) {
		var lost []uint64
		v.log.frames[n], lost = v.scanBodies(uint64(n))
		if len(lost) > 0 {
			v.lose(BodyPath(uint64(n)), "bodies are missing or cannot be found any more", lost)
		}
	})
}

func (v *verification) scanBodies(n uint64) (frames []Frame, lost []uint64) {
	name := BodyPath(n)
	next, end := n*SideWidth, min(v.size, (n+1)*SideWidth)
	// skip moves next to the next entry that has a body
	skip := func() bool {
		for ; next < end; next++ {
			if v.log.flags[next]&hasBody != 0 {
				return true
			}
		}
		return false
	}
	rest := func() []uint64 {
		for ; skip(); next++ {
			lost = append(lost, next)
		}
		return lost
	}
	size, there := v.side[name]
	if !there {
		return nil, rest()
	}
	f, err := v.ev.OpenFile(name)
	if err != nil {
		v.problemf(name, restore, "it cannot be read: %v", cause(err))
		return nil, rest()
	}
	defer f.Close()
	r := &FrameReader{From: f, Size: f.Size()}
	var at int64
	for {
		fr, ok, err := r.Next(at)
		if err != nil {
			v.problemf(name, restore, "it cannot be read at byte %d: %v", at, cause(err))
			return frames, rest()
		}
		if !ok {
			break
		}
		expected := skip()
		if !expected && fr.Index >= v.size {
			break
		}
		switch {
		case fr.Index < next || fr.Index >= end: // damaged, unless nothing is due
			if !expected {
				v.problemf(name, restore, "the frame at byte %d belongs to no entry", at)
				return frames, lost
			}
			return frames, rest()
		case v.badEntry[fr.Index]:
			// Its entry is damaged and named; nothing to hold the body against.
		case v.log.flags[fr.Index]&hasBody == 0:
			v.problemf(name, restore, "the frame at byte %d is of entry %d, which has no body", at, fr.Index)
		default:
			for ; skip() && next < fr.Index; next++ {
				lost = append(lost, next)
			}
			frames = append(frames, fr)
			next = fr.Index + 1
		}
		at = fr.End()
	}
	if skip() {
		return frames, rest()
	}
	if size > at {
		if end == v.size && v.cpOK {
			v.notef("%s has %d bytes beyond the checkpoint: a write that has not finished, no part of the case", name, size-at)
		} else {
			v.problemf(name, restore, "%d bytes after byte %d belong to no entry", size-at, at)
		}
	}
	return frames, lost
}

// lose reports entries whose bodies or salts are gone.
func (v *verification) lose(name, what string, entries []uint64) {
	v.problem(v.touching(Problem{Where: name, What: what, Remedy: restore}, entries))
}

// frame returns where the body of an entry lies.
func (v *verification) frame(index uint64) (Frame, bool) {
	if index/SideWidth >= uint64(len(v.log.frames)) {
		return Frame{}, false
	}
	fs := v.log.frames[index/SideWidth]
	i := sort.Search(len(fs), func(i int) bool { return fs[i].Index >= index })
	if i == len(fs) || fs[i].Index != index {
		return Frame{}, false
	}
	return fs[i], true
}

// largeBlob is a file that one worker is busy with long enough for the others
// to check entries meanwhile.
const largeBlob = 64 << 20

// checkContents checks evidence files, and what the entries commit to, on all
// workers: large files first, so that none is left over at the end.
func (v *verification) checkContents() {
	v.applyTombstones()
	order := make([]int, len(v.blobs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(min(1, max(-1, v.blobs[b].size-v.blobs[a].size))) })
	large := sort.Search(len(order), func(i int) bool { return v.blobs[order[i]].size < largeBlob })
	units := int((v.size + TileWidth - 1) / TileWidth)

	// each hands tasks to whichever worker is free; a worker's buffers are in
	// a free list between its tasks.
	workers := make(chan *worker, v.opt.Workers)
	buffer := int64(nearby)
	if len(order) > 0 {
		buffer = min(hashBuffer, max(nearby, v.blobs[order[0]].size))
	}
	for range v.opt.Workers {
		workers <- &worker{v: v, buf: make([]byte, buffer), blob: -1}
	}
	v.each(len(order)+units, func(i int) {
		w := <-workers
		defer func() { workers <- w }()
		switch {
		case i < large:
			w.checkBlob(order[i])
		case i < large+units:
			w.checkUnit(uint64(i - large))
		default:
			w.checkBlob(order[i-units])
		}
	})
	for range v.opt.Workers {
		(<-workers).close()
	}
	v.reportBlobs()
	v.reportEntries()
}

// worker checks contents, one task at a time.
type worker struct {
	v      *verification
	commit Committer
	buf    []byte

	blob   int // the file that is open for spans, -1 for none
	file   EvidenceReader
	err    error  // why it is not open
	window []byte // what was read of it
	at     int64  // where window begins

	salts, entry []byte
	body         EvidenceReader
	bodyFile     uint64
}

func (w *worker) close() {
	if w.file != nil {
		w.file.Close()
		w.file = nil
	}
	if w.body != nil {
		w.body.Close()
		w.body = nil
	}
	w.blob = -1
}

// checkUnit checks the entries of one bundle: their form, signatures, salts,
// bodies, spans.
func (w *worker) checkUnit(n uint64) {
	v := w.v
	defer w.close()
	width := v.width(0, n)
	rest, err := v.unit(Entries, n, width)
	if err != nil && len(rest) == 0 {
		return // named when the log was read
	}
	first := n * TileWidth
	w.salts = append(w.salts[:0], make([]byte, width*SaltSize)...)
	saltName := SaltPath(first / SideWidth)
	haveSalts := false
	if f, err := v.ev.OpenFile(saltName); err == nil {
		err = errors.Join(readFull(f, w.salts, int64(first%SideWidth)*SaltSize), f.Close())
		if haveSalts = err == nil; !haveSalts && v.side[saltName] >= int64(first%SideWidth)*SaltSize+int64(len(w.salts)) {
			v.problemf(saltName, restore, "it cannot be read: %v", cause(err))
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		v.problemf(saltName, restore, "it cannot be read: %v", cause(err))
	}
	c := Checked{Bytes: int64(len(w.salts))}
	for i := range width {
		var entry []byte
		var ok bool
		if entry, rest, ok = CutEntry(rest); !ok {
			break
		}
		index := first + uint64(i)
		if v.badEntry[index] {
			continue
		}
		l, err := record.ParseLeaf(entry)
		if err != nil {
			v.blame(blameEntry, index)
			continue
		}
		if Signed(l.Kind) || l.By != "" {
			v.checkSignature(index, &l, &c)
		}
		var salt []byte
		if haveSalts {
			salt = w.salts[i*SaltSize : (i+1)*SaltSize]
		}
		w.checkCommit(index, &l, salt, &c)
	}
	v.count(c)
}

func (v *verification) checkSignature(index uint64, l *record.Leaf, c *Checked) {
	keys := v.log.keys[l.By]
	i := sort.Search(len(keys), func(i int) bool { return keys[i].index > index }) - 1
	if index == 0 { // signed by the key that entry 1 introduces
		i = slices.IndexFunc(keys, func(k actorKey) bool { return k.index == 1 })
	}
	if i < 0 {
		if len(v.badEntry) > 0 {
			return // the key's entry may be among the damaged ones
		}
		v.blame(blameNoKey, index)
		return
	}
	if err := VerifyLeaf(*l, keys[i].key); err != nil {
		v.blame(blameSignature, index)
		return
	}
	c.Signatures++
}

var zeroSalt [SaltSize]byte

// checkCommit checks that an entry's salt and body are there, or destroyed, as
// the log says, and that they are what the entry commits to.
func (w *worker) checkCommit(index uint64, l *record.Leaf, salt []byte, c *Checked) {
	v := w.v
	statement := l.Kind == record.LeafStatement
	if statement && (l.Length > 0) == l.Commit.IsZero() {
		v.blame(blameEntry, index) // a span has a commitment, a whole file has none
		return
	}
	var body []byte
	if !statement && !l.Commit.IsZero() {
		var ok bool
		if body, ok = w.readBody(index); !ok {
			return // named when bodies were located
		}
		c.Bytes += int64(len(body)) + FrameHeader
	}
	none := salt != nil && bytes.Equal(salt, zeroSalt[:])
	switch {
	case l.Commit.IsZero():
		if salt != nil && !none {
			v.blame(blameSalt, index)
		}
		if statement { // of a whole file, which its capture binds
			if _, ok := v.captured(index, l); ok {
				c.Statements++
			}
		}
	case v.log.buried[index]:
		if salt != nil && !none {
			v.blame(blameSaltLeft, index)
		}
		if len(bytes.Trim(body, "\x00")) > 0 {
			v.blame(blameBodyLeft, index)
		}
	case salt == nil:
	case v.erasing() && (none || len(body) > 0 && body[0] == 0):
		v.blame(blameErasing, index)
	case none:
		v.blame(blameSaltGone, index)
	case statement:
		w.checkSpan(index, l, salt, c)
	default:
		if w.commit.Commit(salt, body) != l.Commit {
			v.blame(blameBody, index)
			return
		}
		c.Bodies++
	}
}

func (w *worker) readBody(index uint64) ([]byte, bool) {
	fr, ok := w.v.frame(index)
	if !ok {
		return nil, false
	}
	n := index / SideWidth
	if w.body == nil || w.bodyFile != n {
		if w.body != nil {
			w.body.Close()
			w.body = nil
		}
		f, err := w.v.ev.OpenFile(BodyPath(n))
		if err != nil {
			w.v.problemf(BodyPath(n), restore, "it cannot be read: %v", cause(err))
			return nil, false
		}
		w.body, w.bodyFile = f, n
	}
	if int64(cap(w.entry)) < fr.Length {
		w.entry = make([]byte, fr.Length)
	}
	b := w.entry[:fr.Length]
	if err := readFull(w.body, b, fr.Offset); err != nil {
		w.v.problemf(BodyPath(n), restore, "the body of entry %d cannot be read: %v", index, cause(err))
		return nil, false
	}
	return b, true
}

// checkSpan holds a statement's bytes against its commitment.
func (w *worker) checkSpan(index uint64, l *record.Leaf, salt []byte, c *Checked) {
	v := w.v
	blob, ok := v.captured(index, l)
	if !ok {
		return
	}
	length := l.Length
	if length == 0 { // the whole file, committed to although its capture binds it
		length = v.blobs[blob].size
	}
	got, err := w.commitSpan(salt, blob, l.Offset, length)
	if err != nil || got != l.Commit {
		v.mu.Lock()
		s := &v.blobs[blob]
		s.wrong = append(s.wrong, index)
		v.mu.Unlock()
		return
	}
	c.Statements++
}

// captured returns the file a statement was read from.
func (v *verification) captured(index uint64, l *record.Leaf) (blob int, ok bool) {
	captures := v.log.capture
	i := sort.Search(len(captures), func(i int) bool { return captures[i].index >= l.Capture })
	if i < len(captures) && captures[i].index == l.Capture {
		return captures[i].blob, true
	}
	if !v.badEntry[l.Capture] {
		v.blame(blameNoCapture, index)
	}
	return 0, false
}

const (
	hashBuffer = 1 << 20
	// nearby is how far apart two spans may be for the bytes between them to
	// be read along: a message of an export is followed by the next.
	nearby = 64 << 10
)

// commitSpan makes the commitment to a span. Neighbouring spans are read
// together.
func (w *worker) commitSpan(salt []byte, blob int, offset, length int64) (record.Digest, error) {
	v := w.v
	if w.blob != blob {
		if w.file != nil {
			w.file.Close()
		}
		w.blob, w.window, w.at = blob, nil, 0
		w.file, w.err = v.ev.OpenFile(BlobPath(v.blobs[blob].digest))
		if w.err != nil {
			w.file = nil
		}
	}
	if w.err != nil {
		return record.Digest{}, w.err
	}
	size := w.file.Size()
	if offset < 0 || length < 0 || offset > size-length {
		return record.Digest{}, errors.New("the file ends before the span does")
	}
	end := w.at + int64(len(w.window))
	if offset < w.at || offset+length > end {
		if length > int64(len(w.buf)) {
			w.commit.Begin(salt)
			for length > 0 {
				b := w.buf[:min(length, int64(len(w.buf)))]
				if err := readFull(w.file, b, offset); err != nil {
					return record.Digest{}, err
				}
				w.commit.Write(b)
				offset += int64(len(b))
				length -= int64(len(b))
			}
			w.window = nil
			return w.commit.Sum(), nil
		}
		ahead := length
		if len(w.window) > 0 && offset >= w.at && offset <= end+nearby {
			ahead = int64(len(w.buf))
		}
		b := w.buf[:min(max(ahead, min(nearby, int64(len(w.buf)))), size-offset)]
		if err := readFull(w.file, b, offset); err != nil {
			w.window = nil
			return record.Digest{}, err
		}
		w.window, w.at = b, offset
	}
	return w.commit.Commit(salt, w.window[offset-w.at:][:length]), nil
}

// fault is something that may be wrong with many entries; each is reported
// once, with all of them.
type fault int

const (
	blameEntry fault = iota
	blameNoKey
	blameSignature
	blameSalt
	blameSaltGone
	blameSaltLeft
	blameBody
	blameBodyLeft
	blameNoCapture
	blameErasing
	faults
)

// blame notes a fault of an entry.
func (v *verification) blame(f fault, index uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.faults[f] == nil {
		v.faults[f] = make(map[uint64][]uint64)
	}
	file := index / SideWidth
	if f == blameEntry || f == blameNoKey || f == blameSignature || f == blameNoCapture {
		file = index / TileWidth
	}
	v.faults[f][file] = append(v.faults[f][file], index)
}

// reportEntries turns faults into problems: one for each fault and file.
func (v *verification) reportEntries() {
	for f, files := range v.faults {
		for n, entries := range files {
			bundle := TilePath(Entries, n, max(1, v.width(0, n)))
			p := Problem{Remedy: restore}
			switch fault(f) {
			case blameEntry:
				p.Where, p.What, p.Remedy = bundle, "it was signed into the log in a form no dalil writes", ""
			case blameNoKey:
				p.Where, p.What, p.Remedy = bundle, "the log introduces no key for the person who is said to have signed", ""
			case blameSignature:
				p.Where, p.What, p.Remedy = bundle, "the person's signature is missing or does not verify", "ask the named person; the log's holder wrote this in their name"
			case blameNoCapture:
				p.Where, p.What, p.Remedy = bundle, "the capture it names is not in the log", ""
			case blameSalt:
				p.Where, p.What = SaltPath(n), "a salt is there for an entry that commits to nothing"
			case blameSaltGone:
				p.Where, p.What = SaltPath(n), "the salt was destroyed, and no tombstone says so"
			case blameSaltLeft:
				p.Where, p.What, p.Remedy = SaltPath(n), "a tombstone says it was erased, and its salt is there", "run `dalil erase` again"
			case blameBody:
				p.Where, p.What = BodyPath(n), fmt.Sprintf("the body, or the salt in %s, was altered", SaltPath(n))
			case blameBodyLeft:
				p.Where, p.What, p.Remedy = BodyPath(n), "a tombstone says it was erased, and its body is there", "run `dalil erase` again"
			case blameErasing:
				p.Where, p.What = SaltPath(n), "erased on a decision, but the tombstone is not written yet"
			}
			p = v.touching(p, entries)
			if fault(f) == blameErasing {
				v.notef("%s: %s; opening the case for writing finishes it", p.Where, p.What)
				continue
			}
			v.problem(p)
		}
	}
}

// erasing reports whether a decision to erase has no tombstone yet: then a
// file may have lost bytes that its tombstone is still to tell of.
func (v *verification) erasing() bool { return v.unburied }
