// Package repost finds families: statements that are the same text travelling
// (METHODS 1.1 to 1.4), and answers who has a text first (1.5).
//
// What belongs together is a matter of pairs: two texts are linked when a test
// finds them the same and no slot - time, date, count - keeps them apart. Links
// do not depend on the order in which texts came. From the links families are
// made anew wherever something changed: the strongest first, none that joins
// what states different things, none further than two steps from the earliest
// member. So the families do not depend on that order either; only their ids
// do, which are made of the member that entered the log first.
package repost

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"dalil/internal/analysis"
	"dalil/internal/language"
	"dalil/internal/record"
)

// Kind is the analysis.
var Kind = analysis.Kind{
	Name:    "repost",
	Doc:     "families: statements that are the same text travelling, and how each copy differs",
	Version: 1,
	Needs:   []string{"statement"},
	Makes:   []string{"family", "member", "link", "veto"},
	Run:     run,
}

// state is what one run leaves to the next.
type state struct {
	Saw      uint64   `json:"saw"` // log size
	Segments []string `json:"segments,omitempty"`
	Pictures string   `json:"pictures,omitempty"`
	Rulings  []uint64 `json:"rulings,omitempty"` // decisions that were taken into account
}

// runner is one run.
type runner struct {
	ctx   context.Context
	view  analysis.View
	zone  *time.Location
	hash  hasher
	state state
	index index
	links *links
	texts *texts
	pics  *pictures
	again []uint64 // versions whose texts go into the index though they are not new
}

func run(ctx context.Context, v analysis.View) (out analysis.Output, err error) {
	r := &runner{ctx: ctx, view: v, zone: v.Zone(), index: index{scratch: v.Scratch()}}
	r.hash.key = hasher{}.whole(string(v.Key()))
	r.links = newLinks(ctx, v)
	r.texts = newTexts(v, r.hash, r.zone)
	defer r.index.close()
	if err := r.open(); err != nil {
		return out, err
	}
	if err := r.forget(); err != nil {
		return out, err
	}
	r.index.copies = findCopies(&r.index.rows)
	if err := r.readNew(); err != nil {
		return out, err
	}
	if err := r.index.tidy(); err != nil {
		return out, err
	}
	if out.Families, err = r.cluster(); err != nil {
		return out, err
	}
	return out, r.leave(&out)
}

// open takes up what the last run left.
func (r *runner) open() error {
	if b := r.view.Scratch().State(); b != nil {
		if err := json.Unmarshal(b, &r.state); err != nil {
			return fmt.Errorf("%w: state of the repost analysis: %v", record.ErrAltered, err)
		}
	}
	for _, name := range r.state.Segments {
		g, err := openSegment(r.view.Scratch(), name, &r.index.rows)
		if err != nil {
			return err
		}
		r.index.segments = append(r.index.segments, g)
	}
	r.index.base = uint32(r.index.rows.len())
	var err error
	r.pics, err = openPictures(r.view.Scratch(), r.state.Pictures, r.index.base)
	return err
}

// leave fills in what the next run takes up.
func (r *runner) leave(out *analysis.Output) error {
	r.state.Saw = r.view.Size()
	r.state.Segments = nil
	for _, g := range r.index.segments {
		r.state.Segments = append(r.state.Segments, g.name)
	}
	var err error
	if r.state.Pictures, err = r.pics.save(r.view.Scratch(), r.state.Pictures); err != nil {
		return err
	}
	out.Files = r.state.Segments
	if r.state.Pictures != "" {
		out.Files = append(slices.Clone(out.Files), r.state.Pictures)
	}
	out.State, err = json.Marshal(r.state)
	return err
}

// forget takes what was erased out of the index. Copies of an erased text that
// were in the index by that text alone go in by themselves.
func (r *runner) forget() error {
	gone, err := r.view.Erased(r.ctx, r.state.Saw, r.view.Size())
	if err != nil || len(gone) == 0 {
		return err
	}
	slices.Sort(gone)
	is := func(leaf uint32) bool { _, is := slices.BinarySearch(gone, uint64(leaf)); return is }
	rows := &r.index.rows
	hit, lost := false, map[uint64]bool{} // lost: dup texts that were in the index by an erased post
	for i := range uint32(rows.len()) {
		x := rows.at(i)
		if !is(x.leaf) && !(x.flags&rowDerived != 0 && is(x.first)) {
			continue
		}
		r.links.touch(uint64(x.first))
		if x.flags&(rowCopy|rowFew|rowDerived|rowGone) == 0 {
			lost[x.dup] = true
		}
		*x = row{leaf: x.leaf, first: x.first, flags: rowGone}
		hit = true
	}
	for i := range uint32(rows.len()) {
		if x := rows.at(i); len(lost) > 0 && x.flags&rowCopy != 0 && lost[x.dup] {
			r.again = append(r.again, uint64(x.leaf))
			*x = row{leaf: x.leaf, first: x.first, flags: rowGone}
		}
	}
	for _, leaf := range gone {
		if err := r.links.cut(leaf); err != nil {
			return err
		}
	}
	r.pics.forget(&r.index.rows)
	if !hit || len(r.index.segments) == 0 {
		return nil
	}
	return r.index.compact(0)
}

// chunk is a run of posts on its way through the workers.
type chunk struct {
	base     uint32 // number of the first
	posts    []analysis.Post
	rows     []row
	postings [parts][]uint64
	pictures []picture
	err      error
	done     chan struct{}
}

const chunkPosts = 256

// readNew takes in the texts that are new. The catalog is read on one goroutine,
// texts are worked on by others, and this one gathers them in order.
func (r *runner) readNew() error {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	todo, order, used := make(chan *chunk, workers), make(chan *chunk, 4*workers), make(chan *chunk, 8*workers)
	fresh := func(base uint32) *chunk { // a used one keeps its buffers
		c := new(chunk)
		select {
		case c = <-used:
		default:
		}
		c.base, c.done = base, make(chan struct{})
		c.posts, c.pictures = c.posts[:0], c.pictures[:0]
		for p := range c.postings {
			c.postings[p] = c.postings[p][:0]
		}
		return c
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			w := worker{r: r}
			for c := range todo {
				w.work(ctx, c)
				close(c.done)
			}
		})
	}
	var rerr error
	wg.Go(func() {
		defer close(order)
		defer close(todo)
		next := uint32(r.index.rows.len())
		c := fresh(next)
		send := func() bool {
			if len(c.posts) == 0 {
				return true
			}
			next += uint32(len(c.posts))
			select {
			case order <- c:
			case <-ctx.Done():
				return false
			}
			select {
			case todo <- c:
			case <-ctx.Done(): // nobody will work on it, and somebody waits for it
				c.err = ctx.Err()
				close(c.done)
				return false
			}
			c = fresh(next)
			return true
		}
		take := func(p analysis.Post) bool {
			c.posts = append(c.posts, p)
			return len(c.posts) < chunkPosts || send()
		}
		old, err := r.view.Again(ctx, r.again)
		if rerr = err; err != nil {
			return
		}
		for _, leaf := range r.again {
			if p, ok := old[leaf]; ok && !take(p) {
				return
			}
		}
		for p, err := range r.view.Posts(ctx, r.state.Saw, r.view.Size()) {
			if err != nil {
				rerr = err
				return
			}
			if !take(p) {
				return
			}
		}
		send()
	})
	err := r.gather(order, used)
	cancel()
	for range order { // let the reader end
	}
	wg.Wait()
	if err == nil {
		err = rerr
	}
	if err == nil {
		err = r.ctx.Err()
	}
	return err
}

// gather takes chunks in order, and settles a batch when it is full.
func (r *runner) gather(order <-chan *chunk, used chan<- *chunk) error {
	for c := range order {
		<-c.done
		if c.err != nil {
			return c.err
		}
		for i := range c.rows {
			if x := &c.rows[i]; x.leaf != x.first && x.flags&rowDerived == 0 { // a new version: its place is told anew
				r.links.touch(uint64(x.first))
			}
			r.index.rows.add(c.rows[i])
		}
		r.index.add(&c.postings)
		r.pics.add(c.pictures)
		select {
		case used <- c:
		default:
		}
		if r.index.full() {
			if err := r.settle(); err != nil {
				return err
			}
		}
	}
	return r.settle()
}

// settle links the batch.
func (r *runner) settle() error {
	if r.index.rows.len() == int(r.index.base) {
		return nil
	}
	met, err := r.index.meet()
	if err != nil {
		return err
	}
	// Looking at texts and writing the segment need nothing of each other.
	stored := make(chan error, 1)
	go func() { stored <- r.index.store() }()
	err = r.verify(met)
	if serr := <-stored; err == nil {
		err = serr
	}
	if err != nil {
		return err
	}
	return r.linkPictures()
}

// worker turns posts into rows and postings. It keeps its buffers.
type worker struct {
	r        *runner
	shingles []uint64
	fingers  []uint64
	sketcher sketcher
}

func (w *worker) work(ctx context.Context, c *chunk) {
	c.rows = slices.Grow(c.rows[:0], len(c.posts))[:len(c.posts)]
	for i := range c.posts {
		if c.err = ctx.Err(); c.err != nil {
			return
		}
		n := c.base + uint32(i)
		w.text(c, &c.posts[i], &c.rows[i], n)
		if len(c.posts[i].Pictures) > 0 {
			if c.err = w.pictures(ctx, c, &c.posts[i], n); c.err != nil {
				return
			}
		}
		c.posts[i] = analysis.Post{} // its text is not needed any more
	}
}

// text fills the row of a post and files the text under its keys.
func (w *worker) text(c *chunk, p *analysis.Post, x *row, n uint32) {
	h := w.r.hash
	dup := language.Dup(p.Text)
	*x = row{leaf: uint32(p.Leaf), first: uint32(p.First), source: uint32(p.Source), dup: h.whole(dup)}
	if p.Posted != record.NoSeconds && p.Posted > 0 && p.Posted < 1<<32 {
		x.posted = uint32(p.Posted)
	}
	put := func(part int, hash uint64, code byte) {
		c.postings[part] = append(c.postings[part], posting(hash, code, n))
	}
	if p.ExternalID != "" && !p.Derived {
		put(partName, h.whole(p.SourceKey, p.ExternalID), codeIs)
	}
	if p.Origin != "" && p.OriginalID != "" {
		put(partName, h.whole(p.Origin, p.OriginalID), codeNames)
	}
	if p.Derived {
		x.flags |= rowDerived
	}
	count := words(dup)
	switch {
	case count < leastWords:
		x.flags |= rowFew | rowNothing
		return
	case count < fewWords:
		x.flags |= rowFew
		codes, _ := filed(x, nil)
		put(partExact, x.dup, codes[0])
		return
	}
	var s slots
	if !p.Derived {
		s = findSlots(p.Text, p.Posted, w.r.zone)
		x.mask = s.masks()
	}
	w.shingles = h.shingles(w.shingles[:0], dup)
	w.fingers = h.fingerprints(w.fingers[:0], dup)
	if len(w.shingles) == 0 {
		return
	}
	w.sketcher.sketch(w.shingles)
	x.sketch, x.fps = w.sketcher.digest(), uint16(len(w.fingers))
	put(partExact, x.dup, 0)
	codes, k := filed(x, s.days())
	for _, code := range codes[:k] {
		for b := range bands {
			put(b, w.sketcher.band(b), code)
		}
		for _, v := range w.fingers {
			put(partFingers+int(v/fingerShare%fingerParts), v, code)
		}
	}
}
