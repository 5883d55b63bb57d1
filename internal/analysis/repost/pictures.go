package repost

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"dalil/internal/analysis"
	"dalil/internal/record"
)

// picture is one picture of one post.
type picture struct {
	blob  record.Digest
	hash  uint64 // perceptual
	plain bool   // the hash tells nothing: not decoded, or one colour
	text  uint32 // number of the post's text
}

const pictureSize = len(record.Digest{}) + 8 + 1 + 4

// pictures are all pictures of the index.
type pictures struct {
	all     []picture
	blobs   map[record.Digest][]uint32 // numbers in all
	near    pictureIndex
	known   map[record.Digest]picture // as they were when the batch began
	settled int                       // of all, linked
	changed bool
}

// mostPicture bounds the bytes of a picture that is looked at.
const mostPicture = 32 << 20

// A picture joins posts of this many seconds; a source that posts the same one
// this often uses it for decoration.
const (
	pictureSpan = 7 * 86400
	decoration  = 4
)

func openPictures(s analysis.Scratch, name string, texts uint32) (*pictures, error) {
	x := &pictures{blobs: map[record.Digest][]uint32{}, known: map[record.Digest]picture{}}
	if name == "" {
		return x, nil
	}
	f, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, f.Size())
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		return nil, err
	}
	damaged := record.WithHint(fmt.Errorf("%w: pictures of the repost analysis, %s", record.ErrAltered, name), "run `dalil rebuild`")
	if len(b)%pictureSize != 0 {
		return nil, damaged
	}
	var list []picture
	for ; len(b) > 0; b = b[pictureSize:] {
		var p picture
		copy(p.blob[:], b)
		p.hash, p.plain, p.text = binary.LittleEndian.Uint64(b[32:]), b[40] != 0, binary.LittleEndian.Uint32(b[41:])
		if p.text >= texts {
			return nil, damaged
		}
		list = append(list, p)
	}
	x.add(list)
	x.settled, x.changed = len(x.all), false
	x.remember()
	return x, nil
}

func (x *pictures) remember() {
	for _, p := range x.all {
		x.known[p.blob] = p
	}
}

func (x *pictures) add(list []picture) {
	for _, p := range list {
		n := uint32(len(x.all))
		x.all = append(x.all, p)
		x.blobs[p.blob] = append(x.blobs[p.blob], n)
		if !p.plain {
			x.near.add(p.hash, n)
		}
		x.changed = true
	}
}

// forget drops the pictures of texts that are gone.
func (x *pictures) forget(texts *rows) {
	old := x.all
	*x = pictures{blobs: map[record.Digest][]uint32{}, known: map[record.Digest]picture{}, changed: x.changed}
	for _, p := range old {
		if texts.at(p.text).flags&rowGone == 0 {
			x.add([]picture{p})
		}
	}
	x.settled, x.changed = len(x.all), true
	x.remember()
}

// save writes the pictures if they changed.
func (x *pictures) save(s analysis.Scratch, name string) (string, error) {
	if !x.changed {
		return name, nil
	}
	if len(x.all) == 0 {
		return "", nil
	}
	f, err := s.Create()
	if err != nil {
		return "", err
	}
	var b []byte
	for _, p := range x.all {
		b = append(b, p.blob[:]...)
		b = binary.LittleEndian.AppendUint64(b, p.hash)
		b = append(b, map[bool]byte{true: 1}[p.plain])
		b = binary.LittleEndian.AppendUint32(b, p.text)
		if len(b) > 1<<18 {
			if _, err := f.Write(b); err != nil {
				f.Abort()
				return "", err
			}
			b = b[:0]
		}
	}
	if _, err := f.Write(b); err != nil {
		f.Abort()
		return "", err
	}
	return f.Commit()
}

// pictures hashes the pictures of a post.
func (w *worker) pictures(ctx context.Context, c *chunk, p *analysis.Post, n uint32) error {
	for _, d := range p.Pictures {
		pic := picture{blob: d, plain: true, text: n}
		if k, ok := w.r.pics.known[d]; ok {
			pic.hash, pic.plain = k.hash, k.plain
		} else if err := w.hash(ctx, &pic); err != nil {
			return err
		}
		c.pictures = append(c.pictures, pic)
	}
	return nil
}

func (w *worker) hash(ctx context.Context, p *picture) error {
	b, err := w.r.view.Blob(ctx, p.blob)
	if errors.Is(err, record.ErrWithheld) || errors.Is(err, record.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer b.Close()
	if b.Size() > mostPicture {
		return nil
	}
	hash, ok := perceptual(io.NewSectionReader(b, 0, b.Size()))
	p.hash, p.plain = hash, !ok
	return nil
}

// linkPictures links the posts of new pictures to those that show the same.
func (r *runner) linkPictures() error {
	x := r.pics
	for n := x.settled; n < len(x.all); n++ {
		p := &x.all[n]
		same := x.blobs[p.blob]
		bySource := map[uint32]int{}
		for _, o := range same {
			bySource[r.index.rows.at(x.all[o].text).source]++
		}
		stock := func(text uint32) bool { return bySource[r.index.rows.at(text).source] >= decoration }
		if stock(p.text) {
			continue
		}
		for _, o := range same {
			if int(o) < n && !stock(x.all[o].text) {
				r.linkPicture(p.text, x.all[o].text, 0)
			}
		}
		if !p.plain {
			x.near.near(p.hash, func(o uint32, distance int) {
				if int(o) < n && x.all[o].blob != p.blob {
					r.linkPicture(p.text, x.all[o].text, distance)
				}
			})
		}
	}
	x.settled = len(x.all)
	x.remember()
	return nil
}

// linkPicture links two posts that show the same picture if their words do not
// speak against it: two long texts are compared as texts, and a channel can put
// one picture beside all its short news.
func (r *runner) linkPicture(n, o uint32, distance int) {
	a, b := r.index.rows.at(n), r.index.rows.at(o)
	switch {
	case a.first == b.first || (a.flags|b.flags)&rowGone != 0:
	case a.posted != 0 && b.posted != 0 && max(a.posted, b.posted)-min(a.posted, b.posted) > pictureSpan:
	case a.flags&rowFew == 0 && b.flags&rowFew == 0:
	case a.source == b.source && (a.flags&b.flags)&rowFew != 0 && (a.flags|b.flags)&rowNothing == 0 && a.dup != b.dup:
	default:
		r.links.make(record.Link{A: uint64(a.first), B: uint64(b.first), Ground: record.GroundPicture, Similarity: 1 - float64(distance)/64})
	}
}
