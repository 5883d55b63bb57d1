package custody

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"dalil/internal/record"
)

// blobState is an evidence file, as it is and as the log says.
type blobState struct {
	digest record.Digest
	there  bool
	size   int64

	captures    int    // entries that captured it
	capture     uint64 // the first of them
	lastCapture uint64
	want        int64  // size, as captured
	otherSize   uint64 // a capture that states another one, 0 for none

	goneBy uint64 // tombstone that says it was removed, 0 for none
	nowBy  uint64 // newest tombstone that says what it holds now, 0 for none
	now    record.Digest
	blanks []tombstone

	bad    string   // what is wrong with its bytes
	intact bool     // its SHA-256 is its name
	wrong  []uint64 // statements whose span is not what they commit to
}

// applyTombstones notes what the log says was erased, in its order.
func (v *verification) applyTombstones() {
	for _, t := range v.log.tombs {
		v.checked.Tombstones++
		if t.leaf.Blob.IsZero() {
			continue
		}
		i, ok := v.blobOf[t.leaf.Blob]
		if !ok {
			i = len(v.blobs)
			v.blobOf[t.leaf.Blob] = i
			v.blobs = append(v.blobs, blobState{digest: t.leaf.Blob})
		}
		s := &v.blobs[i]
		if t.leaf.Now.IsZero() {
			s.goneBy, s.nowBy, s.blanks = t.index, 0, nil
			continue
		}
		s.nowBy, s.now = t.index, t.leaf.Now
		s.blanks = append(s.blanks, t)
	}
	for i := range v.blobs {
		s := &v.blobs[i]
		if s.goneBy != 0 && s.lastCapture > s.goneBy {
			s.goneBy = 0 // captured anew since
		}
	}
	for _, target := range v.log.erase {
		if !v.log.buried[target] {
			v.unburied = true
		}
	}
}

// checkBlob checks the bytes of an evidence file.
func (w *worker) checkBlob(i int) {
	s := &w.v.blobs[i]
	if !s.there {
		return
	}
	f, err := w.v.ev.OpenFile(BlobPath(s.digest))
	if errors.Is(err, fs.ErrNotExist) {
		s.there = false // erased since the folder was read, or else reported
		return
	}
	if err != nil {
		s.bad = fmt.Sprintf("it cannot be read: %v", cause(err))
		return
	}
	defer f.Close()
	d, err := w.v.hashFile(f, w.buf)
	w.window = nil // it was in the same buffer
	switch {
	case err != nil:
		s.bad = fmt.Sprintf("it cannot be read: %v", cause(err))
	case s.nowBy != 0 && d == s.now:
		for _, t := range s.blanks {
			if !w.blank(f, t.leaf.Offset, t.leaf.Length) {
				s.bad = fmt.Sprintf("the bytes that entry %d says were erased are still there", t.index)
			}
		}
	case s.nowBy != 0:
		s.bad = fmt.Sprintf("its bytes are not what entry %d says they are since the erasure", s.nowBy)
	case d != s.digest:
		s.bad = "its bytes are not those it is named after"
	default:
		s.intact = true
	}
	if s.bad != "" && s.captures > 0 && s.want != f.Size() {
		s.bad += fmt.Sprintf(" (%d bytes instead of %d)", f.Size(), s.want)
	}
	w.v.count(Checked{Files: 1, Evidence: 1})
}

// hashFile returns the SHA-256 of an open file and reports progress.
func (v *verification) hashFile(f EvidenceReader, buf []byte) (record.Digest, error) {
	h := sha256.New()
	size := f.Size()
	for at := int64(0); at < size; {
		if err := v.ctx.Err(); err != nil {
			return record.Digest{}, err
		}
		b := buf[:min(int64(len(buf)), size-at)]
		if err := readFull(f, b, at); err != nil {
			return record.Digest{}, err
		}
		h.Write(b)
		at += int64(len(b))
		v.count(Checked{Bytes: int64(len(b))})
	}
	return record.Digest(h.Sum(nil)), nil
}

// blank reports whether a span holds spaces only.
func (w *worker) blank(f EvidenceReader, offset, length int64) bool {
	if offset < 0 || length < 0 || offset > f.Size()-length {
		return false
	}
	for length > 0 {
		b := w.buf[:min(length, int64(len(w.buf)))]
		if readFull(f, b, offset) != nil || len(bytes.Trim(b, " ")) > 0 {
			return false
		}
		offset += int64(len(b))
		length -= int64(len(b))
	}
	return true
}

// reportBlobs turns what was found about evidence files into problems.
func (v *verification) reportBlobs() {
	salts := make(map[uint64][]uint64)
	for i := range v.blobs {
		s := &v.blobs[i]
		name := BlobPath(s.digest)
		p := Problem{Where: name, Remedy: restore}
		wrong := v.unerased(s)
		touched := slices.Clone(wrong)
		if s.captures > 0 {
			touched = append(touched, s.capture)
		}
		switch {
		case s.goneBy != 0 && s.there:
			p.What, p.Remedy = fmt.Sprintf("entry %d says it was erased, and it is there", s.goneBy), "run `dalil erase` again"
			v.problem(p)
			continue
		case s.goneBy != 0:
			continue
		case !s.there && s.captures > 0:
			p.What = "the file is missing"
			if v.erasing() {
				v.notef("%s is missing while an erasure is not finished; opening the case for writing finishes it", name)
				continue
			}
			v.problem(v.touching(p, touched))
			continue
		case !s.there:
			continue // erased, and the captures with it are in a damaged part of the log
		case s.bad != "":
			p.What = s.bad
			if v.erasing() && len(wrong) == 0 {
				v.notef("%s: %s, while an erasure is not finished; opening the case for writing finishes it", name, s.bad)
				continue
			}
			v.problem(v.touching(p, touched))
			continue
		case s.captures == 0 && v.size > 0 && len(v.badEntry) == 0:
			v.notef("%s is in no entry: a write that has not finished, no part of the case", name)
		case s.otherSize != 0:
			p.What, p.Remedy = fmt.Sprintf("entries %d and %d state different sizes", s.capture, s.otherSize), ""
			v.problem(p)
		case s.captures > 0 && s.intact && s.size != s.want:
			p.What, p.Remedy = fmt.Sprintf("it has %d bytes and its entry says %d", s.size, s.want), ""
			v.problem(v.touching(p, []uint64{s.capture}))
		}
		for _, index := range wrong {
			salts[index/SideWidth] = append(salts[index/SideWidth], index)
		}
	}
	for n, entries := range salts {
		v.problem(v.touching(Problem{Where: SaltPath(n), What: "salts were altered: the statements' files are unchanged and do not fit them", Remedy: restore}, entries))
	}
}

// unerased returns the statements of a file whose span is wrong, without those
// an unfinished erasure has blanked.
func (v *verification) unerased(s *blobState) []uint64 {
	if !v.erasing() || len(s.wrong) == 0 {
		return s.wrong
	}
	f, err := v.ev.OpenFile(BlobPath(s.digest))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return s.wrong
	}
	defer f.Close()
	w := &worker{v: v, buf: make([]byte, hashBuffer)}
	return slices.DeleteFunc(slices.Clone(s.wrong), func(index uint64) bool {
		l, err := v.leaf(index)
		return err == nil && l.Length > 0 && w.blank(f, l.Offset, l.Length)
	})
}
