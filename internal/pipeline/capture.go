package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"dalil/internal/assist"
	"dalil/internal/collect"
	"dalil/internal/record"
)

// Names for those who do not see the room.
type (
	// Egress is how this machine goes to the world.
	Egress = collect.Egress
	// Web is what is known of a captured page beside its bytes.
	Web = collect.Web
	// Address is an address of the web as far as it says itself what it is.
	Address = collect.Address
	// Painter makes pictures of captured pages.
	Painter = assist.Painter
)

// Address reads an address of the web and says why it would not be gone to. It
// goes nowhere.
func (c *Case) Address(address string) (Address, error) {
	if c.stores.Pages == nil {
		return Address{}, fmt.Errorf("%w: this program goes to no web", record.ErrNotFound)
	}
	pages, err := c.stores.Pages(Egress{})
	if err != nil {
		return Address{}, err
	}
	return pages.Check(address)
}

// MaxCapture is how many addresses one capture takes.
const MaxCapture = 100

// CaptureOptions are the user's choices for one capture.
type CaptureOptions struct {
	Egress      Egress
	KeepSenders string // reason to keep private persons' names; "" replaces them by pseudonyms
	DryRun      bool   // check the addresses; go nowhere, write nothing
	// Picture makes a picture of the captured page; nil makes none. It is given
	// the page as it was captured and must not go to the world.
	Picture  *Painter
	Progress func(Progress)
}

// Captured is what came of one address.
type Captured struct {
	Asked      string // the address as it was given
	Web        *Web   // nil when nothing answered; of a dry run, only what would be gone to
	Capture    uint64 // log entry of the kept file; 0 when nothing is kept
	File       string // its name
	Blob       record.Digest
	Size       int64
	Statements []uint64 // first versions of the statements read in it, in its order
	New, Edits int64
	Known      int64  // statements that were in the case already
	Before     int64  // when the same bytes were captured before, our clock in milliseconds; 0 never
	Picture    uint64 // log entry of the picture made of it; 0 when none was
	Problems   []record.Problem

	shown *held // the page itself: the last part that is HTML
}

// fetched is what a collector yielded for one address.
type fetched struct {
	files []collect.File
	errs  []collectError
}

type collectError struct {
	path string
	err  error
}

// Capture gets pages of the web and brings them into the case as one run: each
// as a WARC file that is then read like any other. The result has an element
// for each address. A page that could not be had is told in it and in the
// receipt, which is recorded also when nothing was got: that it was tried is
// part of the story. A page that was captured before is captured again, because
// pages change. When ctx is cancelled, what was got so far is kept.
func (c *Case) Capture(ctx context.Context, addresses []string, opt CaptureOptions) (Receipt, []Captured, error) {
	if !c.write && !opt.DryRun {
		return Receipt{}, nil, fmt.Errorf("capture: %w: the case is open for reading", record.ErrConflict)
	}
	if len(addresses) > MaxCapture {
		return Receipt{}, nil, record.WithHint(fmt.Errorf("capture: %w: %d addresses; the most at once is %d", record.ErrInvalid, len(addresses), MaxCapture), "capture them in parts")
	}
	if c.stores.Pages == nil {
		return Receipt{}, nil, fmt.Errorf("capture: %w: this program goes to no web", record.ErrNotFound)
	}
	pages, err := c.stores.Pages(opt.Egress)
	if err != nil {
		return Receipt{}, nil, fmt.Errorf("capture: %w", err)
	}
	all := make([]Captured, len(addresses))
	for i, a := range addresses {
		all[i].Asked = a
	}
	if opt.DryRun {
		return planned(pages, all), all, nil
	}

	// The world is slow: nobody who works in the case waits for it.
	got := make([]fetched, 0, len(all))
	defer func() {
		for _, g := range got {
			g.release()
		}
	}()
	for i := range all {
		if ctx.Err() != nil {
			break
		}
		if opt.Progress != nil {
			opt.Progress(Progress{Phase: "fetch", File: all[i].Asked, Done: int64(i), Total: int64(len(all))})
		}
		g := fetch(ctx, pages, all[i].Asked)
		if ctx.Err() != nil {
			g.release()
			break
		}
		got = append(got, g)
	}

	if err := c.work.take(context.WithoutCancel(ctx)); err != nil {
		return Receipt{}, nil, err
	}
	detail := runDetail{Verb: "capture", Paths: addresses, KeepSenders: opt.KeepSenders, Egress: said(opt.Egress), Zone: c.Config.Zone, Tool: c.stores.Tool}
	// What was got is kept whatever the user cancels meanwhile.
	im := newImporter(context.WithoutCancel(ctx), c, ImportOptions{KeepSenders: opt.KeepSenders, Progress: opt.Progress}, detail)
	for i := range got {
		if err = im.page(pages.Name, got[i], &all[i]); err != nil {
			break
		}
		if opt.Picture != nil && all[i].Capture != 0 {
			if err = im.paint(ctx, opt.Picture, &all[i]); err != nil {
				break
			}
		}
	}
	im.ctx = ctx // what follows, the linking, may be cancelled
	if err == nil {
		err = ctx.Err()
	}
	r, err := im.finish(err)
	return r, all[:len(got)], errors.Join(err, c.rest(ctx))
}

// planned checks the addresses and goes nowhere.
func planned(pages collect.Pages, all []Captured) Receipt {
	var r Receipt
	for i := range all {
		to, err := pages.Check(all[i].Asked)
		if err != nil {
			p := problemOf(all[i].Asked, err)
			all[i].Problems = append(all[i].Problems, p)
			r.Problems = append(r.Problems, p)
			r.Read++
			r.Failed++
			continue
		}
		all[i].Web = &Web{Asked: all[i].Asked, URL: to.Goes, Original: to.Original, Copied: to.OriginalAt}
	}
	return r
}

func fetch(ctx context.Context, pages collect.Pages, address string) (g fetched) {
	for f, err := range pages.Collect(ctx, address) {
		if err != nil {
			path := f.Path
			if path == "" {
				path = address
			}
			g.errs = append(g.errs, collectError{path, err})
			continue
		}
		g.files = append(g.files, f)
	}
	return g
}

func (g fetched) release() {
	for _, f := range g.files {
		if f.Release != nil {
			f.Release()
		}
	}
}

// page brings in what was got for one address.
func (im *importer) page(tool string, g fetched, out *Captured) error {
	problems, before := len(im.report.Problems), im.report
	var parts []*held
	im.witness = &witness{
		part:      func(h *held) { parts = append(parts, h) },
		statement: func(first uint64) { out.Statements = append(out.Statements, first) },
	}
	defer func() { im.witness = nil }()
	for _, e := range g.errs {
		im.report.Read++
		im.report.Failed++
		im.problem(problemOf(e.path, e.err))
		if err := im.begin(); err != nil { // also a vain try is on the record
			return err
		}
	}
	for _, f := range g.files {
		h, err := im.depositFile(f, tool)
		if err != nil {
			return err
		}
		if h == nil {
			continue
		}
		out.Web, out.Capture, out.File, out.Blob, out.Size = f.Web, h.Leaf, h.Path, h.Blob, h.Size
		if err := im.readAll([]*held{h}, 0, share{}); err != nil {
			return err
		}
	}
	for _, h := range parts {
		if strings.HasPrefix(h.Type, "text/html") {
			out.shown = h
		}
		earlier, err := im.c.Catalog.CapturesOf(im.ctx, h.Blob)
		if err != nil {
			return err
		}
		for _, e := range earlier {
			if e.Run != im.run {
				out.Before = max(out.Before, e.At)
			}
		}
	}
	now := im.report
	out.New, out.Edits, out.Known = now.New-before.New, now.Edits-before.Edits, now.Known-before.Known
	out.Problems = append(out.Problems, now.Problems[problems:]...)
	return nil
}

func problemOf(where string, err error) record.Problem {
	p := record.Problem{File: where, Offset: -1, What: err.Error()}
	var hint *record.Hint
	if errors.As(err, &hint) {
		p.Remedy = hint.Do
	}
	return p
}

// said is an egress for the record, without a proxy's password.
func said(e Egress) string {
	how := "direct"
	if u, err := url.Parse(e.Proxy); e.Proxy != "" && err == nil {
		u.User = nil
		how = u.String()
	}
	if e.BadTLS {
		how += ", certificates that do not verify are taken"
	}
	return how
}

// maxPainted is how large a page may be of which a picture is made, in bytes.
const maxPainted = 16 << 20

// paint archives a picture of the captured page. A picture that cannot be made
// is a problem of that page, which is kept all the same.
func (im *importer) paint(ctx context.Context, p *Painter, out *Captured) error {
	h := out.shown
	if h == nil || h.Size > maxPainted {
		return nil
	}
	if err := im.commits.giveWay(); err != nil { // a picture takes seconds
		return &storeError{err}
	}
	b, err := im.c.Archive.Open(im.ctx, h.Blob)
	if err != nil {
		return err
	}
	page := make([]byte, h.Size)
	_, err = b.ReadAt(page, 0)
	b.Close()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	picture, err := p.Paint(ctx, page, h.Type)
	if err != nil {
		if ctx.Err() != nil {
			return nil // the user's patience ended; the page is here
		}
		im.report.Read++
		im.report.Failed++
		problem := problemOf(out.Asked, fmt.Errorf("a picture of the page could not be made: %w", err))
		im.problem(problem)
		out.Problems = append(out.Problems, problem)
		return nil
	}
	blob, n, err := im.c.Archive.Put(im.ctx, bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("store a picture of %s: %w", h.Path, err)
	}
	if err := im.begin(); err != nil {
		return err
	}
	at := im.c.stores.Now().UnixMilli()
	cp := record.Capture{Run: im.run, At: at, Theirs: record.NoSeconds, Blob: blob, Size: n, Type: p.Type, Parent: h.Leaf, Path: h.Path + ".png", Tool: p.Tool}
	l := record.NewLeaf(record.LeafCapture, at)
	l.Run, l.Blob, l.Size, l.Type, l.Parent = im.run, blob, n, cp.Type, cp.Parent
	if cp.Leaf, err = im.bodied(l, cp); err != nil {
		return err
	}
	out.Picture = cp.Leaf
	im.report.Files++
	im.report.Bytes += n
	im.commits.batch.Captures = append(im.commits.batch.Captures, cp)
	return im.commits.full()
}
